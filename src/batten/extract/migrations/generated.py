"""The tables that TypeScript types describe which Supabase generates from a database: ``Database["public"]["Tables"]``; what is there, and not who made it."""

from collections.abc import Iterator

from batten.facts.sources import GENERATED, Source
from batten.parse.postgres.expressions import Name
from batten.parse.postgres.statements import Statement
from batten.parse.postgres.table_statements import ColumnDefinition, CreateTable, ForeignKey
from batten.regex import regex
from batten.text import Span

_WORDS = (b"Tables: {", b"Row: {")
_LARGEST = 4_000_000
_OPENS = regex(rb"""^\s*["']?(\w+)["']?\s*\??:\s*([{\[])\s*$""")
_COLUMN = regex(rb"""^\s*["']?(\w+)["']?\s*:\s*([^{}]+?)[;,]?\s*$""")
_ON_ONE_LINE = regex(rb"""["']?(\w+)["']?\s*:\s*([^{};,]+)""")
_FIELD = regex(rb"""^\s*(columns|referencedRelation)\s*:\s*(.+?)[;,]?\s*$""")
_TEXT = regex(rb"""["']([^"'\n]+)["']""")
# A text may stand for a uuid, a date or an enum: what it is, is not said.
_TYPES = {b"number": "numeric", b"boolean": "boolean", b"Json": "jsonb"}
_LONGEST_LINE = 2_000


def is_described(path: str, data: bytes) -> bool:
    """Whether a file holds such types."""
    return path.endswith(".ts") and all(word in data for word in _WORDS)


def read(data: bytes) -> tuple[tuple[Statement, ...], Source]:
    """The tables of every schema, with their columns and the keys to one another."""
    return tuple(_tables(data)) if len(data) <= _LARGEST else (), Source(tool=GENERATED)


def _tables(data: bytes) -> Iterator[Statement]:
    """One walk over the lines; ``within`` are the names of the records that a line stands in."""
    within: list[str] = []
    columns: list[ColumnDefinition] = []
    key: dict[str, tuple[str, ...]] = {}
    keys: list[ForeignKey] = []
    at = started = 0
    for line in data.split(b"\n"):
        span, at = Span(at, at + len(line)), at + len(line) + 1
        if len(line) > _LONGEST_LINE:
            continue
        opened = _OPENS.match(line)
        of_table = within[-2:-1] == ["Tables"]
        if opened is not None:
            within.append(opened[1].decode())
            if within[-2:-1] == ["Tables"]:
                columns, keys, started = [], [], span.start
        elif within[-3:-2] == ["Tables"] and within[-1] == "Row" and (found := _COLUMN.match(line)) is not None:
            columns.append(_column(found[1], found[2], span))
        elif "Relationships" in within and (said := _FIELD.match(line)) is not None:
            key[said[1].decode()] = tuple(each.decode() for each in _TEXT.findall(said[2]))
        elif of_table and line.strip().startswith(b"Row: {"):
            columns = [_column(name, type_, span) for name, type_ in _ON_ONE_LINE.findall(line.partition(b"{")[2].rpartition(b"}")[0])]
        else:
            change = line.count(b"{") + line.count(b"[") - line.count(b"}") - line.count(b"]")
            within += [""] * min(change, 50)
            for _ in range(min(-change, len(within))):
                if within[-2:-1] == ["Tables"] and columns:
                    yield _table(within, columns, keys, Span(started, span.end))
                    columns = []
                if "Relationships" in within[:-1] and key:
                    keys += _key(within, key)
                    key = {}
                within.pop()


def _column(name: bytes, type_: bytes, span: Span) -> ColumnDefinition:
    said = [each.strip() for each in type_.split(b"|")]
    return ColumnDefinition(name.decode(), _TYPES.get(next((each for each in said if each != b"null"), b""), ""), span)


def _table(within: list[str], columns: list[ColumnDefinition], keys: list[ForeignKey], span: Span) -> CreateTable:
    return CreateTable(span, Name(["public", *within][-3], within[-1]), columns=tuple(columns), keys=tuple(keys))


def _key(within: list[str], said: dict[str, tuple[str, ...]]) -> Iterator[ForeignKey]:
    schema = ["public", *within][within.index("Tables")] if "Tables" in within else "public"
    for to in said.get("referencedRelation", ())[:1]:
        yield ForeignKey(said.get("columns", ()), Name(schema, to))
