"""In which order the files of one database run, by their names, a journal or the paths of a configuration; knows nothing of what they say."""

import re
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from batten.facts.project import FileFacts
from batten.regex import regex

_NUMBER = regex(r"^[A-Za-z]?_?(\d+)")
_VERSION = regex(r"^V(\d+(?:[._]\d+)*)__", re.IGNORECASE)
_REPEATABLE = regex(r"^R__", re.IGNORECASE)
_ONE_A_FOLDER = frozenset({"migration.sql", "up.sql"})


def number(name: str) -> int | None:
    """The number that a migration's name begins with."""
    found = _NUMBER.match(name)
    return int(found.group(1)[:30]) if found else None


def is_flyway(name: str) -> bool:
    """Whether it is the name of one of Flyway's versioned migrations."""
    return _VERSION.match(name) is not None


def is_repeatable(name: str) -> bool:
    """Whether it is the name of one that Flyway runs after all others."""
    return _REPEATABLE.match(name) is not None


def of(origin: str, journal: tuple[object, ...]) -> Callable[[FileFacts], tuple[object, ...]]:
    """The key by which to sort the files of a chain."""
    places = {str(tag): at for at, tag in enumerate(journal)}

    def key(file: FileFacts) -> tuple[object, ...]:
        pure = PurePosixPath(file.path)
        name = pure.parent.name if pure.name in _ONE_A_FOLDER else pure.name
        if origin == "drizzle":
            return (0, places.get(pure.stem, len(places)), (), name)
        if origin == "flyway":
            version = _VERSION.match(name)
            if version is None:
                return (1, 0, (), name)
            return (0, 0, tuple(int(part[:30]) for part in re.split(r"[._]", version.group(1))), name)
        # Numbers of equal length sort as text; 2_x before 10_x only where a tool counts them.
        return (0, number(name) or 0, (), name) if origin == "migrations" else (0, 0, (), name)

    return key


def rank(path: str, root: str, paths: Sequence[str]) -> int | None:
    """Which of the patterns of ``schema_paths``, relative to ``root``, is the first to name a file; None where none does."""
    for at, pattern in enumerate(paths):
        wanted = _joined(root, pattern)
        if wanted is not None and _matches(PurePosixPath(path).parts, wanted):
            return at
    return None


def _joined(root: str, pattern: str) -> list[str] | None:
    """The steps of a pattern from the root of the scan; None where it leads out of there."""
    steps = [step for step in root.split("/") if step]
    for step in pattern.split("/"):
        if step == "..":
            if not steps:
                return None
            steps.pop()
        elif step not in ("", "."):
            steps.append(step)
    return steps


def _matches(parts: Sequence[str], pattern: list[str]) -> bool:
    """``*`` within a step, and ``**`` for any number of steps; a pattern that ends in a folder means all SQL in it."""
    if pattern and not pattern[-1].lower().endswith(".sql") and not set(pattern[-1]) & set("*?["):
        pattern = [*pattern, "**", "*.sql"]
    if "**" not in pattern:
        return len(parts) == len(pattern) and all(fnmatchcase(part, step) for part, step in zip(parts, pattern, strict=True))
    at = pattern.index("**")
    head, tail = pattern[:at], [step for step in pattern[at:] if step != "**"]
    if len(parts) < len(head) + len(tail):
        return False
    behind = parts[len(parts) - len(tail) :]
    return all(fnmatchcase(part, step) for part, step in zip((*parts[: len(head)], *behind), (*head, *tail), strict=True))
