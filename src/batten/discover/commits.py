"""Reads the files of a commit from git's objects: no checkout, no filter, and nothing that a repository brings along is run."""

import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from batten.discover.git import Repository, command, environment
from batten.finding import UsageError

_SECONDS = 120
LINK = "120000"
"""The mode of a symbolic link."""
_PLAIN = ("100644", "100755", "100664")
_NAME = re.compile(r"[0-9a-f]{40,64}")


class Blob(Struct, frozen=True):
    """One file of a commit: ``mode`` as git has it, ``size`` in bytes."""

    name: str
    mode: str
    size: int


def commit(where: Repository, revision: str) -> str:
    """The full name of the commit that a revision means. Raises UsageError where there is none."""
    if revision.startswith("-") or "\0" in revision:
        raise UsageError(f"{revision!r} is not a revision", "name a branch, a tag or a commit")
    found = _ask(where, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if found is None:
        raise UsageError(f"there is no commit {revision!r} here", "fetch it first: shallow clones lack it (git fetch --unshallow)")
    return found.decode().strip()


def fork_point(where: Repository, revision: str, tip: str = "HEAD") -> str:
    """The newest commit that ``tip`` and a revision have in common; the revision itself where they have none."""
    head, other = commit(where, tip), commit(where, revision)
    found = _ask(where, "merge-base", head, other)
    return found.decode().strip() if found else other


def default_branch(where: Repository) -> str:
    """The branch that changes go to. Raises UsageError where none can be told."""
    named = _ask(where, "symbolic-ref", "--quiet", "refs/remotes/origin/HEAD")
    candidates = [named.decode().strip()] if named else []
    for candidate in (*candidates, "refs/remotes/origin/main", "refs/remotes/origin/master", "refs/heads/main", "refs/heads/master"):
        if _ask(where, "rev-parse", "--verify", "--quiet", f"{candidate}^{{commit}}"):
            return candidate
    raise UsageError("it cannot be told what to compare with", "name a branch or a commit: batten diff main")


def tree(where: Repository, name: str) -> dict[str, Blob]:
    """All files of a commit by path from the top; links and submodules too, by their modes."""
    listed = _ask(where, "ls-tree", "-r", "-z", "--long", "--full-tree", name)
    if listed is None:
        raise UsageError(f"the files of {name[:12]} can't be listed", "the repository may be damaged or shallow: git fsck tells")
    found = {}
    for row in listed.split(b"\0"):
        told, _, path = row.partition(b"\t")
        words = told.split()
        if len(words) == 4 and _is_text(path):  # noqa: PLR2004 - mode, type, name, size
            mode, _, blob, size = (word.decode() for word in words)
            found[path.decode()] = Blob(blob, mode, int(size) if size.isdigit() else 0)
    return found


def is_plain(blob: Blob) -> bool:
    """It is a file: no link, no submodule."""
    return blob.mode in _PLAIN


def _is_text(path: bytes) -> bool:
    try:
        path.decode()
    except UnicodeDecodeError:
        return False
    return True


class Blobs(Mapping[str, bytes]):
    """The texts of files of a commit, read when they are asked for by one process that stays."""

    def __init__(self, where: Repository, files: Mapping[str, Blob]) -> None:
        self._files = files
        self._process = subprocess.Popen(  # noqa: S603 - fixed arguments, and the repository's own configuration is overruled
            [*_git(where), "cat-file", "--batch"],
            cwd=where.top,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def __getitem__(self, path: str) -> bytes:
        blob = self._files[path]
        if not _NAME.fullmatch(blob.name) or self._process.stdin is None or self._process.stdout is None:
            raise KeyError(path)
        self._process.stdin.write(f"{blob.name}\n".encode())
        self._process.stdin.flush()
        head = self._process.stdout.readline().split()
        if len(head) != 3 or not head[2].isdigit():  # noqa: PLR2004 - name, type, size
            raise KeyError(path)
        data = self._process.stdout.read(int(head[2]))
        self._process.stdout.read(1)
        return data

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


def _git(where: Repository) -> list[str]:
    words = command(where)
    if words is None:
        raise UsageError("there is no git to read commits with", "install git, or add it to PATH")
    return words


def _ask(where: Repository, *words: str) -> bytes | None:
    """What git answers, None where it fails."""
    try:
        done = subprocess.run(  # noqa: S603 - as above
            [*_git(where), *words],
            cwd=where.top,
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout if done.returncode == 0 else None


def texts(where: Repository, files: Mapping[str, Blob], wanted: Iterable[str]) -> dict[str, bytes]:
    """The texts of some files; those that can't be had are left out."""
    blobs = Blobs(where, files)
    found = {}
    try:
        for path in wanted:
            try:
                found[path] = blobs[path]
            except (KeyError, OSError):
                continue
    finally:
        blobs.close()
    return found
