"""The graph of one function as it is built: nodes by number, and what names and objects stand for at one point; knows no syntax."""

from typing import NamedTuple

from msgspec import structs

from batten.facts.flows import (
    ANY,
    HARMLESS,
    SELF,
    Changed,
    Checked,
    Choice,
    Constant,
    Field,
    FlowCall,
    Given,
    Node,
    Object,
    Outer,
    Result,
    Text,
    name_of,
)
from batten.text import Span

# A function with more values than this is not followed to its end.
MOST_NODES = 20_000
# Objects within objects, and values that may stand for each other, beyond these say no more.
_DEEPEST = 4
_WIDEST = 24
_LONGEST_TEXT = 4_000
# Of several objects that a call may have changed, those that are told apart; and calls that are looked at again for what they were handed.
_FEW = 4
_MOST_LENT = 2_000
_OF_OTHERS = frozenset((Choice, Text, Checked))
"""Nodes that are other values, or hold their text."""

Lent = tuple[tuple[int, int], ...]
"""The arguments of a call, each with what it was at one time."""
Scalar = str | int | float | bool | None


class Held(NamedTuple):
    """What is known to be in an object: ``size`` is that of a list, None where it is none or can't be told; ``base`` has the keys that are not here."""

    fields: dict[str, int]
    base: int
    size: int | None = None


class State:
    """What names and objects stand for at one point, and the tests that have passed."""

    __slots__ = ("env", "heap", "tests")

    def __init__(self, env: dict[str, int], heap: dict[int, Held], tests: frozenset[tuple[int, str]]) -> None:
        self.env = env
        self.heap = heap
        self.tests = tests

    def copy(self) -> "State":
        """One that goes its own way from here."""
        return State(dict(self.env), dict(self.heap), self.tests)


