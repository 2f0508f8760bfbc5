"""JavaScript's functions lowered to the code model; knows nothing of what their bodies are made of.

A parameter that is also a property (``constructor(private users: Users)``) opens the constructor with ``this.users =
users``.
"""

from typing import TYPE_CHECKING

from batten.code.javascript_literals import key_text, string_text
from batten.code.javascript_reading import STEP, TRIVIA, Reading, inside, missing, span_of
from batten.code.javascript_types import annotation
from batten.code.model import (
    Assign,
    Attribute,
    Define,
    Expression,
    Function,
    Name,
    Parameter,
    Return,
    Statement,
)
from batten.text import Span

if TYPE_CHECKING:
    from tree_sitter import Node

_PROPERTY_MARKS = frozenset({"accessibility_modifier", "override_modifier", "readonly"})
# What may stand before the ``async`` of a function.
_MODIFIERS = frozenset({"static", "decorator", "accessibility_modifier", "override_modifier", *TRIVIA})


def function(
    reading: Reading,
    node: "Node",
    room: int,
    name: str,
    opening: int,
    marks: tuple[Expression, ...] = (),
    whole: Span | None = None,
) -> Function:
    """A function of any kind.

    ``name`` is used where it has none of its own, ``opening`` is where its head begins, ``marks`` are its decorators,
    and ``whole`` is its range together with what stands before it.
    """
    own = node.child_by_field_name("name")
    block = node.child_by_field_name("body")
    signature = node.child_by_field_name("parameters") or node.child_by_field_name("parameter")
    returns = node.child_by_field_name("return_type")
    parameters, properties = _parameters(reading, signature, room)
    directives, body = _body(reading, node, block, room, opening, properties)
    return Function(
        span=whole or span_of(node),
        head=Span(opening, (returns or signature or own or node).end_byte),
        block=span_of(block) if block is not None else Span(node.end_byte, node.end_byte),
        name=name if own is None else key_text(reading, own) or "",
        parameters=parameters,
        body=body,
        decorators=marks,
        directives=directives,
        is_async=_is_async(node),
        returns=annotation(reading, returns, room),
    )


def _body(
    reading: Reading,
    node: "Node",
    block: "Node | None",
    room: int,
    opening: int,
    properties: tuple[Statement, ...],
) -> tuple[tuple[str, ...], tuple[Statement, ...]]:
    """The directives and the statements of a function; no statements where nobody wants them."""
    if block is None:
        return (), ()
    is_block = block.type == "statement_block"
    directives, statements = split_directives(reading, block.children) if is_block else ((), [])
    wanted = reading.wanted if reading.inside == 0 else None
    if wanted is not None and not wanted(min(opening, node.start_byte), node.end_byte):
        return directives, ()
    reading.inside += 1
    if is_block:
        found: list[Statement] = [*properties]
        reading.run(statements, room, found)
        body = tuple(found)
    else:
        body = (Return(span_of(block), reading.expression(block, room - STEP)),)
    reading.inside -= 1
    return directives, body


def split_directives(reading: Reading, nodes: "list[Node]") -> "tuple[tuple[str, ...], list[Node]]":
    """The strings that stand alone at the top, and the statements after them."""
    found: list[str] = []
    for number, node in enumerate(nodes):
        kind = node.type
        if kind == "expression_statement":
            text = inside(node)
            if text is None or text.type != "string":
                return tuple(found), nodes[number:]
            found.append(string_text(reading, text))
        elif node.is_named and kind not in TRIVIA:
            return tuple(found), nodes[number:]
    return tuple(found), []


def _is_async(node: "Node") -> bool:
    for child in node.children:
        kind = child.type
        if kind == "async":
            return True
        if kind not in _MODIFIERS:
            return False
    return False


def _parameters(reading: Reading, node: "Node | None", room: int) -> tuple[tuple[Parameter, ...], tuple[Statement, ...]]:
    """The parameters, and the assignments to ``this`` that some of them stand for."""
    if node is None:
        return (), ()
    if node.type != "formal_parameters":
        return (Parameter(span_of(node), reading.expression(node, room - STEP)),), ()
    found: list[Parameter] = []
    properties: list[Statement] = []
    for child in node.children:
        kind = child.type
        if not child.is_named or kind in TRIVIA:
            continue
        if kind in ("required_parameter", "optional_parameter"):
            pattern = child.child_by_field_name("pattern")
            if pattern is not None and pattern.type == "this":
                continue
            parameter = _typed_parameter(reading, child, pattern, room)
            if isinstance(parameter.target, Name) and any(mark.type in _PROPERTY_MARKS for mark in child.children):
                properties.append(_property(parameter.target))
        else:
            parameter = _plain_parameter(reading, child, room)
        found.append(parameter)
    return tuple(found), tuple(properties)


def _typed_parameter(reading: Reading, node: "Node", pattern: "Node | None", room: int) -> Parameter:
    value = node.child_by_field_name("value")
    rest = pattern is not None and pattern.type == "rest_pattern"
    inner = inside(pattern) if rest and pattern is not None else pattern
    return Parameter(
        span_of(node),
        reading.expression(inner, room - STEP) if inner is not None else missing(node),
        "rest" if rest else "positional",
        annotation(reading, node.child_by_field_name("type"), room),
        reading.expression(value, room - STEP) if value is not None else None,
        decorators(reading, node, room),
    )


def _plain_parameter(reading: Reading, node: "Node", room: int) -> Parameter:
    if node.type == "rest_pattern":
        return Parameter(span_of(node), reading.operand(node, room), "rest")
    if node.type == "assignment_pattern":
        target = reading.field(node, "left", room)
        return Parameter(span_of(node), target, default=reading.field(node, "right", room))
    return Parameter(span_of(node), reading.expression(node, room - STEP))


def _property(target: Name) -> Statement:
    """``this.users = users``, all of it standing where the parameter's name does."""
    start = target.span.start
    return Assign(target.span, Attribute(target.span, Name(Span(start, start), "this"), target.id), target)


def decorators(reading: Reading, node: "Node", room: int) -> tuple[Expression, ...]:
    """The decorators written inside a node, without their ``@``."""
    found = node.children_by_field_name("decorator")
    return tuple([reading.operand(each, room) for each in found]) if found else ()


def declare_function(reading: Reading, node: "Node", room: int, out: list[Statement], opening: int, outer: tuple[Expression, ...]) -> None:
    """A function declaration; ``opening`` is where its ``export`` stands."""
    whole = Span(opening, node.end_byte)
    out.append(Define(whole, function(reading, node, room, "default", opening, outer, whole)))
