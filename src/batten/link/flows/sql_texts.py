"""Whether a call of something that can't be told asks a database: by its name, or by the words of what it is given."""

import re

from batten.facts.flows import Checked, Choice, Constant, FlowCall, Graph, Object, Result, Text
from batten.facts.vocabulary import Row
from batten.link.flows.arguments import slots
from batten.regex import regex

# What is called so asks a database, whoever made it: https://peps.python.org/pep-0249/#cursor-objects
_CURSOR = regex(r"(?:^|[@#._])cur(?:sor)?\.execute(?:many|script)?$")
_SQL = regex(
    r"\b(?:select\b.*\bfrom|insert\s+into|update\b.*\bset|delete\s+from|drop\s+table|where|order\s+by|create\s+table|alter\s+table)\b",
    re.IGNORECASE | re.DOTALL,
)
# Methods of texts whose result is made of what they are called on and given.
_PUTS_TOGETHER = frozenset(("join", "format", "strip", "rstrip", "lstrip", "trim", "replace", "concat", "dedent"))


def asks_by_sql(graph: Graph, call: FlowCall, row: Row) -> bool:
    """What is called of a thing that can't be told asks a database: by the thing's name, or by what it is given."""
    return _CURSOR.search(call.callee or "") is not None or _speaks_sql(graph, slots(call, row.arg or "0"))


def _speaks_sql(graph: Graph, numbers: tuple[int, ...]) -> bool:
    """The text has words of SQL in what is constant of it."""
    pending = list(numbers)
    seen: set[int] = set()
    words: list[str] = []
    while pending and len(seen) < 60:  # noqa: PLR2004 - longer texts are told by their beginning
        each = pending.pop()
        node = graph.nodes[each] if each >= 0 and each not in seen else None
        seen.add(each)
        if type(node) is Constant:
            words.append(str(node.value))
        elif type(node) is Text:
            pending += reversed(node.parts)
        elif type(node) is Choice:
            pending += node.of
        elif type(node) is Checked:
            pending.append(node.of)
        elif type(node) is Object:
            pending += [inner for _, inner in reversed(node.fields)]
        elif type(node) is Result and graph.calls[node.call].method in _PUTS_TOGETHER:
            call = graph.calls[node.call]
            pending += [*reversed(call.arguments), call.receiver]
    return _SQL.search(" ".join(words)) is not None
