"""Routes as declared in one file, and as they stand in the whole app: who guards them, what they reach."""

from enum import StrEnum

from msgspec import Struct

from batten.facts.linked import LinkedFact
from batten.finding import Step
from batten.text import Place

PROXY = "proxy:"
"""Before the host, as the handler of a route that hands every request on to another server."""

MOUNTED = "mounted:"
"""Before the name of an application that a package makes, as the handler of all that is below the path it is mounted at."""

COMPUTED = "computed:"
"""As the handler of a route whose address, or what answers there, is only known when the app runs."""

IF_THERE = "if-there"  # among the actions of an endpoint: it is one where the handler is there
COMPUTED_PART = "{computed}"
"""In the path of an endpoint: what is put in there when the app runs."""

EVERY_ACTION = "*"
"""Among the actions of an endpoint: a router gives the view one address for each action that it has."""

ANYWHERE = "/*"
"""As the path of an endpoint: one handler answers for all addresses, and looks at them itself."""

GRAPHQL = "graphql"
"""The framework of what is asked for by a field, and the router of what runs before all such fields of a package."""

CONTROLLERS = "controllers"
"""As the router of an endpoint: that of all controllers of a package, which one call puts on an application."""

LAST = 1 << 40
"""As the order of an endpoint: all middleware of its router runs before it, wherever it was registered."""

APPLICATION = "application"
"""As the router of a middleware: it runs before every route of the application that the file is part of."""


class RouteKind(StrEnum):
    """How a stranger calls it."""

    HTTP = "http"
    SERVER_ACTION = "server-action"
    EDGE_FUNCTION = "edge-function"
    PROCEDURE = "procedure"
    """By name, through the library that the app's own pages use: tRPC, Convex, callable functions of Firebase, server functions, fields of GraphQL."""
    SOCKET = "socket"
    """Over a connection that stays open."""


class Endpoint(Struct, frozen=True, array_like=True):
    """A route as one file declares it.

    ``router`` is the qualified name of the object it is declared on (``#app``, ``./server#router``), or "" for file-based routes.
    ``handler`` is the qualified name of the handler function (``#create_post``, ``./handlers#list``). ``chain`` are the qualified names of decorators,
    inline middleware, dependencies and wrappers before it, outermost first. ``path`` is relative to the router's mounts; file-based routes give it whole.
    ``order`` is the byte offset of the registration: a middleware registered later does not guard it. ``maker`` is the qualified name of what the
    router is made of, as far as this file tells: ``express#Router``. No ``methods``: the handler tells them. ``actions`` say which methods of a
    class answer, where that is not told by their names: ``get=list``, or ``EVERY_ACTION``. ``version`` is the one of the interface that it belongs
    to, where it says so. ``named`` is the qualified name of what holds the path, where the path itself is not written there. ``alone``: what its routers demand
    is nothing to it. ``within`` is the name of the function that registers it for one caller: what this has asked before, it has asked.
    """

    framework: str
    kind: RouteKind
    methods: tuple[str, ...]
    path: str
    router: str
    handler: str
    place: Place
    chain: tuple[str, ...] = ()
    order: int = 0
    maker: str = ""
    actions: tuple[str, ...] = ()
    version: str | None = None
    named: str | None = None
    alone: bool = False
    within: str | None = None


class Mount(Struct, frozen=True, array_like=True):
    """A router mounted on another (``include_router``, ``app.use(path, router)``, ``register_blueprint``), or declared with a prefix or chain of its own (``parent`` = "").

    ``instead``: the prefix stands in the place of the router's own, as Flask's do.
    """

    parent: str
    child: str
    prefix: str
    place: Place
    chain: tuple[str, ...] = ()
    order: int = 0
    instead: bool = False


class Middleware(Struct, frozen=True, array_like=True):
    """Something that runs before routes of ``router`` (and of its mounts) whose path starts with ``prefix``.

    ``later_only``: guards only what is registered after it (Express, Hono); False: all of the router (FastAPI, Flask ``before_request``).
    ``excluded`` are paths under the prefix that it leaves alone.
    """

    router: str
    name: str
    prefix: str
    place: Place
    order: int = 0
    later_only: bool = True
    excluded: tuple[str, ...] = ()


class Application(Struct, frozen=True, array_like=True):
    """What one file says of the whole application that it starts or sets up, for frameworks whose routers do not name theirs.

    ``prefix`` stands before all paths but those in ``unprefixed``. ``versions`` is what stands before the version in a path, None where versions are in no path;
    ``version`` is that of routes that name none.
    """

    place: Place
    starts: bool = False
    prefix: str = ""
    unprefixed: tuple[str, ...] = ()
    versions: str | None = None
    version: str | None = None


class RouteAuth(StrEnum):
    """Who may call a route. A route whose status can't be told has None."""

    AUTHENTICATED = "authenticated"
    SIGNED = "signed"
    SECRET = "secret"  # noqa: S105 - a word, not a password
    OPTIONAL = "optional"
    PRESENCE = "presence"
    SESSION = "session"
    """The account that a cookie names, which nobody verifies."""
    DATABASE = "database"
    INTERNAL = "internal"
    UNAUTHENTICATED = "unauthenticated"


