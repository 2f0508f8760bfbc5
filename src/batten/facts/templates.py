"""Templates of the server: where they put in what they are given."""

from msgspec import Struct

from batten.text import Span


class Hole(Struct, frozen=True, array_like=True, gc=False):
    """A value that becomes part of the page: ``way`` are the keys that lead to it from what the template is given, ``[]`` for each of a list.

    ``raw``: nothing escapes it, whatever the engine is set to; False: the engine does, where it is set to.
    """

    way: tuple[str, ...]
    span: Span
    raw: bool


class Template(Struct, frozen=True, array_like=True, gc=False):
    """One template: its holes in order, and the names of the templates that it is made of as well (``include``, ``extends``)."""

    holes: tuple[Hole, ...]
    others: tuple[str, ...] = ()
