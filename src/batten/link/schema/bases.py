"""Finds the SQL that migrations build on where none of them makes the tables that they change: ``supabase/schema.sql`` beside ``supabase/migrations``."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePosixPath

from batten.facts.project import FileFacts
from batten.parse.postgres.expressions import Name
from batten.parse.postgres.statements import Statement
from batten.parse.postgres.table_statements import AlterTable, CreateTable

_PUBLIC = (None, "public")
_Decoded = Callable[[FileFacts], tuple[Statement, ...]]


def base(root: str, files: Sequence[FileFacts], loose: Iterable[FileFacts], decoded: _Decoded) -> FileFacts | None:
    """The one of several files that makes most of the tables that migrations change and do not make; None where none does."""
    beside = [file for file in loose if file.source is None and _is_beside(root, file.path)]
    if not beside:
        return None
    said = [statement for file in files for statement in decoded(file)]
    lacking = _names(each.name for each in said if isinstance(each, AlterTable)) - _made(said)
    counted = [(len(lacking & _made(decoded(file))), file) for file in beside] if lacking else []
    most = max((count for count, _ in counted), default=0)
    return min((file for count, file in counted if count == most), key=lambda file: file.path) if most else None


def _is_beside(root: str, path: str) -> bool:
    """A file in the folder of the database, in one above, or in a folder of one above: ``database/schema.sql``."""
    folder = PurePosixPath(path).parent
    above = (PurePosixPath(root), *PurePosixPath(root).parents)
    return folder in above or folder.parent in above


def _made(statements: Iterable[Statement]) -> set[str]:
    return _names(each.name for each in statements if isinstance(each, CreateTable) and each.kind != "temporary")


def _names(names: Iterable[Name]) -> set[str]:
    return {name.name.lower() for name in names if name.schema in _PUBLIC}
