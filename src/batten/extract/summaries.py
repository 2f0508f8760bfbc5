"""What each function of a file calls, tests and returns, so that ``link`` can compose it over the call graph.

A guard is kept as the range of bytes that only runs where its test passed: dominance becomes "the range contains the
call", which holds for early returns, nested blocks, ``try`` and positive tests alike.
"""

from collections.abc import Callable
from typing import NamedTuple

from batten.code import model
from batten.code.model import (
    Assign,
    Attribute,
    Await,
    Block,
    Branch,
    Define,
    Expression,
    Lambda,
    Literal,
    Loop,
    Name,
    Operation,
    Record,
    Return,
    Sequence,
    Statement,
    Try,
)
from batten.code.names import (
    CHOICES,
    Scope,
    bind,
    binding_of,
    bound_parameters,
    class_scope,
    expressions,
    is_parameter,
    maker_of,
    path_of,
    qualify,
    statement_expressions,
    text_of,
)
from batten.code.names import Value as BoundValue
from batten.extract.requirements import Requirement, requirements
from batten.extract.responses import is_empty, leaves, status_of, status_of_statements
from batten.extract.values import arguments, names_of, plain, sources
from batten.facts.calls import Binding, Call, Function, Guard, Join, Origin, Parameter, Result, Source, Subject
from batten.text import Place, Span

# What nobody wrote by hand is not followed in full: the file is marked as cut off instead.
MOST_CALLS = 20_000
# Calls that neither guard nor do anything to the world: what they are given is not kept.
_WITHOUT_ARGUMENTS = (
    "console.", "JSON.", "Math.", "Object.", "Array.", "String", "Number", "Date", "Error", "Response", "URL", "Promise.", "Set", "Boolean",
    "parseInt", "zod#", "react#", "logging#", "print", "len", "str", "int", "isinstance", "datetime#", "next/server#NextResponse.json",
    "typing#", "pydantic#", "dataclasses#", "lucide-react#", "class-variance-authority#", "clsx#", "date-fns#", "uuid#", "vitest#", "pytest#",
)  # fmt: skip

# Names that lead into the app itself, as far as their module tells.
_OWN = ("#", "@/", "~/", "./", "../", "$lib/")


class Summary(NamedTuple):
    """The functions and module-level bindings of one file; ``complete`` is False where a limit cut something off."""

    functions: tuple[Function, ...]
    bindings: tuple[Binding, ...]
    complete: bool


class _Task(NamedTuple):
    """A function that is still to be summarised."""

    name: str
    function: model.Function
    scope: Scope
    wrappers: tuple[Call, ...]


class _File(NamedTuple):
    """What the functions of one file share while they are summarised."""

    path: str
    never_returns: Callable[[str], bool]
    tasks: list[_Task]
    lambdas: dict[int, str]
    ordinals: dict[str, int]
    names: set[str]


class _Draft(NamedTuple):
    """The facts of the function at hand, as they are found."""

    scope: Scope
    calls: list[Call]
    guards: list[Guard]
    joins: list[Join]
    results: list[Result]


def summarise(unit: model.Unit, never_returns: Callable[[str], bool]) -> Summary:
    """The summary of one unit; ``never_returns`` tells of a qualified name that its call always leaves (``redirect``, ``abort``)."""
    scope = Scope(None, "")
    for entry in unit.imports:
        scope.imports[entry.local] = entry
    bind(scope, unit.body)
    file = _File(unit.path, never_returns, [], {}, {}, set())
    _enter_classes(unit.body, scope)
    draft = _Draft(scope, [], [], [], [])
    _block(file, draft, unit.body, unit.span.end)
    functions = [Function("", Place(unit.path, Span(unit.span.start, unit.span.start)), unit.span, calls=tuple(draft.calls))]
    total = len(draft.calls)
    while file.tasks and total < MOST_CALLS:
        functions.append(_function(file, file.tasks.pop(0)))
        total += len(functions[-1].calls)
    return Summary(tuple(functions), _bindings(file, unit, scope), complete=not file.tasks and not unit.truncated)


