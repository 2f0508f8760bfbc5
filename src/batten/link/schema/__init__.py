"""The join of migrations: the SQL of an app becomes its tables and open policies, at the end of all migrations and with the access of each client role."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar

from msgspec import Struct, structs

from batten.facts.database import DatabaseObjects
from batten.facts.project import FileFacts
from batten.facts.schema import OpenPolicy, OrmSchema, Table, TableUse
from batten.facts.services import Package, SupabaseConfig
from batten.finding import Note, NoteKind
from batten.link.schema.access import AccessModel
from batten.link.schema.browser import with_browser_uses
from batten.link.schema.catalogue import objects_of, together
from batten.link.schema.databases import Chain, chains
from batten.link.schema.exposure import config_of, exposed_schemas, reached, starts_closed
from batten.link.schema.foreign import foreign_tables
from batten.link.schema.foresight import foresee
from batten.link.schema.inputs import inputs
from batten.link.schema.open_policies import open_policies
from batten.link.schema.orm_schemas import orm_schemas
from batten.link.schema.relations import describe, trust_policies
from batten.link.schema.remarks import misunderstood
from batten.link.schema.replay import replay
from batten.link.schema.session import Session
from batten.link.schema.settings import Setting
from batten.link.schema.state import BucketState, Database
from batten.link.schema.stored_files import stored
from batten.link.schema.supabase import close_defaults, on_supabase
from batten.link.schema.tables import tables
from batten.link.schema.unmade import unmade
from batten.parse.postgres import encode
from batten.parse.postgres.access_statements import Grant
from batten.parse.postgres.statements import Broken, DoBlock, Statement
from batten.parse.postgres.table_statements import AlterTable, CreateTable
from batten.text import Place, Span

_NOWHERE = Span(0, 0)
_Exposed = TypeVar("_Exposed", Table, OpenPolicy)
_Made = TypeVar("_Made")

__all__ = ["SchemaResult", "inputs", "schema", "unmade", "unread", "with_browser_uses", "with_uses"]


class SchemaResult(Struct, frozen=True):
    """Tables and policies of all databases, sorted by place, and what could not be settled."""

    tables: tuple[Table, ...]
    policies: tuple[OpenPolicy, ...]
    notes: tuple[Note, ...]
    objects: DatabaseObjects = DatabaseObjects()
    foreign: tuple[Table, ...] = ()
    """The tables of databases that are not PostgreSQL's."""


class Used(NamedTuple):
    """What the databases hold, with what the code does with it."""

    tables: tuple[Table, ...]
    of_orms: tuple[OrmSchema, ...]
    policies: tuple[OpenPolicy, ...]
    objects: DatabaseObjects


class Gather(Protocol):
    """As ``Memo.gathered``."""

    def __call__(self, name: Hashable, said: list[Any], gather: Callable[[list[Any]], _Made], /) -> _Made:
        """What is made of what is said; the same object as last time where the same is said."""


class _Found(NamedTuple):
    """What is found out about one database at its end."""

    tables: list[Table]
    policies: list[OpenPolicy]
    objects: DatabaseObjects


class _FactOfPlace(Protocol):
    @property
    def place(self) -> Place: ...
    @property
    def subject(self) -> str: ...


_Placed = TypeVar("_Placed", bound=_FactOfPlace)


def _anew(_: Hashable, said: list[Any], gather: Callable[[list[Any]], _Made]) -> _Made:
    return gather(said)


def schema(
    files: Sequence[FileFacts],
    supabase: Sequence[SupabaseConfig],
    packages: Sequence[Package],
    path_class: Callable[[str], str] = lambda _: "product",
    data_api_defaults: str = "auto",
    gathered: Gather = _anew,
) -> SchemaResult:
    """The schema of every database of the app. ``data_api_defaults``: ``auto``, ``legacy`` or ``revoked``, what new tables of a Supabase project are granted.

    ``gathered`` keeps what was found out about a database for as long as its statements do the same: a statement that is being typed does nothing yet.
    """
    files = inputs(files)
    found_tables: list[Table] = []
    found_policies: list[tuple[AbstractSet[str], list[OpenPolicy]]] = []
    found_objects: list[tuple[AbstractSet[str], DatabaseObjects]] = []
    found_foreign: list[Table] = []
    notes: list[Note] = []
    for chain in chains(files, packages, path_class, supabase):
        statements = [chain.statements(file) for file in chain.files]
        if chain.is_foreign:
            others, unclear = foreign_tables(chain, path_class(chain.foreign[0].path))
            found_foreign += others
            notes += unclear
            continue
        are_reached = _reached(chain, statements, files, supabase, packages)
        if chain.in_code and are_reached is False:
            continue  # what no client reaches is not read
        model, setting, said = _replayed(chain, statements, are_reached, supabase, path_class, data_api_defaults)
        does = [*_effective(setting), config_of(chain, supabase), data_api_defaults]
        found = gathered(("database", chain.root, chain.origin, chain.package), does, partial(_found_out, model, setting))
        # What protects it from another chain has its place there.
        borrowed = {file.path for file in chain.protected_by} - {file.path for file in chain.files}
        found_tables += found.tables
        found_policies.append((borrowed, found.policies))
        objects = structs.replace(found.objects, remarks=(*found.objects.remarks, *misunderstood(setting, said)))
        found_objects.append((borrowed, objects))
        notes += said
    return SchemaResult(
        _in_order(found_tables),
        tuple(sorted(_told_once(found_policies), key=lambda policy: (policy.place, policy.policy))),
        tuple(sorted(dict.fromkeys(notes), key=lambda note: (note.place is None, note.place, note.message))),
        together(_objects_once(found_objects)),
        _in_order(found_foreign),
    )


