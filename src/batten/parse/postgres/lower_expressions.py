"""Lowers expressions and queries of the syntax tree to plain values; knows nothing of statements."""

from collections.abc import Callable
from functools import lru_cache

from tree_sitter import Node

from batten.parse.postgres.expressions import (
    Case,
    Cast,
    Constant,
    Expression,
    Invocation,
    Name,
    Opaque,
    Operation,
    Parameter,
    Query,
    Reference,
    Sequence,
    Source,
    Subquery,
    Target,
)
from batten.parse.postgres.lower_literals import LITERALS, listed, literal, renamed_columns, type_of
from batten.parse.postgres.precedence import flat, joined
from batten.parse.postgres.tree import Tree, child, core, descend, first, has, identifier, items, leaves, name, parts

_DEEPEST = 60
_NAMES = frozenset({"identifier", "quoted_identifier", "unicode_quoted_identifier"})
_WORDS = {"true": True, "false": False, "null": None}
# Words of SQL that stand for a value and are written without parentheses.
_VALUES = frozenset(
    {
        "current_catalog", "current_date", "current_role", "current_schema", "current_time", "current_timestamp", "current_user", "localtime", "localtimestamp",
        "session_user", "system_user", "user",
    }
)  # fmt: skip
# What stands where an expression could and is the word itself: ``extract(epoch from …)``, ``normalize(…, nfc)``, ``xmlelement(name item)``.
_FIELDS = frozenset({"extract_arg", "unicode_normal_form", "ColLabel"})
_QUERIES = frozenset({"select_with_parens", "select_no_parens", "simple_select", "SelectStmt", "values_clause"})


def expression(tree: Tree, node: Node, depth: int = 0) -> Expression:
    """One expression; what nests deeper than any person writes, or does not parse, is opaque."""
    if node.type in _FIELDS and first(node, "Sconst") is None:
        return Constant(identifier(tree, node))
    node = core(node)
    if depth > _DEEPEST or node.is_error or node.is_missing:
        return Opaque(tree.text(node)[:200])
    lower = _BY_KIND.get(node.type)
    if lower is not None:
        return lower(tree, node, depth + 1)
    if not node.child_count:
        return _leaf(tree, node)
    return _opaque(tree, node, depth)


@lru_cache(maxsize=1000)
def expression_of(text: str) -> Expression:
    """One expression from its text: the same few are written again and again."""
    tree = Tree(b"select " + text.strip().encode())
    select = first(tree.root, "SelectStmt")
    if select is None or tree.root.has_error:
        return Opaque(text[:200])
    inner = core(select)
    if inner.type == "simple_select" and inner.child_count == len(("select", "targets")):
        targets = items(core(inner.children[1]), "target_list")
        if len(targets) == 1 and (targets[0].type != "target_el" or targets[0].child_count == 1):
            return expression(tree, targets[0].children[0] if targets[0].type == "target_el" else targets[0])
        return Opaque(text[:200])
    # ``count(*) > 0 from t where …`` is an expression to PL/pgSQL.
    return Subquery("scalar", query(tree, select))


def _leaf(tree: Tree, node: Node) -> Expression:
    """A token: a name, a literal, or a word that stands for a value."""
    kind = node.type
    if kind in _NAMES:
        return Reference((identifier(tree, node),))
    if kind.startswith("kw_"):
        word = kind[3:]
        if word in _WORDS:
            return Constant(_WORDS[word])
        if word in _VALUES:
            return Invocation(Name(None, word))
        return Opaque(word) if word == "default" else Reference((identifier(tree, node),))
    if kind == "param":
        text = tree.text(node)
        return Parameter(int(text[1:])) if text[1:].isdigit() else Opaque(text)
    return literal(tree, node, 0) if kind.endswith(("literal", "string")) else Opaque(tree.text(node)[:200])


def _qualified(tree: Tree, node: Node, depth: int) -> Expression:
    """A call with FILTER, OVER or WITHIN GROUP."""
    call = child(node, "func_application")
    found = expression(tree, call, depth) if call else Opaque(tree.text(node)[:200])
    return Invocation(found.name, found.arguments, plain=False) if isinstance(found, Invocation) else found


