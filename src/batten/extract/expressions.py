"""The calls, functions and conditions in one expression, as facts of the function that it stands in; knows no statements."""

from collections.abc import Callable
from typing import NamedTuple

from batten.code import model
from batten.code.aliases import called_on_the_spot
from batten.code.model import Attribute, Await, Expression, Lambda, Literal, Name, Operation, Record
from batten.code.names import CHOICES, binding_of, is_parameter, maker_of, qualify
from batten.code.parts import expressions
from batten.code.scopes import Scope
from batten.extract.arguments import arguments
from batten.extract.requirements import Requirement, requirements
from batten.extract.responses import leaves
from batten.facts.calls import Call, ForSome, Guard, Join, Result
from batten.regex import regex
from batten.text import Place, Span

# Calls that neither guard nor do anything to the world: what they are given is not kept.
_WITHOUT_ARGUMENTS = regex(
    r"(?:console|JSON|Math|Object|Array|Promise)\."
    r"|(?:String|Number|Map|Date|Error|Response|URL|Set|Boolean|parseInt|print|len|str|int|isinstance)(?:\.|$)"
    r"|(?:zod|react|logging|datetime|typing|dataclasses|lucide-react|class-variance-authority|clsx|date-fns|uuid|vitest|pytest)#"
    # Bounds on what may be sent are the exception, and what is looked at by a method.
    r"|pydantic#(?!Field$|constr$|StringConstraints$|field_validator$|validator$)"
    r"|zod/|next/server#NextResponse\.json"
)

EACH = frozenset(("forEach", "map"))
"""Methods of a list that hand each item to a function."""


class Task(NamedTuple):
    """A function that is still to be summarised."""

    name: str
    function: model.Function
    scope: Scope
    wrappers: tuple[Call, ...]


class File(NamedTuple):
    """What the functions of one file share while they are summarised; ``tables`` are the lists whose items a function is handed, by its start.

    ``made`` keeps expressions that were put together here: what is known of one is known by its ``id``. ``aliases`` are the names that a function is
    called with on the spot, by its start.
    """

    path: str
    never_returns: Callable[[str], bool]
    tasks: list[Task]
    lambdas: dict[int, str]
    ordinals: dict[str, int]
    names: set[str]
    tables: dict[int, tuple[Expression, Scope]]
    made: list[Expression]
    aliases: dict[int, tuple[Expression, ...]]


class Draft(NamedTuple):
    """The facts of the function at hand, as they are found."""

    scope: Scope
    calls: list[Call]
    guards: list[Guard]
    joins: list[Join]
    results: list[Result]
    yields: list[str]
    for_some: list[ForSome]
    caught: list[Join]


def wrapper_of(file: File, scope: Scope, decorator: Expression, *, listed: bool = False) -> Call | None:
    """A decorator as a call; a bare one has no arguments. None where it has no name."""
    if isinstance(decorator, model.Call):
        return call_of(file, scope, decorator, None, listed=listed)
    name = qualify(decorator, scope)
    return None if name is None else Call(name, decorator.span, receiver=binding_of(decorator, scope))


def calls_inside(node: Expression) -> list[model.Call]:
    """Every call in an expression, the outer before the inner."""
    found: list[model.Call] = []
    pending = [node]
    while pending:
        part = pending.pop()
        if isinstance(part, model.Call):
            found.append(part)
        pending += reversed(expressions(part))
    return found


def add_guard(draft: Draft, required: Requirement, reaches: list[Span], rejects: str, place: Place, status: int | None) -> None:
    """Note what is known in each of the ranges."""
    for reach in reaches:
        draft.guards.append(
            Guard(required.subject, required.names, reach, rejects, place, status, required.inverted, required.either, required.roles)
        )


def is_last(file: File, draft: Draft, called: Expression) -> bool:
    """Whether the function ends with what is called here."""
    if not isinstance(called, model.Call):
        return False
    name = qualify(called.callee, draft.scope)
    return name is not None and file.never_returns(name)


def read_expression(file: File, draft: Draft, node: Expression, prefix: str, reach: Span, *, declared: bool) -> None:
    """Every call, function and condition of an expression, with what dominates it and what it is handed to."""
    wrappers: list[tuple[Call, ...]] = []
    for found in _parts(file, draft, node, prefix, reach, declared=declared):
        around = () if found.holder is None else wrappers[found.holder]
        part = found.node
        if type(part) is model.Call:
            call = call_of(file, draft.scope, part, found.reach)
            if call is not None:
                draft.calls.append(call)
                around = (*around, call)
            if type(part.callee) is Attribute and part.callee.name in EACH and part.args and type(part.args[0]) is Lambda:
                file.tables[part.args[0].function.span.start] = (part.callee.value, draft.scope)
            aliases = called_on_the_spot(part, draft.scope)
            if aliases is not None:
                file.aliases[aliases.start] = aliases.given
        elif type(part) is Lambda:
            name = file.lambdas[part.function.span.start]
            file.tasks.append(Task(name, part.function, draft.scope, around))
            if around and draft.scope.parent is not None:
                draft.calls.append(Call(f"#{name}", part.span))
        elif type(part) is Operation:
            _conditional(file, draft, part)
        wrappers.append(around)


