"""What the body of a request to NestJS may hold that says what an account may do, by its class and the pipe before it; knows no graph.

https://docs.nestjs.com/controllers#request-payloads https://docs.nestjs.com/techniques/validation#stripping-properties
"""

from collections.abc import Callable, Iterable

from batten.facts.calls import Binding, Call, Function, Origin
from batten.facts.flows import RIGHTS
from batten.facts.project import FileFacts
from batten.link.callgraph import Code
from batten.link.flows.decorated import handed
from batten.regex import regex

_BODY = ("body",)
_DEEPEST = 4
_PIPE = "ValidationPipe"
_OMITS, _PICKS = "OmitType", "PickType"
# What is for few, among the values that a field may have.
_FOR_FEW = regex(r"(?i:admin|staff|super|manager|owner|moderator|root)")
_ONE_OF = regex(r"(?:^|#)IsIn$")
_NEVER = regex(r"(?:^|#)(?:IsEmpty|Exclude)$")


class Bodies:
    """What the bodies of an app's handlers may hold that says what an account may do."""

    def __init__(self, code: Code, files: Iterable[FileFacts], package_of: Callable[[str], str]) -> None:
        self._code = code
        self._package_of = package_of
        self._strips = {package_of(file.path) for file, strips in code.memo.said("strips bodies", files, _strips) if strips}

    def may_hold_rights(self, path: str, function: Function | None, number: int) -> bool:
        """A parameter is all of a body, and what its class says leaves something of that kind in it; or nothing cuts it down to its class."""
        parameter = function.parameters[number] if function is not None and 0 <= number < len(function.parameters) else None
        given = handed(function, number)
        if parameter is None or given is None or given.way != _BODY:
            return False
        if self._package_of(path) not in self._strips and not any(
            _PIPE in each.name for mark in parameter.marks for each in mark.arguments if each.name
        ):
            return True
        return bool(parameter.annotation and self._rights(path, parameter.annotation, _DEEPEST))

    def _rights(self, path: str, name: str, depth: int) -> frozenset[str]:
        """The fields of a class, and of those that it is made of, that say what an account may do."""
        home = self._code.home(path, name)
        if home is None or depth == 0:
            return frozenset()
        self._code.ask(home[0])
        bindings = self._code.bindings(home[0])
        found = {right for right in RIGHTS if (field := bindings.get(f"{home[1]}.{right}")) is not None and _is_for_few(field)}
        whole = bindings.get(home[1])
        for base in whole.bases if whole is not None else ():
            found |= self._rights(home[0], base, depth - 1)
        left, kept = set[str](), None
        for call in whole.calls if whole is not None else ():
            step = call.callee.rpartition("#")[2]
            listed = {
                source.text for each in call.arguments if each.slot[0] == "1" for source in each.sources if source.origin is Origin.LITERAL
            }
            if step == _OMITS:
                left |= listed
            elif step == _PICKS:
                kept = listed if kept is None else kept & listed
            for each in call.arguments:
                for source in each.sources if each.slot.isdecimal() else ():
                    found |= self._rights(home[0], source.text, depth - 1) if source.origin is Origin.NAME else set()
        return frozenset(found - left if kept is None else (found - left) & kept)


def _is_for_few(field: Binding) -> bool:
    """Whoever sends the field may choose more than what everybody has."""
    for mark in field.decorators:
        if _NEVER.search(mark.callee):
            return False
        if _ONE_OF.search(mark.callee):
            values = [source.text for each in mark.arguments for source in each.sources]
            return (
                not values
                or any(_FOR_FEW.search(value) for value in values)
                or not all(source.origin is Origin.LITERAL for each in mark.arguments for source in each.sources)
            )
    return True


def _strips(file: FileFacts) -> bool:
    """It has a pipe made that leaves nothing in a body that its class does not name."""
    calls = [*(call for function in file.functions for call in function.calls), *(call for each in file.bindings for call in each.calls)]
    return any(_is_strict(call) for call in calls if call.callee.endswith(_PIPE))


def _is_strict(pipe: Call) -> bool:
    return any(each.slot in ("0.whitelist", "0.forbidNonWhitelisted") and each.text == "true" for each in pipe.arguments)
