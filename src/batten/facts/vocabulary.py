"""What outside names mean (calls, environment variables, key shapes, hosts), as rows and quick tables; knows no particular name.

Names of calls are ``package.path``: ``openai.OpenAI.chat.completions.create``; ``package#path`` is the same name. In a
pattern ``*`` stands for any characters of one step, and ``**`` for any number of steps, none too.
"""

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any, Protocol, TypeVar

from msgspec import Struct, structs

from batten.regex import regex

_MEMO_LIMIT = 50_000
_Made = TypeVar("_Made")


class Target(StrEnum):
    """What a row's pattern is compared with."""

    CALL = "call"
    ENV = "env"
    SECRET = "secret"  # noqa: S105 - a kind of row
    HOST = "host"
    PROGRAM = "program"


class Meaning(StrEnum):
    """What a name means."""

    IDENTITY = "identity"
    """Gives who calls, once it is tested."""
    IDENTITY_RAISES = "identity-raises"
    """Leaves by itself (raises, redirects, answers) where nobody is signed in."""
    SIGNATURE = "signature"
    """Leaves, or says no, where the message is not signed by its sender."""
    SECRET_COMPARE = "secret-compare"  # noqa: S105 - a meaning
    """Compares with a secret in constant time."""
    PRESENCE = "presence"
    """Only gives what the caller sent: a token, a cookie, a session nobody verified."""
    UNVERIFIED_SESSION = "unverified-session"
    """Gives the account that a cookie names, without asking whether the cookie is genuine."""
    GUARD_WRAPPER = "guard-wrapper"
    """Decorator, wrapper or middleware that lets only the signed-in through."""
    NOT_A_GUARD = "not-a-guard"
    """Stands where guards stand, and guards nothing."""
    REJECT = "reject"
    """Leaves with an error."""
    REQUEST = "request"
    """Gives what the caller sent."""
    PAID_MODEL_CALL = "paid-model-call"
    LOCAL_MODEL_CALL = "local-model-call"
    AI_CLIENT = "ai-client"
    """Makes a client of a paid model, with the key it is given."""
    DATABASE_READ = "database-read"
    DATABASE_WRITE = "database-write"
    DATABASE_DELETE = "database-delete"
    ADMIN_CLIENT = "admin-client"
    MAIL = "mail"
    PAYMENT = "payment"
    FILE_READ = "file-read"
    FILE_WRITE = "file-write"
    COMMAND = "command"
    ACCOUNT_CHANGE = "account-change"
    QUEUE = "queue"
    SERVES_TOOLS = "serves-tools"
    """Hands a request to a server of tools for agents."""
    SINK = "sink"
    """Dangerous with text of the caller's; ``kind`` says how."""
    SOURCE = "source"
    """Text of somebody else's; ``kind`` says whose."""
    SANITIZER = "sanitizer"
    """What it gives does no harm; ``kind`` are the kinds of sinks for which that holds, ``*`` for all."""
    PASSES = "passes"
    """What it gives holds what it is given, in ``arg`` or in any argument and in what it is called on."""
    OPAQUE = "opaque"
    """What it gives has nothing of the text that it is given."""
    USE = "use"
    """Its arguments decide whether it is safe; ``kind`` says what it is."""
    SERVER = "server"
    """A server that lets in everybody who reaches it; ``kind`` says what for, ``arg`` is the port it has by itself."""
    LISTENS = "listens"
    """A program that takes requests from every machine that reaches this one; ``arg`` is the port it has by itself."""
    KNOWN_KEY = "known-key"
    """The same server, where the key that it asks for is in its manual."""
    DATA_SERVICE = "data-service"
    """Runs what is not for strangers; ``kind`` says what, ``provider`` its name, ``arg`` which variables and flags give its password."""
    DEVELOPMENT_TOOL = "development-tool"
    """Is of no use where an app is deployed."""
    AGENT_TOOL = "agent-tool"
    """Makes a tool for agents of a function: a model chooses what it is called with."""
    BOT = "bot"
    """Has a function called with what people write to a bot; ``kind`` and ``arg`` as of ``agent-tool``. ``provider`` ``words``: what stands after a command comes in as parameters of their own."""
    BRINGS_IN = "brings-in"
    """Gives what strangers wrote: pages, mails, reports of errors."""
    SENDS_AWAY = "sends-away"
    """Sends what it is given to another server."""
    WIDE_TOOL = "wide-tool"
    """A tool for agents that reaches more than one task needs; ``kind`` says what."""
    REACHES_BROWSER = "reaches-browser"
    """The bundler writes its value into what browsers load."""
    SERVICE_KEY = "service-key"
    PUBLIC_KEY = "public-key"
    CREDENTIAL = "credential"


