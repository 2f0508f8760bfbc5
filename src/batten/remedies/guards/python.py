"""Routes of Python: a dependency of FastAPI, a decorator of Flask. libcst writes them, so that all else stays as it is."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import libcst
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor
from libcst.metadata import ByteSpanPositionProvider, CodeSpan, MetadataWrapper
from msgspec.structs import replace

from batten.code.model import Attribute, Call, Define, Expression, Function, Import, Literal, Name, Sequence, Subscript, Unit
from batten.code.parts import last_step
from batten.facts.routes import Route
from batten.finding import Edit
from batten.regex import regex
from batten.remedies.guards.registered import below
from batten.remedies.guards.siblings import Sources
from batten.text import Span

# What an address of Flask holds: ``<name>``, ``<int:name>``.
_VARIABLE = regex(r"<(?:[^<>]*:)?(\w+)>")


def fastapi(sources: Sources, route: Route) -> Iterator[tuple[str, list[Edit]]]:
    """``dependencies=[Depends(guard)]`` of the decorator."""
    for path, written in _used(sources, route, _dependencies):
        edit = _rewritten(sources, route, path, written, None)
        if edit is not None:
            yield written, [edit]


def flask(sources: Sources, route: Route) -> Iterator[tuple[str, list[Edit]]]:
    """``@guard`` below the decorator of the route."""
    for path, written in _used(sources, route, _decorators):
        given = _given(sources, route, path, written)
        edit = _rewritten(sources, route, path, written, given) if given is not None else None
        if edit is not None:
            yield written, [edit]


def _used(sources: Sources, route: Route, read: Callable[[Unit, Function], Iterator[Expression]]) -> Iterator[tuple[str, str]]:
    """What guarded routes use, by the file where it is written: those of the same file first, then what is used most."""
    found: Counter[tuple[str, str]] = Counter()
    order: dict[tuple[str, str], int] = {}
    for sibling in sources.guarded(route):
        unit = sources.unit(sibling.place.path)
        function = _function(unit, sibling) if unit is not None else None
        if unit is None or function is None:
            continue
        for expression in read(unit, function):
            text = sources.text(sibling.place.path)[expression.span.start : expression.span.end].decode("utf-8", "replace")
            key = (sibling.place.path, text)
            found[key] += 1
            order.setdefault(key, len(order))
    unit = sources.unit(route.place.path)
    own = _function(unit, route) if unit is not None else None
    mine = set()
    if unit is not None and own is not None:
        data = sources.text(unit.path)
        own = replace(own, decorators=_own(own, route)) if read is _dependencies else own
        mine = {data[each.span.start : each.span.end].decode("utf-8", "replace") for each in read(unit, own)}
    yield from sorted((key for key in found if key[1] not in mine), key=lambda key: (key[0] != route.place.path, -found[key], order[key]))


def _dependencies(unit: Unit, function: Function) -> Iterator[Expression]:
    """What ``Depends`` and ``Security`` are given: of the decorator, of parameters, of their annotations, of the router."""
    pending: list[Expression] = [
        *function.decorators,
        *[each for p in function.parameters for each in (p.default, p.annotation) if each is not None],
    ]
    for statement in unit.body:
        value = getattr(statement, "value", None)
        if isinstance(value, Call) and any(keyword.name == "dependencies" for keyword in value.keywords):
            pending.append(value)
    while pending:
        node = pending.pop(0)
        if isinstance(node, Call):
            if last_step(node.callee) in ("Depends", "Security"):
                yield from node.args[:1]
            else:
                pending += [keyword.value for keyword in node.keywords if keyword.name == "dependencies"]
        elif isinstance(node, Sequence):
            pending += node.items
        elif isinstance(node, Subscript):
            pending.append(node.index)


def _decorators(_unit: Unit, function: Function) -> Iterator[Expression]:
    """The decorators below that of the route."""
    yield from (each for each in function.decorators[1:] if not _registers(each))


def _given(sources: Sources, route: Route, path: str, written: str) -> tuple[str, ...] | None:
    """The parameters that a decorator hands to views beside what their path holds, as ``current_user``; None where its views do not agree on them.

    A view that does not take them is an error as soon as it is called.
    """
    alone: set[tuple[str, ...]] = set()
    among: set[tuple[str, ...]] = set()
    for sibling in sources.guarded(route):
        unit = sources.unit(sibling.place.path) if sibling.place.path == path else None
        function = _function(unit, sibling) if unit is not None else None
        if unit is None or function is None:
            continue
        data = sources.text(path)
        used = [data[each.span.start : each.span.end].decode("utf-8", "replace") for each in _decorators(unit, function)]
        if written in used:
            held = set(_VARIABLE.findall(sibling.path))
            taken = [each.target.id for each in function.parameters if isinstance(each.target, Name) and each.default is None]
            extra = tuple(name for name in taken if name not in held and name not in ("self", "cls"))
            (alone if len(used) == 1 else among).add(extra)
    found = alone or among
    return next(iter(found)) if len(found) == 1 else None


def _own(function: Function, route: Route) -> tuple[Expression, ...]:
    """The decorator that gives a route its address, where there are several; all of them where that can't be told."""
    of_path = {len(path): each for each in function.decorators if (path := _path(each)) is not None and route.path.endswith(path)}
    return (of_path[max(of_path)],) if of_path and sum(_path(each) is not None for each in function.decorators) > 1 else function.decorators


