"""Keeps what each statement on privileges led to, for rules on statements that do nothing or too much; changes no state of the model itself."""

from collections.abc import Sequence

from batten.link.schema.privileges import PRIVILEGES, Privileges
from batten.link.schema.session import Session
from batten.link.schema.state import CLIENTS, ChangeOfPrivileges, Database
from batten.parse.postgres.access_statements import DefaultPrivileges, Grant

Granted = tuple[Privileges, str, str]
"""The privileges of one object, its kind, its owner."""
_Seen = dict[str, list[tuple[frozenset[str], frozenset[tuple[str, str]]]]]
# Only of these roles is kept what happened to them.
_WATCHED = frozenset({*CLIENTS, "public"})


def seen(roles: Sequence[str], found: Sequence[Granted]) -> _Seen:
    """What the roles hold by themselves on each object."""
    return {role: [_held(privileges, role) for privileges, _, _ in found] for role in roles if role in _WATCHED}


def _held(privileges: Privileges, role: str) -> tuple[frozenset[str], frozenset[tuple[str, str]]]:
    columns = frozenset((key[1], column) for key, listed in privileges.columns.items() if key[0] == role for column in listed)
    return frozenset(privileges.held.get(role, ())), columns


def note_grant(session: Session, grant: Grant, found: Sequence[Granted], before: _Seen) -> None:
    """Keeps a GRANT or REVOKE for each role and, where they are named, each object."""
    database = session.database
    words = tuple(privilege.name for privilege in grant.privileges)
    columns = tuple(sorted({column for privilege in grant.privileges for column in privilege.columns}))
    for role, held in before.items():
        if grant.whole_schemas:
            parts = [(f"{schema}.*", list(range(len(found)))) for schema in grant.whole_schemas]
        elif len(found) == len(grant.objects):
            parts = [(_label(session, grant, at), [at]) for at in range(len(found))]
        else:
            parts = [(_label(session, grant, 0), list(range(len(found))))] if grant.objects else []
        for label, places in parts:
            changed = any(_held(found[at][0], role) != held[at] for at in places)
            kept = None if grant.on or session.unsure else _kept_by(database, grant, role, [found[at] for at in places])
            database.changes.append(
                ChangeOfPrivileges(
                    grant=grant.on,
                    object=label,
                    kind=grant.kind,
                    role=role,
                    place=session.place(grant.span),
                    privileges=words,
                    columns=columns,
                    in_schema=bool(grant.whole_schemas),
                    changed=changed,
                    effective=None if session.unsure else kept is None,
                    kept_by=kept,
                    on=tuple((found[at][0], found[at][2]) for at in places),
                )
            )


def _label(session: Session, grant: Grant, at: int) -> str:
    name = grant.objects[at]
    if grant.kind == "schema":
        return name.name
    if grant.kind == "function":
        routines = session.database.routines_named(name)
        return routines[0].full if routines else str(name)
    relation = session.database.relation(name)
    return relation.full if relation is not None else str(name)


def _kept_by(database: Database, grant: Grant, role: str, found: Sequence[Granted]) -> str | None:
    """What still gives a role the privilege that was taken from it."""
    for privileges, kind, _ in found:
        for privilege in grant.privileges:
            names = PRIVILEGES.get(kind, frozenset()) if privilege.name == "all" else {privilege.name}
            if privilege.columns and names & privileges.held.get(role, set()):
                return "table"
            for other in sorted(database.closure(role) - {role}):
                if names & privileges.held.get(other, set()):
                    return other
    return None


def gives(database: Database, changed: DefaultPrivileges, owner: str, schema: str | None) -> dict[str, frozenset[str]]:
    """What a new object would give each role."""
    start = database.default_privileges(owner, schema or "", changed.kind)
    return {role: frozenset(start.held.get(role, ())) for role in changed.roles if role in _WATCHED}


def note_default(session: Session, changed: DefaultPrivileges, owner: str, schema: str | None, before: dict[str, frozenset[str]]) -> None:
    """Keeps an ALTER DEFAULT PRIVILEGES for each role."""
    database = session.database
    start = database.default_privileges(owner, schema or "", changed.kind)
    for role, held in before.items():
        after = frozenset(start.held.get(role, ()))
        names: set[str] = set()
        for privilege in changed.privileges:
            names |= PRIVILEGES.get(changed.kind, frozenset()) if privilege.name == "all" else {privilege.name}
        kept = None
        if not changed.on:
            kept = next((each for each in ("public", role) if names & start.held.get(each, set())), None)
        database.changes.append(
            ChangeOfPrivileges(
                grant=changed.on,
                object=schema or "*",
                kind=changed.kind,
                role=role,
                place=session.place(changed.span),
                privileges=tuple(privilege.name for privilege in changed.privileges),
                default=True,
                owner=owner,
                in_schema=schema is not None,
                changed=after != held,
                effective=None if session.unsure else kept is None,
                kept_by=kept,
            )
        )
