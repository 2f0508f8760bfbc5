"""Alembic's revisions: their order, what they do, and what cannot be told."""

from collections.abc import Callable

import pytest

from batten.facts.services import Package
from batten.link.schema import SchemaResult

Linker = Callable[..., SchemaResult]
HEAD = "from alembic import op\nimport sqlalchemy as sa\nfrom sqlalchemy.dialects import postgresql\n"


def revision(name: str, body: str, after: str = "None", rest: str = "", depends: str = "None") -> str:
    indented = "\n".join(f"    {line}" for line in body.splitlines())
    return (
        f"{HEAD}revision: str = '{name}'\ndown_revision = {after}\ndepends_on = {depends}\n{rest}\n"
        f"def upgrade() -> None:\n{indented}\n\ndef downgrade() -> None:\n    op.execute('alter table users disable row level security')\n    op.drop_table('users')\n"
    )


USERS = "op.create_table('users', sa.Column('id', sa.Integer(), nullable=False), sa.Column('email', sa.String(80)), sa.PrimaryKeyConstraint('id'))"
ON = "op.execute('ALTER TABLE users ENABLE ROW LEVEL SECURITY')"


def rls(found: SchemaResult) -> dict[str, bool | None]:
    return {table.name.removeprefix("public."): table.rls for table in found.tables}


def run(linked: Linker, body: str, rest: str = "") -> SchemaResult:
    return linked({"alembic/versions/1_a.py": revision("a", body, rest=rest)})


def test_a_table_has_the_columns_that_the_revisions_give_it(linked: Linker) -> None:
    body = f"""
{USERS}
op.create_table(
    "posts",
    sa.Column("id", sa.Uuid(), primary_key=True, server_default=sa.text("gen_random_uuid()")),
    sa.Column("author", sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    sa.Column("body", postgresql.JSONB(astext_type=sa.Text())),
    sa.Column("at", sa.DateTime(timezone=True)),
    sa.Column("tags", sa.ARRAY(sa.String())),
    schema="app",
)
op.add_column("users", sa.Column("phone", sa.Uuid()))
op.add_column("users", sa.Column("gone", sa.Text()))
op.drop_column("users", "gone")
op.alter_column("users", "email", new_column_name="mail", type_=sa.Text(), nullable=False)
with op.batch_alter_table("users", schema=None) as batch_op:
    batch_op.add_column(sa.Column("iban", sa.String(length=34)))
    batch_op.create_foreign_key("fk", "posts", ["phone"], ["id"], referent_schema="app")
op.create_index("ix", "users", ["mail"])
"""
    found = run(linked, "op.execute('create schema app')" + body)
    assert {
        table.name: [(column.name, column.type, column.required, column.references) for column in table.columns] for table in found.tables
    } == {
        "public.users": [
            ("id", "serial", True, None),
            ("mail", "text", True, None),
            ("phone", "uuid", False, "app.posts"),
            ("iban", "varchar(34)", False, None),
        ],
        "app.posts": [
            ("id", "uuid", True, None),
            ("author", "integer", True, "public.users"),
            ("body", "jsonb", False, None),
            ("at", "timestamp with time zone", False, None),
            ("tags", "varchar[]", False, None),
        ],
    }
    assert {table.origin for table in found.tables} == {"alembic"}
    assert found.notes == ()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (ON, True),
        ("op.execute(sa.text('''\n  alter table users\n  enable row level security;\n'''))", True),
        ("op.get_bind().execute(sa.text('alter table users enable row level security'))", True),
        ("conn = op.get_bind()\nconn.exec_driver_sql('alter table users enable row level security')", True),
        ("from sqlalchemy.orm import Session\nsession = Session(bind=op.get_bind())\nsession.execute(sa.text('alter table users enable row level security'))", True),
        ("for table in ('users', 'posts'):\n    op.execute(f'ALTER TABLE {table} ENABLE ROW LEVEL SECURITY')", True),
        ("for table in TABLES:\n    op.execute('ALTER TABLE ' + table + ' ENABLE ROW LEVEL SECURITY')", True),
        ("for schema, table in [('public', 'users')]:\n    op.execute('ALTER TABLE %s.%s ENABLE ROW LEVEL SECURITY' % (schema, table))", True),
        ("secure('users')", True),
        ("op.execute('ALTER TABLE {} ENABLE ROW LEVEL SECURITY'.format(TABLES[0]))", True),
        ("op.execute(' '.join(['alter table', 'users', 'enable row level security']))", True),
        ("if op.get_bind().dialect.name == 'postgresql':\n    op.execute('alter table users enable row level security')", True),
        ("if op.get_bind().dialect.name != 'postgresql':\n    return\nop.execute('alter table users enable row level security')", True),
        ("with op.get_context().autocommit_block():\n    op.execute('alter table users enable row level security')", True),
        ("try:\n    op.execute('alter table users enable row level security')\nexcept Exception:\n    pass", True),
        ("op.execute(\"DO $$ BEGIN EXECUTE format('alter table %I enable row level security', 'users'); END $$\")", True),
        ("if sa.inspect(op.get_bind()).has_table('users'):\n    op.execute('alter table users enable row level security')", None),
        ("op.execute(f'ALTER TABLE {NAME} ENABLE ROW LEVEL SECURITY')", None),
        ("for t in names():\n    op.execute(f'ALTER TABLE {t} ENABLE ROW LEVEL SECURITY')", None),
        ("if False:\n    op.execute('alter table users enable row level security')", False),
        ("op.execute(f\"INSERT INTO users (email) VALUES ('{NAME}')\")", False),
        ("op.execute(users.update().values(email='a'))", False),
    ],
)  # fmt: skip
def test_statements_are_followed_as_far_as_they_are_constant(linked: Linker, body: str, expected: bool | None) -> None:
    rest = "import os\nTABLES = ['users']\nNAME = os.environ['NAME']\nusers = sa.table('users')\ndef secure(name, on=True):\n    if on:\n        op.execute(f'alter table {name} enable row level security')\n"
    found = run(linked, f"{USERS}\n{body}", rest)
    assert rls(found) == {"users": expected}
    followed = expected is not None or "has_table" in body
    assert [note.message for note in found.notes] == (
        [] if followed else ["a computed statement cannot be followed: what it changes is not known"]
    )


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("op.create_table(NAME, sa.Column('id', sa.Integer()))", "computed create_table"),
        ("op.drop_table(NAME)", "computed drop_table"),
        ("op.add_column('users', column())", "computed add_column"),
        ("Base.metadata.create_all(op.get_bind())", "create_all()"),
        ("enable_everything(op)", "enable_everything()"),
        ("enable_everything(op.get_bind(), 1)", "enable_everything()"),
    ],
)
def test_what_is_written_elsewhere_or_computed_is_noted(linked: Linker, body: str, kind: str) -> None:
    found = run(linked, body, "import os\nfrom app.db import Base, enable_everything\nNAME = os.environ['NAME']\n")
    assert [note.message for note in found.notes] == [f"a {kind} statement is not understood: what it changes is not known"]


