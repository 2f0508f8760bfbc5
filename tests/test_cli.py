"""The real command in a process of its own: what it prints, what it writes, and how it ends."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OPEN = "create table public.orders (id uuid primary key, email text);\n"
CLOSED = OPEN + "alter table public.orders enable row level security;\n"
MIGRATION = "supabase/migrations/20240101000000_init.sql"

PACK = "name: probe\ntitle: Probe\nsummary: Rules for tests of the command line.\n"
PAGE = """\
---
id: probe-open-table
title: Open table
severity: critical
confidence: high
since: 0.1.0
cwe: [862]
owasp: [A01:2025]
message: "anyone can read table {name!r}"
match: { fact: table, rls: false }
lower:
  - { match: { name: "glob:*.low_*" }, severity: low, reason: "its name says so" }
---

A table without row level security.

## Why it matters

Strangers read it.

## How to mend it

Switch row level security on.

## Examples

### Flagged: left open

`supabase/migrations/20240101000000_init.sql`:

```sql
create table public.orders (id uuid primary key);  -- finding
```

### Clean: locked

`supabase/migrations/20240101000000_init.sql`:

```sql
create table public.orders (id uuid primary key);
alter table public.orders enable row level security;
```
"""


@pytest.fixture(scope="session")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packs") / "probe"
    folder.mkdir()
    (folder / "pack.yml").write_text(PACK)
    (folder / "probe-open-table.md").write_text(PAGE)
    return folder


@pytest.fixture
def app(tmp_path: Path) -> Path:
    write(tmp_path / "app", MIGRATION, OPEN)
    return tmp_path / "app"


def write(root: Path, path: str, text: str | bytes) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(text.encode() if isinstance(text, str) else text)


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR", "CI", "GITHUB_ACTIONS"}}
    return kept | {"PYTHONPATH": str(ROOT / "src"), "PYTHONWARNINGS": "error", "PYTHONUTF8": "1"} | more


class Ended:
    """How a run of batten ended; a traceback is never right."""

    def __init__(self, *words: str | Path, cwd: Path, **more: str) -> None:
        command = [sys.executable, "-m", "batten", *map(str, words)]
        ended = subprocess.run(command, cwd=cwd, env=environment(**more), capture_output=True, timeout=120, check=False)
        self.code = ended.returncode
        self.out = ended.stdout.decode()
        self.err = ended.stderr.decode()
        assert "Traceback" not in self.out + self.err, self.err

    @property
    def last(self) -> str:
        return re.sub(r"\d+\.\d\d s", "T", self.out.splitlines()[-1])


def check(app: Path, pack: Path, *words: str | Path, **more: str) -> Ended:
    return Ended("check", "--rulepack", pack, "--select", "probe", *words, cwd=app, **more)


# ── a check ──


def test_a_finding_is_reported_and_fails_the_run(app: Path, pack: Path) -> None:
    ended = check(app, pack)
    assert ended.code == 1
    assert re.sub(r"\d+\.\d\d s", "T", ended.out) == (
        "CRITICAL  Open table  [probe-open-table]\n"
        "\n"
        f"  {MIGRATION}:1:1\n"
        "  anyone can read table 'public.orders'\n"
        "    1 │ create table public.orders (id uuid primary key, email text);\n"
        f"      │ {'^' * 60}\n"
        "    → created here  supabase/migrations/20240101000000_init.sql:1\n"
        "\n"
        "  Why   Strangers read it.\n"
        "  Mend  Switch row level security on.\n"
        "  More  batten explain probe-open-table\n"
        "\n"
        "1 critical. 1 file in T.\n"
    )
    assert ended.err == ""


def test_a_clean_app(app: Path, pack: Path) -> None:
    write(app, MIGRATION, CLOSED)
    ended = check(app, pack)
    assert (ended.code, ended.last, ended.err) == (0, "No findings. 1 file in T.", "")
    assert check(app, pack, "--quiet").out == ""


def test_plain_batten_checks_the_current_folder(app: Path, pack: Path) -> None:
    write(app, "batten.toml", f'select = ["probe"]\nrulepacks = ["{pack.name}"]\n')
    write(app, f"{pack.name}/pack.yml", PACK)
    write(app, f"{pack.name}/probe-open-table.md", PAGE)
    assert [Ended(*words, cwd=app).code for words in ([], ["--quiet"], ["check", "."], ["--fail-on", "never"])] == [1, 1, 1, 0]


def test_paths_are_shown_from_here_and_written_from_the_top(app: Path, pack: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=app, check=True)
    ended = check(app / "supabase", pack, "--output-format", "concise", "--output-format", f"json={app}/out.json")
    assert ended.out.splitlines()[0].startswith("migrations/20240101000000_init.sql:1:1: critical probe-open-table ")
    assert json.loads((app / "out.json").read_text())["findings"][0]["place"]["path"] == MIGRATION


def test_findings_under_the_threshold_are_counted(app: Path, pack: Path) -> None:
    write(app, MIGRATION, OPEN.replace("orders", "low_orders"))
    hidden = check(app, pack)
    assert (hidden.code, hidden.last) == (
        0,
        "No findings; 1 under the threshold (see --min-severity, --min-confidence). 1 file in T.",
    )
    shown = check(app, pack, "--min-severity", "low")
    assert (shown.code, shown.last) == (0, "1 low. 1 file in T.")
    assert "(its name says so)" in shown.out
    assert check(app, pack, "--fail-on", "low").code == 1
    assert check(app, pack, "--fail-on", "never", "--min-severity", "info").code == 0


def test_rules_are_chosen(app: Path, pack: Path) -> None:
    assert check(app, pack, "--ignore", "probe-*").last == "No findings. 1 file in T."
    ended = Ended("check", "--rulepack", pack, "--select", "probe-open-tabel", cwd=app)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("error: no rule or pack is called 'probe-open-tabel'\n  help: Did you mean 'probe-open-table'")


def test_packs_of_an_app_that_nobody_trusts_stay_out(app: Path, tmp_path: Path) -> None:
    """Those that its configuration names; what stands on the command line is the caller's."""
    write(app, "rules/acme/pack.yml", "name: nonsense\n")
    write(app, "batten.toml", 'rulepacks = ["rules/acme"]\n')
    assert Ended("check", cwd=app).code == 2
    alone = Ended("check", "--own-rules", cwd=app)
    assert (alone.code, alone.err) == (1, "")
    assert Ended("check", "--own-rules", "--rulepack", "rules/acme", cwd=app).code == 2


