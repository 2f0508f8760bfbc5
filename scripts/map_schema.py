"""Writes docs/schema/map.schema.json: what ``batten map --output-format json`` gives, as the types of the map say it.

python scripts/map_schema.py
"""

import json
from pathlib import Path
from typing import Any

import msgspec

from batten.report.map.json import VERSION
from batten.report.map.model import Map

TARGET = Path(__file__).parents[1] / "docs/schema/map.schema.json"
_NUMBER = {"type": "integer", "minimum": 1}
_POSITION = {
    "type": "object",
    "properties": {"line": _NUMBER, "column": _NUMBER, "byte": {"type": "integer", "minimum": 0}},
    "required": ["line", "column", "byte"],
}
_PLACE = {
    "title": "Place",
    "description": "A range in a file of the app; lines and columns count from 1, bytes from 0.",
    "type": "object",
    "properties": {"path": {"type": "string"}, "start": _POSITION, "end": _POSITION},
    "required": ["path", "start", "end"],
}


def document() -> dict[str, Any]:
    """The schema. Every field is always written; new ones may come."""
    _, parts = msgspec.json.schema_components([Map])
    parts["Place"] = _PLACE
    parts.pop("Span", None)
    listed = _plain(parts.pop("Map"))
    tool = {"type": "object", "properties": {"name": {"const": "batten"}, "version": {"type": "string"}}, "required": ["name", "version"]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The output of batten map --output-format json",
        "description": "`complete` is false where something could not be read: routes may be missing then.",
        "type": "object",
        "properties": {"version": {"const": VERSION}, "tool": tool, "complete": {"type": "boolean"}, **listed["properties"]},
        "required": ["version", "tool", "complete", *listed["properties"]],
        "$defs": {name: _plain(parts[name]) for name in sorted(parts)},
    }


def _plain(part: dict[str, Any]) -> dict[str, Any]:
    described = {**part, "description": " ".join(part.get("description", "").replace("``", "`").split())}
    if "properties" not in part or part.get("title") == "Place":
        return described if part.get("description") else part
    properties = {name: {key: value for key, value in each.items() if key != "default"} for name, each in part["properties"].items()}
    return {**described, "properties": properties, "required": list(properties)}


if __name__ == "__main__":
    TARGET.write_text(json.dumps(document(), indent=2) + "\n")
