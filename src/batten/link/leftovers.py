"""Routes that were made to try something out, and still do it for whoever asks."""

import re

from batten.facts.calls import Call, Function
from batten.facts.routes import Route, RouteAuth
from batten.link.addresses import CAMEL
from batten.regex import regex

_NAMED = regex(
    r"""(?x)(?:^|/)(?:
        (?:test|debug|tmp|temp|sandbox)[-_][\w-]+ | debug | seed(?:er|s)?(?:[-_][\w-]+)? | (?:re-?seed|populate|wipe|clear|truncate|reset)[-_](?:\w+[-_])*(?:db|database|data|all|tables?|cache)
        | dump(?:[-_][\w-]+)? | (?:print)?env(?:ironment)? | phpinfo | __[\w-]+ | create[-_]test[-_]\w+
    )(?=/|$)""",
    re.IGNORECASE,
)
_CHANGES = frozenset(("POST", "PUT", "PATCH", "DELETE"))
_SENDS = regex(r"(?:^|[.#])(?:axios|requests|httpx|got|ky)(?:\.\w+)?[.#](?:post|put|patch|delete)$")
# All of it, as one value.
_ENVIRONMENTS = frozenset(("process.env", "os#environ", "Deno.env.toObject", "Bun.env"))


def is_leftover(route: Route, runs: tuple[tuple[str, Function], ...]) -> bool:
    """Its address says what it was for, and it changes something, asks another server to, or shows the environment; no page, and nothing that only says that it is there."""
    if route.auth is not RouteAuth.UNAUTHENTICATED or _NAMED.search(CAMEL.sub("-", route.path)) is None:
        return False
    return route.works or any(_acts(call) for _, function in runs[:1] for call in function.calls)


def _acts(call: Call) -> bool:
    method = next((argument.text or "" for argument in call.arguments if argument.slot in ("1.method", "method")), "")
    if (call.callee == "fetch" and method.upper() in _CHANGES) or _SENDS.search(call.callee):
        return True
    return any(source.text in _ENVIRONMENTS for argument in call.arguments for source in argument.sources)
