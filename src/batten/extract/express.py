"""Express and what is shaped like it (a call with a path and handlers on an application or router); knows no other file."""

from collections.abc import Iterator

from msgspec import structs

from batten.extract.declared import (
    HTTP_METHODS,
    Declared,
    argument,
    functions_in,
    handed,
    host_of,
    on_its_binding,
    paths_in,
    positional,
    step,
    text,
)
from batten.facts.calls import Argument, Binding, Call, Function, Origin, simple_name
from batten.facts.routes import COMPUTED, COMPUTED_PART, PROXY, ROW, Endpoint, Middleware, Mount, RouteKind
from batten.regex import regex
from batten.text import Place

# What answers to ``get`` and a path but serves no route: clients of other people's routes.
_PROXIES = frozenset({"createProxyMiddleware", "proxyMiddleware", "legacyCreateProxyMiddleware"})
# What these packages give is itself what makes a proxy: https://github.com/villadora/express-http-proxy
_WHOLE_PROXIES = frozenset(("express-http-proxy#", "express-http-proxy#default"))
_KOA_ROUTERS = ("@koa/router#", "koa-router#", "koa-joi-router#")
_NEXT = "next-connect#"
_SERVERS = ("express#", "hono#", *_KOA_ROUTERS)
# ``app.route("/notes").get(…)``; the application itself may be all that a module is.
_ON_ROUTE = regex(r"[.#]route\.")
_CLIENTS = ("axios", "supertest", "got#", "ky#", "superagent", "node-fetch", "msw#", "nock", "@/lib/api")


def extract(path: str, functions: tuple[Function, ...], bindings: tuple[Binding, ...] = ()) -> Declared:
    """What the file declares, by shape; ``link`` checks what the receiver is."""
    endpoints: list[Endpoint] = []
    mounts: list[Mount] = []
    middleware: list[Middleware] = []
    routers = _of_koa(functions)
    for function in functions:
        paths = {call.span.start: text(call, "0") for call in function.calls if step(call) == "route"}
        proxies = [call for call in function.calls if _is_proxy(call.callee)]
        for written in function.calls:
            if written.receiver is None or written.callee.startswith(_CLIENTS):
                continue
            call = _given_back(function, on_its_binding(written, bindings))
            last = step(call)
            if last in HTTP_METHODS:
                endpoint = _endpoint(path, call, last, paths)
                endpoints += [endpoint] if endpoint is not None else _computed(path, call, last)
            elif last == "[]":
                endpoints += _computed(path, call, "all")
            elif last == "on":
                endpoints += _on(path, call)
            elif last == "openapi":
                endpoints += _documented(path, call, function, bindings)
            elif last == "route" and len(list(positional(call))) > 1:
                mounts += _use(path, call, routers).mounts
            elif last == "use":
                endpoints += _proxies(path, call, proxies, bindings)
                found = _use(path, call, routers)
                mounts += found.mounts
                middleware += found.middleware
    return Declared(tuple(endpoints), (*mounts, *_based(bindings), *_prefixed(functions, bindings)), tuple(middleware))


def _of_koa(functions: tuple[Function, ...]) -> dict[int, str]:
    """What Koa is given of a router, by the place of the call: ``app.use(router.routes())``, ``mount("/api", router.routes())``."""
    return {
        call.span.start: call.receiver
        for function in functions
        for call in function.calls
        if call.receiver is not None
        and (step(call) == "routes" or (step(call) == "middleware" and call.callee.startswith(_KOA_ROUTERS)))
        and not call.arguments
    }


def _prefixed(functions: tuple[Function, ...], bindings: tuple[Binding, ...]) -> Iterator[Mount]:
    """``new Router({ prefix: "/api" })`` and ``router.prefix("/api")`` of Koa."""
    for binding in bindings:
        for call in binding.calls[:1]:
            prefix = text(call, "0.prefix")
            if prefix is not None and call.callee.startswith(_KOA_ROUTERS):
                yield Mount("", f"#{binding.local}", prefix, binding.place)
    for function in functions:
        for call in function.calls:
            prefix = text(call, "0")
            if step(call) == "prefix" and call.receiver is not None and prefix is not None and call.callee.startswith(_KOA_ROUTERS):
                yield Mount("", call.receiver, prefix, Place(function.place.path, call.span))


