"""A bar on the terminal for runs that take long; knows nothing of what is done."""

from time import perf_counter
from types import TracebackType
from typing import Self, TextIO

_AFTER = 1.0
_BETWEEN = 0.1
_WIDTH = 30


class Progress:
    """Draws on a terminal from the second second on, and leaves the line as it was."""

    def __init__(self, stream: TextIO, *, wanted: bool, what: str = "files") -> None:
        self._stream = stream
        self._wanted = wanted and stream.isatty()
        self._what = what
        self._last = perf_counter() + _AFTER - _BETWEEN
        self._drawn = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._drawn:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def show(self, done: int, total: int) -> None:
        """Draw how much is done, unless it was drawn just now; a ``total`` of zero is one that is not known yet."""
        now = perf_counter()
        if not self._wanted or now - self._last < _BETWEEN:
            return
        self._last, self._drawn = now, True
        full = _WIDTH * done // max(total, 1) if total else 0
        number = f"{done:,} of {total:,}" if total else f"{done:,}"
        self._stream.write(f"\r\x1b[K{'█' * full}{'░' * (_WIDTH - full)} {number} {self._what}")
        self._stream.flush()
