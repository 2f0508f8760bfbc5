"""Who holds which privileges on the objects of a database: grants, what changes them, default privileges, roles and schemas.

``key``, ``subject``, ``trail``, ``path_class``, ``database``, ``package`` and ``origin`` as in Table.
"""

from batten.facts.linked import DatabaseFact


class Grant(DatabaseFact, frozen=True, kw_only=True):
    """What one role (``public`` for PUBLIC) holds on one object at the end, from default privileges or statements.

    ``kind``: ``table``, ``view``, ``function``, ``schema``. ``privileges`` are on the whole object; ``column_privileges`` as ``select(name)``.
    """

    object: str
    kind: str
    role: str
    privileges: tuple[str, ...] = ()
    column_privileges: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()
    """Privileges that a statement may or may not have changed."""
    exposed: bool = True
    rls: bool | None = None
    """For tables: row level security is on."""


class PrivilegeChange(DatabaseFact, frozen=True, kw_only=True):
    """One GRANT, REVOKE or ALTER DEFAULT PRIVILEGES on one object for one role, and what came of it.

    ``action``: ``grant`` or ``revoke``. ``object``: ``schema.name``; for ``default`` the schema, or ``*`` without IN SCHEMA.
    """

    action: str
    object: str
    kind: str
    """``table``, ``view``, ``function``, ``schema``, ``sequence``."""
    role: str
    default: bool = False
    """ALTER DEFAULT PRIVILEGES."""
    owner: str = ""
    """For ``default``: whose new objects it is for."""
    in_schema: bool = False
    """For ``default``: IN SCHEMA was said; else: ALL … IN SCHEMA."""
    privileges: tuple[str, ...] = ()
    """As written: ``all`` stays ``all``."""
    columns: tuple[str, ...] = ()
    changed: bool = True
    """The object's privileges were other before."""
    effective: bool | None = True
    """For a revoke: the role can no longer do it, right after; False where PUBLIC, another role or the whole table still gives it."""
    kept_by: str | None = None
    """What still gives it: ``public``, a role, ``table`` for a column."""
    given_back: bool = False
    """For a revoke: at the end the role holds it again."""
    lasting: bool = True
    """The object is still there at the end."""


class DatabaseRole(DatabaseFact, frozen=True, kw_only=True):
    """One role that the migrations make or change, or one of the API's."""

    name: str
    bypasses_rls: bool = False
    superuser: bool = False
    login: bool = False
    create_role: bool = False
    inherits: bool = True
    member_of: tuple[str, ...] = ()
    reaches: tuple[str, ...] = ()
    """Every role whose privileges it has, through others too."""
    client: bool = False
    """``anon``, ``authenticated`` or ``authenticator``."""
    made: bool = False
    """A migration makes it."""
    row_security_off: bool = False
    """``ALTER ROLE … SET row_security = off``."""
    escapes: str | None = None
    """For a role of the API's clients: what lets it past row level security, as the rest of a sentence; None for nothing."""


class DefaultPrivilege(DatabaseFact, frozen=True, kw_only=True):
    """What new objects of one kind give to one role at the end. ``schema`` is ``*`` where it holds in all."""

    owner: str
    schema: str
    kind: str
    role: str
    privileges: tuple[str, ...] = ()
    built_in: bool = False
    """Supabase's or PostgreSQL's own: no statement of the app made it so."""


class DatabaseSchema(DatabaseFact, frozen=True, kw_only=True):
    """One schema: whether the API serves it, and which client roles may use it."""

    name: str
    exposed: bool = False
    usage: tuple[str, ...] = ()
    """The client roles that hold USAGE."""
    create: tuple[str, ...] = ()
    """The client roles that hold CREATE, PUBLIC too."""
    made: bool = False
    """A migration makes it."""
    tables: int = 0
