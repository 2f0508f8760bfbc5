"""Functions that ask of an address no more than whether it is one: ``all([parsed.scheme, parsed.netloc])``, ``new URL(text)``; follows no calls."""

from batten.code.model import Attribute, Call, Expression, Function, Literal, Operation, Statement
from batten.code.parts import expressions, statement_expressions, walked
from batten.extract.flows.asked import method_of
from batten.extract.flows.claims import SUBJECTS
from batten.regex import regex

_OF_ADDRESS = dict(SUBJECTS)["address"]
_PARSES = frozenset(("urlparse", "urlsplit", "URL", "canParse"))
_HARMLESS = _PARSES | {"all", "any", "bool", "Boolean", "isinstance", "len", "str", "String", "strip", "trim", "lower", "toLowerCase"}
_BEGINS = frozenset(("startswith", "startsWith", "includes"))
_SCHEME = regex(r"https?(?::|:/{1,2})?|/")
_SCHEMES = frozenset(("scheme", "protocol"))
_MOST = 200


def asks_for_form_alone(name: str, function: Function | None, body: tuple[Statement, ...]) -> bool:
    """Whatever server an address leads to, the function answers the same of it."""
    if function is None or _OF_ADDRESS.search(name.rpartition(".")[2]) is None:
        return False
    parses = False
    seen = 0
    pending = [part for statement in walked(body) for part in statement_expressions(statement)]
    while pending:
        part = pending.pop()
        seen += 1
        if seen > _MOST or (type(part) is Operation and _compares(part)) or (type(part) is Call and not _is_harmless(part)):
            return False
        parses = parses or (type(part) is Call and method_of(part) in _PARSES | _BEGINS)
        pending += expressions(part)
    return parses


def _compares(operation: Operation) -> bool:
    """A comparison of anything but the scheme with something that is written."""
    if operation.operator in ("!", "not", "&&", "||", "and", "or", "?", "??"):
        return False
    return not any(type(each) is Attribute and each.name in _SCHEMES for each in operation.operands)


def _is_harmless(call: Call) -> bool:
    method = method_of(call)
    if method in _BEGINS:
        return all(_names_scheme(each) for each in call.args)
    return method in _HARMLESS


def _names_scheme(node: Expression) -> bool:
    if type(node) is Attribute:
        return node.name in _SCHEMES
    known = (node,) if type(node) is Literal else expressions(node)
    return bool(known) and all(type(each) is Literal and isinstance(each.value, str) and _SCHEME.fullmatch(each.value) for each in known)
