"""The hunks of a change: which lines of a text came, went or were replaced, and the text without some of them; knows nothing of findings."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from msgspec import Struct

# Past this many lines on one side, the change of a file counts as one hunk.
_MOST_LINES = 20_000


class Hunk(Struct, frozen=True, order=True):
    """Lines ``old_start:old_end`` of a file (0-based) became ``start:end``. Of a file that is new or gone, one side is empty and ``whole`` says so."""

    path: str
    start: int
    end: int
    old_start: int
    old_end: int
    whole: bool = False

    @property
    def line(self) -> int | None:
        """The line (1-based) to speak at: the first that came, or the one after what went. None where the file is gone."""
        return None if self.whole and self.end == 0 else self.start + 1


def hunks(path: str, before: bytes | None, after: bytes | None) -> tuple[Hunk, ...]:
    """The hunks of one file, in order; None where the file is not there."""
    old, new = _split(before), _split(after)
    if before is None or after is None:
        return (Hunk(path, 0, len(new), 0, len(old), whole=True),) if before is not after else ()
    if before == after:
        return ()
    start = next((at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), min(len(old), len(new)))
    end = 0
    while end < min(len(old), len(new)) - start and old[len(old) - end - 1] == new[len(new) - end - 1]:
        end += 1
    inner_old, inner_new = old[start : len(old) - end], new[start : len(new) - end]
    if max(len(inner_old), len(inner_new)) > _MOST_LINES:
        return (Hunk(path, start, len(new) - end, start, len(old) - end),)
    matched = SequenceMatcher(None, inner_old, inner_new, autojunk=False).get_opcodes()
    return tuple(
        Hunk(path, start + first, start + last, start + old_first, start + old_last)
        for kind, old_first, old_last, first, last in matched
        if kind != "equal"
    )


def changed_lines(before: bytes | None, after: bytes) -> frozenset[int]:
    """The lines (1-based) of the new text that are not in the old one, and those right after what was taken away."""
    return _lines(hunks("", before, after), len(_split(after)))


def lines_by_path(changes: Mapping[str, Sequence[Hunk]], lengths: Mapping[str, int]) -> dict[str, frozenset[int]]:
    """The same for all files of a change that are still there; ``lengths`` are their numbers of lines."""
    return {path: _lines(found, lengths[path]) for path, found in changes.items() if path in lengths}


def _lines(found: Iterable[Hunk], length: int) -> frozenset[int]:
    lines: set[int] = set()
    for hunk in found:
        lines.update(range(hunk.start + 1, hunk.end + 1) if hunk.end > hunk.start else [min(hunk.start + 1, length)])
    return frozenset(lines)


def without(before: bytes | None, after: bytes | None, taken_back: Iterable[Hunk], kept_lines: int = 0) -> bytes | None:
    """The new text of one file with some of its hunks taken back; of the last of them the first ``kept_lines`` new lines stay."""
    wanted = sorted(taken_back)
    if any(hunk.whole for hunk in wanted) and not kept_lines:
        return before
    if not wanted:
        return after
    old, new = _split(before), _split(after)
    return b"\n".join(_woven(old, new, wanted, kept_lines))


def _woven(old: Sequence[bytes], new: Sequence[bytes], wanted: Sequence[Hunk], kept_lines: int) -> Iterator[bytes]:
    at = 0
    for number, hunk in enumerate(wanted, 1):
        yield from new[at : hunk.start + (kept_lines if number == len(wanted) else 0)]
        yield from old[hunk.old_start : hunk.old_end]
        at = hunk.end
    yield from new[at:]


def _split(text: bytes | None) -> list[bytes]:
    return text.split(b"\n") if text is not None else []
