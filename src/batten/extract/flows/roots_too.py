"""Tests that let the folder itself through beside what is below it: ``path === root || path.startsWith(root + sep)``; knows no sinks."""

from collections.abc import Iterator

from batten.code.model import Attribute, Call, Expression, Operation
from batten.extract.flows.asked import method_of
from batten.extract.flows.nodes import State
from batten.extract.flows.reading import Reading
from batten.extract.flows.tested import Value, read_again, roots_of
from batten.facts.flows import Result, Text

# Each is compared with each: nobody writes more by hand.
_MOST = 12
_BEGINS = frozenset(("startsWith", "startswith"))


def same_as(reading: Reading, state: State, operands: tuple[Expression, ...], value: Value) -> Iterator[tuple[int, int]]:
    """The tests, by their places among several, that say no less than another of them: the value is what that says it begins with."""
    if len(operands) > _MOST:
        return
    compared = [(at, each) for at, each in enumerate(operands) if type(each) is Operation and each.operator in ("==", "!=")]
    for below, test in enumerate(operands) if compared else ():
        is_refused = type(test) is Operation and test.operator == "!"
        call = test.operands[0] if type(test) is Operation and is_refused else test
        if type(call) is not Call or method_of(call) not in _BEGINS or type(call.callee) is not Attribute or not call.args:
            continue
        subject = roots_of(reading, read_again(reading, state, call.callee.value, value))[:1]
        begun = _parts(reading, read_again(reading, state, call.args[0], value))
        for at, each in compared:
            sides = [roots_of(reading, read_again(reading, state, side, value)) for side in each.operands]
            if (each.operator == "!=") is is_refused and any(
                set(one).intersection(subject) and begun.intersection(other[:1]) for one, other in (sides, sides[::-1])
            ):
                yield at, below


def _parts(reading: Reading, number: int) -> set[int]:
    """What a text is put together of: ``root`` for ``root + sep``, and for ``path.join(root, sep)``."""
    node = reading.nodes.nodes[number] if number >= 0 else None
    inner = node.parts if type(node) is Text else reading.nodes.calls[node.call].arguments if type(node) is Result else ()
    return {root for each in (number, *inner) for root in roots_of(reading, each)}
