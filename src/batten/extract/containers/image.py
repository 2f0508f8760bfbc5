"""Recipes of images: what the last stage starts from, and what it runs with which flags and variables."""

import json

from batten.extract.containers.commands import launch
from batten.extract.containers.recipe import Stage, shipped, stages
from batten.extract.containers.settings import Words, flags, image_name, inside_shells, programs, tokens, variable
from batten.facts.containers import Container, Option
from batten.text import Place, Span

_MOST = 100
_CONFIGURES = frozenset(("--config", "-c", "--config-file"))


def read(path: str, data: bytes, words: Words) -> list[Container]:
    """What the image runs, as one server; nothing where it starts from nothing that can be told."""
    every = stages(data)
    kept = shipped(every)
    stage = kept[-1] if kept else Stage("", "", Span(0, 0), ())
    settings: list[Option] = [variable(name, value, each.span, words) for each in stage.of("ENV") for name, value in _pairs(each.rest)]
    ran = {each.word: (_words(each.rest), each.span) for each in stage.of("CMD", "ENTRYPOINT")}
    name, tag = image_name(stage.base)
    line = inside_shells([*ran.get("ENTRYPOINT", ([], stage.span))[0], *ran.get("CMD", ([], stage.span))[0]])
    at = ran.get("CMD", ran.get("ENTRYPOINT", ([], stage.span)))[1]
    settings += flags(line, at, words)
    return [
        Container(
            name=name or path.rpartition("/")[2],
            place=Place(path, at if line else stage.span),
            image=name,
            programs=(*((f"image:{name}",) if name else ()), *programs(line)),
            launch=launch(line) if line else None,
            mounted=tuple(_configured(path, line)),
            exposes=tuple(port.partition("/")[0] for each in kept for one in each.of("EXPOSE") for port in one.rest.split()),
            copies=tuple(source for each in kept for one in each.of("COPY", "ADD") for source in _sources(one.rest)),
            settings=(*settings, *((Option("tag", tag, stage.span),) if tag else ())),
        )
    ]


def _configured(path: str, line: list[str]) -> list[str]:
    """The configuration that a program is started with, as a file beside the recipe: what is copied into an image keeps its name."""
    given = [
        word.partition("=")[2] or after for word, after in zip(line, [*line[1:], ""], strict=False) if word.partition("=")[0] in _CONFIGURES
    ]
    folder = path.rpartition("/")[0]
    return [f"{folder}/{name}".lstrip("/") for each in given if (name := each.rpartition("/")[2]).endswith((".yaml", ".yml"))]


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


def _sources(rest: str) -> list[str]:
    """What of the app an instruction copies; nothing for what comes from another stage."""
    if "--from=" in rest:
        return []
    words = [word for word in rest.split() if not word.startswith("--")]
    return [word.strip("[]\",'").removeprefix("./").rstrip("/") for word in words[:-1]][:_MOST]
