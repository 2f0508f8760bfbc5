"""Whom a stricter table turns away: the code that comes to it with the public key; writes no statement."""

import re
from collections.abc import Iterable, Iterator

from batten.extract.code import language_of
from batten.facts.schema import TableUse
from batten.finding import Step
from batten.regex import regex
from batten.remedies.app import App
from batten.text import Place, Span

_UPSERT = regex(rb"\s*\.\s*upsert\(")
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


def upserts(app: App, found: Iterable[TableUse]) -> bool:
    """Whether one of them adds a row or changes the one that is there: it says all columns of the row in both cases."""
    return any(_UPSERT.match(app.text(use.place.path), use.place.span.end) for use in found)


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


def calls(app: App, function: str, then: str) -> tuple[Step, ...]:
    """The code that calls a function of the database by its name, with any key."""
    bare = function.rpartition(".")[2]
    return tuple(Step(place, f"calls {bare}: {then}") for place in _written(app, rf"\.rpc\(\s*{_quoted(bare)}"))


def files(app: App, bucket: str, methods: str, then: str) -> tuple[Step, ...]:
    """The code that does something with the files of a bucket: ``methods`` is a pattern for their names."""
    return tuple(Step(place, then) for place in _written(app, rf"\.from_?\(\s*{_quoted(bucket)}\s*\)\s*\.\s*(?:{methods})\("))


def _quoted(text: str) -> str:
    return f"[\"'`]{re.escape(text)}[\"'`]"


def _written(app: App, pattern: str) -> Iterator[Place]:
    """Where something like it stands in code."""
    sought = re.compile(pattern.encode())
    for path in app.paths:
        if language_of(path) is not None:
            yield from (Place(path, Span(*found.span())) for found in sought.finditer(app.text(path)))
