"""What is the same of several objects of a database: gathered once, in words, and only where clients reach the database."""

import pytest

from batten.extract.migrations import migration_facts
from batten.facts.exposures import Remark
from batten.facts.project import FileFacts
from batten.facts.schema import Table, TableUse
from batten.link.schema import SchemaResult, schema, unmade
from batten.text import Place, Span

TABLES = "".join(f"create table t{number} (id int primary key); alter table t{number} enable row level security;\n" for number in range(7))


def linked(sql: str, path: str = "supabase/migrations/20250101000000_first.sql") -> SchemaResult:
    blocks, dialect, notes = migration_facts(path, sql.encode())
    return schema([FileFacts(path=path, language=None, parsed=False, statements=blocks, dialect=dialect, notes=notes)], (), ())


def remark(sql: str, kind: str) -> Remark | None:
    return next((each for each in linked(sql).objects.remarks if each.kind == kind), None)


def test_many_are_one_remark_with_the_first_of_them_and_the_place_of_each() -> None:
    found = remark(TABLES, "closed")
    assert found is not None
    assert found.objects == tuple(f"public.t{number}" for number in range(7))
    assert found.shown == "public.t0, public.t1, public.t2, public.t3 and 3 more"
    assert [(step.note, step.place.span.start) for step in found.places] == [
        (f"public.t{number}", TABLES.index(f"create table t{number}")) for number in range(7)
    ]
    assert (found.key, found.subject, found.place) == ("|remark|closed|supabase", "remark|closed", found.places[0].place)


def test_five_are_all_named_and_more_are_counted() -> None:
    five, six = ("".join(TABLES.splitlines(keepends=True)[:number]) for number in (5, 6))
    assert [found.shown for found in (remark(five, "closed"), remark(six, "closed")) if found] == [
        "public.t0, public.t1, public.t2, public.t3 and public.t4",
        "public.t0, public.t1, public.t2, public.t3 and 2 more",
    ]


def test_no_remark_of_a_database_that_clients_do_not_reach() -> None:
    assert linked(TABLES, "db/migrations/001_first.sql").objects.remarks == ()


def test_functions_of_one_name_are_one_name_at_two_places() -> None:
    sql = "create function f() returns int language sql as 'select 1'; create function f(a int) returns int language sql as 'select 2';"
    found = remark(sql, "search-path")
    assert found is not None
    assert (found.objects, len(found.places)) == (("public.f",), 2)


@pytest.mark.parametrize(
    ("condition", "each_row"),
    [
        ("auth.uid() = id", True),
        ("(select auth.uid()) = id", False),
        ("id in (select auth.uid())", False),
        ("(select auth.uid() where true) = id", True),
        ("(select current_setting('a.b', true))::uuid = id", False),
        ("current_setting('a.b', true)::uuid = id", True),
        ("exists (select 1 from other where other.id = t.id and other.owner = (select auth.uid()))", False),
        ("exists (select 1 from other where other.owner = auth.uid())", True),
        ("exists (with mine as (select id from other where owner = auth.uid()) select 1 from mine)", True),
        ("coalesce((auth.jwt() ->> 'a')::boolean, false)", True),
        ("public.mine(id)", False),
    ],
)
def test_who_calls_is_asked_once_only_in_a_query_of_its_own(condition: str, each_row: bool) -> None:
    sql = f"create table other (id uuid, owner uuid); create table t (id uuid); alter table t enable row level security; create policy p on t using ({condition});"
    assert (remark(sql, "per-row") is not None) is each_row


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("create extension pg_trgm", [("pg_trgm", "public", True)]),
        ("create extension pg_trgm schema extensions", [("pg_trgm", "extensions", False)]),
        ("set search_path = extensions; create extension pg_trgm", [("pg_trgm", "extensions", False)]),
        ("create extension pg_cron", [("pg_cron", "pg_catalog", False)]),
        ("create extension if not exists pgcrypto schema public", []),
        ("drop extension pgcrypto; create extension pgcrypto schema public", [("pgcrypto", "public", True)]),
        ("create extension ltree; alter extension ltree set schema extensions", [("ltree", "extensions", False)]),
    ],
)
def test_an_extension_lies_where_it_is_told_or_first_on_the_path(sql: str, expected: list[tuple[str, str, bool]]) -> None:
    assert [(each.name, each.schema, each.exposed) for each in linked(sql).objects.extensions] == expected


@pytest.mark.parametrize("call", ["pgmq.create('Mails')", "pgmq.create_unlogged('mails')", "pgmq.create(queue_name => 'mails')"])
def test_a_function_of_pgmq_makes_the_table_of_a_queue(call: str) -> None:
    served = "create extension pgmq; alter role authenticator set pgrst.db_schemas = 'public,pgmq_public';"
    assert [(table.name, table.queue) for table in linked(f"{served} select {call};").tables] == [("pgmq.q_mails", True)]
    assert [(table.name, table.queue) for table in linked(f"create extension pgmq; select {call};").tables] == [("pgmq.q_mails", False)]


def used(table: str, path: str = "src/a.ts", privileged: bool | None = False) -> TableUse:
    return TableUse(table=table, verb="select", place=Place(path, Span(1, 2)), privileged=privileged)


@pytest.mark.parametrize(
    ("uses", "objects"),
    [
        ([used("public.b"), used("public.a"), used("public.b", "src/b.ts")], ("public.a", "public.b")),
        ([used("public.t"), used("api.t"), used("storage.objects"), used("public.no table")], ()),
        ([used("public.a", privileged=True), used("public.a", privileged=None)], ()),
        ([used("public.a", "tests/a.ts")], ()),
    ],
)
def test_what_clients_use_and_no_migration_makes(uses: list[TableUse], objects: tuple[str, ...]) -> None:
    tables = linked("create table t (id int)").tables
    found = unmade(tables, (), uses, lambda path: "test" if path.startswith("tests/") else "product")
    assert [name for remark in found for name in remark.objects] == list(objects)


def test_a_table_is_missing_in_the_database_that_lies_nearest() -> None:
    first = linked("create table t (id int)", "one/supabase/migrations/1_a.sql").tables
    second = linked("create table a (id int)", "two/supabase/migrations/1_a.sql").tables
    alike = linked("create table t (id int)", "one/other/supabase/migrations/1_a.sql").tables

    def found(tables: tuple[Table, ...], path: str) -> list[tuple[str, tuple[str, ...]]]:
        return [(each.database, each.objects) for each in unmade(tables, (), [used("public.a", path)], lambda _: "product")]

    assert found((*first, *second), "one/src/a.ts") == found(first, "one/src/a.ts") == [("one/supabase", ("public.a",))]
    assert found((*first, *second), "two/src/a.ts") == found(first, "three/a.ts") == []
    assert found((*first, *alike), "one/other/a.ts") == [("one/other/supabase", ("public.a",))]
    assert found((*first, *alike), "one/src/a.ts") == [("one/supabase", ("public.a",))]
    next_to_it = linked("create table t (id int)", "one/third/supabase/migrations/1_a.sql").tables
    assert found((*next_to_it, *alike), "one/src/a.ts") == []
