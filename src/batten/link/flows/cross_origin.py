"""Which websites may call a server from browsers (CORS): functions that say yes to each one, and answers that let cookies go along; knows no rule.

https://fetch.spec.whatwg.org/#http-cors-protocol
"""

from collections.abc import Iterable, Iterator

from batten.facts.calls import Argument
from batten.facts.flows import Choice, Constant, FlowCall, Given, Graph, Object, name_of
from batten.link.flows.graphs import Graphs
from batten.link.flows.loose_origins import METHODS, is_loose_pattern, is_loose_test
from batten.link.flows.spelled import whole
from batten.link.flows.states import leads_to
from batten.regex import regex

_SETTING = "any-origin"
_CREDENTIALS = "access-control-allow-credentials"
_YES = ("true", "True", True)
# What a function turns a website away with: https://github.com/expressjs/cors#configuring-cors-w-dynamic-origin
_REFUSAL = regex(r"(?:Error|Exception)\Z")
_ASKED, _ANSWER = 0, 1
# Hosts that give an address of this ending to whoever asks for one: https://publicsuffix.org/list/ (private domains)
_SHARED = regex(
    r"(?:vercel\.app|now\.sh|netlify\.app|herokuapp\.com|onrender\.com|replit\.(?:app|dev)|repl\.co|github\.io|gitlab\.io|web\.app|firebaseapp\.com"
    r"|pages\.dev|workers\.dev|up\.railway\.app|railway\.app|surge\.sh|ngrok(?:-free)?\.(?:app|dev|io)|lovable(?:project)?\.(?:app|com)|fly\.dev"
    r"|glitch\.me|azurewebsites\.net|azurestaticapps\.net|cloudfront\.net|amplifyapp\.com|gitpod\.io|stackblitz\.io|webcontainer\.io|bolt\.host|loca\.lt)"
)
_LOOKS_AT = frozenset(("endsWith", "includes", "indexOf", "match", "search", "test"))
_BEGINNINGS = frozenset(("startsWith", "includes", "indexOf"))
# What a pattern may have before the ending that lets through whatever stands there.
_ANYTHING = regex(r"/?\^?(?:https?\??://)?(?:\(?(?:\[[^\]]*\]|\.)[+*]\)?)?\.?")


def admits_all(path: str, graph: Graph, call: FlowCall, kind: str | None, graphs: Graphs) -> Iterator[Argument]:
    """``origin`` as what it comes to where it is a function that says yes to every website, or a test that strangers pass (``loose``)."""
    for slot, number in call.keywords if kind == _SETTING else ():
        if slot == "allow_origin_regex" and is_loose_pattern(_text(graph, number), whole=True):
            yield Argument(slot, ".*", (), call.span)
            yield Argument(f"{slot}.loose", "true", (), call.span)
    for index, number in enumerate(call.arguments) if kind == _SETTING else ():
        node = whole(graph, number)
        for key, inner in node.fields if type(node) is Object else ():
            asked = graphs.function(path, graph.nodes[inner]) if key == "origin" and inner >= 0 else None
            inside = graphs.inside(*_place(asked)) if asked is not None else []
            shared = _shared_host(asked[1], inside) if asked is not None else _listed(graph, inner) if key == "origin" else None
            if shared is not None:
                yield Argument(f"{index}.shared", shared, (), call.span)
            loose = (
                key == "origin" and shared is None and (_is_lenient(asked[1], inside) if asked is not None else _has_loose(graph, inner))
            )
            if loose:
                yield Argument(f"{index}.loose", "true", (), call.span)
            if shared is not None or loose or (asked is not None and _says_yes(asked[1], inside)):
                yield Argument(f"{index}.origin", "true", (), call.span)


def _place(asked: tuple[str, Graph]) -> tuple[str, str]:
    return asked[0], asked[1].function


def _says_yes(graph: Graph, inner: list[Graph]) -> bool:
    """Whatever website asks: by what the function gives back, or calls back with. A function with a single yes and tests before it may say nothing to the others."""
    answer = frozenset(number for number, node in enumerate(graph.nodes) if type(node) is Given and node.index == _ANSWER)
    calls = [(each, call) for each in (graph, *inner) for call in each.calls]
    answers = [(each, call) for each, call in calls if call.receiver >= 0 and leads_to(graph, answer, each, call.receiver)]
    if answers:
        others = [call for each, call in calls if not any(call is answered for _, answered in answers)]
        if any(_REFUSAL.search(call.callee or call.method) for call in others) or (len(answers) == 1 and others):
            return False
        return all(len(call.arguments) > 1 and _is_yes(each, call.arguments[1]) for each, call in answers)
    return bool(graph.returns) and not graph.calls and all(_is_own(graph, number) for number, _ in graph.returns)


