"""What statements do to names and objects, along the ways that control takes; a way that a constant closes is not taken."""

from batten.code.model import (
    Assign,
    Attribute,
    Block,
    Branch,
    Class,
    Define,
    Evaluate,
    Expression,
    Function,
    Jump,
    Lambda,
    Literal,
    Loop,
    Name,
    Raise,
    Record,
    Return,
    Sequence,
    Statement,
    Template,
    Try,
)
from batten.extract.flows.answers import given_by, is_one_value
from batten.extract.flows.chosen import decided_by, key_in
from batten.extract.flows.conditions import demanded, outcome
from batten.extract.flows.demands import demand, handed_to
from batten.extract.flows.expressions import added, bind, decided, value
from batten.extract.flows.held import hold
from batten.extract.flows.nodes import State
from batten.extract.flows.reading import Reading
from batten.extract.flows.resolved import kept
from batten.extract.flows.tested import roots_of
from batten.facts.flows import ANY, HARMLESS, Given

# Statements within statements, deeper than this, are not followed; loops within loops are gone through once.
_DEEPEST = 40
_DEEPEST_LOOP = 2
_SHORT_LOOP = 12
_MADE = (Literal, Template, Record, Sequence, Lambda)


class Ways:
    """Where control goes that does not run on: out of the loop, and to its next turn."""

    def __init__(self, loops: int = 0) -> None:
        self.loops = loops
        self.left: list[State] = []


def run(reading: Reading, state: State | None, statements: tuple[Statement, ...], ways: Ways, depth: int = 0) -> State | None:
    """The state after statements; None where control does not come there."""
    for statement in statements:
        if state is None or depth > _DEEPEST or reading.nodes.full:
            return state
        state = _run(reading, state, statement, ways, depth + 1)
    return state


def _run(reading: Reading, state: State, statement: Statement, ways: Ways, depth: int) -> State | None:
    match statement:
        case Evaluate() if _is_read_alone(statement.value):
            return state
        case Evaluate():
            reading.subjects[statement.value.span.start] = value(reading, state, statement.value)
            if reading.leaves(statement.value):
                return None
            state.tests |= demanded(reading, state, statement.value, value) | handed_to(reading, state, statement.value, value)
        case Assign():
            _assign(reading, state, statement)
        case Return():
            if statement.value is not None:
                _give(reading, state, statement)
            leave(reading, state)
            return None
        case Raise():
            if statement.value is not None:
                value(reading, state, statement.value)
            return None
        case Branch():
            return _branch(reading, state, statement, ways, depth)
        case Loop():
            return _loop(reading, state, statement, ways, depth)
        case Try():
            return _try(reading, state, statement, ways, depth)
        case Block():
            after = run(reading, state, statement.items, ways, depth)
            return run(reading, after, statement.body, ways, depth)
        case Define(value=Function() as function):
            name = reading.scope.functions.get(function.name)
            if name is not None:
                state.env[function.name] = reading.remember(state, name, function)
        case Define(value=Class() as made):
            return _class_body(reading, state, made, ways, depth)
        case Jump():
            ways.left.append(state)
            return None
    return state


def _is_read_alone(expression: Expression) -> bool:
    """Nothing comes of a name, or of what it holds, without more, as there is while a line is typed: what the file says stays the same."""
    while isinstance(expression, Attribute):
        expression = expression.value
    return isinstance(expression, Name)


def _class_body(reading: Reading, state: State, made: Class, ways: Ways, depth: int) -> State | None:
    """What runs when a class is made: static blocks, and the values of its fields."""
    for member in made.body:
        match member:
            case Block():
                after = run(reading, state, member.body, ways, depth)
                if after is None:
                    return None
                state = after
            case Assign(value=given) if given is not None:
                value(reading, state, given)
            case Evaluate():
                value(reading, state, member.value)
    return state


def _give(reading: Reading, state: State, statement: Return) -> None:
    if statement.value is None:
        return
    number = value(reading, state, statement.value)
    found = reading.nodes.checked(state, reading.nodes.frozen(state, number))
    # What is made here is no test, and no word on what it is made of.
    passed = frozenset() if isinstance(statement.value, _MADE) else outcome(reading, state, statement.value, value).passed
    given_by(reading, number, state.tests | passed)
    if found >= 0:
        reading.returns[found, statement.span] = None


def leave(reading: Reading, state: State) -> None:
    """Control leaves the function: what it has done to its parameters is left."""
    nodes = reading.nodes
    for number in state.heap:
        node = nodes.nodes[number]
        if type(node) is Given:
            left = nodes.frozen(state, number)
            if left != number:
                reading.left[node.index] = nodes.choice(reading.left.get(node.index, HARMLESS), left)
    demand(reading, state)
    # What names stand for when it ends is asked of modules only.
    ended = state if not reading.name else State({}, state.heap, state.tests)
    reading.last = ended if reading.last is None else nodes.joined(reading.last, ended)


def _assign(reading: Reading, state: State, statement: Assign) -> None:
    nodes = reading.nodes
    if statement.value is None:
        if statement.declares and isinstance(statement.target, Name):
            state.env[statement.target.id] = nodes.constant(None)
        return
    number = value(reading, state, statement.value)
    hold(reading, state, statement, value)
    state.tests |= demanded(reading, state, statement.value, value)
    if statement.operator != "=":
        before = value(reading, state, statement.target)
        number = _augmented(reading, state, statement.operator, before, number)
    number = decided_by(reading, state, key_in(statement.target), statement.value, number, value)
    if isinstance(statement.target, Name) and not reading.is_own(statement.target.id, declares=statement.declares):
        _give_away(reading, state, statement.target, number)
        return
    bind(reading, state, statement.target, number)


