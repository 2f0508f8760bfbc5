"""The shapes of keys, as rows of vocabulary made ready to search; does not know how a match is judged."""

import re
from collections.abc import Iterable, Mapping
from functools import cache, cached_property, lru_cache
from pathlib import Path

import msgspec
from msgspec import Struct

import batten
from batten.facts.secrets import Caveat, SecretKind
from batten.finding import PackError
from batten.skim import Triggers

LINE = 400
"""A clue is looked for within this many bytes a line: one line of a minified file holds everything."""
_AROUND = 500
_SHOWN = 6
_OUTCOMES = {"drop", "unsure", "public", *(caveat.value for caveat in Caveat)}


class Clue(Struct, frozen=True, forbid_unknown_fields=True):
    """What stands near a match decides about it: see the head of secrets.yml."""

    near: str
    lines: int = 0
    file: bool = False
    absent: str | None = None
    present: str | None = None
    label: str | None = None


class Row(Struct, frozen=True, forbid_unknown_fields=True):
    """One row of vocabulary as written; the head of secrets.yml says what the fields mean."""

    id: str
    label: str
    kind: SecretKind
    pattern: str
    triggers: tuple[str, ...]
    means: str = "certain"
    before: int = 0
    length: int = 256
    anywhere: bool = False
    in_texts: bool = False
    anchors: tuple[str, ...] = ()
    prefix: str | None = None
    entropy: float = 3.0
    caveat: Caveat = Caveat.NONE
    most: int | None = None
    check: str | None = None
    clues: tuple[Clue, ...] = ()
    notes: str = ""


class Published(Struct, frozen=True, forbid_unknown_fields=True):
    """A value that anyone knows, by its SHA-256."""

    sha256: str
    what: str


class Vocabulary(Struct, frozen=True, forbid_unknown_fields=True):
    """The rows of one or more files."""

    providers: tuple[Row, ...] = ()
    published: tuple[Published, ...] = ()


class Provider:
    """A row, and its expressions once they are asked for; ``rank`` is its place among the rows, the first wins."""

    def __init__(self, row: Row, rank: int) -> None:
        self.row = row
        self.rank = rank

    @cached_property
    def pattern(self) -> re.Pattern[bytes]:
        """What the key looks like. Raises PackError."""
        return _compiled(self.row.pattern, self.row.id)

    @cached_property
    def clues(self) -> tuple[tuple[Clue, re.Pattern[bytes]], ...]:
        """What to look for around a match. Raises PackError."""
        for clue in self.row.clues:
            if not {clue.absent, clue.present} - {None} <= _OUTCOMES:
                raise PackError(f"the row {self.row.id!r} has a clue with an unknown outcome", f"Known are: {', '.join(sorted(_OUTCOMES))}")
        return tuple((clue, _compiled(clue.near, self.row.id)) for clue in self.row.clues)

    @cached_property
    def reach(self) -> int | None:
        """So many bytes before and after a match decide about it; None: the whole file does."""
        if any(clue.file for clue in self.row.clues):
            return None
        return max([_AROUND, *(LINE * (clue.lines + 2) for clue in self.row.clues)])

    def prefix(self, value: str) -> str:
        """The part of ``value`` that every such key has, fit to be shown."""
        prefix = self.row.prefix
        if prefix is None:
            prefix = next((trigger for trigger in self.row.triggers if value.startswith(trigger)), "")
        return prefix if value.startswith(prefix) else ""

    def shown(self, value: str) -> str:
        """The redacted form of ``value``."""
        return self.prefix(value)[:_SHOWN] + "…"


class Providers:
    """All rows, by the words that call for them; ``checked`` rows are known to be usable, and most of them are never used in a run."""

    def __init__(self, vocabulary: Vocabulary, *, checked: bool = False) -> None:
        self.all = tuple(Provider(row, rank) for rank, row in enumerate(vocabulary.providers))
        for provider in () if checked else self.all:
            _ = provider.pattern, provider.clues
        self.published = frozenset(entry.sha256 for entry in vocabulary.published)
        by_word: dict[bytes, list[Provider]] = {}
        for provider in self.all:
            for word in dict.fromkeys(_spellings(provider.row.triggers)):
                by_word.setdefault(word, []).append(provider)
        self.by_word: Mapping[bytes, tuple[Provider, ...]] = {word: tuple(found) for word, found in by_word.items()}

        self._triggers = Triggers(by_word)

    @property
    def words(self) -> tuple[bytes, ...]:
        """The trigger words: a file without any of them holds no key that is known here."""
        return self._triggers.words

    def hits(self, data: bytes) -> list[tuple[bytes, int]]:
        """The trigger words in ``data`` and where they begin."""
        return [(self.words[word], start) for word, start in self._triggers.hits(data)]


def _compiled(pattern: str, name: str) -> re.Pattern[bytes]:
    try:
        return re.compile(pattern.encode("ascii"))
    except (re.error, UnicodeEncodeError) as error:
        raise PackError(f"the row {name!r} of the vocabulary has a pattern that can't be used: {error}") from error


def _spellings(triggers: Iterable[str]) -> Iterable[bytes]:
    for trigger in triggers:
        yield trigger.encode("ascii")
        if trigger.isalpha() and trigger.islower():
            yield trigger.upper().encode("ascii")
            yield trigger.capitalize().encode("ascii")


@lru_cache(maxsize=4)
def from_document(document: bytes) -> Providers:
    """The rows of a vocabulary document in the form in which packs are kept (MessagePack), where tests have used each row. Raises PackError."""
    try:
        return Providers(msgspec.msgpack.decode(document, type=Vocabulary), checked=True)
    except msgspec.MsgspecError as error:
        raise PackError(
            f"the vocabulary of keys can't be used: {error}", "The head of the shipped secrets.yml says what a row holds."
        ) from error


def decode(text: bytes, path: str = "secrets.yml") -> Vocabulary:
    """The rows in the YAML ``text``. Raises PackError."""
    try:
        return msgspec.yaml.decode(text, type=Vocabulary)
    except msgspec.MsgspecError as error:
        raise PackError(f"{path}: {error}", "The head of the shipped secrets.yml says what a row holds.") from error


@cache
def shipped() -> Providers:
    """The rows that come with batten, read from where they are installed: for tests and for callers without a rule set."""
    home = Path(batten.__file__).parent
    inside = Path("rulepacks", "secrets", "vocabulary", "secrets.yml")
    path = next(base / inside for base in (home, home.parents[1]) if (base / inside).is_file())
    return Providers(decode(path.read_bytes(), str(path)))
