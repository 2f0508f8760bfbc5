"""The values of each function of a file as graphs: flow-sensitive, with constants folded, containers by element and tests that have passed."""

from collections.abc import Callable

from batten.code import model
from batten.code.parts import targets
from batten.code.scopes import Scope
from batten.extract.flows.address_forms import asks_for_form_alone
from batten.extract.flows.expressions import bind
from batten.extract.flows.loops import loops
from batten.extract.flows.nodes import State
from batten.extract.flows.reading import Reading
from batten.extract.flows.statements import Ways, leave, run
from batten.extract.templates.written import marks_of
from batten.extract.values import outlined, plain
from batten.facts.calls import Call
from batten.facts.containers import EVERYWHERE
from batten.facts.flows import SELF, Constant, Field, Graph, Node
from batten.text import Span


class Values:
    """The graphs of one file, made function by function: one that stands in another comes after it."""

    def __init__(self, lambdas: dict[int, str], never_returns: Callable[[str], bool], *, python: bool) -> None:
        self._python = python
        self._never_returns = never_returns
        self._lambdas = lambdas
        self._readings: dict[str, Reading] = {}
        self._scopes: dict[int, Reading] = {}
        self._parameters: dict[str, tuple[str, ...]] = {}
        self._form_alone: set[str] = set()
        self._loops: dict[str, tuple[tuple[Span, bool], ...]] = {}

    def read(
        self, name: str, scope: Scope, function: model.Function | None, body: tuple[model.Statement, ...], calls: tuple[Call, ...]
    ) -> None:
        """Read one function, or the module body (``function`` None)."""
        by_span: dict[Span, Call] = {}
        for call in calls:
            by_span.setdefault(call.span, call)
        reading = Reading(name, scope, by_span, self._lambdas, self._around, self._never_returns, python=self._python)
        self._readings[name] = reading
        self._scopes[id(scope)] = reading
        state = State({}, {}, frozenset())
        self._parameters[name] = () if function is None else _parameters(reading, state, function)
        if asks_for_form_alone(name, function, body):
            self._form_alone.add(name)
        self._loops[name] = loops(body)
        end = run(reading, state, body, Ways())
        if end is not None:
            leave(reading, end)

    def _around(self, scope: Scope) -> Reading | None:
        return self._readings.get(scope.owner) if id(scope) in self._scopes else None

    def graphs(self) -> tuple[Graph, ...]:
        """All of them; those that neither call, give nor leave anything are left out."""
        for reading in self._readings.values():
            reading.settle()
        return tuple(
            _graph(reading, self._parameters[name], self._loops[name], form_alone=name in self._form_alone)
            for name, reading in self._readings.items()
            if reading.nodes.nodes
        )

    def release(self) -> None:
        """Forget what was read: readings know where to ask for those around them."""
        self._readings.clear()
        self._scopes.clear()


def _parameters(reading: Reading, state: State, function: model.Function) -> tuple[str, ...]:
    names: list[str] = []
    scope = reading.scope
    # A method of a class: its scope is that of the class, and so is its name.
    is_method = scope.this is not None and reading.name.rpartition(".")[0] == scope.this
    reading.has_self = is_method
    for parameter in function.parameters:
        target = parameter.target
        if is_method and not names and SELF not in reading.left and isinstance(target, model.Name) and target.id in ("self", "cls"):
            reading.parameter(state, target.id, SELF)
            continue
        index = len(names)
        rest = parameter.kind in ("rest", "keywords")
        if isinstance(target, model.Name):
            names.append(target.id if parameter.kind != "keywords" else f"**{target.id}")
            given = reading.parameter(state, target.id, index, rest=rest)
            default = _by_itself(parameter.default)
            if default is not None:
                reading.assign(state, target.id, reading.nodes.choice(given, reading.nodes.constant(default)))
            continue
        names.append("")
        whole = reading.parameter(state, f"\x1f{index}", index, rest=rest)
        bind(reading, state, target, whole)
        for name, _ in targets(target):
            state.env.setdefault(name, whole)
    return tuple(names)


def _by_itself(default: model.Expression | None) -> str | None:
    """Who is asked where nobody says whom, and who may ask: what is read along on the way is told by it. No other default matters to anything."""
    if isinstance(default, model.Call) and isinstance(default.callee, model.Attribute) and default.callee.name == "Option":
        # https://typer.tiangolo.com/tutorial/options/
        default = next((each.value for each in default.keywords if each.name == "default"), default.args[0] if default.args else None)
    text = default.value if isinstance(default, model.Literal) else None
    return text if isinstance(text, str) and (text.startswith(("http://", "ws://", "ftp://")) or text in EVERYWHERE) else None


def _graph(reading: Reading, parameters: tuple[str, ...], endless: tuple[tuple[Span, bool], ...], *, form_alone: bool) -> Graph:
    nodes = reading.nodes
    variables: tuple[tuple[str, int], ...] = ()
    if reading.name == "" and reading.last is not None:
        last = reading.last
        variables = tuple([(name, nodes.frozen(last, number)) for name, number in last.env.items() if number >= 0])
    places = tuple([(number, span.start, span.end) for number, span in nodes.places.items() if type(nodes.nodes[number]) is Field])
    return Graph(
        function=reading.name,
        parameters=parameters,
        nodes=tuple([_kept(node) for node in nodes.nodes]),
        calls=tuple(nodes.calls),
        returns=tuple(reading.returns),
        left=tuple(reading.left.items()),
        stored=tuple(reading.stored),
        variables=variables,
        places=places,
        complete=not nodes.full,
        form_alone=form_alone,
        loops=endless,
        demands=tuple(sorted(reading.demands or ())),
        grants=tuple(sorted(reading.grants or ())),
    )


def _kept(node: Node) -> Node:
    """A node as it may be kept: no text that could be a key, of a long query how it begins and ends, and of a page its marks."""
    if type(node) is Constant and isinstance(node.value, str) and plain(node.value) is None:
        return Constant(outlined(node.value) or marks_of(node.value))
    return node
