"""Tests that a name holds the answer of: ``const allowed = SITES.includes(origin)``, and ``if (allowed)`` further down; knows no sinks."""

from batten.code.model import Assign, Attribute, Await, Call, Expression, Name, Operation
from batten.extract.flows.claims import SPEAKS
from batten.extract.flows.conditions import outcome
from batten.extract.flows.nodes import State
from batten.extract.flows.reading import Reading
from batten.extract.flows.tested import Value
from batten.regex import regex
from batten.text import Span

_OPERATORS = frozenset(("!", "&&", "||", "==", "!=", "in", "not in"))
# Calls that say yes or no. Those that say where something is say so with 0, too.
_ASKING = frozenset(
    (
        "includes",
        "has",
        "some",
        "contains",
        "any",
        "startsWith",
        "startswith",
        "endsWith",
        "endswith",
        "test",
        "fullmatch",
        "is_relative_to",
        "url_has_allowed_host_and_scheme",
    )
)
_CLAIM = regex(r"^_*(?:is|has|can|was)(?=[_A-Z])")
_NOTHING = frozenset[tuple[int, str]]()


def hold(reading: Reading, state: State, statement: Assign, value: Value) -> None:
    """Remember what the answer says that a name is given, once and for all: one that is given another one says nothing."""
    if statement.value is None or not isinstance(statement.target, Name) or statement.operator != "=":
        return
    name, span = statement.target.id, statement.span
    known = reading.held.get(name)
    if known is not None and known[0] != span:
        reading.held[name] = (Span(0, 0), _NOTHING, _NOTHING)
        return
    if known is None and name in state.env and not statement.declares:
        return
    if _is_test(statement.value):
        found = outcome(reading, state, statement.value, value)
        reading.held[name] = (span, found.passed, found.failed)
    elif known is None:
        reading.held[name] = (span, _NOTHING, _NOTHING)


def _is_test(expression: Expression) -> bool:
    while isinstance(expression, Await):
        expression = expression.value
    if isinstance(expression, Operation):
        return expression.operator in _OPERATORS
    if not isinstance(expression, Call):
        return False
    method = (
        expression.callee.name
        if isinstance(expression.callee, Attribute)
        else expression.callee.id
        if isinstance(expression.callee, Name)
        else ""
    )
    return method in _ASKING or _CLAIM.match(method) is not None or SPEAKS.match(method) is not None
