"""Loops that nothing but an answer ends: ``while True``, ``while response.stop_reason == "tool_use"``; follows no values."""

from collections.abc import Iterator

from batten.code.model import Block, Branch, Call, Expression, Literal, Loop, Operation, Statement, Try
from batten.code.parts import expressions, statement_expressions, walked
from batten.extract.flows.asked import method_of
from batten.regex import regex
from batten.text import Span

_COUNTS = frozenset(("<", "<=", ">", ">="))
# Whether there is one at all counts no turns: ``calls.length > 0``.
_ANY = (0, 1)
# Whoever is waited for in each turn ends the loop when they please.
_WAITS = regex(r"^(?:input|readline|question|prompt|ask|receive\w*|recv\w*|listen|accept|poll|get_message|next_message)$")


def loops(body: tuple[Statement, ...]) -> tuple[tuple[Span, bool], ...]:
    """The loops of a function, and whether only an answer ends them; none where each has its bound."""
    found = tuple([(each.span, _is_endless(each)) for each in walked(body) if type(each) is Loop])
    return found if any(endless for _, endless in found) else ()


def _is_endless(loop: Loop) -> bool:
    """No test in it counts anything, and nobody is waited for."""
    if loop.target is not None or (isinstance(loop.test, Literal) and loop.test.value is False):
        return False
    pending = [part for statement in (loop, *_own(loop.body)) for part in statement_expressions(statement)]
    while pending:
        part = pending.pop()
        if (type(part) is Operation and _counts(part)) or (type(part) is Call and _WAITS.search(method_of(part))):
            return False
        pending += expressions(part)
    return True


def _own(body: tuple[Statement, ...]) -> Iterator[Statement]:
    """The statements of a loop, but for those of the loops in it."""
    pending = list(body)
    while pending:
        statement = pending.pop()
        if type(statement) is Loop:
            continue
        yield statement
        match statement:
            case Branch():
                pending += (*statement.body, *statement.orelse)
            case Block():
                pending += (*statement.items, *statement.body)
            case Try():
                handled = (each for one in statement.handlers for each in one.body)
                pending += (*statement.body, *handled, *statement.orelse, *statement.final)


def _counts(operation: Operation) -> bool:
    return operation.operator in _COUNTS and not any(_is_small(each) for each in operation.operands)


def _is_small(node: Expression) -> bool:
    return type(node) is Literal and node.value in _ANY
