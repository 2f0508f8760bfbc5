"""Compares what skim reads from bytes with what a full parse says, on the files under some folders; prints the ratio and the differences.

python bench/skim_oracle.py [--most 1000] [--show 20] FOLDER...
"""

import argparse
import os
import random
from collections.abc import Iterator
from pathlib import Path

import tree_sitter_javascript
import tree_sitter_python
import tree_sitter_typescript
from tree_sitter import Language, Node, Parser

from batten.skim import SCRIPTS, skim

GRAMMARS = {
    ".ts": tree_sitter_typescript.language_typescript(),
    ".mts": tree_sitter_typescript.language_typescript(),
    ".cts": tree_sitter_typescript.language_typescript(),
    ".tsx": tree_sitter_typescript.language_tsx(),
    ".py": tree_sitter_python.language(),
}
Name = tuple[str, str, str, bool]
Given = tuple[str, str, str | None]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folders", nargs="+")
    arguments.add_argument("--most", type=int, default=1000)
    arguments.add_argument("--show", type=int, default=20)
    options = arguments.parse_args()
    paths = sorted(path for folder in options.folders for path in files(folder))
    random.Random(1).shuffle(paths)
    paths = paths[: options.most]
    parsers = {suffix: Parser(Language(grammar)) for suffix, grammar in GRAMMARS.items()}
    javascript = Parser(Language(tree_sitter_javascript.language()))
    same = broken = shown = names = 0
    for path in paths:
        data = path.read_bytes()
        tree = parsers.get(path.suffix, javascript).parse(data)
        if tree.root_node.has_error:
            broken += 1
        oracle = python_names(tree.root_node) if path.suffix == ".py" else (script_names(tree.root_node), script_exports(tree.root_node))
        read = skim(str(path), data)
        imports = {(one.module, one.name, one.local, one.type_only) for one in read.imports}
        exports = {(one.name, one.local, one.module) for one in read.exports}
        wanted, given = oracle
        names += len(wanted) + len(given)
        if imports == wanted and exports == given:
            same += 1
        elif shown < options.show:
            shown += 1
            print(path, "(the parse has errors)" if tree.root_node.has_error else "")
            for sign, what in (
                ("-", wanted - imports),
                ("+", imports - wanted),
                ("- export", given - exports),
                ("+ export", exports - given),
            ):
                for one in sorted(what, key=str):
                    print("   ", sign, one)
    print(f"{same}/{len(paths)} files equal ({same / max(1, len(paths)):.2%}), {names} names, {broken} files with parse errors")


def files(folder: str) -> Iterator[Path]:
    for where, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in {"node_modules", ".git", "dist", "build"}]
        for name in names:
            path = Path(where, name)
            if (
                (path.suffix in SCRIPTS or path.suffix == ".py")
                and ".min." not in name
                and path.is_file()
                and path.stat().st_size < 1_000_000
            ):
                yield path


def text(node: Node | None) -> str:
    return node.text.decode("utf-8", "replace") if node is not None and node.text is not None else ""


def walk(root: Node) -> Iterator[Node]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += node.children


def constant(node: Node | None) -> str | None:
    if node is None or (node.type == "template_string" and any(child.type == "template_substitution" for child in node.children)):
        return None
    if node.type not in {"string", "template_string"} or "\\" in text(node):
        return None
    return text(node)[1:-1] or None


def typed(node: Node) -> bool:
    return any(child.type == "type" for child in node.children)


def entries(node: Node) -> Iterator[tuple[str, str, bool]]:
    for child in node.named_children:
        if child.type in {"import_specifier", "export_specifier"}:
            name = text(child.child_by_field_name("name")).strip("\"'")
            yield name, text(child.child_by_field_name("alias")).strip("\"'") or name, typed(child)


def script_names(root: Node) -> set[Name]:
    found: set[Name] = set()
    for node in walk(root):
        if node.type == "import_statement":
            found |= set(statement(node))
        elif node.type == "call_expression":
            found |= set(call(node))
        elif node.type == "new_expression" and text(node.child_by_field_name("constructor")) == "URL":
            arguments = node.child_by_field_name("arguments")
            given = arguments.named_children if arguments else []
            if len(given) == 2 and text(given[1]) == "import.meta.url" and (module := constant(given[0])):
                found.add((module, "", "", False))
    return found


def statement(node: Node) -> Iterator[Name]:
    required = next((child for child in node.children if child.type == "import_require_clause"), None)
    if required is not None:
        module = constant(required.child_by_field_name("source"))
        if module:
            yield module, "*", text(next(child for child in required.children if child.type == "identifier")), typed(node)
        return
    module = constant(node.child_by_field_name("source"))
    clause = next((child for child in node.children if child.type == "import_clause"), None)
    if module is None:
        return
    if clause is None:
        yield module, "", "", False
        return
    only = typed(node)
    for child in clause.named_children:
        match child.type:
            case "identifier":
                yield module, "default", text(child), only
            case "namespace_import":
                yield module, "*", text(child.named_children[-1]), only
            case "named_imports":
                listed = list(entries(child))
                yield from ((module, name, local, only or own) for name, local, own in listed)
                if not listed and len(clause.named_children) == 1:
                    yield module, "", "", only


