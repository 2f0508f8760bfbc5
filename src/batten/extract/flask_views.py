"""Flask's views that are classes, a method for each of HTTP's: by decorator, by ``add_resource`` and by ``add_url_rule``; knows no other file.

https://flask.palletsprojects.com/en/stable/views/ https://flask-restful.readthedocs.io/en/latest/ https://flask-restx.readthedocs.io/en/latest/
https://flask-smorest.readthedocs.io/en/latest/
"""

from collections.abc import Iterable, Iterator

from batten.extract.declared import Declared, argument, every_call, functions_in, handed, makers, paths_in, step, text
from batten.facts.calls import Binding, Call, Function
from batten.facts.routes import IF_THERE, Endpoint, Mount, RouteKind
from batten.text import Place

_METHODS = ("get", "post", "put", "patch", "delete")
_VIEW = ".as_view"
_NAMESPACES = ("flask_restx#Namespace", "flask_restplus#Namespace")
_APIS = ("flask_restful#Api", "flask_restx#Api", "flask_restplus#Api", "flask_smorest#Api")
_BLUEPRINTS = ("flask_smorest#Blueprint", "flask_openapi3#APIBlueprint")


def extract(path: str, functions: tuple[Function, ...], bindings: tuple[Binding, ...]) -> Declared:
    """What the file declares."""
    classes = [binding for binding in bindings if binding.is_class]
    endpoints = [endpoint for binding in classes for endpoint in _decorated(path, binding, _end_of(binding, classes), functions)]
    mounts = list(_made(functions, bindings))
    for _, call in every_call(functions):
        if call.receiver is None:
            continue
        place = Place(path, call.span)
        match step(call):
            case "add_resource":
                for view in functions_in(argument(call, "0", "resource"))[:1]:
                    routes = [each.text for each in call.arguments if each.slot.isdigit() and each.slot != "0" and each.text is not None]
                    endpoints += [one for route in routes for one in _of_class(call.receiver, route, view, place, call)]
            case "add_url_rule":
                for view in functions_in(argument(call, "2", "view_func"))[:1]:
                    if view.endswith(_VIEW):
                        routes = list(paths_in(argument(call, "0", "rule")))
                        endpoints += [
                            one for route in routes for one in _of_class(call.receiver, route, view.removesuffix(_VIEW), place, call)
                        ]
            case "add_namespace":
                prefix = text(call, "path", "1")
                mounts += [
                    Mount(call.receiver, child, prefix or "", place, instead=prefix is not None)
                    for child in handed(argument(call, "0", "ns"))
                ]
            case "init_app":
                # ``api.init_app(blueprint)``: what holds the routes stands on what is handed over.
                if call.callee.startswith(_APIS):
                    mounts += [Mount(parent, call.receiver, "", place) for parent in handed(argument(call, "0", "app"))]
    return Declared(tuple(endpoints), tuple(mounts), ())


def _end_of(owner: Binding, classes: Iterable[Binding]) -> int | None:
    """Where another class of the same name begins, which is another view."""
    later = [each.place.span.start for each in classes if each.local == owner.local and each.place.span.start > owner.place.span.start]
    return min(later, default=None)


def _decorated(path: str, owner: Binding, end: int | None, functions: Iterable[Function]) -> Iterator[Endpoint]:
    """``@blp.route("/notes")`` over a class."""
    for decorator in owner.decorators:
        route = text(decorator, "0", "rule") if step(decorator) == "route" and decorator.receiver is not None else None
        if route is None or not (route == "" or route.startswith("/")):
            continue
        for function in functions:
            name, _, method = function.name.partition("~")[0].rpartition(".")
            start = function.place.span.start
            if name == owner.local and method in _METHODS and start > decorator.span.end and (end is None or start < end):
                yield _endpoint(
                    method, route, decorator.receiver or "", f"#{function.name}", Place(path, function.place.span), function, decorator
                )


def _endpoint(method: str, route: str, router: str, handler: str, place: Place, function: Function, call: Call) -> Endpoint:
    chain = tuple(wrapper.callee for wrapper in function.wrappers)
    return Endpoint("flask", RouteKind.HTTP, (method.upper(),), route, router, handler, place, chain, call.span.start)


def _of_class(router: str, route: str, view: str, place: Place, call: Call) -> Iterator[Endpoint]:
    """One for each method that the class may have; which it has is for its file to say."""
    for method in _METHODS:
        yield Endpoint(
            "flask", RouteKind.HTTP, (method.upper(),), route, router, f"{view}.{method}", place, (), call.span.start, actions=(IF_THERE,)
        )


def _made(functions: tuple[Function, ...], bindings: tuple[Binding, ...]) -> Iterator[Mount]:
    """What such objects are made with: a prefix, and the app or blueprint that they stand on."""
    for name, place, call in makers(functions, bindings, (*_NAMESPACES, *_APIS, *_BLUEPRINTS)):
        if call.callee in _NAMESPACES:
            yield Mount("", name, text(call, "path") or f"/{text(call, '0', 'name') or ''}", place)
        elif call.callee in _BLUEPRINTS:
            yield Mount("", name, text(call, "url_prefix") or "", place)
        else:
            yield Mount("", name, text(call, "prefix") or "", place)
            for parent in handed(argument(call, "0", "app")):
                yield Mount(parent, name, "", place)
