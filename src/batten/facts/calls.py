"""What one file's functions call, test, return and let through; says nothing of other files.

Names are ``module#path``: ``openai#OpenAI.chat.completions.create`` for an imported thing,
``#helper`` for one of this file, ``./db#prisma.user.create`` before ``link`` has found the file.
The path of a call chain keeps every step and drops the arguments: ``sb.from("x").select()`` is ``#sb.from.select``.
"""

from enum import StrEnum

from msgspec import Struct

from batten.facts.changes import Change
from batten.facts.slips import Slip
from batten.regex import regex
from batten.text import Place, Span

GIVES = "gives:"
"""Before the name of a guard that lets those pass for whom its result is not empty."""


def is_callers(name: str) -> bool:
    """The name is that of a parameter, or of something taken from one; ``@scope/package#x`` is none."""
    return name.startswith("@") and "#" not in name


ASKED_PATH = "@request.path"
"""The name of the path of a request where a list of paths is asked for it, whatever holds it."""


def is_of_path(name: str) -> bool:
    """It is the path of a request, or what a part of it is asked: ``@request.nextUrl.pathname.startsWith``."""
    return is_callers(name) and _OF_PATH.search(name) is not None


def parted(name: str) -> tuple[str, str]:
    """The module and the path of a qualified name: ``("./db", "find")``; the module is empty for a name of the file itself.

    Modules may begin with the mark that parts them (``#lib/db#find``), and so do private members (``#Shelf.#books``).
    """
    module, _, path = name.partition("#")
    if module or "#" not in path:
        return module, path
    inner, _, rest = path.partition("#")
    return ("", path) if inner.endswith(".") else (f"#{inner}", rest)


def simple_name(name: str) -> str:
    """The last step of a qualified name: ``create`` of ``./db#prisma.user.create``, of ``#create`` and of ``#Shelf.#create``."""
    return name.rpartition("#")[2].rpartition(".")[2]


_OF_PATH = regex(r"\.(?:path|pathname|originalUrl)(?:\.\w+)?$")


class Origin(StrEnum):
    """Where a value comes from, as far as one file tells."""

    LITERAL = "literal"
    ENVIRONMENT = "environment"
    REQUEST = "request"
    PARAMETER = "parameter"
    PROPERTY = "property"
    """What was taken from a parameter: ``@req.body.id``; its root comes after it, as PARAMETER."""
    CALL = "call"
    NAME = "name"


class Source(Struct, frozen=True, gc=False, array_like=True):
    """One root of a value: its kind and the literal text, variable name, parameter name or qualified name.

    A literal that could be a key keeps no text, only where it stands: ``at`` is its offset in the file, -1 for all others.
    """

    origin: Origin
    text: str
    at: int = -1


class Argument(Struct, frozen=True, array_like=True, gc=False):
    """One argument of a call, or one constant-keyed entry of a record argument.

    ``slot`` is the position (``0``) or keyword (``model``), and ``.key`` for an entry of a record
    there (``1.auth.persistSession``), to a depth of three. ``text`` is the value where it is one
    constant string, number or boolean (``true``/``false``/``none``). ``sources`` are all roots of the value; empty means can't tell.
    ``name`` is the binding of this file that is handed over as it is: ``#router`` for ``app.use(router)``.
    ``pieces`` are the constants (literal) and the names of other modules that a text is put together of, in order, where it is of nothing else:
    ``TABLES.users``, `` `${BASE}/notes` ``; empty where ``text`` is known. ``sql`` is a query that is too long to be a ``text``, or is put together of constants and of what this file does not
    tell, with ``HOLE`` in the place of each of these and of what could be a key; None where ``text`` is known, and for all other texts.
    """

    slot: str
    text: str | None
    sources: tuple[Source, ...]
    span: Span
    name: str | None = None
    pieces: tuple[Source, ...] = ()
    sql: str | None = None


KEPT_ROWS = "in-memory#rows"  # before the name of rows that no database holds, and what is done with them
HOLE = "__hole__"
"""What stands in a query where this file does not tell what does."""


