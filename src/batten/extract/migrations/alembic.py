"""Alembic's revisions: what ``upgrade()`` does to a PostgreSQL database, and which revisions come before it."""

import sys
from typing import TYPE_CHECKING

from batten.extract.migrations.constants import Known, Made, Mixed, Named, Routine, Value, text_of, texts_of
from batten.extract.migrations.embedded import executed
from batten.extract.migrations.folding import name_of
from batten.extract.migrations.running import Running
from batten.extract.migrations.sqlalchemy import column, key_name, table, type_name
from batten.facts.sources import Source
from batten.parse.postgres.expressions import Name
from batten.parse.postgres.statements import Broken, Comment, CreateSchema, Drop, Rename, Statement
from batten.parse.postgres.table_statements import (
    AddColumn,
    AddKey,
    AlterTable,
    ChangeColumn,
    DropColumn,
    DropConstraint,
    ForeignKey,
    TableChange,
)
from batten.text import Span

if TYPE_CHECKING:
    from batten.code.model import Unit

_OP = "alembic.op."
_BATCH = "alembic.op.batch_alter_table"
_RUNS = frozenset({"execute", "exec_driver_sql", "scalar", "scalars"})
_TEXTS = frozenset(
    {"sqlalchemy.text", "sqlalchemy.sql.text", "sqlalchemy.DDL", "sqlalchemy.schema.DDL", "sqlalchemy.sql.expression.text", "sqlmodel.text"}
)
# Statements that change rows, which SQLAlchemy builds from objects.
_ROWS = frozenset({"insert", "update", "delete", "select", "values", "where", "filter", "returning", "from_select", "bindparams", "CreateSequence", "DropSequence"})  # fmt: skip
_OTHER_PACKAGES = frozenset({"alembic", "sqlalchemy", "sqlmodel", "geoalchemy2", "pgvector", "sqlalchemy_utils", "alembic_utils", "dotenv"})
_ENTITIES = {"PGPolicy": "on_entity", "PGFunction": "", "PGView": "", "PGMaterializedView": "", "PGTrigger": "on_entity"}


def read(data: bytes, unit: "Unit") -> tuple[tuple[Statement, ...], Source]:
    """The statements of ``upgrade()``, and how Alembic calls the revision."""
    revision = _Revision(data)
    running = Running(unit, revision.called)
    names = dict(running.names)
    running.made.clear()  # what a module does when it is loaded, it does to no database
    upgrade = names.get("upgrade")
    if isinstance(upgrade, Routine):
        running.call(upgrade, (), {})
    if running.cut:
        running.emit(Broken(Span(0, 0), "too long"))
    after = [name for key in ("down_revision", "depends_on") for name in texts_of(_present(names.get(key))) or ()]
    return tuple(running.made), Source(tool="alembic", name=text_of(names.get("revision")) or "", after=tuple(after))


def _present(value: Value | None) -> Value | None:
    return None if isinstance(value, Known) and value.value is None else value


