"""Databases that are not PostgreSQL's: their tables as SQLite itself has them, those of MySQL, and that nothing is said of who may read them."""

import json
import sqlite3
from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batten.extract.migrations import migration_facts
from batten.facts.project import FileFacts
from batten.facts.schema import Table
from batten.facts.services import Package
from batten.link.schema import SchemaResult, schema
from batten.parse.dialects.tables import statements
from batten.parse.postgres import encode
from batten.parse.postgres.statements import Broken

PACKAGES = (Package("", "app"),)


def _file(path: str, text: str) -> FileFacts:
    blocks, found, notes = migration_facts(path, text.encode())
    return FileFacts(path=path, language=None, parsed=False, statements=blocks, dialect=found, notes=notes)


def _of_sqlite(text: str) -> FileFacts:
    found = statements(text.encode(), "sqlite")
    return FileFacts(path="migrations/0001_all.sql", language=None, parsed=False, statements=(encode(found),), dialect="sqlite")


def linked(*texts: str) -> SchemaResult:
    return schema([_file(f"migrations/{at:04}_step.sql", text) for at, text in enumerate(texts)], (), PACKAGES)


def columns(table: Table) -> list[tuple[str, str, bool, str | None]]:
    return [(each.name, each.type, each.required, each.references) for each in table.columns]


# --- SQLite itself is asked ---

NAMES = ("users", "orders", "Notes", '"odd name"')
KINDS = {
    "create": "create table {table} (id integer primary key autoincrement, {column} text not null, {other} varchar(20) default 'a;b', flag boolean)",
    "create if not exists": "create table if not exists {table} (id text primary key not null, {column} {type} references {to}(id) on delete cascade, bare, check (length({column}) > 1))",
    "create with key": "create table `{plain}` (`id` text primary key not null, `{column}` text, foreign key (`{column}`) references {to}(`id`) on update no action on delete set null) strict",
    "create as": "create table {table} as select * from {to}",
    "create without rowid": "create table main.{table} ({column} text primary key, [two words] int) without rowid",
    "temporary": "create temp table if not exists scratch (id int)",
    "add column": "alter table {table} -- what; for\n add column {new} {type}",
    "add key": "alter table {table} add {new} integer references {to}(id)",
    "drop column": "alter table {table} drop column {column}",
    "drop bare": "alter table {table} drop {other}",
    "rename column": "alter table {table} rename column {column} to {new}",
    "rename bare": "alter table {table} rename {other} to {new}",
    "rename table": "alter table {table} rename to {to}",
    "drop": "drop table {table}",
    "drop if exists": "drop table if exists {table}",
    "insert": "insert into {table} (id) values ('x; drop table users; --')",
    "index": "create index i on {table} ({column})",
    "trigger": "create trigger t after insert on {table} begin update {table} set {column} = 'drop table users;'; delete from {to}; end",
    "pragma": "pragma foreign_keys=off",
}


def history_of(number: int) -> list[tuple[str, str]]:
    """The history that a number stands for."""
    chance = Random(number)
    found = []
    for _ in range(chance.randint(3, 25)):
        kind = chance.choice((*KINDS, "create", "create if not exists", "create with key", "add column", "rename column"))
        table, to = chance.sample(NAMES, 2)
        column, other = chance.sample(("email", "Owner_Id", "body"), 2)
        parts = {"table": table, "plain": table.strip('"'), "to": to, "column": column, "other": other}
        found.append(
            (
                kind,
                KINDS[kind].format(**parts, new=chance.choice(("more", "email", "OWNER_ID")), type=chance.choice(("text", "integer", ""))),
            )
        )
    return found


