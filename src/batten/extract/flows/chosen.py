"""What an account may do where a test of what was asked for decides it: ``if sent.get("admin"): user.is_admin = True``."""

import re

from batten.code.model import Attribute, Call, Expression, Literal, Name, Operation
from batten.code.parts import expressions
from batten.extract.flows.nodes import State
from batten.extract.flows.reading import Reading
from batten.extract.flows.tested import Value, read_again
from batten.facts.flows import OF_FEW, RIGHTS
from batten.regex import regex

_COMPARISONS = frozenset(("==", "!=", "in", "&&", "||"))
# What a text, or the word for a yes, goes through before it is asked for.
_FORMS = frozenset(("bool", "str", "int", "Boolean", "String", "lower", "upper", "strip", "toLowerCase", "trim"))
_READS = frozenset(("get", "pop", "has", "param", "query", "header", "get_argument"))
# What somebody has to know, or to have been sent, who may choose.
_PROOF = regex(r"code|secret|token|invit|key|pass|otp|pin(?:_|\Z)|count|exists|first_user", re.IGNORECASE)
_DEEPEST = 4


def decided_by(reading: Reading, state: State, key: str, node: Expression, number: int, value: Value) -> int:
    """A value that is put under a key, and, where the key is one of a right and the value says yes or no, or is written down, what a test of it looked at, too."""
    if key not in RIGHTS:
        return number
    if type(node) is Operation and node.operator == "?:":
        tests = node.operands[:1] if any(map(_is_more, node.operands[1:])) else ()
    elif type(node) is Operation:
        tests = (node,) if node.operator in _COMPARISONS else ()
    else:
        tests = tuple(reading.tested) if _is_more(node) else ()
    if not tests or any(_asks_for_proof(test) for test in reading.tested) or any(map(_asks_for_proof, tests)):
        return number
    return reading.nodes.choice(number, *[each for test in tests for each in _asked(reading, state, test, value)])


def key_in(target: Expression) -> str:
    """What something is called that is assigned to; "" where it has no name."""
    match target:
        case Name(id=key) | Attribute(name=key):
            return key
    return ""


def _is_more(node: Expression) -> bool:
    """Yes, or what accounts are called that may do more than others."""
    return type(node) is Literal and (node.value is True or (isinstance(node.value, str) and OF_FEW.fullmatch(node.value) is not None))


def _asks_for_proof(test: Expression) -> bool:
    """Something is looked at that few know: the code of an invitation, the key of whoever installs the app."""
    pending = [test]
    while pending:
        node = pending.pop()
        match node:
            case Name(id=word) | Attribute(name=word) | Literal(value=str() as word) if _PROOF.search(word):
                return True
        pending += expressions(node)
    return False


def _asked(reading: Reading, state: State, test: Expression, value: Value) -> list[int]:
    """The values that a test looks at under the names of rights."""
    found: list[int] = []
    pending = [(test, 0)]
    while pending:
        node, depth = pending.pop()
        if depth > _DEEPEST:
            continue
        match node:
            case Operation(operator="in", operands=(Literal(value=str() as key), collection)) if key in RIGHTS:
                found.append(reading.nodes.field(state, read_again(reading, state, collection, value), key))
            case Operation(operator=operator, operands=operands) if operator in _COMPARISONS:
                pending += [(operand, depth + 1) for operand in operands]
            case Call(callee=Attribute(name=method), args=(Literal(value=str() as key), *_)) if method in _READS:
                found += [read_again(reading, state, node, value)] if key in RIGHTS else []
            case Call(callee=Attribute(name=method, value=inner)) if method in _FORMS:
                pending.append((inner, depth + 1))
            case Call(callee=Name(id=method), args=(inner, *_)) if method in _FORMS:
                pending.append((inner, depth + 1))
            case Attribute(name=key) | Name(id=key) if key in RIGHTS:
                found.append(read_again(reading, state, node, value))
    return [number for number in found if number >= 0]
