"""Turns what the conditions of one place let through into facts: one for each kind of caller; reads no file."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from batten.extract.firebase.callers import Caller, Functions, Mark, passes
from batten.facts.access_rules import AccessRule, Who
from batten.parse.firebase import Expression
from batten.text import Place, Span

READS = ("get", "list")
WRITES = ("create", "update", "delete")
_VERBS: Mapping[str, tuple[str, ...]] = {"read": READS, "write": WRITES}
_WIDTH = {Who.ANY_USER: 0, Who.UNTIL_A_DATE: 1, Who.EVERYONE: 2}
_TRUSTED = {
    Mark.AUTHORITY: ", as it believes what is sent about the sender's own role",
    Mark.OWN: ", as whoever writes a document may put an own name into it first",
}


class Permit(NamedTuple):
    """One statement: verbs, the condition, and where it stands."""

    verbs: tuple[str, ...]
    condition: Expression
    span: Span


def opened(service: str, file: str, path: str, permits: list[Permit], functions: Functions) -> Iterator[AccessRule]:
    """What the statements of a place allow to everybody, until a day, and to any account beyond that."""
    found: dict[Who, dict[str, Span]] = {}
    trusts: dict[Who, str] = {}
    for permit in permits:
        for verb in verbs_of(permit):
            let = _let_in(permit.condition, verb, functions)
            if let is not None:
                who, why = let
                found.setdefault(who, {}).setdefault(verb, permit.span)
                trusts[who] = trusts.get(who) or why
    done: set[str] = set()
    for who in Who:
        verbs = {verb: span for verb, span in found.get(who, {}).items() if verb not in done}
        done |= verbs.keys()
        if verbs:
            yield AccessRule(
                service=service,
                path=path,
                who=who,
                verbs=tuple(verb for verb in (*READS, *WRITES) if verb in verbs),
                place=Place(file, min(verbs.values())),
                reads=not verbs.keys().isdisjoint(READS),
                changes=not verbs.keys().isdisjoint(("update", "delete")),
                trusts=trusts[who],
            )


def verbs_of(permit: Permit) -> tuple[str, ...]:
    """The verbs of a statement, each by itself."""
    return tuple(dict.fromkeys(inner for named in permit.verbs for inner in _VERBS.get(named, (named,)) if inner in (*READS, *WRITES)))


def covers(wide: AccessRule, narrow: AccessRule) -> bool:
    """Whether whom and what a rule lets in is let in by another one of the same service."""
    return _WIDTH[narrow.who] <= _WIDTH[wide.who] and set(narrow.verbs) <= set(wide.verbs)


def _let_in(condition: Expression, verb: str, functions: Functions) -> tuple[Who, str] | None:
    for signed_in in (False, True):
        marks = passes(condition, Caller(signed_in, verb), functions)
        if marks is None or Mark.NARROW in marks or (Mark.OWN in marks and verb == "create"):
            continue
        why = next((text for mark, text in _TRUSTED.items() if mark in marks), "")
        if Mark.DATE in marks:
            return Who.UNTIL_A_DATE, why
        return (Who.ANY_USER if signed_in else Who.EVERYONE), why
    return None
