"""Tables that are declared as models, where no migration makes them."""

from collections.abc import Mapping

import pytest

from batten.extract.environment import definitions, is_environment_file
from batten.extract.migrations import look
from batten.extract.packages import file_facts
from batten.facts.project import FileFacts
from batten.facts.schema import Table
from batten.facts.services import Package
from batten.link.schema import SchemaResult, schema

SUPABASE = {".env.example": "DATABASE_URL=postgresql://postgres:secret@db.abcdefghijklmnopqrst.supabase.co:5432/postgres"}
NPM = (Package(root="", ecosystem="npm", dependencies=("@supabase/supabase-js",)),)
POSTGRES = 'datasource db { provider = "postgresql"\n url = env("DATABASE_URL") }\n'


def linked(files: Mapping[str, str], packages: tuple[Package, ...] = NPM) -> SchemaResult:
    found = []
    for path, text in files.items():
        statements, dialect, source, notes = look(path, text.encode())
        found.append(
            FileFacts(
                path=path,
                language=None,
                parsed=False,
                statements=statements,
                dialect=dialect,
                source=source,
                notes=notes,
                supabase=file_facts(path, text.encode()).supabase,
                variables=definitions(path, text.encode()) if is_environment_file(path) else (),
            )
        )
    return schema(found, [config for file in found for config in file.supabase], packages)


def tables(files: Mapping[str, str]) -> dict[str, Table]:
    return {table.name: table for table in linked({**SUPABASE, **files}).tables}


MODELS = (
    POSTGRES
    + """
/// Who signs in.
model User {
  id       String   @id @default(uuid()) @db.Uuid
  email    String   @unique @map("email_address")
  posts    Post[]
  role     Role     @default(READER)
  @@map("users")
}
model Post {
  id       Int      @id @default(autoincrement())
  author   User     @relation(fields: [authorId], references: [id])
  authorId String   @map("author_id") @db.Uuid
  at       DateTime? @db.Timestamptz(6)
  notes    Json[]
  tags     Tag[]
}
model Tag {
  name     String @id
  posts    Post[]
  likes    Tag[] @relation("alike")
  likedBy  Tag[] @relation("alike")
}
model Log {
  a Int
  b String
  @@id([a, b])
  @@schema("audit")
  @@ignore
}
enum Role { READER
  WRITER
  @@map("user_role") }
view Stats { id Int }
"""
)


def test_models_are_tables_with_prismas_names() -> None:
    found = tables({"prisma/schema.prisma": MODELS})
    assert {name: [(column.name, column.type, column.references) for column in table.columns] for name, table in found.items()} == {
        "public.users": [("id", "uuid", None), ("email_address", "text", None), ("role", "user_role", None)],
        "public.Post": [
            ("id", "integer", None),
            ("author_id", "uuid", "public.users"),
            ("at", "timestamptz(6)", None),
            ("notes", "jsonb[]", None),
        ],
        "public.Tag": [("name", "text", None)],
        "audit.Log": [("a", "integer", None), ("b", "text", None)],
        "public._PostToTag": [("A", "integer", "public.Post"), ("B", "text", "public.Tag")],
        "public._alike": [("A", "text", "public.Tag"), ("B", "text", "public.Tag")],
    }
    assert {name: (table.rls, table.exposed, table.origin, table.database) for name, table in found.items()} == {
        name: (False, not name.startswith("audit."), "prisma", "prisma") for name in found
    }


def test_a_table_stands_where_its_model_does() -> None:
    table = tables({"prisma/schema.prisma": MODELS})["public.users"]
    text = MODELS.encode()[table.place.span.start : table.place.span.end].decode()
    assert text.startswith("model User {")
    assert text.endswith('@@map("users")\n}')


def test_models_may_lead_to_one_another() -> None:
    text = (
        f'{POSTGRES}model A {{\n id Int @id\n b B? @relation(fields: [bId], references: [id])\n bId Int?\n a A? @relation("self", fields: [aId], references: [id])\n aId Int?\n}}\n'
        "model B {\n id Int @id\n a A? @relation(fields: [aId], references: [id])\n aId Int?\n}\n"
    )
    found = tables({"schema.prisma": text})
    assert {name: [(column.name, column.references) for column in table.columns] for name, table in found.items()} == {
        "public.A": [("id", None), ("bId", "public.B"), ("aId", "public.A")],
        "public.B": [("id", None), ("aId", "public.A")],
    }


def test_models_of_other_files_are_no_columns() -> None:
    files = {
        "prisma/schema/main.prisma": POSTGRES,
        "prisma/schema/order.prisma": "model Order {\n id Int @id\n buyer User @relation(fields: [buyerId], references: [id])\n buyerId String\n notes Note[]\n kind Kind\n}",
        "prisma/schema/user.prisma": 'model User {\n id String @id\n orders Order[]\n note Note?\n @@map("users")\n}\nmodel Note {\n id Int @id\n}\nenum Kind {\n A\n}',
    }
    assert {name: [(column.name, column.type, column.references) for column in table.columns] for name, table in tables(files).items()} == {
        "public.Order": [("id", "integer", None), ("buyerId", "text", "public.users"), ("kind", "Kind", None)],
        "public.users": [("id", "text", None)],
        "public.Note": [("id", "integer", None)],
    }


