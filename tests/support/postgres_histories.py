"""Histories of migrations for Hypothesis: statements on few names, so that they meet, fail, replace and undo one another as in real apps."""

from collections.abc import Callable
from random import Random
from typing import NamedTuple

SCHEMAS = ("public", "api", "private")
_TABLES = (*("public.notes", "public.files", "notes", "files") * 2, "api.notes", "private.keys", "public.parts")
_VIEWS = ("public.shown", "shown", "public.listed", "api.shown")
_FUNCTIONS = ("public.act", "act", "public.act", "public.tell", "api.act")
_SHAPE = "(id uuid primary key, user_id uuid, open boolean, note text)"
_PARTED = "(id uuid, user_id uuid, open boolean, note text) partition by list (note)"
_WHO = ("anon", "authenticated", "public", "anon, authenticated", "service_role", "staff")
CONDITIONS = (
    "true", "false", "1 = 1", "null", "auth.uid() = user_id", "(select auth.uid()) = user_id", "auth.uid()::text = user_id::text", "user_id in (auth.uid())", "user_id = any (array[auth.uid()])",
    "auth.uid() is not null", "(select auth.uid()) is not null", "auth.role() = 'authenticated'", "(select auth.role()) = 'authenticated'", "auth.role() = 'anon'", "auth.role() in ('anon', 'authenticated')",
    "auth.role() = 'service_role'", "auth.jwt() ->> 'role' = 'authenticated'", "(auth.jwt() -> 'app_metadata' ->> 'role') = 'admin'", "coalesce((auth.jwt() -> 'app_metadata' ->> 'admin')::boolean, false)",
    "(auth.jwt() ->> 'is_anonymous')::boolean is false", "auth.email() like '%@example.org'", "auth.jwt() ->> 'email' is not null", "open", "open = true", "open is true", "open or auth.uid() = user_id",
    "open and auth.uid() is not null", "auth.uid() = user_id and open", "user_id is null", "user_id is null or auth.uid() = user_id", "coalesce(auth.uid() = user_id, true)", "auth.uid() = auth.uid()",
    "case when auth.uid() is null then false else auth.uid() = user_id end", "case auth.role() when 'authenticated' then true else false end", "auth.uid() <> user_id", "not (auth.role() = 'anon')",
    "exists (select 1 from public.files f where f.user_id = auth.uid())", "user_id in (select f.user_id from public.files f where f.user_id = auth.uid())",
    "exists (select 1 from public.files f where f.id = user_id and f.user_id = auth.uid())", "exists (select 1 from public.files f where f.id = user_id) or open",
    "public.mine(user_id)", "public.closed(user_id)", "public.signed_in()", "public.strict_one(auth.uid())", "auth.uid() = '11111111-1111-4111-8111-111111111111'", *("(auth.jwt() ->> 'email')::uuid = user_id", "auth.role()::boolean", "auth.email()::int = 1") * 4,
    *("current_setting('app.tenant')::uuid = user_id", "auth.uid() = user_id or note = current_setting('app.tenant', false)") * 2, "note = current_setting('app.tenant', true)",
    "user_id = auth.jwt() ->> 'sub'", "note = auth.uid()", "id in (select f.note from public.files f)", "open = auth.role()",
    "auth.uid() in (select f.user_id from public.files f)", "auth.uid() in (user_id, id)", "auth.role() in ('anon', note, 'x')", "auth.uid() not in (user_id, id)", "note like 'a%'", "(select count(*) from public.files) > 0", "now() > '2020-01-01'", "nullif(auth.role(), 'anon') is not null",
    *("exists (select 1 from public.mates m where m.id = user_id)", "open or public.nobody(user_id)") * 2,
)  # fmt: skip
FILES = (
    "bucket_id = 'avatars'", *("bucket_id = 'papers' and auth.uid() = owner",) * 3, "bucket_id in ('avatars', 'papers')", "true", "auth.role() = 'authenticated' and bucket_id = 'papers'",
    "bucket_id = 'avatars' and (storage.foldername(name))[1] = auth.uid()::text", "bucket_id = any (array['avatars'])", "auth.uid() = owner",
)  # fmt: skip
_NAMES = ("notes", "files", "parts", "keys")
_GONE = tuple(f"{schema}.{name}" for schema in ("public", "api", "private", "archive") for name in _NAMES)
_UNMADE = tuple(f"{schema}.{name}" for schema in ("public", "api", "private", "archive") for name in ("shown", "listed"))
_UNWRITTEN = tuple(f"{schema}.{name}" for schema in ("public", "api", "private", "archive") for name in ("act", "tell"))
# What was there and is gone is surely not there, in the database in use either; what nothing ever makes (mates, nobody, stranger) a server refuses.
PREPARED = (
    "create schema api", "create schema private", "create schema archive",
    *(f"create table {name} (id int)" for name in _GONE), *(f"drop table {name}" for name in _GONE),
    *(f"create view {name} as select 1 as one" for name in _UNMADE), *(f"drop view {name}" for name in _UNMADE),
    *(f"create function {name}() returns boolean language sql as 'select true'" for name in _UNWRITTEN), *(f"drop function {name}()" for name in _UNWRITTEN),
    "create function public.protect() returns boolean language sql as 'select true'", "drop function public.protect()",
    "create role staff", "create role clerk", "drop role staff", "drop role clerk", "drop schema archive",
    "create function public.mine(owner uuid) returns boolean language sql stable as $$ select owner = auth.uid() $$",
    "create function public.closed(owner uuid) returns boolean language sql stable security definer as $$ select owner = auth.uid() $$",
    "create function public.strict_one(who uuid) returns boolean language plpgsql stable strict as $$ begin return true; end $$",
    "create function public.signed_in() returns boolean language plpgsql stable as $$ begin return auth.uid() is not null; end $$",
    "create function public.stamped() returns trigger language plpgsql as $$ begin return new; end $$",
)  # fmt: skip


