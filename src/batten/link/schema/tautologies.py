"""Finds conditions that look like one and decide nothing: constants, columns compared with themselves, and names that mean another column than they seem to.

Inside a query a bare name is a column of the query's own tables first: ``members.team_id = team_id`` compares ``members.team_id`` with itself
(https://www.postgresql.org/docs/current/sql-select.html). Queries inside queries are not looked into.
"""

from collections.abc import Iterator

from msgspec import Struct

from batten.facts.schema import Predicate
from batten.link.schema.access import AccessModel
from batten.link.schema.callers import ANON, FRESH
from batten.link.schema.judgements import clause_of
from batten.link.schema.predicates import Evaluation, PolicyError, Scope
from batten.link.schema.privileges import VERBS
from batten.link.schema.state import PolicyState, Relation
from batten.link.schema.values import shape
from batten.link.schema.written import bare, written
from batten.parse.postgres.expressions import (
    Constant,
    Expression,
    Invocation,
    Operation,
    Parameter,
    Query,
    Reference,
    Sequence,
    Subquery,
    walk,
)

_EQUALS = frozenset({"=", "is not distinct from", "<=", ">="})
_DEEPEST = 20
# Each part is held against all others.
_MOST_PARTS = 40
_OPEN = frozenset({Predicate.ALWAYS, Predicate.ANY_AUTHED})


class Tautology(Struct, frozen=True):
    """``text``: the part that is always true, with the names as the server understands them; ``verbs``: those it opens; ``captured``: a name means another column than it seems to."""

    text: str
    verbs: tuple[str, ...]
    predicate: Predicate
    captured: bool = False


def tautology(model: AccessModel, relation: Relation, policy: PolicyState) -> Tautology | None:
    """The first part of a policy's conditions that decides nothing, where nothing else decides either."""
    found: list[tuple[str, Predicate, bool, str]] = []
    for verb in VERBS:
        if policy.command not in ("all", verb):
            continue
        part = "check" if verb == "insert" else "using"
        clause = clause_of(policy, part)
        if clause is None or model.narrowed(relation, FRESH, verb, part):
            continue
        hole = _Holes(model, relation, policy).first(clause, part)
        if hole is not None:
            found.append((*hole, verb))
    if not found:
        return None
    text, predicate, captured, _ = found[0]
    return Tautology(text, tuple(hole[3] for hole in found), predicate, captured)


