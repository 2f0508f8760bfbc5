"""Where servers listen that a file starts: for this machine alone, as far as constants tell."""

from batten.link.callgraph import Code

_LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))


def listens_here(code: Code, path: str) -> bool:
    """A file starts a server, and each that it starts is for this machine: ``app.listen(3000, "127.0.0.1")``."""
    calls = [
        call
        for function in code.functions(path).values()
        for call in function.calls
        if call.callee.endswith((".listen", "uvicorn#run", ".run"))
    ]
    bound = [any(argument.text in _LOOPBACK for argument in call.arguments) for call in calls if call.arguments]
    return bool(bound) and all(bound)
