"""Django's migrations: the operations of one file on models and on the database, and which migrations come before it."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from batten.code import model
from batten.extract.migrations.constants import Entries, Known, Made, Many, Named, Routine, Value, text_of
from batten.extract.migrations.django_fields import field_of
from batten.extract.migrations.embedded import executed
from batten.extract.migrations.folding import name_of
from batten.extract.migrations.running import Running
from batten.facts.sources import ModelChange, ModelField, Source
from batten.parse.postgres import encode
from batten.parse.postgres.statements import Broken, Statement
from batten.text import Span

if TYPE_CHECKING:
    from batten.code.model import Unit

_DJANGO = "django."
# Packages whose operations change no table that a client may reach, or tell the model of it as Django's own do.
_OTHER_PACKAGES = ("django", "pgtrigger", "psqlextra", "pgvector", "taggit", "wagtail", "mptt", "simple_history")
_RUNS = frozenset({"execute", "executescript"})
USER_MODEL = "settings.AUTH_USER_MODEL"
"""Stands for the model of those who sign in, which the settings name."""


def read(path: str, data: bytes, unit: "Unit") -> tuple[tuple[Statement, ...], Source]:
    """The operations of the file's migration; statements of its own it has none."""
    pure = PurePosixPath(path)
    app = pure.parent.parent.name
    reader = _Migration(data, unit)
    names = reader.attributes()
    after = [found for value in _items(names.get("dependencies")) if (found := _dependency(value)) is not None]
    replaces = [found for value in _items(names.get("replaces")) if (found := _dependency(value)) is not None]
    changes = tuple(reader.changes(_items(names.get("operations"))))
    if not isinstance(names.get("operations"), Many | None):
        changes = (*changes, reader.unclear(Span(0, 0), "operations"))
    if reader.running.cut:
        changes = (*changes, reader.unclear(Span(0, 0), "too long"))
    return (), Source(tool="django", name=f"{app}.{pure.stem}", after=tuple(after), changes=changes, replaces=tuple(replaces))


def _items(value: Value | None) -> tuple[Value, ...]:
    return value.items if isinstance(value, Many) else ()


def _dependency(value: Value) -> str | None:
    """``("app", "0001_initial")`` as ``app.0001_initial``."""
    if isinstance(value, Made) and value.last == "swappable_dependency":
        return f"{USER_MODEL}.__first__"
    parts = [text_of(item) for item in _items(value)]
    return f"{parts[0]}.{parts[1]}" if len(parts) == 2 and None not in parts else None  # noqa: PLR2004 - a pair


