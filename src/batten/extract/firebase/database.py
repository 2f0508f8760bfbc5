"""The rules of the Realtime Database: JSON, in which what is granted above can't be taken away below.

https://firebase.google.com/docs/database/security/core-syntax
"""

from batten.extract.firebase.opened import READS, WRITES, Permit, covers, opened
from batten.facts.access_rules import AccessRule
from batten.parse.documents import Entry, Scalar, Table, read_json
from batten.parse.firebase import Literal, expression

_DEEPEST = 32
_MOST = 500
_GRANTS = {".read": READS, ".write": WRITES}


def read(path: str, data: bytes) -> tuple[list[AccessRule], bool]:
    """What the file opens, and whether it is whole; nothing where it is no such file."""
    if b".read" not in data and b".write" not in data:
        return [], True
    document = read_json(data)
    top = document.table.get("rules") if document.table is not None else None
    if not isinstance(top, Table):
        return [], True
    found: list[AccessRule] = []
    todo: list[tuple[Table, str, tuple[AccessRule, ...]]] = [(top, "", ())]
    for _ in range(_MOST):
        if not todo:
            break
        table, here, above = todo.pop()
        rules = list(opened("database", path, here or "/", [permit for entry in table.entries if (permit := _permit(entry))], {}))
        fresh = [rule for rule in rules if not any(covers(each, rule) for each in above)]
        found += fresh
        granted = (*above, *fresh)
        if here.count("/") < _DEEPEST:
            todo += [(entry.value, f"{here}/{entry.key}", granted) for entry in reversed(table.entries) if isinstance(entry.value, Table)]
    return found, document.whole


def _permit(entry: Entry) -> Permit | None:
    verbs = _GRANTS.get(entry.key)
    if verbs is None or not isinstance(entry.value, Scalar):
        return None
    if entry.value.plain:
        return Permit(verbs, Literal(entry.value.text == "true"), entry.place)
    return Permit(verbs, expression(entry.value.text), entry.place)
