"""Which versions hold which keys, and where in them: kept small, for it is all that grows with a history; knows nothing of commits."""

from collections.abc import Iterator
from struct import Struct

from batten.text import Span

_ROW = Struct("<III")


class Holders:
    """Keys by their numbers, for each version that holds some. A version costs some 200 bytes here: its id, and twelve bytes for each key."""

    def __init__(self) -> None:
        self._rows: dict[bytes, bytes] = {}

    def add(self, version: str, key: int, span: Span) -> None:
        """Let a version hold a key; the first place counts."""
        id_ = bytes.fromhex(version)
        rows = self._rows.get(id_, b"")
        if all(held != key for held, _, _ in _ROW.iter_unpack(rows)):
            self._rows[id_] = rows + _ROW.pack(key, span.start, span.end)

    def keys(self, version: str) -> list[int]:
        """The keys that a version holds, in the order in which they were found."""
        return [key for key, _, _ in self._of(version)]

    def spans(self, version: str) -> dict[int, Span]:
        """Where each of them stands."""
        return {key: Span(start, end) for key, start, end in self._of(version)}

    def _of(self, version: str) -> Iterator[tuple[int, int, int]]:
        return _ROW.iter_unpack(self._rows.get(bytes.fromhex(version), b""))

    def __contains__(self, version: object) -> bool:
        """Whether a version, by its hexadecimal id as text or as bytes, holds any key."""
        return (
            isinstance(version, str | bytes)
            and bytes.fromhex(version if isinstance(version, str) else version.decode("ascii")) in self._rows
        )

    def __len__(self) -> int:
        return len(self._rows)
