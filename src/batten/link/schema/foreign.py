"""The tables of databases that are not PostgreSQL's: which columns they have at the end of all migrations. Who may do what is none of theirs to say, and nothing is said of it.

MySQL and SQLite know no roles of an API's clients and no row level security, and find a table by its name whatever its case.
"""

from collections.abc import Iterable, Sequence

from batten.facts.project import FileFacts
from batten.facts.schema import Table
from batten.finding import Note, NoteKind
from batten.link.schema.databases import Chain
from batten.link.schema.private_names import strongest
from batten.link.schema.sensitivity import owner_columns, sensitive
from batten.link.schema.state import ColumnState, Relation
from batten.link.schema.tables import columns_of
from batten.parse.postgres.expressions import Name, Query, Reference
from batten.parse.postgres.statements import Broken, Drop, Rename, Statement
from batten.parse.postgres.table_statements import (
    AddColumn,
    AddKey,
    AlterTable,
    ChangeColumn,
    ColumnDefinition,
    CreateTable,
    DropColumn,
    TableChange,
)
from batten.text import Place

SCHEMA = "main"
"""What stands before the names of such tables, as SQLite calls it; a chain of MySQL's is about one database."""


class ForeignTables:
    """The tables of one database while its statements run. What would fail on a server changes nothing."""

    def __init__(self) -> None:
        self.relations: dict[str, Relation] = {}
        self.notes: list[Note] = []

    def run(self, file: FileFacts, statements: Iterable[Statement]) -> None:
        """The statements of one file."""
        for statement in statements:
            place = Place(file.path, statement.span)
            match statement:
                case CreateTable():
                    self._create(statement, place)
                case AlterTable(name=name, changes=changes):
                    relation = self._named(name)
                    if relation is not None:
                        for change in changes:
                            _change(relation, change)
                case Rename():
                    self._rename(statement)
                case Drop(kind="table", names=names):
                    for name in names:
                        self.relations.pop(name.name.lower(), None)
                case Broken(kind=kind, matters=True):
                    self.notes.append(
                        Note(NoteKind.NOT_UNDERSTOOD, f"a statement is not understood ({kind}): what it changes is not known", place)
                    )
                case _:
                    pass

    def _named(self, name: Name) -> Relation | None:
        return self.relations.get(name.name.lower())

    def _create(self, made: CreateTable, place: Place) -> None:
        if made.kind == "temporary" or self._named(made.name) is not None:
            return
        relation = Relation(SCHEMA, made.name.name, "table", place, rls=None)
        for source in made.like:
            origin = self._named(source)
            relation.complete = relation.complete and origin is not None
            for column in origin.columns.values() if origin is not None else ():
                relation.columns[column.name] = ColumnState(column.name, column.type, column.required)
        for definition in made.columns:
            _add(relation, definition)
        for key in made.keys:
            _link(relation, key.columns, key.to)
        relation.primary_key = made.primary_key
        if made.query is not None:
            self._fill(relation, made.query)
        self.relations[made.name.name.lower()] = relation

    def _fill(self, relation: Relation, query: Query) -> None:
        """The columns of CREATE TABLE AS."""
        origins = [origin for source in query.sources if source.name is not None and (origin := self._named(source.name)) is not None]
        for target in query.targets:
            label = target.alias or (target.value.parts[-1] if isinstance(target.value, Reference) else None)
            if label == "*":
                for each in (each for origin in origins for each in origin.columns.values()):
                    relation.columns.setdefault(each.name, ColumnState(each.name, each.type))
            elif label is not None:
                named = target.value.parts[-1] if isinstance(target.value, Reference) else ""
                known = next((column for origin in origins if (column := _column(origin, named)) is not None), None)
                relation.columns[label] = ColumnState(label, known.type if known is not None else "")

    def _rename(self, renamed: Rename) -> None:
        relation = self._named(renamed.name)
        if relation is None:
            return
        if renamed.kind == "table" and renamed.to.lower() not in self.relations:
            del self.relations[relation.name.lower()]
            relation.name = renamed.to
            self.relations[renamed.to.lower()] = relation
        elif renamed.kind == "column":
            column = _column(relation, renamed.member or "")
            if column is not None and _column(relation, renamed.to) in (None, column):
                relation.columns = {renamed.to if each is column else label: each for label, each in relation.columns.items()}
                column.name = renamed.to


def _change(relation: Relation, change: TableChange) -> None:
    match change:
        case AddColumn(column) if _column(relation, column.name) is None:
            _add(relation, column)
        case DropColumn(label):
            found = _column(relation, label)
            if found is not None:
                del relation.columns[found.name]
        case ChangeColumn(label, kind, required):
            found = _column(relation, label)
            if found is not None:
                found.type = kind if kind is not None else found.type
                found.required = required if required is not None else found.required
        case AddKey(columns, None):
            relation.primary_key = columns
        case AddKey(_, key) if key is not None:
            _link(relation, key.columns, key.to)
        case _:
            pass


def _column(relation: Relation, label: str) -> ColumnState | None:
    found = relation.columns.get(label)
    return found or next((column for name, column in relation.columns.items() if name.lower() == label.lower()), None)


def _add(relation: Relation, column: ColumnDefinition) -> None:
    references = Name(SCHEMA, column.references.to.name) if column.references is not None else None
    relation.columns[column.name] = ColumnState(
        column.name, column.type, column.required or column.primary, column.default, references, column.generated
    )


def _link(relation: Relation, columns: Sequence[str], to: Name) -> None:
    for label in columns:
        found = _column(relation, label)
        if found is not None:
            found.references = Name(SCHEMA, to.name)


def foreign_tables(chain: Chain, path_class: str) -> tuple[list[Table], list[Note]]:
    """The tables of a chain of another dialect, and what of it was not understood."""
    database = ForeignTables()
    for file in chain.foreign:
        if file.language is None:  # code may not be read at all
            database.run(file, _making(chain.statements(file)) if chain.loose else chain.statements(file))
    return [_table(relation, chain, path_class) for relation in database.relations.values()], database.notes


def _making(statements: Iterable[Statement]) -> list[Statement]:
    """Of scripts in no order only what makes something counts."""
    return [statement for statement in statements if isinstance(statement, CreateTable | AlterTable)]


def _table(relation: Relation, chain: Chain, path_class: str) -> Table:
    kinds = sensitive(relation)
    strong = strongest(kinds.values())
    order = list(relation.columns)
    return Table(
        name=relation.full,
        database=chain.root,
        package=chain.package,
        place=relation.place,
        path_class=path_class,
        dialect=chain.foreign_dialect,
        origin=chain.origin_at(relation.place.path),
        columns=columns_of(relation, kinds),
        rls=None,
        exposed=False,
        granted=False,
        sensitivity=strong,
        sensitive_columns=tuple(sorted(kinds, key=lambda label: (kinds[label] != strong, order.index(label)))),
        owner_columns=owner_columns(relation),
        key=f"{chain.package}|table|{relation.full}|{chain.root}",
        subject=f"table|{relation.full}",
    )
