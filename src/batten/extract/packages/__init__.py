"""Settings files of one app: packages, compilers, bundlers and Supabase; a file at a time, nothing is executed.

Says what each file says; which of them holds for a module is for ``link`` to find.
"""

from typing import Protocol

from batten.extract import firebase
from batten.extract.packages import bundlers, cloud, images, manifests, node, python, source_maps, supabase, typescript, workflows
from batten.extract.packages.reading import Settings, Unreadable
from batten.finding import Note, NoteKind
from batten.text import Place, Span

__all__ = ["Settings", "file_facts", "is_settings"]


class Reader(Protocol):
    """A module that reads one kind of settings file."""

    def reads(self, path: str, name: str, /) -> bool:
        """Whether it reads the file."""

    def read(self, path: str, data: bytes, /) -> Settings:
        """What the file says. Raises Unreadable."""


_READERS: tuple[Reader, ...] = (node, typescript, bundlers, manifests, python, supabase, source_maps, firebase, workflows, images, cloud)
# The largest settings file that a person or a tool writes.
_LARGEST = 4_000_000


def is_settings(path: str) -> bool:
    """Whether the file is one that this reads, by its name alone."""
    name = path.rpartition("/")[2]
    return any(reader.reads(path, name) for reader in _READERS)


def file_facts(path: str, data: bytes) -> Settings:
    """The packages and settings in one file, empty where it is no settings file; a file that can't be read gives a Note."""
    name = path.rpartition("/")[2]
    for reader in _READERS:
        if reader.reads(path, name):
            if len(data) > _LARGEST:
                return Settings(notes=(_note(path, NoteKind.LIMIT, "is too large to be a settings file"),))
            try:
                return reader.read(path, data)
            except Unreadable as error:
                return Settings(notes=(_note(path, NoteKind.NOT_PARSED, str(error)),))
    return Settings()


def _note(path: str, kind: NoteKind, why: str) -> Note:
    return Note(kind, f"{path} {why}: its settings are not known", Place(path, Span(0, 0)))
