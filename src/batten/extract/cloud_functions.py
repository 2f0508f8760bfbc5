"""Functions of Google Cloud, Firebase and Azure that code itself declares; knows no other file, and not how a command deploys them.

https://cloud.google.com/functions/docs/writing/write-http-functions https://firebase.google.com/docs/functions/callable
https://learn.microsoft.com/azure/azure-functions/functions-bindings-http-webhook-trigger
"""

from collections.abc import Iterator

from batten.extract.declared import VERBS, Declared, argument, functions_in, makers, step, text
from batten.facts.calls import Argument, Binding, Call, Function, Origin
from batten.facts.routes import Endpoint, RouteKind
from batten.text import Place

_GOOGLE = ("functions_framework#", "@google-cloud/functions-framework#")
_FIREBASE = "firebase_functions"
_AZURE, _AZURE_NODE = "azure.functions", "@azure/functions#app."
_APPLICATIONS = tuple(f"azure.functions{joint}" for joint in ("#FunctionApp", "#Blueprint", ".decorators#FunctionApp", "#AsgiFunctionApp"))
# The key of a function, which callers send, is no account; and a check of the app that asks says nothing of who sits before it.
_KEY, _APP_CHECK, _PRIVATE = "azure-functions#key", "firebase-functions#app-check", "firebase-functions#private"


def extract_python(path: str, functions: tuple[Function, ...], bindings: tuple[Binding, ...]) -> Declared:
    """What decorators of a file declare."""
    levels = {name: _level(call, "http_auth_level") for name, _, call in makers(functions, bindings, _APPLICATIONS)}
    found: list[Endpoint] = []
    for function in functions:
        for number, wrapper in enumerate(function.wrappers):
            name, inner = step(wrapper), tuple(other.callee for other in function.wrappers[number + 1 :])
            place, handler = Place(path, function.place.span), f"#{function.name}"
            if wrapper.callee.startswith(_GOOGLE) and name == "http":
                found.append(_http("google-functions", ("ANY",), f"/{function.name}", handler, place, inner))
            elif wrapper.callee.startswith(_FIREBASE) and name in ("on_call", "on_request"):
                found.append(_of_firebase(name, wrapper, handler, place, inner))
            elif wrapper.callee.startswith(_AZURE) and name == "route":
                level = _level(wrapper, "auth_level") or levels.get(wrapper.receiver or "") or "function"
                route = text(wrapper, "route", "0") or function.name
                found.append(
                    _http("azure-functions", _methods(wrapper, "methods"), f"/api/{route}", handler, place, (*_asked(level), *inner))
                )
    return Declared(tuple(found))


def extract(path: str, functions: tuple[Function, ...]) -> Declared:
    """What calls of a file in JavaScript declare."""
    found: list[Endpoint] = []
    for function in functions:
        for call in function.calls:
            place, name = Place(path, call.span), text(call, "0") or ""
            if call.callee.startswith(_GOOGLE) and step(call) == "http":
                handler = functions_in(argument(call, "1"))[-1:]
                found += (_http("google-functions", ("ANY",), f"/{name}", each, place, ()) for each in handler)
            elif call.callee.startswith(_AZURE_NODE):
                found += _of_azure(call, name, place)
    return Declared(tuple(found))


def _of_firebase(name: str, wrapper: Call, handler: str, place: Place, inner: tuple[str, ...]) -> Endpoint:
    private = (_PRIVATE,) if text(wrapper, "invoker") == "private" else ()
    if name == "on_request":
        return _http("firebase", ("ANY",), f"/{handler[1:]}", handler, place, (*private, *inner))
    checked = (_APP_CHECK,) if (text(wrapper, "enforce_app_check") or "").lower() == "true" else ()
    return Endpoint("firebase", RouteKind.PROCEDURE, ("POST",), handler[1:], "", handler, place, (*private, *checked, *inner))


def _of_azure(call: Call, name: str, place: Place) -> Iterator[Endpoint]:
    """``app.http("name", { handler, authLevel, methods, route })``, and ``app.get("name", handler)``."""
    verb = step(call).removesuffix("Request").upper()
    if verb != "HTTP" and verb not in (each.upper() for each in VERBS):
        return
    methods = _methods(call, "1.methods") if verb == "HTTP" else (verb,)
    level = (text(call, "1.authLevel") or "anonymous").lower()
    for handler in functions_in(argument(call, "1.handler") or argument(call, "1"))[-1:]:
        yield _http("azure-functions", methods, f"/api/{text(call, '1.route') or name}", handler, place, _asked(level))


def _http(framework: str, methods: tuple[str, ...], route: str, handler: str, place: Place, chain: tuple[str, ...]) -> Endpoint:
    return Endpoint(framework, RouteKind.HTTP, methods, route, "", handler, place, chain)


def _asked(level: str) -> tuple[str, ...]:
    return () if level == "anonymous" else (_KEY,)


def _level(call: Call, slot: str) -> str:
    """``anonymous`` of ``func.AuthLevel.ANONYMOUS``, or of the word itself; empty where it is not said."""
    found = argument(call, slot)
    said = found.text if found is not None and found.text is not None else next((each.text for each in found.sources), "") if found else ""
    return said.rpartition(".")[2].lower()


def _methods(call: Call, slot: str) -> tuple[str, ...]:
    listed = [*_texts(argument(call, slot)), *(each.text for each in call.arguments if each.slot.startswith(f"{slot}.[") and each.text)]
    return tuple(dict.fromkeys(each.upper() for each in listed)) or ("ANY",)


def _texts(found: Argument | None) -> list[str]:
    if found is None:
        return []
    return [found.text] if found.text is not None else [source.text for source in found.sources if source.origin is Origin.LITERAL]
