"""The database after all migrations: tables, policies, and what each client role can do with them."""

from enum import StrEnum

from msgspec import Struct

from batten.facts.linked import DatabaseFact
from batten.text import Place


class Verdict(StrEnum):
    """What a role can do with the rows of a table; can't tell is None."""

    NONE = "none"
    ROWS = "rows"
    ALL = "all"


class Predicate(StrEnum):
    """What it takes to pass the condition of a policy, as far as the condition alone decides."""

    NEVER = "never"
    ALWAYS = "always"
    """True for everyone, also for a stranger."""
    ANY_AUTHED = "any-authed"
    """True for everyone who has signed in."""
    ROW_FLAG = "row-flag"
    """Depends on the row alone: ``is_public``."""
    CALLER_BOUND = "caller-bound"
    """Links the caller to the row: ``auth.uid() = user_id``."""
    ROLE_BOUND = "role-bound"
    """Depends on who calls, not on the row: ``is_admin()``."""
    META = "meta"
    """Depends on what callers can write about themselves: user_metadata."""
    UNKNOWN = "unknown"


class Access(Struct, frozen=True):
    """One cell of the access matrix: role ``anon`` or ``authenticated``, verb ``select``/``insert``/``update``/``delete``.

    ``verdict`` is what privileges and the policies' own words decide, as PostgreSQL's planner sees them; ``effect`` what comes of it where
    the functions and tables that conditions use are looked into: policies that call ``is_admin()`` are ``rows``, and ``none`` in effect for a
    stranger. ``columns``: the only ones the privilege is for; empty means all.
    """

    role: str
    verb: str
    verdict: Verdict | None
    reason: str
    columns: tuple[str, ...] = ()
    effect: Verdict | None = None


class Column(Struct, frozen=True):
    """One column; ``type`` as written, lower case; ``references`` is ``schema.table`` of a foreign key; ``sensitive`` the kind of private data it holds, None where none; ``filled``: a row that says nothing of it gets a value."""

    name: str
    type: str
    references: str | None = None
    sensitive: str | None = None
    required: bool = False
    filled: bool = False


class Policy(Struct, frozen=True):
    """One policy in force; ``using`` and ``check`` tell what it takes to pass, None where the clause is absent."""

    name: str
    place: Place
    permissive: bool
    command: str
    roles: tuple[str, ...]
    using: Predicate | None
    check: Predicate | None
    using_text: str | None = None
    check_text: str | None = None
    premature: bool = False
    """A server that runs nothing but the migrations refuses to make it: something that it names is not there. The database in use may well have it."""


class Table(DatabaseFact, frozen=True):
    """One table at the end of all migrations.

    ``name`` is ``schema.table``; ``main.table`` in MySQL and SQLite. ``sensitivity``: the strongest kind of private data among its columns, None where none.
    ``granted``: whether a client role holds any of the four privileges.
    """

    name: str
    kind: str = "table"
    """``table``, ``partitioned``, ``partition`` or ``foreign``."""
    dialect: str = "postgres"
    """Whose database it is in: ``postgres``, ``mysql`` or ``sqlite``. The last two know no row level security and no roles of an API: nothing is said of who may do what there."""
    premature: bool = False
    """A server that runs the migrations from nothing refuses to make it: a key of it leads to a table that is not there yet, or to a column of another type. Where it was made after all, it is as told here."""
    columns: tuple[Column, ...] = ()
    policies: tuple[Policy, ...] = ()
    rls: bool | None = False
    exposed: bool | None = True
    granted: bool | None = True
    revoked: bool = False
    """A statement of the app took the clients' privileges away."""
    access: tuple[Access, ...] = ()
    sensitivity: str | None = None
    sensitive_columns: tuple[str, ...] = ()
    owner_columns: tuple[str, ...] = ()
    """The columns that tell whose row it is."""
    protected_before: bool = False
    """RLS was on, policies existed, or it was out of reach at an earlier point."""
    has_policies: bool = False
    lost_policies: tuple[Policy, ...] = ()
    """For a table without any: those that the last file took which took one, with the table or alone. What it takes to pass them is not told."""
    open_parent: str | None = None
    """The table it is a part of, where that one is open as well."""
    queue: bool = False
    """It holds a queue of pgmq, and the API serves ``pgmq_public``, whose functions read and change queues with their callers' rights."""
    in_orm: bool = False
    """An ORM makes it, and all its open tables are told at once; filled by a join of their own."""
    protected_parent: str | None = None
    """For a table with row level security off: the one that has it on, of which it is a part or a copy."""
    plain_credentials: tuple[str, ...] = ()
    """Columns that hold keys or passwords as they are: no hash, nothing encrypted."""
    credential_readers: str | None = None
    """Who reads rows: ``owner`` their own, ``members`` those of a group, ``accounts`` everyone who signs up, ``everyone``; None for nobody or where it cannot be told."""
    loose_keys: tuple[str, ...] = ()
    """Columns that change, or keep a row alive without its person, as an account changes or goes: ``email (auth.users.email)``, ``user_id (set null)``."""
    unserved: tuple[str, ...] = ()
    """Verbs that code of clients uses and no policy is for; filled by the join of table uses."""
    anon_verbs: tuple[str, ...] = ()
    """Verbs that a stranger with the public key can use on all rows."""
    outsiders: str = ""
    """What a stranger with the public key can do, as the rest of a sentence: ``can read and change every row (email, phone)``."""
    marked_public: bool = False
    """A comment on it says ``@public``."""
    used_in_browser: bool = False
    """Filled by the join of table uses."""


