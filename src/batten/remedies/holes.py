"""A text of SQL that is put together in code: where the values stand in it, and what has to be written so that they are parameters. Knows no driver."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from batten.code.model import Attribute, Call, Expression, Language, Literal, Operation, Record, Sequence, Template, Unit
from batten.regex import regex
from batten.text import Span

# What stands right before a value that is in no quotes: after anything else it may be a name, a list, or a part of the statement.
_BEFORE_VALUE = regex(r"(?:[=<>]|\bi?like)\s*$", re.IGNORECASE)
_OPENS_VALUES = regex(r"\bvalues\s*\($", re.IGNORECASE)
_PERCENT = regex(r"%(?:\((?P<name>\w+)\))?(?P<kind>.)", re.DOTALL)
_BRACES = regex(r"\{(?P<name>\w*)\}")
_QUOTES = "'\"`"


class Value(NamedTuple):
    """One parameter: the range that its placeholder takes, what follows the placeholder there, and the expression that gives it, as it is written."""

    span: Span
    tail: str
    code: str
    quoted: bool
    nodes: tuple[Expression, ...]


class Statement(NamedTuple):
    """The values of a statement in their order, its constant text, and what else has to go."""

    values: tuple[Value, ...]
    text: str
    dropped: tuple[Span, ...] = ()


class _Text(NamedTuple):
    """A piece of constant text, as it is written: no escapes but line ends and tabs."""

    start: int
    text: str


class _Hole(NamedTuple):
    """A place that an expression fills; ``span`` is what would be replaced by a placeholder alone, ``tail`` what has to follow it then."""

    span: Span
    node: Expression
    tail: str = ""


_Pieces = list[_Text | _Hole]


def statement(unit: Unit, data: bytes, node: Expression) -> Statement | None:
    """The statement that an expression makes; None where a value may be anything but a value, or the text is not understood."""
    read = _READERS.get(type(node))
    found = read(unit, data, node) if read is not None else None
    if found is None:
        return None
    pieces, dropped = found
    values = _values(unit, data, pieces)
    if not values:
        return None
    return Statement(tuple(values), "".join(piece.text for piece in pieces if isinstance(piece, _Text)), dropped)


def _values(unit: Unit, data: bytes, pieces: _Pieces) -> list[Value] | None:
    """The values, where all holes are one, or are part of one text in quotes."""
    found: list[Value] = []
    quote, opened = "", 0
    inside: list[str | _Hole] = []
    before = ""
    for number, piece in enumerate(pieces):
        if isinstance(piece, _Hole):
            after = pieces[number + 1] if number + 1 < len(pieces) else None
            if isinstance(after, _Hole) or (isinstance(after, _Text) and not quote and re.match(r"[\w.]", after.text)):
                return None
            if quote == "'":
                inside.append(piece)
            elif quote or not (_BEFORE_VALUE.search(before) or (before.rstrip()[-1:] in (",", "(") and _in_values(before))):
                return None
            else:
                found.append(Value(piece.span, piece.tail, _code(data, piece.node), quoted=False, nodes=(piece.node,)))
            before += "?"
            continue
        for offset, letter in enumerate(piece.text):
            if letter == quote:
                if any(isinstance(each, _Hole) for each in inside):
                    code = _joined(unit, data, inside)
                    if code is None:
                        return None
                    nodes = tuple(each.node for each in inside if isinstance(each, _Hole))
                    found.append(
                        Value(Span(opened, piece.start + len(piece.text[: offset + 1].encode())), "", code, quoted=True, nodes=nodes)
                    )
                quote, inside = "", []
            elif quote:
                if quote == "'":
                    inside.append(letter)
            elif letter in _QUOTES:
                quote, opened = letter, piece.start + len(piece.text[:offset].encode())
            before += letter
    return None if quote else found


def _in_values(before: str) -> bool:
    """Whether the parenthesis that is open is that of VALUES."""
    depth = 0
    for at in range(len(before) - 1, -1, -1):
        if before[at] == ")":
            depth += 1
        elif before[at] == "(":
            if depth == 0:
                return bool(_OPENS_VALUES.search(before[: at + 1]))
            depth -= 1
    return False


def _joined(unit: Unit, data: bytes, inside: list[str | _Hole]) -> str | None:
    """The value of a text in quotes: the expression itself, or a text with it in its place."""
    holes = [each for each in inside if isinstance(each, _Hole)]
    if len(inside) == 1:
        return _code(data, holes[0].node)
    codes = [_code(data, hole.node) for hole in holes]
    texts = "".join(each for each in inside if isinstance(each, str))
    if unit.language is Language.PYTHON:
        if any(each in code for code in codes for each in '"\\\n#{') or any(each in texts for each in '"\\{}\n'):
            return None
        return 'f"' + "".join(each if isinstance(each, str) else f"{{{_code(data, each.node)}}}" for each in inside) + '"'
    if any("`" in code for code in codes) or any(each in texts for each in "`\\$"):
        return None
    return "`" + "".join(each if isinstance(each, str) else f"${{{_code(data, each.node)}}}" for each in inside) + "`"


def _code(data: bytes, node: Expression) -> str:
    return data[node.span.start : node.span.end].decode("utf-8", "replace")


def _plain(data: bytes, span: Span) -> _Text | None:
    """Constant text as it is written; None where it holds escapes of more than white space."""
    text = data[span.start : span.end].decode("utf-8", "replace")
    return None if "\\" in re.sub(r"\\[nt]", "  ", text) else _Text(span.start, text)


def _inner(data: bytes, node: Expression) -> Span | None:
    """What stands between the quotes of one literal that is no more than that."""
    start, end = node.span.start, node.span.end
    mark = data[start : start + 1]
    if mark not in (b'"', b"'") or data[end - 1 : end] != mark:
        return None
    width = 3 if data[start : start + 3] == mark * 3 and end - start >= 6 else 1  # noqa: PLR2004 - quotes on both sides
    inner = Span(start + width, end - width)
    return None if mark in data[inner.start : inner.end] and width == 1 else inner


_Read = Callable[[Unit, bytes, Expression], tuple[_Pieces, tuple[Span, ...]] | None]


def _template(unit: Unit, data: bytes, node: Expression) -> tuple[_Pieces, tuple[Span, ...]] | None:
    """A template literal, or an f-string of one piece."""
    if not isinstance(node, Template):
        return None
    start, end = node.span.start, node.span.end
    python = unit.language is Language.PYTHON
    lead = re.compile(rb"[fF](\"\"\"|'''|\"|')" if python else rb"(`)").match(data, start)
    if lead is None or data[end - len(lead[1]) : end] != lead[1]:
        return None
    pieces: list[_Text | _Hole | None] = []
    at = lead.end()
    for part in node.parts:
        if isinstance(part, Literal):
            continue
        around = Span(part.span.start - (1 if python else 2), part.span.end + 1)
        if data[around.start : part.span.start] != (b"{" if python else b"${") or data[part.span.end : around.end] != b"}":
            return None
        pieces += [_plain(data, Span(at, around.start)), _Hole(around, part)]
        at = around.end
    pieces.append(_plain(data, Span(at, end - len(lead[1]))))
    known = [each for each in pieces if each is not None]
    braces = any(isinstance(each, _Text) and ("{" in each.text or "}" in each.text) for each in known)
    if len(known) != len(pieces) or (python and braces):
        return None
    return known, (Span(start, start + 1),) if python else ()


def _concatenation(unit: Unit, data: bytes, node: Expression) -> tuple[_Pieces, tuple[Span, ...]] | None:
    """``"…" + value + "…"``, and ``"…" % values``."""
    if not isinstance(node, Operation):
        return None
    if node.operator == "%" and unit.language is Language.PYTHON and len(node.operands) == 2:  # noqa: PLR2004 - the text and the values
        return _formatted(data, node.operands[0], node, _percents(node.operands[1]))
    if node.operator != "+":
        return None
    pieces: _Pieces = []
    operands = list(node.operands)
    if not isinstance(operands[0], Literal):
        return None
    for number, operand in enumerate(operands):
        if isinstance(operand, Literal) and isinstance(operand.value, str):
            inner = _inner(data, operand)
            text = _plain(data, inner) if inner is not None else None
            if text is None:
                return None
            pieces.append(text)
            continue
        last, following = operands[number - 1], operands[number + 1] if number + 1 < len(operands) else None
        mark = data[last.span.end - 1 : last.span.end]
        if not isinstance(last, Literal) or (following is not None and data[following.span.start : following.span.start + 1] != mark):
            return None
        end = following.span.start + 1 if following is not None else operand.span.end
        pieces.append(_Hole(Span(last.span.end - 1, end), operand, mark.decode() if following is None else ""))
    return pieces, ()


def _called(unit: Unit, data: bytes, node: Expression) -> tuple[_Pieces, tuple[Span, ...]] | None:
    """``"…".format(values)``."""
    if (
        unit.language is not Language.PYTHON
        or not isinstance(node, Call)
        or not isinstance(node.callee, Attribute)
        or node.callee.name != "format"
    ):
        return None
    by_name = {each.name: each.value for each in node.keywords if each.name is not None}

    def given(text: str) -> Iterator[tuple[int, int, Expression | None]]:
        counted = 0
        for found in _BRACES.finditer(text):
            name = found["name"]
            number = int(name) if name.isdigit() else counted if not name else -1
            counted += not name
            value = by_name.get(name) if name and not name.isdigit() else node.args[number] if number < len(node.args) else None
            yield found.start(), found.end(), value
        if "{" in _BRACES.sub("", text) or "}" in _BRACES.sub("", text):
            yield 0, 0, None

    return _formatted(data, node.callee.value, node, given)


_Given = Callable[[str], Iterator[tuple[int, int, Expression | None]]]


def _percents(values: Expression) -> _Given:
    items = values.items if isinstance(values, Sequence) else (values,)
    by_name = {entry.key: entry.value for entry in values.entries} if isinstance(values, Record) else {}

    def given(text: str) -> Iterator[tuple[int, int, Expression | None]]:
        for number, found in enumerate(_PERCENT.finditer(text)):
            named = found["name"]
            value = by_name.get(named) if named else items[number] if number < len(items) and not by_name else None
            yield found.start(), found.end(), value if found["kind"] in "sd" else None

    return given


def _formatted(data: bytes, text: Expression, whole: Expression, given: _Given) -> tuple[_Pieces, tuple[Span, ...]] | None:
    """A literal with places that a format fills."""
    inner = _inner(data, text) if isinstance(text, Literal) else None
    written = _plain(data, inner) if inner is not None else None
    if written is None or not written.text.isascii():
        return None
    pieces: _Pieces = []
    at = 0
    for start, end, value in given(written.text):
        if value is None:
            return None
        pieces += [
            _Text(written.start + at, written.text[at:start]),
            _Hole(Span(written.start + start, written.start + end), value),
        ]
        at = end
    pieces.append(_Text(written.start + at, written.text[at:]))
    # Parentheses round the text may stand between it and what is dropped.
    close = re.compile(rb"\s*\)+").match(data, text.span.end)
    rest = Span(close.end() if close is not None else text.span.end, whole.span.end)
    return pieces, (rest,)


_READERS: dict[type[Expression], _Read] = {Template: _template, Operation: _concatenation, Call: _called}
