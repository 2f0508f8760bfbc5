"""The handlers from which requests come to a function that is none itself; knows no values."""

from collections import defaultdict
from collections.abc import Callable, Container, Mapping

from batten.facts.flows import Graph
from batten.link.flows.graphs import Graphs
from batten.link.flows.reached import below

_MOST = 200


class WaysIn:
    """Answers where a function is called from, of those that requests reach."""

    def __init__(self, asked: Mapping[tuple[str, str], Graph], graphs: Graphs) -> None:
        self._asked = asked
        self._graphs = graphs
        self._above: dict[tuple[str, str], list[tuple[str, str]]] | None = None

    def of(
        self, place: tuple[str, str], entries: Container[tuple[str, str]], asks: Callable[[tuple[str, str]], bool]
    ) -> tuple[str, str] | None:
        """The first handler that a function is called from, through functions of which none ``asks`` for what would stop a stranger; the function itself, where it is one."""
        if place in entries:
            return place
        pending, seen, found = [place], {place}, []
        while pending and len(seen) < _MOST:
            for above in self._callers().get(pending.pop(), ()):
                if above in seen or asks(above):
                    continue
                seen.add(above)
                if above in entries:
                    found.append(above)
                else:
                    pending.append(above)
        return min(found, default=None)

    def _callers(self) -> dict[tuple[str, str], list[tuple[str, str]]]:
        if self._above is None:
            self._above = defaultdict(list)
            for (path, function), graph in self._asked.items():
                for at, inner in below(path, graph, self._graphs):
                    self._above[at, inner.function].append((path, function))
        return self._above
