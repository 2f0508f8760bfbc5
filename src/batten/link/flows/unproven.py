"""New passwords for accounts that a request names, where nothing in the function asks for a proof that they are the caller's; knows no framework."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from batten.facts.flows import Changed, Checked, Choice, Constant, Field, FlowCall, Given, Graph, Named, Object, Result
from batten.facts.project import FileFacts
from batten.finding import Step
from batten.link.flows.authority import PASSWORDS
from batten.link.flows.handlers import Handler
from batten.link.flows.origins import Root
from batten.link.flows.roots import Roots
from batten.link.flows.sinks import Hit
from batten.link.flows.ways_in import WaysIn
from batten.link.made_of import made_of
from batten.regex import regex
from batten.text import Place

UNPROVEN = "reset-unproven"
"""The kind of sinks that give somebody's account a new password, whoever asks for it."""
_KEPT = PASSWORDS | {"hashed_password", "password_hash", "passwordHash", "hashedPassword", "encrypted_password", "hash", "pw_hash"}
_SETS = frozenset(("set_password", "setPassword", "set_user_password"))
_UPDATES = regex(r"(?i)^(?:update(?!_or_create)|find_?(?:one|by_?id)?_?and_?update|set$)")
_LOOKS_UP = regex(r"(?i)^(?:find|get|first|one|fetch|query|select|scalar|load|search|by_?)")
_SQL = regex(r"(?i)^\s*update\s+[\w\"'`.\[\]]+\s+set\b[^;]{0,200}?\bpass(?:word|wd|_?hash)?\w*[\"'`\]]?\s*=")
_RUNS = frozenset(("execute", "query", "run", "exec", "raw", "fetch", "executemany", "prepare", "text"))
# What is asked for of whoever may have a new password: a token or a code that was sent, the old password, a session, an answer.
_PROOF = regex(
    r"(?i)(?<!status_)(?<!status)(?<!error_)(?<!en)(?<!de)(?:code)s?(?![a-z])|otp|token|secret|signature|signed|nonce|(?<![a-z])pin(?![a-z])|uidb?64|answer|question|jwt|verif|check_?password|compare(?!d_)|"
    r"(?:old|current|existing|previous|original)_?(?:pass|pw|user|account)|authenticate|logged_?in|is_?auth|get_?session|getserversession|(?<![a-z])auth(?![a-z])|expir|(?<!pass)(?<!public_)(?<!primary_)(?<!foreign_)(?<!_)key(?!s?\Z|word|error|_error)|hash_?check|date_?of_?birth|(?<![a-z])dob(?![a-z])|captcha_?answer|abort_if|permission|is_?admin|is_?staff|role(?![a-z])"
)
_SESSIONS = frozenset(("session", "g", "current_user", "cookies", "headers", "authorization"))
# With the service key nobody is asked: https://supabase.com/docs/reference/javascript/auth-admin-updateuserbyid
_OF_ADMIN = regex(r"(?:^|\.)auth\.admin(?=\.|$)|^(?:NEXT_PUBLIC_|VITE_)?SUPABASE_\w+$")
_MOST = 30


def unproven(
    reached: Mapping[tuple[str, str], Graph],
    files: Iterable[FileFacts],
    roots: Roots,
    entries: Mapping[tuple[str, str], Handler],
    ways: WaysIn,
) -> Iterator[Hit]:
    """A hit for each in the handlers of requests, and in what they call."""

    @cache
    def asks(place: tuple[str, str]) -> bool:
        entry = entries.get(place)
        return _asks(reached[place]) or (entry is not None and any(_PROOF.search(name) for name in entry.chain))

    may = {
        (file.path, function) for file, functions in roots.graphs.memo.said("may set passwords", files, _may_set) for function in functions
    }
    for (path, _), graph in sorted((place, graph) for place, graph in reached.items() if place in may):
        call = _given(graph)
        entry = ways.of((path, graph.function), entries, asks) if call is not None else None
        if call is not None and entry is not None:
            steps = (Step(Place(path, call.span), "the account that a request names is given a password of the caller's choice here"),)
            root = Root("request", (path, graph.function), 0, (), frozenset(), True, steps)
            yield Hit(UNPROVEN, call.method, path, graph.function, call, root, entry=entry)


