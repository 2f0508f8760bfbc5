"""Whose row is whose: the condition under which a caller owns a row, as far as the schema tells; writes no statement."""

import re
from collections.abc import Iterable

from batten.facts.schema import Column, Table
from batten.regex import regex
from batten.remedies.sql import name, qualified

_CALLER = "(select auth.uid())"
_TEXT = ("text", "varchar", "character varying", "character", "char")
_TENANT = regex(r"(?:org|organi[sz]ation|team|tenant|workspace|company)(?:_?id)?", re.IGNORECASE)
_PERSONS = frozenset(("users", "user", "profiles", "user_profiles", "accounts"))
_MEMBERS = regex(r"member|participant|collaborator|staff|(?:^|_)users?(?:$|_)", re.IGNORECASE)


def concerned(table: Table, tables: Iterable[Table]) -> str | None:
    """What holds for the rows that are the caller's or name them beside the owner, as the one who receives a message; None as in ``condition``."""
    tables = [each for each in tables if each.database == table.database]
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
    """What holds for the rows of the caller's, or of those whom the caller belongs to; None where no one column says whose a row is, or more than one does."""
    tables = [each for each in tables if each.database == table.database]
    chosen = _column(table)
    if chosen is not None and (owner := _owner(chosen, table, tables)) is not None:
        return _through(table, chosen, *owner)
    own = _of(table, tables)
    if own is not None:
        return own
    if chosen is not None and (shared := _shared(table, chosen, tables)) is not None:
        return shared
    owners = [(column, owner) for column in table.columns if (owner := _owner(column, table, tables)) is not None]
    if len(owners) != 1 or table.owner_columns:
        return None
    return _through(table, owners[0][0], *owners[0][1])


def _shared(table: Table, tenant: Column, tables: Iterable[Table]) -> str | None:
    """That the caller is a member of what a row belongs to, where one table says who is: ``team_members`` with the account and the team."""
    found = []
    for each in tables:
        if each is table or each.name == tenant.references or not _MEMBERS.search(each.name.rpartition(".")[2]):
            continue
        same = [column for column in each.columns if _is_same(column, tenant)]
        accounts = [
            column for column in each.columns if column not in same and column.name in each.owner_columns and _is_account(column, tables)
        ]
        linked = [column for column in accounts if column.references == "auth.users"] or accounts
        if len(same) == len(linked) == 1 and (caller := _caller(linked[0])) is not None:
            found.append((each, same[0], f'{caller} = "member".{name(linked[0].name)}'))
    if len(found) != 1:
        return None
    (members, key, who), outer = found[0], f"{qualified(table.name)}.{name(tenant.name)}"
    return f'exists (select 1 from {qualified(members.name)} "member" where "member".{name(key.name)} = {outer} and {who})'  # noqa: S608 - a policy is what this is


def _is_same(column: Column, tenant: Column) -> bool:
    """Whether two columns name the same thing that people belong to."""
    if column.type != tenant.type or "auth.users" in (column.references, tenant.references):
        return False
    return (
        column.references == tenant.references if tenant.references else column.name == tenant.name and bool(_TENANT.fullmatch(column.name))
    )


def _is_account(column: Column, tables: Iterable[Table]) -> bool:
    """Whether a column holds the id of an account, and not that of a company, or of a row that has an id of its own."""
    if column.references in (None, "auth.users"):
        return column.references is not None or not _TENANT.fullmatch(column.name)
    if column.references.rpartition(".")[2].lower() in _PERSONS:
        return True
    parent = next((each for each in tables if each.name == column.references), None)
    return parent is not None and any(each.name == "id" and each.references == "auth.users" for each in parent.columns)


def _owner(column: Column, table: Table, tables: Iterable[Table]) -> tuple[Table, str] | None:
    """The table that a column refers to and whose rows are somebody's, with the condition; None where its key is an account's own, or it says nothing."""
    parent = next((each for each in tables if each.name == column.references), None)
    if parent is None or parent is table or not any(each.name == "id" for each in parent.columns):
        return None
    inner, owner = _of(parent, tables, "parent"), _column(parent)
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


def _of(table: Table, tables: Iterable[Table], alias: str = "") -> str | None:
    """The same, by a column of the table itself."""
    chosen = _column(table)
    if chosen is None or not _is_account(chosen, tables) or (caller := _caller(chosen)) is None:
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
