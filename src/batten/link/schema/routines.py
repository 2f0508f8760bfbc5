"""What statements on functions change."""

from batten.link.schema import dependencies, policies
from batten.link.schema.session import Session
from batten.link.schema.state import Routine
from batten.parse.postgres.expressions import Name
from batten.parse.postgres.statements import AlterFunction, CreateFunction, Drop

_SYNONYMS = {
    "integer": "int", "int4": "int", "bigint": "int8", "boolean": "bool", "character varying": "varchar", "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp", "double precision": "float8",
}  # fmt: skip


def create_function(session: Session, made: CreateFunction) -> None:
    """CREATE FUNCTION."""
    schema, name = session.database.target(made.name)
    place = session.place(made.span)
    routine = Routine(schema, name, made, place, made.definer, session.database.role, settings=dict(made.settings))
    found = session.database.routines.setdefault((schema, name), [])
    for at, known in enumerate(found):
        if len(known.types) == len(routine.types) and all(_alike(one, two) for one, two in zip(known.types, routine.types, strict=True)):
            if made.replace:
                routine.privileges, routine.owner = known.privileges, known.owner
                found[at] = routine
            return
    routine.privileges = session.database.default_privileges(routine.owner, schema, "function")
    found.append(routine)


def alter_function(session: Session, changed: AlterFunction) -> None:
    """ALTER FUNCTION."""
    for routine in routines(session, changed.name, changed.types):
        routine.definer = routine.definer if changed.definer is None else changed.definer
        routine.owner = changed.owner or routine.owner
        routine.settings.update(changed.settings)


def drop_functions(session: Session, dropped: Drop) -> None:
    """DROP FUNCTION."""
    for at, name in enumerate(dropped.names):
        types = dropped.types[at] if at < len(dropped.types) else None
        for routine in routines(session, name, types):
            users = dependencies.policies_calling(session.database, routine)
            if users and not dropped.cascade:
                continue
            for relation, label in users:
                policies.drop_policy(session, relation, label)
            found = session.database.routines[(routine.schema, routine.name)]
            found.remove(routine)


def routines(session: Session, name: Name, types: tuple[str, ...] | None) -> list[Routine]:
    """The functions that a name with parameter types means."""
    found = session.database.routines_named(name)
    if types is None or len(found) <= 1:
        return list(found)
    same = [
        routine
        for routine in found
        if len(routine.types) == len(types) and all(_alike(one, two) for one, two in zip(routine.types, types, strict=True))
    ]
    return same or [routine for routine in found if len(routine.types) == len(types)]


def _alike(one: str, two: str) -> bool:
    """Whether two types as written are the same."""

    def plain(type_: str) -> str:
        bare = type_.split("(", maxsplit=1)[0].strip().removeprefix("public.").removeprefix("pg_catalog.")
        return _SYNONYMS.get(bare, bare)

    return plain(one) == plain(two)
