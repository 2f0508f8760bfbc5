"""Writes the map for programs; the form is docs/schema/map.schema.json, and changes of it count up ``version``."""

import json
from typing import Any, TextIO

from msgspec import Struct

from batten import __version__
from batten.report.json import place_document
from batten.report.map.model import Map
from batten.report.run import INCOMPLETE, Run, Texts
from batten.text import Place

VERSION = 1


def write(found: Map, run: Run, stream: TextIO) -> None:
    """One JSON object, ASCII only and the same for equal maps."""
    json.dump(document(found, run), stream, indent=2, ensure_ascii=True)
    stream.write("\n")


def document(found: Map, run: Run) -> dict[str, Any]:
    """The map as plain values."""
    texts = Texts(run.sources)
    return {
        "version": VERSION,
        "tool": {"name": "batten", "version": __version__},
        "complete": not any(note.kind in INCOMPLETE for note in run.notes),
        **{name: _value(getattr(found, name), texts) for name in found.__struct_fields__},
    }


def _value(value: Any, texts: Texts) -> Any:
    match value:
        case Place():
            return place_document(value, texts)
        case Struct():
            return {name: _value(getattr(value, name), texts) for name in value.__struct_fields__}
        case tuple():
            return [_value(item, texts) for item in value]
        case _:
            return value