ON_APP, ON_STATE, ON_G, ON_REQUEST = "@app", "@state", "@g", "@request"
"""Before the name that something is kept under for handlers: on the app, on what a lifespan gives all requests, on Flask's ``g``, on each request alike."""


class Call(Struct, frozen=True, array_like=True, gc=False):
    """One call.

    ``callee`` follows local values (``const app = express()`` makes ``app.get`` be ``express#default.get``); ``receiver`` is the binding
    the call is made on, as written: ``#app``, or ``@app`` for a parameter, or ``./server#app``. ``reach`` is the range that only runs after this call has returned; None
    where the call is conditional inside its statement. A bare decorator is a call without arguments. ``made_by``: the call in this file
    that made the value it is called on (``const sb = createClient(…)`` for ``sb.from("t")``). ``row``: of a call in a loop, the row of a table that it is made for.
    """

    callee: str
    span: Span
    arguments: tuple[Argument, ...] = ()
    receiver: str | None = None
    reach: Span | None = None
    new: bool = False
    made_by: Span | None = None
    row: Span | None = None


class Subject(StrEnum):
    """What a test looks at, as far as one file tells."""

    VALUE = "value"
    """The result of a call, given in ``names``: an identity only where that call yields one."""
    SECRET = "secret"  # noqa: S105 - a word, not a password
    """Something of the caller's compared with something only the server knows."""


WORD = "@@word"
"""Among the names of a guard: what the caller says, compared with a word that everybody knows (``?admin=true``)."""


class Guard(Struct, frozen=True, array_like=True, gc=False):
    """A test whose failing side leaves the function, so that ``reach`` runs only where it passed.

    ``names`` are the qualified names of the calls (or parameters: ``@user``) that the tested value comes from; empty where they can't be told. ``inverted``: it
    passes where the value is empty (``if (error) return``). ``either``: one of the names sufficed. ``rejects`` is the way
    out of the failing side: ``raise``, ``return`` or ``end`` (the guarded range is the body of the test). ``status``: the HTTP status it answers, where constant.
    ``roles``: all that it asks is that a role is one of these, which are constants, or names of what holds them (``#ROLES``, ``app.models#Role.SELLER``).
    """

    subject: Subject
    names: tuple[str, ...]
    reach: Span
    rejects: str
    place: Place
    status: int | None = None
    inverted: bool = False
    either: bool = False
    roles: tuple[str, ...] = ()


class Join(Struct, frozen=True, gc=False, array_like=True):
    """Two ways that meet again: what holds at the ends of both (byte offsets) holds in ``reach``."""

    left: int
    right: int
    reach: Span


class ForMethods(Struct, frozen=True, array_like=True, gc=False):
    """A range of a function that only runs where the method of the request is one of these, or, where ``for_them`` is False, is none of them."""

    methods: tuple[str, ...]
    reach: Span
    for_them: bool = True

    def runs(self, method: str) -> bool:
        """Whether it runs for a method."""
        return (method in self.methods) is self.for_them


class Asked(Struct, frozen=True, array_like=True, gc=False):
    """A test for what a view is asked: the action, or the method, is one of these, or, where ``equal`` is False, none of them."""

    values: tuple[str, ...]
    of_method: bool = False
    equal: bool = True

    def holds(self, method: str, action: str) -> bool:
        """Whether it does for a method and an action."""
        return ((method if self.of_method else action) in self.values) is self.equal


class Grant(Struct, frozen=True, array_like=True, gc=False):
    """What a function gives for the permissions of a view, where all of ``where`` holds: qualified names, none where others say what; None can't tell.

    ``sure``: nothing else is asked on the way.
    """

    where: tuple[Asked, ...]
    names: tuple[str, ...] | None
    sure: bool = True


LISTED = "listed:"
"""Before the qualified name of a list of paths, in the place of a path; what follows such a path may follow it: ``listed:./paths#OPEN/*``."""

ANSWERED = "answered:"
"""Before the qualified name of a function that says of a path whether it is one of some, in the place of a path."""

_ANY_PART = regex(r"[\[{<:*(]")
_PATTERN = regex(r"(?P<start>/[\w./-]*?)(?P<rest>/?\(\.\*\)|/:\w+\*)?")


