"""The value of an expression as a node, with the calls in it; knows no statements."""

from collections.abc import Callable
from typing import Any

from batten.code.model import (
    Attribute,
    Await,
    Call,
    Expression,
    Lambda,
    Literal,
    Name,
    Operation,
    Record,
    Sequence,
    Subscript,
    Template,
    Unknown,
)
from batten.extract.flows import folding
from batten.extract.flows.calls import called, is_chance, taken_by_key
from batten.extract.flows.chosen import decided_by
from batten.extract.flows.conditions import Outcome, outcome
from batten.extract.flows.containers import spread
from batten.extract.flows.interpolation import percent
from batten.extract.flows.nodes import Nodes, State
from batten.extract.flows.reading import Reading
from batten.facts.containers import EVERYWHERE
from batten.facts.flows import ANY, HARMLESS, Constant, FlowCall, Object, Text

# Expressions within expressions, deeper than this, are not followed.
_DEEPEST = 90
_COMPARISONS = frozenset(
    ("<", "<=", ">", ">=", "in", "not in", "instanceof", "typeof", "-", "*", "/", "//", "**", "&", "^", "<<", ">>", "~", "void")
)


def value(reading: Reading, state: State, node: Expression, depth: int = 0) -> int:
    """The node of an expression's value; what the expression binds is bound in the state."""
    read = _READERS.get(type(node))
    if read is None or depth > _DEEPEST or reading.nodes.full:
        return HARMLESS
    return read(reading, state, node, depth + 1)


def _name(reading: Reading, state: State, node: Name, _depth: int) -> int:
    return reading.lookup(state, node)


def _literal(reading: Reading, _state: State, node: Literal, _depth: int) -> int:
    return reading.nodes.constant(node.value)


def _attribute(reading: Reading, state: State, node: Attribute, depth: int) -> int:
    of = value(reading, state, node.value, depth)
    if node.name in ("length", "size") and of >= 0:
        return length_of(reading, state, of)
    return reading.nodes.field(state, of, node.name, node.span)


def length_of(reading: Reading, state: State, of: int) -> int:
    """The length of a constant text or a list that is known; else a number like any other."""
    text = reading.nodes.text_of(of)
    if text is not None:
        return reading.nodes.constant(len(text))
    held = state.heap.get(of)
    return reading.nodes.constant(held.size) if held is not None and held.size is not None else HARMLESS


def _subscript(reading: Reading, state: State, node: Subscript, depth: int) -> int:
    of = value(reading, state, node.value, depth)
    if type(node.index) is Unknown and node.index.kind == "slice":
        return _cut(reading, state, of, node.index, depth)
    number = value(reading, state, node.index, depth)
    key = _key(reading, node.index, number)
    if key == ANY and reading.python:
        taken_by_key(reading, node, of, number)
    found = reading.nodes.field(state, of, key, node.span)
    if key == ANY and not reading.python:
        reading.keyed.read(reading, found, number)
    return found


def key_of(reading: Reading, state: State, node: Expression, depth: int = 0) -> str:
    """The key that an index is, or that of any."""
    return _key(reading, node, value(reading, state, node, depth))


def _key(reading: Reading, node: Expression, number: int) -> str:
    if reading.nodes.is_constant(number):
        found = reading.nodes.value_of(number)
        if isinstance(found, (str, int)) and not isinstance(found, bool):
            return str(found)
    return reading.key_of(node) or ANY


def _cut(reading: Reading, state: State, of: int, node: Unknown, depth: int) -> int:
    bounds = [value(reading, state, part, depth) for part in node.children]
    nodes = reading.nodes
    text = nodes.text_of(of)
    if text is not None and 0 < len(bounds) <= 2 and all(nodes.is_constant(bound) for bound in bounds):  # noqa: PLR2004 - both bounds
        ends = [nodes.value_of(bound) for bound in bounds]
        if len(ends) == 1:
            # A bound that is left out has no node: where the other stands tells which it is.
            ends = [*ends, None] if node.children[0].span.start == node.span.start else [None, *ends]
        try:
            return nodes.constant(folding.cut(text, ends[0], ends[1]))
        except folding.Unfoldable:
            return HARMLESS
    if of in nodes.fresh:
        return nodes.made(state, {ANY: nodes.field(state, of, ANY)})
    return HARMLESS if text is not None else of


