"""Verdicts on functions: what a caller has shown at a point of one, once it has ended, and where it gives something."""

import re
from typing import Protocol

from batten.facts.calls import WORD, Call, Function, Guard, Origin, Result, Subject, is_callers
from batten.facts.vocabulary import Vocabulary
from batten.link.callgraph import Code
from batten.link.guards.bearer import by_caller, by_secret, or_404
from batten.link.guards.compared import compared
from batten.link.guards.exemptions import (
    ANSWERS,
    REFUSALS,
    SETTINGS,
    is_mere_input,
    is_of_address,
    is_refusal,
    is_setting,
    last_refusals,
    only_here,
    refused_in_production,
)
from batten.link.guards.gates import Gates
from batten.link.guards.noted import noted
from batten.link.guards.outside import Outside, sounds_like_a_check
from batten.link.guards.protection import Fence, Protection, Seen, covers, starts, strongest, strongest_or_caught, weakest
from batten.regex import regex
from batten.text import Place, Span

_DEMANDS = regex(
    r"require|assert|ensure|enforce|protect|check|verif|authenticate|authorize|validate_?(?:session|token|user|auth|jwt|admin|access|role|perm)|must",
    re.IGNORECASE,
)
_IDENTITY_PARAMETER = regex(r"^(?:current_?)?(?:user|session|identity|principal|claims|account|viewer|actor)$", re.IGNORECASE)
# Which machine it is: a route that is not found on one kind of them is not for strangers on the others, perhaps.
_STAGE = regex(
    r"(?:process\.env\.|import\.meta\.env\.|Deno\.env\.|os#environ\.)(?:\w+_)?(?:ENV|ENVIRONMENT|STAGE|DEBUG|DEV)$"
    r"|.*\b(?:settings|config|process\.env)\b\S*[._](?:\w+_)?(?:TESTS?|FIXTURES?|DEBUG|E2E|PLAYWRIGHT)(?:_\w+)?$"
    r"|.*\b(?:settings|config)\b\S*[._](?:app_|run_)?(?:env|environment|stage)$",
    re.IGNORECASE,
)
# What a record has under such a key where somebody was let in, and not what went wrong.
_WELL = regex(
    r"\.(?:ok|okay|success(?:ful)?|valid|passed|(?:is_?)?(?:authenticated|authori[sz]ed|allowed|verified|valid|admin|logged_?in)|(?:current_?)?user(?:_?id)?|session|account|payload|decoded|claims)$",
    re.IGNORECASE,
)
_SERVER_SESSION = regex(r"@(?:\w+\.\[\]|\w*request)\.session")
_SENDS_AWAY = regex(r"[#.](?:redirect|RedirectResponse|HttpResponse(?:Permanent)?Redirect|redirect_to_login)$")
_NOT_FOUND, _SENT_AWAY = 404, 300
# What the server itself has found out about a request is the third that a resolver of GraphQL is given.
_RESOLVER = regex(r"(?:^|\.)(?:Query|Mutation|Subscription)\.\w+(?:\.(?:resolve|subscribe))?$")
_PARENT = regex(r"_*(?:parent|root|obj|source)?_?(?:value|obj)?", re.IGNORECASE)
_CONTEXT = 2
_HANDED = (Origin.PROPERTY, Origin.PARAMETER)


