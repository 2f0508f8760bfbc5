"""Which names of a Python module hold rows, and which calls read such rows from a file or keep them in one; says nothing of what is done with them."""

from collections.abc import Container
from typing import NamedTuple

from batten.code.model import Assign, Attribute, Call, Expression, Lambda, Literal, Name, Record, Sequence, Statement, Unit
from batten.code.names import qualify
from batten.code.parts import expressions, last_step
from batten.code.scopes import Scope
from batten.extract.brought_in import brought_in
from batten.extract.module_rows import NO_ROWS, NO_ROWS_OF_MODULES
from batten.regex import regex

_READERS = frozenset(
    (
        "json#load", "json#loads", "ujson#load", "orjson#loads", "pickle#load", "pickle#loads", "joblib#load", "yaml#safe_load", "yaml#load", "csv#DictReader", "csv#reader",
        "pandas#read_csv", "pandas#read_json", "pandas#read_excel", "pandas#read_pickle", "pandas#read_parquet", "polars#read_csv", "shelve#open",
    )
)  # fmt: skip
_WRITERS = frozenset(("json#dump", "ujson#dump", "pickle#dump", "joblib#dump", "yaml#dump", "yaml#safe_dump"))
_WRITING = frozenset(("to_csv", "to_json", "to_excel", "to_pickle", "to_parquet", "writerow", "writerows", "write_text"))
_MODULES = ("json", "ujson", "orjson", "pickle", "joblib", "yaml", "csv", "pandas", "polars", "shelve")
# What others read and keep for a handler: ``load_orders()``, ``store.save("orders.json", orders)``.
LOADS = regex(r"_?(?:load|read)(?:_(?:all_?)?(?P<rows>\w+))?$")
_SAVES = regex(r"_?(?:save|write|store|dump|persist)(?:_\w+)?$")
NO_NAME = frozenset(
    ("", "json", "csv", "pickle", "data", "db", "database", "file", "all", "from_file", "store", "storage", "state", "excel")
)
_FILE = regex(r"(?:^|[/\\])(?P<name>[\w-]+)\.(?:json|jsonl|csv|pkl|pickle|ya?ml|xlsx?|parquet|db)$")
_READING = frozenset(name.partition("#")[2] for name in _READERS)
# What reads anything that it is handed.
_OF_ANYTHING = frozenset(("load", "loads", "safe_load", "DictReader", "reader"))
_OPENS = frozenset(("open", "read_text", "read_bytes"))
_MANY = regex(r"(?:s|_(?:data|db|json|csv))$")
_SCALARS = frozenset(("str", "int", "float", "bool", "bytes"))
_MOST_STEPS = 12


class Rows(NamedTuple):
    """Rows, all or some of them: what they are called, the columns that say which, and whether these are those that are left."""

    table: str
    where: tuple[tuple[str, Expression], ...] = ()
    rest: bool = False
    one: bool = False
    of_file: bool = False
    by_column: bool = False
    """What is under a key is a column, and not one of several tables."""