def _based(bindings: tuple[Binding, ...]) -> Iterator[Mount]:
    """``new Hono().basePath("/api")``, and ``app.basePath("/v2")``, which is a router on the app."""
    for binding in bindings:
        for call in binding.calls:
            prefix = text(call, "0")
            if step(call) == "basePath" and prefix is not None:
                yield Mount(
                    "" if (call.receiver or "#").startswith("hono#") else call.receiver or "", f"#{binding.local}", prefix, binding.place
                )


def _on(path: str, call: Call) -> Iterator[Endpoint]:
    """Hono's ``app.on(["PUT", "DELETE"], ["/a", "/b"], …, handler)``."""
    values = list(positional(call))
    if len(values) <= len(("methods", "paths")):
        return
    methods, paths = (
        [value.text] if value.text is not None else [source.text for source in value.sources if source.origin is Origin.LITERAL]
        for value in values[:2]
    )
    handlers = [*(_step(value) for value in values[2:-1]), functions_in(values[-1])]
    if not methods or not {method.lower() for method in methods} <= HTTP_METHODS or not handlers[-1]:
        return
    chain = tuple(name for names in handlers[:-1] for name in names) + handlers[-1][:-1]
    for route in paths:
        if route.startswith(("/", "*")):
            yield Endpoint(
                "express", RouteKind.HTTP, tuple(method.upper() for method in methods), route, call.receiver or "", handlers[-1][-1],
                Place(path, call.span), chain, call.span.end, call.callee.rpartition(".")[0],
            )  # fmt: skip


def _documented(path: str, call: Call, function: Function, bindings: tuple[Binding, ...]) -> Iterator[Endpoint]:
    """``app.openapi(createRoute({ method, path, middleware }), handler)`` of Hono, where the route may have a name."""
    values = list(positional(call))
    if len(values) <= 1:
        return
    names = functions_in(values[0])
    made = [inner for inner in function.calls if inner.span in values[0].span]
    made += [inner for binding in bindings if values[0].name == f"#{binding.local}" for inner in binding.calls]
    route = next((inner for inner in made if inner.callee in names and text(inner, "0.path") is not None), None)
    handlers = functions_in(values[1])
    if route is None or not handlers:
        return
    chain = tuple(
        name
        for given in route.arguments
        if given.slot == "0.middleware" or given.slot.startswith("0.middleware.[")
        for name in functions_in(given)[:1]
    )
    yield Endpoint(
        "express", RouteKind.HTTP, ((text(route, "0.method") or "any").upper(),), text(route, "0.path") or "", call.receiver or "", handlers[-1],
        Place(path, call.span), tuple(dict.fromkeys(chain)), call.span.end, call.callee.rpartition(".")[0],
    )  # fmt: skip


def _endpoint(path: str, call: Call, method: str, paths: dict[int, str | None]) -> Endpoint | None:
    values, named = list(positional(call)), None
    if _ON_ROUTE.search(call.callee) and call.span.start in paths:
        route = paths[call.span.start]
    else:
        route = values[0].text if values else None
        named = _named(values[0]) if values and route is None else None
        values = values[1:]
        if (
            route is not None
            and not route.startswith(("/", "*"))
            and call.callee.startswith(_KOA_ROUTERS)
            and values
            and values[0].text is not None
        ):
            route, values = values[0].text, values[1:]  # the first is the name of the route
    if named is None and (route is None or not (route.startswith(("/", "*")) or route == "")):
        return None
    if not values:
        return None
    handlers = [*(_step(value) for value in values[:-1]), functions_in(values[-1])]
    if not handlers[-1]:
        return None
    chain = tuple(name for names in handlers[:-1] for name in names) + handlers[-1][:-1]
    methods = ("ANY",) if method == "all" else (method.upper(),)
    return Endpoint(
        "express", RouteKind.HTTP, methods, route or "", call.receiver or "", handlers[-1][-1],
        Place(path, call.row or call.span), chain, call.span.end, call.callee.rpartition(".")[0], named=named,
    )  # fmt: skip


