"""What a function of Python does to objects that calls gave it, or callers: what an ORM writes with the next commit; knows no ORM and no other file.

Only where something is kept is it told what is called on such objects, and what they are handed to: elsewhere that says nothing.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from batten.code.model import (
    Assign,
    Attribute,
    Await,
    Call,
    Expression,
    Literal,
    Name,
    Operation,
    Sequence,
    Statement,
    Subscript,
    Unknown,
)
from batten.code.names import CHOICES
from batten.code.parts import expressions, statement_expressions, walked
from batten.code.scopes import Scope, Value, live
from batten.facts.changes import Change, Deed
from batten.text import Span

# What gives one of the things that it is handed, or all of them.
_PASSES_ON = frozenset(("next", "list", "tuple", "set", "iter", "enumerate", "reversed", "sorted", "zip", "cast"))
_SETTERS = frozenset(("setattr", "delattr"))
# Parameters that are no rows, by the names that everyone gives them; and none.
_NO_ROWS = frozenset(("", "self", "cls", "db", "session", "request"))
_MOST_STEPS, _MOST_CHANGES = 60, 400


class _Root(NamedTuple):
    given_by: tuple[Span, ...]
    parameter: str
    known: bool


def row_changes(body: Iterable[Statement], scope: Scope, *, keeps: bool) -> tuple[Change, ...]:
    """The changes in the order of the statements; ``keeps``: something in the function is called like ``KEEPS``."""
    found: list[Change] = []
    for statement in walked(body):
        for target in _targets(statement):
            field = target.name if type(target) is Attribute else ""
            found += _change(Deed.SETS, field, target.value, target.span, scope)
        for part in statement_expressions(statement):
            found += _in_expression(part, scope, keeps=keeps)
        if len(found) > _MOST_CHANGES:
            break
    return tuple(found[:_MOST_CHANGES])


def _targets(statement: Statement) -> Iterator[Attribute | Subscript]:
    """What is assigned to that is a part of something."""
    pending = [statement.target] if type(statement) is Assign else []
    while pending:
        target = pending.pop()
        if type(target) is Sequence:
            pending += reversed(target.items)
        elif isinstance(target, Attribute | Subscript):
            yield target


def _in_expression(node: Expression, scope: Scope, *, keeps: bool) -> Iterator[Change]:
    pending = [node]
    while pending:
        part = pending.pop()
        if type(part) is Call:
            yield from _of_call(part, scope, keeps=keeps)
        elif type(part) is Operation and part.operator == "delete":
            for operand in part.operands:
                if isinstance(operand, Attribute | Subscript):
                    field = operand.name if type(operand) is Attribute else ""
                    yield from _change(Deed.SETS, field, operand.value, operand.span, scope)
        pending += reversed(expressions(part))


def _of_call(call: Call, scope: Scope, *, keeps: bool) -> Iterator[Change]:
    callee = call.callee
    if type(callee) is Name and callee.id in _SETTERS and len(call.args) > 1:
        key = call.args[1]
        field = key.value if type(key) is Literal and isinstance(key.value, str) else ""
        yield from _change(Deed.SETS, field, call.args[0], call.span, scope)
        return
    if not keeps:
        return
    steps: list[str] = []
    holder: Expression = callee
    while type(holder) is Attribute:
        steps.append(holder.name)
        holder = holder.value
    if steps and type(holder) is Name:
        root = _root(holder, scope)
        if root.given_by or root.parameter not in _NO_ROWS:
            yield Change(Deed.CALLS, ".".join(reversed(steps)), root.given_by, root.parameter, call.span)
    for slot, value in _handed(call):
        if type(value) in (Name, Await, Call):
            root = _root(value, scope)
            if root.given_by:
                yield Change(Deed.HANDS, slot, root.given_by, root.parameter, call.span)


def _handed(call: Call) -> Iterator[tuple[str, Expression]]:
    yield from ((str(number), value) for number, value in enumerate(call.args))
    yield from ((keyword.name or "**", keyword.value) for keyword in call.keywords)


def _change(deed: Deed, field: str, holder: Expression, span: Span, scope: Scope) -> Iterator[Change]:
    root = _root(holder, scope)
    if root.given_by or root.parameter or not root.known:
        yield Change(deed, field, root.given_by, root.parameter, span)


def _root(node: Expression, scope: Scope) -> _Root:
    """Where an object comes from, through names, what is taken of it, and what only chooses."""
    given: dict[int, Span] = {}
    parameters: dict[str, None] = {}
    known = True
    # The third says whether a call stands between: what it is called on is not what it gives.
    pending: list[tuple[Expression, Scope, bool]] = [(node, scope, False)]
    seen: set[tuple[int, bool]] = set()
    for _ in range(_MOST_STEPS):
        if not pending:
            return _Root(tuple(given.values()), next(iter(parameters), ""), known)
        part, inside, behind = pending.pop()
        if (id(part), behind) in seen:
            continue
        seen.add((id(part), behind))
        match part:
            case Name(id=name):
                home = inside.find(name)
                values = live(home.values.get(name, []), part.span.start) if home is not None else []
                pending += [(each, value.scope, behind) for value in values for each in _bound(value)]
                if home is None:
                    known = False
                elif name in home.parameters and not behind:
                    parameters[name] = None
            case Call(callee=Name(id=name), args=(first, *_)) if name in _PASSES_ON:
                pending.append((part.args[-1] if name == "cast" else first, inside, behind))
            case Call(callee=callee):
                given.setdefault(part.span.start, part.span)
                if type(callee) is Attribute:
                    pending.append((callee.value, inside, True))
            case Attribute(value=Name(id="self" | "cls")):
                known = False
            case Attribute(value=inner) | Await(value=inner) | Subscript(value=inner):
                pending.append((inner, inside, behind))
            case Operation(operator=operator, operands=operands):
                chosen = operands[1:] if operator == "?:" else operands[-1:] if operator == "=" else operands
                if operator in CHOICES or operator in ("=", "..."):
                    pending += [(each, inside, behind) for each in chosen]
            case Sequence(items=items):
                pending += [(each, inside, behind) for each in items]
            case Unknown(children=children):
                sources = [each.operands[-1] for each in children if type(each) is Operation and each.operator == "="]
                pending += [(each, inside, behind) for each in sources or children]
                known = known and bool(children)
    return _Root(tuple(given.values()), next(iter(parameters), ""), known=False)


def _bound(value: Value) -> tuple[Expression, ...]:
    """What a name was bound to, of a list that is taken apart what stands there."""
    step = value.path[0] if value.path else ""
    items = value.expression.items if type(value.expression) is Sequence else ()
    number = step[1:-1]
    return (items[int(number)],) if number.isdigit() and int(number) < len(items) else (value.expression,)
