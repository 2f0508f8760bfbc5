"""NestJS: routes of controllers by decorator, guards of classes, modules and applications; knows no other file."""

from collections.abc import Iterable, Iterator

from batten.extract.declared import Declared, argument, every_call, functions_in, positional, step, text
from batten.facts.calls import Argument, Binding, Call, Function, Origin
from batten.facts.routes import APPLICATION, Application, Endpoint, Middleware, Mount, RouteKind
from batten.text import Place

FRAMEWORK = "nestjs"
_COMMON = "@nestjs/common#"
_METHODS = {
    "Get": "GET", "Post": "POST", "Put": "PUT", "Patch": "PATCH", "Delete": "DELETE", "Options": "OPTIONS", "Head": "HEAD",
    "All": "ANY", "Sse": "GET", "Search": "SEARCH",
}  # fmt: skip
_CONTROLLER, _MODULE, _GUARDS, _VERSION = (f"{_COMMON}{name}" for name in ("Controller", "Module", "UseGuards", "Version"))
_GLOBAL_GUARD = "@nestjs/core#APP_GUARD"
_STARTS = "#NestFactory.create"
_GIVEN = ("useClass", "useExisting", "useFactory", "useValue")
# A path that only the running application knows.
_SOME_PATH = "*"


def extract(path: str, functions: tuple[Function, ...], bindings: tuple[Binding, ...]) -> Declared:
    """What the file declares: of a class that inherits its routes from another file, only its own."""
    endpoints: list[Endpoint] = []
    mounts: list[Mount] = []
    middleware: list[Middleware] = []
    for binding in bindings:
        for decorator in binding.decorators:
            if decorator.callee == _CONTROLLER:
                own = [function for function in functions if function.name.rpartition(".")[0] == binding.local]
                endpoints += (endpoint for function in own for endpoint in _endpoints(path, binding, decorator, function))
            elif decorator.callee == _MODULE:
                mounts += _mounts(binding, decorator)
                middleware += _provided(binding, decorator)
    applications: list[Application] = []
    for function, call in every_call(functions):
        match step(call):
            case "forRoutes" if ".apply" in call.callee:
                middleware += _applied(path, function, call)
            case "useGlobalGuards":
                place = Place(path, call.span)
                middleware += (Middleware(APPLICATION, name, "", place, later_only=False) for name in _given(positional(call)))
            case "use" if _STARTS in call.callee:
                place, prefix = Place(path, call.span), text(call, "0") or ""
                names = (name for given in positional(call) if given.text is None for name in functions_in(given)[:1])
                middleware += (Middleware(APPLICATION, name, prefix, place, later_only=False) for name in names)
            case "setGlobalPrefix" | "enableVersioning" | "create" | "createApplicationContext":
                applications += _application(path, call)
    return Declared(tuple(endpoints), tuple(mounts), tuple(middleware), tuple(applications))


def _endpoints(path: str, controller: Binding, decorator: Call, function: Function) -> Iterator[Endpoint]:
    version = next((text(wrapper, "0") for wrapper in function.wrappers if wrapper.callee == _VERSION), None)
    version = version or text(decorator, "0.version", "0.version.[0]")
    chain = (*_guards(controller.decorators), *_guards(function.wrappers))
    for wrapper in function.wrappers:
        module, _, name = wrapper.callee.rpartition("#")
        if f"{module}#" != _COMMON or name not in _METHODS:
            continue
        for prefix in _paths(decorator):
            for route in _paths(wrapper):
                yield Endpoint(
                    FRAMEWORK, RouteKind.HTTP, (_METHODS[name],), _joined(prefix, route), f"#{controller.local}", f"#{function.name}",
                    Place(path, wrapper.span), chain, wrapper.span.start, version=version,
                )  # fmt: skip


def _guards(decorators: tuple[Call, ...]) -> Iterator[str]:
    """The guards that decorators name, and decorators that may be made of some."""
    for decorator in decorators:
        if decorator.callee == _GUARDS:
            yield from _given(positional(decorator))
        elif not decorator.callee.startswith(_COMMON):
            yield decorator.callee


def _given(arguments: Iterable[Argument | None]) -> Iterator[str]:
    """What is handed over, one name each: a class, what makes it, or what is asked of the container (``app.get(Guard)``).

    Something without a name is a guard that can't be told, and stays one.
    """
    for found in arguments:
        names = functions_in(found) or (_GLOBAL_GUARD,)
        yield names[-1] if names[0].endswith(".get") else names[0]


