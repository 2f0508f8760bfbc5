"""What a test says of the request it is made for: its method, or its path, also through names, lists and matchers of routes; knows no framework but the one that has matchers."""

import re
from collections.abc import Callable
from typing import NamedTuple

from msgspec.structs import replace

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
    Unknown,
)
from batten.code.names import qualify
from batten.code.scopes import Scope, module_scope
from batten.extract.texts import bound_to
from batten.facts.calls import ANSWERED, LISTED, is_callers, paths_matched
from batten.regex import regex

_METHODS = frozenset(("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"))
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
"""What Django REST framework calls so."""
_PATH = regex(r"(?:^|_|[a-z])(?:path|pathname|path_info|url|route)$", re.IGNORECASE)
# Flask's names for the function that answers, and for the blueprint that has it.
_ANSWERING = frozenset(("endpoint", "url_rule.endpoint"))
_BLUEPRINT = "blueprint"
_STARTS = frozenset(("startsWith", "startswith"))
_HOLDS = frozenset(("includes", "has"))
# What a function is handed that looks for the path itself.
_REQUEST = frozenset(("event", "req", "request", "ctx", "context", "c"))
_SETS = frozenset(("Set", "set", "frozenset", "tuple", "list"))
# What leaves a path the same but for what addresses are compared without.
_KEPT = frozenset(("rstrip", "lower"))
_MATCHER = "@clerk/nextjs/server#createRouteMatcher"
# https://svelte.dev/docs/kit/$app-paths#base
_ROOTS = frozenset(("$app/paths#base", "$app/paths.base"))
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
        asked = [part for part in test.operands if leaf is not _path or not _is_preflight(part)]
        parts = [_tests(part, scope, leaf, depth - 1) for part in asked]
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


def let_by(test: Expression, scope: Scope) -> list[RequestTest]:
    """What suffices of the address for ``a or path in OPEN`` to pass, whatever else does."""
    if type(test) is not Operation or test.operator != "||" or path_tests(test, scope):
        return []
    parts = [path_tests(part, scope) for part in test.operands]
    return [found[0] for found in parts if len(found) == 1 and found[0].alone]


def _is_preflight(test: Expression) -> bool:
    """It holds for what browsers ask before they ask for a route, and for no request of a route itself."""
    match test:
        case Operation(operator="==", operands=(Attribute(name="method"), Literal(value="OPTIONS"))):
            return True
    return False


def _method(test: Expression, scope: Scope) -> RequestTest | None:  # noqa: ARG001 - as for paths
    match test:
        case Operation(operator="==" | "!=" as sign, operands=(Attribute(name="method"), Literal(value=str(value)))) if (
            value.upper() in _METHODS
        ):
            return RequestTest((value.upper(),), sign == "==")
        case Operation(operator="in" | "not in" as sign, operands=(Attribute(name="method"), Sequence(items=items))):
            named = tuple(item.value.upper() for item in items if isinstance(item, Literal) and isinstance(item.value, str))
            return RequestTest(named, sign == "in") if named and len(named) == len(items) else None
        case Operation(
            operator="in" | "not in" as sign, operands=(Attribute(name="method"), Attribute(name="SAFE_METHODS") | Name(id="SAFE_METHODS"))
        ):
            return RequestTest(SAFE_METHODS, sign == "in")
    return None


class Apart(NamedTuple):
    """A test without what it says of the address, and where it comes down to the rest of it: for requests for which all of ``where`` holds."""

    rest: Expression
    where: tuple[RequestTest, ...]


def apart(test: Expression, scope: Scope) -> Apart | None:
    """The parts of ``a && b``, or of ``a || b``, that say nothing of the address, where there are others; None where there are none, or nothing is left."""
    if type(test) is Operation and test.operator == "!" and test.operands:
        inner = apart(test.operands[0], scope)
        return inner and inner._replace(rest=Operation(test.span, "!", (inner.rest,)))
    if type(test) is not Operation or test.operator not in ("&&", "||"):
        return None
    rest: list[Expression] = []
    where: list[RequestTest] = []
    for part in test.operands:
        if (test.operator == "&&" and _about(part) is not None) or (test.operator == "||" and _is_preflight(part)):
            continue  # every request that comes to a route has an address
        found = path_tests(part, scope)
        if len(found) == 1 and found[0].alone:
            where.append(found[0] if test.operator == "&&" else found[0]._replace(equal=not found[0].equal))
        else:
            rest.append(part)
    whole = rest[0] if len(rest) == 1 else Operation(test.span, test.operator, tuple(rest))
    return Apart(whole, tuple(where)) if rest and where else None


