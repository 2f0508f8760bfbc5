"""Takes conditions apart: which of their branches let people through to their own rows, and by which columns."""

from collections.abc import Iterator
from typing import NamedTuple

from msgspec import Struct

from batten.facts.schema import Predicate
from batten.link.schema.access import AccessModel
from batten.link.schema.callers import FRESH, Caller
from batten.link.schema.judgements import clause_of
from batten.link.schema.predicates import Evaluation, PolicyError, Scope
from batten.link.schema.state import PolicyState, Relation
from batten.link.schema.values import FALSE, Need, Open, Value, shape
from batten.parse.postgres.expressions import Cast, Constant, Expression, Operation, Query, Reference, Subquery, walk

_DEEPEST = 20
_HARMLESS = frozenset({Predicate.ALWAYS, Predicate.ANY_AUTHED, Predicate.ROW_FLAG})


class Branch(Struct, frozen=True):
    """One way to pass: the ``parts`` must all hold. ``owners`` are the columns that are compared with the caller."""

    parts: tuple[Expression, ...]
    owners: tuple[str, ...]


def own_branches(model: AccessModel, relation: Relation, policy: PolicyState, part: str) -> list[Branch]:
    """The branches that any account passes for rows that bear its name, and that ask for nothing else: no role, no membership."""
    clause = clause_of(policy, part)
    found: list[Branch] = []
    for branch in split(clause, "or") if clause is not None else ():
        parts = tuple(split(branch, "and"))
        owners: list[str] = []
        for each in parts:
            value = value_of(model, relation, policy, each)
            if isinstance(value, Open) and value.on - {Need.CLOCK} == {Need.ROW, Need.CALLER}:
                owners += own_columns(relation, each)
            elif shape(value) not in _HARMLESS:
                break
        else:
            if owners:
                found.append(Branch(parts, tuple(dict.fromkeys(owners))))
    return found


def value_of(model: AccessModel, relation: Relation, policy: PolicyState, expression: Expression, caller: Caller = FRESH) -> Value:
    """What a part of a policy comes to for a caller, a fresh account as a rule; FALSE where PostgreSQL would refuse."""
    key = ("value of", relation, policy, id(expression), caller)
    known = model.answers.get(key)
    if known is None:
        scope = Scope(((relation.name, relation),), own=True)
        try:
            value = Evaluation(caller, model.sight(policy), scope).value(expression)
        except PolicyError:
            value = FALSE
        known = model.answers[key] = _ValueOf(expression, value)
    return known.value if isinstance(known, _ValueOf) else FALSE


class _ValueOf(NamedTuple):
    """``expression`` is kept beside it, so that no other one gets its ``id``."""

    expression: Expression
    value: Value


def split(expression: Expression, operator: str) -> Iterator[Expression]:
    """The operands of a chain of one operator, in order."""
    stack = [expression]
    while stack:
        each = plain(stack.pop())
        if isinstance(each, Operation) and each.operator == operator:
            stack.extend(reversed(each.operands))
        else:
            yield each


def plain(expression: Expression) -> Expression:
    """Without casts and ``(select …)`` round it."""
    for _ in range(_DEEPEST):
        match expression:
            case Cast(operand, _):
                expression = operand
            case Subquery("scalar", Query(targets=(target,), sources=(), where=None)):
                expression = target.value
            case _:
                break
    return expression


def own_columns(relation: Relation, expression: Expression) -> list[str]:
    """The columns of the policy's own table that an expression names, those in queries too."""
    return [
        column.name
        for each in walk(expression)
        if isinstance(each, Reference)
        and (len(each.parts) == 1 or each.parts[-2] == relation.name)
        and (column := relation.column(each.parts[-1])) is not None
    ]


def is_literal(expression: Expression | None) -> bool:
    """Whether an expression is a constant as it stands."""
    while isinstance(expression, Cast):
        expression = expression.operand
    return isinstance(expression, Constant)
