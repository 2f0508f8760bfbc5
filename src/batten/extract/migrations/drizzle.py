"""Drizzle's tables in TypeScript: what ``drizzle-kit push`` makes of ``pgTable``: https://orm.drizzle.team/docs/rls."""

from typing import TYPE_CHECKING

from batten.extract.migrations.constants import Entries, Known, Made, Many, Mixed, Named, Routine, Value, text_of
from batten.extract.migrations.embedded import executed
from batten.extract.migrations.running import Running
from batten.extract.migrations.tables import entries, is_true, items
from batten.facts.sources import Source
from batten.parse.postgres.expressions import Name
from batten.parse.postgres.statements import Broken, CreateSchema, Statement
from batten.parse.postgres.table_statements import AddKey, AlterTable, ColumnDefinition, CreateTable, ForeignKey, RowSecurity
from batten.text import Span

if TYPE_CHECKING:
    from batten.code.model import Unit

_CORE = "drizzle-orm/pg-core."
_TYPES = {
    "bigint": "bigint", "bigserial": "bigserial", "boolean": "boolean", "bytea": "bytea", "char": "char", "cidr": "cidr", "date": "date", "decimal": "numeric",
    "doublePrecision": "double precision", "inet": "inet", "integer": "integer", "interval": "interval", "json": "json", "jsonb": "jsonb", "line": "line", "macaddr": "macaddr",
    "numeric": "numeric", "point": "point", "real": "real", "serial": "serial", "smallint": "smallint", "smallserial": "smallserial", "text": "text", "time": "time",
    "timestamp": "timestamp", "uuid": "uuid", "varchar": "varchar", "vector": "vector", "geometry": "geometry",
}  # fmt: skip
# What drizzle-orm/supabase calls the parts of a policy.
_GIVEN = {
    "drizzle-orm/supabase.authUid": Known("(select auth.uid())"),
    "drizzle-orm/supabase.anonRole": Known("anon"),
    "drizzle-orm/supabase.authenticatedRole": Known("authenticated"),
    "drizzle-orm/supabase.serviceRole": Known("service_role"),
    "drizzle-orm/supabase.postgresRole": Known("postgres"),
}
_TABLE = "a table "


def read(data: bytes, unit: "Unit") -> tuple[tuple[Statement, ...], Source]:
    """The tables and policies of one file."""
    reader = _Reader(data)
    running = Running(unit, reader.called, _GIVEN)
    found = tuple(reader.statements(running))
    if running.cut:
        found = (*found, Broken(Span(0, 0), "too long"))
    return found, Source(tool="drizzle", declares=True)


class _Table:
    """One table as the code declares it."""

    def __init__(self, span: Span, name: Name) -> None:
        self.span = span
        self.name = name
        self.columns: list[ColumnDefinition] = []
        self.links: list[tuple[str, Routine]] = []
        self.keys: dict[str, str] = {}
        """The names of columns by those of properties."""
        self.primary: tuple[str, ...] = ()
        self.rls = False
        self.policies: list[Made] = []


