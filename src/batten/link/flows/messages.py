"""Messages between windows: listeners that never ask who speaks, and secrets that are told to whoever is there; knows no rule.

https://developer.mozilla.org/en-US/docs/Web/API/Window/postMessage#security_concerns
"""

from collections.abc import Iterator

from batten.facts.calls import simple_name
from batten.facts.flows import Changed, Checked, Choice, Constant, Field, FlowCall, Given, Graph, Named, Node, Object, name_of
from batten.facts.project import FileFacts
from batten.link.flows.graphs import Graphs
from batten.link.flows.states import leads_to
from batten.regex import regex

MESSAGE = "window-message"
"""The kind of uses that take messages of any window, or send a secret to any."""
WINDOW = "window"
"""The framework of functions that are called with what any window sends."""
WORDS = frozenset(("addEventListener", "onmessage", "postMessage"))
_WINDOWS = frozenset(("addEventListener", "window.addEventListener", "globalThis.addEventListener"))
_EVENT = Constant("message")
_ANYBODY = Constant("*")
_SENDER = frozenset(("origin", "source"))
# A worker hears nobody but the page that made it.
_WORKER = regex(r"(?i:(?:^|[/._-])(?:sw|(?:service-?|web-?)?worker)s?(?:[/._-]|$))|Worker\.")
_SECRET = regex(
    r"(?:^|_)(?:(?:access|refresh|auth|id|session)_?)?(?:token|jwt|password|passwd|secret|api_?key)s?$|(?:Token|Password|Secret|ApiKey)s?$"
)
_DEEPEST = 3
_MOST = 60


def window_messages(path: str, graph: Graph, graphs: Graphs) -> Iterator[FlowCall]:
    """The calls of a function that listen to any window, or tell any window a secret."""
    for call in graph.calls:
        if call.method not in WORDS or _WORKER.search(path):
            continue
        if call.method == "postMessage":
            if len(call.arguments) > 1 and _node(graph, call.arguments[1]) == _ANYBODY and _holds_secret(graph, call.arguments[0]):
                yield call
            continue
        if _heard(path, graph, call, graphs) is not None:
            yield call


def listens(file: FileFacts) -> tuple[str, ...]:
    """The functions of a file in which somebody begins to listen to windows."""
    if file.path.endswith(".py") or _WORKER.search(file.path):
        return ()
    return tuple(graph.function for graph in file.graphs if any(_listener(graph, call) >= 0 for call in graph.calls))


def hearers(path: str, graph: Graph, graphs: Graphs) -> Iterator[tuple[str, Graph]]:
    """The functions, with their files, that are called with messages of any window and never ask who speaks."""
    for call in graph.calls:
        heard = _heard(path, graph, call, graphs)
        if heard is not None:
            yield heard


def _heard(path: str, graph: Graph, call: FlowCall, graphs: Graphs) -> tuple[str, Graph] | None:
    """What a call has listen to any window, where it takes messages of anybody."""
    heard = graphs.function(path, _node(graph, _listener(graph, call)))
    return heard if heard is not None and _takes_anything(graphs, *heard, 0, _DEEPEST) is True else None


def _listener(graph: Graph, call: FlowCall) -> int:
    """What hears messages of windows by a call; -1 where it is for something else."""
    if call.callee == "=":
        return call.arguments[0] if call.method == "onmessage" and name_of(graph.nodes, call.receiver) == "window" else -1
    if call.callee not in _WINDOWS or len(call.arguments) < 2:  # noqa: PLR2004 - the event, and who hears it
        return -1
    return call.arguments[1] if _node(graph, call.arguments[0]) == _EVENT else -1


def _takes_anything(graphs: Graphs, path: str, graph: Graph, index: int, depth: int) -> bool | None:
    """A function reads what a message holds, and neither it nor what it hands the message to asks for the sender; None can't tell."""
    own = frozenset(number for number, node in enumerate(graph.nodes) if type(node) is Given and node.index == index)
    reads = False
    for each in (graph, *graphs.inside(path, graph.function)):
        keys = {node.key for node in each.nodes if type(node) is Field and leads_to(graph, own, each, node.of)}
        if keys & _SENDER:
            return False
        reads = reads or "data" in keys
        for call in each.calls:
            for slot, number in enumerate(call.arguments):
                if number < 0 or not leads_to(graph, own, each, number):
                    continue
                callees = graphs.callees(path, call).own
                if not callees or not depth:
                    return None
                answers = [_takes_anything(graphs, callee.path, callee.graph, slot - callee.shifted, depth - 1) for callee in callees]
                if True not in answers:
                    return None if None in answers else False
                reads = True
    return reads


def _holds_secret(graph: Graph, number: int) -> bool:
    """By the names of what is sent."""
    pending, seen = [number], set[int]()
    while pending and len(seen) < _MOST:
        each = pending.pop()
        if each < 0 or each in seen:
            continue
        seen.add(each)
        match graph.nodes[each]:
            case Object(fields=fields, base=base):
                if any(_SECRET.search(key) and inner >= 0 for key, inner in fields):
                    return True
                pending += [base, *[inner for _, inner in fields]]
            case Field(key=key) if _SECRET.search(key):
                return True
            case Named(name=name) if _SECRET.search(simple_name(name)):
                return True
            case Choice(of=several):
                pending += several
            case Checked(of=inner) | Changed(before=inner):
                pending.append(inner)
    return False


def _node(graph: Graph, number: int) -> Node | None:
    return graph.nodes[number] if number >= 0 else None
