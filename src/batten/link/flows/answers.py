"""What the headers of an answer say of its body; knows no values of strangers."""

from collections.abc import Iterator

from batten.facts.flows import Constant, FlowCall, Graph, Object, Text
from batten.link.flows.spelled import whole
from batten.link.last_few import LastFew

_SETTERS = frozenset(("setHeader", "set", "header", "writeHead"))
_TYPES = frozenset(("type", "contentType"))
_SETTING = _SETTERS | _TYPES | {"attachment"}
# Text is plain where nothing else is said of it: https://fastify.dev/docs/latest/Reference/Reply/#strings
_PLAIN = "route.fastify."
_PAGES = ("html", "svg", "xml")


def may_be_page(graph: Graph, answer: FlowCall, sink: str) -> bool:
    """Browsers may run scripts of the answer, by what the function has said before it, or else by what the framework says of text."""
    if any(value.lstrip().startswith("attachment") for value in _said_of(graph, answer, "content-disposition")):
        return False  # it is saved to a file
    types = _said_of(graph, answer, "content-type")
    return _has_page(types) if types else not sink.startswith(_PLAIN)


def _has_page(types: list[str]) -> bool:
    return any(page in each for each in types for page in _PAGES)


def _said_of(graph: Graph, answer: FlowCall, header: str) -> list[str]:
    """What a header may have been set to before the answer, in small letters."""
    # In a chain the call before begins where the answer does: ``res.type("text/plain").send(…)``.
    end = (answer.span.start, answer.span.end)
    return [value.lower() for before, name, value in _SAID.of(graph) if before < end and name == header]


def _said(graph: Graph) -> list[tuple[tuple[int, int], str, str]]:
    """The headers that a function sets, with where."""
    setting = (call for call in graph.calls if call.method in _SETTING)
    return [((call.span.start, call.span.end), name, value) for call in setting for name, value in _headers(graph, call)]


_SAID = LastFew(_said)


def _headers(graph: Graph, call: FlowCall) -> Iterator[tuple[str, str]]:
    """The headers that a call sets, by their names in small letters; of a value that is put together only what stands first."""
    given = [_first(graph, number) for number in call.arguments]
    if call.method == "attachment":
        yield "content-disposition", "attachment"
    elif call.method in _TYPES and given:
        yield "content-type", given[0] or "html"
    elif call.method in _SETTERS:
        for number in call.arguments:
            node = whole(graph, number)
            for name, value in node.fields if type(node) is Object else ():
                yield name.lower(), _first(graph, value) or "html"
        if len(given) > 1 and given[0]:
            yield given[0].lower(), given[1] or "html"


def _first(graph: Graph, number: int) -> str:
    node = graph.nodes[number] if number >= 0 else None
    if type(node) is Text and node.parts and node.parts[0] >= 0:
        node = graph.nodes[node.parts[0]]
    return node.value if type(node) is Constant and isinstance(node.value, str) else ""
