"""Reads SQL with sqlglot, within bounds; knows nothing of what it means.

What sqlglot does not understand it hands back as one opaque ``Command``: here that is no answer, and never a harmless statement.
"""

import logging
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from batten.regex import regex

if TYPE_CHECKING:
    from sqlglot import Dialect
    from sqlglot.expressions import Expr

LONGEST = 100_000
"""Characters of one text that is read."""
_DEEPEST = 80
# Signs and words in a row that each open something which only the end of the text closes.
_MOST_OPEN = 40
_TOKEN = regex(r"'(?:[^']|'')*'|\"[^\"]*\"|`[^`]*`|--[^\n]*|/\*.*?\*/|[()\[\]{}]|\b(?:case|end)\b", re.DOTALL | re.IGNORECASE)
_PREFIXES = regex(
    rf"(?:(?:\bnot\b|\bcase\b|\bwhen\b|\belse\b|\bexists\b|\binterval\b|\bprior\b|[-+~@!])\s*){{{_MOST_OPEN}}}", re.IGNORECASE
)
_OPENS = {"(": 1, "[": 1, "{": 1, "case": 1, ")": -1, "]": -1, "}": -1, "end": -1}


def read(text: str, dialect: str) -> "list[Expr] | None":
    """The statements of a text; None where one of them is not understood, or the text is too long or too deep. ``dialect``: ``postgres``, ``mysql`` or ``sqlite``."""
    if not is_within_bounds(text):
        return None
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        found = [each for each in _dialect(dialect).parse(text) if each is not None and not isinstance(each, exp.Semicolon)]
    # Its tokenizer and parser also raise what their code happens to raise.
    except (SqlglotError, RecursionError, ValueError, TypeError, AttributeError, KeyError, IndexError):
        return None
    return None if any(isinstance(each, exp.Command) or each.find(exp.Command) is not None for each in found) else found


def is_within_bounds(text: str) -> bool:
    """Whether a text is short and flat enough for a parser that calls itself for whatever nests."""
    if len(text) > LONGEST or "\x00" in text:
        return False
    depth = 0
    for match in _TOKEN.finditer(text):
        depth += _OPENS.get(match.group().lower(), 0)
        if depth > _DEEPEST:
            return False
    return _PREFIXES.search(text) is None


@cache
def _dialect(name: str) -> "Dialect":
    from sqlglot.dialects import MySQL, Postgres, SQLite

    # It says on standard error what it does not understand; here that is told by the answer.
    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)

    class _PostgresParser(Postgres.Parser):  # type: ignore[misc]
        FUNCTIONS: dict[str, Any] = {}  # noqa: RUF012 - as the class above has it; calls keep the names they are written with

    class _Postgres(Postgres):  # type: ignore[misc]
        Parser = _PostgresParser
        INDEX_OFFSET = 0

    dialects: dict[str, type[Dialect]] = {"postgres": _Postgres, "mysql": MySQL, "sqlite": SQLite}
    return dialects[name]()
