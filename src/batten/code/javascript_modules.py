"""``import`` and ``export``: what a JavaScript file takes from other modules and gives to them.

Knows nothing of CommonJS and of what is declared in an exported declaration. A value exported as ``default`` that has no
name of its own is called ``default`` in the file, too.
"""

from typing import TYPE_CHECKING

from batten.code.javascript_classes import declare_class, named
from batten.code.javascript_commonjs import bound
from batten.code.javascript_functions import declare_function, decorators
from batten.code.javascript_literals import string_text
from batten.code.javascript_reading import STEP, TRIVIA, Reading, span_of
from batten.code.javascript_variables import declare_variables
from batten.code.model import (
    Assign,
    Define,
    Export,
    Import,
    Name,
    Statement,
)

if TYPE_CHECKING:
    from tree_sitter import Node


def import_statement(reading: Reading, node: "Node", _room: int, _out: list[Statement]) -> None:
    """``import …``; all of it goes to the imports of the file."""
    source = node.child_by_field_name("source")
    clause = None
    type_only = False
    for child in node.children:
        kind = child.type
        if kind in ("type", "typeof"):
            type_only = True
        elif kind == "import_clause":
            clause = child
        elif kind == "import_require_clause":
            _import_require(reading, child, type_only)
            return
    if source is None:
        return
    module = string_text(reading, source)
    if clause is None:
        reading.imports.append(Import(span_of(node), module, "", "", type_only))
        return
    for child in clause.children:
        kind = child.type
        if kind == "identifier":
            reading.imports.append(Import(span_of(child), module, "default", reading.text(child), type_only))
        elif kind == "namespace_import":
            local = reading.text(child.children[-1])
            reading.imports.append(Import(span_of(child), module, "*", local, type_only))
        elif kind == "named_imports":
            for specifier in child.children:
                if specifier.type == "import_specifier":
                    name, local, type_name = _specifier(reading, specifier)
                    reading.imports.append(Import(span_of(specifier), module, name, local, type_only or type_name))


def _import_require(reading: Reading, node: "Node", type_only: bool) -> None:
    source = node.child_by_field_name("source")
    local = next((child for child in node.children if child.type == "identifier"), None)
    if source is not None and local is not None:
        module = string_text(reading, source)
        reading.imports.append(Import(span_of(node), module, "*", reading.text(local), type_only))


def _specifier(reading: Reading, node: "Node") -> tuple[str, str, bool]:
    """Name, alias (the name itself where there is none) and whether it is marked as a type."""
    name = node.child_by_field_name("name")
    alias = node.child_by_field_name("alias")
    text = _module_name(reading, name) if name is not None else ""
    type_only = node.children[0].type in ("type", "typeof")
    return text, _module_name(reading, alias) if alias is not None else text, type_only


def _module_name(reading: Reading, node: "Node") -> str:
    return string_text(reading, node) if node.type == "string" else reading.text(node)


def export_statement(reading: Reading, node: "Node", room: int, out: list[Statement]) -> None:
    """``export …``: what it names goes to the exports of the file, what it declares stays in the body."""
    source = node.child_by_field_name("source")
    module = string_text(reading, source) if source is not None else None
    type_only = False
    default: Node | None = None
    for child in node.children:
        kind = child.type
        if kind == "type":
            type_only = True
        elif kind == "default":
            default = child
        elif kind == "*" and module is not None:
            reading.exports.append(Export(span_of(node), "*", "*", module, type_only))
        elif kind == "namespace_export":
            name = _module_name(reading, child.children[-1])
            reading.exports.append(Export(span_of(child), name, "*", module, type_only))
        elif kind == "export_clause":
            for specifier in child.children:
                if specifier.type == "export_specifier":
                    local, name, type_name = _specifier(reading, specifier)
                    reading.exports.append(Export(span_of(specifier), name, local, module, type_only or type_name))
        elif kind == "=":
            _export_assignment(reading, node, room, out)
            return
    declaration = node.child_by_field_name("declaration")
    value = node.child_by_field_name("value")
    if declaration is not None:
        _export_declaration(reading, node, declaration, default, room, out)
    elif value is not None and default is not None:
        _export_default(reading, node, default, value, room, out)


def _export_assignment(reading: Reading, node: "Node", room: int, out: list[Statement]) -> None:
    """``export = value``."""
    value = next((child for child in reversed(node.children) if child.is_named and child.type not in TRIVIA), None)
    if value is not None:
        token = next(child for child in node.children if child.type == "=")
        _give_default(reading, node, token, value, room, out)


def _export_default(reading: Reading, node: "Node", token: "Node", value: "Node", room: int, out: list[Statement]) -> None:
    opening = node.start_byte
    marks = decorators(reading, node, room)
    if value.type in ("function_expression", "generator_function"):
        declare_function(reading, value, room, out, opening, marks)
    elif value.type == "class":
        declare_class(reading, value, room, out, opening, marks)
    else:
        _give_default(reading, node, token, value, room, out)
        return
    _export_declared(reading, node, out[-1:], is_default=True)


def _give_default(reading: Reading, node: "Node", token: "Node", value: "Node", room: int, out: list[Statement]) -> None:
    """A value exported as ``default``: under its own name where it is one, else the file gets a variable ``default``."""
    lowered = named(reading, value, room - STEP, "default", node.start_byte)
    if isinstance(lowered, Name):
        reading.exports.append(Export(span_of(node), "default", lowered.id))
        return
    reading.exports.append(Export(span_of(node), "default", "default"))
    out.append(Assign(span_of(node), Name(span_of(token), "default"), lowered, declares=True))


def _export_declaration(
    reading: Reading,
    node: "Node",
    declaration: "Node",
    default: "Node | None",
    room: int,
    out: list[Statement],
) -> None:
    kind = declaration.type
    before = len(out)
    if kind in ("function_declaration", "generator_function_declaration"):
        declare_function(reading, declaration, room, out, node.start_byte, ())
    elif kind in ("class_declaration", "abstract_class_declaration"):
        declare_class(reading, declaration, room, out, node.start_byte, decorators(reading, node, room))
    elif kind in ("lexical_declaration", "variable_declaration"):
        declare_variables(reading, declaration, room, out, node.start_byte)
    else:
        _export_other(reading, node, declaration, default is not None, room, out)
        return
    _export_declared(reading, node, out[before:], default is not None)


def _export_other(reading: Reading, node: "Node", declaration: "Node", is_default: bool, room: int, out: list[Statement]) -> None:
    """Types, enums, namespaces, ``import a = b``: what is declared has a name, and may be nothing at run time."""
    before = len(out)
    reading.run((declaration,), room, out)
    inner = declaration
    if declaration.type == "ambient_declaration":
        inner = next((child for child in declaration.children if child.is_named and child.type not in TRIVIA), declaration)
    names = [child.child_by_field_name("name") for child in inner.children if child.type == "variable_declarator"]
    for name in names or [inner.child_by_field_name("name")]:
        if name is not None and name.type in ("identifier", "type_identifier"):
            text = reading.text(name)
            reading.exports.append(Export(span_of(node), "default" if is_default else text, text, type_only=len(out) == before))
    if declaration.type == "import_alias":
        _export_declared(reading, node, out[before:], is_default)


def _export_declared(reading: Reading, node: "Node", statements: list[Statement], is_default: bool) -> None:
    for statement in statements:
        if isinstance(statement, Define):
            local = statement.value.name
            reading.exports.append(Export(span_of(node), "default" if is_default else local, local))
        elif isinstance(statement, Assign):
            for name, _ in bound(statement.target):
                reading.exports.append(Export(name.span, name.id, name.id))
