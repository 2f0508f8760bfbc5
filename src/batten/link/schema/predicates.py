"""Evaluates the conditions of policies for a caller before any row is seen; knows nothing of privileges.

What a condition reads from other tables goes through ``Sight``: which tables this caller sees rows of.
"""

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from batten.link.schema import functions
from batten.link.schema.callers import Caller
from batten.link.schema.results import Rows, among, exists, is_aggregate
from batten.link.schema.state import Relation, Routine
from batten.link.schema.values import (
    FALSE,
    NULL,
    TRUE,
    UNKNOWN,
    Known,
    Need,
    Open,
    Value,
    alike,
    both,
    either,
    is_null,
    is_truth,
    mixed,
    needs,
    opened,
    opposite,
    same,
    truth,
)
from batten.parse.postgres.expressions import (
    Case,
    Cast,
    Constant,
    Expression,
    Invocation,
    Name,
    Opaque,
    Operation,
    Parameter,
    Query,
    Reference,
    Sequence,
    Source,
    Subquery,
)

_DEEPEST_CALLS = 3
_MOST_STEPS = 4000
_COMPARISONS = frozenset({"<", ">", "<=", ">="})
_JSON = frozenset({"->", "->>", "#>", "#>>"})


class PolicyError(Exception):
    """PostgreSQL raises an error in place of an answer: the caller gets nothing. ``endless``: it does so before anything runs. ``unset``: as long as a setting has no value."""

    def __init__(self, message: str, *, endless: bool = False, unset: bool = False) -> None:
        super().__init__(message)
        self.endless = endless
        self.unset = unset


class Sight(Protocol):
    """What a caller sees of other tables and may call."""

    def rows(self, relation: Relation, caller: Caller) -> Value:
        """TRUE-ish where the caller may see rows, FALSE where none; raises PolicyError."""
        ...

    def may_call(self, routine: Routine, caller: Caller) -> bool | None:
        """Whether the caller may execute a function."""
        ...

    def relation(self, name: Name) -> Relation | None:
        """What a name means to the condition."""
        ...

    def routines(self, name: Name) -> tuple[Routine, ...]:
        """The functions a name means to the condition."""
        ...

    def is_set(self, setting: str) -> bool:
        """Whether something may have set what ``current_setting`` is asked for; PostgreSQL refuses to tell what nothing has."""
        ...


class Scope(Struct, frozen=True):
    """The names a condition can use: relations by alias, innermost first; ``values`` are parameters."""

    relations: tuple[tuple[str, "Relation | Query | None"], ...] = ()
    outer: "Scope | None" = None
    own: bool = False
    """The relation is the one the policy stands on: its columns are the row's."""
    values: Mapping[str, Value] = {}
    positions: tuple[Value, ...] = ()


