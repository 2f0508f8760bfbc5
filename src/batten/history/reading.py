"""Reads versions of files for keys, in this process or in several; knows nothing of commits."""

import gc
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from batten.discover import PathClass, Unread
from batten.discover.classes import Classes, is_env, is_minified
from batten.discover.history import History, Version, Versions
from batten.discover.reading import as_text
from batten.extract.environment import definitions, is_environment_file
from batten.extract.secrets import secrets
from batten.extract.secrets.key_pairs import is_bare
from batten.extract.secrets.providers import Providers
from batten.extract.secrets.search import Memory
from batten.facts.secrets import Secret
from batten.workers import can_fork, forked, processes

if TYPE_CHECKING:
    from concurrent.futures import Future

_EVERY = 64
_PART = 2_000
# Parts that wait for each process: no process waits, and what is not begun yet is not held.
_WAITING = 3
_BUNDLES = (".js", ".mjs", ".cjs", ".css")
_SMALL = 10_000
_REMEMBERED = 20_000

Keys = tuple[str, tuple[Secret, ...]]
"""A version, and what it holds."""
Progress = Callable[[int, int], None]


class _Read(Struct, frozen=True):
    """What is in one part; ``number`` versions of it were read."""

    number: int
    keys: tuple[Keys, ...]


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Read)
_reader: "Reader | None" = None


class Reader:
    """Finds the keys of versions that somebody wrote; ``number`` of them were read."""

    def __init__(self, history: History, classes: Classes, providers: Providers) -> None:
        self.number = 0
        self._history = history
        self._classes = classes
        self._providers = providers
        self._memory = Memory()
        self._written: dict[str, bool] = {}

    def read(self, versions: Versions, jobs: int | None, progress: Progress | None) -> Iterator[Keys]:
        """What each version holds, of those that hold something, in the order of the versions."""
        several = processes(jobs)
        if several == 1 or versions.number < 2 * _PART or not can_fork():
            yield from self._here(versions, versions.number, progress)
            return
        done = 0
        for size, part in self._in_processes(versions, several):
            done += size
            self.number += part.number
            if progress is not None:
                progress(done, versions.number)
            yield from part.keys

    def _here(self, versions: "Versions | Iterator[Version]", number: int, progress: Progress | None) -> Iterator[Keys]:
        for done, version in enumerate(versions):
            if progress is not None and done % _EVERY == 0:
                progress(done, number)
            if self._is_written(version.path):
                self.number += 1
                found = self._keys(version.path, version.data)
                if found:
                    yield version.id, found

    def _in_processes(self, versions: Versions, several: int) -> Iterator[tuple[int, _Read]]:
        """The size of each part and what is in it, in their order."""
        global _reader  # noqa: PLW0603 - what a forked process inherits instead of being sent
        _reader = self
        waiting: deque[tuple[bytes, Future[bytes]]] = deque()
        with forked(several) as pool:
            for ids in versions.parts(_PART):
                waiting.append((ids, pool.submit(_work, ids)))
                if len(waiting) == _WAITING * several:
                    yield self._next(waiting)
            while waiting:
                yield self._next(waiting)

    def _next(self, waiting: "deque[tuple[bytes, Future[bytes]]]") -> tuple[int, _Read]:
        from concurrent.futures import BrokenExecutor

        ids, future = waiting.popleft()
        try:
            found = _DECODER.decode(future.result())
        except BrokenExecutor:
            found = self.part(ids)
        return ids.count(b"\n"), found

    def part(self, ids: bytes) -> _Read:
        """What is in one part of the versions."""
        before = self.number
        keys = tuple(self._here(self._history.part(ids), 0, None))
        read, self.number = self.number - before, before
        return _Read(read, keys)

    def _is_written(self, path: str) -> bool:
        """Whether somebody wrote the file, and no tool."""
        known = self._written.get(path)
        if known is None:
            folder, _, name = path.rpartition("/")
            known = (
                "node_modules/" not in path
                if is_env(name)
                else self._classes.left_out(folder) is None and self._classes.of(path) is not PathClass.GENERATED
            )
            if len(self._written) >= _REMEMBERED:
                self._written.clear()
            self._written[path] = known
        return known

    def _keys(self, path: str, data: bytes) -> tuple[Secret, ...]:
        try:
            data = as_text(path, data)
        except Unread:
            return ()
        variables = [one for one in definitions(path, data) if one.defined] if is_environment_file(path) else []
        hits = self._providers.hits(data)
        if not (hits or variables or is_bare(path, data)) or (
            path.endswith(_BUNDLES) and len(data) > _SMALL and is_minified(data[:_SMALL])
        ):
            return ()
        try:
            return secrets(path, data, hits, self._providers, variables, self._memory)
        except (RecursionError, ValueError, LookupError, TypeError, AttributeError):
            return ()


def _work(ids: bytes) -> bytes:
    if _reader is None:
        raise RuntimeError("the process was not forked from one that has a reader")
    found = _ENCODER.encode(_reader.part(ids))
    gc.collect()  # between parts alone, as elsewhere in forked processes
    return found
