"""Remembers of one session of an agent which files it has written and what it was told; keeps no text of the app.

A file of lines that only grows, beside the other things that batten keeps for its user: several hooks of one session may run at once.
"""

import os
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from time import time

import msgspec

_LARGEST = 1_000_000
_KEPT_SECONDS = 7 * 24 * 3_600.0
_MOST_SWEPT = 1_000

_Row = tuple[str, str]
_decode = msgspec.json.Decoder(_Row).decode
_encode = msgspec.json.Encoder().encode


class Session:
    """What is known of one session in one root. ``name`` "": nothing is remembered. Never raises: what cannot be kept is not kept."""

    def __init__(self, folder: Path, name: str, root: Path) -> None:
        digest = blake2b(f"{name}\0{root}".encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
        self._place = folder / f"{digest}.session" if name else None
        self._rows = list(dict.fromkeys(self._read()))

    def all(self, kind: str) -> tuple[str, ...]:
        """All that was noted of a kind, oldest first."""
        return tuple(value for each, value in self._rows if each == kind)

    def note(self, kind: str, *values: str) -> None:
        """Note what is new."""
        rows = [(kind, value) for value in values if (kind, value) not in self._rows]
        if not rows or self._place is None:
            return
        self._rows += rows
        with suppress(OSError, UnicodeError):
            self._place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            is_new = not self._place.exists()
            # Not through a link: the folder may be one that others write to.
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
            descriptor = os.open(self._place, flags, 0o600)
            with os.fdopen(descriptor, "ab") as stream:
                if stream.tell() < _LARGEST:
                    stream.write(b"".join(_encode(row) + b"\n" for row in rows))
            if is_new:
                self._sweep()

    def _read(self) -> list[_Row]:
        found: list[_Row] = []
        if self._place is not None:
            with suppress(OSError):
                with self._place.open("rb") as stream:
                    data = stream.read(2 * _LARGEST)
                for line in data.splitlines():
                    with suppress(msgspec.DecodeError, UnicodeError):
                        found.append(_decode(line))
        return found

    def _sweep(self) -> None:
        """Forget sessions that are long over."""
        if self._place is None:
            return
        for number, path in enumerate(self._place.parent.glob("*.session")):
            if number >= _MOST_SWEPT:
                break
            with suppress(OSError):
                if time() - path.stat().st_mtime > _KEPT_SECONDS:
                    path.unlink()
