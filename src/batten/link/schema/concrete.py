"""Evaluates expressions of DO blocks against the replayed state: names, arrays, ``format`` and the system catalogs.

``UNSET`` is what cannot be told; it spreads.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from batten.link.schema.computed_texts import OPERATORS, cast, filled, literal, quoted
from batten.link.schema.state import Database, Relation
from batten.link.schema.system_catalogs import UNSET, Row, catalog_named
from batten.parse.postgres.expressions import (
    Case,
    Cast,
    Constant,
    Expression,
    Invocation,
    Operation,
    Query,
    Reference,
    Sequence,
    Source,
    Subquery,
)

_MOST_ROWS = 5000
_MOST_STEPS = 200_000
_AGGREGATES = frozenset(
    {"count", "string_agg", "array_agg", "json_agg", "jsonb_agg", "max", "min", "sum", "avg", "bool_or", "bool_and", "every"}
)


class Concrete:
    """Evaluation in one scope of variables. ``budget``: how many more steps it may take, shared with others."""

    def __init__(
        self, database: Database, variables: Mapping[str, Any], budget: list[int] | None = None, unknown: str | None = None
    ) -> None:
        self.budget = budget if budget is not None else [_MOST_STEPS]
        self.database = database
        self.variables = variables
        self.unknown = unknown
        """What stands in a text for a part that cannot be told."""
        self._rows: list[dict[str, Row]] = []

    def value(self, expression: Expression | None) -> Any:
        """A Python value: text, number, boolean, list, None for null, or UNSET."""
        self.budget[0] -= 1
        if self.budget[0] < 0:
            return UNSET
        match expression:
            case Constant(value, number):
                return UNSET if number else value
            case Reference(parts):
                return self._reference(parts)
            case Cast(operand, type_):
                return cast(self.value(operand), type_)
            case Sequence(items, row):
                values = [self.value(item) for item in items]
                return UNSET if row or any(value is UNSET for value in values) else values
            case Operation():
                return self._operation(expression)
            case Invocation():
                return self._call(expression)
            case Case(subject, branches, otherwise):
                return self._case(subject, branches, otherwise)
            case Subquery():
                return self._subquery(expression)
        return UNSET

    def _reference(self, parts: tuple[str, ...]) -> Any:
        for scope in reversed(self._rows):
            for alias, row in scope.items():
                if (len(parts) == 1 or parts[-2] == alias) and parts[-1] in row:
                    return row[parts[-1]]
        found = self.variables.get(parts[0], UNSET)
        match parts:
            case (_, field) if isinstance(found, dict):
                return found.get(field, UNSET)
            case (_, *more) if more:
                return UNSET
        if isinstance(found, dict):
            return next(iter(found.values())) if len(found) == 1 else UNSET
        return found

    def _guessed(self, values: list[Any]) -> list[Any]:
        return values if self.unknown is None else [self.unknown if value is UNSET else value for value in values]

    def _logic(self, decisive: bool, operands: tuple[Expression, ...]) -> Any:
        """OR (``decisive`` True) and AND: the first part that settles it ends it."""
        values: list[Any] = []
        for operand in operands:
            value = self.value(operand)
            if value is decisive:
                return decisive
            values.append(value)
        if any(value is UNSET for value in values):
            return UNSET
        return None if any(value is None for value in values) else not decisive

    def _operation(self, operation: Operation) -> Any:
        operator = operation.operator
        if operator in ("and", "or"):
            return self._logic(operator == "or", operation.operands)
        values = [self.value(operand) for operand in operation.operands]
        if operator == "is null":
            return UNSET if values[0] is UNSET else values[0] is None
        if operator == "is not null":
            return UNSET if values[0] is UNSET else values[0] is not None
        if operator == "||":
            values = self._guessed(values)
        if any(value is UNSET for value in values):
            return UNSET
        if operator in ("in", "not in"):
            return (values[0] in values[1:]) is (operator == "in")
        if operator in ("any =", "all <>") and isinstance(values[1], list):
            return (values[0] in values[1]) is (operator == "any =")
        if any(value is None for value in values):
            return None
        function = OPERATORS.get(operator)
        try:
            return UNSET if function is None else function(*values)
        except (TypeError, ValueError):
            return UNSET

    def _call(self, call: Invocation) -> Any:
        values = [self.value(argument) for argument in call.arguments]
        label = call.name.name
        if label == "coalesce":
            return next((value for value in values if value is not None), None)
        if label in ("to_regclass", "to_regtype") and values and isinstance(values[0], str):
            return (
                values[0]
                if any(
                    relation.full.endswith(values[0].removeprefix("public."))
                    for relation in self.database.relations.values()
                    if _same(relation, values[0])
                )
                else None
            )
        if label in ("current_schema", "current_database"):
            return self.database.search_path[0] if label == "current_schema" and self.database.search_path else UNSET
        if label in ("format", "concat", "quote_ident", "quote_literal", "quote_nullable", "array_to_string"):
            values = self._guessed(values)
        if any(value is UNSET for value in values):
            return UNSET
        match label, values:
            case "format", [str(template), *arguments]:
                return filled(template, arguments)
            case ("quote_ident", [str(text)]):
                return quoted(text)
            case ("quote_literal" | "quote_nullable", [value]):
                return literal(value)
            case ("lower" | "upper", [str(text)]):
                return text.lower() if label == "lower" else text.upper()
            case ("concat", _):
                return "".join("" if value is None else str(value) for value in values)
            case ("replace", [str(text), str(old), str(new)]):
                return text.replace(old, new)
            case ("unnest", [list(items)]):
                return items
            case ("string_to_array", [str(text), str(mark)]):
                return text.split(mark)
            case ("array_to_string", [list(items), str(mark)]):
                return mark.join(str(item) for item in items if item is not None)
            case ("pg_get_function_identity_arguments", [str(function)]):
                return function.partition("(")[2].removesuffix(")")
            case _:
                return UNSET

    def _case(self, subject: Expression | None, branches: tuple[tuple[Expression, Expression], ...], otherwise: Expression) -> Any:
        wanted = None if subject is None else self.value(subject)
        for when, then in branches:
            test = self.value(when)
            if test is UNSET or wanted is UNSET:
                return UNSET
            if (test is True) if subject is None else (test == wanted):
                return self.value(then)
        return self.value(otherwise)

    def _subquery(self, subquery: Subquery) -> Any:
        rows = self.rows(subquery.query)
        if rows is UNSET:
            return UNSET
        match subquery.use:
            case "exists":
                return bool(rows)
            case "scalar":
                return next(iter(rows[0].values()), None) if rows else None
            case "array":
                return [next(iter(row.values()), None) for row in rows]
            case "in" | "not in":
                operand = self.value(subquery.operand)
                found = [next(iter(row.values()), None) for row in rows]
                return UNSET if operand is UNSET else (operand in found) is (subquery.use == "in")
            case _:
                return UNSET

    def rows(self, query: Query) -> Any:
        """The rows of a query, each a dict in the order of its columns; UNSET where they cannot be told."""
        if not query.understood or query.named or query.others:
            return self._union(query)
        scopes: list[dict[str, Row]] = [{}]
        for source in query.sources:
            alias = source.alias or ""
            found = self._source(query, source)
            if found is UNSET:
                return UNSET
            scopes = [{**scope, alias: row} for scope in scopes for row in found]
            if len(scopes) > _MOST_ROWS:
                return UNSET
        return self._selected(query, scopes)

    def _wanted(self, query: Query, alias: str, columns: Iterable[str]) -> dict[str, Any]:
        """What plain comparisons in the condition hold columns to, whatever else it says: catalogs are long, and are asked about one name."""
        found: dict[str, Any] = {}
        where = query.where
        for each in where.operands if isinstance(where, Operation) and where.operator == "and" else (where,):
            match each:
                case Operation("=", (Reference(parts), other)) if parts[-1] in columns and parts[-1] not in found:
                    if parts[:-1] != (alias,) and (parts[1:] or len(query.sources) > 1):
                        continue
                    if isinstance(other, Reference):
                        if other.parts[1:] or len(query.sources) > 1 or other.parts[0] in columns:
                            continue
                    elif not isinstance(other, Constant):
                        continue
                    value = self.value(other)
                    if value is not None and value is not UNSET:
                        found[parts[-1]] = value
                case _:
                    continue
        return found

    def _union(self, query: Query) -> Any:
        if not query.understood or query.named:
            return UNSET
        parts = [self.rows(Query(query.targets, query.sources, query.where)), *(self.rows(other) for other in query.others)]
        return UNSET if any(part is UNSET for part in parts) else [row for part in parts for row in part]

    def _selected(self, query: Query, scopes: list[dict[str, Row]]) -> Any:
        result: list[Row] = []
        totals = [_total(target.value) for target in query.targets]
        collects = bool(totals) and all(totals) and query.plain
        kept: list[dict[str, Row]] = []
        for scope in scopes:
            self._rows.append(scope)
            try:
                passed = True if query.where is None else self.value(query.where)
                if passed is UNSET:
                    return UNSET
                if passed is True:
                    kept.append(scope)
                    result.extend(() if collects else self._row(query, scope))
            finally:
                self._rows.pop()
        if collects:
            return [{target.alias or f"column{at}": self._collected(target.value, kept) for at, target in enumerate(query.targets)}]
        return UNSET if any(totals) else result

    def _collected(self, call: Expression, scopes: list[dict[str, Row]]) -> Any:
        """What an aggregate makes of rows: in the order of the catalog, whatever order it asks for."""
        if not isinstance(call, Invocation) or not call.plain:
            return UNSET
        if not call.arguments:
            return len(scopes) if call.name.name == "count" else UNSET
        values: list[Any] = []
        for scope in scopes:
            self._rows.append(scope)
            values.append(self.value(call.arguments[0]))
            self._rows.pop()
        if any(value is UNSET for value in values):
            return UNSET
        if call.name.name == "array_agg":
            return values or None
        mark = self.value(call.arguments[1]) if call.arguments[1:] else UNSET
        if call.name.name != "string_agg" or not isinstance(mark, str):
            return UNSET
        return mark.join(str(value) for value in values if value is not None) or None

    def _row(self, query: Query, scope: dict[str, Row]) -> Iterator[Row]:
        row: Row = {}
        for at, target in enumerate(query.targets):
            if isinstance(target.value, Reference) and target.value.parts[-1] == "*":
                for each in scope.values():
                    row.update(each)
                continue
            value = self.value(target.value)
            label = target.alias or (target.value.parts[-1] if isinstance(target.value, Reference) else f"column{at}")
            if isinstance(target.value, Invocation) and target.value.name.name == "unnest" and isinstance(value, list):
                for item in value:
                    yield {**row, label: item}
                return
            row[label] = value
        yield row or {"": True}

    def _source(self, query: Query, source: Source) -> Any:
        if source.query is not None:
            rows = self.rows(source.query)
            if rows is UNSET or not source.columns:
                return rows
            return [dict(zip(source.columns, row.values(), strict=False)) for row in rows]
        if source.function is not None:
            value = self.value(source.function)
            label = source.columns[0] if source.columns else source.alias or ""
            return [{label: item} for item in value] if isinstance(value, list) else UNSET
        catalog = None if source.name is None else catalog_named(source.name)
        if catalog is None:
            return UNSET
        wanted = self._wanted(query, source.alias or "", catalog.columns)
        return [
            row
            for row in catalog.rows(self.database, wanted.get(catalog.relation))
            if all(row[label] is UNSET or row[label] is None or row[label] == value for label, value in wanted.items())
        ]


def _total(expression: Expression) -> bool:
    """Whether a query with such a value has one row, whatever it reads."""
    return isinstance(expression, Invocation) and expression.name.name in _AGGREGATES


def _same(relation: Relation, text: str) -> bool:
    return text.replace('"', "") in (relation.full, relation.name)
