"""Joins tables that code of clients uses with the database, where no migration makes them."""

from collections.abc import Callable, Sequence

from batten.facts.database import View
from batten.facts.exposures import Remark
from batten.facts.schema import Table, TableUse
from batten.finding import Step
from batten.link.schema.relations import SYSTEM
from batten.link.schema.remarks import few

_MOST = 20


def unmade(
    tables: Sequence[Table], views: Sequence[View], uses: Sequence[TableUse], path_class: Callable[[str], str]
) -> tuple[Remark, ...]:
    """One for an app with a single database that clients reach; none where it has several, as the missing tables may be anywhere."""
    databases = {(table.database, table.package, table.origin) for table in tables if table.exposed}
    asked = [use for use in uses if _is_of_a_client(use) and path_class(use.place.path) == "product"]
    if len(databases) != 1 or not asked:
        return ()
    ((database, package, origin),) = databases
    # By the name alone: a client may be made for another schema.
    known = {name.split(".", 1)[1] for name in (*(table.name for table in tables), *(view.name for view in views))}
    steps = sorted({Step(use.place, use.table) for use in asked if not _is_made(use.table, known)})
    names = tuple(sorted({step.note for step in steps}))
    if not names:
        return ()
    return (
        Remark(
            kind="unmade",
            objects=names,
            shown=f"code of clients uses {few(names)}, which no migration makes",
            database=database,
            package=package,
            place=steps[0].place,
            places=tuple(steps[:_MOST]),
            origin=origin,
            key=f"{package}|remark|unmade|{database}",
            subject="remark|unmade",
        ),
    )


def _is_of_a_client(use: TableUse) -> bool:
    return use.privileged is False or (use.in_browser is True and use.privileged is not True)


def _is_made(table: str, known: set[str]) -> bool:
    """Whether a table is there as far as one can see: made by the app or the platform, or no name of a table at all."""
    schema, _, name = table.partition(".")
    return name in known or schema in SYSTEM or not name.isidentifier()
