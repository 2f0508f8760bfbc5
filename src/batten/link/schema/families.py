"""Tables that have their columns from others: partitions and heirs, how they come to it, and how they leave."""

from batten.link.schema.session import Session
from batten.link.schema.state import ColumnState, Relation
from batten.parse.postgres.expressions import Name


def children(session: Session, relation: Relation) -> list[Relation]:
    """The partitions of a table, and the tables that inherit from it."""
    return [other for other in session.database.relations.values() if relation in other.parents]


def with_children(session: Session, relation: Relation, label: str) -> list[tuple[Relation, ColumnState]]:
    """A column, and what the tables below have from it."""
    found: list[tuple[Relation, ColumnState]] = []
    stack = [relation]
    while stack:
        each = stack.pop()
        column = each.columns.get(label)
        if column is not None and (each is relation or column.inherited) and not any(each is known for known, _ in found):
            found.append((each, column))
            stack += children(session, each)
    return found


def attach(session: Session, relation: Relation, other: Name, on: bool, child: bool) -> None:
    """ATTACH PARTITION, INHERIT and their opposites."""
    found = session.database.relation(other)
    if found is None:
        return
    parent, part = (found, relation) if child else (relation, found)
    if on and (parent in part.parents or not _fit(session, parent, part, partition=not child)):
        return
    part.partition = on and not child
    if on:
        part.parents.append(parent)
    elif parent in part.parents:
        part.parents.remove(parent)
    for label, column in part.columns.items():
        column.inherited = on and (column.inherited or label in parent.columns)


def _fit(session: Session, parent: Relation, part: Relation, *, partition: bool) -> bool:
    """Whether a table can become the child of another."""
    if part.kind not in ("table", "partitioned", "foreign") or part is parent or part.ghost or parent.ghost:
        return part.ghost or parent.ghost
    if not partition:
        return parent.kind == "table" and parent.columns.keys() <= part.columns.keys() and part.kind == "table"
    if parent.kind != "partitioned" or part.parents or part.columns.keys() != parent.columns.keys():
        return False
    above = [parent]
    while above:
        each = above.pop()
        if each is part:
            return False
        above += each.parents
    return not (part.kind == "table" and children(session, part))
