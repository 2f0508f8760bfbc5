"""Has servers that are started by hand listen to the machine itself alone; leaves those alone that an image or a host starts, where nobody could reach them any more."""

from collections.abc import Iterator

from batten.code.model import Call, Language, Literal
from batten.facts.containers import EVERYWHERE
from batten.finding import Edit, Finding, Fix, Safety, Step
from batten.remedies import sites
from batten.remedies.app import App, fact
from batten.text import Span

_HOSTS = ("host", "server_name")
_LOOPBACK = "127.0.0.1"


def loopback_host(app: App, finding: Finding) -> Iterator[Fix]:
    """``host="127.0.0.1"``, and no public address beside it."""
    use = fact(app.project.uses, finding)
    unit = sites.code(app, use.place.path) if use is not None else None
    call = sites.call_at(unit, use.place.span) if unit is not None and use is not None else None
    if use is None or unit is None or call is None or unit.language is not Language.PYTHON:
        return
    if any(use.place.path in (*each.files, *each.loads) for each in app.project.starts if each.deployed is not False):
        return
    edits = _edits(unit.path, app.text(unit.path), call)
    if edits:
        stop = Step(use.place, "only this machine reaches it from here on: where others must, have it ask who they are instead")
        yield Fix("Listen to this machine alone", Safety.UNSAFE, tuple(edits), (stop,))


def _edits(path: str, data: bytes, call: Call) -> list[Edit]:
    found = []
    for each in call.keywords:
        value = each.value
        if not isinstance(value, Literal):
            continue
        if each.name in _HOSTS and value.value in EVERYWHERE:
            at = data.find(str(value.value).encode(), value.span.start, value.span.end)
            found += [Edit(path, Span(at, at + len(str(value.value))), _LOOPBACK)] if at >= 0 else []
        elif each.name == "share" and value.value is True:
            found.append(Edit(path, value.span, "False"))
    return found
