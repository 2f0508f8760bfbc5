"""Keeps bytes by their keys in one SQLite file that several processes share; knows nothing of what they are.

What is kept may be lost at any time: whatever the file system or another process does to it, the answer is that nothing is known.
"""

import os
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from datetime import date
from pathlib import Path
from typing import TypeVar

_NAME = "facts.db"
_BESIDE = ("", "-journal", "-wal", "-shm")
_TAG = "CACHEDIR.TAG"
_TAGGED = "Signature: 8a477f597d28d172789f06886806bc55\n# Made by batten; it may be deleted at any time.\n"
_MOST_BYTES = 500_000_000
_DAYS = 30
# How often what is used is marked as such: a write for each read would make readers wait for each other.
_DAYS_BETWEEN_MARKS = 5
_SECONDS = 2.0
_AT_ONCE = 500
_KEY = 16
_CHECKED = _KEY - 8
_SCHEMA = "create table if not exists kept1 (id integer primary key, day integer not null, data blob not null)"
_Answer = TypeVar("_Answer")


class Cache:
    """A folder that holds what was kept. Keys are digests of 16 bytes; what is kept under one is replaced by what is kept later."""

    def __init__(self, folder: Path, most: int = _MOST_BYTES) -> None:
        self.folder = folder
        self._file = folder / _NAME
        self._most = most

    def load(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """What is known of these keys."""
        wanted = sorted(keys)
        if not wanted or not self._file.is_file():
            return {}
        return self._safely(lambda connection: dict(_found(connection, wanted))) or {}

    def store(self, rows: Mapping[bytes, bytes]) -> None:
        """Keep these; the oldest go where there is no room."""
        if rows and self._made():
            self._safely(lambda connection: self._write(connection, rows))

    def clear(self) -> int:
        """Forget everything; how many bytes are free for it."""
        free = 0
        for path in (*(self._file.with_name(f"{_NAME}{end}") for end in _BESIDE), self.folder / _TAG):
            with suppress(OSError):
                size = path.stat().st_size
                path.unlink()
                free += size
        with suppress(OSError):
            self.folder.rmdir()
        return free

    def _made(self) -> bool:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Not for other users to read, nor to write.
            os.close(os.open(self._file, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600))
            tag = self.folder / _TAG
            if not tag.exists():
                tag.write_text(_TAGGED)
        except OSError:
            return False
        return True

    def _safely(self, work: Callable[[sqlite3.Connection], _Answer]) -> _Answer | None:
        """What ``work`` gives; None where the file can't be used. A connection lives for one question: none is open when processes are forked."""
        try:
            with closing(sqlite3.connect(self._file, _SECONDS, isolation_level=None)) as connection:
                # What a power cut leaves half-written is seen when it is read.
                connection.execute("pragma synchronous = off")
                return work(connection)
        except sqlite3.OperationalError:
            return None  # locked, full, or not ours to read
        except sqlite3.DatabaseError:
            self.clear()  # damaged: it is started over
        except (OSError, ValueError, OverflowError):
            pass
        return None

    def _write(self, connection: sqlite3.Connection, rows: Mapping[bytes, bytes]) -> None:
        today = date.today().toordinal()  # noqa: DTZ011 - nothing but an age
        packed = sorted((_number(key), today, key[8:] + data) for key, data in rows.items())
        connection.execute("begin immediate")
        connection.execute(_SCHEMA)
        if connection.execute("pragma user_version").fetchone()[0] != today:
            connection.execute("delete from kept1 where day not between ? and ?", (today - _DAYS, today + 1))
            connection.execute(f"pragma user_version = {today}")
        connection.executemany("insert or replace into kept1 values (?, ?, ?)", packed)
        self._make_room(connection)
        connection.execute("commit")

    def _make_room(self, connection: sqlite3.Connection) -> None:
        def used() -> int:
            pages, size, free = (
                connection.execute(f"pragma {word}").fetchone()[0] for word in ("page_count", "page_size", "freelist_count")
            )
            return int((pages - free) * size)

        while used() > self._most:
            (oldest,) = connection.execute("select min(day) from kept1").fetchone()
            if oldest is None:
                return
            connection.execute("delete from kept1 where day = ?", (oldest,))


def _found(connection: sqlite3.Connection, wanted: list[bytes]) -> Iterator[tuple[bytes, bytes]]:
    by_number = {_number(key): key for key in wanted}
    numbers = list(by_number)
    today = date.today().toordinal()  # noqa: DTZ011 - as above
    old: list[tuple[int, int]] = []
    for start in range(0, len(numbers), _AT_ONCE):
        some = numbers[start : start + _AT_ONCE]
        marks = ",".join("?" * len(some))
        for number, day, data in connection.execute(f"select id, day, data from kept1 where id in ({marks})", some):  # noqa: S608 - question marks
            key = by_number[number]
            if data[:_CHECKED] == key[8:]:
                yield key, data[_CHECKED:]
                if today - day >= _DAYS_BETWEEN_MARKS:
                    old.append((today, number))
    if old:
        with suppress(sqlite3.OperationalError):
            connection.execute("begin immediate")
            connection.executemany("update kept1 set day = ? where id = ?", old)
            connection.execute("commit")


def _number(key: bytes) -> int:
    return int.from_bytes(key[:8], "big", signed=True)


def packed(data: bytes, level: int = 6) -> bytes:
    """Smaller, and with a sum by which damage is seen."""
    return zlib.compress(data, level)


def unpacked(data: bytes) -> bytes | None:
    """What was packed; None where it is damaged."""
    try:
        return zlib.decompress(data)
    except zlib.error:
        return None
