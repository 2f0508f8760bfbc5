"""Asks for the code that strangers come to, call by call, before anything is said of it: so it is read in few rounds; knows nothing of values."""

from collections.abc import Iterable, Sequence
from functools import partial

from batten.facts.flows import COMPONENT, Constant, Field, Graph, Named, Node
from batten.facts.project import FileFacts
from batten.facts.vocabulary import Vocabulary
from batten.link.callgraph import Code
from batten.link.flows.graphs import Graphs, function_named
from batten.link.flows.handlers import handlers
from batten.link.flows.knowledge import Knowledge
from batten.link.flows.model_calls import host_of, is_fetching
from batten.link.flows.shown import showing
from batten.link.said import Files

_Place = tuple[str, str]


def lead_on(files: Iterable[FileFacts], code: Code, vocabulary: Vocabulary) -> None:
    """Ask for all that ``follow`` asks for by names.

    Each function is gone through once, however many rounds of reading there are: a join that had to stop in the middle would begin again.
    """
    waiting: Sequence[FileFacts] = Files([file for file in files if file.graphs and file.asked_for], "leading")
    graphs = Graphs(code, code.files.keys(), "leading")
    knowledge = vocabulary.made(Knowledge)
    seen: set[_Place] = set()
    chosen = {file.path for file in waiting}
    while waiting:
        pending = [
            *handlers(waiting, code, graphs, vocabulary),
            *((file.path, function) for file, functions in sourced(waiting, code, knowledge) for function in functions),
            *sorted(showing(waiting, code, graphs, knowledge)),
        ]
        while pending:
            place = pending.pop()
            if place not in seen:
                seen.add(place)
                pending += code.memo.once(("leads", *place), _leads, code, graphs, *place)
        waiting = [code.files[path] for path in sorted(code.asked - chosen)]
        chosen |= {file.path for file in waiting}


def sourced(files: Iterable[FileFacts], code: Code, knowledge: Knowledge) -> list[tuple[FileFacts, tuple[str, ...]]]:
    """The functions of files that name something that gives text of strangers, or ask a model for some."""
    return code.memo.said("sourced", files, partial(_sourced, knowledge))


def _sourced(knowledge: Knowledge, file: FileFacts) -> tuple[str, ...]:
    imported = any(entry.module.partition(".")[0] in knowledge.source_modules for entry in file.imports)
    addressed = any(_is_of_model(node, knowledge) for graph in file.graphs for node in graph.nodes)
    return tuple(
        graph.function
        for graph in file.graphs
        if (imported and _reads(graph, knowledge))
        or _asks(graph, knowledge, imported=imported)
        or (addressed and any(is_fetching(call) for call in graph.calls))
    )


def _is_of_model(node: Node, knowledge: Knowledge) -> bool:
    """The address of a server that models are asked at."""
    return (
        type(node) is Constant
        and isinstance(node.value, str)
        and "://" in node.value
        and knowledge.of_host(host_of(node.value)).source is not None
    )


def _reads(graph: Graph, knowledge: Knowledge) -> bool:
    """A function names something that gives text of strangers."""
    names = (
        *[node.name for node in graph.nodes if type(node) is Named],
        *[call.callee for call in graph.calls if call.new and call.callee],
    )
    return any(name.partition("#")[0].partition(".")[0] in knowledge.source_modules for name in names)


def _asks(graph: Graph, knowledge: Knowledge, *, imported: bool) -> bool:
    """A function calls something that asks a model, by the end of its name: ``client.messages.create``."""
    for call in graph.calls:
        if call.method in knowledge.answer_steps:
            node = graph.nodes[call.receiver] if call.receiver >= 0 else None
            if imported or (type(node) is Field and (node.key, call.method) in knowledge.answer_ends):
                return True
    return False


def _leads(code: Code, graphs: Graphs, path: str, function: str) -> tuple[_Place, ...]:
    """The functions that are written in a function, or that it calls by name."""
    graph = graphs.graph(path, function)
    if graph is None:
        return ()
    inside = [(path, inner.function) for inner in (graphs.inside(path, function) if function else ())]
    names = dict.fromkeys(call.callee for call in graph.calls if call.callee not in (None, "=", "==") and call.callee[0] != COMPONENT)
    found = (function_named(code, path, name) for name in names if name is not None)
    return (*inside, *(each[:2] for each in found if each is not None))
