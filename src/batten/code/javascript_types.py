"""TypeScript's type annotations, as far as they name something; knows nothing of values.

``Express`` and ``string`` are Names, ``express.Request`` an Attribute, ``Request<Params>`` a Subscript; arrays, unions and
the like are ``Unknown`` over the types in them, and what has no name at all is an empty ``Unknown``.
"""

from itertools import takewhile
from typing import TYPE_CHECKING

from batten.code.javascript_reading import STEP, TRIVIA, Reading, inside, missing, span_of
from batten.code.model import Attribute, Expression, Name, Sequence, Subscript, Unknown

if TYPE_CHECKING:
    from tree_sitter import Node

_NAMES = frozenset({"type_identifier", "identifier", "predefined_type", "this_type"})
_QUALIFIED = frozenset({"nested_type_identifier", "nested_identifier", "member_expression"})
_COMPOSED = frozenset({"array_type", "readonly_type", "optional_type", "tuple_type", "type_query"})
_ALTERNATIVES = frozenset({"union_type", "intersection_type"})
_WRAPPERS = frozenset({"type_annotation", "parenthesized_type"})


def annotation(reading: Reading, node: "Node | None", room: int) -> Expression | None:
    """The type in a ``type_annotation``; None where there is none."""
    if node is None:
        return None
    inner = inside(node)
    return _type(reading, inner, room - STEP) if inner is not None else None


def type_arguments(reading: Reading, node: "Node", room: int) -> tuple[Expression, ...]:
    """The types that a call is given, up to the first that has no name: ``container.get<Shelf>(TYPES.Shelf)``."""
    given = node.child_by_field_name("type_arguments")
    types = () if given is None else _types(reading, given, room - STEP)
    return tuple(takewhile(lambda each: type(each) is not Unknown, types))


def implemented(reading: Reading, node: "Node", room: int) -> tuple[Expression, ...]:
    """The interfaces in the head of a class."""
    clause = next((child for child in node.children if child.type == "implements_clause"), None)
    return () if clause is None else _types(reading, clause, room - STEP)


def _type(reading: Reading, node: "Node", room: int) -> Expression:
    kind = node.type
    if room <= 0:
        reading.truncated = True
        return Unknown(span_of(node), kind)
    if kind in _NAMES:
        return Name(span_of(node), reading.text(node))
    if kind in _QUALIFIED:
        return _qualified(reading, node, room)
    if kind == "generic_type":
        return _generic(reading, node, room)
    if kind in _WRAPPERS:
        inner = inside(node)
        return _type(reading, inner, room - STEP) if inner is not None else missing(node)
    if kind == "literal_type":
        return reading.operand(node, room)
    if kind in _ALTERNATIVES:
        return Unknown(span_of(node), kind, _alternatives(reading, node, room))
    if kind in _COMPOSED:
        return Unknown(span_of(node), kind, _types(reading, node, room))
    return Unknown(span_of(node), kind)


def _types(reading: Reading, node: "Node", room: int) -> tuple[Expression, ...]:
    return tuple([_type(reading, child, room - STEP) for child in node.named_children if child.type not in TRIVIA])


def _alternatives(reading: Reading, node: "Node", room: int) -> tuple[Expression, ...]:
    """The members of ``A | B | C``, which the grammar nests to the left, in source order."""
    kind = node.type
    found: list[Expression] = []
    current: Node | None = node
    while current is not None and current.type == kind:
        members = [child for child in current.named_children if child.type not in TRIVIA]
        found += [_type(reading, member, room - STEP) for member in reversed(members[1:])]
        current = members[0] if members else None
    if current is not None:
        found.append(_type(reading, current, room - STEP))
    return tuple(reversed(found))


def _qualified(reading: Reading, node: "Node", room: int) -> Expression:
    parts = [child for child in node.named_children if child.type not in TRIVIA]
    if len(parts) != 2:  # noqa: PLR2004 - an owner and a name
        return Unknown(span_of(node), node.type)
    return Attribute(span_of(node), _type(reading, parts[0], room - STEP), reading.text(parts[1]))


def _generic(reading: Reading, node: "Node", room: int) -> Expression:
    name = node.child_by_field_name("name")
    arguments = node.child_by_field_name("type_arguments")
    if name is None or arguments is None:
        return Unknown(span_of(node), node.type)
    types = _types(reading, arguments, room)
    index = types[0] if len(types) == 1 else Sequence(span_of(arguments), types)
    return Subscript(span_of(node), _type(reading, name, room - STEP), index)
