"""The SQL of one file: which dialect it is, and its statements where it is PostgreSQL's; knows nothing of other files."""

import json
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from batten.finding import Note, NoteKind
from batten.parse.postgres import encode, statements
from batten.text import Place, Span

if TYPE_CHECKING:
    from collections.abc import Iterable

_LARGEST = 20_000_000
_JOURNAL = "meta/_journal.json"
_SKIPPED_NAMES = frozenset({"seed.sql", "seeds.sql", "fixtures.sql"})
_SKIPPED_FOLDERS = frozenset({"seeds", "seed", "snippets"})
_COMMENT = re.compile(rb"--[^\n]*|/\*.*?\*/", re.DOTALL)
# Words that only one family of databases takes. The Postgres ones outweigh a stray word of another.
_MARKS: tuple[tuple[str, int, re.Pattern[bytes]], ...] = tuple(
    (dialect, weight, re.compile(pattern, re.IGNORECASE))
    for dialect, weight, pattern in (
        (
            "postgres",
            3,
            rb"row\s+level\s+security|create\s+policy|\$\$|plpgsql|\bauth\.uid\s*\(|create\s+extension|on\s+schema\b|in\s+schema\b",
        ),
        (
            "postgres",
            2,
            rb"\b(?:jsonb|timestamptz|bigserial|serial|tsvector|bytea|gen_random_uuid|uuid_generate_v4|double\s+precision|timestamp\(3\))\b|::\w+|\w\[\]|create\s+type\b|\"public\"\.",
        ),
        ("postgres", 1, rb"\b(?:uuid|boolean|text)\b|with\s+time\s+zone|alter\s+table\s+only|if\s+not\s+exists"),
        (
            "mysql",
            4,
            rb"\bauto_increment\b|\bengine\s*=\s*(?:innodb|myisam)|\bunsigned\b|default\s+charset|\btinyint\b|\bcharacter\s+set\s+utf8",
        ),
        ("mysql", 1, rb"create\s+table\s+(?:if\s+not\s+exists\s+)?`|`\w+`\s+(?:varchar|int|datetime)"),
        (
            "sqlite",
            4,
            rb"\bautoincrement\b|\bpragma\s+\w+|without\s+rowid|--> statement-breakpoint\s+create\s+\w+\s+index\s+`|`\w+`\s+(?:text|integer)\b",
        ),
        ("mssql", 4, rb"\bnvarchar\b|\bidentity\s*\(\s*1|^\s*go\s*$|\[dbo\]"),
        ("clickhouse", 5, rb"\bon\s+cluster\b|engine\s*=\s*\w*mergetree|\bdatetime64\b|\blowcardinality\b"),
    )
)


def is_migration(path: str) -> bool:
    """Whether a file may take part in building a schema: SQL that is no seed, no test and no rollback, or drizzle's journal."""
    if path.endswith(_JOURNAL):
        return True
    if not path.lower().endswith(".sql"):
        return False
    pure = PurePosixPath(path)
    folders = set(pure.parts[-4:-1])  # what lies further up is where the app lies, and says nothing of it
    if folders & _SKIPPED_FOLDERS or pure.name.lower() in _SKIPPED_NAMES or pure.name.lower().endswith(".down.sql"):
        return False
    return not ("supabase" in folders and "tests" in folders)


def migration_facts(path: str, data: bytes) -> tuple[tuple[Any, ...], str | None, tuple[Note, ...]]:
    """The statements for ``FileFacts.statements`` (one block of bytes that ``parse.postgres.decode`` reads), the dialect, and Notes.

    The dialect is ``postgres``, ``mysql``, ``sqlite``, ``mssql``, ``clickhouse``, ``unknown`` (no word tells: read as PostgreSQL), or ``drizzle-journal`` (then the statements are the names of the
    migrations in order). A foreign dialect has no statements.
    """
    if path.endswith(_JOURNAL):
        return _journal(path, data)
    if len(data) > _LARGEST:
        return (
            (),
            None,
            (Note(NoteKind.LIMIT, "SQL file of more than 20 MB is not read: findings may be missing", Place(path, Span(0, 0))),),
        )
    dialect = dialect_of(path, data)
    if dialect not in ("postgres", "unknown"):
        return (), dialect, ()
    found = statements(data)
    return ((encode(found),) if found else ()), dialect, ()


def dialect_of(path: str, data: bytes) -> str:
    """Whose SQL it is, by the words only one kind of database takes; ``unknown`` where none tells."""
    folders = PurePosixPath(path).parts
    if "supabase" in folders:
        return "postgres"
    sample = _COMMENT.sub(b" ", data[:200_000].replace(b"\x00", b""))
    scores: dict[str, int] = {}
    for dialect, weight, pattern in _MARKS:
        if pattern.search(sample):
            scores[dialect] = scores.get(dialect, 0) + weight
    if "clickhouse" in path.lower():
        scores["clickhouse"] = scores.get("clickhouse", 0) + 3
    if not scores:
        return "unknown"
    best = max(scores, key=lambda dialect: (scores[dialect], dialect == "postgres"))
    return best if scores[best] > 1 else "unknown"


def _journal(path: str, data: bytes) -> tuple[tuple[Any, ...], str | None, tuple[Note, ...]]:
    """Drizzle's list of migrations; one that cannot be read leaves the order to the names."""
    try:
        read = json.loads(data.decode("utf-8-sig"))
        entries: Iterable[Any] = read.get("entries", ()) if isinstance(read, dict) else ()
        tags = tuple(str(entry["tag"]) for entry in entries if isinstance(entry, dict) and "tag" in entry)
    except (ValueError, RecursionError):
        note = Note(
            NoteKind.NOT_PARSED,
            "drizzle journal is not valid JSON: migrations are taken in the order of their names",
            Place(path, Span(0, 0)),
        )
        return (), "drizzle-journal", (note,)
    return tags, "drizzle-journal", ()
