"""Whether a check lets only some accounts through: those on a list, the one that a setting names, those with a role. Knows no route."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator

from batten.facts.calls import Argument, Function, Guard, is_callers
from batten.link.callgraph import Code, Target
from batten.regex import regex

# Helpers that hand on what helpers hand on.
_MOST_STEPS = 3
# By what an account is told from others; not who has made its token, or until when it holds.
_WHO = regex(
    r"(?i:(?:^|[._@])(?:sub|subject|_?id|uid|user_?id|account_?id|e-?mail|user_?name|login|handle|token_?identifier|company|tenant(?:_?id)?|org(?:ani[sz]ation)?(?:_?id)?|domain|department))$"
)
ROLE = regex(
    r"(?i:[._](?:is_?)?(?:super_?)?(?:role|admin|administrator|staff|user_?type|moderator|permission)s?(?-i:Or[A-Z]\w*|_or_\w+)?)$"
)
FEW = regex(r"(?i:[._]is_?(?:(?:super_?)?admin(?:istrator)?|staff|super_?user|root|moderator))(?:Or[A-Z]\w*|_or_\w+)?$")
"""A property of an account that says yes of few of them: ``isAdmin``, ``is_staff``, ``isAdminOrUp``."""
# To which of several groups somebody belongs, and checks that look at that.
_GROUP = regex(r"(?i:[._](?:company|tenant(?:_?id)?|org(?:ani[sz]ation)?(?:_?id)?|domain|department))$")
_INSISTS = regex(r"(?:^|\.)(?:require|ensure|assert|check|verify)[A-Z_]\w*$")
REFUSES = regex(
    r"\.(?:raise|assert|ensure|require|enforce)_?(?:if_|unless_|not_|is_|can_)*\w*(?:able|visible|own(?:er|ed|s)?|access|permi\w*|allowed|authori\w*|rights?)(?:_(?:by|to|for)\w*)?$",
    re.IGNORECASE,
)
"""A method of a row that says by its name that it leaves where somebody may not: ``note.raise_not_editable(user)``."""
# What the app itself has written down, in its code or its settings.
_SETTLED = regex(
    r"[^#]*#[A-Z][A-Z0-9_]*(?:\.(?:includes|has|indexOf|some|get))?$|process\.env\.|import\.meta\.env\.|os\.(?:environ|getenv)|#settings\."
)
# What is asked of the caller before the handler, beyond who they are; and routes that are the server's own, or about the caller.
RIGHTS = regex(
    r"admin|role|permission|staff|owner|owns|belongs|member|ability|polic|authoriz|authoris|scope|access|allow|can(?:[A-Z_]|$)|super|manager|tenant|param|load|fetch|find|valid_|passes_test",
    re.IGNORECASE,
)
_CHECKED = regex(r"#?(?:require|ensure|check|verify|assert)\w*(?:auth|login|user|token|session|jwt|identity)\w*$", re.IGNORECASE)
# What is sent is looked at for its form: ``idParamValidation``.
_SHAPE = regex(r"validat|sanitiz|schema", re.IGNORECASE)
_SENT = frozenset(("param", "load", "find", "fetch"))
_OF_EVERYBODY = regex(
    r"(?:role[_-]?)?(?:user|customer|client|buyer|shopper|student|learner|patient|passenger|rider|applicant|candidate|job[_-]?seeker|subscriber|traveler|donor|employee)s?",
    re.IGNORECASE,
)

# What says that somebody may do more than others, in the name of a check, of a property that is tested, or of a table that is asked.
_WORDS = regex(
    r"admin|roles?(?![a-z])|permi(?:t|ss)|staff|super_?-?user|moderator|(?<![a-z])mod(?![a-z])|privileg|entitle|(?<!micro)scopes?(?![a-z])|rbac|(?<![a-z])acl|abilit|rights?(?![a-z])"
    r"|(?<![a-z])groups?(?![a-z])|tenant|member|organi[sz]ation|(?<![a-z])org(?![a-z])|owner|owns|manager|polic|restrict|allow|white_?list|clearance|(?<![a-z])tier|(?<![a-z])plan(?![a-z])|(?<![a-z])level"
    r"|(?-i:(?<![a-zA-Z])can(?=[A-Z_]))|access_?(?:level|control|right)|passes_test|user_?type|account_?type|is_?root",
    re.IGNORECASE,
)
# Clients of other services that are called after their key, and the roles of a conversation.
OF_CLIENTS = regex(
    r"firebase[-_]?admin|supabase_?admin|admin_?(?:client|supabase|auth|db|sdk|database|app)|(?:create|get|make)_?(?:supabase_?)?admin_?(?:client)?|service_?role|auth\.admin|authorization"
    r"|(?:cross_?)?origins?|allow_?(?:methods?|headers?|origins?|credentials)",
    re.IGNORECASE,
)
"""Names that are those of clients, and of no right."""


def speaks_of_rights(text: str) -> bool:
    """A name or a constant has a word in it that is about what somebody may do."""
    return _WORDS.search(OF_CLIENTS.sub("", text)) is not None


def speak(arguments: Iterable[Argument]) -> bool:
    """So does something that a call is handed, or what it is handed under."""
    return any(
        speaks_of_rights(text) for each in arguments for text in (each.slot, each.text or "", *(source.text for source in each.sources))
    )


def asks_for_one(function: Function, says_who: Callable[[str], bool], *, ways: Collection[str] = ("raise",)) -> bool:
    """The function leaves by raising unless the caller is one that the app has written down. ``says_who``: a name in it stands for who calls; ``ways``: it may leave otherwise, too."""
    return any(
        any(_SETTLED.match(name) for name in names) and any(_WHO.search(name) and says_who(name) for name in names)
        for names in _asked(function, ways)
    )


def lets_few_through(function: Function, says_who: Callable[[str], bool], *, tested: bool = False) -> bool:
    """It leaves so; or unless the caller, or what it has looked up, has a role: one that was handed to it as it was sent is no word on anybody. ``tested``: whoever asks looks whether it gives anything."""
    ways = ("raise", "return") if tested else ("raise",)
    if (
        tested
        and _INSISTS.search(function.name)
        and any(_GROUP.search(name) and says_who(name) for guard in function.guards for name in guard.names)
    ):
        return True  # ``if (company && company !== OURS) return null``
    return asks_for_one(function, says_who, ways=ways) or any(
        ROLE.search(name) and (says_who(name) or name.count(".") > 1) for names in _asked(function, ways) for name in names
    )


def handed_on(code: Code, target: Target) -> Iterator[tuple[str, str, Function]]:
    """A helper, and where it gives what one other function of the app's gives, and nothing else, that other: ``try { return await requireStaff() } catch { return null }``."""
    for _ in range(_MOST_STEPS):
        function, path = target.function, target.path
        if function is None or path is None or target.rest:
            return
        yield path, target.name, function
        given = {name for result in function.results if not result.empty for name in result.names}
        only = next(iter(given)) if len(given) == 1 else ""
        if "#" not in only:
            return
        target = code.target(path, only)


