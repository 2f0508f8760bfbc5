"""Migrations of tools for JavaScript and TypeScript: what their ``up`` does."""

import re
from collections.abc import Callable

import pytest

from batten.link.schema import SchemaResult

Linker = Callable[..., SchemaResult]
PATHS = {
    "typeorm": "src/migrations/1700000000000-First.ts",
    "knex": "db/migrations/20240101_first.js",
    "sequelize": "migrations/20240101-first.js",
    "node-pg-migrate": "migrations/1700000000000_first.js",
}


def _for(given: str, body: str) -> str:
    return re.sub(r"\$(?!\{)", given, body)


def written(tool: str, body: str, down: str = "") -> str:
    """A migration in the form that its tool generates; ``$`` stands for what the tool hands over."""
    match tool:
        case "typeorm":
            return (
                'import { MigrationInterface, QueryRunner, Table, TableColumn, TableForeignKey } from "typeorm";\nexport class First1700000000000 implements MigrationInterface {\n'
                f"  name = 'First';\n  public async up(queryRunner: QueryRunner): Promise<void> {{\n{_for('queryRunner', body)}\n  }}\n  public async down(queryRunner) {{ {down} }}\n}}\n"
            )
        case "knex":
            return f"/** @param {{ import('knex').Knex }} knex */\nexports.up = async function (knex) {{\n{_for('knex', body)}\n}};\nexports.down = (knex) => {{ {down} }};\n"
        case "sequelize":
            return f"'use strict';\nmodule.exports = {{\n  async up(queryInterface, Sequelize) {{\n{_for('queryInterface', body)}\n  }},\n  async down(queryInterface) {{ {down} }}\n}};\n"
        case _:
            return f"export const shorthands = undefined;\nexport const up = (pgm) => {{\n{_for('pgm', body)}\n}};\nexport const down = (pgm) => {{ {down} }};\n"


def run(linked: Linker, tool: str, body: str, down: str = "") -> SchemaResult:
    return linked({PATHS[tool]: written(tool, body, down)})


def shape(found: SchemaResult) -> dict[str, object]:
    return {
        table.name.removeprefix("public."): (
            table.rls,
            [
                (column.name, column.type, column.required, column.references and column.references.removeprefix("public."))
                for column in table.columns
            ],
        )
        for table in found.tables
    }


SQL = {
    "typeorm": "await $.query({})",
    "knex": "await $.raw({})",
    "sequelize": "await $.sequelize.query({})",
    "node-pg-migrate": "$.sql({})",
}
ON = "alter table users enable row level security"


@pytest.mark.parametrize("tool", SQL)
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (f"§('{ON}')", True), (f"§(`\n  {ON};\n`)", True), ("for (const t of ['users']) { §(`alter table ${t} enable row level security`) }", True),
        ("['users'].forEach((t) => { §('alter table ' + t + ' enable row level security') })", True), (f"const text = '{ON}'; §(text)", True), (f"if (false) {{ §('{ON}') }}", False),
        ("§(`alter table ${process.env.T} enable row level security`)", None), (f"if (await check()) {{ §('{ON}') }}", None), (f"try {{ §('{ON}') }} catch (error) {{}}", True),
    ],
)  # fmt: skip
def test_sql_is_followed_as_far_as_it_is_constant(linked: Linker, tool: str, code: str, expected: bool | None) -> None:
    call = SQL[tool].removesuffix("({})")
    found = run(linked, tool, f"{call}('create table users (id int)');\n{code.replace('§', call)}", "queryRunner.query('drop table users')")
    assert [(table.name, table.rls, table.origin) for table in found.tables] == [("public.users", expected, tool)]
    assert len(found.notes) == (1 if "process.env" in code else 0)


@pytest.mark.parametrize("tool", SQL)
def test_findings_point_to_the_statement(linked: Linker, tool: str) -> None:
    text = written(tool, SQL[tool].format("`\n  -- ü\n  create table pets (id int);\n`"))
    (table,) = linked({PATHS[tool]: text}).tables
    assert text.encode()[table.place.span.start : table.place.span.end] == b"create table pets (id int)"


def test_typeorm_tables(linked: Linker) -> None:
    body = """
await $.createSchema("app");
await $.createTable(new Table({ name: "app.users", columns: [{ name: "id", type: "uuid", isPrimary: true, isGenerated: true }, { name: "email", type: "varchar", length: "80", isNullable: true }] }), true);
await $.createTable(new Table({ name: "posts", columns: [{ name: "id", type: "int", isPrimary: true }, { name: "author", type: "uuid" }],
  foreignKeys: [{ columnNames: ["author"], referencedTableName: "app.users", referencedColumnNames: ["id"] }] }));
await $.addColumn("posts", new TableColumn({ name: "body", type: "text", isNullable: true }));
await $.addColumns("posts", [new TableColumn({ name: "tags", type: "text", isArray: true }), new TableColumn({ name: "gone", type: "text" })]);
await $.dropColumn("posts", "gone");
await $.renameColumn("posts", "body", "text");
await $.renameTable("posts", "articles");
await $.createTable(new Table({ name: "temporary", columns: [] }));
await $.dropTable("temporary");
await $.createIndex("articles", index);
"""
    assert shape(run(linked, "typeorm", body)) == {
        "app.users": (False, [("id", "uuid", True, None), ("email", "varchar(80)", False, None)]),
        "articles": (
            False,
            [
                ("id", "int", True, None),
                ("author", "uuid", True, "app.users"),
                ("text", "text", False, None),
                ("tags", "text[]", True, None),
            ],
        ),
    }


