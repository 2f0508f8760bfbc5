"""What functions say of what they are handed by what they give: a yes, or something, only where a test has passed; and where a test asks one of them. Knows no other file."""

from batten.code.model import Call
from batten.extract.flows.nodes import Nodes
from batten.extract.flows.reading import Reading
from batten.extract.flows.tested import Facts, facts_of, result_of
from batten.facts.flows import GRANTED, Choice, Constant, Field, Given, Object, Result

_MOST_ARGUMENTS = 4
_MOST_FIELDS = 8
# Calls of one function that are asked: what each may have said is told with every use of the value.
_MOST_ASKED = 64


def given_by(reading: Reading, number: int, facts: Facts) -> None:
    """It gives a value where these tests have passed; nothing, and a no, are no word on anything."""
    node = reading.nodes.nodes[number] if number >= 0 else None
    if type(node) is Constant and not node.value:
        return
    said = of_parameters(reading.nodes, facts)
    reading.grants = said if reading.grants is None else reading.grants & said


def of_parameters(nodes: Nodes, facts: Facts) -> frozenset[tuple[str, str]]:
    """The same of parameters, and of what stands under a key of one: ``0``, ``0.from``."""
    found = set()
    for number, word in facts:
        node = nodes.nodes[number]
        holder = nodes.nodes[node.of] if type(node) is Field and node.of >= 0 else node
        if type(holder) is not Given or holder.index < 0 or word.startswith("doubt:"):
            continue
        found.add((f"{holder.index}.{node.key}" if type(node) is Field else str(holder.index), word))
    return frozenset(found)


def asked_of(reading: Reading, call: Call) -> Facts:
    """What a test may say of what it hands to one of the app's own functions."""
    nodes = reading.nodes
    number = result_of(reading, call)
    result = nodes.nodes[number] if number >= 0 else None
    made = nodes.calls[result.call] if type(result) is Result else None
    if type(result) is not Result or made is None or "#" not in (made.callee or ""):
        return frozenset()
    if len(reading.asked) >= _MOST_ASKED and result.call not in reading.asked:
        return frozenset()
    reading.asked.add(result.call)
    return handed(reading, result.call, GRANTED)


def handed(reading: Reading, call: int, word: str) -> Facts:
    """The values that a call was handed, and those under the keys of a record that is written there, each with where."""
    nodes = reading.nodes
    found: set[tuple[int, str]] = set()
    for index, given in enumerate(nodes.calls[call].arguments[:_MOST_ARGUMENTS]):
        found |= facts_of(reading, given, f"{word}{call}:{index}")
        node = nodes.nodes[given] if given >= 0 else None
        for key, inner in node.fields[:_MOST_FIELDS] if type(node) is Object else ():
            found |= facts_of(reading, inner, f"{word}{call}:{index}.{key}")
    return frozenset(found)


def is_one_value(nodes: Nodes, numbers: list[int]) -> bool:
    """All of them are spellings of one value: of none of several that it was chosen from."""
    return not any(
        type(node := nodes.nodes[number]) is Choice and sum(not nodes.is_constant(part) for part in node.of) > 1 for number in numbers
    )
