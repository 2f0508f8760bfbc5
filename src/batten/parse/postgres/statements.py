"""The statements of a migration as plain values, with their ranges in the file; knows nothing of the state they lead to."""

from msgspec import Struct

from batten.parse.postgres.access_statements import AlterPolicy, CreatePolicy, DefaultPrivileges, Grant, GrantRole, Role, RoleSetting
from batten.parse.postgres.expressions import Expression, Name, Query
from batten.parse.postgres.object_statements import (
    ChangeBuckets,
    ChangeObjectOwner,
    CommentOnObject,
    DropBuckets,
    DropOwned,
    ImportForeignSchema,
    MoveExtension,
    Publication,
    ReassignOwned,
    Savepoint,
)
from batten.parse.postgres.table_statements import AlterTable, CreateIndex, CreateTable
from batten.text import Span


class Rename(Struct, frozen=True, tag_field="node", tag="rename"):
    """RENAME. ``kind``: ``table``, ``view``, ``column``, ``policy``, ``constraint``, ``schema``, ``function``, ``role``; ``member`` is the column, policy or constraint, ``types`` as in Drop."""

    span: Span
    kind: str
    name: Name
    to: str
    member: str | None = None
    types: tuple[str, ...] | None = None


class SetSchema(Struct, frozen=True, tag_field="node", tag="set-schema"):
    """SET SCHEMA. ``kind``: ``table``, ``view``, ``function``."""

    span: Span
    kind: str
    name: Name
    schema: str
    types: tuple[str, ...] | None = None


class Drop(Struct, frozen=True, tag_field="node", tag="drop"):
    """DROP. ``kind``: ``table``, ``view``, ``schema``, ``function``, ``event-trigger``, ``role``, ``trigger``, ``type``, ``extension``, ``index``, ``policy``; ``table`` is that of a policy or trigger.

    ``types`` are those of a function's parameters, None where it is named without.
    """

    span: Span
    kind: str
    names: tuple[Name, ...]
    if_exists: bool = False
    cascade: bool = False
    table: Name | None = None
    types: tuple[tuple[str, ...] | None, ...] = ()
    materialized: bool = False


class CreateView(Struct, frozen=True, tag_field="node", tag="create-view"):
    """CREATE VIEW; ``invoker`` None where it is not said; ``columns`` are those it renames."""

    span: Span
    name: Name
    materialized: bool = False
    replace: bool = False
    invoker: bool | None = None
    query: Query | None = None
    columns: tuple[str, ...] = ()
    temporary: bool = False


class FunctionParameter(Struct, frozen=True, gc=False):
    """One input parameter."""

    name: str | None
    type: str
    optional: bool = False


class CreateFunction(Struct, frozen=True, tag_field="node", tag="create-function"):
    """CREATE FUNCTION or PROCEDURE.

    ``result`` is what it answers where its body is one query of SQL (``parse.postgres.answered`` has it for PL/pgSQL too); ``body`` its source, with its range. ``settings`` are its SET clauses.
    ``columns`` are those of RETURNS TABLE and its OUT parameters; ``returns`` is "" for a procedure and where OUT parameters alone tell.
    """

    span: Span
    name: Name
    parameters: tuple[FunctionParameter, ...] = ()
    returns: str = ""
    language: str = ""
    definer: bool = False
    replace: bool = False
    settings: tuple[tuple[str, str], ...] = ()
    body: str | None = None
    body_span: Span | None = None
    result: Expression | None = None
    strict: bool = False
    columns: tuple[FunctionParameter, ...] = ()


class AlterFunction(Struct, frozen=True, tag_field="node", tag="alter-function"):
    """ALTER FUNCTION; ``definer`` None where it is left; ``owner`` for OWNER TO; ``reset`` are settings taken away, ``all`` for every one."""

    span: Span
    name: Name
    types: tuple[str, ...] | None = None
    definer: bool | None = None
    owner: str | None = None
    settings: tuple[tuple[str, str], ...] = ()
    reset: tuple[str, ...] = ()


class CreateEnum(Struct, frozen=True, tag_field="node", tag="create-enum"):
    """CREATE TYPE … AS ENUM."""

    span: Span
    name: Name
    values: tuple[str, ...]


class AddEnumValue(Struct, frozen=True, gc=False, tag_field="node", tag="add-enum-value"):
    """ALTER TYPE … ADD VALUE."""

    span: Span
    name: Name
    value: str


class CreateTrigger(Struct, frozen=True, tag_field="node", tag="create-trigger"):
    """CREATE TRIGGER. ``timing``: ``before``, ``after``, ``instead of``; ``events``: ``insert``, ``update``, ``delete``, ``truncate``.

    ``columns`` are those of UPDATE OF; ``condition`` is that of WHEN.
    """

    span: Span
    name: str
    table: Name
    function: Name
    timing: str = ""
    events: tuple[str, ...] = ()
    replace: bool = False
    columns: tuple[str, ...] = ()
    condition: Expression | None = None


class CreateEventTrigger(Struct, frozen=True, tag_field="node", tag="create-event-trigger"):
    """CREATE EVENT TRIGGER; ``tags`` is empty where it runs for every command."""

    span: Span
    name: str
    event: str
    function: Name
    tags: tuple[str, ...] = ()


class AlterEventTrigger(Struct, frozen=True, gc=False, tag_field="node", tag="alter-event-trigger"):
    """ALTER EVENT TRIGGER … ENABLE or DISABLE."""

    span: Span
    name: str
    on: bool


class CreateSchema(Struct, frozen=True, gc=False, tag_field="node", tag="create-schema"):
    """CREATE SCHEMA; ``owner`` None for the current role."""

    span: Span
    name: str
    if_not_exists: bool = False
    owner: str | None = None


