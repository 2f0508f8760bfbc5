"""What a statement of SQL writes into which column, as what an account may do: by its columns, and where their values are handed over; knows no driver."""

from collections.abc import Iterator

from batten.facts.flows import RIGHTS, Changed, Checked, Constant, FlowCall, Graph, Object, Result
from batten.link.flows.origins import Way
from batten.link.flows.spelled import whole
from batten.regex import regex

METHODS = frozenset(("execute", "executeQuery", "query", "fetch_one", "fetchrow", "fetchval"))
"""What runs a statement."""
_NAME = r"[\"`\[]?(?:\w+[\"`\]]?\.[\"`\[]?)?(?P<table>\w+)[\"`\]]?"
_RUNS = frozenset(("run", "get", "all"))
_WRITES = regex(r"(?i)\s*(?:insert|replace|update)\s")
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
    for table, column, number, way in put_into(graph, call):
        if column in RIGHTS and _ACCOUNTS.fullmatch(table):
            yield number, way


def put_into(graph: Graph, call: FlowCall) -> Iterator[tuple[str, str, int, Way]]:
    """The table and the column that each argument of a statement goes to, with a way into the argument."""
    made = graph.nodes[call.receiver] if call.method in _RUNS and call.receiver >= 0 else None
    prepared = graph.calls[made.call] if type(made) is Result and graph.calls[made.call].method == "prepare" else None
    asked, values = (prepared, call.arguments) if prepared is not None else (call, call.arguments[1:])
    statement = _text(graph, asked.arguments[0]) if asked.arguments else None
    if statement is None or len(statement) > _LONGEST or _WRITES.match(statement) is None:
        return
    for table, column, place in _places(statement):
        given = values[0] if values else -1
        record = whole(graph, given)
        if type(record) is Object and place in dict(record.fields):
            yield table, column, given, (place,)
        elif not place.isdigit():
            if given >= 0:
                yield table, column, given, (place,)
        elif len(values) > int(place) and (int(place) > 0 or prepared is not None):
            yield table, column, values[int(place)], ()  # one by one: `fetchrow(statement, name, role)`
        elif given >= 0:
            yield table, column, given, (place,)


def _places(statement: str) -> Iterator[tuple[str, str, str]]:
    """The tables, the columns, and the positions or the names of their values."""
    added = _ADDS.match(statement)
    if added is not None:
        columns = [each.strip(' \t\r\n"`[]') for each in added["columns"].split(",")]
        values = added["values"].split(",")
        for number, column in enumerate(columns[: len(values)]):
            place = _PLACE.fullmatch(values[number].strip())
            if place is not None:
                yield added["table"], column, _place(",".join(values[:number]), place.groupdict())
        return
    changed = _CHANGES.match(statement)
    for each in _SETS.finditer(changed["set"]) if changed is not None else ():
        place = _PLACE.fullmatch(each["value"])
        if changed is not None and place is not None:
            yield changed["table"], each["column"], _place(changed["set"][: each.start()], place.groupdict())


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
