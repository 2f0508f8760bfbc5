"""Rows that an object of the app's own keeps in memory, in the maps and lists of a class that is called like a store: told as requests to a database are.

``this.notes.get(id)`` is ``in-memory#rows.notes.findUnique`` with the id under ``where``; what else a class may keep is left alone.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from batten.code.model import (
    Assign,
    Attribute,
    Await,
    Call,
    Expression,
    Function,
    Lambda,
    Literal,
    Name,
    Operation,
    Record,
    Return,
    Sequence,
    Subscript,
)
from batten.code.parts import bound_parameters, expressions, statement_expressions, walked
from batten.code.scopes import Scope, module_scope
from batten.extract.values import sources
from batten.facts import calls as facts
from batten.regex import regex
from batten.text import Span

_STORES = regex(r"stor(?:age|e)|repositor|repo$|database|dao$|db$|memory|^mem[A-Z_]|service$|model$", re.IGNORECASE)
NO_ROWS = regex(
    r"cache|limit|attempt|socket|client|connection|listener|handler|subscri|observer|callback|queue|timer|timeout|pending|lock|nonce|visited|seen"
    r"|registr|plugin|provider|config|setting|option|metric|counter|watcher|route|middleware|instance|buffer|index(?:es)?$|^by[A-Z]|^_?ids?$",
    re.IGNORECASE,
)
"""What a class, or a module, keeps besides rows, by its name."""
_ONE = frozenset(("get", "has", "find", "findIndex", "findLast", "some", "at"))
_MANY = frozenset(
    ("filter", "values", "entries", "map", "flatMap", "forEach", "slice", "sort", "reduce", "concat", "toSorted", "reverse", "every")
)
_ADDS = frozenset(("push", "unshift"))
_ALL = frozenset(("from", "values", "entries"))
_MOST_STEPS = 12


class _Chosen(NamedTuple):
    """A field of the object that keeps rows, and what says which of them: the column and the value."""

    field: str
    where: tuple[tuple[str, Expression], ...] = ()


def kept_rows(function: Function, scope: Scope) -> tuple[facts.Call, ...]:
    """What a method asks of the rows that its object keeps."""
    if scope.this is None or _STORES.search(scope.this) is None:
        return ()
    found: list[facts.Call] = []
    read: dict[str, tuple[tuple[str, Expression], ...]] = {}
    for statement in walked(function.body):
        target = statement.target if isinstance(statement, Assign) else None
        chosen = _chosen(target.value, scope) if isinstance(target, Subscript) else None
        if chosen is not None and isinstance(target, Subscript):
            found.append(_asked(scope, chosen._replace(where=read.get(chosen.field, (("id", target.index),))), "update", statement.span))
        whole = _chosen(target, scope) if isinstance(target, Attribute) else None
        value = statement.value if isinstance(statement, Assign | Return) else None
        if whole is not None and value is not None and (rest := _chosen(value, scope)) is not None and rest.where:
            found.append(_asked(scope, rest, "delete", statement.span))
            continue
        if (
            isinstance(statement, Return)
            and value is not None
            and not isinstance(value, Call)
            and (given := _chosen(value, scope)) is not None
        ):
            found.append(_asked(scope, given, "findUnique" if given.where else "findMany", statement.span))
            continue
        for part in statement_expressions(statement):
            found += _in(part, scope, read) if part is not target or chosen is None else ()
    return tuple(found)


def _in(node: Expression, scope: Scope, read: dict[str, tuple[tuple[str, Expression], ...]]) -> Iterator[facts.Call]:
    pending = [node]
    while pending:
        part = pending.pop()
        told = _told(part, scope, read)
        if told is None:
            pending += reversed(expressions(part))
            continue
        yield told
        if isinstance(part, Call) and isinstance(part.callee, Attribute) and _chosen(part.callee.value, scope) is not None:
            pending += part.args


def _told(node: Expression, scope: Scope, read: dict[str, tuple[tuple[str, Expression], ...]]) -> facts.Call | None:
    if isinstance(node, Operation) and node.operator == "delete" and node.operands:
        chosen = _chosen(node.operands[0], scope)
        return _asked(scope, chosen, "delete", node.span) if chosen is not None and chosen.where else None
    if isinstance(node, Subscript):
        chosen = _chosen(node, scope)
        return _asked(scope, chosen, "findUnique", node.span) if chosen is not None else None
    if not isinstance(node, Call) or not isinstance(node.callee, Attribute):
        return None
    method, base = node.callee.name, _chosen(node.callee.value, scope)
    if base is None or (method not in _ONE | _MANY | _ADDS and method not in ("set", "delete", "splice", "clear")):
        whole = _chosen(node, scope)  # ``Array.from(this.notes.values())``
        return _asked(scope, whole, "findMany", node.span) if whole is not None else None
    whole = _chosen(node, scope) or base
    if method in _ONE:
        read[base.field] = whole.where or (("id", node.args[0]),) if node.args else whole.where
        return _asked(scope, whole, "findUnique", node.span)
    if method == "set" and base.field not in read:
        return _asked(scope, base._replace(where=()), "create", node.span, node.args[1:])
    if method == "set":
        return _asked(scope, base._replace(where=(("id", node.args[0]),) if node.args else ()), "update", node.span, node.args[1:])
    if method in _ADDS:
        return _asked(scope, base, "create", node.span, node.args)
    if method == "delete":
        return _asked(scope, base._replace(where=(("id", node.args[0]),) if node.args else ()), "delete", node.span)
    if method in ("splice", "clear"):
        return _asked(scope, base._replace(where=read.get(base.field, ())), "delete", node.span)
    return _asked(scope, whole, "findMany", node.span)


def _chosen(node: Expression, scope: Scope) -> _Chosen | None:
    """The field whose rows an expression gives, all or some of them."""
    where: tuple[tuple[str, Expression], ...] = ()
    for _ in range(_MOST_STEPS):
        match node:
            case Attribute(value=Name(id="this"), name=field):
                return _Chosen(field, where) if _keeps(field, scope) else None
            case Call(callee=Attribute(value=Name(id="Array" | "Object"), name=name), args=(inner,)) if name in _ALL:
                node = inner
            case Call(callee=Attribute(value=inner, name="get" | "has"), args=(key, *_)):
                node, where = inner, (*where, ("id", key))
            case Call(callee=Attribute(value=inner, name=name), args=args) if name in _ONE | _MANY:
                node, where = inner, (*where, *(_compared(args[0]) if args and isinstance(args[0], Lambda) else ()))
            case Sequence(items=(Operation(operator="...", operands=(inner,)),)) | Await(value=inner):
                node = inner
            case Subscript(value=inner, index=key):
                node, where = inner, (*where, ("id", key))
            case Operation(operator="||" | "??", operands=(inner, *_)):
                node = inner
            case _:
                return None
    return None


def _compared(test: Lambda) -> Iterator[tuple[str, Expression]]:
    """``(note) => note.userId === userId``: the column, and what it has to be."""
    own = {name for name, _ in bound_parameters(test.function)}
    pending = [part for statement in walked(test.function.body) for part in statement_expressions(statement)]
    while pending:
        part = pending.pop()
        match part:
            case Operation(operator="==" | "!=", operands=(one, other)):
                for side, value in ((one, other), (other, one)):
                    if isinstance(side, Attribute) and isinstance(side.value, Name) and side.value.id in own:
                        yield side.name, value
                        break
            case _:
                pending += expressions(part)


def _keeps(field: str, scope: Scope) -> bool:
    """A map or a list that is empty at first, or holds records."""
    if NO_ROWS.search(field):
        return False
    values = [value.expression for value in module_scope(scope).values.get(f"{scope.this}.{field}", ())]
    return any(_is_store(value) for value in values)


def _is_store(value: Expression) -> bool:
    match value:
        case Call(callee=Name(id="Map"), new=True):
            return True
        case Sequence(items=items):
            return all(isinstance(item, Record) for item in items)
        case Record(entries=entries):
            return all(isinstance(entry.value, Record) for entry in entries)
    return False


def _asked(scope: Scope, chosen: _Chosen, method: str, span: Span, data: tuple[Expression, ...] = ()) -> facts.Call:
    return asked(scope, chosen.field, method, span, chosen.where, data, f"#{scope.this}.{chosen.field}")


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
