"""JavaScript's constants and names lowered to the code model; knows nothing of where they stand."""

import html
import re
from typing import TYPE_CHECKING

from batten.code.javascript_reading import Reading, inside, span_of
from batten.code.model import Attribute, Expression, Literal, Name, Operation, Template, Unknown
from batten.regex import regex
from batten.text import Span

if TYPE_CHECKING:
    from tree_sitter import Node

_ESCAPE = regex(r"\\(?:u\{([0-9a-fA-F]{1,8})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([0-3]?[0-7]{1,2})|(\r\n|.))", re.DOTALL)
_NAMED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v"}
_CONTINUED = dict.fromkeys(("\n", "\r", "\r\n", "\u2028", "\u2029"), "")
_ESCAPED = _NAMED | _CONTINUED
_LAST_CODE_POINT = 0x10FFFF
# What msgspec can write; JavaScript's own integers end at 2**53.
_WIDEST = 1 << 63
_LONGEST_NUMBER = 400


def unescape(raw: bytes) -> str:
    """The text between the quotes of a string, with its escapes replaced; a lone half of a surrogate pair becomes U+FFFD."""
    text = raw.decode("utf-8", "replace")
    if "\\" not in text:
        return text
    text = _ESCAPE.sub(_replacement, text)
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _replacement(match: re.Match[str]) -> str:
    long, short, byte, octal, plain = match.groups()
    if plain is not None:
        return _ESCAPED.get(plain, plain)
    code = int(octal, 8) if octal is not None else int(long or short or byte, 16)
    return chr(code) if code <= _LAST_CODE_POINT else "\ufffd"


def number_value(text: str) -> int | float | None:
    """The value of a number as JavaScript writes it; None where it is none. Beyond 64 bits it is a float."""
    digits = text.replace("_", "").removesuffix("n").lower()
    if len(digits) > _LONGEST_NUMBER:
        return None
    try:
        if digits.startswith(("0x", "0o", "0b")):
            value = int(digits, 0)
        elif not digits.isdecimal():
            return float(digits)
        else:
            value = int(digits, 8 if digits[0] == "0" and not set(digits) & set("89") else 10)
        return value if -_WIDEST <= value < _WIDEST else float(value)
    except (ValueError, OverflowError):
        return None


def string_text(reading: Reading, node: "Node") -> str:
    """The value of a ``string`` node."""
    return unescape(reading.data[node.start_byte + 1 : node.end_byte - 1])


def markup_text(raw: bytes) -> str:
    """The value of a string or text inside JSX, which has entities and no escapes."""
    text = raw.decode("utf-8", "replace")
    return html.unescape(text) if "&" in text else text


def key_text(reading: Reading, node: "Node") -> str | None:
    """The constant name of a property; None where it is computed."""
    kind = node.type
    if kind == "string":
        return string_text(reading, node)
    if kind == "computed_property_name":
        inner = inside(node)
        if inner is not None and inner.type == "string":
            return string_text(reading, inner)
        return constant_template(reading, inner) if inner is not None else None
    if kind == "number":
        value = number_value(reading.text(node))
        return None if value is None else str(value)
    return reading.text(node)


def constant_template(reading: Reading, node: "Node") -> str | None:
    """The text of a template literal without substitutions, else None."""
    if node.type != "template_string" or any(child.type == "template_substitution" for child in node.children):
        return None
    return string_text(reading, node)


def is_plain(value: Expression) -> bool:
    """The expression runs no code, so that it may be left out or stand in several places."""
    while isinstance(value, Attribute) or (isinstance(value, Operation) and len(value.operands) == 1):
        value = value.value if isinstance(value, Attribute) else value.operands[0]
    return isinstance(value, (Name, Literal))


def _identifier(reading: Reading, node: "Node", _room: int) -> Expression:
    start, end = node.start_byte, node.end_byte
    if start == end:
        return Unknown(Span(start, end), "missing")
    return Name(Span(start, end), reading.data[start:end].decode("utf-8", "replace"))


def _string(reading: Reading, node: "Node", _room: int) -> Expression:
    start, end = node.start_byte, node.end_byte
    raw = reading.data[start + 1 : end - 1]
    return Literal(Span(start, end), unescape(raw) if b"\\" in raw else raw.decode("utf-8", "replace"))


def _number(reading: Reading, node: "Node", _room: int) -> Expression:
    value = number_value(reading.text(node))
    return Literal(span_of(node), value) if value is not None else Unknown(span_of(node), "number")


def _source(reading: Reading, node: "Node", _room: int) -> Expression:
    return Literal(span_of(node), reading.text(node))


def _true(_reading: Reading, node: "Node", _room: int) -> Expression:
    return Literal(span_of(node), True)


def _false(_reading: Reading, node: "Node", _room: int) -> Expression:
    return Literal(span_of(node), False)


def _nothing(_reading: Reading, node: "Node", _room: int) -> Expression:
    return Literal(span_of(node), None)


def _template(reading: Reading, node: "Node", room: int) -> Expression:
    parts = template_parts(reading, node, room)
    if not parts:
        return Literal(span_of(node), "")
    if len(parts) == 1 and isinstance(parts[0], Literal) and not isinstance(parts[0].value, bool):
        only = parts[0].span
        if only.start == node.start_byte + 1 and only.end == node.end_byte - 1:
            return Literal(span_of(node), parts[0].value)
    return Template(span_of(node), parts)


def template_parts(reading: Reading, node: "Node", room: int) -> tuple[Expression, ...]:
    """The texts between the substitutions and the expressions in them, in source order; empty texts are left out."""
    parts: list[Expression] = []
    start = node.start_byte + 1
    for child in node.children:
        kind = child.type
        if kind == "template_substitution":
            if start < child.start_byte:
                parts.append(_text(reading, start, child.start_byte))
            parts.append(reading.operand(child, room))
            start = child.end_byte
    if start < node.end_byte - 1:
        parts.append(_text(reading, start, node.end_byte - 1))
    return tuple(parts)


def _text(reading: Reading, start: int, end: int) -> Literal:
    return Literal(Span(start, end), unescape(reading.data[start:end]))


RULES = {
    "identifier": _identifier,
    "property_identifier": _identifier,
    "private_property_identifier": _identifier,
    "shorthand_property_identifier": _identifier,
    "shorthand_property_identifier_pattern": _identifier,
    "type_identifier": _identifier,
    "jsx_namespace_name": _identifier,
    "this": _identifier,
    "super": _identifier,
    "import": _identifier,
    "string": _string,
    "number": _number,
    "regex": _source,
    "true": _true,
    "false": _false,
    "null": _nothing,
    "undefined": _nothing,
    "template_string": _template,
}
