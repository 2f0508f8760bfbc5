"""Assignments that may reach the record that all others inherit from: two keys that are not constant, one after the other; knows no values of strangers.

https://github.com/HoLyVieR/prototype-pollution-nsec18
"""

from batten.facts.flows import ANY, DEEP, Changed, Checked, Choice, Constant, Field, FlowCall, Given, Graph, Node, Object, Result
from batten.link.flows.origins import Root

KEY = "prototype-key"
"""The kind of sinks that set a key of a record."""
ASSIGNED = f"**.{ANY}="
"""The name of all assignments to keys that are not constant in rows."""
_GUARDS = frozenset(("__proto__", "prototype"))
_MOST = 40
# How far below what a function is given keys are told apart.
_TOLD_APART = 2


def reaches_prototype(graph: Graph, call: FlowCall) -> bool:
    """The record whose key is set was itself found by a key, that is none of its own; a function that names the keys that do harm is one that leaves them out."""
    if call.callee != "=" or call.method != ANY or len(call.arguments) < 2 or call.arguments[1] < 0:  # noqa: PLR2004 - the value, and the key
        return False
    if _is_way(graph, call.arguments[0]):
        return False
    found, parameters = _found_by_key(graph, call.receiver)
    if parameters & _taken_from(graph, call.arguments[1]):
        return False
    if not found:
        found = any(_calls_itself(graph, each, parameters) for each in graph.calls)
    return found and not any(type(node) is Constant and node.value in _GUARDS for node in graph.nodes)


def _is_way(graph: Graph, number: int) -> bool:
    """Only what is there already, or an empty record to go on into: ``at[key] = at[key] || {}``."""
    pending = [number]
    leaves: list[Node | None] = []
    while pending and len(leaves) < _MOST:
        each = pending.pop()
        node = graph.nodes[each] if each >= 0 else None
        if type(node) is Choice:
            pending += node.of
        elif type(node) is Checked:
            pending.append(node.of)
        else:
            leaves.append(node)
    return any(_is_empty(node) for node in leaves) and all(_is_empty(node) or (type(node) is Field and node.key == ANY) for node in leaves)


def _is_empty(node: Node | None) -> bool:
    """A record with nothing under any key that is known."""
    return type(node) is Object and all(key == ANY for key, _ in node.fields)


def _found_by_key(graph: Graph, number: int) -> tuple[bool, frozenset[int]]:
    """Whether a value may have been read by a key that is not constant, and the parameters that it may be."""
    pending, seen, parameters = [number], set[int](), set[int]()
    while pending and len(seen) < _MOST:
        each = pending.pop()
        node = graph.nodes[each] if each >= 0 and each not in seen else None
        seen.add(each)
        match node:
            case Field(key=key):
                if key == ANY:
                    return True, frozenset()
            case Given(index=index):
                parameters.add(index)
            case Choice(of=of):
                pending += of
            case Checked(of=inner) | Changed(before=inner):
                pending.append(inner)
            case Object(base=base) if base != each:
                pending.append(base)
            case Result(call=made) if graph.calls[made].method == ANY:
                return True, frozenset()
    return False, frozenset(parameters)


def _calls_itself(graph: Graph, call: FlowCall, parameters: frozenset[int]) -> bool:
    """A function hands itself, in the place of the record, what it has found in that by a key."""
    own = (call.callee or "").rpartition("#")[2]
    if not own or own.rpartition(".")[2] != graph.function.rpartition(".")[2]:
        return False
    return any(index < len(call.arguments) and _found_by_key(graph, call.arguments[index])[0] for index in parameters)


def _taken_from(graph: Graph, number: int) -> frozenset[int]:
    """The parameters that a key is one of the keys of."""
    node = graph.nodes[number] if number >= 0 else None
    while type(node) is Checked:
        node = graph.nodes[node.of]
    return _found_by_key(graph, node.of)[1] if type(node) is Field and node.key == ANY else frozenset()


def told_as(kind: str, root: Root) -> tuple[object, ...]:
    """What tells a value that comes to a sink from others: of keys, those far below are all alike."""
    return root.identity if kind != KEY else (root.source, root.owner, root.number, root.way[:_TOLD_APART], root.sure)


def widened(root: Root, before: Root) -> Root:
    """A key that a function hands itself once more: what it is below may be however deep, so that the next time is no other."""
    if root.owner != before.owner or root.number != before.number or root.source:
        return root
    same = 0
    for one, other in zip(root.way, before.way, strict=False):
        if one != other:
            break
        same += 1
    return root if root.way == before.way else root._replace(way=(*(step for step in root.way[:same] if step != DEEP), DEEP))