class Step(NamedTuple):
    """One statement, and the kind of it."""

    kind: str
    text: str


History = list[tuple[list[Step], bool]]
"""Groups of steps; those of a group whose flag is set run in a transaction that is rolled back."""


class Words:
    """Something that makes text by chance: numbers drawn by Hypothesis stand for steps, as each is then as likely as any."""

    def __init__(self, make: Callable[[Random], str]) -> None:
        self.make = make

    def __or__(self, other: "Words") -> "Words":
        return Words(lambda chance: chance.choice((self, other)).make(chance))


def _pick(*choices: str) -> Words:
    return Words(lambda chance: chance.choice(choices))


def _says(template: str, **parts: Words) -> Words:
    return Words(lambda chance: template.format(**{label: part.make(chance) for label, part in parts.items()}))


_table, _view, _function, _who = _pick(*_TABLES), _pick(*_VIEWS), _pick(*_FUNCTIONS), _pick(*_WHO)
_new = _pick("public.keys", "api.files", "private.notes", "public.parts", "api.keys", "keys")
_schema, _condition = _pick(*SCHEMAS), _pick(*CONDITIONS)
_policy = _pick("p0", "p0", "p1")
_value = Words(lambda chance: str(chance.randrange(10**6)))
_privilege = _pick("select", "insert", "update", "delete", "all", "select, insert", "all privileges")
_ROLES = ("", "", "to public", "to anon", "to authenticated", "to anon, authenticated", "to service_role", "to staff", "to stranger, anon")


def _policies(table: Words, condition: Words, *commands: str, restrictive: bool = False) -> Words:
    def make(chance: Random) -> str:
        command = chance.choice(commands)
        using = "" if command == "insert" else f"using ({condition.make(chance)})"
        check = ""
        if command == "insert" or (command in ("all", "update") and chance.random() < 1 / 2):
            check = f"with check ({condition.make(chance)})"
        if command == "all" and check and chance.random() < 1 / 6:
            using = ""
        words = "" if command == "all" and chance.random() < 1 / 2 else f"for {command}"
        way = "as restrictive" if restrictive else ""
        return f"create policy {_policy.make(chance)} on {table.make(chance)} {way} {words} {chance.choice(_ROLES)} {using} {check}"

    return Words(make)


_QUERIES = (
    "select * from {table}", "select id, note from {table} where open", "select * from {table} where user_id = auth.uid()", "select count(*) as n from {table}", "select a.id, b.note from {table} a join {other} b on a.id = b.user_id",
    "select * from {view}", "select id from {table} union all select id from {other}", "select distinct note from {table}", "select id, user_id from {table} where auth.uid() is not null", "select * from {table} where auth.role() = 'service_role'", "select id from public.mates",
)  # fmt: skip
_query = Words(lambda chance: _says(chance.choice(_QUERIES), table=_table, other=_table, view=_view).make(chance))
_BODIES = (
    "select true",
    "select auth.uid() is not null",
    "select exists (select 1 from public.notes)",
    "select exists (select 1 from public.mates)",
)

