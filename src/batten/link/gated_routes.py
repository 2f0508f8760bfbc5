"""Routes that do nothing before the policies of the database have shown their callers a row; knows no policy itself."""

from collections.abc import Iterable, Iterator

from msgspec import structs

from batten.facts.routes import Effect, RouteAuth
from batten.link.routes import Standing
from batten.link.row_gates import RowGates

_OPEN = (RouteAuth.UNAUTHENTICATED, RouteAuth.PRESENCE, RouteAuth.OPTIONAL)


def with_row_gates(standings: Iterable[Standing], gates: RowGates) -> Iterator[Standing]:
    """The routes; one that does nothing before the policies have shown its caller a row is theirs to decide on."""
    for standing in standings:
        if (
            standing.route.auth in _OPEN
            and standing.route.effects
            and all(_is_gated(standing, gates, each) for each in standing.route.effects)
        ):
            reason = "the database's policies decide"
            yield standing._replace(route=structs.replace(standing.route, auth=RouteAuth.DATABASE, reason=reason, past_policies=()))
        else:
            yield standing


def _is_gated(standing: Standing, gates: RowGates, effect: Effect) -> bool:
    first = effect.trail[0].place if effect.trail else effect.place
    return any(first.path == path and gates.keeps_out(path, function, first.span.start) for path, function in standing.runs)
