"""Writes expressions as SQL again, short enough for a sentence."""

from batten.parse.postgres.expressions import Cast, Constant, Expression, Invocation, Operation, Query, Reference, Subquery

_DEEPEST = 3


def bare(expression: Expression) -> Expression:
    """Without casts round it."""
    while isinstance(expression, Cast):
        expression = expression.operand
    return expression


def written(expression: Expression, depth: int = 0) -> str:
    """An expression as SQL, long ones cut."""
    expression = bare(expression)
    if depth > _DEEPEST:
        return "…"
    match expression:
        case Constant(value):
            return f"'{value}'" if isinstance(value, str) else "null" if value is None else str(value).lower()
        case Reference(parts):
            return ".".join(parts)
        case Invocation(name, arguments):
            return f"{name}({', '.join(written(argument, depth + 1) for argument in arguments)})"
        case Operation(operator, (operand,)):
            return f"{operator} {written(operand, depth + 1)}" if operator == "not" else f"{written(operand, depth + 1)} {operator}"
        case Operation(operator, operands):
            return f" {operator} ".join(written(operand, depth + 1) for operand in operands)
        case Subquery("exists"):
            return "exists (select …)"
        case Subquery(_, Query(targets=(target, *_))):
            return f"(select {written(target.value, depth + 1)})"
        case _:
            return "…"
