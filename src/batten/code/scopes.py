"""The names that functions and modules bind, and to what; knows nothing of other files."""

from typing import Any, NamedTuple

from batten.code.model import (
    Assign,
    Attribute,
    Block,
    Branch,
    Call,
    Class,
    Define,
    Expression,
    Function,
    Import,
    Lambda,
    Loop,
    Name,
    Parameter,
    Statement,
    Try,
    Unknown,
)
from batten.code.parts import bound_parameters, targets

_MOST_VALUES = 100
_ANYTHING = "anything"


class Value(NamedTuple):
    """One thing a name was bound to: an expression, and the path of properties taken from it by destructuring; ``sometimes``: in one side of a branch.

    ``marks`` are the decorators of a field.
    """

    expression: Expression
    path: tuple[str, ...]
    scope: "Scope"
    declares: bool = False
    sometimes: bool = False
    marks: tuple[Expression, ...] = ()


def live(values: list[Value], position: int) -> list[Value]:
    """The values a name may have at a position: those since its last declaration before it (blocks have names of their own)."""
    if len(values) <= 1:
        return values
    start = -1
    for value in values:
        if value.declares and start < value.expression.span.start < position:
            start = value.expression.span.start
    found = [
        value
        for value in values
        if value.expression.span.start >= start and not (value.declares and value.expression.span.start > position)
    ]
    return found or values


class Answers:
    """What names and expressions of a file were found to stand for; void once a function gives a name from around it one more value.

    It also keeps chains of values that lead into each other from being followed over and over. An expression is known by its ``id``: it outlives its scope.
    ``is_script``: the file is JavaScript or TypeScript.
    """

    __slots__ = ("homes", "is_script", "names", "qualified", "roots", "scopes", "texts")

    def __init__(self) -> None:
        self.is_script = False
        self.scopes: list[Scope] = []
        self.homes: dict[tuple[str, Scope], Scope | None] = {}
        self.qualified: dict[tuple[str, Scope, int, int], str | None] = {}
        self.names: dict[tuple[int, Scope, int], tuple[str, ...]] = {}
        self.texts: dict[tuple[int, Scope, int], str | None] = {}
        self.roots: dict[tuple[int, Scope], list[Any]] = {}

    def clear(self) -> None:
        """Forgets everything."""
        for known in (self.homes, self.qualified, self.names, self.roots, self.texts):
            known.clear()

    def release(self) -> None:
        """Part all scopes of the file, so that they go when nobody looks at them: values and scopes know each other."""
        self.clear()
        for scope in self.scopes:
            scope.values.clear()
        self.scopes.clear()


class Scope:
    """The names that one function, or the module, binds; ``owner`` is the qualified path of what it belongs to.

    ``answers`` is what all scopes of a file were asked so far.
    """

    __slots__ = ("answers", "functions", "imports", "owner", "parameters", "parent", "this", "values")

    def __init__(self, parent: "Scope | None", owner: str, this: str | None = None) -> None:
        self.parent = parent
        self.owner = owner
        self.this: str | None = this if this is not None else (parent.this if parent is not None else None)
        self.imports: dict[str, Import] = {}
        self.values: dict[str, list[Value]] = {}
        self.functions: dict[str, str] = {}
        self.parameters: dict[str, Parameter] = {}
        self.answers: Answers = Answers() if parent is None else parent.answers
        self.answers.scopes.append(self)

    def find(self, name: str) -> "Scope | None":
        """The nearest scope that binds a name, or None for a global."""
        key = (name, self)
        homes = self.answers.homes
        if key not in homes:
            homes[key] = _nearest(name, self)
        return homes[key]


def _nearest(name: str, scope: Scope | None) -> Scope | None:
    while scope is not None:
        if name in scope.values or name in scope.parameters or name in scope.functions or name in scope.imports:
            return scope
        scope = scope.parent
    return None


