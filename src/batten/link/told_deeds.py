"""How what is not for every account to do is told: one fact for the routes of a file, in place of what else would be told of them."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from msgspec import structs

from batten.facts.access import ForeignRow, PrivilegedDeed
from batten.facts.flows import Flow
from batten.facts.routes import Route
from batten.finding import Step
from batten.link.flows.authority import RECORD
from batten.link.routes import Standing
from batten.text import Place

_MOST_PLACES = 100


class Done(NamedTuple):
    """What a route does, in words, where, and on which way."""

    kind: str
    deed: str
    writes: bool
    place: Place
    trail: tuple[Step, ...]
    private: bool = True


def without_told(rows: Iterable[ForeignRow], deeds: Iterable[PrivilegedDeed]) -> tuple[ForeignRow, ...]:
    """The rows but for those of routes that are told for what they do to everybody."""
    told = {f"foreign|{deed.place.path}|{name}" for deed in deeds if deed.is_plain for name in deed.names[1:]}
    return tuple(row for row in rows if row.subject not in told)


def untold_flows(flows: Iterable[Flow], deeds: Iterable[PrivilegedDeed], standings: Iterable[Standing]) -> tuple[Flow, ...]:
    """What comes where it does harm, but for rights that a route sets of the account that the request names: that is told of the route."""
    told = {(deed.package, name) for deed in deeds if deed.is_plain for name in deed.names}
    places = {each.place for standing in standings if (standing.route.package, standing.route.title) in told for _, each in standing.runs}
    return tuple(
        flow for flow in flows if flow.kind != RECORD or flow.caller != "account" or not flow.trail or flow.trail[0].place not in places
    )


def as_one(deeds: Sequence[PrivilegedDeed]) -> PrivilegedDeed:
    """The worst of those in one file, with the others."""
    ranked = sorted(deeds, key=lambda each: (not each.writes, not each.is_plain, each.kind == "list", each.place))
    worst, left = ranked[0], len(ranked) - 1
    if not left:
        return structs.replace(worst, names=(worst.route,))
    return structs.replace(
        worst,
        names=tuple(each.route for each in ranked),
        others=f" (and {left} more)",
        key=f"{worst.package}|privileged|{worst.place.path}",
        places=tuple(Step(each.place, f"{each.route} {each.deed}, for any account") for each in ranked[:_MOST_PLACES]),
    )


def fact_of(route: Route, done: Done, asks: Step | None, roles: bool, joins: bool) -> PrivilegedDeed:
    """What is told of one route. ``asks``: where the app asks for more than an account; ``roles``, ``joins`` as in the fact."""
    first = Step(route.place, f"{route.title} asks for an account, and for nothing more")
    return PrivilegedDeed(
        route=route.title,
        deed=done.deed,
        kind=done.kind,
        writes=done.writes,
        private=done.private,
        roles=roles or done.kind == "right",
        joins=joins,
        place=route.place,
        package=route.package,
        path_class=route.path_class,
        key=f"{route.package}|privileged|{route.title}|{done.kind}",
        subject=f"foreign|{route.place.path}|{route.title}",
        trail=(first, *done.trail, *((asks,) if asks is not None else ())),
    )