def _may_set(file: FileFacts) -> frozenset[str]:
    return frozenset(graph.function for graph in file.graphs if _given(graph) is not None)


def _given(graph: Graph) -> FlowCall | None:
    """Where an account is given a new password, if nothing in the function reads like a proof."""
    found = next((call for call in graph.calls if _gives(graph, call)), None)
    return None if found is None or _asks(graph) else found


def _asks(graph: Graph) -> bool:
    """Something in the function reads like a proof, or asks who calls."""
    return any(_PROOF.search(_OF_ADMIN.sub("", word)) for word in _words(graph)) or _is_known(graph)


def _gives(graph: Graph, call: FlowCall) -> bool:
    if call.callee == "=":
        return call.method in _KEPT and bool(call.arguments) and call.arguments[0] >= 0 and _was_found(graph, call.receiver)
    if call.method in _SETS:
        return _was_found(graph, call.receiver)
    if call.method in _RUNS:
        first = graph.nodes[call.arguments[0]] if call.arguments and call.arguments[0] >= 0 else None
        return type(first) is Constant and isinstance(first.value, str) and _SQL.search(first.value) is not None
    if not _UPDATES.search(call.method):
        return False
    given = [*call.arguments, *[node for key, node in call.keywords if key in ("data", "values")]]
    return any(key in _KEPT for key, _ in call.keywords) or any(key in _KEPT for number in given for key in _keys(graph, number))


def _keys(graph: Graph, number: int) -> Iterator[str]:
    pending, left = [number], _MOST
    while pending and left:
        each, left = pending.pop(), left - 1
        match graph.nodes[each] if each >= 0 else None:
            case Object(fields=fields, base=base):
                yield from (key for key, inner in fields if inner >= 0)
                pending += [inner for key, inner in fields if key in ("data", "$set", "values")]
                pending.append(base)
            case Checked(of=inner) | Changed(before=inner):
                pending.append(inner)


def _was_found(graph: Graph, number: int) -> bool:
    """It is a row that was looked up here."""
    for _ in range(_MOST):
        match graph.nodes[number] if number >= 0 else None:
            case Checked(of=inner) | Changed(before=inner) | Object(base=inner):
                number = inner
            case Choice(of=several):
                number = several[0]
            case Result(call=index):
                call = graph.calls[index]
                return _LOOKS_UP.search(call.method) is not None and not call.new and not _is_sent(graph, call)
            case _:
                return False
    return False


def _is_sent(graph: Graph, call: FlowCall) -> bool:
    """It gives what the caller sent: ``request.get_json()``."""
    return (call.callee or "").endswith("#request.get_json") or (
        call.receiver >= 0 and any(_is_request(graph, each) for each in made_of(graph, call.receiver))
    )


def _words(graph: Graph) -> Iterator[str]:
    """All that is named in a function, and the short texts in it."""
    yield from graph.parameters
    for call in graph.calls:
        yield from (call.method, call.callee.rpartition("#")[2] if call.callee else "", *[key for key, _ in call.keywords])
    admins = {node.of for node in graph.nodes if type(node) is Field and node.key == "admin"}
    for number, node in enumerate(graph.nodes):
        match node:
            case Field(key="auth") if number in admins:
                pass
            case Field(key=word) | Named(name=word) | Constant(value=str() as word) if " " not in word:
                yield word.rpartition("#")[2]


def _is_known(graph: Graph) -> bool:
    """The function asks who calls: of the session, or of the request's headers."""
    for node in graph.nodes:
        match node:
            case Named(name=name) if name.rpartition("#")[2].partition(".")[0] in _SESSIONS and "#" in name and "sqlalchemy" not in name:
                return True
            case Field(key=key, of=of) if key in _SESSIONS and any(_is_request(graph, each) for each in made_of(graph, of)):
                return True
    return False


def _is_request(graph: Graph, number: int) -> bool:
    match graph.nodes[number]:
        case Given(index=index) if 0 <= index < len(graph.parameters):
            return graph.parameters[index] in ("request", "req", "ctx", "c", "context", "self")
        case Named(name=name):
            return name.endswith("#request")
    return False