_OVER_ROUTINES = (
    ("do $$ declare r record; begin for r in select n.nspname as place, p.proname as label, pg_get_function_identity_arguments(p.oid) as types from pg_proc p join pg_namespace n on n.oid = p.pronamespace "
    "where n.nspname = '{schema}' and p.prosecdef and p.proconfig is null loop execute format('alter function %I.%I(%s) set search_path = public', r.place, r.label, r.types); end loop; end $$"),
    ("do $$ declare r record; begin for r in select routine_name from information_schema.routines where routine_schema = '{schema}' and routine_type = 'FUNCTION' "
    "loop begin execute 'revoke all on function {schema}.' || quote_ident(r.routine_name) || ' from {who}'; exception when others then null; end; end loop; end $$"),
)  # fmt: skip

KINDS: dict[str, Words] = {
    "create table": _says("create table {table} " + _SHAPE, table=_table),
    "create table if not exists": _says("create table if not exists {table} " + _SHAPE, table=_table),
    "create table as": _says("create table {table} as select * from {other}", table=_new, other=_table),
    "create table like": _says("create table {table} (like {other} including all)", table=_new, other=_table),
    "create table inherits": _says("create table {table} () inherits ({other})", table=_new, other=_table),
    "create partitioned table": _says("create table {table} " + _PARTED, table=_table),
    "create partition": _says("create table {table} partition of {other} for values in ('{value}')", table=_new, other=_pick("public.parts", "public.parts", *_TABLES), value=_value),
    "attach partition": _says("alter table {table} attach partition {other} for values in ('{value}')", table=_pick(*("public.parts",) * 4, *_TABLES), other=_table, value=_value),
    "detach partition": _says("alter table public.parts detach partition {other}", other=_pick("private.keys", "private.keys", "private.keys", "public.files")),
    "drop table": _says("drop table {maybe} {table} {cascade}", table=_table, maybe=_pick("", "if exists"), cascade=_pick("", "cascade")),
    "rename table": _says("alter table {table} rename to {to}", table=_table, to=_pick("notes", "files", "parts", "keys")),
    "set schema": _says("alter table {table} set schema {schema}", table=_table, schema=_schema),
    "add column": _says("alter table {table} add column {maybe} {column} text", table=_table, maybe=_pick("", "if not exists"), column=_pick("more", "note", "user_id")),
    "drop column": _says("alter table {table} drop column {maybe} {column} {cascade}", table=_table, maybe=_pick("", "if exists"), column=_pick("open", "user_id", "note"), cascade=_pick("", "cascade")),
    "rename column": _says("alter table {table} rename column {column} to {to}", table=_table, column=_pick("open", "user_id"), to=_pick("visible", "owner")),
    "not null": _says("alter table {table} alter column {column} {way} not null", table=_table, column=_pick("open", "user_id"), way=_pick("set", "drop")),
    "owner": _says("alter table {table} owner to {role}", table=_table, role=_pick("postgres", "service_role")),
    "enable rls": _says("alter table {table} enable row level security", table=_table),
    "disable rls": _says("alter table {table} disable row level security", table=_table),
    "force rls": _says("alter table {table} {way} row level security", table=_table, way=_pick("force", "force", "no force")),
    "policy for all": _policies(_table, _condition, "all"),
    "policy for select": _policies(_table, _condition, "select"),
    "policy for insert": _policies(_table, _condition, "insert"),
    "policy for update": _policies(_table, _condition, "update"),
    "policy for delete": _policies(_table, _condition, "delete"),
    "restrictive policy": _policies(_table, _condition, "all", "select", "insert", "update", restrictive=True),
    "alter policy": _says("alter policy {policy} on {table} {change}", policy=_policy, table=_table, change=_says("using ({condition})", condition=_condition) | _says("with check ({condition})", condition=_condition) | _pick("to anon", "to authenticated", "to public")),
    "rename policy": _says("alter policy {policy} on {table} rename to {to}", policy=_policy, table=_table, to=_pick("p0", "p2", "p3")),
    "drop policy": _says("drop policy {maybe} {policy} on {table}", policy=_policy, table=_table, maybe=_pick("", "if exists")),
    "grant": _says("grant {privilege} on {table} to {who}", privilege=_privilege, table=_table, who=_who),
    "revoke": _says("revoke {privilege} on {table} from {who}", privilege=_privilege, table=_table, who=_who),
    "column grant": _says("grant {privilege} ({columns}) on {table} to {who}", privilege=_pick("select", "update", "insert"), columns=_pick("id", "id, note", "open"), table=_table, who=_who),
    "column revoke": _says("revoke {privilege} ({columns}) on {table} from {who}", privilege=_pick("select", "update"), columns=_pick("id", "note"), table=_table, who=_who),
    "grant in schema": _says("grant {privilege} on all tables in schema {schema} to {who}", privilege=_pick("select", "all"), schema=_schema, who=_who),
    "revoke in schema": _says("revoke all on all tables in schema {schema} from {who}", schema=_schema, who=_who),
    "schema usage": _says("{words} usage on schema {schema} {way}", schema=_pick("api", "private", "public"), words=_pick("grant"), way=_says("to {who}", who=_who)) | _says("revoke usage on schema {schema} from {who}", schema=_schema, who=_who),
    "default privileges": _says("alter default privileges {owner} {way}", owner=_pick("", "for role postgres"), way=_pick("grant select on tables to anon", "revoke all on tables from anon", "grant execute on functions to anon", "revoke execute on functions from public", "revoke all on tables from anon, authenticated", "grant usage on schemas to anon")),
    "default privileges in schema": _says("alter default privileges {owner} in schema {schema} {way}", owner=_pick("", "for role postgres"), schema=_schema, way=_pick("grant select on tables to anon", "revoke all on tables from anon", "grant all on tables to anon, authenticated", "revoke execute on functions from public", "revoke execute on functions from anon", "revoke all on tables from anon, authenticated")),
    "create role": _pick("create role staff", "create role staff nologin bypassrls", "create role clerk in role staff", "create role staff noinherit"),
    "alter role": _pick("alter role staff bypassrls", "alter role authenticated bypassrls", "alter role anon nobypassrls", "alter role authenticated nobypassrls", "alter role anon noinherit"),
    "grant role": _pick("grant staff to authenticated", "grant staff to anon", "revoke staff from authenticated", "grant service_role to authenticated", "revoke staff from anon"),
    "drop role": _pick("drop role if exists staff", "drop role clerk", "drop role staff"),
    "create view": _says("create view {view} as {query}", view=_view, query=_query),
    "replace view": _says("create or replace view {view} {options} as {query}", view=_view, query=_query, options=_pick("", "with (security_invoker = true)")),
    "create invoker view": _says("create view {view} with (security_invoker = {on}) as {query}", view=_view, query=_query, on=_pick("on", "true", "false")),
    "alter view": _says("alter view {view} {way}", view=_view, way=_pick("set (security_invoker = true)", "set (security_invoker = off)", "reset (security_invoker)", "rename to listed", "set schema api", "owner to service_role")),
    "drop view": _says("drop view {maybe} {view} {cascade}", view=_view, maybe=_pick("", "if exists"), cascade=_pick("", "cascade")),
    "materialized view": _says("create materialized view {view} as {query}", view=_view, query=_query),
    "grant on view": _says("{words}", words=_says("grant {privilege} on {view} to {who}", privilege=_privilege, view=_view, who=_who) | _says("revoke {privilege} on {view} from {who}", privilege=_privilege, view=_view, who=_who)),
    "create function": _says("create function {name}() returns boolean language sql stable {way} as $$ {body} $$", name=_function, way=_pick("", "security definer", "security definer set search_path = ''"), body=_pick(*_BODIES)),
    "replace function": _says("create or replace function {name}() returns boolean language sql {way} as $$ {body} $$", name=_function, way=_pick("", "security definer"), body=_pick(*_BODIES)),
    "overload": _says("create function {name}(a int) returns boolean language plpgsql as $$ begin return true; end $$", name=_function),
    "alter function": _says("alter function {name}{types} {way}", name=_function, types=_pick("", "()"), way=_pick("security definer", "security invoker", "set search_path = ''", "reset search_path", "owner to service_role", "rename to tell", "set schema api", "reset all")),
    "drop function": _says("drop function {maybe} {name}{types} {cascade}", name=_function, maybe=_pick("", "if exists"), types=_pick("", "()", "(int)"), cascade=_pick("", "cascade")),
    "execute": _says("{words}", words=_says("revoke {privilege} on function {name}{types} from {who}", privilege=_pick("execute", "all"), name=_function, types=_pick("", "()"), who=_who) | _says("grant execute on function {name}{types} to {who}", name=_function, types=_pick("", "()"), who=_who)),
    "execute in schema": _says("{way}", way=_says("revoke execute on all functions in schema {schema} from {who}", schema=_schema, who=_who) | _says("grant execute on all routines in schema {schema} to {who}", schema=_schema, who=_who)),
    "do loop": _says(
        "do $$ declare r record; begin for r in select schemaname, tablename from pg_tables where schemaname = '{schema}' loop execute format('alter table %I.%I {way} row level security', r.schemaname, r.tablename); end loop; end $$",
        schema=_schema, way=_pick("enable", "disable"),
    ),
    "do names": _says(
        "do $$ declare t text; begin foreach t in array array['notes', 'files'] loop if exists (select 1 from information_schema.tables where table_schema = 'public' and table_name = t) "
        "then execute 'alter table public.' || quote_ident(t) || ' enable row level security'; end if; end loop; end $$"
    ),
    "do guarded": _says(
        "do $$ begin if not exists (select 1 from pg_policies where tablename = 'notes' and schemaname = 'public' and policyname = '{policy}') then create policy {policy} on public.notes for select using (open); end if; "
        "exception when others then null; end $$", policy=_policy,
    ),
    "do routines": Words(lambda chance: _says(chance.choice(_OVER_ROUTINES), schema=_pick("public", "public", "api"), who=_who).make(chance)),
    "create schema": _pick("create schema if not exists api", "create schema private", "create schema archive"),
    "drop schema": _pick("drop schema api cascade", "drop schema if exists archive", "drop schema private", "drop schema if exists private cascade"),
    "rename schema": _pick("alter schema api rename to archive", "alter schema archive rename to api", "alter schema private rename to archive"),
    "search path": _pick("set search_path = api, public", "set search_path to public", "reset search_path", "set search_path = private"),
    "bucket": _pick("insert into storage.buckets (id, name, public) values ('avatars', 'avatars', true)", "insert into storage.buckets (id, name) values ('papers', 'papers')", "insert into storage.buckets (id, name, public) values ('avatars', 'avatars', false) on conflict (id) do nothing", "insert into storage.buckets (id, name, public) values ('papers', 'papers', true) on conflict (id) do update set public = excluded.public", "update storage.buckets set public = false where id = 'avatars'", "update storage.buckets set public = true", "delete from storage.buckets where id = 'papers'"),
    "policy on files": _policies(_pick("storage.objects"), _pick(*FILES), "all", "select", "insert", "update", "delete"),
    "drop policy on files": _says("drop policy if exists {policy} on storage.objects", policy=_policy),
    "publication": _says("alter publication supabase_realtime {way} table {table}", way=_pick("add", "add", "drop"), table=_table),
    "trigger": _says("create trigger stamp before insert on {table} for each row execute function public.stamped()", table=_table),
    "drop trigger": _says("drop trigger {maybe} stamp on {table}", maybe=_pick("", "if exists"), table=_table),
    "event trigger": _pick(
        "create function public.protect() returns event_trigger language plpgsql security definer as $$ declare r record; begin for r in select * from pg_event_trigger_ddl_commands() where object_type in ('table', 'partitioned table') loop execute format('alter table %s enable row level security', r.object_identity); end loop; end $$",
        "create event trigger protecting on ddl_command_end when tag in ('CREATE TABLE', 'CREATE TABLE AS') execute function public.protect()", "alter event trigger protecting disable", "alter event trigger protecting enable", "drop event trigger if exists protecting",
    ),
}  # fmt: skip
_FREQUENT = (
    "create table", "create table", "enable rls", "enable rls", "policy for all", "policy for select", "grant", "revoke", "create view", "create view", "create function", "alter policy", "alter policy",
    "rename policy", "rename policy", "rename policy", "execute", "alter function", "alter view", "grant on view", "create partitioned table", "create partition", "attach partition", "detach partition",
    "rename table", "rename schema", "drop role",
)  # fmt: skip
# What a statement needs to do anything, most of the time.
_PARTS = ("drop table if exists public.parts cascade", f"create table public.parts {_PARTED}")
_NEEDED = {
    "alter policy": ("create policy p0 on public.notes using (open)",),
    "rename policy": ("create policy p0 on public.notes using (open)", "create policy p0 on public.files for select using (true)"),
    "create partition": _PARTS,
    "attach partition": (*_PARTS, "create table public.files (id uuid, user_id uuid, open boolean, note text)"),
    "detach partition": (*_PARTS, "create schema if not exists private", "drop table if exists private.keys", "create table private.keys partition of public.parts for values in ('x')"),
    "force rls": ("alter table public.notes owner to service_role", "grant service_role to authenticated", "alter table public.notes enable row level security", "alter table public.notes force row level security"),
    "rename schema": ("drop schema if exists archive",),
    "execute": ("create function public.act() returns boolean language sql security definer as $$ select true $$",),
    "alter function": ("create function public.act() returns boolean language sql as $$ select true $$",),
    "alter view": ("create view public.shown as select * from public.notes",),
    "grant on view": ("create view public.shown with (security_invoker = on) as select * from public.files",),
    "column grant": ("revoke all on public.notes, public.files from anon, authenticated, public",),
    "replace view": ("drop view if exists public.shown cascade", "create view public.shown with (security_invoker = on) as select * from public.notes"),
    "replace function": (
        "drop function if exists public.act() cascade", "create function public.act() returns boolean language sql as $$ select true $$", "revoke execute on function public.act() from public, anon",
    ),
    "grant role": ("create role staff",),
    "policy on files": ("insert into storage.buckets (id, name) values ('papers', 'papers')",),
}  # fmt: skip
_ALL = (*KINDS, *_FREQUENT)


