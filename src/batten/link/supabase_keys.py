"""With which key a Supabase client was made: one that obeys the policies, or one that passes them all."""

import re

from batten.facts.calls import Argument, Call, Function, Origin, Source, is_callers
from batten.link.callgraph import Code
from batten.link.supplied import callers_of, filling, parameter_of
from batten.regex import regex

_MAKERS = regex(
    r"(?:^|[.#])(?:createClient|createServerClient|createBrowserClient|create_client|acreate_client|createServerComponentClient"
    r"|createRouteHandlerClient|createServerActionClient|createMiddlewareClient|createClientComponentClient|createPagesServerClient|serverSupabaseClient)$"
)
_BY_COOKIE = regex(r"(?:ServerComponent|RouteHandler|ServerAction|Middleware|ClientComponent|PagesServer|Browser|serverSupabase)")
_PRIVILEGED = regex(r"SERVICE_?ROLE|SERVICE_KEY|SECRET|ADMIN|serviceRole|service_role|sb_secret", re.IGNORECASE)
_PUBLIC = regex(r"ANON|PUBLISHABLE|PUBLIC_KEY", re.IGNORECASE)
_MOST_HOPS = 4
_Verdicts = frozenset[bool | None]
_NONE: _Verdicts = frozenset()
_ANY: _Verdicts = frozenset((None,))


def is_maker(callee: str) -> bool:
    """A call of this name makes a Supabase client."""
    return _MAKERS.search(callee) is not None


def passes_policies(name: str) -> bool:
    """The name of a key that passes row level security."""
    return _PRIVILEGED.search(name) is not None


def is_public(name: str) -> bool:
    """The name of a key that everybody may have."""
    return _PUBLIC.search(name) is not None


def privileged_by_key(call: Call) -> bool | None:
    """Whether the key a client is made with passes row level security, by the names it comes from."""
    if _BY_COOKIE.search(call.callee):
        return False
    key = next((a for a in call.arguments if a.slot in ("1", "supabase_key", "supabaseKey", "0.supabaseKey")), None)
    if key is None:
        return None
    signed = _by_header(call)
    return _by_names(key) if signed is None else signed


def carries_caller(call: Call) -> bool:
    """A client of the server that is made with the cookies or the token of a request."""
    if _BY_COOKIE.search(call.callee):
        return not call.callee.endswith(("createBrowserClient", "createClientComponentClient"))
    by_cookies = call.callee.endswith("createServerClient") and any(each.slot.startswith("2.cookies") for each in call.arguments)
    return (by_cookies and privileged_by_key(call) is not True) or _by_header(call) is False


def _by_names(key: Argument) -> bool | None:
    names = [source.text for source in key.sources if source.origin is not Origin.CALL]
    if any(_PRIVILEGED.search(name) for name in names):
        return True
    if any(_PUBLIC.search(name) for name in names):
        return False
    return None


def _by_header(call: Call) -> bool | None:
    """Whose token the client sends in the place of its key, where it sends one: the caller's, which the policies see, or a key of the app's.

    https://supabase.com/docs/guides/functions/auth
    """
    for argument in call.arguments:
        if argument.slot.lower().endswith(".authorization"):
            if _by_names(argument):
                return True
            return False if any(_is_callers(source) for source in argument.sources) else None
    handed_on = (a for a in call.arguments if a.slot.endswith(".headers"))
    return False if any(source.origin is Origin.PARAMETER for a in handed_on for source in a.sources) else None


def _is_callers(source: Source) -> bool:
    return source.origin is Origin.PARAMETER or is_callers(source.text) or "header" in source.text.lower()


class SupabaseKeys:
    """Finds the call that made a client, across files."""

    def __init__(self, code: Code) -> None:
        self._code = code

    def privileged(self, path: str, function: Function, call: Call) -> bool | None:
        """Whether the client that ``call`` is made on passes row level security; None can't tell."""
        if call.made_by is not None:
            for other in (function, *self._code.functions(path).values()):
                for maker in other.calls:
                    if maker.span == call.made_by:
                        verdict = self._by_maker(path, maker, _MOST_HOPS)
                        if verdict is not None:
                            return verdict
        if call.receiver is None:
            return None
        if is_callers(call.receiver):
            handed, _, name = call.receiver[1:].partition(".")[0].rpartition(":")
            return self._by_hand(path, handed or function.name, name)
        return self._by_name(path, call.receiver, _MOST_HOPS)

    def _by_hand(self, path: str, maker: str, name: str) -> bool | None:
        """What all who call a function hand it under a name; None where they do not agree."""
        found = self._handed(path, maker, name)
        return next(iter(found)) if len(found) == 1 else None

    def _handed(self, path: str, maker: str, name: str) -> _Verdicts:
        found: _Verdicts = self._code.memo.settled(("handed clients", path, maker, name), _NONE, _ANY, self._of_callers, path, maker, name)
        return found

    def _of_callers(self, path: str, maker: str, name: str) -> _Verdicts:
        made = parameter_of(self._code, path, maker, name)
        if made is None:
            return _ANY
        given = (self._given(at, caller, filling(call, name, *made)) for at, caller, call in callers_of(self._code, path, maker))
        return _NONE.union(*given)

    def _given(self, path: str, caller: Function, argument: Argument | None) -> _Verdicts:
        """With which key a client was made that a function hands on."""
        if argument is None:
            return _ANY
        handed = [each.text for each in argument.sources[:1] if each.origin is Origin.PARAMETER]
        if handed:
            return self._handed(path, caller.name, handed[0])
        name = argument.name or ""
        used = {each.made_by for each in caller.calls if each.receiver == name and each.made_by is not None}
        makers = [each for each in caller.calls if each.span in used]
        names = {source.text for source in argument.sources if source.origin is Origin.CALL}
        told = {self._by_maker(path, each, _MOST_HOPS) for each in makers or [each for each in caller.calls if each.callee in names]}
        if len(told) > 1:
            return frozenset((_by_names(argument),))
        return frozenset(told) if told else frozenset((self._by_name(path, name, _MOST_HOPS) if name else None,))

    def _by_name(self, path: str, name: str, hops: int) -> bool | None:
        home = self._code.home(path, name)
        if home is None or hops == 0:
            return None
        path, local = home
        binding = self._code.bindings(path).get(local)
        if binding is None:
            return None
        makers = [self._by_maker(path, call, hops - 1) for call in binding.calls]
        known = [verdict for verdict in makers if verdict is not None]
        if known:
            return any(known)
        if binding.name is not None and binding.name != name:
            return self._by_name(path, binding.name, hops - 1)
        return None

    def _by_maker(self, path: str, maker: Call, hops: int) -> bool | None:
        if is_maker(maker.callee):
            own = privileged_by_key(maker)
            if own is not None:
                return own
        target = self._code.target(path, maker.callee)
        function = target.function
        if function is None or target.path is None:
            home = self._code.home(path, maker.callee)
            if home is None:
                return None
            function = self._code.functions(home[0]).get(home[1])
            if function is None:
                return None
            path = home[0]
        else:
            path = target.path
        if hops == 0:
            return None
        inner = [self._by_maker(path, call, hops - 1) for call in function.calls if is_maker(call.callee) or "upabase" in call.callee]
        known = [verdict for verdict in inner if verdict is not None]
        return any(known) if known else None
