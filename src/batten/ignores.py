"""Reads ignore comments and applies them, and those of the configuration, to findings; does not look for findings itself.

``batten: ignore[rule, other-rule] reason`` in a comment speaks for its own line, or, on a line of its own, for the next line
of code; ``batten: ignore-file[rule] reason`` at the top speaks for the file.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from batten.config import Acceptance, Config
from batten.discover.patterns import spec
from batten.facts.project import Ignore
from batten.finding import ConfigError, Finding, Note, NoteKind
from batten.text import Lines, Place, Span

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

FILE = 0
"""The line of an Ignore that speaks for its whole file."""
MISPLACED = -1
"""The line of an Ignore for a file that does not stand at its top."""

_OPENERS = rb"--|\#|//|/\*+|\*|<!--"
_COMMENT = re.compile(
    rb"(?:"
    + _OPENERS
    + rb")[ \t]*batten:[ \t]*ignore(?P<file>-file)?(?![\w-])[ \t]*(?P<rules>\[[^\]\r\n]*\])?(?P<reason>[^\r\n]*)"
)
_CLOSERS = re.compile(r"\s*(?:\*/\s*\}?|--!?>|\*\}|#\}).*$")
_BLANK = re.compile(rb"[ \t]*(?:(?:" + _OPENERS + rb"|\{/\*|'use |\"use |\"\"\"|'''|\xef\xbb\xbf).*)?\r?$")
_ALONE = re.compile(rb"[ \t]*\{?[ \t]*$")
_MOST_RULES = 50


def parse(data: bytes) -> tuple[Ignore, ...]:
    """The ignore comments of one file (UTF-8). ``rules`` is empty where a comment names none, ``reason`` where it gives none."""
    if b"batten:" not in data:
        return ()
    lines = Lines(data)
    ignores: list[Ignore] = []
    for found in _COMMENT.finditer(data):
        names = (found["rules"] or b"[]").decode("utf-8", "replace")[1:-1].split(",")
        reason = _CLOSERS.sub("", found["reason"].decode("utf-8", "replace")).strip(" \t:-")
        line = lines.line(found.start())
        alone = _ALONE.match(data[lines.start(line) : found.start()])
        if found["file"]:
            speaks_for = FILE if _is_top(lines, line) else MISPLACED
        else:
            speaks_for = _next_line(lines, line) if alone else line
        rules = tuple(name.strip() for name in names[:_MOST_RULES] if name.strip())
        ignores.append(Ignore(rules, reason, speaks_for, found.start(), found.end()))
    return tuple(ignores)


def _is_top(lines: Lines, line: int) -> bool:
    """Whether there are only comments, blank lines and directives before the line."""
    return all(_BLANK.match(_row(lines, number)) for number in range(1, line))


def _next_line(lines: Lines, line: int) -> int:
    """The first line below that is neither blank nor another ignore comment."""
    for number in range(line + 1, len(lines) + 1):
        row = _row(lines, number)
        if row.strip() and not (_COMMENT.search(row) and _BLANK.match(row)):
            return number
    return line


def _row(lines: Lines, number: int) -> bytes:
    end = lines.start(number + 1) - 1 if number < len(lines) else len(lines.data)
    return lines.data[lines.start(number) : end]


class Ignored(Struct, frozen=True):
    """A finding that a comment or the configuration accepts."""

    finding: Finding
    reason: str
    in_source: bool


class Applied(Struct, frozen=True):
    """What is left after ignores: ``kept`` is reported, ``ignored`` is not, ``notes`` tell of ignores that are amiss."""

    kept: tuple[Finding, ...]
    ignored: tuple[Ignored, ...]
    notes: tuple[Note, ...]


class Rules(Struct, frozen=True):
    """The ids of all rules there are, and of those that ran."""

    known: frozenset[str]
    ran: frozenset[str]

    def named(self, name: str) -> frozenset[str]:
        """The known rules that an ignore names: an id, or a glob of ids."""
        if name in self.known:
            return frozenset({name})
        return frozenset(rule for rule in self.known if fnmatchcase(rule, name))


def apply(
    findings: Sequence[Finding],
    comments: Mapping[str, tuple[Ignore, ...]],
    line_of: Callable[[Place], int],
    config: Config,
    root: Path,
    rules: Rules,
) -> Applied:
    """Take out what comments (by path) and the configuration accept; ``line_of`` is the 1-based line where a place starts.

    Raises ConfigError where a pattern can't be used.
    """
    used: set[tuple[str, int, str]] = set()
    kept: list[Finding] = []
    ignored: list[Ignored] = []
    accept = _Acceptances(config, root)
    for finding in findings:
        by_comment = _comment(finding, comments.get(finding.place.path, ()), line_of, rules)
        by_config = accept.reason(finding)
        if by_comment is not None:
            ignore, name = by_comment
            used.add((finding.place.path, ignore.start, name))
            ignored.append(Ignored(finding, ignore.reason, in_source=True))
        elif by_config is not None:
            ignored.append(Ignored(finding, by_config, in_source=False))
        else:
            kept.append(finding)
    notes = [
        note for path, ignores in comments.items() for ignore in ignores for note in _amiss(path, ignore, used, rules)
    ]
    notes += accept.unused(rules)
    return Applied(tuple(kept), tuple(ignored), tuple(sorted(notes)))


def _comment(
    finding: Finding, ignores: Iterable[Ignore], line_of: Callable[[Place], int], rules: Rules
) -> tuple[Ignore, str] | None:
    """The first ignore with a reason that speaks for the finding, and the name in it that does."""
    for ignore in ignores:
        if not ignore.reason or ignore.line == MISPLACED:
            continue
        if ignore.line != FILE and ignore.line != line_of(finding.place):
            continue
        for name in ignore.rules:
            if finding.rule == name or finding.rule in rules.named(name):
                return ignore, name
    return None


def _amiss(path: str, ignore: Ignore, used: set[tuple[str, int, str]], rules: Rules) -> Iterable[Note]:
    place = Place(path, Span(ignore.start, ignore.end))

    def note(message: str) -> Note:
        return Note(NoteKind.IGNORE, message, place)

    if not ignore.rules:
        yield note("this ignore names no rule, so it ignores nothing: write batten: ignore[rule-id] and the reason")
    elif not ignore.reason:
        names = ", ".join(ignore.rules)
        yield note(f"this ignore of {names} gives no reason, so the finding stays: add the reason after the bracket")
    elif ignore.line == MISPLACED:
        yield note("this ignore-file stands below code, so it ignores nothing: move it to the top of the file")
    else:
        for name in ignore.rules:
            named = rules.named(name)
            if not named:
                yield note(f"there is no rule {name!r} to ignore{_near(name, rules)}")
            elif (path, ignore.start, name) not in used and named <= rules.ran:
                yield note(f"this ignore of {name} ignores nothing: remove it")


def _near(name: str, rules: Rules) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, rules.known, 1, 0.5)
    return f": did you mean {near[0]!r}?" if near else ""


class _Acceptances:
    """The [[ignores]] of the configuration, compiled."""

    def __init__(self, config: Config, root: Path) -> None:
        self._config = config
        self._root = root
        self._rows = [(row, _compiled(row)) for row in config.ignores]
        self._used: set[int] = set()

    def reason(self, finding: Finding) -> str | None:
        """Why the configuration accepts a finding; None where it does not."""
        if not self._rows:
            return None
        place = self._root / finding.place.path
        if not place.is_relative_to(self._config.folder):
            return None
        path = place.relative_to(self._config.folder).as_posix()
        for number, (row, patterns) in enumerate(self._rows):
            if any(fnmatchcase(finding.rule, rule) for rule in row.rules) and patterns.match_file(path):
                self._used.add(number)
                return row.reason
        return None

    def unused(self, rules: Rules) -> Iterable[Note]:
        """Notes on rows that accepted nothing although all their rules ran."""
        for number, (row, _) in enumerate(self._rows):
            named = frozenset[str]().union(*(rules.named(rule) for rule in row.rules))
            words = ", ".join(row.rules)
            if not named:
                yield Note(
                    NoteKind.IGNORE, f"[[ignores]] number {number + 1} of the configuration: there is no rule {words}"
                )
            elif number not in self._used and named <= rules.ran:
                message = f"[[ignores]] number {number + 1} of the configuration ({words}) ignores nothing: remove it"
                yield Note(NoteKind.IGNORE, message)


def _compiled(row: Acceptance) -> "GitIgnoreSpec":
    patterns, refused = spec(row.paths)
    if refused:
        raise ConfigError(
            f"ignores.paths: the pattern {refused[0][:80]!r} can't be used", "write it as in .gitignore, simpler"
        )
    return patterns
