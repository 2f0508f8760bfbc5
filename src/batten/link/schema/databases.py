"""Tells the databases of an app apart by where their sources lie, and puts the files of each in the order they run; knows nothing of what they say."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePosixPath

from msgspec import Struct, structs

from batten.facts.project import FileFacts
from batten.facts.services import Package, SupabaseConfig
from batten.facts.sources import GENERATED, SCRIPT
from batten.link.schema import django, order, prisma, sources
from batten.link.schema.bases import base
from batten.link.schema.copies import without_copies
from batten.link.schema.stored_files import speaks_of_files
from batten.parse.dialects.tables import DIALECTS
from batten.parse.postgres import decode
from batten.parse.postgres.statements import Statement
from batten.parse.postgres.table_statements import CreateTable
from batten.regex import regex

_STAMP = regex(r"^(20\d{6})")
_MIGRATION_FOLDERS = frozenset({"migrations", "migration", "migrate"})
_OURS = ("postgres", "unknown")
# Assistants that build apps put the SQL there that their owners run by hand: it is what the database is made of.
_BY_HAND = frozenset({"scripts"})
_DOCS = frozenset({"docs", "doc", "documentation"})


class Chain(Struct, frozen=True):
    """The sources of one database. ``loose``: SQL in no order that a tool keeps, of which ``files`` are the main one, or those that are numbered."""

    root: str
    origin: str
    package: str
    files: tuple[FileFacts, ...]
    loose: bool = False
    beside: tuple[FileFacts, ...] = ()
    """SQL of which nobody says when it runs: it may add protection, and takes none away. It makes tables only where there is no order at all."""
    stored: tuple[FileFacts, ...] = ()
    """The same beside migrations of Supabase: of that only what it says of files counts."""
    protected_by: tuple[FileFacts, ...] = ()
    """The files of another chain for the same database."""
    declared: tuple[FileFacts, ...] = ()
    """The state the author wants, of which the migrations may not know yet: ``supabase/schemas``."""
    seeds: tuple[FileFacts, ...] = ()
    """What fills it: of those only the buckets count."""
    described: tuple[FileFacts, ...] = ()
    """Types that are generated from it: the columns of tables that somebody made by hand."""
    foreign: tuple[FileFacts, ...] = ()
    foreign_dialect: str = ""
    computed: dict[str, tuple[Statement, ...]] = {}
    """By path, what files say that speak of models rather than tables."""

    def statements(self, file: FileFacts) -> tuple[Statement, ...]:
        """What a file of the chain says."""
        return self.computed[file.path] if file.path in self.computed else decoded(file)

    @property
    def is_foreign(self) -> bool:
        """Whether it is one of MySQL or SQLite whose tables are read: those that SQL or Prisma's models make."""
        return (
            not self.files and self.foreign_dialect in DIALECTS and any(file.statements and file.language is None for file in self.foreign)
        )

    @property
    def in_code(self) -> bool:
        """Whether its migrations or models are code."""
        return any(file.source is not None and file.language is not None for file in (*self.files, *self.foreign))

    def origin_at(self, path: str) -> str:
        """What made a table that stands in this file."""
        return next((file.source.tool for file in self.declared if file.path == path and file.source), self.origin)


def decoded(file: FileFacts) -> tuple[Statement, ...]:
    """The typed statements of a file."""
    return tuple(statement for block in file.statements if isinstance(block, bytes) for statement in decode(block))


class _Sorted:
    """The sources of all databases, by what keeps them."""

    def __init__(self) -> None:
        self.groups: dict[tuple[str, str], list[FileFacts]] = defaultdict(list)
        self.declared: dict[str, list[FileFacts]] = defaultdict(list)
        self.seeds: dict[str, list[FileFacts]] = defaultdict(list)
        self.loose: list[FileFacts] = []
        self.documented: list[FileFacts] = []
        self.sources: list[FileFacts] = []
        self.described: list[FileFacts] = []


