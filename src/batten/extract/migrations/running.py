"""Goes through the code of a migration as far as constants lead, and hands each call to the tool that knows it; runs nothing."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from batten.code import model
from batten.code.model import Expression, Function, Statement, Unit
from batten.extract.migrations.constants import (
    Entries,
    Known,
    Made,
    Many,
    Member,
    Mixed,
    Named,
    Routine,
    Value,
    added,
    joined,
    truth,
)
from batten.extract.migrations.folding import SAME, answered, item_of, member, name_of, operated
from batten.parse.postgres.statements import Choose, DoBlock, Run
from batten.parse.postgres.statements import Statement as Sql
from batten.text import Span

Tool = Callable[["Running", Made], Value | None]
_MOST_STEPS = 20_000
_MOST_STATEMENTS = 20_000
_DEEPEST = 60
_DEEPEST_CALL = 8


class Running:
    """One migration. ``made`` are the statements so far; ``tool`` is asked what each call does, None where it does not know; ``given``: what some imports are."""

    def __init__(self, unit: Unit, tool: Tool, given: Mapping[str, Value] | None = None) -> None:
        self.made: list[Sql] = []
        self._tool = tool
        self._steps = 0
        self._calls: list[Function] = []
        self.cut = False
        self.names: dict[str, Value] = {}
        for entry in unit.imports:
            name = _imported(entry)
            self.names[entry.local] = (given or {}).get(name) or Named(name)
        self.run(statement for statement in unit.body if isinstance(statement, model.Assign | model.Define))

    def run(self, body: Iterable[Statement], names: dict[str, Value] | None = None) -> Value | None:
        """Every statement; what is returned, or None where nothing is."""
        names = self.names if names is None else names
        for statement in body:
            self._steps += 1
            if self._steps > _MOST_STEPS or len(self.made) > _MOST_STATEMENTS:
                self.cut = True
                return None
            found = self._statement(statement, names)
            if found is not None:
                return found
        return None

    def call(self, routine: Routine, args: tuple[Value, ...], keywords: Mapping[str, Value]) -> Value:
        """A function of the file, with what it is given."""
        if any(each is routine.function for each in self._calls):
            return Value()  # what it does once more, it has done
        if len(self._calls) >= _DEEPEST_CALL:
            self.cut = True
            return Value()
        names = dict(routine.around)
        waiting = list(args)
        for parameter in routine.function.parameters:
            if parameter.kind == "rest":
                found: Value = Many(tuple(waiting))
                waiting = []
            elif waiting and parameter.kind == "positional":
                found = waiting.pop(0)
            elif isinstance(parameter.target, model.Name) and parameter.target.id in keywords:
                found = keywords[parameter.target.id]
            else:
                found = self.value(parameter.default, names) if parameter.default is not None else Value()
            self._bind(parameter.target, found, names)
        self._calls.append(routine.function)
        try:
            return self.run(routine.function.body, names) or Known(None)
        finally:
            self._calls.pop()

    def emit(self, *found: Sql) -> None:
        """Statements that the migration runs here."""
        self.made += found

    def _statement(self, statement: Statement, names: dict[str, Value]) -> Value | None:
        match statement:
            case model.Assign(_, target, value, _, operator) if value is not None:
                found = self.value(value, names)
                if operator == "+=" and isinstance(target, model.Name):
                    found = added(names.get(target.id, Value()), found)
                self._bind(target, found if operator in ("=", "+=") else Value(), names)
            case model.Evaluate(_, value):
                self.value(value, names)
            case model.Return(_, value):
                return self.value(value, names) if value is not None else Known(None)
            case model.Raise():
                return Known(None)
            case model.Branch(span, test, body, orelse):
                return self._branch(span, truth(self.value(test, names)), body, orelse, names)
            case model.Loop():
                return self._loop(statement, names)
            case model.Try(_, body, _, orelse, final):
                return self.run((*body, *orelse, *final), names)
            case model.Block(_, items, body):
                return self.run((*items, *body), names)
            case model.Define(_, Function() as function):
                names[function.name] = Routine(function, names)
            case _:
                pass
        return None

    def _branch(
        self, span: Span, held: bool | None, body: tuple[Statement, ...], orelse: tuple[Statement, ...], names: dict[str, Value]
    ) -> Value | None:
        if held is not None:
            return self.run(body if held else orelse, names)
        for branch in (body, orelse):
            self._in_doubt(span, branch, names)
        return None

    def _in_doubt(self, span: Span, body: tuple[Statement, ...], names: dict[str, Value]) -> None:
        """What may run or not: its statements come as those of a block whose condition nobody knows."""
        before, self.made = self.made, []
        self.run(body, names)
        inside, self.made = self.made, before
        if inside:
            self.emit(DoBlock(span, (Choose(((None, tuple(Run(each) for each in inside)),), sure=False),)))

    def _loop(self, loop: model.Loop, names: dict[str, Value]) -> Value | None:
        source = self.value(loop.source, names) if loop.source is not None else Value()
        if isinstance(source, Entries):
            source = Many(tuple(Known(key) for key, _ in source.entries))
        if not isinstance(source, Many) or loop.target is None:
            if loop.target is not None:
                self._bind(loop.target, Value(), names)
            self._in_doubt(loop.span, loop.body, names)
            return None
        for item in source.items:
            self._bind(loop.target, item, names)
            found = self.run(loop.body, names)
            if found is not None or self.cut:
                return found
        return None

    def _bind(self, target: Expression, value: Value, names: dict[str, Value]) -> None:
        match target:
            case model.Name(_, name):
                names[name] = value
            case model.Sequence(_, items):
                inner = value.items if isinstance(value, Many) and len(value.items) == len(items) else (Value(),) * len(items)
                for item, each in zip(items, inner, strict=True):
                    self._bind(item, each, names)
            case model.Record(_, entries):
                for entry in entries:
                    found = value.get(entry.key) if isinstance(value, Entries) and entry.key else None
                    of = Member(value, entry.key or "") if isinstance(value, Named | Made) else Value()
                    self._bind(entry.value, found or of, names)
            case model.Attribute(_, model.Name(_, "exports" | "module" as owner), name):
                names[f"{owner}.{name}"] = value
            case model.Attribute(_, model.Attribute(_, model.Name(_, "module"), "exports"), name):
                names[f"exports.{name}"] = value
            case model.Operation(_, "=", (inner_target, default)):
                self._bind(inner_target, self.value(default, names) if type(value) is Value else value, names)
            case _:
                pass

    def value(self, expression: Expression | None, names: dict[str, Value], depth: int = 0) -> Value:
        """What an expression comes to; the calls in it are handed to the tool on the way."""
        if expression is None or depth > _DEEPEST:
            return Value()

        def inner(each: Expression) -> Value:
            return self.value(each, names, depth + 1)

        match expression:
            case model.Literal(span, value):
                return Known(value, span)
            case model.Name(_, name):
                return names.get(name, Named(name))
            case model.Attribute(_, value, name):
                return member(inner(value), name)
            case model.Call():
                return self._call(expression, names, depth)
            case model.Template(_, parts):
                return joined([inner(part) for part in parts])
            case model.Sequence(_, items):
                return Many(tuple(self._spread(items, inner)))
            case model.Record(_, entries):
                return Entries(tuple(pair for entry in entries for pair in _pairs(entry.key, inner(entry.value))))
            case model.Subscript(_, value, index):
                return item_of(inner(value), inner(index))
            case model.Lambda(_, function):
                return Routine(function, names)
            case model.Await(_, value):
                return inner(value)
            case model.Operation(_, operator, operands):
                return operated(operator, [inner(operand) for operand in operands])
            case model.Unknown(_, "list_comprehension" | "generator_expression" | "set_comprehension", (*clauses, element)):
                return Many(tuple(self._comprehended(clauses, element, dict(names), depth + 1)))
            case model.Unknown(_, _, children):
                for child in children:
                    inner(child)
        return Value()

    def _comprehended(self, clauses: list[Expression], element: Expression, names: dict[str, Value], depth: int) -> Iterator[Value]:
        """The items of a comprehension; one whose source cannot be told gives one that cannot be told."""
        self._steps += 1
        if self._steps > _MOST_STEPS or depth > _DEEPEST:
            self.cut = True
            return
        if not clauses:
            yield self.value(element, names, depth)
            return
        clause, others = clauses[0], clauses[1:]
        if not (isinstance(clause, model.Operation) and clause.operator == "=" and len(clause.operands) > 1):
            if truth(self.value(clause, names, depth)) is not False:
                yield from self._comprehended(others, element, names, depth + 1)
            return
        source = self.value(clause.operands[1], names, depth)
        for item in source.items if isinstance(source, Many) else (Value(),):
            self._bind(clause.operands[0], item, names)
            yield from self._comprehended(others, element, names, depth + 1)

    def _spread(self, items: Iterable[Expression], inner: Callable[[Expression], Value]) -> Iterable[Value]:
        for item in items:
            if isinstance(item, model.Operation) and item.operator == "..." and item.operands:
                found = inner(item.operands[0])
                if isinstance(found, Many):
                    yield from found.items
                    continue
                yield Value()
            else:
                yield inner(item)

    def _call(self, call: model.Call, names: dict[str, Value], depth: int) -> Value:
        self._steps += 1
        if self._steps > _MOST_STEPS:
            self.cut = True
            return Value()

        def inner(each: Expression) -> Value:
            return self.value(each, names, depth + 1)

        callee = inner(call.callee)
        args = tuple(self._spread(call.args, inner))
        keywords = tuple((keyword.name or "", inner(keyword.value)) for keyword in call.keywords)
        if isinstance(callee, Routine):
            return self.call(callee, args, dict(keywords))
        name = name_of(callee)
        of = callee.of if isinstance(callee, Member) else callee if isinstance(callee, Made) else None
        if of is not None and isinstance(of, Known | Mixed | Many | Entries):
            folded = answered(of, callee.name if isinstance(callee, Member) else "", args, dict(keywords))
            if folded is not None:
                return folded
        if (
            isinstance(of, Many)
            and isinstance(callee, Member)
            and callee.name in ("map", "forEach")
            and args
            and isinstance(args[0], Routine)
        ):
            return Many(tuple(self.call(args[0], (item,), {}) for item in of.items))
        if name in SAME and args:
            return args[0]
        made = Made(name, call.span, args, keywords, of)
        found = self._tool(self, made)
        return made if found is None else found


def _pairs(key: str | None, value: Value) -> tuple[tuple[str, Value], ...]:
    """One entry of a record, or those of what is spread into it."""
    return value.entries if key is None and isinstance(value, Entries) else ((key or "", value),)


def _imported(entry: model.Import) -> str:
    module = entry.module.lstrip(".") if entry.module.startswith(".") and not entry.module.startswith("./") else entry.module
    return module if entry.name in ("*", "") else f"{module}.{entry.name}" if entry.name != "default" else f"{module}.default"
