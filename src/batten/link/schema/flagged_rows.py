"""Finds policies that let people change rows for what these say, not for whose they are: ``for update using (status = 'open')``."""

from collections.abc import Iterator

from batten.facts.schema import Flaw, Predicate, Verdict
from batten.link.schema.access import AccessModel
from batten.link.schema.callers import ANON, FRESH, Caller
from batten.link.schema.judgements import UNGRANTED, clause_of
from batten.link.schema.ownership import own_columns, split, value_of
from batten.link.schema.predicates import PolicyError
from batten.link.schema.state import PolicyState, Relation
from batten.link.schema.values import Need, both, needs, outcome, shape
from batten.link.schema.wording import listed
from batten.link.schema.wrongs import Wrong

_VERBS = ("update", "delete")


def flagged_rows(model: AccessModel, relation: Relation, policy: PolicyState) -> Iterator[Wrong]:
    """The verbs for which a branch of the condition asks for a value in the row and for nobody."""
    caller = ANON if model.rights.applies(policy, ANON.role) else FRESH
    flags: dict[str, list[str]] = {}
    for verb in _VERBS:
        if policy.command in ("all", verb) and _reaches(model, relation, caller, verb):
            found = _flag(model, relation, policy, caller, verb)
            if found:
                flags[verb] = found
    if flags:
        labels = next(iter(flags.values()))
        yield Wrong(
            Flaw.FLAGGED,
            f"{listed(labels)} alone decides which rows",
            columns=tuple(labels),
            verbs=tuple(flags),
            which=f"every row that {listed(labels)} opens",
            predicate=Predicate.ROW_FLAG,
        )


def _reaches(model: AccessModel, relation: Relation, caller: Caller, verb: str) -> bool:
    """Whether requests find rows to change: the API asks for a filter, so what may not be read is not found."""
    if model.rights.granted(relation, caller.role, verb)[0] is not True or model.narrowed(relation, caller, verb, "using"):
        return False
    reads = model.judge(relation, caller, "select")
    return reads.verdict is not Verdict.NONE or reads.reason == UNGRANTED


def _flag(model: AccessModel, relation: Relation, policy: PolicyState, caller: Caller, verb: str) -> list[str]:
    """The columns whose values are enough; none where another condition keeps the change to people's own rows."""
    clause = clause_of(policy, "using")
    if clause is None or (verb == "update" and not _keeps_open(model, relation, policy, caller)):
        return []
    for branch in split(clause, "or"):
        parts = list(split(branch, "and"))
        value = both([value_of(model, relation, policy, part, caller) for part in parts])
        if shape(value) is not Predicate.ROW_FLAG:
            continue
        if verb == "delete" and Need.CLOCK in needs(value):
            continue  # what has run out is cleaned up
        return list(dict.fromkeys(label for part in parts for label in own_columns(relation, part)))
    return []


def _keeps_open(model: AccessModel, relation: Relation, policy: PolicyState, caller: Caller) -> bool:
    """Whether the changed row may still be anybody's: a check that makes it the caller's own is for taking what is free."""
    if policy.check is None:
        return True
    try:
        check = model.passes(relation, policy, caller, "check")
    except PolicyError:
        return False
    return outcome(check) != {Verdict.NONE} and shape(check) in (Predicate.ALWAYS, Predicate.ROW_FLAG)
