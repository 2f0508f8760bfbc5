"""Python's statements lowered to the code model; knows nothing of definitions and of the file's frame.

What the model has no node for is said with its own words:

- ``a = b = 0`` is ``b = 0`` and ``a = 0``, but ``a = b = f()`` is ``b = f()`` and ``a = b``: no call stands twice;
- ``assert test, message`` is a Branch on ``!test`` that raises the message;
- ``del`` is ``Operation("delete")``; Python 2's ``print`` and ``exec`` statements are the calls that they became;
- ``global`` and ``nonlocal`` are Unknown over their names; ``pass`` and a lone ``...`` are nothing.
"""

# ruff: noqa: ARG001 - the rules of all syntax take the same arguments

from typing import TYPE_CHECKING

from batten.code.model import (
    Assign,
    Attribute,
    Block,
    Branch,
    Call,
    Evaluate,
    Expression,
    Handler,
    Jump,
    Keyword,
    Loop,
    Name,
    Operation,
    Raise,
    Return,
    Sequence,
    Statement,
    Subscript,
    Try,
    Unknown,
)
from batten.code.python_definitions import DEFINITIONS, assigned
from batten.code.python_expressions import chain, is_plain, sequence_or_one
from batten.code.python_names import IMPORTS, imported, is_type_checking
from batten.code.python_patterns import match_statement
from batten.code.python_reading import (
    DEPTH,
    TRIVIA,
    Reading,
    StatementRule,
    block,
    expression,
    expressions,
    field,
    inside,
    operand,
    span_of,
    statements,
    too_deep,
)
from batten.text import Span

if TYPE_CHECKING:
    from tree_sitter import Node


def _clause_block(reading: Reading, node: "Node", depth: int) -> tuple[Statement, ...]:
    """The block of a clause whose grammar gives it no field."""
    return block(reading, next((child for child in node.named_children if child.type == "block"), None), depth)


def _error(reading: Reading, node: "Node", depth: int, out: list[Statement]) -> None:
    """Whole statements inside unreadable code as they are, the rest as one Unknown."""
    whole = [child for child in node.named_children if child.type in reading.statements]
    loose = [child for child in node.named_children if child.type not in reading.statements]
    span = span_of(node)
    values = expressions(reading, loose, depth)
    if values:
        out.append(Evaluate(span, Unknown(span, "ERROR", values)))
    out += statements(reading, whole, depth)


def _inner_block(reading: Reading, node: "Node", depth: int, out: list[Statement]) -> None:
    out += block(reading, node, depth)


def _import(reading: Reading, node: "Node", depth: int, out: list[Statement]) -> None:
    reading.imports += imported(reading, node)


def _nothing(reading: Reading, node: "Node", depth: int, out: list[Statement]) -> None:
    return


def _expression_statement(reading: Reading, node: "Node", depth: int, out: list[Statement]) -> None:
    if node.child_count == 1:
        child = node.children[0]
        kind = child.type
        if kind == "assignment":
            _assignment(reading, child, depth, out)
            return
        if kind == "augmented_assignment":
            sign = child.child_by_field_name("operator")
            target = field(reading, child, "left", depth)
            value = field(reading, child, "right", depth)
            span = span_of(child)
            out.append(Assign(span, target, value, operator=sign.type if sign is not None else "="))
            return
        if kind == "ellipsis":
            return
    out.append(Evaluate(span_of(node), sequence_or_one(reading, node, depth)))


def _assignment(reading: Reading, node: "Node", depth: int, out: list[Statement]) -> None:
    before: list[tuple[int, Expression]] = []
    target = field(reading, node, "left", depth)
    right = node.child_by_field_name("right")
    while right is not None and right.type == "assignment":
        before.append((node.start_byte, target))
        node = right
        target = field(reading, node, "left", depth)
        right = node.child_by_field_name("right")
    declared = node.child_by_field_name("type")
    annotation = expression(reading, declared, depth) if declared is not None else None
    value = assigned(reading, right, _name_of(target), depth) if right is not None else None
    out.append(Assign(span_of(node), target, value, annotation is not None, annotation=annotation))
    for start, earlier in reversed(before):
        source = value if value is not None and is_plain(value) else target
        out.append(Assign(Span(start, node.end_byte), earlier, source))
        target = earlier


