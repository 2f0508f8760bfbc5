"""Names in templates and what they stand for while loops and blocks give them others."""

import re
from typing import NamedTuple

from batten.facts.flows import ANY
from batten.regex import regex
from batten.text import Span

Way = tuple[str, ...]
MOST_HOLES = 300
_STEP = regex(
    r"\.(?P<name>[A-Za-z_$][\w$]*)|\.(?P<number>\d+)|\[\s*(?:\"(?P<double>[^\"\]]*)\"|'(?P<single>[^'\]]*)'|(?P<index>\d+))\s*\]|\[[^\[\]]*\]"
)
_PATH = regex(r"\s*(?P<first>[A-Za-z_$][\w$]*)(?P<rest>(?:\??\.[\w$]+|(?:\?\.)?\[[^\[\]]*\])*)\s*\Z")
_DEEPEST = 12
_LONGEST = 1_000
# Blocks within blocks; what stands in more of them is told by nothing.
MOST_BLOCKS = 60


class Token(NamedTuple):
    """What stands between two marks."""

    mark: bytes
    inner: Span
    end: int


class Marks:
    """The marks of a language: what opens, and what closes that. To look for what closes costs no more than its distance."""

    def __init__(self, pairs: dict[bytes, bytes]) -> None:
        self._closing = pairs
        self._opening = re.compile(b"|".join(re.escape(mark) for mark in sorted(pairs, key=len, reverse=True)))

    def next(self, data: bytes, at: int) -> Token | None:
        """The first token from an offset on; what is not closed nearby opens nothing."""
        while found := self._opening.search(data, at):
            at = found.end()
            closing = self._closing[found[0]]
            end = data.find(closing, at, at + _LONGEST)
            if end >= 0:
                return Token(found[0], Span(at, end), end + len(closing))
        return None


class Scope(NamedTuple):
    """A block that gives names of its own: what each stands for, None where that can't be told."""

    opened_by: str
    names: dict[str, Way | None]


class Scopes:
    """The blocks around, innermost last."""

    def __init__(self) -> None:
        self._open: list[Scope] = []

    def enter(self, opened_by: str, names: dict[str, Way | None] | None = None) -> None:
        """A block begins."""
        if len(self._open) < MOST_BLOCKS:
            self._open.append(Scope(opened_by, names or {}))

    def leave(self, opened_by: str) -> None:
        """The innermost block of a kind ends, and what was left open in it."""
        for index in range(len(self._open) - 1, -1, -1):
            if self._open[index].opened_by == opened_by:
                del self._open[index:]
                return

    def name(self, name: str, way: Way | None) -> None:
        """A name gets another meaning, for the rest of the block."""
        if not self._open:
            self._open.append(Scope("", {}))
        self._open[-1].names[name] = way

    def around(self, opened_by: str) -> bool:
        """A block of a kind is open."""
        return any(scope.opened_by == opened_by for scope in self._open)

    def resolve(self, way: Way | None) -> Way | None:
        """The way from what the template is given."""
        for scope in reversed(self._open):
            if way is None:
                return None
            if way[0] in scope.names:
                meant = scope.names[way[0]]
                return None if meant is None else (*meant, *way[1:])[:_DEEPEST]
        return way


def way_of(text: str) -> Way | None:
    """The steps of ``user.name``, ``user["name"]`` or ``users[0]``; None for anything that is more than a name with steps."""
    found = _PATH.match(text)
    if found is None:
        return None
    rest = found["rest"].replace("?.[", "[").replace("?.", ".")
    inner = [step["name"] or step["number"] or step["double"] or step["single"] or step["index"] or ANY for step in _STEP.finditer(rest)]
    return (found["first"], *inner)[:_DEEPEST]


def each(way: Way | None) -> Way | None:
    """What a loop over a value gives one by one."""
    return None if way is None else (*way, ANY)[:_DEEPEST]


def trimmed(data: bytes, span: Span, marks: bytes = b"") -> Span:
    """A range without the white space at its ends, and without these marks."""
    text = data[span.start : span.end]
    also = b" \t\r\n" + marks
    left = len(text) - len(text.lstrip(also))
    return Span(span.start + left, max(span.start + left, span.end - (len(text) - len(text.rstrip(also)))))
