"""What of a request was looked up together with the caller, and where that holds; knows no database."""

from collections.abc import Collection
from typing import NamedTuple

from batten.facts.calls import Call, Function, Guard, Origin
from batten.regex import regex

PICKED = ("id__in", "pk__in")
"""How Django is asked for rows that the caller has picked (favourites): they need not be theirs."""
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
        if not self.tested and self.call.span.start >= call.span.start:
            return False
        return function != self.function or not _exclude(function, self.call.span.start, call.span.start)


def is_tested(function: Function, call: Call) -> bool:
    """The function goes on only where the call gave what it should."""
    # ``first_or_404()`` ends the request by itself.
    ends = any(other.span.start == call.span.start and other.callee.endswith("_or_404") for other in function.calls)
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
