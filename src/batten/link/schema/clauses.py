"""The conditions of policies while they are looked at: which of them say the same, and what an answer rests on."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from functools import cached_property
from typing import NamedTuple

from batten.link.schema.callers import Caller
from batten.link.schema.outline import names_itself
from batten.link.schema.predicates import PolicyError
from batten.link.schema.state import PolicyState, Relation
from batten.link.schema.values import Value
from batten.parse.postgres.expressions import Expression, Invocation, Opaque, Subquery, walk


class Clause:
    """One condition, with a policy that has it."""

    def __init__(self, policy: PolicyState, expression: Expression) -> None:
        self.policy = policy
        self.expression = expression

    @cached_property
    def names_itself(self) -> bool:
        """Whether it names what callers write about themselves."""
        return names_itself(self.expression)

    def means_the_same_in(self, policy: PolicyState) -> bool:
        """Whether the names in it mean the same in another policy."""
        own = self.policy
        return (
            own.reads == policy.reads
            and own.calls == policy.calls
            and len(own.uses) == len(policy.uses)
            and all(one is other for one, other in zip(own.uses, policy.uses, strict=True))
        )


class Way:
    """What the conditions that are looked at lead to: the tables, and how many of them inside one another."""

    def __init__(self) -> None:
        self.tables: set[Relation] = set()
        self.deepest = 0

    def extend(self, tables: Iterable[Relation], depth: int) -> None:
        """Further tables."""
        self.tables.update(tables)
        self.deepest = max(self.deepest, depth)


class Passed(NamedTuple):
    """What a clause comes to, and the tables that this rests on, so many of them inside one another."""

    value: Value | PolicyError
    tables: frozenset[Relation]
    height: int


class Clauses:
    """The clauses of a database, and what they come to. ``given`` are the ``id`` of relations whose rows hold values that are known; ``without``: those of the same where none are.

    What leads to none of these relations comes to the same in both, and is looked at once.
    """

    def __init__(self, given: AbstractSet[int], without: "Clauses | None" = None) -> None:
        self._given = given
        self._without = without
        self._alike: dict[tuple[Relation, Expression], list[Clause]] = {}
        self._passed: dict[tuple[Clause, Caller], Passed] = {}

    def of(self, relation: Relation, policy: PolicyState, expression: Expression) -> Clause:
        """The clause that says this of a table."""
        if self._without is not None:
            return self._without.of(relation, policy, expression)
        alike = self._alike.setdefault((relation, expression), [])
        for each in alike:
            if each.means_the_same_in(policy):
                return each
        alike.append(Clause(policy, expression))
        return alike[-1]

    def passed(self, clause: Clause, caller: Caller) -> Passed | None:
        """What a clause comes to, where that is known."""
        known = self._passed.get((clause, caller))
        if known is None and self._without is not None:
            known = self._without.passed(clause, caller)
            return known if known is not None and self._is_the_same_without(known) else None
        return known

    def keep(self, clause: Clause, caller: Caller, passed: Passed) -> None:
        """What a clause has come to."""
        if self._without is not None and self._is_the_same_without(passed):
            self._without.keep(clause, caller, passed)
        else:
            self._passed[clause, caller] = passed

    def _is_the_same_without(self, passed: Passed) -> bool:
        return not any(id(table) in self._given for table in passed.tables)


def is_plain(expression: Expression | None) -> bool:
    """Whether an expression is made of constants and columns alone."""
    return expression is not None and not any(isinstance(each, Invocation | Subquery | Opaque) for each in walk(expression))


def has_subquery(expression: Expression) -> bool:
    """Whether a query stands in an expression."""
    return any(isinstance(each, Subquery) for each in walk(expression))
