"""Every route of the app: its full path, who guards it, and what a stranger reaches through it."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NamedTuple

from msgspec import structs

from batten.extract.fastapi import parameter_dependencies
from batten.facts.calls import GIVES, Function, Origin
from batten.facts.project import FileFacts
from batten.facts.routes import ANYWHERE, COMPUTED, IF_THERE, MOUNTED, PROXY, EffectKind, Endpoint, Route, RouteAuth, RouteKind
from batten.link import nestjs
from batten.link.addresses import is_first_run
from batten.link.callers import WEAK, weak_guard
from batten.link.callgraph import Code, Target
from batten.link.deeds import WRITES, asks_whether_set_up, looks_for_signature
from batten.link.django import View, makes_own_account, placed
from batten.link.django_addresses import placed_views
from batten.link.effects import Effects, Reached
from batten.link.factories import answering
from batten.link.guards import Guards, Protection
from batten.link.leftovers import is_leftover
from batten.link.misplaced import is_exposed, misplaced
from batten.link.public_rows import with_public
from batten.link.route_facts import Surroundings, route_fact
from batten.link.routers import PassedOver, Routers
from batten.link.served import is_served
from batten.text import Place, Span

# One handler of theirs may answer at many addresses, which it compares itself.
_LISTENING = frozenset(("node", "bun", "deno", "workers", "http.server"))
_MOST_BASES = 4
_AS_VIEW = ".as_view"
_READS = frozenset({EffectKind.DATABASE_READ, EffectKind.FILE_READ})


class Standing(NamedTuple):
    """A route, and what there is to ask about it further.

    ``before`` are (file, qualified name, where it is put to use) of what stands before it, outermost first; ``outer`` is what the app's middleware demands,
    ``chain`` all that comes before the handler. ``runs`` are the functions that answer; ``view`` is the one of Django's.
    ``passed_over`` gives what is beside it, and does not run before it; ``reads`` are the requests for rows that a stranger gets answered.
    """

    route: Route
    before: tuple[tuple[str, str, Span], ...]
    outer: Protection
    chain: Protection
    runs: tuple[tuple[str, Function], ...]
    view: View | None = None
    passed_over: Callable[[], list[PassedOver]] = list
    reads: tuple[Reached, ...] = ()


def routes(files: Iterable[FileFacts], code: Code, guards: Guards, effects: Effects, around: Surroundings) -> tuple[Standing, ...]:
    """All routes, sorted by place; declared endpoints that turn out to be no routes (a client's ``get``) are left out."""
    declared = sorted((file for file in files if file.parsed), key=lambda file: file.path)

    def root_of(path: str) -> str:
        package = around.package_of(path)
        return package.root if package is not None else ""

    routers = Routers(code, declared, root_of)
    nest = nestjs.Nest(code, guards, declared, root_of, lambda path: around.path_class(path) == "test")
    found: list[Standing] = []
    for file in declared:
        for number, declared_endpoint in enumerate(file.endpoints):
            endpoint = _with_path(file.path, declared_endpoint, code)
            if not is_served(file, endpoint, code, around) or _is_missing(file.path, endpoint, code):
                continue
            if _is_another_application(file, endpoint, effects):
                continue
            root = root_of(file.path)
            if not endpoint.methods:
                found += _django_routes(file, number, endpoint, root, routers, code, guards, effects, around)
                continue
            for at, stands in enumerate(routers.place(file.path, endpoint)):
                path, before = stands
                guarding = before
                outer, opened = _before_all(endpoint, root, path, around), False
                if endpoint.framework == nestjs.FRAMEWORK:
                    path, guarding = nest.place(file.path, endpoint, stands)
                    question = ("nest", file.path, number, at)
                    outer, opened = code.memo.once(question, nest.demands, file.path, endpoint, guarding, given=guarding)
                    before = ()
                given = (path, before, root, outer, (around.supabase, around.open_functions), around.middleware.trusting.get(root))
                question = ("routes", file.path, number, at)
                made = code.memo.once(question, _routes, file, endpoint, *given[:4], code, guards, effects, around, given=given)
                beside = partial(routers.passed_over, file.path, endpoint)
                made = [each._replace(before=each.before if guarding is before else guarding, passed_over=beside) for each in made]
                found += [each._replace(route=structs.replace(each.route, opened=True)) for each in made] if opened else made
    has_auth = {each.route.package for each in found if each.route.auth in (RouteAuth.AUTHENTICATED, RouteAuth.SIGNED, RouteAuth.SECRET)}
    unique: dict[str, Standing] = {}
    for each in sorted(found, key=lambda each: (each.route.place, each.route.method, each.route.path)):
        route = each.route
        # Files whose mounts are not understood may each have a `GET /`.
        alike = unique.get(route.key)
        key = route.key if alike is None or alike.route.place.path == route.place.path else f"{route.key}{route.place.path}"
        route = _told_of_beside(structs.replace(route, key=key, app_has_auth=route.package in has_auth), each, guards)
        unique.setdefault(key, each._replace(route=route))
    return tuple(unique.values())


def of_page(file: FileFacts, at: Endpoint, code: Code, guards: Guards, effects: Effects, around: Surroundings) -> list[Standing]:
    """What gets the data of a page, as if it were declared as a route."""
    if at.framework == "astro" and not is_served(file, at, code, around):
        return []  # it is made once, before anybody asks
    package = around.package_of(file.path)
    root = package.root if package is not None else ""
    given = (at.path, (), root, _before_all(at, root, at.path, around))
    made: list[Standing] = code.memo.once(("page", file.path), _routes, file, at, *given, code, guards, effects, around, given=given)
    return made


def _told_of_beside(route: Route, standing: Standing, guards: Guards) -> Route:
    if is_leftover(route, standing.runs):
        route = structs.replace(route, leftover=True)
    beside = misplaced(route, standing.passed_over(), standing.runs, guards) if is_exposed(route) else None
    return route if beside is None else structs.replace(route, misplaced_guard=beside[0], trail=(*route.trail, beside[1]))


def _is_another_application(file: FileFacts, endpoint: Endpoint, effects: Effects) -> bool:
    """It is mounted, and either the app's own, whose routes are told one by one, or one that is not known."""
    name = endpoint.handler.removeprefix(MOUNTED)
    return endpoint.handler != name and not effects.of_made(file.path, (name,), endpoint.place)


def _with_path(file: str, endpoint: Endpoint, code: Code) -> Endpoint:
    """With the path that a constant holds; where that can't be told, its name stands for it."""
    if endpoint.named is None:
        return endpoint
    module, _, steps = endpoint.named.rpartition("#")
    first, _, rest = steps.partition(".")
    home = code.home(file, f"{module}#{first}")
    binding = code.bindings(home[0]).get(f"{home[1]}.{rest}") if home is not None else None
    if home is not None:
        code.ask(home[0])
    known = binding.text if binding is not None else None
    return structs.replace(endpoint, path=known if known is not None else f"/{{{steps}}}", named=None)


def _before_all(endpoint: Endpoint, root: str, path: str, around: Surroundings) -> Protection:
    """What the middleware of a Next.js app, or the hooks of others, demand of whoever asks for a path."""
    is_served = endpoint.framework == "next" and endpoint.kind is RouteKind.HTTP
    return around.middleware.protection(root, path) if is_served else around.hooks.protection(endpoint.framework, root, path)


def _django_routes(
    file: FileFacts,
    number: int,
    endpoint: Endpoint,
    root: str,
    routers: Routers,
    code: Code,
    guards: Guards,
    effects: Effects,
    around: Surroundings,
) -> Iterator[Standing]:
    """The routes of a pattern, by what its view answers."""
    for each, view, at, (path, before) in placed_views(around.django, routers, file.path, endpoint):
        home = code.file(view.place.path) or file
        given = (view, path, before, root)
        key = ("views", file.path, number, each, at)
        yield from code.memo.once(key, _of_view, home, placed(endpoint, view), *given, code, guards, effects, around, given=given)


def _of_view(
    file: FileFacts,
    endpoint: Endpoint,
    view: View,
    path: str,
    before: tuple[tuple[str, str, Span], ...],
    root: str,
    code: Code,
    guards: Guards,
    effects: Effects,
    around: Surroundings,
) -> list[Standing]:
    code.memo.look(file.path)
    chain = max((view.protection, *(guards.demands(at, name, within) for at, name, within in before)))
    reached = view.reached(effects) if chain < Protection.UNKNOWN else ()
    shown = max((guards.answered(*found) for found in view.functions[:1]), default=Protection.NONE)
    reached = tuple(
        effect._replace(protection=max(effect.protection, chain, shown if effect.kind in _READS else chain)) for effect in reached
    )
    weakest = min((effect.protection for effect in reached), default=None)
    if weakest is None:
        weakest = max(chain, *(_inner(code, guards, *found) for found in view.functions), Protection.NONE)
    exposed = tuple(effect for effect in reached if effect.protection is weakest)
    methods = endpoint.methods or (("ANY",) if any(effect.kind in WRITES for effect in exposed) else ("GET",))
    made = (route_fact(file, endpoint, method, path, root, weakest, exposed, None, around) for method in methods)
    made = (
        structs.replace(route, default=view.default, public_by_design=route.public_by_design or makes_own_account(view, route))
        for route in made
    )
    return [Standing(route, before, Protection.NONE, chain, view.functions, view, reads=_reads(exposed)) for route in made]


def _routes(
    file: FileFacts,
    endpoint: Endpoint,
    path: str,
    before: tuple[tuple[str, str, Span], ...],
    root: str,
    outer: Protection,
    code: Code,
    guards: Guards,
    effects: Effects,
    around: Surroundings,
) -> list[Standing]:
    code.memo.look(file.path)
    if endpoint.path == ANYWHERE:
        whole = code.target(file.path, endpoint.handler).function
        if whole is not None and any(_named(whole)):
            parts = [
                (structs.replace(endpoint, methods=methods, path=at), at or path) for methods, at in _addresses(endpoint.methods, whole)
            ]
            return [each for one, at in parts for each in _routes(file, one, at, before, root, outer, code, guards, effects, around)]
    if len(endpoint.methods) > 1:
        whole = code.target(file.path, endpoint.handler).function
        if whole is not None and whole.by_method:
            alone = [structs.replace(endpoint, methods=(method,)) for method in endpoint.methods]
            return [each for one in alone for each in _routes(file, one, path, before, root, outer, code, guards, effects, around)]
    address = around.addressed.of(file.path, endpoint, path)
    strengths = [(around.addressed.demanded_at(at, name, guards.demands(at, name, within), address), name) for at, name, within in before]
    chain = max((outer, _accepting(file.path, endpoint, code, guards), *(strength for strength, _ in strengths)))
    handler = answering(code, file.path, endpoint)
    wrapping: tuple[tuple[str, str, Span], ...] = ()
    if handler.function is None and handler.path is not None and handler.binding is not None:
        steps = [source.text for source in handler.binding.sources if source.origin is Origin.NAME and "#" in source.text]
        chain = max([chain, *(guards.demands(handler.path, name) for name in steps[:-1])])
        wrapping = tuple((handler.path, name, handler.binding.place.span) for name in steps[:-1])
        handler = code.target(handler.path, steps[-1]) if steps else handler
    decorators = _decorators(endpoint, handler, code)
    strengths += [(guards.demands(at, name, within), name) for at, name, within in decorators]
    chain = max((chain, *(strength for strength, _ in strengths)))
    wrapping += decorators
    reached: tuple[Reached, ...] = ()
    if endpoint.handler.startswith(PROXY):
        reached = effects.of_proxy(endpoint.handler.removeprefix(PROXY), endpoint.place)
    elif endpoint.handler == COMPUTED or (handler.function is not None and is_first_run(path) and asks_whether_set_up(handler.function)):
        chain = max(chain, Protection.UNKNOWN)
    elif chain >= Protection.UNKNOWN:
        pass  # a stranger gets no further
    elif served := effects.of_made(file.path, (endpoint.handler.removeprefix(MOUNTED), *endpoint.chain), endpoint.place):
        reached = served
    elif handler.function is not None and handler.path is not None:
        at = endpoint.path or path if endpoint.framework in _LISTENING else ""
        reached = with_public(handler.function, effects.of(handler.path, handler.function, handler=True, method=endpoint.methods[0], at=at))
        if any(effect.kind in _READS for effect in reached):
            shown = guards.answered(handler.path, handler.function)
            reached = tuple(
                effect._replace(protection=max(effect.protection, shown)) if effect.kind in _READS else effect for effect in reached
            )
    elif endpoint.framework == "next" or not handler.known:
        chain = max(chain, Protection.UNKNOWN)
    reached = tuple(effect._replace(protection=max(effect.protection, chain)) for effect in reached)
    weakest = min((effect.protection for effect in reached), default=None)
    if weakest is None:
        weakest = max(chain, _inner(code, guards, handler.path, handler.function))
    exposed = tuple(effect for effect in reached if effect.protection is weakest)
    session = _session(handler, root, around) if weakest is Protection.SESSION else None
    guarding = tuple(called(name) for _, name, _ in before)
    made = (route_fact(file, endpoint, method, path, root, weakest, exposed, session, around) for method in endpoint.methods)
    by_token = endpoint.kind is RouteKind.PROCEDURE and handler.function is not None and _is_by_input_token(handler.function)
    events = endpoint.kind is RouteKind.HTTP and handler.function is not None and looks_for_signature(handler.function)
    weak = weak_guard([(strength, called(name)) for strength, name in strengths]) if weakest in WEAK else None
    runs = ((handler.path, handler.function),) if handler.path is not None and handler.function is not None else ()
    return [
        Standing(
            structs.replace(
                route,
                guards=guarding,
                public_by_design=route.public_by_design or by_token,
                weak_guard=weak,
                webhook=route.webhook or (events and route.method in ("POST", "ANY")),
            ),
            (*before, *wrapping),
            outer,
            chain,
            runs,
            reads=_reads(exposed),
        )
        for route in made
    ]


def _reads(reached: Iterable[Reached]) -> tuple[Reached, ...]:
    return tuple(effect for effect in reached if effect.kind is EffectKind.DATABASE_READ)


def _addresses(methods: tuple[str, ...], handler: Function) -> Iterator[tuple[tuple[str, ...], str]]:
    """The addresses that a handler of all compares with the one that is asked for, each with the methods that it is compared for, and what is left."""
    for path in dict.fromkeys(_named(handler)):
        ranges = [each.reach for each in handler.by_path if each.for_them and path in each.paths]
        asked = [
            method
            for each in handler.by_method
            if each.for_them and any(each.reach in reach or reach in each.reach for reach in ranges)
            for method in each.methods
        ]
        yield tuple(dict.fromkeys(asked)) if asked and methods == ("ANY",) else methods, path
    yield methods, ""


def _named(handler: Function) -> Iterator[str]:
    """The addresses that it compares with the one that is asked for; those that other files tell are none of its own."""
    return (path for each in handler.by_path for path in each.paths if path.startswith("/"))


def _is_missing(file: str, endpoint: Endpoint, code: Code) -> bool:
    """A class that is put at an address has no such method; or it is one of the app's own, whose methods are told of one by one."""
    if endpoint.handler.endswith(_AS_VIEW):
        return code.target(file, endpoint.handler.removesuffix(_AS_VIEW)).path is not None
    return IF_THERE in endpoint.actions and code.target(file, endpoint.handler).function is None


def _decorators(endpoint: Endpoint, handler: Target, code: Code) -> tuple[tuple[str, str, Span], ...]:
    """Those of a function of Python that is registered by a call: what the call is handed is the decorated one. Its parameters say what FastAPI runs before it.

    In JavaScript, what a handler stands in.
    """
    function = handler.function
    if function is None or handler.path is None:
        return ()
    if not handler.path.endswith(".py"):
        wrapping = function.wrappers if endpoint.handler.rpartition("#")[2] != function.name and ".@" in function.name else ()
        return tuple((handler.path, wrapper.callee, wrapper.span) for wrapper in wrapping)
    found = _of_class(handler.path, function, code) if endpoint.framework == "flask" and "." in function.name else ()
    if function.place == endpoint.place:
        return found
    if endpoint.framework == "fastapi":
        found = tuple((handler.path, name, function.place.span) for name in parameter_dependencies(function))
    return (*found, *((handler.path, wrapper.callee, wrapper.span) for wrapper in function.wrappers))


def _of_class(path: str, function: Function, code: Code) -> tuple[tuple[str, str, Span], ...]:
    """What a class of Flask's says that stands before all its methods, or one that it is made of: ``method_decorators = [signed_in]``."""
    home: tuple[str, str] | None = (path, function.name.rpartition(".")[0])
    for _ in range(_MOST_BASES):
        if home is None:
            return ()
        code.ask(home[0])
        bindings = code.bindings(home[0])
        for field in ("method_decorators", "decorators"):
            listed = bindings.get(f"{home[1]}.{field}")
            if listed is not None:
                names = dict.fromkeys(each.text for each in listed.sources if each.origin in (Origin.NAME, Origin.CALL))
                return tuple((home[0], name, listed.place.span) for name in names)
        whole = bindings.get(home[1])
        home = code.home(home[0], whole.name) if whole is not None and whole.name is not None else None
    return ()


def _accepting(path: str, endpoint: Endpoint, code: Code, guards: Guards) -> Protection:
    """What the function that accepts a connection has asked before it listens to what is sent."""
    target = code.target(path, endpoint.within) if endpoint.within is not None else None
    if target is None or target.function is None or target.path != path:
        return Protection.NONE
    return guards.at(path, target.function, endpoint.place.span.start, handler=True)


def _is_by_input_token(handler: Function) -> bool:
    """What it works on is looked up by a token that the caller sends: of an invitation, of a document to be signed."""
    sources = (source for call in handler.calls for argument in call.arguments for source in argument.sources)
    return any(source.origin is Origin.PROPERTY and source.text.endswith(".token") for source in sources)


def called(name: str) -> str:
    """A qualified name as it is called where it stands; what a module is as a whole goes by the module's name."""
    module, _, last = name.removeprefix("alias:").removeprefix(GIVES).rpartition("#")
    return last or module.rpartition("/")[2]


def _session(handler: Target, package: str, around: Surroundings) -> Place | None:
    functions = [(handler.path, handler.function)] if handler.path is not None and handler.function is not None else []
    found = (around.session(path, function) for path, function in (*functions, *around.middleware.trusting.get(package, ())))
    return next((place for place in found if place is not None), None)


def _inner(code: Code, guards: Guards, path: str | None, function: Function | None) -> Protection:
    """What a handler asks, itself or through the app's own functions that it hands its work to."""
    if path is None or function is None:
        return Protection.NONE
    around = [wrapper.callee for inner in code.inner(path, function.name) for wrapper in inner.wrappers]
    handed = [guards.demands(path, name) for name in around if code.target(path, name).function is not None]
    return max([guards.asked(path, function), *handed])
