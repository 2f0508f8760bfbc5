"""Which modules the browser gets, and by which chain of imports; which of them the server runs."""

import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from batten.facts.modules import Export, Import
from batten.facts.project import FileFacts
from batten.finding import Step
from batten.link.modules.entries import App
from batten.skim.stripped import SERVER_EXPORTS
from batten.text import Place, Span

Resolve = Callable[[str, str], Sequence[str]]
_SERVER_ONLY = frozenset(("server-only", "@tanstack/react-start/server-only", "@tanstack/solid-start/server-only", "astro:env/server"))
# A chain of re-exports that is longer is generated, or a circle.
_LONGEST_CHAIN = 40
# Imports of a chain that are told one by one.
_LONGEST_TRAIL = 20


class Arrival(NamedTuple):
    """How the browser comes to a module: from another by a statement, or because a framework begins with it."""

    parent: str | None
    span: Span
    why: str
    entry: str = ""
    """The module that the chain starts with; "" where this is one."""


class Edge(NamedTuple):
    """One module loaded by a statement; ``browser`` as in ``Import``."""

    span: Span
    target: str
    browser: bool | None
    dynamic: bool = False


class Loaded(NamedTuple):
    """The modules that a file loads; ``looked_at`` are the files whose exports decide which imports are only of types."""

    edges: tuple[Edge, ...]
    looked_at: frozenset[str]


