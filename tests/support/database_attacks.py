"""Small databases with a hole for each remedy, and what strangers and owners do there: test_fix runs it before and after the fixes."""

from typing import NamedTuple

ME, OTHER = "00000000-0000-4000-8000-0000000000aa", "11111111-1111-4111-8111-111111111111"
REFUSED = "refused"
MANY = 2


class Deed(NamedTuple):
    """What a caller does, what comes of it before the fix, and afterwards: rows, how many rows, or that it is refused."""

    who: str
    text: str
    before: object
    after: object


class Holed(NamedTuple):
    """A database. ``attacks``: by remedy, what a stranger does that it ends; ``honest``: what others do as before."""

    files: dict[str, str]
    rows: str
    attacks: dict[str, tuple[Deed, ...]]
    honest: tuple[tuple[str, str], ...]


def attack(who: str, text: str, before: object, after: object = REFUSED) -> tuple[Deed, ...]:
    return (Deed(who, text, before, after),)


BROWSER = """import { createClient } from '@supabase/supabase-js'
const db = createClient('https://abcdefghijklmnopqrst.supabase.co', 'k')
await db.from('notes').select('*')
"""
WEB = {
    "package.json": '{"dependencies": {"vite": "6", "@supabase/supabase-js": "2"}}',
    "index.html": '<script type="module" src="/src/main.ts"></script>',
    "src/main.ts": BROWSER,
    "supabase/config.toml": 'project_id = "shop"\n',
}
OWN = "create policy own on public.{0} for select to authenticated using (user_id = (select auth.uid()));\n"
TABLE = "create table public.{0} (id int primary key, user_id uuid references auth.users (id), {1});\nalter table public.{0} enable row level security;\n"
SHOP = (
    "create table public.notes (id int primary key, user_id uuid references auth.users (id), body text);\n"
    "create table public.stock (id int primary key, price int);\n"
    + TABLE.format("letters", "body text")
    + OWN.format("letters")
    + TABLE.format("payments", "card text")
    + OWN.format("payments")
    + """create policy "Service role manages payments" on public.payments for all using (true);
"""
    + TABLE.format("orders", "email text")
    + "create policy wide on public.orders for all using (true);\n"
    + "create table public.profiles (id uuid primary key references auth.users (id), name text, role text default 'user');\nalter table public.profiles enable row level security;\n"
    + "create policy mine on public.profiles for all to authenticated using (id = (select auth.uid())) with check (id = (select auth.uid()));\n"
    + TABLE.format("reviews", "body text")
    + "create policy everyone on public.reviews for select using (true);\ncreate policy signed on public.reviews for insert to authenticated with check ((select auth.uid()) is not null);\n"
    + TABLE.format("salaries", "salary int")
    + OWN.format("salaries")
    + "create view public.all_salaries as select * from public.salaries;\ncreate materialized view public.salary_list as select * from public.salaries;\n"
    + TABLE.format("tickets", "title text")
    + OWN.format("tickets")
    + """create function public.wipe() returns void language sql security definer set search_path = '' as $$ delete from public.tickets $$;
create function public.grade(p_user_id uuid) returns int language plpgsql security definer set search_path = '' as $$
begin
  if auth.uid() is null then raise exception 'sign in first'; end if;
  update public.salaries set salary = 0 where user_id = p_user_id;
  return 1;
end $$;
create function public.search(t text) returns setof text language plpgsql stable as $$
begin
  return query execute 'select body from public.reviews where body like ''%' || t || '%''';
end $$;
create table public.user_roles (user_id uuid references auth.users (id), role text, primary key (user_id, role));
alter table public.user_roles enable row level security;
create policy own on public.user_roles for all to authenticated using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create function public.is_admin() returns boolean language sql stable security definer as $$ select exists (select 1 from user_roles where user_id = auth.uid() and role = 'admin') $$;
create policy admins on public.payments for delete to authenticated using ((select public.is_admin()));
insert into storage.buckets (id, name, public) values ('invoices', 'invoices', true), ('drafts', 'drafts', false);
create policy up on storage.objects for insert with check (bucket_id = 'drafts');
"""
    + TABLE.format("audits", "body text")
    + """create policy staff on public.audits for select to authenticated using ((select auth.jwt() -> 'user_metadata' ->> 'role') = 'admin');
"""
)
LATER = "drop policy own on public.letters;\nalter table public.letters disable row level security;\n"
EVERYONE = "select id from public.{0} order by id"
MY_ROWS = f"insert into public.{{0}} select n, (array['{ME}', '{OTHER}'])[n]::uuid, {{1}} from generate_series(1, 2) n;\n"
IN_SHOP = Holed(
    {**WEB, "supabase/migrations/20260101000000_shop.sql": SHOP, "supabase/migrations/20260201000000_later.sql": LATER},
    "".join(
        MY_ROWS.format(table, value)
        for table, value in {
            "notes": "'n'",
            "letters": "'l'",
            "payments": "'4'",
            "orders": "'a@shop.invalid'",
            "reviews": "'good'",
            "salaries": "n",
            "tickets": "'t'",
            "audits": "'a'",
        }.items()
    )
    + f"insert into public.stock values (1, 10);\ninsert into public.profiles (id, name) values ('{ME}', 'a'), ('{OTHER}', 'b');\nrefresh materialized view public.salary_list;\n",
    {
        "enable-rls": (
            *attack("anon", EVERYONE.format("notes"), [(1,), (2,)], []),
            *attack("anon", "update public.stock set price = 0", 1, 0),
        ),
        "restore-policies": attack("anon", EVERYONE.format("letters"), [(1,), (2,)], []),
        "drop-policy": attack("anon", "delete from public.payments", 2, 0),
        "owner-policies": (
            *attack("anon", EVERYONE.format("orders"), [(1,), (2,)], []),
            *attack("authenticated", "delete from public.orders", 2, 1),
        ),
        "protect-columns": attack("authenticated", "update public.profiles set role = 'admin'", 1),
        "check-owner": attack("authenticated", f"insert into public.reviews values (9, '{OTHER}', 'bad')", 1),
        "set-security-invoker": attack("anon", EVERYONE.format("all_salaries"), [(1,), (2,)], []),
        "revoke-select": attack("anon", EVERYONE.format("salary_list"), [(1,), (2,)]),
        "revoke-execute": attack("anon", "select 1 from public.wipe()", [(1,)]),
        "revoke-from-strangers": attack("anon", "select public.is_admin()", [(False,)]),
        "bind-parameter-to-caller": attack("authenticated", f"select public.grade('{OTHER}')", [(1,)]),
        "quote-in-format": attack("anon", "select public.search('x'' union select ''stolen'' --')", [("stolen",)], []),
        "pin-search-path": attack(
            "authenticated",
            f"create temp table user_roles as select '{ME}'::uuid as user_id, 'admin' as role;grant select on user_roles to public;select public.is_admin()",
            [(True,)],
            [(False,)],
        ),
        # The server of files asks this of a bucket.
        "private-bucket": attack("root", "select id from storage.buckets where public", [("invoices",)], []),
        "own-folder": attack("anon", "insert into storage.objects (id, bucket_id, name) values (gen_random_uuid(), 'drafts', 'a')", 1),
        "servers-write": attack("authenticated", f"insert into public.user_roles values ('{ME}', 'admin')", 1),
        "app-metadata": attack("claimed", EVERYONE.format("audits"), [(1,), (2,)], []),
    },
    (
        *(
            ("authenticated", f"{EVERYONE.format(table)[:-12]} where user_id = auth.uid()")
            for table in ("notes", "orders", "payments", "tickets", "reviews", "salaries")
        ),
        ("authenticated", f"insert into public.notes values (9, '{ME}', 'mine')"),
        ("authenticated", f"insert into public.reviews values (9, '{ME}', 'mine')"),
        ("authenticated", "update public.profiles set name = 'me' where id = auth.uid()"),
        ("authenticated", f"select public.grade('{ME}')"),
        ("authenticated", "select public.is_admin()"),
        ("authenticated", f"insert into storage.objects (id, bucket_id, name) values (gen_random_uuid(), 'drafts', '{ME}/a')"),
        ("anon", "select public.search('ood')"),
        ("anon", EVERYONE.format("reviews")),
        ("service_role", "select 1 from public.wipe()"),
        ("appointed", EVERYONE.format("audits")),
    ),
)

