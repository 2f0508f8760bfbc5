"""What a key that no policy binds opens, and the code of browsers that writes what says what somebody may do."""

from own_rules import RULES

from batten.scan import scan_files
from batten.testing_keys import expand

PACKAGE = '{ "dependencies": { "vite": "6.0.0", "@supabase/supabase-js": "2.58.0" } }'
PAGE = '<script type="module" src="/src/main.ts"></script>'
TABLES = """create table public.profiles (id uuid primary key references auth.users, email text, phone text, plan text);
create table public.tags (id uuid primary key, name text);
alter table public.profiles enable row level security;
alter table public.tags enable row level security;
create policy "own" on public.profiles for all to authenticated using ((select auth.uid()) = id) with check ((select auth.uid()) = id);
insert into storage.buckets (id, name, public) values ('papers', 'papers', false);
"""
OPENED = [
    "who has the key reads and changes 2 tables and the files of papers, and all accounts, whatever policies say, so public.profiles (email, phone) here",
    "and public.tags here",
]


def steps(rule: str, **files: str) -> list[str]:
    """The trail of the only finding of a rule, as sentences."""
    app = {"package.json": PACKAGE, "index.html": PAGE} | {
        path.replace("__", "/").replace("_dot_", "."): text for path, text in files.items()
    }
    found = scan_files({path: expand(text).encode() for path, text in app.items()}, RULES).findings
    (finding,) = (each for each in found if each.rule == rule)
    return [step.note for step in finding.trail]


CLIENT = 'import { createClient } from "@supabase/supabase-js";\nexport const sb = createClient(import.meta.env.VITE_SUPABASE_URL, import.meta.env.{});\n'


def test_a_service_key_that_browsers_get_says_what_it_opens() -> None:
    client = CLIENT.replace("{}", "VITE_SUPABASE_SERVICE_ROLE_KEY")
    settings = "VITE_SUPABASE_SERVICE_ROLE_KEY={{jwt:service_role}}\n"
    files = {"src__main_dot_ts": client, "_dot_env": settings, "supabase__migrations__20260101000000_tables_dot_sql": TABLES}
    assert steps("secret-in-public-variable", **files)[-2:] == OPENED
    assert steps("admin-client-in-browser", **files)[-2:] == OPENED


def test_a_service_key_in_the_source_says_what_it_opens() -> None:
    script = 'import { createClient } from "@supabase/supabase-js";\ncreateClient("https://acme.supabase.co", "{{jwt:service_role}}");\n'
    files = {"server__seed_dot_ts": script, "supabase__migrations__20260101000000_tables_dot_sql": TABLES}
    assert steps("service-key-in-source", **files)[-2:] == OPENED


def test_the_public_key_opens_nothing_past_the_policies() -> None:
    client = CLIENT.replace("{}", "VITE_SUPABASE_ANON_KEY")
    files = {
        "src/main.ts": client,
        ".env": "VITE_SUPABASE_ANON_KEY={{jwt:anon}}\n",
        "supabase/migrations/20260101000000_tables.sql": TABLES,
    }
    app = {"package.json": PACKAGE, "index.html": PAGE} | files
    found = scan_files({path: expand(text).encode() for path, text in app.items()}, RULES).findings
    assert [step.note for finding in found for step in finding.trail if step.note.startswith("who has the key")] == []


def test_code_of_browsers_that_writes_what_somebody_may_do_is_on_the_way() -> None:
    code = (
        CLIENT.replace("{}", "VITE_SUPABASE_ANON_KEY")
        + 'export const up = (id) => sb.from("profiles").update({ plan: "pro", email: "x" }).eq("id", id);\n'
    )
    files = {"src__main_dot_ts": code, "supabase__migrations__20260101000000_tables_dot_sql": TABLES}
    assert steps("self-editable-privilege-column", **files)[-1] == "code of the browser writes plan here"
    server = {**files, "index_dot_html": "", "src__main_dot_ts": "", "server__up_dot_ts": code}
    assert steps("self-editable-privilege-column", **server)[-1] == "the policy is written here"
