"""SQL inside code: the statements of a text, at their own places in the file where it stands there as it is."""

from batten.extract.migrations.constants import Known, Many, Mixed, Value
from batten.parse.postgres import moved, statements
from batten.parse.postgres.expressions import Constant, Expression, Opaque, Operation
from batten.parse.postgres.statements import DoBlock, Execute, Statement
from batten.text import Span

_LONGEST = 2_000_000


def executed(data: bytes, text: Value | None, span: Span) -> tuple[Statement, ...]:
    """What a text that is executed at ``span`` does; one that cannot be told in full is left to the replay, which knows what it may touch."""
    match text:
        case Known(str() as constant, at):
            return _placed(data, constant, at, span)
        case Mixed(parts):
            return (DoBlock(span, (Execute(span, _computed(parts)),)),)
        case Many(items):
            return tuple(statement for item in items for statement in executed(data, item, span))
        case _:
            return (DoBlock(span, (Execute(span, Opaque("?")),)),)


def _placed(data: bytes, text: str, at: Span | None, span: Span) -> tuple[Statement, ...]:
    encoded = text.encode("utf-8", "replace")
    if len(encoded) > _LONGEST:
        return (DoBlock(span, (Execute(span, Opaque("?")),)),)
    found = statements(encoded)
    start = data.find(encoded, at.start, at.end) if at is not None else -1
    if start >= 0:
        return moved(found, lambda inner: Span(inner.start + start, inner.end + start))
    whole = at or span
    return moved(found, lambda _: whole)


def _computed(parts: tuple[str | None, ...]) -> Expression:
    operands: list[Expression] = [Opaque("?") if part is None else Constant(part) for part in parts]
    return Operation("||", tuple(operands)) if len(operands) > 1 else operands[0]
