"""The statements that make and change a table, as plain values; knows nothing of the state they lead to."""

from msgspec import Struct

from batten.parse.postgres.expressions import Expression, Name, Query
from batten.text import Span


class ForeignKey(Struct, frozen=True):
    """A foreign key; ``to_columns`` is empty where it means the primary key. ``on_delete``: ``cascade``, ``set null`` and the like, "" where it is not said; ``name`` "" where PostgreSQL gives it one."""

    columns: tuple[str, ...]
    to: Name
    to_columns: tuple[str, ...] = ()
    on_delete: str = ""
    name: str = ""


class Check(Struct, frozen=True):
    """A CHECK constraint; ``name`` "" where PostgreSQL gives it one."""

    name: str
    condition: Expression


class Key(Struct, frozen=True):
    """A PRIMARY KEY or UNIQUE constraint, or a unique index that a foreign key may lead to; ``name`` "" where PostgreSQL gives it one. ``index``: it takes the columns of that index."""

    columns: tuple[str, ...]
    name: str = ""
    primary: bool = False
    index: str = ""


class ColumnDefinition(Struct, frozen=True):
    """One column; ``type`` lower case with its modifiers; ``generated`` for identity and computed columns; ``unique`` are the keys that it says it is."""

    name: str
    type: str
    span: Span
    required: bool = False
    primary: bool = False
    default: Expression | None = None
    references: ForeignKey | None = None
    generated: bool = False
    checks: tuple[Check, ...] = ()
    unique: tuple[Key, ...] = ()


class CreateTable(Struct, frozen=True, tag_field="node", tag="create-table"):
    """``kind``: ``table``, ``partitioned``, ``foreign``, ``temporary``. ``query``: made by CREATE TABLE AS or SELECT INTO. ``like`` and ``parents`` (INHERITS, PARTITION OF) give it columns."""

    span: Span
    name: Name
    kind: str = "table"
    if_not_exists: bool = False
    columns: tuple[ColumnDefinition, ...] = ()
    keys: tuple[ForeignKey, ...] = ()
    primary_key: tuple[str, ...] = ()
    like: tuple[Name, ...] = ()
    parents: tuple[Name, ...] = ()
    partition: bool = False
    query: Query | None = None
    lead: str = ""
    checks: tuple[Check, ...] = ()
    partitioned_by: tuple[str, ...] = ()
    """The columns of its own partition key."""
    unique: tuple[Key, ...] | None = None
    """Its keys, those of columns too; None where the source does not tell of all of them."""


class RowSecurity(Struct, frozen=True, gc=False, tag_field="node", tag="row-security"):
    """ENABLE or DISABLE ROW LEVEL SECURITY."""

    on: bool


class ForceRowSecurity(Struct, frozen=True, gc=False, tag_field="node", tag="force-row-security"):
    """FORCE or NO FORCE ROW LEVEL SECURITY."""

    on: bool


class AddColumn(Struct, frozen=True, tag_field="node", tag="add-column"):
    """ADD COLUMN."""

    column: ColumnDefinition
    if_not_exists: bool = False


class DropColumn(Struct, frozen=True, gc=False, tag_field="node", tag="drop-column"):
    """DROP COLUMN."""

    name: str
    cascade: bool = False
    if_exists: bool = True


class ChangeColumn(Struct, frozen=True, tag_field="node", tag="change-column"):
    """ALTER COLUMN; each field is None where the statement leaves it. ``default`` is a null constant for DROP DEFAULT."""

    name: str
    type: str | None = None
    required: bool | None = None
    default: Expression | None = None


class AddKey(Struct, frozen=True, tag_field="node", tag="add-key"):
    """ADD PRIMARY KEY (``key`` None) or ADD FOREIGN KEY."""

    columns: tuple[str, ...] = ()
    key: ForeignKey | None = None


class AddUnique(Struct, frozen=True, tag_field="node", tag="add-unique"):
    """ADD PRIMARY KEY and ADD UNIQUE."""

    key: Key


class AddCheck(Struct, frozen=True, tag_field="node", tag="add-check"):
    """ADD CHECK."""

    check: Check


class DropConstraint(Struct, frozen=True, gc=False, tag_field="node", tag="drop-constraint"):
    """DROP CONSTRAINT."""

    name: str
    cascade: bool = False


class ChangeOwner(Struct, frozen=True, gc=False, tag_field="node", tag="owner"):
    """OWNER TO."""

    role: str


class Attach(Struct, frozen=True, gc=False, tag_field="node", tag="attach"):
    """ATTACH or DETACH PARTITION, INHERIT or NO INHERIT (then the table itself is the child of ``other``)."""

    other: Name
    on: bool
    child: bool = False


class SetOptions(Struct, frozen=True, gc=False, tag_field="node", tag="options"):
    """SET or RESET (…) of storage parameters; a value is None where it is reset."""

    options: tuple[tuple[str, str | None], ...]


class OtherChange(Struct, frozen=True, gc=False, tag_field="node", tag="other-change"):
    """A change of no concern."""


TableChange = (
    RowSecurity
    | ForceRowSecurity
    | AddColumn
    | DropColumn
    | ChangeColumn
    | AddKey
    | AddUnique
    | AddCheck
    | DropConstraint
    | ChangeOwner
    | Attach
    | SetOptions
    | OtherChange
)


class CreateIndex(Struct, frozen=True, tag_field="node", tag="create-index"):
    """CREATE UNIQUE INDEX on columns, of all rows; other indexes are no keys."""

    span: Span
    table: Name
    key: Key
    if_not_exists: bool = False


class AlterTable(Struct, frozen=True, tag_field="node", tag="alter-table"):
    """ALTER TABLE, or ALTER VIEW (``kind`` ``view``)."""

    span: Span
    name: Name
    changes: tuple[TableChange, ...]
    if_exists: bool = False
    kind: str = "table"