def _paths(decorator: Call) -> list[str]:
    """The paths that a decorator names, in its argument, in a list of them, or under ``path``."""
    slots = ("0", "0.path", "0.[", "0.path.[")
    found: list[str] = []
    for given in decorator.arguments:
        if given.slot in slots[:2] or given.slot.startswith(slots[2:]):
            literal = [source.text for source in given.sources if source.origin is Origin.LITERAL]
            found += [given.text] if given.text is not None else literal or ([_SOME_PATH] if given.sources else [])
    return found or [""]


def _joined(*parts: str) -> str:
    return "/" + "/".join(part.strip("/") for part in parts if part.strip("/"))


def _mounts(module: Binding, decorator: Call) -> Iterator[Mount]:
    """The controllers of a module, and the paths that ``RouterModule`` puts modules at."""
    for given in decorator.arguments:
        if given.slot.startswith("0.controllers."):
            for name in functions_in(given)[:1]:
                yield Mount(f"#{module.local}", name, "", module.place)
    for call in module.calls:
        if call.callee.endswith(("RouterModule.register", "RouterModule.forRoutes")):
            for given in call.arguments:
                holder, _, last = given.slot.rpartition(".")
                if last == "module":
                    prefix = _joined(*(text(call, f"{above}.path") or "" for above in _above(holder)))
                    yield from (Mount("", name, prefix, module.place) for name in functions_in(given)[:1])


def _above(slot: str) -> list[str]:
    """A slot and those that hold it, outermost first: ``0.[1].children.[0]`` lies in ``0.[1]``."""
    holders = [slot]
    while ".children." in slot:
        slot = slot.rpartition(".children.")[0]
        holders.append(slot)
    return holders[::-1]


def _provided(module: Binding, decorator: Call) -> Iterator[Middleware]:
    """``providers: [{ provide: APP_GUARD, useClass: Guard }]``: wherever the module stands, the guard is the whole application's."""
    for given in decorator.arguments:
        holder, _, last = given.slot.rpartition(".")
        if last == "provide" and any(source.text == _GLOBAL_GUARD for source in given.sources):
            guard = argument(decorator, *(f"{holder}.{way}" for way in _GIVEN))
            yield from (Middleware(APPLICATION, name, "", module.place, later_only=False) for name in _given([guard]))


def _applied(path: str, function: Function, call: Call) -> Iterator[Middleware]:
    """``consumer.apply(A).exclude("health").forRoutes(Controller, "path")``; which methods it is for is not told apart."""
    chained = [other for other in function.calls if other.span.start == call.span.start]
    names = [name for other in chained if step(other) == "apply" for name in _given(positional(other))]
    excluded = tuple(
        source.text
        for other in chained
        if step(other) == "exclude"
        for given in positional(other)
        for source in given.sources
        if source.origin is Origin.LITERAL
    )
    place = Place(path, call.span)
    for given in positional(call):
        literal = given.text or text(call, f"{given.slot}.path")
        controllers = [source.text for source in given.sources if source.origin is Origin.NAME and literal is None]
        for name in names:
            for router in controllers[:1] or ([APPLICATION] if literal is not None else []):
                yield Middleware(router, name, _prefix(literal or ""), place, later_only=False, excluded=excluded)


def _prefix(pattern: str) -> str:
    """The constant start of a pattern."""
    for mark in "*({:":
        pattern = pattern.partition(mark)[0]
    return "/" + pattern.strip("/") if pattern.strip("/") else ""


def _application(path: str, call: Call) -> Iterator[Application]:
    place = Place(path, call.span)
    match step(call):
        case "setGlobalPrefix":
            excluded = argument(call, "1.exclude")
            literals = (source.text for source in (excluded.sources if excluded else ()) if source.origin is Origin.LITERAL)
            yield Application(place, prefix=text(call, "0") or "", unprefixed=tuple(literals))
        case "enableVersioning":
            kind = argument(call, "0.type")
            if kind is None or any(source.text.endswith("URI") or source.text == "0" for source in kind.sources):
                prefix = text(call, "0.prefix")
                default = text(call, "0.defaultVersion")
                yield Application(place, versions="v" if prefix is None else prefix if prefix != "false" else "", version=default)
        case "create" if call.callee.endswith(_STARTS):
            yield Application(place, starts=True)
