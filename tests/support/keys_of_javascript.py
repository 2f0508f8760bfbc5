"""The keys that the grammars of JavaScript and TypeScript ask the code model for; ``nodes_agree`` says what they are."""

from collections import Counter
from typing import TYPE_CHECKING

from node_keys import Asides, Keys, Kind, holds, parent_of, walk

from batten.text import Span

if TYPE_CHECKING:
    from tree_sitter import Node as Syntax

_PLAIN = {
    "call_expression": Kind.CALL,
    "new_expression": Kind.CALL,
    "jsx_element": Kind.CALL,
    "jsx_self_closing_element": Kind.CALL,
    "assignment_expression": Kind.ASSIGNMENT,
    "augmented_assignment_expression": Kind.ASSIGNMENT,
    "field_definition": Kind.ASSIGNMENT,
    "public_field_definition": Kind.ASSIGNMENT,
    "object_assignment_pattern": Kind.ASSIGNMENT,
    "enum_declaration": Kind.ASSIGNMENT,
    "import_alias": Kind.ASSIGNMENT,
    "namespace_import": Kind.IMPORT,
    "import_specifier": Kind.IMPORT,
    "import_require_clause": Kind.IMPORT,
    "return_statement": Kind.RETURN,
    "throw_statement": Kind.RAISE,
    "if_statement": Kind.BRANCH,
    "ternary_expression": Kind.BRANCH,
    "for_statement": Kind.LOOP,
    "for_in_statement": Kind.LOOP,
    "while_statement": Kind.LOOP,
    "do_statement": Kind.LOOP,
    "try_statement": Kind.TRY,
    "await_expression": Kind.AWAIT,
}
_ASSIGNMENTS = frozenset({"assignment_expression", "augmented_assignment_expression"})
_LITERALS = frozenset({"string", "number", "regex", "true", "false", "null", "undefined", "template_string"})
_FUNCTIONS = frozenset(
    {
        "function_declaration",
        "generator_function_declaration",
        "function_expression",
        "generator_function",
        "arrow_function",
        "method_definition",
    }
)
_CLASSES = frozenset({"class_declaration", "abstract_class_declaration", "class"})
_DECLARATIONS = frozenset({"lexical_declaration", "variable_declaration", "using_declaration"})


def keys_of_javascript(root: "Syntax", data: bytes) -> tuple[Keys, Asides]:
    found: Keys = Counter()
    asides = Asides(set(), [], set())
    for node in walk(root):
        kind = node.type
        start, end = node.start_byte, node.end_byte
        if not node.is_named:
            continue
        if kind in _ASSIGNMENTS:
            start, end = _stated(node)
        if kind in _PLAIN:
            found[_PLAIN[kind], start, end] += 1
        elif kind in _FUNCTIONS:
            body = node.child_by_field_name("body")
            if body is not None:
                found[Kind.FUNCTION, body.start_byte, body.end_byte] += 1
                found[Kind.RETURN, body.start_byte, body.end_byte] += body.type != "statement_block"
        elif kind in _CLASSES:
            parent = parent_of(node)
            found[Kind.CLASS, parent.start_byte if parent.type == "export_statement" else start, end] += 1
            if kind == "class" and parent.type != "export_statement" and not _is_given(node, data):
                found[Kind.FUNCTION, start, end] += 1
        elif kind == "variable_declarator":
            around = _declared(node)
            found[Kind.ASSIGNMENT, around.start, around.end] += 1
            found += _required(node, data)
        elif kind == "assignment_pattern" and parent_of(node).type != "formal_parameters":
            found[Kind.ASSIGNMENT, start, end] += 1
        elif (
            kind == "import_statement" and not any(child.type in ("import_clause", "import_require_clause") for child in node.children)
        ) or (kind == "identifier" and parent_of(node).type == "import_clause"):
            found[Kind.IMPORT, start, end] += 1
        elif kind in ("switch_statement", "switch_case", "switch_default"):
            asides.branches.add(start)
            value = node.child_by_field_name("value") if kind == "switch_case" else None
            if value is not None and not _joins_default(node):
                value = _bare(value)
                found[Kind.CASE, value.start_byte, value.end_byte] = 1
        elif kind in ("required_parameter", "optional_parameter", "catch_clause"):
            asides.assignments.append(Span(start, node.child_by_field_name("body").start_byte if kind == "catch_clause" else end))
        elif kind in _LITERALS and not _is_name(node):
            found[Kind.LITERAL, start, end] += 1
        elif kind in ("jsx_text", "html_character_reference"):
            asides.texts.add(start)
        elif kind == "export_statement":
            value = node.child_by_field_name("value")
            if value is not None and _bare(value).type not in ("identifier", "function_expression", "generator_function", "class"):
                found[Kind.ASSIGNMENT, start, end] += 1
        elif kind == "expression_statement" and _requires(node.named_children[0] if node.named_children else None, data):
            found[Kind.IMPORT, start, end] += 1
    return +found, asides


