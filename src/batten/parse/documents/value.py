"""The values of a document: scalars, listings and tables, each with its range of bytes; knows no syntax."""

from msgspec import Struct

from batten.text import Span


class Scalar(Struct, frozen=True, gc=False):
    """A text, a number or a word; ``plain``: it stands without quotes, so that ``true`` and ``null`` are no texts."""

    span: Span
    text: str
    plain: bool = False


class Listing(Struct, frozen=True):
    """Values in their order."""

    span: Span
    items: tuple["Value", ...]


class Entry(Struct, frozen=True):
    """One key of a table; ``place`` is the range from the key to the end of its value."""

    key: str
    place: Span
    value: "Value"


class Table(Struct, frozen=True):
    """Values under keys, in their order; of equal keys the last one counts."""

    span: Span
    entries: tuple[Entry, ...]

    def entry(self, key: str) -> Entry | None:
        """What stands under a key."""
        return next((entry for entry in reversed(self.entries) if entry.key == key), None)

    def get(self, key: str) -> "Value | None":
        """The value under a key."""
        entry = self.entry(key)
        return entry.value if entry is not None else None


Value = Scalar | Listing | Table


class Document(Struct, frozen=True):
    """What was read. ``whole`` is False where the text breaks off, or a limit cut something off."""

    values: tuple[Value, ...]
    whole: bool = True

    @property
    def table(self) -> Table | None:
        """The first document, where it is a table."""
        return next((value for value in self.values[:1] if isinstance(value, Table)), None)


def below(value: Value | None, *keys: str) -> Value | None:
    """What stands below a value under keys of keys; None where there is no such thing."""
    for key in keys:
        value = value.get(key) if isinstance(value, Table) else None
    return value
