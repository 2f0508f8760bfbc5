"""The keys and checks of tables under the names that PostgreSQL gives them, by which later statements drop and rename them.

https://www.postgresql.org/docs/current/ddl-constraints.html
"""

from collections.abc import Mapping

from msgspec import structs

from batten.link.schema.session import Session
from batten.link.schema.state import ColumnState, Relation
from batten.link.schema.type_families import differ, family
from batten.parse.postgres.expressions import Name, Reference, walk
from batten.parse.postgres.table_statements import Check, ForeignKey

_LONGEST_NAME = 63


def add_check(session: Session, relation: Relation, check: Check) -> None:
    """ADD CHECK: without a name it is called after its column, where that is one alone."""
    named = columns_in(check)
    label = check.name or _chosen(session, relation, min(named) if len(named) == 1 else "", "check")
    if label not in relation.checks:
        relation.checks[label] = check.condition
        relation.checked[label] = tuple(relation.columns[each] for each in named if each in relation.columns)


def columns_in(check: Check) -> set[str]:
    """The columns that a check names."""
    return {each.parts[-1] for each in walk(check.condition) if isinstance(each, Reference)}


def add_key(session: Session, relation: Relation, key: ForeignKey) -> None:
    """ADD FOREIGN KEY: its columns know what it points to."""
    relation.keys.append(key if key.name else structs.replace(key, name=_chosen(session, relation, "_".join(key.columns), "fkey")))
    target = full(session, key.to)
    for label in key.columns:
        found = relation.columns.get(label)
        if found is not None:
            found.references = target


def drop_constraint(session: Session, relation: Relation, label: str) -> None:
    """DROP CONSTRAINT."""
    relation.checks.pop(label, None)
    relation.checked.pop(label, None)
    if label == f"{relation.name}_pkey":
        relation.primary_key = ()
    _forget(session, relation, [key for key in relation.keys if key.name == label])


def drop_constraints_on(session: Session, relation: Relation, column: ColumnState) -> None:
    """What goes with a column that is dropped."""
    for label in [label for label, about in relation.checked.items() if any(each is column for each in about)]:
        del relation.checks[label], relation.checked[label]
    _forget(session, relation, [key for key in relation.keys if column.name in key.columns])


def is_taken(relation: Relation, label: str) -> bool:
    """Whether a key or check of a table has a name already."""
    return label in relation.checks or any(key.name == label for key in relation.keys)


def leads_to_other_type(session: Session, types: Mapping[str, str], key: ForeignKey) -> bool:
    """Whether a column of a key, by the ``types`` of its table, surely cannot hold what the column holds that it leads to."""
    target = session.database.relation(key.to)
    if target is None:
        return False
    leads = zip(key.columns, key.to_columns or target.primary_key, strict=False)
    pairs = ((types[label], target.columns[to].type) for label, to in leads if label in types and to in target.columns)
    return any(differ(family(session.database, one), family(session.database, two)) for one, two in pairs)


def rename_constraint(relation: Relation, label: str, to: str) -> None:
    """RENAME CONSTRAINT."""
    if is_taken(relation, to):
        return
    relation.checks = {to if name == label else name: condition for name, condition in relation.checks.items()}
    relation.checked = {to if name == label else name: about for name, about in relation.checked.items()}
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


def _chosen(session: Session, relation: Relation, columns: str, ending: str) -> str:
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
        if not any(is_taken(each, label) for each in rivals):
            return label
        number = str(int(number or "0") + 1)


def _is_there(session: Session, relation: Relation) -> bool:
    return session.database.relations.get((relation.schema, relation.name)) is relation
