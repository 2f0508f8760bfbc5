"""Ways to a new password that somebody else can take: tokens that can be foretold, and links whose host is the request's; knows no framework."""

from collections.abc import Iterable, Iterator, Mapping

from batten.facts.flows import DEEP, Constant, Field, FlowCall, Given, Graph, Named, Object, Outer, Result, Text
from batten.facts.project import FileFacts
from batten.finding import Step
from batten.link.flows.made_of import made_of
from batten.link.flows.origins import Root
from batten.link.flows.roots import Roots
from batten.link.flows.sinks import Hit
from batten.link.flows.walk import Walk
from batten.regex import regex
from batten.text import Place

TOKEN = "reset-token"  # noqa: S105 - a kind of sink
"""The kind of sinks that keep what proves that a message was read."""
LINK = "reset-link"
"""The kind of sinks that send a link to such a page."""
_SOURCE = "weak-random"
_KEY = regex(
    r"(?i)^(?:password_?)?(?:reset|forgot|verif\w*|confirm\w*|activat\w*|magic(?:_?link)?|recover\w*|email_?verif\w*)(?:_?password)?_?(?:token|code|key|otp)$|^otp(?:_?code)?$"
)
# A token that somebody brings is looked for by its hash.
_LOOKS_UP = regex(r"(?i)^(?:find(?!\w*(?:update|replace|modify))|get|filter|where|first|select|count|exists|query|verify|check|compare)")
_ADDRESS = regex(r"(?i)reset|forgot|verif|confirm|activat|magic|recover")
_HOST = frozenset(("host", "hostname", "host_url", "url_root", "origin"))
_HEADERS = frozenset(("host", "x-forwarded-host", "origin", "referer"))
_REQUESTS = frozenset(("req", "request", "ctx", "c", "context"))
# What a token is made of that everybody knows, and what only changes its form.
_KNOWN = frozenset(("md5", "sha1", "sha256", "sha512", "createHash", "uuid1", "time", "time_ns", "now"))
_FORMS = frozenset((
    "encode", "hexdigest", "digest", "update", "str", "String", "toString", "slice", "substring", "upper", "lower", "toUpperCase", "join", "int", "round", "floor", "isoformat", "timestamp", "getTime",
    "from", "b64encode", "urlsafe_b64encode", "decode", "hash",
))  # fmt: skip
_MODULES = ("datetime#", "time#", "hashlib#", "uuid#", "crypto#")
_BROUGHT = regex(r"(?i)token|code|secret|otp|key|nonce")
# The browser that asks is sent on to the host that it has asked: nobody else reads that.
_SENDS_ON = frozenset(("redirect", "permanentRedirect", "RedirectResponse", "HttpResponseRedirect"))
# So is who pays, once they have, and who gets the address in the answer.
_SENDS_BACK = regex(r"(?i)(?:checkout|portal)(?:[._]?sessions?)?[.#_]create|^@(?:res|response|reply|ctx|c|context)\.")
_OF_NOBODY = frozenset(("Date", "Math", "Buffer", "String", "JSON"))


def resets(reached: Mapping[tuple[str, str], Graph], files: Iterable[FileFacts], roots: Roots) -> Iterator[Hit]:
    """A hit for each in functions that requests reach."""
    may = {(file.path, function) for file, functions in roots.graphs.memo.said("may reset", files, _may_reset) for function in functions}
    for (path, _), graph in sorted((place, graph) for place, graph in reached.items() if place in may):
        yield from roots.graphs.memo.once((roots.graphs.name, "resets", path, graph.function), _resets, path, graph, roots)


def _may_reset(file: FileFacts) -> frozenset[str]:
    """The functions of a file that keep something under such a name, or make such an address."""
    return frozenset(
        graph.function for graph in file.graphs if _links(graph) or any(True for call in graph.calls for _ in _kept(graph, call))
    )


def _links(graph: Graph) -> list[int]:
    return [number for number, node in enumerate(graph.nodes) if type(node) is Text and _leads_back(graph, node)]


