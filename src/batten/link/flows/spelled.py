"""Values of a graph as conditions of rows and pages spell them: constants, names, and calls with what they are given."""

from batten.facts.calls import Argument
from batten.facts.flows import SELF, Changed, Checked, Choice, Constant, FlowCall, Graph, Named, Node, Object, Result, name_of

# Options within options of a call, as conditions name them: `0.dialectOptions.ssl.rejectUnauthorized`.
_DEEPEST_SLOT = 3


def constants(graph: Graph, call: FlowCall, *, either: bool = False) -> tuple[Argument, ...]:
    """The arguments of a call as conditions of rows see them; ``either``: of a record that is one of several, what any of them says and none of the others denies."""
    found = [(str(index), node) for index, node in enumerate(call.arguments)]
    found += [(key, node) for key, node in call.keywords]
    made: list[Argument] = []
    pending = [(slot, number, _DEEPEST_SLOT) for slot, number in reversed(found)]
    while pending:
        slot, number, depth = pending.pop()
        node = whole(graph, number)
        if type(node) is Choice and either:
            pending += [(slot, each, depth) for each in node.of if type(whole(graph, each)) is Object]
            continue
        if type(node) is Object and depth > 0:
            pending += [(f"{slot}.{key}", inner, depth - 1) for key, inner in reversed(node.fields)]
            made += [Argument(f"{slot}[]", shown(graph, inner), (), call.span) for key, inner in node.fields if key.isdigit()]
        made.append(Argument(slot, shown(graph, number), (), call.span))
    if not either:
        return tuple(made)
    said: dict[str, set[str | None]] = {}
    for argument in made:
        said.setdefault(argument.slot, set()).add(argument.text)
    return tuple(argument for argument in made if len(said[argument.slot]) == 1)


def whole(graph: Graph, number: int) -> Node | None:
    """A value as it was before tests passed: they take nothing away from a record that is written out."""
    node = graph.nodes[number] if number >= 0 else None
    while type(node) is Checked:
        node = graph.nodes[node.of]
    return node


def shown(graph: Graph, number: int, depth: int = 3) -> str | None:
    """A constant as vocabulary and pages write it, a name, or a call with what it is given: ``lxml#etree.XMLParser(resolve_entities=true)``; None for anything else."""
    node = graph.nodes[number] if number >= 0 and depth > 0 else None
    match node:
        case Constant():
            value = node.value
            return str(value).lower() if isinstance(value, bool) or value is None else str(value)
        case Named():
            return node.name
        case Result():
            return _shown_call(graph, graph.calls[node.call], depth)
        case Changed():
            before = shown(graph, node.before, depth - 1)
            call = graph.calls[node.call]
            return f"{before}.{call.method}({_shown_given(graph, call, depth)})" if before is not None and node.slot == SELF else before
        case Checked():
            return shown(graph, node.of, depth)
    return name_of(graph.nodes, number)


def _shown_call(graph: Graph, call: FlowCall, depth: int) -> str | None:
    made = type(graph.nodes[call.receiver]) is Result if call.receiver >= 0 else False
    before = shown(graph, call.receiver, depth - 1) if made else None
    callee = call.callee if before is None else f"{before}.{call.method}"
    return None if callee is None else f"{callee}({_shown_given(graph, call, depth)})"


def _shown_given(graph: Graph, call: FlowCall, depth: int) -> str:
    given = [shown(graph, each, depth - 1) or "?" for each in call.arguments]
    given += [f"{key}={shown(graph, each, depth - 1) or '?'}" for key, each in call.keywords]
    return ",".join(given)
