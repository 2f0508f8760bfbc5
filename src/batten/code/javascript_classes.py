"""JavaScript's classes, and the values that a name is given to, lowered to the code model.

A class in the place of a value is the body of a function without a name. What decorates a field is a statement before it.
"""

from typing import TYPE_CHECKING

from batten.code.javascript_functions import decorators, function
from batten.code.javascript_literals import key_text
from batten.code.javascript_reading import STEP, TRANSPARENT, TRIVIA, Reading, enclosed, inside, missing, span_of
from batten.code.javascript_types import annotation, implemented
from batten.code.model import Assign, Block, Class, Define, Evaluate, Expression, Function, Lambda, Name, Statement
from batten.text import Span

if TYPE_CHECKING:
    from tree_sitter import Node

_FUNCTIONS = frozenset({"arrow_function", "function_expression", "generator_function"})
_FIELDS = frozenset({"public_field_definition", "field_definition"})


def named(reading: Reading, node: "Node", room: int, name: str, opening: int | None = None) -> Expression:
    """A value that gets a name: a function or class is called by it unless it has its own.

    ``opening`` is where the head of a function begins, where that is before the function.
    """
    kind = node.type
    while kind in TRANSPARENT:
        inner = inside(node)
        if inner is None:
            return missing(node)
        node, kind = inner, inner.type
    if room > 0:
        if kind in _FUNCTIONS:
            start = node.start_byte if opening is None else opening
            return Lambda(span_of(node), function(reading, node, room - STEP, name, start))
        if kind == "class":
            return _class_value(reading, node, room, name)
    return reading.expression(node, room)


def declare_class(reading: Reading, node: "Node", room: int, out: list[Statement], opening: int, outer: tuple[Expression, ...]) -> None:
    """A class declaration; ``outer`` are the decorators before its ``export``."""
    whole = Span(opening, node.end_byte)
    out.append(Define(whole, _class(reading, node, room, "default", whole, outer)))


def stated(reading: Reading, node: "Node | None", value: Expression | None, target: Expression, out: list[Statement]) -> Expression | None:
    """A class that a name is given to is declared like any other, and the name stands for it: ``module.exports = class Shelf { … }``."""
    while node is not None and node.type in TRANSPARENT:
        node = inside(node)
    if node is None or node.type != "class":
        return value
    match value:
        case Lambda(function=Function(body=(Define(value=Class(name=name)) as declared,), name="")):
            own = node.child_by_field_name("name")
            at = span_of(own) if own is not None else Span(target.span.end - len(name.encode()), target.span.end)
            if name and reading.data[at.start : at.end].decode("utf-8", "replace") == name:
                out.append(declared)
                return Name(at, name)
    return value


def _class_value(reading: Reading, node: "Node", room: int, name: str) -> Expression:
    whole = span_of(node)
    return enclosed(whole, (Define(whole, _class(reading, node, room, name, whole, ())),))


def _class(reading: Reading, node: "Node", room: int, name: str, whole: Span, outer: tuple[Expression, ...]) -> Class:
    own = node.child_by_field_name("name")
    body = node.child_by_field_name("body")
    head_end = node.end_byte
    bases: list[Expression] = []
    interfaces: tuple[Expression, ...] = ()
    for child in node.children:
        if child.type == "class_heritage":
            bases = _bases(reading, child, room)
            interfaces = implemented(reading, child, room)
        if child.type == "class_body":
            break
        head_end = child.end_byte
    members: list[Statement] = []
    if body is not None:
        _members(reading, body, room - STEP, members)
    return Class(
        whole,
        Span(whole.start, head_end),
        reading.text(own) if own is not None else name,
        tuple(bases),
        tuple(members),
        (*outer, *decorators(reading, node, room)),
        implements=interfaces,
    )


def _bases(reading: Reading, node: "Node", room: int) -> list[Expression]:
    clause = next((child for child in node.children if child.type == "extends_clause"), None)
    if clause is not None:
        return [reading.expression(base, room - STEP) for base in clause.children_by_field_name("value")]
    plain = inside(node)
    return [reading.expression(plain, room - STEP)] if plain is not None and plain.type != "implements_clause" else []


def _members(reading: Reading, node: "Node", room: int, out: list[Statement]) -> None:
    marks: list[Expression] = []
    opening: int | None = None
    for child in node.children:
        kind = child.type
        if kind == "decorator":
            opening = child.start_byte if opening is None else opening
            marks.append(reading.operand(child, room))
            continue
        if not child.is_named or kind in TRIVIA:
            continue
        start = child.start_byte if opening is None else opening
        marks += decorators(reading, child, room)
        if kind == "method_definition":
            _method(reading, child, room, out, Span(start, child.end_byte), tuple(marks))
        elif kind in _FIELDS:
            out += [Evaluate(mark.span, mark) for mark in marks]
            out.append(_field(reading, child, room))
        elif kind == "class_static_block":
            out.append(Block(span_of(child), (), reading.body(child.child_by_field_name("body"), room)))
        elif not kind.endswith("signature"):
            reading.run((child,), room, out)
        marks, opening = [], None


def _method(reading: Reading, node: "Node", room: int, out: list[Statement], whole: Span, marks: tuple[Expression, ...]) -> None:
    """A method; what computes its name runs before it."""
    key = node.child_by_field_name("name")
    if key is not None and key_text(reading, key) is None:
        computed = reading.operand(key, room)
        out.append(Evaluate(computed.span, computed))
    out.append(Define(whole, function(reading, node, room - STEP, "", whole.start, marks, whole)))


def _field(reading: Reading, node: "Node", room: int) -> Statement:
    key = node.child_by_field_name("name") or node.child_by_field_name("property")
    name = key_text(reading, key) if key is not None else None
    if key is None:
        target: Expression = missing(node)
    else:
        target = Name(span_of(key), name) if name is not None else reading.expression(key, room - STEP)
    value = node.child_by_field_name("value")
    return Assign(
        span_of(node),
        target,
        named(reading, value, room - STEP, name or "") if value is not None else None,
        declares=True,
        annotation=annotation(reading, node.child_by_field_name("type"), room),
    )


def _lambda(reading: Reading, node: "Node", room: int) -> Expression:
    return Lambda(span_of(node), function(reading, node, room - STEP, "", node.start_byte))


def _anonymous_class(reading: Reading, node: "Node", room: int) -> Expression:
    return _class_value(reading, node, room, "")


RULES = {
    "arrow_function": _lambda,
    "function_expression": _lambda,
    "generator_function": _lambda,
    "class": _anonymous_class,
}
