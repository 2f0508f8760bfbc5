"""What a test that a value passed says of it; asks the function that tests it where that is the app's own."""

from collections.abc import Set as AbstractSet

from batten.extract.flows.claims import SUBJECTS
from batten.facts.flows import GRANTED, PASSED, Changed, Graph, Result
from batten.link.flows.graphs import Graphs
from batten.link.flows.knowledge import DOUBT, FORMED, LOOKED_AT, cleaned_by
from batten.link.flows.methods import NORMALISERS
from batten.link.flows.origins import Root, clean, merged
from batten.link.flows.spelled import bare

# What a test by a function of the app says of an address: that something looks at it, and more by its name.
_SAID = frozenset((f"{DOUBT}address", LOOKED_AT))
_LOOKS = frozenset(("test", "match", "fullmatch", "search", "exec", "includes", "indexOf", "has", "some", "find", "endswith", "endsWith"))
_DEEPEST = 3
_SPEAKS_OF_ADDRESS = dict(SUBJECTS)["address"]


def after_test(
    found: tuple[Root, ...], graphs: Graphs, path: str, graph: Graph, number: int, word: str, tests: AbstractSet[tuple[int, str]]
) -> tuple[Root, ...]:
    """The roots of a node of a function where a test has passed."""
    if word.startswith((GRANTED, PASSED)):
        return _after_call(found, graphs, path, graph, word)
    if word in _SAID and _asks_for_form_alone(graphs, path, graph, number):
        return found
    node = graph.nodes[number]
    normalised = type(node) is Result and graph.calls[node.call].method in NORMALISERS
    cleaned = cleaned_by(word, number, tests, normalised=normalised)
    if cleaned is None:
        return merged(root._replace(sure=root.sure and type(node) in (Result, Changed) and FORMED in root.cleaned) for root in found)
    return clean(found, cleaned)


def _after_call(found: tuple[Root, ...], graphs: Graphs, path: str, graph: Graph, word: str) -> tuple[Root, ...]:
    """The same where a call has come back that was handed the value, or has given something: whichever function it was asks for what all of them do."""
    shared = _said_by_all(graphs, path, graph, word, _DEEPEST)
    cleaned = [cleaned_by(said, 0, {(0, each) for each in shared}, normalised=False) for said in shared]
    if None in cleaned:
        found = merged(root._replace(sure=False) for root in found)
    return clean(found, frozenset().union(*[each for each in cleaned if each is not None]))


def _said_by_all(graphs: Graphs, path: str, graph: Graph, word: str, depth: int) -> frozenset[str]:
    """What each function that a call may mean says of what it was handed, also by others that it hands that on to."""
    kind = GRANTED if word.startswith(GRANTED) else PASSED
    number, slot = word.removeprefix(kind).split(":")
    callees = graphs.callees(path, graph.calls[int(number)])
    if not callees.own or callees.outside is not None or depth == 0:
        return frozenset()
    index, _, key = slot.partition(".")
    every = []
    for each in callees.own:
        at = f"{int(index) - each.shifted}{'.' if key else ''}{key}"
        told = {said for here, said in (each.graph.grants if kind == GRANTED else each.graph.demands) if here == at and not each.makes}
        handed_on = {said for said in told if said.startswith((GRANTED, PASSED))}
        every.append((told - handed_on).union(*[_said_by_all(graphs, each.path, each.graph, said, depth - 1) for said in handed_on]))
    return frozenset(set.intersection(*every))


def _asks_for_form_alone(graphs: Graphs, path: str, graph: Graph, number: int) -> bool:
    """Every function that is asked of the address by its name asks no more than whether it is one: any server is at one."""
    of_it = [call for call in graph.calls if any(bare(graph, each) == number for each in (call.receiver, *call.arguments))]
    asked = [call for call in of_it if _SPEAKS_OF_ADDRESS.search(call.method)]
    if any(call.method in _LOOKS for call in of_it):
        return False
    for call in asked:
        own = graphs.callees(path, call).own
        if not own or not all(callee.graph.form_alone for callee in own):
            return False
    return bool(asked)
