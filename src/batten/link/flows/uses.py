"""The calls whose arguments, or what is done with what they give, decide whether they are safe."""

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Protocol

from msgspec import structs

from batten.facts.calls import Argument, simple_name
from batten.facts.flows import HARMLESS, Changed, Checked, Constant, Field, FlowCall, Graph, Named, Object, Result, Text, Use, name_of
from batten.facts.project import FileFacts
from batten.facts.services import Package
from batten.link.flows.arguments import slots
from batten.link.flows.bound import bound_to
from batten.link.flows.by_address import by_address
from batten.link.flows.ciphers import UNCHECKED, looks_at_tag
from batten.link.flows.cross_origin import admits_all
from batten.link.flows.development import only_for_developers
from batten.link.flows.digests import FAST, OF_PASSWORDS, of_passwords, tells_apart
from batten.link.flows.digests import KIND as WEAK_HASH
from batten.link.flows.endless import endless_agents
from batten.link.flows.graphs import Graphs
from batten.link.flows.knowledge import Knowledge
from batten.link.flows.literals import TOLD_BY, literal_in, said_of
from batten.link.flows.messages import MESSAGE, WORDS, window_messages
from batten.link.flows.model_calls import is_fetching
from batten.link.flows.spelled import constants, descended, plain, shown, whole
from batten.link.flows.tokens import believed_cookies, decoded_by_hand, is_fetched, is_verified, reads
from batten.text import Place

# An address of this machine, or without encryption, makes them harmless: one that nobody here knows does not.
_EXCUSED_BY_ADDRESS = frozenset(("any-certificate", "any-database-certificate"))
_MOST_STEPS = 8
_TOKEN = "unverified-token"  # noqa: S105 - a kind of use
_Known = tuple[FlowCall, str, str, tuple[Argument, ...]]


class Surroundings(Protocol):
    """What is asked of the files around."""

    @property
    def package_of(self) -> Callable[[str], Package]:
        """The package of a file."""

    @property
    def path_class(self) -> Callable[[str], str]:
        """The class of a path."""

    @property
    def in_browser(self) -> Callable[[str], bool | None]:
        """Whether a file is sent to browsers."""

    @property
    def serving(self) -> AbstractSet[str]:
        """Packages that answer requests."""


def all_uses(files: Sequence[FileFacts], graphs: Graphs, knowledge: Knowledge, around: Surroundings) -> list[Use]:
    """Those of some files, by file and function."""
    found: list[Use] = []
    for file, _ in graphs.memo.said("may use", files, partial(_may_use, knowledge)):
        given = (around.in_browser(file.path), around.package_of(file.path).root in around.serving)
        of_file = graphs.memo.once((graphs.name, "uses", file.path), _uses_of, file, graphs, knowledge, around, given=given)
        for use, graph, call in of_file:
            found.append(structs.replace(use, reads=reads(graphs, file.path, graph, call)) if use.kind == _TOKEN else use)
    return found


def _may_use(knowledge: Knowledge, file: FileFacts) -> bool:
    """By the names of what is called, or by what is read of tokens."""
    return any(
        any(_may_be_known(call, knowledge) or is_fetching(call) or call.method in WORDS for call in graph.calls)
        or next(_of_tokens(graph), None) is not None
        for graph in file.graphs
    )


def _uses_of(file: FileFacts, graphs: Graphs, knowledge: Knowledge, around: Surroundings) -> list[tuple[Use, Graph, FlowCall]]:
    """Those of one file, without what is read of tokens: functions of other files may do that."""
    graphs.memo.look(file.path)
    found: list[tuple[Use, Graph, FlowCall]] = []
    ordinals: dict[str, int] = {}
    for graph in file.graphs:
        seen: set[tuple[int, int, str]] = set()
        of_windows = _of_windows(file.path, graph, graphs) if not file.path.endswith(".py") else ()
        of_loops = endless_agents(file.path, graph, graphs, knowledge) if graph.loops else ()
        for call, name, kind, given in (*_known(file.path, graph, graphs, knowledge), *_of_tokens(graph), *of_windows, *of_loops):
            # What a literal tells of a call is beside what its other arguments do.
            told = (call.span.start, call.span.end, kind if kind in TOLD_BY else "")
            if told in seen:
                continue
            seen.add(told)
            if kind == _TOKEN and (is_verified(graph) or is_fetched(graph, call)):
                continue
            if kind == UNCHECKED and looks_at_tag(graphs, file.path, graph, call):
                continue
            hashed = kind in (WEAK_HASH, FAST) and of_passwords(graphs, file.path, graph, call)
            if kind == FAST and not hashed:
                continue
            package = around.package_of(file.path).root
            said = ("for=telling apart",) if kind == WEAK_HASH and tells_apart(file.path, graph, call) else ()
            only = only_for_developers(file, graph, call, graphs) if kind == _TOKEN else None
            said = said if only is None else (*said, only)
            key = f"{package}|use|{file.path}#{graph.function}|{name}"
            ordinal = ordinals[key] = ordinals.get(key, 0) + 1
            use = Use(
                kind=OF_PASSWORDS if hashed else kind,
                name=name,
                arguments=(*(f"{argument.slot}={argument.text}" for argument in given if argument.text is not None), *said),
                slots=tuple(argument.slot for argument in given) + (("**",) if call.spread else ()),
                function=graph.function,
                place=Place(file.path, call.span),
                package=package,
                served=package in around.serving,
                in_browser=around.in_browser(file.path),
                path_class=around.path_class(file.path),
                key=f"{key}|{ordinal}",
                subject=f"use|{file.path}#{graph.function}|{name}|{ordinal}",
            )
            found.append((use, graph, call))
    return found


