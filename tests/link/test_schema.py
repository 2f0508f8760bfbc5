"""The schema model: which SQL makes which database, in which order, and what is left at its end."""

import random
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.extract.environment import definitions
from batten.extract.migrations import dialect_of, is_migration, migration_facts
from batten.facts.project import FileFacts
from batten.facts.schema import OpenPolicy, Predicate, Table, TableUse, Verdict
from batten.facts.services import Package, SupabaseConfig
from batten.link.schema import SchemaResult, schema, with_browser_uses
from batten.link.schema.open_policies import claims_service
from batten.link.schema.sensitivity import column_kind, is_content, owner_columns
from batten.link.schema.state import ColumnState, PolicyState, Relation
from batten.parse.postgres.expressions import Name
from batten.text import Place, Span

NOWHERE = Place("a.sql", Span(0, 0))
CLIENT = (Package(root="", ecosystem="npm", dependencies=("@supabase/supabase-js",)),)
FIRST = "supabase/migrations/20250101000000_first.sql"


def facts(files: Mapping[str, str]) -> list[FileFacts]:
    found = []
    for path, text in files.items():
        if is_migration(path):
            blocks, dialect, notes = migration_facts(path, text.encode())
            found.append(FileFacts(path=path, language=None, parsed=False, statements=blocks, dialect=dialect, notes=notes))
    return found


def with_variables(path: str, text: str) -> FileFacts:
    return FileFacts(path=path, language=None, parsed=False, variables=definitions(path, text.encode()))


def linked(
    files: Mapping[str, str] | str, packages: Sequence[Package] = (), config: SupabaseConfig | None = None, defaults: str = "auto"
) -> SchemaResult:
    files = {FIRST: files} if isinstance(files, str) else files
    return schema(facts(files), (config,) if config else (), packages, data_api_defaults=defaults)


def rls(files: Mapping[str, str] | str, packages: Sequence[Package] = ()) -> dict[str, bool | None]:
    """Row level security by table, of those that a server makes of the files."""
    return {table.name: table.rls for table in linked(files, packages).tables if not table.premature}


def only(sql: str) -> Table:
    (table,) = linked(sql).tables
    return table


def open_policy(sql: str) -> OpenPolicy:
    (policy,) = linked(sql).policies
    return policy


def config(**fields: object) -> SupabaseConfig:
    return SupabaseConfig(root="", place=Place("supabase/config.toml", Span(0, 0)), **fields)  # type: ignore[arg-type]


def verdicts(table: Table, role: str) -> dict[str, str | None]:
    return {cell.verb: cell.effect and cell.effect.value for cell in table.access if cell.role == role}


# Replay


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("create table a (id int);", {"public.a": False}),
        ("create table a (id int primary key, above int references a (id), foreign key (above) references public.a);", {"public.a": False}),
        ("create table b (id int references a (id)); create table a (id int primary key);", {"public.a": False}),
        ("create table b (id int references elsewhere (id));", {}),  # error 42P01 of a server
        ("create table a (id int); alter table a enable row level security;", {"public.a": True}),
        ("create table a (id int); alter table a enable row level security; alter table a disable row level security;", {"public.a": False}),
        ("create table a (id int); drop table a;", {}),
        ("create table a (id int); alter table a rename to b; alter table b enable row level security;", {"public.b": True}),
        ("create table a (id int); alter table a enable row level security; create table a (id int);", {"public.a": True}),
        ("create table a (id int); alter table a enable row level security; create table b (like a including all);", {"public.a": True, "public.b": False}),
        ("create schema x; create table x.a (id int); alter table x.a set schema public;", {"public.a": False}),
        ("create schema x; set search_path to x; create table a (id int);", {"x.a": False}),
        ("create schema x; create table x.a (id int); drop schema x cascade;", {}),
        ("create schema x; create table x.a (id int); alter schema x rename to y;", {"y.a": False}),
        ("create temp table a (id int); create table pg_temp.b (id int);", {}),
        ("begin; create table a (id int); rollback; create table b (id int);", {"public.b": False}),
        ("begin; create table a (id int); commit;", {"public.a": False}),
        ("create table a (id int primary key); create table b (a int references a); drop table a;", {"public.a": False, "public.b": False}),
        ("create table a (id int primary key); create table b (a int references a); drop table a cascade;", {"public.b": False}),
        ("create table a (id int); create table b (id int); alter table b enable row level security; create policy p on b using (exists (select 1 from a)); drop table a;", {"public.a": False, "public.b": True}),
        ("alter table unknown_table enable row level security;", {}),
        ("create table a (id int); drop table a; create table b (like a);", {}),
        ('create table "A b" (id int); alter table "A b" enable row level security;', {"public.A b": True}),
        ("select * into a from pg_tables;", {"public.a": False}),
        ("do $$ declare n int; begin with found as (select 1) select count(*) into n from found; end $$;", {}),
        ("create table a (id int primary key); create table b (a int references a); alter table b drop constraint b_a_fkey; drop table a;", {"public.b": False}),
        ("create table a (id int primary key); create table b (a int constraint link references a); alter table b rename constraint link to was; alter table b drop constraint was; drop table a;", {"public.b": False}),
        ("create table a (id int primary key); create table b (id int, a int references a); alter table b drop column a; drop table a;", {"public.b": False}),
    ],
)  # fmt: skip
def test_what_is_left_of_tables(sql: str, expected: dict[str, bool | None]) -> None:
    assert rls(sql) == expected


_TWO = "create table a (id int); create table b (id int); "


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ("for t in select tablename from pg_tables where schemaname = 'public' loop execute format('alter table public.%I enable row level security', t); end loop;", {"public.a": True, "public.b": True}),
        ("for r in select * from information_schema.tables where table_schema = 'public' and table_name like 'a%' loop execute 'alter table ' || quote_ident(r.table_name) || ' enable row level security'; end loop;", {"public.a": True, "public.b": False}),
        ("for r in select c.relname, n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' and c.relkind = 'r' loop execute format('alter table %I.%I enable row level security', r.nspname, r.relname); end loop;", {"public.a": True, "public.b": True}),
        ("for r in select tablename from pg_tables where schemaname = 'public' and tablename not in ('b') loop execute format('alter table %s enable row level security', r.tablename); end loop;", {"public.a": True, "public.b": False}),
        ("foreach t in array array['a', 'b'] loop execute format('alter table %I enable row level security', t); end loop;", {"public.a": True, "public.b": True}),
        ("foreach t in array names loop execute format('alter table %I enable row level security', t); end loop;", {"public.a": True, "public.b": False}),
        ("for t in select unnest(array['b']) loop execute format('alter table %I enable row level security', t); end loop;", {"public.a": False, "public.b": True}),
        ("if exists (select 1 from pg_tables where tablename = 'a') then alter table a enable row level security; end if;", {"public.a": True, "public.b": False}),
        ("if not exists (select 1 from information_schema.columns where table_name = 'a' and column_name = 'id') then alter table a enable row level security; end if;", {"public.a": False, "public.b": False}),
        ("begin alter table a enable row level security; exception when others then null; end;", {"public.a": True, "public.b": False}),
        ("for r in select tablename from pg_tables where schemaname = 'public' loop begin perform protect(r.tablename); exception when others then null; end; end loop;", {"public.a": True, "public.b": True}),
        ("select string_agg(format('alter table %I enable row level security', tablename), '; ' order by tablename) into t from pg_tables where tablename = 'b'; execute t;", {"public.a": False, "public.b": True}),
        ("return; alter table a enable row level security;", {"public.a": False, "public.b": False}),
        ("if current_setting('x') = 'y' then alter table a enable row level security; end if;", {"public.a": None, "public.b": False}),
        ("execute format('alter table %I enable row level security', current_setting('x'));", {"public.a": None, "public.b": None}),
    ],
)  # fmt: skip
def test_blocks_are_unfolded_as_far_as_they_can_be_told(block: str, expected: dict[str, bool | None]) -> None:
    made = "create function protect(label text) returns void language plpgsql as $f$ begin execute format('alter table %I enable row level security', label); end $f$;"
    sql = f"{_TWO} {made} do $$ declare r record; t text; names text[] := array['a']; begin {block} end $$;"
    assert rls(sql) == expected


