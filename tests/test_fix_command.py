"""The command that fixes: what it says, what it writes, and how it ends, also where files are not as they should be."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from command import batten
from fixing import lay_out, texts

from batten import fix as batten_fix
from batten.finding import Edit, Fix, Safety
from batten.testing_keys import expand
from batten.text import Span

OPEN = "create table public.notes (id uuid primary key, user_id uuid references auth.users (id), body text);\n"


APP = {"supabase/migrations/20250101000000_notes.sql": OPEN}


def test_fix_applies_what_is_safe_and_names_the_rest(tmp_path: Path) -> None:
    lay_out(tmp_path, APP)
    done = batten(tmp_path, "fix")
    (new,) = set(texts(tmp_path)) - set(APP)
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "Enable row level security on notes",
        "  for supabase/migrations/20250101000000_notes.sql:1 table-without-rls",
        "",
        "written:",
        f"  {new}",
        "",
        "1 of 1 findings fixed.",
    ]
    assert batten(tmp_path, "fix", "--check").returncode == 0


def test_check_exits_with_1_where_a_fix_is_pending_and_writes_nothing(tmp_path: Path) -> None:
    lay_out(tmp_path, APP)
    done = batten(tmp_path, "fix", "--check")
    assert (done.returncode, set(texts(tmp_path))) == (1, set(APP))


def test_diff_prints_a_patch_and_writes_nothing(tmp_path: Path) -> None:
    lay_out(tmp_path, APP)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    done = batten(tmp_path, "fix", "--diff")
    assert (done.returncode, {path for path in texts(tmp_path) if not path.startswith(".git/")}) == (0, set(APP))
    subprocess.run(["git", "-C", str(tmp_path), "apply"], input=done.stdout, text=True, check=True)
    assert batten(tmp_path, "fix", "--check").returncode == 0


def test_a_finding_can_be_fixed_by_its_key(tmp_path: Path) -> None:
    lay_out(tmp_path, {"supabase/migrations/20250101000000_notes.sql": OPEN + OPEN.replace("notes", "letters")})
    keys = [finding["key"] for finding in json.loads(batten(tmp_path, "check", "--output-format", "json").stdout)["findings"]]
    assert batten(tmp_path, "fix", "--finding", keys[0]).returncode == 0
    left = json.loads(batten(tmp_path, "check", "--output-format", "json").stdout)["findings"]
    assert [finding["key"] for finding in left] == keys[1:]


def test_a_fix_that_may_break_something_wants_to_be_asked_for_even_by_its_key(tmp_path: Path) -> None:
    page = "import { createClient } from '@supabase/supabase-js'\nconst db = createClient('https://x.supabase.co', 'sb_publishable_x')\n"
    lay_out(tmp_path, {**APP, "package.json": '{"dependencies": {"vite": "6"}}', "index.html": '<script type="module" src="/a.js"></script>',
                       "a.js": page + "await db.from('notes').select('*')\n"})  # fmt: skip
    before = texts(tmp_path)
    (key,) = [finding["key"] for finding in json.loads(batten(tmp_path, "check", "--output-format", "json").stdout)["findings"]]
    assert (batten(tmp_path, "fix", "--finding", key).returncode, texts(tmp_path)) == (0, before)
    assert (batten(tmp_path, "fix", "--finding", key, "--unsafe").returncode, texts(tmp_path) == before) == (0, False)


def test_a_key_of_no_finding_is_an_error_that_says_where_keys_are(tmp_path: Path) -> None:
    lay_out(tmp_path, APP)
    done = batten(tmp_path, "fix", "--finding", "no|such")
    assert (done.returncode, done.stderr) == (
        2,
        "error: no finding has the key no|such\n  help: batten check --output-format json shows the keys\n",
    )


def test_interactive_wants_a_terminal(tmp_path: Path) -> None:
    lay_out(tmp_path, APP)
    assert batten(tmp_path, "fix", "--interactive").returncode == 2
    assert batten(tmp_path, "fix", "--interactive", "--diff", typed="y\n").returncode == 2


@pytest.mark.parametrize(
    ("typed", "kept"), [("y\nn\n", ["notes"]), ("n\ny\n", ["letters"]), ("n\nn\n", []), ("y\ny\n", ["notes", "letters"])]
)
def test_interactive_tells_the_story_of_each_and_does_what_is_answered(tmp_path: Path, typed: str, kept: list[str]) -> None:
    lay_out(tmp_path, {"supabase/migrations/20250101000000_notes.sql": OPEN + OPEN.replace("notes", "letters")})
    before = texts(tmp_path)
    done = batten(tmp_path, "fix", "--interactive", typed=typed)
    new = [text for path, text in texts(tmp_path).items() if path not in before]
    assert (done.returncode, [name for name in ("notes", "letters") if any(f'"{name}"' in text for text in new)]) == (0, kept)
    asked = [line for line in done.stdout.splitlines() if line.startswith("table-without-rls: ") or "Apply?" in line]
    assert [line.partition(":")[0].strip() for line in asked] == ["table-without-rls", "Apply? [y/N]"] * 2
    assert "  Enable row level security on notes (safe)" in done.stdout
    assert '    alter table "public"."notes" enable row level security;' in done.stdout


# Files that are not as they should be

HOST = {"package.json": '{ "dependencies": { "dotenv": "17.0.0" } }\n', "server.js": 'import "dotenv/config";\n', ".gitignore": "dist\n"}


def _changes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = batten_fix._check

    def meanwhile(root: Path, change: batten_fix.Change) -> None:
        (folder / ".gitignore").write_bytes(b"theirs\n")
        real(root, change)

    monkeypatch.setattr(batten_fix, "_check", meanwhile)


def _links(folder: Path, _: pytest.MonkeyPatch) -> None:
    lay_out(folder, {"app.py": expand('import openai\nmodels = openai.OpenAI(api_key="{{key:openai}}")\n'), "sample": "PORT=\n"})
    (folder / ".env.example").symlink_to("sample")


def _locks(_: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("batten.fix.os.access", lambda *_: False)  # whoever runs the tests may write everything, perhaps


@pytest.mark.parametrize(
    ("happens", "message", "left"),
    [
        (_changes, ".gitignore has changed since the scan\n  help: Nothing is written; run batten fix again", "theirs\n"),
        (_links, ".env.example is, or lies behind, a symbolic link\n  help: Nothing is written; replace the link by the file", "dist\n"),
        (_locks, ".gitignore is read-only\n  help: Nothing is written; make it writable", "dist\n"),
    ],
)
def test_what_cannot_be_written_is_told_with_exit_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, happens: Callable[[Path, pytest.MonkeyPatch], None], message: str, left: str
) -> None:
    lay_out(tmp_path, HOST)
    happens(tmp_path, monkeypatch)
    there = set(texts(tmp_path))
    done = batten(tmp_path, "fix", "--unsafe")
    assert (done.returncode, done.stderr) == (2, f"error: {message}\n")
    assert (set(texts(tmp_path)), (tmp_path / ".gitignore").read_text()) == (there, left)


def test_what_is_not_committed_is_kept(tmp_path: Path) -> None:
    lay_out(tmp_path, HOST)
    subprocess.run(["git", "-C", tmp_path, "init", "-q"], check=True)
    subprocess.run(["git", "-C", tmp_path, "add", "."], check=True)
    (tmp_path / ".gitignore").write_text("dist\n# not yet committed\nlogs")
    assert batten(tmp_path, "fix").returncode == 0
    assert (tmp_path / ".gitignore").read_text() == "dist\n# not yet committed\nlogs\n.env\n.env.*\n!.env.example\n"


def test_git_takes_the_env_file_no_more(tmp_path: Path) -> None:
    lay_out(tmp_path, {**HOST, ".env": "KEY=x\n"})
    subprocess.run(["git", "-C", tmp_path, "init", "-q"], check=True)

    def taken() -> set[str]:
        said = subprocess.run(["git", "-C", tmp_path, "add", "--dry-run", "."], capture_output=True, text=True, check=True).stdout
        return {line.split("'")[1] for line in said.splitlines()}

    assert taken() == {".env", *HOST}
    assert batten(tmp_path, "fix").returncode == 0
    assert taken() == set(HOST)


NOTHING = {
    "tables that no migration makes": {
        "supabase/config.toml": 'project_id = "shop"\n',
        "supabase/schemas/notes.sql": OPEN,
        "said": "0 of 1 findings fixed; 1 have no fix that holds (1 were tried).",
    },
    "code that a build has made": {
        "package.json": '{"dependencies": {"express": "5"}}',
        "dist/app.js": expand("const key = '{{key:openai}}'\nfetch('https://api.openai.com/v1/models', { headers: { key } })\n"),
        "said": "0 of 0 findings fixed.",
    },
}


@pytest.mark.parametrize("case", NOTHING)
def test_where_there_is_no_place_for_a_fix_nothing_is_written(tmp_path: Path, case: str) -> None:
    files = {path: text for path, text in NOTHING[case].items() if path != "said"}
    lay_out(tmp_path, files)
    done = batten(tmp_path, "fix", "--unsafe")
    assert (done.returncode, texts(tmp_path), done.stdout.strip()) == (0, files, NOTHING[case]["said"])


def test_a_remedy_whose_edits_overlap_is_not_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def torn(_: object, __: object) -> Iterator[Fix]:
        yield Fix("Torn", Safety.SAFE, (Edit(".gitignore", Span(0, 3), "x"), Edit(".gitignore", Span(2, 4), "y")))

    lay_out(tmp_path, HOST)
    monkeypatch.setattr(batten_fix, "remedy", lambda _: torn)
    done = batten(tmp_path, "fix")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "0 of 1 findings fixed; 1 have no fix that holds (1 were tried).")
    assert texts(tmp_path) == HOST


def test_two_findings_about_one_value_are_closed_by_one_edit(tmp_path: Path) -> None:
    """The second fix builds on the first, or finds nothing left to do."""
    text = "import subprocess\nfrom flask import Flask, request\napp = Flask(__name__)\n@app.post('/')\ndef work():\n    name = request.form['n']\n"
    text += "    subprocess.run(f'convert {name} a.png', shell=True)\n    subprocess.run(f'convert {name} b.png', shell=True)\n    return eval(name)\n"
    lay_out(tmp_path, {"app.py": text})
    assert batten(tmp_path, "fix", "--unsafe").returncode == 0
    after = (tmp_path / "app.py").read_text()
    compile(after, "app.py", "exec")
    assert (after.count("shell=False"), after.count('["convert", str(name), '), after.count("ast.literal_eval(name)")) == (2, 2, 1)
