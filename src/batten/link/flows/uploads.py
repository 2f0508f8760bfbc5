"""Files of strangers that are kept under the name that they sent, where browsers can ask for them; knows no framework."""

from collections.abc import Iterator

from batten.facts.flows import LISTED_RIGHTS, Checked, Constant, Field, Graph, Named, name_of
from batten.link.flows.graphs import Graphs
from batten.link.made_of import made_of
from batten.regex import regex

UPLOAD = "upload"
"""The kind of sinks that keep a file: only where its name is the client's, and the folder is one that is served."""
# What frameworks call the name that the client gave: Werkzeug and Starlette, multer, formidable, and the platform's own ``File``.
_NAMES = frozenset(("filename", "originalname", "originalFilename", "original_filename", "raw_filename", "name"))
SENT_NAME = "sent-name"
"""What rows say of sinks that many other things have a method of the same name of: only where the client's name of a file is in the argument."""
_SENT = frozenset(("filename", "raw_filename", "original_filename"))
_SERVED = regex(r"(?:^|[/\\])(?:public|static|staticfiles|www|wwwroot|htdocs|public_html|media)(?:[/\\]|$)")
_SETTLES = ("listed", LISTED_RIGHTS, "pattern", "looked-at")
_DEEPEST = 3


def keeps_name(graphs: Graphs, path: str, graph: Graph, number: int) -> bool:
    """What names a file has the client's name in it, whose end nothing has looked at, and leads into a folder that is served."""
    parts = list(made_of(graph, number))
    named = {each for each in parts if type(node := graph.nodes[each]) is Field and node.key in _NAMES}
    if not named or not any(_SERVED.search(text) for text in _texts(graphs, path, graph, parts, _DEEPEST)):
        return False
    tested = {each for part in parts if type(node := graph.nodes[part]) is Checked for each, word in node.tests if word in _SETTLES}
    return not any(named & set(made_of(graph, each)) for each in tested)


def is_served(folder: str) -> bool:
    """A folder has a name that frameworks give to browsers by themselves."""
    return _SERVED.search(folder) is not None


def has_sent_name(graph: Graph, number: int) -> bool:
    """What names a file has the client's name in it."""
    return any(type(node := graph.nodes[each]) is Field and node.key in _SENT for each in made_of(graph, number))


def _texts(graphs: Graphs, path: str, graph: Graph, parts: list[int], depth: int) -> Iterator[str]:
    """What is constant of it, here or where the module keeps it."""
    for each in parts:
        node = graph.nodes[each]
        if type(node) is Constant:
            yield str(node.value)
        name = name_of(graph.nodes, each) if type(node) in (Named, Field) and depth > 0 else None
        if name is None or "#" not in name:
            continue
        for part in graphs.variable(path, name, ()) or ():
            yield from _texts(graphs, part.path, part.graph, list(made_of(part.graph, part.node)), depth - 1)
        for setting in graphs.of(path).values():  # what a framework has made keeps settings, too: ``app.config["FOLDER"] = …``
            for call in setting.calls:
                if call.callee == "=" and name.endswith(f".{call.method}") and call.method.isupper() and call.arguments:
                    yield from _texts(graphs, path, setting, list(made_of(setting, call.arguments[0])), depth - 1)
