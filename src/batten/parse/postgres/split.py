"""Cuts a SQL file into statements by PostgreSQL's lexical rules; knows nothing of what a statement means.

COPY data is left out, and psql's own commands but those that bring in SQL from elsewhere.
"""

import itertools
import re

from msgspec import Struct

from batten.parse.postgres.sections import forward, without_fences
from batten.regex import regex
from batten.text import Span

# Each branch starts with a plain letter, so that the matcher skips to the next of these at once.
_TOKEN = regex(rb";|'|\"[^\"]*\"|--[^\n]*|/\*|\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*)?\$|\"|\\")
_ESCAPE = regex(rb"\\.|''|'", re.DOTALL)
_HEAD = regex(rb"\s*((?:[A-Za-z_\x80-\xff][\w$\x80-\xff]*\s*){0,6})")
_WORD = regex(rb"--[^\n]*|/\*|[A-Za-z_\x80-\xff][\w$\x80-\xff]*|[^\s]")
_ROUTINE = regex(rb"create\s+(?:or\s+replace\s+)?(?:function|procedure)\b", re.IGNORECASE)
_ATOMIC = regex(rb"\bbegin(?:\s|--[^\n]*\n|/\*.*?\*/)+atomic\b", re.IGNORECASE | re.DOTALL)
_BODY = regex(rb"--[^\n]*|/\*|'(?:[^']|'')*'|;|\b(?:begin|case|end)\b", re.IGNORECASE)
_INK = regex(rb"[^\n]")
_COMMENT_EDGE = regex(rb"/\*|\*/")
_BLANK = regex(rb"\s*")
_WIDE_BLANK = regex(rb"(?:\s|\xef\xbb\xbf|\xc2\xa0)*")
_COPY_END = regex(rb"^\\\.[ \t\r]*$", re.MULTILINE)
# https://www.postgresql.org/docs/current/app-psql.html#APP-PSQL-META-COMMANDS: these send what was typed before them.
_SENDS = regex(rb"\\(?:g|gx|gexec|gset|gdesc|watch|crosstabview|bind)\b")
_FOREIGN = regex(rb"\\(?:i|ir|include|include_relative|gexec|if|elif|else)\b")
_RESTART = regex(
    rb";[ \t\r]*(?:--[^\n]*)?\n(?=\s*(?:--[^\n]*\n\s*)*(?:create|alter|drop|grant|revoke|insert|comment|do|set|begin|commit)\b)",
    re.IGNORECASE,
)
_MOST_UNCLOSED = 10
_LONGEST_ESCAPED = 1_000_000
_HEAD_WORDS = 6
_BYTE_QUOTE, _BYTE_DOLLAR, _BYTE_DASH, _BYTE_SLASH, _BYTE_DOUBLE, _BYTE_END, _BYTE_BACK = b"'$-/\";\\"


class Piece(Struct, frozen=True, gc=False):
    """One statement without its semicolon; ``lead`` is the comment right above it, "" where none; ``closed`` is False where a quote in it never ends."""

    span: Span
    lead: str = ""
    closed: bool = True


def pieces(data: bytes) -> tuple[Piece, ...]:
    """The statements of a file that a migration tool runs forward, in order."""
    data = without_fences(data)
    found: list[Piece] = []
    at = 0
    while at < len(data):
        at = _cut(data, at, found)
    return tuple(itertools.compress(found, forward(data, [piece.span for piece in found])))


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
        start = min(_blank_end(data, start), end)
        if data.startswith(b"--", start):
            line = data.find(b"\n", start, end)
            start = end if line == -1 else line + 1
        else:
            break
    return _ended(data, start, end)


def _ended(data: bytes, start: int, end: int) -> Span:
    while end > start and data[end - 1] in b"; \t\r\n":
        end -= 1
    return Span(start, end)


def _blank_end(data: bytes, at: int) -> int:
    end = _BLANK.match(data, at).end()  # type: ignore[union-attr]  # it matches nothing too
    if data[end : end + 1] in (b"\xef", b"\xc2"):
        end = _WIDE_BLANK.match(data, end).end()  # type: ignore[union-attr]
    return end