GUARDED = (RouteAuth.AUTHENTICATED, RouteAuth.SECRET)
"""What a route has that asks for an account or a secret of its own, and turns away who has none."""


class EffectKind(StrEnum):
    """What a route does to the world."""

    DATABASE_WRITE = "database-write"
    DATABASE_DELETE = "database-delete"
    DATABASE_READ = "database-read"
    ADMIN_CLIENT = "admin-client"
    PAID_MODEL_CALL = "paid-model-call"
    LOCAL_MODEL_CALL = "local-model-call"
    MAIL = "mail"
    PAYMENT = "payment"
    FILE_WRITE = "file-write"
    FILE_READ = "file-read"
    COMMAND = "command"
    ACCOUNT_CHANGE = "account-change"
    QUEUE = "queue"
    SERVES_TOOLS = "serves-tools"
    """Hands the request to a server of tools for agents."""
    OUTGOING_REQUEST = "outgoing-request"
    """To a server of no special meaning; only told of routes as a whole (``facts.surface``)."""


class Effect(Struct, frozen=True):
    """One effect that a stranger reaches through a route; ``detail`` is the table or model where known; ``controlled``: the caller shapes its arguments; ``admin``: no policy binds it."""

    kind: EffectKind
    place: Place
    callee: str
    detail: str | None = None
    controlled: bool | None = None
    trail: tuple[Step, ...] = ()
    admin: bool = False


class Route(LinkedFact, frozen=True):
    """A route as it stands in the whole app.

    ``auth`` is None where a guard exists that can't be read. ``effects`` are those reached without passing a guard. Booleans below are derived so that rules are one match.
    """

    framework: str
    kind: RouteKind
    method: str
    path: str
    title: str
    """How a reader calls it: ``POST /api/chat``, ``server action deletePost``."""
    handler: str
    auth: RouteAuth | None
    guards: tuple[str, ...] = ()
    """What stands before the handler (middleware, dependencies, decorators, wrappers), outermost first, as it is called where it stands."""
    weak_guard: str | None = None
    """What stands before the handler as guards do and turns nobody away who sends something; None where its name says so, or nothing does."""
    leftover: bool = False
    """It was made to try something out, by its address, and does it for whoever asks."""
    misplaced_guard: str | None = None
    """A check that stands beside it and does not run before it, and why, in words; only told of a route that is open, and does or shows what is not for everybody."""
    effects: tuple[Effect, ...] = ()
    public_by_design: bool = False
    admin: bool = False
    writes: bool = False
    reads_private: bool = False
    calls_model: bool = False
    model_input_controlled: bool | None = None
    serves_tools: bool = False
    """It is a server of tools for agents, and not only for this machine."""
    uses_admin_client: bool = False
    destructive: bool = False
    protected_effect: bool = False
    """It does something that is not everybody's to do: writes, spends, sends, or uses the service key."""
    webhook: bool = False
    """Another service calls it when something has happened there."""
    scheduled: bool = False
    """A clock or a queue calls it."""
    works: bool = False
    """It does more than read, also where nobody outside shapes that."""
    acts_or_reveals: bool = False
    """It writes, or reads what is private."""
    told_with_app: bool = False
    """The whole app knows nothing of callers, its settings leave all open that says nothing, or a layout seems to guard it, and that is told once."""
    default: Place | None = None
    """The settings that leave it open, as it says nothing itself, where a framework has such settings."""
    app_has_auth: bool | None = None
    opened: bool = False  # its author marked it as one that the app's guards leave alone
    session: Place | None = None
    """Where the unverified session is read that lets callers in, where ``auth`` is ``session``."""
    past_policies: tuple[str, ...] = ()
    """Tables that it works on for strangers with rights that no policy binds, and that policies keep strangers from; ``passes`` says it in words, ``passes_by`` whose rights: ``service-key``, or ``connection`` (of the tables' owner)."""
    passes: str = ""
    passes_by: str = ""
    restrained: bool = False
    """Strangers may ask a model through it, and it limits how often, caps answers, and bounds questions."""
    gateway_jwt: bool | None = None
    """Edge functions: whether the gateway checks the JWT (``verify_jwt``)."""
    reason: str = ""
    """Why ``auth`` is what it is, in one clause."""


class Session(LinkedFact, frozen=True):
    """One place of the server that reads the session of a cookie without having it verified, and lets callers in by it.

    ``names`` are the titles of the routes behind it, ``names_shown`` the same as words. ``middleware``: it stands before the pages of the app.
    ``acts``: a route behind it does something that no policy of the database stops.
    """

    names: tuple[str, ...]
    names_shown: str
    middleware: bool = False
    acts: bool = False


