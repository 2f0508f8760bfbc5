"""What an expression of a migration comes to, as far as its source settles it; knows no tool and runs nothing."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from batten.code.model import Function
from batten.text import Span

_LONGEST_TEXT = 1_000_000
_MOST_ITEMS = 20_000
_MOST_PARTS = 2_000


class Value(Struct, frozen=True):
    """Something that cannot be told."""


class Known(Value, frozen=True):
    """A constant; ``span`` is where it stands in the source, None where it is put together."""

    value: str | int | float | bool | None
    span: Span | None = None


class Mixed(Value, frozen=True):
    """A text of which some parts (None) cannot be told."""

    parts: tuple[str | None, ...]


class Many(Value, frozen=True):
    """A list, tuple or set."""

    items: tuple[Value, ...]


class Entries(Value, frozen=True):
    """A dict or object; what is spread into it is under ""."""

    entries: tuple[tuple[str, Value], ...]

    def get(self, *names: str) -> Value | None:
        """The value under the first of these names that is there."""
        found = dict(self.entries)
        return next((found[name] for name in names if name in found), None)


class Named(Value, frozen=True):
    """Something imported or global, by its dotted name: ``alembic.op.execute``."""

    name: str


class Member(Value, frozen=True):
    """A property of a value: ``.items`` of a dict, ``.execute`` of what a call made."""

    of: Value
    name: str


class Made(Value, frozen=True):
    """What a call makes; ``name`` is the dotted name of what is called, ``of`` what it is a method of."""

    name: str
    span: Span
    args: tuple[Value, ...] = ()
    keywords: tuple[tuple[str, Value], ...] = ()
    of: Value | None = None

    @property
    def last(self) -> str:
        """The last step of the name."""
        return self.name.rpartition(".")[2]

    def argument(self, at: int | None, *names: str) -> Value | None:
        """The argument at a position or under a name; None where there is none."""
        found = next((value for name, value in self.keywords if name in names), None)
        if found is None and at is not None and at < len(self.args):
            return self.args[at]
        return found

    def text(self, at: int | None, *names: str) -> str | None:
        """The constant text of an argument."""
        return text_of(self.argument(at, *names))


class Routine(Value, frozen=True):
    """A function of the file, with the names round it."""

    function: Function
    around: Mapping[str, Value]


def text_of(value: Value | None) -> str | None:
    """The constant text that a value is, or None."""
    return value.value if isinstance(value, Known) and isinstance(value.value, str) else None


def texts_of(value: Value | None) -> tuple[str, ...] | None:
    """The constant texts that a list, or a text alone, holds; None where one of them cannot be told."""
    items = value.items if isinstance(value, Many) else () if value is None else (value,)
    texts = [text for item in items if (text := text_of(item)) is not None]
    return tuple(texts) if len(texts) == len(items) and value is not None else None


def truth(value: Value | None) -> bool | None:
    """Whether a value counts as true."""
    match value:
        case Known(constant):
            return bool(constant)
        case Many(items):
            return bool(items)
        case Entries(entries):
            return bool(entries)
        case Routine() | Mixed():
            return True
        case _:
            return None


def joined(values: Iterable[Value]) -> Value:
    """The text of several values one behind the other."""
    parts: list[str | None] = []
    values = list(values)
    for value in values:
        match value:
            case Known(None | bool()):
                parts.append(None)
            case Known(constant):
                parts.append(str(constant))
            case Mixed(inner):
                parts += inner
            case _:
                parts.append(None)
    if len(parts) > _MOST_PARTS or sum(len(part) for part in parts if part is not None) > _LONGEST_TEXT:
        return Mixed((None,))
    if None not in parts:
        span = values[0].span if len(values) == 1 and isinstance(values[0], Known) else None
        return Known("".join(part for part in parts if part is not None), span)
    return Mixed(tuple(parts))


def added(one: Value, other: Value) -> Value:
    """``one + other``."""
    match one, other:
        case Many(first), Many(second) if len(first) + len(second) <= _MOST_ITEMS:
            return Many(first + second)
        case Known(int() | float() as first), Known(int() | float() as second):
            return Known(first + second)
        case (Known(str()) | Mixed(), _) | (_, Known(str()) | Mixed()):
            return joined((one, other))
        case _:
            return Value()


def formatted(template: Value, values: tuple[Value, ...], keywords: Mapping[str, Value]) -> Value:
    """``"…{}…{name}".format(…)``, without formats of their own."""
    text = text_of(template)
    if text is None:
        return Mixed((None,))
    pieces: list[Value] = []
    waiting = iter(values)
    at = 0
    while (opened := text.find("{", at)) != -1:
        closed = text.find("}", opened)
        if closed == -1:
            break
        pieces.append(Known(text[at:opened].replace("}}", "}")))
        name = text[opened + 1 : closed]
        if name.startswith("{"):  # an escaped brace
            pieces.append(Known("{"))
            at = opened + 2
            continue
        found = (
            next(waiting, None)
            if not name
            else values[int(name)]
            if name.isdecimal() and int(name[:9]) < len(values)
            else keywords.get(name)
        )
        pieces.append(found or Value())
        at = closed + 1
    return joined([*pieces, Known(text[at:].replace("}}", "}"))])


def filled(template: Value, given: Value) -> Value:
    """``"…%s…" % given``."""
    text = text_of(template)
    if text is None:
        return Mixed((None,))
    waiting = iter(given.items if isinstance(given, Many) else (given,))
    first, *others = text.split("%s")
    pieces: list[Value] = [Known(first.replace("%%", "%"))]
    for other in others:
        pieces += [next(waiting, None) or Value(), Known(other.replace("%%", "%"))]
    return joined(pieces)
