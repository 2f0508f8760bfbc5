"""The shapes of import and export statements, written as patterns with names for their parts, and the lists in them."""

import re
from typing import NamedTuple

from batten.regex import regex
from batten.skim.code import DOUBLE, SINGLE

# Comments inside a statement are short: a bound keeps hostile files cheap.
_REMARK = rb"/\*(?:[^*]|\*(?!/)|(?!)){0,500}+\*/|//[^\n]{0,500}+\n"
_PARTS = {
    b"FROM": rb"from\b~STRING",
    b"LIST": rb"\{(?P<list>FILLED)\}",
    b"FILLED": rb"(?:[^{}\"'/`]++|" + b"|".join((_REMARK, DOUBLE, SINGLE)) + rb"|(?!))*+",
    b"STRING": rb"""(?:"([^"\\\n]++)"|'([^'\\\n]++)')""",
    b"TYPE": rb"(?:(?P<type>type)\b~(?!from\b~[\"'])(?![,=]))?",
    b"NAME": rb"[\w$\x80-\xff]++",
    b"~": rb"(?:\s++|" + _REMARK + rb"|(?!))*+",
}
_COMMENT = regex(_REMARK)


def shape(pattern: bytes) -> re.Pattern[bytes]:
    """A pattern in which ``~`` is room for space and comments, and NAME, STRING, FROM, LIST, FILLED and TYPE are what they say."""
    for name, part in _PARTS.items():
        pattern = pattern.replace(name, part)
    return regex(pattern)


_PROPERTY = shape(rb"\s*+(?P<key>NAME)\s*+(?::\s*+(?P<local>NAME)\s*+)?(?:=[^,]*+)?\Z")


class Item(NamedTuple):
    """One entry of a list in braces."""

    name: str
    local: str
    type_only: bool


def text_of(data: bytes) -> str:
    """The text; bytes that are not UTF-8 show as U+FFFD."""
    return data.decode("utf-8", "replace")


def list_items(text: bytes) -> list[tuple[str, str, bool]]:
    """Name, local name and whether it is a type, for the entries of a list: ``a``, ``a as b``, ``type a``, ``type a as b``."""
    items: list[tuple[str, str, bool]] = []
    plain = text_of(_COMMENT.sub(b"", text) if b"/" in text else text)
    for entry in plain.split(","):
        words = entry.split()
        if len(words) == 1:
            items.append((words[0], words[0], False))
            continue
        type_only = len(words) in (2, 4) and words[0] == "type"
        match words[1:] if type_only else words:
            case [name]:
                items.append((name, name, type_only))
            case [name, "as", local]:
                items.append((name.strip("\"'"), local.strip("\"'"), type_only))
    return items


def properties(text: bytes) -> list[Item]:
    """The entries of a destructuring: ``a``, ``a: b``, ``a = 1``, ``...rest``."""
    items = []
    for entry in _COMMENT.sub(b"", text).split(b","):
        found = _PROPERTY.match(entry.strip().removeprefix(b"..."))
        if found is not None:
            items.append(Item(text_of(found["key"]), text_of(found["local"] or found["key"]), type_only=False))
    return items
