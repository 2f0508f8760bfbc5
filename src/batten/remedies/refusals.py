"""Lets a check that refuses end the function, and one whose answer is a promise be waited for; changes no check itself."""

from collections.abc import Iterator

from batten.code.model import Branch, Call, Evaluate, Expression, Function, Language, Operation, Statement, Unit
from batten.finding import Edit, Finding, Fix, Safety
from batten.remedies import sites
from batten.remedies.app import App, fact
from batten.text import Span


def stop_there(app: App, finding: Finding) -> Iterator[Fix]:
    """``return`` (``raise``) before the refusal, or ``await`` before the check."""
    found = fact(app.project.fail_opens, finding)
    unit = sites.code(app, found.place.path) if found is not None else None
    if found is None or unit is None:
        return
    branch = next((each for each in sites.statements(unit) if isinstance(each, Branch) and each.test.span == found.place.span), None)
    function = next(iter(sites.functions_around(unit, found.place.span)), None)
    if branch is None or function is None:
        return
    if found.kind == "goes-on" and branch.body and isinstance(branch.body[-1], Evaluate):
        edit = _ended(unit, app.text(unit.path), function, branch.body[-1])
        yield Fix("End the function where it refuses", Safety.SAFE, (edit,))
    elif found.kind == "unawaited" and function.is_async and (call := _tested(branch.test)) is not None:
        at = call.span.start
        yield Fix("Wait for the check", Safety.SAFE, (Edit(unit.path, Span(at, at), "await "),))


def _ended(unit: Unit, data: bytes, function: Function, last: Statement) -> Edit:
    at = last.span.start
    written = data[last.span.start : last.span.end]
    if unit.language is Language.PYTHON:
        word = "raise" if b"Response" not in written.partition(b"(")[0] else "return"
        return Edit(unit.path, Span(at, at), f"{word} ")
    returns = function.returns
    declared = data[returns.span.start : returns.span.end] if returns is not None else b""
    line = data[data.rfind(b"\n", 0, at) + 1 : at]
    if b"void" in declared and not line.strip():
        # What gives nothing may not give the answer back.
        ends = "\r\n" if b"\r\n" in data else "\n"
        semicolon = ";" if written.endswith(b";") else ""
        return Edit(unit.path, Span(last.span.end, last.span.end), f"{ends}{line.decode()}return{semicolon}")
    return Edit(unit.path, Span(at, at), "return ")


def _tested(test: Expression) -> Call | None:
    while isinstance(test, Operation) and test.operator in ("!", "==", "!=") and test.operands:
        test = test.operands[0]
    return test if isinstance(test, Call) else None
