"""The functions that some functions lead into: by calls, by functions that they hand over, and by those that are written in them; knows no values."""

from collections.abc import Iterable

from batten.facts.flows import Graph
from batten.link.flows.arguments import arguments_for
from batten.link.flows.graphs import Graphs
from batten.link.flows.methods import ITERATORS
from batten.link.flows.sinks import called_back
from batten.link.flows.spelled import whole


def reached(first: Iterable[tuple[str, Graph]], graphs: Graphs) -> dict[tuple[str, str], Graph]:
    """All functions that these lead into, with themselves, by file and name; asks for their code."""
    pending = list(first)
    seen = {(path, graph.function): graph for path, graph in pending}
    while pending:
        path, graph = pending.pop()
        for at, inner in below(path, graph, graphs):
            if (at, inner.function) not in seen:
                seen[at, inner.function] = inner
                pending.append((at, inner))
    return seen


def below(path: str, graph: Graph, graphs: Graphs) -> list[tuple[str, Graph]]:
    """The functions that one leads into, at the next step."""
    found: list[tuple[str, Graph]] = graphs.memo.once((graphs.name, "below", path, graph.function), _below, path, graph, graphs)
    return found


def _below(path: str, graph: Graph, graphs: Graphs) -> list[tuple[str, Graph]]:
    """The functions that ``Sinks`` asks for what comes to them, for one."""
    graphs.memo.look(path)
    found = [(path, inner) for inner in (graphs.inside(path, graph.function) if graph.function else ())]
    for call in graph.calls:
        for callee in graphs.callees(path, call).own:
            found.append((callee.path, callee.graph))
            for index, _ in called_back(callee.graph):
                for number, _ in arguments_for(call, callee.graph, index, (), shifted=callee.shifted):
                    handed = graphs.function(path, graph.nodes[number] if number >= 0 else None)
                    found += [handed] if handed is not None else []
        if call.method in ITERATORS and call.receiver >= 0:
            made = (graphs.made(path, whole(graph, number)) for number in call.arguments)
            found += [(path, each) for each in made if each is not None]
    return list({(at, each.function): (at, each) for at, each in found}.values())
