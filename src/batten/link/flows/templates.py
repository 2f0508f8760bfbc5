"""What templates put into pages of what they are given: which template a call renders, and by which keys its values get there; knows no sources."""

import posixpath
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from batten.extract.templates.written import is_markup, read
from batten.facts.flows import Constant, FlowCall, Graph, Named, Node, Object, Result
from batten.facts.project import FileFacts
from batten.facts.services import Package
from batten.facts.templates import Hole, Template
from batten.facts.vocabulary import Row
from batten.link.flows.arguments import slots
from batten.link.flows.graphs import Graphs
from batten.link.flows.spelled import whole
from batten.regex import regex

PAGE = "page"
"""The kind of sinks that render a template: ``arg`` of the row are the slots of its values (``**``: its keywords are), ``provider`` those of its name (``self``: that of what it is a method of; after a language and a colon those of the text itself, ``made``: of what made the function that is called)."""
# Flask escapes in these alone: https://flask.palletsprojects.com/en/stable/templating/#jinja-setup
_ESCAPED = (".html", ".htm", ".xml", ".xhtml", ".svg")
_BY_NAME = ("flask.", "quart.")
_BARE = "jinja2."
_DJANGO = "django."
_MOST_OTHERS = 30
_MOST_ALIKE = 3
_ENGINES = frozenset(("configure", "Environment", "setup", "Jinja2Templates"))
_OPTION = "autoescape"
_SELF, _MADE = "self", "made"
_ANSWERS = regex(r"Response$|^make_response$|^html$|^send$|^end$")


class Put(NamedTuple):
    """A value that a template puts into a page as it is: where it stands there, and where it comes from in the function that renders it."""

    template: str
    hole: Hole
    node: int
    way: tuple[str, ...]
    sure: bool
    returned: bool = False
    """The function gives the page back."""

    def is_answer(self, source: str) -> bool:
        """A page that is given back is one where the function itself reads the request; it may be for a letter, else."""
        return self.sure or (self.returned and source == "request")


class Templates:
    """The templates of an app, by their names."""

    def __init__(
        self, files: Iterable[FileFacts], parsed: Iterable[FileFacts], graphs: Graphs, package_of: Callable[[str], Package | None]
    ) -> None:
        self._graphs = graphs
        self._package_of = package_of
        self._memo = graphs.memo
        self._by_stem, self._said = ((graphs.name, each) for each in ("templates", "engines"))
        by_stem: dict[str | None, list[tuple[str, Template]]] = {}
        for file in files:
            if file.template is not None:
                by_stem.setdefault(_stem(file.path), []).append((file.path, file.template))
        self._memo.set_table(self._said, self._settings(parsed))
        self._memo.set_table(self._by_stem, by_stem | {None: [*by_stem]})

    def put(self, path: str, graph: Graph, call: FlowCall, name: str, row: Row) -> Iterator[Put]:
        """What a call that renders a template has put into the page."""
        language, _, wanted = (row.provider or "").rpartition(":")
        if language:
            yield from self._written(path, graph, call, name, row, language, wanted)
            return
        if not self._memo.entry(self._by_stem, None):
            return
        asked = _of_maker(self._graphs, path, graph, call) if row.provider == "self" else _named(graph, call, row.provider or "0")
        found = self._found(asked, path) if asked else []
        if not found or asked is None:
            return
        escaping = self._escapes(path, name, found[0][0])
        answered = row.provider != "self" or _is_answer(graph, call)
        for template, hole in self._holes(found):
            if hole.raw or escaping is not True:
                for node, way in _values(call, row.arg or "", hole.way):
                    yield Put(template, hole, node, way, answered and (hole.raw or escaping is False))

    def _written(self, path: str, graph: Graph, call: FlowCall, name: str, row: Row, language: str, wanted: str) -> Iterator[Put]:
        """What is put into a page that is written as text."""
        made = wanted in (_SELF, _MADE)
        home, maker = (_maker(self._graphs, path, graph, call, called=wanted == _MADE) or (graph, None)) if made else (graph, call)
        text = _text(self._graphs, path, home, maker, "0|source" if made else wanted) if maker is not None else None
        own = name.startswith((*_BY_NAME, _DJANGO))
        page = read(language, text) if text is not None and (own or is_markup(text)) else None
        if page is None or maker is None:
            return
        said = next((whole(home, number) for key, number in maker.keywords if key == _OPTION), None)
        escaping = self._escapes(path, name, _ESCAPED[0]) if said is None else not (type(said) is Constant and said.value is False)
        answered = own or _becomes_answer(graph, call)
        for hole in page.holes:
            sure = hole.raw or escaping is False
            for node, way in _values(call, row.arg or "", hole.way) if hole.raw or escaping is not True else ():
                yield Put(path, Hole(hole.way, call.span, hole.raw), node, way, sure and answered, sure and _is_returned(graph, call))

    def _found(self, name: str, near: str) -> list[tuple[str, Template]]:
        """The templates of a name: those that stand nearest to who asks."""
        plain = posixpath.normpath(name).lstrip("./")
        whole = "." in plain.rpartition("/")[2]
        alike = [
            (path, template)
            for path, template in self._memo.entry(self._by_stem, _stem(plain)) or ()
            if f"/{path}".endswith(f"/{plain}") or (not whole and f"/{path.rpartition('.')[0]}".endswith((f"/{plain}", f"/{plain}/index")))
        ]
        most = max((_shared(path, near) for path, _ in alike), default=0)
        nearest = [each for each in alike if _shared(each[0], near) == most]
        return nearest if len(nearest) <= _MOST_ALIKE else []

    def _holes(self, found: list[tuple[str, Template]]) -> Iterator[tuple[str, Hole]]:
        """Those of templates, and of what they are made of, which are given the same."""
        pending, seen = list(found), {path for path, _ in found}
        while pending:
            path, template = pending.pop(0)
            yield from ((path, hole) for hole in template.holes)
            for other in template.others:
                relative = posixpath.normpath(posixpath.join(posixpath.dirname(path), other))
                for each in self._found(relative, path) or self._found(other, path):
                    if each[0] not in seen and len(seen) < _MOST_OTHERS:
                        seen.add(each[0])
                        pending.append(each)

    def _escapes(self, path: str, name: str, template: str) -> bool | None:
        """Whether the engine escapes what says nothing itself; None can't tell."""
        package = self._package_of(path)
        said = self._memo.entry(self._said, package.root if package is not None else "") or set()
        if False in said:
            # Django's own templates know nothing of what is said to Jinja; that these are its own can't be told.
            return None if True in said or name.startswith(_DJANGO) else False
        if name.startswith(_BY_NAME):
            return template.lower().endswith(_ESCAPED)
        return not name.startswith(_BARE) or True in said

    def _settings(self, parsed: Iterable[FileFacts]) -> dict[str, set[bool | None]]:
        """What is said of escaping where engines are made, by package."""
        found: dict[str, set[bool | None]] = {}
        for file, said in self._memo.said("engines", parsed, _said_in):
            package = self._package_of(file.path)
            found.setdefault(package.root if package is not None else "", set()).update(said)
        return found