class _Reader:
    """One file."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._tables: list[_Table] = []

    def called(self, running: Running, made: Made) -> Value | None:
        """What one call comes to."""
        if made.last == "sql" and made.args:
            return made.args[0]
        callee = made.name
        if callee.startswith(_TABLE):
            return self._on_table(made)
        if callee in (f"{_CORE}pgTable", f"{_CORE}pgTable.withRLS") or self._of_schema(made) is not None or _creator(made) is not None:
            return self._declared(running, made)
        target = made.argument(0)
        if made.last == "link" and isinstance(made.of, Made) and isinstance(target, Named) and target.name.startswith(_TABLE):
            table = self._tables[int(target.name.removeprefix(_TABLE))]
            table.policies.append(made.of)
        return None

    def _of_schema(self, made: Made) -> str | None:
        """The schema, where the call is ``pgSchema("app").table(…)``."""
        of = made.of
        return of.text(0) if made.last == "table" and isinstance(of, Made) and of.name == f"{_CORE}pgSchema" else None

    def _declared(self, running: Running, made: Made) -> Value:
        label = made.text(0)
        creator = _creator(made)
        if creator is not None:
            label = text_of(running.call(creator, (made.argument(0) or Value(),), {}))
        table = _Table(made.span, Name(self._of_schema(made), label or ""))
        given = made.argument(1)
        if isinstance(given, Routine):
            given = running.call(given, (Named("drizzle-orm/pg-core"),), {})
        for key, value in entries(given).entries:
            column = self._column(key, value, table) if key else None
            if column is not None:
                table.columns.append(column)
                table.keys[key] = column.name
        table.rls = made.last == "withRLS"
        if label is None:
            running.emit(Broken(made.span, "computed table"))
            return Value()
        self._tables.append(table)
        at = len(self._tables) - 1
        own = Entries(tuple((key, Known(f'"{name}"')) for key, name in table.keys.items()))
        extras = made.argument(2)
        more = running.call(extras, (own,), {}) if isinstance(extras, Routine) else extras
        for each in items(more) or tuple(value for _, value in entries(more).entries):
            self._extra(table, each)
        return Named(f"{_TABLE}{at}")

    def _extra(self, table: _Table, value: Value) -> None:
        if not isinstance(value, Made):
            return
        if value.name == f"{_CORE}pgPolicy":
            table.policies.append(value)
        elif value.name == f"{_CORE}primaryKey":
            columns = items(entries(value.argument(0)).get("columns")) or value.args
            table.primary = tuple(name.strip('"') for each in columns if (name := text_of(each)))

    def _on_table(self, made: Made) -> Value | None:
        head, _, _ = made.name.partition(".")
        table = self._tables[int(head.removeprefix(_TABLE).removesuffix("()"))]
        if made.last == "enableRLS":
            table.rls = True
        return Named(head)

    def _column(self, key: str, value: Value, table: _Table) -> ColumnDefinition | None:
        """``uuid("id").primaryKey()…``: the column is what the chain of calls begins with."""
        chain: list[Made] = []
        while isinstance(value, Made):
            chain.append(value)
            if not isinstance(value.of, Made) or value.name.endswith("()"):
                break
            value = value.of
        if not chain:
            return None
        base, verbs = chain[-1], {each.last: each for each in chain[:-1]}
        options = entries(base.argument(1) if text_of(base.argument(0)) is not None else base.argument(0))
        name = base.text(0) or key
        kind = _TYPES.get(base.last, base.last.lower())
        if kind.endswith("()"):  # an enum or a type of the app's own
            kind = (base.of.text(0) if isinstance(base.of, Made) else None) or ""
        if base.last == "timestamp" and is_true(options.get("withTimezone")):
            kind = "timestamp with time zone"
        size = options.get("length", "precision", "dimensions")
        if isinstance(size, Known) and isinstance(size.value, int) and not isinstance(size.value, bool):
            kind += f"({size.value})"
        primary = "primaryKey" in verbs
        if "references" in verbs and isinstance(target := verbs["references"].argument(0), Routine):
            table.links.append((name, target))
        return ColumnDefinition(
            name,
            kind + ("[]" if "array" in verbs else ""),
            base.span,
            required=primary or "notNull" in verbs,
            primary=primary,
            generated=any(verb.startswith("generated") for verb in verbs) or kind.endswith("serial"),
        )

    def statements(self, running: Running) -> list[Statement]:
        """Everything that was declared, once all of the file is known."""
        found: list[Statement] = []
        schemas: set[str] = set()
        for table in self._tables:
            if table.name.schema and table.name.schema not in schemas:
                schemas.add(table.name.schema)
                found.append(CreateSchema(table.span, table.name.schema, if_not_exists=True))
            primary = table.primary or tuple(each.name for each in table.columns if each.primary)
            found.append(CreateTable(table.span, table.name, columns=tuple(table.columns), primary_key=primary))
            if table.rls or table.policies:
                found.append(AlterTable(table.policies[0].span if table.policies else table.span, table.name, (RowSecurity(True),)))
        for table in self._tables:  # tables may lead to one another
            keys = [key for column, target in table.links if (key := self._key(running, column, target)) is not None]
            found += [AlterTable(table.span, table.name, (AddKey(key=key),)) for key in keys]
        found += running.made
        for table in self._tables:
            for policy in table.policies:
                found += self._policy(table.name, policy)
        return found

    def _key(self, running: Running, column: str, target: Routine) -> ForeignKey | None:
        """``references(() => users.id)``: a property of a table of this file."""
        value = running.call(target, (), {})
        name = value.name if isinstance(value, Named) else ""
        if not name.startswith(_TABLE):
            return None
        head, _, key = name.partition(".")
        table = self._tables[int(head.removeprefix(_TABLE))]
        return ForeignKey((column,), table.name, (table.keys.get(key, key),))

    def _policy(self, table: Name, made: Made) -> tuple[Statement, ...]:
        name, options = made.text(0), entries(made.argument(1))
        roles = _roles(options.get("to"))
        kind, command = text_of(options.get("as")) or "permissive", text_of(options.get("for")) or "all"
        if name is None or roles is None:
            return (Broken(made.span, "computed pgPolicy"),)
        on = ".".join(f'"{part}"' for part in (table.schema, table.name) if part)
        text = f'create policy "{name}" on {on} as {kind} for {command} to {", ".join(roles)}'
        for word, clause in (("using", options.get("using")), ("with check", options.get("withCheck"))):
            if clause is not None:
                text += f" {word} ({_written(clause)})"
        return executed(self._data, Known(text), made.span)


def _roles(value: Value | None) -> tuple[str, ...] | None:
    if value is None:
        return ("public",)
    found: list[str] = []
    for each in value.items if isinstance(value, Many) else (value,):
        label = text_of(each)
        if isinstance(each, Made) and each.last == "pgRole":
            label = each.text(0)
        if label is None:
            return None
        found.append(label)
    return tuple(found)


def _written(clause: Value) -> str:
    """The text of a condition; a part that cannot be told is a function that nobody knows."""
    match clause:
        case Known(str() as text):
            return text
        case Mixed(parts):
            return "".join("cannot_be_told()" if part is None else part for part in parts)
        case _:
            return "cannot_be_told()"


def _creator(made: Made) -> Routine | None:
    """The function that names tables, where what is called was made by ``pgTableCreator``."""
    of = made.of
    if made.name != f"{_CORE}pgTableCreator()" or not isinstance(of, Made):
        return None
    return next((arg for arg in of.args if isinstance(arg, Routine)), None)
