"""Which files make which database, in which order, and which never count."""

from collections.abc import Mapping

import pytest

from batten.discover.classes import Classes
from batten.extract.migrations import is_migration, migration_facts
from batten.extract.packages import file_facts
from batten.facts.project import FileFacts
from batten.facts.services import Package
from batten.link.schema import SchemaResult, schema
from batten.link.schema.databases import chains

FIRST = "supabase/migrations/20250101000000_first.sql"
NPM = (Package(root="", ecosystem="npm", dependencies=("@supabase/supabase-js",)),)
MAKE, ON, OFF = (
    "create table a (id uuid, x jsonb);",
    "alter table a enable row level security;",
    "alter table a disable row level security;",
)


def facts(files: Mapping[str, str]) -> list[FileFacts]:
    found = []
    for path, text in files.items():
        blocks, dialect, notes = migration_facts(path, text.encode()) if is_migration(path) else ((), None, ())
        supabase = file_facts(path, text.encode()).supabase
        found.append(FileFacts(path=path, language=None, parsed=False, statements=blocks, dialect=dialect, notes=notes, supabase=supabase))
    return found


def linked(files: Mapping[str, str], packages: tuple[Package, ...] = NPM) -> SchemaResult:
    found = facts(files)
    return schema(found, [config for file in found for config in file.supabase], packages)


def rls(files: Mapping[str, str]) -> dict[str, bool | None]:
    return {table.name.removeprefix("public."): table.rls for table in linked(files).tables}


def order(files: Mapping[str, str], packages: tuple[Package, ...] = ()) -> list[list[str]]:
    found = facts(files)
    configs = [config for file in found for config in file.supabase]
    return [
        [file.path for file in (*chain.files, *chain.declared, *chain.seeds)]
        for chain in chains(found, packages, lambda _: "product", configs)
    ]


@pytest.mark.parametrize(
    "down",
    [
        "-- +goose Down\n{}", "-- +goose Down\n-- +goose StatementBegin\n{}\n-- +goose StatementEnd", "--+goose down\n{}",
        "-- migrate:down\n{}", "-- migrate:down transaction:false\n{}", "-- +migrate Down\n{}", "-- +migrate Down notransaction\n{}",
        "-- Down Migration\n{}", "-- !Downs\n{}", "-- //@UNDO\n{}", "---- create above / drop below ----\n{}", "-- DOWN\n{}",
        "-- === DOWN ===\n{}", "-- Rollback script\n{}", "-- Down migration (only by hand)\n{}", "--rollback {}", "/* rollback:\n{}\n*/", "-- ROLLBACK\n-- {}",
    ],
)  # fmt: skip
def test_what_takes_a_migration_back_does_not_run(down: str) -> None:
    text = f"{MAKE} {ON} create policy p on a for select using (true);\n\n{down.format(f'{OFF} drop policy p on a;')}\n"
    (table,) = linked({FIRST: text}).tables
    assert (table.rls, len(table.policies)) == (True, 1)


def test_a_mark_of_the_way_back_does_not_hide_what_stands_behind_it() -> None:
    text = f"-- rollback\n{MAKE}\n-- migrate:down\n{OFF}\n-- migrate:up\n{ON}\n"
    assert rls({FIRST: text}) == {"a": True}


@pytest.mark.parametrize(
    "path",
    [
        "supabase/migrations_backup/20250102000000_b.sql", "supabase/migrations/archive/20250102000000_b.sql", "supabase/migrations/_old/20250102000000_b.sql",
        "supabase/migrations/rollback/20250102000000_b.sql", "supabase/migrations/20250102000000_b.sql.disabled", "supabase/migrations/20250102000000_b.down.sql",
        "supabase/migrations/20250102000000_b.bak.sql", "db/migrations-old/2_b.sql", "db/migrations.disabled/2_b.sql", "migrations_backup_2024/migrations/2_b.sql",
        "old/migrations/2_b.sql", "old_migrations/V2__b.sql", "backup/prisma/migrations/2_b/migration.sql", "db/rollbacks/V2__b.sql", "db/migrations/2_b/down.sql",
        "db/migrations/2_b.undo.sql", "sql/U2__b.sql", "db copy/migrations/old/2_b.sql", "supabase copy/migrations/2_b.sql", "supabase/snippets/b.sql",
    ],
)  # fmt: skip
def test_what_was_given_up_does_not_count(path: str) -> None:
    assert is_migration(path) is False
    assert rls({FIRST: MAKE, path: "create table b (id uuid);"}) == {"a": False}


@pytest.mark.parametrize(
    "path",
    [
        "prisma/migrations/20240116_add_backups/migration.sql", "prisma/migrations/20240126_new models copy/migration.sql", "prisma/migrations/old/migration.sql",
        "supabase/migrations/20250101_drop_old.sql", "supabase/migrations/20250101_backup.sql", "old/apps/shop/supabase/migrations/1_a.sql", "gold/migrations/1_a.sql", "download/1_a.sql",
        "migrations/1_a.SQL", "db/migrations/1_a/up.sql",
    ],
)  # fmt: skip
def test_names_of_migrations_do_not_tell_that_they_were_given_up(path: str) -> None:
    assert is_migration(path) is True


