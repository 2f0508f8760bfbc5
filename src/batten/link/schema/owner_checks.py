"""Finds policies that leave open whose row it will be: rows added for others, rows given away, rows of nobody."""

import re
from collections.abc import Iterator

from batten.facts.schema import Flaw, Predicate
from batten.link.schema import wording
from batten.link.schema.access import AccessModel
from batten.link.schema.callers import ANON, FRESH, Caller
from batten.link.schema.column_guards import free_columns
from batten.link.schema.judgements import clause_of
from batten.link.schema.ownership import own_columns, plain, split, value_of
from batten.link.schema.predicates import PolicyError
from batten.link.schema.private_names import words
from batten.link.schema.privileges import VERBS
from batten.link.schema.sensitivity import owner_columns
from batten.link.schema.state import PolicyState, Relation
from batten.link.schema.values import shape
from batten.link.schema.wrongs import Wrong
from batten.parse.postgres.expressions import Expression, Invocation, Opaque, Operation, Reference, replaced, walk
from batten.regex import regex

INTAKE = regex(
    r"contact|feedback|lead|waitlist|wait_list|newsletter|subscriber|signup|sign_up|enquir|inquir|report|analytics|event|page_?view|log|telemetry|rsvp",
    re.IGNORECASE,
)
_MOST_COLUMNS = 20
_WIDE = frozenset({Predicate.ALWAYS, Predicate.ROW_FLAG})
# Rows of nobody that are meant for all.
_SHARED = frozenset(
    {"template", "system", "default", "global", "public", "shared", "builtin", "preset", "sample", "demo", "visibility", "published"}
)


def owner_checks(model: AccessModel, relation: Relation, policy: PolicyState) -> Iterator[Wrong]:
    """Everything that is wrong with what a policy says of the owner."""
    owners = owner_columns(relation)
    if model.rights.applies(policy, FRESH.role):
        if owners:
            yield from _weaker_check(model, relation, policy)
        yield from _added_for_others(model, relation, policy, owners or _shown_by(model, relation))
    if owners:
        yield from _ownerless(model, relation, policy, owners)


def _shown_by(model: AccessModel, relation: Relation) -> tuple[str, ...]:
    """The columns by which a table without an owner's column shows people their rows: ``auth.uid() = (select user_id from sessions where id = session_id)``."""
    found: dict[str, None] = {}
    for policy in model.rights.applicable(relation, FRESH.role, "select", permissive=True):
        clause = clause_of(policy, "using")
        for branch in split(clause, "or") if clause is not None else ():
            if shape(value_of(model, relation, policy, branch)) is Predicate.CALLER_BOUND:
                found |= dict.fromkeys(own_columns(relation, branch))
    return tuple(label for label in found if relation.columns[label].references is not None)


def _added_for_others(model: AccessModel, relation: Relation, policy: PolicyState, owners: tuple[str, ...]) -> Iterator[Wrong]:
    clause = clause_of(policy, "check")
    if not owners or policy.command not in ("insert", "all") or clause is None:
        return
    if model.rights.granted(relation, FRESH.role, "insert")[0] is not True:
        return
    if _shape(model, relation, policy, FRESH, "check") not in _WIDE or model.narrowed(relation, FRESH, "insert", "check"):
        return
    if model.rights.applies(policy, ANON.role) and _shape(model, relation, policy, ANON, "check") is Predicate.ALWAYS:
        return  # strangers add rows, too, which is the greater harm
    if set(owners).intersection(own_columns(relation, clause)):
        return
    nullable = not any(column.required for label in owners if (column := relation.column(label)) is not None)
    if INTAKE.search(relation.name) and nullable:
        return
    free = free_columns(model, relation, policy, "insert", list(owners))
    if owners[0] in free:
        yield Wrong(
            Flaw.OWNER_UNCHECKED,
            f"{owners[0]} is not compared with the caller",
            columns=(owners[0],),
            verbs=("insert",),
            who="anyone who signs up",
            deed=f"add rows with anybody's {owners[0]}",
            predicate=Predicate.ANY_AUTHED,
        )


def _weaker_check(model: AccessModel, relation: Relation, policy: PolicyState) -> Iterator[Wrong]:
    if policy.command not in ("update", "all") or policy.check is None or policy.using is None:
        return
    if model.rights.granted(relation, FRESH.role, "update")[0] is not True:
        return
    if _shape(model, relation, policy, FRESH, "using") is not Predicate.CALLER_BOUND:
        return
    wide = _shape(model, relation, policy, FRESH, "check") in _WIDE or _asks_nobody(policy.check)
    if not wide or model.narrowed(relation, FRESH, "update", "check"):
        return
    bound = [
        label
        for label in list(dict.fromkeys(own_columns(relation, policy.using)))[:_MOST_COLUMNS]
        if _is_bound(model, relation, policy, label)
    ]
    free = free_columns(model, relation, policy, "update", bound)
    if free:
        yield Wrong(
            Flaw.WEAKER_CHECK,
            f"its check does not look at {wording.listed(free)}",
            columns=tuple(free),
            verbs=("update",),
            who="whoever has a row",
            deed=f"put any {wording.listed(free)} into it",
            predicate=Predicate.CALLER_BOUND,
        )