class _Holes:
    """The search in one policy."""

    def __init__(self, model: AccessModel, relation: Relation, policy: PolicyState) -> None:
        self.relation = relation
        self.policy = policy
        self.model = model

    def first(self, clause: Expression, part: str) -> tuple[str, Predicate, bool] | None:
        """Text, what it takes to pass, and whether a name is captured."""
        if _is_literal(clause):
            return None
        predicate = self._shape(clause, part)
        if predicate in _OPEN:
            same = next(self._same(clause), None)
            if same is not None:
                return same, predicate, False
            constant = _constant(clause) if predicate is Predicate.ALWAYS else None
            return (constant, predicate, False) if constant is not None else None
        captured = next(self._captured(clause, 0), None)
        return (captured, Predicate.ROLE_BOUND, True) if captured is not None else None

    def _shape(self, clause: Expression, part: str) -> Predicate | None:
        callers = [caller for caller in (ANON, FRESH) if self.model.rights.applies(self.policy, caller.role)]
        shapes = []
        for caller in callers:
            try:
                shapes.append(shape(self.model.passes(self.relation, self.policy, caller, part)))
            except PolicyError:
                shapes.append(Predicate.NEVER)
        if shapes and all(each is Predicate.ALWAYS for each in shapes) and callers[0] is ANON:
            return Predicate.ALWAYS
        if Predicate.ALWAYS in shapes:
            return Predicate.ANY_AUTHED if self._asks(clause) else Predicate.ALWAYS
        return None

    def _asks(self, clause: Expression) -> bool:
        return any(isinstance(each, Invocation) for each in walk(clause))

    def _same(self, clause: Expression) -> Iterator[str]:
        """Comparisons of something with itself, outside of queries."""
        stack: list[Expression] = [clause]
        while stack:
            each = bare(stack.pop())
            match each:
                case Operation(operator, (left, right)) if operator in _EQUALS and self._alike(left, right):
                    yield f"{written(left)} {operator} {written(right)}"
                case Operation("any =" | "in", (left, *others)) if any(self._among(left, other) for other in others):
                    yield f"{written(left)} in ({written(left)})"
                case Operation("and" | "or", operands):
                    stack.extend(reversed(operands))
                case Subquery("scalar", query) if not query.sources and len(query.targets) == 1:
                    stack.append(query.targets[0].value)
                case _:
                    pass

    def _among(self, left: Expression, other: Expression) -> bool:
        other = bare(other)
        return any(self._alike(left, item) for item in other.items) if isinstance(other, Sequence) else self._alike(left, other)

    def _alike(self, left: Expression, right: Expression) -> bool:
        left, right = _unwrapped(left), _unwrapped(right)
        match left, right:
            case Reference(one), Reference(two):
                return one[-1] == two[-1] and {*one[:-1], *two[:-1]} <= {self.relation.name, self.relation.schema}
            case Invocation(name, (), True), Invocation():
                return left == right and name.schema == "auth"
            case Operation("->>" | "->"), Operation():
                return left == right
            case _:
                return False

    def _captured(self, expression: Expression, depth: int, names: frozenset[str] | None = None) -> Iterator[str]:
        """Queries that hold a column compared with itself and nothing that ties them to the row, where nothing beside them does.

        ``names``: inside a function of SQL, its parameters, which stand for the row there; columns go before them, too
        (https://www.postgresql.org/docs/current/xfunc-sql.html).
        """
        expression = bare(expression)
        if depth > _DEEPEST:
            return
        match expression:
            case Operation("and", operands) if len(operands) <= _MOST_PARTS:
                for at, operand in enumerate(operands):
                    if names is not None or not any(self._binds(other) for other in operands[:at] + operands[at + 1 :]):
                        yield from self._captured(operand, depth + 1, names)
            case Operation("or", operands) | Operation("=" | ">" | ">=" | "<>" | "any =", operands):
                for operand in operands:
                    yield from self._captured(operand, depth + 1, names)
            case Subquery(use, query, operand) if use in ("exists", "in", "any", "scalar") and not query.others:
                text = self._in_query(query, operand, names)
                if text is not None:
                    yield text
            case Invocation(name, arguments) if names is None and any(self._is_own(argument) for argument in arguments):
                for routine in self.model.sight(self.policy).routines(name):
                    if routine.made.language == "sql" and routine.result is not None:
                        named = frozenset(parameter.name for parameter in routine.made.parameters if parameter.name is not None)
                        yield from self._captured(routine.result, depth + 1, named)
            case _:
                pass

    def _binds(self, expression: Expression) -> bool:
        scope = Scope(((self.relation.name, self.relation),), own=True)
        try:
            found = shape(Evaluation(FRESH, self.model.sight(self.policy), scope).value(expression))
        except PolicyError:
            return True
        return found not in (Predicate.ALWAYS, Predicate.ANY_AUTHED, Predicate.ROW_FLAG)

    def _in_query(self, query: Query, operand: Expression | None, names: frozenset[str] | None) -> str | None:
        sources = self._sources(query)
        if sources is None or query.where is None or not query.understood:
            return None
        text = None
        rest: list[Expression] = [] if operand is None else [operand]
        for conjunct in _conjuncts(query.where):
            itself = _itself(conjunct, sources)
            if itself is None:
                rest.append(conjunct)
            elif self._seems_outer(conjunct, names):
                text = text or f"{itself} = {itself}"
        if text is None:
            return self._within(rest, sources, names)
        if any(self._ties(each, sources) for part in rest for each in walk(part)):
            return None
        return text

    def _within(self, parts: list[Expression], sources: dict[str, Relation], names: frozenset[str] | None) -> str | None:
        """The same of one query inside, where nothing beside it ties the row."""
        inner = [part for part in parts if isinstance(part, Subquery) and part.use == "exists" and not part.query.others]
        beside = [part for part in parts if part not in inner]
        if len(inner) != 1 or any(self._ties(each, sources) for part in beside for each in walk(part)):
            return None
        return self._in_query(inner[0].query, None, names)

    def _sources(self, query: Query) -> dict[str, Relation] | None:
        """The tables of a query by alias; None where one is not known through and through."""
        found = {}
        for source in query.sources:
            relation = self.model.sight(self.policy).relation(source.name) if source.name is not None else None
            if relation is None or not relation.complete or relation.ghost or source.columns:
                return None
            found[source.alias or relation.name] = relation
        return found or None

    def _seems_outer(self, conjunct: Expression, names: frozenset[str] | None) -> bool:
        """A bare name in it is also a column of the policy's own table, or a parameter."""
        return any(
            isinstance(each, Reference)
            and len(each.parts) == 1
            and (self.relation.column(each.parts[0]) is not None if names is None else each.parts[0] in names)
            for each in walk(conjunct)
        )

    def _is_own(self, expression: Expression) -> bool:
        """Whether it is a column of the row."""
        expression = bare(expression)
        return isinstance(expression, Reference) and self.relation.column(expression.parts[-1]) is not None

    def _ties(self, expression: Expression, sources: dict[str, Relation]) -> bool:
        """Whether a part of a query is of the row, or of a parameter."""
        return isinstance(expression, Parameter) or (isinstance(expression, Reference) and self._outer(expression, sources))

    def _outer(self, reference: Reference, sources: dict[str, Relation]) -> bool:
        """Whether a name means a column of the policy's table."""
        if len(reference.parts) > 1:
            return reference.parts[-2] not in sources
        return all(relation.column(reference.parts[0]) is None for relation in sources.values()) or not sources


