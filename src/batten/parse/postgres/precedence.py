"""Puts operators and operands together by PostgreSQL's precedence.

The grammar gives all operators one precedence (``a ->> 'b' = 'c'`` is ``a ->> ('b' = 'c')`` to it), so its nesting is taken apart first.
"""

from typing import Protocol

from tree_sitter import Node

from batten.parse.postgres.expressions import Cast, Constant, Expression, Invocation, Name, Opaque, Operation, Query, Subquery
from batten.parse.postgres.tree import Tree, core

_WRAPPERS = frozenset({"a_expr", "a_expr_prec", "b_expr", "c_expr", "in_expr"})
_DEEPEST = 40
_LONGEST_OPERATOR = 150
_NESTING = frozenset({"a_expr", "a_expr_prec", "b_expr"})
_SAME = {"!=": "<>", "==": "=", "~~": "like", "~~*": "ilike"}
_QUANTIFIERS = {Name(None, "any"): "any", Name(None, "some"): "any", Name(None, "all"): "all"}
# https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-PRECEDENCE
_NOT, _IS, _COMPARED, _MEMBER, _OPERATOR, _UNARY = 3, 4, 5, 6, 7, 13
_BINDINGS = {
    "or": 1, "and": 2, "is": _IS, "isnull": _IS, "notnull": _IS,
    "<": _COMPARED, ">": _COMPARED, "=": _COMPARED, "<=": _COMPARED, ">=": _COMPARED, "<>": _COMPARED, "!=": _COMPARED,
    "between": _MEMBER, "in": _MEMBER, "like": _MEMBER, "ilike": _MEMBER, "similar": _MEMBER,
    "+": 8, "-": 8, "*": 9, "/": 9, "%": 9, "^": 10, "at": 11, "collate": 12, "::": 15,
}  # fmt: skip


class Reader(Protocol):
    """Reads what stands between operators."""

    def operand(self, node: Node) -> Expression:
        """An operand."""
        ...

    def query(self, node: Node) -> Query | None:
        """A query; None where it is none."""
        ...

    def listed(self, node: Node) -> list[Expression]:
        """The elements of a list in parentheses."""
        ...

    def type(self, node: Node) -> str:
        """The name of a type."""
        ...


def joined(tree: Tree, nodes: list[Node], reader: Reader) -> Expression | None:
    """The expression that operands and operators make; None where something is left over."""
    chain = _Chain(tree, nodes, reader)
    found = chain.read(0)
    return found if chain.at == len(nodes) else None


def _asked(use: str, operator: str, left: Expression, query: Query) -> Expression:
    """A comparison with the rows of a query; two of them have a name of their own."""
    same = {("any", "="): "in", ("all", "<>"): "not in"}.get((use, _SAME.get(operator, operator)))
    return Subquery(same, query, left) if same else Subquery(use, query, left, _SAME.get(operator, operator))


def flat(node: Node) -> list[Node]:
    """The operands and operators of an expression in order, without the nesting of operators."""
    found: list[Node] = []
    stack = [node]
    while stack:
        each = core(stack.pop())
        if each.type in _NESTING and each.child_count:
            if found and found[-1].type == "(":
                found.append(each)
            else:
                stack += each.children[::-1]
        else:
            found.append(each)
    return found


