"""Functions that strangers call, and which of their parameters hold what strangers sent; by framework, as rows of the vocabulary say."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

from batten.code.patterns import settles
from batten.facts.calls import Function
from batten.facts.flows import SELF, Constant, Graph
from batten.facts.project import FileFacts
from batten.facts.routes import GRAPHQL, ROOT_VALUE
from batten.facts.vocabulary import Meaning, Vocabulary
from batten.finding import Step
from batten.link.callgraph import Code
from batten.link.flows.class_views import ADDRESS, DJANGO, FLASK, asked_of, is_sent_as_text, methods_of
from batten.link.flows.conventions import OBJECT, OF_SERVER, Convention, conventions
from batten.link.flows.decorated import CLASSES, INVERSIFY, LITESTAR, by_name, by_type, handed, limited, sent_fields
from batten.link.flows.express_shape import HEARING, hears_body, is_of_fastify, shaped
from batten.link.flows.failing import ERROR, answering_errors
from batten.link.flows.graphs import Graphs
from batten.link.flows.heard import ARCHIVE, FETCHED, HEARD, hearing, listener
from batten.link.flows.knowledge import ALL_BUT_RIGHTS, OF_OWN_SERVER, QUERIES, TEXT_ALONE, Knowledge
from batten.link.flows.lambdas import LAMBDA, lambdas
from batten.link.flows.messages import WINDOW, hearers, listens
from batten.link.flows.methods import is_textual
from batten.link.flows.open_types import PATTERNS, RIGHT, Settled, looked_at_by_type, open_parameters, settled_by_type
from batten.link.flows.origins import Root
from batten.link.flows.pages import pages
from batten.link.flows.tools import registered, tools
from batten.text import Place, Span

_LISTED = frozenset(("model-choice",))
# Frameworks whose decorators say what a parameter is handed.
_BY_DECORATORS = CLASSES | {GRAPHQL, "nestjs-gateway"}
# Frameworks that hand over what strangers sent as arguments of their own.
_NUMBERS = frozenset((
    "int", "float", "bool", "complex", "uuid.UUID", "datetime.datetime", "datetime.date", "decimal.Decimal", "UUID", "typing.Literal", "typing_extensions.Literal",
))  # fmt: skip
# What resolvers of Python are given beside the arguments of their field: https://docs.graphene-python.org/en/latest/types/objecttypes/#resolver-parameters
_OF_RESOLVERS = frozenset(("self", "cls", "root", "parent", "obj", "info", "context", "_", "_root", "_info", "_parent"))
TOOL = "tool"
"""The framework of functions that a model calls."""
BOT = "bot"
"""The framework of functions that are called with what people write to a bot."""
COMMAND = "bot-command"
"""The same, where the words after a command are parameters of their own, after the first one."""
FORM = "form"
"""The framework of functions that are called with what visitors write into fields of a page."""
NINJA = "ninja"
CHUNK = "chunk"
"""The framework of functions that a part of a request is handed to."""
# Frameworks that hold what was sent to the types of the parameters.
_TYPED = frozenset(("fastapi", NINJA, GRAPHQL))
_CALLS = {
    TOOL: "a model calls this with a value that it chooses",
    BOT: "this is called with what anybody writes to the bot",
    COMMAND: "this is called with what anybody writes to the bot",
    FORM: "this is called with what anybody writes into the page",
    CHUNK: "a part of the request comes in here",
    HEARD: "what others have sent comes in here",
    FETCHED: "what a server answers comes in here",
    WINDOW: "what any window sends comes in here, and nobody asks for its origin",
    ARCHIVE: "this is called for each file of an archive, by the name that it has there",
}
_DATA = Constant("data")
_BY_PROVIDER = {"words": COMMAND, "form": FORM}
# What such a function is given by its framework.
_CONTEXT = ("Context", "ContextWrapper", "RunContext", "Runtime", "State")


class Handler(NamedTuple):
    """One such function."""

    framework: str
    path: str
    function: Function | None
    graph: Graph
    route: str = ""
    chain: tuple[str, ...] = ()
    """What stands between the route and the function, by its names: decorators may hand it what is theirs."""
    limited: frozenset[tuple[int, str]] = frozenset()
    """The fields of what it is handed, by parameter, that may only be one of a few."""
    open: frozenset[int] = frozenset()
    """The parameters whose type lets through what an account may do."""
    settled: Settled = frozenset()
    """What no text is in, by its type."""
    looked_at: frozenset[tuple[int, str]] = frozenset()
    """The fields that a method of their type has looked at."""
    held: frozenset[str] = frozenset()
    """The fields of the object it is called on that hold what was sent."""
    conventions: tuple[Convention, ...] = ()
    """Whose rows say what it is called with, where there are several or its first parameter is none of theirs."""

    def takes_anything(self, root: Root) -> bool:
        """What is sent for a parameter is not cut down to what a type says before the handler sees it, or the type has the rights of an account in it."""
        typed = self.framework in ("fastapi", "flask", "fastify", GRAPHQL, ROOT_VALUE, NINJA) or self._is_shaped(root)
        return not typed or root.number in self.open

    def is_target(self, root: Root, sink: str) -> bool:
        """A parameter is what the sink of that name is a method of."""
        if root.owner != (self.path, self.graph.function):
            return False
        given = handed(self.function, root.number) if self.framework in CLASSES else None
        if given is not None:
            return sink.startswith(f"route.{given.framework}.{given.slot}.")
        return any(sink.startswith(f"route.{each.rows}.{root.number - each.first}.") for each in self.known_by)

    @property
    def known_by(self) -> tuple[Convention, ...]:
        """Whose rows say what it is called with, the likelier first."""
        return self.conventions or (Convention(self.framework),)

    def source(self, root: Root, knowledge: Knowledge) -> Root | None:
        """The root as a source, where the parameter holds what strangers sent; None where it does not."""
        if root.owner != (self.path, self.graph.function):
            return None
        found = (self.sent_by(each, root, knowledge) for each in self.known_by)
        return next((each for each in found if each is not None), None)

    def sent_by(self, convention: Convention, root: Root, knowledge: Knowledge) -> Root | None:
        """The same, as the rows of one convention say."""
        framework, slot, read, given = convention.rows, str(root.number - convention.first), root.way, None
        if framework == OF_SERVER:
            slot = OBJECT if root.number == SELF else "-"
        elif framework == DJANGO:
            slot, read = asked_of(self.graph, root.number, root.way, self.route)
        elif framework == "fastapi":
            kept = root.number != SELF or root.way[:1] == ("**",) or not self.held.isdisjoint(root.way[:1])
            slot = by_type(self.function, root.number) if kept else "-"
        elif framework == LITESTAR:
            framework, slot = "fastapi", by_name(self.function, root.number, self.route)
        elif framework == COMMAND:
            framework, slot = BOT, "word" if root.number > 0 else slot
        elif framework == GRAPHQL and self.path.endswith(".py"):
            slot = "-" if root.number < 0 or self.graph.parameters[root.number] in _OF_RESOLVERS else "1"
        elif framework in _BY_DECORATORS:
            if root.way and (root.number, root.way[0]) in self.limited:
                return None
            given = handed(self.function, root.number)
            if given is not None:
                framework, slot, read = given.framework, given.slot, (*given.way, *root.way)
            elif framework == INVERSIFY:
                framework = "express"
            elif framework != GRAPHQL:
                return None
        if slot.startswith("-"):
            return None
        way = [step.removesuffix("()") for step in read if step != "**"]
        if any(step in knowledge.opaque_steps for step in way):
            return None
        asked = tuple(way[1:] if way[:1] in (["model_dump"], ["dict"]) else way)
        if any(place == root.number and asked[: len(inner)] == inner for place, inner in self.settled):
            return None
        cleaned = root.cleaned | ({ALL_BUT_RIGHTS} if (root.number, (*asked[:1], RIGHT)) in self.settled else frozenset())
        name = ".".join(("route", framework, slot, *way))
        means = knowledge.of(name)
        if means.source is None or means.opaque or not self._is_text(root.number):
            return None
        place = Place(self.path, self._place())
        if not means.structured or is_textual(root.way) or not self._may_be_record(root):
            cleaned = cleaned | TEXT_ALONE
        if (self.framework == FLASK or slot == ADDRESS) and "<path:" not in self.route:
            cleaned = cleaned | {"path"}
        cleaned = cleaned | (means._replace(file=True) if self._is_file(root.number) else means).as_file(way)
        cleaned |= OF_OWN_SERVER if means.own_address else frozenset()
        if self.framework == "action" and "get()" not in root.way:
            # No link calls an action: who chooses the argument sends himself; a field of a form may come of the page's address.
            cleaned = cleaned | {"redirect"}
        return root._replace(
            source=means.source,
            cleaned=cleaned,
            sure=root.sure
            and not (given is not None and given.doubtful)
            and self.looked_at.isdisjoint({(root.number, ""), (root.number, "".join(asked[:1]))}),
            steps=(Step(place, _CALLS.get(self.framework, "a stranger calls this with a value of his own")), *root.steps),
        )

    def may_be_listed(self, root: Root, kind: str) -> bool:
        """It is a field of a body that FastAPI checks by its type, of a kind that is often one of a few; or one that NestJS may check, in the place of a record."""
        if self._is_shaped(root):
            return kind in QUERIES
        return self.framework == "fastapi" and kind in _LISTED and bool(root.way)

    def _is_shaped(self, root: Root) -> bool:
        given = handed(self.function, root.number) if self.framework in CLASSES else None
        return given is not None and given.shaped

    def _may_be_record(self, root: Root) -> bool:
        """As far as its framework and the way to it tell."""
        if self.framework == "action":
            return "get()" not in root.way
        return True

    def _place(self) -> Span:
        return self.function.place.span if self.function is not None else Span(0, 0)

    def _is_file(self, index: int) -> bool:
        """Its type says that it is a file: https://fastapi.tiangolo.com/reference/uploadfile/, or Django's, that keeps the last part of the name alone."""
        parameters = [] if self.function is None else [p for p in self.function.parameters if p.name not in ("self", "cls")]
        return 0 <= index < len(parameters) and (parameters[index].annotation or "").endswith(("UploadFile", "UploadedFile"))

    def _is_text(self, index: int) -> bool:
        if self.function is None or self.framework not in ("fastapi", LITESTAR, "flask", "django", GRAPHQL, NINJA, TOOL, COMMAND, FORM):
            return True
        parameters = [p for p in self.function.parameters if p.name not in ("self", "cls")]
        if not 0 <= index < len(parameters):
            return True
        parameter = parameters[index]
        if self.framework == TOOL and (parameter.annotation or "").endswith(_CONTEXT):
            return False
        if self.framework == COMMAND and index > 0 and self.path.endswith(".py"):
            return parameter.annotation is None or "str" in parameter.annotation  # else it is what somebody has named: a member, a channel
        if self.framework == FLASK and not is_sent_as_text(parameter.name, self.route, first=index == 0, wrapped=bool(self.chain)):
            return False
        if any(each.slot in PATTERNS and settles(each.text or "") for call in parameter.calls for each in call.arguments):
            return False
        if self.framework == FLASK and not self.chain:
            return not parameter.is_injected  # Flask reads no annotations: what a part of the address is, its route says
        return not parameter.is_injected and (parameter.annotation is None or parameter.annotation.replace("#", ".") not in _NUMBERS)


