"""Where routers are mounted: the full path of an endpoint, and every name that runs before its handler."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, NamedTuple, cast

from batten.facts.calls import Argument, Call, Origin, is_callers, parted, simple_name
from batten.facts.project import FileFacts
from batten.facts.routes import APPLICATION, CONTROLLERS, Endpoint, Middleware, Mount
from batten.link.callgraph import Code
from batten.link.class_dependencies import before_methods, own_router
from batten.link.route_tables import rows_of
from batten.link.urlconfs import served_lists
from batten.regex import regex
from batten.text import Span

_MOST_LEVELS = 6
# An endpoint that is served at more places than this is told at the first: routers that are mounted on each other are at endlessly many.
_MOST_PLACES = 200
_MOST_STEPS = 2000
_FASTAPI = "fastapi"
_DJANGO, _PATTERNS = "django", "urlpatterns"
_SLASHES = regex(r"//+")

RouterId = tuple[str, str]
"""The file and the name in it of a router or application."""


class Placed(NamedTuple):
    """One endpoint at one full path; ``before`` are (file, qualified name, where it is put to use) of what runs before it, outermost first."""

    path: str
    before: tuple[tuple[str, str, Span], ...]


class PassedOver(NamedTuple):
    """Middleware, by its file, qualified name and where it is put to use; ``late``: it is registered after, else its prefix is another; ``under``: the prefix fits."""

    path: str
    name: str
    span: Span
    late: bool
    under: bool = False


class Routers:
    """Mounts and middleware of the whole app, by router."""

    def __init__(self, code: Code, files: list[FileFacts], root_of: Callable[[str], str] = lambda _: "") -> None:
        self._code = code
        self._root_of = root_of
        self._memo = code.memo
        self._parents: dict[RouterId, list[tuple[RouterId | None, str, Mount]]] = defaultdict(list)
        self._middleware: dict[RouterId, list[tuple[str, Middleware]]] = defaultdict(list)
        self._anywhere: list[tuple[str, Middleware]] = []
        self._known: set[RouterId] = set()
        made = dict(each for _, found in self._memo.said("makers of routers", files, _made) for each in found)
        self._memo.set_table("makers of routers", {**made, None: bool(made)})
        for file in files:
            for endpoint in file.endpoints:
                self._known.add(self.identify(file.path, endpoint.router))
        for file in files:
            for at, mount in (each for written in file.mounts for each in rows_of(code, file.path, written)):
                child = self.identify(at, mount.child)
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
        self._memo.set_table("mounts", self._parents)
        self._memo.set_table("middleware", {**self._middleware, None: self._anywhere})
        self._memo.set_table("callers", self._callers_by_name())
        self._memo.set_table("aliases", self._aliases())
        self._memo.set_table("served lists", served_lists(code, files, root_of))

    def identify(self, path: str, name: str) -> RouterId:
        """The home of a router's name; a parameter is at home in its function, and a function that makes one stands for it."""
        if is_callers(name):
            return path, name
        if name == CONTROLLERS:
            return self._root_of(path), name
        found = self._field(path, name) or self._code.home(path, name) or (path, name)
        given = self._code.bindings(found[0]).get(found[1])
        if given is not None and given.name is not None and given.name.startswith("#") and "." in given.name:
            found = self._field(found[0], given.name) or found  # ``export default new Notes().router``
        for _ in range(_MOST_LEVELS):  # ``export const notesRouter = app``
            other = self._code.bindings(found[0]).get(found[1])
            if other is None or other.alias is None:
                break
            found = found[0], other.alias
        binding = self._code.bindings(found[0]).get(found[1]) if self._memo.entry("makers of routers", None) else None
        maker = self._code.home(found[0], binding.name) if binding is not None and binding.name is not None else None
        made: RouterId | None = self._memo.entry("makers of routers", maker or found)
        return made or found

    def _field(self, path: str, name: str) -> RouterId | None:
        """The router that an object made elsewhere has: ``app.use("/notes", notes.router)``, by the class of the object."""
        module, steps = parted(name)
        first, _, field = steps.partition(".")
        if not field:
            return None
        home = self._code.home(path, name) if module else (path, first)
        for _ in range(_MOST_LEVELS):
            if home is None:
                return None
            self._code.ask(home[0])
            bindings = self._code.bindings(home[0])
            if f"{home[1]}.{field}" in bindings or f"{home[1]}.{field}" in self._code.functions(home[0]):
                return home[0], f"{home[1]}.{field}"
            made = bindings.get(home[1])
            home = self._code.home(home[0], made.name) if made is not None and made.name is not None and not made.is_class else None
        return None

    def place(self, file: str, endpoint: Endpoint) -> list[Placed]:
        """The endpoint at every path that its router is mounted at; a router that is mounted nowhere is taken as the root."""
        key = ("place", file, endpoint.order, endpoint.path, endpoint.methods)
        found: list[Placed] = self._memo.once(key, self._place, file, endpoint, given=endpoint)
        return found

    def _place(self, file: str, endpoint: Endpoint) -> list[Placed]:
        self._memo.look(file)
        own = [(file, name, endpoint.place.span) for name in endpoint.chain]
        if endpoint.framework == _FASTAPI:
            own = before_methods(self._code, file, endpoint.handler) + own
        if not endpoint.router:
            return [Placed(endpoint.path, tuple(own))]
        found = self._mounted(file, endpoint, own)
        return [each._replace(before=tuple(own)) for each in found] if endpoint.alone else found

    def _mounted(self, file: str, endpoint: Endpoint, own: list[tuple[str, str, Span]]) -> list[Placed]:
        found: list[Placed] = []
        start = self.identify(file, endpoint.router)
        pending = [(start, endpoint.path, own, file, endpoint.order, frozenset({start}))]
        steps = 0
        while pending and len(found) < _MOST_PLACES and steps < _MOST_STEPS:
            steps += 1
            router, path, before, at, order, seen = pending.pop()
            before = self._before(router, path, at, order) + before
            mounts = self._mounts(router)
            if endpoint.framework == _FASTAPI:
                mounts = [*mounts, *((None, *declared) for declared in own_router(self._code, *router))]
            parents = [entry for entry in mounts if entry[0] is not None]
            bare = path
            for _, mount_file, mount in (entry for entry in mounts if entry[0] is None):
                path = join_paths(mount.prefix, path)
                before = [(mount_file, name, mount.place.span) for name in mount.chain] + before
            parents += [(alias, at_file, Mount("", "", "", endpoint.place, order=at)) for alias, at_file, at in self._alias(router)]
            live = [entry for entry in parents if entry[0] not in seen]
            if not live and endpoint.framework == _DJANGO and self._is_left_out(router):
                continue
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

    def _is_left_out(self, router: RouterId) -> bool:
        """A list of addresses that the settings do not name, and no list takes in that they do."""
        served = self._memo.entry("served lists", self._root_of(router[0]))
        return bool(served) and router[1] == _PATTERNS and router[0] not in served

    def passed_over(self, file: str, endpoint: Endpoint) -> list[PassedOver]:
        """The middleware beside an endpoint that does not run before it."""
        key = ("passed over", file, endpoint.order, endpoint.path, endpoint.methods)
        found: list[PassedOver] = self._memo.once(key, self._passed_over, file, endpoint, given=endpoint)
        return found

    def _passed_over(self, file: str, endpoint: Endpoint) -> list[PassedOver]:
        self._memo.look(file)
        found: list[PassedOver] = []
        start = self.identify(file, endpoint.router)
        pending = [(start, endpoint.path, file, endpoint.order, frozenset({start}))] if endpoint.router else []
        steps = 0
        while pending and steps < _MOST_STEPS:
            steps += 1
            router, path, at, order, seen = pending.pop()
            for entry_file, entry in self._put_to_use(router):
                late = self._is_late(entry_file, entry, at, order)
                under = is_under(path, entry.prefix)
                if late or not under:
                    found.append(PassedOver(entry_file, entry.name, entry.place.span, late, under))
            for parent, mount_file, mount in self._mounts(router):
                if parent is not None and parent not in seen and len(seen) <= _MOST_LEVELS:
                    pending.append((parent, join_paths(mount.prefix, path), mount_file, mount.order, seen | {parent}))
        return found

    def _mounts(self, router: RouterId) -> list[tuple[RouterId | None, str, Mount]]:
        """Where a router is mounted: the router there, None where that can't be told, and the file."""
        return self._memo.entry("mounts", router) or []

    def _put_to_use(self, router: RouterId | None) -> list[tuple[str, Middleware]]:
        """The middleware of a router, or (None) of whatever is served, each with its file."""
        return self._memo.entry("middleware", router) or []

    def _before(self, router: RouterId, path: str, file: str, order: int) -> list[tuple[str, str, Span]]:
        names = []
        for at, entry in [*self._put_to_use(None), *self._put_to_use(router)]:
            under = is_under(path, entry.prefix) and not any(is_under(path, f"/{out.strip('/')}") for out in entry.excluded)
            if under and not self._is_late(at, entry, file, order):
                names.append((at, entry.name, entry.place.span))
        return names

    def _is_late(self, entry_file: str, entry: Middleware, file: str, order: int) -> bool:
        """The middleware is registered after what stands at ``order`` of a file, and guards only what comes after it."""
        if not entry.later_only or entry_file != file:
            return False
        return (*self._called_at(file, entry.order), entry.order) >= (*self._called_at(file, order), order)

    def _called_at(self, path: str, position: int) -> tuple[int, ...]:
        """Where the functions around a position are called, outermost first: ``this.guards()`` before ``this.routes()``. Empty for what the file itself runs."""
        found: tuple[int, ...] = self._memo.once(("called at", path, position), self._find_called_at, path, position)
        return found

    def _find_called_at(self, path: str, position: int) -> tuple[int, ...]:
        steps: list[int] = []
        at: int | None = position
        while at is not None and len(steps) <= _MOST_LEVELS:
            around = [name for name, block in self._blocks(path) if block.start <= at < block.end]
            at = self._first_calls(path).get(around[-1]) if around else None
            if at is not None:
                steps.insert(0, at)
        return tuple(steps)

    def _blocks(self, path: str) -> list[tuple[str, Span]]:
        """The named functions of a file, outer ones first."""
        return cast("list[tuple[str, Span]]", self._memo.once(("blocks", path), _blocks, self._code, path))

    def _first_calls(self, path: str) -> dict[str, int]:
        """Where each function of a file is called first in it."""
        return cast("dict[str, int]", self._memo.once(("first calls", path), _first_calls, self._code, path))

    def _alias(self, router: RouterId) -> list[tuple[RouterId, str, int]]:
        """What callers hand in for a router that is a parameter, with where they do: ``registerRoutes(app)``."""
        return (self._memo.entry("aliases", router) or []) if is_callers(router[1]) else []

    def _aliases(self) -> dict[RouterId, list[tuple[RouterId, str, int]]]:
        """Those of all such routers, and of what is handed in for them: who asks for one rests on the answer, and not on all files that call something of the name."""
        found: dict[RouterId, list[tuple[RouterId, str, int]]] = {}
        pending = self._handed_about()
        while pending:
            router = pending.pop()
            if router not in found and is_callers(router[1]):
                found[router] = self._memo.once(("alias", router), self._find_alias, *router)
                pending += (other for other, _, _ in found[router])
        return found

    def _find_alias(self, path: str, name: str) -> list[tuple[RouterId, str, int]]:
        function, _, parameter = name[1:].partition(":")
        found: list[tuple[RouterId, str, int]] = []
        home = self._code.functions(path).get(function)
        position = -1
        if home is not None:
            position = next((n for n, p in enumerate(home.parameters) if parameter in p.name.split(",")), -1)
        if position == 0 and self._mounts((path, function)):
            # A plugin is handed the application that it is registered on.
            found.append(((path, function), path, 0))
        last = function.rpartition(".")[2]
        wanted = dict.fromkeys((last, "", "default"))
        for at in sorted({at for each in wanted for at in self._memo.entry("callers", each) or ()} if position >= 0 else ()):
            calls = self._calls(at)
            for caller, call in (item for each in wanted for item in calls.get(each, ())):
                target = self._code.target(at, call.callee)
                if target.path != path or target.name != function:
                    continue
                for argument in call.arguments:
                    if argument.slot == str(position):
                        names = [argument.name] if argument.name is not None else _names(argument)[:2]
                        found += [(self._handed(at, caller, given), at, call.span.start) for given in names]
        return found

    def _calls(self, path: str) -> dict[str, list[tuple[str, Call]]]:
        """The calls of a file with the functions that they are in, by the last step of the callee."""
        file = self._code.file(path)
        return self._memo.told("calls", file, _calls) if file is not None else {}

    def _handed_about(self) -> list[RouterId]:
        """The routers that are parameters."""
        routers = {*self._known, *self._parents, *self._middleware, *(entry[0] for mounts in self._parents.values() for entry in mounts)}
        return sorted(each for each in routers if each is not None and is_callers(each[1]))

    def _callers_by_name(self) -> dict[str, list[str]]:
        """The files that call something, by the last step of its name; nothing where no router is handed about."""
        said = self._memo.said("calls", self._code.files.values() if self._handed_about() else (), _calls)
        return self._memo.gathered("callers by name", [(file.path, calls) for file, calls in said], _by_name)

    def _handed(self, path: str, caller: str, name: str) -> RouterId:
        if "#" not in name:
            return path, f"@{caller}:{name}"
        return self.identify(path, name)


