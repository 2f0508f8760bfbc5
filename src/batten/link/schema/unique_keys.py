"""The keys that tell the rows of a table apart, and whether a foreign key may lead to them.

https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK
"""

from collections.abc import Iterator, Mapping

from batten.link.schema.constraint_names import chosen, is_called, is_taken
from batten.link.schema.session import Session
from batten.link.schema.state import Database, Relation
from batten.link.schema.type_families import differ, family
from batten.parse.postgres.table_statements import CreateIndex, ForeignKey, Key


def add(session: Session, relation: Relation, key: Key) -> None:
    """ADD PRIMARY KEY or UNIQUE, also of an index that is there."""
    if key.index:
        index = relation.unique.pop(key.index, None)
        relation.told = relation.told and index is not None
        key = Key(index.columns if index is not None else (), key.name or key.index, key.primary)
    named = () if key.primary else key.columns
    label = key.name or chosen(session, relation, "_".join(named), "pkey" if key.primary else "key")
    relation.unique.setdefault(label, Key(key.columns, label, key.primary))
    if key.primary:
        relation.primary_key = key.columns
        for each in key.columns:
            if each in relation.columns:
                relation.columns[each].required = True


def refuses(database: Database, relation: Relation, key: Key) -> bool:
    """Whether a table surely takes no such key."""
    if key.name and key.name != key.index and is_called(database, relation.schema, key.name):
        return True
    if key.index:
        used = relation.unique.get(key.index)
        if used is None or not used.index:
            return used is not None or (relation.told and not relation.ghost)
    if is_taken(relation, key.name) or (key.primary and any(each.primary for each in relation.unique.values())):
        return True
    return _lacks(relation, key)


def _lacks(relation: Relation, key: Key) -> bool:
    return relation.complete and not relation.ghost and any(label not in relation.columns for label in key.columns)


def create_index(session: Session, made: CreateIndex) -> None:
    """CREATE UNIQUE INDEX."""
    relation = session.database.relation(made.table)
    if relation is None or _lacks(relation, made.key) or is_called(session.database, relation.schema, made.key.name):
        return
    label = made.key.name or chosen(session, relation, "_".join(made.key.columns), "idx")
    relation.unique[label] = Key(made.key.columns, label, index=label)


def drop_index(database: Database, schema: str | None, label: str, cascade: bool) -> Iterator[Relation]:
    """The table whose index DROP INDEX takes away; none where it is a constraint's, or needed."""
    for relation in database.relations.values():
        key = relation.unique.get(label)
        if key is not None and key.index and schema in (None, relation.schema) and (cascade or not users(database, relation, key)):
            yield relation


def users(database: Database, relation: Relation, key: Key) -> list[tuple[Relation, ForeignKey]]:
    """The foreign keys that rest on a key."""
    same = next((each for each in relation.unique.values() if set(each.columns) == set(key.columns)), key)
    if same is not key and not key.primary:
        return []
    return [
        (other, leading)
        for other in database.relations.values()
        for leading in other.keys
        if database.relation(leading.to) is relation
        and (set(leading.to_columns) == set(key.columns) and same is key if leading.to_columns else key.primary)
    ]


def needed(database: Database, relation: Relation, column: str) -> bool:
    """Whether foreign keys of other tables rest on a key with this column."""
    return any(
        other is not relation for key in relation.unique.values() if column in key.columns for other, _ in users(database, relation, key)
    )


def wrong(database: Database, types: Mapping[str, str], key: ForeignKey, target: Relation | None) -> str | None:
    """What is wrong with where a foreign key leads, by the ``types`` of its table's columns; None where nothing surely is."""
    if target is None:
        return None
    if target.kind in ("view", "matview"):
        return "what is no table"
    to = key.to_columns or target.primary_key
    if target.complete and not target.ghost and any(label not in target.columns for label in to):
        return "a column that is not there"
    if _is_told(target) and not any(_fits(each, key) for each in _keys(target)):
        return "columns that are no key there"
    if to and len(to) != len(key.columns):
        return "another number of columns"
    pairs = (
        (types[label], target.columns[each].type)
        for label, each in zip(key.columns, to, strict=False)
        if label in types and each in target.columns
    )
    return "a column of another type" if any(differ(family(database, one), family(database, two)) for one, two in pairs) else None


def _fits(own: Key, key: ForeignKey) -> bool:
    return sorted(own.columns) == sorted(key.to_columns) if key.to_columns else own.primary


def _is_told(relation: Relation) -> bool:
    """Whether all keys of a table are known."""
    return relation.told and not relation.ghost and not relation.platform and all(_is_told(each) for each in _above(relation))


def _keys(relation: Relation) -> Iterator[Key]:
    """The keys of a table, with those that a partition has from above."""
    yield from relation.unique.values()
    for parent in _above(relation):
        yield from _keys(parent)


def _above(relation: Relation) -> list[Relation]:
    return relation.parents if relation.partition else []
