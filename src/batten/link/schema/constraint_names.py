"""The names that PostgreSQL gives keys and checks; knows nothing of what they say."""

from batten.link.schema.session import Session
from batten.link.schema.state import Database, Relation

_LONGEST_NAME = 63
_OF_INDEXES = frozenset({"idx", "key", "pkey"})


def is_taken(relation: Relation, label: str) -> bool:
    """Whether a key or check of a table has a name already."""
    own = relation.unique.get(label)
    return label in relation.checks or (own is not None and not own.index) or any(key.name == label for key in relation.keys)


def is_called(database: Database, schema: str, label: str) -> bool:
    """Whether a table or an index of a key has a name: they may not share one."""
    known = database.relations.get((schema, label))
    return (known is not None and not known.ghost and not known.premature) or any(
        label in each.unique for each in database.relations.values() if each.schema == schema and not each.premature
    )


def chosen(session: Session, relation: Relation, columns: str, ending: str) -> str:
    """The name of a constraint that is made without one: the longer of its first two parts is shortened, and a number follows where it is taken."""
    rivals = [relation, *(each for each in session.database.renamed if each.schema == relation.schema and _is_there(session, each))]
    number = ""
    while True:
        last = f"_{ending}{number}"
        room = _LONGEST_NAME - len(last) - (1 if columns else 0)
        first, second = relation.name.encode(), columns.encode()
        while len(first) + len(second) > room:
            first, second = (first[:-1], second) if len(first) > len(second) else (first, second[:-1])
        label = "_".join(each.decode("utf-8", "ignore") for each in (first, second) if each) + last
        taken = ending in _OF_INDEXES and is_called(session.database, relation.schema, label)
        if not taken and not any(is_taken(each, label) for each in rivals):
            return label
        number = str(int(number or "0") + 1)


def _is_there(session: Session, relation: Relation) -> bool:
    return session.database.relations.get((relation.schema, relation.name)) is relation
