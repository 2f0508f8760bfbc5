"""Invented SQL for property tests: statements of every kind that matters, and conditions, with comments and blanks where the lexer allows them."""

import re

from hypothesis import strategies as st

_WORDS = (
    "accounts",
    "Teams",
    "user_id",
    '"Mixed Case"',
    '"semi;colon"',
    "übung",
    '"Ünïcode"',
    '"quo""ted"',
    "a$b",
    "x1",
    '"--no comment"',
    "role",
    "name",
    '"user"',
    "storage",
    "public",
)
NAMES = st.sampled_from(_WORDS)
QUALIFIED = st.one_of(NAMES, st.builds("{}.{}".format, NAMES, NAMES))
ROLES = st.sampled_from(("anon", "authenticated", "service_role", "public", "current_user", '"Odd Role"', "session_user"))
TEXTS = st.sampled_from(
    ("'x'", "''", "'it''s; ok'", "E'a\\'b;'", "$$ ; '$$", "$tag$ $$ ; $$ $tag$", "'-- no comment'", "'/* nor this */'", "E'\\\\'")
)
TYPES = st.sampled_from(
    ("uuid", "text", "varchar(20)", "numeric(10, 2)", "timestamp with time zone", "text[]", "s.kind", "double precision")
)

_atoms = st.one_of(
    QUALIFIED,
    TEXTS,
    st.sampled_from(
        (
            "1", "-2", "3.5", "true", "false", "null", "auth.uid()", "current_user", "now()", "(select auth.uid())", "auth.jwt() ->> 'role'", "array['a', 'b']", "(1, 2)", "$1",
            "current_setting('a.b', true)", "count(*)", "interval '1 day'", "date '2020-01-01'", "a.b.c", "t.*", "(storage.foldername(name))[1]", "tags[1]", "(r).f", "array(select x from y)",
            "extract(year from at)", "f(distinct a)", "f(a order by b)", "f(x => 1)", "sum(a) over (partition by b)", "count(*) filter (where a)", "coalesce(a, b)", "nullif(a, b)",
            "greatest(1, 2)", "session_user", "x'1f'", "row(1, 2)", "row(a)", "cast(a as text)", "position('a' in b)", "substring(a from 1 for 2)", "trim(both 'x' from a)", "'a' 'b'",
            "a ->> 'b'", "a #>> '{x,y}'", "a @> b", "1e5", ".5", "0x1F", "12345678901234567890", "xmlelement(name a)", "current_date", "localtime", "(values (1), (2))",
        )
    ),
)  # fmt: skip
_binary = st.sampled_from(
    (
        "and", "or", "=", "<>", "!=", "<", ">=", "+", "-", "*", "/", "%", "^", "||", "->", "->>", "@>", "~*", "!~", "like", "not like", "ilike", "not ilike", "similar to", "is distinct from",
        "is not distinct from", "operator(pg_catalog.=)", "at time zone", "#>>", "<->", "&&", "= any", "<> all",
    )
)  # fmt: skip
_after = st.sampled_from(
    (
        "is null",
        "is not null",
        "isnull",
        "notnull",
        "is true",
        "is not true",
        "is false",
        "is unknown",
        "is not unknown",
        "::text",
        "::uuid[]",
        "::varchar(5)",
        'collate "C"',
        "is not false",
    )
)
_queries = st.sampled_from(
    (
        "select 1 from m where m.a = b", "select x from m", "select m.x from s.m as m join n on n.id = m.id where n.a", "select x from m left join n using (a)", "select x from (select y from z) q",
        "select x from f(1) g", "select x from m limit 1", "select x from m group by x having count(*) > 1", "select distinct x from m", "select 1 union select 2", "select 1 union all select 2 union select 3",
        "with w as (select 1) select * from w", "select x from a, b c where a.i = c.i", "select 1 from m where exists (select 1 from n where n.i = m.i)", "select x y, z from m order by x",
        "select 1 except select 2", "select * from only m", "select a.* from a cross join b", "select x from m right join n on true full join o on m.a = o.a", "(select 1)", "table m",
        "select x from m for update", "select x from unnest(a) with ordinality u(x, y)", "select x from lateral (select 1) l", "select x from m natural join n",
    )
)  # fmt: skip


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("{} {} {}".format, inner, _binary, inner),
        st.builds("{} {}".format, inner, _after),
        st.builds("({})".format, inner),
        st.builds("not {}".format, inner),
        st.builds("- ({})".format, inner),
        st.builds("{} in ({}, {})".format, inner, inner, inner),
        st.builds("{} not in ({})".format, inner, inner),
        st.builds("{} between {} and {}".format, inner, inner, inner),
        st.builds("{} not between {} and {}".format, inner, inner, inner),
        st.builds("{} like {} escape '!'".format, inner, inner),
        st.builds("{} = any (array[{}, {}])".format, inner, inner, inner),
        st.builds("{} <> all ({})".format, inner, inner),
        st.builds("{} >= some ({})".format, inner, _queries),
        st.builds("{} = any ({})".format, inner, _queries),
        st.builds("{} in ({})".format, inner, _queries),
        st.builds("{} not in ({})".format, inner, _queries),
        st.builds("exists ({})".format, _queries),
        st.builds("({})".format, _queries),
        st.builds("case when {} then {} else {} end".format, inner, inner, inner),
        st.builds("case {} when {} then {} end".format, inner, inner, inner),
        st.builds("{}({}, {})".format, st.sampled_from(("f", "s.f", "coalesce", "concat")), inner, inner),
    )