class _Migration:
    """One file."""

    def __init__(self, data: bytes, unit: "Unit") -> None:
        self._data = data
        self._unit = unit
        self.running = Running(unit, self._called)

    def attributes(self) -> dict[str, Value]:
        """What the class of the migration says."""
        found: dict[str, Value] = {}
        for statement in self._unit.body:
            if isinstance(statement, model.Define) and isinstance(statement.value, model.Class) and statement.value.name == "Migration":
                names = dict(self.running.names)
                self.running.run((each for each in statement.value.body if isinstance(each, model.Assign)), names)
                found = {key: names[key] for key in ("dependencies", "operations", "replaces") if key in names}
        return found

    def _called(self, running: Running, made: Made) -> Value | None:
        """Only what runs inside RunPython reaches the database."""
        if made.last in _RUNS and made.args and self._depth:
            running.emit(*executed(self._data, made.args[0], made.span))
        return None

    _depth = 0
    _nowhere = Span(0, 0)

    def changes(self, operations: tuple[Value, ...], *, state: bool = True, database: bool = True) -> Iterator[ModelChange]:
        """What a list of operations changes, in order."""
        for operation in operations:
            if isinstance(operation, Made):
                yield from self._changes(operation, state, database)
            else:
                yield self.unclear(self._nowhere, "computed operation")

    def _changes(self, made: Made, state: bool, database: bool) -> Iterator[ModelChange]:
        label = made.text(0, "name", "model_name") or ""
        match made.last:
            case "CreateModel":
                yield self._created(made, label, state, database)
            case "DeleteModel":
                yield ModelChange("delete", made.span, label, state=state, database=database)
            case "RenameModel":
                old, new = made.text(0, "old_name"), made.text(1, "new_name")
                yield ModelChange("rename", made.span, old or "", new, state=state, database=database)
            case "AlterModelTable":
                yield ModelChange("table", made.span, label, made.text(1, "table"), state=state, database=database)
            case "AddField" | "AlterField" | "RemoveField":
                owner, name = made.text(0, "model_name") or "", made.text(1, "name") or ""
                definition = made.argument(2, "field")
                verb = {"AddField": "add", "AlterField": "alter", "RemoveField": "remove"}[made.last]
                fields = (field_of(name, definition),) if isinstance(definition, Made) else (ModelField(name, made.span),)
                yield ModelChange(verb, made.span, owner, fields=fields, state=state, database=database)
            case "RenameField":
                holder, was, now = made.text(0, "model_name"), made.text(1, "old_name"), made.text(2, "new_name")
                yield ModelChange("rename-field", made.span, holder or "", now, was or "", state=state, database=database)
            case "RunSQL":
                yield self._run(made.span, tuple(self._sql(made, made.argument(0, "sql"))))
                yield from self.changes(_items(made.argument(2, "state_operations")), state=True, database=False)
            case "RunPython":
                yield from self._python(made)
            case "SeparateDatabaseAndState":
                yield from self.changes(_items(made.argument(0, "database_operations")), state=False)
                yield from self.changes(_items(made.argument(1, "state_operations")), database=False)
            case _:
                if made.name.partition(".")[0] not in _OTHER_PACKAGES:
                    yield self.unclear(made.span, f"{made.last}()")

    def _created(self, made: Made, label: str, state: bool, database: bool) -> ModelChange:
        options = made.argument(2, "options")
        settings = options if isinstance(options, Entries) else Entries(())
        fields = [
            field_of(name, definition)
            for pair in _items(made.argument(1, "fields"))
            if (name := text_of(next(iter(_items(pair)), None))) is not None and isinstance(definition := _items(pair)[-1], Made)
        ]
        proxy, managed = settings.get("proxy"), settings.get("managed")
        kept = not (isinstance(proxy, Known) and proxy.value is True) and not (isinstance(managed, Known) and managed.value is False)
        return ModelChange(
            "create",
            made.span,
            label,
            table=text_of(settings.get("db_table")),
            fields=tuple(fields),
            kept=kept,
            state=state,
            database=database,
        )

    def _sql(self, made: Made, value: Value | None) -> Iterator[Statement]:
        """A text, or a list of texts and of pairs of a text and its parameters."""
        if isinstance(value, Named) and value.name.endswith(".noop"):
            return
        for item in value.items if isinstance(value, Many) else (value,):
            text = item.items[0] if isinstance(item, Many) and item.items else item
            yield from executed(self._data, text, made.span)

    def _python(self, made: Made) -> Iterator[ModelChange]:
        """What a function does through a cursor or the schema editor; what it does through models changes rows."""
        code = made.argument(0, "code")
        if isinstance(code, Routine):
            self.running.made.clear()
            self._depth += 1
            self.running.call(code, (Named("apps"), Named("schema_editor")), {})
            self._depth -= 1
            found = tuple(self.running.made)
            self.running.made.clear()
            if found:
                yield self._run(made.span, found)
        elif not name_of(code or Value()).startswith(_DJANGO):
            yield self.unclear(made.span, "RunPython()")

    def _run(self, span: Span, found: tuple[Statement, ...]) -> ModelChange:
        return ModelChange("run", span, statements=encode(found))

    def unclear(self, span: Span, kind: str) -> ModelChange:
        """Something that cannot be followed."""
        return self._run(span, (Broken(span, kind),))
