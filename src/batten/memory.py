"""What earlier runs found out about the files of one app: facts by what is in a file, and the answer where nothing has changed at all.

Nothing here is believed for a name or a date: facts belong to the bytes that they were made of, to the path, and to the batten, the packs and the
settings that made them. Dates only tell that bytes are still those that were read.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from time import time_ns
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import msgspec
from msgspec import Struct, structs

from batten.cache import Cache, packed, unpacked
from batten.discover.reading import Unread
from batten.extract.file import merged
from batten.facts.project import FileFacts, Ignore, Project
from batten.facts.secrets import Caveat
from batten.facts.surface import Reach
from batten.finding import Finding, Note
from batten.identity import identity
from batten.moved import LostError, Moves, along, moves
from batten.workers import Depth, Job, calm

if TYPE_CHECKING:
    from batten.text import Span

Stamp = tuple[int, int, int, int]
"""Size, two dates of change in nanoseconds, and the number of a file."""
_SIZE = 16
# A file that was written to so shortly before its dates were read may be written to once more with the same dates.
_TICK = 50_000_000
_COARSE_TICK = 2_000_000_000
MOST_MOVED = 20
"""How many files may have changed for it to be worth asking whether they say the same."""
_OPEN_TO_ALL = frozenset({Caveat.WEAK, Caveat.PUBLISHED, Caveat.LOCAL})

_Kept = TypeVar("_Kept")
_encode = msgspec.msgpack.Encoder().encode
_facts = msgspec.msgpack.Decoder(FileFacts)


class Answer(Struct, frozen=True, array_like=True):
    """What came of all files together, before comments in them were heard. ``ignores`` are those comments."""

    findings: tuple[Finding, ...]
    notes: tuple[Note, ...]
    project: Project
    reaches: tuple[Reach, ...]
    files: int
    parsed: int
    ignores: dict[str, tuple[Ignore, ...]]


class _Told(Struct, frozen=True, array_like=True):
    """An answer with the question that it is for."""

    question: bytes
    answer: Answer


class _App(Struct, array_like=True):
    """``files``: what each was when it was read last, as a digest of its stamp (or nothing) and one of its bytes. ``led_into``: those that names led into, with how deeply they were read.

    ``question``: what was answered last, of just these files.
    """

    files: dict[str, tuple[bytes, bytes]] = {}
    led_into: dict[str, Depth] = {}
    question: bytes = b""


_app = msgspec.msgpack.Decoder(_App)
_told = msgspec.msgpack.Decoder(_Told)


class Remembered(NamedTuple):
    """Where a run may remember. ``app`` names what is scanned on this machine; ``stamp`` is that of a file, None where its text is not that on disk.

    ``like``: the name of what may have been the very same before, "" for none.
    """

    cache: Cache
    app: str
    stamp: Callable[[str], Stamp | None]
    like: str = ""


class Memory:
    """``world`` stands for all that makes facts of bytes, but this program itself; ``read`` is what is scanned of a file and may raise Unread."""

    def __init__(self, place: Remembered, world: bytes, read: Callable[[str], bytes]) -> None:
        self._cache, self._name, self._stamp, self._like = place
        self._world = _digest(identity(), world)
        self._read = read
        self._digests: dict[str, bytes] = {}
        self._stamps: dict[str, bytes] = {}
        self._keys: dict[str, frozenset[Span]] = {}
        self._learned: dict[bytes, bytes] = {}
        self._app = self._stored(_digest(b"app", self._world, self._name.encode()), _app) or _App()
        self._before = _encode(self._app)
        self.led_into: Mapping[str, Depth] = dict(self._app.led_into)

    def recall(self, jobs: Sequence[Job]) -> dict[str, FileFacts]:
        """The facts of those files that were read before, as they are now and as deeply."""
        keys = {job.path: key for job in jobs if (key := self._key(job.path, job.depth))}
        rows = {**self._cache.load(keys.values()), **{key: self._learned[key] for key in keys.values() if key in self._learned}}
        found: dict[str, FileFacts] = {}
        with calm():
            for path, key in keys.items():
                facts = _decoded(rows[key], _facts) if key in rows else None
                if facts is not None and facts.path == path:
                    found[path] = facts
                    self.note_keys(facts)
        return found

    def learn(self, facts: Iterable[FileFacts], depths: Mapping[str, Depth]) -> None:
        """Remember what was just read; but what could not be, what is typed into an editor, and what would tell a key."""
        for file in facts:
            if file.digest and self._stamp(file.path) is not None:
                self.note_keys(file)
                encoded = _encode(file)
                if any(key in encoded for key in self._keys_in(file.path)):
                    continue
                if self._digests.get(file.path) != file.digest:
                    self._stamps[file.path] = b""  # it was written to meanwhile
                self._digests[file.path] = file.digest
                self._learned[self._facts_key(file.path, depths[file.path], file.digest)] = packed(encoded)

    def forget(self, paths: Iterable[str]) -> None:
        """These files are not what they were."""
        for path in paths:
            self._digests.pop(path, None)
            self._stamps.pop(path, None)
            self._keys.pop(path, None)

    def question(self, paths: Mapping[str, Sequence[object]], around: object) -> bytes:
        """Stands for everything that an answer rests on: all files with what is known of them, as they are now, and what else is given."""
        return self._question(paths, around, self.digest)

    def _question(self, paths: Mapping[str, Sequence[object]], around: object, digest: Callable[[str], bytes]) -> bytes:
        every = [(path, list(about), digest(path)) for path, about in sorted(paths.items())]
        return _digest(b"question", self._world, _encode(every), _encode(around))

    def before(self, kind: str, paths: Mapping[str, Sequence[object]], around: object) -> tuple[Answer, tuple[str, ...]] | None:
        """The last answer, where a few files say something else since and all the rest is the same; and those files."""
        known = {path: digest for path, (_, digest) in self._app.files.items()}
        others = tuple(sorted(path for path in paths if known.get(path, b"") != self.digest(path)))
        if not 0 < len(others) <= MOST_MOVED or self._question(paths, around, lambda path: known.get(path, b"")) != self._app.question:
            return None
        answer = self.answer(kind, self._app.question)
        return (answer, others) if answer is not None else None

    def recall_before(self, jobs: Sequence[Job]) -> dict[str, FileFacts]:
        """The facts of files as they were at the last answer, as far as they are kept."""
        keys = {job.path: self._facts_key(job.path, job.depth, self._app.files[job.path][1]) for job in jobs if job.path in self._app.files}
        rows = self._cache.load(keys.values())
        found = {path: _decoded(rows[key], _facts) for path, key in keys.items() if key in rows}
        return {path: facts for path, facts in found.items() if facts is not None and facts.path == path}

    def answer(self, kind: str, question: bytes) -> Answer | None:
        """The answer to just this question; one is kept for each kind."""
        for name in filter(None, (self._name, self._like)):
            told = self._stored(self._answer_key(kind, name), _told)
            if told is not None and told.question == question:
                if name != self._name:  # there it will be replaced by the next one
                    self._cache.store({self._answer_key(kind, self._name): packed(_encode(told), 1)})
                return told.answer
        return None

    def keep(self, led_into: Mapping[str, Depth], told: tuple[str, bytes, Answer] | None = None) -> None:
        """Write down what was learned; ``told`` is an answer, with its kind and its question."""
        if told is None and not self._learned:
            return
        app = _App({path: (self._stamps.get(path, b""), digest) for path, digest in self._digests.items()}, dict(led_into))
        if told is not None:
            app.question = told[1]
        known = _encode(app)
        if known != self._before:
            self._before = known
            self._learned[_digest(b"app", self._world, self._name.encode())] = packed(known)
        if told is not None:
            kind, question, answer = told
            encoded = _encode(_Told(question, answer))
            as_on_disk = all(self._stamp(path) is not None for path in app.files)
            if as_on_disk and not any(key in encoded for path in self._keys for key in self._keys_in(path)):
                self._learned[self._answer_key(kind, self._name)] = packed(encoded, 1)
        self._cache.store(self._learned)
        self._learned.clear()

    def note_keys(self, file: FileFacts) -> None:
        """Keep in mind where keys stand."""
        spans = frozenset(secret.place.span for secret in file.secrets if secret.caveat not in _OPEN_TO_ALL)
        if spans:
            self._keys[file.path] = spans

    def _keys_in(self, path: str) -> Iterator[bytes]:
        """The keys of a file, read anew: no object holds them longer than that."""
        if path not in self._keys:
            return
        try:
            data = self._read(path)
        except Unread:
            return
        yield from {key for span in self._keys[path] if (key := data[span.start : span.end])}

    def _key(self, path: str, depth: Depth) -> bytes:
        """What the facts of a file on disk are kept under; nothing for a text that is being typed, which nobody has seen before."""
        digest = self.digest(path) if self._stamp(path) is not None else b""
        return self._facts_key(path, depth, digest) if digest else b""

    def _facts_key(self, path: str, depth: Depth, digest: bytes) -> bytes:
        return _digest(b"facts", self._world, bytes((depth,)), digest, path.encode("utf-8", "surrogateescape"))

    def _answer_key(self, kind: str, name: str) -> bytes:
        return _digest(b"answer", name.encode("utf-8", "surrogateescape"), kind.encode())

    def digest(self, path: str) -> bytes:
        """The digest of a file, read only where it may have changed; nothing where it can't be read."""
        known = self._digests.get(path)
        if known is not None:
            return known
        before = time_ns()
        stamp = self._stamp(path)
        mark = _digest(repr(stamp).encode())[:8] if stamp is not None and _is_settled(stamp, before) else b""
        remembered = self._app.files.get(path)
        if mark and remembered is not None and remembered[0] == mark:
            digest = remembered[1]
        else:
            try:
                digest = digest_of(self._read(path))
            except Unread:
                return b""
        self._digests[path] = digest
        self._stamps[path] = mark
        return digest

    def _stored(self, key: bytes, decoder: "msgspec.msgpack.Decoder[_Kept]") -> "_Kept | None":
        data = self._cache.load([key]).get(key)
        return _decoded(data, decoder) if data is not None else None


