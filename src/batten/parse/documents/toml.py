"""TOML as values: a table that has a line of its own stands there, and what is in it stands where that does."""

import re
import tomllib
from collections.abc import Mapping

from batten.parse.documents.value import Document, Entry, Listing, Scalar, Table, Value
from batten.regex import regex
from batten.text import Span

_HEADER = regex(rb"^[ \t]*+\[[ \t]*+(?P<name>[^\]\n]+)\]", re.MULTILINE)
_KEY = regex(r"\"([^\"]*)\"|'([^']*)'|([^.\s\"']+)")
_DEEPEST, _MOST, _LONGEST = 12, 20_000, 2_000


def read(data: bytes) -> Document:
    """The document; empty where it is no TOML to its end."""
    text = data.decode("utf-8", "replace").replace("\r\n", "\n")
    try:
        whole = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        return Document((), whole=False)
    places = {
        tuple("".join(parts) for parts in _KEY.findall(header["name"].decode("utf-8", "replace"))): Span(
            header.start("name"), header.end("name")
        )
        for header in _HEADER.finditer(data)
    }
    left = [_MOST]
    return Document((_table(whole, (), Span(0, len(data)), places, left),), whole=left[0] > 0)


def _table(
    given: Mapping[str, object], way: tuple[str, ...], around: Span, places: Mapping[tuple[str, ...], Span], left: list[int]
) -> Table:
    entries: list[Entry] = []
    for key, value in given.items():
        place = places.get((*way, key), around)
        entries.append(Entry(key, place, _value(value, (*way, key), place, places, left)))
    return Table(around, tuple(entries))


def _value(value: object, way: tuple[str, ...], place: Span, places: Mapping[tuple[str, ...], Span], left: list[int]) -> Value:
    left[0] -= 1
    if left[0] > 0 and len(way) < _DEEPEST:
        if isinstance(value, dict):
            return _table(value, way, place, places, left)
        if isinstance(value, list):
            return Listing(place, tuple(_value(each, (*way, ""), place, places, left) for each in value))
    text = str(value).lower() if isinstance(value, bool) else str(value)[:_LONGEST]
    return Scalar(place, text, plain=not isinstance(value, str))
