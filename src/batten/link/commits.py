"""What the commit of a session writes in Python: rows whose fields are set before it, by their models."""

from collections.abc import Callable

from batten.facts.calls import Call, Function
from batten.link.callgraph import Code
from batten.link.model_given import rows_named
from batten.link.row_changes import set_before
from batten.link.row_writes import sets_visits
from batten.link.rows import model_named


def models_kept(
    code: Code, path: str, function: Function, call: Call, asks_rows: Callable[[str, Function, Call], bool]
) -> tuple[tuple[str | None, str | None], ...] | None:
    """The models of the rows, as they are called and by their qualified names; None where that can't be told, or the call is no commit.

    Empty where all that is set is how often something was looked at: what a session is told of besides is told where that is done.
    """
    told = set_before(function, call) if path.endswith(".py") and call.callee.endswith(".commit") else None
    rows = [(read, fields) for read, fields in told or () if asks_rows(path, function, read)]
    if not rows:
        return None
    if sets_visits(field for _, fields in rows for field in fields):
        return ()
    models = {(rows_named(code, path, function, read, held=True), model_named(function, read)): None for read, _ in rows}
    known = tuple((detail, named) for detail, named in models if detail or named)
    return known or None
