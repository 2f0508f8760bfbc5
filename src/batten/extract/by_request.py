"""Parts of a handler that run for some requests and not for others, by their method or their path; knows no framework."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from batten.code.model import (
    Attribute,
    Block,
    Branch,
    Call,
    Expression,
    Literal,
    Loop,
    Name,
    Operation,
    Raise,
    Return,
    Sequence,
    Statement,
    Try,
)
from batten.facts.calls import ForMethods, ForPaths
from batten.text import Span

_METHODS = frozenset(("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"))
_PATH = re.compile(r"(?:^|_|[a-z])(?:path|pathname|url|route)$", re.IGNORECASE)
_STARTS = frozenset(("startsWith", "startswith"))
_DEEPEST = 12
_MOST = 64


class _Test(NamedTuple):
    """The values that a test names; ``equal``: it holds for them; ``alone``: for all of them, whatever else there is about a request."""

    values: tuple[str, ...]
    equal: bool
    alone: bool = True


class _Range(NamedTuple):
    values: tuple[str, ...]
    reach: Span
    for_them: bool


def by_request(body: tuple[Statement, ...], end: int) -> tuple[tuple[ForMethods, ...], tuple[ForPaths, ...]]:
    """The ranges behind ``request.method == "POST"``, and those behind ``url.pathname === "/api/notes"``; ``end`` is that of the body."""
    methods: list[ForMethods] = []
    paths: list[ForPaths] = []
    for branch, after in branches(body, end, 0):
        if len(methods) >= _MOST or len(paths) >= _MOST:
            break
        methods += (ForMethods(*each) for each in _ranges(branch, after, _methods))
        paths += (ForPaths(*each) for each in _ranges(branch, after, _paths))
    return tuple(methods), tuple(paths)


def branches(body: tuple[Statement, ...], end: int, depth: int) -> Iterator[tuple[Branch, int]]:
    """Every branch, and where what comes after it ends."""
    if depth > _DEEPEST:
        return
    for statement in body:
        match statement:
            case Branch():
                yield statement, end
                yield from branches(statement.body, statement.body[-1].span.end if statement.body else statement.span.end, depth + 1)
                yield from branches(statement.orelse, statement.span.end, depth + 1)
            case Try():
                for part in (statement.body, *(handler.body for handler in statement.handlers), statement.orelse, statement.final):
                    yield from branches(part, end if len(body) == 1 else statement.span.end, depth + 1)
            case Block() | Loop():
                yield from branches(statement.body, statement.span.end, depth + 1)


def _ranges(branch: Branch, end: int, tested: Callable[[Expression], _Test | None]) -> Iterator[_Range]:
    test = tested(branch.test)
    if test is None:
        return
    yield from _range(branch.body, test.values, test.equal)
    if not test.alone:
        return
    yield from _range(branch.orelse, test.values, not test.equal)
    if not branch.orelse and branch.body and isinstance(branch.body[-1], Return | Raise):
        yield _Range(test.values, Span(branch.span.end, max(end, branch.span.end)), not test.equal)


def _range(part: tuple[Statement, ...], values: tuple[str, ...], for_them: bool) -> Iterator[_Range]:
    if part:
        yield _Range(values, Span(part[0].span.start, part[-1].span.end), for_them)


def _methods(test: Expression) -> _Test | None:
    match test:
        case Operation(operator="==" | "!=" as sign, operands=(Attribute(name="method"), Literal(value=str(value)))) if (
            value.upper() in _METHODS
        ):
            return _Test((value.upper(),), sign == "==")
        case Operation(operator="in" | "not in" as sign, operands=(Attribute(name="method"), Sequence(items=items))):
            named = tuple(item.value.upper() for item in items if isinstance(item, Literal) and isinstance(item.value, str))
            return _Test(named, sign == "in") if named and len(named) == len(items) else None
    return _together(test, _methods)


def _paths(test: Expression) -> _Test | None:
    match test:
        case Operation(operator="==" | "!=" as sign, operands=(found, Literal(value=str(value)))) if value.startswith("/") and _is_path(
            found
        ):
            return _Test((value,), sign == "==")
        case Call(callee=Attribute(name=name, value=found), args=(Literal(value=str(value)), *_)) if (
            name in _STARTS and value.startswith("/") and _is_path(found)
        ):
            return _Test((f"{value}*",), True)
    return _together(test, _paths)


def _is_path(found: Expression) -> bool:
    name = found.name if isinstance(found, Attribute) else found.id if isinstance(found, Name) else ""
    return _PATH.search(name) is not None


def _together(test: Expression, tested: Callable[[Expression], _Test | None]) -> _Test | None:
    """``path === "/a" && request.method === "POST"`` holds for no other path; ``path === "/a" || path === "/b"`` for both."""
    if not isinstance(test, Operation) or test.operator not in ("&&", "||"):
        return None
    found = [tested(operand) for operand in test.operands]
    if test.operator == "&&":
        return next((each._replace(alone=False) for each in found if each is not None and each.equal), None)
    known = [each for each in found if each is not None and each.equal]
    values = tuple(value for each in known for value in each.values)
    return _Test(values, True, all(each.alone for each in known)) if known and len(known) == len(found) else None
