"""Controllers by decorator on top of Express and Koa: awilix, tsoa, inversify and routing-controllers; knows no other file.

https://github.com/talyssonoc/awilix-express https://tsoa-community.github.io/docs/ https://github.com/inversify/inversify-express-utils
https://github.com/typestack/routing-controllers
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from batten.extract.declared import Declared, argument, every_call, functions_in, handed, positional, step, text
from batten.facts.calls import Argument, Binding, Call, Function, Origin
from batten.facts.routes import CONTROLLERS, LAST, Endpoint, Middleware, Mount, RouteKind
from batten.text import Place

_VERBS = ("Get", "Post", "Put", "Patch", "Delete", "Head", "Options")
_ANY = "ANY"


class _Style(NamedTuple):
    """How one library writes controllers.

    ``controllers`` are decorators of classes that give the path of all their routes, ``methods`` those of methods, ``routes`` those that only give a path.
    ``before`` are handed what runs before a route, ``guards`` are a check themselves, ``lifts`` take the checks of the class off. ``rest``: what comes after a path
    runs before the route, too.
    """

    framework: str
    controllers: frozenset[str]
    methods: Mapping[str, str]
    before: frozenset[str]
    routes: frozenset[str] = frozenset()
    guards: frozenset[str] = frozenset()
    lifts: frozenset[str] = frozenset()
    rest: bool = False


_AWILIX = _Style(
    "awilix", frozenset(("route",)), {**{verb.upper(): verb.upper() for verb in _VERBS}, "ALL": _ANY, "verbs": _ANY}, frozenset(("before",)), frozenset(("route",))
)  # fmt: skip
_TSOA = _Style(
    "tsoa", frozenset(("Route",)), {verb: verb.upper() for verb in _VERBS}, frozenset(("Middlewares",)), guards=frozenset(("Security",)),
    lifts=frozenset(("NoSecurity",)),
)  # fmt: skip
_INVERSIFY = _Style(
    "inversify", frozenset(("controller",)), {**{f"http{verb}": verb.upper() for verb in _VERBS}, "all": _ANY}, frozenset(("withMiddleware",)), rest=True
)  # fmt: skip
_ROUTING = _Style(
    "routing-controllers", frozenset(("Controller", "JsonController")), {**{verb: verb.upper() for verb in _VERBS}, "All": _ANY},
    frozenset(("UseBefore",)), guards=frozenset(("Authorized",)),
)  # fmt: skip
_STYLES = {
    "awilix-express": _AWILIX, "awilix-koa": _AWILIX, "awilix-router-core": _AWILIX, "tsoa": _TSOA, "@tsoa/runtime": _TSOA,
    "inversify-express-utils": _INVERSIFY, "routing-controllers": _ROUTING,
}  # fmt: skip
WORDS = (*(f"{quote}{module}{quote}".encode() for module in _STYLES for quote in "'\""), b"RegisterRoutes(")
"""One of these is in every file that declares such routes, or puts them on an application."""
_BUILDER = "createController"
_PUTS = frozenset(
    ("loadControllers", "controller", "RegisterRoutes", "useExpressServer", "createExpressServer", "useKoaServer", "createKoaServer")
)


def extract(path: str, functions: tuple[Function, ...], bindings: tuple[Binding, ...]) -> Declared:
    """What the file declares: routes of classes and of builders, and where those of the package are put on an application."""
    classes = {binding.local: binding for binding in bindings if binding.is_class}
    endpoints: list[Endpoint] = []
    for function in functions:
        owner = classes.get(function.name.rpartition(".")[0])
        for wrapper in function.wrappers:
            style, name = _style(wrapper)
            if style is not None and name in style.methods:
                endpoints.append(_of_method(path, style, owner, function, wrapper))
    mounts: list[Mount] = []
    middleware: list[Middleware] = []
    for function, call in every_call(functions):
        style, name = _style(call)
        if style is _AWILIX and name.upper() in _AWILIX.methods and _BUILDER in call.callee:
            endpoints += _of_builder(path, function, call)
        elif step(call) in _PUTS and (style is not None or step(call) == "RegisterRoutes"):
            mounts += _put(path, function, call)
        elif step(call) == "setConfig" and style is _INVERSIFY:
            mounts += _configured(path, functions, call)
        elif step(call) == "InversifyExpressServer" and style is _INVERSIFY and (prefix := text(call, "2.rootPath")) is not None:
            mounts.append(Mount("", CONTROLLERS, prefix, Place(path, call.span)))
    return Declared(tuple(endpoints), tuple(mounts), tuple(middleware))


def _style(call: Call) -> tuple[_Style | None, str]:
    module, _, name = call.callee.rpartition("#")
    return _STYLES.get(module), name.rpartition(".")[2]


def _of_method(path: str, style: _Style, owner: Binding | None, function: Function, wrapper: Call) -> Endpoint:
    above = owner.decorators if owner is not None else ()
    prefixes = [_path(each) for each in above if _style(each)[1] in style.controllers and _style(each)[0] is style]
    own = [_path(each) for each in function.wrappers if _style(each)[0] is style and _style(each)[1] in style.routes]
    verbs = _style(wrapper)[1] == "verbs"
    route = "/".join(part.strip("/") for part in (*prefixes, *own, "" if verbs else _path(wrapper)) if part.strip("/"))
    lifted = any(_style(each) == (style, name) for each in function.wrappers for name in style.lifts)
    chain = (*(() if lifted else _before(style, above)), *_before(style, function.wrappers))
    methods = _verbs(wrapper) if verbs else (style.methods[_style(wrapper)[1]],)
    return Endpoint(
        style.framework, RouteKind.HTTP, methods, f"/{route}", CONTROLLERS, f"#{function.name}", Place(path, wrapper.span), chain, LAST
    )  # fmt: skip


def _path(decorator: Call) -> str:
    given = argument(decorator, "0")
    # A path that only the running application knows, or a pattern, stays one part.
    return "" if given is None else given.text if given.text is not None else "*" if given.sources else ""


def _verbs(decorator: Call) -> tuple[str, ...]:
    """``verbs([HttpVerbs.POST, HttpVerbs.PUT])``."""
    found = argument(decorator, "0")
    names = [source.text.rpartition(".")[2].upper() for source in (found.sources if found is not None else ()) if "." in source.text]
    return tuple(dict.fromkeys(name for name in names if name.capitalize() in _VERBS)) or (_ANY,)


def _before(style: _Style, decorators: tuple[Call, ...]) -> Iterator[str]:
    """What decorators put before a route, and decorators of other people's that may be made of that."""
    for decorator in decorators:
        own, name = _style(decorator)
        if own is None or name in style.guards:
            yield decorator.callee
        elif name in style.before:
            yield from _handed(decorator.arguments)
        elif style.rest:
            yield from (each for given in list(positional(decorator))[1:] for each in functions_in(given)[:1])


