"""What schemas of zod let through that say what a procedure, or an action, is handed: fields in which there is no text of the caller's own; knows no sink.

https://zod.dev/api https://trpc.io/docs/server/validators https://next-safe-action.dev/docs/define-actions/create-the-client
"""

from collections.abc import Iterator
from typing import NamedTuple

from batten.code.patterns import has_plain_signs
from batten.facts.flows import Changed, Constant, FlowCall, Graph, Named, Node, Object, Result
from batten.link.flows.graphs import Graphs
from batten.link.flows.origins import Root, Way
from batten.regex import regex

_OF_ZOD = regex(r"(?:zod(?:/[\w-]+)*|@hono/zod-openapi|astro[:/]\w+)#(?:default\.)?(?:\*\.|z\.)?(?P<chain>[\w.]+)\Z")
# Which method is given the schema, and under what the handler finds what has passed.
_CHECKED = {"input": "input", "inputSchema": "parsedInput", "schema": "parsedInput", "validator": "data", "inputValidator": "data"}
_OBJECTS = frozenset(("object", "strictObject", "looseObject"))
# https://orm.drizzle.team/docs/zod
_OF_TABLES = frozenset(("createInsertSchema", "createSelectSchema", "createUpdateSchema"))
_EXTENDS = frozenset(("extend", "safeExtend", "augment"))
_PLAIN = frozenset((
    "number", "boolean", "bigint", "date", "int", "int32", "uint32", "float32", "float64", "stringbool", "literal", "enum", "nativeEnum",
))  # fmt: skip
_FORMS = frozenset(
    ("uuid", "uuidv4", "uuidv6", "uuidv7", "guid", "cuid", "cuid2", "ulid", "nanoid", "xid", "ksuid", "datetime", "date", "time")
)
_BEFORE = frozenset(("coerce", "iso"))
# What gives something that the schema says nothing of any more.
_OPENS = frozenset(("or", "and", "transform", "pipe", "catch", "preprocess", "passthrough", "catchall", "codec", "overwrite"))
_NARROWS = frozenset((
    "pick", "omit", "partial", "deepPartial", "required", "strict", "strip", "optional", "nullable", "nullish", "default", "refine", "superRefine",
    "describe", "meta", "brand", "readonly",
))  # fmt: skip
# A name that fits a pattern may be that of any server.
_OF_SERVERS = frozenset(("address", "redirect", "link", "rendered", "model-endpoint"))
_DEEPEST = 3
_MOST_STEPS = 12
# Schemas within schemas, of one handler; and those that one is made of, one after the other.
_MOST = 2_000
_LONGEST = 40


class _Value(NamedTuple):
    """A value of some file of the app."""

    path: str
    graph: Graph
    node: int

    def itself(self) -> Node | None:
        return self.graph.nodes[self.node] if self.node >= 0 else None

    def call(self) -> FlowCall | None:
        """What makes it."""
        node = self.itself()
        return self.graph.calls[node.call] if type(node) is Result else None


def is_settled(root: Root, kind: str, graphs: Graphs) -> bool:
    """A part of what a handler is handed holds no text of the caller's own that does such harm, by the schema that it has to pass: ``procedure.input(schema).query(fn)``."""
    path, function = root.owner
    way = tuple(step.removesuffix("()") for step in root.way)
    if path.endswith(".py") or root.number or not way or way[0] not in _CHECKED.values():
        return False
    formed = kind not in _OF_SERVERS
    settled: frozenset[Way] = graphs.memo.once((graphs.name, "schema", path, function, formed), _of_handler, path, function, graphs, formed)
    return any(way[: len(inner)] == inner for inner in settled)


def _of_handler(path: str, function: str, graphs: Graphs, formed: bool) -> frozenset[Way]:
    graphs.memo.look(path)
    schemas = _Schemas(graphs, formed=formed)
    outer = function.rpartition(".@")[0]
    found: set[Way] = set()
    for around in dict.fromkeys((outer, outer.rpartition(".")[0], "")):
        graph = graphs.graph(path, around)
        for call in graph.calls if graph is not None else ():
            if graph is not None and any(_is_function(graph, number, function) for number in call.arguments):
                for key, schema in schemas.given(_Value(path, graph, call.receiver)):
                    found |= {(key, *way) for way in schemas.settled(schema, _DEEPEST)}
    return frozenset(found)


def _is_function(graph: Graph, number: int, function: str) -> bool:
    node = graph.nodes[number] if number >= 0 else None
    return type(node) is Named and node.name == f"#{function}"


