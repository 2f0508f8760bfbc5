"""Ways to a new password that somebody else can take, tokens that can be foretold and links whose host is the request's, and other secrets that can be foretold; knows no framework."""

from collections.abc import Iterable, Iterator, Mapping

from batten.facts.flows import DEEP, HARMLESS, Constant, Field, FlowCall, Given, Graph, Named, Object, Outer, Result, Text, name_of
from batten.facts.project import FileFacts
from batten.finding import Step
from batten.link.flows.origins import Root
from batten.link.flows.roots import Roots
from batten.link.flows.sinks import Hit
from batten.link.flows.spelled import bare, descended, whole
from batten.link.flows.statement_rights import put_into
from batten.link.flows.walk import Walk
from batten.link.made_of import made_of
from batten.regex import regex
from batten.text import Place, Span

TOKEN = "reset-token"  # noqa: S105 - a kind of sink
"""The kind of sinks that keep what proves that a message was read."""
LINK = "reset-link"
"""The kind of sinks that send a link to such a page."""
_SOURCE = "weak-random"
SECRET = "credential"  # noqa: S105 - a kind of sink
"""The kind of sinks that keep what a caller has to know, or hand it to one."""
_SECRET_KEY = regex(
    r"(?i)^(?:(?:session|sess)_?(?:token|id|key)|(?:user|login|remember(?:_?me)?)_?token|sid|(?:api|access|secret|private|licen[cs]e)_?key|(?:access|refresh|auth|api|csrf|xsrf|invite|invitation|share|download|device|bearer|secret)_?token"
    r"|token|secret|(?:client|api|app|webhook)_?secret|(?:temp|temporary|initial|default|new|generated|plain)?_?(?:password|passwd|pwd)|(?:two_?factor|2fa|mfa|login|sms|invite|invitation)_?(?:code|otp|pin)|recovery_?codes?)$"
)
# One of several that are there already is made by somebody else: ``random.choice(API_KEYS)``.
_POOL = regex(r"(?i)keys?|tokens?|accounts?|secrets?|passwords?|codes|prox")
_COOKIES = frozenset(("cookie", "set_cookie", "setCookie", "set"))
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


def resets(reached: Mapping[tuple[str, str], Graph], files: Iterable[FileFacts], roots: Roots, told: Iterable[Hit]) -> Iterator[Hit]:
    """A hit for each in functions that requests reach; ``told``: where such values are compared, they are told of there alone."""
    made = {hit.root.steps[:1] for hit in told}
    may = {(file.path, function) for file, functions in roots.graphs.memo.said("may reset", files, _may_reset) for function in functions}
    for (path, _), graph in sorted((place, graph) for place, graph in reached.items() if place in may):
        hits: list[Hit] = roots.graphs.memo.once((roots.graphs.name, "resets", path, graph.function), _resets, path, graph, roots)
        yield from (hit for hit in hits if hit.kind != SECRET or hit.root.steps[:1] not in made)


def _may_reset(file: FileFacts) -> frozenset[str]:
    """The functions of a file that keep something under such a name, or make such an address."""
    return frozenset(
        graph.function
        for graph in file.graphs
        if _links(graph) or any(True for call in graph.calls for _ in _kept(graph, call)) or any(True for _ in _given_back(graph))
    )


def _links(graph: Graph) -> list[int]:
    return [number for number, node in enumerate(graph.nodes) if type(node) is Text and _leads_back(graph, node)]


def _resets(path: str, graph: Graph, roots: Roots) -> list[Hit]:
    roots.graphs.memo.look(path)
    found: list[Hit] = []
    walk: Walk | None = None
    for call in graph.calls:
        for kind, number in _kept(graph, call):
            walk = walk or Walk(roots, path, graph)
            weak = [root for root in walk.roots(number, (DEEP,)) if root.source == _SOURCE and not _is_picked(roots, root)]
            if weak:
                found.append(Hit(kind, call.method, path, graph.function, call, weak[0]))
            elif kind == TOKEN and _is_known(graph, number):
                step = Step(Place(path, call.span), "is made of what everybody knows, or can try out, here")
                found.append(Hit(TOKEN, call.method, path, graph.function, call, _root(step)))
    for number, span in _given_back(graph):
        walk = walk or Walk(roots, path, graph)
        weak = [root for root in walk.roots(number, (DEEP,)) if root.source == _SOURCE and not _is_picked(roots, root)]
        answer = FlowCall(span, None, HARMLESS, "return", ())
        found += [Hit(SECRET, "return", path, graph.function, answer, root) for root in weak[:1]]
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


def _kept(graph: Graph, call: FlowCall) -> Iterator[tuple[str, int]]:
    """What a call is given, or an assignment puts, under the name of such a token or of another secret, with the kind of sink that it is."""
    for _, column, given, way in put_into(graph, call):
        kept, rest = descended(graph, bare(graph, given), way)
        if not rest and (kind := _kind(column)) is not None:
            yield kind, kept
    if call.callee == "==" or _LOOKS_UP.search(call.method):
        return
    if call.callee == "=":
        yield from ((kind, node) for node in call.arguments[:1] if (kind := _kind(call.method)) is not None)
        return
    yield from ((kind, node) for key, node in call.keywords if (kind := _kind(key)) is not None)
    name = graph.nodes[call.arguments[0]] if call.method in _COOKIES and len(call.arguments) > 1 and call.arguments[0] >= 0 else None
    if type(name) is Constant and _kind(str(name.value)) == SECRET:
        yield SECRET, call.arguments[1]
    pending, left = [*call.arguments[:3]], 20
    while pending and left:
        number, left = pending.pop(), left - 1
        node = whole(graph, number)
        if type(node) is Object:
            yield from ((kind, inner) for key, inner in node.fields if (kind := _kind(key)) is not None)
            pending += [inner for key, inner in node.fields if key in ("data", "$set", "values", "create", "update")]


def _given_back(graph: Graph) -> Iterator[tuple[int, Span]]:
    """What a function gives back under the name of a secret."""
    for number, span in graph.returns:
        node = whole(graph, number)
        for key, inner in node.fields if type(node) is Object else ():
            if _kind(key) == SECRET:
                yield inner, span


def _kind(name: str) -> str | None:
    """What a value of that name is kept as."""
    if _KEY.search(name):
        return TOKEN
    return SECRET if _SECRET_KEY.search(name) else None


def _is_picked(roots: Roots, root: Root) -> bool:
    """The generator only says which of several secrets it is that are there already."""
    place = root.steps[0].place if root.steps else None
    for graph in roots.graphs.of(place.path).values() if place is not None else ():
        for call in graph.calls:
            if place is not None and call.span == place.span and call.method in ("choice", "sample", "choices"):
                return any(_POOL.search(name_of(graph.nodes, number) or "") for number in call.arguments)
    return False


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
