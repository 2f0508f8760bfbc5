"""Finds which hunk of a change a finding rests on: hunks are taken back, half of what is left at a time, until the finding is gone for one alone."""

from collections.abc import Callable, Iterable, Sequence

from batten.diff.hunks import Hunk

Left = Callable[[Sequence[Hunk], int], frozenset[str]]
"""The keys of what is found with some hunks taken back; of the last one the first lines of the new text stay, as many as are said."""


class Search:
    """One search for the causes of some findings. Each try is a scan, so there are at most ``tries``."""

    def __init__(self, left: Left, tries: int) -> None:
        self._left = left
        self._tries = tries

    def causes(self, keys: Iterable[str], hunks: Sequence[Hunk]) -> dict[str, tuple[str, int | None]]:
        """The path and line (None: the file is gone) that each finding goes with; of those that go with no one file, nothing."""
        wanted = frozenset(keys)
        single = self._halved(wanted, hunks, known=True)
        return {key: (hunk.path, self._line(key, hunk)) for key, hunk in sorted(single.items())}

    def _halved(self, keys: frozenset[str], hunks: Sequence[Hunk], *, known: bool = False) -> dict[str, Hunk]:
        """``known``: the findings are gone without all of these hunks, so that need not be tried."""
        if not keys or not hunks:
            return {}
        gone = keys if known else self._gone(keys, hunks)
        if len(hunks) == 1 or not gone:
            return dict.fromkeys(gone, hunks[0])
        middle = len(hunks) // 2
        found = self._halved(gone, hunks[:middle])
        found |= self._halved(gone - found.keys(), hunks[middle:])
        if len({hunk.path for hunk in hunks}) == 1:  # it takes several of them
            found |= dict.fromkeys(gone - found.keys(), hunks[0])
        return found

    def _line(self, key: str, hunk: Hunk) -> int | None:
        """Of lines that came and replaced nothing, the one with which the finding came."""
        if hunk.end - hunk.start < 2 or hunk.old_end > hunk.old_start:  # noqa: PLR2004 - there is but one line
            return hunk.line
        absent, present = 0, hunk.end - hunk.start
        while present - absent > 1:
            middle = (absent + present) // 2
            if not self._tries:
                return hunk.line
            if self._gone(frozenset({key}), [hunk], middle):
                absent = middle
            else:
                present = middle
        return hunk.start + present

    def _gone(self, keys: frozenset[str], hunks: Sequence[Hunk], lines: int = 0) -> frozenset[str]:
        """Those that are not found any more; none where there may be no more tries."""
        if not self._tries:
            return frozenset()
        self._tries -= 1
        return keys - self._left(hunks, lines)