def test_tables_are_renamed_moved_and_dropped(linked: Linker) -> None:
    files = {
        "alembic/versions/1_a.py": revision("a", f"{USERS}\n{ON}\nop.create_table('old', sa.Column('id', sa.Integer()))"),
        "alembic/versions/2_b.py": revision("b", "op.rename_table('users', 'people')\nop.drop_table('old')\nop.execute(sa.schema.CreateSchema('app'))\nop.create_table('inside', sa.Column('id', sa.Integer()), schema='app')", "'a'"),
    }  # fmt: skip
    found = linked(files)
    assert {table.name: (table.rls, table.exposed) for table in found.tables} == {
        "public.people": (True, True),
        "app.inside": (False, False),
    }


def test_revisions_run_behind_those_they_name(linked: Linker) -> None:
    off = "op.execute('alter table users disable row level security')"
    files = {
        # By their names the files would run the other way round.
        "alembic/versions/z.py": revision("1", USERS),
        "alembic/versions/y.py": revision("2a", ON, "'1'"),
        "alembic/versions/x.py": revision("2b", "pass", "'1'"),
        "alembic/versions/b.py": revision("3", off, "('2a', '2b')"),
        "alembic/versions/a.py": revision("4", ON, "'3'"),
    }
    assert rls(linked(files)) == {"users": True}
    files["alembic/versions/0.py"] = revision("5", off, "'2b'", depends="['4']")
    assert rls(linked(files)) == {"users": False}


def test_revisions_in_a_circle_or_without_what_they_name_still_count(linked: Linker) -> None:
    files = {"alembic/versions/a.py": revision("1", USERS, "'2'"), "alembic/versions/b.py": revision("2", ON, "'1'")}
    assert rls(linked(files)) == {"users": True}
    assert rls(linked({"alembic/versions/a.py": revision("1", USERS, "'gone'")})) == {"users": False}


def test_folders_that_build_on_each_other_are_one_database(linked: Linker) -> None:
    files = {"core/versions/a.py": revision("1", USERS), "addon/versions/a.py": revision("2", ON, "'1'")}
    assert [(table.database, table.rls) for table in linked(files).tables] == [("addon/versions", True)]
    apart = {"core/versions/a.py": revision("1", USERS), "other/versions/a.py": revision("9", USERS)}
    assert [table.database for table in linked(apart).tables] == ["core/versions", "other/versions"]


