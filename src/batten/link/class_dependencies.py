"""What FastAPI asks for by a class: the fields of one whose methods answer, and the router that is a class of the app's own; knows no guard.

https://fastapi-utils.davidmontague.xyz/user-guide/class-based-views/
"""

from collections.abc import Iterable

from batten.facts.calls import Argument, Call, Origin, parted
from batten.facts.routes import Mount
from batten.link.callgraph import Code
from batten.link.lineage import classes_of
from batten.text import Span

_DEPENDS = frozenset(("Depends", "Security"))
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


def own_router(code: Code, path: str, name: str) -> tuple[str, Mount] | None:
    """How a router is declared that is made of a class of the app's own: under which prefix, and with the dependencies that the class gives it, which its file knows."""
    binding = code.bindings(path).get(name)
    home = code.home(path, binding.name) if binding is not None and binding.name is not None and binding.calls else None
    if binding is None or home is None:
        return None
    code.ask(home[0])
    whole = code.bindings(home[0]).get(home[1])
    made = code.functions(home[0]).get(f"{home[1]}.__init__")
    if whole is None or made is None or not any(base.endswith(_ROUTER) for base in whole.bases):
        return None
    asked = [
        each
        for call in made.calls
        if call.callee.endswith("__init__")
        for argument in call.arguments
        if argument.slot == "dependencies"
        for each in _named((argument,))
        if parted(each)[1] not in _DEPENDS
    ]
    prefix = next((argument.text for argument in binding.calls[0].arguments if argument.slot == "prefix"), None)
    return home[0], Mount("", f"#{name}", prefix or "", made.place, tuple(asked), 0)


def _depended(calls: Iterable[Call]) -> list[str]:
    """What ``Depends(x)`` names."""
    return [each for call in calls if parted(call.callee)[1].rpartition(".")[2] in _DEPENDS for each in _named(call.arguments[:1])]


def _named(arguments: tuple[Argument, ...]) -> list[str]:
    return [
        source.text for each in arguments for source in each.sources if source.origin in (Origin.NAME, Origin.CALL) and "#" in source.text
    ]
