"""One place that a value comes from, and what becomes of it on its way; knows no graph."""

from collections.abc import Iterable
from typing import NamedTuple

from batten.facts.flows import DEEP
from batten.finding import Step
from batten.link.flows.knowledge import ALL, ALL_BUT_RIGHTS, DOUBT, PROTOTYPE, QUERIES, WRITTEN

Way = tuple[str, ...]
# What is escaped for one kind of sinks does no harm in another either.
_ESCAPED_FOR = {"rendered": "html"}
# What strangers do by a record of their own.
_OF_STRANGERS = frozenset((*QUERIES, PROTOTYPE))
# A value that comes from more places, or goes a longer way, is not told apart further.
_MOST_ROOTS = 12
_LONGEST_TRAIL = 14

SENTENCES = {
    "request": "comes from the request here",
    "model-output": "the model's answer comes in here",
    "tool-input": "what the model calls a tool with comes in here",
    "weak-random": "is made by a generator that can be foretold here",
    "browser": "comes from the address of the page here",
    "stored": "comes out of the database here",
    "answer": "comes from a server here",
    "archive": "the names in an archive come in here",
    "operator": "comes from whoever starts the program here",
    "unknown": "comes from where nothing tells here",
}


class Root(NamedTuple):
    """One place that a value comes from: a parameter (``source`` "") of a function, or a source.

    ``owner`` is the function whose parameter ``number`` it is, ``way`` what is read of it. ``cleaned`` are the kinds of sinks for which it is harmless by now.
    """

    source: str
    owner: tuple[str, str]
    number: int
    way: Way
    cleaned: frozenset[str]
    sure: bool
    steps: tuple[Step, ...]

    def is_harmless(self, kind: str) -> bool:
        """For sinks of a kind, and for those that only ask whether there is such a thing (``path-probe``), or only put it together (``path-joined``)."""
        if (ALL_BUT_RIGHTS in self.cleaned and kind != "authority") or (self.source in WRITTEN and kind in _OF_STRANGERS):
            return True
        return not self.cleaned.isdisjoint((ALL, kind, kind.removesuffix("-probe").removesuffix("-joined"), _ESCAPED_FOR.get(kind, kind)))

    def is_certain(self, kind: str) -> bool | None:
        """Whether text of somebody else's comes to a sink of a kind; None where something on the way may have settled it."""
        return True if self.sure and f"{DOUBT}{kind.removesuffix('-probe')}" not in self.cleaned else None

    @property
    def identity(self) -> tuple[object, ...]:
        """What tells it from others: the way it went does not."""
        return (self.source, self.owner, self.number, self.way, self.cleaned, self.sure)


def merged(roots: Iterable[Root]) -> tuple[Root, ...]:
    """Each root once, the one with the shortest way; no more than can be told apart."""
    every = roots if isinstance(roots, list | tuple) else list(roots)
    if len(every) < 2:  # noqa: PLR2004 - nothing to merge
        return tuple(every)
    found: dict[tuple[object, ...], Root] = {}
    for root in every:
        identity = root.identity
        known = found.setdefault(identity, root)
        if known is not root and (len(root.steps), root.steps) < (len(known.steps), known.steps):
            found[identity] = root
    if len(found) <= _MOST_ROOTS:
        return tuple(found.values())
    return tuple(
        sorted(
            found.values(),
            key=lambda root: (not root.source, not root.sure, len(root.cleaned), root.owner, root.number, root.way, sorted(root.cleaned)),
        )[:_MOST_ROOTS]
    )


def clean(roots: Iterable[Root], kinds: frozenset[str]) -> tuple[Root, ...]:
    """The roots, harmless for further kinds of sinks."""
    if not kinds:
        return tuple(roots)
    if ALL in kinds:
        return ()
    return merged(root._replace(cleaned=root.cleaned | kinds) for root in roots)


def through(given: Root, root: Root, steps: tuple[Step, ...]) -> Root:
    """A root of an argument, by way of what a function does with the parameter."""
    return given._replace(
        cleaned=given.cleaned | root.cleaned, sure=given.sure and root.sure, steps=shortened((*given.steps, *steps, *root.steps))
    )


def nearer(way: Way, *, again: bool) -> Way:
    """A way that a function asks of itself (``again``) is not told apart below its first step: records that are built of what they hold have no end."""
    return (way[0], DEEP) if again and len(way) > 1 else way


def nearest(roots: Iterable[Root], owner: tuple[str, str]) -> tuple[Root, ...]:
    """The roots of what a function gives itself, its own parameters no further told apart than that."""
    return merged(root._replace(way=nearer(root.way, again=root.owner == owner)) for root in roots)


def shortened(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """A trail that people read to its end."""
    return steps if len(steps) <= _LONGEST_TRAIL else (*steps[: _LONGEST_TRAIL - 1], steps[-1])
