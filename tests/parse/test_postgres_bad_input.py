"""SQL files as they are found: cut off, garbled, full of templates, dumps. Nothing raises, nothing is lost without a word, and no part hides another."""

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sql_texts import BETWEEN, statement_texts

from batten.extract.migrations import migration_facts
from batten.parse.postgres import decode, statements
from batten.parse.postgres.split import pieces, without_comments
from batten.parse.postgres.statements import Broken, DoBlock, Other
from batten.parse.postgres.table_statements import AlterTable, CreateTable


def tables(sql: str) -> list[str]:
    return [each.name.name for each in statements(sql.encode()) if isinstance(each, AlterTable | CreateTable)]


def unclear(sql: str) -> list[str]:
    """What a Note will say is not understood."""
    return [each.kind for each in statements(sql.encode()) if isinstance(each, Broken) and each.matters]


@given(st.lists(st.tuples(statement_texts(), BETWEEN), max_size=5), st.data())
def test_cutting_loses_no_byte(parts: list[tuple[str, str]], data: st.DataObject) -> None:
    sql = "".join(text + between for text, between in parts).encode()
    at = data.draw(st.integers(0, len(sql)))
    garbled = sql[:at] + data.draw(st.sampled_from((b"", b"'", b'"', b"$$", b";", b"/*", b"(", b"$x$", b"E'"))) + sql[at:]
    kept = bytearray(without_comments(garbled))
    cut = pieces(garbled)
    for piece in cut:
        kept[piece.span.start : piece.span.end] = b" " * (piece.span.end - piece.span.start)
    assert not any(one.span.end > two.span.start for one, two in itertools.pairwise(cut))
    if all(piece.closed for piece in cut) and b"/*" not in kept:
        assert not kept.strip(b"; \t\r\n\x0b\x0c")


@given(st.lists(st.tuples(statement_texts(), st.integers(0, 200)), max_size=4))
def test_a_statement_that_is_cut_off_hides_no_later_one(parts: list[tuple[str, int]]) -> None:
    sql = "alter table first_one enable row level security;\n"
    for text, length in parts:
        cut = text[:length]
        # A text that is left open, or a comment, takes in what follows, for the server too.
        closed = without_comments(cut.encode()).decode("utf-8", "replace")
        if any(mark in cut for mark in ("'", '"', "$", "/*", "--")) or "atomic" in closed.lower():
            continue
        sql += f"{cut};\nalter table after_it enable row level security;\n"
    sql += "alter table last_one enable row level security;\n"
    found = tables(sql)
    assert found[0] == "first_one"
    assert found[-1] == "last_one"
    assert found.count("after_it") == sql.count("after_it")


@pytest.mark.parametrize(
    "opened",
    [
        "select 'never ends",
        "select E'never \\\\' ends",
        "do $$ begin",
        "do $body$ begin $$ ;",
        'create table "a (b int)',
        "comment on table a is 'it's open'",
    ],
)
def test_what_never_ends_gives_up_at_the_next_statement(opened: str) -> None:
    sql = f"alter table a enable row level security;\n{opened};\nalter table b enable row level security;\nalter table c enable row level security;\n"
    assert tables(sql)[0] == "a"
    assert tables(sql)[-2:] == ["b", "c"]


@pytest.mark.parametrize(
    ("sql", "noted"),
    [
        ("{{#if secure}}\ncreate table a (b int);\n{{/if}}\n", ["template"]),
        ("create table {{schema}}.a (b int);", ["placeholder"]),
        ("<% if x %>\nalter table a enable row level security;\n<% end %>", ["template"]),
        ("Here is what you asked for:\ncreate table a (b int);", ["here"]),
        ("This only explains.\nNothing is made here.", []),
        ("create table a (b int)\nalter table a enable row level security;", ["create"]),
        ("alter table a enable row level security", []),
        ("alter table a enable row level", ["alter"]),
        ("create policy p on", ["create"]),
        ("\\i other.sql\n", ["\\i"]),
        ("\\connect app\n\\echo hello\n", []),
        ("select format('grant all on %I to anon', t) from x \\gexec\n", ["\\gexec"]),
    ],
)
def test_what_is_not_understood_is_said(sql: str, noted: list[str]) -> None:
    assert unclear(sql) == noted


def test_a_dump_is_read() -> None:
    rows = "1\tit's\t$$\n\\N\t;\tcreate table x\n" * 1000
    sql = (
        "\\restrict abc\nSET statement_timeout = 0;\nSELECT pg_catalog.set_config('search_path', '', false);\nCREATE TABLE public.a (b integer);\n"
        f"ALTER TABLE public.a OWNER TO postgres;\nCOPY public.a (b) FROM stdin;\n{rows}\\.\nALTER TABLE public.a ENABLE ROW LEVEL SECURITY;\n\\unrestrict abc\n"
    )
    assert tables(sql) == ["a", "a", "a"]
    assert unclear(sql) == []


def test_a_dump_of_nearly_20_megabytes_is_read_in_time_and_a_larger_one_is_noted() -> None:
    rows = b"1\tit's; a row\t$$ -- \\N\n" * 860_000
    dump = b"create table a (b int);\ncopy a from stdin;\n" + rows + b"\\.\nalter table a enable row level security;\n"
    began = time.process_time()
    found, _, notes = migration_facts("supabase/migrations/1.sql", dump)
    assert time.process_time() - began < 10  # it takes a third of a second
    assert (19_000_000 < len(dump) < 20_000_000, notes) == (True, ())
    assert [type(each) for block in found for each in decode(block)] == [CreateTable, Other, AlterTable]
    larger, _, notes = migration_facts("supabase/migrations/1.sql", dump + rows[:1_500_000])
    assert (larger, [note.message for note in notes]) == ((), ["SQL file of more than 20 MB is not read: findings may be missing"])


def test_copy_without_an_end_hides_nothing() -> None:
    assert tables("copy a from stdin;\nalter table b enable row level security;") == ["b"]


def test_dollar_quotes_inside_dollar_quotes() -> None:
    sql = "do $a$ begin execute $b$ create table x (y text default $$ ; $$); $b$; end $a$; alter table b enable row level security;"
    found = statements(sql.encode())
    assert [type(each) for each in found] == [DoBlock, AlterTable]


def test_a_statement_longer_than_is_parsed_is_said_to_be_unread_only_where_it_matters() -> None:
    many = "(1, 'x'), " * 250_000
    assert [type(each) for each in statements(f"insert into a values {many} (2, 'y'); create table b (c int);".encode())] == [
        Other,
        CreateTable,
    ]
    assert unclear(f"create policy p on t using (a in ({many} 1));") == ["create"]


@pytest.mark.parametrize(
    "text",
    [
        "select e'\\';\ncreate x '\\';\n", "/*", "-", ";", "create function f() returns int begin atomic select 1;\n", "```sql\nselect 1;\n```\n", "-- down\ndrop table a;\n", "select $a;\ncreate \n",
        "\\i x\n", "create foo bar ", "(", "not ", "do $$ begin ", "case when ",
    ],
)  # fmt: skip
def test_repetition_raises_nothing(text: str) -> None:
    for sql in (text * 20_000, f"create policy p on t using ({text * 5_000});"):
        found = statements(sql.encode())
        assert all(0 <= each.span.start <= each.span.end <= len(sql.encode()) for each in found)