def is_of_listed_path(test: Expression, scope: Scope) -> bool:
    """A list of paths is asked for the one of the request, and nothing else: ``OPEN.includes(pathname)``, ``PRIVATE.some((start) => pathname.startsWith(start))``; or a name holds the answer."""
    bound = bound_to(test, scope) if isinstance(test, Name) else None
    asked, inside = bound if bound is not None else (test, scope)
    if not isinstance(asked, Call) or not isinstance(asked.callee, Attribute):
        return False
    return (asked.callee.name == "some" or asked.callee.name in _HOLDS) and _path(asked, inside) is not None


def _path(test: Expression, scope: Scope) -> RequestTest | None:
    test = _from_root(test, scope)
    match test:
        case Operation(operator="==" | "!=" as sign, operands=(found, Literal(value=str(value)))) if kind := _kind(found, scope):
            return _of(kind.written((value,)), sign == "==")
        case Operation(operator="in" | "not in" as sign, operands=(found, listed)) if kind := _kind(found, scope):
            return _of(kind.listed(listed, scope), sign == "in")
        case Call(callee=Attribute(name=name, value=found), args=(given, *_)) if name in _STARTS and (kind := _kind(found, scope)):
            values = (
                kind.written((given.value,)) if isinstance(given, Literal) and isinstance(given.value, str) else kind.listed(given, scope)
            )
            return _of(tuple(f"{value}*" for value in values))
        case Call(callee=Attribute(name=name, value=listed), args=(found,)) if name in _HOLDS and (kind := _kind(found, scope)):
            return _of(kind.listed(listed, scope))
        case Call(callee=Attribute(name="some", value=listed), args=(Lambda() as asked,)):
            return _of(_each(asked, listed, scope))
        case Call(callee=Name(id="any"), args=(Unknown() as asked,)):
            return _of(_comprehended(asked, scope))
        case Call(callee=Name() as matcher, args=(_, *_)):
            return _of((_matched(matcher, scope) if len(test.args) == 1 else ()) or _answered(test, scope))
    return None


def _from_root(test: Expression, scope: Scope) -> Expression:
    """The test without the folder that the app is served below: ``path === `${base}/login` ``."""
    match test:
        case Operation(operands=(found, Template() as given)):
            return replace(test, operands=(found, _below_root(given, scope)))
        case Call(callee=Attribute(name=name), args=(Template() as given,)) if name in _STARTS:
            return replace(test, args=(_below_root(given, scope),))
    return test


def _below_root(given: Template, scope: Scope) -> Expression:
    match given.parts:
        case (Name() as start, Literal(value=str()) as rest) if qualify(start, scope) in _ROOTS:
            return rest
    return given


def _of(values: tuple[str, ...], equal: bool = True) -> RequestTest | None:
    return RequestTest(values, equal) if values else None


class _Kind(NamedTuple):
    """What of a request is compared: its path, or the name of the function that answers; ``mark`` and ``end`` stand round names of the latter."""

    mark: str = ""
    end: str = ""

    def written(self, values: tuple[object, ...]) -> tuple[str, ...]:
        """The values in the notation of ``ForPaths``; empty where one can't be of the kind."""
        texts = [value for value in values if isinstance(value, str) and (value.startswith("/") or self.mark)]
        return tuple(f"{self.mark}{text}{self.end}" for text in texts) if len(texts) == len(values) else ()

    def listed(self, node: Expression, scope: Scope) -> tuple[str, ...]:
        """The same of a list of constants, or of the name of a list in another file."""
        items = _items(node, scope, _DEEPEST)
        if isinstance(items, str):
            return (f"{LISTED}{items}",) if not self.mark else ()
        return self.written(tuple(item for item in items if item is not None)) if 0 < len(items) <= _MOST_VALUES else ()


_PATHS = _Kind()


def _kind(found: Expression, scope: Scope) -> _Kind | None:
    if isinstance(found, Name) and len(scope.parameters) == 1 and found.id in scope.parameters:
        return _PATHS  # a function that is only handed one thing is asked about that
    about = _about(found)
    if about is None:
        return None
    # What a name is made of may be less than the path: a part of it, or one without its language.
    bound = bound_to(found, scope) if isinstance(found, Name) else None
    if bound is None:
        return None if isinstance(found, Name) and about.mark else about
    match bound[0]:
        case Subscript(value=Call(callee=Attribute(name="split", value=whole), args=(Literal(value="?"),)), index=Literal(value=0)):
            return _kind(whole, bound[1])
    return _about(bound[0]) or (about if isinstance(bound[0], Attribute | Name) and not about.mark else None)


def _about(found: Expression) -> _Kind | None:
    """What an expression says of the address, by its name."""
    match found:
        case Call(callee=Attribute(name=name, value=inner)) if name in _KEPT:
            return _about(inner)
        case Attribute(name=name, value=inner):
            if name in _ANSWERING and getattr(inner, "id", "") == "request":
                return _Kind("@")
            if name == _BLUEPRINT and getattr(inner, "id", "") == "request":
                return _Kind("@", ".*")
        case Name(id=name):
            if name == "endpoint":
                return _Kind("@")
        case _:
            return None
    return _PATHS if _PATH.search(name) is not None else None


