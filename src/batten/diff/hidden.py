"""What a change takes out of sight: files that are not read any more, or count for less. It is told, as nothing is found in what is not seen."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice

from msgspec import Struct

from batten.diff.surface import Direction, Shift
from batten.discover import Discovery, PathClass
from batten.finding import Note, NoteKind
from batten.text import Place

_CODE = (
    *(".py", ".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts"),
    *(".vue", ".svelte", ".astro", ".html", ".sql", ".prisma", ".php", ".rb", ".go"),
)
_RANK = {PathClass.PRODUCT: 2, PathClass.LOCAL_DEV: 1}
_WORDS = {
    PathClass.TEST: "a test",
    PathClass.DOCS: "documentation",
    PathClass.GENERATED: "generated code",
    PathClass.LOCAL_DEV: "something for local development",
}
_HALVES = frozenset({NoteKind.NOT_READ, NoteKind.NOT_PARSED, NoteKind.NOT_UNDERSTOOD, NoteKind.LIMIT})
# A file that came is compared with those that went, as long as there are few of them.
_MOST_COMPARED = 200
_NAMED = 3
_ALIKE = 0.5

Texts = Callable[[Iterable[str]], Mapping[str, bytes]]
"""The texts of some files of one state, read or not; those that can't be had are left out."""


class Hidden(Struct, frozen=True):
    """Something that is out of sight now. ``path`` was in sight before, None where it was not there."""

    path: str | None
    text: str
    place: Place | None = None

    @property
    def shift(self) -> Shift:
        """The sentence about it."""
        return Shift(Direction.WIDER, "file", self.text, self.place)


def hidden(before: Discovery, after: Discovery, texts: tuple[Texts, Texts]) -> Iterator[Hidden]:
    """What discovery leaves out, or takes for less than before. ``texts`` are those of both states."""
    old = {entry.path: entry.path_class for entry in before.files}
    new = {entry.path: entry.path_class for entry in after.files}
    for path, was in old.items():
        if (why := _left_out(path, after)) is not None:
            yield Hidden(path, f"{path} was read, and is not any more: {why}")
        elif path in new and _rank(new[path]) < _rank(was):
            yield Hidden(path, f"{path} counts as {_WORDS[new[path]]} now")
    moved = dict(_moved(old, new, before, after, texts))
    for path, now in moved.items():
        counts = after.left_out.get(now) or _WORDS[new[now]]
        yield Hidden(path, f"{path} is {now} now, which counts as {counts}")
    known = old.keys() | before.left_out.keys() | set(moved.values())
    yield from _came(before, {path: why for path, why in after.left_out.items() if path not in known and path.endswith(_CODE)})


def blurred(before: Iterable[Note], after: Iterable[Note], both: Iterable[str]) -> Iterator[Hidden]:
    """Files of ``both`` states that were understood whole, and are not any more."""
    wanted = frozenset(both)
    known = {note.place.path for note in before if note.place is not None and note.kind in _HALVES}
    found = {note.place.path: note.place for note in after if note.place is not None and note.kind in _HALVES}
    for path, place in sorted(found.items()):
        if path in wanted and path not in known:
            yield Hidden(path, f"{path} was understood whole, and is not any more", place)


def _rank(path_class: PathClass) -> int:
    return _RANK.get(path_class, 0)


def _left_out(path: str, after: Discovery) -> str | None:
    """Why a file that is there still is not read; None where it is gone. A link or submodule may stand in the place of its folder."""
    if path in after.left_out:
        return f"it counts as {after.left_out[path]}"
    folder = path.rpartition("/")[0]
    while folder:
        if folder in after.left_out:
            return f"{folder} is {after.left_out[folder]}"
        folder = folder.rpartition("/")[0]
    return None


def _moved(
    old: Mapping[str, PathClass], new: Mapping[str, PathClass], before: Discovery, after: Discovery, texts: tuple[Texts, Texts]
) -> Iterator[tuple[str, str]]:
    """Files of code that went, each with the one of less weight that came in its place: most of its lines are there."""
    gone = [path for path, was in old.items() if _rank(was) and path.endswith(_CODE) and path not in new and path not in after.left_out]
    came = [path for path, now in new.items() if not _rank(now) and path not in old and path not in before.left_out]
    came += [path for path in after.left_out if path not in old and path not in before.left_out]
    came = [path for path in came if path.endswith(_CODE)]
    if not gone or not came or len(gone) > _MOST_COMPARED or len(came) > _MOST_COMPARED:
        return
    olds = {path: _lines(data) for path, data in texts[0](gone).items()}
    news = {path: _lines(data) for path, data in texts[1](came).items()}
    for path, lines in sorted(olds.items()):
        alike = {now: len(lines & others) / len(lines) for now, others in news.items()} if lines else {}
        best = max(alike, key=lambda now: (alike[now], now), default=None)
        if best is not None and alike[best] > _ALIKE:
            yield path, best


def _lines(data: bytes) -> frozenset[bytes]:
    return frozenset(line for each in data.split(b"\n") if len(line := each.strip()) > 2)  # noqa: PLR2004 - brackets are in any file


def _came(before: Discovery, left_out: Mapping[str, str]) -> Iterator[Hidden]:
    """New files of code that are not read, by what they count as. Of output that was there before, each build makes some: that is no news."""
    groups: dict[str, list[str]] = {}
    for path, why in sorted(left_out.items()):
        groups.setdefault(why, []).append(path)
    known = {why for why in before.left_out.values() if why.endswith("/")}
    for why, paths in groups.items():
        if why not in known and not why.startswith("an excluded"):
            names = ", ".join(islice(paths, _NAMED)) + (f" and {len(paths) - _NAMED:,} more" if len(paths) > _NAMED else "")
            what = f"is new and counts as {why}" if len(paths) == 1 else f"are new and count each as {why}"
            yield Hidden(None, f"{names} {what}: not read")
