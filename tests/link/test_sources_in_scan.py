"""Sources of a schema in a scan: what is read of them, and what is left alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from own_rules import RULES

from batten.scan import Scan, scan_files

SUPABASE = {".env.example": "DATABASE_URL=postgresql://postgres:[PASSWORD]@db.abcdefghijklmnopqrst.supabase.co:5432/postgres"}
SOURCES = {
    "alembic": (
        "alembic/versions/1_a.py",
        "from alembic import op\nimport sqlalchemy as sa\nrevision = 'a'\ndown_revision = None\ndef upgrade():\n    op.create_table('users', sa.Column('email', sa.Text()))\n",
    ),
    "django": (
        "users/migrations/0001_initial.py",
        "from django.db import migrations, models\nclass Migration(migrations.Migration):\n    operations = [migrations.CreateModel('Person', [('email', models.TextField())], options={'db_table': 'users'})]\n",
    ),
    "knex": ("migrations/1_a.js", "exports.up = (knex) => knex.schema.createTable('users', (table) => { table.string('email') })\n"),
    "typeorm": (
        "src/migrations/1-A.ts",
        "export class A1 implements MigrationInterface { async up(queryRunner) { await queryRunner.query('create table users (email text)') } }\n",
    ),
    "prisma": ("prisma/schema.prisma", 'datasource db { provider = "postgresql" }\nmodel users {\n email String\n}\n'),
}


def scanned(files: dict[str, str], *, prefilter: bool = True) -> Scan:
    return scan_files({path: text.encode() for path, text in files.items()}, RULES, prefilter=prefilter)


@pytest.mark.parametrize("tool", SOURCES)
def test_tables_are_found_whatever_tool_makes_them(tool: str) -> None:
    path, text = SOURCES[tool]
    found = scanned({**SUPABASE, path: text})
    assert [(table.name, table.origin, table.exposed, table.place.path) for table in found.project.tables] == [
        ("public.users", tool, True, path)
    ]
    assert path in {finding.place.path for finding in found.findings}


@pytest.mark.parametrize("tool", SOURCES)
@pytest.mark.parametrize("on", [SUPABASE, {}])
def test_the_filter_changes_nothing(tool: str, on: dict[str, str]) -> None:
    path, text = SOURCES[tool]
    quick, thorough = (scanned({**on, path: text}, prefilter=prefilter) for prefilter in (True, False))
    assert (quick.findings, quick.notes) == (thorough.findings, thorough.notes)


@pytest.mark.parametrize("tool", [tool for tool in SOURCES if tool != "prisma"])
def test_code_is_parsed_only_where_clients_may_reach_the_database(tool: str) -> None:
    path, text = SOURCES[tool]
    assert scanned({path: text}).parsed == 0
    assert scanned({**SUPABASE, path: text}).parsed == 1


@pytest.mark.parametrize("tool", SOURCES)
def test_tests_and_documents_make_no_tables(tool: str) -> None:
    path, text = SOURCES[tool]
    assert scanned({**SUPABASE, "package.json": "{}", f"tests/{path}": text, f"docs/{path}": text}).project.tables == ()


PIECES = (
    "(",
    ")",
    "'",
    '"',
    "`",
    "${",
    "{",
    "}",
    "[",
    "]",
    "*",
    "**",
    "...",
    ".",
    "=",
    ",",
    "\n",
    "f'",
    "lambda x: x",
    "await ",
    "None",
    "@@",
    "@map(",
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(SOURCES)), st.integers(0, 400), st.integers(0, 40), st.sampled_from(PIECES))
def test_garbled_sources_end_no_scan(tool: str, at: int, length: int, piece: str) -> None:
    path, text = SOURCES[tool]
    found = scanned({**SUPABASE, path: text[:at] + piece + text[at + length :]})
    assert {table.place.path for table in found.project.tables} <= {path}
    assert not [note.message for note in found.notes if "could not be read" in note.message]
