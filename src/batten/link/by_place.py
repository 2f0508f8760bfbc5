"""What stands where in one file: the calls of a chain or of a range, and the functions inside others, each looked up and not searched for."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from batten.facts.calls import Call, Function
from batten.facts.project import FileFacts
from batten.text import Span

_Of = TypeVar("_Of")
_Made = TypeVar("_Made")
# Shorter functions are searched faster than an index of them is made.
_LONG = 50
_MOST_KEPT = 50


class LastFew(Generic[_Of, _Made]):
    """What was made last of some objects, each of which is one thing whatever it is equal to: comparing large facts costs more than making most of what is made of them."""

    def __init__(self, make: Callable[[_Of], _Made]) -> None:
        self._make = make
        self._known: dict[int, tuple[_Of, _Made]] = {}

    def of(self, one: _Of) -> _Made:
        """What was made of an object, or is now."""
        known = self._known.get(id(one))
        if known is None or known[0] is not one:
            if len(self._known) >= _MOST_KEPT:
                self._known.clear()
            known = self._known[id(one)] = (one, self._make(one))
        return known[1]


def chain_of(function: Function, call: Call) -> Sequence[Call]:
    """The calls of the chain that a call is in, itself among them, in the order of the function's: those of ``db.from("notes").select()`` begin at the same place."""
    return starting_at(function, call.span.start)


def starting_at(function: Function, start: int) -> Sequence[Call]:
    """The calls of a function that begin there: of one chain, or none."""
    if len(function.calls) <= _LONG:
        return [call for call in function.calls if call.span.start == start]
    return _BY_START.of(function).get(start, ())


def called_as(function: Function, name: str) -> Sequence[Call]:
    """The calls of a function whose callee is written so, in order."""
    if len(function.calls) <= _LONG:
        return [call for call in function.calls if call.callee == name]
    return _BY_CALLEE.of(function).get(name, ())


def _by_start(function: Function) -> dict[int, list[Call]]:
    found: dict[int, list[Call]] = {}
    for call in function.calls:
        found.setdefault(call.span.start, []).append(call)
    return found


def _by_callee(function: Function) -> dict[str, list[Call]]:
    found: dict[str, list[Call]] = {}
    for call in function.calls:
        found.setdefault(call.callee, []).append(call)
    return found


_BY_START = LastFew(_by_start)
_BY_CALLEE = LastFew(_by_callee)


class CallsByPlace:
    """The calls of all functions of a file."""

    def __init__(self, file: FileFacts) -> None:
        calls = ((function, call) for function in file.functions for call in function.calls)
        self._calls = sorted(enumerate(calls), key=lambda each: each[1][1].span.start)
        self._starts = [call.span.start for _, (_, call) in self._calls]

    def within(self, span: Span) -> list[tuple[Function, Call]]:
        """Those that are written in a range, with the functions that make them: by function, in the order of its calls."""
        inside = self._calls[bisect_left(self._starts, span.start) : bisect_right(self._starts, span.end)]
        return [each for _, each in sorted(each for each in inside if each[1][1].span in span)]


def functions_inside(file: FileFacts) -> dict[str, list[Function]]:
    """The functions that are written inside each function of a file, at any depth."""
    found: dict[str, list[Function]] = {}
    for function in file.functions:
        name = function.name
        while "." in name:
            name = name.rpartition(".")[0]
            found.setdefault(name, []).append(function)
    return found
