"""What must hold for a test to pass: which values it looks at, and whether they must be there, absent or equal to a secret."""

from typing import NamedTuple

from batten.code.model import Await, Call, Expression, Literal, Name, Operation, Sequence
from batten.code.names import Scope, qualify
from batten.extract.responses import FAILURE_KEYS
from batten.extract.values import names_of, sources
from batten.facts.calls import Origin, Source, Subject, is_callers

# Enough for any condition that a person wrote; a generated one tells nothing about its author's intent.
_DEEPEST = 12


class Requirement(NamedTuple):
    """One thing that holds once the test has passed; see ``facts.calls.Guard`` for the fields."""

    subject: Subject
    names: tuple[str, ...]
    inverted: bool = False
    either: bool = False


def requirements(test: Expression, scope: Scope, holds: bool, depth: int = _DEEPEST) -> list[Requirement]:
    """What is known where ``test`` came out as ``holds``."""
    if depth == 0:
        return []
    match test:
        case Await():
            return requirements(test.value, scope, holds, depth - 1)
        case Operation(operator="!") if test.operands:
            return requirements(test.operands[0], scope, not holds, depth - 1)
        case Operation(operator="&&" | "||"):
            parts = [requirements(part, scope, holds, depth - 1) for part in test.operands]
            if (test.operator == "&&") == holds:
                return [found for part in parts for found in part]
            return _either(parts)
        case Operation(operator="==" | "!=" | "in" | "not in") if len(test.operands) == 2:  # noqa: PLR2004 - both sides
            equal = (test.operator in ("==", "in")) == holds
            if isinstance(test.operands[0], Literal) and test.operator in ("in", "not in") and isinstance(test.operands[1], Name):
                return _holds_entry(str(test.operands[0].value), test.operands[1], scope, equal)
            return _comparison(test.operands[0], test.operands[1], scope, equal, depth)
        case Operation(operator="instanceof") if test.operands:
            return [Requirement(Subject.VALUE, names_of(test.operands[0], scope), inverted=not holds)]
        case Call():
            return [Requirement(Subject.VALUE, _call_names(test, scope), inverted=not holds)]
    names = names_of(test, scope)
    return [Requirement(Subject.VALUE, names, inverted=not holds)] if names else []


def _either(parts: list[list[Requirement]]) -> list[Requirement]:
    """Only one of the parts is known to hold: what is there in each of them, or absent in each."""
    for inverted in (False, True):
        alike = [[found for found in part if found.inverted is inverted] for part in parts]
        if all(alike):
            names = tuple(name for part in alike for found in part for name in found.names)
            secret = all(found.subject is Subject.SECRET for part in alike for found in part)
            return [Requirement(Subject.SECRET if secret else Subject.VALUE, names, inverted, either=True)]
    return []


def _call_names(call: Call, scope: Scope) -> tuple[str, ...]:
    """A predicate's own name, then those of what it is asked about: ``isAdmin(user)`` speaks of ``user``."""
    own = qualify(call.callee, scope)
    asked = tuple(name for part in call.args for name in names_of(part, scope))
    return (() if own is None else (own,)) + asked


def _holds_entry(key: str, record: Expression, scope: Scope, there: bool) -> list[Requirement]:
    """``"error" in result``: a record that says what went wrong is as good as none, one that has anything else is there."""
    names = names_of(record, scope)
    return [Requirement(Subject.VALUE, names)] if names and there is not (key in FAILURE_KEYS) else []


def _comparison(left: Expression, right: Expression, scope: Scope, equal: bool, depth: int) -> list[Requirement]:
    for value, other in ((left, right), (right, left)):
        if isinstance(value, Literal) and (value.value is None or value.value is False or value.value == ""):
            return requirements(other, scope, not equal, depth - 1)
        if isinstance(value, Literal) and value.value is True:
            return requirements(other, scope, equal, depth - 1)
        if isinstance(value, Literal) and value.value == 0 and not equal:
            return requirements(other, scope, holds=True, depth=depth - 1)
    sides = (sources(left, scope), sources(right, scope))
    names = tuple(dict.fromkeys(names_of(left, scope) + names_of(right, scope)))
    if not equal and not all(root.origin in (Origin.ENVIRONMENT, Origin.LITERAL) for root in (*sides[0], *sides[1])):
        return []  # to be other than something says nothing of a caller: nobody is no admin either
    if any(_is_server_secret(mine) and _is_callers(theirs) for mine, theirs in (sides, sides[::-1])):
        return [Requirement(Subject.SECRET, names)]
    if isinstance(right, Sequence) or isinstance(left, Literal) or isinstance(right, Literal):
        tested = names_of(right if isinstance(left, Literal) else left, scope)
        return [Requirement(Subject.VALUE, tested)] if tested else []
    return [Requirement(Subject.VALUE, names)] if names else []


def _is_server_secret(roots: tuple[Source, ...]) -> bool:
    """The value has a root that only the server knows: an environment variable, or a setting."""
    for root in roots:
        if root.origin is Origin.ENVIRONMENT:
            return True
        if root.origin is Origin.NAME and any(
            word in root.text.lower() for word in ("settings", "config", "secret", "api_key", "apikey", "token")
        ):
            return True
    return False


def _is_callers(roots: tuple[Source, ...]) -> bool:
    """The value has a root that the caller hands in."""
    for root in roots:
        if root.origin is Origin.PARAMETER:
            return True
        if root.origin in (Origin.NAME, Origin.CALL) and (
            "request" in root.text or is_callers(root.text) or root.text.startswith("next/headers#")
        ):
            return True
    return False