class Given(Protocol):
    """An argument of a call, or a variable or flag of a program."""

    @property
    def slot(self) -> str:
        """Its position or name."""

    @property
    def text(self) -> str | None:
        """Its value where that is constant."""


class Row(Struct, frozen=True, gc=False):
    """One row.

    ``when`` and ``unless`` are conditions: ``result-checked`` (the call only says yes or no), or on an argument, without regard to case:
    ``optional=true`` (its text is that), ``1|mode=*w*|*a*`` (that of either slot fits either glob), ``2`` (there is one); several with `` & `` between all hold.
    ``self`` is what a method is called on, as it was made.
    ``arg`` is the slot of the argument that matters. ``kind`` and ``provider`` say more.
    """

    target: Target
    pattern: str
    means: Meaning
    when: str | None = None
    unless: str | None = None
    arg: str | None = None
    kind: str | None = None
    provider: str | None = None
    pack: str = ""

    def applies(self, arguments: Sequence[Given]) -> bool | None:
        """Whether the conditions on arguments hold for a call; None where an argument is not constant. Leaves ``result-checked`` to the caller."""
        when = True if self.when in (None, RESULT_CHECKED) else _holds(self.when or "", arguments)
        unless = False if self.unless is None else _holds(self.unless, arguments)
        if when is False or unless is True:
            return False
        return None if when is None or unless is None else True


RESULT_CHECKED = "result-checked"


def _holds(condition: str, arguments: Sequence[Given]) -> bool | None:
    answers = [_fits_one(part, arguments) for part in condition.split(" & ")]
    return False if False in answers else None if None in answers else True


def _fits_one(condition: str, arguments: Sequence[Given]) -> bool | None:
    slots, _, wanted = condition.partition("=")
    answer: bool | None = False
    for slot in slots.split("|"):
        for argument in arguments:
            if argument.slot != slot:
                continue
            if not wanted:
                return True
            if argument.text is None:
                answer = None
            elif any(fnmatchcase(argument.text.lower(), choice) for choice in wanted.lower().split("|")):
                return True
    return answer


_SCHEME = regex(r"(?:node|npm|jsr):/?")
# Where Deno and browsers get npm packages from: https://docs.deno.com/runtime/fundamentals/modules/
_CDN = regex(r"https?://(?:esm\.sh|esm\.run|cdn\.skypack\.dev|cdn\.jsdelivr\.net/npm|unpkg\.com|deno\.land/x)/(?:v\d+/|stable/)?")
_PACKAGE = regex(r"(?P<name>(?:@[^/@?]+/)?[^/@?]+)(?:@[^/?]*)?(?P<inner>/[^?]*)?")
_FILE = regex(r"/(?:\+esm|(?:.*/)?[^/]+\.(?:ts|js|mjs))\Z")


def canonical(qualified: str) -> str:
    """``package.path`` for ``module#path``, without the scheme, server and version that a module was asked for with."""
    module, _, path = qualified.rpartition("#")
    if not module:
        return qualified
    bare = _CDN.sub("", _SCHEME.sub("", module, count=1), count=1)
    if bare != module and (package := _PACKAGE.match(bare)):
        inner = package["inner"] or ""
        bare = package["name"] + ("" if _FILE.match(inner) else inner)
    return f"{bare}.{path}" if path else bare


# Indexes of rows with the steps of their patterns, by first and last step, "" where that is not literal.
_Index = dict[tuple[str, str], list[tuple[tuple[str, ...], int]]]


