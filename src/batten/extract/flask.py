"""Flask: routes by decorator and ``add_url_rule``, blueprints, ``before_request``; knows no other file."""

from batten.extract.declared import (
    HTTP_METHODS,
    Declared,
    argument,
    every_call,
    functions_in,
    handed,
    makers,
    path_of,
    paths_in,
    step,
    text,
    wrapped,
)
from batten.facts.calls import Binding, Call, Function, Origin
from batten.facts.routes import COMPUTED, COMPUTED_PART, Endpoint, Middleware, Mount, RouteKind
from batten.text import Place

_ROUTE_STEPS = HTTP_METHODS - {"all", "head", "options"} | {"route"}
_BEFORE = frozenset({"before_request", "before_app_request"})
_ROUTERS = ("flask#Flask", "flask#Blueprint")


def extract(path: str, functions: tuple[Function, ...], bindings: tuple[Binding, ...]) -> Declared:
    """What the file declares; decorators above the route's own are lost at run time and so are not in its chain."""
    endpoints, middleware = [], []
    for function in functions:
        for number, wrapper in enumerate(function.wrappers):
            if wrapper.receiver is None:
                continue
            last = step(wrapper)
            # Only what Flask's own objects are asked for is a route where its address is put together elsewhere.
            is_own = wrapper.callee.startswith(_ROUTERS) or last == "route"
            given = argument(wrapper, "0", "rule")
            route = path_of(given, function.name) if is_own else text(wrapper, "0", "rule")
            if last in _ROUTE_STEPS and route is not None and (route == "" or route.startswith("/")):
                inner = tuple(other.callee for other in function.wrappers[number + 1 :] if step(other) not in _ROUTE_STEPS)
                endpoints.append(
                    Endpoint(
                        "flask", RouteKind.HTTP, _methods(wrapper, last), route, wrapper.receiver,
                        f"#{function.name}", Place(path, function.place.span), inner, wrapper.span.start,
                    )
                )  # fmt: skip
            elif last in _BEFORE:
                receiver = "" if last == "before_app_request" else wrapper.receiver
                middleware.append(Middleware(receiver, f"#{function.name}", "", function.place, 0, later_only=False))
    mounts = [Mount("", name, text(call, "url_prefix") or "", place) for name, place, call in makers(functions, bindings, _ROUTERS)]
    decorators = [wrapper for function in functions for wrapper in function.wrappers]
    made = [call for _, call in every_call(functions) if step(call) == "route"]
    for _, call in every_call(functions):
        if call.receiver is None:
            continue
        place = Place(path, call.span)
        match step(call):
            case "register_blueprint":
                mounts += [
                    Mount(call.receiver, child, text(call, "url_prefix") or "", place, instead=argument(call, "url_prefix") is not None)
                    for child in handed(argument(call, "0", "blueprint"))
                ]
            case "before_request" | "before_app_request":
                middleware += [
                    Middleware(call.receiver, name, "", place, 0, later_only=False) for name in functions_in(argument(call, "0"))[:1]
                ]
            case "add_url_rule":
                around, view = wrapped(argument(call, "2", "view_func"))
                for route in paths_in(argument(call, "0", "rule")) if view else ():
                    known = view if COMPUTED_PART not in route else COMPUTED
                    endpoints.append(Endpoint("flask", RouteKind.HTTP, _methods(call, "route"), route, call.receiver, known, place, around))
            case "route" if (
                call.callee.startswith(_ROUTERS)
                and not any(other.span in call.span for other in made if other is not call)
                and not any(call.span in each.span for each in decorators)
            ):
                endpoints += [
                    Endpoint("flask", RouteKind.HTTP, _methods(call, "route"), route, call.receiver, COMPUTED, place)
                    for route in paths_in(argument(call, "0", "rule"))
                ]
    return Declared(tuple(endpoints), tuple(mounts), tuple(middleware))


def _methods(call: Call, last: str) -> tuple[str, ...]:
    if last != "route":
        return (last.upper(),)
    found = argument(call, "methods")
    listed = () if found is None else tuple(s.text.upper() for s in found.sources if s.origin is Origin.LITERAL)
    return listed or ("GET",)
