"""What a request to a database writes into rows, where that is harmless by itself: visits, likes, the message of a visitor; knows no other function."""

import re
from collections.abc import Iterable

from batten.facts.calls import Argument, Call, Function, Origin
from batten.link.rows import query_text
from batten.regex import regex

_VISITS = regex(
    r"(?:total_?|num_?|page_?|site_?)?(?:views?|reads?|downloads?|clicks?|visits?|hits?|opens?|plays?|impressions?)(?:_?(?:counts?|total))?"
    r"|last_?(?:viewed|opened|clicked|visited|downloaded)(?:_?at|_?on)?",
    re.IGNORECASE,
)
# Functions of the database that only count, by their names: visits, and requests of one caller.
_COUNTING = regex(
    r"(?:increment|inc|bump|log|track|record|count|register)_(?:\w+_)?(?:views?|reads?|downloads?|clicks?|visits?|hits?|opens?|plays?|impressions?)(?:_count)?"
    r"|(?:check|enforce|consume)_(?:\w+_)?rate_?limit",
    re.IGNORECASE,
)
_COUNTED = regex(r"^\s*update\s+\S+\s+set\s+(\w+)\s*=\s*(?:\w+\.|coalesce\()?\1\b[^,]{0,20}\+\s*1\s+where\b", re.IGNORECASE)
_AROUND_DATA = frozenset({"data", "$inc", "$set", "increment", "set"})
# What a visitor leaves in a form, one column of each kind; what the app itself decides, and what is about somebody else.
_OF_MESSAGES = (
    regex(r"(?:\w+_)?names?"),
    regex(r"(?:\w+_)?(?:e_?mail|phone)(?:_\w+)?"),
    regex(r"(?:\w+_)?(?:messages?|msg|subject|comments?|inquiry|enquiry|question|project_details)"),
)
_OF_THE_APPS = regex(r"_id$|password|role|amount|price|balance|token|_by$")
_ADDED = regex(
    r"\s*insert\s+(?:or\s+\w+\s+)?into\s+(?:[\"`\[]?\w+[\"`\]]?\.)?[\"`\[]?(?P<table>\w+)[\"`\]]?\s*(?:\((?P<columns>[^()]*)\))?(?P<rest>[^()]{0,40})",
    re.IGNORECASE,
)
_DEFAULTS = regex(r"\s*default\s+values\b", re.IGNORECASE)
_ADDS = regex(r"(?:^|[.#])(?:insert|insert_?one|create|add|save)$", re.IGNORECASE)
_CAMEL = regex(r"(?<=[a-z0-9])(?=[A-Z])")
_OF_VISITS = regex(
    r"(?:page_?)?(?:ip(?:_?(?:address|hash))?|user_?agent|agent|path(?:name)?|page|url|slug|referr?er|country|city|region|device|browser|os|language|"
    r"session_?id|visitor_?id|(?:visited|viewed|created|clicked)_?(?:at|on)|timestamp|date|count)",
    re.IGNORECASE,
)
_CHANGES = regex(r"\s*(?!select\b|show\b|pragma\b|explain\b)\w", re.IGNORECASE)
_IN_RECORD = regex(r"(?:^|\.)(?:data|\$inc|\$set)\.")
# Everybody may like what everybody sees.
_LIKED = regex(
    r"(?:^|[._])(?:up|down)?(?:likes?|votes?|claps?|views?|shares?|downloads?|plays?)_?(?:counts?|total)?(?:\.\w+)?$", re.IGNORECASE
)


def is_of_visit(function: Function, call: Call) -> bool:
    """All that a request writes is that something was looked at; a ``commit`` keeps what the statements before it write."""
    if not call.callee.endswith(".commit"):
        return counts_visits(call) or notes_visit(call)
    changes = [each for each in function.calls if _CHANGES.match(query_text(each) or "")]
    return bool(changes) and all(counts_visits(each) or notes_visit(each) for each in changes)


def sets_visits(fields: Iterable[str]) -> bool:
    """All that is set of rows is how often, or when, they were looked at."""
    return all(_VISITS.fullmatch(field) for field in fields)


def counts_visits(call: Call) -> bool:
    """All that it writes is how often, or when, something was looked at: anybody's visit is meant to do that."""
    for argument in call.arguments[:1]:
        if (text := argument.text or argument.sql) is not None:
            if call.callee.endswith(".rpc"):
                return _COUNTING.fullmatch(text) is not None
            counted = _COUNTED.match(text)
            return counted is not None and _VISITS.fullmatch(counted[1]) is not None
    slots = [argument.slot.split(".")[1:] for argument in call.arguments]
    written = [slot for slot in slots if not {"where", "_id", "id"} & {*slot}]
    names = {name for slot in written for name in [step for step in slot if step not in _AROUND_DATA][:1]}
    return bool(names) and all(_VISITS.fullmatch(name) for name in names)


def is_message(call: Call) -> bool:
    """The row that it adds is a message of somebody who says how to reach them, and is about nothing that is there: the form of a page for strangers."""
    columns = _columns_added(call)
    return all(any(kind.fullmatch(column) for column in columns) for kind in _OF_MESSAGES) and not any(
        _OF_THE_APPS.search(column) for column in columns
    )


def notes_visit(call: Call) -> bool:
    """The row that it adds is that somebody was there, and says nothing but which page that was, and how they came."""
    text = query_text(call)
    added = _ADDED.match(text) if text is not None else None
    return (
        added is not None
        and _VISITS.fullmatch(added["table"]) is not None
        and (added["columns"] is not None or _DEFAULTS.match(added["rest"]) is not None)
        and all(_OF_VISITS.fullmatch(column) for column in _columns_added(call))
    )


def _columns_added(call: Call) -> tuple[str, ...]:
    """The columns of the row that a request adds, in lower case with underscores; empty where they can't be told."""
    text = query_text(call)
    if text is not None:
        added = _ADDED.match(text)
        return (
            tuple(name.strip(' "`[]\n\t').lower() for name in (added["columns"] or "").split(",") if name.strip())
            if added is not None
            else ()
        )
    if not _ADDS.search(call.callee):
        return ()
    slots = [argument.slot.split(".")[-1] for argument in call.arguments]
    # Where the entries of a record are not told, what it takes of the request is.
    sent = [
        source.text.rpartition(".")[2] for argument in call.arguments for source in argument.sources if source.origin is Origin.PROPERTY
    ]
    named = [slot for slot in slots if not slot.isdigit() and slot not in _AROUND_DATA] or sent
    return tuple(_CAMEL.sub("_", name).lower() for name in named)


def counts_likes(arguments: Iterable[Argument]) -> bool:
    """All that is written of the row is how many like it, or have seen it."""
    written = [argument.slot for argument in arguments if _IN_RECORD.search(argument.slot)]
    leaves = [slot for slot in written if not any(other.startswith(f"{slot}.") for other in written)]
    return bool(leaves) and all(_LIKED.search(slot) for slot in leaves)
