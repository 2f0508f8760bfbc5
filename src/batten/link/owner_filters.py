"""Requests for the rows of somebody whom the caller names: the filter says that they are somebody's; knows no model."""

import re

from batten.facts.calls import HOLE, Call, Function, Origin
from batten.link.by_place import chain_of
from batten.link.rows import query_text
from batten.regex import regex

# Whose rows are wanted; who has written them is for all to ask.
_OWNER_ID = regex(r"(?:user|owner|customer|patient|student|employee|account|client|member)(?:_id|_uid|Id|ID|Uid)|uid")
_BY_OWNER = regex(
    r"\bwhere\b[^;]*\b(?:user|owner|customer|patient|student|employee|account|client|member)_?id[\"`\]]?\s*=\s*(?:\?|\$\d|%s|[:@]\w|['\"]?"
    + re.escape(HOLE)
    + ")",
    re.IGNORECASE,
)
_CONDITIONS = ("filter", "where", "eq", "#where", "match")


def asks_for_owner(function: Function, call: Call) -> bool:
    """It asks for the rows of whom a caller names: ``filter_by(user_id=user_id)``, ``where("userId", "==", id)``, ``WHERE user_id = ?``."""
    text = query_text(call)
    if text is not None:
        return _BY_OWNER.search(text) is not None
    chained = chain_of(function, call)
    made = {source.text for other in chained for given in other.arguments for source in given.sources if source.origin is Origin.CALL}
    for other in (*chained, *(each for each in function.calls if each.callee in made)):
        first = other.arguments[0].text if other.arguments else None
        for argument in other.arguments:
            sent = any(source.origin in (Origin.PARAMETER, Origin.PROPERTY, Origin.REQUEST) for source in argument.sources)
            compared = other.callee.endswith(_CONDITIONS) and any(
                source.origin is Origin.NAME and _OWNER_ID.fullmatch(source.text.rpartition(".")[2]) for source in argument.sources
            )
            named = other.callee.endswith(_CONDITIONS) and first is not None and _OWNER_ID.fullmatch(first) is not None
            if sent and (compared or named or _OWNER_ID.fullmatch(argument.slot.rpartition(".")[2])):
                return True
    return False
