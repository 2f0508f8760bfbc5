"""Statements on privileges that give too much, or that take nothing away."""

from collections.abc import Iterator, Sequence

from batten.facts.database import DatabaseFunction
from batten.facts.exposures import BroadGrant, IdleRevoke
from batten.facts.privileges import PrivilegeChange
from batten.facts.schema import Verdict
from batten.finding import Step
from batten.link.schema import wording
from batten.link.schema.access import AccessModel
from batten.link.schema.callers import ANON
from batten.link.schema.privileges import PRIVILEGES
from batten.link.schema.settings import Setting, common
from batten.link.schema.state import ChangeOfPrivileges, Relation, Routine

_WRITES = ("insert", "update", "delete")
# Supabase gives clients the use of these, or the API serves them.
_OPEN_SCHEMAS = frozenset({"public", "extensions", "storage", "realtime", "graphql", "graphql_public", "auth"})
_STRANGERS = frozenset({"anon", "public"})
_REMOTE_OWNER = "supabase_admin"
_FEW = 4


def broad_grants(model: AccessModel, setting: Setting, facts: Sequence[PrivilegeChange]) -> list[BroadGrant]:
    """Statements that give writing to strangers, or the use of a schema that is not for clients; one for each statement and object."""
    changes = model.database.changes
    dumped = _dumped(changes)
    found: dict[tuple[object, str], BroadGrant] = {}
    for change, fact in zip(changes, facts, strict=True):
        if not change.grant or (change.place.path, change.object) in dumped or not fact.lasting:
            continue
        made = _broad(model, setting, change) if not _taken_back(model, change) else None
        if made is not None:
            found.setdefault((change.place, change.object), made)
    return list(found.values())


def _taken_back(model: AccessModel, change: ChangeOfPrivileges) -> bool:
    """Whether the role has nothing at the end of what a statement gave it to write with, or to use a schema."""
    names: set[str] = set()
    for word in change.privileges:
        names |= PRIVILEGES.get(change.kind, frozenset()) if word == "all" else {word}
    wanted = names & {*_WRITES, "usage", "create"}
    if change.default:
        defaults = model.database.defaults
        keys = [key for key in defaults if key[1:] == (None if change.object == "*" else change.object, change.kind)]
        return bool(keys) and not any(wanted & defaults[key].held.get(change.role, set()) for key in keys)
    return bool(change.on) and not any(wanted & privileges.held.get(change.role, set()) for privileges, _ in change.on)


def _dumped(changes: Sequence[ChangeOfPrivileges]) -> set[tuple[str, str]]:
    """The objects whose privileges a dump wrote down: one statement a role, all of them ALL."""
    places: dict[tuple[str, str], dict[str, object]] = {}
    for change in changes:
        if change.grant and not change.default and not change.in_schema and "all" in change.privileges:
            places.setdefault((change.place.path, change.object), {})[change.role] = change.place
    return {key for key, roles in places.items() if len(roles) > 1 and len(set(map(str, roles.values()))) == len(roles)}


def _broad(model: AccessModel, setting: Setting, change: ChangeOfPrivileges) -> BroadGrant | None:
    words = set(change.privileges)
    verbs: tuple[str, ...]
    if change.kind == "schema":
        if change.object in _OPEN_SCHEMAS or change.object in setting.exposed or not words & {"all", "usage", "create"}:
            return None
        kind, verbs, tables = "schema", ("use",), [each for each in model.database.tables() if each.schema == change.object]
    elif change.kind == "table" and change.role in _STRANGERS and (words & {"all", *_WRITES}):
        names = PRIVILEGES["table"] if "all" in words else words
        kind = "default" if change.default else "tables" if change.in_schema else "table"
        verbs, tables = tuple(verb for verb in _WRITES if verb in names), _affected(model, change)
        if kind == "table" and not any(each.kind in ("table", "partitioned") for each in tables):
            return None
    else:
        return None
    opened = sorted(each.full for each in tables if _is_open(model, setting, each, verbs if kind != "schema" else _WRITES))
    who = {"anon": "strangers", "public": "every role", "authenticated": "every account"}[change.role]
    what = {"default": f"the tables to come in {change.object}", "tables": f"every table in {change.object.removesuffix('.*')}"}.get(
        kind, change.object
    )
    deeds = f"use the schema {change.object}" if kind == "schema" else f"{wording.deeds(verbs)} rows of {what}"
    shown = (
        f": {wording.listed(opened[:_FEW])}{' and more' if len(opened) > _FEW else ''} {'has' if len(opened) == 1 else 'have'} nothing that stops them"
        if opened
        else ""
    )
    return BroadGrant(
        kind=kind,
        object=change.object,
        role=change.role,
        open_tables=tuple(opened),
        changed=change.changed,
        outsiders=f"{who} may {deeds}{shown}",
        **common(
            setting,
            "grant",
            change.object,
            change.place,
            (Step(change.place, "the privilege is given here"),),
            f"{change.role} {kind} {' '.join(sorted(words))}",
        ),
    )


