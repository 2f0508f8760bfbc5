"""The syntax tree of JavaScript and TypeScript, with or without JSX; knows nothing of what it means."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Parser, Tree

_GRAMMARS = {
    ".js": "javascript",
    ".jsx": "javascript",
    ".mjs": "javascript",
    ".cjs": "javascript",
    ".ts": "typescript",
    ".mts": "typescript",
    ".cts": "typescript",
    ".tsx": "tsx",
}


def language_of(path: str) -> str | None:
    """``javascript`` or ``typescript`` by the file's extension; None where it is neither."""
    grammar = _GRAMMARS.get(_extension(path))
    return "typescript" if grammar == "tsx" else grammar


def parse(data: bytes, path: str) -> "Tree":
    """The tree of one file, whatever the bytes: what the grammar cannot read is in ERROR and MISSING nodes.

    Offsets are those of ``data``. An unknown extension is read as JavaScript.
    """
    return _parser(_GRAMMARS.get(_extension(path), "javascript")).parse(data)


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

    tsx = grammar == "tsx"
    return Parser(Language(tree_sitter_typescript.language_tsx() if tsx else tree_sitter_typescript.language_typescript()))
