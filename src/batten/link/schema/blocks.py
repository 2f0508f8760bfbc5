"""Runs DO blocks on the replayed state: loops over tables and names are unfolded; what cannot be decided leaves doubt, and a Note."""

import re
from collections.abc import Callable
from typing import Any

from batten.link.schema.concrete import Concrete
from batten.link.schema.guesses import ANYTHING, guesses
from batten.link.schema.privileges import TABLE_PRIVILEGES
from batten.link.schema.session import Session
from batten.link.schema.state import CLIENTS
from batten.link.schema.system_catalogs import UNSET
from batten.parse.postgres import body, statements
from batten.parse.postgres.expressions import Constant, Expression, Invocation, Operation, Query
from batten.parse.postgres.statements import (
    Action,
    Answer,
    Assign,
    Broken,
    CallFunction,
    Choose,
    DoBlock,
    Execute,
    Fail,
    Fetch,
    ForEach,
    Nested,
    Other,
    Run,
    Statement,
    Transaction,
    Unclear,
)
from batten.regex import regex
from batten.text import Span

Apply = Callable[[Session, Statement], None]

_MOST_STEPS = 5000
_MOST_VALUES = 500_000
_DEEPEST = 5
_NOT_FOLLOWED = "a computed statement cannot be followed: what it changes is not known"
_DECIDES = regex(r"row\s+level\s+security|policy|\bgrant\b|\brevoke\b|\btable\b|\bview\b|\bschema\b|\bfunction\b", re.IGNORECASE)
_MAKES = regex(r"\bcreate\b", re.IGNORECASE)
_CHANGES = r"\b(?:grant|revoke)\s[\w\s,]{1,100}\son\s+"
# What they give or take is none of tables.
_OF_OTHERS = r"\s[\w\s,]{1,100}\son\s+(?:all\s+)?(?:functions?|procedures?|routines?|sequences?|type|domain|language|foreign)\b"
# The format() of a text that cannot be computed still says what kind of statement it is.
_DOUBTS = (
    ("enable", regex(r"enable\s+row\s+level", re.IGNORECASE)),
    ("disable", regex(r"disable\s+row\s+level", re.IGNORECASE)),
    ("drop policy", regex(r"drop\s+policy", re.IGNORECASE)),
    ("calls", regex(rf"{_CHANGES}(?:all\s+)?(?:function|procedure|routine)s?\b", re.IGNORECASE)),
    ("privileges", regex(rf"\b(?:grant|revoke)\b(?!{_OF_OTHERS})", re.IGNORECASE)),
)


class _StopError(Exception):
    """The block has returned."""


class _FailedError(Exception):
    """The block raises an error."""


def run_block(session: Session, block: DoBlock, apply: Apply) -> None:
    """One DO block; ``apply`` runs a plain statement."""
    try:
        _Run(session, apply).run(block.body)
    except (_StopError, _FailedError):
        return


def run_function(session: Session, call: CallFunction, apply: Apply, value: Callable[[Expression], Any] | None = None) -> None:
    """A function that is called for what it does: its statements run as if they stood where it is called. ``value``: what its arguments are there."""
    found = session.database.routines_named(call.name)
    if len(found) != 1 or found[0].made.body is None or session.depth >= _DEEPEST:
        return
    made = found[0].made
    session.depth += 1
    try:
        if made.language == "sql":
            for statement in statements((made.body or "").encode()):
                if not isinstance(statement, Broken | Transaction):
                    apply(session, _placed(statement, call.span))
        elif made.language == "plpgsql":
            run = _Run(session, apply, call.span)
            value = value or Concrete(session.database, {}).value
            values = [value(argument) for argument in call.arguments]
            run.variables = {parameter.name: value for parameter, value in zip(made.parameters, values, strict=False) if parameter.name}
            run.run(body(made.body or ""))
    except (_StopError, _FailedError):
        return
    finally:
        session.depth -= 1


