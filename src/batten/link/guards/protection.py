"""What a caller has shown, by strength, and the ranges of a function where they have shown it."""

from collections.abc import Collection, Iterable
from enum import IntEnum
from typing import NamedTuple

from batten.facts.calls import Join
from batten.text import Place, Span


class Protection(IntEnum):
    """What a caller has shown to get here, weakest first."""

    NONE = 0
    PRESENCE = 1
    SESSION = 2
    OPTIONAL = 3
    UNKNOWN = 4
    DATABASE = 5
    SECRET = 6
    SIGNED = 7
    IDENTITY = 8


class Fence(NamedTuple):
    """A range that only runs where a test has passed; ``checks`` are the calls whose outcome the test looks at.

    ``call``: it is one that leaves by itself. ``leaves``: where the test fails, the function ends.
    """

    reach: Span
    strength: Protection
    checks: frozenset[str]
    call: bool = False
    leaves: bool = True


class Seen(NamedTuple):
    """A test or call that may have to do with who calls: the names it looks at, and what a caller has shown within ``reach``.

    ``way``: ``test``, ``secret`` (a comparison with one), ``call`` (it leaves by itself), ``untested`` (it tells who calls, and nobody looks).
    """

    names: tuple[str, ...]
    place: Place
    reach: Span
    strength: Protection
    way: str


def strongest(fences: Iterable[Fence], position: int) -> Protection:
    """What protects one position."""
    best = Protection.NONE
    for fence in fences:
        if fence.strength > best and covers(fence.reach, position):
            best = fence.strength
    return best


def strongest_or_caught(fences: Collection[Fence], caught: Iterable[Join], position: int) -> Protection:
    """The same; where a failure is handled that may be that of a check or of what comes after it, it can't be told."""
    shown = (strongest(fences, each.left) for each in caught if covers(each.reach, position))
    return max(strongest(fences, position), min(max(shown, default=Protection.NONE), Protection.UNKNOWN))


def weakest(ways: Iterable[Protection], default: Protection = Protection.NONE) -> Protection:
    """What is shown on every one of some ways; where each asks for an account, or for a secret of the caller's, whoever has an account passes."""
    found = set(ways)
    if found and min(found) is Protection.SECRET and Protection.IDENTITY in found:
        return Protection.IDENTITY
    return min(found, default=default)


def covers(reach: Span, position: int) -> bool:
    """The end belongs to it: a function's own end is a point that is reached."""
    return reach.start <= position <= reach.end


def starts(name: str) -> list[str]:
    """A name and what it is a property of: ``a#b.c`` gives ``a#b.c`` and ``a#b``."""
    found = [name]
    while "." in name.rpartition("#")[2]:
        name = name.rpartition(".")[0]
        found.append(name)
    return found
