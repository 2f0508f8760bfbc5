"""The graphs of all parsed files, and which of them a call leads into; knows nothing of what flows through them."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import NamedTuple, TypeVar

from batten.facts.calls import Binding, parted
from batten.facts.flows import ANY, COMPONENT, DEEP, SUPER, FlowCall, Graph, Named, Node, Result, name_of
from batten.facts.project import FileFacts
from batten.link.callgraph import Code
from batten.link.flows import tables
from batten.link.flows.components import method_of
from batten.link.flows.forms import is_text, offers_rights
from batten.link.flows.holders import made_with
from batten.link.flows.insert_schemas import MAKES, lacks_rights, open_schema
from batten.link.registries import registered
from batten.link.said import Files

# A method whose object can't be told may be that of any class that has one of the name, where there are few.
_MOST_CANDIDATES = 4
# What these give can't be told by name.
# Something is only taken out of what there is, and not called yet.
_BY_KEY = frozenset((ANY, "get"))
_DYNAMIC = frozenset(("getattr", "globals", "locals", "vars", "__import__"))
# Methods that containers, texts and clients have, too: what they do to things of unknown make is known without a look at the app's own classes.
_ANYBODYS = frozenset((
    "get", "set", "add", "append", "push", "pop", "update", "join", "split", "read", "write", "close", "open", "send", "execute", "query", "run", "find",
    "filter", "map", "items", "keys", "values", "format", "replace", "encode", "decode", "strip", "lower", "upper", "copy", "sort", "insert", "delete",
    "remove", "create", "save", "exec", "test", "then", "catch", "forEach", "json", "text", "slice", "index", "count", "call", "apply", "bind", "next",
    "all", "first", "one", "start", "stop", "connect", "log", "error", "info", "warning", "debug", "search", "match", "clear", "load", "loads", "dump",
))  # fmt: skip


class Callee(NamedTuple):
    """A function that a call leads into. ``makes``: it is the constructor of what the call gives. ``shifted``: positions of arguments before the first parameter."""

    path: str
    graph: Graph
    makes: bool = False
    shifted: int = 0


class Callees(NamedTuple):
    """What a call leads into: functions of the app, or an outside name."""

    own: tuple[Callee, ...] = ()
    outside: str | None = None


class Caller(NamedTuple):
    """A call in a function of a file, and what it leads into."""

    path: str
    graph: Graph
    call: FlowCall
    callee: Callee


class Part(NamedTuple):
    """A value that a name of a module has."""

    path: str
    graph: Graph
    node: int
    way: tuple[str, ...]


_NONE = Callees()
_Told = TypeVar("_Told")


class Graphs:
    """The graphs of some files of an app, by file and function; what is asked of them is kept under ``name``, for all who ask under that one.

    Those who do one after the other may look at other files, which costs what rests on these; who goes on asking meanwhile needs a name of its own.
    """

    def __init__(self, code: Code, paths: AbstractSet[str], name: str) -> None:
        self._code = code
        self.memo = code.memo
        self.name = name
        self._paths = {path for path in paths if code.files[path].graphs}
        self._chosen, self._methods, self._stores, self._callers = ((name, each) for each in ("chosen", "methods", "stores", "callers"))
        self._by_path: dict[str, dict[str, Graph]] = {}
        self.memo.set_table(self._chosen, dict.fromkeys(self._paths, True))

    def lay_out(self) -> None:
        """Go through all files for what can only be told of all together: ``callees`` and ``variable`` may be asked from then on."""
        files = Files(map(self._code.files.__getitem__, sorted(self._paths)), f"{self.name} laid out")
        methods = self.memo.gathered(self._methods, self._told("methods of", files, tables.methods_of), tables.by_method)
        own = self.memo.gathered((self.name, "names"), self._told("names", files, tables.names_of), tables.all_names)
        called = self._told("called in", files, tables.called_in)
        callers = self.memo.gathered(self._callers, [(own, ()), *called], tables.callers)
        stored = [
            (path, self.memo.part((self.name, "stores of", path), self._stores_of, path))
            for path, _ in self._told("stores", files, tables.has_stores)
        ]
        self.memo.set_table(self._methods, methods)
        self.memo.set_table(self._stores, self.memo.gathered(self._stores, stored, tables.by_home))
        self.memo.set_table(self._callers, callers)

    def _told(self, question: str, files: Files, compute: Callable[[FileFacts], _Told]) -> list[tuple[str, _Told]]:
        """What each of the files says, by path."""
        return [(file.path, told) for file, told in self.memo.said(question, files, compute)]

    def of(self, path: str) -> dict[str, Graph]:
        """The graphs of a file by function."""
        self.memo.look(path)
        self.memo.entry(self._chosen, path)
        known = self._by_path.get(path)
        if known is None:
            file = self._code.files.get(path) if path in self._paths else None
            known = self._by_path[path] = self.memo.told("graphs", file, tables.by_function) if file is not None else {}
        return known

    def inside(self, path: str, function: str) -> list[Graph]:
        """The graphs of the functions that are written inside a function, however deep."""
        return self.memo.told("inside", self._code.files[path], tables.inside).get(function, []) if self.of(path) else []

    def graph(self, path: str, function: str) -> Graph | None:
        """The graph of a function, or None."""
        return self.of(path).get(function)

    def field_of(self, path: str, callee: str, field: str) -> tuple[bool | None, bool]:
        """As ``forms.is_text``, of a form that is made by a name of a file."""
        return is_text(path, callee, field, self._code)

    def offers_rights(self, path: str, callee: str, field: str) -> bool:
        """As ``forms.offers_rights``."""
        return offers_rights(path, callee, field, self._code)

    def given_field(self, path: str, call: FlowCall, field: str) -> int | None:
        """What a field holds of a thing that is made without a constructor of the app's own, by its name; None where that can't be told."""
        if not path.endswith(".py") or "#" not in (call.callee or "") or call.spread:
            return None
        given = dict(call.keywords)
        if field not in given and (not call.arguments or "**" in given):
            return None
        return made_with(self._code, path, call, field)

    def lacks_rights(self, path: str, graph: Graph, call: FlowCall) -> bool:
        """A call writes a row of a table that holds nothing which its owner may not set."""
        return lacks_rights(self._code, path, graph, call)

    def outside(self, path: str, name: str) -> str | None:
        """The canonical outside name that a name comes down to, or None for one of the app's own."""
        return self._code.canonical(path, name)

    def callees(self, path: str, call: FlowCall) -> Callees:
        """What a call leads into."""
        key = (self.name, "callees", path, call.callee, call.method, call.receiver >= 0, len(call.arguments))
        found: Callees = self.memo.once(key, self._find, path, call)
        return found

    def _find(self, path: str, call: FlowCall) -> Callees:
        name = call.callee
        if name is None or name in ("=", "=="):
            return self._by_method(call)
        if SUPER in name:
            return self._above(path, name)
        if name.startswith(COMPONENT):
            component = self.component(path, name)
            outside = self._element(path, name.removeprefix(COMPONENT)) if component is None else None
            return Callees((), outside and f"{COMPONENT}{outside}") if component is None else Callees((Callee(*component),))
        if path.endswith(".vue") and name.startswith("this.") and (module := self.graph(path, "")) is not None:
            own = self.graph(path, method_of(module, name) or "?")
            if own is not None:
                return Callees((Callee(path, own),))
        target = self._code.target(path, name)
        if target.path is not None:
            found = function_named(self._code, path, name)
            graph = None if found is None else self.graph(found.path, found.function)
            if self._is_instance(path, name, call):
                called = function_named(self._code, path, f"{name}.__call__")
                graph = self.graph(called.path, called.function) if called is not None else None
                return _NONE if called is None or graph is None else Callees((Callee(called.path, graph),))
            if found is not None and graph is not None:
                return Callees((Callee(found.path, graph, found.makes, -1 if self._is_bound(found.path, found.function) else 0),))
            if found is not None and not found.makes:
                return _NONE
            kept = self._kept(path, name, call)
            return kept if kept.own else self._by_method(call)
        if name.startswith("@") and "#" not in name:
            if "." not in name:
                return _NONE  # what is called is handed over, and no method of anything
            by_method = self._by_method(call)
            return by_method if by_method.own else Callees((), target.name)
        if MAKES in target.name:
            return Callees((), open_schema(self._code, path, name) or target.name)
        if target.name.partition(".")[0] in _DYNAMIC and "." in target.name and call.method not in _BY_KEY:
            return self._by_method(call)
        kept = self._kept(path, name, call)
        return kept if kept.own else Callees((), target.name)

    def _is_bound(self, path: str, name: str) -> bool:
        """A task that is handed itself before what its callers hand over: https://docs.celeryq.dev/en/stable/userguide/tasks.html#bound-tasks."""
        function = self._code.functions(path).get(name) if path.endswith(".py") else None
        return function is not None and any(
            given.slot == "bind" and given.text == "true" for each in function.wrappers for given in each.arguments
        )

    def _is_instance(self, path: str, name: str, call: FlowCall) -> bool:
        """What is called is no class, but a variable that holds something made of it."""
        if not path.endswith(".py") or not name.startswith("#") or name.endswith(f"#{call.method}"):
            return False
        return any(type(part.graph.nodes[part.node]) is Result for part in self.variable(path, f"#{call.method}", ()) or ())

    def _kept(self, path: str, name: str, call: FlowCall) -> Callees:
        """The functions that a table of the module has under a key."""
        if call.method == "get" and name.endswith(".get"):
            return _NONE
        found: list[Callee] = []
        for home, function in registered(self._code, path, name):
            graph = self.graph(home, function)
            if graph is not None:
                found.append(Callee(home, graph))
        return Callees(tuple(found))

    def _above(self, path: str, name: str) -> Callees:
        """The method of the class that a class of the file is made after."""
        owner, _, method = name[1:].partition(SUPER)
        binding = self._code.bindings(path).get(owner)
        for base in binding.bases if binding is not None else ():
            target = self._code.target(path, f"{base}.{method}")
            graph = None if target.path is None or target.function is None or target.rest else self.graph(target.path, target.function.name)
            if graph is not None and target.path is not None:
                return Callees((Callee(target.path, graph),))
        return _NONE

    def component(self, path: str, callee: str) -> tuple[str, Graph] | None:
        """The component that an element shows, where its file is known already: no file is read only because something of it is shown."""
        module, name = parted(callee.removeprefix(COMPONENT))
        home = path if module == "" else self._code.module(path, module)
        if home is None or self.memo.entry(self._chosen, home) is None:
            return None
        self.memo.look(home)
        if module:
            name = next((export.local or name for export in self._code.files[home].exports if export.name == (name or "default")), name)
        graph = self.graph(home, name)
        return None if graph is None else (home, graph)

    def _element(self, path: str, name: str) -> str | None:
        """The canonical name of a component of a library; as in ``component``, for none of the app's own files is read."""
        home = self._code.home(path, name)
        known = home is None or self.memo.entry(self._chosen, home[0]) is not None
        return self.outside(path, name) if known else None

    def method(self, path: str, call: FlowCall, name: str) -> Callee | None:
        """A method of what a constructor's call makes."""
        target = self._code.target(path, f"{call.callee}.{name}")
        if target.path is None or target.function is None or target.rest:
            return None
        graph = self.graph(target.path, target.function.name)
        return Callee(target.path, graph) if graph is not None else None

    def _by_method(self, call: FlowCall) -> Callees:
        if call.receiver < 0 or not call.method or call.method in _ANYBODYS:
            return _NONE
        candidates = self.memo.entry(self._methods, call.method) or ()
        if len(candidates) > _MOST_CANDIDATES:
            return _NONE
        fitting = [(path, self.graph(path, function)) for path, function, parameters in candidates if parameters >= len(call.arguments)]
        return Callees(tuple(Callee(path, graph) for path, graph in fitting if graph is not None))

    def callers(self, path: str, function: str) -> list[Caller]:
        """The calls that lead into a function of a file, in all files that are looked at."""
        file = self._code.head(path)
        names = {tables.called_as(function)}
        names.update(export.name for export in file.exports if export.local == function) if file is not None else None
        homes = {home for name in names for home in self.memo.entry(self._callers, name) or ()}
        if path.endswith(".vue"):
            homes.add(path)  # what it calls its own functions by is not their name
        found: list[Caller] = []
        for home in sorted(homes):
            leading: dict[tuple[str, str], list[Caller]] = self.memo.once((self.name, "calls from", home), self._calls_from, home)
            found += leading.get((path, function), ())
        return found

    def _calls_from(self, path: str) -> dict[tuple[str, str], list[Caller]]:
        """The calls of the functions of a file, by the functions of the app that they lead into."""
        found: dict[tuple[str, str], list[Caller]] = {}
        for graph in self.of(path).values():
            for call in graph.calls:
                for callee in self.callees(path, call).own:
                    found.setdefault((callee.path, callee.graph.function), []).append(Caller(path, graph, call, callee))
        return found

    def libraries(self, path: str, call: FlowCall) -> tuple[str, ...]:
        """The modules that the file imports in which that is made whose method is called: what it is can't be told otherwise."""
        name = (call.callee or "").removesuffix(call.method).removesuffix(".")
        home = self._code.home(path, name) if "#" in name else None
        file = self._code.head(home[0]) if home is not None else None
        return tuple(dict.fromkeys(entry.module for entry in file.imports)) if file is not None else ()

    def made(self, path: str, node: Node | None) -> Graph | None:
        """The function of the file that a value is."""
        if type(node) is not Named or not node.name.startswith("#"):
            return None
        return self.graph(path, node.name[1:])

    def function(self, path: str, node: Node | None) -> tuple[str, Graph] | None:
        """The function of the app that a value is, of this file or another, with its file."""
        found = function_named(self._code, path, node.name) if type(node) is Named and "#" in node.name else None
        graph = self.graph(found.path, found.function) if found is not None and not found.makes else None
        return None if found is None or graph is None else (found.path, graph)

    def variable(self, path: str, name: str, way: tuple[str, ...]) -> list[Part] | None:
        """The values of a name of some module of the app: what it has at the end of that, and what functions put there."""
        home = self._home(path, name)
        if home is None:
            return None
        file, first, steps = home
        whole = (*steps, *way)
        found: list[Part] = []
        graph = self.graph(file, "")
        if graph is not None:
            found += [Part(file, graph, node, whole) for variable, node in graph.variables if variable == first]
        for other, function, key, node in self.memo.entry(self._stores, (file, first)) or ():
            rest = beyond(key, whole)
            inner = None if rest is None else self.graph(other, function)
            if rest is not None and inner is not None:
                found.append(Part(other, inner, node, rest))
        return found

    def binding(self, path: str, name: str) -> Binding | None:
        """How a name of the app is bound, also one in a class or in what is made of one; asks for its file, as constants alone do not have it read."""
        home = self._home(path, name)
        if home is None:
            return None
        file, first, steps = home
        self._code.ask(file)
        bound = self._code.bindings(file)
        made = bound.get(first)
        owner = (made.name or "").partition("#")[2] if made is not None and not made.is_class and steps else first
        return bound.get(".".join((owner, *steps)))

    def _stores_of(self, path: str) -> list[tuple[tuple[str, str], str, tuple[str, ...], int]]:
        """What the functions of a file put under a name of some module: that file and name, the function, the keys below, and the value."""
        found = []
        for graph in self.of(path).values():
            for owner, key, node, _ in graph.stored:
                name = name_of(graph.nodes, owner)
                home = self._home(path, name) if name is not None else None
                if home is not None and home[0] in self._code.files:
                    found.append((home[:2], graph.function, (*home[2], key) if key else home[2], node))
        return found

    def _home(self, path: str, name: str) -> tuple[str, str, tuple[str, ...]] | None:
        """The file and variable that a name leads to, and the keys that are taken from it."""
        home = self._code.home(path, name)
        if home is None:
            return None
        first, *steps = home[1].split(".")
        if not steps:
            steps = name.partition("#")[2].split(".")[1:]
        return home[0], first, tuple(steps)