def call(node: Node) -> Iterator[Name]:
    callee = text(node.child_by_field_name("function"))
    arguments = node.child_by_field_name("arguments")
    given = [child for child in arguments.named_children if child.type != "comment"] if arguments else []
    if callee in {"import.meta.glob", "import.meta.globEager"} and given:
        listed = given[0].named_children if given[0].type == "array" else given[:1]
        yield from ((module, "*", "", False) for one in listed if (module := constant(one)))
    if callee not in {"import", "require"} or not given or (module := constant(given[0])) is None:
        return
    member, top = "*", node
    parent = node.parent
    if parent is not None and parent.type == "await_expression":
        top, parent = parent, parent.parent
    only = parent is not None and parent.type == "unary_expression" and text(parent).startswith("typeof")
    if parent is not None and parent.type == "member_expression" and top is node:
        member, top, parent = text(parent.child_by_field_name("property")), parent, parent.parent
    if parent is not None and parent.type == "variable_declarator" and top == parent.child_by_field_name("value"):
        target = parent.child_by_field_name("name")
        if target is not None and target.type == "identifier":
            yield module, member, text(target), False
            return
        if target is not None and target.type == "object_pattern" and member == "*":
            yield from ((module, key, local, False) for key, local in pattern(target))
            return
    yield module, "" if callee == "require" and top is node else "*", "", only


def pattern(node: Node) -> Iterator[tuple[str, str]]:
    for child in node.named_children:
        match child.type:
            case "shorthand_property_identifier_pattern":
                yield text(child), text(child)
            case "pair_pattern":
                value = child.child_by_field_name("value")
                value = value.child_by_field_name("left") if value is not None and value.type == "assignment_pattern" else value
                if value is not None and value.type == "identifier":
                    yield text(child.child_by_field_name("key")), text(value)
            case "object_assignment_pattern":
                left = text(child.child_by_field_name("left"))
                yield left, left
            case "rest_pattern":
                yield text(child.named_children[0]), text(child.named_children[0])


def script_exports(root: Node) -> set[Given]:
    found: set[Given] = set()
    for node in walk(root):
        if node.type == "export_statement":
            found |= set(exported(node))
        elif node.type == "assignment_expression":
            found |= set(common(node))
    return found


def exported(node: Node) -> Iterator[Given]:
    module = constant(node.child_by_field_name("source"))
    declared = node.child_by_field_name("declaration")
    kinds = [child.type for child in node.children]
    clause = next((child for child in node.children if child.type == "export_clause"), None)
    space = next((child for child in node.children if child.type == "namespace_export"), None)
    if "default" in kinds:
        value = node.child_by_field_name("value")
        value = value.named_children[0] if value is not None and value.type in {"satisfies_expression", "as_expression"} else value
        local = (
            text(declared.child_by_field_name("name"))
            if declared is not None
            else text(value)
            if value is not None and value.type == "identifier"
            else ""
        )
        if value is not None and value.type in {"function_expression", "class", "generator_function"}:
            local = text(value.child_by_field_name("name"))
        yield "default", local, None
    elif clause is not None:
        yield from ((local, name, module) for name, local, _ in entries(clause))
    elif space is not None:
        yield text(space.named_children[0]), "*", module
    elif "*" in kinds:
        yield "*", "*", module
    elif declared is not None:
        yield from ((name, name, None) for name in declarations(declared))


def declarations(node: Node) -> Iterator[str]:
    if node.type == "ambient_declaration":
        node = next((child for child in node.named_children if child.type != "comment"), node)
    if node.type in {"lexical_declaration", "variable_declaration"}:
        # Only the first of several: the known limit of skim.
        first = next(child for child in node.named_children if child.type == "variable_declarator").child_by_field_name("name")
        if first is not None and first.type == "identifier":
            yield text(first)
        elif first is not None and first.type == "object_pattern":
            yield from (local for _, local in pattern(first))
        elif first is not None:
            yield from (text(child) for child in first.named_children if child.type == "identifier")
    elif name := text(node.child_by_field_name("name")):
        yield name.strip("\"'")


def common(node: Node) -> Iterator[Given]:
    left, right = text(node.child_by_field_name("left")), node.child_by_field_name("right")
    local = text(right) if right is not None and right.type == "identifier" else ""
    head, _, name = left.removeprefix("module.").partition(".")
    if head != "exports" or "." in name or right is None:
        return
    if name or right.type != "object":
        yield name or "default", local, None
        return
    for child in right.named_children:
        if child.type == "shorthand_property_identifier":
            yield text(child), text(child), None
        elif child.type == "pair" and (value := child.child_by_field_name("value")) is not None and value.type == "identifier":
            yield text(child.child_by_field_name("key")), text(value), None
        elif child.type != "comment":
            return


def python_names(root: Node) -> tuple[set[Name], set[Given]]:
    found: set[Name] = set()
    for node in walk(root):
        checking = any(
            parent.type == "if_statement" and "TYPE_CHECKING" in text(parent.child_by_field_name("condition")) for parent in parents(node)
        )
        if node.type == "import_statement":
            for child in node.named_children:
                name = text(child.child_by_field_name("name")) if child.type == "aliased_import" else text(child)
                if child.type == "aliased_import":
                    found.add((name, "*", text(child.child_by_field_name("alias")), checking))
                elif child.type == "dotted_name":
                    found.add((name.split(".")[0], "*", name.split(".")[0], checking))
                    found |= {(name, "", "", checking)} if "." in name else set()
        elif node.type in {"import_from_statement", "future_import_statement"}:
            module = text(node.child_by_field_name("module_name")) or "__future__"
            for child in node.children_by_field_name("name"):
                name = text(child.child_by_field_name("name")) if child.type == "aliased_import" else text(child)
                found.add((module, name, text(child.child_by_field_name("alias")) if child.type == "aliased_import" else name, checking))
            if any(child.type == "wildcard_import" for child in node.children):
                found.add((module, "*", "", checking))
    return found, set()


def parents(node: Node) -> Iterator[Node]:
    parent = node.parent
    while parent is not None:
        yield parent
        parent = parent.parent


if __name__ == "__main__":
    main()