class ForPaths(Struct, frozen=True, array_like=True, gc=False):
    """A range of a function that only runs for requests of one of these paths, or, where ``for_them`` is False, for none of them; ``/api/*``: all that begin so.

    Some of them other files tell (``LISTED``, ``ANSWERED``): whether they are a path can't be told here.
    ``@auth.login`` is the function that answers, by its name in the app; ``alone``: nothing else has to hold. A range without an extent says of what a part of a test holds.
    """

    paths: tuple[str, ...]
    reach: Span
    for_them: bool = True
    alone: bool = True

    def runs(self, path: str) -> bool:
        """Whether it runs for a path, as far as can be told."""
        named = any(path == each or (each.endswith("*") and path.startswith(each[:-1])) for each in self.paths)
        return named is self.for_them or (not named and self.is_partial())

    def always_runs(self, route: str) -> bool:
        """Whether it runs for every request of a route."""
        return ForPaths(self.paths, self.reach, for_them=not self.for_them).never_runs(route)

    def is_partial(self) -> bool:
        """Other files tell of some of the paths."""
        return any(not each.startswith("/") for each in self.paths)

    def never_runs(self, route: str) -> bool:
        """Whether it runs for no request of a route, whose path may have parts that anything fits (``/posts/[id]``, ``/posts/:id``, ``/posts/{id}``)."""
        return self.settled(route) is False

    def settled(self, route: str, answering: str | None = None) -> bool | None:
        """Whether it runs for all requests of a route (True) or for none; None can't tell. ``answering``: the name in the app of the function that answers."""
        start = _ANY_PART.split(route, maxsplit=1)[0]
        named: bool | None = False
        for each in self.paths:
            if each.startswith("@") and answering is not None:
                at, exactly = f"@{answering}", True
            elif each.startswith("/"):
                at, exactly = start, start == route
            else:
                named = None
                continue
            prefix = each.removesuffix("*")
            if at.startswith(prefix) if each.endswith("*") else at == each and exactly:
                return self.for_them
            if not exactly and prefix.startswith(at):
                named = None
        return None if named is None else named is self.for_them


class ForSome(Struct, frozen=True, array_like=True, gc=False):
    """What has to hold of who calls for a test to pass, for requests for which all of ``where`` holds: ``user or path in OPEN`` asks for a user outside of the list."""

    guard: Guard
    where: tuple[ForPaths, ...]


def paths_matched(pattern: str) -> tuple[str, ...]:
    """A pattern of path-to-regexp in the notation of ``ForPaths``: ``/dashboard(.*)`` and ``/posts/:path*`` are all that begin so. Empty for any other."""
    found = _PATTERN.fullmatch(pattern)
    if found is None:
        return ()
    start, rest = found["start"], found["rest"]
    return (start,) if rest is None else (start, f"{start}/*") if rest.startswith("/") else (f"{start}*",)


class Result(Struct, frozen=True, array_like=True, gc=False):
    """One ``return``: ``empty`` where it gives nothing or a constant false; ``names`` as in Guard; ``status`` where it is an HTTP answer with a constant status; ``secret``: it is the outcome of a comparison with a secret; ``constant``: it is one, and not empty.

    ``fields`` are the names that stand in a record or a sequence that is given, each under its key or ``[number]``; functions that are written there too.
    """

    span: Span
    empty: bool
    names: tuple[str, ...] = ()
    status: int | None = None
    secret: bool = False
    constant: bool = False
    fields: tuple[tuple[str, str], ...] = ()


# What says in a default or an annotation which part of a request a value is: https://fastapi.tiangolo.com/reference/parameters/
_OF_REQUESTS = frozenset(("Query", "Path", "Body", "Form", "File", "Header", "Cookie", "Param"))
# What describes or checks it: https://docs.pydantic.dev/latest/concepts/types/#using-the-annotated-pattern and https://github.com/annotated-types/annotated-types
CHECKING = frozenset(("Predicate", "AfterValidator", "BeforeValidator", "PlainValidator", "WrapValidator"))
"""What an annotation names functions in that look at a value, and may refuse it."""
_DESCRIBING = CHECKING | {"Field", "StringConstraints", "Len", "MinLen", "MaxLen", "Gt", "Ge", "Lt", "Le", "MultipleOf", "Doc", "Strict"}
INJECTING = frozenset(("Depends", "Security"))
"""What FastAPI is told by that something of the app makes a value: https://fastapi.tiangolo.com/tutorial/dependencies/"""


