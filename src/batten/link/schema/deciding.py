"""Finds the tables that policies and functions ask what a caller may do, and the columns that say it.

``exists (select 1 from members m where m.user_id = auth.uid() and m.team_id = docs.team_id and m.role = 'owner')``:
``members`` decides, by ``team_id`` and ``role``.
"""

from collections.abc import Iterator

from msgspec import Struct

from batten.finding import Step
from batten.link.schema.access import AccessModel
from batten.link.schema.ownership import plain, split
from batten.link.schema.private_names import words
from batten.link.schema.sensitivity import owner_columns
from batten.link.schema.state import PolicyState, Relation
from batten.parse.postgres.expressions import (
    Constant,
    Expression,
    Invocation,
    Name,
    Operation,
    Parameter,
    Query,
    Reference,
    Sequence,
    Subquery,
    walk,
)

_YES_OR_NO = frozenset({"bool", "boolean"})
_DEEPEST_CALLS = 2
_MOST_STEPS = 2
_COMPARES = frozenset({"=", "in", "any =", ">=", ">", "is true", "is not distinct from"})
_OF_PEOPLE = frozenset({"user", "users", "profile", "profiles", "account", "accounts", "employee", "employees", "staff", "admins"})
_ROLE_WORDS = frozenset(
    {"role", "roles", "permission", "permissions", "level", "admin", "staff", "moderator", "status", "type", "tier", "plan"}
)


class Deciding(Struct, frozen=True):
    """The columns of one table that decide: ``roles`` what the caller is, ``groups`` where he belongs; ``steps`` show where they are asked."""

    roles: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    steps: tuple[Step, ...] = ()

    @property
    def columns(self) -> frozenset[str]:
        """All of them."""
        return self.roles | self.groups


def deciding(model: AccessModel) -> dict[str, Deciding]:
    """The tables by full name."""
    found: dict[str, Deciding] = {}
    for relation in model.database.tables():
        for policy in relation.policies.values():
            for clause in (policy.using, policy.check):
                if clause is not None:
                    step = Step(policy.place, f"a policy on {relation.full} decides by it here")
                    _collect(model, policy, clause, step, found)
    return found | {name: each for name, each in _answered(model).items() if name not in found}


def _answered(model: AccessModel) -> dict[str, Deciding]:
    """The tables by which functions say what somebody is, which policies made by hand ask, or the server."""
    found: dict[str, Deciding] = {}
    asks = next((policy for relation in model.database.tables() for policy in relation.policies.values()), None)
    for routines in model.database.routines.values() if asks is not None else ():
        for routine in routines:
            if asks is not None and routine.definer and routine.made.returns in _YES_OR_NO and routine.result is not None:
                _collect(model, asks, routine.result, Step(routine.place, f"{routine.full} decides by it here"), found)
    return {name: Deciding(each.roles, steps=each.steps) for name, each in found.items() if each.roles}


def _collect(model: AccessModel, policy: PolicyState, clause: Expression, step: Step, found: dict[str, Deciding]) -> None:
    stack: list[tuple[Expression, int]] = [(clause, 0)]
    seen: set[int] = set()
    while stack:
        expression, depth = stack.pop()
        for each in walk(expression):
            if isinstance(each, Subquery):
                for source, roles, groups in _asked(model, policy, each):
                    if roles or groups:
                        _add(found, source, roles, groups, step)
            elif isinstance(each, Invocation) and depth < _DEEPEST_CALLS:
                for routine in model.sight(policy).routines(each.name):
                    if routine.result is not None and id(routine) not in seen:
                        seen.add(id(routine))
                        stack.append((routine.result, depth + 1))


def _add(found: dict[str, Deciding], relation: Relation, roles: frozenset[str], groups: frozenset[str], step: Step) -> None:
    known = found.get(relation.full, Deciding())
    steps = known.steps if step in known.steps or len(known.steps) >= _MOST_STEPS else (*known.steps, step)
    found[relation.full] = Deciding(known.roles | roles, known.groups | groups, steps)