def _cut(data: bytes, at: int, found: list[Piece]) -> int:
    """Reads one statement from ``at``, appends it, and returns where the next one may start."""
    comments: list[Span] = []
    start = _start(data, at, comments)
    if comments and at and b"\n" not in data[at : comments[0].start]:
        del comments[0]  # it stands behind the statement before
    first = data[start : start + 1]
    if comments and comments[-1].end == len(data) and data.startswith(b"/*", comments[-1].start) and not data.endswith(b"*/"):
        found.append(Piece(_ended(data, comments[-1].start, len(data)), closed=False))  # a comment that never ends
    if first in (b"", b";"):
        return start + 1
    if first in (b"\\", b"`"):
        return _command(data, start, found)
    at = start
    while match := _TOKEN.search(data, at):
        begin, at = match.span()
        token = data[begin]
        if token == _BYTE_END:
            end = _atomic_end(data, start, begin)
            found.append(Piece(_ended(data, start, end), _lead(data, comments, start)))
            return _after_copy(data, end + 1) if _copies(data, start, end) else end + 1
        if token == _BYTE_SLASH:
            at = _comment_end(data, at)
        elif token == _BYTE_BACK:
            if _SENDS.match(data, begin) or not data[data.rfind(b"\n", start, begin) + 1 : begin].strip():
                found.append(Piece(_ended(data, start, begin), _lead(data, comments, start)))
                return _command(data, begin, found, made=data[start:begin])
        elif token != _BYTE_DASH:
            ended = _quote_end(data, begin, at)
            if ended is None:
                return _unterminated(data, start, found, comments)
            at = ended
    found.append(Piece(_ended(data, start, len(data)), _lead(data, comments, start)))
    return len(data)


def _start(data: bytes, at: int, comments: list[Span]) -> int:
    """Where the next statement begins; the comments before it are collected."""
    while True:
        at = _blank_end(data, at)
        if data.startswith(b"--", at):
            line = data.find(b"\n", at)
            end = len(data) if line == -1 else line
        elif data.startswith(b"/*", at):
            end = _comment_end(data, at + 2)
        else:
            return at
        comments.append(Span(at, end))
        at = end


def _command(data: bytes, start: int, found: list[Piece], made: bytes = b"") -> int:
    """A line that is psql's own; one that runs SQL from elsewhere, or what the query ``made`` answers, is a piece."""
    line = data.find(b"\n", start)
    end = len(data) if line == -1 else line
    if _FOREIGN.match(data, start) and b"create database" not in made.lower():
        found.append(Piece(_ended(data, start, end)))
    return end + 1


def _atomic_end(data: bytes, start: int, end: int) -> int:
    """The semicolon that ends a statement: not one inside the BEGIN ATOMIC body of a standard function."""
    if data[start : start + 1] not in (b"c", b"C") or not _is_routine(data, start, end):
        return end
    body = _ATOMIC.search(data, start, end)
    if body is None:
        return end
    depth, at = 1, body.end()
    while match := _BODY.search(data, at):
        at = match.end()
        word = match.group().lower()
        if word == b";":
            if not depth:
                return match.start()
        elif word == b"/*":
            at = _comment_end(data, at)
        elif word[:1].isalpha():
            depth += -1 if word == b"end" else 1
    return len(data)


def _is_routine(data: bytes, start: int, end: int) -> bool:
    """It makes a function or a procedure, also where comments stand between the words that say so."""
    if _ROUTINE.match(data, start, end):
        return True
    if data.find(b"/*", start, end) == data.find(b"--", start, end):  # neither is there
        return False
    first, *rest = words(data[start:end]) or ("",)
    named = rest[2:3] if rest[:2] == ["or", "replace"] else rest[:1]
    return first == "create" and named in (["function"], ["procedure"])


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


