"""Django's migrations: their order, what they do, and what cannot be told."""

from collections.abc import Callable

import pytest

from batten.facts.services import Package
from batten.link.schema import SchemaResult

Linker = Callable[..., SchemaResult]
HEAD = "import django.db.models.deletion\nfrom django.conf import settings\nfrom django.db import migrations, models\n"
ID = "('id', models.BigAutoField(primary_key=True))"
NOTE = f"migrations.CreateModel(name='Note', fields=[{ID}, ('text', models.TextField())])"


def migration(operations: str, after: str = "[]", rest: str = "", replaces: str = "[]") -> str:
    return f"{HEAD}{rest}\nclass Migration(migrations.Migration):\n    replaces = {replaces}\n    dependencies = {after}\n    operations = [{operations}]\n"


def names(found: SchemaResult) -> dict[str, bool | None]:
    return {table.name.removeprefix("public."): table.rls for table in found.tables}


def test_tables_are_named_after_app_and_model(linked: Linker) -> None:
    operations = (
        f"migrations.CreateModel('Pet', [{ID}, ('friends', models.ManyToManyField('Pet')), ('home', models.ForeignKey('people.Person', models.CASCADE)), ('keeper', models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE))]),"
        f"migrations.CreateModel('Odd', [{ID}], options={{'db_table': 'Chosen name'}}), migrations.CreateModel('Other', [{ID}], options={{'db_table': 'shop\".\"other'}}),"
        f"migrations.CreateModel('View', [{ID}], options={{'managed': False}}), migrations.CreateModel('Double', [], options={{'proxy': True}}, bases=('pets.pet',))"
    )
    found = linked({"src/pets/migrations/0001_initial.py": migration(operations)})
    assert {table.name: [(column.name, column.references) for column in table.columns] for table in found.tables} == {
        "public.pets_pet": [("id", None), ("home_id", "public.people_person"), ("keeper_id", "public.auth_user")],
        "public.pets_pet_friends": [("id", None), ("from_pet_id", "public.pets_pet"), ("to_pet_id", "public.pets_pet")],
        "public.Chosen name": [("id", None)],
        "shop.other": [("id", None)],
    }
    assert {(table.origin, table.database) for table in found.tables} == {("django", "")}


def test_the_model_of_those_who_sign_in_may_be_the_apps_own(linked: Linker) -> None:
    user = f"migrations.CreateModel('Account', [{ID}, ('password', models.CharField(max_length=128)), ('last_login', models.DateTimeField(null=True))])"
    pet = f"migrations.CreateModel('Pet', [{ID}, ('keeper', models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE))])"
    after = "[migrations.swappable_dependency(settings.AUTH_USER_MODEL), ('users', '__first__')]"
    found = linked({"a/migrations/0001_initial.py": migration(pet, after), "users/migrations/0001_initial.py": migration(user)})
    assert [
        (column.name, column.type, column.references) for table in found.tables if table.name == "public.a_pet" for column in table.columns
    ] == [
        ("id", "bigint", None),
        ("keeper_id", "bigint", "public.users_account"),
    ]


def test_migrations_run_behind_those_they_depend_on(linked: Linker) -> None:
    files = {
        "z/migrations/0002_make.py": migration(NOTE),
        "a/migrations/0001_rename.py": migration("migrations.RunSQL('alter table z_note rename to kept')", "[('z', '0002_make')]"),
        "m/migrations/0001_lock.py": migration("migrations.RunSQL('alter table kept enable row level security')", "[('a', '0001_rename')]"),
        "m/migrations/0000_open.py": migration("migrations.RunSQL('alter table kept disable row level security')", "[('m', '0001_lock')]"),
    }
    assert names(linked(files)) == {"kept": False}


