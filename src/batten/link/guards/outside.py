"""What outside names mean as guards, by the vocabulary, and what they only sound like; knows no function of the app."""

import re
from collections.abc import Sequence
from functools import lru_cache

from batten.facts.calls import Argument, Call, Function, Origin
from batten.facts.vocabulary import RESULT_CHECKED, Meaning, Vocabulary
from batten.link.by_place import called_as
from batten.link.callgraph import Target
from batten.link.guards.protection import Protection
from batten.link.hosts import address_of
from batten.link.last_few import LastFew
from batten.regex import regex

_AUTH_WORDS = regex(
    r"auth|session|login|protect|verif|guard|permi|admin|jwt|clerk|ident|current_?user|get_?user|require|credential|signature|api_?key|access_?token|secur|owner|role",
    re.IGNORECASE,
)
# Who says what in a conversation with a model: ``messages[0].role``.
_ROLE_OF_TURN = regex(r"(?<=essages)(?:\.[\w[\]]+)*\.role$")
# What whoever calls has sent, whatever it is called there: ``params.userId`` names somebody, and says of nobody who calls.
_SENT = regex(r"params|searchParams|query|body|input|parsedInput|formData")
_DEMANDS_IDENTITY = regex(r"(?:require|assert|ensure|enforce)_?(?:auth|user|session|login|admin|role|perm)", re.IGNORECASE)
_ASKS_WHO = regex(r"/auth/v1/user(?![\w/])")
_SIGNED = regex(r"(?:\A|\.)authorization\Z", re.IGNORECASE)
_MEANINGS = {
    Meaning.IDENTITY: Protection.IDENTITY,
    Meaning.IDENTITY_RAISES: Protection.IDENTITY,
    Meaning.GUARD_WRAPPER: Protection.IDENTITY,
    Meaning.SIGNATURE: Protection.SIGNED,
    Meaning.SECRET_COMPARE: Protection.SECRET,
    Meaning.PRESENCE: Protection.PRESENCE,
    Meaning.UNVERIFIED_SESSION: Protection.SESSION,
}
_OF_ROWS = frozenset((Meaning.DATABASE_READ, Meaning.DATABASE_WRITE, Meaning.DATABASE_DELETE))
_OF_ACCOUNTS = frozenset((Meaning.ACCOUNT_CHANGE, *_OF_ROWS))


class Outside:
    """The meanings of outside names."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._calls = vocabulary.calls
        self._given: LastFew[Function, dict[str, Protection]] = LastFew(lambda _: {})

    def told(self, target: Target) -> Protection | None:
        """What the vocabulary says of one of the app's own functions (``src/auth.ts#requireUser``), or None."""
        for row in self._calls.lookup(f"{target.path}#{target.name}"):
            if row.means in _MEANINGS:
                return _MEANINGS[row.means]
            if row.means is Meaning.NOT_A_GUARD:
                return Protection.NONE
        return None

    def of(self, name: str, arguments: Sequence[Argument] | None = None) -> Protection:
        """What an outside name means, or the nearest name that it is a property of; a name that only sounds like a check can't be told."""
        step = name
        while True:
            rows = self._calls.lookup(step)
            for row in rows:
                applies = True if arguments is None else row.applies(arguments)
                if applies is not False:
                    found = _MEANINGS.get(row.means, Protection.NONE)
                    return found if applies else min(found, Protection.UNKNOWN)
            if rows:
                # It was told not to insist, or it was given something else to ask.
                return Protection.OPTIONAL if any("=" in (row.unless or row.when or "") for row in rows) else Protection.UNKNOWN
            head, _, tail = step.rpartition(".")
            if not head or not tail:
                break
            step = head
        return Protection.UNKNOWN if sounds_like_a_check(name.rpartition("/")[2]) else Protection.NONE

    def given(self, function: Function, name: str, outside: str) -> Protection:
        """What an outside name means, by all that it is called with in a function, where that matters."""
        known = self._given.of(function)
        if name not in known:
            calls = called_as(function, name) if self.depends_on_arguments(outside) else ()
            said = (self.of(outside, call.arguments) for call in calls)
            known[name] = Protection.IDENTITY if asks_who_calls(function, name) else min(said, default=self.of(outside))
        return known[name]

    def raised(self, name: str, call: Call) -> Protection:
        """What a caller has shown once a call of an outside function has returned: it raises, redirects or aborts otherwise."""
        for row in self._calls.lookup(name):
            if row.applies(call.arguments) is False:
                continue
            if row.means in (Meaning.IDENTITY_RAISES, Meaning.SIGNATURE) and row.when != RESULT_CHECKED:
                return _MEANINGS[row.means]
            if row.means in _MEANINGS or row.means is Meaning.NOT_A_GUARD:
                return Protection.NONE
        last = name.rpartition(".")[2]
        outside_package = "." in name and not name.startswith(("@.", "console.", "JSON.", "Object."))
        return Protection.UNKNOWN if outside_package and _DEMANDS_IDENTITY.match(last) else Protection.NONE

    def of_request(self, root: str, rest: str) -> Protection | None:
        """What a property of a parameter stands for, mostly whatever the parameter's name: ``user.id`` of ``req``; None where it means nothing known."""
        starts = (f"@{root}.",) if _SENT.fullmatch(root) else (f"@{root}.", "@.")
        while rest:
            for row in (row for start in starts for row in self._calls.lookup(f"{start}{rest}")):
                if row.means in _MEANINGS:
                    return _MEANINGS[row.means]
                if row.means in _OF_ACCOUNTS:
                    return None  # ``client.auth.admin.deleteUser``, of a client that is handed in, says of nobody who they are
            rest = rest.rpartition(".")[0]
        return None

    def asks_database(self, name: str) -> bool:
        """It reads or changes rows of a database."""
        return any(row.means in _OF_ROWS for row in self._calls.lookup(name))

    def depends_on_arguments(self, name: str) -> bool:
        """What the name means depends on what it is given."""
        return any(row.when or row.unless for row in self._calls.lookup(name))


def asks_who_calls(function: Function, name: str) -> bool:
    """The answer of a plain request to Supabase for whose token it is that was sent along: https://supabase.com/docs/reference/self-hosting-auth/returns-the-logged-in-user."""
    return any(name == asked or name.startswith(f"{asked}.") for asked in _ASKING.of(function))


def _asking(function: Function) -> tuple[str, ...]:
    return tuple(call.callee for call in function.calls if _ASKS_WHO.search(address_of(call)) and _with_token(call))


_ASKING = LastFew(_asking)


def _with_token(call: Call) -> bool:
    """It is signed by something that is no setting of the server's."""
    signed = [source for each in call.arguments if _SIGNED.search(each.slot) for source in each.sources]
    return any(source.origin not in (Origin.LITERAL, Origin.ENVIRONMENT) for source in signed)


@lru_cache(maxsize=65_536)
def sounds_like_a_check(name: str) -> bool:
    """The name says that it has to do with who calls."""
    return _AUTH_WORDS.search(_ROLE_OF_TURN.sub("", name)) is not None
