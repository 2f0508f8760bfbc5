"""All that routes do, whoever may come to it, and everything on the way that may ask who calls; only asked for by those who show that."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import cast

from msgspec import structs

from batten.facts.calls import Function, is_callers
from batten.facts.routes import EffectKind, RouteAuth
from batten.facts.surface import Deed, Reach, Sighting
from batten.facts.vocabulary import Meaning, Row, Vocabulary, canonical
from batten.link.callgraph import Code
from batten.link.effects import Effects, Reached
from batten.link.guards import Guards, Protection, Seen
from batten.link.route_facts import AUTH, RUNNING, Surroundings
from batten.link.routes import Standing, called
from batten.regex import regex
from batten.text import Place, Span

_SURE = {
    Protection.IDENTITY: "it verifies who calls, and lets nobody else through",
    Protection.SIGNED: "it verifies a signature",
    Protection.SECRET: "it compares a secret that only callers with a right know",
    Protection.DATABASE: "the database's policies decide",
    Protection.OPTIONAL: "it finds out who calls, and lets everybody else through as well",
    Protection.SESSION: "it believes the cookie, which callers write themselves",
    Protection.PRESENCE: "it only looks whether a credential is there, and verifies nothing",
}
_CLASS_CALLS = (".__call__", ".dispatch", ".canActivate", ".use")
# What a parameter of a function without a name is called by.
_UNNAMED = regex(r"^@+(?:\d+\.)?")
_READS = frozenset({EffectKind.DATABASE_READ, EffectKind.FILE_READ})
_CHANGES = frozenset({EffectKind.DATABASE_WRITE, EffectKind.DATABASE_DELETE})
_MEANS = {
    Meaning.IDENTITY: "it gives who calls",
    Meaning.IDENTITY_RAISES: "it leaves where nobody is signed in",
    Meaning.GUARD_WRAPPER: "it lets only the signed-in through",
    Meaning.SIGNATURE: "it verifies a signature",
    Meaning.SECRET_COMPARE: "it compares a secret",
    Meaning.PRESENCE: "it only gives what the caller sent",
    Meaning.UNVERIFIED_SESSION: "it gives the account of a cookie that nobody verifies",
    Meaning.NOT_A_GUARD: "it guards nothing",
}


class Surface:
    """What is asked about routes further."""

    def __init__(self, code: Code, guards: Guards, effects: Effects, vocabulary: Vocabulary, around: Surroundings) -> None:
        self._code = code
        self._guards = guards
        self._effects = effects
        self._vocabulary = vocabulary
        self._around = around

    def of(self, standings: Iterable[Standing]) -> tuple[Reach, ...]:
        """Everything of each route, in their order."""
        return tuple(self._of_route(each) for each in standings)

    def _of_route(self, standing: Standing) -> Reach:
        deeds = tuple(self._deeds(standing))
        guards = (*self._outer(standing), *self._gates(standing), *self._inner(standing, deeds))
        unique: dict[tuple[str, str, str], Sighting] = {}
        for each in guards:
            unique.setdefault((each.name, each.why, each.place.path), each)
        return Reach(standing.route.key, deeds, tuple(unique.values()))

    # --- what it does ---

    def _deeds(self, standing: Standing) -> Iterator[Deed]:
        reached: list[Reached] = []
        if standing.view is not None:
            reached += standing.view.reached(self._effects)
        else:
            for path, function in standing.runs:
                shown = self._guards.answered(path, function)
                reached += (
                    each._replace(protection=max(each.protection, shown)) if each.kind in _READS else each
                    for each in self._effects.of(path, function, handler=True, method=standing.route.method)
                )
        if not standing.runs and standing.view is None:
            known = standing.route.effects
            yield from (Deed(e.kind, e.place, e.callee, e.detail, bool(e.controlled), False, standing.route.auth, e.trail) for e in known)
        changed = {(each.place.path, each.place.span.start, each.detail) for each in reached if each.kind in _CHANGES}
        reached = [
            each
            for each in reached
            if each.kind is not EffectKind.DATABASE_READ or (each.place.path, each.place.span.start, each.detail) not in changed
        ]
        if any(each.detail for each in reached if each.kind in _CHANGES):
            reached = [each for each in reached if each.detail or not each.callee.endswith(".commit")]  # what is kept has been told
        for each in sorted(reached, key=lambda each: (max(each.protection, standing.chain), len(each.trail), each.place)):
            auth = AUTH[max(each.protection, standing.chain)]
            yield Deed(each.kind, each.place, each.callee, each.detail, each.controlled, each.admin, auth, each.trail)

    # --- what stands before it ---

    def _outer(self, standing: Standing) -> Iterator[Sighting]:
        """Middleware and hooks that run by the name of their file."""
        route, middleware = standing.route, self._around.middleware
        path = (
            middleware.files.get(route.package)
            if route.framework == "next"
            else self._around.hooks.files.get((route.framework, route.package))
        )
        if path is None:
            return
        name, place = path.rpartition("/")[2], Place(path, Span(0, 0))
        if route.framework == "next" and not middleware.runs_before(route.package, route.path):
            yield Sighting(name, place, counts=False, why="its matcher leaves this path out")
        elif standing.outer is Protection.SESSION:
            yield Sighting(name, place, counts=False, why=_SURE[Protection.SESSION])
        elif standing.outer >= Protection.UNKNOWN:
            yield Sighting(
                name, place, counts=None, why="it turns callers away, and looks at paths of its own: whether at this one can't be told"
            )
        else:
            yield Sighting(name, place, counts=False, why="nothing in it turns strangers away")

    def _gates(self, standing: Standing) -> Iterator[Sighting]:
        """Decorators, dependencies, wrappers and middleware of routers, outermost first."""
        before = list(standing.before)
        if standing.view is not None:
            before += [(path, each.callee, each.span) for path, function in standing.runs for each in function.wrappers]
        best = Protection.NONE
        for path, name, span in before:
            strength = self._guards.demands(path, name, span)
            if standing.route.framework == "nestjs":
                strength = min(strength, standing.outer)
            best = max(best, strength)
            if strength is Protection.NONE and name.startswith("alias:") and self._row(path, name) is None:
                continue  # the type of a parameter
            yield self._gate(path, name, Place(path, span), strength)
        for entry in standing.passed_over() if best <= Protection.UNKNOWN else ():
            if self._guards.demands(entry.path, entry.name, entry.span) > Protection.UNKNOWN:
                why = (
                    "it is registered after this route, so it does not run before it"
                    if entry.late
                    else "it is for other addresses than this one"
                )
                call = self._call(entry.path, entry.name)
                yield Sighting(_called(entry.name), Place(entry.path, entry.span), counts=False, why=why, call=call)
        if best < standing.chain and standing.chain is not standing.outer:
            why = _SURE.get(standing.chain, "something that can't be read here stands before it")
            counts = None if standing.chain is Protection.UNKNOWN else standing.chain > Protection.UNKNOWN
            of_class = standing.view is not None or standing.route.framework == "nestjs"
            name = "permissions of the class or the settings" if of_class or counts else "what answers there"
            yield Sighting(name, standing.route.place, counts, standing.route.reason if standing.route.reason == RUNNING else why)

    def _gate(self, path: str, name: str, place: Place, strength: Protection) -> Sighting:
        return structs.replace(self._gate_seen(path, name, place, strength), call=self._call(path, name))

    def _call(self, path: str, name: str) -> str:
        """How a row of the configuration names it."""
        if is_callers(name):
            return ""
        target = self._code.target(path, name.removeprefix("alias:"))
        return canonical(target.name) if target.path is None else f"{target.path}#{target.name}"

    def _gate_seen(self, path: str, name: str, place: Place, strength: Protection) -> Sighting:
        shown, row = self._own(path, name), self._row(path, name)
        told = row.pack if row is not None else ""
        if row is not None and row.pack == "configuration":
            return Sighting(shown, place, _counts(strength), f"the configuration says that {_MEANS.get(row.means, row.means.value)}", told)
        if strength in _SURE:
            return Sighting(shown, place, _counts(strength), _SURE[strength], told)
        target = self._code.target(path, name.removeprefix("alias:"))
        if strength is Protection.UNKNOWN:
            if target.function is None:
                return Sighting(shown, place, None, "its code is not here, so whether it keeps strangers out can't be told", told)
            return Sighting(shown, place, None, "on some ways it turns callers away; on which ones can't be told", told)
        if row is not None:
            return Sighting(shown, place, counts=False, why=_MEANS.get(row.means, "it guards nothing"), vocabulary=told)
        if target.function is not None and target.path is not None:
            if self._guards.finds_out(target.path, target.function) >= Protection.UNKNOWN:
                return Sighting(shown, place, counts=False, why="it asks who calls, and goes on whatever the answer is")
            return Sighting(shown, place, counts=False, why="nothing in it asks who calls")
        return Sighting(shown, place, counts=False, why="it is not known to ask who calls")

    def _row(self, path: str, name: str) -> Row | None:
        """What the vocabulary says of a name or what it is a property of, of the app's own functions as of others."""
        target = self._code.target(path, name.removeprefix("alias:"))
        if target.path is not None:
            return self._told(f"{target.path}#{target.name}")
        step, dot = target.name, "."
        while dot and step:
            row = self._told(step)
            if row is not None:
                return row
            step, dot, _ = step.rpartition(".")
        return None

    def _told(self, name: str) -> Row | None:
        return next((row for row in self._vocabulary.calls.lookup(name) if row.means in _MEANS), None)

    def _shown(self, path: str, name: str) -> str:
        """A name as people write it, without the fields that are taken of what it gives."""
        shown = name
        while not is_callers(shown) and "." in shown.rpartition("#")[2] and self._row(path, head := shown.rpartition(".")[0]) is not None:
            shown = head
        return _UNNAMED.sub("", shown) if is_callers(shown) else self._own(path, shown)

    def _own(self, path: str, name: str) -> str:
        """A function of the app's own goes by its own name, wherever it is written."""
        target = self._code.target(path, name.removeprefix("alias:"))
        inside = target.path is not None and target.function is not None and not target.rest
        return target.name.rpartition(".")[2] if inside and not target.name.endswith(_CLASS_CALLS) else _called(name)

    # --- what it asks itself ---

    def _inner(self, standing: Standing, deeds: Sequence[Deed]) -> Iterator[Sighting]:
        seen_at: set[Place] = set()
        for handler_path, handler in standing.runs:
            for path, function in self._effects.through(handler_path, handler):
                for seen in self._seen(path, function, function is handler):
                    if seen.place not in seen_at:
                        seen_at.add(seen.place)
                        yield self._test(path, function, seen, deeds)

    def _seen(self, path: str, function: Function, handler: bool) -> list[Seen]:
        question = ("seen", path, function.name, handler)
        return cast("list[Seen]", self._code.memo.once(question, self._guards.seen, path, function, handler))

    def _test(self, path: str, function: Function, seen: Seen, deeds: Sequence[Deed]) -> Sighting:
        call = next((call for name in seen.names if (call := self._call(path, name))), "")
        return structs.replace(self._test_seen(path, function, seen, deeds), call=call)

    def _test_seen(self, path: str, function: Function, seen: Seen, deeds: Sequence[Deed]) -> Sighting:
        names = dict.fromkeys(self._shown(path, name) for name in seen.names)
        shown = "a comparison with a secret" if seen.way == "secret" and not names else ", ".join(names) or "a test"
        row = next((found for name in seen.names if (found := self._row(path, name)) is not None), None)
        told = row.pack if row is not None else ""
        if seen.way == "untested":
            return Sighting(shown, seen.place, counts=False, why="it tells who calls, and its answer is not tested here", vocabulary=told)
        if seen.strength is Protection.NONE:
            return Sighting(shown, seen.place, counts=False, why="what is tested says nothing about who calls", vocabulary=told)
        sure = seen.strength > Protection.UNKNOWN
        beside = next((deed for deed in deeds if sure and self._is_beside(path, function, seen, deed)), None)
        if beside is not None:
            why = f"`{beside.callee.rpartition('/')[2]}` runs before it, beside it or where it fails"
            return Sighting(shown, seen.place, counts=False, why=why, vocabulary=told)
        if told == "configuration" and row is not None:
            return Sighting(shown, seen.place, _counts(seen.strength), f"the configuration says that {_MEANS[row.means]}", told)
        if seen.strength is Protection.UNKNOWN:
            return Sighting(shown, seen.place, None, "whether what is tested says who calls can't be told", told)
        return Sighting(shown, seen.place, _counts(seen.strength), _SURE[seen.strength], told)

    def _is_beside(self, path: str, function: Function, seen: Seen, deed: Deed) -> bool:
        """A deed that strangers come to lies on no way through the test."""
        if deed.auth not in (RouteAuth.UNAUTHENTICATED, RouteAuth.PRESENCE):
            return False
        steps = [step.place for step in deed.trail if step.place.path == path] or [deed.place]
        here = [place for place in steps if place.path == path and place.span in function.block]
        return bool(here) and not any(seen.reach.start <= place.span.start <= seen.reach.end for place in here)


def _counts(strength: Protection) -> bool | None:
    return None if strength is Protection.UNKNOWN else strength > Protection.UNKNOWN


def _called(name: str) -> str:
    """As it is called where it stands; what a module has for its default goes by the module's name: ``express.json``."""
    shown, module = called(name), name.removeprefix("alias:").rpartition("#")[0].rpartition("/")[2]
    return f"{module}{shown.removeprefix('default')}" if module and re.match(r"default(?:\.|$)", shown) else shown