def test_a_copy_of_the_migrations_is_no_second_database() -> None:
    chain = {f"{number}_a.sql": sql for number, sql in enumerate((MAKE, ON), 1)}
    both = {f"{folder}/migrations/{name}": sql for folder in ("db", "supabase") for name, sql in chain.items()}
    assert order(both) == [["supabase/migrations/1_a.sql", "supabase/migrations/2_a.sql"]]
    # A copy that stopped before the original says less; one that says something else is a database.
    del both["db/migrations/2_a.sql"]
    assert order(both) == [["supabase/migrations/1_a.sql", "supabase/migrations/2_a.sql"]]
    both["db/migrations/2_a.sql"] = OFF
    assert order(both) == [
        ["db/migrations/1_a.sql", "db/migrations/2_a.sql"],
        ["supabase/migrations/1_a.sql", "supabase/migrations/2_a.sql"],
    ]


def test_two_apps_from_one_template_are_two_databases() -> None:
    packages = (Package(root="one", ecosystem="npm"), Package(root="two", ecosystem="npm"))
    assert order({"one/db/migrations/1_a.sql": MAKE, "two/db/migrations/1_a.sql": MAKE}, packages) == [
        ["one/db/migrations/1_a.sql"],
        ["two/db/migrations/1_a.sql"],
    ]
    assert order({"one/supabase/migrations/1_a.sql": MAKE, "two/supabase/migrations/1_a.sql": MAKE}) == [
        ["one/supabase/migrations/1_a.sql"],
        ["two/supabase/migrations/1_a.sql"],
    ]


def test_the_schema_among_the_docs_is_the_database_where_nothing_else_makes_one() -> None:
    def found(*others: str) -> list[list[str]]:
        files = dict.fromkeys(("docs/sql/schema.sql", *others), MAKE)
        classes = Classes(frozenset(), frozenset())
        return [[file.path for file in chain.files] for chain in chains(facts(files), NPM, lambda path: str(classes.of(path)))]

    assert found() == [["docs/sql/schema.sql"]]
    assert found("docs/examples/other.sql") == [["docs/sql/schema.sql"]]
    assert found("supabase/migrations/1_a.sql") == [["supabase/migrations/1_a.sql"]]
    assert found("schema.sql") == [["schema.sql"]]
    assert found("tests/schema.sql") == [["docs/sql/schema.sql"]]


def test_scripts_that_people_run_by_hand_are_run_by_their_numbers() -> None:
    files = {
        "scripts/10_more.sql": MAKE.replace(" a ", " c "),
        "scripts/2_lock.sql": ON,
        "scripts/1_first.sql": MAKE,
        "scripts/more.sql": MAKE.replace(" a ", " d "),
        "seeds/1_seed.sql": MAKE.replace(" a ", " e "),
    }
    classes = Classes(frozenset(), frozenset())
    made = chains(facts(files), NPM, lambda path: str(classes.of(path)))
    assert [([file.path for file in chain.files], [file.path for file in chain.beside]) for chain in made] == [
        (["scripts/1_first.sql", "scripts/2_lock.sql", "scripts/10_more.sql"], ["scripts/more.sql"])
    ]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (("db/migrations/10_a/up.sql", "db/migrations/9_a/up.sql", "db/migrations/9_a/down.sql"), [["db/migrations/9_a/up.sql", "db/migrations/10_a/up.sql"]]),
        (("migrations/default/1_a/up.sql", "migrations/other/1_a/up.sql"), [["migrations/default/1_a/up.sql"], ["migrations/other/1_a/up.sql"]]),
        (("sql/V1_2__a.sql", "sql/V1.10__a.sql", "sql/V1__a.sql", "sql/U1__a.sql"), [["sql/V1__a.sql", "sql/V1_2__a.sql", "sql/V1.10__a.sql"]]),
        (("migrations/R__views.sql", "migrations/V9__a.sql"), [["migrations/V9__a.sql", "migrations/R__views.sql"]]),
        (("migrations/2.up.sql", "migrations/1.up.sql", "migrations/1.down.sql"), [["migrations/1.up.sql", "migrations/2.up.sql"]]),
    ],
)  # fmt: skip
def test_files_run_in_the_order_that_their_tool_counts(files: tuple[str, ...], expected: list[list[str]]) -> None:
    assert order({path: f"create table t{at} (id uuid, x jsonb);" for at, path in enumerate(files)}) == expected


