"""Replays statements on a database, one by one, as PostgreSQL would: what would fail changes nothing; knows nothing of files' order."""

from collections.abc import Iterable

from batten.finding import Step
from batten.link.schema import (
    blocks,
    dependencies,
    grants,
    objects,
    policies,
    relations,
    removals,
    routines,
    supabase,
    unique_keys,
    view_changes,
)
from batten.link.schema.privileges import Privileges
from batten.link.schema.session import Session
from batten.link.schema.state import CLIENTS, MIGRATOR, EventTrigger, RoleState
from batten.parse.postgres.access_statements import AlterPolicy, CreatePolicy, DefaultPrivileges, Grant, GrantRole, Role, RoleSetting
from batten.parse.postgres.expressions import Name
from batten.parse.postgres.object_statements import Savepoint
from batten.parse.postgres.statements import (
    AddEnumValue,
    AlterEventTrigger,
    AlterFunction,
    Broken,
    CallFunction,
    Comment,
    CreateEnum,
    CreateEventTrigger,
    CreateExtension,
    CreateFunction,
    CreateSchema,
    CreateView,
    DoBlock,
    Drop,
    Outlined,
    Rename,
    SetBodyChecks,
    SetRole,
    SetSchema,
    SetSearchPath,
    Statement,
    Transaction,
)
from batten.parse.postgres.table_statements import AlterTable, CreateIndex, CreateTable


def replay(session: Session, path: str, statements: Iterable[Statement]) -> None:
    """One file, in a session of its own."""
    session.path = path
    session.checks_bodies, session.outlined = True, False
    before = session.database.search_path
    for statement in _kept(statements):
        try:
            apply(session, statement)
        except RecursionError:  # a thousand tables that inherit from one another, views of views …
            session.note("what a statement changes leads too far: what it changes is not known", statement.span)
    session.database.search_path, session.database.role = before, MIGRATOR


def apply(session: Session, statement: Statement) -> None:
    """One statement."""
    session.span = statement.span
    match statement:
        case CreateTable():
            relations.create_table(session, statement)
        case AlterTable():
            relations.alter_table(session, statement)
        case CreateIndex():
            unique_keys.create_index(session, statement)
        case CreatePolicy():
            policies.create_policy(session, statement)
        case AlterPolicy():
            policies.alter_policy(session, statement)
        case Drop():
            _drop(session, statement)
        case Rename():
            _rename(session, statement)
        case SetSchema():
            _set_schema(session, statement)
        case Grant():
            grants.grant(session, statement)
        case DefaultPrivileges():
            grants.default_privileges(session, statement)
        case CreateView():
            view_changes.create_view(session, statement)
        case CreateFunction():
            routines.create_function(session, statement)
        case AlterFunction():
            routines.alter_function(session, statement)
        case DoBlock():
            blocks.run_block(session, statement, apply)
        case CallFunction():
            blocks.run_function(session, statement, apply)
        case Comment():
            removals.comment(session, statement)
        case _:
            _settings(session, statement)


def _settings(session: Session, statement: Statement) -> None:
    """Roles, schemas, event triggers and the session."""
    database = session.database
    match statement:
        case CreateSchema(span, name):
            if name not in database.schemas:
                database.schemas[name] = Privileges({database.role: {"usage", "create"}})  # its owner's
                database.made_schemas[name] = session.place(span)
        case SetSearchPath(_, schemas):
            database.search_path = schemas if schemas is not None else ("public", "extensions")
        case SetBodyChecks(_, on):
            session.checks_bodies = on
        case Outlined():
            session.outlined = True
        case SetRole(_, role):
            database.role = role or "postgres"
        case GrantRole(_, on, roles, members):
            if not any(database.lacks_role(role) for role in (*roles, *members)):
                for member in members:
                    held = database.roles.setdefault(member, RoleState()).member_of
                    if on and member in CLIENTS:
                        database.roles[member].place = session.place(statement.span)
                    held.update(roles) if on else held.difference_update(roles)
        case Role():
            grants.role(session, statement)
        case RoleSetting(_, "authenticator" | "", "pgrst.db_schemas", values):
            named = None if values is None else tuple(part.strip() for value in values for part in value.split(",") if part.strip())
            if statement.role:
                database.served = named
            else:
                database.served_here = named
        case RoleSetting(span, str(role), "row_security", values) if role in database.roles:
            database.roles[role].row_security = values is None or values[0].strip("'\"").lower() not in ("off", "false", "0", "no")
            database.roles[role].place = session.place(span)
        case RoleSetting(_, role, name, values) if role != "" and "." in name:
            database.parameters.discard(name) if values is None else database.parameters.add(name)
        case CreateEnum(_, name, values):
            # One that is made again after it was dropped or renamed may have the values of both.
            kept = database.enums.setdefault(database.target(name), [])
            kept.extend(value for value in values if value not in kept)
        case AddEnumValue(_, name, value):
            own = database.enums.get(database.target(name))
            for each in database.enums.values() if own is None else (own,):  # it may be one of them under another name
                each.append(value)
        case CreateEventTrigger(_, name, event, function, tags):
            if not database.has_no_routine(function):
                database.event_triggers.setdefault(name, EventTrigger(event, function, tags, place=session.place(statement.span)))
        case AlterEventTrigger(_, name, on):
            if name in database.event_triggers:
                database.event_triggers[name].on = on
        case CreateExtension(span, name, schema):
            at = supabase.OWN_SCHEMAS.get(name) or schema or database.target(Name(None, name))[0]
            database.extensions.setdefault(name, (at, session.place(span)))
            if name in supabase.OWN_SCHEMAS:
                database.schemas.setdefault(at, Privileges({database.role: {"usage", "create"}}))
        case Broken(span, kind, True):
            if statement.makes is None:
                database.untold = True
            else:
                database.doubted.update(statement.makes)
            session.note(f"{_unclear(kind)}: what it changes is not known", span)
        case _:
            objects.apply(session, statement)