def _asked(model: AccessModel, policy: PolicyState, subquery: Subquery) -> Iterator[tuple[Relation, frozenset[str], frozenset[str]]]:
    """What one query asks of each of its tables that it binds to the caller."""
    query = subquery.query
    sources = _sources(model, policy, query)
    parts = list(split(query.where, "and")) if query.where is not None else []
    for alias, relation in sources.items():
        people = _people(relation)
        roles: set[str] = set()
        groups: set[str] = set()
        linked = False
        for part in parts:
            column, others = _comparison(part, alias, relation, sources)
            if column is None:
                continue
            if column in people:
                linked = linked or any(_is_of_caller(other) for other in others)
            elif all(_is_fixed(other) for other in others) and (_ROLE_WORDS.intersection(words(column)) or not others):
                roles.add(column)
            elif any(_is_outer(other, sources) for other in others):
                (roles if _ROLE_WORDS.intersection(words(column)) else groups).add(column)
        target = _target(query, alias, relation, sources)
        if target is not None and subquery.use in ("scalar", "in", "any"):
            if target in people:
                linked = linked or (subquery.operand is not None and _is_of_caller(subquery.operand))
            else:
                (roles if _ROLE_WORDS.intersection(words(target)) else groups).add(target)
        if linked:
            yield relation, frozenset(roles), frozenset(groups - set(relation.primary_key if len(relation.primary_key) == 1 else ()))


def _sources(model: AccessModel, policy: PolicyState, query: Query) -> dict[str, Relation]:
    found = {}
    for source in query.sources:
        relation = model.sight(policy).relation(source.name) if isinstance(source.name, Name) else None
        if relation is not None:
            found[source.alias or relation.name] = relation
    return found


def _people(relation: Relation) -> frozenset[str]:
    """The columns that name the caller: the owner's, and the key of a table whose rows are people."""
    linked = {column.name for column in relation.columns.values() if column.references is not None and column.references.schema == "auth"}
    named = {label for label in owner_columns(relation) if not label.startswith(("org", "team", "tenant", "workspace", "company"))}
    keys = set(relation.primary_key) if len(relation.primary_key) == 1 and _OF_PEOPLE.intersection(words(relation.name)) else set()
    return frozenset(linked | named | keys)


def _comparison(
    part: Expression, alias: str, relation: Relation, sources: dict[str, Relation]
) -> tuple[str | None, tuple[Expression, ...]]:
    """The column of a table that a comparison is about, and what it is compared with."""
    part = plain(part)
    if isinstance(part, Reference):
        return _column(part, alias, relation, sources), ()
    if not isinstance(part, Operation) or part.operator not in _COMPARES or not part.operands:
        return None, ()
    first, *rest = (plain(operand) for operand in part.operands)
    column = _column(first, alias, relation, sources)
    if column is not None:
        return column, tuple(rest)
    if part.operator in ("=", "is not distinct from") and rest:
        return _column(rest[0], alias, relation, sources), (first,)
    return None, ()


def _column(expression: Expression, alias: str, relation: Relation, sources: dict[str, Relation]) -> str | None:
    if not isinstance(expression, Reference):
        return None
    if len(expression.parts) > 1 and expression.parts[-2] != alias:
        return None
    column = relation.column(expression.parts[-1])
    if column is None or (len(expression.parts) == 1 and sum(each.column(column.name) is not None for each in sources.values()) > 1):
        return None
    return column.name


def _target(query: Query, alias: str, relation: Relation, sources: dict[str, Relation]) -> str | None:
    return _column(plain(query.targets[0].value), alias, relation, sources) if len(query.targets) == 1 else None


def _is_of_caller(expression: Expression) -> bool:
    """The caller's id, or what may stand for it inside a function: a parameter, a variable."""
    expression = plain(expression)
    if isinstance(expression, Invocation):
        return expression.name.schema == "auth" or expression.name.name in ("uid", "current_setting", "jwt")
    return isinstance(expression, Parameter | Reference)


def _is_fixed(expression: Expression) -> bool:
    expression = plain(expression)
    return isinstance(expression, Constant) or (isinstance(expression, Sequence) and all(_is_fixed(item) for item in expression.items))


def _is_outer(expression: Expression, sources: dict[str, Relation]) -> bool:
    """A column of the row, or a parameter."""
    if not isinstance(expression, Reference):
        return not isinstance(expression, Constant | Subquery | Invocation)
    if len(expression.parts) > 1:
        return expression.parts[-2] not in sources
    return all(relation.column(expression.parts[0]) is None for relation in sources.values())
