"""Values of a function as the tests of it are written, by what they are made of; knows no meaning of theirs."""

from batten.facts.calls import Function
from batten.facts.flows import Checked, Field, Given, Graph, Named, Result
from batten.link.callgraph import Code

_MOST_STEPS = 8


def graph_of(code: Code, path: str, function: Function) -> Graph | None:
    """What the values of a function are made of."""
    file = code.files.get(path)
    return next((each for each in file.graphs if each.function == function.name), None) if file is not None else None


def spelled(graph: Graph, number: int) -> str | None:
    """A value as tests name it: ``@req.user.role``, or the last keys taken from what a call gives."""
    keys: list[str] = []
    for _ in range(_MOST_STEPS):
        node = graph.nodes[number] if number >= 0 else None
        match node:
            case Field(of=inner, key=key):
                keys.append(key)
                number = inner
            case Checked(of=inner):
                number = inner
            case Given(index=index) if 0 <= index < len(graph.parameters):
                return ".".join((f"@{graph.parameters[index]}", *reversed(keys)))
            case Named(name=name):
                return ".".join((name, *reversed(keys)))
            case Result():
                return ".".join(reversed(keys)) or None
            case _:
                return ".".join(reversed(keys)) or None
    return None


def spelled_whole(graph: Graph, number: int) -> str | None:
    """The same with the name of the call before the keys that are taken from what it gives: ``jsonwebtoken#default.verify.id``."""
    keys: list[str] = []
    for _ in range(_MOST_STEPS):
        node = graph.nodes[number] if number >= 0 else None
        match node:
            case Field(of=inner, key=key):
                keys.append(key)
                number = inner
            case Checked(of=inner):
                number = inner
            case Result(call=index) if graph.calls[index].callee:
                return ".".join((graph.calls[index].callee or "", *reversed(keys)))
            case _:
                found = spelled(graph, number)
                return ".".join((found, *reversed(keys))) if found is not None else None
    return None
