"""What ``get_permissions`` of Django REST framework's views gives, on each way through it, by the action and the method that are asked for; knows no permission class.

https://www.django-rest-framework.org/api-guide/viewsets/#introspecting-viewset-actions
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from batten.code.model import (
    Assign,
    Attribute,
    Branch,
    Call,
    Evaluate,
    Expression,
    Literal,
    Name,
    Operation,
    Return,
    Sequence,
    Statement,
    Unknown,
)
from batten.code.names import qualify
from batten.code.scopes import Scope
from batten.extract.request_tests import SAFE_METHODS
from batten.facts.calls import Asked, Grant

GIVES = "get_permissions"
_MOST_WAYS = 32
_MOST_PARTS = 16
# What the class, its bases or the settings say.
_ELSEWHERE: tuple[str, ...] = ()


class _Way(NamedTuple):
    """How far a way through the function has come: what was asked on it, whether that can be told, and what names stand for."""

    asked: tuple[Asked, ...] = ()
    sure: bool = True
    known: tuple[tuple[str, tuple[str, ...] | None], ...] = ()


def grants(body: tuple[Statement, ...], scope: Scope) -> tuple[Grant, ...]:
    """What the function gives, way by way; nothing where there are too many."""
    found: list[Grant] = []
    return tuple(found) if _walk(body, [_Way()], scope, found) and len(found) <= _MOST_WAYS else ()


def _walk(body: Iterable[Statement], ways: list[_Way], scope: Scope, found: list[Grant], depth: int = 0) -> bool:
    """Follows statements on all ways at once, and leaves in ``ways`` those that come to their end; False where it can't be told what happens."""
    for statement in body:
        if not ways:
            break
        match statement:
            case Return(value=value):
                found += (Grant(way.asked, _given(value, way, scope), way.sure) for way in ways)
                ways.clear()
            case Assign(target=target, value=Expression() as value, operator="="):
                name = _name(target)
                ways[:] = [way._replace(known=(*way.known, (name, _given(value, way, scope)))) for way in ways] if name else ways
            case Branch(test=test, body=inner, orelse=orelse) if depth < _MOST_PARTS:
                yes = [_on(way, test, holds=True) for way in ways]
                no = [_on(way, test, holds=False) for way in ways]
                if not (_walk(inner, yes, scope, found, depth + 1) and _walk(orelse, no, scope, found, depth + 1)):
                    return False
                ways[:] = [*yes, *no]
            case Evaluate():
                continue
            case _:
                return False
        if len(ways) > _MOST_WAYS:
            return False
    return True


def _on(way: _Way, test: Expression, *, holds: bool) -> _Way:
    """The way on from a test."""
    parts = [*_parts(test)]
    asked = [_asked(part) for part in parts]
    told = [each for each in asked if each is not None]
    if len(told) != len(asked) or (len(told) > 1 and not holds):
        return way._replace(sure=False)
    return way._replace(asked=(*way.asked, *(each if holds else Asked(each.values, each.of_method, not each.equal) for each in told)))


def _parts(test: Expression) -> Iterator[Expression]:
    if type(test) is Operation and test.operator == "&&":
        yield from test.operands
    else:
        yield test


def _asked(test: Expression) -> Asked | None:
    match test:
        case Operation(operator="!", operands=(inner,)):
            found = _asked(inner)
            return Asked(found.values, found.of_method, not found.equal) if found is not None else None
        case Operation(operator="||", operands=parts):
            each = [_asked(part) for part in parts]
            known = [one for one in each if one is not None and one.equal]
            if len(known) == len(parts) and len({one.of_method for one in known}) == 1:
                return Asked(tuple(value for one in known for value in one.values), known[0].of_method)
        case Operation(operator="==" | "!=" as sign, operands=(Attribute(name="action" | "method" as what), Literal(value=str(value)))):
            return Asked((value,), what == "method", sign == "==")
        case Operation(operator="in" | "not in" as sign, operands=(Attribute(name="action" | "method" as what), Sequence(items=items))):
            values = tuple(item.value for item in items if isinstance(item, Literal) and isinstance(item.value, str))
            return Asked(values, what == "method", sign == "in") if len(values) == len(items) else None
        case Operation(
            operator="in" | "not in" as sign, operands=(Attribute(name="method"), Attribute(name="SAFE_METHODS") | Name(id="SAFE_METHODS"))
        ):
            return Asked(SAFE_METHODS, True, sign == "in")
    return None


def _given(value: Expression | None, way: _Way, scope: Scope) -> tuple[str, ...] | None:
    """The classes of a list of permissions, of ones that are made of them, or of what a name stands for; None can't tell."""
    match value:
        case Sequence(items=items):
            named = [name for item in items for name in _classes(item, scope)]
            return tuple(name for name in named if name is not None) if named and None not in named else None
        case Unknown(
            kind="list_comprehension", children=(Operation(operator="=", operands=(Name(id=each), source)), Call(callee=Name(id=made)))
        ) if each == made:
            return _given(source, way, scope)
        case Call(callee=Attribute(value=Call(callee=Name(id="super")), name=name)) if name == GIVES:
            return dict(way.known).get("self.permission_classes", _ELSEWHERE)
        case Name() | Attribute():
            named_here = _name(value)
            return dict(way.known).get(named_here, _ELSEWHERE if named_here == "self.permission_classes" else None)
    return None


def _classes(item: Expression, scope: Scope) -> Iterator[str | None]:
    match item:
        case Operation(operator="&", operands=operands):
            for operand in operands[:_MOST_PARTS]:
                yield from _classes(operand, scope) if type(operand) is not Operation else (None,)
        case Call(callee=callee, args=()):
            yield from _classes(callee, scope)
        case Name() | Attribute():
            yield qualify(item, scope)
        case _:
            yield None


def _name(target: Expression) -> str:
    match target:
        case Name(id=name):
            return name
        case Attribute(value=Name(id="self"), name=name):
            return f"self.{name}"
    return ""
