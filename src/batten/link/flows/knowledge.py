"""What the vocabulary says of names that values come from, pass through and end in; knows no graph."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from batten.facts.calls import simple_name
from batten.facts.flows import COMPONENT, DEEP, LISTED_RIGHTS, RESOLVED
from batten.facts.vocabulary import Meaning, Row, Vocabulary
from batten.regex import regex

ALL = "*"
ALL_BUT_RIGHTS = "*-"
"""One of a list in which there is what few may be: harmless as text, and not as a role."""
_WEBSITES = ("reflected-origin", "reflected-origin-with-cookies")
FIXED = frozenset(("address", "redirect", "link", "model-endpoint"))
"""The kinds of sinks that an address does no harm in whose server is settled."""
# What tests say, and the kinds of sinks that a value is harmless for where they passed.
_TESTS = {
    "listed": frozenset((ALL,)),
    LISTED_RIGHTS: frozenset((ALL_BUT_RIGHTS,)),
    "number": frozenset((ALL,)),
    "pattern": frozenset((ALL,)),
    "host": FIXED | frozenset(_WEBSITES),
    "no-dots": frozenset(("path",)),
    "below": frozenset(("path",)),
    "scalar": frozenset(("nosql",)),
    "own-path": frozenset(("redirect", "link")),
    "no-prototype": frozenset(("prototype-key",)),
}
REFLECTED = "reflected-origin"
"""The kind of sinks that name the websites that may read an answer."""
WITH_COOKIES = "reflected-origin-with-cookies"
"""The same where the answer lets the cookies of visitors go along."""
RECORDS = "nosql"
"""The kind of sinks in which a record that somebody sent is read as an operator, where text is not."""
CODE_OF_QUERY = f"{RECORDS}-code"
"""Code that the database runs for each record that it looks at."""
QUERIES = (CODE_OF_QUERY, RECORDS, f"{RECORDS}-probe")
"""The kinds of sinks that ask a database by a record, worst first; one that ends in ``-probe`` only finds a record by what is no secret."""
JOINED = "path-joined"
"""The kind of sinks that put a path together, whatever is done with it then."""
PROTOTYPE = "prototype"
"""The kind of sinks that put the keys of a record into another one, whatever they are called."""
TEXT_ALONE = frozenset((RECORDS, PROTOTYPE))
"""The kinds of sinks that text does no harm in."""
# Operators of queries below which there are queries again: https://www.mongodb.com/docs/manual/reference/operator/query/
_NESTING = frozenset(("$or", "$and", "$nor", "$not", "$match", "$elemMatch", "$all", "$where", "$set"))
MODEL = "model-output"
TOOL_INPUT = "tool-input"
# What models call tools with, as part of their answers: https://platform.openai.com/docs/guides/function-calling https://docs.claude.com/en/docs/agents-and-tools/tool-use/implement-tool-use
TOOL_CALLS = frozenset((
    "tool_calls", "toolCalls", "function_call", "functionCall", "function_calls", "functionCalls", "functionCalls()", "staticToolCalls", "input", "arguments", "args",
))  # fmt: skip
STORED = "stored"
ANSWER = "answer"
OPERATOR = "operator"
"""The source of what a program is started with: only looked at where findings are asked for that may be none."""
MARKUP = "markup"
"""The kind of sinks that browsers take as HTML."""
IN_PAGES = "pages"
"""What rows say of sinks that scripts of pages have for themselves."""
ARGUMENT = "argument"
"""The kind of sinks that a program takes for an option where they begin like one."""
LINK = "link"
"""The kind of sinks that the browser goes to."""
RESPONSE = "route."
"""Before the framework, the index of the handler's parameter and the method, in names of what handlers do with what they are given."""
PAGE = frozenset(("browser", STORED, ANSWER))
"""Sources of what browsers show: only followed where something is shown as it is."""
WRITTEN = frozenset((STORED, ANSWER))
"""Sources that are records: some of what is in them is no text of anybody's."""
_EXACT = WRITTEN | {MODEL, "archive"}
LOOKED_AT = "looked-at"
FORMED = "formed"
"""Among what a value is harmless for: it is what a field of a form gives, that leaves text as it came."""
DOUBT = "doubt:"
"""Before a kind of sinks: a function of the app's own has looked at the value, by its name for just this."""
WITHOUT = "without:"
"""Before a quotation mark or a backslash: a value that has none of them is harmless between two of the marks."""
WITHIN = "within:"
"""Before a quotation mark: a value has none of them but at its ends."""
_OF_ORIGINS = frozenset(f"{DOUBT}{kind}" for kind in _WEBSITES)
_BEGUN = frozenset(
    f"{DOUBT}{kind}"
    for kind in ("path", JOINED, "archive", "address", "rendered", "redirect", LINK, "deserialize", REFLECTED, WITH_COOKIES, *QUERIES)
)
"""What is said of a text that begins as it should, and has not been normalised."""
_READS_ALONE = regex(r"(?i)\s*(?:select|with|show|explain|describe|pragma)\b")
_QUOTED = frozenset(("xpath", "sql"))
# What a text does no harm in that is a literal of text itself.
_LITERAL = frozenset(("code",))
# As patterns write it.
_BACKSLASH = r"\\"
_HOST = regex(r"(?:https?:)?//[^/\s?#]+[/?#]")
# Events of a stream, that no browser shows as a page.
_EVENT = regex(r"(?:data|event|id|retry):")
# What follows is no scheme of its own.
_SCHEME = regex(r"(?:[A-Za-z][\w+.-]*:|[#?])[^/\s]*")
# Of the server itself, from its root or from where the page is: ``/api/``, ``api/notes/``.
_WITHIN = regex(r"/(?:[^/\\]|$)|(?:[\w-]+/)+")
_ESCAPES = regex(r"(?i:escap|saniti[sz]|purif|strip_?tags)|^(?:esc|clean|encode)(?![a-z])")
_ESCAPED = frozenset((f"{DOUBT}html", f"{DOUBT}{MARKUP}"))
_COUNTED = regex(
    r"(?:^|_)(?:id|uuid|at|count|total|price|amount|score|rank|index|date|time|timestamp|status|length|number|percent|rating|views|likes)$|(?:Id|At|Count|Total|Date|Time|Number)$"
)
_PROSE = regex(
    r"(?i:^|_)(?:(?:user|first|last|full|nick|display)_?)?name$|(?:user|first|last|full|nick|display)Name$|(?i:^|_)(?:e?mail|title|comment|body|text|content|description|bio|note|message|review|search|query|keyword|filter|city|address|tags?)s?$"
)
AFTER_HOST = frozenset(("pathname", "search", "searchParams", "hash"))
"""The parts of an address that say nothing of its server."""
HOSTS = frozenset(("hostname", "host"))
"""Those that say it."""
_WHOLE = frozenset(((), ("href",), ("href", DEEP), (DEEP,), ("toString()",), ("toString()", DEEP)))
"""The ways that lead to all of an address."""
OF_PATH = frozenset((f"{DOUBT}redirect",))
"""What the path of the address that was asked for hardly does harm in: routes have a beginning, which no link to another server has."""
OF_OWN_SERVER = FIXED | {f"{DOUBT}html"}
"""What the address that was asked for does no harm in: its server is the app's own, and browsers write most signs in it in another way."""
OWN_PATH = "own-path"
"""Among what a value is harmless for: it is the path that was asked for, which says nothing but what the route does, unless there is none for it."""
OF_OWN_PATH = FIXED | {OWN_PATH}
"""What the path that was asked for does no harm in."""
_OWN_ADDRESS = frozenset(("href", "pathname", "URL", "documentURI", "asPath", "fullPath"))
_PARAMETERS = frozenset(("get()", "getAll()", "searchParams"))
_BY_BROWSER = frozenset(
    (
        "cookie",
        "cookies",
        "host",
        "origin",
        "referer",
        "referrer",
        "forwarded",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-forwarded-port",
        "x-forwarded-scheme",
    )
)


