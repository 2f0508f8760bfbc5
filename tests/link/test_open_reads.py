"""Edge functions that read with the service key what everybody may read anyway."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

SQL = """
create table public.products (id uuid primary key, name text, price numeric);
alter table public.products enable row level security;
create policy shown on public.products for select using (true);
create table public.brands (id uuid primary key, name text);
alter table public.brands enable row level security;
create policy shown on public.brands for select using (true);
create table public.orders (id uuid primary key, user_id uuid references auth.users, email text);
alter table public.orders enable row level security;
create policy own on public.orders for select using (user_id = auth.uid());
"""
HEAD = 'import { createClient } from "https://esm.sh/@supabase/supabase-js@2";\n'
CONFIG = "project_id = 'x'\n[functions.feed]\nverify_jwt = false\n"


def told(body: str, sql: str = SQL) -> list[str]:
    code = f"{HEAD}Deno.serve(async (req) => {{ const db = createClient(Deno.env.get('SUPABASE_URL')!, Deno.env.get('SUPABASE_SERVICE_ROLE_KEY')!); {body} return new Response(JSON.stringify(data)); }});"
    files = {"supabase/functions/feed/index.ts": code, "supabase/config.toml": CONFIG, "supabase/migrations/20250101000000_a.sql": sql}
    return [
        finding.rule
        for finding in scan_files({name: text.encode() for name, text in files.items()}, RULES).findings
        if finding.severity in ("critical", "high")
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("const { data } = await db.from('products').select('*').order('name');", []),
        ("const { data } = await db.from('products').select('*, brands!inner(name), count()');", []),
        ("const { data } = await db.from('products').select('*, orders(email)');", ["edge-function-open"]),
        ("const { data } = await db.from('orders').select('*');", ["edge-function-open"]),
        ("const { data } = await db.from('nowhere').select('*');", ["edge-function-open"]),
        ("const { asked } = await req.json(); const { data } = await db.from('products').select(asked);", ["edge-function-open"]),
        ("const { data } = await db.from('products').select('*'); await fetch('https://partner.example/sync', { method: 'POST' });", ["edge-function-open"]),
        ("const { data } = await db.from('products').update({ price: 0 }).eq('id', 1);", ["edge-function-open"]),
    ],
)  # fmt: skip
def test_what_everybody_may_read_wants_no_protection(body: str, expected: list[str]) -> None:
    assert told(body) == expected


@pytest.mark.parametrize(("column", "expected"), [("email text", True), ("height numeric", False)])
def test_that_all_can_read_a_table_without_policies_is_a_slip(column: str, expected: bool) -> None:
    sql = f"create table public.letters (id uuid primary key, {column});"
    assert ("edge-function-open" in told("const { data } = await db.from('letters').select('*');", sql)) is expected