def _row(tree: Tree, node: Node, depth: int) -> Expression:
    return Sequence(tuple(expression(tree, each, depth) for each in listed(node)), row=True)


def _array(tree: Tree, node: Node, depth: int) -> Expression:
    return Sequence(tuple(expression(tree, each, depth) for each in listed(node)))


def _scalar(tree: Tree, node: Node, depth: int) -> Expression:
    return Subquery("scalar", query(tree, node, depth))


def _opaque(tree: Tree, node: Node, depth: int) -> Opaque:
    inner = tuple(expression(tree, each, depth + 1) for each in node.named_children[:20] if each.child_count)
    return Opaque(tree.text(node)[:200], inner)


def _reference(tree: Tree, node: Node, depth: int) -> Expression:
    """A column, or an element of one: ``tags[1]``."""
    found: list[str] = []
    subscripts: list[Expression] = []
    for each in node.children:
        if each.type == "indirection":
            for element in items(each, "indirection"):
                if has(element, "["):
                    inner = [expression(tree, one, depth + 1) for one in element.named_children]
                    subscripts.append(inner[0] if len(inner) == 1 else Opaque(tree.text(element)))
                else:
                    found.extend(parts(tree, element))
        else:
            found.append(identifier(tree, each))
    reference: Expression = Reference(tuple(found))
    return Operation("[]", (reference, *subscripts)) if subscripts else reference


def _primary(tree: Tree, node: Node, depth: int) -> Expression:
    head = node.children[0]
    match head.type:
        case "(":
            inner = next((each for each in node.named_children if each.type not in ("indirection", "opt_indirection")), None)
            found = expression(tree, inner, depth) if inner is not None else Opaque(tree.text(node))
        case "kw_exists":
            return Subquery("exists", query(tree, node.children[-1], depth))
        case "kw_array":
            body = node.children[-1]
            if body.type in _QUERIES:
                return Subquery("array", query(tree, body, depth))
            return expression(tree, body, depth)
        case "param":
            found = expression(tree, head, depth)
        case kind if kind in _QUERIES:
            found = expression(tree, head, depth)
        case _:
            return _opaque(tree, node, depth)
    path = child(node, "indirection", "opt_indirection")
    if path is None:
        return found
    if not has(path, "indirection", "opt_indirection") and (index := first(path, "a_expr")) is not None:
        return Operation("[]", (found, expression(tree, index, depth)))
    return Operation(".", (found, Constant(tree.text(path).lstrip("."))))


def _invocation(tree: Tree, node: Node, depth: int) -> Expression:
    called = name(tree, node.children[0])
    if any(each.is_error for each in node.children):
        return _opaque(tree, node, depth)
    arguments: list[Expression] = []
    plain = not has(node, "kw_distinct", "kw_all", "kw_variadic")
    for each in node.children[1:]:
        if each.type == "func_arg_list" or (each.is_named and not each.type.startswith("kw_") and "sort" not in each.type):
            for one in items(each, "func_arg_list"):
                named = child(one, "=>", ":=", "EQUALS_GREATER", "COLON_EQUALS") if one.type == "func_arg_expr" else None
                plain = plain and named is None
                arguments.append(expression(tree, one.children[-1] if named is not None else one, depth))
    return Invocation(called, tuple(arguments), plain)


def _special(tree: Tree, node: Node, depth: int) -> Expression:
    """Calls with a syntax of their own."""
    word = tree.text(node.children[0]).lower()
    if word in ("cast", "treat"):
        operand, type_ = node.named_children[1], node.named_children[-1]
        return Cast(expression(tree, operand, depth), type_of(tree, type_))
    arguments = tuple(expression(tree, each, depth) for each in listed(node))
    return Invocation(Name(None, word), arguments)


