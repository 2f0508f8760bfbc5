"""Checks on the way of a route that let everybody on: a refusal that ends nothing, a promise that is tested instead of its answer."""

import re
from collections.abc import Iterable, Iterator
from typing import Protocol

from batten.facts.calls import Call, Function, Slip, SlipKind
from batten.facts.routes import FailOpen, Route
from batten.finding import Step
from batten.link.callgraph import Code
from batten.link.effects import Effects
from batten.link.guards import sounds_like_a_check
from batten.text import Span

# Without a callback these give a promise: the name, and how many arguments it then has at most.
_PROMISES = {
    "bcrypt.default.compare": 2,
    "bcrypt.compare": 2,
    "bcryptjs.default.compare": 2,
    "bcryptjs.compare": 2,
    "argon2.default.verify": 3,
    "argon2.verify": 3,
}
_COMPARES = re.compile(r"compare|verify|check|valid", re.IGNORECASE)


class Standing(Protocol):
    """As in ``routes``."""

    # ruff: noqa: D102 - each is what its name says

    @property
    def route(self) -> Route: ...
    @property
    def before(self) -> tuple[tuple[str, str, Span], ...]: ...
    @property
    def runs(self) -> tuple[tuple[str, Function], ...]: ...


def fail_opens(standings: Iterable[Standing], code: Code, effects: Effects) -> tuple[FailOpen, ...]:
    """Those of all routes, each place once."""
    found: dict[str, FailOpen] = {}
    for standing in standings:
        for path, function in _on_way(standing, code):
            for slip in function.slips:
                shown = _shown(path, function, slip, code, effects)
                if shown is not None:
                    each = _fact(standing.route, path, function, slip, shown)
                    found.setdefault(each.key, each)
    return tuple(sorted(found.values(), key=lambda each: each.place))


def _on_way(standing: Standing, code: Code) -> Iterator[tuple[str, Function]]:
    for at, name, _ in standing.before:
        target = code.target(at, name)
        if target.function is not None and target.path is not None and not target.rest:
            yield target.path, target.function
    yield from standing.runs


def _shown(path: str, function: Function, slip: Slip, code: Code, effects: Effects) -> str | None:
    if slip.kind is SlipKind.UNAWAITED:
        target = code.target(path, slip.name)
        if target.path is None:
            is_promise = slip.given <= _PROMISES.get(target.name, -1)
        else:
            is_promise = target.function is not None and not target.rest and target.function.is_async
        last = slip.name.rpartition("#")[2].rpartition(".")[2]
        asks = sounds_like_a_check(last) or _COMPARES.search(last) is not None
        return f"`{last}` gives a promise that nobody waits for, and no promise is false" if is_promise and asks else None
    goes_on = any(call.span in slip.reach and _does(path, call, code, effects) for call in function.calls)
    return "it refuses, and goes on all the same" if goes_on else None


def _does(path: str, call: Call, code: Code, effects: Effects) -> bool:
    """The call hands on to what is guarded, or does something to the world, itself or through the app's own functions."""
    if call.callee == "@next" or effects.direct(path, call) is not None:
        return True
    target = code.target(path, call.callee)
    return target.function is not None and target.path is not None and not target.rest and bool(effects.of(target.path, target.function))


def _fact(route: Route, path: str, function: Function, slip: Slip, shown: str) -> FailOpen:
    number = [each.kind for each in function.slips[: function.slips.index(slip)]].count(slip.kind)
    name = f"{path}|{function.name}|{slip.kind}|{number}"
    return FailOpen(
        kind=slip.kind,
        shown=shown,
        route=route.title,
        place=slip.place,
        package=route.package,
        path_class=route.path_class,
        key=f"{route.package}|fail-open|{name}",
        subject=f"fail-open|{name}",
        trail=(Step(slip.place, shown),),
    )
