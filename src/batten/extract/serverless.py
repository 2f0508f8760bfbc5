"""Functions that a document gives an address: of AWS Lambda in the Serverless Framework and SAM, of Azure in ``function.json``; knows no other file.

https://www.serverless.com/framework/docs/providers/aws/events/apigateway
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-function.html
https://learn.microsoft.com/azure/azure-functions/functions-bindings-http-webhook-trigger
"""

from collections.abc import Iterator
from typing import NamedTuple

from batten.facts.routes import Endpoint, RouteKind
from batten.parse.documents import Entry, Listing, Scalar, Table, Value, below, read_json, read_yaml
from batten.regex import regex
from batten.text import Place, Span

FRAMEWORK = "lambda"
_SERVERLESS = regex(r"(?:^|/)serverless\.(?:ya?ml|json)$")
_AZURE = regex(r"(?:^|/)(?P<name>[^/]+)/function\.json$")
_SAM = regex(rb"AWS::Serverless")
_FUNCTION = "AWS::Serverless::Function"
# What asks who calls before the function runs, and what asks for a key of the API.
_AUTHORIZER, _KEY = "aws-lambda#authorizer", "aws-lambda#api-key"
_NONE = frozenset(("", "NONE", "none", "null", "~"))
_MOST = 1_000


class _Event(NamedTuple):
    """One address of a function."""

    method: str
    path: str
    chain: tuple[str, ...] = ()


def reads(path: str, data: bytes) -> bool:
    """Whether a file is such a document."""
    if _AZURE.search(path) is not None:
        return b"httpTrigger" in data
    return _SERVERLESS.search(path) is not None or (path.endswith((".yml", ".yaml", ".json")) and _SAM.search(data) is not None)


def endpoints(path: str, data: bytes) -> tuple[Endpoint, ...]:
    """The functions that strangers have an address of, with what stands before them there."""
    whole = (read_json(data) if path.endswith(".json") else read_yaml(data)).table
    if whole is None:
        return ()
    reading = _of_azure if _AZURE.search(path) else _of_serverless if _SERVERLESS.search(path) else _of_sam
    found = reading(path, whole)
    return tuple(endpoint for endpoint, _ in zip(found, range(_MOST), strict=False))


# --- the Serverless Framework ---


def _of_serverless(path: str, whole: Table) -> Iterator[Endpoint]:
    functions = whole.get("functions")
    tables = [functions] if isinstance(functions, Table) else [each for each in _items(functions) if isinstance(each, Table)]
    for entry in (entry for table in tables for entry in table.entries):
        if isinstance(entry.value, Table):
            runtime = _text(entry.value.get("runtime")) or _text(below(whole, "provider", "runtime"))
            for event in _events(entry, entry.value):
                yield from _endpoint(path, entry, _text(entry.value.get("handler")), runtime, "", event)


def _events(entry: Entry, function: Table) -> Iterator[_Event]:
    url = function.get("url")
    if isinstance(url, Table) or _text(url) == "true":
        yield _Event("ANY", f"/{entry.key}", (_AUTHORIZER,) if _text(below(url, "authorizer")) == "aws_iam" else ())
    for item in _items(function.get("events")):
        for event in item.entries if isinstance(item, Table) else ():
            if event.key in ("http", "httpApi"):
                yield _event(event.value)


def _event(value: Value | None) -> _Event:
    if not isinstance(value, Table):
        method, _, path = _text(value).strip().partition(" ")
        return _Event(_method(method), _path(path)) if path else _Event("ANY", _path(method))
    authorizer = value.get("authorizer")
    chain = () if authorizer is None or (_text(authorizer) in _NONE and not isinstance(authorizer, Table)) else (_AUTHORIZER,)
    key = (_KEY,) if _text(value.get("private")) == "true" else ()
    return _Event(_method(_text(value.get("method"))), _path(_text(value.get("path"))), (*chain, *key))


# --- SAM ---


