"""Which arguments of a call stand in a slot, and which become a parameter; knows nothing of what they hold."""

from collections.abc import Iterator

from batten.facts.flows import ANY, DEEP, FlowCall, Graph
from batten.link.flows.origins import Way


def slots(call: FlowCall, slot: str) -> tuple[int, ...]:
    """The nodes of the arguments that stand in any of the slots: ``0|sql``."""
    found: list[int] = []
    for each in slot.split("|"):
        if each == "*":
            found += [*call.arguments, *[node for _, node in call.keywords]]
        elif each == "self":
            found.append(call.receiver)
        elif each.isdigit():
            found += call.arguments[int(each) : int(each) + 1]
        elif each.endswith("+"):
            found += call.arguments[int(each[:-1]) :]
        else:
            found += [node for key, node in call.keywords if key == each]
    return tuple(found)


def arguments_for(call: FlowCall, graph: Graph, index: int, way: Way, *, shifted: int = 0) -> Iterator[tuple[int, Way]]:
    """The arguments that become a parameter, each with the way that is read of it."""
    name = graph.parameters[index] if index < len(graph.parameters) else ""
    position = index + shifted
    if way[:1] == ("*",):
        way = way[1:]
        if name.startswith("**"):
            key = way[0] if way else DEEP
            yield from ((node, way[1:]) for keyword, node in call.keywords if keyword == key or key in (ANY, DEEP))
        elif way and way[0].isdigit():
            yield from ((node, way[1:]) for node in call.arguments[position + int(way[0]) : position + int(way[0]) + 1])
        else:
            rest = way[1:] if way and way[0] != DEEP else way
            yield from ((node, rest) for node in call.arguments[position:])
        return
    if call.spread:
        yield from ((node, (ANY, *way)) for node in call.arguments[: position + 1])
    elif 0 <= position < len(call.arguments):
        yield call.arguments[position], way
    for keyword, node in call.keywords:
        if keyword == name:
            yield node, way
        elif keyword == "**":
            yield node, (name, *way)
