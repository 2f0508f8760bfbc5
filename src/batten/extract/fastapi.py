"""FastAPI: routes by decorator, dependencies of parameters, decorators, routers and applications; knows no other file."""

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
)
from batten.facts.calls import INJECTING, Binding, Call, Function, Origin, simple_name
from batten.facts.routes import COMPUTED, COMPUTED_PART, MOUNTED, Endpoint, Middleware, Mount, RouteKind
from batten.text import Place

_METHODS = HTTP_METHODS - {"all"} | {"api_route", "websocket"}
# Its tools are the routes of an application that it is made with, and it adds one more to that: https://fastapi-mcp.tadata.com
_TOOLS = "fastapi_mcp"
_ROUTERS = ("fastapi#FastAPI", "fastapi#APIRouter", "fastapi.routing#APIRouter", "fastapi.applications#FastAPI")


def extract(path: str, functions: tuple[Function, ...], bindings: tuple[Binding, ...]) -> Declared:
    """What the file declares; a router imported from elsewhere is taken at its word here and checked by ``link``."""
    endpoints, middleware = [], []
    for function in functions:
        for number, wrapper in enumerate(function.wrappers):
            if wrapper.receiver is None:
                continue
            last, given = step(wrapper), argument(wrapper, "0", "path")
            route = path_of(given, function.name) if wrapper.callee.startswith(_ROUTERS) else text(wrapper, "0", "path")
            if last in _METHODS and route is not None and (route == "" or route.startswith("/")):
                inner = tuple(other.callee for other in function.wrappers[number + 1 :] if text(other, "0", "path") is None)
                endpoints.append(_endpoint(path, function, wrapper, last, route, inner))
            elif last == "middleware" and text(wrapper, "0") == "http":
                middleware.append(
                    Middleware(wrapper.receiver, f"#{function.name}", "", function.place, wrapper.span.start, later_only=False)
                )
    mounts = [
        Mount("", name, text(call, "prefix") or "", place, dependencies(call), call.span.start)
        for name, place, call in makers(functions, bindings, _ROUTERS)
    ]
    for _, call in every_call(functions):
        if call.receiver is None:
            continue
        place = Place(path, call.span)
        match step(call):
            case "include_router":
                mounts += [
                    Mount(call.receiver, child, text(call, "prefix") or "", place, dependencies(call), call.span.start)
                    for child in handed(argument(call, "0", "router"))
                ]
            case "mount" | "mount_http" | "mount_sse" if call.receiver is not None and call.callee.partition("#")[0] == _TOOLS:
                endpoints.append(_of_tools(path, call, functions, bindings))
            case "add_middleware":
                middleware += [
                    Middleware(call.receiver, name, "", place, call.span.start, later_only=False)
                    for name in functions_in(argument(call, "0", "middleware_class"))[:1]
                ]
            case "add_api_route":
                handler = functions_in(argument(call, "1", "endpoint"))
                for route in paths_in(argument(call, "0", "path")) if handler else ():
                    known = handler[0] if COMPUTED_PART not in route else COMPUTED
                    endpoints.append(
                        Endpoint(
                            "fastapi",
                            RouteKind.HTTP,
                            _methods(call),
                            route,
                            call.receiver,
                            known,
                            place,
                            dependencies(call),
                            call.span.start,
                        )
                    )
    return Declared(tuple(endpoints), tuple(mounts), tuple(middleware))


def _of_tools(path: str, call: Call, functions: tuple[Function, ...], bindings: tuple[Binding, ...]) -> Endpoint:
    """The route that agents come to, on the router that is named, or on the application that the tools are of."""
    made = [each for _, each in every_call(functions) if each.span == call.made_by]
    made += [each for binding in bindings if f"#{binding.local}" == call.receiver for each in binding.calls[:1]]
    router = handed(argument(call, "0", "router")) or (handed(argument(made[0], "0", "fastapi")) if made else ())
    route = text(call, "1", "mount_path") or ("/sse" if step(call) == "mount_sse" else "/mcp")
    place = Place(path, call.span)
    return Endpoint(
        "fastapi", RouteKind.HTTP, ("ANY",), route, router[0] if router else "", f"{MOUNTED}{call.callee}", place, (), call.span.start
    )


def _endpoint(path: str, function: Function, wrapper: Call, method: str, route: str, inner: tuple[str, ...]) -> Endpoint:
    return Endpoint(
        framework="fastapi",
        kind=RouteKind.SOCKET if method == "websocket" else RouteKind.HTTP,
        methods=_methods(wrapper) if method == "api_route" else ("ANY",) if method == "websocket" else (method.upper(),),
        path=route,
        router=wrapper.receiver or "",
        handler=f"#{function.name}",
        place=Place(path, function.place.span),
        chain=(*dependencies(wrapper), *parameter_dependencies(function), *inner),
        order=wrapper.span.start,
    )


def _methods(call: Call) -> tuple[str, ...]:
    found = argument(call, "methods")
    if found is None:
        return ("GET",)
    return tuple(source.text.upper() for source in found.sources if source.origin is Origin.LITERAL) or ("ANY",)


def dependencies(call: Call) -> tuple[str, ...]:
    """What ``dependencies=[Depends(x), …]`` of a decorator, router or application names."""
    return tuple(name for name in functions_in(argument(call, "dependencies")) if name.rpartition("#")[2] not in INJECTING)


def parameter_dependencies(function: Function) -> tuple[str, ...]:
    """What ``Depends(x)`` in the defaults and annotations of the parameters names; an annotation that may be an alias of one is named ``alias:…``."""
    found: list[str] = []
    for parameter in function.parameters:
        depends = [call for call in parameter.calls if simple_name(call.callee) in INJECTING]
        for call in depends:
            found += functions_in(argument(call, "0", "dependency"))[:1]
        if not depends and parameter.annotation is not None and "#" in parameter.annotation:
            found.append(f"alias:{parameter.annotation}")
    return tuple(found)
