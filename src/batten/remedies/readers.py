"""Whom a stricter table turns away: the code that comes to it with the public key; writes no statement."""

import re
from collections.abc import Iterable

from batten.facts.schema import TableUse
from batten.finding import Step
from batten.remedies.app import App

_VERBS = {"select": "reads", "insert": "adds rows to", "update": "changes", "delete": "deletes from", None: "uses"}


def uses(app: App, table: str, verbs: Iterable[str] | None = None) -> tuple[TableUse, ...]:
    """The uses of a table or view (``schema.name``) by code that policies bind, or may bind; all of them, or those of some verbs."""
    chosen = None if verbs is None else {*verbs}
    return tuple(
        use
        for use in app.project.table_uses
        if use.table in (table, table.partition(".")[2])
        and use.privileged is not True
        and (chosen is None or use.verb is None or use.verb in chosen or (use.verb == "upsert" and chosen & {"insert", "update"}))
    )


def embedded(app: App, table: str) -> tuple[TableUse, ...]:
    """Reads of other tables that bring rows of this one along: ``from("orders").select("*, products(title)")``."""
    bare = re.escape(table.rpartition(".")[2]).encode()
    written = re.compile(rb"\.select\(\s*[\"'`][^\"'`]*(?<![\w.])" + bare + rb"(?:![\w!]+)?\s*\(")
    found = {path for path in {use.place.path for use in app.project.table_uses} if written.search(app.text(path))}
    return tuple(
        use for use in app.project.table_uses if use.place.path in found and use.privileged is not True and use.verb in ("select", None)
    )


def stops(found: Iterable[TableUse], table: str, then: str) -> tuple[Step, ...]:
    """What each of these has to expect, for a reader."""
    bare = table.rpartition(".")[2]
    return tuple(Step(use.place, f"{_VERBS.get(use.verb, 'uses')} {bare} with the public key: {then}") for use in found)