class Parameter(Struct, frozen=True, array_like=True, gc=False):
    """One parameter: its name (destructured names joined by commas), its annotation as a qualified name, the calls in its default and annotation (``Depends(x)``), and its decorators (``@Query("id")``)."""

    name: str
    annotation: str | None = None
    calls: tuple[Call, ...] = ()
    marks: tuple[Call, ...] = ()

    @property
    def is_injected(self) -> bool:
        """Something of the app makes the value (``Depends(x)``), and not the request (``Query()``)."""
        steps = {simple_name(call.callee) for call in self.calls}
        return not steps.isdisjoint(INJECTING) or (not steps <= _DESCRIBING and steps.isdisjoint(_OF_REQUESTS))


class Function(Struct, frozen=True, array_like=True, gc=False):
    """What one function does, in a form that composes over the call graph.

    ``name`` is unique in the file: ``handler``, ``Class.method``, ``outer.inner``; ``""`` is the module body; an unnamed function is ``<outer>.@<ordinal>``.
    ``wrappers`` are its decorators and the calls it is passed to, outermost first. ``returns`` are the qualified names in the result type that it declares, where it has decorators of Python's.
    ``yields`` are the names of what a generator gives. ``says_of``: of which paths it says yes, where it is asked about one and does nothing else.
    ``caught`` are the parts that run where something of a ``try`` has failed, each with the point where the last of that begins. ``changes``: of Python alone.
    """

    name: str
    place: Place
    block: Span
    parameters: tuple[Parameter, ...] = ()
    wrappers: tuple[Call, ...] = ()
    calls: tuple[Call, ...] = ()
    guards: tuple[Guard, ...] = ()
    joins: tuple[Join, ...] = ()
    results: tuple[Result, ...] = ()
    directive: str | None = None
    is_async: bool = False
    by_method: tuple[ForMethods, ...] = ()
    by_path: tuple[ForPaths, ...] = ()
    slips: tuple[Slip, ...] = ()
    returns: tuple[str, ...] = ()
    yields: tuple[str, ...] = ()
    says_of: ForPaths | None = None
    for_some: tuple[ForSome, ...] = ()
    grants: tuple[Grant, ...] = ()
    caught: tuple[Join, ...] = ()
    changes: tuple[Change, ...] = ()


class Binding(Struct, frozen=True, array_like=True, gc=False):
    """A name of the module scope that stands for another: ``name`` is the qualified name of its value (a call's callee, an imported name, ``#other``).

    ``text`` is its value where that is one constant string; ``sources`` as in Argument; ``calls`` are those in its value (``Annotated[User, Depends(x)]``).
    ``alias``: the name in this file that it is another name of (``const PUT = PATCH``). ``is_class``: a class, and ``name`` its first base;
    ``pieces`` as in Argument; ``texts`` are the constant texts in a record, by their path in it.
    ``bases``, ``decorators`` and ``implements`` (interfaces; of the file's own by their bare names) are all of a class's; what stands in its body is bound as ``Class.field``.
    ``decorators`` of a field are those by which it is a column; ``types`` are what the type of a field is given: ``User`` in ``Repository<User>`` and ``User[]``; of a class those of its bases: ``Store[User]``.
    ``fields`` are those of a class of Python that say of what type they are, each with the qualified name of that.
    Addresses in a record are bound as ``record.field.field``. What ``module.exports`` is set to has the local ``default``.
    """

    local: str
    name: str | None
    place: Place
    calls: tuple[Call, ...] = ()
    text: str | None = None
    sources: tuple[Source, ...] = ()
    alias: str | None = None
    is_class: bool = False
    bases: tuple[str, ...] = ()
    decorators: tuple[Call, ...] = ()
    pieces: tuple[Source, ...] = ()
    texts: tuple[tuple[str, str], ...] = ()
    implements: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
