"""Finds policies that believe what people write about themselves: ``user_metadata`` in the token, ``raw_user_meta_data`` in the table of accounts."""

import re
from collections.abc import Iterator

from batten.facts.schema import Flaw, Predicate
from batten.link.schema.access import AccessModel
from batten.link.schema.callers import FRESH
from batten.link.schema.judgements import clause_of
from batten.link.schema.predicates import PolicyError
from batten.link.schema.privileges import VERBS
from batten.link.schema.state import PolicyState, Relation
from batten.link.schema.values import shape
from batten.link.schema.wrongs import Wrong
from batten.parse.postgres.expressions import Expression, Invocation, Reference, walk
from batten.regex import regex

_PATH = regex(r"(?:raw_)?user_meta_?data'?\s*(?:-[>]{1,2}|#>{1,2})\s*'\{?(\w+)", re.IGNORECASE)


def metadata(model: AccessModel, relation: Relation, policy: PolicyState) -> Iterator[Wrong]:
    """Where what callers write about themselves is all it takes."""
    if not model.rights.applies(policy, FRESH.role):
        return
    verbs = tuple(verb for verb in VERBS if policy.command in ("all", verb) and _believes(model, relation, policy, verb))
    if verbs:
        texts = [text for text in (policy.using_text, policy.check_text) if text]
        calls = [each for clause in (policy.using, policy.check) if clause is not None for each in _called(model, policy, clause)]
        path = next((found[1] for text in (*texts, *calls) if (found := _PATH.search(text))), None)
        value = f"user_metadata.{path}" if path is not None else "user_metadata"
        yield Wrong(
            Flaw.METADATA,
            f"{value}, which everyone sets for themselves",
            verbs=verbs,
            who="anyone who signs up and sets it",
            predicate=Predicate.META,
        )


def _believes(model: AccessModel, relation: Relation, policy: PolicyState, verb: str) -> bool:
    part = "check" if verb == "insert" else "using"
    try:
        found = shape(model.passes(relation, policy, FRESH, part))
    except PolicyError:
        return False
    clause = clause_of(policy, part)
    if found is Predicate.ROLE_BOUND and clause is not None and _looks_up(model, policy, clause):
        found = Predicate.META
    return found is Predicate.META and not model.narrowed(relation, FRESH, verb, part)


def _looks_up(model: AccessModel, policy: PolicyState, clause: Expression) -> bool:
    """Whether a function it calls finds the caller's account and reads what its owner wrote there."""
    return any(
        routine.definer and routine.result is not None and any(_is_kept(inner) for inner in walk(routine.result))
        for each in walk(clause)
        if isinstance(each, Invocation)
        for routine in model.sight(policy).routines(each.name)
    )


def _is_kept(expression: Expression) -> bool:
    return isinstance(expression, Reference) and expression.parts[-1] == "raw_user_meta_data"


def _called(model: AccessModel, policy: PolicyState, clause: Expression) -> Iterator[str]:
    """The bodies of the functions that a condition calls."""
    for each in walk(clause):
        if isinstance(each, Invocation):
            for routine in model.sight(policy).routines(each.name):
                yield routine.made.body or ""
