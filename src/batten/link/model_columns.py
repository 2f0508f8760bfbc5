"""The columns of the models that code declares, of every ORM alike; knows nothing of what they say, and no table that SQL makes.

https://docs.sqlalchemy.org/en/20/orm/declarative_tables.html https://docs.djangoproject.com/en/5.2/topics/db/models/ https://mongoosejs.com/docs/guide.html
https://sequelize.org/docs/v6/core-concepts/model-basics/ https://typeorm.io/docs/entity/entities
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from batten.facts.calls import Argument, Binding, Call, Origin, parted
from batten.link.callgraph import Code
from batten.link.lineage import classes_of
from batten.link.rows import singular
from batten.regex import regex
from batten.text import Place

# ``Column``, ``mapped_column``, ``models.CharField``, ``mongoengine.StringField``, ``models.ForeignKey``.
_MAKES_COLUMN = regex(r"(?:^|[.#])(?:mapped_column|\w*Column|\w*Field|ForeignKey|OneToOneField|ReferenceField)$")
_LEADS = regex(r"(?:^|[.#])(?:ForeignKey|OneToOneField|ForeignKeyField|OneToOneRelation|ReferenceField|LazyReferenceField)$")
_LEADING_SLOTS = frozenset(("foreign_key", "to", "reference", "document_type"))
# Columns of theirs are the annotations of the class, too.
_BY_ANNOTATION = regex(r"(?:^|[.#])(?:SQLModel|Document|OdmanticModel|ormar\.Model)$")
_MAPPED = regex(r"#Mapped\b")
# What a class tells the library, and no column.
_SETTINGS = frozenset(("table", "model_config", "Config", "Settings", "Meta"))
_TO_ONE, _TO_MANY = ("ManyToOne", "OneToOne"), ("OneToMany", "ManyToMany")


# https://docs.convex.dev/database/schemas
_MAKES_SCHEMA_OF_TABLES, _MAKES_TABLE, _LEADS_TO_TABLE = "convex/server#defineSchema", "convex/server#defineTable", "convex/values#v.id"
_IN_CONVEX = regex(r"^(?P<folder>(?:.*/)?convex/)[\w./-]+$")


class ModelColumn(NamedTuple):
    """One column of a model, and what the model is called that it leads to, as it is written: ``users.id``, ``User``, ``accounts#User``.

    ``place`` is where a class says so, ``made_by`` what makes it there (``django.db.models.CharField``); None where its annotation does.
    """

    name: str
    leads_to: str | None = None
    place: Place | None = None
    made_by: str | None = None


class ModelColumns:
    """Answers what columns a class, or what is made by a call, has in the database."""

    def __init__(self, code: Code) -> None:
        self._code = code

    def of(self, home: tuple[str, str]) -> tuple[ModelColumn, ...]:
        """The columns of what has a name in a file; none for anything but a model."""
        found: tuple[ModelColumn, ...] = self._code.memo.once(("model columns", *home), self._of, *home)
        return found

    def _of(self, path: str, name: str) -> tuple[ModelColumn, ...]:
        self._code.ask(path)
        binding = self._code.bindings(path).get(name)
        if binding is None:
            return ()
        if binding.is_class:
            return tuple({column.name: column for column in self._of_class(path, binding.local)}.values())
        return tuple(self._made(path, binding))

    def of_table(self, path: str, table: str) -> tuple[ModelColumn, ...]:
        """The fields of a table of Convex that a function of a file works on; none elsewhere."""
        within = _IN_CONVEX.match(path)
        schema = (
            next((name for end in ("ts", "js") if (name := f"{within['folder']}schema.{end}") in self._code.files), None)
            if within
            else None
        )
        tables: dict[str, tuple[ModelColumn, ...]] = (
            self._code.memo.once(("tables of Convex", schema), self._of_schema_of_tables, schema) if schema is not None else {}
        )
        return tables.get(table) or next((columns for name, columns in tables.items() if singular(name) == singular(table)), ())

    def _of_schema_of_tables(self, path: str) -> dict[str, tuple[ModelColumn, ...]]:
        self._code.ask(path)
        made = self._code.bindings(path).get("default")
        calls = made.calls if made is not None else ()
        whole = next((call for call in calls if call.callee == _MAKES_SCHEMA_OF_TABLES), None)
        if whole is None:
            return {}
        tables = [call for call in calls if call.callee == _MAKES_TABLE]
        heads = {each.slot[2:]: each for each in whole.arguments if each.slot.startswith("0.") and each.slot.count(".") == 1}
        found = {
            name: next((call for call in tables if call.span in each.span), None) or self._made_apart(path, each)
            for name, each in heads.items()
        }
        return {name: tuple(_fields(call)) for name, call in found.items() if call is not None}

    def _made_apart(self, path: str, table: Argument) -> Call | None:
        """The call that makes a table elsewhere, of which a schema has the name alone."""
        home = self._code.home(path, table.name) if table.name is not None else None
        if home is None:
            return None
        self._code.ask(home[0])
        binding = self._code.bindings(home[0]).get(home[1])
        return next((call for call in binding.calls if call.callee == _MAKES_TABLE), None) if binding is not None else None

    def _of_class(self, path: str, name: str) -> Iterator[ModelColumn]:
        classes = [(at, owner, self._code.bindings(at)) for at, owner in classes_of(self._code, path, name)]
        wholes = [bindings.get(owner) for _, owner, bindings in classes]
        annotated = any(_BY_ANNOTATION.search(base) for whole in wholes if whole is not None for base in whole.bases)
        for (at, owner, bindings), whole in zip(classes, wholes, strict=True):
            for local, each in bindings.items():
                of, _, field = local.rpartition(".")
                if of != owner or field.startswith("__"):
                    continue
                if each.decorators:
                    yield ModelColumn(field, _related(each), each.place)
                elif each.calls and _MAKES_COLUMN.search(each.calls[0].callee):
                    callee = each.calls[0].callee
                    yield ModelColumn(field, _led_to(each.calls), each.place, self._code.canonical(at, callee) or callee)
                elif not each.calls and field not in _SETTINGS and (annotated or (each.name is not None and _MAPPED.search(each.name))):
                    yield ModelColumn(field, None, each.place)
            if whole is not None and any(base.startswith("sequelize") for base in whole.bases):
                yield from self._of_init(at, owner)

    def _of_init(self, path: str, name: str) -> Iterator[ModelColumn]:
        """What a class of Sequelize is told of its table: ``Note.init({ text: …, userId: … }, { sequelize })``."""
        for function in self._code.functions(path).values():
            for call in function.calls:
                if call.callee == f"#{name}.init":
                    yield from entries(call.arguments, "0")

    def _made(self, path: str, binding: Binding) -> Iterator[ModelColumn]:
        """The columns of ``mongoose.model("Note", noteSchema)``, ``sequelize.define("note", { … })`` and ``sqliteTable("notes", { … })``."""
        for call in binding.calls:
            last = parted(call.callee)[1].rpartition(".")[2]
            if last == "Schema":
                yield from entries(call.arguments, "0")
            elif last == "define" or last.endswith("Table"):
                yield from entries(call.arguments, "1")
            elif last == "model" and (schema := self.schema(path, binding, call)) is not None:
                yield from entries(schema[1].arguments, "0")

    def schema(self, path: str, binding: Binding, call: Call) -> tuple[str, Call] | None:
        """The call that makes the schema which ``mongoose.model("Note", noteSchema)`` is given, with its file; None where that can't be told."""
        inline = next((each for each in binding.calls if _makes_schema(each)), None)
        if inline is not None:
            return path, inline
        given = next((each for each in call.arguments if each.slot == "1"), None)
        names = (
            [source.text for source in given.sources if source.origin is Origin.NAME and "#" in source.text] if given is not None else []
        )
        for name in dict.fromkeys((*((given.name,) if given is not None and given.name else ()), *names)):
            home = self._code.home(path, name)
            if home is None:
                continue
            self._code.ask(home[0])
            made = self._code.bindings(home[0]).get(home[1])
            schema = next((each for each in made.calls if _makes_schema(each)), None) if made is not None else None
            if schema is not None:
                return home[0], schema
        return None


