"""Pieces of statements on tables that several migration tools for JavaScript describe alike; knows none of them."""

from batten.extract.migrations.constants import Entries, Known, Made, Many, Routine, Value, text_of, truth
from batten.extract.migrations.running import Running
from batten.parse.postgres.expressions import Name
from batten.parse.postgres.statements import Broken, CreateSchema, Drop, Rename, Statement
from batten.parse.postgres.table_statements import AddColumn, AlterTable, ColumnDefinition, CreateTable, DropColumn, ForeignKey
from batten.text import Span


def name_in(value: Value | None) -> Name | None:
    """A table as tools take it: ``"users"``, ``"app.users"``, or an object with its name and schema; None where it cannot be told."""
    if isinstance(value, Entries):
        label = text_of(value.get("tableName", "name", "table"))
        schema = value.get("schema")
        return Name(text_of(schema), label) if label is not None and (schema is None or text_of(schema) is not None) else None
    if isinstance(value, Made) and value.args:
        return name_in(value.args[0])
    text = text_of(value)
    if not text:
        return None
    schema_name, _, label = text.replace('"', "").rpartition(".")
    return Name(schema_name or None, label)


def entries(value: Value | None) -> Entries:
    """An object, or one without anything."""
    return value if isinstance(value, Entries) else Entries(())


def items(value: Value | None) -> tuple[Value, ...]:
    """What a list holds."""
    return value.items if isinstance(value, Many) else ()


def is_true(value: Value | None) -> bool:
    """Whether it is so for sure."""
    return isinstance(value, Known) and truth(value) is True


def unclear(made: Made) -> Statement:
    """A call whose table or column cannot be told."""
    return Broken(made.span, f"computed {made.last}")


def create(
    span: Span, name: Name, columns: list[ColumnDefinition], *, if_not_exists: bool = False, keys: tuple[ForeignKey, ...] = ()
) -> CreateTable:
    """CREATE TABLE."""
    held = tuple(column.references for column in columns if column.references is not None)
    primary = tuple(column.name for column in columns if column.primary)
    return CreateTable(span, name, if_not_exists=if_not_exists, columns=tuple(columns), keys=(*held, *keys), primary_key=primary)


def add(span: Span, name: Name, columns: list[ColumnDefinition]) -> AlterTable:
    """ADD COLUMN."""
    return AlterTable(span, name, tuple(AddColumn(column) for column in columns))


def plain(made: Made, verb: str, at: int = 0) -> Statement | None:
    """What the calls that all tools know come to; None for any other. ``at`` is where the table stands among the arguments."""
    table = name_in(made.argument(at))
    first, second = text_of(made.argument(at + 1)), text_of(made.argument(at + 2))
    match verb:
        case "drop":
            return unclear(made) if table is None else Drop(made.span, "table", (table,), if_exists=True, cascade=True)
        case "rename":
            to = name_in(made.argument(at + 1))
            return unclear(made) if table is None or to is None else Rename(made.span, "table", table, to.name)
        case "drop-column":
            return unclear(made) if table is None or first is None else AlterTable(made.span, table, (DropColumn(first, cascade=True),))
        case "rename-column":
            if table is None or first is None or second is None:
                return unclear(made)
            return Rename(made.span, "column", table, second, first)
        case "schema":
            label = text_of(made.argument(at))
            return unclear(made) if label is None else CreateSchema(made.span, label, if_not_exists=True)
        case "drop-schema":
            label = text_of(made.argument(at))
            return unclear(made) if label is None else Drop(made.span, "schema", (Name(None, label),), cascade=True)
        case _:
            return None


def follow(running: Running, made: Made, given: Value) -> None:
    """Functions that are handed over, such as those of transactions, run with what the call was made on."""
    for value in made.args:
        if isinstance(value, Routine):
            running.call(value, (given,) * len(value.function.parameters), {})
