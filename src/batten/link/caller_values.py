"""What values of a handler say: who calls, or which row its caller wants; knows no row."""

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import PurePosixPath

from msgspec import structs

from batten.facts.calls import Argument, Function, Guard, Origin, Source, is_callers
from batten.link.callgraph import Code
from batten.link.guards import Guards
from batten.link.rooms import is_listener
from batten.link.sent_by_call import asked_of_django, field_of_body, handed_in, may_be_found_out, sent_by_call
from batten.link.spelled import graph_of, spelled
from batten.link.vouched import is_body
from batten.regex import regex
from batten.skim import SCRIPTS
from batten.text import Span

_ID = regex(r"(?:^|[._@])(?:ids?|_id|pk|uu?id)$|[a-z](?:Ids?|ID|Uu?id)$|_(?:ids?|uu?id|pk)$")
SENT = regex(
    r"(?:(?<!locals)\.|^@(?=(?:args|input|parsedInput|params|searchParams|query|body|formData|data)\.))(?:parsedInput|params|body|query|json|form|query_params|GET|POST|FILES|formData|args|searchParams|input|data|nextUrl|param|valid|values|headers|cookies)(?:\.|$)"
)
# What earlier middleware of the app's own left on the request: ``req.account.email``.
_LEFT = regex(
    r"@req(?:uest)?\.(?!(?:params|body|query|headers?|cookies|files?|app|socket|connection|ip|ips|log|logger|url|get|header|route|res|nextUrl|raw|session|signedCookies)\b)\w+\.\w+$"
)
_PARAMS = regex(r"(?:\.params|^@params|\.param|view_args|path_params)(?:\.|$)")
_CALLER = regex(
    r"(?:^|[.@#_])(?:current_?|session_?|auth(?:ed|enticated)?_?|logged_?in_?|signed_?in_?|request_?)?(?:user|session|auth|viewer|principal|identity|claims|jwt|decoded|payload|uid|me|tenant|org|organi[sz]ation|workspace|team|partner|member|profile|locals|state|var)(?:_?id)?(?:$|[.\[])|#\w*(?:current|session|auth|tenant|member)\w*|#(?:get|require|resolve|fetch|read)_?(?:me|my|user|uid|actor|viewer)_?id(?![a-z])",
    re.IGNORECASE,
)
_CLASS = regex(r"#[A-Z]\w*[a-z]")
# Middleware of procedures and actions puts there what it found out; and the database, which says nothing of anybody.
_CONTEXT = regex(r"@(?:ctx|context)\.\w")
_DATABASE = regex(
    r"@(?:ctx|context)\.(?:\w*(?:db|database|prisma|drizzle|supabase|sql|knex|mongo)|orm|em|pool|models|repos?|repositories|services)(?:\.|$)",
    re.IGNORECASE,
)
# Whose account it is, or a row of a table that can't be told: the caller's own, perhaps.
_OF_ACCOUNTS = regex(r"\.(?:users?|accounts?|\w*profiles?|members?|query)(?:\.|$)", re.IGNORECASE)
_SESSION = regex(r"[#.](?:Async)?[sS]ession(?:\.|$)")
_LIBRARIES = ("sqlalchemy", "sqlmodel", "flask_sqlalchemy")
_APIS = ("flask_restx.", "flask_restplus.")
_COLUMN = regex(r"[#.][A-Z]\w*[a-z]\w*\.[a-z_]+$")
_LAMBDA = regex(r"\.@\d+$")
_REQUEST = regex(
    r"(?:req|request|res|reply|params|searchParams|body|input|parsedInput|data|formData|values|args|event|c|ctx|context|next|_\w*|\w*[iI]ds?)$"
)
_KEPT = regex(r"(@.+)\.(?:trim|toString|toLowerCase|toUpperCase|valueOf)$")  # what text is still the same after
_KNOWS = regex(r"token|secret|hash|signature|otp|slug|code$", re.IGNORECASE)


@lru_cache(20_000)
def is_called_so(name: str) -> bool:
    """A name is like those of callers. The same few are asked about in handler after handler."""
    return _CALLER.search(name) is not None


