"""Conditions that every account passes by the row that a trigger adds for it at sign-up: ``exists (select 1 from staff where id = auth.uid() and role = 'member')``, where all become members."""

from collections.abc import Iterable, Mapping

from batten.link.schema.access import AccessModel
from batten.link.schema.bodies import searchable
from batten.link.schema.once import once
from batten.link.schema.ownership import plain, split
from batten.link.schema.sign_up import filled, relation_named, run_at_sign_up
from batten.link.schema.state import Relation
from batten.parse.postgres.expressions import Constant, Expression, Invocation, Name, Operation, Query, Reference, Source, Subquery
from batten.regex import regex

_DEEPEST = 3
# What is done for some accounts only, or with a value that depends on them.
_DEPENDS = regex(r"\b(?:if|case|when|loop|return\s+null|where)\b")
_TEXT = regex(r"'([^']*)'(?:\s*::\s*[\w.\"]+)?\s*")
_TRUE_OR_FALSE = {"true": True, "false": False}
_EQUALS = frozenset({"=", "in", "any =", "is not distinct from"})

Given = str | bool | None
"""What a column of the row holds that everybody gets; None where that is not known."""


def passed_by_all(model: AccessModel, clause: Expression | None) -> bool:
    """Whether everybody who has signed up passes a condition, by such rows."""
    return clause is not None and bool(rows_of_all(model)) and _passes(model, clause, _DEEPEST)


@once
def rows_of_all(model: AccessModel) -> dict[str, dict[str, Given]]:
    """The rows that triggers on accounts add for everybody, by full name of their table: the columns, ``id`` of the account under an empty text."""
    found: dict[str, dict[str, Given]] = {}
    for routine in run_at_sign_up(model.database):
        body = searchable(routine) or ""
        if _DEPENDS.search(body):
            continue
        for table, row in filled(body):
            relation = relation_named(model.database, table)
            owner = next((column for column, value in row if value.strip() == "new.id"), None)
            if relation is not None and owner is not None:
                found[relation.full] = _row(relation, dict(row)) | {"": owner}
    return found


def _row(relation: Relation, written: Mapping[str, str]) -> dict[str, Given]:
    row: dict[str, Given] = {}
    for column in relation.columns.values():
        if column.name not in written:
            default = plain(column.default) if column.default is not None else None
            value = default.value if isinstance(default, Constant) else None
            row[column.name] = value if isinstance(value, str | bool) else None
            continue
        text = written[column.name].strip()
        said = _TEXT.fullmatch(text)
        row[column.name] = said[1] if said is not None else _TRUE_OR_FALSE.get(text)
    return row


def _passes(model: AccessModel, clause: Expression, depth: int) -> bool:
    return any(all(_holds(model, part, depth) for part in split(branch, "and")) for branch in split(clause, "or"))


def _holds(model: AccessModel, part: Expression, depth: int) -> bool:
    """Whether one part of a condition holds for everybody."""
    part = plain(part)
    match part:
        case Subquery("exists", query):
            return _row_of(model, query) is not None
        case Subquery("in" | "any", query, operand) if operand is not None and _is_caller(operand):
            row = _row_of(model, query, linked=True)
            return row is not None and _target(query) == row[""]
        case Operation("is not null", (value,)):
            return _is_caller(value) or _given(model, value, depth) is not None
        case Operation(operator, (value, *others)) if operator in _EQUALS:
            held = _given(model, value, depth)
            return held is not None and held in _constants(others)
        case Invocation(name, ()) if depth:
            return _says_yes(model, name, depth - 1)
    return False


@once
def _says_yes(model: AccessModel, name: Name, depth: int) -> bool:
    results = [routine.result for routine in model.database.routines_named(name)]
    return len(results) == 1 and results[0] is not None and _passes(model, results[0], depth)


def _given(model: AccessModel, value: Expression, depth: int) -> Given:
    """What a value is that is read from the caller's own row: ``(select role from staff where id = auth.uid())``, or a function that asks for it."""
    value = plain(value)
    match value:
        case Subquery("scalar", query):
            row, column = _row_of(model, query), _target(query)
            return row.get(column) if row is not None and column is not None else None
        case Invocation(name, ()) if depth:
            return _answered(model, name, depth - 1)
    return None


@once
def _answered(model: AccessModel, name: Name, depth: int) -> Given:
    results = [routine.result for routine in model.database.routines_named(name)]
    return _given(model, results[0], depth) if len(results) == 1 and results[0] is not None else None


def _row_of(model: AccessModel, query: Query, *, linked: bool = False) -> dict[str, Given] | None:
    """The row that everybody has, where a query asks one table for it and for nothing that it does not hold; ``linked``: what asks already says whose row it is."""
    if not query.understood or query.others or len(query.sources) != 1 or not isinstance(query.sources[0].name, Name):
        return None
    relation = model.database.relation(query.sources[0].name)
    row = rows_of_all(model).get(relation.full) if relation is not None else None
    if relation is None or row is None:
        return None
    for part in split(query.where, "and") if query.where is not None else ():
        if isinstance(part, Reference) and row.get(_of_source(part, query.sources[0], relation) or "-") is True:
            continue
        if not isinstance(part, Operation) or part.operator not in (*_EQUALS, "is true"):
            return None
        first, *others = (plain(each) for each in part.operands)
        named = (_of_source(each, query.sources[0], relation) for each in (first, *others) if isinstance(each, Reference))
        column = next((each for each in named if each is not None), None)
        if column is None:
            return None
        if column == row[""] and any(_is_caller(each) for each in (first, *others)):
            linked = True
        elif row.get(column) is None or row[column] not in (_constants(others) if others else (True,)):
            return None
    return row if linked else None


def _of_source(reference: Reference, source: Source, relation: Relation) -> str | None:
    """The column of the table that a query asks, and not of the one that the policy is for."""
    *qualified, label = reference.parts
    return label if not qualified or qualified[-1] in (source.alias or relation.name, relation.name) else None


def _target(query: Query) -> str | None:
    target = plain(query.targets[0].value) if len(query.targets) == 1 else None
    return target.parts[-1] if isinstance(target, Reference) else None


def _constants(values: Iterable[Expression]) -> list[str | int | bool | None]:
    found: list[str | int | bool | None] = []
    for value in values:
        each = plain(value)
        items = getattr(each, "items", (each,))
        found += [item.value for one in items if isinstance(item := plain(one), Constant)]
    return found


def _is_caller(expression: Expression) -> bool:
    each = plain(expression)
    return isinstance(each, Invocation) and each.name == Name("auth", "uid") and not each.arguments
