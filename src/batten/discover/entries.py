"""What discovery hands on: the files to read, their classes, and what was left out; knows nothing of how they were found."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from batten.finding import Note


class PathClass(StrEnum):
    """What a file is for, as its path tells."""

    PRODUCT = "product"
    TEST = "test"
    DOCS = "docs"
    GENERATED = "generated"
    LOCAL_DEV = "local-dev"


class FileEntry(Struct, frozen=True, gc=False):
    """One file to read: ``path`` is posix and relative to the root, ``size`` in bytes, ``tracked`` None where there is no repository."""

    path: str
    size: int
    tracked: bool | None
    path_class: PathClass


class Discovery(Struct, frozen=True):
    """The files to read, sorted by path.

    ``local_env`` are env files that stay on this machine (ignored, not tracked): known, never read. ``missing`` are paths that were
    asked for and do not exist. ``left_out`` are files, links and submodules that are there and are not read, each with what it counts as
    (``a minified bundle``).
    """

    root: Path
    files: tuple[FileEntry, ...]
    notes: tuple[Note, ...] = ()
    local_env: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    left_out: Mapping[str, str] = {}