def chains(
    files: Sequence[FileFacts],
    packages: Sequence[Package],
    path_class: Callable[[str], str],
    configs: Sequence[SupabaseConfig] = (),
) -> tuple[Chain, ...]:
    """Every database of the app, by root."""
    roots = sorted({package.root for package in packages} | {""}, key=len, reverse=True)
    journals = {str(PurePosixPath(file.path).parent.parent): file.statements for file in files if file.dialect == "drizzle-journal"}
    wanted = {str(PurePosixPath(config.place.path).parent): config.schema_paths for config in configs if config.schema_paths}
    found = _sorted(files, journals, wanted, path_class)
    dialects = sources.locked(found.sources)
    ordered = [_chain(key, group, journals, found, wanted, roots, dialects) for key, group in found.groups.items()]
    ordered += [
        _declared(root, group, found.seeds, wanted, roots)
        for root, group in found.declared.items()
        if (root, "supabase") not in found.groups
    ]
    kept = without_copies(ordered, {str(PurePosixPath(config.place.path).parent) for config in configs}, path_class)
    kept = [_on_base(chain, found.loose) for chain in kept]
    kept += [_from_code(each, roots) for each in sources.in_code(found.sources, lambda folder: _package(folder, roots))]
    kept = _with_models(kept, sources.models(found.sources, lambda folder: _package(folder, roots)), roots)
    kept += _loose(found.loose, kept, roots)
    # Where nothing else makes the tables, it is what owners are told to run.
    kept += _loose(found.documented, kept, roots)
    kept = [_with_scripts(chain, kept, found.loose, roots) for chain in kept]
    return tuple(sorted((_described(chain, found.described, roots) for chain in kept), key=lambda chain: (chain.root, chain.origin)))


def _sorted(
    files: Sequence[FileFacts],
    journals: Iterable[str],
    wanted: dict[str, tuple[str, ...]],
    path_class: Callable[[str], str],
) -> _Sorted:
    found = _Sorted()
    for file in files:
        if file.source is not None and file.source.tool == GENERATED:
            found.described.append(file)
            continue
        script = file.source is not None and file.source.tool == SCRIPT
        if script and file.statements and _by_hand(file.path, path_class(file.path)):
            found.loose.append(file)
        elif file.source is not None and not script and path_class(file.path) in ("product", "local-dev"):
            found.sources.append(file)
        if file.source is not None or file.dialect is None or file.dialect == "drizzle-journal":
            continue
        named = next((root for root, paths in wanted.items() if order.rank(file.path, root, paths) is not None), None)
        home = (named, "schemas") if named is not None else _home(file.path, journals)
        if file.dialect == "seed":
            found.seeds[_supabase_folder(PurePosixPath(file.path).parts) or ""].append(file)
        elif home is None:
            kind = path_class(file.path)
            if _by_hand(file.path, kind):
                found.loose.append(file)
            elif kind == "docs" and _DOCS.intersection(PurePosixPath(file.path).parts):
                found.documented.append(file)
        elif home[1] == "schemas":
            if home[0] not in wanted or named is not None:
                found.declared[home[0]].append(file)
        else:
            found.groups[home].append(file)
    return found


def _by_hand(path: str, kind: str) -> bool:
    return kind == "product" or (kind == "local-dev" and PurePosixPath(path).parent.name in _BY_HAND)


def _supabase_folder(parts: Sequence[str]) -> str | None:
    """The innermost folder ``supabase`` that a file lies in."""
    if "supabase" not in parts[:-1]:
        return None
    return "/".join(parts[: len(parts) - 1 - parts[:-1][::-1].index("supabase")])


def _home(path: str, journals: Iterable[str]) -> tuple[str, str] | None:
    """The root of the database a file belongs to, and what keeps it; None for a file in no chain."""
    pure = PurePosixPath(path)
    parts = pure.parts
    supabase = _supabase_folder(parts)
    if supabase is not None:
        rest = parts[supabase.count("/") + 1 :]
        if rest[:-1] == ("migrations",):
            return supabase, "supabase"
        if rest[0] == "schemas" and len(rest) > 1:
            return supabase, "schemas"
        return None
    if pure.name == "migration.sql" and parts[-3:-2] == ("migrations",):
        return "/".join(parts[:-3]), "prisma"
    folder = str(pure.parent)
    if folder in journals:
        return folder, "drizzle"
    if order.is_flyway(pure.name) or (order.is_repeatable(pure.name) and "migration" in path):
        return folder, "flyway"
    if pure.name == "up.sql" and parts[-3:-2] and parts[-3] in _MIGRATION_FOLDERS:  # diesel
        return "/".join(parts[:-3]), "migrations"
    if pure.name == "up.sql" and parts[-4:-3] and parts[-4] in _MIGRATION_FOLDERS:  # Hasura: one folder a database
        return "/".join(parts[:-2]), "migrations"
    if pure.parent.name in _MIGRATION_FOLDERS and order.number(pure.name) is not None:
        return str(pure.parent.parent) if str(pure.parent.parent) != "." else "", "migrations"
    return None