CONDITIONS = st.recursive(_atoms, _grown, max_leaves=6)

_TEMPLATES = (
    "create schema {n}", "create schema if not exists {n} authorization {n}", "drop schema {n} cascade", "alter schema {n} rename to {n}", "alter schema {n} owner to {n}",
    "create table {q} ({n} {t} primary key default {e}, b {t} not null references {q} (id))", "create table if not exists {q} (like {q} including all)", "create temp table {n} (a {t})",
    "create unlogged table {q} (a {t}) inherits ({q}, {q})", "create table {q} partition of {q} for values from (1) to (2)", "create table {q} (a {t}, primary key (a)) partition by list (a)",
    "create table {q} as select {e}", "create table {q} partition of {q} default", "select a into {q} from b", "create foreign table {q} (a {t}) server {n}", "create table {q} ()",
    "alter table {q} enable row level security", "alter table if exists only {q} disable row level security, force row level security", "alter table {q} no force row level security",
    "alter table {q} owner to {r}", "alter table {q} rename to {n}", "alter table {q} rename {n} to {n}", "alter table {q} rename column {n} to {n}", "alter table {q} set schema {n}",
    "alter table {q} add column if not exists {n} {t} default {e}", "alter table {q} drop column if exists {n} cascade", "alter table {q} alter {n} type {t} using {e}, alter column {n} set default {e}",
    "alter table {q} attach partition {q} for values in (1)", "alter table {q} detach partition {q}", "alter table {q} inherit {q}", "alter table {q} add constraint {n} check ({e})",
    "alter table {q} rename constraint {n} to {n}", "alter table {q} add primary key ({n})", "alter table {q} disable trigger all", "alter table {q} replica identity full",
    "drop table {q}", "drop table if exists {q}, {q} cascade", "drop foreign table {q}", "create or replace view {q} with (security_invoker = true, security_barrier) as select {e} as x",
    "create view {q} ({n}, b) as select 1, 2", "create temp view {n} as select 1", "alter view {q} set (security_invoker = on)", "alter view {q} reset (security_invoker)", "alter view {q} owner to {r}",
    "alter view {q} rename to {n}", "alter view if exists {q} set schema {n}", "drop view if exists {q}, {q}", "create materialized view if not exists {q} as select {e} as x with no data",
    "alter materialized view {q} owner to {r}", "alter materialized view {q} rename to {n}", "drop materialized view {q} cascade",
    "create function {q}() returns void language sql as {s}", "create or replace function {q}(a {t}, inout b {t} default {e}, out c {t}) returns setof {t} language plpgsql security definer set search_path = {n}, public as {s}",
    "create function {q}({n} {t}, variadic x text[]) returns table (a {t}, b int) stable strict set search_path to '' set role to {n} language 'sql' as {s}",
    "create procedure {q}() language sql begin atomic select 1; select 2; end", "create function {q}(a int) returns int return a + 1", "create function {q}() returns trigger as {s} language plpgsql",
    "alter function {q}({t}, {t}) security definer", "alter function {q} security invoker set search_path = {n}", "alter function {q}() owner to {r}", "alter function {q}() rename to {n}", "alter function {q}({t}) set schema {n}",
    "alter procedure {q} reset all", "alter routine {q}({t}) strict", "drop function {q}", "drop function if exists {q}({t}, out {t}), {q} cascade", "drop procedure {q}()", "drop routine {q}({t})",
    "create trigger {n} before insert or update of a on {q} for each row when ({e}) execute function {q}()", "create or replace trigger {n} after delete on {q} execute procedure {q}('x')", "drop trigger if exists {n} on {q}",
    "create event trigger {n} on ddl_command_end when tag in ('CREATE TABLE') execute function {q}()", "alter event trigger {n} disable", "alter event trigger {n} enable always", "drop event trigger {n}",
    "grant select, insert ({n}, b) on {q} to {r}", "grant select, insert ({n}, b), references on table {q}, {q} to {r}, {r} with grant option", "revoke all privileges on all tables in schema {n}, {n} from {r} cascade",
    "grant usage, create on schema {n} to {r}", "grant execute on function {q}({t}), {q} to {r}", "grant execute on all functions in schema {n} to {r}", "revoke execute on routine {q} from {r}", "grant usage on sequence {q} to {r}",
    "grant all on all sequences in schema {n} to {r}", "grant connect on database {n} to {r}", "grant usage on foreign server {n} to {r}", "grant usage on type {q} to {r}", "grant usage on language {n} to {r}",
    "revoke grant option for select on {q} from {r}", "grant {n}, {n} to {r}", "grant {n} to {n} with admin option", "revoke {n} from {r}", "revoke admin option for {n} from {n}", "grant all ({n}) on {q} to {r}",
    "alter default privileges for role {n}, {n} in schema {n} grant select, insert on tables to {r}", "alter default privileges revoke execute on functions from public", "alter default privileges in schema {n} grant usage on sequences to {r} with grant option",
    "alter default privileges grant usage on schemas to {r}", "alter default privileges for user {n} revoke grant option for all on tables from {r}", "create role {n} with login bypassrls noinherit in role {n} role {n} admin {n}", "create user {n} password 'x'",
    "alter role {n} nobypassrls superuser", "alter user {n} inherit", "alter role {n} set search_path to {n}, {n}", "alter role all set statement_timeout = '3s'", "alter role {n} in database {n} reset {n}", "alter database {n} set app.x to 'y'",
    "alter role {n} rename to {n}", "drop role if exists {n}, {n}", "drop user {n}", "create group {n}", "alter group {n} add user {n}, {n}", "drop owned by {n}, {n} cascade", "reassign owned by {n} to {n}",
    "create policy {n} on {q}", "create policy {n} on {q} as restrictive for update to {r}, {r} using ({e}) with check ({e})", "create policy {n} on {q} for insert with check ({e})", "create policy {n} on {q} as permissive for all to {r} using ({e})",
    "alter policy {n} on {q} to {r} using ({e})", "alter policy {n} on {q} with check ({e})", "alter policy {n} on {q} rename to {n}", "drop policy if exists {n} on {q} cascade", "drop policy {n} on {q}",
    "create publication {n} for table {q}, {q} ({n}) where ({e}), tables in schema {n}", "create publication {n} for all tables", "alter publication {n} add table {q}", "alter publication {n} set table only {q}, {q}", "alter publication {n} drop tables in schema current_schema",
    "alter publication {n} set (publish = 'insert')", "drop publication if exists {n}", "create extension if not exists {n} with schema {n} cascade", "drop extension {n}", "alter extension {n} set schema {n}",
    "comment on table {q} is {s}", "comment on view {q} is null", "comment on policy {n} on {q} is {s}", "comment on function {q}({t}) is {s}", "comment on schema {n} is {s}", "comment on column {n}.{n} is {s}", "comment on materialized view {q} is {s}",
    "set role {n}", "set local role {n}", "reset role", "set session authorization {n}", "set search_path to {n}, {n}", "set local search_path = ''", "reset search_path", "set search_path to default", "reset all", "set statement_timeout = 0",
    "begin", "begin transaction isolation level serializable", "start transaction read only", "commit", "end", "commit and chain", "rollback", "abort", "rollback to savepoint {n}", "rollback to {n}", "savepoint {n}", "release savepoint {n}", "release {n}",
    "do {s}", "do language plpgsql $x$ begin perform 1; end $x$", "import foreign schema {n} limit to ({n}, b) from server {n} into {n}", "import foreign schema {n} from server {n} into {n}",
    "insert into {q} values ({e}, {s})", "insert into storage.buckets (id, public) values ({s}, true) on conflict do nothing", "update {q} set a = {e} where {e}", "delete from {q} where {e}", "select {e} from {q}", "with x as (select {e}) select * from x",
    "create index if not exists {n} on {q} using gin (a)", "create unique index on {q} (lower(a))", "create type {q} as enum ({s})", "create sequence {q}", "alter sequence {q} owned by none", "create domain {q} as text check ({e})",
    "truncate {q}", "explain select {e}", "notify x", "lock table {q}", "vacuum", "refresh materialized view {q}", "prepare p as select {e}", "create server {n} foreign data wrapper {n}", "create aggregate {q}({t}) (sfunc = f, stype = int)",
    "create cast (a as b) without function", "create rule {n} as on insert to {q} do instead nothing", "create statistics {n} on a, b from {q}", "alter type {q} add value {s}", "drop type if exists {q}, {q}", "drop index {n}", "call {q}({e})", "merge into {q} using b on a = b when matched then delete",
)  # fmt: skip

_HOLE = re.compile(r"\{([nqrste])\}")
_HOLES = {"n": NAMES, "q": QUALIFIED, "r": ROLES, "s": TEXTS, "t": TYPES, "e": CONDITIONS}
_GAPS = st.sampled_from((" ", " ", " ", "\n", "\t", " /* a; 'b */ ", " -- it's ; $$\n", " /* x /* y */ ; */ "))
BETWEEN = st.sampled_from((";", ";\n", " ;\n\n", "; -- it's ; a comment\n", ";\n/* it's ; /* nested */ */\n", ";\n-- $$ '\n"))


@st.composite
def statement_texts(draw: st.DrawFn) -> str:
    """One statement, now and then with a comment or a line break between two of its words."""
    template = draw(st.sampled_from(_TEMPLATES))
    words = [_HOLE.sub(lambda hole: draw(_HOLES[hole.group(1)]), word) for word in template.split(" ")]
    gap = draw(_GAPS)
    place = draw(st.integers(0, max(0, len(words) - 2)))
    text = " ".join(words[: place + 1]) + (gap + " ".join(words[place + 1 :]) if words[place + 1 :] else "")
    return text.upper() if draw(st.booleans()) and "'" not in text and '"' not in text and "$" not in text and text.isascii() else text