def _asks_nobody(check: Expression) -> bool:
    """Whether a condition calls nothing that could ask who calls: it may look into other tables, for rows that anybody can name."""
    return not any(isinstance(each, Invocation | Opaque) for each in walk(check))


def _is_bound(model: AccessModel, relation: Relation, policy: PolicyState, label: str) -> bool:
    """Whether a part of USING compares the column with the caller."""
    return (
        any(
            label in own_columns(relation, part) and shape(value_of(model, relation, policy, part)) is Predicate.CALLER_BOUND
            for branch in split(policy.using, "or")
            for part in split(branch, "and")
        )
        if policy.using is not None
        else False
    )


def _ownerless(model: AccessModel, relation: Relation, policy: PolicyState, owners: tuple[str, ...]) -> Iterator[Wrong]:
    if any(_SHARED.intersection(words(label)) for label in relation.columns):
        return
    caller = ANON if model.rights.applies(policy, ANON.role) else FRESH
    verbs = []
    found = None
    for verb in VERBS:
        part = "check" if verb == "insert" else "using"
        clause = clause_of(policy, part)
        if policy.command not in ("all", verb) or clause is None or model.narrowed(relation, caller, verb, part):
            continue
        label = _opens_ownerless(model, relation, policy, clause, owners)
        if label is not None:
            found = found or label
            verbs.append(verb)
    if found is not None:
        who = "anyone who has the public key" if caller is ANON else "anyone who signs up"
        yield Wrong(
            Flaw.OWNERLESS,
            f"rows without {found} belong to everyone",
            columns=(found,),
            verbs=tuple(verbs),
            who=who,
            which=f"rows without {found}",
            predicate=Predicate.ROW_FLAG,
        )


def _opens_ownerless(
    model: AccessModel, relation: Relation, policy: PolicyState, clause: Expression, owners: tuple[str, ...]
) -> str | None:
    """The owner's column whose absence is enough to pass."""
    branches = list(split(_answered(model, policy, clause), "or"))
    for branch in branches:
        parts = list(split(branch, "and"))
        label = next((found for part in parts if (found := _absent(part, owners, alone=len(branches) == 1)) is not None), None)
        column = relation.column(label) if label is not None else None
        if column is None or column.required or column.generated or column.name in relation.primary_key:
            continue
        others = [part for part in parts if _absent(part, owners, alone=False) is None and _absent(part, owners, alone=True) is None]
        if all(shape(value_of(model, relation, policy, part)) is Predicate.ALWAYS for part in others):
            return column.name
    return None


def _answered(model: AccessModel, policy: PolicyState, clause: Expression) -> Expression:
    """A condition that is a call, as what the function answers where that is one expression of its parameters."""
    call = plain(clause)
    if not isinstance(call, Invocation):
        return clause
    found = model.sight(policy).routines(call.name)
    if len(found) != 1 or found[0].result is None or len(found[0].made.parameters) != len(call.arguments):
        return clause
    named = zip(found[0].made.parameters, call.arguments, strict=True)
    return replaced(found[0].result, {parameter.name: argument for parameter, argument in named if parameter.name is not None})


def _absent(part: Expression, owners: tuple[str, ...], alone: bool) -> str | None:
    """The column for whose null a part passes. ``alone``: nothing else lets through, so ``is null`` itself is what is meant."""
    match plain(part):
        case Operation("is null", (operand,)) if not alone:
            return _owner(operand, owners)
        case Operation("=", (left, right)):
            for made, other in ((plain(left), plain(right)), (plain(right), plain(left))):
                if (
                    isinstance(made, Invocation)
                    and made.name.name == "coalesce"
                    and made.arguments[1:]
                    and plain(made.arguments[-1]) == other
                ):
                    return _owner(made.arguments[0], owners)
        case Operation("is not distinct from", (left, right)):
            for one, two in ((left, right), (right, left)):
                if isinstance(plain(two), Invocation):
                    return _owner(one, owners)
        case _:
            pass
    return None


def _owner(expression: Expression, owners: tuple[str, ...]) -> str | None:
    expression = plain(expression)
    return expression.parts[-1] if isinstance(expression, Reference) and expression.parts[-1] in owners else None


def _shape(model: AccessModel, relation: Relation, policy: PolicyState, caller: Caller, part: str) -> Predicate:
    try:
        return shape(model.passes(relation, policy, caller, part))
    except PolicyError:
        return Predicate.NEVER
