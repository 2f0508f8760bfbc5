"""Gates: what stands before a handler (a dependency, decorator, wrapper or middleware), and what it demands of a caller."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from batten.facts.calls import GIVES, Argument, Call, Function, Origin, is_callers
from batten.link.callgraph import Code, Target
from batten.link.decorated import decorated_with
from batten.link.guards.exemptions import Exemption, exemption, may_stop
from batten.link.guards.handed_checks import given_back, handed_checks
from batten.link.guards.outside import Outside, sounds_like_a_check
from batten.link.guards.protection import Protection
from batten.regex import regex
from batten.text import Span

# What puts a function before those that a builder makes, and builders that are given one.
_USES = (".use", ".unstable_pipe", ".concat", "createServerActionProcedure.handler", "createMiddleware", ".middleware", ".server")
_CUSTOM = ("customMutation", "customQuery", "customAction", "customCtx", "customCtxAndArgs")
_NEXT = frozenset(("next", "_next", "done"))
# https://hono.dev/docs/middleware/builtin/combine
_COMBINES: dict[str, Callable[[list[Protection]], Protection]] = {"hono/combine.every": max, "hono/combine.some": min}
# A longer list is none of what runs before a handler.
_MOST_LISTED = 16
_OF_MIDDLEWARE = len(("request", "response", "next"))
_OF_ERRORS = _OF_MIDDLEWARE + 1
_ERROR = regex(r"(?:Error|Exception|Unauthorized|Forbidden)$|(?:^|[@.])err(?:or)?$|createError|[bB]oom\.|createHttpError")
# What is called so makes errors; of a module as a whole the name is that of its file.
_MAKES_ERROR = regex(r"(?:error|exception)[^/#.]*(?:\.[jt]s)?#?$", re.IGNORECASE)
_FIELDS_OF_ERROR = frozenset(("0.status", "0.statusCode", "0.message", "0.error"))
# What is handed on with another request than came in.
_REQUESTS = ("Request", "NextRequest")
_CLASS_GIVES = ("authenticate", "has_permission", "__call__")
_CLASS_CALLS = ("__call__", "authenticate_request", "dispatch", "canActivate", "use")


def put_before(code: Code, path: str, name: str) -> Iterator[tuple[str, str]]:
    """What a builder puts before the functions that it is given, by file and name: ``base.use(requireUser)``, and what ``base`` was made of."""
    home = code.home(path, name)
    binding = code.bindings(home[0]).get(home[1].partition(".")[0]) if home is not None else None
    if home is None or binding is None:
        return
    for call in binding.calls:
        if call.callee.endswith(_USES):
            given = [argument.name or next((s.text for s in argument.sources), "") for argument in call.arguments[:1]]
            yield from ((home[0], each) for each in given if each)
    # ``adminProcedure = protectedProcedure.use(isAdmin)`` demands what it is made of.
    base = binding.calls[0].receiver if binding.calls else None
    if base is not None and "#" in base and base != name:
        yield home[0], base


class Verdicts(Protocol):
    """What is asked about functions."""

    def at(self, path: str, function: Function, position: int) -> Protection:
        """What protects one position of a function."""

    def rejects(self, path: str, function: Function) -> Protection:
        """What a caller has shown once it has come to an end."""

    def ends(self, path: str, function: Function) -> Protection:
        """What a caller has shown where it ends without an answer."""

    def yields(self, path: str, function: Function) -> Protection:
        """What a caller has shown where its result is not empty."""

    def finds_out(self, path: str, function: Function) -> Protection:
        """The most that it may find out about its caller."""

    def turns_away(self, path: str, function: Function) -> bool:
        """Somewhere it refuses a caller whom it does not know."""

    def once(self, question: str, path: str, function: Function, compute: Callable[[str, Function], Protection]) -> Protection:
        """One verdict on a function."""


class Gates:
    """The verdicts on gates, each computed once."""

    def __init__(self, verdicts: Verdicts, code: Code, outside: Outside) -> None:
        self._verdicts = verdicts
        self._code = code
        self._memo = code.memo
        self._outside = outside

    def demands(self, path: str, name: str, within: Span | None = None) -> Protection:
        """What a dependency, decorator, wrapper or middleware demands of a caller before it lets them through; ``within``: where it is put to use."""
        key = ("demands", path, name, within)
        found: Protection = self._memo.settled(key, Protection.NONE, Protection.UNKNOWN, self._find_demands, path, name, within)
        return found

    def _find_demands(self, path: str, name: str, within: Span | None) -> Protection:
        self._memo.look(path)
        if name.startswith("alias:"):
            return self._of_alias(path, name.removeprefix("alias:"))
        if name.startswith(GIVES):
            return self._of_giving(path, name.removeprefix(GIVES), within)
        given = decorated_with(self._code, name)
        if given is not None:
            return self.demands(*given)
        target = self._code.target(path, name)
        if target.path is None:
            combined = self._of_combined(path, name, _COMBINES[target.name]) if target.name in _COMBINES else Protection.NONE
            return max(combined, self._outside.of(target.name, self._arguments(path, name, target.name, within)), self._used_by(path, name))
        known = self._outside.told(target)
        if known is not None:
            return known
        if target.function is None or target.rest:  # a class, which may stand in a function
            whole = f"{target.name}.{target.rest}".rstrip(".")
            for step in _CLASS_CALLS:
                method = self._code.functions(target.path).get(f"{whole}.{step}")
                if method is not None:
                    return self.lets_through(target.path, method)
        if target.function is None:
            listed = max((self.demands(target.path, each) for each in self._listed(target)), default=Protection.NONE)
            if listed is not Protection.NONE:
                return listed
            if target.binding is not None and target.binding.calls and not target.binding.is_class:
                return self.demands(target.path, target.binding.calls[0].callee) if target.binding.name != name else Protection.NONE
            return Protection.UNKNOWN if sounds_like_a_check(name) else Protection.NONE
        if _is_for_errors(target.path, target.function):
            return Protection.NONE
        return self.lets_through(target.path, target.function)

    def _listed(self, target: Target) -> list[str]:
        """The names of what a list holds that is put to use as a whole: ``app.use(...signedIn)``; all of it runs."""
        bindings = self._code.bindings(target.path) if target.path is not None and target.binding is not None and not target.rest else {}
        items = (bindings.get(f"{target.name}.[{number}]") for number in range(_MOST_LISTED)) if bindings else ()
        return [item.name for item in items if item is not None and item.name is not None]

    def _arguments(self, path: str, name: str, outside: str, within: Span | None) -> Sequence[Argument] | None:
        """What an outside guard is made with, where that matters; None can't tell."""
        if not self._outside.depends_on_arguments(outside):
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
        best = max([Protection.NONE, *(self.demands(found, each) for found, each in put_before(self._code, path, name))])
        home = self._code.home(path, name)
        binding = self._code.bindings(home[0]).get(home[1].partition(".")[0]) if home is not None else None
        if home is not None and any(call.callee.endswith(_CUSTOM) for call in (binding.calls if binding is not None else ())):
            made = self._code.inner(home[0], home[1].partition(".")[0])
            best = max([best, *(self._verdicts.rejects(home[0], function) for function in made)])
        return best

    def _of_combined(self, path: str, name: str, choose: Callable[[list[Protection]], Protection]) -> Protection:
        """What middleware demands that is made of others: ``const both = every(signedIn, paid)``."""
        home = self._code.home(path, name)
        binding = self._code.bindings(home[0]).get(home[1]) if home is not None else None
        given = binding.calls[0].arguments if binding is not None and binding.calls else ()
        names = [argument.name or next((source.text for source in argument.sources if "#" in source.text), "") for argument in given]
        return (
            choose([self.demands(home[0], each) if each else Protection.NONE for each in names])
            if home is not None and names
            else Protection.NONE
        )

    def _of_giving(self, path: str, name: str, within: Span | None) -> Protection:
        """What a caller has shown where a function, or the method of a class that is asked, gives something; one that may look at anything can't be told."""
        target = self._code.target(path, name)
        if target.path is None:
            return self.demands(path, name, within)
        known = self._outside.told(target)
        if known is not None:
            return known
        methods = (self._code.functions(target.path).get(f"{target.name}.{step}") for step in _CLASS_GIVES)
        asked = target.function or next((method for method in methods if method is not None), None)
        if asked is None:
            return Protection.UNKNOWN
        found = self._verdicts.yields(target.path, asked)
        if found is not Protection.NONE:
            return found
        if asked.guards or asked.calls:
            return Protection.UNKNOWN
        return Protection.PRESENCE if any(is_callers(name) for result in asked.results for name in result.names) else Protection.NONE

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

    def lets_through(self, path: str, function: Function) -> Protection:
        """The weakest protection at the points where a function hands on to what it guards, or ends."""
        return self._verdicts.once("lets-through", path, function, self._compute_lets_through)

    def _compute_lets_through(self, path: str, function: Function) -> Protection:
        passes: list[Protection] = []
        needed = max(self._depended(path, function), self._above(path, function))
        if needed > Protection.UNKNOWN:
            return needed
        exempt = False
        bodies = (function, *self._code.inner(path, function.name))
        for inner in bodies:
            let_in = self._called_back_by(path, bodies, inner)
            for call in inner.calls:
                delegates = _hands_over(inner, call) or (inner is not function and _hands_over(function, call))
                goes_on = _goes_on(call.callee) and not (call.callee == "@next" and _fails(path, inner, call))
                if delegates or goes_on:
                    reason = exemption(inner, call.span.start)
                    exempt = exempt or reason is Exemption.ADDRESS
                    if reason is None:
                        asked = self.demands(path, call.callee, call.span) if delegates else Protection.NONE
                        passes.append(max(asked, let_in, self._verdicts.at(path, inner, call.span.start)))
        found = min(passes) if passes else max(self._verdicts.rejects(path, function), self._verdicts.ends(path, function))
        if found >= Protection.UNKNOWN:
            return Protection.UNKNOWN if exempt else found  # which addresses it leaves open can't be told
        handed = Protection.NONE if passes else self._handed_on(path, function)
        if handed > Protection.UNKNOWN:
            return handed
        strict = passes and max(found, needed) is Protection.NONE and self._sounds_strict(path, function)
        if strict or any(self._verdicts.turns_away(path, inner) for inner in bodies) or self._calls_back(path, bodies):
            return Protection.UNKNOWN  # on some ways it refuses: which ones can't be told
        if not passes and may_stop(function) and self._asks(path, function):
            return Protection.UNKNOWN  # it answers somewhere, and goes on elsewhere
        if passes or found:
            return max(found, needed)
        return max(needed, handed if handed >= Protection.UNKNOWN else min(self._verdicts.yields(path, function), Protection.OPTIONAL))

    def _calls_back(self, path: str, bodies: Sequence[Function]) -> bool:
        """It asks a library who calls, and hands it what one of the app's own functions makes, which turns callers away: ``authenticate("jwt", verify(resolve, reject))``."""
        calls = [call for inner in bodies for call in inner.calls]
        if not any("#" in call.callee and self._outside.depends_on_arguments(self._code.target(path, call.callee).name) for call in calls):
            return False
        targets = [self._code.target(path, call.callee) for call in calls if "#" in call.callee and ".@" not in call.callee]
        return any(
            self._verdicts.turns_away(each.path, inner)
            for each in targets
            if each.path is not None and each.function is not None
            for inner in self._code.inner(each.path, each.function.name)
        )

    def _asks(self, path: str, function: Function) -> bool:
        """It finds out who calls, or calls one of the app's own functions that raises where that can't be found out."""
        if self._verdicts.finds_out(path, function) >= Protection.UNKNOWN:
            return True
        targets = (self._code.target(path, call.callee) for call in function.calls)
        return any(
            self._verdicts.rejects(each.path, each.function) >= Protection.UNKNOWN
            for each in targets
            if each.path is not None and each.function is not None
        )

    def _called_back_by(self, path: str, bodies: Sequence[Function], inner: Function) -> Protection:
        """What the app's own middleware demands that is given a function to go on with: ``requireAuth(req, res, () => requireStaff(req, res, next))``, ``return withAuth(name, (req) => handler(req))``."""
        best = Protection.NONE
        for body in bodies:
            returned = {name for result in body.results for name in result.names}
            for call in body.calls if body is not inner else ():
                last = len(call.arguments) >= _OF_MIDDLEWARE or call.callee in returned
                if last and call.arguments and inner.place.span in call.arguments[-1].span and not is_callers(call.callee):
                    is_own = self._code.target(path, call.callee).path is not None
                    best = max(best, self.demands(path, call.callee, call.span)) if is_own else best
        return best

    def _sounds_strict(self, path: str, function: Function) -> bool:
        """A decorator is called a check, and turns callers away by something that can't be read here."""
        named = path.endswith(".py") and sounds_like_a_check(function.name)
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

    def _above(self, path: str, function: Function) -> Protection:
        """What the method of the class above demands that a method of Python hands on to; which one that is can't be told of a class inside a function."""
        home, _, own = function.name.rpartition(".")
        if not path.endswith(".py") or not any(call.callee == f"super.{own}" for call in function.calls):
            return Protection.NONE
        binding = self._code.bindings(path).get(home)
        if binding is None:
            return Protection.UNKNOWN
        found = self._code.inherited(path, binding, own)
        if found is None:
            return Protection.NONE
        # What the parameters of the method above depend on is given to nobody: it is called by hand.
        best = max(self._verdicts.rejects(*found), self._verdicts.ends(*found), self._above(*found))
        return max(best, Protection.UNKNOWN) if self._verdicts.turns_away(*found) else best

    def _handed_on(self, path: str, function: Function) -> Protection:
        """What the wrappers demand whose results the function returns: ``(config) => createAuthedRoute({ ...config })``."""
        given = [(result.names, result.span) for result in function.results]
        if not given or not all(names for names, _ in given):
            return Protection.NONE
        return min(
            max(
                self._of_handed(path, (call for call in function.calls if call.span in span)),
                *(self.demands(path, name, span) for name in names if not is_callers(name)),
                Protection.NONE,
            )
            for names, span in given
        )

    def _of_handed(self, path: str, calls: Iterator[Call]) -> Protection:
        """What the checks demand that calls hand to functions of the app."""
        return max((self._verdicts.yields(*each) for each in handed_checks(self._code, path, calls)), default=Protection.NONE)

    def given_back(self, path: str, function: Function, name: str, before: int) -> Protection:
        """What a caller has shown where a function gives something that another was handed, and gives back."""
        given = given_back(self._code, path, function, name, before)
        return self._verdicts.yields(*given) if given is not None else Protection.NONE


