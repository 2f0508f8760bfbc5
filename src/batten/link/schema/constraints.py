"""The keys and checks of tables under the names that PostgreSQL gives them, by which later statements drop and rename them.

https://www.postgresql.org/docs/current/ddl-constraints.html
"""

from msgspec import structs

from batten.link.schema import unique_keys
from batten.link.schema.constraint_names import chosen, is_called, is_taken
from batten.link.schema.session import Session
from batten.link.schema.state import ColumnState, Relation
from batten.parse.postgres.expressions import Name, Reference, walk
from batten.parse.postgres.table_statements import Check, ForeignKey


def add_check(session: Session, relation: Relation, check: Check) -> None:
    """ADD CHECK: without a name it is called after its column, where that is one alone."""
    named = columns_in(check)
    label = check.name or chosen(session, relation, min(named) if len(named) == 1 else "", "check")
    if label not in relation.checks:
        relation.checks[label] = check.condition
        relation.checked[label] = tuple(relation.columns[each] for each in named if each in relation.columns)


def columns_in(check: Check) -> set[str]:
    """The columns that a check names."""
    return {each.parts[-1] for each in walk(check.condition) if isinstance(each, Reference)}


def add_key(session: Session, relation: Relation, key: ForeignKey) -> None:
    """ADD FOREIGN KEY: its columns know what it points to."""
    relation.keys.append(key if key.name else structs.replace(key, name=chosen(session, relation, "_".join(key.columns), "fkey")))
    target = full(session, key.to)
    for label in key.columns:
        found = relation.columns.get(label)
        if found is not None:
            found.references = target


def drop_constraint(session: Session, relation: Relation, label: str) -> None:
    """DROP CONSTRAINT, with the keys that lead to it."""
    relation.checks.pop(label, None)
    relation.checked.pop(label, None)
    own = relation.unique.get(label)
    if own is not None and not own.index:
        drop_key(session, relation, label)
    _forget(session, relation, [key for key in relation.keys if key.name == label])


def drop_key(session: Session, relation: Relation, label: str) -> None:
    """Takes a key or an index away, with the foreign keys that rest on it."""
    own = relation.unique.get(label)
    if own is None:
        return
    for other, key in unique_keys.users(session.database, relation, own):
        _forget(session, other, [key])
    del relation.unique[label]
    relation.primary_key = () if own.primary else relation.primary_key


def drop_constraints_on(session: Session, relation: Relation, column: ColumnState) -> None:
    """What goes with a column that is dropped."""
    for label in [label for label, about in relation.checked.items() if any(each is column for each in about)]:
        del relation.checks[label], relation.checked[label]
    for label in [label for label, own in relation.unique.items() if column.name in own.columns]:
        drop_key(session, relation, label)
    _forget(session, relation, [key for key in relation.keys if column.name in key.columns])


def rename_constraint(session: Session, relation: Relation, label: str, to: str) -> None:
    """RENAME CONSTRAINT."""
    if is_taken(relation, to) or (label in relation.unique and is_called(session.database, relation.schema, to)):
        return
    relation.checks = {to if name == label else name: condition for name, condition in relation.checks.items()}
    relation.checked = {to if name == label else name: about for name, about in relation.checked.items()}
    own = relation.unique.get(label)
    if own is not None:
        renamed = structs.replace(own, name=to)
        relation.unique = {to if key is own else name: renamed if key is own else key for name, key in relation.unique.items()}
    relation.keys = [structs.replace(key, name=to) if key.name == label else key for key in relation.keys]


def full(session: Session, name: Name) -> Name:
    """A name with its schema."""
    relation = session.database.relation(name)
    return Name(relation.schema, relation.name) if relation is not None else Name(name.schema or "public", name.name)


def _forget(session: Session, relation: Relation, going: list[ForeignKey]) -> None:
    if not going:
        return
    relation.keys = [key for key in relation.keys if key not in going]
    for label in {label for key in going for label in key.columns}:
        column = relation.columns.get(label)
        left = next((key for key in relation.keys if label in key.columns), None)
        if column is not None:
            column.references = full(session, left.to) if left is not None else None
