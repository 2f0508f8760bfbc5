"""What lists, records, maps and things like them do when they are asked by name: put in by key or place, taken out by it."""

from batten.extract.flows.nodes import Held, Nodes, State
from batten.facts.flows import ANY, HARMLESS, Changed, Choice, Object, Result

MAKERS = frozenset(
    ("dict", "list", "set", "tuple", "frozenset", "Map", "Set", "WeakMap", "Array", "Object", "OrderedDict", "defaultdict", "deque")
)
# What is made of a list of keys with their values has these.
_OF_PAIRS = frozenset(("Map", "WeakMap", "dict", "OrderedDict"))
_SIZED = frozenset(("list", "tuple", "Array", "deque"))
# Keys of nested sections are kept as one.
_BETWEEN = "\x1f"


def made_by(nodes: Nodes, state: State, maker: str, arguments: list[int]) -> int:
    """A new container of a kind that the language has."""
    pairs = _of_pairs(nodes, state, arguments) if maker in _OF_PAIRS else None
    if pairs is not None:
        return nodes.made(state, pairs)
    if maker in ("dict", "Object", "list", "tuple") and len(arguments) == 1 and arguments[0] in state.heap and arguments[0] in nodes.fresh:
        held = state.heap[arguments[0]]
        return nodes.made(state, dict(held.fields), held.base, held.size)
    if maker == "Array" and len(arguments) > 1:
        return nodes.made(state, {str(index): number for index, number in enumerate(arguments)}, size=len(arguments))
    inner = nodes.choice(*[nodes.field(state, number, ANY) for number in arguments if number >= 0])
    fields = {ANY: inner} if inner >= 0 else {}
    return nodes.made(state, fields, size=0 if maker in _SIZED and not arguments else None)


def _of_pairs(nodes: Nodes, state: State, arguments: list[int]) -> dict[str, int] | None:
    """The entries of a list of keys with their values; None where it is not written out."""
    held = state.heap.get(arguments[0]) if len(arguments) == 1 else None
    if held is None or not held.size or held.base >= 0:
        return None
    found: dict[str, int] = {}
    for item in _items(held):
        pair = state.heap.get(item)
        if pair is None or pair.size != 2:  # noqa: PLR2004 - a key and a value
            return None
        key = _key(nodes, [pair.fields.get("0", HARMLESS)])
        value = pair.fields.get("1", HARMLESS)
        found[key if key is not None else ANY] = value if key is not None else nodes.choice(found.get(ANY, HARMLESS), value)
    return found


def contained(nodes: Nodes, state: State, receiver: int, method: str, arguments: list[int]) -> int | None:
    """What a method of a container gives, done to the state; None where it is no such method or no container."""
    node = nodes.nodes[receiver]
    if type(node) is Choice and all(each in nodes.fresh for each in node.of):
        return _of_several(nodes, state, node, method, arguments)
    held = state.heap.get(receiver)
    if receiver not in nodes.fresh and (held is None or not held.fields):
        if type(node) not in (Result, Changed) or method not in _KEYED or len(arguments) < 2:  # noqa: PLR2004 - a key and a value
            return None
        held = held if held is not None else Held({}, receiver)
    if held is None:
        return None
    act = _ACTS.get(method)
    return None if act is None else act(nodes, state, receiver, held, arguments)


def _of_several(nodes: Nodes, state: State, node: Choice, method: str, arguments: list[int]) -> int | None:
    found = [contained(nodes, state, each, method, arguments) for each in node.of]
    return None if any(each is None for each in found) else nodes.choice(*[each for each in found if each is not None])


def _key(nodes: Nodes, numbers: list[int]) -> str | None:
    """The key that constant arguments are, or None."""
    parts = []
    for number in numbers:
        value = nodes.value_of(number) if nodes.is_constant(number) else None
        if not isinstance(value, (str, int)):
            return None
        parts.append(str(value))
    return _BETWEEN.join(parts)


def _append(nodes: Nodes, state: State, receiver: int, held: Held, arguments: list[int]) -> int:
    if held.size is None:
        inner = nodes.choice(held.fields.get(ANY, HARMLESS), *arguments)
        nodes.hold(state, receiver, Held({**held.fields, **({ANY: inner} if inner >= 0 else {})}, held.base))
        return HARMLESS
    fields, size = dict(held.fields), held.size
    for number in arguments:
        fields[str(size)] = number
        size += 1
    nodes.hold(state, receiver, Held(fields, held.base, size))
    return HARMLESS


def _extend(nodes: Nodes, state: State, receiver: int, held: Held, arguments: list[int]) -> int:
    other = state.heap.get(arguments[0]) if arguments else None
    if other is not None and other.size is not None and held.size is not None:
        return _append(nodes, state, receiver, held, [other.fields.get(str(index), HARMLESS) for index in range(other.size)])
    inner = nodes.choice(held.fields.get(ANY, HARMLESS), *[nodes.field(state, number, ANY) for number in arguments if number >= 0])
    nodes.hold(state, receiver, Held({**held.fields, ANY: inner} if inner >= 0 else held.fields, held.base))
    return HARMLESS


def _items(held: Held) -> list[int]:
    return [held.fields.get(str(index), HARMLESS) for index in range(held.size or 0)]


def _put_items(nodes: Nodes, state: State, receiver: int, held: Held, items: list[int]) -> None:
    nodes.hold(state, receiver, Held({str(index): number for index, number in enumerate(items) if number >= 0}, held.base, len(items)))


