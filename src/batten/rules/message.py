"""Messages of rules: templates that name plain fields, filled with text that a hostile source may have chosen."""

from collections.abc import Callable, Iterable
from enum import Enum
from functools import lru_cache
from string import Formatter
from typing import Any, NamedTuple

from batten.regex import regex

LONGEST = 160
# Steps that nobody has written there: an item of many, a table of a database, or what stands between two types.
_THROUGH = frozenset(("[]", "from", "from_", "table"))
_BETWEEN_TYPES = regex(r"__\w+__")


class Part(NamedTuple):
    """Literal text, then a field (None at the end), in quotes or not."""

    text: str
    field: str | None
    quoted: bool


@lru_cache(maxsize=1024)
def parts(template: str) -> tuple[Part, ...]:
    """The template taken apart. Raises ValueError where it holds more than ``{field}`` and ``{field!r}``."""
    found = []
    for text, field, spec, conversion in Formatter().parse(template):
        if field is not None and (not field.isidentifier() or spec or conversion not in (None, "r")):
            raise ValueError(f"{{{field}}} is more than a field: only {{field}} and {{field!r}} can be written")
        found.append(Part(text, field, conversion == "r"))
    return tuple(found)


def unknown_fields(template: str, known: Iterable[str]) -> list[str]:
    """The fields of the template that are not known, in order."""
    names = set(known)
    return [part.field for part in parts(template) if part.field is not None and part.field not in names]


def render(template: str, field: Callable[[str], Any]) -> str:
    """The message: fields as ``field`` gives them, nothing in it that could move a cursor or hide text."""
    return "".join(part.text + ("" if part.field is None else _shown(field(part.field), quoted=part.quoted)) for part in parts(template))


def called(name: str) -> str:
    """What is called, as its author knows it: ``fs.readFile`` of ``fs.default.readFile``, and of a chain that leads through rows or items its last step."""
    package, _, path = name.partition(".")
    steps = [step for step in path.split(".") if step != "default"]
    first = package if "/" in package else package.removeprefix("@")
    if any(step in _THROUGH or _BETWEEN_TYPES.fullmatch(step) for step in steps[:-1]):
        return f"`{steps[-1]}` of {first}"
    return ".".join((first, *filter(None, steps)))


def _shown(value: Any, *, quoted: bool) -> str:
    if isinstance(value, tuple):
        return ", ".join(_shown(item, quoted=quoted) for item in value)
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum):
        value = value.value
    text = str(value)
    if len(text) > LONGEST:
        text = text[: LONGEST - 1] + "…"
    if quoted:
        return repr(text)
    return text if text.isprintable() else repr(text)[1:-1]