def _found_out(model: AccessModel, setting: Setting, _: list[Any]) -> _Found:
    all_tables, policies = tables(model, setting), open_policies(model, setting)
    if setting.doubtful:
        all_tables, policies = [_in_doubt(table) for table in all_tables], [_in_doubt(policy) for policy in policies]
    return _Found(all_tables, policies, objects_of(model, setting))


def _effective(setting: Setting) -> list[Any]:
    """All that a database comes of: what is known of it as a whole, its sources, and what they do. What is not understood does the same wherever it ends, and whatever it makes that nothing else names."""
    chain = setting.chain
    around = [getattr(setting, name) for name in setting.__struct_fields__ if name != "chain"]
    parts = {name: getattr(chain, name) for name in chain.__struct_fields__ if name != "computed"}  # that is what its files say
    sources = [(name, file, chain.statements(file)) for name, part in parts.items() if isinstance(part, tuple) for file in part]
    made = {name for _, _, found in sources for each in found if type(each) is Broken for name in each.makes or ()}
    named = made and _named(made, [found for _, _, found in sources])
    return [*around, *(part for part in parts.values() if not isinstance(part, tuple))] + [
        (name, file.path, file.source, file.dialect, file.language, tuple(_effect(each, named) for each in found))
        for name, file, found in sources
    ]


def _named(made: AbstractSet[str], said: Iterable[tuple[Statement, ...]]) -> AbstractSet[str]:
    """Those of some names that statements which are understood speak of."""
    texts = [encode(tuple(each for each in found if type(each) is not Broken)).lower() for found in said]
    return {name for name in made if any(name.lower().encode() in text for text in texts)}


def _effect(statement: Statement, named: AbstractSet[str]) -> Statement:
    if type(statement) is not Broken:
        return statement
    makes = None if statement.makes is None else tuple(name for name in statement.makes if name in named)
    return structs.replace(statement, span=_NOWHERE, makes=makes)


def _in_order(found: Sequence[Table]) -> tuple[Table, ...]:
    return tuple(sorted(found, key=lambda table: (table.place, table.name)))


def _told_once(found: Sequence[tuple[AbstractSet[str], Sequence[_Placed]]]) -> list[_Placed]:
    """The facts of all chains; one that a chain only borrows is left out where it is told of its own chain, too."""
    own = {(fact.place, fact.subject) for borrowed, facts in found for fact in facts if fact.place.path not in borrowed}
    return [fact for borrowed, facts in found for fact in facts if fact.place.path not in borrowed or (fact.place, fact.subject) not in own]


def _objects_once(found: Sequence[tuple[AbstractSet[str], DatabaseObjects]]) -> list[DatabaseObjects]:
    """The same for policies of other kinds; all else is what each database has."""
    flaws = _told_once([(borrowed, objects.policy_flaws) for borrowed, objects in found])
    stored = _told_once([(borrowed, objects.storage_policies) for borrowed, objects in found])
    others = [structs.replace(objects, policy_flaws=(), storage_policies=()) for _, objects in found]
    return [DatabaseObjects(policy_flaws=tuple(flaws), storage_policies=tuple(stored)), *others]


def unread(
    files: Sequence[FileFacts],
    supabase: Sequence[SupabaseConfig],
    packages: Sequence[Package],
    path_class: Callable[[str], str] = lambda _: "product",
) -> frozenset[str]:
    """The migrations in code that are not read yet, of databases that clients may reach."""
    if not any(file.source is not None and file.source.unread for file in files):
        return frozenset()
    return frozenset(
        file.path
        for chain in chains(files, packages, path_class, supabase)
        if any(_is_unread(file) for file in (*chain.files, *chain.declared))
        if _reached(chain, [chain.statements(file) for file in chain.files], files, supabase, packages) is not False
        for file in (*chain.files, *chain.declared)
        if _is_unread(file)
    )


def _is_unread(file: FileFacts) -> bool:
    return file.source is not None and file.source.unread