def _shared_host(graph: Graph, inner: list[Graph]) -> str | None:
    """The ending of all addresses of a host that anybody gets one of, where a website is asked for it: ``origin.endsWith(".vercel.app")``."""
    asked = frozenset(number for number, node in enumerate(graph.nodes) if type(node) is Given and node.index == _ASKED)
    for each in (graph, *inner):
        for call in each.calls:
            values = (call.receiver, *call.arguments)
            if call.method in _LOOKS_AT and any(number >= 0 and leads_to(graph, asked, each, number) for number in values):
                found = next((host for number in values if (host := _ending(each, number)) is not None), None)
                if found is not None:
                    return found
    return None


def _is_lenient(graph: Graph, inner: list[Graph]) -> bool:
    """A part of the website's address is looked at that may be a part of a stranger's as well."""
    asked = frozenset(number for number, node in enumerate(graph.nodes) if type(node) is Given and node.index == _ASKED)
    for each in (graph, *inner):
        for call in each.calls:
            if call.method not in METHODS or call.receiver < 0 or not call.arguments:
                continue
            given = call.arguments[0]
            if leads_to(graph, asked, each, call.receiver):
                if is_loose_pattern(_text(each, given)) or is_loose_test(call.method, _text(each, given)):
                    return True
                # One of a list after the other: ``sites.some((site) => origin.startsWith(site))``.
                if call.method in _BEGINNINGS and each is not graph and given >= 0 and type(each.nodes[given]) is Given:
                    return True
            elif given >= 0 and leads_to(graph, asked, each, given):
                # A text that the address is looked for in, and no list: ``process.env.SITES.includes(origin)``.
                within = _text(each, call.receiver)
                is_text = "://" in within or (name_of(each.nodes, call.receiver) or "").startswith("process.env.")
                if is_loose_pattern(within) or (is_text and call.method in _BEGINNINGS):
                    return True
    return False


def _has_loose(graph: Graph, number: int) -> bool:
    return any(is_loose_pattern(_text(graph, each)) for each in _items(graph, number))


def _text(graph: Graph, number: int) -> str:
    node = whole(graph, number) if number >= 0 else None
    return node.value if type(node) is Constant and isinstance(node.value, str) else ""


def _items(graph: Graph, number: int) -> list[int]:
    node = whole(graph, number) if number >= 0 else None
    return [number, *(inner for _, inner in node.fields)] if type(node) is Object else [number]


def _listed(graph: Graph, number: int) -> str | None:
    """The same of a pattern, or of a list with one in it."""
    hosts = (_ending(graph, each) for each in _items(graph, number) if _text(graph, each).startswith("/"))
    return next((host for host in hosts if host is not None), None)


def _ending(graph: Graph, number: int) -> str | None:
    """The ending that a text or a pattern asks for, and nothing of a name before it."""
    node = graph.nodes[number] if number >= 0 else None
    if type(node) is not Constant or not isinstance(node.value, str) or "." not in node.value:
        return None
    written = node.value.replace("\\", "")
    found = _SHARED.search(written)
    return found[0] if found is not None and _ANYTHING.fullmatch(written[: found.start()]) else None


def _is_yes(graph: Graph, number: int) -> bool:
    node = graph.nodes[number] if number >= 0 else None
    return (type(node) is Constant and node.value in (True, "*")) or _is_own(graph, number)


def _is_own(graph: Graph, number: int) -> bool:
    """The name of the website itself, or that of any where there is none, without a test."""
    node = graph.nodes[number] if number >= 0 else None
    if type(node) is Choice:
        named = [each for each in node.of if not (each >= 0 and type(graph.nodes[each]) is Constant)]
        return bool(named) and all(_is_own(graph, each) for each in named)
    return type(node) is Given and node.index == _ASKED


def allows_cookies(graphs: Iterable[Graph]) -> bool:
    """Something in these functions says that cookies may go along: a header by its name."""
    return any(_allows(graph, call) for graph in graphs for call in graph.calls)


def _allows(graph: Graph, call: FlowCall) -> bool:
    given = [whole(graph, number) for number in (*call.arguments, *(number for _, number in call.keywords))]
    if len(given) > 1 and type(given[0]) is Constant and str(given[0].value).lower() == _CREDENTIALS:
        return type(given[1]) is not Constant or given[1].value in _YES
    pending = [node for node in given if type(node) is Object]
    while pending:
        for key, number in pending.pop().fields:
            node = whole(graph, number)
            if key.lower() == _CREDENTIALS and type(node) is Constant and node.value in _YES:
                return True
            if type(node) is Object and key in ("headers", "Headers"):
                pending.append(node)
    return False
