"""Sources of a schema that are no SQL: which models and which migrations in code belong together; knows nothing of what they say."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from batten.facts.project import FileFacts

_MODEL_FOLDERS = frozenset({"schema", "schemas", "models"})


class Models(NamedTuple):
    """Files of models that declare one database; ``dialect`` None where none says whose."""

    root: str
    tool: str
    files: tuple[FileFacts, ...]
    dialect: str | None


def locked(files: Sequence[FileFacts]) -> dict[str, str]:
    """The kind of database that a tool's lock file or schema names, by the folder of its migrations."""
    found: dict[str, str] = {}
    for file in files:
        if file.source is not None and file.source.tool == "prisma" and file.source.dialect is not None:
            folder = PurePosixPath(file.path).parent
            found[_text(folder.parent) if file.source.settles else _text(folder)] = file.source.dialect
    return found


def models(files: Sequence[FileFacts]) -> tuple[Models, ...]:
    """The files that declare models, those of one database together."""
    declaring = [file for file in files if file.source is not None and file.source.declares]
    roots: dict[tuple[str, str], str] = {}
    for file in declaring:
        if file.source is not None and file.source.dialect is not None:
            folder = PurePosixPath(file.path).parent
            roots[_text(folder.parent if folder.name in _MODEL_FOLDERS else folder), file.source.tool] = file.source.dialect
    groups: dict[tuple[str, str], list[FileFacts]] = defaultdict(list)
    for file in sorted(declaring, key=lambda file: file.path):
        tool = file.source.tool if file.source is not None else ""
        above = [root for root, of in roots if of == tool and (not root or file.path.startswith(f"{root}/"))]
        root = max(above, key=len) if above else _text(PurePosixPath(file.path).parent)
        groups[root, tool].append(file)
    return tuple(
        Models(root, tool, tuple(group), roots.get((root, tool)))
        for (root, tool), group in sorted(groups.items(), key=lambda each: each[0])
    )


def _text(folder: PurePosixPath) -> str:
    return "" if str(folder) == "." else str(folder)
