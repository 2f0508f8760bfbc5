"""The keys that Python's grammar asks the code model for; ``nodes_agree`` says what they are."""

from collections import Counter
from typing import TYPE_CHECKING

from node_keys import Asides, Keys, Kind, holds, parent_of, walk

from batten.text import Span

if TYPE_CHECKING:
    from tree_sitter import Node as Syntax

_PYTHON_PLAIN = {
    "augmented_assignment": Kind.ASSIGNMENT,
    "assignment": Kind.ASSIGNMENT,
    "named_expression": Kind.ASSIGNMENT,
    "for_in_clause": Kind.ASSIGNMENT,
    "type_alias_statement": Kind.ASSIGNMENT,
    "print_statement": Kind.CALL,
    "exec_statement": Kind.CALL,
    "wildcard_import": Kind.IMPORT,
    "return_statement": Kind.RETURN,
    "raise_statement": Kind.RAISE,
    "if_statement": Kind.BRANCH,
    "conditional_expression": Kind.BRANCH,
    "for_statement": Kind.LOOP,
    "while_statement": Kind.LOOP,
    "try_statement": Kind.TRY,
    "await": Kind.AWAIT,
}
_PYTHON_LITERALS = frozenset({"string", "concatenated_string", "integer", "float", "true", "false", "none"})
_PYTHON_IMPORTS = frozenset({"import_statement", "import_from_statement", "future_import_statement"})
_PYTHON_CHAIN = {"attribute": "object", "call": "function", "subscript": "value"}


def keys_of_python(root: "Syntax") -> tuple[Keys, Asides]:
    found: Keys = Counter()
    asides = Asides(set(), [], set())
    for node in walk(root):
        kind = node.type
        start, end = node.start_byte, node.end_byte
        if not node.is_named:
            continue
        if kind in _PYTHON_PLAIN:
            found[_PYTHON_PLAIN[kind], start, end] += 1
        elif kind == "call":
            found[Kind.CALL, _start(node), end] += 1
        elif kind in _PYTHON_IMPORTS:
            for name in node.children_by_field_name("name"):
                found[Kind.IMPORT, name.start_byte, name.end_byte] += 1
        elif kind == "assert_statement":
            found[Kind.BRANCH, start, end] += 1
            found[Kind.RAISE, start, end] += 1
        elif kind == "elif_clause":
            found[Kind.BRANCH, start, parent_of(node).end_byte] += 1
        elif kind == "lambda":
            body = node.child_by_field_name("body")
            if body is not None:
                found[Kind.FUNCTION, body.start_byte, body.end_byte] += 1
                found[Kind.RETURN, body.start_byte, body.end_byte] += 1
        elif kind == "function_definition":
            body = node.child_by_field_name("body")
            found[Kind.FUNCTION, body.start_byte if body else end, end] += 1
        elif kind == "class_definition":
            found[Kind.CLASS, _decorated_start(node), end] += 1
        elif kind == "as_pattern" and _around(node).type == "with_item":
            found[Kind.ASSIGNMENT, start, end] += 1
        elif kind == "case_clause":
            asides.branches.add(start)
        elif kind == "case_pattern":
            asides.assignments.append(Span(start, end))
        elif kind in _PYTHON_LITERALS and not _is_python_name(node):
            found[Kind.LITERAL, start, end] += 1
    return found, asides


def _start(node: "Syntax") -> int:
    """Where a chain starts: the grammar ties ``*`` to the root in ``[*a.b()]``, Python does not."""
    inner: Syntax | None = node
    while inner is not None and inner.type in _PYTHON_CHAIN:
        inner = inner.child_by_field_name(_PYTHON_CHAIN[inner.type])
    return inner.named_children[0].start_byte if inner is not None and inner.type == "list_splat" else node.start_byte


def _around(node: "Syntax") -> "Syntax":
    """What holds a node, parentheses taken off."""
    parent = parent_of(node)
    while parent.type == "parenthesized_expression":
        parent = parent_of(parent)
    return parent


def _decorated_start(node: "Syntax") -> int:
    parent = parent_of(node)
    return parent.start_byte if parent.type == "decorated_definition" else node.start_byte


def _is_python_name(node: "Syntax") -> bool:
    """A constant that is no literal of the model: a name, a part of another text, ``from None``, a complex number."""
    parent = parent_of(node)
    while parent.type == "parenthesized_expression":
        node, parent = parent, parent_of(parent)
    if parent.type == "concatenated_string" or (parent.type == "interpolation" and node.type in ("string", "concatenated_string")):
        return True
    if parent.type == "dict_pattern":
        return node.next_sibling is not None and node.next_sibling.type == ":"
    if parent.type == "case_pattern" and parent_of(parent).type == "dict_pattern":
        return parent.next_sibling is not None and parent.next_sibling.type == ":"
    if parent.type == "raise_statement" and parent.child_by_field_name("cause") == node:
        return True
    if node.type == "float" and node.text is not None and node.text.endswith((b"j", b"J")):
        return True
    constant = not holds(node, "interpolation")
    if parent.type == "pair" and parent_of(parent).type == "dictionary":
        return constant and parent.child_by_field_name("key") == node
    if parent.type == "subscript" and parent.child_by_field_name("value") != node:
        alone = len(parent.children_by_field_name("subscript")) == 1 and not any(child.type == "," for child in parent.children)
        return constant and alone and node.type in ("string", "concatenated_string") and parent_of(parent).type != "type"
    return False
