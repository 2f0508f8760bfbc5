"""Whether a check lets only some accounts through: those on a list, the one that a setting names, those with a role. Knows no route."""

from collections.abc import Callable

from batten.facts.calls import Function
from batten.regex import regex

# By what an account is told from others; not who has made its token, or until when it holds.
_WHO = regex(r"(?i:(?:^|[._@])(?:sub|subject|_?id|uid|user_?id|account_?id|e-?mail|user_?name|login|handle|token_?identifier))$")
_ROLE = regex(r"(?i:[._](?:is_?)?(?:super_?)?(?:role|admin|administrator|staff|user_?type|moderator|permission)s?)$")
# What the app itself has written down, in its code or its settings.
_SETTLED = regex(
    r"#[A-Z][A-Z0-9_]*(?:\.(?:includes|has|indexOf|some|get))?$|process\.env\.|import\.meta\.env\.|os\.(?:environ|getenv)|#settings\."
)


def lets_few_through(function: Function, says_who: Callable[[str], bool]) -> bool:
    """The function leaves by raising unless the caller is one of a few. ``says_who``: a name in it stands for who calls."""
    for guard in function.guards:
        if guard.rejects != "raise" or guard.inverted:
            continue
        if any(_ROLE.search(name) for name in guard.names):
            return True
        if any(_SETTLED.match(name) for name in guard.names) and any(_WHO.search(name) and says_who(name) for name in guard.names):
            return True
    return False
