"""Reads JSON as people write it into settings: comments, trailing commas and missing ends do no harm."""

import json
import re

from batten.parse.documents.value import Document, Entry, Listing, Scalar, Table, Value
from batten.regex import regex
from batten.text import Span

_TOKEN = regex(
    rb"""(?P<gap>(?:[\s,:]|//[^\n]*+|/\*(?:[^*]|\*(?!/)|(?!))*+(?:\*/|\Z)|\#[^\n]*+|(?!))++)|(?P<string>"(?:[^"\\\n]|\\.)*+"?+)"""
    rb"""|(?P<open>[{\[])|(?P<close>[}\]])|(?P<word>[^\s,:{}\[\]"]++)|(?P<other>.)""",
    re.DOTALL,
)
_DEEPEST = 100
_MOST = 200_000
_BOM = b"\xef\xbb\xbf"


class _Open:
    """A table or a listing that is not closed yet."""

    __slots__ = ("entries", "is_table", "items", "key", "start")

    def __init__(self, start: int, *, is_table: bool) -> None:
        self.start = start
        self.is_table = is_table
        self.key: Scalar | None = None
        self.entries: list[Entry] = []
        self.items: list[Value] = []

    def add(self, value: Value) -> None:
        if not self.is_table:
            self.items.append(value)
        elif self.key is not None:
            self.entries.append(Entry(self.key.text, Span(self.key.span.start, value.span.end), value))
            self.key = None
        elif isinstance(value, Scalar):
            self.key = value

    def closed(self, end: int) -> Value:
        span = Span(self.start, end)
        return Table(span, tuple(self.entries)) if self.is_table else Listing(span, tuple(self.items))


def read(data: bytes) -> Document:
    """The values of a file, one where it is valid."""
    found: list[Value] = []
    stack: list[_Open] = []
    whole = True
    at = len(_BOM) if data.startswith(_BOM) else 0
    for count, token in enumerate(_TOKEN.finditer(data, at)):
        if count > _MOST:
            whole = False
            break
        match token.lastgroup:
            case "open":
                if len(stack) >= _DEEPEST:
                    return Document((), whole=False)
                stack.append(_Open(token.start(), is_table=token[0] == b"{"))
            case "close" if stack:
                value = stack.pop().closed(token.end())
                (stack[-1].add if stack else found.append)(value)
            case "string" | "word":
                value = _scalar(token)
                (stack[-1].add if stack else found.append)(value)
            case "gap":
                pass
            case _:
                whole = False
    while stack:
        whole = False
        value = stack.pop().closed(len(data))
        (stack[-1].add if stack else found.append)(value)
    return Document(tuple(found), whole)


def _scalar(token: re.Match[bytes]) -> Scalar:
    span = Span(*token.span())
    text = token[0].decode("utf-8", "replace")
    if token.lastgroup == "word":
        return Scalar(span, text, plain=True)
    try:
        return Scalar(span, str(json.loads(text, strict=False)))
    except ValueError:
        return Scalar(span, text.strip('"'))
