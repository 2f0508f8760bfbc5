"""Fixes hold: they are proven by scanning again, apply on a real server, and are written whole or not at all."""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from attacked import ATTACKED, NOT_ATTACKED
from database_attacks import CLAIMS, DATABASES, ME, OTHER, REFUSED
from own_rules import RULES
from postgres_server import Server, started

from batten.config import Config
from batten.finding import Edit, Finding, Fix, Safety, UsageError
from batten.fix import Change, Fixer, applied, write
from batten.parse.postgres.split import pieces
from batten.remedies import NAMES, remedy
from batten.report import patch
from batten.testing_keys import expand
from batten.text import Span
from batten.workspace import Workspace

ROOT = Path(__file__).parents[1]
PAGES = {page.id: page for page in RULES.pages}
NOW = datetime(2026, 3, 1, 12, 0, 0)  # noqa: DTZ001 - UTC by agreement
STAMP = "20260301120000"


def lay_out(folder: Path, files: Mapping[str, str | bytes]) -> None:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data if isinstance(data, bytes) else data.encode())


def fixer(folder: Path) -> Fixer:
    return Fixer(Workspace((folder,), Config(), RULES, 1), NOW)


def fix_all(folder: Path, rule: str = "", *, unsafe: bool = True) -> tuple[Fixer, list[Finding]]:
    """Fixes everything (or the findings of one rule), and gives what was fixed."""
    found = fixer(folder)

    def keep(fix: Fix) -> bool:
        return unsafe or fix.safety is Safety.SAFE

    wanted = [finding for finding in found.findings if rule in ("", finding.rule)]
    return found, [finding for finding in wanted if found.propose(finding, keep).fix is not None]


def only(folder: Path, files: Mapping[str, str | bytes], *, unsafe: bool = True) -> dict[str, str]:
    """The files as a fix of everything leaves them, without those that it leaves alone."""
    lay_out(folder, files)
    return {change.path: change.after.decode() for change in fix_all(folder, unsafe=unsafe)[0].changes()}


# Placing


OPEN = "create table public.notes (id uuid primary key, user_id uuid references auth.users (id), body text);\n"
ENABLED = 'alter table "public"."notes" enable row level security;\n'


def test_supabase_gets_a_migration_with_the_time_in_its_name(tmp_path: Path) -> None:
    assert only(tmp_path, {"supabase/migrations/20250101000000_notes.sql": OPEN}) == {
        f"supabase/migrations/{STAMP}_enable_row_level_security.sql": ENABLED
    }


def test_a_migration_from_the_future_stays_before(tmp_path: Path) -> None:
    assert list(only(tmp_path, {"supabase/migrations/20300101000059_notes.sql": OPEN})) == [
        "supabase/migrations/20300101000100_enable_row_level_security.sql"
    ]


def test_of_two_with_the_same_time_the_new_one_comes_last(tmp_path: Path) -> None:
    files = {f"supabase/migrations/{STAMP}_{name}.sql": OPEN.replace("notes", name) for name in ("letters", "z")}
    (path,) = only(tmp_path, files)
    assert path == f"supabase/migrations/{int(STAMP) + 1}_enable_row_level_security.sql"


def test_all_fixes_of_a_database_go_to_one_migration(tmp_path: Path) -> None:
    other = OPEN.replace("notes", "letters")
    assert only(tmp_path, {"supabase/migrations/20250101000000_notes.sql": OPEN + other}) == {
        f"supabase/migrations/{STAMP}_enable_row_level_security.sql": ENABLED + "\n" + ENABLED.replace("notes", "letters")
    }


def test_what_sorts_behind_the_new_migration_begins_no_other(tmp_path: Path) -> None:
    files = {
        "supabase/migrations/00001_notes.sql": OPEN + OPEN.replace("notes", "letters"),
        "supabase/migrations/99999_rows.sql": "select 1;\n",
    }
    assert list(only(tmp_path, files)) == [f"supabase/migrations/{STAMP}_enable_row_level_security.sql"]


@pytest.mark.parametrize(
    ("path", "text", "wanted", "written"),
    [
        ("db/migrations/0007_notes.sql", "{}", "db/migrations/0008_enable_row_level_security.sql", "{}"),
        (
            "db/migrations/20250101000000_notes.sql",
            "-- migrate:up\n{}\n-- migrate:down\ndrop table notes;\n",
            f"db/migrations/{STAMP}_enable_row_level_security.sql",
            "-- migrate:up\n{}\n-- migrate:down\n",
        ),
        (
            "db/migrations/00003_notes.sql",
            "-- +goose Up\n{}\n-- +goose Down\ndrop table notes;\n",
            "db/migrations/00004_enable_row_level_security.sql",
            "-- +goose Up\n{}\n-- +goose Down\n",
        ),
        ("migrations/000002_notes.up.sql", "{}", "migrations/000003_enable_row_level_security.up.sql", "{}"),
        ("sql/V9__notes.sql", "{}", "sql/V10__enable_row_level_security.sql", "{}"),
        (
            "prisma/migrations/20250101000000_notes/migration.sql",
            "{}",
            f"prisma/migrations/{STAMP}_enable_row_level_security/migration.sql",
            'alter table if exists "public"."_prisma_migrations" enable row level security;\n\n{}',
        ),
    ],
)  # fmt: skip
def test_other_tools_get_one_in_their_own_way(tmp_path: Path, path: str, text: str, wanted: str, written: str) -> None:
    browser = "import { createClient } from '@supabase/supabase-js'\nexport const db = createClient('https://abcdefghijklmnopqrst.supabase.co', 'k')\n"
    files = {path: text.replace("{}", OPEN), "package.json": '{"dependencies": {"@supabase/supabase-js": "2"}}', "src/db.ts": browser}
    assert only(tmp_path, files) == {wanted: written.replace("{}", ENABLED)}