def _enter_classes(statements: tuple[Statement, ...], module: Scope) -> None:
    """Bind the fields of the module's classes before anything is named, whatever the order of the methods."""
    for statement in statements:
        if isinstance(statement, Define) and isinstance(statement.value, model.Class):
            inner = class_scope(module, statement.value)
            for member in statement.value.body:
                if isinstance(member, Assign) and isinstance(member.target, Name) and member.value is not None:
                    value = BoundValue(member.value, (), inner)
                    module.values.setdefault(f"{inner.this}.{member.target.id}", []).append(value)
                if isinstance(member, Define) and isinstance(member.value, model.Function):
                    method = _function_scope(inner, path_of(inner, member.value.name), member.value)
                    bind(method, member.value.body)


def _function_scope(parent: Scope, path: str, function: model.Function) -> Scope:
    scope = Scope(parent, path)
    for name, parameter in bound_parameters(function):
        scope.parameters[name] = parameter
    return scope


def _function(file: _File, task: _Task) -> Function:
    function = task.function
    scope = _function_scope(task.scope, task.name, function)
    bind(scope, function.body)
    draft = _Draft(scope, [], [], [], [])
    end = function.block.end
    _block(file, draft, function.body, end)
    if leaves(function.body, lambda called: _never(file, draft, called)) is None:
        draft.results.append(Result(Span(end, end), empty=True))
    decorators = tuple(_wrapper(file, task.scope, decorator) for decorator in function.decorators)
    return Function(
        name=task.name,
        place=Place(file.path, function.head),
        block=function.block,
        parameters=tuple(_parameter(file, scope, parameter) for parameter in function.parameters),
        wrappers=(*task.wrappers, *(wrapper for wrapper in decorators if wrapper is not None)),
        calls=tuple(sorted(draft.calls, key=lambda call: (call.span.start, -call.span.end))),
        guards=tuple(draft.guards),
        joins=tuple(draft.joins),
        results=tuple(draft.results),
        directive=function.directives[0] if function.directives else None,
        is_async=function.is_async,
    )


def _wrapper(file: _File, scope: Scope, decorator: Expression) -> Call | None:
    if isinstance(decorator, model.Call):
        return _call(file, scope, decorator, None)
    name = qualify(decorator, scope)
    return None if name is None else Call(name, decorator.span, receiver=binding_of(decorator, scope))


def _parameter(file: _File, scope: Scope, parameter: model.Parameter) -> Parameter:
    outer = scope.parent or scope
    calls: list[Call] = []
    for part in (parameter.default, parameter.annotation):
        for call in () if part is None else _calls_inside(part):
            found = _call(file, outer, call, None)
            if found is not None:
                calls.append(found)
    names = ",".join(name for name, holder in scope.parameters.items() if holder is parameter)
    annotation = None if parameter.annotation is None else qualify(parameter.annotation, outer)
    return Parameter(names, annotation, tuple(calls))


def _calls_inside(node: Expression) -> list[model.Call]:
    found: list[model.Call] = []
    pending = [node]
    while pending:
        part = pending.pop()
        if isinstance(part, model.Call):
            found.append(part)
        pending += reversed(expressions(part))
    return found


def _bindings(file: _File, unit: model.Unit, scope: Scope) -> tuple[Binding, ...]:
    found = []
    for name, values in scope.values.items():
        value = values[0]
        root = qualify(value.expression, value.scope)
        if root is not None and value.path:
            root = f"{root}.{'.'.join(value.path)}"
        inner = [_call(file, value.scope, call, None) for call in _calls_inside(value.expression)[:8]]
        found.append(
            Binding(
                local=name,
                name=root,
                place=Place(unit.path, value.expression.span),
                calls=tuple(call for call in inner if call is not None),
                text=plain(text_of(value.expression, value.scope)) if len(values) == 1 and not value.path else None,
                sources=sources(value.expression, value.scope),
                alias=value.expression.id if isinstance(value.expression, Name) and not value.path else None,
            )
        )
    for statement in unit.body:
        match statement:
            case Define(value=model.Class() as made) if made.bases or made.decorators:
                found.append(_class_binding(file, scope, made))
            case Assign(target=Attribute(value=Name(id="module"), name="exports"), value=model.Call() as called):
                call = _call(file, scope, called, None)
                calls = () if call is None else (call,)
                found.append(Binding("default", qualify(called, scope), Place(unit.path, called.span), calls))
            case Assign(target=Attribute(value=holder, name=name), value=Sequence() as chain) if _is_exports(holder):
                own = [file.lambdas.get(item.function.span.start) for item in chain.items if isinstance(item, Lambda)]
                handlers = tuple(Source(Origin.NAME, f"#{each}") for each in own if each is not None)
                found.append(Binding(name, None, Place(unit.path, chain.span), sources=(*sources(chain, scope), *handlers)))
    return tuple(found)


