"""Django's models while migrations change them: from operations on models to statements on tables; reads no code."""

import hashlib
from collections.abc import Iterator, Sequence

from msgspec import Struct, field

from batten.facts.project import FileFacts
from batten.facts.sources import ModelChange, ModelField
from batten.parse.postgres import decode
from batten.parse.postgres.expressions import Name
from batten.parse.postgres.statements import Drop, Rename, Statement
from batten.parse.postgres.table_statements import (
    AddColumn,
    AddKey,
    AlterTable,
    ChangeColumn,
    ColumnDefinition,
    CreateTable,
    DropColumn,
    ForeignKey,
)
from batten.text import Span

_LONGEST_NAME = 63
_DEEPEST = 5
# The keys of Django's own models are older than its 64-bit default.
_OWN_APPS = frozenset({"auth", "contenttypes", "sites", "admin", "sessions", "flatpages", "redirects"})


class _Model(Struct):
    """One model; ``chosen`` is the name that its author gave the table."""

    app: str
    name: str
    chosen: str | None
    kept: bool
    fields: dict[str, ModelField] = field(default_factory=dict)

    @property
    def table(self) -> str:
        return self.chosen or _short(f"{self.app}_{self.name.lower()}")

    def many_table(self, link: ModelField) -> str:
        """The table that keeps the links of a field."""
        return link.table or _short(f"{self.table}_{link.name}")


def _short(name: str) -> str:
    """Names that PostgreSQL would cut are cut by Django, with a digest at their end."""
    if len(name) <= _LONGEST_NAME:
        return name
    return name[: _LONGEST_NAME - 4] + hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()[:4]


def _name(table: str) -> Name:
    """A table's name; ``app"."table`` is how one names another schema."""
    schema, mark, label = table.strip('"').partition('"."')
    return Name(schema, label) if mark else Name(None, schema)


def statements(files: Sequence[FileFacts]) -> dict[str, tuple[Statement, ...]]:
    """What each migration, in the order they run, does to the database."""
    models = _Models()
    found: dict[str, tuple[Statement, ...]] = {}
    for file in files:
        if file.source is not None:
            app = file.source.name.partition(".")[0]
            found[file.path] = tuple(each for change in file.source.changes for each in models.change(app, change))
    return found


