"""Checks that go by what accounts say of themselves: ``if (user.user_metadata.role !== "admin") return …``, which every account may set; knows no framework.

https://supabase.com/docs/guides/auth/managing-user-data#accessing-user-metadata
"""

from collections.abc import Iterator

from batten.code.model import Attribute, Call, Expression, Literal, Name, Operation, Raise, Return, Statement
from batten.code.parts import expressions
from batten.code.scopes import Scope, live
from batten.extract.by_request import branches
from batten.facts.slips import Slip, SlipKind
from batten.text import Place, Span

# Of accounts of Supabase and of Clerk, what these write themselves.
_OWN = frozenset({"user_metadata", "raw_user_meta_data", "unsafeMetadata"})
_ROLES = frozenset(
    {
        "role",
        "roles",
        "user_role",
        "userRole",
        "user_type",
        "userType",
        "account_type",
        "accountType",
        "is_admin",
        "isAdmin",
        "admin",
        "is_staff",
        "isStaff",
        "permissions",
    }
)
_REFUSING = frozenset({"!", "!=", "not in"})
_MOST_PARTS = 300
_MOST = 20


def self_said(path: str, body: tuple[Statement, ...], scope: Scope, end: int) -> tuple[Slip, ...]:
    """Those of one function that refuse whoever has not said so; ``end`` is that of its body."""
    found = (slip for branch, after in branches(body, end, 0) if (slip := _slip(path, branch.test, branch.body, scope, after)) is not None)
    return tuple(slip for slip, _ in zip(found, range(_MOST), strict=False))


def _slip(path: str, test: Expression, body: tuple[Statement, ...], scope: Scope, end: int) -> Slip | None:
    if not body or not isinstance(body[-1], Return | Raise):
        return None
    said = [_said(each, scope) for each in _each(test, "||")]
    # Of several that refuse each by itself the others may go by what is true.
    if None in said or not any(said):
        return None
    return Slip(SlipKind.SELF_SAID, Place(path, test.span), Span(test.span.end, max(end, test.span.end)), next(filter(None, said)) or "")


def _said(test: Expression, scope: Scope) -> str | None:
    """The field of one's own by which a test refuses; "" where it is about no role, None where it goes by another one."""
    own, other = "", False
    for part in _each(test, "&&"):
        refuses = isinstance(part, Operation) and part.operator in _REFUSING
        for node in _reached(part, scope):
            field = _field(node)
            own = own or (field if field is not None and refuses else "")
            other = other or (field is None and isinstance(node, Attribute) and node.name in _ROLES and not _within(node, "app_metadata"))
    return own or (None if other else "")


def _each(test: Expression, operator: str) -> tuple[Expression, ...]:
    return test.operands if isinstance(test, Operation) and test.operator == operator else (test,)


def _reached(node: Expression, scope: Scope) -> Iterator[Expression]:
    """Every part of an expression, and of what its names hold."""
    pending = [node]
    asked: set[str] = set()
    for _ in range(_MOST_PARTS):
        if not pending:
            return
        part = pending.pop()
        yield part
        pending += reversed(expressions(part))
        home = scope.find(part.id) if isinstance(part, Name) and part.id not in asked else None
        if home is not None and isinstance(part, Name):
            asked.add(part.id)
            pending += (value.expression for value in live(home.values.get(part.id, []), part.span.start) if not value.path)


def _field(node: Expression) -> str | None:
    """``user_metadata.role``, also by ``get``."""
    match node:
        case Attribute(value=Attribute(name=holder), name=name) if holder in _OWN and name in _ROLES:
            return f"{holder}.{name}"
        case Call(callee=Attribute(value=Attribute(name=holder), name="get"), args=(Literal(value=str(name)), *_)) if (
            holder in _OWN and name in _ROLES
        ):
            return f"{holder}.{name}"
        case _:
            return None


def _within(node: Attribute, holder: str) -> bool:
    return isinstance(node.value, Attribute) and node.value.name == holder
