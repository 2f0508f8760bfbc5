"""What can only be told of the graphs of all files together: methods by name, who calls a name, what is put under a name of a module."""

from typing import Any

from batten.facts.calls import simple_name
from batten.facts.flows import Graph
from batten.facts.project import FileFacts

CONSTRUCTORS = ("constructor", "__init__")
Store = tuple[str, str, tuple[str, ...], int]


def by_function(file: FileFacts) -> dict[str, Graph]:
    """The graphs of a file by function."""
    return {graph.function: graph for graph in file.graphs}


def inside(file: FileFacts) -> dict[str, list[Graph]]:
    """The graphs of the functions that are written in a function, by that, however deep."""
    found: dict[str, list[Graph]] = {}
    for graph in by_function(file).values():
        outer = graph.function.rpartition(".")[0]
        while outer:
            found.setdefault(outer, []).append(graph)
            outer = outer.rpartition(".")[0]
    return found


def has_stores(file: FileFacts) -> bool:
    """Something in the file is put somewhere."""
    return any(graph.stored for graph in file.graphs)


def methods_of(file: FileFacts) -> list[tuple[str, str, int]]:
    """The methods of classes of a file, each with its function and how many parameters it has."""
    found = []
    for graph in by_function(file).values():
        owner, _, method = graph.function.rpartition(".")
        if owner and "@" not in method:
            found.append((method, graph.function, len(graph.parameters)))
    return found


def by_method(said: list[tuple[str, list[tuple[str, str, int]]]]) -> dict[str, list[tuple[str, str, int]]]:
    """The methods of all files by name, each with its file."""
    found: dict[str, list[tuple[str, str, int]]] = {}
    for path, methods in said:
        for method, function, parameters in methods:
            found.setdefault(method, []).append((path, function, parameters))
    return found


def all_names(said: list[tuple[str, frozenset[str]]]) -> frozenset[str]:
    """All names of functions in all files."""
    return frozenset[str]().union(*(names for _, names in said))


def callers(said: list[tuple[Any, Any]]) -> dict[str, list[str]]:
    """The files that call something by a name that a function has; these names come first."""
    found: dict[str, list[str]] = {}
    own = said[0][0]
    for path, called in said[1:]:
        for name in called & own:
            found.setdefault(name, []).append(path)
    return found


def by_home(said: list[tuple[str, list[tuple[Any, ...]]]]) -> dict[tuple[str, str], list[Store]]:
    """What functions put under names of modules, by these."""
    found: dict[tuple[str, str], list[Store]] = {}
    for path, stores in said:
        for home, *store in stores:
            found.setdefault(home, []).append((path, *store))
    return found


def called_as(function: str) -> str:
    """The last step of the name by which others call a function."""
    owner, _, last = function.rpartition(".")
    return owner.rpartition(".")[2] if last in CONSTRUCTORS else last


def names_of(file: FileFacts) -> frozenset[str]:
    """All such names of the functions of a file."""
    return frozenset((*(called_as(graph.function) for graph in file.graphs), *(export.name for export in file.exports)))


def called_in(file: FileFacts) -> frozenset[str]:
    """The last steps of the names of all that is called in a file."""
    calls = [call for graph in file.graphs for call in graph.calls]
    return frozenset(name for call in calls for name in (call.method, simple_name(call.callee or "")))
