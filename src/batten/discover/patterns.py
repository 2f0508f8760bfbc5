"""Patterns as in .gitignore, made safe to match; does not know which files they are for."""

import re
import warnings
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
    usable: list[str] = []
    refused: list[str] = []
    for line in lines:
        if _hard(line) or len(usable) >= _MOST:
            refused.append(line)
            continue
        try:
            _compiled([line], backend="simple")
        except (ValueError, re.error):
            refused.append(line)
        else:
            usable.append(line)
    try:
        return _compiled(usable), refused
    except Exception:  # noqa: BLE001 - the quick matcher has limits and errors of its own
        return _compiled(usable, backend="simple"), refused


def _compiled(lines: list[str], backend: str = "best") -> "GitIgnoreSpec":
    from pathspec import GitIgnoreSpec  # 30 ms, and most runs ask git instead

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of re, about sets like [[a], which git has too
        return GitIgnoreSpec.from_lines(lines, backend=backend)


def _hard(line: str) -> bool:
    parts = line.split("/")
    if len(line) > _LONGEST or parts.count("**") > _WILDCARDS:
        return True
    return any(len(re.findall(r"\*+", part)) > _WILDCARDS for part in parts)
