"""What operators and functions of PostgreSQL make of texts and names that are known; knows nothing of a database."""

import re
from collections.abc import Callable
from typing import Any

from batten.link.schema.system_catalogs import UNSET
from batten.regex import regex

_LONGEST = 100_000
_LONGEST_PATTERN = 80
_PLAIN = regex(r"[a-z_][a-z0-9_]*")
# https://www.postgresql.org/docs/current/sql-keywords-appendix.html: the reserved ones.
RESERVED = frozenset(
    [
        "all",
        "analyse",
        "analyze",
        "and",
        "any",
        "array",
        "as",
        "asc",
        "asymmetric",
        "authorization",
        "binary",
        "both",
        "case",
        "cast",
        "check",
        "collate",
        "collation",
        "column",
        "concurrently",
        "constraint",
        "create",
        "cross",
        "current_catalog",
        "current_date",
        "current_role",
        "current_schema",
        "current_time",
        "current_timestamp",
        "current_user",
        "default",
        "deferrable",
        "desc",
        "distinct",
        "do",
        "else",
        "end",
        "except",
        "false",
        "fetch",
        "for",
        "foreign",
        "freeze",
        "from",
        "full",
        "grant",
        "group",
        "having",
        "ilike",
        "in",
        "initially",
        "inner",
        "intersect",
        "into",
        "is",
        "isnull",
        "join",
        "lateral",
        "leading",
        "left",
        "like",
        "limit",
        "localtime",
        "localtimestamp",
        "natural",
        "not",
        "notnull",
        "null",
        "offset",
        "on",
        "only",
        "or",
        "order",
        "outer",
        "overlaps",
        "placing",
        "primary",
        "references",
        "returning",
        "right",
        "select",
        "session_user",
        "similar",
        "some",
        "symmetric",
        "system_user",
        "table",
        "tablesample",
        "then",
        "to",
        "trailing",
        "true",
        "union",
        "unique",
        "user",
        "using",
        "variadic",
        "verbose",
        "when",
        "where",
        "window",
        "with",
    ]
)


def cast(value: Any, type_: str) -> Any:
    """A value as another type, where that changes what Python sees."""
    if isinstance(value, str) and type_.endswith("[]"):
        return [item.strip().strip('"') for item in value.strip("{}").split(",") if item.strip()]
    return value


def _like(text: Any, pattern: Any) -> bool:
    escaped = re.escape(str(pattern)).replace("%", ".*").replace("_", ".")
    return (
        re.fullmatch(escaped.replace("\\.", "_").replace(r"\.", "_") if "\\_" in str(pattern) else escaped, str(text), re.DOTALL)
        is not None
    )


def _joined(one: Any, two: Any) -> Any:
    whole = one + two if isinstance(one, list) else f"{one}{two}"
    if len(whole) > _LONGEST:
        raise ValueError(len(whole))
    return whole


def _matches(text: Any, pattern: Any) -> bool:
    """``~`` for the plain patterns that are safe to run; others raise ValueError."""
    plain = str(pattern)
    if len(plain) > _LONGEST_PATTERN or re.fullmatch(r"[\w^$|.()\\ -]*", plain) is None:
        raise ValueError(plain)
    return re.search(plain, str(text)) is not None


OPERATORS: dict[str, Callable[..., Any]] = {
    "=": lambda one, two: one == two,
    "<>": lambda one, two: one != two,
    "not": lambda one: not one,
    "||": _joined,
    "like": _like,
    "ilike": lambda one, two: _like(str(one).lower(), str(two).lower()),
    "~": _matches,
    "!~": lambda one, two: not _matches(one, two),
    "is true": lambda one: one is True,
    "is not distinct from": lambda one, two: one == two,
    "is distinct from": lambda one, two: one != two,
    ">": lambda one, two: one > two,
    "<": lambda one, two: one < two,
    ">=": lambda one, two: one >= two,
    "<=": lambda one, two: one <= two,
}


def quoted(text: str) -> str:
    """``quote_ident``."""
    return text if _PLAIN.fullmatch(text) and text not in RESERVED else '"' + text.replace('"', '""') + '"'


def literal(value: Any) -> str:
    """``quote_nullable``."""
    return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"


def filled(template: str, arguments: list[Any]) -> Any:
    """PostgreSQL's ``format``: %s %I %L %% and %1$I."""
    position = 0

    def put(match: "re.Match[str]") -> str:
        nonlocal position
        at, kind = match.group(1), match.group(2)
        if kind == "%":
            return "%"
        index = int(at) - 1 if at else position
        position = index + 1
        value = arguments[index]
        if kind == "I":
            return ".".join(quoted(part) for part in [str(value)])
        return literal(value) if kind == "L" else "" if value is None else str(value)

    try:
        return re.sub(r"%(?:(\d+)\$)?([sIL%])", put, template)
    except IndexError:
        return UNSET
