"""Tells what strangers are meant to add, such as what a form of contact sends, from what they could do with it."""

import re
from collections.abc import Sequence

from batten.facts.database import Argument
from batten.link.schema.private_names import RECEIVERS, words
from batten.parse.postgres.expressions import Constant, Reference, walk
from batten.parse.postgres.routine_body import Change
from batten.regex import regex

_INTAKE = regex(
    r"contact|feedback|lead|waitlist|wait_list|newsletter|subscriber|signup|sign_up|enquir|inquir|report|analytics|event|page_?view|telemetry|rsvp",
    re.IGNORECASE,
)


def takes_in(change: Change, arguments: Sequence[Argument]) -> bool:
    """Whether a change only adds what a public form or a page's statistics would, for those who keep them to read."""
    given = {argument.name for argument in arguments if argument.name}
    return (
        change.verb == "insert"
        and _INTAKE.search(change.table.name) is not None
        and not (_overwrites(change, given) or _is_addressed(change))
    )


def _overwrites(change: Change, given: set[str]) -> bool:
    """A row that is there takes what the caller says: ``on conflict (ip) do update set reason = why``."""
    return any(
        isinstance(each, Reference) and len(each.parts) == 1 and each.parts[0] in given for value in change.over for each in walk(value)
    )


def _is_addressed(change: Change) -> bool:
    """Somebody else gets to see it, whom the row names: ``recipient_id``."""
    return any(RECEIVERS.intersection(words(label)[:1]) and not isinstance(value, Constant) for label, value in change.values)
