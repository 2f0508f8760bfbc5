"""Which paths a middleware lets through with nothing asked, as far as it decides that by constants: lists of pages, beginnings of paths, matchers."""

from collections.abc import Iterable, Iterator

from msgspec import structs

from batten.facts.calls import Argument, Call, ForPaths, Function, Guard, Origin, Result, is_of_path, paths_matched
from batten.link.asked_paths import by_path, never_run
from batten.link.callgraph import Code
from batten.link.guards import Guards, Protection
from batten.link.guards.protection import covers
from batten.regex import regex
from batten.text import Span

_DEEPEST = 4
# Middleware that calls more than this decides in more ways than are told apart.
_MOST_CALLS = 60
_REFUSALS = 300
# What hands a request on as it is.
_GOES_ON = regex(r"(?:^|/)next/server#NextResponse\.next$|^next-intl/|^@(?:resolve|call_next)$")
# Wrappers that hand the session to the function that they are given, and leave the rest to it.
_HANDS_ON = regex(r"^(?:next-auth|@auth/\w+)(?:/[\w/-]+)?#?(?:[\w.]*\.)?auth$")
_NEXT = "@next"
_SENDS_AWAY = regex(r"[#.]redirect(?:ToSignIn)?$")
_AUTHORIZED = regex(r"(?:^|\.)callbacks\.authorized$")
# Clerk's first middleware asks everywhere but on these paths.
_ASKS_EVERYWHERE = regex(r"^@clerk/nextjs(?:/server)?[#.]authMiddleware$")
# It runs what it is given before every request, and lets through what that lets through: https://clerk.com/docs/references/nextjs/clerk-middleware
_RUNS_ALWAYS = regex(r"^@clerk/nextjs/server[#.]clerkMiddleware$")
# https://next-auth.js.org/configuration/nextjs#middleware
_ASKS_FOR_TOKEN = regex(r"^next-auth/middleware[#.](?:withAuth|default)$")
_TOKEN = regex(r"@(?:\w+\.)?token(?:\.\w+)?")
_PUBLIC = frozenset({"0.publicRoutes", "0.ignoredRoutes"})


