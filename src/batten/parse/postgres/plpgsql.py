"""Lowers PL/pgSQL blocks to actions; knows nothing of the state they act on."""

from collections.abc import Callable

from tree_sitter import Node

from batten.parse.postgres.expressions import Case, Constant, Expression, Opaque, Query, Subquery, replaced, replaced_in_query, small
from batten.parse.postgres.lower_expressions import expression_of, query
from batten.parse.postgres.statements import (
    Action,
    Answer,
    Assign,
    Choose,
    Execute,
    Fail,
    Fetch,
    ForEach,
    Nested,
    Run,
    Statement,
    Unclear,
)
from batten.parse.postgres.table_statements import CreateTable
from batten.parse.postgres.tree import Tree, child, descend, first, has, identifier
from batten.text import Span

Lower = Callable[[bytes, int, Span | None], tuple[Statement, ...]]

_DEEPEST = 30
_LONGEST = 400
_DEEPEST_ANSWER = 12
_MOST_ANSWERS = 200
_LARGEST = 400
_QUIET = frozenset(
    {
        "stmt_null",
        "stmt_raise",
        "stmt_perform",
        "stmt_getdiag",
        "stmt_exit",
        "stmt_open",
        "stmt_close",
        "stmt_fetch",
        "stmt_move",
        "stmt_assert",
        "stmt_commit",
        "stmt_rollback",
    }
)


def actions(data: bytes, base: int, whole: Span | None, lower: Lower) -> tuple[Action, ...]:
    """What a block does, in order; a body that does not parse is one unclear action."""
    block = _Block(data, base, whole, lower)
    return block.read()


def answer(data: bytes) -> Expression | None:
    """What a function with this body returns, where it can be written as one expression; None where not."""
    try:
        found = actions(data, 0, None, _does_more)
    except _MoreError:
        return None
    return _Answer().value(list(found), {}, 0)


class _MoreError(Exception):
    """A body does more than answer."""


def _does_more(_data: bytes, _base: int, _whole: Span | None) -> tuple[Statement, ...]:
    raise _MoreError


class _Answer:
    """Puts a body together as one expression, as long as that stays small."""

    def __init__(self) -> None:
        self.steps = 0

    def value(self, rest: list[Action], bindings: dict[str, Expression], depth: int) -> Expression | None:
        """The value of a run of actions: assignments are put in, branches become CASE."""
        self.steps += 1
        if depth > _DEEPEST_ANSWER or self.steps > _MOST_ANSWERS:
            return None
        bindings = dict(bindings)
        for at, action in enumerate(rest):
            match action:
                case Answer(value):
                    return None if value is None else replaced(value, bindings)
                case Assign(label, value):
                    bindings[label] = replaced(value, bindings)
                    if not small(bindings[label], _LARGEST):
                        return None
                case Fetch((label,), found):
                    bindings[label] = Subquery("scalar", replaced_in_query(found, bindings))
                    if not small(bindings[label], _LARGEST):
                        return None
                case Nested(body, guarded=False):
                    return self.value([*body, *rest[at + 1 :]], bindings, depth + 1)
                case Choose(branches, sure=True):
                    return self._branches(branches, rest[at + 1 :], bindings, depth)
                case Fail():
                    return Constant(None)
                case _:
                    return None
        return None

    def _branches(
        self,
        branches: tuple[tuple[Expression | None, tuple[Action, ...]], ...],
        rest: list[Action],
        bindings: dict[str, Expression],
        depth: int,
    ) -> Expression | None:
        cases: list[tuple[Expression, Expression]] = []
        otherwise: Expression | None = None
        for condition, body in branches:
            value = self.value([*body, *rest], bindings, depth + 1)
            if value is None:
                return None
            if condition is None:
                otherwise = value
            else:
                cases.append((replaced(condition, bindings), value))
        if otherwise is None:
            otherwise = self.value(rest, bindings, depth + 1)
        return None if otherwise is None else Case(None, tuple(cases), otherwise)


