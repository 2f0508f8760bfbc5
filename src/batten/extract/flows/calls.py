"""The value of a call, and what the call does to the objects it is given; the containers of both languages are known here, packages are not."""

import sys
from collections.abc import Callable

from batten.code.model import Attribute, Call, Expression, Lambda, Name, Operation, Subscript
from batten.extract.flows import folding
from batten.extract.flows.changing import PUTS
from batten.extract.flows.chosen import decided_by
from batten.extract.flows.conditions import MATCHES, look_for
from batten.extract.flows.containers import MAKERS, contained, made_by, spread
from batten.extract.flows.deferred import deferred
from batten.extract.flows.interpolation import formatted
from batten.extract.flows.membership import SEEKING
from batten.extract.flows.nodes import Held, Nodes, State
from batten.extract.flows.reading import Reading
from batten.facts.flows import ANY, COMPONENT, HARMLESS, SELF, SUPER, Checked, Choice, Constant, Field, FlowCall, Named, Outer, Result, Text

Value = Callable[[Reading, State, Expression, int], int]

# What changes the object that it is called on, whoever made it.
_CHANGES = frozenset((
    "append", "add", "push", "write", "writelines", "update", "extend", "insert", "put", "set", "setdefault", "appendleft", "unshift", "concat_in_place",
    "assign", "send", "end", "put_nowait", "splice", "enqueue", "setItem", "add_header", "addCallback", "read_string", "read_dict",
))  # fmt: skip
_BY_KEY = frozenset(("set", "setdefault", "setItem"))
_TAKEN = (".[]", ".get")
_MOST_CHOICES = 40
# A step on one of a list: ``next(each for each in TOOLS if …)["run"]``.
_NEXT = "next."
_ROUNDS = frozenset(("Math.floor", "Math.round", "Math.ceil", "Math.trunc"))
_FEW_PARTS = 12
# What an entry of a map is called by, of whatever is made by the language's own means.
_OF_MAPS = frozenset(("Map.get", "dict.get", "dict.[]"))
_GETTERS = frozenset(("getattr",))
MARKUP = {"dangerouslySetInnerHTML": "dangerouslySetInnerHTML", "srcDoc": "srcDoc", "set:html": "innerHTML"}
"""The properties of elements that browsers take as HTML, with what an assignment to them is one to."""
_OWN = ("#", "./", "../", "@/", "~/", "$lib/")


def may_be_own(name: str | None, *, python: bool) -> bool:
    """What is called may be a function of the app, which may change what it is given."""
    if name is None or name.startswith(_OWN):
        return True
    module, mark, _ = name.partition("#")
    if not mark:
        return name.startswith("@")
    return python and module.partition(".")[0] not in sys.stdlib_module_names


