"""Apps that have no notion of who calls, and settings that leave all open: what is missing there is one thing, and no hole of each route."""

from collections.abc import Iterable, Sequence

from msgspec import structs

from batten.facts.access import OpenRoutes
from batten.facts.routes import EffectKind, Route, RouteAuth, RouteKind
from batten.finding import Step
from batten.link.addresses import is_for_accounts
from batten.link.route_facts import RUNNING
from batten.text import Place

# So many are read one by one; more of them are one finding.
_FEW = 5
# Where no more of the routes than one in so many can't be told, they say nothing of the others.
_SELDOM = 8
_MOST_PLACES = 500
# Where it is changed: `PUT /auth/:id/password`.
_ASKS_THE_OLD_ONE = "password"
_MOST_NAMES = 3
_OF_FRAMEWORK = "urls"


def open_apps(routes: Sequence[Route]) -> tuple[tuple[OpenRoutes, ...], tuple[Route, ...]]:
    """The apps, by package, and the routes with those marked that are told there."""
    by_package: dict[str, list[Route]] = {}
    for route in routes:
        if route.path_class == "product" and route.kind is not RouteKind.EDGE_FUNCTION:
            by_package.setdefault(route.package, []).append(route)
    found = []
    told: set[tuple[str, str]] = set()
    for package, own in sorted(by_package.items()):
        if any(_knows_callers(route) for route in own) or sum(
            route.auth is None and route.reason != RUNNING for route in own
        ) * _SELDOM > len(own):
            continue
        open_to_all = [route for route in own if not route.public_by_design and (route.acts_or_reveals or route.admin)]
        if len(open_to_all) > _FEW:
            # Where nobody is asked anything, what the rows of other routes are about makes no difference.
            others = [route for route in own if route not in open_to_all and not route.public_by_design and _shows_rows(route)]
            listed = [*sorted(open_to_all, key=_rank), *sorted(others, key=_rank)]
            found.append(_open(package, listed[0].place, listed, "open-app", f"open-app|{package}"))
            told.update((route.key, route.place.path) for route in open_to_all)
    marked = (structs.replace(route, told_with_app=True) if (route.key, route.place.path) in told else route for route in routes)
    return tuple(found), tuple(marked)


def open_defaults(routes: Sequence[Route]) -> tuple[tuple[OpenRoutes, ...], tuple[Route, ...]]:
    """The settings that leave routes open which say nothing, and the routes with those marked that are told there: few are told one by one, too."""
    by_place: dict[Place, list[Route]] = {}
    for route in routes:
        open_to_all = route.auth is RouteAuth.UNAUTHENTICATED and not route.public_by_design and (route.acts_or_reveals or route.admin)
        if route.default is not None and open_to_all and route.path_class == "product" and not route.told_with_app:
            by_place.setdefault(route.default, []).append(route)
    found = []
    told: set[tuple[str, str]] = set()
    for place, own in sorted(by_place.items()):
        found.append(_open(own[0].package, place, sorted(own, key=_rank), f"open-default|{place.path}", f"open-default|{place.path}"))
        if len(own) > _FEW:
            told.update((route.key, route.place.path) for route in own if not route.admin)
    marked = (structs.replace(route, told_with_app=True) if (route.key, route.place.path) in told else route for route in routes)
    return tuple(found), tuple(marked)


def _open(package: str, place: Place, routes: list[Route], key: str, subject: str) -> OpenRoutes:
    return OpenRoutes(
        package=package,
        names=tuple(route.title for route in routes),
        names_shown=_shown(routes),
        writes=any(route.writes for route in routes),
        admin=any(route.admin for route in routes),
        place=place,
        key=f"{package}|{key}",
        subject=subject,
        places=tuple(_places(routes[:_MOST_PLACES])),
    )


def _shown(routes: Sequence[Route]) -> str:
    named = ", ".join(f"`{route.title}`" for route in routes[:_MOST_NAMES])
    return f"{named} and {len(routes) - _MOST_NAMES} more" if len(routes) > _MOST_NAMES else named


def _shows_rows(route: Route) -> bool:
    return any(effect.kind is EffectKind.DATABASE_READ for effect in route.effects)


def _knows_callers(route: Route) -> bool:
    """It asks something of its caller; what is asked where people sign in, or at the site for administrators that a framework brings along, is nothing that the app's other routes know of."""
    if route.framework == "django" and route.handler == _OF_FRAMEWORK:
        return False
    to_sign_in = not route.webhook and (is_for_accounts(route.path) or _ASKS_THE_OLD_ONE in route.path.lower())
    return route.auth not in (RouteAuth.UNAUTHENTICATED, None) and not to_sign_in


def _rank(route: Route) -> tuple[bool, bool, bool, str, int]:
    return not route.admin, not route.destructive, not route.writes, route.place.path, route.place.span.start


def _places(routes: Iterable[Route]) -> Iterable[Step]:
    for route in routes:
        deed = (
            "is for administrators"
            if route.admin
            else "changes something"
            if route.writes
            else "shows what is private"
            if route.reads_private
            else "shows rows of the database"
        )
        yield Step(route.place, f"{route.title} {deed}, and asks nobody who they are")
