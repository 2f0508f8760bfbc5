"""Reads many files into facts, in this process or in several; knows nothing of what the facts say."""

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from enum import IntEnum
from multiprocessing import get_context
from types import TracebackType
from typing import Protocol, Self

import msgspec

from batten.facts.project import FileFacts
from batten.finding import Note, NoteKind
from batten.text import Place, Span

# Below this many bytes a second process costs more than it saves.
_WORTH_A_PROCESS = 1_500_000
_SHARDS_PER_PROCESS = 8
# Seconds for one shard of about a megabyte: only a parser that hangs takes this long.
_SHARD_SECONDS = 120.0

Progress = Callable[[int, int], None]


class Depth(IntEnum):
    """How much of a file is read."""

    TEXT = 0
    """Everything but its code."""
    WORDS = 1
    """Its code too, where its words call for it."""
    CODE = 2
    """Its code alone."""


class Job(msgspec.Struct, frozen=True, gc=False):
    """One file to read, and how deeply."""

    path: str
    size: int
    depth: "Depth"


class Look(Protocol):
    """Turns one file into facts; must be picklable by reference to be used in other processes."""

    def __call__(self, path: str, depth: Depth, /) -> FileFacts:
        """The facts of one file."""


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(list[FileFacts])
_look: Look | None = None


def _work(shard: list[tuple[str, Depth]]) -> bytes:
    if _look is None:
        raise RuntimeError("the process was not forked from one that has a reader")
    return _ENCODER.encode([_look(path, depth) for path, depth in shard])


class Workers:
    """A pool that is made when there is enough to do, and forked, so that the reader need not be sent."""

    def __init__(self, look: Look, jobs: int | None = None) -> None:
        self._look = look
        self._jobs = jobs or min(os.cpu_count() or 1, 8)
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def read(self, jobs: Sequence[Job], progress: Progress | None = None) -> list[FileFacts]:
        """The facts of every job, in the order of the jobs."""
        total = sum(job.size for job in jobs)
        if self._jobs == 1 or total < _WORTH_A_PROCESS or not hasattr(os, "fork"):
            found = []
            for number, job in enumerate(jobs, 1):
                found.append(self._look(job.path, job.depth))
                if progress is not None and number % 50 == 0:
                    progress(number, len(jobs))
            return found
        return self._read_in_processes(jobs, total, progress)

    def _read_in_processes(self, jobs: Sequence[Job], total: int, progress: Progress | None) -> list[FileFacts]:
        global _look  # noqa: PLW0603 - what a forked process inherits instead of being sent
        if self._pool is None:
            _look = self._look
            self._pool = ProcessPoolExecutor(self._jobs, mp_context=get_context("fork"))
        found: dict[str, FileFacts] = {}
        shards = _shards(jobs, total // (self._jobs * _SHARDS_PER_PROCESS) + 1)
        futures = {self._pool.submit(_work, [(job.path, job.depth) for job in shard]): shard for shard in shards}
        try:
            for future in as_completed(futures, timeout=_SHARD_SECONDS * max(1, len(shards) // self._jobs)):
                for facts in _DECODER.decode(future.result()):
                    found[facts.path] = facts
                if progress is not None:
                    progress(len(found), len(jobs))
        except (BrokenProcessPool, TimeoutError):
            self._abandon()
            for job in jobs:
                if job.path not in found:
                    found[job.path] = self._alone(job)
        return [found[job.path] for job in jobs]

    def _alone(self, job: Job) -> FileFacts:
        """One file in a process of its own: what kills or hangs the parser costs that file only."""
        with ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool:
            try:
                return _DECODER.decode(pool.submit(_work, [(job.path, job.depth)]).result(_SHARD_SECONDS))[0]
            except (BrokenProcessPool, TimeoutError):
                for process in (pool._processes or {}).values():  # noqa: SLF001 - the only way to end a hung worker
                    process.kill()
                message = "the parser did not survive this file: findings may be missing here"
                return FileFacts(
                    path=job.path, language=None, parsed=False, notes=(Note(NoteKind.NOT_PARSED, message, Place(job.path, Span(0, 0))),)
                )

    def _abandon(self) -> None:
        if self._pool is not None:
            for process in (self._pool._processes or {}).values():  # noqa: SLF001 - the only way to end a hung worker
                process.kill()
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


def _shards(jobs: Iterable[Job], size: int) -> list[list[Job]]:
    """Runs of jobs of about ``size`` bytes each."""
    shards: list[list[Job]] = [[]]
    filled = 0
    for job in jobs:
        if filled >= size and shards[-1]:
            shards.append([])
            filled = 0
        shards[-1].append(job)
        filled += job.size
    return shards
