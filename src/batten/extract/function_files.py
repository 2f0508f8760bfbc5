"""Functions that a host serves by the place of their file: Vercel's ``api/``, Netlify's ``netlify/functions/``, ``functions/`` of Cloudflare Pages; knows no other file.

https://vercel.com/docs/functions/runtimes/node-js https://docs.netlify.com/build/functions/get-started/ https://developers.cloudflare.com/pages/functions/routing/
"""

from collections.abc import Iterator

from batten.extract.declared import VERBS, Declared
from batten.facts.calls import Function
from batten.facts.modules import Export
from batten.facts.routes import Endpoint, RouteKind
from batten.regex import regex

_VERCEL = regex(
    r"^(?:(?!.*(?:^|/)(?:src|app|pages|server|lib|supabase|node_modules)/).*/)?api/(?P<path>(?:[^/_.][^/]*/)*[^/_.][^/]*)\.[cm]?[jt]s$"
)
_NETLIFY = regex(r"^(?:.*/)?netlify/(?P<kind>functions|edge-functions)/(?P<path>[^/]+(?:/[^/]+)?)\.[cm]?[jt]s$")
_PAGES = regex(r"^(?:(?!.*(?:^|/)(?:netlify|supabase|node_modules)/).*/)?functions/(?P<path>(?:[^/_.][^/]*/)*[^/_.][^/]*)\.[cm]?[jt]sx?$")
_ON_REQUEST = "onRequest"
_METHODS = frozenset(verb.upper() for verb in VERBS)


def is_function_file(path: str) -> bool:
    """The path may make it a function that is served."""
    return any(each.match(path) is not None for each in (_VERCEL, _NETLIFY, _PAGES))


def extract(path: str, functions: tuple[Function, ...], exports: tuple[Export, ...]) -> Declared:
    """What the file declares."""
    names = {export.name: export.local or export.name for export in exports if not export.type_only and export.module is None}
    if found := _NETLIFY.match(path):
        name = found["path"].removesuffix("/index")
        name = name.rpartition("/")[2] if found["kind"] == "functions" else name
        return Declared(tuple(_of_netlify(f"/.netlify/{found['kind']}/{name}", functions, names)))
    if (found := _PAGES.match(path)) and any(name.startswith(_ON_REQUEST) for name in names):
        return Declared(tuple(_of_pages(f"/{found['path'].removesuffix('index').rstrip('/')}", functions, names)))
    if found := _VERCEL.match(path):
        return Declared(tuple(_of_vercel(f"/api/{found['path'].removesuffix('/index')}", functions, names)))
    return Declared()


def _of_pages(route: str, functions: tuple[Function, ...], names: dict[str, str]) -> Iterator[Endpoint]:
    """``onRequest`` takes all methods, ``onRequestPost`` its own."""
    for name in sorted(names):
        method = name.removeprefix(_ON_REQUEST).upper() if name.startswith(_ON_REQUEST) else "-"
        if not method or method in _METHODS:
            yield from _endpoint("pages-functions", method or "ANY", route, functions, names[name])


def _of_netlify(route: str, functions: tuple[Function, ...], names: dict[str, str]) -> Iterator[Endpoint]:
    for name in ("handler", "default"):
        if name in names:
            yield from _endpoint("netlify", "ANY", route, functions, names[name])
            return


def _of_vercel(route: str, functions: tuple[Function, ...], names: dict[str, str]) -> Iterator[Endpoint]:
    """``default`` takes all methods, where what it gives is a function of a request; exports by the names of methods take theirs."""
    for name in sorted(_METHODS & names.keys()):
        yield from _endpoint("vercel", name, route, functions, names[name])
    if "default" in names:
        yield from _endpoint("vercel", "ANY", route, functions, names["default"])


def _endpoint(framework: str, method: str, route: str, functions: tuple[Function, ...], local: str) -> Iterator[Endpoint]:
    """Of a function by its name, or of the one that its value wraps."""
    function = next((each for each in functions if each.name == local), None)
    function = function or next((each for each in functions if each.name.startswith(f"{local}.@") and each.name.count(".@") == 1), None)
    if function is not None and function.parameters:
        chain = tuple(wrapper.callee for wrapper in function.wrappers)
        yield Endpoint(framework, RouteKind.HTTP, (method,), route, "", f"#{function.name}", function.place, chain)