def test_the_exit_code_does_not_depend_on_the_format(app: Path, pack: Path) -> None:
    formats = ["full", "concise", "json", "sarif", "github", "agent"]
    assert [check(app, pack, "--output-format", name).code for name in formats] == [1] * 6
    write(app, MIGRATION, CLOSED)
    assert [check(app, pack, "--output-format", name).code for name in ("sarif", "github")] == [0, 0]


def test_several_formats_in_one_run(app: Path, pack: Path, tmp_path: Path) -> None:
    ended = check(app, pack, "--output-format", "concise", "--output-format", "sarif=../out.sarif", "--output-format", f"json={tmp_path}/o")
    assert ended.code == 1
    assert len(ended.out.splitlines()) == 2
    (run,) = json.loads((tmp_path / "out.sarif").read_text())["runs"]
    assert [result["ruleId"] for result in run["results"]] == ["probe-open-table"]
    assert [finding["rule"] for finding in json.loads((tmp_path / "o").read_text())["findings"]] == ["probe-open-table"]
    alone = check(app, pack, "--output-format", f"json={tmp_path}/o")
    assert (alone.out, re.sub(r"\d+\.\d\d s", "T", alone.err)) == ("", "1 critical. 1 file in T.\n")


def test_a_report_replaces_a_link_and_does_not_follow_it(app: Path, pack: Path, tmp_path: Path) -> None:
    write(tmp_path, "precious.txt", "mine")
    (app / "out.json").symlink_to(tmp_path / "precious.txt")
    assert check(app, pack, "--output-format", "json=out.json").code == 1
    assert (tmp_path / "precious.txt").read_text() == "mine"
    assert json.loads((app / "out.json").read_text())["version"] == 1


