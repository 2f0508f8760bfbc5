"""The address that a server is bound to, and the websites that may call it, where a call names them by a constant or a setting of the app, or by an option of the command line.

https://docs.python.org/3/library/argparse.html#default
"""

from collections.abc import Iterator

from batten.facts.calls import Argument, Origin
from batten.facts.flows import Changed, Checked, Choice, Constant, Field, FlowCall, Given, Graph, Object, Result, name_of
from batten.link.flows.graphs import Graphs
from batten.link.flows.spelled import shown

_HOSTS = frozenset(("host", "server_name"))
# https://www.starlette.io/middleware/#corsmiddleware
_SITES = frozenset(("allow_origins", "allow_credentials", "allow_origin_regex"))
_PARTS = frozenset(("split", "strip"))
_ANY = "*"
_PARSES = frozenset(("parse_args", "parse_known_args"))


def bound_to(path: str, graph: Graph, call: FlowCall, graphs: Graphs) -> Iterator[Argument]:
    """What stands behind the ``host`` (of Gradio: ``server_name``) that is handed over, or the websites, as conditions of rows spell it."""
    for slot, number in call.keywords:
        text = None
        if slot in _HOSTS and number >= 0:
            text = _behind(path, graph, number, graphs)
        elif slot in _SITES and number >= 0:
            text = _set_to(path, graph, number, graphs)
        if text is not None:
            yield Argument(slot, text, (), call.span)


def _behind(path: str, graph: Graph, number: int, graphs: Graphs) -> str | None:
    number = _unchanged(graph, number)
    node = graph.nodes[number] if number >= 0 else None
    if isinstance(node, Field):
        option = _option(graph, node)
        if option is not None:
            return option
    if isinstance(node, Choice):
        # A parameter of a function, or an option of a command, with what it is where nobody says.
        kinds = [graph.nodes[each] for each in node.of if each >= 0]
        default = next((str(each.value) for each in kinds if isinstance(each, Constant)), None)
        return default if any(isinstance(each, Given) for each in kinds) else None
    name = name_of(graph.nodes, number)
    bound = graphs.binding(path, name) if name is not None and "#" in name else None
    if bound is None or bound.text is not None or not bound.calls:
        return bound.text if bound is not None else None
    call = bound.calls[0]
    return f"{call.callee}({','.join(each.text or '?' for each in call.arguments)})"


def _set_to(path: str, graph: Graph, number: int, graphs: Graphs) -> str | None:
    """What a field of the app's settings is where the environment says nothing: ``settings.ORIGINS``, ``settings.ORIGINS.split(",")``, ``[settings.ORIGIN]``; None for a list of several."""
    number = _unchanged(graph, number)
    node = graph.nodes[number] if number >= 0 else None
    if isinstance(node, Result) and graph.calls[node.call].method in _PARTS:
        number = _unchanged(graph, graph.calls[node.call].receiver)
    elif isinstance(node, Object) and len(node.fields) == 1 and node.base < 0:
        number = _unchanged(graph, node.fields[0][1])
    name = name_of(graph.nodes, number) if number >= 0 else None
    bound = graphs.binding(path, name) if name is not None and "#" in name and "." in name.rpartition("#")[2] else None
    if name is None or bound is None:
        return None
    literals = [source.text for source in bound.sources]
    alone = len(literals) == 1 and not bound.calls and bound.sources[0].origin is Origin.LITERAL
    text = bound.text if bound.text is not None else literals[0] if alone else None
    # What settings say, the environment may say otherwise.
    return f"getenv({name.rpartition('.')[2]},{text})" if text == _ANY else text


def _unchanged(graph: Graph, number: int) -> int:
    """A value before tests passed, and before calls were handed it."""
    node = graph.nodes[number] if number >= 0 else None
    while isinstance(node, (Checked, Changed)):
        number = node.of if isinstance(node, Checked) else node.before
        node = graph.nodes[number] if number >= 0 else None
    return number


def _option(graph: Graph, read: Field) -> str | None:
    """What an option of the command line is where nobody gives it."""
    maker = _unchanged(graph, read.of)
    made = graph.nodes[maker] if maker >= 0 else None
    if not isinstance(made, Result) or graph.calls[made.call].method not in _PARSES:
        return None
    for call in graph.calls:
        given = [graph.nodes[number] for number in call.arguments if number >= 0]
        if call.method == "add_argument" and any(type(each) is Constant and str(each.value).lstrip("-") == read.key for each in given):
            return next((shown(graph, number) for key, number in call.keywords if key == "default"), None)
    return None
