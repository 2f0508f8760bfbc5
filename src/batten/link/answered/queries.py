"""Which rows one step of a query gives, and what of them: by the call and what it is made on; knows nothing of where they go."""

import re

from batten.facts.flows import HARMLESS, Constant, Field, FlowCall, Graph, Result, name_of
from batten.link.answered.entity_queries import JOINS, EntityQueries
from batten.link.answered.entity_queries import METHODS as OF_ENTITIES
from batten.link.answered.given import (
    bare_node,
    bare_number,
    call_before,
    chosen_names,
    entries_of,
    first_call,
    flags_of,
    key_of,
    text_of,
)
from batten.link.answered.records import Reading, Record, Records
from batten.link.answered.serializers import Serializers
from batten.regex import regex

_OF_MODELS = frozenset((
    "find", "findOne", "findById", "findAll", "findByPk", "findAndCountAll", "findOneAndUpdate", "findByIdAndUpdate", "findOneAndDelete", "findByIdAndDelete", "create", "findOrCreate",
))  # fmt: skip
_OF_PRISMA = frozenset((
    "findMany", "findFirst", "findFirstOrThrow", "findUnique", "findUniqueOrThrow", "create", "update", "upsert", "delete", "createManyAndReturn", "updateManyAndReturn",
))  # fmt: skip
_OF_DRIZZLE = frozenset(("findMany", "findFirst"))
_SQL = frozenset(
    (
        "query",
        "execute",
        "raw",
        "all",
        "get",
        "fetch",
        "fetchrow",
        "fetchall",
        "fetch_all",
        "fetch_one",
        "prepare",
        "unsafe",
        "first",
        "read_sql",
    )
)
_WHOLE = regex(r"\s*select\s+(?:(?:distinct\s+)?(?:\w+\.)?\*)\s+from\s+[\"`\[]?(?:\w+[\"`\]]?\.[\"`\[]?)?(\w+)", re.IGNORECASE)
_RETURNED = regex(
    r"\s*(?:insert\s+into|update|delete\s+from)\s+[\"`\[]?(?:\w+[\"`\]]?\.[\"`\[]?)?(\w+).*\breturning\s+\*", re.IGNORECASE | re.DOTALL
)
_MAKES = frozenset(("create", "insert", "createManyAndReturn", "upsert", "findOrCreate"))
_STEPS = 40


