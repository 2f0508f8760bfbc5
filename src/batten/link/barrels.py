"""``export * from`` and ``from … import *``: which of the modules that a file hands on may have a name; knows no code."""

from collections.abc import Callable
from typing import NamedTuple

from batten.facts.project import FileFacts
from batten.link.memo import Memo


class _Stars(NamedTuple):
    """The modules of ``export * from``, in order: by the names that each may hand on, and those of which that can't be told, which are in every list."""

    named: dict[str, list[str]]
    others: list[str]


class Barrels:
    """What files hand on of others. ``head`` gives what a file imports and exports, ``resolve`` the file that a module is, as it is written in one."""

    def __init__(self, memo: Memo, head: Callable[[str], FileFacts | None], resolve: Callable[[str, str], str | None]) -> None:
        self._memo = memo
        self._head = head
        self._resolve = resolve

    def of(self, path: str, name: str) -> list[str]:
        """The modules from which ``export *`` may hand on a name: their exports are known from the first look, so that the code of others need not be read."""
        stars: _Stars = self._memo.part(("stars", path), self._find, path)
        return stars.named.get(name, stars.others)

    def _find(self, path: str) -> _Stars:
        file = self._head(path)
        stars = [export.module for export in (file.exports if file is not None else ()) if export.name == "*" and export.module is not None]
        # What a module of Python takes in whole can be had of it in turn.
        stars += [
            entry.module
            for entry in (file.imports if file is not None and path.endswith(".py") else ())
            if entry.name == "*" and not entry.local
        ]
        handed = [self._exported(path, module) for module in stars]
        others = [number for number, names in enumerate(handed) if names is None]
        named: dict[str, list[int]] = {}
        for number, names in enumerate(handed):
            for name in names or ():
                named.setdefault(name, []).append(number)
        in_order = {name: [stars[number] for number in sorted((*numbers, *others))] for name, numbers in named.items()}
        return _Stars(in_order, [stars[number] for number in others])

    def _exported(self, path: str, module: str) -> frozenset[str] | None:
        target = self._resolve(path, module)
        file = self._head(target) if target is not None else None
        names = frozenset(export.name for export in file.exports) if file is not None else frozenset[str]()
        # What CommonJS exports as a whole may have any name.
        return None if "*" in names or names <= {"default"} else names