def test_models_in_several_files_are_one_database() -> None:
    files = {
        "packages/db/prisma/schema/main.prisma": POSTGRES,
        "packages/db/prisma/schema/shop/order.prisma": "model Order {\n id Int @id\n}",
        "packages/db/prisma/schema/user.prisma": "model User {\n id Int @id\n}",
    }
    assert {name: table.database for name, table in tables(files).items()} == {
        "public.Order": "packages/db/prisma",
        "public.User": "packages/db/prisma",
    }


MIGRATION = {"prisma/migrations/20250101000000_a/migration.sql": 'CREATE TABLE "User" ("id" SERIAL PRIMARY KEY, "x" JSONB);'}


def test_migrations_say_more_than_models() -> None:
    assert list(tables({"prisma/schema.prisma": MODELS, **MIGRATION})) == ["public.User"]


def test_what_prisma_pulled_tells_of_row_level_security() -> None:
    lead = "/// This model contains row level security and requires additional setup for migrations."
    found = tables({"schema.prisma": f"{POSTGRES}{lead}\nmodel A {{\n id Int @id\n}}\nmodel B {{\n id Int @id\n}}\n"})
    assert {name: table.rls for name, table in found.items()} == {"public.A": True, "public.B": False}


def test_scripts_and_supabase_migrations_protect_tables_of_models() -> None:
    secure = 'alter table "Post" enable row level security;'
    assert tables({"prisma/schema.prisma": MODELS, "prisma/rls.sql": secure})["public.Post"].rls is True
    assert tables(
        {**MIGRATION, "db/rls.sql": 'alter table "User" enable row level security; drop table "User"; create table "Extra" (id int);'}
    )["public.User"].rls
    other = {
        "supabase/migrations/20250101000000_rls.sql": f'create table extra (id int); {secure} alter table "User" enable row level security;'
    }
    found = tables({"prisma/schema.prisma": MODELS, **other})
    assert {name: (table.rls, table.origin) for name, table in found.items() if name in ("public.Post", "public.Tag", "public.extra")} == {
        "public.Post": (True, "prisma"),
        "public.Tag": (False, "prisma"),
        "public.extra": (False, "supabase"),
    }
    assert {name: (table.rls, table.origin) for name, table in tables({**MIGRATION, **other}).items()} == {
        "public.User": (True, "prisma"),
        "public.extra": (False, "supabase"),
    }


@pytest.mark.parametrize("provider", ["mysql", "sqlite"])
def test_models_of_a_database_without_row_level_security_are_told_as_such(provider: str) -> None:
    found = linked({**SUPABASE, "prisma/schema.prisma": MODELS.replace("postgresql", provider)})
    assert (found.tables, found.notes) == ((), ())
    assert {(table.dialect, table.rls, table.access) for table in found.foreign} == {(provider, None, ())}


@pytest.mark.parametrize("provider", ["mongodb", "sqlserver", "cockroachdb"])
def test_another_kind_of_database_is_one_note(provider: str) -> None:
    found = linked({**SUPABASE, "prisma/schema.prisma": MODELS.replace("postgresql", provider)})
    assert found.tables == ()
    assert [note.message for note in found.notes] == [f"1 file is written for {provider}, not PostgreSQL: its tables are not looked at"]


def test_the_lock_file_says_whose_migrations_they_are() -> None:
    files = {**MIGRATION, "prisma/migrations/migration_lock.toml": 'provider = "mysql"\n'}
    assert linked({**SUPABASE, **files}).tables == ()
    assert len(linked({**files, "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n'}).tables) == 1
    assert len(linked({**files, "prisma/migrations/migration_lock.toml": "provider = [[["}).tables) == 1


MODEL = {"schema.prisma": f"{POSTGRES}model A {{\n id Int @id\n}}"}
LOCAL = {".env": "DATABASE_URL=postgresql://postgres:postgres@localhost:5432/shop"}
ELSEWHERE = {".env": "DATABASE_URL=postgresql://a:b@ep-cool-sun-1.eu-central-1.aws.neon.tech/shop"}


@pytest.mark.parametrize(
    ("files", "packages", "exposed"),
    [
        (SUPABASE, NPM, True),
        (SUPABASE, (), True),
        ({"supabase/config.toml": ""}, (), True),
        ({"supabase/migrations/1_a.sql": "select 1;"}, (), True),
        ({"rls.sql": 'create policy p on "A" to authenticated using (false);'}, (), True),
        ({}, NPM, None),
        (LOCAL, NPM, None),
        (ELSEWHERE, NPM, False),
        ({}, (), False),
    ],
)
def test_clients_reach_tables_of_models_where_they_are_in_a_database_of_supabase(
    files: dict[str, str], packages: tuple[Package, ...], exposed: bool | None
) -> None:
    assert [table.exposed for table in linked({**MODEL, **files}, packages).tables] == [exposed]