def deepened(first: Iterable[FileFacts], deeper: Iterable[FileFacts]) -> dict[str, FileFacts]:
    """Facts by path, with what a deeper look at some of the files told."""
    found = {file.path: file for file in first}
    more = {file.path: file for file in deeper if not found[file.path].parsed}
    return found | {path: merged(found[path], file) for path, file in more.items()}


def elsewhere(answer: Answer, before: Mapping[str, FileFacts | None], now: Mapping[str, FileFacts]) -> Answer | None:
    """The answer for files that say the same as before in other places; None where one says something else."""
    if len(before) > MOST_MOVED:
        return None
    gone: dict[str, Moves] = {}
    for path, old in before.items():
        if old is None or path not in now or (found := moves(old, now[path])) is None:
            return None
        gone[path] = found
    ignores = {path: heard for path, heard in answer.ignores.items() if path not in gone} | {
        path: now[path].ignores for path in gone if now[path].ignores
    }
    # Of most files that are typed into, only what stands below the cursor is elsewhere.
    gone = {path: found for path, found in gone.items() if any(old != new for old, new in found.items())}
    if not gone:
        return structs.replace(answer, ignores=ignores)
    try:
        return structs.replace(
            answer,
            findings=along(answer.findings, gone),
            notes=along(answer.notes, gone),
            project=along(answer.project, gone),
            reaches=along(answer.reaches, gone),
            ignores=ignores,
        )
    except LostError:
        return None


def digest_of(data: bytes) -> bytes:
    """What bytes are known by."""
    return blake2b(data, digest_size=_SIZE).digest()


def _digest(*parts: bytes) -> bytes:
    digest = blake2b(digest_size=_SIZE)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()


def _is_settled(stamp: Stamp, now: int) -> bool:
    """Whether a file that is written to from now on gets another stamp."""
    _, modified, changed, _ = stamp
    coarse = modified % 1_000_000_000 == 0 and changed % 1_000_000_000 == 0
    return now - max(modified, changed) > (_COARSE_TICK if coarse else _TICK)


def _decoded(data: bytes, decoder: "msgspec.msgpack.Decoder[_Kept]") -> _Kept | None:
    """What was kept; None where it is damaged, or another batten's."""
    plain = unpacked(data)
    try:
        return decoder.decode(plain) if plain is not None else None
    except (msgspec.DecodeError, ValueError):
        return None
