"""Rows that are looked up by a secret of the caller's: an API key, the token of an invitation or of a session; or by who they are. Who has it found is who was given it, or is known."""

import re
from collections.abc import Callable, Iterable, Iterator

from batten.facts.calls import HOLE, Argument, Call, Function, Origin, Source, is_callers, simple_name
from batten.link.by_place import giving, starting_at
from batten.link.callgraph import Code
from batten.link.guards.outside import Outside
from batten.link.guards.protection import Protection
from batten.link.rows import query_text
from batten.link.supplied import meant
from batten.regex import regex

# A column that holds secrets, or their hashes. Tokens of devices and of what is paid with are addresses; those of shared links are meant for whoever has them, too.
_SECRET = regex(
    r"(?!(?:push|device|fcm|expo|apns?|registration|notification|csrf|card|payment|price|max|total|contract|mint|quote|base)(?:_?token))"
    r"(?:[a-z0-9]+_)*?(?:tokens?|secret|api_?key|access_?key|magic_?link|(?:unique|share|invite|invitation|access)_?code|key(?=_(?:hash|hashed|digest|sha256)))(?:_(?:hash|hashed|digest|sha256))?",
    re.IGNORECASE,
)
_HASHED = regex(r"_(?:hash|hashed|digest|sha256)$", re.IGNORECASE)
_CAMEL = regex(r"(?<=[a-z0-9])(?=[A-Z])")
# Rows about codes that are sent to a telephone or a mailbox, and their columns. Elsewhere a code is that of a coupon, a country, or a room.
_SENT_CODE = regex(
    r"(?:^|[^a-z])(?:otps?|one_?time|verifications?|pass_?codes?|(?:login|reset|sms|email|phone)_?codes?|2fa|mfa)(?:$|[^a-z])",
    re.IGNORECASE,
)
_CODE = regex(r"(?:\w+_)?(?:otp|codes?|pin|pass_?code)(?:_(?:hash|hashed|digest))?", re.IGNORECASE)
_QUERY_KEY = regex(rf"\b(?:where|and|on)\s+\(?(?:\w+\.)?[\"`]?(\w+)[\"`]?\s*=\s*(?:\$\d+|\?|%s|%\(\w+\)s|:\w+|@\w+|{HOLE})", re.IGNORECASE)
# Filters that are given the column first: `.eq("token", given)`, `.where("token", "==", given)`, `.where("token", given)`.
_COLUMN_FIRST = frozenset(("eq", "where", "filter", "andWhere", "match"))
# What a row is made of, or changed to: no condition.
_ADDS = regex(r"(?:insert|create|add|save|upsert|bulk|push|set|values|rpc|\w+or_?create)", re.IGNORECASE)
_CHANGES = regex(r"(?:update|patch|replace|findOneAndUpdate|findOneAndReplace|findByIdAndUpdate|find_one_and_update)", re.IGNORECASE)
# Who knows the one need not know the other.
_EITHER = regex(r"\$?\bor\b", re.IGNORECASE)
_SET = regex(r"^1\.|(?:^|\.)(?:data|values|set|\$set|\$push|\$inc|update|create|defaults)(?:\.|$)")
_HEADER = frozenset(("get", "header", "getHeader"))
_PREFIX = regex(r"^x[-_]", re.IGNORECASE)
_CHAINED = 2
# In a record of conditions, what is not there is no condition to some clients: they give whichever row is first. https://www.prisma.io/docs/orm/prisma-client/special-fields-and-types/null-and-undefined
_IN_RECORD = regex(r"(?:^|\.)where\.\w")
_ONE = regex(r"findUnique(?:OrThrow)?$")


def is_secret(name: str) -> bool:
    """A column, parameter or header of that name holds something that only who was given it knows."""
    return _SECRET.fullmatch(_PREFIX.sub("", _CAMEL.sub("_", name).replace("-", "_"))) is not None