def _real(history: list[tuple[str, str]], ran: Counter[str]) -> tuple[list[str], dict[str, Any]]:
    """The statements that SQLite ran or refused for what the model follows, and the tables that it has then."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("pragma legacy_alter_table=on")
    kept = []
    for kind, text in history:
        try:
            connection.execute(text)
        except sqlite3.Error:
            continue  # a migration that its tool could not run is no migration
        ran[kind] += 1
        kept.append(text)
    found = {}
    for (name,) in connection.execute("select name from main.sqlite_master where type = 'table' and name not like 'sqlite_%'").fetchall():
        keys = {row[3].lower(): row[2] for row in connection.execute(f'pragma main.foreign_key_list("{name}")')}
        rows = connection.execute(f'pragma main.table_info("{name}")').fetchall()
        found[name] = [(row[1], keys.get(row[1].lower())) for row in rows]
    connection.close()
    return kept, found


def test_tables_are_those_that_sqlite_makes() -> None:
    ran: Counter[str] = Counter()
    for number in range(600):
        kept, real = _real(history_of(number), ran)
        found = schema([_of_sqlite(";\n".join(kept))], (), PACKAGES) if kept else schema([], (), ())
        model = {
            table.name.removeprefix("main."): [
                (each.name, each.references.removeprefix("main.") if each.references else None) for each in table.columns
            ]
            for table in found.foreign
        }
        assert (model, found.notes) == (real, ()), (number, ";\n".join(kept))
    assert {kind: ran[kind] for kind in KINDS if ran[kind] < 20} == {}


# --- MySQL ---

MADE = """CREATE TABLE IF NOT EXISTS `orders` ( -- a comment; with a semicolon
  `id` int unsigned NOT NULL AUTO_INCREMENT, # another; one
  `user_id` int NOT NULL COMMENT 'whose; it''s the buyer\\'s', `email` varchar(191) COLLATE utf8mb4_unicode_ci DEFAULT NULL,
  `state` enum('a','b') DEFAULT 'a', `at` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
  PRIMARY KEY (`id`), UNIQUE KEY `by_email` (`email`), KEY `by_user` (`user_id`), FULLTEXT KEY ft (email),
  CONSTRAINT `fk` FOREIGN KEY (`user_id`) REFERENCES `shop`.`users` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB AUTO_INCREMENT=5 DEFAULT CHARSET=utf8mb4 COMMENT='o' PARTITION BY HASH(id) PARTITIONS 4;"""
BASE = [
    ("id", "int unsigned", True, None), ("user_id", "int", True, "main.users"), ("email", "varchar(191)", False, None),
    ("state", "enum('a', 'b')", False, None), ("at", "datetime(3)", True, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "name", "expected"),
    [
        ("", "main.orders", BASE),
        ("alter table orders add column total decimal(10,2) not null after id, drop column `state`, drop column at", "main.orders", [*BASE[:3], ("total", "decimal(10, 2)", True, None)]),
        ("alter table `orders` modify `email` text not null, add unique index x (email)", "main.orders", [*BASE[:2], ("email", "text", True, None), *BASE[3:]]),
        ("alter table orders change column EMAIL mail varchar(10)", "main.orders", [*BASE[:2], ("mail", "varchar(10)", False, None), *BASE[3:]]),
        ("alter table orders rename column email to mail", "main.orders", [*BASE[:2], ("mail", *BASE[2][1:]), *BASE[3:]]),
        ("alter table orders rename to bought", "main.bought", BASE),
        ("rename table other to more, shop.orders to shop.bought", "main.bought", BASE),
        ("create table bought like orders; drop table orders", "main.bought", [(name, kind, required, None) for name, kind, required, _ in BASE]),
        ("create table bought as select id, email as mail from orders; drop table if exists orders, others", "main.bought", [("id", "int unsigned", False, None), ("mail", "varchar(191)", False, None)]),
        ("alter table orders convert to character set utf8mb4; alter table orders engine=InnoDB; alter table orders add index (email)", "main.orders", BASE),
        ("alter table orders add constraint f foreign key (email) references people (mail)", "main.orders", [*BASE[:2], ("email", "varchar(191)", False, "main.people"), *BASE[3:]]),
        ("delimiter //\ncreate procedure p() begin drop table orders; end //\ndelimiter ;\nalter table orders drop column at", "main.orders", BASE[:4]),
        ("insert into orders values (1, 'it\\'s; drop table orders; --'); /*!40000 alter table orders disable keys */", "main.orders", BASE),
    ],
)  # fmt: skip
def test_tables_of_mysql(change: str, name: str, expected: list[Any]) -> None:
    found = linked(MADE, f"{change};\n-- auto_increment engine=innodb\nset names utf8mb4; alter table x engine=innodb;")
    assert [(table.name, columns(table)) for table in found.foreign] == [(name, expected)]
    assert found.notes == ()


def test_nothing_is_said_of_who_may_read_them() -> None:
    [table] = linked(MADE).foreign
    assert (table.dialect, table.rls, table.exposed, table.granted, table.access, table.policies) == ("mysql", None, False, False, (), ())
    assert (table.owner_columns, table.sensitivity, table.sensitive_columns) == (("user_id",), "contact", ("email",))
    assert linked(MADE).tables == ()


def test_what_is_not_understood_is_noted() -> None:
    found = linked(MADE, "alter table `orders` frobnicate `x` varchar(3) engine=innodb;")
    assert [(note.message, note.place.path if note.place else "") for note in found.notes] == [
        ("a statement is not understood (alter): what it changes is not known", "migrations/0001_step.sql")
    ]


def test_down_sections_do_not_count() -> None:
    text = f"-- +goose Up\n{MADE}\n-- +goose Down\ndrop table orders;"
    assert [table.name for table in linked(text).foreign] == ["main.orders"]


def test_a_journal_puts_the_migrations_of_sqlite_in_order() -> None:
    journal = json.dumps({"entries": [{"tag": "0001_b"}, {"tag": "0000_a"}]})
    made, changed = "create table `a` (`id` integer primary key, `x` text);", "alter table `a` drop column `x`;--> statement-breakpoint\n"
    files = [_file("drizzle/0000_a.sql", changed), _file("drizzle/0001_b.sql", made), _file("drizzle/meta/_journal.json", journal)]
    [table] = schema(files, (), PACKAGES).foreign
    assert [each.name for each in table.columns] == ["id"]


@given(st.binary(max_size=300), st.integers(0, len(MADE)), st.integers(0, len(MADE)), st.sampled_from(("mysql", "sqlite")))
@settings(max_examples=300, deadline=None)
def test_garbled_text_never_raises_and_keeps_to_its_ranges(noise: bytes, start: int, end: int, dialect: str) -> None:
    data = MADE.encode()[:start] + noise + MADE.encode()[end:]
    for statement in statements(data, dialect):
        assert 0 <= statement.span.start <= statement.span.end <= len(data)


@pytest.mark.parametrize(
    "text",
    [
        "create table a (" + "(" * 5000,
        "create table a (x int default " + "(" * 3000 + ")" * 3000 + ")",
        "'" * 20000,
        "create table a" * 3000,
        "/*" * 9000,
    ],
)
def test_hostile_text_is_told_as_not_understood_in_time(text: str) -> None:
    assert all(isinstance(each, Broken) for each in statements(text.encode(), "mysql"))