def _call(reading: Reading, state: State, node: Call, depth: int) -> int:
    return called(reading, state, node, depth, value)


def _await(reading: Reading, state: State, node: Await, depth: int) -> int:
    return value(reading, state, node.value, depth)


def _lambda(reading: Reading, state: State, node: Lambda, _depth: int) -> int:
    name = reading.lambdas.get(node.function.span.start)
    return HARMLESS if name is None else reading.remember(state, name, node.function)


def _template(reading: Reading, state: State, node: Template, depth: int) -> int:
    return reading.nodes.text([value(reading, state, part, depth) for part in node.parts])


def _record(reading: Reading, state: State, node: Record, depth: int) -> int:
    nodes = reading.nodes
    made = nodes.made(state, {})
    for entry in node.entries:
        if entry.key is not None:
            number = value(reading, state, entry.value, depth)
            nodes.store(state, made, entry.key, decided_by(reading, state, entry.key, entry.value, number, value))
        elif type(entry.value) is Unknown and entry.value.kind == "pair":
            key, held = (entry.value.children[0], entry.value.children[-1])
            nodes.store(state, made, key_of(reading, state, key, depth), value(reading, state, held, depth))
        else:
            spread(reading.nodes, state, made, value(reading, state, entry.value, depth))
    return made


def _sequence(reading: Reading, state: State, node: Sequence, depth: int) -> int:
    fields: dict[str, int] = {}
    known = True
    for number, item in enumerate(node.items):
        if type(item) is Operation and item.operator == "...":
            known = False
            inner = reading.nodes.field(state, value(reading, state, item.operands[0], depth), ANY)
            fields[ANY] = reading.nodes.choice(fields.get(ANY, HARMLESS), inner)
        elif known:
            fields[str(number)] = value(reading, state, item, depth)
        else:
            fields[ANY] = reading.nodes.choice(fields[ANY], value(reading, state, item, depth))
    return reading.nodes.made(state, fields, size=len(node.items) if known else None)


def _operation(reading: Reading, state: State, node: Operation, depth: int) -> int:
    operator = node.operator
    if operator == "=":
        number = value(reading, state, node.operands[-1], depth)
        bind(reading, state, node.operands[0], number, depth)
        return number
    if operator == "delete":
        return _deleted(reading, state, node, depth)
    if operator == "?:":
        return _conditional(reading, state, node, depth)
    if operator in ("&&", "||", "??"):
        return _short_cut(reading, state, node, depth)
    numbers = [value(reading, state, operand, depth) for operand in node.operands]
    nodes = reading.nodes
    if operator in ("++", "--"):
        return _counted(reading, state, node, numbers)
    if numbers and all(nodes.is_constant(number) for number in numbers):
        try:
            return nodes.constant(folding.folded(operator, [nodes.value_of(number) for number in numbers]))
        except folding.Unfoldable:
            pass
    if operator in ("==", "!="):
        if len(numbers) == 2 and all(number >= 0 and not nodes.is_constant(number) for number in numbers):  # noqa: PLR2004 - a comparison
            reading.call(FlowCall(node.span, "==", HARMLESS, "==", tuple(nodes.frozen(state, number) for number in numbers)))
        return HARMLESS
    if operator == "yield":
        for number in numbers:
            reading.returns[nodes.checked(state, nodes.frozen(state, number)), node.span] = None
        return HARMLESS
    if operator == "+":
        return added(reading, state, numbers)
    if operator == "%" and len(numbers) == 2:  # noqa: PLR2004 - a text and what goes into it
        return percent(reading, state, numbers[0], numbers[1], node.operands[1])
    if operator == "/" and len(numbers) == 2 and any(number >= 0 and not nodes.is_constant(number) for number in numbers):  # noqa: PLR2004
        return nodes.text(numbers)
    if operator in _COMPARISONS or operator == "!":
        return next((number for number in numbers if operator in ("*", "-") and is_chance(nodes, number)), HARMLESS)
    return nodes.choice(*numbers)


