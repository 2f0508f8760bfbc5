"""Where what a caller sends is compared with what a generator made that can be foretold: it is a secret that is none."""

from collections.abc import Iterable, Iterator, Mapping

from batten.facts.flows import DEEP, Graph
from batten.facts.project import FileFacts
from batten.link.flows.knowledge import Knowledge
from batten.link.flows.roots import Roots
from batten.link.flows.sinks import Hit
from batten.link.flows.walk import Walk

_SOURCE = "weak-random"


def compared(reached: Mapping[tuple[str, str], Graph], files: Iterable[FileFacts], roots: Roots, knowledge: Knowledge) -> Iterator[Hit]:
    """A hit for each such comparison in functions that requests reach, with the way from the generator."""
    if not any(_makes(file, roots, knowledge) for file in files):
        return
    for (path, _), graph in sorted(reached.items(), key=lambda item: item[0]):
        walk: Walk | None = None
        for call in graph.calls:
            if call.callee != "==":
                continue
            walk = walk or Walk(roots, path, graph)
            for one, other in (call.arguments, call.arguments[::-1]):
                if any(root.source == "request" for root in walk.roots(one, (DEEP,))):
                    for root in walk.roots(other, (DEEP,)):
                        if root.source == _SOURCE:
                            yield Hit("credential", "==", path, graph.function, call, root)


def _makes(file: FileFacts, roots: Roots, knowledge: Knowledge) -> bool:
    """Something in the file makes such values."""
    for graph in file.graphs:
        for call in graph.calls:
            if call.callee is not None and call.method in knowledge.weak_steps:
                outside = roots.graphs.callees(file.path, call).outside
                if outside is not None and knowledge.of(outside).source == _SOURCE:
                    return True
    return False
