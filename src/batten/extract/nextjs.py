"""Next.js: route handlers, API routes of the pages router, and server actions; all by path, export and directive."""

from collections.abc import Iterator
from typing import NamedTuple

from batten.extract.declared import HTTP_METHODS, VERBS, Declared, functions_in, on_its_binding, positional
from batten.facts.calls import Binding, Call, Function, Origin, simple_name
from batten.facts.modules import Export
from batten.facts.routes import Endpoint, RouteKind
from batten.regex import regex
from batten.text import Place, Span

_ROUTE_FILE = regex(r"^(?:.*/)?app/(?P<path>.*/)?route\.[cm]?[jt]sx?$")
_API_FILE = regex(r"^(?:.*/)?pages/(?P<path>api/.*)\.[cm]?[jt]sx?$")
_GROUP = regex(r"\([^)]*\)/|@[^/]+/")
_MAKER = "next-connect#"
_METHODS = frozenset(method.upper() for method in VERBS)


def is_route_file(path: str) -> bool:
    """The path alone makes it a route: ``app/**/route.ts`` or ``pages/api/**``."""
    return bool(_ROUTE_FILE.match(path) or _API_FILE.match(path))


def extract(
    path: str,
    functions: tuple[Function, ...],
    bindings: tuple[Binding, ...],
    exports: tuple[Export, ...],
    directives: tuple[str, ...],
) -> Declared:
    """What the file declares."""
    names = _Names(
        {function.name: function for function in functions},
        {binding.local: binding.alias for binding in bindings if binding.alias is not None},
        {binding.local: binding.calls for binding in bindings if binding.calls and binding.calls[0].span == binding.place.span},
    )
    endpoints: list[Endpoint] = []
    by_route = _ROUTE_FILE.match(path)
    by_api = _API_FILE.match(path)
    if by_route:
        route = "/" + _GROUP.sub("", by_route["path"] or "").rstrip("/")
        endpoints += [
            _endpoint(path, names, export, RouteKind.HTTP, export.name, route)
            for export in exports
            if export.name in _METHODS and not export.type_only
        ]
    elif by_api:
        route = "/" + by_api["path"].removesuffix("/index")
        whole = [export for export in exports if export.name == "default"]
        endpoints += list(_on_router(path, names, bindings, whole, route)) or [
            _endpoint(path, names, export, RouteKind.HTTP, "ANY", route) for export in whole
        ]
    if "use server" in directives:
        endpoints += [
            _endpoint(path, names, export, RouteKind.SERVER_ACTION, "POST", export.name)
            for export in exports
            if not export.type_only and export.name != "*"
        ]
    for function in functions:
        if function.directive == "use server":
            endpoints.append(
                Endpoint(
                    "next", RouteKind.SERVER_ACTION, ("POST",), function.name, "", f"#{function.name}",
                    function.place, tuple(wrapper.callee for wrapper in function.wrappers),
                )
            )  # fmt: skip
    return Declared(tuple(endpoints))


def _on_router(path: str, names: "_Names", bindings: tuple[Binding, ...], whole: list[Export], route: str) -> Iterator[Endpoint]:
    """What a router without paths answers that a file gives: ``export default router.use(signedIn).post(save).handler()`` of next-connect.

    https://github.com/hoangvvo/next-connect
    """
    if not whole or whole[0].module is not None or (whole[0].local or "default") in names.functions:
        return
    for written in names.functions[""].calls if "" in names.functions else ():
        call = on_its_binding(written, bindings) if written.callee.startswith(_MAKER) else written
        values = list(positional(call))
        if call.receiver is None or simple_name(call.callee) not in HTTP_METHODS or not values or values[0].text is not None:
            continue
        handlers = [functions_in(value) for value in values]
        if not all(handlers) or not _is_router(call, names.functions):
            continue
        method = simple_name(call.callee)
        chain = tuple(name for each in handlers[:-1] for name in each) + handlers[-1][:-1]
        yield Endpoint(
            "next", RouteKind.HTTP, ("ANY",) if method == "all" else (method.upper(),), route, call.receiver, handlers[-1][-1],
            Place(path, call.span), chain, call.span.end,
        )  # fmt: skip


def _is_router(call: Call, functions: dict[str, Function]) -> bool:
    """It is one of the library's for sure, or is handed what can be nothing but a handler."""
    if call.callee.startswith(_MAKER):
        return True
    given = (functions.get(name.removeprefix("#")) for value in positional(call) for name in functions_in(value)[-1:])
    return all(each is not None and _takes_request(each) for each in given)


def _takes_request(function: Function) -> bool:
    return [parameter.name.lstrip("_").lower() for parameter in function.parameters[:2]] in (["req", "res"], ["request", "response"])


class _Names(NamedTuple):
    """What the names of a file stand for: its functions, names that are other names of them, and what calls make."""

    functions: dict[str, Function]
    aliases: dict[str, str]
    made: dict[str, tuple[Call, ...]]

    def handler(self, local: str) -> Function | None:
        """The function of a name, or the one that its value wraps (``withUser(async () => …)``)."""
        for _ in range(4):  # nobody renames further
            found = self.functions.get(local)
            if found is not None:
                return found
            for name, function in self.functions.items():
                if name.startswith(f"{local}.@") and name.count(".@") == 1:
                    return function
            if local not in self.aliases:
                return None
            local = self.aliases[local]
        return None

    def wrapped(self, local: str) -> tuple[str, tuple[str, ...]] | None:
        """The handler that the value of a name wraps by its name, and what wraps it: ``withUser(limit(handler))``."""
        calls = self.made.get(local, ())
        given = [
            source.text
            for argument in (calls[0].arguments if calls else ())
            if argument.slot.isdigit() and not any(other.slot.startswith(f"{argument.slot}.") for other in calls[0].arguments)
            for source in argument.sources
            if source.origin is Origin.NAME and "#" in source.text
        ]
        own = [name for name in given if name.startswith("#") and name[1:] in self.functions]
        found = own[-1] if own else given[0] if len(given) == 1 else None
        if found is None:
            return None
        return found, tuple(call.callee for call in calls if any(s.text == found for a in call.arguments for s in a.sources))


def _endpoint(path: str, names: _Names, export: Export, kind: RouteKind, method: str, route: str) -> Endpoint:
    local = export.local or export.name
    handler = names.handler(local)
    aliased = handler is not None and local in names.aliases
    place = Place(path, export.span) if handler is None or aliased else handler.place
    if handler is not None and handler.wrappers and not aliased:
        place = Place(path, Span(min(export.span.start, handler.place.span.start), handler.place.span.end))
    target = f"{export.module}#{local}" if export.module is not None else f"#{local}"
    wrapped = names.wrapped(local) if handler is None and export.module is None else None
    if wrapped is not None:
        return Endpoint("next", kind, (method,), route, "", wrapped[0], place, wrapped[1])
    return Endpoint(
        "next", kind, (method,), route, "", target if handler is None else f"#{handler.name}", place,
        () if handler is None else tuple(wrapper.callee for wrapper in handler.wrappers),
    )  # fmt: skip
