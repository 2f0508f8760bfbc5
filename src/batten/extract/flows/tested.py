"""Which values a test looks at, and which others it says the same of; knows no tests."""

from collections.abc import Callable

from batten.code.model import Attribute, Await, Call, Expression, Literal, Name, Operation, Sequence
from batten.extract.flows.asked import has_call
from batten.extract.flows.claims import OF_PATHS
from batten.extract.flows.nodes import State
from batten.extract.flows.reading import Reading
from batten.facts.flows import HARMLESS, Checked, Choice, Constant, Field, Object, Result

Value = Callable[[Reading, State, Expression, int], int]
Facts = frozenset[tuple[int, str]]
_HOSTS = frozenset(("netloc", "hostname", "host", "origin", "domain"))
_UNTOUCHED = frozenset(("lower", "upper", "strip", "trim", "toLowerCase", "toUpperCase", "toString", "casefold", "String", "str"))


def read_again(reading: Reading, state: State, node: Expression, value: Value) -> int:
    """The value of something that was read before: its calls are there already."""
    if type(node) is Call:
        return result_of(reading, node)
    if type(node) is Attribute:
        return reading.nodes.field(state, read_again(reading, state, node.value, value), node.name)
    if isinstance(node, Await) or (isinstance(node, Operation) and node.operator in ("??", "||")):
        return read_again(reading, state, node.value if isinstance(node, Await) else node.operands[0], value)
    if type(node) in (Name, Literal):
        return value(reading, state, node, 0)
    if type(node) is Operation and node.operator == "=":
        return read_again(reading, state, node.operands[0], value)
    if type(node) is Sequence:
        return HARMLESS
    if type(node) is Operation and node.operator in ("?:", "||", "??"):
        given = [read_again(reading, state, part, value) for part in (node.operands[1:] if node.operator == "?:" else node.operands)]
        return reading.nodes.choice(*given)
    return value(reading, state.copy(), node, 0) if not has_call(node) else HARMLESS


def result_of(reading: Reading, node: Call) -> int:
    """What a call gave that was read before."""
    for number in range(len(reading.nodes.calls) - 1, -1, -1):
        if reading.nodes.calls[number].span == node.span:
            return reading.result(number)
    return HARMLESS


def roots_of(reading: Reading, number: int) -> list[int]:
    """The node that is tested, and those that it says the same of: ``x`` for ``x.lower()`` and for a choice of it."""
    nodes = reading.nodes
    found: list[int] = []
    pending = [number]
    while pending and len(found) < 8:  # noqa: PLR2004 - more are hardly one value
        each = pending.pop()
        if each < 0 or each in found:
            continue
        found.append(each)
        node = nodes.nodes[each]
        if type(node) is Result:
            call = nodes.calls[node.call]
            if call.method in _UNTOUCHED or (call.method in OF_PATHS and "path" in (call.callee or "path").lower()):
                pending += [call.receiver, *call.arguments]
        elif type(node) is Checked:
            pending.append(node.of)
        elif type(node) is Choice:
            pending += [part for part in node.of if not nodes.is_constant(part)]
    return [each for each in found if type(nodes.nodes[each]) is not Constant]


def facts_of(reading: Reading, number: int, word: str) -> Facts:
    """What a test says of a value, and so of those that it is made of."""
    return frozenset((each, word) for each in roots_of(reading, number))


def addresses_of(reading: Reading, number: int) -> list[int]:
    """Where a value is the host of an address: the parsed address and the text of it."""
    nodes = reading.nodes
    node = nodes.nodes[number] if number >= 0 else None
    if type(node) is not Field or node.key not in _HOSTS:
        return []
    found = [node.of]
    inner = nodes.nodes[node.of]
    while type(inner) is Checked:
        inner = nodes.nodes[inner.of]
    if type(inner) is Result:
        found += [root for argument in nodes.calls[inner.call].arguments[:1] for root in roots_of(reading, argument)]
    return found


def is_settled_at(reading: Reading, state: State, node: Expression, value: Value) -> bool:
    """A collection that the caller does not make: constants, or something with a name of its own."""
    if type(node) is Sequence:
        return all(is_settled_at(reading, state, item, value) for item in node.items)
    number = read_again(reading, state, node, value)
    if number < 0 or reading.nodes.is_constant(number):
        return True
    return is_settled(reading, reading.nodes.frozen(state, number))


def is_settled(reading: Reading, number: int) -> bool:
    """The same of a value."""
    node = reading.nodes.nodes[number] if number >= 0 else None
    if node is None or type(node) is Constant:
        return True
    if type(node) is Object:
        return node.base < 0 and all(is_settled(reading, inner) for _, inner in node.fields)
    if type(node) is Result:
        call = reading.nodes.calls[node.call]
        return call.method in ("keys", "values", "set", "Set", "frozenset", "list") and all(
            is_settled(reading, each) for each in (call.receiver, *call.arguments)
        )
    name = reading.nodes.name_of(number)
    return name is not None and "request" not in name.lower()
