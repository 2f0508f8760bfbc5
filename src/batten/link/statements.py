"""Which model a statement of SQLAlchemy's is about that a session runs: ``session.execute(select(Order).where(…))``; knows no text of SQL.

https://docs.sqlalchemy.org/en/20/orm/queryguide/select.html
"""

import re

from batten.facts.calls import Argument, Call, Function, Origin, simple_name

_RUNS = frozenset(("execute", "exec", "scalar", "scalars", "stream", "stream_scalars"))
_STATEMENTS = frozenset(("select", "insert", "update", "delete"))


def runs(call: Call) -> bool:
    """It may be handed a statement, by its name."""
    return call.callee.rpartition(".")[2] in _RUNS


def is_of_result(call: Call) -> bool:
    """It reads what another call has run: ``session.execute(…).scalars()``."""
    return not _RUNS.isdisjoint(re.split(r"[#.]", call.callee)[:-1])


def statement_model(function: Function, call: Call) -> str | None:
    """The class that the statement is about, by its qualified name; None where no statement is handed over, or it names no class."""
    if not runs(call) or not call.arguments:
        return None
    made = {s.text for s in call.arguments[0].sources if s.origin is Origin.CALL and simple_name(s.text) in _STATEMENTS}
    named = {s.text for s in call.arguments[0].sources if s.origin is Origin.NAME}
    found = [other for other in function.calls if other.callee in made and other.arguments and _class_of(other.arguments[0]) in named]
    # One that stands in the call itself, else the nearest above.
    found.sort(key=lambda other: (other.span not in call.span, other.span.start > call.span.start, -other.span.start))
    return next((_class_of(other.arguments[0]) for other in found), None)


def _class_of(argument: Argument) -> str | None:
    return next((s.text for s in argument.sources if s.origin is Origin.NAME and "#" in s.text), None)
