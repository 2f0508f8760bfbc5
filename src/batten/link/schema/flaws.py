"""Gathers what is wrong with policies that are not simply open; each way to be wrong has a module of its own."""

from collections.abc import Iterator, Mapping

from batten.facts.schema import Flaw, PolicyFlaw, Predicate
from batten.finding import Step
from batten.link.schema import wording
from batten.link.schema.access import AccessModel
from batten.link.schema.callers import ANON, FRESH
from batten.link.schema.deciding import Deciding, deciding
from batten.link.schema.flagged_rows import flagged_rows
from batten.link.schema.group_rows import group_rows
from batten.link.schema.metadata import metadata
from batten.link.schema.owner_checks import owner_checks
from batten.link.schema.passed_on import with_passed_on
from batten.link.schema.private_names import NETWORK, strongest
from batten.link.schema.privileges import VERBS
from batten.link.schema.received_rows import received_rows
from batten.link.schema.self_service import self_service
from batten.link.schema.sensitivity import owner_columns, sensitive
from batten.link.schema.settings import PUBLIC_MARK, Setting, common
from batten.link.schema.sign_up import Copied, copied
from batten.link.schema.state import PolicyState, Relation
from batten.link.schema.tables import client_privileges
from batten.link.schema.tautologies import tautology
from batten.link.schema.wrongs import Wrong


def flaws(model: AccessModel, setting: Setting) -> list[PolicyFlaw]:
    """Everything wrong with the permissive policies in force."""
    found: list[PolicyFlaw] = []
    asked = with_passed_on(model.database, deciding(model))
    for relation in model.database.tables():
        for policy in relation.policies.values():
            if policy.permissive and policy.sure and any(model.rights.applies(policy, caller.role) for caller in (ANON, FRESH)):
                found += [_fact(model, relation, policy, setting, wrong) for wrong in _wrongs(model, relation, policy, asked)]
    found += [_of_function(each, setting) for each in copied(model, asked)]
    return found


def _of_function(found: Copied, setting: Setting) -> PolicyFlaw:
    routine = found.routine
    return PolicyFlaw(
        flaw=Flaw.METADATA,
        table=found.relation.full,
        policy="",
        holder=f"function {routine.full!r}",
        what=f"user_metadata.{found.key}, which everyone sets for themselves",
        columns=(found.column,),
        verbs=("insert",),
        writes=True,
        decisive=True,
        outsiders=f"anyone who signs up chooses {found.column} of {found.relation.full}",
        sign_up=setting.sign_up,
        **common(
            setting,
            "function",
            routine.full,
            routine.place,
            (
                *_made(found.relation),
                Step(routine.place, "a trigger on accounts calls this function, which copies what people write about themselves"),
            ),
        ),
    )


def _wrongs(model: AccessModel, relation: Relation, policy: PolicyState, asked: Mapping[str, Deciding]) -> Iterator[Wrong]:
    found = tautology(model, relation, policy)
    if found is not None:
        yield Wrong(
            Flaw.TAUTOLOGY,
            f"{found.text} compares a column with itself" if found.captured else f"{found.text} is always true",
            verbs=found.verbs,
            predicate=found.predicate,
        )
    yield from metadata(model, relation, policy)
    yield from owner_checks(model, relation, policy)
    yield from group_rows(model, relation, policy)
    yield from self_service(model, relation, policy, asked)
    yield from flagged_rows(model, relation, policy)
    yield from received_rows(model, relation, policy)


def _fact(model: AccessModel, relation: Relation, policy: PolicyState, setting: Setting, wrong: Wrong) -> PolicyFlaw:
    verbs = wrong.verbs or tuple(verb for verb in VERBS if policy.command in ("all", verb))
    to_anon = model.rights.applies(policy, ANON.role) and wrong.predicate in (Predicate.ALWAYS, Predicate.ROW_FLAG)
    caller = ANON if to_anon else FRESH
    _, limited = model.rights.granted(relation, caller.role, "select")
    kinds = {label: kind for label, kind in sensitive(relation).items() if not limited or label in limited}
    strong = strongest(kinds.values())
    owners = owner_columns(relation)
    return PolicyFlaw(
        flaw=wrong.flaw,
        table=relation.full,
        policy=policy.name,
        holder=f"policy {policy.name!r} on {relation.full!r}",
        what=wrong.what,
        database=setting.chain.root,
        package=setting.chain.package,
        place=policy.place,
        columns=wrong.columns,
        command=policy.command,
        roles=policy.roles,
        predicate=wrong.predicate,
        verbs=verbs,
        writes=not set(verbs) <= {"select"},
        insert_only=verbs == ("insert",),
        to_anon=to_anon,
        decisive=wrong.decisive,
        outsiders=wording.reach(verbs, to_anon, tuple(kinds), wrong.which)
        if wrong.who is None
        else f"{wrong.who} can {wrong.deed or f'{wording.deeds(verbs)} {wrong.which}'}",
        sensitivity=strong,
        owned=bool(owners),
        personal=bool(owners) or strong not in (None, NETWORK),
        sign_up=setting.sign_up,
        exposed=relation.schema in setting.exposed,
        granted=client_privileges(model, relation, verbs),
        marked_public=PUBLIC_MARK in f"{relation.comment} {policy.comment}",
        origin=setting.chain.origin,
        path_class=setting.path_class,
        rls=relation.rls,
        key=f"{setting.chain.package}|policy|{relation.full}|{policy.name}|{setting.chain.root}",
        subject=f"policy|{relation.full}|{policy.name}",
        trail=(*_made(relation), Step(policy.place, "the policy is written here"), *wrong.trail),
    )


def _made(relation: Relation) -> tuple[Step, ...]:
    return () if relation.ghost or relation.platform else (Step(relation.place, "the table is created here"),)
