"""A function as it runs for the requests of one address: without what never runs for them, and with what tests come down to there."""

from collections.abc import Callable, Iterable

from msgspec import structs

from batten.facts.calls import ForMethods, ForPaths, Function, Join
from batten.text import Span

# What a browser asks before it asks for anything.
_PREFLIGHT = frozenset(("OPTIONS", "HEAD"))

Settles = Callable[[ForPaths], bool | None]
"""Whether a range runs for all requests (True), for none (False), or that can't be told (None)."""


def narrowed(function: Function, settles: Settles, method: str, *, stops: bool) -> Function:
    """The function for those requests, under a name of its own; ``stops``: what it gives is the answer, and the request goes no further."""
    known = [(each, settles(each)) for each in function.by_path]
    never = [each.reach for each, runs in known if runs is False]
    never += [each.reach for each in function.by_method if not _runs(each, method)]
    always = [each.reach for each, runs in known if runs and each.alone]
    tests = [(each.guard, [settles(place) for place in each.where]) for each in function.for_some]
    told = {guard.place.span for guard, holds in tests if False in holds or all(holds)}
    guards = [
        guard
        for guard in function.guards
        if not _is_in(guard.place.span.start, never)
        and guard.place.span not in told
        and not (guard.rejects == "end" and any(guard.reach.end == reach.end - 1 and reach.start in guard.reach for reach in always))
    ]
    guards += [guard for guard, holds in tests if all(holds) and not _is_in(guard.place.span.start, never)]
    results = [each for each in function.results if not _is_in(each.span.start, never) and (each.empty or not stops)]
    state = "".join("?" if runs is None else str(int(runs)) for _, runs in known)
    rest = "".join("?" if runs is None else str(int(runs)) for _, holds in tests for runs in holds)
    return structs.replace(
        function,
        name=f"{function.name}@{method}:{state}:{rest}:{int(stops)}",
        calls=tuple(call for call in function.calls if not _is_in(call.span.start, never)),
        guards=tuple(guards),
        results=tuple(results),
        joins=tuple(_joined(join, never, always) for join in function.joins),
    )


def _runs(each: ForMethods, method: str) -> bool:
    if method == "ANY":
        return not (each.for_them and _PREFLIGHT.issuperset(each.methods))
    return each.runs(method)


def _joined(join: Join, never: Iterable[Span], always: Iterable[Span]) -> Join:
    """Two ways that meet, of which one may be none."""
    if _is_in(join.left, never):
        return Join(join.right, join.right, join.reach)
    if _is_in(join.right, never) or any(join.left == reach.end - 1 for reach in always):
        return Join(join.left, join.left, join.reach)
    return join


def _is_in(at: int, ranges: Iterable[Span]) -> bool:
    return any(reach.start <= at <= reach.end for reach in ranges)
