"""Puts text of a request between quotation marks in a filter of the data API, where nothing in it parts conditions; the filter itself stays."""

import re
from collections.abc import Iterator

from batten.code.model import Expression, Language, Literal, Name, Template, Unit
from batten.finding import Edit, Finding, Fix, Safety, Step
from batten.regex import regex
from batten.remedies import sites
from batten.remedies.app import App, fact
from batten.text import Span

# https://docs.postgrest.org/en/stable/references/api/url_grammar.html#reserved-characters
_QUOTED = r'String({}).replace(/["\\]/g, "\\$&")'
_HOLE = "\0"
# One value after an operator that takes one, up to what parts conditions; not lists, names of columns, or what is quoted already.
_VALUE = regex(r"\.(?:eq|neq|gte?|lte?|i?like|i?match)\.(?P<value>[^,()\"`\\]*\0[^,()\"`\\]*)(?=[,)]|$)")


def quoted_filter(app: App, finding: Finding) -> Iterator[Fix]:
    """One value of the filter, wherever it stands in it; then all of them. Not in Python, whose f-strings take no such call before 3.12."""
    flow = fact(app.project.flows, finding)
    unit = sites.code(app, flow.place.path) if flow is not None else None
    call = sites.call_at(unit, flow.place.span) if unit is not None and flow is not None else None
    if flow is None or unit is None or call is None or unit.language is Language.PYTHON:
        return
    data = app.text(unit.path)
    values: dict[str, list[Edit]] = {}
    for given in call.args:
        for code, edits in _values(unit, data, given):
            values.setdefault(code, []).extend(edits)
    stop = Step(flow.place, "what somebody sends is one value from here on: commas, dots and parentheses in it part nothing")
    for chosen in (*([code] for code in values), [*values]) if len(values) > 1 else ([*values],):
        wanted = tuple({edit: None for code in chosen for edit in values[code]})
        if wanted:
            yield Fix(f"Put `{chosen[0]}` between quotation marks", Safety.UNSAFE, wanted, (stop,))


def _values(unit: Unit, data: bytes, given: Expression) -> Iterator[tuple[str, list[Edit]]]:
    """What is put into a text, or into the one that a variable holds which is set once, where it is the value of a condition; with the edits that quote it."""
    if isinstance(given, Name):
        here = sites.assignments(unit, given.id, unit.span)
        given = here[0].value if len(here) == 1 and here[0].value is not None else given
    if not isinstance(given, Template) or data[given.span.start : given.span.start + 1] != b"`":
        return
    holes = [_hole(data, part) for part in given.parts if not isinstance(part, Literal)]
    if None in holes:
        return
    ends = [each for each in holes if each is not None]
    # Bytes, as edits are: what stands for a hole is as long as the hole.
    text = bytearray(data[given.span.start + 1 : given.span.end - 1])
    for hole in ends:
        text[hole.start - given.span.start - 1 : hole.end - given.span.start - 1] = _HOLE.encode() * (hole.end - hole.start)
    for found in re.compile(_VALUE.pattern.encode()).finditer(bytes(text)):
        start, end = (given.span.start + 1 + at for at in found.span("value"))
        marks = [Edit(unit.path, Span(at, at), '"') for at in (start, end)]
        for hole in ends:
            if start <= hole.start < end:
                inside = Span(hole.start + 2, hole.end - 1)
                code = data[inside.start : inside.end].decode("utf-8", "replace").strip()
                yield code, [*marks, Edit(unit.path, inside, _QUOTED.format(code))]


def _hole(data: bytes, part: Expression) -> Span | None:
    """``${…}`` round a part of a template."""
    start, end = data.rfind(b"${", 0, part.span.start), data.find(b"}", part.span.end)
    whole = start >= 0 <= end and not data[start + 2 : part.span.start].strip() and not data[part.span.end : end].strip()
    return Span(start, end + 1) if whole else None
