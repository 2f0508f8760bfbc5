"""Routes that spend on models and that every website may call from the browsers of its visitors, by what they answer to questions of other origins (CORS)."""

from collections.abc import Iterable, Iterator

from batten.facts.calls import Function
from batten.facts.flows import Choice, Constant, FlowCall, Graph, Named, Object, Use
from batten.facts.routes import Route, RouteAuth
from batten.finding import Step
from batten.link.callgraph import Code
from batten.link.effects import Effects
from batten.link.routes import Standing
from batten.text import Place

# With credentials and without: what lets every site in, of a router or of the whole application.
_KINDS = frozenset(("any-origin", "any-site"))
_ORIGIN = "access-control-allow-origin"
# What is called on an application stands before all of it, wherever it is called.
_OF_APPLICATIONS = ("enableCors", "register", "add_middleware", "CORS")
KIND = "open-to-websites"
# Cookies are not sent along to where no credentials are allowed: what they guard stays closed.
_OPEN = frozenset((RouteAuth.UNAUTHENTICATED, RouteAuth.PRESENCE, RouteAuth.OPTIONAL))
_HOLDERS = frozenset(("headers", "0", "init"))
_MOST_NODES = 60
_MOST_NAMES = 3
_MOST_STEPS = 8


def open_to_sites(standings: Iterable[Standing], uses: Iterable[Use], code: Code, effects: Effects) -> Iterator[Use]:
    """One for each package with such routes, where the first of them says so; ``asks`` among the arguments: each looks at least at something that its caller sends."""
    wide = [use for use in uses if use.kind in _KINDS]
    found: dict[str, list[tuple[Route, Place]]] = {}
    for standing in standings:
        route = standing.route
        if not route.calls_model or route.auth not in _OPEN or route.path_class != "product":
            continue
        place = _place(standing, route, wide, code, effects)
        if place is not None:
            found.setdefault(route.package, []).append((route, place))
    for package, each in sorted(found.items()):
        titles = [f"`{route.title}`" for route, _ in each]
        more = f" and {len(titles) - _MOST_NAMES} more" if len(titles) > _MOST_NAMES else ""
        yield Use(
            kind=KIND,
            name=f"{', '.join(titles[:_MOST_NAMES])}{more}",
            arguments=() if any(route.auth is RouteAuth.UNAUTHENTICATED for route, _ in each) else ("asks=true",),
            slots=(),
            function="",
            served=True,
            place=min(place for _, place in each),
            package=package,
            key=f"{package}|use|{KIND}",
            subject=f"use|{package}|{KIND}",
            trail=tuple(
                Step(route.place, f"{route.title} asks a model, and may be called by every website") for route, _ in each[:_MOST_STEPS]
            ),
        )


def _place(standing: Standing, route: Route, wide: list[Use], code: Code, effects: Effects) -> Place | None:
    for use in wide:
        if use.package == route.package and use.name.rpartition(".")[2] in _OF_APPLICATIONS:
            return use.place
        for path, _, span in standing.before:
            if use.place.path == path and (use.place.span in span or span in use.place.span):
                return use.place
    for path, function in standing.runs:
        for at, each in effects.through(path, function):
            place = next(_headers(at, each, code), None)
            if place is not None:
                return place
    return None


def _headers(path: str, function: Function, code: Code) -> Iterator[Place]:
    """Where a function answers with a header for every origin."""
    file = code.file(path)
    graph = next((each for each in file.graphs if each.function == function.name), None) if file is not None else None
    for call in graph.calls if graph is not None else ():
        if graph is not None and (_sets_header(graph, call) or _holds_header(path, graph, call, code)):
            yield Place(path, call.span)


def _sets_header(graph: Graph, call: FlowCall) -> bool:
    """``res.setHeader("Access-Control-Allow-Origin", "*")``."""
    given = [_constant(graph, number) for number in call.arguments[:2]]
    return len(given) > 1 and (given[0] or "").lower() == _ORIGIN and given[1] == "*"


def _constant(graph: Graph, number: int) -> str | None:
    node = graph.nodes[number] if number >= 0 else None
    return str(node.value) if type(node) is Constant else None


def _holds_header(path: str, graph: Graph, call: FlowCall, code: Code) -> bool:
    """Headers in a record that a call is handed, by themselves or by the name of a record: ``new Response(text, { headers: { ...corsHeaders } })``."""
    pending, seen = [*call.arguments, *(number for _, number in call.keywords)], 0
    while pending and seen < _MOST_NODES:
        number = pending.pop()
        seen += 1
        node = graph.nodes[number] if number >= 0 else None
        match node:
            case Object(fields=fields, base=base):
                if any(key.lower() == _ORIGIN and _constant(graph, inner) == "*" for key, inner in fields):
                    return True
                pending += (base, *(inner for key, inner in fields if key.lower() in _HOLDERS))
            case Choice(of=several):
                pending += several
            case Named(name=name) if _is_record_of_headers(path, name, code):
                return True
    return False


def _is_record_of_headers(path: str, name: str, code: Code) -> bool:
    home = code.home(path, name) if "#" in name else None
    if home is None:
        return False
    code.ask(home[0])
    binding = code.bindings(home[0]).get(home[1])
    return binding is not None and any(key.lower() == _ORIGIN and text == "*" for key, text in binding.texts)
