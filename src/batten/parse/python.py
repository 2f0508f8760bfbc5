"""Python's syntax as a tree-sitter tree; knows nothing of what the code means."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Parser, Tree


@cache
def _parser() -> "Parser":
    import tree_sitter_python
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_python.language()))


def parse(data: bytes) -> "Tree":
    """The tree of one file; whatever the bytes are there is one, and what the grammar cannot read is an ``ERROR`` node in it."""
    return _parser().parse(data)