def _path(decorator: Expression) -> str | None:
    first = decorator.args[0] if _registers(decorator) and isinstance(decorator, Call) else None
    return first.value if isinstance(first, Literal) and isinstance(first.value, str) else None


def _registers(decorator: Expression) -> bool:
    """``@app.route(...)``: the decorator of a route itself."""
    return isinstance(decorator, Call) and isinstance(decorator.callee, Attribute) and bool(decorator.args)


def _function(unit: Unit, route: Route) -> Function | None:
    """The function whose decorators, or whose own range, a route is at."""
    pending = list(unit.body)
    while pending:
        statement = pending.pop()
        if isinstance(statement, Define):
            value = statement.value
            start = min([value.head.start, *[each.span.start for each in value.decorators]])
            if isinstance(value, Function) and start <= route.place.span.start <= value.head.end:
                return value
        pending += below(statement)
    return None


class _Writer(libcst.CSTTransformer):
    """Puts a guard below the decorators of one function, which takes what it is ``given`` then, or (None) into the call of the one that begins at ``at``."""

    def __init__(
        self, spans: Mapping[libcst.CSTNode, CodeSpan], at: int | None, guard: libcst.BaseExpression, given: tuple[str, ...] | None
    ) -> None:
        super().__init__()
        self._spans = spans
        self._at = at
        self._guard = guard
        self._given = given
        self.done = False

    def leave_FunctionDef(  # noqa: N802 - libcst's name
        self, original_node: libcst.FunctionDef, updated_node: libcst.FunctionDef
    ) -> libcst.FunctionDef:
        places = [self._spans[each.decorator].start for each in original_node.decorators]
        if self._at not in places or self.done:
            return updated_node
        self.done = True
        number = places.index(self._at)
        of_route = updated_node.decorators[number]
        if self._given is not None:
            added = updated_node.decorators[-1].with_changes(decorator=self._guard, leading_lines=())
            params = updated_node.params
            rest = bool(params.params or params.kwonly_params or isinstance(params.star_arg, libcst.Param) or params.star_kwarg)
            more = [
                libcst.Param(
                    libcst.Name(name),
                    comma=libcst.Comma(whitespace_after=libcst.SimpleWhitespace(" "))
                    if rest or number < len(self._given)
                    else libcst.MaybeSentinel.DEFAULT,
                )
                for number, name in enumerate(self._given, 1)
            ]
            return updated_node.with_changes(
                decorators=(*updated_node.decorators, added), params=params.with_changes(params=(*more, *params.params))
            )
        if not isinstance(of_route.decorator, libcst.Call):
            return updated_node
        changed = of_route.with_changes(decorator=_with_dependency(of_route.decorator, self._guard))
        return updated_node.with_changes(decorators=(*updated_node.decorators[:number], changed, *updated_node.decorators[number + 1 :]))


