"""Knex's migrations: what is asked of ``knex.schema`` in ``up``, with the callbacks that describe tables."""

from msgspec import structs

from batten.extract.migrations.constants import Known, Made, Named, Routine, Value, text_of, texts_of
from batten.extract.migrations.embedded import executed
from batten.extract.migrations.running import Running
from batten.extract.migrations.tables import create, entries, follow, is_true, name_in, plain, unclear
from batten.parse.postgres.expressions import Name
from batten.parse.postgres.statements import Broken, Rename, Statement
from batten.parse.postgres.table_statements import (
    AddColumn,
    AddKey,
    AlterTable,
    ChangeColumn,
    ColumnDefinition,
    DropColumn,
    ForeignKey,
    TableChange,
)
from batten.text import Span

_PLAIN = {
    "dropTable": "drop",
    "dropTableIfExists": "drop",
    "renameTable": "rename",
    "createSchema": "schema",
    "createSchemaIfNotExists": "schema",
    "dropSchema": "drop-schema",
    "dropSchemaIfExists": "drop-schema",
}
_TYPES = {
    "string": "varchar(255)", "text": "text", "integer": "integer", "int": "integer", "tinyint": "smallint", "smallint": "smallint", "bigInteger": "bigint", "bigint": "bigint",
    "boolean": "boolean", "float": "real", "double": "double precision", "decimal": "decimal(8,2)", "date": "date", "datetime": "timestamp with time zone", "dateTime": "timestamp with time zone",
    "timestamp": "timestamp with time zone", "time": "time", "json": "json", "jsonb": "jsonb", "uuid": "uuid", "binary": "bytea", "enum": "text", "enu": "text",
    "increments": "serial", "bigIncrements": "bigserial", "specificType": "", "geometry": "geometry", "geography": "geography", "point": "point",
}  # fmt: skip
_TABLE, _COLUMN, _KEY = "the table ", "the column ", "the key "


class _Table:
    """One table as a callback describes it."""

    def __init__(self) -> None:
        self.columns: list[ColumnDefinition] = []
        self.changes: list[TableChange] = []
        self.renames: list[tuple[str, str]] = []
        self.altered: set[str] = set()