@pytest.mark.parametrize(
    ("words", "message", "advice"),
    [
        (["--output-format", "sarfi"], "'sarfi' is not an output format", "Did you mean sarif? the formats are "),
        (["--output-format", "json="], "'json=' names no file", "Write json=FILE"),
        (["--output-format", "json", "--output-format", "full"], "two formats can't share the screen", "Send one to a file"),
        (["--output-format", "json=x", "--output-format", "sarif=x"], "two formats can't share a file", "Name a file for each"),
        (["--output-format", "json=no/where/x"], "there is no folder ", "Make it first"),
        (["--output-format", "json=supabase"], "", "Name a file in it"),
        (["--min-severity", "hihg"], "invalid value for '--min-severity': 'hihg' is not one of ", "See batten check --help"),
        (["--jobs", "0"], "invalid value for '--jobs': 0 is not in the range", "See batten check --help"),
        (["--nonsense"], "no such option", "See batten check --help"),
        (["nowhere"], "no such file or folder: nowhere", "Name the folder of the app, or run batten inside it"),
        (["--config", "nowhere.toml"], "nowhere.toml is not a file", "Name a TOML file like batten.toml"),
        (["--baseline", "nowhere.json"], "there is no baseline file nowhere.json", "Write it again with: batten baseline create"),
        (["--rulepack", "nowhere"], "", ""),
    ],
)
def test_what_cant_be_done_is_told_before_the_work(app: Path, words: list[str], message: str, advice: str) -> None:
    ended = Ended("check", *words, cwd=app)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"error: {message}")
    assert f"\n  help: {advice}" in ended.err


# ── accepted findings ──


def test_an_ignore_comment(app: Path, pack: Path) -> None:
    write(app, MIGRATION, "-- batten: ignore[probe-open-table] a public lookup table\n" + OPEN)
    ended = check(app, pack, "--verbose")
    assert (ended.code, ended.last) == (0, "No findings; 1 accepted. 1 file in T.")
    assert f"accepted: {MIGRATION}:2 probe-open-table (comment: a public lookup table)" in ended.out
    write(app, MIGRATION, "-- batten: ignore[probe-open-table]\n" + OPEN)
    ended = check(app, pack)
    assert ended.code == 1
    assert f"ignore: {MIGRATION}:1: this ignore of probe-open-table gives no reason, so the finding stays" in ended.out
    write(app, MIGRATION, "-- batten: ignore[probe-open-table] not any more\n" + CLOSED)
    ended = check(app, pack)
    assert ended.code == 0
    assert f"ignore: {MIGRATION}:1: this ignore of probe-open-table ignores nothing: remove it" in ended.out


def test_ignores_of_the_configuration(app: Path, pack: Path) -> None:
    write(app, "batten.toml", '[[ignores]]\nrules = ["probe-*"]\npaths = ["supabase/"]\nreason = "a demo"\n')
    ended = check(app, pack, "--output-format", "json")
    assert ended.code == 0
    assert [(one["origin"], one["acceptedFor"]) for one in json.loads(ended.out)["accepted"]] == [("config", "a demo")]


