"""JavaScript's variable declarations lowered to the code model; knows nothing of what the values are made of."""

from typing import TYPE_CHECKING

from batten.code.javascript_classes import named, stated
from batten.code.javascript_commonjs import import_required
from batten.code.javascript_reading import STEP, Reading, span_of
from batten.code.javascript_types import annotation
from batten.code.model import Assign, Attribute, Call, Expression, Name, Statement
from batten.text import Span

if TYPE_CHECKING:
    from tree_sitter import Node


def declare_variables(reading: Reading, node: "Node", room: int, out: list[Statement], opening: int) -> None:
    """One Assign a variable; its range is the whole declaration where that declares only one."""
    declarators = [child for child in node.children if child.type == "variable_declarator"]
    whole = Span(opening, node.end_byte)
    for declarator in declarators:
        target = reading.field(declarator, "name", room)
        value = declarator.child_by_field_name("value")
        lowered: Expression | None = None
        if value is not None:
            start = opening if declarator is declarators[0] else None
            lowered = named(reading, value, room - STEP, target.id if isinstance(target, Name) else "", start)
            lowered = stated(reading, value, lowered, target, out)
            if isinstance(lowered, (Call, Attribute)):
                import_required(reading, target, lowered)
        out.append(
            Assign(
                whole if len(declarators) == 1 else span_of(declarator),
                target,
                lowered,
                declares=True,
                annotation=annotation(reading, declarator.child_by_field_name("type"), room),
            )
        )