def handlers(files: Sequence[FileFacts], code: Code, graphs: Graphs, vocabulary: Vocabulary) -> dict[tuple[str, str], Handler]:
    """The handlers of an app by file and function: those of routes, those that have the shape of Express's, and tools of agents."""
    found: dict[tuple[str, str], Handler] = {}
    for file in files:
        if file.endpoints:
            found.update(code.memo.once((graphs.name, "handlers", file.path), _of_endpoints, file, code, graphs))
    for file, names in code.memo.said("shaped", files, shaped):
        for name in names:
            graph = graphs.graph(file.path, name)
            if graph is not None and (file.path, name) not in found:
                function = code.functions(file.path).get(name)
                found[file.path, name] = Handler("fastify" if is_of_fastify(function) else "express", file.path, function, graph)
    for file, shown in code.memo.said("pages", files, pages):
        for framework, page in shown:
            graph = graphs.graph(file.path, page)
            if graph is not None:
                found.setdefault((file.path, page), Handler(framework, file.path, code.functions(file.path).get(page), graph))
    for file, awaiting in code.memo.said("lambdas", files, lambdas):
        for name in awaiting:
            graph = graphs.graph(file.path, name)
            if graph is not None:
                found.setdefault((file.path, name), Handler(LAMBDA, file.path, code.functions(file.path).get(name), graph))
    markup = vocabulary.made(Knowledge).markup_steps
    for file, heard in code.memo.said("heard", files, partial(hearing, markup)):
        for around, framework, number in heard:
            made = listener(graphs, file.path, around, number)
            if made is not None:
                known = code.functions(file.path).get(made.function)
                found.setdefault((file.path, made.function), Handler(framework, file.path, known, made))
    for file, listening in code.memo.said("windows", files, listens):
        for name in listening:
            for path, made in code.memo.part((graphs.name, "windows", file.path, name), _hearing, graphs, file.path, name):
                known = code.functions(path).get(made.function)
                found.setdefault((path, made.function), Handler(WINDOW, path, known, made))
    for file, failing in code.memo.said("answer errors", files, answering_errors):
        for name in failing:
            graph = graphs.graph(file.path, name)
            if graph is not None:
                found.setdefault((file.path, name), Handler(ERROR, file.path, code.functions(file.path).get(name), graph))
    for path, function in tools(files, code, vocabulary):
        graph = graphs.graph(path, function.name)
        if graph is not None:
            found[path, graph.function] = Handler(TOOL, path, function, graph)
    for path, function, row in registered(files, code, vocabulary, Meaning.BOT):
        graph = graphs.graph(path, function.name)
        if graph is not None:
            found.setdefault((path, graph.function), Handler(_BY_PROVIDER.get(row.provider or "", BOT), path, function, graph))
    return found | _listeners(found, code, graphs)


