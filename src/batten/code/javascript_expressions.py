"""JavaScript's calls and operators lowered to the code model; knows nothing of statements, functions and JSX.

An assignment inside an expression is ``Operation("=", (target, value))``. Type arguments, ``as``, ``satisfies``, ``!`` and
parentheses leave no trace.
"""

from typing import TYPE_CHECKING

from batten.code.javascript_classes import named
from batten.code.javascript_commonjs import is_exports
from batten.code.javascript_literals import constant_template, string_text, template_parts
from batten.code.javascript_reading import STEP, TRANSPARENT, Reading, inside, missing, span_of
from batten.code.javascript_types import type_arguments
from batten.code.model import (
    Attribute,
    Await,
    Call,
    Expression,
    Name,
    Operation,
    Subscript,
    Template,
    Unknown,
)
from batten.text import Span

if TYPE_CHECKING:
    from tree_sitter import Node

# The field that holds what a link of a chain is made on.
_INNER = {
    "call_expression": "function",
    "member_expression": "object",
    "subscript_expression": "object",
    "nested_identifier": "object",
}
_FLAT = frozenset({"&&", "||", "??", "+", "*", "&", "|", "^"})
_OPERATORS = {"===": "==", "!==": "!="}


def _chain(reading: Reading, node: "Node", room: int) -> Expression:
    """``a.b(c)!.d[e]``: from its start outwards, without a stack frame a link."""
    links: list[Node] = []
    start: Node | None = node
    while start is not None:
        field = _INNER.get(start.type)
        if field is not None:
            links.append(start)
            start = start.child_by_field_name(field)
        elif start.type in TRANSPARENT:
            start = inside(start)
        else:
            break
    most = room * 2 // 3  # the arguments of each link need room too
    cut, links = links[: max(0, len(links) - most)], links[-most:] if most else []
    room -= len(links)
    value = reading.expression(start, room - STEP) if start is not None else missing(node)
    for link in reversed(links):
        room += 1
        value = _link(reading, link, value, room)
    return value if not cut else _cut_chain(reading, node, value, cut, room - STEP)


def _link(reading: Reading, node: "Node", value: Expression, room: int) -> Expression:
    kind = node.type
    if kind == "call_expression":
        arguments = node.child_by_field_name("arguments")
        return Call(span_of(node), value, _arguments(reading, arguments, room), types=type_arguments(reading, node, room))
    if kind == "subscript_expression":
        index = node.child_by_field_name("index")
        if index is None:
            return Subscript(span_of(node), value, missing(node))
        key = string_text(reading, index) if index.type == "string" else constant_template(reading, index)
        if key is not None:
            return Attribute(span_of(node), value, key)
        return Subscript(span_of(node), value, reading.expression(index, room - STEP))
    name = node.child_by_field_name("property")
    return Attribute(span_of(node), value, reading.text(name) if name is not None else "")


def _arguments(reading: Reading, node: "Node | None", room: int) -> tuple[Expression, ...]:
    if node is None:
        return ()
    if node.type == "template_string":
        return (Template(span_of(node), template_parts(reading, node, room - STEP)),)
    return reading.items(node, room)


def _cut_chain(reading: Reading, node: "Node", value: Expression, cut: "list[Node]", room: int) -> Expression:
    """A chain that nobody wrote by hand: as much of its start as there is room for, then all other arguments side by side."""
    reading.truncated = True
    found = [value]
    for link in reversed(cut):
        if link.type == "call_expression":
            found += _arguments(reading, link.child_by_field_name("arguments"), room)
    return Unknown(span_of(node), "chain", tuple(found))


def _transparent(reading: Reading, node: "Node", room: int) -> Expression:
    """The expression in any number of parentheses and type marks."""
    inner: Node | None = node
    while inner is not None and inner.type in TRANSPARENT:
        node, inner = inner, inside(inner)
    return reading.expression(inner, room - STEP) if inner is not None else missing(node)


def _type_assertion(reading: Reading, node: "Node", room: int) -> Expression:
    last = node.named_children[-1] if node.named_child_count else None
    return reading.expression(last, room - STEP) if last is not None else missing(node)


def _new(reading: Reading, node: "Node", room: int) -> Expression:
    callee = reading.field(node, "constructor", room)
    return Call(span_of(node), callee, _arguments(reading, node.child_by_field_name("arguments"), room), new=True)


