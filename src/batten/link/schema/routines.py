"""What statements on functions change."""

from batten.finding import Step
from batten.link.schema import columns, comparisons, dependencies, removals, replacing
from batten.link.schema.session import Session
from batten.link.schema.state import Database, Routine
from batten.link.schema.type_families import alike
from batten.parse.postgres.expressions import Name
from batten.parse.postgres.statements import AlterFunction, CreateFunction, Drop


def create_function(session: Session, made: CreateFunction) -> None:
    """CREATE FUNCTION, which fails where its body names what is not there (PostgreSQL looks into bodies in SQL)."""
    database = session.database
    schema, name = database.target(made.name)
    if database.lacks_schema(schema) or (session.checks_bodies and _body_fails(database, made)):
        return
    place = session.place(made.span)
    routine = Routine(schema, name, made, place, made.definer, database.role, settings=dict(made.settings))
    lacking = _lacking(session, made)
    if lacking is not None:
        routine.premature = True
        session.note(
            f"a server that runs only these migrations refuses to make function {schema}.{name} here: {lacking} is not there", made.span
        )
    found = database.routines.setdefault((schema, name), [])
    for at, known in enumerate(found):
        if len(known.types) == len(routine.types) and all(alike(one, two) for one, two in zip(known.types, routine.types, strict=True)):
            if known.premature:
                found[at] = _made_anew(session, routine)
            elif routine.premature:
                return  # what is there stays
            elif made.replace and replacing.refuses(known.made, made):
                session.note(f"a server refuses to replace function {schema}.{name} here: it has other results or parameters", made.span)
            elif made.replace:
                # The same object as before: what calls it keeps calling it.
                known.trail.append(Step(place, "replaced here"))
                known.made, known.place, known.definer, known.settings = made, place, made.definer, routine.settings
                found[at] = known
            return
    found.append(_made_anew(session, routine))


def _made_anew(session: Session, routine: Routine) -> Routine:
    routine.trail = [Step(routine.place, "created here")]
    routine.privileges = session.database.default_privileges(routine.owner, routine.schema, "function")
    return routine


def _lacking(session: Session, made: CreateFunction) -> str | None:
    """What a body in SQL names that a server which runs nothing but the migrations does not have."""
    if session.loose or not session.checks_bodies or made.language != "sql" or made.result is None:
        return None
    return dependencies.lacking(session.database, made.result)


def _body_fails(database: Database, made: CreateFunction) -> bool:
    """Whether PostgreSQL refuses a body in SQL."""
    if made.language != "sql" or made.result is None:
        return False
    types = {parameter.name: parameter.type for parameter in made.parameters if parameter.name}
    if dependencies.absent(database, made.result):
        return True
    return comparisons.impossible(database, (made.result,), columns.references((made.result,), database.relation, None), types)


def alter_function(session: Session, changed: AlterFunction) -> None:
    """ALTER FUNCTION."""
    for routine in routines(session, changed.name, changed.types):
        routine.definer = routine.definer if changed.definer is None else changed.definer
        if changed.owner is not None and session.database.lacks_role(changed.owner):
            continue
        if changed.owner is not None:
            routine.privileges.hand_over(routine.owner, changed.owner)
        routine.owner = changed.owner or routine.owner
        routine.trail.append(Step(session.place(changed.span), "changed here"))
        for label in changed.reset:
            if label == "all":
                routine.settings.clear()
            routine.settings.pop(label, None)
        for label, value in changed.settings:
            if value:
                routine.settings[label] = value
            else:
                routine.settings.pop(label, None)


def drop_functions(session: Session, dropped: Drop) -> None:
    """DROP FUNCTION."""
    database = session.database
    for at, name in enumerate(dropped.names):
        types = dropped.types[at] if at < len(dropped.types) else None
        for routine in routines(session, name, types):
            users = dependencies.users_of(database, routine)
            used_by_events = any(routine in database.routines_named(trigger.function) for trigger in database.event_triggers.values())
            if (dependencies.keep(users) or used_by_events) and not dropped.cascade:
                continue
            removals.drop_routine_users(session, *users)
            if session.unsure:
                continue
            database.routines[(routine.schema, routine.name)].remove(routine)
            database.known_routines.add((routine.schema, routine.name))


def routines(session: Session, name: Name, types: tuple[str, ...] | None) -> list[Routine]:
    """The function that a name with parameter types means; without types a name that several have means none."""
    found = session.database.routines_named(name)
    found = tuple(routine for routine in found if not routine.premature) or found
    if types is None:
        return list(found) if len(found) == 1 else []
    same_length = [routine for routine in found if len(routine.types) == len(types)]
    same = [routine for routine in same_length if all(alike(one, two) for one, two in zip(routine.types, types, strict=True))]
    # Types have many spellings: the only one with so many parameters is meant.
    return same or (same_length if len(same_length) == 1 else [])


def rename(session: Session, name: Name, types: tuple[str, ...] | None, schema: str | None, to: str | None) -> None:
    """ALTER FUNCTION … RENAME TO and SET SCHEMA."""
    database = session.database
    for routine in routines(session, name, types):
        place = (schema or routine.schema, to or routine.name)
        taken = [each for each in database.routines.get(place, ()) if not each.premature]
        if database.lacks_schema(place[0]) or any(len(each.types) == len(routine.types) for each in taken):
            continue
        database.routines[(routine.schema, routine.name)].remove(routine)
        database.known_routines.add((routine.schema, routine.name))
        routine.schema, routine.name = place
        database.routines.setdefault(place, []).append(routine)
