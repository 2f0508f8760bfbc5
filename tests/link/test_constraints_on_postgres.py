"""The keys and checks of tables against a real server: what is there after drops and renames, and under which names."""

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from postgres_server import Server, started
from postgres_state import HARNESS

from batten.link.schema.foresight import foresee
from batten.link.schema.replay import replay
from batten.link.schema.session import Session
from batten.link.schema.supabase import on_supabase
from batten.link.schema.type_families import differ, family
from batten.parse.postgres import statements

TABLES = ("notes", "files", "parts")
LONG = "a_table_whose_name_is_as_long_as_a_name_may_be_and_even_longer"
COLUMNS = ("other", "second", "a_column_whose_name_is_long_too_and_longer_than_the_other")
SHAPE = f"id uuid primary key, other uuid, second uuid, {COLUMNS[2]} uuid"
KINDS = {
    "key": "alter table {table} add foreign key ({column}) references {to} (id)",
    "named key": "alter table {table} add constraint {label} foreign key ({column}) references {to} (id) on delete cascade",
    "column with key": "alter table {table} add column {new} uuid references {to}",
    "column with named key": "alter table {table} add column {new} uuid constraint {label} references {to}",
    "check": "alter table {table} add check ({column} is not null)",
    "unique": "alter table {table} add unique ({column})",
    "named unique": "alter table {table} add constraint {label} unique ({column}, id)",
    "column that is unique": "alter table {table} add column {new} uuid unique",
    "unique index": "create unique index {other_label} on {table} ({column})",
    "unique index without a name": "create unique index on {table} ({column})",
    "index of some rows": "create unique index {table}_part on {table} ({column}) where id is not null",
    "key of an index": "alter table {table} add constraint {label} unique using index {other_label}",
    "drop index": "drop index {other_label}",
    "drop unique": "alter table {table} drop constraint {table}_{column}_key",
    "drop unique cascade": "alter table {table} drop constraint {table}_{column}_key cascade",
    "drop primary key": "alter table {table} drop constraint {table}_pkey cascade",
    "key to a column": "alter table {table} add foreign key (second) references {to} ({column})",
    "table with key to a column": "create table {table} ({shape}, foreign key (second) references {to} ({column}))",
    "table with key to itself": "create table {table} ({shape}, unique ({column}), foreign key (second) references {table} ({column}))",
    "table with keys": "create table {table} ({shape}, foreign key (other) references {to}, constraint {label} foreign key (second) references {to})",
    "drop constraint": "alter table {table} drop constraint {label}",
    "drop constraint if exists": "alter table {table} drop constraint if exists {table}_{column}_fkey",
    "drop default name": "alter table {table} drop constraint {table}_{column}_fkey",
    "rename constraint": "alter table {table} rename constraint {label} to {other_label}",
    "rename default name": "alter table {table} rename constraint {table}_{column}_fkey to {other_label}",
    "drop column": "alter table {table} drop column {column}",
    "rename column": "alter table {table} rename column {column} to {new}",
    "rename table": "alter table {table} rename to {to}",
    "drop table": "drop table {table}",
    "drop table cascade": "drop table if exists {table} cascade",
}
# What a statement needs to do anything, half of the time.
NEEDED = {
    "drop constraint": "named key",
    "rename constraint": "named key",
    "drop default name": "key",
    "drop constraint if exists": "key",
    "rename default name": "key",
    "table with keys": "drop table cascade",
    "table with key to a column": "drop table cascade",
    "table with key to itself": "drop table cascade",
    "key of an index": "unique index",
    "drop index": "unique index",
    "drop unique": "unique",
    "drop unique cascade": "unique",
}

LEADING = ("key to a column", "table with key to a column")
TABLES_WITH_KEYS = ("table with keys", "table with key to a column", "table with key to itself")
LEADS_NOWHERE = ("42P01", "42830", "42703", "42704")


def history_of(number: int) -> list[tuple[str, str]]:
    """The history that a number stands for: kinds and statements."""
    chance = Random(number)
    names = [*TABLES, LONG]
    found = [("made", f"create table {name} ({SHAPE})") for name in names]
    # What was there and is gone is surely not there; of anything else the model takes it that someone made it by hand.
    found += [("gone", f"drop table {name}") for name in names if chance.random() < 1 / 4]
    for _ in range(chance.randint(5, 25)):
        kind = chance.choice(list(KINDS))
        labels = chance.sample(("link", "owner_link", "third_link"), 2)
        parts = {
            "table": chance.choice(names),
            "to": chance.choice(names),
            "column": chance.choice(COLUMNS),
            "new": chance.choice(("third", "fourth", COLUMNS[0])),
            "label": labels[0],
            "other_label": labels[1],
            "shape": SHAPE,
        }
        kinds = (NEEDED[kind], kind) if kind in NEEDED and chance.random() < 1 / 2 else (kind,)
        found += [(each, KINDS[each].format(**parts)) for each in kinds]
        if kind in LEADING and chance.random() < 1 / 2:
            found.insert(-1, ("unique", KINDS["unique"].format(**parts | {"table": parts["to"]})))
    return found