class _Chain:
    """A precedence parser over operands and operators that the grammar has told apart."""

    def __init__(self, tree: Tree, nodes: list[Node], reader: Reader) -> None:
        self.tree = tree
        self.nodes = nodes
        self.words: list[str | None] = [None] * len(nodes)
        self.reader = reader
        self.at = 0
        self.depth = 0

    def _word(self, ahead: int = 0) -> str:
        at = self.at + ahead
        if at >= len(self.nodes):
            return ""
        found = self.words[at]
        if found is None:
            found = self.words[at] = self._worded(self.nodes[at])
        return found

    def _worded(self, node: Node) -> str:
        kind = node.type
        if kind.startswith("kw_"):
            return kind[3:]
        if kind == "NOT_LA":
            return "not"
        return " ".join(self.tree.text(node).lower().split()) if node.end_byte - node.start_byte < _LONGEST_OPERATOR else ""

    def _skip(self, *words: str) -> bool:
        if self._word() in words:
            self.at += 1
            return True
        return False

    def read(self, floor: int) -> Expression:
        """One expression whose operators bind tighter than ``floor``."""
        left = self._prefix()
        while self.at < len(self.nodes):
            binding = self._binding()
            if binding <= floor:
                break
            left = self._infix(left, binding)
        return left

    def _prefix(self) -> Expression:
        if self.at >= len(self.nodes):
            return Opaque("")
        self.depth += 1
        try:
            return self._prefixed() if self.depth < _DEEPEST else self._given_up()
        finally:
            self.depth -= 1

    def _given_up(self) -> Expression:
        self.at = len(self.nodes)
        return Opaque("")

    def _prefixed(self) -> Expression:
        node = self.nodes[self.at]
        word = self._word()
        if word == "not" and node.type in ("kw_not", "NOT_LA"):
            self.at += 1
            return Operation("not", (self.read(_NOT),))
        if node.type in ("+", "-", "operator", "qual_Op"):
            self.at += 1
            operand = self.read(_UNARY if word in "+-" else _OPERATOR)
            if word == "-" and isinstance(operand, Constant) and type(operand.value) is int:
                return Constant(-operand.value)
            if word == "-" and isinstance(operand, Constant) and operand.number:
                text = str(operand.value)
                return Constant(text[1:] if text.startswith("-") else f"-{text}", number=True)
            return Operation(word, (operand,))
        self.at += 1
        return self.reader.operand(node)

    def _binding(self) -> int:
        word = self._word()
        if word == "not":
            return _MEMBER
        if word in _BINDINGS:
            return _BINDINGS[word]
        return _OPERATOR if self.nodes[self.at].type in ("operator", "qual_Op", "subquery_Op", "all_Op") else 0

    def _infix(self, left: Expression, binding: int) -> Expression:
        word = self._word()
        if word in ("and", "or"):
            operands = [left]
            while self._skip(word):
                operands.append(self.read(binding))
            return Operation(word, tuple(operands))
        if word in ("is", "isnull", "notnull"):
            return self._test(left)
        if word == "::":
            self.at += 2
            return Cast(left, self.reader.type(self.nodes[self.at - 1]))
        if word == "collate":
            self.at += 2
            return left
        if word == "at":
            self.at += 3 if self._word(1) == "time" else 2
            return Operation("at time zone", (left, self.read(binding)))
        negated = self._skip("not")
        word = self._word()
        if word == "in":
            return self._member(left, negated)
        if word == "between":
            self.at += 1
            self._skip("symmetric", "asymmetric")
            low = self.read(_NOT)  # nothing but its AND ends it, so that comparisons are part of it
            self._skip("and")
            found: Expression = Operation("between", (left, low, self.read(_MEMBER)))
        elif self.at + 1 < len(self.nodes) and self.nodes[self.at + 1].type in ("kw_any", "kw_some", "kw_all"):
            found = self._quantified(left)
        else:
            found = self._binary(left, binding)
        return Operation("not", (found,)) if negated else found

    def _test(self, left: Expression) -> Expression:
        if self._skip("isnull"):
            return Operation("is null", (left,))
        if self._skip("notnull"):
            return Operation("is not null", (left,))
        self.at += 1
        negated = "not " if self._skip("not") else ""
        if self._skip("distinct"):
            self._skip("from")
            return Operation(f"is {negated}distinct from", (left, self.read(_IS)))
        word = self._word()
        self.at += 1
        return Operation(f"is {negated}{word}", (left,)) if word in ("null", "true", "false", "unknown") else Opaque(f"is {word}", (left,))

    def _member(self, left: Expression, negated: bool) -> Expression:
        """IN and NOT IN, against a query or a list."""
        self.at += 1
        word = "not in" if negated else "in"
        node = self.nodes[self.at] if self.at < len(self.nodes) else None
        self.at += 1
        while node is not None and node.child_count == 1 and node.type in ("in_expr", *_WRAPPERS):
            node = node.children[0]
        if node is not None and node.type == "(":
            node = self.nodes[self.at]
            self.at += 2
        if node is None:
            return Opaque(word, (left,))
        asked = self.reader.query(node)
        if asked is not None:
            return Subquery(word, asked, left)
        return Operation(word, (left, *self.reader.listed(node)))

    def _quantified(self, left: Expression) -> Expression:
        """``x op ANY (array or query)`` where the grammar sees it as such."""
        operator, use = self._word(), "all" if self._word(1) == "all" else "any"
        self.at += 2
        node = self.nodes[self.at]
        self.at += 1
        if node.type == "(":
            node = self.nodes[self.at]
            self.at += 2
        asked = self.reader.query(node)
        if asked is not None:
            return _asked(use, operator, left, asked)
        return Operation(f"{use} {operator}", (left, self.reader.operand(node)))

    def _binary(self, left: Expression, binding: int) -> Expression:
        operator = self._word()
        if operator.startswith("operator"):
            operator = operator[operator.find("(") + 1 : operator.rfind(")")].split(".")[-1].strip()
        operator = _SAME.get(operator, operator)
        self.at += 1
        if operator == "similar":
            self._skip("to")
        quantified = self._elements(left, operator)
        if quantified is not None:
            return quantified
        right = self.read(binding)
        if self._skip("escape"):
            self.read(binding)
        return Operation(operator, (left, right))

    def _elements(self, left: Expression, operator: str) -> Expression | None:
        """``x op ANY (array)``, which the grammar takes for a call; it ends with its parenthesis, whatever follows. None where nothing of the kind is next."""
        node = self.nodes[self.at] if self.at < len(self.nodes) else None
        if node is None or node.type != "func_application":
            return None
        found = self.reader.operand(node)
        if not isinstance(found, Invocation) or found.name not in _QUANTIFIERS or len(found.arguments) != 1:
            return None
        self.at += 1
        use, elements = _QUANTIFIERS[found.name], found.arguments[0]
        if isinstance(elements, Subquery) and elements.use == "scalar":  # ``= any ((select …))``
            return _asked(use, operator, left, elements.query)
        return Operation(f"{use} {operator}", (left, elements))
