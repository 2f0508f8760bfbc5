"""Sources of a schema, one file at a time: SQL, models, and code of migration tools; which files form a database is for ``link`` to find."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from batten.extract.migrations import generated, prisma, tools
from batten.extract.migrations.paths import is_discarded, is_migration
from batten.extract.migrations.sql import dialect_of, migration_facts
from batten.facts.sources import Source
from batten.finding import Note, NoteKind
from batten.parse.postgres import encode
from batten.regex import regex
from batten.text import Place, Span

if TYPE_CHECKING:
    from batten.code.model import Unit

__all__ = ["WORDS", "Found", "dialect_of", "is_migration", "look", "migration_facts", "read_code"]

WORDS = tools.WORDS
"""Words that only migrations in code have."""

# Roles and functions of an API that clients reach: what says so of a database.
_CLIENTS = regex(rb"\banon\b|\bauthenticated\b|\bauth\s*\.|\bservice_role\b", re.IGNORECASE)


class Found(NamedTuple):
    """For ``FileFacts``: statements, dialect and source, and what was not understood."""

    statements: tuple[Any, ...] = ()
    dialect: str | None = None
    source: Source | None = None
    notes: tuple[Note, ...] = ()


def look(path: str, data: bytes, has: Callable[[bytes], bool] | None = None) -> Found:
    """What a file says of a schema, as far as that takes no look at code; empty where it is no source of one.

    ``has`` tells whether one of ``WORDS`` stands in the file.
    """
    if is_migration(path):
        statements, dialect, notes = migration_facts(path, data)
        return Found(statements, dialect, None, notes)
    if prisma.is_schema(path) and not is_discarded(path):
        if len(data) > prisma.LARGEST:
            message = "Prisma schema of more than 4 MB is not read: findings may be missing"
            return Found(notes=(Note(NoteKind.LIMIT, message, Place(path, Span(0, 0))),))
        found, source = prisma.read(path, data)
        return Found((encode(found),) if found else (), None, source)
    if generated.is_described(path, data):
        described, source = generated.read(data)
        return Found((encode(described),) if described else (), None, source)
    has = has or data.__contains__
    setting = tools.setting(path, data, has)
    if setting is not None:
        return Found(source=setting)
    tool = tools.of(path, has)
    if tool is None or is_discarded(path):
        return Found()
    return Found(source=Source(tool=tool, unread=True, declares=tool == "drizzle", clients=_CLIENTS.search(data) is not None))


def read_code(data: bytes, unit: "Unit") -> Found:
    """What the code of a migration does; empty where the file is none."""
    tool = tools.of(unit.path, data.__contains__)
    if tool is None or is_discarded(unit.path):
        return Found()
    found, source = tools.read(tool, data, unit)
    return Found((encode(found),) if found else (), None, source)