def _class_binding(file: _File, scope: Scope, value: model.Class) -> Binding:
    bases = [qualify(base, scope) for base in value.bases]
    decorators = [_wrapper(file, scope, decorator) for decorator in value.decorators]
    return Binding(
        value.name,
        bases[0] if bases else None,
        Place(file.path, value.head),
        is_class=True,
        bases=tuple(base for base in bases if base is not None),
        decorators=tuple(each for each in decorators if each is not None),
    )


def _block(file: _File, draft: _Draft, statements: tuple[Statement, ...], end: int) -> None:
    """Walk statements in order; ``end`` is where the block that they dominate ends."""
    for statement in statements:
        for expression in statement_expressions(statement):
            if type(expression) is not Name and type(expression) is not Literal:
                reach = Span(min(expression.span.end, end), end)
                _expression(file, draft, expression, _prefix(draft.scope, statement), reach, declared=type(statement) is Assign)
        match statement:
            case Return():
                draft.results.extend(_results(draft, statement))
            case Branch():
                _branch(file, draft, statement, end)
            case Loop():
                _block(file, draft, statement.body, _inner_end(statement.body, end))
                _block(file, draft, statement.orelse, _inner_end(statement.orelse, end))
            case Block():
                _block(file, draft, (*statement.items, *statement.body), end)
            case Try():
                _try(file, draft, statement, end)
            case Define(value=model.Function() as function):
                file.tasks.append(_Task(path_of(draft.scope, function.name), function, draft.scope, ()))
            case Define(value=model.Class() as value):
                _class(file, draft, value)


def _class(file: _File, draft: _Draft, value: model.Class) -> None:
    inner = class_scope(draft.scope, value)
    for member in value.body:
        if isinstance(member, Define) and isinstance(member.value, model.Function):
            file.tasks.append(_Task(path_of(inner, member.value.name), member.value, inner, ()))
        elif isinstance(member, Assign) and isinstance(member.value, Lambda) and isinstance(member.target, Name):
            file.tasks.append(_Task(path_of(inner, member.target.id), member.value.function, inner, ()))


def _results(draft: _Draft, statement: Return) -> list[Result]:
    """The ways a return may come out: one for each value that ``a ? b : c`` and ``a || b`` choose from."""
    found = []
    pending = [(statement.value, statement.span)]
    while pending:
        value, span = pending.pop()
        match value:
            case model.Await():
                pending.append((value.value, span))
            case Operation(operator="?:", operands=(_, chosen, other)):
                pending += [(other, other.span), (chosen, chosen.span)]
            case Operation(operator="||" | "??"):
                pending += [(part, span) for part in reversed(value.operands)]
            case _:
                found.append(_result(draft, value, span))
    return found


def _result(draft: _Draft, value: Expression | None, span: Span) -> Result:
    if value is None:
        return Result(span, empty=True)
    names, secret = names_of(value, draft.scope), False
    if isinstance(value, Operation):
        tested = requirements(value, draft.scope).passed
        names = tuple(dict.fromkeys(name for found in tested if not found.inverted for name in found.names))
        secret = any(found.subject is Subject.SECRET for found in tested)
    return Result(span, is_empty(value), names, status_of(value), secret)


def _end_of(statements: tuple[Statement, ...]) -> int:
    return statements[-1].span.end if statements else 0


def _inner_end(statements: tuple[Statement, ...], end: int) -> int:
    """Where a block in one that ends at ``end`` ends: always before it, also where no brace parts them."""
    return max(min(_end_of(statements), end) - 1, 0)


