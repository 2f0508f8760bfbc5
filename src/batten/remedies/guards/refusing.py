"""How a function that answers with values says no: a check that is taken over has to say it in the same shape, as callers read what comes back."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from batten.code.model import Branch, Expression, Function, Literal, Record, Return, Statement
from batten.code.model import Sequence as Items
from batten.regex import regex
from batten.remedies.guards.registered import below
from batten.text import Span

# What holds the words of a refusal, among the keys of an answer.
_SAYS = frozenset(("error", "message", "reason"))
_NOTHING = ("nothing",)
_SENT = regex(rb"(?:Next)?Response\b")


class Refusal(NamedTuple):
    """The value of a ``return``, and what takes its place."""

    span: Span
    text: str


def refusal(check: Statement, theirs: bytes, function: Function, text: bytes) -> Refusal | bool | None:
    """What a check has to answer in a function in the place of what it answers: True where it may stay as it is, None where that can't be told."""
    last = check.body[-1] if isinstance(check, Branch) and check.body else None
    if not isinstance(last, Return):
        return True
    given = theirs[last.value.span.start : last.value.span.end] if last.value is not None else b""
    if _SENT.search(given):
        return True
    own = _answers(function)
    shapes = {_shape(each) for each in own}
    if _shape(last.value) in shapes or shapes <= {_NOTHING} == {_shape(last.value)}:
        return True
    if last.value is None:
        return None
    failed = next((said for each in own if (said := _failure(each, text)) is not None), None)
    return Refusal(last.value.span, failed) if failed is not None else None


def _answers(function: Function) -> list[Expression | None]:
    """All that a function returns itself."""
    return [each.value for each in _statements(function.body) if isinstance(each, Return)]


def _statements(body: Sequence[Statement]) -> Iterator[Statement]:
    pending = list(body)
    while pending:
        statement = pending.pop(0)
        yield statement
        pending += below(statement)


def _shape(value: Expression | None) -> tuple[str, ...]:
    if isinstance(value, Record):
        return ("record", *sorted(entry.key or "..." for entry in value.entries))
    if value is None or (isinstance(value, Literal) and value.value is None):
        return _NOTHING
    if isinstance(value, Literal):
        return (type(value.value).__name__,)
    if isinstance(value, Items):
        return ("list",)
    return ("worked out",)


def _failure(value: Expression | None, text: bytes) -> str | None:
    """An answer that says what went wrong, with the words of a refusal; None where more than constants would be needed."""
    if not isinstance(value, Record) or not any(entry.key in _SAYS for entry in value.entries):
        return None
    parts: list[tuple[Span, str]] = []
    for entry in value.entries:
        if entry.key in _SAYS:
            if entry.span == entry.value.span:
                return None
            parts.append((entry.value.span, '"Unauthorized"'))
        elif not isinstance(entry.value, Literal) or (entry.key in ("success", "ok") and entry.value.value is True):
            return None
    data, start = text[value.span.start : value.span.end], value.span.start
    for span, said in sorted(parts, reverse=True):
        data = data[: span.start - start] + said.encode() + data[span.end - start :]
    return re.sub(r"\s+", " ", data.decode("utf-8", "replace"))