def _goes_on(name: str) -> bool:
    """A call hands on to what is guarded: ``next()``, the wrapped function, or tRPC's ``opts.next()``."""
    if not is_callers(name) or name.endswith(("res", "resolve", "reject")):
        return False
    return "." not in name or name in ("@opts.next", "@o.next")


def _hands_over(function: Function, call: Call) -> bool:
    """Another middleware decides: ``return requireAuth(req, res, next)``."""
    last = function.parameters[-1].name if len(function.parameters) > 1 else ""
    given = call.arguments[-1].sources if last in _NEXT and call.arguments and not is_callers(call.callee) else ()
    return [source.text for source in given if source.origin is Origin.PARAMETER] == [last]


def _fails(path: str, function: Function, call: Call) -> bool:
    """``next(new Refusal("who?"))``, or ``next(error)`` with what was caught, goes on to what answers errors, and not to what is guarded."""
    given = [argument for argument in call.arguments if argument.slot.startswith("0")]
    if path.endswith(".py") or not given or given[0].slot != "0" or given[0].text is not None:
        return False
    if len(given) > 1:
        return not _FIELDS_OF_ERROR.isdisjoint(argument.slot for argument in given)
    if any(each.new and each.span == given[0].span and not each.callee.endswith(_REQUESTS) for each in function.calls):
        return True
    made = given[0].sources[:1]
    if any(source.origin is Origin.CALL and _MAKES_ERROR.search(source.text) for source in made):
        return True
    return not given[0].sources or any(source.origin is not Origin.LITERAL and _ERROR.search(source.text) for source in given[0].sources)


def _is_for_errors(path: str, function: Function) -> bool:
    """Express calls middleware of four parameters where something has failed, and only there."""
    return not path.endswith(".py") and len(function.parameters) == _OF_ERRORS