def _listeners(entries: Mapping[tuple[str, str], Handler], code: Code, graphs: Graphs) -> dict[tuple[str, str], Handler]:
    """The functions that are called with a request's body as it comes in: ``request.on("data", listener)``."""
    found: dict[tuple[str, str], Handler] = {}
    for (path, function), entry in entries.items():
        if path.endswith(".py") or entry.framework == CHUNK or not code.memo.told("hears", code.files[path], _hears):
            continue
        for made in code.memo.part((graphs.name, "listeners", path, function), _listening, graphs, path, function):
            found[path, made.function] = Handler(CHUNK, path, code.functions(path).get(made.function), made)
    return found


def _hears(file: FileFacts) -> bool:
    """Something in the file listens to something."""
    return any(call.method in HEARING for graph in file.graphs for call in graph.calls)


def _hearing(graphs: Graphs, path: str, function: str) -> list[tuple[str, Graph]]:
    """The functions that a function has called with messages of any window."""
    graph = graphs.graph(path, function)
    return list(hearers(path, graph, graphs)) if graph is not None else []


def _listening(graphs: Graphs, path: str, function: str) -> list[Graph]:
    """The functions that a handler has called with the request's body."""
    whole = graphs.graph(path, function)
    heard = hears_body(whole, graphs.inside(path, function)) if whole is not None else []
    found = [graphs.made(path, graph.nodes[number] if number >= 0 else None) for graph, number in heard]
    return [made for made in found if made is not None]


