"""Cuts a SQL file of MySQL or SQLite into the statements that make and change tables; whatever else stands there is left out unread."""

import re
from collections.abc import Iterator

from batten.parse.postgres.sections import forward, without_fences
from batten.regex import regex
from batten.text import Span

# What a semicolon may stand in, or a statement may end at. In MySQL a backslash keeps a quote from ending a text, `#` begins a comment and `--` only before a blank.
_TOKENS = {
    "mysql": regex(
        rb"(?P<end>;)|'(?:[^'\\]|\\.|''|(?!))*+'|\"(?:[^\"\\]|\\.|\"\"|(?!))*+\"|`[^`]*+`|(?P<comment>--(?=\s|$)[^\n]*+|\#[^\n]*+|/\*.*?\*/)|(?P<delimiter>^[ \t]*+delimiter[ \t]++(?P<mark>\S++)[^\n]*+$)",
        re.DOTALL | re.IGNORECASE | re.MULTILINE,
    ),
    "sqlite": regex(
        rb"(?P<end>;)|'(?:[^']|''|(?!))*+'|\"(?:[^\"]|\"\"|(?!))*+\"|`[^`]*+`|\[[^\]\n]*+\]|(?P<comment>--[^\n]*+|/\*.*?\*/)", re.DOTALL
    ),
}
_BLANK = regex(rb"\s*+")
_TELLS = regex(
    rb"(?:create\s+(?:or\s+replace\s+)?(?:temp(?:orary)?\s+)?table|alter\s+(?:online\s+|ignore\s+)?table|drop\s+(?:temporary\s+)?table|rename\s+table)\b",
    re.IGNORECASE,
)


def pieces(data: bytes, dialect: str) -> tuple[tuple[Span, bytes], ...]:
    """The statements on tables that run forward, each with its text; in that comments are blanks, so that its offsets are those of the file."""
    data = without_fences(data)
    cut = list(_cut(data, dialect))
    found = [span for span, kept in zip(cut, forward(data, cut), strict=True) if kept and _TELLS.match(data, span.start)]
    return tuple((span, _without_comments(data[span.start : span.end], dialect)) for span in found)


def _cut(data: bytes, dialect: str) -> Iterator[Span]:
    """Every statement, from its first word to before its semicolon."""
    begun: int | None = None
    at = 0
    mark = b";"
    for token in _TOKENS[dialect].finditer(data):
        if begun is None:
            blank = _BLANK.match(data, at)
            start = blank.end() if blank is not None else at
            begun = start if start < token.start() else None
        groups = token.groupdict()
        if groups.get("delimiter"):
            mark, begun, at = groups["mark"], None, token.end()
        elif token["comment"]:
            at = token.end()
        elif not token["end"]:
            begun = token.start() if begun is None else begun
        elif mark == b";":
            if begun is not None:
                yield Span(begun, token.start())
            begun, at = None, token.end()
        # Between other delimiters stand routines, whose statements are no migration's.
    blank = _BLANK.match(data, at)
    start = begun if begun is not None else blank.end() if blank is not None else at
    if start < len(data) and mark == b";":
        yield Span(start, len(data.rstrip()))


def _without_comments(text: bytes, dialect: str) -> bytes:
    return _TOKENS[dialect].sub(lambda token: b" " * len(token[0]) if token["comment"] else token[0], text)
