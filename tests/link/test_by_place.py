"""The calls of chains, in short functions and in long ones."""

import pytest

from batten.facts.calls import Call, Function
from batten.link.by_place import chain_of, starting_at
from batten.text import Place, Span


def function(chains: int) -> Function:
    """Chains of two calls each, the longer one first, as they are written."""
    calls = [
        Call(name, Span(10 * number, end)) for number in range(chains) for name, end in (("a.b", 10 * number + 9), ("a", 10 * number + 4))
    ]
    return Function("f", Place("a.py", Span(0, 10 * chains)), Span(0, 10 * chains), calls=tuple(calls))


@pytest.mark.parametrize("chains", [1, 3, 400])
def test_a_chain_is_what_begins_where_a_call_does(chains: int) -> None:
    found = function(chains)
    last = found.calls[-1]
    assert [call.callee for call in chain_of(found, last)] == ["a.b", "a"]
    assert {call.span.start for call in chain_of(found, last)} == {last.span.start}
    assert list(starting_at(found, 7)) == []


def test_long_functions_are_told_apart() -> None:
    functions = [function(100 + number) for number in range(120)]
    assert [len(starting_at(each, 10 * 100)) for each in functions] == [0] + [2] * 119
    assert [len(starting_at(each, 10 * 100)) for each in reversed(functions)] == [2] * 119 + [0]
