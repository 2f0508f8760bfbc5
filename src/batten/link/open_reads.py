"""Edge functions that only read, with the service key, what policies let everybody read: a feed of products, a map of the site."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import structs

from batten.facts.calls import Call
from batten.facts.project import FileFacts
from batten.facts.routes import Effect, EffectKind, Route, RouteKind
from batten.facts.schema import Table
from batten.link.connections import is_around
from batten.regex import regex

_ASKS_OTHERS = regex(r"(?:^|[.#])(?:fetch|axios|invoke|rpc|send\w*)(?:$|\.)")
# What a request for rows brings with them: ``*, brand:brands!inner(name)``.
_WITH = regex(r"(\w+)(?:!\w+)*\(")
_NOT_TABLES = frozenset(("count", "sum", "avg", "min", "max"))


def open_reads(routes: Sequence[Route], tables: Iterable[Table], files: Iterable[FileFacts]) -> tuple[Route, ...]:
    """The routes, where such functions hold nothing that wants protection."""
    asked = [route for route in routes if _may(route)]
    if not asked:
        return tuple(routes)
    known: dict[str, list[Table]] = {}
    for table in tables:
        if table.dialect == "postgres" and table.path_class == "product" and table.name.startswith("public."):
            known.setdefault(table.name.removeprefix("public."), []).append(table)
    paths = {route.place.path for route in asked}
    calls = {file.path: [call for function in file.functions for call in function.calls] for file in files if file.path in paths}
    harmless = {route.key for route in asked if _is_harmless(route, known, calls.get(route.place.path, []))}
    return tuple(structs.replace(route, protected_effect=False) if route.key in harmless else route for route in routes)


def _may(route: Route) -> bool:
    return (
        route.kind is RouteKind.EDGE_FUNCTION
        and route.protected_effect
        and bool(route.effects)
        and all(effect.kind is EffectKind.DATABASE_READ and effect.place.path == route.place.path for effect in route.effects)
    )


def _is_harmless(route: Route, known: Mapping[str, list[Table]], calls: Sequence[Call]) -> bool:
    """It asks nobody else for anything, and everybody may have every row of all it reads."""
    if not calls or any(_ASKS_OTHERS.search(call.callee) for call in calls):
        return False
    return all(_is_open(route, name, known) for effect in route.effects for name in _read(effect, calls))


def _read(effect: Effect, calls: Sequence[Call]) -> set[str]:
    """The tables that a request reads; an empty name where one can't be told."""
    own = [call for call in calls if call.span == effect.place.span]
    texts = [argument.text for call in own for argument in call.arguments if argument.slot == "0"]
    if not own or any(text is None for text in texts):
        return {""}
    return {effect.detail or "", *(name for text in texts for name in _WITH.findall(text or "") if name not in _NOT_TABLES)}


def _is_open(route: Route, name: str, known: Mapping[str, list[Table]]) -> bool:
    nearby = [table for table in known.get(name, ()) if is_around(table.package, route.package)]
    # Where nobody has said who may have the rows, that all can is a slip, and not what the function is for.
    return bool(nearby) and all("select" in table.anon_verbs and (table.rls is True or table.sensitivity is None) for table in nearby)
