"""All that a value of one function is made of, as far as the function tells; knows no names."""

from collections.abc import Iterator

from batten.facts.flows import Changed, Checked, Choice, Field, Graph, Object, Result, Text

_MOST = 80


def made_of(graph: Graph, number: int) -> Iterator[int]:
    """The nodes in a node, with itself: of calls, what they are called on and given."""
    pending, seen = [number], set[int]()
    while pending and len(seen) < _MOST:
        each = pending.pop()
        if each < 0 or each in seen:
            continue
        seen.add(each)
        yield each
        match graph.nodes[each]:
            case Text(parts=inner) | Choice(of=inner):
                pending += inner
            case Checked(of=one) | Changed(before=one) | Field(of=one):
                pending.append(one)
            case Result(call=index):
                call = graph.calls[index]
                pending += [call.receiver, *call.arguments]
            case Object(fields=fields, base=base):
                pending += [base, *[inner for _, inner in fields]]
