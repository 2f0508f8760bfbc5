"""Writes docs/schema/facts.schema.json: the database in ``batten facts --json``, as the types of the facts say it.

python scripts/facts_schema.py
"""

import json
from pathlib import Path
from typing import Any

import msgspec

from batten.facts.project import Project
from batten.report.facts import VERSION

TARGET = Path(__file__).parents[1] / "docs/schema/facts.schema.json"
COLLECTIONS = (
    "tables", "row_policies", "views", "database_functions", "buckets", "grants", "privilege_changes", "default_privileges", "publications", "triggers",
    "event_triggers", "database_roles", "database_schemas", "extensions",
)  # fmt: skip
_NUMBER = {"type": "integer", "minimum": 1}
_PLACE = {
    "title": "Place",
    "description": "A range in a file of the app; lines and columns count from 1.",
    "type": "object",
    "properties": {"path": {"type": "string"}, "line": _NUMBER, "column": _NUMBER, "endLine": _NUMBER, "endColumn": _NUMBER},
    "required": ["path", "line", "column", "endLine", "endColumn"],
}


def document() -> dict[str, Any]:
    """The schema. Every field is always written; new ones may come."""
    _, parts = msgspec.json.schema_components([Project])
    parts["Place"] = _PLACE
    listed = parts["Project"]["properties"]
    collections = {name: {key: value for key, value in listed[name].items() if key != "default"} for name in COLLECTIONS}
    wanted, stack = set(), [json.dumps(collections)]
    while stack:
        text = stack.pop()
        for name in [name for name in parts if f'"#/$defs/{name}"' in text and name not in wanted]:
            wanted.add(name)
            stack.append(json.dumps(parts[name]))
    found = {name: _plain(parts[name]) for name in sorted(wanted)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The database in the output of batten facts --json",
        "type": "object",
        "properties": {"version": {"const": VERSION}, **collections},
        "required": ["version", *COLLECTIONS],
        "$defs": found,
    }


def _plain(part: dict[str, Any]) -> dict[str, Any]:
    if "properties" not in part:
        return part
    properties = {name: {key: value for key, value in each.items() if key != "default"} for name, each in part["properties"].items()}
    return {
        **part,
        "description": " ".join(part.get("description", "").replace("``", "`").split()),
        "properties": properties,
        "required": list(properties),
    }


if __name__ == "__main__":
    TARGET.write_text(json.dumps(document(), indent=2) + "\n")