def _said_in(file: FileFacts) -> set[bool | None]:
    return {each for graph in file.graphs for call in graph.calls for each in _said(graph, call)}


def _said(graph: Graph, call: FlowCall) -> set[bool | None]:
    if call.callee == "=":
        given = [call.arguments[0]] if call.method == _OPTION and call.arguments else []
    elif call.method in _ENGINES:
        given = [value for key, value in call.keywords if key == _OPTION]
        for number in call.arguments:
            node = whole(graph, number)
            given += [value for key, value in node.fields if key == _OPTION] if type(node) is Object else []
    else:
        return set()
    nodes = [whole(graph, number) for number in given]
    return {not (type(node) is Constant and node.value is False) for node in nodes}


def _values(call: FlowCall, wanted: str, way: tuple[str, ...]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The values of a call that are under a way, each with what is left of that."""
    for slot in wanted.split("|"):
        if slot == "**":
            yield from ((node, way[1:]) for key, node in call.keywords if key == way[0])
            yield from ((node, way) for key, node in call.keywords if key == "**")
        else:
            yield from ((node, way) for node in slots(call, slot))


def _named(graph: Graph, call: FlowCall, wanted: str) -> str | None:
    for slot in wanted.split("|"):
        for number in slots(call, slot):
            node = whole(graph, number)
            if type(node) is Constant and isinstance(node.value, str):
                return node.value
    return None


def _of_maker(graphs: Graphs, path: str, graph: Graph, call: FlowCall) -> str | None:
    """The name that a template was asked for by: ``environment.get_template("a.html").render(…)``."""
    made = _maker(graphs, path, graph, call)
    return _named(*made, "0|name") if made is not None else None


def _maker(graphs: Graphs, path: str, graph: Graph, call: FlowCall, *, called: bool = False) -> tuple[Graph, FlowCall] | None:
    """The call that made what another is a method of, or (``called``) what is called itself, with its function."""
    # A variable of the module that is called has no receiver.
    home, node = graph, Named(f"#{call.method}") if called and call.receiver < 0 else whole(graph, call.receiver)
    if type(node) is Named:
        home, node = _variable(graphs, path, node) or (graph, None)
    return (home, home.calls[node.call]) if type(node) is Result else None


def _text(graphs: Graphs, path: str, graph: Graph, call: FlowCall, wanted: str) -> str | None:
    """The text in one of some slots, as it stands there or in a variable of a module."""
    for slot in wanted.split("|"):
        for number in slots(call, slot):
            node = whole(graph, number)
            if type(node) is Named:
                _, node = _variable(graphs, path, node) or (graph, None)
            if type(node) is Constant and isinstance(node.value, str):
                return node.value
    return None


def _variable(graphs: Graphs, path: str, named: Named) -> tuple[Graph, Node | None] | None:
    """What a variable of a module was given, where that is one thing."""
    parts = graphs.variable(path, named.name, ())
    return (parts[0].graph, whole(parts[0].graph, parts[0].node)) if parts is not None and len(parts) == 1 and parts[0].node >= 0 else None


def _is_answer(graph: Graph, call: FlowCall) -> bool:
    """What is rendered is returned, or becomes an answer: it may be for a letter, else."""
    return _is_returned(graph, call) or _becomes_answer(graph, call)


def _results(graph: Graph, call: FlowCall) -> set[int]:
    return {number for number, node in enumerate(graph.nodes) if type(node) is Result and graph.calls[node.call] is call}


def _is_returned(graph: Graph, call: FlowCall) -> bool:
    made = _results(graph, call)
    return any(node in made for node, _ in graph.returns)


def _becomes_answer(graph: Graph, call: FlowCall) -> bool:
    made = _results(graph, call)
    return any(
        _ANSWERS.search(other.method) and made.intersection((*other.arguments, *[node for _, node in other.keywords]))
        for other in graph.calls
    )


def _stem(path: str) -> str:
    return path.rpartition("/")[2].partition(".")[0]


def _shared(path: str, other: str) -> int:
    """How many folders two paths begin with alike."""
    return len(posixpath.commonpath((f"/{path}", f"/{other}")).split("/"))