_OF_FILES = frozenset(("path", "path-probe", "path-joined"))
_TOLD_OF_FILES = frozenset(("filename", "originalFilename", "headers", "content_type", "mimetype"))
"""What is asked of a file that its sender says of it."""


class Means(NamedTuple):
    """What is known of one name. ``cleans`` are kinds of sinks; ``passes`` is the slot of the argument that is handed on, "" for all, None where nothing says so; ``lists``: as a list, which is no text itself; ``view``: with parts of its own that are asked for by name; ``exact``: the source is this call itself, and not something below the name.

    ``state``: it gives a value that is kept, and the function that changes it. ``callback``: it gives what a function gives back that it is handed, under a key of that name ("" for as it is).
    ``settled``: it gives what the function that it is made with hands to its first parameter.
    ``under``: the text of the source is what is under that key, and nothing beside it. ``structured``: what it brings may be a record in the place of a text. ``own_address``: what it brings is the address that was asked for, ``own_path``: its path. ``file``: what it brings is a file.
    """

    source: str | None = None
    sinks: tuple[Row, ...] = ()
    cleans: frozenset[str] = frozenset()
    passes: str | None = None
    lists: bool = False
    view: bool = False
    opaque: bool = False
    uses: tuple[Row, ...] = ()
    exact: bool = False
    state: bool = False
    callback: str | None = None
    under: str | None = None
    structured: bool = False
    settled: bool = False
    own_address: bool = False
    own_path: bool = False
    file: bool = False

    def of_whole(self, way: tuple[str, ...]) -> frozenset[str]:
        """What it cleans, of all that it gives; of a part of that by itself it says nothing."""
        return self.cleans if way in _WHOLE else frozenset()

    def brought(self, way: tuple[str, ...], *, textual: bool) -> frozenset[str]:
        """What the text of the source, read by a way, does no harm in."""
        row = _as_row(way) if self.source in WRITTEN else frozenset[str]()
        return row if self.structured and not textual else row | TEXT_ALONE | self.as_file(way)

    def as_file(self, steps: Iterable[str]) -> frozenset[str]:
        """What it does no harm in as a thing to read: only text names another file."""
        return _OF_FILES if self.file and _TOLD_OF_FILES.isdisjoint(steps) else frozenset()