class CallerValues:
    """Tells values that say who calls from those by which a caller says which row."""

    def __init__(self, code: Code, guards: Guards) -> None:
        self._code = code
        self._guards = guards

    def chosen_by(self, handler: Function, argument: Argument, named: frozenset[str]) -> Iterator[str]:
        """What of the request says which row."""
        if _KNOWS.search(argument.slot.rpartition(".")[2]):
            return
        given = {name for parameter in handler.parameters for name in parameter.name.split(",") if not parameter.is_injected} - handed_in(
            handler
        )
        from_handler = any(source.origin is Origin.PARAMETER and source.text in given for source in argument.sources)
        made = tuple(f"{source.text}." for source in argument.sources if source.origin is Origin.CALL)
        yield from sent_by_call(argument, given, lambda name: _ID.search(name) is not None, listens=is_listener(handler))
        for source in argument.sources:
            text = source.text
            if (key := asked_of_django(argument, source)) is not None:
                if _ID.search(key) or _ID.search(argument.slot):
                    yield key
            elif source.origin in (Origin.REQUEST, Origin.NAME) and "#request." in text and SENT.search(text) and _ID.search(text):
                yield text
            elif source.origin is Origin.PROPERTY and text[1:].partition(".")[0] in given:
                if _PARAMS.search(text) or (SENT.search(text) and _ID.search(text)):
                    yield text[1:]
            elif source.origin is Origin.CALL and text[1:].partition(".")[0] in given and (kept := _KEPT.match(text)):
                if _PARAMS.search(kept[1]) or (SENT.search(kept[1]) and _ID.search(kept[1])):
                    yield kept[1][1:]
            elif source.origin is Origin.NAME and from_handler and text.startswith(made) and _ID.search(text) and not is_called_so(text):
                yield text.rpartition(".")[2]
            elif source.origin is Origin.NAME and from_handler and (key := field_of_body(handler, text)) is not None and _ID.search(key):
                yield key
            elif source.origin is Origin.PARAMETER and text in given and (_ID.search(text) or (text in named and not _KNOWS.search(text))):
                yield text

    def is_own(self, path: str, function: Function, argument: Argument, *, classes: bool = True) -> bool:
        """The value says who calls, or can't be told; ``classes``: so does one of a class that is called like a caller (``User``)."""
        return any(
            self._names_caller(path, function, argument, source)
            for source in argument.sources
            if classes or not (source.origin is Origin.NAME and _CLASS.search(source.text))
        )

    def asks_of_both(self, path: str, function: Function, guard: Guard, sent: re.Pattern[str]) -> bool:
        """A test goes by what a call gave that was handed who calls and what was sent: ``if (!(await holds(req.user.id, req.params.id)))``."""
        given = [argument for call in function.calls if call.callee in guard.names for argument in call.arguments]
        told = [argument for argument in given if any(sent.match(source.text) for source in argument.sources)]
        rest = [argument for argument in given if argument not in told]
        return bool(told) and any(
            self.is_own(path, function, each, classes=False) or any(_LEFT.match(source.text) for source in each.sources) for each in rest
        )

    def _names_caller(self, path: str, function: Function, argument: Argument, source: Source) -> bool:
        text = source.text
        match source.origin:
            case Origin.PROPERTY:
                return text[1:].partition(".")[0] in handed_in(function) or (not SENT.search(text) and self.says_who(path, function, text))
            case Origin.REQUEST:
                return text.startswith(("request.user", "request.session"))
            case Origin.PARAMETER:
                if text in handed_in(function):
                    return True
                within = any(other.origin is Origin.PROPERTY and other.text.startswith(f"@{text}.") for other in argument.sources)
                if not within and PurePosixPath(path).suffix in SCRIPTS and may_be_found_out(function, text) and not _REQUEST.match(text):
                    return True
                if _ID.search(text):
                    # ``user_id: int = Depends(get_current_user_id)``, and not what only looks at an id of the address.
                    injected = any(parameter.is_injected and text in parameter.name.split(",") for parameter in function.parameters)
                    return not within and injected and self._guards.identifies(path, function, f"@{text}", surely=True)
                return not within and self.says_who(path, function, f"@{text}")
            case Origin.CALL | Origin.NAME:
                return self.says_who(path, function, text)
        return False

    def apart_from_columns(self, path: str, argument: Argument, named: frozenset[str]) -> Argument:
        """Without the columns that are compared with what the address names, and with nothing else: ``Member.user_id == user_id`` says nothing of the caller."""
        columns = [each.text for each in argument.sources if each.origin is Origin.NAME and _COLUMN.search(each.text)]
        if not columns or not any(each.origin is Origin.PARAMETER and each.text in named for each in argument.sources):
            return argument
        rest = tuple(
            each
            for each in argument.sources
            if each.origin is not Origin.NAME or not any(f"{column}.".startswith(f"{each.text}.") for column in columns)
        )
        known = all(each.origin is Origin.PARAMETER or (each.origin is Origin.CALL and self.is_session(path, each.text)) for each in rest)
        return structs.replace(argument, sources=rest) if known else argument

    def says_who(self, path: str, function: Function, name: str) -> bool:
        """What a name stands for says who calls, or may say so."""
        if _DATABASE.match(name):
            return _OF_ACCOUNTS.search(name) is not None
        if _LAMBDA.search(name) or is_body(function, name) or (SENT.search(name) and (is_callers(name) or "#request." in name)):
            return False
        if self.is_session(path, name) or self._is_body_of_api(path, name):
            return False
        if is_callers(name) and (is_called_so(name) or name.endswith(".get") or _CONTEXT.match(name)):
            return True
        return self._guards.identifies(path, function, name) or (not is_callers(name) and is_called_so(name))

    def compared(self, path: str, function: Function, within: Span) -> bool:
        """Something is compared there with what says who calls: ``row.owner and row.owner != caller``, of which no test is read whole."""
        graph = graph_of(self._code, path, function)
        for call in graph.calls if graph is not None else ():
            if graph is not None and call.callee == "==" and call.span in within:
                names = (spelled(graph, number) for number in (*call.arguments, call.receiver))
                if any(name is not None and self.says_who(path, function, name) for name in names):
                    return True
        return False

    def is_session(self, path: str, name: str) -> bool:
        """It is a session of the database, or what that gives, and not one of whoever calls."""
        return _SESSION.search(name) is not None and (self._code.canonical(path, name) or "").startswith(_LIBRARIES)

    def _is_body_of_api(self, path: str, name: str) -> bool:
        """What was sent, as Flask-RESTX gives it: ``namespace.payload``, and no claims of a token."""
        return ".payload" in name and (self._code.canonical(path, name) or "").startswith(_APIS)


def is_addressed(argument: Argument, named: frozenset[str]) -> bool:
    """Nothing but what the address names, which no decorator hands in."""
    return bool(argument.sources) and all(source.origin is Origin.PARAMETER and source.text in named for source in argument.sources)
