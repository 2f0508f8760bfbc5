"""Small repositories for tests of what a change does: files are laid out and committed, and batten compares."""

import json
import os
import subprocess
from collections.abc import Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

from jsonschema import Draft202012Validator

from batten.cli import run

ROOT = Path(__file__).parents[2]
SCHEMA = Draft202012Validator(json.loads((ROOT / "docs/schema/difference.schema.json").read_bytes()))
IDENTITY = {f"GIT_{who}_{what}": "someone@example.test" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, env={**os.environ, **IDENTITY}, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def lay_out(folder: Path, files: Mapping[str, str | None]) -> None:
    for path, text in files.items():
        if text is None:
            (folder / path).unlink()
            continue
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def commit(folder: Path, files: Mapping[str, str | None]) -> str:
    if not (folder / ".git").exists():
        folder.mkdir(parents=True, exist_ok=True)
        git(folder, "init", "-q", "-b", "main")
    lay_out(folder, files)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "change")
    return git(folder, "rev-parse", "HEAD")


class Ended(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


def batten(folder: Path, *words: str) -> Ended:
    """The command as it is called, in this process: to start one takes longer than most of what is compared here."""
    out, err = StringIO(), StringIO()
    with chdir(folder), redirect_stdout(out), redirect_stderr(err):
        code = run(["diff", *words])
    return Ended(code, out.getvalue(), err.getvalue())


def differs(folder: Path, *words: str) -> dict[str, Any]:
    done = batten(folder, "--output-format", "json", *words)
    assert done.returncode in (0, 1), done.stderr
    found = json.loads(done.stdout)
    SCHEMA.validate(found)
    return found


def rules(found: Mapping[str, Any]) -> list[str]:
    return [each["rule"] for each in found["new"]]
