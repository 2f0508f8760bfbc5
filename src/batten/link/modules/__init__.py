"""The module graph: which file an import means, which package a file belongs to, and which modules browsers get.

A pure function of the facts of all files; nothing is read from disk. What no entry of a known framework reaches is None: can't tell.
"""

import posixpath
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

from msgspec.structs import replace

from batten.facts.modules import Config, Module, Side
from batten.facts.project import FileFacts
from batten.facts.services import Package
from batten.finding import Step
from batten.link.modules.entries import App, apps, signs
from batten.link.modules.names import PYTHON, Names
from batten.link.modules.prefixes import prefixes
from batten.link.modules.reach import Loaded, Reach
from batten.link.modules.tree import is_aside, is_code, is_static
from batten.text import Place, Span

__all__ = ["App", "ModuleGraph", "modules"]

# ``import.meta.glob`` of a whole tree; more files than this are not pages of one app.
_MOST_GLOBBED = 2000


def modules(files: Sequence[FileFacts], before: "ModuleGraph | None" = None) -> "ModuleGraph":
    """The module graph of all files of a run; their order does not matter. ``before``, of the same files but for some edits, saves work and changes nothing."""
    return ModuleGraph(files, before)


class ModuleGraph:
    """Answers about modules, packages and the boundary between browser and server; paths are from the scanned root."""

    def __init__(self, files: Sequence[FileFacts], before: "ModuleGraph | None" = None) -> None:
        self.files = {file.path: file for file in sorted(files, key=lambda file: file.path)}
        self._loaded: Mapping[str, Loaded] = {}
        edited = _edited(before.files, self.files) if before is not None else None
        self.names: Names = Names(self.files) if before is None or edited is None else before.names
        """One and the same object as long as every import means the same file, and every file belongs to the same package."""
        if before is not None and edited is not None:
            self._take(vars(before), edited)

    def _take(self, known: dict[str, Any], edited: Sequence[tuple[FileFacts, FileFacts]]) -> None:
        """Take over the answers that edits leave as they were."""
        for name, rests_on in _RESTS_ON.items():
            if name in known and all(rests_on(one) == rests_on(other) for one, other in edited):
                self.__dict__[name] = known[name]
        if "_reach" not in known:
            return
        # What files load is found anew for those that are edited, and for those that look at their exports.
        before: Reach = known["_reach"]
        others = {other.path for one, other in edited if (one.imports, one.exports) != (other.imports, other.exports)}
        kept = {path: loaded for path, loaded in before.loaded.items() if path not in others and loaded.looked_at.isdisjoint(others)}
        reach = Reach(self.files, self.targets, self.names.is_verbatim, kept)
        same = all(reach.edges(path) == before.loaded[path].edges for path in before.loaded.keys() - kept.keys())
        if same and (self._apps, self._starts) == (known["_apps"], known["_starts"]):
            reach.browser, reach.server = before.browser, before.server
            self.__dict__ |= {"_reach": reach} | {name: known[name] for name in ("modules",) if name in known}
        self._loaded = reach.loaded

    def resolve(self, path: str, specifier: str) -> str | None:
        """The file that an import in ``path`` means; None where it lies outside the run."""
        return self.names.resolve(path, specifier)

    def resolve_python(self, path: str, module: str) -> str | None:
        """The file of a Python module as ``path`` names it (``a.b``, ``.b``); None where it lies outside the run."""
        return self.names.resolve_python(path, module)

    def importers(self, path: str, name: str) -> frozenset[str]:
        """Who imports an export of a file of server actions by its name, or all of them."""
        return frozenset(self._importers.get((path, name), set()) | self._importers.get((path, "*"), set()))

    @cached_property
    def _importers(self) -> dict[tuple[str, str], set[str]]:
        wanted = {path for path, file in self.files.items() if "use server" in file.directives}
        found: dict[tuple[str, str], set[str]] = {}
        for path, file in self.files.items() if wanted else ():
            for entry in file.imports if not path.endswith(PYTHON) else ():
                target = None if entry.type_only else self.resolve(path, entry.module)
                if target in wanted and target is not None:
                    found.setdefault((target, entry.name), set()).add(path)
        return found

    def package_of(self, path: str) -> Package:
        """The nearest package around a file, of the file's own ecosystem if there is one; a nameless one at the root where there is none."""
        return self.names.package_of(path)

    @cached_property
    def packages(self) -> tuple[Package, ...]:
        """All packages with their aliases and the modules that browsers start with, by root."""
        entries = {root: tuple(path for app in found for path, _ in app.client) for root, found in self._apps.items()}
        return tuple(
            replace(
                package, aliases=self._aliases(package.root), entries=entries.get(package.root, ()) if package.ecosystem == "npm" else ()
            )
            for package in self.names.packages
        )

    def _aliases(self, root: str) -> tuple[tuple[str, str], ...]:
        return tuple(alias for config in self.names.configs if config.path.rpartition("/")[0] == root for alias in config.aliases)

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
            package = self.names.by_root.get(root, {}).get("npm", Package(root, "npm"))
            configs = [config for config in self.names.configs if self.package_of(config.path).root == root]
            found[root] = apps(package, files, configs)
        return found

    @property
    def apps(self) -> tuple[App, ...]:
        """Every framework at work in every package."""
        return tuple(app for listed in self._apps.values() for app in listed)

    def closure(self, apps: Sequence[App]) -> Reach:
        """What the browser and the server get of some apps."""
        reach = Reach(self.files, self.targets, self.names.is_verbatim, self._loaded)
        reach.follow(apps)
        return reach

    @cached_property
    def _reach(self) -> Reach:
        return self.closure([*self.apps, self._starts])

    @cached_property
    def _starts(self) -> App:
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
        if path in self._reach.server or path.endswith(PYTHON):
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

    @property
    def sent(self) -> tuple[tuple[Module, ...], tuple[App, ...]]:
        """All that says what browsers get of the files as they stand: what rests on that is the same while this is."""
        return self.modules, self.apps

    def active_prefixes(self, package: Package) -> tuple[str, ...]:
        """The prefixes of environment variables that are sent to browsers in a package.

        A library has those of the packages that use it, a folder of packages those of the packages in it.
        """
        found: Collection[str] = self._own_prefixes(package)
        if not found:
            users = [user for user in self._users(package) if user is not package]
            found = {prefix for user in users for prefix in self._own_prefixes(user)}
        if not found:
            lead = f"{package.root}/" if package.root else ""
            found = {prefix for below in self.names.packages if below.root.startswith(lead) for prefix in self._own_prefixes(below)}
        return tuple(sorted(found))

    def _own_prefixes(self, package: Package) -> frozenset[str]:
        known = self._prefixes.get(id(package))
        return self._find_prefixes(package) if known is None else known

    @cached_property
    def _prefixes(self) -> dict[int, frozenset[str]]:
        """Those of each package itself."""
        return {id(package): self._find_prefixes(package) for package in self.names.packages}

    def _find_prefixes(self, package: Package) -> frozenset[str]:
        here = self.names.by_root.get(package.root, {}).get("npm", package)
        running = {app.framework for app in self._apps.get(package.root, ())}
        return frozenset(prefixes(here, self._configs.get(package.root, ()), running))

    @cached_property
    def _configs(self) -> dict[str, list[Config]]:
        """The settings in each folder."""
        found: dict[str, list[Config]] = {}
        for config in self.names.configs:
            found.setdefault(config.path.rpartition("/")[0], []).append(config)
        return found

    @cached_property
    def _users_by_name(self) -> dict[str, list[Package]]:
        """The packages that name another among what they depend on."""
        found: dict[str, list[Package]] = {}
        for user in self.names.packages:
            for name in user.dependencies:
                found.setdefault(name, []).append(user)
        return found

    def _users(self, package: Package) -> list[Package]:
        """The packages that depend on one, directly or through others."""
        found: dict[int, Package] = {}
        pending = [package.name]
        while pending:
            name = pending.pop()
            for user in self._users_by_name.get(name, ()) if name else ():
                if id(user) not in found:
                    found[id(user)] = user
                    pending.append(user.name)
        return list(found.values())


_RESTS_ON: dict[str, Callable[[FileFacts], object]] = {
    "_apps": signs,
    "packages": signs,
    "_starts": lambda file: {entry.module for entry in file.imports},
    "_importers": lambda file: (file.directives, {(entry.module, entry.name, entry.type_only) for entry in file.imports}),
}
"""What each of the answers of a graph rests on of a file, but for its path, its packages and its settings."""


def _edited(before: Mapping[str, FileFacts], files: Mapping[str, FileFacts]) -> list[tuple[FileFacts, FileFacts]] | None:
    """The files that are others than before, as they were and are; None where names may mean something else now."""
    if before.keys() != files.keys():
        return None
    edited = [(file, files[path]) for path, file in before.items() if files[path] is not file]
    same = all((one.packages, one.configs) == (other.packages, other.configs) for one, other in edited)
    return edited if same else None


def _static_folder(path: str) -> str:
    found = re.search(r"^(?:.*/)?(?:public|static)/", path)
    return found[0] if found else ""
