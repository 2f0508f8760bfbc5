"""Cuts a SQL file into statements by PostgreSQL's lexical rules; knows nothing of what a statement means.

What a migration tool would not run forward is left out: psql's own commands, COPY data, Markdown fences and down sections.
"""

import itertools
import re
from bisect import bisect_right
from collections.abc import Iterator

from msgspec import Struct

from batten.text import Span

_TOKEN = re.compile(rb"--[^\n]*|/\*|'|\"|(?<![\w$])\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*)?\$|;")
_WORD = re.compile(rb"--[^\n]*|/\*|[A-Za-z_\x80-\xff][\w$\x80-\xff]*|[^\s]")
_BODY = re.compile(rb"--[^\n]*|/\*|'(?:[^']|'')*'|\b(?:begin\s+atomic|begin|case|end)\b", re.IGNORECASE)
_COMMENT_EDGE = re.compile(rb"/\*|\*/")
_BLANK = re.compile(rb"(?:\s|\xef\xbb\xbf|\xc2\xa0)*")
_COPY_END = re.compile(rb"^\\\.[ \t\r]*$", re.MULTILINE)
_FENCE = re.compile(rb"^[ \t]*```[ \t]*([A-Za-z]*)[^\n]*$", re.MULTILINE)
_SECTION = re.compile(
    rb"^[ \t]*--[ \t=*#~-]*(?:migrate:|\+goose[ \t]+|\+migrate[ \t]+|!|@|//[ \t]*@)?"
    rb"(?P<way>up|down|ups|downs|undo|rollback|create above / drop below)(?:[ \t]+(?:migration|script|section|sql))?"
    rb"(?:[ \t]+(?:transaction:\w+|notransaction))?[ \t\r:=*#~-]*(?:\([^)\n]*\)[ \t\r]*)?$",
    re.MULTILINE | re.IGNORECASE,
)
_TOOL_MARK = re.compile(rb"migrate:|\+goose|\+migrate|!|@|up migration|down migration|above", re.IGNORECASE)
_UNDOING = re.compile(rb"(?:drop|alter|revoke|grant|delete|truncate|update|begin|commit|comment|do|create\s+or\s+replace)\b", re.IGNORECASE)
_RESTART = re.compile(
    rb";[ \t\r]*(?:--[^\n]*)?\n(?=\s*(?:--[^\n]*\n\s*)*(?:create|alter|drop|grant|revoke|insert|comment|do|set|begin|commit)\b)",
    re.IGNORECASE,
)


class Piece(Struct, frozen=True, gc=False):
    """One statement without its semicolon; ``lead`` is the comment right above it, "" where none."""

    span: Span
    lead: str = ""


def pieces(data: bytes) -> tuple[Piece, ...]:
    """The statements of a file that a migration tool runs forward, in order."""
    data = _without_fences(data)
    found: list[Piece] = []
    at = 0
    while at < len(data):
        at = _cut(data, at, found)
    return _forward(data, found)


def resplit(data: bytes, span: Span) -> tuple[Span, ...]:
    """A broken statement cut again wherever a line after a semicolon starts one, quotes disregarded; empty where that gives nothing new."""
    cuts = [match.end() for match in _RESTART.finditer(data, span.start, span.end)]
    if not cuts:
        return ()
    edges = [span.start, *cuts, span.end]
    return tuple(_trim(data, start, end) for start, end in itertools.pairwise(edges) if data[start:end].strip(b"; \t\r\n"))


def _trim(data: bytes, start: int, end: int) -> Span:
    """The range without blanks and comments in front and without semicolon and blanks behind."""
    while True:
        start = min(_end_of(_BLANK, data, start), end)
        if data.startswith(b"--", start):
            line = data.find(b"\n", start, end)
            start = end if line == -1 else line + 1
        else:
            break
    while end > start and data[end - 1 : end] in b"; \t\r\n":
        end -= 1
    return Span(start, end)


def _end_of(pattern: re.Pattern[bytes], data: bytes, at: int) -> int:
    match = pattern.match(data, at)
    return match.end() if match else at


def _cut(data: bytes, at: int, found: list[Piece]) -> int:
    """Reads one statement from ``at``, appends it, and returns where the next one may start."""
    comments: list[Span] = []
    start = _start(data, at, comments)
    if comments and at and b"\n" not in data[at : comments[0].start]:
        del comments[0]  # it stands behind the statement before
    first = data[start : start + 1]
    if first in (b"", b";"):
        return start + 1
    if first in (b"\\", b"`"):
        line = data.find(b"\n", start)
        return len(data) if line == -1 else line + 1
    at = start
    while match := _TOKEN.search(data, at):
        at = match.end()
        token = match.group()
        if token == b";":
            if _inside_body(data, start, match.start()):
                continue
            found.append(Piece(_trim(data, start, match.start()), _lead(data, comments, start)))
            return _after_copy(data, at) if _copies(data, start, match.start()) else at
        if token == b"/*":
            at = _comment_end(data, at)
        elif not token.startswith(b"--"):
            ended = _quote_end(data, match)
            if ended is None:
                return _unterminated(data, start, found, comments)
            at = ended
    found.append(Piece(_trim(data, start, len(data)), _lead(data, comments, start)))
    return len(data)


def _start(data: bytes, at: int, comments: list[Span]) -> int:
    """Where the next statement begins; the comments before it are collected."""
    while True:
        at = _end_of(_BLANK, data, at)
        if data.startswith(b"--", at):
            line = data.find(b"\n", at)
            end = len(data) if line == -1 else line
        elif data.startswith(b"/*", at):
            end = _comment_end(data, at + 2)
        else:
            return at
        comments.append(Span(at, end))
        at = end


