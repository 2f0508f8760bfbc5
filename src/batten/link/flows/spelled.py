"""Values of a graph as conditions of rows and pages spell them: constants, names, and calls with what they are given."""

from collections.abc import Callable

from batten.facts.calls import Argument
from batten.facts.flows import SELF, Changed, Checked, Choice, Constant, FlowCall, Graph, Named, Node, Object, Result, name_of

# Options within options of a call, as conditions name them: `0.production.dialectOptions.ssl.rejectUnauthorized`.
_DEEPEST_SLOT = 4
# Records that are named many times within each other say more than their text is long.
_MOST_SLOTS = 500
Kept = Callable[[str], tuple[Graph, int] | None]
"""What a name of a module holds, wherever it is given that: a node of some graph."""


def constants(graph: Graph, call: FlowCall, *, either: bool = False, kept: Kept | None = None) -> tuple[Argument, ...]:
    """The arguments of a call as conditions of rows see them, with what the names among them hold by ``kept`` beside the names.

    Of arguments with too many parts only that they are given is told: what they are is not known.
    ``either``: of a record that is one of several, what any of them says and none of the others denies.
    """
    found = [(str(index), node) for index, node in enumerate(call.arguments)]
    found += [(key, node) for key, node in call.keywords]
    made: list[Argument] = []
    pending = [(slot, graph, number, _DEEPEST_SLOT) for slot, number in reversed(found)]
    while pending:
        if len(made) + len(pending) > _MOST_SLOTS:
            return tuple(Argument(slot, None, (), call.span) for slot, _ in found)
        slot, around, number, depth = pending.pop()
        node = whole(around, number)
        if type(node) is Choice and either:
            pending += [(slot, around, each, depth) for each in node.of if type(whole(around, each)) is Object]
            continue
        if type(node) is Object and depth > 0:
            pending += [(f"{slot}.{key}", around, inner, depth - 1) for key, inner in reversed(node.fields)]
            made += [Argument(f"{slot}[]", shown(around, inner), (), call.span) for key, inner in node.fields if key.isdigit()]
            if kept is not None and node.base >= 0:
                own = {key for key, _ in node.fields}
                for below, base in _held(around, node.base, kept):
                    spread = whole(below, base)
                    fields = spread.fields if type(spread) is Object else ()
                    pending += [(f"{slot}.{key}", below, inner, depth - 1) for key, inner in fields if key not in own]
        made.append(Argument(slot, shown(around, number), (), call.span))
        if kept is not None:
            pending += [(slot, *held, depth) for held in _held(around, number, kept)]
    if not either:
        return tuple(made)
    said: dict[str, set[str | None]] = {}
    for argument in made:
        said.setdefault(argument.slot, set()).add(argument.text)
    return tuple(argument for argument in made if len(said[argument.slot]) == 1)


def _held(graph: Graph, number: int, kept: Kept) -> tuple[tuple[Graph, int], ...]:
    """What is behind the name that a value is: a constant, or a record that is written out."""
    name = name_of(graph.nodes, number)
    held = kept(name) if name is not None and "#" in name else None
    return (held,) if held is not None and type(whole(*held)) in (Constant, Object) else ()


def bare(graph: Graph, number: int) -> int:
    """The number of a value as it was before tests passed."""
    node = graph.nodes[number] if number >= 0 else None
    while type(node) is Checked:
        number = node.of
        node = graph.nodes[number] if number >= 0 else None
    return number


def whole(graph: Graph, number: int) -> Node | None:
    """A value as it was before tests passed: they take nothing away from a record that is written out."""
    number = bare(graph, number)
    return graph.nodes[number] if number >= 0 else None


def plain(name: str) -> str:
    """A name as its file writes it, without the mark of what a function is handed: ``@req.files``. Scopes of packages keep theirs."""
    return name.removeprefix("@") if "/" not in name else name


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


def descended(graph: Graph, number: int, way: tuple[str, ...]) -> tuple[int, tuple[str, ...]]:
    """As far along a way as records that are written out lead."""
    while way and number >= 0:
        node = graph.nodes[number]
        fields = dict(node.fields) if type(node) is Object else {}
        if way[0] not in fields:
            break
        number, way = fields[way[0]], way[1:]
    return number, way
