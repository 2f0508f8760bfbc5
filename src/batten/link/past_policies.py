"""Routes that are a way past good policies: what they do for strangers, tables that they reach with rights that no policy binds, and that strangers could not reach otherwise."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import structs

from batten.facts.flows import Use
from batten.facts.project import FileFacts
from batten.facts.routes import Effect, EffectKind, Route, RouteAuth
from batten.facts.schema import Predicate, Table, Verdict
from batten.finding import Step
from batten.link.connections import is_around, models_of

_OPEN = frozenset((RouteAuth.UNAUTHENTICATED, RouteAuth.PRESENCE, RouteAuth.OPTIONAL))
_VERBS = {
    EffectKind.DATABASE_READ: ("select",),
    EffectKind.DATABASE_WRITE: ("insert", "update"),
    EffectKind.DATABASE_DELETE: ("delete",),
}
_DEEDS = {EffectKind.DATABASE_READ: "reads", EffectKind.DATABASE_WRITE: "writes", EffectKind.DATABASE_DELETE: "deletes from"}
_BOUND = frozenset((Predicate.CALLER_BOUND, Predicate.ROLE_BOUND))
# What a form of a visitor does besides adding its row.
_OF_FORMS = frozenset((EffectKind.DATABASE_WRITE, EffectKind.ADMIN_CLIENT, EffectKind.MAIL, EffectKind.OUTGOING_REQUEST))
_SERVICE_KEY, _CONNECTION = "service-key", "connection"
_WITH = {_SERVICE_KEY: "with the service key", _CONNECTION: "on a connection that no policy binds"}
_MOST_NAMES = 3


def past_policies(
    routes: Sequence[Route], tables: Iterable[Table], connections: Iterable[Use], files: Iterable[FileFacts]
) -> tuple[Route, ...]:
    """The routes, with the tables for which that holds. ``connections`` are those that no policy binds."""
    known: dict[str, list[Table]] = {}
    for table in tables:
        if table.dialect == "postgres" and table.path_class == "product" and table.name.startswith("public."):
            known.setdefault(table.name.removeprefix("public."), []).append(table)
    if not any(table.rls is True for each in known.values() for table in each):
        return tuple(routes)
    owning = frozenset(each.package for each in connections)
    models = {model.lower(): table for file in files for model, table in models_of(file)} if owning else {}
    return tuple(_marked(route, known, owning, models) if route.auth in _OPEN else route for route in routes)


def _marked(route: Route, known: Mapping[str, list[Table]], owning: frozenset[str], models: Mapping[str, str]) -> Route:
    if route.public_by_design and not _only_adds(route):
        return route
    found: dict[str, tuple[str, Effect]] = {}
    for effect in route.effects:
        for rights, name in _named(route, effect, owning, models):
            nearby = [table for table in known.get(name, ()) if is_around(table.package, route.package)]
            if nearby and all(_keeps_strangers_out(table, effect) for table in nearby):
                found.setdefault(name, (rights, effect))
    if not found:
        return route
    first, (rights, effect) = next(iter(found.items()))
    nearby = [table for table in known[first] if is_around(table.package, route.package)]
    bound = next((policy for table in nearby for policy in table.policies if {policy.using, policy.check} & _BOUND), None)
    table = nearby[0]
    closed = Step(bound.place, f"a policy binds rows of {first} to callers here") if bound else Step(table.place, f"{first} is closed here")
    names = list(found)
    shown = f"{', '.join(names[:_MOST_NAMES])} and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ", ".join(names)
    return structs.replace(
        route,
        past_policies=tuple(names),
        passes=f"{_DEEDS[effect.kind]} {shown} {_WITH[rights]}",
        passes_by=_SERVICE_KEY if any(each == _SERVICE_KEY for each, _ in found.values()) else _CONNECTION,
        trail=(*route.trail, closed) if effect.trail[-1:] == route.trail[-1:] else (route.trail[0], *effect.trail, closed),
    )


def _named(route: Route, effect: Effect, owning: frozenset[str], models: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What it is done with, and the table."""
    if effect.kind in _VERBS and effect.admin and effect.detail is not None:
        yield _SERVICE_KEY, effect.detail
    elif effect.kind in _VERBS and route.package in owning and not effect.callee.startswith(("@supabase/", "supabase")):
        # `prisma.draft.findMany`: the model stands before the method.
        model = effect.detail or "".join(effect.callee.split(".")[-2:-1])
        yield _CONNECTION, models.get(model.lower(), effect.detail or "").removeprefix("public.")


def _only_adds(route: Route) -> bool:
    """The form of a visitor, by what it does."""
    kinds = {effect.kind for effect in route.effects}
    adds = all(effect.callee.endswith((".insert", ".create")) for effect in route.effects if effect.kind is EffectKind.DATABASE_WRITE)
    return EffectKind.DATABASE_WRITE in kinds and kinds <= _OF_FORMS and adds


def _keeps_strangers_out(table: Table, effect: Effect) -> bool:
    """The table is closed to them, or its policies ask who they are, and its rows are not for everybody to read."""
    if table.rls is not True or table.marked_public:
        return False
    bound = any({policy.using, policy.check} & _BOUND for policy in table.policies)
    if effect.kind is EffectKind.DATABASE_READ and not (bound or table.sensitivity or table.owner_columns):
        return False
    cells = [cell for cell in table.access if cell.role == "anon" and cell.verb in _VERBS[effect.kind]]
    return bool(cells) and all(
        (cell.effect or cell.verdict) is Verdict.NONE or (cell.verdict is Verdict.ROWS and _asks_who(table, cell.verb)) for cell in cells
    )


def _asks_who(table: Table, verb: str) -> bool:
    """All policies by which one gets there do: none lets everybody have the rows that a column opens."""
    told = [
        predicate
        for policy in table.policies
        if policy.permissive and policy.command in (verb, "all")
        for predicate in (policy.using, policy.check)
        if predicate is not None
    ]
    return bool(told) and all(predicate in _BOUND or predicate is Predicate.NEVER for predicate in told)
