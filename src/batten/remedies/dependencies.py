"""Adds a package to those that a package.json names; installs nothing, and changes no lock file."""

import json

from batten.discover import Unread
from batten.finding import Edit
from batten.parse.documents import Table, read_json
from batten.remedies.app import App
from batten.text import Span


def named(app: App, package: str) -> frozenset[str]:
    """The packages that the manifest of a package names."""
    found = next((each for each in app.project.packages if each.root == package), None)
    return frozenset(found.dependencies) if found is not None else frozenset()


def added(app: App, package: str, name: str, version: str) -> list[Edit] | None:
    """The edit that names one more, before those that are there; none where it is named, None where there is no place for it."""
    path = f"{package}/package.json" if package else "package.json"
    try:
        data = app.text(path)
    except Unread:
        return None
    document = read_json(data)
    if name in named(app, package):
        return []
    table = document.table.get("dependencies") if document.table is not None and document.whole else None
    if not isinstance(table, Table) or not table.entries:
        return None
    first = table.entries[0].place.start
    lead = data[data.rfind(b"\n", 0, first) + 1 : first]
    ends = "\r\n" if b"\r\n" in data else "\n"
    between = ends + lead.decode() if not lead.strip() and b"\n" in data[:first] else " "
    return [Edit(path, Span(first, first), f"{json.dumps(name)}: {json.dumps(version)},{between}")]
