"""Whether a git folder belongs to the tree that it is found in and holds all of its past; a look at names, not into objects."""

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from batten.discover.git import Repository, command, environment
from batten.finding import Note, NoteKind, UsageError
from batten.regex import regex

_MOST_ENTRIES = 500_000
_PLAIN = ("HEAD", "config", "packed-refs", "shallow", "commondir", "objects", "refs", "logs", "reftable")
_LONGEST = 4096
_WORKTREE = regex(r"^\s*worktree\s*=\s*\"?(.+?)\"?\s*$", re.MULTILINE)


def own(where: Repository) -> Path:
    """The folder that holds objects and branches. Raises UsageError where it is not this tree's own, or leads out of it.

    A stranger's archive could name the git folder of another tree, or link to one, and so have its secrets shown.
    """
    folder = where.folder
    common = folder
    if folder != where.top / ".git" or folder.is_symlink():
        folder = folder.resolve()
        common = folder.parents[1] if folder.parent.name == "worktrees" else folder
        if not _leads_back(where, folder, common):
            raise _elsewhere("the git folder is not this tree's own")
    if _text(folder / "commondir") and folder == common:
        raise _elsewhere("the git folder takes its objects from another one")
    if _text(common / "objects" / "info" / "alternates") or _text(common / "objects" / "info" / "http-alternates"):
        raise _elsewhere("the repository borrows objects of another one")
    for number, entry in enumerate(_entries(common)):
        if not (stat.S_ISREG(entry.st_mode) or stat.S_ISDIR(entry.st_mode)):
            raise _elsewhere("the git folder holds links or devices")
        if number > _MOST_ENTRIES:
            raise _elsewhere("the git folder holds too many loose files", "pack them: git gc")
    return common


def reading(where: Repository) -> tuple[list[str], dict[str, str]]:
    """The words and the environment by which the objects of a repository are read, and no others. Raises UsageError, as ``own`` does."""
    words = command(where)
    if words is None:
        raise UsageError("there is no git to read the history with", "install git, or add it to PATH")
    only = {"GIT_COMMON_DIR": str(own(where)), "GIT_NO_REPLACE_OBJECTS": "1", "GIT_GRAFT_FILE": os.devnull}
    return words, environment() | only


def _elsewhere(problem: str, advice: str = "make a clone of its own to look at: git clone --no-hardlinks FOLDER COPY") -> UsageError:
    return UsageError(f"the history is not read: {problem}", advice)


def _leads_back(where: Repository, folder: Path, common: Path) -> bool:
    """Whether a git folder elsewhere names this tree: a worktree's by its ``gitdir``, a submodule's by its configuration."""
    if common != folder:
        return Path(_text(folder / "gitdir").strip()) == where.top / ".git"
    named = _WORKTREE.findall(_text(folder / "config"))
    return any(Path(os.path.normpath(folder / one)) == where.top for one in named)


def _entries(folder: Path) -> Iterator[os.stat_result]:
    """What there is of files and folders that git would open."""
    pending = [folder / name for name in _PLAIN]
    while pending:
        path = pending.pop()
        try:
            found = path.lstat()
            if stat.S_ISDIR(found.st_mode):
                pending.extend(Path(entry.path) for entry in os.scandir(path))
        except OSError:
            continue
        yield found


def _text(path: Path) -> str:
    """The beginning of a small file; "" where there is none."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return ""
        with path.open("rb") as file:
            return os.fsdecode(file.read(_LONGEST))
    except OSError:
        return ""


def cut_short(where: Repository, common: Path) -> list[Note]:
    """What is missing from the past by the way the clone was made."""
    notes = []
    if _text(common / "shallow"):
        message = "the history is read as far as it is here: this is a shallow clone, fetch the rest with git fetch --unshallow"
        notes.append(Note(NoteKind.NOT_READ, message))
    if (where.top / ".gitmodules").is_file():
        notes.append(Note(NoteKind.SKIPPED, "the histories of submodules are not read: each is a repository of its own"))
    return notes
