"""Whether something keeps clients from choosing the value of a column: privileges on columns, triggers, checks of policies."""

import re

from batten.link.schema.access import AccessModel
from batten.link.schema.authority import ORDINARY
from batten.link.schema.bodies import searchable
from batten.link.schema.callers import FRESH
from batten.link.schema.judgements import clause_of
from batten.link.schema.once import once
from batten.link.schema.ownership import own_columns, plain, split
from batten.link.schema.private_names import words
from batten.link.schema.state import PolicyState, Relation, Routine, TriggerState
from batten.parse.postgres.expressions import Constant, Expression, Invocation, Operation, Reference, walk
from batten.regex import regex

_EQUALS = frozenset({"=", "in", "any =", "is not distinct from"})
# With these people come to a market by themselves.
_CHOSEN = ORDINARY | {
    "seller",
    "vendor",
    "merchant",
    "provider",
    "driver",
    "rider",
    "courier",
    "freelancer",
    "host",
    "landlord",
    "creator",
    "artist",
    "farmer",
    "employer",
    "recruiter",
    "company",
    "business",
    "shop",
    "restaurant",
    "organizer",
    "parent",
    "patient",
}
_ROLES = frozenset({"role", "roles", "rol", "perfil", "papel", "cargo"})
_IDLE_NAME = regex(
    r"updated_?at|modified|moddatetime|timestamp|touch|search|tsv|notif|audit|log|slug|count|cleanup|embedding", re.IGNORECASE
)


def free_columns(model: AccessModel, relation: Relation, policy: PolicyState, verb: str, columns: list[str]) -> list[str]:
    """Those of ``columns`` that an account which passes the policy can set to what it likes."""
    allowed, limited = model.rights.granted(relation, FRESH.role, verb)
    if allowed is False:
        return []
    pinned = set(_pinned(model, relation, policy))
    for other in relation.policies.values():
        if not other.permissive and other.command in ("all", verb) and model.rights.applies(other, FRESH.role):
            pinned.update(_pinned(model, relation, other))
    return [
        column
        for column in columns
        if column not in pinned and (not limited or column in limited) and not _guarded(model, relation, column, verb)
    ]


def _pinned(model: AccessModel, relation: Relation, policy: PolicyState) -> list[str]:
    """The columns that the check of a policy looks at, if not only to keep some values out while others that decide are left."""
    clause = clause_of(policy, "check")
    parts = split(clause, "and") if clause is not None else ()
    return [column for part in parts if not _leaves_some(model, part) for column in own_columns(relation, part)]


def _leaves_some(model: AccessModel, part: Expression) -> bool:
    """``role <> 'admin'`` in an app that asks for ``'editor'`` as well."""
    match part:
        case Operation("<>" | "not in" | "all !=" | "is distinct from", (column, *values)) if _is_role(column):
            kept_out = {each.value for value in values for each in walk(value) if isinstance(each, Constant)}
            return bool(kept_out) and bool(_roles_asked_for(model) - kept_out)
        case Operation("not", (Operation("=" | "in" | "any =", (column, *values)),)):
            return _leaves_some(model, Operation("not in", (column, *values)))
        case _:
            return False


@once
def _roles_asked_for(model: AccessModel) -> frozenset[str]:
    """The roles that policies and functions ask for, but those that everybody has."""
    clauses = [
        each for relation in model.database.tables() for policy in relation.policies.values() for each in (policy.using, policy.check)
    ]
    clauses += [routine.result for routines in model.database.routines.values() for routine in routines]
    asked: list[Expression] = []
    for each in (each for clause in clauses if clause is not None for each in walk(clause)):
        match each:
            case Operation(operator, operands) if operator in _EQUALS and any(map(_is_role, operands)):
                asked += operands
            case Invocation(name, arguments) if _ROLES.intersection(words(name.name)):
                asked += arguments
            case _:
                pass
    texts = (each.value for operand in asked for each in walk(operand) if isinstance(each, Constant))
    return frozenset(text for text in texts if isinstance(text, str) and not _CHOSEN.intersection(words(text)))


def _is_role(expression: Expression) -> bool:
    named = plain(expression)
    return isinstance(named, Reference) and bool(_ROLES.intersection(words(named.parts[-1])))


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
    return any(_protects(routine, column, asked, after=trigger.timing == "after") for routine in routines)


def _protects(routine: Routine, column: str, asked: bool, *, after: bool) -> bool:
    body = searchable(routine)
    if body is None:
        return bool(routine.made.body) or _IDLE_NAME.search(routine.name) is None
    raises = (
        "raise exception" in body
        or re.search(r"\braise\s+(?:sqlstate|'|\w+_\w+)|return\s+(?:null|old)\b|new\s*:?=\s*old", body) is not None
    )
    if asked and (raises or ("new." in body and not after)):  # a row that is written already can only be refused
        return True
    if raises and ("jsonb" in body or "hstore" in body) and "new" in body:
        return True
    if not after and _sets(body, column):
        return True
    return raises and re.search(rf"\b{re.escape(column.lower())}\b", body) is not None


def _sets(body: str, column: str) -> bool:
    """A statement gives the column of the new row a value; a test of it (``if new.role = 'admin'``) gives it none."""
    name = rf"new\s*\.\s*\"?{re.escape(column.lower())}\b\"?\s*"
    return re.search(rf"(?:^|;|\b(?:begin|then|else|loop))\s*{name}:?=(?!=)|\binto\s+(?:strict\s+)?{name}|{name}:=", body) is not None