@pytest.mark.parametrize(
    ("text", "tables", "functions"),
    [
        ("grant usage on sequence public.%I to anon", False, False),
        ("revoke all on function public.%I from anon", False, True),
        ("grant execute on all routines in schema %I to anon", False, True),
        ("revoke insert, update on public.%I from anon", True, False),
        ("revoke all on all tables in schema %I from anon", True, False),
    ],
)
def test_a_computed_statement_leaves_only_that_in_doubt_which_it_may_be_about(text: str, tables: bool, functions: bool) -> None:
    found = linked(f"""create table a (id int); create function f() returns int language sql as 'select 1';
        do $$ begin execute format('{text}', current_setting('x')); end $$;""")
    assert [any(cell.verdict is None for cell in table.access) for table in found.tables] == [tables]
    assert [one.public_execute is None for one in found.objects.database_functions] == [functions]


@pytest.mark.parametrize(
    ("text", "a", "b"),
    [
        ("'grant select (' || {unknown} || ') on a to anon'", [None, "all"], ["none", "all"]),
        ("'grant select on ' || {unknown} || ' to anon'", [None, "all"], [None, "all"]),
    ],
)  # fmt: skip
def test_of_a_computed_grant_what_is_known_of_it_counts(text: str, a: list[str | None], b: list[str | None]) -> None:
    assert _read_by_clients(f"{_TWO} revoke all on a, b from anon", text) == {"public.a": a, "public.b": b}


@pytest.mark.parametrize(
    ("text", "a", "b"),
    [
        ("format('create policy %I on a for select to authenticated using (true)', {unknown})", ["none", None], ["none", "none"]),
        ("format('create policy p on a for select to authenticated using (%s)', {unknown})", ["none", None], ["none", "none"]),
        ("format('create policy p on %I to authenticated using (true)', {unknown})", ["none", None], ["none", None]),
        ("format('create policy p on %I to authenticated using (nothing = 1)', {unknown})", ["none", "none"], ["none", "none"]),
        ("format('create policy p on %I to service_role using (true)', {unknown})", ["none", "none"], ["none", "none"]),
        ("format('drop policy %I on b', {unknown})", ["none", "none"], ["none", "none"]),
    ],
)  # fmt: skip
def test_of_a_computed_policy_what_is_known_of_it_counts(text: str, a: list[str | None], b: list[str | None]) -> None:
    protected = "alter table a enable row level security; alter table b enable row level security"
    assert _read_by_clients(f"{_TWO} {protected}", text) == {"public.a": a, "public.b": b}


def test_a_computed_name_of_a_policy_leaves_that_of_its_table_in_doubt() -> None:
    policies = "".join(f"alter table {name} enable row level security; create policy p on {name} using (true);" for name in ("a", "b"))
    assert _read_by_clients(f"{_TWO} {policies}", "format('drop policy %I on a', {unknown})") == {
        "public.a": [None, None],
        "public.b": ["all", "all"],
    }


def _read_by_clients(sql: str, text: str) -> dict[str, list[str | None]]:
    """What strangers and accounts read, by table, after a text is executed of which a part is not known."""
    computed = text.format(unknown="current_setting('x')")
    found = linked(f"{sql}; do $$ begin execute {computed}; end $$;")
    return {table.name: [cell.verdict for cell in table.access if cell.verb == "select"] for table in found.tables}


def test_what_cannot_be_followed_is_noted() -> None:
    found = linked(
        f"{_TWO} do $$ begin execute format('alter table %I enable row level security', current_setting('x')); end $$; create policy if not exists p on a;"
    )
    assert [note.message for note in found.notes] == [
        "a computed statement cannot be followed: what it changes is not known",
        "a create statement is not understood: what it changes is not known",
    ]


def test_policies_are_those_at_the_end() -> None:
    table = only(
        "create table a (id uuid, user_id uuid); alter table a enable row level security; create policy p on a using (true); create policy p on a using (false); "
        "create policy q on a for select to anon using (true); alter policy q on a to authenticated using (auth.uid() = user_id); alter policy q on a rename to r; "
        "create policy gone on a using (true); drop policy gone on a; drop policy if exists none on a;"
    )
    assert [(policy.name, policy.roles, policy.using, policy.using_text) for policy in table.policies] == [
        ("p", ("public",), Predicate.ALWAYS, "true"),
        ("r", ("authenticated",), Predicate.CALLER_BOUND, "auth.uid() = user_id"),
    ]


def test_dropping_what_a_policy_reads_takes_the_policy_along() -> None:
    table = only(
        "create table a (id uuid); alter table a enable row level security; create function ok() returns boolean language sql as 'select true'; create policy p on a using (ok()); "
        "create table m (id uuid); create policy q on a using (exists (select 1 from m)); drop function ok(); drop function ok() cascade; drop table m cascade;"
    )
    assert table.policies == ()


def test_the_trail_tells_what_happened_in_order() -> None:
    found = linked(
        {
            FIRST: "create table a (id int); alter table a enable row level security;",
            "supabase/migrations/20250102000000_open.sql": "alter table a disable row level security; grant select on a to anon;",
        }
    )
    (table,) = found.tables
    assert [(step.place.path, step.note) for step in table.trail] == [
        (FIRST, "created here"),
        (FIRST, "row level security is switched on here"),
        ("supabase/migrations/20250102000000_open.sql", "row level security is switched off here"),
        ("supabase/migrations/20250102000000_open.sql", "granted to the roles of the API here"),
    ]
    assert (table.protected_before, table.key, table.subject) == (True, "|table|public.a|supabase", "table|public.a")


# Databases and order


def test_files_run_in_the_order_of_their_tool() -> None:
    on, off = "alter table a enable row level security;", "alter table a disable row level security;"
    make = "create table a (id int);"
    chains = {
        "supabase": {"supabase/migrations/20250101000000_a.sql": make, "supabase/migrations/20250102000000_b.sql": off, "supabase/migrations/20250103000000_c.sql": on},
        "prisma": {"prisma/migrations/20250101_a/migration.sql": make, "prisma/migrations/20250102_b/migration.sql": off, "prisma/migrations/20250103_c/migration.sql": on},
        "drizzle": {
            "drizzle/meta/_journal.json": '{"entries": [{"tag": "0000_z"}, {"tag": "0001_m"}, {"tag": "0002_a"}]}', "drizzle/0000_z.sql": make, "drizzle/0001_m.sql": off, "drizzle/0002_a.sql": on,
        },
        "flyway": {"sql/V1__a.sql": make, "sql/V2__b.sql": off, "sql/V10__c.sql": on},
        "migrations": {"db/migrations/1_a.sql": make, "db/migrations/2_b.sql": off, "db/migrations/10_c.sql": on},
    }  # fmt: skip
    for origin, files in chains.items():
        names = list(files)
        random.Random(1).shuffle(names)
        found = linked({name: files[name] for name in names}, CLIENT)
        assert [(table.origin, table.rls) for table in found.tables] == [(origin, True)], origin


