"""Has a gateway of models ask for a key that the environment gives; sets no key."""

import re
from collections.abc import Iterator

from batten.extract.environment import is_env_file, is_sample
from batten.facts.containers import Container, ServerKind
from batten.finding import Edit, Finding, Fix, Safety, Step
from batten.parse.documents import Listing, Scalar, Table, Value, read_yaml
from batten.regex import regex
from batten.remedies.app import App, fact
from batten.remedies.ignoring import appended
from batten.text import Span

_KEY = "LITELLM_MASTER_KEY"
_UNSAFE = "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY"
_GIVEN = f"${{{_KEY}:?{_KEY} is not set}}"
_OF_LITELLM = regex(r"litellm", re.IGNORECASE)


def master_key(app: App, finding: Finding) -> Iterator[Fix]:
    """``LITELLM_MASTER_KEY`` of a service of compose, or the ``master_key`` of a configuration."""
    container = fact(app.project.containers, finding)
    if container is None or container.kind is not ServerKind.AI_GATEWAY or not _is_litellm(container):
        return
    path, data = container.place.path, app.text(container.place.path)
    document = read_yaml(data)
    if document.table is None or not document.whole or len(document.values) != 1:
        return
    services = document.table.get("services")
    edits = _of_compose(path, data, services, container) if isinstance(services, Table) else _of_config(path, data, document.table)
    if not edits:
        return
    stop = Step(
        container.place,
        f"callers send the key of `{_KEY}` from here on, best a virtual one for each: make it with `openssl rand -hex 32`, with `sk-` before it",
    )
    yield Fix("Ask for a master key that the environment gives", Safety.UNSAFE, (*edits, *_example(app, path)), (stop,))


def _is_litellm(container: Container) -> bool:
    words = (container.image, *container.programs, *container.mounted, container.program)
    return any(_OF_LITELLM.search(word) for word in words)


def _of_compose(path: str, data: bytes, services: Table, container: Container) -> list[Edit]:
    entry = services.entry(container.name)
    service = entry.value if entry is not None else None
    if not isinstance(service, Table) or not service.entries:
        return []
    variables = service.entry("environment")
    if variables is None:
        first = service.entries[0].place.start
        indent, ends = _before(data, first)
        if indent is None:
            return []
        text = f"environment:{ends}{indent}  {_KEY}: {_GIVEN}{ends}{indent}"
        return [Edit(path, Span(first, first), text)]
    if isinstance(variables.value, Table):
        return _of_table(path, data, variables.value)
    return _of_listing(path, data, variables.value) if isinstance(variables.value, Listing) else []


def _of_table(path: str, data: bytes, table: Table) -> list[Edit]:
    edits = []
    for name, text in ((_KEY, _GIVEN), (_UNSAFE, '"false"')):
        value = table.get(name)
        if isinstance(value, Scalar) and value.text.strip():
            if _is_given(value.text) if name == _KEY else value.text == "false":
                continue
            edits.append(Edit(path, value.span, text))
        elif name == _KEY:
            if value is not None or not table.entries:
                return []
            first = table.entries[0].place.start
            indent, ends = _before(data, first)
            if indent is None:
                return []
            edits.append(Edit(path, Span(first, first), f"{name}: {text}{ends}{indent}"))
    return edits


def _of_listing(path: str, data: bytes, listing: Listing) -> list[Edit]:
    edits, has_key = [], False
    for item in listing.items:
        name, _, value = item.text.partition("=") if isinstance(item, Scalar) else ("", "", "")
        has_key = has_key or name == _KEY
        if name == _KEY and not _is_given(value):
            edits.append(Edit(path, item.span, f"{_KEY}={_GIVEN}"))
        elif name == _UNSAFE and value != "false":
            edits.append(Edit(path, item.span, f"{_UNSAFE}=false"))
    if not has_key:
        first = listing.items[0].span.start if listing.items else 0
        begin = data.rfind(b"\n", 0, first) + 1
        lead = data[begin:first].decode("utf-8", "replace")
        if not listing.items or lead.strip() != "-":
            return []
        edits.insert(0, Edit(path, Span(begin, begin), f"{lead}{_KEY}={_GIVEN}{_ends(data)}"))
    return edits


def _is_given(text: str) -> bool:
    """Whether a value is taken from the environment, with nothing in its place where that has none."""
    return re.fullmatch(r"\$\{\w+(?::?\?[^{}]*)?\}|\$\w+", text) is not None


def _of_config(path: str, data: bytes, table: Table) -> list[Edit]:
    """``general_settings.master_key`` of the gateway's own file."""
    read = f"os.environ/{_KEY}"
    if table.get("model_list") is None:
        return []
    general = table.entry("general_settings")
    if general is None:
        before = "" if data.endswith(b"\n") else _ends(data)
        return [Edit(path, Span(len(data), len(data)), f"{before}general_settings:{_ends(data)}  master_key: {read}{_ends(data)}")]
    settings: Value = general.value
    if not isinstance(settings, Table):
        return []
    key = settings.get("master_key")
    if isinstance(key, Scalar):
        return [Edit(path, key.span, read)]
    if not settings.entries:
        return (
            [Edit(path, settings.span, f"{{ master_key: {read} }}")] if data[settings.span.start : settings.span.start + 1] == b"{" else []
        )
    first = settings.entries[0].place.start
    indent, ends = _before(data, first)
    return [Edit(path, Span(first, first), f"master_key: {read}{ends}{indent}")] if indent is not None and key is None else []


def _before(data: bytes, at: int) -> tuple[str | None, str]:
    """The indent of a line that begins there, None where more stands before it; and its line's end."""
    lead = data[data.rfind(b"\n", 0, at) + 1 : at]
    return (lead.decode() if not lead.strip() else None), _ends(data)


def _ends(data: bytes) -> str:
    return "\r\n" if b"\r\n" in data else "\n"


def _example(app: App, path: str) -> list[Edit]:
    folder = path.rpartition("/")[0]
    there = [each for each in app.paths if is_env_file(each) and is_sample(each) and each.rpartition("/")[0] in (folder, "")]
    target = max(sorted(there), key=len, default=f"{folder}/.env.example" if folder else ".env.example")
    if target in app.paths and re.search(rb"(?m)^\s*" + _KEY.encode() + rb"\s*=", app.text(target)):
        return []
    return [appended(app, target, [f"{_KEY}="])]
