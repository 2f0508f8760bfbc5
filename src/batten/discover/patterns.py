"""Patterns as in .gitignore, made safe to match; does not know which files they are for."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_LONGEST = 500
_MOST = 5000
_WILDCARDS = 3


def spec(lines: Iterable[str]) -> tuple["GitIgnoreSpec", list[str]]:
    """The compiled patterns, and those of the lines that can't be used.

    Refused is what could take a backtracking matcher hours on a name made for it: many wildcards between two slashes.
    """
    from pathspec import GitIgnoreSpec  # 30 ms, and most runs ask git instead

    usable: list[str] = []
    refused: list[str] = []
    for line in lines:
        if _hard(line) or len(usable) >= _MOST:
            refused.append(line)
            continue
        try:
            GitIgnoreSpec.from_lines([line], backend="simple")
        except ValueError:
            refused.append(line)
        else:
            usable.append(line)
    return GitIgnoreSpec.from_lines(usable), refused


def _hard(line: str) -> bool:
    if len(line) > _LONGEST:
        return True
    return any(len(re.findall(r"\*+|\?+", part)) > _WILDCARDS for part in line.split("/") if part != "**")
