"""What functions keep on the app for its handlers: ``app.state.desk = Desk()``, ``app["desk"] = desk``, ``g.desk = desk``, ``yield {"desk": desk}``.

Each is bound as ``@app.desk`` (of Flask's ``g`` as ``@g.desk``, of what a lifespan gives as ``@state.desk``); where several things are kept under one name they are the sources.
"""

from collections.abc import Iterable, Iterator

from batten.code.model import Assign, Attribute, Call, Evaluate, Expression, Literal, Name, Operation, Record, Statement
from batten.code.names import qualify
from batten.code.parts import expressions, last_step, walked
from batten.code.scopes import Scope
from batten.facts.calls import ON_APP, ON_G, ON_REQUEST, ON_STATE, Binding, Origin, Source
from batten.regex import regex
from batten.text import Place

_APPS = regex(r"(?:\w*app|\w*api|application)$", 2)
_MADE = regex(r"[#.](?:FastAPI|Starlette|Flask|Quart|Sanic|Application|Litestar|current_app)$")
_SPACES = frozenset(("state", "ctx", "extensions"))
_NOTHING = ("None", "null", "undefined")
_SERVERS = regex(r"(?:app|application|server|fastify|instance)$", 2)
_OF_REQUESTS = frozenset(("req", "request", "res", "response", "ctx", "context"))
_MOST_PARTS = 40


def kept_on_app(path: str, body: Iterable[Statement], scope: Scope) -> Iterator[Binding]:
    """What the statements of one function keep, one by one."""
    for statement in walked(body):
        for local, value in _kept(statement, scope):
            name = qualify(value, scope)
            if name is not None and not (type(value) is Literal or name in _NOTHING):
                yield Binding(local, name, Place(path, value.span))


def kept_for_requests(path: str, body: Iterable[Statement], scope: Scope) -> Iterator[Binding]:
    """What the statements of one function of JavaScript keep on the app, or put on each request alike: ``app.locals.desk = desk``, ``app.set("desk", desk)``, ``req.desk = desk``."""
    for statement in walked(body):
        for local, value in _kept_by_server(statement):
            name = qualify(value, scope) if local.startswith(f"{ON_APP}.") or _is_of_module(value, scope) else None
            if name is not None and not (type(value) is Literal or name in _NOTHING):
                yield Binding(local, name, Place(path, value.span))


def _kept_by_server(statement: Statement) -> Iterator[tuple[str, Expression]]:
    match statement:
        case Assign(
            target=Attribute(value=Attribute(value=holder, name="locals" | "context" | "state"), name=key), value=Expression() as value
        ):
            last = last_step(holder)
            if _SERVERS.fullmatch(last) is not None:
                yield f"{ON_APP}.{key}", value
            elif last in _OF_REQUESTS:
                yield f"{ON_REQUEST}.{key}", value
        case Assign(target=Attribute(value=Name(id=holder), name=key), value=Expression() as value) if holder in _OF_REQUESTS:
            yield f"{ON_REQUEST}.{key}", value
        case Evaluate(value=Call(callee=Attribute(value=holder, name="set" | "decorate"), args=(Literal(value=str() as key), value))):
            if _SERVERS.fullmatch(last_step(holder)) is not None:
                yield f"{ON_APP}.{key}", value


def _is_of_module(value: Expression, scope: Scope) -> bool:
    """All names in it are the module's or the world's: it is the same whoever sends the request."""
    pending, left = [value], _MOST_PARTS
    while pending and left:
        node, left = pending.pop(), left - 1
        home = scope.find(node.id) if type(node) is Name else None
        if home is not None and home.parent is not None:
            return False
        pending += expressions(node)
    return not pending


def together(kept: Iterable[Binding]) -> Iterator[Binding]:
    """One binding for each name."""
    found: dict[str, dict[str, Binding]] = {}
    for each in kept:
        found.setdefault(each.local, {}).setdefault(each.name or "", each)
    for local, ways in found.items():
        first = next(iter(ways.values()))
        yield Binding(local, first.name, first.place, sources=tuple(Source(Origin.NAME, name) for name in ways))


def _kept(statement: Statement, scope: Scope) -> Iterator[tuple[str, Expression]]:
    match statement:
        case Assign(target=Attribute(value=holder, name=key), value=Expression() as value):
            space = _space(holder, scope)
            if space is not None:
                yield f"{space}.{key}", value
        case Evaluate(value=Call(callee=Name(id="setattr"), args=(holder, Literal(value=str() as key), value))):
            space = _space(holder, scope)
            if space is not None:
                yield f"{space}.{key}", value
        case Evaluate(value=Operation(operator="yield", operands=(Record() as given,))) if len(scope.parameters) == 1:
            yield from ((f"{ON_STATE}.{entry.key}", entry.value) for entry in given.entries if entry.key is not None)


def _space(holder: Expression, scope: Scope) -> str | None:
    """Where something is kept that is set on this; None where that is nothing of the kind."""
    if type(holder) is Attribute and holder.name in _SPACES and _is_app(holder.value, scope):
        return ON_APP
    if _is_app(holder, scope):
        return ON_APP
    return ON_G if qualify(holder, scope) in ("flask#g", "quart#g") else None


def _is_app(holder: Expression, scope: Scope) -> bool:
    return _APPS.fullmatch(last_step(holder)) is not None or _MADE.search(qualify(holder, scope) or "") is not None