def _chain(
    key: tuple[str, str],
    files: list[FileFacts],
    journals: dict[str, tuple[object, ...]],
    found: _Sorted,
    wanted: dict[str, tuple[str, ...]],
    roots: list[str],
    dialects: dict[str, str],
) -> Chain:
    root, origin = key
    ours = [file for file in files if file.dialect in _OURS]
    foreign = [file for file in files if file not in ours]
    told = dialects.get(root) if origin == "prisma" else None
    if (told or _dialect(files)) not in _OURS:
        ours, foreign = [], list(files)
    for part in (ours, foreign):
        part.sort(key=order.of(origin, journals.get(root, ())))
    supabase = origin == "supabase"
    return Chain(
        root,
        origin,
        _package(root, roots),
        tuple(ours),
        declared=_in_wanted_order(root, found.declared.get(root, []), wanted) if supabase else (),
        seeds=tuple(found.seeds.get(root, ())) if supabase else (),
        foreign=tuple(foreign),
        foreign_dialect=(told if ours == [] else None) or next((file.dialect for file in foreign if file.dialect), ""),
    )


def _on_base(chain: Chain, loose: Sequence[FileFacts]) -> Chain:
    """A chain of Supabase, after what it builds on."""
    if chain.origin != "supabase" or not chain.files:
        return chain
    ours = sorted((file for file in loose if file.dialect in _OURS), key=lambda file: file.path)
    first = base(chain.root, chain.files, ours, decoded)
    folders = {PurePosixPath(file.path).parent for file in first}
    # What lies beside the tables may be what protects them.
    rest = (file for file in ours if PurePosixPath(file.path).parent in folders and file not in first)
    return structs.replace(chain, files=(*first, *chain.files), protected_by=tuple(rest))


def _dialect(files: Sequence[FileFacts]) -> str:
    """Whose chain it is, by most of its files; those whose words do not tell follow the others, unless hardly any does."""
    count = Counter(file.dialect or "unknown" for file in files)
    unsure = count.pop("unknown", 0)
    best = max(count, key=lambda dialect: (count[dialect], dialect == "postgres"), default="unknown")
    return best if count[best] * 3 >= unsure else "unknown"


def _declared(
    root: str, files: list[FileFacts], seeds: dict[str, list[FileFacts]], wanted: dict[str, tuple[str, ...]], roots: list[str]
) -> Chain:
    return Chain(root, "supabase", _package(root, roots), _in_wanted_order(root, files, wanted), seeds=tuple(seeds.get(root, ())))


def _in_wanted_order(root: str, files: list[FileFacts], wanted: dict[str, tuple[str, ...]]) -> tuple[FileFacts, ...]:
    """As ``schema_paths`` says, else as a walk of the folder meets them."""
    paths = wanted.get(root, ())
    return tuple(sorted(files, key=lambda file: (order.rank(file.path, root, paths) or 0, PurePosixPath(file.path).parts)))


def _package(root: str, roots: list[str]) -> str:
    """The nearest package at or above a folder."""
    return next((package for package in roots if not package or root == package or root.startswith(f"{package}/")), "")


def _loose(files: list[FileFacts], ordered: list[Chain], roots: list[str]) -> list[Chain]:
    """SQL in no chain: one database a package and kind of server, unless a chain already describes it."""
    groups: dict[tuple[str, str], list[FileFacts]] = defaultdict(list)
    for file in files:
        dialect = "" if file.dialect in _OURS else file.dialect or ""  # what stands in code is PostgreSQL's
        if file.statements and (not dialect or dialect in DIALECTS):
            groups[_package(str(PurePosixPath(file.path).parent), roots), dialect].append(file)
    found = []
    for (package, dialect), group in groups.items():
        if any(_near(chain.package, package) for chain in ordered if chain.files or (dialect and chain.foreign)):
            continue
        main = _main(group)
        if not main:
            continue
        others = sorted((file for file in group if file not in main), key=lambda file: file.path)
        if dialect:
            found.append(Chain(package, "scripts", package, (), loose=True, foreign=(*main, *others), foreign_dialect=dialect))
        else:
            found.append(Chain(package, "scripts", package, main, loose=True, beside=tuple(others)))
    return found