class SoleGuard(LinkedFact, frozen=True):
    """A check that is the only one before what it stands in front of.

    ``kind``: ``middleware`` of the whole app, or a ``layout`` that stands around pages. ``names`` are the titles of what lies behind it, ``names_shown`` the same as words, ``places`` where that is.
    ``called``: requests come to some of it without the check, as the framework says itself. ``known_hole``: the version of the framework lets strangers past it.
    ``actions``: some of the functions that the app's pages post to ask nothing themselves.
    """

    kind: str
    file: str
    names: tuple[str, ...]
    names_shown: str
    called: bool = False
    writes: bool = False
    known_hole: bool = False
    actions: bool = False
    places: tuple[Step, ...] = ()


class UnfilteredUse(LinkedFact, frozen=True):
    """A handler that knows who calls works on rows of a table with the service key, by a filter that the caller chooses and none for the caller.

    ``verb``: ``select``, ``update`` or ``delete``; ``deed`` the same as a verb. ``known``: the migrations make the table, and it tells whose row is whose or holds private data.
    """

    table: str
    verb: str
    deed: str
    route: str
    known: bool


class NeedlessAdmin(LinkedFact, frozen=True):
    """Handlers that know who calls work on the caller's own rows with the service key, where policies let the caller do just that, and the app makes clients with the caller's rights.

    ``names`` are the titles of their routes, ``names_shown`` the same as words, ``places`` where they do it.
    """

    names: tuple[str, ...]
    names_shown: str
    tables: tuple[str, ...]
    places: tuple[Step, ...] = ()


class ForeignRow(LinkedFact, frozen=True):
    """A handler that knows who calls works on a row that the request names, and nothing ties the row to the caller.

    ``deed``: ``reads``, ``changes`` or ``deletes``. ``chosen`` is what of the request names the row. ``tied``: elsewhere the app asks for rows of the model by who calls, or it has a column
    for an owner. ``private``: rows of such a name are about one person.
    """

    model: str
    deed: str
    route: str
    chosen: str
    writes: bool
    private: bool
    tied: bool


class PrivilegedDeed(LinkedFact, frozen=True):
    """Something that is not for every account to do, and the routes of one file that do such things for whoever has one: the worst, with all of them.

    ``deed`` says in words what ``route`` does, the worst of them. ``kind``: what tells that it is not for every account: the ``address`` of the route, an ``account`` that the request names and that is
    removed or changed, a ``right`` that the request gives one, the ``list`` of all. ``roles``: elsewhere the app asks callers what they may do, or accounts have roles;
    ``joins``: strangers make accounts for themselves. ``private``: what it shows is about people, by its name. ``names`` are the titles of all, ``others`` says in words how many more there are, ``places`` where they are.
    """

    route: str
    deed: str
    kind: str
    writes: bool
    private: bool
    roles: bool
    joins: bool
    names: tuple[str, ...] = ()
    others: str = ""
    places: tuple[Step, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Nothing speaks against it that would make less of it."""
        return self.kind != "list" and (self.roles or self.joins) and (self.writes or self.private)


class ClaimedIdentity(LinkedFact, frozen=True):
    """A handler that works on rows in the name of somebody, and takes the word of the request for who that is.

    ``claimed`` is what the request says it by, ``where`` the part of it in words. ``kind``: whether it is a ``person`` or a ``tenant``. ``deed``: ``reads``, ``writes`` or ``deletes``.
    ``knows_caller``: the route asks who calls, and does not compare.
    """

    route: str
    model: str
    deed: str
    claimed: str
    where: str
    kind: str
    writes: bool
    knows_caller: bool


class RevealedRow(LinkedFact, frozen=True):
    """A handler answers rows of a model as the database gives them, with fields that hold credentials (``fields``).

    ``tool`` is the ORM, ``sql`` for a query of text. ``to`` says what the rows become: ``an answer``, ``the data of a page``, ``props of a component of the browser``. ``own``: they are the caller's, as far
    as what they are chosen by tells, or new. ``caller`` is who may call the handler: ``anyone``, an ``account``, or one with a role (``privileged``); None can't tell.
    """

    model: str
    fields: tuple[str, ...]
    fields_shown: str
    tool: str
    to: str
    own: bool
    caller: str | None = None


class FailOpen(LinkedFact, frozen=True):
    """A check of a route that lets everybody on, though it says otherwise; ``shown`` says in words why. ``kind`` as in ``Slip``."""

    kind: str
    shown: str
    route: str


class SecretComparison(LinkedFact, frozen=True):
    """A check before a route that compares a secret of the server's (``what``, in words) with what a request sends by an operator."""

    what: str
    route: str


class OpenRoutes(LinkedFact, frozen=True):
    """Routes that are open for one cause: an app that asks nobody who they are, or settings that leave open what says nothing.

    ``names`` are the titles of those that are not for everybody, worst first, ``names_shown`` the same as words. ``writes`` and ``admin``: one of them is so.
    ``places`` are where these routes stand, in the same order; ``place`` is that of the cause, or of the first.
    """

    names: tuple[str, ...]
    names_shown: str
    writes: bool = False
    admin: bool = False
    places: tuple[Step, ...] = ()
