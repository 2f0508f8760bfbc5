"""Models that are asked with tools again and again, until they say themselves that they are done; knows no provider."""

from collections.abc import Iterator

from batten.facts.calls import Argument
from batten.facts.flows import HARMLESS, FlowCall, Graph
from batten.link.flows.arguments import slots
from batten.link.flows.graphs import Graphs
from batten.link.flows.knowledge import MODEL, Knowledge
from batten.link.flows.spelled import descended

KIND = "endless-agent"
"""The kind of uses for agents without a bound on their turns."""
_BINDS = (".bind_tools.", ".bindTools.")
_TOOLS = ("tools", "functions", "config.tools", "0.tools", "0.functions", "0.config.tools")


def endless_agents(
    path: str, graph: Graph, graphs: Graphs, knowledge: Knowledge
) -> Iterator[tuple[FlowCall, str, str, tuple[Argument, ...]]]:
    """The calls in a loop, of those of a function that has one which nothing but an answer ends."""
    for call in graph.calls:
        if call.method not in knowledge.answer_steps or not _is_in_endless(graph, call):
            continue
        outside = graphs.callees(path, call).outside
        if outside is None or knowledge.of(outside).source != MODEL:
            continue
        if any(bound in outside for bound in _BINDS) or any(_is_given(graph, call, slot) for slot in _TOOLS):
            yield call, outside.removeprefix("?."), KIND, ()


def _is_in_endless(graph: Graph, call: FlowCall) -> bool:
    """The innermost loop around a call is one."""
    around = [
        (span.end - span.start, endless) for span, endless in graph.loops if span.start <= call.span.start and call.span.end <= span.end
    ]
    return bool(around) and min(around)[1]


def _is_given(graph: Graph, call: FlowCall, slot: str) -> bool:
    head, _, rest = slot.partition(".")
    for number in slots(call, head):
        found, way = descended(graph, number, tuple(rest.split(".")) if rest else ())
        if found != HARMLESS and not way:
            return True
    return False
