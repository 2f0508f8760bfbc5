"""Functions that frameworks call for a page that somebody asks for by its address, and what of the address they are given."""

from collections.abc import Iterator

from batten.facts.project import FileFacts
from batten.regex import regex

# https://nextjs.org/docs/app/api-reference/file-conventions/page
_PAGE = regex(r"(?:^|/)app/(?:.*/)?(?:page|layout|default|template)\.[jt]sx?$")
# https://nextjs.org/docs/pages/building-your-application/data-fetching/get-server-side-props
_LOADERS = frozenset(("getServerSideProps", "getInitialProps"))
# https://reactrouter.com/start/framework/data-loading; https://svelte.dev/docs/kit/load
_ROUTE = regex(r"(?:^|/)(?:routes/.*\.[jt]sx?|\+(?:page|layout)(?:\.server)?\.[jt]s)$")
_OF_ROUTES = frozenset(("loader", "action", "load"))


def pages(file: FileFacts) -> tuple[tuple[str, str], ...]:
    """The names of the functions of a file that are called for a page, each after the word that the vocabulary has for what it is given."""
    return () if file.path.endswith(".py") else tuple(_pages(file))


def _pages(file: FileFacts) -> Iterator[tuple[str, str]]:
    page, route = _PAGE.search(file.path), _ROUTE.search(file.path)
    for export in file.exports:
        framework = None
        if page is not None and export.name == "default":
            framework = "page"
        elif export.name in _LOADERS or (route is not None and export.name in _OF_ROUTES):
            framework = "loader"
        if framework is not None and export.module is None:
            yield framework, export.local or export.name
