"""Lowers the keys of tables: PRIMARY KEY, UNIQUE, FOREIGN KEY and unique indexes."""

from tree_sitter import Node

from batten.parse.postgres.statements import Statement
from batten.parse.postgres.table_statements import CreateIndex, ForeignKey, Key
from batten.parse.postgres.tree import Tree, by_kind, child, descend, first, has, identifier, items, name


def columns_listed(tree: Tree, node: Node | None) -> tuple[str, ...]:
    """The names in ``(a, b)``."""
    if node is None:
        return ()
    listed = node if node.type == "columnList" else first(node, "columnList")
    return tuple(identifier(tree, each) for each in items(listed, "columnList")) if listed is not None else ()


def own_key(tree: Tree, node: Node) -> Key | None:
    """A constraint of a table, where it is PRIMARY KEY or UNIQUE."""
    element = first(node, "ConstraintElem") or node
    primary = has(element, "kw_primary")
    if not primary and not has(element, "kw_unique"):
        return None
    index = child(element, "ExistingIndex")
    used = child(index, "name") if index is not None else None
    label = constraint_name(tree, node)
    return Key(columns_listed(tree, child(element, "columnList")), label, primary, identifier(tree, used) if used is not None else "")


def foreign_key(tree: Tree, node: Node) -> ForeignKey | None:
    """A constraint of a table, where it is a key that leads elsewhere."""
    element = first(node, "ConstraintElem") or node
    target = child(element, "qualified_name") if has(element, "kw_foreign") else None
    if target is None:
        return None
    to = columns_listed(tree, child(element, "opt_column_and_period_list", "opt_column_list"))
    columns = columns_listed(tree, child(element, "columnList"))
    return ForeignKey(columns, name(tree, target), to, on_delete_of(tree, element), constraint_name(tree, node))


def create_index(tree: Tree, node: Node) -> Statement | None:
    """CREATE UNIQUE INDEX; None for one that is no key: of expressions, of some of the rows, or not unique."""
    found = by_kind(node)
    target, listed, label = (
        first(found.get("relation_expr"), "qualified_name"),
        found.get("index_params"),
        found.get("name") or found.get("opt_single_name"),
    )
    if target is None or listed is None or "opt_unique" not in found or "where_clause" in found:
        return None
    columns = [child(each, "ColId") for each in descend(listed, "index_elem")]
    if any(each is None for each in columns):
        return None
    key = Key(tuple(identifier(tree, each) for each in columns if each is not None), identifier(tree, label) if label is not None else "")
    return CreateIndex(tree.span(node), name(tree, target), key, "kw_exists" in found)


def constraint_name(tree: Tree, node: Node | None) -> str:
    """What stands after CONSTRAINT, "" where nothing does."""
    label = child(node, "name", "ColId") if node is not None else None
    return identifier(tree, label) if label is not None else ""


def on_delete_of(tree: Tree, node: Node) -> str:
    """What a foreign key does to a row whose target goes."""
    action = first(first(node, "key_delete"), "key_action")
    return " ".join(tree.text(action).lower().split()) if action is not None else ""
