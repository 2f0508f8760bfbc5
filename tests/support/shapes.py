"""The many ways to write one file, and what a fix may change of it."""

from collections.abc import Set as AbstractSet
from difflib import SequenceMatcher
from typing import NamedTuple

from hypothesis import strategies as st


class Shape(NamedTuple):
    """How somebody writes: what has no meaning for the code, and some that has none for the remedy."""

    indent: str
    ends: str
    quote: str
    comment: str
    comma: str
    hint: bool
    is_async: bool
    wrapped: bool
    last: str


SHAPES = st.builds(
    Shape,
    indent=st.sampled_from(["    ", "  ", "\t"]),
    ends=st.sampled_from(["\n", "\r\n"]),
    quote=st.sampled_from(["'", '"']),
    comment=st.sampled_from(["", "caf\u00e9 \u2603", 'it\'s "quoted" `here`', "{braces} ${too}", "import os", "def work(): pass"]),
    comma=st.sampled_from(["", ","]),
    hint=st.booleans(),
    is_async=st.booleans(),
    wrapped=st.booleans(),
    last=st.sampled_from(["", "\n"]),
)


def only_its_own_line(before: str, after: str, ends: str, added: AbstractSet[str]) -> None:
    """Only lines that say HERE are others, and only imports and what is to be added have come."""
    was, now = before.split(ends), after.split(ends)
    for kind, one, other, first, last in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if kind != "equal":
            gone, new = was[one:other], now[first:last]
            assert all("HERE" in line for line in gone), gone
            assert all("HERE" in line or line.startswith(("import ", "from ")) or line.strip() in {"", *added} for line in new), new