def asks_for_right(function: Function, guard: Guard, says_who: Callable[[str], bool]) -> bool:
    """It is tested what the session, or the token, of the caller has under the name of a role: ``session.get("role") != "admin"``."""
    within = guard.place.span
    return any(
        call.callee in guard.names
        and within.start <= call.span.start
        and call.span.end <= within.end
        and any(each.slot == "0" and each.text is not None and ROLE.search(f".{each.text}") for each in call.arguments)
        and says_who(call.callee)
        for call in function.calls
        if call.callee.endswith(".get")
    )


def _asked(function: Function, ways: Collection[str]) -> list[tuple[str, ...]]:
    return [guard.names for guard in function.guards if guard.rejects in ways and not guard.inverted]


def is_right(name: str) -> bool:
    """It may ask for more than who calls."""
    last = name.rpartition("#")[2]
    if _SHAPE.search(last) is not None and {found.lower() for found in RIGHTS.findall(last)} <= _SENT:
        return False
    return RIGHTS.search(last) is not None and not _CHECKED.search(last)


def is_of_everybody(role: str) -> bool:
    """A role by its name is that of those for whom the app is: each has rows of their own, and to be one says nothing of whose a row is."""
    return _OF_EVERYBODY.fullmatch(role) is not None


def answered(function: Function) -> Iterator[str]:
    """What a check answers, apart from what it is handed; a guard of NestJS answers a yes or no, which may be about that as well."""
    everything = function.name.endswith(".canActivate")
    return (name for result in function.results for name in result.names if everything or not is_callers(name))
