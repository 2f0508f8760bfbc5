"""Which columns hold keys and passwords as they are, and who reads them."""

import re
from collections.abc import Mapping

from batten.facts.schema import Predicate, Verdict
from batten.link.schema.access import AccessModel
from batten.link.schema.callers import ANON, FRESH
from batten.link.schema.ownership import own_branches, split, value_of
from batten.link.schema.private_names import CREDENTIALS
from batten.link.schema.state import Relation
from batten.link.schema.values import shape
from batten.regex import regex

_PROTECTED = regex(
    r"hash|digest|encrypted|_enc(?:_|$)|enc$|cipher|salt|vault|secret_id|key_id|key_ref|masked|prefix|last_?4|hint|preview", re.IGNORECASE
)
# Keys that open little, or only for a moment: of notifications, forms, invitations, pages of a list.
_SMALL = regex(
    r"push|fcm|apns|expo|device|csrf|nonce|invite|invitation|public|publishable|anon|page|cursor|count|otp|verification|reset|confirm|magic|unsubscribe|share|session_token|webhook_url",
    re.IGNORECASE,
)
_TEXT = regex(r"^(?:text|varchar|character varying|json|jsonb|citext|char|string)\b|^$")


def plain_credentials(model: AccessModel, relation: Relation, kinds: Mapping[str, str]) -> tuple[str, ...]:
    """The columns of keys and passwords that clients may read, and whose names do not say that they are hashed or encrypted."""
    _, limited = model.rights.granted(relation, FRESH.role, "select")
    return tuple(
        label
        for label, kind in kinds.items()
        if kind == CREDENTIALS
        and (not limited or label in limited)
        and not _PROTECTED.search(label)
        and not _SMALL.search(label)
        and _TEXT.search(relation.columns[label].type.lower())
    )


def credential_readers(model: AccessModel, relation: Relation) -> str | None:
    """Who sees rows of a table with row level security on, the widest of them; None for nobody or where it cannot be told."""
    if relation.rls is not True:
        return None
    for caller, name in ((ANON, "everyone"), (FRESH, "accounts")):
        if model.judge(relation, caller, "select").verdict is Verdict.ALL:
            return name
    if (
        model.rights.granted(relation, FRESH.role, "select")[0] is not True
        or model.judge(relation, FRESH, "select").verdict is not Verdict.ROWS
    ):
        return None
    found = None
    for policy in relation.policies.values():
        if not policy.permissive or not policy.sure or policy.command not in ("all", "select") or policy.using is None:
            continue
        if not model.rights.applies(policy, FRESH.role):
            continue
        own = own_branches(model, relation, policy, "using")
        found = "owner" if own and found is None else found
        branches = list(split(policy.using, "or"))
        if len(own) < len(branches) and any(
            all(
                shape(value_of(model, relation, policy, part)) in (Predicate.CALLER_BOUND, Predicate.ALWAYS)
                for part in split(branch, "and")
            )
            for branch in branches
            if branch not in [part for each in own for part in each.parts]
        ):
            found = "members"
    return found
