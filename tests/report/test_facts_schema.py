"""The database in ``batten facts --json`` is as its published schema says."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "docs/schema/facts.schema.json"
SQL = """
create table public.notes (id uuid primary key, user_id uuid references auth.users (id), email text);
alter table public.notes enable row level security;
create policy "own notes" on public.notes for select to authenticated using ((select auth.uid()) = user_id);
create view public.shown with (security_invoker = on) as select id from public.notes;
create materialized view public.counted as select count(*) from public.notes;
create function public.tell() returns int language sql security definer set search_path = '' as 'select 1';
revoke execute on function public.tell() from public, anon;
grant select (id) on public.notes to anon;
alter default privileges in schema public revoke all on tables from anon;
insert into storage.buckets (id, name, public) values ('avatars', 'avatars', true);
create policy "read avatars" on storage.objects for select using (bucket_id = 'avatars');
create trigger stamp before insert on public.notes for each row execute function public.tell();
create role clerk bypassrls; create schema private; create extension pg_trgm schema extensions;
alter publication supabase_realtime add table public.notes;
create event trigger protecting on ddl_command_end execute function public.tell();
"""


def test_what_is_published_is_what_the_facts_are() -> None:
    found = importlib.util.spec_from_file_location("facts_schema", ROOT / "scripts/facts_schema.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    assert json.loads(PUBLISHED.read_bytes()) == module.document(), "run scripts/facts_schema.py"


def test_facts_are_as_the_schema_says(tmp_path: Path) -> None:
    migrations = tmp_path / "supabase/migrations"
    migrations.mkdir(parents=True)
    (migrations / "20250101000000_first.sql").write_text(SQL)
    command = [sys.executable, "-m", "batten", "facts", "--json", str(tmp_path)]
    written = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)
    schema = json.loads(PUBLISHED.read_bytes())
    Draft202012Validator.check_schema(schema)
    assert [error.message for error in Draft202012Validator(schema).iter_errors(written)] == []
    assert [name for name in schema["properties"] if not written[name]] == []
    (notes,) = written["tables"]
    assert {(cell["role"], cell["verb"]): cell["verdict"] for cell in notes["access"]} == {
        **{(role, verb): "none" for role in ("anon", "authenticated") for verb in ("select", "insert", "update", "delete")},
        ("authenticated", "select"): "rows",
    }


def test_every_field_is_explained() -> None:
    text = (ROOT / "docs/facts.md").read_text()
    schema = json.loads(PUBLISHED.read_bytes())
    assert [name for name in schema["properties"] if f"`{name}`" not in text] == []
    assert [name for name in schema["$defs"]["Access"]["properties"] if f"`{name}`" not in text] == []
