"""Finds comparisons that PostgreSQL has no operator for: a text with a value of an enumerated type."""

from collections.abc import Mapping

from batten.link.schema.state import Database, Relation
from batten.parse.postgres.expressions import Cast, Expression, Operation, Reference, Subquery, walk

_TEXTS = frozenset({"text", "varchar", "character varying"})
_COMPARED = frozenset({"=", "<>", "<", ">", "<=", ">=", "in", "not in"})


def impossible(database: Database, clause: Expression, own: Relation | None, parameters: Mapping[str, str]) -> bool:
    """Whether a condition or body compares a text with an enumerated value; ``parameters`` are a function's, with their types."""
    enums = {name for _, name in database.enums}
    if not enums:
        return False
    places = {} if own is None else {own.name: own}
    for each in walk(clause):
        if isinstance(each, Subquery):
            for source in each.query.sources:
                relation = database.relation(source.name) if source.name is not None else None
                if relation is not None and source.name is not None:
                    places[source.alias or source.name.name] = relation

    def kind(expression: Expression) -> str | None:
        """``text``, ``enum``, or None for any other and where it cannot be told."""
        type_: str | None = None
        match expression:
            case Reference((label,)):
                columns = [column for place in places.values() if (column := place.columns.get(label)) is not None]
                type_ = parameters.get(label) if not columns else columns[0].type if len(columns) == 1 else None
            case Reference((*_, alias, label)):
                column = places[alias].columns.get(label) if alias in places else None
                type_ = column.type if column is not None else None
            case Cast(_, type_):
                pass
            case _:
                return None
        plain = (type_ or "").split("(")[0].strip()
        if plain in _TEXTS:
            return "text"
        return "enum" if plain.rpartition(".")[2].strip('"') in enums else None

    return any(
        {kind(operand) for operand in each.operands} >= {"text", "enum"}
        for each in walk(clause)
        if isinstance(each, Operation) and each.operator in _COMPARED
    )