@given(st.permutations(range(5)))
def test_the_order_of_the_files_does_not_matter(order: list[int]) -> None:
    files = {
        f"supabase/migrations/2025010{number}000000_x.sql": sql
        for number, sql in enumerate(
            [
                "create table a (id int);",
                "alter table a enable row level security;",
                "create policy p on a using (true);",
                "create table b (id int);",
                "alter table b rename to c;",
            ]
        )
    }
    names = list(files)
    assert linked({names[at]: files[names[at]] for at in order}) == linked(files)


def test_two_apps_are_two_databases() -> None:
    one = {"one/package.json": "", f"one/{FIRST}": "create table a (id int);"}
    two = {"two/package.json": "", f"two/{FIRST}": "create table a (id int); alter table a enable row level security;"}
    packages = (Package(root="one", ecosystem="npm"), Package(root="two", ecosystem="npm"))
    both = linked({**one, **two}, packages)
    assert both.tables == (*linked(one, packages[:1]).tables, *linked(two, packages[1:]).tables)
    assert [(table.database, table.package, table.rls) for table in both.tables] == [
        ("one/supabase", "one", False),
        ("two/supabase", "two", True),
    ]


def test_scripts_add_protection_and_take_none_away() -> None:
    files = {
        "schema.sql": "create table a (id int); create table b (id int); alter table b enable row level security; create table c (id int);",
        "disable-rls.sql": "alter table b disable row level security; drop table c;",
        "fix-rls.sql": "alter table a enable row level security;",
        "old/schema.sql": "create table a (id int); create table z (id int);",
    }
    found = linked(files, CLIENT)
    assert {table.name: (table.rls, table.origin) for table in found.tables} == {
        "public.a": (True, "scripts"),
        "public.b": (True, "scripts"),
        "public.c": (False, "scripts"),
    }


def test_scripts_beside_a_chain_do_not_count() -> None:
    assert rls({FIRST: "create table a (id int);", "schema.sql": "create table b (id int);"}) == {"public.a": False}


@pytest.mark.parametrize(
    ("path", "sql", "dialect"),
    [
        ("a.sql", "create table a (id uuid primary key, x jsonb);", "postgres"),
        ("a.sql", "CREATE TABLE `a` (`id` int NOT NULL AUTO_INCREMENT) ENGINE=InnoDB;", "mysql"),
        ("a.sql", "CREATE TABLE `a` (`id` integer PRIMARY KEY AUTOINCREMENT, `x` text);", "sqlite"),
        ("a.sql", "CREATE TABLE a ON CLUSTER c (x DateTime64(3)) ENGINE = MergeTree;", "clickhouse"),
        ("a.sql", "create table a (id int);", "unknown"),
        ("supabase/migrations/a.sql", "create table `a` (id int auto_increment);", "postgres"),
        ("a.sql", "-- was auto_increment in MySQL\ncreate table a (id bigserial, at timestamptz);", "postgres"),
    ],
)
def test_dialects(path: str, sql: str, dialect: str) -> None:
    assert dialect_of(path, sql.encode()) == dialect


def test_a_dialect_that_is_not_read_is_one_note() -> None:
    files = {f"db/migrations/{number}_a.sql": "CREATE TABLE [dbo].[a] ([id] int IDENTITY(1,1), [b] nvarchar(10));" for number in (1, 2)}
    found = linked(files, CLIENT)
    assert found.tables == ()
    assert [note.message for note in found.notes] == ["2 files are written for mssql, not PostgreSQL: their tables are not looked at"]


# Reach and privileges


@pytest.mark.parametrize(
    ("files", "packages", "exposed"),
    [
        ({FIRST: "create table a (id int);"}, (), True),
        ({"db/migrations/1_a.sql": "create table a (id int);"}, (), False),
        ({"db/migrations/1_a.sql": "create table a (id int);"}, CLIENT, True),
        ({"db/migrations/1_a.sql": "create table a (id int);"}, (Package(root="", ecosystem="python", dependencies=("supabase",)),), True),
        ({"db/migrations/1_a.sql": "create table a (id int); grant select on a to anon;"}, (), True),
        ({"db/migrations/1_a.sql": "create table a (id uuid); create policy p on a using (auth.uid() = id);"}, (), True),
        ({FIRST: "create schema x; create table x.a (id int);"}, (), False),
    ],
)
def test_whether_clients_reach_a_table(files: dict[str, str], packages: Sequence[Package], exposed: bool) -> None:
    assert [table.exposed for table in linked(files, packages).tables] == [exposed]


@pytest.mark.parametrize(
    ("address", "exposed"),
    [
        ("postgresql://me:word@ep-calm-sea.eu-central-1.aws.neon.tech/main", False),
        ("postgresql://postgres.abc:word@aws-0-eu-central-1.pooler.supabase.com:6543/postgres", True),
        ("postgresql://me:word@localhost:5432/main", True),
        ("", True),
    ],
)
def test_a_database_that_is_rented_elsewhere_is_not_what_supabase_serves(address: str, exposed: bool) -> None:
    made = facts({"prisma/migrations/20250101000000_first/migration.sql": "create table people (email text);"})
    found = schema([*made, with_variables(".env.example", f"DATABASE_URL={address}\n")], (), CLIENT)
    assert [table.exposed for table in found.tables] == [exposed]


def test_config_and_roles_say_which_schemas_are_served() -> None:
    sql = "create schema x; create table x.a (id int); create table b (id int);"
    assert [table.exposed for table in linked(sql, config=config(schemas=("x",))).tables] == [True, False]
    assert [table.exposed for table in linked(sql, config=config(api_enabled=False)).tables] == [False, False]
    assert [table.exposed for table in linked(sql + "alter role authenticator set pgrst.db_schemas = 'x, public';").tables] == [True, True]


def test_a_session_says_which_schemas_are_served_where_nothing_else_does() -> None:
    sql = "create schema x; create table x.a (id int); create table b (id int); set local pgrst.db_schemas = 'x';"
    assert [table.exposed for table in linked(sql).tables] == [True, False]
    assert [table.exposed for table in linked(f"{sql} set pgrst.db_schemas = '';").tables] == [False, False]
    assert [table.exposed for table in linked(f"{sql} reset pgrst.db_schemas;").tables] == [False, True]
    assert [table.exposed for table in linked(sql, config=config(schemas=("public",))).tables] == [False, True]
    assert [table.exposed for table in linked(f"alter role authenticator set pgrst.db_schemas = 'public'; {sql}").tables] == [False, True]


READ = "create policy p on a for select to authenticated using (true);"