def _is_given(node: "Syntax", data: bytes) -> bool:
    """A statement gives the class to a name, so that it is declared there and stands in no function of its own."""
    holder = parent_of(node)
    while holder.type == "parenthesized_expression":
        holder = parent_of(holder)
    if holder.type == "variable_declarator":
        target = holder.child_by_field_name("name")
    elif holder.type == "assignment_expression":
        target = holder.child_by_field_name("left")
        around = parent_of(holder)
        while around.type in ("parenthesized_expression", "sequence_expression"):
            around = parent_of(around)
        if around.type not in ("expression_statement", "for_statement"):
            return False
    else:
        return False
    if node.child_by_field_name("name") is not None:
        return True
    written = b"" if target is None else data[target.start_byte : target.end_byte]
    return target is not None and target.type in ("identifier", "member_expression") and written.split() != [b"module.exports"]


def _declared(node: "Syntax") -> Span:
    declaration = parent_of(node)
    if sum(child.type == "variable_declarator" for child in declaration.children) != 1:
        return Span(node.start_byte, node.end_byte)
    outer = parent_of(declaration)
    return Span(outer.start_byte if outer.type == "export_statement" else declaration.start_byte, declaration.end_byte)


def _requires(node: "Syntax | None", data: bytes) -> bool:
    """``require("m")``."""
    callee = node.child_by_field_name("function") if node is not None and node.type == "call_expression" else None
    arguments = node.child_by_field_name("arguments") if node is not None else None
    if callee is None or arguments is None or data[callee.start_byte : callee.end_byte] != b"require":
        return False
    return [child.type for child in arguments.named_children] == ["string"]


def _required(node: "Syntax", data: bytes) -> Keys:
    """The imports in ``const {a, b: c} = require("m").d``: the names that it binds."""
    value = node.child_by_field_name("value")
    while value is not None and value.type == "member_expression":
        value = value.child_by_field_name("object")
    found: Keys = Counter()
    pending = [node.named_children[0]] if _requires(value, data) else []
    while pending:
        part = pending.pop()
        if part.type in ("identifier", "shorthand_property_identifier_pattern"):
            found[Kind.IMPORT, part.start_byte, part.end_byte] += 1
        elif part.type in ("pair_pattern", "rest_pattern"):
            pending.append(part.named_children[-1])
        elif part.type in ("assignment_pattern", "object_assignment_pattern"):
            pending.append(part.named_children[0])
        elif part.type == "object_pattern":
            pending += part.named_children
    return found


def _joins_default(node: "Syntax") -> bool:
    """The case runs on into ``default``, or that into it: what is no name or constant is evaluated, not compared."""
    body = parent_of(node)
    cases = [child for child in body.named_children if child.type in ("switch_case", "switch_default")]
    groups: list[list[Syntax]] = [[]]
    for case in cases:
        groups[-1].append(case)
        inner = [child for child in case.children_by_field_name("body") if child.type != "comment"]
        if len(inner) == 1 and inner[0].type == "statement_block":
            inner = inner[0].named_children
        last = inner[-1] if inner else None
        if last is not None and last.type == "statement_block" and last.named_children:
            last = last.named_children[-1]
        if last is not None and last.type in ("break_statement", "return_statement", "throw_statement", "continue_statement"):
            groups.append([])
    return any(node in group and any(case.type == "switch_default" for case in group) for group in groups)


def _stated(node: "Syntax") -> tuple[int, int]:
    """The range of an assignment: where it stands for its effect alone, with its parentheses and semicolon."""
    whole = node
    while parent_of(whole).type == "parenthesized_expression":
        whole = parent_of(whole)
    part = whole
    while parent_of(part).type in ("sequence_expression", "parenthesized_expression"):
        part = parent_of(part)
    around = parent_of(part)
    if around.type == "expression_statement":
        whole = around if part == whole else whole
    elif around.type != "for_statement" or part not in (
        around.child_by_field_name("initializer"),
        around.child_by_field_name("increment"),
    ):
        whole = node
    return whole.start_byte, whole.end_byte


def _bare(node: "Syntax") -> "Syntax":
    while node.type in ("parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression"):
        node = node.named_children[0]
    return node


def _is_name(node: "Syntax") -> bool:
    parent = parent_of(node)
    kind = parent.type
    if kind in (
        "import_statement",
        "export_statement",
        "import_require_clause",
        "import_specifier",
        "export_specifier",
        "namespace_export",
    ):
        return parent.child_by_field_name("value") != node
    if kind == "expression_statement" and node.type == "string":
        return _is_directive(parent)
    if kind in ("pair", "pair_pattern"):
        return parent.child_by_field_name("key") == node
    if kind in ("method_definition", "public_field_definition", "field_definition", "enum_assignment"):
        return parent.child_by_field_name("value") != node
    if kind in ("enum_body", "computed_property_name"):
        return kind == "enum_body" or (node.type in ("string", "template_string") and not holds(node, "template_substitution"))
    if kind == "subscript_expression" and parent.child_by_field_name("index") == node:
        return node.type in ("string", "template_string") and not holds(node, "template_substitution")
    return kind == "template_substitution" and node.type != "template_string"


def _is_directive(statement: "Syntax") -> bool:
    around = parent_of(statement)
    holder = around.parent
    if holder is not None and not (around.type == "statement_block" and holder.type in _FUNCTIONS):
        return False
    for child in around.named_children:
        if child == statement:
            return True
        if child.type not in ("comment", "hash_bang_line") and not (
            child.type == "expression_statement" and child.named_children and child.named_children[0].type == "string"
        ):
            return False
    return False
