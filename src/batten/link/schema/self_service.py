"""Finds what people can give themselves: columns of their own row that say what they may do, and rows of the tables that say it."""

from collections.abc import Iterator, Mapping

from batten.facts.schema import Flaw, Predicate
from batten.link.schema import wording
from batten.link.schema.access import AccessModel
from batten.link.schema.authority import Authority, authority_columns, buys, is_owed
from batten.link.schema.callers import FRESH
from batten.link.schema.column_guards import free_columns
from batten.link.schema.deciding import Deciding
from batten.link.schema.judgements import clause_of
from batten.link.schema.ownership import is_literal, own_branches, own_columns, split
from batten.link.schema.predicates import PolicyError
from batten.link.schema.private_names import words
from batten.link.schema.sign_up import added_at_sign_up
from batten.link.schema.state import PolicyState, Relation
from batten.link.schema.values import shape
from batten.link.schema.wrongs import Wrong

_NOTHING = Deciding()
_STATES = frozenset({"status", "state"})
_ORDER = [Authority.ROLE, Authority.PAID, Authority.TRUST]
_OF_ROLES = tuple(
    (word,) for word in ("role", "roles", "member", "members", "membership", "memberships", "permission", "permissions", "admins")
)


def self_service(model: AccessModel, relation: Relation, policy: PolicyState, asked: Mapping[str, Deciding]) -> Iterator[Wrong]:
    """Both; a table that holds nothing but roles, and rows that are added to one that decides, are told as what they are."""
    own = list(_roles(model, relation, policy, asked))
    if not own or (policy.command != "insert" and words(relation.name)[-1:] not in _OF_ROLES):
        yield from _privileges(model, relation, policy, asked)
    yield from own


def _privileges(model: AccessModel, relation: Relation, policy: PolicyState, asked: Mapping[str, Deciding]) -> Iterator[Wrong]:
    """The columns of authority in their own rows that people can change, or choose as they add a row."""
    if not model.rights.applies(policy, FRESH.role):
        return
    decides = asked.get(relation.full, _NOTHING)
    kinds = {
        label: kind
        for label, kind in authority_columns(model.database, relation, decides.roles).items()
        if not (label in _STATES or is_owed(label)) or _others_decide(model, relation, label)
    }
    columns = _changed(model, relation, policy, kinds) if policy.command in ("update", "all") else _added(model, relation, policy, kinds)
    if not columns:
        return
    columns.sort(key=lambda column: _ORDER.index(kinds[column]))
    listed = wording.listed(columns)
    decisive = bool(decides.roles.intersection(columns))
    added = policy.command == "insert"
    yield Wrong(
        Flaw.PRIVILEGES,
        f"{listed} can be set by the person whose row it is",
        columns=tuple(columns),
        verbs=("insert" if added else "update",),
        who="anyone who signs up",
        deed=f"add a row of their own with any {listed}" if added else f"set {listed} in the row of their own",
        predicate=Predicate.CALLER_BOUND,
        decisive=decisive or kinds[columns[0]] is Authority.ROLE,
        trail=decides.steps if decisive else (),
    )


def _others_decide(model: AccessModel, relation: Relation, label: str) -> bool:
    """Whether anybody but the owner has to do with a row, or what others see depends on the column: else it is a list that people keep for themselves."""
    for policy in relation.policies.values():
        for part, clause in (("using", policy.using), ("check", policy.check)):
            if clause is None or not model.rights.applies(policy, FRESH.role):
                continue
            if len(own_branches(model, relation, policy, part)) < len(list(split(clause, "or"))):
                return True
            if policy.command == "select" and label in own_columns(relation, clause):
                return True
    return False


def _changed(model: AccessModel, relation: Relation, policy: PolicyState, kinds: Mapping[str, Authority]) -> list[str]:
    branches = own_branches(model, relation, policy, "using")
    if not branches or model.rights.granted(relation, FRESH.role, "update")[0] is not True:
        return []
    bought = buys(relation, (owner for branch in branches for owner in branch.owners))
    kept = (
        {column for branch in branches for part in branch.parts for column in own_columns(relation, part)} if policy.check is None else ()
    )
    return [
        column
        for column in free_columns(model, relation, policy, "update", list(kinds))
        if column not in kept and (bought or not is_owed(column))
    ]


def _added(model: AccessModel, relation: Relation, policy: PolicyState, kinds: Mapping[str, Authority]) -> list[str]:
    """Those that a default would set: it says what a new row should start with. Not of tables with one row a person, where a trigger adds it as one signs up.

    Marks of trust only where they decide who sees the row: a request that its author approves is seen by who handles it.
    """
    if policy.command != "insert" or model.rights.granted(relation, FRESH.role, "insert")[0] is not True:
        return []
    owners = {owner for branch in own_branches(model, relation, policy, "check") for owner in branch.owners}
    if not owners or (owners.intersection(relation.primary_key) and added_at_sign_up(model, relation)):
        return []
    shown = {
        label
        for other in relation.policies.values()
        if other.command in ("select", "all") and other.using is not None
        for label in own_columns(relation, other.using)
    }
    columns = [
        label
        for label, kind in kinds.items()
        if (column := relation.column(label)) is not None
        and is_literal(column.default)
        and not is_owed(label)
        and (kind is not Authority.TRUST or label in shown)
    ]
    return free_columns(model, relation, policy, "insert", columns)


def _roles(model: AccessModel, relation: Relation, policy: PolicyState, asked: Mapping[str, Deciding]) -> Iterator[Wrong]:
    """Rows of a table by which others decide that people write themselves."""
    decides = asked.get(relation.full)
    if decides is None or policy.command not in ("insert", "update", "all") or not model.rights.applies(policy, FRESH.role):
        return
    verbs = []
    for verb, part in (("insert", "check"), ("update", "using")):
        if (
            policy.command in ("all", verb)
            and model.rights.granted(relation, FRESH.role, verb)[0] is True
            and _passes(model, relation, policy, part)
        ):
            verbs.append(verb)
    columns = sorted(decides.roles or decides.groups)
    free = [
        column
        for column in columns
        if any(column in free_columns(model, relation, policy, verb, [column]) for verb in verbs)
        and _is_worth(model, relation, column, decides)
    ]
    if verbs and free:
        yield Wrong(
            Flaw.ROLES,
            f"the person it is about chooses {wording.listed(free)}",
            columns=tuple(free),
            verbs=tuple(verbs),
            who="anyone who signs up",
            deed=f"write themselves a row with any {wording.listed(free)}",
            predicate=Predicate.CALLER_BOUND,
            decisive=True,
            trail=decides.steps,
        )


def _passes(model: AccessModel, relation: Relation, policy: PolicyState, part: str) -> bool:
    """Whether it takes no more than to be the person of the row, or not even that."""
    if clause_of(policy, part) is None:
        return False
    if own_branches(model, relation, policy, part):
        return True
    try:
        return shape(model.passes(relation, policy, FRESH, part)) is Predicate.ALWAYS
    except PolicyError:
        return False


def _is_worth(model: AccessModel, relation: Relation, column: str, decides: Deciding) -> bool:
    """A role is one to strive for where its values name one; a group always."""
    if column in decides.groups:
        return True
    return column in authority_columns(model.database, relation, decides.roles)
