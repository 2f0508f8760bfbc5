"""What handlers give back, which their frameworks send on as a page, or take for where to send the browser."""

from collections.abc import Iterator, Mapping
from functools import partial

from batten.facts.flows import HARMLESS, Checked, Choice, Constant, FlowCall, Graph, Object, Result, Text
from batten.finding import Step
from batten.link.flows.decorated import NEST
from batten.link.flows.failing import ERROR
from batten.link.flows.handlers import Handler
from batten.link.flows.knowledge import OWN_PATH, Knowledge
from batten.link.flows.lambdas import LAMBDA
from batten.link.flows.origins import Way
from batten.link.flows.roots import Roots
from batten.link.flows.sinks import Hit
from batten.link.flows.walk import Walk
from batten.regex import regex

# Frameworks that send a text as a page whatever is in it, unless something says otherwise.
_AS_PAGE = frozenset(("flask", ERROR))
_FORESEEN = frozenset(("weak-random",))
# https://docs.nestjs.com/controllers#redirection: what it returns decides over what the decorator says.
_REDIRECTS = "@nestjs/common#Redirect"
_RECORDS = frozenset(("json", "to_dict", "model_dump", "_asdict"))
_TAG = regex(r"<[A-Za-z!][^>]*")
_TYPES = ("mimetype", "content_type")
_SHOWN = regex(r"(?i)html|xml|svg")
_CONTENT_TYPE = ("Content-Type", "content-type")


def answered(
    path: str, graph: Graph, roots: Roots, entry: Handler, entries: Mapping[tuple[str, str], Handler], knowledge: Knowledge
) -> Iterator[Hit]:
    """The text of strangers in what a handler gives back."""
    walk: Walk | None = None
    for node, span in graph.returns:
        for kind, number, way in _places(entry, graph, node):
            walk = walk or Walk(roots, path, graph)
            for root in walk.roots(number, way):
                sourced = root if root.source else entry.source(root, knowledge)
                if sourced is None or sourced.is_harmless(kind) or sourced.source in _FORESEEN:
                    continue
                if OWN_PATH in sourced.cleaned and entry.framework != ERROR:
                    continue
                if not any(_leads_to(step, entries) for step in sourced.steps):
                    yield Hit(kind, "response", path, graph.function, FlowCall(span, None, HARMLESS, "response", ()), sourced)


def _places(entry: Handler, graph: Graph, node: int) -> Iterator[tuple[str, int, Way]]:
    """Where in what is given back a page or an address is: the kind of sink, a node, and the way from there."""
    if entry.framework in _AS_PAGE:
        yield from (
            ("html", each, ()) for each in (node, *_bodies(graph, node)) if not all(map(partial(_is_no_page, graph), _settled(graph, each)))
        )
    elif entry.framework == NEST:
        redirects = entry.function is not None and any(wrapper.callee == _REDIRECTS for wrapper in entry.function.wrappers)
        if redirects:
            yield "redirect", node, ("url",)
        yield from (("html", each, ()) for each in _settled(graph, node) if _is_markup(graph, each))
    elif entry.framework == LAMBDA:
        for each in _settled(graph, node):
            answer = graph.nodes[each] if each >= 0 else None
            if type(answer) is Object and _says_html(graph, dict(answer.fields).get("headers", HARMLESS)):
                yield from (("html", body, ()) for key, body in answer.fields if key == "body")


def _settled(graph: Graph, number: int) -> Iterator[int]:
    """The values that one may be."""
    pending = [number]
    while pending:
        each = pending.pop()
        match graph.nodes[each] if each >= 0 else None:
            case Choice(of=of):
                pending += reversed(of)
            case Checked(of=inner):
                pending.append(inner)
            case _:
                yield each


def _bodies(graph: Graph, number: int) -> Iterator[int]:
    """What stands first in answers that are put together: the body, before the status."""
    for each in _settled(graph, number):
        node = graph.nodes[each] if each >= 0 else None
        if type(node) is Object:
            yield from (inner for key, inner in node.fields if key == "0")


def _is_no_page(graph: Graph, number: int) -> bool:
    """A record that something was read into, which is sent as JSON, or an answer whose type was set to one that browsers run no scripts of.

    https://flask.palletsprojects.com/en/stable/quickstart/#apis-with-json https://flask.palletsprojects.com/en/stable/api/#flask.Response.mimetype
    """
    node = graph.nodes[number] if number >= 0 else None
    if type(node) is Object:
        said = [graph.nodes[inner] for key, inner in node.fields if key in _TYPES and inner >= 0]
        return bool(said) and all(type(each) is Constant and _SHOWN.search(str(each.value)) is None for each in said)
    return type(node) is Result and graph.calls[node.call].method in _RECORDS


def _is_markup(graph: Graph, number: int) -> bool:
    """It is put together with tags: a text that is sent as it is, and no record that is written out."""
    node = graph.nodes[number] if number >= 0 else None
    parts = [graph.nodes[part] for part in node.parts if part >= 0] if type(node) is Text else []
    return any(type(part) is Constant and isinstance(part.value, str) and _TAG.search(part.value) for part in parts)


def _says_html(graph: Graph, number: int) -> bool:
    """The headers name a page."""
    node = graph.nodes[number] if number >= 0 else None
    said = [graph.nodes[inner] for key, inner in node.fields if key in _CONTENT_TYPE and inner >= 0] if type(node) is Object else []
    return any(type(value) is Constant and "html" in str(value.value) for value in said)


def _leads_to(step: Step, entries: Mapping[tuple[str, str], Handler]) -> bool:
    """The way goes through another handler, which is told of itself."""
    before, _, name = step.note.partition("`")
    return before == "goes through " and (step.place.path, name.partition("`")[0]) in entries
