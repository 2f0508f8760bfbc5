"""Asks semgrep, a guest in an environment of its own, which places fit the patterns of rules; knows no rule, and nothing of what it reads.

The engine runs without the network, without git, with a home of its own, and on the files it is named: what the scanned tree says of it does not count.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from batten.facts.patterns import Pattern
from batten.finding import Note, NoteKind, UsageError
from batten.text import Place, Span

_SECONDS = 900
# What fits into the arguments of a process everywhere.
_MOST_BYTES = 60_000
_LARGEST = 200_000_000
_NAMES = 5
_WORDS = (
    "scan", "--experimental", "--json", "--quiet", "--metrics=off", "--disable-version-check", "--disable-nosem", "--novcs", "--no-git-ignore",
    "--no-rewrite-rule-ids", "--oss-only",
)  # fmt: skip


class Fitting(Struct, frozen=True):
    """The places that fit, and what the engine could not do."""

    patterns: tuple[Pattern, ...]
    notes: tuple[Note, ...] = ()


class Guest(Struct, frozen=True):
    """The engine, and the folder that the paths of files are relative to."""

    engine: Path
    root: Path

    def ask(self, bodies: Mapping[str, str], classes: Mapping[str, str], roots: Sequence[str], read: Callable[[str], bytes]) -> Fitting:
        """Where the files (path -> class) fit the patterns (rule -> the body of a rule of semgrep's, as JSON); ``roots`` are those of packages, inner ones first."""
        if not bodies or not classes:
            return Fitting(())
        found: list[tuple[str, str, Span]] = []
        failed: list[str] = []
        unread: set[str] = set()
        notes: list[Note] = []
        with tempfile.TemporaryDirectory() as home:
            _furnish(Path(home))
            rules = Path(home) / "rules.json"
            rules.write_bytes(_rules(bodies))
            for part in _parts(sorted(classes)):
                answer = self._run(Path(home), rules, part)
                if answer is None:
                    notes.append(Note(NoteKind.CHECK_FAILED, f"semgrep failed: findings of {_named(bodies)} may be missing"))
                    break
                found += _results(answer, bodies.keys(), classes.keys())
                failed += _failed(answer, bodies.keys())
                unread |= _unread(answer, classes.keys())
        notes += [
            Note(NoteKind.CHECK_FAILED, f"semgrep does not understand the pattern of {rule}: its findings are missing")
            for rule in dict.fromkeys(failed)
        ]
        if unread:
            files = "1 file" if len(unread) == 1 else f"{len(unread)} files"
            notes.append(Note(NoteKind.NOT_RUN, f"semgrep could not read all of {files}, and may miss places there: {_named(unread)}"))
        return Fitting(tuple(_patterns(found, classes, roots, read)), tuple(notes))

    def _run(self, home: Path, rules: Path, paths: Sequence[str]) -> Any:
        output = home / "results.json"
        try:
            with output.open("wb") as stream:
                subprocess.run(  # noqa: S603 - fixed words; the paths are those that discovery found
                    [str(self.engine), *_WORDS, "--config", str(rules), *(f"./{path}" for path in paths)],
                    cwd=self.root,
                    env=_environment(self.engine, home),
                    stdin=subprocess.DEVNULL,
                    stdout=stream,
                    stderr=subprocess.DEVNULL,
                    timeout=_SECONDS,
                    check=False,
                )
            if not 0 < output.stat().st_size <= _LARGEST:
                return None
            return msgspec.json.decode(output.read_bytes())
        except (OSError, subprocess.SubprocessError, msgspec.DecodeError):
            return None


def find(named: Path | None, root: Path) -> Path | None:
    """The engine: the one that is named, else that of PATH, but never one that the scanned tree brings along. Raises UsageError where the named one can't run."""
    if named is not None:
        found = shutil.which(str(named.absolute()))
        if found is None:
            raise UsageError(f"there is no program {str(named)!r} to run", "Name the file: --semgrep ~/.local/bin/semgrep.")
        return Path(found)
    found = shutil.which("semgrep")
    if found is None or not Path(found).is_absolute() or Path(found).resolve().is_relative_to(root.resolve()):
        return None
    return Path(found)


def absent(rules: Sequence[str]) -> Note:
    """What is said where there is no engine."""
    count = "1 rule did" if len(rules) == 1 else f"{len(rules)} rules did"
    return Note(NoteKind.NOT_RUN, f"{count} not run, as semgrep is not here (pipx install semgrep, or --semgrep PATH): {_named(rules)}")


def _named(rules: Iterable[str]) -> str:
    names = sorted(rules)
    return ", ".join(names[:_NAMES]) + (f" and {len(names) - _NAMES} more" if len(names) > _NAMES else "")


def _furnish(home: Path) -> None:
    """The one program that the engine can't start without, and no other: there is no git to run what a repository says."""
    programs = home / "bin"
    programs.mkdir()
    uname = shutil.which("uname", path="/usr/bin:/bin")
    if uname is not None:
        (programs / "uname").symlink_to(uname)


def _environment(engine: Path, home: Path) -> dict[str, str]:
    """Nothing of what the user has set up, no git that could run what a repository says, and nothing that asks the network."""
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "TMPDIR", "TEMP") if name in os.environ}
    return kept | {
        "PATH": str(home / "bin"),
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "SEMGREP_SETTINGS_FILE": str(home / "settings.yml"),
        "SEMGREP_SEND_METRICS": "off",
        "SEMGREP_ENABLE_VERSION_CHECK": "0",
        "VIRTUAL_ENV": str(engine.parent.parent),
    }


