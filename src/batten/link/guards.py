"""Who is let through: what protects a point of a function, and what a dependency, decorator or middleware demands."""

import re
from collections.abc import Iterable, Sequence
from enum import IntEnum, StrEnum
from typing import NamedTuple, Protocol, cast

from batten.facts.calls import Argument, Call, Function, Guard, Result, Subject, is_callers
from batten.facts.vocabulary import RESULT_CHECKED, Meaning, Vocabulary
from batten.link.callgraph import Code, Target
from batten.text import Span

_AUTH_WORDS = re.compile(
    r"auth|session|login|protect|verif|guard|permi|admin|jwt|clerk|ident|current_?user|get_?user|require|credential|signature|api_?key|access_?token|secur|owner|role",
    re.IGNORECASE,
)
_DEMANDS = re.compile(
    r"require|assert|ensure|enforce|protect|check|verif|authenticate|authorize|validate_?(?:session|token|user|auth|jwt)|must",
    re.IGNORECASE,
)
_DEMANDS_IDENTITY = re.compile(r"(?:require|assert|ensure|enforce)_?(?:auth|user|session|login|admin|role|perm)", re.IGNORECASE)
_IDENTITY_PARAMETER = re.compile(r"^(?:current_?)?(?:user|session|identity|principal|claims|account|viewer|actor)$", re.IGNORECASE)
_SETTINGS = ("process.env.", "import.meta.env.", "Deno.env.", "Bun.env.", "os#environ", "os#getenv")
_ADDRESS = re.compile(
    r"\.(?:path|pathname|url|originalUrl|baseUrl|nextUrl|routerPath|routeOptions|routeConfig|endpoint|blueprint|method)(?:\.|$)|public_?(?:path|route)|exempt|whitelist|allow_?list",
    re.IGNORECASE,
)
# Which machine it is: a route that is not found on one kind of them is not for strangers on the others, perhaps.
_STAGE = re.compile(r"(?:process\.env\.|import\.meta\.env\.|Deno\.env\.|os#environ\.)(?:\w+_)?(?:ENV|ENVIRONMENT|STAGE|DEBUG|DEV)$")
_SERVER_SESSION = re.compile(r"@(?:\w+\.\[\]|\w*request)\.session")
_NOT_FOUND = 404
_REFUSALS = 400
_ANSWERS = re.compile(r"@\w+\.(?:(?:status|code)\.)?(?:json|jsonp|send|render|end|download|sendFile|redirect|write)$")
_CLASS_CALLS = ("__call__", "dispatch", "canActivate", "use")


class Protection(IntEnum):
    """What a caller has shown to get here, weakest first."""

    NONE = 0
    PRESENCE = 1
    SESSION = 2
    OPTIONAL = 3
    UNKNOWN = 4
    DATABASE = 5
    SECRET = 6
    SIGNED = 7
    IDENTITY = 8


class _Fence(NamedTuple):
    """A range that only runs where a test has passed; ``checks`` are the calls whose outcome the test looks at.

    ``call``: it is one that leaves by itself. ``leaves``: where the test fails, the function ends.
    """

    reach: Span
    strength: Protection
    checks: frozenset[str]
    call: bool = False
    leaves: bool = True


_MEANINGS = {
    Meaning.IDENTITY: Protection.IDENTITY,
    Meaning.IDENTITY_RAISES: Protection.IDENTITY,
    Meaning.GUARD_WRAPPER: Protection.IDENTITY,
    Meaning.SIGNATURE: Protection.SIGNED,
    Meaning.SECRET_COMPARE: Protection.SECRET,
    Meaning.PRESENCE: Protection.PRESENCE,
    Meaning.UNVERIFIED_SESSION: Protection.SESSION,
}


