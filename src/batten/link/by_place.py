"""What stands where in one file: the calls of a chain or of a range, and the functions inside others, each looked up and not searched for."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from batten.facts.calls import Call, Function
from batten.facts.project import FileFacts
from batten.link.last_few import LastFew
from batten.text import Span

# Shorter functions are searched faster than an index of them is made.
_LONG = 50


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


def giving(function: Function, name: str, before: int) -> list[Call]:
    """The calls of a function that begin before a place, and whose result, or something in that, a name stands for: the last of them last."""
    steps = name.split(".")
    callees = [".".join(steps[:count]) for count in range(1, len(steps) + 1)]
    found = [call for callee in callees for call in called_as(function, callee) if call.span.start < before]
    return sorted(found, key=lambda call: call.span)


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
