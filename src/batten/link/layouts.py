"""Layouts that ask who calls, and what lies below them that does not: pages whose data is asked for beside the layout, forms and addresses that never come through it.

https://svelte.dev/docs/kit/load#Implications-for-authentication https://nextjs.org/docs/app/guides/authentication#layouts-and-auth-checks https://reactrouter.com/how-to/middleware
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from msgspec import structs

from batten.extract.folders import remix_address
from batten.facts.access import SoleGuard
from batten.facts.calls import Function
from batten.facts.project import FileFacts
from batten.facts.routes import EffectKind, Route, RouteAuth
from batten.facts.services import Package
from batten.finding import Step
from batten.link.callgraph import Code
from batten.link.effects import Effects
from batten.link.guards import Guards, Protection
from batten.link.hooks import Hooks
from batten.link.next_middleware import NextMiddleware
from batten.link.routes import Standing
from batten.link.sole_guards import Behind, told, worst
from batten.regex import regex

# So many are read one by one; more of them are one finding.
_FEW = 5
_ENDING = regex(r"(?:/route)?\.[cm]?[jt]sx?$")
_GROUP = regex(r"\([^)]*\)/|@[^/]+/")
_BY_NAME = regex(r"^(?P<root>(?:.*/)?app/routes/)(?P<name>.+)$")
_TABLE = regex(r"^@react-router/dev/routes#(?:layout|route)$")
_ROUTES = "@react-router/dev/routes"
_ABOUT_CALLERS = regex(r"auth|session|user|clerk|supabase|guard|protect|require|redirect|next/navigation", re.IGNORECASE)
_NAMES = regex(r"\[\w+\][^/]*/|(?:^|[./])\$\w")
_AWAY = regex(r"(?:^|[#.])(?:redirect|redirectDocument|replace)$")
_MIDDLEWARE = frozenset(("middleware", "unstable_middleware"))
# Where pages get rows from, by how it is imported: a client, a module with such a name, or a function that is called so.
_OF_ROWS = regex(
    r"^(?:[.@~$#]|src/|app/|server/)[^#]*(?:(?<![a-z])(?:db|prisma|drizzle|kysely|mongo\w*|database|server|data|dal|quer(?:y|ies)|actions?|services?|models?|repositor(?:y|ies)|repos?|stores?)(?![a-z])"
    r"|lib/(?!utils?#|constants|config|types|fonts?|seo|i18n)|#(?:get|fetch|load|list|find|read|query|all)(?:[A-Z_]|$))"
)


# The data of each page has an address of its own: `__data.json`, `?_data=routes/orders`, `orders.data`.
_BY_ADDRESS = frozenset(("remix", "sveltekit"))
_NOWHERE = r"(?!)"


class _Shape(NamedTuple):
    """How a framework names layouts, pages beside them, and the function of each that asks for data."""

    framework: str
    layout: str
    page: str
    asks: str
    """The export of both: the first part of the names is the folder. Nothing where it is what the file does when it is asked for."""


_SHAPES = tuple(
    (shape, regex(shape.layout), regex(shape.page))
    for shape in (
        _Shape(
            "sveltekit",
            r"^(?P<folder>(?:.*/)?routes/(?P<path>.*/)?)\+layout(?:\.server)?\.[cm]?[jt]s$",
            r"^(?:.*/)?routes/(?P<path>.*/)?\+page(?:\.server)?\.[cm]?[jt]s$",
            "load",
        ),
        _Shape(
            "next",
            r"^(?P<folder>(?:.*/)?app/(?P<path>.*/)?)layout\.[cm]?[jt]sx?$",
            r"^(?:.*/)?app/(?P<path>.*/)?page\.[cm]?[jt]sx?$",
            "default",
        ),
        _Shape("next", _NOWHERE, r"^(?:.*/)?pages/(?!api/)(?P<path>(?:.*/)?)(?P<last>[^/]+)\.[cm]?[jt]sx?$", "getServerSideProps"),
        _Shape("astro", _NOWHERE, r"^(?:.*/)?src/pages/(?P<path>(?:.*/)?)(?P<last>[^/]+)\.astro$", ""),
    )
)


class Around(NamedTuple):
    """What the join asks of the files around."""

    package_of: Callable[[str], Package | None]
    path_class: Callable[[str], str]
    hooks: Hooks
    middleware: NextMiddleware

    def root(self, path: str) -> str:
        """The root of the package of a file."""
        package = self.package_of(path)
        return package.root if package is not None else ""


class Page(NamedTuple):
    """A function that gets the data of a page; ``whole``: all that it gives goes to the browser, whatever is shown of it."""

    framework: str
    path: str
    function: Function
    route: str
    whole: bool


class _Layout(NamedTuple):
    """One that asks who calls, and the files that it stands around."""

    framework: str
    path: str
    function: Function
    covers: Callable[[str], bool]
    depth: int


def _addresses(file: FileFacts) -> tuple[tuple[str, str, str], ...]:
    """The framework of which a file is a page, the page's address, and the export that asks for its data."""
    exports = {export.name for export in file.exports}
    found = [
        (shape, at)
        for shape, _, pattern in _SHAPES
        if (not shape.asks or shape.asks in exports) and (at := pattern.match(file.path)) is not None
    ]
    if found:
        return tuple((shape.framework, _address(at), shape.asks) for shape, at in found)
    by_name = _BY_NAME.match(file.path)
    if not exports >= {"default", "loader"}:
        return ()
    return (("remix", remix_address(_ENDING.sub("", by_name["name"])) if by_name is not None else file.path, "loader"),)


