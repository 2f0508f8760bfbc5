"""Routes that are registered by a call: the guard stands between the path and the handler."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from batten.code.model import Attribute, Call, Expression, Lambda, Literal, Name, Record, Sequence, Statement, Unit
from batten.code.parts import expressions, statement_expressions
from batten.facts.routes import Route
from batten.finding import Edit
from batten.regex import regex
from batten.remedies.guards.imports import brought, merged
from batten.remedies.guards.siblings import Sources
from batten.text import Span

_DEEPEST = 30
# What stands before handlers and asks for something else than who calls.
_OTHERWISE = regex(
    r"(?i:input|body|schema|payload|params|query|upload|multer|limit|pars[ei]|logg|cors|json|sanitiz|cache|compress)|[vV]alid"
)
_AFTER_ALL = regex(r"token|session|auth|jwt|login|access", re.IGNORECASE)


class _Guards(NamedTuple):
    """What stands before the handler of a guarded route, outermost first: where it is written, how, and the names that it begins with."""

    path: str
    written: tuple[str, ...]
    names: tuple[str, ...]


def express(sources: Sources, route: Route) -> Iterator[tuple[str, list[Edit]]]:
    """As further arguments after the path: Express, Hono."""
    call = _registration(sources, route)
    if call is None or len(call.args) < 2:  # noqa: PLR2004 - a path and a handler
        return
    there = {name for each in call.args[1:-1] if (name := _called(each)) is not None}
    for guards, imports in _to_be_had(sources, route):
        if there & {*guards.written}:
            continue
        after = call.args[0].span.end
        yield ", ".join(guards.written), [*imports, Edit(route.place.path, Span(after, after), f", {', '.join(guards.written)}")]


def fastify(sources: Sources, route: Route) -> Iterator[tuple[str, list[Edit]]]:
    """As ``preHandler`` of a route that has no options yet."""
    call = _registration(sources, route)
    if call is None or len(call.args) != 2:  # noqa: PLR2004 - a path and a handler
        return
    for guards, imports in _to_be_had(sources, route):
        after = call.args[0].span.end
        several = ", ".join(guards.written)
        hooks = several if len(guards.written) == 1 else f"[{several}]"
        yield several, [*imports, Edit(route.place.path, Span(after, after), f", {{ preHandler: {hooks} }}")]


def _to_be_had(sources: Sources, route: Route) -> Iterator[tuple[_Guards, list[Edit]]]:
    """The guards that the file of the route can have, with their imports."""
    for guards in _guards(sources, route):
        edits = [brought(sources, name, guards.path, route.place.path) for name in dict.fromkeys(guards.names)]
        if None not in edits:
            yield guards, merged([edit for each in edits for edit in each or ()])


def _guards(sources: Sources, route: Route) -> Iterator[_Guards]:
    """What stands in the same file first, then what is used most."""
    found: Counter[_Guards] = Counter()
    order: dict[_Guards, int] = {}
    for sibling in sources.guarded(route):
        unit = sources.unit(sibling.place.path)
        if unit is None:
            continue
        known = {guard.rpartition(".")[2] for guard in sibling.guards}
        for row in _before_handlers(unit, sibling):
            guards = _row(sources.text(unit.path), unit.path, row, known)
            if guards.written:
                found[guards] += 1
                order.setdefault(guards, len(order))
    yield from sorted(found, key=lambda each: (each.path != route.place.path, -found[each], order[each]))


def _row(text: bytes, path: str, row: tuple[Expression, ...], known: set[str]) -> _Guards:
    """Those of a row that are known as guards; what stands there alone is one, whatever it is called here."""
    named = [(each, name) for each in row if (name := _called(each)) is not None]
    chosen = [(each, name) for each, name in named if name.rpartition(".")[2] in known] or (named if known and len(named) == 1 else [])
    chosen = [(each, name) for each, name in chosen if not _OTHERWISE.search(name) or _AFTER_ALL.search(name)]
    written = [text[each.span.start : each.span.end].decode("utf-8", "replace") for each, _ in chosen]
    return _Guards(path, tuple(written), tuple(name.partition(".")[0] for _, name in chosen))


def _before_handlers(unit: Unit, route: Route) -> Iterator[tuple[Expression, ...]]:
    """What a route has between the path and the last argument, and what each ``use`` of its file has."""
    for call in calls(unit):
        here = call.span.start <= route.place.span.start < call.span.end
        method = call.callee.name if isinstance(call.callee, Attribute) else ""
        if here or method in ("use", "addHook"):
            yield tuple(each for argument in (call.args[:-1] if here else call.args) for each in _each(argument))


def _each(argument: Expression) -> Iterator[Expression]:
    if isinstance(argument, Record):
        for entry in argument.entries:
            if entry.key in ("preHandler", "onRequest", "preValidation"):
                yield from _each(entry.value)
    elif isinstance(argument, Sequence):
        yield from argument.items
    elif not isinstance(argument, Literal | Lambda):
        yield argument


def _called(expression: Expression) -> str | None:
    """``requireUser``, ``auth.required``, and ``requireRole`` of ``requireRole('admin')``."""
    if isinstance(expression, Call):
        return None if any(not isinstance(argument, Literal) for argument in expression.args) else _called(expression.callee)
    if isinstance(expression, Attribute):
        inner = _called(expression.value)
        return None if inner is None else f"{inner}.{expression.name}"
    return expression.id if isinstance(expression, Name) else None


def _registration(sources: Sources, route: Route) -> Call | None:
    """The innermost call that registers a route: its first argument is the path."""
    unit = sources.unit(route.place.path)
    if unit is None:
        return None
    around = [
        call
        for call in calls(unit)
        if call.span.start <= route.place.span.start < call.span.end
        and isinstance(call.callee, Attribute)
        and call.args
        and isinstance(call.args[0], Literal)
    ]
    return min(around, key=lambda call: call.span.end - call.span.start, default=None)


def calls(unit: Unit) -> Iterator[Call]:
    """Every call of a file, those inside functions too."""
    pending: list[tuple[Statement | Expression, int]] = [(statement, 0) for statement in unit.body]
    while pending:
        node, depth = pending.pop()
        if depth > _DEEPEST:
            continue
        if isinstance(node, Expression):
            if isinstance(node, Call):
                yield node
            inner: tuple[Statement | Expression, ...] = node.function.body if isinstance(node, Lambda) else expressions(node)
        else:
            inner = (*statement_expressions(node), *below(node))
        pending += [(each, depth + 1) for each in inner]


def below(statement: Statement) -> Iterator[Statement]:
    """The statements inside one."""
    for field in ("body", "orelse", "items", "final"):
        yield from getattr(statement, field, ())
    for handler in getattr(statement, "handlers", ()):
        yield from handler.body
    value = getattr(statement, "value", None)
    if not isinstance(value, Expression):
        yield from getattr(value, "body", ())
