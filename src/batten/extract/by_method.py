"""Parts of a handler that run for some methods of a request and not for others; knows no framework."""

from collections.abc import Iterator

from batten.code.model import Attribute, Block, Branch, Expression, Literal, Loop, Operation, Raise, Return, Sequence, Statement, Try
from batten.facts.calls import ForMethods
from batten.text import Span

_METHODS = frozenset(("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"))
_DEEPEST = 12
_MOST = 64


def by_method(body: tuple[Statement, ...], end: int) -> tuple[ForMethods, ...]:
    """The ranges behind ``request.method == "POST"`` and its kin; ``end`` is that of the body."""
    found = []
    for each in _of(body, end, 0):
        found.append(each)
        if len(found) == _MOST:
            break
    return tuple(found)


def _of(body: tuple[Statement, ...], end: int, depth: int) -> Iterator[ForMethods]:
    if depth > _DEEPEST:
        return
    for statement in body:
        match statement:
            case Branch():
                yield from _of_branch(statement, end, depth)
            case Try():
                for part in (statement.body, *(handler.body for handler in statement.handlers), statement.orelse, statement.final):
                    yield from _of(part, end if len(body) == 1 else statement.span.end, depth + 1)
            case Block() | Loop():
                yield from _of(statement.body, statement.span.end, depth + 1)


def _of_branch(branch: Branch, end: int, depth: int) -> Iterator[ForMethods]:
    tested = _tested(branch.test)
    if tested is not None:
        methods, equal = tested
        yield from _range(branch.body, methods, equal)
        yield from _range(branch.orelse, methods, not equal)
        if not branch.orelse and branch.body and isinstance(branch.body[-1], Return | Raise):
            yield ForMethods(methods, Span(branch.span.end, max(end, branch.span.end)), not equal)
    yield from _of(branch.body, branch.body[-1].span.end if branch.body else branch.span.end, depth + 1)
    yield from _of(branch.orelse, branch.span.end, depth + 1)


def _range(part: tuple[Statement, ...], methods: tuple[str, ...], for_them: bool) -> Iterator[ForMethods]:
    if part:
        yield ForMethods(methods, Span(part[0].span.start, part[-1].span.end), for_them)


def _tested(test: Expression) -> tuple[tuple[str, ...], bool] | None:
    """The methods that a test names, and whether it holds for them."""
    match test:
        case Operation(operator="&&", operands=(first, *_)):
            found = _tested(first)
            return found if found is not None and found[1] else None
        case Operation(operator="==" | "!=" as sign, operands=(Attribute(name="method"), Literal(value=str(value)))) if (
            value.upper() in _METHODS
        ):
            return (value.upper(),), sign == "=="
        case Operation(operator="in" | "not in" as sign, operands=(Attribute(name="method"), Sequence(items=items))):
            named = tuple(item.value.upper() for item in items if isinstance(item, Literal) and isinstance(item.value, str))
            return (named, sign == "in") if named and len(named) == len(items) else None
    return None
