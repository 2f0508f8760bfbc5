"""How one Python file is walked: dispatch on syntax, the depth limit, broken code; knows no construct by name.

``depth`` counts against ``DEPTH``: syntax inside other syntax costs ``STEP``; a link of a call chain, an arm of an ``elif``
ladder and a change of operator cost 1 each, as they are taken in loops. So no path through a Unit is longer than
``DEPTH + STEP`` nodes, and Python's stack stays well under its limit. What lies deeper is an ``Unknown`` without
children.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from batten.code.model import Evaluate, Expression, Import, Statement, Unknown
from batten.text import Span

if TYPE_CHECKING:
    from tree_sitter import Node

# The deepest real code seen needs 45.
DEPTH = 300
STEP = 3

TRIVIA = frozenset({"comment", "line_continuation"})

_CLAUSES = frozenset({"elif_clause", "else_clause", "except_clause", "finally_clause", "function_definition", "class_definition"})
_COMPOUND = _CLAUSES | {
    "if_statement",
    "for_statement",
    "while_statement",
    "with_statement",
    "try_statement",
    "match_statement",
    "decorated_definition",
}

ExpressionRule: TypeAlias = "Callable[[Reading, Node, int], Expression]"
StatementRule: TypeAlias = "Callable[[Reading, Node, int, list[Statement]], None]"


class Reading:
    """One file while it is lowered: its bytes, the rules for its syntax, and what is met on the way."""

    __slots__ = ("data", "expressions", "imports", "statements", "truncated", "type_ranges", "wanted")

    def __init__(
        self,
        data: bytes,
        expressions: "Mapping[str, ExpressionRule]",
        statements: "Mapping[str, StatementRule]",
        wanted: Callable[[int, int], bool] | None,
    ) -> None:
        self.data = data
        self.expressions = expressions
        self.statements = statements
        self.wanted = wanted
        self.imports: list[Import] = []
        self.type_ranges: list[Span] = []
        """What runs for type checkers only."""
        self.truncated = False

    def text(self, node: "Node") -> str:
        """The source text of a node."""
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")


def span_of(node: "Node") -> Span:
    """The range of a node."""
    return Span(node.start_byte, node.end_byte)


def inside(node: "Node") -> "Node | None":
    """The first child that means something."""
    for child in node.named_children:
        if child.type not in TRIVIA:
            return child
    return None


def missing(node: "Node") -> Unknown:
    """What stands where broken code lacks an expression."""
    return Unknown(Span(node.end_byte, node.end_byte), "missing")


def too_deep(reading: Reading, start: int, end: int) -> Unknown:
    """What stands for code beyond the depth limit."""
    reading.truncated = True
    return Unknown(Span(start, end), "depth")


def expression(reading: Reading, node: "Node", depth: int) -> Expression:
    """One expression, parentheses taken off; what has no rule is an Unknown with all that is inside."""
    kind = node.type
    while kind == "parenthesized_expression":
        inner = inside(node)
        if inner is None:
            break
        node, kind = inner, inner.type
    if depth > DEPTH:
        return too_deep(reading, node.start_byte, node.end_byte)
    rule = reading.expressions.get(kind)
    return rule(reading, node, depth + STEP) if rule is not None else unknown(reading, node, depth + STEP)


def unknown(reading: Reading, node: "Node", depth: int) -> Unknown:
    """Syntax without a node of its own, with all that is inside."""
    return Unknown(span_of(node), node.type, expressions(reading, node.named_children, depth))


def expressions(reading: Reading, nodes: "Iterable[Node]", depth: int) -> tuple[Expression, ...]:
    """The expressions among nodes."""
    found: list[Expression] = []
    for node in nodes:
        if node.type not in TRIVIA:
            found.append(expression(reading, node, depth))  # noqa: PERF401 - a comprehension is one more stack frame
    return tuple(found)


def field(reading: Reading, node: "Node", name: str, depth: int) -> Expression:
    """The expression in a field."""
    child = node.child_by_field_name(name)
    return expression(reading, child, depth) if child is not None else missing(node)


def operand(reading: Reading, node: "Node", depth: int) -> Expression:
    """The one expression inside a node that has no field for it: ``*x``, ``await x``."""
    child = inside(node)
    return expression(reading, child, depth) if child is not None else missing(node)


def statements(reading: Reading, nodes: "list[Node]", depth: int) -> tuple[Statement, ...]:
    """The statements among nodes."""
    if depth > DEPTH and nodes:
        rest = too_deep(reading, nodes[0].start_byte, nodes[-1].end_byte)
        return (Evaluate(rest.span, rest),)
    out: list[Statement] = []
    rules = reading.statements
    for node in nodes:
        kind = node.type
        rule = rules.get(kind)
        if rule is not None:
            rule(reading, node, depth + STEP, out)
            if node.has_error and kind in _COMPOUND:
                out += statements(reading, _strays(node), depth + STEP)
        elif kind not in TRIVIA:
            value = expression(reading, node, depth + STEP)
            out.append(Evaluate(value.span, value))
    return tuple(out)


def _strays(node: "Node") -> "list[Node]":
    """Unreadable code that stands in a statement beside its parts: half a line before or after a block."""
    clauses = [node, *(child for child in node.named_children if child.type in _CLAUSES and child.has_error)]
    return [child for clause in clauses for child in clause.named_children if child.is_error]


def block(reading: Reading, node: "Node | None", depth: int) -> tuple[Statement, ...]:
    """The statements of a block, where there is one."""
    return statements(reading, node.named_children, depth) if node is not None else ()
