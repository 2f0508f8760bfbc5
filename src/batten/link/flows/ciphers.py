"""What is decrypted without asking whether it was changed: a cipher with a tag, whose tag nobody looks at."""

from batten.facts.flows import SELF, Changed, Checked, Choice, FlowCall, Graph, Named, Object, Outer, Result
from batten.link.flows.graphs import Graphs

UNCHECKED = "unchecked-decryption"
"""The kind of uses that make such a cipher."""
# https://nodejs.org/api/crypto.html#decipherfinaloutputencoding: it is ``final`` that compares the tag, which ``setAuthTag`` has said.
_IN_NODE = frozenset(("setAuthTag", "final"))
_IN_PYTHON = frozenset(("verify", "hexverify"))
_DECRYPTS = frozenset(("update", "decrypt"))
_GIVES_ITSELF = frozenset(("setAuthTag", "setAAD", "setAutoPadding"))


def looks_at_tag(graphs: Graphs, path: str, graph: Graph, call: FlowCall) -> bool:
    """Whether the tag is asked for of what a call makes, or nothing is decrypted here, or it may be done somewhere else."""
    same = _same(graph, call)
    own = [other for other in graph.calls if other.receiver in same]
    asked = {other.method for other in own}
    given = any(not same.isdisjoint((*other.arguments, *[node for _, node in other.keywords])) for other in graph.calls)
    kept = any(node in same for node, _ in graph.returns) or any(value in same for _, _, value, _ in graph.stored)
    inside = any(
        type(node) is Outer and node.function == graph.function and node.node in same
        for other in graphs.of(path).values()
        for node in other.nodes
    )
    if given or kept or inside or asked.isdisjoint(_DECRYPTS) or _is_asked_beside(graphs, path, graph):
        return True
    return not asked.isdisjoint(_IN_PYTHON) if path.endswith(".py") else asked >= _IN_NODE


def _is_asked_beside(graphs: Graphs, path: str, graph: Graph) -> bool:
    """Of a stream: a function that is written in the same one asks a cipher for its tag that neither of them makes a variable of its own of."""
    around = graph.function.rpartition(".")[0]
    if not around:
        return False
    beside = (other for name, other in graphs.of(path).items() if other is not graph and name.rpartition(".")[0] == around)
    return any({call.method for call in other.calls if _is_of_around(other, call)} >= _IN_NODE for other in beside)


def _is_of_around(graph: Graph, call: FlowCall) -> bool:
    return call.receiver >= 0 and type(node := graph.nodes[call.receiver]) is Named and "#" not in node.name


def _same(graph: Graph, call: FlowCall) -> frozenset[int]:
    """The nodes that stand for what a call makes."""
    same: set[int] = set()
    for number, node in enumerate(graph.nodes):
        match node:
            case Result(call=of) if graph.calls[of] is call or (
                graph.calls[of].method in _GIVES_ITSELF and graph.calls[of].receiver in same
            ):
                same.add(number)
            case Checked(of=inner) | Object(base=inner) if inner in same:
                same.add(number)
            case Changed(before=inner, slot=slot) if inner in same and slot == SELF:
                same.add(number)
            case Choice(of=several) if same.intersection(several):
                same.add(number)
    return frozenset(same)
