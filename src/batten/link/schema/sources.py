"""Sources of a schema that are no SQL: which models and which migrations in code belong together; knows nothing of what they say."""

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from batten.facts.project import FileFacts
from batten.regex import regex

_CLASS_STAMP = regex(r"(\d{13})$")
_NUMBER = regex(r"^(\d{1,20})")
_SETTING_FOLDERS = frozenset({"config", "settings", "database", "db"})
_MODEL_FOLDERS = frozenset({"schema", "schemas", "models"})


class Models(NamedTuple):
    """Files of models that declare one database; ``dialect`` None where none says whose."""

    root: str
    tool: str
    files: tuple[FileFacts, ...]
    dialect: str | None


class InCode(NamedTuple):
    """Migrations in code of one database, in the order they run; ``dialect`` None where nothing says whose."""

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


def models(files: Sequence[FileFacts], package: Callable[[str], str]) -> tuple[Models, ...]:
    """The files that declare models, those of one database together; tables in code are those of their package."""
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
        home = _text(PurePosixPath(file.path).parent)
        root = max(above, key=len) if above else home if file.language is None else package(home)
        groups[root, tool].append(file)
    return tuple(
        Models(root, tool, tuple(group), roots.get((root, tool)))
        for (root, tool), group in sorted(groups.items(), key=lambda each: each[0])
    )


def in_code(files: Sequence[FileFacts], package: Callable[[str], str]) -> tuple[InCode, ...]:
    """The migrations in code, those of one database together; all apps of a package are one project of Django."""
    groups: dict[tuple[str, str], list[FileFacts]] = defaultdict(list)
    for file in sorted(files, key=lambda file: file.path):
        if file.source is not None and not file.source.declares and not file.source.settles:
            folder = _text(PurePosixPath(file.path).parent)
            groups[package(folder) if file.source.tool == "django" else folder, file.source.tool].append(file)
    settings = [file for file in files if file.source is not None and file.source.settles and file.source.tool != "prisma"]
    return tuple(
        InCode(root, tool, tuple(by_graph(_without_replaced(group))), _dialect(root, tool, settings))
        for (root, tool), group in sorted(_together(groups).items(), key=lambda each: each[0])
    )


def _together(groups: dict[tuple[str, str], list[FileFacts]]) -> dict[tuple[str, str], list[FileFacts]]:
    """The groups, where those one of which builds on another are one."""
    homes: dict[tuple[str, str], tuple[str, str]] = {}
    for key, group in sorted(groups.items()):
        for file in group:
            if file.source is not None and file.source.name:
                homes.setdefault((key[1], file.source.name), key)
    merged = dict(groups)
    target = {key: key for key in groups}
    for key, group in sorted(groups.items()):
        for file in group:
            for name in file.source.after if file.source is not None else ():
                other = homes.get((key[1], name))
                one, two = target[key], target[other] if other is not None else target[key]
                if one != two:
                    kept, gone = sorted((one, two))
                    merged[kept] = [*merged[kept], *merged.pop(gone)]
                    target = {each: kept if found == gone else found for each, found in target.items()}
    return merged


def _without_replaced(files: Sequence[FileFacts]) -> list[FileFacts]:
    """The files without those for which a squashed one stands."""
    replaced = {name for file in files if file.source is not None for name in file.source.replaces}
    return [file for file in files if file.source is None or file.source.name not in replaced]


def by_graph(files: Iterable[FileFacts]) -> list[FileFacts]:
    """Each file behind those that it names, else by path; what goes in a circle comes last."""
    files = sorted(files, key=_counted)
    names: dict[str, int] = {}
    for at, file in enumerate(files):
        if file.source is not None and file.source.name:
            app = file.source.name.partition(".")[0]
            for name in (file.source.name, *file.source.replaces, f"{app}.__first__"):
                names.setdefault(name, at)
    waits = [
        {names[name] for name in (file.source.after if file.source is not None else ()) if name in names and names[name] != at}
        for at, file in enumerate(files)
    ]
    followers: dict[int, list[int]] = defaultdict(list)
    for at, others in enumerate(waits):
        for other in others:
            followers[other].append(at)
    left = [len(others) for others in waits]
    ready = [at for at, count in enumerate(left) if not count]
    heapq.heapify(ready)
    order: list[int] = []
    while ready:
        at = heapq.heappop(ready)
        order.append(at)
        for follower in followers[at]:
            left[follower] -= 1
            if not left[follower]:
                heapq.heappush(ready, follower)
    done = set(order)
    return [files[at] for at in (*order, *(at for at in range(len(files)) if at not in done))]


def _counted(file: FileFacts) -> tuple[int, str]:
    """As tools count that look at a number in the name of a class or file rather than at the whole name."""
    tool, name = (file.source.tool, file.source.name) if file.source is not None else ("", "")
    found = _CLASS_STAMP.search(name) if tool == "typeorm" else _NUMBER.match(name) if tool == "node-pg-migrate" else None
    return (int(found.group(1)) if found else 0, file.path)


def _dialect(root: str, tool: str, settings: Sequence[FileFacts]) -> str | None:
    """What the nearest settings above a folder of migrations say; one that is computed counts more than one that is written down."""
    near = []
    for file in settings:
        place = PurePosixPath(file.path).parent
        folder = _text(place.parent if place.name in _SETTING_FOLDERS else place)
        # Django's settings lie below the package, those of other tools above the migrations.
        inner, outer = (folder, root) if tool == "django" else (root, folder)
        if (
            file.source is not None
            and file.source.tool == tool
            and file.source.dialect is not None
            and (not outer or inner == outer or inner.startswith(f"{outer}/"))
        ):
            near.append((len(folder), file.source.dialect))
    told = {dialect for _, dialect in near}
    return None if not told or "unknown" in told else max(near)[1]


def _text(folder: PurePosixPath) -> str:
    return "" if str(folder) == "." else str(folder)