class Guards:
    """The verdicts on functions, each computed once."""

    def __init__(self, code: Code, vocabulary: Vocabulary) -> None:
        self._code = code
        self._calls = vocabulary.calls
        self._memo = code.memo

    def at(self, path: str, function: Function, position: int, handler: bool = False) -> Protection:
        """What protects one position of a function: the strongest test or demand whose range contains it.

        ``handler``: the parameters come from a stranger, so a parameter named ``user`` proves nothing.
        """
        return _strongest(self._fences(path, function, handler), position)

    def asked(self, path: str, handler: Function) -> Protection:
        """The most that a handler asks of a stranger before it goes on, on any way."""
        return max((fence.strength for fence in self._fences(path, handler, handler=True) if fence.leaves), default=Protection.NONE)

    def answered(self, path: str, handler: Function) -> Protection:
        """What a caller has shown wherever a handler answers with more than a refusal: what it has read before goes no further without."""
        ends = [(handler, r.span.start) for r in handler.results if not r.empty and (r.status is None or r.status < _REFUSALS)]
        for inner in (handler, *self._code.inner(path, handler.name)):
            refusals = {call.span.start for call in inner.calls if call.callee.endswith((".status", ".code")) and _is_refusal(call)}
            ends += [(inner, call.span.start) for call in inner.calls if call.span.start not in refusals and _ANSWERS.match(call.callee)]
        return min((_strongest(self._fences(path, inner, handler=inner is handler), at) for inner, at in ends), default=Protection.NONE)

    def _at_end(self, path: str, function: Function, result: Result) -> Protection:
        """What protects a return: a test stands before it, a call that leaves by itself may stand in it."""
        span, fences = result.span, self._fences(path, function, handler=False)
        inside = (f.strength for f in fences if f.call and span.start <= f.reach.start <= span.end)
        return max(_strongest(fences, span.start), max(inside, default=Protection.NONE))

    def strongest(self, path: str, function: Function) -> Protection:
        """The strongest protection anywhere in a handler."""
        return max((fence.strength for fence in self._fences(path, function, handler=True)), default=Protection.NONE)

    def finds_out(self, path: str, function: Function) -> Protection:
        """The most that a function may find out about its caller, whatever it does with that."""
        return max((self._of_name(path, function, call.callee, handler=True) for call in function.calls), default=Protection.NONE)

    def is_check(self, path: str, function: Function, call: Call) -> bool:
        """The call finds out who calls: it leaves where nobody does, or its result is tested for that.

        What such a function writes (the time of the last login) is no effect that a stranger is after.
        """
        return any(call.callee in fence.checks for fence in self._fences(path, function, handler=False))

    def _fences(self, path: str, function: Function, handler: bool) -> tuple["_Fence", ...]:
        """The ranges of a function that are protected, and by what; a circle protects nothing."""
        key = ("fences", path, function.name, handler)
        return cast("tuple[_Fence, ...]", self._memo.settled(key, (), None, self._find_fences, path, function, handler))

    def _find_fences(self, path: str, function: Function, handler: bool) -> tuple["_Fence", ...]:
        self._memo.look(path)
        fences = []
        for guard in function.guards:
            strength = self._of_guard(path, function, guard, handler)
            if strength is not Protection.NONE:
                tested = guard.names if strength >= Protection.UNKNOWN and guard.rejects != "end" else ()
                checks = frozenset(start for name in tested for start in _starts(name))
                fences.append(_Fence(guard.reach, strength, checks, leaves=guard.rejects != "end"))
        for call in function.calls:
            strength = Protection.NONE if call.reach is None else self._demanded_by(path, call)
            if strength is not Protection.NONE and call.reach is not None:
                checks = frozenset((call.callee,)) if strength >= Protection.UNKNOWN else frozenset[str]()
                fences.append(_Fence(call.reach, strength, checks, call=True))
        for join in function.joins:
            strength = min(_strongest(fences, join.left), _strongest(fences, join.right))
            if strength is not Protection.NONE:
                fences.append(_Fence(join.reach, strength, frozenset()))
        return tuple(fences)

    def demands(self, path: str, name: str, within: Span | None = None) -> Protection:
        """What a dependency, decorator, wrapper or middleware demands of a caller before it lets them through; ``within``: where it is put to use."""
        key = ("demands", path, name, within)
        return cast("Protection", self._memo.settled(key, Protection.NONE, Protection.UNKNOWN, self._find_demands, path, name, within))

    def _find_demands(self, path: str, name: str, within: Span | None) -> Protection:
        self._memo.look(path)
        if name.startswith("alias:"):
            return self._of_alias(path, name.removeprefix("alias:"))
        target = self._code.target(path, name)
        if target.path is None:
            return max(self._of_outside(target.name, self._arguments(path, name, target.name, within)), self._used_by(path, name))
        known = self._told(target)
        if known is not None:
            return known
        if target.function is None:
            for step in _CLASS_CALLS:
                method = self._code.functions(target.path).get(f"{target.name}.{step}")
                if method is not None:
                    return self._lets_through(target.path, method)
            if target.binding is not None and target.binding.calls and not target.binding.is_class:
                return self.demands(target.path, target.binding.calls[0].callee) if target.binding.name != name else Protection.NONE
            return Protection.UNKNOWN if _AUTH_WORDS.search(name) else Protection.NONE
        return self._lets_through(target.path, target.function)

    def _arguments(self, path: str, name: str, outside: str, within: Span | None) -> Sequence[Argument] | None:
        """What an outside guard is made with, where that matters; None can't tell."""
        if not any(row.when or row.unless for row in self._calls.lookup(outside)):
            return None
        for function in self._code.functions(path).values() if within is not None else ():
            for call in (*function.wrappers, *function.calls, *(call for parameter in function.parameters for call in parameter.calls)):
                if call.callee == name and within is not None and call.span in within:
                    return call.arguments
        home = self._code.home(path, name)
        binding = self._code.bindings(home[0]).get(home[1]) if home is not None else None
        return binding.calls[0].arguments if binding is not None and binding.calls and binding.calls[0].callee == binding.name else None

    def _used_by(self, path: str, name: str) -> Protection:
        """What the middleware demands that a builder was made with: ``base.use(requireUser)``, then ``builder.action(…)``, or zsa's ``.handler``."""
        home = self._code.home(path, name)
        if home is None:
            return Protection.NONE
        binding = self._code.bindings(home[0]).get(home[1].partition(".")[0])
        best = Protection.NONE
        for call in binding.calls if binding is not None else ():
            if call.callee.endswith((".use", "createServerActionProcedure.handler", "createMiddleware")):
                for argument in call.arguments[:1]:
                    for source in argument.sources[:1]:
                        best = max(best, self.demands(home[0], source.text))
        return best

    def _of_alias(self, path: str, name: str) -> Protection:
        home = self._code.home(path, name)
        binding = self._code.bindings(home[0]).get(home[1]) if home is not None else None
        if home is not None and home[0].endswith(".py"):
            self._code.ask(home[0])
        best = Protection.NONE
        for call in binding.calls if home is not None and binding is not None else ():
            if call.callee.endswith(("Depends", "Security")):
                for argument in call.arguments[:1]:
                    for source in argument.sources[:1]:
                        best = max(best, self.demands(home[0] if home is not None else path, source.text))
        return best

    def _lets_through(self, path: str, function: Function) -> Protection:
        """The weakest protection at the points where a function hands on to what it guards, or ends."""
        return self._once("lets-through", path, function, self._compute_lets_through)

    def _compute_lets_through(self, path: str, function: Function) -> Protection:
        passes: list[Protection] = []
        needed = self._depended(path, function)
        if needed > Protection.UNKNOWN:
            return needed
        exempt = False
        for inner in (function, *self._code.inner(path, function.name)):
            for call in inner.calls:
                if is_callers(call.callee) and "." not in call.callee and not call.callee.endswith(("res", "resolve", "reject")):
                    reason = _exemption(inner, call.span.start)
                    exempt = exempt or reason is _Exemption.ADDRESS
                    if reason is None:
                        passes.append(self.at(path, inner, call.span.start))
        found = min(passes) if passes else self.rejects(path, function)
        if found >= Protection.UNKNOWN:
            return Protection.UNKNOWN if exempt else found  # which addresses it leaves open can't be told
        handed = Protection.NONE if passes else self._handed_on(path, function)
        if handed > Protection.UNKNOWN:
            return handed
        strict = passes and max(found, needed) is Protection.NONE and self._sounds_strict(path, function)
        if strict or any(self._turns_away(path, inner) for inner in (function, *self._code.inner(path, function.name))):
            return Protection.UNKNOWN  # on some ways it refuses: which ones can't be told
        if not passes and _may_stop(function) and self.finds_out(path, function) >= Protection.UNKNOWN:
            return Protection.UNKNOWN  # it answers somewhere, and goes on elsewhere
        if passes or found:
            return max(found, needed)
        return handed if handed >= Protection.UNKNOWN else min(self.yields(path, function), Protection.OPTIONAL)

    def _sounds_strict(self, path: str, function: Function) -> bool:
        """A decorator is called a check, and turns callers away by something that can't be read here."""
        named = path.endswith(".py") and _AUTH_WORDS.search(function.name) is not None
        tests = (guard for inner in self._code.inner(path, function.name) for guard in inner.guards if guard.rejects != "end")
        return named and any(not is_callers(name) for guard in tests for name in guard.names)

    def _depended(self, path: str, function: Function) -> Protection:
        """What the dependencies of a dependency demand: ``def admin(user=Depends(current_user))``."""
        best = Protection.NONE
        for parameter in function.parameters:
            for call in parameter.calls:
                if call.callee.endswith(("#Depends", "#Security")):
                    best = max([best, *(self.demands(path, s.text, call.span) for a in call.arguments[:1] for s in a.sources[:1])])
        return best

    def _handed_on(self, path: str, function: Function) -> Protection:
        """What the wrappers demand whose results the function returns: ``(config) => createAuthedRoute({ ...config })``."""
        given = [result.names for result in function.results]
        if not given or not all(given):
            return Protection.NONE
        return min(max((self.demands(path, name) for name in names if not is_callers(name)), default=Protection.NONE) for names in given)

    def _turns_away(self, path: str, function: Function, *ways: str) -> bool:
        """Somewhere it refuses a caller whom it does not know."""
        return any(
            guard.rejects in (ways or ("raise", "return")) and self._of_guard(path, function, guard, handler=False) >= Protection.UNKNOWN
            for guard in function.guards
        )

    def rejects(self, path: str, function: Function) -> Protection:
        """What a caller has shown once the function has come to an end without raising."""
        return self._once("rejects", path, function, self._compute_rejects)

    def _compute_rejects(self, path: str, function: Function) -> Protection:
        ends = [result for result in function.results if not _only_here(function, result)]
        found = min((self._at_end(path, function, result) for result in ends), default=Protection.NONE)
        if found < Protection.UNKNOWN and self._turns_away(path, function, "raise"):
            return Protection.UNKNOWN  # on some ways it raises: which ones can't be told
        return found

    def yields(self, path: str, function: Function) -> Protection:
        """What a caller has shown where the function's result is not empty."""
        return self._once("yields", path, function, self._compute_yields)

    def _compute_yields(self, path: str, function: Function) -> Protection:
        given = [
            result
            for result in function.results
            if not result.empty and result.status not in (401, 403) and not _only_here(function, result)
        ]
        return min((self.shown(path, function, result) for result in given), default=Protection.NONE)

    def shown(self, path: str, function: Function, result: Result) -> Protection:
        """What a caller has shown where a function returns."""
        best = Protection.SECRET if result.secret else self._at_end(path, function, result)
        for name in result.names:
            best = max(best, self._of_name(path, function, name, handler=False))
        return best

    def _absent(self, path: str, function: Function) -> Protection:
        """What a caller has shown where the function's result is empty: ``if (denied) return denied``."""
        return self._once("absent", path, function, self._compute_absent)

    def _compute_absent(self, path: str, function: Function) -> Protection:
        empty = [result for result in function.results if result.empty]
        if not empty:
            return self.yields(path, function)
        return min(self._at_end(path, function, result) for result in empty)

    def _of_guard(self, path: str, function: Function, guard: Guard, handler: bool) -> Protection:
        if guard.subject is Subject.SECRET:
            return Protection.SECRET
        refuses = guard.status in (401, 403) or (guard.status == _NOT_FOUND and any(_STAGE.match(name) for name in guard.names))
        kinds = [self._of_tested(path, function, name, guard.inverted, handler) for name in guard.names]
        if not kinds:
            return Protection.UNKNOWN if refuses else Protection.NONE
        found = min(kinds) if guard.either else max(kinds)
        return Protection.UNKNOWN if found is Protection.NONE and refuses else found

    def _of_tested(self, path: str, function: Function, name: str, inverted: bool, handler: bool) -> Protection:
        if not inverted:
            return self._of_name(path, function, name, handler)
        target = self._code.target(path, name)
        if target.function is not None and target.path is not None:
            return self.yields(target.path, target.function) if target.rest else self._absent(target.path, target.function)
        if re.search(r"(?:^|[.@_])(?:err|error|denied|unauthori[sz]ed|response)\w*$", name, re.IGNORECASE):
            return self._of_name(path, function, name, handler)
        return Protection.NONE

    def _of_name(self, path: str, function: Function, name: str, handler: bool) -> Protection:
        if is_callers(name):
            return self._of_parameter(path, function, name, handler)
        if name.startswith(_SETTINGS):
            return Protection.NONE
        target = self._code.target(path, name)
        if target.path is None:
            return self._of_outside(target.name)
        known = self._told(target)
        if known is not None:
            return known
        if target.function is not None:
            return self.yields(target.path, target.function)
        return Protection.UNKNOWN if not target.known and _AUTH_WORDS.search(name) else Protection.NONE

    def _of_parameter(self, path: str, function: Function, name: str, handler: bool) -> Protection:
        root, _, rest = name[1:].partition(".")
        if path.endswith(".py") and _SERVER_SESSION.fullmatch(name):
            return Protection.UNKNOWN  # what the server has noted there of a visitor can't be told
        rest = rest.removeprefix("[].")  # `args[0]` of a wrapper that takes whatever it wraps
        while rest:
            for row in self._calls.lookup(f"@.{rest}"):
                if row.means in _MEANINGS:
                    return _MEANINGS[row.means]
            rest = rest.rpartition(".")[0]
        parameter = next((p for p in function.parameters if root in p.name.split(",")), None)
        if parameter is None:
            return Protection.NONE
        for call in parameter.calls:
            for argument in call.arguments[:1]:
                for source in argument.sources[:1]:
                    target = self._code.target(path, source.text)
                    if target.function is not None and target.path is not None:
                        return max(self.yields(target.path, target.function), self.rejects(target.path, target.function))
                    return self.demands(path, source.text)
        for wrapper in function.wrappers:
            target = self._code.target(path, wrapper.callee)
            if target.path is None and (found := self._of_outside(target.name)) > Protection.UNKNOWN:
                return found
        if not handler and _IDENTITY_PARAMETER.match(root):
            return Protection.IDENTITY
        return Protection.NONE

    def _told(self, target: Target) -> Protection | None:
        """What the vocabulary says of one of the app's own functions (``src/auth.ts#requireUser``), or None."""
        for row in self._calls.lookup(f"{target.path}#{target.name}"):
            if row.means in _MEANINGS:
                return _MEANINGS[row.means]
            if row.means is Meaning.NOT_A_GUARD:
                return Protection.NONE
        return None

    def _of_outside(self, name: str, arguments: Sequence[Argument] | None = None) -> Protection:
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
        return Protection.UNKNOWN if _AUTH_WORDS.search(name.rpartition("/")[2]) else Protection.NONE

    def _demanded_by(self, path: str, call: Call) -> Protection:
        """What a caller has shown once a call has returned: it raises, redirects or aborts otherwise."""
        if is_callers(call.callee) and "." not in call.callee:
            return Protection.NONE
        target: Target = self._code.target(path, call.callee)
        if target.path is None:
            return self._raised_outside(target.name, call)
        known = self._told(target)
        if known is not None:
            return known
        if target.function is not None:
            return self.rejects(target.path, target.function)
        name = target.name.rpartition(".")[2]
        return Protection.UNKNOWN if not target.known and _DEMANDS.search(name) else Protection.NONE

    def _raised_outside(self, name: str, call: Call) -> Protection:
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

    def _once(self, question: str, path: str, function: Function, compute: "_Verdict") -> Protection:
        """One verdict on a function: a circle protects nothing, and what lies too deep can't be told."""
        key = (question, path, function.name)
        return cast("Protection", self._memo.settled(key, Protection.NONE, Protection.UNKNOWN, self._judged, compute, path, function))

    def _judged(self, compute: "_Verdict", path: str, function: Function) -> Protection:
        self._memo.look(path)
        return compute(path, function)