class _Run:
    """One block being run; ``span``: what its statements are to stand for, where it is a function's."""

    def __init__(self, session: Session, apply: Apply, span: Span | None = None) -> None:
        self.session = session
        self.apply = apply
        self.span = span
        self.variables: dict[str, Any] = {}
        self.steps = 0
        self.budget = [_MOST_VALUES]

    def run(self, body: tuple[Action, ...]) -> None:
        for action in body:
            self.steps += 1
            if self.steps > _MOST_STEPS:
                self.session.database.untold = True
                self.session.note("a block runs too long to be followed: what it changes is not known")
                raise _StopError
            self._act(action)

    def _value(self, expression: Expression | None) -> Any:
        return Concrete(self.session.database, self.variables, self.budget).value(expression)

    def _act(self, action: Action) -> None:
        match action:
            case Run(CallFunction() as call):
                placed = call if self.span is None else _placed(call, self.span)
                run_function(self.session, placed, self.apply, self._value)
            case Run(statement):
                if not isinstance(statement, Other | Transaction):
                    self.apply(self.session, statement if self.span is None else _placed(statement, self.span))
            case Execute(span, text):
                self._execute(text, span)
            case Assign(name, value):
                self.variables[name] = self._value(value)
            case Fetch(names, query):
                rows = Concrete(self.session.database, self.variables, self.budget).rows(query)
                self._fetch(names, rows)
            case ForEach(names, over, body):
                self._loop(names, over, body)
            case Choose():
                self._choose(action)
            case Nested(body, guarded):
                try:
                    self.run(body)
                except _FailedError:
                    if not guarded:
                        raise
            case Answer():
                if not self.session.unsure:
                    raise _StopError
            case Fail():
                if not self.session.unsure:
                    raise _FailedError
            case Unclear(kind):
                if kind in ("block", "too long", "execute into"):
                    self.session.database.untold = True
                    self.session.note("a part of a block is not understood: what it changes is not known")

    def _fetch(self, names: tuple[str, ...], rows: Any) -> None:
        if rows is UNSET:
            self.variables.update(dict.fromkeys(names, UNSET))
        elif not rows:
            self.variables.update(dict.fromkeys(names, None))
        elif len(names) == 1 and len(rows[0]) > 1:
            self.variables[names[0]] = rows[0]
        else:
            self.variables.update(zip(names, rows[0].values(), strict=False))

    def _execute(self, text: Expression, span: Span) -> None:
        span = self.span or span
        found = self._value(text)
        if not isinstance(found, str):
            if not self._guess(text, span):
                self._doubt(text, span)
            return
        for statement in statements(found.encode()):
            if isinstance(statement, DoBlock | Other | Transaction):
                continue
            if isinstance(statement, Broken):
                if statement.matters:
                    self.session.database.untold = True
                    self.session.note("a computed statement is not understood: what it changes is not known", span)
                continue
            self.apply(self.session, _placed(statement, span))

    def _guess(self, text: Expression, span: Span) -> bool:
        """Of a text with unknown parts, runs what is known of it, in doubt; False where what it changes cannot be told."""
        guessed = Concrete(self.session.database, self.variables, self.budget, ANYTHING).value(text)
        found = guesses(self.session.database, statements(guessed.encode())) if isinstance(guessed, str) else None
        if found is None:
            return False
        self.session.note(_NOT_FOLLOWED, span)
        self.session.unsure += 1
        for statement in found:
            self.apply(self.session, _placed(statement, span))
        self.session.unsure -= 1
        return True

    def _doubt(self, text: Expression, span: Span) -> None:
        """A text that cannot be computed: whatever its constant part speaks of is in doubt."""
        constant = " ".join(_constants(text))
        tables = [relation for relation in self.session.database.tables() if not relation.platform]
        touched = False
        for kind, pattern in _DOUBTS:
            if not pattern.search(constant):
                continue
            touched = True
            if kind == "calls":
                for routine in (each for found in self.session.database.routines.values() for each in found):
                    for role in ("public", *CLIENTS):
                        routine.privileges.doubt(role, ("execute",))
                continue
            for relation in tables:
                if (kind == "enable" and relation.rls is False) or (kind == "disable" and relation.rls is True):
                    relation.rls = None
                elif kind == "drop policy":
                    for policy in relation.policies.values():
                        policy.sure = False
                elif kind == "privileges":
                    for role in CLIENTS:
                        relation.privileges.doubt(role, TABLE_PRIVILEGES)
        if not constant or _MAKES.search(constant):
            self.session.database.untold = True
        if touched or not constant or _DECIDES.search(constant):
            self.session.note(_NOT_FOLLOWED, span)

    def _loop(self, names: tuple[str, ...], over: Query | Expression | None, body: tuple[Action, ...]) -> None:
        items: Any = UNSET
        if isinstance(over, Query):
            items = Concrete(self.session.database, self.variables, self.budget).rows(over)
        elif over is not None:
            items = self._value(over)
        if items is UNSET or not isinstance(items, list):
            self._unsure(names, body)
            return
        for item in items:
            if isinstance(item, dict) and len(names) > 1:
                self.variables.update(zip(names, item.values(), strict=False))
            elif names:
                self.variables[names[0]] = item
            self.run(body)

    def _unsure(self, names: tuple[str, ...], body: tuple[Action, ...]) -> None:
        self.variables.update(dict.fromkeys(names, UNSET))
        self.session.unsure += 1
        try:
            self.run(body)
        except _StopError:
            pass
        finally:
            self.session.unsure -= 1

    def _choose(self, choice: Choose) -> None:
        for condition, branch in choice.branches:
            held = True if condition is None and choice.sure else UNSET if condition is None else self._value(condition)
            if held is UNSET:
                # Every branch that may run leaves its traces in doubt.
                for _, inner in choice.branches:
                    self._unsure((), inner)
                return
            if held is True:
                self.run(branch)
                return


def _constants(expression: Expression) -> list[str]:
    """The constant texts in a computed one."""
    match expression:
        case Constant(str(text)):
            return [text]
        case Operation(_, operands):
            return [text for operand in operands for text in _constants(operand)]
        case Invocation(_, arguments):
            return [text for argument in arguments for text in _constants(argument)]
        case _:
            return []


def _placed(statement: Any, span: Span) -> Any:
    """A computed statement stands where it is executed."""
    from msgspec.structs import replace

    return replace(statement, span=span)
