"""Turns the tables of a replayed database into facts, with the story of each."""

from collections.abc import Iterator, Mapping

from batten.facts.schema import Column, Policy, Table
from batten.finding import Step
from batten.link.schema import wording
from batten.link.schema.access import AccessModel
from batten.link.schema.authority import Authority, authority_columns
from batten.link.schema.credentials import credential_readers, plain_credentials
from batten.link.schema.private_names import strongest
from batten.link.schema.privileges import VERBS
from batten.link.schema.sensitivity import owner_columns, sensitive
from batten.link.schema.settings import PUBLIC_MARK, Setting
from batten.link.schema.state import CLIENTS, Relation
from batten.parse.postgres.expressions import Name


def tables(model: AccessModel, setting: Setting) -> list[Table]:
    """Every table that the migrations create and that is left at their end."""
    return [_table(model, relation, setting) for relation in model.database.tables() if not relation.ghost and not relation.platform]


def _table(model: AccessModel, relation: Relation, setting: Setting) -> Table:
    kinds = sensitive(relation)
    matrix = model.matrix(relation)
    exposed = relation.schema in setting.exposed
    granted = client_privileges(model, relation, VERBS)
    open_to = {(cell.role, cell.verb) for cell in matrix if cell.effect == "all"}
    readable = {cell.role for cell in matrix if cell.verb == "select" and cell.effect != "none"}
    anon = tuple(
        verb for verb in VERBS if exposed and ("anon", verb) in open_to and (verb not in ("update", "delete") or "anon" in readable)
    )
    strong = strongest(kinds.values())
    shown = tuple(sorted(kinds, key=lambda label: (kinds[label] != strong, list(relation.columns).index(label))))
    before = _protection(model, relation, setting)
    # Where the database in use has the one before, that one's row level security counts.
    rls = relation.rls if relation.in_place_of is None or relation.in_place_of.rls == relation.rls else None
    return Table(
        name=relation.full,
        database=setting.chain.root,
        package=setting.chain.package,
        place=relation.place,
        path_class=setting.path_class,
        kind="partition" if relation.partition else relation.kind,
        premature=relation.premature,
        origin=setting.chain.origin_at(relation.place.path),
        columns=columns_of(relation, kinds),
        policies=tuple(_policy(model, relation, name) for name in relation.policies),
        rls=None if relation.kind == "foreign" else rls,
        exposed=exposed,
        granted=granted,
        revoked=granted is False and is_revoked(relation, VERBS),
        access=matrix,
        sensitivity=strong,
        sensitive_columns=shown,
        owner_columns=owner_columns(relation),
        protected_before=rls is False and before is not None,
        has_policies=bool(relation.policies),
        lost_policies=() if relation.policies else tuple(_lost(model, relation)),
        open_parent=next((parent.full for parent in relation.parents if parent.rls is False and parent.schema in setting.exposed), None)
        if rls is False
        else None,
        protected_parent=_protected_parent(model, relation),
        plain_credentials=plain_credentials(model, relation, kinds),
        credential_readers=credential_readers(model, relation),
        loose_keys=tuple(_loose_keys(model, relation)),
        queue=relation.schema == "pgmq" and relation.name.startswith("q_") and "pgmq_public" in setting.exposed,
        anon_verbs=anon,
        outsiders=_outsiders(model, relation, granted, shown),
        marked_public=PUBLIC_MARK in relation.comment,
        key=f"{setting.chain.package}|table|{relation.full}|{setting.chain.root}",
        subject=f"table|{relation.full}",
        trail=_trail(relation, before if rls is False else None),
    )


def _protected_parent(model: AccessModel, relation: Relation) -> str | None:
    """The table that has row level security on, of which an open one is a part or a copy."""
    if relation.rls is not False:
        return None
    origins = [*relation.parents, *relation.copied]
    return next((each.full for each in origins if each.rls and model.database.relation(Name(each.schema, each.name)) is each), None)