def test_drizzle_gets_an_entry_in_its_journal_and_a_snapshot(tmp_path: Path) -> None:
    entry = {"idx": 0, "version": "7", "when": 1735689600000, "tag": "0000_notes", "breakpoints": True}
    snapshot = {
        "id": "6e5b4d0a-0000-4000-8000-000000000001",
        "prevId": "00000000-0000-0000-0000-000000000000",
        "version": "7",
        "tables": {},
    }
    files = {
        "package.json": '{"dependencies": {"drizzle-orm": "1", "@supabase/supabase-js": "2"}}',
        "src/db.ts": "import { createClient } from '@supabase/supabase-js'\nexport const db = createClient('https://abcdefghijklmnopqrst.supabase.co', 'k')\n",
        "drizzle/0000_notes.sql": OPEN,
        "drizzle/meta/_journal.json": json.dumps({"version": "7", "dialect": "postgresql", "entries": [entry]}),
        "drizzle/meta/0000_snapshot.json": json.dumps(snapshot),
    }
    found = only(tmp_path, files)
    assert sorted(found) == ["drizzle/0001_enable_row_level_security.sql", "drizzle/meta/0001_snapshot.json", "drizzle/meta/_journal.json"]
    assert found["drizzle/0001_enable_row_level_security.sql"] == ENABLED
    journal = json.loads(found["drizzle/meta/_journal.json"])
    assert journal["entries"] == [
        entry,
        {"idx": 1, "version": "7", "when": 1772366400000, "tag": "0001_enable_row_level_security", "breakpoints": True},
    ]
    copied = json.loads(found["drizzle/meta/0001_snapshot.json"])
    assert (copied["prevId"], copied["tables"], copied["id"] != snapshot["id"]) == (snapshot["id"], {}, True)


# What is offered


def test_owners_keep_what_is_theirs_where_code_comes_with_the_public_key(tmp_path: Path) -> None:
    files = {
        "package.json": '{"dependencies": {"vite": "5", "@supabase/supabase-js": "2"}}',
        "index.html": '<script type="module" src="/src/main.ts"></script>',
        "src/main.ts": "import { createClient } from '@supabase/supabase-js'\nconst db = createClient('https://abcdefghijklmnopqrst.supabase.co', 'k')\ndb.from('notes').select('*')\n",
        "supabase/migrations/20250101000000_notes.sql": OPEN,
    }
    lay_out(tmp_path, files)
    found = fixer(tmp_path)
    (finding,) = found.findings
    fix = found.propose(finding).fix
    assert fix is not None
    assert (fix.safety, fix.title) == (Safety.UNSAFE, "Enable row level security on notes, with policies for its owners")
    assert [(step.place.path, step.note) for step in fix.stops] == [
        ("src/main.ts", "reads notes with the public key: signed-in owners keep their rows, everyone else gets none")
    ]
    (edit,) = fix.edits
    assert edit.text == (
        'alter table "public"."notes" enable row level security;\n'
        "\n"
        'create policy "Owners read their notes"\n  on "public"."notes" for select to authenticated\n  using ((select auth.uid()) = "user_id");\n'
        "\n"
        'create policy "Owners add their notes"\n  on "public"."notes" for insert to authenticated\n  with check ((select auth.uid()) = "user_id");\n'
        "\n"
        'create policy "Owners change their notes"\n  on "public"."notes" for update to authenticated\n'
        '  using ((select auth.uid()) = "user_id")\n  with check ((select auth.uid()) = "user_id");\n'
        "\n"
        'create policy "Owners delete their notes"\n  on "public"."notes" for delete to authenticated\n  using ((select auth.uid()) = "user_id");\n'
    )
    assert found.changes() == ()


def test_two_open_policies_become_one_of_owners(tmp_path: Path, server: Server) -> None:
    wide = 'create policy "{0} read" on notes for select using (true);\ncreate policy "{0} up" on storage.objects for insert with check (bucket_id = \'files\');\n'
    first = "insert into storage.buckets (id, name, public) values ('files', 'files', false);\n" + OPEN.replace("body", "email") + ENABLED
    files = {"supabase/migrations/20260101000000_a.sql": first + wide.format("one") + wide.format("other")}
    changed = only(tmp_path, files)
    assert len(changed) == 1
    (written,) = changed.values()
    assert {verb: written.count(verb) for verb in ("drop policy", "create policy")} == {"drop policy": 4, "create policy": 2}
    with server.connect("root", "base") as admin, admin.transaction(force_rollback=True):
        assert [_run(admin, text) for text in (*files.values(), written)] == [[], []]


WIDE = 'create policy "wide" on public.notes for all using (true);\n'
UNREAD = "create table public.letters (id uuid) where nothing;\n"


def test_a_fix_passes_where_the_migrations_alone_make_less_than_there_is(tmp_path: Path, server: Server) -> None:
    made = OPEN + ENABLED + WIDE
    lay_out(tmp_path, {"supabase/migrations/20260101000000_a.sql": made + UNREAD})
    (written,) = [change.after.decode() for change in fix_all(tmp_path, "policy-open-to-writes")[0].changes()]
    lines = written.splitlines()
    assert (lines[0], lines[2:4], lines[-2:]) == (
        'drop policy if exists "wide" on "public"."notes";',
        ["do $$ begin", "  if to_regclass('public.notes') is not null then"],
        ["  end if;", "end $$;"],
    )
    with server.connect("root", "base") as admin, admin.transaction(force_rollback=True):
        assert _run(admin, written) == []
        assert [_run(admin, text) for text in (made, written)] == [[], []]
        assert admin.execute("select policyname from pg_policies where tablename = 'notes'").fetchall() == [("Owners keep their notes",)]