def by_secret(code: Code, outside: Outside, path: str, function: Function, name: str, before: int) -> Protection:
    """What a caller has shown where a name stands, at a position, for a row that was looked up by something of theirs, and the row is there."""
    request = _request_of(function, name, before)
    of_database = is_by_secret([*request, *_within(code, path, request)]) and any(
        outside.asks_database(meant(code, path, function, call).name) for call in request
    )
    if of_database:
        return Protection.SECRET
    return Protection.UNKNOWN if any(_is_of_memory(call) or _is_by_hash(call) for call in request) else Protection.NONE


def by_caller(
    code: Code, outside: Outside, path: str, function: Function, name: str, before: int, shown: Callable[[str], Protection]
) -> Protection:
    """What a caller has shown where a name stands for the row that was looked up for them, and the row is there: there is none for a stranger. ``shown``: what a name says of who calls."""
    request = [] if is_callers(name) or path.endswith(".py") else _request_of(function, name, before)
    if not any(outside.asks_database(meant(code, path, function, call).name) for call in request):
        return Protection.NONE
    known = [Protection.NONE]
    for call in (*request, *_within(code, path, request)):
        step = simple_name(call.callee)
        if _ADDS.match(step) or _CHANGES.match(step):
            return Protection.NONE
        conditions = _conditions(call, step)
        named = [source.text for each in conditions for source in each.sources if source.origin in (Origin.CALL, Origin.NAME)]
        words = [part for each in conditions for part in each.slot.split(".")] + [re.split(r"[#.]", text)[-1] for text in named]
        if any(map(_EITHER.fullmatch, words)):
            return Protection.NONE
        if _ONE.search(step) or not any(_IN_RECORD.search(argument.slot) for argument in conditions):
            known += [shown(source.text) for each in conditions for source in each.sources if source.origin is Origin.CALL]
    best = max(known)
    return best if best > Protection.UNKNOWN else Protection.NONE


def or_404(code: Code, outside: Outside, path: str, function: Function, call: Call) -> Protection:
    """The same where a call ends the request by itself if there is no such row: ``first_or_404()``."""
    return by_secret(code, outside, path, function, call.callee, call.span.end) if call.callee.endswith("_or_404") else Protection.NONE


def _is_of_memory(call: Call) -> bool:
    """What a module keeps is asked for what belongs to a token: ``sessions.get(req.cookies.token)``. Who has put it there, and when, can't be told."""
    kept = "#" in call.callee and call.callee.endswith(".get") and not is_callers(call.callee)
    given = [argument for argument in call.arguments if argument.slot.isdigit()]
    return kept and len(given) == 1 and _is_callers(given[0].sources) and _is_secret_itself(given[0])


def _is_by_hash(call: Call) -> bool:
    """What can't be followed is asked by the hash of a secret that was sent, as only rows are that keep it: ``invitations.consume({ tokenHash })``."""
    step = simple_name(call.callee)
    given = [argument for argument in _conditions(call, step) if _is_callers(argument.sources)]
    return not _ADDS.match(step) and any(
        _HASHED.search(_CAMEL.sub("_", argument.slot)) and _names(argument, is_secret) for argument in given
    )


def _request_of(function: Function, name: str, before: int) -> list[Call]:
    """The calls, one on another, whose result a name stands for at a position: of several that are written alike, the last before it."""
    calls = giving(function, name, before)
    return list(starting_at(function, calls[-1].span.start)) if calls else []


def _within(code: Code, path: str, request: Iterable[Call]) -> list[Call]:
    """The conditions that are written as a function of their own: ``.withIndex("by_key", (q) => q.eq("keyHash", hash(key)))``."""
    named = {
        source.text[1:]
        for call in request
        for argument in call.arguments
        for source in argument.sources
        if source.origin is Origin.NAME and source.text.startswith("#") and ".@" in source.text
    }
    known = code.functions(path) if named else {}
    found = [call for name in sorted(named & known.keys()) for call in known[name].calls]
    return [] if any(_EITHER.fullmatch(call.callee.rpartition(".")[2]) for call in found) else found


