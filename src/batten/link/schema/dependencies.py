"""What policies and keys depend on, and what goes when it is dropped."""

from batten.link.schema.state import Database, PolicyState, Relation, Routine
from batten.parse.postgres.expressions import Expression, Invocation, Name, Query, Reference, Subquery, walk


def bind(policy: PolicyState, database: Database) -> None:
    """Keeps what the names in a policy's conditions mean now: later renames do not change it."""
    policy.reads = {}
    policy.calls = {}
    for clause in (policy.using, policy.check):
        policy.reads |= bound(_queries(clause), database)
        for each in walk(clause) if clause is not None else ():
            if isinstance(each, Invocation):
                found = database.routines_named(each.name)
                if found:
                    policy.calls[each.name] = found


def bound(queries: list[Query], database: Database) -> dict[Name, Relation]:
    """What the names of tables in queries mean now."""
    found: dict[Name, Relation] = {}
    for query in queries:
        for source in query.sources:
            relation = database.relation(source.name) if source.name else None
            if relation is not None and source.name is not None:
                found[source.name] = relation
    return found


def _queries(clause: Expression | None) -> list[Query]:
    found: list[Query] = []
    for each in walk(clause) if clause is not None else ():
        if isinstance(each, Subquery):
            found += _nested(each.query)
    return found


def _nested(query: Query) -> list[Query]:
    """A query and the queries it is made of; those in its expressions are not among them."""
    found: list[Query] = []
    stack = [query]
    while stack:
        each = stack.pop()
        found.append(each)
        stack.extend(
            [*each.others, *(inner for _, inner in each.named), *(source.query for source in each.sources if source.query is not None)]
        )
    return found


def queries_in(query: Query) -> list[Query]:
    """A query and every query inside it, in its expressions too."""
    return _queries(Subquery("scalar", query))


def blocked(database: Database, relation: Relation, going: list[Relation]) -> bool:
    """Whether something that stays depends on a relation, so that DROP without CASCADE fails."""
    for other in database.relations.values():
        if other in going:
            continue
        for key in other.keys:
            if database.relation(key.to) is relation:
                return True
        if other.query is not None and any(source.name and database.relation(source.name) is relation for source in other.query.sources):
            return other.kind in ("view", "matview")
        if any(relation in policy.reads.values() for policy in other.policies.values()):
            return True
        if relation in other.parents and not other.partition:
            return True
    return False


def drop_relation(database: Database, relation: Relation) -> None:
    """What CASCADE takes along: keys, views and policies that need the relation."""
    for other in list(database.relations.values()):
        other.keys = [
            key
            for key in other.keys
            if database.relation(key.to) is not None or f"{key.to.schema or 'public'}.{key.to.name}" != relation.full
        ]
        for label in [label for label, policy in other.policies.items() if relation in policy.reads.values()]:
            del other.policies[label]
        if (
            other.kind in ("view", "matview")
            and other.query is not None
            and any(
                source.name and source.name.name == relation.name and source.name.schema in (None, relation.schema)
                for source in other.query.sources
            )
        ):
            database.relations.pop((other.schema, other.name), None)
            drop_relation(database, other)


def drop_column(relation: Relation, label: str, cascade: bool) -> bool:
    """Takes along the policies that use a column; False where they keep it from being dropped."""
    old = {label, *(before for before, now in relation.renamed.items() if now == label)}
    users = [
        name
        for name, policy in relation.policies.items()
        if old
        & {
            each.parts[-1]
            for clause in (policy.using, policy.check)
            if clause is not None
            for each in walk(clause)
            if isinstance(each, Reference)
        }
    ]
    if users and not cascade:
        return False
    for name in users:
        del relation.policies[name]
    return True


def policies_calling(database: Database, routine: Routine) -> list[tuple[Relation, str]]:
    """The policies that call a function."""
    return [
        (relation, label)
        for relation in database.relations.values()
        for label, policy in relation.policies.items()
        if any(routine in found for found in policy.calls.values())
    ]
