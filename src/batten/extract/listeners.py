"""Servers without a framework: what answers every request of ``http.createServer``, Bun, Deno, Workers and Python's ``http.server``; knows no other file.

Such a handler looks at the address itself, so its path is ``/*``, and ``link`` parts it by what it compares.
https://nodejs.org/api/http.html#httpcreateserveroptions-requestlistener https://bun.sh/docs/api/http
https://developers.cloudflare.com/workers/runtime-apis/handlers/fetch/ https://docs.python.org/3/library/http.server.html
"""

from collections.abc import Iterator

from batten.extract.declared import VERBS, Declared, argument, every_call, functions_in, step, text
from batten.facts.calls import Binding, Call, Function, is_callers
from batten.facts.modules import Export
from batten.facts.routes import ANYWHERE, Endpoint, RouteKind
from batten.text import Place

_MAKERS = frozenset(
    f"{scheme}{module}#{default}{name}"
    for scheme in ("", "node:")
    for module in ("http", "https", "http2")
    for default in ("", "default.", "*.")
    for name in ("createServer", "createSecureServer")
)
_SERVES = {"Bun.serve": "bun", "bun#serve": "bun", "Deno.serve": "deno"}
_STD = ("https://deno.land/std", "jsr:@std/http", "@std/http")
_HANDLERS = ("BaseHTTPRequestHandler", "SimpleHTTPRequestHandler")
# https://developers.cloudflare.com/workers/runtime-apis/bindings/service-bindings/rpc/#the-workerentrypoint-class
_ENTRYPOINT = "WorkerEntrypoint"
_OF_PYTHON = tuple(f"{module}{name}" for module in ("http.server#", "http#server.", "http.server.") for name in _HANDLERS)


def extract(path: str, functions: tuple[Function, ...], exports: tuple[Export, ...], bindings: tuple[Binding, ...]) -> Declared:
    """What a script declares."""
    found: list[Endpoint] = []
    for _, call in every_call(functions):
        framework = _SERVES.get(call.callee) or ("deno" if call.callee.startswith(_STD) and step(call) == "serve" else None)
        if framework is not None:
            found += _served(path, framework, call)
        elif call.callee in _MAKERS:
            found += _endpoint(path, "node", call, functions_in(argument(call, "1")) or functions_in(argument(call, "0")))
        elif step(call) == "on" and text(call, "0") == "request" and call.callee.rpartition(".")[0] in _MAKERS:
            found += _endpoint(path, "node", call, functions_in(argument(call, "1")))
    found += _of_workers(functions, exports, bindings)
    return Declared(tuple(found))


def _served(path: str, framework: str, call: Call) -> Iterator[Endpoint]:
    """``serve(handler)``, ``serve({ fetch })``, ``serve({ routes: { "/a": handler, "/b": { POST: handler } } })``."""
    of_routes = [each for each in call.arguments if each.slot.startswith("0.routes./")]
    for each in of_routes:
        route, method = each.slot.removeprefix("0.routes."), "ANY"
        if "." in route and route.rpartition(".")[2].lower() in VERBS:
            route, _, method = route.rpartition(".")
        yield from _endpoint(path, framework, call, functions_in(each), method, route)
    fetch = argument(call, "0.fetch", "0.handler")
    handlers = functions_in(fetch) if fetch is not None else ()
    if fetch is None and not of_routes:
        handlers = functions_in(argument(call, "1")) or functions_in(argument(call, "0"))
    yield from _endpoint(path, framework, call, handlers)


def _endpoint(
    path: str, framework: str, call: Call, handlers: tuple[str, ...], method: str = "ANY", route: str = ANYWHERE
) -> Iterator[Endpoint]:
    """The function written in the place of a handler is the innermost of what is named there."""
    named = [name for name in handlers if "#" in name and not is_callers(name)]
    if named:
        chain = tuple(named[:-1])
        yield Endpoint(framework, RouteKind.HTTP, (method,), route, "", named[-1], Place(path, call.span), chain)


def _of_workers(functions: tuple[Function, ...], exports: tuple[Export, ...], bindings: tuple[Binding, ...]) -> Iterator[Endpoint]:
    """``export default { async fetch(request, env) { … } }``, the same by the name of the object, and ``export default class extends WorkerEntrypoint``."""
    served = {"default", *(each.local for each in bindings if not each.is_class or any(base.endswith(_ENTRYPOINT) for base in each.bases))}
    served -= {each.local for each in bindings if each.is_class and not any(base.endswith(_ENTRYPOINT) for base in each.bases)}
    for export in exports:
        if export.name == "default" and export.module is None and not export.type_only:
            local = export.local or "default"
            if local not in served:
                return  # a class of the app's own, that fetches something
            for function in functions:
                if function.name in (f"{local}.fetch", "default.fetch") and function.parameters:
                    yield Endpoint("workers", RouteKind.HTTP, ("ANY",), ANYWHERE, "", f"#{function.name}", function.place)
                    return


def extract_python(functions: tuple[Function, ...], bindings: tuple[Binding, ...]) -> Declared:
    """What a module of Python declares: classes that answer by method (``do_POST``)."""
    classes = {binding.local for binding in bindings if binding.is_class and any(base in _OF_PYTHON for base in binding.bases)}
    found = []
    for function in functions:
        owner, _, name = function.name.rpartition(".")
        if owner in classes and name.startswith("do_") and name[3:].lower() in VERBS:
            found.append(Endpoint("http.server", RouteKind.HTTP, (name[3:],), ANYWHERE, "", f"#{function.name}", function.place))
    return Declared(tuple(found))
