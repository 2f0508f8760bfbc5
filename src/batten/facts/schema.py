"""The database after all migrations: tables, policies, and what each client role can do with them."""

from enum import StrEnum

from msgspec import Struct

from batten.finding import Step
from batten.text import Place


class Verdict(StrEnum):
    """What a role can do with the rows of a table; can't tell is None."""

    NONE = "none"
    ROWS = "rows"
    ALL = "all"


class Access(Struct, frozen=True):
    """One cell of the access matrix: role ``anon`` or ``authenticated``, verb ``select``/``insert``/``update``/``delete``."""

    role: str
    verb: str
    verdict: Verdict | None
    reason: str


class Column(Struct, frozen=True):
    """One column; ``type`` as written, lower case; ``references`` is ``schema.table`` of a foreign key; ``sensitive`` the class of CATALOG 2.6, None where none."""

    name: str
    type: str
    references: str | None = None
    sensitive: str | None = None


class Policy(Struct, frozen=True):
    """One policy in force; ``using``/``check`` are the predicate classes of CATALOG 2.5 in lower case (``always``, ``any-authed``, …), None where the clause is absent."""

    name: str
    place: Place
    permissive: bool
    command: str
    roles: tuple[str, ...]
    using: str | None
    check: str | None
    using_text: str | None = None
    check_text: str | None = None


class Table(Struct, frozen=True):
    """One table at the end of all migrations.

    ``name`` is ``schema.table``. ``open_verbs``: verbs that a role without an account, or any account, may use on all rows (verdict ``all``).
    ``sensitivity``: the strongest class among its columns, None where none.
    """

    name: str
    database: str
    package: str
    place: Place
    path_class: str = "product"
    columns: tuple[Column, ...] = ()
    policies: tuple[Policy, ...] = ()
    rls: bool | None = False
    exposed: bool | None = True
    granted: bool | None = True
    access: tuple[Access, ...] = ()
    sensitivity: str | None = None
    sensitive_columns: tuple[str, ...] = ()
    protected_before: bool = False
    """RLS was on, or policies existed, at an earlier point."""
    has_policies: bool = False
    anon_verbs: tuple[str, ...] = ()
    """Verbs that a stranger with the public key can use on all rows."""
    used_in_browser: bool = False
    """Filled by the join of table uses."""
    key: str = ""
    subject: str = ""
    trail: tuple[Step, ...] = ()


class OpenPolicy(Struct, frozen=True):
    """One policy that lets client roles through unconditionally: the fact behind the policy rules."""

    table: str
    policy: str
    database: str
    package: str
    place: Place
    command: str
    roles: tuple[str, ...]
    writes: bool
    reads: bool
    to_anon: bool
    claims_service: bool
    """Its name or comment says it is meant for the server."""
    insert_only: bool
    intake: bool
    """An insert-only policy on a table that takes in messages from strangers."""
    sensitivity: str | None
    credential: bool
    path_class: str = "product"
    rls: bool | None = True
    key: str = ""
    subject: str = ""
    trail: tuple[Step, ...] = ()


class TableUse(Struct, frozen=True):
    """One use of a table through supabase-js / supabase-py: ``sb.from("t").select()``."""

    table: str
    verb: str | None
    place: Place
    package: str = ""
    in_browser: bool | None = None
    database: str | None = None
    privileged: bool | None = None
