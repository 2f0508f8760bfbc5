"""Finds comparisons that PostgreSQL has no operator for: a text with a value of an enumerated type, a key with a text."""

from collections.abc import Iterator, Mapping

from batten.link.schema.columns import Clauses, References, Scopes, column_of
from batten.link.schema.state import Database
from batten.link.schema.type_families import differ, family, may_be
from batten.parse.postgres.expressions import Cast, Constant, Expression, Invocation, Name, Operation, Reference, Sequence, Subquery, walk

_COMPARED = frozenset({"=", "<>", "<", ">", "<=", ">="})
_ONE_BY_ONE = frozenset({"in", "not in"})
_TRUTHS = frozenset(
    {"and", "or", "not", "is null", "is not null", "is true", "is not true", "is false", "is not false", *_COMPARED, *_ONE_BY_ONE}
)
_CALLS = {
    Name("auth", "uid"): "uuid", Name("auth", "role"): "text", Name("auth", "email"): "text", Name("auth", "jwt"): "jsonb", Name(None, "current_setting"): "text",
    Name(None, "lower"): "text", Name(None, "upper"): "text", Name(None, "split_part"): "text", Name(None, "now"): "day", Name(None, "gen_random_uuid"): "uuid",
}  # fmt: skip


def impossible(database: Database, clauses: Clauses, named: References, parameters: Mapping[str, str] | None = None) -> bool:
    """Whether conditions or queries compare values of two families of types, or name a value that an enumerated type does not have.

    ``named`` are their names of columns, as ``columns.references`` gives them; ``parameters`` those of the function that they are the body of, with their types.
    """
    kinds = _Kinds(database, named, parameters or {})
    pairs = [pair for clause in clauses if clause is not None for pair in _compared(clause)]
    if any(differ(kinds.of(left), kinds.of(right)) for left, right in pairs):
        return True
    if not database.enums:
        return False
    named_values = [
        *pairs,
        *((right, left) for left, right in pairs),
        *(cast for clause in clauses if clause is not None for cast in _cast(clause)),
    ]
    return any(
        isinstance(value, Constant)
        and isinstance(value.value, str)
        and not value.number
        and not may_be(database, kinds.of(one), value.value)
        for one, value in named_values
    )


def _cast(clause: Expression) -> Iterator[tuple[Expression, Expression]]:
    """All values that are cast, with the cast."""
    return ((each, each.operand) for each in walk(clause) if isinstance(each, Cast))


def _compared(clause: Expression) -> Iterator[tuple[Expression, Expression]]:
    """All pairs that are compared."""
    for each in walk(clause):
        match each:
            case Operation(operator, (left, right)) if operator in _COMPARED:
                yield left, right
            case Operation(operator, (left, *others)) if operator in _ONE_BY_ONE:
                yield from ((left, other) for other in others)
            case Operation("any =" | "all <>", (left, Sequence(items, False))):
                yield from ((left, item) for item in items)
            case Subquery("in" | "not in" | "any", query, operand) if operand is not None and len(query.targets) == 1:
                yield operand, query.targets[0].value
            case _:
                pass


class _Kinds:
    """The families of the values in conditions."""

    def __init__(self, database: Database, named: References, parameters: Mapping[str, str]) -> None:
        self.database = database
        self.parameters = parameters
        self._named = named
        self._scopes: dict[int, Scopes] | None = None

    def of(self, expression: Expression) -> str | None:
        """``text``, ``uuid`` and so on; None where it cannot be told, and for literals in quotes, which become what they are compared with."""
        match expression:
            case Reference():
                return self._column(expression)
            case Cast(_, type_):
                return family(self.database, type_)
            case Constant(bool()):
                return "boolean"
            case Constant(int()):
                return "number"
            case Operation("->>" | "#>>", _):
                return "text"
            case Operation("->" | "#>", (left, _)):
                return "jsonb" if self.of(left) == "jsonb" else None
            case Operation(operator, _) if operator in _TRUTHS:
                return "boolean"
            case Invocation(name, arguments):
                return self._result(name, len(arguments))
            case Subquery("scalar", query) if len(query.targets) == 1:
                return self.of(query.targets[0].value)
            case Subquery("exists", _):
                return "boolean"
            case _:
                return None

    def _column(self, reference: Reference) -> str | None:
        if self._scopes is None:
            self._scopes = {id(each): scopes for each, scopes in self._named}
        scopes = self._scopes.get(id(reference), ())
        column = column_of(reference, scopes)
        if column is not None:
            return family(self.database, column.type)
        known = all(place is not None and place.complete for scope in scopes for _, place in scope)
        return family(self.database, self.parameters.get(reference.parts[-1], "")) if known else None

    def _result(self, name: Name, arguments: int) -> str | None:
        known = _CALLS.get(name)
        if known is not None:
            return known
        made = [routine.made for routine in self.database.routines_named(name)]
        types = {each.returns for each in made}
        if len(types) != 1 or arguments > max(len(each.parameters) for each in made):
            return None
        return family(self.database, types.pop())
