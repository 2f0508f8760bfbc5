"""Rows that JavaScript keeps in memory and in files: in the maps and lists of a class that is called like a store, and of a module; told as requests to a database are.

``this.notes.get(id)`` is ``in-memory#rows.notes.findUnique`` with the id under ``where``; what else a class or a module may keep is left alone.
"""

import re
from collections.abc import Iterator

from batten.code.model import (
    Assign,
    Attribute,
    Await,
    Branch,
    Call,
    Expression,
    Function,
    Lambda,
    Literal,
    Loop,
    Name,
    Operation,
    Record,
    Return,
    Sequence,
    Statement,
    Subscript,
)
from batten.code.parts import expressions, statement_expressions, targets, walked
from batten.code.scopes import Scope, module_scope
from batten.extract.compared_columns import compared, tested
from batten.extract.module_rows import NO_ROWS, Chosen, ModuleRows, inner_parts, is_store, may_hold
from batten.extract.values import sources
from batten.facts import calls as facts
from batten.regex import regex
from batten.text import Span

_STORES = regex(r"stor(?:age|e)|repositor|repo$|database|dao$|db$|memory|^mem[A-Z_]|service$|model$", re.IGNORECASE)
_ONE = frozenset(("get", "has", "find", "findIndex", "findLast", "some", "at"))
_MANY = frozenset(
    ("filter", "values", "entries", "map", "flatMap", "forEach", "slice", "sort", "reduce", "concat", "toSorted", "reverse", "every")
)
_ADDS = frozenset(("push", "unshift"))
_CHANGES = frozenset(("set", "delete", "splice", "clear"))
_ALL = frozenset(("from", "values", "entries"))
_TESTED = frozenset(("==", "!=", "!", "&&", "<", ">", "<=", ">="))
_MOST_STEPS = 12
_Where = tuple[tuple[str, Expression], ...]


def kept_rows(function: Function, scope: Scope, module: ModuleRows) -> tuple[facts.Call, ...]:
    """What a function asks of the rows that its object, or its module, keeps."""
    of_store = scope.this is not None and _STORES.search(scope.this) is not None
    if scope.this is None and module.is_loader(function.name or scope.owner):
        return ()
    return tuple(_Reading(function, scope, module, of_store=of_store).asked()) if of_store or module.may_keep else ()


