"""Pages that get rows on the server before they are shown: whose rows these are is asked of them as it is of routes; knows no framework."""

from collections.abc import Callable, Iterator

from batten.facts.calls import Function
from batten.facts.project import FileFacts
from batten.facts.routes import Endpoint, Route, RouteAuth, RouteKind
from batten.link.callgraph import Code
from batten.link.layouts import Layouts
from batten.link.rights import Rights
from batten.link.routes import Standing


def views_of_pages(
    layouts: Layouts, code: Code, rights: Rights, standings_of: Callable[[FileFacts, Endpoint], list[Standing]]
) -> Iterator[tuple[Route, str, Function, tuple[str, ...], bool]]:
    """The functions that get the data of pages which ask who calls, and whether what stands around them asks for no more than that."""
    for page in layouts.pages():
        file = code.file(page.path)
        if file is None:
            continue
        at = Endpoint(page.framework, RouteKind.HTTP, ("GET",), page.route, "", f"#{page.function.name}", page.function.place)
        for standing in standings_of(file, at):
            if standing.route.auth is RouteAuth.AUTHENTICATED:
                around = standing._replace(runs=layouts.above(page))
                yield standing.route, page.path, page.function, (), not rights.may_be_asked(around)