@pytest.mark.parametrize(
    ("files", "settings", "expected"),
    [
        ({FIRST: "create table a (id int);"}, {}, [True]),
        ({"supabase/migrations/20260601000000_a.sql": "create table a (id int);"}, {}, [False]),
        ({FIRST: "create table a (id int);", "supabase/migrations/20261101000000_b.sql": "create table b (id int);"}, {}, [True, False]),
        ({FIRST: "create table a (id int);", "supabase/migrations/20260601000000_b.sql": "create table b (id int);"}, {}, [True, True]),
        ({"supabase/migrations/20260601000000_a.sql": "create table a (id int);"}, {"defaults": "legacy"}, [True]),
        ({FIRST: "create table a (id int);"}, {"defaults": "revoked"}, [False]),
        ({FIRST: "create table a (id int);"}, {"config": config(auto_expose_new_tables=False)}, [False]),
        ({"supabase/migrations/20260601000000_a.sql": "create table a (id int); grant select on a to anon;"}, {}, [True]),
        ({"supabase/migrations/20260601000000_a.sql": f"create table a (id int); {READ}"}, {}, [True]),
        ({"supabase/migrations/20260601000000_a.sql": f"create table a (id int); {READ} create table b (id int); grant select on b to authenticated;"}, {}, [False, True]),
        ({"supabase/migrations/20260601000000_a.sql": f"create table a (id int); {READ} grant usage on schema public to anon; grant all on a to service_role;"}, {}, [True]),
        ({"supabase/migrations/20260601000000_a.sql": "create table a (id int); create policy p on a to service_role using (true);"}, {}, [False]),
        ({"supabase/migrations/20260601000000_a.sql": "create table a (id int); create policy p on storage.objects for select using (true);"}, {}, [False]),
        ({"supabase/migrations/20260601000000_a.sql": f"create table a (id int); {READ}"}, {"defaults": "revoked"}, [False]),
        ({"supabase/migrations/20261101000000_a.sql": f"create table a (id int); {READ}"}, {}, [False]),
    ],
)  # fmt: skip
def test_new_tables_are_granted_by_the_rules_of_their_day(files: dict[str, str], settings: dict[str, object], expected: list[bool]) -> None:
    found = linked(files, **settings)  # type: ignore[arg-type]
    assert [(table.granted, table.revoked) for table in found.tables] == [(granted, False) for granted in expected]


@pytest.mark.parametrize(
    ("sql", "granted", "revoked"),
    [
        ("create table a (id int); revoke all on a from anon, authenticated;", False, True),
        ("create table a (id int); revoke all on a from anon;", True, False),
        ("create table a (id int); revoke all on a from anon, authenticated; grant select (id) on a to anon;", True, False),
        ("create table a (id int); revoke select on a from public;", True, False),
        ("alter default privileges in schema public revoke all on tables from anon, authenticated; create table a (id int);", False, True),
        ("alter default privileges revoke all on tables from anon, authenticated; create table a (id int);", True, False),
        ("create table a (id int); revoke all on all tables in schema public from anon, authenticated;", False, True),
    ],
)
def test_privileges(sql: str, granted: bool, revoked: bool) -> None:
    table = only(sql)
    assert (table.granted, table.revoked) == (granted, revoked)


def test_access_says_which_columns() -> None:
    table = only("create table a (id int, email text); revoke select on a from anon; grant select (id) on a to anon;")
    assert [(cell.verdict, cell.columns) for cell in table.access if (cell.role, cell.verb) == ("anon", "select")] == [
        (Verdict.ALL, ("id",))
    ]


def test_functions_keep_their_privileges_when_replaced() -> None:
    table = only(
        "create table a (id uuid); alter table a enable row level security; create function ok() returns boolean language sql as 'select true'; revoke execute on function ok() from public, anon; "
        "create or replace function ok() returns boolean language sql as 'select true'; create policy p on a for select using (ok());"
    )
    assert (verdicts(table, "anon")["select"], verdicts(table, "authenticated")["select"]) == ("none", "all")


# Conditions


def test_types_in_quotes_as_dumps_write_them_are_the_same_types() -> None:
    found = linked("""
        create table "public"."notes" ("id" "uuid" not null, "kind" character varying(20), "Odd" "public"."Odd");
        create or replace function "public"."join"("token" "text", "at" timestamp with time zone) returns "uuid" language "sql" as $$ select null::uuid $$;
        create or replace function public.join(token TEXT, at timestamptz) returns uuid language sql security definer as $$ select null::uuid $$;
        create function "public"."stamp"() returns "trigger" language "plpgsql" as $$ begin return new; end $$;
        alter function "public"."join"("token" "text", "at" timestamp with time zone) set "search_path" to '';
    """)
    assert [(column.name, column.type) for table in found.tables for column in table.columns] == [
        ("id", "uuid"),
        ("kind", "character varying(20)"),
        ("Odd", 'public."odd"'),
    ]
    functions = found.objects.database_functions
    assert [(one.name, one.definer, one.trigger, one.search_path is not None) for one in functions] == [
        ("public.join", True, False, True),
        ("public.stamp", False, True, False),
    ]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("true", Predicate.ALWAYS), ("1 = 1", Predicate.ALWAYS), ("(select true)", Predicate.ALWAYS), ("id = id", Predicate.ALWAYS), ("true or auth.uid() = user_id", Predicate.ALWAYS), ("false", Predicate.NEVER),
        ("null", Predicate.NEVER), ("auth.uid() is not null", Predicate.ANY_AUTHED), ("auth.role() = 'authenticated'", Predicate.ANY_AUTHED), ("(select auth.uid()) is not null", Predicate.ANY_AUTHED),
        ("auth.jwt() is not null and auth.role() <> 'anon'", Predicate.ANY_AUTHED), ("auth.uid() = auth.uid()", Predicate.ANY_AUTHED), ("open", Predicate.ROW_FLAG), ("status = 'published'", Predicate.ROW_FLAG),
        ("open or auth.uid() = user_id", Predicate.ROW_FLAG), ("auth.uid() = user_id", Predicate.CALLER_BOUND), ("auth.uid()::text = user_id::text and open", Predicate.CALLER_BOUND),
        ("user_id in (select auth.uid())", Predicate.CALLER_BOUND), ("auth.email() = status", Predicate.CALLER_BOUND), ("(auth.jwt() -> 'app_metadata' ->> 'role') = 'admin'", Predicate.ROLE_BOUND),
        ("exists (select 1 from admins where admins.user_id = auth.uid())", Predicate.ROLE_BOUND), ("is_admin()", Predicate.ROLE_BOUND), ("owns(user_id)", Predicate.CALLER_BOUND),
        ("auth.role() = 'service_role'", Predicate.NEVER), ("(auth.jwt() -> 'user_metadata' ->> 'role') = 'admin'", Predicate.META), ("somebody_elses_function()", Predicate.UNKNOWN),
        ("current_setting('app.user') = user_id::text", Predicate.UNKNOWN), ("exists (select 1 from admins a where a.user_id = auth.uid() and a.team = team)", Predicate.ROLE_BOUND),
        ("exists (select 1 from admins a where a.user_id = auth.uid() and a.team = t.team)", Predicate.CALLER_BOUND), ("auth.uid() = any (members)", Predicate.CALLER_BOUND), ("helped()", Predicate.ROLE_BOUND),
    ],
)  # fmt: skip
def test_what_it_takes_to_pass(condition: str, expected: Predicate) -> None:
    found = linked(
        "create table admins (user_id uuid, team uuid); create function is_admin() returns boolean language sql security definer as $$ select exists (select 1 from admins where user_id = auth.uid()) $$; "
        "create function helped() returns boolean language plpgsql as $$ begin return is_admin(); end $$; create function owns(owner uuid) returns boolean language sql as $$ select owner = auth.uid() $$; "
        f"create table t (id uuid primary key, user_id uuid, team uuid, open boolean, status text, members uuid[]); alter table t enable row level security; create policy p on t using ({condition});"
    )
    table = next(table for table in found.tables if table.name == "public.t")
    assert table.policies[0].using is expected