def _pop(nodes: Nodes, state: State, receiver: int, held: Held, arguments: list[int]) -> int | None:
    key = _key(nodes, arguments) if arguments else "-1"
    if held.size is None:
        if key is not None and arguments and key in held.fields:
            return _take(nodes, state, receiver, held, key)
        return nodes.field(state, receiver, ANY)
    items = _items(held)
    if key is None or not key.lstrip("-").isdigit() or not -len(items) <= int(key) < len(items):
        nodes.hold(state, receiver, Held({ANY: nodes.choice(*items)}, held.base))
        return nodes.choice(*items)
    found = items.pop(int(key))
    _put_items(nodes, state, receiver, held, items)
    return found


def _take(nodes: Nodes, state: State, receiver: int, held: Held, key: str) -> int:
    nodes.hold(state, receiver, Held({name: number for name, number in held.fields.items() if name != key}, held.base))
    return held.fields[key]


def _shift(nodes: Nodes, state: State, receiver: int, held: Held, _arguments: list[int]) -> int | None:
    return _pop(nodes, state, receiver, held, [nodes.constant(0)]) if held.size is not None else nodes.field(state, receiver, ANY)


def _insert(nodes: Nodes, state: State, receiver: int, held: Held, arguments: list[int]) -> int | None:
    if len(arguments) != 2:  # noqa: PLR2004 - a place and a value
        return None
    key = _key(nodes, arguments[:1])
    if held.size is None or key is None or not key.isdigit():
        everything = nodes.choice(*held.fields.values(), arguments[1])
        nodes.hold(state, receiver, Held({ANY: everything}, held.base))
        return HARMLESS
    items = _items(held)
    items.insert(int(key), arguments[1])
    _put_items(nodes, state, receiver, held, items)
    return HARMLESS


def _unshift(nodes: Nodes, state: State, receiver: int, held: Held, arguments: list[int]) -> int | None:
    if held.size is None:
        return None
    _put_items(nodes, state, receiver, held, [*arguments, *_items(held)])
    return HARMLESS


def _set(nodes: Nodes, state: State, receiver: int, held: Held, arguments: list[int]) -> int | None:
    if len(arguments) < 2:  # noqa: PLR2004 - a key and a value
        return None
    key = _key(nodes, arguments[:-1])
    before = HARMLESS if key is not None else held.fields.get(ANY, HARMLESS)
    found = arguments[-1] if key is not None else nodes.choice(before, arguments[-1])
    nodes.hold(state, receiver, Held({**held.fields, key if key is not None else ANY: found}, held.base))
    return receiver


def _get(nodes: Nodes, state: State, receiver: int, held: Held, arguments: list[int]) -> int | None:
    whole = _key(nodes, arguments)
    if whole is not None and whole in held.fields and ANY not in held.fields:
        return held.fields[whole]
    first = _key(nodes, arguments[:1])
    if first is None:
        return nodes.field(state, receiver, ANY) if receiver in nodes.fresh else None
    if first in held.fields and ANY not in held.fields:
        return held.fields[first]
    if receiver not in nodes.fresh and ANY not in held.fields:
        return None
    return nodes.choice(nodes.field(state, receiver, first), *arguments[1:])


def _values(nodes: Nodes, state: State, receiver: int, _held: Held, _arguments: list[int]) -> int | None:
    return nodes.made(state, {ANY: nodes.field(state, receiver, ANY)}) if receiver in nodes.fresh else None


def _pairs(nodes: Nodes, state: State, receiver: int, _held: Held, _arguments: list[int]) -> int | None:
    if receiver not in nodes.fresh:
        return None
    pair = nodes.made(state, {"1": nodes.field(state, receiver, ANY)}, size=2)
    return nodes.made(state, {ANY: pair})


def _copied(_nodes: Nodes, state: State, receiver: int, held: Held, arguments: list[int]) -> int | None:
    if arguments or receiver not in _nodes.fresh:
        return None
    return _nodes.made(state, dict(held.fields), held.base, held.size)


def _emptied(nodes: Nodes, state: State, receiver: int, held: Held, _arguments: list[int]) -> int:
    nodes.hold(state, receiver, Held({}, HARMLESS, 0 if held.size is not None else None))
    return HARMLESS


def _joined_fields(nodes: Nodes, state: State, receiver: int, _held: Held, arguments: list[int]) -> int | None:
    if receiver not in nodes.fresh:
        return None
    return nodes.text([*arguments, nodes.add(Object((("0", nodes.frozen(state, nodes.field(state, receiver, ANY))),)))])


_KEYED = frozenset(("set", "put"))
_ACTS = {
    "append": _append, "push": _append, "add": _append, "appendleft": _append, "extend": _extend, "pop": _pop, "shift": _shift, "popleft": _shift,
    "insert": _insert, "unshift": _unshift, "set": _set, "put": _set, "get": _get, "values": _values, "items": _pairs, "entries": _pairs,
    "copy": _copied, "clear": _emptied, "join": _joined_fields,
}  # fmt: skip


def spread(nodes: Nodes, state: State, made: int, other: int) -> None:
    """Put all of one object into another; what is there under a key stays where the other may have none of it."""
    held = nodes.held(state, other) if other >= 0 else None
    if held is None:
        return
    for key, number in held.fields.items():
        nodes.store(state, made, key, number)
    if held.base < 0:
        return
    mine = nodes.held(state, made)
    fields = {
        key: number if key in held.fields else nodes.choice(number, nodes.field(state, held.base, key))
        for key, number in mine.fields.items()
    }
    nodes.hold(state, made, mine._replace(fields=fields, base=nodes.choice(mine.base, held.base)))
