"""What the body of a function does, as flat lists: changes, queries, computed SQL, tests, assignments; knows nothing of the tables that exist."""

import re
from collections.abc import Iterator

from msgspec import Struct
from tree_sitter import Node

from batten.parse.postgres.expressions import Constant, Expression, Invocation, Name, Query, Subquery, walk
from batten.parse.postgres.lower_expressions import expression, expression_of, query
from batten.parse.postgres.plpgsql import fetched
from batten.parse.postgres.tree import Tree, child, first, has, identifier, items, name
from batten.regex import regex
from batten.text import Span

_MOST_NODES = 60_000
_CHANGES = {"InsertStmt": "insert", "UpdateStmt": "update", "DeleteStmt": "delete", "MergeStmt": "update", "TruncateStmt": "truncate"}
_CONDITIONS = frozenset({"where_clause", "where_or_current_clause", "join_qual", "having_clause"})
_QUERIES = frozenset({"SelectStmt", "select_with_parens", "select_no_parens", "simple_select"})
_TOLD = frozenset(
    [
        "case_when", "decl_statement", "elsif_clause", "for_dynamic", "for_query", "stmt_assert", "stmt_assign", "stmt_call", "stmt_case", "stmt_dynexecute", "stmt_execsql", "stmt_if", "stmt_open",
        "stmt_perform", "stmt_return", "stmt_while",
    ]
)  # fmt: skip
_LEAVING = frozenset({"stmt_raise", "stmt_return"})


class Change(Struct, frozen=True):
    """One INSERT, UPDATE, DELETE, MERGE or TRUNCATE.

    ``conditions`` are all those of its statement; ``values`` what it writes, by column, "" where that is not told. ``at`` is its range in the body.
    ``over`` is what an INSERT writes over a row that is there: ON CONFLICT DO UPDATE.
    """

    verb: str
    table: Name
    at: Span
    conditions: tuple[Expression, ...] = ()
    values: tuple[tuple[str, Expression], ...] = ()
    source: Query | None = None
    over: tuple[Expression, ...] = ()


class Reading(Struct, frozen=True):
    """One query; ``into`` are the variables it fills, ``answers``: its rows are what the function answers."""

    query: Query
    at: Span
    into: tuple[str, ...] = ()
    answers: bool = False


class Computed(Struct, frozen=True):
    """EXECUTE of a computed text."""

    text: Expression
    at: Span


class Test(Struct, frozen=True):
    """The condition of IF, CASE, WHILE or ASSERT; ``leaves``: the function may end where it holds."""

    condition: Expression
    leaves: bool


class Assigned(Struct, frozen=True):
    """``name := value``, also of a declaration."""

    name: str
    value: Expression


class Body(Struct, frozen=True):
    """A body. ``answers`` are the values of its RETURNs. ``understood`` is False where a part of it is not."""

    changes: tuple[Change, ...] = ()
    readings: tuple[Reading, ...] = ()
    computed: tuple[Computed, ...] = ()
    tests: tuple[Test, ...] = ()
    assigned: tuple[Assigned, ...] = ()
    answers: tuple[Expression, ...] = ()
    understood: bool = True