def test_a_baseline_from_first_to_last(app: Path, pack: Path) -> None:
    words = ("--rulepack", pack, "--select", "probe")
    created = Ended("baseline", "create", *words, cwd=app)
    file = app / "batten-baseline.json"
    assert (created.code, created.out) == (
        0,
        (
            f"1 findings are known in {file}.\nUse it with --baseline batten-baseline.json, or baseline = "
            '"batten-baseline.json" in batten.toml.\n'
        ),
    )
    assert Ended("baseline", "create", *words, cwd=app).code == 2
    assert Ended("baseline", "create", "--force", *words, cwd=app).code == 0
    first = file.read_text()
    assert check(app, pack, "--baseline", file).last == "No findings; 1 accepted. 2 files in T."

    write(app, MIGRATION, "\n\n" + OPEN + OPEN.replace("orders", "notes"))  # moved, and one more
    ended = check(app, pack, "--baseline", file, "--output-format", "concise")
    assert ended.code == 1
    assert [line.split(": ")[1] for line in ended.out.splitlines()[:-1]] == [
        "critical probe-open-table anyone can read table 'public.notes'"
    ]
    assert Ended("baseline", "update", *words, cwd=app).code == 0
    assert file.read_text() == first

    write(app, MIGRATION, CLOSED)
    updated = Ended("baseline", "update", *words, cwd=app)
    assert updated.out == f"1 findings are gone, 0 are known in {file}.\n"
    assert json.loads(file.read_text())["findings"] == {}


def test_a_baseline_that_is_broken(app: Path, pack: Path) -> None:
    write(app, "known.json", "{")
    ended = check(app, pack, "--baseline", "known.json")
    assert (ended.code, ended.err.splitlines()) == (
        2,
        [
            "error: known.json:1: this is not valid JSON",
            "  help: Write it again with: batten baseline create --baseline known.json",
        ],
    )


# ── bad input ──


def test_a_path_that_is_not_there_does_not_stop_the_others(app: Path, pack: Path) -> None:
    ended = check(app, pack, ".", "nowhere")
    assert ended.code == 2
    assert ended.last == "1 critical. 1 file in T."
    assert ended.err.splitlines()[0] == "error: no such file or folder: nowhere"


@pytest.mark.parametrize("name", ["msgspec", "click", "tree_sitter", "json", "pathlib", "enum"])
def test_no_module_of_the_app_is_imported(app: Path, pack: Path, name: str) -> None:
    """As a file and as a package: ``python -m`` puts the working directory before the libraries."""
    write(app, f"{name}.py", "open('imported', 'w').close()\nraise SystemExit('code of the app has run')\n")
    write(app, "yaml/__init__.py", "open('imported', 'w').close()\nraise SystemExit('code of the app has run')\n")
    ended = check(app, pack, "--output-format", "concise")
    assert (ended.code, ended.err) == (1, "")
    assert ended.out.startswith(f"{MIGRATION}:1:1: critical probe-open-table ")
    assert not (app / "imported").exists()


def test_an_empty_folder(tmp_path: Path) -> None:
    assert Ended("check", cwd=tmp_path).last == "No findings. There was nothing to scan."
    assert [Ended("check", *words, cwd=tmp_path).code for words in ([], ["--strict"])] == [0, 3]


def test_strict_minds_what_is_missing(app: Path, pack: Path) -> None:
    write(app, MIGRATION, CLOSED)
    assert check(app, pack, "--strict").code == 0
    write(app, "big.py", b"x = 1\n" * 200_000)
    ended = check(app, pack, "--strict")
    assert (ended.code, ended.last) == (3, "1 limit reached: findings may be missing (--verbose names them).")
    assert "limit: big.py is not read: it has 1.2 MB, over the limit of 1 MB" in check(app, pack, "--verbose").out
    write(app, MIGRATION, OPEN)
    assert check(app, pack, "--strict").code == 1


