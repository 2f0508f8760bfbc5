"""Routes that a file declares by a call with its path: server routes of TanStack Start, HTTP actions of Convex, the route table of React Router; knows no other file.

https://tanstack.com/start/latest/docs/framework/react/guide/server-routes https://docs.convex.dev/functions/http-actions https://reactrouter.com/start/framework/routing
"""

from collections.abc import Iterator

from batten.extract.declared import VERBS, Declared, argument, every_call, functions_in, step, text
from batten.facts.calls import Binding, Call, Function
from batten.facts.routes import Endpoint, RouteKind
from batten.regex import regex
from batten.text import Place

_METHODS = frozenset((*(verb.upper() for verb in VERBS), "ANY", "ALL"))
_TANSTACK = regex(r"^@tanstack/[\w/-]+#(?P<maker>createFileRoute|createServerFileRoute|createAPIFileRoute)(?:\.|$)")
_OF_METHOD = regex(r"^0\.(?:server\.handlers\.)?(?P<method>[A-Z]+)(?P<inner>\.handler)?$")
_CONVEX = "convex/server#httpRouter.route"
_TABLE = regex(r"^@react-router/dev/routes#(?P<kind>route|index|layout|prefix)$")
TABLE = "react-router"
"""The framework of routes that stand in a table, and not by the place of their files."""
_ENDING = regex(r"\.[cm]?[jt]sx?$")


def extract(path: str, functions: tuple[Function, ...], bindings: tuple[Binding, ...]) -> Declared:
    """What the file declares."""
    found: list[Endpoint] = []
    calls = list(every_call(functions))
    for function, call in calls:
        if _TANSTACK.match(call.callee):
            found += _of_tanstack(path, function, call, bindings)
        elif call.callee == _CONVEX:
            found += _of_convex(path, call)
        elif (named := _TABLE.match(call.callee)) and named["kind"] in ("route", "index"):
            found += _of_table(path, call, [other for _, other in calls])
    return Declared(tuple(found))


def _of_tanstack(path: str, function: Function, call: Call, bindings: tuple[Binding, ...]) -> Iterator[Endpoint]:
    """``createFileRoute("/api/notes")({ server: { middleware, handlers: { GET } } })``, ``createServerFileRoute("/api/notes").methods({ GET })``."""
    chained = [other for other in function.calls if other.span.start == call.span.start and other.span.end < call.span.end]
    route = next((named for other in chained if (named := text(other, "0")) is not None), None)
    if route is None:
        return
    around = [name for other in chained if step(other) == "middleware" for name in _listed(other, "0")]
    around += _listed(call, "0.server.middleware")
    for given in call.arguments:
        said = _OF_METHOD.match(given.slot)
        if said is None or said["method"] not in _METHODS:
            continue
        handlers = functions_in(given)
        inner = f"{given.slot.removesuffix('.handler')}.middleware"
        if not handlers or (said["inner"] is None and argument(call, f"{given.slot}.handler") is not None):
            continue
        method = "ANY" if said["method"] == "ALL" else said["method"]
        handler = next((name for name in handlers if ".@" in name), handlers[-1])
        # What stands deeper in a record has no slot of its own: beside the function there is nothing but its middleware.
        beside = [local for name in handlers if name != handler for local in _named(name, bindings)]
        chain = (*around, *_listed(call, inner), *beside)
        yield Endpoint("tanstack", RouteKind.HTTP, (method,), route, "", handler, Place(path, given.span), tuple(dict.fromkeys(chain)))


def _named(name: str, bindings: tuple[Binding, ...]) -> list[str]:
    """What a call makes by the names that it is bound to."""
    return [f"#{binding.local}" for binding in bindings if binding.name == name] or [name]


def _listed(call: Call, slot: str) -> list[str]:
    return [found.name or next(iter(functions_in(found)), "") for found in call.arguments if found.slot.startswith(f"{slot}.[")]


def _of_convex(path: str, call: Call) -> Iterator[Endpoint]:
    """``http.route({ path: "/hook", method: "POST", handler: httpAction(…) })``."""
    prefix = text(call, "0.pathPrefix")
    route = text(call, "0.path") if prefix is None else f"{prefix}*"
    handlers = [name for name in functions_in(argument(call, "0.handler")) if not name.endswith("#httpAction")]
    if route is not None and handlers:
        # Of what another file makes by `httpAction` the function that it is made of.
        handler = handlers[-1] if handlers[-1].startswith("#") else f"{handlers[-1]}.@1"
        yield Endpoint("convex", RouteKind.HTTP, (text(call, "0.method") or "ANY",), route, "", handler, Place(path, call.span))


def _of_table(path: str, call: Call, calls: list[Call]) -> Iterator[Endpoint]:
    """``route("notes/:id", "routes/note.tsx")`` within ``prefix("api", […])``: what the module answers by itself, and what is posted to it."""
    by_path = step(call) == "route"
    module = text(call, "1" if by_path else "0")
    if module is None:
        return
    around = sorted(
        (other for other in calls if call.span in other.span and other.span != call.span and _TABLE.match(other.callee)),
        key=lambda each: each.span.start,
    )
    parts = [text(other, "0") or "" for other in around if step(other) in ("prefix", "route")]
    own = text(call, "0") if by_path else ""
    route = "/" + "/".join(part.strip("/") for part in (*parts, own or "") if part.strip("/"))
    handler = f"./{_ENDING.sub('', module.removeprefix('./'))}"
    for name, method in (("action", "POST"), ("loader", "GET")):
        yield Endpoint(TABLE, RouteKind.HTTP, (method,), route, "", f"{handler}#{name}", Place(path, call.span))