class _Models:
    """All models at one point of the migrations."""

    def __init__(self) -> None:
        self._models: dict[tuple[str, str], _Model] = {}

    def change(self, app: str, change: ModelChange) -> list[Statement]:
        """One operation: what it does to the database; the models are changed along."""
        key = (app, change.model.lower())
        found: list[Statement] = []
        if change.verb == "run":
            return list(decode(change.statements))
        if change.verb == "create":
            made = _Model(app, change.model, change.table, change.kept, {each.name: each for each in change.fields})
            if change.state:
                self._models[key] = made
            return list(self._created(made, change.span)) if change.database and made.kept else []
        known = self._models.get(key)
        if known is None:
            return []
        before = dict(known.fields)
        match change.verb:
            case "delete":
                found += self._deleted(known, change.span)
                if change.state:
                    del self._models[key]
            case "rename" if change.to:
                found += self._renamed(known, change.to, known.chosen, change.span)
                if change.state:
                    self._models[app, change.to.lower()] = self._models.pop(key)
                    known.name = change.to
                    self._follow(app, change.model, change.to)
            case "table":
                found += self._renamed(known, known.name, change.to, change.span)
                if change.state:
                    known.chosen = change.to
            case "add" | "alter" | "remove" | "rename-field":
                found += self._fields(known, change)
                if not change.state:
                    known.fields = before
        return found if change.database and known.kept else []

    def _fields(self, known: _Model, change: ModelChange) -> Iterator[Statement]:
        table, span = _name(known.table), change.span
        if change.verb == "rename-field":
            old = known.fields.get(change.member)
            if old is None or change.to is None:
                return
            new = ModelField(**{**{name: getattr(old, name) for name in ModelField.__struct_fields__}, "name": change.to})
            known.fields = {
                change.to if name == change.member else name: new if name == change.member else each for name, each in known.fields.items()
            }
            if old.many and not old.through and known.many_table(old) != known.many_table(new):
                yield Rename(span, "table", _name(known.many_table(old)), known.many_table(new))
            elif not old.many and _column(old) != _column(new):
                yield Rename(span, "column", table, _column(new), _column(old))
            return
        for each in change.fields:
            old = known.fields.get(each.name)
            if change.verb == "remove":
                known.fields.pop(each.name, None)
                if old is not None and old.many and not old.through:
                    yield Drop(span, "table", (_name(known.many_table(old)),), cascade=True)
                elif old is not None and not old.many:
                    yield AlterTable(span, table, (DropColumn(_column(old), cascade=True),))
                continue
            known.fields[each.name] = each
            if each.many:
                if change.verb == "add" and not each.through:
                    yield self._links(known, each, span)
                elif old is not None and old.many and not each.through and known.many_table(old) != known.many_table(each):
                    yield Rename(span, "table", _name(known.many_table(old)), known.many_table(each))
            elif change.verb == "add":
                yield AlterTable(span, table, (AddColumn(self._definition(known, each)),))
            elif old is not None and not old.many:
                if _column(old) != _column(each):
                    yield Rename(span, "column", table, _column(each), _column(old))
                definition = self._definition(known, each)
                yield AlterTable(span, table, (ChangeColumn(definition.name, definition.type, definition.required),))
                if definition.references is not None and definition.references != self._definition(known, old).references:
                    yield AlterTable(span, table, (AddKey(key=definition.references),))

    def _created(self, made: _Model, span: Span) -> Iterator[Statement]:
        columns = [self._definition(made, each) for each in made.fields.values() if not each.many]
        if not any(each.primary for each in columns):
            columns.insert(0, ColumnDefinition("id", "bigint", span, required=True, primary=True, generated=True))
        keys = tuple(each.references for each in columns if each.references is not None)
        primary = tuple(each.name for each in columns if each.primary)
        yield CreateTable(span, _name(made.table), columns=tuple(columns), keys=keys, primary_key=primary)
        for each in made.fields.values():
            if each.many and not each.through:
                yield self._links(made, each, each.span)

    def _deleted(self, known: _Model, span: Span) -> Iterator[Statement]:
        for each in known.fields.values():
            if each.many and not each.through:
                yield Drop(span, "table", (_name(known.many_table(each)),), cascade=True)
        yield Drop(span, "table", (_name(known.table),), cascade=True)

    def _renamed(self, known: _Model, name: str, chosen: str | None, span: Span) -> Iterator[Statement]:
        """A new name of the table, where that of the model or the one its author chose makes a difference."""
        after = _Model(known.app, name, chosen, known.kept, known.fields)
        if after.table != known.table:
            yield Rename(span, "table", _name(known.table), _name(after.table).name)
        for each in known.fields.values():
            if not each.many or each.through:
                continue
            before, now = known.many_table(each), after.many_table(each)
            if before != now:
                yield Rename(span, "table", _name(before), now)
            for side in ("from_", "to_") if self._target(known, each) is known else ("",):
                if known.name.lower() != name.lower():
                    yield Rename(span, "column", _name(now), f"{side}{name.lower()}_id", f"{side}{known.name.lower()}_id")
        for other in self._models.values() if known.name.lower() != name.lower() else ():
            for each in other.fields.values():
                if other is not known and other.kept and each.many and not each.through and self._target(other, each) is known:
                    yield Rename(span, "column", _name(other.many_table(each)), f"{name.lower()}_id", f"{known.name.lower()}_id")

    def _follow(self, app: str, old: str, new: str) -> None:
        """Fields that lead to a model lead to it by its new name."""
        for other in self._models.values():
            for name, each in other.fields.items():
                if each.link and _key(other.app, each.link) == (app, old.lower()):
                    changed = {**{key: getattr(each, key) for key in ModelField.__struct_fields__}, "link": f"{app}.{new}"}
                    other.fields[name] = ModelField(**changed)

    def _links(self, owner: _Model, link: ModelField, span: Span) -> CreateTable:
        """The table that Django makes for a field that leads to many."""
        target = self._target(owner, link)
        app, label = _key(owner.app, link.link or "")
        name = target.name.lower() if target is not None else label
        sides = ("from_" + name, "to_" + name) if target is owner or link.link == "self" else (owner.name.lower(), name)
        other = (
            Name(None, "auth_user")
            if target is None and link.link and link.link.startswith("settings.")
            else _name(target.table if target else f"{app}_{label}")
        )
        ends = (
            (f"{sides[0]}_id", _name(owner.table), self._key_of(owner)),
            (f"{sides[1]}_id", other, self._key_of(target) if target else _foreign(app)),
        )
        columns = [ColumnDefinition("id", "bigint", span, required=True, primary=True, generated=True)]
        keys = []
        for column, table, (key, kind) in ends:
            references = ForeignKey((column,), table, (key,))
            columns.append(ColumnDefinition(column, kind, span, required=True, references=references))
            keys.append(references)
        return CreateTable(span, _name(owner.many_table(link)), columns=tuple(columns), keys=tuple(keys), primary_key=("id",))

    def _definition(self, owner: _Model, each: ModelField, depth: int = 0) -> ColumnDefinition:
        if each.link is None:
            return ColumnDefinition(
                each.name if each.column is None else each.column, each.type, each.span, each.required, each.primary, generated=each.counted
            )
        target = self._target(owner, each)
        app, label = _key(owner.app, each.link)
        key, kind = self._key_of(target, depth) if target is not None else _foreign(app)
        table = _name(target.table) if target is not None else Name(None, "auth_user" if app == "settings" else f"{app}_{label}")
        return ColumnDefinition(
            _column(each),
            kind,
            each.span,
            each.required or each.primary,
            each.primary,
            references=ForeignKey((_column(each),), table, (key,)),
        )

    def _key_of(self, known: _Model, depth: int = 0) -> tuple[str, str]:
        """Name and type of a model's key."""
        key = next((each for each in known.fields.values() if each.primary), None)
        if key is None or depth > _DEEPEST:
            return "id", "bigint"
        definition = self._definition(known, key, depth + 1)
        return definition.name, definition.type

    def _target(self, owner: _Model, link: ModelField) -> _Model | None:
        """The model that a field leads to, where the migrations make it."""
        if link.link == "self":
            return owner
        if link.link is not None and link.link.startswith("settings."):
            return next((each for each in self._models.values() if {"password", "last_login"} <= each.fields.keys()), None)
        return self._models.get(_key(owner.app, link.link or ""))


def _key(app: str, link: str) -> tuple[str, str]:
    """``app.Model`` or ``Model`` of the same app, as models are kept."""
    there, mark, name = link.rpartition(".")
    return (there.rpartition(".")[2], name.lower()) if mark else (app, name.lower())


def _column(each: ModelField) -> str:
    if each.column is not None:
        return each.column
    return f"{each.name}_id" if each.link is not None else each.name


def _foreign(app: str) -> tuple[str, str]:
    """The key of a model of another package."""
    return "id", "integer" if app in _OWN_APPS or app == "settings" else "bigint"