def _branch(file: _File, draft: _Draft, branch: Branch, end: int) -> None:
    def never(called: Expression) -> bool:
        return _never(file, draft, called)

    ways = (leaves(branch.body, never), leaves(branch.orelse, never))
    ends = (_inner_end(branch.body, end), _inner_end(branch.orelse, end))
    after = Span(min(branch.span.end, end), end)
    body = Span(min(branch.test.span.end, ends[0]), ends[0])
    orelse = Span(branch.orelse[0].span.start, ends[1]) if branch.orelse else None
    known = requirements(branch.test, draft.scope)
    place = Place(file.path, branch.test.span)
    if known.passed:
        reaches = [body, after] if ways[1] and not ways[0] else [body]
        status = status_of_statements(branch.orelse)
        for required in known.passed:
            _guard(draft, required, reaches, ways[1] or "end", place, status)
    reaches = [span for span in (orelse, after if ways[0] and not ways[1] else None) if span is not None]
    status = status_of_statements(branch.body) if reaches else None
    for required in known.failed:
        _guard(draft, required, reaches, ways[0] or "end", place, status)
    if ways[0] and not known.failed and status in (401, 403):
        draft.guards.append(Guard(subject=Subject.VALUE, names=(), reach=after, rejects=ways[0], place=place, status=status))
    _block(file, draft, branch.body, ends[0])
    _block(file, draft, branch.orelse, ends[1])
    # Where one side leaves, what holds at the end of the other holds after the branch.
    if not ways[0] and (branch.orelse or ways[1]):
        draft.joins.append(Join(ends[0], ends[0] if ways[1] else ends[1], after))
    elif ways[0] and not ways[1] and branch.orelse:
        draft.joins.append(Join(ends[1], ends[1], after))


def _guard(draft: _Draft, required: Requirement, reaches: list[Span], rejects: str, place: Place, status: int | None) -> None:
    for reach in reaches:
        draft.guards.append(Guard(required.subject, required.names, reach, rejects, place, status, required.inverted, required.either))


def _try(file: _File, draft: _Draft, statement: Try, end: int) -> None:
    def never(called: Expression) -> bool:
        return _never(file, draft, called)

    body = _inner_end(statement.orelse or statement.body, end)
    _block(file, draft, statement.body, body)
    _block(file, draft, statement.orelse, body)
    for handler in statement.handlers:
        _block(file, draft, handler.body, _inner_end(handler.body, end))
    _block(file, draft, statement.final, end)
    if all(leaves(handler.body, never) for handler in statement.handlers):
        # Handlers and what is done in the end run where the body was left, too; what comes after them does not.
        draft.joins.append(Join(body, body, Span(min(statement.span.end, end), end)))


def _never(file: _File, draft: _Draft, called: Expression) -> bool:
    if not isinstance(called, model.Call):
        return False
    name = qualify(called.callee, draft.scope)
    return name is not None and file.never_returns(name)


def _prefix(scope: Scope, statement: Statement) -> str:
    """What functions written in place are named after: the binding they become part of, else the enclosing function."""
    if isinstance(statement, Assign):
        match statement.target:
            case Name(id=name):
                return path_of(scope, name)
            case Attribute(value=Name(id="module"), name="exports"):
                return scope.owner if isinstance(statement.value, Record) else path_of(scope, "default")
            case Attribute(value=Name(id="self" | "this"), name=name) if scope.this is not None:
                return f"{scope.this}.{name}"
            case Attribute(name=name) if _is_exports(statement.target.value):
                return path_of(scope, name)
            case Attribute(value=Name(id=holder) | Attribute(value=Name(id=holder), name="prototype"), name=name):
                return path_of(scope, f"{holder}.{name}")
            case Attribute(name=name):
                return path_of(scope, name)
    return scope.owner


def _is_exports(value: Expression) -> bool:
    """``exports`` or ``module.exports``."""
    match value:
        case Name(id="exports") | Attribute(value=Name(id="module"), name="exports"):
            return True
    return False


def _expression(file: _File, draft: _Draft, node: Expression, prefix: str, reach: Span, *, declared: bool) -> None:
    """Every call, function and condition of an expression, with what dominates it and what it is handed to."""
    wrappers: list[tuple[Call, ...]] = []
    for found in _parts(file, draft, node, prefix, reach, declared=declared):
        around = () if found.holder is None else wrappers[found.holder]
        part = found.node
        if type(part) is model.Call:
            call = _call(file, draft.scope, part, found.reach)
            if call is not None:
                draft.calls.append(call)
                around = (*around, call)
        elif type(part) is Lambda:
            name = file.lambdas[part.function.span.start]
            file.tasks.append(_Task(name, part.function, draft.scope, around))
            if around and draft.scope.parent is not None:
                draft.calls.append(Call(f"#{name}", part.span))
        elif type(part) is Operation:
            _conditional(file, draft, part)
        wrappers.append(around)


