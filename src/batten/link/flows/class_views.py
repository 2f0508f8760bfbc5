"""The classes that answer requests in Django and its REST framework: their methods, and where in them the request is; and what patterns of addresses let through."""

from collections.abc import Iterator

from batten.facts.calls import Function
from batten.facts.flows import SELF, Graph
from batten.link.callgraph import Code
from batten.link.permissions import Classes
from batten.regex import regex

DJANGO, FLASK = "django", "flask"
ADDRESS = "address"
"""The slot of what the pattern of an address takes out of it."""
_NO_SLOT = "-"
# Methods that the framework hands the request to first, whatever they call it.
_FIRST = frozenset(
    (
        *("get", "post", "put", "patch", "delete", "head", "options", "dispatch", "setup", "initial"),
        *("list", "create", "retrieve", "update", "partial_update", "destroy"),
    )
)
_PART = regex(r"<(?:(?P<converter>\w+)(?:\([^<>]*\))?:)?(?P<name>\w+)>")
# https://flask.palletsprojects.com/en/stable/quickstart/#variable-rules
_SETTLING = frozenset(("int", "float", "uuid", "any"))
_REQUEST = regex(r"_?(?:http_?)?req(?:uest)?")


def methods_of(path: str, name: str, code: Code) -> Iterator[tuple[str, Function]]:
    """The methods of a class, and of the classes of the app that it is made of, with their files."""
    lineage = Classes(code).lineage(path, name)
    seen: set[str] = set()
    for at, owner in lineage.classes if lineage is not None else ():
        for full, function in code.functions(at).items():
            head, _, method = full.rpartition(".")
            if head == owner and method not in seen:
                seen.add(method)
                yield at, function


def asked_of(graph: Graph, number: int, way: tuple[str, ...], route: str) -> tuple[str, tuple[str, ...]]:
    """The slot of a parameter as rows count them, and what is read of it: the request is the first parameter of a function, and kept by an object that answers."""
    if number == SELF:
        if way[:1] == ("request",):
            return "0", way[1:]
        if way[:1] == ("kwargs",) and len(way) > 1 and _is_text(way[1], route):
            return ADDRESS, ()
        return _NO_SLOT, ()
    name = graph.parameters[number].lstrip("*") if number < len(graph.parameters) else ""
    owner, _, method = graph.function.rpartition(".")
    if number == 0 and (not owner or method in _FIRST):
        return "0", way
    if _REQUEST.fullmatch(name):
        return "0", way
    return (ADDRESS, way) if name and _is_text(name, route) else (_NO_SLOT, ())


def _is_text(name: str, route: str) -> bool:
    """The pattern of the address takes any text for a parameter: https://docs.djangoproject.com/en/5.2/topics/http/urls/#path-converters."""
    return any(f"<{converter}{name}>" in route for converter in ("", "str:", "path:"))


def is_sent_as_text(name: str, route: str, *, first: bool, wrapped: bool) -> bool:
    """A parameter of a view of Flask may hold any text of a stranger; of what no pattern of its addresses names the first is what a decorator hands over, where there is one.

    A pattern before it, of a blueprint, may name others: https://flask.palletsprojects.com/en/stable/api/#url-route-registrations
    """
    converters = [match["converter"] for match in _PART.finditer(route) if match["name"] == name]
    return any(each not in _SETTLING for each in converters) if converters else not (first and wrapped)
