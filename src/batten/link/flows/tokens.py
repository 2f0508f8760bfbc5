"""Tokens whose content is read without a look at their signature, and what of it is used; knows no rule."""

import re
from collections.abc import Iterator

from batten.facts.calls import simple_name
from batten.facts.flows import SELF, Changed, Checked, Choice, Constant, Field, FlowCall, Graph, Named, Result
from batten.link.flows.graphs import Graphs
from batten.link.made_of import made_of
from batten.regex import regex

WHOLE = "*"
"""Among what is read of a value: it is kept somewhere, as it is."""
GIVEN = "given"
"""The only thing that is said of a value: it is given back by a function that nothing here calls."""
_GIVEN = "return"
_DEEPEST = 3
# What is in a token stands in an inner record of what some decoders give.
_INNER = frozenset(("payload", "claims", "data"))
_READS = frozenset(("get", "pop", "getClaim", "get_claim"))
_CUTS = frozenset(("split", "replace", "strip", "trim", "slice", "substring"))
# They give a row of a database.
_OF_ROWS = regex(
    r"^(?:first|one|one_or_none|scalars?|scalar_\w+|fetchone|find_?(?:one|first|unique|by_?id)\w*|maybeSingle|single)$", re.IGNORECASE
)
_PARSERS = frozenset(("parse", "loads"))
# Whoever asks one of these about a token has it verified, or asks whoever made it.
_VERIFIES = regex(
    r"(?<!un)verif|(?<!in)valid|introspect|getUser|get_user|getClaims|get_claims|authenticate|jwtVerify|checkToken|check_token|constructEvent",
    re.IGNORECASE,
)
# A token that somebody else's server has just handed over needs no signature: it came by a connection of one's own.
_FETCHED = regex(
    r"json|fetch|exchange|access_?token|post|request|acquire|refresh|sign_?in|login|authorize|callback|getToken|get_token|data",
    re.IGNORECASE,
)
_ASKED = regex(r"^@?(?:req|request|c|ctx|context|event|headers?|cookies?|body)\b", re.IGNORECASE)
_MOST_STEPS = 40
_COOKIES = "cookies"
_OF_SESSION = regex(
    r"(?:__(?:host|secure)-)?(?:\w+[-_.])??(?:current[-_]?)?(?:session|sess|auth|user|account|admin|login|identity)(?:[-_.]?(?:data|info|user|session|token|cookie|state|name|key))*",
    re.IGNORECASE,
)
# What anybody can undo: none of these needs a key.
_PLAIN = frozenset(("atob", "decodeURIComponent", "unescape", "from", "String", "b64decode", "urlsafe_b64decode", "unquote"))


def is_verified(graph: Graph) -> bool:
    """Something in the function verifies tokens, or asks whoever made them."""
    return any(_VERIFIES.search(call.method) for call in graph.calls if call.callee not in ("=", "=="))


def is_fetched(graph: Graph, call: FlowCall) -> bool:
    """The token is what a server was asked for just now, or what the app itself has kept in a row."""
    number = call.arguments[0] if call.arguments else -1
    for _ in range(_MOST_STEPS):
        node = graph.nodes[number] if number >= 0 else None
        match node:
            case Field(of=inner) | Checked(of=inner) | Changed(before=inner):
                number = inner
            case Result(call=index):
                made = graph.calls[index]
                if (made.method in _CUTS or made.method in _READS) and made.receiver >= 0:
                    number = made.receiver
                    continue
                if _OF_ROWS.search(made.method) and number != call.arguments[0]:
                    return True
                asked = _ASKED.search((made.callee or "").rpartition("#")[2])
                return asked is None and _FETCHED.search(made.method) is not None
            case _:
                return False
    return False


def decoded_by_hand(graph: Graph) -> Iterator[FlowCall]:
    """Calls that read what is between the two dots of a token: ``JSON.parse(atob(token.split('.')[1]))``."""
    halves = {
        number
        for number, node in enumerate(graph.nodes)
        if type(node) is Field
        and node.key == "1"
        and type(split := graph.nodes[node.of]) is Result
        and _splits(graph, graph.calls[split.call])
    }
    for call in graph.calls if halves else ():
        if call.method in _PARSERS and call.arguments and halves & set(made_of(graph, call.arguments[0])):
            yield call


