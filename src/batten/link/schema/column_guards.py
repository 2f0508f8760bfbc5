"""Whether something keeps clients from choosing the value of a column: privileges on columns, triggers, checks of policies."""

import re

from batten.link.schema.access import AccessModel
from batten.link.schema.bodies import searchable
from batten.link.schema.callers import FRESH
from batten.link.schema.judgements import clause_of
from batten.link.schema.ownership import own_columns
from batten.link.schema.state import PolicyState, Relation, Routine, TriggerState
from batten.parse.postgres.expressions import Reference, walk
from batten.regex import regex

_IDLE_NAME = regex(
    r"updated_?at|modified|moddatetime|timestamp|touch|search|tsv|notif|audit|log|slug|count|cleanup|embedding", re.IGNORECASE
)


def free_columns(model: AccessModel, relation: Relation, policy: PolicyState, verb: str, columns: list[str]) -> list[str]:
    """Those of ``columns`` that an account which passes the policy can set to what it likes."""
    allowed, limited = model.rights.granted(relation, FRESH.role, verb)
    if allowed is False:
        return []
    pinned = set(_pinned(relation, policy))
    for other in relation.policies.values():
        if not other.permissive and other.command in ("all", verb) and model.rights.applies(other, FRESH.role):
            pinned.update(_pinned(relation, other))
    return [
        column
        for column in columns
        if column not in pinned and (not limited or column in limited) and not _guarded(model, relation, column, verb)
    ]


def _pinned(relation: Relation, policy: PolicyState) -> list[str]:
    """The columns that the check of a policy looks at."""
    clause = clause_of(policy, "check")
    return own_columns(relation, clause) if clause is not None else []


def _guarded(model: AccessModel, relation: Relation, column: str, verb: str) -> bool:
    """Whether a trigger looks after a column, or may."""
    return any(
        trigger.on and (not trigger.events or verb in trigger.events) and _looks_after(model, trigger, column)
        for trigger in relation.triggers.values()
    )


def _looks_after(model: AccessModel, trigger: TriggerState, column: str) -> bool:
    routines = model.database.routines_named(trigger.function)
    if not routines:
        return _IDLE_NAME.search(trigger.function.name) is None
    asked = trigger.condition is not None and any(
        isinstance(each, Reference) and each.parts[-1] == column for each in walk(trigger.condition)
    )
    asked = asked or column in trigger.columns
    return any(_protects(routine, column, asked) for routine in routines)


def _protects(routine: Routine, column: str, asked: bool) -> bool:
    body = searchable(routine)
    if body is None:
        return bool(routine.made.body) or _IDLE_NAME.search(routine.name) is None
    raises = (
        "raise exception" in body
        or re.search(r"\braise\s+(?:sqlstate|'|\w+_\w+)|return\s+(?:null|old)\b|new\s*:?=\s*old", body) is not None
    )
    if asked and (raises or "new." in body):
        return True
    if raises and ("jsonb" in body or "hstore" in body) and "new" in body:
        return True
    if re.search(rf"\bnew\s*\.\s*\"?{re.escape(column.lower())}\b\"?\s*:?=(?!=)", body):
        return True
    return raises and re.search(rf"\b{re.escape(column.lower())}\b", body) is not None
