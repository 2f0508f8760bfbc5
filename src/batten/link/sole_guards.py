"""Checks that stand alone: the middleware of an app, or a layout around pages, asks who calls, and nothing behind it does."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from batten.facts.access import SoleGuard
from batten.facts.calls import Function
from batten.facts.routes import EffectKind, Route, RouteAuth, RouteKind
from batten.facts.services import Hole, Setting, SettingKind
from batten.finding import Step
from batten.link import deeds
from batten.link.deeds import WRITES
from batten.link.effects import Effects, Reached
from batten.link.guards import Guards, Protection
from batten.link.next_middleware import NextMiddleware
from batten.link.routes import Standing
from batten.text import Place

_MOST_NAMES = 3
_MOST_PLACES = 200
_SPENDS = frozenset((EffectKind.PAID_MODEL_CALL, EffectKind.ADMIN_CLIENT))


class Behind(NamedTuple):
    """What lies behind a check, in words, and the way to the worst that it does."""

    title: str
    place: Place
    writes: bool
    trail: tuple[Step, ...]


def behind_middleware(
    standings: Sequence[Standing], middleware: NextMiddleware, guards: Guards, effects: Effects, settings: Iterable[Setting]
) -> tuple[SoleGuard, ...]:
    """The middleware of each package that routes leave all checks to."""
    found: dict[str, list[Behind]] = {}
    classes: dict[str, str] = {}
    for standing in standings:
        route = standing.route
        if route.framework != "next" or route.kind is not RouteKind.HTTP or route.public_by_design or route.webhook or route.scheduled:
            continue
        if not middleware.asks_at(route.package, route.path):
            continue
        if any(guards.demands(at, name, within) >= Protection.UNKNOWN for at, name, within in standing.before):
            continue
        done = unasked(standing.runs, route, guards, effects)
        if done is not None:
            found.setdefault(route.package, []).append(Behind(route.title, route.place, done.kind in WRITES, done.trail))
            classes[route.package] = route.path_class
    holes = {each.package for each in settings if each.kind is SettingKind.VULNERABLE_VERSION and Hole.MIDDLEWARE.value in each.names}
    actions = {
        standing.route.package
        for standing in standings
        if standing.route.kind is RouteKind.SERVER_ACTION
        and standing.route.framework == "next"
        and standing.route.auth is RouteAuth.UNAUTHENTICATED
        and standing.route.writes
    }
    return tuple(
        told(
            "middleware",
            middleware.place(package),
            package,
            classes[package],
            behind,
            known_hole=package in holes,
            actions=package in actions,
        )
        for package, behind in sorted(found.items())
    )


def unasked(runs: Sequence[tuple[str, Function]], route: Route, guards: Guards, effects: Effects) -> Reached | None:
    """The worst that handlers do for whoever comes to them, though it is not for everybody; None where that is nothing, or they ask themselves."""
    reached = [
        each
        for path, function in runs
        for each in effects.of(path, function, handler=True, method=route.method)
        if each.protection < Protection.UNKNOWN and (each.controlled or not deeds.is_housekeeping(each, route.method))
    ]
    if any(guards.asked(path, function) >= Protection.UNKNOWN for path, function in runs):
        return None
    return worst(reached, route.path)


def worst(reached: Iterable[Reached], path: str) -> Reached | None:
    """What changes something, before what spends, before what shows what is private."""
    telling = [each for each in reached if each.kind in WRITES or each.kind in _SPENDS or each.admin or deeds.is_private(each, path)]
    return min(telling, key=lambda each: (each.kind not in WRITES, each.kind not in _SPENDS), default=None)


def told(
    kind: str,
    place: Place,
    package: str,
    path_class: str,
    behind: Sequence[Behind],
    *,
    called: bool = False,
    known_hole: bool = False,
    actions: bool = False,
) -> SoleGuard:
    """The check as one fact, with what lies behind it: what changes something first."""
    behind = sorted(behind, key=lambda each: (not each.writes, each.place))
    names = tuple(dict.fromkeys(each.title for each in behind))
    shown = [f"`{name}`" for name in names[:_MOST_NAMES]]
    if len(names) > _MOST_NAMES:
        shown.append(f"{len(names) - _MOST_NAMES} more")
    last = Step(behind[0].place, f"{behind[0].title} turns nobody away itself")
    return SoleGuard(
        kind=kind,
        file=place.path,
        names=names,
        names_shown=shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}",
        called=called,
        writes=any(each.writes for each in behind),
        known_hole=known_hole,
        actions=actions,
        place=place,
        package=package,
        path_class=path_class,
        key=f"{package}|sole-guard|{place.path}",
        subject=f"sole-guard|{place.path}",
        trail=(Step(place, f"the {kind} asks who calls, and nothing behind it does"), last, *behind[0].trail),
        places=tuple(Step(each.place, f"{each.title} turns nobody away itself") for each in behind[:_MOST_PLACES]),
    )