def _inside_body(data: bytes, start: int, end: int) -> bool:
    """Whether a semicolon stands inside the BEGIN ATOMIC body of a standard function."""
    if data[start : start + 6].lower() != b"create" or b"atomic" not in data[start:end].lower():
        return False
    depth = 0
    for match in _BODY.finditer(data, start, end):
        word = match.group().lower()
        if not word[:1].isalpha():
            continue
        if word.endswith(b"atomic"):
            depth = 1
        elif depth:
            depth += -1 if word == b"end" else 1
    return depth > 0


def _comment_end(data: bytes, at: int) -> int:
    """The end of a block comment that was just opened; they nest. An open one ends with the file."""
    depth = 1
    while depth:
        match = _COMMENT_EDGE.search(data, at)
        if not match:
            return len(data)
        depth += 1 if match.group() == b"/*" else -1
        at = match.end()
    return at


def _quote_end(data: bytes, match: re.Match[bytes]) -> int | None:
    """Where a quoted thing ends; None where it never does."""
    quote, at = match.group(), match.end()
    if quote == b"'":
        before = data[max(0, match.start() - 2) : match.start()]
        if before[-1:] in (b"e", b"E") and not (before[:-1].isalnum() or before[:-1] in (b"_", b"$")):
            return _escaped_end(data, at)
        while (found := data.find(b"'", at)) != -1:
            if data[found + 1 : found + 2] != b"'":
                return found + 1
            at = found + 2
        return None
    found = data.find(quote, at)
    return None if found == -1 else found + len(quote)


def _escaped_end(data: bytes, at: int) -> int | None:
    while at < len(data):
        byte = data[at : at + 1]
        if byte == b"\\":
            at += 2
        elif byte == b"'":
            if data[at + 1 : at + 2] != b"'":
                return at + 1
            at += 2
        else:
            at += 1
    return None


def _unterminated(data: bytes, start: int, found: list[Piece], comments: list[Span]) -> int:
    """A quote that never ends: gives up the statement at the next line that starts another one."""
    match = _RESTART.search(data, start)
    end = match.start() if match else len(data)
    found.append(Piece(_trim(data, start, end), _lead(data, comments, start)))
    return match.end() if match else len(data)


def _copies(data: bytes, start: int, end: int) -> bool:
    return data[start : start + 4].lower() == b"copy" and re.search(rb"\bfrom\s+stdin\b", data[start:end].lower()) is not None


def _after_copy(data: bytes, at: int) -> int:
    match = _COPY_END.search(data, at)
    return match.end() if match else len(data)


def _lead(data: bytes, comments: list[Span], start: int) -> str:
    """The comment lines right above a statement, at most 300 characters; a blank line ends them."""
    lines: list[str] = []
    edge = start
    for span in reversed(comments):
        between = data[span.end : edge]
        if between.strip() or between.count(b"\n") > 1:
            break
        text = data[span.start : span.end].decode("utf-8", "replace").strip("-/* \t\r\n=")
        if text:
            lines.insert(0, text)
        edge = span.start
    return " ".join(lines)[:300]


def _without_fences(data: bytes) -> bytes:
    """SQL pasted with its Markdown: everything outside the fences becomes blanks, so that offsets stay."""
    if b"```" not in data:
        return data
    fences = list(_FENCE.finditer(data))
    if not fences or (data[: fences[0].start()].strip() and not fences[0].group(1)):
        return data
    kept = bytearray(_blank(data))
    inside = False
    opened = 0
    for fence in fences:
        if inside:
            kept[opened : fence.start()] = data[opened : fence.start()]
            inside = False
        else:
            opened, inside = fence.end(), True
    if inside:
        kept[opened:] = data[opened:]
    return bytes(kept)


def _blank(data: bytes) -> bytes:
    return re.sub(rb"[^\n]", b" ", data)


def _forward(data: bytes, found: list[Piece]) -> tuple[Piece, ...]:
    """The pieces without those of down sections.

    A mark of a migration tool ends the forward part whatever follows. A bare ``-- rollback`` is only prose: it does so where everything after it undoes something.
    """
    marks = list(_SECTION.finditer(data))
    if not marks:
        return tuple(found)
    starts = [mark.start() for mark in marks]
    sections: list[list[Piece]] = [[] for _ in marks]
    kept: list[Piece] = []
    for piece in found:
        at = bisect_right(starts, piece.span.start) - 1
        (kept if at < 0 else sections[at]).append(piece)
    for mark, inside in zip(marks, sections, strict=True):
        undoes = mark.group("way").lower() not in (b"up", b"ups") and (
            _TOOL_MARK.search(mark.group()) or all(_UNDOING.match(data, piece.span.start) for piece in inside)
        )
        if not undoes:
            kept.extend(inside)
    return tuple(kept)


def words(data: bytes, span: Span, limit: int = 6) -> tuple[str, ...]:
    """The first words of a statement in lower case, comments skipped."""
    return tuple(_words(data, span, limit))


def _words(data: bytes, span: Span, limit: int) -> Iterator[str]:
    at = span.start
    while limit and (match := _WORD.search(data, at, span.end)):
        at = match.end()
        token = match.group()
        if token == b"/*":
            at = _comment_end(data, at)
        elif token[:1].isalpha() or token[:1] == b"_" or not token.isascii():
            limit -= 1
            yield token.decode("utf-8", "replace").lower()
        elif not token.startswith(b"--"):
            return