def _deleted(reading: Reading, state: State, node: Operation, depth: int) -> int:
    """What is taken out of an object is nothing from now on."""
    for operand in node.operands:
        match operand:
            case Attribute():
                reading.nodes.store(state, value(reading, state, operand.value, depth), operand.name, HARMLESS)
            case Subscript():
                key = key_of(reading, state, operand.index, depth)
                reading.nodes.store(state, value(reading, state, operand.value, depth), key, HARMLESS)
            case _:
                value(reading, state, operand, depth)
    return HARMLESS


def added(reading: Reading, state: State, numbers: list[int]) -> int:
    """What ``+`` gives: text, a longer list, or a number."""
    nodes = reading.nodes
    if numbers and all(nodes.is_constant(number) for number in numbers):
        try:
            return nodes.constant(folding.folded("+", [nodes.value_of(number) for number in numbers]))
        except folding.Unfoldable:
            return HARMLESS
    if any(number in state.heap and number in nodes.fresh for number in numbers):
        return nodes.made(state, {ANY: nodes.choice(*[nodes.field(state, number, ANY) for number in numbers])})
    return nodes.text(numbers)


def _counted(reading: Reading, state: State, node: Operation, numbers: list[int]) -> int:
    found = HARMLESS
    if numbers and reading.nodes.is_constant(numbers[0]):
        count = reading.nodes.value_of(numbers[0])
        if isinstance(count, int) and not isinstance(count, bool):
            found = reading.nodes.constant(count + (1 if node.operator == "++" else -1))
    bind(reading, state, node.operands[0], found, 0)
    return HARMLESS


def decided(reading: Reading, number: int) -> bool | None:
    """What a test comes to, where that is sure."""
    if reading.nodes.is_constant(number):
        return bool(reading.nodes.value_of(number))
    return None


def _conditional(reading: Reading, state: State, node: Operation, depth: int) -> int:
    test, chosen, other = node.operands[0], node.operands[1], node.operands[-1]
    answer = decided(reading, value(reading, state, test, depth))
    if answer is not None:
        return value(reading, state, chosen if answer else other, depth)
    known = outcome(reading, state, test, value)
    return reading.nodes.choice(_under(reading, state, known.passed, chosen, depth), _under(reading, state, known.failed, other, depth))


def _under(reading: Reading, state: State, tests: frozenset[tuple[int, str]], node: Expression, depth: int) -> int:
    """The value of an expression that is only looked at where tests have passed."""
    before = state.tests
    state.tests = before | tests
    number = reading.nodes.checked(state, value(reading, state, node, depth))
    state.tests = before
    return number


def _short_cut(reading: Reading, state: State, node: Operation, depth: int) -> int:
    found: list[int] = []
    before = state.tests
    for operand in node.operands:
        number = value(reading, state, operand, depth)
        answer = decided(reading, number)
        if answer is None:
            found.append(reading.nodes.checked(state, number))
            known: Outcome = outcome(reading, state, operand, value)
            state.tests |= known.passed if node.operator == "&&" else known.failed
        elif node.operator == "??":
            if reading.nodes.value_of(number) is not None:
                found.append(number)
                break
        elif answer is (node.operator == "||"):
            found.append(number)
            break
        elif operand is node.operands[-1]:
            found.append(number)
    state.tests = before
    if len(found) > 1 or (found and found[0] < 0):
        in_order = node.operator != "&&" and type(node.operands[0]) is not Operation
        return reading.nodes.choice(*found, in_order=in_order)
    return found[0] if found else HARMLESS


def _unknown(reading: Reading, state: State, node: Unknown, depth: int) -> int:
    if node.kind.endswith(("comprehension", "generator_expression")):
        return _comprehension(reading, state, node, depth)
    if node.kind == "subject":
        return reading.subjects.get(node.span.start, HARMLESS)
    numbers = [value(reading, state, part, depth) for part in node.children]
    if node.kind == "sequence_expression":
        return numbers[-1] if numbers else HARMLESS
    return reading.nodes.choice(*numbers)


