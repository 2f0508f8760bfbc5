"""Takes the characters out of a text that part the conditions of a filter of the data API; the filter itself stays."""

from collections.abc import Iterator

from batten.code.model import Expression, Language, Literal, Name, Template, Unit
from batten.finding import Edit, Finding, Fix, Safety, Step
from batten.remedies import sites
from batten.remedies.app import App, fact

_PLAIN = r'String({}).replace(/[,()."\\:%]/g, " ")'


def plain_filter(app: App, finding: Finding) -> Iterator[Fix]:
    """One value of the filter, wherever it stands in it; then all of them. Not in Python, whose f-strings take no such call before 3.12."""
    flow = fact(app.project.flows, finding)
    unit = sites.code(app, flow.place.path) if flow is not None else None
    call = sites.call_at(unit, flow.place.span) if unit is not None and flow is not None else None
    if flow is None or unit is None or call is None or unit.language is Language.PYTHON:
        return
    data = app.text(unit.path)
    values: dict[str, list[Expression]] = {}
    for given in call.args:
        for part in _parts(unit, given):
            values.setdefault(data[part.span.start : part.span.end].decode("utf-8", "replace"), []).append(part)
    stop = Step(flow.place, 'looks for a space where one of these is asked for from here on: , ( ) . " \\ : %')
    for chosen in (*([code] for code in values), [*values]) if len(values) > 1 else ([*values],):
        edits = tuple(Edit(unit.path, part.span, _PLAIN.format(code)) for code in chosen for part in values[code])
        if edits:
            yield Fix(f"Take what parts conditions out of `{chosen[0]}`", Safety.UNSAFE, edits, (stop,))


def _parts(unit: Unit, given: Expression) -> Iterator[Expression]:
    """What is put into a text, or into the one that a variable holds which is set once."""
    if isinstance(given, Name):
        here = sites.assignments(unit, given.id, unit.span)
        given = here[0].value if len(here) == 1 and here[0].value is not None else given
    if isinstance(given, Template):
        yield from (part for part in given.parts if not isinstance(part, Literal))