def of_turn(turn: int) -> str:
    """The name for joins that look at what is read, and again where that leads into more: most of what one finds out is what the next asks for."""
    return f"flows {turn}"


class Called(NamedTuple):
    """A function of the app that is called by its name, or (``makes``) by that of its class."""

    path: str
    function: str
    makes: bool


def function_named(code: Code, path: str, name: str) -> Called | None:
    """The function that a name of a file denotes; None for outside names, and for others that are no function."""
    target = code.target(path, name)
    if target.path is None:
        return None
    if target.function is not None and not target.rest:
        return Called(target.path, target.function.name, makes=False)
    for constructor in tables.CONSTRUCTORS:
        made = code.target(path, f"{name}.{constructor}")
        if made.path is not None and made.function is not None and not made.rest:
            return Called(made.path, made.function.name, makes=True)
    return None


def beyond(steps: tuple[str, ...], way: tuple[str, ...]) -> tuple[str, ...] | None:
    """What is left of a way after the keys that something is stored under; None where it leads elsewhere."""
    for index, step in enumerate(steps):
        if index >= len(way):
            return None
        if way[index] == DEEP:
            return (DEEP,)
        if step not in (ANY, way[index]) and way[index] != ANY and not way[index].endswith("()"):
            return None
    return way[len(steps) :]