def test_a_squashed_migration_stands_for_those_it_replaces(linked: Linker) -> None:
    files = {
        "a/migrations/0001_initial.py": migration(NOTE),
        "a/migrations/0002_more.py": migration("migrations.AddField('note', 'more', models.TextField())", "[('a', '0001_initial')]"),
        "a/migrations/0001_squashed.py": migration(NOTE.replace("Note", "Memo"), replaces="[('a', '0001_initial'), ('a', '0002_more')]"),
        "a/migrations/0003_lock.py": migration("migrations.RunSQL('alter table a_memo enable row level security')", "[('a', '0002_more')]"),
    }
    assert names(linked(files)) == {"a_memo": True}


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("migrations.RunSQL('ALTER TABLE a_note ENABLE ROW LEVEL SECURITY', 'ALTER TABLE a_note DISABLE ROW LEVEL SECURITY')", True),
        ("migrations.RunSQL(sql=['ALTER TABLE a_note ENABLE ROW LEVEL SECURITY', ('SELECT %s', [1])])", True),
        ("*[migrations.RunSQL(f'ALTER TABLE {t} ENABLE ROW LEVEL SECURITY') for t in ['a_note']]", True),
        ("migrations.RunPython(secure)", True),
        ("migrations.RunPython(code=secure, reverse_code=migrations.RunPython.noop)", True),
        ("migrations.RunPython(fill)", False),
        ("migrations.RunPython(lambda apps, editor: editor.execute(SQL))", True),
        ("migrations.SeparateDatabaseAndState(database_operations=[migrations.RunSQL(SQL)], state_operations=[migrations.DeleteModel('Note')])", True),
        ("migrations.SeparateDatabaseAndState(state_operations=[migrations.RenameModel('Note', 'Memo')])", False),
    ],
)  # fmt: skip
def test_sql_and_functions_are_followed(linked: Linker, operation: str, expected: bool) -> None:
    rest = (
        "SQL = 'alter table a_note enable row level security'\n"
        "def secure(apps, schema_editor):\n    if schema_editor.connection.vendor != 'postgresql':\n        return\n    with schema_editor.connection.cursor() as cursor:\n        cursor.execute(SQL)\n"
        "def fill(apps, schema_editor):\n    apps.get_model('a', 'Note').objects.update(text='x')\n"
    )
    found = linked({"a/migrations/0001_initial.py": migration(f"{NOTE}, {operation}", rest=rest)})
    assert names(found) == {"a_note": expected}
    assert found.notes == ()


def test_what_is_written_elsewhere_is_noted(linked: Linker) -> None:
    rest = "from shop.rls import EnableRowLevelSecurity, secure\n"
    operations = f"{NOTE}, EnableRowLevelSecurity('a_note'), migrations.RunPython(secure), migrations.AddIndex('note', models.Index())"
    found = linked({"a/migrations/0001_initial.py": migration(operations, rest=rest)})
    assert [note.message for note in found.notes] == [
        "a EnableRowLevelSecurity() statement is not understood: what it changes is not known",
        "a RunPython() statement is not understood: what it changes is not known",
    ]


def test_findings_point_to_the_operation(linked: Linker) -> None:
    text = migration(f"{NOTE}, migrations.RunSQL('''\n create table by_hand (id int);''')")
    places = {
        table.name: text.encode()[table.place.span.start : table.place.span.end].decode()
        for table in linked({"a/migrations/0001_initial.py": text}).tables
    }
    assert places == {"public.a_note": NOTE, "public.by_hand": "create table by_hand (id int)"}


ENGINE = "DATABASES = {'default': {'ENGINE': 'django.db.backends.%s', 'NAME': 'x'}}\n"


@pytest.mark.parametrize(
    ("settings", "dialect"),
    [
        (ENGINE % "sqlite3", "sqlite3"),
        (ENGINE % "mysql", "mysql"),
        (ENGINE % "postgresql", None),
        ("import dj_database_url\n" + ENGINE % "sqlite3" + "DATABASES['default'] = dj_database_url.config()\n", None),
        ("import os\nif os.getenv('DATABASE_URL'):\n    pass\n" + ENGINE % "sqlite3", None),
        ("if DEBUG:\n    " + ENGINE % "sqlite3" + "else:\n    " + ENGINE % "postgresql", None),
    ],
)
def test_the_kind_of_database_is_told_by_the_settings(linked: Linker, settings: str, dialect: str | None) -> None:
    found = linked({"a/migrations/0001_initial.py": migration(NOTE), "project/settings.py": settings})
    assert [note.message for note in found.notes] == (
        [f"1 file is written for {dialect}, not PostgreSQL: its tables are not looked at"] if dialect else []
    )
    assert names(found) == ({} if dialect else {"a_note": False})


def test_two_projects_are_two_databases(linked: Linker) -> None:
    packages = (Package(root="one", ecosystem="python"), Package(root="two", ecosystem="python"))
    files = {f"{root}/a/migrations/0001_initial.py": migration(NOTE) for root in ("one", "two")}
    on = {
        f"{root}/.env": "DATABASE_URL=postgresql://postgres:x@db.abcdefghijklmnopqrst.supabase.co:5432/postgres" for root in ("one", "two")
    }
    assert [(table.database, table.package, table.exposed) for table in linked(files, packages, on).tables] == [
        ("one", "one", True),
        ("two", "two", True),
    ]


@pytest.mark.parametrize("text", ["class Migration(migrations.Migration):\n    operations = [", "migrations.Migration\n" + "x = [" * 3000, "class Migration(migrations.Migration):\n    operations = 3\n    dependencies = [1, ('a',), (b, c)]"])  # fmt: skip
def test_broken_migrations_make_nothing(linked: Linker, text: str) -> None:
    assert linked({"a/migrations/0001_initial.py": text}).tables == ()
