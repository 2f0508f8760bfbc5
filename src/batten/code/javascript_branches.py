"""``if`` and ``switch`` lowered to the code model; knows nothing of other statements.

A ``switch`` becomes a ladder of ``==`` tests. Cases that fall through into one another share a rung, in which all but the
last part stand under a Branch with the test ``Unknown("fallthrough")``. Where the value of the ``switch`` is more than a
name, it stands in the first test only, so that no call is there twice; the others have ``Unknown("subject")`` for it.
"""

from typing import TYPE_CHECKING, NamedTuple

from batten.code.javascript_literals import is_plain
from batten.code.javascript_reading import STEP, TRIVIA, Reading, inside, span_of
from batten.code.model import Block, Branch, Evaluate, Expression, Operation, Statement, Unknown
from batten.text import Span

if TYPE_CHECKING:
    from tree_sitter import Node

_EXITS = frozenset({"break_statement", "return_statement", "throw_statement", "continue_statement"})


class _Rung(NamedTuple):
    """One test of a ladder and what is done where it holds."""

    span: Span
    test: Expression
    body: tuple[Statement, ...]


def if_statement(reading: Reading, node: "Node", room: int, out: list[Statement]) -> None:
    """A ladder of as many rungs as there are ``else if``."""
    rungs: list[_Rung] = []
    current: Node | None = node
    last: Node | None = None
    while current is not None:
        inner = _room_of_rung(room, len(rungs))
        test = reading.field(current, "condition", inner)
        body = reading.body(current.child_by_field_name("consequence"), inner)
        rungs.append(_Rung(span_of(current), test, body))
        otherwise = current.child_by_field_name("alternative")
        current = inside(otherwise) if otherwise is not None else None
        if current is not None and current.type != "if_statement":
            last, current = current, None
    out.append(_ladder(reading, rungs, reading.body(last, _room_of_rung(room, len(rungs))), room))


def _room_of_rung(room: int, number: int) -> int:
    return room - min(number, room // 2)


def _ladder(reading: Reading, rungs: list[_Rung], orelse: tuple[Statement, ...], room: int) -> Branch:
    """One Branch in the other's ``orelse``; where there are too many, the last ones stand side by side."""
    most = max(1, room // 2)
    if len(rungs) > most:
        reading.truncated = True
        orelse = (*(Branch(rung.span, rung.test, rung.body) for rung in rungs[most:]), *orelse)
    first, *others = rungs[:most]
    for rung in reversed(others):
        orelse = (Branch(rung.span, rung.test, rung.body, orelse),)
    return Branch(first.span, first.test, first.body, orelse)


def switch_statement(reading: Reading, node: "Node", room: int, out: list[Statement]) -> None:
    """A ladder over the groups of cases; ``default`` is what is left, wherever it stands."""
    whole = span_of(node)
    subject = reading.field(node, "value", room)
    rungs: list[_Rung] = []
    rest: tuple[Statement, ...] | None = None
    for group in _groups(node.child_by_field_name("body")):
        inner = _room_of_rung(room, len(rungs))
        values = [reading.field(case, "value", inner) for case in group if case.type == "switch_case"]
        done = _fall_through(reading, group, inner)
        if len(values) < len(group):
            rest = done
            out += [Evaluate(value.span, value) for value in values]
        else:
            span = whole if not rungs or rest is not None else Span(group[0].start_byte, whole.end)
            rungs.append(_Rung(span, _case_test(subject, values, is_first=not rungs), done))
    if rungs:
        out.append(_ladder(reading, rungs, rest or (), room))
    else:
        out.append(Block(whole, (Evaluate(subject.span, subject),), rest or ()))


def _groups(body: "Node | None") -> "list[list[Node]]":
    """The cases, those that may run on into the next one together with it."""
    groups: list[list[Node]] = [[]]
    for case in body.children if body is not None else ():
        if case.type in ("switch_case", "switch_default"):
            groups[-1].append(case)
            statements = _case_statements(case)
            if statements and _leaves(statements[-1]):
                groups.append([])
    return [group for group in groups if group]


def _case_statements(case: "Node") -> "list[Node]":
    """What stands after the colon of a case; the braces around all of it are not a block of their own."""
    found: list[Node] = []
    started = False
    for child in case.children:
        if started and child.is_named and child.type not in TRIVIA:
            found.append(child)
        started = started or child.type == ":"
    return _inner_statements(found[0]) if len(found) == 1 and found[0].type == "statement_block" else found


def _inner_statements(block: "Node") -> "list[Node]":
    return [child for child in block.children if child.is_named and child.type not in TRIVIA]


def _leaves(node: "Node") -> bool:
    """The statement is a way out, or a block that ends with one."""
    if node.type == "statement_block":
        inner = _inner_statements(node)
        return bool(inner) and inner[-1].type in _EXITS
    return node.type in _EXITS


def _fall_through(reading: Reading, group: "list[Node]", room: int) -> tuple[Statement, ...]:
    """The statements of cases that run into one another, without the ``break`` at the end."""
    found: list[Statement] = []
    for case in group:
        statements = _case_statements(case)
        if statements and _is_plain_break(statements[-1]):
            statements = statements[:-1]
        part: list[Statement] = []
        reading.run(statements, room - STEP, part)
        if case is not group[-1] and part:
            span = span_of(case)
            part = [Branch(span, Unknown(Span(span.start, span.start), "fallthrough"), tuple(part))]
        found += part
    return tuple(found)


def _is_plain_break(node: "Node") -> bool:
    return node.type == "break_statement" and node.child_by_field_name("label") is None


def _case_test(subject: Expression, values: list[Expression], *, is_first: bool) -> Expression:
    tests: list[Expression] = []
    for value in values:
        start = value.span.start
        if is_first and not tests:
            tests.append(Operation(Span(subject.span.start, value.span.end), "==", (subject, value)))
        else:
            asked = subject if is_plain(subject) else Unknown(Span(start, start), "subject")
            tests.append(Operation(value.span, "==", (asked, value)))
    if len(tests) == 1:
        return tests[0]
    return Operation(Span(tests[0].span.start, tests[-1].span.end), "||", tuple(tests))
