"""What is shared while the values of one function are read: its names, its nodes, and what its inner functions find when they are made."""

from collections.abc import Callable, Sequence

from batten.code.model import Call as CallNode
from batten.code.model import Expression, Function, Name
from batten.code.names import text_of
from batten.code.scopes import Scope, module_scope
from batten.extract.flows.changing import changed_in
from batten.extract.flows.containers import contained
from batten.extract.flows.keyed import Keyed
from batten.extract.flows.nodes import Nodes, State
from batten.facts.calls import Call
from batten.facts.flows import HARMLESS, SELF, Checked, Choice, Constant, Field, FlowCall, Given, Named, Outer, Result
from batten.text import Span

# What gives the same for the same key, unless something is done to what is asked.
_ASKS = frozenset(("get", "header", "param", "getHeader", "get_header"))

Around = Callable[[Scope], "Reading | None"]


class Reading:
    """One function, while its values are read. ``called`` are its calls by where they stand; ``around`` gives the reading of a scope around, ``never_returns`` tells of calls by name."""

    def __init__(
        self,
        name: str,
        scope: Scope,
        called: dict[Span, Call],
        lambdas: dict[int, str],
        around: Around,
        never_returns: Callable[[str], bool],
        *,
        python: bool,
    ) -> None:
        self.python = python
        self.name = name
        self.scope = scope
        self.called = called
        self.lambdas = lambdas
        self.around = around
        self.never_returns = never_returns
        self.nodes = Nodes()
        self.keyed = Keyed()
        self.returns: dict[tuple[int, Span], None] = {}
        self.stored: dict[tuple[int, str, int, Span], None] = {}
        self.assigned: list[tuple[str, int]] = []
        self.made: dict[str, tuple[dict[str, int], int, frozenset[tuple[int, str]]]] = {}
        # What functions inside give names of this one: where that is awaited, by function and name, and what they are found to give.
        self.awaited: dict[tuple[str, str], int] = {}
        self.given: dict[tuple[str, str], list[Outer]] = {}
        # What is asked of again and again, as by ``match``, by where it stands.
        self.subjects: dict[int, int] = {}
        # What is known of a value where the thing is there that was looked for by it: by what the search gave, with its name.
        self.held: dict[str, tuple[Span, frozenset[tuple[int, str]], frozenset[tuple[int, str]]]] = {}
        """Names that are given the answer of a test: where that is done, and what holds where it is yes, and where it is no."""
        self.sought: dict[int, tuple[str, frozenset[tuple[int, str]]]] = {}
        # The tests that lead to where control is, as they are written.
        self.tested: list[Expression] = []
        self._asked: dict[tuple[str | None, int, tuple[int, ...]], int] = {}
        self.last: State | None = None
        self.left: dict[int, int] = {}
        self.demands: frozenset[tuple[str, str]] | None = None
        self.grants: frozenset[tuple[str, str]] | None = None
        self.asked: set[int] = set()
        self.has_self = False
        # Whether the number of any server is looked up here; None until somebody asks.
        self.looks_up: bool | None = None
        # What functions give that are called later, by those who ask ``result``.
        self.promised: set[int] = set()

    def answer(self, name: str) -> tuple[frozenset[tuple[int, str]], frozenset[tuple[int, str]]]:
        """What holds where the answer that a name is given is yes, and where it is no."""
        held = self.held.get(name)
        return (frozenset(), frozenset()) if held is None else held[1:]

    def parameter(self, state: State, name: str, index: int, *, rest: bool = False) -> int:
        """Bind a parameter."""
        number = self.nodes.add(Given(index, rest))
        state.env[name] = number
        self.assigned.append((name, number))
        return number

    def assign(self, state: State, name: str, number: int) -> None:
        """Bind a name of this function, or put the value where the name is another's."""
        state.env[name] = number
        self.assigned.append((name, number))

    def give_out(self, name: str, number: int) -> None:
        """Put a value into a name of the function around, where other functions in there find it."""
        home = self.scope.find(name)
        outer = self.around(home) if home is not None else None
        if home is not None and outer is not None and outer is not self:
            outer.assigned.append((name, outer.nodes.add(Outer(self.name, number))))
            self.put_in(name, number)

    def put_in(self, name: str, number: int) -> None:
        """Tell the function around what one of its names is given here, or has put into it."""
        home = self.scope.find(name)
        outer = self.around(home) if home is not None else None
        if home is not None and outer is not None and outer is not self and number >= 0:
            outer.given.setdefault((self._child_of(home), name), []).append(Outer(self.name, number))

    def settle(self) -> None:
        """What was awaited of functions inside is what they have given."""
        for key, number in self.awaited.items():
            given = [self.nodes.add(each) for each in dict.fromkeys(self.given.get(key, ()))]
            self.nodes.nodes[number] = Choice(tuple(given)) if given else Constant(None)
        self.keyed.settle(self)

    def is_own(self, name: str, *, declares: bool) -> bool:
        """A name that is assigned here belongs to this function."""
        if declares or self.scope.parent is None:
            return True
        home = self.scope.find(name)
        return home is None or home is self.scope

    def lookup(self, state: State, node: Name) -> int:
        """What a name stands for."""
        known = state.env.get(node.id)
        if known is not None:
            return known
        if node.id in ("this", "self") and self.scope.this is not None:
            return self.this()
        home = self.scope.find(node.id)
        if home is None:
            return self.nodes.add(Named(node.id))
        if node.id in home.functions:
            return self.nodes.add(Named(f"#{home.functions[node.id]}"))
        if node.id in home.imports:
            entry = home.imports[node.id]
            return self.nodes.add(Named(f"{entry.module}#{'' if entry.name == '*' else entry.name}"))
        if home is self.scope and home.parent is not None:
            return HARMLESS  # not bound yet
        if home.parent is None or home.owner == "":
            return self.nodes.add(Named(f"#{node.id}"))
        outer = self.around(home)
        if outer is None:
            return HARMLESS
        number = outer.captured(node.id, self._child_of(home))
        if number >= 0 and type(known_there := outer.nodes.nodes[number]) is Named:
            return self.nodes.add(known_there)  # a name is the same everywhere
        if number < 0:
            return HARMLESS
        # Where only one of two ways assigns it, the other still has this.
        found = state.env[node.id] = self.nodes.add(Outer(outer.name, number))
        return found

    def own_method(self, field: Field) -> str | None:
        """The name of a method of the object that this one is called on, or of one that was made of a class."""
        held = self.nodes.nodes[field.of]
        if type(held) is Given and held.index == SELF and self.scope.this is not None:
            return f"#{self.scope.this}.{field.key}"
        maker = self.nodes.calls[held.call].callee if type(held) is Result else None
        return f"{maker}.{field.key}" if maker is not None and "#" in maker else None

    def this(self) -> int:
        """The object that a method is called on, here or in the method around."""
        if self.has_self:
            return self.nodes.add(Given(SELF))
        scope = self.scope.parent
        while scope is not None:
            outer = self.around(scope)
            if outer is not None and outer.has_self:
                return self.nodes.add(Outer(outer.name, outer.nodes.add(Given(SELF))))
            scope = scope.parent
        return HARMLESS

    def _child_of(self, home: Scope) -> str:
        """The function, directly inside the one that binds a name, in which this one stands."""
        scope = self.scope
        while scope.parent is not None and scope.parent is not home:
            scope = scope.parent
        return scope.owner

    def remember(self, state: State, name: str, function: Function) -> int:
        """A function is made here: it finds what names stand for now, and what they are given later."""
        # One that has a name may be called before the tests that stand before it.
        tests = state.tests if name.rpartition(".")[2].startswith("@") else frozenset()
        self.made[name] = (dict(state.env), len(self.assigned), tests)
        if self.name:
            self._await(state, name, function)
        return self.nodes.add(Named(f"#{name}"))

    def _await(self, state: State, name: str, function: Function) -> None:
        """From here on the function may have been called: what it does to names of this one may be done."""
        changes = changed_in(function)
        for each in sorted(changes.assigned) if not self.python else ():
            if each in state.env:
                state.env[each] = self.nodes.choice(state.env[each], self._awaited(name, each))
        for each in sorted(changes.filled):
            if each in state.env:
                contained(self.nodes, state, state.env[each], "append", [self._awaited(name, each)])

    def _awaited(self, function: str, name: str) -> int:
        number = self.awaited.get((function, name))
        if number is None:
            number = self.awaited[function, name] = self.nodes.add(Outer(function, -2 - len(self.awaited)))
        return number

    def captured(self, name: str, function: str) -> int:
        """What a name of this function stands for in a function that is made in it."""
        env, since, tests = self.made.get(function, ({}, 0, frozenset()))
        known = env.get(name, HARMLESS)
        named = known >= 0 and type(self.nodes.nodes[known]) is Named
        numbers = [known if named else self.nodes.told(known, tests)] if name in env else []
        start = since if name in env else 0
        numbers += [number for assigned, number in self.assigned[start:] if assigned == name]
        found = self.nodes.choice(*numbers)
        return found if self.last is None else self.nodes.frozen(self.last, found)

    def key_of(self, node: Expression) -> str | None:
        """The text of a key that is constant in the whole file."""
        return text_of(node, self.scope)

    def call(self, call: FlowCall) -> int:
        """The result of a call."""
        self.nodes.call(call)
        return self.result(len(self.nodes.calls) - 1)

    def asks(self, method: str, arguments: Sequence[int]) -> bool:
        """A call that gives what is under a key that is written out, and does nothing else."""
        return method in _ASKS and len(arguments) == 1 and self.nodes.text_of(arguments[0]) is not None

    def result(self, number: int) -> int:
        """The result of a call by its number; one and the same where the same key is asked for again: ``req.get("origin")``."""
        nodes = self.nodes
        call = nodes.calls[number]
        if self.asks(call.method, call.arguments) and not call.keywords:
            asked = call.receiver
            while asked >= 0 and type(of := nodes.nodes[asked]) is Checked:
                asked = of.of
            number = self._asked.setdefault((call.callee, asked, call.arguments), number)
        return nodes.add(Result(number))

    def leaves(self, node: Expression) -> bool:
        """A call after which nothing runs: ``abort(404)``, ``redirect("/")``."""
        known = self.called.get(node.span) if type(node) is CallNode else None
        return known is not None and known.callee is not None and self.never_returns(known.callee)

    def is_module_level(self, name: str) -> bool:
        """A name of the module."""
        home = self.scope.find(name)
        return home is module_scope(self.scope)
