"""How one JavaScript file is walked: dispatch on syntax, spans, the depth limit; knows no construct by name.

``room`` is what is left of the depth limit. Syntax inside other syntax costs ``STEP``; a link of a call chain, a rung
of an ``else if`` ladder and a change of operator cost 1 each. No path through a Unit is therefore longer than ``ROOM``
nodes, and Python's stack stays well under its limit. Where no room is left stands an ``Unknown`` without children.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from batten.code.model import Evaluate, Export, Expression, Function, Import, Lambda, Statement, Unknown
from batten.text import Span

if TYPE_CHECKING:
    from tree_sitter import Node

# No one of 14,900 real files needs more than 160; a chain may have 100 calls. It takes 550 frames of Python's stack at most.
ROOM = 320
STEP = 3

TRIVIA = frozenset({"comment", "html_comment", "hash_bang_line"})
TRANSPARENT = frozenset(
    {
        "parenthesized_expression",
        "non_null_expression",
        "as_expression",
        "satisfies_expression",
        "instantiation_expression",
    }
)
"""Syntax that says nothing about the value in it."""

ExpressionRule: TypeAlias = "Callable[[Reading, Node, int], Expression]"
StatementRule: TypeAlias = "Callable[[Reading, Node, int, list[Statement]], None]"
Wanted: TypeAlias = Callable[[int, int], bool]


class Reading:
    """One file while it is lowered: its bytes, the rules for its syntax, and what is gathered from anywhere in it."""

    __slots__ = ("data", "exports", "expressions", "imports", "inside", "statements", "truncated", "wanted")

    def __init__(
        self,
        data: bytes,
        expressions: "Mapping[str, ExpressionRule]",
        statements: "Mapping[str, StatementRule]",
        wanted: Wanted | None,
    ) -> None:
        self.data = data
        self.expressions = expressions
        self.statements = statements
        self.wanted = wanted
        self.imports: list[Import] = []
        self.exports: list[Export] = []
        self.inside = 0
        """How many functions are around the syntax at hand."""
        self.truncated = False

    def text(self, node: "Node") -> str:
        """The source text of a node."""
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def expression(self, node: "Node", room: int) -> Expression:
        """One expression; what has no rule is an ``Unknown`` with its children."""
        kind = node.type
        if room <= 0:
            self.truncated = True
            return Unknown(span_of(node), kind)
        rule = self.expressions.get(kind)
        return rule(self, node, room) if rule is not None else self.unknown(node, room)

    def field(self, node: "Node", name: str, room: int) -> Expression:
        """The expression in a field; an empty Unknown where broken code has none."""
        child = node.child_by_field_name(name)
        return self.expression(child, room - STEP) if child is not None else missing(node)

    def operand(self, node: "Node", room: int) -> Expression:
        """The one expression inside a node that has no field for it."""
        child = inside(node)
        return self.expression(child, room - STEP) if child is not None else missing(node)

    def items(self, node: "Node", room: int) -> tuple[Expression, ...]:
        """All expressions directly inside a node."""
        found: list[Expression] = []
        for child in node.named_children:
            if child.type not in TRIVIA:
                found.append(self.expression(child, room - STEP))  # noqa: PERF401 - a comprehension is one more stack frame
        return tuple(found)

    def run(self, nodes: "Iterable[Node]", room: int, out: list[Statement]) -> None:
        """Statements in order, whatever number each becomes."""
        rules = self.statements
        for node in nodes:
            rule = rules.get(node.type)
            if rule is not None:
                if room <= 0:
                    self._cut(node, out)
                else:
                    rule(self, node, room - STEP, out)
            elif node.is_named:
                out.append(Evaluate(span_of(node), self.expression(node, room - STEP)))

    def body(self, node: "Node | None", room: int) -> tuple[Statement, ...]:
        """A block's statements, or the one statement that stands in place of a block."""
        if node is None:
            return ()
        found: list[Statement] = []
        self.run(node.children if node.type == "statement_block" else (node,), room, found)
        return tuple(found)

    def unknown(self, node: "Node", room: int) -> Expression:
        """Syntax without a node of its own; statements in it, as broken code has them, are in functions without a name."""
        found: list[Expression] = []
        for child in node.named_children:
            kind = child.type
            if kind in TRIVIA or is_type(kind):
                continue
            if kind in self.statements and kind != "ERROR":
                statements: list[Statement] = []
                self.run((child,), room - STEP, statements)
                if statements:
                    found.append(enclosed(span_of(child), tuple(statements)))
            else:
                found.append(self.expression(child, room - STEP))
        return Unknown(span_of(node), node.type, tuple(found))

    def _cut(self, node: "Node", out: list[Statement]) -> None:
        self.truncated = True
        span = span_of(node)
        out.append(Evaluate(span, Unknown(span, node.type)))


def span_of(node: "Node") -> Span:
    """The range of a node."""
    return Span(node.start_byte, node.end_byte)


def inside(node: "Node") -> "Node | None":
    """The first child that is neither punctuation nor a comment."""
    for child in node.children:
        if child.is_named and child.type not in TRIVIA:
            return child
    return None


def missing(node: "Node") -> Unknown:
    """What stands where broken code lacks an expression."""
    return Unknown(Span(node.end_byte, node.end_byte), "missing")


def is_type(kind: str) -> bool:
    """The kind of node says something about types only, and is gone when the code runs."""
    return kind.endswith(("_type", "type_annotation", "type_query")) or kind.startswith(("type_", "implements_"))


def enclosed(span: Span, statements: tuple[Statement, ...]) -> Lambda:
    """Statements where the model wants an expression: the body of a function without a name."""
    return Lambda(span, Function(span, Span(span.start, span.start), span, "", (), statements))
