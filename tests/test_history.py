"""Keys in the past of real repositories: what is told of them, what a hostile repository may not do, what is missing and said to be."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import pytest

from batten.config import Config
from batten.discover.git import repository
from batten.finding import UsageError
from batten.history import Past, read_history
from batten.history.holders import Holders
from batten.rules.registry import RuleSet, load
from batten.testing_keys import expand, key
from batten.text import Span

ROOT = Path(__file__).parents[1]
STRIPE = "Stripe live secret key in source: whoever has it acts in your name there"


class Repository:
    """A repository whose commits are made on the days that a test names."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *words: str, day: str = "2024-03-01") -> str:
        when = f"{day}T12:00:00+00:00"
        known = {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        command = ["git", "-c", "user.name=n", "-c", "user.email=n@example.org", "-c", "protocol.file.allow=always", *words]
        return subprocess.run(
            command, cwd=self.root, env={**os.environ, **known}, check=True, capture_output=True, text=True
        ).stdout.strip()

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(expand(text))

    def commit(self, day: str, **files: str | None) -> str:
        """Write files (``None``: remove; ``__`` stands for a dot) and commit; gives the short id."""
        for name, text in files.items():
            path = name.replace("__", ".")
            if text is None:
                self.git("rm", "-q", path)
            else:
                self.write(path, text)
        self.git("add", "-A", "-f")
        self.git("commit", "-q", "--allow-empty", "-m", day, day=day)
        return self.git("rev-parse", "HEAD")[:12]


@pytest.fixture
def made(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "app")


def past(root: Path, inside: str = "", config: Config | None = None) -> Past:
    where = repository(root)
    assert where is not None
    return read_history(where, inside, config or Config(folder=root), rules())


@cache
def rules() -> RuleSet:
    return load()


def told(found: Past) -> list[tuple[str, str]]:
    return [(finding.place.path, finding.message) for finding in found.findings]


def notes(found: Past) -> list[str]:
    return [note.message for note in found.notes]


# ── what is told ──


def test_a_removed_key_is_told_with_its_days(made: Repository) -> None:
    first = made.commit("2024-03-01", pay__py="KEY = '{{key:stripe-live}}'\n")
    made.commit("2024-03-05", pay__py="import os\nKEY = '{{key:stripe-live}}'\n")
    last = made.commit("2024-03-13", pay__py="import os\nKEY = os.environ['KEY']\n")

    assert told(past(made.root)) == [
        (
            f"{first}:pay.py",
            f"{STRIPE}; committed on 2024-03-01 in {first}, removed on 2024-03-13 in {last} after 12 days: every clone still has it",
        )
    ]


def test_a_key_that_is_still_there_says_so(made: Repository) -> None:
    first = made.commit("2024-03-01", pay__py="KEY = '{{key:stripe-live}}'\n")
    made.commit("2024-03-02", pay__py="# moved\nKEY = '{{key:stripe-live}}'\n")

    assert told(past(made.root)) == [(f"{first}:pay.py", f"{STRIPE}; committed on 2024-03-01 in {first} and still in HEAD")]


def test_a_key_on_another_branch_is_still_there(made: Repository) -> None:
    made.commit("2024-03-01", a__py="x = 1\n")
    made.git("switch", "-q", "-c", "try-it")
    first = made.commit("2024-03-02", pay__py="KEY = '{{key:stripe-live}}'\n")
    made.git("switch", "-q", "main")

    assert told(past(made.root)) == [(f"{first}:pay.py", f"{STRIPE}; committed on 2024-03-02 in {first} and still in try-it")]


def test_a_deleted_branch_is_read_as_long_as_git_keeps_it(made: Repository) -> None:
    made.commit("2024-03-01", a__py="x = 1\n")
    made.git("switch", "-q", "-c", "gone")
    first = made.commit("2024-03-02", pay__py="KEY = '{{key:stripe-live}}'\n")
    made.git("switch", "-q", "main")
    made.git("branch", "-q", "-D", "gone")

    assert told(past(made.root)) == [(f"{first}:pay.py", f"{STRIPE}; committed on 2024-03-02 in {first}, and in no branch today")]


def test_a_key_that_moves_is_one_finding_with_its_places(made: Repository) -> None:
    first = made.commit("2024-03-01", pay__py="KEY = '{{key:stripe-live}}'\n")
    made.git("mv", "pay.py", "billing.py")
    second = made.commit("2024-03-03")
    (finding,) = past(made.root).findings

    assert finding.place.path == f"{first}:pay.py"
    assert [(step.place.path, step.note) for step in finding.trail] == [
        (f"{second}:billing.py", f"the same key, committed on 2024-03-03 in {second}"),
        (
            f"{first}:pay.py",
            "revoke it: https://dashboard.stripe.com/apikeys; roll the key at once, look for refunds, payouts and new webhooks, and use restricted keys",
        ),
    ]


def test_a_key_that_a_merge_brings_in_is_found(made: Repository) -> None:
    made.commit("2024-03-01", a__py="x = 1\n")
    made.git("switch", "-q", "-c", "side")
    made.commit("2024-03-02", b__py="y = 1\n")
    made.git("switch", "-q", "main")
    made.commit("2024-03-03", c__py="z = 1\n")
    made.git("merge", "-q", "--no-commit", "--no-ff", "side")
    merged = made.commit("2024-03-04", pay__py="KEY = '{{key:stripe-live}}'\n")

    assert told(past(made.root)) == [(f"{merged}:pay.py", f"{STRIPE}; committed on 2024-03-04 in {merged} and still in HEAD")]


def test_env_files_are_told_by_key_and_values_without_a_shape_together(made: Repository) -> None:
    first = made.commit(
        "2024-03-01", __env="STRIPE={{key:stripe-live}}\nJWT_SECRET=q7Lm2Vx9TzB4nK8sW3pR6yH1\nSESSION_SECRET=Zt5Kw8Qe2Rv7Yb4Nc9Mx3Js6\n"
    )
    made.commit("2024-03-02", __env=None)
    found = past(made.root).findings

    assert [(finding.rule, finding.place.path) for finding in found] == [
        ("third-party-credential-in-source", f"{first}:.env"),
        ("env-file-in-git", f"{first}:.env"),
    ]
    assert found[1].message.startswith(".env is in the repository, with JWT_SECRET, SESSION_SECRET; committed on 2024-03-01")


def test_only_the_named_folder_is_read(made: Repository) -> None:
    made.write("web/a.py", "KEY = '{{key:stripe-live}}'\n")
    made.write("api/b.py", "KEY = '{{key:github}}'\n")
    made.commit("2024-03-01")

    assert [finding.place.path.partition(":")[2] for finding in past(made.root, "api").findings] == ["api/b.py"]


def test_public_keys_and_files_nobody_wrote_are_no_matter(made: Repository) -> None:
    made.write("node_modules/x/index.js", "const k = '{{key:stripe-live}}'\n")
    made.write("package-lock.json", '{"k": "{{key:stripe-live}}"}\n')
    made.write("app.ts", "const k = '{{jwt:anon}}'\n")
    made.write("logo.png", "\0{{key:stripe-live}}\n")
    made.commit("2024-03-01")

    assert told(past(made.root)) == []


def test_comments_and_configuration_accept_what_they_accept_today(made: Repository) -> None:
    made.write("a.py", "KEY = '{{key:stripe-live}}'  # batten: ignore[third-party-credential-in-source] revoked in May\n")
    made.commit("2024-03-01")
    found = past(made.root)

    assert found.findings == ()
    assert [one.reason for one in found.ignored] == ["revoked in May"]


# ── bad input ──


def test_a_shallow_clone_says_so(made: Repository, tmp_path: Path) -> None:
    made.commit("2024-03-01", pay__py="KEY = '{{key:stripe-live}}'\n")
    made.commit("2024-03-02", pay__py="KEY = 1\n")
    made.git("clone", "-q", "--depth", "1", f"file://{made.root}", str(tmp_path / "copy"))
    found = past(tmp_path / "copy")

    assert told(found) == []
    assert notes(found) == ["the history is read as far as it is here: this is a shallow clone, fetch the rest with git fetch --unshallow"]


def test_submodules_are_noted(made: Repository, tmp_path: Path) -> None:
    inner = Repository(tmp_path / "inner")
    inner.commit("2024-03-01", pay__py="KEY = '{{key:stripe-live}}'\n")
    made.git("submodule", "-q", "add", str(inner.root), "vendored")
    made.commit("2024-03-02")
    found = past(made.root)

    assert told(found) == []
    assert notes(found) == ["the histories of submodules are not read: each is a repository of its own"]
    assert [path.partition(":")[2] for path, _ in told(past(made.root / "vendored"))] == ["pay.py"]


def test_a_partial_clone_counts_what_it_lacks_and_fetches_nothing(made: Repository, tmp_path: Path) -> None:
    made.commit("2024-03-01", pay__py="KEY = '{{key:stripe-live}}'\n")
    made.commit("2024-03-02", pay__py="KEY = 1\n")
    made.git("config", "uploadpack.allowFilter", "true")
    made.git("clone", "-q", "--filter=blob:none", f"file://{made.root}", str(tmp_path / "copy"))
    before = sorted(path.name for path in (tmp_path / "copy/.git/objects/pack").iterdir())
    found = past(tmp_path / "copy")

    assert told(found) == []
    assert notes(found) == ["1 versions of files are not read: they are not in this clone"]
    assert sorted(path.name for path in (tmp_path / "copy/.git/objects/pack").iterdir()) == before


def test_a_worktree_reads_the_history_of_its_repository(made: Repository, tmp_path: Path) -> None:
    first = made.commit("2024-03-01", pay__py="KEY = '{{key:stripe-live}}'\n")
    made.git("worktree", "add", "-q", str(tmp_path / "tree"))

    assert [path for path, _ in told(past(tmp_path / "tree"))] == [f"{first}:pay.py"]


def fast_import(made: Repository, blobs: Iterable[tuple[str, str]]) -> None:
    """One commit on ``main`` for every hundred files."""
    with (made.root / "stream").open("wb") as stream:
        for number, (path, text) in enumerate(blobs):
            if number % 100 == 0:
                stream.write(b"commit refs/heads/main\ncommitter n <n@example.org> %d +0000\ndata 1\nx\n" % (1_710_000_000 + number))
            data = expand(text).encode()
            stream.write(b"M 644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data))
    with (made.root / "stream").open("rb") as stream:
        subprocess.run(["git", "fast-import", "--quiet"], cwd=made.root, stdin=stream, check=True)


def versions(number: int) -> Iterable[tuple[str, str]]:
    """Files that change again and again, with a key in a few of their versions."""
    for at in range(number):
        held = f"KEY = '{{{{key:stripe-live:k{at // 9000}}}}}'" if at % 9000 in (17, 4017) else f"secret_name = {at}"
        yield f"app/part{at % 100}.py", f"# version {at}\n{held}\n"


def test_processes_find_what_one_finds_in_the_same_order(made: Repository) -> None:
    fast_import(made, versions(18_500))
    where = repository(made.root)
    assert where is not None
    shown: list[tuple[int, int]] = []
    one, several = (
        read_history(where, "", Config(folder=made.root), rules(), lambda *done: shown.append(done), jobs=jobs) for jobs in (1, 2)
    )

    listed = [(number, 0) for number in range(1_000, 18_001, 1_000)]
    read = [(number, 18_500) for number in range(0, 18_500, 64)]
    assert shown == [*listed, *read, *listed, *((min(number, 18_500), 18_500) for number in range(2_000, 20_001, 2_000))]
    assert (one.findings, one.places, one.notes, one.versions) == (several.findings, several.places, several.notes, several.versions)
    assert (len(told(one)), one.versions) == (3, 18_500)


def test_a_hundred_thousand_versions_take_no_more_memory_than_a_few(made: Repository) -> None:
    script = (
        "import re, sys\n"
        "from batten.__main__ import main\n"
        "try:\n    main()\n"
        "except SystemExit:\n    print(int(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]) // 1024, file=sys.stderr)\n"
    )
    fast_import(made, versions(100_000))
    command = [sys.executable, "-c", script, "secrets", "--history", "--no-progress", "--jobs", "1", "--fail-on", "never", str(made.root)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert "100,000 versions of files" in done.stdout
    assert int(done.stderr.split()[-1]) < 200


def test_holders_tell_keys_apart_in_versions() -> None:
    holders = Holders()
    first, second = "ab" * 20, "cd" * 20
    for version, key_, start in ((first, 3, 10), (first, 1, 40), (first, 3, 90), (second, 1, 7)):
        holders.add(version, key_, Span(start, start + 5))

    assert (holders.keys(first), holders.keys(second), holders.keys("00" * 20)) == ([3, 1], [1], [])
    assert holders.spans(first) == {3: Span(10, 15), 1: Span(40, 45)}
    assert [one in holders for one in (first, first.encode(), "00" * 20, 7)] == [True, True, False, False]
    assert len(holders) == 2


def test_an_empty_repository_has_nothing_to_tell(made: Repository) -> None:
    found = past(made.root)

    assert (told(found), found.versions) == ([], 0)


def test_a_broken_object_is_a_note(made: Repository) -> None:
    made.commit("2024-03-01", pay__py="KEY = '{{key:stripe-live}}'\n", b__py="x = 1\n")
    blob = made.git("rev-parse", "HEAD:pay.py")
    broken = made.root / ".git/objects" / blob[:2] / blob[2:]
    broken.chmod(0o644)
    broken.write_bytes(b"no object")
    found = past(made.root)

    assert told(found) == []
    assert notes(found) != []


@pytest.mark.parametrize("date", ["99999999999999 +0000", "-5000000000 +0000", "0 +0000"])
def test_any_date_may_stand_in_a_commit(made: Repository, date: str) -> None:
    made.commit("2024-03-01", pay__py="KEY = '{{key:stripe-live}}'\n")
    text = f"tree {made.git('rev-parse', 'HEAD^{tree}')}\nauthor n <n> {date}\ncommitter n <n> {date}\n\nodd\n"
    command = ["git", "hash-object", "-t", "commit", "-w", "--literally", "--stdin"]
    odd = subprocess.run(command, cwd=made.root, input=text, capture_output=True, text=True, check=True).stdout.strip()
    made.git("update-ref", "refs/heads/main", odd)

    assert len(past(made.root).findings) == 1


# ── hostile repositories ──


@pytest.mark.parametrize(
    "settings",
    [
        {"core.fsmonitor": "touch {ran}"},
        {"core.hooksPath": "{hooks}"},
        {"core.pager": "touch {ran}", "pager.log": "true"},
        {"diff.external": "touch {ran}", "diff.evil.textconv": "touch {ran}", "diff.evil.command": "touch {ran}"},
        {"log.showSignature": "true", "gpg.program": "{program}", "gpg.ssh.program": "{program}"},
        {"core.alternateRefsCommand": "touch {ran}", "core.sshCommand": "touch {ran}", "credential.helper": "!touch {ran}"},
        {"filter.evil.smudge": "touch {ran}", "filter.evil.clean": "touch {ran}", "filter.evil.process": "touch {ran}"},
        {"extensions.partialClone": "evil", "remote.evil.url": "ext::touch {ran}", "remote.evil.promisor": "true"},
        {"alias.rev-list": "!touch {ran}", "alias.cat-file": "!touch {ran}"},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_nothing_that_the_repository_configures_is_run(made: Repository, tmp_path: Path, settings: dict[str, str]) -> None:
    ran, program, hooks = tmp_path / "ran", tmp_path / "program", tmp_path / "hooks"
    hooks.mkdir()
    for path in (program, hooks / "post-index-change", hooks / "reference-transaction"):
        path.write_text(f"#!/bin/sh\ntouch {ran}\n")
        path.chmod(0o755)
    made.write(".gitattributes", "* diff=evil filter=evil\n")
    made.commit("2024-03-01", pay__py="KEY = '{{key:stripe-live}}'\n")
    made.commit("2024-03-02", b__py="x = 1\n")
    if "extensions.partialClone" in settings:
        lost = made.git("rev-parse", "HEAD:b.py")
        (made.root / ".git/objects" / lost[:2] / lost[2:]).unlink()
    for name, value in settings.items():
        made.git("config", name, value.format(ran=ran, program=program, hooks=hooks))
    ran.unlink(missing_ok=True)

    assert len(past(made.root).findings) == 1
    assert not ran.exists()


def _borrowed(victim: Path, app: Path) -> None:
    (app / ".git/objects/info").mkdir(exist_ok=True)
    (app / ".git/objects/info/alternates").write_text(f"{victim}/.git/objects\n")


def _common(victim: Path, app: Path) -> None:
    (app / ".git/commondir").write_text(f"{victim}/.git\n")


def _pointed(victim: Path, app: Path) -> None:
    subprocess.run(["rm", "-r", str(app / ".git")], check=True)
    (app / ".git").write_text(f"gitdir: {victim}/.git\n")


def _linked(victim: Path, app: Path) -> None:
    subprocess.run(["rm", "-r", str(app / ".git")], check=True)
    (app / ".git").symlink_to(victim / ".git")


def _linked_objects(victim: Path, app: Path) -> None:
    subprocess.run(["rm", "-r", str(app / ".git/objects")], check=True)
    (app / ".git/objects").symlink_to(victim / ".git/objects")


def _piped(victim: Path, app: Path) -> None:
    os.mkfifo(app / ".git/packed-refs")


@pytest.mark.parametrize("lead_out", [_borrowed, _common, _pointed, _linked, _linked_objects, _piped])
def test_a_git_folder_that_leads_out_of_the_tree_is_not_followed(
    made: Repository, tmp_path: Path, lead_out: Callable[[Path, Path], None]
) -> None:
    victim = Repository(tmp_path / "victim")
    victim.commit("2024-03-01", pay__py="KEY = '{{key:stripe-live}}'\n")
    made.commit("2024-03-01", a__py="x = 1\n")
    lead_out(victim.root, made.root)

    with pytest.raises(UsageError, match="the history is not read: "):
        past(made.root)


# ── the command ──


def batten(cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "batten", "secrets", *words]
    return subprocess.run(
        command, cwd=cwd, env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, capture_output=True, text=True, check=False
    )


def values(shapes: Iterable[str]) -> list[str]:
    return [key(shape) for shape in shapes]


def test_every_format_tells_the_same_and_no_value(made: Repository) -> None:
    shapes = ["stripe-live", "github", "openai", "groq"]
    made.commit("2024-03-01", all__py="".join(f"K{n} = '{{{{key:{shape}}}}}'\n" for n, shape in enumerate(shapes)))
    made.commit("2024-03-02", all__py="pass\n")
    written = {name: batten(made.root, "--history", "--output-format", name) for name in ("full", "concise", "json", "sarif", "github")}

    assert {name: ended.returncode for name, ended in written.items()} == {"full": 1, "concise": 1, "json": 1, "sarif": 1, "github": 1}
    assert not [value for value in values(shapes) for ended in written.values() if value[:16] in ended.stdout + ended.stderr]
    assert len(json.loads(written["json"].stdout)["findings"]) == len(shapes)
    (run,) = json.loads(written["sarif"].stdout)["runs"]
    assert len(run["results"]) == len(shapes)
    assert written["concise"].stdout.endswith("4 critical. 2 versions of files in " + written["concise"].stdout.rpartition(" in ")[2])


def test_without_history_the_files_of_today_are_read(made: Repository) -> None:
    made.commit("2024-03-01", old__py="KEY = '{{key:stripe-live}}'\n")
    made.commit("2024-03-02", old__py=None, new__py="KEY = '{{key:github}}'\n")
    ended = batten(made.root, "--output-format", "json")

    assert [finding["place"]["path"] for finding in json.loads(ended.stdout)["findings"]] == ["new.py"]


def test_where_there_is_no_history_it_says_so(tmp_path: Path) -> None:
    ended = batten(tmp_path, "--history")

    assert (ended.returncode, ended.stderr) == (
        2,
        "error: there is no history here: this is no git repository\n  help: Run it inside a clone\n",
    )