class _Block:
    """One body being read."""

    def __init__(self, data: bytes, base: int, whole: Span | None, lower: Lower) -> None:
        self.tree = Tree(data, base, whole, procedural=True)
        self.lower = lower
        self.count = 0

    def read(self) -> tuple[Action, ...]:
        block = first(self.tree.root, "pl_block")
        if block is None:
            return (Unclear("block"),)
        found = self._block(block, 0)
        return (*found, Unclear("block")) if self.tree.root.has_error else found

    def _block(self, node: Node, depth: int) -> tuple[Action, ...]:
        found: list[Action] = []
        declared = child(node, "decl_sect")
        for each in descend(declared, "decl_statement") if declared is not None else ():
            value = child(each, "decl_defval")
            label = child(each, "decl_varname")
            if label is not None:
                inner = first(value, "sql_expression") if value is not None else None
                initial = self._expression(inner) if inner is not None else Constant(None)
                found.append(Assign(identifier(self.tree, label), initial))
        found.extend(self._section(child(node, "proc_sect"), depth))
        return tuple(found)

    def _section(self, node: Node | None, depth: int) -> tuple[Action, ...]:
        if node is None:
            return ()
        found: list[Action] = []
        for each in descend(node, "proc_stmt"):
            self.count += 1
            if self.count > _LONGEST or depth > _DEEPEST:
                return (*found, Unclear("too long"))
            inner = each.named_children[0] if each.named_children else None
            if inner is not None:
                found.extend(self._action(inner, depth + 1))
        return tuple(found)

    def _action(self, node: Node, depth: int) -> tuple[Action, ...]:
        match node.type:
            case "pl_block":
                caught = child(node, "exception_sect") is not None
                return (Nested(self._block(node, depth), caught),)
            case "stmt_execsql" | "stmt_perform" | "stmt_call":
                return self._statement(node)
            case "stmt_dynexecute":
                text = first(node, "sql_expression")
                value = self._expression(text) if text is not None else Opaque("")
                fetched = first(node, "into_target", "kw_into") is not None
                return (
                    (Unclear("execute into"),)
                    if fetched and "select" in self.tree.text(node).lower()[:40]
                    else (Execute(self.tree.span(node), value),)
                )
            case "stmt_assign":
                return self._assignment(node)
            case "stmt_if":
                return (self._choice(node, depth),)
            case "stmt_for" | "stmt_foreach_a":
                return (self._loop(node, depth),)
            case "stmt_loop" | "stmt_while":
                inner = self._section(first(node, "proc_sect"), depth)
                return (Unclear("loop"), *inner) if any(isinstance(each, Run | Execute) for each in inner) else ()
            case "stmt_return":
                value_node = first(node, "sql_expression")
                return (Answer(self._expression(value_node) if value_node is not None and not has(node, "kw_query", "kw_next") else None),)
            case "stmt_raise":
                level = child(node, "raise_level")
                return (Fail(),) if level is None or "exception" in self.tree.text(level).lower() else ()
            case "stmt_case":
                return (self._switch(node, depth),)
            case kind if kind in _QUIET:
                return ()
            case kind:
                return (Unclear(kind),)

    def _statement(self, node: Node) -> tuple[Action, ...]:
        """A plain SQL statement, or SELECT … INTO."""
        text = self.tree.text(node).rstrip("; \n\t\r")
        data = text.encode()
        if text.lstrip().lower().startswith("select"):
            found = fetched(data)
            return (found,) if found is not None else (Unclear("select into"),)
        base = self.tree.base + node.start_byte
        if data[:7].lower() == b"perform":
            data = b"select " + data[7:]  # SQL has no other word for it, and this one is as long
        runs = self.lower(data, base, self.tree.whole)
        if text.lstrip().lower().startswith("with") and any(isinstance(each, CreateTable) for each in runs):
            # WITH … SELECT … INTO fills variables here, and makes no table.
            return (fetched(data) or Unclear("select into"),)
        return tuple(Run(each) for each in runs)

    def _assignment(self, node: Node) -> tuple[Action, ...]:
        target, value = node.children[0], first(node, "sql_expression")
        expressions = [each for each in node.named_children if each.type == "sql_expression"]
        if expressions:
            value = expressions[-1]
        return (Assign(identifier(self.tree, target), self._expression(value)),) if value is not None else (Unclear("assign"),)

    def _choice(self, node: Node, depth: int) -> Action:
        branches: list[tuple[Expression | None, tuple[Action, ...]]] = []
        condition = child(node, "sql_expression")
        branches.append(
            (self._expression(condition) if condition is not None else Opaque(""), self._section(child(node, "proc_sect"), depth))
        )
        for each in descend(node, "elsif_clause", "else_clause", "proc_sect"):
            if each.type == "proc_sect":
                continue
            test = child(each, "sql_expression") if each.type == "elsif_clause" else None
            inner = self._section(child(each, "proc_sect"), depth)
            branches.append((self._expression(test) if test is not None else None, inner))
        return Choose(tuple(branches))

    def _switch(self, node: Node, depth: int) -> Action:
        branches = tuple((None, self._section(first(each, "proc_sect"), depth)) for each in descend(node, "case_when"))
        return Choose(branches, sure=False)

    def _loop(self, node: Node, depth: int) -> Action:
        body = self._section(first(child(node, "loop_body"), "proc_sect"), depth)
        names = tuple(identifier(self.tree, each) for each in node.children if each.type in ("any_identifier", "for_variable"))
        if not names:
            label = first(node, "any_identifier")
            names = (identifier(self.tree, label),) if label is not None else ()
        over: Query | Expression | None = None
        asked = child(node, "for_query")
        if node.type == "stmt_foreach_a":
            array = child(node, "sql_expression")
            over = self._expression(array) if array is not None else None
        elif asked is not None:
            text = first(asked, "sql_statement", "sql_expression") or asked.children[0]
            over = _query(self.tree.text(text).encode())
        return ForEach(names, over, body)

    def _expression(self, node: Node) -> Expression:
        return expression_of(self.tree.text(node))


def _query(data: bytes) -> Query | None:
    tree = Tree(data)
    select = first(tree.root, "SelectStmt")
    return query(tree, select) if select is not None and not tree.root.has_error else None


def fetched(data: bytes) -> Fetch | None:
    """SELECT … INTO a, b: the grammar knows INTO only for a new table, so the list is cut out first."""
    lowered = data.lower()
    tree = Tree(data)
    into = first(tree.root, "into_clause")
    if into is not None and not tree.root.has_error:
        start, end = into.start_byte, into.end_byte
        listed = data[start + 4 : end]
    else:
        start = lowered.find(b" into ") + 1
        if not start:
            return None
        end = next((at for word in (b" from ", b"\nfrom ", b" where ") if (at := lowered.find(word, start)) != -1), len(data))
        listed = data[start + 4 : end]
    names = tuple(part.strip().lower() for part in listed.decode("utf-8", "replace").replace("strict", " ").split(","))
    found = _query(data[:start] + data[end:])
    return Fetch(names, found) if found is not None else None