class Reach:
    """The closure of the entries of all apps over the imports of all files. ``loaded`` is what some of the files are known to load."""

    def __init__(
        self,
        files: Mapping[str, FileFacts],
        resolve: Resolve,
        is_verbatim: Callable[[str], bool],
        loaded: Mapping[str, Loaded] | None = None,
    ) -> None:
        self._files = files
        self._resolve = resolve
        self._is_verbatim = is_verbatim
        self._types: dict[tuple[str, str], tuple[bool, frozenset[str]]] = {}
        self.loaded = dict(loaded or {})
        self._exported: dict[str, dict[str, list[Export]]] = {}
        self._server_only: dict[str, bool] = {}
        self.browser: dict[str, Arrival] = {}
        self.server: set[str] = set()

    def follow(self, apps: Sequence[App]) -> None:
        """Fill ``browser`` and ``server``; server components first, since they lead to modules that say ``use client``."""
        found = [self._serve(app) for app in apps]
        for app, clients in zip(apps, found, strict=True):
            self._send(app, clients)

    def _serve(self, app: App) -> list[tuple[str, Arrival]]:
        """Mark what the server of an app runs; gives the client modules that it meets, and how."""
        met: dict[str, Arrival] = {}
        seen = set(app.server)
        waiting = deque(sorted(seen))
        while waiting:
            path = waiting.popleft()
            if app.server_components and "use client" in self._files[path].directives:
                continue
            self.server.add(path)
            for _, target, sent, _ in self.edges(path):
                if app.server_components and "use client" in self._files[target].directives:
                    met.setdefault(target, Arrival(None, Span(0, 0), f"{_name(target)} says 'use client', and {_name(path)} renders it"))
                elif sent is not True and target not in seen:
                    seen.add(target)
                    waiting.append(target)
        return list(met.items())

    def _send(self, app: App, clients: list[tuple[str, Arrival]]) -> None:
        """Mark what the browser gets of an app, nearest to an entry first."""
        browser = self.browser
        waiting: deque[str] = deque()
        islands = frozenset(app.islands)
        starts = [(path, Arrival(None, Span(0, 0), why)) for path, why in app.client] + clients
        entries = {path for path, _ in starts}
        for path in app.islands:
            for span, target, sent, _ in self.edges(path):
                if sent and path not in entries:
                    starts.append((target, Arrival(path, span, f"{_name(path)} sends {_name(target)} to the browser")))
        seen: set[str] = set()
        for path, arrival in starts:
            if path in self._files and path not in seen and not self._stays(app, path):
                seen.add(path)
                browser.setdefault(path, arrival)
                waiting.append(path)
        while waiting:
            path = waiting.popleft()
            split = app.splits_all or path in app.split
            for span, target, sent, dynamic in self.edges(path):
                kept = sent is False and (split or dynamic) if path not in islands else not sent
                if kept or target in seen or self._stays(app, target):
                    continue
                seen.add(target)
                if target not in browser:
                    browser[target] = Arrival(path, span, f"imported by {_name(path)}", browser[path].entry or path)
                waiting.append(target)

    def _stays(self, app: App, path: str) -> bool:
        """Whether a module stays on the server although browser code imports it: a stub or an error takes its place."""
        if app.server_names and re.search(app.server_names, path):
            return True
        known = self._server_only.get(path)
        if known is None:
            file = self._files[path]
            known = "use server" in file.directives or any(imported.module in _SERVER_ONLY for imported in file.imports)
            self._server_only[path] = known
        return known

    def edges(self, path: str) -> tuple[Edge, ...]:
        """The modules that a file loads, each once for each statement; types load nothing."""
        known = self.loaded.get(path)
        if known is None:
            looked_at: set[str] = set()
            known = self.loaded[path] = Loaded(tuple(self._loads(self._files[path], looked_at)), frozenset(looked_at))
        return known.edges

    def _loads(self, file: FileFacts, looked_at: set[str]) -> Iterator[Edge]:
        drops = not self._is_verbatim(file.path)
        statements: dict[tuple[int, str], list[Import]] = {}
        for imported in file.imports:
            if not (imported.type_only or (imported.erased and drops)):
                statements.setdefault((imported.span.start, imported.module), []).append(imported)
        for (_, module), imports in statements.items():
            targets = self._resolve(file.path, module)
            if targets:
                sides = {imported.browser for imported in imports}
                side = sides.pop() if len(sides) == 1 else None
                for target in targets:
                    if not self._only_types(target, imports, looked_at):
                        yield Edge(imports[0].span, target, side, imports[0].dynamic)
        for exported in file.exports:
            if exported.module is not None and not exported.type_only:
                for target in self._resolve(file.path, exported.module):
                    yield Edge(exported.span, target, False if exported.name in SERVER_EXPORTS else None)

    def _only_types(self, target: str, imports: list[Import], looked_at: set[str]) -> bool:
        """Whether nothing but types is imported, so that the compiler drops the import."""
        return all(imported.name not in ("", "*") and self._is_type(target, imported.name, looked_at) for imported in imports)

    def _is_type(self, path: str, name: str, looked_at: set[str]) -> bool:
        key = (path, name)
        known = self._types.get(key)
        if known is None:
            known = self._types[key] = self._find_type(path, name)
        looked_at |= known[1]
        return known[0]

    def _find_type(self, path: str, name: str) -> tuple[bool, frozenset[str]]:
        """Whether an exported name is a type, through re-exports, and whose exports say so."""
        waiting = [(path, name)]
        seen = set(waiting)
        looked_at: set[str] = set()
        while waiting and len(seen) < _LONGEST_CHAIN:
            here, wanted = waiting.pop()
            looked_at.add(here)
            exports = self._exports(here)
            own = exports.get(wanted, [])
            if own:
                if any(exported.type_only for exported in own):
                    return all(exported.type_only or exported.module is not None for exported in own), frozenset(looked_at)
                if any(exported.module is None for exported in own):
                    return False, frozenset(looked_at)
            passed = [(exported.module, exported.local) for exported in own if exported.local != "*"]
            if not own and wanted != "default":
                passed = [(exported.module, wanted) for exported in exports.get("*", [])]
            for module, below in passed:
                for target in self._resolve(here, module or ""):
                    if (target, below) not in seen:
                        seen.add((target, below))
                        waiting.append((target, below))
        return False, frozenset(looked_at)

    def _exports(self, path: str) -> dict[str, list[Export]]:
        known = self._exported.get(path)
        if known is None:
            known = self._exported[path] = {}
            for exported in self._files[path].exports:
                known.setdefault(exported.name, []).append(exported)
        return known

    def trail(self, path: str) -> tuple[Step, ...]:
        """The story from the entry to the module; empty where the browser does not get it. Of a long chain only both ends are told."""
        steps: list[Step] = []
        here: str | None = path
        while here is not None and here in self.browser:
            arrival = self.browser[here]
            if len(steps) == _LONGEST_TRAIL and arrival.entry:
                here = arrival.entry
                steps.append(Step(Place(here, Span(0, 0)), "and so on, through more modules"))
                continue
            steps.append(Step(Place(arrival.parent or here, arrival.span), arrival.why))
            here = arrival.parent
        return tuple(reversed(steps))


def _name(path: str) -> str:
    return path.rpartition("/")[2]
