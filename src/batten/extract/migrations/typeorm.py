"""TypeORM's migrations: what is asked of ``queryRunner`` in ``up``."""

from batten.extract.migrations.constants import Entries, Made, Named, Value, text_of, texts_of
from batten.extract.migrations.embedded import executed
from batten.extract.migrations.running import Running
from batten.extract.migrations.tables import add, create, entries, is_true, items, name_in, plain, unclear
from batten.parse.postgres.statements import Statement
from batten.parse.postgres.table_statements import AddKey, AlterTable, ColumnDefinition, DropColumn, ForeignKey
from batten.text import Span

_PLAIN = {
    "dropTable": "drop",
    "renameTable": "rename",
    "dropColumn": "drop-column",
    "createSchema": "schema",
    "dropSchema": "drop-schema",
}


class Reader:
    """One file."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __call__(self, running: Running, made: Made) -> Value | None:
        """What one call does."""
        if made.last in ("query", "addSql") and made.args:
            running.emit(*executed(self._data, made.args[0], made.span))
        elif made.name.startswith("queryRunner."):
            running.emit(*_asked(made))
        return None


def _asked(made: Made) -> tuple[Statement, ...]:
    found = plain(made, _PLAIN.get(made.last, ""))
    if found is not None:
        return (found,)
    table = name_in(made.argument(0))
    match made.last:
        case "createTable":
            return _created(made)
        case "addColumn" | "addColumns":
            given = made.argument(1)
            columns = [column(each) for each in (items(given) or (given,))]
            known = [each for each in columns if each is not None]
            return (unclear(made),) if table is None or len(known) < len(columns) else (add(made.span, table, known),)
        case "dropColumns":
            names = texts_of(made.argument(1))
            return (
                (unclear(made),)
                if table is None or names is None
                else (AlterTable(made.span, table, tuple(DropColumn(name, cascade=True) for name in names)),)
            )
        case "renameColumn":
            renamed = plain(made, "rename-column")
            return () if renamed is None else (renamed,)
        case "createForeignKey":
            key = _key(made.argument(1))
            return (AlterTable(made.span, table, (AddKey(key=key),)),) if table is not None and key is not None else ()
        case _:
            return ()


def _created(made: Made) -> tuple[Statement, ...]:
    given = made.argument(0)
    options = entries(given.argument(0) if isinstance(given, Made) else given)
    table = name_in(options)
    columns = [column(each) for each in items(options.get("columns"))]
    if table is None or None in columns:
        return (unclear(made),)
    keys = tuple(key for each in items(options.get("foreignKeys")) if (key := _key(each)) is not None)
    return (create(made.span, table, [each for each in columns if each is not None], if_not_exists=is_true(made.argument(1)), keys=keys),)


def column(value: Value | None) -> ColumnDefinition | None:
    """``{ name, type, … }``, or a TableColumn made of it."""
    span = value.span if isinstance(value, Made) else Span(0, 0)
    options = entries(value.argument(0) if isinstance(value, Made) else value)
    name = text_of(options.get("name"))
    if name is None:
        return None
    kind, size = text_of(options.get("type")) or "", text_of(options.get("length"))
    if isinstance(options.get("type"), Named):
        kind = ""
    primary = is_true(options.get("isPrimary"))
    label = f"{kind.lower()}({size})" if size else kind.lower()
    return ColumnDefinition(
        name,
        label + ("[]" if is_true(options.get("isArray")) else ""),
        span,
        required=primary or not is_true(options.get("isNullable")),
        primary=primary,
        generated=is_true(options.get("isGenerated")),
    )


def _key(value: Value | None) -> ForeignKey | None:
    options = entries(value.argument(0) if isinstance(value, Made) else value)
    here, to, there = texts_of(options.get("columnNames")), name_in(_referenced(options)), texts_of(options.get("referencedColumnNames"))
    return ForeignKey(here, to, there or ()) if here and to is not None else None


def _referenced(options: Entries) -> Value | None:
    return options.get("referencedTableName")
