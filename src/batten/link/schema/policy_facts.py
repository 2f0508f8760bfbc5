"""Turns every policy of a replayed database into a fact, also restrictive ones and those on Supabase's own tables."""

from collections.abc import Iterator

from batten.facts.database import RowPolicy
from batten.link.schema.access import AccessModel
from batten.link.schema.privileges import VERBS
from batten.link.schema.settings import Setting, common
from batten.link.schema.state import CLIENTS, PolicyState, Relation
from batten.parse.postgres.expressions import Cast, Constant, Expression, Operation, Reference, Sequence, walk

_SERVED = frozenset({"storage.objects", "storage.buckets", "realtime.messages"})


def policy_facts(model: AccessModel, setting: Setting) -> list[RowPolicy]:
    """Every policy that is left at the end of the migrations."""
    return [
        _policy(model, relation, policy, setting) for relation in model.database.relations.values() for policy in relation.policies.values()
    ]


def _policy(model: AccessModel, relation: Relation, policy: PolicyState, setting: Setting) -> RowPolicy:
    roles = [role for role in CLIENTS if model.rights.applies(policy, role)]
    verbs = VERBS if policy.command == "all" else (policy.command,)
    granted = [model.rights.granted(relation, role, verb)[0] for role in roles for verb in verbs]
    return RowPolicy(
        table=relation.full,
        policy=policy.name,
        permissive=policy.permissive,
        command=policy.command,
        roles=policy.roles,
        for_anon="anon" in roles,
        for_authenticated="authenticated" in roles,
        using=model.predicate(relation, policy, "using"),
        check=model.predicate(relation, policy, "check") if policy.check is not None else None,
        using_text=policy.using_text,
        check_text=policy.check_text,
        sure=policy.sure,
        rls=relation.rls,
        exposed=relation.schema in setting.exposed or relation.full in _SERVED,
        granted=True if True in granted else None if None in granted else False,
        reads=tuple(sorted({other.full for other in policy.reads.values()})),
        calls=tuple(sorted({routine.full for found in policy.calls.values() for routine in found})),
        premature=policy.premature or relation.premature or relation.ghost,
        buckets=tuple(sorted(buckets_of(policy))) if relation.full == "storage.objects" else (),
        **common(setting, "policy", relation.full, policy.place, tuple(policy.trail), policy.name)
        | {"subject": f"policy|{relation.full}|{policy.name}"},
    )


def buckets_of(policy: PolicyState) -> Iterator[str]:
    """The buckets that ``bucket_id = 'avatars'`` and its like name."""
    for clause in (policy.using, policy.check):
        for each in walk(clause) if clause is not None else ():
            if isinstance(each, Operation) and each.operator in ("=", "in", "any =") and any(_is_bucket(one) for one in each.operands):
                for operand in each.operands:
                    yield from _texts(operand)


def _is_bucket(expression: Expression) -> bool:
    while isinstance(expression, Cast):
        expression = expression.operand
    return isinstance(expression, Reference) and expression.parts[-1] == "bucket_id"


def _texts(expression: Expression) -> Iterator[str]:
    match expression:
        case Cast(operand, _):
            yield from _texts(operand)
        case Sequence(items):
            for item in items:
                yield from _texts(item)
        case Constant(str(text)):
            yield text
        case _:
            return