def is_by_secret(request: Iterable[Call]) -> bool:
    """A request to a database, of calls one on another, is for the row that has a secret of the caller's: a token, or the code of a row that is about codes that were sent to somebody."""
    calls = tuple(request)
    once = any(_SENT_CODE.search(_CAMEL.sub("_", said)) for call in calls for said in (call.callee, *_texts(call)))
    return any(_is_by_secret(call, _is_code if once else is_secret) for call in calls)


def _texts(call: Call) -> Iterator[str]:
    """The table that a call names, or its query."""
    yield from (argument.text for argument in call.arguments[:1] if argument.text is not None)
    query = query_text(call)
    if query is not None:
        yield query


def _is_code(name: str) -> bool:
    return is_secret(name) or _CODE.fullmatch(_CAMEL.sub("_", name)) is not None


def _is_by_secret(call: Call, names_secret: Callable[[str], bool]) -> bool:
    step = simple_name(call.callee)
    if _ADDS.match(step) or not any(_is_callers(argument.sources) for argument in call.arguments):
        return False
    query = query_text(call)
    if query is not None:
        return _EITHER.search(query) is None and any(names_secret(found[1]) for found in _QUERY_KEY.finditer(query))
    given = _conditions(call, step)
    if any(_EITHER.fullmatch(part) for argument in given for part in argument.slot.split(".")):
        return False
    first = given[0] if given else None
    if step in _COLUMN_FIRST and first is not None and first.slot == "0" and first.text is not None and len(given) >= _CHAINED:
        return names_secret(first.text) or _is_secret_itself(given[-1])
    return any(_names(argument, names_secret) or _is_secret_itself(argument) for argument in given if _is_callers(argument.sources))


def _conditions(call: Call, step: str) -> list[Argument]:
    """What says which row is meant: of a change only what is told apart from what the row is changed to (``where``, or a record before another)."""
    given = [argument for argument in call.arguments if not _SET.search(argument.slot)]
    if not _CHANGES.match(step):
        return given
    where = [argument for argument in call.arguments if "where" in argument.slot.split(".")]
    if where or not any(argument.slot.startswith("1") for argument in call.arguments):
        return where
    return [argument for argument in given if argument.slot.startswith("0.")]


def _names(argument: Argument, names_secret: Callable[[str], bool]) -> bool:
    """``{ token: given }``, ``token=given``, ``Invite.token == given``, or any column that is compared with one."""
    key = argument.slot.rpartition(".")[2]
    if not key.isdigit() and names_secret(key.removesuffix("__exact")):
        return True
    return any(
        each.origin is Origin.NAME and "." in each.text and names_secret(re.split(r"[#.]", each.text)[-1]) for each in argument.sources
    )


def _is_callers(sources: Iterable[Source]) -> bool:
    return any(each.origin is Origin.PARAMETER or (each.origin is Origin.PROPERTY and is_callers(each.text)) for each in sources)


def _is_secret_itself(argument: Argument) -> bool:
    """The value is the secret as the caller sent it, and nothing that was read out of it: ``req.body.token``, ``req.get("x-api-key")``."""
    taken = [each.text for each in argument.sources if each.origin is Origin.PROPERTY]
    called = [
        each for each in argument.sources if each.origin is Origin.CALL and not any(name.startswith(f"{each.text}.") for name in taken)
    ]
    if not called:
        roots = {name[1:].partition(".")[0] for name in taken}
        given = (each.text for each in argument.sources if each.origin is Origin.PARAMETER and each.text not in roots)
        return any(is_secret(name.rpartition(".")[2]) for name in (*taken, *given))
    is_header = len(called) == 1 and is_callers(called[0].text) and called[0].text.rpartition(".")[2] in _HEADER
    return is_header and any(each.origin is Origin.LITERAL and is_secret(each.text) for each in argument.sources)