class Guards:
    """The verdicts on functions, each computed once."""

    def __init__(self, code: Code, vocabulary: Vocabulary) -> None:
        self._code = code
        self._memo = code.memo
        self._outside = Outside(vocabulary)
        self._gates = Gates(self, code, self._outside)

    def at(self, path: str, function: Function, position: int, handler: bool = False) -> Protection:
        """What protects one position of a function: the strongest test or demand whose range contains it.

        ``handler``: the parameters come from a stranger, so a parameter named ``user`` proves nothing.
        """
        return strongest(self._fences(path, function, handler), position)

    def at_effect(self, path: str, function: Function, position: int, handler: bool) -> Protection:
        """The same of where something is done."""
        return strongest_or_caught(self._fences(path, function, handler), function.caught, position)

    def asked(self, path: str, handler: Function) -> Protection:
        """The most that a handler asks of a stranger before it goes on, on any way."""
        return max((fence.strength for fence in self._fences(path, handler, handler=True) if fence.leaves), default=Protection.NONE)

    def answered(self, path: str, handler: Function) -> Protection:
        """What a caller has shown wherever a handler answers with more than a refusal: what it has read before goes no further without."""
        given = [r for r in handler.results if not r.empty and (r.status is None or r.status < REFUSALS)]
        # Whoever is sent elsewhere is shown nothing, where others are shown something.
        shown = [r for r in given if not any(_SENDS_AWAY.search(name) for name in r.names)] or given
        ends = [(handler, r.span.start) for r in shown]
        for inner in (handler, *self._code.inner(path, handler.name)):
            refusals = {call.span.start for call in inner.calls if call.callee.endswith((".status", ".code")) and is_refusal(call)}
            ends += [(inner, call.span.start) for call in inner.calls if call.span.start not in refusals and ANSWERS.match(call.callee)]
        return min((strongest(self._fences(path, inner, handler=inner is handler), at) for inner, at in ends), default=Protection.NONE)

    def _on_way(self, path: str, function: Function, fences: list[Fence], position: int) -> Protection:
        """What is shown on one of two ways that meet; one that only some machines take is none that a stranger can choose."""
        found = strongest(fences, position)
        tests = [guard for guard in function.guards if guard.rejects == "end" and guard.names and covers(guard.reach, position)]
        # Open where something is not set is open wherever somebody forgets to set it.
        by_machine = any(
            all(
                is_setting(self._code, path, name)
                and (not (guard.inverted and name.startswith(SETTINGS)) or refused_in_production(function, name, position))
                for name in guard.names
            )
            for guard in tests
        )
        return max(found, Protection.UNKNOWN) if by_machine else found

    def demands(self, path: str, name: str, within: Span | None = None) -> Protection:
        """What a dependency, decorator, wrapper or middleware demands of a caller before it lets them through; ``within``: where it is put to use."""
        return self._gates.demands(path, name, within)

    def lets_through(self, path: str, function: Function) -> Protection:
        """What a caller has shown where middleware hands on to what it guards, or ends."""
        return self._gates.lets_through(path, function)

    def demanded_by(self, path: str, function: Function, call: Call) -> Protection:
        """What a caller has shown once a call of a handler has returned: it raises, redirects or aborts otherwise."""
        return Protection.NONE if call.reach is None else self._demanded_by(path, function, call, handler=True)

    def _at_end(self, path: str, function: Function, result: Result) -> Protection:
        """What protects a return: a test stands before it, a call that leaves by itself may stand in it."""
        span, fences = result.span, self._fences(path, function, handler=False)
        inside = (f.strength for f in fences if f.call and span.start <= f.reach.start <= span.end)
        return max(strongest(fences, span.start), max(inside, default=Protection.NONE))

    def strongest(self, path: str, function: Function) -> Protection:
        """The strongest protection anywhere in a handler."""
        return max((fence.strength for fence in self._fences(path, function, handler=True)), default=Protection.NONE)

    def finds_out(self, path: str, function: Function) -> Protection:
        """The most that a function may find out about its caller, whatever it does with that."""
        return max((self._of_name(path, function, call.callee, handler=True) for call in function.calls), default=Protection.NONE)

    def identifies(self, path: str, function: Function, name: str, *, surely: bool = False) -> bool:
        """What the name stands for says who calls, or, unless that is asked for ``surely``, may say so."""
        found = self._of_name(path, function, name, handler=False)
        return found > Protection.UNKNOWN if surely else found >= Protection.UNKNOWN

    def is_check(self, path: str, function: Function, call: Call) -> bool:
        """The call finds out who calls: it leaves where nobody does, or its result is tested for that.

        What such a function writes (the time of the last login) is no effect that a stranger is after.
        """
        return any(call.callee in fence.checks for fence in self._fences(path, function, handler=False))

    def seen(self, path: str, function: Function, handler: bool) -> list[Seen]:
        """Every test and call of a function that may have to do with who calls, in order."""
        self._memo.look(path)
        found: list[Seen] = []
        tested: set[str] = set()
        for guard in function.guards:
            strength = self._of_guard(path, function, guard, handler)
            tested.update(start for name in guard.names for start in starts(name))
            secret = guard.subject is Subject.SECRET
            sounds = guard.rejects != "end" and any(sounds_like_a_check(name.rpartition(".")[2]) for name in guard.names)
            if strength is not Protection.NONE or sounds:
                found.append(Seen(guard.names, guard.place, guard.reach, strength, "secret" if secret else "test"))
        for call in function.calls:
            place = Place(path, call.span)
            strength = Protection.NONE if call.reach is None else self._demanded_by(path, function, call, handler)
            if strength is not Protection.NONE and call.reach is not None:
                found.append(Seen((call.callee,), place, call.reach, strength, "call"))
            elif (
                call.callee not in tested
                and not is_callers(call.callee)
                and self._of_name(path, function, call.callee, handler) > Protection.UNKNOWN
            ):
                found.append(Seen((call.callee,), place, call.span, Protection.NONE, "untested"))
        return sorted(found, key=lambda each: each.place)

    def _fences(self, path: str, function: Function, handler: bool) -> tuple["Fence", ...]:
        """The ranges of a function that are protected, and by what; a circle protects nothing."""
        key = ("fences", path, function.name, handler)
        found: tuple[Fence, ...] = self._memo.settled(key, (), None, self._find_fences, path, function, handler)
        return found

    def _find_fences(self, path: str, function: Function, handler: bool) -> tuple["Fence", ...]:
        self._memo.look(path)
        fences = []
        for guard in function.guards:
            strength = self._of_guard(path, function, guard, handler)
            if strength is not Protection.NONE:
                tested = guard.names if strength >= Protection.UNKNOWN and guard.rejects != "end" else ()
                checks = frozenset(start for name in tested for start in starts(name))
                fences.append(Fence(guard.reach, strength, checks, leaves=guard.rejects != "end"))
        for call in function.calls:
            strength = Protection.NONE if call.reach is None else self._demanded_by(path, function, call, handler)
            if strength is not Protection.NONE and call.reach is not None:
                checks = frozenset((call.callee,)) if strength >= Protection.UNKNOWN else frozenset[str]()
                fences.append(Fence(call.reach, strength, checks, call=True))
        for join in function.joins:
            ways = (join.left, join.right)
            if not any(strongest(fences, at) for at in ways):
                continue  # what only some machines do is nothing that callers are asked
            strength = min(self._on_way(path, function, fences, at) for at in ways)
            if strength is not Protection.NONE:
                fences.append(Fence(join.reach, strength, frozenset()))
        return tuple(fences)

    def turns_away(self, path: str, function: Function, *ways: str) -> bool:
        """Somewhere it refuses a caller whom it does not know."""
        return any(
            guard.rejects in (ways or ("raise", "return")) and self._of_guard(path, function, guard, handler=False) >= Protection.UNKNOWN
            for guard in function.guards
        )

    def rejects(self, path: str, function: Function) -> Protection:
        """What a caller has shown once the function has come to an end without raising."""
        return self.once("rejects", path, function, self._compute_rejects)

    def _compute_rejects(self, path: str, function: Function) -> Protection:
        ends = [result for result in function.results if not only_here(function, result)]
        found = weakest(self._at_end(path, function, result) for result in ends)
        if found < Protection.UNKNOWN and self.turns_away(path, function, "raise"):
            return Protection.UNKNOWN  # on some ways it raises: which ones can't be told
        return found

    def ends(self, path: str, function: Function) -> Protection:
        """What a caller has shown where a hook ends that has not answered in the handler's place: ``return reply.code(401).send()``."""
        refusals = [call.span for call in function.calls if call.callee.endswith((".status", ".code")) and is_refusal(call)]
        goes_on = [
            result
            for result in function.results
            if not (any(ANSWERS.match(name) for name in result.names) and any(span in result.span for span in refusals))
        ]
        answered = last_refusals(self._code, path, function)
        if len(goes_on) == len(function.results) and not answered:
            return Protection.NONE
        return min((self._past(path, function, result, answered) for result in goes_on), default=Protection.NONE)

    def _past(self, path: str, function: Function, result: Result, answered: list[Span]) -> Protection:
        """What a caller has shown at the end of a hook who was not answered on the way there: no handler runs for one who was."""
        best, fences = self._at_end(path, function, result), self._fences(path, function, handler=False) if answered else ()
        for join in function.joins if answered else ():
            open_ways = [at for at in (join.left, join.right) if not any(covers(span, at) for span in answered)]
            if len(open_ways) == 1 and covers(join.reach, result.span.start):
                best = max(best, self._on_way(path, function, list(fences), open_ways[0]))
        return best

    def shown_past(self, path: str, function: Function, left_out: list[Span]) -> Protection:
        """What a caller has shown where what runs before a handler comes to its end, whose request never comes to some parts of it."""
        ends = (r for r in function.results if r.empty or r.status is None or r.status < _SENT_AWAY)
        goes_on = [r for r in ends if not any(covers(part, r.span.start) for part in left_out)]
        return min((self._at_end(path, function, result) for result in goes_on), default=Protection.NONE)

    def yields(self, path: str, function: Function) -> Protection:
        """What a caller has shown where the function's result is not empty."""
        return self.once("yields", path, function, self._compute_yields)

    def _compute_yields(self, path: str, function: Function) -> Protection:
        given = [
            result
            for result in function.results
            if not result.empty and result.status not in (401, 403) and not only_here(function, result)
        ]
        return weakest(self.shown(path, function, result) for result in given)

    def shown(self, path: str, function: Function, result: Result) -> Protection:
        """What a caller has shown where a function returns."""
        best = Protection.SECRET if result.secret else self._at_end(path, function, result)
        for name in result.names:
            best = max(best, self.of_row(path, function, name, result.span.end), self._of_name(path, function, name, handler=False))
        return best

    def _compute_absent(self, path: str, function: Function) -> Protection:
        """What a caller has shown where the function's result is empty: ``if (denied) return denied``."""
        empty = [result for result in function.results if result.empty]
        return min(self._at_end(path, function, result) for result in empty) if empty else self.yields(path, function)

    def of_test(self, path: str, function: Function, guard: Guard) -> Protection:
        """What a caller has shown where a test of a handler has passed."""
        return self._of_guard(path, function, guard, handler=True)

    def _of_guard(self, path: str, function: Function, guard: Guard, handler: bool) -> Protection:
        if guard.subject is Subject.SECRET:
            return Protection.SECRET
        if guard.either and WORD in guard.names:
            return Protection.PRESENCE
        of_address = guard.rejects == "end" and bool(guard.names) and all(is_of_address(name) for name in guard.names)
        refuses = (guard.status in (401, 403) and not of_address and not is_mere_input(guard.names)) or (
            guard.status == _NOT_FOUND and any(_STAGE.match(name) for name in guard.names)
        )
        kinds = [self._of_tested(path, function, name, guard, handler) for name in guard.names]
        if not kinds:
            return Protection.UNKNOWN if refuses else Protection.NONE
        found = min(kinds) if guard.either else max(compared(self._code, path, guard), *kinds)
        return Protection.UNKNOWN if found is Protection.NONE and refuses else found

    def _of_tested(self, path: str, function: Function, name: str, guard: Guard, handler: bool) -> Protection:
        giver = self._code.giver(path, name)
        if giver is not None:
            # What it has under the key is told by it: it has seen who calls before it gave that.
            found = self.yields(*giver)
            return found if guard.inverted else max(found, self._of_name(path, function, name, handler))
        if not guard.inverted:
            given = self._gates.given_back(path, function, name, guard.place.span.start)
            return max(given, self.of_row(path, function, name, guard.place.span.end), self._of_name(path, function, name, handler))
        target = self._code.target(path, name)
        if target.function is not None and target.path is not None:
            if not target.rest:
                return self.once("absent", target.path, target.function, self._compute_absent)
            # Where what says that all is well is missing, nobody was let in.
            is_well = _WELL.search(name) is not None
            return Protection.NONE if is_well else self.yields(target.path, target.function)
        if re.search(r"(?:^|[.@_])(?:err|error|denied|unauthori[sz]ed|response)\w*$", name, re.IGNORECASE):
            return self._of_name(path, function, name, handler)
        return Protection.NONE

    def of_row(self, path: str, function: Function, name: str, before: int) -> Protection:
        """What a caller has shown where a name stands for a row that was looked up by a secret of theirs, or by who they are."""
        asked = (self._code, self._outside, path, function, name, before)
        return max(by_secret(*asked), by_caller(*asked, lambda said: self._of_name(path, function, said, handler=False)))

    def _of_name(self, path: str, function: Function, name: str, handler: bool) -> Protection:
        if is_callers(name):
            return self._of_parameter(path, function, name, handler)
        if name.startswith(SETTINGS):
            return Protection.NONE
        target = self._code.target(path, name)
        if target.path is None:
            return self._outside.given(function, name, target.name)
        known = self._outside.told(target)
        if known is not None:
            return known
        if target.function is not None:
            return self.yields(target.path, target.function)
        return Protection.UNKNOWN if not target.known and sounds_like_a_check(name) else Protection.NONE

    def _of_parameter(self, path: str, function: Function, name: str, handler: bool) -> Protection:
        root, _, rest = name[1:].partition(".")
        if path.endswith(".py") and _SERVER_SESSION.fullmatch(name):
            return Protection.UNKNOWN  # what the server has noted there of a visitor can't be told
        rest = rest.removeprefix("[].")  # `args[0]` of a wrapper that takes whatever it wraps
        known = self._outside.of_request(root, rest)
        if known is not None:
            return known
        number = next((n for n, p in enumerate(function.parameters) if root in p.name.split(",")), None)
        if number is None:
            return noted(self._code, path, name, self.at)
        parameter = function.parameters[number]
        resolves = _RESOLVER.search(function.name) or _PARENT.fullmatch(function.parameters[0].name)
        handler = handler and not (number == _CONTEXT and resolves and not path.endswith(".py"))
        for call in parameter.calls:
            for argument in call.arguments[:1]:
                for source in argument.sources[:1]:
                    target = self._code.target(path, source.text)
                    if target.function is not None and target.path is not None:
                        return max(self.yields(target.path, target.function), self.rejects(target.path, target.function))
                    return self.demands(path, source.text)
        # Decorators of Python's libraries hand a view nothing: what it takes is the request as it came, and parts of its address.
        for wrapper in function.wrappers if not path.endswith(".py") else ():
            target = self._code.target(path, wrapper.callee)
            if target.path is None and (found := self._outside.of(target.name)) > Protection.UNKNOWN:
                return found
        if not handler and _IDENTITY_PARAMETER.match(root):
            return Protection.IDENTITY
        # Who calls, or only what they sent.
        return Protection.UNKNOWN if not handler and root == "auth" else noted(self._code, path, name, self.at)

    def _demanded_by(self, path: str, function: Function, call: Call, handler: bool) -> Protection:
        """What a caller has shown once a call has returned: it raises, redirects or aborts otherwise."""
        if is_callers(call.callee) and "." not in call.callee:
            return Protection.NONE
        target = self._code.target(path, call.callee)
        name = target.name.rpartition(".")[2]
        untold = Protection.UNKNOWN if not target.known and _DEMANDS.search(name) else Protection.NONE
        if target.path is None:
            asked = self._outside.raised(target.name, call), or_404(self._code, self._outside, path, function, call)
            return max(*asked, untold if sounds_like_a_check(name) else Protection.NONE)
        known = self._outside.told(target)
        if known is not None:
            return known
        if target.function is not None:
            return max(self.rejects(target.path, target.function), self._insisted_on(path, function, call, target.function, handler))
        return untold

    def _insisted_on(self, path: str, function: Function, call: Call, helper: Function, handler: bool) -> Protection:
        """What a caller has shown where a helper raises for want of what it is handed: ``assertSignedIn(request.auth)``."""
        best = Protection.NONE
        for guard in helper.guards:
            if guard.rejects != "raise" or guard.inverted or guard.subject is not Subject.VALUE or guard.reach.end < helper.block.end - 1:
                continue
            for name in guard.names:
                root, _, rest = name[1:].partition(".") if is_callers(name) else ("", "", "")
                number = next((n for n, parameter in enumerate(helper.parameters) if parameter.name == root), None)
                for argument in call.arguments if number is not None else ():
                    if argument.slot in (str(number), root):
                        given = [
                            s.text if s.origin is Origin.PROPERTY else f"@{s.text}" for s in argument.sources[:1] if s.origin in _HANDED
                        ]
                        best = max([best, *(self._of_name(path, function, f"{text}.{rest}" if rest else text, handler) for text in given)])
        return best

    def once(self, question: str, path: str, function: Function, compute: "_Verdict") -> Protection:
        """One verdict on a function: a circle protects nothing, and what lies too deep can't be told."""
        key = (question, path, function.name)
        found: Protection = self._memo.settled(key, Protection.NONE, Protection.UNKNOWN, self._judged, compute, path, function)
        return found

    def _judged(self, compute: "_Verdict", path: str, function: Function) -> Protection:
        self._memo.look(path)
        return compute(path, function)


class _Verdict(Protocol):
    def __call__(self, path: str, function: Function, /) -> Protection: ...
