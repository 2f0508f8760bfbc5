"""What frameworks hand to the parameters of functions and methods, as their decorators and types say; knows no graph.

https://docs.nestjs.com/controllers#request-object https://docs.nestjs.com/graphql/resolvers#args-decorator-options https://typegraphql.com/docs/resolvers.html
"""

from typing import NamedTuple

from batten.facts.calls import Call, Function, Parameter, simple_name
from batten.link.callgraph import Code
from batten.link.lineage import classes_of
from batten.regex import regex

NEST = "nestjs"
"""The framework of such controllers."""
INVERSIFY = "inversify"
"""The framework of such, whose methods are handed the request and the response where nothing is said of a parameter."""
CLASSES = frozenset((NEST, INVERSIFY, "routing-controllers", "tsoa"))
"""The frameworks of all such controllers."""
LITESTAR = "litestar"
_REQUEST, _RESPONSE = ("Req", "Request", "request"), ("Res", "Response", "response")
# Where requests of Express have what these hand over, by package: https://github.com/typestack/routing-controllers#injecting-request-object,
# https://tsoa-community.github.io/docs/getting-started.html, https://github.com/inversify/inversify-express-utils#decorators
_PARTS = {
    "@nestjs/common": {
        **dict.fromkeys(("Body", "RawBody"), "body"),
        "Query": "query",
        "Param": "params",
        "Headers": "headers",
        "UploadedFile": "file",
        "UploadedFiles": "files",
    },
    "routing-controllers": {
        **dict.fromkeys(("Body", "BodyParam"), "body"),
        **dict.fromkeys(("Param", "Params"), "params"),
        **dict.fromkeys(("QueryParam", "QueryParams"), "query"),
        **dict.fromkeys(("HeaderParam", "HeaderParams"), "headers"),
        **dict.fromkeys(("CookieParam", "CookieParams"), "cookies"),
        "UploadedFile": "file",
        "UploadedFiles": "files",
    },
    "tsoa": {
        **dict.fromkeys(("Body", "BodyProp", "FormField"), "body"),
        **dict.fromkeys(("Query", "Queries"), "query"),
        "Path": "params",
        "Header": "headers",
        "UploadedFile": "file",
        "UploadedFiles": "files",
    },
    "inversify-express-utils": {
        "requestBody": "body",
        "requestParam": "params",
        "queryParam": "query",
        "requestHeaders": "headers",
        "cookies": "cookies",
    },
}
_PARTS["@tsoa/runtime"] = _PARTS["tsoa"]
# https://docs.nestjs.com/pipes#built-in-pipes: what they let through is no text any more, or one of a few.
_PARSES = regex(r"#Parse(?:Int|Float|Bool|UUID|Enum|Date)Pipe$")
_CONVERTED = frozenset(("number", "boolean", "bigint", "Date"))
_ARGUMENTS = regex(r"^(?:@nestjs/graphql#Args|type-graphql#(?:Args?|ArgsDict)|@nestjs/websockets#MessageBody)$")
# https://github.com/typestack/class-validator#validation-decorators: what is left of a field is no text that could do harm, or one of a few.
_LIMITS = regex(
    r"^class-validator#Is(?:Int|Number|NumberString|Boolean|BooleanString|Positive|Negative|UUID|Enum|In|Date|DateString|ISO8601|MongoId|Alpha|Alphanumeric|Hexadecimal|IP|Port|Locale|ISO\w+|Currency|Semver)$"
)
# https://fastapi.tiangolo.com/reference/httpconnection/
_CONNECTIONS = frozenset(("Request", "WebSocket", "HTTPConnection"))
# https://fastapi.tiangolo.com/reference/parameters/
_SENT = frozenset(("Query", "Path", "Header", "Cookie", "Body", "Form", "File"))
_RESERVED = frozenset(("data", "body", "query", "headers", "cookies"))
_TEXTUAL = frozenset(("str", "list", "dict"))
_LOOSE = frozenset((None, "any", "unknown", "object", "string", "Record", "Object"))


class Handed(NamedTuple):
    """What a parameter is handed: the framework and the slot by which rows know it, and the way to it. ``doubtful``: pipes of the application may make something else of it."""

    framework: str
    slot: str
    way: tuple[str, ...]
    doubtful: bool = False
    shaped: bool = False
    """A class says what is in it, and pipes that check that are the framework's own way."""


