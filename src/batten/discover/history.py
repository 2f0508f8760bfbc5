"""Reads what git keeps of a repository's past: every version of every file, and which commit put it there; looks for nothing in it.

Only plumbing is called: it obeys no alias, pager, hook, filter, signature check or external diff of the repository.
"""

import os
import subprocess
import tempfile
from collections.abc import Callable, Container, Iterator
from itertools import islice
from pathlib import Path
from typing import IO, NamedTuple

from batten.discover.git import Repository
from batten.discover.git_folder import cut_short, reading
from batten.finding import Note, NoteKind
from batten.regex import regex

_READ = 1 << 20
_MOST_TIPS = 50
_EVERY = 1_000
# Packs are looked at through windows; without a bound git keeps all of them open, and so as much memory as the packs are large.
_BOUNDS = ("-c", "core.packedGitWindowSize=4m", "-c", "core.packedGitLimit=32m", "-c", "core.deltaBaseCacheLimit=32m")
_HEADER = regex(rb"([0-9a-f]{40,64}) (-?\d{1,18})")
_EVERYTHING = ("--all", "--reflog", "--ignore-missing")
_REFS = ("refs/heads", "refs/remotes", "refs/tags")


class Commit(NamedTuple):
    """A commit, and when it was made, in seconds of Unix time."""

    id: str
    date: int


class Change(NamedTuple):
    """What one commit did to one path: the versions that were there (several where it merges, zeros for none) and the one that is."""

    commit: Commit
    path: str
    before: tuple[str, ...]
    after: str


class Version(NamedTuple):
    """One version of a file: its id, one of the paths that it has had, and what stood in it."""

    id: str
    path: str
    data: bytes


