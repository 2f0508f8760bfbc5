"""The syntax tree of JavaScript and TypeScript, with or without JSX; knows nothing of what it means.

The grammars misread three things that real code is full of. They are blanked out of the bytes that the parser sees, space
for byte, so that every offset stays: type arguments before a template (``sql<number>`count(*)```, read as two
comparisons), ``<typeof import("m")>``, and a bare ``&`` in JSX text (``Terms & Conditions``).
"""

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from batten.regex import regex

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from tree_sitter import Node, Parser, Tree

_GRAMMARS = {
    ".js": "javascript",
    ".jsx": "javascript",
    ".mjs": "javascript",
    ".cjs": "javascript",
    ".ts": "typescript",
    ".mts": "typescript",
    ".cts": "typescript",
    ".tsx": "tsx",
    ".vue": "typescript",
    ".svelte": "typescript",
    ".astro": "typescript",
}

_IMPORT_TYPE = regex(rb"""<\s*typeof import\(\s*(?:"[^"\n]*"|'[^'\n]*')\s*\)\s*>""")
_AMPERSAND = regex(rb"&")
_BEFORE_APOSTROPHE = regex(rb"&(?=[^&\n'\"`<>{}]*[A-Za-z]'[a-z])")
_NOT_NEWLINE = regex(rb"[^\r\n]")
_BEFORE_ARGUMENTS = regex(rb"[A-Za-z0-9_$)\]]")
_OPENING = {b">": b"<", b"]": b"[", b"}": b"{", b")": b"("}
# An ampersand can hide the next one from the grammar, but seldom twice.
_MOST_ROUNDS = 4

_DECLARED_TYPES = frozenset({"type_alias_declaration", "interface_declaration"})
_MARKUP = frozenset({"jsx_element", "string"})


class _Failure(NamedTuple):
    """An ERROR or MISSING node, and whether it stands right in an element's text or an attribute's string."""

    node: "Node"
    in_markup: bool


def language_of(path: str) -> str | None:
    """``javascript`` or ``typescript`` by the file's extension; None where it is neither. The scripts of pages are read as TypeScript, which they may be."""
    grammar = _GRAMMARS.get(_extension(path))
    return "typescript" if grammar == "tsx" else grammar


def parse(data: bytes, path: str) -> "Tree":
    """The tree of one file, whatever the bytes: what the grammar cannot read is in ERROR and MISSING nodes.

    Offsets are those of ``data``; the text of a node is to be taken from there too, as the tree may have seen blanks.
    An unknown extension is read as JavaScript.
    """
    grammar = _GRAMMARS.get(_extension(path), "javascript")
    parser = _parser(grammar)
    seen = _without_type_arguments(data) if grammar != "javascript" else data
    tree = parser.parse(seen)
    if seen is not data and tree.root_node.has_error:
        plain = parser.parse(data)
        if _extent(_failures(plain.root_node)) < _extent(_failures(tree.root_node)):
            tree, seen = plain, data
    if grammar != "typescript" and tree.root_node.has_error:
        return _without_ampersands(parser, tree, seen)
    return tree


def errors(root: "Node") -> "list[Node]":
    """What the grammar could not read, or had to make up, in source order; errors within declared types are left out."""
    return [failure.node for failure in _failures(root)]


def _failures(root: "Node") -> "list[_Failure]":
    found: list[_Failure] = []
    pending = [_Failure(root, in_markup=False)]
    while pending:
        failure = pending.pop()
        node = failure.node
        if node.is_error or node.is_missing:
            found.append(failure)
        elif node.has_error and node.type not in _DECLARED_TYPES:
            in_markup = node.type in _MARKUP
            pending += [_Failure(child, in_markup) for child in reversed(node.children)]
    return found


def _extension(path: str) -> str:
    name = path.rpartition("/")[2]
    return name[name.rfind(".") :].lower() if "." in name else ""


@cache
def _parser(grammar: str) -> "Parser":
    """One parser for the life of the process; the grammar's library is loaded when the first file needs it."""
    from tree_sitter import Language, Parser

    if grammar == "javascript":
        import tree_sitter_javascript

        return Parser(Language(tree_sitter_javascript.language()))
    import tree_sitter_typescript

    if grammar == "tsx":
        return Parser(Language(tree_sitter_typescript.language_tsx()))
    return Parser(Language(tree_sitter_typescript.language_typescript()))


def _without_type_arguments(data: bytes) -> bytes:
    """The bytes with type arguments that the grammar cannot read blanked; ``data`` itself where there are none."""
    blanks = [match.span() for match in _IMPORT_TYPE.finditer(data)]
    at = data.find(b">`")
    while at != -1:
        start = _start_of_arguments(data, at)
        if start is not None:
            blanks.append((start, at + 1))
        at = data.find(b">`", at + 2)
    return _blanked(data, blanks)


def _start_of_arguments(data: bytes, end: int) -> int | None:
    """Where the brackets that close at ``end`` open, if a name stands right before them; looks back to the last template at most."""
    stack = [b">"]
    for at in range(end - 1, 0, -1):
        letter = data[at : at + 1]
        if letter == b"`":
            return None
        if letter in _OPENING:
            if not (letter == b">" and data[at - 1 : at] == b"="):
                stack.append(letter)
        elif letter == _OPENING[stack[-1]]:
            stack.pop()
            if not stack:
                opened = _BEFORE_ARGUMENTS.match(data, at - 1) and data[at + 1 : at + 2] != b"/"
                return at if opened else None
        elif letter in b"<[{(":
            return None
    return None


def _without_ampersands(parser: "Parser", tree: "Tree", data: bytes) -> "Tree":
    """The tree of the bytes without the ampersands that the grammar stumbled on in JSX, if that is a better one."""
    failures = _failures(tree.root_node)
    for _ in range(_MOST_ROUNDS):
        blanks = [match.span() for failure in failures for match in _ampersands(data, failure)]
        if not blanks:
            break
        data = _blanked(data, blanks)
        again = parser.parse(data)
        left = _failures(again.root_node)
        if _extent(left) >= _extent(failures):
            break
        tree, failures = again, left
    return tree


def _ampersands(data: bytes, failure: "_Failure") -> "Iterator[re.Match[bytes]]":
    """Those in an error in the text of an element or in an attribute; in a larger error, those before a ``don't``."""
    start, end = failure.node.start_byte, failure.node.end_byte
    in_markup = failure.in_markup and data.startswith(b"&", start)
    return (_AMPERSAND if in_markup else _BEFORE_APOSTROPHE).finditer(data, start, end)


def _extent(failures: "list[_Failure]") -> int:
    return sum(max(1, failure.node.end_byte - failure.node.start_byte) for failure in failures)


def _blanked(data: bytes, ranges: list[tuple[int, int]]) -> bytes:
    if not ranges:
        return data
    seen = bytearray(data)
    for start, end in ranges:
        seen[start:end] = _NOT_NEWLINE.sub(b" ", data[start:end])
    return bytes(seen)
