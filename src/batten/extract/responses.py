"""Which HTTP status an answer carries, and whether statements leave their function; knows no framework by name."""

import re
from collections.abc import Callable
from functools import lru_cache

from batten.code.model import (
    Attribute,
    Await,
    Block,
    Branch,
    Call,
    Evaluate,
    Expression,
    Literal,
    Name,
    Operation,
    Raise,
    Record,
    Return,
    Sequence,
    Statement,
    Try,
)
from batten.code.parts import expressions, last_step, statement_expressions
from batten.regex import regex

_STATUS_KEYS = frozenset({"status", "statusCode", "status_code", "code"})
_STATUS_CALLS = frozenset(
    {"status", "sendStatus", "code", "abort", "HTTPException", "error", "createError", "Abort", "writeHead", "HTTPError", "fail"}
)
# What takes the status after the body: https://hono.dev/docs/api/context
_ANSWER_CALLS = frozenset({"json", "text", "html", "body"})
_STATUS_NAME = regex(r"^HTTP_([1-5]\d\d)")
_WORDS = {
    "unauthorized": 401, "unauthorised": 401, "unauthenticated": 401, "notauthenticated": 401, "notauthorized": 401, "autherror": 401,
    "authenticationerror": 401, "authenticationfailed": 401, "invalidtoken": 401, "invalidapikey": 401, "invalidcredentials": 401,
    "forbidden": 403, "permissiondenied": 403, "permissionerror": 403, "accessdenied": 403,
}  # fmt: skip
_WORD = regex("|".join(_WORDS), re.IGNORECASE)
_APART = regex(r"[^A-Za-z]")
_LONGEST_WORD = 24
FAILURE_KEYS = frozenset({"error", "errors", "err", "errorResponse"})
"""What a record has that says what went wrong."""
_LOWEST, _HIGHEST = 100, 599
# An answer is built in a few nodes; a page of JSX is not one.
_MOST_NODES = 60


def status_of(node: Expression | None) -> int | None:
    """The constant HTTP status that an expression answers with, or None."""
    pending = [] if node is None else [node]
    for _ in range(_MOST_NODES):
        if not pending:
            return None
        part = pending.pop()
        if type(part) is not Name and type(part) is not Literal:
            found = _own_status(part)
            if found is not None and _LOWEST <= found <= _HIGHEST:
                return found
            pending += reversed(expressions(part))
    return None


def _own_status(node: Expression) -> int | None:
    if type(node) is Call:
        for keyword in node.keywords:
            if keyword.name in _STATUS_KEYS:
                return _number(keyword.value)
        name = last_step(node.callee)
        if node.args and name in _STATUS_CALLS:
            return _number(node.args[0])
        if node.args and name.endswith("Error") and (found := _told(node.args[0])) is not None:
            return found
        if len(node.args) > 1 and name in _ANSWER_CALLS and (found := _number(node.args[1])) is not None:
            return found
        return _worded(name)
    if type(node) is Attribute:
        return _named(node.name)
    if type(node) is Record:
        for entry in node.entries:
            if entry.key in _STATUS_KEYS:
                return _number(entry.value) or (_told(entry.value) if entry.key == "code" else None)
    elif type(node) is Sequence:
        for item in node.items[1:]:
            if type(item) is Literal and isinstance(item.value, int):
                return _number(item)
    return None


def _number(node: Expression) -> int | None:
    if type(node) is Literal:
        return node.value if isinstance(node.value, int) and not isinstance(node.value, bool) else None
    if type(node) is Attribute:
        return _named(node.name)
    return _named(node.id) if type(node) is Name else None


@lru_cache(maxsize=4096)
def _worded(name: str) -> int | None:
    """The status that a word in the name of a call stands for."""
    worded = _WORD.search(name)
    return _WORDS[worded.group().lower()] if worded else None


@lru_cache(maxsize=4096)
def _named(name: str) -> int | None:
    """The status of a constant with this name."""
    named = _STATUS_NAME.match(name)
    if named:
        return int(named.group(1))
    worded = _WORD.fullmatch(name.replace("_", ""))
    return _WORDS[worded.group().lower()] if worded else None


def _told(node: Expression) -> int | None:
    """The status of what tRPC, Firebase and GraphQL call it (``UNAUTHORIZED``, ``permission-denied``), or an error says and nothing else (``Not authenticated``)."""
    text = node.value if type(node) is Literal else None
    return _named(_APART.sub("", text)) if isinstance(text, str) and len(text) <= _LONGEST_WORD else None


def leaves(statements: tuple[Statement, ...], never_returns: Callable[[Expression], bool]) -> str | None:
    """How the statements leave the function whatever happens: ``raise``, ``return``, or None where they may run on."""
    for statement in reversed(statements):
        match statement:
            case Raise():
                return "raise"
            case Return():
                return "return"
            case Evaluate() if never_returns(_called(statement.value)):
                return "raise"
            case Block():
                found = leaves(statement.body, never_returns)
                if found:
                    return found
            case Branch():
                ways = (leaves(statement.body, never_returns), leaves(statement.orelse, never_returns))
                if all(ways):
                    return "raise" if ways == ("raise", "raise") else "return"
            case Try():
                found = leaves(statement.final, never_returns)
                body = leaves(statement.body, never_returns) or leaves(statement.orelse, never_returns)
                inner = [body, *(leaves(h.body, never_returns) for h in statement.handlers)]
                if found or all(inner):
                    return found or ("raise" if set(inner) == {"raise"} else "return")
    return None


def _called(node: Expression) -> Expression:
    while isinstance(node, Await):
        node = node.value
    return node


def status_of_statements(statements: tuple[Statement, ...]) -> int | None:
    """The first constant HTTP status that the statements answer with, or None."""
    pending = list(reversed(statements))
    while pending:
        statement = pending.pop()
        for expression in statement_expressions(statement):
            found = status_of(expression)
            if found is not None:
                return found
        if isinstance(statement, (Branch, Block)):
            pending += reversed(statement.body)
    return None


def is_empty(node: Expression | None) -> bool:
    """The value is nothing, constantly false, or a record that says so (``{ ok: false }``, ``{ error: "…" }``)."""
    match node:
        case None:
            return True
        case Literal():
            return not node.value
        case Record():
            flags = {entry.key: entry.value for entry in node.entries}
            refused = any(isinstance(value, Literal) and value.value is False for value in flags.values())
            failed = any(key in FAILURE_KEYS and not is_empty(flags[key]) for key in flags if key is not None)
            return refused or failed or all(is_empty(value) for value in flags.values())
        case Sequence():
            return all(is_empty(item) for item in node.items)
        case Operation(operator="!") if node.operands:
            return isinstance(node.operands[0], Literal) and bool(node.operands[0].value)
    return False


def may_end(statements: tuple[Statement, ...]) -> bool:
    """The last thing that they do is a call that may be the last that a caller hears: ``reply.code(401).send()``, ``client.disconnect()``, ``this.reject(client)``."""
    last = statements[-1] if statements else None
    called = last.value.value if isinstance(last, Evaluate) and isinstance(last.value, Await) else getattr(last, "value", None)
    return isinstance(called, Call) and isinstance(called.callee, Attribute)