@pytest.mark.parametrize(
    ("policies", "anon", "authenticated"),
    [
        ("", "none none none none", "none none none none"),
        ("create policy p on t using (true);", "all all all all", "all all all all"),
        ("create policy p on t to authenticated using (true);", "none none none none", "all all all all"),
        ("create policy p on t for select using (true);", "all none none none", "all none none none"),
        ("create policy p on t for insert;", "none none none none", "none none none none"),
        ("create policy p on t with check (true);", "none all none none", "none all none none"),
        ("create policy p on t using (auth.uid() = user_id);", "none none none none", "rows rows rows rows"),
        (
            "create policy p on t using (true); create policy q on t as restrictive using (auth.uid() = user_id);",
            "none none none none",
            "rows rows rows rows",
        ),
        ("create policy p on t as restrictive using (true);", "none none none none", "none none none none"),
        ("create policy p on t to service_role using (true);", "none none none none", "none none none none"),
        ("create policy p on t using (unknown_function());", "None None None None", "None None None None"),
        ("create policy p on t for select using (exists (select 1 from t));", "none none none none", "none none none none"),
        ("create policy p on t for select using (exists (select 1 from auth.users));", "none none none none", "none none none none"),
    ],
)
def test_policies_are_combined_as_the_server_does(policies: str, anon: str, authenticated: str) -> None:
    table = only(f"create table t (id uuid primary key, user_id uuid); alter table t enable row level security; {policies}")
    assert (" ".join(map(str, verdicts(table, "anon").values())), " ".join(map(str, verdicts(table, "authenticated").values()))) == (
        anon,
        authenticated,
    )


# Open policies

_OPEN = "create table leads (id uuid primary key, name text); alter table leads enable row level security; "


def test_an_open_policy_says_what_strangers_can_do() -> None:
    found = open_policy(
        "create table t (id uuid, email text); alter table t enable row level security; create policy p on t for all using (true);"
    )
    assert (found.table, found.verbs, found.to_anon, found.writes, found.reads, found.publishes) == (
        "public.t",
        ("select", "insert", "update", "delete"),
        True,
        True,
        True,
        True,
    )
    assert found.outsiders == "anyone who has the public key can read, add, change and delete every row (email)"
    assert (found.key, found.subject) == ("|policy|public.t|p|supabase", "policy|public.t|p")
    assert [step.note for step in found.trail] == ["the table is created here", "the policy lets everyone through here"]


@pytest.mark.parametrize(
    ("policy", "fields"),
    [
        ("create policy p on leads for insert with check (true);", {"intake": True, "insert_only": True, "outsiders": "anyone who has the public key can add rows"}),
        ("create policy p on leads for insert to authenticated with check (true); create policy q on leads for select using (false);", {"intake": True, "to_anon": False}),
        ("create policy p on leads for update using (true);", {"blind": True, "verbs": ("update",)}),
        ("create policy p on leads for delete to authenticated using (true);", {"blind": True, "outsiders": "anyone who signs up can delete every row"}),
        ("create policy p on leads for select using (auth.uid() is not null);", {"predicate": Predicate.ANY_AUTHED, "to_anon": False, "publishes": False}),
        ("create policy p on leads for select using (name = 'x');", {"predicate": Predicate.ROW_FLAG, "open_by_default": False, "publishes": False}),
        ("comment on table leads is '@public'; create policy p on leads for select using (true);", {"marked_public": True}),
    ],
)  # fmt: skip
def test_open_policies(policy: str, fields: dict[str, object]) -> None:
    found = open_policy(_OPEN + policy)
    assert {name: getattr(found, name) for name in fields} == fields


@pytest.mark.parametrize(
    "policy",
    [
        "create policy p on leads for insert;",
        "create policy p on leads using (false);",
        "create policy p on leads to service_role using (true);",
        "create policy p on leads using (true); create policy q on leads as restrictive using (auth.uid() = id);",
        "revoke all on leads from anon, authenticated; create policy p on leads using (true);",
        "create policy p on leads using (auth.uid() = id);",
        "create policy p on leads using (unknown_function());",
        "do $$ begin if current_setting('x') = 'y' then create policy p on leads using (true); end if; end $$;",
    ],
)
def test_policies_that_are_not_open(policy: str) -> None:
    assert linked(_OPEN + policy).policies == ()


@pytest.mark.parametrize(
    ("name", "lead", "expected"),
    [
        ("Service role full access", "", True), ("backend_can_update", "", True), ("System inserts", "", True), ("admin_delete", "", True), ("insert by service", "", True), ("orders_insert", "written by edge functions only", True),
        ("Anyone can read system texts", "", False), ("View system settings", "", False), ("services_read", "", False), ("Users can view services", "", False), ("orders_read", "all users, and the service role", False),
        ("orders_read", "", False),
    ],
)  # fmt: skip
def test_which_policies_claim_to_be_for_the_server(name: str, lead: str, expected: bool) -> None:
    policy = PolicyState(name, NOWHERE, True, "all", ("public",), None, None, None, None, lead)
    assert claims_service(policy) is expected


# Sensitivity


@pytest.mark.parametrize(
    ("table", "column", "type_", "expected"),
    [
        ("accounts", "password_hash", "text", "credentials"), ("accounts", "apiKey", "text", "credentials"), ("accounts", "password_reset_required", "boolean", None), ("usage", "token_count", "int", None),
        ("accounts", "email_verified", "boolean", None), ("accounts", "email", "varchar(255)", "contact"), ("profiles", "phone", "text", "contact"), ("profiles", "date_of_birth", "date", "contact"), ("people", "ssn", "text", "identity"),
        ("staff", "salary", "numeric", "finance"), ("patients", "diagnosis", "text", "health"), ("locations", "address", "text", None), ("stores", "phone", "text", None), ("customers", "address", "text", "contact"),
        ("posts", "content", "text", None), ("messages", "content", "text", "private"), ("payments", "amount", "numeric", "finance"), ("settings", "support_email", "text", None), ("keys", "public_key", "text", None),
        ("profiles", "username", "text", None), ("posts", "title", "text", None), ("accounts", "password_changed_at", "timestamptz", None), ("emails", "email_template", "text", None),
        ("clientes", "telefone", "text", "contact"), ("pacientes", "paciente_telefone", "text", "contact"), ("lojas", "telefone", "text", None), ("usuarios", "senha", "text", "credentials"),
        ("Clientes", "Endereço", "text", "contact"), ("fichas", "historico_saude", "text", "health"), ("pessoas", "data_nascimento", "date", "contact"), ("pessoas", "nome", "text", None),
        ("medical_clearances", "notes", "text", "health"), ("mensagens", "conteudo", "text", "private"), ("equipe", "salario", "numeric", "finance"), ("produtos", "valor", "numeric", None),
    ],
)  # fmt: skip
def test_what_columns_hold(table: str, column: str, type_: str, expected: str | None) -> None:
    relation = Relation("public", table, "table", NOWHERE)
    relation.columns = {name: ColumnState(name, kind) for name, kind in (("id", "uuid"), ("sender_id", "uuid"), (column, type_))}
    assert column_kind(relation, relation.columns[column]) == expected


