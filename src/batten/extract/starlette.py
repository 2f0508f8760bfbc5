"""Starlette on its own: tables of routes and mounts, classes that answer by method, middleware in lists; knows no other file.

https://www.starlette.io/routing/
"""

from collections.abc import Iterator

from batten.extract.declared import VERBS, Declared, argument, every_call, functions_in, handed, step, text
from batten.facts.calls import Binding, Call, Function, Origin
from batten.facts.routes import MOUNTED, Endpoint, Middleware, Mount, RouteKind
from batten.text import Place, Span

_PACKAGE = "starlette."
_ROUTES = frozenset({"Route", "WebSocketRoute"})
_ADDS = frozenset({"add_route", "add_websocket_route"})
_MAKERS = frozenset({"Starlette", "Router"})


def extract(path: str, functions: tuple[Function, ...], bindings: tuple[Binding, ...]) -> Declared:
    """What the file declares of applications that are made of tables; routes by decorator are read as those of FastAPI."""
    found = _File(path, functions, bindings)
    return Declared(tuple(found.endpoints()), tuple(found.mounts()), tuple(found.middleware()))


class _File:
    def __init__(self, path: str, functions: tuple[Function, ...], bindings: tuple[Binding, ...]) -> None:
        self._path = path
        self._bindings = bindings
        self._names = {function.name for function in functions}
        self._calls = [call for _, call in every_call(functions)]
        self._made = [call for call in self._calls if call.callee.startswith(_PACKAGE) and step(call) in _MAKERS]
        self._mounting = [call for call in self._calls if call.callee.startswith(_PACKAGE) and step(call) == "Mount"]

    def endpoints(self) -> Iterator[Endpoint]:
        for call in self._calls:
            last = step(call)
            if call.callee.startswith(_PACKAGE) and last in _ROUTES:
                router, prefix = self._stands(call.span)
            elif call.receiver is not None and last in _ADDS:
                router, prefix = call.receiver, ""
            else:
                continue
            route, handler = text(call, "0", "path"), functions_in(argument(call, "1", "endpoint", "route"))
            if route is None or not handler or not (route == "" or route.startswith("/")):
                continue
            yield from self._of(call, router, f"{prefix}{route}" if prefix else route, handler[0], websocket="websocket" in last.lower())
        own = {f"#{each.local}" for each in self._bindings if each.calls and any(each.calls[0].span == call.span for call in self._made)}
        for parent, child, path, call in self._mounted():
            if child in own or child not in handed(argument(call, "1", "app")):
                continue  # its routes are told one by one
            plain = child.removeprefix("#") in self._names and child.startswith("#")
            place = Place(self._path, call.span)
            yield Endpoint(
                "starlette", RouteKind.HTTP, ("ANY",), path, parent, child if plain else f"{MOUNTED}{child}", place, (), call.span.start
            )

    def _of(self, call: Call, router: str, route: str, handler: str, *, websocket: bool) -> Iterator[Endpoint]:
        place = Place(self._path, call.span)
        chain = functions_in(argument(call, "middleware"))
        chain = tuple(name for name in chain if not name.endswith("#Middleware"))
        name = handler.removeprefix("#")
        answered = [method for method in sorted(VERBS) if f"{name}.{method}" in self._names]
        for method in answered:
            yield Endpoint(
                "starlette", RouteKind.HTTP, (method.upper(),), route, router, f"#{name}.{method}", place, chain, call.span.start
            )
        if answered:
            return
        kind, methods = (RouteKind.SOCKET, ("ANY",)) if websocket else (RouteKind.HTTP, _listed(call))
        yield Endpoint("starlette", kind, methods, route, router, handler, place, chain, call.span.start)

    def _stands(self, span: Span) -> tuple[str, str]:
        """The router that a route in a table belongs to, and the prefixes of the mounts around it there."""
        prefix = "".join((text(call, "0", "path") or "").rstrip("/") for call in self._mounting if span in call.span and span != call.span)
        for binding in self._bindings:
            if not binding.is_class and span in binding.place.span:
                return f"#{binding.local}", prefix
        for call in self._made:
            if span in call.span:
                return next(
                    (other.receiver for other in self._calls if other.made_by == call.span and other.receiver is not None), ""
                ), prefix
        return "", prefix

    def mounts(self) -> Iterator[Mount]:
        """Tables that applications are made with, applications that are mounted, and tables that are mounted by name."""
        for name, call in self._named(self._made):
            for table in handed(argument(call, "routes")):
                if not table.startswith(_PACKAGE):
                    yield Mount(name, table, "", Place(self._path, call.span))
        for parent, child, path, call in self._mounted():
            yield Mount(parent, child, path, Place(self._path, call.span))

    def _mounted(self) -> Iterator[tuple[str, str, str, Call]]:
        """What is mounted, where, and under which path."""
        for call in self._mounting:
            router, prefix = self._stands(call.span)
            whole = f"{prefix}{text(call, '0', 'path') or ''}"
            for child in (*handed(argument(call, "1", "app")), *handed(argument(call, "routes"))):
                if not child.startswith(_PACKAGE) and router != child:
                    yield router, child, whole, call
        for call in self._calls:
            if step(call) == "mount" and call.receiver is not None:
                for child in handed(argument(call, "1", "app")):
                    yield call.receiver, child, text(call, "0", "path") or "", call

    def middleware(self) -> Iterator[Middleware]:
        """``middleware=[Middleware(X), …]``: of the application, and of what else it is given to."""
        for name, call in self._named(self._made):
            for given in self._listed_middleware(call):
                yield Middleware(name, given, "", Place(self._path, call.span), later_only=False)
        for call in self._mounting:
            router, prefix = self._stands(call.span)
            whole = f"{prefix}{text(call, '0', 'path') or ''}"
            for given in self._listed_middleware(call):
                yield Middleware(router, given, whole, Place(self._path, call.span), later_only=False)

    def _listed_middleware(self, call: Call) -> Iterator[str]:
        given = argument(call, "middleware")
        if given is None:
            return
        spans = [given.span, *(binding.place.span for binding in self._bindings if given.name == f"#{binding.local}")]
        for other in self._calls:
            if other.callee.endswith("#Middleware") and any(other.span in span for span in spans):
                yield from functions_in(argument(other, "0", "cls"))[:1]

    def _named(self, calls: list[Call]) -> Iterator[tuple[str, Call]]:
        for call in calls:
            bound = next((f"#{b.local}" for b in self._bindings if not b.is_class and b.calls and b.calls[0].span == call.span), None)
            name = bound or next(
                (other.receiver for other in self._calls if other.made_by == call.span and other.receiver is not None), None
            )
            if name is not None:
                yield name, call


def _listed(call: Call) -> tuple[str, ...]:
    given = argument(call, "methods", "2")
    named = tuple(source.text.upper() for source in (given.sources if given is not None else ()) if source.origin is Origin.LITERAL)
    return named or ("GET",)
