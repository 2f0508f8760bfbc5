"""Functions that are called where they are written, and the names they are handed there; knows nothing of other files."""

from typing import NamedTuple

from batten.code.model import Attribute, Await, Call, Expression, Lambda, Name
from batten.code.names import qualify
from batten.code.scopes import Scope

# https://api.jquery.com/ready/: what waits for the page is handed jQuery itself
_READY = frozenset(f"{name}{step}" for name in ("$", "jQuery", "jquery#", "jquery#default") for step in ("", ".ready"))
_WINDOW = ("window", "globalThis", "self")
_MOST_STEPS = 4


class OnTheSpot(NamedTuple):
    """A function, by its start, and what its parameters stand for."""

    start: int
    given: tuple[Expression, ...]


def called_on_the_spot(call: Call, scope: Scope) -> OnTheSpot | None:
    """The function of ``(function ($) { … })(jQuery)`` with ``jQuery``; that of ``jQuery(function ($) { … })``, too."""
    callee, given = call.callee, call.args
    if type(callee) is Attribute and callee.name == "call" and type(callee.value) is Lambda:
        callee, given = callee.value, given[1:]
    if type(callee) is Lambda:
        given = tuple(_of_window(each, scope) for each in given)
        return OnTheSpot(callee.function.span.start, given) if callee.function.parameters and given else None
    handler = given[0] if given else None
    if type(handler) is not Lambda or len(handler.function.parameters) != 1:
        return None
    root = _root(callee)
    return OnTheSpot(handler.function.span.start, (root,)) if root is not None and qualify(callee, scope) in _READY else None


def _of_window(given: Expression, scope: Scope) -> Expression:
    """``jQuery`` for ``window.jQuery``."""
    if type(given) is Attribute and type(given.value) is Name and given.value.id in _WINDOW and scope.find(given.value.id) is None:
        return Name(given.span, given.name)
    return given


def _root(node: Expression) -> Name | None:
    for _ in range(_MOST_STEPS):
        if type(node) is Attribute or type(node) is Await:
            node = node.value
        elif type(node) is Call:
            node = node.callee
    return node if type(node) is Name else None
