"""Which functions of the app a call may be of that takes what it calls out of a table: ``TOOLS[name](…)``, ``handlers.get(name)``, ``tools.find(…).execute(…)``.

Tables are records, lists and maps of modules, and fields of classes; they are filled where they are made, by functions that put something there, and by decorators.
What is put in under names that the code does not write out may be any of it.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

from batten.facts.calls import Call, Function, simple_name
from batten.facts.flows import ANY, SELF, Changed, Checked, Choice, Field, Given, Graph, Named, Object, Result, name_of
from batten.link.callgraph import Code

# How one of several is taken out by a key that is no constant; what narrows a list down leaves it one.
_TAKES = frozenset((ANY, "get", "find", "at", "pop", "next"))
_NARROWS = frozenset(("filter", "values", "items", "flat", "slice"))
_PUTS = frozenset(("set", "append", "push", "add", "setdefault"))
_CLASS_PARTS = 2
_MOST_PARTS = 400
_MOST_FOUND = 40
_MOST_FILES = 60
_DEEPEST = 8

Registered = tuple[str, str]
"""A file, and the name of a function in it."""


class _Part(NamedTuple):
    """A value of a function of a file, the steps that are taken from it, and how many names led to it."""

    path: str
    graph: Graph
    node: int
    way: tuple[str, ...]
    depth: int


def is_taken(name: str) -> bool:
    """A qualified name is of something that is taken out of a table."""
    return "#" in name and not _TAKES.isdisjoint(name.rpartition("#")[2].split(".")[1:])


def registered(code: Code, path: str, name: str) -> tuple[Registered, ...]:
    """The functions that a name of a file may stand for which is one of a table; empty where it is no such name, or nobody can tell."""
    found: tuple[Registered, ...] = (
        code.memo.once(("registered under", path, name), _registered, code, path, name) if is_taken(name) else ()
    )
    return found


def _registered(code: Code, path: str, name: str) -> tuple[Registered, ...]:
    found: dict[Registered, None] = {}
    pending = list(_named(code, path, name, (), 0))
    seen: set[tuple[str, str, int, tuple[str, ...]]] = set()
    while pending and len(seen) < _MOST_PARTS:
        part = pending.pop()
        key = (part.path, part.graph.function, part.node, part.way)
        if key in seen or part.node < 0 or part.depth > _DEEPEST:
            continue
        seen.add(key)
        node = part.graph.nodes[part.node]
        # A method of what a class makes is one of that class.
        made = part.graph.calls[node.call].callee if type(node) is Result and part.way else None
        called = node.name if type(node) is Named else made or _of_self(part.graph, node)
        function = _function(code, part.path, called, part.way) if called is not None else None
        if function is not None:
            found[function] = None
        else:
            pending += _within(code, part)
    return tuple(sorted(found)) if len(found) <= _MOST_FOUND else ()


def _within(code: Code, part: _Part) -> Iterator[_Part]:
    """What a value is made of, as far as the steps lead there."""
    graph, way = part.graph, part.way
    match graph.nodes[part.node]:
        case Choice(of=several):
            yield from (part._replace(node=each) for each in several)
        case Checked(of=held) | Changed(before=held):
            yield part._replace(node=held)
        case Object(fields=fields, base=base):
            for inner, left in _of_record(dict(fields), way):
                yield part._replace(node=inner, way=left)
            yield part._replace(node=base)
        case Field(of=holder, key=key):
            name = name_of(graph.nodes, part.node) or _of_self(graph, graph.nodes[part.node])
            if name is not None:
                yield from _named(code, part.path, name, way, part.depth + 1)
            else:
                yield part._replace(node=holder, way=(key, *way))
        case Named(name=name):
            yield from _named(code, part.path, name, way, part.depth + 1)
        case Given(index=index) if index != SELF:
            yield from _handed(code, part, index)
        case Result(call=number):
            yield from _given_back(code, part, number)


def _of_record(fields: dict[str, int], way: tuple[str, ...]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The entries of a record or list that a step may be of, each with the steps that are left."""
    if not way:
        return
    key, left = way[0], way[1:]
    if key in fields:
        yield fields[key], left
    elif key in _TAKES:
        yield from ((inner, left) for inner in fields.values())
    elif key in _NARROWS:
        yield from _of_record(fields, left)
    if ANY in fields and key != ANY and key not in _TAKES:
        yield fields[ANY], left


def _given_back(code: Code, part: _Part, number: int) -> Iterator[_Part]:
    """What a call gives: of a function of the app what that returns, of others the record that they are handed (``tool({ execute })``)."""
    call = part.graph.calls[number]
    if call.method == "bind":
        yield part._replace(node=call.receiver)
        return
    target = code.target(part.path, call.callee) if call.callee is not None and "#" in call.callee else None
    if target is not None and target.path is not None:
        made = _graph(code, target.path, target.function.name) if target.function is not None and not target.rest else None
        for node, _ in made.returns if made is not None else ():
            yield _Part(target.path, made, node, part.way, part.depth + 1) if made is not None else part
        return
    yield from (part._replace(node=argument) for argument in call.arguments[:1] if part.way or call.method in ("freeze", "partial"))


