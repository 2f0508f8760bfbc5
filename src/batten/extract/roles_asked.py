"""Which roles a test asks for: ``user.role == "seller"``, ``session["role"] in SELLING``; knows not whose role it is."""

from batten.code.model import Attribute, Await, Call, Expression, Literal, Name, Sequence, Subscript
from batten.code.names import qualify
from batten.code.scopes import Scope
from batten.regex import regex

_ROLE = regex(r"(?:\w*_)?roles?|\w*Role|(?:user|account)_?type|(?:user|account)Type")
# What of a role is compared: ``user.role.value``, ``role.lower()``.
_OF_ROLE = frozenset(("value", "name", "lower", "strip", "toLowerCase", "trim"))
_MOST = 12
_MOST_STEPS = 4


def roles_asked(left: Expression, right: Expression, scope: Scope) -> tuple[str, ...]:
    """The constants that a role is compared with, or the names of what holds them; none where it is compared with anything else, or no role is."""
    for value, other in ((left, right), (right, left)):
        if _is_role(value):
            return _roles(other, scope)
    return ()


def _is_role(node: Expression) -> bool:
    for _ in range(_MOST_STEPS):
        match node:
            case Attribute(value=inner, name=name) if name in _OF_ROLE:
                node = inner
            case Call(callee=Attribute(name="get"), args=(Literal(value=str() as key), *_)):
                return _ROLE.fullmatch(key) is not None
            case Call(callee=Attribute(value=inner, name=name)) if name in _OF_ROLE:
                node = inner
            case Await(value=inner):
                node = inner
            case Attribute(name=name) | Name(id=name) | Subscript(index=Literal(value=str() as name)):
                return _ROLE.fullmatch(name) is not None
            case _:
                return False
    return False


def _roles(node: Expression, scope: Scope) -> tuple[str, ...]:
    several = node.items if type(node) is Sequence else (node,)
    found: list[str] = []
    for each in several[:_MOST]:
        if type(each) is Attribute and each.name == "value":
            each = each.value  # noqa: PLW2901 - that of the member of an enumeration is the member here
        if type(each) is Literal and isinstance(each.value, str):
            found.append(each.value)
        elif (name := qualify(each, scope)) is not None and not name.startswith("@") and ("#" in name or "." in name):
            found.append(name)
        else:
            return ()
    return tuple(found)
