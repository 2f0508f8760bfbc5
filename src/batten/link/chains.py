"""The calls that chains are made of: those of ``db.from("notes").select().eq("id", id)`` begin at the same place."""

from collections.abc import Sequence

from batten.facts.calls import Call, Function

# Longer functions are gone through once, and not once for each of their calls.
_LONG = 50
_MOST_KEPT = 50
_by_start: dict[int, tuple[Function, dict[int, list[Call]]]] = {}


def chain_of(function: Function, call: Call) -> Sequence[Call]:
    """The calls of the chain that a call is in, itself among them, in the order of the function's."""
    return starting_at(function, call.span.start)


def starting_at(function: Function, start: int) -> Sequence[Call]:
    """The calls of a function that begin there: of one chain, or none."""
    if len(function.calls) <= _LONG:
        return [call for call in function.calls if call.span.start == start]
    kept = _by_start.get(id(function))
    if kept is None or kept[0] is not function:
        if len(_by_start) >= _MOST_KEPT:
            _by_start.clear()
        found: dict[int, list[Call]] = {}
        for call in function.calls:
            found.setdefault(call.span.start, []).append(call)
        kept = _by_start[id(function)] = (function, found)
    return kept[1].get(start, ())
