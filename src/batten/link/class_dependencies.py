"""What FastAPI asks for by a class: the fields of one whose methods answer, and the router that is a class of the app's own; knows no guard.

https://fastapi-utils.davidmontague.xyz/user-guide/class-based-views/
"""

from collections.abc import Iterable

from batten.facts.calls import INJECTING, Argument, Call, Origin, parted
from batten.facts.routes import Mount
from batten.link.callgraph import Code
from batten.link.lineage import classes_of
from batten.text import Place, Span

_ROUTER = "APIRouter"


def before_methods(code: Code, path: str, handler: str) -> list[tuple[str, str, Span]]:
    """What is asked before a method of a class of views answers, as (file, qualified name, where it is put to use); empty for a function."""
    owner = parted(handler)[1].rpartition(".")[0]
    whole = code.bindings(path).get(owner)
    # Without the decorator that makes it a class of views its fields are nothing to FastAPI.
    if whole is None or not whole.is_class or not whole.decorators:
        return []
    found: dict[str, list[tuple[str, str, Span]]] = {}
    makers: list[tuple[str, str, Span]] = []
    for at, name in classes_of(code, path, owner):
        code.ask(at)
        bindings = code.bindings(at)
        for local, binding in bindings.items():
            of, _, field = local.rpartition(".")
            if of == name:
                found.setdefault(field, [(at, each, binding.place.span) for each in _depended(binding.calls)])
        for field, kind in bindings[name].fields if name in bindings else ():
            if not found.get(field) and "#" in kind:
                found[field] = [(at, f"alias:{kind}", bindings[name].place.span)]
        made = code.functions(at).get(f"{name}.__init__") if not makers else None
        if made is not None:
            makers = [(at, each, made.place.span) for parameter in made.parameters for each in _depended(parameter.calls)]
    return [*(each for asked in found.values() for each in asked), *makers]


def own_router(code: Code, path: str, name: str) -> list[tuple[str, Mount]]:
    """How a router is declared that is made of a class of the app's own: with what the class gives it, and under which prefix and with what the one who makes it does.

    Each with the file that knows the names in it; empty for any other router.
    """
    binding = code.bindings(path).get(name)
    made = binding.calls[0] if binding is not None and binding.calls else None
    home = code.home(path, binding.name) if binding is not None and binding.name is not None and made is not None else None
    if binding is None or made is None or home is None:
        return []
    classes = list(classes_of(code, *home))
    wholes = [code.bindings(at).get(owner) for at, owner in classes]
    if not any(base.endswith(_ROUTER) for whole in wholes if whole is not None for base in whole.bases):
        return []
    prefix = next((argument.text for argument in made.arguments if argument.slot == "prefix"), None)
    found = [(path, Mount("", f"#{name}", prefix or "", binding.place, _asked(made)))]
    for at, owner in classes:
        code.ask(at)
        by_itself = code.functions(at).get(f"{owner}.__init__")
        calls = by_itself.calls if by_itself is not None else ()
        found += [(at, Mount("", f"#{name}", "", Place(at, call.span), _asked(call))) for call in calls if call.callee.endswith("__init__")]
    return found


def _asked(call: Call) -> tuple[str, ...]:
    """What ``dependencies=[Depends(x), …]`` names."""
    given = [argument for argument in call.arguments if argument.slot == "dependencies"]
    return tuple(name for name in _named(given) if parted(name)[1] not in INJECTING)


def _depended(calls: Iterable[Call]) -> list[str]:
    """What ``Depends(x)`` names."""
    return [each for call in calls if parted(call.callee)[1].rpartition(".")[2] in INJECTING for each in _named(call.arguments[:1])]


def _named(arguments: Iterable[Argument]) -> list[str]:
    return [
        source.text for each in arguments for source in each.sources if source.origin in (Origin.NAME, Origin.CALL) and "#" in source.text
    ]
