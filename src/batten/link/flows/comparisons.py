"""Where what a caller sends is compared with what a generator made that can be foretold: it is a secret that is none."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from batten.facts.flows import DEEP, Graph
from batten.facts.project import FileFacts
from batten.link.flows.knowledge import Knowledge
from batten.link.flows.roots import Roots
from batten.link.flows.sinks import Hit
from batten.link.flows.walk import Walk

_SOURCE = "weak-random"


def compared(reached: Mapping[tuple[str, str], Graph], files: Sequence[FileFacts], roots: Roots, knowledge: Knowledge) -> Iterator[Hit]:
    """A hit for each such comparison in functions that requests reach, with the way from the generator."""
    once, name = roots.graphs.memo.once, roots.graphs.name
    making = roots.graphs.memo.said("may make", files, partial(_may_make, knowledge))
    if not any(once((name, "weak", file.path), _makes, file, roots, knowledge) for file, _ in making):
        return
    may = {
        (file.path, function) for file, functions in roots.graphs.memo.said("may compare", files, _may_compare) for function in functions
    }
    for (path, _), graph in sorted((place, graph) for place, graph in reached.items() if place in may):
        yield from once((name, "compared", path, graph.function), _compared, path, graph, roots)


def _compared(path: str, graph: Graph, roots: Roots) -> list[Hit]:
    roots.graphs.memo.look(path)
    found: list[Hit] = []
    walk: Walk | None = None
    for call in graph.calls:
        for one, other in (call.arguments, call.arguments[::-1]) if call.callee == "==" else ():
            walk = walk or Walk(roots, path, graph)
            if any(root.source == "request" for root in walk.roots(one, (DEEP,))):
                roots_of_other = walk.roots(other, (DEEP,))
                found += [Hit("credential", "==", path, graph.function, call, root) for root in roots_of_other if root.source == _SOURCE]
    return found


def _may_make(knowledge: Knowledge, file: FileFacts) -> bool:
    """By the names of what is called."""
    return any(call.callee is not None and call.method in knowledge.weak_steps for graph in file.graphs for call in graph.calls)


def _may_compare(file: FileFacts) -> frozenset[str]:
    """The functions of a file that compare values."""
    return frozenset(graph.function for graph in file.graphs if any(call.callee == "==" for call in graph.calls))


def _makes(file: FileFacts, roots: Roots, knowledge: Knowledge) -> bool:
    """Something in the file makes such values."""
    roots.graphs.memo.look(file.path)
    for graph in file.graphs:
        for call in graph.calls:
            if call.callee is not None and call.method in knowledge.weak_steps:
                outside = roots.graphs.callees(file.path, call).outside
                if outside is not None and knowledge.of(outside).source == _SOURCE:
                    return True
    return False