GRANTS = """create table public.notes (id int primary key, body text);
revoke all on public.notes from anon, authenticated;
grant select, insert, update on public.notes to public;
create table public.agents (id int primary key, name text, api_key text);
alter table public.agents enable row level security;
create policy first on public.agents for select to authenticated using (id = 1);
grant select on public.agents to authenticated, service_role;
revoke select (api_key) on public.agents from authenticated;
create function public.total() returns integer language sql as $$ select 1 $$;
revoke execute on function public.total() from anon;
create schema chat;
grant usage on schema chat to anon, authenticated;
create table chat.messages (id int primary key, sender_id uuid, body text);
grant select on chat.messages to anon, authenticated;
alter publication supabase_realtime add table chat.messages;
"""
IN_GRANTS = Holed(
    {"supabase/config.toml": 'project_id = "shop"\n', "supabase/migrations/20270101000000_grants.sql": GRANTS},
    "insert into public.notes values (1, 'n');\ninsert into public.agents values (1, 'a', 'k');\n",
    {
        "revoke-writes": attack("anon", "update public.notes set body = ''", 1),
        "revoke-table-grant-columns": attack("authenticated", "select api_key from public.agents", [("k",)]),
        "revoke-from-all": attack("anon", "select public.total()", [(1,)]),
        "stop-streaming": attack("root", "select tablename from pg_publication_tables where schemaname = 'chat'", [("messages",)], []),
    },
    (
        ("anon", EVERYONE.format("notes")),
        ("authenticated", "select id, name from public.agents"),
        ("service_role", "select api_key from public.agents"),
        ("service_role", "select public.total()"),
    ),
)
ROLES = "create table public.notes (id int primary key);\nalter table public.notes enable row level security;\ngrant select on public.notes to anon;\nalter role anon bypassrls;\n"
ROLES += "create foreign data wrapper shops;\ncreate server shop foreign data wrapper shops;\ncreate foreign table public.customers (id text, email text) server shop;\ngrant select on public.customers to anon;\n"
IN_ROLES = Holed(
    {"db/migrations/0001_roles.sql": ROLES},
    "insert into public.notes values (1);\n",
    {
        "undo-role-change": attack("anon", EVERYONE.format("notes"), [(1,)], []),
        # Behind this one there is no server that could answer.
        "revoke-all": attack("root", "select has_table_privilege('anon', 'public.customers', 'select')", [(True,)], [(False,)]),
    },
    (("root", EVERYONE.format("notes")),),
)
ORM = 'create table "users" (id int primary key, email text);\n'
IN_ORM = Holed(
    {
        "package.json": '{ "dependencies": { "@supabase/supabase-js": "2.58.0", "@prisma/client": "6.0.0" } }',
        "supabase/config.toml": 'project_id = "shop"\n',
        "prisma/schema.prisma": 'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\nmodel users {\n  id Int @id\n  email String?\n}\n',
        "prisma/migrations/20250101000000_start/migration.sql": ORM,
    },
    "insert into public.users values (1, 'a@shop.invalid');\n",
    {"enable-rls-everywhere": attack("anon", EVERYONE.format("users"), [(1,)], [])},
    (("root", EVERYONE.format("users")),),
)
DATABASES = {"shop": IN_SHOP, "grants": IN_GRANTS, "roles": IN_ROLES, "orm": IN_ORM}
_ADMIN = {"role": "admin"}
CLAIMS = {"claimed": {"user_metadata": _ADMIN}, "appointed": {"user_metadata": _ADMIN, "app_metadata": _ADMIN}}
"""Accounts that say something of themselves, and of which servers say it as well."""
