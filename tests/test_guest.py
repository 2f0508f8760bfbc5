"""The guest engine, the real one: what it finds becomes findings like all others, and what the scanned tree says of it does not count."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from batten.finding import NoteKind, UsageError
from batten.guest import Guest, absent, find
from tests.support.semgrep import engine

RULES = """
rules:
  - id: Acme.No_Eval
    languages: [python]
    severity: ERROR
    message: "$X is run. {braces} stay."
    metadata: {cwe: ["CWE-95: Eval Injection"], confidence: HIGH}
    pattern: eval($X)
  - id: broken
    languages: [python]
    severity: INFO
    message: never
    pattern: "def ("
"""


@pytest.fixture(scope="module")
def semgrep() -> Path:
    found = engine()
    if found is None:
        pytest.skip("semgrep can't be installed here")
    return found


@pytest.fixture
def app(tmp_path: Path) -> Path:
    root = tmp_path / "app"
    root.mkdir()
    (root / "main.py").write_text("# é\ndef run(text):\n    return eval(text)  # nosemgrep\n")
    (root / "-odd name.py").write_text("eval(1)\n")
    (root / ".semgrepignore").write_text("*\n")
    (root / "tests").mkdir()
    (root / "tests" / "test_main.py").write_text("eval('1')\n")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "acme.yml").write_text(RULES)
    return root


def check(app: Path, *words: str, path: str = "") -> tuple[int, dict, str]:
    command = [sys.executable, "-m", "batten", "check", "--output-format", "json", "--min-severity", "info", "--min-confidence", "low"]
    env = {**os.environ, "PATH": path or "/usr/bin:/bin"}
    done = subprocess.run([*command, *words], cwd=app, env=env, capture_output=True, text=True, check=False, timeout=300)
    return done.returncode, json.loads(done.stdout) if done.stdout else {}, done.stderr


def test_rules_of_the_users_own(app: Path, semgrep: Path) -> None:
    code, report, stderr = check(app, "--semgrep", str(semgrep), "--semgrep-config", "../rules")
    found = [
        (one["rule"], one["place"]["path"], one["place"]["start"]["line"], one["severity"], one["message"])
        for one in report["findings"]
        if one["rule"].startswith("semgrep-")
    ]
    message = "$X is run. {braces} stay."
    assert (code, stderr) == (1, "")
    assert found == [
        ("semgrep-acme-no-eval", "-odd name.py", 1, "high", message),
        ("semgrep-acme-no-eval", "main.py", 3, "high", message),
    ]
    failed = [note["message"] for note in report["notes"] if note["kind"] == "check-failed"]
    assert failed == ["semgrep does not understand the pattern of semgrep-broken: its findings are missing"]


def test_ignore_comments_are_those_of_batten(app: Path, semgrep: Path) -> None:
    (app / "main.py").write_text("eval(x)  # batten: ignore[semgrep-acme-no-eval] tried in a sandbox\n")
    _, report, _ = check(app, "--semgrep", str(semgrep), "--semgrep-config", "../rules")
    assert [one["place"]["path"] for one in report["findings"] if one["rule"] == "semgrep-acme-no-eval"] == ["-odd name.py"]
    assert [note for note in report["notes"] if note["kind"] == "ignore"] == []


def test_keys_stay_where_lines_move(app: Path, semgrep: Path) -> None:
    def keys() -> set[str]:
        _, report, _ = check(app, "--semgrep", str(semgrep), "--semgrep-config", "../rules")
        return {one["key"] for one in report["findings"] if one["place"]["path"] == "main.py"}

    before = keys()
    (app / "main.py").write_text("import os\n\n\n" + (app / "main.py").read_text())
    assert keys() == before != set()


def test_its_absence_is_told_and_asking_for_it_fails(app: Path) -> None:
    code, report, _ = check(app)
    notes = [note["message"] for note in report["notes"] if note["kind"] == "not-run"]
    (line,) = notes
    assert line.startswith("1 rule did not run, as semgrep is not here (pipx install semgrep, or --semgrep PATH): token-in-local-storage")
    # Asked for what is unsure, batten itself tells of the function that hands what it is given to eval.
    assert [one["rule"] for one in report["findings"]] == ["code-injection"]
    assert (code, report["summary"]["complete"]) == (1, True)
    code, _, stderr = check(app, "--semgrep", "nowhere/semgrep")
    assert (code, stderr.splitlines()[0]) == (2, "error: there is no program 'nowhere/semgrep' to run")


@pytest.mark.parametrize("config", ["p/ci", "auto", "https://semgrep.dev/p/ci"])
def test_nothing_is_fetched_from_a_registry(app: Path, config: str) -> None:
    code, _, stderr = check(app, "--semgrep-config", config)
    assert code == 2
    assert "there is no folder" in stderr


def test_a_program_of_the_scanned_tree_is_never_run(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = app / "semgrep"
    program.write_text("#!/bin/sh\ntouch ran\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{app}{os.pathsep}.")
    monkeypatch.chdir(app)
    assert find(None, app) is None
    with pytest.raises(UsageError):
        find(app / "other", app)


def test_a_program_that_fails_is_told(app: Path, tmp_path: Path) -> None:
    program = tmp_path / "broken"
    program.write_text("#!/bin/sh\necho '{'\n")
    program.chmod(0o755)
    answer = Guest(program, app).ask(
        {"one": '{"languages": ["python"], "pattern": "eval(...)"}'}, {"main.py": "product"}, [], lambda _: b""
    )
    assert (answer.patterns, [note.kind for note in answer.notes]) == ((), [NoteKind.CHECK_FAILED])


def test_it_is_not_asked_for_nothing(tmp_path: Path) -> None:
    nowhere = Guest(tmp_path / "missing", tmp_path)
    assert nowhere.ask({}, {"main.py": "product"}, [], lambda _: b"").notes == ()
    assert nowhere.ask({"one": "{}"}, {}, [], lambda _: b"").notes == ()
    assert absent(["a"]).message == "1 rule did not run, as semgrep is not here (pipx install semgrep, or --semgrep PATH): a"


def test_it_runs_without_git_and_network_settings(app: Path, tmp_path: Path) -> None:
    program, seen = tmp_path / "semgrep", tmp_path / "seen"
    program.write_text(
        f'#!/bin/sh\nprintf \'%s\\n\' "$PATH|$HOME|$SEMGREP_SEND_METRICS|$AWS_SECRET_ACCESS_KEY" "$@" > {seen}\necho \'{{"results": []}}\'\n'
    )
    program.chmod(0o755)
    os.environ["AWS_SECRET_ACCESS_KEY"] = "not for guests"
    try:
        Guest(program, app).ask({"one": '{"languages": ["python"]}'}, {"-odd name.py": "product"}, [], lambda _: b"")
    finally:
        del os.environ["AWS_SECRET_ACCESS_KEY"]
    first, *words = seen.read_text().splitlines()
    path, home, metrics, secret = first.split("|")
    assert (metrics, secret, path.startswith(home), "git" in path) == ("off", "", True, False)
    assert words[-1] == "./-odd name.py"
    assert {"--experimental", "--metrics=off", "--disable-version-check", "--disable-nosem", "--novcs"} <= set(words)
