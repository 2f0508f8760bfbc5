"""What routes of NestJS are marked with, by the metadata that decorators set, and which of it guards read; knows no application and no protection."""

import re
from collections.abc import Sequence

from batten.facts.calls import Call, Function, Guard, Origin
from batten.facts.routes import Endpoint
from batten.link.callgraph import Code
from batten.link.for_few import is_of_everybody
from batten.regex import regex
from batten.text import Span

_SETS = ("@nestjs/common#SetMetadata", "@nestjs/common#CustomDecorator")
_MAKES_MARK = "@nestjs/core#Reflector.createDecorator"
_READS_KEY = regex(r"@nestjs/core#Reflector\.get(?:All|AllAndOverride|AllAndMerge)?$")
_READS = ("@nestjs/core#Reflector.", "Reflect.getMetadata")
USES_GUARDS = "@nestjs/common#UseGuards"
"""What puts guards before a route."""
# Where several pieces of metadata are read before a test, these names say that it lets people in.
LETS_IN = regex(r"public|skip|anonym|no_?auth|open|allow_?(?:un|all)|bypass|optional|guest|unprotected|unauth", re.IGNORECASE)
"""What pieces of metadata are called that leave a route open."""
_OF_BASE = "super.canActivate"
_MOST_LEVELS = 4

Gate = tuple[str, str, Span]
"""What stands before a route: a file, a name there, and where it is put to use."""
Key = str
"""A piece of metadata: its constant text, or the file and name of what it is called by."""