def test_whose_row_it_is() -> None:
    relation = Relation("public", "notes", "table", NOWHERE)
    relation.columns = {
        "id": ColumnState("id", "uuid", references=Name("auth", "users")),
        "createdBy": ColumnState("createdBy", "uuid"),
        "org_id": ColumnState("org_id", "uuid"),
        "body": ColumnState("body", "text"),
    }
    assert owner_columns(relation) == ("id", "createdBy", "org_id")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("posts", True), ("blog_posts", True), ("profiles", False), ("service_bookings", False), ("store_customers", False), ("plans", True)],
)
def test_what_is_published_anyway(name: str, expected: bool) -> None:
    assert is_content(Relation("public", name, "table", NOWHERE)) is expected


# Uses in the browser


def use(table: str, package: str = "", verb: str | None = "select", in_browser: bool | None = True, at: int = 0) -> TableUse:
    return TableUse(table, verb, Place("src/app.ts", Span(at, at + 1)), package, in_browser)


def test_uses_in_the_browser_are_told_on_tables_and_policies() -> None:
    found = linked(
        "create table a (id int); create table b (id int); alter table b enable row level security; create policy p on b using (true);"
    )
    uses = [use("a", at=at) for at in (9, 1, 5, 7)] + [use("b", verb="update"), use("a", in_browser=False, at=20), use("c")]
    tables, policies = with_browser_uses(found.tables, found.policies, uses)
    assert [(table.name, table.used_in_browser) for table in tables] == [("public.a", True), ("public.b", True)]
    assert [(step.place.span.start, step.note) for step in tables[0].trail[1:]] == [
        (1, "read by the browser here"),
        (5, "read by the browser here"),
        (7, "read by the browser here"),
    ]
    assert [(policy.used_in_browser, policy.trail[-1].note) for policy in policies] == [(True, "changed by the browser here")]


def test_a_use_goes_to_the_nearest_database() -> None:
    packages = (Package(root="one", ecosystem="npm"), Package(root="two", ecosystem="npm"))
    found = linked({f"one/{FIRST}": "create table a (id int);", f"two/{FIRST}": "create table a (id int);"}, packages)
    tables, _ = with_browser_uses(found.tables, found.policies, [use("a", package="two")])
    assert [(table.package, table.used_in_browser) for table in tables] == [("one", False), ("two", True)]


_ROLES = "create type app_role as enum ('admin', 'user'); create table members (id uuid primary key, role {type}); create table a (id uuid); alter table a enable row level security; "
_HAS_ROLE = "create function has_role(wanted app_role) returns boolean language sql stable security definer as $$ select exists (select 1 from members where role = wanted) $$; "


@pytest.mark.parametrize(
    ("type_", "policy", "policies"),
    [
        ("app_role", "create policy p on a using (has_role('admin'));", 1),
        # No operator compares a text with an enumerated value: the function is not made, and so the policy is not.
        ("text", "create policy p on a using (has_role('admin'));", 0),
        ("text", "create policy p on members using (role = 'admin'::app_role);", 0),
        ("text", "create policy p on members using (role = 'admin');", 1),
        ("app_role", "create policy p on members using (role = 'admin'::app_role);", 1),
        ("text", "create policy p on members using (role::app_role = 'admin'::app_role);", 1),
        # Error 22P02: it has no such value.
        ("app_role", "create policy p on members using (role = 'owner');", 0),
        ("app_role", "create policy p on members using (role in ('admin', 'owner'));", 0),
        ("app_role", "create policy p on members using (role::text in ('admin', 'owner'));", 1),
        ("text", "create policy p on members using (has_role('admin'::app_role) or 'owner'::app_role is null);", 0),
        ("app_role", "alter type app_role add value 'owner'; create policy p on members using (role = 'owner');", 1),
        ("app_role", "alter type app_role rename value 'user' to 'owner'; create policy p on members using (role = 'owner');", 1),
        (
            "app_role",
            "alter type app_role rename to roles; alter type roles add value 'owner'; create policy p on members using (role = 'owner');",
            1,
        ),
    ],
)
def test_statements_that_compare_what_cannot_be_compared_do_nothing(type_: str, policy: str, policies: int) -> None:
    assert len(linked(_ROLES.format(type=type_) + _HAS_ROLE + policy).objects.row_policies) == policies


def test_a_block_makes_queues() -> None:
    found = linked("create schema pgmq; do $$ begin perform pgmq.create('jobs'); exception when others then null; end $$;")
    assert [table.name for table in found.tables] == ["pgmq.q_jobs"]


@pytest.mark.parametrize(
    ("sql", "policies"),
    [
        ("create table a (id int); create policy p on a using (exists (select 1 from b)); create table b (id int);", 0),
        ("create table a (id int); create policy p on a using (exists (select 1 from elsewhere));", 1),
        ("create table a (id int); create policy p on a using (exists (select 1 from elsewhere)); create policy p on a using (true);", 1),
        (
            "create table a (id int); create policy p on a using (f()); create function f() returns boolean language sql as 'select true';",
            0,
        ),
        ("create table a (id int); create policy p on a using (by_hand());", 1),
        ("create table a (id int); create policy p on a using (gone is null);", 0),
        ("create table a (id int); create policy p on a to clerk using (true); create role clerk;", 0),
        ("create table a (id int); create policy p on a to by_hand using (true);", 1),
    ],
)
def test_what_migrations_make_later_is_not_there_yet_and_what_they_never_make_may_be(sql: str, policies: int) -> None:
    assert len(linked(sql).objects.row_policies) == policies


_NOTES = "create table notes (id uuid primary key, user_id uuid, body text); alter table notes enable row level security; "
_TEAMS = "create policy p on notes for select using (exists (select 1 from teams));"


