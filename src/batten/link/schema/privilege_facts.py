"""Turns roles, schemas and privileges of a replayed database into facts."""

from collections.abc import Iterator

from batten.facts.privileges import DatabaseRole, DatabaseSchema, DefaultPrivilege, Grant, PrivilegeChange
from batten.link.schema.access import AccessModel
from batten.link.schema.privileges import PRIVILEGES, Privileges
from batten.link.schema.settings import Setting, common
from batten.link.schema.state import CLIENTS, ChangeOfPrivileges, Database, RoleState
from batten.text import Place

_WATCHED = ("public", *CLIENTS)
_POWERFUL = frozenset({"service_role", "postgres", "supabase_admin"})
_OWN_SCHEMAS = frozenset({"public"})


def grant_facts(model: AccessModel, setting: Setting) -> list[Grant]:
    """What client roles and PUBLIC hold, object by object."""
    database = model.database
    found: list[Grant] = []
    for relation in database.relations.values():
        kind = "view" if relation.kind in ("view", "matview") else "table"
        rls = relation.rls if kind == "table" else None
        found += _held(setting, relation.full, kind, relation.privileges, relation.place, relation.schema, rls)
    for routines in database.routines.values():
        for routine in routines:
            signature = f"{routine.full}({', '.join(routine.types)})"
            found += _held(setting, signature, "function", routine.privileges, routine.place, routine.schema, None)
    for name, privileges in database.schemas.items():
        if name in database.made_schemas or name in _OWN_SCHEMAS or privileges.touched:
            found += _held(setting, name, "schema", privileges, database.made_schemas.get(name), name, None)
    return found


def _held(
    setting: Setting, name: str, kind: str, privileges: Privileges, place: Place | None, schema: str, rls: bool | None
) -> Iterator[Grant]:
    for role in sorted({*privileges.held, *(key[0] for key in privileges.columns)}):
        held = tuple(sorted(privileges.held.get(role, ())))
        columns = tuple(sorted(f"{key[1]}({column})" for key, listed in privileges.columns.items() if key[0] == role for column in listed))
        if role in _WATCHED and (held or columns):
            yield Grant(
                object=name,
                kind=kind,
                role=role,
                privileges=held,
                column_privileges=columns,
                unclear=tuple(sorted(privilege for each, privilege in privileges.unclear if each == role)),
                exposed=schema in setting.exposed,
                rls=rls,
                **common(setting, kind, name, place, discriminator=f"grant {role}"),
            )


def change_facts(model: AccessModel, setting: Setting) -> list[PrivilegeChange]:
    """Every statement on privileges for a client role or PUBLIC."""
    seen: dict[str, int] = {}
    found = []
    lasting = _lasting(model.database)
    for change in model.database.changes:
        word = "grant" if change.grant else "revoke"
        told = f"{word} {','.join(change.privileges)} {change.role}{' default' if change.default else ''}"
        label = f"{change.object}|{told}"
        seen[label] = seen.get(label, 0) + 1
        found.append(
            PrivilegeChange(
                action=word,
                object=change.object,
                kind=change.kind,
                role=change.role,
                default=change.default,
                owner=change.owner,
                in_schema=change.in_schema,
                privileges=change.privileges,
                columns=change.columns,
                changed=change.changed,
                effective=change.effective,
                kept_by=change.kept_by,
                given_back=not change.grant and _given_back(model, change),
                lasting=change.default or not change.on or any(id(privileges) in lasting for privileges, _ in change.on),
                **common(setting, "privilege", change.object, change.place, discriminator=f"{told} {seen[label]}"),
            )
        )
    return found


def _names(change: ChangeOfPrivileges) -> set[str]:
    names: set[str] = set()
    for privilege in change.privileges:
        names |= PRIVILEGES.get(change.kind, frozenset()) if privilege == "all" else {privilege}
    return names


