"""Names that stand for text of somebody else's: whose it is, and what it does no harm in; knows no graph of values."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from batten.facts.flows import DEEP, RIGHTS, FlowCall, Graph
from batten.finding import Step
from batten.link.flows.forms import field_read
from batten.link.flows.graphs import Graphs
from batten.link.flows.knowledge import ALL_BUT_RIGHTS, FORMED, OF_OWN_PATH, OF_OWN_SERVER, TEXT_ALONE, Knowledge, Means, page_address
from batten.link.flows.methods import is_textual
from batten.link.flows.model_calls import host_asked
from batten.link.flows.origins import SENTENCES, Root, Way
from batten.text import Place, Span


class Sources(NamedTuple):
    """What the vocabulary says of the names of an app's files."""

    graphs: Graphs
    knowledge: Knowledge

    def kind(self, path: str, name: str, way: Way) -> str | None:
        """The kind of source that a name with a way after it is, or None."""
        if self.is_opaque(way):
            return None
        steps = [step.removesuffix("()") for step in way if step != DEEP]
        full = name + ("." if steps and not name.endswith("#") else "") + ".".join(steps)
        outside = self.graphs.outside(path, full)
        return None if outside is None else self.knowledge.of(outside).source

    def of_call(self, path: str, graph: Graph, call: FlowCall, outside: str | None) -> Means:
        """What is known of what a call gives, by the name of what is called, or by the host that it asks."""
        answered = self.knowledge.of_host(host_asked(path, graph, call, self.graphs))
        return answered if answered.source is not None else self.knowledge.of(outside or f"?.{call.method}")

    def formed(self, path: str, call: FlowCall, way: Way, given: Iterable[Root]) -> Iterator[Root]:
        """What a function gives of which nothing is known: something of what it is given, and of a form what its field leaves of that."""
        field = field_read(way) if path.endswith(".py") and call.callee is not None else None
        text, of_request = self.graphs.field_of(path, call.callee or "", field) if field is not None else (None, False)
        if text is False and not (field in RIGHTS and self.graphs.offers_rights(path, call.callee or "", field)):
            return
        kept = TEXT_ALONE | {FORMED} if text else frozenset()
        if text is False:
            kept = frozenset((ALL_BUT_RIGHTS, FORMED))
        sure = text is not None
        if of_request and not call.arguments:
            yield sourced(path, "request", call.span)._replace(cleaned=kept, sure=sure)
        for root in given:
            yield root._replace(sure=root.sure and sure, cleaned=root.cleaned | kept)

    def is_opaque(self, way: Way) -> bool:
        """What is read by a way has nothing of the text any more."""
        opaque = self.knowledge.opaque_steps
        return any(step.removesuffix("()") in opaque for step in way)

    def cleaned(self, path: str, name: str, way: Way) -> frozenset[str]:
        """What a source does no harm in, that brings text and no record, or an address of the app's own."""
        outside = self.graphs.outside(path, name)
        means = self.knowledge.of(outside) if outside is not None else None
        if means is not None and means.structured and not is_textual(way):
            return frozenset()
        whole = page_address(name, way)
        if means is not None and means.own_path:
            return TEXT_ALONE | OF_OWN_PATH
        if means is not None and means.file:
            return TEXT_ALONE | means.as_file((*name.split("."), *way))
        return TEXT_ALONE | OF_OWN_SERVER | whole if means is not None and means.own_address else TEXT_ALONE | whole


def sourced(path: str, source: str, span: Span | None) -> Root:
    """A source as a root, with the place where it comes in."""
    steps = () if span is None else (Step(Place(path, span), SENTENCES.get(source, "comes from outside here")),)
    return Root(source, ("", ""), 0, (), frozenset(), True, steps)