def _case(tree: Tree, node: Node, depth: int) -> Expression:
    subject: Expression | None = None
    otherwise: Expression = Constant(None)
    branches: list[tuple[Expression, Expression]] = []
    for each in node.named_children:
        if each.type in {"when_clause_list", "when_clause"}:
            for one in items(each, "when_clause_list"):
                inner = [part for part in one.named_children if not part.type.startswith("kw_")]
                if inner[1:]:
                    branches.append((expression(tree, inner[0], depth), expression(tree, inner[-1], depth)))
        elif each.type == "case_default":
            otherwise = expression(tree, each.children[-1], depth)
        elif not each.type.startswith("kw_"):
            subject = expression(tree, each, depth)
    return Case(subject, tuple(branches), otherwise)


def _operation(tree: Tree, node: Node, depth: int) -> Expression:
    """Operators, put together as PostgreSQL does."""
    nodes = flat(node)
    if any(each.is_error or each.is_missing for each in nodes):
        return _opaque(tree, node, depth)
    return joined(tree, nodes, _Reader(tree, depth)) or _opaque(tree, node, depth)


class _Reader:
    """Reads what stands between operators."""

    def __init__(self, tree: Tree, depth: int) -> None:
        self.tree = tree
        self.depth = depth

    def operand(self, node: Node) -> Expression:
        return expression(self.tree, node, self.depth)

    def query(self, node: Node) -> Query | None:
        return query(self.tree, node, self.depth) if node.type in _QUERIES else None

    def listed(self, node: Node) -> list[Expression]:
        nodes = listed(node) if node.type == "in_expr" else items(node, "expr_list")
        return [expression(self.tree, each, self.depth) for each in nodes]

    def type(self, node: Node) -> str:
        return type_of(self.tree, node)


_BY_KIND: dict[str, Callable[[Tree, Node, int], Expression]] = {
    "a_expr": _operation, "a_expr_prec": _operation, "b_expr": _operation, "c_expr": _primary, "columnref": _reference, "func_application": _invocation,
    "func_expr": _qualified, "func_expr_common_subexpr": _special, "case_expr": _case, "explicit_row": _row, "implicit_row": _row, "array_expr": _array,
    **dict.fromkeys(LITERALS, literal), **dict.fromkeys(_QUERIES, _scalar),
}  # fmt: skip


def query(tree: Tree, node: Node, depth: int = 0) -> Query:
    """One query, whatever parentheses are round it."""
    if depth > _DEEPEST or (not depth and node.has_error):
        return Query(understood=False)
    plain = True
    named: list[tuple[str, Query]] = []
    while node.type in ("select_with_parens", "select_no_parens", "SelectStmt"):
        body = None
        for each in node.named_children:
            if each.type == "with_clause":
                named.extend(_named(tree, each, depth + 1))
            elif each.type in _QUERIES or each.type == "select_clause":
                body = body or each
            elif each.type not in ("sort_clause", "opt_sort_clause"):
                plain = False
        if body is None:
            return Query(understood=False)
        node = body
        while node.type == "select_clause":
            node = node.children[0]
    if node.type == "values_clause" or has(node, "values_clause"):
        return _values(tree, node, depth)
    if node.type != "simple_select" or any(each.is_error for each in node.children):
        return Query(understood=False)
    branches = [each for each in node.named_children if each.type in _QUERIES or each.type == "select_clause"]
    if branches:
        united = [query(tree, each if each.type != "select_clause" else each.children[0], depth + 1) for each in branches]
        head, sound = united[0], has(node, "kw_union")
        others = head.others + tuple(united[1:])
        return Query(head.targets, head.sources, head.where, False, others, tuple(named) + head.named, head.understood and sound)
    return _select(tree, node, depth, plain, tuple(named))


def _named(tree: Tree, node: Node, depth: int) -> list[tuple[str, Query]]:
    found = []
    for each in descend(node, "common_table_expr"):
        body = next((one for one in each.named_children if one.type in _QUERIES or one.type == "PreparableStmt"), None)
        while body is not None and body.type == "PreparableStmt":
            body = body.children[0]
        columns = child(each, "opt_name_list")
        inner = query(tree, body, depth) if body is not None and body.type in _QUERIES and columns is None else Query(understood=False)
        found.append((identifier(tree, each.children[0]), inner))
    return found


