"""Statements on publications, owners, savepoints, comments and storage buckets."""

import pytest
from msgspec.structs import replace

from batten.parse.postgres import statements
from batten.parse.postgres.access_statements import GrantRole
from batten.parse.postgres.expressions import Constant, Name, Operation, Reference
from batten.parse.postgres.object_statements import (
    ChangeBuckets,
    ChangeObjectOwner,
    CommentOnObject,
    DropBuckets,
    DropOwned,
    ImportForeignSchema,
    MoveExtension,
    Publication,
    PublishedTable,
    ReassignOwned,
    Savepoint,
)
from batten.parse.postgres.statements import (
    AddEnumValue,
    Broken,
    Bucket,
    CreateEnum,
    CreateSchema,
    CreateTrigger,
    CreateView,
    Drop,
    Other,
    SetRole,
    Statement,
)
from batten.parse.postgres.table_statements import AddCheck, AlterTable, Check, CreateTable, DropConstraint
from batten.text import Span

NOWHERE = Span(0, 0)


def read(sql: str) -> list[Statement]:
    return [replace(each, span=NOWHERE) for each in statements(sql.encode())]


def table(name: str, *columns: str) -> PublishedTable:
    return PublishedTable(Name(None, name), columns)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("create publication p for table a, b (x, y)", Publication(NOWHERE, "p", "create", (table("a"), table("b", "x", "y")))),
        ("create publication p for all tables", Publication(NOWHERE, "p", "create", every=True)),
        ("create publication p", Publication(NOWHERE, "p", "create")),
        ("create publication p for tables in schema a, b, table s.c where (x > 1)", Publication(NOWHERE, "p", "create", (PublishedTable(Name("s", "c"), (), Operation(">", (Reference(("x",)), Constant(1)))),), ("a", "b"))),
        ("alter publication p add table only a", Publication(NOWHERE, "p", "add", (table("a"),))),
        ("alter publication p set tables in schema current_schema", Publication(NOWHERE, "p", "set", (), ("current_schema",))),
        ("alter publication p drop table s.a", Publication(NOWHERE, "p", "drop", (PublishedTable(Name("s", "a")),))),
        ("alter publication p set (publish = 'insert')", Other(NOWHERE, "alter")),
        ("drop publication if exists p, q", Drop(NOWHERE, "publication", (Name(None, "p"), Name(None, "q")), True)),
        ("drop extension e cascade", Drop(NOWHERE, "extension", (Name(None, "e"),), False, True)),
        ("alter extension e set schema s", MoveExtension(NOWHERE, "e", "s")),
        ("import foreign schema x limit to (a, b) from server s into t", ImportForeignSchema(NOWHERE, "t", ("a", "b"))),
        ("import foreign schema x except (a) from server s into t", ImportForeignSchema(NOWHERE, "t")),
        ("alter schema s owner to joe", ChangeObjectOwner(NOWHERE, "schema", Name(None, "s"), "joe")),
        ("alter event trigger e owner to joe", ChangeObjectOwner(NOWHERE, "event-trigger", Name(None, "e"), "joe")),
        ("drop owned by a, current_user cascade", DropOwned(NOWHERE, ("a", "current_user"), True)),
        ("reassign owned by a, b to c", ReassignOwned(NOWHERE, ("a", "b"), "c")),
        ("alter group g add user a, b", GrantRole(NOWHERE, True, ("g",), ("a", "b"))),
        ("alter group g drop user a", GrantRole(NOWHERE, False, ("g",), ("a",))),
        ("create schema authorization joe", CreateSchema(NOWHERE, "joe", owner="joe")),
        ("create schema if not exists s authorization joe", CreateSchema(NOWHERE, "s", True, "joe")),
        ("savepoint a", Savepoint(NOWHERE, "savepoint", "a")),
        ("rollback to savepoint a", Savepoint(NOWHERE, "rollback", "a")),
        ("release a", Savepoint(NOWHERE, "release", "a")),
        ("set local role anon", SetRole(NOWHERE, "anon", True)),
        ("comment on function s.f(int) is '@public'", CommentOnObject(NOWHERE, "function", Name("s", "f"), "@public", ("int",))),
        ("comment on schema s is null", CommentOnObject(NOWHERE, "schema", Name(None, "s"), None)),
        ("comment on column a.b is 'x'", Other(NOWHERE, "comment")),
        ("create trigger t instead of insert or update of a on v for each row execute function f()", CreateTrigger(NOWHERE, "t", Name(None, "v"), Name(None, "f"), "instead of", ("insert", "update"), columns=("a",))),
        (
            "create or replace trigger t before update on v for each row when (old.a <> new.a) execute function f()",
            CreateTrigger(
                NOWHERE, "t", Name(None, "v"), Name(None, "f"), "before", ("update",), True, (), Operation("<>", (Reference(("old", "a")), Reference(("new", "a")))),
            ),
        ),
        ("create type s.kind as enum ('a', 'it''s')", CreateEnum(NOWHERE, Name("s", "kind"), ("a", "it's"))),
        ("alter type kind add value if not exists 'b' after 'a'", AddEnumValue(NOWHERE, Name(None, "kind"), "b")),
        ("alter type kind rename value 'b' to 'c'", AddEnumValue(NOWHERE, Name(None, "kind"), "c")),
        ("create type pair as (a int, b int)", Other(NOWHERE, "create")),
        (
            "alter table t add constraint c check (a in ('x', 'y')), drop constraint if exists d",
            AlterTable(
                NOWHERE, Name(None, "t"), (AddCheck(Check("c", Operation("in", (Reference(("a",)), Constant("x"), Constant("y"))))), DropConstraint("d")),
            ),
        ),
    ],
)  # fmt: skip
def test_objects(sql: str, expected: Statement) -> None:
    assert read(sql) == [expected]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("insert into storage.buckets (id, name, public) values ('a', 'a', true), ('b', 'b', false)", [Bucket(NOWHERE, "a", True), Bucket(NOWHERE, "b", False)]),
        ("insert into storage.buckets (id, public) values ('a', true) on conflict (id) do update set public = excluded.public", [Bucket(NOWHERE, "a", True, "public")]),
        ("insert into storage.buckets (id, public) values ('a', true) on conflict (id) do update set name = 'x'", [Bucket(NOWHERE, "a", True, "update")]),
        ("insert into storage.buckets (id) select 'a' on conflict do nothing", [Bucket(NOWHERE, "a", False, "nothing")]),
        ("with x as (select 1) insert into \"storage\".\"buckets\" (id, public) values ('a', true)", [Bucket(NOWHERE, "a", True)]),
        ("with x as (insert into storage.buckets (id, public) values ('a', true) returning id) select id from x", [Bucket(NOWHERE, "a", True)]),
        ("update storage.buckets set public = true where id = 'a'", [ChangeBuckets(NOWHERE, ("a",), True)]),
        ("update storage.buckets as b set public = f(), name = 'x' where b.id in ('a', 'b')", [ChangeBuckets(NOWHERE, ("a", "b"), None)]),
        ("update storage.buckets set public = false", [ChangeBuckets(NOWHERE, (), False)]),
        ("update storage.buckets set public = false where owner = 'x'", [ChangeBuckets(NOWHERE, None, False)]),
        ("update storage.buckets set file_size_limit = 5 where id = 'a'", [Other(NOWHERE, "update")]),
        ("delete from storage.buckets where id = 'a'", [DropBuckets(NOWHERE, ("a",))]),
        ("delete from storage.objects where bucket_id = 'a'", [Other(NOWHERE, "delete")]),
        ("select storage.create_bucket('a', public := true)", [Bucket(NOWHERE, "a", True)]),
        ("select storage.create_bucket('a')", [Bucket(NOWHERE, "a", False)]),
    ],
)  # fmt: skip
def test_buckets(sql: str, expected: list[Statement]) -> None:
    assert read(sql) == expected


def test_views_say_what_they_call_their_columns() -> None:
    made = read("create temp view v (a, b) as select 1, 2")
    assert [(each.columns, each.temporary) for each in made if isinstance(each, CreateView)] == [(("a", "b"), True)]


def test_what_is_understood_of_a_broken_statement_does_not_hide_that_it_is_broken() -> None:
    assert [type(each) for each in read("create table a (b int) garbage here")] == [CreateTable, Broken]
    assert read("alter table a enable row level security, rename to b") == [Broken(NOWHERE, "alter", makes=())]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("ÜBER", "Über"),  # the server folds ASCII alone
        ('"Über"', "Über"),
        ("x" * 70, "x" * 63),
        ('"' + "ü" * 40 + '"', "ü" * 31),
        ('"a""b"', 'a"b'),
    ],
)
def test_names_are_folded_and_cut_as_the_server_does(written: str, name: str) -> None:
    made = read(f"create table {written} (a int)")[0]
    assert isinstance(made, CreateTable)
    assert made.name == Name(None, name)
