"""The routes of an app that have what one of them lacks, and the code that they stand in."""

from collections.abc import Iterator
from functools import cached_property

from batten.code.model import Unit
from batten.discover import Unread
from batten.extract.code import language_of, unit_of
from batten.facts.routes import GUARDED, Route, RouteAuth
from batten.remedies.app import App

_MOST_FILES = 40


class Sources:
    """Code models of the app's files, each read once, and only when somebody asks."""

    def __init__(self, app: App) -> None:
        self.app = app
        self._units: dict[str, Unit | None] = {}

    @cached_property
    def paths(self) -> frozenset[str]:
        """All files of the app."""
        return frozenset(self.app.paths)

    def text(self, path: str) -> bytes:
        """The text of a file that ``unit`` gave something for."""
        return self.app.text(path)

    def unit(self, path: str) -> Unit | None:
        """The code of a file; None where it is none, can't be read, or the grammar could not read all of it."""
        if path not in self._units:
            found = None
            try:
                found = unit_of(path, self.app.text(path)) if language_of(path) is not None else None
            except (Unread, OSError, KeyError, ValueError, RecursionError):
                found = None
            self._units[path] = None if found is None or found.truncated or found.broken else found
        return self._units[path]

    def guarded(self, route: Route) -> Iterator[Route]:
        """The routes of its framework and package that are known to ask who calls, the nearest first; those that want a secret of the app's own only where none asks for an account."""
        found = [
            each
            for each in self.app.project.routes
            if each.auth in GUARDED
            and each.framework == route.framework
            and each.kind is route.kind
            and each.package == route.package
            and each.path_class == "product"
        ]
        # What servers tell each other is nothing that people have.
        found = [each for each in found if each.auth is RouteAuth.AUTHENTICATED] or [
            each for each in found if not (each.scheduled or each.webhook or each.admin)
        ]
        near = sorted(found, key=lambda each: (_distance(each.place.path, route.place.path), each.place))
        paths: dict[str, None] = {}
        for each in near:
            paths[each.place.path] = None
            if len(paths) > _MOST_FILES:
                return
            yield each


def _distance(one: str, other: str) -> int:
    """How many folders lie between two files; 0 for the same file."""
    if one == other:
        return 0
    mine, its = one.split("/")[:-1], other.split("/")[:-1]
    shared = 0
    for left, right in zip(mine, its, strict=False):
        if left != right:
            break
        shared += 1
    return 1 + len(mine) + len(its) - 2 * shared
