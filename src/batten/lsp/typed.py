"""What is typed into an open document: its text after each change; knows no file.

The library's own documents take form feeds and a few separators more for ends of lines, as Python does. For editors they are characters of a line:
https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#textDocuments
"""

from collections.abc import Iterable
from itertools import islice

from lsprotocol import types
from pygls.workspace import PositionCodec, TextDocument

from batten.regex import regex

_LINE_END = regex(r"\r\n|\n|\r")
# Bytes of a unit of a column, and the codec that has no mark at its beginning.
_UNITS = {"utf-8": (1, "utf-8"), "utf-16": (2, "utf-16-le"), "utf-32": (4, "utf-32-le")}


class Document(TextDocument):
    """An open document. The library hands it each change before it has turned the places of it into what it takes them for."""

    def __init__(self, given: types.TextDocumentItem, encoding: str) -> None:
        super().__init__(given.uri, given.text, given.version, position_codec=PositionCodec(encoding))
        self._encoding = encoding

    def apply_change(self, change: types.TextDocumentContentChangeEvent) -> None:
        """The text is what it is after one change more."""
        self._source = typed(self.source, [change], self._encoding)


def typed(text: str, changes: Iterable[types.TextDocumentContentChangeEvent], encoding: str) -> str:
    """The text after changes, one after the other. ``encoding`` is that of columns; what lies behind a line or the text counts as its end."""
    for change in changes:
        if isinstance(change, types.TextDocumentContentChangePartial):
            start, end = (_offset(text, position, encoding) for position in (change.range.start, change.range.end))
            text = f"{text[:start]}{change.text}{text[max(start, end) :]}"
        else:
            text = change.text
    return text


def lines_of(text: str) -> list[str]:
    """Its lines as editors count them, without their ends."""
    return _LINE_END.split(text)


def _offset(text: str, position: types.Position, encoding: str) -> int:
    start = 0
    if position.line:
        before = next(islice(_LINE_END.finditer(text), position.line - 1, None), None)
        if before is None:
            return len(text)
        start = before.end()
    end = _LINE_END.search(text, start)
    line = text[start : len(text) if end is None else end.start()]
    size, codec = _UNITS[encoding]
    before_it = line.encode(codec, "replace")[: position.character * size]
    return start + len(before_it.decode(codec, "ignore"))
