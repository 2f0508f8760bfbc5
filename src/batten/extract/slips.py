"""Checks that do not stop anybody: a refusal after which the function goes on, and the answer of a check that nobody waits for; knows no framework."""

from collections.abc import Iterator

from batten.code.model import Attribute, Branch, Call, Evaluate, Expression, Name, Operation, Statement
from batten.code.names import is_parameter, qualify
from batten.code.parts import last_step
from batten.code.scopes import Scope, live
from batten.extract.by_request import branches
from batten.extract.responses import status_of
from batten.facts.slips import Slip, SlipKind
from batten.regex import regex
from batten.text import Place, Span

_REFUSALS = (401, 403)
# What answers by itself in JavaScript, on the answer that the function was handed.
_ANSWERS = frozenset(("json", "send", "end", "sendStatus", "render"))


# They do nothing where they are only made.
_MADE = regex(
    r"^(?:HTTPException|HTTPUnauthorized|HTTPForbidden|PermissionDenied|NotAuthorizedException|(?:Next|JSON|Json|Http)?Response(?:Forbidden)?)$"
)
_MOST = 20


def slips(path: str, body: tuple[Statement, ...], scope: Scope, end: int) -> tuple[Slip, ...]:
    """Those of one function of a script; ``end`` is that of its body."""
    found = (slip for branch, after in branches(body, end, 0) for slip in _of_branch(path, branch, scope, after))
    return tuple(slip for slip, _ in zip(found, range(_MOST), strict=False))


def _of_branch(path: str, branch: Branch, scope: Scope, end: int) -> Iterator[Slip]:
    place = Place(path, branch.test.span)
    after = Span(min(branch.span.end, end), end)
    if not branch.orelse and branch.body and _refuses(branch.body[-1], scope):
        yield Slip(SlipKind.GOES_ON, place, after)
    call = _unawaited(branch.test, scope)
    name = qualify(call.callee, scope) if call is not None else None
    if call is not None and name is not None:
        yield Slip(SlipKind.UNAWAITED, place, after, name, len(call.args))


def _refuses(statement: Statement, scope: Scope) -> bool:
    """As the last thing that is done there: ``res.status(401).json(…)``, on a parameter; or an answer or exception that is made, and neither returned nor raised."""
    value = statement.value if isinstance(statement, Evaluate) else None
    if not isinstance(value, Call):
        return False
    if _MADE.search(last_step(value.callee)) or (isinstance(value.callee, Attribute) and _MADE.search(last_step(value.callee.value))):
        return status_of(value) in _REFUSALS
    if not isinstance(value.callee, Attribute) or value.callee.name not in _ANSWERS:
        return False
    root: Expression = value
    while isinstance(root, Call | Attribute):
        root = root.callee if isinstance(root, Call) else root.value
    return isinstance(root, Name) and is_parameter(root.id, scope) and status_of(value) in _REFUSALS


def _unawaited(test: Expression, scope: Scope) -> Call | None:
    """The call whose answer is tested as it is: ``if (!isAdmin(req))``, ``const valid = compare(…); if (!valid)``."""
    if not (isinstance(test, Operation) and test.operator == "!" and test.operands):
        return None
    found = test.operands[0]
    if isinstance(found, Name):
        home = scope.find(found.id)
        values = live(home.values.get(found.id, []), found.span.start) if home is not None else []
        if len(values) != 1 or values[0].path:
            return None
        found = values[0].expression
    return found if isinstance(found, Call) and not found.new else None
