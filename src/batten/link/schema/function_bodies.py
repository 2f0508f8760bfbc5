"""What functions of the database do and whether they find out who calls, each body read once."""

import re
from collections.abc import Iterable
from enum import IntEnum

from batten.link.schema.state import Database, Routine
from batten.parse.postgres.expressions import Constant, Expression, Invocation, Name, Operation, Query, Reference, Subquery, walk
from batten.parse.postgres.routine_body import Body, Change, Reading, body_of
from batten.regex import regex

_DEEPEST = 4
_LARGEST = 30_000
_CALLER = regex(
    r"\bauth\s*\.\s*(?:uid|jwt|role|email)\s*\(|\bcurrent_setting\s*\(|\bsession_user\b|\bcurrent_user\b|\bcurrent_role\b", re.IGNORECASE
)
_CALLER_NAMES = frozenset({"uid", "jwt", "role", "email"})
_SESSION = frozenset({"current_setting", "session_user", "current_user", "current_role", "user"})
# A function that no migration makes may well ask who calls.
_ASKS_BY_NAME = regex(
    r"^(?:is|has|can|check|require|assert|ensure|verify|validate|authorize|get|current|my)_|auth|admin|owner|member|permission|role|access|tenant|jwt|claim",
    re.IGNORECASE,
)
_BUILT_IN = frozenset(
    {
        "current_date",
        "current_timestamp",
        "current_time",
        "current_schema",
        "current_schemas",
        "current_database",
        "current_catalog",
        "current_query",
    }
)
_CALLED = regex(r"(?:\b([a-z_][\w$]*)\s*\.\s*)?\b([a-z_][\w$]*)\s*\(", re.IGNORECASE)
_GUARD = regex(r"(?:is|has|can|check|require|assert|ensure|verify|authorize)_")
_LOGIN = frozenset({"is null", "is not null", "not is null"})


class Gate(IntEnum):
    """What a caller has to show before a function acts."""

    NONE = 0
    UNKNOWN = 1
    LOGIN = 2
    """To be signed in."""
    FULL = 3
    """To be someone in particular."""


