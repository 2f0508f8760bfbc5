"""Checks on the way of a route that let everybody on: a refusal that ends nothing, a promise that is tested instead of its answer."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

from batten.facts.access import FailOpen
from batten.facts.calls import Call, Function, Subject, simple_name
from batten.facts.routes import Route
from batten.facts.slips import Slip, SlipKind
from batten.finding import Step
from batten.link.callgraph import Code, Target
from batten.link.effects import Effects
from batten.link.guards import Guards, Protection, sounds_like_a_check
from batten.regex import regex
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
# Ways past a check that its author left.
_LEFT_OUT = {
    SlipKind.BY_DEFAULT: "it is left out where {} is not set",
    SlipKind.BY_MODE: "it is left out unless {} says that this is production",
    SlipKind.BY_SETTING: "{} switches it off",
    SlipKind.BACKDOOR: "{}",
}
_SELF_SAID = "it goes by {}, which every account sets for itself"
# What middleware and decorators are given to hand on to, as parameters.
_HANDS_ON = frozenset(("@next", "@call_next", "@get_response", "@f", "@fn", "@func", "@view", "@view_func", "@handler"))
# Functions that are looked at for one route.
_MOST_CHECKS = 200
_COMPARES = regex(r"compare|verify|check|valid", re.IGNORECASE)


class Standing(Protocol):
    """As in ``routes``."""

    # ruff: noqa: D102 - each is what its name says

    @property
    def route(self) -> Route: ...
    @property
    def before(self) -> tuple[tuple[str, str, Span], ...]: ...
    @property
    def runs(self) -> tuple[tuple[str, Function], ...]: ...


class _Check(NamedTuple):
    """A function that finds out who calls, with those that are written in it, and what these call; nothing for any other function."""

    bodies: tuple[Function, ...]
    leaves_to: tuple[Target, ...]


def fail_opens(standings: Iterable[Standing], code: Code, guards: Guards, effects: Effects) -> tuple[FailOpen, ...]:
    """Those of all routes, each place once."""
    found: dict[str, FailOpen] = {}
    for standing in standings:
        route = standing.route
        given = (route, standing.before, standing.runs)
        for each in code.memo.once(("fail opens", route.key), _of, standing, code, guards, effects, given=given):
            found.setdefault(each.key, each)
    return tuple(sorted(found.values(), key=lambda each: each.place))


def _of(standing: Standing, code: Code, guards: Guards, effects: Effects) -> list[FailOpen]:
    code.memo.look(standing.route.place.path)
    found: list[FailOpen] = []
    for path, function in checks_of(standing, code, guards):
        left_out = (slip for slip in function.slips if slip.kind in _LEFT_OUT)
        found += [_fact(standing.route, path, function, slip, _LEFT_OUT[slip.kind].format(slip.name)) for slip in left_out]
        found += _self_said(standing.route, path, function)
    for path, function in on_way(standing, code):
        found += _self_said(standing.route, path, function)
        for slip in function.slips:
            if slip.kind is SlipKind.UNSET and _acts_after(path, function, slip, code, effects):
                found.append(_fact(standing.route, path, function, slip, f"it is left out where {slip.name} is not set"))
                continue
            shown = _shown(path, function, slip, code, effects) if slip.kind not in _LEFT_OUT else None
            found += [_fact(standing.route, path, function, slip, shown)] if shown is not None else []
    return found


def _self_said(route: Route, path: str, function: Function) -> list[FailOpen]:
    said = (slip for slip in function.slips if slip.kind is SlipKind.SELF_SAID)
    return [_fact(route, path, function, slip, _SELF_SAID.format(slip.name)) for slip in said]


def checks_of(standing: Standing, code: Code, guards: Guards) -> Iterator[tuple[str, Function]]:
    """The app's own functions that find out who calls, before the handler or in it, with what they leave that to."""
    near = [code.target(at, name) for at, name, _ in standing.before]
    near += [code.target(path, call.callee) for path, function in standing.runs for call in function.calls]
    seen: set[tuple[str, str]] = set()
    for _ in range(_MOST_CHECKS):
        if not near:
            return
        target = near.pop(0)
        if target.path is None or target.function is None or target.rest or (target.path, target.name) in seen:
            continue
        seen.add((target.path, target.name))
        question = ("check", target.path, target.name)
        check: _Check = code.memo.once(question, _check, target.path, target.function, code, guards)
        yield from ((target.path, each) for each in check.bodies)
        near += check.leaves_to


def _check(path: str, function: Function, code: Code, guards: Guards) -> _Check:
    bodies = (function, *code.inner(path, function.name))
    # What is given nothing and asks nobody reads a setting, whatever it is called: how long sessions last.
    named = sounds_like_a_check(function.name) and any(each.parameters for each in bodies)
    by_secret = any(guard.subject is Subject.SECRET for each in bodies for guard in each.guards)
    by_secret = by_secret or any(result.secret for each in bodies for result in each.results)
    if not (named or by_secret or any(guards.finds_out(path, each) >= Protection.UNKNOWN for each in bodies)):
        return _Check((), ())
    leaves_to: list[Target] = []
    for each in bodies:
        leaves_to += [code.target(path, call.callee) for call in each.calls]
        needed = (call for parameter in each.parameters for call in parameter.calls)
        leaves_to += [code.target(path, s.text) for call in needed for given in call.arguments[:1] for s in given.sources[:1]]
    return _Check(bodies, tuple(leaves_to))


def on_way(standing: Standing, code: Code) -> Iterator[tuple[str, Function]]:
    """What stands before the handler, and the handler."""
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
        last = simple_name(slip.name)
        asks = sounds_like_a_check(last) or _COMPARES.search(last) is not None
        return f"`{last}` gives a promise that nobody waits for, and no promise is false" if is_promise and asks else None
    goes_on = slip.kind is SlipKind.GOES_ON and _acts_after(path, function, slip, code, effects)
    return "it refuses, and goes on all the same" if goes_on else None


def _acts_after(path: str, function: Function, slip: Slip, code: Code, effects: Effects) -> bool:
    return any(call.span in slip.reach and _does(path, call, code, effects) for call in function.calls)


def _does(path: str, call: Call, code: Code, effects: Effects) -> bool:
    """The call hands on to what is guarded, or does something to the world, itself or through the app's own functions."""
    if call.callee in _HANDS_ON or call.callee.endswith(".get_response") or effects.direct(path, call) is not None:
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
