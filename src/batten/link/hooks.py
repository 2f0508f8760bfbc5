"""What runs before every route of a package: ``hooks.server`` of SvelteKit, ``server/middleware`` of Nitro, the context of a GraphQL server; what it demands."""

import re
from collections.abc import Callable, Iterable

from batten.facts.project import FileFacts
from batten.facts.routes import GRAPHQL
from batten.facts.services import Package
from batten.link.guards import Guards, Protection

_FILES = {
    "sveltekit": re.compile(r"^(?:.*/)?hooks\.server(?:/index)?\.[cm]?[jt]s$"),
    "nitro": re.compile(r"^(?:.*/)?server/middleware/[^/]+\.[cm]?[jt]s$"),
}


class Hooks:
    """The hooks of each package."""

    def __init__(self, files: Iterable[FileFacts], guards: Guards, package_of: Callable[[str], Package | None]) -> None:
        self.files: dict[tuple[str, str], str] = {}
        """One of them for each framework and package."""
        self._demanded: dict[tuple[str, str], Protection] = {}
        for file in files:
            for entry in file.middleware:
                if entry.router == GRAPHQL:
                    package = package_of(file.path)
                    self._add(GRAPHQL, package, guards.demands(file.path, entry.name, entry.place.span))
            framework = next((name for name, pattern in _FILES.items() if file.parsed and pattern.match(file.path)), None)
            if framework is None:
                continue
            package = package_of(file.path)
            self.files[framework, package.root if package is not None else ""] = file.path
            self._add(framework, package, max((guards.asked(file.path, function) for function in file.functions), default=Protection.NONE))

    def _add(self, framework: str, package: Package | None, demanded: Protection) -> None:
        key = (framework, package.root if package is not None else "")
        self._demanded[key] = max(demanded, self._demanded.get(key, Protection.NONE))

    def protection(self, framework: str, package: str) -> Protection:
        """What has been demanded before a route: never more than can't tell, since hooks look at paths of their own."""
        demanded = self._demanded.get((framework, package), Protection.NONE)
        return Protection.NONE if demanded < Protection.UNKNOWN else Protection.UNKNOWN
