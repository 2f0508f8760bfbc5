"""``require`` and ``module.exports``, read off the lowered statements; knows nothing of syntax.

``const {a: b} = require("m")`` imports ``a`` as ``b``; ``module.exports = f`` exports ``f`` as ``default``,
``module.exports = {a, b: c}`` and ``exports.a = …`` export the names. A value without a name of its own is exported under
the path that it is assigned to: ``module.exports``, ``exports.a``. The statements themselves stay where they are.
"""

from collections.abc import Iterator

from batten.code.javascript_reading import Reading
from batten.code.model import (
    Attribute,
    Call,
    Export,
    Expression,
    Import,
    Lambda,
    Literal,
    Name,
    Operation,
    Record,
    Sequence,
)
from batten.text import Span


def bound(target: Expression, path: tuple[str, ...] = ()) -> Iterator[tuple[Name, tuple[str, ...]]]:
    """The names that a pattern binds, each with the properties taken to get there; items of a list are none."""
    pending: list[tuple[Expression, tuple[str, ...]]] = [(target, path)]
    while pending:
        part, taken = pending.pop()
        match part:
            case Name():
                yield part, taken
            case Operation(operator="=" | "..."):
                pending.append((part.operands[0], taken))
            case Record():
                pending += [(entry.value, taken if entry.key is None else (*taken, entry.key)) for entry in reversed(part.entries)]
            case Sequence():
                pending += [(item, (*taken, "")) for item in reversed(part.items)]


def import_required(reading: Reading, target: Expression, value: Expression) -> None:
    """The imports in ``const target = require("m").value``."""
    tail: list[str] = []
    while isinstance(value, Attribute):
        tail.insert(0, value.name)
        value = value.value
    module = required(value)
    if module is None:
        return
    for name, path in bound(target, tuple(tail)):
        if "" not in path:
            reading.imports.append(Import(name.span, module, ".".join(path) or "*", name.id))


def required(value: Expression) -> str | None:
    """The module that ``require("m")`` names; None for anything else."""
    if isinstance(value, Call) and isinstance(value.callee, Name) and value.callee.id == "require" and len(value.args) == 1:
        module = value.args[0]
        if isinstance(module, Literal) and isinstance(module.value, str):
            return module.value
    return None


def export_assigned(reading: Reading, target: Expression, value: Expression, span: Span) -> None:
    """The exports in ``module.exports = value``, ``exports.name = value`` and ``module.exports.name = value``."""
    if not isinstance(target, Attribute):
        return
    while isinstance(value, Operation) and value.operator == "=":
        export_assigned(reading, value.operands[0], value.operands[1], span)
        value = value.operands[1]
    if is_exports(target):
        _export_whole(reading, value, span)
    elif is_exports(target.value) or (isinstance(target.value, Name) and target.value.id == "exports"):
        reading.exports.append(Export(span, target.name, _local(value) or f"{_path(target.value)}.{target.name}"))


def is_exports(value: Expression) -> bool:
    """``module.exports``."""
    return isinstance(value, Attribute) and value.name == "exports" and isinstance(value.value, Name) and value.value.id == "module"


def _path(value: Expression) -> str:
    return "exports" if isinstance(value, Name) else "module.exports"


def _export_whole(reading: Reading, value: Expression, span: Span) -> None:
    if not isinstance(value, Record):
        module = required(value)
        if module is not None:
            reading.exports.append(Export(span, "*", "*", module))
        else:
            reading.exports.append(Export(span, "default", _local(value) or "module.exports"))
        return
    for entry in value.entries:
        if entry.key is not None:
            reading.exports.append(Export(entry.span, entry.key, _local(entry.value) or f"module.exports.{entry.key}"))
        else:
            module = required(entry.value)
            if module is not None:
                reading.exports.append(Export(entry.span, "*", "*", module))


def _local(value: Expression) -> str | None:
    """The name of this file that a value goes by, or None."""
    match value:
        case Name():
            return value.id
        case Lambda():
            return value.function.name or None
    return None
