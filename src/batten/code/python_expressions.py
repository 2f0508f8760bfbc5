"""Python's expressions lowered to the code model; knows nothing of statements.

What the model has no node for is said with its own words:

- ``x := v``, a ``for`` inside a comprehension and ``p as n`` in a pattern are ``Operation("=", (target, value))``;
- a comprehension is ``Unknown`` over its loops, its tests and then its element, in the order in which they run;
- ``{key(): v}`` keeps the key as ``Unknown("pair", (key, value))`` under an entry without a name;
- ``a < b < c`` is ``a < b && b < c`` while ``b`` is plain, so that no call stands twice.
"""

# ruff: noqa: ARG001 - the rules of all syntax take the same arguments

from typing import TYPE_CHECKING

from batten.code.model import (
    Attribute,
    Await,
    Call,
    Entry,
    Expression,
    Literal,
    Name,
    Operation,
    Record,
    Sequence,
    Subscript,
    Unknown,
)
from batten.code.python_definitions import argument_list, assigned, lambda_expression
from batten.code.python_reading import (
    DEPTH,
    TRIVIA,
    ExpressionRule,
    Reading,
    expression,
    expressions,
    field,
    inside,
    missing,
    operand,
    span_of,
    too_deep,
    unknown,
)
from batten.code.python_strings import LITERALS
from batten.text import Span

if TYPE_CHECKING:
    from tree_sitter import Node

_FLAT = frozenset({"&&", "||", "+", "*", "&", "|", "^"})
_OPERATORS = {"and": "&&", "or": "||", "is": "==", "is not": "!=", "<>": "!="}
_CHAIN = {"attribute": "object", "call": "function", "subscript": "value"}


def sequence_or_one(reading: Reading, node: "Node", depth: int) -> Expression:
    """``a`` as it is, and ``a, b`` or ``a,`` without brackets as a Sequence."""
    items = [child for child in node.named_children if child.type not in TRIVIA]
    if len(items) == 1 and not any(child.type == "," for child in node.children):
        return expression(reading, items[0], depth)
    return Sequence(span_of(node), expressions(reading, items, depth))


def _identifier(reading: Reading, node: "Node", depth: int) -> Expression:
    start, end = node.start_byte, node.end_byte
    if start == end:
        return Unknown(Span(start, end), "missing")
    return Name(Span(start, end), reading.data[start:end].decode("utf-8", "replace"))


def chain(reading: Reading, node: "Node", depth: int, first: Expression | None = None) -> Expression:
    """``a.b(c)[d].e`` from its root outwards, in a loop: its length is not nesting.

    ``first`` stands for a root that was lowered elsewhere. The grammar ties ``*`` to the root in ``[*a.b()]``: Python does not.
    """
    links = [node]
    root = node.child_by_field_name(_CHAIN[node.type])
    while root is not None and root.type in _CHAIN:
        links.append(root)
        root = root.child_by_field_name(_CHAIN[root.type])
    start = node.start_byte
    starred = root is not None and root.type == "list_splat"
    if root is not None and starred:
        root = inside(root) or root
        start = root.start_byte
    room = max(DEPTH - depth, 0)
    if len(links) > room:
        value: Expression = too_deep(reading, start, links[room].end_byte)
        del links[room:]
    elif first is not None:
        value, start = first, first.span.start
    elif root is None:
        value = missing(links[-1])
    else:
        value = expression(reading, root, depth + len(links) - 1)
    for level in range(len(links) - 1, -1, -1):
        value = _link(reading, links[level], start, value, depth + level)
    return Operation(span_of(node), "...", (value,)) if starred else value


def _link(reading: Reading, node: "Node", start: int, value: Expression, depth: int) -> Expression:
    span = Span(start, node.end_byte)
    match node.type:
        case "attribute":
            name = node.child_by_field_name("attribute")
            return Attribute(span, value, reading.text(name) if name is not None else "")
        case "subscript":
            index = _index(reading, node, node.children_by_field_name("subscript"), depth)
            if isinstance(index, Literal) and isinstance(index.value, str):
                return Attribute(span, value, index.value)
            return Subscript(span, value, index)
    arguments = node.child_by_field_name("arguments")
    if arguments is None:
        return Call(span, value)
    if arguments.type != "argument_list":
        return Call(span, value, (expression(reading, arguments, depth),))
    args, keywords = argument_list(reading, arguments, depth)
    match value, args:
        # ``getattr(user, "role", None)`` is ``user.role``.
        case Name(id="getattr"), (of, Literal(value=str(attribute)), *_):
            return Attribute(span, of, attribute)
    return Call(span, value, args, keywords)


