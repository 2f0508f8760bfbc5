"""Reads many files into facts, in this process or in several; knows nothing of what the facts say."""

import gc
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from enum import IntEnum
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

import msgspec

from batten.facts.project import FileFacts
from batten.finding import Note, NoteKind
from batten.text import Place, Span

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

# Below this many bytes a second process costs more than it saves.
_WORTH_A_PROCESS = 1_500_000
# Each shard takes one of so many parts of what is left for each process: the last ones are small, so that no process waits long for another.
_PARTS_OF_THE_REST = 4
# What a file costs however small it is, in bytes.
_FILE = 2_000
_SMALLEST = 50_000
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
    MIGRATION = 3
    """What its code does to a schema alone."""


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


def _start() -> None:
    """In a new process: what is there stays, cycles are looked for between shards only, and an interrupt is for the process that reports it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    gc.freeze()
    gc.disable()


def processes(jobs: int | None) -> int:
    """How many processes to use, if that many are asked for (None: what the machine has)."""
    return jobs or min(os.cpu_count() or 1, 8)


def can_fork() -> bool:
    """Whether this machine makes processes that inherit what is there."""
    return hasattr(os, "fork")


def forked(processes: int) -> "ProcessPoolExecutor":
    """Forked processes, which run when this returns. Imported where they are needed: a small app is read sooner than this module is loaded."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    pool = ProcessPoolExecutor(processes, get_context("fork"), _start)
    with _uninterrupted():
        pool.submit(os.getpid)  # the first task forks them all
    # An end of the pipe of results that is open here keeps who reads it waiting for the rest of what a killed process had begun to write.
    pool._result_queue._writer.close()  # type: ignore[attr-defined]  # noqa: SLF001 - the pool has no way to say so
    return pool


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """An interrupt waits: one in the middle of a fork is lost, or ends the new process and not this one."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(shard: list[tuple[str, Depth]]) -> bytes:
    if _look is None:
        raise RuntimeError("the process was not forked from one that has a reader")
    found = _ENCODER.encode([_look(path, depth) for path, depth in shard])
    gc.collect()
    gc.freeze()  # what is left serves all shards
    return found


@contextmanager
def calm() -> Iterator[None]:
    """Facts hold no cycles: to look for some among all that is made meanwhile takes twice as long as to make it."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _decoded(found: bytes) -> list[FileFacts]:
    with calm():
        return _DECODER.decode(found)


