"""Finds the strict policies that a broad one makes useless: permissive policies for one command are joined by OR."""

from collections.abc import Mapping

from batten.facts.schema import Predicate
from batten.link.schema.access import AccessModel
from batten.link.schema.callers import Caller
from batten.link.schema.sensitivity import is_content
from batten.link.schema.state import PolicyState, Relation

_STRICT = frozenset({Predicate.CALLER_BOUND, Predicate.ROLE_BOUND})


def defeated(
    model: AccessModel, relation: Relation, broad: PolicyState, opened: Mapping[Caller, tuple[str, ...]], *, private: bool
) -> tuple[str, ...]:
    """The strict policies whose condition no longer matters for a verb that ``broad`` opens wholly.

    ``private``: the table holds private data. Where it does not, everyone may read what is published while a strict policy for all commands governs the writes.
    """
    found = []
    for strict in relation.policies.values():
        if strict is broad or not strict.permissive or not strict.sure:
            continue
        for caller, verbs in opened.items():
            if model.rights.applies(strict, caller.role) and any(
                _overrules(model, relation, strict, verb, private=private) for verb in verbs
            ):
                found.append(strict.name)
                break
    return tuple(found)


def _overrules(model: AccessModel, relation: Relation, strict: PolicyState, verb: str, *, private: bool) -> bool:
    if strict.command not in ("all", verb):
        return False
    if verb == "select" and not private and (strict.command == "all" or is_content(relation)):
        return False
    if verb == "insert" and strict.command == "all":
        # "Anyone may file a ticket, admins do everything": meant so, as nobody's row is at stake yet.
        return model.predicate(relation, strict, "check") is Predicate.CALLER_BOUND
    return model.predicate(relation, strict, "check" if verb == "insert" else "using") in _STRICT