class _Verdict(Protocol):
    def __call__(self, path: str, function: Function, /) -> Protection: ...


def _may_stop(function: Function) -> bool:
    """A hook that has no ``next`` answers on some ways, or looks at the address; and it nowhere goes on for all."""
    answers = [call for call in function.calls if _ANSWERS.match(call.callee)]
    exempt = False
    for result in function.results:
        at = result.span.start
        if _exemption(function, at) is _Exemption.ADDRESS:
            exempt = True
        elif result.empty and at < function.block.end and not any(call.reach is not None and at in call.reach for call in answers):
            return False
    return bool(answers) or exempt


def _is_refusal(call: Call) -> bool:
    """It answers with a status that says no."""
    return any(a.slot == "0" and a.text is not None and a.text.isdigit() and int(a.text) >= _REFUSALS for a in call.arguments)


def _strongest(fences: Iterable[_Fence], position: int) -> Protection:
    return max((fence.strength for fence in fences if _covers(fence.reach, position)), default=Protection.NONE)


def _covers(reach: Span, position: int) -> bool:
    """The end belongs to it: a function's own end is a point that is reached."""
    return reach.start <= position <= reach.end


class _Exemption(StrEnum):
    """Why a way past a check is none that a stranger can choose."""

    MACHINE = "machine"
    """By a setting of the machine it runs on: ``if (!process.env.VERCEL) return``."""
    ADDRESS = "address"
    """By the address that is asked for: ``if (PUBLIC.includes(req.path)) return next()``."""


def _exemption(function: Function, position: int) -> _Exemption | None:
    """What a position of a function depends on other than who calls, or None."""
    tests = [guard.names for guard in function.guards if guard.rejects == "end" and guard.names and position in guard.reach]
    if any(all(name.startswith(_SETTINGS) for name in names) for names in tests):
        return _Exemption.MACHINE
    return _Exemption.ADDRESS if any(_ADDRESS.search(name) for names in tests for name in names) else None


def _only_here(function: Function, result: Result) -> bool:
    """The function ends there by a setting of the machine it runs on, not by who calls."""
    return _exemption(function, result.span.start) is _Exemption.MACHINE


def _starts(name: str) -> list[str]:
    """A name and what it is a property of: ``a#b.c`` gives ``a#b.c`` and ``a#b``."""
    found = [name]
    while "." in name.rpartition("#")[2]:
        name = name.rpartition(".")[0]
        found.append(name)
    return found
