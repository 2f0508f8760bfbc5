"""What a file that makes a schema says besides its statements: whose it is, and which others come before it."""

from msgspec import Struct

from batten.finding import Note


class Source(Struct, frozen=True, kw_only=True):
    """One migration of a tool that keeps them in code, one file of models, or one setting of such a tool.

    ``name`` is what the tool calls it; ``after`` names those that run before it. ``dialect``: the kind of database, where the file says it.
    ``declares``: it says what there shall be, not how to come there. ``settles``: it is a setting, and makes nothing itself.
    ``unread``: so far its words alone were looked at. ``clients``: they speak of the roles or functions of an API that clients reach.
    """

    tool: str
    name: str = ""
    after: tuple[str, ...] = ()
    dialect: str | None = None
    declares: bool = False
    settles: bool = False
    unread: bool = False
    clients: bool = False
    notes: tuple[Note, ...] = ()
