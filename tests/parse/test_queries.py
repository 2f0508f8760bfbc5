"""Which tables a query in code is about: what people write, what SQLite itself reads and changes, and hostile text."""

import sqlite3
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batten.facts.calls import HOLE
from batten.parse.dialects.queries import tables_in


def told(text: str) -> list[tuple[str, str]] | None:
    found = tables_in(text, HOLE)
    return None if found is None else [(each.table, each.deed) for each in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select * from orders where id = $1", [("orders", "read")]),
        ("call clinic.Delete_Patient(%s);", [("Patient", "delete")]),
        ("CALL get_orders(?)", [("orders", "read")]),
        ("call sp_update_seat(?, ?)", [("seat", "write")]),
        ("  SELECT o.*, u.email\n FROM shop.orders o JOIN users u ON u.id = o.user_id WHERE o.id = ?", [("orders", "read"), ("users", "read")]),
        ("select a.x from a, b where a.id = b.id", [("a", "read"), ("b", "read")]),
        ("select extract(year from made_at) from audit_log", [("audit_log", "read")]),
        ("select * from orders where note = 'from users'", [("orders", "read")]),
        ("with gone as (delete from sessions where id = $1 returning *) select * from gone", [("sessions", "delete")]),
        ("with recent as (select * from orders) select * from recent", [("orders", "read")]),
        ("insert into orders (a) values (%s, %(b)s, :c)", [("orders", "write")]),
        ("INSERT OR IGNORE INTO `orders` VALUES (?)", [("orders", "write")]),
        ("replace into kv values (?, ?)", [("kv", "write")]),
        ("insert into orders (a) select b from drafts where id = 1", [("orders", "write"), ("drafts", "read")]),
        ("insert into a values (1) on conflict (id) do update set b = excluded.b", [("a", "write")]),
        ("update accounts set x = (select max(y) from ledger) where id = ?", [("accounts", "write"), ("ledger", "read")]),
        ("update only accounts set x = 1", [("accounts", "write")]),
        ("delete from logs", [("logs", "delete")]),
        ("delete a from a join b on a.id = b.id", [("a", "delete"), ("b", "read")]),
        ("truncate table logs", [("logs", "delete")]),
        ("drop table if exists logs", [("logs", "delete")]),
        (f"select * from {HOLE} where id = {HOLE}", []),
        (f"insert into {HOLE} (a) values ({HOLE})", [("", "write")]),
        (f"delete from log_{HOLE} where id = '{HOLE}'", [("", "delete")]),
        (f"select * from orders where user_id = 5 {HOLE}", [("orders", "read")]),
        (f"select * from orders o left join items i on i.o = o.id where o.id = {HOLE} order by {HOLE} {HOLE}", [("orders", "read"), ("items", "read")]),
        ("select 1", []),
        ("call act(1)", None),
        ("select from where", None),
    ],
)  # fmt: skip
def test_tables_of_queries(text: str, expected: list[tuple[str, str]] | None) -> None:
    assert told(text) == expected


# --- SQLite says which tables it is asked to read and to change ---

_TABLES = ("orders", "users", "items")
_NAME = st.sampled_from(_TABLES)
_WHERE = st.sampled_from(
    (
        "",
        " where id = ?",
        " where note like '%from items%'",
        " where id in (select id from users)",
        " where exists (select 1 from items i where i.id = 1)",
    )
)
_SELECT = st.one_of(
    st.builds("select {} from {}{}".format, st.sampled_from(("*", "id, note", "count(*)", "note as n")), _NAME, _WHERE),
    st.builds("select a.id from {} a join {} b on a.id = b.id{}".format, _NAME, _NAME, st.sampled_from(("", " where a.id = :id"))),
    st.builds("select a.id from {} as a, {} b".format, _NAME, _NAME),
    st.builds("with w as (select * from {}) select w.id from w, {} x".format, _NAME, _NAME),
    st.builds("select id from {} union all select id from {}".format, _NAME, _NAME),
    st.builds("select (select max(id) from {}) from {} limit 1".format, _NAME, _NAME),
)
_QUERY = st.one_of(
    _SELECT,
    st.builds("insert into {} (id, note) values (?, 'x')".format, _NAME),
    st.builds("insert or replace into {} (id) {}".format, _NAME, st.builds("select id from {}".format, _NAME)),
    st.builds("update {} set note = 'x'{}".format, _NAME, _WHERE),
    st.builds("update {} set id = (select max(id) from {})".format, _NAME, _NAME),
    st.builds("delete from {}{}".format, _NAME, _WHERE),
)
_DEEDS = {sqlite3.SQLITE_INSERT: "write", sqlite3.SQLITE_UPDATE: "write", sqlite3.SQLITE_DELETE: "delete"}


def asked(query: str) -> tuple[set[str], dict[str, str]]:
    """What SQLite reads and changes for a query."""
    connection = sqlite3.connect(":memory:")
    for table in _TABLES:
        connection.execute(f"create table {table} (id integer primary key, note text)")
    reads: set[str] = set()
    changes: dict[str, str] = {}

    def note(action: int, table: str | None, *_: object) -> int:
        if action == sqlite3.SQLITE_READ and table in _TABLES:
            reads.add(table)
        elif action in _DEEDS and table in _TABLES:
            changes[table] = _DEEDS[action]
        return sqlite3.SQLITE_OK

    connection.set_authorizer(note)
    connection.execute(f"explain {query}", {"id": 1} if ":id" in query else (1,) * query.count("?"))
    connection.close()
    return reads, changes


SEEN: Counter[str] = Counter()


@given(_QUERY)
@settings(max_examples=600, deadline=None)
def test_tables_are_those_that_sqlite_asks_for(query: str) -> None:
    reads, changes = asked(query)
    found = tables_in(query, HOLE)
    assert found is not None
    assert {each.table: each.deed for each in found if each.deed != "read"} == changes
    told_reads = {each.table for each in found if each.deed == "read"}
    # SQLite reads the rows that it changes, too; and of a table of which it needs no column it is not asked.
    assert reads - changes.keys() <= told_reads <= {*reads, *(name for name in _TABLES if name in query)} - changes.keys()
    SEEN.update(each.deed for each in found)


@given(st.text(max_size=200), st.sampled_from(("select * from ", "insert into ", "with x as (", "delete from a where ")))
@settings(max_examples=300, deadline=None)
def test_any_text_gives_an_answer(text: str, start: str) -> None:
    found = tables_in(start + text, HOLE)
    assert found is None or all(each.deed in ("read", "write", "delete") for each in found)


@pytest.mark.parametrize(
    "text",
    [
        "select " + "(" * 5000 + "1",
        "select * from a where " + "not " * 5000 + "b",
        "select '" * 9000,
        "insert into a values " + "(1)," * 20000,
    ],
)
def test_hostile_queries_are_answered_in_time(text: str) -> None:
    tables_in(text, HOLE)