def _values(tree: Tree, node: Node, depth: int) -> Query:
    """VALUES: each row a branch of a union."""
    rows = [
        tuple(Target(expression(tree, one, depth + 1), f"column{at}") for at, one in enumerate(items(each, "expr_list"), 1))
        for each in descend(node, "expr_list")
    ]
    if not rows:
        return Query(understood=False)
    return Query(rows[0], others=tuple(Query(row) for row in rows[1:]), plain=len(rows) == 1)


def _select(tree: Tree, node: Node, depth: int, plain: bool, named: tuple[tuple[str, Query], ...]) -> Query:
    targets: list[Target] = []
    sources: list[Source] = []
    conditions: list[Expression] = []
    distinct = False
    if has(node, "kw_table"):
        relation = first(node, "qualified_name", "relation_expr")
        table = name(tree, relation) if relation is not None else Name(None, "")
        return Query((Target(Reference(("*",))),), (Source(table.name, table),), plain=plain, named=named)
    for each in node.named_children:
        match each.type:
            case "opt_target_list" | "target_list":
                inner = each.children[0] if each.type == "opt_target_list" else each
                targets.extend(_target(tree, one, depth) for one in items(inner, "target_list"))
            case "from_clause":
                for one in items(each.children[-1], "from_list"):
                    _source(tree, one, sources, conditions, depth)
            case "where_clause":
                conditions.append(expression(tree, each.children[-1], depth))
            case "group_clause" | "having_clause" | "window_clause" | "into_clause":
                plain = False
            case "distinct_clause":
                distinct = True
            case _:
                pass
    where = None if not conditions else conditions[0] if len(conditions) == 1 else Operation("and", tuple(conditions))
    return Query(tuple(targets), tuple(sources), where, plain, (), named, distinct=distinct)


def _target(tree: Tree, node: Node, depth: int) -> Target:
    if node.child_count == 1:
        inner = node.children[0]
        return Target(Reference(("*",)) if tree.text(inner) == "*" else expression(tree, inner, depth))
    if node.child_count == 0:
        return Target(Reference(("*",)) if tree.text(node) == "*" else expression(tree, node, depth))
    return Target(expression(tree, node.children[0], depth), identifier(tree, node.children[-1]))


def _source(tree: Tree, node: Node, sources: list[Source], conditions: list[Expression], depth: int, outer: bool = False) -> None:
    """Adds one element of FROM, joins taken apart."""
    if depth > _DEEPEST:
        sources.append(Source(None))
        return
    joined = node if node.type == "joined_table" else child(node, "joined_table")
    if joined is not None:
        kind = child(joined, "join_type")
        side = tree.text(kind).lower().split()[0] if kind is not None else "inner"
        tables = [each for each in joined.named_children if each.type in ("table_ref", "joined_table")]
        for at, each in enumerate(tables):
            weak = outer or side == "full" or (side == "left" and at == 1) or (side == "right" and at == 0)
            _source(tree, each, sources, conditions, depth + 1, weak)
        quality = child(joined, "join_qual")
        if quality is not None and has(quality, "kw_on"):
            conditions.append(expression(tree, quality.children[-1], depth))
        elif quality is not None or has(joined, "kw_natural"):
            conditions.append(Opaque(tree.text(joined)[:200]))
        return
    alias = first(node, "alias_clause", "func_alias_clause", "opt_alias_clause")
    called = identifier(tree, next(leaf for leaf in leaves(alias) if leaf.type != "kw_as")) if alias is not None else None
    renamed = renamed_columns(tree, alias) if alias is not None else ()
    inner = first(node, "select_with_parens", "func_table", "qualified_name") if node.type == "table_ref" else node
    if inner is None:
        sources.append(Source(called))
    elif inner.type == "select_with_parens":
        sources.append(Source(called, query=query(tree, inner, depth + 1), columns=renamed, outer=outer))
    elif inner.type == "qualified_name":
        table = name(tree, inner)
        sources.append(Source(called or table.name, table, columns=renamed, outer=outer))
    else:
        application = first(inner, "func_application")
        value = expression(tree, application, depth + 1) if application is not None else None
        function = value if isinstance(value, Invocation) else None
        sources.append(Source(called or (function.name.name if function else None), function=function, columns=renamed, outer=outer))
