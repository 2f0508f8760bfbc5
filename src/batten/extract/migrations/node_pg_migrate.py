"""node-pg-migrate's migrations: what is asked of ``pgm`` in ``up``: https://salsita.github.io/node-pg-migrate/."""

from batten.extract.migrations.constants import Entries, Known, Made, Value, text_of, texts_of
from batten.extract.migrations.embedded import executed
from batten.extract.migrations.running import Running
from batten.extract.migrations.tables import add, create, entries, is_true, name_in, plain, unclear
from batten.parse.postgres.access_statements import Grant, Privilege
from batten.parse.postgres.expressions import Name
from batten.parse.postgres.statements import Drop, Statement
from batten.parse.postgres.table_statements import (
    AlterTable,
    ChangeColumn,
    ColumnDefinition,
    DropColumn,
    ForceRowSecurity,
    ForeignKey,
    RowSecurity,
    TableChange,
)
from batten.text import Span

_PLAIN = {
    "dropTable": "drop",
    "renameTable": "rename",
    "renameColumn": "rename-column",
    "createSchema": "schema",
    "dropSchema": "drop-schema",
}
_SECURITY: dict[str, TableChange] = {
    "ENABLE": RowSecurity(True),
    "DISABLE": RowSecurity(False),
    "FORCE": ForceRowSecurity(True),
    "NO FORCE": ForceRowSecurity(False),
}
_SHORT = {"string": "text", "int": "integer", "float": "real", "double": "double precision", "datetime": "timestamp", "bool": "boolean"}


class Reader:
    """One file."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __call__(self, running: Running, made: Made) -> Value | None:
        """What one call does."""
        if made.name in ("pgm.sql", "pgm.db.query", "pgm.db.select") and made.args:
            running.emit(*executed(self._data, made.args[0], made.span))
        elif made.name == "pgm.func" and made.args:
            return made.args[0]
        elif made.name.startswith("pgm.") and made.name.count(".") == 1:
            running.emit(*self._asked(made))
        return None

    def _asked(self, made: Made) -> tuple[Statement, ...]:
        found = plain(made, _PLAIN.get(made.last, ""))
        if found is not None:
            return (found,)
        table, options = name_in(made.argument(0)), entries(made.argument(1))
        match made.last:
            case "createTable" | "addColumn" | "addColumns":
                if table is None or not isinstance(made.argument(1), Entries):
                    return (unclear(made),)
                columns = [column(name, each) for name, each in options.entries if name]
                return (create(made.span, table, columns),) if made.last == "createTable" else (add(made.span, table, columns),)
            case "dropColumn" | "dropColumns":
                names = texts_of(made.argument(1))
                if table is None or names is None:
                    return (unclear(made),)
                return (AlterTable(made.span, table, tuple(DropColumn(name, cascade=True) for name in names)),)
            case "alterColumn":
                name, wanted = text_of(made.argument(1)), entries(made.argument(2))
                required = wanted.get("notNull")
                if table is None or name is None:
                    return (unclear(made),)
                change = ChangeColumn(name, text_of(wanted.get("type")), is_true(required) if isinstance(required, Known) else None)
                return (AlterTable(made.span, table, (change,)),)
            case "alterTable":
                change_of = _SECURITY.get(text_of(options.get("levelSecurity")) or "")
                if table is None:
                    return (unclear(made),)
                return (AlterTable(made.span, table, (change_of,)),) if change_of is not None else ()
            case "createPolicy" | "alterPolicy":
                return self._policy(made, table, entries(made.argument(2)))
            case "dropPolicy":
                name = text_of(made.argument(1))
                return (unclear(made),) if table is None or name is None else (Drop(made.span, "policy", (Name(None, name),), table=table),)
            case "grantOnTables" | "revokeOnTables":
                return self._privileges(made, entries(made.argument(0)))
            case "createFunction" | "createView" | "createMaterializedView" | "createRole" | "alterRole" | "grantRoles" | "grantOnSchemas":
                return (unclear(made),)
            case _:
                return ()

    def _policy(self, made: Made, table: Name | None, options: Entries) -> tuple[Statement, ...]:
        name = text_of(made.argument(1))
        roles = texts_of(options.get("role")) if options.get("role") is not None else ("public",)
        parts = {key: text_of(options.get(key)) for key in ("command", "using", "check")}
        if table is None or name is None or roles is None or any(parts[key] is None and options.get(key) is not None for key in parts):
            return (unclear(made),)
        verb = "create" if made.last == "createPolicy" else "alter"
        text = f'{verb} policy "{name}" on {_quoted(table)}'
        text += f" for {parts['command']}" if parts["command"] and verb == "create" else ""
        text += f" to {', '.join(roles)}"
        text += f" using ({parts['using']})" if parts["using"] else ""
        text += f" with check ({parts['check']})" if parts["check"] else ""
        return executed(self._data, Known(text), made.span)

    def _privileges(self, made: Made, options: Entries) -> tuple[Statement, ...]:
        tables, roles, verbs = texts_of(options.get("tables")), texts_of(options.get("roles")), texts_of(options.get("privileges"))
        if tables is None or roles is None or verbs is None:
            return (unclear(made),)
        whole = (text_of(options.get("schema")) or "public",) if tables == ("ALL",) else ()
        names = () if whole else tuple(name for each in tables if (name := name_in(Known(each))) is not None)
        on = made.last == "grantOnTables"
        return (
            Grant(
                made.span,
                on,
                tuple(Privilege(verb.lower()) for verb in verbs),
                "table",
                names,
                whole,
                tuple(role.lower() for role in roles),
            ),
        )


def column(name: str, value: Value | None) -> ColumnDefinition:
    """``name: "type"`` or ``name: { type, … }``; ``id`` alone is the usual key."""
    options = entries(value)
    kind = text_of(value) or text_of(options.get("type")) or ""
    if kind == "id":
        return ColumnDefinition(name, "serial", Span(0, 0), True, True, generated=True)
    primary = is_true(options.get("primaryKey"))
    to = name_in(options.get("references"))
    there: tuple[str, ...] = ()
    text = text_of(options.get("references"))
    if text is not None and "(" in text:
        label, _, rest = text.partition("(")
        to, there = name_in(Known(label.strip())), (rest.rstrip(") ").strip('"'),)
    return ColumnDefinition(
        name,
        _SHORT.get(kind.lower(), kind.lower()),
        Span(0, 0),
        required=primary or is_true(options.get("notNull")),
        primary=primary,
        references=None if to is None else ForeignKey((name,), to, there),
        generated=kind.lower().endswith("serial"),
    )


def _quoted(name: Name) -> str:
    return ".".join(f'"{part}"' for part in (name.schema, name.name) if part)