class _Reading:
    """One function, statement by statement: what its names stand for, and what it does with them."""

    def __init__(self, function: Function, scope: Scope, module: ModuleRows, *, of_store: bool) -> None:
        self._function = function
        self._scope = scope
        self._module = module
        self._of_store = of_store
        self._names: dict[str, Chosen] = {}
        self._read: dict[str, _Where] = {}
        self._saved = False

    def asked(self) -> Iterator[facts.Call]:
        """What is asked of the rows."""
        statements = list(walked(self._function.body))
        parts = [part for each in statements for part in inner_parts(each)]
        if not self._of_store and not any(type(part) is Name and part.id in self._module.names for part in parts):
            return  # it speaks of none of them
        self._saved = any(self._module.saves(part) for part in parts if isinstance(part, Call))
        for statement in statements:
            yield from self._of(statement)
            self._bind(statement)

    def _of(self, statement: Statement) -> Iterator[facts.Call]:
        target = statement.target if isinstance(statement, Assign) else None
        value = statement.value if isinstance(statement, Assign | Return) else None
        changed = self._chosen(target.value) if isinstance(target, Subscript | Attribute) else None
        if changed is not None and isinstance(target, Subscript):
            where = self._read.get(changed.field, (("id", target.index),)) if not changed.where else changed.where
            yield from self._asked(changed._replace(where=where), "update", statement.span)
        elif changed is not None and changed.where:  # ``note.text = text``
            yield from self._asked(changed, "update", statement.span, (value,) if value is not None else ())
        replaced = target if isinstance(target, Attribute | Name) and not (isinstance(statement, Assign) and statement.declares) else None
        if replaced is not None and value is not None and (whole := self._chosen(replaced)) is not None and not whole.where:
            left = self._chosen(value)
            if left is not None and left.rest and left.where:  # ``this.notes = this.notes.filter((note) => note.id !== id)``
                yield from self._asked(left, "delete", statement.span)
                return
        if (
            isinstance(statement, Return)
            and value is not None
            and not isinstance(value, Call)
            and (given := self._chosen(value)) is not None
        ):
            if given.new:
                yield from self._asked(given, "findUnique" if given.where else "findMany", statement.span)
            return
        for part in statement_expressions(statement):
            if part is not target:
                yield from self._in(part, bound=isinstance(statement, Assign | Loop))

    def _bind(self, statement: Statement) -> None:
        match statement:
            case (
                Assign(target=target, value=Expression() as source, declares=True)
                | Loop(target=Expression() as target, source=Expression() as source)
            ):
                rows = self._chosen(source)
            case Branch(test=test):
                self._tell_apart(test)
                return
            case _:
                return
        if rows is None:
            return
        for name, path in targets(target):
            taken = rows
            for step in path:
                taken = _part(taken, step)
            self._names[name] = taken._replace(new=isinstance(statement, Loop) or not taken.where)

    def _tell_apart(self, test: Expression) -> None:
        """``if (note.id === id)``: which of the rows a loop goes on with."""
        for name, column, value, equal in compared(test, self._names):
            rows = self._names[name]
            if equal and not rows.where:
                self._names[name] = rows._replace(where=((column, value),))

    def _in(self, node: Expression, *, bound: bool) -> Iterator[facts.Call]:
        pending = [(node, bound)]
        while pending:
            part, kept = pending.pop()
            told = self._told(part)
            if told is not None:
                yield from told
                if isinstance(part, Call) and isinstance(part.callee, Attribute) and self._chosen(part.callee.value) is not None:
                    pending += [(each, False) for each in part.args]
                continue
            if isinstance(part, Call) and self._module.saves(part):
                for rows in (self._chosen(each) for each in part.args):
                    if rows is not None and rows.rest and rows.where:
                        yield from self._asked(rows, "delete", part.span)
                continue
            rows = self._chosen(part) if isinstance(part, Name | Attribute | Call) else None
            if rows is not None:
                if rows.new and not kept:
                    yield from self._asked(rows, "findMany", part.span)
                continue
            if isinstance(part, Operation) and part.operator in _TESTED and not any(isinstance(each, Call) for each in part.operands):
                continue
            inner = expressions(part)
            if isinstance(part, Call):  # what is called is no row, but may be asked of what another call gives
                of = part.callee.value if isinstance(part.callee, Attribute) and isinstance(part.callee.value, Call) else None
                inner = (*((of,) if of is not None else ()), *part.args, *(each.value for each in part.keywords))
            pending += [(each, kept and isinstance(part, Await)) for each in reversed(inner)]

    def _told(self, node: Expression) -> list[facts.Call] | None:
        if isinstance(node, Operation) and node.operator == "delete" and node.operands:
            chosen = self._chosen(node.operands[0])
            return list(self._asked(chosen, "delete", node.span)) if chosen is not None and chosen.where else None
        if isinstance(node, Subscript):
            chosen = self._chosen(node)
            return list(self._asked(chosen, "findUnique", node.span)) if chosen is not None and chosen.new else None
        if not isinstance(node, Call) or not isinstance(node.callee, Attribute):
            return None
        if node.callee.name == "assign" and isinstance(node.callee.value, Name) and node.callee.value.id == "Object" and node.args:
            chosen = self._chosen(node.args[0])
            return list(self._asked(chosen, "update", node.span, node.args[1:])) if chosen is not None and chosen.where else None
        method, base = node.callee.name, self._chosen(node.callee.value)
        if (
            base is not None
            and base.elsewhere
            and method not in _ADDS | {"splice"}
            and not (node.args and isinstance(node.args[0], Lambda))
        ):
            return []  # what is asked of it may be a database: ``db.get(query)``, ``db.note.delete({ where })``
        if base is None or method not in _ONE | _MANY | _ADDS | _CHANGES:
            whole = self._chosen(node)  # ``Array.from(this.notes.values())``
            return list(self._asked(whole, "findMany", node.span)) if whole is not None and not whole.loaded else None
        return list(self._done(node, method, base))

    def _done(self, node: Call, method: str, base: Chosen) -> Iterator[facts.Call]:
        whole = self._chosen(node) or base
        if method in _ONE:
            self._read[base.field] = whole.where or (("id", node.args[0]),) if node.args else whole.where
            yield from self._asked(whole, "findUnique", node.span)
        elif method == "set" and base.field not in self._read:
            yield from self._asked(base._replace(where=()), "create", node.span, node.args[1:])
        elif method == "set":
            yield from self._asked(base._replace(where=(("id", node.args[0]),) if node.args else ()), "update", node.span, node.args[1:])
        elif method in _ADDS:
            yield from self._asked(base, "update" if base.where else "create", node.span, node.args)
        elif method == "delete":
            yield from self._asked(base._replace(where=(("id", node.args[0]),) if node.args else ()), "delete", node.span)
        elif method in ("splice", "clear"):
            yield from self._asked(base._replace(where=self._read.get(base.field, ())), "delete", node.span)
        else:
            yield from self._asked(whole, "findMany", node.span)

    def _chosen(self, node: Expression) -> Chosen | None:
        """The rows that an expression gives, all or some of them."""
        where: _Where = ()
        rest = False
        parts: list[str] = []
        sure = False
        for _ in range(_MOST_STEPS):
            held = self._held(node, sure=sure or bool(parts))
            if held is not None:
                for step in reversed(parts):
                    held = _part(held, step)
                return held._replace(where=(*held.where, *where), rest=rest or held.rest)
            match node:
                case Call(callee=Attribute(value=Name(id="Array" | "Object"), name=name), args=(inner,)) if name in _ALL:
                    node = inner
                case Call(callee=Attribute(value=inner, name="get" | "has"), args=(key, *_)):
                    node, where = inner, (*where, ("id", key))
                case Call(callee=Attribute(value=inner, name=name), args=args) if name in _ONE | _MANY:
                    test = args[0] if args and isinstance(args[0], Lambda) else None
                    told = [*tested(test)] if test is not None else []
                    rest = rest or any(not equal for _, _, equal in told)
                    sure = sure or bool(told)
                    node, where = inner, (*where, *((column, value) for column, value, _ in told))
                case Sequence(items=(Operation(operator="...", operands=(inner,)),)) | Await(value=inner):
                    node = inner
                case Subscript(value=inner, index=Literal(value=str(key))):
                    node = inner
                    parts.append(key)
                case Subscript(value=inner, index=key):
                    node, where = inner, (*where, ("id", key))
                case Attribute(value=inner, name=name):
                    node = inner
                    parts.append(name)
                case Call(callee=Attribute(value=Name(id="JSON"), name="stringify"), args=(inner, *_)):
                    node = inner
                case Operation(operator="||" | "??", operands=(inner, *_)):
                    node = inner
                case _:
                    return None
        return None

    def _held(self, node: Expression, *, sure: bool) -> Chosen | None:
        """What a name, a field of the object or a reader of a file stands for; ``sure``: it is asked for by what a row has."""
        match node:
            case Attribute(value=Name(id="this"), name=field) if self._of_store:
                return Chosen(field, receiver=f"#{self._scope.this}.{field}") if _keeps(field, self._scope) else None
            case Name(id=name) if name in self._names:
                return self._names[name]
            case Name(id=name):
                return self._module.table(name, self._scope, sure=sure)
            case Call():
                return self._module.loaded(node, self._scope)
        return None

    def _asked(self, chosen: Chosen, method: str, span: Span, data: tuple[Expression, ...] = ()) -> Iterator[facts.Call]:
        if chosen.field and (self._saved or not chosen.loaded or method.startswith("find")):
            yield asked(self._scope, chosen.field, method, span, chosen.where, data, chosen.receiver)


