"""Where any of a set of literal words occurs in a file; knows nothing of what the words mean."""

import importlib
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from batten import kept

_MOST = 256
"""Hits kept of one word in one file; the first ones."""
_PART = 200


class Triggers:
    """A matcher for a fixed set of words, case-sensitive; made once, built at the first use in each process.

    ``fast`` False keeps to the standard library; the hits are the same.
    """

    def __init__(self, words: Iterable[bytes], *, fast: bool = True) -> None:
        self.words = tuple(sorted({word for word in words if word}))
        self._search: _Hyperscan | _Pattern | None = None
        self._fast = fast

    def hits(self, data: bytes) -> tuple[tuple[int, int], ...]:
        """(index of the word, offset) pairs by rising offset, at most 256 for each word."""
        if not self.words:
            return ()
        if self._search is None:
            self._search = _engine(self.words, fast=self._fast)
        counts = [0] * len(self.words)
        kept = []
        for start, word in sorted(self._search.find(data)):
            if counts[word] < _MOST:
                counts[word] += 1
                kept.append((word, start))
        return tuple(kept)

    def __reduce__(self) -> tuple[Any, ...]:
        """Only the words cross processes."""
        return _remake, (self.words, self._fast)


def _remake(words: tuple[bytes, ...], fast: bool) -> Triggers:
    return Triggers(words, fast=fast)


def _engine(words: tuple[bytes, ...], *, fast: bool) -> "_Hyperscan | _Pattern":
    if fast:
        try:
            return _Hyperscan(words, importlib.import_module("hyperscan"))
        except ImportError:
            pass
    return _Pattern(words)


class _Hyperscan:
    """A few databases, since one of many words takes much longer to build; spellings of one word that differ in case share an entry."""

    def __init__(self, words: tuple[bytes, ...], hyperscan: Any) -> None:
        spellings: dict[bytes, dict[bytes, int]] = {}
        for index, word in enumerate(words):
            spellings.setdefault(word.lower(), {})[word] = index
        self._entries = list(spellings.values())
        self._lengths = list(map(len, spellings))
        caseless = hyperscan.HS_FLAG_CASELESS
        self._databases = []
        for start in range(0, len(self._entries), _PART):
            part = range(start, min(start + _PART, len(self._entries)))
            expressions = [next(iter(self._entries[entry])) for entry in part]
            flags = [caseless if len(self._entries[entry]) > 1 else 0 for entry in part]
            self._databases.append(_database(hyperscan, f"words-{start // _PART}", expressions, list(part), flags))

    def find(self, data: bytes) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        lengths, entries = self._lengths, self._entries

        def note(entry: int, _start: int, end: int, _flags: int, _context: object) -> None:
            start = end - lengths[entry]
            word = entries[entry].get(data[start:end])
            if word is not None:
                found.append((start, word))

        for database in self._databases if data else ():
            database.scan(data, match_event_handler=note)
        return found


def _database(hyperscan: Any, name: str, expressions: list[bytes], ids: list[int], flags: list[int]) -> Any:
    """A compiled database: to read a kept one takes a hundredth of the time. One that this machine cannot use is made anew."""
    key = repr((hyperscan.__version__, expressions, ids, flags)).encode()
    data = kept.load(name, key)
    if data is not None:
        with suppress(hyperscan.HyperscanError):
            database = hyperscan.loadb(data, hyperscan.HS_MODE_BLOCK)
            database.scratch = hyperscan.Scratch(database)
            return database
    database = hyperscan.Database()
    database.compile(expressions=expressions, ids=ids, elements=len(ids), flags=flags, literal=True)
    kept.store(name, key, hyperscan.dumpb(database))
    return database


class _Pattern:
    """One pattern of all words, folded by first byte so that most offsets cost one comparison."""

    def __init__(self, words: tuple[bytes, ...]) -> None:
        self._within = {word: tuple(index for index, other in enumerate(words) if word.startswith(other)) for word in words}
        self._pattern = re.compile(b"(?=(" + _fold(words) + b"))", re.DOTALL)

    def find(self, data: bytes) -> Iterator[tuple[int, int]]:
        for found in self._pattern.finditer(data):
            for word in self._within[found[1]]:
                yield found.start(), word


def _fold(words: Iterable[bytes]) -> bytes:
    """A pattern that prefers the longest word: one branch for each first byte, since the engine rules out branches by that byte alone."""
    groups: dict[bytes, list[bytes]] = {}
    for word in words:
        groups.setdefault(word[:1], []).append(word)
    branches = []
    for first, members in groups.items():
        longest_first = sorted(members, key=len, reverse=True)
        rest = b"|".join(re.escape(word[1:]) for word in longest_first)
        branches.append(re.escape(first) + (b"(?:" + rest + b")" if len(members) > 1 else rest))
    return b"|".join(branches)
