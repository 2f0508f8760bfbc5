"""Publishes the ports of a compose file to the machine itself alone; leaves a port alone that it does not read with certainty."""

import re
from collections.abc import Iterator

from batten.facts.containers import EVERYWHERE, Container
from batten.finding import Edit, Finding, Fix, Safety, Step
from batten.parse.documents import Listing, Scalar, Table, Value, read_yaml
from batten.regex import regex
from batten.remedies.app import App, fact
from batten.text import Place, Span

_LOOPBACK = "127.0.0.1"
# [address:][published:]target[/protocol], where a variable may be anything but the address
_SHORT = regex(r"(?P<address>0\.0\.0\.0|\[::\]|\*)?(?P<colon>(?(address):))(?P<rest>[^:\[\]]*(?::[^:\[\]]+)?)")
_VARIABLE = regex(r"\$\{[^{}]*\}|\$\w+")
_EVERY = (*EVERYWHERE, "")


def loopback_ports(app: App, finding: Finding) -> Iterator[Fix]:
    """The port that is for what the finding speaks of; then all ports of the service."""
    container = fact(app.project.containers, finding)
    if container is None or container.on_host:
        return
    path, data = container.place.path, app.text(container.place.path)
    items = _items(data, container)
    told = {step.place.span for step in finding.trail} | {finding.place.span}
    narrow = [item for item in items if item.span in told]
    for chosen in (narrow, items) if narrow and len(narrow) < len(items) else (items,):
        edits = [edit for item in chosen if (edit := _bound(path, data, item)) is not None]
        if not edits:
            continue
        stops = tuple(Step(Place(path, item.span), "other machines reach it no more: they take a tunnel (`ssh -L`)") for item in chosen)
        yield Fix(f"Publish the ports of {container.name} to this machine alone", Safety.SAFE, tuple(edits), stops)


def _items(data: bytes, container: Container) -> list[Value]:
    """The ports of the service that are written in its own place, and are nobody else's."""
    document = read_yaml(data)
    services = document.table.get("services") if document.table is not None else None
    entry = services.entry(container.name) if isinstance(services, Table) else None
    service = entry.value if entry is not None else None
    ports = service.entry("ports") if isinstance(service, Table) else None
    if entry is None or ports is None or not isinstance(ports.value, Listing) or not document.whole:
        return []
    head = data[ports.place.start : ports.value.span.start]
    if b"&" in head or b"*" in head or b"&" in data[entry.place.start : entry.place.start + len(container.name) + 80].partition(b"\n")[0]:
        return []
    return [item for item in ports.value.items if item.span in entry.place]


def _bound(path: str, data: bytes, item: Value) -> Edit | None:
    """One port with the address of the machine itself; None where it has another, or is not understood."""
    if isinstance(item, Table):
        return _long(path, data, item)
    if not isinstance(item, Scalar):
        return None
    written = data[item.span.start : item.span.end].decode("utf-8", "replace")
    quote = written[0] if written[:1] in ("'", '"') else ""
    inside = written[1:-1] if quote else written
    if inside != item.text or (quote and written[-1:] != quote):
        return None  # with escapes, an anchor or a tag
    text = _short(inside)
    if text is None:
        return None
    return Edit(path, item.span, f'"{text}"' if not quote and ":" not in inside else f"{quote}{text}{quote}")


def _short(text: str) -> str | None:
    """``5432:5432`` with the address; None where it has one of its own."""
    # A variable may hold colons where it is the whole of a port, and is one part where something stands beside it.
    kept: list[str] = []

    def put_away(match: re.Match[str]) -> str:
        kept.append(match[0])
        return "\0"

    bare = _VARIABLE.sub(put_away, text)
    found = _SHORT.fullmatch(bare)
    if found is None or bare.strip() != bare or bare == "\0" or not found["rest"]:
        return None
    rest = found["rest"]
    if rest.startswith("\0:") and found["address"] is None and not re.search(r"PORT", kept[0], re.IGNORECASE):
        return None  # it may be an address
    parts = iter(kept)
    whole = f"{_LOOPBACK}:{rest if ':' in rest else f':{rest}'}"
    return re.sub("\0", lambda _: next(parts), whole)


def _long(path: str, data: bytes, item: Table) -> Edit | None:
    """A port as a mapping, which gets or changes ``host_ip``."""
    mode = item.get("mode")
    address = item.entry("host_ip")
    if not item.entries or (isinstance(mode, Scalar) and mode.text == "host") or item.get("published") is None:
        return None
    if address is not None:
        if not isinstance(address.value, Scalar) or address.value.text not in _EVERY or not address.value.text:
            return None
        return Edit(path, address.value.span, _LOOPBACK)
    first = item.entries[0].place.start
    if data[item.span.start : item.span.start + 1] == b"{":
        return Edit(path, Span(first, first), f"host_ip: {_LOOPBACK}, ")
    begin = data.rfind(b"\n", 0, first) + 1
    before = data[begin:first]
    if before.strip(b" -"):
        return None
    ends = "\r\n" if data[:first].endswith(b"\r\n" + before) else "\n"
    return Edit(path, Span(first, first), f"host_ip: {_LOOPBACK}{ends}{' ' * len(before)}")
