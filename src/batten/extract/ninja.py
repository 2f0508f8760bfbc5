"""django-ninja: operations on an API and its routers, and the ``auth`` nearest to each; knows no other file.

https://django-ninja.dev/guides/authentication/ An ``auth`` of an operation stands in the place of that of its router, and this in the place of the API's.
"""

from collections.abc import Iterator

from batten.extract.declared import VERBS, Declared, argument, every_call, functions_in, handed, makers, step, text
from batten.facts.calls import GIVES, Argument, Binding, Call, Function
from batten.facts.routes import Endpoint, Mount, RouteKind
from batten.text import Place

_ROUTERS = (
    "ninja#NinjaAPI",
    "ninja#Router",
    "ninja.main#NinjaAPI",
    "ninja.router#Router",
    "ninja_extra#NinjaExtraAPI",
    "ninja_extra#Router",
)


def extract(path: str, functions: tuple[Function, ...], bindings: tuple[Binding, ...]) -> Declared:
    """What the file declares."""
    made = {name: (place, call) for name, place, call in makers(functions, bindings, _ROUTERS)}
    endpoints = [endpoint for function in functions for endpoint in _endpoints(path, function, set(made))]
    mounts = [Mount("", name, "", place, _auth(argument(call, "auth"))) for name, (place, call) in made.items()]
    for _, call in every_call(functions):
        place = Place(path, call.span)
        if step(call) == "add_router" and call.receiver is not None:
            prefix, chain = text(call, "0", "prefix") or "", _auth(argument(call, "auth"))
            mounts += (Mount(call.receiver, child, prefix, place, chain) for child in _named(argument(call, "1", "router")))
        elif step(call) in ("path", "re_path") and (served := argument(call, "1", "view")) is not None:
            for source in served.sources[:1]:
                if source.text.endswith(".urls") and any(source.text.startswith(f"{maker}.") for maker in _ROUTERS):
                    prefix = text(call, "0", "route") or ""
                    mounts += (
                        Mount("", name, f"/{prefix}", place)
                        for name, (_, maker) in made.items()
                        if maker.callee == source.text.removesuffix(".urls")
                    )
    return Declared(tuple(endpoints), tuple(mounts))


def _endpoints(path: str, function: Function, made: set[str]) -> Iterator[Endpoint]:
    for number, wrapper in enumerate(function.wrappers):
        verb, route = step(wrapper), text(wrapper, "0", "path")
        known = wrapper.receiver in made or wrapper.callee.startswith(_ROUTERS)
        if wrapper.receiver is None or route is None or verb not in VERBS or not (known or argument(wrapper, "auth")):
            continue
        auth = argument(wrapper, "auth")
        inner = tuple(name for other in function.wrappers[number + 1 :] for name in _put_before(other))
        yield Endpoint(
            "ninja", RouteKind.HTTP, (verb.upper(),), route if route.startswith("/") else f"/{route}", wrapper.receiver, f"#{function.name}",
            Place(path, function.place.span), (*_auth(auth), *inner), wrapper.span.start, alone=auth is not None,
        )  # fmt: skip


def _put_before(wrapper: Call) -> tuple[str, ...]:
    """What a decorator puts before an operation: ``@decorate_view(members_only)`` names it."""
    return functions_in(argument(wrapper, "0")) if step(wrapper) == "decorate_view" else (wrapper.callee,)


def _auth(found: Argument | None) -> tuple[str, ...]:
    """One of several is enough: nothing that may be less than the others is taken for them."""
    return tuple(f"{GIVES}{name}" for name in functions_in(found)[:1]) if found is not None and found.text != "none" else ()


def _named(found: Argument | None) -> tuple[str, ...]:
    """A router, or the dotted name of one: ``"events.api.router"``."""
    if found is not None and found.text is not None and "." in found.text:
        module, _, name = found.text.rpartition(".")
        return (f"{module}#{name}",)
    return handed(found)