class MiddlewarePaths:
    """Asks middleware about paths; what can't be told is never let through."""

    def __init__(self, code: Code, guards: Guards) -> None:
        self._code = code
        self._guards = guards

    def runs_through(self, file: str, function: Function, path: str) -> bool:
        """Whether a function that stands before all routes lets a path through, whoever asks."""
        return self._by_function(file, function, path, _DEEPEST)

    def is_let_through(self, file: str, name: str, path: str) -> bool:
        """Whether the middleware of this name in a file lets a path through, whoever asks."""
        target = self._code.target(file, f"#{name}")
        if target.path is not None and target.function is not None and not target.rest:
            return self._by_function(target.path, target.function, path, _DEEPEST)
        binding = self._code.bindings(file).get(name)
        calls = binding.calls if binding is not None else ()
        return bool(calls) and self._by_wrapper(file, calls[0], path)

    def shown(self, file: str, function: Function, path: str) -> Protection:
        """What callers have shown who get past a function that stands before all routes, for a path."""
        return self._guards.shown_past(file, function, self._never(file, function, path))

    def past(self, file: str, name: str, path: str) -> Protection:
        """What callers have shown who get past the middleware of this name, for a path."""
        target = self._code.target(file, f"#{name}")
        if target.path is not None and target.function is not None and not target.rest:
            return self.past_function(target.path, target.function, path)
        binding = self._code.bindings(file).get(name)
        call = binding.calls[0] if binding is not None and len(binding.calls) == 1 else None
        if call is None or not _RUNS_ALWAYS.match(self._code.target(file, call.callee).name):
            return Protection.NONE
        functions = self._code.functions(file)
        inner = next((given for argument in call.arguments if argument.slot == "0" and (given := _given(argument, functions))), None)
        return max(self.past_function(file, inner, path), self._called(file, inner, path)) if inner is not None else Protection.NONE

    def past_function(self, file: str, function: Function, path: str, depth: int = _DEEPEST) -> Protection:
        """The same of a function: by tests that are made for every request of the path, and by what it hands on to."""
        never = self._never(file, function, path)
        tests = list(self._tests_of(file, function, path))
        found: list[Protection] = []
        for result in function.results:
            if _is_in(result.span.start, never) or _refuses(result):
                continue
            strengths = [self._guards.at(file, function, result.span.start)]
            strengths += [self._guards.of_test(file, function, test) for test in tests if covers(test.reach, result.span.start)]
            for target in (self._code.target(file, name) for name in result.names if depth and "#" in name):
                if target.path is not None and target.function is not None and not target.rest:
                    strengths.append(self.past_function(target.path, target.function, path, depth - 1))
            found.append(max(strengths))
        return min(found, default=Protection.NONE)

    def _called(self, file: str, function: Function, path: str) -> Protection:
        """What calls demand that every request of the path comes to: ``if (!isPublic(req)) await auth.protect()``."""
        never = self._never(file, function, path)
        parts = [part for part in by_path(self._code, file, function) if part.always_runs(path)]
        found = Protection.NONE
        for call in function.calls[:_MOST_CALLS]:
            tests = [guard for guard in function.guards if guard.rejects == "end" and call.span.start in guard.reach]
            around = [part for part in parts if part.alone and call.span.start in part.reach]
            earlier = [
                result for result in function.results if result.span.start < call.span.start and not _is_in(result.span.start, never)
            ]
            if call.reach is not None and len(tests) == len(around) and all(map(_refuses, earlier)):
                found = max(found, self._guards.demanded_by(file, function, call))
        if all(_is_in(result.span.start, never) or _refuses(result) for result in function.results):
            ends = [test for test in self._tests_of(file, function, path) if covers(test.reach, function.block.end)]
            found = max((found, *(self._guards.of_test(file, function, test) for test in ends)))
        return found

    def _tests_of(self, file: str, function: Function, path: str) -> Iterator[Guard]:
        """Tests that look at the path as well, as they are for this one: ``!user && !path.startsWith("/login")``, and those in a part that all its requests come to."""
        parts = by_path(self._code, file, function)
        for guard in function.guards:
            if guard.rejects == "end":
                continue
            own = [name for name in guard.names if not is_of_path(name)]
            refusal = Span(guard.place.span.end, guard.reach.start)
            inside = [part for part in parts if part.reach in refusal]
            around = [part for part in parts if guard.place.span in part.reach]
            tests = [
                name for other in function.guards if other.rejects == "end" and guard.place.span in other.reach for name in other.names
            ]
            told = len(inside) == len(guard.names) - len(own) and len(around) == len(tests) and all(map(is_of_path, tests))
            if own and (inside or around) and told and all(part.always_runs(path) for part in (*inside, *around)):
                reach = Span(guard.reach.start, function.block.end) if around else guard.reach
                yield structs.replace(guard, names=tuple(own), reach=reach)

    def asks_everybody(self, file: str, name: str) -> bool:
        """Whether the middleware of this name asks for a token on every path that it runs before: ``withAuth`` of NextAuth, with nothing of the app's own that decides by paths."""
        binding = self._code.bindings(file).get(name)
        call = binding.calls[0] if binding is not None and len(binding.calls) == 1 else None
        if call is None or not _ASKS_FOR_TOKEN.match(self._code.target(file, call.callee).name):
            return False
        functions = self._code.functions(file)
        given = [(argument.slot, _given(argument, functions)) for argument in call.arguments]
        decides = {function.name: function for slot, function in given if function is not None and _AUTHORIZED.search(slot)}
        others = [function for slot, function in given if slot.isdecimal() and function is not None and function.name not in decides]
        only_token = all(
            result.names and not result.constant and all(_TOKEN.fullmatch(each) for each in result.names) and not function.guards
            for function in decides.values()
            for result in function.results
        )
        return only_token and not others

    def turns_away(self, file: str, function: Function, path: str, depth: int = _DEEPEST) -> bool:
        """Whether a function, or one whose answer it gives, looks who calls, and somewhere refuses the path: whom is not told apart."""
        if depth == 0:
            return False
        never = self._never(file, function, path)
        live = [result for result in function.results if not _is_in(result.span.start, never)]
        if (_raises(function, never) or any(map(_refuses, live))) and self._looks_who_calls(file, function):
            return True
        targets = (self._code.target(file, name) for result in live for name in result.names if "#" in name)
        return any(
            target.path is not None
            and target.function is not None
            and not target.rest
            and self.turns_away(target.path, target.function, path, depth - 1)
            for target in targets
        )

    def _never(self, file: str, function: Function, path: str) -> list[Span]:
        return [each.reach for each in never_run(self._code, file, function, path)]

    def _looks_who_calls(self, file: str, function: Function) -> bool:
        return self._guards.finds_out(file, function) >= Protection.UNKNOWN or any(
            self._guards.identifies(file, function, name) for guard in function.guards for name in guard.names
        )

    def demanded_at(self, file: str, name: str, demanded: Protection, paths: Iterable[str]) -> Protection:
        """What middleware demands of those who ask for a path, where it looks at that; ``demanded``: what it does of all. A path may be seen whole, or from where a router is mounted."""
        target = self._code.target(file, name)
        if target.function is None or target.path is None or target.rest or demanded > Protection.UNKNOWN:
            return demanded
        if not by_path(self._code, target.path, target.function):
            return demanded
        if demanded is Protection.UNKNOWN:
            handed_on = all(self._hands_on(target.path, target.function, path) for path in paths)
            return Protection.NONE if handed_on else demanded
        turned_away = any(self.turns_away(target.path, target.function, path) for path in paths)
        return Protection.UNKNOWN if turned_away else demanded

    def _hands_on(self, file: str, function: Function, path: str) -> bool:
        """A request of the path comes to what the middleware stands before, whoever asks."""
        if not any(call.callee == _NEXT for call in function.calls):
            return self._by_function(file, function, path, _DEEPEST)
        if self.turns_away(file, function, path):
            return False
        never = self._never(file, function, path)
        asking = [
            guard.reach
            for guard in function.guards
            if _is_live(guard, never) and self._guards.of_test(file, function, guard) >= Protection.UNKNOWN
        ]
        asking += [
            call.reach
            for call in function.calls
            if call.reach is not None
            and not _is_in(call.span.start, never)
            and self._guards.demanded_by(file, function, call) >= Protection.UNKNOWN
        ]
        return any(
            not _is_in(call.span.start, never) and not any(covers(reach, call.span.start) for reach in asking)
            for call in function.calls
            if call.callee == _NEXT
        )

    def _by_wrapper(self, file: str, call: Call, path: str) -> bool:
        if _ASKS_EVERYWHERE.match(self._code.target(file, call.callee).name):
            return _is_listed(call, path)
        functions = self._code.functions(file)
        given: dict[str, Function] = {}
        authorized: Function | None = None
        for argument in call.arguments:
            function = _given(argument, functions)
            if function is not None and _AUTHORIZED.search(argument.slot):
                authorized = function
            elif function is not None and argument.slot.isdecimal():
                given[argument.slot] = function
        if authorized is not None:
            if not _always_says_yes(authorized, path):
                return False
            given = {slot: function for slot, function in given.items() if function is not authorized}
        elif not self._is_neutral(file, call, given):
            return False
        return all(self._by_function(file, function, path, _DEEPEST) for function in given.values())

    def _is_neutral(self, file: str, call: Call, given: dict[str, Function]) -> bool:
        """The wrapper asks for nothing by itself."""
        if not given:
            return False
        resolved = self._code.target(file, call.callee)
        return _HANDS_ON.match(resolved.name) is not None or self._guards.demands(file, call.callee) < Protection.UNKNOWN

    def _by_function(self, file: str, function: Function, path: str, depth: int) -> bool:
        """Nothing that runs for the path turns anybody away."""
        if depth == 0:
            return False
        never = self._never(file, function, path)

        if _raises(function, never):
            return False
        for result in function.results:
            if not result.empty and not _is_in(result.span.start, never):
                if result.status is not None:
                    if result.status >= _REFUSALS:
                        return False
                elif not result.names or not all(self._goes_on(file, name, path, depth) for name in result.names):
                    return False
        return all(self._passes(file, function, call, path, depth) for call in function.calls if not _is_in(call.span.start, never))

    def _goes_on(self, file: str, name: str, path: str, depth: int) -> bool:
        target = self._code.target(file, name)
        if target.path is None:
            return _GOES_ON.search(target.name) is not None or _GOES_ON.search(name) is not None
        return target.function is not None and not target.rest and self._by_function(target.path, target.function, path, depth - 1)

    def _passes(self, file: str, function: Function, call: Call, path: str, depth: int) -> bool:
        """A call comes back, whoever asks."""
        if self._guards.demanded_by(file, function, call) < Protection.UNKNOWN:
            return True
        target = self._code.target(file, call.callee)
        return (
            target.path is not None
            and target.function is not None
            and not target.rest
            and self._by_function(target.path, target.function, path, depth - 1)
        )


