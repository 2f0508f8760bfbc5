"""What a Python file imports and exports; knows nothing of other files."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from batten.code.model import (
    Assign,
    Attribute,
    Block,
    Branch,
    Call,
    Define,
    Evaluate,
    Export,
    Expression,
    Import,
    Literal,
    Loop,
    Name,
    Operation,
    Sequence,
    Statement,
    Try,
)
from batten.code.python_reading import Reading
from batten.text import Span

if TYPE_CHECKING:
    from tree_sitter import Node


IMPORTS = frozenset({"import_statement", "import_from_statement", "future_import_statement"})
_HOLDERS = frozenset(
    {
        "block",
        "if_statement",
        "elif_clause",
        "else_clause",
        "for_statement",
        "while_statement",
        "try_statement",
        "except_clause",
        "finally_clause",
        "with_statement",
        "match_statement",
        "case_clause",
        "function_definition",
        "class_definition",
        "decorated_definition",
        "ERROR",
    }
)


def imported(reading: Reading, node: "Node") -> list[Import]:
    """The names that one import statement binds.

    ``import a.b`` binds ``a`` and loads ``a.b``: the second stands as an Import without a name.
    ``from m import *`` has ``*`` as its local name too.
    """
    if node.type == "import_statement":
        return [entry for name in node.children_by_field_name("name") for entry in _modules(reading, name)]
    source = node.child_by_field_name("module_name")
    module = "__future__" if node.type == "future_import_statement" else _squeezed(reading, source)
    found: list[Import] = []
    for name in node.children_by_field_name("name"):
        span = Span(name.start_byte, name.end_byte)
        if name.type == "aliased_import":
            plain, local = _alias(reading, name)
            found.append(Import(span, module, plain, local))
        else:
            text = _squeezed(reading, name)
            found.append(Import(span, module, text, text))
    found += [
        Import(Span(child.start_byte, child.end_byte), module, "*", "*") for child in node.named_children if child.type == "wildcard_import"
    ]
    return found


def _modules(reading: Reading, name: "Node") -> list[Import]:
    span = Span(name.start_byte, name.end_byte)
    if name.type == "aliased_import":
        module, local = _alias(reading, name)
        return [Import(span, module, "*", local)]
    module = _squeezed(reading, name)
    top, dot, _ = module.partition(".")
    bound = Import(span, top, "*", top)
    return [bound, Import(span, module, "", "")] if dot else [bound]


def _alias(reading: Reading, node: "Node") -> tuple[str, str]:
    return (
        _squeezed(reading, node.child_by_field_name("name")),
        _squeezed(reading, node.child_by_field_name("alias")),
    )


def _squeezed(reading: Reading, node: "Node | None") -> str:
    """A dotted name without the blanks that may stand round its dots."""
    return "" if node is None else "".join(reading.text(node).split())


def skipped_imports(reading: Reading, node: "Node") -> list[Import]:
    """The imports in a body that is not lowered."""
    if b"import" not in reading.data[node.start_byte : node.end_byte]:
        return []
    found: list[Import] = []
    pending = [node]
    while pending:
        current = pending.pop()
        for child in reversed(current.named_children):
            if child.type in IMPORTS:
                found += imported(reading, child)
            elif child.type in _HOLDERS:
                pending.append(child)
    return sorted(found, key=lambda entry: entry.span)


def is_type_checking(reading: Reading, node: "Node") -> bool:
    """Whether the test of an ``if`` holds for type checkers only."""
    return node.type in ("identifier", "attribute") and reading.data.endswith(b"TYPE_CHECKING", node.start_byte, node.end_byte)


def all_imports(reading: Reading) -> tuple[Import, ...]:
    """The imports met while a file was read, in source order; those under ``if TYPE_CHECKING`` marked."""
    ranges: list[Span] = []
    for each in sorted(reading.type_ranges):
        if not ranges or each.end > ranges[-1].end:
            ranges.append(each)
    return tuple(
        replace(entry, type_only=True) if _is_inside(entry.span, ranges) else entry
        for entry in sorted(reading.imports, key=lambda entry: entry.span)
    )


def exports(body: tuple[Statement, ...], imports: tuple[Import, ...]) -> tuple[Export, ...]:
    """What other files can take from this one: ``__all__`` where it is constant, otherwise every public name of the module.

    A star import of the module is an Export ``*`` of that module.
    """
    bound: dict[str, Export] = {}
    listed: list[Literal] | None = []
    definitions: list[Span] = []
    for statement in _module_level(body):
        for name, span in _bound(statement):
            bound.setdefault(name, Export(span, name, name))
        if isinstance(statement, Define):
            definitions.append(statement.span)
        more = _listed(statement)
        if more is None:
            listed = None
        elif listed is not None:
            listed += more
    stars: list[Export] = []
    for entry in imports:
        if _is_inside(entry.span, definitions) or not entry.local:
            continue
        if entry.local == "*":
            stars.append(Export(entry.span, "*", "*", entry.module, entry.type_only))
        elif entry.local not in bound or bound[entry.local].span > entry.span:
            bound[entry.local] = Export(entry.span, entry.local, entry.local, None, entry.type_only)
    if "__all__" in bound and listed is not None:
        names = {str(each.value): each.span for each in listed}
        return tuple(bound.get(name) or Export(span, name, name) for name, span in names.items())
    public = [export for export in bound.values() if not export.name.startswith("_")]
    return tuple(sorted([*public, *stars], key=lambda export: export.span))


def _module_level(body: tuple[Statement, ...]) -> Iterator[Statement]:
    """Every statement outside functions and classes, in source order."""
    pending = list(reversed(body))
    while pending:
        statement = pending.pop()
        yield statement
        inner: Iterable[Statement] = ()
        match statement:
            case Branch() | Loop():
                inner = (*statement.body, *statement.orelse)
            case Block():
                inner = (*statement.items, *statement.body)
            case Try():
                handled = [each for handler in statement.handlers for each in handler.body]
                inner = (*statement.body, *handled, *statement.orelse, *statement.final)
        pending += reversed(tuple(inner))


def _bound(statement: Statement) -> Iterator[tuple[str, Span]]:
    match statement:
        case Define(value=value):
            yield value.name, statement.span
        case Assign(target=target) | Loop(target=Expression() as target):
            pending = [target]
            while pending:
                match pending.pop():
                    case Name() as name:
                        yield name.id, name.span
                    case Sequence(items=parts) | Operation(operator="...", operands=parts):
                        pending += reversed(parts)


def _listed(statement: Statement) -> list[Literal] | None:
    """The names that a statement adds to ``__all__``; None where that is not constant."""
    match statement:
        case Assign(target=Name(id="__all__"), value=Expression() as value):
            return _strings(value)
        case Evaluate(value=Call(callee=Attribute(value=Name(id="__all__"), name=method), args=args)):
            if method == "extend" and len(args) == 1:
                return _strings(args[0])
            return _strings(Sequence(statement.span, args)) if method == "append" else None
    return []


def _strings(value: Expression) -> list[Literal] | None:
    parts = value.operands if isinstance(value, Operation) and value.operator == "+" else (value,)
    found: list[Literal] = []
    for part in parts:
        if not isinstance(part, Sequence):
            return None
        for item in part.items:
            if not (isinstance(item, Literal) and isinstance(item.value, str)):
                return None
            found.append(item)
    return found


def _is_inside(span: Span, ranges: list[Span]) -> bool:
    """Whether one of the ranges, sorted and apart, holds a span."""
    at = bisect_right(ranges, span.start, key=lambda each: each.start) - 1
    return at >= 0 and span in ranges[at]
