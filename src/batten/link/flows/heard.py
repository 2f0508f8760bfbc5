"""Functions that are called with what others send: listeners of sockets, what jQuery asks with, and what is called for each file of an archive; knows no vocabulary.

https://socket.io/docs/v4/client-api/ https://developer.mozilla.org/en-US/docs/Web/API/WebSocket/message_event https://api.jquery.com/jQuery.ajax/
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from batten.facts.flows import Changed, Checked, Choice, Constant, FlowCall, Graph, Named, Object, Result
from batten.facts.project import FileFacts
from batten.link.flows.graphs import Graphs
from batten.link.flows.spelled import whole
from batten.regex import regex

HEARD = "heard"
"""The framework of functions that hear what people send each other."""
FETCHED = "fetched"
"""The framework of functions that are called with the answer of a server."""
ARCHIVE = "archive"
"""The framework of functions that are called for each file of an archive."""
# https://github.com/thejoshwolfe/yauzl, https://github.com/ZJONSSON/node-unzipper, https://github.com/mafintosh/tar-stream
_UNPACKS = regex(r"^(?:yauzl|unzipper|unzip|unzip-stream|tar|tar-stream|tar-fs|node-stream-zip|yauzl-promise)(?:/|$)")
_ENTRY = Constant("entry")
_LISTENS = regex(r"^(?:socket\.io-client#(?:io|default|connect)(?:\.connect)?|io(?:\.connect)?)\.on$")
_SOCKETS = frozenset(("WebSocket", "EventSource", "BroadcastChannel"))
_ASKS = regex(r"^(?:\$|jQuery|jquery#(?:default)?|jquery#\$)\.(?P<method>get|post|getJSON|ajax)(?:\.(?P<then>done|then|success))?$")
_METHODS = frozenset(("on", "addEventListener", "onmessage", "get", "post", "getJSON", "ajax", "done", "then"))
_OWN_EVENTS = frozenset(("connect", "disconnect", "connect_error", "reconnect", "error", "open", "close"))
_MOST_STEPS = 8


def hearing(shown: AbstractSet[str], file: FileFacts) -> tuple[tuple[str, str, int], ...]:
    """The calls of a file that are handed such functions: the function around, the framework, and the node; none where the file shows nothing as HTML (``shown``: what does)."""
    if any(_UNPACKS.match(entry.module) for entry in file.imports):
        return tuple(
            (graph.function, ARCHIVE, call.arguments[1]) for graph in file.graphs for call in graph.calls if _is_for_entries(graph, call)
        )
    calls = [(graph, call) for graph in file.graphs for call in graph.calls]
    shows = any((f"{call.method}=" if call.callee == "=" else call.method) in shown for _, call in calls)
    if file.path.endswith(".py") or not shows:
        return ()
    return tuple(
        (graph.function, framework, number)
        for graph, call in calls
        if call.method in _METHODS
        for framework, number in _handed(graph, call)
        if number >= 0
    )


def listener(graphs: Graphs, path: str, function: str, number: int) -> Graph | None:
    """The function of the file that such a node is."""
    graph = graphs.graph(path, function)
    return graphs.made(path, whole(graph, number)) if graph is not None else None


def _handed(graph: Graph, call: FlowCall) -> Iterator[tuple[str, int]]:
    name, event = call.callee or "", _text(graph, call.arguments[0]) if call.arguments else None
    if call.callee == "=":
        if call.method == "onmessage" and _is_socket(graph, call.receiver):
            yield HEARD, call.arguments[0]
        return
    if (call.method == "addEventListener" and event == "message" and name.rpartition(".")[0] in _SOCKETS and len(call.arguments) > 1) or (
        _LISTENS.match(name) and event is not None and event not in _OWN_EVENTS and len(call.arguments) > 1
    ):
        yield HEARD, call.arguments[1]
    asks = _ASKS.match(name)
    if asks is None:
        return
    if asks["then"] or asks["method"] != "ajax":
        yield from ((FETCHED, number) for number in call.arguments if type(whole(graph, number)) is Named)
    for number in call.arguments:
        options = whole(graph, number)
        yield from ((FETCHED, inner) for key, inner in options.fields if key == "success") if type(options) is Object else ()


def _is_for_entries(graph: Graph, call: FlowCall) -> bool:
    """``archive.on("entry", (entry) => …)``."""
    given = call.arguments
    return call.method == "on" and len(given) > 1 and min(given[:2]) >= 0 and graph.nodes[given[0]] == _ENTRY


def _text(graph: Graph, number: int) -> str | None:
    node = graph.nodes[number] if number >= 0 else None
    return node.value if type(node) is Constant and isinstance(node.value, str) else None


def _is_socket(graph: Graph, number: int) -> bool:
    """It was made by the function itself, or by the module, under whatever name."""
    variables = dict(graph.variables)
    for _ in range(_MOST_STEPS):
        match graph.nodes[number] if number >= 0 else None:
            case Checked(of=inner) | Changed(before=inner):
                number = inner
            case Object(base=base):
                number = base
            case Choice(of=of):
                number = of[0]
            case Named(name=name) if name[1:] in variables:
                number = variables[name[1:]]
            case Result(call=made):
                return (graph.calls[made].callee or "") in _SOCKETS
            case _:
                return False
    return False
