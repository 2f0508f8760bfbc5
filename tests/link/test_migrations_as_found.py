"""Migrations as they are found: with psql's commands, templates, Markdown, other encodings, cut off. What is left is right or can't be told, and what was not understood is said."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from batten.discover.reading import as_text
from batten.extract.migrations import migration_facts
from batten.facts.project import FileFacts
from batten.link.schema import SchemaResult, schema

PATH = "supabase/migrations/20250101000000_first.sql"
TABLE = "create table a (id int);\n"
ON = "alter table a enable row level security;\n"
TEXT = "a text with SQL in it is not understood"
DECIDES = "a template decides whether statements run"
FILLED = "a template fills in a part of this statement"


def found(sql: str | bytes) -> SchemaResult:
    data = as_text(PATH, sql if isinstance(sql, bytes) else sql.encode())
    statements, dialect, notes = migration_facts(PATH, data)
    return schema([FileFacts(path=PATH, language=None, parsed=False, statements=statements, dialect=dialect, notes=notes)], (), ())


def notes(result: SchemaResult) -> list[str]:
    return [note.message.removesuffix(": what it changes is not known") for note in result.notes]


@pytest.mark.parametrize(
    ("sql", "tables", "said"),
    [
        # psql
        (f"{TABLE}\\i policies.sql\n", {"public.a": False}, ["\\i of psql is not followed"]),
        (f"{TABLE}\\if :secure\n{ON}\\endif\n", {"public.a": None}, ["\\if of psql is not followed"]),
        (f"{TABLE}\\if :secure\n\\echo yes\n\\endif\n{ON}", {"public.a": True}, ["\\if of psql is not followed"]),
        ("create table :name (id int);\n", {"public.name": False}, ["a create statement is not understood"]),
        (f"{TABLE}copy a (id) from stdin;\n1\nit's;\n\\.\n{ON}", {"public.a": True}, []),
        (f"{TABLE}copy a (id) from stdin;\n1\n2\n{ON}", {"public.a": False}, [TEXT]),
        # Markdown and what goes with it
        (f"Here is the SQL:\n```sql\n{TABLE}{ON}```\nRun it.\n", {"public.a": True}, []),
        (f"```\n{TABLE}{ON}```\n", {"public.a": True}, []),
        (f"Sure!\n```\n{TABLE}{ON}```\n", {}, ["a sure statement is not understood"]),
        ("+create table a (id int);\n+alter table a enable row level security;\n", {}, [TEXT, TEXT]),
        (f"<<<<<<< HEAD\n{TABLE}=======\n{ON}>>>>>>> other\ncreate table b (id int);\n", {}, [TEXT] * 3),
        # templates
        (f"{TABLE}{{{{#if secure}}}}\n{ON}{{{{/if}}}}\n", {"public.a": None}, [DECIDES]),
        (f"{TABLE}{{{{#if secure}}}}\n{{{{else}}}}\n{{{{/if}}}}\n{ON}", {"public.a": True}, [DECIDES]),
        (f"{TABLE}{{% if secure %}}\n{ON}{{% endif %}}\ncreate table b (id int);\n", {"public.a": None, "public.b": False}, [DECIDES]),
        (f"{TABLE}<% if (secure) {{ %>\n{ON}<% }} %>\n", {"public.a": None}, [DECIDES]),
        (f"{TABLE}{{{{#each tables}}}}\n{ON}", {"public.a": None}, [DECIDES]),
        ("create table {{schema}}.a (id int);\nalter table {{schema}}.a enable row level security;\n", {"__schema__.a": True}, [FILLED] * 2),
        ("create table ${SCHEMA}.a (id int);\nalter table ${SCHEMA}.a enable row level security;\n", {"__SCHEMA_.a".lower(): True}, [FILLED] * 2),
        ("create table <%= name %> (id int);\nalter table <%= name %> enable row level security;\n", {"public.____name___": True}, [FILLED] * 2),
        ("create table a (id int, note text default '{{not here}}');", {"public.a": False}, []),
        # what is wrong or half
        (f"{TABLE}alter table a enabel row level security;\n", {"public.a": False}, ["an alter statement is not understood"]),
        (f"create table b (id int;\n{TABLE}{ON}", {"public.b": False, "public.a": True}, ["a create statement is not understood"]),
        (f"{TABLE}alter table a enable row level sec", {"public.a": False}, ["an alter statement is not understood"]),
        (f"{TABLE}/* {ON}", {"public.a": False}, [TEXT]),
        # Quotes of a word processor are letters to the server, and the policy is called by them.
        (f"{TABLE}{ON}create policy “all” on a using (true);", {"public.a": True}, []),
        (f"begin;\n{TABLE}rollback;\n", {}, []),
        # names and bytes
        ('create table "Users" (id int);\ncreate table Users (id int);\nalter table USERS enable row level security;', {"public.Users": False, "public.users": True}, []),
        ('create table "用户" (id int);\nalter table "用户" enable row level security;', {"public.用户": True}, []),
        ('create table U&"d\\0061t\\+000061" (id int);\nalter table data enable row level security;', {"public.data": True}, []),
        ("create table été (id int);\nalter table ÉTÉ enable row level security;", {"public.été": False}, []),
        ("create table café (id int);\nalter table café enable row level security;".encode("latin-1"), {"public.café": True}, []),
        ((TABLE + ON).encode("utf-8-sig"), {"public.a": True}, []),
        ((TABLE + ON).encode("utf-16"), {"public.a": True}, []),
        ((TABLE + ON).encode("utf-16-le"), {"public.a": True}, []),
        (f"{TABLE}\0{ON}", {"public.a": False}, [TEXT]),
        # dollars
        (f"do $a$ begin execute $b$ create table a (t text default $c$ ; $c$); {ON} $b$; end $a$;", {"public.a": True}, []),
        (f"{TABLE}do $$ begin execute $q${ON.strip()[:-1]}$q$; end $$;", {"public.a": True}, []),
    ],
)  # fmt: skip
def test_what_is_left(sql: str | bytes, tables: dict[str, bool | None], said: list[str]) -> None:
    result = found(sql)
    assert {table.name: table.rls for table in result.tables} == tables
    assert notes(result) == said


def test_what_a_template_may_leave_out_is_in_doubt_for_policies_and_privileges_too() -> None:
    sql = f"{TABLE}{ON}{{% if open %}}\ncreate policy p on a using (true);\ngrant select on a to anon;\n{{% endif %}}\n"
    (table,) = found(sql).tables
    assert {cell.verb: cell.verdict for cell in table.access if cell.role == "anon"} == dict.fromkeys(
        ("select", "insert", "update", "delete")
    )


def test_places_stay_where_they_are_in_the_file() -> None:
    data = "-- héé\n{{#if x}}\ncreate table {{schema}}.é (id int);\n{{/if}}\n".encode("latin-1")
    (table,) = found(data).tables
    assert data[table.place.span.start : table.place.span.end] == "create table {{schema}}.é (id int)".encode("latin-1")


CIRCLES = {
    "views": "create view v as select * from a;\ncreate view w as select * from v;\ncreate or replace view v as select * from w;\n",
    "itself": "alter table a enable row level security;\ncreate policy p on a using (exists (select 1 from a b where b.id = 1));\n",
    "two": "create table b (id int);\nalter table a enable row level security;\nalter table b enable row level security;\n"
    "create policy p on a using (exists (select 1 from b));\ncreate policy q on b using (exists (select 1 from a));\n",
}


@pytest.mark.parametrize(
    ("circle", "nothing"), [("views", {"public.v", "public.w"}), ("itself", {"public.a"}), ("two", {"public.a", "public.b"})]
)
def test_what_leads_back_to_itself_gives_nothing_as_on_a_server(circle: str, nothing: set[str]) -> None:
    result = found(TABLE + CIRCLES[circle])
    facts = (*result.tables, *result.objects.views)
    assert {fact.name for fact in facts if all(cell.effect == "none" for cell in fact.access if cell.verb == "select")} == nothing


def dump(rows: bool, size: int) -> str:
    """What ``pg_dump`` writes, of about that size."""
    head = (
        "SET statement_timeout = 0;\nSELECT pg_catalog.set_config('search_path', '', false);\nCREATE TABLE public.a (id integer, t text);\n"
    )
    row = "1\tit's $$ a text; create table x\n" if rows else "INSERT INTO public.a VALUES (1, 'it''s a text; create table x (');\n"
    many = row * (size // len(row))
    return f"{head}COPY public.a (id, t) FROM stdin;\n{many}\\.\n" if rows else head + many


@pytest.mark.parametrize("rows", [True, False], ids=["copy", "insert"])
def test_a_dump_of_20_mb_is_read_with_little_memory(tmp_path: Path, rows: bool) -> None:
    folder = tmp_path / "supabase" / "migrations"
    folder.mkdir(parents=True)
    (folder / "20250101000000_dump.sql").write_text(dump(rows, 19_500_000) + "ALTER TABLE public.a ENABLE ROW LEVEL SECURITY;\n")

    def bounded() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
        resource.setrlimit(resource.RLIMIT_DATA, (600_000_000, 600_000_000))

    command = [sys.executable, "-m", "batten", "check", str(tmp_path), "--jobs", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=bounded)
    assert (done.returncode, done.stdout.splitlines()[-1][:11], done.stderr) == (0, "No findings", "")


def test_many_tables_cost_what_they_are() -> None:
    """Twice as many are twice the work: the looks at one table do not grow with the number of the others."""

    def work(count: int) -> int:
        each = "create table t{0} (id uuid, user_id uuid);\nalter table t{0} enable row level security;\ncreate policy p on t{0} using (auth.uid() = user_id);\ngrant all on t{0} to anon;\n"
        sql = "".join(each.format(number) for number in range(count))
        steps = 0

        def step(*_: object) -> None:
            nonlocal steps
            steps += 1

        statements, dialect, _ = migration_facts(PATH, sql.encode())
        file = FileFacts(path=PATH, language=None, parsed=False, statements=statements, dialect=dialect)
        sys.setprofile(step)
        try:
            schema([file], (), ())
        finally:
            sys.setprofile(None)
        return steps

    work(1)
    assert work(200) < 2.2 * work(100)
