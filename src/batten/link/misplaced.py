"""Guards that stand beside an open route as if they guarded it, and do not run before it."""

from batten.extract.declared import VERBS
from batten.facts.calls import Function
from batten.facts.routes import Route, RouteAuth
from batten.finding import Step
from batten.link.guards import Guards, Protection
from batten.link.routers import PassedOver
from batten.text import Place

# Their decorators register the function as it is by then: those above it wrap what nobody calls.
_BY_DECORATOR = frozenset(("flask", "aiohttp"))
_REGISTERS = VERBS | {"route", "view"}


def misplaced(route: Route, beside: list[PassedOver], runs: tuple[tuple[str, Function], ...], guards: Guards) -> tuple[str, Step] | None:
    """The first of them, in words, with where it stands."""
    for entry in beside:
        if entry.late and entry.under and guards.demands(entry.path, entry.name, entry.span) > Protection.UNKNOWN:
            name = _called(entry.name)
            return f"{name}, which is registered after it", Step(
                Place(entry.path, entry.span), f"{name} is registered here, after the route"
            )
    for path, function in runs[:1] if route.framework in _BY_DECORATOR else ():
        steps = [wrapper.callee.rpartition(".")[2] for wrapper in function.wrappers]
        registers = next((number for number, step in enumerate(steps) if step in _REGISTERS), 0)
        for wrapper in function.wrappers[:registers]:
            if guards.demands(path, wrapper.callee, wrapper.span) > Protection.UNKNOWN:
                name = _called(wrapper.callee)
                words = f"{name}, which stands above the decorator that registers it"
                return words, Step(Place(path, wrapper.span), f"{name} wraps what is registered already")
    return None


def is_exposed(route: Route) -> bool:
    """Strangers get something done through it, or see what is private, and it was not meant for them."""
    return route.auth is RouteAuth.UNAUTHENTICATED and route.acts_or_reveals and not route.public_by_design


def _called(name: str) -> str:
    module, _, last = name.rpartition("#")
    shown = last or module.rpartition("/")[2]
    return "a hook" if "@" in shown else f"`{shown}`"