@pytest.mark.parametrize(
    ("sql", "lacking"),
    [
        (_TEAMS, "table teams"),
        (f"alter table teams enable row level security; {_TEAMS}", "table teams"),
        ("create table members (user_id uuid); create policy p on notes using (user_id in (select m.user_id from members m join public.notes t on true));", None),
        ("create policy p on notes using (public.is_staff());", "function public.is_staff()"),
        ("create policy p on notes using (is_staff(auth.uid()));", "function is_staff()"),
        ("create policy p on notes using (auth.tenant() = user_id);", "function auth.tenant()"),
        ("create policy p on notes using (billing.owner() = user_id);", "function billing.owner()"),
        ("create policy p on notes to clerk, authenticated using (true);", "role clerk"),
        # What reads what is refused is refused.
        ("create view mates as select * from teams; create policy p on notes using (exists (select 1 from mates));", "table mates"),
        ("create function may() returns boolean language sql as 'select exists (select 1 from teams)'; create policy p on notes using (may());", "function may()"),
        ("create table mates (id uuid references teams); create policy p on notes using (exists (select 1 from mates));", "table mates"),
        # PostgreSQL, its extensions and Supabase bring these.
        ("create policy p on notes using (lower(coalesce(body, '')) = text(current_user) and jsonb_path_exists(auth.jwt(), '$'));", None),
        ("create policy p on notes using (storage.foldername(body) is not null and exists (select 1 from vault.decrypted_secrets));", None),
        ("create policy p on notes using (exists (select 1 from pg_stat_activity, cron.job, auth.sso_providers));", None),
        ("create policy p on notes using (similarity(body, 'a') > 0.5 and st_distance(body, body) < 1 and uuid_generate_v4() <> id);", None),
        ("create policy p on notes to service_role, pg_monitor using (true);", None),
        ("create policy p on notes using (id in (with t as (select id from notes) select id from t));", None),
        # Anybody's guess: what is not understood, or comes from an extension that nobody knows, may bring them.
        ("create extension keeper; create policy p on notes using (keeper_says(id));", None),
        ("create extension keeper with schema extensions; create policy p on notes using (public.keeper_says(id));", "function public.keeper_says()"),
        ("create table teams (id uuid primary key,, x); " + _TEAMS, None),
        ("create function is_staff() returns boolean garbage here $$ select true $$; create policy p on notes using (is_staff());", None),
        ("do $$ begin execute 'create table ' || current_setting('app.table') || ' (id uuid)'; end $$; " + _TEAMS, None),
        ("\\i teams.sql\n" + _TEAMS, None),
        ("import foreign schema crm from server crm into public; " + _TEAMS, None),
        ("set check_function_bodies = off; create function may() returns boolean language sql as 'select exists (select 1 from teams)'; create policy p on notes using (may());", None),
        ("set check_function_bodies to 'on'; create function may() returns boolean language sql as 'select exists (select 1 from teams)'; create policy p on notes using (may());", "function may()"),
    ],
)  # fmt: skip
def test_a_server_refuses_policies_on_what_nothing_makes_and_the_database_in_use_may_have_them(sql: str, lacking: str | None) -> None:
    """Errors 42P01, 42883, 42704 and 3F000 of a server."""
    found = linked(_NOTES + sql)
    (table,) = [each for each in found.tables if each.name == "public.notes"]
    said = [note.message for note in found.notes if "policy 'p'" in note.message]
    assert said == (
        [] if lacking is None else [f"a server that runs only these migrations refuses to make policy 'p' here: {lacking} is not there"]
    )
    if [policy.name for policy in table.policies] == ["p"]:
        assert [policy.premature for policy in table.policies] == [lacking is not None]
        refused = {cell.reason.split(";")[0] for cell in table.access if cell.role == "authenticated" and cell.verb == "select"}
        assert ("a server that runs only these migrations refuses every policy that would allow it" in refused) is (lacking is not None)


def test_a_refused_policy_opens_nothing_on_the_server_and_is_still_judged() -> None:
    sql = (
        _NOTES + "create policy p on notes using (true or exists (select 1 from teams)); create policy q on notes for delete using (true);"
    )
    found = linked(sql)
    (table,) = found.tables
    anon = {cell.verb: (cell.verdict, cell.effect) for cell in table.access if cell.role == "anon"}
    assert anon == {"select": ("none", "all"), "insert": ("none", "all"), "update": ("none", "all"), "delete": ("all", "all")}
    assert [policy.policy for policy in found.policies] == ["p", "q"]


def test_a_refused_policy_that_fails_takes_nothing_away() -> None:
    closed = "create table keys (id uuid); revoke all on keys from anon; "
    sql = (
        closed
        + _NOTES
        + "create policy p on notes using (exists (select 1 from keys, teams)); create policy q on notes for select using (true);"
    )
    (table,) = [each for each in linked(sql).tables if each.name == "public.notes"]
    assert [(cell.verdict, cell.effect) for cell in table.access if (cell.role, cell.verb) == ("anon", "select")] == [("all", "all")]


@pytest.mark.parametrize(
    "sql",
    [
        "create view mates as select id from teams; drop table notes;",
        "create view mates as select notes.id from notes, teams; drop table notes;",
        "create table other (id int); create policy p on other using (exists (select 1 from notes, teams)); drop table notes;",
        "create function f() returns int language sql as 'select 1'; create view w as select f() as a from teams; drop function f(); drop table notes;",
        "create table visits (id uuid references notes, team uuid references teams); drop table notes;",
    ],
)
def test_what_a_server_refused_to_make_keeps_nothing(sql: str) -> None:
    assert "public.notes" not in rls(_NOTES + sql)


@pytest.mark.parametrize(
    ("sql", "premature"),
    [
        ("create policy p on notes using (exists (select 1 from teams)); create policy p on notes using (true);", [("p", False)]),
        ("create policy p on notes using (exists (select 1 from teams)); alter policy p on notes using (true);", [("p", True)]),
        ("create policy p on notes using (true); alter policy p on notes using (exists (select 1 from teams));", [("p", False)]),
        ("create policy p on notes using (is_staff()); drop policy p on notes;", []),
    ],
)
def test_refused_policies_are_made_altered_and_dropped(sql: str, premature: list[tuple[str, bool]]) -> None:
    (table,) = linked(_NOTES + sql).tables
    assert [(policy.name, policy.premature) for policy in table.policies] == premature


@pytest.mark.parametrize(
    ("column", "is_there"),
    [
        ("extract(epoch from n.day)", True),
        ("extract('year' from n.day)", True),
        ("normalize(n.text, nfc)", True),
        ("xmlelement(name item, n.text)", True),
        ("n.ctid", True),
        ("n", True),
        ("(select o.text from notes o where o.day > n.day)", True),
        ("w.total from (select count(*) as total from notes) w, notes", True),
        ("n.total", False),
        ("extract(epoch from n.since)", False),
        ("(select o.total from notes o)", False),
    ],
)
def test_a_view_of_columns_that_are_not_there_is_not_made(column: str, is_there: bool) -> None:
    sources = "" if column.startswith("w.") else "from notes n"
    sql = f"create table notes (day timestamptz, text text); create view v as select {column} {sources};"
    assert [view.name for view in linked(sql).objects.views] == ["public.v"] * is_there


@pytest.mark.parametrize(
    ("change", "columns", "policies"),
    [
        ("drop column open", "id day note", "one two"),
        ("drop column note", "id day open note", "one two"),
        ("drop column note cascade", "id day open", "two"),
        ("drop column day cascade", "id day open note", "one two"),
        ("drop column missing, drop column open", "id day open note", "one two"),
        ("drop column if exists missing, drop column open", "id day note", "one two"),
        ("rename column note to text; alter table parts drop column note cascade", "id day open text", "one two"),
        ("rename column note to text; alter table parts drop column text cascade", "id day open", "two"),
    ],
)
def test_a_dropped_column_takes_along_what_names_it_and_nothing_else(change: str, columns: str, policies: str) -> None:
    """``open`` and ``note`` inside a query are the columns of what it reads."""
    result = linked(f"""
        create table doors (id int, open boolean, note text);
        create table parts (id int, day date, open boolean, note text) partition by list (day);
        create policy one on parts using (note = 'x' or exists (select from doors where open));
        create policy two on parts using (id = 1 or exists (select from doors where note = 'x'));
        alter table parts {change};""")
    table = {table.name: table for table in result.tables}["public.parts"]
    assert {column.name for column in table.columns} == set(columns.split())
    assert [policy.policy for policy in result.objects.row_policies] == policies.split()


@pytest.mark.parametrize(
    ("sql", "verdict", "effect"),
    [
        # What a function that is not unfolded comes to is for ``effect`` alone.
        ("create function f() returns boolean language plpgsql stable as $$ begin return auth.uid() is not null; end $$; create policy p on a using (f());", "rows", "none"),
        ("create policy p on a using (auth.uid() in (select id from members));", "rows", "none"),
        ("create policy p on a using (id in (select m.id from members m where m.id = auth.uid()));", "none", "none"),
        ("create policy p on a using ((auth.jwt() ->> 'role')::boolean);", "none", "none"),
        ("create policy p on a using (auth.jwt() ->> 'email' like '%@example.org');", "none", "none"),
    ],
)  # fmt: skip
def test_a_verdict_is_by_the_words_of_policies_and_its_effect_by_what_they_use(sql: str, verdict: str, effect: str) -> None:
    tables = linked("create table members (id uuid); create table a (id uuid); alter table a enable row level security; " + sql).tables
    cell = next(
        cell for table in tables if table.name == "public.a" for cell in table.access if (cell.role, cell.verb) == ("anon", "select")
    )
    assert (cell.verdict, cell.effect) == (verdict, effect)