BAD = {
    "binary.py": b"\x7fELF\0\0\0\x01" * 100,
    "latin.py": b"name = 'caf\xe9'\n\xff\xfe\xfd",
    "bom.py": b"\xef\xbb\xbfx = 1\r\n",
    "utf16.py": "x = 1\n".encode("utf-16"),
    "broken.py": b"def f(:\n  ]]\nx = 1\n",
    "broken.ts": b"export const = {{{ ;;; `${`${\n",
    "broken.sql": b"create tabel x (;;\n$$ $a$ '",
    "deep.py": b"x = " + b"(" * 50_000 + b"1" + b")" * 50_000,
    "deep.ts": b"const x = " + b"[" * 50_000 + b"]" * 50_000,
    "deep.json": b"[" * 50_000,
    "package.json": b'{"name": ' + b"[" * 50_000,
    "pyproject.toml": b"a = " + b"[" * 50_000,
    "supabase/config.toml": b"[api\n",
    "docker-compose.yml": b"a: &a [*a, *a]\n- \t: {",
    "one-line.js": b"x=" + b"a+" * 300_000 + b"1",
    "nul.sql": b"create table x (id int);\0\0\0",
    "empty.py": b"",
    "\x1b[31m.py": b"x = 1\n",
}


def test_bad_files_do_not_stop_the_rest(app: Path, pack: Path) -> None:
    for path, data in BAD.items():
        write(app, path, data)
    ended = check(app, pack, "--output-format", "concise", "--verbose")
    assert "bug in batten" not in ended.err
    assert ended.code == 1
    assert ended.out.splitlines()[0].startswith(f"{MIGRATION}:1:1: critical probe-open-table")
    assert "skipped: binary.py is not read: it is not text\n" in ended.out
    assert "\x1b" not in ended.out


def test_migrations_in_any_encoding(app: Path, pack: Path) -> None:
    expected = set()
    encodings = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]
    for number, (encoding, end) in enumerate([(encoding, end) for encoding in encodings for end in ("\n", "\r\n")]):
        path = f"supabase/migrations/202402010000{number:02}_more.sql"
        text = f"-- é\n{OPEN.replace('orders', f'orders_{number}')}"
        write(app, path, text.replace("\n", end).encode(encoding))
        expected.add(f"{path}:2:1: critical probe-open-table anyone can read table 'public.orders_{number}'")
    lines = check(app, pack, "--output-format", "concise").out.splitlines()[:-1]
    assert {line for line in lines if "orders_" in line} == expected


def test_links_and_loops(app: Path, pack: Path, tmp_path: Path) -> None:
    write(tmp_path, "outside/supabase/migrations/20240101000000_x.sql", OPEN)
    (app / "out").symlink_to(tmp_path / "outside")
    (app / "loop").symlink_to(app)
    ended = check(app, pack)
    assert ended.last == "1 critical. 1 file in T."


def test_many_files(tmp_path: Path, pack: Path) -> None:
    for folder in range(100):
        place = tmp_path / "app" / f"p{folder}"
        place.mkdir(parents=True)
        for number in range(100):
            (place / f"{number}.py").write_bytes(b"x = 1\n")
    assert check(tmp_path / "app", pack).last == "No findings. 10,000 files in T."


def test_a_broken_configuration(app: Path) -> None:
    write(app, "batten.toml", "strict = maybe\n")
    ended = Ended(cwd=app)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.splitlines() == [
        f"error: {app}/batten.toml:1: this is not valid TOML: Invalid value",
        "  help: See https://toml.io for the syntax",
    ]


def test_a_rule_page_with_an_unknown_field(app: Path, tmp_path: Path) -> None:
    write(tmp_path, "probe/pack.yml", PACK)
    write(tmp_path, "probe/probe-open-table.md", PAGE.replace("since: 0.1.0", "since: 0.1.0\nseverty: high"))
    ended = Ended("check", "--rulepack", tmp_path / "probe", cwd=app)
    assert (ended.code, ended.out) == (2, "")
    assert re.match(r"error: .*/probe-open-table\.md:\d+: .*severty.*\n  help: .+\n$", ended.err)


# ── the other commands ──


def test_version_and_help() -> None:
    from batten import __version__

    assert Ended("--version", cwd=ROOT).out == f"batten {__version__}\n"
    assert Ended("-V", cwd=ROOT).out == f"batten {__version__}\n"
    shown = Ended("--help", cwd=ROOT)
    assert shown.code == 0
    for command in ("baseline", "check", "completion", "explain", "facts", "rules"):
        assert re.search(rf"^  {command} ", shown.out, re.MULTILINE)


