"""Tests of what form a request has, and in which program it was made: they say nothing of who calls."""

import re

from batten.code.model import Attribute, Await, Call, Expression, Literal, Name, Operation, Subscript
from batten.code.scopes import Scope, live
from batten.regex import regex

_HEADERS = regex(
    r"content-(?:type|length|encoding|language)|accept(?:-(?:language|encoding|charset))?|user-agent|cache-control|connection|upgrade|range"
    r"|if-(?:none-match|modified-since)|last-event-id|x-requested-with|x-request-id",
    re.IGNORECASE,
)
_ASKING = frozenset(("get", "header"))
_HOLDERS = frozenset(("headers", "header", "META"))
_COMPARED = frozenset(("==", "!="))
# https://expressjs.com/en/api.html#req.is
_OF_TYPE = frozenset(("is", "accepts"))
_REQUESTS = frozenset(("req", "request", "ctx", "c"))
_MOST_STEPS = 12


def is_about_form(test: Expression, scope: Scope) -> bool:
    """Whether a test only looks at such a header: ``!req.headers["content-type"]?.includes("json")``, ``!req.is("json")``."""
    if type(test) is Operation and test.operator in _COMPARED and len(test.operands) == 2:  # noqa: PLR2004 - both sides
        one, other = test.operands
        return (type(other) is Literal and _reads_form(one, scope)) or (type(one) is Literal and _reads_form(other, scope))
    return type(test) in (Call, Attribute, Name) and _reads_form(test, scope)


def _reads_form(node: Expression, scope: Scope) -> bool:
    for _ in range(_MOST_STEPS):
        match node:
            case Attribute(value=Attribute(name=holder) | Name(id=holder), name=key) if holder in _HOLDERS and _HEADERS.fullmatch(key):
                return True
            case Call(callee=Attribute(name=asked), args=(Literal(value=str(key)), *_)) if asked in _ASKING and _HEADERS.fullmatch(key):
                return True
            case Call(callee=Attribute(value=Name(id=holder), name=asked), args=(_, *_)) if asked in _OF_TYPE and holder in _REQUESTS:
                return True
            case Call(callee=Attribute(value=inner)) | Attribute(value=inner) | Subscript(value=inner) | Await(value=inner):
                node = inner
            case Operation(operator="||" | "??", operands=(inner, Literal())):
                node = inner
            case Name(id=name):
                home = scope.find(name)
                values = live(home.values.get(name, []), node.span.start) if home is not None else []
                if len(values) != 1 or values[0].path:
                    return False
                node, scope = values[0].expression, values[0].scope
            case _:
                return False
    return False