_NOTHING = Means()
_ANSWER = Means(source=MODEL, exact=True)
# No function is looked at for these alone.
_LATER = PAGE | {"weak-random", OPERATOR}


class Knowledge:
    """The rows about values, by name; ``operated``: what a program is started with counts as a source."""

    def __init__(self, vocabulary: Vocabulary, *, operated: bool = False) -> None:
        self.operated = operated
        self._host = vocabulary.host
        self._calls = vocabulary.values
        self._known: dict[str, Means] = {}
        rows = vocabulary.values.rows
        self.sink_steps = frozenset(_last(row) for row in rows if row.means is Meaning.SINK)
        self.weak_steps = frozenset(_last(row) for row in rows if row.means is Meaning.SOURCE and row.kind == "weak-random")
        given = [row for row in rows if row.means is Meaning.SOURCE and row.kind not in _LATER]
        self.source_modules = frozenset(row.pattern.partition(".")[0] for row in given)
        asked = [row.pattern.split(".") for row in given if row.kind == MODEL]
        self.answer_steps = frozenset(steps[-1] for steps in asked)
        """The last steps of calls that ask a model."""
        self.answer_ends = frozenset((steps[-2], steps[-1]) for steps in asked if len(steps) > 1)
        self.use_steps = frozenset(_last(row) for row in rows if row.means is Meaning.USE)
        shown = [
            row
            for row in rows
            if row.means is Meaning.SINK
            and (row.kind == MARKUP or (row.kind == LINK and row.pattern.endswith("=")) or row.provider == IN_PAGES)
        ]
        self.markup_steps = frozenset(_last(row) for row in shown if not row.pattern.startswith(COMPONENT))
        """The last steps of what shows a value as HTML, or does other harm in a page."""
        self.markup_elements = frozenset(row.pattern for row in shown if row.pattern.startswith(COMPONENT))
        """The components of libraries that show what they are given as HTML."""
        self.model_steps = frozenset(_last(row) for row in rows if row.means is Meaning.SINK and row.kind in QUERIES)
        """The last steps of what asks a database by a record."""
        self.responses: dict[str, list[Row]] = {}
        """Sinks of what a handler is given to answer with, by the last steps of their names."""
        for row in rows:
            if row.means is Meaning.SINK and row.pattern.startswith(RESPONSE):
                self.responses.setdefault(row.pattern.rpartition(".")[2], []).append(row)
        self.opaque_steps = frozenset(_last(row) for row in rows if row.means is Meaning.OPAQUE and row.pattern.startswith("**."))

    def of(self, name: str) -> Means:
        """What is known of a canonical name."""
        found = self._known.get(name)
        if found is None:
            rows = self._calls.lookup(name)
            found = _means(rows) if rows else _NOTHING
            if found.source == OPERATOR and not self.operated:
                found = found._replace(source=None)
            self._known[name] = found
        return found

    def of_host(self, host: str) -> Means:
        """What is known of an answer of a host, by the name of that."""
        asks = "." in host and any(row.means is Meaning.PAID_MODEL_CALL for row in self._host(host))
        return _ANSWER if asks else _NOTHING

    def may_be_sink(self, step: str) -> bool:
        """A quick look at the last step of a name."""
        return step in self.sink_steps

    def may_be_use(self, step: str) -> bool:
        """The same for calls whose arguments matter."""
        return step in self.use_steps


