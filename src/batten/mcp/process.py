"""Holds the process that scans for the tools: it may die or hang on a file, and the connection to the client lives on."""

import threading
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from typing import Any

from batten.mcp.app import Answer, answer, begin
from batten.options import Options

# A scan of a large app takes seconds; what takes longer than this hangs.
_SECONDS = 300.0


class Scanner:
    """One process for one folder (the one path of the options), started when it is needed; questions wait for each other."""

    def __init__(self, options: Options, seconds: float = _SECONDS) -> None:
        self._options = options
        self._seconds = seconds
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None

    def ask(self, tool: str, words: dict[str, Any]) -> Answer:
        """What a tool says; of a process that dies or hangs, that it did."""
        with self._lock:
            if self._pool is None:
                # Not forked: the threads of the server would be missing in it, with their locks held.
                self._pool = ProcessPoolExecutor(1, get_context("spawn"), begin)
            try:
                return self._pool.submit(answer, self._options, tool, words).result(self._seconds)
            except (BrokenExecutor, TimeoutError):
                self._abandon()
                return Answer(advice="the scan died or hung on a file of the app; ask again, and tell your user if it does so again")

    @property
    def pids(self) -> tuple[int, ...]:
        """The number of the process, where it runs."""
        return tuple(self._pool._processes or ()) if self._pool is not None else ()  # noqa: SLF001 - it has no other name

    def end(self) -> None:
        """End it."""
        with self._lock:
            self._abandon()

    def _abandon(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            for process in list((pool._processes or {}).values()):  # noqa: SLF001 - the only way to end a hung worker
                with suppress(OSError):
                    process.kill()
            pool.shutdown(wait=True, cancel_futures=True)