def believed_cookies(graph: Graph) -> Iterator[FlowCall]:
    """Calls that read who somebody is out of a cookie that they could write themselves: ``JSON.parse(cookies().get("session").value)``."""
    for call in graph.calls:
        if call.method in _PARSERS and call.arguments and _is_session(graph, call.arguments[0]):
            yield call


def _is_session(graph: Graph, number: int) -> bool:
    """It is the text of a cookie of that name, as it came: nothing has opened or verified it on the way."""
    named = False
    for _ in range(_MOST_STEPS):
        match graph.nodes[number] if number >= 0 else None:
            case Checked(of=inner) | Changed(before=inner):
                number = inner
            case Choice(of=several) if several:
                number = several[0]
            case Field(of=inner, key=key):
                if key == _COOKIES:
                    return named
                named = named or _OF_SESSION.fullmatch(key) is not None
                number = inner
            case Result(call=index):
                made = graph.calls[index]
                if made.method == _COOKIES:
                    return named and (made.callee or "").endswith(("next/headers#cookies", "cookies"))
                if made.method == "get" and made.receiver >= 0 and made.arguments:
                    named = named or _OF_SESSION.fullmatch(_word(graph, made.arguments[0])) is not None
                    number = made.receiver
                elif made.method in _CUTS or made.method == "toString":
                    number = made.receiver
                elif made.method in _PLAIN and made.arguments:
                    number = made.arguments[0]
                else:
                    return False
            case _:
                return False
    return False


def _word(graph: Graph, number: int) -> str:
    """A constant text, or the last step of the name of one: ``SESSION_COOKIE``."""
    match graph.nodes[number] if number >= 0 else None:
        case Constant(value=str() as text):
            return text
        case Named(name=name):
            return simple_name(name)
    return ""


def _splits(graph: Graph, call: FlowCall) -> bool:
    given = graph.nodes[call.arguments[0]] if call.method == "split" and call.arguments and call.arguments[0] >= 0 else None
    return type(given) is Constant and given.value == "."


def reads(graphs: Graphs, path: str, graph: Graph, call: FlowCall) -> tuple[str, ...]:
    """The keys that are read of what a call gives, sorted; ``WHOLE`` where it is kept, ``GIVEN`` alone where others get it. What a function does that verifies tokens is none of it."""
    found: set[str] = set()
    given = False
    pending, seen = [(path, graph, call, 0)], set[tuple[str, str]]()
    while pending:
        at, inside, made, depth = pending.pop()
        if is_verified(inside):
            continue
        keys = _reads(inside, made)
        found |= keys - {_GIVEN}
        me = (at, inside.function)
        if _GIVEN in keys and inside.function and depth < _DEEPEST and me not in seen:
            seen.add(me)
            callers = graphs.callers(*me)
            pending += [(caller.path, caller.graph, caller.call, depth + 1) for caller in callers]
            given = given or not callers
    return tuple(sorted(found)) if found or not given else (GIVEN,)


def _reads(graph: Graph, call: FlowCall) -> set[str]:
    index = next((number for number, other in enumerate(graph.calls) if other is call), None)
    same = _same(graph, index)
    found = {node.key for node in graph.nodes if type(node) is Field and node.of in same}
    for other in graph.calls:
        if other.receiver in same and other.method in _READS and other.arguments:
            key = graph.nodes[other.arguments[0]] if other.arguments[0] >= 0 else None
            if type(key) is Constant:
                found.add(str(key.value))
        if other.callee == "=" and any(each in same for each in other.arguments):
            found.add(WHOLE)
    if any(node in same for node, _ in graph.returns):
        found.add(_GIVEN)
    return found


def _same(graph: Graph, index: int | None) -> frozenset[int]:
    """The nodes that stand for what a call gives, or for the record in it that the token holds."""
    same: set[int] = set()
    for number, node in enumerate(graph.nodes):
        match node:
            case Result(call=of) if of == index:
                same.add(number)
            case Checked(of=inner) if inner in same:
                same.add(number)
            case Changed(before=inner, slot=slot) if inner in same and slot == SELF:
                same.add(number)
            case Choice(of=several) if same.intersection(several):
                same.add(number)
            case Field(of=inner, key=key) if inner in same and key in _INNER:
                same.add(number)
    return frozenset(same)