def with_operators(vocabulary: Vocabulary) -> Knowledge:
    """The rows, with what a program is started with as a source."""
    return Knowledge(vocabulary, operated=True)


def _last(row: Row) -> str:
    return simple_name(row.pattern)


def _means(rows: tuple[Row, ...]) -> Means:
    source = next((row.kind or "request" for row in rows if row.means is Meaning.SOURCE), None)
    cleans = frozenset(kind for row in rows if row.means is Meaning.SANITIZER for kind in (row.kind or ALL).split("|"))
    passes = next((row.arg or "" for row in rows if row.means is Meaning.PASSES), None)
    return Means(
        source,
        tuple(row for row in rows if row.means is Meaning.SINK),
        cleans,
        passes,
        any(row.means is Meaning.PASSES and row.kind == "list" for row in rows),
        any(row.means is Meaning.PASSES and row.kind == "view" for row in rows),
        any(row.means is Meaning.OPAQUE for row in rows),
        tuple(row for row in rows if row.means is Meaning.USE),
        any(row.means is Meaning.SOURCE and row.kind in _EXACT for row in rows),
        any(row.means is Meaning.PASSES and row.kind == "state" for row in rows),
        next((row.provider or "" for row in rows if row.means is Meaning.PASSES and row.kind == "callback"), None),
        next((row.arg for row in rows if row.means is Meaning.SOURCE), None),
        any(row.means is Meaning.SOURCE and (row.provider == "structured" or row.kind in WRITTEN) for row in rows),
        any(row.means is Meaning.PASSES and row.kind == "settled" for row in rows),
        any(row.means is Meaning.SOURCE and row.provider == "own-address" for row in rows),
        any(row.means is Meaning.SOURCE and row.provider == OWN_PATH for row in rows),
        any(row.means is Meaning.SOURCE and row.provider == "file" for row in rows),
    )


def cleaned_by(test: str, number: int, tests: AbstractSet[tuple[int, str]], *, normalised: bool) -> frozenset[str] | None:
    """The kinds of sinks that a value is harmless for where the test passed, one of several of values by their numbers; None where that can't be told."""
    if _is_literal(number, test, tests):
        return _LITERAL
    if test == LOOKED_AT:
        return None
    if test.startswith("prefix:"):
        # A second slash after the first leads to another server.
        whole = (number, "no-host") in tests
        alone = all(word == test for at, word in tests if at == number)
        return _of_prefix(test.removeprefix("prefix:"), whole=whole, normalised=normalised, alone=alone)
    if test.startswith(WITHOUT):
        return frozenset((test,))
    if test == f"{DOUBT}address" or test.startswith(RESOLVED):
        return _OF_ORIGINS | {f"{DOUBT}address", f"{DOUBT}redirect"}
    if test == f"{DOUBT}{REFLECTED}":
        return _OF_ORIGINS
    if test.startswith(DOUBT):
        return frozenset((test,))
    return _TESTS.get(test, frozenset())


