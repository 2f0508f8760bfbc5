"""Frameworks whose routes are files: SvelteKit, Nuxt with Nitro, Remix with React Router, Astro; by path and export, knows no other file."""

import re
from collections.abc import Iterator

from batten.extract.declared import VERBS, Declared, step
from batten.facts.calls import Function
from batten.facts.modules import Export
from batten.facts.routes import Endpoint, RouteKind
from batten.regex import regex

_SVELTE = regex(r"^(?:.*/)?routes/(?P<path>.*/)?\+(?P<kind>server|page\.server)\.[cm]?[jt]s$")
_NITRO = regex(r"^(?:.*/)?server/(?P<root>api|routes)/(?P<path>.*?)(?:\.(?P<method>get|post|put|patch|delete|head|options))?\.[cm]?[jt]s$")
_REMIX = regex(r"^(?:.*/)?app/routes/(?P<path>.+?)(?:/route)?\.[cm]?[jt]sx?$")
# https://docs.astro.build/en/guides/endpoints/
_ASTRO = regex(r"^(?:.*/)?src/pages/(?P<path>.+)\.[cm]?[jt]s$")
_EXPORTED = regex(rb"export\s+(?:const|let|(?:async\s+)?function)\s+(?:GET|POST|PUT|PATCH|DELETE|ALL)\b")
_GROUP = regex(r"\([^)]*\)/")
_METHODS = frozenset(method.upper() for method in VERBS)
# Nitro's own: they make a handler of a function, and check nothing.
_MAKERS = frozenset({"defineEventHandler", "eventHandler", "defineCachedEventHandler", "cachedEventHandler", "lazyEventHandler"})


def is_route_file(path: str) -> bool:
    """The path may make it a route of one of these frameworks."""
    return any(pattern.match(path) is not None for pattern in (_SVELTE, _NITRO, _REMIX))


def is_endpoint_file(path: str, data: bytes) -> bool:
    """A module among the pages of Astro that answers requests: other modules there are helpers, and those of other frameworks."""
    return _ASTRO.match(path) is not None and _EXPORTED.search(data) is not None


def extract(path: str, functions: tuple[Function, ...], exports: tuple[Export, ...]) -> Declared:
    """What the file declares."""
    names = [(export.name, export.local or export.name) for export in exports if not export.type_only and export.module is None]
    if found := _SVELTE.match(path):
        return Declared(tuple(_svelte(found, functions, names)))
    if found := _NITRO.match(path):
        return Declared(tuple(_nitro(found, functions, names)))
    if found := _REMIX.match(path):
        return Declared(tuple(_remix(found, functions, names)))
    if found := _ASTRO.match(path):
        return Declared(tuple(_astro(found, functions, names)))
    return Declared()


def _svelte(found: re.Match[str], functions: tuple[Function, ...], names: list[tuple[str, str]]) -> Iterator[Endpoint]:
    """``+server.ts`` exports methods; the ``actions`` of a page take the forms that are posted to it."""
    route = "/" + _GROUP.sub("", found["path"] or "").rstrip("/")
    for name, local in names:
        if found["kind"] == "server" and name in {*_METHODS, "fallback"}:
            yield from _endpoint("sveltekit", "ANY" if name == "fallback" else name, route, functions, local)
        elif found["kind"] == "page.server" and name == "actions":
            for function in functions:
                action = function.name.removeprefix(f"{local}.")
                if action != function.name and "." not in action:
                    called = route if action == "default" else f"{route}?/{action}"
                    yield Endpoint(
                        "sveltekit", RouteKind.HTTP, ("POST",), called, "", f"#{function.name}", function.place, _chain(function)
                    )


def _nitro(found: re.Match[str], functions: tuple[Function, ...], names: list[tuple[str, str]]) -> Iterator[Endpoint]:
    route = ("/api/" if found["root"] == "api" else "/") + re.sub(r"(?:^|/)index$", "", found["path"])
    for name, local in names:
        if name == "default":
            yield from _endpoint("nitro", (found["method"] or "any").upper(), route.rstrip("/") or "/", functions, local)


def _remix(found: re.Match[str], functions: tuple[Function, ...], names: list[tuple[str, str]]) -> Iterator[Endpoint]:
    """``action`` takes what is posted; a ``loader`` without a page beside it answers for itself."""
    exported = {name for name, _ in names}
    route = remix_address(found["path"])
    for name, local in names:
        if name == "action" or (name == "loader" and "default" not in exported):
            yield from _endpoint("remix", "POST" if name == "action" else "GET", route, functions, local)


def remix_address(name: str) -> str:
    """Where a module of routes answers, by its name below ``app/routes``: ``notes_.$id`` at ``/notes/:id``."""
    steps = [part for part in re.split(r"[./]", name.replace("[.]", "\0")) if part not in ("_index", "index")]
    shown = [re.sub(r"^\$(.+)", r":\1", step).replace("\0", ".").rstrip("_") for step in steps if not step.startswith("_")]
    return "/" + "/".join(shown)


def _astro(found: re.Match[str], functions: tuple[Function, ...], names: list[tuple[str, str]]) -> Iterator[Endpoint]:
    route = "/" + re.sub(r"(?:^|/)index$", "", found["path"])
    for name, local in names:
        if name in {*_METHODS, "ALL"}:
            yield from _endpoint("astro", "ANY" if name == "ALL" else name, route, functions, local)


def _endpoint(framework: str, method: str, route: str, functions: tuple[Function, ...], local: str) -> Iterator[Endpoint]:
    function = next((each for each in functions if each.name == local), None)
    function = function or next((each for each in functions if each.name.startswith(f"{local}.@") and each.name.count(".@") == 1), None)
    if function is not None:
        yield Endpoint(framework, RouteKind.HTTP, (method,), route, "", f"#{function.name}", function.place, _chain(function))


def _chain(function: Function) -> tuple[str, ...]:
    return tuple(wrapper.callee for wrapper in function.wrappers if step(wrapper) not in _MAKERS)
