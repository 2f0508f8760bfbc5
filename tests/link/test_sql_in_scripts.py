"""SQL and buckets in code that is no migration of any tool: what sets a project up, and what an app shows its owner to run."""

import pytest
from own_rules import RULES

from batten.facts.project import Project
from batten.scan import scan_files

PACKAGE = '{"dependencies": {"@supabase/supabase-js": "2", "pg": "8"}}'
NOTES = "create table notes (id uuid primary key, user_id uuid references auth.users, body text)"
LOCKED = "alter table notes enable row level security"
HEAD = 'import { createClient } from "@supabase/supabase-js";\nconst db = createClient(process.env.SUPABASE_URL, process.env.SUPABASE_SERVICE_ROLE_KEY);\n'


def project(path: str, code: str, **more: str) -> Project:
    files = {"package.json": PACKAGE, path: code, **{f"supabase/migrations/{name}.sql": text for name, text in more.items()}}
    return scan_files({name: text.encode() for name, text in files.items()}, RULES).project


def locked(found: Project) -> list[tuple[str, bool | None, bool | None]]:
    return [(table.name, table.rls, table.exposed) for table in found.tables]


@pytest.mark.parametrize(
    ("path", "code", "expected"),
    [
        ("scripts/setup.js", f"{HEAD}await db.rpc('exec_sql', {{ sql: `{NOTES}` }});", False),
        ("scripts/setup.js", f"{HEAD}const all = [`{NOTES}`, '{LOCKED}'];\nfor (const sql of all) await db.rpc('exec_sql', {{ sql }});", True),
        ("scripts/setup.ts", f"// Supabase\nawait client.query(`\n  -- the notes\n  {NOTES};\n  {LOCKED};\n`);", True),
        ("scripts/setup.ts", f"// Supabase\nawait sql`{NOTES}`;\nfor (const t of ['notes']) await sql.unsafe(`alter table ${{t}} enable row level security`);", True),
        ("scripts/setup.ts", f"// Supabase\nawait sql`{NOTES}`;\n['notes'].forEach((t) => run('alter table ' + t + ' enable row level security'));", True),
        ("scripts/setup.ts", f"// Supabase\nconst TABLE = 'notes';\nawait sql`{NOTES}`;\nawait run(`alter table ${{TABLE}} enable row level security`);", True),
        ("src/Setup.tsx", f"const SQL = `-- paste this into Supabase\n{NOTES};`;\nexport default () => <pre>{{SQL}}</pre>;", False),
        ("setup.py", f'import os\n# Supabase\ncur.execute("""\n{NOTES};\n""")\nfor t in ["notes"]:\n    cur.execute(f"alter table {{t}} enable row level security")\n', True),
        ("push.mjs", f"// Supabase\nawait fetch(url, {{ body: JSON.stringify({{ query: `{NOTES}; {LOCKED}` }}) }});", True),
    ],
)  # fmt: skip
def test_sql_in_code_makes_tables(path: str, code: str, expected: bool) -> None:
    assert locked(project(path, code)) == [("public.notes", expected, True)]


def test_what_is_made_in_code_has_its_place_there() -> None:
    code = f"{HEAD}await db.rpc('exec_sql', {{ sql: `\n  {NOTES}` }});"
    assert [code[table.place.span.start :].split(" (", maxsplit=1)[0] for table in project("scripts/setup.js", code).tables] == [
        "create table notes"
    ]


def test_whose_table_is_locked_cannot_be_told() -> None:
    code = f"{HEAD}await run(`{NOTES}`);\nfor (const t of process.argv) await run(`alter table ${{t}} enable row level security`);"
    assert [table.rls for table in project("scripts/setup.js", code).tables] == [None]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("src/prompt.ts", f"export const SYSTEM = `You write SQL for Supabase, such as\n{NOTES};`;"),
        ("setup.py", "# Supabase\ncur.execute('create table notes (id integer primary key autoincrement, body text)')"),
        ("tests/setup.test.ts", f"// Supabase\nawait client.query(`{NOTES}`);"),
        ("scripts/setup.js", f"await client.query(`{NOTES.replace('uuid references auth.users', 'uuid')}`);"),
    ],
)
def test_other_texts_make_none_that_clients_reach(path: str, code: str) -> None:
    assert [table.name for table in project(path, code).tables if table.exposed] == []