def test_knex_tables(linked: Linker) -> None:
    body = """
await $.schema.createSchemaIfNotExists('app')
  .withSchema('app').createTable('users', (table) => {
    table.uuid('id').primary().defaultTo($.raw('gen_random_uuid()'));
    table.string('email').notNullable().unique();
    table.timestamps(true, true);
  });
await $.schema.createTable('posts', function (t) {
  t.increments('id');
  t.string('title', 80);
  t.integer('parent').unsigned().references('id').inTable('posts').onDelete('CASCADE');
  t.uuid('author');
  t.foreign('author').references('id').inTable('app.users');
  t.decimal('price', 8, 2);
  t.index(['author']);
}).createTable('links', (t) => { t.integer('a').references('posts.id'); t.integer('b'); t.primary(['a', 'b']); });
await $.schema.alterTable('posts', (t) => { t.jsonb('more'); t.dropColumn('price'); t.renameColumn('title', 'name'); t.text('name').alter(); });
await $.schema.hasTable('maybe').then((exists) => { if (!exists) { return $.schema.createTable('maybe', (t) => { t.increments(); }); } });
await $.transaction(async (trx) => { await trx.schema.createTable('inside', (t) => { t.bigIncrements('id'); }); });
await $.schema.renameTable('links', 'edges');
await $.schema.createTable('gone', (t) => {});
await $.schema.dropTableIfExists('gone');
"""
    assert shape(run(linked, "knex", body)) == {
        "app.users": (False, [("id", "uuid", True, None), ("email", "varchar(255)", True, None), ("created_at", "timestamp with time zone", False, None), ("updated_at", "timestamp with time zone", False, None)]),
        "posts": (False, [("id", "serial", True, None), ("name", "varchar(80)", False, None), ("parent", "integer", False, "posts"), ("author", "uuid", False, "app.users"), ("more", "jsonb", False, None)]),
        "edges": (False, [("a", "integer", True, "posts"), ("b", "integer", True, None)]),
        "maybe": (False, [("id", "serial", True, None)]),
        "inside": (False, [("id", "bigserial", True, None)]),
    }  # fmt: skip


def test_sequelize_tables(linked: Linker) -> None:
    body = """
await $.createSchema('app');
await $.createTable('Users', { id: { allowNull: false, autoIncrement: true, primaryKey: true, type: Sequelize.INTEGER }, email: Sequelize.STRING, mood: { type: Sequelize.DataTypes.ENUM('a', 'b') }, createdAt: { allowNull: false, type: Sequelize.DATE } });
await $.createTable({ tableName: 'posts', schema: 'app' }, { id: { type: Sequelize.UUID, primaryKey: true }, author: { type: Sequelize.INTEGER, field: 'author_id', references: { model: 'Users', key: 'id' } } });
await $.sequelize.transaction(async (transaction) => {
  await $.addColumn('Users', 'phone', { type: Sequelize.STRING(20) }, { transaction });
  await $.changeColumn('Users', 'email', { type: Sequelize.TEXT, allowNull: false });
});
await Promise.all([$.renameColumn('Users', 'phone', 'mobile'), $.removeColumn('Users', 'mood')]);
await $.bulkInsert('Users', [{ email: 'a' }]);
"""
    assert shape(run(linked, "sequelize", body)) == {
        "Users": (False, [("id", "serial", True, None), ("email", "text", True, None), ("createdAt", "timestamp with time zone", True, None), ("mobile", "varchar(20)", False, None)]),
        "app.posts": (False, [("id", "uuid", True, None), ("author_id", "integer", False, "Users")]),
    }  # fmt: skip


