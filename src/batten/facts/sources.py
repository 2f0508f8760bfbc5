"""What a file that makes a schema says besides its statements: whose it is, and which others come before it."""

from msgspec import Struct

from batten.text import Span

SCRIPT = "script"
"""The tool of SQL in code that is no migration of any tool: like SQL in no order that a tool keeps, nobody says when it runs."""
GENERATED = "generated"
"""The tool of types that are generated from a database: they tell what is there, and make nothing."""


class ModelField(Struct, frozen=True):
    """One field of a model. ``type`` is PostgreSQL's, "" for a link; ``link`` names the model it leads to (``app.Model``), ``many`` for one that has a table of its own.

    ``column`` and ``table`` are names that the author chose for them; ``through`` is the model that keeps the links.
    """

    name: str
    span: Span
    type: str = ""
    column: str | None = None
    link: str | None = None
    many: bool = False
    table: str | None = None
    through: str | None = None
    primary: bool = False
    required: bool = True
    counted: bool = False


class ModelChange(Struct, frozen=True):
    """One step of migrations that speak of models rather than tables.

    ``verb``: ``create``, ``delete``, ``rename`` (to ``to``), ``table`` (is called ``to`` now), ``add``, ``alter``, ``remove`` (``fields``), ``rename-field`` (the field ``member`` to ``to``), or ``run`` (``statements``,
    encoded). ``table``: the name that the author chose. ``kept``: the tool keeps the table, as it does not for proxies. ``state`` or ``database`` alone: only what the tool believes changes, or only what is there.
    """

    verb: str
    span: Span
    model: str = ""
    to: str | None = None
    member: str = ""
    table: str | None = None
    fields: tuple[ModelField, ...] = ()
    kept: bool = True
    state: bool = True
    database: bool = True
    statements: bytes = b""


class Source(Struct, frozen=True, kw_only=True):
    """One migration of a tool that keeps them in code, one file of models, or one setting of such a tool.

    ``name`` is what the tool calls it; ``after`` names those that run before it. ``dialect``: the kind of database, where the file says it.
    ``declares``: it says what there shall be, not how to come there. ``settles``: it is a setting, and makes nothing itself.
    ``unread``: so far its words alone were looked at. ``clients``: they speak of the roles or functions of an API that clients reach, or, of what is no migration, of Supabase.
    """

    tool: str
    name: str = ""
    after: tuple[str, ...] = ()
    dialect: str | None = None
    declares: bool = False
    settles: bool = False
    unread: bool = False
    clients: bool = False
    changes: tuple[ModelChange, ...] = ()
    models: tuple[tuple[str, str], ...] = ()
    """The models it declares, and what their tables are called."""
    members: tuple[tuple[str, str, str], ...] = ()
    """The fields of its models as code calls them: the model, the field, and its type, which may be another model, with ``[]`` where it has many; of Prisma's alone."""
    replaces: tuple[str, ...] = ()
    """The names of those that it stands for."""
