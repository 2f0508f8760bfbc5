"""The statements on what is neither table nor function: publications, owners, foreign schemas, savepoints and storage buckets."""

from msgspec import Struct

from batten.parse.postgres.expressions import Expression, Name
from batten.text import Span


class ChangeBuckets(Struct, frozen=True, tag_field="node", tag="change-buckets"):
    """UPDATE of storage.buckets that sets ``public``; ``names`` is empty for all of them, None where it cannot be told which."""

    span: Span
    names: tuple[str, ...] | None
    public: bool | None


class DropBuckets(Struct, frozen=True, tag_field="node", tag="drop-buckets"):
    """DELETE from storage.buckets; ``names`` as in ChangeBuckets."""

    span: Span
    names: tuple[str, ...] | None


class PublishedTable(Struct, frozen=True):
    """One table of a publication; ``columns`` is empty for all."""

    name: Name
    columns: tuple[str, ...] = ()
    where: Expression | None = None


class Publication(Struct, frozen=True, tag_field="node", tag="publication"):
    """CREATE or ALTER PUBLICATION. ``action``: ``create``, ``add``, ``set`` or ``drop``; ``every``: FOR ALL TABLES; ``schemas``: all tables in these."""

    span: Span
    name: str
    action: str
    tables: tuple[PublishedTable, ...] = ()
    schemas: tuple[str, ...] = ()
    every: bool = False


class ImportForeignSchema(Struct, frozen=True, tag_field="node", tag="import-foreign-schema"):
    """IMPORT FOREIGN SCHEMA: foreign tables appear in ``schema``, those ``only`` where it is not empty; otherwise their names are not known."""

    span: Span
    schema: str
    only: tuple[str, ...] = ()


class ChangeObjectOwner(Struct, frozen=True, tag_field="node", tag="change-object-owner"):
    """ALTER … OWNER TO of what is no table and no function. ``kind``: ``schema``, ``type``, ``publication`` and so on."""

    span: Span
    kind: str
    name: Name
    owner: str


class CommentOnObject(Struct, frozen=True, tag_field="node", tag="comment-on-object"):
    """COMMENT ON a function (``types`` as in Drop) or schema; ``text`` None takes it away."""

    span: Span
    kind: str
    name: Name
    text: str | None
    types: tuple[str, ...] | None = None


class MoveExtension(Struct, frozen=True, gc=False, tag_field="node", tag="move-extension"):
    """ALTER EXTENSION … SET SCHEMA."""

    span: Span
    name: str
    schema: str


class DropOwned(Struct, frozen=True, tag_field="node", tag="drop-owned"):
    """DROP OWNED BY: what these roles own is dropped, what they were granted is taken away."""

    span: Span
    roles: tuple[str, ...]
    cascade: bool = False


class ReassignOwned(Struct, frozen=True, tag_field="node", tag="reassign-owned"):
    """REASSIGN OWNED BY."""

    span: Span
    roles: tuple[str, ...]
    owner: str


class Savepoint(Struct, frozen=True, gc=False, tag_field="node", tag="savepoint"):
    """``kind``: ``savepoint``, ``release`` or ``rollback`` (to it)."""

    span: Span
    kind: str
    name: str
