"""Reads and parses every file that batten would look at, with two processes, and does nothing with it: what any linter that parses must cost.

    python bench/parse_everything.py APP_DIR

Files are those of discovery; scripts, Python and SQL are parsed with batten's own parsers, all others are only read.
"""

import os
import sys
from pathlib import Path

from batten.config import Config
from batten.discover import discover, read
from batten.discover.reading import Unread
from batten.parse import javascript, python
from batten.parse.postgres.tree import Tree

PROCESSES = 2


def main(app: Path) -> None:
    found = discover((app,), Config())
    shares = share([(entry.size, entry.path) for entry in found.files])
    children = [os.fork() or parse(found.root, paths) for paths in shares]
    failed = [child for child in children if os.waitpid(child, 0)[1] != 0]
    if failed:
        sys.exit("a process failed")


def share(files: list[tuple[int, str]]) -> list[list[str]]:
    """The files in parts of equal bytes, in the order of discovery within each."""
    parts: list[list[str]] = [[] for _ in range(PROCESSES)]
    weights = [0] * PROCESSES
    for size, path in files:
        lightest = weights.index(min(weights))
        weights[lightest] += size if parsed(path) else size // 20
        parts[lightest].append(path)
    return parts


def parsed(path: str) -> bool:
    return path.endswith((".py", ".pyi")) or javascript.language_of(path) is not None or path.lower().endswith(".sql")


def parse(root: Path, paths: list[str]) -> int:
    """In a child: never returns."""
    for path in paths:
        try:
            data = read(root, path)
        except Unread:
            continue
        if path.endswith((".py", ".pyi")):
            python.parse(data)
        elif javascript.language_of(path) is not None:
            javascript.parse(data, path)
        elif path.lower().endswith(".sql"):
            Tree(data)
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