def _resets(path: str, graph: Graph, roots: Roots) -> list[Hit]:
    roots.graphs.memo.look(path)
    found: list[Hit] = []
    walk: Walk | None = None
    for call in graph.calls:
        for number in _kept(graph, call):
            walk = walk or Walk(roots, path, graph)
            weak = [root for root in walk.roots(number, (DEEP,)) if root.source == _SOURCE]
            if weak:
                found.append(Hit(TOKEN, call.method, path, graph.function, call, weak[0]))
            elif _is_known(graph, number):
                step = Step(Place(path, call.span), "is made of what everybody knows, or can try out, here")
                found.append(Hit(TOKEN, call.method, path, graph.function, call, _root(step)))
    texts = _links(graph)
    for call in graph.calls if texts else ():
        given = (*call.arguments, *[node for _, node in call.keywords])
        if (
            call.callee not in ("=", "==")
            and call.method not in _SENDS_ON
            and _SENDS_BACK.search(call.callee or "") is None
            and any(set(texts) & set(made_of(graph, number)) for number in given)
        ):
            found.append(
                Hit(
                    LINK, call.method, path, graph.function, call, _root(Step(Place(path, call.span), "the request says what host this is"))
                )
            )
            break
    return found


def _root(step: Step) -> Root:
    return Root("request", ("", ""), 0, (), frozenset(), True, (step,))


def _kept(graph: Graph, call: FlowCall) -> Iterator[int]:
    """What a call is given, or an assignment puts, under the name of such a token."""
    if call.callee == "==" or _LOOKS_UP.search(call.method):
        return
    if call.callee == "=":
        if _KEY.search(call.method):
            yield from call.arguments[:1]
        return
    yield from (node for key, node in call.keywords if _KEY.search(key))
    pending, left = [*call.arguments[:3]], 20
    while pending and left:
        number, left = pending.pop(), left - 1
        node = graph.nodes[number] if number >= 0 else None
        if type(node) is Object:
            yield from (inner for key, inner in node.fields if _KEY.search(key))
            pending += [inner for key, inner in node.fields if key in ("data", "$set", "values", "create", "update")]


def _is_known(graph: Graph, number: int) -> bool:
    """It is made of the time, or a hash of something that is no secret, and of nothing else."""
    known = False
    for each in made_of(graph, number):
        match graph.nodes[each]:
            case Result(call=index):
                method = graph.calls[index].method
                known = known or method in _KNOWN
                if method not in _KNOWN and method not in _FORMS:
                    return False
            case Named(name=name) if name not in _OF_NOBODY and not name.endswith(("#", "#request")) and not name.startswith(_MODULES):
                return False
            case Field(key=key) if _BROUGHT.search(key):
                return False
            case Outer():
                return False
    return known


def _leads_back(graph: Graph, text: Text) -> bool:
    """An address of such a page whose host is what the request says."""
    constant = "".join(str(node.value) for part in text.parts if part >= 0 and type(node := graph.nodes[part]) is Constant)
    return (
        "/" in constant
        and _ADDRESS.search(constant) is not None
        and any(_is_host(graph, each) for part in text.parts[:3] for each in made_of(graph, part))
    )


def _is_host(graph: Graph, number: int) -> bool:
    match graph.nodes[number]:
        case Field(key=key, of=of) if key.lower() in _HOST or key.lower() in _HEADERS:
            return _of_request(graph, of)
        case Result(call=index):
            call = graph.calls[index]
            asked = graph.nodes[call.arguments[0]] if call.arguments and call.arguments[0] >= 0 else None
            is_named = type(asked) is Constant and str(asked.value).lower() in _HEADERS
            return call.method in ("get", "header") and is_named and _of_request(graph, call.receiver)
    return False


def _of_request(graph: Graph, number: int) -> bool:
    """A value is a request, or its headers."""
    for each in made_of(graph, number):
        match graph.nodes[each]:
            case Given(index=index) if 0 <= index < len(graph.parameters) and graph.parameters[index] in _REQUESTS:
                return True
            case Named(name=name) if name.endswith("#request"):
                return True
            case Result(call=index) if graph.calls[index].method == "headers":
                return True
    return False
