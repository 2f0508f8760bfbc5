"""Tells the databases of an app apart by where their SQL lies, and puts the files of each in the order they run; knows nothing of what they say."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePosixPath

from msgspec import Struct

from batten.facts.project import FileFacts
from batten.facts.services import Package
from batten.parse.postgres import decode
from batten.parse.postgres.statements import Statement
from batten.parse.postgres.table_statements import CreateTable

_NUMBER = re.compile(r"^[A-Za-z]?_?(\d+)")
_VERSION = re.compile(r"^V(\d+(?:[._]\d+)*)__", re.IGNORECASE)
_REPEATABLE = re.compile(r"^R__", re.IGNORECASE)
_STAMP = re.compile(r"^(20\d{6})")
_UNDO = re.compile(r"^U\d|\.undo\.|\.down\.|(?:^|[_./-])(?:down|rollback|revert)\.sql$", re.IGNORECASE)
_MIGRATION_FOLDERS = frozenset({"migrations", "migration", "migrate"})


class Chain(Struct, frozen=True):
    """The SQL of one database. ``loose``: files in no order, of which ``files[0]`` is the main one. ``alternatives`` counts those left out."""

    root: str
    origin: str
    package: str
    files: tuple[FileFacts, ...]
    loose: bool = False
    declared: tuple[FileFacts, ...] = ()
    """``supabase/schemas``: the state the author wants."""
    foreign: tuple[FileFacts, ...] = ()

    def statements(self, file: FileFacts) -> tuple[Statement, ...]:
        """What a file of the chain says."""
        return decoded(file)


def decoded(file: FileFacts) -> tuple[Statement, ...]:
    """The typed statements of a file."""
    return tuple(statement for block in file.statements if isinstance(block, bytes) for statement in decode(block))


def chains(files: Sequence[FileFacts], packages: Sequence[Package], path_class: Callable[[str], str]) -> tuple[Chain, ...]:
    """Every database of the app, by root."""
    roots = sorted({package.root for package in packages} | {""}, key=len, reverse=True)
    sql = [file for file in files if file.dialect is not None and file.path.lower().endswith(".sql")]
    journals = {str(PurePosixPath(file.path).parent.parent): file.statements for file in files if file.dialect == "drizzle-journal"}
    groups: dict[tuple[str, str], list[FileFacts]] = defaultdict(list)
    loose: list[FileFacts] = []
    declared: dict[str, list[FileFacts]] = defaultdict(list)
    for file in sql:
        if _UNDO.search(PurePosixPath(file.path).name):
            continue
        home = _home(file.path, journals)
        if home is None:
            if path_class(file.path) == "product":
                loose.append(file)
        elif home[1] == "schemas":
            declared[home[0]].append(file)
        else:
            groups[home].append(file)
    found = [_chain(key, group, journals, declared, roots) for key, group in groups.items()]
    found += [_declared(root, group, roots) for root, group in declared.items() if (root, "supabase") not in groups]
    found += _loose(loose, found, roots)
    return tuple(sorted(found, key=lambda chain: (chain.root, chain.origin)))


def _home(path: str, journals: Iterable[str]) -> tuple[str, str] | None:
    """The root of the database a file belongs to, and what keeps it; None for a file in no chain."""
    pure = PurePosixPath(path)
    parts = pure.parts
    if "supabase" in parts[:-1]:
        at = len(parts) - 2 - parts[:-1][::-1].index("supabase")
        root, rest = "/".join(parts[: at + 1]), parts[at + 1 :]
        if rest[:-1] == ("migrations",):
            return root, "supabase"
        if rest[0] == "schemas" and len(rest) > 1:
            return root, "schemas"
        return None
    if pure.name == "migration.sql" and parts[-3:-2] == ("migrations",):
        return "/".join(parts[:-3]), "prisma"
    folder = str(pure.parent)
    if folder in journals:
        return folder, "drizzle"
    if _VERSION.match(pure.name) or (_REPEATABLE.match(pure.name) and "migration" in path):
        return folder, "flyway"
    if pure.parent.name in _MIGRATION_FOLDERS and _NUMBER.match(pure.name):
        return str(pure.parent.parent) if str(pure.parent.parent) != "." else "", "migrations"
    return None


def _chain(
    key: tuple[str, str],
    files: list[FileFacts],
    journals: dict[str, tuple[object, ...]],
    declared: dict[str, list[FileFacts]],
    roots: list[str],
) -> Chain:
    root, origin = key
    ours = [file for file in files if file.dialect in ("postgres", "unknown")]
    foreign = [file for file in files if file not in ours]
    if Counter(file.dialect for file in files).most_common(1)[0][0] not in ("postgres", "unknown"):
        ours, foreign = [], files
    ours.sort(key=_order(origin, journals.get(root, ())))
    wanted = tuple(sorted(declared.get(root, ()), key=lambda file: file.path)) if origin == "supabase" else ()
    return Chain(root, origin, _package(root, roots), tuple(ours), declared=wanted, foreign=tuple(foreign))


def _declared(root: str, files: list[FileFacts], roots: list[str]) -> Chain:
    return Chain(root, "supabase", _package(root, roots), tuple(sorted(files, key=lambda file: file.path)))


def _order(origin: str, journal: tuple[object, ...]) -> Callable[[FileFacts], tuple[object, ...]]:
    places = {str(tag): at for at, tag in enumerate(journal)}

    def key(file: FileFacts) -> tuple[object, ...]:
        pure = PurePosixPath(file.path)
        name = pure.parent.name if origin == "prisma" else pure.name
        if origin == "drizzle":
            return (0, places.get(pure.stem, len(places)), (), name)
        if origin == "flyway":
            version = _VERSION.match(name)
            if version is None:
                return (1, 0, (), name)
            return (0, 0, tuple(int(part) for part in re.split(r"[._]", version.group(1))), name)
        number = _NUMBER.match(name)
        # Numbers of equal length sort as text; 2_x before 10_x only where a tool counts them.
        return (0, int(number.group(1)) if number else 0, (), name) if origin == "migrations" else (0, 0, (), name)

    return key


def _package(root: str, roots: list[str]) -> str:
    """The nearest package at or above a folder."""
    return next((package for package in roots if not package or root == package or root.startswith(f"{package}/")), "")


def _loose(files: list[FileFacts], ordered: list[Chain], roots: list[str]) -> list[Chain]:
    """SQL in no chain: one database a package, unless a chain already describes it."""
    groups: dict[str, list[FileFacts]] = defaultdict(list)
    for file in files:
        if file.dialect in ("postgres", "unknown") and file.statements:
            groups[_package(str(PurePosixPath(file.path).parent), roots)].append(file)
    found = []
    for package, group in groups.items():
        if any(_near(chain.package, package) for chain in ordered if chain.files):
            continue
        counted = [(sum(isinstance(each, CreateTable) and each.kind != "temporary" for each in decoded(file)), file) for file in group]
        main = max(counted, key=lambda pair: (pair[0], -len(PurePosixPath(pair[1].path).parts), pair[1].path))
        if main[0] == 0:
            continue
        others = sorted((file for _, file in counted if file is not main[1]), key=lambda file: file.path)
        found.append(Chain(package, "scripts", package, (main[1], *others), loose=True))
    return found


def _near(one: str, two: str) -> bool:
    """Whether one package is the other, or holds it."""
    return one == two or not one or not two or one.startswith(f"{two}/") or two.startswith(f"{one}/")


def stamp(file: FileFacts, origin: str) -> str | None:
    """The day in a migration's name, as eight digits; None where it has none."""
    pure = PurePosixPath(file.path)
    match = _STAMP.match(pure.parent.name if origin == "prisma" else pure.name)
    return match.group(1) if match else None
