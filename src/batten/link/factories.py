"""Functions that make handlers, and what answers a route that one of them made: ``router.delete("/:id", deleteOne(Order))``; knows no framework.

What a maker is handed is known in the handler: in that of ``deleteOne(Order)`` ``Model`` is ``Order``.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from msgspec import structs

from batten.facts.calls import Argument, Call, Function, Guard, Origin, Result, Source, is_callers, parted
from batten.facts.routes import Endpoint
from batten.link.callgraph import Code, Target
from batten.link.supplied import filling, handed_over, parameter_of, roots
from batten.regex import regex

_NOT_WORD = regex(r"\W+")
# What these make of the function that they are handed is no function.
_GO_THROUGH = frozenset(
    (
        "map",
        "filter",
        "sort",
        "toSorted",
        "reduce",
        "flatMap",
        "find",
        "findLast",
        "forEach",
        "some",
        "every",
        "then",
        "catch",
        "finally",
        "transaction",
        "$transaction",
    )
)


class _Making(NamedTuple):
    """A call that made what answers, with the file and the functions that it is in."""

    path: str
    call: Call


def answering(code: Code, path: str, endpoint: Endpoint) -> Target:
    """What answers a route: its handler, or what a function gives that is called for it, as far as it works on what that is handed."""
    key = ("answering", path, endpoint.order, endpoint.handler, endpoint.methods)
    found: Target = code.memo.once(key, _answering, code, path, endpoint, given=endpoint)
    return found


def _answering(code: Code, path: str, endpoint: Endpoint) -> Target:
    code.memo.look(path)
    target = code.target(path, endpoint.handler)
    if path.endswith(".py"):
        return target
    if target.path is not None:
        return next((made for making in _makings(code, path, endpoint) if (made := _made(code, target, making)) is not None), target)
    written = _written(code, path, endpoint)
    if written is None:
        return target
    function, last = written
    # `deleteOne(Order)`: what it is handed stands behind it, and is no handler.
    for call in function.calls:
        if call.span == last.span and endpoint.chain and call.callee == endpoint.chain[-1]:
            return _made(code, code.target(path, call.callee), _Making(path, call)) or target
    first = next((source.text for source in last.sources[:1] if source.origin is Origin.PROPERTY), "")
    return _handed_in(code, path, function, first) or target


def made_by(code: Code, path: str, function: Function) -> Function | None:
    """The function that a function gives and does nothing else, or None: ``function login() { return async (req, res) => { … } }``."""
    given = [result for result in function.results if not result.empty]
    if len(given) != 1 or len(function.results) != 1:
        return None
    inner = [each for each in code.inner(path, function.name) if "." not in each.name.removeprefix(f"{function.name}.")]
    named = [each for each in inner if given[0].names == (f"#{each.name}",)]
    within = [each for each in inner if each.place.span in given[0].span]
    written = [each for each in within if not given[0].names and not each.wrappers]
    wrapped = [
        each for each in within if [given[0].names] == [(wrapper.callee,) for wrapper in each.wrappers[:1]] and not _gives_rows(given[0])
    ]
    found = named or written or wrapped
    return found[0] if len(found) == 1 and found[0].parameters else None


def _gives_rows(given: Result) -> bool:
    """What it gives is made by a step that goes through a list, or comes after an answer, and is no function: ``return rows.map((row) => row.id)``."""
    return any(is_callers(name) or re.split(r"[#.]", name)[-1] in _GO_THROUGH for name in given.names)


def _written(code: Code, path: str, endpoint: Endpoint) -> tuple[Function, Argument] | None:
    """The last that the call is given which registers a route, with the function that makes the call."""
    for function, call in code.calls_within(path, endpoint.place.span):
        if call.span == endpoint.place.span and (given := [each for each in call.arguments if each.slot.isdigit()]):
            return function, given[-1]
    return None


def _makings(code: Code, path: str, endpoint: Endpoint) -> Iterator[_Making]:
    """The calls that may have made a handler: the one that stands in its place, and the one that its name, or what it is a step on, is bound to."""
    # A function that is written in its place is called nowhere, but by the server.
    written = code.functions(path).get(endpoint.handler.removeprefix("#"))
    ends = written.block.end if written is not None and "@" in written.name else -1
    for _, each in code.calls_within(path, endpoint.place.span):
        if each.callee == endpoint.handler and each.span.end != ends:
            yield _Making(path, each)
    name = endpoint.handler
    while "#" in name:
        home = code.home(path, name)
        binding = code.bindings(home[0]).get(home[1]) if home is not None else None
        if home is not None and binding is not None and not binding.is_class:
            yield from (_Making(home[0], each) for each in binding.calls[:1] if each.callee == binding.name)
        name = name.rpartition(".")[0]


def _handed_in(code: Code, path: str, function: Function, step: str) -> Target | None:
    """What answers by the name of something that the function around it is handed: ``(controller) => { router.get("/", controller.list) }``."""
    name, _, rest = step.removeprefix("@").partition(".")
    made = parameter_of(code, path, function.name, name) if rest and is_callers(step) else None
    found: list[Target] = []
    for file, call, names in handed_over(code, path, function.name, name, *made) if made is not None else ():
        target = code.target(file, _step(names[0], rest)) if names else None
        if target is None or target.function is None or target.rest:
            return None
        inside = [each for _, each in code.calls_within(file, call.span) if each.callee == names[0]]
        bound = [_Making(file, each) for each in inside] or [*_makings_of(code, file, names[0])]
        found.append(next((each for making in bound if (each := _made(code, target, making)) is not None), target))
    return found[0] if found and all(each == found[0] for each in found) else None


def _makings_of(code: Code, path: str, name: str) -> Iterator[_Making]:
    home = code.home(path, name)
    binding = code.bindings(home[0]).get(home[1]) if home is not None else None
    if home is not None and binding is not None and not binding.is_class:
        yield from (_Making(home[0], each) for each in binding.calls[:1])


def _step(name: str, rest: str) -> str:
    return f"{name}{rest}" if name.endswith("#") else f"{name}.{rest}"


def _made(code: Code, target: Target, making: _Making) -> Target | None:
    """The handler that a call makes of what it is handed; None where the target is none, and none that it gives."""
    path, function = target.path, target.function
    if path is None or function is None or target.rest:
        return None
    inner, maker = made_by(code, path, function), function
    if inner is None:
        outer = code.functions(path).get(function.name.rpartition(".")[0])
        if outer is None or not any(name == f"#{function.name}" for result in outer.results for _, name in result.fields):
            return None
        inner, maker = function, outer
    made_there = code.target(making.path, making.call.callee)
    if (made_there.path, made_there.name) != (path, maker.name):
        return Target(path, inner.name, function=inner) if maker is function else None
    known = _known(code, path, maker, making)
    own = {name for parameter in inner.parameters for name in parameter.name.split(",")}
    known = {name: each for name, each in known.items() if name not in own}
    if known:
        told = _Told(known, maker.name)
        inner = told.function(inner, code.inner(path, inner.name))
    return Target(path, inner.name, function=inner)


def _known(code: Code, path: str, maker: Function, making: _Making) -> dict[str, str]:
    """What the parameters of a maker are, by the names that its own file could have for that."""
    found: dict[str, str] = {}
    for parameter in maker.parameters:
        for name in parameter.name.split(","):
            at = parameter_of(code, path, maker.name, name)
            root = next(iter(roots(filling(making.call, name, *at))), "") if at is not None else ""
            spelled = _spelled(code, making.path, root, path) if "#" in root else None
            if spelled is not None:
                found[name] = spelled
    return found


def _spelled(code: Code, path: str, name: str, there: str) -> str | None:
    """A name of one file as another could call the same."""
    module, steps = parted(name)
    first, _, rest = steps.partition(".")
    home = code.home(path, f"{module}#{first}")
    if home is None:
        return name if code.module(path, module) is None and not module.startswith(".") else None
    if home[0] == there:
        return _join(f"#{home[1]}", rest)
    way = posixpath.relpath(home[0], posixpath.dirname(there) or ".")
    return _join(f"{way if way.startswith('.') else f'./{way}'}#{home[1]}", rest)


def _join(name: str, rest: str) -> str:
    return f"{name}.{rest}" if rest else name


class _Told:
    """Writes what parameters are in the place of their names."""

    def __init__(self, known: dict[str, str], maker: str) -> None:
        self._known = known
        self._receivers = {f"@{maker}:{name}": each for name, each in known.items()}
        self._mark = " for " + _NOT_WORD.sub("_", " ".join(known.values()))

    def function(self, inner: Function, within: Iterable[Function]) -> Function:
        """A function with what stands in it, under a name of its own."""
        bodies = (inner, *within)
        return structs.replace(
            inner,
            name=f"{inner.name}{self._mark}",
            calls=tuple(self._call(each) for body in bodies for each in body.calls),
            guards=tuple(self._guard(each) for body in bodies for each in body.guards),
            results=tuple(self._result(each) for each in inner.results),
        )

    def _name(self, name: str) -> str:
        first, dot, rest = name[1:].partition(".")
        return f"{self._known[first]}{dot}{rest}" if name.startswith("@") and first in self._known else name

    def _call(self, call: Call) -> Call:
        receiver = self._receivers.get(call.receiver or "", call.receiver)
        given = tuple(structs.replace(each, sources=tuple(self._source(one) for one in each.sources)) for each in call.arguments)
        return structs.replace(call, callee=self._name(call.callee), receiver=receiver, arguments=given)

    def _source(self, source: Source) -> Source:
        if source.origin is Origin.PARAMETER and source.text in self._known:
            return Source(Origin.NAME, self._known[source.text])
        told = self._name(source.text)
        if told == source.text:
            return source
        return Source(Origin.NAME if source.origin is Origin.PROPERTY else source.origin, told)

    def _guard(self, guard: Guard) -> Guard:
        return structs.replace(guard, names=tuple(self._name(each) for each in guard.names))

    def _result(self, result: Result) -> Result:
        return structs.replace(result, names=tuple(self._name(each) for each in result.names))