def _main(group: Sequence[FileFacts]) -> tuple[FileFacts, ...]:
    """The file, or the files of one folder whose names are numbered, that make most tables; where none does, one that says who may have files, if any."""
    counted: list[tuple[int, tuple[FileFacts, ...]]] = []
    numbered: dict[str, list[tuple[int, FileFacts]]] = defaultdict(list)
    for file in group:
        tables = sum(isinstance(each, CreateTable) and each.kind != "temporary" for each in decoded(file))
        counted.append((tables, (file,)))
        pure = PurePosixPath(file.path)
        if order.number(pure.name) is not None:
            numbered[str(pure.parent)].append((tables, file))
    for files in numbered.values():
        ordered = sorted((file for _, file in files), key=order.of("migrations", ()))
        counted.append((sum(tables for tables, _ in files), tuple(ordered)))
    best = max(counted, key=lambda each: (each[0], -len(PurePosixPath(each[1][0].path).parts), len(each[1]), each[1][0].path))
    if best[0]:
        return best[1]
    return next(((file,) for file in sorted(group, key=lambda file: file.path) if speaks_of_files(decoded(file))), ())


def _from_code(found: sources.InCode, roots: list[str]) -> Chain:
    ours = found.dialect in (None, *_OURS)
    return Chain(
        found.root,
        found.tool,
        _package(found.root, roots),
        found.files if ours else (),
        foreign=() if ours else found.files,
        foreign_dialect="" if ours else found.dialect or "",
        computed=django.statements(found.files) if ours and found.tool == "django" else {},
    )


def _with_models(found: list[Chain], models: Sequence[sources.Models], roots: list[str]) -> list[Chain]:
    """The chains with what models declare: on their own where nothing else makes their tables, else as a wish beside the migrations of the same database."""
    found = list(found)
    for root, tool, files, dialect in models:
        package = _package(root, roots)
        near = [chain for chain in found if chain.files or chain.foreign if _near(chain.package, package)]
        if any(chain.origin == tool for chain in near):
            continue
        ours = dialect in (None, *_OURS)
        supabase = next((chain for chain in near if chain.origin == "supabase"), None)
        if supabase is not None and ours:
            found[found.index(supabase)] = structs.replace(supabase, declared=(*supabase.declared, *files), protected_by=supabase.files)
        elif not near or not ours:
            found.append(
                Chain(
                    root,
                    tool,
                    package,
                    files if ours else (),
                    foreign=() if ours else files,
                    foreign_dialect=dialect or "",
                    computed=prisma.statements(files) if tool == "prisma" else {},
                )
            )
    return found


def _with_scripts(chain: Chain, found: Sequence[Chain], loose: Sequence[FileFacts], roots: list[str]) -> Chain:
    """A chain of an ORM with the SQL that may protect its tables: that of a Supabase project round it, and scripts."""
    if chain.loose or not chain.files:
        return chain
    supabase = [
        file for each in found if each.origin == "supabase" and _near(each.package, chain.package) for file in (*each.files, *each.declared)
    ]
    scripts = [
        file
        for file in loose
        if (file.source is not None or file.dialect in _OURS)
        and _near(_package(str(PurePosixPath(file.path).parent), roots), chain.package)
    ]
    own = {file.path for file in chain.files}
    scripts = [file for file in scripts if file.path not in own]
    scripts.sort(key=lambda file: file.path)
    if chain.origin == "supabase":
        return structs.replace(chain, stored=tuple(scripts))
    return structs.replace(chain, beside=tuple(scripts), protected_by=tuple(supabase))


def _described(chain: Chain, files: Sequence[FileFacts], roots: list[str]) -> Chain:
    near = [file for file in files if _near(_package(str(PurePosixPath(file.path).parent), roots), chain.package)]
    return structs.replace(chain, described=tuple(sorted(near, key=lambda file: file.path))) if near else chain


def _near(one: str, two: str) -> bool:
    """Whether one package is the other, or holds it."""
    return one == two or not one or not two or one.startswith(f"{two}/") or two.startswith(f"{one}/")


def stamp(file: FileFacts, origin: str) -> str | None:
    """The day in a migration's name, as eight digits; None where it has none."""
    pure = PurePosixPath(file.path)
    match = _STAMP.match(pure.parent.name if origin == "prisma" else pure.name)
    return match.group(1) if match else None
