"""What a hash is made for, by the names of what is hashed and of the function that does it: to tell texts and files apart, or to keep something safe."""

import re
from collections.abc import Iterator

from batten.facts.calls import simple_name
from batten.facts.flows import Constant, Field, FlowCall, Given, Graph, Named, Result
from batten.link.flows.graphs import Graphs
from batten.link.flows.spelled import shown
from batten.link.made_of import made_of
from batten.regex import regex

KIND = "weak-hash"
FAST = "fast-hash"
"""Hashes that hold, and are made quickly: only told of where passwords are hashed."""
OF_PASSWORDS = "password-hash"
"""Either of them, where the names say that a password is hashed."""
_PASSWORD = regex(
    r"pass_?(?:word|wd|w)?(?:_?(?:hash|text|plain|raw|bytes|input|[12]))?|(?:\w*_)?(?:password|passwd|pwd|pass)(?:_(?:plain|raw|text|bytes|input))?|\w+Password|(?:plain|raw)_?[Pp]ass\w*|(?:pass|code)_?(?:phrase|word)|pass_?code",
    re.IGNORECASE,
)
_MAKES_HASH = regex(
    r"_*(?:hash|make|encode|encrypt|verify|check|compare|validate|generate|get|create|compute)_?(?:user_?)?(?:password|passwd|passw|pass|pwd)(?:_?hash)?|(?:password|pass|pwd)_?hash(?:er)?",
    re.IGNORECASE,
)
# What is made of passwords by these takes its time; what is looked up elsewhere is no password that is kept.
_SLOW = regex(r"[bs]crypt|argon|pbkdf|hkdf|werkzeug|passlib|pwdlib|pwned|breach|leaked", re.IGNORECASE)
_KNOWN_ONES = "pwnedpasswords.com"
_RANGE = 5
_TELLS_APART = regex(
    r"cache|cdn|compress|feature_?flag|e_?tag|check_?sum|finger_?print|rollout|bucket|dedup|duplicate|slug|colou?r|avatar|gravatar|shard|partition|content|buffer|(?<!pro)file|chunk|html|css|image|index_?name|subscriber|web_?socket",
    re.IGNORECASE,
)
_KEEPS_SAFE = regex(r"pass|pwd|secret|token|sign|cred|salt|otp|auth|login|cookie|session|verif|licen[cs]e|api_?key|user", re.IGNORECASE)


def tells_apart(path: str, graph: Graph, call: FlowCall) -> bool:
    """All names, that of the file as well, say that it is only looked at whether two things are one."""
    chain = [each for each in graph.calls if each.span.start == call.span.start and each.method in (call.method, "update")]
    hashed = [shown(graph, number) or "" for each in chain for number in each.arguments]
    names = [path.rpartition("/")[2], graph.function.rpartition(".")[2], *(_bare(text) for text in hashed)]
    return any(_TELLS_APART.search(name) for name in names) and not any(_KEEPS_SAFE.search(name) for name in names)


def of_passwords(graphs: Graphs, path: str, graph: Graph, call: FlowCall) -> bool:
    """The names say that a password is hashed, and nothing beside it takes its time."""
    function = graph.function.rpartition(".")[2]
    if _is_looked_up(graphs, path, graph):
        return False
    if _SLOW.search(f"{path} {graph.function}") or any(_SLOW.search(f"{each.callee or ''} {each.method}") for each in graph.calls):
        return False
    if any(type(node) is Constant and isinstance(node.value, str) and _SLOW.search(node.value) for node in graph.nodes):
        return False
    given = {number for each in _steps(graph, call) for argument in each.arguments for number in made_of(graph, argument)}
    return bool(given) and (_MAKES_HASH.fullmatch(function) is not None or any(_is_password(graph, number) for number in given))


def _is_looked_up(graphs: Graphs, path: str, graph: Graph) -> bool:
    """Five digits of the hash are cut off, and the file asks for the passwords known by them: https://haveibeenpwned.com/API/v3#PwnedPasswords."""
    if not any(type(node) is Constant and node.value == _RANGE for node in graph.nodes):
        return False
    texts = (node.value for other in graphs.of(path).values() for node in other.nodes if type(node) is Constant)
    return any(isinstance(text, str) and _KNOWN_ONES in text for text in texts)


def _steps(graph: Graph, call: FlowCall) -> Iterator[FlowCall]:
    """The call, and those that put something into what it gives."""
    yield call
    for each in graph.calls:
        made = made_of(graph, each.receiver) if each.method == "update" and each is not call else ()
        if any(type(node := graph.nodes[number]) is Result and graph.calls[node.call] is call for number in made):
            yield each


def _is_password(graph: Graph, number: int) -> bool:
    match graph.nodes[number]:
        case Given(index=index) if 0 <= index < len(graph.parameters):
            name = graph.parameters[index]
        case Field(key=key):
            name = key
        case Named(name=qualified):
            name = simple_name(qualified)
        case Result(call=index) if graph.calls[index].method == "get" and graph.calls[index].arguments:
            name = shown(graph, graph.calls[index].arguments[0]) or ""
        case _:
            return False
    return _PASSWORD.fullmatch(name.lstrip("*_")) is not None


def _bare(text: str) -> str:
    """What is hashed without the module that it comes from."""
    return text.rpartition("#")[2]