def ask_uses(file: FileFacts, graphs: Graphs, knowledge: Knowledge) -> None:
    """Ask for what ``all_uses`` and ``model_calls`` will ask for."""
    for graph in file.graphs:
        for call in graph.calls:
            if call.callee != "=" and (_may_be_known(call, knowledge) or call.method in knowledge.answer_steps):
                graphs.callees(file.path, call)


def _may_be_known(call: FlowCall, knowledge: Knowledge) -> bool:
    """A quick look at the last names."""
    if call.callee == "==":
        return False
    if call.callee == "=":
        return knowledge.may_be_use(f"{call.method}=")
    return knowledge.may_be_use(call.method) or knowledge.may_be_use(simple_name((call.callee or "").removesuffix("#")))


def _known(path: str, graph: Graph, graphs: Graphs, knowledge: Knowledge) -> Iterator[_Known]:
    """The calls that the vocabulary knows, with what is constant of their arguments."""
    kept = partial(_kept, path, graphs)
    for each in graph.calls:
        asked = next(by_address(path, graph, each, graphs, knowledge), None) if is_fetching(each) else None
        call = each if asked is None else asked[1]
        if asked is None and not _may_be_known(call, knowledge):
            continue
        if asked is not None:
            outside = call.callee
        else:
            outside = assigned(path, graph, call, graphs) if call.callee == "=" else graphs.callees(path, call).outside
        told_otherwise = False
        for row in knowledge.of(outside or f"?.{call.method}").uses:
            if row.kind is not None and row.kind in TOLD_BY:
                literal = (
                    literal_in(path, graph, call, row.arg or "0", graphs) if row.applies(constants(graph, call)) is not False else None
                )
                if literal is not None and TOLD_BY[row.kind](literal.value):
                    named = literal if literal.name or call.callee != "=" else literal._replace(name=call.method)
                    told = tuple(Argument(slot, text, (), call.span) for slot, text in said_of(row.kind, named))
                    yield call, (outside or call.method).removeprefix("?.").removesuffix("="), row.kind, told
                continue
            if told_otherwise:
                continue
            imported = _imported(path, constants(graph, call), row.when, graphs) if row.when is not None else ()
            told = (*imported, *_maker(path, graph, call, graphs), *admits_all(path, graph, call, row.kind, graphs))
            given = (*constants(graph, call, kept=kept), *told, *bound_to(path, graph, call, graphs))
            applies = row.applies(given)
            if row.when is not None and applies is not True and structs.replace(row, when=None).applies(given):
                # What is so on one of two ways is so; what keeps a row from applying has to be so on both.
                given = constants(graph, call, either=True, kept=kept)
                applies = structs.replace(row, unless=None).applies(given)
            if applies is None and row.kind in _EXCUSED_BY_ADDRESS:
                applies = row.applies(tuple(_with_beginning(path, graph, call, given, graphs)))
            if applies is True and not (row.unless is not None and _may_hold_more(graph, call, row.unless)):
                name = plain((outside or call.method).removeprefix("?.").removesuffix("=")) if asked is None else asked[0]
                yield call, name, row.kind or "", given
                told_otherwise = True


def _kept(path: str, graphs: Graphs, name: str) -> tuple[Graph, int] | None:
    """What a name of the app holds that is given one value alone: ``VERIFY``, ``settings.VERIFY``."""
    parts = graphs.variable(path, name, ()) or ()
    if len(parts) != 1:
        return None
    number, way = descended(parts[0].graph, parts[0].node, parts[0].way)
    return (parts[0].graph, number) if not way and number >= 0 else None


def _with_beginning(path: str, graph: Graph, call: FlowCall, given: tuple[Argument, ...], graphs: Graphs) -> Iterator[Argument]:
    """The arguments, with what those begin with that are put together: all that is told of an address that only the running app knows."""
    for argument in given:
        number = next(iter(slots(call, argument.slot)), HARMLESS) if argument.text is None else HARMLESS
        yield argument if argument.text is not None else structs.replace(argument, text=_beginning(path, graph, number, graphs))


