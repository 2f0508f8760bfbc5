"""The SQL of one file: which dialect it is, and its statements where it is PostgreSQL's; knows nothing of other files."""

import json
import re
from typing import TYPE_CHECKING, Any

from batten.extract.migrations.paths import JOURNAL, is_seed
from batten.finding import Note, NoteKind
from batten.parse.dialects import tables
from batten.parse.postgres import encode, statements
from batten.parse.postgres.statements import Bucket, Outlined
from batten.regex import regex
from batten.text import Place, Span

if TYPE_CHECKING:
    from collections.abc import Iterable

_LARGEST = 20_000_000
# What Supabase's editor puts above the tables that it shows for an assistant to read.
_OUTLINE = regex(rb"--[^\n]{0,80}\bfor context only and is not meant to be run\b")
_HEAD = 1_000
_BUCKETS = b"storage.buckets"
_COMMENT = regex(rb"--[^\n]*|/\*.*?\*/", re.DOTALL)
# Words that only one family of databases takes, in lower case. The Postgres ones outweigh a stray word of another.
# A pattern is looked for where one of its literals is there at all: most files have none of a foreign one.
_MARKS: tuple[tuple[str, int, tuple[bytes, ...], re.Pattern[bytes]], ...] = tuple(
    (dialect, weight, literals, regex(pattern, re.MULTILINE))
    for dialect, weight, literals, pattern in (
        (
            "postgres",
            3,
            (b"level", b"policy", b"$$", b"plpgsql", b"auth", b"extension", b"schema"),
            rb"row\s+level\s+security|create\s+policy|\$\$|plpgsql|\bauth\.uid\s*\(|create\s+extension|on\s+schema\b|in\s+schema\b",
        ),
        (
            "postgres",
            2,
            (b"json", b"timestamp", b"serial", b"tsvector", b"bytea", b"uuid", b"precision", b"::", b"[]", b"type", b'"public"'),
            rb"\b(?:jsonb|timestamptz|bigserial|serial|tsvector|bytea|gen_random_uuid|uuid_generate_v4|double\s+precision|timestamp\(3\))\b|::\w+|\w\[\]|create\s+type\b|\"public\"\.",
        ),
        (
            "postgres",
            1,
            (b"uuid", b"boolean", b"text", b"time", b"only", b"exists"),
            rb"\b(?:uuid|boolean|text)\b|with\s+time\s+zone|alter\s+table\s+only|if\s+not\s+exists",
        ),
        (
            "mysql",
            4,
            (b"auto_increment", b"engine", b"unsigned", b"charset", b"tinyint", b"utf8"),
            rb"\bauto_increment\b|\bengine\s*=\s*(?:innodb|myisam)|\bunsigned\b|default\s+charset|\btinyint\b|\bcharacter\s+set\s+utf8",
        ),
        ("mysql", 1, (b"`",), rb"create\s+table\s+(?:if\s+not\s+exists\s+)?`|`\w+`\s+(?:varchar|int|datetime)"),
        # Names in backticks are none of PostgreSQL's, whosever they are.
        ("mysql", 2, (b"`",), rb"\b(?:table(?:\s+if\s+(?:not\s+)?exists)?|into|on|index|references|column|add)\s+`\w+`"),
        (
            "sqlite",
            4,
            (b"autoincrement", b"pragma", b"rowid", b"`"),
            rb"\bautoincrement\b|\bpragma\s+\w+|without\s+rowid|--> statement-breakpoint\s+create\s+\w+\s+index\s+`|`\w+`\s+(?:text|integer)\b",
        ),
        ("mssql", 4, (b"nvarchar", b"identity", b"\ngo", b"[dbo]"), rb"\bnvarchar\b|\bidentity\s*\(\s*1|^go[ \t\r]*$|\[dbo\]"),
        (
            "clickhouse",
            5,
            (b"cluster", b"mergetree", b"datetime64", b"lowcardinality"),
            rb"\bon\s+cluster\b|engine\s*=\s*\w*mergetree|\bdatetime64\b|\blowcardinality\b",
        ),
    )
)


def migration_facts(path: str, data: bytes) -> tuple[tuple[Any, ...], str | None, tuple[Note, ...]]:
    """The statements for ``FileFacts.statements`` (one block of bytes that ``parse.postgres.decode`` reads), the dialect, and Notes.

    The dialect is ``postgres``, ``mysql``, ``sqlite``, ``mssql``, ``clickhouse``, ``unknown`` (no word tells: read as PostgreSQL), or ``drizzle-journal`` (then the statements are the names of the
    migrations in order), or ``seed`` (then they are the buckets it fills, and nothing else). Of ``mysql`` and ``sqlite`` they are those on tables; other dialects have none.
    """
    if path.endswith(JOURNAL):
        return _journal(path, data)
    seed = is_seed(path)
    if seed and _BUCKETS not in data:
        return (), None, ()
    if len(data) > _LARGEST:
        return (
            (),
            None,
            (Note(NoteKind.LIMIT, "SQL file of more than 20 MB is not read: findings may be missing", Place(path, Span(0, 0))),),
        )
    dialect = dialect_of(path, data)
    if dialect in tables.DIALECTS and not seed:
        found = tables.statements(data, dialect)
        return ((encode(found),) if found else ()), dialect, ()
    if dialect not in ("postgres", "unknown"):
        return (), dialect, ()
    found = statements(data)
    remark = _OUTLINE.search(data, 0, _HEAD)
    if remark is not None:
        found = (Outlined(Span(*remark.span())), *found)
    if seed:  # the rows of its tables are no schema
        found = tuple(each for each in found if isinstance(each, Bucket))
        dialect = "seed"
    return ((encode(found),) if found else ()), dialect, ()


def dialect_of(path: str, data: bytes) -> str:
    """Whose SQL it is, by the words only one kind of database takes; ``unknown`` where none tells."""
    if "supabase" in path.split("/"):
        return "postgres"
    sample = data[:200_000].replace(b"\x00", b"")
    sample = (_COMMENT.sub(b" ", sample) if b"--" in sample or b"/*" in sample else sample).lower()
    scores: dict[str, int] = {}
    for dialect, weight, literals, pattern in _MARKS:
        if any(literal in sample for literal in literals) and pattern.search(sample):
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