def _type(reading: Reading, node: "Node", depth: int) -> Expression:
    """``Optional["User"]`` in an annotation names a type in quotes: no key."""
    inner = inside(node)
    if inner is None or inner.type != "subscript":
        return operand(reading, node, depth)
    index = _index(reading, inner, inner.children_by_field_name("subscript"), depth)
    return Subscript(span_of(inner), field(reading, inner, "value", depth), index)


def _union(reading: Reading, node: "Node", depth: int) -> Expression:
    return Operation(span_of(node), "|", expressions(reading, node.named_children, depth))


def _member_type(reading: Reading, node: "Node", depth: int) -> Expression:
    return Attribute(span_of(node), operand(reading, node, depth), reading.text(node.children[-1]))


def _generic_type(reading: Reading, node: "Node", depth: int) -> Expression:
    brackets = node.children[-1]
    arguments = [child for child in brackets.named_children if child.type not in TRIVIA]
    return Subscript(span_of(node), operand(reading, node, depth), _index(reading, brackets, arguments, depth))


def _index(reading: Reading, node: "Node", indices: "list[Node]", depth: int) -> Expression:
    if len(indices) == 1 and not any(child.type == "," for child in node.children):
        return expression(reading, indices[0], depth)
    items = expressions(reading, indices, depth)
    if not items:
        return missing(node)
    return Sequence(Span(items[0].span.start, items[-1].span.end), items)


def _sequence(reading: Reading, node: "Node", depth: int) -> Expression:
    return Sequence(span_of(node), expressions(reading, node.named_children, depth))


def _dictionary(reading: Reading, node: "Node", depth: int) -> Expression:
    entries: list[Entry] = []
    for child in node.named_children:
        if child.type == "pair":
            entries.append(_entry(reading, child, depth))
        elif child.type == "dictionary_splat":
            entries.append(Entry(span_of(child), None, operand(reading, child, depth)))
        elif child.type not in TRIVIA:
            entries.append(Entry(span_of(child), None, expression(reading, child, depth)))
    return Record(span_of(node), tuple(entries))


def _entry(reading: Reading, node: "Node", depth: int) -> Entry:
    key = field(reading, node, "key", depth)
    name = str(key.value) if isinstance(key, Literal) else None
    if name is None:
        value = field(reading, node, "value", depth)
        return Entry(span_of(node), None, Unknown(span_of(node), "pair", (key, value)))
    value_node = node.child_by_field_name("value")
    value = assigned(reading, value_node, name, depth) if value_node is not None else missing(node)
    return Entry(span_of(node), name, value)


def _comprehension(reading: Reading, node: "Node", depth: int) -> Expression:
    loops: list[Expression] = []
    element: tuple[Expression, ...] = ()
    for child in node.named_children:
        if child.type == "for_in_clause":
            target = field(reading, child, "left", depth)
            sources = [expression(reading, right, depth) for right in child.children_by_field_name("right")]
            loops.append(Operation(span_of(child), "=", (target, *sources[:1])))
            loops += sources[1:]
        elif child.type == "if_clause":
            loops += expressions(reading, child.named_children, depth)
        elif child.type == "pair":
            element += expressions(reading, child.named_children, depth)
        elif child.type not in TRIVIA:
            element += (expression(reading, child, depth),)
    return Unknown(span_of(node), node.type, (*loops, *element))


def _conditional(reading: Reading, node: "Node", depth: int) -> Expression:
    parts = expressions(reading, node.named_children, depth)
    if len(parts) != 3:  # noqa: PLR2004 - value, test, other value; broken code may have an ERROR between
        return Unknown(span_of(node), "conditional_expression", parts)
    return Operation(span_of(node), "?:", (parts[1], parts[0], parts[2]))


