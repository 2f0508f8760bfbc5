"""Fastify: routes, plugins with their prefixes, and hooks of an instance; knows no other file."""

from collections.abc import Iterator

from batten.extract.declared import HTTP_METHODS, Declared, argument, every_call, functions_in, handed, positional, step, text
from batten.facts.calls import Argument, Binding, Call, Function, Origin
from batten.facts.routes import Endpoint, Middleware, Mount, RouteKind
from batten.text import Place

# What runs before a handler, in the order in which it does.
_HOOKS = ("onRequest", "preParsing", "preValidation", "preHandler")
_UNWRAPPED = "fastify-plugin#"


def extract(path: str, functions: tuple[Function, ...], bindings: tuple[Binding, ...]) -> Declared:
    """What a file of an app on Fastify declares; ``link`` finds the plugins that are handed over."""
    endpoints: list[Endpoint] = []
    mounts: list[Mount] = []
    middleware: list[Middleware] = []
    for function, call in every_call(functions):
        if call.receiver is None:
            continue
        last = step(call)
        place = Place(path, call.span)
        if last in HTTP_METHODS or last == "route":
            endpoints += _endpoints(path, call, last)
        elif last == "register":
            prefix = text(call, "1.prefix") or ""
            mounts += (Mount(call.receiver, name, prefix, place, order=call.span.start) for name in handed(argument(call, "0")))
        elif last == "addHook" and text(call, "0") in _HOOKS:
            # A plugin without walls puts its hooks around the app that it is registered on, whichever that is.
            around = any(wrapper.callee.startswith(_UNWRAPPED) for wrapper in function.wrappers)
            router = "" if around else call.receiver
            middleware += (
                Middleware(router, name, "", place, call.span.start, later_only=False) for name in functions_in(argument(call, "1"))[:1]
            )
    return Declared(tuple(endpoints), (*mounts, *_unwrapped(functions, bindings)), tuple(middleware))


def _unwrapped(functions: tuple[Function, ...], bindings: tuple[Binding, ...]) -> Iterator[Mount]:
    """``export const notes = fp(async (app) => …)``: the binding stands for the function."""
    for function in functions:
        if any(wrapper.callee.startswith(_UNWRAPPED) for wrapper in function.wrappers):
            for binding in bindings:
                if function.block in binding.place.span:
                    yield Mount(f"#{binding.local}", f"#{function.name}", "", function.place)


def _endpoints(path: str, call: Call, last: str) -> Iterator[Endpoint]:
    options = "0" if last == "route" else "1"
    route = text(call, "0.url", "0.path") if last == "route" else text(call, "0")
    handler = functions_in(argument(call, f"{options}.handler"))
    if not handler and last != "route":
        handler = functions_in(list(positional(call))[-1]) if len(list(positional(call))) > 1 else ()
    if route is None or not (route.startswith(("/", "*")) or route == "") or not handler:
        return
    chain = tuple(name for hook in _HOOKS for name in _gates(argument(call, f"{options}.{hook}")))
    yield Endpoint(
        "fastify", RouteKind.HTTP, _methods(call, last), route, call.receiver or "", handler[-1], Place(path, call.span), chain,
        call.span.start, call.callee.rpartition(".")[0],
    )  # fmt: skip


def _gates(found: Argument | None) -> tuple[str, ...]:
    """The hooks of a route; one that the instance was decorated with goes by its whole name: ``{ preHandler: fastify.authenticate }``."""
    whole = [source.text for source in (found.sources if found is not None else ()) if source.origin is Origin.PROPERTY]
    return tuple(each for name in functions_in(found) for each in ([text for text in whole if text.startswith(f"@{name}.")] or [name]))


def _methods(call: Call, last: str) -> tuple[str, ...]:
    if last != "route":
        return ("ANY",) if last == "all" else (last.upper(),)
    given = argument(call, "0.method")
    named = tuple(source.text.upper() for source in (given.sources if given is not None else ()) if source.origin is Origin.LITERAL)
    return named or ("ANY",)
