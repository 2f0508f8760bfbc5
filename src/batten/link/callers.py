"""Who can call a handler, in the words of rules about what callers send, and which guards of a route are none."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Protocol, TypeVar

from batten.facts.calls import Function
from batten.facts.routes import Route, RouteAuth
from batten.link.addresses import makes_accounts
from batten.link.guards import Protection
from batten.link.memo import Memo
from batten.regex import regex

WEAK = (Protection.PRESENCE, Protection.OPTIONAL)
_SAYS_SO = regex(r"optional|maybe|anonymous|guest|or_?none|if_?any|try|attach|load|populate|public|rate|limit|log", re.IGNORECASE)


def weak_guard(strengths: Sequence[tuple[Protection, str]]) -> str | None:
    """The innermost guard that lets everybody through who sends something, where it is not called so."""
    names = [name for strength, name in strengths if strength in WEAK]
    return None if not names or any(_SAYS_SO.search(name) for name in names) else f"`{names[-1]}`" if "@" not in names[-1] else "a hook"


_FOR_SOME = regex(
    r"admin|role|permi|authori[sz]e|staff|super|owner|manager|moderator|(?<![a-z])can(?![a-z])|abilit|polic|restrict", re.IGNORECASE
)
_SENT = regex(r"@\w+\.(?:req\.)?(?:body|query|params|json)(?:\.|$)")
_SENT_TO_FLASK = regex(r"#request\.(?:json|get_json|form|args|values|data|get_data)(?:\.|$)")
# What leaves by itself where a caller has no right.
_ASKS = regex(r"(?:^|[#.])(?:require|ensure|check|assert|verify|must|throw_?unless|enforce)_?\w*$", re.IGNORECASE)
_OPEN = (RouteAuth.UNAUTHENTICATED, RouteAuth.PRESENCE, RouteAuth.OPTIONAL)


def _is_sent(function: Function, name: str) -> bool:
    """A part of what was sent, by the request or by a body of the handler's that has a class of its own: ``sent.is_admin``."""
    if _SENT.match(name) is not None or _SENT_TO_FLASK.search(name) is not None:
        return True
    root, _, rest = name.removeprefix("@").partition(".")
    given = next((each for each in function.parameters if each.name == root), None) if rest and name.startswith("@") else None
    return given is not None and not given.calls and any(wrapper.receiver is not None for wrapper in function.wrappers)


class Standing(Protocol):
    """As in ``routes``."""

    # ruff: noqa: D102 - each is what its name says

    @property
    def route(self) -> Route: ...
    @property
    def runs(self) -> tuple[tuple[str, Function], ...]: ...
    @property
    def outer(self) -> Protection: ...
    @property
    def chain(self) -> Protection: ...


_S = TypeVar("_S", bound=Standing)


def is_sign_up(standing: Standing) -> bool:
    """It makes accounts by its address, and nothing stands before it: there may be no verdict on it, as what its form does is not followed."""
    route = standing.route
    if not makes_accounts(route.path, route.method):
        return False
    if route.auth is RouteAuth.UNAUTHENTICATED:
        return True
    tested = (name for _, function in standing.runs for guard in function.guards for name in guard.names)
    return route.auth is None and standing.outer is standing.chain is Protection.NONE and not any(map(_is_for_some, tested))


@lru_cache(10_000)
def _is_for_some(name: str) -> bool:
    return _FOR_SOME.search(name) is not None


def _tests_for_some(memo: Memo, path: str, function: Function) -> bool:
    """What a function tests, or asks something of, is called so."""
    memo.look(path)
    # What was sent is checked for being one of those that there are: that is no check of a right.
    tested = {name for guard in function.guards for name in guard.names if not _is_sent(function, name)}
    keys = [
        each.text or "" for call in function.calls if call.callee in tested and call.callee.endswith(".get") for each in call.arguments[:1]
    ]
    return any(map(_is_for_some, (*tested, *keys))) or any(
        _is_for_some(call.callee) for call in function.calls if _ASKS.search(call.callee)
    )


def callers(
    standings: Iterable[_S], may_be_asked: Callable[[_S], bool], is_marked: Callable[[_S], bool], memo: Memo
) -> Callable[[str, str], str | None]:
    """Who may call a handler, by its file and name: ``anyone``, an ``account``, one with a role (``privileged``); None can't tell.

    ``may_be_asked``: something before it or in it asks for more than an account, or can't be read; what is only called so asks for none. ``is_marked``: decorators say that it is for some.
    """
    found: dict[tuple[str, str], str | None] = {}

    def is_for_some(standing: _S, path: str, function: Function) -> bool:
        tests = memo.once(("tests for some", path, function.name), _tests_for_some, memo, path, function)
        named = is_marked(standing) or tests or any(map(_is_for_some, standing.route.guards))
        return standing.route.admin or (named and may_be_asked(standing))

    for standing in standings:
        auth = standing.route.auth
        for path, function in standing.runs:
            who = (
                "anyone"
                if auth in _OPEN or is_sign_up(standing)
                else None
                if auth is None
                else "privileged"
                if is_for_some(standing, path, function)
                else "account"
            )
            known = found.setdefault((path, function.name), who)
            if known != who:
                found[path, function.name] = "anyone" if "anyone" in (known, who) else None
    return lambda path, function: found.get((path, function))
