"""Recipes of images: what the last stage starts from, and what it runs with which flags and variables."""

import json
import re

from batten.extract.containers.commands import launch
from batten.extract.containers.settings import Words, flags, image_name, inside_shells, programs, tokens, variable
from batten.facts.containers import Container, Option
from batten.text import Place, Span

_NAME = re.compile(r"(?:Dockerfile|Containerfile)(?:[.-].*)?|.*\.[Dd]ockerfile")
_INSTRUCTION = re.compile(
    rb"^[^\S\n]*(?P<word>FROM|CMD|ENTRYPOINT|ENV)[^\S\n]+(?P<rest>(?:[^\\\n]|\\(?:[^\n]|\n(?:[^\S\n]*\#[^\n]*\n)*))*)",
    re.MULTILINE | re.IGNORECASE,
)
_MOST = 300


def is_recipe(name: str) -> bool:
    """Whether a file is one by its name."""
    return _NAME.fullmatch(name) is not None


def read(path: str, data: bytes, words: Words) -> list[Container]:
    """What the image runs, as one server; nothing where it starts from nothing that can be told."""
    image, start = "", Span(0, 0)
    settings: list[Option] = []
    ran: dict[str, tuple[list[str], Span]] = {}
    for count, found in enumerate(_INSTRUCTION.finditer(data)):
        if count >= _MOST:
            break
        word, span = found["word"].upper(), Span(*found.span("rest"))
        rest = re.sub(r"\\\r?\n", " ", found["rest"].decode("utf-8", "replace")).strip()
        if word == b"FROM":
            parts = [part for part in rest.split() if not part.startswith("--")]
            image, start, settings, ran = parts[0] if parts else "", span, [], {}
        elif word == b"ENV":
            settings += [variable(name, value, span, words) for name, value in _pairs(rest)]
        else:
            ran[word.decode()] = (_words(rest), span)
    name, tag = image_name(image)
    line = inside_shells([*ran.get("ENTRYPOINT", ([], start))[0], *ran.get("CMD", ([], start))[0]])
    at = ran.get("CMD", ran.get("ENTRYPOINT", ([], start)))[1]
    settings += flags(line, at, words)
    return [
        Container(
            name=name or path.rpartition("/")[2],
            place=Place(path, at if line else start),
            image=name,
            programs=(*((f"image:{name}",) if name else ()), *programs(line)),
            launch=launch(line) if line else None,
            settings=(*settings, *((Option("tag", tag, start),) if tag else ())),
        )
    ]


def _pairs(rest: str) -> list[tuple[str, str]]:
    words = tokens(rest)
    if words and "=" in words[0]:
        return [(name, value) for name, equals, value in (word.partition("=") for word in words) if equals]
    name, _, value = rest.partition(" ")
    return [(name, value.strip())] if name else []


def _words(rest: str) -> list[str]:
    if rest.startswith("["):
        try:
            given = json.loads(rest)
        except (ValueError, RecursionError):
            given = []
        return [word for word in given if isinstance(word, str)] if isinstance(given, list) else []
    return tokens(rest)
