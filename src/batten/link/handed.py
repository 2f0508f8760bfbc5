"""Whether a secret that server code hands over gets to browsers: which components are the browser's, and what React was told to keep."""

from collections.abc import Iterable
from typing import Protocol

from batten.facts.project import FileFacts
from batten.facts.secrets import Handed, Variable
from batten.facts.services import Package

_MOST_HOPS = 8


class Graph(Protocol):
    """What this asks of the module graph."""

    def resolve(self, path: str, specifier: str) -> str | None:
        """The file that an import in ``path`` means; None where it lies outside the run."""

    def package_of(self, path: str) -> Package | None:
        """The package that the file belongs to."""


class HandedOver:
    """Answers about the values that server code hands over."""

    def __init__(self, files: Iterable[FileFacts], graph: Graph) -> None:
        self._graph = graph
        self._files = {file.path: file for file in files}
        self._tainted = {
            (self._root(file.path), variable.name)
            for file in self._files.values()
            for variable in file.variables
            if variable.handed is Handed.TAINTED
        }

    def reaches(self, variable: Variable, in_browser: bool | None) -> bool:
        """Whether browsers get the value. Code that runs in them has none to hand over."""
        path = variable.place.path
        if variable.handed is Handed.TAINTED or (self._root(path), variable.name) in self._tainted:
            return False
        if in_browser and variable.handed not in (Handed.PAGE_DATA, Handed.STATE) and not path.endswith(".astro"):
            return False
        return variable.handed is not Handed.PROPS or self._is_of_browser(path, variable.component)

    def _root(self, path: str) -> str:
        package = self._graph.package_of(path)
        return package.root if package is not None else ""

    def _is_of_browser(self, path: str, component: str) -> bool:
        """Whether a component comes from a module that says so, through re-exports."""
        module, _, name = component.partition("#")
        waiting = [(path, module, name.partition(".")[0] or "default")]
        for _ in range(_MOST_HOPS):
            if not waiting:
                return False
            here, specifier, wanted = waiting.pop()
            target = self._graph.resolve(here, specifier)
            file = self._files.get(target) if target is not None else None
            if file is None or target is None:
                continue
            if "use client" in file.directives:
                return True
            passed = [
                (export.module, export.local) for export in file.exports if export.module is not None and export.name in (wanted, "*")
            ]
            waiting += [(target, below, wanted if local == "*" else local) for below, local in passed]
        return False