class NameTable:
    """Rows by dotted pattern, for many look-ups of few names."""

    __slots__ = ("_index", "_memo", "rows")

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self.rows = tuple(rows)
        self._memo: dict[str, tuple[Row, ...]] = {}
        self._index: _Index | None = None

    def lookup(self, qualified: str) -> tuple[Row, ...]:
        """The rows whose pattern fits the name: those with more literal steps first, then in the order of the table."""
        found = self._memo.get(qualified)
        if found is None:
            if len(self._memo) >= _MEMO_LIMIT:
                self._memo.clear()
            found = self._memo[qualified] = self._find(qualified)
        return found

    def _find(self, qualified: str) -> tuple[Row, ...]:
        if self._index is None:
            self._index = _indexed(self.rows)
        steps = tuple(canonical(qualified).split("."))
        first, last = steps[0], steps[-1]
        fitting = [
            (-sum("*" not in step for step in pattern), index)
            for ends in ((first, last), (first, ""), ("", last), ("", ""))
            for pattern, index in self._index.get(ends, ())
            if _fits(pattern, steps)
        ]
        return tuple(self.rows[index] for _, index in sorted(fitting))


def _indexed(rows: Sequence[Row]) -> _Index:
    found: _Index = {}
    for index, row in enumerate(rows):
        steps = tuple(canonical(row.pattern).split("."))
        first, last = steps[0], steps[-1]
        ends = ("" if "*" in first else first, "" if "*" in last else last)
        found.setdefault(ends, []).append((steps, index))
    return found


def _fits(pattern: Sequence[str], steps: Sequence[str]) -> bool:
    """Whether a pattern fits whole; ``**`` is what ``*`` is in file names, so one place to go back to is enough."""
    at = here = 0
    back: tuple[int, int] | None = None
    while here < len(steps):
        if at < len(pattern) and pattern[at] == "**":
            at += 1
            back = (at, here)
        elif at < len(pattern) and _step_fits(pattern[at], steps[here]):
            at += 1
            here += 1
        elif back is not None:
            at, here = back[0], back[1] + 1
            back = (at, here)
        else:
            return False
    return all(step == "**" for step in pattern[at:])


def _step_fits(pattern: str, step: str) -> bool:
    if "*" not in pattern:
        return pattern == step
    return pattern == "*" or _glob_fits(pattern, step)


def _glob_fits(pattern: str, text: str) -> bool:
    first, *middle, last = pattern.split("*")
    if not text.startswith(first):
        return False
    at = len(first)
    for part in middle:
        found = text.find(part, at)
        if found == -1:
            return False
        at = found + len(part)
    return len(text) - at >= len(last) and text.endswith(last)


_OF_VALUES = frozenset((Meaning.SOURCE, Meaning.SINK, Meaning.SANITIZER, Meaning.PASSES, Meaning.OPAQUE, Meaning.USE))


class Vocabulary:
    """All rows, and a table for each kind of name. ``calls`` knows hosts too, as calls of ``host.com.openai.api``.

    ``programs`` are named by where they come from: ``image:ollama/ollama``, ``npm:@acme/mcp``, ``command:vllm``. ``values`` are the calls that matter for what flows through them; they are in no other table.
    """

    __slots__ = ("_made", "calls", "envs", "programs", "rows", "secrets", "values")

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self.rows = tuple(rows)
        self._made: dict[object, Any] = {}
        called = [_as_call(row) for row in self.rows if row.target in (Target.CALL, Target.HOST)]
        self.calls = NameTable(row for row in called if row.means not in _OF_VALUES)
        self.values = NameTable(row for row in called if row.means in _OF_VALUES)
        self.envs = NameTable(row for row in self.rows if row.target is Target.ENV)
        self.programs = NameTable(row for row in self.rows if row.target is Target.PROGRAM)
        self.secrets = tuple(row for row in self.rows if row.target is Target.SECRET)

    def with_rows(self, rows: Iterable[Row]) -> "Vocabulary":
        """This vocabulary with more rows, which come before those it has."""
        return Vocabulary((*rows, *self.rows))

    def made(self, make: "Callable[[Vocabulary], _Made]") -> _Made:
        """What a function of the vocabulary alone makes of it, which is done once: to go through all rows takes longer than to read a small app."""
        if make not in self._made:
            self._made[make] = make(self)
        found: _Made = self._made[make]
        return found

    def host(self, host: str) -> tuple[Row, ...]:
        """The rows of a host, whatever its case."""
        return self.calls.lookup(_host_name(host.lower()))


def _as_call(row: Row) -> Row:
    if row.target is Target.CALL:
        return row
    inner, below = row.pattern.removeprefix("*."), row.pattern.startswith("*.")
    return structs.replace(row, pattern=_host_name(inner) + (".**" if below else ""))


def _host_name(host: str) -> str:
    return ".".join(("host", *reversed(host.split("."))))
