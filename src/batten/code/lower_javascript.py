"""JavaScript and TypeScript, with or without JSX, lowered to the code model; knows no framework.

The front end's modules, from the outside in: statements, modules (imports and exports), expressions, elements (JSX),
functions, types, literals, reading.
"""

from typing import TYPE_CHECKING

from batten.code import (
    javascript_elements,
    javascript_expressions,
    javascript_functions,
    javascript_literals,
    javascript_statements,
)
from batten.code.javascript_functions import split_directives
from batten.code.javascript_reading import ROOM, ExpressionRule, Reading, StatementRule, Wanted
from batten.code.model import Language, Statement, Unit
from batten.parse.javascript import language_of, parse
from batten.text import Span

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

_EXPRESSIONS: dict[str, ExpressionRule] = {
    **javascript_literals.RULES,
    **javascript_functions.RULES,
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
        broken=_broken(root) if root.has_error else (),
    )


def _broken(root: "Node") -> tuple[Span, ...]:
    """What the grammar could not read, and where it had to make something up, in source order."""
    found: list[Span] = []
    pending = [root]
    while pending:
        node = pending.pop()
        if node.is_error or node.is_missing:
            found.append(Span(node.start_byte, node.end_byte))
        elif node.has_error:
            pending += reversed(node.children)
    return tuple(found)