def _of_endpoints(file: FileFacts, code: Code, graphs: Graphs) -> dict[tuple[str, str], Handler]:
    code.memo.look(file.path)
    found: dict[tuple[str, str], Handler] = {}
    for endpoint in file.endpoints:
        target = code.target(file.path, endpoint.handler)
        if endpoint.framework == DJANGO and target.function is None:
            for at, function in methods_of(file.path, endpoint.handler, code):
                method = graphs.graph(at, function.name)
                if method is not None:
                    found.setdefault((at, function.name), Handler(DJANGO, at, function, method, endpoint.path))
        if target.path is None or target.function is None or target.rest:
            continue
        graph = graphs.graph(target.path, target.function.name)
        if graph is not None:
            known_as = conventions(endpoint.framework, endpoint.kind, python=target.path.endswith(".py"))
            framework = ROOT_VALUE if endpoint.maker == ROOT_VALUE else known_as[0].rows
            known = found.get((target.path, graph.function))
            route = f"{known.route}\n{endpoint.path}" if known is not None and framework == FLASK else endpoint.path
            made = Handler(framework, target.path, target.function, graph, route, endpoint.chain)
            if known_as[1:] or known_as[0].first:
                made = made._replace(conventions=known_as)
            if framework in _BY_DECORATORS:
                made = made._replace(limited=limited(target.function, target.path, code))
            if framework in _TYPED and target.path.endswith(".py"):
                given = (target.path, target.function, code)
                made = made._replace(open=open_parameters(*given), settled=settled_by_type(*given), looked_at=looked_at_by_type(*given))
            if framework == "fastapi":
                made = made._replace(held=sent_fields(target.path, target.function, code))
            found[target.path, graph.function] = made
    return found