@pytest.mark.parametrize(
    ("words", "costly"),
    [(["--version"], {"click", "msgspec", "batten.cli"}), (["--help"], {"rich", "jsonschema", "yaml", "tree_sitter", "batten.scan"})],
)
def test_what_is_not_imported_for_a_quick_answer(words: list[str], costly: set[str]) -> None:
    script = "import sys; sys.argv = ['batten', *sys.argv[1:]]\nimport atexit\n"
    script += "atexit.register(lambda: print(*sys.modules, file=sys.stderr))\nfrom batten.__main__ import main\nmain()\n"
    ended = subprocess.run([sys.executable, "-c", script, *words], env=environment(), capture_output=True, text=True, check=True)
    assert set(ended.stderr.split()) & costly == set()


def test_every_option_is_in_the_documentation() -> None:
    from batten.cli import batten

    page = (ROOT / "docs/usage.md").read_text()
    pending = [batten]
    while pending:
        command = pending.pop()
        pending.extend(getattr(command, "commands", {}).values())
        for parameter in command.params:
            for name in (*parameter.opts, *parameter.secondary_opts):
                if name.startswith("--") and name not in {"--help", "--version", "--no-show-unsure"}:
                    assert f"`{name}" in page or f"/ `{name}`" in page, name


def test_an_unknown_command_and_a_folder_in_its_place(app: Path) -> None:
    ended = Ended("chekc", cwd=app)
    assert ended.code == 2
    assert re.fullmatch(r"error: no such command 'chekc'.*\n  help: See batten --help\n", ended.err)
    ended = Ended("supabase", cwd=app)
    assert (ended.code, ended.err.splitlines()[1]) == (2, "  help: To check it, say: batten check supabase")


def test_rules_are_listed(pack: Path, tmp_path: Path) -> None:
    words = ("rules", "--rulepack", pack, "--select", "probe")
    ended = Ended(*words, cwd=tmp_path)
    assert (ended.code, ended.out) == (
        0,
        "probe\n  probe-open-table  critical  Open table\n\n1 rule. One of them in full: batten explain RULE\n",
    )
    assert json.loads(Ended(*words, "--json", cwd=tmp_path).out) == [
        {
            "id": "probe-open-table",
            "title": "Open table",
            "pack": "probe",
            "severity": "critical",
            "confidence": "high",
            "cwe": [862],
            "owasp": ["A01:2025"],
            "aliases": [],
            "since": "0.1.0",
            "summary": "A table without row level security.",
        }
    ]


def test_a_rule_is_explained(pack: Path, tmp_path: Path) -> None:
    ended = Ended("explain", "probe-open-table", "--rulepack", pack, cwd=tmp_path)
    assert ended.code == 0
    assert ended.out.startswith(
        "CRITICAL  Open table\n"
        "rule probe-open-table · pack probe · high confidence · since 0.1.0 · CWE-862 · A01:2025\n"
        "\n"
        "A table without row level security.\n"
        "\n"
        "## Why it matters\n"
    )
    by_another_name = Ended("explain", "splinter:0015", cwd=tmp_path)
    assert (by_another_name.code, by_another_name.out.splitlines()[1][:30]) == (0, "rule policy-trusts-user-metada")
    assert by_another_name.out.splitlines()[1].endswith(" · splinter:0015")
    coloured = Ended("explain", "probe-open-table", "--rulepack", pack, cwd=tmp_path, FORCE_COLOR="1")
    assert "\x1b[" in coloured.out
    unknown = Ended("explain", "probe-open-tabel", "--rulepack", pack, cwd=tmp_path)
    assert unknown.code == 2
    assert unknown.err.startswith("error: there is no rule 'probe-open-tabel'\n  help: Did you mean 'probe-open-table'")


