"""Finds the SQL that migrations build on where none of them makes the tables that they change: ``supabase/schema.sql`` beside ``supabase/migrations``."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePosixPath

from batten.facts.project import FileFacts
from batten.link.schema import order
from batten.parse.postgres.expressions import Name
from batten.parse.postgres.statements import Statement
from batten.parse.postgres.table_statements import AlterTable, CreateTable

_PUBLIC = (None, "public")
_Decoded = Callable[[FileFacts], tuple[Statement, ...]]


def base(root: str, files: Sequence[FileFacts], loose: Iterable[FileFacts], decoded: _Decoded) -> tuple[FileFacts, ...]:
    """The one of several files that makes most of the tables that migrations change and do not make, with those that are numbered as it is; empty where none does."""
    beside = [file for file in loose if file.source is None and _is_beside(root, file.path)]
    if not beside:
        return ()
    said = [statement for file in files for statement in decoded(file)]
    lacking = _names(each.name for each in said if isinstance(each, AlterTable)) - _made(said)
    counted = [(len(lacking & _made(decoded(file))), file) for file in beside] if lacking else []
    most = max((count for count, _ in counted), default=0)
    if not most:
        return ()
    first = min((file for count, file in counted if count == most), key=lambda file: file.path)
    # What is numbered is run in turn: what protects the tables may be the next.
    return numbered(first, beside) or (first,)


def numbered(one: FileFacts, files: Iterable[FileFacts]) -> tuple[FileFacts, ...]:
    """The files of the folder of one whose names are numbered as its own is, in turn; empty where it has no number."""
    folder = PurePosixPath(one.path).parent
    if order.number(PurePosixPath(one.path).name) is None:
        return ()
    found = (
        file for file in files if PurePosixPath(file.path).parent == folder and order.number(PurePosixPath(file.path).name) is not None
    )
    return tuple(sorted(found, key=order.of("migrations", ())))


def _is_beside(root: str, path: str) -> bool:
    """A file in the folder of the database, in one above, or in a folder of one above: ``database/schema.sql``."""
    folder = PurePosixPath(path).parent
    above = (PurePosixPath(root), *PurePosixPath(root).parents)
    return folder in above or folder.parent in above


def _made(statements: Iterable[Statement]) -> set[str]:
    return _names(each.name for each in statements if isinstance(each, CreateTable) and each.kind != "temporary")


def _names(names: Iterable[Name]) -> set[str]:
    return {name.name.lower() for name in names if name.schema in _PUBLIC}
