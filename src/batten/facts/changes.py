"""What a function does to objects that it holds, as far as one file tells: fields that are set, methods that are called, and what they are handed to; knows no ORM."""

from enum import StrEnum

from msgspec import Struct

from batten.regex import regex
from batten.text import Span

KEEPS = regex(
    r"(?:^|[._#])(?:\w*(?:commit|flush|persist)\w*|a?save\w*|add|add_all|merge|refresh|delete|begin|begin_nested|atomic|transaction)$"
)
"""The name of a call that writes down what was done to rows, or tells a session of one."""


class Deed(StrEnum):
    """What is done to an object."""

    SETS = "sets"
    """A field of it is set, or removed."""
    CALLS = "calls"
    """A method of it, or of what is in it, is called."""
    HANDS = "hands"
    """It is handed to a call."""


class Change(Struct, frozen=True, array_like=True, gc=False):
    """One of these. ``field`` is the field that is set (empty where it can't be told), the steps to the method (``tags.append``), or the argument that it fills (``0``).

    ``given_by`` are the calls that give the object, each of a chain and those that its first name comes of; ``parameter`` is the one that it is, or is taken of.
    With neither, whose it is can't be told. ``span`` is that of the call, or of what is assigned to.
    """

    deed: Deed
    field: str
    given_by: tuple[Span, ...]
    parameter: str
    span: Span
