"""What a change does to what strangers can reach: routes, tables and modules before and after; knows nothing of findings."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import Protocol, TypeVar

from msgspec import Struct

from batten.facts.modules import Module, Side
from batten.facts.project import Project
from batten.facts.routes import Route, RouteAuth
from batten.facts.schema import Table, Verdict
from batten.text import Place

_STRENGTH = {
    RouteAuth.UNAUTHENTICATED: 0,
    RouteAuth.PRESENCE: 1,
    RouteAuth.SESSION: 1,
    RouteAuth.OPTIONAL: 1,
    None: 2,
    RouteAuth.DATABASE: 3,
    RouteAuth.SECRET: 4,
    RouteAuth.SIGNED: 4,
    RouteAuth.INTERNAL: 4,
    RouteAuth.AUTHENTICATED: 4,
}
_WORDS = {
    RouteAuth.UNAUTHENTICATED: "anyone",
    RouteAuth.PRESENCE: "anyone with any credential",
    RouteAuth.SESSION: "whoever writes the right cookie",
    RouteAuth.OPTIONAL: "anyone, signed in or not",
    RouteAuth.DATABASE: "whom the database's policies let",
    RouteAuth.SECRET: "who has the secret",
    RouteAuth.SIGNED: "who signs",
    RouteAuth.INTERNAL: "its own side",
    RouteAuth.AUTHENTICATED: "signed-in users",
}
_WIDTH = {Verdict.NONE: 0, Verdict.ROWS: 1, None: 1, Verdict.ALL: 2}
_REACH = {Verdict.ROWS: "some rows", Verdict.ALL: "every row", None: "rows, and which can't be told"}
_GONE = "{} is gone"
_ROLES = {"anon": "strangers", "authenticated": "signed-in users"}


class Direction(StrEnum):
    """Whether more can be reached than before."""

    WIDER = "wider"
    NARROWER = "narrower"


class Shift(Struct, frozen=True, order=True):
    """One thing that strangers can do now and could not before, or the other way round. ``place`` is in the new state, None where it is gone."""

    direction: Direction
    kind: str
    """``route``, ``table``, ``module``, ``setting``, ``file``."""
    text: str
    place: Place | None = None


def shifts(before: Project, after: Project, certain: AbstractSet[str] | None = None) -> tuple[Shift, ...]:
    """All of them; what opens something comes first. What may only be out of sight is not said to be closed: it is ``certain`` for some files alone, None: for all."""
    found = [*_routes(before.routes, after.routes), *_tables(before.tables, after.tables), *_modules(before.modules, after.modules)]
    if certain is not None:
        known = {_GONE.format(route.title) for route in before.routes if route.place.path in certain}
        found = [
            each
            for each in found
            if each.direction is Direction.WIDER or (each.place.path in certain if each.place is not None else each.text in known)
        ]
    return tuple(sorted(found, key=lambda shift: (shift.direction is not Direction.WIDER, shift.kind, shift.text)))


class _Named(Protocol):
    @property
    def key(self) -> str: ...


_Fact = TypeVar("_Fact", bound=_Named)


def _by_key(facts: Sequence[_Fact]) -> Mapping[str, _Fact]:
    return {fact.key: fact for fact in facts if getattr(fact, "path_class", "product") == "product"}


def _routes(before: Sequence[Route], after: Sequence[Route]) -> Iterator[Shift]:
    old, new = _by_key(before), _by_key(after)
    for key in old.keys() | new.keys():
        was, now = old.get(key), new.get(key)
        if was is None and now is not None:
            whom = f"for {_WORDS[now.auth]}" if now.auth is not None else "and who may call it can't be told"
            yield Shift(Direction.WIDER, "route", f"{now.title} is new, {whom}{_doing(now)}", now.place)
        elif now is None and was is not None:
            yield Shift(Direction.NARROWER, "route", _GONE.format(was.title))
        elif was is not None and now is not None:
            if _STRENGTH[was.auth] != _STRENGTH[now.auth]:
                direction = Direction.WIDER if _STRENGTH[now.auth] < _STRENGTH[was.auth] else Direction.NARROWER
                if direction is Direction.WIDER or None not in (was.auth, now.auth):  # what can't be told closes nothing
                    yield Shift(direction, "route", f"{now.title} {_turned(was, now)}{_doing(now)}", now.place)
            elif added := _effects(now) - _effects(was):
                doing = ", ".join(sorted(added))
                whom = f", for {_WORDS[now.auth]}," if now.auth is not None else ""
                yield Shift(Direction.WIDER, "route", f"{now.title}{whom} reaches more: {doing}", now.place)


def _turned(was: Route, now: Route) -> str:
    """From whom to whom."""
    before = f"was for {_WORDS[was.auth]}" if was.auth is not None else "was for callers who can't be told"
    return f"{before}, and is for {_WORDS[now.auth]} now" if now.auth is not None else f"{before}, and who may call it now can't be told"


def _effects(route: Route) -> set[str]:
    return {effect.kind.value.replace("-", " ") for effect in route.effects}


def _doing(route: Route) -> str:
    found = _effects(route)
    return f" ({', '.join(sorted(found))})" if found else ""


def _tables(before: Sequence[Table], after: Sequence[Table]) -> Iterator[Shift]:
    old, new = _by_key(before), _by_key(after)
    for key, now in new.items():
        was = _access(old[key]) if key in old else {}
        wider: dict[tuple[str, Verdict | None], list[str]] = {}
        narrower: dict[tuple[str, Verdict | None], list[str]] = {}
        for (role, verb), (verdict, exposed) in _access(now).items():
            then = was.get((role, verb), (Verdict.NONE, False))
            change = (_WIDTH[verdict] if exposed else 0) - (_WIDTH[then[0]] if then[1] else 0)
            if change:
                group = wider if change > 0 else narrower
                group.setdefault((_ROLES[role], verdict if exposed else Verdict.NONE), []).append(verb)
        name = now.name.removeprefix("public.")
        if wider:
            yield Shift(Direction.WIDER, "table", f"{name}: {_said(wider)}{'' if key in old else ' (it is new)'}", now.place)
        if narrower:
            yield Shift(Direction.NARROWER, "table", f"{name}: {_said(narrower)}", now.place)


def _said(groups: Mapping[tuple[str, Verdict | None], Sequence[str]]) -> str:
    """``strangers and signed-in users can select and insert every row; signed-in users can't delete any row now``."""
    roles: dict[tuple[Verdict | None, tuple[str, ...]], list[str]] = {}
    for (role, verdict), verbs in groups.items():
        roles.setdefault((verdict, tuple(verbs)), []).append(role)
    found = []
    for (verdict, verbs), who in roles.items():
        if verdict is Verdict.NONE:
            found.append(f"{_listed(who, 'and')} can't {_listed(verbs, 'or')} any row now")
        else:
            found.append(f"{_listed(who, 'and')} can {_listed(verbs, 'and')} {_REACH[verdict]}")
    return "; ".join(found)


def _listed(words: Sequence[str], last: str) -> str:
    return f" {last} ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _access(table: Table) -> dict[tuple[str, str], tuple[Verdict | None, bool]]:
    return {
        (cell.role, cell.verb): (cell.effect if cell.effect is not None else cell.verdict, table.exposed is not False)
        for cell in table.access
        if cell.role in _ROLES
    }


def _modules(before: Sequence[Module], after: Sequence[Module]) -> Iterator[Shift]:
    """Files that were server code alone, and are sent to browsers now."""
    was = {module.path: module.side for module in before}
    for module in after:
        if module.side in (Side.BROWSER, Side.BOTH) and was.get(module.path) is Side.SERVER:
            yield Shift(Direction.WIDER, "module", f"{module.path} was server code alone, and is sent to browsers now", module.place)
        elif module.side is Side.SERVER and was.get(module.path) in (Side.BROWSER, Side.BOTH):
            yield Shift(Direction.NARROWER, "module", f"{module.path} is no longer sent to browsers", module.place)
