"""SQLAlchemy's columns, keys and types as PostgreSQL's: what ``sa.Column(…)`` in a migration comes to."""

from collections.abc import Iterable

from batten.extract.migrations.constants import Known, Made, Named, Value, text_of, texts_of
from batten.parse.postgres.expressions import Constant, Name
from batten.parse.postgres.table_statements import ColumnDefinition, CreateTable, ForeignKey

_TYPES = {
    "AutoString": "varchar",
    "BOOLEAN": "boolean",
    "BigInteger": "bigint",
    "Boolean": "boolean",
    "DATETIME": "timestamp without time zone",
    "DOUBLE_PRECISION": "double precision",
    "Date": "date",
    "DateTime": "timestamp without time zone",
    "Double": "double precision",
    "Float": "float",
    "Integer": "integer",
    "Interval": "interval",
    "JSON": "json",
    "LargeBinary": "bytea",
    "Numeric": "numeric",
    "PickleType": "bytea",
    "SmallInteger": "smallint",
    "String": "varchar",
    "TIMESTAMP": "timestamp without time zone",
    "Text": "text",
    "Time": "time without time zone",
    "Unicode": "varchar",
    "UnicodeText": "text",
    "Uuid": "uuid",
}
_INTEGERS = {"integer": "serial", "bigint": "bigserial", "smallint": "smallserial"}
_CONSTRAINTS = frozenset(
    {"PrimaryKeyConstraint", "ForeignKeyConstraint", "UniqueConstraint", "CheckConstraint", "ExcludeConstraint", "Index"}
)


def table(made: Made, parts: Iterable[Value], name: Name) -> CreateTable:
    """CREATE TABLE as SQLAlchemy writes it for columns and constraints."""
    made_parts = [part for part in parts if isinstance(part, Made)]
    columns = [found for part in made_parts if part.last == "Column" and (found := column(part)) is not None]
    primary = tuple(each.name for each in columns if each.primary)
    keys: list[ForeignKey] = []
    for part in made_parts:
        if part.last == "PrimaryKeyConstraint":
            primary = tuple(text for arg in part.args if (text := text_of(arg)) is not None)
        elif part.last == "ForeignKeyConstraint":
            key = _constraint(part)
            keys += [key] if key else []
    by_hand = {text_of(part.argument(0, "name")) for part in made_parts if part.last == "Column" and _counts_by_hand(part)}
    return CreateTable(
        made.span,
        name,
        if_not_exists=_is_true(made.argument(None, "if_not_exists")),
        columns=tuple(_with_key(each, primary, counted=each.name not in by_hand) for each in columns),
        keys=tuple(keys),
        primary_key=primary,
    )


def column(made: Made) -> ColumnDefinition | None:
    """One ``Column(name, type, …)``; None where its name cannot be told."""
    name = made.text(0, "name")
    if name is None:
        return None
    rest = [value for at, value in enumerate(made.args) if at]
    reference = next((part for part in rest if isinstance(part, Made) and part.last == "ForeignKey"), None)
    target = foreign_key(name, reference.text(0, "column")) if reference is not None else None
    kind = next(
        (
            value
            for value in rest
            if not (isinstance(value, Made) and value.last in ("ForeignKey", "Identity", "Computed", "Sequence", *_CONSTRAINTS))
        ),
        None,
    )
    kind = made.argument(None, "type_") or kind
    primary = _is_true(made.argument(None, "primary_key"))
    default = text_of(made.argument(None, "server_default"))
    return ColumnDefinition(
        name,
        type_name(kind),
        made.span,
        required=primary or _is_false(made.argument(None, "nullable")),
        primary=primary,
        default=None if default is None else Constant(default),
        references=target,
        generated=any(isinstance(part, Made) and part.last in ("Identity", "Computed") for part in rest),
    )


def type_name(kind: Value | None) -> str:
    """The name that PostgreSQL's dialect of SQLAlchemy gives a type; its own name in lower case where it is of another package, "" where there is none."""
    if isinstance(kind, Named):
        last = kind.name.rpartition(".")[2]
        return _TYPES.get(last, last.lower())
    if not isinstance(kind, Made):
        return ""
    last = kind.last
    if last == "ARRAY":
        return f"{type_name(kind.argument(0, 'item_type'))}[]"
    if last in ("Enum", "ENUM"):
        return kind.text(None, "name") or "varchar"
    if last == "with_variant" and kind.of is not None:
        return type_name(kind.of)
    if last in ("DateTime", "TIMESTAMP", "Time", "TIME") and _is_true(kind.argument(0, "timezone")):
        return "time with time zone" if last.lower() == "time" else "timestamp with time zone"
    label = _TYPES.get(last, last.lower())
    sizes = [
        value.value
        for at in (0, 1)
        if isinstance(value := kind.argument(at, *(("length", "precision", "dim") if at == 0 else ("scale",))), Known)
    ]
    numbers = [str(size) for size in sizes if isinstance(size, int) and not isinstance(size, bool)]
    return f"{label}({', '.join(numbers)})" if numbers and label not in ("uuid", "json", "jsonb", "float", "text") else label


def foreign_key(column_name: str, target: str | None) -> ForeignKey | None:
    """The key that ``ForeignKey("schema.table.column")`` means."""
    if target is None or "." not in target:
        return None
    name, _, there = target.rpartition(".")
    return ForeignKey((column_name,), key_name(name), (there,))


def key_name(name: str) -> Name:
    """``schema.table`` or ``table``."""
    schema, _, label = name.rpartition(".")
    return Name(schema or None, label)


def _constraint(made: Made) -> ForeignKey | None:
    here, there = texts_of(made.argument(0, "columns")), texts_of(made.argument(1, "refcolumns"))
    if not here or not there or "." not in there[0]:
        return None
    return ForeignKey(here, key_name(there[0].rpartition(".")[0]), tuple(each.rpartition(".")[2] for each in there))


def _with_key(column: ColumnDefinition, primary: tuple[str, ...], *, counted: bool) -> ColumnDefinition:
    """A column of the key is not null; alone and a whole number, it counts up by itself."""
    if column.name not in primary:
        return column
    serial = _INTEGERS.get(column.type) if counted and len(primary) == 1 and not column.references and not column.generated else None
    return ColumnDefinition(
        column.name,
        serial or column.type,
        column.span,
        True,
        column.primary,
        column.default,
        column.references,
        column.generated or bool(serial),
    )


def _counts_by_hand(made: Made) -> bool:
    """A column that says itself where its values come from."""
    default = made.argument(None, "server_default")
    return _is_false(made.argument(None, "autoincrement")) or (
        default is not None and not (isinstance(default, Known) and default.value is None)
    )


def _is_true(value: Value | None) -> bool:
    return isinstance(value, Known) and value.value is True


def _is_false(value: Value | None) -> bool:
    return isinstance(value, Known) and value.value is False
