"""Finds the call of a finding in its file's code, and what has to stand around an edit of it."""

from collections.abc import Iterator

from batten.code.model import Assign, Attribute, Call, Define, Evaluate, Expression, Function, Lambda, Literal, Name, Statement, Unit
from batten.code.parts import expressions, statement_expressions
from batten.finding import Edit
from batten.remedies.app import App
from batten.remedies.guards.registered import below
from batten.remedies.guards.siblings import Sources
from batten.text import Span


def code(app: App, path: str) -> Unit | None:
    """The code of a file; None where it is none, can't be read, or the grammar could not read all of it."""
    return Sources(app).unit(path)


def statements(unit: Unit) -> Iterator[Statement]:
    """All statements of a file, those of functions too."""
    for statement in unit.body:
        yield from inside(statement)


def inside(statement: Statement) -> Iterator[Statement]:
    """A statement and all that are in it, those of functions too."""
    pending = [statement]
    while pending:
        each = pending.pop()
        yield each
        pending += below(each)
        pending += [inner for value in whole(each) if isinstance(value, Lambda) for inner in value.function.body]


def call_at(unit: Unit, span: Span) -> Call | None:
    """The call that is written at a range."""
    for statement in statements(unit):
        if span in statement.span:
            for each in whole(statement):
                if isinstance(each, Call) and each.span == span:
                    return each
    return None


def around(unit: Unit, span: Span) -> list[Expression]:
    """The expressions that a range lies in, the innermost first."""
    found = [each for statement in statements(unit) if span in statement.span for each in whole(statement) if span in each.span]
    return sorted({id(each): each for each in found}.values(), key=lambda each: each.span.end - each.span.start)


def assignment_at(unit: Unit, span: Span) -> Assign | None:
    """The assignment whose value is written at a range."""
    return next(
        (each for each in statements(unit) if isinstance(each, Assign) and each.value is not None and each.value.span == span), None
    )


def functions_around(unit: Unit, span: Span) -> list[Function]:
    """The functions that a range lies in the body of, declared or used as values, the innermost first."""
    found = []
    for statement in statements(unit):
        if span not in statement.span:
            continue
        if isinstance(statement, Define) and isinstance(statement.value, Function):
            found.append(statement.value)
        found += [each.function for each in whole(statement) if isinstance(each, Lambda)]
    within = {(each.block.start, each.block.end): each for each in found if span in each.block}
    return sorted(within.values(), key=lambda each: each.block.end - each.block.start)


def assignments(unit: Unit, name: str, within: Span) -> list[Assign]:
    """The statements of a range that give a variable of that name a value, those of functions inside too."""
    return [
        each
        for each in statements(unit)
        if isinstance(each, Assign) and each.span in within and isinstance(each.target, Name) and each.target.id == name
    ]


def whole(statement: Statement) -> Iterator[Expression]:
    """The expressions of a statement, with those inside them."""
    pending = list(statement_expressions(statement))
    while pending:
        node = pending.pop()
        yield node
        pending += expressions(node)


def qualified(unit: Unit, node: Expression) -> str:
    """``subprocess.run`` for what is imported under any name; "" for anything else."""
    path: list[str] = []
    while isinstance(node, Attribute):
        path.insert(0, node.name)
        node = node.value
    found = next((entry for entry in unit.imports if isinstance(node, Name) and entry.local == node.id), None)
    if found is None:
        return ""
    head = found.module if found.name in ("*", "default") else f"{found.module}.{found.name}"
    return ".".join((head, *path))


def keyword(call: Call, name: str) -> Expression | None:
    """The value of a named argument; None where it is not written out."""
    return next((each.value for each in call.keywords if each.name == name), None)


def with_os(unit: Unit, data: bytes) -> list[Edit] | None:
    """What has to be written so that ``os`` is the module of Python."""
    return with_module(unit, data, "os")


def with_module(unit: Unit, data: bytes, module: str, name: str = "*") -> list[Edit] | None:
    """What has to be written so that a name is the module of Python, or what the module has by that name; None where the name may be something else, or there is no place for it."""
    local, text = (module, f"import {module}") if name == "*" else (name, f"from {module} import {name}")
    if any((entry.local, entry.module, entry.name) == (local, module, name) for entry in unit.imports):
        return []
    if any(entry.local == local for entry in unit.imports) or any(_binds(each, local) for each in statements(unit)):
        return None
    places = {data.rfind(b"\n", 0, entry.span.start) + 1 for entry in unit.imports}
    free = [at for at in places if data.startswith((b"import ", b"from "), at) and not data.startswith(b"from __future__", at)]
    ends = "\r\n" if b"\r\n" in data else "\n"
    if free:
        return [Edit(unit.path, Span(min(free), min(free)), f"{text}{ends}")]
    first = next((each for each in unit.body if not _is_text(each)), None)
    at = getattr(getattr(first, "value", None), "head", first.span).start if first is not None else 0
    if first is None or (at and data[at - 1 : at] != b"\n"):
        return None
    return [Edit(unit.path, Span(at, at), f"{text}{ends}{ends}")]


def _is_text(statement: Statement) -> bool:
    return isinstance(statement, Evaluate) and isinstance(statement.value, Literal)


def _binds(statement: Statement, name: str) -> bool:
    target = getattr(statement, "target", None)
    return isinstance(target, Name) and target.id == name
