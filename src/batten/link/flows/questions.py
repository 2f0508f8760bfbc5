"""What one function's values ask of the other functions; knows no answers."""

from collections import Counter
from typing import Protocol

from msgspec import Struct, field

from batten.facts.flows import Graph, Outer
from batten.link.flows.graphs import Graphs
from batten.link.flows.knowledge import Knowledge
from batten.link.flows.origins import Root, Way


class Limits(Struct):
    """How often each file was asked, and the files in which a limit cut something off.

    ``begun``: how often all was forgotten. ``depth``: values within values, through all functions that are being asked now.
    """

    walks: Counter[str] = field(default_factory=Counter)
    limited: set[str] = field(default_factory=set)
    begun: int = 0
    depth: int = 0


class Questions(Protocol):
    """What is asked of other functions."""

    graphs: Graphs
    knowledge: Knowledge
    limits: Limits

    def has_ended(self, path: str) -> bool:
        """A file is asked once more; whether it was asked too often already."""

    def given_back(self, path: str, graph: Graph, way: Way) -> tuple[Root, ...]:
        """The roots of what a function returns."""

    def left(self, path: str, graph: Graph, index: int, way: Way) -> tuple[Root, ...] | None:
        """The roots of what is in a parameter when the function is done; None where it leaves that alone."""

    def outer(self, path: str, asking: Graph, variable: Outer, way: Way) -> tuple[Root, ...]:
        """The roots of a variable of a function around, or of what one inside gives to a variable of the one that asks."""

    def named(self, path: str, name: str, way: Way) -> tuple[Root, ...]:
        """The sources of something that has a name outside of functions."""

    def state(self, path: str, graph: Graph, call: int, way: Way) -> tuple[Root, ...]:
        """The roots of a state of a component, which a call makes."""

    def settled_with(self, path: str, graph: Graph, way: Way) -> tuple[Root, ...]:
        """The roots of what a promise comes to, by the function that it is made with."""