def _given_back(model: AccessModel, change: ChangeOfPrivileges) -> bool:
    """Whether the role holds at the end what was taken from it; for a whole schema: on an object that was made later, too."""
    if change.default:
        return False
    names = _names(change)
    if change.in_schema and change.kind == "table":
        schema = change.object.removesuffix(".*")
        held = [relation.privileges for relation in model.database.relations.values() if relation.schema == schema]
        return any(names & privileges.held.get(change.role, set()) for privileges in held)
    return any(names & privileges.held.get(change.role, set()) for privileges, _ in change.on)


def _lasting(database: Database) -> frozenset[int]:
    """The ``id`` of the privileges of everything that is left at the end."""
    return frozenset(
        [
            *(id(relation.privileges) for relation in database.relations.values()),
            *(id(routine.privileges) for found in database.routines.values() for routine in found),
            *map(id, database.schemas.values()),
        ]
    )


def default_facts(model: AccessModel, setting: Setting) -> list[DefaultPrivilege]:
    """What new objects give to client roles and PUBLIC."""
    found = []
    for (owner, schema, kind), privileges in sorted(model.database.defaults.items(), key=lambda item: str(item[0])):
        place = model.database.default_places.get((owner, schema, kind))
        for role in _WATCHED:
            held = tuple(sorted(privileges.held.get(role, ())))
            if held:
                found.append(
                    DefaultPrivilege(
                        owner=owner,
                        schema=schema or "*",
                        kind=kind,
                        role=role,
                        privileges=held,
                        built_in=place is None,
                        **common(setting, "default", f"{owner}.{schema or '*'}.{kind}", place, discriminator=role),
                    )
                )
    return found


def role_facts(model: AccessModel, setting: Setting) -> list[DatabaseRole]:
    """The roles of the API, and those that the migrations make or change."""
    found = []
    for name, state in sorted(model.database.roles.items()):
        client = name in (*CLIENTS, "authenticator")
        if client or state.place is not None:
            found.append(
                DatabaseRole(
                    name=name,
                    bypasses_rls=state.bypass_rls,
                    superuser=state.superuser,
                    login=state.login,
                    create_role=state.create_role,
                    inherits=state.inherit,
                    member_of=tuple(sorted(state.member_of)),
                    reaches=tuple(sorted(model.database.closure(name) - {name, "public"})),
                    client=client,
                    made=state.made,
                    row_security_off=not state.row_security,
                    escapes=_escapes(model, name, state) if client else None,
                    **common(setting, "role", name, state.place),
                )
            )
    return found


def _escapes(model: AccessModel, name: str, state: RoleState) -> str | None:
    """What lets a role of the API's past row level security."""
    if state.superuser or state.bypass_rls:
        return "is a superuser" if state.superuser else "may bypass row level security"
    if not state.row_security:
        return "has row level security switched off"
    # What authenticator may become is PostgREST's to choose, and Supabase gives it the service role.
    strong = () if name == "authenticator" else sorted(model.database.closure(name) & _POWERFUL)
    return f"is a member of {strong[0]}" if strong else None


def schema_facts(model: AccessModel, setting: Setting) -> list[DatabaseSchema]:
    """The schemas that the migrations make, use, or that the API serves."""
    database = model.database
    counts: dict[str, int] = {}
    for relation in database.tables():
        if not relation.platform:
            counts[relation.schema] = counts.get(relation.schema, 0) + 1
    names = {*database.made_schemas, *counts, *setting.exposed, *(name for name, held in database.schemas.items() if held.touched)}
    found = []
    for name in sorted(names & database.schemas.keys()):
        privileges = database.schemas[name]
        found.append(
            DatabaseSchema(
                name=name,
                exposed=name in setting.exposed,
                usage=tuple(role for role in CLIENTS if database.holds(role, "usage", privileges)),
                create=tuple(role for role in _WATCHED if "create" in privileges.held.get(role, ())),
                made=name in database.made_schemas,
                tables=counts.get(name, 0),
                **common(setting, "schema", name, database.made_schemas.get(name)),
            )
        )
    return found
