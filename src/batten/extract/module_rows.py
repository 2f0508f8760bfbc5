"""Which names of a JavaScript module hold rows, and which calls read such rows from a file or keep them in one; says nothing of what is done with them."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from batten.code.model import (
    Assign,
    Attribute,
    Await,
    Call,
    Define,
    Expression,
    Function,
    Lambda,
    Literal,
    Name,
    Operation,
    Record,
    Return,
    Sequence,
    Statement,
    Subscript,
    Unit,
)
from batten.code.parts import bound_parameters, expressions, last_step, statement_expressions, walked
from batten.code.scopes import Scope
from batten.extract.values import OWN
from batten.regex import regex

NO_ROWS = regex(
    r"cache|limit|attempt|socket|client|connection|listener|handler|subscri|observer|callback|queue|timer|timeout|pending|lock|nonce|visited|seen"
    r"|registr|plugin|provider|config|setting|option|metric|counter|watcher|route|middleware|instance|buffer|index(?:es)?$|^by[A-Z]|^_?ids?$",
    re.IGNORECASE,
)
"""What a class, or a module, keeps besides rows, by its name."""
NO_ROWS_OF_MODULES = regex(
    r"session|token|otp|prompt|histor|conversation|memory|context|thread|progress|status|job|embedding|vector|model|chunk|result|worker|secret|color|locale|translation|label"
    r"|stat(?:e|s|istics)?$|health|outcome|timestamp|param|arg|map(?:ping)?s?$|message$|features?$|_by_",
    re.IGNORECASE,
)
"""Of a module's names, besides that: what a program works with, and what it says to a model."""
_READS = frozenset(("readFileSync", "readFile", "readJson", "readJsonSync", "readJSON", "readJSONSync"))
_PARSES = frozenset(("readJson", "readJsonSync", "readJSON", "readJSONSync"))
_WRITES = frozenset(
    ("writeFileSync", "writeFile", "writeJson", "writeJsonSync", "writeJSON", "writeJSONSync", "outputJson", "outputJsonSync")
)
_OF_FILES = frozenset(("fs", "fs-extra", "graceful-fs", "jsonfile"))
# What others read and keep for a handler: ``readOrders()``, ``writeData(data)``.
_LOADS = regex(r"(?:read|load)(?P<rows>[A-Z]\w*)$")
_SAVES = regex(r"(?:save|write|persist)[A-Z]\w*$")
_NO_NAME = regex(r"(?:all)?(?:data|db|database|json|file|store|storage|state|jsonfile|fromfile|datafile|datastore)?$", re.IGNORECASE)
_FILE = regex(r"(?:^|[/\\])(?P<name>[\w-]+)\.json$")
# What another module of the app exports that may be rows: neither a function nor what pages are made of.
_EXPORTED = regex(
    r"(?!(?:get|set|use|is|has|should|can|create|make|build|find|list|with|to|on|fetch|load|read|save|write|add|update|remove|delete|send|parse|format|validate|render|handle)[A-Z])"
    r"(?:db|database|data|store|storage|[a-z]\w*(?:[a-rt-z]s|List|Data|DB|Db|Store))$"
)
_CONTENT = regex(
    r"(?:link|item|section|field|option|style|icon|prop|util|helper|type|constant|hook|action|service|schema|model|error|param|arg|column|step|tab|feature|definition|plan)s$",
    re.IGNORECASE,
)
# What a program counts and keeps for itself while it runs.
_RUNNING = regex(
    r"hits?$|in_?flight|runs?$|pools?$|gates?$|kv$|hash|cooldown|interval|checks?$|batch|allow|block|bucket|window|recent|^last|count|usage|requests?$|manifest|snapshot|lineage|factor|tracker|memor|logs?$|template|servers?$|timestamps?$|(?-i:^is[A-Z])|violation|warning|problem|finding",
    re.IGNORECASE,
)
_CHANGES = frozenset(("push", "unshift", "splice", "set", "delete", "clear", "pop", "shift"))
_OF_REQUESTS = frozenset(("req", "request", "res", "ctx", "c", "context", "event", "reply"))
_MOST_STEPS = 40


class Chosen(NamedTuple):
    """Rows, all or some of them: what they are called, and the columns that say which, with the values."""

    field: str
    where: tuple[tuple[str, Expression], ...] = ()
    rest: bool = False
    """They are those that are left."""
    whole: bool = False
    """Several tables are held together."""
    loaded: bool = False
    """They were read from a file, and what is done to them lasts only if they are written back."""
    receiver: str | None = None
    of_file: bool = False
    """They were read from a file when the app started."""
    elsewhere: bool = False
    """Another module of the app exports them: what they are is only told by what is asked of them."""
    new: bool = True
    """Nothing told of them yet: they have not been given a name after they were looked up."""


