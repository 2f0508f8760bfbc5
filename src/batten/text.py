"""Bytes, spans, lines and columns of one text; knows nothing of files on disk, languages or rules."""

from bisect import bisect_right

from msgspec import Struct


class Span(Struct, frozen=True, gc=False, order=True, array_like=True):
    """A half-open range of UTF-8 byte offsets."""

    start: int
    end: int

    def __contains__(self, other: "Span | int") -> bool:
        if isinstance(other, int):
            return self.start <= other < self.end
        return self.start <= other.start and other.end <= self.end


class Place(Struct, frozen=True, order=True, array_like=True, gc=False):
    """Where a reader should look: a path relative to the scanned root (posix) and a range in it."""

    path: str
    span: Span


class SourceFile(Struct, frozen=True):
    """One file as it was read; ``path`` is posix and relative to the scanned root."""

    path: str
    data: bytes


class Position(Struct, frozen=True, gc=False, order=True):
    """A line (1-based) and a column (1-based, in characters)."""

    line: int
    column: int


class Lines:
    """The line starts of one text, for turning byte offsets into lines and columns."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._starts = [0]
        find = data.find
        at = find(b"\n")
        while at != -1:
            self._starts.append(at + 1)
            at = find(b"\n", at + 1)

    def __len__(self) -> int:
        return len(self._starts)

    def line(self, offset: int) -> int:
        """The 1-based line of a byte offset."""
        return bisect_right(self._starts, offset)

    def start(self, line: int) -> int:
        """The byte offset at which a 1-based line begins."""
        return self._starts[line - 1]

    def text(self, line: int) -> str:
        """One line without its line end; bytes that are not UTF-8 show as U+FFFD."""
        begin = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else len(self.data)
        return self.data[begin:end].decode("utf-8", "replace").rstrip("\r\n")

    def position(self, offset: int) -> Position:
        """Line and character column of a byte offset."""
        line = self.line(offset)
        before = self.data[self._starts[line - 1] : offset].decode("utf-8", "replace")
        return Position(line, len(before) + 1)

    def utf16(self, offset: int) -> tuple[int, int]:
        """Zero-based line and UTF-16 column, as the language server protocol counts by default."""
        return self.at(offset, "utf-16")

    def at(self, offset: int, encoding: str) -> tuple[int, int]:
        """Zero-based line, and column in units of ``utf-8``, ``utf-16`` or ``utf-32``."""
        line = self.line(offset)
        before = self.data[self._starts[line - 1] : offset]
        if encoding == "utf-8":
            return line - 1, len(before)
        text = before.decode("utf-8", "replace")
        return line - 1, len(text) if encoding == "utf-32" else len(text.encode("utf-16-le")) // 2