def _given(argument: Argument, functions: dict[str, Function]) -> Function | None:
    """The function that an argument is."""
    names = [argument.name, *(source.text for source in argument.sources)]
    return next((functions[name[1:]] for name in names if name is not None and name.startswith("#") and name[1:] in functions), None)


def _raises(function: Function, never: list[Span]) -> bool:
    """A test raises where some request of the path comes."""
    return any(guard.rejects == "raise" and _is_live(guard, never) for guard in function.guards)


def _is_live(guard: Guard, never: list[Span]) -> bool:
    """A test is made for some request of the path, and may refuse it: it may ask for the path itself, and what it refuses is in a part that never runs."""
    refusal = Span(guard.place.span.end, guard.reach.start)
    return not _is_in(guard.place.span.start, never) and (guard.rejects == "end" or not any(reach in refusal for reach in never))


def _is_in(at: int, ranges: Iterable[Span]) -> bool:
    return any(reach.start <= at <= reach.end for reach in ranges)


def _refuses(result: Result) -> bool:
    return (result.status is not None and result.status >= _REFUSALS) or any(_SENDS_AWAY.search(name) for name in result.names)


def _is_listed(call: Call, path: str) -> bool:
    """A middleware that asks everywhere else is given the path as a public one, and nothing else decides."""
    slots = {argument.slot for argument in call.arguments}
    if slots & {"0.afterAuth", "0.beforeAuth"}:
        return False
    texts = [
        source.text
        for argument in call.arguments
        if argument.slot in _PUBLIC
        for source in argument.sources
        if source.origin is Origin.LITERAL
    ]
    public = tuple(named for text in texts for named in paths_matched(text))
    return bool(public) and ForPaths(public, call.span, for_them=False).never_runs(path)


def _always_says_yes(authorized: Function, path: str) -> bool:
    never = [each.reach for each in authorized.by_path if each.never_runs(path)]
    said = [result for result in authorized.results if not _is_in(result.span.start, never)]
    return bool(said) and all(result.constant for result in said)