class History:
    """The past of one repository; ``notes`` tell what could not be read of it."""

    def __init__(self, where: Repository) -> None:
        """Raises UsageError where the history can't be read, or leads out of the tree."""
        words, self._environment = reading(where)
        self._words = [*words, *_BOUNDS]
        self._top = where.top
        self.notes: list[Note] = cut_short(where, Path(self._environment["GIT_COMMON_DIR"]))

    def versions(self, wanted: Callable[[str, int], bool], progress: Callable[[int, int], None] | None = None) -> "Versions":
        """Every version of every file, each once, of those that ``wanted`` says yes to by path and size.

        ``progress`` is told how many there are so far, and zero for how many there will be.
        """
        kept = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as what is returned
        number = missing = 0
        listed = self._start("rev-list", "--objects", "--filter=object:type=blob", "--missing=print", *_EVERYTHING)
        sized = self._start("cat-file", "--batch-check=%(objecttype) %(objectsize) %(objectname) %(rest)", "--buffer", given=listed)
        for line in sized.stdout or ():
            kind, size, id_, path = [*line.rstrip(b"\n").split(b" ", 3), b"", b"", b""][:4]
            if kind == b"blob" and path and wanted(os.fsdecode(path), int(size)):
                kept.write(b"%s %s %s\n" % (id_, id_, path))
                number += 1
                if progress is not None and number % _EVERY == 0:
                    progress(number, 0)
            elif size == b"missing":
                missing += 1
        self._finish(listed, sized)
        if missing:
            self.notes.append(Note(NoteKind.NOT_READ, f"{missing:,} versions of files are not read: they are not in this clone"))
        return Versions(self, kept, number)

    def changes(self, about: Container[bytes]) -> Iterator[Change]:
        """What each commit did with some versions of files (by their hexadecimal ids), parents before their children."""
        listed = self._start("rev-list", "--reverse", "--topo-order", *_EVERYTHING)
        raw = ("diff-tree", "--stdin", "-r", "--root", "-c", "-z", "--raw", "--no-abbrev", "--no-renames", "--format=%H %ct")
        told = self._start(*raw, given=listed)
        commit = Commit("", 0)
        tokens = _tokens(told)
        for token in tokens:
            row = token.lstrip(b"\n")
            if row.startswith(b":"):
                parents = len(row) - len(row.lstrip(b":"))
                path, ids = next(tokens, b""), row.split()[parents + 1 : 2 * parents + 2]
                if any(id_ in about for id_ in ids):
                    *before, after = (id_.decode("ascii", "replace") for id_ in ids)
                    yield Change(commit, os.fsdecode(path), tuple(before), after)
            elif header := _HEADER.fullmatch(row):
                commit = Commit(header[1].decode(), int(header[2]))
        self._finish(listed, told)

    def tips(self) -> dict[str, str]:
        """The names of the commits that people have before them: HEAD first, then branches and tags, the newest first."""
        head = self._answer("rev-parse", "--verify", "--quiet", "HEAD^{commit}").strip()
        found = {head: "HEAD"} if head else {}
        for line in self._answer("for-each-ref", "--sort=-creatordate", "--format=%(objectname) %(refname:short)", *_REFS).splitlines():
            id_, _, name = line.partition(" ")
            found.setdefault(id_, name)
        if len(found) > _MOST_TIPS:
            message = f"whether a key is still there is asked of {_MOST_TIPS} branches and tags, not of all {len(found):,}"
            self.notes.append(Note(NoteKind.LIMIT, message))
        return dict(list(found.items())[:_MOST_TIPS])

    def tree(self, commit: str) -> Iterator[str]:
        """The versions that a commit consists of."""
        told = self._start("ls-tree", "-r", "-z", "--full-tree", "--format=%(objectname)", commit)
        for token in _tokens(told):
            yield token.decode("ascii", "replace")
        self._finish(told)

    def content(self, id_: str) -> bytes:
        """One version; b"" where it is gone."""
        with tempfile.TemporaryFile() as wanted:
            wanted.write(f"{id_} -\n".encode())
            return b"".join(data for _, data in self.contents(wanted))

    def contents(self, ids: IO[bytes]) -> Iterator[tuple[bytes, bytes]]:
        """For each line of ``ids``, which is an id and some text: the text, and what the id names."""
        ids.seek(0)
        reading = self._start("cat-file", "--batch=%(objectsize) %(rest)", "--buffer", given=ids)
        stream = reading.stdout
        while stream is not None and (header := stream.readline()):
            size, _, rest = header.rstrip(b"\n").partition(b" ")
            if size.isdigit():
                yield rest, stream.read(int(size))
                stream.read(1)
        self._finish(reading)

    def part(self, ids: bytes) -> Iterator[Version]:
        """One of the ``parts`` of all versions."""
        with tempfile.TemporaryFile() as wanted:
            wanted.write(ids)
            yield from self.read(wanted)

    def read(self, ids: IO[bytes]) -> Iterator[Version]:
        """The versions that a file lists."""
        for rest, data in self.contents(ids):
            id_, _, path = rest.partition(b" ")
            yield Version(id_.decode("ascii"), os.fsdecode(path), data)

    def _start(self, *words: str, given: "IO[bytes] | subprocess.Popen[bytes] | None" = None) -> subprocess.Popen[bytes]:
        source = given.stdout if isinstance(given, subprocess.Popen) else given
        started = subprocess.Popen(  # noqa: S603 - fixed words, and the repository's own configuration is overruled
            [*self._words, *words],
            cwd=self._top,
            env=self._environment,
            stdin=subprocess.DEVNULL if source is None else source,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=_READ,
        )
        if isinstance(given, subprocess.Popen) and given.stdout is not None:
            given.stdout.close()  # so that it ends when its reader does
        return started

    def _answer(self, *words: str) -> str:
        text, _ = self._start(*words).communicate()
        return text.decode("utf-8", "replace")

    def _finish(self, *running: subprocess.Popen[bytes]) -> None:
        """Wait for them; one that failed has not told everything."""
        for one in running:
            if one.stdout is not None:
                one.stdout.close()
        note = Note(NoteKind.NOT_READ, "git could not read all of the history")
        failed = [one.wait() for one in running]
        if any(failed) and note not in self.notes:
            self.notes.append(note)


class Versions:
    """Versions that wait to be read, once; ``number`` of them."""

    def __init__(self, history: History, ids: IO[bytes], number: int) -> None:
        self.number = number
        self._history = history
        self._ids = ids

    def __iter__(self) -> Iterator[Version]:
        """All of them."""
        with self._ids:
            yield from self._history.read(self._ids)

    def parts(self, size: int) -> Iterator[bytes]:
        """What ``History.part`` reads, of at most ``size`` versions each."""
        with self._ids:
            self._ids.seek(0)
            while lines := list(islice(self._ids, size)):
                yield b"".join(lines)


def _tokens(running: subprocess.Popen[bytes]) -> Iterator[bytes]:
    """What a process says, up to each NUL."""
    left = b""
    while running.stdout is not None and (chunk := running.stdout.read1(_READ)):  # type: ignore[attr-defined]
        *whole, left = (left + chunk).split(b"\0")
        yield from whole
    if left:
        yield left