class OpenPolicy(DatabaseFact, frozen=True):
    """One permissive policy that lets client roles through without asking for their own rows: the fact behind the policy rules.

    ``predicate``: ``always`` (also ``to authenticated`` with a condition that is always true: then ``to_anon`` is False), ``any-authed`` or ``row-flag``.
    """

    table: str
    policy: str
    command: str
    roles: tuple[str, ...]
    writes: bool
    """It lets them add, change or delete any row."""
    reads: bool
    """It lets them read every row, or (``row-flag``) those that the flag opens."""
    to_anon: bool
    claims_service: bool
    """Its name or comment says it is meant for the server."""
    insert_only: bool
    intake: bool
    """An insert-only policy on a table that takes in messages from strangers, which they cannot read."""
    sensitivity: str | None
    credential: bool
    predicate: Predicate = Predicate.ALWAYS
    verbs: tuple[str, ...] = ()
    """The verbs it opens."""
    open_by_default: bool = False
    """For ``row-flag``: a row passes unless someone closes it."""
    publishes: bool = False
    """Strangers read rows through it that nobody chose to open."""
    content: bool = False
    """The table holds what is published anyway: posts, products, plans."""
    sensitive_columns: tuple[str, ...] = ()
    """Those that the role may read."""
    owned: bool = False
    """The table says whose row is whose."""
    owners: tuple[str, ...] = ()
    """The columns that say it."""
    adds_for_others: bool = False
    """All it opens is that accounts add rows, though a column says whose they are."""
    personal: bool = False
    """Its rows are somebody's: it is ``owned`` or holds private data."""
    at_stake: bool = False
    """It opens what is not for every account: rows that are ``personal``, or changes to rows that are there."""
    defeats: tuple[str, ...] = ()
    """Stricter policies for the same command and role that it makes useless, as policies are joined by OR."""
    sign_up: bool | None = None
    """Whether strangers can make accounts of their own, as config.toml says."""
    to_guests: bool = False
    """Visitors get an account without telling who they are, as config.toml says, and pass with it."""
    blind: bool = False
    """It opens changes to rows that the role cannot read, so a request finds none of them."""
    exposed: bool | None = True
    granted: bool | None = True
    """Whether a client role holds a privilege for one of the verbs today."""
    outsiders: str = ""
    """As in Table, for this policy."""
    marked_public: bool = False
    used_in_browser: bool = False
    """Filled by the join of table uses."""
    rls: bool | None = True

    @property
    def together(self) -> str:
        """What its hole is told with: the table, as several policies of one are mended in one go."""
        return self.of(self.table)


class Flaw(StrEnum):
    """What is wrong with a policy that is not simply open."""

    TAUTOLOGY = "tautology"
    """A part of its condition is always true: ``1 = 1``, a column compared with itself."""
    METADATA = "metadata"
    """It believes what callers write about themselves."""
    OWNER_UNCHECKED = "owner-unchecked"
    """Rows can be added in the name of others."""
    WEAKER_CHECK = "weaker-check"
    """One's own rows can be changed into rows of others."""
    OWNERLESS = "ownerless"
    """Rows without an owner are everybody's."""
    PRIVILEGES = "privileges"
    """One's own row can be changed in columns that say what one may do."""
    ROLES = "roles"
    """People write the rows by which others know what they may do."""
    FLAGGED = "flagged"
    """Rows that bear a certain value can be changed by everyone, whosever they are."""
    RECEIVED = "received"
    """Who receives a row can rewrite what its sender wrote."""


class PolicyFlaw(DatabaseFact, frozen=True, kw_only=True):
    """One thing that is wrong with one permissive policy in force, or with a function that fills what policies decide by (``policy`` is "").

    A policy that lets nobody through has none. ``holder`` names the policy or function; ``what`` says it, as the rest of a sentence; ``columns`` are those it is about. Other fields as in OpenPolicy.
    """

    flaw: Flaw
    table: str
    policy: str
    holder: str
    what: str
    columns: tuple[str, ...] = ()
    command: str = "all"
    roles: tuple[str, ...] = ()
    predicate: Predicate | None = None
    """What it takes to pass."""
    verbs: tuple[str, ...] = ()
    writes: bool = False
    insert_only: bool = False
    to_anon: bool = False
    decisive: bool = False
    """Another policy, a function or code asks for these columns or this table to decide."""
    outsiders: str = ""
    sensitivity: str | None = None
    owned: bool = False
    personal: bool = False
    sign_up: bool | None = None
    exposed: bool | None = True
    granted: bool | None = True
    marked_public: bool = False
    rls: bool | None = True

    @property
    def together(self) -> str:
        """What its hole is told with: the table, as several policies of one are mended in one go."""
        return self.of(self.table)


class OrmSchema(DatabaseFact, frozen=True, kw_only=True):
    """The open tables that one ORM makes in one database that clients reach. ``tables``: their names without the schema, with those the tool keeps for itself."""

    tool: str
    tables: tuple[str, ...]
    named: str
    """The first of the tables, as a reader may see them."""
    sensitivity: str | None = None
    outsiders: str = ""
    granted: bool | None = True
    """Whether a client role holds a privilege on one of them."""
    origin: str = "prisma"


class TableUse(Struct, frozen=True):
    """One use of a table through supabase-js / supabase-py: ``sb.from("t").select()``; ``columns`` are those that it is seen to write."""

    table: str
    verb: str | None
    place: Place
    package: str = ""
    in_browser: bool | None = None
    database: str | None = None
    privileged: bool | None = None
    columns: tuple[str, ...] = ()
