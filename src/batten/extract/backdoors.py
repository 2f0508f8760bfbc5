"""What of a request opens a check that its author left open for themselves: a header, a parameter, a credential that is written in the code."""

import re

from batten.code.model import Attribute, Call, Expression, Literal, Name, Operation, Subscript
from batten.code.names import qualify
from batten.code.scopes import Scope, live
from batten.facts.calls import is_callers
from batten.regex import regex

# What a request can say that no page of the app does.
_OPENS = regex(
    r"^x[-_](?:test|debug|dev|mock|bypass|skip|impersonat)[\w-]*$|^(?:debug|bypass(?:_?auth)?|skip_?auth|no_?auth|test_?user|dev_?(?:user|mode)|mock_?user)$",
    re.IGNORECASE,
)
_CREDENTIAL = regex(
    r"(?:^|[._])(?:\w*_)?(?:token|api_?key|access_?key|secret|password|bearer|credentials?|authorization)$|[a-z](?:Token|ApiKey|Secret|Password)$",
    re.IGNORECASE,
)
_WRITTEN = regex(r"dev|test|debug|demo|admin|bypass|mock|secret|master|local|1234|super|magic|fake|guest", re.IGNORECASE)
_DEEPEST = 12


def backdoor(test: Expression, scope: Scope) -> str | None:
    """What of a request opens it, in words: a header or parameter that only its author knows, a credential that is written here."""
    pending = [(test, 0)]
    while pending:
        node, depth = pending.pop()
        if isinstance(node, Operation) and node.operator == "&&" and depth < _DEEPEST:
            pending += [(each, depth + 1) for each in reversed(node.operands)]
            continue
        literal = None
        asked = node
        if isinstance(node, Operation) and node.operator == "==" and len(node.operands) > 1:
            sides = sorted(node.operands[:2], key=lambda each: isinstance(each, Literal))
            asked, literal = sides[0], sides[1].value if isinstance(sides[1], Literal) else None
            if not literal:
                continue
        elif isinstance(node, Operation):
            continue
        key = _asked(asked, scope)
        if key is not None and _OPENS.match(key):
            return f"whoever sends `{key}` passes"
        name = qualify(asked, scope) or ""
        if isinstance(literal, str) and is_callers(name) and _CREDENTIAL.search(name) and _WRITTEN.search(literal):
            return "whoever sends the credential that is written here passes"
    return None


def _asked(node: Expression, scope: Scope) -> str | None:
    """The name of a header or parameter of the request that is read."""
    if isinstance(node, Name):
        home = scope.find(node.id)
        values = live(home.values.get(node.id, []), node.span.start) if home is not None else []
        return (
            _asked(values[0].expression, values[0].scope)
            if len(values) == 1 and not values[0].path and not isinstance(values[0].expression, Name)
            else None
        )
    holder = node.callee if isinstance(node, Call) else node
    root = qualify(holder, scope) or ""
    if not re.search(r"\b(?:headers?|query|query_params|args|searchParams|cookies)\b", root):
        return None
    if isinstance(node, Call):
        return str(node.args[0].value) if node.args and isinstance(node.args[0], Literal) else None
    if isinstance(node, Subscript):
        return str(node.index.value) if isinstance(node.index, Literal) else None
    return node.name if isinstance(node, Attribute) else None
