"""What a statement of SQL writes into a record of an account that says what the account may do: by its columns, and where their values are handed over; knows no driver."""

from collections.abc import Iterator

from batten.facts.flows import RIGHTS, Changed, Checked, Constant, FlowCall, Graph, Result
from batten.link.flows.origins import Way
from batten.regex import regex

METHODS = frozenset(("execute", "executeQuery", "query", "fetch_one", "fetchrow", "fetchval"))
"""What runs a statement."""
_NAME = r"[\"`\[]?(?:\w+[\"`\]]?\.[\"`\[]?)?(?P<table>\w+)[\"`\]]?"
_ADDS = regex(
    rf"(?is)\s*(?:insert\s+(?:or\s+\w+\s+|ignore\s+)?into|replace\s+into)\s+{_NAME}\s*\((?P<columns>[^()]+)\)\s*values\s*\((?P<values>.*)\)"
)
_CHANGES = regex(rf"(?is)\s*update\s+{_NAME}\s+set\s+(?P<set>.+?)(?:\s+where\b|\s+returning\b|;|\Z)")
_SETS = regex(r"[\"`\[]?(?P<column>\w+)[\"`\]]?\s*=\s*(?P<value>\?|%s|\$\d+|%\(\w+\)s|[:@]\w+)")
_PLACE = regex(r"\?|%s|\$(?P<number>\d+)|%\((?P<key>\w+)\)s|(?<!:)[:@](?P<name>\w+)")
_ACCOUNTS = regex(r"(?i)(?:app_?|auth_?|tbl_?)?(?:users?|accounts?|members?|admins?|usuarios?)")
# Statements are made of texts: https://docs.sqlalchemy.org/en/20/core/sqlelement.html#sqlalchemy.sql.expression.text
_MAKES = "text"
_LONGEST = 4_000


def rights_in(graph: Graph, call: FlowCall) -> Iterator[tuple[int, Way]]:
    """The arguments that become such a right, each with a way into it."""
    statement = _text(graph, call.arguments[0]) if call.arguments else None
    if statement is None or len(statement) > _LONGEST:
        return
    for place in _places(statement):
        given = call.arguments[1] if len(call.arguments) > 1 else -1
        if not place.isdigit():
            if given >= 0:
                yield given, (place,)
        elif len(call.arguments) > int(place) + 1 and int(place) > 0:
            yield call.arguments[int(place) + 1], ()  # one by one: `fetchrow(statement, name, role)`
        elif given >= 0:
            yield given, (place,)


def _places(statement: str) -> Iterator[str]:
    """The positions, or the names, of the values of such columns."""
    added = _ADDS.match(statement)
    if added is not None and _ACCOUNTS.fullmatch(added["table"]):
        columns = [each.strip(' \t\r\n"`[]') for each in added["columns"].split(",")]
        values = added["values"].split(",")
        for number, column in enumerate(columns[: len(values)]):
            place = _PLACE.fullmatch(values[number].strip()) if column in RIGHTS else None
            if place is not None:
                yield _place(",".join(values[:number]), place.groupdict())
        return
    changed = _CHANGES.match(statement)
    if changed is not None and _ACCOUNTS.fullmatch(changed["table"]):
        for each in _SETS.finditer(changed["set"]):
            place = _PLACE.fullmatch(each["value"])
            if each["column"] in RIGHTS and place is not None:
                yield _place(changed["set"][: each.start()], place.groupdict())


def _place(before: str, said: dict[str, str | None]) -> str:
    if said["number"] is not None:
        return str(int(said["number"]) - 1)
    return said["key"] or said["name"] or str(sum(1 for _ in _PLACE.finditer(before)))


def _text(graph: Graph, number: int) -> str | None:
    node = graph.nodes[number] if number >= 0 else None
    while isinstance(node, Checked | Changed):
        number = node.of if isinstance(node, Checked) else node.before
        node = graph.nodes[number] if number >= 0 else None
    if isinstance(node, Result) and graph.calls[node.call].method == _MAKES and graph.calls[node.call].arguments:
        return _text(graph, graph.calls[node.call].arguments[0])
    return node.value if isinstance(node, Constant) and isinstance(node.value, str) else None