class Queries:
    """Answers what a call of a file reads."""

    def __init__(self, records: Records, serializers: Serializers) -> None:
        self._records = records
        self._serializers = serializers
        self._entities = EntityQueries(records, records.entities) if records.entities is not None else None

    def read(self, path: str, graph: Graph, call: FlowCall) -> Reading | None:
        """The rows that a call gives, as far as it alone tells; None where it is no such call, or names what it gives field by field."""
        method = call.method
        if method.endswith("Serializer") and (found := self._serialized(path, call)) is not None:
            return found
        if method in _OF_PRISMA and (found := self._of_prisma(graph, call)) is not None:
            return found
        if method in _OF_DRIZZLE and (found := self._by_key(graph, call)) is not None:
            return found
        if self._entities is not None and method in OF_ENTITIES and (found := self._entities.read(path, graph, call)) is not None:
            return found
        if method in _OF_MODELS and (found := self._of_model(path, graph, call)) is not None:
            return found
        if method in ("from", "returning") and (found := self._of_drizzle(path, graph, call)) is not None:
            return found
        if method == "select" and (found := self._of_supabase(graph, call)) is not None:
            return found
        if path.endswith(".py") and (found := self._in_python(path, graph, call)) is not None:
            return found
        return self._of_sql(graph, call) if method in _SQL else None

    def _of_prisma(self, graph: Graph, call: FlowCall) -> Reading | None:
        key = key_of(graph, call.receiver)
        record = self._records.prisma(key) if key is not None else None
        if record is None:
            return None
        if not call.arguments:
            return Reading(record)
        given = entries_of(graph, call.arguments[0])
        if given is None:
            return None
        if "select" in given:
            # What a query names is its own choice, but for other rows that it takes whole.
            return Reading(record._replace(fields=()), with_=chosen_names(graph, given["select"]))
        left_out = flags_of(graph, given["omit"]) if "omit" in given else {}
        if left_out is None or any(value is None for value in left_out.values()):
            return None
        return Reading(
            record,
            frozenset(name for name, value in left_out.items() if value),
            with_=chosen_names(graph, given["include"]) if "include" in given else (),
            made=call.method in _MAKES,
        )

    def _serialized(self, path: str, call: FlowCall) -> Reading | None:
        """What a serializer of Django REST framework has as its ``data``."""
        written = self._serializers.of(path, call.callee) if call.callee else None
        return (
            Reading(written.record, written.left_out, made=any(key == "data" for key, _ in call.keywords)) if written is not None else None
        )

    def _by_key(self, graph: Graph, call: FlowCall) -> Reading | None:
        """``db.query.users.findFirst({ columns, with })``."""
        node = bare_node(graph, call.receiver)
        if type(node) is not Field or key_of(graph, node.of) != "query":
            return None
        record = self._records.called(node.key)
        if record is None or record.tool != "drizzle":
            return None
        given = entries_of(graph, call.arguments[0]) if call.arguments else {}
        if given is None:
            return None
        columns = flags_of(graph, given["columns"]) if "columns" in given else {}
        if columns is None or any(value is not False for value in columns.values()):
            return None
        return Reading(record, frozenset(columns))

    def _of_model(self, path: str, graph: Graph, call: FlowCall) -> Reading | None:
        name = name_of(graph.nodes, bare_number(graph, call.receiver))
        record = self._records.of(path, name) if name is not None else None
        if record is None or record.tool not in ("mongoose", "sequelize"):
            return None
        if record.tool == "sequelize":
            options = next(
                (found for each in call.arguments if (found := entries_of(graph, each)) is not None and "attributes" in found), None
            )
            return Reading(record, made=call.method in _MAKES) if options is None else None
        # `find(filter, projection)`, as the method `select` has it
        projection = call.arguments[1] if call.method in ("find", "findOne", "findById") and len(call.arguments) > 1 else HARMLESS
        reading: Reading | None = Reading(record, made=call.method in _MAKES)
        return self.chosen(graph, reading, projection) if projection >= 0 and reading is not None else reading

    def chosen(self, graph: Graph, reading: Reading, number: int) -> Reading | None:
        """What is left of rows of Mongoose where a projection leaves fields out; None where it names those that it wants, or can't be told."""
        node = bare_node(graph, number)
        flags: dict[str, bool | None] | None
        if type(node) is Constant and isinstance(node.value, str):
            words = node.value.split()
            if any(word.startswith("+") for word in words):
                hidden = tuple(each for each in reading.record.hidden if f"+{each}" not in words)
                reading = reading._replace(record=reading.record._replace(hidden=hidden))
            flags = {word.lstrip("-"): not word.startswith("-") for word in words if not word.startswith("+")}
        else:
            flags = flags_of(graph, number)
        if flags is None or any(value is not False for value in flags.values()):
            return None
        return reading._replace(left_out=reading.left_out | flags.keys())

    def populated(self, graph: Graph, call: FlowCall) -> str | None:
        """The field by which Mongoose brings other rows along, whole; None where ``populate`` names what it wants of them."""
        return text_of(graph, call.arguments[0]) if len(call.arguments) == 1 else None

    def joined(self, graph: Graph, reading: Reading, call: FlowCall) -> str | None:
        """The field by which a step of a query brings other rows along, whole."""
        return self._entities.joined(graph, reading.record, call) if self._entities is not None and call.method in JOINS else None

    def brought(self, reading: Reading, field: str) -> Reading:
        """The rows that come along under a field."""
        record = self._records.linked(reading.record, field)
        many = dict(reading.record.links).get(field, "").endswith("[]")
        return Reading(record if record is not None else Record(reading.record.tool, field, ()), others=many)

    def _of_drizzle(self, path: str, graph: Graph, call: FlowCall) -> Reading | None:
        """``db.select().from(users)``, ``db.insert(users).values(…).returning()``."""
        if call.method == "from":
            maker = call_before(graph, call.receiver)
            named = (
                call.arguments[0]
                if call.arguments and maker is not None and maker.method.startswith("select") and not maker.arguments
                else HARMLESS
            )
        else:
            maker = first_call(graph, call, ("insert", "update", "delete"))
            named = maker.arguments[0] if maker is not None and maker.arguments and not call.arguments else HARMLESS
        name = name_of(graph.nodes, bare_number(graph, named))
        record = self._records.of(path, name) if name is not None else None
        return (
            Reading(record, made=maker is not None and maker.method in _MAKES) if record is not None and record.tool == "drizzle" else None
        )

    def _of_supabase(self, graph: Graph, call: FlowCall) -> Reading | None:
        maker = first_call(graph, call, ("from", "from_", "table"))
        table = text_of(graph, maker.arguments[0]) if maker is not None and maker.arguments else None
        record = self._records.table(table) if table is not None else None
        if record is None:
            return None
        columns = text_of(graph, call.arguments[0]) if call.arguments else "*"
        if columns is None or "*" not in re.sub(r"\([^()]*\)", "", columns):
            return None
        return Reading(record, made=first_call(graph, call, ("insert", "upsert")) is not None)

    def _in_python(self, path: str, graph: Graph, call: FlowCall) -> Reading | None:
        outside = (call.callee or "").replace("#", ".")
        by_class = call.method == "query" or outside.endswith(
            ("sqlalchemy.select", "sqlmodel.select", "sqlalchemy.future.select", "sqlalchemy.sql.select")
        )
        if (by_class and len(call.arguments) == 1) or (call.method == "get" and len(call.arguments) > 1):
            record = self._class(path, graph, call.arguments[0])
            return Reading(record) if record is not None and record.tool == "sqlalchemy" else None
        node = bare_node(graph, call.receiver)
        if type(node) is Field and node.key == "query":
            record = self._class(path, graph, node.of)
            return Reading(record) if record is not None and record.tool == "sqlalchemy" else None
        if call.method == "values" and not call.arguments and not call.keywords:
            manager = self._manager(path, graph, call.receiver)
            return Reading(manager) if manager is not None else None
        return None

    def _manager(self, path: str, graph: Graph, number: int) -> Record | None:
        """The model of Django whose manager a chain of calls begins with."""
        for _ in range(_STEPS):
            node = bare_node(graph, number)
            if type(node) is Result:
                number = graph.calls[node.call].receiver
            elif type(node) is Field and node.key == "objects":
                record = self._class(path, graph, node.of)
                return record if record is not None and record.tool == "django" else None
            else:
                return None
        return None

    def _class(self, path: str, graph: Graph, number: int) -> Record | None:
        name = name_of(graph.nodes, bare_number(graph, number))
        return self._records.of(path, name) if name is not None else None

    def _of_sql(self, graph: Graph, call: FlowCall) -> Reading | None:
        text = text_of(graph, call.arguments[0]) if call.arguments else None
        found = (_WHOLE.match(text) or _RETURNED.match(text)) if text is not None else None
        record = self._records.table(found[1]) if found is not None else None
        return Reading(record, made=text is not None and text.lstrip()[:6].lower() == "insert") if record is not None else None
