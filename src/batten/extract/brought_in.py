"""Which names that a Python module brings in are maps and lists of another module, by how they are used here alone."""

import sys
from collections import deque
from collections.abc import Callable

from batten.code.model import (
    Attribute,
    Call,
    Define,
    Expression,
    Function,
    Lambda,
    Loop,
    Name,
    Operation,
    Statement,
    Subscript,
    Unit,
    Unknown,
)
from batten.code.parts import expressions, statement_expressions, walked
from batten.regex import regex

# Rows are many: ``patients``, ``tasks_db``. Constants and classes are no rows.
_MANY = regex(r"(?=[a-z])\w*(?:s|_(?:data|db|list|dict|map))")
_METHODS = frozenset(
    ("append", "insert", "extend", "remove", "pop", "popitem", "clear", "get", "values", "items", "keys", "update", "setdefault", "copy", "sort", "index", "count")
)  # fmt: skip
_TAKES = frozenset(("append", "insert", "extend", "remove", "pop", "get", "values", "items", "setdefault"))
# What looks at all that there is.
_LOOKS = frozenset(
    (
        "len",
        "list",
        "sorted",
        "enumerate",
        "next",
        "filter",
        "any",
        "all",
        "sum",
        "max",
        "min",
        "reversed",
        "iter",
        "map",
        "jsonify",
        "dict",
        "print",
        "bool",
    )
)
_GOES_THROUGH = frozenset(("enumerate", "filter", "sorted", "reversed", "map"))
_MOST_PARTS = 50_000


def brought_in(unit: Unit, may_be: Callable[[str], bool]) -> tuple[str, ...]:
    """The names in the order of the imports: those that are asked for items or gone through, and for nothing that only another kind of object has."""
    candidates = {
        entry.local
        for entry in unit.imports
        if _MANY.fullmatch(entry.local) and entry.name not in ("*", "") and may_be(entry.local) and not _is_library(entry.module)
    }
    if not candidates:
        return ()
    taken: set[str] = set()
    other: set[str] = set()
    bodies: deque[tuple[Statement, ...]] = deque([unit.body])
    left = _MOST_PARTS
    while bodies:
        for statement in walked(bodies.popleft()):
            if isinstance(statement, Define):
                bodies.append(statement.value.body)
            pending = list(statement_expressions(statement))
            if isinstance(statement, Loop) and isinstance(statement.source, Name):
                taken.add(statement.source.id)
                pending.remove(statement.source)
            while pending:
                part = pending.pop()
                left -= 1
                if left < 0:
                    return ()
                pending += _inner(part, taken, other, bodies)
    return tuple(dict.fromkeys(entry.local for entry in unit.imports if entry.local in candidates & taken - other))


def _is_library(module: str) -> bool:
    """It comes with Python."""
    return module.partition(".")[0] in sys.stdlib_module_names


def _inner(part: Expression, taken: set[str], other: set[str], bodies: deque[tuple[Statement, ...]]) -> list[Expression]:
    """The parts of an expression that are still to be looked at, once what it does with a name is noted."""
    match part:
        case Call(callee=Attribute(value=Name(id=name), name=method)):
            (other if method not in _METHODS else taken if method in _TAKES else set()).add(name)
            return [each for each in expressions(part) if each is not part.callee]
        case Call(callee=Name(id=called)):
            other.add(called)
            looked = called in _LOOKS
            (taken if called in _GOES_THROUGH else set()).update(each.id for each in part.args[-1:] if isinstance(each, Name))
            return [each for each in expressions(part) if each is not part.callee and not (looked and isinstance(each, Name))]
        case Subscript(value=Name(id=name), index=index):
            taken.add(name)
            return [index]
        case Attribute(value=Name(id=name)):
            other.add(name)  # ``notes.c``, ``views.index``
            return []
        case Operation(operator="in" | "not in" | "=", operands=(inner, Name(id=name))):
            taken.add(name)
            return [inner]
        case Operation(operator="delete", operands=operands):
            return list(operands)
        case Lambda(function=Function(body=body)):
            bodies.append(body)
            return []
        case Name(id=name):
            return []
        case Unknown(kind="global_statement"):
            return []
    return list(expressions(part))
