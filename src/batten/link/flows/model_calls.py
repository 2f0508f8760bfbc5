"""The calls that ask a paid model, by name or by address."""

from collections.abc import Iterable, Iterator
from functools import partial

from batten.facts.flows import HARMLESS, Constant, FlowCall, Graph, Named, Text
from batten.facts.project import FileFacts
from batten.facts.vocabulary import Meaning, Vocabulary
from batten.link.flows.graphs import Graphs
from batten.link.flows.knowledge import MODEL, Knowledge
from batten.text import Place

_FETCHING = frozenset(("fetch", "post", "request", "axios", "$fetch", "ky", "got"))


def model_calls(files: Iterable[FileFacts], graphs: Graphs, knowledge: Knowledge, vocabulary: Vocabulary) -> Iterator[tuple[Place, str]]:
    """Those of some files, with what is called."""
    for file, _ in graphs.memo.said("may ask models", files, partial(_may_ask, knowledge)):
        key = (graphs.name, "model calls", file.path)
        yield from graphs.memo.once(key, lambda file=file: tuple(_found(file, graphs, knowledge, vocabulary)))


def _may_ask(knowledge: Knowledge, file: FileFacts) -> bool:
    """By the names of what is called."""
    return any(call.method in knowledge.answer_steps or is_fetching(call) for graph in file.graphs for call in graph.calls)


def is_fetching(call: FlowCall) -> bool:
    """A call may be one that asks a server, by its name."""
    return bool(call.arguments) and (call.method in _FETCHING or (call.callee or "").rpartition("#")[2] in _FETCHING)


def _found(file: FileFacts, graphs: Graphs, knowledge: Knowledge, vocabulary: Vocabulary) -> Iterator[tuple[Place, str]]:
    graphs.memo.look(file.path)
    for graph in file.graphs:
        for call in graph.calls:
            if call.method in knowledge.answer_steps:
                outside = graphs.callees(file.path, call).outside
                if outside is not None and knowledge.of(outside).source == MODEL and not outside.startswith("ollama"):
                    yield Place(file.path, call.span), outside
            elif is_fetching(call):
                host = host_asked(file.path, graph, call, graphs)
                if "." in host and any(row.means is Meaning.PAID_MODEL_CALL for row in vocabulary.host(host)):
                    yield Place(file.path, call.span), host


def host_asked(path: str, graph: Graph, call: FlowCall, graphs: Graphs) -> str:
    """The host of the address that is fetched, written there or under a name of the module; "" for anything else."""
    number = call.arguments[0] if is_fetching(call) else HARMLESS
    node = graph.nodes[number] if number >= 0 else None
    if isinstance(node, Text) and node.parts and node.parts[0] >= 0:
        node = graph.nodes[node.parts[0]]
    if isinstance(node, Named):
        found = graphs.variable(path, node.name, ()) or ()
        node = found[0].graph.nodes[found[0].node] if len(found) == 1 and found[0].node >= 0 and not found[0].way else None
    return host_of(str(node.value)) if isinstance(node, Constant) else ""


def host_of(address: str) -> str:
    """The host in an address; "" for what is none."""
    return address.partition("://")[2].partition("/")[0].partition(":")[0].lower()
