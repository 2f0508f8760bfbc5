"""Reads ignore comments and applies them, and those of the configuration, to findings; does not look for findings itself.

``batten: ignore[rule, other-rule] reason`` in a comment speaks for its own line, or, on a line of its own, for the next line
of code; ``batten: ignore-file[rule] reason`` at the top speaks for the file. Without a reason it is not heard.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from batten.config import Acceptance, Config
from batten.discover.patterns import spec
from batten.facts.project import Ignore
from batten.finding import ConfigError, Finding, Note, NoteKind
from batten.regex import regex
from batten.text import Lines, Place, Span

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

FILE = 0
"""The line of an Ignore that speaks for its whole file."""
MISPLACED = -1
"""The line of an Ignore for a file that does not stand at its top."""
_MOST_RULES = 50


class Ignored(Struct, frozen=True):
    """A finding that a comment (``in_source``) or the configuration accepts."""

    finding: Finding
    reason: str
    in_source: bool


class Applied(Struct, frozen=True):
    """What is left after ignores: ``findings`` are reported, ``ignored`` are not, ``notes`` tell of ignores that are amiss."""

    findings: tuple[Finding, ...]
    ignored: tuple[Ignored, ...]
    notes: tuple[Note, ...]


# ── reading ──

_BLOCK = rb"/\*+|\*"
_OPENERS = {
    "dash": rb"--|" + _BLOCK,
    "hash": rb"\#",
    "slash": rb"//|" + _BLOCK,
    "block": _BLOCK,
    "markup": rb"<!--|//|" + _BLOCK,
    "prose": rb"<!--|\{/\*",
    "any": rb"\#|//|" + _BLOCK,
}
_STYLES = {
    **dict.fromkeys(["sql", "pgsql", "psql"], "dash"),
    **dict.fromkeys(["py", "pyi", "yml", "yaml", "toml", "env", "sh", "bash", "zsh", "rb", "ini", "cfg", "conf", "graphql"], "hash"),
    **dict.fromkeys(["js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "jsonc", "json5", "prisma", "go", "rs"], "slash"),
    **dict.fromkeys(["css", "scss", "less"], "block"),
    **dict.fromkeys(["html", "htm", "vue", "svelte", "astro", "xml", "svg"], "markup"),
    **dict.fromkeys(["md", "mdx", "rst"], "prose"),
}
_CLOSERS = regex(r"\s*(?:\*/\s*\}?|--!?>|#\}).*$")
_ALONE = regex(rb"[ \t]*\{?[ \t]*$")


@cache
def _comment(style: str) -> re.Pattern[bytes]:
    return re.compile(
        rb"(?:" + _OPENERS[style] + rb")[ \t]*batten:[ \t]*ignore(?P<file>-file)?(?![\w-])[ \t]*"
        rb"(?P<rules>\[[^\]\r\n]*\])?(?P<reason>[^\r\n]*)"
    )


@cache
def _blank(style: str) -> re.Pattern[bytes]:
    """Lines that may stand over an ignore for a file: comments, directives, the start of a docstring, nothing."""
    return re.compile(rb"[ \t]*(?:(?:" + _OPENERS[style] + rb"|\{/\*|'use |\"use |\"\"\"|'''|\#!|---).*)?\r?$")


def parse(path: str, data: bytes) -> tuple[Ignore, ...]:
    """The ignore comments of one file (UTF-8). ``rules`` is empty where a comment names none, ``reason`` where it gives none."""
    if b"batten:" not in data:
        return ()
    style = _STYLES.get(path.rpartition(".")[2].lower(), "any")
    lines = Lines(data)
    ignores: list[Ignore] = []
    for found in _comment(style).finditer(data):
        names = (found["rules"] or b"[]").decode("utf-8", "replace")[1:-1].split(",")
        reason = _CLOSERS.sub("", found["reason"].decode("utf-8", "replace")).strip(" \t:-")
        line = lines.line(found.start())
        alone = _ALONE.match(data[lines.start(line) : found.start()])
        if found["file"]:
            speaks_for = FILE if alone and _is_top(lines, line, style) else MISPLACED
        elif alone:
            speaks_for = _next_line(lines, line, style)
        else:
            speaks_for = line
        rules = tuple(name.strip() for name in names[:_MOST_RULES] if name.strip())
        ignores.append(Ignore(rules, reason, speaks_for, found.start(), found.end()))
    return tuple(ignores)


def _is_top(lines: Lines, line: int, style: str) -> bool:
    return all(_blank(style).match(_row(lines, number)) for number in range(1, line))


def _next_line(lines: Lines, line: int, style: str) -> int:
    """The first line below that is neither blank nor another ignore comment on a line of its own."""
    for number in range(line + 1, len(lines) + 1):
        row = _row(lines, number)
        found = _comment(style).search(row)
        if row.strip() and not (found and _ALONE.match(row[: found.start()])):
            return number
    return line


def _row(lines: Lines, number: int) -> bytes:
    end = lines.start(number + 1) - 1 if number < len(lines) else len(lines.data)
    return lines.data[lines.start(number) : end]


# ── applying ──


class Rules(Struct, frozen=True):
    """The ids of the rules that ran, and of all there are; None: the same as ``ran``, and ``ran`` None: whatever is named."""

    ran: frozenset[str] | None = None
    known: frozenset[str] | None = None

    def settles(self, name: str) -> bool:
        """Whether all rules that ``name`` (an id or a glob of ids) may mean have run."""
        if self.ran is None:
            return True
        named = {rule for rule in self.known or self.ran if fnmatchcase(rule, name)}
        return bool(named) and named <= self.ran

    def lacks(self, name: str) -> bool:
        """Whether it is certain that no rule is called so."""
        return self.known is not None and not any(fnmatchcase(rule, name) for rule in self.known)

    def near(self, name: str) -> str:
        """A question that names a rule of nearly this name, or ""."""
        from difflib import get_close_matches

        near = get_close_matches(name, self.known or (), 1, 0.5)
        return f": did you mean {near[0]!r}?" if near else ""


ANY = Rules()


def apply(
    findings: Iterable[Finding],
    comments: Mapping[str, Sequence[Ignore]],
    sources: Callable[[str], bytes],
    rules: Rules = ANY,
) -> Applied:
    """Take out what comments (by path) accept; ``sources`` gives the text of a file as it was scanned."""
    lines = {path: _lines(sources, path) for path in comments}
    used: set[tuple[str, int, str]] = set()
    kept: list[Finding] = []
    ignored: list[Ignored] = []
    for finding in findings:
        path = finding.place.path
        line = lines[path].line(finding.place.span.start) if path in lines else FILE
        heard = _heard(finding.rule, line, comments.get(path, ()))
        if heard is None:
            kept.append(finding)
        else:
            ignore, name = heard
            used.add((path, ignore.start, name))
            ignored.append(Ignored(finding, ignore.reason, in_source=True))
    notes = [note for path, ignores in comments.items() for ignore in ignores for note in _amiss(path, ignore, used, rules)]
    return Applied(tuple(kept), tuple(ignored), tuple(sorted(notes)))


def _lines(sources: Callable[[str], bytes], path: str) -> Lines:
    try:
        return Lines(sources(path))
    except Exception:  # noqa: BLE001 - gone since the scan: then nothing in it is ignored
        return Lines(b"")


def _heard(rule: str, line: int, ignores: Iterable[Ignore]) -> tuple[Ignore, str] | None:
    """The first ignore with a reason that speaks for a finding, and the name in it that does."""
    for ignore in ignores:
        if ignore.reason and ignore.line in {FILE, line} and ignore.line != MISPLACED:
            for name in ignore.rules:
                if fnmatchcase(rule, name):
                    return ignore, name
    return None


def _amiss(path: str, ignore: Ignore, used: set[tuple[str, int, str]], rules: Rules) -> Iterator[Note]:
    place = Place(path, Span(ignore.start, ignore.end))

    def note(message: str) -> Note:
        return Note(NoteKind.IGNORE, message, place)

    names = ", ".join(ignore.rules)
    if not ignore.rules:
        yield note("this ignore names no rule, so it ignores nothing: write batten: ignore[rule-id] and the reason")
    elif not ignore.reason:
        yield note(f"this ignore of {names} gives no reason, so the finding stays: add the reason after the bracket")
    elif ignore.line == MISPLACED:
        yield note(f"this ignore-file of {names} stands below code, so it ignores nothing: move it to the top of the file")
    else:
        for name in ignore.rules:
            if rules.lacks(name):
                yield note(f"there is no rule {name!r} to ignore{rules.near(name)}")
            elif (path, ignore.start, name) not in used and rules.settles(name):
                yield note(f"this ignore of {name} ignores nothing: remove it")


def accept(findings: Iterable[Finding], config: Config, root: Path, rules: Rules = ANY) -> Applied:
    """Take out what the [[ignores]] of the configuration accept. Raises ConfigError where a pattern can't be used."""
    rows = [(number, row, _compiled(row)) for number, row in enumerate(config.ignores, 1)]
    used: set[int] = set()
    kept: list[Finding] = []
    ignored: list[Ignored] = []
    for finding in findings:
        place = root / finding.place.path
        path = place.relative_to(config.folder).as_posix() if rows and place.is_relative_to(config.folder) else ""
        for number, row, patterns in rows:
            if path and any(fnmatchcase(finding.rule, rule) for rule in row.rules) and patterns.match_file(path):
                used.add(number)
                ignored.append(Ignored(finding, row.reason, in_source=False))
                break
        else:
            kept.append(finding)
    notes: list[Note] = []
    for number, row, _ in rows:
        where = f"[[ignores]] number {number} of the configuration"
        unknown = [rule for rule in row.rules if rules.lacks(rule)]
        notes += [Note(NoteKind.IGNORE, f"{where}: there is no rule {rule!r}{rules.near(rule)}") for rule in unknown]
        if not unknown and number not in used and all(rules.settles(rule) for rule in row.rules):
            notes.append(Note(NoteKind.IGNORE, f"{where} ({', '.join(row.rules)}) ignores nothing: remove it"))
    return Applied(tuple(kept), tuple(ignored), tuple(notes))


def _compiled(row: Acceptance) -> "GitIgnoreSpec":
    patterns, refused = spec(row.paths)
    if refused:
        message = f"ignores.paths: the pattern {refused[0][:80]!r} can't be used"
        raise ConfigError(message, "write it as in .gitignore, with fewer wildcards")
    return patterns