def test_a_fix_of_functions_passes_where_they_may_be_missing(tmp_path: Path, server: Server) -> None:
    made = "create function public.total(a uuid) returns integer language sql as $$ select 1 $$;\nrevoke execute on function public.total(uuid) from anon;\n"
    lay_out(tmp_path, {"supabase/migrations/20260101000000_a.sql": made + UNREAD})
    (written,) = [change.after.decode() for change in fix_all(tmp_path, "ineffective-revoke")[0].changes()]
    may = "select has_function_privilege(role, 'public.total(uuid)', 'execute') from unnest(array['anon', 'authenticated', 'service_role']) role"
    with server.connect("root", "base") as admin, admin.transaction(force_rollback=True):
        assert _run(admin, written) == []
        assert _run(admin, made) == []
        assert admin.execute(may).fetchall() == [(True,), (True,), (True,)]
        assert _run(admin, written) == []
        # What was meant for strangers is not taken from accounts.
        assert admin.execute(may).fetchall() == [(False,), (True,), (True,)]


def test_a_table_that_refers_to_one_nobody_makes_may_be_missing(tmp_path: Path) -> None:
    text = OPEN.replace("body text", "shop_id uuid references public.shops (id)") + OPEN.replace("notes", "letters").replace(
        "auth.users", "public.notes"
    )
    (written,) = only(tmp_path, {"db/migrations/0001_notes.sql": text, "supabase/config.toml": 'project_id = "shop"\n'}).values()
    assert written.splitlines()[::2] == [
        f'alter table if exists "public"."{name}" enable row level security;' for name in ("notes", "letters")
    ]


TENANTS = """create table public.teams (id uuid primary key, name text);
create table public.team_members (team_id uuid references public.teams (id), user_id uuid references auth.users (id), primary key (team_id, user_id));
alter table public.teams enable row level security; alter table public.team_members enable row level security;
create policy own on public.team_members for select to authenticated using (user_id = (select auth.uid()));
create table public.invoices (id int primary key, team_id uuid references public.teams (id), email text);
alter table public.invoices enable row level security;
create policy wide on public.invoices for all using (true);
"""


def test_rows_of_a_team_are_for_its_members_and_no_team_is_an_account(tmp_path: Path, server: Server) -> None:
    """Where no table says who is a member, nobody makes a policy up."""
    for members in (False, True):
        text = TENANTS if members else TENANTS.replace("team_members", "games")
        lay_out(tmp_path / str(members), {"supabase/migrations/20260101000000_a.sql": text})
        written = "".join(change.after.decode() for change in fix_all(tmp_path / str(members), "policy-open-to-writes")[0].changes())
        assert ('"public"."team_members" "member" where' in written, "(select auth.uid())" in written) == (members, members)
    with server.connect("root", "base") as admin, admin.transaction(force_rollback=True):
        admin.execute("set local session authorization postgres")
        assert _run(admin, TENANTS) == []
        admin.execute("set local session authorization default")
        for person in (ME, OTHER):
            admin.execute("insert into auth.users (id) values (%s)", [person])
            admin.execute("insert into public.teams values (%s, 't')", [person])  # an id like any other
        for number, person in enumerate((ME, OTHER)):
            admin.execute("insert into public.team_members values (%s, %s)", [(OTHER, ME)[number], person])
            admin.execute("insert into public.invoices values (%s, %s, 'a')", [number, person])
        assert [_deed(admin, role, "select id from public.invoices") for role in ("anon", "authenticated")] == [[(0,), (1,)]] * 2
        assert _run(admin, written) == []
        assert [_deed(admin, role, "select id from public.invoices") for role in ("anon", "authenticated")] == [[], [(1,)]]


def test_what_code_does_with_files_and_functions_is_named_where_it_may_stop(tmp_path: Path) -> None:
    sql = """insert into storage.buckets (id, name, public) values ('invoices', 'invoices', true);
create policy up on storage.objects for insert with check (bucket_id = 'invoices');
create table public.orders (id uuid primary key, user_id uuid, email text);
alter table public.orders enable row level security;
create function public.wipe() returns void language sql security definer set search_path = '' as $$ delete from public.orders $$;
create policy own on public.orders for select to authenticated using ((select auth.uid()) = user_id);
create policy all_of_them on public.orders for select to authenticated using (true);
"""
    code = WEB["src/main.ts"].partition("await")[0] + (
        "await db.rpc('wipe')\nawait db.storage.from('invoices').upload('a', file)\n"
        "db.storage\n  .from(`invoices`)\n  .getPublicUrl('a')\nawait db.from('orders').select('*')\n"
    )
    lay_out(tmp_path, {**WEB, "src/main.ts": code, "supabase/migrations/20260101000000_a.sql": sql})
    found = fixer(tmp_path)
    proposals = [found.propose(finding, keep=lambda _: True) for finding in found.findings]
    told = {proposal.finding.remedy: [step.note for step in proposal.fix.stops] for proposal in proposals if proposal.fix is not None}
    assert told == {
        "revoke-execute": ["calls wipe: refused unless it asks with the service key"],
        "own-folder": ["refused, but where the path begins with the id of the account that is signed in"],
        "private-bucket": ["makes an address that serves no file any more: `createSignedUrl` makes one that does"],
        "drop-policy": ["reads orders with the public key: the stricter policies decide from now on"],
    }


OWN = "create policy own on public.notes for all to authenticated using ((select auth.uid()) = user_id);\n"
NOBODY = "create policy held on public.notes as restrictive for delete to public using (false);\n"
RESTORED = f"""{ENABLED}
create policy "own"
  on "public"."notes" for all to authenticated
  using ((select auth.uid()) = user_id);

create policy "held"
  on "public"."notes" as restrictive for delete to public
  using (false);
"""