def _comprehension(reading: Reading, state: State, node: Unknown, depth: int) -> int:
    env, before = dict(state.env), state.tests
    last = HARMLESS
    for part in node.children:
        if type(part) is Operation and part.operator == "=" and part is not node.children[-1]:
            source = value(reading, state, part.operands[-1], depth)
            bind(reading, state, part.operands[0], reading.nodes.field(state, source, ANY), depth)
            last = HARMLESS
            continue
        last = value(reading, state, part, depth)
        if part is not node.children[-1]:
            state.tests |= outcome(reading, state, part, value).passed
    last = reading.nodes.checked(state, last)
    state.env, state.tests = env, before
    return reading.nodes.made(state, {ANY: last})


def bind(reading: Reading, state: State, target: Expression, number: int, depth: int = 0) -> None:
    """Bind what an assignment has on its left."""
    nodes = reading.nodes
    if depth > _DEEPEST:
        return
    match target:
        case Name():
            reading.assign(state, target.id, nodes.checked(state, number))
        case Operation(operator="=", operands=(inner, default)):
            bind(reading, state, inner, nodes.choice(number, value(reading, state, default, depth + 1)), depth + 1)
        case Operation(operator="...", operands=(inner,)):
            bind(reading, state, inner, number, depth + 1)
        case Record():
            taken = {entry.key: HARMLESS for entry in target.entries if entry.key is not None}
            for entry in target.entries:
                if entry.key is None:
                    # The rest has none of what was taken before it.
                    part = nodes.made(state, taken, number) if taken and number >= 0 else number
                else:
                    part = nodes.field(state, number, entry.key, entry.span)
                bind(reading, state, entry.value, part, depth + 1)
        case Sequence():
            for index, item in enumerate(target.items):
                is_rest = type(item) is Operation and item.operator == "..."
                part = (
                    nodes.made(state, {ANY: nodes.field(state, number, ANY)})
                    if is_rest
                    else nodes.field(state, number, str(index), item.span)
                )
                bind(reading, state, item, part, depth + 1)
        case Attribute():
            _store(reading, state, target, target.value, target.name, HARMLESS, number, depth)
        case Subscript():
            key = value(reading, state, target.index, depth + 1)
            found = nodes.value_of(key) if nodes.is_constant(key) else None
            name = str(found) if isinstance(found, (str, int)) and not isinstance(found, bool) else reading.key_of(target.index) or ANY
            _store(reading, state, target, target.value, name, key, number, depth)


def _store(reading: Reading, state: State, target: Expression, of: Expression, key: str, key_node: int, number: int, depth: int) -> None:
    nodes = reading.nodes
    owner = value(reading, state, of, depth + 1)
    if key == ANY and key_node >= 0 and not reading.python:
        reading.keyed.put(reading, state, owner, key_node, target.span)
    number = nodes.checked(state, number)
    nodes.store(state, owner, key, number)
    frozen = nodes.frozen(state, number)
    if frozen < 0 and key_node < 0:
        return
    name = nodes.name_of(owner)
    if name is not None:
        if frozen >= 0:
            reading.stored[owner, key, frozen, target.span] = None
    elif (_is_plain(nodes, frozen) and not key.isupper()) or type(nodes.nodes[owner] if owner >= 0 else None) in (Object, Constant, Text):
        return
    reading.call(
        FlowCall(target.span, "=", owner if name is not None else nodes.frozen(state, owner), key, (frozen, nodes.frozen(state, key_node)))
    )


def _is_plain(nodes: Nodes, number: int) -> bool:
    """A constant that says nothing of what it is set for: no switch, and no address of all that there are."""
    found = nodes.value_of(number) if nodes.is_constant(number) else True
    return not isinstance(found, bool) and found not in EVERYWHERE


_READERS: dict[type[Expression], Callable[[Reading, State, Any, int], int]] = {
    Name: _name,
    Literal: _literal,
    Attribute: _attribute,
    Subscript: _subscript,
    Call: _call,
    Await: _await,
    Lambda: _lambda,
    Template: _template,
    Record: _record,
    Sequence: _sequence,
    Operation: _operation,
    Unknown: _unknown,
}