def test_the_declared_schema_is_read_as_the_configuration_says() -> None:
    config = '[db.migrations]\nschema_paths = ["./schemas/roles.sql", "./schemas/tables/*.sql", "../database/**/*.sql"]\n'
    files = {
        "supabase/config.toml": config,
        "supabase/schemas/tables/b.sql": "create table b (id uuid);",
        "supabase/schemas/tables/a.sql": MAKE,
        "supabase/schemas/roles.sql": "create role clerk;",
        "supabase/schemas/unused.sql": "create table c (id uuid);",
        "database/late/off.sql": OFF,
    }
    assert order(files) == [
        ["supabase/schemas/roles.sql", "supabase/schemas/tables/a.sql", "supabase/schemas/tables/b.sql", "database/late/off.sql"]
    ]
    del files["supabase/config.toml"]
    assert order(files)[-1] == [
        "supabase/schemas/roles.sql",
        "supabase/schemas/tables/a.sql",
        "supabase/schemas/tables/b.sql",
        "supabase/schemas/unused.sql",
    ]


def test_what_is_declared_beside_migrations_adds_tables_and_protection_and_takes_none_away() -> None:
    declared = f"create table a (id uuid); {ON} create table b (id uuid); create table c (id uuid); {ON.replace(' a ', ' c ')}"
    assert rls({FIRST: MAKE, "supabase/schemas/a.sql": declared}) == {"a": True, "b": False, "c": True}
    assert rls({FIRST: MAKE + ON, "supabase/schemas/a.sql": MAKE + OFF}) == {"a": True}
    assert rls({"supabase/schemas/a.sql": MAKE}) == {"a": False}


def test_seeds_tell_of_buckets_and_of_nothing_else() -> None:
    seed = "create table s (id uuid); insert into storage.buckets (id, name, public) values ('avatars', 'avatars', true); insert into a values (1);"
    files = {
        FIRST: MAKE,
        "supabase/seed.sql": seed,
        "supabase/seeds/more.sql": seed,
        "db/seed.sql": seed,
        "supabase/seeds/other.sql": "delete from a;",
    }
    assert [(file.path, file.dialect) for file in facts(files) if file.dialect != "postgres"] == [
        ("supabase/seed.sql", "seed"),
        ("supabase/seeds/more.sql", "seed"),
        ("db/seed.sql", None),
        ("supabase/seeds/other.sql", None),
    ]
    assert order(files) == [[FIRST, "supabase/seed.sql", "supabase/seeds/more.sql"]]
    (chain,) = chains(facts(files), (), lambda _: "product")
    assert [type(statement).__name__ for file in chain.seeds for statement in chain.statements(file)] == ["Bucket", "Bucket"]
    assert rls(files) == {"a": False}


def test_a_policy_that_protects_two_databases_is_told_once() -> None:
    journal = {
        "db/meta/_journal.json": '{"entries": [{"idx": 0, "tag": "0000_first", "when": 1}]}',
        "db/0000_first.sql": "create table b (id uuid);",
    }
    opened = "do $$ begin create policy p on a for all using (true); end $$;"
    both = {**journal, FIRST: f"{MAKE}\n{ON}\n{opened}"}
    assert [(policy.policy, policy.key.rpartition("|")[2]) for policy in linked(both).policies] == [("p", "supabase")]
    theirs = {**journal, FIRST: "do $$ begin alter table b enable row level security; create policy p on b for all using (true); end $$;"}
    assert [policy.policy for policy in linked(theirs).policies] == ["p"]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"supabase/schema.sql": MAKE, FIRST: ON}, {"a": True}),
        ({"supabase/schema.sql": MAKE, FIRST: "alter table a add column y text;"}, {"a": False}),
        ({"database/schema.sql": MAKE, FIRST: "alter table public.a add column y text;"}, {"a": False}),
        # What a migration takes away is gone, though the first file still makes it.
        ({"supabase/schema.sql": MAKE + ON, FIRST: OFF}, {"a": False}),
        # Migrations that make what they change, change nothing of others, or change what is not theirs build on nothing.
        ({"supabase/schema.sql": "create table b (id uuid);", FIRST: MAKE + ON}, {"a": True}),
        ({"supabase/schema.sql": MAKE, FIRST: "create table b (id uuid);"}, {"b": False}),
        ({"supabase/schema.sql": "create table users (id uuid);", FIRST: "alter table auth.users add column y text; create table b (id uuid);"}, {"b": False}),
        ({"other/app/db/schema.sql": MAKE, FIRST: ON}, {}),
        # Of several it is the one that makes most of what is lacking.
        ({"supabase/a.sql": MAKE, "supabase/z.sql": MAKE + "create table c (id uuid);", FIRST: ON + "alter table c add column y text;"}, {"a": True, "c": False}),
    ],
)  # fmt: skip
def test_migrations_that_change_tables_of_none_of_them_build_on_the_file_that_makes_those(
    files: Mapping[str, str], expected: dict[str, bool | None]
) -> None:
    assert rls(files) == expected