def _loose_keys(model: AccessModel, relation: Relation) -> Iterator[str]:
    """Keys to accounts by another column than the id, and those of rows of roles that outlive the account."""
    for key in relation.keys:
        target = model.database.relation(key.to)
        if target is None or target.full != "auth.users":
            continue
        for column, there in zip(key.columns, key.to_columns, strict=False):
            if there != "id":
                yield f"{column} (auth.users.{there})"
        gives_power = Authority.ROLE in authority_columns(model.database, relation, frozenset()).values()
        if key.on_delete.startswith("set ") and gives_power and set(key.columns) <= {*owner_columns(relation)} and not _acts(key.columns):
            yield f"{', '.join(key.columns)} ({key.on_delete})"


def _acts(columns: tuple[str, ...]) -> bool:
    """Whether they name who did something rather than whose row it is: ``created_by``."""
    return all(column.endswith("_by") for column in columns)


def columns_of(relation: Relation, kinds: Mapping[str, str]) -> tuple[Column, ...]:
    """The columns of a table or view; ``kinds``: the private data in them."""
    return tuple(
        Column(
            column.name,
            column.type,
            str(column.references) if column.references else None,
            kinds.get(column.name),
            column.required,
            column.default is not None or column.generated,
        )
        for column in relation.columns.values()
    )


def client_privileges(model: AccessModel, relation: Relation, verbs: tuple[str, ...]) -> bool | None:
    """Whether a client role holds one of the privileges."""
    answers = [model.rights.granted(relation, role, verb)[0] for role in CLIENTS for verb in verbs]
    return True if True in answers else None if None in answers else False


def is_revoked(relation: Relation, verbs: tuple[str, ...]) -> bool:
    """Whether a statement took the clients' privileges away, and not only Supabase's defaults did not give them."""
    held = relation.privileges.revoked
    return any((role, verb) in held for role in CLIENTS for verb in verbs) and not any(
        (role, verb) not in held and verb in relation.privileges.held.get(role, ()) for role in CLIENTS for verb in verbs
    )


def _lost(model: AccessModel, relation: Relation) -> Iterator[Policy]:
    taken = list(model.database.taken.get(relation.full, {}).values())
    for policy, path in taken:
        if path == taken[-1][1] and policy.sure:
            yield Policy(
                policy.name, policy.place, policy.permissive, policy.command, policy.roles, None, None, policy.using_text, policy.check_text
            )


def _policy(model: AccessModel, relation: Relation, name: str) -> Policy:
    policy = relation.policies[name]
    using = model.predicate(relation, policy, "using")
    check = model.predicate(relation, policy, "check") if policy.check is not None else None
    return Policy(
        policy.name,
        policy.place,
        policy.permissive,
        policy.command,
        policy.roles,
        using,
        check,
        policy.using_text,
        policy.check_text,
        policy.premature,
    )


def _protection(model: AccessModel, relation: Relation, setting: Setting) -> Step | None:
    """Where a table of this name was protected before: RLS was on, its policies went with an earlier table, or it lay in a schema out of reach."""
    database = model.database
    step = database.protections.get(relation.full)
    if step is not None:
        return step
    policied = database.policied.get(relation.full)
    if policied is not None and policied[1] is not relation:
        return policied[0]
    moved = database.moves.get(relation.full)
    return moved[1] if moved is not None and moved[0] not in setting.exposed and relation.schema in setting.exposed else None


def _outsiders(model: AccessModel, relation: Relation, granted: bool | None, shown: tuple[str, ...]) -> str:
    if granted is False:
        return f"no privilege opens it today, but the first GRANT to the API's roles opens every row{wording.columns(shown)} to anyone who has the public key"
    verbs = {role: [verb for verb in VERBS if model.rights.granted(relation, role, verb)[0] is not False] for role in CLIENTS}
    to_anon = bool(verbs["anon"])
    return wording.reach(verbs["anon" if to_anon else "authenticated"], to_anon, shown)


def _trail(relation: Relation, before: Step | None) -> tuple[Step, ...]:
    steps = list(relation.trail)
    if before is not None and before not in steps:
        steps.insert(0, before)
    if relation.granted is not None:
        steps.append(relation.granted)
    return tuple(steps)
