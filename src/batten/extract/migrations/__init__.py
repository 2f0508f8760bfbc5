"""Sources of a schema, one file at a time: SQL, models, and code of migration tools; which files form a database is for ``link`` to find."""

from typing import Any, NamedTuple

from batten.extract.migrations import prisma
from batten.extract.migrations.paths import is_discarded, is_migration
from batten.extract.migrations.sql import dialect_of, migration_facts
from batten.facts.sources import Source
from batten.finding import Note, NoteKind
from batten.parse.postgres import encode
from batten.text import Place, Span

__all__ = ["Found", "dialect_of", "is_migration", "look", "migration_facts"]


class Found(NamedTuple):
    """For ``FileFacts``: statements, dialect and source, and what was not understood."""

    statements: tuple[Any, ...] = ()
    dialect: str | None = None
    source: Source | None = None
    notes: tuple[Note, ...] = ()


def look(path: str, data: bytes) -> Found:
    """What a file says of a schema, as far as that takes no look at code; empty where it is no source of one."""
    if is_migration(path):
        statements, dialect, notes = migration_facts(path, data)
        return Found(statements, dialect, None, notes)
    if prisma.is_schema(path) and not is_discarded(path):
        if len(data) > prisma.LARGEST:
            message = "Prisma schema of more than 4 MB is not read: findings may be missing"
            return Found(notes=(Note(NoteKind.LIMIT, message, Place(path, Span(0, 0))),))
        found, source = prisma.read(path, data)
        return Found((encode(found),) if found else (), None, source)
    return Found()
