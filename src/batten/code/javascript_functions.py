"""JavaScript's functions and classes lowered to the code model; knows nothing of other expressions and statements.

A class in the place of a value is the body of a function without a name; a parameter that is also a property
(``constructor(private users: Users)``) opens the constructor with ``this.users = users``.
"""

from typing import TYPE_CHECKING

from batten.code.javascript_literals import key_text, string_text
from batten.code.javascript_reading import STEP, TRIVIA, Reading, enclosed, inside, missing, span_of
from batten.code.javascript_types import annotation
from batten.code.model import (
    Assign,
    Attribute,
    Block,
    Class,
    Define,
    Evaluate,
    Expression,
    Function,
    Lambda,
    Name,
    Parameter,
    Return,
    Statement,
)
from batten.text import Span

if TYPE_CHECKING:
    from tree_sitter import Node

FUNCTIONS = frozenset({"arrow_function", "function_expression", "generator_function"})

_FIELDS = frozenset({"public_field_definition", "field_definition"})
_PROPERTY_MARKS = frozenset({"accessibility_modifier", "override_modifier", "readonly"})
# What may stand before the name or the parameters of a function.
_MODIFIERS = frozenset(
    {"static", "get", "set", "*", "decorator", "accessibility_modifier", "override_modifier", "comment"}
)


def named(reading: Reading, node: "Node", room: int, name: str, opening: int | None = None) -> Expression:
    """A value that gets a name: a function or class is called by it unless it has its own.

    ``opening`` is where the head of a function begins, where that is before the function.
    """
    kind = node.type
    if room > 0:
        if kind in FUNCTIONS:
            start = node.start_byte if opening is None else opening
            return Lambda(span_of(node), function(reading, node, room - STEP, name, start))
        if kind == "class":
            return _class_value(reading, node, room, name)
    return reading.expression(node, room)


def function(
    reading: Reading,
    node: "Node",
    room: int,
    name: str,
    opening: int,
    decorators: tuple[Expression, ...] = (),
    whole: Span | None = None,
) -> Function:
    """A function of any kind; ``name`` is used where it has none, ``whole`` is its range with what stands before it."""
    own = node.child_by_field_name("name")
    if own is not None:
        name = key_text(reading, own) or ""
    block = node.child_by_field_name("body")
    signature = node.child_by_field_name("parameters") or node.child_by_field_name("parameter") or node
    returns = node.child_by_field_name("return_type")
    parameters, properties = _parameters(reading, signature, room) if signature is not node else ((), ())
    head = Span(opening, (returns or signature).end_byte if signature is not node else node.start_byte)
    directives: tuple[str, ...] = ()
    body: tuple[Statement, ...] = ()
    outermost = reading.inside == 0 and reading.wanted is not None
    full = not outermost or reading.wanted is None or reading.wanted(min(opening, node.start_byte), node.end_byte)
    reading.inside += 1
    if block is None:
        pass
    elif block.type != "statement_block":
        if full:
            body = (Return(span_of(block), reading.expression(block, room - STEP)),)
    else:
        directives, statements = split_directives(reading, block.children)
        if full:
            found: list[Statement] = [*properties]
            reading.run(statements, room, found)
            body = tuple(found)
    reading.inside -= 1
    return Function(
        whole or span_of(node),
        head,
        span_of(block) if block is not None else Span(node.end_byte, node.end_byte),
        name,
        parameters,
        body,
        decorators,
        directives,
        _is_async(node),
        annotation(reading, returns, room),
    )


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


def _parameters(reading: Reading, node: "Node", room: int) -> tuple[tuple[Parameter, ...], tuple[Statement, ...]]:
    """The parameters, and the assignments to ``this`` that some of them stand for."""
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


def declare_function(
    reading: Reading, node: "Node", room: int, out: list[Statement], opening: int, outer: tuple[Expression, ...]
) -> None:
    """A function declaration; ``opening`` is where its ``export`` stands."""
    whole = Span(opening, node.end_byte)
    out.append(Define(whole, function(reading, node, room, "default", opening, outer, whole)))


def declare_class(
    reading: Reading, node: "Node", room: int, out: list[Statement], opening: int, outer: tuple[Expression, ...]
) -> None:
    """A class declaration; ``outer`` are the decorators before its ``export``."""
    whole = Span(opening, node.end_byte)
    out.append(Define(whole, _class(reading, node, room, "default", whole, outer)))


def _class_value(reading: Reading, node: "Node", room: int, name: str) -> Expression:
    whole = span_of(node)
    return enclosed(whole, (Define(whole, _class(reading, node, room, name, whole, ())),))


def _class(
    reading: Reading, node: "Node", room: int, name: str, whole: Span, outer: tuple[Expression, ...]
) -> Class:
    own = node.child_by_field_name("name")
    body = node.child_by_field_name("body")
    head_end = node.end_byte
    bases: list[Expression] = []
    for child in node.children:
        if child.type == "class_heritage":
            bases = _bases(reading, child, room)
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
    )


def _bases(reading: Reading, node: "Node", room: int) -> list[Expression]:
    clause = next((child for child in node.children if child.type == "extends_clause"), None)
    if clause is not None:
        return [reading.expression(base, room - STEP) for base in clause.children_by_field_name("value")]
    plain = inside(node)
    return [reading.expression(plain, room - STEP)] if plain is not None and plain.type != "implements_clause" else []


def _members(reading: Reading, node: "Node", room: int, out: list[Statement]) -> None:
    waiting: list[Expression] = []
    opening: int | None = None
    for child in node.children:
        kind = child.type
        if kind == "decorator":
            opening = child.start_byte if opening is None else opening
            waiting.append(reading.operand(child, room))
            continue
        if not child.is_named or kind in TRIVIA:
            continue
        start = child.start_byte if opening is None else opening
        if kind == "method_definition":
            marks = (*waiting, *decorators(reading, child, room))
            whole = Span(start, child.end_byte)
            out.append(Define(whole, function(reading, child, room - STEP, "", start, marks, whole)))
        elif kind in _FIELDS:
            out += [Evaluate(mark.span, mark) for mark in (*waiting, *decorators(reading, child, room))]
            out.append(_field(reading, child, room))
        elif kind == "class_static_block":
            out.append(Block(span_of(child), (), reading.body(child.child_by_field_name("body"), room)))
        elif not kind.endswith("signature"):
            reading.run((child,), room, out)
        waiting, opening = [], None


def _field(reading: Reading, node: "Node", room: int) -> Statement:
    key = node.child_by_field_name("name") or node.child_by_field_name("property")
    name = key_text(reading, key) if key is not None else None
    target = Name(span_of(key), name) if key is not None and name is not None else _computed(reading, key, node, room)
    value = node.child_by_field_name("value")
    return Assign(
        span_of(node),
        target,
        named(reading, value, room - STEP, name or "") if value is not None else None,
        declares=True,
        annotation=annotation(reading, node.child_by_field_name("type"), room),
    )


def _computed(reading: Reading, key: "Node | None", node: "Node", room: int) -> Expression:
    return reading.expression(key, room - STEP) if key is not None else missing(node)


def _lambda(reading: Reading, node: "Node", room: int) -> Expression:
    return Lambda(span_of(node), function(reading, node, room, "", node.start_byte))


def _anonymous_class(reading: Reading, node: "Node", room: int) -> Expression:
    return _class_value(reading, node, room, "")


RULES = {
    "arrow_function": _lambda,
    "function_expression": _lambda,
    "generator_function": _lambda,
    "class": _anonymous_class,
}