def _affected(model: AccessModel, change: ChangeOfPrivileges) -> list[Relation]:
    tables = model.database.tables()
    if change.default:
        return [each for each in tables if change.object in ("*", each.schema) and each.place > change.place and not each.platform]
    if change.in_schema:
        return [each for each in tables if each.schema == change.object.removesuffix(".*") and not each.platform]
    return model.tables.get(change.object, [])


def _is_open(model: AccessModel, setting: Setting, table: Relation, verbs: tuple[str, ...]) -> bool:
    if table.schema not in setting.exposed or table.kind == "foreign":
        return False
    return any(model.judge(table, ANON, verb).verdict is Verdict.ALL for verb in verbs)


def idle_revokes(model: AccessModel, setting: Setting, functions: Sequence[DatabaseFunction]) -> list[IdleRevoke]:
    """Statements that take a privilege away which its holder keeps at the end."""
    found: dict[tuple[object, str, str], IdleRevoke] = {}
    flawed = {each.name for each in functions if each.asks_caller is False and each.acts is not None and each.clients_call}
    for change in model.database.changes:
        if not change.grant:
            for made in _idle(model, setting, change, flawed):
                found.setdefault((change.place, made.object, made.kind), made)
    return list(found.values())


def _idle(model: AccessModel, setting: Setting, change: ChangeOfPrivileges, flawed: set[str]) -> Iterator[IdleRevoke]:
    if change.default:
        if change.kind == "function" and change.in_schema and change.role == "public" and _later_functions(model):
            yield _revoke(
                setting,
                change,
                "default",
                f"new functions in {change.object} are still everybody's to call: PostgreSQL's own default cannot be taken away for one schema",
            )
        elif change.owner == _REMOTE_OWNER:
            yield _revoke(
                setting, change, "owner", f"the defaults of {_REMOTE_OWNER} are not yours to change: PostgreSQL refuses the statement"
            )
        return
    if change.columns:
        kept = [label for label in change.columns for table in model.tables.get(change.object, ()) if _whole(model, table, change)]
        if kept:
            yield _revoke(
                setting,
                change,
                "column",
                f"{change.role} keeps the privilege on the whole of {change.object}, which counts for {wording.listed(sorted(set(kept)))} too",
            )
        return
    if change.kind == "function" and change.role != "public" and change.effective is False and not change.in_schema:
        held = [each for each in _routines(model, change) if model.database.holds(change.role, "execute", each.privileges, each.owner)]
        if held:
            why = "everybody holds it: nothing took it from public" if change.kept_by == "public" else f"{change.kept_by} still gives it"
            yield _revoke(
                setting, change, "function", f"{change.role} may still call {change.object}, as {why}", known=change.object in flawed
            )
        return
    if change.kind == "table" and change.in_schema and change.role != "public":
        schema = change.object.removesuffix(".*")
        before = {id(privileges) for privileges, _ in change.on}
        later = [
            table
            for table in model.database.tables()
            if table.schema == schema
            and not table.platform
            and not table.ghost
            and id(table.privileges) not in before
            and table.granted is None
            if any(model.rights.granted(table, change.role, verb)[0] for verb in ("select", *_WRITES))
        ]
        if later and schema in setting.exposed:
            names = wording.listed([table.name for table in later[:3]]) + (" and more" if later[3:] else "")
            yield _revoke(
                setting,
                change,
                "later",
                f"tables made after it start with the privileges again: {names}",
                known=all(table.rls for table in later),
            )


def _whole(model: AccessModel, table: Relation, change: ChangeOfPrivileges) -> bool:
    return any(model.database.holds(change.role, word, table.privileges, table.owner) is True for word in change.privileges)


def _later_functions(model: AccessModel) -> bool:
    """Whether the default without a schema has not been taken away as well."""
    return not any(
        each.default and not each.grant and each.kind == "function" and not each.in_schema and each.role == "public"
        for each in model.database.changes
    )


def _routines(model: AccessModel, change: ChangeOfPrivileges) -> list[Routine]:
    wanted = {id(privileges) for privileges, _ in change.on}
    return [routine for found in model.database.routines.values() for routine in found if id(routine.privileges) in wanted]


def _revoke(setting: Setting, change: ChangeOfPrivileges, kind: str, why: str, known: bool = False) -> IdleRevoke:
    return IdleRevoke(
        kind=kind,
        object=change.object,
        role=change.role,
        why=why,
        known=known,
        columns=tuple(change.columns),
        privileges=tuple(sorted(change.privileges)),
        **common(
            setting,
            "revoke",
            change.object,
            change.place,
            (Step(change.place, "it is taken away here, and kept"),),
            f"{change.role} {kind} {' '.join(change.columns)}",
        ),
    )
