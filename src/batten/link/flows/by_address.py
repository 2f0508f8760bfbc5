"""Models that are asked by their address: what is sent there is what a library would be called with; knows no provider."""

from collections.abc import Iterator

from msgspec import structs

from batten.facts.flows import HARMLESS, Checked, Constant, FlowCall, Graph, Named, Node, Object, Result, Text
from batten.link.flows.graphs import Graphs
from batten.link.flows.knowledge import MODEL, Knowledge
from batten.link.flows.model_calls import host_asked
from batten.link.flows.spelled import descended

# By the end of the address, the call of a library whose first argument is what is sent.
_LIKE = (
    ("/chat/completions", "openai.default.chat.completions.create"),
    ("/responses", "openai.default.responses.create"),
    ("/messages", "@anthropic-ai/sdk.default.messages.create"),
)
_SPELLS = frozenset(("stringify", "dumps"))
_MOST_STEPS = 8


def by_address(path: str, graph: Graph, call: FlowCall, graphs: Graphs, knowledge: Knowledge) -> Iterator[tuple[str, FlowCall]]:
    """The host of a model that a call asks by fetching something, and the call that a library would ask it by; nothing for any other call."""
    host = host_asked(path, graph, call, graphs)
    if knowledge.of_host(host).source != MODEL:
        return
    address = _address(path, graph, call.arguments[0], graphs).partition("?")[0].rstrip("/")
    name = next((name for end, name in _LIKE if address.endswith(end)), None)
    sent = _sent(graph, call) if name is not None else HARMLESS
    if name is not None and sent != HARMLESS:
        method = name.rpartition(".")[2]
        yield (
            host,
            structs.replace(call, callee=name, method=method, receiver=HARMLESS, arguments=(sent,), keywords=(), spread=False),
        )


def _address(path: str, graph: Graph, number: int, graphs: Graphs) -> str:
    """How an address ends, as far as that is written out."""
    for _ in range(_MOST_STEPS):
        node = graph.nodes[number] if number >= 0 else None
        match node:
            case Constant(value=value):
                return str(value)
            case Text(parts=parts) if parts:
                number = parts[-1]
            case Checked(of=inner):
                number = inner
            case Named(name=name):
                held = graphs.variable(path, name, ()) or ()
                if len(held) != 1 or held[0].way:
                    return ""
                graph, number = held[0].graph, held[0].node
            case _:
                return ""
    return ""


def _sent(graph: Graph, call: FlowCall) -> int:
    """The record that goes along: ``body: JSON.stringify({…})``, ``json={…}``, or the second argument of ``axios.post``."""
    given = [node for key, node in call.keywords if key in ("json", "data", "content")]
    given += [descended(graph, number, ("body",))[0] for number in call.arguments[1:2] if _has_body(graph, number)] or [
        *call.arguments[1:2]
    ]
    return next((sent for number in given if type(_node(graph, sent := _unspelled(graph, number))) is Object), HARMLESS)


def _unspelled(graph: Graph, number: int) -> int:
    node = _node(graph, number)
    spelled = graph.calls[node.call] if type(node) is Result else None
    return spelled.arguments[0] if spelled is not None and spelled.method in _SPELLS and spelled.arguments else number


def _node(graph: Graph, number: int) -> Node | None:
    return graph.nodes[number] if number >= 0 else None


def _has_body(graph: Graph, number: int) -> bool:
    node = _node(graph, number)
    return type(node) is Object and any(key == "body" for key, _ in node.fields)