def test_facts(app: Path) -> None:
    ended = Ended("facts", cwd=app)
    assert ended.code == 0
    assert re.search(rf"^tables \(1\)\n  name=public\.orders .* at {MIGRATION}:1$", ended.out, re.MULTILINE)
    document = json.loads(Ended("facts", "--json", cwd=app).out)
    assert [table["name"] for table in document["tables"]] == ["public.orders"]
    assert document["tables"][0]["place"] == {"path": MIGRATION, "line": 1, "column": 1, "endLine": 1, "endColumn": 61}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str, tmp_path: Path) -> None:
    ended = Ended("completion", shell, cwd=tmp_path)
    assert ended.code == 0
    assert "_BATTEN_COMPLETE" in ended.out
    words = Ended(cwd=tmp_path, _BATTEN_COMPLETE="bash_complete", COMP_WORDS="batten ch", COMP_CWORD="1")
    assert words.out == "plain,check\n"


# ── terminals ──


def on_terminal(*words: str | Path, cwd: Path, **more: str) -> str:
    """What batten prints on a terminal."""
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "batten", *map(str, words)]
    process = subprocess.Popen(command, cwd=cwd, env=environment(TERM="xterm", **more), stdout=follower, stderr=follower)
    os.close(follower)
    said = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        ready, _, _ = select.select([leader], [], [], 0.2)
        if ready:
            try:
                data = os.read(leader, 65536)
            except OSError:  # the other side is closed
                break
            if not data:
                break
            said += data
        elif process.poll() is not None:
            break
    process.wait(10)
    os.close(leader)
    return said.decode()


def test_colour_on_terminals(app: Path, pack: Path) -> None:
    words = ("check", "--rulepack", pack, "--select", "probe")
    assert "\x1b[35m" in on_terminal(*words, cwd=app)
    assert "\x1b" not in on_terminal(*words, cwd=app, NO_COLOR="1")
    assert "\x1b" not in check(app, pack).out
    assert "\x1b[35m" in check(app, pack, FORCE_COLOR="1").out


def test_a_bar_on_terminals_that_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    from io import StringIO

    from batten.cli import progress

    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    def drawn(stream: StringIO, after: float, wanted: bool = True, total: int = 3000) -> str:
        monkeypatch.setattr(progress, "_AFTER", after)
        with progress.Progress(stream, wanted=wanted) as bar:
            bar.show(1500, total)
        return stream.getvalue()

    assert drawn(Terminal(), after=0.0) == f"\r\x1b[K{'█' * 15}{'░' * 15} 1,500 of 3,000 files\r\x1b[K"
    assert drawn(Terminal(), after=0.0, total=0) == f"\r\x1b[K{'░' * 30} 1,500 files\r\x1b[K"
    assert drawn(Terminal(), after=60.0) == ""
    assert drawn(StringIO(), after=0.0) == ""
    assert drawn(Terminal(), after=0.0, wanted=False) == ""


def test_a_reader_that_goes_away(app: Path, pack: Path) -> None:
    write(app, MIGRATION, "".join(OPEN.replace("orders", f"orders_{number}") for number in range(2000)))
    command = f"{sys.executable} -m batten check --rulepack {pack} --select probe | head -1"
    ended = subprocess.run(["bash", "-c", command], cwd=app, env=environment(), capture_output=True, text=True, check=False)
    assert (ended.stdout, ended.stderr) == ("CRITICAL  Open table  [probe-open-table]  2000 findings\n", "")


def test_an_interrupt(tmp_path: Path) -> None:
    for number in range(3000):
        write(tmp_path / "app", f"{number}.py", "import os\n" + "def f(x):\n    return os.environ[x]\n" * 60)
    command = [sys.executable, "-m", "batten", "check"]
    process = subprocess.Popen(
        command, cwd=tmp_path / "app", env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    time.sleep(1.0)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert b"Traceback" not in err
    assert process.returncode in {130, 0, 1}
