"""Our reading of SQL against that of PostgreSQL's own grammar (libpg_query): bounds, kinds, names, and every condition."""

import re
from pathlib import Path

import pytest
import server_expressions
import server_grammar
from hypothesis import event, given, settings
from hypothesis import strategies as st
from server_grammar import BROKEN, PgQueryError
from sql_texts import BETWEEN, CONDITIONS, statement_texts

from batten.parse.postgres import statements
from batten.parse.postgres.access_statements import CreatePolicy
from batten.parse.postgres.expressions import Opaque, walk
from batten.parse.postgres.split import pieces, without_comments

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```sql\n(.*?)^```", re.MULTILINE | re.DOTALL)


def own_sql() -> list[str]:
    """The SQL of fixtures and of rule pages that PostgreSQL reads. It knows nothing of down sections."""
    files = [path.read_text() for path in sorted((ROOT / "fixtures").rglob("*.sql"))]
    pages = [block for path in sorted((ROOT / "rulepacks").rglob("*.md")) for block in _BLOCK.findall(path.read_text())]
    return [text for text in (*files, *pages) if "down" not in text.lower() and is_valid(text)]


def is_valid(sql: str) -> bool:
    try:
        server_grammar.theirs(sql)
    except PgQueryError:
        return False
    return True


def bounds(sql: str) -> list[tuple[int, int]]:
    """What both must cut alike: the edges of each statement but for blanks and comments."""
    plain = without_comments(sql.encode())
    return [trimmed(plain, start, end) for start, end in server_grammar.cut(sql)]


def trimmed(plain: bytes, start: int, end: int) -> tuple[int, int]:
    text = plain[start:end]
    return start + len(text) - len(text.lstrip()), start + len(text.rstrip())


@pytest.mark.parametrize("sql", own_sql())
def test_fixtures_and_pages_are_read_as_the_server_reads_them(sql: str) -> None:
    plain = without_comments(sql.encode())
    assert [trimmed(plain, piece.span.start, piece.span.end) for piece in pieces(sql.encode())] == bounds(sql)
    assert server_grammar.ours(sql) == server_grammar.theirs(sql)


def test_there_is_sql_to_read() -> None:
    assert len(own_sql()) > 20


@given(statement_texts())
@settings(max_examples=500, deadline=None)
def test_a_statement_is_of_the_servers_kind_with_the_servers_names(sql: str) -> None:
    try:
        wanted = server_grammar.theirs(sql)
    except PgQueryError:
        event("invalid")
        return
    found = server_grammar.ours(sql)
    if found[-1:] == [BROKEN]:
        event("not understood, and said to be")
        found = found[:-1] or wanted
    assert found == wanted


@given(st.lists(st.tuples(statement_texts(), BETWEEN), min_size=1, max_size=6))
@settings(max_examples=200, deadline=None)
def test_texts_are_cut_where_the_server_cuts(parts: list[tuple[str, str]]) -> None:
    sql = "".join(text + between for text, between in parts)
    try:
        wanted = bounds(sql)
    except PgQueryError:
        event("invalid")
        return
    event("valid")
    plain = without_comments(sql.encode())
    assert [trimmed(plain, piece.span.start, piece.span.end) for piece in pieces(sql.encode())] == wanted


@given(CONDITIONS)
@settings(max_examples=1000, deadline=None)
def test_a_condition_means_what_the_server_reads_or_is_opaque(text: str) -> None:
    try:
        wanted = server_expressions.expected(text)
    except (PgQueryError, server_expressions.UnknownError):
        event("invalid")
        return
    found = [each for each in statements(f"create policy p on t using ({text}\n)".encode()) if isinstance(each, CreatePolicy)]
    if not found:
        event("not read")
        return
    assert found[0].using is not None
    event("opaque" if any(isinstance(part, Opaque) for part in walk(found[0].using)) else "read")
    assert server_expressions.agrees(found[0].using, wanted), (found[0].using, wanted)
