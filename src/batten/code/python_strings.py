"""Python's literals lowered to the code model: strings, format strings, numbers, constants."""

# ruff: noqa: ARG001 - the rules of all syntax take the same arguments

from typing import TYPE_CHECKING

from batten.code.model import Expression, Literal, Template, Unknown
from batten.code.python_literals import float_value, integer_value, prefix_of, string_value, text_value
from batten.code.python_reading import TRIVIA, ExpressionRule, Reading, expression, expressions, field, span_of
from batten.text import Span

if TYPE_CHECKING:
    from tree_sitter import Node


def _string(reading: Reading, node: "Node", depth: int) -> Expression:
    start, end = node.start_byte, node.end_byte
    value = string_value(reading.data[start:end])
    if value is not None:
        return Literal(Span(start, end), value)
    if reading.data.startswith(b"`", start):
        return Unknown(Span(start, end), "repr")
    return _joined(Span(start, end), _parts(reading, node, depth))


def _concatenated(reading: Reading, node: "Node", depth: int) -> Expression:
    parts: list[Expression] = []
    for child in node.named_children:
        if child.type == "string":
            value = string_value(reading.data[child.start_byte : child.end_byte])
            parts += _parts(reading, child, depth) if value is None else [Literal(span_of(child), value)]
        elif child.type not in TRIVIA:
            parts.append(expression(reading, child, depth))
    return _joined(span_of(node), parts)


def _parts(reading: Reading, node: "Node", depth: int) -> list[Expression]:
    """The text and the interpolated values of one string, in source order."""
    parts: list[Expression] = []
    prefix = prefix_of(reading.data[node.start_byte : node.start_byte + 3])
    for child in node.named_children:
        if child.type == "string_content":
            start, end = child.start_byte, child.end_byte
            parts.append(Literal(Span(start, end), text_value(reading.data[start:end], prefix)))
        elif child.type == "interpolation":
            parts.append(_interpolation(reading, child, depth))
        elif child.type not in ("string_start", "string_end"):
            parts.append(expression(reading, child, depth))
    return parts


def _interpolation(reading: Reading, node: "Node", depth: int) -> Expression:
    """``{x}`` and ``{x!r:>10}`` as ``x``; a width that is itself computed stays beside it."""
    value = field(reading, node, "expression", depth)
    layout = node.child_by_field_name("format_specifier")
    if layout is None or not layout.named_child_count:
        return value
    return Unknown(span_of(node), "interpolation", (value, *expressions(reading, layout.named_children, depth)))


def _joined(span: Span, parts: list[Expression]) -> Expression:
    """A Template over the parts, neighbouring constants made one; a Literal where all is constant."""
    merged: list[Expression] = []
    for part in parts:
        before = merged[-1] if merged else None
        if isinstance(part, Literal) and isinstance(part.value, str) and isinstance(before, Literal) and isinstance(before.value, str):
            merged[-1] = Literal(Span(before.span.start, part.span.end), before.value + part.value)
        else:
            merged.append(part)
    if not merged:
        return Literal(span, "")
    if len(merged) == 1 and isinstance(merged[0], Literal):
        return Literal(span, merged[0].value)
    return Template(span, tuple(merged))


def _integer(reading: Reading, node: "Node", depth: int) -> Expression:
    value = integer_value(reading.text(node))
    return Literal(span_of(node), value) if value is not None else Unknown(span_of(node), "integer")


def _float(reading: Reading, node: "Node", depth: int) -> Expression:
    value = float_value(reading.text(node))
    return Literal(span_of(node), value) if value is not None else Unknown(span_of(node), "float")


def _true(reading: Reading, node: "Node", depth: int) -> Expression:
    return Literal(span_of(node), True)


def _false(reading: Reading, node: "Node", depth: int) -> Expression:
    return Literal(span_of(node), False)


def _none(reading: Reading, node: "Node", depth: int) -> Expression:
    return Literal(span_of(node), None)


LITERALS: dict[str, ExpressionRule] = {
    "string": _string,
    "concatenated_string": _concatenated,
    "integer": _integer,
    "float": _float,
    "true": _true,
    "false": _false,
    "none": _none,
}