def _binary(reading: Reading, node: "Node", room: int) -> Expression:
    """``a + b + c - d``: from its start outwards; one associative operator over and over is one flat Operation."""
    steps: list[tuple[Node, str, Node | None]] = []
    changes = 0
    start: Node | None = node
    while start is not None and start.type == "binary_expression":
        token = start.child_by_field_name("operator")
        operator = token.type if token is not None else "missing"
        if steps and (steps[-1][1] != operator or operator not in _FLAT):
            changes += 1
        steps.append((start, operator, start.child_by_field_name("right")))
        start = start.child_by_field_name("left")
    short = room - changes < STEP
    room = room - STEP if short else room - changes - STEP
    operands = [reading.expression(start, room) if start is not None else missing(node)]
    if short:
        reading.truncated = True
        operands += [_right(reading, step, right, room) for step, _, right in reversed(steps)]
        return Unknown(span_of(node), "binary_expression", tuple(operands))
    begin = operands[0].span.start if start is None else start.start_byte
    pending = steps[-1]
    for step in reversed(steps):
        if step is not pending and (step[1] != pending[1] or step[1] not in _FLAT):
            operands = [_operation(pending, begin, operands)]
        operands.append(_right(reading, step[0], step[2], room))
        pending = step
    return _operation(pending, begin, operands)


def _right(reading: Reading, node: "Node", right: "Node | None", room: int) -> Expression:
    return reading.expression(right, room) if right is not None else missing(node)


def _operation(step: "tuple[Node, str, Node | None]", begin: int, operands: list[Expression]) -> Operation:
    return Operation(Span(begin, step[0].end_byte), _OPERATORS.get(step[1], step[1]), tuple(operands))


def _unary(reading: Reading, node: "Node", room: int) -> Expression:
    """Also ``i++``, whose operator stands behind."""
    operator = node.child_by_field_name("operator")
    value = reading.field(node, "argument", room)
    return Operation(span_of(node), operator.type if operator is not None else "missing", (value,))


def _ternary(reading: Reading, node: "Node", room: int) -> Expression:
    return Operation(
        span_of(node),
        "?:",
        (
            reading.field(node, "condition", room),
            reading.field(node, "consequence", room),
            reading.field(node, "alternative", room),
        ),
    )


def _await(reading: Reading, node: "Node", room: int) -> Expression:
    return Await(span_of(node), reading.operand(node, room))


def _yield(reading: Reading, node: "Node", room: int) -> Expression:
    return Operation(span_of(node), "yield", reading.items(node, room))


def _comma(reading: Reading, node: "Node", room: int) -> Expression:
    return Operation(span_of(node), ",", reading.items(node, room))


def assignment_parts(reading: Reading, node: "Node", room: int) -> tuple[Expression, str, Expression]:
    """Target, operator and value of an assignment."""
    target = reading.field(node, "left", room)
    value = node.child_by_field_name("right")
    operator = node.child_by_field_name("operator")
    return (
        target,
        operator.type if operator is not None else "=",
        named(reading, value, room - STEP, _name_for(target)) if value is not None else missing(node),
    )


def _name_for(target: Expression) -> str:
    """What a function is called that is assigned to a target."""
    match target:
        case Name():
            return target.id
        case Attribute():
            return "default" if is_exports(target) else target.name
    return ""


def _assignment(reading: Reading, node: "Node", room: int) -> Expression:
    target, operator, value = assignment_parts(reading, node, room)
    return Operation(span_of(node), operator, (target, value))


def _meta(reading: Reading, node: "Node", _room: int) -> Expression:
    """``import.meta`` and ``new.target``."""
    first, last = node.child(0), node.child(node.child_count - 1)
    if first is None or last is None:
        return missing(node)
    return Attribute(span_of(node), Name(span_of(first), reading.text(first)), reading.text(last))


RULES = {
    "call_expression": _chain,
    "member_expression": _chain,
    "subscript_expression": _chain,
    "nested_identifier": _chain,
    "parenthesized_expression": _transparent,
    "non_null_expression": _transparent,
    "as_expression": _transparent,
    "satisfies_expression": _transparent,
    "instantiation_expression": _transparent,
    "type_assertion": _type_assertion,
    "new_expression": _new,
    "binary_expression": _binary,
    "unary_expression": _unary,
    "update_expression": _unary,
    "ternary_expression": _ternary,
    "await_expression": _await,
    "yield_expression": _yield,
    "sequence_expression": _comma,
    "assignment_expression": _assignment,
    "augmented_assignment_expression": _assignment,
    "meta_property": _meta,
}