def _name_of(target: Expression) -> str:
    match target:
        case Name(id=name) | Attribute(name=name):
            return name
    return ""


def _type_alias(reading: Reading, node: "Node", depth: int, out: list[Statement]) -> None:
    """``type X[T] = …``; and ``type(x).y = …``, which the grammar takes for one."""
    value = field(reading, node, "right", depth)
    declared = node.child_by_field_name("left")
    left = inside(declared) if declared is not None else None
    root = left
    while root is not None and root.type in ("attribute", "subscript"):
        root = root.child_by_field_name("object") or root.child_by_field_name("value")
    if left is None or root is None or root is left:
        target = expression(reading, left, depth) if left is not None else Unknown(span_of(node), "missing")
        name = target.value if isinstance(target, Subscript) else target
        out.append(Assign(span_of(node), name, value, declares=True))
        return
    word = Name(Span(node.start_byte, node.start_byte + len("type")), "type")
    args = expressions(reading, root.named_children, depth)
    target = chain(reading, left, depth, Call(Span(node.start_byte, root.end_byte), word, args))
    out.append(Assign(span_of(node), target, value))


def _return(reading: Reading, node: "Node", depth: int, out: list[Statement]) -> None:
    value = inside(node)
    result = expression(reading, value, depth) if value is not None else None
    out.append(Return(span_of(node), result))


def _raise(reading: Reading, node: "Node", depth: int, out: list[Statement]) -> None:
    """``raise X from cause``: a cause that runs something is evaluated before."""
    cause = node.child_by_field_name("cause")
    value = inside(node)
    if cause is not None and cause.type not in ("identifier", "none", "attribute"):
        reason = expression(reading, cause, depth)
        out.append(Evaluate(reason.span, reason))
    raised = expression(reading, value, depth) if value is not None and value != cause else None
    out.append(Raise(span_of(node), raised))


def _assert(reading: Reading, node: "Node", depth: int, out: list[Statement]) -> None:
    span = span_of(node)
    test, *message = expressions(reading, node.named_children, depth) or (Unknown(span, "missing"),)
    failure = Raise(span, message[0] if message else None)
    out.append(Branch(span, Operation(test.span, "!", (test,)), (failure,)))


def _delete(reading: Reading, node: "Node", depth: int, out: list[Statement]) -> None:
    span = span_of(node)
    listed = inside(node)
    targets = listed if listed is not None and listed.type == "expression_list" else node
    operands = expressions(reading, targets.named_children, depth)
    out.append(Evaluate(span, Operation(span, "delete", operands)))


def _names(reading: Reading, node: "Node", depth: int, out: list[Statement]) -> None:
    span = span_of(node)
    out.append(Evaluate(span, Unknown(span, node.type, expressions(reading, node.named_children, depth))))


def _print(reading: Reading, node: "Node", depth: int, out: list[Statement]) -> None:
    """Python 2's ``print >>file, x`` and ``exec code in scope``."""
    span, word = span_of(node), node.children[0]
    args: list[Expression] = []
    keywords: list[Keyword] = []
    for child in node.named_children:
        if child.type == "chevron":
            keywords.append(Keyword(span_of(child), "file", operand(reading, child, depth)))
        elif child.type not in TRIVIA:
            args.append(expression(reading, child, depth))
    callee = Name(span_of(word), reading.text(word))
    out.append(Evaluate(span, Call(span, callee, tuple(args), tuple(keywords))))


def _jump(reading: Reading, node: "Node", depth: int, out: list[Statement]) -> None:
    out.append(Jump(span_of(node), node.type.removesuffix("_statement")))


def _if(reading: Reading, node: "Node", depth: int, out: list[Statement]) -> None:
    """The arms, from the last to the first: a ladder is long, not deep, in the source."""
    end = node.end_byte
    arms = [node]
    orelse: tuple[Statement, ...] = ()
    arms += [child for child in node.children_by_field_name("alternative") if child.type == "elif_clause"]
    room = max(DEPTH - depth, 1)
    if len(arms) > room:
        rest = too_deep(reading, arms[room].start_byte, end)
        orelse = (Evaluate(rest.span, rest),)
        del arms[room:]
    else:
        orelse = _else(reading, node, depth + len(arms) - 1)
    for level in range(len(arms) - 1, -1, -1):
        arm = arms[level]
        condition = arm.child_by_field_name("condition")
        body = arm.child_by_field_name("consequence")
        if condition is not None and body is not None and is_type_checking(reading, condition):
            reading.type_ranges.append(span_of(body))
        test = field(reading, arm, "condition", depth + level)
        inner = block(reading, body, depth + level)
        orelse = (Branch(Span(arm.start_byte, end), test, inner, orelse),)
    out += orelse


