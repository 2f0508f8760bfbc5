"""Files that run before every route by their name: ``hooks.server`` of SvelteKit, ``server/middleware`` of Nitro; what they demand."""

import re
from collections.abc import Callable, Iterable

from batten.facts.project import FileFacts
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
            framework = next((name for name, pattern in _FILES.items() if file.parsed and pattern.match(file.path)), None)
            if framework is None:
                continue
            package = package_of(file.path)
            key = (framework, package.root if package is not None else "")
            self.files[key] = file.path
            asked = max((guards.asked(file.path, function) for function in file.functions), default=Protection.NONE)
            self._demanded[key] = max(asked, self._demanded.get(key, Protection.NONE))

    def protection(self, framework: str, package: str) -> Protection:
        """What has been demanded before a route: never more than can't tell, since hooks look at paths of their own."""
        demanded = self._demanded.get((framework, package), Protection.NONE)
        return Protection.NONE if demanded < Protection.UNKNOWN else Protection.UNKNOWN