def _of_sam(path: str, whole: Table) -> Iterator[Endpoint]:
    resources, common = whole.get("Resources"), below(whole, "Globals", "Function")
    apis = [below(whole, "Globals", "Api"), below(whole, "Globals", "HttpApi")]
    entries = resources.entries if isinstance(resources, Table) else ()
    apis += [
        below(entry.value, "Properties")
        for entry in entries
        if _text(below(entry.value, "Type")) in ("AWS::Serverless::Api", "AWS::Serverless::HttpApi")
    ]
    guarded = any(_text(below(api, "Auth", "DefaultAuthorizer")) not in _NONE for api in apis)
    keyed = any(_text(below(api, "Auth", "ApiKeyRequired")) == "true" for api in apis)
    for entry in entries:
        properties = below(entry.value, "Properties")
        if _text(below(entry.value, "Type")) == _FUNCTION and isinstance(properties, Table):
            handler, runtime, folder = (
                _text(properties.get(key)) or _text(below(common, key)) for key in ("Handler", "Runtime", "CodeUri")
            )
            for event in _sam_events(entry, properties, guarded=guarded, keyed=keyed):
                yield from _endpoint(path, entry, handler, runtime, folder, event)


def _sam_events(entry: Entry, properties: Table, *, guarded: bool, keyed: bool) -> Iterator[_Event]:
    url = properties.get("FunctionUrlConfig")
    if isinstance(url, Table):
        yield _Event("ANY", f"/{entry.key}", () if _text(url.get("AuthType")) == "NONE" else (_AUTHORIZER,))
    events = properties.get("Events")
    for event in events.entries if isinstance(events, Table) else ():
        if _text(below(event.value, "Type")) in ("Api", "HttpApi"):
            own = below(event.value, "Properties", "Auth", "Authorizer")
            asked = guarded if own is None else _text(own) not in _NONE
            key = below(event.value, "Properties", "Auth", "ApiKeyRequired")
            needs_key = keyed if key is None else _text(key) == "true"
            method, path = (_text(below(event.value, "Properties", key)) for key in ("Method", "Path"))
            yield _Event(_method(method), _path(path), (*((_AUTHORIZER,) if asked else ()), *((_KEY,) if needs_key else ())))


# --- Azure ---


def _of_azure(path: str, whole: Table) -> Iterator[Endpoint]:
    """A function in a folder of its own: its key is asked for, unless the level is ``anonymous``."""
    folder = _AZURE.search(path)
    script, entry = _text(whole.get("scriptFile")) or "index.js", _text(whole.get("entryPoint"))
    for binding in _items(whole.get("bindings")):
        if folder is None or not isinstance(binding, Table) or _text(binding.get("type")) != "httpTrigger" or ".." in script:
            continue
        route = _text(binding.get("route")) or folder["name"]
        methods = tuple(_method(_text(each)) for each in _items(binding.get("methods"))) or ("ANY",)
        chain = () if _text(binding.get("authLevel")).lower() == "anonymous" else ("azure-functions#key",)
        stem = script.rpartition(".")[0] if "." in script else script
        python = script.endswith(".py")
        module = f".{stem.strip('./').replace('/', '.')}" if python else f"./{stem.removeprefix('./')}"
        place = Place(path, binding.span)
        handler = f"{module}#{entry or ('main' if python else 'default')}"
        yield Endpoint("azure-functions", RouteKind.HTTP, methods, f"/api/{route}", "", handler, place, chain)


# --- AWS ---


def _endpoint(path: str, entry: Entry, handler: str, runtime: str, folder: str, event: _Event) -> Iterator[Endpoint]:
    module, _, function = handler.rpartition(".")
    if not module or "${" in handler:
        return
    base = "/".join(part for part in (*folder.split("/"), *module.split("/")) if part not in ("", "."))
    if ".." in base:
        return
    name = f".{base.replace('/', '.')}" if runtime.startswith("python") else f"./{base}"
    place = Place(path, Span(entry.place.start, entry.place.start + len(entry.key)))
    yield Endpoint(FRAMEWORK, RouteKind.HTTP, (event.method,), event.path, "", f"{name}#{function}", place, event.chain)


def _method(text: str) -> str:
    upper = text.upper()
    return "ANY" if upper in ("*", "ANY", "") else upper


def _path(text: str) -> str:
    return f"/{text.strip().lstrip('/')}" if text not in ("*", "$default") else "/*"


def _text(value: Value | None) -> str:
    return value.text if isinstance(value, Scalar) else ""


def _items(value: Value | None) -> tuple[Value, ...]:
    return value.items if isinstance(value, Listing) else ()