@pytest.mark.parametrize(
    ("later", "written"),
    [
        (("drop policy own on notes; drop policy held on notes; alter table notes disable row level security;",), RESTORED),
        (("drop table notes;", OPEN), RESTORED),
        (("drop policy own on notes;", "drop policy held on notes; alter table notes disable row level security;"), RESTORED.replace(RESTORED[len(ENABLED) : RESTORED.index('\ncreate policy "held"')], "")),
        # What the policy asks for is there no more.
        (("drop table notes;", OPEN.replace("user_id", "team"))  , ENABLED),
    ],
    ids=["dropped", "with their table", "the last ones", "of a column that is gone"],
)  # fmt: skip
def test_the_last_policies_come_back(tmp_path: Path, later: tuple[str, ...], written: str) -> None:
    first = OPEN + ENABLED + OWN + NOBODY
    names = [f"supabase/migrations/2026010{number}000000_m.sql" for number in range(len(later) + 1)]
    changed = only(tmp_path, dict(zip(names, (first, *later), strict=True)))
    assert changed == {f"supabase/migrations/{STAMP}_enable_row_level_security.sql": written}


def test_a_view_that_would_get_round_the_policies_is_mended_with_them(tmp_path: Path) -> None:
    view = "create view public.all_notes as select * from public.notes;\n"
    assert only(tmp_path, {"supabase/migrations/20250101000000_notes.sql": OPEN + view}) == {
        f"supabase/migrations/{STAMP}_enable_row_level_security.sql": ENABLED
        + '\nalter view "public"."all_notes" set (security_invoker = true);\n'
    }


def test_every_remedy_of_a_page_is_known() -> None:
    assert {page.fix for page in RULES.pages if page.fix} == NAMES
    assert all(remedy(name) is not None for name in NAMES)


def test_each_remedy_is_attacked_by_a_test_or_something_says_why_not() -> None:
    assert (set(ATTACKED) | set(NOT_ATTACKED), set(ATTACKED) & set(NOT_ATTACKED)) == (NAMES, set())
    tests = {name.partition("::")[2] for name in ATTACKED.values()}
    known = {
        f"{path.name}::{line[4:].partition('(')[0]}"
        for path in Path(__file__).parent.glob("test_*.py")
        for line in path.read_text().splitlines()
        if line.startswith("def test_")
    }
    assert (len(tests), set(ATTACKED.values()) - known) == (len(set(ATTACKED.values())), set())


ELSEWHERE = {
    "fail-closed",
    "public-key",
    "private-name",
    "patched-version",
    "named-origins",
    "output-cap",
    "secure-cookie",
    "literal-only",
    "stricter-sign-in",
    "unlist-schemas",
    "secret-from-environment",
    "parameters",
    "key-from-environment",
    "require-guard",
    "checked-by-gateway",
    "behind-the-server",
    "argument-list",
    "safe-loader",
    "debug-off",
    "ignore-env-files",
    "loopback-ports",
    "close-rules",
    "master-key",
    "pinned-tools",
    "server-only",
    "stop-there",
    "verify-certificates",
    "no-tags-of-others",
    "verified-token",
    "verified-webhook",
    "modern-hash",
    "no-source-maps",
    "ask-again",
    "quoted-filter",
    "same-secret",
    "loopback-host",
    "rate-limit",
    "own-client",
}  # test_guard_fixes.py, test_config_fixes.py
FLAGGED = {
    f"{page.id}: {example.title}": (page, {path: expand(text) for path, text in example.files})
    for page in RULES.pages
    if page.fix in NAMES - ELSEWHERE
    for example in page.examples
    if example.kind == "flagged"
}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    yield from started()


def _run(admin: Any, text: str) -> list[str]:
    """Runs the statements of a file one by one; what the server says to those that fail."""
    import psycopg

    admin.execute("set local check_function_bodies = off")
    errors = []
    for piece in pieces(text.encode()):
        try:
            with admin.transaction():
                admin.execute(text.encode()[piece.span.start : piece.span.end].decode())
        except psycopg.Error as error:
            errors.append(str(error))
    return errors


@pytest.mark.parametrize("page", sorted({page.id for page, _ in FLAGGED.values()}))
def test_fixes_of_examples_hold_and_apply_on_a_real_server(tmp_path: Path, server: Server, page: str) -> None:
    count: Counter[bool] = Counter()
    for number, (name, (_, files)) in enumerate((name, each) for name, each in FLAGGED.items() if each[0].id == page):
        folder = tmp_path / str(number)
        lay_out(folder, files)
        found, fixed = fix_all(folder, page)
        flagged = [finding for finding in Fixer(Workspace((folder,), Config(), RULES, 1), NOW).findings if finding.rule == page]
        count[True] += len(fixed)
        count[False] += len(flagged) - len(fixed)
        write(folder, found.changes())
        after = fixer(folder).findings
        assert {finding.key for finding in fixed} & {finding.key for finding in after} == set(), name
        new = {change.path for change in found.changes()}
        with server.connect("root", "base") as admin, admin.transaction(force_rollback=True):
            if any(_run(admin, files[path]) for path in sorted(files) if path.endswith(".sql")):
                continue  # nor does it apply without the fix: it names what other migrations or Supabase itself would have made
            assert [_run(admin, (folder / path).read_text()) for path in sorted(new) if path.endswith(".sql")] == [
                [] for path in new if path.endswith(".sql")
            ], name
    assert (page, count[True], count[False]) == (page, *HOLD[page])


