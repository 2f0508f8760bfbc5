"""Where servers listen that a file starts: for this machine alone, as far as constants tell."""

from batten.facts.calls import Call
from batten.link.callgraph import Code

_LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))
# https://www.uvicorn.org/settings/#socket-binding
_HERE_BY_ITSELF = "uvicorn#run"
_ADDRESS = frozenset(("host", "port"))


def listens_here(code: Code, path: str) -> bool:
    """A file starts a server, and each that it starts is for this machine: ``app.listen(3000, "127.0.0.1")``."""
    calls = [call for function in code.functions(path).values() for call in function.calls if _starts(call)]
    bound = [_is_here(call) for call in calls]
    return bool(bound) and all(bound)


def _starts(call: Call) -> bool:
    """A call that starts a server; what else is run is given no address."""
    if call.callee == _HERE_BY_ITSELF or call.callee.endswith(".listen"):
        return bool(call.arguments)
    return call.callee.endswith(".run") and any(argument.slot in _ADDRESS for argument in call.arguments)


def _is_here(call: Call) -> bool:
    by_itself = call.callee == _HERE_BY_ITSELF and all(argument.slot != "host" for argument in call.arguments)
    return by_itself or any(argument.text in _LOOPBACK for argument in call.arguments)
