"""What a test says of the request it is made for: its method, or its path, also through names, lists and matchers of routes; knows no framework but the one that has matchers."""

import re
from collections.abc import Callable
from typing import NamedTuple

from batten.code.model import (
    Assign,
    Attribute,
    Branch,
    Call,
    Expression,
    Lambda,
    Literal,
    Loop,
    Name,
    Operation,
    Return,
    Sequence,
    Statement,
    Subscript,
    Template,
)
from batten.code.names import qualify
from batten.code.scopes import Scope
from batten.extract.texts import bound_to
from batten.facts.calls import ANSWERED, LISTED, is_callers, paths_matched
from batten.regex import regex

_METHODS = frozenset(("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"))
_PATH = regex(r"(?:^|_|[a-z])(?:path|pathname|url|route)$", re.IGNORECASE)
_STARTS = frozenset(("startsWith", "startswith"))
_HOLDS = frozenset(("includes", "has"))
# What a function is handed that looks for the path itself.
_REQUEST = frozenset(("event", "req", "request", "ctx", "context", "c"))
_MATCHER = "@clerk/nextjs/server#createRouteMatcher"
_DEEPEST = 8
_MOST_VALUES = 200


class RequestTest(NamedTuple):
    """The values that a test names, ``/api/*`` for all paths that begin so. ``equal``: it holds for them; else for all others. ``alone``: nothing else has to hold."""

    values: tuple[str, ...]
    equal: bool
    alone: bool = True


_Leaf = Callable[[Expression, Scope], RequestTest | None]


def method_tests(test: Expression, scope: Scope) -> list[RequestTest]:
    """What has to hold of the method, each on its own, for a test to pass."""
    return _tests(test, scope, _method, _DEEPEST)


def path_tests(test: Expression, scope: Scope) -> list[RequestTest]:
    """What has to hold of the path, each on its own, for a test to pass."""
    return _tests(test, scope, _path, _DEEPEST)


def _tests(test: Expression, scope: Scope, leaf: _Leaf, depth: int) -> list[RequestTest]:
    if depth == 0:
        return []
    if type(test) is Operation and test.operator == "&&":
        # ``path === "/a" && request.method === "POST"`` holds for no other path.
        return [found._replace(alone=False) for part in test.operands for found in _tests(part, scope, leaf, depth - 1)]
    if type(test) is Operation and test.operator == "||":
        parts = [_tests(part, scope, leaf, depth - 1) for part in test.operands]
        known = [part[0] for part in parts if len(part) == 1 and part[0].equal]
        values = tuple(value for found in known for value in found.values)
        return [RequestTest(values, True, all(found.alone for found in known))] if len(known) == len(parts) else []
    if type(test) is Operation and test.operator == "!" and test.operands:
        inner = _tests(test.operands[0], scope, leaf, depth - 1)
        return [inner[0]._replace(equal=not inner[0].equal)] if len(inner) == 1 and inner[0].alone else []
    if type(test) is Name:
        bound = bound_to(test, scope)
        return _tests(*bound, leaf, depth - 1) if bound is not None else []
    found = leaf(test, scope)
    return [found] if found is not None else []


def _method(test: Expression, scope: Scope) -> RequestTest | None:  # noqa: ARG001 - as for paths
    match test:
        case Operation(operator="==" | "!=" as sign, operands=(Attribute(name="method"), Literal(value=str(value)))) if (
            value.upper() in _METHODS
        ):
            return RequestTest((value.upper(),), sign == "==")
        case Operation(operator="in" | "not in" as sign, operands=(Attribute(name="method"), Sequence(items=items))):
            named = tuple(item.value.upper() for item in items if isinstance(item, Literal) and isinstance(item.value, str))
            return RequestTest(named, sign == "in") if named and len(named) == len(items) else None
    return None


def _path(test: Expression, scope: Scope) -> RequestTest | None:
    match test:
        case Operation(operator="==" | "!=" as sign, operands=(found, Literal(value=str(value)))) if value.startswith("/") and _is_path(
            found, scope
        ):
            return RequestTest((value,), sign == "==")
        case Operation(operator="in" | "not in" as sign, operands=(found, listed)) if _is_path(found, scope):
            return _of(_listed(listed, scope), sign == "in")
        case Call(callee=Attribute(name=name, value=found), args=(Literal(value=str(value)), *_)) if (
            name in _STARTS and value.startswith("/") and _is_path(found, scope)
        ):
            return RequestTest((f"{value}*",), True)
        case Call(callee=Attribute(name=name, value=listed), args=(found,)) if name in _HOLDS and _is_path(found, scope):
            return _of(_listed(listed, scope))
        case Call(callee=Attribute(name="some", value=listed), args=(Lambda() as asked,)):
            return _of(_each(asked, _listed(listed, scope), scope))
        case Call(callee=Name() as matcher, args=(_, *_)):
            return _of((_matched(matcher, scope) if len(test.args) == 1 else ()) or _answered(test, scope))
    return None


def _of(values: tuple[str, ...], equal: bool = True) -> RequestTest | None:
    return RequestTest(values, equal) if values else None


