"""What middleware of Python's servers demands of those who ask for one address: by the lists of paths that it lets through, or asks at, and by the names of what answers."""

from typing import NamedTuple

from batten.facts.calls import Call, ForPaths, Function, Origin, simple_name
from batten.facts.routes import Endpoint
from batten.link.asked_paths import whole
from batten.link.callgraph import Code
from batten.link.guards import Guards, Protection
from batten.link.guards.narrowed import narrowed
from batten.link.middleware_paths import MiddlewarePaths

_FLASK = "flask"
_STEPS = ("dispatch", "__call__")
# Functions that hand a request on to others are followed no further than this.
_DEEPEST = 3


class Address(NamedTuple):
    """Where a route is asked for: its path, whole and from where its router is mounted, its method, and the function that answers by its name in the app (Flask), if known.

    ``stops``: what a hook before it gives is the answer, as Flask has it.
    """

    paths: tuple[str, ...]
    method: str
    answering: str | None = None
    stops: bool = False


class Addressed:
    """Asks middleware about addresses; what can't be told stays so."""

    def __init__(self, code: Code, guards: Guards) -> None:
        self._code = code
        self._guards = guards
        self._others = MiddlewarePaths(code, guards)

    def of(self, file: str, endpoint: Endpoint, path: str) -> Address:
        """The address of a route."""
        paths = tuple(dict.fromkeys((path, endpoint.path or path)))
        is_flask = endpoint.framework == _FLASK
        return Address(paths, endpoint.methods[0], self._answering(file, endpoint) if is_flask else None, is_flask)

    def _answering(self, file: str, endpoint: Endpoint) -> str | None:
        name = simple_name(endpoint.handler)
        home = self._code.home(file, endpoint.router)
        binding = self._code.bindings(home[0]).get(home[1]) if home is not None else None
        maker = binding.calls[0] if binding is not None and binding.calls else None
        if home is None or maker is None or not name.isidentifier():
            return None
        self._code.ask(home[0])
        handler = self._code.target(file, endpoint.handler).function
        if handler is None or any(argument.slot == "endpoint" for wrapper in handler.wrappers for argument in wrapper.arguments):
            return None
        if maker.callee.endswith("#Flask"):
            return name
        called = next((argument.text for argument in maker.arguments if argument.slot in ("0", "name")), None)
        return f"{called}.{name}" if called is not None and maker.callee.endswith("#Blueprint") else None

    def demanded_at(self, file: str, name: str, demanded: Protection, address: Address) -> Protection:
        """What is demanded of those who ask for an address, where it is decided by that; ``demanded``: what is of all."""
        if demanded > Protection.UNKNOWN:
            return demanded
        found = self._function(file, name)
        if found is None or not found[0].endswith(".py"):
            return self._others.demanded_at(file, name, demanded, address.paths)
        return self.of_function(*found, demanded, address)

    def of_function(self, path: str, function: Function, demanded: Protection, address: Address) -> Protection:
        """The same of a function of Python."""
        hook = address.stops and not self._code.inner(path, function.name)
        if not (function.by_path or function.for_some or function.by_method or (hook and demanded is Protection.UNKNOWN)):
            return demanded
        if self._code.inner(path, function.name):
            return self._others.demanded_at(path, f"#{function.name}", demanded, address.paths)
        asked = narrowed(function, lambda each: self._settled(path, each, address), address.method, stops=hook)
        shown = self._guards.lets_through(path, asked)
        # On some ways it refuses: which ones can't be told.
        refuses = shown < Protection.UNKNOWN and self._others.turns_away(path, asked, address.paths[0])
        return Protection.UNKNOWN if refuses else shown

    def _function(self, file: str, name: str) -> tuple[str, Function] | None:
        target = self._code.target(file, name)
        if target.path is None or target.rest:
            return None
        functions = self._code.functions(target.path)
        method = next((functions[f"{target.name}.{step}"] for step in _STEPS if f"{target.name}.{step}" in functions), None)
        known = target.function or method
        return self._handed_on(target.path, known) if known is not None else None

    def _handed_on(self, file: str, function: Function) -> tuple[str, Function]:
        """One of the app's own functions that decides in its place: ``return await check(request, call_next)``, and nothing is asked before that."""
        for _ in range(_DEEPEST):
            goes_on = function.parameters[-1].name if len(function.parameters) > 1 else ""
            asks = [call for call in function.calls if call.callee == f"@{goes_on}" or _is_given(call, goes_on)]
            plain = len(asks) == 1 and len(function.results) == 1 and not (function.guards or function.by_path)
            target = self._code.target(file, asks[0].callee) if plain else None
            if target is None or target.path is None or target.function is None or target.rest or not _is_given(asks[0], goes_on):
                break
            file, function = target.path, target.function
        return file, function

    def _settled(self, file: str, place: ForPaths, address: Address) -> bool | None:
        known = whole(self._code, file, place)
        return known.settled(address.paths[0], address.answering) if known is not None else None


def _is_given(call: Call, name: str) -> bool:
    return any(source.origin is Origin.PARAMETER and source.text == name for argument in call.arguments for source in argument.sources[:1])
