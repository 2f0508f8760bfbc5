"""Functions that show a value as HTML to whoever looks, and the components and functions that hand them one; knows nothing of where it comes from."""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from functools import partial
from pathlib import PurePosixPath

from batten.facts.calls import simple_name
from batten.facts.flows import COMPONENT, Graph
from batten.facts.project import FileFacts
from batten.facts.vocabulary import canonical
from batten.link.callgraph import Code
from batten.link.flows.graphs import Graphs, function_named
from batten.link.flows.knowledge import Knowledge

_Function = tuple[str, str]
# Components and functions that hand a value on to the one that shows it.
_MOST_TURNS = 3


def showing(files: Iterable[FileFacts], code: Code, graphs: Graphs, knowledge: Knowledge) -> set[_Function]:
    """The functions of some files that show a value as HTML themselves, or by a component of theirs; asks for the files that do so, too."""
    found = {(file.path, name) for file, names in code.memo.said("shows", files, partial(_shown_in, knowledge)) for name in names}
    fresh = {place for place in found if _is_given_something(graphs, place)}
    for _ in range(_MOST_TURNS):
        if not fresh:
            break
        fresh = {place for place in _handing(fresh, code, graphs) if place not in found}
        found |= fresh
    return found | {(path, outer) for path, function in found for outer in _around(function) if graphs.graph(path, outer) is not None}


def _around(function: str) -> Iterator[str]:
    """The functions that a function is written in: one of them may hand it what it shows."""
    outer = function.rpartition(".")[0]
    while outer:
        yield outer
        outer = outer.rpartition(".")[0]


def _shown_in(knowledge: Knowledge, file: FileFacts) -> tuple[str, ...]:
    return tuple(graph.function for graph in file.graphs if _shows(graph, knowledge))


def _shows(graph: Graph, knowledge: Knowledge) -> bool:
    return any(
        f"{call.method}=" in knowledge.markup_steps
        if call.callee == "="
        else call.method in knowledge.markup_steps
        or (call.callee is not None and call.callee[0] == COMPONENT and canonical(call.callee) in knowledge.markup_elements)
        for call in graph.calls
    )


def _is_given_something(graphs: Graphs, place: _Function) -> bool:
    graph = graphs.graph(*place)
    return graph is not None and bool(graph.parameters)


def _handing(components: AbstractSet[_Function], code: Code, graphs: Graphs) -> Iterator[_Function]:
    """The functions that show one of these components."""
    homes = {path for path, _ in components}
    last_steps = {function.rpartition(".")[2] for _, function in components}
    for path in sorted(homes | _importing(homes, code)):
        if path not in homes:
            code.ask(path)
        for component, functions in graphs.memo.once((graphs.name, "components in", path), _components, path, code, graphs).items():
            if component in components:
                yield from ((path, function) for function in functions)
        called = graphs.memo.told("named calls", code.files[path], _named_calls) if graphs.of(path) else {}
        for last in called.keys() & last_steps:
            for function, callee in called[last]:
                place = function_named(code, path, callee)
                if place is not None and place[:2] in components:
                    yield path, function


def _components(path: str, code: Code, graphs: Graphs) -> dict[_Function, set[str]]:
    """The components that the functions of a file show, by these."""
    found: dict[_Function, set[str]] = {}
    for function, callee in graphs.memo.told("elements", code.files[path], _elements) if graphs.of(path) else ():
        shown = graphs.component(path, callee)
        if shown is not None:
            found.setdefault((shown[0], shown[1].function), set()).add(function)
    return found


def _named_calls(file: FileFacts) -> dict[str, list[tuple[str, str]]]:
    """What the functions of a file call by a name of the app, once each, by the last step of the name: a helper may show what it is handed."""
    found: dict[str, list[tuple[str, str]]] = {}
    for function, callee in dict.fromkeys((graph.function, call.callee) for graph in file.graphs for call in graph.calls):
        if callee is not None and "#" in callee:
            found.setdefault(simple_name(callee), []).append((function, callee))
    return found


def _elements(file: FileFacts) -> list[tuple[str, str]]:
    """The elements that the functions of a file show, which may be components."""
    return [
        (graph.function, call.callee)
        for graph in {graph.function: graph for graph in file.graphs}.values()
        for call in graph.calls
        if call.callee is not None and call.callee[0] == COMPONENT
    ]


def _importing(homes: AbstractSet[str], code: Code) -> set[str]:
    """The files that import one of these: those that name it by the last step of its path are looked at."""
    stems = {stem for home in homes for stem in _names(PurePosixPath(home))}
    return {
        path
        for stem in stems
        for path, module in code.heads.importing(stem)
        if not path.endswith(".py") and code.module(path, module) in homes
    }


def _names(path: PurePosixPath) -> tuple[str, ...]:
    stem = path.name.partition(".")[0]
    return (path.parent.name, stem, "") if stem == "index" else (stem,)
