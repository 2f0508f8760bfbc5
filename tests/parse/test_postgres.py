"""Statements of PostgreSQL migrations: what is cut where, what it says, and that nothing hides the rest."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.parse.postgres import answered, decode, encode, statements
from batten.parse.postgres.access_statements import CreatePolicy, DefaultPrivileges, Grant, GrantRole, Privilege, Role, RoleSetting
from batten.parse.postgres.expressions import (
    Case,
    Cast,
    Constant,
    Expression,
    Invocation,
    Name,
    Opaque,
    Operation,
    Query,
    Reference,
    Sequence,
    Subquery,
)
from batten.parse.postgres.split import pieces
from batten.parse.postgres.statements import (
    Answer,
    Broken,
    Bucket,
    CallFunction,
    Choose,
    Comment,
    CreateEventTrigger,
    CreateFunction,
    CreateView,
    DoBlock,
    Drop,
    Execute,
    ForEach,
    Nested,
    Other,
    Rename,
    Run,
    SetBodyChecks,
    SetRole,
    SetSchema,
    SetSearchPath,
    Statement,
    Transaction,
)
from batten.parse.postgres.table_statements import (
    AddColumn,
    AlterTable,
    ChangeColumn,
    CreateTable,
    DropColumn,
    ForceRowSecurity,
    RowSecurity,
    SetOptions,
)


def texts(sql: str) -> list[str]:
    data = sql.encode()
    return [data[piece.span.start : piece.span.end].decode() for piece in pieces(data)]


def one(sql: str) -> Statement:
    found = statements(sql.encode())
    assert len(found) == 1, found
    return found[0]


def condition(text: str) -> Expression | None:
    made = one(f"create policy p on t using ({text})")
    assert isinstance(made, CreatePolicy), made
    return made.using


def ref(*parts: str) -> Reference:
    return Reference(parts)


UID = Invocation(Name("auth", "uid"))
JWT = Invocation(Name("auth", "jwt"))


# Cutting


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select 1; select 2", ["select 1", "select 2"]),
        ("select ';' ; select 2;", ["select ';'", "select 2"]),
        ("select 'it''s;' ; select 2", ["select 'it''s;'", "select 2"]),
        (r"select E'a\';b'; select 2", [r"select E'a\';b'", "select 2"]),
        ('select "a;b"; select 2', ['select "a;b"', "select 2"]),
        ("do $x$ begin; $y$ ; $y$; end $x$; select 2", ["do $x$ begin; $y$ ; $y$; end $x$", "select 2"]),
        ("select a$b$c; select d$b$", ["select a$b$c", "select d$b$"]),
        ("select 1 -- ; not here\n; select 2", ["select 1 -- ; not here", "select 2"]),
        ("/* ; /* ; */ ; */ select 1; select 2", ["select 1", "select 2"]),
        ("\\connect app\n\\i other.sql\nselect 1;", ["\\i other.sql", "select 1"]),
        ("select 1 \\gset\nselect 'a\\b' \\g\nselect 2", ["select 1", "select 'a\\b'", "select 2"]),
        ("select 1\n\\connect app\nselect 2;", ["select 1", "select 2"]),
        ("select 'create table a ()' \\gexec\nselect 2", ["select 'create table a ()'", "\\gexec", "select 2"]),
        ("select 'create database a' \\gexec\nselect 2", ["select 'create database a'", "select 2"]),
        ("copy t from stdin;\n1;2\n'\n\\.\nselect 1;", ["copy t from stdin", "select 1"]),
        (";;select 1;;", ["select 1"]),
        ("\ufeffselect 1;", ["select 1"]),
        ("", []),
        ("-- only a comment", []),
        (
            "create /* a; 'b */ procedure f() language sql begin atomic select 2; end; select 4;",
            ["create /* a; 'b */ procedure f() language sql begin atomic select 2; end", "select 4"],
        ),
        (
            "create function f() returns int language sql begin atomic select case when 1 = 1 then 2 end; select 3; end; select 4;",
            ["create function f() returns int language sql begin atomic select case when 1 = 1 then 2 end; select 3; end", "select 4"],
        ),
        ("Here is the migration:\n```sql\nselect 1;\n```\nIt does nothing.\n", ["select 1"]),
        ("```\nselect 1;\n```\n", ["select 1"]),
        ("/* Usage:\n```sql\nselect 1;\n```\n*/\nselect 2;", ["select 2"]),
        ("insert into a values ('\n```sql\nx;\n```\n'); select 2;", ["insert into a values ('\n```sql\nx;\n```\n')", "select 2"]),
        ("-- migrate:up\nselect 1;\n-- migrate:down\ndrop table a;\n", ["select 1"]),
        ("-- +goose Up\nselect 1;\n-- +goose Down\ncreate table a ();\n", ["select 1"]),
        ("-- +goose Down\nselect 1;\n-- +goose Up\nselect 2;\n", ["select 2"]),
        ("-- Up Migration\nselect 1;\n-- Down Migration\nselect 2;\n", ["select 1"]),
        ("create table a ();\n-- Rollback\ndrop table a;\nalter table b disable row level security;\n", ["create table a ()"]),
        ("create table a ();\n-- Rollback:\n-- drop table a;\ncreate table b ();\n", ["create table a ()", "create table b ()"]),
    ],
)
def test_statements_are_cut_by_the_servers_rules(sql: str, expected: list[str]) -> None:
    assert texts(sql) == expected


def test_the_comment_right_above_leads_a_statement() -> None:
    sql = b"-- far away\n\n-- written by\n-- the server\ncreate policy p on t; -- behind\ncreate policy q on t;"
    assert [piece.lead for piece in pieces(sql)] == ["written by the server", ""]


@pytest.mark.parametrize(
    "broken",
    [
        "create table a (id uuid,, x);",
        "alter tabel x;",
        "create policy if not exists p on t using (true);",
        "comment on table a is 'it's broken';",
        "select 'never ends;",
        "do $$ begin;",
    ],
)
def test_a_broken_statement_hides_no_other(broken: str) -> None:
    found = statements(f"alter table a enable row level security;\n{broken}\nalter table b enable row level security;\n".encode())
    assert [each.name.name for each in found if isinstance(each, AlterTable)] == ["a", "b"]


@pytest.mark.parametrize(
    ("plain", "commented"),
    [
        ("create policy p on t using (a = b and c in (1, 2))", "create policy p -- x\n on /* y */ t using ( -- whose\n a = b /* z */ and c in (1, -- one\n 2))"),
        ("create table s.a (b int, c text not null)", "create table s /* x */ . a (b int, -- x\n c /* y */ text not null -- z\n)"),
        ("grant select, insert on a, b to anon", "grant select, -- x\n insert on a, /* y */ b to anon"),
        ("create view v as select case when a then 'x' end as b from t", "create view v as select -- x\n case when a /* y */ then 'x' end as b -- z\n from t"),
        ("do $$ begin alter table a enable row level security; end $$", "do $$ begin -- x\n alter table /* y */ a enable row level security; end $$"),
    ],
)  # fmt: skip
def test_comments_inside_change_nothing(plain: str, commented: str) -> None:
    assert _without_place(one(plain)) == _without_place(one(commented))


_PARTS = st.sampled_from(
    [
        "create table a (id uuid primary key)", "alter table only public.a enable row level security", "create policy p on a using (auth.uid() = id)", "drop table if exists a cascade",
        "do $$ begin execute 'select 1;'; end $$", "insert into a values ('x;y')", "grant select on a to anon", "select ';' as \"a;b\"", "comment on table a is E'\\';'",
    ]
)  # fmt: skip
_BETWEEN = st.sampled_from([";", ";\n", "; -- it's ; a comment\n", ";\n/* it's ; /* nested */ */\n", ";\n\n;\n"])


@given(st.lists(st.tuples(_PARTS, _BETWEEN), max_size=8))
def test_statements_say_the_same_wherever_they_stand(parts: list[tuple[str, str]]) -> None:
    joined = "".join(part + between for part, between in parts)
    found = statements(joined.encode())
    alone = [one(part) for part, _ in parts]
    assert [_without_place(each) for each in found] == [_without_place(each) for each in alone]


def _without_place(statement: Statement) -> str:
    return re.sub(r"Span\(start=\d+, end=\d+\)|lead='[^']*'|lead=\"[^\"]*\"", "", str(statement))


@given(st.lists(_PARTS, min_size=1, max_size=4), st.data())
def test_cut_and_garbled_text_never_raises(parts: list[str], data: st.DataObject) -> None:
    whole = ";\n".join(parts).encode()
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    at = data.draw(st.integers(0, len(cut)))
    garbled = cut[:at] + data.draw(st.binary(max_size=4)) + cut[at:]
    found = statements(garbled)
    assert all(0 <= each.span.start <= each.span.end <= len(garbled) for each in found)


@given(st.binary(max_size=200))
def test_any_bytes_are_statements_of_some_kind(data: bytes) -> None:
    found = statements(data)
    assert decode(encode(found)) == found


def test_deep_nesting_is_opaque_and_does_not_raise() -> None:
    deep = "(" * 3000 + "true" + ")" * 3000
    assert isinstance(one(f"create policy p on t using ({deep})"), CreatePolicy | Broken)
    chain = " and ".join(["true"] * 5000)
    made = condition(chain)
    assert isinstance(made, Operation)
    assert len(made.operands) == 5000


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_has_ranges_in_the_files_own_bytes(encoding: str) -> None:
    mark = b"\xff\xfe" if encoding == "utf-16-le" else b"\xfe\xff"
    text = '-- Ümläut 😀\r\ncreate table "Bücher" (id uuid);\r\nalter table "Bücher" enable row level security;'
    data = mark + text.encode(encoding)
    found = statements(data)
    assert [data[each.span.start : each.span.end].decode(encoding) for each in found] == [
        'create table "Bücher" (id uuid)',
        'alter table "Bücher" enable row level security',
    ]


# Expressions


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true", Constant(True)),
        ("null", Constant(None)),
        ("auth.uid() = user_id", Operation("=", (UID, ref("user_id")))),
        ("(select auth.uid()) = t.user_id", None),
        ("auth.jwt() ->> 'role' = 'admin'", Operation("=", (Operation("->>", (JWT, Constant("role"))), Constant("admin")))),
        (
            "auth.jwt() -> 'app_metadata' ->> 'role' = 'admin'",
            Operation("=", (Operation("->>", (Operation("->", (JWT, Constant("app_metadata"))), Constant("role"))), Constant("admin"))),
        ),
        ("not a = b", Operation("not", (Operation("=", (ref("a"), ref("b"))),))),
        ("a or b and c", Operation("or", (ref("a"), Operation("and", (ref("b"), ref("c")))))),
        ("a = b is not null", Operation("is not null", (Operation("=", (ref("a"), ref("b"))),))),
        ("a between 1 and 2 and c", Operation("and", (Operation("between", (ref("a"), Constant(1), Constant(2))), ref("c")))),
        ("a not in (1, 2)", Operation("not in", (ref("a"), Constant(1), Constant(2)))),
        ("a is not distinct from b", Operation("is not distinct from", (ref("a"), ref("b")))),
        ("a::text || 'x' = 'y'", Operation("=", (Operation("||", (Cast(ref("a"), "text"), Constant("x"))), Constant("y")))),
        ("a = any (array['x', 'y'])", Operation("any =", (ref("a"), Sequence((Constant("x"), Constant("y")))))),
        (
            "(storage.foldername(name))[1] = 'a'",
            Operation("=", (Operation("[]", (Invocation(Name("storage", "foldername"), (ref("name"),)), Constant(1))), Constant("a"))),
        ),
        ("case when a then b else c end", Case(None, ((ref("a"), ref("b")),), ref("c"))),
        ("coalesce(a, false)", Invocation(Name(None, "coalesce"), (ref("a"), Constant(False)))),
        ("current_user = 'anon'", Operation("=", (Invocation(Name(None, "current_user")), Constant("anon")))),
        ('"userId" = a', Operation("=", (ref("userId"), ref("a")))),
        ("a operator(pg_catalog.=) b", Operation("=", (ref("a"), ref("b")))),
        ("a != b", Operation("<>", (ref("a"), ref("b")))),
        ("-1 < 2", Operation("<", (Constant(-1), Constant(2)))),
        ("a isnull", Operation("is null", (ref("a"),))),
        ("a not like 'x%'", Operation("not", (Operation("like", (ref("a"), Constant("x%"))),))),
    ],
)
def test_expressions_are_put_together_by_precedence(text: str, expected: Expression | None) -> None:
    found = condition(text)
    assert not isinstance(found, Opaque)
    if expected is not None:
        assert found == expected


@pytest.mark.parametrize(
    ("text", "use"),
    [
        ("exists (select 1 from m)", "exists"),
        ("a in (select x from m)", "in"),
        ("a = any (select x from m)", "in"),
        ("a = some(select x from m)", "in"),
        ("a <> all (select x from m)", "not in"),
        ("a not in (select x from m)", "not in"),
        ("(select x from m limit 1)", "scalar"),
    ],
)
def test_queries_inside_conditions(text: str, use: str) -> None:
    found = condition(text)
    assert isinstance(found, Subquery)
    assert found.use == use
    assert [source.name for source in found.query.sources] == [Name(None, "m")]


def test_a_union_keeps_every_branch() -> None:
    found = condition("a in (select x from m union select y from n union all select z from o)")
    assert isinstance(found, Subquery)
    assert [branch.sources[0].alias for branch in (found.query, *found.query.others)] == ["m", "n", "o"]


def test_what_is_not_understood_of_a_condition_is_not_left_out() -> None:
    made = statements(b"create policy p on t using (a = b or 0x1F = c)")
    assert [type(each) for each in made] == [CreatePolicy, Broken]
    assert isinstance(made[0], CreatePolicy)
    assert isinstance(made[0].using, Opaque)


def test_a_query_keeps_its_sources_joins_and_results() -> None:
    found = condition("exists (select m.id as x from a.members as m left join teams t on t.id = m.team where m.user_id = auth.uid())")
    assert isinstance(found, Subquery)
    query = found.query
    assert [(source.alias, source.name, source.outer) for source in query.sources] == [
        ("m", Name("a", "members"), False),
        ("t", Name(None, "teams"), True),
    ]
    assert query.where == Operation("and", (Operation("=", (ref("t", "id"), ref("m", "team"))), Operation("=", (ref("m", "user_id"), UID))))
    assert [target.alias for target in query.targets] == ["x"]


# Statements


def test_create_table() -> None:
    made = one(
        'create table if not exists public."Orders" (id uuid primary key default gen_random_uuid(), user_id uuid not null references auth.users (id) on delete cascade, '
        "email varchar(255), tags text[] default '{}', number int generated always as identity, foreign key (a, b) references x.y (c, d), primary key (id, user_id))"
    )
    assert isinstance(made, CreateTable)
    assert (made.name, made.kind, made.if_not_exists) == (Name("public", "Orders"), "table", True)
    assert [(each.name, each.type, each.required, each.primary, each.generated) for each in made.columns] == [
        ("id", "uuid", True, True, False),
        ("user_id", "uuid", True, False, False),
        ("email", "varchar(255)", False, False, False),
        ("tags", "text[]", False, False, False),
        ("number", "int", False, False, True),
    ]
    assert made.columns[1].references is not None
    assert made.columns[1].references.to == Name("auth", "users")
    assert [(key.columns, key.to, key.to_columns) for key in made.keys] == [(("a", "b"), Name("x", "y"), ("c", "d"))]
    assert made.primary_key == ("id", "user_id")


@pytest.mark.parametrize(
    ("sql", "kind", "parents", "like"),
    [
        ("create temp table a (x int)", "temporary", (), ()),
        ("create table pg_temp.a (x int)", "temporary", (), ()),
        ("create unlogged table a (x int)", "table", (), ()),
        ("create table a (x int) partition by range (x)", "partitioned", (), ()),
        ("create table a partition of s.b for values from (1) to (2)", "table", (Name("s", "b"),), ()),
        ("create table a (x int) inherits (b, c)", "table", (Name(None, "b"), Name(None, "c")), ()),
        ("create table a (like b including all)", "table", (), (Name(None, "b"),)),
        ("create foreign table a (x int) server s", "foreign", (), ()),
        ("create table a as select * from b", "table", (), ()),
        ("select * into a from b", "table", (), ()),
        ("select * into temp a from b", "temporary", (), ()),
    ],
)
def test_kinds_of_tables(sql: str, kind: str, parents: tuple[Name, ...], like: tuple[Name, ...]) -> None:
    made = one(sql)
    assert isinstance(made, CreateTable)
    assert (made.kind, made.parents, made.like, made.name.name) == (kind, parents, like, "a")
    assert (made.query is not None) == ("from b" in sql and "select" in sql)


def test_what_a_table_is_partitioned_by() -> None:
    made = one('create table a (id int, day date) partition by range (day, lower(note), (id + 1), "Mixed" collate "C")')
    assert isinstance(made, CreateTable)
    assert (made.kind, made.partitioned_by) == ("partitioned", ("day", "note", "id", "Mixed"))


def test_alter_table() -> None:
    changed = one(
        "alter table if exists only s.a enable row level security, no force row level security, add column if not exists b text default 'x', drop column c cascade, alter d set default true, alter e drop not null"
    )
    assert isinstance(changed, AlterTable)
    assert (changed.name, changed.if_exists) == (Name("s", "a"), True)
    assert [type(each) for each in changed.changes] == [RowSecurity, ForceRowSecurity, AddColumn, DropColumn, ChangeColumn, ChangeColumn]
    assert changed.changes[0] == RowSecurity(True)
    assert changed.changes[1] == ForceRowSecurity(False)
    assert changed.changes[3] == DropColumn("c", cascade=True, if_exists=False)
    assert changed.changes[4] == ChangeColumn("d", default=Constant(True))
    assert changed.changes[5] == ChangeColumn("e", required=False)


def test_create_policy() -> None:
    sql = '-- for the server\ncreate policy "Own rows" on s.t as restrictive for update to authenticated, anon using (a) with check (b)'
    made = one(sql)
    assert isinstance(made, CreatePolicy)
    assert (made.name, made.table, made.permissive, made.command, made.roles) == (
        "Own rows",
        Name("s", "t"),
        False,
        "update",
        ("authenticated", "anon"),
    )
    assert (made.using, made.check, made.using_text, made.check_text, made.lead) == (ref("a"), ref("b"), "a", "b", "for the server")
    assert made.check_span is not None
    assert sql.encode()[made.check_span.start : made.check_span.end] == b"b"


def test_a_policy_without_to_is_for_everyone() -> None:
    made = one("create policy p on t")
    assert isinstance(made, CreatePolicy)
    assert (made.roles, made.command, made.permissive, made.using, made.check) == (("public",), "all", True, None, None)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("grant select, update (a, b) on public.t, u to anon, public", Grant(None, True, (Privilege("select"), Privilege("update", ("a", "b"))), "table", (Name("public", "t"), Name(None, "u")), (), ("anon", "public"))),
        ("revoke all privileges on all tables in schema public, api from anon cascade", Grant(None, False, (Privilege("all"),), "table", (), ("public", "api"), ("anon",))),
        ("grant usage on schema a to anon", Grant(None, True, (Privilege("usage"),), "schema", (Name(None, "a"),), (), ("anon",))),
        ("grant execute on function s.f(uuid, text), g to public", Grant(None, True, (Privilege("execute"),), "function", (Name("s", "f"), Name(None, "g")), (), ("public",), (("uuid", "text"), None))),
        ("alter default privileges for role a in schema s grant select on tables to anon", DefaultPrivileges(None, True, (Privilege("select"),), "table", ("anon",), ("a",), ("s",))),
        ("alter default privileges revoke execute on functions from public", DefaultPrivileges(None, False, (Privilege("execute"),), "function", ("public",))),
        ("grant a, b to c", GrantRole(None, True, ("a", "b"), ("c",))),
        ("revoke grant option for select on t from a", Other(None, "revoke")),
        ("create role r bypassrls noinherit in role a", Role(None, "r", True, True, None, False, ("a",))),
        ("alter role authenticator set pgrst.db_schemas = 'public, api'", RoleSetting(None, "authenticator", "pgrst.db_schemas", ("public, api",))),
        ("set local pgrst.db_schemas = 'public, api'", RoleSetting(None, "", "pgrst.db_schemas", ("public, api",))),
        ("set pgrst.db_schemas to public", RoleSetting(None, "", "pgrst.db_schemas", ("public",))),
        ("reset pgrst.db_schemas", RoleSetting(None, "", "pgrst.db_schemas", None)),
        ('drop policy if exists "p q" on s.t', Drop(None, "policy", (Name(None, "p q"),), True, False, Name("s", "t"))),
        ("drop table a, s.b cascade", Drop(None, "table", (Name(None, "a"), Name("s", "b")), False, True)),
        ("drop function f(uuid)", Drop(None, "function", (Name(None, "f"),), False, False, None, (("uuid",),))),
        ("drop event trigger e", Drop(None, "event-trigger", (Name(None, "e"),))),
        ("alter table a rename to b", Rename(None, "table", Name(None, "a"), "b")),
        ("alter table a rename column x to y", Rename(None, "column", Name(None, "a"), "y", "x")),
        ("alter policy p on t rename to q", Rename(None, "policy", Name(None, "t"), "q", "p")),
        ("alter schema a rename to b", Rename(None, "schema", Name(None, "a"), "b")),
        ("alter table s.a set schema b", SetSchema(None, "table", Name("s", "a"), "b")),
        ('set search_path to a, "B"', SetSearchPath(None, ("a", "B"))),
        ("select pg_catalog.set_config('search_path', '', false)", SetSearchPath(None, ())),
        ("set role anon", SetRole(None, "anon")),
        ("reset role", SetRole(None, None)),
        ("set check_function_bodies = false", SetBodyChecks(None, False)),
        ("set local check_function_bodies to on", SetBodyChecks(None, True)),
        ("begin", Transaction(None, "begin")),
        ("rollback", Transaction(None, "rollback")),
        ("comment on policy p on t is '@public'", Comment(None, "policy", Name(None, "t"), "@public", "p")),
        ("create event trigger e on ddl_command_end when tag in ('CREATE TABLE') execute function s.f()", CreateEventTrigger(None, "e", "ddl_command_end", Name("s", "f"), ("CREATE TABLE",))),
        ("insert into storage.buckets (id, name, public) values ('a', 'A', true)", Bucket(None, "a", True)),
        ("select protect('public')", CallFunction(None, Name(None, "protect"), (Constant("public"),))),
        ("create index i on t (a)", Other(None, "create")),
        ("insert into t values (1)", Other(None, "insert")),
        ("create policy if not exists p on t", Broken(None, "create", makes=())),
        ('grant create table if not exists s."T" (a int), create or replace function F( returns int', Broken(None, "grant", makes=("T", "f"))),
    ],
)  # fmt: skip
def test_statements(sql: str, expected: Statement) -> None:
    assert _without_place(one(sql)) == _without_place(expected).replace("span=None", "span=")


def test_views_say_whose_rights_they_use() -> None:
    made = [
        one(sql)
        for sql in (
            "create view v with (security_invoker = on) as select 1",
            "create or replace view v as select 1",
            "create materialized view v as select 1",
        )
    ]
    assert [(each.invoker, each.replace, each.materialized) for each in made if isinstance(each, CreateView)] == [
        (True, False, False),
        (None, True, False),
        (None, False, True),
    ]
    changed = one("alter view v set (security_invoker = true)")
    assert isinstance(changed, AlterTable)
    assert (changed.kind, changed.changes) == ("view", (SetOptions((("security_invoker", "true"),)),))


@pytest.mark.parametrize(
    ("body", "language", "expected"),
    [
        ("select auth.uid() = owner", "sql", Operation("=", (UID, ref("owner")))),
        ("begin return auth.uid() = owner; end", "plpgsql", Operation("=", (UID, ref("owner")))),
        ("begin if a then return true; end if; return b; end", "plpgsql", Case(None, ((ref("a"), Constant(True)),), ref("b"))),
        ("declare x uuid := auth.uid(); begin return x = owner; end", "plpgsql", Operation("=", (UID, ref("owner")))),
        ("begin update t set a = 1; return true; end", "plpgsql", None),
        ("insert into t values (1) returning a", "sql", None),
    ],
)
def test_what_a_function_answers(body: str, language: str, expected: Expression | None) -> None:
    made = one(f"create function f(owner uuid) returns boolean language {language} security definer set search_path = '' as $$ {body} $$")
    assert isinstance(made, CreateFunction)
    assert answered(made) == expected
    assert (made.definer, made.settings, made.language) == (True, (("search_path", "''"),), language)


def test_a_variable_that_is_selected_stands_for_its_query() -> None:
    made = one(
        "create function f() returns boolean as $$ declare r text; begin select role into r from profiles where id = auth.uid(); return r = 'admin'; end $$ language plpgsql"
    )
    assert isinstance(made, CreateFunction)
    result = answered(made)
    assert isinstance(result, Operation)
    assert isinstance(result.operands[0], Subquery)
    assert result.operands[0].query.where == Operation("=", (ref("id"), UID))


def test_blocks_keep_loops_choices_and_computed_statements() -> None:
    sql = (
        "do $$ declare t record; begin for t in select tablename from pg_tables where schemaname = 'public' loop execute format('alter table %I enable row level security', t.tablename); end loop; "
        "if not exists (select 1 from pg_policies) then create policy p on a using (true); else null; end if; begin alter table b enable row level security; exception when others then null; end; end $$"
    )
    made = one(sql)
    assert isinstance(made, DoBlock)
    loop, choice, nested = made.body[-3:]
    assert isinstance(loop, ForEach)
    assert loop.names == ("t",)
    assert isinstance(loop.over, Query)
    assert [type(each) for each in loop.body] == [Execute]
    assert isinstance(choice, Choose)
    assert [len(body) for _, body in choice.branches] == [1, 0]
    assert isinstance(nested, Nested)
    assert nested.guarded
    run = nested.body[0]
    assert isinstance(run, Run)
    assert sql.encode()[run.statement.span.start : run.statement.span.end] == b"alter table b enable row level security"


def test_an_answer_ends_a_block() -> None:
    made = one("do $$ begin return; end $$")
    assert isinstance(made, DoBlock)
    assert made.body == (Answer(None),)