def _address(at: re.Match[str]) -> str:
    last = at.groupdict().get("last") or ""
    return "/" + _GROUP.sub("", f"{at['path'] or ''}{'' if last == 'index' else last}").rstrip("/")


def _may_be_layout(file: FileFacts) -> bool:
    """By its path, or by what it imports."""
    by_path = any(pattern.match(file.path) for _, pattern, _ in _SHAPES) or _BY_NAME.match(file.path) is not None
    return by_path or any(entry.module == _ROUTES for entry in file.imports)


class Layouts:
    """The layouts of an app that ask who calls."""

    def __init__(self, files: Iterable[FileFacts], code: Code, guards: Guards, effects: Effects, around: Around) -> None:
        self._code, self._guards, self._effects, self._around = code, guards, effects, around
        self._files = tuple(files)
        self._every = tuple(self._layouts())
        strict = (layout for layout in self._every if self._is_strict(layout.path, layout.function))
        self._strict = sorted(strict, key=lambda each: (-each.depth, each.path))

    def found(self, standings: Sequence[Standing]) -> tuple[SoleGuard, ...]:
        """Each layout behind which something asks nobody that is not told itself: one fact for all of that."""
        behind: dict[str, list[Behind]] = {}
        called: set[str] = set()
        for path, routes in self._below(standings).items():
            if len(routes) > _FEW:
                behind[path] = [Behind(route.title, route.place, route.writes, route.trail[1:]) for route in routes]
                called.add(path)
        for layout, page in self._pages():
            shown = self._shown(page)
            if shown is not None:
                behind.setdefault(layout.path, []).append(shown)
        return tuple(
            told(
                "layout",
                layout.function.place,
                self._around.root(layout.path),
                self._around.path_class(layout.path),
                behind[layout.path],
                called=layout.path in called or layout.framework in _BY_ADDRESS,
            )
            for layout in sorted(self._strict, key=lambda each: each.path)
            if layout.path in behind
        )

    def marked(self, standings: Sequence[Standing], routes: Iterable[Route]) -> tuple[Route, ...]:
        """The routes, those below a layout with what it does not do for them; many below one are marked as told with it."""
        found: dict[str, tuple[_Layout, bool]] = {}
        for path, below in self._below(standings).items():
            layout = next(each for each in self._strict if each.path == path)
            found |= {route.key: (layout, len(below) > _FEW) for route in below}
        return tuple(_beside(route, *found[route.key]) if route.key in found else route for route in routes)

    def _below(self, standings: Sequence[Standing]) -> dict[str, list[Route]]:
        """The open routes that layouts seem to guard, by the path of the layout."""
        found: dict[str, list[Route]] = {}
        for standing in standings if self._strict else ():
            layout = self._of_route(standing)
            if layout is not None:
                found.setdefault(layout.path, []).append(standing.route)
        return found

    def _of_route(self, standing: Standing) -> _Layout | None:
        """The layout that seems to guard an open route."""
        route = standing.route
        is_open = route.auth is RouteAuth.UNAUTHENTICATED and route.acts_or_reveals and not route.public_by_design
        if not is_open or route.admin or route.calls_model or route.told_with_app or route.path_class != "product":
            return None
        path = standing.runs[0][0] if standing.runs else route.place.path
        return self._nearest(route.framework, path)

    def _nearest(self, framework: str, path: str) -> _Layout | None:
        framework = "remix" if framework == "react-router" else framework
        return next((each for each in self._strict if each.framework == framework and each.path != path and each.covers(path)), None)

    # --- what there is ---

    def _is_strict(self, path: str, function: Function) -> bool:
        """What it shows in the end is for those whom it knows."""
        shown = [result.span for result in function.results if not result.empty and not any(map(_AWAY.search, result.names))]
        last = max(shown, key=lambda span: span.start, default=None)
        if last is None:
            ends = [result.span.start for result in function.results if result.empty]
            at_end = (self._guards.at(path, function, end, handler=True) for end in ends)
            return (min(at_end) if ends else self._guards.asked(path, function)) > Protection.UNKNOWN
        inside = [self._guards.demanded_by(path, function, call) for call in function.calls if call.span in last]
        return max((self._guards.at(path, function, last.start, handler=True), *inside)) > Protection.UNKNOWN

    def _layouts(self) -> Iterator[_Layout]:
        for file, _ in self._code.memo.said("layouts", self._files, _may_be_layout):
            for shape, pattern, _ in _SHAPES:
                found = pattern.match(file.path)
                function = self._exported(file, shape.asks) if found is not None and _may_ask(file) else None
                if found is not None and function is not None and found["path"]:  # that of the whole app stands around the sign-in as well
                    folder = found["folder"]
                    yield _Layout(shape.framework, file.path, function, _starting(folder), folder.count("/"))
            if (by_name := _BY_NAME.match(file.path)) is not None:
                function = self._loader(file)
                if function is not None:
                    start = f"{by_name['root']}{_ENDING.sub('', by_name['name'])}."
                    yield _Layout("remix", file.path, function, _starting(start), start.count("."))
            yield from self._of_table(file)

    def _of_table(self, table: FileFacts) -> Iterator[_Layout]:
        """``layout("./account.tsx", [route("orders", "./orders.tsx")])``."""
        if not any(entry.module == _ROUTES for entry in table.imports):
            return
        calls = [call for function in table.functions for call in function.calls if call.callee.startswith("@react-router/dev/routes#")]
        named = {}
        for call in calls:
            texts = [each.text for each in call.arguments if each.slot in ("0", "1") and each.text is not None]
            home = self._code.module(table.path, f"./{_ENDING.sub('', texts[-1].removeprefix('./'))}") if texts else None
            if home is not None:
                named[call.span] = home
        for call in calls:
            file = self._code.file(named[call.span]) if _TABLE.match(call.callee) and call.span in named else None
            inside = frozenset(home for span, home in named.items() if span in call.span and span != call.span)
            function = self._loader(file) if file is not None and inside else None
            if file is not None and function is not None:
                yield _Layout("remix", file.path, function, inside.__contains__, -len(inside))

    def _loader(self, file: FileFacts) -> Function | None:
        """The loader of a module, where no middleware of its own runs before those of the modules below."""
        return None if any(export.name in _MIDDLEWARE for export in file.exports) else self._exported(file, "loader")

    def _exported(self, file: FileFacts, name: str) -> Function | None:
        local = next((each.local or each.name for each in file.exports if each.name == name and each.module is None), None)
        if local is None:
            return None
        self._code.ask(file.path)
        functions = self._code.functions(file.path)
        return functions.get(local) or functions.get(f"{local}.@1")

    def _pages(self) -> Iterator[tuple[_Layout, Page]]:
        """Those below a layout that asks, with it."""
        for file in self._files if self._strict else ():
            for framework, route, asks in _addresses(file):
                layout = self._nearest(framework, file.path)
                page = self._page(framework, file, route, asks) if layout is not None else None
                if layout is not None and page is not None:
                    yield layout, page

    def pages(self) -> Iterator[Page]:
        """Those on the server whose address names a row, that may ask who calls, or that may get rows; whether they are parsed yet makes no difference."""
        for file, addresses in self._code.memo.said("addresses of pages", self._files, _addresses):
            if "use client" not in file.directives and (_NAMES.search(file.path) is not None or _may_ask(file) or _may_read(file)):
                # What stands in a table of routes is told of there.
                named = (each for each in addresses if each[1].startswith("/"))
                yield from (page for framework, route, asks in named if (page := self._page(framework, file, route, asks)) is not None)

    def above(self, page: Page) -> tuple[tuple[str, Function], ...]:
        """The layouts around a page that may ask something of who calls, each with its file."""
        return tuple((each.path, each.function) for each in self._every if each.framework == page.framework and each.covers(page.path))

    def _page(self, framework: str, file: FileFacts, route: str, asks: str) -> Page | None:
        if asks:
            function = self._exported(file, asks)
        else:
            self._code.ask(file.path)
            function = self._code.functions(file.path).get("")
        return Page(framework, file.path, function, route, asks not in ("", "default")) if function is not None else None

    def _shown(self, page: Page) -> Behind | None:
        """What a page shows to whoever asks for it alone; None where that is for everybody, or something else stands before it."""
        root = self._around.root(page.path)
        around = self._around
        before = (
            around.middleware.protection(root, page.route)
            if page.framework == "next"
            else around.hooks.protection(page.framework, root, page.route)
        )
        bodies = (page.function, *self._code.inner(page.path, page.function.name))
        waits = any(call.callee == "@parent" or call.callee.endswith(".parent") for body in bodies for call in body.calls)
        if before >= Protection.UNKNOWN or waits or self._guards.asked(page.path, page.function) >= Protection.UNKNOWN:
            return None
        reached = self._effects.of(page.path, page.function, handler=True, method="GET")
        rows = (each for each in reached if each.protection < Protection.UNKNOWN and each.kind is EffectKind.DATABASE_READ)
        found = worst(rows, page.route)
        if found is None:
            return None
        return Behind(f"the data of {page.path.removeprefix(f'{root}/' if root else '')}", page.function.place, False, found.trail)


def _beside(route: Route, layout: _Layout, with_layout: bool) -> Route:
    step = Step(layout.function.place, f"the check in {layout.path} does not run before {route.title}")
    return structs.replace(route, told_with_app=route.told_with_app or with_layout, trail=(*route.trail, step))


def _may_ask(file: FileFacts) -> bool:
    """By what it imports it may have to do with who calls; one of SvelteKit is handed that."""
    return (
        "+layout" in file.path
        or "+page" in file.path
        or any(_ABOUT_CALLERS.search(f"{entry.module}#{entry.name}") for entry in file.imports)
    )


def _may_read(file: FileFacts) -> bool:
    """By what it imports it may get rows."""
    return any(_OF_ROWS.search(f"{entry.module}#{entry.name}") for entry in file.imports)


def _starting(start: str) -> Callable[[str], bool]:
    return lambda path: path.startswith(start)
