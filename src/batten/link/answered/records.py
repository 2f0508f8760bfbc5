"""The models of an app whose records hold credentials, by the names that code has for them: ORMs', and the tables of the database."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from batten.facts.calls import Binding, Call, parted, simple_name
from batten.facts.flows import Graph
from batten.facts.project import FileFacts
from batten.facts.schema import Table
from batten.link.answered.entities import Entities
from batten.link.callgraph import Code
from batten.link.holdings import members_of
from batten.link.lineage import classes_of
from batten.link.model_columns import ModelColumns, entries
from batten.link.schema.private_names import CREDENTIALS, text_kind, words
from batten.regex import regex

_MAKES_MODEL = frozenset(("model", "define"))
_MAPPED = frozenset(("Column", "mapped_column"))
_COLUMNS = _MAPPED | {"Field"}
_OF_TEXT = frozenset(("String", "Bytes", "Json"))
_OF_DJANGO = regex(r"^django\.db\.models\.(?:Char|Text|Binary)Field$")
# What tells a model how its records are written out: then it may leave out what it likes.
_WRITES_OUT = frozenset(("toJSON", "toObject", "defaultScope"))
_HIDING_PLUGIN = regex(r"hidden|private|clean|omit|tojson", re.IGNORECASE)
# What an account is entered with: nobody asks for it, not even the one whose it is.
_OF_ACCOUNT = frozenset(
    ("password", "passwd", "pwd", "hash", "otp", "totp", "reset", "verification", "recovery", "backup", "refresh", "magic")
)
# https://docs.djangoproject.com/en/5.2/topics/auth/customizing/
_ACCOUNTS_OF_DJANGO = (".AbstractUser", "#AbstractUser", ".AbstractBaseUser", "#AbstractBaseUser")


class Record(NamedTuple):
    """One model: ``fields`` are those that hold credentials, ``hidden`` those of them that no query gives unless it asks for them by name.

    ``links`` are the fields that lead to another model, with its name, and ``[]`` where they lead to many; what ``eager`` ones lead to always comes along.
    """

    tool: str
    name: str
    fields: tuple[str, ...]
    hidden: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    eager: tuple[str, ...] = ()


class Reading(NamedTuple):
    """Rows that a call gives. ``left_out`` are fields that they do not have, ``with_`` those by which others come along.

    ``made``: they are new. ``others``: they are of as many as there are beside the rows that were asked for, whoever asked for those.
    """

    record: Record
    left_out: frozenset[str] = frozenset()
    with_: tuple[str, ...] = ()
    made: bool = False
    others: bool = False

    def fields(self) -> tuple[str, ...]:
        """The credentials in it."""
        return tuple(field for field in self.record.fields if field not in self.left_out and field not in self.record.hidden)


def of_account(field: str) -> bool:
    """The credential opens an account, and is not a key that its owner has to be shown."""
    return not _OF_ACCOUNT.isdisjoint(words(field))


def is_credential(field: str) -> bool:
    """What a field of this name holds opens something."""
    return text_kind(words(field)) == CREDENTIALS


def _takes_typeorm(file: FileFacts) -> bool:
    return any(entry.module == "typeorm" for entry in file.imports)


def _models_of(file: FileFacts) -> list[Binding]:
    """The bindings of a file that may be models."""
    return [each for each in file.bindings if each.is_class or any(map(_may_make_model, each.calls))]


class Records:
    """Answers which record a name of code stands for; what is asked is kept under ``name`` for the next time.

    ``world`` is what answers rest on beside the files that they look at: the same object as long as it says the same.
    """

    def __init__(self, code: Code, files: Sequence[FileFacts], parsed: Sequence[FileFacts], tables: Iterable[Table], name: str) -> None:
        self._code = code
        self._columns = ModelColumns(code)
        self._files = files
        self._parsed = parsed
        self._name = name
        self.entities = Entities(code) if code.memo.said("takes TypeORM", self._files, _takes_typeorm) else None
        self._prisma = self._of_prisma()
        self._tables: dict[str, set[str]] = {}
        for table in tables:
            names = {column.name for column in table.columns if column.sensitive == CREDENTIALS}
            self._tables.setdefault(table.name.rpartition(".")[2].lower(), set()).update(names)
        self._models = (name, "models")
        memo = code.memo
        named = ((file.path, binding) for file, found in memo.said("models", self._parsed, _models_of) for binding in found)
        memo.set_table(self._models, {"all": tuple(named)})
        world = (self._prisma, self._tables, self.entities is not None)
        self.world: object = memo.once((name, "world"), lambda: world, given=world)

    def prisma(self, client_key: str) -> Record | None:
        """The model that a key of Prisma's client is: ``prisma.user``."""
        return self._prisma.get(client_key.lower())

    def linked(self, record: Record, field: str) -> Record | None:
        """The model that a field of another leads to."""
        target = dict(record.links).get(field)
        if target is None:
            return None
        return self.prisma(target.removesuffix("[]")) if record.tool == "prisma" else self.called(target.removesuffix("[]"))

    def table(self, name: str) -> Record | None:
        """A table of the database by its bare name."""
        found = self._tables.get(name.lower())
        return None if not found else Record("sql", name, tuple(sorted(found)))

    def called(self, name: str) -> Record | None:
        """The model that code has under a name, wherever that is: what queries name by text, or by a key of the client."""
        named: dict[str, Record] = self._code.memo.once((self._name, "called"), self._find_called)
        return named.get(name)

    def _find_called(self) -> dict[str, Record]:
        found: dict[str, Record | None] = {}
        for path, binding in self._code.memo.entry(self._models, "all"):
            record = self._of_binding(path, binding)
            if record is not None:
                for label in {binding.local, record.name}:
                    # Two models of one name: which is meant can't be told.
                    found[label] = None if label in found and found[label] != record else record
        return {label: record for label, record in found.items() if record is not None}

    def of(self, path: str, name: str) -> Record | None:
        """The model that a qualified name of a file denotes; None for anything else, and where its records are written out in a way of their own."""
        home = self._code.home(path, name)
        return None if home is None else self.at(home)

    def at(self, home: tuple[str, str]) -> Record | None:
        """The same for what has a name in a file."""
        found: Record | None = self._code.memo.once(("record", *home), self._of_home, *home)
        return found

    def _of_home(self, path: str, name: str) -> Record | None:
        self._code.ask(path)
        binding = self._code.bindings(path).get(name)
        return None if binding is None else self._of_binding(path, binding)

    def _of_binding(self, path: str, binding: Binding) -> Record | None:
        if binding.is_class:
            return self._of_class(path, binding)
        for call in binding.calls:
            steps = parted(call.callee)[1].split(".")
            if steps[-1] in _MAKES_MODEL and call.arguments:
                return self._of_schema(path, binding, call)
            if steps[-1].endswith("Table") and call.arguments and call is binding.calls[0]:
                return _with_secrets(Record("drizzle", binding.local, _names(call)))
        return None

    # --- models that are made by a call

    def _of_schema(self, path: str, binding: Binding, call: Call) -> Record | None:
        name = call.arguments[0].text
        if name is None or self._writes_out(path):
            return None
        if call.callee.endswith("define"):
            return _with_secrets(Record("sequelize", name, _names(call)))
        found = self._columns.schema(path, binding, call)
        if found is None or (found[0] != path and self._writes_out(found[0])):
            return None
        made = found[1]
        if any(argument.slot.split(".")[1:2] == [each] for argument in made.arguments for each in _WRITES_OUT):
            return None
        fields = tuple(column.name for column in entries(made.arguments, "0"))
        hidden = tuple(
            argument.slot.split(".")[1] for argument in made.arguments if argument.slot.endswith(".select") and argument.text == "false"
        )
        links = tuple(
            (argument.slot.split(".")[1], argument.text)
            for argument in made.arguments
            if argument.slot.endswith(".ref") and argument.text is not None
        )
        return _with_secrets(Record("mongoose", name, fields, hidden, links))

    def _writes_out(self, path: str) -> bool:
        """The file says how records are written out."""
        file = self._code.file(path)
        return file is not None and any(_says_how(graph) for graph in file.graphs)

    # --- classes

    def _of_class(self, path: str, binding: Binding) -> Record | None:
        columns = self.entities.columns(path, binding) if self.entities is not None else None
        if columns is not None:
            return _with_secrets(Record("typeorm", binding.local, columns.fields, columns.hidden, columns.links, columns.eager))
        fields = [
            column.name
            for column in self._columns.of((path, binding.local))
            if column.made_by is None or simple_name(column.made_by) in _COLUMNS or _OF_DJANGO.match(column.made_by)
        ]
        tool = self._tool(path, binding.local)
        if tool == "django" and self._is_account(path, binding.local):
            fields.append("password")
        return _with_secrets(Record(tool, binding.local, tuple(fields))) if tool is not None else None

    def _tool(self, path: str, name: str) -> str | None:
        """What keeps the rows of a class in a database; None where it says nothing of that: what only describes a request has fields, too."""
        made = {column.made_by for column in self._columns.of((path, name)) if column.made_by is not None}
        if any(each.startswith("django.") for each in made) or self._is_account(path, name):
            return "django"
        for at, owner in classes_of(self._code, path, name):
            said = self._code.bindings(at).get(f"{owner}.table")
            if said is not None and said.text == "true":
                return "sqlalchemy"
        mapped = any(simple_name(each) in _MAPPED for each in made)
        return "sqlalchemy" if mapped else None

    def _is_account(self, path: str, name: str) -> bool:
        """It is one of Django's accounts, which have a password of their own."""
        classes = (self._code.bindings(at).get(owner) for at, owner in classes_of(self._code, path, name))
        return any(base.endswith(_ACCOUNTS_OF_DJANGO) for each in classes if each is not None for base in each.bases)

    # --- Prisma

    def _of_prisma(self) -> dict[str, Record]:
        found: dict[str, Record] = {}
        twice: set[str] = set()
        for _, declared in self._code.memo.said("members of models", self._files, members_of):
            members: dict[str, list[tuple[str, str]]] = {}
            for model, field, type_ in declared:
                members.setdefault(model, []).append((field, type_))
            for model, fields in members.items():
                links = tuple((field, type_) for field, type_ in fields if type_[:1].isupper() and type_.removesuffix("[]") not in _SCALARS)
                record = Record(
                    "prisma", model, tuple(field for field, type_ in fields if type_.removesuffix("[]") in _OF_TEXT), links=links
                )
                if model.lower() in found and found[model.lower()] != record:
                    twice.add(model.lower())
                found[model.lower()] = record
        if found and self._omits():
            return {}
        return {name: _cut(record) for name, record in found.items() if name not in twice}

    def _omits(self) -> bool:
        """A client of Prisma's leaves fields out of all that it gives, is changed in ways of its own, or has options that can't be told."""
        return any(self._code.memo.part(("omits", file.path), self._omits_in, file.path) for file in self._parsed)

    def _omits_in(self, path: str) -> bool:
        file = self._code.file(path)
        calls = (call for function in (file.functions if file is not None else ()) for call in function.calls)
        return any(call.callee.endswith(("PrismaClient", ".$extends")) and _may_omit(call) for call in calls)


