"""Reads YAML by its events: documents that break off keep what comes before, anchors unfold up to a limit."""

from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import Any

from batten.parse.documents.value import Document, Entry, Listing, Scalar, Table, Value
from batten.text import Span

_DEEPEST = 100
_MOST = 100_000
_LARGEST = 1_000_000
_MERGE = "<<"


class _Open:
    """A mapping or a sequence whose end has not come."""

    __slots__ = ("anchor", "end", "entries", "is_table", "items", "key", "start", "weight")

    def __init__(self, anchor: str | None, start: int, *, is_table: bool) -> None:
        self.anchor = anchor
        self.start = self.end = start
        self.is_table = is_table
        self.key: Value | None = None
        self.entries: list[Entry] = []
        self.items: list[Value] = []
        self.weight = 1

    def add(self, value: Value, start: int, end: int, weight: int) -> None:
        """``start`` and ``end`` are where it stands here, which for an alias is not where it was written."""
        self.end = max(self.end, end)
        self.weight += weight
        if not self.is_table:
            self.items.append(value)
        elif self.key is None:
            self.key = value if isinstance(value, Scalar) else Scalar(Span(start, end), "")
        else:
            name = self.key.text if isinstance(self.key, Scalar) else ""
            self.entries.append(Entry(name, Span(self.key.span.start, end), value))
            self.key = None

    def closed(self) -> Value:
        span = Span(self.start, self.end)
        if not self.is_table:
            return Listing(span, tuple(self.items))
        if self.key is not None and isinstance(self.key, Scalar):
            self.entries.append(Entry(self.key.text, self.key.span, Scalar(self.key.span, "", plain=True)))
        return Table(span, _merged(self.entries))


def _merged(entries: list[Entry]) -> tuple[Entry, ...]:
    """With what ``<<`` brings in, which never stands in the way of a key that is written out."""
    if all(entry.key != _MERGE for entry in entries):
        return tuple(entries)
    own = [entry for entry in entries if entry.key != _MERGE]
    known = {entry.key for entry in own}
    for entry in entries:
        for table in (entry.value.items if isinstance(entry.value, Listing) else (entry.value,)) if entry.key == _MERGE else ():
            for inner in table.entries if isinstance(table, Table) else ():
                if inner.key not in known:
                    known.add(inner.key)
                    own.append(inner)
    return tuple(own)


def read(data: bytes) -> Document:
    """The documents of a file, in their order."""
    if len(data) > _LARGEST:
        return Document((), whole=False)
    text, offset = _decoded(data)
    found: list[Value] = []
    stack: list[_Open] = []
    anchors: dict[str, tuple[Value, int]] = {}
    whole = True

    def give(value: Value, start: int, end: int, weight: int) -> None:
        if stack:
            stack[-1].add(value, start, end, weight)
        else:
            found.append(value)

    def close() -> None:
        done = stack.pop()
        value = done.closed()
        if done.anchor is not None:
            anchors[done.anchor] = (value, done.weight)
        give(value, done.start, done.end, done.weight)

    for event in _events(text):
        if event is None or len(stack) > _DEEPEST or sum(each.weight for each in stack) > _MOST:
            whole = False
            break
        kind = type(event).__name__
        if kind == "DocumentStartEvent":
            anchors.clear()
            continue
        if kind not in ("MappingStartEvent", "SequenceStartEvent", "MappingEndEvent", "SequenceEndEvent", "ScalarEvent", "AliasEvent"):
            continue
        start, end = offset(event.start_mark.index), offset(event.end_mark.index)
        if kind in ("MappingStartEvent", "SequenceStartEvent"):
            stack.append(_Open(event.anchor, start, is_table=kind == "MappingStartEvent"))
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            if data[end - 1 : end] in (b"}", b"]") and end > start:
                stack[-1].end = end
            close()
        elif kind == "ScalarEvent":
            value = Scalar(Span(start, end), event.value, plain=not event.style)
            if event.anchor is not None:
                anchors[event.anchor] = (value, 1)
            give(value, start, end, 1)
        else:
            named, weight = anchors.get(event.anchor, (Scalar(Span(start, end), ""), 1))
            give(named, start, end, weight)
    while stack:
        whole = False
        close()
    return Document(tuple(found), whole)


def _events(text: str) -> Iterator[Any]:
    """The events of a text; None where it is no YAML any more."""
    import yaml  # not on the way of a scan without such files

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        yield from yaml.parse(text, Loader=loader)
    except (yaml.YAMLError, ValueError, RecursionError):
        yield None


def _decoded(data: bytes) -> tuple[str, Callable[[int], int]]:
    """The text, and the offset in bytes of each of its characters."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = data.decode("latin-1")
        return text, lambda index: index
    if len(text) == len(data):
        return text, lambda index: index
    offsets = [0, *accumulate(len(character.encode()) for character in text)]
    return text, lambda index: offsets[min(index, len(text))]
