"""Reads the files of a commit from git's objects: no checkout, no filter, and nothing that a repository brings along is run."""

import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from msgspec import Struct

from batten.discover.git import Repository
from batten.discover.git_folder import reading
from batten.finding import UsageError
from batten.regex import regex

_SECONDS = 120
LINK = "120000"
"""The mode of a symbolic link."""
SUBMODULE = "160000"
"""The mode of a submodule."""
UNNAMED = "unnamed"
"""Of a file whose name is not UTF-8, or leads out of its folder."""
_UNUSABLE = regex(r"(?i)(?:^|[/\\])(?:\.{0,2}|\.git)(?:[/\\]|$)|^[a-z]:")
_PLAIN = ("100644", "100755", "100664")
_NAME = regex(r"[0-9a-f]{40,64}")


class Blob(Struct, frozen=True):
    """One file of a commit: ``mode`` as git has it, ``size`` in bytes."""

    name: str
    mode: str
    size: int

    @property
    def is_plain(self) -> bool:
        """It is a file: no link, no submodule."""
        return self.mode in _PLAIN


class Commits:
    """The commits of one repository. Raises UsageError where its objects can't be read, or are another tree's."""

    def __init__(self, where: Repository) -> None:
        self.where = where
        self._words, self._environment = reading(where)

    def name(self, revision: str) -> str:
        """The full name of the commit that a revision means. Raises UsageError where there is none."""
        if revision.startswith("-") or "\0" in revision:
            raise UsageError(f"{revision!r} is not a revision", "name a branch, a tag or a commit")
        found = self._ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        if found is None:
            raise UsageError(f"there is no commit {revision!r} here", "fetch it first: shallow clones lack it (git fetch --unshallow)")
        return found.decode().strip()

    def fork_point(self, revision: str, tip: str = "HEAD") -> str:
        """The newest commit that ``tip`` and a revision have in common; the revision itself where they have none."""
        head, other = self.name(tip), self.name(revision)
        found = self._ask("merge-base", head, other)
        return found.decode().strip() if found else other

    def default_branch(self) -> str:
        """The branch that changes go to. Raises UsageError where none can be told."""
        named = self._ask("symbolic-ref", "--quiet", "refs/remotes/origin/HEAD")
        candidates = [named.decode().strip()] if named else []
        for candidate in (*candidates, "refs/remotes/origin/main", "refs/remotes/origin/master", "refs/heads/main", "refs/heads/master"):
            if self._ask("rev-parse", "--verify", "--quiet", f"{candidate}^{{commit}}"):
                return candidate
        raise UsageError("it cannot be told what to compare with", "name a branch or a commit: batten diff main")

    def tree(self, name: str) -> dict[str, Blob]:
        """All files of a commit by path from the top; links and submodules too, by their modes. A path that is not UTF-8, or leads elsewhere, is told as well as it can be, and its file is no plain one."""
        listed = self._ask("ls-tree", "-r", "-z", "--long", "--full-tree", name)
        if listed is None:
            raise UsageError(f"the files of {name[:12]} can't be listed", "the repository may be damaged or shallow: git fsck tells")
        found = {}
        for row in listed.split(b"\0"):
            told, _, path = row.partition(b"\t")
            words = told.split()
            if len(words) != 4:  # noqa: PLR2004 - mode, type, name, size
                continue
            mode, _, blob, size = (word.decode() for word in words)
            try:
                name = path.decode()
            except UnicodeDecodeError:
                name, mode = path.decode("utf-8", "backslashreplace"), UNNAMED
            # Objects hold whatever was written into them; a working tree never has such files.
            if _UNUSABLE.search(name):
                mode = UNNAMED
            found[name] = Blob(blob, mode, int(size) if size.isdigit() else 0)
        return found

    @contextmanager
    def blobs(self, files: Mapping[str, Blob]) -> Iterator["Blobs"]:
        """The texts of files, read when they are asked for by one process that stays."""
        process = subprocess.Popen(  # noqa: S603 - fixed arguments, and the repository's own configuration is overruled
            [*self._words, "cat-file", "--batch"],
            cwd=self.where.top,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield Blobs(process, files)
        finally:
            process.kill()
            process.communicate()

    def texts(self, files: Mapping[str, Blob], wanted: Iterable[str]) -> dict[str, bytes]:
        """The texts of some files; those that can't be had are left out."""
        found = {}
        with self.blobs(files) as blobs:
            for path in wanted:
                try:
                    found[path] = blobs[path]
                except (KeyError, OSError):
                    continue
        return found

    def _ask(self, *words: str) -> bytes | None:
        """What git answers, None where it fails."""
        try:
            done = subprocess.run(  # noqa: S603 - as above
                [*self._words, *words],
                cwd=self.where.top,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout if done.returncode == 0 else None


class Blobs(Mapping[str, bytes]):
    """Texts by path; KeyError for what can't be read."""

    def __init__(self, process: "subprocess.Popen[bytes]", files: Mapping[str, Blob]) -> None:
        self._process = process
        self._files = files

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
