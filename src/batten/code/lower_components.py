"""What the markup of components does with the values of their scripts, lowered to the code model: values that are shown as HTML.

It is added to the unit of the scripts as a function without a name, since it is run again and again after them.
"""

import re

from msgspec.structs import replace

from batten.code.lower_javascript import lower
from batten.code.model import Assign, Attribute, Block, Evaluate, Expression, Function, Lambda, Loop, Statement, Unit, Unknown
from batten.parse.raw_markup import WORDS, Named, Raw, raw_markup, without_asides
from batten.regex import regex
from batten.text import Span

_NOT_NEWLINE = regex(rb"[^\r\n]")
# The fence that ends the script of an Astro page: https://docs.astro.build/en/basics/astro-components/#the-component-script
_FENCE = regex(rb"(?:\xef\xbb\xbf)?\s*+---[ \t]*+\r?\n(?:.*?\n)??---(?=[ \t]*+(?:\r?\n|\Z))", re.DOTALL)
# Elements without an end, which scripts have no word for.
_VOID = regex(rb"<!doctype\b[^>]*+>|<(?:area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr)\b[^>]*+>", re.IGNORECASE)
_ASTRO = ".astro"


def with_markup(unit: Unit, data: bytes) -> Unit:
    """The unit of a component's scripts with what its markup shows as HTML; the same where it shows nothing so. ``data`` is the whole component."""
    if not any(word in data for word in WORDS):
        return unit
    suffix = unit.path[unit.path.rfind(".") :].lower()
    if suffix == _ASTRO:
        shown = _elements(data)
    else:
        shown = [statement for raw in raw_markup(suffix, data) if (statement := _shown(raw, data)) is not None]
    if not shown:
        return unit
    span = Span(shown[0].span.start, shown[-1].span.end)
    function = Function(span, Span(span.start, span.start), span, "", (), tuple(shown))
    return replace(unit, body=(*unit.body, Evaluate(span, Lambda(span, function))))


def _elements(data: bytes) -> list[Statement]:
    """The markup of an Astro page: elements as scripts have them, in a fragment whose marks stand where the fence and the end of the file do."""
    fence = _FENCE.match(data)
    if fence is None:
        return []
    start = fence.end()
    markup = _VOID.sub(lambda found: _NOT_NEWLINE.sub(b" ", found[0]), without_asides(data[start:]))
    body = lower(_NOT_NEWLINE.sub(b" ", data[: start - 2]) + b"<>" + markup + b"</>", "markup.tsx").body
    return [statement for statement in body if isinstance(statement, Evaluate)]


def _shown(raw: Raw, data: bytes) -> Statement | None:
    value = _expression(data, raw.value)
    if value is None:
        return None
    statement: Statement = Assign(raw.value, Attribute(raw.value, Unknown(raw.value, "element"), "innerHTML"), value)
    for named in reversed(raw.names):
        statement = _around(named, data, statement)
    return statement


def _around(named: Named, data: bytes, inner: Statement) -> Statement:
    item, source = _expression(data, named.item), _expression(data, named.source)
    if item is None or source is None:
        return inner
    if named.each:
        return Loop(inner.span, item, source, None, (inner,))
    return Block(inner.span, (Assign(named.item, item, source, declares=True),), (inner,))


def _expression(data: bytes, span: Span) -> Expression | None:
    """The expression that stands somewhere in a page, with the offsets that it has there."""
    before = _NOT_NEWLINE.sub(b" ", data[: span.start - 1])
    body = lower(before + b"(" + data[span.start : span.end] + b")", "expression.ts").body
    return body[0].value if len(body) == 1 and isinstance(body[0], Evaluate) else None
