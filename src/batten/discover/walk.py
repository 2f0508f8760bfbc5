"""Walks a folder, or looks up the files that git has listed, without following a link; does not know what files are for."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from batten.discover.classes import BUILT, INSTALLED, MANIFESTS, is_env
from batten.discover.patterns import spec
from batten.discover.reading import Unread, note, read
from batten.finding import Note, NoteKind

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

MOST = 500_000
"""Files of one run; a tree with more is no app."""


class Found:
    """What was found so far: sizes and tracking by path, notes, links, folders that git lists as one entry, and local env files."""

    def __init__(self) -> None:
        self.sizes: dict[str, int] = {}
        self.tracked: dict[str, bool | None] = {}
        self.notes: list[Note] = []
        self.local_env: set[str] = set()
        self.folders: list[str] = []
        self.left_out: dict[str, str] = {}
        self.links = 0

    def full(self) -> bool:
        """Whether no more files are taken."""
        return len(self.sizes) >= MOST

    def add_link(self, path: str) -> None:
        """Take note of a symbolic link."""
        self.left_out[path] = "a symbolic link"
        self.links += 1

    def add_unnamed(self, path: str, why: str) -> None:
        """Take note of a file whose name can't be used."""
        self.left_out[path] = "a file whose name can't be used"
        self.notes.append(note(NoteKind.NOT_READ, path, f"{path} is not read: {why}"))

    def add(self, path: str, entry: os.DirEntry[str], tracked: bool | None) -> None:
        """Take in one directory entry, which may have vanished or be anything."""
        try:
            if entry.is_symlink():
                self.add_link(path)
            elif entry.is_file(follow_symlinks=False):
                self.sizes[path] = entry.stat(follow_symlinks=False).st_size
                self.tracked[path] = tracked
            elif entry.is_dir(follow_symlinks=False):
                self.folders.append(path)
            else:
                self.notes.append(note(NoteKind.SKIPPED, path, f"{path} is not read: it is a device, pipe or socket"))
        except FileNotFoundError:
            pass
        except OSError as error:
            self.unreadable(path, error)

    def unreadable(self, path: str, error: OSError) -> None:
        """Note a file or folder that the system does not let us see."""
        reason = (error.strerror or str(error)).lower()
        self.notes.append(note(NoteKind.NOT_READ, path or ".", f"{path or '.'} is not read: {reason}"))


def walk(root: Path, start: str, found: Found, *, above: bool) -> None:
    """Take in everything below ``start`` that no .gitignore leaves out; ``above``: those over ``start`` count too."""
    chain = tuple(_ignores(root, _parents(start), found)) if above else ()
    pending = [(start, chain)]
    while pending and not found.full():
        folder, chain = pending.pop()
        entries = _entries(root, folder, found)
        if any(entry.name == ".gitignore" for entry in entries):
            chain = (*_ignores(root, [folder], found), *chain)
        package = folder == start or any(entry.name in MANIFESTS for entry in entries)
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if not entry.is_dir(follow_symlinks=False):
                if not _ignored(path, chain):
                    found.add(path, entry, None)
                elif is_env(entry.name):
                    found.local_env.add(path)
            elif entry.name not in INSTALLED and not (package and entry.name in BUILT) and not _ignored(f"{path}/", chain):
                pending.append((path, chain))


def look_up(root: Path, listed: dict[str, bool], found: Found) -> None:
    """Take in the listed files that are there, and the env files beside them that git does not list."""
    folders: dict[str, dict[str, bool]] = {}
    for path, tracked in listed.items():
        folder, _, name = path.rpartition("/")
        folders.setdefault(folder, {})[name] = tracked
    real = {"": True}
    for folder, names in folders.items():
        if found.full():
            return
        if not _is_real(root, folder, real):
            continue  # gone, or a link has taken its place
        for entry in _entries(root, folder, found):
            wanted = names.get(entry.name)
            path = f"{folder}/{entry.name}" if folder else entry.name
            if wanted is not None:
                found.add(path, entry, wanted)
            elif is_env(entry.name) and entry.is_file(follow_symlinks=False):
                found.local_env.add(path)


def _is_real(root: Path, folder: str, known: dict[str, bool]) -> bool:
    """Whether every part of the path is a folder and no link."""
    if folder in known:
        return known[folder]
    path, real = "", True
    for name in folder.split("/"):
        path = f"{path}/{name}" if path else name
        if path not in known:
            full = os.path.join(root, path)  # noqa: PTH118 - in a hot loop
            known[path] = real and not os.path.islink(full) and os.path.isdir(full)  # noqa: PTH112, PTH114
        real = known[path]
    return real


def _entries(root: Path, folder: str, found: Found) -> list[os.DirEntry[str]]:
    """The entries of a folder by name; names that are not UTF-8 are noted and left out."""
    try:
        with os.scandir(os.path.join(root, folder)) as listing:  # noqa: PTH118 - in a hot loop
            entries = sorted(listing, key=lambda entry: entry.name)
    except FileNotFoundError:
        return []
    except OSError as error:
        found.unreadable(folder, error)
        return []
    if all(map(_is_text, entries)):
        return entries
    for entry in entries:
        if not _is_text(entry):
            shown = os.fsencode(os.path.join(folder, entry.name)).decode("utf-8", "backslashreplace")  # noqa: PTH118
            found.add_unnamed(shown, "its name is not UTF-8")
    return [entry for entry in entries if _is_text(entry)]


def _is_text(entry: os.DirEntry[str]) -> bool:
    return entry.name.isascii() or not any("\udc80" <= letter <= "\udcff" for letter in entry.name)


def _parents(folder: str) -> Iterator[str]:
    """The folders over ``folder``, nearest first, ending with the root ""."""
    while folder:
        folder = folder.rpartition("/")[0]
        yield folder


def _ignores(root: Path, folders: Iterable[str], found: Found) -> Iterator[tuple[str, "GitIgnoreSpec"]]:
    for folder in folders:
        path = f"{folder}/.gitignore" if folder else ".gitignore"
        try:
            lines = read(root, path).decode("utf-8", "replace").splitlines()
        except Unread:
            continue
        patterns, refused = spec(lines)
        if refused:
            message = f"{path}: {len(refused)} patterns are too complex and are passed over: {refused[0][:80]!r}"
            found.notes.append(note(NoteKind.LIMIT, path, message))
        yield (folder, patterns)


def _ignored(path: str, chain: tuple[tuple[str, "GitIgnoreSpec"], ...]) -> bool:
    """What the nearest .gitignore says that says anything."""
    for folder, patterns in chain:
        verdict = patterns.check_file(path[len(folder) + 1 :] if folder else path).include
        if verdict is not None:
            return verdict
    return False
