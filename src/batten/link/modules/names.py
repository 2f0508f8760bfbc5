"""What imports and paths mean in the files of a run: which file an import is, and which package a file belongs to.

Rests on paths, packages and settings alone: an edit of code changes none of it.
"""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from batten.facts.project import FileFacts
from batten.facts.services import Package
from batten.link.modules.python import PythonResolver
from batten.link.modules.resolve import Resolver
from batten.link.modules.tree import Tree, is_code

PYTHON = (".py", ".pyi")
# Documents that name functions do so in the way of Python.
_OF_PYTHON = (".yml", ".yaml")


class Names:
    """Answers by path, each found once."""

    def __init__(self, files: Mapping[str, FileFacts]) -> None:
        self.configs = [config for file in files.values() for config in file.configs]
        self.packages = _packages(files.values())
        self.by_root: dict[str, dict[str, Package]] = {}
        for package in self.packages:
            self.by_root.setdefault(package.root, {})[package.ecosystem] = package
        tree = Tree(files)
        self._owners: dict[tuple[str, bool], Package] = {}
        self._resolver = Resolver(tree, self.packages, self.configs)
        self._python = PythonResolver(tree, self.packages)

    def resolve(self, path: str, specifier: str) -> str | None:
        """The file that an import in ``path`` means; None where it lies outside the run."""
        if path.endswith(PYTHON) or (path.endswith(_OF_PYTHON) and not specifier.startswith("./")):
            return self._python.resolve(path, specifier)
        return self._resolver.resolve(path, specifier)

    def resolve_python(self, path: str, module: str) -> str | None:
        """The file of a Python module as ``path`` names it (``a.b``, ``.b``); None where it lies outside the run."""
        return self._python.resolve(path, module)

    def is_verbatim(self, path: str) -> bool:
        """Whether the settings around a file keep imports that only types use."""
        return self._resolver.is_verbatim(path)

    def package_of(self, path: str) -> Package:
        """The nearest package around a file, of the file's own ecosystem if there is one; a nameless one at the root where there is none."""
        folder, is_python = path.rpartition("/")[0], path.endswith(PYTHON)
        key = (folder, is_python)
        found = self._owners.get(key)
        if found is None:
            found = self._owners[key] = self._owner(folder, "pypi" if is_python else "npm", strict=is_python or is_code(path))
        return found

    def _owner(self, folder: str, ecosystem: str, *, strict: bool) -> Package:
        nearest = None
        while True:
            here = self.by_root.get(folder)
            if here is not None:
                own = here.get(ecosystem)
                if own is not None:
                    return own
                nearest = nearest or next(iter(here.values()))
                if not strict:
                    return nearest
            if not folder:
                return nearest or Package("", ecosystem)
            folder = folder.rpartition("/")[0]


def _packages(files: Iterable[FileFacts]) -> list[Package]:
    """The packages, one for each root and ecosystem."""
    found: dict[tuple[str, str], Package] = {}
    for file in files:
        for package in file.packages:
            key = (package.root, package.ecosystem)
            known = found.get(key)
            found[key] = package
            if known is not None:
                found[key] = replace(
                    known,
                    name=known.name or package.name,
                    dependencies=tuple(sorted({*known.dependencies, *package.dependencies})),
                    frameworks=tuple(sorted({*known.frameworks, *package.frameworks})),
                )
    return [found[key] for key in sorted(found)]
