"""NestJS applications: their prefix, versions and global guards, and what guards demand of a route with the metadata that it has."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from batten.facts.calls import Function, Guard, Result
from batten.facts.project import FileFacts
from batten.facts.routes import APPLICATION, Application, Endpoint, Middleware
from batten.link.callgraph import Code, Target
from batten.link.guards import Guards, Protection
from batten.link.route_marks import LETS_IN, USES_GUARDS, Key, RouteMarks
from batten.link.routers import Placed, is_under, join_paths
from batten.text import Span

FRAMEWORK = "nestjs"
_MOST_LEVELS = 4


class _App(NamedTuple):
    """One application: the package it is part of, and the folder of the file that starts it."""

    root: str
    folder: str


class Nest:
    """The NestJS applications of a project."""

    def __init__(
        self, code: Code, guards: Guards, files: Iterable[FileFacts], root_of: Callable[[str], str], is_test: Callable[[str], bool]
    ) -> None:
        self._code = code
        self._guards = guards
        self._marks = RouteMarks(code)
        self._root_of = root_of
        said = [(file.path, entry) for file in files for entry in file.applications if not is_test(file.path)]
        self._apps = sorted({_App(root_of(path), path.rpartition("/")[0]) for path, entry in said if entry.starts})
        self._said: list[tuple[str, Application]] = said
        self._middleware = [
            (file.path, entry) for file in files for entry in file.middleware if entry.router == APPLICATION and not is_test(file.path)
        ]

    def place(self, path: str, endpoint: Endpoint, placed: Placed) -> Placed:
        """A route of a controller where it stands in its application, with what runs before it."""
        inner, own = placed.path, self._app_of(path)
        said = [entry for at, entry in self._said if self._is_same(path, own, at)]
        versions = next((entry for entry in said if entry.versions is not None), None)
        version = endpoint.version or (versions.version if versions is not None else None)
        full = inner if versions is None or not version else join_paths(f"/{versions.versions}{version}", inner)
        prefix = next((entry for entry in said if entry.prefix), None)
        if prefix is not None and not any(_is_named(inner, pattern) for pattern in prefix.unprefixed):
            full = join_paths(f"/{prefix.prefix.strip('/')}", full)
        before = [
            (at, entry.name, entry.place.span)
            for at, entry in self._middleware
            if self._is_same(path, own, at) and any(_runs_before(way, entry) for way in (inner, full))
        ]
        return Placed(full.rstrip("/") or "/", (*before, *placed.before))

    def _app_of(self, path: str) -> _App | None:
        root = self._root_of(path)
        mine = [app for app in self._apps if app.root == root]
        around = [app for app in mine if is_under(path, app.folder)]
        return max(around, key=lambda app: len(app.folder)) if around else mine[0] if len(mine) == 1 else None

    def _is_same(self, path: str, app: _App | None, other: str) -> bool:
        """Two files may be of one application."""
        theirs = self._app_of(other)
        return self._root_of(path) == self._root_of(other) and (app is None or theirs is None or app == theirs)

    def demands(self, path: str, endpoint: Endpoint, before: Sequence[tuple[str, str, Span]]) -> tuple[Protection, bool]:
        """What runs before a route demands of whoever calls it, and whether that is less than it would be without what the route is marked with."""
        self._code.memo.look(path)
        keys, marks = self._marks.of(path, endpoint)
        found = max((self._of(at, name, within, keys, marks) for at, name, within in before), default=Protection.NONE)
        unmarked = max((self._of(at, name, within, frozenset(), ()) for at, name, within in before), default=Protection.NONE)
        return found, found < unmarked

    # --- what a guard demands ---

    def _of(
        self, path: str, name: str, within: Span | None, keys: frozenset[Key], marks: tuple[str, ...], levels: int = _MOST_LEVELS
    ) -> Protection:
        if levels == 0:
            return Protection.UNKNOWN
        target = self._code.target(path, name)
        if target.path is None:
            package = target.name.rpartition(".")[0]
            if any(mark.startswith(package) and LETS_IN.search(mark.rpartition(".")[2]) for mark in marks if package):
                return Protection.NONE  # the package's own way to leave a route open
            return self._guards.demands(path, name, within)
        functions = self._code.functions(target.path)
        if f"{target.name}.canActivate" in functions or (target.binding is not None and target.binding.is_class):
            return self._of_class(target.path, target.name, keys, marks, levels)
        return max(self._of_parts(target, keys, marks, levels), self._guards.demands(path, name, within))

    def _of_parts(self, target: Target, keys: frozenset[Key], marks: tuple[str, ...], levels: int) -> Protection:
        """A decorator that is made of others, or a function that makes a guard."""
        path = target.path or ""
        calls = target.function.calls if target.function is not None else target.binding.calls if target.binding is not None else ()
        found = Protection.NONE
        for call in calls:
            names: Iterable[str] = ()
            if call.callee == USES_GUARDS:
                names = (source.text for given in call.arguments if given.slot.isdigit() for source in given.sources[:1])
            elif "#" in call.callee and self._code.target(path, call.callee).path is not None:
                names = (call.callee,)
            found = max((found, *(self._of(path, name, None, keys, marks, levels - 1) for name in names)))
        if target.function is not None:
            for inner in self._code.inner(path, target.name):
                if inner.name.endswith(".canActivate"):
                    found = max(found, self._of_class(path, inner.name.removesuffix(".canActivate"), keys, marks, levels))
        return found

    def _of_class(self, path: str, name: str, keys: frozenset[Key], marks: tuple[str, ...], levels: int) -> Protection:
        functions = self._code.functions(path)
        self._code.memo.look(path)
        method, handle = functions.get(f"{name}.canActivate"), functions.get(f"{name}.handleRequest")
        binding = self._code.bindings(path).get(name)
        bases = binding.bases if binding is not None else ()
        inherited = max((self._of(path, base, None, keys, marks, levels - 1) for base in bases), default=None)
        if inherited is None:
            inherited = Protection.UNKNOWN  # of a class written in a function nothing is told but its methods
        elif handle is not None and not any(call.callee == "super.handleRequest" for call in handle.calls):
            shown = self._guards.rejects(path, handle)
            inherited = min(inherited, Protection.OPTIONAL) if shown is Protection.NONE else inherited
        if method is not None:
            return self._admits(path, method, keys, inherited)
        middleware = functions.get(f"{name}.use")
        if middleware is not None:
            return self._guards.demands(path, f"#{name}")
        return inherited

    def _admits(self, path: str, method: Function, keys: frozenset[Key], inherited: Protection) -> Protection:
        """What a caller has shown wherever ``canActivate`` says yes to a route with this metadata."""
        asked = [call for call in method.calls if call.callee == "super.canActivate"]
        found: list[Protection] = []
        for result in method.results:
            if result.empty or not self._applies(path, method, result, keys):
                continue
            shown = self._guards.shown(path, method, result)
            if any(name.startswith("super.") for name in result.names) or any(
                call.reach is not None and result.span.start in call.reach for call in asked
            ):
                shown = max(shown, inherited)
            elif shown is Protection.NONE and all(_side(guard, result.span.start) is None for guard in self._marks.tests(path, method)):
                # It asks, and goes on without an answer.
                shown = min(max(inherited if asked else shown, self._guards.finds_out(path, method)), Protection.OPTIONAL)
            found.append(shown)
        return min(found, default=Protection.UNKNOWN)  # it may say yes to nobody, as far as can be told

    def _applies(self, path: str, method: Function, result: Result, keys: frozenset[Key]) -> bool:
        """Whether the route may come out there, by what it is marked with."""
        if result.names and all(self._marks.is_read(path, name) for name in result.names):
            return self._marks.has(path, method, result.span.start, keys, inverted=False)
        for guard in self._marks.tests(path, method):
            passed = _side(guard, result.span.start)
            if passed is not None and self._marks.has(path, method, guard.place.span.start, keys, inverted=guard.inverted) is (
                guard.inverted is passed
            ):
                return False
        return True


def _side(guard: Guard, position: int) -> bool | None:
    """Whether a test has passed where a position is come to (True), or failed (False); None where it may be either."""
    if position in guard.reach:
        return True
    return False if guard.rejects != "end" and guard.place.span.end <= position < guard.reach.start else None


def _is_named(path: str, pattern: str) -> bool:
    clean = "/" + re.split(r"[*({:]", pattern, maxsplit=1)[0].strip("/")
    return path == clean or (clean != f"/{pattern.strip('/')}" and path.startswith(clean))


def _runs_before(path: str, entry: Middleware) -> bool:
    return is_under(path, entry.prefix) and not any(_is_named(path, pattern) for pattern in entry.excluded)
