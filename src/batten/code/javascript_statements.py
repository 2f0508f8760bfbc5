"""JavaScript's statements lowered to the code model; knows nothing of what expressions are made of.

Types leave nothing, a namespace its body, an enum a Record. A ``for`` with three parts is a Block around a Loop whose body
ends with the third.
"""

from typing import TYPE_CHECKING

from batten.code.javascript_branches import if_statement, switch_statement
from batten.code.javascript_classes import declare_class, stated
from batten.code.javascript_commonjs import export_assigned, required
from batten.code.javascript_expressions import assignment_parts
from batten.code.javascript_functions import declare_function
from batten.code.javascript_literals import key_text
from batten.code.javascript_modules import export_statement, import_statement
from batten.code.javascript_reading import STEP, TRIVIA, Reading, inside, is_type, span_of
from batten.code.javascript_variables import declare_variables
from batten.code.model import (
    Assign,
    Attribute,
    Block,
    Entry,
    Evaluate,
    Handler,
    Import,
    Jump,
    Loop,
    Name,
    Raise,
    Record,
    Return,
    Statement,
    Try,
    Unknown,
)
from batten.text import Span

if TYPE_CHECKING:
    from tree_sitter import Node

_ASSIGNMENTS = frozenset({"assignment_expression", "augmented_assignment_expression"})
_NAMESPACES = frozenset({"internal_module", "module"})


def _expression_statement(reading: Reading, node: "Node", room: int, out: list[Statement]) -> None:
    inner = inside(node)
    if inner is not None:
        _effect(reading, inner, room, out, span_of(node))


def _effect(reading: Reading, node: "Node", room: int, out: list[Statement], span: Span) -> None:
    """An expression for its effect: assignments and parts between commas are statements of their own."""
    kind = node.type
    while kind == "parenthesized_expression":
        inner = inside(node)
        if inner is None:
            return
        node, kind = inner, inner.type
    if kind == "sequence_expression":
        for child in node.children:
            if child.is_named and child.type not in TRIVIA:
                _effect(reading, child, room - STEP, out, span_of(child))
    elif kind in _NAMESPACES:
        _namespace(reading, node, room, out)
    elif kind in _ASSIGNMENTS and room > 0:
        first = _assigned_first(node)
        if first is not None:
            # ``module.exports = User = model("User", schema)``: the inner one is made first, and named by the outer one.
            _effect(reading, first[0], room - STEP, out, span_of(first[0]))
            target, operator, value = reading.field(node, "left", room), "=", reading.expression(first[1], room - STEP)
        else:
            target, operator, value = assignment_parts(reading, node, room)
        if operator == "=":
            value = stated(reading, node.child_by_field_name("right"), value, target, out) or value
        if isinstance(target, Attribute):
            export_assigned(reading, target, value, span)
        out.append(Assign(span, target, value, operator=operator))
    else:
        value = reading.expression(node, room)
        module = required(value)
        if module is not None:
            reading.imports.append(Import(span, module, "", ""))
        out.append(Evaluate(span, value))


def _assigned_first(node: "Node") -> "tuple[Node, Node] | None":
    """The assignment to a plain name that is the value of another, and that name."""
    right = node.child_by_field_name("right")
    if node.type != "assignment_expression" or right is None or right.type != "assignment_expression":
        return None
    name = right.child_by_field_name("left")
    return (right, name) if name is not None and name.type == "identifier" else None


def _variables(reading: Reading, node: "Node", room: int, out: list[Statement]) -> None:
    declare_variables(reading, node, room, out, node.start_byte)


def _function(reading: Reading, node: "Node", room: int, out: list[Statement]) -> None:
    declare_function(reading, node, room, out, node.start_byte, ())


def _class(reading: Reading, node: "Node", room: int, out: list[Statement]) -> None:
    declare_class(reading, node, room, out, node.start_byte, ())


def _block(reading: Reading, node: "Node", room: int, out: list[Statement]) -> None:
    out.append(Block(span_of(node), (), reading.body(node, room)))


def _for(reading: Reading, node: "Node", room: int, out: list[Statement]) -> None:
    before: list[Statement] = []
    initializer = node.child_by_field_name("initializer")
    if initializer is not None:
        _part(reading, initializer, room - STEP, before)
    test = node.child_by_field_name("condition")
    if test is not None and test.type in ("empty_statement", ";"):
        test = None
    body = [*reading.body(node.child_by_field_name("body"), room)]
    increment = node.child_by_field_name("increment")
    if increment is not None:
        _part(reading, increment, room - STEP, body)
    tested = reading.expression(test, room - STEP) if test is not None else None
    loop = Loop(span_of(node), None, None, tested, tuple(body))
    out.append(Block(span_of(node), tuple(before), (loop,)) if before else loop)


def _part(reading: Reading, node: "Node", room: int, out: list[Statement]) -> None:
    """A part of the head of a ``for``, which is a declaration or an expression."""
    if node.type in reading.statements:
        reading.run((node,), room, out)
    else:
        _effect(reading, node, room, out, span_of(node))


def _for_in(reading: Reading, node: "Node", room: int, out: list[Statement]) -> None:
    target = reading.field(node, "left", room)
    source = reading.field(node, "right", room)
    operator = node.child_by_field_name("operator")
    by_key = operator is not None and operator.type == "in"
    out.append(Loop(span_of(node), target, source, None, reading.body(node.child_by_field_name("body"), room), by_key=by_key))