def test_findings_point_to_the_statement(linked: Linker) -> None:
    text = revision(
        "a",
        f'{USERS}\nop.execute("""\n  -- for later\n  create table pets (id int);\n  create table cats (ü int);\n""")\nop.execute("create table \\"A\\" (id int)")',
    )
    found = linked({"alembic/versions/1_a.py": text})
    data = text.encode()
    assert {table.name: data[table.place.span.start : table.place.span.end].decode() for table in found.tables} == {
        "public.users": USERS,
        "public.pets": "create table pets (id int)",
        "public.cats": "create table cats (ü int)",
        "public.A": '"create table \\"A\\" (id int)"',
    }


def test_policies_of_alembic_utils_count(linked: Linker) -> None:
    body = f"""
{USERS}
{ON}
op.create_entity(PGPolicy(schema="public", signature="all", on_entity="public.users", definition="AS PERMISSIVE FOR ALL TO authenticated USING (true)"))
"""
    found = run(linked, body, "from alembic_utils.pg_policy import PGPolicy\n")
    assert [(policy.table, policy.policy, policy.roles) for policy in found.policies] == [("public.users", "all", ("authenticated",))]


@pytest.mark.parametrize(
    ("settings", "notes"),
    [
        ({"alembic.ini": "[alembic]\nsqlalchemy.url = mysql+pymysql://a:b@localhost/c\n"}, ["1 file is written for mysql, not PostgreSQL: its tables are not looked at"]),
        ({"alembic.ini": "sqlalchemy.url = sqlite:///./a.db\n"}, ["1 file is written for sqlite, not PostgreSQL: its tables are not looked at"]),
        ({"alembic.ini": "sqlalchemy.url = sqlite:///./a.db\n", "alembic/env.py": "from alembic import context\ncontext.config.set_main_option('sqlalchemy.url', url)"}, []),
        ({"alembic.ini": "sqlalchemy.url = driver://user:pass@localhost/dbname\n"}, []),
        ({"alembic.ini": "sqlalchemy.url = postgresql+asyncpg://user:pass@localhost/dbname\n"}, []),
    ],
)  # fmt: skip
def test_the_kind_of_database_is_told_by_the_settings(linked: Linker, settings: dict[str, str], notes: list[str]) -> None:
    found = linked({"alembic/versions/1_a.py": revision("a", USERS), **settings})
    assert [note.message for note in found.notes] == notes
    assert rls(found) == ({} if notes else {"users": False})


PYTHON = (Package(root="", ecosystem="python", dependencies=("supabase", "alembic")),)


@pytest.mark.parametrize(
    ("on", "packages", "exposed"),
    [
        ({"supabase/config.toml": ""}, (), [True]),
        ({}, PYTHON, [None]),
        ({}, (), []),
        ({".env": "DATABASE_URL=postgresql://a:b@ep-cool-sun-1.eu-central-1.aws.neon.tech/shop"}, PYTHON, []),
    ],
)
def test_revisions_are_read_where_clients_may_reach_their_tables(
    linked: Linker, on: dict[str, str], packages: tuple[Package, ...], exposed: list[bool | None]
) -> None:
    files = {"alembic/versions/1_a.py": revision("a", USERS)}
    assert [table.exposed for table in linked(files, packages, on).tables] == exposed


def test_revisions_that_speak_of_the_roles_of_an_api_are_read(linked: Linker) -> None:
    body = f"{USERS}\nop.execute('create policy p on users to authenticated using (true)')"
    assert [table.exposed for table in linked({"alembic/versions/1_a.py": revision("a", body)}, (), {}).tables] == [True]


@pytest.mark.parametrize("text", ["def upgrade(:\n  op.create_table('a'\ndown_revision = ", "down_revision = None\nx = x = (" * 400, "import alembic\ndown_revision = None\nupgrade = 3"])  # fmt: skip
def test_broken_revisions_are_noted_or_empty(linked: Linker, text: str) -> None:
    found = linked({"alembic/versions/1_a.py": text})
    assert found.tables == ()


@pytest.mark.parametrize("loop", ["x = x + x", "x = [x, x]", "x = x.next()", "x = f'{x}{x}'", "f()", "for i in L: g(i)"])
def test_work_is_bounded(linked: Linker, loop: str) -> None:
    rest = f"L = {list(range(200))}\nx = 'a'\ndef f():\n    f()\n    f()\ndef g(i):\n    for j in L:\n        op.execute('select 1')\n"
    found = run(linked, f"{USERS}\nfor a in L:\n    for b in L:\n        for c in L:\n            {loop}", rest)
    assert [note.message for note in found.notes][:1] == ["a too long statement is not understood: what it changes is not known"]
