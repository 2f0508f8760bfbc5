"""JSX lowered to the code model: an element is a Call of its tag, attributes are keywords, children are arguments.

``<A b {...c}>text {d}</A>`` is ``A("text ", d, b=True, **c)``. Text of white space alone is left out, a fragment's tag is
``Unknown("fragment")``.
"""

from typing import TYPE_CHECKING

from batten.code.javascript_classes import named
from batten.code.javascript_literals import markup_text
from batten.code.javascript_reading import STEP, TRIVIA, Reading, inside, missing, span_of
from batten.code.model import Call, Expression, Keyword, Literal, Unknown
from batten.text import Span

if TYPE_CHECKING:
    from tree_sitter import Node

_TEXT = frozenset({"jsx_text", "html_character_reference"})
_MARKS = frozenset({"jsx_opening_element", "jsx_closing_element"})


def _element(reading: Reading, node: "Node", room: int) -> Expression:
    opening = node.child_by_field_name("open_tag")
    callee, keywords = _tag(reading, opening, room) if opening is not None else (missing(node), ())
    args: list[Expression] = []
    start = end = -1
    for child in node.children:
        kind = child.type
        if kind in _TEXT:
            start = child.start_byte if start < 0 else start
            end = child.end_byte
            continue
        if start >= 0:
            _text(reading, start, end, args)
            start = -1
        if kind == "jsx_expression":
            _embedded(reading, child, room, args)
        elif kind not in _MARKS and kind not in TRIVIA:
            args.append(reading.expression(child, room - STEP))
    if start >= 0:
        _text(reading, start, end, args)
    return Call(span_of(node), callee, tuple(args), keywords, jsx=True)


def _self_closing(reading: Reading, node: "Node", room: int) -> Expression:
    callee, keywords = _tag(reading, node, room)
    return Call(span_of(node), callee, (), keywords, jsx=True)


def _text(reading: Reading, start: int, end: int, args: list[Expression]) -> None:
    raw = reading.data[start:end]
    if not raw.isspace():
        args.append(Literal(Span(start, end), markup_text(raw)))


def _embedded(reading: Reading, node: "Node", room: int, args: list[Expression]) -> None:
    """``{x}``, ``{...xs}``; ``{/* nothing */}`` is nothing."""
    inner = inside(node)
    if inner is not None:
        args.append(reading.expression(inner, room - STEP))


def _tag(reading: Reading, node: "Node", room: int) -> tuple[Expression, tuple[Keyword, ...]]:
    """The tag and the attributes of an element that opens."""
    callee: Expression | None = None
    keywords: list[Keyword] = []
    for child in node.children:
        kind = child.type
        if kind == "jsx_attribute":
            keywords.append(_attribute(reading, child, room))
        elif kind == "jsx_expression":
            inner = inside(child)
            rest = inside(inner) if inner is not None and inner.type == "spread_element" else inner
            if rest is not None:
                keywords.append(Keyword(span_of(child), None, reading.expression(rest, room - STEP)))
        elif child.is_named and callee is None and kind not in TRIVIA and kind != "type_arguments":
            callee = reading.expression(child, room - STEP)
    return callee if callee is not None else Unknown(span_of(node), "fragment"), tuple(keywords)


def _attribute(reading: Reading, node: "Node", room: int) -> Keyword:
    name: str | None = None
    value: Expression | None = None
    for child in node.children:
        kind = child.type
        if kind == "=" or kind in TRIVIA:
            continue
        if name is None:
            name = reading.text(child)
        elif kind == "string":
            value = Literal(span_of(child), markup_text(reading.data[child.start_byte + 1 : child.end_byte - 1]))
        elif kind == "jsx_expression":
            inner = inside(child)
            value = named(reading, inner, room - STEP, name) if inner is not None else missing(child)
        else:
            value = reading.expression(child, room - STEP)
    return Keyword(span_of(node), name, value if value is not None else Literal(span_of(node), True))


RULES = {
    "jsx_element": _element,
    "jsx_self_closing_element": _self_closing,
}
