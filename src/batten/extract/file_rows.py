"""Rows that Python code keeps in files and in the maps and lists of a module: what its functions ask of them, told as requests to a database are.

``rows = json.load(f)``, then ``next(row for row in rows if row["id"] == key)`` is ``in-memory#rows.<file>.findUnique`` with the key under ``where``.
"""

from collections.abc import Iterator

from batten.code.model import (
    Assign,
    Attribute,
    Await,
    Block,
    Branch,
    Call,
    Class,
    Define,
    Evaluate,
    Expression,
    Function,
    Lambda,
    Literal,
    Loop,
    Name,
    Operation,
    Return,
    Sequence,
    Statement,
    Subscript,
    Unit,
    Unknown,
)
from batten.code.parts import bound_parameters, expressions, last_step, statement_expressions, targets, walked
from batten.code.scopes import Scope
from batten.extract.compared_columns import compared, tested
from batten.extract.kept_rows import asked
from batten.extract.row_files import LOADS, NO_NAME, RowFiles, Rows, opens
from batten.facts import calls as facts
from batten.regex import regex

# What is left of the name of a class is what its rows are called.
_OF_STORE = regex(r"(?:Store|Storage|Repository|Repo|Manager|Service|Database|Db|DB|DAO|Dao|File|Json|JSON|CSV|Csv)+")
_WHOLE = frozenset(
    ("list", "sorted", "reversed", "dict", "tuple", "enumerate", "set", "copy", "deepcopy", "next", "iter", "filter", "DataFrame")
)
_SAME = frozenset(
    ("values", "items", "copy", "to_dict", "head", "tail", "sort_values", "reset_index", "fillna", "all", "get_all", "iterrows", "itertuples")
)  # fmt: skip
_ADDS = frozenset(("append", "insert", "extend", "appendleft", "add"))
_CELLS = frozenset(("loc", "iloc", "at", "iat"))
_SHAPE = frozenset(("columns", "shape", "empty", "index", "dtypes", "keys"))
_LOOKS = frozenset(("len", "max", "min", "sum", "any", "all", "isinstance", "print", "str", "bool", "range", "type"))
_CHANGES = _ADDS | {"update", "pop", "remove", "popitem", "clear", "drop", "sort"}
_KEYS = frozenset(("id", "_id", "uuid", "pk"))
_GLOBAL = "global_statement"
_SHORTEST = 3
_MOST_STEPS = 12


class FileRows:
    """What the functions of one module ask of rows that are kept so."""

    def __init__(self, unit: Unit, scope: Scope) -> None:
        self._scope = scope
        self._module = RowFiles(unit, scope)
        if self._module.reads:
            self._learn(list(_functions(unit.body)))

    def asked(self, function: Function, scope: Scope) -> tuple[facts.Call, ...]:
        """What a function asks of rows that are kept so."""
        if not self._module.may_keep or (function.name in self._module.loaders and scope.this is None and LOADS.match(function.name)):
            return ()  # what is read to be changed and kept is told where that is done
        return tuple(_Reading(self._module, function, scope).asked())

    def _learn(self, functions: list[Function]) -> None:
        """The functions that give all rows of a file, and those that keep them."""
        for function in functions:
            calls = [part for statement in walked(function.body) for part in _parts(statement) if isinstance(part, Call)]
            if any(self._module.writes(call) for call in calls):
                self._module.savers.add(function.name)
            if function.decorators or not any(self._module.is_reader(call) for call in calls):
                continue
            given = list(_Reading(self._module, function, self._scope).given())
            if any(not each.where for each in given):
                named = LOADS.match(function.name)
                file = next((each.table for each in given if each.table), None)
                rows = (named["rows"] or "") if named is not None else ""
                self._module.loaders[function.name] = file or (None if rows in NO_NAME else rows)


