"""What stands in an expression by itself, lowered from the syntax tree: constants, typed ones, the names of types and of columns."""

from tree_sitter import Node

from batten.parse.postgres.expressions import (
    Cast,
    Constant,
    Expression,
    Opaque,
)
from batten.parse.postgres.tree import Tree, first, identifier, items, leaves, string

_LONGEST_NUMBER = 19

LITERALS = ("AexprConst", "Sconst", "Iconst", "SignedIconst", "NumericOnly")


def listed(node: Node) -> list[Node]:
    """The elements between the brackets of a row, an array or an argument list, at whatever depth of list nodes."""
    found: list[Node] = []
    for each in node.named_children:
        if each.type in ("expr_list", "array_expr_list", "func_arg_list"):
            found.extend(items(each, each.type))
        elif not each.type.startswith("kw_"):
            found.append(each)
    return found


def literal(tree: Tree, node: Node, _depth: int) -> Expression:
    """A constant, with the type that is written before it."""
    tokens = list(leaves(node))
    last = tokens[-1]
    text = tree.text(last)
    match last.type:
        case "kw_true" | "kw_false":
            return Constant(last.type == "kw_true")
        case "kw_null":
            return Constant(None)
        case "integer_literal" if len(text) < _LONGEST_NUMBER and text.isdigit():
            return Constant(int(text))
        case "string_literal" | "dollar_quoted_string" | "escape_string_literal" | "unicode_string_literal":
            if text[:1] in "uU":
                return Opaque(text)
            value = Constant(string(text))
            if tokens[0].type == "identifier" and tree.text(tokens[0]).lower() == "not":
                return Opaque(tree.text(node))  # the grammar takes a NOT in an odd place for a type
            # ``interval '1 day'``, ``text 'x'``: a typed constant is a cast.
            return Cast(value, " ".join(tree.text(each).lower() for each in tokens[:-1])) if len(tokens) > 1 else value
        case _:
            return Constant(tree.text(node), number=True) if text[:1].isdigit() or text[:1] == "." else Opaque(tree.text(node))


def type_of(tree: Tree, node: Node) -> str:
    """The name of a type without its length."""
    return " ".join(tree.text(node).split("(")[0].lower().replace('"', "").split())


def renamed_columns(tree: Tree, alias: Node) -> tuple[str, ...]:
    """The names that an alias gives to columns."""
    names = first(alias, "name_list")
    return tuple(identifier(tree, each) for each in items(names, "name_list")) if names is not None else ()
