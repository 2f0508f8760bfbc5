"""Values of a function as the tests of it are written, by what they are made of; knows no meaning of theirs."""

from batten.facts.calls import Function
from batten.facts.flows import Checked, Field, Given, Graph, Named, Node, Result
from batten.facts.project import FileFacts
from batten.link.callgraph import Code
from batten.link.last_few import LastFew

_MOST_STEPS = 8
_GRAPHS: LastFew[FileFacts, dict[str, Graph]] = LastFew(lambda file: {graph.function: graph for graph in reversed(file.graphs)})


def graph_of(code: Code, path: str, function: Function) -> Graph | None:
    """What the values of a function are made of."""
    file = code.files.get(path)
    return _GRAPHS.of(file).get(function.name) if file is not None else None


def spelled(graph: Graph, number: int) -> str | None:
    """A value as tests name it: ``@req.user.role``, or the last keys taken from what a call gives."""
    found = _keys(graph, number)
    if found is None:
        return None
    node, keys = found
    match node:
        case Given(index=index) if 0 <= index < len(graph.parameters):
            return ".".join((f"@{graph.parameters[index]}", *keys))
        case Named(name=name):
            return ".".join((name, *keys))
    return ".".join(keys) or None


def spelled_whole(graph: Graph, number: int) -> str | None:
    """The same with the name of the call before the keys that are taken from what it gives: ``jsonwebtoken#default.verify.id``."""
    found = _keys(graph, number)
    if found is not None and isinstance(found[0], Result) and graph.calls[found[0].call].callee:
        return ".".join((graph.calls[found[0].call].callee or "", *found[1]))
    return spelled(graph, number)


def _keys(graph: Graph, number: int) -> tuple[Node | None, list[str]] | None:
    """What a value is taken from, and by which keys; None where that are too many."""
    keys: list[str] = []
    for _ in range(_MOST_STEPS):
        node = graph.nodes[number] if number >= 0 else None
        match node:
            case Field(of=inner, key=key):
                keys.append(key)
                number = inner
            case Checked(of=inner):
                number = inner
            case _:
                return node, keys[::-1]
    return None
