"""Requests that go on with the headers of whoever asks, and with no key of the app's own: the caller pays for what is asked.

Where any file that has a hand in the headers reads or holds what may be a key, the app is taken to pay.
"""

from collections.abc import Iterator

from batten.facts.calls import Call, Function, Origin, Source
from batten.facts.flows import Constant, Field, Graph, Object
from batten.facts.project import FileFacts
from batten.link.callgraph import Code
from batten.link.made_of import made_of
from batten.regex import regex

# Clients whose headers may be set far from the request (``axios.defaults``, an instance of another module) are none of these.
_SENDERS = regex(r"(?:fetch|node-fetch\.default|undici\.(?:fetch|request)|https?(?:\.default)?\.request|(?:requests|httpx|aiohttp)\..+)\Z")
# What headers and requests are made with, and copied by: https://developer.mozilla.org/en-US/docs/Web/API/Headers
_COPIES = regex(
    r"(?:Headers|Request|URL|dict|Object\.(?:assign|fromEntries|entries)|JSON\.stringify)\Z"
    r"|.*[#.]Request\.(?:body|json|stream|headers\.(?:items|raw|mutablecopy))\Z"
)
_HEADERS = regex(r"(?:\A|[.#@])headers(?:\.|\Z)")
_HEADER_SLOT = regex(r"(?:\A|\.)headers\Z")
_SET = ("Headers.set", "Headers.append")
_OF_HOST = regex(r"(?:\A@|\.)env\.(?P<name>\w+)")
_SETTING = regex(r"[A-Z][A-Z0-9_]{2,}\Z")
_MAY_BE_KEY = regex(r"(?i:key|token|secret|bearer|password|credential)")
# Settings that say where and how, and open nothing.
_OPENS_NOTHING = regex(
    r"(?:\A|_)(?:PORT|HOST|HOSTNAME|URL|URI|ORIGIN|BASE|ENV|TIMEOUT|DEBUG|LEVEL|MODE|REGION|DOMAIN|VERSION|UPSTREAM)S?\Z"
)
_SAYS_WHO = frozenset(("authorization", "x-api-key", "api-key", "x-goog-api-key"))
# As parts of an address: https://ai.google.dev/api
_KEYED, _OF_ADDRESS = "key=", "key"
_MOST_FILES = 5


def hands_on(code: Code, path: str, function: Function, call: Call) -> bool:
    """The request carries what the caller's did, and nothing that the app would have to add."""
    if _SENDERS.match(code.target(path, call.callee).name) is None:
        return False
    if any(_KEYED in source.text for argument in call.arguments[:1] for source in argument.sources):
        return False
    files, carried = {path}, _is_whole(call) or _sets_headers(function)
    client = code.home(path, call.receiver) if call.receiver is not None else None
    if client is not None:
        files.add(client[0])  # its maker may have given it a key
    for source in _in_headers(call):
        if source.origin is Origin.CALL and _COPIES.match(source.text) is None:
            helper = code.target(path, source.text)
            if helper.path is None or helper.function is None or helper.rest:
                return False
            files.add(helper.path)
            carried = True
        elif source.origin in (Origin.PROPERTY, Origin.NAME) and _HEADERS.search(source.text):
            carried = True
        elif source.origin is Origin.ENVIRONMENT or (source.origin is Origin.NAME and "#" in source.text):
            return False
    return carried and len(files) <= _MOST_FILES and not any(_has_key(code, each) for each in sorted(files))


def _in_headers(call: Call) -> Iterator[Source]:
    for argument in call.arguments:
        if _HEADER_SLOT.search(argument.slot):
            yield from argument.sources


def _is_whole(call: Call) -> bool:
    """The request of the caller is handed over as it came: ``fetch(url, request)``, ``fetch(new Request(url, request))``."""
    first = call.arguments[0].sources if call.arguments else ()
    if any(source.origin is Origin.CALL and source.text == "Request" for source in first):
        return any(source.origin is Origin.PARAMETER for source in first)
    rest = call.arguments[1].sources if len(call.arguments) > 1 else ()
    return bool(rest) and all(source.origin is Origin.PARAMETER for source in rest)


def _sets_headers(function: Function) -> bool:
    """It takes single headers over: ``headers.set("Authorization", request.headers.get("Authorization"))``."""
    return any(
        call.callee in _SET and any(_HEADERS.search(source.text) for argument in call.arguments[1:] for source in argument.sources)
        for call in function.calls
    )


def _has_key(code: Code, path: str) -> bool:
    found: bool = code.memo.once(("may hold a key", path), _may_hold, code, path)
    return found


def _may_hold(code: Code, path: str) -> bool:
    file = code.file(path)
    if file is None or not file.parsed or file.secrets:
        return True
    read = (variable.name for variable in file.variables if not variable.defined)
    named = [*(entry.local for entry in file.imports), *(entry.local for entry in file.bindings)]
    return (
        any(_OPENS_NOTHING.search(name) is None for name in (*read, *_of_host(file)))
        or any(_MAY_BE_KEY.search(name) for name in named)
        or any(_reads_key(graph) for graph in file.graphs)
    )


def _of_host(file: FileFacts) -> Iterator[str]:
    """What hosts of functions hand a handler: ``env.KEY`` of Workers."""
    for function in file.functions:
        for call in function.calls:
            for argument in call.arguments:
                yield from (found["name"] for source in argument.sources if (found := _OF_HOST.search(source.text)) is not None)


def _reads_key(graph: Graph) -> bool:
    """It reads a setting or what is named as keys are, or says by something of its own who asks."""
    if not graph.complete:
        return True
    for node in graph.nodes:
        if (
            isinstance(node, Field)
            and _OPENS_NOTHING.search(node.key) is None
            and (_SETTING.match(node.key) or _MAY_BE_KEY.search(node.key))
        ):
            above = graph.nodes[node.of]
            if not (isinstance(above, Field) and above.key == "headers"):
                return True
    return any(not _is_of_headers(graph, value) for value in _credentials(graph))


def _credentials(graph: Graph) -> Iterator[int]:
    """What is put where servers of models look for a key."""
    for node in graph.nodes:
        if isinstance(node, Object):
            yield from (value for key, value in node.fields if key.lower() in _SAYS_WHO)
    for call in graph.calls:
        if call.callee == "=" and call.method.lower() in _SAYS_WHO:
            yield from call.arguments[:1]
        elif call.method in ("set", "append") and len(call.arguments) > 1:
            key = graph.nodes[call.arguments[0]] if call.arguments[0] >= 0 else None
            if isinstance(key, Constant) and str(key.value).lower() in {*_SAYS_WHO, _OF_ADDRESS}:
                yield call.arguments[1]


def _is_of_headers(graph: Graph, value: int) -> bool:
    return any(isinstance(node, Field) and node.key == "headers" for node in (graph.nodes[each] for each in made_of(graph, value)))