def _handed(arguments: tuple[Argument, ...]) -> Iterator[str]:
    """What is handed over one by one, or in lists."""
    lists = {given.slot.partition(".")[0] for given in arguments if ".[" in given.slot}
    for given in arguments:
        if (given.slot.isdigit() and given.slot not in lists) or (".[" in given.slot and given.slot.count(".") == 1):
            yield from functions_in(given)[:1]


def _of_builder(path: str, function: Function, call: Call) -> Iterator[Endpoint]:
    """``createController(api).prefix("/tags").before([guard]).get("/:id", "show", { before: [other] })``."""
    chained = [other for other in function.calls if other.span.start == call.span.start and other.span.end < call.span.end]
    prefix = next((text(other, "0") or "" for other in chained if step(other) == "prefix"), "")
    around = [name for other in chained if step(other) == "before" for name in _handed(other.arguments)]
    own = [name for given in call.arguments if given.slot.startswith("2.before") for name in functions_in(given)[:1]]
    made = next((name for other in chained if step(other) == _BUILDER for name in functions_in(argument(other, "0"))), "")
    asked = text(call, "1")
    if asked is None or not made:
        return
    route = "/".join(part.strip("/") for part in (prefix, text(call, "0") or "") if part.strip("/"))
    chain = tuple(dict.fromkeys((*around, *own)))
    methods = (_AWILIX.methods[step(call).upper()],)
    yield Endpoint("awilix", RouteKind.HTTP, methods, f"/{route}", CONTROLLERS, f"{made}.{asked}", Place(path, call.span), chain, LAST)


def _put(path: str, function: Function, call: Call) -> Iterator[Mount]:
    """Where the controllers of the package are put on an application: ``app.use("/api", loadControllers(…))``, ``RegisterRoutes(app)``."""
    place = Place(path, call.span)
    prefix = text(call, "1.routePrefix", "0.routePrefix") or ""
    if step(call) in ("loadControllers", "controller"):
        for outer in function.calls:
            if step(outer) == "use" and outer.receiver is not None and call.span in outer.span:
                first = text(outer, "0")
                yield Mount(
                    outer.receiver, CONTROLLERS, first if first is not None and first.startswith("/") else "", place, order=outer.span.end
                )
        return
    if prefix:
        yield Mount("", CONTROLLERS, prefix, place)
    if step(call) in ("RegisterRoutes", "useExpressServer", "useKoaServer"):
        given = argument(call, "0")
        parents = handed(given) or tuple(
            each.text for each in (given.sources if given is not None else ()) if each.origin is Origin.PARAMETER
        )
        yield from (Mount(parent, CONTROLLERS, "", place, order=call.span.end) for parent in parents[:1])


def _configured(path: str, functions: tuple[Function, ...], call: Call) -> Iterator[Mount]:
    """``server.setConfig((app) => …)``: what it puts on the application runs before every controller."""
    for name in functions_in(argument(call, "0"))[:1]:
        function = next((each for each in functions if f"#{each.name}" == name), None)
        if function is not None and function.parameters:
            yield Mount(f"@{function.name}:{function.parameters[0].name}", CONTROLLERS, "", Place(path, call.span), order=LAST)
