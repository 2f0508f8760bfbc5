"""A code model as compact text, for tests and for people; the text is not read back.

It looks like code of no language: ``const x = a?.b(await c)!`` is ``let x = a.b((await c))``, operations stand in front
(``(+ a b)``), a function is ``fn name(parameters) {statements}``, and what is not understood is ``(?kind children)``.
"""

from collections.abc import Iterable

from batten.code.model import (
    Assign,
    Attribute,
    Await,
    Block,
    Branch,
    Call,
    Class,
    Define,
    Entry,
    Evaluate,
    Export,
    Expression,
    Function,
    Handler,
    Import,
    Jump,
    Keyword,
    Lambda,
    Literal,
    Loop,
    Name,
    Operation,
    Parameter,
    Raise,
    Record,
    Return,
    Sequence,
    Statement,
    Subscript,
    Template,
    Try,
    Unit,
    Unknown,
)

Node = Expression | Statement | Function | Class | Parameter | Keyword | Entry | Handler

_Part = str | Node

_STARS = {"positional": "", "keyword": "/", "rest": "*", "keywords": "**"}


def dump(unit: Unit) -> str:
    """Directives, imports, exports and statements of a unit, one a line."""
    lines = [f"directive {directive!r}" for directive in unit.directives]
    lines += [_import(entry) for entry in unit.imports]
    lines += [_export(entry) for entry in unit.exports]
    lines += [dump_node(statement) for statement in unit.body]
    if unit.truncated:
        lines.append("truncated")
    lines += [f"broken {span.start}-{span.end}" for span in unit.broken]
    return "\n".join(lines)


def dump_node(node: Node) -> str:
    """One node and all that is in it, on one line."""
    written: list[str] = []
    pending: list[_Part] = [node]
    while pending:
        part = pending.pop()
        if isinstance(part, str):
            written.append(part)
        else:
            pending += reversed(_parts(part))
    return "".join(written)


def _import(entry: Import) -> str:
    kind = "import type" if entry.type_only else "import"
    return f"{kind} {entry.name or '-'} from {entry.module!r} as {entry.local or '-'}"


def _export(entry: Export) -> str:
    kind = "export type" if entry.type_only else "export"
    return f"{kind} {entry.name} = {entry.local}" + (f" from {entry.module!r}" if entry.module is not None else "")


def _parts(node: Node) -> list[_Part]:
    match node:
        case Expression():
            return _expression(node)
        case Statement():
            return _statement(node)
        case Function():
            return _function("fn ", node)
        case Class():
            return _class(node)
        case Parameter():
            return _parameter(node)
        case Keyword():
            return [node.name or "**", "=", node.value]
        case Entry():
            return [node.key if node.key is not None else "*", ": ", node.value]
        case Handler():
            types = ["(", *_joined(node.types), ")"] if node.types else []
            return [" catch", *types, f" {node.name}" if node.name is not None else "", *_block(node.body)]


def _expression(node: Expression) -> list[_Part]:
    match node:
        case Name():
            return [node.id]
        case Literal():
            return [repr(node.value)]
        case Attribute():
            return [node.value, ".", node.name]
        case Subscript():
            return [node.value, "[", node.index, "]"]
        case Call():
            marks = ("<", ">") if node.jsx else ("new ", "") if node.new else ("", "")
            types: list[_Part] = ["<", *_joined(node.types), ">"] if node.types else []
            return [marks[0], node.callee, marks[1], *types, "(", *_joined((*node.args, *node.keywords)), ")"]
        case Record():
            return ["{", *_joined(node.entries), "}"]
        case Sequence():
            return ["[", *_joined(node.items), "]"]
        case Lambda():
            return _function("fn ", node.function)
        case Await():
            return ["(await ", node.value, ")"]
        case Operation():
            return ["(", node.operator, " ", *_joined(node.operands, " "), ")"]
        case Template():
            return ["(template ", *_joined(node.parts, " "), ")"]
        case Unknown():
            return ["(?", node.kind, *(" " if node.children else ""), *_joined(node.children, " "), ")"]
    return [type(node).__name__]


def _statement(node: Statement) -> list[_Part]:
    match node:
        case Assign():
            value = _after(f" {node.operator} ", node.value)
            return ["let " if node.declares else "", node.target, *_after(": ", node.annotation), *value]
        case Return():
            return ["return"] if node.value is None else ["return ", node.value]
        case Raise():
            return ["raise"] if node.value is None else ["raise ", node.value]
        case Jump():
            return [node.kind]
        case Branch():
            return ["if ", node.test, *_block(node.body), *_otherwise(" else", node.orelse)]
        case Loop():
            head: list[_Part] = ["for"]
            head += [*_after(" ", node.target), *_after(" in ", node.source), *_after(" while ", node.test)]
            return [*head, *_block(node.body), *_otherwise(" else", node.orelse)]
        case Try():
            tried = ["try", *_block(node.body), *node.handlers, *_otherwise(" else", node.orelse)]
            return [*tried, *_otherwise(" finally", node.final)]
        case Block():
            return ["with (", *_joined(node.items, "; "), ")", *_block(node.body)]
        case Evaluate():
            return [node.value]
        case Define():
            return [node.value]
    return [type(node).__name__]


def _function(word: str, node: Function) -> list[_Part]:
    directives = [f"{directive!r}; " for directive in node.directives]
    start = ["async " if node.is_async else "", word, node.name, "("]
    return [
        *_decorators(node.decorators),
        *start,
        *_joined(node.parameters),
        ")",
        *_after(" -> ", node.returns),
        " {",
        *directives,
        *_joined(node.body, "; "),
        "}",
    ]


def _class(node: Class) -> list[_Part]:
    bases: tuple[Node, ...] = (*node.bases, *node.keywords)
    head: list[_Part] = ["(", *_joined(bases), ")"] if bases else []
    interfaces: list[_Part] = [" implements ", *_joined(node.implements)] if node.implements else []
    return [*_decorators(node.decorators), "class ", node.name, *head, *interfaces, *_block(node.body)]


def _parameter(node: Parameter) -> list[_Part]:
    typed = (*_after(": ", node.annotation), *_after(" = ", node.default))
    return [*_decorators(node.decorators), _STARS[node.kind], node.target, *typed]


def _decorators(decorators: tuple[Expression, ...]) -> list[_Part]:
    return [part for decorator in decorators for part in ("@", decorator, " ")]


def _after(text: str, node: Node | None) -> list[_Part]:
    return [text, node] if node is not None else []


def _block(statements: tuple[Statement, ...]) -> list[_Part]:
    return [" {", *_joined(statements, "; "), "}"]


def _otherwise(word: str, statements: tuple[Statement, ...]) -> list[_Part]:
    return [word, *_block(statements)] if statements else []


def _joined(parts: Iterable[Node], between: str = ", ") -> list[_Part]:
    found: list[_Part] = []
    for part in parts:
        found += [between, part] if found else [part]
    return found
