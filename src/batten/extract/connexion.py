"""Connexion: routes that an OpenAPI document names the functions of; knows no other file.

https://connexion.readthedocs.io/en/stable/routing.html
"""

import re
from collections.abc import Iterator

from batten.extract.declared import VERBS
from batten.facts.routes import Endpoint, RouteKind
from batten.parse.documents import Entry, Listing, Scalar, Table, Value, below, read_json, read_yaml
from batten.regex import regex
from batten.text import Place, Span

FRAMEWORK = "connexion"
_CONTROLLERS = ("x-openapi-router-controller", "x-swagger-router-controller")
_ASKS = ("x-bearerInfoFunc", "x-apikeyInfoFunc", "x-basicInfoFunc", "x-tokenInfoFunc", "x-tokenInfoUrl")
_DOTTED = regex(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
# Most documents name their operations for readers alone.
_NAMES = regex(rb"operationId[\"']?:\s{0,20}[\"']?[A-Za-z_]\w{0,100}\.|x-(?:openapi|swagger)-router-controller")
# Answers 401 by itself where the function that it is given knows nobody.
_GUARD = "connexion#security"
_MOST = 2_000


def reads(path: str, data: bytes) -> bool:
    """Whether a file is a document that may name functions."""
    return path.endswith((".yml", ".yaml", ".json")) and b"paths" in data and _NAMES.search(data) is not None


def endpoints(path: str, data: bytes) -> tuple[Endpoint, ...]:
    """The operations whose functions are named with their module."""
    document = read_json(data) if path.endswith(".json") else read_yaml(data)
    whole, paths = document.table, below(document.table, "paths")
    if whole is None or not isinstance(paths, Table):
        return ()
    base = whole.get("basePath")
    prefix = base.text.rstrip("/") if isinstance(base, Scalar) else _server(whole)
    guarded = _guarded(whole)
    found: list[Endpoint] = []
    for entry in paths.entries[:_MOST]:
        for operation in entry.value.entries if isinstance(entry.value, Table) else ():
            if operation.key in VERBS and isinstance(operation.value, Table):
                found += _endpoint(path, f"{prefix}{entry.key}", entry, operation, operation.value, whole, guarded)
    return tuple(found)


def _endpoint(
    path: str, route: str, entry: Entry, operation: Entry, value: Table, whole: Table, guarded: frozenset[str]
) -> Iterator[Endpoint]:
    named = value.get("operationId")
    name = named.text if isinstance(named, Scalar) else ""
    holder = entry.value if isinstance(entry.value, Table) else value
    controllers = [found.text for table in (value, holder) for key in _CONTROLLERS if isinstance(found := table.get(key), Scalar)]
    if controllers and "." not in name:
        name = f"{controllers[0]}.{name}"
    if _DOTTED.fullmatch(name) is None:
        return
    security = value.get("security") if value.entry("security") is not None else whole.get("security")
    module, _, function = name.rpartition(".")
    place = Place(path, Span(operation.place.start, operation.place.start + len(operation.key)))
    chain = (_GUARD,) if _is_asked(security, guarded) else ()
    yield Endpoint(FRAMEWORK, RouteKind.HTTP, (operation.key.upper(),), route, "", f"{module}#{function}", place, chain)


def _server(whole: Table) -> str:
    """The path of the first server: ``/api`` of ``https://shop.example/api``."""
    servers = whole.get("servers")
    first = servers.items[0] if isinstance(servers, Listing) and servers.items else None
    url = below(first, "url")
    text = url.text if isinstance(url, Scalar) else ""
    return re.sub(r"^\w+://[^/]*", "", text).rstrip("/")


def _guarded(whole: Table) -> frozenset[str]:
    """The schemes that name a function which knows the callers."""
    schemes = below(whole, "components", "securitySchemes") or whole.get("securityDefinitions")
    entries = schemes.entries if isinstance(schemes, Table) else ()
    return frozenset(
        entry.key for entry in entries if isinstance(entry.value, Table) and any(entry.value.get(key) is not None for key in _ASKS)
    )


def _is_asked(security: Value | None, guarded: frozenset[str]) -> bool:
    """Every alternative demands a scheme that asks; an empty one lets everybody in."""
    options = [option for option in security.items if isinstance(option, Table)] if isinstance(security, Listing) else []
    return bool(options) and all(any(entry.key in guarded for entry in option.entries) for option in options)