class Nodes:
    """The nodes and calls of one function; equal nodes have one number."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.calls: list[FlowCall] = []
        self.places: dict[int, Span] = {}
        self._numbers: dict[object, int] = {}
        self.fresh: set[int] = set()
        self._leaves: dict[int, frozenset[int]] = {}
        # Objects that a method was handed, with what they were then, by the number of the call.
        self._lent: dict[int, Lent] = {}
        self._renewing: set[int] = set()
        self._renewals = _MOST_LENT
        self.full = False
        """The function is too large to be followed further."""

    def add(self, node: Node) -> int:
        """The number of a node."""
        # 1, 1.0 and True are equal, and not the same value.
        key = (type(node.value), node.value) if type(node) is Constant else node
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.nodes)
            self.nodes.append(node)
            self.full = number >= MOST_NODES
        return number

    def constant(self, value: Scalar) -> int:
        """A constant; long texts are only harmless."""
        if isinstance(value, str) and len(value) > _LONGEST_TEXT:
            return HARMLESS
        return self.add(Constant(value))

    def text_of(self, number: int) -> str | None:
        """The text that a node is for certain, or None."""
        node = self.nodes[number] if number >= 0 else None
        return node.value if type(node) is Constant and isinstance(node.value, str) else None

    def is_constant(self, number: int) -> bool:
        """The node is one value for certain."""
        return number >= 0 and type(self.nodes[number]) is Constant

    def value_of(self, number: int) -> Scalar:
        """The value of a constant node."""
        node = self.nodes[number]
        return node.value if type(node) is Constant else None

    def call(self, call: FlowCall) -> int:
        """The number of the result of a call."""
        self.calls.append(call)
        return self.add(Result(len(self.calls) - 1))

    def made(self, state: State, fields: dict[str, int], base: int = HARMLESS, size: int | None = None) -> int:
        """A new object, that nothing else is."""
        number = len(self.nodes)
        self.nodes.append(Object(()))
        self.full = number >= MOST_NODES
        self.fresh.add(number)
        state.heap[number] = Held(fields, base, size)
        return number

    def choice(self, *numbers: int, in_order: bool = False) -> int:
        """One of several; what is harmless is no choice beside others. ``in_order``: the first that there is."""
        found: dict[int, None] = {}
        for number in numbers:
            node = self.nodes[number] if number >= 0 else None
            if type(node) is Choice:
                found |= dict.fromkeys(node.of)
            elif number >= 0:
                found[number] = None
        if not found:
            return HARMLESS
        kept = tuple(found)[:_WIDEST]
        if len(kept) > 1:
            return self.add(Choice(kept, in_order))
        # A constant or something harmless: which one can't be told.
        return HARMLESS if self.is_constant(kept[0]) and HARMLESS in numbers else kept[0]

    def text(self, parts: list[int]) -> int:
        """Text put together of parts."""
        if all(self.is_constant(part) for part in parts):
            whole = "".join(_shown(self.value_of(part)) for part in parts)
            return self.constant(whole)
        if all(part < 0 or self.is_constant(part) for part in parts):
            return HARMLESS
        return self.add(Text(tuple(parts)))

    # --- objects

    def hold(self, state: State, number: int, held: Held) -> None:
        """Say what is in an object from now on."""
        state.heap[number] = held

    def held(self, state: State, number: int) -> Held:
        """What is in an object."""
        found = state.heap.get(number)
        return found if found is not None else Held({}, HARMLESS if number in self.fresh else number)

    def field(self, state: State, number: int, key: str, span: Span | None = None) -> int:
        """What is under a key of a value."""
        if number < 0:
            return HARMLESS
        node = self.nodes[number]
        if type(node) is Choice:
            return self.choice(*[self.field(state, each, key, span) for each in node.of])
        if type(node) is Checked and node.of in state.heap:
            return self.field(state, node.of, key, span)
        if type(node) is Constant:
            return self._of_text(node.value, key)
        if type(node) is Text:
            return number
        held = state.heap.get(number)
        if held is None and number not in self.fresh:
            return self._read(number, key, span)
        fields, base, size = held if held is not None else Held({}, HARMLESS)
        base = self._renewed(state, base)
        if key == ANY:
            return self.choice(*fields.values(), self._read(base, ANY, span))
        if size is not None and key.startswith("-") and key[1:].isdigit():
            key = str(size - int(key[1:]))
        own = fields.get(key)
        if own is not None and ANY not in fields:
            return own
        rest = [] if own is not None else [self._read(base, key, span)]
        return self.choice(*([own] if own is not None else []), *([fields[ANY]] if ANY in fields else []), *rest)

    def keys_of(self, state: State, number: int) -> int:
        """One of the keys of a value: those of a record that is written out are no text of anybody's."""
        if number < 0:
            return HARMLESS
        node = self.nodes[number]
        if type(node) is Choice:
            return self.choice(*[self.keys_of(state, each) for each in node.of])
        if type(node) is Checked and node.of in state.heap:
            return self.keys_of(state, node.of)
        if type(node) in (Constant, Text):
            return HARMLESS
        held = state.heap.get(number)
        if held is None:
            return self._read(number, ANY, None)
        keys = [self.constant(key) for key in held.fields if key != ANY]
        return self.choice(*keys, self._read(held.base, ANY, None))

    def _of_text(self, value: Scalar, key: str) -> int:
        if isinstance(value, str) and key.lstrip("-").isdigit() and -len(value) <= int(key) < len(value):
            return self.constant(value[int(key)])
        return HARMLESS

    def _read(self, number: int, key: str, span: Span | None) -> int:
        if number < 0 or number in self.fresh:
            return HARMLESS
        found = self.add(Field(number, key))
        if span is not None:
            self.places.setdefault(found, span)
        return found

    def store(self, state: State, number: int, key: str, value: int) -> None:
        """Put a value under a key: instead of what is there, unless the key or the object can't be told."""
        if number < 0:
            return
        node = self.nodes[number]
        if type(node) is Checked:
            number, node = node.of, self.nodes[node.of]
        if type(node) is Choice:
            for each in node.of:
                self._put(state, each, key, value, weak=True)
            return
        self._put(state, number, key, value, weak=key == ANY)

    def _put(self, state: State, number: int, key: str, value: int, *, weak: bool) -> None:
        if number < 0 or type(self.nodes[number]) in (Constant, Text, Choice):
            return
        held = self.held(state, number)
        if weak:
            value = self.choice(held.fields.get(key, HARMLESS if key == ANY else self._read(held.base, key, None)), value)
        size = held.size
        if size is not None and key.isdigit() and int(key) >= size:
            size = int(key) + 1
        self.hold(state, number, Held({**held.fields, key: value}, held.base, size))

    def touched(self, state: State, number: int, call: int, slot: int) -> None:
        """A call may have changed an object; of several it has changed one."""
        node = self.nodes[number] if number >= 0 else None
        if type(node) is Checked:
            number, node = node.of, self.nodes[node.of]
        several = node.of[:_FEW] if type(node) is Choice else (number,)
        for each in several:
            made = self.nodes[each]
            if type(made) in (Given, Result, Outer) or (type(made) is Object and each in self.fresh):
                before = self.frozen(state, each)
                after = self.add(Changed(before, call, slot))
                self.hold(state, each, Held({}, after if len(several) == 1 else self.choice(before, after)))

    def lend(self, state: State, call: int, arguments: list[int]) -> None:
        """A method was handed objects that it may keep: what is done to them later is found there, too."""
        if any(number in self.fresh or (number >= 0 and type(self.nodes[number]) is Result) for number in arguments):
            self._lent[call] = tuple([(number, self.frozen(state, number)) for number in arguments])

    def _renewed(self, state: State, number: int) -> int:
        """What a method has made of an object, with what it was handed as that is by now."""
        node = self.nodes[number] if self._lent and number >= 0 else None
        lent = self._lent.get(node.call) if type(node) is Changed and node.slot == SELF else None
        if type(node) is not Changed or lent is None or number in self._renewing or not self._renewals or len(self._renewing) > _DEEPEST:
            return number
        self._renewals -= 1
        self._renewing.add(number)
        before = self._renewed(state, node.before)
        now = tuple([(each, self.frozen(state, each)) for each, _ in lent])
        self._renewing.discard(number)
        call = node.call if now == lent else self._again(node.call, lent, now)
        return number if call == node.call and before == node.before else self.add(Changed(before, call, SELF))

    def _again(self, call: int, lent: Lent, now: Lent) -> int:
        """The number of a call as if it was handed now what it was handed then, where the same tests have passed."""
        key = ("again", call, now)
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = len(self.calls)
            arguments = list(self.calls[call].arguments)
            for index, (then, each) in enumerate(zip(lent, now, strict=True)):
                node = self.nodes[arguments[index]] if arguments[index] >= 0 else None
                if then != each:
                    arguments[index] = self.add(Checked(each[1], node.tests)) if type(node) is Checked and each[1] >= 0 else each[1]
            self.calls.append(structs.replace(self.calls[call], arguments=tuple(arguments)))
            self._lent[found] = now
        return found

    def frozen(self, state: State, number: int) -> int:
        """A value as it is now, with what is in it."""
        if number < 0 or (number not in state.heap and type(self.nodes[number]) not in _OF_OTHERS):
            return number
        return self._frozen(state, number, _DEEPEST, {})

    def _leaves_of(self, number: int) -> frozenset[int]:
        """The values in one that may be objects."""
        found = self._leaves.get(number)
        if found is None:
            node = self.nodes[number]
            inner = node.of if type(node) is Choice else node.parts if type(node) is Text else (node.of,) if type(node) is Checked else None
            found = frozenset((number,)) if inner is None else frozenset().union(*[self._leaves_of(each) for each in inner if each >= 0])
            self._leaves[number] = found
        return found

    def _frozen(self, state: State, number: int, depth: int, done: dict[tuple[int, int], int]) -> int:
        """``done`` are those settled on the way: values share what is in them, so that without it the work doubles with each that holds two of another."""
        if number < 0 or state.heap.keys().isdisjoint(self._leaves_of(number)):
            return number
        found = done.get((number, depth))
        if found is None:
            found = done[number, depth] = self._settled(state, number, depth, done)
        return found

    def _settled(self, state: State, number: int, depth: int, done: dict[tuple[int, int], int]) -> int:
        node = self.nodes[number]
        if type(node) is Choice:
            return self.choice(*[self._frozen(state, each, depth, done) for each in node.of])
        if type(node) is Text:
            parts = tuple([self._frozen(state, part, depth, done) for part in node.parts])
            return number if parts == node.parts else self.add(Text(parts))
        if type(node) is Checked and depth > 0:
            inner = self._frozen(state, node.of, depth, done)
            return number if inner == node.of else self.add(Checked(inner, node.tests))
        held = state.heap.get(number)
        if held is None:
            return HARMLESS if number in self.fresh else number
        base = self._renewed(state, held.base)
        if depth == 0 or (not held.fields and base != number and number not in self.fresh):
            return base
        fields = tuple([(key, self._frozen(state, value, depth - 1, done)) for key, value in held.fields.items()][: 2 * _WIDEST])
        return self.add(Object(fields, base))

    def checked(self, state: State, number: int) -> int:
        """A value where the tests of a state have passed."""
        return self.told(number, state.tests)

    def name_of(self, number: int) -> str | None:
        """The qualified name that a node is, with the keys taken from it; None where it is none."""
        return name_of(self.nodes, number)

    # --- ways that meet

    def joined(self, one: State | None, other: State | None) -> State | None:
        """Two ways that meet."""
        if one is None or other is None:
            return one if other is None else other
        env = dict(one.env)
        shared = one.tests & other.tests
        for name, number in other.env.items():
            mine = env.get(name)
            if mine is None:
                env[name] = number
            elif mine != number:
                # What a test says of a value holds on one of the ways only, and so goes with the value.
                env[name] = self.choice(self.told(mine, one.tests - shared), self.told(number, other.tests - shared))
        heap = dict(one.heap)
        for number, held in other.heap.items():
            mine_held = heap.get(number)
            if mine_held is None:
                heap[number] = held if number in self.fresh else self._met(Held({}, number), held)
            elif mine_held is not held and mine_held != held:
                heap[number] = self._met(mine_held, held)
        for number in one.heap.keys() - other.heap.keys():
            if number not in self.fresh and not self._may_be_itself(number, one.heap[number]):
                heap[number] = self._met(one.heap[number], Held({}, number))
        return State(env, heap, shared)

    def _may_be_itself(self, number: int, held: Held) -> bool:
        """That an object may be as it was first is said of it already: by a way that met before. Long functions have thousands of ways out."""
        node = self.nodes[held.base] if held.base >= 0 and not held.fields and held.size is None else None
        return type(node) is Choice and number in node.of

    def told(self, number: int, tests: frozenset[tuple[int, str]]) -> int:
        """A value where tests have passed."""
        same = number < 0 or not tests or self.is_constant(number) or number in self.fresh
        return number if same else self.add(Checked(number, tuple(sorted(tests))))

    def _met(self, one: Held, other: Held) -> Held:
        fields = {}
        for key in [*one.fields, *[key for key in other.fields if key not in one.fields]]:
            mine, its = one.fields.get(key), other.fields.get(key)
            if mine is None:
                mine = self._read(one.base, key, None)
            if its is None:
                its = self._read(other.base, key, None)
            fields[key] = mine if mine == its else self.choice(mine, its)
        base = one.base if one.base == other.base else self.choice(one.base, other.base)
        return Held(fields, base, one.size if one.size == other.size else None)


def _shown(value: Scalar) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
