"""What DROP takes away, names of now and of before, and what is moved to other names."""

from msgspec import structs

from batten.finding import Step
from batten.link.schema import dependencies, unique_keys
from batten.link.schema.constraints import drop_key, rename_constraint
from batten.link.schema.families import children
from batten.link.schema.session import Session
from batten.link.schema.state import Relation
from batten.link.schema.supabase import SYSTEM
from batten.parse.postgres.expressions import Name
from batten.parse.postgres.statements import Comment, Drop, Rename

_KINDS = {"table": ("table", "partitioned", "foreign"), "view": ("view",)}


def drop_relations(session: Session, dropped: Drop) -> None:
    """DROP TABLE or VIEW."""
    database = session.database
    going = [relation for name in dropped.names if (relation := database.relation(name)) is not None]
    if not dropped.if_exists and any(database.is_absent(name) for name in dropped.names):
        return
    kinds = ("matview",) if dropped.materialized else _KINDS[dropped.kind]
    if any(relation.platform or relation.kind not in kinds for relation in going):
        return
    if not dropped.cascade and any(dependencies.blocked(database, relation, going) for relation in going):
        return
    for relation in going:
        remove(session, relation)


def remove(session: Session, relation: Relation) -> None:
    """Takes a relation away, and what CASCADE takes along."""
    if session.unsure:
        relation.rls = None
        return
    database = session.database
    if database.relations.get((relation.schema, relation.name)) is not relation:
        return
    for policy in relation.policies.values():
        session.take(relation, policy)
    del database.relations[relation.schema, relation.name]
    database.gone.add(relation.full)
    dependencies.drop_relation(database, relation)
    for held in database.published.values():
        held.pop(id(relation), None)
    for other in list(database.relations.values()):
        if relation in other.parents:
            # What inherits goes with CASCADE, as partitions do in any case.
            remove(session, other)


def drop_index(session: Session, dropped: Drop) -> None:
    """DROP INDEX: an index that is a key's stays."""
    for name in dropped.names:
        for relation in list(unique_keys.drop_index(session.database, name.schema, name.name, dropped.cascade)):
            drop_key(session, relation, name.name)


def drop_schema(session: Session, schema: str, cascade: bool) -> None:
    """DROP SCHEMA."""
    database = session.database
    if schema in SYSTEM or schema not in database.schemas:
        return
    relations = [relation for key, relation in database.relations.items() if key[0] == schema]
    routines = [routine for key, found in database.routines.items() if key[0] == schema for routine in found]
    if not cascade and not (all(each.premature for each in relations) and all(each.premature for each in routines)):
        return
    for relation in relations:
        remove(session, relation)
    for routine in routines:
        drop_routine_users(session, *dependencies.users_of(database, routine))
    for key in [key for key in database.routines if key[0] == schema]:
        del database.routines[key]
    for entry in [entry for entry in database.defaults if entry[1] == schema]:
        del database.defaults[entry]
    del database.schemas[schema]


def drop_routine_users(
    session: Session, policies: list[tuple[Relation, str]], views: list[Relation], triggers: list[tuple[Relation, str]]
) -> None:
    """What goes with a function that is dropped with CASCADE."""
    for relation, label in policies:
        relation.policies.pop(label, None)
    for view in views:
        dependencies.drop_view(session.database, view)
    for relation, label in triggers:
        relation.triggers.pop(label, None)


def rename_in(session: Session, relation: Relation, renamed: Rename) -> None:
    """RENAME of a table, or of a column or policy of it."""
    label = renamed.member or ""
    if renamed.kind == "policy":
        if label in relation.policies and renamed.to not in relation.policies:
            policy = relation.policies.pop(label)
            policy.name = renamed.to
            relation.policies[renamed.to] = policy
    elif renamed.kind == "constraint":
        rename_constraint(session, relation, label, renamed.to)
    elif renamed.kind == "column":
        found = relation.columns.get(label)
        if found is not None and not found.inherited:
            rename_column(session, relation, label, renamed.to)
    elif renamed.kind == "table" or relation.kind == "view":
        move(session, relation, relation.schema, renamed.to, f"renamed to {renamed.to} here")


def rename_column(session: Session, relation: Relation, label: str, to: str) -> None:
    """RENAME COLUMN, in the children too."""
    below = [child for child in children(session, relation) if label in child.columns]
    if label not in relation.columns or to in relation.columns or any(to in child.columns for child in below):
        return
    relation.columns = {to if key == label else key: column for key, column in relation.columns.items()}
    relation.columns[to].name = to
    relation.privileges.rename_column(label, to)
    relation.renamed = {old: to if new == label else new for old, new in relation.renamed.items()} | {label: to}
    relation.primary_key = tuple(to if each == label else each for each in relation.primary_key)
    relation.unique = {
        name: structs.replace(key, columns=tuple(to if each == label else each for each in key.columns))
        for name, key in relation.unique.items()
    }
    relation.keys = [structs.replace(key, columns=tuple(to if each == label else each for each in key.columns)) for key in relation.keys]
    for other in session.database.relations.values():
        other.keys = [
            structs.replace(key, to_columns=tuple(to if each == label else each for each in key.to_columns))
            if session.database.relation(key.to) is relation
            else key
            for key in other.keys
        ]
    for child in below:
        rename_column(session, child, label, to)


def move(session: Session, relation: Relation, schema: str, name: str, note: str) -> None:
    """Gives a relation another schema or name."""
    database = session.database
    there = database.relations.get((schema, name))
    if (there is not None and not there.ghost and not there.premature) or database.lacks_schema(schema) or relation.platform:
        return
    before, now = Name(relation.schema, relation.name), Name(schema, name)
    database.relations.pop((relation.schema, relation.name), None)
    database.gone.add(relation.full)
    relation.schema, relation.name = schema, name
    database.renamed.append(relation)
    database.relations[(schema, name)] = relation
    relation.trail.append(Step(session.place(session.span), note))
    for other in database.relations.values():
        for column in other.columns.values():
            column.references = now if column.references == before else column.references
        other.keys = [structs.replace(key, to=now) if _is(key.to, before) else key for key in other.keys]


def rename_schema(session: Session, old: str, new: str) -> None:
    """ALTER SCHEMA … RENAME."""
    database = session.database
    if old not in database.schemas or new in database.schemas or old in SYSTEM:
        return
    database.schemas[new] = database.schemas.pop(old)
    if old in database.made_schemas:
        database.made_schemas[new] = database.made_schemas.pop(old)
    for relation in [relation for key, relation in database.relations.items() if key[0] == old]:
        move(session, relation, new, relation.name, f"its schema is renamed to {new} here")
    for key in [key for key in database.routines if key[0] == old]:
        routines = database.routines.pop(key)
        for routine in routines:
            routine.schema = new
        database.routines[(new, key[1])] = routines
    for owner, schema, kind in [key for key in database.defaults if key[1] == old]:
        database.defaults[owner, new, kind] = database.defaults.pop((owner, schema, kind))


def comment(session: Session, comment: Comment) -> None:
    """COMMENT ON a table, view or policy."""
    relation = session.database.relation(comment.name)
    if relation is None:
        return
    if comment.kind == "policy":
        policy = relation.policies.get(comment.member or "")
        if policy is not None:
            policy.comment = comment.text or ""
    else:
        relation.comment = comment.text or ""


def _is(name: Name, full: Name) -> bool:
    return name.name == full.name and name.schema in (None, full.schema)
