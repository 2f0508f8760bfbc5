"""Holds the connection to the process that scans: starts it, starts it again when it is lost, and never waits for it."""

import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context
from queue import SimpleQueue
from typing import TYPE_CHECKING

from batten.lsp.messages import Answer, Question, decode_answer, encode

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess


def _serve(connection: "Connection") -> None:
    """Imported there alone: the server is ready sooner, and smaller, without all that scans."""
    from batten.lsp.analysis import serve

    serve(connection)


class Process:
    """One process. ``heard`` is called with each answer and ``lost`` when there will be none any more, both in a thread of this."""

    def __init__(self, heard: Callable[[Answer], None], lost: Callable[[], None]) -> None:
        # Not forked: the threads of the server would be missing in it, with their locks held.
        context = get_context("spawn")
        mine, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(target=_serve, args=(theirs,), name="batten-analysis", daemon=False)
        self._process.start()
        theirs.close()
        self._connection: Connection = mine
        self._heard = heard
        self._lost = lost
        self._outgoing: SimpleQueue[Question | None] = SimpleQueue()
        threading.Thread(target=self._write, name="batten-out", daemon=True).start()
        threading.Thread(target=self._read, name="batten-in", daemon=True).start()

    @property
    def pid(self) -> int | None:
        """Its number."""
        return self._process.pid

    def ask(self, question: Question) -> None:
        """Send a question; returns at once, however busy it is."""
        self._outgoing.put(question)

    def end(self) -> None:
        """End it, whatever it is doing, and the processes that read for it."""
        self._outgoing.put(None)
        if self._process.pid is not None and hasattr(os, "killpg"):
            with suppress(OSError):  # it has no group of its own yet, and so no others
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._process.join(5)

    def _write(self) -> None:
        while (question := self._outgoing.get()) is not None:
            try:
                self._connection.send_bytes(encode(question))
            except OSError:
                return  # it is lost, and the reader says so

    def _read(self) -> None:
        while True:
            try:
                answer = decode_answer(self._connection.recv_bytes())
            except (EOFError, OSError):
                self._lost()
                return
            self._heard(answer)
