"""Writes the facts of an app, for people and for programs; knows no fact in particular."""

import json
from collections.abc import Callable
from enum import Enum
from typing import Any, TextIO

from msgspec import Struct, structs

from batten.report.escape import path as plain_path
from batten.report.escape import plain
from batten.report.run import Texts
from batten.text import Place, Span

VERSION = 1
_ELSEWHERE = frozenset({"place", "key", "subject", "trail", "places", "path_class"})


def write_json(project: Struct, sources: Callable[[str], bytes], stream: TextIO) -> None:
    """One JSON object: each collection of the project by its name."""
    texts = Texts(sources)
    document = {
        "version": VERSION,
        **{name: _value(getattr(project, name), texts) for name in project.__struct_fields__},
    }
    json.dump(document, stream, indent=2, ensure_ascii=True)
    stream.write("\n")


def _value(value: Any, texts: Texts) -> Any:
    match value:
        case Place():
            start, end = texts.start(value), texts.end(value)
            place = {"path": value.path, "line": start.line, "column": start.column}
            return {**place, "endLine": end.line, "endColumn": end.column}
        case Span():
            return [value.start, value.end]
        case Struct():
            return {name: _value(getattr(value, name), texts) for name in value.__struct_fields__}
        case tuple() | list():
            return [_value(item, texts) for item in value]
        case dict():
            return {str(key): _value(item, texts) for key, item in value.items()}
        case bytes():
            return value.decode("utf-8", "replace")
        case Enum():
            return value.value
        case _:
            return value


def write_text(project: Struct, sources: Callable[[str], bytes], stream: TextIO) -> None:
    """Each collection with its size, and a line a fact: its place, and every field that says something."""
    texts = Texts(sources)
    for name in project.__struct_fields__:
        facts = getattr(project, name)
        stream.write(f"{name.replace('_', ' ')} ({len(facts)})\n")
        stream.writelines(f"  {_line(fact, texts)}\n" for fact in facts)


def _line(fact: Struct, texts: Texts) -> str:
    defaults = {field.name: field.default for field in structs.fields(fact)}
    said = [
        f"{name}={_short(getattr(fact, name))}"
        for name in fact.__struct_fields__
        if name not in _ELSEWHERE and getattr(fact, name) not in (defaults[name], None, (), "")
    ]
    place = getattr(fact, "place", None)
    if isinstance(place, Place):
        said.append(f"at {plain_path(place.path)}:{texts.start(place).line}")
    return " ".join(said)


def _short(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case Enum():
            return plain(str(value.value))
        case Place():
            return plain_path(value.path)
        case Struct():
            inner = (getattr(value, name) for name in value.__struct_fields__ if name not in _ELSEWHERE)
            return "(" + " ".join(_short(item) for item in inner if item not in (None, (), "")) + ")"
        case tuple() | list():
            return "[" + ", ".join(_short(item) for item in value) + "]"
        case _:
            return plain(str(value))
