"""Tables that are declared with Drizzle, where no folder of SQL makes them."""

from collections.abc import Callable

import pytest

from batten.facts.services import Package
from batten.link.schema import SchemaResult

Linker = Callable[..., SchemaResult]
HEAD = """
import { sql } from "drizzle-orm";
import { pgTable, pgSchema, pgEnum, pgPolicy, pgTableCreator, pgRole, primaryKey, customType, uuid, text, integer, serial, timestamp, varchar, jsonb, bigint } from "drizzle-orm/pg-core";
import { anonRole, authenticatedRole, authUid } from "drizzle-orm/supabase";
"""
PATH = "src/db/schema.ts"
USERS = 'export const users = pgTable("users", { id: uuid("id").primaryKey().defaultRandom(), email: text().notNull() })'


def run(linked: Linker, text: str) -> SchemaResult:
    return linked({PATH: HEAD + text})


def rls(found: SchemaResult) -> dict[str, bool | None]:
    return {table.name.removeprefix("public."): table.rls for table in found.tables}


def test_tables_have_drizzles_columns(linked: Linker) -> None:
    found = run(
        linked,
        f"""
const timestamps = {{ createdAt: timestamp("created_at", {{ withTimezone: true }}).defaultNow().notNull() }};
export const mood = pgEnum("mood", ["good", "bad"]);
{USERS};
export const posts = pgTable("posts", {{
  id: serial("id").primaryKey(),
  author: uuid("author_id").references(() => users.id, {{ onDelete: "cascade" }}).notNull(),
  parent: integer("parent").references((): AnyPgColumn => posts.id),
  title: varchar("title", {{ length: 80 }}),
  tags: text("tags").array(),
  mood: mood("mood").default("good"),
  size: bigint({{ mode: "number" }}),
  ...timestamps,
}});
export const links = pgTable("links", (t) => ({{ a: t.integer("a"), b: t.integer("b") }}), (table) => [primaryKey({{ columns: [table.a, table.b] }})]);
export const app = pgSchema("app");
export const inside = app.table("inside", {{ id: integer("id") }});
const createTable = pgTableCreator((name) => `shop_${{name}}`);
export const named = createTable("named", {{ id: integer("id") }});
export const usersRelations = relations(users, ({{ many }}) => ({{ posts: many(posts) }}));
""",
    )
    assert {
        table.name: [(column.name, column.type, column.required, column.references) for column in table.columns] for table in found.tables
    } == {
        "public.users": [("id", "uuid", True, None), ("email", "text", True, None)],
        "public.posts": [
            ("id", "serial", True, None),
            ("author_id", "uuid", True, "public.users"),
            ("parent", "integer", False, "public.posts"),
            ("title", "varchar(80)", False, None),
            ("tags", "text[]", False, None),
            ("mood", "mood", False, None),
            ("size", "bigint", False, None),
            ("created_at", "timestamp with time zone", True, None),
        ],
        "public.links": [("a", "integer", False, None), ("b", "integer", False, None)],
        "app.inside": [("id", "integer", False, None)],
        "public.shop_named": [("id", "integer", False, None)],
    }
    assert {(table.origin, table.rls, table.database) for table in found.tables} == {("drizzle", False, "")}
    assert found.notes == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{USERS};", False),
        (f"{USERS}.enableRLS();", True),
        ("export const users = pgTable.withRLS('users', { id: uuid('id') });", True),
        ("export const users = pgTable('users', { id: uuid('id') }, (t) => [pgPolicy('p', { for: 'select', to: 'anon', using: sql`true` })]);", True),
        ("export const users = pgTable('users', { id: uuid('id') }, (t) => ({ p: pgPolicy('p', { using: sql`true` }) }));", True),
        (f"{USERS};\nexport const p = pgPolicy('p', {{ using: sql`true` }}).link(users);", True),
    ],
)  # fmt: skip
def test_row_level_security_is_on_where_drizzle_switches_it_on(linked: Linker, text: str, expected: bool) -> None:
    assert rls(run(linked, text)) == {"users": expected}


def test_policies_are_those_that_drizzle_writes(linked: Linker) -> None:
    text = """
export const notes = pgTable("notes", { id: uuid("id"), userId: uuid("user_id") }, (table) => [
  pgPolicy("own", { as: "restrictive", for: "update", to: authenticatedRole, using: sql`${authUid} = ${table.userId}`, withCheck: sql`(select auth.uid()) = ${table.userId}` }),
  pgPolicy("all", { for: "select", to: [anonRole, "authenticated"], using: sql`true` }),
  pgPolicy("odd", { for: "select", to: pgRole("clerk"), using: sql`${helper()} = 1` }),
]);
"""
    (table,) = run(linked, text).tables
    assert [(policy.name, policy.permissive, policy.command, policy.roles, policy.using, policy.check) for policy in table.policies] == [
        ("own", False, "update", ("authenticated",), "caller-bound", "caller-bound"),
        ("all", True, "select", ("anon", "authenticated"), "always", None),
        ("odd", True, "select", ("clerk",), "unknown", None),
    ]


def test_migrations_say_more_than_declarations(linked: Linker) -> None:
    files = {
        PATH: HEAD + USERS,
        "drizzle/meta/_journal.json": '{"entries": [{"tag": "0000_a"}]}',
        "drizzle/0000_a.sql": "create table kept (id uuid);",
    }
    assert rls(linked(files)) == {"kept": False}


def test_declarations_stand_beside_the_migrations_of_a_supabase_project(linked: Linker) -> None:
    files = {
        PATH: f"{HEAD}{USERS};\nexport const more = pgTable('more', {{ id: uuid('id') }});",
        "supabase/migrations/1_a.sql": "create table users (id uuid); alter table users enable row level security;",
    }
    found = linked(files)
    assert {table.name: (table.rls, table.origin) for table in found.tables} == {
        "public.users": (True, "supabase"),
        "public.more": (False, "drizzle"),
    }


def test_declarations_in_several_files_are_one_database(linked: Linker) -> None:
    files = {
        "src/db/schema/users.ts": HEAD + USERS,
        "src/db/schema/posts.ts": f"{HEAD}import {{ users }} from './users';\nexport const posts = pgTable('posts', {{ id: uuid('id').references(() => users.id) }});",
    }
    assert rls(linked(files)) == {"posts": False, "users": False}


def test_findings_point_to_the_declaration(linked: Linker) -> None:
    text = HEAD + USERS
    (table,) = linked({PATH: text}).tables
    assert text.encode()[table.place.span.start : table.place.span.end].decode() == USERS.removeprefix("export const users = ")


def test_what_is_computed_is_noted(linked: Linker) -> None:
    text = "export const a = pgTable(process.env.T, { id: uuid('id') });\nexport const b = pgTable('b', { id: uuid('id') }, () => [pgPolicy(name(), {})]);"
    assert [note.message for note in run(linked, text).notes] == [
        "a computed table statement is not understood: what it changes is not known",
        "a computed pgPolicy statement is not understood: what it changes is not known",
    ]


def test_declarations_that_no_client_reaches_are_not_read(linked: Linker) -> None:
    assert linked({PATH: HEAD + USERS}, (), {}).tables == ()
    npm = (Package(root="", ecosystem="npm", dependencies=("@supabase/supabase-js",)),)
    assert [table.exposed for table in linked({PATH: HEAD + USERS}, npm, {}).tables] == [None]
