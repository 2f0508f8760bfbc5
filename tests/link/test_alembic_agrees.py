"""What revisions come to is what Alembic's own SQL for them comes to."""

import io
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from batten.link.schema import SchemaResult

command = pytest.importorskip("alembic.command")
config = pytest.importorskip("alembic.config")

Linker = Callable[..., SchemaResult]
ENVIRONMENT = """
from alembic import context
context.configure(url="postgresql://", literal_binds=True, dialect_opts={"paramstyle": "named"})
with context.begin_transaction():
    context.run_migrations()
"""
TYPES = (
    "sa.Integer()", "sa.String(40)", "sa.String", "sa.Text()", "sa.Boolean()", "sa.DateTime()", "sa.DateTime(timezone=True)", "sa.Date()", "sa.Float()", "sa.Numeric(10, 2)",
    "sa.JSON()", "sa.Uuid()", "sa.LargeBinary()", "sa.BigInteger()", "postgresql.UUID(as_uuid=True)", "postgresql.JSONB(astext_type=sa.Text())", "postgresql.ARRAY(sa.Text())",
    "postgresql.INET()", "postgresql.TIMESTAMP(timezone=True)", "sa.Enum('a', 'b', name='mood', create_type=False)", "sa.Time()", "sa.SmallInteger()", "sa.Interval()", "postgresql.BYTEA()",
)  # fmt: skip


class Author:
    """Writes revisions that Alembic accepts: it keeps in mind which tables and columns there are."""

    def __init__(self, pick: random.Random, prefix: str) -> None:
        self.pick = pick
        self.prefix = prefix
        self.tables: dict[str, list[str]] = {}
        self.count = 0

    def new(self, kind: str) -> str:
        self.count += 1
        return self.pick.choice([f"{self.prefix}_{kind}{self.count}", f"{self.prefix}{kind.title()}{self.count}"])

    def column(self, *, alone: bool = False) -> tuple[str, str]:
        name = self.new("c")
        parts = [repr(name), self.pick.choice(TYPES)]
        if self.tables and self.pick.random() < 0.2 and not alone:
            other = self.pick.choice(list(self.tables))
            parts[1:] = ["sa.Integer()", f"sa.ForeignKey({other + '.id'!r})"]
        if self.pick.random() < 0.4:
            parts.append(f"nullable={self.pick.choice([True, False])}")
        return name, f"sa.Column({', '.join(parts)})"

    def operation(self) -> str:
        verbs = (
            [self.create]
            if not self.tables
            else [self.create, self.add, self.drop, self.rename, self.secure, self.secure, self.alter, self.batch, self.loop, self.key]
        )
        return self.pick.choice(verbs)()

    def table(self) -> str:
        return self.pick.choice(list(self.tables))

    def create(self) -> str:
        name = self.new("t")
        columns = [self.column() for _ in range(self.pick.randrange(3))]
        identifier = self.pick.choice(["sa.Column('id', sa.Integer(), primary_key=True)", "sa.Column('id', sa.Integer(), nullable=False), sa.PrimaryKeyConstraint('id')", "sa.Column('id', sa.Integer(), autoincrement=False, nullable=False), sa.PrimaryKeyConstraint('id')", "sa.Column('id', sa.BigInteger(), primary_key=True)"])  # fmt: skip
        self.tables[name] = [column for column, _ in columns]
        return f"op.create_table({name!r}, {', '.join([identifier, *(text for _, text in columns)])})"

    def add(self) -> str:
        table = self.table()
        name, text = self.column()
        self.tables[table].append(name)
        return f"op.add_column({table!r}, {text})"

    def drop(self) -> str:
        table = self.table()
        if self.tables[table] and self.pick.random() < 0.7:
            return f"op.drop_column({table!r}, {self.tables[table].pop()!r})"
        del self.tables[table]
        return f"op.execute('DROP TABLE \"{table}\" CASCADE')"

    def rename(self) -> str:
        table = self.table()
        to = self.new("t")
        self.tables[to] = self.tables.pop(table)
        return f"op.rename_table({table!r}, {to!r})"

    def secure(self) -> str:
        table = self.table()
        way = self.pick.choice(["ENABLE", "ENABLE", "DISABLE"])
        return self.pick.choice([
            f"op.execute('ALTER TABLE \"{table}\" {way} ROW LEVEL SECURITY')",
            f"op.execute(sa.text('''\n        ALTER TABLE \"{table}\" {way} ROW LEVEL SECURITY;\n    '''))",
            f"name = {table!r}\n    op.execute(f'ALTER TABLE \"{{name}}\" {way} ROW LEVEL SECURITY')",
            f"secure({table!r}, way={way!r})",
            f"op.execute(f'CREATE POLICY \"{self.new('p')}\" ON \"{table}\" FOR SELECT TO {{ROLE}} USING (true)')",
        ])  # fmt: skip

    def alter(self) -> str:
        table = self.table()
        if not self.tables[table]:
            return "pass"
        column = self.tables[table].pop(self.pick.randrange(len(self.tables[table])))
        if self.pick.random() < 0.5:
            to = self.new("c")
            self.tables[table].append(to)
            return f"op.alter_column({table!r}, {column!r}, new_column_name={to!r})"
        self.tables[table].append(column)
        return f"op.alter_column({table!r}, {column!r}, type_={self.pick.choice(TYPES)}, nullable={self.pick.choice([True, False])})"

    def batch(self) -> str:
        table = self.table()
        name, text = self.column()
        self.tables[table].append(name)
        return f"with op.batch_alter_table({table!r}, schema=None) as batch_op:\n        batch_op.add_column({text})"

    def loop(self) -> str:
        tables = self.pick.sample(list(self.tables), k=min(len(self.tables), 2))
        return f"for table in {tables!r}:\n        op.execute('ALTER TABLE \"' + table + '\" ENABLE ROW LEVEL SECURITY')"

    def key(self) -> str:
        table, other = self.table(), self.table()
        name = self.new("c")
        self.tables[table].append(name)
        return f"op.add_column({table!r}, sa.Column({name!r}, sa.Integer()))\n    op.create_foreign_key({'fk_' + name!r}, {table!r}, {other!r}, [{name!r}], ['id'])"


