"""Whether a check lets only some accounts through: those on a list, the one that a setting names, those with a role. Knows no route."""

import re
from collections.abc import Callable

from batten.facts.calls import Function
from batten.regex import regex

# By what an account is told from others; not who has made its token, or until when it holds.
_WHO = regex(r"(?i:(?:^|[._@])(?:sub|subject|_?id|uid|user_?id|account_?id|e-?mail|user_?name|login|handle|token_?identifier))$")
ROLE = regex(r"(?i:[._](?:is_?)?(?:super_?)?(?:role|admin|administrator|staff|user_?type|moderator|permission)s?)$")
# What the app itself has written down, in its code or its settings.
_SETTLED = regex(
    r"#[A-Z][A-Z0-9_]*(?:\.(?:includes|has|indexOf|some|get))?$|process\.env\.|import\.meta\.env\.|os\.(?:environ|getenv)|#settings\."
)
# What is asked of the caller before the handler, beyond who they are; and routes that are the server's own, or about the caller.
RIGHTS = regex(
    r"admin|role|permission|staff|owner|owns|belongs|member|ability|polic|authoriz|authoris|scope|access|allow|can(?:[A-Z_]|$)|super|manager|tenant|param|load|fetch|find|valid_|passes_test",
    re.IGNORECASE,
)
_CHECKED = regex(r"#?(?:require|ensure|check|verify|assert)\w*(?:auth|login|user|token|session|jwt|identity)\w*$", re.IGNORECASE)


def asks_for_one(function: Function, says_who: Callable[[str], bool]) -> bool:
    """The function leaves by raising unless the caller is one that the app has written down. ``says_who``: a name in it stands for who calls."""
    return any(
        any(_SETTLED.match(name) for name in names) and any(_WHO.search(name) and says_who(name) for name in names)
        for names in _asked(function)
    )


def lets_few_through(function: Function, says_who: Callable[[str], bool]) -> bool:
    """It leaves so; or unless the caller, or what it has looked up, has a role: one that was handed to it as it was sent is no word on anybody."""
    return asks_for_one(function, says_who) or any(
        ROLE.search(name) and (says_who(name) or name.count(".") > 1) for names in _asked(function) for name in names
    )


def _asked(function: Function) -> list[tuple[str, ...]]:
    return [guard.names for guard in function.guards if guard.rejects == "raise" and not guard.inverted]


def is_right(name: str) -> bool:
    """It may ask for more than who calls."""
    last = name.rpartition("#")[2]
    return RIGHTS.search(last) is not None and not _CHECKED.search(last)