def history_of(number: int) -> History:
    """The history that a number stands for: of 5 to 40 statements."""
    chance = Random(number)
    steps = [Step("create table", f"create table {table} {_SHAPE}") for table in ("public.notes", "public.files")]
    if chance.random() < 1 / 4:
        steps.append(
            Step(
                "create partitioned table",
                "create table public.parts (id uuid, user_id uuid, open boolean, note text) partition by list (note)",
            )
        )
    if chance.random() < 1 / 2:
        steps.append(Step("enable rls", "alter table public.notes enable row level security"))
        steps.append(Step("schema usage", "grant usage on schema api, private to anon, authenticated"))
    for _ in range(chance.randint(5, 30)):
        kind = chance.choice(_ALL)
        if kind in _NEEDED and chance.random() < (1 / 3 if kind == "force rls" else 9 / 10):
            steps += [Step("needed", text) for text in _NEEDED[kind]]
        steps.append(Step(kind, KINDS[kind].make(chance)))
    if chance.random() < 3 / 4:
        return [(steps, False)]
    first, second = sorted((chance.randint(0, len(steps)), chance.randint(0, len(steps))))
    return [(part, undone) for part, undone in ((steps[:first], False), (steps[first:second], True), (steps[second:], False)) if part]


# Hypothesis shrinks numbers, which says nothing of statements: those that matter are found by ``reduced``.


def reduced(history: History, fails: Callable[[History], bool]) -> History:
    """The history without the steps that a failure does not need."""
    flat = [(one, at) for at, (steps, _) in enumerate(history) for one in steps]

    def put(left: list[tuple[Step, int]]) -> History:
        return [(kept, undone) for at, (_, undone) in enumerate(history) if (kept := [one for one, group in left if group == at])]

    size = len(flat) // 2
    while size:
        start = 0
        while start < len(flat):
            fewer = flat[:start] + flat[start + size :]
            if fewer and fails(put(fewer)):
                flat = fewer
            else:
                start += size
        size //= 2
    return put(flat)


def script(history: History) -> str:
    """The history as one file of migrations, after what is prepared."""
    parts: list[str] = []
    for steps, undone in history:
        lines = [f"{step.text};" for step in steps]
        parts += ["begin;", *lines, "rollback;"] if undone else lines
    return "\n".join(parts) + "\n"
