"""What statements on privileges and roles change."""

from batten.finding import Step
from batten.link.schema import changes, routines
from batten.link.schema.changes import Granted
from batten.link.schema.privileges import PRIVILEGES, Privileges
from batten.link.schema.session import Session
from batten.link.schema.state import MIGRATOR, Relation, RoleState
from batten.parse.postgres.access_statements import DefaultPrivileges, Grant, Role


def grant(session: Session, grant: Grant) -> None:
    """GRANT and REVOKE."""
    if not _can_be_granted(session, grant):
        return
    found = granted_on(session, grant)
    before = changes.seen(grant.roles, found)
    for privileges, kind, _ in found:
        for privilege in grant.privileges:
            names = PRIVILEGES.get(kind, frozenset()) if privilege.name == "all" else {privilege.name}
            for role in grant.roles:
                if session.unsure:
                    privileges.doubt(role, names)
                elif grant.on:
                    privileges.give(role, names, privilege.columns)
                else:
                    privileges.take(role, names, privilege.columns)
    changes.note_grant(session, grant, found, before)
    if grant.on and grant.kind == "table" and {"anon", "authenticated", "public"}.intersection(grant.roles):
        for name in grant.objects:
            relation = session.database.relation(name)
            if relation is not None:
                relation.granted = relation.granted or Step(session.place(grant.span), "granted to the roles of the API here")


def _can_be_granted(session: Session, grant: Grant) -> bool:
    """Whether every role and object that a statement names is there: where one is not it changes nothing."""
    database = session.database
    if any(database.lacks_role(role) for role in grant.roles) or any(database.lacks_schema(schema) for schema in grant.whole_schemas):
        return False
    match grant.kind:
        case "schema":
            return not any(database.lacks_schema(name.name) for name in grant.objects)
        case "function":
            listed = zip(grant.objects, (*grant.types, *(None for _ in grant.objects)), strict=False)
            return all(routines.routines(session, name, types) or not database.knows_routine(name) for name, types in listed)
        case "table":
            return not any(database.is_absent(name) or _lacks_column(database.relation(name), grant) for name in grant.objects)
        case _:
            return True


def _lacks_column(relation: Relation | None, grant: Grant) -> bool:
    if relation is None or not relation.complete or relation.platform:
        return False
    return any(column not in relation.columns for privilege in grant.privileges for column in privilege.columns)


def granted_on(session: Session, grant: Grant) -> list[Granted]:
    """The privileges of the objects a statement names, with their kind and owner."""
    database = session.database
    if grant.whole_schemas:
        if grant.kind == "function":
            return [
                (routine.privileges, "function", routine.owner)
                for key, found in database.routines.items()
                if key[0] in grant.whole_schemas
                for routine in found
            ]
        if grant.kind == "table":
            return [
                (relation.privileges, "table", relation.owner)
                for relation in database.relations.values()
                if relation.schema in grant.whole_schemas and not relation.platform
            ]
        return []
    if grant.kind == "schema":
        return [(database.schemas.setdefault(name.name, Privileges()), "schema", MIGRATOR) for name in grant.objects]
    if grant.kind == "function":
        found: list[Granted] = []
        for at, name in enumerate(grant.objects):
            types = grant.types[at] if at < len(grant.types) else None
            found += [(routine.privileges, "function", routine.owner) for routine in routines.routines(session, name, types)]
        return found
    if grant.kind == "table":
        return [
            (relation.privileges, "table", relation.owner) for name in grant.objects if (relation := database.relation(name)) is not None
        ]
    return []


def default_privileges(session: Session, changed: DefaultPrivileges) -> None:
    """ALTER DEFAULT PRIVILEGES."""
    if any(session.database.lacks_role(role) for role in (*changed.roles, *changed.owners)):
        return
    if any(session.database.lacks_schema(schema) for schema in changed.schemas):
        return
    for owner in changed.owners or (session.database.role,):
        for schema in changed.schemas or (None,):
            held = session.database.defaults.setdefault((owner, schema, changed.kind), Privileges())
            before = changes.gives(session.database, changed, owner, schema)
            for privilege in changed.privileges:
                names = PRIVILEGES.get(changed.kind, frozenset()) if privilege.name == "all" else {privilege.name}
                for role in changed.roles:
                    if session.unsure:
                        held.doubt(role, names)
                    elif changed.on:
                        held.give(role, names)
                    else:
                        held.take(role, names)
            session.database.default_places[owner, schema, changed.kind] = session.place(changed.span)
            changes.note_default(session, changed, owner, schema, before)


def role(session: Session, role: Role) -> None:
    """CREATE and ALTER ROLE."""
    if role.create and role.name in session.database.roles:
        return
    if any(session.database.lacks_role(each) for each in (*role.member_of, *role.members, *(() if role.create else (role.name,)))):
        return
    state = session.database.roles.setdefault(role.name, RoleState())
    state.place = session.place(role.span)
    state.made = state.made or role.create
    state.bypass_rls = state.bypass_rls if role.bypass_rls is None else role.bypass_rls
    state.superuser = state.superuser if role.superuser is None else role.superuser
    state.inherit = state.inherit if role.inherit is None else role.inherit
    state.member_of.update(role.member_of)
    for member in role.members:
        session.database.roles.setdefault(member, RoleState()).member_of.add(role.name)
