"""What is handed to a function that keeps it: the setter of a component's state, and what settles a promise; knows no sources."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from batten.facts.flows import Changed, Checked, Choice, Field, FlowCall, Given, Graph, Named, Node, Outer, Result
from batten.link.flows.graphs import Graphs

_VALUE, _SETTER = "0", "1"
_DEEPEST = 6


class Put(NamedTuple):
    """A value that is put into a state: what stands at ``node``, or (``call``) what a call like ``then`` hands to the setter."""

    graph: Graph
    node: int = -1
    call: FlowCall | None = None


def value_of(way: tuple[str, ...]) -> tuple[str, ...] | None:
    """The way into the value of a state, from what ``useState`` gives; None where it is the setter."""
    return way[1:] if way[:1] == (_VALUE,) else None


def puts(graphs: Graphs, path: str, graph: Graph, call: int) -> Iterator[Put]:
    """All values that are put into the state that a call of a function makes."""
    setters = frozenset(
        number
        for number, node in enumerate(graph.nodes)
        if type(node) is Field and node.key == _SETTER and type(made := graph.nodes[node.of]) is Result and made.call == call
    )
    if not setters:
        return
    for each in (graph, *graphs.inside(path, graph.function)):
        for asked in each.calls:
            if asked.arguments and leads_to(graph, setters, each, asked.receiver):
                yield Put(each, asked.arguments[0])
            elif asked.method == "then" and any(leads_to(graph, setters, each, argument) for argument in asked.arguments):
                yield Put(each, call=asked)


def settlings(graphs: Graphs, path: str, made: Graph) -> Iterator[Put]:
    """What a promise is settled with: all values that the first parameter of the function is called with that the promise is made with."""
    settlers = frozenset(number for number, node in enumerate(made.nodes) if type(node) is Given and node.index == 0)
    for each in (made, *graphs.inside(path, made.function)):
        for asked in each.calls:
            if asked.arguments and asked.receiver >= 0 and leads_to(made, settlers, each, asked.receiver):
                yield Put(each, asked.arguments[0])


def leads_to(home: Graph, numbers: frozenset[int], graph: Graph, number: int) -> bool:
    """A value is one of the nodes of a function around, however often it was handed on."""
    for _ in range(_DEEPEST):
        if graph is home and number in numbers:
            return True
        node = graph.nodes[number] if number >= 0 else None
        match node:
            case Outer(function=function, node=inner) if function == home.function:
                graph, number = home, inner
            case Checked(of=inner) | Changed(before=inner):
                number = inner
            case Choice(of=several):
                number = min(several)
            case _:
                return False
    return False


def handings(within: Sequence[Graph], function: str) -> Iterator[tuple[Graph, FlowCall]]:
    """The calls, within some functions, that are handed a function as it is."""
    for graph in within:
        for call in graph.calls:
            if any(_is_named(graph.nodes, number, function) for number in call.arguments):
                yield graph, call


def _is_named(nodes: Sequence[Node], number: int, function: str) -> bool:
    node = nodes[number] if number >= 0 else None
    return type(node) is Named and node.name == f"#{function}"
