"""Routes that answer with what is somebody's own, by the columns of the rows; knows no column itself."""

from collections.abc import Iterable

from msgspec import structs

from batten.link.callgraph import Code
from batten.link.deeds import reveals_rows
from batten.link.holdings import Holdings, is_shown, model_called
from batten.link.permissions import Classes
from batten.link.routes import Standing


def with_private_reads(standings: Iterable[Standing], holdings: Holdings, code: Code) -> tuple[Standing, ...]:
    """The routes, where those that answer with such rows say so whatever they and the rows are called."""
    classes = Classes(code)
    return tuple(_judged(each, holdings, classes) for each in standings)


def _judged(standing: Standing, holdings: Holdings, classes: Classes) -> Standing:
    route = standing.route
    if _shows(standing, holdings) and not _is_meant(standing, classes):
        return standing._replace(route=structs.replace(route, reads_private=True, acts_or_reveals=True))
    if route.reads_private and _is_of_content(standing, holdings):
        return standing._replace(route=structs.replace(route, reads_private=False, acts_or_reveals=route.writes))
    return standing


def _is_of_content(standing: Standing, holdings: Holdings) -> bool:
    """Nothing but the address is about somebody: ``GET /user/:id/posts`` shows posts, whoever wrote them."""
    named = [effect.rows for effect in standing.reads if reveals_rows(effect, standing.route.path)]
    for effect in standing.reads:
        held = holdings.of(standing.route.package, effect.place.path, effect.rows) if effect.rows is not None else None
        if held is not None and held.private:
            return False
    return bool(named) and all(name is not None and "#" in name and is_shown(model_called(name)) for name in named)


def _shows(standing: Standing, holdings: Holdings) -> bool:
    route = standing.route
    if route.reads_private or route.public_by_design:
        return False
    for effect in standing.reads:
        if effect.rows is not None and reveals_rows(effect, route.path) and (effect.of_owner or not effect.single):
            held = holdings.of(route.package, effect.place.path, effect.rows)
            if (held is not None and (held.private or held.personal)) or (effect.of_owner and not is_shown(model_called(effect.rows))):
                return True
    return False


def _is_meant(standing: Standing, classes: Classes) -> bool:
    """Its author says that anybody may: then a serializer picks the columns, and what there are besides is no sign."""
    view = standing.view
    if view is None:
        return standing.route.opened
    owner = view.handler.removeprefix("#").rpartition(".")[0]
    lineage = classes.lineage(view.place.path, f"#{owner}") if owner else None
    if lineage is not None and classes.field(lineage, "permission_classes") is not None:
        return True
    return any(wrapper.callee.endswith("#permission_classes") for _, function in view.functions for wrapper in function.wrappers)