class Reader:
    """One file."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._tables: list[_Table] = []

    def __call__(self, running: Running, made: Made) -> Value | None:
        """What one call does; a call on a table or column answers with it, as calls are chained."""
        if made.name.startswith((_TABLE, _COLUMN, _KEY)):
            return self._described(made)
        if made.last == "raw" and made.args:
            running.emit(*executed(self._data, made.args[0], made.span))
            return made.of
        if ".schema" in made.name:
            self._asked(running, made)
            return None
        follow(running, made, Named("knex") if made.last == "transaction" else Value())
        return None

    def _asked(self, running: Running, made: Made) -> None:
        found = plain(made, _PLAIN.get(made.last, ""))
        schema = _schema(made)
        if found is not None:
            running.emit(found)
        elif made.last in ("createTable", "createTableIfNotExists", "alterTable", "table"):
            name = name_in(made.argument(0))
            if name is None:
                running.emit(unclear(made))
                return
            name = Name(schema or name.schema, name.name)
            described = self._run(running, made)
            if made.last.startswith("create"):
                keys = tuple(change.key for change in described.changes if isinstance(change, AddKey) and change.key is not None)
                running.emit(create(made.span, name, described.columns, if_not_exists=made.last.endswith("Exists"), keys=keys))
            else:
                running.emit(*_changes(made.span, name, described))
        elif made.last in ("createView", "createViewOrReplace", "createMaterializedView", "createTableLike"):
            running.emit(Broken(made.span, made.last))
        else:
            follow(running, made, Value())

    def _run(self, running: Running, made: Made) -> _Table:
        described = _Table()
        self._tables.append(described)
        callback = next((arg for arg in made.args if isinstance(arg, Routine)), None)
        if callback is not None:
            running.call(callback, (Named(f"{_TABLE}{len(self._tables) - 1}"),), {})
        return described

    def _described(self, made: Made) -> Value | None:
        kind, _, number = made.name.partition(".")[0].rpartition(" ")
        at, _, column = number.partition(":")
        described = self._tables[int(at)]
        if f"{kind} " == _TABLE:
            return self._on_table(described, int(at), made)
        return self._on_column(described, int(column), made) if f"{kind} " == _COLUMN else self._on_key(described, int(column), made)

    def _on_table(self, described: _Table, at: int, made: Made) -> Value | None:
        first = text_of(made.argument(0))
        match made.last:
            case "timestamps":
                names = (
                    ("createdAt", "updatedAt")
                    if is_true(entries(made.argument(0)).get("useCamelCase")) or is_true(made.argument(2))
                    else ("created_at", "updated_at")
                )
                described.columns += [ColumnDefinition(name, "timestamp with time zone", made.span) for name in names]
            case "dropColumn" | "dropColumns":
                names_given = [name for arg in made.args for name in texts_of(arg) or ()]
                described.changes += [DropColumn(name, cascade=True) for name in names_given]
            case "dropTimestamps":
                described.changes += [DropColumn("created_at"), DropColumn("updated_at")]
            case "renameColumn" if first is not None and (to := text_of(made.argument(1))) is not None:
                described.renames.append((first, to))
            case "primary":
                wanted = texts_of(made.argument(0)) or ()
                described.columns = [
                    structs.replace(each, primary=True, required=True) if each.name in wanted else each for each in described.columns
                ]
            case "foreign" if first is not None:
                described.changes.append(AddKey(key=ForeignKey((first,), Name(None, ""))))
                return Named(f"{_KEY}{at}:{len(described.changes) - 1}")
            case verb if verb in _TYPES:
                return self._column(described, at, made, first)
            case _:
                pass
        return None

    def _column(self, described: _Table, at: int, made: Made, first: str | None) -> Value:
        kind, second = _TYPES[made.last], made.argument(1)
        if made.last == "specificType":
            kind = (text_of(second) or "").lower()
        elif made.last == "string" and isinstance(second, Known) and isinstance(second.value, int):
            kind = f"varchar({second.value})"
        elif made.last in ("timestamp", "datetime", "dateTime") and _is_false(entries(second).get("useTz")):
            kind = "timestamp without time zone"
        counted = made.last in ("increments", "bigIncrements")
        described.columns.append(ColumnDefinition(first or "id", kind, made.span, counted, counted, generated=counted))
        return Named(f"{_COLUMN}{at}:{len(described.columns) - 1}")

    def _on_column(self, described: _Table, at: int, made: Made) -> Value:
        column, first = described.columns[at], text_of(made.argument(0))
        match made.last:
            case "primary":
                column = structs.replace(column, primary=True, required=True)
            case "notNullable":
                column = structs.replace(column, required=True)
            case "nullable":
                column = structs.replace(column, required=_is_false(made.argument(0)))
            case "references" if first is not None:
                table, _, there = first.rpartition(".")
                column = structs.replace(
                    column, references=ForeignKey((column.name,), name_in(Known(table)) or Name(None, table), (there,))
                )
            case "inTable" if column.references is not None:
                column = structs.replace(
                    column, references=structs.replace(column.references, to=name_in(made.argument(0)) or column.references.to)
                )
            case "alter":
                described.altered.add(column.name)
        described.columns[at] = column
        return Named(made.name.partition(".")[0])

    def _on_key(self, described: _Table, at: int, made: Made) -> Value:
        change, first = described.changes[at], text_of(made.argument(0))
        if isinstance(change, AddKey) and change.key is not None and first is not None:
            if made.last == "references":
                table, _, there = first.rpartition(".")
                described.changes[at] = AddKey(
                    key=structs.replace(change.key, to=Name(None, table or change.key.to.name), to_columns=(there,))
                )
            elif made.last == "inTable":
                described.changes[at] = AddKey(key=structs.replace(change.key, to=name_in(made.argument(0)) or change.key.to))
        return Named(made.name.partition(".")[0])


def _changes(span: Span, name: Name, described: _Table) -> list[Statement]:
    changes: list[TableChange] = [
        ChangeColumn(each.name, each.type, each.required) if each.name in described.altered else AddColumn(each)
        for each in described.columns
    ]
    found: list[Statement] = [AlterTable(span, name, (*changes, *described.changes))] if changes or described.changes else []
    return [*found, *(Rename(span, "column", name, new, old) for old, new in described.renames)]


def _schema(made: Made) -> str | None:
    """The schema that a chain of calls names: ``knex.schema.withSchema("app").createTable(…)``."""
    of = made.of
    while isinstance(of, Made):
        if of.last == "withSchema":
            return text_of(of.argument(0))
        of = of.of
    return None


def _is_false(value: Value | None) -> bool:
    return isinstance(value, Known) and value.value is False