def _is_path(found: Expression, scope: Scope) -> bool:
    name = found.name if isinstance(found, Attribute) else found.id if isinstance(found, Name) else ""
    if isinstance(found, Name) and len(scope.parameters) == 1 and name in scope.parameters:
        return True  # a function that is only handed one thing is asked about that
    if _PATH.search(name) is None:
        return False
    # What a name is made of may be less than the path: a part of it, or one without its language.
    bound = bound_to(found, scope) if isinstance(found, Name) else None
    if bound is not None:
        match bound[0]:
            case Subscript(value=Call(callee=Attribute(name="split", value=whole), args=(Literal(value="?"),)), index=Literal(value=0)):
                return _is_path(whole, bound[1])
    return bound is None or isinstance(bound[0], Attribute | Name)


def _listed(node: Expression, scope: Scope) -> tuple[str, ...]:
    """The paths of a list of constants, or where those of another file are; empty where one is none."""
    bound = bound_to(node, scope) if isinstance(node, Name) else None
    if bound is None and isinstance(node, Name):
        name = qualify(node, scope)
        return (f"{LISTED}{name}",) if name is not None and not is_callers(name) else ()
    items = bound[0] if bound is not None else node
    if isinstance(items, Call) and isinstance(items.callee, Name) and items.callee.id == "Set" and len(items.args) == 1:
        items = items.args[0]
    if not isinstance(items, Sequence) or not 0 < len(items.items) <= _MOST_VALUES:
        return ()
    values = [
        item.value for item in items.items if isinstance(item, Literal) and isinstance(item.value, str) and item.value.startswith("/")
    ]
    return tuple(values) if len(values) == len(items.items) else ()


def _each(asked: Lambda, values: tuple[str, ...], scope: Scope) -> tuple[str, ...]:
    """The paths that a function of one of these values asks for: ``(start) => path === start || path.startsWith(`${start}/`)``."""
    function = asked.function
    if len(function.parameters) != 1 or not isinstance(function.parameters[0].target, Name) or len(function.body) != 1:
        return ()
    body, parameter = function.body[0], function.parameters[0].target.id
    return _like(body.value if isinstance(body, Return) else None, parameter, values, scope)


def _like(value: Expression | None, parameter: str, values: tuple[str, ...], scope: Scope) -> tuple[str, ...]:
    """The paths that a test asks for where a name stands for one of these values after the other."""
    parts = value.operands if isinstance(value, Operation) and value.operator == "||" else (value,)
    found: list[str] = []
    for part in parts:
        match part:
            case Operation(operator="==", operands=(path, Name(id=name)) | (Name(id=name), path)) if name == parameter and _is_path(
                path, scope
            ):
                found += values
            case Call(callee=Attribute(name=name, value=path), args=(Name(id=start),)) if (
                name in _STARTS and start == parameter and _is_path(path, scope)
            ):
                found += [f"{value}*" for value in values]
            case Call(
                callee=Attribute(name=name, value=path),
                args=(
                    Template(parts=(Name(id=start), Literal(value="/")))
                    | Operation(operator="+", operands=(Name(id=start), Literal(value="/"))),
                ),
            ) if name in _STARTS and start == parameter and _is_path(path, scope):
                found += [f"{value}/*" for value in values]
            case _:
                return ()
    return tuple(found)


def _matched(matcher: Name, scope: Scope) -> tuple[str, ...]:
    """The paths that a matcher of routes stands for; empty where one of its patterns is another than a beginning."""
    bound = bound_to(matcher, scope)
    if bound is None or not isinstance(bound[0], Call) or len(bound[0].args) != 1 or qualify(bound[0].callee, bound[1]) != _MATCHER:
        return ()
    given = bound[0].args[0]
    values = _listed(given, bound[1]) or ((given.value,) if isinstance(given, Literal) and isinstance(given.value, str) else ())
    found = [paths_matched(value) for value in values]
    return tuple(path for paths in found for path in paths) if all(found) else ()


def _answered(asked: Call, scope: Scope) -> tuple[str, ...]:
    """One of the app's own functions that is asked about the path."""
    name = qualify(asked.callee, scope)
    if name is None or is_callers(name) or "[]" in name:
        return ()
    about = any(_is_path(given, scope) or (isinstance(given, Name) and given.id in _REQUEST) for given in asked.args)
    return (f"{ANSWERED}{name}",) if about else ()


def answer(body: tuple[Statement, ...], scope: Scope) -> RequestTest | None:
    """Of which paths a function says yes that is asked about one; None for a function that does more, or may say it of others."""
    values: list[str] = []
    for statement in body:
        match statement:
            case Assign():
                continue
            case Branch(orelse=(), body=(Return(value=Literal(value=True)),)):
                found = path_tests(statement.test, scope)
                if len(found) != 1 or not found[0].equal or not found[0].alone:
                    return None
                values += found[0].values
            case Loop(
                target=Name(id=each),
                source=Expression() as listed,
                orelse=(),
                body=(Branch(orelse=(), body=(Return(value=Literal(value=True)),), test=test),),
            ):
                like = _like(test, each, _listed(listed, scope), scope)
                if not like:
                    return None
                values += like
            case Return(value=Literal(value=False)) if values:
                return RequestTest(tuple(values), True)
            case Return(value=Expression() as given):
                last = path_tests(given, scope)
                if len(last) != 1 or not last[0].alone or (values and not last[0].equal):
                    return None
                return RequestTest((*values, *last[0].values), last[0].equal)
            case _:
                return None
    return None
