"""What of a request was looked up together with the caller, and where that holds; knows no database."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from batten.facts.calls import Argument, Call, Function, Guard, Origin, Source, is_callers
from batten.link.by_place import chain_of
from batten.regex import regex

PICKED = ("id__in", "pk__in")
"""How Django is asked for rows that the caller has picked (favourites): they need not be theirs."""
# It asks for rows, or for one, whatever becomes of them.
_ASKS = regex(r"(?:^|[.#])(?:find|get|fetch|load|read|select|filter|first|list|count|query)(?:[A-Z_]\w*)?$")
_FINDS_ONE = regex(r"(?:^|[.#])(?:find_?(?:One|Unique|First|by)|get(?!_?(?:All|List|Many))|fetch_?One|first)(?:[A-Z_]\w*)?$", re.IGNORECASE)
# They give one of many rows, or say whether it is among them.
_PICKING = frozenset(("find", "some", "findIndex", "findLast"))
_ID = regex(r"\._?(?:id|uuid|\w+Id|\w+_id)$")
_HANDED = (Origin.PARAMETER, Origin.PROPERTY)
_OF_ROUTE = regex(r"\.(?:get|post|put|patch|delete|api_route|route)$")
_BODY = regex(r"@(?:payload|decoded)(?:\.|$)")


class Vouched(NamedTuple):
    """A request to the database that names something of the request together with the caller."""

    function: Function
    call: Call
    tested: bool

    def covers(self, function: Function, call: Call) -> bool:
        """Another request is about what was looked up so: it comes later, or the function goes on only where there was something; on the other way of a test it says nothing."""
        # A row is looked at before what becomes of it is done.
        if self.call.span.start >= call.span.start and not (self.tested and asks(call)):
            return False
        return function != self.function or not _exclude(function, self.call.span.start, call.span.start)


def holding(vouched: Mapping[str, Iterable[Vouched]], chosen: Iterable[tuple[str, str]], function: Function, call: Call) -> frozenset[str]:
    """The fields among what of the request says which rows, each with its slot, that are known to be the caller's where a call stands: it would not be reached else."""
    return frozenset(
        name.rpartition(".")[2] for name, _ in chosen if any(each.tested and each.covers(function, call) for each in vouched.get(name, ()))
    )


class Picked(NamedTuple):
    """One of many rows: what the request for them was told, and what it was told apart by."""

    asked: tuple[Argument, ...] = ()
    compared: tuple[Argument, ...] = ()


def picked_from(bodies: Iterable[Function], function: Function, call: Call) -> Picked:
    """What ``mine.find((row) => row.id === id)`` goes by, where ``mine`` is what another call has given; nothing for any other call."""
    rows, _, method = call.callee.rpartition(".")
    if method not in _PICKING:
        return Picked()
    asked = next((other for other in function.calls if other.callee == rows and other.span.start < call.span.start), None)
    if asked is None or not asked.arguments:
        return Picked()
    tests = {source.text.removeprefix("#") for each in call.arguments[:1] for source in each.sources if source.origin is Origin.NAME}
    compared = []
    for test in (body for body in bodies if body.name in tests and body.parameters):
        own = f"@{test.parameters[0].name}."
        for result in test.results:
            others = tuple(name for name in result.names if not name.startswith(own))
            if len(others) < len(result.names) and any(_ID.search(name) for name in result.names if name.startswith(own)):
                sources = tuple(
                    Source(Origin.PROPERTY if "." in name else Origin.PARAMETER, name if "." in name else name[1:])
                    for name in others
                    if is_callers(name)
                )
                compared.append(Argument("0.id", None, sources, result.span))
    return Picked(asked.arguments, tuple(compared))


def asks(call: Call) -> bool:
    """It changes nothing by itself."""
    return _ASKS.search(call.callee) is not None


def finds_one(call: Call) -> bool:
    """Where it gives something, all that it was told is true of that: of many rows some may have been left out."""
    return _FINDS_ONE.search(call.callee) is not None


def is_tested(function: Function, call: Call) -> bool:
    """The function goes on only where the call gave what it should."""
    # ``first_or_404()`` ends the request by itself.
    ends = any(other.callee.endswith("_or_404") for other in chain_of(function, call))
    return ends or any(is_of(name, call) for guard in function.guards for name in guard.names)


def _exclude(function: Function, one: int, other: int) -> bool:
    """Two places of a function stand on the two ways of one test: no caller comes to both."""
    tests = [guard for guard in function.guards if guard.names]
    return any(
        guard.place == opposite.place and guard.inverted is not opposite.inverted and one in guard.reach and other in opposite.reach
        for guard in tests
        if one in guard.reach and other not in guard.reach
        for opposite in tests
    )


def is_of(name: str, call: Call) -> bool:
    """A name stands for what the call gives, or for something in it."""
    return name == call.callee or name.startswith(f"{call.callee}.")


def mentions(call: Call, names: Collection[str]) -> bool:
    """The call is given one of these parameters, or something of it."""
    return any(_root(source.text) in names for argument in call.arguments for source in argument.sources if source.origin in _HANDED)


def is_about(guard: Guard, names: Collection[str]) -> bool:
    """One of these parameters, or something of it, is tested."""
    return any(name.startswith("@") and _root(name) in names for name in guard.names)


def _root(name: str) -> str:
    return name.removeprefix("@").partition(".")[0]


def mentioned(function: Function) -> set[str]:
    """Every name that a function tests, calls, hands over or gives."""
    given = {source.text for call in function.calls for argument in call.arguments for source in argument.sources}
    tested = {name for guard in function.guards for name in guard.names}
    return given | tested | {call.callee for call in function.calls} | {name for result in function.results for name in result.names}


def is_body(function: Function, name: str) -> bool:
    """A name that claims of a token have elsewhere is what was sent here: a route's own parameter that nothing fills in but the request."""
    if not _BODY.match(name) or not any(_OF_ROUTE.search(wrapper.callee) for wrapper in function.wrappers):
        return False
    root = name[1:].partition(".")[0]
    return any(parameter.name == root and not parameter.calls for parameter in function.parameters)