class SetSearchPath(Struct, frozen=True, gc=False, tag_field="node", tag="search-path"):
    """SET search_path; None for RESET or DEFAULT. ``local``: for this transaction only."""

    span: Span
    schemas: tuple[str, ...] | None
    local: bool = False


class SetBodyChecks(Struct, frozen=True, gc=False, tag_field="node", tag="body-checks"):
    """SET check_function_bodies: whether new functions in SQL are looked into."""

    span: Span
    on: bool


class Outlined(Struct, frozen=True, gc=False, tag_field="node", tag="outlined"):
    """The remark of Supabase's editor that what follows shows which tables there are, and is not to be run: it says nothing of how they are protected."""

    span: Span


class SetRole(Struct, frozen=True, gc=False, tag_field="node", tag="set-role"):
    """SET ROLE; None for RESET or NONE. ``local``: for this transaction only."""

    span: Span
    role: str | None
    local: bool = False


class Comment(Struct, frozen=True, tag_field="node", tag="comment"):
    """COMMENT ON a table or a policy (``member``); ``text`` None takes it away."""

    span: Span
    kind: str
    name: Name
    text: str | None
    member: str | None = None


class CreateExtension(Struct, frozen=True, gc=False, tag_field="node", tag="extension"):
    """CREATE EXTENSION."""

    span: Span
    name: str
    schema: str | None = None


class Bucket(Struct, frozen=True, gc=False, tag_field="node", tag="bucket"):
    """One row put into storage.buckets; ``public`` None where it cannot be told.

    ``conflict``: ``nothing``, ``public`` (an existing row takes this ``public``), ``update`` (it takes other things), "" where an existing row is an error.
    """

    span: Span
    name: str | None
    public: bool | None
    conflict: str = ""


class Transaction(Struct, frozen=True, gc=False, tag_field="node", tag="transaction"):
    """``kind``: ``begin``, ``commit``, ``rollback``."""

    span: Span
    kind: str


class CallFunction(Struct, frozen=True, tag_field="node", tag="call-function"):
    """SELECT or CALL of one function, for what it does."""

    span: Span
    name: Name
    arguments: tuple[Expression, ...] = ()


class Other(Struct, frozen=True, gc=False, tag_field="node", tag="other"):
    """A statement that changes nothing the model knows of; ``kind`` is its first word."""

    span: Span
    kind: str


class Broken(Struct, frozen=True, gc=False, tag_field="node", tag="broken"):
    """A statement that is not understood; ``kind`` is its first word, ``matters`` whether such a statement can change who may do what.

    ``makes``: the names, without schema, of the tables and functions that it may make; None where it may make any.
    """

    span: Span
    kind: str
    matters: bool = True
    makes: tuple[str, ...] | None = None


class Run(Struct, frozen=True, tag_field="node", tag="run"):
    """A statement inside a block."""

    statement: "Statement"


class Execute(Struct, frozen=True, tag_field="node", tag="execute"):
    """EXECUTE of a computed text."""

    span: Span
    text: Expression


class Assign(Struct, frozen=True, tag_field="node", tag="assign"):
    """``name := value``, also of a declaration."""

    name: str
    value: Expression


class Fetch(Struct, frozen=True, tag_field="node", tag="fetch"):
    """SELECT … INTO names."""

    names: tuple[str, ...]
    query: Query


class ForEach(Struct, frozen=True, tag_field="node", tag="for-each"):
    """A loop over the rows of a query or the elements of an array; ``over`` None where that is computed."""

    names: tuple[str, ...]
    over: Query | Expression | None
    body: tuple["Action", ...]


class Choose(Struct, frozen=True, tag_field="node", tag="choose"):
    """IF and CASE: the first branch whose condition holds; a condition is None for ELSE and where it is not understood (``sure`` False)."""

    branches: tuple[tuple[Expression | None, tuple["Action", ...]], ...]
    sure: bool = True


class Nested(Struct, frozen=True, tag_field="node", tag="nested"):
    """An inner block; ``guarded``: its errors are caught."""

    body: tuple["Action", ...]
    guarded: bool = False


class Answer(Struct, frozen=True, tag_field="node", tag="answer"):
    """RETURN; ``value`` None without one."""

    value: Expression | None


class Fail(Struct, frozen=True, gc=False, tag_field="node", tag="fail"):
    """RAISE EXCEPTION."""


class Unclear(Struct, frozen=True, gc=False, tag_field="node", tag="unclear"):
    """An action that is not understood."""

    kind: str


Action = Run | Execute | Assign | Fetch | ForEach | Choose | Nested | Answer | Fail | Unclear


class DoBlock(Struct, frozen=True, tag_field="node", tag="do"):
    """DO."""

    span: Span
    body: tuple["Action", ...]


Statement = (
    CreateTable
    | CreateIndex
    | AlterTable
    | Rename
    | SetSchema
    | Drop
    | CreatePolicy
    | AlterPolicy
    | Grant
    | DefaultPrivileges
    | GrantRole
    | Role
    | RoleSetting
    | CreateView
    | CreateFunction
    | AlterFunction
    | CreateEnum
    | AddEnumValue
    | CreateTrigger
    | CreateEventTrigger
    | AlterEventTrigger
    | CreateSchema
    | SetSearchPath
    | SetRole
    | SetBodyChecks
    | Outlined
    | Comment
    | CreateExtension
    | Bucket
    | ChangeBuckets
    | DropBuckets
    | Publication
    | ImportForeignSchema
    | ChangeObjectOwner
    | CommentOnObject
    | MoveExtension
    | DropOwned
    | ReassignOwned
    | Savepoint
    | CallFunction
    | Transaction
    | Other
    | Broken
    | DoBlock
)