def test_owners_rights_reach_no_further_than_the_next_view_with_the_invokers() -> None:
    sql = """
        create table a (id int); alter table a enable row level security;
        create view through with (security_invoker = on) as select * from a;
        create view open as select * from a; create view over as select * from through;
    """
    views = {view.name: view for view in linked(sql).objects.views}
    reading = {
        name: next(cell.verdict for cell in view.access if (cell.role, cell.verb) == ("anon", "select")) for name, view in views.items()
    }
    assert reading == {"public.through": "none", "public.open": "all", "public.over": "none"}
    assert {name: view.overrides for name, view in views.items()} == {"public.through": (), "public.open": ("public.a",), "public.over": ()}


@pytest.mark.parametrize(
    ("refused", "message"),
    [
        (
            "create table staff (like teams);",
            "a server refuses to make table public.staff here: something that it is made of is not there",
        ),
        (
            "create table staff (id uuid primary key, team uuid references teams);",
            "a server refuses to make table public.staff here: a key of it leads to a table that is made later",
        ),
        (
            "create table teams (id uuid primary key); create table staff (id uuid primary key, team bigint references teams);",
            "a server refuses to make table public.staff here: a key of it leads to a column of another type",
        ),
        (
            "create table staff (id uuid primary key, email text); create table cards (email text references staff (email));",
            "a server refuses to make table public.cards here: a key of it leads to columns that are no key there",
        ),
        (
            "create function f(a int) returns text language plpgsql as $$ begin return ''; end $$; create or replace function f(b int) returns text language plpgsql as $$ begin return 'x'; end $$;",
            "a server refuses to replace function public.f here: it has other results or parameters",
        ),
        (
            "create table staff (id uuid primary key); alter table staff enable row level security; create policy p on staff using (id = auth.jwt() ->> 'sub');",
            "a server refuses to make policy 'p' here: what it names is not there, or not of that kind",
        ),
        (
            "create table staff (id uuid primary key); alter table staff enable row level security; create policy p on staff using (id in (select id from teams));",
            "a server refuses to make policy 'p' here: what it names is not there, or not of that kind",
        ),
    ],
)
def test_what_a_server_refuses_is_told(refused: str, message: str) -> None:
    found = linked(refused + " create table if not exists teams (id uuid primary key);")
    assert [note.message for note in found.notes] == [message]


@pytest.mark.parametrize(("again", "rls"), [("create table if not exists staff (id uuid);", None), ("", True)])
def test_what_is_made_where_another_may_be_says_nothing_of_row_level_security(again: str, rls: bool | None) -> None:
    """The database in use may have the first one, made by hand where `people` was: then the second statement did nothing."""
    sql = f"create table staff (id uuid references people (id)); alter table staff enable row level security; {again}"
    (table,) = linked(sql).tables
    assert (table.rls, table.protected_before) == (rls, False)


def test_a_table_whose_key_leads_ahead_is_kept_and_what_else_needs_it_is_refused() -> None:
    sql = (
        "create table staff (id uuid primary key, team uuid references teams, email text); create table teams (id uuid primary key);"
        "alter table staff enable row level security; create policy p on staff using (id in (select id from staff));"
        "alter table teams enable row level security; create policy q on teams using (id in (select team from staff));"
        "create table visits (id uuid primary key, who uuid references staff);"
    )
    tables = {table.name: table for table in linked(sql).tables}
    assert {name: (table.premature, table.rls, [policy.name for policy in table.policies]) for name, table in tables.items()} == {
        "public.staff": (True, True, ["p"]),
        "public.teams": (False, True, ["q"]),
        "public.visits": (True, False, []),
    }
    assert [policy.premature for policy in (*tables["public.staff"].policies, *tables["public.teams"].policies)] == [False, True]


@pytest.mark.parametrize(
    ("made", "table", "is_kept"),
    [
        ("id uuid primary key, code text unique", "code text references t (code)", True),
        ("id uuid primary key, code text, unique (code, id)", "code text references t (code)", False),
        ("id uuid primary key, code text, unique (code, id)", "id uuid, code text, foreign key (id, code) references t (id, code)", True),
        ("id uuid primary key, code text); create unique index on t (code", "code text references t (code)", True),
        ("id uuid primary key, code text); create unique index on t (lower(code)", "code text references t (code)", False),
        ("id uuid primary key, code text); create unique index i on t (code); drop index i; select (1", "code text references t (code)", False),
        ("id uuid, code text", "id uuid references t", False),
        ("like other including all", "code text references t (code)", True),
        ("id uuid primary key, code text); alter table t add constraint k unique (code); alter table t drop constraint k; select (1", "code text references t (code)", False),
        ("id uuid primary key, code text, who uuid) partition by list (code); create table p partition of t for values in ('a'", "id uuid references p", True),
    ],
)  # fmt: skip
def test_a_key_leads_to_a_key(made: str, table: str, is_kept: bool) -> None:
    """Error 42830 of a server: such a table is not made there."""
    tables = linked(f"create table other (id uuid, code text unique); create table t ({made}); create table leading ({table});").tables
    assert [each.premature for each in tables if each.name == "public.leading"] == [not is_kept]


@pytest.mark.parametrize(
    ("old", "new", "is_replaced"),
    [
        ("f(a int) returns text", "f(a integer) returns text", True),
        ("f(a int) returns text", "f(a int) returns varchar", False),
        ("f(a int) returns setof text", "f(a int) returns text", False),
        ("f(a int[]) returns timestamptz", "f(a integer[]) returns timestamp with time zone", True),
        ("f(a int) returns text", "f(b int) returns text", False),
        ("f(int) returns text", "f(b int) returns text", True),
        ("f(a int default 1) returns text", "f(a int) returns text", False),
        ("f(a int) returns text", "f(a int default 1) returns text", True),
        ("f(a int) returns table (x int, y text)", "f(a int) returns table (x int, z text)", False),
        ("f(a int) returns table (x int, y text)", "f(a int) returns table (x integer, y text)", True),
        ("f(a int) returns table (x int, y text)", "f(a int) returns table (x int, y text, z int)", False),
        ("f(a int) returns mood", "f(a int) returns public.mood", True),
        ("f(a int) returns uuid", "f(a int) returns t.id%type", True),
    ],
)
def test_a_function_is_replaced_by_one_of_its_kind(old: str, new: str, is_replaced: bool) -> None:
    """Error 42P13 of a server: the function stays what it was."""
    body = "language plpgsql {} as $$ begin return null; end $$"
    found = linked(f"create function {old} {body.format('')}; create or replace function {new} {body.format('security definer')};")
    assert [one.definer for one in found.objects.database_functions] == [is_replaced]


def test_a_table_that_is_made_in_its_turn_is_there() -> None:
    sql = "create table staff (team uuid references teams); create table teams (id uuid primary key); create table if not exists staff (team uuid references teams, name text);"
    staff = next(table for table in linked(sql).tables if table.name == "public.staff")
    assert (staff.premature, [column.name for column in staff.columns]) == (False, ["team", "name"])