def revision(name: str, after: list[str], body: list[str]) -> str:
    down = repr(after[0]) if len(after) == 1 else repr(tuple(after)) if after else None
    lines = "\n    ".join(body) or "pass"
    return (
        "from alembic import op\nimport sqlalchemy as sa\nfrom sqlalchemy.dialects import postgresql\n\nROLE = 'authenticated'\n\n"
        f"revision = {name!r}\ndown_revision = {down}\n\n\ndef secure(name, way='ENABLE'):\n    op.execute(f'ALTER TABLE \"{{name}}\" {{way}} ROW LEVEL SECURITY')\n\n\n"
        f"def upgrade():\n    {lines}\n\n\ndef downgrade():\n    op.execute('DROP SCHEMA public CASCADE')\n"
    )


def project(seed: int) -> dict[str, str]:
    """Revisions on two branches that are merged in the end; each branch has tables of its own, so that their order does not matter."""
    pick = random.Random(seed)
    branches = [Author(pick, "a"), Author(pick, "b")]
    heads = ["root", "root"]
    files = {"root": revision("root", [], [])}
    for at in range(pick.randrange(2, 8)):
        side = pick.randrange(2)
        name = f"{pick.randrange(16**6):06x}{at}"
        files[name] = revision(name, [heads[side]], [branches[side].operation() for _ in range(pick.randrange(1, 6))])
        heads[side] = name
    if heads[0] != heads[1]:
        files["merge"] = revision("merge", sorted(heads), [])
    return {f"migrations/versions/{name}_x.py": text for name, text in files.items()}


def offline(files: dict[str, str], folder: Path) -> str:
    """The SQL that Alembic writes for an upgrade to the heads."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    (folder / "migrations" / "env.py").write_text(ENVIRONMENT)
    out = io.StringIO()
    settings = config.Config(output_buffer=out)
    settings.set_main_option("script_location", str(folder / "migrations"))
    settings.set_main_option("path_separator", "os")
    command.upgrade(settings, "heads", sql=True)
    return out.getvalue()


def end(found: SchemaResult) -> dict[str, Any]:
    return {
        table.name: (
            table.rls,
            sorted(policy.name for policy in table.policies),
            [(column.name, column.type, column.required, column.references) for column in table.columns],
            [(cell.role, cell.verb, cell.verdict) for cell in table.access],
        )
        for table in found.tables
        if table.name != "public.alembic_version"
    }


@pytest.mark.parametrize("seed", range(60))
def test_revisions_come_to_what_alembic_makes_of_them(linked: Linker, tmp_path: Path, seed: int) -> None:
    files = project(seed)
    sql = offline(files, tmp_path)
    ours, theirs = linked(files), linked({"supabase/migrations/20250101000000_all.sql": sql})
    assert end(ours) == end(theirs)
    assert (ours.notes, theirs.notes) == ((), ())
