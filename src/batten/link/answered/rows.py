"""The rows of a database that a value is, whole or spread into another: through names, helpers, callbacks and copies; a field of a row is none."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from batten.facts.flows import (
    ANY,
    SELF,
    Changed,
    Checked,
    Choice,
    Constant,
    Field,
    FlowCall,
    Given,
    Graph,
    Node,
    Object,
    Outer,
    Result,
)
from batten.link.answered.entity_queries import JOINS
from batten.link.answered.queries import Queries
from batten.link.answered.records import Reading
from batten.link.flows.arguments import arguments_for
from batten.link.flows.graphs import Callee, Graphs
from batten.regex import regex

Way = tuple[str, ...]
# What gives the rows that it is called on, or some of them, as they are.
_SAME = frozenset((
    "where", "limit", "offset", "orderBy", "order_by", "sort", "skip", "lean", "exec", "populate", "filter", "filter_by", "all", "first", "one", "one_or_none", "scalar", "scalars",
    "scalar_one", "scalar_one_or_none", "unique", "fetchall", "fetchone", "fetchmany", "get", "options", "join", "outerjoin", "leftJoin", "innerJoin", "distinct", "eq", "neq", "in", "in_", "order", "range",
    "single", "maybeSingle", "maybe_single", "execute", "toObject", "toJSON", "slice", "reverse", "toSorted", "concat", "flat", "at", "find", "values", "set", "onConflictDoUpdate", "onConflictDoNothing",
    "returning", "session", "from", "select", "orFail", "hint", "collation", "cursor", "allowDiskUse", "mappings", "to_list", "dict", "model_dump", "copy", "_asdict", "run", "then", "throwOnError",
    "andWhere", "orWhere", "take", "addOrderBy", "addSelect", "leftJoinAndSelect", "innerJoinAndSelect", "setParameter", "setParameters", "withDeleted", "getMany", "getOne",
    "getOneOrFail", "getManyAndCount", "getRawMany", "getRawOne", "match", "gt", "gte", "lt", "lte", "is", "is_", "or", "or_", "not", "contains", "like", "ilike", "setOptions", "first_or_404", "get_or_404", "one_or_404", "paginate", "with_for_update",
))  # fmt: skip
_COPIES = frozenset((
    "list", "dict", "tuple", "sorted", "reversed", "vars", "JSON.parse", "JSON.stringify", "Object.assign", "Object.values", "structuredClone", "Promise.all", "Promise.resolve", "Array.from", "copy.copy", "copy.deepcopy",
    "fastapi.encoders.jsonable_encoder", "django.forms.models.model_to_dict", "django.forms.model_to_dict", "superjson.default.serialize", "superjson.serialize", "react.cache",
))  # fmt: skip
_OMITTING = frozenset(
    ("lodash.omit", "lodash.default.omit", "lodash/omit.default", "lodash/omit", "radash.omit", "remeda.omit", "es-toolkit.omit")
)
# A helper of which nothing is known may take out what nobody is to see.
_TAKES_OUT = regex(
    r"sanit|strip|redact|hide|omit|exclude|remove|clean|safe|public|mask|serializ|transform|dto|without|filter|pick|present", re.IGNORECASE
)
_ASKED = frozenset(("execute", "exec", "scalars", "scalar", "query", "session"))
_PARTS = frozenset(("data", "rows", "recordset", "recordsets", "items", "results", "__dict__", "_doc", "dataValues", "props"))
_CHOOSES = frozenset(("select", "populate", "values", *JOINS))
_CALLBACKS = frozenset(("map", "flatMap", "then"))
_MOST_CALLS, _MOST_VISITS = 4, 1_500


class Via(NamedTuple):
    """A call that led on the way to rows, in the function that makes it."""

    path: str
    graph: Graph
    call: FlowCall


class Rows(NamedTuple):
    """Rows that a value is; ``fields`` are the credentials in it that nothing took out. ``via`` are the calls on the way, the innermost first, which is the read itself."""

    reading: Reading
    fields: tuple[str, ...]
    via: tuple[Via, ...]


class Handed(NamedTuple):
    """The value is what the function is handed: a parameter, what of it, and what was taken out."""

    parameter: int
    way: Way
    taken: frozenset[str]


class Walk:
    """Answers which rows values are, for one handler: work is bounded for all of its questions."""

    def __init__(self, graphs: Graphs, queries: Queries) -> None:
        self._graphs = graphs
        self._queries = queries
        self._left = _MOST_VISITS

    def rows(
        self, path: str, graph: Graph, number: int, way: Way = (), taken: frozenset[str] = frozenset(), calls: int = _MOST_CALLS
    ) -> Iterator[Rows | Handed]:
        """The rows that a value is, or what of the function's parameters it is."""
        if number < 0 or self._left <= 0:
            return
        self._left -= 1
        node = graph.nodes[number]
        match node:
            case Checked(of=inner):
                yield from self.rows(path, graph, inner, way, taken, calls)
            case Choice(of=several):
                for each in several:
                    yield from self.rows(path, graph, each, way, taken, calls)
            case Field(of=inner, key=key):
                yield from self.rows(path, graph, inner, (key, *way), taken, calls)
            case Object():
                yield from self._object(path, graph, node, way, taken, calls)
            case Outer(function=function, node=inner):
                outer = self._graphs.graph(path, function)
                if outer is not None:
                    yield from (each for each in self.rows(path, outer, inner, way, taken, calls) if type(each) is Rows)
            case Given(index=index):
                yield Handed(index, way, taken)
            case Changed():
                yield from self._changed(path, graph, node, way, taken, calls)
            case Result(call=index):
                yield from self._result(path, graph, graph.calls[index], way, taken, calls)

    def _object(self, path: str, graph: Graph, node: Object, way: Way, taken: frozenset[str], calls: int) -> Iterator[Rows | Handed]:
        if way:
            inner = next((value for key, value in node.fields if key in (way[0], ANY)), None)
            if inner is None:
                yield from self.rows(path, graph, node.base, way, taken, calls)
            else:
                yield from self.rows(path, graph, inner, way[1:], taken, calls)
            return
        if node.base >= 0 and any(key == ANY for key, _ in node.fields):
            return  # what was put in or taken out can't be told
        for _, value in node.fields:
            yield from self.rows(path, graph, value, (), frozenset(), calls)
        others = frozenset(key for key, value in node.fields if not _reads(graph, value, key))
        yield from self.rows(path, graph, node.base, (), taken | others, calls)

    def _changed(self, path: str, graph: Graph, node: Changed, way: Way, taken: frozenset[str], calls: int) -> Iterator[Rows | Handed]:
        call = graph.calls[node.call]
        own = self._graphs.callees(path, call).own
        if node.slot == SELF:
            reading = self._queries.read(path, graph, call)
            if reading is not None and call.method in _ASKED:
                yield from self._read(path, graph, call, reading, way, taken)
                return
            if call.method in ("pop", "delete", "unset", "set") and call.arguments:
                key = graph.nodes[call.arguments[0]] if call.arguments[0] >= 0 else None
                if type(key) is not Constant:
                    return  # what it takes out can't be told
                taken |= {str(key.value)}
        elif not own and _TAKES_OUT.search(call.method):
            return
        elif len(own) == 1:
            callee = own[0]
            left = next((inner for slot, inner in callee.graph.left if slot == node.slot - callee.shifted), None)
            if left is not None:
                for each in self.rows(callee.path, callee.graph, left, way, taken, calls - 1) if calls > 0 else ():
                    if type(each) is Handed and each.parameter == node.slot - callee.shifted:
                        yield from self.rows(path, graph, node.before, each.way, each.taken, calls)
                return
        yield from self.rows(path, graph, node.before, way, taken, calls)

    def _result(self, path: str, graph: Graph, call: FlowCall, way: Way, taken: frozenset[str], calls: int) -> Iterator[Rows | Handed]:
        reading = self._queries.read(path, graph, call)
        if reading is not None:
            yield from self._read(path, graph, call, reading, way, taken)
            return
        callees = self._graphs.callees(path, call)
        if callees.own:
            # Which of several it is can't be told.
            if len(callees.own) == 1 and not callees.own[0].makes and calls > 0:
                yield from self._given_back(path, graph, call, callees.own[0], way, taken, calls)
            return
        name = callees.outside or ""
        if name in _COPIES or call.method in ("cache", "unstable_cache"):
            for argument in call.arguments:
                yield from self.rows(path, graph, argument, way, taken, calls)
        elif name in _OMITTING and len(call.arguments) > 1:
            yield from self.rows(path, graph, call.arguments[0], way, taken | _names(graph, call.arguments[1]), calls)
        elif (
            call.method in _CALLBACKS and call.arguments and (made := self._graphs.made(path, _node(graph, call.arguments[0]))) is not None
        ):
            yield from self._of_callback(path, graph, call, made, way, taken, calls)
        elif call.method in _ASKED and path.endswith(".py") and call.arguments and call.receiver >= 0:
            yield from self.rows(path, graph, call.arguments[0], way, taken, calls)
        elif call.method in _SAME and call.receiver >= 0:
            for each in self.rows(path, graph, call.receiver, way, taken, calls):
                yield from self._chosen(graph, call, each)

    def _chosen(self, graph: Graph, call: FlowCall, found: Rows | Handed) -> Iterator[Rows | Handed]:
        """What a step of a query leaves of rows."""
        if type(found) is not Rows or call.method not in _CHOOSES or not call.arguments:
            yield found
            return
        if found.reading.record.tool == "typeorm" and call.method in JOINS:
            yield found
            joined = self._queries.joined(graph, found.reading, call)
            if joined is not None:
                yield self._brought(found.reading, joined, found.via)
            return
        if found.reading.record.tool != "mongoose":
            if call.method != "select" or found.reading.made:
                yield found
            return
        if call.method == "populate":
            yield found
            field = self._queries.populated(graph, call)
            if field is not None:
                yield self._brought(found.reading, field, found.via)
            return
        reading = self._queries.chosen(graph, found.reading, call.arguments[0]) if len(call.arguments) == 1 else None
        if reading is not None:
            gone = {*found.reading.fields()} - {*found.fields}
            yield found._replace(reading=reading, fields=tuple(field for field in reading.fields() if field not in gone))

    def _read(self, path: str, graph: Graph, call: FlowCall, reading: Reading, way: Way, taken: frozenset[str]) -> Iterator[Rows]:
        rest = tuple(step for step in way if not step.lstrip("-").isdigit() and step != ANY and step not in _PARTS)
        if not rest:
            via = (Via(path, graph, call),)
            yield Rows(reading, tuple(field for field in reading.fields() if field not in taken), via)
            yield from (self._brought(reading, field, via) for field in reading.with_ if field not in taken)

    def _brought(self, reading: Reading, field: str, via: tuple[Via, ...]) -> Rows:
        """Rows of another model that come along under a field."""
        other = self._queries.brought(reading, field)
        return Rows(other, other.fields(), via)

    def _given_back(
        self, path: str, graph: Graph, call: FlowCall, callee: Callee, way: Way, taken: frozenset[str], calls: int
    ) -> Iterator[Rows | Handed]:
        for node, _ in callee.graph.returns:
            for each in self.rows(callee.path, callee.graph, node, way, taken, calls - 1):
                if type(each) is Rows:
                    yield each._replace(via=(*each.via, Via(path, graph, call)))
                elif type(each) is Handed:
                    yield from self.handed(path, graph, call, callee, each, calls)

    def handed(
        self, path: str, graph: Graph, call: FlowCall, callee: Callee, found: Handed, calls: int = _MOST_CALLS
    ) -> Iterator[Rows | Handed]:
        """The rows that a call hands to a function, where that does with them as it says."""
        if found.parameter == SELF:
            yield from self.rows(path, graph, call.receiver, found.way, found.taken, calls)
            return
        for node, way in arguments_for(call, callee.graph, found.parameter, found.way, shifted=callee.shifted):
            yield from self.rows(path, graph, node, way, found.taken, calls)

    def _of_callback(
        self, path: str, graph: Graph, call: FlowCall, made: Graph, way: Way, taken: frozenset[str], calls: int
    ) -> Iterator[Rows | Handed]:
        inner_way = way[1:] if call.method != "then" and way and (way[0].isdigit() or way[0] == ANY) else way
        for node, _ in made.returns:
            for each in self.rows(path, made, node, inner_way, taken, calls):
                if type(each) is Handed and each.parameter == 0:
                    yield from self.rows(path, graph, call.receiver, each.way, each.taken, calls)
                elif type(each) is Rows:
                    yield each

    def called_back(self, path: str, graph: Graph, made: Graph, found: Handed) -> Iterator[Rows]:
        """The rows that the caller of a callback hands it: of a promise, or of a query that is told whom to call."""
        for call in graph.calls:
            if not any(self._graphs.made(path, _node(graph, argument)) is made for argument in call.arguments):
                continue
            if call.method == "then" and found.parameter == 0:
                yield from (each for each in self.rows(path, graph, call.receiver, found.way, found.taken) if type(each) is Rows)
            reading = self._queries.read(path, graph, call) if found.parameter == 1 else None
            if reading is not None:
                yield from self._read(path, graph, call, reading, found.way, found.taken)


def _reads(graph: Graph, number: int, key: str) -> bool:
    """A value under a key may be what another record has under it."""
    match _node(graph, number):
        case Field(key=other):
            return other == key
        case Choice(of=several):
            return any(_reads(graph, each, key) for each in several)
        case Checked(of=inner):
            return _reads(graph, inner, key)
    return False


def _names(graph: Graph, number: int) -> frozenset[str]:
    match _node(graph, number):
        case Object(fields=fields):
            values = [_node(graph, value) for _, value in fields]
        case other:
            values = [other]
    return frozenset(str(value.value) for value in values if type(value) is Constant)


def _node(graph: Graph, number: int) -> Node | None:
    return graph.nodes[number] if number >= 0 else None