HOLD = {
    "anonymous-counts-as-authenticated": (3, 0),
    "auth-users-exposed": (5, 2),
    "broad-policy-cancels-strict": (4, 0),
    "browser-uses-open-table": (6, 0),
    "client-role-bypasses-rls": (1, 2),
    "client-table-without-policy": (2, 0),
    "exposed-foreign-table": (2, 0),
    "exposed-materialized-view": (2, 0),
    "insert-without-owner-check": (4, 3),
    "orm-table-without-rls": (3, 0),
    "policies-without-rls": (2, 0),
    "policy-open-to-any-user": (16, 0),
    "policy-open-to-writes": (9, 4),
    "private-files-in-public-bucket": (7, 4),
    "protection-removed-later": (7, 0),
    "receiver-can-rewrite-message": (3, 0),
    "self-editable-privilege-column": (15, 0),
    "sensitive-table-publicly-readable": (8, 1),
    "service-policy-for-everyone": (5, 0),
    "storage-open-to-writes": (11, 2),
    "table-without-rls": (8, 4),
    "tautological-policy-condition": (13, 6),
    "unchecked-privileged-function": (17, 0),
    "unpinned-search-path": (3, 0),
    "unprotected-child-table": (5, 0),
    "update-can-change-owner": (6, 0),
    "view-with-owner-rights": (4, 0),
    "ineffective-column-revoke": (1, 1),
    "ineffective-revoke": (3, 1),
    "broad-client-grant": (4, 1),
    "self-writable-role-table": (5, 0),
    "policy-trusts-user-metadata": (6, 7),
    "policy-asks-caller-for-each-row": (1, 0),
    "realtime-on-unprotected-table": (3, 1),
    "extension-in-public": (3, 0),
    "function-without-search-path": (1, 0),
    "view-without-security-invoker": (1, 0),
    "privileged-function-for-strangers": (1, 0),
    "several-policies-for-one-command": (1, 0),
    "database-function-sql-injection": (1, 6),
    "function-trusts-passed-user-id": (4, 0),
}
"""Of each page's flagged examples: the findings that a fix is offered for, and those that have none that holds."""


# Policies that are joined


NOTES = """create table public.notes (id int primary key, user_id uuid, shared boolean, body text);
alter table public.notes enable row level security;
grant all on public.notes to anon, authenticated;
"""
SEVERAL = """create policy "shared" on public.notes for select using (shared);
create policy "everybody's" on public.notes for select to public using (body = 'b');
create policy "own" on public.notes for all to authenticated using (user_id = (select auth.uid()));
create policy "helpers" on public.notes for update to authenticated using (shared) with check (body <> 'b');
create policy "guests" on public.notes for insert to authenticated with check (user_id is null);
create policy "never" on public.notes as restrictive for delete to public using (body <> 'c');
"""
DEEDS = (
    "select id from public.notes order by id",
    *(f"{verb} where id = {row}" for verb in ("delete from public.notes", "update public.notes set body = 'b'", "update public.notes set user_id = null") for row in range(6)),
    *(f"insert into public.notes values (9, {whose}, {shared}, 'b')" for whose in ("auth.uid()", "null", "gen_random_uuid()") for shared in ("true", "false")),
)  # fmt: skip


def _deeds(admin: Any, role: str) -> list[object]:
    return [_deed(admin, role, deed) for deed in DEEDS]


def _deed(admin: Any, who: str, deed: str) -> object:
    """What comes of what somebody does: the rows, how many, or that it is refused."""
    import psycopg

    role = "authenticated" if who in CLAIMS else who
    try:
        with admin.transaction(force_rollback=True):
            claims = {"role": role, **CLAIMS.get(who, {})} | ({"sub": ME} if role == "authenticated" else {})
            admin.execute("select set_config('request.jwt.claims', %s, true)", [json.dumps(claims)])
            admin.execute(f"set local role {role}")
            for step in deed.split(";"):
                done = admin.execute(step)
            return done.fetchall() if done.description is not None else done.rowcount
    except psycopg.Error:
        return REFUSED


def test_joined_policies_let_everyone_do_what_they_could_and_nothing_else(tmp_path: Path, server: Server) -> None:
    several = SEVERAL.replace("for select using", "for select to authenticated using").replace(
        "for select to public", "for select to authenticated"
    )
    lay_out(tmp_path, {"supabase/migrations/20260101000000_notes.sql": NOTES + several})
    (written,) = [change.after.decode() for change in fix_all(tmp_path, "several-policies-for-one-command")[0].changes()]
    rows = [(row, (ME, OTHER, None)[row % 3], row > 2, "abc"[row % 2 + (row == 5)]) for row in range(6)]
    with server.connect("root", "base") as admin, admin.transaction(force_rollback=True):
        assert _run(admin, NOTES + several) == []
        for row in rows:
            admin.execute("insert into public.notes values (%s, %s, %s, %s)", row)
        before = [_deeds(admin, role) for role in ("anon", "authenticated")]
        assert _run(admin, written) == []
        assert [_deeds(admin, role) for role in ("anon", "authenticated")] == before
    assert {type(each) for each in before[1]} == {list, int, str}
    assert {0, 1, "refused"} <= {each for each in before[1] if not isinstance(each, list)}


def test_policies_for_roles_that_only_overlap_stay(tmp_path: Path) -> None:
    lay_out(tmp_path, {"supabase/migrations/20260101000000_notes.sql": NOTES + SEVERAL})
    assert fix_all(tmp_path, "several-policies-for-one-command")[0].changes() == ()


# By attack


