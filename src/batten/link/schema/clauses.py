"""The conditions of policies while they are looked at: which of them say the same, and what an answer rests on."""

from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

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


def is_plain(expression: Expression | None) -> bool:
    """Whether an expression is made of constants and columns alone."""
    return expression is not None and not any(isinstance(each, Invocation | Subquery | Opaque) for each in walk(expression))


def has_subquery(expression: Expression) -> bool:
    """Whether a query stands in an expression."""
    return any(isinstance(each, Subquery) for each in walk(expression))
