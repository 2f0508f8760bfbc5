"""What each function of a file calls, tests and returns, so that ``link`` can compose it over the call graph.

A guard is kept as the range of bytes that only runs where its test passed: dominance becomes "the range contains the
call", which holds for early returns, nested blocks, ``try`` and positive tests alike.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from msgspec import structs

from batten.code import model
from batten.code.model import (
    Assign,
    Attribute,
    Block,
    Branch,
    Define,
    Evaluate,
    Expression,
    Lambda,
    Literal,
    Loop,
    Name,
    Operation,
    Record,
    Return,
    Statement,
    Subscript,
    Try,
)
from batten.code.names import declared_type, qualify, spelled_out
from batten.code.parts import expressions, statement_expressions
from batten.code.scopes import Scope, bind, class_scope, function_scope, path_of
from batten.extract.bindings import bindings, is_exports
from batten.extract.by_request import by_request
from batten.extract.class_members import enter_classes
from batten.extract.expressions import Draft, File, Task, add_guard, call_of, calls_inside, is_last, read_expression, wrapper_of
from batten.extract.file_rows import FileRows
from batten.extract.flows import Values
from batten.extract.grants import GIVES, grants
from batten.extract.kept_rows import kept_rows
from batten.extract.module_rows import ModuleRows
from batten.extract.on_app import kept_for_requests, kept_on_app, together
from batten.extract.request_tests import answer, apart, path_tests
from batten.extract.requirements import needs_entry, requirements
from batten.extract.responses import leaves, may_end, status_of_statements
from batten.extract.results import results
from batten.extract.row_changes import row_changes
from batten.extract.self_said import self_said
from batten.extract.slips import slips
from batten.extract.switches import switches
from batten.extract.unrolled import unrolled
from batten.extract.values import names_of
from batten.facts.calls import Binding, Call, ForPaths, ForSome, Function, Guard, Join, Parameter, Result, Subject
from batten.facts.changes import KEEPS, Change
from batten.facts.flows import Graph
from batten.text import Place, Span

# What nobody wrote by hand is not followed in full: the file is marked as cut off instead.
MOST_CALLS = 20_000
# A function that does more than say yes or no has more statements.
_MOST_STATEMENTS = 8


class Summary(NamedTuple):
    """The functions and module-level bindings of one file; ``complete`` is False where a limit cut something off."""

    functions: tuple[Function, ...]
    bindings: tuple[Binding, ...]
    complete: bool
    graphs: tuple[Graph, ...] = ()


def summarise(unit: model.Unit, never_returns: Callable[[str], bool], *, follow: bool = True) -> Summary:
    """The summary of one unit; ``never_returns`` tells of a qualified name that its call always leaves (``redirect``, ``abort``). ``follow`` False: without graphs of values."""
    scope = Scope(None, "")
    scope.answers.is_script = unit.language is not model.Language.PYTHON
    for entry in unit.imports:
        scope.imports[entry.local] = entry
    bind(scope, unit.body)
    file = File(unit.path, never_returns, [], {}, {}, set(), {}, [], {})
    enter_classes(unit.body, scope, typed=unit.language is not model.Language.PYTHON)
    draft = Draft(scope, [], [], [], [], [], [], [])
    _block(file, draft, unit.body, unit.span.end)
    values = Values(file.lambdas, never_returns, python=unit.language is model.Language.PYTHON)
    if follow:
        values.read("", scope, None, unit.body, tuple(draft.calls))
    functions = [
        Function(
            "", Place(unit.path, Span(unit.span.start, unit.span.start)), unit.span, calls=tuple(draft.calls), guards=tuple(draft.guards)
        )
    ]
    is_python = unit.language is model.Language.PYTHON
    rows_asked = FileRows(unit, scope).asked if is_python else partial(kept_rows, module=ModuleRows(unit, scope))
    keeps = kept_on_app if is_python else kept_for_requests
    on_app = [*keeps(file.path, unit.body, scope)]
    total = len(draft.calls)
    hidden: dict[str, int] = {}
    while file.tasks and total < MOST_CALLS:
        task = _told_apart(file.tasks.pop(0), file.tasks, hidden)
        inner = function_scope(task.scope, task.name, task.function, file.aliases.get(task.function.span.start, ()))
        functions.append(_function(file, task, inner))
        on_app += keeps(file.path, task.function.body, inner)
        if follow:
            values.read(task.name, inner, task.function, task.function.body, functions[-1].calls)
        if kept := rows_asked(task.function, inner):
            functions[-1] = structs.replace(functions[-1], calls=(*functions[-1].calls, *kept))
        total += len(functions[-1].calls)
    complete = not file.tasks and not unit.truncated
    found = Summary(tuple(functions), (*bindings(file, unit, scope), *together(on_app)), complete, values.graphs())
    values.release()
    scope.answers.release()
    return found


def _told_apart(task: Task, pending: list[Task], hidden: dict[str, int]) -> Task:
    """A function that a later one of the same name hides, under a name of its own where a decorator has kept it: ``@app.get("/")`` twice before ``home``."""
    kept = any(type(decorator) is model.Call for decorator in task.function.decorators)
    # So does one that a class hides which is called the same: the first stands at its address all the same.
    of_class = task.scope.this is not None
    if not (kept or of_class) or not any(
        other.name == task.name and (other.scope is task.scope if not of_class else other.scope is not task.scope) for other in pending
    ):
        return task
    hidden[task.name] = number = hidden.get(task.name, 0) + 1
    return task._replace(name=f"{task.name}~{number}")


def _function(file: File, task: Task, scope: Scope) -> Function:
    function = task.function
    bind(scope, function.body)
    draft = Draft(scope, [], [], [], [], [], [], [])
    end = function.block.end
    _block(file, draft, function.body, end)
    table = file.tables.get(function.span.start) if function.parameters else None
    if table is not None:
        draft.calls[:] = unrolled(file, draft.calls, function.body, scope, function.parameters[0].target, *table)
    if leaves(function.body, lambda called: is_last(file, draft, called)) is None:
        draft.results.append(Result(Span(end, end), empty=True))
    decorators = tuple(wrapper_of(file, task.scope, decorator) for decorator in function.decorators)
    is_asked = function.parameters or task.wrappers or decorators
    methods, paths = by_request(function.body, end, scope) if is_asked else ((), ())
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
        by_method=methods,
        grants=grants(function.body, scope) if task.name.endswith(f".{GIVES}") else (),
        by_path=paths,
        slips=(
            *(slips(file.path, function.body, scope, end) if is_asked else ()),
            *(self_said(file.path, function.body, scope, end) if is_asked else ()),
            *switches(file.path, function.body, scope, end),
        ),
        returns=_types(function.returns, task.scope) if function.decorators and function.returns is not None else (),
        yields=tuple(dict.fromkeys(draft.yields)),
        says_of=_says_of(function, scope),
        for_some=tuple(draft.for_some),
        caught=tuple(draft.caught),
        changes=_changes(task, draft, scope),
    )


def _changes(task: Task, draft: Draft, scope: Scope) -> tuple[Change, ...]:
    """Not what a constructor gives the object that it makes."""
    if scope.answers.is_script or task.name.endswith(".__init__"):
        return ()
    return row_changes(task.function.body, scope, keeps=any(KEEPS.search(call.callee) for call in draft.calls))


def _says_of(function: model.Function, scope: Scope) -> ForPaths | None:
    said = answer(function.body, scope) if function.parameters and len(function.body) <= _MOST_STATEMENTS else None
    return ForPaths(said.values, function.block, said.equal) if said is not None else None


def _types(annotation: Expression, scope: Scope) -> tuple[str, ...]:
    """The qualified names in a type."""
    found: dict[str, None] = {}
    pending = [annotation]
    while pending:
        part = pending.pop()
        name = qualify(part, scope) if type(part) in (Name, Attribute) else None
        if name is not None:
            found[name] = None
        else:
            pending += reversed(expressions(part))
    return tuple(found)


def _aliases(annotation: Expression | None, scope: Scope) -> list[Expression]:
    """What the names in a type stand for that this file gives a type: ``Annotated[str, Predicate(is_name)]`` for ``list[Shelf]``."""
    pending, found = [annotation] if annotation is not None else [], []
    while pending:
        part = pending.pop()
        meant = spelled_out(part, scope)
        if meant is not None and meant is not part:
            found.append(meant)
        pending += expressions(part)
    return found


def _parameter(file: File, scope: Scope, parameter: model.Parameter) -> Parameter:
    outer = scope.parent or scope
    calls: list[Call] = []
    declared = declared_type(parameter.annotation)
    alias = spelled_out(declared, outer)
    for part in (parameter.default, parameter.annotation, *_aliases(parameter.annotation, outer)):
        for call in () if part is None else calls_inside(part):
            found = call_of(file, outer, call, None)
            if found is not None:
                calls.append(found)
    names = ",".join(name for name, holder in scope.parameters.items() if holder is parameter)
    declared = declared_type(alias)
    annotation = qualify(declared.value if type(declared) is Subscript else declared, outer) if declared is not None else None
    marks = [wrapper_of(file, outer, mark) for mark in parameter.decorators]
    return Parameter(names, annotation, tuple(calls), tuple(mark for mark in marks if mark is not None))


def _block(file: File, draft: Draft, statements: tuple[Statement, ...], end: int) -> None:
    """Walk statements in order; ``end`` is where the block that they dominate ends."""
    for statement in statements:
        for expression in statement_expressions(statement):
            if type(expression) is not Name and type(expression) is not Literal:
                reach = Span(min(expression.span.end, end), end)
                read_expression(file, draft, expression, _prefix(draft.scope, statement), reach, declared=type(statement) is Assign)
        match statement:
            case Return():
                draft.results.extend(results(file, draft, statement))
            case Evaluate(value=Operation(operator="yield", operands=(given,))):
                draft.yields.extend(names_of(given, draft.scope))
            case Branch():
                _branch(file, draft, statement, end)
            case Loop():
                before = len(draft.calls)
                _block(file, draft, statement.body, _inner_end(statement.body, end))
                if statement.target is not None and statement.source is not None and not statement.by_key:
                    inner = draft.calls[before:]
                    draft.calls[before:] = unrolled(
                        file, inner, statement.body, draft.scope, statement.target, statement.source, draft.scope
                    )
                _block(file, draft, statement.orelse, _inner_end(statement.orelse, end))
            case Block():
                _block(file, draft, (*statement.items, *statement.body), end)
            case Try():
                _try(file, draft, statement, end)
            case Define(value=model.Function() as function):
                file.tasks.append(Task(path_of(draft.scope, function.name), function, draft.scope, ()))
            case Define(value=model.Class() as value):
                _class(file, draft, value)


def _class(file: File, draft: Draft, value: model.Class) -> None:
    inner = class_scope(draft.scope, value)
    for member in value.body:
        if isinstance(member, Define) and isinstance(member.value, model.Function):
            file.tasks.append(Task(path_of(inner, member.value.name), member.value, inner, ()))
        elif isinstance(member, Assign) and isinstance(member.value, Lambda) and isinstance(member.target, Name):
            file.tasks.append(Task(path_of(inner, member.target.id), member.value.function, inner, ()))
        elif isinstance(member, Assign) and isinstance(member.value, model.Call) and isinstance(member.target, Name):
            # ``remove = asyncHandler(async (req, res) => …)``: what the call itself does is done where an object is made.
            held = Draft(inner, [], [], [], [], [], [], [])
            read_expression(file, held, member.value, path_of(inner, member.target.id), member.value.span, declared=True)


def _end_of(statements: tuple[Statement, ...]) -> int:
    return statements[-1].span.end if statements else 0


def _inner_end(statements: tuple[Statement, ...], end: int) -> int:
    """Where a block in one that ends at ``end`` ends: always before it, also where no brace parts them."""
    return max(min(_end_of(statements), end) - 1, 0)


def _branch(file: File, draft: Draft, branch: Branch, end: int) -> None:
    def never(called: Expression) -> bool:
        return is_last(file, draft, called)

    ways = (leaves(branch.body, never), leaves(branch.orelse, never))
    ends = (_inner_end(branch.body, end), _inner_end(branch.orelse, end))
    after = Span(min(branch.span.end, end), end)
    body = Span(min(branch.test.span.end, ends[0]), ends[0])
    orelse = Span(branch.orelse[0].span.start, ends[1]) if branch.orelse else None
    known = requirements(branch.test, draft.scope)
    place = Place(file.path, branch.test.span)
    _for_some(draft, branch, (ways[0], ways[1]), (body, after, orelse), place)
    if known.passed:
        reaches = [body, after] if ways[1] and not ways[0] else [body]
        status = status_of_statements(branch.orelse)
        for required in known.passed:
            add_guard(draft, required, reaches, ways[1] or "end", place, status)
    reaches = [span for span in (orelse, after if ways[0] and not ways[1] else None) if span is not None]
    status = status_of_statements(branch.body) if reaches else None
    for required in known.failed:
        add_guard(draft, required, reaches, ways[0] or "end", place, status)
    if ways[0] and not known.failed and (status in (401, 403) or ways[0] == "raise"):
        draft.guards.append(Guard(subject=Subject.VALUE, names=(), reach=after, rejects=ways[0], place=place, status=status))
    _block(file, draft, branch.body, ends[0])
    _block(file, draft, branch.orelse, ends[1])
    # Where one side leaves, what holds at the end of the other holds after the branch.
    if not ways[0] and (branch.orelse or ways[1]):
        draft.joins.append(Join(ends[0], ends[0] if ways[1] else ends[1], after))
    elif ways[0] and not ways[1] and branch.orelse:
        draft.joins.append(Join(ends[1], ends[1], after))
    elif not ways[0] and (known.failed or path_tests(branch.test, draft.scope)):
        # Before the test, whose own parts may be guarded: what it says where it fails stands for the way that has no statements.
        skipped = max(branch.test.span.start - 1, 0)
        for required in known.failed:
            add_guard(draft, required, [Span(skipped, skipped)], "end", place, None)
        draft.joins.append(Join(ends[0], skipped, after))


def _for_some(
    draft: Draft, branch: Branch, ways: tuple[str | None, str | None], spans: tuple[Span, Span, Span | None], place: Place
) -> None:
    """What a test comes down to where the address is known that is asked for."""
    parts = apart(branch.test, draft.scope)
    if parts is None:
        return
    body, after, orelse = spans
    where = tuple(ForPaths(each.values, Span(0, 0), each.equal) for each in parts.where)
    known = requirements(parts.rest, draft.scope)
    passed = [body, after] if ways[1] and not ways[0] else [body]
    failed = [span for span in (orelse, after if ways[0] and not ways[1] else None) if span is not None]
    for required, reaches, way, left in (
        *((each, passed, ways[1], branch.orelse) for each in known.passed),
        *((each, failed, ways[0], branch.body) for each in known.failed),
    ):
        status = status_of_statements(left) if reaches else None
        for reach in reaches:
            guard = Guard(required.subject, required.names, reach, way or "end", place, status, required.inverted, required.either)
            draft.for_some.append(ForSome(guard, where))


def _try(file: File, draft: Draft, statement: Try, end: int) -> None:
    def never(called: Expression) -> bool:
        return is_last(file, draft, called)

    body = _inner_end(statement.orelse or statement.body, end)
    _block(file, draft, statement.body, body)
    _block(file, draft, statement.orelse, body)
    for handler in statement.handlers:
        last = _inner_end(handler.body, end)
        _block(file, draft, handler.body, last)
        if handler.body and len(statement.body) > 1:
            before = statement.body[-1].span.start
            draft.caught.append(Join(before, before, Span(handler.body[0].span.start, last)))
    _block(file, draft, statement.final, end)
    for handler in statement.handlers:
        status = status_of_statements(handler.body)
        if status in (401, 403):
            # Where there is no such entry this ends there: ``sessions[token].id``. Whether that is one of a caller can't be told.
            place = Place(file.path, handler.span)
            for each in statement.body:
                if any(map(needs_entry, statement_expressions(each))):
                    reach = Span(each.span.end, body)
                    draft.guards.append(Guard(Subject.VALUE, (), reach, leaves(handler.body, never) or "return", place, status))
    after = Span(min(statement.span.end, end), end)
    if all(leaves(handler.body, never) for handler in statement.handlers):
        # Handlers and what is done in the end run where the body was left, too; what comes after them does not.
        draft.joins.append(Join(body, body, after))
    elif len(statement.handlers) == 1 and may_end(statement.handlers[0].body):
        # It refuses, or hangs up, and goes on nevertheless: whether that is the end is for the server to say.
        draft.joins.append(Join(body, _inner_end(statement.handlers[0].body, end), after))


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
            case Attribute(value=Name(id="this"), name=name):  # a function that makes objects: ``this.list = (req, res) => …``
                return path_of(scope, name)
            case Attribute(name=name) if is_exports(statement.target.value):
                return path_of(scope, name)
            case Attribute(value=Name(id=holder) | Attribute(value=Name(id=holder), name="prototype"), name=name):
                return path_of(scope, f"{holder}.{name}")
            case Attribute(name=name):
                return path_of(scope, name)
    return scope.owner
