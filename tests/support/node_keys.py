"""A key of a node: its kind and range of bytes; and ways through a syntax tree."""

from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from batten.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node as Syntax


class Kind(StrEnum):
    CALL = "calls"
    ASSIGNMENT = "assignments"
    IMPORT = "imports"
    RETURN = "returns"
    RAISE = "raises"
    BRANCH = "branches"
    CASE = "cases"
    LITERAL = "literals"
    LOOP = "loops"
    TRY = "tries"
    AWAIT = "awaits"
    FUNCTION = "functions"
    CLASS = "classes"


Key = tuple[Kind, int, int]
Keys = Counter[Key]


class Asides(NamedTuple):
    """Where the model has nodes that the grammar has not."""

    branches: set[int]
    assignments: list[Span]
    texts: set[int]


_TYPES = frozenset(
    {
        "type_annotation",
        "type_arguments",
        "type_parameters",
        "type_predicate_annotation",
        "asserts_annotation",
        "type_query",
        "type_predicate",
        "interface_declaration",
        "type_alias_declaration",
        "ambient_declaration",
        "function_signature",
        "method_signature",
        "abstract_method_signature",
        "index_signature",
        "implements_clause",
        "import_attribute",
    }
)


def walk(root: "Syntax") -> "Iterator[Syntax]":
    """The nodes of a tree, types left out."""
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        pending += [child for child in node.children if child.type not in _TYPES and not _is_type(child, node)]


def _is_type(node: "Syntax", parent: "Syntax") -> bool:
    if node.type.endswith("_type") and node.type not in ("generic_type", "member_type", "union_type", "splat_type"):
        return True
    return parent.type in ("as_expression", "satisfies_expression") and parent.named_children[0] != node


def holds(node: "Syntax", kind: str) -> bool:
    pending = [node]
    while pending:
        current = pending.pop()
        if current.type == kind:
            return True
        pending += current.children
    return False


def parent_of(node: "Syntax") -> "Syntax":
    assert node.parent is not None
    return node.parent
