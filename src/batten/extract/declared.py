"""What a framework's extractor finds in one file, and how it reads the arguments of calls."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from msgspec import structs

from batten.facts.calls import Argument, Binding, Call, Function, Origin, Source, simple_name
from batten.facts.routes import COMPUTED_PART, Application, Endpoint, Middleware, Mount
from batten.regex import regex
from batten.text import Place

HTTP_METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "all"})
VERBS = HTTP_METHODS - {"all"}
"""Those of the protocol itself."""


class Declared(NamedTuple):
    """Routes, mounts and middleware as one file declares them."""

    endpoints: tuple[Endpoint, ...] = ()
    mounts: tuple[Mount, ...] = ()
    middleware: tuple[Middleware, ...] = ()
    applications: tuple[Application, ...] = ()


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


def paths_in(found: Argument | None) -> tuple[str, ...]:
    """The paths that an argument gives: a constant, each of a list that a loop goes through, or one with a hole, where it is put together when the app runs."""
    if found is None or found.text is not None:
        return () if found is None or found.text is None else (found.text,)
    texts = [source.text for source in found.sources if source.origin is Origin.LITERAL and source.text.startswith("/")]
    if found.name is not None and len(texts) == len(found.sources):
        return tuple(dict.fromkeys(texts))
    start = found.sources[0].text if found.name is None and texts[:1] == [source.text for source in found.sources[:1]] else "/"
    return (f"{start}{COMPUTED_PART}",) if found.sources else ()


def path_of(found: Argument | None, name: str) -> str | None:
    """The path that a decorator gives to the function of a name, with a hole for what is only known when the app runs, and something to tell it by; None for what is no path."""
    if found is None or found.text is not None:
        return None if found is None else found.text
    literals = [source.text for source in found.sources if source.origin is Origin.LITERAL]
    if not found.sources or found.slot not in ("0", "rule", "path") or any(" " in each for each in literals):
        return None
    start = literals[0] if literals and literals[0].startswith("/") and found.sources[0].text == literals[0] else "/"
    rest = literals[-1].strip("/") if literals and literals[-1].strip("/") != start.strip("/") else name
    return f"{start.rstrip('/')}/{COMPUTED_PART}/{rest}"


_PARTIAL = "functools#partial"
"""What it makes is called like the function that it is given first."""


def functions_in(found: Argument | None) -> tuple[str, ...]:
    """The qualified names handed over in an argument, in source order: functions, and calls that make functions."""
    names: list[str] = []
    for source in () if found is None else found.sources:
        if source.text == _PARTIAL or (names and found is not None and _is_method_of(found, names[-1], source)):
            continue
        # `users.list` is rooted in `users` as well; what is handed over is the whole.
        if source.origin in (Origin.NAME, Origin.CALL, Origin.PARAMETER) and not any(_is_within(name, source.text) for name in names):
            names.append(source.text)
    return tuple(names)


# A call that is handed a handler and gives it back guarded is called so; all others are taken for what makes handlers.
_WRAPS = regex(
    r"require|auth|login|log_in|signed|protect|guard|secure|limit|permission|role|admin|verif|only|token|jwt|cache", re.IGNORECASE
)


def wrapped(found: Argument | None) -> tuple[tuple[str, ...], str]:
    """What is called around a handler of Python that is handed over, outermost first, and the handler, or "": ``signed_in(limited(Desk.update))``."""
    names = functions_in(found)
    calls = {source.text for source in found.sources if source.origin is Origin.CALL} if found is not None else set()
    last = next((number for number, name in enumerate(names) if name not in calls), len(names) - 1)
    outer = names[:last]
    around = (
        outer
        if all(_WRAPS.search(re.split(r"[#.]", name)[-1]) for name in outer) and not any(n.endswith(".as_view") for n in outer)
        else ()
    )
    return around, names[len(around)] if names else ""


def _is_method_of(found: Argument, name: str, holder: Source) -> bool:
    """Nothing is written but ``shelves.list``, a method of a parameter whose type is known: the parameter is no function beside it."""
    whole = len(holder.text) + 1 + len(simple_name(name))
    return holder.origin is Origin.PARAMETER and found.span.end - found.span.start == whole


def _is_within(name: str, other: str) -> bool:
    return name.startswith(other) and (other.endswith("#") or name[len(other) :].startswith("."))


def handed(found: Argument | None) -> tuple[str, ...]:
    """The name of what an argument hands over, such as a router, or nothing: its binding, where it has one in this file."""
    if found is not None and found.name is not None:
        return (found.name,)
    return functions_in(found)[:1]


def positional(call: Call) -> Iterator[Argument]:
    """The positional arguments themselves, without the entries of records in them."""
    return (found for found in call.arguments if found.slot.isdigit())


def step(call: Call) -> str:
    """The last step of a callee: ``get`` of ``express#default.get``."""
    return simple_name(call.callee) or call.callee


def every_call(functions: tuple[Function, ...]) -> Iterator[tuple[Function, Call]]:
    """Every call of a file with the function that makes it."""
    for function in functions:
        for call in function.calls:
            yield function, call


def makers(functions: tuple[Function, ...], bindings: tuple[Binding, ...], callees: tuple[str, ...]) -> Iterator[tuple[str, Place, Call]]:
    """Names that stand for what calls of these make, with where they stand and the call: those of the module, then those inside functions."""
    known = set()
    for binding in bindings:
        if binding.name in callees and binding.calls:
            known.add(f"#{binding.local}")
            yield f"#{binding.local}", binding.place, binding.calls[0]
    made = {call.span: (function, call) for function, call in every_call(functions) if call.callee in callees}
    for function in functions if made else ():
        for call in (*function.wrappers, *function.calls):
            if call.made_by in made and call.receiver is not None and call.receiver not in known:
                known.add(call.receiver)
                home, maker = made[call.made_by]
                yield call.receiver, Place(home.place.path, maker.span), maker


def on_its_binding(call: Call, bindings: tuple[Binding, ...]) -> Call:
    """A call in a chain on a new router is one on what the chain is bound to: ``const api = new Hono().get(…)``."""
    if call.receiver is None or not call.callee.startswith(call.receiver):
        return call
    for binding in bindings:
        if call.span in binding.place.span:
            return structs.replace(call, receiver=f"#{binding.local}")
    return call


def host_of(address: str) -> str | None:
    """The host of an absolute address, in lower case, or None."""
    scheme, mark, rest = address.partition("://")
    host = rest.partition("/")[0].rpartition("@")[2].partition(":")[0]
    return host.lower() if mark and scheme and host else None