def _quote_end(data: bytes, start: int, end: int) -> int | None:
    """Where a quoted thing that opens at ``start`` ends, ``end`` being the end of its opening token; None where it never does."""
    quote = data[start]
    if quote == _BYTE_DOUBLE:
        return end if end - start > 1 else None
    before = data[start - 1 : start] if start else b""
    if quote == _BYTE_QUOTE:
        if before in (b"e", b"E") and not _in_word(data, start - 2):
            return _escaped_end(data, end)
        found = data.find(b"'", end)
        return None if found == -1 else found + 1  # two quotes in a row are two strings to us
    if _in_word(data, start - 1):
        return start + 1  # a dollar within a name
    found = data.find(data[start:end], end)
    return None if found == -1 else found + end - start


def _in_word(data: bytes, at: int) -> bool:
    byte = data[at : at + 1] if at >= 0 else b""
    return byte.isalnum() or byte in (b"_", b"$") if byte.isascii() else True


def _escaped_end(data: bytes, at: int) -> int | None:
    limit = at + _LONGEST_ESCAPED
    while match := _ESCAPE.search(data, at, limit):
        at = match.end()
        if match.group() == b"'":
            return at
    return None


def _unterminated(data: bytes, start: int, found: list[Piece], comments: list[Span]) -> int:
    """A quote that never ends: gives up the statement at the next line that starts another one."""
    hopeless = sum(not piece.closed for piece in found) >= _MOST_UNCLOSED  # each has cost a look through the rest of the file
    match = None if hopeless else _RESTART.search(data, start)
    end = match.start() if match else len(data)
    found.append(Piece(_ended(data, start, end), _lead(data, comments, start), closed=False))
    return match.end() if match else len(data)


def _copies(data: bytes, start: int, end: int) -> bool:
    return data[start : start + 4].lower() == b"copy" and re.search(rb"\bfrom\s+stdin\b", data[start:end].lower()) is not None


def _after_copy(data: bytes, at: int) -> int:
    match = _COPY_END.search(data, at)
    return match.end() if match else at


def _lead(data: bytes, comments: list[Span], start: int) -> str:
    """The comment lines right above a statement that makes something, at most 300 characters; a blank line ends them."""
    if not comments or data[start : start + 1] not in (b"c", b"C"):
        return ""
    lines: list[str] = []  # from the last to the first
    edge = start
    for span in reversed(comments):
        between = data[span.end : edge]
        if between.strip() or between.count(b"\n") > 1:
            break
        text = data[span.start : span.end].decode("utf-8", "replace").strip("-/* \t\r\n=")
        if text:
            lines.append(text)
        edge = span.start
    return " ".join(reversed(lines))[:300]


def without_comments(data: bytes) -> bytes:
    """The text with blanks in place of its comments, so that offsets stay."""
    if b"--" not in data and b"/*" not in data:
        return data
    kept = bytearray(data)
    at = 0
    while match := _TOKEN.search(data, at):
        begin, at = match.span()
        token = data[begin]
        if token in (_BYTE_DASH, _BYTE_SLASH):
            at = at if token == _BYTE_DASH else _comment_end(data, at)
            kept[begin:at] = _INK.sub(b" ", kept[begin:at])
        elif token in (_BYTE_QUOTE, _BYTE_DOUBLE, _BYTE_DOLLAR):
            ended = _quote_end(data, begin, at)
            if ended is None:
                break
            at = ended
    return bytes(kept)


def words(data: bytes) -> tuple[str, ...]:
    """The first six words of a statement in lower case, comments skipped."""
    head = _HEAD.match(data)
    if head is not None and data[head.end() : head.end() + 1] not in (b"-", b"/"):
        named = head.group(1)
        if named.isascii():
            return tuple(named.decode().lower().split())
        return tuple([word.decode("utf-8", "replace").lower() for word in named.split()])
    found: list[str] = []
    at = 0
    while len(found) < _HEAD_WORDS and (match := _WORD.search(data, at)):
        at = match.end()
        token = match.group()
        if token == b"/*":
            at = _comment_end(data, at)
        elif token[:1].isalpha() or token[:1] == b"_" or not token.isascii():
            found.append(token.decode("utf-8", "replace").lower())
        elif not token.startswith(b"--"):
            break
    return tuple(found)
