"""Pages that get rows on the server before they are shown: whose rows these are is asked of them as it is of routes; knows no framework."""

from collections.abc import Callable, Iterable, Iterator

from msgspec import structs

from batten.facts.calls import Function
from batten.facts.project import FileFacts
from batten.facts.routes import Endpoint, Route, RouteAuth, RouteKind
from batten.link.callgraph import Code
from batten.link.deeds import names_private, reveals_rows
from batten.link.effects import Reached
from batten.link.guards import Guards, Protection
from batten.link.holdings import Holdings, is_account, is_shown, model_called
from batten.link.layouts import Layouts, Page
from batten.link.rights import Rights
from batten.link.routes import Standing
from batten.regex import regex

# ``_public+/``, ``(public)/``: its author says that anybody may see it.
_PUBLIC = regex(r"(?:^|/)[_(]+public[)+]+/")
_FRONT = "/"
OfPage = Callable[[FileFacts, Endpoint], list[Standing]]


def standings_of_pages(layouts: Layouts, code: Code, of_page: OfPage) -> tuple[tuple[Page, Standing], ...]:
    """What gets the data of each page, as if it were a route."""
    found = []
    for page in layouts.pages():
        file = code.file(page.path)
        if file is not None:
            at = Endpoint(page.framework, RouteKind.HTTP, ("GET",), page.route, "", f"#{page.function.name}", page.function.place)
            found += [(page, standing) for standing in of_page(file, at)]
    return tuple(found)


def views_of_pages(
    pages: Iterable[tuple[Page, Standing]], layouts: Layouts, rights: Rights
) -> Iterator[tuple[Route, str, Function, tuple[str, ...], bool]]:
    """The functions that get the data of pages which ask who calls, and whether what stands around them asks for no more than that."""
    for page, standing in pages:
        if standing.route.auth is RouteAuth.AUTHENTICATED:
            yield standing.route, page.path, page.function, (), _for_every_account(page, standing, layouts, rights)


def asking_pages(pages: Iterable[tuple[Page, Standing]], layouts: Layouts, rights: Rights) -> tuple[Standing, ...]:
    """The pages that ask who calls, and for no more than that, nor does what stands around them."""
    return tuple(
        standing
        for page, standing in pages
        if standing.route.auth is RouteAuth.AUTHENTICATED and _for_every_account(page, standing, layouts, rights)
    )


def _for_every_account(page: Page, standing: Standing, layouts: Layouts, rights: Rights) -> bool:
    return not rights.may_be_asked(standing._replace(runs=layouts.above(page)))


def open_pages(
    pages: Iterable[tuple[Page, Standing]], layouts: Layouts, guards: Guards, holdings: Holdings, standings: Iterable[Standing]
) -> Iterator[Standing]:
    """The pages that show strangers what is somebody's own, where no layout around them asks who calls: what lies below one that does is told with that.

    The address says nothing here, as most of the app's pages have one that is about something private; what does is whose the rows are.
    """
    routes = [each.route for each in standings]
    titles = {(route.package, route.title) for route in routes}
    with_auth = {route.package for route in routes if route.app_has_auth}
    for page, standing in pages:
        route = standing.route
        if route.auth is not RouteAuth.UNAUTHENTICATED or (route.package, route.title) in titles or _is_meant(page, route):
            continue
        if any(guards.asked(path, function) >= Protection.UNKNOWN for path, function in layouts.above(page)):
            continue
        shown = tuple(each for each in standing.reads if _shows(each, page, route, holdings))
        if shown:
            told = structs.replace(
                route, page=True, public_by_design=False, reads_private=True, acts_or_reveals=True, app_has_auth=route.package in with_auth
            )
            yield standing._replace(route=told, reads=shown)


def _is_meant(page: Page, route: Route) -> bool:
    """It is for everybody, by its address or its folder; what is at the front is, too, but not for what it shows of people."""
    return (route.public_by_design and route.path != _FRONT) or _PUBLIC.search(page.path) is not None


def _shows(effect: Reached, page: Page, route: Route, holdings: Holdings) -> bool:
    """It gets rows that are not for everybody. Of one account, and of accounts where only what the page picks is seen, most pages show a profile."""
    named = effect.rows or effect.detail
    if named is None or not reveals_rows(effect, route.path):
        return False
    model = model_called(named)
    if is_account(model):
        return page.whole and not effect.single and effect.whole
    held = holdings.of(route.package, effect.place.path, named)
    return not is_shown(model) and (names_private(model) or (held is not None and (held.private or held.personal)))
