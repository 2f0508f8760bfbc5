"""Functions that frameworks call for a page that somebody asks for by its address, and what of the address they are given."""

from collections.abc import Iterator

from batten.facts.flows import Graph
from batten.facts.project import FileFacts
from batten.link.flows.graphs import Graphs
from batten.regex import regex

# https://nextjs.org/docs/app/api-reference/file-conventions/page
_PAGE = regex(r"(?:^|/)app/(?:.*/)?(?:page|layout|default|template)\.[jt]sx?$")
# https://nextjs.org/docs/pages/building-your-application/data-fetching/get-server-side-props
_LOADERS = frozenset(("getServerSideProps", "getInitialProps"))
# https://reactrouter.com/start/framework/data-loading; https://svelte.dev/docs/kit/load
_ROUTE = regex(r"(?:^|/)(?:routes/.*\.[jt]sx?|\+(?:page|layout)(?:\.server)?\.[jt]s)$")
_OF_ROUTES = frozenset(("loader", "action", "load"))


def pages(file: FileFacts, graphs: Graphs) -> Iterator[tuple[str, Graph]]:
    """The functions of a file that are called for a page, each with the word that the vocabulary has for what it is given."""
    if file.path.endswith(".py"):
        return
    page, route = _PAGE.search(file.path), _ROUTE.search(file.path)
    for export in file.exports:
        framework = None
        if page is not None and export.name == "default":
            framework = "page"
        elif export.name in _LOADERS or (route is not None and export.name in _OF_ROUTES):
            framework = "loader"
        graph = graphs.graph(file.path, export.local or export.name) if framework is not None and export.module is None else None
        if graph is not None and framework is not None:
            yield framework, graph
