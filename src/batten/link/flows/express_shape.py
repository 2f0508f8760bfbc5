"""Functions that have the shape of Express's handlers, wherever they are put to use: a request and a response are their first parameters; knows no values."""

from collections.abc import Iterator, Mapping

from batten.facts.calls import Function
from batten.facts.flows import Constant, Field, Given, Graph
from batten.facts.project import FileFacts
from batten.link.flows.shapes import parameters_held
from batten.link.flows.states import leads_to
from batten.regex import regex

HEARING = ("on", "addListener")
_DATA = Constant("data")
_ASKED = frozenset(("query", "body", "params", "headers", "cookies", "param", "files", "get", "header"))
_ANSWERED = frozenset(
    (
        "send", "json", "status", "end", "write", "render", "redirect", "sendFile", "set", "header", "setHeader", "sendStatus", "writeHead", "cookie",
    )
)  # fmt: skip
# What `express` and `@types/express` call it, and the two that Next.js does: https://expressjs.com/en/api.html#req
_TYPE_OF_REQUEST = regex(r"(?:\A|[#.])(?:Request|NextApiRequest|ExpressRequest)\Z")
_TYPE_OF_FASTIFY = regex(r"(?:\A|[#.])Fastify(?:Request|Reply)\Z")
_REQUEST = frozenset(("req", "request", "_req"))
_RESPONSE = frozenset(("res", "response", "_res"))


def shaped(file: FileFacts) -> tuple[str, ...]:
    """The functions of a file that look like handlers: the first parameter is asked like a request, and the second is told what to answer."""
    if file.path.endswith(".py"):
        return ()
    answering = [graph for graph in file.graphs if any(call.receiver >= 0 and call.method in _ANSWERED for call in graph.calls)]
    told = _told_by_parameters(file)
    names = {graph.function: graph for graph in file.graphs} if answering or told else {}
    outer = dict.fromkeys(name for graph in answering for name in _around(graph.function) if name in names)
    outer.update(dict.fromkeys(name for name in told if name in names))
    inner: dict[str, list[Graph]] = {name: [] for name in outer}
    for graph in file.graphs if outer else ():
        for name in _around(graph.function.rpartition(".")[0]):
            if name in inner:
                inner[name].append(graph)
    found = dict.fromkeys(
        name for name in outer if _is_handler(names[name], inner[name]) or (name in told and _asks(names[name], inner[name]))
    )
    for graph in file.graphs if outer else ():
        if graph.function and graph.function not in found and _hands_both_on(graph, names, inner):
            found[graph.function] = None
    return tuple(found)


def is_of_fastify(function: Function | None) -> bool:
    """A function of that shape says that Fastify calls it: https://fastify.dev/docs/latest/Reference/TypeScript/."""
    return function is not None and any(_TYPE_OF_FASTIFY.search(parameter.annotation or "") for parameter in function.parameters[:2])


def _told_by_parameters(file: FileFacts) -> frozenset[str]:
    """The functions that say by the types or the names of their parameters that they take a request and a response; they may leave the answer to others."""
    found = []
    for function in file.functions:
        request, response = function.parameters[:2] if len(function.parameters) > 1 else (None, None)
        if request is None or response is None:
            continue
        typed = _TYPE_OF_REQUEST.search(request.annotation or "") and (response.annotation or "").endswith("Response")
        if typed or (request.annotation is None and request.name in _REQUEST and response.name in _RESPONSE):
            found.append(function.name)
    return frozenset(found)


def _asks(graph: Graph, inner: list[Graph]) -> bool:
    """The function looks for something in its first parameter where requests have what strangers sent."""
    request = _requests(graph)
    return any(
        type(node) is Field and node.key in _ASKED and leads_to(graph, request, each, node.of)
        for each in (graph, *inner)
        for node in each.nodes
    )


def _hands_both_on(graph: Graph, names: Mapping[str, Graph], inner: Mapping[str, list[Graph]]) -> bool:
    """The function hands a request and a response to one of the file that takes them at other places: ``(req, res) => list(db, req, res)``."""
    given = parameters_held(graph) if len(graph.parameters) > 1 else {}
    for call in graph.calls if given else ():
        mark, _, name = (call.callee or "").rpartition("#")
        places = {given.get(number): slot for slot, number in enumerate(call.arguments)} if not mark and name in inner else {}
        asked, answered = places.get(0, 0), places.get(1, 1)
        if (asked, answered) != (0, 1) and _is_handler(names[name], inner[name], asked, answered):
            return True
    return False


def _around(function: str) -> Iterator[str]:
    """A function, and those that it is written in."""
    while function:
        yield function
        function = function.rpartition(".")[0]


def _is_handler(graph: Graph, inner: list[Graph], first: int = 0, second: int = 1) -> bool:
    """``inner`` are the functions that are written in it: they may ask and answer as well. ``first`` is the place of the request, ``second`` that of the response."""
    if len(graph.parameters) < 2:  # noqa: PLR2004 - a request and a response
        return False
    given = parameters_held(graph)
    request, response = (frozenset(number for number, index in given.items() if index == each) for each in (first, second))

    def called(each: Graph, numbers: frozenset[int], methods: frozenset[str]) -> bool:
        return any(call.method in methods and leads_to(graph, numbers, each, call.receiver) for call in each.calls)

    every = (graph, *inner)
    if not any(called(each, response, _ANSWERED) for each in every):
        return False
    return any(
        called(each, request, _ASKED)
        or any(type(node) is Field and node.key in _ASKED and leads_to(graph, request, each, node.of) for node in each.nodes)
        for each in every
    ) or bool(hears_body(graph, inner))


def hears_body(graph: Graph, inner: list[Graph]) -> list[tuple[Graph, int]]:
    """What is handed to the first parameter of a function to hear of its data, each with the function that does so."""
    requests = _requests(graph)
    return [
        (each, call.arguments[1])
        for each in (graph, *inner)
        for call in each.calls
        if call.method in HEARING
        and len(call.arguments) > 1
        and call.arguments[0] >= 0
        and each.nodes[call.arguments[0]] == _DATA
        and leads_to(graph, requests, each, call.receiver)
    ]


def _requests(graph: Graph) -> frozenset[int]:
    """The values of a handler that are its first parameter."""
    return frozenset(number for number, node in enumerate(graph.nodes) if type(node) is Given and node.index == 0)
