"""What is noted on a request for the handlers that come after: ``req.service = true``; who has it has shown what was asked where it is noted. Knows no route."""

from collections.abc import Callable, Iterator

from batten.facts.calls import Function, Guard, is_callers, simple_name
from batten.facts.flows import Constant
from batten.link.callgraph import Code
from batten.link.guards.bearer import is_secret
from batten.link.guards.outside import sounds_like_a_check
from batten.link.guards.protection import Protection
from batten.link.spelled import graph_of
from batten.regex import regex

_NOTED = regex(r"@(?:req|request|ctx)\.(?P<key>\w+)")
# What requests come with.
_SENT = frozenset(("body", "query", "params", "headers", "cookies", "file", "files", "method", "url", "path", "ip", "id", "log", "rawBody"))
_CARRIED = regex(r"\.(?:headers?|cookies)(?:\.|$)")
_MOST_FILES = 12
_Shown = Callable[[str, Function, int], Protection]


def noted(code: Code, path: str, name: str, shown: _Shown) -> Protection:
    """What a caller has shown whose request has a mark of the app's own, wherever that is put there; ``shown``: what they have at a position of a function."""
    asked = _NOTED.fullmatch(name) if not path.endswith(".py") else None
    if asked is None or asked["key"] in _SENT:
        return Protection.NONE
    found: Protection = code.memo.settled(("noted", asked["key"]), Protection.NONE, Protection.UNKNOWN, _weakest, code, asked["key"], shown)
    return found


def _weakest(code: Code, key: str, shown: _Shown) -> Protection:
    files = code.heads.keeping(key)
    marks = list(_marks(code, files, key)) if len(files) <= _MOST_FILES else []
    weakest = min((max(shown(*mark), _by_credential(*mark[1:])) for mark in marks), default=Protection.NONE)
    return weakest if weakest >= Protection.UNKNOWN else Protection.NONE


def _marks(code: Code, files: tuple[str, ...], key: str) -> Iterator[tuple[str, Function, int]]:
    """Where the mark is put on a request, but for what takes it off."""
    for path in files:
        code.ask(path)
        code.memo.look(path)
        for function in code.functions(path).values() if not path.endswith(".py") else ():
            graph = graph_of(code, path, function)
            for call in graph.calls if graph is not None else ():
                if call.callee == "=" and call.method == key and graph is not None:
                    value = graph.nodes[call.arguments[0]] if call.arguments and call.arguments[0] >= 0 else None
                    if not isinstance(value, Constant) or value.value:
                        yield path, function, call.span.start


def _by_credential(function: Function, position: int) -> Protection:
    """A test before it holds a header or a cookie against what has to do with a secret of the server's: whether it is the right one can't be told."""
    tests = (guard for guard in function.guards if position in guard.reach and not guard.inverted)
    return Protection.UNKNOWN if any(_holds_against_secret(guard) for guard in tests) else Protection.NONE


def _holds_against_secret(guard: Guard) -> bool:
    carried = [name for name in guard.names if is_callers(name) and _CARRIED.search(name)]
    others = [simple_name(name) for name in guard.names if name not in carried]
    return bool(carried) and any(is_secret(name) or sounds_like_a_check(name) for name in others)
