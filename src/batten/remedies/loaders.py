"""Reads YAML with the loader that makes no objects; other formats that make them have no like to take their place."""

from collections.abc import Iterator

from batten.code.model import Attribute
from batten.finding import Edit, Finding, Fix, Safety
from batten.remedies import sites
from batten.remedies.app import App, fact
from batten.text import Span

_SAFE = {
    "load": "safe_load",
    "unsafe_load": "safe_load",
    "full_load": "safe_load",
    "load_all": "safe_load_all",
    "unsafe_load_all": "safe_load_all",
    "full_load_all": "safe_load_all",
}
_OWN = frozenset(f"{c}{name}" for name in ("Loader", "UnsafeLoader", "FullLoader") for c in ("", "C"))
# Loaders that an app has taught objects of its own need them.
_TAUGHT = (b"add_constructor", b"add_multi_constructor", b"YAMLObject", b"yaml_tag")


def safe_loader(app: App, finding: Finding) -> Iterator[Fix]:
    """``yaml.safe_load(text)`` for ``yaml.load(text, Loader=yaml.Loader)``."""
    flow = fact(app.project.flows, finding)
    unit = sites.code(app, flow.place.path) if flow is not None and flow.place.path.endswith(".py") else None
    call = sites.call_at(unit, flow.place.span) if unit is not None and flow is not None else None
    if unit is None or call is None or not isinstance(call.callee, Attribute):
        return
    data = app.text(unit.path)
    module, _, name = sites.qualified(unit, call.callee).rpartition(".")
    end = call.callee.span.end
    if module != "yaml" or name not in _SAFE or data[end - len(name) : end] != name.encode() or any(word in data for word in _TAUGHT):
        return
    loaders = [(each.span, each.value) for each in call.keywords if each.name == "Loader"] + [(each.span, each) for each in call.args[1:]]
    if len(call.args) + len(call.keywords) != 1 + len(loaders) or len(loaders) > 1 or not call.args:
        return
    edits = [Edit(unit.path, Span(end - len(name), end), _SAFE[name])]
    for span, value in loaders:
        between = data[call.args[0].span.end : span.start]
        if sites.qualified(unit, value).removeprefix("yaml.") not in _OWN or between.strip() != b",":
            return
        edits.append(Edit(unit.path, Span(call.args[0].span.end, span.end), ""))
    yield Fix(f"Read YAML with `{_SAFE[name]}`", Safety.SAFE, tuple(edits))
