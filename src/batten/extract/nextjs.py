"""Next.js: route handlers, API routes of the pages router, and server actions; all by path, export and directive."""

from typing import NamedTuple

from batten.extract.declared import VERBS, Declared
from batten.facts.calls import Binding, Call, Function, Origin
from batten.facts.modules import Export
from batten.facts.routes import Endpoint, RouteKind
from batten.regex import regex
from batten.text import Place, Span

_ROUTE_FILE = regex(r"^(?:.*/)?app/(?P<path>.*/)?route\.[cm]?[jt]sx?$")
_API_FILE = regex(r"^(?:.*/)?pages/(?P<path>api/.*)\.[cm]?[jt]sx?$")
_GROUP = regex(r"\([^)]*\)/|@[^/]+/")
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
        endpoints += [_endpoint(path, names, export, RouteKind.HTTP, "ANY", route) for export in exports if export.name == "default"]
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
