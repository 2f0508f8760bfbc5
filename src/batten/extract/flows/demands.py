"""Functions that come to their end only with a value that they have tested: what theirs demand, and where one of them was handed a value; knows no other file."""

from batten.code.model import Await, Call, Expression
from batten.extract.flows.answers import handed, of_parameters
from batten.extract.flows.calls import may_be_own
from batten.extract.flows.nodes import State
from batten.extract.flows.reading import Reading
from batten.extract.flows.tested import Facts, Value, read_again, roots_of
from batten.facts.flows import PASSED, Field, Given, Result

# What a value may have been handed to before; each is carried along by all values that come after.
_MOST = 8
_FEW = 4
# A call is among the last that were made when its statement ends.
_LATE = 50


def handed_to(reading: Reading, state: State, expression: Expression, value: Value) -> Facts:
    """That a call which nobody asks for an answer has come back from these values: ``guard(name)``. What it says of them is known to whoever knows the function."""
    while type(expression) is Await:
        expression = expression.value
    if type(expression) is not Call or sum(word.startswith(PASSED) for _, word in state.tests) >= _MOST:
        return frozenset()
    calls = reading.nodes.calls
    made = next((at for at in range(len(calls) - 1, max(-1, len(calls) - _LATE), -1) if calls[at].span == expression.span), None)
    if made is None or calls[made].callee is None or not may_be_own(calls[made].callee, python=reading.python):
        return frozenset()
    found = {fact for fact in handed(reading, made, PASSED) if type(reading.nodes.nodes[fact[0]]) in (Given, Field, Result)}
    for slot, argument in enumerate(expression.args[:_FEW]):
        roots = roots_of(reading, read_again(reading, state, argument, value))
        found.update((root, f"{PASSED}{made}:{slot}") for root in roots if type(reading.nodes.nodes[root]) in (Given, Field, Result))
    return frozenset(found)


def demand(reading: Reading, state: State) -> None:
    """Control comes to the end of the function: what holds of its parameters here, and did wherever else it ends."""
    held = of_parameters(reading.nodes, state.tests)
    reading.demands = held if reading.demands is None else reading.demands & held
