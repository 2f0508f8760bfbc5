"""Schemas that drizzle-zod makes of the tables of accounts, and let whoever sends a record set what the account may do; knows no flow.

https://orm.drizzle.team/docs/zod
"""

import re

from batten.facts.flows import FlowCall, Graph, Named, Result
from batten.link.callgraph import Code
from batten.link.flows.authority import KEYS
from batten.regex import regex

OPEN = "drizzle-zod.createInsertSchema.of-rights"
"""The canonical name of such a schema."""
# What an account may do or has, or whose it is, by names that columns are called.
_MATTERS = regex(
    r"role|admin|perm|plan|tier|balance|credit|verif|status|active|subscr|premium|paid|approv|level|point|staff|org|tenant|team|group|company|passw|hash|token|secret|stripe|customer|ban|quota",
    re.IGNORECASE,
)
_STATEMENTS = frozenset(("insert", "update"))
_MOST_STEPS = 12
_PARSES = frozenset(("parse", "parseAsync", "safeParse", "safeParseAsync"))
MAKES = "createInsertSchema"
"""What makes one, in the names of what they are asked."""
_MORE = regex(r"(?:is|can)[A-Z]\w*(?:Admin|Manage|Moderate)\w*|isSuperAdmin|canManage\w*")


def open_schema(code: Code, path: str, name: str) -> str | None:
    """The canonical name of a call that checks a record by such a schema: ``insertUserSchema.parse``; None for any other."""
    named, _, method = name.rpartition(".")
    home = code.home(path, named) if method in _PARSES and "#" in named else None
    binding = code.bindings(home[0]).get(home[1]) if home is not None else None
    made = next((call for call in binding.calls if call.callee.endswith(MAKES)), None) if binding is not None else None
    if home is None or binding is None or made is None or not made.arguments or made.arguments[0].name is None:
        return None
    left = _columns(code, home[0], made.arguments[0].name)
    for call in binding.calls:
        step = call.callee.rpartition(".")[2]
        keys = {argument.slot.partition(".")[2] for argument in call.arguments if argument.slot.startswith("0.")}
        if step == "pick":
            left &= keys
        elif step == "omit":
            left -= keys
    return f"{OPEN}.{method}" if _has_rights(left) else None


def lacks_rights(code: Code, path: str, graph: Graph, call: FlowCall) -> bool:
    """Whether a call writes a row of a table whose columns are written out, none of which is what its owner may not set: ``db.update(profiles).set(sent)``."""
    for _ in range(_MOST_STEPS):
        node = graph.nodes[call.receiver] if call.receiver >= 0 else None
        if type(node) is not Result:
            return False
        call = graph.calls[node.call]
        table = graph.nodes[call.arguments[0]] if call.arguments and call.arguments[0] >= 0 else None
        if call.method in _STATEMENTS and type(table) is Named:
            columns = _columns(code, path, table.name)
            return bool(columns) and not _has_rights(columns) and not any(_MATTERS.search(column) for column in columns)
    return False


def _has_rights(columns: set[str]) -> bool:
    return any(column in KEYS or _MORE.fullmatch(column) for column in columns)


def _columns(code: Code, path: str, name: str) -> set[str]:
    """The columns of a table, by the keys that code has for them."""
    home = code.home(path, name)
    if home is not None:
        code.ask(home[0])
    binding = code.bindings(home[0]).get(home[1]) if home is not None else None
    if binding is None:
        return set()
    tables = (call for call in binding.calls if call.callee.endswith("Table"))
    return {
        argument.slot[2:]
        for call in tables
        for argument in call.arguments
        if argument.slot.startswith("1.") and argument.slot.count(".") == 1
    }
