"""What the heads of all files say together: who imports a name, what derives from one, which files keep something under one on the app or tell a container of something; knows no code.

An answer rests on the entries that it asked for: a new export of one file changes nothing for those who ask about the names of others.
"""

from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING, Any

from batten.link.kept import LENDS
from batten.link.memo import Memo
from batten.regex import regex

if TYPE_CHECKING:
    from batten.facts.project import FileFacts

# Packages of containers; names that only mark what a container is to find tell nothing of what it holds.
_CONTAINERS = frozenset(
    {
        "@nestjs/common", "awilix", "dependency_injector", "dependency_injector.containers", "injector", "inversify", "kink", "lagom", "punq",
        "rodi", "svcs", "tsyringe", "typedi", "wireup",
    }
)  # fmt: skip
_TELLING = frozenset(
    {
        "*",
        "Binder",
        "Container",
        "ContainerModule",
        "Injector",
        "Module",
        "Registry",
        "asClass",
        "container",
        "containers",
        "createContainer",
        "di",
        "registry",
    }
)

# https://nuxt.com/docs/guide/directory-structure/server#server-utilities
_SETTINGS = regex(r"^(?P<root>(?:.*/)?)(?:nuxt|nitro)\.config\.[cm]?[jt]s$")
_NITRO = regex(r"^(?P<root>(?:.*/)?)server/")


class Heads:
    """The heads of the files of an app. ``is_test`` tells of a path that nothing of the app itself is in it."""

    def __init__(self, files: Mapping[str, "FileFacts"], memo: Memo, is_test: Callable[[str], bool]) -> None:
        self._files = files
        self._memo = memo
        self._is_test = is_test
        self._tables: dict[str, Callable[[], Mapping[Hashable, object]]] = {
            "importing": self._find_importing,
            "naming": self._find_naming,
            "deriving": self._find_deriving,
            "keeping": self._find_keeping,
            "telling": self._find_telling,
            "lent": self._find_lent,
        }
        for name, compute in self._tables.items():
            memo.lay_out_anew(name, compute)

    def importing(self, stem: str) -> tuple[tuple[str, str], ...]:
        """The files that import a module whose path ends in this name, whatever its extension, each with the module as it is written."""
        return self._asked("importing", stem)

    def naming(self, name: str) -> tuple[str, ...]:
        """The files that import something by a name, or give it one."""
        return self._asked("naming", name)

    def deriving(self, name: str) -> tuple[str, ...]:
        """The files with a class that derives from something of a name, but for tests."""
        return self._asked("deriving", name)

    def keeping(self, name: str) -> tuple[str, ...]:
        """The files that may keep something of a name on the app, but for tests, sorted."""
        return self._asked("keeping", name)

    def telling(self) -> tuple[str, ...]:
        """The files that use a container, and not only its marks, but for tests, sorted."""
        return self._asked("telling", None)

    def lent(self, path: str, name: str) -> str | None:
        """The file whose export a name is that nothing binds in a file of Nitro's server: its ``utils`` are there without an import."""
        found = _NITRO.match(path)
        lender: str | None = self._memo.laid_out("lent", self._find_lent, (found["root"], name)) if found is not None else None
        return lender

    def _asked(self, name: str, key: Hashable) -> tuple[Any, ...]:
        found: tuple[Any, ...] | None = self._memo.laid_out(name, self._tables[name], key)
        return found or ()

    def _find_importing(self) -> dict[Hashable, object]:
        found: dict[str, dict[tuple[str, str], None]] = {}
        for path, file in self._files.items():
            for entry in file.imports:
                found.setdefault(entry.module.rpartition("/")[2].partition(".")[0], {})[path, entry.module] = None
        return {stem: tuple(modules) for stem, modules in found.items()}

    def _find_naming(self) -> dict[Hashable, object]:
        found: dict[str, dict[str, None]] = {}
        for path, file in self._files.items():
            for entry in file.imports:
                for name in (entry.name, entry.local):
                    found.setdefault(name, {})[path] = None
        return {name: tuple(paths) for name, paths in found.items()}

    def _find_deriving(self) -> dict[Hashable, object]:
        found: dict[str, list[str]] = {}
        for path, file in self._files.items():
            for name in file.derives if file.derives and not self._is_test(path) else ():
                found.setdefault(name, []).append(path)
        return {name: tuple(paths) for name, paths in found.items()}

    def _find_keeping(self) -> dict[Hashable, object]:
        found: dict[str, list[str]] = {}
        for path in sorted(self._files):
            for name in self._files[path].keeps if self._files[path].keeps and not self._is_test(path) else ():
                found.setdefault(name, []).append(path)
        return {name: tuple(paths) for name, paths in found.items()}

    def _find_telling(self) -> dict[Hashable, object]:
        telling = (path for path in sorted(self._files) if _tells(self._files[path]) and not self._is_test(path))
        return {None: tuple(telling)}

    def _find_lent(self) -> dict[Hashable, object]:
        roots = {settings["root"] for path in self._files if (settings := _SETTINGS.match(path)) is not None}
        found: dict[Hashable, object] = {}
        for path in sorted(self._files) if roots else ():
            utils = LENDS.match(path)
            if utils is not None and utils["root"] in roots and not self._is_test(path):
                names = [export.name for export in self._files[path].exports if export.name != "*" and not export.type_only]
                found.update({(utils["root"], name): path for name in names})
        return found


def _tells(file: "FileFacts") -> bool:
    return any(entry.module in _CONTAINERS and entry.name in _TELLING for entry in file.imports)