HELD = {
    # An agent is not the person who owns it.
    "moltbook": {
        "agents": ("(id, name, owner_id) values (%(agent)s, 'A' || %(number)s::int, %(person)s)", 1),
        "owners": ("(id, email) values (%(person)s, 'a@moltbook.invalid')", 1),
        "posts": ("(agent_id, title) values (%(agent)s, 't')", 1),
        "messages": ("(sender_id, recipient_id, content) values (%(agent)s, %(peer)s, 'm')", 2),  # as sender, and as receiver
        "agent_credentials": ("(agent_id, provider, access_token) values (%(agent)s, 'p', 't')", 0),  # no code of the browser asks for it
    },
    "edge-functions": {
        "profiles": ("(id, email, display_name) values (%(person)s, 'a@pagepal.invalid', 'A')", 1),
        "books": ("(title) values ('T')", 2),  # everybody's, and brought along with one's shelf
        "club_invitations": ("(club, invited_by, email) values ('C', %(person)s, 'b@pagepal.invalid')", 1),
        "subscriptions": ("(user_id, stripe_id) values (%(person)s, 's')", 1),
        "payments": ("(user_id, amount) values (%(person)s, 1)", 1),
        "push_tokens": ("(user_id, device, token) values (%(person)s, 'd', 't')", 0),
    },
}
"""Of each app: the rows of a person in each table, and how many its owner reads after the fix."""


@pytest.mark.parametrize("app", HELD)
def test_the_attack_on_open_tables_fails_after_the_fix_and_owners_keep_their_rows(tmp_path: Path, server: Server, app: str) -> None:
    source = ROOT / "fixtures" / "apps" / app
    lay_out(tmp_path, {path.relative_to(source).as_posix(): expand(path.read_text()) for path in source.rglob("*") if path.is_file()})
    found, _ = fix_all(tmp_path)
    write(tmp_path, found.changes())
    *migrations, fix = sorted((tmp_path / "supabase" / "migrations").iterdir())
    agent = "00000000-0000-4000-8000-0000000000b{}"
    with server.connect("root", "base") as admin, admin.transaction(force_rollback=True):
        admin.execute(
            "create function public.gen_random_bytes(int) returns bytea language sql as $$ select decode(md5(random()::text), 'hex') $$"
        )
        admin.execute("set local session authorization postgres")
        assert [error for path in migrations for error in _run(admin, path.read_text())] == []
        admin.execute("set local session authorization default")
        admin.execute("set local session_replication_role = replica")
        for number, person in enumerate((ME, OTHER)):
            admin.execute("insert into auth.users (id) values (%s)", [person])
            named = {"person": person, "agent": agent.format(number), "peer": agent.format(1 - number), "number": number}
            for table, (row, _) in HELD[app].items():
                admin.execute(f"insert into public.{table} {row}", named)
        admin.execute("set local session_replication_role = origin")
        assert {table: _count(admin, table, "anon") for table in HELD[app]} == dict.fromkeys(HELD[app], 2)
        assert _run(admin, fix.read_text()) == []
        assert {table: _count(admin, table, "anon") for table in HELD[app]} == dict.fromkeys(HELD[app], 0)
        assert {table: _count(admin, table, "authenticated") for table in HELD[app]} == {
            table: count for table, (_, count) in HELD[app].items()
        }


@pytest.mark.parametrize("name", DATABASES)
def test_what_strangers_did_is_refused_after_the_fix_and_all_else_is_as_before(tmp_path: Path, server: Server, name: str) -> None:
    holed = DATABASES[name]
    lay_out(tmp_path, holed.files)
    found = fixer(tmp_path)
    wanted = [finding for finding in found.findings if finding.remedy in holed.attacks]
    done = {finding.remedy for finding in wanted if found.propose(finding, lambda _: True).fix is not None}
    assert done == set(holed.attacks)
    deeds = [deed for each in holed.attacks.values() for deed in each]
    with server.connect("root", "base") as admin, admin.transaction(force_rollback=True):
        admin.execute("set local session authorization postgres")
        scripts = [text for path, text in sorted(holed.files.items()) if path.endswith(".sql")]
        assert [_run(admin, text) for text in scripts if name != "roles"] in ([[]] * len(scripts), [])
        admin.execute("set local session authorization default")
        assert name != "roles" or _run(admin, scripts[0]) == []
        for person in (ME, OTHER):
            admin.execute("insert into auth.users (id) values (%s)", [person])
        assert _run(admin, holed.rows) == []
        honest = [_deed(admin, who, text) for who, text in holed.honest]
        assert [text for (_, text), answer in zip(holed.honest, honest, strict=True) if answer == REFUSED] == []
        assert [(deed.text, _deed(admin, deed.who, deed.text)) for deed in deeds] == [(deed.text, deed.before) for deed in deeds]
        assert [error for change in found.changes() for error in _run(admin, change.after.decode())] == []
        assert [(deed.text, _deed(admin, deed.who, deed.text)) for deed in deeds] == [(deed.text, deed.after) for deed in deeds]
        assert [_deed(admin, who, text) for who, text in holed.honest] == honest


def _count(admin: Any, table: str, role: str) -> int:
    claims = {"role": role, "sub": ME} if role == "authenticated" else {"role": role}
    with admin.transaction():
        admin.execute("select set_config('request.jwt.claims', %s, true)", [json.dumps(claims)])
        admin.execute(f"set local role {role}")
        (count,) = admin.execute(f"select count(*) from public.{table}").fetchone()
        admin.execute("reset role")
    assert isinstance(count, int)
    return count


MARKS = """create table public.notes (id int primary key, user_id uuid, done boolean);
alter table public.notes enable row level security;
grant all on public.notes to anon, authenticated;
create policy own on public.notes for select to authenticated using (user_id = (select auth.uid()));
POLICY
create function public.mark(note int, done boolean) returns boolean language plpgsql security definer set search_path = '' as $$
begin
  update public.notes set done = mark.done where id = note;
  return found;
end $$;
"""
CHANGES = "create policy change on public.notes for update to authenticated using (user_id = (select auth.uid()));"


