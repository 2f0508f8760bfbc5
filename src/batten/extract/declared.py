"""What a framework's extractor finds in one file, and how it reads the arguments of calls."""

from collections.abc import Iterator
from typing import NamedTuple

from batten.facts.calls import Argument, Call, Function, Origin
from batten.facts.routes import Endpoint, Middleware, Mount

HTTP_METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "all"})


class Declared(NamedTuple):
    """Routes, mounts and middleware as one file declares them."""

    endpoints: tuple[Endpoint, ...] = ()
    mounts: tuple[Mount, ...] = ()
    middleware: tuple[Middleware, ...] = ()


def argument(call: Call, *slots: str) -> Argument | None:
    """The first of the named slots that the call fills."""
    for found in call.arguments:
        if found.slot in slots:
            return found
    return None


def text(call: Call, *slots: str) -> str | None:
    """The constant text in one of the slots, or None."""
    found = argument(call, *slots)
    return None if found is None else found.text


def functions_in(found: Argument | None) -> tuple[str, ...]:
    """The qualified names handed over in an argument, in source order: functions, and calls that make functions."""
    if found is None:
        return ()
    return tuple(source.text for source in found.sources if source.origin in (Origin.NAME, Origin.CALL, Origin.PARAMETER))


def positional(call: Call) -> Iterator[Argument]:
    """The positional arguments themselves, without the entries of records in them."""
    return (found for found in call.arguments if found.slot.isdigit())


def step(call: Call) -> str:
    """The last step of a callee: ``get`` of ``express#default.get``."""
    return call.callee.rpartition("#")[2].rpartition(".")[2] or call.callee


def every_call(functions: tuple[Function, ...]) -> Iterator[tuple[Function, Call]]:
    """Every call of a file with the function that makes it."""
    for function in functions:
        for call in function.calls:
            yield function, call


def host_of(address: str) -> str | None:
    """The host of an absolute address, in lower case, or None."""
    scheme, mark, rest = address.partition("://")
    host = rest.partition("/")[0].rpartition("@")[2].partition(":")[0]
    return host.lower() if mark and scheme and host else None
