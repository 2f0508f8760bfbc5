"""The module graph: which file an import means, which package a file belongs to, and which modules browsers get.

A pure function of the facts of all files; nothing is read from disk. What no entry of a known framework reaches is None: can't tell.
"""

import posixpath
import re
from collections.abc import Iterable, Sequence
from functools import cached_property

from msgspec.structs import replace

from batten.facts.modules import Module, Side
from batten.facts.project import FileFacts
from batten.facts.services import Package
from batten.finding import Step
from batten.link.modules.entries import App, apps
from batten.link.modules.prefixes import prefixes
from batten.link.modules.python import PythonResolver
from batten.link.modules.reach import Reach
from batten.link.modules.resolve import Resolver
from batten.link.modules.tree import Tree, is_aside, is_code, is_static
from batten.text import Place, Span

__all__ = ["App", "ModuleGraph", "modules"]

_PYTHON = (".py", ".pyi")
# ``import.meta.glob`` of a whole tree; more files than this are not pages of one app.
_MOST_GLOBBED = 2000


def modules(files: Sequence[FileFacts]) -> "ModuleGraph":
    """The module graph of all files of a run; their order does not matter."""
    return ModuleGraph(files)


class ModuleGraph:
    """Answers about modules, packages and the boundary between browser and server; paths are from the scanned root."""

    def __init__(self, files: Sequence[FileFacts]) -> None:
        self.files = {file.path: file for file in sorted(files, key=lambda file: file.path)}
        self._tree = Tree(self.files)
        self._configs = [config for file in self.files.values() for config in file.configs]
        self._packages = _packages(self.files.values())
        self._by_root: dict[str, dict[str, Package]] = {}
        for package in self._packages:
            self._by_root.setdefault(package.root, {})[package.ecosystem] = package
        self._owners: dict[tuple[str, bool], Package] = {}
        self._resolver = Resolver(self._tree, self._packages, self._configs)
        self._python = PythonResolver(self._tree, self._packages)

    def resolve(self, path: str, specifier: str) -> str | None:
        """The file that an import in ``path`` means; None where it lies outside the run."""
        if path.endswith(_PYTHON):
            return self._python.resolve(path, specifier)
        return self._resolver.resolve(path, specifier)

    def resolve_python(self, path: str, module: str) -> str | None:
        """The file of a Python module as ``path`` names it (``a.b``, ``.b``); None where it lies outside the run."""
        return self._python.resolve(path, module)

    def package_of(self, path: str) -> Package:
        """The nearest package around a file, of the file's own ecosystem if there is one; a nameless one at the root where there is none."""
        folder, is_python = path.rpartition("/")[0], path.endswith(_PYTHON)
        key = (folder, is_python)
        found = self._owners.get(key)
        if found is None:
            found = self._owners[key] = self._owner(folder, "pypi" if is_python else "npm", strict=is_python or is_code(path))
        return found

    def _owner(self, folder: str, ecosystem: str, *, strict: bool) -> Package:
        nearest = None
        while True:
            here = self._by_root.get(folder)
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

    @cached_property
    def packages(self) -> tuple[Package, ...]:
        """All packages with their aliases and the modules that browsers start with, by root."""
        entries = {root: tuple(path for app in found for path, _ in app.client) for root, found in self._apps.items()}
        return tuple(
            replace(
                package, aliases=self._aliases(package.root), entries=entries.get(package.root, ()) if package.ecosystem == "npm" else ()
            )
            for package in self._packages
        )

    def _aliases(self, root: str) -> tuple[tuple[str, str], ...]:
        return tuple(alias for config in self._configs if config.path.rpartition("/")[0] == root for alias in config.aliases)

    @cached_property
    def _apps(self) -> dict[str, list[App]]:
        """The apps by root of their package; code outside any package counts as a package of its own."""
        owned: dict[str, list[FileFacts]] = {}
        for path, file in self.files.items():
            if is_code(path):
                owner = self.package_of(path)
                owned.setdefault(owner.root if owner.ecosystem == "npm" else "", []).append(file)
        found = {}
        for root, files in sorted(owned.items()):
            package = self._by_root.get(root, {}).get("npm", Package(root, "npm"))
            configs = [config for config in self._configs if self.package_of(config.path).root == root]
            found[root] = apps(package, files, configs)
        return found

    @property
    def apps(self) -> tuple[App, ...]:
        """Every framework at work in every package."""
        return tuple(app for listed in self._apps.values() for app in listed)

    def closure(self, apps: Sequence[App]) -> Reach:
        """What the browser and the server get of some apps."""
        reach = Reach(self.files, self.targets, self._resolver.is_verbatim)
        reach.follow(apps)
        return reach

    @cached_property
    def _reach(self) -> Reach:
        return self.closure([*self.apps, self._static()])

    def _static(self) -> App:
        """Scripts that are served as they are, unless other modules load them."""
        served = {path for path in self.files if is_static(path) and not is_aside(path)}
        folders = {path: _static_folder(path) for path in served}
        loaded = set()
        for path, file in self.files.items() if served else ():
            for module in {imported.module for imported in file.imports}:
                target = self.resolve(path, module)
                if target in served and not path.endswith((".html", ".htm")) and _static_folder(path) != folders[target]:
                    loaded.add(target)
        return App("", "static", tuple((path, f"{path.rpartition('/')[2]} is served as it is") for path in sorted(served - loaded)))

    def targets(self, path: str, module: str) -> Sequence[str]:
        """The files of the run that an import or a pattern of ``import.meta.glob`` means."""
        if "*" in module:
            return self._globbed(path, module)
        found = self.resolve(path, module)
        return (found,) if found is not None and found in self.files else ()

    def _globbed(self, path: str, pattern: str) -> list[str]:
        """The modules that a pattern of ``import.meta.glob`` takes in; aliases stand only for folders."""
        head, star, tail = pattern.partition("*")
        folder = head.rpartition("/")[0]
        own = path.rpartition("/")[0]
        if head.startswith("."):
            start = posixpath.normpath(f"{own}/{folder}" if own else folder)
        elif head.startswith("/"):
            start = f"{self.package_of(path).root}{folder}".strip("/")
        else:
            return []
        rest = re.escape(head.rpartition("/")[2] + star + tail).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
        rest = re.sub(r"\\\{([^{}]*)\\\}", lambda found: "(?:" + found[1].replace(",", "|") + ")", rest)
        matches = re.compile(re.escape("" if start in ("", ".") else f"{start}/") + rest).fullmatch
        return [found for found in self.files if matches(found)][:_MOST_GLOBBED]

    def in_browser(self, path: str, offset: int | None = None) -> bool | None:
        """Whether browsers get the module, or what stands at ``offset`` in it; None can't tell."""
        if path in self._reach.browser:
            return not (offset is not None and self._is_stripped(path, offset))
        if path in self._reach.server or path.endswith(_PYTHON):
            return False
        return False if is_code(path) and is_aside(self._inner(path)) else None

    def _is_stripped(self, path: str, offset: int) -> bool:
        file = self.files[path]
        if not any(offset in span for span in file.stripped):
            return False
        return any(app.splits_all or path in app.split for app in self._apps.get(self.package_of(path).root, ()))

    def _inner(self, path: str) -> str:
        root = self.package_of(path).root
        return path[len(root) + 1 :] if root else path

    def side(self, path: str) -> Side | None:
        """Where the module runs; None where no entry reaches it."""
        browser, server = path in self._reach.browser, path in self._reach.server
        if browser:
            return Side.BOTH if server else Side.BROWSER
        return Side.SERVER if server else None

    def reach(self, path: str) -> tuple[Step, ...]:
        """How browsers come to the module, from an entry on; empty where they do not."""
        return self._reach.trail(path)

    @cached_property
    def modules(self) -> tuple[Module, ...]:
        """All modules of JavaScript and TypeScript, by path."""
        return tuple(
            Module(path, self.package_of(path).root, self.side(path), self.reach(path), Place(path, Span(0, 0)))
            for path in self.files
            if is_code(path)
        )

    def active_prefixes(self, package: Package) -> tuple[str, ...]:
        """The prefixes of environment variables that are sent to browsers in a package.

        A library has those of the packages that use it, a folder of packages those of the packages in it.
        """
        found = self._own_prefixes(package)
        if not found:
            users = [user for user in self._users(package) if user is not package]
            found = {prefix for user in users for prefix in self._own_prefixes(user)}
        if not found:
            lead = f"{package.root}/" if package.root else ""
            found = {prefix for below in self._packages if below.root.startswith(lead) for prefix in self._own_prefixes(below)}
        return tuple(sorted(found))

    def _own_prefixes(self, package: Package) -> set[str]:
        here = self._by_root.get(package.root, {}).get("npm", package)
        running = {app.framework for app in self._apps.get(package.root, ())}
        return prefixes(here, [config for config in self._configs if config.path.rpartition("/")[0] == package.root], running)

    def _users(self, package: Package) -> list[Package]:
        """The packages that depend on one, directly or through others."""
        found: list[Package] = []
        names = {package.name} - {""}
        while names:
            users = [user for user in self._packages if user not in found and not names.isdisjoint(user.dependencies)]
            found += users
            names = {user.name for user in users} - {""}
        return found


def _static_folder(path: str) -> str:
    found = re.search(r"^(?:.*/)?(?:public|static)/", path)
    return found[0] if found else ""


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
