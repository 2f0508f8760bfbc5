"""Whole apps through the real command: each incident re-enacted gives exactly what its expected.txt says, each well-made counterpart nothing."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from batten.testing_keys import expand

FIXTURES = Path(__file__).parents[1] / "fixtures"
APPS = sorted(path.name for path in (FIXTURES / "apps").iterdir())
EXPECTED = "expected.txt"


def check(kind: str, name: str, folder: Path) -> tuple[int, list[str]]:
    """The exit code, and ``path:line rule`` of each finding, in a fresh repository with keys in the place of placeholders."""
    app = folder / name
    shutil.copytree(FIXTURES / kind / name, app, ignore=shutil.ignore_patterns(EXPECTED, "node_modules", ".venv"))
    for path in app.rglob("*"):
        if path.is_file():
            path.write_bytes(expand(path.read_bytes().decode()).encode())
    git = shutil.which("git") or pytest.skip("there is no git")
    for words in (("init", "-q"), ("add", "-A")):
        subprocess.run([git, *words], cwd=app, check=True, capture_output=True)
    command = [sys.executable, "-m", "batten", "check", "--output-format", "json", "--min-severity", "low", "--jobs", "1", str(app)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert done.stderr == ""
    report = json.loads(done.stdout)
    notes = [note for note in report["notes"] if note["kind"] not in ("skipped", "not-run")]
    assert (report["summary"]["complete"], notes) == (True, [])
    return done.returncode, sorted((_row(finding) for finding in report["findings"]), key=_place)


def _row(finding: dict) -> str:
    return f"{finding['place']['path']}:{finding['place']['start']['line']} {finding['rule']}"


def _place(row: str) -> tuple[str, int, str]:
    place, rule = row.rsplit(" ", 1)
    path, line = place.rsplit(":", 1)
    return path, int(line), rule


@pytest.mark.parametrize("name", APPS)
def test_incident(name: str, tmp_path: Path) -> None:
    expected = (FIXTURES / "apps" / name / EXPECTED).read_text().splitlines()
    assert check("apps", name, tmp_path) == (1, expected)


@pytest.mark.parametrize("name", APPS)
def test_well_made_counterpart_is_silent(name: str, tmp_path: Path) -> None:
    assert check("clean", name, tmp_path) == (0, [])


def test_counterparts_are_complete() -> None:
    assert sorted(path.name for path in (FIXTURES / "clean").iterdir()) == APPS


def test_expectations_are_sorted() -> None:
    rows = {name: (FIXTURES / "apps" / name / EXPECTED).read_text().splitlines() for name in APPS}
    assert {name: sorted(found, key=_place) for name, found in rows.items()} == rows


@pytest.mark.parametrize("kind", ["apps", "clean"])
def test_fixtures_hold_no_key(kind: str) -> None:
    """Only placeholders are committed: nothing that push protection or a scanner would stop at."""
    texts = {path: path.read_text() for path in (FIXTURES / kind).rglob("*") if path.is_file()}
    looks = ("sk-proj-", "sk_live_", "SG.", "re_live", "eyJhbGci", "sb_secret_", "AKIA", "-----BEGIN")
    assert [str(path) for path, text in texts.items() if any(look in text for look in looks)] == []
