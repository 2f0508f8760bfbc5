"""Sequelize's migrations: what is asked of ``queryInterface`` in ``up``."""

from batten.extract.migrations.constants import Entries, Known, Made, Named, Value, text_of
from batten.extract.migrations.embedded import executed
from batten.extract.migrations.running import Running
from batten.extract.migrations.tables import add, create, entries, follow, is_true, name_in, plain, unclear
from batten.parse.postgres.expressions import Name
from batten.parse.postgres.statements import Statement
from batten.parse.postgres.table_statements import AlterTable, ChangeColumn, ColumnDefinition, ForeignKey
from batten.text import Span

_PLAIN = {
    "dropTable": "drop",
    "renameTable": "rename",
    "removeColumn": "drop-column",
    "renameColumn": "rename-column",
    "createSchema": "schema",
    "dropSchema": "drop-schema",
}
_TYPES = {
    "STRING": "varchar(255)",
    "TEXT": "text",
    "CITEXT": "citext",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "SMALLINT": "smallint",
    "FLOAT": "double precision",
    "DOUBLE": "double precision",
    "REAL": "real",
    "DECIMAL": "decimal",
    "BOOLEAN": "boolean",
    "DATE": "timestamp with time zone",
    "DATEONLY": "date",
    "TIME": "time",
    "UUID": "uuid",
    "JSON": "json",
    "JSONB": "jsonb",
    "BLOB": "bytea",
    "INET": "inet",
    "ENUM": "enum",
}


class Reader:
    """One file."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __call__(self, running: Running, made: Made) -> Value | None:
        """What one call does."""
        if made.last == "query" and made.args:
            running.emit(*executed(self._data, made.args[0], made.span))
        elif made.name.startswith("queryInterface.") and made.name.count(".") == 1:
            running.emit(*_asked(made))
        else:
            follow(running, made, Value())
        return None


def _asked(made: Made) -> tuple[Statement, ...]:
    found = plain(made, _PLAIN.get(made.last, ""))
    if found is not None:
        return (found,)
    table = name_in(made.argument(0))
    if table is not None and table.schema is None:
        table = Name(text_of(entries(made.argument(2)).get("schema")), table.name)
    match made.last:
        case "createTable":
            given = made.argument(1)
            if table is None or not isinstance(given, Entries):
                return (unclear(made),)
            return (create(made.span, table, [column(name, each) for name, each in given.entries if name], if_not_exists=True),)
        case "addColumn":
            name = text_of(made.argument(1))
            return (unclear(made),) if table is None or name is None else (add(made.span, table, [column(name, made.argument(2))]),)
        case "changeColumn":
            name, options = text_of(made.argument(1)), made.argument(2)
            if table is None or name is None:
                return (unclear(made),)
            changed = column(name, options)
            return (AlterTable(made.span, table, (ChangeColumn(name, changed.type or None, changed.required),)),)
        case _:
            return ()


def column(name: str, value: Value | None) -> ColumnDefinition:
    """``name: DataTypes.X`` or ``name: { type: DataTypes.X, … }``."""
    options = entries(value)
    kind = type_of(options.get("type") if isinstance(value, Entries) else value)
    label = text_of(options.get("field")) or name
    primary, counted = is_true(options.get("primaryKey")), is_true(options.get("autoIncrement"))
    references = entries(options.get("references"))
    to = name_in(references.get("model", "table"))
    nullable = options.get("allowNull")
    return ColumnDefinition(
        label,
        {"integer": "serial", "bigint": "bigserial"}.get(kind, kind) if counted else kind,
        Span(0, 0),
        required=primary or (isinstance(nullable, Known) and nullable.value is False),
        primary=primary,
        references=None if to is None else ForeignKey((label,), to, (text_of(references.get("key")) or "id",)),
        generated=counted,
    )


def type_of(value: Value | None) -> str:
    """The name that PostgreSQL has for a type."""
    if isinstance(value, Named):
        last = value.name.rpartition(".")[2]
        return _TYPES.get(last, last.lower())
    if isinstance(value, Made):
        if value.last == "ARRAY":
            return f"{type_of(value.argument(0))}[]"
        label = _TYPES.get(value.last, value.last.lower()).partition("(")[0]
        sizes = [str(size.value) for size in value.args if isinstance(size, Known) and isinstance(size.value, int)]
        return f"{label}({','.join(sizes)})" if sizes else label
    return (text_of(value) or "").lower()