def test_node_pg_migrate_tables(linked: Linker) -> None:
    body = """
$.createSchema('app');
$.createTable('users', { id: 'id', email: { type: 'varchar(80)', notNull: true }, age: 'int' });
$.createTable({ schema: 'app', name: 'posts' }, { id: { type: 'uuid', primaryKey: true }, author: { type: 'integer', references: '"users"' }, other: { type: 'integer', references: 'users(id)' } });
$.addColumns('users', { phone: { type: 'text' }, gone: 'text' });
$.dropColumns('users', ['gone']);
$.alterColumn('users', 'email', { type: 'text', notNull: false });
$.alterTable('users', { levelSecurity: 'ENABLE' });
$.createPolicy('users', 'everyone', { command: 'SELECT', role: ['anon', 'authenticated'], using: 'true' });
$.createPolicy('users', 'gone', { using: 'true' });
$.dropPolicy('users', 'gone');
$.revokeOnTables({ privileges: ['INSERT'], tables: 'users', roles: 'anon' });
$.renameColumn('users', 'phone', 'mobile');
"""
    found = run(linked, "node-pg-migrate", body)
    assert shape(found) == {
        "users": (
            True,
            [
                ("id", "serial", True, None),
                ("email", "text", False, None),
                ("age", "integer", False, None),
                ("mobile", "text", False, None),
            ],
        ),
        "app.posts": (False, [("id", "uuid", True, None), ("author", "integer", False, "users"), ("other", "integer", False, "users")]),
    }
    assert [(policy.policy, policy.roles, policy.command) for policy in found.policies] == [
        ("everyone", ("anon", "authenticated"), "select")
    ]


@pytest.mark.parametrize(
    ("tool", "body", "kind"),
    [
        ("typeorm", "await $.createTable(new Table({ name: process.env.T, columns: [] }))", "computed createTable"),
        ("knex", "await $.schema.createTable(process.env.T, (t) => {})", "computed createTable"),
        ("knex", "await $.schema.createView('v', (view) => {})", "createView"),
        ("sequelize", "await $.createTable(name(), {})", "computed createTable"),
        ("sequelize", "await $.createTable('t', columns)", "computed createTable"),
        ("node-pg-migrate", "$.dropTable(name())", "computed dropTable"),
        ("node-pg-migrate", "$.createView('v', {}, 'select 1')", "computed createView"),
    ],
)  # fmt: skip
def test_what_is_computed_is_noted(linked: Linker, tool: str, body: str, kind: str) -> None:
    assert [note.message for note in run(linked, tool, body).notes] == [
        f"a {kind} statement is not understood: what it changes is not known"
    ]


def test_migrations_run_in_the_order_their_tools_count(linked: Linker) -> None:
    off = ON.replace("enable", "disable")
    knex = {
        f"migrations/{name}.js": written("knex", f"await $.raw('{sql}')")
        for name, sql in (("1_a", "create table users (id int)"), ("10_b", ON), ("2_c", off))
    }
    assert [table.rls for table in linked(knex).tables] == [False]
    counted = {
        f"migrations/{name}.js": written("node-pg-migrate", f"$.sql('{sql}')")
        for name, sql in (("1_a", "create table users (id int)"), ("10_b", ON), ("2_c", off))
    }
    assert [table.rls for table in linked(counted).tables] == [True]
    classes = {
        f"src/migrations/{name}.ts": written("typeorm", f"await $.query('{sql}')").replace("First1700000000000", f"X{stamp}")
        for name, stamp, sql in (("z", 1700000000001, "create table users (id int)"), ("y", 1700000000002, off), ("a", 1700000000003, ON))
    }
    assert [table.rls for table in linked(classes).tables] == [True]


@pytest.mark.parametrize("tool", SQL)
def test_what_no_client_reaches_is_not_read(linked: Linker, tool: str) -> None:
    assert linked({PATHS[tool]: written(tool, SQL[tool].format("'create table users (id int)'"))}, (), {}).tables == ()


@pytest.mark.parametrize("path", ["src/knex.js", "src/pgm.ts", "src/queryInterface.ts", "migrations/readme.md"])
def test_other_files_are_no_migrations(linked: Linker, path: str) -> None:
    assert linked({path: "exports.up = (knex) => { knex.raw('create table a (id int)') }; // pgm. queryInterface"}).tables == ()


@pytest.mark.parametrize(
    ("tool", "path", "text", "dialect"),
    [
        ("typeorm", "src/data-source.ts", 'export const source = new DataSource({ type: "mysql", host: "x" })', "mysql"),
        ("typeorm", "ormconfig.json", '{"type": "sqlite", "database": "a.db"}', "sqlite"),
        ("typeorm", "src/data-source.ts", 'export const source = new DataSource({ type: "postgres" })', None),
        ("typeorm", "src/data-source.ts", "export const source = new DataSource({ type: process.env.T })", None),
        ("knex", "knexfile.js", "module.exports = { development: { client: 'sqlite3' }, production: { client: 'pg' } }", None),
        ("knex", "knexfile.js", "module.exports = { client: 'mysql2' }", "mysql"),
        ("sequelize", "config/config.json", '{"production": {"dialect": "mysql"}}', "mysql"),
        ("sequelize", "config/config.json", '{"production": {"dialect": "postgres"}}', None),
    ],
)
def test_the_kind_of_database_is_told_by_the_settings(linked: Linker, tool: str, path: str, text: str, dialect: str | None) -> None:
    found = linked({PATHS[tool]: written(tool, SQL[tool].format("'create table users (id int)'")), path: text})
    assert [note.message for note in found.notes] == (
        [f"1 file is written for {dialect}, not PostgreSQL: its tables are not looked at"] if dialect else []
    )
    assert len(found.tables) == (0 if dialect else 1)
