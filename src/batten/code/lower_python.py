"""Python lowered to the code model: a whole file; knows no framework."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from batten.code.model import Language, Unit
from batten.code.python_expressions import EXPRESSIONS
from batten.code.python_names import all_imports, exports
from batten.code.python_reading import Reading, span_of, statements
from batten.code.python_statements import STATEMENTS
from batten.parse.python import parse
from batten.text import Span

if TYPE_CHECKING:
    from tree_sitter import Node


def lower(data: bytes, path: str, wanted: Callable[[int, int], bool] | None = None) -> Unit:
    """The code model of one file, whatever its bytes are; ``broken`` and ``truncated`` say what is missing from it.

    With ``wanted``, a function or method that is in no other function is asked about by its range, from its decorators on.
    Where the answer is False its body is ``()``; its signature and decorators are there all the same, and so are the imports in it.
    """
    root = parse(data).root_node
    reading = Reading(data, EXPRESSIONS, STATEMENTS, wanted)
    body = statements(reading, root.named_children, 0)
    imports = all_imports(reading)
    return Unit(
        path,
        Language.PYTHON,
        Span(0, len(data)),
        (),
        imports,
        exports(body, imports),
        body,
        reading.truncated,
        _broken(root),
    )


def _broken(root: "Node") -> tuple[Span, ...]:
    """The outermost ranges that the grammar could not read; an empty one where something is missing."""
    found: list[Span] = []
    pending = [root] if root.has_error else []
    while pending:
        node = pending.pop()
        if node.is_error or node.is_missing:
            found.append(span_of(node))
        else:
            pending += [child for child in reversed(node.children) if child.has_error or child.is_missing]
    return tuple(found)