class ModuleRows:
    """What one module keeps rows in."""

    def __init__(self, unit: Unit, scope: Scope) -> None:
        self._scope = scope
        self._tables: dict[str, Chosen] = {}
        self._loaders: dict[str, Chosen] = {}
        self._savers: set[str] = set()
        self._imported = {
            entry.local: entry
            for entry in unit.imports
            if entry.module.startswith(OWN) and not entry.type_only and _EXPORTED.match(entry.local) and may_hold(entry.local)
        }
        of_files = any(entry.module.removeprefix("node:").partition("/")[0] in _OF_FILES for entry in unit.imports)
        for name, function in (each for statement in unit.body for each in _functions(statement)) if of_files else ():
            calls = [part for statement in walked(function.body) for part in inner_parts(statement) if isinstance(part, Call)]
            if any(last_step(call.callee) in _WRITES for call in calls):
                self._savers.add(name)
            elif _gives_file(function, calls):
                at = next((call for call in calls if last_step(call.callee) in _READS), None)
                self._loaders[name] = _rows_called((self._file(at, scope) if at is not None else None) or _rows_of(name))
        for statement in unit.body:
            if isinstance(statement, Assign) and isinstance(statement.target, Name) and statement.value is not None:
                self._enter(statement.target.id, statement.value)
        self._changed = _changed(unit) if self._tables or self._imported else frozenset()
        # What is written out and stays as it is is content, and no rows.
        self._tables = {name: rows for name, rows in self._tables.items() if name in self._changed or rows.of_file}
        loading = [entry.local for entry in unit.imports if entry.module.startswith(OWN) and _LOADS.match(entry.local)]
        self.may_keep = bool(self._tables or self._imported or loading) or of_files
        reading = (entry.local for entry in unit.imports if of_files)
        self.names = frozenset((*self._tables, *self._imported, *self._loaders, *loading, *reading))
        """One of these stands in every function that asks for rows."""

    def _enter(self, name: str, value: Expression) -> None:
        if name.isupper() or not may_hold(name):
            return
        if is_store(value) or _holds_tables(value):
            self._tables[name] = _rows_called(name, whole=_holds_tables(value))
        elif (loaded := self.loaded(value, self._scope)) is not None:
            self._tables[name] = loaded._replace(field=loaded.field or ("" if _NO_NAME.match(name) else name), loaded=False, of_file=True)

    def table(self, name: str, scope: Scope, *, sure: bool) -> Chosen | None:
        """The rows that a name stands for that is one of the module, or that another module of the app exports."""
        home = scope.find(name)
        if home is None or home.parent is not None:
            return None
        entry = self._imported.get(name)
        if entry is None:
            return self._tables.get(name)
        of_file = entry.module.endswith(".json")
        return _rows_called(name)._replace(elsewhere=not of_file) if sure or of_file or name in self._changed else None

    def loaded(self, node: Expression, scope: Scope) -> Chosen | None:
        """The rows that a call reads from a file."""
        for _ in range(_MOST_STEPS):
            match node:
                case Await(value=inner) | Operation(operator="||" | "??", operands=(inner, *_)):
                    node = inner
                case _:
                    break
        if not isinstance(node, Call):
            return None
        if is_parser(node) and self._is_of_file(node, scope):
            return _rows_called(self._file(node, scope) or "")._replace(loaded=True)
        if not isinstance(node.callee, Name):
            return None
        name = node.callee.id
        home = scope.find(name)
        if name in self._loaders and home is not None and home.parent is None:
            file = next((found for each in node.args if (found := self._file(each, scope))), None)
            return (_rows_called(file) if file is not None else self._loaders[name])._replace(loaded=True)
        if _LOADS.match(name) and not node.args and home is not None and name in home.imports and home.imports[name].module.startswith(OWN):
            return _rows_called(_rows_of(name))._replace(loaded=True)
        return None

    def is_loader(self, name: str) -> bool:
        """A function of the module gives all rows of a file: what becomes of them is told where it is called."""
        return name in self._loaders

    def saves(self, call: Call) -> bool:
        """It keeps rows in a file."""
        name = last_step(call.callee)
        return name in _WRITES or name in self._savers or _SAVES.match(name) is not None

    def _is_of_file(self, node: Call, scope: Scope) -> bool:
        """What is parsed stands in a file: ``JSON.parse(fs.readFileSync(FILE, "utf8"))``."""
        return any(isinstance(part, Call) and last_step(part.callee) in _READS for part in _behind(node, scope))

    def _file(self, node: Expression, scope: Scope) -> str | None:
        """What a file is called that an expression names, without its ending."""
        texts = (part.value for part in _behind(node, scope) if isinstance(part, Literal) and isinstance(part.value, str))
        return next((found["name"] for text in texts if (found := _FILE.search(text)) is not None), None)


