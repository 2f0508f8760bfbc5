"""Migrations in JavaScript and TypeScript: what their ``up`` does, by the tool that runs them."""

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from batten.code import model
from batten.extract.migrations import knex, node_pg_migrate, sequelize, typeorm
from batten.extract.migrations.constants import Entries, Made, Named, Routine, Value
from batten.extract.migrations.running import Running
from batten.facts.sources import Source
from batten.parse.postgres.statements import Broken, Statement
from batten.text import Span

if TYPE_CHECKING:
    from batten.code.model import Unit

_CALLED: dict[str, Callable[[bytes], Callable[[Running, Made], Value | None]]] = {
    "knex": knex.Reader,
    "node-pg-migrate": node_pg_migrate.Reader,
    "sequelize": sequelize.Reader,
    "typeorm": typeorm.Reader,
}
# What each tool hands to ``up``.
_GIVEN = {
    "knex": ("knex",),
    "node-pg-migrate": ("pgm", "run"),
    "sequelize": ("queryInterface", "sequelize"),
    "typeorm": ("queryRunner",),
}


def read(tool: str, path: str, data: bytes, unit: "Unit") -> tuple[tuple[Statement, ...], Source]:
    """The statements of ``up``, and how the tool calls the migration."""
    running = Running(unit, _CALLED[tool](data))
    running.made.clear()
    up, name = _up(unit, running)
    if up is not None:
        running.call(up, tuple(Named(given) for given in _GIVEN[tool]), {})
    if running.cut:
        running.emit(Broken(Span(0, 0), "too long"))
    return tuple(running.made), Source(tool=tool, name=name or PurePosixPath(path).stem)


def _up(unit: "Unit", running: Running) -> tuple[Routine | None, str]:
    """The function that goes forward, and the name of the class it is in."""
    for statement in unit.body:
        if isinstance(statement, model.Define) and isinstance(statement.value, model.Class):
            for inner in statement.value.body:
                if isinstance(inner, model.Define) and isinstance(inner.value, model.Function) and inner.value.name == "up":
                    return Routine(inner.value, running.names), statement.value.name
    for name in ("up", "exports.up"):
        found = running.names.get(name)
        if isinstance(found, Routine):
            return found, ""
    for name in ("module.exports", "default"):
        whole = running.names.get(name)
        found = whole.get("up") if isinstance(whole, Entries) else None
        if isinstance(found, Routine):
            return found, ""
    return None, ""
