"""What the objects of a database together leave open: policies on files, accounts that are shown, privileges given too widely.

``key``, ``subject``, ``trail``, ``path_class``, ``database``, ``package`` and ``origin`` as in Table.
"""

from batten.facts.linked import DatabaseFact
from batten.finding import Step


class StoragePolicy(DatabaseFact, frozen=True, kw_only=True):
    """One policy on ``storage.objects`` that lets clients add, replace or delete any file of a bucket, whoever owns it.

    ``verbs``: what it opens; ``to_anon``: strangers too. ``buckets``: those it names, empty for all.
    """

    policy: str
    verbs: tuple[str, ...] = ()
    to_anon: bool = False
    adds_only: bool = False
    """Files that are there cannot be replaced or deleted through it."""
    sees_some: bool = False
    """Other policies show the caller only some of the files, and the others are out of reach."""
    limited: bool = False
    """Each bucket it opens takes only files of some types, up to a size."""
    buckets: tuple[str, ...] = ()
    outsiders: str = ""
    """Who can do what, as the rest of a sentence."""

    @property
    def together(self) -> str:
        """What its hole is told with: the buckets whose files it opens."""
        return self.of(" ".join(("storage.objects", *self.buckets)))


class AccountExposure(DatabaseFact, frozen=True, kw_only=True):
    """A view, a function or a grant that shows the accounts of the ``auth`` schema to clients: ``kind`` ``view``, ``matview``, ``function``, ``grant``.

    ``columns``: what it shows of them that is nobody's business, empty where that is not told apart or nothing is. ``served``: the API serves it.
    """

    kind: str
    name: str
    columns: tuple[str, ...] = ()
    outsiders: str = ""
    served: bool = True


class BroadGrant(DatabaseFact, frozen=True, kw_only=True):
    """One statement that lets strangers write, or clients use a schema that is not for them.

    ``kind``: ``table``, ``tables`` (all in a schema), ``default`` (tables to come), ``schema``. ``open_tables``: those on which nothing else stops strangers from writing.
    ``changed``: the privilege was not held before.
    """

    kind: str
    object: str
    role: str
    open_tables: tuple[str, ...] = ()
    changed: bool = True
    outsiders: str = ""
    """Who may do what, as a sentence."""


class IdleRevoke(DatabaseFact, frozen=True, kw_only=True):
    """One REVOKE that takes nothing away, at the end of all migrations.

    ``kind``: ``default`` (PUBLIC's right to execute new functions, for one schema), ``owner`` (defaults that only Supabase may change), ``function`` (PUBLIC still holds it), ``later`` (tables
    made after it), ``column`` (the whole table is still granted). ``known``: what it leaves open has a finding of its own, or something else keeps it closed.
    """

    kind: str
    object: str
    role: str
    why: str = ""
    """Who still may do what, as a sentence."""
    columns: tuple[str, ...] = ()
    """Those that it names, where it is about columns."""
    privileges: tuple[str, ...] = ()
    known: bool = False


class Remark(DatabaseFact, frozen=True, kw_only=True):
    """What is the same of several objects of one database that clients reach, and worth a line, though nothing need be wrong with any of them.

    ``kind``: ``closed`` (tables with row level security and no policy), ``owner-view`` (views with their owner's rights in which nothing private was seen), ``copy`` (materialized
    views, likewise), ``search-path`` (functions with the caller's rights that pin none), ``graphql`` (what GraphQL tells the structure of), ``strangers-call``, ``accounts-call`` (functions with their
    owner's rights), ``per-row`` (tables whose policies ask for the caller once a row), ``several-policies`` (tables with more than one for a command), ``undetermined`` (statements that are
    not understood, or fail on a server that has nothing but the migrations), ``unmade`` (tables that clients use and no migration makes).
    """

    kind: str
    objects: tuple[str, ...]
    shown: str
    """The first of them, as words."""
    places: tuple[Step, ...] = ()
    """Where each of them is made."""
