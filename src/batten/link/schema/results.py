"""What a query inside a condition gives to what stands round it; knows nothing of tables."""

from msgspec import Struct

from batten.link.schema.values import (
    FALSE,
    NULL,
    TRUE,
    Known,
    Need,
    Open,
    Value,
    both,
    is_truth,
    mixed,
    needs,
    opened,
    same,
    truth,
)
from batten.parse.postgres.expressions import (
    Cast,
    Expression,
    Invocation,
    Operation,
)

_AGGREGATES = frozenset({"count", "sum", "max", "min", "bool_or", "bool_and", "every", "array_agg", "avg", "string_agg", "jsonb_agg"})


class Rows(Struct, frozen=True):
    """What a query gives: the value of its first column, its condition, whether the caller sees rows at all, whether it reads tables, and whether it counts them."""

    value: Value
    condition: Value
    visible: Value
    reads: bool
    counts: bool

    def single(self) -> Value:
        """As a value: null where there is no row."""
        if self.counts:
            return opened({Need.TABLE, *needs(self.condition, self.visible)}, required=True) if self.reads else self.value
        some = exists(self)
        if isinstance(some, Known):
            return self.value if truth(some) else NULL
        if isinstance(self.value, Known):
            # ``(select true from t where …)``: a row, or null.
            return Open(some.on, some.can) if truth(self.value) else opened(some.on)
        return opened({*some.on, *self.value.on})


def exists(rows: Rows) -> Value:
    """EXISTS."""
    if not rows.reads:
        return TRUE if rows.counts else is_truth(rows.condition, True)
    if rows.counts:
        return TRUE
    for each in (rows.visible, rows.condition):
        if isinstance(each, Known) and not truth(each):
            return FALSE
    on = needs(rows.condition, rows.visible)
    return Open(on | {Need.TABLE}, opened(on).can, required=True)


def among(operand: Value, rows: Rows) -> Value:
    """IN (query)."""
    some = exists(rows)
    if isinstance(some, Known) and not truth(some):
        return FALSE
    if not rows.reads:
        return both([rows.condition, same(operand, rows.value)])
    if NULL in (operand, rows.value):
        return NULL
    return mixed(operand, rows.value, some)


def is_aggregate(expression: Expression) -> bool:
    """Whether a result column is an aggregate, which gives a row whatever there is."""
    stack = [expression]
    while stack:
        match stack.pop():
            case Invocation(name, arguments):
                if name.schema is None and name.name in _AGGREGATES:
                    return True
                stack.extend(arguments)
            case Operation(_, operands):
                stack.extend(operands)
            case Cast(operand, _):
                stack.append(operand)
            case _:
                pass
    return False
