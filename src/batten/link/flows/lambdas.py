"""Functions that AWS Lambda and Netlify call by their shape, where no document of the app gives them an address; knows no vocabulary.

https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html, https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
"""

from collections.abc import Set as AbstractSet

from batten.facts.flows import Graph
from batten.facts.project import FileFacts

LAMBDA = "lambda"
"""The framework of such functions."""
_EVENT = frozenset(("event", "_event", "evt"))
_CONTEXT = frozenset(("context", "_context", "ctx", "_ctx", "_", "callback"))
_NAME = "handler"


def lambdas(file: FileFacts) -> tuple[str, ...]:
    """The names of those of one file."""
    python = file.path.endswith(".py")
    exported = {export.local or export.name for export in file.exports}
    return tuple(
        graph.function for graph in file.graphs if _is_named(graph.function, exported, python=python) and _is_called(graph, python=python)
    )


def _is_named(function: str, exported: AbstractSet[str], *, python: bool) -> bool:
    return function.endswith(_NAME) and "." not in function if python else function == _NAME and _NAME in exported


def _is_called(graph: Graph, *, python: bool) -> bool:
    taken = graph.parameters[:2]
    return len(taken) > python and taken[0] in _EVENT and all(name in _CONTEXT for name in taken[1:])
