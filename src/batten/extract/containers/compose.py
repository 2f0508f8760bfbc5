"""Compose files: the services, their images, variables, commands and ports; reads no other file.

https://github.com/compose-spec/compose-spec/blob/main/spec.md
"""

import posixpath
import re
from collections.abc import Iterator

from batten.extract.containers.commands import launch
from batten.extract.containers.settings import Words, filled, flags, image_name, inside_shells, programs, tokens, variable
from batten.extract.containers.stages import deployed, kept_running
from batten.facts.containers import Container, Option, Port
from batten.parse.documents import Entry, Listing, Scalar, Table, Value, read_yaml
from batten.regex import regex
from batten.text import Place, Span

_NAME = regex(r"(?:docker-)?compose(?:[.-][^/]*)?\.ya?ml")
_MOST = 500
# [[address:]published:]target[/protocol], where an address in brackets is one of IPv6
_PORT = regex(r"(?:(?P<address>\[[0-9a-fA-F:.%]*\]|[^:\[\]]*):)?(?:(?P<published>[\d-]*):)?(?P<target>\d[\d-]*)(?:/\w+)?")


def is_compose(name: str) -> bool:
    """Whether a file is one by its name."""
    return _NAME.fullmatch(name) is not None


def read(path: str, data: bytes, words: Words) -> tuple[list[Container], bool]:
    """The services, and whether the file was read to its end."""
    document = read_yaml(data)
    services = document.table.get("services") if document.table is not None else None
    entries = services.entries[:_MOST] if isinstance(services, Table) else ()
    for_more = deployed(path, [entry.value for entry in entries if isinstance(entry.value, Table)])
    return [_service(path, entry, entry.value, words, for_more) for entry in entries if isinstance(entry.value, Table)], document.whole


def _service(path: str, entry: Entry, service: Table, words: Words, for_more: bool | None) -> Container:
    image = _text(service.get("image"))
    name, tag = image_name(image)
    command = inside_shells([*_words(service.get("entrypoint")), *_words(service.get("command"))])
    at = service.entry("command") or service.entry("image") or entry
    folder = path.rpartition("/")[0]
    network = _text(service.get("network_mode"))
    build = service.get("build")
    context = _text(build.get("context") if isinstance(build, Table) else build)
    settings = [*_environment(service.get("environment"), words), *flags(command, at.place, words)]
    return Container(
        name=entry.key,
        place=Place(path, Span(entry.place.start, entry.place.start + len(entry.key.encode()))),
        image=name,
        programs=(*((f"image:{name}",) if name else ()), *programs(command)),
        settings=(*settings, *((Option("tag", tag, entry.place),) if tag else ())),
        ports=tuple(_ports(path, service.get("ports"))),
        mounted=tuple(_mounted(folder, service)),
        build=_inside(folder, context) if context else None,
        on_host=network == "host",
        deployed=kept_running(service, for_more),
        launch=launch(command) if command else None,
        more=service.get("env_file") is not None or service.get("extends") is not None or network.startswith(("service:", "container:")),
    )


def _text(value: Value | None) -> str:
    return value.text if isinstance(value, Scalar) else ""


def _words(value: Value | None) -> list[str]:
    if isinstance(value, Listing):
        return [item.text for item in value.items if isinstance(item, Scalar)]
    return tokens(_text(value))


def _environment(value: Value | None, words: Words) -> Iterator[Option]:
    if isinstance(value, Table):
        for entry in value.entries[:_MOST]:
            given = entry.value if isinstance(entry.value, Scalar) else None
            bare = given is None or (given.plain and given.text in ("", "null", "~"))
            yield variable(entry.key, None if bare or given is None else given.text, entry.place, words)
    lines = (
        value.items
        if isinstance(value, Listing)
        else tuple(Scalar(value.span, part) for part in value.text.split())
        if isinstance(value, Scalar)
        else ()
    )
    for item in lines[:_MOST]:
        if isinstance(item, Scalar):
            name, equals, text = item.text.partition("=")
            yield variable(name.strip(), text if equals else None, item.span, words)


def _ports(path: str, value: Value | None) -> Iterator[Port]:
    for item in value.items[:_MOST] if isinstance(value, Listing) else ():
        if isinstance(item, Table):
            if _text(item.get("published")) or _text(item.get("mode")) == "host":
                address = item.get("host_ip")
                yield Port(
                    filled(_text(address)) if address is not None else "", filled(_text(item.get("target"))) or "", Place(path, item.span)
                )
        elif isinstance(item, Scalar):
            port = published(item.text)
            if port is not None:
                yield Port(*port, Place(path, item.span))


def published(text: str) -> tuple[str | None, str] | None:
    """The address and the port inside of a port as it is written; None where it is not understood."""
    known = re.sub(r"\$\{\w+(?::?-(?P<default>[^{}]*))?[^{}]*\}|\$\w+", lambda found: found["default"] or "\0", text.strip())
    head, _, target = known.rpartition(":")
    if "\0" in head.partition(":")[0] and ":" in head:
        return None, target.partition("/")[0]
    found = _PORT.fullmatch(known.replace("\0", "1"))
    if found is None:
        return None
    address = found["address"] or ""
    if found["published"] is None and re.fullmatch(r"[\d-]*", address):
        address = ""  # published:target
    return address.strip("[]"), found["target"]


def _mounted(folder: str, service: Table) -> Iterator[str]:
    """The files of the app that it is given; of variables, too."""
    listed = service.get("env_file")
    for each in listed.items[:_MOST] if isinstance(listed, Listing) else (listed,):
        inside = _inside(folder, _text(each.get("path") if isinstance(each, Table) else each) or "/")
        if inside:
            yield inside
    for key in ("volumes", "configs"):
        value = service.get(key)
        for item in value.items[:_MOST] if isinstance(value, Listing) else ():
            source = _text(item.get("source")) if isinstance(item, Table) else _text(item).partition(":")[0]
            inside = _inside(folder, source) if source.startswith(".") else None
            if inside is not None:
                yield inside


def _inside(folder: str, target: str) -> str | None:
    """A path from the root; None where it leaves the tree."""
    joined = posixpath.normpath(posixpath.join(folder, target))
    if joined.startswith(("../", "/")) or joined == "..":
        return None
    return "" if joined == "." else joined