def _computed(path: str, call: Call, method: str) -> Iterator[Endpoint]:
    """What an application serves for sure, at addresses of a list, or where the address, the method or what answers is only known when the app runs."""
    values = list(positional(call))
    if not call.callee.startswith(_SERVERS) or len(values) <= 1 or values[-1].text is not None:
        return
    handlers = [*(_step(value) for value in values[1:-1]), functions_in(values[-1])]
    for route in paths_in(values[0]):
        if not route.startswith(("/", "*")):
            continue
        known = bool(handlers[-1]) and COMPUTED_PART not in route and not call.callee.endswith(".[]")
        chain = tuple(name for names in handlers[:-1] for name in names) + handlers[-1][:-1]
        yield Endpoint(
            "express", RouteKind.HTTP, ("ANY",) if method == "all" else (method.upper(),), route, call.receiver or "",
            handlers[-1][-1] if known else COMPUTED, Place(path, call.span), chain if known else (), call.span.end, call.callee.rpartition(".")[0],
        )  # fmt: skip


def _named(value: Argument) -> str | None:
    """The constant that holds a path: ``app.get(paths.orders.list, …)``."""
    names = [source.text for source in value.sources if source.origin is Origin.NAME and "#" in source.text]
    return names[0] if names and "." in names[0].rpartition("#")[2] and len(value.sources) == len(names) else None


def _step(value: Argument) -> tuple[str, ...]:
    """The names of what stands before a handler; of what Hono's factory makes, that of the binding, which leads to the function."""
    names = functions_in(value)
    return (value.name,) if value.name is not None and names[:1] == ("hono/factory#createMiddleware",) else names


def _is_proxy(name: str) -> bool:
    return simple_name(name) in _PROXIES or name in _WHOLE_PROXIES


def _proxies(path: str, call: Call, proxies: list[Call], bindings: tuple[Binding, ...]) -> list[Endpoint]:
    """``app.use("/ai", createProxyMiddleware({ target: "https://…" }))``: a route that is all of another server."""
    if not proxies:
        return []
    route = text(call, "0") or "/"
    chain = tuple(name for value in positional(call) for name in functions_in(value) if not _is_proxy(name))
    named = {value.name for value in positional(call) if value.name is not None}
    held = {made.span for binding in bindings if f"#{binding.local}" in named for made in binding.calls}
    found = []
    for inner in proxies:
        if inner.span in call.span or inner.span in held:
            target = argument(inner, "0.target", "1.target", "0")
            hosts = [] if target is None else [host for t in (target.text or "", *(s.text for s in target.sources)) if (host := host_of(t))]
            if hosts:
                found.append(
                    Endpoint(
                        "express",
                        RouteKind.HTTP,
                        ("ANY",),
                        route,
                        call.receiver or "",
                        f"{PROXY}{hosts[0]}",
                        Place(path, call.span),
                        chain,
                        call.span.end,
                    )
                )
    return found


def _given_back(function: Function, call: Call) -> Call:
    """A call in a chain on a new router that a function gives is one on what the function makes: ``const open = () => nextConnect().use(signedIn)``."""
    if not function.name or not call.callee.startswith(_NEXT) or not (call.receiver or "").startswith(_NEXT):
        return call
    given = any(call.span in result.span for result in function.results)
    return structs.replace(call, receiver=f"#{function.name}.router") if given else call


def _use(path: str, call: Call, routers: dict[int, str]) -> Declared:
    """``app.use([path], …)``: what it is given may be routers or middleware; both are noted, and ``link`` tells them apart."""
    values = list(positional(call))
    prefix, named = "", None
    if values and values[0].text is not None and values[0].text.startswith("/"):
        prefix, values = values[0].text, values[1:]
    elif len(values) > 1 and ROW in (first := next((source.text for source in values[0].sources), "")):
        named, values = first, values[1:]
    place = Place(path, call.span)
    flat = [name for value in values for name in _given(value, routers)]
    gates = [name for value in values for name in _gate(value, routers)]
    mounts = tuple(
        Mount(call.receiver or "", name, prefix, place, tuple(gates[:number]), call.span.end, named=named)
        for number, name in enumerate(flat)
    )
    middleware = tuple(Middleware(call.receiver or "", name, prefix, place, call.span.end) for name in gates)
    return Declared((), mounts, middleware)


def _given(value: Argument, routers: dict[int, str]) -> tuple[str, ...]:
    """What ``use`` is handed: of Koa's ``router.routes()`` the router."""
    router = routers.get(value.span.start)
    return (router,) if router is not None else handed(value)


def _gate(value: Argument, routers: dict[int, str]) -> tuple[str, ...]:
    """The same as middleware: what a variable of a function holds that something made is known by what made it."""
    given = _given(value, routers)
    made = value.sources[:1] if given == (value.name,) and "." in given[0] else ()
    return tuple(source.text for source in made if source.origin is Origin.CALL and "#" in source.text) or given