def test_migrations_count_more_than_what_code_says() -> None:
    code = f"{HEAD}await run(`{NOTES}`);\nawait run(`alter table notes disable row level security`);"
    assert locked(project("scripts/setup.js", code, **{"1_start": f"{NOTES}; {LOCKED};"})) == [("public.notes", True, True)]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("await db.storage.createBucket('papers', { public: true });", [("papers", True)]),
        ("await db.storage.createBucket('papers');", [("papers", False)]),
        ("const NAME = 'papers', options = { public: true };\nif (!there) await db.storage.createBucket(NAME, options);", [("papers", True)]),
        ("for (const b of [{ name: 'a', public: true }, { name: 'b', public: false }]) await db.storage.createBucket(b.name, { public: b.public });", [("a", True), ("b", False)]),
        ("const all = [['a', true], ['b', false]];\nfor (const [name, open] of all) await db.storage.createBucket(name, { public: open });", [("a", True), ("b", False)]),
        ("['a', 'b'].forEach((id) => db.storage.createBucket(id, { public: true }));", [("a", True), ("b", True)]),
        ("await db.storage.createBucket('papers', { public: process.argv[2] });", [("papers", None)]),
        ("await db.storage.createBucket('papers', { ...options });", [("papers", None)]),
        ("await db.storage.createBucket(process.argv[2], { public: true });", []),
    ],
)  # fmt: skip
@pytest.mark.parametrize("migrations", [{}, {"1_start": f"{NOTES}; {LOCKED};"}])
def test_buckets_that_code_makes(code: str, expected: list[tuple[str, bool | None]], migrations: dict[str, str]) -> None:
    found = project("scripts/setup.ts", HEAD + code, **migrations)
    assert [(bucket.name, bucket.public) for bucket in found.buckets] == expected


def test_a_bucket_that_a_migration_makes_is_as_that_says() -> None:
    found = project("scripts/setup.ts", f"{HEAD}await db.storage.createBucket('a', {{ public: true }});", **{"1_start": "insert into storage.buckets (id, name, public) values ('a', 'a', false);"})  # fmt: skip
    assert [(bucket.name, bucket.public) for bucket in found.buckets] == [("a", False)]


def test_what_lists_in_lists_make_is_bounded() -> None:
    many = ", ".join(f"'t{number}'" for number in range(200))
    code = f"{HEAD}const all = [{many}];\nfor (const a of all) for (const b of all) await run(`create table ${{a}}${{b}} (id uuid, {'note text, ' * 100}body text)`);"
    assert len(project("scripts/setup.ts", code).tables) == 200


@pytest.mark.parametrize(
    ("scripts", "expected"),
    [
        ({"001_tables": NOTES, "002_locks": LOCKED}, True),
        ({"001_tables": NOTES, "002_more": "create table public.other (id uuid primary key)"}, False),
        ({"001_tables": f"{NOTES}; {LOCKED}", "002_opens": "alter table notes disable row level security"}, False),
        # Nobody says when it is run: it may protect, and opens nothing.
        ({"tables": NOTES, "locks": LOCKED}, True),
        ({"tables": f"{NOTES}; {LOCKED}", "opens": "alter table notes disable row level security"}, True),
        ({"tables": NOTES, "others": "alter table other enable row level security"}, False),
    ],
)
def test_migrations_build_on_what_is_numbered_as_a_whole(scripts: dict[str, str], expected: bool) -> None:
    files = {f"scripts/{name}.sql": f"{text};".encode() for name, text in scripts.items()}
    files["supabase/migrations/030_title.sql"] = b"alter table public.notes add column title text;"
    tables = scan_files(files, RULES).project.tables
    assert [table.rls for table in tables if table.name == "public.notes"] == [expected]