class RouteMarks:
    """Reads what routes are marked with."""

    def __init__(self, code: Code) -> None:
        self._code = code

    def of(self, path: str, endpoint: Endpoint) -> tuple[frozenset[Key], tuple[str, ...]]:
        """The metadata that a route and its controller have, and the decorators of other people's packages on them."""
        binding = self._code.bindings(path).get(endpoint.router[1:])
        function = self._code.functions(path).get(endpoint.handler[1:])
        decorators = (*(binding.decorators if binding is not None else ()), *(function.wrappers if function is not None else ()))
        keys: set[Key] = set()
        marks = []
        for decorator in decorators:
            if decorator.arguments and decorator.arguments[0].text == "false":
                continue  # @Public(false)
            keys |= self._set_by(path, decorator)
            target = self._code.target(path, decorator.callee)
            if target.path is None:
                marks.append(target.name)
        return frozenset(keys), tuple(marks)

    def _set_by(self, path: str, decorator: Call, levels: int = _MOST_LEVELS) -> set[Key]:
        if decorator.callee in _SETS:
            key = self._key(path, decorator)
            return set() if key is None else {key}
        home = self._code.home(path, decorator.callee)
        if home is None or levels == 0:
            return set()
        self._code.ask(home[0])
        binding = self._code.bindings(home[0]).get(home[1])
        if binding is not None and binding.name == _MAKES_MARK:
            return {_named(home)}
        function = self._code.functions(home[0]).get(home[1])
        calls = function.calls if function is not None else binding.calls if binding is not None and not binding.is_class else ()
        found: set[Key] = set()
        for call in calls:
            if "#" in call.callee:
                found |= self._set_by(home[0], call, levels - 1)
        return found

    def _key(self, path: str, call: Call) -> Key | None:
        for given in call.arguments:
            if given.slot == "0":
                if given.text is not None:
                    return given.text
                name = given.name or next((source.text for source in given.sources if source.origin is Origin.NAME), None)
                home = self._code.home(path, name) if name is not None else None
                if home is None:
                    return name
                self._code.ask(home[0])
                binding = self._code.bindings(home[0]).get(home[1])
                return binding.text if binding is not None and binding.text is not None else _named(home)
        return None

    def sets(self, path: str, decorator: Call) -> bool:
        """A decorator sets metadata."""
        return bool(self._set_by(path, decorator))

    def asking(self, before: Sequence[Gate], runs: Sequence[tuple[str, Function]]) -> tuple[Gate, ...]:
        """What stands before a handler, without the guards that let on whoever comes to a route which is not marked for them (``if (!roles) return true``), or is marked for everybody, and its other marks."""
        path, handler = runs[0] if len(runs) == 1 else ("", None)
        if handler is None or path.endswith(".py") or "." not in handler.name:
            return tuple(before)
        found: tuple[Gate, ...] = self._code.memo.once(("asking", path, handler.name, tuple(before)), self._asking, before, path, handler)
        return found

    def _asking(self, before: Sequence[Gate], path: str, handler: Function) -> tuple[Gate, ...]:
        self._code.memo.look(path)
        left = tuple(gate for gate in before if not self._lets_on(gate, path, handler))
        return left if len(left) == len(before) else tuple(gate for gate in left if not self._is_mark(gate))

    def _is_mark(self, gate: Gate) -> bool:
        target = self._code.target(gate[0], gate[1])
        made = target.function is not None and any(call.callee in _SETS for call in target.function.calls)
        return made and target.function is not None and not any(call.callee == USES_GUARDS for call in target.function.calls)

    def _lets_on(self, gate: Gate, path: str, handler: Function) -> bool:
        target = self._code.target(gate[0], gate[1])
        if target.path is None or target.path.endswith(".py"):
            return False
        self._code.memo.look(target.path)
        method = self._code.functions(target.path).get(f"{target.name}.canActivate")
        reads = [call for call in method.calls if _READS_KEY.match(call.callee)] if method is not None else []
        keys = [self._key(target.path, call) for call in reads]
        if method is None or not reads or None in keys:
            return False
        of_class = any(call.callee.endswith(".getClass") for call in method.calls)
        owner = self._code.bindings(path).get(handler.name.rpartition(".")[0])
        above = owner.decorators if of_class and owner is not None else ()
        own, of_owner = ([mark for mark in marks if not self._set_by(path, mark).isdisjoint(keys)] for marks in (handler.wrappers, above))
        if own or of_owner:
            return any(map(_is_for_everybody, own or of_owner))
        # It says yes before it has looked at anything else.
        ends = [guard for guard in self.tests(target.path, method) if guard.inverted and guard.rejects == "end"]
        return any(result.constant and not result.names and result.span.start in guard.reach for guard in ends for result in method.results)

    def leaves_to_base(self, path: str, method: Function) -> bool:
        """It only lets on those that come to a route with a mark, and leaves all others to the class that it is made of."""
        found = [result for result in method.results if not (result.constant or result.empty)]
        return (
            method.name.endswith(".canActivate")
            and bool(found)
            and all(result.names == (_OF_BASE,) for result in found)
            and len(self.tests(path, method)) == len(method.guards)
        )

    def tests(self, path: str, method: Function) -> list[Guard]:
        """The tests of a guard that look at what the route is marked with, and at nothing else."""
        return [guard for guard in method.guards if guard.names and all(self.is_read(path, name) for name in guard.names)]

    def is_read(self, path: str, name: str) -> bool:
        """A name stands for what the route is marked with."""
        if name.startswith(_READS):
            return True
        target = self._code.target(path, name)
        return target.function is not None and any(each.startswith(_READS) for result in target.function.results for each in result.names)

    def has(self, path: str, method: Function, position: int, keys: frozenset[Key], *, inverted: bool) -> bool:
        """The route has the metadata that is read before a position; of several the one whose name fits what is done with it."""
        known: list[Key] = []
        for call in method.calls:
            if call.span.start > position:
                continue
            if call.callee.startswith(_READS):
                known += [key for key in (self._key(path, call),) if key is not None]
            elif call.callee.startswith("#") and self.is_read(path, call.callee):
                target = self._code.target(path, call.callee)
                inner = target.function.calls if target.function is not None and target.path is not None else ()
                known += [
                    key for each in inner if each.callee.startswith(_READS) and (key := self._key(target.path or path, each)) is not None
                ]
        fitting = [key for key in known if bool(LETS_IN.search(key)) is not inverted]
        return any(key in keys for key in fitting or known)


def _is_for_everybody(mark: Call) -> bool:
    """One of the roles that it names is that of those for whom the app is: ``@Roles("admin", "customer")``."""
    return any(is_of_everybody(source.text.rpartition(".")[2]) for each in mark.arguments for source in each.sources)


def _named(home: tuple[str, str]) -> Key:
    return f"{home[0]}#{home[1]}"