def called(reading: Reading, state: State, node: Call, depth: int, value: Value) -> int:
    """The node of what a call gives."""
    nodes = reading.nodes
    callee = node.callee
    known = reading.called.get(node.span)
    name = known.callee if known is not None else None
    receiver, method = HARMLESS, ""
    above = _above(reading, callee)
    if above is not None:
        receiver, method = reading.this(), above
        name = f"#{reading.scope.this}{SUPER}{above}" if receiver >= 0 else name
    elif type(callee) is Attribute:
        receiver, method = value(reading, state, callee.value, depth), callee.name
    elif type(callee) is Name:
        method = callee.id
        local = state.env.get(method)
        if local is not None:
            receiver = local
        elif name is not None and (name.endswith("]") or name == f"@{method}"):
            # One of several things that a call gave, or what a function around was given: which of them tells what is called.
            receiver = reading.lookup(state, callee)
    elif type(callee) is Lambda:
        receiver = value(reading, state, callee, depth)
    else:
        receiver = value(reading, state, callee, depth)
        of = nodes.nodes[receiver] if type(callee) is Subscript and not reading.python and not node.new and receiver >= 0 else None
        if type(callee) is Subscript and type(of) is Field and of.key == ANY:
            taken_by_key(reading, callee, of.of, value(reading, state, callee.index, depth))
    if name in _OF_MAPS and method != "get":
        name = _taken(reading, receiver) or name
    elif name is not None and name.startswith(_NEXT) and (entry := nodes.name_of(_unchecked(nodes, receiver))) is not None:
        name = f"{entry}.{method}"
    if name is None and type(callee) is Name and receiver < 0:
        name = nodes.name_of(reading.lookup(state, callee))  # in the body of a class
    elif name in _GETTERS and receiver >= 0 and type(taken := nodes.nodes[receiver]) is Field:
        name, receiver, method = nodes.name_of(receiver) or reading.own_method(taken), taken.of, taken.key
    spread = False
    arguments: list[int] = []
    for argument in node.args:
        if type(argument) is Operation and argument.operator == "...":
            spread = True
        arguments.append(value(reading, state, argument, depth))
    keywords = [
        (
            keyword.name or "**",
            decided_by(reading, state, keyword.name or "", keyword.value, value(reading, state, keyword.value, depth), value),
        )
        for keyword in node.keywords
    ]
    if node.jsx:
        return _element(reading, state, node, keywords, arguments)
    if reading.python and receiver < 0 and not keywords and name in ("getattr", "setattr") and len(arguments) > 1:
        field = _field(reading, state, node, arguments)
        if field is not None:
            return field
    if reading.python and method == "next" and name == "next" and arguments and not spread and not keywords:
        following = nodes.choice(nodes.field(state, arguments[0], ANY, node.span), *arguments[1:])
        look_for(reading, state, node, method, following, value)
        return following
    if name == "asyncio#gather" and not spread and not keywords:
        return nodes.made(state, {str(index): number for index, number in enumerate(arguments) if number >= 0}, size=len(arguments))
    if name == "Promise.all" and len(arguments) == 1 and arguments[0] in nodes.fresh:
        return arguments[0]
    if name in _ROUNDS and len(arguments) == 1 and is_chance(nodes, arguments[0]):
        return arguments[0]
    folded = _folded(reading, receiver, method, arguments) if not keywords and type(callee) in (Attribute, Name) else None
    if folded is not None:
        return folded
    if method == "format" and reading.python and receiver >= 0 and not spread:
        filled = formatted(reading, state, receiver, arguments, keywords)
        if filled is not None:
            return filled
    if method in MAKERS and not keywords and type(callee) is Name and (name is None or "#" not in name or name.startswith("collections#")):
        return made_by(nodes, state, method, arguments)
    if method == "result" and not arguments and receiver in reading.promised:
        return receiver
    if receiver >= 0 and not keywords and type(callee) is Attribute:
        before = receiver if receiver in nodes.fresh else nodes.frozen(state, receiver)
        # What is put into a container where tests have passed is what they say of it.
        told = [nodes.checked(state, number) for number in arguments]
        found = contained(nodes, state, receiver, method, told)
        if found is not None:
            if receiver not in nodes.fresh:
                reading.call(FlowCall(node.span, name, before, method, tuple(told)))
            return found
    if not reading.python:
        reading.keyed.called(reading, name, arguments)
    frozen = tuple([nodes.checked(state, nodes.frozen(state, number)) for number in arguments])
    held_keywords = tuple([(key, nodes.checked(state, nodes.frozen(state, number))) for key, number in keywords])
    before = nodes.frozen(state, receiver)
    if (
        method in PUTS
        and type(callee) is Attribute
        and type(callee.value) is Name
        and receiver >= 0
        and type(nodes.nodes[receiver]) is Outer
    ):
        reading.put_in(callee.value.id, nodes.choice(*frozen))
    if name is None and receiver >= 0:
        name = nodes.name_of(receiver) if type(callee) is not Attribute else None
    several = _several(nodes, receiver) if type(callee) in (Name, Subscript) and (name is None or name.endswith(_TAKEN)) else []
    name = several[0] if several else name
    others = [reading.call(FlowCall(node.span, each, HARMLESS, method, frozen, held_keywords, spread=spread)) for each in several[1:]]
    call = FlowCall(
        node.span, name, nodes.checked(state, before), method, frozen, held_keywords, node.new, spread, _twice(nodes, arguments)
    )
    later = deferred(reading, state, node, name, receiver, method, arguments, keywords) if keywords or arguments else None
    result = reading.call(call)
    number = len(nodes.calls) - 1
    if method in SEEKING or method in MATCHES:
        look_for(reading, state, node, method, result, value)
    _touch(reading, state, name, receiver, method, number, arguments, frozen)
    return nodes.choice(result, *others) if later is None else later


