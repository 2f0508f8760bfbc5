"""What the calls of a query are given, and what was called before them: texts, records of yes and no, chains; knows no library."""

from batten.facts.flows import HARMLESS, Changed, Checked, Constant, Field, FlowCall, Graph, Named, Object, Result, Text

_STEPS = 40


def chosen_names(graph: Graph, number: int) -> tuple[str, ...]:
    """The fields that a record says yes to, and nothing more of them."""
    return tuple(name for name, value in (flags_of(graph, number) or {}).items() if value is True)


def bare_number(graph: Graph, number: int) -> int:
    """The node itself, without what was tested of it or done to it."""
    for _ in range(_STEPS):
        node = graph.nodes[number] if number >= 0 else None
        match node:
            case Checked(of=inner) | Changed(before=inner):
                number = inner
            case _:
                return number
    return HARMLESS


def bare_node(graph: Graph, number: int) -> object:
    """The same, as what it is; None where no text travels in it."""
    found = bare_number(graph, number)
    return graph.nodes[found] if found >= 0 else None


def key_of(graph: Graph, number: int) -> str | None:
    """The last step of what a value is taken from: ``user`` for ``prisma.user``."""
    node = bare_node(graph, number)
    if type(node) is Field:
        return node.key
    return node.name.rpartition(".")[2] if type(node) is Named and "." in node.name.rpartition("#")[2] else None


def call_before(graph: Graph, number: int) -> FlowCall | None:
    """The call that a value is the result of."""
    node = bare_node(graph, number)
    return graph.calls[node.call] if type(node) is Result else None


def first_call(graph: Graph, call: FlowCall, methods: tuple[str, ...]) -> FlowCall | None:
    """The call of one of these names that a chain goes back to."""
    for _ in range(_STEPS):
        before = call_before(graph, call.receiver)
        if before is None or before.method in methods:
            return before
        call = before
    return None


def text_of(graph: Graph, number: int) -> str | None:
    """A constant text; of one that is put together, what it begins with."""
    node = bare_node(graph, number)
    if type(node) is Text and node.parts:
        node = bare_node(graph, node.parts[0])
    return node.value if type(node) is Constant and isinstance(node.value, str) else None


def entries_of(graph: Graph, number: int) -> dict[str, int] | None:
    """The entries of a record that is written out; None where it is another value, or has more."""
    node = bare_node(graph, number)
    return dict(node.fields) if type(node) is Object and node.base < 0 else None


def flags_of(graph: Graph, number: int) -> dict[str, bool | None] | None:
    """The entries of a record of yes and no; a record within stands for None."""
    found = entries_of(graph, number)
    if found is None:
        return None
    flags: dict[str, bool | None] = {}
    for name, inner in found.items():
        node = bare_node(graph, inner)
        flags[name] = bool(node.value) if type(node) is Constant else None
    return flags
