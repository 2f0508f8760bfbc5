"""What there is to report: findings, what was accepted, notes, and the texts they point into; knows no format."""

import os
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from batten.finding import Confidence, Finding, Note, NoteKind, Severity, Step
from batten.text import Lines, Place, Position


class Rule(Protocol):
    """What reports read of a rule page: texts are Markdown."""

    # ruff: noqa: D102 - each is what its name says

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def severity(self) -> Severity: ...
    @property
    def confidence(self) -> Confidence: ...
    @property
    def cwe(self) -> tuple[int, ...]: ...
    @property
    def owasp(self) -> tuple[str, ...]: ...
    @property
    def aliases(self) -> tuple[str, ...]: ...
    @property
    def summary(self) -> str: ...
    @property
    def why(self) -> str: ...
    @property
    def mend(self) -> str: ...
    @property
    def pack(self) -> str: ...


class Origin(StrEnum):
    """Where a finding was accepted."""

    COMMENT = "comment"
    CONFIG = "config"
    BASELINE = "baseline"


class Changed(Protocol):
    """A file before and after; ``before`` None: it is new."""

    @property
    def path(self) -> str: ...
    @property
    def before(self) -> bytes | None: ...
    @property
    def after(self) -> bytes: ...


class Offer(Struct, frozen=True):
    """A fix of one finding that a scan has proven, and what it does to files; ``stops`` is what may stop by it, which nothing does where it is safe."""

    title: str
    safe: bool
    changes: tuple[Changed, ...]
    stops: tuple[Step, ...] = ()


class Accepted(Struct, frozen=True):
    """A finding that is not reported, and why."""

    finding: Finding
    origin: Origin
    reason: str


class Run(Struct, frozen=True, kw_only=True, eq=False):
    """One run of batten.

    ``findings`` are those that are shown, ``hidden`` the number of those under the threshold. ``files`` were read, in ``seconds``.
    ``sources`` gives the text of a file as it was scanned, or raises. ``secrets`` are places whose text is never printed.
    ``offers`` are fixes by the keys of findings, where they were asked for; ``foreign`` the rule packs that are not batten's own.
    ``what`` names one and several of what was read. ``here`` is the folder that paths for people are relative to; None: the root.
    """

    root: Path
    findings: tuple[Finding, ...]
    rules: Mapping[str, Rule]
    sources: Callable[[str], bytes]
    accepted: tuple[Accepted, ...] = ()
    notes: tuple[Note, ...] = ()
    files: int = 0
    seconds: float = 0.0
    hidden: int = 0
    secrets: tuple[Place, ...] = ()
    offers: Mapping[str, Offer] = {}
    foreign: frozenset[str] = frozenset()
    here: Path | None = None
    what: tuple[str, str] = ("file", "files")
    verbose: bool = False
    quiet: bool = False

    def shown(self, path: str) -> str:
        """The path as a person can open it from where batten was started."""
        if self.here is None or self.here == self.root:
            return path
        return Path(os.path.relpath(self.root / path, self.here)).as_posix()


def ordered(run: Run) -> list[Finding]:
    """The findings, worst first, then by place: the same for equal runs."""
    return sorted(run.findings, key=rank)


def rank(finding: Finding) -> tuple[int, str, int, int, str, str]:
    """The order of findings in every report."""
    place = finding.place
    return finding.severity.rank, place.path, place.span.start, place.span.end, finding.rule, finding.key


INCOMPLETE = frozenset({NoteKind.NOT_READ, NoteKind.NOT_PARSED, NoteKind.NOT_UNDERSTOOD, NoteKind.LIMIT, NoteKind.CHECK_FAILED})
"""Notes of these kinds mean that findings may be missing."""


class Texts:
    """Lines and positions in the scanned files; of a file that can't be had any more, everything is at its start."""

    def __init__(self, sources: Callable[[str], bytes]) -> None:
        self._sources = sources
        self.lines = lru_cache(64)(self._lines)

    def _lines(self, path: str) -> Lines:
        try:
            return Lines(self._sources(path))
        except Exception:  # noqa: BLE001 - the file may be gone, and a report without its text is better than none
            return Lines(b"")

    def start(self, place: Place) -> Position:
        """Line and column of the first character."""
        return self._position(place.path, place.span.start)

    def end(self, place: Place) -> Position:
        """Line and column just after the last character."""
        return self._position(place.path, max(place.span.start, place.span.end))

    def _position(self, path: str, offset: int) -> Position:
        lines = self.lines(path)
        return lines.position(min(offset, len(lines.data)))