def handed(function: Function | None, index: int) -> Handed | None:
    """What the decorators of a parameter say; None where it is nothing that a stranger sends, or answers him."""
    parameter = function.parameters[index] if function is not None and 0 <= index < len(function.parameters) else None
    for mark in parameter.marks if parameter is not None else ():
        package, _, kind = mark.callee.partition("#") if not mark.callee.startswith("#") else ("", "", "")
        parts = _PARTS.get(package, {})
        if parts and kind in _REQUEST:
            return Handed("express", "0", ())
        if parts and kind in _RESPONSE:
            return Handed("express", "1", ())
        if parameter is not None and (kind in parts or _ARGUMENTS.match(mark.callee)):
            return _part(mark, parameter, parts.get(kind))
    return None


def by_type(function: Function | None, index: int) -> str:
    """The slot by which rows know a parameter of FastAPI: the ``connection`` itself, which has more than what was sent, or what is read of it (``sent``); its type says which."""
    given = [parameter for parameter in function.parameters if parameter.name not in ("self", "cls")] if function is not None else []
    kind = given[index].annotation if 0 <= index < len(given) else None
    return "connection" if kind is None or simple_name(kind) in _CONNECTIONS else "sent"


def sent_fields(path: str, function: Function, code: Code) -> frozenset[str]:
    """The fields of the class of a method of FastAPI that hold text of the request; the others hold what the server puts there.

    https://fastapi-utils.davidmontague.xyz/user-guide/class-based-views/
    """
    owner = function.name.rpartition(".")[0]
    found: set[str] = set()
    for home, name in classes_of(code, path, owner) if owner else ():
        bindings = code.bindings(home)
        asked = {local.rpartition(".")[2]: bound for local, bound in bindings.items() if local.rpartition(".")[0] == name and bound.calls}
        found |= {field for field, bound in asked.items() if any(simple_name(call.callee) in _SENT for call in bound.calls)}
        typed = bindings[name].fields if name in bindings else ()
        found |= {field for field, kind in typed if field not in asked and simple_name(kind) in _TEXTUAL}
    return frozenset(found)


def by_name(function: Function | None, index: int, route: str) -> str:
    """The same for Litestar, which hands over what was sent by the name of a parameter, and dependencies by theirs: https://docs.litestar.dev/latest/usage/routing/handlers.html#reserved-keyword-arguments."""
    given = [parameter for parameter in function.parameters if parameter.name not in ("self", "cls")] if function is not None else []
    if not 0 <= index < len(given):
        return "-"
    name, kind = given[index].name, given[index].annotation or ""
    if simple_name(kind) in _CONNECTIONS:
        return "connection"
    return "sent" if name in _RESERVED or f"{{{name}" in route or kind in _TEXTUAL else "-"


def _part(mark: Call, parameter: Parameter, part: str | None) -> Handed | None:
    pipes = [source.text for given in mark.arguments if given.text is None and "." not in given.slot for source in given.sources]
    if any(_PARSES.search(pipe) for pipe in pipes):
        return None
    key = next((given.text for given in mark.arguments if given.slot == "0" and given.text), None)
    way = (*((part,) if part is not None else ()), *((key,) if key is not None and part is not None else ()))
    kind = parameter.annotation
    if part is None and kind in _CONVERTED:
        return None  # the schema says so, too, and GraphQL holds callers to it
    return Handed(
        "express" if part is not None else "graphql",
        "0" if part is not None else "1",
        way,
        doubtful=bool(pipes) or kind in _CONVERTED,
        shaped=kind not in _LOOSE,
    )


def limited(function: Function | None, path: str, code: Code) -> frozenset[tuple[int, str]]:
    """The fields of what is sent that may only be one of a few, by the class that says what is in a parameter: pairs of its index and the name."""
    found: set[tuple[int, str]] = set()
    for index, parameter in enumerate(function.parameters if function is not None else ()):
        kind = parameter.annotation if parameter.marks and parameter.annotation not in _LOOSE | _CONVERTED else None
        target = code.target(path, kind) if kind is not None and "#" in kind else None
        for local, binding in code.bindings(target.path).items() if target is not None and target.path is not None else ():
            owner, _, field = local.rpartition(".")
            if target is not None and owner == target.name and any(_LIMITS.match(mark.callee) for mark in binding.decorators):
                found.add((index, field))
    return frozenset(found)
