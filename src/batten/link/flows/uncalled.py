"""Functions that nothing in the app calls, and that others may: whoever does decides what they are given. Knows no sinks."""

from collections.abc import Iterable, Iterator, Sequence

from batten.facts.calls import Function
from batten.facts.flows import Graph, Named
from batten.facts.project import FileFacts
from batten.finding import Step
from batten.link.callgraph import Code
from batten.link.flows.origins import Root
from batten.text import Place

CALLER = "caller"
"""The source of what such a function is given."""
_NO_TEXT = frozenset(
    (
        "int",
        "float",
        "bool",
        "complex",
        "number",
        "boolean",
        "bigint",
        "Date",
        "uuid.UUID",
        "datetime.datetime",
        "datetime.date",
        "decimal.Decimal",
    )
)


def uncalled(files: Sequence[FileFacts], code: Code) -> Iterator[tuple[str, Graph]]:
    """All of them, in the order of the files. One whose name is said anywhere else may be called there, and is none."""
    said = set(_said(files))
    for file in files:
        exported = {export.local or export.name for export in file.exports}
        of_everybody = file.path.endswith(".py") or not exported
        functions = code.functions(file.path)
        for graph in file.graphs:
            first, _, last = graph.function.partition(".")
            names = [name for name in (first, last) if name]
            if not names or "@" in graph.function or "." in last or any(name.startswith(("_", "#")) for name in names):
                continue
            if names[-1] not in said and graph.function in functions and (of_everybody or first in exported):
                yield file.path, graph


def _said(files: Iterable[FileFacts]) -> Iterator[str]:
    """The last steps of all that is called or named, and what files take from each other."""
    for file in files:
        yield from (entry.name for entry in file.imports)
        yield from (endpoint.handler.rpartition("#")[2].rpartition(".")[2] for endpoint in file.endpoints)
        for graph in file.graphs:
            for call in graph.calls:
                yield call.method
                yield (call.callee or "").rpartition(".")[2].rpartition("#")[2]
            if graph.function:  # what the module's body names it binds there
                yield from (node.name.rpartition(".")[2].rpartition("#")[2] for node in graph.nodes if type(node) is Named)


def given_by_caller(root: Root, path: str, function: Function) -> Root | None:
    """A parameter of such a function as a source; None where no text can be in it."""
    parameters = [parameter for parameter in function.parameters if parameter.name not in ("self", "cls")]
    if root.owner != (path, function.name) or not 0 <= root.number < len(parameters):
        return None
    parameter = parameters[root.number]
    if parameter.calls or (parameter.annotation or "").replace("#", ".") in _NO_TEXT:
        return None
    step = Step(Place(path, function.place.span), "whoever calls this chooses what is in it")
    return root._replace(source=CALLER, steps=(step, *root.steps))
