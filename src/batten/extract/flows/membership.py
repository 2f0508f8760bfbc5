"""What it says of a value that something was found by it: ``ALLOWED.find((each) => each.id === value)``; knows no sinks."""

from collections.abc import Iterable, Iterator

from batten.code.model import Attribute, Call, Expression, Lambda, Literal, Name, Operation, Return, Sequence, Unknown
from batten.facts.flows import LISTED_RIGHTS, OF_FEW

# What gives the thing that was found, or nothing.
THINGS = frozenset(("find", "findLast", "get", "next"))
# What gives its place, or one below the first.
PLACES = frozenset(("indexOf", "lastIndexOf", "findIndex", "findLastIndex"))
# What only says whether there is one.
CLAIMS = frozenset(("some", "any"))
SEEKING = THINGS | PLACES | CLAIMS
_BY_FUNCTION = frozenset(("find", "findLast", "findIndex", "findLastIndex", "some"))
_BEFORE_FIRST = -1


def listed(collection: Expression) -> str:
    """What it says of a value that it is one of a list: where there is what few may be in it, whoever chooses may choose that."""
    return one_of(item.value for item in collection.items if type(item) is Literal) if type(collection) is Sequence else "listed"


def one_of(texts: Iterable[object]) -> str:
    """The same of constants."""
    return LISTED_RIGHTS if any(isinstance(text, str) and OF_FEW.fullmatch(text) for text in texts) else "listed"


def sought(node: Call, method: str) -> tuple[Expression, Expression] | None:
    """What a call looks for, and where it does; None where it looks for nothing that can be told."""
    first = node.args[0] if node.args else None
    if method in ("next", "any"):
        return _of_generator(first) if type(node.callee) is Name else None
    if type(node.callee) is not Attribute or first is None:
        return None
    if method in _BY_FUNCTION:
        found = _of_function(first)
        return None if found is None else (found, node.callee.value)
    return first, node.callee.value


def _of_function(given: Expression) -> Expression | None:
    """What the elements of a list are compared with by a function that gives nothing but that."""
    if type(given) is not Lambda or len(given.function.parameters) < 1 or len(given.function.body) != 1:
        return None
    statement, target = given.function.body[0], given.function.parameters[0].target
    own = set(_names(target))
    return _compared(statement.value, own) if type(statement) is Return and statement.value is not None else None


def _of_generator(given: Expression | None) -> tuple[Expression, Expression] | None:
    """Python's ``next(each for each in LIST if each.id == value)`` and ``any(each.id == value for each in LIST)``."""
    if type(given) is not Unknown or not given.kind.endswith("generator_expression") or not given.children:
        return None
    loops = [part for part in given.children[:-1] if type(part) is Operation and part.operator == "="]
    if len(loops) != 1:
        return None
    own = set(_names(loops[0].operands[0]))
    for part in (each for each in given.children if each is not loops[0]):
        found = _compared(part, own)
        if found is not None:
            return found, loops[0].operands[-1]
    return None


def looked_in(node: Call, method: str) -> tuple[Expression, Expression] | None:
    """The text in which the items of a list are looked for, and the list: ``any(each in name for each in LIST)``, ``LIST.some((each) => name.includes(each))``."""
    first = node.args[0] if node.args else None
    if method == "any" and type(first) is Unknown and first.kind.endswith("generator_expression"):
        loops = [part for part in first.children if type(part) is Operation and part.operator == "="]
        test = first.children[-1] if len(loops) == 1 and len(first.children) == len(loops) + 1 else None
        if type(test) is Operation and test.operator == "in" and _is_own(test.operands[0], set(_names(loops[0].operands[0]))):
            return test.operands[1], loops[0].operands[-1]
    if (
        method == "some"
        and type(first) is Lambda
        and type(node.callee) is Attribute
        and len(first.function.parameters) == len(first.function.body) == 1
    ):
        statement, own = first.function.body[0], set(_names(first.function.parameters[0].target))
        test = statement.value if type(statement) is Return else None
        if (
            type(test) is Call
            and type(test.callee) is Attribute
            and test.callee.name == "includes"
            and test.args
            and _is_own(test.args[0], own)
        ):
            return test.callee.value, node.callee.value
    return None


def _compared(test: Expression, own: set[str]) -> Expression | None:
    """The side of a comparison that is not the element's; where several tests must pass, of any of them."""
    if type(test) is not Operation:
        return None
    if test.operator == "&&":
        return next((found for part in test.operands if (found := _compared(part, own)) is not None), None)
    if test.operator != "==" or len(test.operands) != 2:  # noqa: PLR2004 - two sides
        return None
    one, other = test.operands
    if _is_own(one, own) and not _is_own(other, own) and type(other) is not Literal:
        return other
    if _is_own(other, own) and not _is_own(one, own) and type(one) is not Literal:
        return one
    return None


def _is_own(side: Expression, own: set[str]) -> bool:
    while type(side) is Attribute:
        side = side.value
    return type(side) is Name and side.id in own


def _names(target: Expression) -> Iterator[str]:
    if type(target) is Name:
        yield target.id
    for inner in getattr(target, "entries", ()):
        yield from _names(inner.value)


def says(operator: str, other: Expression) -> bool | None:
    """Whether a comparison of what was found says that there is one; None where it says nothing of it."""
    if operator in ("==", "!=") and type(other) is Literal and other.value is None:
        return operator == "!="
    return None


def says_place(operator: str, other: Expression) -> bool | None:
    """The same of a comparison of the place where it was found."""
    number = _number(other)
    if number == _BEFORE_FIRST:
        return {"==": False, "!=": True, ">": True, "<=": False}.get(operator)
    return {">=": True, "<": False}.get(operator) if number == 0 else None


def _number(node: Expression) -> int | None:
    if type(node) is Operation and node.operator == "-" and len(node.operands) == 1:
        inner = _number(node.operands[0])
        return None if inner is None else -inner
    return node.value if type(node) is Literal and type(node.value) is int else None