def _by_name(said: list[tuple[str, dict[str, Any]]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path, calls in said:
        for name in calls:
            found.setdefault(name, []).append(path)
    return found


def _made(file: FileFacts) -> list[tuple[RouterId, RouterId]]:
    """The functions of a file that make a router and give it, each with the router: ``function notes() { const router = Router(); …; return router; }``."""
    names = {each.router for each in file.endpoints} | {each.router for each in file.middleware} | {mount.parent for mount in file.mounts}
    mounted = {mount.child for mount in file.mounts if mount.parent}
    functions = {function.name: function for function in file.functions}
    by_function: dict[str, list[str]] = defaultdict(list)
    for name in sorted(names - mounted):
        function, _, local = name.removeprefix("#").rpartition(".")
        if local and not is_callers(name) and function in functions:
            by_function[function].append(name.removeprefix("#"))
        elif local and not is_callers(name):  # a field of a class, which a method may give: ``getRouter() { return this.router; }``
            made = next((each.name for each in file.bindings if each.local == f"{function}.{local}"), None)
            giving = (each for each in file.functions if each.name.startswith(f"{function}.") and not each.parameters)
            for each in giving:
                if made is not None and each.results and all(result.names == (made,) for result in each.results):
                    by_function[each.name].append(name.removeprefix("#"))
    return [
        ((file.path, function), (file.path, routers[0]))
        for function, routers in by_function.items()
        if len(routers) == 1 and any(not result.empty for result in functions[function].results)
    ]


def _calls(file: FileFacts) -> dict[str, list[tuple[str, Call]]]:
    found: dict[str, list[tuple[str, Call]]] = {}
    for caller in {function.name: function for function in file.functions}.values():
        for call in caller.calls:
            if call.arguments:
                found.setdefault(simple_name(call.callee), []).append((caller.name, call))
    return found


def _blocks(code: Code, path: str) -> list[tuple[str, Span]]:
    return sorted(
        ((name, each.block) for name, each in code.functions(path).items() if name), key=lambda item: (item[1].start, -item[1].end)
    )


def _first_calls(code: Code, path: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for caller in code.functions(path).values():
        for call in caller.calls:
            if call.callee.startswith("#"):
                name = call.callee.removeprefix("#")
                found[name] = min(found.get(name, call.span.start), call.span.start)
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
