"""aiohttp's server: routes by decorator, by table and by ``add_…``, class-based views, sub-applications and middleware; knows no other file.

https://docs.aiohttp.org/en/stable/web_quickstart.html#web-handler
"""

from collections.abc import Iterator

from batten.extract.declared import VERBS, Declared, argument, every_call, functions_in, handed, step, text, wrapped
from batten.facts.calls import Binding, Call, Function
from batten.facts.routes import Endpoint, Middleware, Mount, RouteKind
from batten.text import Place

_ADDS = {f"add_{method}": method for method in (*VERBS, "view")}
_MAKERS = ("aiohttp#web.Application", "aiohttp.web#Application", "aiohttp.web_app#Application")
_WEB = ("aiohttp#web.", "aiohttp.web#")


def extract(path: str, functions: tuple[Function, ...], bindings: tuple[Binding, ...]) -> Declared:
    """What the file declares; decorators above the route's own are lost at run time and so are not in its chain."""
    found = _File(path, functions, bindings)
    return Declared(tuple(found.endpoints()), tuple(found.mounts()), tuple(found.middleware()))


class _File:
    def __init__(self, path: str, functions: tuple[Function, ...], bindings: tuple[Binding, ...]) -> None:
        self._path = path
        self._functions = functions
        self._bindings = bindings
        self._by_name = {function.name: function for function in functions}
        self._adding = [call for _, call in every_call(functions) if step(call) == "add_routes" and call.receiver is not None]

    def endpoints(self) -> Iterator[Endpoint]:
        for function in self._functions:
            for number, wrapper in enumerate(function.wrappers):
                route = text(wrapper, "0", "path")
                if wrapper.receiver is not None and step(wrapper) in VERBS and _is_path(route):
                    inner = tuple(other.callee for other in function.wrappers[number + 1 :])
                    yield self._endpoint(
                        step(wrapper), route, wrapper.receiver, f"#{function.name}", Place(self._path, function.place.span), wrapper, inner
                    )
        for binding in self._bindings:
            for decorator in binding.decorators if binding.is_class else ():
                route = text(decorator, "0", "path")
                if decorator.receiver is not None and step(decorator) == "view" and _is_path(route):
                    yield from self._of_class(binding.local, route, decorator.receiver, decorator, binding.place)
        for _, call in every_call(self._functions):
            yield from self._of_call(call)

    def _of_call(self, call: Call) -> Iterator[Endpoint]:
        """``app.router.add_get("/a", a)``, ``web.get("/a", a)`` in a table, ``app.router.add_route("GET", "/a", a)``."""
        last = step(call)
        if call.callee.startswith(_WEB) and (last in VERBS or last in ("view", "route")):
            router, slots = self._router_of(call), ("0", "1", "2") if last == "route" else ("", "0", "1")
        elif call.receiver is not None and (last in _ADDS or last == "add_route"):
            router, slots = call.receiver, ("0", "1", "2") if last == "add_route" else ("", "0", "1")
        else:
            return
        method = text(call, slots[0], "method") or "" if slots[0] else _ADDS.get(last, last)
        route, (around, handler) = text(call, slots[1], "path"), wrapped(argument(call, slots[2], "handler"))
        if router is None or not _is_path(route) or not handler:
            return
        place = Place(self._path, call.span)
        name = handler.removeprefix("#")
        if any(binding.is_class and binding.local == name for binding in self._bindings):
            yield from self._of_class(name, route, router, call, place)
        elif method != "view":
            yield self._endpoint(method, route, router, handler, place, call, around)

    def _of_class(self, name: str, route: str | None, router: str, call: Call, place: Place) -> Iterator[Endpoint]:
        """One for each method that the class answers."""
        for method in sorted(VERBS):
            function = self._by_name.get(f"{name}.{method}")
            if function is not None:
                inner = tuple(wrapper.callee for wrapper in function.wrappers)
                yield self._endpoint(method, route, router, f"#{function.name}", place, call, inner)

    def _endpoint(
        self, method: str, route: str | None, router: str, handler: str, place: Place, call: Call, chain: tuple[str, ...] = ()
    ) -> Endpoint:
        methods = ("ANY",) if method in ("", "*", "view") else (method.upper(),)
        return Endpoint("aiohttp", RouteKind.HTTP, methods, route or "", router, handler, place, chain, call.span.start)

    def _router_of(self, call: Call) -> str | None:
        """What a table is added to: the application that is given it, or the name that it goes by until then."""
        for adding in self._adding:
            if call.span in adding.span and adding.receiver is not None:
                return adding.receiver
        for binding in self._bindings:
            if not binding.is_class and call.span in binding.place.span:
                return f"#{binding.local}"
        return None

    def mounts(self) -> Iterator[Mount]:
        for _, call in every_call(self._functions):
            if call.receiver is None:
                continue
            place = Place(self._path, call.span)
            match step(call):
                case "add_subapp":
                    for child in handed(argument(call, "1", "subapp")):
                        yield Mount(call.receiver, child, text(call, "0", "prefix") or "", place)
                case "add_routes":
                    for child in handed(argument(call, "0", "routes")):
                        if not child.startswith(_WEB):
                            yield Mount(call.receiver, child, "", place)

    def middleware(self) -> Iterator[Middleware]:
        for name, call in self._applications():
            for given in functions_in(argument(call, "middlewares")):
                yield Middleware(name, given, "", Place(self._path, call.span), later_only=False)
        for _, call in every_call(self._functions):
            if call.receiver is not None and call.callee.endswith(".middlewares.append"):
                for given in functions_in(argument(call, "0"))[:1]:
                    yield Middleware(call.receiver, given, "", Place(self._path, call.span), later_only=False)

    def _applications(self) -> Iterator[tuple[str, Call]]:
        """Applications by the names that they go by, in the module and in functions."""
        bound = {
            f"#{binding.local}": binding.calls[0] for binding in self._bindings if binding.calls and binding.calls[0].callee in _MAKERS
        }
        calls = [call for _, call in every_call(self._functions)]
        made = {call.span: call for call in calls if call.callee in _MAKERS}
        named = {call.receiver: made[call.made_by] for call in calls if call.made_by in made and call.receiver is not None}
        yield from (named | bound).items()


def _is_path(route: str | None) -> bool:
    return route is not None and (route == "" or route.startswith("/"))
