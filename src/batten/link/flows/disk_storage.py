"""Files that multer keeps under the name that the client gave, in a folder that the app gives to browsers; knows no values of strangers.

https://github.com/expressjs/multer#diskstorage, https://docs.nestjs.com/techniques/file-upload
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from batten.facts.flows import Constant, Field, FlowCall, Given, Graph, Named, Object, Text
from batten.facts.project import FileFacts
from batten.finding import Step
from batten.link.flows.origins import Root
from batten.link.flows.sinks import Hit
from batten.link.flows.spelled import whole
from batten.link.flows.uploads import UPLOAD, is_served
from batten.link.made_of import made_of
from batten.link.memo import Memo
from batten.text import Place

_LIBRARY = "multer"
_STORAGE = "diskStorage"
_SERVES = frozenset(("static", "serveStatic", "forRoot", "register", "default", "serve"))
_FOLDERS = frozenset(("root", "rootPath"))
_NAME = "originalname"
_FILTER = "fileFilter"
_DEEPEST = 3
_SEPARATORS = "/\\."


class _Kept(NamedTuple):
    """A place where files are kept under the client's name: the folder, as it is written, and whether nothing looks at them."""

    hit: Hit
    folder: str


def kept_by_name(files: Sequence[FileFacts], memo: Memo) -> Iterator[Hit]:
    """A hit for each such place whose folder is served."""
    places = [kept for _, found in memo.said("disk storages", files, _storages) for kept in found]
    if not places:
        return
    served = {folder for _, folders in memo.said("folders served", files, _folders) for folder in folders}
    yield from (kept.hit for kept in places if is_served(kept.folder) or _last(kept.folder) in served)


def _storages(file: FileFacts) -> list[_Kept]:
    found: list[_Kept] = []
    if not any(entry.module == _LIBRARY for entry in file.imports):
        return found
    graphs = {graph.function: graph for graph in file.graphs}
    named = {graph.function for graph in file.graphs if any(type(node) is Field and node.key == _NAME for node in graph.nodes)}
    for graph in file.graphs:
        for call in graph.calls:
            options = whole(graph, call.arguments[0]) if call.method == _STORAGE and call.arguments else None
            fields = dict(options.fields) if type(options) is Object else {}
            names = _function(graphs, graph, fields.get("filename"))
            answer = _keeping(names) if names is not None else None
            if names is None or answer is None:
                continue
            filters = [each for each in file.graphs if any(type(node) is Object and _FILTER in dict(node.fields) for node in each.nodes)]
            if filters and len(named - {names.function}) > 0:
                continue
            folder = "/".join(_folder(graphs, graph, fields.get("destination")))
            step = Step(Place(file.path, answer.span), "files are kept under the name that the sender gives here")
            root = Root("request", (file.path, names.function), 0, (), frozenset(), not filters, (step,))
            found.append(_Kept(Hit(UPLOAD, _STORAGE, file.path, names.function, answer, root), folder))
    return found


def _function(graphs: dict[str, Graph], graph: Graph, number: int | None) -> Graph | None:
    node = whole(graph, number) if number is not None else None
    return graphs.get(node.name[1:]) if type(node) is Named and node.name.startswith("#") else None


def _called_back(graph: Graph) -> Iterator[FlowCall]:
    """The calls of the function that it is given last, with what it answers."""
    for call in graph.calls:
        node = whole(graph, call.receiver) if len(call.arguments) > 1 else None
        if type(node) is Given and node.index == len(graph.parameters) - 1:
            yield call


def _keeping(graph: Graph) -> FlowCall | None:
    """Where it answers a name that has that of the client in it, or its end."""
    for call in _called_back(graph):
        answered = call.arguments[1]
        node = whole(graph, answered)
        # What browsers make of a file is in the end of its name.
        end = node.parts[-1] if type(node) is Text and node.parts else answered
        if any(type(each := graph.nodes[number]) is Field and each.key == _NAME for number in made_of(graph, end)):
            return call
    return None


def _folder(graphs: dict[str, Graph], graph: Graph, number: int | None) -> list[str]:
    """What is written of the folder: as a text, or answered by a function."""
    answering = _function(graphs, graph, number)
    if answering is not None:
        return [text for call in _called_back(answering) for text in _texts(graphs, answering, call.arguments[1])]
    return _texts(graphs, graph, number if number is not None else -1)


def _texts(graphs: dict[str, Graph], graph: Graph, number: int, depth: int = _DEEPEST) -> list[str]:
    """The constant texts in a value, in the order in which they are written, with those of variables of the module."""
    found: list[str] = []
    for each in sorted(made_of(graph, number)):
        node = graph.nodes[each]
        if type(node) is Constant and isinstance(node.value, str):
            found.append(node.value)
        module = graphs.get("")
        if type(node) is Named and node.name.startswith("#") and module is not None and depth:
            found += [text for name, kept in module.variables if name == node.name[1:] for text in _texts(graphs, module, kept, depth - 1)]
    return found


def _folders(file: FileFacts) -> frozenset[str]:
    """The last names of the folders that a file gives to browsers."""
    graphs = {graph.function: graph for graph in file.graphs}
    return frozenset(
        _last(text) for graph in file.graphs for call in graph.calls if call.method in _SERVES for text in _given(graphs, graph, call)
    )


def _given(graphs: dict[str, Graph], graph: Graph, call: FlowCall) -> Iterable[str]:
    for number in call.arguments:
        node = whole(graph, number)
        if type(node) is Object:
            texts = [text for key, inner in node.fields if key in _FOLDERS for text in _texts(graphs, graph, inner)]
        else:
            texts = _texts(graphs, graph, number) if call.method != "register" else []
        yield from texts[-1:]


def _last(folder: str) -> str:
    """The last name of a folder as it is written: ``uploads`` of ``./files/uploads/``."""
    return folder.rstrip(_SEPARATORS).replace("\\", "/").rpartition("/")[2]
