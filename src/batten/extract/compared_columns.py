"""Which columns of rows a test compares, and with what; knows nothing of where the rows are kept."""

from collections.abc import Container, Iterator

from batten.code.model import Attribute, Call, Expression, Lambda, Literal, Name, Operation
from batten.code.parts import bound_parameters, expressions, statement_expressions, walked

_MOST_STEPS = 12


def compared(test: Expression, own: Container[str] | None = None) -> Iterator[tuple[str, str, Expression, bool]]:
    """``row["id"] == key``: the name of the row (one of ``own``), the column, what it is compared with, and whether it has to be that."""
    pending = [test]
    while pending:
        part = pending.pop()
        match part:
            case Operation(operator="==" | "!=" as operator, operands=(one, other)):
                for side, value in ((one, other), (other, one)):
                    column = _column(side)
                    if column is not None and (own is None or column[0] in own):
                        yield *column, value, operator == "=="
                        break
            case _:
                pending += reversed(expressions(part))


def _column(node: Expression) -> tuple[str, str] | None:
    for _ in range(_MOST_STEPS):
        match node:
            case Call(callee=Name(id="str" | "int" | "String" | "Number" | "parseInt"), args=(inner, *_)):
                node = inner
            case Call(callee=Attribute(value=inner, name="astype" | "lower" | "strip" | "upper" | "toString" | "toLowerCase" | "trim")):
                node = inner
            case Attribute(value=Name(id=name), name=column) if name not in ("request", "session", "self", "g", "current_user"):
                return name, column
            case Call(callee=Attribute(value=Name(id=name), name="get"), args=(Literal(value=str(column)), *_)):
                return name, column
            case _:
                return None
    return None


def tested(test: Lambda) -> Iterator[tuple[str, Expression, bool]]:
    """``lambda row: row["id"] == key``: the column, what it is compared with, and whether it has to be that."""
    own = {name for name, _ in bound_parameters(test.function)}
    for statement in walked(test.function.body):
        for part in statement_expressions(statement):
            yield from ((column, value, equal) for _, column, value, equal in compared(part, own))
