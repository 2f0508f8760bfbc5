"""Joins tables that code of clients uses with the database, where no migration makes them."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath

from batten.facts.database import View
from batten.facts.exposures import Remark
from batten.facts.schema import Table, TableUse
from batten.finding import Step
from batten.link.schema.remarks import few
from batten.link.schema.supabase import SYSTEM

_MOST = 20


def unmade(
    tables: Sequence[Table], views: Sequence[View], uses: Sequence[TableUse], path_class: Callable[[str], str]
) -> tuple[Remark, ...]:
    """One for each database that clients reach and that lacks something they use."""
    served = {table.database: table for table in tables if table.exposed}
    known: dict[str, set[str]] = defaultdict(set)
    for database, name in (*((each.database, each.name) for each in tables), *((each.database, each.name) for each in views)):
        # By the name alone: a client may be made for another schema.
        known[database].add(name.split(".", 1)[1])
    lacking: dict[str, set[Step]] = defaultdict(set)
    for use in uses:
        near = _database_of(use, served)
        if near is None or not _is_of_a_client(use) or path_class(use.place.path) != "product":
            continue
        if not _is_made(use.table, known[near]):
            lacking[near].add(Step(use.place, use.table))
    return tuple(_remark(served[database], sorted(steps)) for database, steps in sorted(lacking.items()))


def _remark(one: Table, steps: list[Step]) -> Remark:
    names = tuple(sorted({step.note for step in steps}))
    return Remark(
        kind="unmade",
        objects=names,
        shown=f"code of clients uses {few(names)}, which no migration makes",
        database=one.database,
        package=one.package,
        place=steps[0].place,
        places=tuple(steps[:_MOST]),
        origin=one.origin,
        key=f"{one.package}|remark|unmade|{one.database}",
        subject="remark|unmade",
    )


def _is_of_a_client(use: TableUse) -> bool:
    return use.privileged is False or (use.in_browser is True and use.privileged is not True)


def _database_of(use: TableUse, served: Mapping[str, Table]) -> str | None:
    """The database that a use names, else the only one that lies nearest to it, in a folder round it or next to it."""
    if use.database is not None:
        return use.database if use.database in served else None
    folders = PurePosixPath(use.place.path).parent.parts
    near: dict[str, tuple[int, int]] = {}
    for database, table in served.items():
        # One that lies anywhere in a package goes by its folder, and others by one in it.
        home = PurePosixPath(database).parts if database == table.package else PurePosixPath(database).parent.parts
        shared = next(
            (at for at, (left, right) in enumerate(zip(folders, home, strict=False)) if left != right), min(len(folders), len(home))
        )
        if shared or not home:
            near[database] = shared, shared - len(home)
    nearest = [database for database, distance in near.items() if distance == max(near.values())]
    return nearest[0] if len(nearest) == 1 else None


def _is_made(table: str, known: set[str]) -> bool:
    """Whether a table is there as far as one can see: made by the app or the platform, or no name of a table at all."""
    schema, _, name = table.partition(".")
    return name in known or schema in SYSTEM or not name.isidentifier()
