"""What statements on storage buckets, triggers, publications, owners and foreign schemas change."""

from batten.finding import Step
from batten.link.schema import families, relations, removals, routines
from batten.link.schema.session import Session
from batten.link.schema.state import BucketState, Relation, TriggerState
from batten.parse.postgres.object_statements import (
    ChangeBuckets,
    CommentOnObject,
    DropBuckets,
    DropOwned,
    ImportForeignSchema,
    MoveExtension,
    Publication,
    ReassignOwned,
)
from batten.parse.postgres.statements import Bucket, CreateTrigger, Statement


def apply(session: Session, statement: Statement) -> None:
    """One statement; those of no concern change nothing."""
    match statement:
        case Bucket():
            bucket(session, statement)
        case ChangeBuckets():
            change_buckets(session, statement)
        case DropBuckets(_, names):
            for name in list(session.database.buckets) if names == () else names or ():
                session.database.buckets.pop(name, None)
        case CreateTrigger():
            trigger(session, statement)
        case Publication():
            publication(session, statement)
        case ImportForeignSchema(_, schema, only):
            session.database.untold = session.database.untold or not only
            for name in only:
                foreign(session, schema, name)
        case CommentOnObject():
            comment(session, statement)
        case MoveExtension(_, name, schema):
            if name in session.database.extensions:
                session.database.extensions[name] = (schema, session.database.extensions[name][1])
        case DropOwned(_, roles, _):
            drop_owned(session, set(roles))
        case ReassignOwned(_, roles, owner):
            for relation in session.database.relations.values():
                relation.owner = owner if relation.owner in roles else relation.owner
            for found in session.database.routines.values():
                for routine in found:
                    routine.owner = owner if routine.owner in roles else routine.owner
        case _:
            pass


def bucket(session: Session, made: Bucket) -> None:
    """INSERT INTO storage.buckets; a bucket that is there stays as it is, unless a conflict is to change it."""
    if made.name is None:
        return
    place = session.place(made.span)
    known = session.database.buckets.get(made.name)
    if known is None:
        made_here = Step(place, "the bucket is made here")
        session.database.buckets[made.name] = BucketState(made.name, place, made.public, trail=[made_here])
    elif made.conflict == "public":
        _set_public(session, known, made.public, Step(place, "made public here" if made.public else "made private here"))


def change_buckets(session: Session, changed: ChangeBuckets) -> None:
    """UPDATE storage.buckets SET public."""
    for name, known in session.database.buckets.items():
        if changed.names is None:
            known.public = known.public if known.public is changed.public else None
        elif not changed.names or name in changed.names:
            word = "made public here" if changed.public else "made private here"
            _set_public(session, known, changed.public, Step(session.place(changed.span), word))


def _set_public(session: Session, known: BucketState, public: bool | None, step: Step) -> None:
    if known.public is not public:
        known.trail.append(step)
    known.public = None if session.unsure and known.public is not public else public


def trigger(session: Session, made: CreateTrigger) -> None:
    """CREATE TRIGGER."""
    database = session.database
    relation = database.relation(made.table)
    if relation is None or relation.kind == "matview" or database.has_no_routine(made.function):
        return
    if (made.name in relation.triggers and not made.replace) or (relation.kind == "view") is not (made.timing == "instead of"):
        return
    found = database.routines_named(made.function)
    relation.triggers[made.name] = TriggerState(
        made.name,
        made.function,
        session.place(made.span),
        made.timing,
        made.events,
        made.columns,
        made.condition,
        routine=found[0] if found else None,
    )


def publication(session: Session, changed: Publication) -> None:
    """CREATE and ALTER PUBLICATION: nothing of it where one of its tables fails."""
    database = session.database
    if changed.action == "create":
        if changed.name in database.publications:
            return
        database.publications[changed.name] = {}
    held = database.published.setdefault(changed.name, {})
    named = database.publications.setdefault(changed.name, {})
    step = Step(session.place(changed.span), "published here")
    if changed.action == "set":
        held.clear()
        named.clear()
    tables: list[Relation] = []
    for each in changed.tables:
        relation = database.relation(each.name)
        if relation is None and not database.is_absent(each.name) and changed.action != "drop":
            relation = relations.ensured(session, each.name)
        if relation is None or relation.kind not in ("table", "partitioned") or (id(relation) in held) is not (changed.action == "drop"):
            return
        tables.append(relation)
    for relation in tables:
        for part in (relation, *(child for child in families.children(session, relation) if not child.partition)):
            if changed.action == "drop":
                held.pop(id(part), None)
            else:
                held[id(part)] = (part, step)
    for name in [f"{schema}.*" for schema in changed.schemas] + (["*"] if changed.every else []):
        if changed.action == "drop":
            named.pop(name, None)
        else:
            named[name] = step


def foreign(session: Session, schema: str, name: str) -> None:
    """A foreign table that appears by import."""
    database = session.database
    if (schema, name) not in database.relations and not database.lacks_schema(schema):
        relation = Relation(schema, name, "foreign", session.place(session.span), owner=database.role, complete=False)
        relation.privileges = database.default_privileges(relation.owner, schema, "table")
        relation.trail.append(Step(relation.place, "imported here"))
        database.relations[schema, name] = relation


def comment(session: Session, said: CommentOnObject) -> None:
    """COMMENT ON FUNCTION."""
    if said.kind in ("function", "procedure", "routine"):
        for routine in routines.routines(session, said.name, said.types):
            routine.comment = said.text or ""


def drop_owned(session: Session, roles: set[str]) -> None:
    """DROP OWNED BY."""
    database = session.database
    for relation in list(database.relations.values()):
        if relation.owner in roles:
            removals.remove(session, relation)
        for role in roles:
            relation.privileges.forget(role)
        for policy in list(relation.policies.values()):
            left = tuple(role for role in policy.roles if role not in roles)
            if left:
                policy.roles = left
            else:
                del relation.policies[policy.name]
    for found in database.routines.values():
        for routine in list(found):
            if routine.owner in roles:
                found.remove(routine)
            for role in roles:
                routine.privileges.forget(role)
    for privileges in (*database.schemas.values(), *database.defaults.values()):
        for role in roles:
            privileges.forget(role)
