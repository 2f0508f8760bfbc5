"""Operators and calls over constants: what they give where that is sure in both languages; knows no names."""

from collections.abc import Callable, Sequence

Scalar = str | int | float | bool | None

_LARGEST = 10**12
_LONGEST = 4_000


class Unfoldable(Exception):  # noqa: N818 - no error: the answer is that there is none
    """The value does not follow from the operands."""


def folded(operator: str, values: Sequence[Scalar]) -> Scalar:
    """The value of an operation over constants. Raises Unfoldable."""
    if len(values) == 1:
        return _unary(operator, values[0])
    found = values[0]
    for value in values[1:]:
        found = _binary(operator, found, value)
    return found


def _unary(operator: str, value: Scalar) -> Scalar:
    if operator == "!":
        return not value
    if _is_number(value) and operator in ("-", "+"):
        return -value if operator == "-" else value  # type: ignore[operator]
    raise Unfoldable


def _binary(operator: str, one: Scalar, other: Scalar) -> Scalar:
    if operator in ("==", "!="):
        return (one == other and isinstance(one, bool) == isinstance(other, bool)) is (operator == "==")
    if operator in ("in", "not in") and isinstance(one, str) and isinstance(other, str):
        return (one in other) is (operator == "in")
    if operator in _ORDERS:
        if _is_number(one) and _is_number(other):
            return bool(_ORDERS[operator](one, other))
        raise Unfoldable
    if operator == "+" and isinstance(one, str) and isinstance(other, str) and len(one) + len(other) <= _LONGEST:
        return one + other
    if operator in _ARITHMETIC and _is_number(one) and _is_number(other):
        return _calculated(operator, one, other)
    raise Unfoldable


def _calculated(operator: str, one: Scalar, other: Scalar) -> Scalar:
    assert isinstance(one, (int, float))  # noqa: S101 - told by the caller
    assert isinstance(other, (int, float))  # noqa: S101 - told by the caller
    if operator in ("/", "//", "%") and (other == 0 or one < 0 or other < 0):
        raise Unfoldable  # the languages differ over signs
    try:
        found: Scalar = _ARITHMETIC[operator](one, other)
    except (OverflowError, ValueError, ZeroDivisionError):
        raise Unfoldable from None
    if isinstance(found, float) and found.is_integer():
        found = int(found)
    if abs(found) > _LARGEST:  # type: ignore[arg-type]
        raise Unfoldable
    return found


def _is_number(value: Scalar) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_ORDERS = {
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}
_ARITHMETIC = {
    "+": lambda one, other: one + other,
    "-": lambda one, other: one - other,
    "*": lambda one, other: one * other,
    "/": lambda one, other: one / other,
    "//": lambda one, other: one // other,
    "%": lambda one, other: one % other,
}
_PLAIN: dict[str, Callable[[str], str]] = {
    "upper": str.upper, "lower": str.lower, "strip": str.strip, "toUpperCase": str.upper, "toLowerCase": str.lower, "trim": str.strip,
    "title": str.title, "capitalize": str.capitalize, "toString": str,
}  # fmt: skip
_TESTS: dict[str, Callable[[str, str], Scalar]] = {
    "startswith": str.startswith, "endswith": str.endswith, "startsWith": str.startswith, "endsWith": str.endswith,
    "includes": str.__contains__, "find": str.find, "indexOf": str.find,
}  # fmt: skip


def method(name: str, text: str, values: Sequence[Scalar]) -> Scalar:
    """What a method of a constant text gives. Raises Unfoldable."""
    if not values and name in _PLAIN:
        return _PLAIN[name](text)
    if len(values) == 1 and isinstance(values[0], str) and name in _TESTS:
        return _TESTS[name](text, values[0])
    if name == "charAt" and len(values) == 1 and isinstance(values[0], int) and 0 <= values[0] < len(text):
        return text[values[0]]
    raise Unfoldable


def function(name: str, values: Sequence[Scalar]) -> Scalar:
    """What a function that both readers and Python know gives for constants. Raises Unfoldable."""
    if len(values) == 1:
        value = values[0]
        if name == "len" and isinstance(value, str):
            return len(value)
        if name in ("str", "String") and isinstance(value, (str, int)) and not isinstance(value, bool):
            return str(value)
        if name in ("int", "parseInt", "Number") and isinstance(value, str) and value.isdecimal() and len(value) < 10:  # noqa: PLR2004
            return int(value)
        if name in ("bool", "Boolean"):
            return bool(value)
    raise Unfoldable


def cut(text: str, start: Scalar, end: Scalar) -> str:
    """A slice of a constant text. Raises Unfoldable."""
    if (start is None or type(start) is int) and (end is None or type(end) is int):
        return text[start:end]
    raise Unfoldable