def _part(rows: Chosen, key: str) -> Chosen:
    """What is under a name of rows: one of several tables that are held together; of a row it is a column, and of a list what is asked of it."""
    if rows.whole and not rows.where and not key.startswith("["):
        return rows._replace(field=key if may_hold(key) else "", whole=key == "data")
    return rows._replace(new=False)


def _keeps(field: str, scope: Scope) -> bool:
    """A map or a list that is empty at first, or holds records."""
    if NO_ROWS.search(field):
        return False
    values = [value.expression for value in module_scope(scope).values.get(f"{scope.this}.{field}", ())]
    return any(is_store(value) for value in values)


def asked(
    scope: Scope,
    table: str,
    method: str,
    span: Span,
    where: tuple[tuple[str, Expression], ...],
    data: tuple[Expression, ...],
    receiver: str | None = None,
) -> facts.Call:
    """A request to rows that no database holds: ``where`` are the columns that say which, ``data`` what they are filled with."""
    given = [(f"0.where.{column}", value) for column, value in where]
    for value in data:
        given.append(("0.data", value))
        given += [(f"0.data.{entry.key}", entry.value) for entry in value.entries if entry.key] if isinstance(value, Record) else []
    arguments = tuple(
        facts.Argument(slot, None, sources(value, scope), value.span) for slot, value in given if not isinstance(value, Literal)
    )
    return facts.Call(f"{facts.KEPT_ROWS}.{table}.{method}", span, arguments, receiver)
