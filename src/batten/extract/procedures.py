"""Functions that clients call by name: procedures of tRPC, functions of Convex and Firebase, server functions of TanStack, actions of Astro, remote functions of SvelteKit; knows no other file.

All are written alike: a function is handed to a call (``protectedProcedure.input(…).mutation(fn)``, ``onCall(fn)``), and what the call is made on says who may.
"""

import re
from collections.abc import Iterator
from functools import cached_property

from batten.extract.declared import Declared, argument, functions_in, handed, step, text
from batten.facts.calls import Call, Function
from batten.facts.routes import Endpoint, RouteKind
from batten.regex import regex
from batten.text import Place

_CONVEX = regex(r"(?:^|/)convex/(?:_generated/|(?P<module>.*)\.[cm]?[jt]sx?$)")
_BUILDER = regex(r"^(?P<internal>internal)?(?P<kind>\w*(?:[qQ]uery|[mM]utation|[aA]ction))(?:Generic)?$")
_KEY = regex(rb"(?P<key>[\w$]+)[\"']?\s*:\s*\Z")
_LONGEST_KEY = 100
_TRPC = {"query": "GET", "mutation": "POST", "subscription": "GET"}
_PROCEDURE = regex(r"^(?P<base>.*?rocedure\w*)(?:\.|$)")
_ROUTERS = ("router", "Router")
# https://svelte.dev/docs/kit/remote-functions
_REMOTE = frozenset(("query", "batch", "command", "form"))
_FIREBASE = ("onCall", "onRequest")


class _Calls:
    """The calls of a file, as they are asked for: by each of its procedures."""

    def __init__(self, functions: tuple[Function, ...]) -> None:
        self._functions = functions

    @cached_property
    def routers(self) -> list[Call]:
        """Those that make routers."""
        return [call for function in self._functions for call in function.calls if step(call).endswith(_ROUTERS)]

    @cached_property
    def _by_start(self) -> dict[int, list[Call]]:
        found: dict[int, list[Call]] = {}
        for function in self._functions:
            for call in function.calls:
                found.setdefault(call.span.start, []).append(call)
        return found

    def chain(self, last: Call) -> list[Call]:
        """Those of the chain that a call ends, in source order."""
        return sorted(self._by_start.get(last.span.start, ()), key=lambda call: call.span.end)


def extract(path: str, functions: tuple[Function, ...], data: bytes) -> Declared:
    """What the file declares; ``data`` are its bytes."""
    convex = _CONVEX.search(path)
    calls = _Calls(functions)
    found: list[Endpoint] = []
    for function in functions:
        for number, wrapper in enumerate(function.wrappers):
            inner = function.wrappers[number + 1 :]
            if any(other.span not in wrapper.span for other in inner):
                continue
            last = step(wrapper)
            before = tuple(other.callee for other in inner)
            if last in _TRPC and "rocedure" in wrapper.callee:
                found.append(_of_trpc(path, calls, function, wrapper, before))
            elif convex is not None and convex["module"] is not None and (builder := _BUILDER.match(last)) and "." not in _path(wrapper):
                found += _of_convex(path, convex["module"], builder, function, wrapper, before)
            elif last in _REMOTE and wrapper.callee.startswith("$app/server#"):
                found.append(_endpoint("sveltekit", path, "GET" if last.startswith("query") else "POST", _name(function), function, before))
            elif last == "defineAction" and wrapper.callee.startswith("astro:actions#"):
                found.append(_endpoint("astro", path, "POST", _key_of(wrapper, function, data), function, before))
            elif last in _FIREBASE and "firebase-functions" in wrapper.callee:
                found.append(_of_firebase(path, last, function, wrapper, before))
            elif last == "handler" and re.search(r"(?:^|#)createServerFn\.", wrapper.callee):
                used = tuple(name for call in calls.chain(wrapper) if step(call) == "middleware" for name in _listed(call))
                method = next((text(call, "0.method") or "GET" for call in calls.chain(wrapper) if step(call) == "createServerFn"), "GET")
                found.append(_endpoint("tanstack", path, method, _name(function), function, (*used, *before)))
            else:
                continue
            break
    return Declared(tuple(found))


def _of_trpc(path: str, calls: _Calls, function: Function, wrapper: Call, before: tuple[str, ...]) -> Endpoint:
    base = _PROCEDURE.match(wrapper.callee)
    used = [name for call in calls.chain(wrapper) if step(call) == "use" for name in handed(argument(call, "0"))]
    # What a builder of the file's own asks before is asked in its value.
    builder = (wrapper.receiver,) if ".use." in wrapper.callee and (wrapper.receiver or "").startswith("#") else ()
    chain = (*((base["base"],) if base is not None else ()), *builder, *used, *before)
    named = ".".join(part for part in (_name(function), *_keys(calls.routers, wrapper)) if part)
    return _endpoint("trpc", path, _TRPC[step(wrapper)], named, function, chain)


def _keys(routers: list[Call], wrapper: Call) -> Iterator[str]:
    """The names that routers around a procedure give it, outermost first."""
    for call in routers:
        if wrapper.span in call.span:
            slots = [a.slot.removeprefix("0.") for a in call.arguments if a.slot.startswith("0.") and wrapper.span in a.span]
            yield from slots[-1:]


def _of_convex(
    path: str, module: str, builder: re.Match[str], function: Function, wrapper: Call, before: tuple[str, ...]
) -> Iterator[Endpoint]:
    if builder["internal"] or builder["kind"] == "httpAction":
        return
    # Builders of one's own put a check before each function; those that are generated put none.
    own = () if "_generated/" in wrapper.callee or "convex/server" in wrapper.callee else (wrapper.callee,)
    method = "GET" if builder["kind"].lower().endswith("query") else "POST"
    yield _endpoint("convex", path, method, f"{module}:{_name(function)}", function, (*own, *before))


def _of_firebase(path: str, last: str, function: Function, wrapper: Call, before: tuple[str, ...]) -> Endpoint:
    private = text(wrapper, "0.invoker") == "private"
    # It says which app asks, and not who sits before it.
    checked = ("firebase-functions#app-check",) if text(wrapper, "0.enforceAppCheck") == "true" else ()
    chain = (*(("firebase-functions#private",) if private else ()), *checked, *before)
    if last == "onRequest":
        return Endpoint("firebase", RouteKind.HTTP, ("ANY",), f"/{_name(function)}", "", f"#{function.name}", function.place, chain)
    return _endpoint("firebase", path, "POST", _name(function), function, chain)


def _key_of(call: Call, function: Function, data: bytes) -> str:
    """The key of the record that holds a call: ``addNote`` of ``export const server = { addNote: defineAction(…) }``."""
    before = _KEY.search(data, max(0, call.span.start - _LONGEST_KEY), call.span.start)
    return before["key"].decode("utf-8", "replace") if before is not None else _name(function)


def _endpoint(framework: str, path: str, method: str, name: str, function: Function, chain: tuple[str, ...]) -> Endpoint:
    place = Place(path, function.place.span)
    return Endpoint(framework, RouteKind.PROCEDURE, (method,), name, "", f"#{function.name}", place, chain)


def _name(function: Function) -> str:
    """What the function that is handed over becomes: ``deletePost`` of ``deletePost.@1``."""
    return function.name.partition(".@")[0].removeprefix("default.") or "default"


def _listed(call: Call) -> Iterator[str]:
    """What a list of names holds: bindings of this file by their names."""
    for found in call.arguments:
        if found.slot.startswith("0.["):
            yield found.name or next(iter(functions_in(found)), "")


def _path(call: Call) -> str:
    return call.callee.rpartition("#")[2]