def _several(nodes: Nodes, number: int) -> list[str]:
    """The functions of the app that a value may be: entries of a table of this function, of which one is called."""
    found: list[str] = []
    pending, seen = [number], 0
    while pending and seen < _MOST_CHOICES:
        seen += 1
        each = pending.pop(0)
        match nodes.nodes[each] if each >= 0 else None:
            case Choice(of=parts):
                pending += parts
            case Checked(of=inner):
                pending.append(inner)
            case Named(name=name) if name.startswith(_OWN):
                found.append(name)
            case Named() | Constant(value=None) | None:
                pass  # a function of others, or none
            case _:
                return []
    return list(dict.fromkeys(found))


def _taken(reading: Reading, receiver: int) -> str | None:
    """The name of the entry of a map that is called: what maps have in common tells nothing of it."""
    nodes = reading.nodes
    receiver = _unchecked(nodes, receiver)
    key = nodes.name_of(receiver)
    if key is not None and "#" in key:
        return key
    made = nodes.nodes[receiver] if receiver >= 0 else None
    asked = _unchecked(nodes, nodes.calls[made.call].receiver) if type(made) is Result else HARMLESS
    held = nodes.nodes[asked] if asked >= 0 else None
    name = nodes.name_of(asked) or (reading.own_method(held) if type(held) is Field else None)
    return f"{name}.get" if name is not None and "#" in name else None


def _unchecked(nodes: Nodes, number: int) -> int:
    """A value without the tests that it has passed."""
    for _ in range(_FEW_PARTS):
        node = nodes.nodes[number] if number >= 0 else None
        if type(node) is not Checked:
            break
        number = node.of
    return number


def is_chance(nodes: Nodes, number: int) -> bool:
    """A number that a generator has thrown, whatever it was counted up to: a part of it is one, too."""
    pending, seen = [number], 0
    while pending and seen < _FEW_PARTS:
        seen += 1
        each = pending.pop()
        match nodes.nodes[each] if each >= 0 else None:
            case Result(call=of):
                if nodes.calls[of].callee == "Math.random":
                    return True
            case Choice(of=parts) | Text(parts=parts):
                pending += parts
    return False


def taken_by_key(reading: Reading, node: Subscript, of: int, key: int) -> None:
    """Something is asked for by its name of all that there is: ``globals()[name]``, ``window[name]()``."""
    nodes = reading.nodes
    made = nodes.nodes[of] if of >= 0 else None
    asked = nodes.calls[made.call] if type(made) is Result else None
    name = nodes.name_of(of) if type(made) is Named else asked.callee if asked is not None and not asked.arguments else None
    if key >= 0 and name is not None and name.isidentifier():
        reading.call(FlowCall(node.span, f"{name}.{ANY}", of, ANY, (key,)))


def _twice(nodes: Nodes, arguments: list[int]) -> tuple[int, ...]:
    """The positions of arguments that are one and the same object."""
    if len(arguments) < 2 or len(set(arguments)) == len(arguments):  # noqa: PLR2004 - two of the same
        return ()
    shared = next((each for each in arguments if each >= 0 and not nodes.is_constant(each) and arguments.count(each) > 1), None)
    return tuple([index for index, each in enumerate(arguments) if each == shared])


def _field(reading: Reading, state: State, node: Call, arguments: list[int]) -> int | None:
    """What ``getattr`` and ``setattr`` do with a name that is known; None for any other."""
    nodes = reading.nodes
    key = nodes.text_of(arguments[1])
    if key is None:
        return None
    if len(arguments) == 3 and type(node.callee) is Name and node.callee.id == "setattr":  # noqa: PLR2004 - the object, the name and the value
        nodes.store(state, arguments[0], key, arguments[2])
        return HARMLESS
    return nodes.choice(nodes.field(state, arguments[0], key, node.span), *arguments[2:])


def _above(reading: Reading, callee: Expression) -> str | None:
    """The method of the class above that is called by ``super``; None where it is no such call."""
    if reading.scope.this is None:
        return None
    if type(callee) is Name and callee.id == "super" and not reading.python:
        return "constructor"
    if type(callee) is not Attribute:
        return None
    of = callee.value.callee if type(callee.value) is Call and reading.python else callee.value
    return callee.name if type(of) is Name and of.id == "super" else None