class Bodies:
    """The functions of one database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._bodies: dict[int, Body] = {}
        self._asks: dict[int, bool | None] = {}
        self._callers: dict[int, tuple[frozenset[str], frozenset[str]]] = {}

    def body(self, routine: Routine) -> Body:
        """What a function does; nothing is understood of one that is very long."""
        found = self._bodies.get(id(routine))
        if found is None:
            text = routine.made.body or ""
            found = body_of(text, routine.made.language) if text and len(text) < _LARGEST else Body(understood=False)
            self._bodies[id(routine)] = found
        return found

    def reaches(self, routine: Routine, depth: int = _DEEPEST) -> bool | None:
        """Whether a function asks who calls, itself or through another; None can't tell."""
        known = self._asks.get(id(routine), ...)
        if known is not ...:
            return known
        text = routine.made.body or ""
        if _CALLER.search(text):
            self._asks[id(routine)] = True
            return True
        self._asks[id(routine)] = False  # a circle asks nobody
        found: bool | None = None if not text else False
        for schema, label in {(match[1], match[2].lower()) for match in _CALLED.finditer(text)} if depth else ():
            named = self.database.routines_named(Name(schema.lower() if schema else None, label))
            if not named and _GUARD.match(label):
                found = found or None
            for other in named:
                if other is not routine and (inner := self.reaches(other, depth - 1)) is not False:
                    found = True if inner or found else None
        self._asks[id(routine)] = found
        return found

    def callers(self, routine: Routine) -> tuple[frozenset[str], frozenset[str]]:
        """The variables that tell who calls, and those that may."""
        known = self._callers.get(id(routine))
        if known is not None:
            return known
        body = self.body(routine)
        sure: set[str] = set()
        perhaps: set[str] = set()
        for _ in range(_DEEPEST):
            before = len(sure) + len(perhaps)
            for each in body.assigned:
                self._learn(self.asks(each.value, sure, perhaps), (each.name,), sure, perhaps)
            for reading in body.readings:
                self._learn(self.asks(reading.query, sure, perhaps), (*reading.into, "found"), sure, perhaps)
            if len(sure) + len(perhaps) == before:
                break
        found = self._callers[id(routine)] = (frozenset(sure), frozenset(perhaps - sure))
        return found

    @staticmethod
    def _learn(answer: bool | None, names: Iterable[str], sure: set[str], perhaps: set[str]) -> None:
        if answer is not False:
            (sure if answer else perhaps).update(names)

    def asks(self, value: Expression | Query | None, sure: Iterable[str] = (), perhaps: Iterable[str] = ()) -> bool | None:
        """Whether a value depends on who calls."""
        if value is None:
            return False
        sure, perhaps = frozenset(sure), frozenset(perhaps)
        unknown = isinstance(value, Query) and not value.understood
        for each in walk(Subquery("scalar", value) if isinstance(value, Query) else value):
            match each:
                case Invocation(name):
                    answer = self._called(name)
                case Reference(parts):
                    answer = True if parts[0] in sure or parts[-1] in _SESSION else None if parts[0] in perhaps else False
                case _:
                    answer = False
            if answer:
                return True
            unknown = unknown or answer is None
        return None if unknown else False

    def _called(self, name: Name) -> bool | None:
        if name.name in _CALLER_NAMES and name.schema in (None, "auth"):
            return True
        if name.name in _SESSION:
            return True
        found = self.database.routines_named(name)
        if not found:
            return None if name.schema not in ("pg_catalog", "extensions", "storage") and _may_ask(name.name) else False
        answers = [self.reaches(routine) for routine in found]
        return True if True in answers else None if None in answers else False

    def gate(self, routine: Routine) -> Gate:
        """What a function asks of its caller, at any point."""
        body = self.body(routine)
        sure, perhaps = self.callers(routine)
        best = Gate.NONE
        for test in body.tests:
            answer = self.asks(test.condition, sure, perhaps)
            if answer:
                best = max(best, Gate.LOGIN if _only_login(test.condition) else Gate.FULL)
            elif answer is None:
                best = max(best, Gate.UNKNOWN)
        for reading in body.readings:
            best = max(best, self._called_for_its_answer(reading, routine))
        if best is Gate.NONE and not body.understood and self.reaches(routine) is not False:
            return Gate.UNKNOWN
        return best

    def _called_for_its_answer(self, reading: Reading, routine: Routine) -> Gate:
        """``perform require_admin()``: a function that leaves by itself."""
        if reading.query.sources or reading.answers:
            return Gate.NONE
        best = Gate.NONE
        for target in reading.query.targets:
            if isinstance(target.value, Invocation):
                for other in self.database.routines_named(target.value.name):
                    if other is not routine and self.reaches(other) is not False and self.body(other).tests:
                        best = max(best, Gate.UNKNOWN if self.reaches(other) is None else Gate.FULL)
        return best

    def bound(self, change: Change, routine: Routine) -> bool | None:
        """Whether a change is for the caller alone: its conditions, or what it adds, say who calls."""
        sure, perhaps = self.callers(routine)
        parts: list[Expression | Query | None] = list(change.conditions)
        if change.verb == "insert":
            parts += [value for _, value in change.values]
            parts.append(change.source)
        return any_of(self.asks(part, sure, perhaps) for part in parts)

    def reading_bound(self, reading: Reading, routine: Routine) -> bool | None:
        """Whether a query is for the caller alone."""
        sure, perhaps = self.callers(routine)
        return self.asks(reading.query, sure, perhaps)


def any_of(answers: Iterable[bool | None]) -> bool | None:
    """OR of three answers."""
    listed = list(answers)
    return True if True in listed else None if None in listed else False


def _only_login(condition: Expression) -> bool:
    """``auth.uid() is null``, ``auth.role() <> 'authenticated'``: who it is does not matter."""
    match condition:
        case Operation("or" | "and", operands):
            return all(_only_login(each) or _no_caller(each) for each in operands)
        case Operation("not", (inner,)):
            return _only_login(inner)
        case Operation(operator, (Invocation() | Reference(), *_)) if operator in _LOGIN:
            return True
        case Operation("=" | "<>" | "is distinct from" | "is not distinct from", operands):
            return any(isinstance(each, Constant) and each.value in ("authenticated", "anon") for each in operands)
        case _:
            return False


def _may_ask(label: str) -> bool:
    return label not in _BUILT_IN and _ASKS_BY_NAME.search(label) is not None


def _no_caller(condition: Expression) -> bool:
    return not any(isinstance(each, Invocation) for each in walk(condition))
