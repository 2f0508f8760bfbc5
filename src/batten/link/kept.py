"""What the joins keep of one run for the next: answers, and the facts that they rest on."""

from collections.abc import Iterable

from msgspec import structs

from batten.facts.project import FileFacts
from batten.link.memo import Memo
from batten.regex import regex

# What these files of a server of Nitro export has a name in others without an import.
LENDS = regex(r"^(?P<root>(?:.*/)?)(?:server|shared)/utils/[\w./-]+\.[cm]?[jt]s$")


class Kept:
    """What joins found out about the files of one app, for the next time that some of them have changed."""

    def __init__(self) -> None:
        self.memo = Memo()
        self.plain: tuple[FileFacts, ...] = ()
        """The files without what their code says and gives to others, but for what it hands on: the same object as long as nothing else changes. What rests on it alone is kept while code is typed."""
        self.bare: tuple[FileFacts, ...] = ()
        """These without their SQL: what rests on them alone is kept while a migration is typed, too."""
        self._plain: dict[str, FileFacts] = {}
        self._bare: dict[str, FileFacts] = {}
        self._files: dict[str, FileFacts] = {}
        self._around: tuple[object, ...] = ()

    def turn_to(self, files: Iterable[FileFacts], around: tuple[object, ...]) -> None:
        """Forget what rests on facts that are others now; all of it where something else that every answer rests on is not the same object."""
        before, self._files = self._files, {file.path: file for file in files}
        if len(around) != len(self._around) or any(one is not other for one, other in zip(around, self._around, strict=True)):
            self.memo = Memo()
            self._around = around
        others = [path for path in before.keys() | self._files.keys() if before.get(path) is not self._files.get(path)]
        heads = [path for path in others if _head(before.get(path)) != _head(self._files.get(path))]
        others_named = any(_named(before.get(path)) != _named(self._files.get(path)) for path in heads)
        self.memo.forget(others, heads, others_named=others_named)
        now = {path: _without_code(self._files[path]) for path in others if path in self._files}
        if any(self._plain.get(path) != now.get(path) for path in others):
            self._plain = {path: now.get(path) or self._plain[path] for path in sorted(self._files)}
            self.plain = tuple(self._plain.values())
        now = {path: _without_sql(file) for path, file in now.items()}
        if any(self._bare.get(path) != now.get(path) for path in others):
            self._bare = {path: now.get(path) or self._bare[path] for path in sorted(self._files)}
            self.bare = tuple(self._bare.values())


def _without_sql(file: FileFacts) -> FileFacts:
    return structs.replace(file, statements=(), source=None, dialect=None)


def _without_code(file: FileFacts) -> FileFacts:
    return structs.replace(
        file,
        exports=tuple([export for export in file.exports if export.module is not None]),  # what it hands on of others
        derives=(),
        keeps=(),
        functions=(),
        bindings=(),
        graphs=(),
        endpoints=(),
        mounts=(),
        middleware=(),
        applications=(),
        ignores=(),
        notes=(),
        code_notes=(),
        parsed=False,
        asked_for=False,
        digest=b"",
    )


def _head(file: FileFacts | None) -> object:
    """What a file imports and exports, what its classes derive from and what it keeps on the app, wherever that stands in it."""
    return None if file is None else (file.language, _named(file), [(entry.name, entry.local, entry.module) for entry in file.exports])


def _named(file: FileFacts | None) -> object:
    """What a file names of others: what it imports, what its classes derive from and what it keeps on the app; and what it lends to those that do not name it."""
    if file is None:
        return None
    lent = [entry.name for entry in file.exports] if LENDS.match(file.path) is not None else []
    return [(entry.module, entry.name, entry.local) for entry in file.imports], file.derives, file.keeps, lent
