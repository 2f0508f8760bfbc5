"""Whose row is whose: the condition under which a caller owns a row, as far as the schema tells; writes no statement."""

from collections.abc import Iterable

from batten.facts.schema import Column, Table
from batten.remedies.sql import name, qualified

_CALLER = "(select auth.uid())"
_TEXT = ("text", "varchar", "character varying", "character", "char")


def concerned(table: Table, tables: Iterable[Table]) -> str | None:
    """What holds for the rows that are the caller's or name them beside the owner, as the one who receives a message; None as in ``condition``."""
    owned = condition(table, tables)
    columns = [column for column in table.columns if column.name in table.owner_columns]
    if owned is None or len(columns) != 1:
        return owned
    others = [
        column for column in table.columns if column.references and column.references == columns[0].references and column is not columns[0]
    ]
    both = [owned, *(f"{_CALLER} = {name(column.name)}" for column in others if column.type == "uuid")]
    return " or ".join(both) if columns[0].references == "auth.users" or columns[0].type == "uuid" else owned


def condition(table: Table, tables: Iterable[Table]) -> str | None:
    """What holds for the rows of the caller's; None where no one column says whose a row is, or more than one does."""
    own = _of(table)
    if own is not None:
        return own
    known = {each.name: each for each in tables if each.database == table.database}
    parents = [(column, known[column.references]) for column in table.columns if column.references in known and column.references]
    found = [(column, parent, inner) for column, parent in parents if parent is not table and (inner := _of(parent, "parent"))]
    if len(found) != 1 or table.owner_columns:
        return None
    column, parent, inner = found[0]
    # An inner name would hide one of the row's own.
    if any(each.name == column.name for each in parent.columns) and column.name == "id":
        return None
    key = next((each for each in parent.columns if each.name == "id"), None)
    if key is None:
        return None
    outer = f"{qualified(table.name)}.{name(column.name)}"
    return f'exists (select 1 from {qualified(parent.name)} "parent" where "parent".{name(key.name)} = {outer} and {inner})'  # noqa: S608 - a policy is what this is


def _of(table: Table, alias: str = "") -> str | None:
    """The same, by a column of the table itself."""
    columns = [column for column in table.columns if column.name in table.owner_columns]
    accounts = [column for column in columns if column.references == "auth.users"]
    chosen = accounts if len(accounts) == 1 else columns
    if len(chosen) != 1 or (caller := _caller(chosen[0])) is None:
        return None
    lead = f"{name(alias)}." if alias else ""
    return f"{caller} = {lead}{name(chosen[0].name)}"


def _caller(column: Column) -> str | None:
    """Who calls, in the type of the column."""
    if column.type == "uuid":
        return _CALLER
    if column.type.partition("(")[0].strip() in _TEXT:
        return "(select auth.uid()::text)"
    return None