class RowFiles:
    """What one module keeps rows in. ``loaders`` are its functions that give all rows of a file, each with what these are called; ``savers`` those that keep them."""

    def __init__(self, unit: Unit, scope: Scope) -> None:
        self._scope = scope
        self._tables: dict[str, Rows] = {}
        self.loaders: dict[str, str | None] = {}
        self.savers: set[str] = set()
        imported = {entry.module.partition(".")[0] for entry in unit.imports}
        reads = not imported.isdisjoint(_MODULES) or any(LOADS.match(entry.name or "") for entry in unit.imports)
        for statement in unit.body:
            self._enter(statement)
        self._tables |= {name: Rows(name) for name in brought_in(unit, _may_be_rows)}
        self.reads = reads
        self.may_keep = reads or bool(self._tables)

    def _enter(self, statement: Statement) -> None:
        """A name of the module that holds rows."""
        if not isinstance(statement, Assign) or not isinstance(statement.target, Name) or statement.value is None:
            return
        name = statement.target.id
        if not _is_of_scalars(statement.annotation) and _may_be_rows(name) and _is_store(statement.value):
            self._tables[name] = Rows("" if name.lower() in NO_NAME else name)

    def table(self, name: str) -> Rows | None:
        """The rows that a name of the module stands for."""
        return self._tables.get(name)

    def loaded(self, call: Call, files: dict[str, str]) -> Rows | None:
        """The rows that a call reads from a file."""
        if self.is_reader(call):
            if last_step(call.callee) in _OF_ANYTHING and not any(_is_opened(each, files) for each in call.args[:1]):
                return None
            named = next((name for arg in call.args[:1] if (name := self.file(arg, files))), None)
            if last_step(call.callee) == "open":  # https://docs.python.org/3/library/shelve.html: what is put there is kept
                given = call.args[0] if call.args else None
                return Rows(named or (str(given.value) if isinstance(given, Literal) else ""))
            by_column = last_step(call.callee).startswith(("read_", "Dict", "reader"))
            return Rows(named or "", of_file=True, by_column=by_column)
        named_so = last_step(call.callee)
        called = LOADS.match(named_so)
        rows = (called["rows"] or "") if called is not None else ""
        if named_so not in self.loaders:
            of_many = rows in NO_NAME or (
                _MANY.search(rows) is not None and not NO_ROWS.search(rows) and not NO_ROWS_OF_MODULES.search(rows)
            )
            if called is None or not of_many or not self._is_elsewhere(call) or not all(map(_is_fixed, call.args)):
                return None
        named = next((name for arg in call.args[:1] if (name := self.file(arg, files))), None)
        return Rows(named or self.loaders.get(named_so) or ("" if rows in NO_NAME else rows), of_file=True)

    def saves(self, call: Call) -> bool:
        """It keeps rows in a file."""
        named_so = last_step(call.callee)
        return self.writes(call) or named_so in self.savers or (_SAVES.match(named_so) is not None and self._is_elsewhere(call))

    def file(self, node: Expression, files: dict[str, str]) -> str | None:
        """What a file is called that an expression names or holds, without its ending."""
        pending = [node]
        for _ in range(_MOST_STEPS):
            if not pending:
                return None
            part = pending.pop()
            if isinstance(part, Name) and part.id in files:
                return files[part.id] or None
            if isinstance(part, Name) and (home := self._scope.values.get(part.id)):
                pending.append(home[0].expression)
            elif isinstance(part, Literal) and isinstance(part.value, str):
                found = _FILE.search(part.value)
                if found is not None:
                    return found["name"]
            else:
                pending += expressions(part)
        return None

    def is_reader(self, call: Call) -> bool:
        """It reads rows from a file that it is handed."""
        return last_step(call.callee) in _READING and qualify(call.callee, self._scope) in _READERS

    def writes(self, call: Call) -> bool:
        """It writes into a file."""
        named_so = last_step(call.callee)
        return named_so in _WRITING or (named_so in ("dump", "safe_dump") and qualify(call.callee, self._scope) in _WRITERS)

    def _is_elsewhere(self, call: Call) -> bool:
        """It is a function of another file."""
        name = qualify(call.callee, self._scope)
        return (
            name is not None
            and "#" in name
            and not name.startswith(("#", "@"))
            and name.partition("#")[0].partition(".")[0] not in _MODULES
        )


def _may_be_rows(name: str) -> bool:
    return not name.startswith("_") and not NO_ROWS.search(name) and not NO_ROWS_OF_MODULES.search(name)


def opens(call: Call) -> bool:
    """What it gives is a file, or what stands in one."""
    return last_step(call.callee) in _OPENS


def _is_opened(node: Expression, files: Container[str]) -> bool:
    """It is a file, or what stands in one: and not an answer, or what a request holds."""
    pending = [node]
    while pending:
        part = pending.pop()
        if (isinstance(part, Name) and part.id in files) or (isinstance(part, Call) and opens(part)):
            return True
        pending += expressions(part)
    return False


def _is_fixed(node: Expression) -> bool:
    """A text, or a constant as people write them."""
    return (
        isinstance(node, Literal) or (isinstance(node, Name) and node.id.isupper()) or (isinstance(node, Attribute) and node.name.isupper())
    )


def _is_of_scalars(annotation: Expression | None) -> bool:
    """``dict[str, int]``: what is kept is no row."""
    parts = expressions(annotation) if annotation is not None else ()
    inner = parts[-1] if parts else None
    while isinstance(inner, Sequence) and inner.items:
        inner = inner.items[-1]
    return isinstance(inner, Name) and inner.id in _SCALARS


def _is_store(value: Expression) -> bool:
    """A map or a list that is empty at first, or holds records."""
    match value:
        case Call(callee=callee, args=args):
            return last_step(callee) in ("dict", "list", "OrderedDict", "defaultdict") and all(
                isinstance(each, Name | Lambda) for each in args
            )
        case Sequence(items=items):
            return all(isinstance(item, Record) for item in items)
        case Record(entries=entries):
            return all(isinstance(entry.value, Record | Sequence) and _is_store_or_row(entry.value) for entry in entries)
    return False


def _is_store_or_row(value: Expression) -> bool:
    return isinstance(value, Record) or _is_store(value)
