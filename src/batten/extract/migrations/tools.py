"""Which tool a file of code is a migration or the models of, and how it is read."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from batten.facts.sources import SCRIPT, Source
from batten.parse.postgres.statements import Broken, Statement
from batten.regex import regex
from batten.text import Span

if TYPE_CHECKING:
    from batten.code.model import Unit

_IN_SCRIPTS = (
    b"CREATE TABLE", b"create table", b"CREATE POLICY", b"create policy", b"ROW LEVEL SECURITY", b"row level security", b"CREATE OR REPLACE FUNCTION", b"create or replace function",
    b"createBucket(", b"create_bucket(", b"storage.buckets",
)  # fmt: skip
WORDS = (
    b"down_revision",
    b"migrations.Migration",
    b"django.db.backends.",
    b"MigrationInterface",
    b"queryInterface",
    b"pgm.",
    b"knex",
    b"addSql(",
    b"drizzle-orm/pg-core",
    *_IN_SCRIPTS,
)
_SCRIPTS = (".js", ".ts", ".mjs", ".cjs", ".mts", ".cts", ".jsx", ".tsx")
_IN_FOLDERS = ((b"queryInterface", "sequelize"), (b"pgm.", "node-pg-migrate"), (b"knex", "knex"))
_URL = regex(rb"^[ \t]*sqlalchemy\.url[ \t]*=[ \t]*(\w+)(?:\+\w+)?:", re.MULTILINE)
_DIALECTS = {
    "postgresql": "postgres",
    "postgres": "postgres",
    "pg": "postgres",
    "aurora-postgres": "postgres",
    "mariadb": "mysql",
    "mysql2": "mysql",
    "better-sqlite3": "sqlite",
    "sqlite3": "sqlite",
}
_CODE = r"\.(?:[cm]?[jt]s|json)"
_SETTINGS = (
    (
        regex(rf"(?:[\w-]+[.-])?data-?source{_CODE}|ormconfig{_CODE}", re.IGNORECASE),
        "typeorm",
        regex(rb"\btype[\"']?\s*:\s*[\"']([\w-]+)[\"']"),
    ),
    (regex(rf"knexfile{_CODE}"), "knex", regex(rb"\bclient[\"']?\s*:\s*[\"']([\w-]+)[\"']")),
    (regex(rf"config{_CODE}"), "sequelize", regex(rb"\bdialect[\"']?\s*:\s*[\"']([\w-]+)[\"']")),
)
_ENGINE = regex(rb"django\.(?:db|contrib\.gis\.db)\.backends\.(\w+)")
_URLS = regex(rb"dj_database_url|DATABASE_URL|django_?environ|env\.db\b|db_url\(")
_COMPUTED = regex(rb"set_main_option|environ|getenv|create_(?:async_)?engine|settings")


def of(path: str, has: Callable[[bytes], bool]) -> str | None:
    """The tool that runs this file of code as a migration, or None."""
    if path.endswith(".py"):
        if has(b"down_revision") and not path.endswith("/env.py"):
            return "alembic"
        django = path.split("/")[-2:-1] == ["migrations"] and has(b"migrations.Migration")
        return "django" if django else _script(has)
    if not path.endswith(_SCRIPTS) or path.endswith(".d.ts"):
        return None
    if has(b"drizzle-orm/pg-core"):
        return "drizzle"
    if has(b"MigrationInterface") or has(b"addSql("):
        return "typeorm"
    if not any("migration" in folder.lower() for folder in path.split("/")[-3:-1]):
        return _script(has)
    return next((tool for word, tool in _IN_FOLDERS if has(word)), None) or _script(has)


def _script(has: Callable[[bytes], bool]) -> str | None:
    return SCRIPT if any(has(word) for word in _IN_SCRIPTS) else None


def setting(path: str, data: bytes, has: Callable[[bytes], bool]) -> Source | None:
    """What a setting of a tool says of the kind of database."""
    if path.endswith(".py") and has(b"django.db.backends.") and b"DATABASES" in data:
        engines = {found.group(1).decode().lower() for found in _ENGINE.finditer(data)}
        told = {"postgres" if engine in ("postgresql", "postgresql_psycopg2") else engine for engine in engines}
        return Source(tool="django", dialect="unknown" if len(told) != 1 or _URLS.search(data) else told.pop(), settles=True)
    name = path.rpartition("/")[2]
    for pattern, tool, word in _SETTINGS:
        if pattern.fullmatch(name):
            told = {found.decode().lower() for found in word.findall(data)}
            kinds = {_DIALECTS.get(each, each) for each in told}
            return Source(tool=tool, dialect=kinds.pop() if len(kinds) == 1 else "unknown" if kinds else None, settles=True)
    if name == "alembic.ini":
        found = _URL.search(data)
        scheme = found.group(1).decode().lower() if found else "driver"
        return Source(tool="alembic", dialect=None if scheme == "driver" else _DIALECTS.get(scheme, scheme), settles=True)
    if name == "env.py" and b"alembic" in data and _COMPUTED.search(data):
        return Source(tool="alembic", dialect="unknown", settles=True)
    return None


def read(tool: str, data: bytes, unit: "Unit") -> tuple[tuple[Statement, ...], Source]:
    """The statements of a migration, and what its tool calls it."""
    if tool == SCRIPT:
        from batten.extract.migrations import scripts

        return scripts.read(data, unit)
    if tool in ("alembic", "django"):
        from batten.extract.migrations import alembic, django

        found, source = alembic.read(data, unit) if tool == "alembic" else django.read(unit.path, data, unit)
    else:
        from batten.extract.migrations import drizzle, javascript

        found, source = drizzle.read(data, unit) if tool == "drizzle" else javascript.read(tool, unit.path, data, unit)
    if unit.broken or unit.truncated:
        found = (*found, Broken(unit.broken[0] if unit.broken else Span(0, 0), tool))
    return found, source
