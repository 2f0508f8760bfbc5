"""Whom a stricter table turns away: the code that comes to it with the public key; writes no statement."""

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


def stops(found: Iterable[TableUse], table: str, then: str) -> tuple[Step, ...]:
    """What each of these has to expect, for a reader."""
    bare = table.rpartition(".")[2]
    return tuple(Step(use.place, f"{_VERBS.get(use.verb, 'uses')} {bare} with the public key: {then}") for use in found)
