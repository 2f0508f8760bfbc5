"""What Django's migrations come to is what Django makes of them on a real server."""

import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from postgres_server import Server, started

from batten.link.schema import SchemaResult

django = pytest.importorskip("django")

Linker = Callable[..., SchemaResult]
FIELDS = (
    "models.CharField(max_length=40)", "models.CharField(max_length=10, null=True)", "models.TextField()", "models.TextField(null=True, blank=True)", "models.IntegerField(null=True)",
    "models.BooleanField(default=False)", "models.DateTimeField(auto_now_add=True)", "models.DateField(null=True)", "models.DecimalField(max_digits=8, decimal_places=2, null=True)",
    "models.EmailField(max_length=254)", "models.URLField(null=True)", "models.SlugField(null=True)", "models.FloatField(null=True)", "models.UUIDField(null=True)", "models.JSONField(null=True)",
    "models.GenericIPAddressField(null=True)", "models.BinaryField(null=True)", "models.DurationField(null=True)", "models.PositiveIntegerField(null=True)", "models.SmallIntegerField(null=True)",
    "models.BigIntegerField(null=True)", "models.TimeField(null=True)", "models.FileField(upload_to='x', null=True)", "models.TextField(null=True, db_column='Odd name')",
)  # fmt: skip


class Author:
    """Writes migrations of two apps that Django accepts: it keeps in mind which models and fields there are."""

    def __init__(self, pick: random.Random) -> None:
        self.pick = pick
        self.models: dict[tuple[str, str], dict[str, str]] = {}
        self.count = 0

    def new(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    def column(self) -> tuple[str, str]:
        return self.new("field"), self.pick.choice(FIELDS[:-1] if self.count % 5 else FIELDS)

    def some(self, app: str) -> str | None:
        names = [name for of, name in self.models if of == app]
        return self.pick.choice(names) if names else None

    def link(self) -> tuple[str, str] | None:
        if not self.models:
            return None
        app, target = self.pick.choice(list(self.models))
        kind = self.pick.choice(["ForeignKey", "OneToOneField", "ManyToManyField", "ManyToManyField"])
        name = self.new("link")
        rest = "" if kind == "ManyToManyField" else ", null=True, on_delete=django.db.models.deletion.CASCADE"
        return name, f"models.{kind}(to='{app}.{target}'{rest}, related_name='+')"

    def operation(self, app: str) -> str:
        model = self.some(app)
        if model is None:
            return self.create(app)
        fields = self.models[app, model]
        plain = [name for name, text in fields.items() if "to=" not in text]
        verb = self.pick.choice(
            ["create", "add", "add", "remove", "rename", "rename-field", "table", "alter", "sql", "sql", "python", "separate", "delete"]
        )
        match verb:
            case "create":
                return self.create(app)
            case "add":
                name, text = (self.link() if self.pick.random() < 0.4 else None) or self.column()
                fields[name] = text
                text = text.replace("auto_now_add=True", "null=True")
                if not any(word in text for word in ("null=True", "to=", "default")):
                    text = text.replace(")", ", null=True)").replace("(, ", "(")
                return f"migrations.AddField(model_name={model.lower()!r}, name={name!r}, field={text})"
            case "remove" if fields:
                name = self.pick.choice(list(fields))
                del fields[name]
                return f"migrations.RemoveField(model_name={model!r}, name={name!r})"
            case "rename":
                to = self.new("Model")
                self.models[app, to] = self.models.pop((app, model))
                for other in self.models.values():
                    for name, text in other.items():
                        other[name] = text.replace(f"'{app}.{model}'", f"'{app}.{to}'")
                return f"migrations.RenameModel(old_name={model!r}, new_name={to!r})"
            case "rename-field" if fields:
                name = self.pick.choice(list(fields))
                to = self.new("field")
                fields[to] = fields.pop(name)
                return f"migrations.RenameField(model_name={model!r}, old_name={name!r}, new_name={to!r})"
            case "table":
                return f"migrations.AlterModelTable(name={model!r}, table={self.pick.choice([None, self.new('Table'), self.new('some_table')])!r})"
            case "alter" if plain:
                name = self.pick.choice(plain)
                fields[name] = "models.TextField(null=True)"
                return (
                    f"migrations.AlterField(model_name={model!r}, name={name!r}, field=models.TextField(null=True))"
                    if "Char" in fields[name]
                    else self.sql()
                )
            case "python":
                return "migrations.RunPython(secure, migrations.RunPython.noop)"
            case "separate":
                name, text = self.new("field"), "models.TextField(null=True)"
                fields[name] = text
                operation = f"migrations.AddField(model_name={model!r}, name={name!r}, field={text})"
                return f"migrations.SeparateDatabaseAndState(database_operations=[{operation}], state_operations=[{operation}])"
            case "delete" if not any(f"'{app}.{model}'" in text for other in self.models.values() for text in other.values()):
                del self.models[app, model]
                return f"migrations.DeleteModel(name={model!r})"
            case _:
                return self.sql()

    def sql(self) -> str:
        name = self.new("t")
        return self.pick.choice([
            f"migrations.RunSQL('CREATE TABLE {name} (id int); ALTER TABLE {name} ENABLE ROW LEVEL SECURITY', reverse_sql='DROP TABLE {name}')",
            f"migrations.RunSQL(['CREATE TABLE {name} (id int)', ('CREATE TABLE {name}b (id int)', None)], migrations.RunSQL.noop)",
        ])  # fmt: skip

    def create(self, app: str) -> str:
        name = self.new("Model")
        fields = dict(self.column() for _ in range(self.pick.randrange(1, 4)))
        link = self.link()
        if link is not None:
            fields[link[0]] = link[1]
        if self.pick.random() < 0.3:
            self.count += 1
            fields[f"own{self.count}"] = f"models.ManyToManyField(to='{app}.{name}')"
        key = self.pick.choice([
            "('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID'))",
            "('id', models.AutoField(primary_key=True))", "('code', models.UUIDField(primary_key=True, serialize=False))",
        ])  # fmt: skip
        texts = ", ".join([key, *(f"({field!r}, {text})" for field, text in fields.items())])
        table = f"'db_table': '{self.new('chosen')}'" if self.pick.random() < 0.3 else "'ordering': ['pk']"
        self.models[app, name] = fields
        return f"migrations.CreateModel(name={name!r}, fields=[{texts}], options={{{table}}})"


SECURE = """
def secure(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for table in {tables!r}:
        schema_editor.execute(f'ALTER TABLE IF EXISTS "{{table}}" ENABLE ROW LEVEL SECURITY')
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS made_by_hand (id int)")
"""


def project(seed: int) -> list[tuple[str, str, str]]:
    """App, name and text of migrations in an order that their dependencies allow."""
    pick = random.Random(seed)
    author = Author(pick)
    found: list[tuple[str, str, str]] = []
    for at in range(pick.randrange(2, 7)):
        app = pick.choice(["shop", "crm"])
        # A name sorts before that of an earlier one, so that only the dependencies tell the order.
        name = f"{99 - at:04}_{'auto' if at else 'initial'}"
        after = [(of, before) for of, before, _ in found[-1:]]
        operations = ",\n        ".join(author.operation(app) for _ in range(pick.randrange(1, 6)))
        found.append((app, name, (
            "import django.db.models.deletion\nfrom django.db import migrations, models\n"
            f"{SECURE.format(tables=[f'{app}_model{number}' for number in range(1, 12)])}\n\nclass Migration(migrations.Migration):\n"
            f"    dependencies = {after!r}\n    operations = [\n        {operations},\n    ]\n"
        )))  # fmt: skip
    return found


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    yield from started()


@pytest.fixture(scope="module")
def connection(server: Server) -> Iterator[Any]:
    from django.conf import settings

    base = {"ENGINE": "django.db.backends.postgresql", "NAME": "base", "USER": "root", "HOST": str(server.folder)}
    settings.configure(DATABASES={"default": base}, INSTALLED_APPS=[], DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", USE_TZ=True)
    django.setup()
    from django.db import connection as found

    yield found
    found.close()


def migrated(connection: Any, migrations: list[tuple[str, str, str]]) -> dict[str, Any]:
    """The tables of the server when Django has run the migrations."""
    from django.db.migrations.state import ProjectState

    with connection.cursor() as cursor:
        cursor.execute("drop schema public cascade; create schema public")
    state = ProjectState()
    for app, name, text in migrations:
        space: dict[str, Any] = {"__name__": f"{app}.migrations.{name}"}
        exec(compile(text, name, "exec"), space)  # our own text, a few lines above
        migration = space["Migration"](name, app)
        with connection.schema_editor(atomic=True) as editor:
            state = migration.apply(state, editor)
    with connection.cursor() as cursor:
        cursor.execute("""
            select c.relname, c.relrowsecurity, (select json_agg(json_build_array(a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
              (select r.relname from pg_constraint k join pg_class r on r.oid = k.confrelid where k.contype = 'f' and k.conrelid = c.oid and k.conkey = array[a.attnum] limit 1)) order by a.attname)
              from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)
            from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
        """)
        return {name: (rls, [tuple(column) for column in columns]) for name, rls, columns in cursor.fetchall()}


def spelled(kind: str) -> str:
    """A type as the server prints it."""
    kind = re.sub(r"^varchar", "character varying", kind).replace(", ", ",")
    return {"time": "time without time zone", "int": "integer"}.get(kind, kind)


def ours(found: SchemaResult) -> dict[str, Any]:
    return {
        table.name.removeprefix("public."): (
            table.rls,
            sorted((column.name, spelled(column.type), column.required, column.references and column.references.removeprefix("public.")) for column in table.columns),
        )
        for table in found.tables
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_migrations_come_to_what_django_makes_of_them(linked: Linker, connection: Any, seed: int) -> None:
    migrations = project(seed)
    real = migrated(connection, migrations)
    found = linked({f"{app}/migrations/{name}.py": text for app, name, text in migrations})
    assert found.notes == ()
    assert ours(found) == {name: (rls, sorted(columns)) for name, (rls, columns) in real.items()}
