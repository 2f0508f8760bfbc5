"""Checks that functions of the app are handed, and ask before they go on: ``withMiddleware(handler, requireUser)``, ``timed(() => session())``. Knows no verdict."""

from collections.abc import Iterator

from batten.facts.calls import Argument, Call, Function, Origin
from batten.link.by_place import giving
from batten.link.callgraph import Code

_LEAVES = ("return", "raise")
# What one function is handed, or does with it.
_MOST = 12


def handed_checks(code: Code, path: str, calls: Iterator[Call]) -> Iterator[tuple[str, Function]]:
    """The functions of the app that calls hand to others of the app, each with its file, where those ask them before anything else that they are handed, and leave with what they say."""
    for call in calls:
        target = code.target(path, call.callee)
        if target.path is None or target.function is None or target.rest:
            continue
        for argument in call.arguments[:_MOST]:
            asked = _called(argument, target.function)
            given = _function(code, path, argument) if asked is not None else None
            if given is not None and asked is not None and _asks_first(code, target.path, target.function, asked):
                yield given


def given_back(code: Code, path: str, function: Function, name: str, before: int) -> tuple[str, Function] | None:
    """The function whose result a name is, that another of the app's was handed and gives back: ``timed(() => session())``, the last of such calls before a place."""
    calls = giving(function, name, before)
    target = code.target(path, calls[-1].callee) if calls and "#" in name else None
    helper = target.function if target is not None and not target.rest else None
    named = {each for result in helper.results if not result.empty for each in result.names} if helper is not None else set()
    if helper is None or len(named) != 1:
        return None
    for argument in calls[-1].arguments:
        if _called(argument, helper) in named:
            return _function(code, path, argument)
    return None


def _called(argument: Argument, helper: Function) -> str | None:
    """What a function calls an argument that it is handed."""
    number = int(argument.slot) if argument.slot.isdigit() else len(helper.parameters)
    return f"@{helper.parameters[number].name}" if number < len(helper.parameters) else None


def _function(code: Code, path: str, argument: Argument) -> tuple[str, Function] | None:
    """The function of the app that an argument is."""
    names = [source.text for source in argument.sources if source.origin is Origin.NAME and "#" in source.text]
    targets = [code.target(path, name) for name in names[:1]] if len(names) == len(argument.sources) else []
    found = [(each.path, each.function) for each in targets if each.path is not None and each.function is not None and not each.rest]
    return found[0] if found else None


def _asks_first(code: Code, path: str, helper: Function, asked: str) -> bool:
    """It calls what it is handed under a name, wherever there is one, and leaves by what that gives before it calls anything else that it was handed."""
    parameters = {f"@{name}" for parameter in helper.parameters for name in parameter.name.split(",")}
    bodies = (helper, *code.inner(path, helper.name))
    others = [call.span.start for body in bodies for call in body.calls if call.callee in parameters and call.callee != asked]
    first = min(others, default=None)
    for body in bodies:
        guards = [guard.place.span.start for guard in body.guards if guard.rejects in _LEAVES and guard.names == (asked,)]
        calls = [call for call in body.calls if call.callee == asked][:_MOST] if guards else []
        left = max((at for at in guards if first is None or first >= at), default=None)
        if left is not None and any(left >= call.span.end and not _is_conditional(body, call, asked) for call in calls):
            return True
    return False


def _is_conditional(body: Function, call: Call, asked: str) -> bool:
    """It is only asked where something else holds than that there is something to ask."""
    return any(
        guard.reach.start <= call.span.start < guard.reach.end and guard.rejects == "end" and guard.names != (asked,)
        for guard in body.guards
    )
