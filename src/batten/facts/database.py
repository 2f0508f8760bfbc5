"""The objects of a database beside its tables, at the end of all migrations: who may do what with views, functions, buckets, and through which privileges.

``key``, ``subject``, ``trail``, ``path_class``, ``database``, ``package`` and ``origin`` as in Table.
"""

from msgspec import Struct

from batten.facts.exposures import AccountExposure, BroadGrant, IdleRevoke, Remark, StoragePolicy
from batten.facts.linked import DatabaseFact
from batten.facts.privileges import DatabaseRole, DatabaseSchema, DefaultPrivilege, Grant, PrivilegeChange
from batten.facts.schema import Access, Column, PolicyFlaw, Predicate
from batten.text import Place


class View(DatabaseFact, frozen=True, kw_only=True):
    """One view or materialized view (``kind`` ``view`` or ``matview``).

    ``access`` tells what a client role can do *through* it: ``all`` where it sees or changes every row that the query gives to the owner,
    ``rows`` where the query or the policies below keep some out.
    """

    name: str
    kind: str = "view"
    premature: bool = False
    """As of policies: it reads what no migration makes."""
    owner: str = "postgres"
    invoker: bool = False
    """``security_invoker``: the caller's own rights and policies count below it."""
    invoker_before: bool = False
    """It had security_invoker at an earlier point."""
    barrier: bool = False
    reads: tuple[str, ...] = ()
    """What its query names: tables, views and functions' tables of their own, as ``schema.name``."""
    reads_below: tuple[str, ...] = ()
    """The tables it reads in the end, through other views too."""
    overrides: tuple[str, ...] = ()
    """The tables with row level security on whose policies do not count for those who come through the view."""
    reads_accounts: bool = False
    """It reads a table of the ``auth`` schema."""
    asks_caller: bool | None = False
    """Its query asks who calls: ``auth.uid()``, a claim, ``current_user``."""
    filtered: bool | None = False
    """Its query keeps rows out by a condition that is no join."""
    updatable: bool | None = False
    """PostgreSQL passes changes on to the table below."""
    columns: tuple[Column, ...] = ()
    sensitivity: str | None = None
    sensitive_columns: tuple[str, ...] = ()
    exposed: bool = True
    granted: bool | None = True
    """Whether a client role holds any of the four privileges."""
    readable: bool | None = True
    """Whether a client role may select from it."""
    revoked: bool = False
    access: tuple[Access, ...] = ()
    anon_verbs: tuple[str, ...] = ()
    """The verbs that a stranger can use through it on every row."""
    outsiders: str = ""
    """What a stranger or any account can do through it, as the rest of a sentence."""
    hides: tuple[str, ...] = ()
    """The tables of which it shows rows that their policies keep from the most powerless client who may read it."""
    reveals: tuple[str, ...] = ()
    """The private columns of these that its results are made of."""
    writes_through: bool = False
    """That client can change rows of these through it."""
    shows_all: bool | None = None
    """Its query keeps no row from that client; None can't tell."""
    marked_public: bool = False


class Argument(Struct, frozen=True):
    """One input parameter of a function of the database."""

    name: str | None
    type: str
    optional: bool = False