def _rules(bodies: Mapping[str, str]) -> bytes:
    """One document of all rules. Messages and severities are those of the pages."""
    decoded = ((rule, msgspec.json.decode(body)) for rule, body in sorted(bodies.items()))
    return msgspec.json.encode({"rules": [{**body, "id": rule, "message": rule, "severity": "WARNING"} for rule, body in decoded]})


def _parts(paths: Sequence[str]) -> Iterator[Sequence[str]]:
    part: list[str] = []
    size = 0
    for path in paths:
        length = len(os.fsencode(path)) + 3
        if part and size + length > _MOST_BYTES:
            yield part
            part, size = [], 0
        part.append(path)
        size += length
    yield part


def _results(answer: Any, rules: Iterable[str], paths: Iterable[str]) -> Iterator[tuple[str, str, Span]]:
    known, files = set(rules), set(paths)
    for result in answer.get("results", ()):
        rule, path = str(result.get("check_id", "")), str(result.get("path", "")).removeprefix("./")
        start, end = result.get("start", {}).get("offset"), result.get("end", {}).get("offset")
        if rule in known and path in files and isinstance(start, int) and isinstance(end, int) and 0 <= start <= end:
            yield path, rule, Span(start, end)


def _failed(answer: Any, rules: Iterable[str]) -> list[str]:
    """The rules whose patterns the engine does not understand."""
    named = [str(error.get("rule_id") or "") for error in answer.get("errors", ()) if "ule" in str(error.get("type"))]
    return [rule for rule in named if rule in rules]


def _unread(answer: Any, paths: Iterable[str]) -> set[str]:
    """The files that the engine could not read to their end."""
    return {str(error.get("path") or "").removeprefix("./") for error in answer.get("errors", ())}.intersection(paths)


def _patterns(
    found: Iterable[tuple[str, str, Span]], classes: Mapping[str, str], roots: Sequence[str], read: Callable[[str], bytes]
) -> Iterator[Pattern]:
    ordinals: dict[tuple[str, str, str], int] = {}
    for path, rule, span in sorted(set(found)):
        package = next((root for root in roots if path.startswith(f"{root}/")), "")
        # The text only tells places apart: its digest is too short to find a secret by.
        digest = blake2b(b" ".join(read(path)[span.start : span.end].split()), digest_size=3).hexdigest()
        ordinal = ordinals[path, rule, digest] = ordinals.get((path, rule, digest), 0) + 1
        name = f"{path}#{digest}-{ordinal}"
        yield Pattern(rule, Place(path, span), package, classes[path], f"{package}|pattern|{name}", f"pattern|{rule}|{name}")
