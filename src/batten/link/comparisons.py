"""Secrets that a request is compared with by an operator, which stops at the first letter that differs: how long it takes tells how much of a guess is right."""

import re
from collections.abc import Iterable, Iterator

from batten.facts.access import SecretComparison
from batten.facts.calls import Function, Guard, Subject, is_callers
from batten.facts.project import FileFacts
from batten.finding import Step
from batten.link.callgraph import Code
from batten.link.fail_opens import Standing, checks_of, on_way
from batten.link.guards import Guards
from batten.link.guards.exemptions import SETTINGS
from batten.regex import regex

_SECRET = regex(r"SECRET|API_?KEY|TOKEN|SIGNATURE|PASSWORD|PASSPHRASE|(?:^|_)KEY(?:$|_)", re.IGNORECASE)
# The number of a signed message: https://docs.python.org/3/library/hmac.html https://nodejs.org/api/crypto.html#class-hmac
_SIGNED = regex(r"^hmac#(?:new|HMAC)\b.*digest$|[#.](?:default\.)?createHmac\b.*digest$")
_TURNED_AWAY = frozenset((401, 403))
_ASKED_FOR = frozenset(("os#getenv", "os#environ.get"))
_OF_REQUEST = regex(r"[rR]equest|headers")


def secret_comparisons(standings: Iterable[Standing], code: Code, guards: Guards) -> tuple[SecretComparison, ...]:
    """Those on the ways of all routes, each function once."""
    found: dict[str, SecretComparison] = {}
    if not code.memo.said("compares secrets", code.files.values(), _compares):
        return ()
    for standing in standings:
        given = (standing.route, standing.before, standing.runs)
        for fact in code.memo.once(("secret comparisons", standing.route.key), _of, standing, code, guards, given=given):
            found.setdefault(fact.key, fact)
    return tuple(sorted(found.values(), key=lambda each: each.place))


def _compares(file: FileFacts) -> bool:
    return any(_compared(guard) is not None for function in file.functions for guard in function.guards)


def _of(standing: Standing, code: Code, guards: Guards) -> list[SecretComparison]:
    """Those on the way of one route, each function once."""
    found: dict[str, SecretComparison] = {}
    for path, _ in standing.runs:
        code.memo.look(path)
    for path, function in _functions(standing, code, guards):
        shown = next(((guard, what) for guard in function.guards if (what := _compared(guard)) is not None), None)
        if shown is not None:
            fact = _fact(standing, path, function, *shown)
            found.setdefault(fact.key, fact)
    return list(found.values())


def _functions(standing: Standing, code: Code, guards: Guards) -> Iterator[tuple[str, Function]]:
    yield from on_way(standing, code)
    yield from checks_of(standing, code, guards)


def _compared(guard: Guard) -> str | None:
    """What of the server's a test compares with a request by an operator, in words; None for all other tests."""
    signed = [name for name in guard.names if name.endswith("digest") and _SIGNED.search(name)]
    if not signed and guard.subject is not Subject.SECRET:
        return None  # as of nearly all tests
    others = [name for name in guard.names if name not in signed]
    sent = [name for name in others if is_callers(name) or _OF_REQUEST.search(name)]
    if signed and sent and len(sent) == len(others):
        return "the signature of a message"
    if guard.subject is not Subject.SECRET:
        return None
    kept = [name for name in others if name not in sent]
    secret = next((name.rpartition(".")[2] for name in kept if name.startswith(SETTINGS) and _SECRET.search(name.rpartition(".")[2])), None)
    if secret is not None:
        return f"`{secret}`"
    # What stands in a text with other words, or is asked for by a call, has no name here: who is turned away for it is asked for a secret.
    unnamed = any(_SECRET.search(name) for name in kept) or (guard.status in _TURNED_AWAY and _ASKED_FOR.issuperset(kept))
    return "a secret of the server's" if unnamed else None


def _fact(standing: Standing, path: str, function: Function, guard: Guard, what: str) -> SecretComparison:
    route = standing.route
    name = f"{path}|{function.name}"
    return SecretComparison(
        what=what,
        route=route.title,
        place=guard.place,
        package=route.package,
        path_class=route.path_class,
        key=f"{route.package}|secret-comparison|{name}",
        subject=f"secret-comparison|{name}",
        trail=(
            Step(guard.place, f"{what} is compared with what a request sends here, letter by letter"),
            Step(route.place, f"before {route.title}"),
        ),
    )
