"""Switches back what somebody has switched off: the check of certificates; leaves alone what it does not read as a plain literal."""

from collections.abc import Iterator

from batten.code.model import Assign, Call, Entry, Expression, Keyword, Literal, Record, Unit
from batten.code.parts import expressions
from batten.finding import Edit, Finding, Fix, Safety, Step
from batten.remedies import sites
from batten.remedies.app import App, fact
from batten.text import Span

_NAMES = frozenset(("verify", "verify_ssl", "ssl_verify", "rejectUnauthorized", "strictSSL", "check_hostname"))


def verify_certificates(app: App, finding: Finding) -> Iterator[Fix]:
    """``verify=True``, ``rejectUnauthorized: true``."""
    use = fact(app.project.uses, finding)
    unit = sites.code(app, use.place.path) if use is not None else None
    value = _switch(unit, use.place.span) if unit is not None and use is not None else None
    if use is None or unit is None or value is None:
        return
    written = app.text(unit.path)[value.start : value.end]
    text = {b"False": "True", b"false": "true"}.get(written)
    if text is not None:
        stop = Step(use.place, "a server whose certificate nobody signed is not talked to any more: give the client the one that signed it")
        yield Fix("Check the certificates of whom it talks to", Safety.UNSAFE, (Edit(unit.path, value, text),), (stop,))


def _switch(unit: Unit, span: Span) -> Span | None:
    """Where the value of the one switch stands that is off at a range."""
    whole = [each for each in sites.around(unit, span) if isinstance(each, Call | Record) and each.span == span]
    pending: list[Expression] = list(whole or sites.around(unit, span)[:1])
    found: set[tuple[int, int]] = set()
    while pending:
        node = pending.pop()
        named: list[tuple[str | None, Entry | Keyword]] = []
        if isinstance(node, Call):
            named += [(each.name, each) for each in node.keywords]
        elif isinstance(node, Record):
            named += [(each.key, each) for each in node.entries]
        found |= {
            (each.value.span.start, each.value.span.end)
            for name, each in named
            if name in _NAMES and isinstance(each.value, Literal) and each.value.value is False
        }
        pending += expressions(node)
    assigned = sites.assignment_at(unit, span) or next(
        (each for each in sites.statements(unit) if isinstance(each, Assign) and each.span == span), None
    )
    if not found and assigned is not None and isinstance(assigned.value, Literal) and assigned.value.value is False:
        found = {(assigned.value.span.start, assigned.value.span.end)}
    return Span(*found.pop()) if len(found) == 1 else None
