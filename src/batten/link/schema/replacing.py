"""Tells what CREATE OR REPLACE FUNCTION may not change: https://www.postgresql.org/docs/current/sql-createfunction.html#SQL-CREATEFUNCTION-NOTES."""

from itertools import zip_longest

from batten.link.schema.type_families import alike, is_known
from batten.parse.postgres.statements import CreateFunction, FunctionParameter

_ROWS = ("table", "record", "setof record", "")
"""What returns rows of columns that are said elsewhere."""


def refuses(known: CreateFunction, made: CreateFunction) -> bool:
    """Whether a function with the same parameter types surely cannot take the place of another."""
    return _renames(known, made) or _takes_defaults(known, made) or _answers_otherwise(known, made)


def _renames(known: CreateFunction, made: CreateFunction) -> bool:
    return any(old.name is not None and old.name != new.name for old, new in zip(known.parameters, made.parameters, strict=True))


def _takes_defaults(known: CreateFunction, made: CreateFunction) -> bool:
    return sum(each.optional for each in known.parameters) > sum(each.optional for each in made.parameters)


def _answers_otherwise(known: CreateFunction, made: CreateFunction) -> bool:
    if known.returns in _ROWS and made.returns in _ROWS:
        return (
            len(known.columns) > 1 and len(made.columns) > 1 and any(_is_other(*pair) for pair in zip_longest(known.columns, made.columns))
        )
    if "" in (known.returns, made.returns) or "record" in f"{known.returns} {made.returns}":
        return False
    if "table" in (known.returns, made.returns):
        return max(len(known.columns), len(made.columns)) > 1
    return _surely_differ(known.returns, made.returns)


def _is_other(one: FunctionParameter | None, two: FunctionParameter | None) -> bool:
    return one is None or two is None or one.name != two.name or _surely_differ(one.type, two.type)


def _surely_differ(one: str, two: str) -> bool:
    """Whether two types are not the same, and one at least is PostgreSQL's own: others may have been renamed."""
    if "%" in one + two:
        return False
    if one.startswith("setof ") != two.startswith("setof "):
        return True
    left, right = one.removeprefix("setof "), two.removeprefix("setof ")
    return not alike(left, right) and (is_known(left) or is_known(right))
