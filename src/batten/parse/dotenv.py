"""``NAME=value`` lines of .env files with their positions; knows no shell, expands nothing.

Written here because the known readers give a line at best, and a fix needs the range of the value. Where they differ it sides with the JavaScript ``dotenv``:
backquotes quote, ``NAME: value`` is a definition, and a quote that never closes is part of the value.
"""

import re

from msgspec import Struct

from batten.regex import regex
from batten.text import Span

_NAME = regex(rb"[^\S\n]*(?:export[^\S\n]+)?(?P<name>[A-Za-z_][\w.-]*)(?:[^\S\n]*=|:(?=[^\S\n]))[^\S\n]*")
_QUOTED = {
    ord('"'): regex(rb'"(?P<value>[^"\\]*+(?:\\.[^"\\]*+|(?!))*+)"[^\S\n]*(?:#[^\n]*)?(?=\r?\n|\Z)', re.DOTALL),
    ord("'"): regex(rb"'(?P<value>[^'\\]*+(?:\\.[^'\\]*+|(?!))*+)'[^\S\n]*(?:#[^\n]*)?(?=\r?\n|\Z)", re.DOTALL),
    ord("`"): regex(rb"`(?P<value>[^`]*+)`[^\S\n]*(?:#[^\n]*)?(?=\r?\n|\Z)"),
}
_BARE = regex(rb"(?P<value>(?!#)[^\n]*)")
_INLINE_COMMENT = regex(rb"[^\S\n]+#")
_BOM = b"\xef\xbb\xbf"


class Definition(Struct, frozen=True):
    """One ``NAME=value``; ``value`` is what stands between the quotes, escapes not resolved."""

    name: str
    value: str
    name_span: Span
    value_span: Span


def definitions(data: bytes) -> tuple[Definition, ...]:
    """The definitions of a .env file in their order; lines of another form are passed over."""
    found = []
    at = len(_BOM) if data.startswith(_BOM) else 0
    while at < len(data):
        line_end = data.find(b"\n", at)
        line_end = len(data) if line_end == -1 else line_end
        name = _NAME.match(data, at, line_end)
        if name is None:
            at = line_end + 1
            continue
        value = _value(data, name.end(), line_end)
        found.append(
            Definition(
                name["name"].decode("ascii"),
                data[value.start : value.end].decode("utf-8", "replace"),
                Span(*name.span("name")),
                value,
            )
        )
        next_line = data.find(b"\n", max(value.end, name.end()))
        at = len(data) if next_line == -1 else next_line + 1
    return tuple(found)


def _value(data: bytes, start: int, line_end: int) -> Span:
    quoted = _QUOTED.get(data[start]) if start < line_end else None
    if quoted is not None and (match := quoted.match(data, start)) is not None:
        return Span(*match.span("value"))
    match = _BARE.match(data, start, line_end)
    if match is None:
        return Span(start, start)
    comment = _INLINE_COMMENT.search(data, start, line_end)
    end = comment.start() if comment else match.end("value")
    return Span(start, start + len(data[start:end].rstrip()))