def _itself(conjunct: Expression, sources: dict[str, Relation]) -> str | None:
    """The column that a comparison compares with itself."""
    match conjunct:
        case Operation("=" | "is not distinct from", (left, right)):
            one, two = _resolved(bare(left), sources), _resolved(bare(right), sources)
            return one if one is not None and one == two else None
        case _:
            return None


def _resolved(expression: Expression, sources: dict[str, Relation]) -> str | None:
    if not isinstance(expression, Reference):
        return None
    label = expression.parts[-1]
    if len(expression.parts) > 1:
        alias = expression.parts[-2]
        return f"{alias}.{label}" if alias in sources and sources[alias].column(label) is not None else None
    having = [alias for alias, relation in sources.items() if relation.column(label) is not None]
    return f"{having[0]}.{label}" if len(having) == 1 else None


def _conjuncts(expression: Expression) -> list[Expression]:
    found, stack = [], [expression]
    while stack:
        each = bare(stack.pop())
        if isinstance(each, Operation) and each.operator == "and":
            stack.extend(each.operands)
        else:
            found.append(each)
    return found


def _unwrapped(expression: Expression) -> Expression:
    """Without casts and ``(select …)`` round it."""
    for _ in range(_DEEPEST):
        expression = bare(expression)
        match expression:
            case Subquery("scalar", Query(targets=(target,), sources=())):
                expression = target.value
            case _:
                break
    return expression


def _is_literal(clause: Expression) -> bool:
    return isinstance(bare(clause), Constant)


def _constant(clause: Expression) -> str | None:
    """Constants that make a whole: of those that ask for nothing."""
    clause = bare(clause)
    match clause:
        case Operation("or", operands) if any(_is_literal(operand) for operand in operands):
            return f"{written(clause)}"
        case _ if not any(isinstance(each, Invocation | Reference) for each in walk(clause)):
            return f"{written(clause)}"
        case _:
            return None