class DatabaseFunction(DatabaseFact, frozen=True, kw_only=True):
    """One function or procedure of the database. ``name`` is ``schema.name``; ``signature`` has its parameters' types too."""

    name: str
    signature: str
    arguments: tuple[Argument, ...] = ()
    returns: str = ""
    language: str = ""
    definer: bool = False
    """It runs with the rights of its owner."""
    owner: str = "postgres"
    search_path: str | None = None
    """What it pins the search path to, as written; None where it pins nothing."""
    trigger: bool = False
    """It answers a trigger or an event trigger, so nobody can call it."""
    exposed: bool = True
    public_execute: bool | None = True
    """Everyone may execute it, by the privilege that PostgreSQL gives to PUBLIC."""
    access: tuple[Access, ...] = ()
    """The verb ``execute``, for each client role: ``all`` or ``none``."""
    anon_calls: bool | None = False
    """Strangers can call it through the API."""
    clients_call: bool | None = False
    """A client role can call it through the API."""
    revoked: bool = False
    """A statement of the app took the right to execute it from a role."""
    answers_boolean: bool = False
    body: Place | None = None
    """Where its body stands."""
    plain: bool = True
    """Its body was understood as a whole."""
    premature: bool = False
    """As of policies: its body in SQL names what no migration makes."""
    used_by_policies: tuple[str, ...] = ()
    """The tables whose policies call it."""
    used_by_triggers: tuple[str, ...] = ()
    """The tables whose triggers call it."""
    atomic: bool = False
    """Its names were settled when it was made (``begin atomic``, ``return``)."""
    clients_create: bool = False
    """A client role can create objects in a schema that its names are looked up in."""
    asks_caller: bool | None = None
    """It finds out who calls before it acts; None can't tell."""
    acts: str | None = None
    """The worst that it does for whoever calls it, with the rights of its owner: ``accounts`` (the ``auth`` or ``vault`` schema), ``code`` (computed SQL), ``write``, ``request`` (over the
    network), ``read``; None for nothing that the caller may not do anyway."""
    deeds: str = ""
    """The same as a verb phrase: ``deletes from auth.users and changes public.orders``."""
    reads_accounts: bool = False
    """It answers rows of the ``auth`` schema, whoever calls."""
    mild: str | None = None
    """Why what it does is of little use to a stranger: ``upkeep`` (it only removes what is out of date), ``counter``, ``intake`` (it adds a message), ``log``, ``first`` (it makes a row where there
    is none), ``helper`` (it answers one value
    that policies need), ``scalar`` (it answers one value), ``token`` (it wants something that only its owner knows)."""
    serves_callers: bool = False
    """The policies let accounts do all that it does, with some rows: with the rights of its caller it goes on for those."""
    trusts: str | None = None
    """The parameter that says for which account it acts, and that nobody compares with the caller."""
    trusted_deeds: str = ""
    account_deeds: str = ""
    """What it does with rows of others that its caller picks, where it asks for an account and for nothing more."""
    injects: str | None = None
    """Where text comes from that it runs as SQL: ``parameter``, or ``table`` for what is stored; None for neither."""
    injected: tuple[str, ...] = ()
    """The names of these parameters or columns."""
    runs_any: bool = False
    """It runs a whole text that it is given."""
    fetches: str | None = None
    """The parameter that says which address it sends requests to."""
    marked_public: bool = False


class RowPolicy(DatabaseFact, frozen=True, kw_only=True):
    """One policy in force, restrictive ones and those on ``storage.objects`` and ``realtime.messages`` too.

    ``using`` and ``check`` tell what it takes to pass, None where the clause is absent. ``sure`` False: it may not be in force.
    """

    table: str
    policy: str
    permissive: bool = True
    command: str = "all"
    roles: tuple[str, ...] = ()
    for_anon: bool = False
    """It is for strangers, too."""
    for_authenticated: bool = False
    using: Predicate | None = None
    check: Predicate | None = None
    using_text: str | None = None
    check_text: str | None = None
    sure: bool = True
    rls: bool | None = True
    """Row level security is on for its table."""
    exposed: bool = True
    granted: bool | None = True
    """Whether a role it is for holds a privilege for one of its commands."""
    reads: tuple[str, ...] = ()
    """The other tables that its conditions read."""
    calls: tuple[str, ...] = ()
    """The functions that its conditions call."""
    buckets: tuple[str, ...] = ()
    """On ``storage.objects``: the buckets that its conditions name."""
    premature: bool = False
    """A server that runs nothing but the migrations refuses to make it: no migration makes its table or something that it names. The database in use may well have it."""