def _items(node: Expression, scope: Scope, depth: int) -> tuple[object, ...] | str:
    """The constants in a list, or the qualified name of a list in another file; empty where one can't be told."""
    bound = bound_to(node, scope) if isinstance(node, Name) else _field(node, scope)
    items, inside = bound if bound is not None else (node, scope)
    if depth and bound is not None and isinstance(items, Name | Operation):
        return _items(items, inside, depth - 1)
    if isinstance(items, Call) and isinstance(items.callee, Name) and items.callee.id in _SETS and len(items.args) == 1:
        return _items(items.args[0], inside, depth - 1) if depth else ()
    if isinstance(items, Sequence):
        known = tuple(item.value for item in items.items if isinstance(item, Literal))
        return known if len(known) == len(items.items) else ()
    if isinstance(items, Operation) and items.operator in ("+", "|") and depth:
        parts = [_items(part, inside, depth - 1) for part in items.operands]
        return tuple(value for part in parts for value in part) if all(part and not isinstance(part, str) for part in parts) else ()
    name = qualify(items, inside) if isinstance(items, Name | Attribute) else None
    told = name is not None and not is_callers(name) and (type(items) is Name or "#" in name)
    return name if name is not None and told else ()


def _field(node: Expression, scope: Scope) -> tuple[Expression, Scope] | None:
    """What a field of the object at hand is set to, once: ``self.open = ["/login"]``."""
    if scope.this is None or not isinstance(node, Attribute) or getattr(node.value, "id", "") not in ("self", "this", "cls"):
        return None
    values = module_scope(scope).values.get(f"{scope.this}.{node.name}", [])
    once = len({value.expression.span for value in values}) == 1 and not values[0].path
    return (values[0].expression, values[0].scope) if once else None


def _each(asked: Lambda, listed: Expression, scope: Scope) -> tuple[str, ...]:
    """The paths that a function of one of these values asks for: ``(start) => path === start || path.startsWith(`${start}/`)``."""
    function = asked.function
    if len(function.parameters) != 1 or not isinstance(function.parameters[0].target, Name) or len(function.body) != 1:
        return ()
    body = function.body[0]
    return _by_each(function.parameters[0].target.id, listed, body.value if isinstance(body, Return) else None, scope)


def _comprehended(asked: Unknown, scope: Scope) -> tuple[str, ...]:
    """The same of ``path.startswith(start) for start in OPEN``."""
    match asked.children:
        case (Operation(operator="=", operands=(Name(id=name), listed)), element):
            return _by_each(name, listed, element, scope)
    return ()


def _by_each(parameter: str, listed: Expression, value: Expression | None, scope: Scope) -> tuple[str, ...]:
    parts = value.operands if isinstance(value, Operation) and value.operator == "||" else (value,)
    found: list[str] = []
    for part in parts:
        match part:
            case Operation(operator="==", operands=(path, Name(id=name)) | (Name(id=name), path)) if name == parameter and (
                kind := _kind(path, scope)
            ):
                end = ""
            case Call(callee=Attribute(name=name, value=path), args=(Name(id=start),)) if (
                name in _STARTS and start == parameter and (kind := _kind(path, scope))
            ):
                end = "*"
            case Call(
                callee=Attribute(name=name, value=path),
                args=(
                    Template(parts=(Name(id=start), Literal(value="/")))
                    | Operation(operator="+", operands=(Name(id=start), Literal(value="/"))),
                ),
            ) if name in _STARTS and start == parameter and (kind := _kind(path, scope)):
                end = "/*"
            case _:
                return ()
        values = kind.listed(listed, scope)
        if not values:
            return ()
        found += [f"{value}{end}" for value in values]
    return tuple(found)


def _matched(matcher: Name, scope: Scope) -> tuple[str, ...]:
    """The paths that a matcher of routes stands for; empty where one of its patterns is another than a beginning."""
    bound = bound_to(matcher, scope)
    if bound is None or not isinstance(bound[0], Call) or len(bound[0].args) != 1 or qualify(bound[0].callee, bound[1]) != _MATCHER:
        return ()
    given = bound[0].args[0]
    values = _PATHS.listed(given, bound[1]) or ((given.value,) if isinstance(given, Literal) and isinstance(given.value, str) else ())
    found = [paths_matched(value) for value in values]
    return tuple(path for paths in found for path in paths) if all(found) else ()


def _answered(asked: Call, scope: Scope) -> tuple[str, ...]:
    """One of the app's own functions that is asked about the path."""
    name = qualify(asked.callee, scope)
    if name is None or is_callers(name) or "[]" in name:
        return ()
    about = any(_kind(given, scope) == _PATHS or (isinstance(given, Name) and given.id in _REQUEST) for given in asked.args)
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
                like = _by_each(each, listed, test, scope)
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
