"""Which tables a query inside code reads, changes and deletes from; knows nothing of who sends it, nor to which server."""

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from batten.parse.dialects.reading import read
from batten.regex import regex

if TYPE_CHECKING:
    from sqlglot.expressions import Expr as Node

READ, WRITE, DELETE = "read", "write", "delete"
_DIALECTS = ("postgres", "mysql", "sqlite")
# What drivers fill in: psycopg's `%s` and `%(name)s`, Oracle's and SQLAlchemy's `:name`, SQL Server's `@name`.
_FILLED = regex(r"'(?:[^']|''|(?!))*+'|\"[^\"]*+\"|(?P<hole>%(?:\(\w+\))?s|(?<![:\w]):[A-Za-z_]\w*|@[A-Za-z_]\w*)")
_CHANGES = {
    "Insert": WRITE, "Update": WRITE, "Merge": WRITE, "Create": WRITE, "Alter": WRITE,
    "Delete": DELETE, "TruncateTable": DELETE, "Drop": DELETE,
}  # fmt: skip
# Queries of one table, and no word in them that could name another: most are, and want no parser.
_NAME = r"[\"`\[]?(?P<table>\w+)[\"`\]]?"
_ONE_TABLE = regex(
    rf"\s*(?:(?P<read>select)\s[^;]*?\sfrom|(?P<write>(?:insert(?:\s+or\s+\w+)?|replace)\s+into|update)|(?P<delete>delete\s+from))\s+(?:[\"`\[]?\w+[\"`\]]?\.)?{_NAME}"
    r"(?:\s+(?:as\s+)?(?!where|group|order|limit|having|returning|set|values|default|for|offset)\w+)?\s*(?:$|;\s*$|\(|(?:where|group|order|limit|having|returning|set|values|default|for|offset)\b)",
    re.IGNORECASE,
)
# What a procedure does is told by its name: `call clinic.Delete_Patient(3)`.
_PROCEDURE = regex(
    r"\s*call\s+(?:[\"`]?\w+[\"`]?\.)?[\"`]?(?:(?:sp|usp|proc)_?)?(?:(?P<read>get|select|find|list|show|search|fetch|read|count)|(?P<delete>delete|remove|drop|purge)"
    r"|insert|update|add|create|set|save|edit|register|change)_?(?P<table>\w+?)[\"`]?\s*\(",
    re.IGNORECASE,
)
_NAMING = regex(r"\b(?:from|join|into|select|using|with|union|intersect|except|merge|table|only|lateral)\b|--|/\*|#", re.IGNORECASE)
_REPLACES = regex(r"^\s*replace(?=\s+into\b)", re.IGNORECASE)


class Touched(Struct, frozen=True):
    """One table that a query is about, without its schema, and what becomes of its rows: ``read``, ``write`` or ``delete``."""

    table: str
    deed: str


@lru_cache(maxsize=2000)
def tables_in(text: str, hole: str) -> tuple[Touched, ...] | None:
    """The tables of a query, what it changes first, then in the order they stand there; None where it is not understood.

    ``hole`` is what stands in it for anything at all; a table that is one is called "" where its rows are changed, and is left out elsewhere.
    """
    procedure = _PROCEDURE.match(text)
    if procedure is not None:
        deed = READ if procedure["read"] else DELETE if procedure["delete"] else WRITE
        return (Touched("" if hole in procedure["table"] else procedure["table"], deed),)
    plain = _plainly(text, hole)
    if plain is not None:
        return (plain,)
    text = _REPLACES.sub("insert", _FILLED.sub(lambda match: f" {hole} " if match["hole"] else match[0], text))
    # Conditions that a program adds to a query, and the way it sorts: `ORDER BY ${column} ${way}`.
    whole = re.sub(rf"{hole}(?:\s+{hole})+", hole, text)
    shorter = re.sub(rf"(?<=[\d)'\"?])\s*{hole}\b|(?:\s*{hole}\s*)+$", " ", text)
    tries = ((each, dialect) for each in dict.fromkeys((text, whole, shorter)) for dialect in _DIALECTS)
    found = next((found for each, dialect in tries if (found := read(each, dialect)) is not None), None)
    if found is None:
        return None
    touched = [each if hole not in each.table else Touched("", each.deed) for statement in found for each in _of(statement)]
    changed = {each.table for each in touched if each.deed != READ}
    known = [each for each in touched if each.deed != READ or (each.table and each.table not in changed)]
    return tuple(dict.fromkeys(sorted(known, key=lambda each: (DELETE, WRITE, READ).index(each.deed))))


def _plainly(text: str, hole: str) -> Touched | None:
    """The table of a query that names one alone, by its words; None where there may be more to it."""
    match = _ONE_TABLE.match(text)
    if match is None or hole in match["table"]:
        return None
    deed = READ if match["read"] else DELETE if match["delete"] else WRITE
    expected = 2 if deed == READ else 1 if deed == DELETE or not match["write"].lower().startswith("update") else 0
    return Touched(match["table"], deed) if len(_NAMING.findall(text)) == expected else None


def _of(statement: "Node") -> list[Touched]:
    """What one statement, and those inside it, are about."""
    named: set[str] = set()
    changed: dict[int, str] = {}
    tables: list[Any] = []
    for node in statement.walk(bfs=False):
        kind = type(node).__name__
        if kind == "CTE":
            named.add(str(node.alias).lower())
        elif kind == "Table":
            tables.append(node)
        elif kind in _CHANGES:
            changed.update((id(target), _CHANGES[kind]) for target in _targets(node, kind))
    return [
        Touched(str(table.name), changed.get(id(table), READ))
        for table in tables
        if str(table.name).lower() not in named or table.args.get("db") is not None
    ]


def _targets(node: Any, kind: str) -> list[Any]:
    """The tables that a statement changes."""
    if kind == "TruncateTable":
        return list(node.expressions)
    if kind == "Drop":
        return list(node.args.get("tables") or ())
    if kind == "Delete" and node.args.get("tables"):  # MySQL: DELETE a, b FROM a JOIN b
        return list(node.args["tables"])
    target = node.this
    return [target.this if type(target).__name__ == "Schema" else target]