class Workers:
    """A pool that is made when there is enough to do, and forked, so that the reader need not be sent.

    A process that is done with nothing for ``seconds`` is ended, as one that hangs.
    """

    def __init__(self, look: Look, jobs: int | None = None, seconds: float = _SHARD_SECONDS) -> None:
        self._look = look
        self._jobs = processes(jobs)
        self._seconds = seconds
        self._pool: ProcessPoolExecutor | None = None
        self._soon: list[Job] = []
        self._begun: dict[Future[bytes], list[Job]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is not None:
            self._abandon()
        elif self._pool is not None:
            self._pool.shutdown(cancel_futures=True)  # in order: what a pool leaves behind is said at exit, over the report

    def ahead(self, sizes: Mapping[str, int]) -> Callable[[str], None]:
        """To be told of files whose code ``read`` will be asked for: processes that wait for work begin with them meanwhile."""
        told: set[str] = set()

        def begin(path: str) -> None:
            if self._pool is not None and path not in told:
                told.add(path)
                self._begin(Job(path, sizes.get(path, 0), Depth.CODE))

        return begin

    def _begin(self, job: Job) -> None:
        from concurrent.futures import BrokenExecutor

        self._soon.append(job)
        if self._pool is not None and sum(each.size + _FILE for each in self._soon) >= _SMALLEST:
            shard, self._soon = self._soon, []
            with suppress(BrokenExecutor):  # seen when it is asked for
                self._begun[self._pool.submit(_work, [(each.path, each.depth) for each in shard])] = shard

    def read(self, jobs: Sequence[Job], progress: Progress | None = None) -> list[FileFacts]:
        """The facts of every job, in the order of the jobs."""
        if self._jobs == 1 or (self._pool is None and sum(job.size for job in jobs) < _WORTH_A_PROCESS) or not can_fork():
            found = []
            for number, job in enumerate(jobs, 1):
                found.append(self._look(job.path, job.depth))
                if progress is not None and number % 50 == 0:
                    progress(number, len(jobs))
            return found
        return self._read_in_processes(jobs, progress)

    def _read_in_processes(self, jobs: Sequence[Job], progress: Progress | None) -> list[FileFacts]:
        from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, wait

        global _look  # noqa: PLW0603 - what a forked process inherits instead of being sent
        if self._pool is None:
            _look = self._look
            self._pool = forked(self._jobs)
        found: dict[tuple[str, Depth], FileFacts] = {}
        wanted = {(job.path, job.depth) for job in jobs}
        begun = {future: shard for future, shard in self._begun.items() if any((job.path, job.depth) in wanted for job in shard)}
        left = wanted.difference((job.path, job.depth) for shard in begun.values() for job in shard)
        self._begun, self._soon = {future: shard for future, shard in self._begun.items() if future not in begun}, []
        shards = [*begun.values(), *_shards((job for job in jobs if (job.path, job.depth) in left), self._jobs)]
        try:
            shard_of = begun | {self._pool.submit(_work, [(job.path, job.depth) for job in shard]): shard for shard in shards[len(begun) :]}
            waiting = set(shard_of)
            while waiting:
                # Some shard is done before long, or a parser hangs.
                done, waiting = wait(waiting, self._seconds, FIRST_COMPLETED)
                if not done:
                    break
                for future in done:
                    found |= {(job.path, job.depth): facts for job, facts in zip(shard_of[future], _decoded(future.result()), strict=True)}
                if progress is not None:
                    progress(len(wanted & found.keys()), len(jobs))
        except BrokenExecutor:
            pass  # seen by what is missing
        missing = [shard for shard in shards if any((job.path, job.depth) not in found for job in shard)]
        if missing:
            self._abandon()
        for shard in missing:
            found |= {(job.path, job.depth): facts for job, facts in zip(shard, self._apart(shard), strict=True)}
        gc.freeze()  # nor is there any later
        return [found[job.path, job.depth] for job in jobs]

    def _apart(self, shard: Sequence[Job]) -> list[FileFacts]:
        """A shard in a process of its own, or each of its files in one: what kills or hangs the parser costs that file only."""
        found = self._alone(shard)
        if found is not None:
            return found
        return [facts for job in shard for facts in ((self._alone([job]) if len(shard) > 1 else None) or [_lost(job)])]

    def _alone(self, shard: Sequence[Job]) -> list[FileFacts] | None:
        """What one process makes of a shard, or None where it does not survive."""
        from concurrent.futures import BrokenExecutor

        with forked(1) as pool:
            try:
                return _decoded(pool.submit(_work, [(job.path, job.depth) for job in shard]).result(self._seconds))
            except (BrokenExecutor, TimeoutError):
                for process in (pool._processes or {}).values():  # noqa: SLF001 - the only way to end a hung worker
                    process.kill()
                return None

    def _abandon(self) -> None:
        if self._pool is not None:
            for process in (self._pool._processes or {}).values():  # noqa: SLF001 - the only way to end a hung worker
                process.kill()
            self._pool.shutdown(wait=True, cancel_futures=True)  # or its thread would be forked from
            self._pool = None
            self._begun.clear()
            self._soon.clear()


def _lost(job: Job) -> FileFacts:
    """What is left of a file: it counts as parsed, or it would be tried again."""
    message = "the parser did not survive this file: findings may be missing here"
    return FileFacts(path=job.path, language=None, parsed=True, notes=(Note(NoteKind.NOT_PARSED, message, Place(job.path, Span(0, 0))),))


def _shards(jobs: Iterable[Job], processes: int) -> list[list[Job]]:
    """All jobs, the largest first, in shards of ever less work."""
    ordered = sorted(jobs, key=lambda job: -job.size)
    left = sum(job.size + _FILE for job in ordered)
    shards: list[list[Job]] = []
    room = 0
    for job in ordered:
        if room <= 0:
            shards.append([])
            room = max(left // (_PARTS_OF_THE_REST * processes), _SMALLEST)
        shards[-1].append(job)
        room -= job.size + _FILE
        left -= job.size + _FILE
    return shards