def _element(reading: Reading, state: State, node: Call, keywords: list[tuple[str, int]], children: list[int]) -> int:
    """An element: a component is called with its properties as a record; of others, those count that browsers take as HTML."""
    nodes = reading.nodes
    properties = {key: nodes.checked(state, nodes.frozen(state, number)) for key, number in keywords}
    # What is in a style is no HTML: it has colours of the app's own, in all that are made by a kit.
    for key in [key for key in MARKUP if key in properties] if _tag(node) != "style" else ():
        # What React does with it is what an assignment to the property does.
        reading.call(FlowCall(node.span, "=", HARMLESS, MARKUP[key], (properties[key], HARMLESS)))
    name = None
    if type(node.callee) is Name and node.callee.id[:1].isupper():
        name = nodes.name_of(reading.lookup(state, node.callee))
    if name is None:
        frozen = tuple([nodes.checked(state, nodes.frozen(state, number)) for number in children])
        return reading.call(FlowCall(node.span, None, HARMLESS, _tag(node), (*frozen, *properties.values())))
    made = nodes.made(state, {})
    for key, number in properties.items():
        if key == "**":
            spread(nodes, state, made, number)
        else:
            nodes.store(state, made, key, number)
    if children:
        nodes.store(state, made, "children", nodes.choice(*children))
    return reading.call(FlowCall(node.span, f"{COMPONENT}{name}", HARMLESS, _tag(node), (nodes.frozen(state, made),)))


def _tag(node: Call) -> str:
    return node.callee.id if type(node.callee) is Name else node.callee.name if type(node.callee) is Attribute else ""


def _touch(
    reading: Reading, state: State, name: str | None, receiver: int, method: str, number: int, arguments: list[int], frozen: tuple[int, ...]
) -> None:
    nodes = reading.nodes
    own = may_be_own(name, python=reading.python)
    asks = name is not None and name.startswith("@") and reading.asks(method, frozen)
    if receiver >= 0 and not asks and (method in _CHANGES or own or reading.python):
        node = nodes.nodes[receiver]
        if type(node) is Named or nodes.name_of(receiver) is not None:
            if method in _CHANGES:
                # What something is kept under is not in it.
                for argument in frozen[1:2] if method in _BY_KEY and len(frozen) > 1 else frozen:
                    if argument >= 0 and not nodes.is_constant(argument):
                        reading.stored[receiver, "[]", argument, reading.nodes.calls[number].span] = None
        elif receiver in nodes.fresh:
            pass  # a list or record of this function: what its methods do is known
        elif method in _CHANGES and not own and not reading.python:
            _widen(reading, state, receiver, arguments)
        else:
            nodes.touched(state, receiver, number, SELF)
            if name is not None and name.startswith(_OWN):
                nodes.lend(state, number, arguments)
    if own and method not in ("require", "import"):
        for slot, argument in enumerate(arguments):
            if argument >= 0:
                nodes.touched(state, argument, number, slot)


def _widen(reading: Reading, state: State, receiver: int, arguments: list[int]) -> None:
    """What is put into something of which only the method's name is known."""
    nodes = reading.nodes
    if any(argument >= 0 and not nodes.is_constant(argument) for argument in arguments) and type(nodes.nodes[receiver]) is Result:
        held = nodes.held(state, receiver)
        nodes.hold(state, receiver, Held({**held.fields, "[]": nodes.choice(held.fields.get("[]", HARMLESS), *arguments)}, held.base))


def _folded(reading: Reading, receiver: int, method: str, arguments: list[int]) -> int | None:
    """The value of a call over constants, or None."""
    nodes = reading.nodes
    if not all(nodes.is_constant(argument) for argument in arguments):
        return None
    values = [nodes.value_of(argument) for argument in arguments]
    try:
        text = nodes.text_of(receiver)
        if text is not None:
            return nodes.constant(folding.method(method, text, values))
        if receiver < 0 and len(values) == 1:
            return nodes.constant(folding.function(method, values))
    except folding.Unfoldable:
        pass
    return None