def _augmented(reading: Reading, state: State, operator: str, before: int, number: int) -> int:
    nodes = reading.nodes
    if operator == "+=":
        return added(reading, state, [before, number])
    if operator in ("||=", "??=", "&&=", "|="):
        return nodes.choice(before, number)
    if nodes.is_constant(before) and nodes.is_constant(number) and operator in ("-=", "*="):
        one, other = nodes.value_of(before), nodes.value_of(number)
        if type(one) is int and type(other) is int:
            return nodes.constant(one - other if operator == "-=" else min(one * other, 10**9))
    return before if operator in ("%=", "/=") else HARMLESS


def _give_away(reading: Reading, state: State, target: Name, number: int) -> None:
    """Bind a name of the module or of the function around."""
    nodes = reading.nodes
    state.env[target.id] = number
    frozen = nodes.checked(state, nodes.frozen(state, number))
    if frozen >= 0 and reading.is_module_level(target.id):
        own = State({}, {}, frozenset())
        reading.stored[reading.lookup(own, target), "", frozen, target.span] = None
    elif frozen >= 0:
        reading.give_out(target.id, frozen)


def _branch(reading: Reading, state: State, statement: Branch, ways: Ways, depth: int) -> State | None:
    """A chain of ``else if`` is one branch after the other, however long."""
    after: State | None = None
    current: Branch | None = statement
    while current is not None:
        number = value(reading, state, current.test)
        answer = decided(reading, number)
        known = outcome(reading, state, current.test, value) if answer is None else None
        done: State | None = None
        if answer is not False:
            inside = state.copy()
            inside.tests |= known.passed if known is not None else frozenset()
            around = len(reading.tested)
            reading.tested.append(current.test)
            done = run(reading, inside, current.body, ways, depth)
            # What comes after a way that leads out is asked for by its test, too.
            del reading.tested[around + (done is None) :]
            after = reading.nodes.joined(after, done)
        if answer is True:
            return after
        state.tests |= known.failed if known is not None else frozenset()
        if answer is None and not current.orelse and isinstance(current.test, Name | Attribute) and done is not None:
            # Where there is none, what was asked of it matters to nobody: ``if (from) assertDate(from)``.
            of_it = roots_of(reading, number)
            asked = frozenset(fact for fact in done.tests if fact[0] in of_it)
            state.tests |= asked if is_one_value(reading.nodes, of_it) else frozenset()
        orelse = current.orelse
        current = orelse[0] if len(orelse) == 1 and isinstance(orelse[0], Branch) else None
        if current is None:
            return reading.nodes.joined(after, run(reading, state, orelse, ways, depth))
        if reading.nodes.full:
            return after
    return after


def _loop(reading: Reading, state: State, statement: Loop, ways: Ways, depth: int) -> State | None:
    source = value(reading, state, statement.source) if statement.source is not None else HARMLESS
    inner = Ways(ways.loops + 1)
    endless = statement.target is None and (
        statement.test is None or (isinstance(statement.test, Literal) and statement.test.value is not False)
    )
    turns = 1 if ways.loops >= _DEEPEST_LOOP else 3 if len(statement.body) <= _SHORT_LOOP and not ways.loops else 2
    met: State = state
    before = state.tests
    key = reading.nodes.keys_of(state, source) if statement.by_key else HARMLESS
    for turn in range(turns):
        turned = met.copy()
        if statement.target is not None:
            each = key if statement.by_key else reading.nodes.field(turned, source, ANY, statement.target.span)
            bind(reading, turned, statement.target, each)
        if statement.test is not None:
            answer = decided(reading, value(reading, turned, statement.test))
            if answer is False and turn == 0:
                return run(reading, turned, statement.orelse, ways, depth)
            turned.tests |= outcome(reading, turned, statement.test, value).passed
        done = run(reading, turned, statement.body, inner, depth)
        settled = kept(reading, source, done.tests - before) if done is not None and not inner.left else frozenset[tuple[int, str]]()
        count = len(met.env), len(reading.nodes.nodes)
        for left in (done, *inner.left):
            met = reading.nodes.joined(met, left) or met
        inner.left = []
        met.tests = before | settled
        if turn and count == (len(met.env), len(reading.nodes.nodes)):
            break
    if endless and not _breaks(statement.body):
        return None
    return run(reading, met, statement.orelse, ways, depth)


def _breaks(statements: tuple[Statement, ...]) -> bool:
    pending = list(statements)
    while pending:
        statement = pending.pop()
        match statement:
            case Jump(kind="break"):
                return True
            case Branch():
                pending += [*statement.body, *statement.orelse]
            case Block():
                pending += statement.body
            case Loop():
                pending += [*statement.body, *statement.orelse]
            case Try():
                pending += [*statement.body, *statement.orelse, *statement.final]
                for handler in statement.handlers:
                    pending += handler.body
    return False


def _try(reading: Reading, state: State, statement: Try, ways: Ways, depth: int) -> State | None:
    start = state.copy()
    after = run(reading, state, statement.body, ways, depth)
    # Where the body was left in the middle what it has bound so far may hold or not.
    failed = reading.nodes.joined(start, after)
    after = run(reading, after, statement.orelse, ways, depth)
    for handler in statement.handlers:
        inside = failed.copy() if failed is not None else start.copy()
        inside.tests = start.tests
        if handler.name:
            reading.assign(inside, handler.name, HARMLESS)
        after = reading.nodes.joined(after, run(reading, inside, handler.body, ways, depth))
    if statement.final:
        if after is None:
            run(reading, failed.copy() if failed is not None else start.copy(), statement.final, ways, depth)
            return None
        return run(reading, after, statement.final, ways, depth)
    return after