class _Part(NamedTuple):
    """Something in an expression that makes facts; ``holder`` is the number of the call it is an argument of."""

    node: Expression
    reach: Span | None
    holder: int | None


def _parts(file: _File, draft: _Draft, node: Expression, prefix: str, reach: Span, *, declared: bool) -> list[_Part]:
    """The parts of an expression in source order; functions get their names: that of the binding or key which holds them, else an ordinal."""
    found: list[_Part] = []
    pending: list[tuple[Expression, str, bool, Span | None, int | None]] = [(node, prefix, declared, reach, None)]
    while pending:
        part, path, bound, reached, holder = pending.pop()
        while type(part) is Attribute or type(part) is Await:
            part, bound = part.value, False
        if type(part) is Name or type(part) is Literal:
            continue
        if type(part) is model.Call:
            number = len(found)
            found.append(_Part(part, reached, holder))
            pending += [(keyword.value, path, False, reached, number) for keyword in reversed(part.keywords)]
            pending += [(value, path, False, reached, number) for value in reversed(part.args)]
            pending.append((part.callee, path, False, None if _swallows(file, draft, part) else reached, holder))
        elif type(part) is Lambda:
            _name(file, part.function, prefix, path if bound else "")
            found.append(_Part(part, reached, holder))
        elif type(part) is Record:
            for entry in reversed(part.entries):
                inner = f"{path}.{entry.key}" if path else entry.key
                pending.append((entry.value, inner or path, bound and entry.key is not None, reached, holder))
        elif type(part) is Operation and part.operator in CHOICES and part.operands:
            found.append(_Part(part, reached, holder))
            pending += [(value, path, False, None, holder) for value in reversed(part.operands[1:])]
            pending.append((part.operands[0], path, False, reached, holder))
        else:
            pending += [(value, path, False, reached, holder) for value in reversed(expressions(part))]
    return found


def _name(file: _File, function: model.Function, prefix: str, name: str) -> None:
    if not name or name in file.names:
        ordinal = file.ordinals[prefix] = file.ordinals.get(prefix, 0) + 1
        name = f"{prefix}.@{ordinal}" if prefix else f"@{ordinal}"
    file.names.add(name)
    file.lambdas[function.span.start] = name


def _swallows(file: _File, draft: _Draft, call: model.Call) -> bool:
    """``check().catch(() => null)``: what the inner call raises is not felt behind it."""
    if not (type(call.callee) is Attribute and call.callee.name == "catch" and type(call.callee.value) is model.Call and call.args):
        return False
    handler = call.args[0]
    return not (isinstance(handler, Lambda) and leaves(handler.function.body, lambda called: _never(file, draft, called)) == "raise")


def _conditional(file: _File, draft: _Draft, node: Operation) -> None:
    """Guards inside one expression: ``user && remove()``, ``user ? rows : refuse()``."""
    place = Place(file.path, node.operands[0].span)
    if node.operator == "??":
        return
    known = requirements(node.operands[0], draft.scope)
    if node.operator == "?:":
        for outcome, side in zip(known, node.operands[1:], strict=True):
            for required in outcome:
                _guard(draft, required, [Span(side.span.start, side.span.end - 1)], "end", place, None)
    else:
        rest = Span(node.operands[1].span.start, node.operands[-1].span.end - 1)
        for required in known.passed if node.operator == "&&" else known.failed:
            _guard(draft, required, [rest], "end", place, None)


def _call(file: _File, scope: Scope, call: model.Call, reach: Span | None) -> Call | None:
    if call.jsx:
        return None
    callee = qualify(call.callee, scope)
    if callee is None and type(call.callee) is Lambda:
        callee = f"#{file.lambdas.get(call.callee.function.span.start, '')}"
    if callee is None:
        return None
    if type(call.callee) is Name and is_parameter(call.callee.id, scope):
        callee = f"@{call.callee.id}"
    return Call(
        callee,
        call.span,
        () if callee.startswith(_WITHOUT_ARGUMENTS) else arguments(call, scope, file.lambdas, brief=callee.startswith(_OWN)),
        binding_of(call.callee, scope),
        reach,
        call.new,
        maker_of(call.callee, scope),
    )
