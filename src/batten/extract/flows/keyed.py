"""Records within records that are reached by keys which the code does not write out, and what is put there under such a key: where the first is ``__proto__``, into all records."""

from typing import TYPE_CHECKING

from batten.extract.flows.nodes import State
from batten.facts.flows import HARMLESS, KEYED, Checked, Choice, Constant, FlowCall, Given, Named, Outer, Text
from batten.text import Span

if TYPE_CHECKING:
    from batten.code.scopes import Scope
    from batten.extract.flows.reading import Reading

_MOST = 8


class Keyed:
    """What is read by such keys in one function, and what is put below."""

    def __init__(self) -> None:
        self._keys: dict[int, int] = {}
        # Parameters of the function, or of one around, that it calls itself with what is under such a key; and what is put into them.
        self._again: dict[tuple[str, int], int] = {}
        self._into: dict[tuple[str, int], tuple[Span, int]] = {}
        self._put: dict[int, tuple[Span, int, int]] = {}

    def read(self, reading: "Reading", found: int, key: int) -> None:
        """Something was read of a record by such a key."""
        for each in _leaves(reading, found) if key >= 0 else ():
            self._keys.setdefault(each, key)

    def called(self, reading: "Reading", name: str | None, arguments: list[int]) -> None:
        """A function calls itself, or the function that it stands in."""
        if name is None or not f".{reading.name}.".startswith(f".{name[1:]}.") or not name.startswith("#"):
            return
        keys = [self._key(reading, number) for number in arguments]
        for index, key in enumerate(keys):
            # What is gone through alone is put back where it was; what is put together comes from another record.
            others = [number for at, number in enumerate(arguments) if at != index and _is_other(reading, number)]
            if key is not None and others:
                self._again.setdefault((name[1:], index), key)

    def put(self, reading: "Reading", state: State, owner: int, key: int, span: Span) -> None:
        """Something is put into a record under such a key."""
        nodes = reading.nodes
        first = self._key(reading, owner)
        second = nodes.checked(state, key)
        if first is not None:
            self._put[first] = span, nodes.checked(state, first), second
        for each in _leaves(reading, owner):
            given = _parameter(reading, each)
            if given is not None:
                self._into[given] = span, second

    def settle(self, reading: "Reading") -> None:
        """Tell where it is done last by each key: what stands before makes the way to there."""
        for given, key in self._again.items():
            if given in self._into:
                span, second = self._into[given]
                self._put.setdefault(key, (span, second if second >= 0 else key, key))
        for span, one, other in self._put.values():
            reading.call(FlowCall(span, "=", HARMLESS, KEYED, (one, other)))

    def _key(self, reading: "Reading", number: int) -> int | None:
        return next((self._keys[each] for each in _leaves(reading, number) if each in self._keys), None)


def _is_other(reading: "Reading", number: int) -> bool:
    """A value that is not handed on as the function was given it."""
    return number >= 0 and type(reading.nodes.nodes[number]) not in (Constant, Given, Outer, Named, Text)


def _leaves(reading: "Reading", number: int) -> list[int]:
    """A value, and those that it may be."""
    found: list[int] = []
    pending = [number]
    while pending and len(found) < _MOST:
        each = pending.pop()
        if each < 0 or each in found:
            continue
        found.append(each)
        node = reading.nodes.nodes[each]
        pending += node.of if type(node) is Choice else (node.of,) if type(node) is Checked else ()
    return found


def _parameter(reading: "Reading", number: int) -> tuple[str, int] | None:
    """The function and the index of the parameter that a value is."""
    node = reading.nodes.nodes[number]
    if type(node) is Given:
        return reading.name, node.index
    scope: Scope | None = reading.scope.parent if type(node) is Outer else None
    while scope is not None and type(node) is Outer:
        outer = reading.around(scope)
        made = outer.nodes.nodes[node.node] if outer is not None and outer.name == node.function and node.node >= 0 else None
        if type(made) is Given:
            return node.function, made.index
        scope = scope.parent
    return None