def _beginning(path: str, graph: Graph, number: int, graphs: Graphs) -> str:
    for _ in range(_MOST_STEPS):
        node = whole(graph, number)
        match node:
            case Constant():
                return str(node.value)
            case Text(parts=parts) if parts:
                number = parts[0]
            case Named() | Field() if (name := name_of(graph.nodes, number)) and (held := _kept(path, graphs, name)):
                graph, number = held
            case _:
                break
    return ""


def _imported(path: str, given: tuple[Argument, ...], condition: str, graphs: Graphs) -> Iterator[Argument]:
    """What constants of other files hold that a condition asks for: only these are looked for, as their files have to be read."""
    asked = {slot for part in condition.split(" & ") for slot in part.partition("=")[0].split("|")}
    for argument in given:
        if argument.slot in asked and argument.text is not None and "#" in argument.text and "(" not in argument.text:
            bound = graphs.binding(path, argument.text)  # which asks for the file
            held = _kept(path, graphs, argument.text)
            text = shown(*held) if held is not None else bound.text if bound is not None else None
            if text is not None:
                yield structs.replace(argument, text=text)


def assigned(path: str, graph: Graph, call: FlowCall, graphs: Graphs) -> str:
    """The name under which rows know an assignment: ``process.env.NAME=``, with ``?`` before what can't be told."""
    name = name_of(graph.nodes, call.receiver)
    known = graphs.outside(path, name) if name is not None else _of_made(path, graph, call.receiver, graphs)
    return f"{known or name or '?'}.{call.method}="


def _of_made(path: str, graph: Graph, number: int, graphs: Graphs) -> str | None:
    """What is under a key of what a package makes: ``fastmcp.FastMCP.settings``."""
    steps: list[str] = []
    node = graph.nodes[number] if number >= 0 else None
    while isinstance(node, (Field, Changed, Checked, Object)):
        steps += [node.key] if isinstance(node, Field) else []
        number = node.base if isinstance(node, Object) else node.before if isinstance(node, Changed) else node.of
        node = graph.nodes[number] if number >= 0 else None
    made = graphs.callees(path, graph.calls[node.call]).outside if type(node) is Result and steps else None
    return None if made is None else ".".join((made, *reversed(steps)))


def _may_hold_more(graph: Graph, call: FlowCall, condition: str) -> bool:
    """Something is handed over as a whole in which an argument may be that the condition asks for."""
    slots = [slot for part in condition.split(" & ") for slot in part.partition("=")[0].split("|")]
    spread = call.spread or any(key == "**" for key, _ in call.keywords)
    if spread and any(slot.isidentifier() and slot != "self" for slot in slots):
        return True
    for slot in slots:
        head, dot, rest = slot.partition(".")
        number = call.arguments[int(head)] if dot and rest != "self" and head.isdigit() and int(head) < len(call.arguments) else HARMLESS
        node = whole(graph, number)
        if node is not None and not (isinstance(node, Object) and node.base == HARMLESS):
            return True
    return False


def _maker(path: str, graph: Graph, call: FlowCall, graphs: Graphs) -> Iterator[Argument]:
    """What a method is called on, as it was made (``self``), and what an argument was asked of (``0.self`` for ``run(server.app())``)."""
    if call.receiver >= 0:
        yield from _made(path, graph, call.receiver, "self", call, graphs)
    for index, number in enumerate(call.arguments):
        node = graph.nodes[number] if number >= 0 else None
        asked = graph.calls[node.call].receiver if isinstance(node, Result) else HARMLESS
        if asked >= 0:
            yield from _made(path, graph, asked, f"{index}.self", call, graphs)


def _made(path: str, graph: Graph, number: int, slot: str, call: FlowCall, graphs: Graphs) -> Iterator[Argument]:
    """How a value was made: in the function itself, or for the whole module."""
    node = graph.nodes[number]
    while (isinstance(node, Object) and node.base >= 0) or (isinstance(node, (Field, Checked)) and call.callee == "="):
        number = node.base if isinstance(node, Object) else node.of  # what was put into it, or is set under which key, is no matter
        node = graph.nodes[number] if number >= 0 else Constant(None)
    parts = graphs.variable(path, node.name, ()) if type(node) is Named else None
    makers = [(part.graph, part.node) for part in parts or ()] or [(graph, number)]
    if len(makers) == 1:
        yield Argument(slot, shown(*makers[0]), (), call.span)
        around, made = makers[0][0], makers[0][0].nodes[makers[0][1]]
        for each in constants(around, around.calls[made.call]) if type(made) is Result else ():
            if each.slot.count(".") == 1:  # by position, in a record: its own text does not show what is in one
                yield structs.replace(each, slot=f"{slot}.{each.slot}")


def _of_tokens(graph: Graph) -> Iterator[_Known]:
    read = (*decoded_by_hand(graph), *believed_cookies(graph))
    return ((call, (call.callee or call.method).replace("#", "."), _TOKEN, ()) for call in read)


def _of_windows(path: str, graph: Graph, graphs: Graphs) -> Iterator[_Known]:
    return ((call, call.method, MESSAGE, ()) for call in window_messages(path, graph, graphs))