def _rewritten(sources: Sources, route: Route, origin: str, written: str, given: tuple[str, ...] | None) -> Edit | None:
    """The file of the route with the guard; None where the guard can't be brought there, or the file can't be read."""
    unit, theirs = sources.unit(route.place.path), sources.unit(origin)
    function = _function(unit, route) if unit is not None else None
    if unit is None or theirs is None or function is None or not function.decorators:
        return None
    if given and not {"self", "cls", *given}.isdisjoint(each.target.id for each in function.parameters if isinstance(each.target, Name)):
        return None
    root = written.partition(".")[0].partition("(")[0]
    wanted = _import(sources, theirs, root, unit)
    if wanted is None and origin != unit.path:
        return None
    data = sources.text(unit.path)
    at = next((each.span.start for each in _own(function, route)), None)
    try:
        wrapper = MetadataWrapper(libcst.parse_module(data))
    except (libcst.ParserSyntaxError, UnicodeDecodeError, RecursionError):
        return None
    writer = _Writer(wrapper.resolve(ByteSpanPositionProvider), at, libcst.parse_expression(written), given)
    module = wrapper.module.visit(writer)
    if not writer.done:
        return None
    context = CodemodContext()
    if given is None and not any(entry.local == "Depends" for entry in unit.imports):
        AddImportsVisitor.add_needed_import(context, "fastapi", "Depends")
    if wanted is not None:
        target = _target(wanted)
        AddImportsVisitor.add_needed_import(context, target.module, target.name, target.alias, target.dots)
    after = AddImportsVisitor(context).transform_module(module).bytes
    return _shortened(unit.path, data, after)


def _with_dependency(call: libcst.Call, guard: libcst.BaseExpression) -> libcst.Call:
    item = libcst.Element(libcst.Call(libcst.Name("Depends"), [libcst.Arg(guard)]))
    equal = libcst.AssignEqual(libcst.SimpleWhitespace(""), libcst.SimpleWhitespace(""))
    for number, argument in enumerate(call.args):
        if argument.keyword is not None and argument.keyword.value == "dependencies" and isinstance(argument.value, libcst.List):
            changed = argument.with_changes(value=argument.value.with_changes(elements=(*argument.value.elements, item)))
            return call.with_changes(args=(*call.args[:number], changed, *call.args[number + 1 :]))
    return call.with_changes(args=(*call.args, libcst.Arg(libcst.List([item]), keyword=libcst.Name("dependencies"), equal=equal)))


class _Target(NamedTuple):
    """What libcst's importer is given; ``dots`` is how many of them stand before the module."""

    module: str
    name: str | None
    alias: str | None
    dots: int


def _import(sources: Sources, theirs: Unit, name: str, ours: Unit) -> Import | None:
    """How the file of a guard has its name, as the other file may write it; None where it has it already, or can't."""
    here = next((entry for entry in ours.imports if entry.local == name), None)
    if theirs.path == ours.path:
        return None
    found = next((entry for entry in theirs.imports if entry.local == name), None)
    if found is None:
        module = theirs.path.removesuffix(".py").replace("/", ".")
        if (
            theirs.path.rpartition("/")[0] != ours.path.rpartition("/")[0]
            or f"{theirs.path.rpartition('/')[0]}/__init__.py" not in sources.paths
        ):
            return None
        found = Import(Span(0, 0), f".{module.rpartition('.')[2]}", name, name)
    elif found.module.startswith(".") and theirs.path.rpartition("/")[0] != ours.path.rpartition("/")[0]:
        return None
    return found if here is None or (here.module, here.name) == (found.module, found.name) else None


def _target(wanted: Import) -> _Target:
    dots = len(wanted.module) - len(wanted.module.lstrip("."))
    alias = wanted.local if wanted.local != wanted.name else None
    if wanted.name == "*":
        return _Target(wanted.module, None, alias if alias != wanted.module else None, 0)
    return _Target(wanted.module.lstrip("."), wanted.name, alias, dots)


def _shortened(path: str, before: bytes, after: bytes) -> Edit | None:
    """What differs, as one edit."""
    if before == after:
        return None
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[len(before) - end - 1] == after[len(after) - end - 1]:
        end += 1
    # Not within a letter.
    while start and before[start : start + 1] and (before[start] & 0xC0) == 0x80:  # noqa: PLR2004 - UTF-8
        start -= 1
    while end and (after[len(after) - end] & 0xC0) == 0x80:  # noqa: PLR2004
        end -= 1
    return Edit(path, Span(start, len(before) - end), after[start : len(after) - end].decode("utf-8"))
