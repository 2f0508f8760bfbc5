"""Which lines of a pull request can be commented on: read from the patches that GitHub itself shows; knows nothing of findings."""

from collections.abc import Mapping

from msgspec import Struct

from batten.regex import regex

_HEAD = regex(r"@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@")


class File(Struct, frozen=True):
    """One file of a change; ``hunks`` are the ranges of lines (1-based, both ends count) of the new side that its diff shows."""

    path: str
    hunks: tuple[tuple[int, int], ...]

    def holds(self, start: int, end: int) -> bool:
        """Whether all these lines are in one hunk."""
        return any(first <= start <= end <= last for first, last in self.hunks)


def file(path: str, patch: str | None) -> File:
    """The file with the hunks of its patch; GitHub leaves the patch out where it is binary or very long."""
    ranges = [(int(head[1]), int(head[2] if head[2] is not None else 1)) for head in _HEAD.finditer(_heads(patch or ""))]
    return File(path, tuple((start, start + count - 1) for start, count in ranges if count))


def _heads(patch: str) -> str:
    """Only what stands at the start of a line is a head: the text of a file may look like one."""
    return "\n".join(line for line in patch.split("\n") if line.startswith("@@ "))


Files = Mapping[str, File]
