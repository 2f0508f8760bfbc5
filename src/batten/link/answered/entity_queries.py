"""Which rows of entities a call gives: of a repository, a manager, an entity itself, or a query that is built; knows nothing of where they go.

https://typeorm.io/docs/working-with-entity-manager/find-options
"""

from collections.abc import Iterator

from batten.facts.flows import Constant, Field, FlowCall, Graph, Object
from batten.link.answered.entities import Entities
from batten.link.answered.given import bare_node, entries_of, text_of
from batten.link.answered.records import Reading, Record, Records

_BY_OPTIONS = frozenset(("find", "findOne", "findOneOrFail", "findAndCount"))
_BY_FIELDS = frozenset(("findBy", "findOneBy", "findOneByOrFail", "findAndCountBy", "findByIds", "findOneById"))
_MAKES = frozenset(("save", "create"))
_BUILDS = "createQueryBuilder"
METHODS = _BY_OPTIONS | _BY_FIELDS | _MAKES | {_BUILDS}
"""The names of calls that may give some."""
JOINS = frozenset(("leftJoinAndSelect", "innerJoinAndSelect"))
"""The steps of a query that bring other rows along, whole."""


class EntityQueries:
    """Answers what a call reads."""

    def __init__(self, records: Records, entities: Entities) -> None:
        self._records = records
        self._entities = entities

    def read(self, path: str, graph: Graph, call: FlowCall) -> Reading | None:
        """The rows that a call gives; None where it is no such call, or names what it gives field by field."""
        given = call.arguments
        home = self._entities.read_by(path, graph, call.receiver)
        if home is None:
            home, given = self._entities.named(path, graph, call), call.arguments[1:]
        record = self._records.at(home) if home is not None else None
        if record is None or record.tool != "typeorm":
            return None
        if call.method == _BUILDS:
            return Reading(record)
        if call.method in _MAKES:
            return Reading(record, made=True)
        options = entries_of(graph, given[0]) if given and call.method in _BY_OPTIONS else {}
        if options is None:
            # The id of a row, as older versions have it; what other options say can't be told.
            return Reading(record, with_=record.eager) if type(bare_node(graph, given[0])) in (Field, Constant) else None
        if "select" in options:
            return None
        return Reading(record, with_=(*record.eager, *_relations(graph, options["relations"])) if "relations" in options else record.eager)

    def joined(self, graph: Graph, record: Record, call: FlowCall) -> str | None:
        """The field by which a step of a query brings other rows along: ``leftJoinAndSelect("note.author", "author")``."""
        field = (text_of(graph, call.arguments[0]) or "").rpartition(".")[2] if call.arguments else ""
        return field if field in dict(record.links) else None


def _relations(graph: Graph, number: int) -> Iterator[str]:
    """The fields that ``["author", "author.team"]`` or ``{ author: true }`` names."""
    for key, inner in (entries_of(graph, number) or {}).items():
        node = bare_node(graph, inner)
        if type(node) is Constant and isinstance(node.value, str):
            yield node.value.partition(".")[0]
        elif type(node) is Object or (type(node) is Constant and node.value is True):
            yield key
