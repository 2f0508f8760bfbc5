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

ROOT_VALUE = "graphql-root"
"""As the maker of an endpoint, and the framework of its handler: it is called with the arguments of its field first."""

CONTROLLERS = "controllers"
"""As the router of an endpoint: that of all controllers of a package, which one call puts on an application."""

LAST = 1 << 40
"""As the order of an endpoint: all middleware of its router runs before it, wherever it was registered."""

APPLICATION = "application"
"""As the router of a middleware: it runs before every route of the application that the file is part of."""


ROW = ".[]."
"""In the name of what is one of each row of a table, between that of the table and the key: ``./routes#routes.[].router``."""


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

    ``instead``: the prefix stands in the place of the router's own, as Flask's do. A child that each row of another file's table has is named so (``ROW``),
    and so is what holds its prefix (``named``).
    """

    parent: str
    child: str
    prefix: str
    place: Place
    chain: tuple[str, ...] = ()
    order: int = 0
    instead: bool = False
    named: str | None = None


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
    page: bool = False
    """It gets what a page shows: who may not see that is sent elsewhere, and gets no answer of an API."""
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
