"""Cuts the lines round a place out of a text, with the place marked and secrets covered; knows no colours."""

import unicodedata
from bisect import bisect_left
from collections.abc import Iterable

from msgspec import Struct

from batten.regex import regex
from batten.report.escape import plain
from batten.text import Lines, Place, Span

_SHOWN_OF_SECRET = 4
_SHORT_SECRET = 16


class Row(Struct, frozen=True):
    """One line of a frame; ``marks`` is the line of carets below it, or ""."""

    number: int
    text: str
    marks: str = ""


class Covers:
    """The ranges of each file whose text is never shown."""

    def __init__(self, secrets: Iterable[Place]) -> None:
        self._spans: dict[str, list[Span]] = {}
        for place in sorted(secrets):
            self._spans.setdefault(place.path, []).append(place.span)
        self._widest = {path: max(span.end - span.start for span in spans) for path, spans in self._spans.items()}

    def line(self, path: str, start: int, data: bytes) -> bytes:
        """One line of a file, which begins at byte ``start``, with secrets covered."""
        covered = bytearray(data)
        spans = self._spans.get(path, [])
        first = bisect_left(spans, start - self._widest.get(path, 0), key=lambda span: span.start)
        last = bisect_left(spans, start + len(data), key=lambda span: span.start)
        for span in spans[first:last]:
            if span.end > start:
                _cover(covered, span.start - start, span.end - start)
        if is_env(path) and (value := _VALUE.match(covered)):
            _cover(covered, value.end(), len(covered))
        return bytes(covered)


_VALUE = regex(rb"\s*(?:export\s+)?[\w.-]+\s*[=:]\s*[\"']?(?=\S)")


def is_env(path: str) -> bool:
    """Whether it is a file of variables, all of whose values count as secret."""
    name = path.rpartition("/")[2]
    return name.startswith(".env") or name.endswith(".env")


def _cover(data: bytearray, start: int, end: int) -> None:
    """Stars for all but the first letters, where the text is long enough to lose nothing by them."""
    kept = _SHOWN_OF_SECRET if end - start >= _SHORT_SECRET else 0
    for at in range(max(start + kept, 0), min(end, len(data))):
        if not data[at : at + 1].isspace():
            data[at] = ord("*")


def frame(lines: Lines, place: Place, covers: Covers, width: int) -> list[Row]:
    """The marked line between its neighbours, each cut to ``width`` columns round the place; [] where the text is gone."""
    if not lines.data or place.span.start > len(lines.data):
        return []
    number = lines.line(place.span.start)
    begin = place.span.start - lines.start(number)
    data, cut = _near(_line(lines, covers, place.path, number), begin)
    cells, edges = _cells(data)
    here, after = _columns(edges, begin - cut, begin - cut + max(1, place.span.end - place.span.start))
    left = _left(here, after, edges[-1][1], width)
    marks = " " * (here - left) + "^" * max(1, min(after, left + width) - here)
    marked = Row(number, _window(cells, left, width), marks)
    return [
        *_beside(lines, covers, place.path, number - 1, left, width),
        marked,
        *_beside(lines, covers, place.path, number + 1, left, width),
    ]


def _beside(lines: Lines, covers: Covers, path: str, number: int, left: int, width: int) -> list[Row]:
    """A neighbour of the marked line, unless there is nothing to see of it."""
    if not 1 <= number <= len(lines):
        return []
    data, _ = _near(_line(lines, covers, path, number), 0)
    text = _window(_cells(data)[0], left, width)
    return [Row(number, text)] if text.strip("… ") else []


def _line(lines: Lines, covers: Covers, path: str, number: int) -> bytes:
    start = lines.start(number)
    end = lines.start(number + 1) if number < len(lines) else len(lines.data)
    return covers.line(path, start, lines.data[start:end].rstrip(b"\r\n"))


def _near(data: bytes, offset: int) -> tuple[bytes, int]:
    """The part of a line that may be in sight, and where in the line it begins: a line can be a megabyte."""
    cut = max(0, offset - _LONGEST // 2)
    while cut < len(data) and 0x80 <= data[cut] <= 0xBF:  # noqa: PLR2004 - UTF-8: the middle of a character
        cut += 1
    return data[cut : cut + _LONGEST], cut


_Cell = tuple[str, int]


def _cells(data: bytes) -> tuple[list[_Cell], list[tuple[int, int]]]:
    """What is shown for each character with its width, and (byte, column) at every character's start and at the end."""
    cells: list[_Cell] = []
    edges: list[tuple[int, int]] = []
    offset = column = 0
    text = data.decode("utf-8", "surrogateescape").replace("##[", "# [")  # of one width, but no command in GitHub's log
    for letter in text:
        edges.append((offset, column))
        broken = "\udc80" <= letter <= "\udcff"
        shown = " " * (4 - column % 4) if letter == "\t" else "\ufffd" if broken else plain(letter)
        wide = len(shown) + (unicodedata.east_asian_width(letter) in "WF") - bool(unicodedata.combining(letter))
        cells.append((shown, wide))
        offset += 1 if broken else len(letter.encode("utf-8", "surrogatepass"))
        column += wide
    edges.append((offset, column))
    return cells, edges


_LONGEST = 4_000


def _columns(edges: list[tuple[int, int]], begin: int, end: int) -> tuple[int, int]:
    starts = [offset for offset, _ in edges]
    first = min(bisect_left(starts, begin), len(edges) - 1)
    last = min(bisect_left(starts, end), len(edges) - 1)
    return edges[first][1], edges[last][1]


def _left(here: int, after: int, total: int, width: int) -> int:
    """The first column to show, so that the place is in sight."""
    if after <= width or total <= width:
        return 0
    return max(0, here - max(width // 4, 4))


def _window(cells: list[_Cell], left: int, width: int) -> str:
    kept: list[str] = []
    column = 0
    for shown, wide in cells:
        if column >= left + width:
            return "".join(kept)[:-1] + "…"
        if column >= left:
            kept.append(shown)
        column += wide
    text = "".join(kept).rstrip()
    return "…" + text[1:] if left and text else text