def _else(reading: Reading, node: "Node", depth: int) -> tuple[Statement, ...]:
    for child in reversed(node.named_children):
        if child.type == "else_clause":
            return _clause_block(reading, child, depth)
    return ()


def _for(reading: Reading, node: "Node", depth: int, out: list[Statement]) -> None:
    target = field(reading, node, "left", depth)
    source = field(reading, node, "right", depth)
    body = block(reading, node.child_by_field_name("body"), depth)
    orelse = _else(reading, node, depth)
    out.append(Loop(span_of(node), target, source, None, body, orelse))


def _while(reading: Reading, node: "Node", depth: int, out: list[Statement]) -> None:
    test = field(reading, node, "condition", depth)
    body = block(reading, node.child_by_field_name("body"), depth)
    orelse = _else(reading, node, depth)
    out.append(Loop(span_of(node), None, None, test, body, orelse))


def _with(reading: Reading, node: "Node", depth: int, out: list[Statement]) -> None:
    items: list[Statement] = []
    for clause in node.named_children:
        if clause.type == "with_clause":
            items += [_with_item(reading, item, depth) for item in clause.named_children if item.type not in TRIVIA]
    body = block(reading, node.child_by_field_name("body"), depth)
    out.append(Block(span_of(node), tuple(items), body))


def _with_item(reading: Reading, node: "Node", depth: int) -> Statement:
    value = operand(reading, node, depth) if node.type == "with_item" else expression(reading, node, depth)
    match value:
        case Operation(operator="=", operands=(target, source)):
            return Assign(value.span, target, source)
    return Evaluate(value.span, value)


def _try(reading: Reading, node: "Node", depth: int, out: list[Statement]) -> None:
    handlers: list[Handler] = []
    final: tuple[Statement, ...] = ()
    for child in node.named_children:
        if child.type == "except_clause":
            handlers.append(_handler(reading, child, depth))
        elif child.type == "finally_clause":
            final = _clause_block(reading, child, depth)
    body = block(reading, node.child_by_field_name("body"), depth)
    orelse = _else(reading, node, depth)
    out.append(Try(span_of(node), body, tuple(handlers), orelse, final))


def _handler(reading: Reading, node: "Node", depth: int) -> Handler:
    """``except A as e``, ``except (A, B)``, ``except A, B`` and Python 2's ``except A, e``: a class has a capital."""
    name: str | None = None
    values = list(expressions(reading, node.children_by_field_name("value"), depth))
    match values:
        case [Operation(operator="=", operands=(Name(id=name), value))]:
            values = [value]
        case [value, Name(id=last)] if last[:1].islower():
            values, name = [value], last
    types = values[0].items if len(values) == 1 and isinstance(values[0], Sequence) else tuple(values)
    return Handler(span_of(node), types, name, _clause_block(reading, node, depth))


def _match(reading: Reading, node: "Node", depth: int, out: list[Statement]) -> None:
    out += match_statement(reading, node, depth)


STATEMENTS: dict[str, StatementRule] = {
    **DEFINITIONS,
    **dict.fromkeys(IMPORTS, _import),
    "ERROR": _error,
    "block": _inner_block,
    "expression_statement": _expression_statement,
    "return_statement": _return,
    "if_statement": _if,
    "for_statement": _for,
    "while_statement": _while,
    "with_statement": _with,
    "try_statement": _try,
    "match_statement": _match,
    "raise_statement": _raise,
    "assert_statement": _assert,
    "delete_statement": _delete,
    "global_statement": _names,
    "nonlocal_statement": _names,
    "print_statement": _print,
    "exec_statement": _print,
    "break_statement": _jump,
    "continue_statement": _jump,
    "pass_statement": _nothing,
    "type_alias_statement": _type_alias,
}
