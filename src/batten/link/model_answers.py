"""What pages show of the answers of the app's own routes that ask models: a model writes that, and not any server; knows no provider.

Routes and requests are compared by their paths, as far as these are written out: ``fetch(`${API}/chat`)`` asks ``POST /api/chat``.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from msgspec import structs

from batten.facts.flows import HARMLESS, Changed, Checked, Constant, Flow, FlowCall, Graph, Object, Result, Text
from batten.facts.project import FileFacts
from batten.facts.routes import EffectKind, Route
from batten.finding import Step
from batten.link.effects import Effects
from batten.link.flows.knowledge import ANSWER, MODEL
from batten.link.routes import Standing
from batten.regex import regex
from batten.text import Span

_SHOWN = "markup"
_UNKNOWN = "\0"
_MODELS = frozenset((EffectKind.PAID_MODEL_CALL, EffectKind.LOCAL_MODEL_CALL))
# Models that answer with numbers, sounds and pictures write nothing.
_NO_TEXT = regex(r"embed|image|speech|audio|transcri|rerank|moderat|tts|video", re.IGNORECASE)
_ANYTHING = regex(r"[:{\[<*$]")
_MOST_STEPS = 6


def by_model(flows: Iterable[Flow], standings: Sequence[Standing], files: Iterable[FileFacts], effects: Effects) -> Iterator[Flow]:
    """The flows, where those of an answer say that a model has written it, if the route that is asked hands on what one writes."""
    by_path: dict[str, FileFacts] = {}
    served = {standing.route.package for standing in standings}
    for flow in flows:
        asked = None
        if flow.source == ANSWER and flow.kind == _SHOWN and flow.trail:
            by_path = by_path or {file.path: file for file in files}
            start = flow.trail[0].place
            asked = _asked(by_path[start.path], start.span) if start.path in by_path else None
        nearby = [each for each in standings if each.route.package == flow.package or flow.package not in served] if asked else ()
        route = next((each.route for each in nearby if asked and _answers(each.route, asked) and _hands_on(each, effects)), None)
        if route is None:
            yield flow
            continue
        first = Step(flow.trail[0].place, f"what {route.title} answers comes in here, and a model writes that")
        yield structs.replace(flow, source=MODEL, trail=(Step(route.place, f"{route.title} asks a model here"), first, *flow.trail[1:]))


def _hands_on(standing: Standing, effects: Effects) -> bool:
    reached = (each for path, function in standing.runs for each in effects.of(path, function))
    return any(each.kind in _MODELS and not _NO_TEXT.search(each.callee) for each in reached)


def _asked(file: FileFacts, place: Span) -> str | None:
    """The address that is asked by a call, or by the call that a function is handed to; parts of it may be unknown."""
    around = [(graph, call) for graph in file.graphs for call in graph.calls if place in call.span]
    for graph, outer in sorted(around, key=lambda each: each[1].span.end - each[1].span.start):
        call: FlowCall | None = outer
        for _ in range(_MOST_STEPS):
            if call is None:
                break
            address = _spelled(graph, call.arguments[0]) if call.arguments else ""
            if "/" in address:
                return address
            made = graph.nodes[call.receiver] if call.receiver >= 0 else None
            call = graph.calls[made.call] if type(made) is Result else None
    return None


def _spelled(graph: Graph, number: int, depth: int = _MOST_STEPS) -> str:
    node = graph.nodes[number] if number >= 0 and depth > 0 else None
    match node:
        case Constant(value=str(value)):
            return value
        case Text(parts=parts):
            return "".join(_spelled(graph, part, depth - 1) for part in parts)
        case Object(fields=fields):
            return _spelled(graph, dict(fields).get("url", HARMLESS), depth - 1)
        case Checked(of=inner) | Changed(before=inner):
            return _spelled(graph, inner, depth - 1)
    return _UNKNOWN


def _answers(route: Route, asked: str) -> bool:
    """The path of the route is what is asked, or ends with it where the server, and what its paths begin with, is not known."""
    server, _, path = asked.partition("://")
    path = path.partition("/")[2] if path else server
    whole = not path.startswith(_UNKNOWN)
    path = path if whole else path.partition("/")[2]
    wanted = _parts(path.partition("?")[0].partition("#")[0])
    given = _parts(route.path)
    if not wanted or all(_UNKNOWN in part for part in wanted) or len(wanted) > len(given) or (whole and len(wanted) < len(given)):
        return False
    return all(_fits(a, b) for a, b in zip(wanted, given[-len(wanted) :], strict=True))


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part]


def _fits(asked: str, given: str) -> bool:
    return asked == given or _UNKNOWN in asked or _ANYTHING.match(given) is not None
