"""Calls that call what they are handed: ``to_thread(f, x)`` is ``f(x)``, now or later; the ways of both languages are known here, and of what apps run tasks with."""

from typing import NamedTuple

from batten.code.model import Call
from batten.extract.flows.nodes import State
from batten.extract.flows.reading import Reading
from batten.facts.calls import simple_name
from batten.facts.flows import ANY, HARMLESS, Field, FlowCall, Named

_TARGETS = frozenset(("Thread", "Process", "Timer", "Greenlet"))


class _Handed(NamedTuple):
    """Where the function stands among the arguments, and what it is called with: those from ``first`` on. ``gives``: the call gives what the function does."""

    function: int
    first: int
    gives: bool = False


# https://docs.python.org/3/library/asyncio-task.html#asyncio.to_thread, https://www.starlette.io/background/, https://anyio.readthedocs.io/en/stable/threads.html
_LATER = {
    "to_thread": _Handed(0, 1, gives=True),
    "run_in_executor": _Handed(1, 2, gives=True),
    "run_in_threadpool": _Handed(0, 1, gives=True),
    "run_sync": _Handed(0, 1, gives=True),
    "submit": _Handed(0, 1, gives=True),
    "apply_async": _Handed(0, 9, gives=True),
    "add_task": _Handed(0, 1),
    "add_job": _Handed(0, 9),
    "enqueue": _Handed(0, 1),
    "partial": _Handed(0, 1),
    "call_soon": _Handed(0, 1),
    "call_soon_threadsafe": _Handed(0, 1),
    "call_later": _Handed(1, 2),
    "start_soon": _Handed(0, 1),
    "Timer": _Handed(1, 9),
    # https://developer.mozilla.org/en-US/docs/Web/API/Window/setTimeout#parameters, https://nodejs.org/api/process.html#processnexttickcallback-args
    "setTimeout": _Handed(0, 2),
    "setInterval": _Handed(0, 2),
    "setImmediate": _Handed(0, 1),
    "nextTick": _Handed(0, 1),
}
# Methods of functions: with the object that they are called on before the arguments, or as a list; and Celery's:
# https://docs.celeryq.dev/en/stable/userguide/calling.html
_OF_TASKS = frozenset(("delay", "apply_async"))
_OF_FUNCTIONS = frozenset(("call", "apply", *_OF_TASKS))


def deferred(
    reading: Reading,
    state: State,
    node: Call,
    name: str | None,
    receiver: int,
    method: str,
    arguments: list[int],
    keywords: list[tuple[str, int]],
) -> int | None:
    """Do the call of the function that is handed over; the node of what the whole gives, None where that is left to the call itself."""
    if method in _OF_FUNCTIONS:
        return _of_function(reading, state, node, name, receiver, method, arguments, keywords)
    if method == "map" and reading.python and len(arguments) > 1:
        return _mapped(reading, state, node, arguments)
    given = dict(keywords)
    handed = _LATER.get(method)
    if method in _TARGETS and "target" in given:
        function, inner = given["target"], []
    elif handed is not None and len(arguments) > handed.function:
        function, inner = arguments[handed.function], arguments[handed.first :]
    else:
        return None
    rest = (
        [(key, number) for key, number in keywords if key not in ("target", "args", "kwargs", "name", "daemon")]
        if method not in _TARGETS
        else []
    )
    rest += [("**", given["kwargs"])] if "kwargs" in given else []
    spread = False
    if "args" in given:
        inner, spread = _items(state, given["args"])
    made = _called(reading, state, node, function, inner, rest, spread=spread)
    if made is None or handed is None or not handed.gives:
        return None
    reading.promised.add(made)
    return made


def _of_function(
    reading: Reading,
    state: State,
    node: Call,
    name: str | None,
    receiver: int,
    method: str,
    arguments: list[int],
    keywords: list[tuple[str, int]],
) -> int | None:
    if (method in _OF_TASKS) is not reading.python:
        return None
    spread, me, named = False, receiver, None
    if method == "apply_async":
        given = {**dict(zip(("args", "kwargs"), arguments, strict=False)), **dict(keywords)}
        arguments, spread = _items(state, given["args"]) if "args" in given else ([], False)
        keywords = [("**", given["kwargs"])] if "kwargs" in given else []
    elif method != "delay":
        me, arguments = (arguments[0], arguments[1:]) if arguments else (HARMLESS, [])
        if method == "apply" and arguments:
            arguments, spread = _items(state, arguments[0])
        # What the function is called by is told by its value, where a variable holds it.
        named = _named(reading, receiver)
    if named is not None:
        callee, _, last = named
    elif name is not None and name.endswith(f".{method}"):
        callee = name.removesuffix(f".{method}")
        last = simple_name(callee)
    else:
        return None
    return reading.call(_call(reading, state, node, callee, me, last, arguments, keywords, spread=spread))


def _mapped(reading: Reading, state: State, node: Call, arguments: list[int]) -> int | None:
    """Python's ``map``, of builtins and pools: the function is called with each element."""
    inner = [reading.nodes.field(state, number, ANY) for number in arguments[1:]]
    made = _called(reading, state, node, arguments[0], inner, [], spread=False)
    return None if made is None else reading.nodes.made(state, {ANY: made})


def _items(state: State, number: int) -> tuple[list[int], bool]:
    """What is in a list that is handed over as arguments; the list itself where that can't be told."""
    held = state.heap.get(number)
    if held is not None and held.size is not None:
        return [held.fields.get(str(index), HARMLESS) for index in range(held.size)], False
    return [number], True


def _called(
    reading: Reading, state: State, node: Call, function: int, arguments: list[int], keywords: list[tuple[str, int]], *, spread: bool
) -> int | None:
    """The result of the call of a function that is known by a name, or as a method of something."""
    named = _named(reading, function)
    if named is None:
        return None
    callee, me, method = named
    return reading.call(_call(reading, state, node, callee, me, method, arguments, keywords, spread=spread))


def _named(reading: Reading, function: int) -> tuple[str | None, int, str] | None:
    """The name of a function that a value is, what it is a method of, and the last step of the name."""
    nodes = reading.nodes
    known = nodes.nodes[function] if function >= 0 else None
    if type(known) is Field:
        return nodes.name_of(function) or reading.own_method(known), known.of, known.key
    if type(known) is Named:
        return known.name, HARMLESS, simple_name(known.name)
    return None


def _call(
    reading: Reading,
    state: State,
    node: Call,
    callee: str | None,
    receiver: int,
    method: str,
    arguments: list[int],
    keywords: list[tuple[str, int]],
    *,
    spread: bool,
) -> FlowCall:
    nodes = reading.nodes

    def settled(number: int) -> int:
        return nodes.checked(state, nodes.frozen(state, number))

    return FlowCall(
        node.span,
        callee,
        settled(receiver),
        method,
        tuple([settled(number) for number in arguments]),
        tuple([(key, settled(number)) for key, number in keywords]),
        spread=spread,
    )
