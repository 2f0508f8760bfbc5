"""What middleware of Hono keeps for handlers under a name, ``c.set("config", config)``, and handlers ask for, ``c.get("config")``; knows no sink.

https://hono.dev/docs/api/context#set-get
"""

from collections.abc import Iterator, Sequence
from functools import cached_property

from batten.facts.flows import Graph
from batten.facts.project import FileFacts
from batten.link.flows.origins import Root
from batten.link.flows.roots import Roots
from batten.link.flows.shapes import parameters_held

_ASKED = "get()"
_REQUEST = "req"


class KeptValues:
    """Says what handlers ask for that no request holds."""

    def __init__(self, parsed: Sequence[FileFacts], roots: Roots) -> None:
        self._parsed = parsed
        self._roots = roots

    def is_kept(self, root: Root) -> bool:
        """A handler has asked for something that middleware keeps, and nothing in the app keeps text of a request so."""
        asks = root.way[:1] == (_ASKED,) and not root.number and root.owner[0] in self._of_hono
        return asks and not self._holds_text

    @cached_property
    def _of_hono(self) -> frozenset[str]:
        return frozenset(file.path for file in self._parsed if any(_is_hono(entry.module) for entry in file.imports))

    @cached_property
    def _holds_text(self) -> bool:
        return any(
            root.source or (root.owner == (file.path, graph.function) and not root.number and root.way[:1] in ((), (_REQUEST,)))
            for file in self._parsed
            if file.path in self._of_hono
            for graph, node in _kept(file)
            for root in self._roots.of(file.path, graph, node)
        )


def _is_hono(module: str) -> bool:
    return module == "hono" or module.startswith(("hono/", "@hono/", "jsr:@hono/", "npm:hono"))


def _kept(file: FileFacts) -> Iterator[tuple[Graph, int]]:
    """The values that functions put under a name of what they are called with first."""
    for graph in file.graphs:
        held = parameters_held(graph) if any(call.method == "set" for call in graph.calls) else {}
        for call in graph.calls if held else ():
            if call.method == "set" and held.get(call.receiver) == 0 and len(call.arguments) > 1:
                yield graph, call.arguments[1]
