"""The attack surface of an app as plain values: what each route does, who stands before it, what it touches; knows no format."""

from enum import StrEnum

from msgspec import Struct

from batten.finding import Severity, Step
from batten.text import Place


class Risk(StrEnum):
    """What a stranger may do through a route, worst first; what keeps strangers out brings it down."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NONE = "none"

    @property
    def rank(self) -> int:
        """0 for critical, 4 for none: sorts worst first."""
        return _RISKS.index(self)


_RISKS = tuple(Risk)


class Guard(Struct, frozen=True):
    """Something on the way that may ask who calls. ``counts``: it keeps strangers out, None where that can't be told; ``why`` says so.

    ``call``: how a row of ``[vocabulary]`` names it, "" where it has no name of its own.
    """

    name: str
    counts: bool | None
    why: str
    place: Place
    call: str = ""


class Act(Struct, frozen=True):
    """One thing that a route does: ``kind`` of effect, ``text`` in words, ``target`` the table or server where known.

    ``open``: strangers can have it done, None where that can't be told. ``admin``: with the key that policies do not stop. ``trail`` leads to it.
    """

    kind: str
    text: str
    target: str | None
    open: bool | None
    admin: bool
    place: Place
    trail: tuple[Step, ...] = ()


class Touched(Struct, frozen=True):
    """A table that a route works on. ``verbs``: ``read``, ``write``, ``delete``; ``table`` is the id of the table where the migrations make it."""

    name: str
    verbs: tuple[str, ...]
    table: str | None = None
    sensitivity: str | None = None


class Told(Struct, frozen=True):
    """A finding about the route."""

    rule: str
    severity: Severity
    message: str
    key: str


class Route(Struct, frozen=True, kw_only=True):
    """One route. ``id`` is its key. ``status``: who may call it, None where that can't be told; ``reason`` says why. ``intended``: it is made for strangers."""

    id: str
    title: str
    method: str
    path: str
    kind: str
    framework: str
    package: str
    handler: str
    place: Place
    status: str | None
    reason: str
    risk: Risk
    intended: bool = False
    guards: tuple[Guard, ...] = ()
    acts: tuple[Act, ...] = ()
    touched: tuple[Touched, ...] = ()
    findings: tuple[Told, ...] = ()
    test: bool = False
    """It is part of tests, examples or the like."""


class Table(Struct, frozen=True, kw_only=True):
    """One table. ``strangers`` and ``users``: what somebody without and with an account can do with it round the app, in words; None where no client reaches it."""

    id: str
    name: str
    package: str
    place: Place | None = None
    """None where no migration makes it."""
    sensitivity: str | None = None
    columns: tuple[str, ...] = ()
    """Those with private data."""
    rls: bool | None = None
    strangers: str | None = None
    users: str | None = None
    open: bool = False
    """Strangers can read or change every row round the app."""


class Module(Struct, frozen=True):
    """One file that matters: it holds a handler, does what a route does, or uses a table in the browser. ``side``: ``browser``, ``server``, ``both``, None."""

    id: str
    path: str
    package: str
    side: str | None


class Key(Struct, frozen=True):
    """A key that the app has, never its value. ``kind``: ``service``, ``public``, ``model``, ``other``; ``browser``: browsers get it; ``written``: it stands in the code."""

    id: str
    name: str
    kind: str
    package: str
    place: Place
    browser: bool | None
    written: bool = False


class Link(Struct, frozen=True):
    """An edge between two things, by id: a route to a table (``read``, ``write``, ``delete``), a module to a route (``serves``), to a key (``holds``), to a table (``read`` …)."""

    source: str
    target: str
    kind: str
    open: bool | None = False


class Package(Struct, frozen=True):
    """One package with a surface: its folder ("" is the root) and name."""

    root: str
    name: str


class Map(Struct, frozen=True, kw_only=True):
    """Everything. Routes are sorted by risk."""

    packages: tuple[Package, ...] = ()
    routes: tuple[Route, ...] = ()
    tables: tuple[Table, ...] = ()
    modules: tuple[Module, ...] = ()
    keys: tuple[Key, ...] = ()
    services: tuple[str, ...] = ()
    """What else routes lead to: ``paid model``, ``payments``."""
    links: tuple[Link, ...] = ()


ACTS = {
    "command": "runs commands",
    "payment": "moves money",
    "account-change": "changes accounts",
    "admin-client": "uses the admin client",
    "database-delete": "deletes",
    "database-write": "writes",
    "paid-model-call": "calls a paid model",
    "mail": "sends messages",
    "file-write": "writes files",
    "database-read": "reads",
    "file-read": "reads files",
    "queue": "queues jobs",
    "serves-tools": "serves tools to agents",
    "local-model-call": "calls a local model",
    "outgoing-request": "asks other servers",
}
"""What routes do, in words, the gravest first."""

STATUSES = {
    "unauthenticated": "anyone",
    "presence": "anyone with any credential",
    "session": "who writes the right cookie",
    "optional": "anyone, signed in or not",
    None: "can't tell",
    "database": "whom the database's policies let",
    "secret": "who has the secret",
    "signed": "who signs",
    "internal": "its own side",
    "authenticated": "the signed-in",
}
# Said of middleware that has nothing to do with callers: no reason why a route is open.
DULL = frozenset({"nothing in it asks who calls", "it guards nothing", "its matcher leaves this path out"})