class Bucket(DatabaseFact, frozen=True, kw_only=True):
    """One storage bucket. ``access``: what each client role can do with the files in it, by the policies on ``storage.objects``."""

    name: str
    public: bool | None = False
    """Every file in it can be fetched by its URL, without any policy."""
    size_limited: bool | None = None
    types_limited: bool | None = None
    access: tuple[Access, ...] = ()
    anon_verbs: tuple[str, ...] = ()
    """The verbs that a stranger can use on every file in it."""
    client_verbs: tuple[str, ...] = ()
    """The verbs that any account can use on every file in it."""
    leaks: str | None = None
    """What a public bucket shows that it should not: ``content`` where its name says that it holds what is nobody's business (invoices, passports, backups), ``list`` where clients
    can list its files, ``readers`` where a private bucket is named for such, and a policy shows every file to strangers or any account; None where none of these."""
    state: str = "public"
    """What it is, as a part of a sentence."""
    pictures: bool = False
    """Its name says that it holds what pages show anyway."""
    outsiders: str = ""
    """What a stranger can do with its files, as the rest of a sentence."""


class Publication(DatabaseFact, frozen=True, kw_only=True):
    """One table in one publication; ``table`` is ``*`` for all tables, ``schema.*`` for those of a schema."""

    publication: str
    table: str
    realtime: bool = False
    """It is the one that Supabase Realtime streams: ``supabase_realtime``."""
    rls: bool | None = None
    anon_reads: str | None = None
    """The verdict of select for strangers; None where it cannot be told."""
    authenticated_reads: str | None = None
    followed: tuple[str, ...] = ()
    """The tables of it that strangers or any account can follow, without row level security or with private columns."""
    served: bool = False
    """The API serves all of these too, so that they have findings of their own."""
    outsiders: str = ""
    """Who can follow what, as a sentence."""
    sensitivity: str | None = None
    exposed: bool = True


class Extension(DatabaseFact, frozen=True, kw_only=True):
    """One extension that the migrations install."""

    name: str
    schema: str | None = None
    """Where it puts its functions; None where that is not known."""
    exposed: bool = False
    """The API serves that schema."""


class Trigger(DatabaseFact, frozen=True, kw_only=True):
    """One trigger of a table or view. ``events``: ``insert``, ``update``, ``delete``, ``truncate``; ``timing``: ``before``, ``after``, ``instead of``."""

    name: str
    table: str
    function: str
    timing: str = ""
    events: tuple[str, ...] = ()
    enabled: bool = True


class DatabaseEventTrigger(DatabaseFact, frozen=True, kw_only=True):
    """One event trigger."""

    name: str
    event: str
    function: str
    tags: tuple[str, ...] = ()
    enabled: bool = True
    protects: bool = False
    """It switches row level security on for every table that is created."""


class DatabaseObjects(Struct, frozen=True, kw_only=True):
    """All of these for an app, each sorted by place."""

    policy_flaws: tuple[PolicyFlaw, ...] = ()
    views: tuple[View, ...] = ()
    broad_grants: tuple[BroadGrant, ...] = ()
    idle_revokes: tuple[IdleRevoke, ...] = ()
    account_exposures: tuple[AccountExposure, ...] = ()
    database_functions: tuple[DatabaseFunction, ...] = ()
    row_policies: tuple[RowPolicy, ...] = ()
    grants: tuple[Grant, ...] = ()
    privilege_changes: tuple[PrivilegeChange, ...] = ()
    buckets: tuple[Bucket, ...] = ()
    storage_policies: tuple[StoragePolicy, ...] = ()
    publications: tuple[Publication, ...] = ()
    database_roles: tuple[DatabaseRole, ...] = ()
    extensions: tuple[Extension, ...] = ()
    default_privileges: tuple[DefaultPrivilege, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    event_triggers: tuple[DatabaseEventTrigger, ...] = ()
    database_schemas: tuple[DatabaseSchema, ...] = ()
    remarks: tuple[Remark, ...] = ()