class _Reading:
    """One function, statement by statement: what its names stand for, and what it does with them."""

    def __init__(self, module: RowFiles, function: Function, scope: Scope) -> None:
        self._module = module
        self._function = function
        self._scope = scope
        self._names: dict[str, Rows] = {}
        self._files: dict[str, str] = {}
        self._own = {name for name, _ in bound_parameters(function)}
        """The names that stand for nothing of the module here."""
        lent: set[str] = set()
        for statement in walked(function.body):
            target, _ = _bound(statement)
            self._own |= {name for name, _ in targets(target)} if target is not None else set()
            if isinstance(statement, Evaluate) and isinstance(statement.value, Unknown) and statement.value.kind == _GLOBAL:
                lent |= {each.id for each in statement.value.children if isinstance(each, Name)}
        self._own -= lent
        self._given = {name for name, _ in bound_parameters(function)}
        self._saved = False

    def given(self) -> Iterator[Rows]:
        """The rows that the function returns."""
        for statement in walked(self._function.body):
            rows = self.rows(statement.value) if isinstance(statement, Return) and statement.value is not None else None
            if rows is not None:
                yield rows
            self._bind(statement)

    def _bind(self, statement: Statement) -> None:
        target, source = _bound(statement)
        if target is None or source is None:
            compared = statement.test if isinstance(statement, Branch) else None
            if compared is not None:
                self._tell_apart(compared)
            return
        if isinstance(target, Name) and isinstance(source, Call) and opens(source):
            self._files.setdefault(target.id, self._module.file(source, self._files) or "")
        rows = self.rows(source)
        if rows is None or (isinstance(target, Name) and target.id not in self._own):
            return
        if isinstance(target, Name) and not rows.table and isinstance(statement, Assign) and len(target.id) >= _SHORTEST:
            rows = rows._replace(table="" if target.id in NO_NAME else target.id)
        if rows.rest:
            rows = rows._replace(where=(), rest=False)
        for name, _ in targets(target):
            self._names[name] = rows._replace(one=rows.one or isinstance(statement, Loop))

    def _tell_apart(self, test: Expression) -> None:
        """``if row["id"] == key``: which of the rows a loop goes on with."""
        for name, column, value, equal in compared(test, self._names):
            rows = self._names.get(name)
            if rows is not None and equal:
                self._names[name] = rows._replace(where=(*rows.where, (column, value)))

    def asked(self) -> Iterator[facts.Call]:
        """What is asked of the rows."""
        statements = list(walked(self._function.body))
        self._saved = any(self._module.saves(part) for each in statements for part in _parts(each) if isinstance(part, Call))
        for statement in statements:
            if not isinstance(statement, Branch | Loop):
                target = statement.target if isinstance(statement, Assign) else None
                if isinstance(statement, Assign) and target is not None:
                    yield from self._changed(statement, target)
                for part in statement_expressions(statement):
                    if part is not target:
                        yield from self._in(part, bound=isinstance(statement, Assign))
            self._bind(statement)

    def _changed(self, statement: Assign, target: Expression) -> Iterator[facts.Call]:
        value = statement.value
        if isinstance(target, Subscript | Attribute):
            inner = target.value
            if isinstance(inner, Attribute) and inner.name in _CELLS:
                inner = inner.value
            rows = self.rows(inner)
            if rows is None or not self._keeps(rows):
                return
            if isinstance(target, Subscript):
                told = tuple((column, given) for _, column, given, _ in compared(target.index))
                key = target.index
                by_key = (("id", key),) if not told and not isinstance(key, Literal) else told
                if not rows.where and not told and not (isinstance(key, Name) and key.id in self._given):
                    yield self._tell(rows, "create", statement, value)
                    return
                rows = rows._replace(where=(*rows.where, *by_key))
            elif not rows.where and not rows.one:
                return
            yield self._tell(rows, "update", statement, value)
        elif isinstance(target, Name) and value is not None:
            rows = self.rows(value)
            if rows is not None and rows.rest and rows.where and self._keeps(rows):
                yield self._tell(rows._replace(rest=False), "delete", statement)

    def _in(self, node: Expression, *, bound: bool) -> Iterator[facts.Call]:
        """What an expression asks; ``bound``: a name is given to what it gives, and what becomes of that is told of the name."""
        pending = [(node, bound)]
        while pending:
            part, kept = pending.pop()
            if isinstance(part, Call):
                done = self._done(part)
                if (
                    done is None
                    and isinstance(part.callee, Attribute)
                    and part.callee.name in _CHANGES
                    and self.rows(part.callee.value) is not None
                ):
                    pending += [(each, False) for each in part.args]
                    continue
                if done is not None:
                    yield done
                    pending += [(each, False) for each in part.args]
                    continue
                if self._module.saves(part):
                    pending_rows = [(each, rows) for each in part.args if (rows := self.rows(each)) is not None]
                    for each, rows in pending_rows:
                        if rows.rest and rows.where and not isinstance(each, Name):
                            yield self._tell(rows._replace(rest=False), "delete", each)
                    continue
                if last_step(part.callee) in _LOOKS:
                    continue
            if isinstance(part, Operation) and part.operator == "delete" and part.operands:
                rows = self.rows(part.operands[0])
                if rows is not None and self._keeps(rows):
                    yield self._tell(rows, "delete", part)
                continue
            if isinstance(part, Unknown) and part.kind == _GLOBAL:
                continue
            if isinstance(part, Operation) and part.operator in ("==", "!=", "in", "not in"):
                continue
            rows = self.rows(part)
            if rows is None:
                inner = (
                    (part.callee.value, *expressions(part)[1:])
                    if isinstance(part, Call) and isinstance(part.callee, Attribute)
                    else expressions(part)
                )
                pending += [(each, False) for each in reversed(inner)]
            elif not kept:
                rows = rows._replace(where=()) if rows.rest else rows
                one = rows.one or any(column in _KEYS for column, _ in rows.where)
                yield self._tell(rows, "findUnique" if one else "findMany", part)

    def _done(self, call: Call) -> facts.Call | None:
        """A change that a method of the rows makes: ``orders.append(order)``, ``order.update(changes)``, ``orders.pop(key)``."""
        if not isinstance(call.callee, Attribute):
            return None
        method, rows = call.callee.name, self.rows(call.callee.value)
        if rows is None or not self._keeps(rows) or method == "sort":
            return None
        if method in _ADDS and not rows.where:
            return self._tell(rows, "create", call, *call.args[-1:])
        if method in _ADDS or method == "update":
            return self._tell(rows, "update", call, *call.args)
        if method in _CHANGES:
            given = self.rows(call.args[0]) if call.args else None
            where = given.where if given is not None and given.table == rows.table else ()
            key = tuple(("id", each) for each in call.args[:1] if not where and not isinstance(each, Literal))
            return self._tell(rows._replace(where=(*rows.where, *where, *key)), "delete", call)
        return None

    def _keeps(self, rows: Rows) -> bool:
        """What is done to the rows lasts."""
        return self._saved or not rows.of_file

    def rows(self, node: Expression) -> Rows | None:
        """The rows that an expression gives, all or some of them."""
        where: tuple[tuple[str, Expression], ...] = ()
        rest = one = False
        key: str | None = None
        for _ in range(_MOST_STEPS):
            match node:
                case Name(id=name):
                    found = self._names.get(name) or (self._module.table(name) if name not in self._own else None)
                    if found is None:
                        return None
                    return _part(found, key)._replace(where=(*found.where, *where), rest=rest or found.rest, one=one or found.one)
                case Attribute(value=inner, name=name) if name not in _SHAPE:
                    key, node = None if name in _CELLS else name, inner
                case Subscript(value=inner, index=index):
                    told = [(column, value, equal) for _, column, value, equal in compared(index)]
                    where = (*where, *((column, value) for column, value, _ in told))
                    rest = rest or any(not equal for _, _, equal in told)
                    if not told and not _is_slice(index):
                        one = True
                        where = (*where, *((("id", index),) if not isinstance(index, Literal) else ()))
                    node = inner
                case Call(callee=Attribute(value=inner, name="get"), args=(by, *_)):
                    if isinstance(by, Literal) and isinstance(by.value, str):
                        key = by.value
                    else:
                        one, where = True, (*where, ("id", by))
                    node = inner
                case Call(callee=Attribute(value=inner, name=name)) if name in _SAME:
                    node = inner
                case Call() if (loaded := self._module.loaded(node, self._files)) is not None:
                    return _part(loaded, key)._replace(where=where, rest=rest, one=one)
                case Call(callee=callee, args=(first, *others)) if last_step(callee) in _WHOLE:
                    one = one or last_step(callee) == "next"
                    if isinstance(first, Lambda) and others:
                        where = (*where, *((column, value) for column, value, _ in tested(first)))
                        first = others[0]
                    node = first
                case Unknown(kind=kind, children=(Operation(operator="=", operands=(each, source)), *conditions)) if kind.endswith(
                    ("comprehension", "generator_expression")
                ):
                    own = {name for name, _ in targets(each)}
                    told = [(column, value, equal) for part in conditions for _, column, value, equal in compared(part, own)]
                    where = (*where, *((column, value) for column, value, _ in told))
                    rest = rest or any(not equal for _, _, equal in told)
                    node = source
                case Await(value=inner) | Operation(operator="||" | "??", operands=(inner, *_)):
                    node = inner
                case _:
                    return None
        return None

    def _tell(self, rows: Rows, method: str, at: Expression | Statement, *data: Expression | None) -> facts.Call:
        given = tuple(each for each in data if each is not None)
        called = _OF_STORE.sub("", self._scope.this or "").lower()
        return asked(self._scope, rows.table or called or "data", method, at.span, rows.where, given)


def _bound(statement: Statement) -> tuple[Expression | None, Expression | None]:
    if isinstance(statement, Assign):
        return (statement.target, statement.value) if isinstance(statement.target, Name | Sequence) else (None, None)
    return (statement.target, statement.source) if isinstance(statement, Loop) else (None, None)


def _part(rows: Rows, key: str | None) -> Rows:
    """What is under a constant key of rows: one of several tables that a file or a name holds; of a row it is a column."""
    if key is None or rows.one or rows.where or rows.by_column or (rows.table and not rows.of_file):
        return rows
    return rows._replace(table=key)


def _functions(body: tuple[Statement, ...]) -> Iterator[Function]:
    for statement in body:
        match statement:
            case Define(value=Function() as function):
                yield function
            case Define(value=Class(body=inner)):
                yield from _functions(inner)


def _parts(statement: Statement) -> Iterator[Expression]:
    pending = list(statement_expressions(statement))
    if isinstance(statement, Block):
        pending += [part for item in statement.items for part in statement_expressions(item)]
    while pending:
        part = pending.pop()
        yield part
        pending += expressions(part)


def _is_slice(node: Expression) -> bool:
    return isinstance(node, Unknown) and node.kind == "slice"