def _may_make_model(call: Call) -> bool:
    last = simple_name(call.callee)
    return last in _MAKES_MODEL or last.endswith("Table")


def _may_omit(call: Call) -> bool:
    options = {argument.slot.split(".")[1] for argument in call.arguments if argument.slot.startswith("0.")}
    return bool(options & {"omit", "result"}) if options else any(argument.slot == "0" for argument in call.arguments)


_SCALARS = frozenset(("String", "Boolean", "Int", "BigInt", "Float", "Decimal", "DateTime", "Json", "Bytes"))


def _cut(record: Record) -> Record:
    return record._replace(fields=tuple(field for field in record.fields if is_credential(field)))


def _with_secrets(record: Record) -> Record | None:
    """The record, where it holds credentials or leads to others."""
    found = _cut(record)
    return found if found.fields or found.links else None


def _names(call: Call) -> tuple[str, ...]:
    """The columns of a table that a call makes: ``sequelize.define("note", { … })``."""
    return tuple(column.name for column in entries(call.arguments, "1"))


def _says_how(graph: Graph) -> bool:
    for call in graph.calls:
        if call.callee == "=" and call.method in _WRITES_OUT:
            return True
        first = graph.nodes[call.arguments[0]] if call.arguments and call.arguments[0] >= 0 else None
        if call.method in ("set", "method", "plugin") and first is not None:
            text = str(getattr(first, "value", getattr(first, "name", "")))
            if text in _WRITES_OUT or (call.method == "plugin" and _HIDING_PLUGIN.search(text)):
                return True
    return False