def _is_literal(number: int, test: str, tests: AbstractSet[tuple[int, str]]) -> bool:
    """A text begins and ends with a quotation mark, and has none of them between: as code it is that text, or no code."""
    mark = test.removeprefix(WITHIN)
    return test.startswith(WITHIN) and (number, f"prefix:{mark}") in tests and (number, f"suffix:{mark}") in tests


def _of_prefix(prefix: str, *, whole: bool, normalised: bool, alone: bool) -> frozenset[str] | None:
    if _HOST.match(prefix):
        return FIXED | {ARGUMENT}
    if prefix == "/":
        return _TESTS["own-path"] if whole else frozenset((LINK,))
    if prefix.startswith("/api"):
        return _TESTS["own-path"]
    if prefix.startswith("http"):
        return _OF_ORIGINS | {"link", ARGUMENT}
    if normalised:
        return frozenset(("path",))
    if not alone:
        return None
    # How it begins says nothing of what commands, code and pages do with the rest.
    begun = _BEGUN | {f"{DOUBT}sql"} if _READS_ALONE.match(prefix) else _BEGUN
    return begun if prefix.startswith("-") else begun | {ARGUMENT}


def compared_by(key: str) -> frozenset[str]:
    """What a value under a key of a query does no harm in: below most operators nothing is an operator again."""
    return TEXT_ALONE if key.startswith("$") and key not in _NESTING else frozenset()


def doubted_by(function: str) -> frozenset[str]:
    """The kinds of sinks that a function's name says it makes text harmless for, whatever it does."""
    return _ESCAPED if _ESCAPES.search(function) else frozenset()


def page_address(name: str, way: tuple[str, ...]) -> frozenset[str]:
    """The kinds of sinks that the address of the page does no harm in as a whole: one of its parameters does."""
    whole = name.rpartition(".")[2] in _OWN_ADDRESS and not any(step in _PARAMETERS for step in way)
    return frozenset((LINK,)) if whole else frozenset()


def is_free_text(way: tuple[str, ...]) -> bool:
    """What is read of a row may be what somebody wrote: it is no number, time or reference by its name."""
    named = next((step for step in reversed(way) if step.isidentifier()), "")
    return _COUNTED.search(named) is None


def _as_row(way: tuple[str, ...]) -> frozenset[str]:
    """The kinds of sinks that what is read of a row does no harm in, unless its name says that people write it: names of tables, numbers and keys are the app's own."""
    named = next((step for step in reversed(way) if step.isidentifier()), "")
    return frozenset() if _PROSE.search(named) else frozenset(("sql",))


def set_by_browser(asked: str) -> frozenset[str]:
    """The kinds of sinks that a header or the cookies do no harm in: no link makes a visitor's browser, or the proxy before the server, say others than there are."""
    return frozenset(("redirect",)) if asked.lower() in _BY_BROWSER else frozenset()


def fixed_by(text: str) -> frozenset[str]:
    """The kinds of sinks that do not mind what comes after this text: the server of an address is settled."""
    if _EVENT.match(text):
        return frozenset(("html",))
    begun = frozenset((ARGUMENT,)) if text else frozenset[str]()
    if _SCHEME.match(text) and not _HOST.match(text):
        return begun | {"link"}
    return begun | FIXED if _HOST.match(text) or _WITHIN.match(text) else begun


def quoted_by(mark: str, cleaned: frozenset[str]) -> frozenset[str]:
    """What a value does no harm in that stands between two quotation marks, as it has none of them: https://docs.postgrest.org/en/stable/references/api/url_grammar.html#reserved-characters."""
    if f"{WITHOUT}{mark}" not in cleaned:
        return frozenset()
    return _QUOTED | {"postgrest"} if mark == '"' and f"{WITHOUT}{_BACKSLASH}" in cleaned else _QUOTED