def _unclear(kind: str) -> str:
    """What is said of a statement that is not understood, by its first word."""
    if kind == "template":
        return "a template decides whether statements run"
    if kind == "placeholder":
        return "a template fills in a part of this statement"
    if kind.startswith("\\"):
        return f"{kind} of psql is not followed"
    return (
        f"{'an' if kind in ('alter', 'insert', 'update') else 'a'} {kind} statement is not understood"
        if kind
        else "a text with SQL in it is not understood"
    )


def _drop(session: Session, dropped: Drop) -> None:
    if session.loose and dropped.kind in ("table", "schema"):
        return
    database = session.database
    match dropped.kind:
        case "policy":
            relation = session.database.relation(dropped.table) if dropped.table else None
            if relation is not None and dropped.names:
                policies.drop_policy(session, relation, dropped.names[0].name)
        case "table" | "view":
            removals.drop_relations(session, dropped)
        case "index":
            removals.drop_index(session, dropped)
        case "schema":
            for name in dropped.names:
                removals.drop_schema(session, name.name, dropped.cascade)
        case "function":
            routines.drop_functions(session, dropped)
        case "event-trigger":
            for name in dropped.names:
                session.database.event_triggers.pop(name.name, None)
        case "extension":
            for name in dropped.names:
                database.extensions.pop(name.name, None)
        case "trigger":
            relation = database.relation(dropped.table) if dropped.table else None
            if relation is not None and dropped.names:
                relation.triggers.pop(dropped.names[0].name, None)
        case "role":
            needed = set(dependencies.roles_named(database))
            for name in dropped.names:
                if name.name in database.roles and name.name not in needed:
                    del database.roles[name.name]
                    for role in database.roles.values():
                        role.member_of.discard(name.name)
        case _:
            pass


def _rename(session: Session, renamed: Rename) -> None:
    match renamed.kind:
        case "schema":
            removals.rename_schema(session, renamed.name.name, renamed.to)
        case "function":
            routines.rename(session, renamed.name, renamed.types, None, renamed.to)
        case "table" | "view" | "column" | "policy" | "constraint":
            relation = session.database.relation(renamed.name)
            if relation is not None:
                removals.rename_in(session, relation, renamed)
        case _:
            pass


def _set_schema(session: Session, changed: SetSchema) -> None:
    if changed.kind == "function":
        routines.rename(session, changed.name, changed.types, changed.schema, None)
        return
    relation = session.database.relation(changed.name)
    if relation is None or changed.schema not in session.database.schemas or (changed.kind == "view" and relation.kind != "view"):
        return
    step = Step(session.place(changed.span), f"moved from schema {relation.schema} here")
    session.database.moves[f"{changed.schema}.{relation.name}"] = (relation.schema, step)
    removals.move(session, relation, changed.schema, relation.name, step.note)


def _kept(statements: Iterable[Statement]) -> list[Statement]:
    """The statements without those of transactions that are rolled back, as a whole or to a savepoint."""
    kept: list[Statement] = []
    begun: int | None = None
    points: dict[str, int] = {}
    for statement in statements:
        match statement:
            case Transaction(_, kind):
                if kind == "rollback" and begun is not None:
                    del kept[begun:]
                begun = len(kept) if kind == "begin" else None
                points.clear()
            case Savepoint(_, kind, name):
                if kind == "rollback" and name in points:
                    del kept[points[name] :]
                elif kind == "savepoint":
                    points[name] = len(kept)
            case _:
                kept.append(statement)
    return kept
