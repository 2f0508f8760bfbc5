"""What policies, views, keys and triggers depend on, what is missing to make them, and what goes when something is dropped."""

from collections.abc import Iterable, Iterator, Sequence

from batten.link.schema import given
from batten.link.schema.columns import Clauses, columns_used, lacks_column, references
from batten.link.schema.comparisons import impossible
from batten.link.schema.state import ColumnState, Database, PolicyState, Relation, Routine
from batten.parse.postgres.expressions import Expression, Invocation, Name, Query, Subquery, walk


class Terms:
    """What conditions and queries name, as it is understood now. ``own`` is the table that they stand on."""

    def __init__(self, database: Database, clauses: Clauses, own: Relation | None = None) -> None:
        self.database = database
        self.own = own
        self.clauses = clauses
        self._named = [_Named(clause) for clause in clauses if clause is not None]
        self._references = list(references(clauses, database.relation, own))

    def fail(self) -> bool:
        """Whether PostgreSQL refuses them: a table, function or column is not there yet or any more, or what they compare cannot be.

        Those on a premature table are taken as they are: where that table is, what they name is there too.
        """
        if self.own is not None and self.own.premature:
            return False
        if any(_is_absent(self.database, each) for each in self._named) or lacks_column(self._references):
            return True
        return impossible(self.database, self.clauses, self._references)

    def lacking(self, roles: Iterable[str] = ()) -> str | None:
        """The first thing they name, or of the ``roles``, that a server which runs nothing but the migrations does not have, though the database in use may."""
        if self.own is not None and self.own.premature:
            return None
        found = (said for each in self._named for said in _lacking(self.database, each))
        return next(found, None) or next((f"role {role}" for role in roles if given.lacks_role(self.database, role)), None)

    def bind(self, holder: PolicyState | Relation) -> None:
        """Lets a policy or view keep what the names mean: later renames do not change it."""
        holder.reads = {
            name: relation for each in self._named for name in each.tables if (relation := self.database.relation(name)) is not None
        }
        holder.calls = {name: found for each in self._named for name in each.functions if (found := self.database.routines_named(name))}
        holder.uses = columns_used(self._references)


class _Named:
    """The names in one condition."""

    def __init__(self, clause: Expression) -> None:
        self.tables: list[Name] = []
        self.functions: list[Name] = []
        self.within: set[str] = set()
        """The names of WITH queries."""
        for each in walk(clause):
            match each:
                case Invocation(name):
                    self.functions.append(name)
                case Subquery(_, query):
                    for inner in _nested(query):
                        self.tables += [source.name for source in inner.sources if source.name is not None]
                        self.within.update(label for label, _ in inner.named)
                case _:
                    pass


def absent(database: Database, clause: Expression) -> bool:
    """Whether a table or function that a condition names is not there, though the migrations make it at some point."""
    return _is_absent(database, _Named(clause))


def lacking(database: Database, clause: Expression) -> str | None:
    """``Terms.lacking`` of one condition."""
    return next(_lacking(database, _Named(clause)), None)


def _is_absent(database: Database, named: _Named) -> bool:
    return any(name.name not in named.within and database.is_missing(name) for name in named.tables) or any(
        database.has_no_routine(name) for name in named.functions
    )


def _lacking(database: Database, named: _Named) -> Iterator[str]:
    yield from (f"table {name}" for name in named.tables if name.name not in named.within and given.lacks_relation(database, name))
    yield from (f"function {name}()" for name in named.functions if given.lacks_routine(database, name))


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
    return [inner for each in walk(Subquery("scalar", query)) if isinstance(each, Subquery) for inner in _nested(each.query)]


def blocked(database: Database, relation: Relation, going: list[Relation]) -> bool:
    """Whether something that stays depends on a relation, so that DROP without CASCADE fails."""
    for other in database.relations.values():
        if other in going or other.premature:
            continue
        for key in other.keys:
            if other is not relation and database.relation(key.to) is relation:
                return True
        if relation in other.reads.values():
            return True
        if other is not relation and any(not policy.premature and relation in policy.reads.values() for policy in other.policies.values()):
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
        (other, policy)
        for other in database.relations.values()
        for policy in other.policies.values()
        if any(id(used) in gone for used in policy.uses)
    ]
    views = [other for other in database.relations.values() if any(id(used) in gone for used in other.uses)]
    if not cascade and not (all(policy.premature for _, policy in policies) and all(view.premature for view in views)):
        return False
    for other, policy in policies:
        other.policies.pop(policy.name, None)
    for view in views:
        drop_view(database, view)
    return True


Users = tuple[list[tuple[Relation, str]], list[Relation], list[tuple[Relation, str]]]


def users_of(database: Database, routine: Routine) -> Users:
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


def keep(users: Users) -> bool:
    """Whether what calls a function keeps it from being dropped: what a server refused to make does not."""
    policies, views, triggers = users
    return (
        bool(triggers)
        or any(not relation.policies[label].premature for relation, label in policies)
        or any(not view.premature for view in views)
    )


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