class _Schemas:
    """Reads schemas, wherever in the app they are written; ``formed``: patterns count that a text has to fit."""

    def __init__(self, graphs: Graphs, *, formed: bool) -> None:
        self._graphs = graphs
        self._formed = formed
        self._left = _MOST
        self._within = 0

    def given(self, value: _Value) -> Iterator[tuple[str, _Value]]:
        """The schemas that a chain of calls is given, each with the name under which the handler finds what has passed."""
        for at, call in self._chain(value):
            if call.method in _CHECKED and len(call.arguments) == 1:
                yield _CHECKED[call.method], at._replace(node=call.arguments[0])

    def settled(self, value: _Value, depth: int) -> list[Way]:
        """The ways into what a schema lets through that lead to no text of the caller's own."""
        if not self._left or self._within > _LONGEST:
            return []
        self._left -= 1
        self._within += 1
        found = list(self._settled(value, depth))
        self._within -= 1
        return found

    def _settled(self, value: _Value, depth: int) -> Iterator[Way]:
        at, call = next(self._chain(value), (value, None)) if depth else (value, None)
        if call is None or call.method in _OPENS:
            return
        named = _OF_ZOD.match(call.callee or "")
        steps = [step for step in named["chain"].split(".") if step not in _BEFORE] if named is not None else []
        first = call.arguments[0] if call.arguments else -1
        if call.method in _OBJECTS:
            yield from self._fields(at._replace(node=first), depth)
        elif call.method in _OF_TABLES and len(call.arguments) > 1:
            yield from self._fields(at._replace(node=call.arguments[1]), depth)
        elif call.method in _EXTENDS or call.method == "merge":
            yield from self._extended(at, call, depth)
        elif call.method == "array" and steps == ["array"]:
            yield from (way for way in self.settled(at._replace(node=first), depth - 1) if not way)
        elif steps and not _OBJECTS.intersection(steps):
            if _OPENS.isdisjoint(steps) and self._is_plain(at, steps):
                yield ()
        elif call.method in _NARROWS:
            yield from self.settled(at._replace(node=call.receiver), depth)

    def _fields(self, value: _Value, depth: int) -> Iterator[Way]:
        node = value.itself()
        for key, number in node.fields if type(node) is Object else ():
            yield from ((key, *way) for way in self.settled(value._replace(node=number), depth - 1))

    def _extended(self, at: _Value, call: FlowCall, depth: int) -> Iterator[Way]:
        """What a schema has that others are put into: what is put in counts, also of a field that was there before."""
        added = at._replace(node=call.arguments[0] if call.arguments else -1)
        node = added.itself()
        if call.method in _EXTENDS and type(node) is Object:
            yield from self._fields(added, depth)
            replaced = {key for key, _ in node.fields}
            yield from (way for way in self.settled(at._replace(node=call.receiver), depth) if way and way[0] not in replaced)
        elif call.method == "merge":
            yield from self.settled(added, depth)

    def _is_plain(self, at: _Value, steps: list[str]) -> bool:
        if steps[0] in _PLAIN or steps[0] in _FORMS:
            return True
        return steps[0] == "string" and (not _FORMS.isdisjoint(steps) or ("regex" in steps and self._formed and self._has_form(at)))

    def _has_form(self, value: _Value) -> bool:
        """One of the patterns that a text has to fit lets nothing through but plain signs."""
        for at, call in self._chain(value):
            pattern = at._replace(node=call.arguments[0]) if call.method == "regex" and call.arguments else None
            written = (pattern if type(pattern.itself()) is Constant else self._followed(pattern)) if pattern is not None else None
            node = written.itself() if written is not None else None
            if type(node) is Constant and has_plain_signs(str(node.value)):
                return True
        return False

    def _chain(self, value: _Value) -> Iterator[tuple[_Value, FlowCall]]:
        """The calls that a value is made by, the last of them first."""
        current: _Value | None = value
        for _ in range(_MOST_STEPS):
            call = current.call() if current is not None else None
            if current is None:
                return
            if call is None:
                current = self._followed(current)
                continue
            yield current, call
            current = current._replace(node=call.receiver)

    def _followed(self, value: _Value) -> _Value | None:
        """The value that a node is, where it only says what it was before, or by which name of the app it goes."""
        node = value.itself()
        if type(node) is Changed:
            return value._replace(node=node.before)
        if type(node) is Object and node.base >= 0:
            return value._replace(node=node.base)  # ``extend`` puts something into lists, and makes a schema of its own
        if type(node) is not Named or "#" not in node.name:
            return None
        self._graphs.binding(value.path, node.name)  # has its file read
        parts = self._graphs.variable(value.path, node.name, ()) or []
        return _Value(parts[0].path, parts[0].graph, parts[0].node) if len(parts) == 1 and not parts[0].way else None
