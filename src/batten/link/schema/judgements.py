"""One verdict with its reason, and how the conditions that lead to it combine."""

from msgspec import Struct

from batten.facts.schema import Verdict
from batten.link.schema.state import PolicyState
from batten.link.schema.values import Value, outcome
from batten.parse.postgres.expressions import Expression

UNGRANTED = "the role lacks the privilege"
NO_POLICY = "no policy allows it"
REFUSED = "a server that runs only these migrations refuses every policy that would allow it"
UNUSABLE = "the role may not use the schema"
PARTS = {"select": ("using",), "insert": ("check",), "update": ("using", "check"), "delete": ("using",)}


class Judgement(Struct, frozen=True):
    """One verdict with its reason; ``columns`` as in Access."""

    verdict: Verdict | None
    reason: str
    columns: tuple[str, ...] = ()
    failed: bool = False
    """PostgreSQL raises an error in place of an answer."""


def clause_of(policy: PolicyState, part: str) -> Expression | None:
    """The clause that governs existing rows (``using``) or new ones (``check``): WITH CHECK, or USING where it is left out."""
    if part == "using":
        return policy.using
    return policy.check if policy.check is not None else policy.using


def verdict_of(values: list[Value]) -> Verdict | None:
    """The verdict of conditions that must all hold."""
    outcomes = [outcome(value) for value in values]
    if any(found == {Verdict.NONE} for found in outcomes):
        return Verdict.NONE
    if any(len(found) > 1 for found in outcomes):
        return None
    return Verdict.ROWS if any(Verdict.ROWS in found for found in outcomes) else Verdict.ALL
