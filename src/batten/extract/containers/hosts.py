"""How hosts are told to start an app: Procfile, Render, Railway, Nixpacks, Fly and Replit; and which images they run as they are; reads nothing else."""

import re
import tomllib
from collections.abc import Iterator

from batten.extract.containers.commands import launch
from batten.extract.containers.settings import Words, flags, image_name, inside_shells, programs, tokens
from batten.facts.containers import Container, Option, Port
from batten.parse.documents import Listing, Scalar, Table, Value, below, read_json, read_yaml
from batten.regex import regex
from batten.text import Place, Span

_PROCESS = regex(rb"^(?P<name>[\w-]+)[^\S\n]*:[^\S\n]*(?P<line>[^\n]+)", re.MULTILINE)
_NAMES = frozenset(("Procfile", "render.yaml", "render.yml", "railway.json", "railway.toml", "nixpacks.toml", "fly.toml", ".replit"))
_KEYS = ("startCommand", "dockerCommand", "start_command")
_DEEPEST = 8
_MOST = 2_000
_MOST_IMAGES = 100


def is_hosting(name: str) -> bool:
    """Whether a file is one by its name."""
    return name in _NAMES


def read(path: str, data: bytes, words: Words) -> list[Container]:
    """One for each command that starts something."""
    found = []
    for name, line, span in _lines(path.rpartition("/")[2], data):
        command = inside_shells(line)
        settings = tuple(flags(command, span, words))
        found.append(
            Container(
                name=name,
                place=Place(path, span),
                programs=tuple(programs(command)),
                settings=settings,
                more=True,
                deployed=True,
                launch=launch(command),
            )
        )
    return [*found, *_images(path, data, words)]


def _images(path: str, data: bytes, words: Words) -> Iterator[Container]:
    """Images that a host runs as they are, where requests from outside reach them: https://fly.io/docs/reference/configuration/ https://render.com/docs/blueprint-spec."""
    name = path.rpartition("/")[2]
    if name == "fly.toml":
        try:
            whole = tomllib.loads(data.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            return
        build, served = whole.get("build"), whole.get("http_service") or whole.get("services")
        image = build.get("image") if isinstance(build, dict) else None
        if isinstance(image, str) and served:
            yield _image(path, "image", image, _key(data, "build", "image"), words)
    elif name.startswith("render."):
        services = below(read_yaml(data).table, "services")
        for service in services.items[:_MOST_IMAGES] if isinstance(services, Listing) else ():
            image_at = below(service, "image", "url")
            kind, called = below(service, "type"), below(service, "name")
            if isinstance(image_at, Scalar) and isinstance(kind, Scalar) and kind.text == "web":
                yield _image(path, called.text if isinstance(called, Scalar) else "image", image_at.text, image_at.span, words)


def _image(path: str, name: str, image: str, span: Span, words: Words) -> Container:
    known, tag = image_name(image)
    place = Place(path, span)
    settings = (Option("tag", tag, span),) if tag and words.knows(f"image:{known}") else ()
    return Container(
        name=name,
        place=place,
        image=known,
        programs=(f"image:{known}",),
        settings=settings,
        ports=(Port("", "", place),),
        more=True,
        deployed=True,
    )


def _lines(name: str, data: bytes) -> Iterator[tuple[str, list[str], Span]]:
    """The name of each process, the words of its command, and where it stands."""
    if name == "Procfile":
        for found in _PROCESS.finditer(data):
            if found["name"] != b"release":
                yield found["name"].decode(), tokens(found["line"].decode("utf-8", "replace")), Span(*found.span("line"))
    elif name.endswith(".toml") or name == ".replit":
        yield from _of_toml(data)
    else:
        document = read_json(data) if name.endswith(".json") else read_yaml(data)
        for value in document.values:
            yield from _below(value)


def _of_toml(data: bytes) -> Iterator[tuple[str, list[str], Span]]:
    try:
        whole = tomllib.loads(data.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return
    for section, key in (("deploy", "startCommand"), ("start", "cmd"), ("deployment", "run")):
        table = whole.get(section)
        value = table.get(key) if isinstance(table, dict) else None
        line = (
            [word for word in value if isinstance(word, str)]
            if isinstance(value, list)
            else tokens(value)
            if isinstance(value, str)
            else []
        )
        if line:
            yield section, line, _key(data, section, key)
    processes = whole.get("processes")
    for name, value in processes.items() if isinstance(processes, dict) else ():
        if isinstance(value, str):
            yield name, tokens(value), _key(data, "processes", name)


def _key(data: bytes, section: str, key: str) -> Span:
    head = re.search(rb"^\[" + re.escape(section.encode()) + rb"\]", data, re.MULTILINE)
    at = re.compile(rb"^[^\S\n]*" + re.escape(key.encode()) + rb"[^\S\n]*=[^\n]*", re.MULTILINE).search(data, head.end() if head else 0)
    return Span(*at.span()) if at is not None else Span(0, 0)


def _below(value: Value) -> Iterator[tuple[str, list[str], Span]]:
    todo = [(value, 0)]
    for _ in range(_MOST):
        if not todo:
            return
        here, depth = todo.pop()
        if isinstance(here, Listing) and depth < _DEEPEST:
            todo += [(item, depth + 1) for item in reversed(here.items)]
        elif isinstance(here, Table):
            for entry in here.entries:
                if entry.key in _KEYS and isinstance(entry.value, Scalar):
                    yield entry.key, tokens(entry.value.text), entry.place
                elif depth < _DEEPEST:
                    todo.append((entry.value, depth + 1))
