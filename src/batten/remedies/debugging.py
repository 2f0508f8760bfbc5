"""Takes debuggers out of what is deployed: the environment switches them on, and says no where it says nothing."""

from collections.abc import Iterator

from batten.code.model import Call, Expression, Keyword, Literal, Operation, Unit
from batten.finding import Edit, Finding, Fix, Safety
from batten.remedies import sites
from batten.remedies.app import App, fact
from batten.text import Span

_SWITCHES = {"FLASK_DEBUG": "0", "FLASK_ENV": "production"}


def debug_off(app: App, finding: Finding) -> Iterator[Fix]:
    """The switch from the environment; where ``os`` can't be had, off."""
    mode = fact(app.project.debug_modes, finding)
    if mode is None:
        return
    path, data = mode.place.path, app.text(mode.place.path)
    if mode.name in _SWITCHES:
        edit = _switch(path, data, mode.place.span, mode.name)
        if edit is not None:
            yield Fix(f"Switch `{mode.name}` off", Safety.SAFE, (edit,))
        return
    unit = sites.code(app, path) if path.endswith(".py") else None
    if unit is None:
        return
    variable = "DEBUG" if mode.name == "DEBUG" else "FLASK_DEBUG"
    on = _on(unit, mode.place.span, of_settings=mode.name == "DEBUG")
    if on is None:
        return
    value, by_environment = on
    written = data[value.span.start : value.span.end]
    if by_environment:
        off = {b"True": "False", b"true": "false", b"1": "0"}.get(written.strip(b"\"'"))
        quote = written[:1].decode() if written[:1] in (b'"', b"'") else ""
        if off is not None:
            yield Fix(
                "Leave the debugger off where the environment says nothing", Safety.SAFE, (Edit(path, value.span, quote + off + quote),)
            )
        return
    imports = sites.with_os(unit, data)
    if written == b"True" and imports is not None:
        edits = (*imports, Edit(path, value.span, f'os.getenv("{variable}") == "1"'))
        yield Fix(f"Let `{variable}` of the environment switch the debugger on", Safety.SAFE, edits)
    if written == b"True":
        yield Fix("Switch the debugger off", Safety.SAFE, (Edit(path, value.span, "False"),))


def _switch(path: str, data: bytes, span: Span, name: str) -> Edit | None:
    """``FLASK_DEBUG=1`` and ``FLASK_DEBUG: "1"``."""
    text = data[span.start : span.end].decode("utf-8", "replace")
    head = f"{name}=" if f"{name}=" in text else f"{name}:"
    before, found, value = text.partition(head)
    bare = value.strip().strip("\"'")
    if not found or before.strip("\"' -") or not bare.isalnum():
        return None
    at = span.start + len((before + found).encode()) + value.index(bare)
    return Edit(path, Span(at, at + len(bare)), _SWITCHES[name])


def _on(unit: Unit, span: Span, *, of_settings: bool) -> tuple[Expression, bool] | None:
    """What says that the debugger is on, and whether it does where the environment says nothing."""
    if not of_settings:
        call = sites.call_at(unit, span)
        given: list[Keyword] = [each for each in call.keywords if each.name in ("debug", "use_debugger")] if call is not None else []
        on = [each.value for each in given if isinstance(each.value, Literal) and each.value.value is True]
        return (on[0], False) if len(on) == 1 else None
    assignment = sites.assignment_at(unit, span)
    value = assignment.value if assignment is not None else None
    if isinstance(value, Literal) and value.value is True:
        return value, False
    defaults = list(_defaults(value)) if value is not None else []
    return (defaults[0], True) if len(defaults) == 1 else None


def _defaults(value: Expression) -> Iterator[Expression]:
    """The second argument, or ``default``, of the calls that an expression is made of."""
    pending = [value]
    while pending:
        node = pending.pop()
        if isinstance(node, Operation):
            pending += node.operands
        elif isinstance(node, Call):
            pending += [node.callee.value] if hasattr(node.callee, "value") else []
            pending += [each for each in node.args if isinstance(each, Call)]
            given = sites.keyword(node, "default") or (node.args[1] if len(node.args) > 1 else None)
            if isinstance(given, Literal):
                yield given
