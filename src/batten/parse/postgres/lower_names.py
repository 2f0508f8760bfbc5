"""Lowers statements that rename, move and drop what has a name; knows nothing of what it holds."""

from tree_sitter import Node

from batten.parse.postgres.expressions import Name
from batten.parse.postgres.lower_tables import table_name
from batten.parse.postgres.statements import Drop, Rename, SetSchema, Statement
from batten.parse.postgres.tree import (
    Tree,
    by_kind,
    child,
    core,
    descend,
    first,
    has,
    identifier,
    items,
    leaves,
    name,
    parts,
    words_written,
)

_DROPPED = frozenset({"table", "view", "schema", "type", "extension", "event-trigger", "publication", "index"})


def rename(tree: Tree, node: Node) -> Statement | None:
    """ALTER … RENAME."""
    kinds = [each.type for each in node.children]
    to = identifier(tree, node.children[-1])
    span = tree.span(node)
    labels = [identifier(tree, each) for each in node.children if each.type in ("ColId", "name")]
    if "kw_policy" in kinds:
        return Rename(span, "policy", table_name(tree, node), to, labels[0])
    if "kw_schema" in kinds or "kw_role" in kinds or "kw_user" in kinds:
        old = child(node, "name", "RoleId", "RoleSpec") or node.children[2]
        return Rename(span, "schema" if "kw_schema" in kinds else "role", Name(None, identifier(tree, old)), to)
    if "kw_function" in kinds or "kw_procedure" in kinds or "kw_routine" in kinds:
        return Rename(span, "function", function_name(tree, node), to, types=_types(tree, node))
    if not any(kind in kinds for kind in ("kw_table", "kw_view")):
        return None
    if "kw_constraint" in kinds:
        return Rename(span, "constraint", table_name(tree, node), to, labels[0])
    if "opt_column" in kinds or labels[1:]:
        return Rename(span, "column", table_name(tree, node), to, labels[0])
    return Rename(span, "view" if "kw_view" in kinds else "table", table_name(tree, node), to)


def function_name(tree: Tree, node: Node) -> Name:
    """The name in ``f(int)`` or ``f``: without parentheses it may stand there in two parts."""
    found = node if node.type == "function_with_argtypes" else first(node, "function_with_argtypes")
    if found is None:
        return Name(None, "")
    dotted = [part for each in found.children if each.type != "func_args" for part in parts(tree, each)]
    return Name(dotted[-2] if dotted[1:] else None, dotted[-1] if dotted else "")


def _types(tree: Tree, node: Node) -> tuple[str, ...] | None:
    """The parameter types in ``f(int)``; None for ``f``."""
    listed = next(descend(node, "func_args"), None)
    if listed is None:
        return None
    return tuple(words_written(tree, each) for each in descend(listed, "func_type", "Typename"))


def set_schema(tree: Tree, node: Node) -> Statement | None:
    """ALTER … SET SCHEMA."""
    to = identifier(tree, node.children[-1])
    if has(node, "kw_function", "kw_procedure", "kw_routine"):
        return SetSchema(tree.span(node), "function", function_name(tree, node), to, _types(tree, node))
    if has(node, "kw_table", "kw_view"):
        return SetSchema(tree.span(node), "view" if has(node, "kw_view") else "table", table_name(tree, node), to)
    return None


def drop(tree: Tree, node: Node) -> Statement | None:
    """DROP of anything with a name."""
    found = by_kind(node)
    exists = "kw_exists" in found
    behaviour = found.get("opt_drop_behavior")
    cascade = behaviour is not None and core(behaviour).type == "kw_cascade"
    span = tree.span(node)
    kinds = [leaf.type for each in node.children[:3] for leaf in leaves(each)]
    what = next(
        (kind for kind in kinds[1:] if kind not in ("kw_materialized", "kw_foreign", "kw_event", "kw_concurrently")), ""
    ).removeprefix("kw_")
    on = found.get("any_name")
    if "kw_on" in found and on is not None:
        label = found.get("name") or found.get("ColId")
        return Drop(span, what, (Name(None, identifier(tree, label) if label is not None else ""),), exists, cascade, name(tree, on))
    if kinds[1:3] == ["kw_event", "kw_trigger"]:
        what = "event-trigger"
    listed = child(node, "any_name_list", "name_list", "type_name_list", "any_name", "name", "ColId")
    if listed is None or what not in _DROPPED:
        return None
    elements = items(listed, listed.type) if listed.type.endswith("_list") else [listed]
    return Drop(
        span,
        what,
        tuple(name(tree, each) for each in elements if parts(tree, each)),
        exists,
        cascade,
        materialized="kw_materialized" in kinds,
    )