def _reached(
    chain: Chain,
    statements: list[tuple[Statement, ...]],
    files: Sequence[FileFacts],
    supabase: Sequence[SupabaseConfig],
    packages: Sequence[Package],
) -> bool | None:
    said = [*(each for found in statements for each in found), *(each for file in chain.beside for each in chain.statements(file))]
    return reached(chain, said, files, packages, supabase)


def _in_doubt(fact: _Exposed) -> _Exposed:
    """Of a database of which nobody says whether clients reach it."""
    return structs.replace(fact, exposed=None if fact.exposed else fact.exposed)


def _replayed(
    chain: Chain,
    statements: list[tuple[Statement, ...]],
    are_reached: bool | None,
    supabase: Sequence[SupabaseConfig],
    path_class: Callable[[str], str],
    data_api_defaults: str,
) -> tuple[AccessModel, Setting, list[Note]]:
    config = config_of(chain, supabase)
    database = on_supabase(legacy=True)
    said = _replay(chain, statements, database, starts_closed(chain, config, data_api_defaults, statements))
    exposed = exposed_schemas(database, config) if are_reached is not False else frozenset()
    notes = list(said) if are_reached else []
    notes += [
        Note(NoteKind.LIMIT, "this migration is not read: its tables are not looked at", Place(file.path, Span(0, 0)))
        for file in (*chain.files, *chain.declared)
        if _is_unread(file)
    ]
    if chain.foreign and are_reached:
        count, dialect = len(chain.foreign), chain.foreign_dialect
        many = (
            f"1 file is written for {dialect}, not PostgreSQL: its"
            if count == 1
            else f"{count} files are written for {dialect}, not PostgreSQL: their"
        )
        notes.append(Note(NoteKind.NOT_UNDERSTOOD, f"{many} tables are not looked at", Place(chain.foreign[0].path, Span(0, 0))))
    for bucket in config.buckets if config is not None else ():
        limited = True if bucket.limited else None
        database.buckets.setdefault(bucket.name, BucketState(bucket.name, bucket.place, bucket.public, limited, limited))
    classes = {path_class(file.path) for file in chain.files}
    setting = Setting(
        chain,
        exposed,
        "product" if "product" in classes or not classes or chain.origin == "scripts" else min(classes),
        config.sign_up if config is not None else None,
        config.anonymous_sign_ins if config is not None else None,
        doubtful=are_reached is None,
    )
    return AccessModel(database), setting, notes


def _replay(chain: Chain, statements: list[tuple[Statement, ...]], database: Database, closed: list[bool]) -> list[Note]:
    """Runs the files in order; what is in no order takes no protection away."""
    if not chain.loose:
        foresee(database, [each for found in statements for each in found])
    database.untold = chain.loose or any(_is_unread(file) for file in chain.files) or bool(chain.foreign)
    main = Session(database)
    other = Session(database, loose=True)
    started = False
    for at, (file, found) in enumerate(zip(chain.files, statements, strict=True)):
        if closed[at] and not started:
            close_defaults(database)
            started = True
        replay(main, file.path, found)
    for file in chain.beside:
        found = chain.statements(file)
        replay(other, file.path, _added(database, found) if chain.loose else _without_tables(found))
    for file in chain.declared:
        replay(other, file.path, chain.statements(file))
    for file in chain.protected_by:
        replay(other, file.path, _protecting(chain.statements(file)))
    for path, said in stored([(file.path, chain.statements(file)) for file in chain.stored], statements):
        replay(other, path, said)
    for file in chain.seeds:
        replay(main, file.path, chain.statements(file))
    for file in chain.described:
        describe(other, chain.statements(file))
    if not chain.loose:
        trust_policies(database)
    return main.notes + other.notes


def _added(database: Database, found: tuple[Statement, ...]) -> tuple[Statement, ...]:
    """The statements of a further script: where it makes a table that is there already it is an alternative, and makes none."""
    made = [each for each in found if isinstance(each, CreateTable)]
    if any(database.relation(each.name) is not None for each in made):
        return _without_tables(found)
    return found


def _without_tables(found: tuple[Statement, ...]) -> tuple[Statement, ...]:
    return tuple(each for each in found if not isinstance(each, CreateTable))


def _protecting(found: tuple[Statement, ...]) -> tuple[Statement, ...]:
    """Of the statements of another chain those that may protect a table of this one."""
    return tuple(each for each in found if isinstance(each, AlterTable | DoBlock) or (isinstance(each, Grant) and not each.on))


def with_uses(found: SchemaResult, uses: Sequence[TableUse], path_class: Callable[[str], str]) -> Used:
    """What the schema says, and what can only be told with the uses of its tables."""
    used, policies = with_browser_uses(found.tables, found.policies, uses)
    missing = unmade(used, found.objects.views, uses, path_class)
    objects = structs.replace(found.objects, remarks=(*found.objects.remarks, *missing))
    return Used(*orm_schemas(used), policies, objects)
