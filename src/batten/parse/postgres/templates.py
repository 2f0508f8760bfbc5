"""SQL that a template engine or psql fills in first: its tags and placeholders, put out of the grammar's way at the same offsets.

Knows nothing of what the template is filled with: a part that stands between tags may run or not.
"""

import re

from msgspec import Struct

from batten.regex import regex
from batten.text import Span

# Handlebars, Jinja and Liquid, ERB and EJS; and psql, whose lines stay: https://www.postgresql.org/docs/current/app-psql.html#PSQL-METACOMMAND-IF.
_TAG = regex(
    rb"^[ \t]*(?:\{\{~?[ \t]*(?P<bars>[#^/]|else\b)[^\n]*?\}\}|\{%-?[ \t]*(?P<percent>\w+)[^\n]*?%\}|<%-?(?![=-])[ \t]*(?P<angle>[^\n]*?)%>|\\(?P<psql>if|elif|else|endif)\b[^\n]*)[ \t\r]*$",
    re.MULTILINE,
)
_CLOSING = regex(rb"/|end|\}")
_BRANCHING = regex(rb"else|elif|elsif|\}\s*else")
_DECIDING = regex(rb"#|\^|if\b|unless\b|for\b|each\b|while\b|case\b|.*\bdo\b|.*\{\s*$")
_PLACEHOLDER = regex(rb"\{\{\{?[^{}\n]*\}?\}\}|\$\{[^{}\n]*\}|<%[=-][^\n]*?%>")
_UNICODE = regex(rb'[Uu]&"((?:[^"]|"")*)"')
_ESCAPE = regex(r"\\(?:\\|([0-9A-Fa-f]{4})|\+([0-9A-Fa-f]{6}))")


class Text(Struct, frozen=True):
    """SQL without tags; ``tags`` are those that decide, ``guarded`` what stands between them."""

    data: bytes
    tags: tuple[Span, ...] = ()
    guarded: tuple[Span, ...] = ()

    def guards(self, at: int) -> bool:
        """Whether what begins there may not run."""
        return any(span.start <= at < span.end for span in self.guarded)


def without_tags(data: bytes) -> Text:
    """The text with blanks in place of the lines that hold nothing but a tag of a template."""
    if b"{{" not in data and b"{%" not in data and b"<%" not in data and b"\\if" not in data:
        return Text(data)
    kept = bytearray(data)
    tags: list[Span] = []
    guarded: list[Span] = []
    opened: list[int] = []
    for match in _TAG.finditer(data):
        word = match["bars"] or match["percent"] or match["angle"] or match["psql"] or b""
        if match["psql"] is None:
            kept[match.start() : match.end()] = b" " * (match.end() - match.start())
        if _BRANCHING.match(word):
            continue
        if _CLOSING.match(word):
            if opened:
                guarded.append(Span(opened.pop(), match.start()))
        elif match["psql"] is not None or _DECIDING.match(word):
            opened.append(match.end())
            if match["psql"] is None:  # psql's own is a statement that says so
                tags.append(Span(match.start(), match.end()))
    guarded += [Span(start, len(data)) for start in opened]
    return Text(bytes(kept), tuple(tags), tuple(guarded))


def filled(data: bytes) -> bytes:
    """A statement with a name in the place of each placeholder, and with ``U&"…"`` as the name that it is; the same where it has neither."""
    if b"{{" in data or b"${" in data or b"<%" in data:
        data = _PLACEHOLDER.sub(lambda match: re.sub(rb"\W", b"_", match[0]), data)
    return _UNICODE.sub(_plain, data) if b'&"' in data else data


def _plain(match: re.Match[bytes]) -> bytes:
    text = _ESCAPE.sub(lambda each: _letter(each[1] or each[2]), match[1].decode("utf-8", "replace"))
    return (b'"' + text.encode("utf-8", "replace") + b'"').ljust(len(match[0]))


def _letter(code: str | None) -> str:
    if code is None:
        return "\\"
    found = int(code, 16)
    return chr(found) if found < _SURROGATES.start or _SURROGATES.stop <= found <= _LAST else "\ufffd"


_SURROGATES, _LAST = range(0xD800, 0xE000), 0x10FFFF
