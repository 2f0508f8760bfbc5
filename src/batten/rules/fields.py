"""Which facts a page can be about and how their fields compare, read off the fact types; knows no page."""

from collections.abc import Mapping
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from msgspec import Struct

from batten.facts.project import Project
from batten.finding import Note
from batten.rules.page import Shape
from batten.text import Place

_KINDS = {str: "string", bool: "boolean", int: "integer"}


class Field(Struct, frozen=True):
    """One field that a page can match.

    ``kind`` is a JSON type, "" for records. ``choices`` is a closed set. ``null``: what ``null`` stands for, "" where it is never null.
    """

    name: str
    shape: Shape
    kind: str = ""
    choices: tuple[str, ...] = ()
    null: str = ""
    fields: tuple["Field", ...] = ()

    @property
    def printable(self) -> bool:
        """Whether a message can show it."""
        return self.shape is not Shape.RECORDS


def collections() -> dict[str, str]:
    """The field of ``Project`` that holds each kind of fact: ``policy`` is in ``policies``."""
    return {_singular(name): name for name in Project.__struct_fields__ if name != "notes"}


@cache
def facts() -> Mapping[str, Mapping[str, Field]]:
    """The fields of each kind of fact, in their order."""
    found: dict[str, Mapping[str, Field]] = {}
    for name, hint in get_type_hints(Project).items():
        item = next(iter(get_args(hint)), None)
        if isinstance(item, type) and issubclass(item, Struct) and item is not Note:
            found[_singular(name)] = {field.name: field for field in _fields(item, nested=False)}
    return found


def _singular(name: str) -> str:
    if name.endswith("ies"):
        return name[:-3] + "y"
    return name.removesuffix("s")


def _fields(struct: type[Struct], *, nested: bool) -> tuple[Field, ...]:
    made = (_field(name, hint, nested=nested) for name, hint in get_type_hints(struct).items() if name not in ("trail", "places"))
    return tuple(field for field in made if field is not None)


def _field(name: str, hint: Any, *, nested: bool) -> Field | None:
    optional = False
    if get_origin(hint) in (Union, UnionType):
        parts = [part for part in get_args(hint) if part is not NoneType]
        optional = len(parts) < len(get_args(hint))
        if len(parts) != 1:
            return None
        hint = parts[0]
    if get_origin(hint) is tuple:
        item: Any = get_args(hint)[0]
        if get_args(hint)[1:] != (...,):
            return None
        if isinstance(item, type) and issubclass(item, Struct):
            return None if nested else Field(name, Shape.RECORDS, null="empty", fields=_fields(item, nested=True))
        inner = _field(name, item, nested=True)
        if inner is None or inner.shape not in (Shape.SCALAR, Shape.ANSWER):
            return None
        return Field(name, Shape.NAMES, inner.kind, inner.choices, "empty")
    if hint is Place:
        return Field(name, Shape.PLACE, "string", null="nowhere" if optional else "")
    if isinstance(hint, type) and issubclass(hint, Enum):
        return Field(name, Shape.ANSWER, "string", tuple(str(item.value) for item in hint), "can't tell" if optional else "")
    if hint is bool:
        return Field(name, Shape.ANSWER, "boolean", null="can't tell" if optional else "")
    if hint in _KINDS:
        return Field(name, Shape.SCALAR, _KINDS[hint], null="none" if optional else "")
    return None