def _named(code: Code, path: str, name: str, way: tuple[str, ...], depth: int) -> Iterator[_Part]:
    """The values that a name may have, where it is first defined, with what functions of that file put there."""
    home = code.home(path, name) if "#" in name else None
    if home is None:
        return
    file, first = home[0], home[1].partition(".")[0]
    steps = (*(home[1].split(".")[1:] or name.partition("#")[2].split(".")[1:]), *way)
    code.ask(file)
    if len(steps) >= _CLASS_PARTS and f"{first}.{steps[0]}" in code.bindings(file) and _is_class(code, file, first):
        yield from _of_field(code, file, first, steps, depth)
        return
    facts = code.file(file)
    made = _graph(code, file, first) if first in code.functions(file) else None
    if made is not None:
        yield from (_Part(file, made, node, steps, depth) for node, _ in made.returns)
    for graph in facts.graphs if facts is not None else ():
        for variable, node in graph.variables if not graph.function else ():
            if variable == first:
                yield _Part(file, graph, node, steps, depth)
        for owner, key, node, _ in graph.stored:
            held = name_of(graph.nodes, owner)
            if held is not None and held.startswith("#") and held[1:].split(".")[0] == first:
                under = (*held[1:].split(".")[1:], *((key,) if key else ()))
                if len(steps) >= len(under) and all(
                    one == other or one in _TAKES or other == ANY for one, other in zip(steps, under, strict=False)
                ):
                    yield _Part(file, graph, node, steps[len(under) :], depth)


def _is_class(code: Code, path: str, name: str) -> bool:
    """A name of a file is that of a class: Python's have a binding only where they derive from something."""
    binding = code.bindings(path).get(name)
    if binding is not None:
        return binding.is_class
    module = _graph(code, path, "")
    return module is None or all(variable != name for variable, _ in module.variables)


def _of_field(code: Code, path: str, owner: str, steps: tuple[str, ...], depth: int) -> Iterator[_Part]:
    """The values that methods of a class give a field of it, or put into it."""
    facts, field = code.file(path), steps[0]
    for graph in facts.graphs if facts is not None else ():
        if graph.function.rpartition(".")[0] != owner:
            continue
        for call in graph.calls:
            if call.callee == "=" and call.method == field and _is_self(graph, call.receiver):
                yield _Part(path, graph, call.arguments[0], steps[1:], depth)
            elif call.callee == "=" and call.method == ANY and _field(graph, call.receiver) == field:
                yield _Part(path, graph, call.arguments[0], steps[2:], depth)
            elif call.method in _PUTS and _field(graph, call.receiver) == field:
                yield from (_Part(path, graph, argument, steps[2:], depth) for argument in call.arguments[-1:])


def _is_self(graph: Graph, number: int) -> bool:
    """The object that a method is called on, as it is or after something was put into it."""
    for _ in range(_DEEPEST):
        node = graph.nodes[number] if number >= 0 else None
        match node:
            case Given(index=index):
                return index == SELF
            case Object(base=before) | Changed(before=before) | Checked(of=before):
                number = before
            case _:
                return False
    return False


def _field(graph: Graph, number: int) -> str | None:
    """The field of its own object that a value of a method is."""
    for _ in range(_DEEPEST):
        node = graph.nodes[number] if number >= 0 else None
        match node:
            case Field(of=holder, key=key):
                return key if _is_self(graph, holder) else None
            case Object(base=before) | Changed(before=before) | Checked(of=before):
                number = before
            case _:
                return None
    return None


def _of_self(graph: Graph, node: object) -> str | None:
    """The qualified name of a field or method of the object that a method is called on."""
    owner = graph.function.rpartition(".")[0]
    return f"#{owner}.{node.key}" if isinstance(node, Field) and owner and _is_self(graph, node.of) else None


def _function(code: Code, path: str, name: str, way: tuple[str, ...]) -> Registered | None:
    """The function that a name with the steps after it denotes."""
    if "#" not in name or not _TAKES.isdisjoint(way):
        return None
    target = code.target(path, ".".join((name, *way)))
    return (target.path, target.function.name) if target.path is not None and target.function is not None and not target.rest else None


def _graph(code: Code, path: str, function: str) -> Graph | None:
    facts = code.file(path)
    return next((each for each in facts.graphs if each.function == function), None) if facts is not None else None


def _handed(code: Code, part: _Part, index: int) -> Iterator[_Part]:
    """What a function that fills a table is handed for a parameter, by calls or as the function that it decorates."""
    name = part.graph.function
    home = code.file(part.path)
    outer = name.rpartition(".")[0]
    # What a decorator gives that is called first is written inside of it.
    names = {simple_name(name), *((simple_name(outer),) if outer in code.functions(part.path) else ())}
    importing = code.heads.importing(PurePosixPath(part.path).stem) if home is not None else ()
    files = dict.fromkeys((part.path, *(path for path, _ in importing if not code.is_test(path))))
    for path in files if len(files) <= _MOST_FILES else ():
        code.ask(path)
        for function in code.functions(path).values():
            if not index and any(
                simple_name(each.callee) in names and _is(code, path, each, part.path, (name, outer)) for each in function.wrappers
            ):
                yield from _itself(code, path, function, part)
            for call in function.calls:
                if simple_name(call.callee) == simple_name(name) and _is(code, path, call, part.path, (name,)):
                    yield from _at(code, path, call, index, part)


def _is(code: Code, path: str, call: Call, at: str, names: tuple[str, ...]) -> bool:
    target = code.target(path, call.callee)
    return target.path == at and target.function is not None and not target.rest and target.function.name in names


def _itself(code: Code, path: str, function: Function, part: _Part) -> Iterator[_Part]:
    """A function of the app, as a value of the module that it stands in."""
    module = _graph(code, path, "")
    for number, node in enumerate(module.nodes if module is not None else ()):
        if type(node) is Named and node.name == f"#{function.name}" and module is not None:
            yield _Part(path, module, number, part.way, part.depth + 1)


def _at(code: Code, path: str, call: Call, index: int, part: _Part) -> Iterator[_Part]:
    """What a call gives at a position."""
    facts = code.file(path)
    for graph in facts.graphs if facts is not None else ():
        for each in graph.calls:
            if each.span == call.span and len(each.arguments) > index:
                yield _Part(path, graph, each.arguments[index], part.way, part.depth + 1)
