"""What policies, views, keys and triggers depend on, what is missing to make them, and what goes when something is dropped."""

from collections.abc import Iterable, Iterator, Sequence

from batten.link.schema.columns import columns_used, lacks_column
from batten.link.schema.state import ColumnState, Database, PolicyState, Relation, Routine
from batten.parse.postgres.expressions import Expression, Invocation, Name, Query, Subquery, walk

Clauses = Sequence[Expression | None]


def bind(policy: PolicyState, relation: Relation, database: Database) -> None:
    """Keeps what the names in a policy's conditions mean now: later renames do not change it."""
    clauses = (policy.using, policy.check)
    policy.reads = bound([query for clause in clauses for query in _queries(clause)], database)
    policy.calls = called(clauses, database)
    policy.uses = columns_used(clauses, policy.reads, relation)


def bind_view(view: Relation, query: Query, database: Database) -> None:
    """Keeps what the names in a view's query mean now."""
    whole = Subquery("scalar", query)
    view.reads = bound(queries_in(query), database)
    view.calls = called((whole,), database)
    view.uses = columns_used((whole,), view.reads, None)


def bound(queries: Iterable[Query], database: Database) -> dict[Name, Relation]:
    """What the names of tables in queries mean now."""
    found: dict[Name, Relation] = {}
    for query in queries:
        for source in query.sources:
            relation = database.relation(source.name) if source.name else None
            if relation is not None and source.name is not None:
                found[source.name] = relation
    return found


def called(clauses: Clauses, database: Database) -> dict[Name, tuple[Routine, ...]]:
    """What the names of functions mean now."""
    found: dict[Name, tuple[Routine, ...]] = {}
    for clause in clauses:
        for each in walk(clause) if clause is not None else ():
            if isinstance(each, Invocation):
                routines = database.routines_named(each.name)
                if routines:
                    found[each.name] = routines
    return found


def absent(database: Database, clauses: Clauses, names: Iterable[Name] = ()) -> Name | None:
    """The first table or function that conditions name, or that is ``names``, and that is not there, though the migrations make it at some point."""
    for name in names:
        if database.is_absent(name):
            return name
    for clause in clauses:
        own = {label for query in _queries(clause) for label, _ in query.named}
        for query in _queries(clause):
            for source in query.sources:
                if source.name is not None and source.name.name not in own and database.is_absent(source.name):
                    return source.name
        for each in walk(clause) if clause is not None else ():
            if isinstance(each, Invocation) and database.has_no_routine(each.name):
                return each.name
    return None


def fails(database: Database, clauses: Clauses, own: Relation | None) -> bool:
    """Whether PostgreSQL refuses conditions: a table, function or column in them is not there, though the migrations make it at some point.

    Those on a premature table are taken as they are: where that table is, what they name is there too.
    """
    if own is not None and own.premature:
        return False
    if absent(database, clauses) is not None:
        return True
    return lacks_column(clauses, database.relation, own)


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
            if other is not relation and database.relation(key.to) is relation:
                return True
        if relation in other.reads.values():
            return True
        if other is not relation and any(relation in policy.reads.values() for policy in other.policies.values()):
            return True
        if relation in other.parents and not other.partition:
            return True
        if relation in other.parents and blocked(database, other, [*going, relation]):
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
        if relation in other.reads.values():
            drop_view(database, other)


def drop_view(database: Database, view: Relation) -> None:
    """Takes a view away, and those that read it."""
    if database.relations.get((view.schema, view.name)) is view:
        del database.relations[view.schema, view.name]
        database.gone.add(view.full)
        drop_relation(database, view)


def drop_columns(database: Database, columns: Sequence[ColumnState], cascade: bool) -> bool:
    """Takes along the policies and views that use columns; False where they keep them from being dropped."""
    gone = {id(column) for column in columns}
    policies = [
        (other, name)
        for other in database.relations.values()
        for name, policy in other.policies.items()
        if any(id(used) in gone for used in policy.uses)
    ]
    views = [other for other in database.relations.values() if any(id(used) in gone for used in other.uses)]
    if (policies or views) and not cascade:
        return False
    for other, name in policies:
        other.policies.pop(name, None)
    for view in views:
        drop_view(database, view)
    return True


def users_of(database: Database, routine: Routine) -> tuple[list[tuple[Relation, str]], list[Relation], list[tuple[Relation, str]]]:
    """The policies and views that call a function, and the triggers that run it."""
    relations = list(database.relations.values())
    policies = [
        (relation, label)
        for relation in relations
        for label, policy in relation.policies.items()
        if any(routine in found for found in policy.calls.values())
    ]
    views = [relation for relation in relations if any(routine in found for found in relation.calls.values())]
    triggers = [(relation, label) for relation in relations for label, trigger in relation.triggers.items() if trigger.routine is routine]
    return policies, views, triggers


def roles_named(database: Database) -> Iterator[str]:
    """The roles that something depends on: as owner, by a privilege, or in a policy."""
    held = [relation.privileges for relation in database.relations.values()]
    held += [routine.privileges for found in database.routines.values() for routine in found]
    held += [*database.schemas.values(), *database.defaults.values()]
    for privileges in held:
        yield from (role for role, found in privileges.held.items() if found)
        yield from (role for (role, _), columns in privileges.columns.items() if columns)
    for relation in database.relations.values():
        yield relation.owner
        for policy in relation.policies.values():
            yield from policy.roles
    for found in database.routines.values():
        yield from (routine.owner for routine in found)
