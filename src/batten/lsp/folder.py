"""One folder that an editor has opened: what is known of it, and for which state of its documents; speaks no protocol."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from msgspec import structs

from batten.lsp.messages import Answer, Begin, Change, Failed, Given, Progressed, Propose, Proposed, Same, Told
from batten.lsp.process import Process

# A scan of a large app takes seconds; what takes longer than this hangs.
_SECONDS = 120.0
_MOST_LOSSES = 3


class Folder:
    """Changes go in, and what is found comes out, with the number of the last change that it knows of.

    ``told`` is called when something new is known, ``said`` with sentences for the user, ``progressed`` while the first scan runs.
    A process that dies or hangs is started anew without the documents that it was given last: they are scanned as they are on disk.
    """

    def __init__(
        self,
        path: Path,
        encoding: str,
        told: Callable[["Folder"], None],
        said: Callable[[str], None],
        progressed: Callable[["Folder", int, int], None],
        given: Given,
    ) -> None:
        self.path = path
        self.now = Told(-1, (), ())
        self._encoding = encoding
        self._given = given
        self._told, self._said, self._progressed = told, said, progressed
        self._loop = asyncio.get_running_loop()
        self._texts: dict[str, bytes] = {}
        self._suspects: set[str] = set()
        self._changed: dict[str, int] = {}
        self._number = 0
        self._asked = 0
        self._losses = 0
        self._cancelled = False
        self._waiting: list[asyncio.Future[None]] = []
        self._proposals: dict[int, asyncio.Future[Proposed]] = {}
        self._clock: asyncio.TimerHandle | None = None
        self._process: Process | None = None
        self._start()

    @property
    def pid(self) -> int | None:
        """The process that scans."""
        return self._process.pid if self._process is not None else None

    def change(self, texts: dict[str, bytes | None], *, refresh: bool = False, reload: bool = False, files: tuple[str, ...] = ()) -> None:
        """Documents are edited or closed, files or settings have changed."""
        self._number += 1
        for path, text in texts.items():
            self._changed[path] = self._number
            if text is None:
                self._texts.pop(path, None)
            else:
                self._texts[path] = text
            self._suspects.add(path)
        if self._process is None and (reload or (refresh and self._cancelled)):
            self._losses = 0
            self._start()
        elif self._process is not None:
            self._process.ask(Change(self._number, texts, refresh, reload, files))
            self._wind()

    def is_current(self, path: str) -> bool:
        """What is known of a document holds for its newest text."""
        return self.now.number >= self._changed.get(path, 0)

    async def settled(self) -> Told:
        """What is known once every change so far has been scanned."""
        while self._process is not None and self.now.number < self._number:
            waiting: asyncio.Future[None] = self._loop.create_future()
            self._waiting.append(waiting)
            await waiting
        return self.now

    async def propose(self, keys: tuple[str, ...], *, unsafe: bool) -> Proposed:
        """The edits that close findings in the documents as they are now."""
        if self._process is None:
            return Proposed(0, ())
        self._asked += 1
        number = self._asked
        answer: asyncio.Future[Proposed] = self._loop.create_future()
        self._proposals[number] = answer
        self._process.ask(Propose(number, keys, unsafe))
        self._wind()
        return await answer

    def cancel(self) -> None:
        """Stop scanning, until a file is saved."""
        self._cancelled = True
        self.end()
        self._said("batten: the scan was stopped; it is started again when a file is saved")

    def end(self) -> None:
        """Let go of it."""
        process, self._process = self._process, None
        if self._clock is not None:
            self._clock.cancel()  # its number may be another's by the time that it rings
        if process is not None:
            process.end()
        self._release()

    def _start(self) -> None:
        self._cancelled = False
        process = Process(
            lambda answer: self._later(lambda: self._hear(process, answer)),
            lambda: self._later(lambda: self._lose(process)),
        )
        self._process = process
        process.ask(Begin(self._number, str(self.path), self._encoding, dict(self._texts), self._given))
        self._wind()

    def _later(self, work: Callable[[], None]) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(work)

    def _wind(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
        process = self._process
        self._clock = self._loop.call_later(_SECONDS, lambda: process.end() if process is not None else None)

    def _hear(self, process: Process, answer: Answer) -> None:
        if process is not self._process:
            return
        self._wind()
        match answer:
            case Progressed(done, total):
                self._progressed(self, done, total)
            case Failed(message, advice):
                self._said(f"batten: {message}" + (f" ({advice})" if advice else ""))
            case Proposed(number):
                future = self._proposals.pop(number, None)
                if future is not None and not future.done():
                    future.set_result(answer)
                self._rest()
            case Same(number):
                self._now(structs.replace(self.now, number=number))
            case Told():
                self._now(answer)

    def _now(self, told: Told) -> None:
        self._suspects.clear()
        self._losses = 0
        self.now = told
        self._rest()
        self._told(self)
        self._release()

    def _rest(self) -> None:
        """Where nothing is asked any more, no clock runs."""
        if self.now.number >= self._number and not self._proposals and self._clock is not None:
            self._clock.cancel()

    def _release(self) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def _lose(self, process: Process) -> None:
        if process is not self._process:
            return
        process.end()
        self._process = None
        self._losses += 1
        for future in self._proposals.values():
            if not future.done():
                future.set_result(Proposed(0, ()))
        self._proposals.clear()
        for path in self._suspects:
            self._texts.pop(path, None)
        self._suspects.clear()
        if self._losses >= _MOST_LOSSES:
            self._said(
                "batten: the scan has died several times and is not started again until the configuration changes or the editor is restarted"
            )
            self._release()
            return
        if self._losses == 1:
            self._said("batten: the scan has died or hung and is started again; what was typed last is scanned when it is saved")
        self._start()
