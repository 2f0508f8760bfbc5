"""Next.js middleware: which paths it runs before, and what it demands."""

import re
from collections.abc import Callable, Iterable

from batten.code.names import MAX_ROOTS
from batten.facts.calls import Function, Origin
from batten.facts.project import FileFacts
from batten.facts.services import Package
from batten.link import matchers
from batten.link.callgraph import Code
from batten.link.guards import Guards, Protection
from batten.link.middleware_paths import MiddlewarePaths
from batten.regex import regex
from batten.text import Place, Span

_FILE = regex(r"^(?:.*/)?(?:middleware|proxy)\.[cm]?[jt]s$")


class NextMiddleware:
    """The middleware of each package."""

    def __init__(self, files: Iterable[FileFacts], code: Code, guards: Guards, package_of: Callable[[str], Package | None]) -> None:
        self._paths = MiddlewarePaths(code, guards)
        self._named: dict[str, tuple[str, ...]] = {}
        self._functions: dict[str, list[Function]] = {}
        self._by_package: dict[str, tuple[Protection, tuple[str, ...]]] = {}
        self._exported: dict[str, Span] = {}
        self._untold: set[str] = set()
        """The packages whose middleware has a matcher that is not constant."""
        self.files: dict[str, str] = {}
        """Where it is, by package."""
        self.trusting: dict[str, list[tuple[str, Function]]] = {}
        """The functions of middleware that lets people in by an unverified session, by package."""
        for file in files:
            if not file.parsed or not _FILE.match(file.path):
                continue
            package = package_of(file.path)
            root = package.root if package is not None else ""
            if file.path.removeprefix(f"{root}/" if root else "").removeprefix("src/").count("/"):
                continue
            served = [export for export in file.exports if export.name in ("default", "middleware", "proxy")]
            demanded = max(
                (
                    max(
                        guards.demands(file.path, f"{export.module or ''}#{export.local or export.name}"),
                        _asked(guards, file, export.local or export.name),
                    )
                    for export in served
                ),
                default=Protection.NONE,
            )
            inner = re.compile("|".join(rf"{re.escape(export.local or export.name)}(?:\.@\d+)?" for export in served) or r"(?!)")
            self._functions[root] = [function for function in file.functions if inner.fullmatch(function.name)]
            self._named[root] = tuple(export.local or export.name for export in served if export.module is None)
            sources = [source for binding in file.bindings if binding.local == "config" for source in binding.sources]
            patterns = tuple(source.text for source in sources if source.origin is Origin.LITERAL and source.text.startswith("/"))
            if len(sources) >= MAX_ROOTS:
                patterns = ()  # there are more than are told
            self._by_package[root] = (demanded, patterns)
            if any(source.origin is not Origin.LITERAL for source in sources):
                self._untold.add(root)
            self.files[root] = file.path
            self._exported[root] = served[0].span if served else Span(0, 0)
            if demanded is Protection.SESSION:
                named = {export.local or export.name for export in served}
                self.trusting[root] = [(file.path, function) for function in file.functions if function.name.partition(".")[0] in named]

    def runs_before(self, package: str, path: str) -> bool:
        """Its matcher fits the path."""
        return package in self._by_package and matchers.fits(self._by_package[package][1], path)

    def asks_at(self, package: str, path: str) -> bool:
        """It asks who calls by something that is known, and does not let the path through."""
        demanded, _ = self._by_package.get(package, (Protection.NONE, ()))
        return package not in self._untold and demanded > Protection.UNKNOWN and self.protection(package, path) >= Protection.UNKNOWN

    def place(self, package: str) -> Place:
        """Where it stands: its function, or what the file exports."""
        functions = self._functions.get(package, [])
        return functions[0].place if functions else Place(self.files[package], self._exported[package])

    def protection(self, package: str, path: str) -> Protection:
        """What the middleware has demanded before ``path``: nothing where it lets that through, and seldom more than can't tell elsewhere."""
        demanded, patterns = self._by_package.get(package, (Protection.NONE, ()))
        if not matchers.fits(patterns, path):
            return Protection.NONE
        if demanded is Protection.SESSION:
            return demanded
        if demanded < Protection.UNKNOWN:
            asking = any(self._paths.turns_away(self.files[package], function, path) for function in self._functions.get(package, ()))
            return self._past(package, path) if asking else Protection.NONE
        names = self._named[package]
        let_through = bool(names) and all(self._paths.is_let_through(self.files[package], name, path) for name in names)
        if let_through:
            return Protection.NONE
        certain = package not in self._untold and len(names) == 1 and self._paths.asks_everybody(self.files[package], names[0])
        return demanded if certain else self._past(package, path)

    def _past(self, package: str, path: str) -> Protection:
        """What those have shown who come past it, where that can be told."""
        names = self._named[package]
        if package in self._untold or len(names) != 1:
            return Protection.UNKNOWN
        return max(Protection.UNKNOWN, self._paths.past(self.files[package], names[0], path))


def _asked(guards: Guards, file: FileFacts, name: str) -> Protection:
    """What it asks somewhere, in itself or in the function that it wraps: on which ways is not told apart."""
    inner = re.compile(rf"{re.escape(name)}(?:\.@\d+)?")
    return max(
        (guards.asked(file.path, function) for function in file.functions if inner.fullmatch(function.name)), default=Protection.NONE
    )