@pytest.mark.parametrize(
    ("policy", "asked", "wanted"),
    [(CHANGES, "db", "security invoker"), ("", "db", "revoke execute"), (CHANGES, "other", "revoke execute")],
    ids=["policies let accounts do it", "no policy lets them", "no page calls it"],
)
def test_a_function_that_pages_call_has_the_rights_of_its_caller_where_policies_let_accounts_do_as_much(
    tmp_path: Path, server: Server, policy: str, asked: str, wanted: str
) -> None:
    sql = MARKS.replace("POLICY", policy)
    code = WEB["src/main.ts"].replace(
        "db.from('TABLE').select('*')", f"{asked}.rpc('{'mark' if asked == 'db' else 'other'}', {{ note: 1 }})"
    )
    lay_out(tmp_path, {**WEB, "src/main.ts": code, "supabase/migrations/20260101000000_notes.sql": sql})
    found, fixed = fix_all(tmp_path, "unchecked-privileged-function")
    assert len(fixed) == 1
    (change,) = found.changes()
    assert wanted in change.after.decode()
    with server.connect("root", "base") as admin, admin.transaction(force_rollback=True):
        assert _run(admin, sql) == []
        admin.execute("insert into public.notes values (1, %s, false), (2, %s, false)", (ME, OTHER))
        deeds = ("select public.mark(1, true)", "select public.mark(2, true)")
        assert [_deed(admin, "authenticated", deed) for deed in deeds] == [[(True,)], [(True,)]]
        assert _run(admin, change.after.decode()) == []
        own, of_another = ([(True,)], [(False,)]) if wanted == "security invoker" else (REFUSED, REFUSED)
        assert [_deed(admin, "authenticated", deed) for deed in deeds] == [own, of_another]


def test_people_go_on_writing_what_of_their_row_says_nothing_of_their_rights(tmp_path: Path, server: Server) -> None:
    sql = """create table public.members (user_id uuid primary key, name text, role text not null default 'guest');
alter table public.members enable row level security;
grant all on public.members to authenticated;
create policy own on public.members for all to authenticated using (user_id = (select auth.uid()));
create table public.audits (id int primary key);
alter table public.audits enable row level security;
create policy admins on public.audits for select to authenticated using (exists (select 1 from public.members m where m.user_id = (select auth.uid()) and m.role = 'admin'));
"""
    code = WEB["src/main.ts"].replace("from('TABLE').select('*')", "from('members').upsert({ user_id, name })")
    lay_out(tmp_path, {**WEB, "src/main.ts": code, "supabase/migrations/20260101000000_members.sql": sql})
    found, fixed = fix_all(tmp_path, "self-writable-role-table")
    assert len(fixed) == 1
    (change,) = found.changes()
    deeds = (
        f"insert into public.members (user_id, name) values ('{ME}', 'me')",
        f"insert into public.members (user_id, name, role) values ('{ME}', 'me', 'admin')",
        f"insert into public.members (user_id, name) values ('{ME}', 'me'); update public.members set name = 'I'",
        f"insert into public.members (user_id, name) values ('{ME}', 'me'); update public.members set role = 'admin'",
        f"insert into public.members (user_id, name) values ('{ME}', 'me') on conflict (user_id) do update set user_id = excluded.user_id, name = excluded.name",
    )
    with server.connect("root", "base") as admin, admin.transaction(force_rollback=True):
        assert _run(admin, sql) == []
        assert [_deed(admin, "authenticated", deed) for deed in deeds] == [1, 1, 1, 1, 1]
        assert _run(admin, change.after.decode()) == []
        assert [_deed(admin, "authenticated", deed) for deed in deeds] == [1, REFUSED, 1, REFUSED, 1]


def test_who_has_uploaded_a_file_changes_and_removes_it_wherever_it_lies(tmp_path: Path, server: Server) -> None:
    sql = """insert into storage.buckets (id, name) values ('drafts', 'drafts');
create policy change on storage.objects for update to authenticated using (bucket_id = 'drafts');
create policy remove on storage.objects for delete to authenticated using (bucket_id = 'drafts');
create policy look on storage.objects for select to authenticated using (bucket_id = 'drafts');
"""
    lay_out(tmp_path, {"supabase/config.toml": 'project_id = "shop"\n', "supabase/migrations/20260101000000_drafts.sql": sql})
    found, fixed = fix_all(tmp_path, "storage-open-to-writes")
    assert len(fixed) == 2
    (change,) = found.changes()
    deeds = [
        f"{verb} where name = 'notes/{whose}'"
        for verb in ("update storage.objects set metadata = '{}'", "delete from storage.objects")
        for whose in ("mine", "theirs", "nobody's".replace("'", "''"))
    ]
    with server.connect("root", "base") as admin, admin.transaction(force_rollback=True):
        assert _run(admin, sql) == []
        for name, owner in (("mine", ME), ("theirs", OTHER), ("nobody's", None)):
            admin.execute(
                "insert into storage.objects (id, bucket_id, name, owner_id) values (gen_random_uuid(), 'drafts', %s, %s)",
                (f"notes/{name}", owner),
            )
        assert [_deed(admin, "authenticated", deed) for deed in deeds] == [1, 1, 1, 1, 1, 1]
        assert _run(admin, change.after.decode()) == []
        assert [_deed(admin, "authenticated", deed) for deed in deeds] == [1, 0, 0, 1, 0, 0]


# Writing


def test_edits_of_one_text_are_done_together() -> None:
    edits = [Edit("a", Span(4, 7), "two"), Edit("a", Span(0, 3), "1"), Edit("a", Span(7, 7), "!")]
    assert applied(b"one zwo", edits) == b"1 two!"


def test_edits_that_overlap_are_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        applied(b"one two", [Edit("a", Span(0, 5), "x"), Edit("a", Span(3, 7), "y")])


CHANGES = (Change("app.py", b"old\n", b"new\n"), Change("new/made.sql", None, b"select 1;\n"))


