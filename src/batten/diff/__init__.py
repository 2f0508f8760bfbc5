"""What a change does to an app: two whole models compared, and said where the reader of the change can act."""

from batten.diff.difference import Anchor, Difference, News, Where, anchored, compare
from batten.diff.hunks import changed_lines
from batten.diff.sides import Compared, compared
from batten.diff.surface import Direction, Shift, shifts

__all__ = [
    "Anchor",
    "Compared",
    "Difference",
    "Direction",
    "News",
    "Shift",
    "Where",
    "anchored",
    "changed_lines",
    "compare",
    "compared",
    "shifts",
]
