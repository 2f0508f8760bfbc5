"""Where the server believes the session of a cookie that nobody has verified, and what lies behind it."""

from collections.abc import Callable, Iterable

from batten.facts.access import Session
from batten.facts.calls import Function
from batten.facts.routes import Effect, EffectKind, Route, RouteAuth
from batten.facts.vocabulary import Meaning, Vocabulary
from batten.finding import Step
from batten.link.callgraph import Code
from batten.link.next_middleware import NextMiddleware
from batten.text import Place

_DEEPEST = 4
_MOST = 60
_MOST_NAMES = 3
_HARMLESS = frozenset({EffectKind.LOCAL_MODEL_CALL})


def session_read(code: Code, vocabulary: Vocabulary, path: str, function: Function) -> Place | None:
    """The nearest call, in a function or in what it calls, that gives a session nobody has verified."""
    queue = [(path, inner, 0) for inner in (function, *code.inner(path, function.name))]
    seen = {(at, inner.name) for at, inner, _ in queue}
    for at, inner, depth in queue:
        for call in inner.calls:
            target = code.target(at, call.callee)
            if target.path is None:
                if any(row.means is Meaning.UNVERIFIED_SESSION for row in vocabulary.calls.lookup(target.name)):
                    return Place(at, call.span)
            elif (
                target.function is not None and depth < _DEEPEST and len(queue) < _MOST and (target.path, target.function.name) not in seen
            ):
                seen.add((target.path, target.function.name))
                queue.append((target.path, target.function, depth + 1))
    return None


def sessions(
    routes: Iterable[Route], middleware: NextMiddleware, code: Code, vocabulary: Vocabulary, path_class: Callable[[str], str]
) -> tuple[Session, ...]:
    """One fact for each place that is believed, by place, with the routes that it lets callers into."""
    behind: dict[Place, list[Route]] = {}
    packages: dict[Place, str] = {}
    for route in routes:
        if route.auth is RouteAuth.SESSION:
            place = route.session or route.place
            behind.setdefault(place, []).append(route)
            packages.setdefault(place, route.package)
    before: set[Place] = set()
    for package, functions in middleware.trusting.items():
        found = (session_read(code, vocabulary, path, function) for path, function in functions)
        stands = next((place for place in found if place is not None), None)
        if stands is not None:
            before.add(stands)
            behind.setdefault(stands, [])
            packages.setdefault(stands, package)
    return tuple(
        _session(place, found, packages[place], place in before, path_class(place.path))
        for place, found in sorted(behind.items(), key=lambda pair: pair[0])
    )


def _session(place: Place, behind: list[Route], package: str, middleware: bool, path_class: str) -> Session:
    names = tuple(dict.fromkeys(route.title for route in behind))
    acting = [(route, effect) for route in behind for effect in route.effects if effect.kind not in _HARMLESS]
    shown = [f"`{name}`" for name in names[:_MOST_NAMES]] or ["the pages behind the middleware"]
    if len(names) > _MOST_NAMES:
        shown.append(f"{len(names) - _MOST_NAMES} more")
    return Session(
        place=place,
        package=package,
        names=names,
        names_shown=shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}",
        middleware=middleware,
        acts=bool(acting),
        path_class=path_class,
        key=f"{package}|session|{place.path}|{names[0] if names else 'middleware'}",
        subject=f"session|{place.path}|{names[0] if names else 'middleware'}",
        trail=(Step(place, "the session of the cookie is read here, and nobody verifies it"), *_story(acting)),
    )


def _story(acting: list[tuple[Route, Effect]]) -> tuple[Step, ...]:
    if not acting:
        return ()
    route, effect = acting[0]
    return (Step(route.place, f"{route.title} lets in whoever has such a cookie"), *effect.trail)
