"""Whether a route may ask more of a caller than an account: a role, a right, to be one of a list. It says no only where each check on the way can be read."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

from batten.facts.calls import GIVES, Argument, Call, Function, Guard, Origin, is_callers, simple_name
from batten.facts.routes import Route
from batten.link.callgraph import Code, Target
from batten.link.for_few import FEW, OF_CLIENTS, is_of_everybody, is_right, speak, speaks_of_rights
from batten.link.guards import Guards, Protection, sounds_like_a_check
from batten.link.hooks import Hooks
from batten.link.next_middleware import NextMiddleware
from batten.link.open_roles import NOTHING, Offered, OpenRoles
from batten.link.ownership import Ownership
from batten.link.rights_tested import RightsTested
from batten.link.route_marks import USES_GUARDS, RouteMarks
from batten.link.routes import Standing, called
from batten.link.slowing import only_slows
from batten.link.unheard import bodies_that_run, loses_some
from batten.link.vouched import mentioned
from batten.regex import regex
from batten.text import Span

_DEEPEST = 3
# What a gate of the app's own may be told to ask for, and how callers are known.
_ROLE = regex(r"[A-Za-z][\w:.-]*")
_STRATEGY = regex(r"jwt|bearer|local|basic|session|cookie|token|optional|required|true|false|none|null|undefined", re.IGNORECASE)
_NAMES_OF_REST = regex(r"rest_framework\.permissions\.IsAuthenticated$|\bIsAuthenticated$|\bAllowAny$|IsAuthenticatedOrReadOnly$")
_PERMISSIONS = "rest_framework.decorators.permission_classes"

_OF_MODELS = regex(r"(?:^|[.#])(?:\w*[bB]ase|\w*Model|Document)$")
# Which row a request is about.
_SENT = regex(r"@\w+\.(?:req\.)?(?:params|body|query|param)(?:\.|$)")


class Rights:
    """What routes may ask beyond an account."""

    def __init__(self, code: Code, guards: Guards, ownership: Ownership, middleware: NextMiddleware, hooks: Hooks) -> None:
        self._code = code
        self._guards = guards
        self._ownership = ownership
        self._middleware = middleware
        self._hooks = hooks
        self._marks = RouteMarks(code)
        self._tested = RightsTested(code, guards, ownership, self._marks)

    def may_be_asked(self, standing: Standing) -> bool:
        """Something before the handler or in it asks for more than an account, or can't be read."""
        return (
            self._in_front(standing.route)
            or (standing.view is not None and standing.view.more)
            or any(self._of_gate(path, name, within) for path, name, within in self._marks.asking(standing.before, standing.runs))
            or any(self._is_marked(standing, path, function) or self._of_handler(path, function) for path, function in standing.runs)
        )

    def is_marked(self, standing: Standing) -> bool:
        """Decorators of the handler, or of the class that it is a method of, speak of rights."""
        return any(self._is_marked(standing, path, function) for path, function in standing.runs)

    def _is_marked(self, standing: Standing, path: str, function: Function) -> bool:
        """So they do; what a class is marked with is nothing to guards that look at its methods alone."""
        lost = len(self._marks.asking(standing.before, standing.runs)) < len(standing.before)
        return self._of_class(path, function, lost=lost)

    def opened(self, standings: Iterable[Standing]) -> Callable[[Route], tuple[Offered, frozenset[str]]]:
        """The roles of an app that are no rights, with the checks before a route that ask for nothing but one of these."""
        standings = tuple(standings)
        before = {(each.route.place, each.route.title): each.before for each in standings}
        roles = OpenRoles(self._code, standings)

        def found(route: Route) -> tuple[Offered, frozenset[str]]:
            offered = roles.of(route.package)
            gates = before.get((route.place, route.title), ()) if offered != NOTHING else ()
            return offered, frozenset(simple_name(name) for path, name, within in gates if self._is_open(path, name, within, offered))

        return found

    def _is_open(self, path: str, name: str, within: Span | None, offered: Offered) -> bool:
        """A check asks for a role that people choose as they sign up, by its name, by what it is told, or by what it tests."""
        name = name.removeprefix(GIVES)
        given = [source for each in self._given(path, name, within) for source in each.sources]
        told = (source.text for source in given if source.origin is Origin.LITERAL or "#" in source.text)
        if offered.is_named(name) or any(map(offered.is_role, told)):
            return True
        target = self._code.target(path, name)
        if target.function is None or target.path is None or target.rest:
            return False
        bodies = bodies_that_run(self._code, target.path, target.function)
        asked = [guard for body in bodies for guard in body.guards if guard.roles]
        return bool(asked) and all(map(offered.passes, asked))

    def told_to_ask(
        self, standings: Iterable[Standing], opened: Callable[[Route], tuple[Offered, frozenset[str]]]
    ) -> Callable[[Route], bool]:
        """Whether something that stands before a route is told, where it is put there, to ask for more than an account: ``auth(["admin"])``.

        ``opened`` as ``opened`` gives it: what asks for a role that everybody may have asks for no more.
        """
        before = {(each.route.place, each.route.title): self._marks.asking(each.before, each.runs) for each in standings}

        def is_told(path: str, name: str, within: Span | None) -> bool:
            if self._compares_sent(path, name):
                return True
            given = [source for each in self._given(path, name, within) if each.slot.isdigit() for source in each.sources]
            if any(is_of_everybody(each.rpartition(".")[2]) for each in (name, *(source.text for source in given))):
                return False
            if self._is_called_so(path, name) or self._refuses_many(path, name):
                return True
            if self._guards.demands(path, name, within) <= Protection.UNKNOWN:
                return False
            words = [source.text for source in given if source.origin is Origin.LITERAL]
            target = self._code.target(path, name)
            own = target.function is not None and not only_slows(self._code, target)
            return any(speaks_of_rights(word) or (own and _ROLE.fullmatch(word) and not _STRATEGY.fullmatch(word)) for word in words)

        def asks(route: Route) -> bool:
            open_checks = opened(route)[1]
            gates = before.get((route.place, route.title), ())
            return any(is_told(path, name, within) for path, name, within in gates if simple_name(name) not in open_checks)

        return asks

    def _is_called_so(self, path: str, name: str) -> bool:
        """A gate is called like one that asks for more than an account; where its code is one of the app's functions, that does so, or looks at what was sent."""
        if not (is_right(name) or is_right(called(name))):
            return False
        target = self._code.target(path, name.removeprefix(GIVES))
        if target.function is None or target.path is None or target.rest or target.path.endswith(".py"):
            return True
        if self._of_check(target.path, target.function, _DEEPEST):
            return True
        bodies = bodies_that_run(self._code, target.path, target.function)
        return any(_SENT.match(each) for body in bodies for each in mentioned(body))

    def _refuses_many(self, path: str, name: str) -> bool:
        """Whatever it is called, one of the app's own functions leaves where the caller is not marked as one of a few: ``if (!req.user.isAdmin) return``."""
        target = self._code.target(path, name.removeprefix(GIVES))
        if target.function is None or target.path is None or target.rest:
            return False
        if target.path.endswith(".py") and any(
            any(map(_is_of_few, guard.roles))
            for body in bodies_that_run(self._code, target.path, target.function)
            for guard in body.guards
            if guard.rejects in ("return", "raise") and not guard.inverted
        ):
            return True  # ``if session.get("role") != "seller": return redirect("/")``
        asked = [
            name for guard in target.function.guards if guard.rejects in ("return", "raise") and not guard.inverted for name in guard.names
        ]
        return any(FEW.search(name) and self._tested.is_who(target.path, target.function, name) for name in asked)

    def _compares_sent(self, path: str, name: str) -> bool:
        """One of the app's own functions refuses those who are not whom the request names: ``req.user.id !== Number(req.params.id)``."""
        target = self._code.target(path, name.removeprefix(GIVES))
        if target.function is None or target.path is None or target.rest or target.path.endswith(".py"):
            return False
        bodies = bodies_that_run(self._code, target.path, target.function)
        return any(self._is_about_sent(target.path, body, guard) for body in bodies for guard in body.guards)

    def _is_about_sent(self, path: str, function: Function, guard: Guard) -> bool:
        others = [name for name in guard.names if not self._tested.is_who(path, function, name)]
        compared = len(others) < len(guard.names) and any(_SENT.match(name) for name in others)
        return compared or self._ownership.values.asks_of_both(path, function, guard, _SENT)

    # --- what stands before it ---

    def _in_front(self, route: Route) -> bool:
        """The middleware of the app tests for more than an account: for which paths is not told apart."""
        if route.framework == "next":
            path = self._middleware.files.get(route.package) if self._middleware.runs_before(route.package, route.path) else None
        else:
            path = self._hooks.files.get((route.framework, route.package))
        return path is not None and any(self._tested.tests(path, function, whole=False) for function in self._code.functions(path).values())

    def _of_gate(self, path: str, name: str, within: Span | None, depth: int = _DEEPEST) -> bool:
        """A decorator, dependency, wrapper or middleware; an annotation is one by what it depends on."""
        if name.startswith("alias:"):
            home = self._code.home(path, name.removeprefix("alias:"))
            binding = self._code.bindings(home[0]).get(home[1]) if home is not None else None
            calls = binding.calls if binding is not None and not binding.is_class else ()
            return home is not None and any(self._of_gate(home[0], each, None, depth - 1) for each in _handed_over(calls) if depth > 1)
        name = name.removeprefix(GIVES)
        target = self._code.target(path, name)
        given = self._given(path, name, within)
        if target.path is None:
            found = self._guards.demands(path, name, within)
            if found <= Protection.UNKNOWN:
                return found is Protection.UNKNOWN or speaks_of_rights(target.name.rpartition("/")[2])
            made = self._made_with(path, name)
            return any(speaks_of_rights(each) for each in (target.name.rpartition(".")[2], called(name))) or speak((*given, *made))
        if target.function is not None and not target.rest and loses_some(self._code, target.path, target.function):
            return self._of_target(target, depth)  # whatever it is called
        if speaks_of_rights(target.name.rpartition(".")[2]) or speak(given):
            return True
        if target.function is not None and any(each.text is not None and not each.text.isdigit() for each in given):
            return not only_slows(self._code, target) or self._of_target(target, depth)
        return self._of_target(target, depth)

    def _of_target(self, target: Target, depth: int) -> bool:
        if target.path is None or depth <= 0:
            return True
        self._code.memo.look(target.path)
        if target.function is not None:
            return self._of_check(target.path, target.function, depth)
        functions = [each for name, each in self._code.functions(target.path).items() if name.startswith(f"{target.name}.")]
        calls = target.binding.calls if target.binding is not None else ()
        # ``class JwtGuard extends AuthGuard("jwt") {}`` asks what its base asks.
        bases = target.binding.bases if target.binding is not None and not target.path.endswith(".py") else ()
        if not functions and not calls and not bases:
            return True
        return (
            any(self._of_gate(target.path, base, None, depth - 1) for base in bases)
            or any(self._of_check(target.path, each, depth) for each in functions)
            or any(speaks_of_rights(call.callee) or speak(call.arguments) for call in calls)
            or any(self._of_gate(target.path, name, None, depth - 1) for name in _handed_over(calls) if name != f"#{target.name}")
        )

    def _given(self, path: str, name: str, within: Span | None) -> tuple[Argument, ...]:
        """What a gate is made with where it is put to use."""
        if within is None:
            return ()
        for function in self._code.functions(path).values():
            for call in chain(function.wrappers, function.calls, *(parameter.calls for parameter in function.parameters)):
                if call.callee == name and (call.span in within or within in call.span):
                    return tuple(each for each in call.arguments if each.name is None)
        return ()

    def _made_with(self, path: str, name: str) -> tuple[Argument, ...]:
        """What a library was told to ask for where it made a gate that has a name: ``boss = users.current_user(superuser=True)``."""
        home = self._code.home(path, name)
        binding = self._code.bindings(home[0]).get(home[1]) if home is not None else None
        made = binding.calls[:1] if binding is not None and not binding.is_class else ()
        return tuple(each for call in made for each in call.arguments if each.text != "false")

    def _of_class(self, path: str, function: Function, *, lost: bool) -> bool:
        """The decorators of a handler, and of the class that it is a method of; ``lost``: but for the metadata of that."""
        found: bool = self._code.memo.once(("rights of a class", path, function.name, lost), self._find_of_class, path, function, lost)
        return found

    def _find_of_class(self, path: str, function: Function, lost: bool) -> bool:
        self._code.memo.look(path)
        owner = self._code.bindings(path).get(function.name.rpartition(".")[0])
        above = owner.decorators if owner is not None and owner.is_class else ()
        if lost:
            above = tuple(mark for mark in above if not self._marks.sets(path, mark))
        for mark in (*function.wrappers, *above):
            if lost and mark.callee == USES_GUARDS:
                continue  # each of them is looked at where it stands
            name = self._code.target(path, mark.callee).name
            if name == _PERMISSIONS:
                if not all(_NAMES_OF_REST.search(source.text) for each in mark.arguments for source in each.sources):
                    return True
            elif (
                speaks_of_rights(mark.callee.rpartition("#")[2])
                or speak(each for each in mark.arguments if each.slot != "0" or not each.text)
                or (path.endswith(".py") and self._of_own(path, mark))
            ):
                return True
        return False

    def _of_own(self, path: str, mark: Call) -> bool:
        """A decorator is one of the app's own functions, and asks for more than an account whatever it is called: ``@teacher_only``."""
        target = self._code.target(path, mark.callee)
        own = target.function is not None and target.path is not None and not target.rest
        return own and self._of_target(target, _DEEPEST)

    # --- what functions test ---

    def _of_check(self, path: str, function: Function, depth: int) -> bool:
        """A function that lets callers through, or finds out who they are."""
        question = ("rights of a check", path, function.name, depth)
        found: bool = self._code.memo.once(question, self._find_of_check, path, function, depth)
        return found

    def _find_of_check(self, path: str, function: Function, depth: int) -> bool:
        self._code.memo.look(path)
        bodies = bodies_that_run(self._code, path, function)
        if any(self._tested.tests(path, inner, whole=False) for inner in bodies):
            return True
        if not path.endswith(".py") and any(self._is_about_sent(path, inner, guard) for inner in bodies for guard in inner.guards):
            return True
        for inner in bodies:
            for parameter in inner.parameters:
                for call in parameter.calls:
                    wanted = [source.text for each in call.arguments[:1] for source in each.sources[:1] if "#" in source.text]
                    if speak(call.arguments[1:]) or any(self._of_gate(path, name, None, depth - 1) for name in wanted):
                        return True
            for call in inner.calls:
                target = self._code.target(path, call.callee) if "#" in call.callee else None
                written = call.callee.startswith(f"#{function.name}.@")  # it is among the bodies, if it runs
                if target is None or target.path is None or written or (target.path == path and target.function in bodies):
                    continue
                if target.function is None and target.binding is not None:
                    continue  # a step on a client of something
                if speaks_of_rights(target.name) or (not target.known and sounds_like_a_check(target.name)):
                    return True
                if target.function is not None and depth > 1 and self._of_check(target.path, target.function, depth - 1):
                    return True
        return False

    def _of_handler(self, path: str, function: Function) -> bool:
        found: bool = self._code.memo.once(("rights of a handler", path, function.name), self._find_of_handler, path, function)
        return found

    def _find_of_handler(self, path: str, function: Function) -> bool:
        self._code.memo.look(path)
        bodies = (function, *self._code.inner(path, function.name))
        for inner in bodies:
            if self._tested.tests(path, inner, whole=True):
                return True
            for call in inner.calls:
                if self._may_judge(path, inner, call, bodies):
                    return True
        return False

    def _may_judge(self, path: str, function: Function, call: Call, bodies: Sequence[Function]) -> bool:
        """A call of a handler that may look at what the caller may do: by its name, or as it is handed the caller."""
        if is_callers(call.callee):
            return False
        target = self._code.target(path, call.callee)
        last = target.name.rpartition(".")[2]
        if target.path is None:
            found = self._guards.demanded_by(path, function, call)
            return found is Protection.UNKNOWN or (found > Protection.UNKNOWN and speak(call.arguments))
        if target.function in bodies or any(_OF_MODELS.search(base) for base in (target.binding.bases if target.binding else ())):
            return False  # it is written there, or makes a row
        if self._guards.is_check(path, function, call) and target.function is not None:
            return speaks_of_rights(last) or self._of_check(target.path, target.function, _DEEPEST)
        plain = OF_CLIENTS.sub("", last)  # what makes a client of the administration asks nobody
        if sounds_like_a_check(plain) and is_right(plain):
            return True
        if not any(self._ownership.values.is_own(path, function, each, classes=False) for each in call.arguments):
            return False
        return target.function is None or target.rest != "" or self._of_check(target.path, target.function, 2)


def _is_of_few(role: str) -> bool:
    return not is_of_everybody(role.rpartition("#")[2].rpartition(".")[2])


def _handed_over(calls: Iterable[Call]) -> Iterator[str]:
    for call in calls:
        for each in call.arguments:
            name = each.name or next((source.text for source in each.sources if "#" in source.text), None)
            if name is not None:
                yield name