class _Part(NamedTuple):
    """Something in an expression that makes facts; ``holder`` is the number of the call it is an argument of."""

    node: Expression
    reach: Span | None
    holder: int | None


def _parts(file: File, draft: Draft, node: Expression, prefix: str, reach: Span, *, declared: bool) -> list[_Part]:
    """The parts of an expression in source order; functions get their names: that of the binding or key which holds them, else an ordinal."""
    found: list[_Part] = []
    pending: list[tuple[Expression, str, bool, Span | None, int | None]] = [(node, prefix, declared, reach, None)]
    while pending:
        part, path, bound, reached, holder = pending.pop()
        while type(part) is Attribute or type(part) is Await:
            part, bound = part.value, False
        if type(part) is Name or type(part) is Literal:
            continue
        if type(part) is model.Call:
            number = len(found)
            found.append(_Part(part, reached, holder))
            pending += [(keyword.value, path, False, reached, number) for keyword in reversed(part.keywords)]
            pending += [(value, path, False, reached, number) for value in reversed(part.args)]
            pending.append((part.callee, path, False, None if _swallows(file, draft, part) else reached, holder))
        elif type(part) is Lambda:
            _name(file, part.function, prefix, path if bound else "")
            found.append(_Part(part, reached, holder))
        elif type(part) is Record:
            for entry in reversed(part.entries):
                inner = f"{path}.{entry.key}" if path else entry.key
                pending.append((entry.value, inner or path, bound and entry.key is not None, reached, holder))
        elif type(part) is Operation and part.operator in CHOICES and part.operands:
            found.append(_Part(part, reached, holder))
            pending += [(value, path, False, None, holder) for value in reversed(part.operands[1:])]
            pending.append((part.operands[0], path, False, reached, holder))
        else:
            pending += [(value, path, False, reached, holder) for value in reversed(expressions(part))]
    return found


def _name(file: File, function: model.Function, prefix: str, name: str) -> None:
    if not name or name in file.names:
        ordinal = file.ordinals[prefix] = file.ordinals.get(prefix, 0) + 1
        name = f"{prefix}.@{ordinal}" if prefix else f"@{ordinal}"
    file.names.add(name)
    file.lambdas[function.span.start] = name


def _swallows(file: File, draft: Draft, call: model.Call) -> bool:
    """``check().catch(() => null)``: what the inner call raises is not felt behind it."""
    if not (type(call.callee) is Attribute and call.callee.name == "catch" and type(call.callee.value) is model.Call and call.args):
        return False
    handler = call.args[0]
    return not (isinstance(handler, Lambda) and leaves(handler.function.body, lambda called: is_last(file, draft, called)) == "raise")


def _conditional(file: File, draft: Draft, node: Operation) -> None:
    """Guards inside one expression: ``user && remove()``, ``user ? rows : refuse()``."""
    place = Place(file.path, node.operands[0].span)
    if node.operator == "??":
        return
    known = requirements(node.operands[0], draft.scope)
    if node.operator == "?:":
        for outcome, side in zip(known, node.operands[1:], strict=True):
            for required in outcome:
                add_guard(draft, required, [Span(side.span.start, side.span.end - 1)], "end", place, None)
    else:
        rest = Span(node.operands[1].span.start, node.operands[-1].span.end - 1)
        for required in known.passed if node.operator == "&&" else known.failed:
            add_guard(draft, required, [rest], "end", place, None)


def call_of(file: File, scope: Scope, call: model.Call, reach: Span | None, *, listed: bool = False) -> Call | None:
    """One call as a fact; None for an element of JSX and for what has no name."""
    if call.jsx:
        return None
    callee = qualify(call.callee, scope)
    if callee is None and type(call.callee) is Lambda:
        callee = f"#{file.lambdas.get(call.callee.function.span.start, '')}"
    if callee is None:
        return None
    if type(call.callee) is Name and is_parameter(call.callee.id, scope):
        callee = f"@{call.callee.id}"
    return Call(
        callee,
        call.span,
        () if _WITHOUT_ARGUMENTS.match(callee) else arguments(call, scope, file.lambdas, listed=listed),
        binding_of(call.callee, scope),
        reach,
        call.new,
        maker_of(call.callee, scope),
    )
