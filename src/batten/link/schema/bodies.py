"""The source of functions as plain text to search in: lower case, without comments, on one line."""

from batten.link.schema.state import Routine
from batten.parse.postgres.split import without_comments

LONGEST = 50_000


def searchable(routine: Routine) -> str | None:
    """The body of a function; None where there is none, or it is longer than what is searched."""
    body = routine.made.body
    if not body or len(body) > LONGEST:
        return None
    return " ".join(without_comments(body.encode()).decode("utf-8", "replace").lower().split())