class _Revision:
    """One file: what each call in it does."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def called(self, running: Running, made: Made) -> Value | None:
        """What a call comes to; its statements are handed to ``running``."""
        if made.name in _TEXTS:
            return made.args[0] if made.args else Value()
        if isinstance(made.of, Made) and made.of.name == _BATCH:
            running.emit(*self._on_table(made, made.last, made.of, made.args))
        elif made.name.startswith(_OP) and "(" not in made.name:
            running.emit(*self._operation(made))
        elif made.last in _RUNS and made.args and (made.of is not None or isinstance(made.args[0], Known | Mixed)):
            running.emit(*self._executed(made, made.args[0]))
        elif made.last in ("create_all", "drop_all") or self._is_handed_over(made):
            running.emit(Broken(made.span, f"{made.last}()"))
        return None

    def _operation(self, made: Made) -> tuple[Statement, ...]:
        match made.last:
            case "execute":
                return self._executed(made, made.argument(0, "sqltext"))
            case "create_table":
                name = _name(made, made.text(0, "table_name"))
                return _unclear(made) if name is None else (table(made, made.args[1:], name),)
            case "drop_table":
                name = _name(made, made.text(0, "table_name"))
                if name is None:
                    return _unclear(made)
                return (Drop(made.span, "table", (name,), if_exists=_is_true(made.argument(None, "if_exists"))),)
            case "rename_table":
                name, to = _name(made, made.text(0, "old_table_name")), made.text(1, "new_table_name")
                return _unclear(made) if name is None or to is None else (Rename(made.span, "table", name, to),)
            case "create_table_comment":
                name, text = _name(made, made.text(0, "table_name")), made.text(1, "comment")
                return () if name is None else (Comment(made.span, "table", name, text),)
            case "create_foreign_key":
                return self._key(made)
            case "create_entity" | "replace_entity":
                return self._entity(made)
            case "add_column" | "drop_column" | "alter_column" | "create_primary_key" | "drop_constraint":
                at = 1 if made.last in ("create_primary_key", "drop_constraint") else 0
                of = Made("", made.span, (made.argument(at, "table_name") or Value(),), made.keywords)
                return self._on_table(made, made.last, of, made.args[:at] + made.args[at + 1 :])
            case _:
                return ()

    def _on_table(self, made: Made, verb: str, on: Made, args: tuple[Value, ...]) -> tuple[Statement, ...]:
        """A change of one table: ``on`` names it, ``args`` are the others."""
        name = _name(on, on.text(0, "table_name"))
        if name is None:
            return _unclear(made)
        given = Made(made.name, made.span, args, made.keywords)
        match verb:
            case "add_column":
                definition = given.argument(0, "column")
                found = column(definition) if isinstance(definition, Made) else None
                if found is None:
                    return _unclear(made)
                return (AlterTable(made.span, name, (AddColumn(found, _is_true(given.argument(None, "if_not_exists"))),)),)
            case "drop_column":
                label = given.text(0, "column_name")
                return _unclear(made) if label is None else (AlterTable(made.span, name, (DropColumn(label),)),)
            case "drop_constraint":
                label = given.text(0, "constraint_name")
                return () if label is None else (AlterTable(made.span, name, (DropConstraint(label),)),)
            case "alter_column":
                return self._altered(given, name)
            case "create_primary_key":
                columns = texts_of(given.argument(1, "columns"))
                return (AlterTable(made.span, name, (AddKey(columns),)),) if columns else ()
            case "create_foreign_key":
                referent, here = given.text(1, "referent_table"), texts_of(given.argument(2, "local_cols"))
                there = texts_of(given.argument(3, "remote_cols"))
                if referent is None or not here:
                    return ()
                to = Name(given.text(None, "referent_schema"), referent)
                return (
                    AlterTable(
                        made.span, name, (AddKey(key=ForeignKey(here, to, there or (), name=given.text(0, "constraint_name") or "")),)
                    ),
                )
            case "execute":
                return self._executed(made, given.argument(0, "sqltext"))
            case _:
                return ()

    def _altered(self, made: Made, name: Name) -> tuple[Statement, ...]:
        label, to = made.text(0, "column_name"), made.text(None, "new_column_name", "name")
        if label is None:
            return _unclear(made)
        kind, nullable = made.argument(None, "type_"), made.argument(None, "nullable")
        required = not nullable.value if isinstance(nullable, Known) and isinstance(nullable.value, bool) else None
        changes: tuple[TableChange, ...] = ()
        if kind is not None or required is not None:
            changes = (ChangeColumn(label, type_name(kind) or None, required),)
        found: tuple[Statement, ...] = (AlterTable(made.span, name, changes),) if changes else ()
        return (*found, Rename(made.span, "column", name, to, label)) if to is not None else found

    def _key(self, made: Made) -> tuple[Statement, ...]:
        source, referent = made.text(1, "source_table"), made.text(2, "referent_table")
        here, there = texts_of(made.argument(3, "local_cols")), texts_of(made.argument(4, "remote_cols"))
        if source is None or referent is None or not here:
            return ()
        key = ForeignKey(here, Name(made.text(None, "referent_schema"), referent), there or (), name=made.text(0, "constraint_name") or "")
        return (AlterTable(made.span, Name(made.text(None, "source_schema"), source), (AddKey(key=key),)),)

    def _executed(self, made: Made, what: Value | None) -> tuple[Statement, ...]:
        """``execute`` of a text, or of an object that SQLAlchemy turns into one."""
        if isinstance(what, Made):
            schema = what.text(0, "name", "element")
            if what.last == "CreateSchema" and schema is not None:
                return (CreateSchema(made.span, schema, if_not_exists=_is_true(what.argument(None, "if_not_exists"))),)
            if what.last == "DropSchema" and schema is not None:
                return (Drop(made.span, "schema", (Name(None, schema),), cascade=_is_true(what.argument(None, "cascade"))),)
            if not _ROWS.isdisjoint(what.name.replace("()", "").split(".")):
                return ()
            if what.last == "bindparams" and what.of is not None:
                return self._executed(made, what.of)
        return executed(self._data, what, made.span)

    def _entity(self, made: Made) -> tuple[Statement, ...]:
        """What alembic_utils makes: https://olirice.github.io/alembic_utils/api/."""
        entity = made.argument(0, "entity")
        if not isinstance(entity, Made) or entity.last not in _ENTITIES:
            return ()
        schema, signature, definition = entity.text(0, "schema"), entity.text(1, "signature"), entity.text(None, "definition")
        definition = definition if definition is not None else text_of(entity.args[-1]) if entity.args else None
        on = entity.text(None, "on_entity")
        if schema is None or signature is None or definition is None or (entity.last == "PGPolicy" and on is None):
            return _unclear(made)
        text = {
            "PGPolicy": f'create policy "{signature}" on {key_name(on or "")} {definition}',
            "PGFunction": f"create or replace function {schema}.{signature} {definition}",
            "PGView": f"create or replace view {schema}.{signature} as {definition}",
            "PGMaterializedView": f"create materialized view {schema}.{signature} as {definition}",
            "PGTrigger": f"create trigger {signature} {definition}",
        }[entity.last]
        return executed(self._data, Known(text), made.span)

    def _is_handed_over(self, made: Made) -> bool:
        """A function of the app that is handed what reaches the database: what it does is written in another file."""
        root = made.name.partition(".")[0]
        if made.of is not None or "." not in made.name or root in _OTHER_PACKAGES or root in sys.stdlib_module_names:
            return False
        values = (*made.args, *(value for _, value in made.keywords))
        return any(
            (isinstance(value, Named) and value.name == "alembic.op") or (isinstance(value, Made) and name_of(value).startswith(_OP))
            for value in values
        )


def _name(made: Made, label: str | None) -> Name | None:
    """A table with the schema that the call names; None where either cannot be told."""
    schema = made.argument(None, "schema")
    if label is None or not (schema is None or (isinstance(schema, Known) and (schema.value is None or isinstance(schema.value, str)))):
        return None
    return Name(text_of(schema), label)


def _unclear(made: Made) -> tuple[Statement, ...]:
    return (Broken(made.span, f"computed {made.last}"),)


def _is_true(value: Value | None) -> bool:
    return isinstance(value, Known) and value.value is True