def _binary(reading: Reading, node: "Node", depth: int) -> Expression:
    """A left-leaning run of two-sided operators, taken in a loop: its length is not nesting."""
    start = node.start_byte
    kinds = ("binary_operator", "boolean_operator")
    groups: list[tuple[str, list[Node]]] = []
    left: Node | None = node
    while left is not None and left.type in kinds:
        sign = left.child_by_field_name("operator")
        right = left.child_by_field_name("right")
        if sign is None or right is None:
            break
        operator = _OPERATORS.get(sign.type, sign.type)
        if groups and groups[-1][0] == operator and operator in _FLAT:
            groups[-1][1].append(right)
        else:
            groups.append((operator, [right]))
        left = left.child_by_field_name("left")
    if left is None or not groups:
        return unknown(reading, node, depth)
    if len(groups) > DEPTH - depth:
        reading.truncated = True
        operands = [left, *(right for _, group in reversed(groups) for right in reversed(group))]
        return Unknown(span_of(node), node.type, expressions(reading, operands, depth))
    value = expression(reading, left, depth + len(groups) - 1)
    for level in range(len(groups) - 1, -1, -1):
        operator, rights = groups[level]
        rights.reverse()
        operands_after = expressions(reading, rights, depth + level)
        value = Operation(Span(start, rights[-1].end_byte), operator, (value, *operands_after))
    return value


def _comparison(reading: Reading, node: "Node", depth: int) -> Expression:
    operands: list[Node] = []
    operators: list[str] = []
    for child in node.children:
        if not child.is_named:
            operators.append(_OPERATORS.get(child.type, child.type))
        elif child.type not in TRIVIA:
            operands.append(child)
    if len(operands) != len(operators) + 1:
        return unknown(reading, node, depth)
    if len(operators) == 1:
        return Operation(span_of(node), operators[0], expressions(reading, operands, depth))
    values = expressions(reading, operands, depth)
    if not all(is_plain(value) for value in values[1:-1]):
        return Unknown(span_of(node), "comparison_operator", values)
    pairs = [
        Operation(Span(values[at].span.start, values[at + 1].span.end), operator, (values[at], values[at + 1]))
        for at, operator in enumerate(operators)
    ]
    return Operation(span_of(node), "&&", tuple(pairs))


def is_plain(value: Expression) -> bool:
    """True for what can be written twice without running anything twice."""
    while isinstance(value, Attribute):
        value = value.value
    return isinstance(value, (Name, Literal))


def _not(reading: Reading, node: "Node", depth: int) -> Expression:
    return Operation(span_of(node), "!", (field(reading, node, "argument", depth),))


def _unary(reading: Reading, node: "Node", depth: int) -> Expression:
    return Operation(span_of(node), node.children[0].type, (field(reading, node, "argument", depth),))


def _named(reading: Reading, node: "Node", depth: int) -> Expression:
    return Operation(span_of(node), "=", (field(reading, node, "name", depth), field(reading, node, "value", depth)))


def _as_pattern(reading: Reading, node: "Node", depth: int) -> Expression:
    value, *names = expressions(reading, node.named_children, depth) or (missing(node),)
    return Operation(span_of(node), "=", (*names, value))


def _await(reading: Reading, node: "Node", depth: int) -> Expression:
    return Await(span_of(node), operand(reading, node, depth))


def _yield(reading: Reading, node: "Node", depth: int) -> Expression:
    children = node.children
    values = expressions(reading, (child for child in children if child.is_named), depth)
    if len(children) > 1 and children[1].type == "from":
        values = (Operation(Span(children[1].start_byte, node.end_byte), "...", values),)
    return Operation(span_of(node), "yield", values)


def _splat(reading: Reading, node: "Node", depth: int) -> Expression:
    return Operation(span_of(node), "...", (operand(reading, node, depth),))


EXPRESSIONS: dict[str, ExpressionRule] = LITERALS | {
    "identifier": _identifier,
    "attribute": chain,
    "call": chain,
    "subscript": chain,
    "list": _sequence,
    "tuple": _sequence,
    "set": _sequence,
    "expression_list": _sequence,
    "pattern_list": _sequence,
    "tuple_pattern": _sequence,
    "list_pattern": _sequence,
    "dictionary": _dictionary,
    "list_comprehension": _comprehension,
    "set_comprehension": _comprehension,
    "dictionary_comprehension": _comprehension,
    "generator_expression": _comprehension,
    "conditional_expression": _conditional,
    "binary_operator": _binary,
    "boolean_operator": _binary,
    "comparison_operator": _comparison,
    "not_operator": _not,
    "unary_operator": _unary,
    "named_expression": _named,
    "as_pattern": _as_pattern,
    "as_pattern_target": sequence_or_one,
    "format_expression": operand,
    "await": _await,
    "yield": _yield,
    "list_splat": _splat,
    "list_splat_pattern": _splat,
    "parenthesized_list_splat": _splat,
    "dictionary_splat": _splat,
    "dictionary_splat_pattern": _splat,
    "lambda": lambda_expression,
    "type": _type,
    "generic_type": _generic_type,
    "union_type": _union,
    "member_type": _member_type,
    "splat_type": _splat,
}