def bind(scope: Scope, statements: tuple[Statement, ...]) -> None:
    """Enter every name that the statements bind, whatever the order; bodies of inner functions are not entered."""
    pending = [(statement, False) for statement in reversed(statements)]
    while pending:
        statement, sometimes = pending.pop()
        inner: tuple[Statement, ...] = ()
        match statement:
            case Assign():
                _bind_assign(scope, statement, sometimes)
            case Define():
                scope.functions[statement.value.name] = path_of(scope, statement.value.name)
            case Branch():
                sometimes, inner = True, (*statement.body, *statement.orelse)
            case Loop():
                if statement.target is not None and statement.source is not None:
                    for name, path in targets(statement.target):
                        _enter(scope, name, Value(statement.source, ("[]", *path), scope, declares=True))
                inner = (*statement.body, *statement.orelse)
            case Block():
                inner = (*statement.items, *statement.body)
            case Try():
                inner = (*statement.body, *statement.orelse, *statement.final, *(each for one in statement.handlers for each in one.body))
        pending += [(each, sometimes) for each in inner]


def _enter(scope: Scope, name: str, value: Value) -> None:
    """A scope gives a name one more value; what it is given hundreds of, as machines write code, can't be told, and each use would go through all of them."""
    values = scope.values.setdefault(name, [])
    if len(values) == _MOST_VALUES:
        values[:] = [Value(Unknown(value.expression.span, _ANYTHING), (), scope)]
    elif not values or not (isinstance(values[0].expression, Unknown) and values[0].expression.kind == _ANYTHING):
        values.append(value)


def path_of(scope: Scope, name: str) -> str:
    """The path, unique in the file, of something declared in a scope."""
    return f"{scope.owner}.{name}" if scope.owner else name


def _bind_assign(scope: Scope, statement: Assign, sometimes: bool) -> None:
    value = statement.value
    if value is None:
        return
    if isinstance(statement.target, Name):
        name = statement.target.id
        if isinstance(value, Lambda):
            scope.functions[name] = path_of(scope, name)
            return
        home = scope if statement.declares else (_nearest(name, scope) or scope)
        if home is not scope:
            scope.answers.clear()
        _enter(home, name, Value(value, (), scope, statement.declares, sometimes))
        return
    if isinstance(statement.target, Attribute):
        owner = statement.target.value
        if isinstance(owner, Name) and owner.id in ("self", "this") and scope.this is not None:
            scope.answers.clear()
            _enter(module_scope(scope), f"{scope.this}.{statement.target.name}", Value(value, (), scope))
        # ``self.shelves["small"] = Shelf()``: an entry of a table that is filled one by one.
        if isinstance(value, Call) and isinstance(owner, Attribute) and scope.this is not None:
            match owner.value:
                case Name(id="self" | "this"):
                    scope.answers.clear()
                    entry = f"{scope.this}.{owner.name}.{statement.target.name}"
                    _enter(module_scope(scope), entry, Value(value, (), scope))
        return
    for name, path in targets(statement.target):
        _enter(scope, name, Value(value, path, scope, statement.declares, sometimes))


def module_scope(scope: Scope) -> Scope:
    """The outermost scope."""
    while scope.parent is not None:
        scope = scope.parent
    return scope


def class_scope(module: Scope, value: Class) -> Scope:
    """The scope in which the methods of a class are bound."""
    return Scope(module, path_of(module, value.name), this=path_of(module, value.name))


def function_scope(parent: Scope, path: str, function: Function, aliases: tuple[Expression, ...] = ()) -> Scope:
    """The scope of a function, with its parameters; ``aliases`` are the names from around it that the only call of it hands to them."""
    scope = Scope(parent, path)
    for name, parameter in bound_parameters(function):
        scope.parameters[name] = parameter
    for parameter, given in zip(function.parameters, aliases, strict=False):
        if isinstance(parameter.target, Name) and isinstance(given, (Name, Attribute)):
            _enter(scope, parameter.target.id, Value(given, (), parent))
    return scope