def _behind(node: Expression, scope: Scope) -> Iterator[Expression]:
    """An expression and what is in it, with what its names were given."""
    pending = [node]
    for _ in range(_MOST_STEPS):
        if not pending:
            return
        part = pending.pop()
        yield part
        if isinstance(part, Name):
            home = scope.find(part.id)
            pending += [each.expression for each in home.values.get(part.id, ())[:1]] if home is not None else []
        else:
            pending += expressions(part)


def is_parser(node: Call) -> bool:
    """``JSON.parse(text)``, ``fs.readJson(FILE)``."""
    name, callee = last_step(node.callee), node.callee
    return name in _PARSES or (
        name == "parse" and isinstance(callee, Attribute) and isinstance(callee.value, Name) and callee.value.id == "JSON"
    )


def _gives_file(function: Function, calls: list[Call]) -> bool:
    """It gives what stands in a file, whoever asks."""
    names = [name for name, _ in bound_parameters(function)]
    given = [each.value for each in walked(function.body) if isinstance(each, Return) and each.value is not None]
    picks = any(isinstance(part, Lambda | Subscript) for each in given for part in _all_in(each))
    reads = any(map(is_parser, calls)) and any(last_step(call.callee) in _READS for call in calls)
    return reads and bool(given) and not picks and len(names) <= 1 and _OF_REQUESTS.isdisjoint(names)


def _changed(unit: Unit) -> frozenset[str]:
    """The names that something is put into, taken out of, or given anew in a function of the module, at any depth."""
    found: set[str | None] = set()
    bodies = [unit.body]
    while bodies:
        for statement in walked(bodies.pop()):
            if isinstance(statement, Define):
                bodies.append(statement.value.body)
            elif isinstance(statement, Assign) and not statement.declares:
                found.add(_root(statement.target))
            for part in inner_parts(statement):
                if isinstance(part, Lambda):
                    bodies.append(part.function.body)
                elif isinstance(part, Operation) and part.operator == "delete" and part.operands:
                    found.add(_root(part.operands[0]))
                elif isinstance(part, Call) and isinstance(part.callee, Attribute) and part.callee.name in _CHANGES:
                    found.add(_root(part.callee.value))
    return frozenset(name for name in found if name is not None)


def _root(node: Expression | None) -> str | None:
    """The name that a chain of steps begins with."""
    while isinstance(node, Attribute | Subscript):
        node = node.value
    return node.id if isinstance(node, Name) else None


def is_store(value: Expression) -> bool:
    """A map or a list that is empty at first, or holds records."""
    match value:
        case Call(callee=Name(id="Map"), new=True):
            return True
        case Sequence(items=items):
            return all(isinstance(item, Record) for item in items)
        case Record(entries=entries):
            return all(isinstance(entry.value, Record) for entry in entries)
    return False


def _holds_tables(value: Expression) -> bool:
    """``{ users: [], orders: [] }``."""
    return (
        isinstance(value, Record)
        and bool(value.entries)
        and all(isinstance(each.value, Sequence | Call) and is_store(each.value) for each in value.entries)
    )


def may_hold(name: str) -> bool:
    """What is called so may be rows."""
    return (
        not name.startswith("_")
        and not _CONTENT.search(name)
        and not _RUNNING.search(name)
        and not NO_ROWS.search(name)
        and not NO_ROWS_OF_MODULES.search(name)
    )


def _rows_of(name: str) -> str:
    """What the rows are called that a function reads: ``readOrders``."""
    found = _LOADS.match(name)
    rows = found["rows"] if found is not None else ""
    return rows[:1].lower() + rows[1:]


def _rows_called(name: str, *, whole: bool = False) -> Chosen:
    nameless = _NO_NAME.match(name) is not None
    return Chosen("" if nameless else name, whole=whole or nameless)


def _functions(statement: Statement) -> list[tuple[str, Function]]:
    match statement:
        case Define(value=Function() as function):
            return [(function.name, function)]
        case Assign(target=Name(id=name), value=Lambda(function=function)):
            return [(name, function)]
    return []


def inner_parts(statement: Statement) -> list[Expression]:
    """The expressions of a statement, with all that is in them."""
    return [part for each in statement_expressions(statement) for part in _all_in(each)]


def _all_in(node: Expression) -> list[Expression]:
    found = [node]
    for part in found:
        found += expressions(part)
    return found
