"""Functions that nothing in the app calls, and that others may: whoever does decides what they are given. Knows no sinks."""

from collections.abc import Iterator, Sequence

from batten.facts.calls import Function, simple_name
from batten.facts.flows import Graph, Named
from batten.facts.project import FileFacts
from batten.finding import Step
from batten.link.callgraph import Code
from batten.link.flows.origins import Root
from batten.regex import regex
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
# Classes whose methods a framework calls by the method of the request, whatever else is called so.
_ANSWERS = regex(r"(?:View|ViewSet|Resource|HTTPEndpoint|RequestHandler)$")
_VERBS = frozenset(("get", "post", "put", "patch", "delete"))


def uncalled(files: Sequence[FileFacts], code: Code) -> Iterator[tuple[str, Graph]]:
    """All of them, in the order of the files. One whose name is said anywhere else may be called there, and is none."""
    said = {name for file in files for name in _said_abroad(file)}
    of_pages = {name for file in files if not _is_module(file) for name, own in _mentions(file) if own is None}
    for file in files:
        at_home = {name for name, _ in _mentions(file)}
        exported = {export.local or export.name for export in file.exports}
        of_everybody = file.path.endswith(".py") or not exported
        functions = code.functions(file.path)
        answering = {
            binding.local for binding in file.bindings if binding.is_class and any(_ANSWERS.search(base) for base in binding.bases)
        }
        for graph in file.graphs:
            first, _, last = graph.function.partition(".")
            names = [name for name in (first, last) if name]
            if not names or "@" in graph.function or "." in last or any(name.startswith(("_", "#")) for name in names):
                continue
            if not _is_module(file) and names[-1] in of_pages:
                continue
            # Nobody brings anything in from a module that hands nothing out.
            abroad = exported or file.path.endswith(".py") or not _is_module(file)
            called = names[-1] in at_home or (abroad and names[-1] in said)
            if (
                (not called or (first in answering and last in _VERBS))
                and graph.function in functions
                and (of_everybody or first in exported)
            ):
                yield file.path, graph


def _said_abroad(file: FileFacts) -> Iterator[str]:
    """What a file says that may be a function of another: not what is its own by its name, nor what nothing brought in."""
    everything = file.path.endswith(".py") and any(entry.name == "*" for entry in file.imports)
    yield from (entry.name for entry in file.imports)
    yield from (name for name, own in _mentions(file) if own is False or (own is None and everything))


def _is_module(file: FileFacts) -> bool:
    """Its functions have to be brought in by name; those of a script are there for all scripts of the page."""
    return file.path.endswith(".py") or bool(file.imports or file.exports)


def _mentions(file: FileFacts) -> Iterator[tuple[str, bool | None]]:
    """The last steps of all that is called or named, each with whether it is of the file itself; None where nothing tells whose it is."""
    own_functions = frozenset([graph.function for graph in file.graphs])
    for endpoint in file.endpoints:
        yield simple_name(endpoint.handler), _is_own(endpoint.handler, own_functions)
    for graph in file.graphs:
        for call in graph.calls:
            own = _is_own(call.callee, own_functions) if call.callee is not None else False
            yield call.method, own
            yield simple_name(call.callee or ""), own
        if graph.function:  # what the module's body names it binds there
            for node in graph.nodes:
                if type(node) is Named:
                    yield simple_name(node.name), _is_own(node.name, own_functions)


def _is_own(name: str, functions: frozenset[str]) -> bool | None:
    module, mark, rest = name.rpartition("#")
    if mark and not module:
        return "." not in rest or rest in functions
    return None if not mark and "." not in rest else False


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
