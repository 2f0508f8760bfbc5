"""JavaScript and TypeScript, with or without JSX, lowered to the code model; knows no framework.

The front end's modules, from the outside in: statements, branches, modules, variables, commonjs; elements (JSX),
expressions, collections; classes, functions, types, literals; reading, which all of them share.
"""

from typing import TYPE_CHECKING

from batten.code import (
    javascript_classes,
    javascript_collections,
    javascript_elements,
    javascript_expressions,
    javascript_literals,
    javascript_statements,
)
from batten.code.javascript_functions import split_directives
from batten.code.javascript_reading import ROOM, ExpressionRule, Reading, StatementRule, Wanted, span_of
from batten.code.model import Language, Statement, Unit
from batten.parse.javascript import errors, language_of, parse
from batten.text import Span

if TYPE_CHECKING:
    from tree_sitter import Tree

_EXPRESSIONS: dict[str, ExpressionRule] = {
    **javascript_literals.RULES,
    **javascript_classes.RULES,
    **javascript_collections.RULES,
    **javascript_expressions.RULES,
    **javascript_elements.RULES,
}
_STATEMENTS: dict[str, StatementRule] = {**javascript_statements.RULES}


def lower(data: bytes, path: str, wanted: Wanted | None = None) -> Unit:
    """The unit of one file, whatever its bytes are.

    With ``wanted``, a function that is in no other function (declaration, method, arrow, callback) is asked about by its
    range, from its decorators or ``export`` on. Where the answer is False its body is ``()``; its name, signature,
    decorators and directives are there all the same, and ``truncated`` stays as it is.
    """
    return lower_tree(parse(data, path), data, path, wanted)


def lower_tree(tree: "Tree", data: bytes, path: str, wanted: Wanted | None = None) -> Unit:
    """The unit of a tree that ``data`` was parsed to."""
    root = tree.root_node
    reading = Reading(data, _EXPRESSIONS, _STATEMENTS, wanted)
    directives, statements = split_directives(reading, root.children)
    body: list[Statement] = []
    reading.run(statements, ROOM, body)
    return Unit(
        path=path,
        language=Language(language_of(path) or "javascript"),
        span=Span(0, len(data)),
        directives=directives,
        imports=tuple(reading.imports),
        exports=tuple(reading.exports),
        body=tuple(body),
        truncated=reading.truncated,
        broken=tuple([span_of(node) for node in errors(root)]) if root.has_error else (),
    )
