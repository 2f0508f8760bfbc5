"""Tests of what the name of a server leads to: what they say of its numbers they say of the address that the name is of; knows no other tests.

https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
"""

from batten.code.model import Attribute, Call, Expression, Name
from batten.code.parts import expressions
from batten.extract.flows.asked import method_of
from batten.extract.flows.claims import REFUSED, SUBJECTS
from batten.extract.flows.nodes import State
from batten.extract.flows.reading import Reading
from batten.extract.flows.tested import Facts, Value, addresses_of, read_again, roots_of
from batten.facts.calls import simple_name
from batten.facts.flows import RESOLVED, Changed, Checked, Choice, Field, FlowCall, Result

_OF_SOCKETS = frozenset(("gethostbyname", "gethostbyname_ex", "getaddrinfo"))
_OF_DNS = frozenset(("lookup", "resolve", "resolve4", "resolve6", "resolveAny"))
_SPEAKS_OF_ADDRESS = dict(SUBJECTS)["address"]
_COMPARES = frozenset(("startswith", "startsWith", "test", "match", "is_global", "some", "every", "any", "all", "find"))
_MOST = 40


def of_resolved(reading: Reading, state: State, condition: Expression, value: Value) -> tuple[Facts, Facts]:
    """What a test of the numbers says of the address where it passes, and where it fails; that there are some says nothing.

    Which way is the good one is not told: where both meet again, neither is left.
    """
    if not _looks_up(reading):
        return frozenset(), frozenset()
    parts = _parts(condition)
    if not any(_judges(part) for part in parts):
        return frozenset(), frozenset()
    found: set[int] = set()
    for part in parts:
        if type(part) is Name or (type(part) is Call and _may_resolve(method_of(part))):
            found.update(asked_of(reading, read_again(reading, state, part, value)))
    return frozenset((each, f"{RESOLVED}yes") for each in found), frozenset((each, f"{RESOLVED}no") for each in found)


def asked_of(reading: Reading, number: int) -> list[int]:
    """The addresses whose servers a value was looked up for, and the names of those."""
    nodes, pending, seen = reading.nodes, [number], 0
    found: list[int] = []
    while pending and seen < _MOST:
        each, seen = pending.pop(), seen + 1
        match nodes.nodes[each] if each >= 0 else None:
            case Result(call=index) if _resolves(nodes.calls[index]):
                roots = [root for given in nodes.calls[index].arguments[:1] for root in roots_of(reading, given)]
                found += [*roots, *(inner for root in roots for inner in addresses_of(reading, root))]
            case Result(call=index):
                pending += [nodes.calls[index].receiver, *nodes.calls[index].arguments[:2]]
            case Field(of=inner) | Checked(of=inner) | Changed(before=inner):
                pending.append(inner)
            case Choice(of=several):
                pending += several
    return found


def kept(reading: Reading, source: int, facts: Facts) -> Facts:
    """Of what holds at the end of a loop what holds after it, as it goes through all numbers of a server."""
    asked = set(asked_of(reading, source)) if any(word.startswith(RESOLVED) for _, word in facts) else set()
    return frozenset((number, word) for number, word in facts if number in asked and word.startswith(RESOLVED))


def _looks_up(reading: Reading) -> bool:
    # Conditions are many, and almost no function asks what number a server has.
    if reading.looks_up is None:
        reading.looks_up = any(_may_resolve(simple_name(call.callee)) for call in reading.called.values())
    return reading.looks_up


def _parts(condition: Expression) -> list[Expression]:
    found: list[Expression] = []
    pending = [condition]
    while pending and len(found) < _MOST:
        part = pending.pop()
        found.append(part)
        pending += expressions(part)
    return found


def _judges(part: Expression) -> bool:
    name = part.name if type(part) is Attribute else part.id if type(part) is Name else ""
    return name in _COMPARES or REFUSED.search(name) is not None or _SPEAKS_OF_ADDRESS.search(name) is not None


def _may_resolve(method: str) -> bool:
    return method in _OF_SOCKETS or method in _OF_DNS


def _resolves(call: FlowCall) -> bool:
    return call.method in _OF_SOCKETS or (call.method in _OF_DNS and "dns" in (call.callee or ""))