def _makes_schema(call: Call) -> bool:
    return parted(call.callee)[1].endswith("Schema")


def _related(field: Binding) -> str | None:
    """The class of which a field holds one: what leads to many says whose none of them is."""
    marks = {parted(mark.callee)[1] for mark in field.decorators}
    if not marks.isdisjoint(_TO_MANY):
        return None
    return field.name if not marks.isdisjoint(_TO_ONE) else next(iter(field.types), None)


def _led_to(calls: Iterable[Call]) -> str | None:
    for call in calls:
        slots = {"0"} if _LEADS.search(call.callee) else _LEADING_SLOTS
        for argument in call.arguments:
            if argument.slot in slots:
                return argument.text or argument.name or next((each.text for each in argument.sources), None)
    return None


def entries(arguments: Iterable[Argument], slot: str) -> Iterator[ModelColumn]:
    """The keys of the record that stands in a slot, each with the model that it refers to."""
    arguments = tuple(arguments)
    leads = {argument.slot: argument.text for argument in arguments if argument.slot.endswith((".ref", ".references.model"))}
    for argument in arguments:
        head, _, key = argument.slot.partition(".")
        if head == slot and key and "." not in key:
            yield ModelColumn(key, leads.get(f"{argument.slot}.ref") or leads.get(f"{argument.slot}.references.model"))


def _fields(table: Call) -> Iterator[ModelColumn]:
    for each in table.arguments:
        if each.slot.startswith("0.") and each.slot.count(".") == 1:
            leads = any(source.text == _LEADS_TO_TABLE for source in each.sources)
            yield ModelColumn(each.slot[2:], next((s.text for s in each.sources if s.origin is Origin.LITERAL), None) if leads else None)
