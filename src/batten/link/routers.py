"""Where routers are mounted: the full path of an endpoint, and every name that runs before its handler."""

import re
from collections import defaultdict
from functools import cached_property
from typing import NamedTuple

from batten.facts.calls import Argument, Call, Origin, is_callers
from batten.facts.project import FileFacts
from batten.facts.routes import APPLICATION, Endpoint, Middleware, Mount
from batten.link.callgraph import Code
from batten.text import Span

_MOST_LEVELS = 6
_SLASHES = re.compile(r"//+")

RouterId = tuple[str, str]
"""The file and the name in it of a router or application."""


class Placed(NamedTuple):
    """One endpoint at one full path; ``before`` are (file, qualified name, where it is put to use) of what runs before it, outermost first."""

    path: str
    before: tuple[tuple[str, str, Span], ...]


class PassedOver(NamedTuple):
    """Middleware, by its file, qualified name and where it is put to use; ``late``: it is registered after, else its prefix is another."""

    path: str
    name: str
    span: Span
    late: bool


class Routers:
    """Mounts and middleware of the whole app, by router."""

    def __init__(self, code: Code, files: list[FileFacts]) -> None:
        self._code = code
        self._parents: dict[RouterId, list[tuple[RouterId | None, str, Mount]]] = defaultdict(list)
        self._middleware: dict[RouterId, list[tuple[str, Middleware]]] = defaultdict(list)
        self._anywhere: list[tuple[str, Middleware]] = []
        self._aliases: dict[RouterId, list[tuple[RouterId, str, int]]] = {}
        self._known: set[RouterId] = set()
        for file in files:
            for endpoint in file.endpoints:
                self._known.add(self.identify(file.path, endpoint.router))
        for file in files:
            for mount in file.mounts:
                child = self.identify(file.path, mount.child)
                parent = self.identify(file.path, mount.parent) if mount.parent else None
                self._parents[child].append((parent, file.path, mount))
        for file in files:
            for entry in file.middleware:
                if not entry.router:
                    self._anywhere.append((file.path, entry))
                    continue
                if entry.router == APPLICATION:
                    continue
                if entry.later_only and self.identify(file.path, entry.name) in self._known:
                    continue
                self._middleware[self.identify(file.path, entry.router)].append((file.path, entry))

    def identify(self, path: str, name: str) -> RouterId:
        """The home of a router's name; a parameter is at home in its function."""
        if is_callers(name):
            return path, name
        return self._code.home(path, name) or (path, name)

    def place(self, file: str, endpoint: Endpoint) -> list[Placed]:
        """The endpoint at every path that its router is mounted at; a router that is mounted nowhere is taken as the root."""
        own = [(file, name, endpoint.place.span) for name in endpoint.chain]
        if not endpoint.router:
            return [Placed(endpoint.path, tuple(own))]
        found = self._mounted(file, endpoint, own)
        return [each._replace(before=tuple(own)) for each in found] if endpoint.alone else found

    def _mounted(self, file: str, endpoint: Endpoint, own: list[tuple[str, str, Span]]) -> list[Placed]:
        found: list[Placed] = []
        start = self.identify(file, endpoint.router)
        pending = [(start, endpoint.path, own, file, endpoint.order, frozenset({start}))]
        while pending:
            router, path, before, at, order, seen = pending.pop()
            before = self._before(router, path, at, order) + before
            parents = [entry for entry in self._parents.get(router, ()) if entry[0] is not None]
            bare = path
            for _, mount_file, mount in (entry for entry in self._parents.get(router, ()) if entry[0] is None):
                path = join_paths(mount.prefix, path)
                before = [(mount_file, name, mount.place.span) for name in mount.chain] + before
            parents += [(alias, at_file, Mount("", "", "", endpoint.place, order=at)) for alias, at_file, at in self._alias(router)]
            live = [entry for entry in parents if entry[0] not in seen]
            if not live or len(seen) > _MOST_LEVELS:
                found.append(Placed(_SLASHES.sub("/", path) or "/", tuple(before)))
            for parent, mount_file, mount in live:
                if parent is not None and len(seen) <= _MOST_LEVELS:
                    chain = [(mount_file, name, mount.place.span) for name in mount.chain]
                    pending.append(
                        (
                            parent,
                            join_paths(mount.prefix, bare if mount.instead else path),
                            chain + before,
                            mount_file,
                            mount.order,
                            seen | {parent},
                        )
                    )
        return found

    def passed_over(self, file: str, endpoint: Endpoint) -> list[PassedOver]:
        """The middleware beside an endpoint that does not run before it."""
        found: list[PassedOver] = []
        start = self.identify(file, endpoint.router)
        pending = [(start, endpoint.path, file, endpoint.order, frozenset({start}))] if endpoint.router else []
        while pending:
            router, path, at, order, seen = pending.pop()
            for entry_file, entry in self._middleware.get(router, ()):
                late = entry.later_only and entry_file == at and entry.order >= order
                if late or not is_under(path, entry.prefix):
                    found.append(PassedOver(entry_file, entry.name, entry.place.span, late))
            for parent, mount_file, mount in self._parents.get(router, ()):
                if parent is not None and parent not in seen and len(seen) <= _MOST_LEVELS:
                    pending.append((parent, join_paths(mount.prefix, path), mount_file, mount.order, seen | {parent}))
        return found

    def _before(self, router: RouterId, path: str, file: str, order: int) -> list[tuple[str, str, Span]]:
        names = []
        for at, entry in [*self._anywhere, *self._middleware.get(router, ())]:
            if entry.later_only and at == file and entry.order >= order:
                continue
            if is_under(path, entry.prefix) and not any(is_under(path, f"/{out.strip('/')}") for out in entry.excluded):
                names.append((at, entry.name, entry.place.span))
        return names

    def _alias(self, router: RouterId) -> list[tuple[RouterId, str, int]]:
        """What callers hand in for a router that is a parameter, with where they do: ``registerRoutes(app)``."""
        path, name = router
        if not is_callers(name):
            return []
        known = self._aliases.get(router)
        if known is not None:
            return known
        function, _, parameter = name[1:].partition(":")
        found: list[tuple[RouterId, str, int]] = []
        home = self._code.functions(path).get(function)
        position = -1
        if home is not None:
            position = next((n for n, p in enumerate(home.parameters) if parameter in p.name.split(",")), -1)
        if position == 0 and (path, function) in self._parents:
            # A plugin is handed the application that it is registered on.
            found.append(((path, function), path, 0))
        last = function.rpartition(".")[2]
        for at, calls in self._calls.items() if position >= 0 else ():
            for caller, call in (*calls.get(last, ()), *calls.get("", ()), *(calls.get("default", ()) if last != "default" else ())):
                target = self._code.target(at, call.callee)
                if target.path != path or target.name != function:
                    continue
                for argument in call.arguments:
                    if argument.slot == str(position):
                        names = [argument.name] if argument.name is not None else _names(argument)[:2]
                        found += [(self._handed(at, caller, given), at, call.span.start) for given in names]
        self._aliases[router] = found
        return found

    @cached_property
    def _calls(self) -> dict[str, dict[str, list[tuple[str, Call]]]]:
        """The calls of each file with the functions that they are in, by the last step of the callee."""
        parsed = (path for path, file in self._code.files.items() if file.parsed)
        return {path: self._code.memo.once(("calls", path), _calls, self._code, path) for path in parsed}

    def _handed(self, path: str, caller: str, name: str) -> RouterId:
        if "#" not in name:
            return path, f"@{caller}:{name}"
        return self.identify(path, name)


def _calls(code: Code, path: str) -> dict[str, list[tuple[str, Call]]]:
    found: dict[str, list[tuple[str, Call]]] = {}
    for caller in code.functions(path).values():
        for call in caller.calls:
            if call.arguments:
                found.setdefault(call.callee.rpartition("#")[2].rpartition(".")[2], []).append((caller.name, call))
    return found


def _names(argument: Argument) -> list[str]:
    return [source.text for source in argument.sources if source.origin in (Origin.NAME, Origin.CALL, Origin.PARAMETER)]


def join_paths(prefix: str, path: str) -> str:
    """A path under a prefix."""
    return f"{prefix.rstrip('/')}/{path.lstrip('/')}" if prefix and path else prefix or path


def is_under(path: str, prefix: str) -> bool:
    """The path is the prefix, or lies under it."""
    clean = prefix.rstrip("/*")
    return not clean or path == clean or path.startswith(f"{clean}/")
