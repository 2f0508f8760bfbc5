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
    owner = _owner(columns[0], table, tables)
    if owner is not None:
        return " or ".join(_through(table, each, *owner) for each in (columns[0], *others))
    both = [owned, *(f"{_CALLER} = {name(column.name)}" for column in others if column.type == "uuid")]
    return " or ".join(both) if columns[0].references == "auth.users" or columns[0].type == "uuid" else owned


def condition(table: Table, tables: Iterable[Table]) -> str | None:
    """What holds for the rows of the caller's; None where no one column says whose a row is, or more than one does."""
    chosen = _column(table)
    if chosen is not None and (owner := _owner(chosen, table, tables)) is not None:
        return _through(table, chosen, *owner)
    own = _of(table)
    if own is not None:
        return own
    owners = [(column, owner) for column in table.columns if (owner := _owner(column, table, tables)) is not None]
    if len(owners) != 1 or table.owner_columns:
        return None
    return _through(table, owners[0][0], *owners[0][1])


def _owner(column: Column, table: Table, tables: Iterable[Table]) -> tuple[Table, str] | None:
    """The table that a column refers to and whose rows are somebody's, with the condition; None where its key is an account's own, or it says nothing."""
    parent = next((each for each in tables if each.database == table.database and each.name == column.references), None)
    if parent is None or parent is table or not any(each.name == "id" for each in parent.columns):
        return None
    inner, owner = _of(parent, "parent"), _column(parent)
    if inner is None or (owner is not None and owner.name == "id" and column.name in table.owner_columns):
        return None
    # An inner name would hide one of the row's own.
    return (parent, inner) if column.name != "id" else None


def _through(table: Table, column: Column, parent: Table, inner: str) -> str:
    outer = f"{qualified(table.name)}.{name(column.name)}"
    return f'exists (select 1 from {qualified(parent.name)} "parent" where "parent"."id" = {outer} and {inner})'  # noqa: S608 - a policy is what this is


def _column(table: Table) -> Column | None:
    """The one column that says whose a row is."""
    columns = [column for column in table.columns if column.name in table.owner_columns]
    accounts = [column for column in columns if column.references == "auth.users"]
    chosen = accounts if len(accounts) == 1 else columns
    return chosen[0] if len(chosen) == 1 else None


def _of(table: Table, alias: str = "") -> str | None:
    """The same, by a column of the table itself."""
    chosen = _column(table)
    if chosen is None or (caller := _caller(chosen)) is None:
        return None
    lead = f"{name(alias)}." if alias else ""
    return f"{caller} = {lead}{name(chosen.name)}"


def _caller(column: Column) -> str | None:
    """Who calls, in the type of the column."""
    if column.type == "uuid":
        return _CALLER
    if column.type.partition("(")[0].strip() in _TEXT:
        return "(select auth.uid()::text)"
    return None