class Evaluation:
    """One evaluation of one condition for one caller. ``definer``: inside a function that runs with its owner's rights."""

    def __init__(
        self, caller: Caller, sight: Sight, scope: Scope, definer: bool = False, calls: int = 0, named: Mapping[str, Query] | None = None
    ) -> None:
        self.caller = caller
        self.sight = sight
        self.scope = scope
        self.definer = definer
        self.calls = calls
        self.named = dict(named or {})
        self.steps = [0]

    def value(self, expression: Expression | None) -> Value:
        """What an expression comes to; every part is looked at, as an error in any of them is an error of the whole."""
        self.steps[0] += 1
        if expression is None or self.steps[0] > _MOST_STEPS:
            return UNKNOWN
        match expression:
            case Constant(value, number):
                return UNKNOWN if number else Known(value)
            case Reference(parts):
                return self._reference(parts)
            case Parameter(number):
                positions = self.scope.positions
                return positions[number - 1] if 0 < number <= len(positions) else UNKNOWN
            case Cast(operand, type_):
                return functions.cast(self.value(operand), type_)
            case Operation():
                return self._operation(expression)
            case Invocation():
                return self._call(expression)
            case Case():
                return self._case(expression)
            case Sequence(items):
                values = [self.value(item) for item in items]
                return mixed(*values, required=True)
            case Subquery():
                return self._subquery(expression)
            case Opaque(_, parts):
                return opened({Need.UNKNOWN, *needs(*(self.value(part) for part in parts))})

    def _reference(self, parts: tuple[str, ...]) -> Value:
        label = parts[-1]
        scope: Scope | None = self.scope
        while scope is not None:
            if len(parts) == 1 and label in scope.values:
                return scope.values[label]
            if parts[1:] and ".".join(parts) in scope.values:
                return scope.values[".".join(parts)]
            for alias, relation in scope.relations:
                if len(parts) > 1 and parts[-2] != alias:
                    continue
                found = self._column(scope, alias, relation, label, qualified=len(parts) > 1)
                if found is not None:
                    return found
            scope = scope.outer
        return functions.keyword(label, self.caller) if len(parts) == 1 else UNKNOWN

    def _column(self, scope: Scope, alias: str, relation: "Relation | Query | None", label: str, qualified: bool) -> Value | None:
        needed = Need.ROW if scope.own else Need.TABLE
        source = f"{'own' if scope.own else id(scope)}.{alias}.{label}"
        if isinstance(relation, Relation):
            column = relation.column(label)
            if column is not None:
                key = column.name in relation.primary_key
                # What people write about themselves, also where it is kept.
                meta = column.name == "raw_user_meta_data" and relation.full == "auth.users"
                return opened({Need.META} if meta else {needed}, required=column.required or key or column.generated, source=source)
            if label in ("*", alias):
                return opened({needed}, required=True)
            return (
                opened({needed}, source=source)
                if (qualified or scope.own) and not relation.complete
                else opened({Need.UNKNOWN})
                if qualified
                else None
            )
        if isinstance(relation, Query):
            targets = {
                target.alias or (target.value.parts[-1] if isinstance(target.value, Reference) else "") for target in relation.targets
            }
            return opened({Need.TABLE}, source=source) if label in targets or "*" in targets or qualified else None
        return opened({Need.TABLE, Need.UNKNOWN}) if qualified else None

    def _operation(self, operation: Operation) -> Value:
        values = [self.value(operand) for operand in operation.operands]
        match operation.operator:
            case "and":
                return both(values)
            case "or":
                return either(values)
            case "not":
                return opposite(values[0])
            case "=":
                return same(values[0], values[1])
            case "<>":
                return opposite(same(values[0], values[1]))
            case "is null":
                return is_null(values[0])
            case "is not null":
                return opposite(is_null(values[0]))
            case "is not distinct from":
                return alike(values[0], values[1])
            case "is distinct from":
                return opposite(alike(values[0], values[1]))
            case "is true" | "is false" | "is unknown":
                return is_truth(values[0], {"true": True, "false": False, "unknown": None}[operation.operator[3:]])
            case "is not true" | "is not false" | "is not unknown":
                return opposite(is_truth(values[0], {"true": True, "false": False, "unknown": None}[operation.operator[7:]]))
            case "in":
                return either(same(values[0], other) for other in values[1:])
            case "not in":
                return both(opposite(same(values[0], other)) for other in values[1:])
            case "between":
                return both([functions.ordered(">=", values[0], values[1]), functions.ordered("<=", values[0], values[2])])
            case "any =" | "all =" | "all <>" | "any <>":
                return self._against_array(operation.operator, values[0], operation.operands[1], values[1])
            case operator if operator in _COMPARISONS:
                return functions.ordered(operator, values[0], values[1])
            case operator if operator in _JSON:
                return functions.member(self.caller, values[0], values[1])
            case "||":
                return functions.joined(values)
            case _:
                return NULL if NULL in values else mixed(*values)

    def _against_array(self, operator: str, left: Value, array: Expression, value: Value) -> Value:
        while isinstance(array, Cast):
            array = array.operand
        if isinstance(array, Sequence):
            items = [same(left, self.value(item)) for item in array.items]
        elif isinstance(array, Constant) and isinstance(array.value, str):
            items = [same(left, Known(item.strip().strip('"'))) for item in array.value.strip("{}").split(",") if item.strip()]
        else:
            return NULL if NULL in (left, value) else mixed(left, value)
        if operator.endswith("<>"):
            items = [opposite(item) for item in items]
        return either(items) if operator.startswith("any") else both(items)

    def _case(self, case: Case) -> Value:
        subject = None if case.subject is None else self.value(case.subject)
        result = self.value(case.otherwise)
        for when, then in reversed(case.branches):
            test = self.value(when)
            condition = test if subject is None else same(subject, test)
            value = self.value(then)
            if isinstance(condition, Known):
                result = value if truth(condition) else result
            elif _boolean(value) and _boolean(result):
                passed = both([condition, value])
                # Where the condition is null the next branch counts, so its opposite is taken for true then.
                result = either([passed, both([opposite(Open(condition.on, condition.can, required=True)), result])])
            else:
                result = mixed(condition, value, result)
        return result

    def _call(self, call: Invocation) -> Value:
        values = [self.value(argument) for argument in call.arguments]
        self._check_setting(call, values)
        if call.name.schema in (None, "auth", "pg_catalog", "extensions", "storage") and call.plain:
            found = functions.call(call.name, values, self.caller)
            if found is not None:
                return found
        routine = self._routine(call.name, len(values))
        if routine is None:
            return opened({Need.UNKNOWN, *needs(*values)})
        allowed = True if self.definer else self.sight.may_call(routine, self.caller)
        if allowed is False:
            raise PolicyError(f"{routine.schema}.{routine.name} may not be called")
        if routine.made.strict and NULL in values:
            return NULL
        if routine.result is None or allowed is None or self.calls >= _DEEPEST_CALLS:
            return opened({Need.UNKNOWN, *needs(*values)})
        inner = Evaluation(self.caller, self.sight, parameters(routine, values), self.definer or routine.definer, self.calls + 1)
        inner.steps = self.steps
        result = inner.value(routine.result)
        if routine.made.returns.startswith(("setof", "table")):
            return opened({Need.TABLE, *needs(result)})
        return result

    def _check_setting(self, call: Invocation, values: list[Value]) -> None:
        """Raises PolicyError for ``current_setting`` of what nothing has set."""
        if call.name.name != "current_setting" or call.name.schema not in (None, "pg_catalog"):
            return
        match values:
            case [Known(str(setting))] | [Known(str(setting)), Known(False)] if not self.sight.is_set(setting):
                raise PolicyError(f"the setting {setting} is not there", unset=True)

    def _routine(self, name: Name, arguments: int) -> Routine | None:
        found = [
            routine
            for routine in self.sight.routines(name)
            if sum(not parameter.optional for parameter in routine.made.parameters) <= arguments <= len(routine.made.parameters)
        ]
        return found[0] if len(found) == 1 else None

    def _subquery(self, subquery: Subquery) -> Value:
        operand = None if subquery.operand is None else self.value(subquery.operand)
        found = self.query(subquery.query)
        if subquery.query.others:
            branches = [self.query(other) for other in subquery.query.others]
            values = [self._used(subquery, operand, each) for each in (found, *branches)]
            return either(values) if subquery.use in ("exists", "in", "any") else mixed(*values)
        return self._used(subquery, operand, found)

    def _used(self, subquery: Subquery, operand: Value | None, found: Rows) -> Value:
        match subquery.use:
            case "exists":
                return exists(found)
            case "in" | "any" if subquery.operator == "=" and operand is not None:
                return among(operand, found)
            case "not in" if operand is not None:
                return opposite(among(operand, found))
            case "scalar":
                return found.single()
            case _:
                return mixed(
                    *([operand] if operand is not None else []),
                    found.value,
                    found.condition,
                    *([opened({Need.TABLE})] if found.reads else []),
                )

    def query(self, query: Query) -> Rows:
        """What a query gives."""
        if not query.understood:
            return Rows(UNKNOWN, UNKNOWN, TRUE, reads=True, counts=False)
        named = {**self.named, **dict(query.named)}
        relations: list[tuple[str, Relation | Query | None]] = []
        visible: list[Value] = []
        for source in query.sources:
            relation, seen = self._source(source, named)
            relations.append((source.alias or "", relation))
            visible.append(TRUE if source.outer and seen == FALSE else seen)
        inner = Evaluation(self.caller, self.sight, Scope(tuple(relations), self.scope), self.definer, self.calls, named)
        inner.steps = self.steps
        condition = TRUE if query.where is None else inner.value(query.where)
        first = inner.value(query.targets[0].value) if query.targets else NULL
        for target in query.targets[1:]:
            inner.value(target.value)
        counts = bool(query.targets) and is_aggregate(query.targets[0].value)
        return Rows(first, condition, both(visible), bool(query.sources), counts)

    def _source(self, source: Source, named: Mapping[str, Query]) -> tuple["Relation | Query | None", Value]:
        if source.query is not None:
            return source.query, exists(self.query(source.query))
        if source.function is not None:
            value = self.value(source.function)
            return None, opened({Need.UNKNOWN, *needs(value)})
        if source.name is None:
            return None, UNKNOWN
        if source.name.schema is None and source.name.name in named:
            return named[source.name.name], exists(self.query(named[source.name.name]))
        relation = self.sight.relation(source.name)
        if relation is None:
            return None, UNKNOWN
        return relation, TRUE if self.definer else self.sight.rows(relation, self.caller)


def _boolean(value: Value) -> bool:
    return isinstance(value, Open) or value.value is None or isinstance(value.value, bool)


def parameters(routine: Routine, values: list[Value]) -> Scope:
    """The parameters of a function by name and by position; those left out have defaults that are not known."""
    named: dict[str, Value] = {}
    positions: list[Value] = []
    for at, parameter in enumerate(routine.made.parameters):
        value = values[at] if at < len(values) else UNKNOWN
        positions.append(value)
        if parameter.name is not None:
            named[parameter.name] = value
            named[f"{routine.name}.{parameter.name}"] = value
    return Scope(values=named, positions=tuple(positions))