def _tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_all_changes_are_written_with_the_modes_that_files_had(tmp_path: Path) -> None:
    lay_out(tmp_path, {"app.py": b"old\n"})
    (tmp_path / "app.py").chmod(0o755)
    write(tmp_path, CHANGES)
    assert _tree(tmp_path) == {"app.py": b"new\n", "new/made.sql": b"select 1;\n"}
    assert (tmp_path / "app.py").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"app.py": b"meanwhile\n"}, "app.py has changed since the scan"),
        ({}, "app.py is gone or cannot be read"),
        ({"app.py": b"old\n", "new/made.sql": b""}, "new/made.sql has come into being since the scan"),
    ],
)
def test_nothing_is_written_over_what_was_not_scanned(tmp_path: Path, files: dict[str, bytes], message: str) -> None:
    lay_out(tmp_path, files)
    with pytest.raises(UsageError, match=message):
        write(tmp_path, CHANGES)
    assert _tree(tmp_path) == files


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    lay_out(tmp_path / "app", {"app.py": b"old\n"})
    outside.mkdir()
    (tmp_path / "app" / "new").symlink_to(outside)
    with pytest.raises(UsageError, match="symbolic link"):
        write(tmp_path / "app", CHANGES)
    assert (_tree(outside), (tmp_path / "app" / "app.py").read_bytes()) == ({}, b"old\n")


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_out(tmp_path, {"app.py": b"old\n"})
    real = os.fdopen

    def fails(descriptor: int, mode: str) -> Any:
        if len(list((tmp_path / "new").glob("*"))) > 0:
            raise OSError(28, "No space left on device")
        return real(descriptor, mode)

    monkeypatch.setattr("batten.fix.os.fdopen", fails)
    with pytest.raises(UsageError, match="nothing is written: No space left on device"):
        write(tmp_path, CHANGES)
    assert (_tree(tmp_path), (tmp_path / "new").exists()) == ({"app.py": b"old\n"}, False)


def test_what_cannot_be_put_in_place_puts_the_rest_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_out(tmp_path, {"app.py": b"old\n", "new/there.sql": b""})
    real = Path.replace

    def fails(draft: Path, target: Path) -> Path:
        if target.name == "made.sql":
            raise OSError(13, "Permission denied")
        return real(draft, target)

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(UsageError, match="nothing is written: Permission denied"):
        write(tmp_path, CHANGES)
    assert _tree(tmp_path) == {"app.py": b"old\n", "new/there.sql": b""}


# The patch


@pytest.mark.parametrize("before", [b"one\ntwo\nthree\n", b"one\r\ntwo\r\n", b"no end", b"\xff\xfe not utf-8 \xe9\n", None])
@pytest.mark.parametrize("after", [b"one\nTWO\nthree\nfour", b"caf\xc3\xa9\r\n\x0cform feed\n"])
@pytest.mark.parametrize("name", ["app.sql", 'a folder/caf\u00e9 "q".sql'])
def test_git_takes_the_patch(tmp_path: Path, before: bytes | None, after: bytes, name: str) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    lay_out(tmp_path, {name: before} if before is not None else {})
    text = tmp_path / "fix.patch"
    with text.open("w", encoding="utf-8", errors="surrogateescape", newline="") as stream:
        patch.write([Change(name, before, after)], stream)
    subprocess.run(["git", "-C", str(tmp_path), "apply", "--whitespace=nowarn", str(text)], check=True)
    assert (tmp_path / name).read_bytes() == after


# Migrations that are code

WEB = {
    "package.json": '{"dependencies": {"vite": "6", "@supabase/supabase-js": "2"}}',
    "index.html": '<script type="module" src="/src/main.ts"></script>',
    "supabase/config.toml": 'project_id = "shop"\n',
    "src/main.ts": "import { createClient } from '@supabase/supabase-js'\n"
    "const db = createClient('https://abcdefghijklmnopqrst.supabase.co', 'k')\nawait db.from('TABLE').select('*')\n",
}
ALEMBIC = {
    "alembic.ini": "[alembic]\nscript_location = alembic\n",
    "alembic/env.py": "from alembic import context\n",
    "alembic/versions/a1_start.py": '''"""start"""
from alembic import op
import sqlalchemy as sa

revision: str = "a1b2c3"
down_revision = None


def upgrade():
    op.create_table("notes", sa.Column("id", sa.Uuid, primary_key=True), sa.Column("email", sa.Text))
    op.create_table("letters", sa.Column("id", sa.Uuid, primary_key=True), sa.Column("email", sa.Text))


def downgrade():
    op.drop_table("notes")
''',
}
DJANGO = {
    "manage.py": "import django\n",
    "shop/settings.py": "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql'}}\nINSTALLED_APPS = ['notes', 'letters']\n",
    "notes/migrations/__init__.py": "",
    "notes/migrations/0001_initial.py": """from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(name="Note", fields=[("id", models.BigAutoField(primary_key=True)), ("email", models.TextField())]),
        migrations.CreateModel(name="Letter", fields=[("id", models.BigAutoField(primary_key=True)), ("email", models.TextField())]),
    ]
""",
}


@pytest.mark.parametrize(
    ("files", "table", "written"), [(ALEMBIC, "notes", "alembic/versions"), (DJANGO, "notes_note", "notes/migrations/0002_")]
)
def test_tools_whose_migrations_are_code_get_the_next_one(tmp_path: Path, files: dict[str, str], table: str, written: str) -> None:
    lay_out(tmp_path, {**{path: text.replace("TABLE", table) for path, text in WEB.items()}, **files})
    found, fixed = fix_all(tmp_path)
    assert fixed
    (change,) = found.changes()
    assert (change.before, change.path.startswith(written)) == (None, True)
    compile(change.after, change.path, "exec")
    write(tmp_path, found.changes())
    assert {finding.key for finding in fixed} & {finding.key for finding in fixer(tmp_path).findings} == set()
