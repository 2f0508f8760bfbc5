"""JavaScript's arrays, objects and destructuring patterns lowered to the code model; knows nothing of their parts.

A hole in an array is ``Unknown("hole")``, and ``{[key()]: v}`` keeps its key as ``Unknown("pair", (key, v))`` under an
entry without a name.
"""

from typing import TYPE_CHECKING

from batten.code.javascript_classes import named
from batten.code.javascript_functions import function
from batten.code.javascript_literals import is_plain, key_text
from batten.code.javascript_reading import STEP, TRIVIA, Reading, missing, span_of
from batten.code.model import Entry, Expression, Lambda, Name, Operation, Record, Sequence, Unknown
from batten.text import Span

if TYPE_CHECKING:
    from tree_sitter import Node


def _sequence(reading: Reading, node: "Node", room: int) -> Expression:
    found: list[Expression] = []
    empty = True
    for child in node.children:
        kind = child.type
        if kind == ",":
            if empty:
                found.append(Unknown(Span(child.start_byte, child.start_byte), "hole"))
            empty = True
        elif child.is_named and kind not in TRIVIA:
            found.append(reading.expression(child, room - STEP))
            empty = False
    return Sequence(span_of(node), tuple(found))


def _record(reading: Reading, node: "Node", room: int) -> Expression:
    entries: list[Entry] = []
    for child in node.children:
        kind = child.type
        if kind in ("pair", "pair_pattern"):
            entries.append(_pair(reading, child, room - STEP))
        elif kind in ("shorthand_property_identifier", "shorthand_property_identifier_pattern"):
            name = reading.text(child)
            span = span_of(child)
            entries.append(Entry(span, name, Name(span, name)))
        elif kind == "method_definition":
            entries.append(_method(reading, child, room - STEP))
        elif kind in ("spread_element", "rest_pattern"):
            entries.append(Entry(span_of(child), None, reading.operand(child, room)))
        elif kind == "object_assignment_pattern":
            value = reading.expression(child, room - STEP)
            entries.append(Entry(span_of(child), _bound_name(value), value))
        elif child.is_named and kind not in TRIVIA:
            entries.append(Entry(span_of(child), None, reading.expression(child, room - STEP)))
    return Record(span_of(node), tuple(entries))


def _bound_name(value: Expression) -> str | None:
    """The name in ``name = default``."""
    target = value.operands[0] if isinstance(value, Operation) else value
    return target.id if isinstance(target, Name) else None


def _pair(reading: Reading, node: "Node", room: int) -> Entry:
    key = node.child_by_field_name("key")
    value = node.child_by_field_name("value")
    name = key_text(reading, key) if key is not None else None
    lowered = named(reading, value, room, name or "") if value is not None else missing(node)
    if name is None and key is not None:
        computed = reading.operand(key, room)
        if node.type == "pair" or not is_plain(computed):
            lowered = Unknown(span_of(node), "pair", (computed, lowered))
    return Entry(span_of(node), name, lowered)


def _method(reading: Reading, node: "Node", room: int) -> Entry:
    key = node.child_by_field_name("name")
    name = key_text(reading, key) if key is not None else None
    if room <= 0:
        return Entry(span_of(node), name, reading.expression(node, room))
    value: Expression = Lambda(span_of(node), function(reading, node, room, name or "", node.start_byte))
    if name is None and key is not None:
        value = Unknown(span_of(node), "pair", (reading.operand(key, room), value))
    return Entry(span_of(node), name, value)


def _default(reading: Reading, node: "Node", room: int) -> Expression:
    """``a = 1`` in a pattern."""
    return Operation(span_of(node), "=", (reading.field(node, "left", room), reading.field(node, "right", room)))


def _spread(reading: Reading, node: "Node", room: int) -> Expression:
    return Operation(span_of(node), "...", (reading.operand(node, room),))


RULES = {
    "array": _sequence,
    "array_pattern": _sequence,
    "object": _record,
    "object_pattern": _record,
    "assignment_pattern": _default,
    "object_assignment_pattern": _default,
    "spread_element": _spread,
    "rest_pattern": _spread,
}
