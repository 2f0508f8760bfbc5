"""Keeps the source of an app out of what its build publishes."""

from collections.abc import Iterator

from batten.facts.services import SettingKind
from batten.finding import Edit, Finding, Fix, Safety
from batten.regex import regex
from batten.remedies.app import App, fact
from batten.text import Span

_ON = regex(rb"[\"']?\s*:\s*(true\b|[\"']inline[\"'])")


def no_source_maps(app: App, finding: Finding) -> Iterator[Fix]:
    """The setting says no; where it is a record, nothing is offered, as part of it may be wanted."""
    setting = fact(app.project.settings, finding)
    if setting is None or setting.kind is not SettingKind.SOURCE_MAPS:
        return
    data = app.text(setting.place.path)
    found = _ON.search(data, setting.place.span.start, setting.place.span.end + 40)
    if found is not None and found.start() <= setting.place.span.end:
        edit = Edit(setting.place.path, Span(*found.span(1)), "false")
        yield Fix(f"Switch `{setting.name}` off", Safety.SAFE, (edit,))