class _Found:
    """A body being read."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.readings: list[Reading] = []
        self.computed: list[Computed] = []
        self.tests: list[Test] = []
        self.assigned: list[Assigned] = []
        self.answers: list[Expression] = []
        self.understood = True

    def whole(self) -> Body:
        return Body(
            tuple(self.changes),
            tuple(self.readings),
            tuple(self.computed),
            tuple(self.tests),
            tuple(self.assigned),
            tuple(self.answers),
            self.understood,
        )


def body_of(text: str, language: str) -> Body:
    """What a body in ``sql`` or ``plpgsql`` does; of one in another language nothing is understood."""
    found = _Found()
    if language == "sql":
        _statements(found, text.encode(), 0, answers=True)
    elif language == "plpgsql":
        _block(found, text.encode())
    else:
        found.understood = False
    return found.whole()


def _nodes(root: Node) -> Iterator[Node]:
    """All nodes, in order, up to a bound."""
    stack = [root]
    for _ in range(_MOST_NODES):
        if not stack:
            return
        node = stack.pop()
        yield node
        stack.extend(reversed(node.children))


def _statements(found: _Found, data: bytes, base: int, answers: bool = False, into: tuple[str, ...] = ()) -> None:
    """SQL: its changes, and its queries; the last query of an SQL function is its answer."""
    tree = Tree(data)
    found.understood = found.understood and not tree.root.has_error
    done = 0  # what begins before this stands in a query or change that has been seen: the outer ones come first
    conditions: list[tuple[int, Expression]] = []
    changes: list[Node] = []
    for node in _nodes(tree.root):
        if node.type in _CHANGES:
            changes.append(node)
            done = max(done, node.end_byte)
        elif node.type in _CONDITIONS and node.children:
            conditions.append((node.start_byte, expression(tree, node.children[-1])))
        elif node.type in _QUERIES and node.start_byte >= done:
            done = node.end_byte
            at = Span(base + node.start_byte, base + node.end_byte)
            found.readings.append(Reading(query(tree, node), at, into, answers))
    for node in changes:
        outer = node
        while outer.parent is not None and outer.parent.parent is not None and outer.parent.type not in ("source_file", "stmtmulti"):
            outer = outer.parent
        inside = tuple(each for start, each in conditions if outer.start_byte <= start < outer.end_byte)
        found.changes.append(_change(tree, node, base, inside))


def _change(tree: Tree, node: Node, base: int, conditions: tuple[Expression, ...]) -> Change:
    named = (_relation(each) for each in node.children if each.type not in ("with_clause", "opt_with_clause"))
    target = next((each for each in named if each is not None), None)
    verb = _CHANGES[node.type]
    values: list[tuple[str, Expression]] = []
    source: Query | None = None
    if verb == "insert":
        listed = first(node, "insert_column_list")
        columns = [identifier(tree, each) for each in items(listed, "insert_column_list")] if listed is not None else []
        rest = child(node, "insert_rest")
        body = first(rest, *_QUERIES, "values_clause") if rest is not None else None
        if body is not None:
            source = query(tree, body)
            values += [(columns[at] if at < len(columns) else "", each.value) for at, each in enumerate(source.targets)]
    over: list[Expression] = []
    for clause in _nodes(node):
        if clause.type == "set_clause" and clause.children:
            label = identifier(tree, clause.children[0]) if clause.child_count == _ONE_COLUMN else ""
            values.append((label, expression(tree, clause.children[-1])))
            over += [values[-1][1]] if verb == "insert" else []
    return Change(
        verb,
        name(tree, target) if target is not None else Name(None, ""),
        Span(base + node.start_byte, base + node.end_byte),
        conditions,
        tuple(values),
        source,
        tuple(over),
    )


def _relation(node: Node) -> Node | None:
    return node if node.type == "qualified_name" else first(node, "qualified_name")


_ONE_COLUMN = 3  # ``column = value``
_RETURNING_INTO = regex(r"(\breturning\b.*?)\binto\s+(?:strict\s+)?[\w.,\s]+$", re.IGNORECASE | re.DOTALL)


def _block(found: _Found, data: bytes) -> None:
    tree = Tree(data, procedural=True)
    found.understood = found.understood and not tree.root.has_error
    for node in _nodes(tree.root):
        if node.type not in _TOLD:
            continue
        at = Span(node.start_byte, node.end_byte)
        inner = first(node, "sql_expression")
        match node.type:
            case "decl_statement":
                _declared(found, tree, node)
            case "stmt_assign" if node.children:
                listed = [each for each in node.named_children if each.type == "sql_expression"]
                if listed:
                    label = identifier(tree, node.children[0]).partition(".")[0].partition("[")[0]
                    found.assigned.append(Assigned(label, expression_of(tree.text(listed[-1]))))
            case "stmt_execsql" | "stmt_perform" | "stmt_call":
                _plain(found, tree, node)
            case "stmt_dynexecute" | "for_dynamic" if inner is not None:
                found.computed.append(Computed(expression_of(tree.text(inner)), at))
            case "stmt_open" if has(node, "kw_execute") and inner is not None:
                found.computed.append(Computed(expression_of(tree.text(inner)), at))
            case "stmt_return" if inner is not None:
                _answer(found, tree, node, inner)
            case "for_query":
                _loop(found, tree, node)
            case "stmt_if":
                condition = child(node, "sql_expression")
                if condition is not None:
                    found.tests.append(Test(expression_of(tree.text(condition)), _leaves(child(node, "proc_sect"))))
            case "elsif_clause" | "stmt_while" | "case_when" if inner is not None:
                found.tests.append(Test(expression_of(tree.text(inner)), _leaves(first(node, "proc_sect"))))
            case "stmt_case" if inner is not None:
                found.tests.append(Test(expression_of(tree.text(inner)), leaves=False))
            case "stmt_assert" if inner is not None:
                found.tests.append(Test(expression_of(tree.text(inner)), leaves=True))
            case _:
                pass


def _declared(found: _Found, tree: Tree, node: Node) -> None:
    label, value = child(node, "decl_varname"), child(node, "decl_defval")
    inner = first(value, "sql_expression") if value is not None else None
    if label is not None:
        found.assigned.append(Assigned(identifier(tree, label), expression_of(tree.text(inner)) if inner is not None else Constant(None)))


def _plain(found: _Found, tree: Tree, node: Node) -> None:
    inner = first(node, "sql_expression")
    text = tree.text(inner if inner is not None else node).rstrip("; \n\t\r")
    base = (inner if inner is not None else node).start_byte
    if node.type in ("stmt_perform", "stmt_call"):
        text, base = f"select {text.removeprefix('call ')}", max(0, base - len("select "))
    if text.lstrip()[:6].lower() == "select":
        fetch = fetched(text.encode())
        if fetch is not None:
            found.readings.append(Reading(fetch.query, Span(base, base + len(text.encode())), fetch.names))
            return
    _statements(found, _RETURNING_INTO.sub(r"\1", text).encode(), base)


def _answer(found: _Found, tree: Tree, node: Node, inner: Node) -> None:
    at = Span(node.start_byte, node.end_byte)
    text = tree.text(inner)
    if has(node, "kw_execute"):
        found.computed.append(Computed(expression_of(text), at))
    elif has(node, "kw_query"):
        _statements(found, text.encode(), inner.start_byte, answers=True)
    else:
        value = expression_of(text)
        found.answers.append(value)
        if isinstance(value, Subquery):
            found.readings.append(Reading(value.query, at, answers=True))


def _loop(found: _Found, tree: Tree, node: Node) -> None:
    inner = first(node, "sql_statement", "sql_expression") or (node.children[0] if node.children else None)
    loop = node.parent
    variable = (
        next((each for each in loop.children if each.type in ("any_identifier", "for_variable", "identifier")), None) if loop else None
    )
    label = first(loop, "any_identifier", "for_variable", "identifier") if variable is None and loop is not None else variable
    into = (identifier(tree, label),) if label is not None else ()
    if inner is not None:
        _statements(found, tree.text(inner).encode(), inner.start_byte, into=into)


def _leaves(section: Node | None) -> bool:
    return section is not None and any(each.type in _LEAVING for each in _nodes(section))


def calls_in(value: Expression | Query) -> Iterator[Invocation]:
    """Every function call in an expression or query, functions in FROM too."""
    whole = Subquery("scalar", value) if isinstance(value, Query) else value
    yield from (each for each in walk(whole) if isinstance(each, Invocation))
