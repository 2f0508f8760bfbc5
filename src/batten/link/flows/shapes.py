"""How a value of one function is put together: the text around it, what is taken out of it; knows nothing of where it comes from."""

from collections.abc import Sequence

from batten.facts.flows import HARMLESS, SELF, Changed, Checked, Choice, Constant, Field, FlowCall, Given, Graph, Node, Object, Result, Text
from batten.link.flows.knowledge import DOUBT
from batten.link.flows.replaced import replaced_by

# https://docs.python.org/3/library/pathlib.html#pathlib.PurePath.name, https://docs.python.org/3/library/os.path.html#os.path.splitext
_AFTER_FOLDERS = {
    **dict.fromkeys(("Path", "PurePath", "PosixPath", "PurePosixPath"), ("name", "stem", "suffix", "suffixes")),
    "splitext": ("1",),
}
_OF_PATHS = frozenset(("path",))
_IN_NAMES = frozenset((f"{DOUBT}path",))
_MOST = 60
_BETWEEN = ("_", "-", ".", "__", "--")

# What tells where a path leads, and what takes something out of a text.
_ASKS = frozenset(("startsWith", "indexOf", "includes", "relative", "test", "match"))
_TAKES = frozenset(("replace", "replaceAll"))


def mark_before(nodes: Sequence[Node], text: Text, index: int) -> str:
    """The quotation mark that stands right before a part of a text, or before the signs for anything that a pattern begins with; or nothing."""
    before = nodes[text.parts[index - 1]] if index and text.parts[index - 1] >= 0 else None
    last = str(before.value).rstrip("%*")[-1:] if type(before) is Constant else ""
    return last if last in ("'", '"') else ""


def named_before(nodes: Sequence[Node], text: Text, index: int) -> frozenset[str]:
    """What a part of a text hardly does harm in that comes after a name with ``-``, ``_`` or ``.`` behind it: no folder is called so, out of which it might lead."""
    if index < 2:  # noqa: PLR2004 - a name, and what stands between
        return frozenset()
    between, name = (nodes[number] if number >= 0 else None for number in (text.parts[index - 1], text.parts[index - 2]))
    return _IN_NAMES if type(between) is Constant and between.value in _BETWEEN and type(name) is not Constant else frozenset()


def is_made(nodes: Sequence[Node], number: int) -> bool:
    """The value comes from a call, or is put together here: it is no name with fields."""
    node = nodes[number] if number >= 0 else None
    while isinstance(node, Field | Checked | Changed):
        node = nodes[node.before if isinstance(node, Changed) else node.of]
    return type(node) in (Result, Choice, Text, Object, Constant)


def taken_away(nodes: Sequence[Node], call: FlowCall, way: tuple[str, ...], *, python: bool) -> frozenset[str]:
    """What text is harmless for after a call, where that is ``replace``, or takes a path apart and only what comes after its folders is read."""
    if way[:1] and way[0] in _AFTER_FOLDERS.get(call.method, ()):
        return _OF_PATHS
    in_python = call.method in ("sub", "subn") and (call.callee or "").startswith("re#")
    if not in_python and (call.method not in ("replace", "replaceAll") or len(call.arguments) != 2):  # noqa: PLR2004 - what, and by what
        return frozenset()
    sought, by, *rest = (nodes[number] if number >= 0 else None for number in call.arguments) if len(call.arguments) > 1 else (None, None)
    every = call.method == "replaceAll" or (python and len(rest) == in_python)
    if type(sought) is not Constant:
        return frozenset()
    return replaced_by(str(sought.value), every=every, by=str(by.value) if type(by) is Constant else None)


def asked_for(nodes: Sequence[Node], call: FlowCall) -> str:
    """The header that a request is asked for by its name, or nothing."""
    named = call.arguments[0] if call.method in ("get", "header") and call.arguments else HARMLESS
    node = nodes[named] if named >= 0 else None
    return str(node.value) if type(node) is Constant else ""


def is_tested(graph: Graph, call: FlowCall) -> bool:
    """Something is asked of what a call gives, or taken away from what it is given."""
    numbers = {number for number, node in enumerate(graph.nodes) if type(node) is Result and graph.calls[node.call] is call}
    for each in graph.calls:
        if each.method in _ASKS and not numbers.isdisjoint((each.receiver, *each.arguments)):
            return True
    given = (graph.nodes[number] for number in call.arguments if number >= 0)
    if any(type(node) is Result and graph.calls[node.call].method in _TAKES for node in given):
        return True
    return any(type(node) is Checked and any(tested in numbers for tested, _ in node.tests) for node in graph.nodes)


def parameters_held(graph: Graph) -> dict[int, int]:
    """The values that are a parameter, whatever was done to it."""
    found: dict[int, int] = {}
    for number, node in enumerate(graph.nodes):
        match node:
            case Given():
                found[number] = node.index
            case Checked(of=inner) | Changed(before=inner) if inner in found:
                found[number] = found[inner]
            case Choice(of=several):
                known = [found[each] for each in several if each in found]
                found.update((number, index) for index in known[:1])
    return found


def hands_on(graph: Graph, call: FlowCall, index: int) -> bool:
    """A call is handed a parameter of the function as it is, or something that is in it."""
    pending, seen = [*call.arguments, *[node for _, node in call.keywords]], 0
    while pending and seen < _MOST:
        number, seen = pending.pop(), seen + 1
        match graph.nodes[number] if number >= 0 else None:
            case Given(index=given) if given == index != SELF:
                return True
            case Checked(of=inner) | Changed(before=inner) | Field(of=inner):
                pending.append(inner)
            case Choice(of=several):
                pending += several
            case Object(fields=fields):
                pending += [inner for _, inner in fields]
    return False


def only_answers(graph: Graph) -> bool:
    """A function that gives something back, and calls, keeps and changes nothing: what a generator writes, for somebody to fill in."""
    return graph.complete and bool(graph.returns) and not (graph.calls or graph.stored or graph.left)