CONSTRAINTS = """
select r.relname, c.conname, c.contype::text, t.relname, (select array_agg(a.attname order by k.at) from unnest(c.conkey) with ordinality k (number, at) join pg_attribute a on a.attrelid = r.oid and a.attnum = k.number)
from pg_class r left join pg_constraint c on c.conrelid = r.oid and c.contype in ('f', 'c', 'p', 'u') left join pg_class t on t.oid = c.confrelid
where r.relnamespace = 'public'::regnamespace and r.relkind = 'r'
union all
select r.relname, i.relname, 'i', null, (select array_agg(a.attname order by k.at) from unnest(x.indkey::smallint[]) with ordinality k (number, at) join pg_attribute a on a.attrelid = r.oid and a.attnum = k.number)
from pg_index x join pg_class r on r.oid = x.indrelid join pg_class i on i.oid = x.indexrelid
where r.relnamespace = 'public'::regnamespace and x.indisunique and x.indpred is null and not exists (select from pg_constraint c where c.conindid = i.oid and c.contype in ('p', 'u'))
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    yield from started(HARNESS)


def real(connection: Any, history: list[tuple[str, str]], ran: Counter[str]) -> tuple[list[str], dict[str, set[Any]]]:
    """The statements, and what the server has in the end. Left out are tables that it refuses since a key of theirs leads nowhere: the model takes them for made in another order."""
    found: dict[str, set[Any]] = {}
    kept: list[str] = []
    with connection.transaction(force_rollback=True):
        connection.execute("set local search_path = public")
        codes = connection.execute("select harness.replayed(%s, false)", [[text for _, text in history]]).fetchone()[0]
        for (kind, text), code in zip(history, codes, strict=True):
            ran["refused" if code else kind] += 1
            if kind not in TABLES_WITH_KEYS or code not in LEADS_NOWHERE:
                kept.append(text)
        for table, label, kind, target, columns in connection.execute(CONSTRAINTS).fetchall():
            rows = found.setdefault(table, set())
            if kind == "f":
                rows.add((label, target, tuple(columns)))
            elif kind == "c":
                rows.add((label, None, ()))
            elif kind is not None:
                rows.add((label, {"p": "primary key", "u": "unique", "i": "index"}[kind], tuple(columns)))
    return kept, found


def modelled(history: list[str]) -> dict[str, set[Any]]:
    """The same of the model."""
    database = on_supabase(legacy=True)
    parsed = statements(";\n".join(history).encode())
    foresee(database, list(parsed))
    replay(Session(database), "history.sql", parsed)
    return {
        relation.name: {(key.name, key.to.name, key.columns) for key in relation.keys}
        | {(label, None, ()) for label in relation.checks}
        | {
            (key.name, "primary key" if key.primary else "index" if key.index else "unique", key.columns)
            for key in relation.unique.values()
        }
        for relation in database.relations.values()
        if relation.schema == "public" and not relation.ghost
    }


def test_keys_and_checks_have_the_names_that_the_server_gives_them(server: Server) -> None:
    ran: Counter[str] = Counter()
    with server.connect("root", "base") as connection:
        for number in range(400):
            history = history_of(number)
            kept, there = real(connection, history, ran)
            assert modelled(kept) == there, (number, ";\n".join(kept))
    assert {kind: ran[kind] for kind in KINDS if ran[kind] < 20} == {}


TYPES = (
    "text", "varchar(20)", "character varying", "char(3)", "name", "uuid", "smallint", "int4", "bigint", "numeric(8, 2)", "double precision", "real", "boolean", "jsonb", "date", "timestamptz", "timestamp without time zone",
    "bytea", "mood", "public.weather", "json", "uuid[]", "interval", "inet", "time",
)  # fmt: skip
KNOWN = TYPES[:20]
# Each pair in one call: whether the server compares two values, and whether it lets a key of one lead to the other.
PAIRS = """
create function pg_temp.refused(statement text) returns boolean language plpgsql as $f$
begin execute statement; return false; exception when undefined_function or datatype_mismatch or undefined_object then return true; end $f$;
create type mood as enum ('good', 'bad'); create type weather as enum ('wet', 'dry');
"""
ASKED = """
select a, b, pg_temp.refused(format('select null::%s = null::%s', a, b)),
  pg_temp.refused(format('create temp table one (id %s primary key) on commit drop; create temp table two (id %s references one) on commit drop; drop table two; drop table one', a, b))
from unnest(%s::text[]) a, unnest(%s::text[]) b
"""


def test_values_are_compared_and_keys_lead_where_the_server_lets_them(server: Server) -> None:
    database = on_supabase(legacy=True)
    parsed = statements(PAIRS.partition("$f$;")[2].encode())
    replay(Session(database), "types.sql", parsed)
    with server.connect("root", "base") as connection, connection.transaction(force_rollback=True):
        connection.execute(PAIRS)
        asked = connection.execute(
            ASKED.replace("%s =", "%%s =").replace("::%s'", "::%%s'").replace("(id %s", "(id %%s"), [list(TYPES), list(TYPES)]
        )
        rows = asked.fetchall()
    assert len(rows) == len(TYPES) ** 2
    for one, two, incomparable, no_key in rows:
        differs = differ(family(database, one), family(database, two))
        if one in KNOWN and two in KNOWN:
            assert differs == incomparable, (one, two)
        assert not differs or (incomparable and no_key), (one, two)


NAMES = (
    '"Mixed"', "MIXED", "Größe", "ÜBER", '"ÜBER"', '"a.b"', '"with ""quotes"""', '"emoji 😀"', "İstanbul", "таблица", "用户", "şehir_ğ", "naïve$1", "_x", '"select"', '" blank "', f'"{"ü" * 40}"', "long" * 20, 'U&"d\\0061t\\+000061"',
)  # fmt: skip


def test_tables_are_called_what_the_server_calls_them(server: Server) -> None:
    history = [("table", f"create table {name} (id int)") for name in NAMES]
    history += [("rls", f"alter table {name} enable row level security") for name in NAMES]
    with server.connect("root", "base") as connection:
        kept, there = real(connection, history, Counter())
    assert len(there) == len(NAMES)
    assert modelled(kept) == there