def _while(reading: Reading, node: "Node", room: int, out: list[Statement]) -> None:
    test = reading.field(node, "condition", room)
    out.append(Loop(span_of(node), None, None, test, reading.body(node.child_by_field_name("body"), room)))


def _try(reading: Reading, node: "Node", room: int, out: list[Statement]) -> None:
    handler = node.child_by_field_name("handler")
    final = node.child_by_field_name("finalizer")
    out.append(
        Try(
            span_of(node),
            reading.body(node.child_by_field_name("body"), room),
            (_catch(reading, handler, room),) if handler is not None else (),
            final=reading.body(final.child_by_field_name("body"), room) if final is not None else (),
        )
    )


def _catch(reading: Reading, node: "Node", room: int) -> Handler:
    parameter = node.child_by_field_name("parameter")
    target = reading.expression(parameter, room - STEP) if parameter is not None else None
    body = reading.body(node.child_by_field_name("body"), room)
    if target is not None and not isinstance(target, Name):
        body = (Assign(target.span, target, None, declares=True), *body)
    return Handler(span_of(node), (), target.id if isinstance(target, Name) else None, body)


def _return(reading: Reading, node: "Node", room: int, out: list[Statement]) -> None:
    value = inside(node)
    out.append(Return(span_of(node), reading.expression(value, room - STEP) if value is not None else None))


def _throw(reading: Reading, node: "Node", room: int, out: list[Statement]) -> None:
    value = inside(node)
    out.append(Raise(span_of(node), reading.expression(value, room - STEP) if value is not None else None))


def _jump(_reading: Reading, node: "Node", _room: int, out: list[Statement]) -> None:
    out.append(Jump(span_of(node), node.type.removesuffix("_statement")))


def _labeled(reading: Reading, node: "Node", room: int, out: list[Statement]) -> None:
    body = node.child_by_field_name("body")
    if body is not None:
        reading.run((body,), room, out)


def _with(reading: Reading, node: "Node", room: int, out: list[Statement]) -> None:
    value = reading.field(node, "object", room)
    body = reading.body(node.child_by_field_name("body"), room)
    out.append(Block(span_of(node), (Evaluate(value.span, value),), body))


def _import_alias(reading: Reading, node: "Node", room: int, out: list[Statement]) -> None:
    """``import x = A.B``."""
    parts = [child for child in node.children if child.is_named and child.type not in TRIVIA]
    if len(parts) == 2:  # noqa: PLR2004 - a name and what it stands for
        target, value = (reading.expression(part, room - STEP) for part in parts)
        out.append(Assign(span_of(node), target, value, declares=True))


def _enum(reading: Reading, node: "Node", room: int, out: list[Statement]) -> None:
    """The object that an enum is when the code runs; members without a value have their number or name only there."""
    entries: list[Entry] = []
    body = node.child_by_field_name("body")
    for child in body.children if body is not None else ():
        if child.type == "enum_assignment":
            key = child.child_by_field_name("name")
            value = reading.field(child, "value", room)
            entries.append(Entry(span_of(child), key_text(reading, key) if key is not None else None, value))
        elif child.is_named and child.type not in TRIVIA:
            entries.append(Entry(span_of(child), key_text(reading, child), Unknown(span_of(child), "member")))
    target = reading.field(node, "name", room)
    out.append(Assign(span_of(node), target, Record(span_of(node), tuple(entries)), declares=True))


def _namespace(reading: Reading, node: "Node", room: int, out: list[Statement]) -> None:
    """A namespace's body; what it exports belongs to the namespace, not to the file."""
    outside, reading.exports = reading.exports, []
    out.append(Block(span_of(node), (), reading.body(node.child_by_field_name("body"), room)))
    reading.exports = outside


def _error(reading: Reading, node: "Node", room: int, out: list[Statement]) -> None:
    """What the grammar could not place: each part by itself."""
    for child in node.children:
        if child.is_named and not is_type(child.type) and child.type not in TRIVIA:
            reading.run((child,), room, out)


def _nothing(reading: Reading, node: "Node", room: int, out: list[Statement]) -> None:
    """Comments, empty statements, and what only types know of."""


RULES = {
    "expression_statement": _expression_statement,
    "lexical_declaration": _variables,
    "variable_declaration": _variables,
    "using_declaration": _variables,
    "function_declaration": _function,
    "generator_function_declaration": _function,
    "class_declaration": _class,
    "abstract_class_declaration": _class,
    "statement_block": _block,
    "if_statement": if_statement,
    "switch_statement": switch_statement,
    "for_statement": _for,
    "for_in_statement": _for_in,
    "while_statement": _while,
    "do_statement": _while,
    "try_statement": _try,
    "return_statement": _return,
    "throw_statement": _throw,
    "break_statement": _jump,
    "continue_statement": _jump,
    "labeled_statement": _labeled,
    "with_statement": _with,
    "import_statement": import_statement,
    "export_statement": export_statement,
    "import_alias": _import_alias,
    "enum_declaration": _enum,
    "internal_module": _namespace,
    "module": _namespace,
    "ERROR": _error,
    "comment": _nothing,
    "html_comment": _nothing,
    "hash_bang_line": _nothing,
    "empty_statement": _nothing,
    "debugger_statement": _nothing,
    "interface_declaration": _nothing,
    "type_alias_declaration": _nothing,
    "ambient_declaration": _nothing,
    "function_signature": _nothing,
}
