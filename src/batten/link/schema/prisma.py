"""Prisma's models in several files: which fields lead to models of other files, and what their tables are called."""

from collections.abc import Sequence

from msgspec.structs import replace

from batten.facts.project import FileFacts
from batten.parse.postgres import decode
from batten.parse.postgres.expressions import Name
from batten.parse.postgres.statements import Statement
from batten.parse.postgres.table_statements import AddKey, AlterTable, CreateTable, TableChange


def statements(files: Sequence[FileFacts]) -> dict[str, tuple[Statement, ...]]:
    """What each file says, where one alone does not know what is a model."""
    if len(files) == 1:
        return {}
    models = {name: table for file in files if file.source is not None for name, table in file.source.models}
    found: dict[str, tuple[Statement, ...]] = {}
    keys: list[Statement] = []
    for file in files:
        said = [_known(each, models) for block in file.statements if isinstance(block, bytes) for each in decode(block)]
        # Models know each other in whatever order they are written, which tables do not.
        keys += (each for each in said if _adds_key(each))
        found[file.path] = tuple(each for each in said if not _adds_key(each))
    last = files[-1].path
    found[last] = (*found[last], *keys)
    return found


def _adds_key(statement: Statement) -> bool:
    return isinstance(statement, AlterTable) and all(isinstance(change, AddKey) and change.key is not None for change in statement.changes)


def _known(statement: Statement, models: dict[str, str]) -> Statement:
    match statement:
        case CreateTable():
            return replace(statement, columns=tuple(column for column in statement.columns if column.type.removesuffix("[]") not in models))
        case AlterTable():
            return replace(statement, changes=tuple(_change(change, models) for change in statement.changes))
        case _:
            return statement


def _change(change: TableChange, models: dict[str, str]) -> TableChange:
    if isinstance(change, AddKey) and change.key is not None and change.key.to.schema is None and change.key.to.name in models:
        schema, _, label = models[change.key.to.name].rpartition(".")
        return AddKey(change.columns, replace(change.key, to=Name(schema or None, label)))
    return change
