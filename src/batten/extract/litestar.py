"""Litestar: routes by decorator, controllers, routers and applications, with their guards and middleware; knows no other file.

https://docs.litestar.dev/2/usage/routing/overview.html https://docs.litestar.dev/2/usage/security/guards.html
"""

from collections.abc import Iterator

from batten.extract.declared import VERBS, Declared, argument, functions_in, makers, step, text
from batten.facts.calls import Argument, Binding, Call, Function, Origin
from batten.facts.routes import Endpoint, Middleware, Mount, RouteKind
from batten.text import Place

_PACKAGES = ("litestar#", "litestar.handlers", "starlite#", "starlite.handlers")
_SOCKETS = frozenset(("websocket", "websocket_listener", "websocket_stream"))
_ROUTERS = tuple(
    f"{package}#{name}"
    for package in ("litestar", "litestar.router", "litestar.app", "starlite")
    for name in ("Router", "Litestar", "Starlite")
)
_BACKEND = ".on_app_init"


def extract(path: str, functions: tuple[Function, ...], bindings: tuple[Binding, ...]) -> Declared:
    """What the file declares; a handler is registered by its own name, a controller by that of its class."""
    endpoints = [endpoint for function in functions for endpoint in _endpoints(path, function, bindings)]
    mounts: list[Mount] = []
    middleware: list[Middleware] = []
    by_name = {binding.local: binding for binding in bindings}
    for name, place, call in makers(functions, bindings, _ROUTERS):
        mounts.append(Mount("", name, text(call, "path") or "", place, _guards(argument(call, "guards"))))
        mounts += (Mount(name, child, "", place) for child in _listed(argument(call, "route_handlers", "0"), call))
        middleware += _before(name, place, call, by_name)
    for binding in bindings:
        if binding.is_class and any(base.rpartition("#")[2] == "Controller" and base.startswith(_PACKAGES) for base in binding.bases):
            prefix, guards = by_name.get(f"{binding.local}.path"), by_name.get(f"{binding.local}.guards")
            chain = (
                tuple(source.text for source in guards.sources if source.origin in (Origin.NAME, Origin.CALL)) if guards is not None else ()
            )
            mounts.append(Mount("", f"#{binding.local}", (prefix.text if prefix is not None else "") or "", binding.place, chain))
    return Declared(tuple(endpoints), tuple(mounts), tuple(middleware))


def _endpoints(path: str, function: Function, bindings: tuple[Binding, ...]) -> Iterator[Endpoint]:
    owner = function.name.rpartition(".")[0]
    in_class = any(binding.local == owner and binding.is_class for binding in bindings)
    for wrapper in function.wrappers:
        verb = step(wrapper)
        if not wrapper.callee.startswith(_PACKAGES) or verb not in (*VERBS, *_SOCKETS, "route"):
            continue
        methods = tuple(_texts(argument(wrapper, "http_method"))) or ("ANY",) if verb == "route" else (verb.upper(),)
        kind = RouteKind.SOCKET if verb in _SOCKETS else RouteKind.HTTP
        for route in _texts(argument(wrapper, "0", "path")) or [""]:
            yield Endpoint(
                "litestar", kind, ("ANY",) if kind is RouteKind.SOCKET else tuple(each.upper() for each in methods), route or "/",
                f"#{owner}" if in_class else f"#{function.name}", f"#{function.name}", Place(path, function.place.span),
                _guards(argument(wrapper, "guards")), wrapper.span.start,
            )  # fmt: skip


def _guards(found: Argument | None) -> tuple[str, ...]:
    return functions_in(found)


def _texts(found: Argument | None) -> list[str]:
    if found is None:
        return []
    return [found.text] if found.text is not None else [source.text for source in found.sources if source.origin is Origin.LITERAL]


def _listed(found: Argument | None, call: Call) -> Iterator[str]:
    """The names in a list of handlers, each as it is called here."""
    items = [each for each in call.arguments if each.slot.startswith(("route_handlers.[", "0.["))]
    for item in items:
        yield from (item.name,) if item.name is not None else functions_in(item)[:1]
    if not items:
        yield from functions_in(found)


def _before(name: str, place: Place, call: Call, by_name: dict[str, Binding]) -> Iterator[Middleware]:
    """Middleware, and what a backend for tokens or sessions puts before all that it does not leave out."""
    for found in functions_in(argument(call, "middleware")):
        if not found.endswith("DefineMiddleware"):
            yield Middleware(name, found, "", place, later_only=False)
    for found in functions_in(argument(call, "on_app_init")):
        if found.endswith(_BACKEND):
            made = [binding for binding in by_name.values() if binding.name == found.removesuffix(_BACKEND)]
            excluded = [path for binding in made for each in binding.calls[:1] for path in _texts(argument(each, "exclude"))]
            yield Middleware(name, found, "", place, later_only=False, excluded=tuple(path.lstrip("^").rstrip("$") for path in excluded))
