"""What handlers list: all accounts, or all rows of a kind that are somebody's own, where nothing is made of who calls; knows no right that is asked for."""

import re
from collections.abc import Iterator

from batten.facts.calls import Argument, Call, Function, Origin, simple_name
from batten.facts.routes import EffectKind, Route
from batten.link.addresses import named_in
from batten.link.by_place import chain_of
from batten.link.callgraph import Code
from batten.link.deeds import reveals_rows
from batten.link.effects import Effects, Reached
from batten.link.foreign_row import OF_MANY, PRIVATE, Ties
from batten.link.holdings import Holdings, is_shown, model_called
from batten.link.ownership import Ownership
from batten.link.rows import USERS, query_text, singular
from batten.link.touches import chained, model_at
from batten.regex import regex
from batten.text import Place

ACCOUNTS = USERS | frozenset(
    (
        "account",
        "profile",
        "member",
        "membership",
        "userprofile",
        "admin",
        "userrole",
        "teammember",
        "organizationmember",
        "authuser",
    )
)
"""Models whose rows are accounts, or are of one each."""
_LISTS = regex(r"\.(?:findMany|findAll|find|all|list|scan)$")
_PAGING = frozenset(("select", "include", "orderBy", "take", "skip", "limit", "offset", "order", "attributes", "omit"))
_PICKING = frozenset(("where", "filter", "filter_by", "eq", "match", "in_", "in", "exclude", "limit", "get", "first", "one"))
# What picks some of the rows, or counts them.
_NARROWS = frozenset(
    ("where", "filter", "filter_by", "eq", "match", "in_", "exclude", "get", "first", "one", "one_or_none", "scalar", "scalar_one", "find_one", "findOne", "count", "exists",
     "group_by", "join", "having", "aggregate", "paginate_by", "get_or_404", "first_or_404", "findFirst", "findUnique", "findById")
)  # fmt: skip
# Statements are made before they are run.
_RUNS = regex(r"[.#](?:execute|exec|scalars?|fetch(?:_all|_one|all|one)?|all)$")
_CONDITION = regex(r"\b(?:where|limit|join|having|group\s+by|count\s*\(|sum\s*\(|avg\s*\()", re.IGNORECASE)
# All that goes to who asks, or to a log.
_SHOWS = regex(r"(?:^|[.#@])(?:render\w*|jsonify|TemplateResponse|JSONResponse|log|info|debug|warning|error|print|flash|url_for|redirect)$")
_ACCOUNT = regex(r"(?:\w*user|account|profile|member)$")
_LEFT_IN = ("false", "none")
_CONDITIONS = regex(r"(?:^|\.)(?:where|filter|\$\w+)(?:\.|$)")


class ListedRows:
    """Finds such lists."""

    def __init__(self, code: Code, everything: Effects, ownership: Ownership, holdings: Holdings) -> None:
        self._code = code
        self._everything = everything
        self._ownership = ownership
        self._holdings = holdings

    def of(self, route: Route, path: str, function: Function, ties: Ties) -> Iterator[tuple[str, Reached]]:
        """What a handler lists, each model with the request for its rows."""
        if route.method not in ("GET", "ANY") or named_in(path, route.path) or any(mark in route.path for mark in ":{[<*"):
            return
        if self._knows_caller(path, function):
            return
        for effect in self._everything.of(path, function, handler=True, method=route.method):
            if effect.kind is not EffectKind.DATABASE_READ or effect.rows is None or effect.single or effect.of_owner:
                continue
            model = singular(model_called(effect.rows) if "#" in effect.rows else effect.rows)
            if reveals_rows(effect, route.path) and self._is_somebodys(route, effect, model, ties) and self._is_of_all(effect):
                yield model, effect

    def accounts(self, route: Route, path: str, function: Function) -> Iterator[Place]:
        """Where a handler reads all accounts."""
        if route.method not in ("GET", "ANY"):
            return
        for inner in (function, *self._code.inner(path, function.name)):
            for call in inner.calls:
                if (
                    _LISTS.search(call.callee)
                    and _is_about_all(model_at(self._code, path, inner, call), inner, call)
                    and self._everything.direct(path, call) is EffectKind.DATABASE_READ
                ):
                    yield Place(path, call.span)

    def _is_somebodys(self, route: Route, effect: Reached, model: str, ties: Ties) -> bool:
        """The app shows such rows to those whose they are, or a column says whose they are and their name that they are nobody else's business."""
        if model in OF_MANY or _ACCOUNT.fullmatch(model) or is_shown(model):
            return False
        if (route.package, model) in ties.asked:
            return True
        holding = self._holdings.of(route.package, effect.place.path, effect.rows or model)
        return PRIVATE.match(model) is not None and holding is not None and bool(holding.owners)

    def _is_of_all(self, effect: Reached) -> bool:
        """Nothing picks some of the rows where they are asked for."""
        for function in self._code.functions(effect.place.path).values():
            for call in function.calls:
                if call.span == effect.place.span and simple_name(call.callee) not in _NARROWS:
                    return _is_whole(function, call)
        return False

    def _knows_caller(self, path: str, function: Function) -> bool:
        """The handler makes something of who calls, but for finding their account, and showing it."""
        values = self._ownership.values
        for inner in (function, *self._code.inner(path, function.name)):
            if any(values.says_who(path, inner, name) for result in inner.results for name in result.names if len(result.names) > 1):
                return True
            for call in inner.calls:
                if not _SHOWS.search(call.callee) and any(values.is_own(path, inner, each, classes=False) for each in chained(inner, call)):
                    touched = self._ownership.touches.of(path, inner, call)
                    if not touched or not all(_ACCOUNT.fullmatch(touch.model) for touch in touched):
                        return True
            if values.compared(path, inner, inner.block):
                return True
        return False


def _is_whole(function: Function, call: Call) -> bool:
    text = query_text(call)
    if text is not None:
        return _CONDITION.search(text) is None
    steps = list(chain_of(function, call))
    if _RUNS.search(call.callee):
        # A statement, or a query that a variable holds: what it was made by.
        steps += [other for other in function.calls if other.span.start < call.span.start]
    last = (simple_name(other.callee) for other in steps)
    given = chained(function, call)
    parted = {each.slot.rpartition(".")[0] for each in given}
    return not any(step in _NARROWS for step in last) and not any(_is_condition(each, parted=each.slot in parted) for each in given)


def _is_condition(argument: Argument, *, parted: bool) -> bool:
    """It picks some of the rows; that they are not put away (``archived: false``) does not. ``parted``: its entries are looked at, too."""
    picks = not parted and argument.text not in _LEFT_IN and _CONDITIONS.search(argument.slot) is not None
    return picks or (
        argument.slot == "0" and any(source.origin in (Origin.PARAMETER, Origin.REQUEST, Origin.PROPERTY) for source in argument.sources)
    )


def _is_about_all(model: str | None, function: Function, call: Call) -> bool:
    """Accounts are read, and nothing says which."""
    if singular(model or "") not in ACCOUNTS:
        return False
    steps = (other.callee.rpartition(".")[2] for other in chain_of(function, call))
    slots = [each.slot.removeprefix("0.").partition(".")[0] for each in chained(function, call) if each.slot.startswith("0.")]
    return not any(step in _PICKING for step in steps) and all(slot in _PAGING for slot in slots)
