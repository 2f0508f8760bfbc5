"""What names stand for inside one file: scopes, qualified names and the roots of values; knows nothing of other files.

Qualified names are ``module#path`` for what is imported, ``#path`` for what the file defines, ``@parameter.path`` for
what a caller hands in, and a bare dotted path for globals (``fetch``, ``process.env.KEY``). A chain of calls keeps every
step and drops the arguments.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from batten.code.model import (
    Assign,
    Attribute,
    Await,
    Block,
    Branch,
    Call,
    Class,
    Define,
    Evaluate,
    Expression,
    Function,
    Import,
    Lambda,
    Literal,
    Loop,
    Name,
    Operation,
    Parameter,
    Raise,
    Record,
    Return,
    Sequence,
    Statement,
    Subscript,
    Template,
    Try,
    Unknown,
)
from batten.text import Span

# A name that takes more hops than this is a cycle or not worth following.
MAX_HOPS = 12
# Operators that give one of their operands.
CHOICES = frozenset(("||", "??", "&&", "?:"))
# A text that is put together of others and longer than this is not told.
_LONGEST_TEXT = 10_000
# Roots of one value beyond this number say no more than the first ones do.
MAX_ROOTS = 16
# Types that stand round the one that counts.
_WRAPPERS = frozenset(("Optional", "Annotated", "Readonly", "Required"))
_CONDITIONS = frozenset(("==", "!=", "!", "&&", "in", "not in"))


class Value(NamedTuple):
    """One thing a name was bound to: an expression, and the path of properties taken from it by destructuring."""

    expression: Expression
    path: tuple[str, ...]
    scope: "Scope"
    declares: bool = False


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
    """

    __slots__ = ("homes", "names", "qualified", "roots", "texts")

    def __init__(self) -> None:
        self.homes: dict[tuple[str, Scope], Scope | None] = {}
        self.qualified: dict[tuple[str, Scope, int, int], str | None] = {}
        self.names: dict[tuple[int, Scope, int], tuple[str, ...]] = {}
        self.texts: dict[tuple[int, Scope, int], str | None] = {}
        self.roots: dict[tuple[int, Scope], list[Any]] = {}

    def clear(self) -> None:
        """Forgets everything."""
        for known in (self.homes, self.qualified, self.names, self.roots, self.texts):
            known.clear()


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


def expressions(node: Expression) -> tuple[Expression, ...]:
    """The direct sub-expressions of an expression, in source order; a lambda's body is not one."""
    children = _CHILDREN.get(type(node))
    return () if children is None else children(node)


# A table, since this is asked of every node of every file that matters.
_CHILDREN: dict[type[Expression], Callable[[Any], tuple[Expression, ...]]] = {
    Call: lambda node: (
        (node.callee, *node.args, *[keyword.value for keyword in node.keywords]) if node.keywords else (node.callee, *node.args)
    ),
    Attribute: lambda node: (node.value,),
    Await: lambda node: (node.value,),
    Subscript: lambda node: (node.value, node.index),
    Template: lambda node: node.parts,
    Record: lambda node: tuple([entry.value for entry in node.entries]),
    Sequence: lambda node: node.items,
    Operation: lambda node: node.operands,
    Unknown: lambda node: node.children,
}


def targets(target: Expression, path: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The names that an assignment target binds, each with the property path that it takes."""
    match target:
        case Name():
            yield target.id, path
        case Operation(operator="=") if target.operands:
            yield from targets(target.operands[0], path)
        case Operation(operator="...") if target.operands:
            yield from targets(target.operands[0], path)
        case Record():
            for entry in target.entries:
                yield from targets(entry.value, path if entry.key is None else (*path, entry.key))
        case Sequence():
            for number, item in enumerate(target.items):
                yield from targets(item, (*path, f"[{number}]"))


def bind(scope: Scope, statements: tuple[Statement, ...]) -> None:
    """Enter every name that the statements bind, whatever the order; bodies of inner functions are not entered."""
    pending = list(reversed(statements))
    while pending:
        statement = pending.pop()
        match statement:
            case Assign():
                _bind_assign(scope, statement)
            case Define():
                scope.functions[statement.value.name] = path_of(scope, statement.value.name)
            case Branch():
                pending += [*statement.body, *statement.orelse]
            case Loop():
                if statement.target is not None and statement.source is not None:
                    for name, path in targets(statement.target):
                        scope.values.setdefault(name, []).append(Value(statement.source, ("[]", *path), scope, declares=True))
                pending += [*statement.body, *statement.orelse]
            case Block():
                pending += [*statement.items, *statement.body]
            case Try():
                pending += [*statement.body, *statement.orelse, *statement.final]
                for handler in statement.handlers:
                    pending += handler.body


def path_of(scope: Scope, name: str) -> str:
    """The path, unique in the file, of something declared in a scope."""
    return f"{scope.owner}.{name}" if scope.owner else name


def _bind_assign(scope: Scope, statement: Assign) -> None:
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
        home.values.setdefault(name, []).append(Value(value, (), scope, statement.declares))
        return
    if isinstance(statement.target, Attribute):
        owner = statement.target.value
        if isinstance(owner, Name) and owner.id in ("self", "this") and scope.this is not None:
            scope.answers.clear()
            module_scope(scope).values.setdefault(f"{scope.this}.{statement.target.name}", []).append(Value(value, (), scope))
        return
    for name, path in targets(statement.target):
        scope.values.setdefault(name, []).append(Value(value, path, scope, statement.declares))


def qualify(node: Expression, scope: Scope, hops: int = MAX_HOPS) -> str | None:
    """The qualified name of what an expression denotes, following local values; None where there is none."""
    tail: list[str] = []
    while True:
        if type(node) is Attribute:
            field = _field_value(node, scope) if hops > 0 else None
            if field is not None:
                root = qualify(field.expression, field.scope, hops - 1)
                if root is not None:
                    return join(root, reversed(tail))
            tail.append(node.name)
            node = node.value
        elif type(node) is Name:
            root = _qualify_name(node.id, scope, hops, node.span.start)
            return root if root is None or not tail else join(root, reversed(tail))
        elif type(node) is Call:
            callee = node.callee
            if type(callee) is Name and callee.id in ("import", "require") and len(node.args) == 1:
                module = node.args[0]
                if isinstance(module, Literal) and isinstance(module.value, str):
                    return join(f"{module.value}#", reversed(tail))
                return None
            node = callee
        elif type(node) is Await:
            node = node.value
        elif type(node) is Subscript:
            tail.append("[]")
            node = node.value
        elif type(node) is Operation and node.operator in CHOICES:
            choices = node.operands[1:] if node.operator in ("&&", "?:") else node.operands
            names = [name for choice in choices if (name := qualify(choice, scope, hops - 1))] if hops > 0 else []
            best = next((name for name in names if "#" in name), names[0] if names else None)
            return None if best is None else join(best, reversed(tail))
        elif type(node) is Unknown and len(node.children) == 1:
            node = node.children[0]
        else:
            return None


def declared_type(annotation: Expression | None) -> Expression | None:
    """The one type that a value has where it is there: ``A`` for ``A | None``, ``Optional[A]``, ``Annotated[A, …]``, ``"A"`` and ``A | undefined``."""
    for _ in range(MAX_HOPS):
        if type(annotation) is Subscript and _last(annotation.value) in _WRAPPERS:
            index = annotation.index
            annotation = index.items[0] if type(index) is Sequence and index.items else index
        elif isinstance(annotation, (Operation, Unknown)):
            choices = annotation.operands if isinstance(annotation, Operation) else annotation.children
            if (annotation.operator if isinstance(annotation, Operation) else annotation.kind) not in ("|", "union_type"):
                break
            present = [each for each in choices if not _is_nothing(each)]
            if len(present) != 1:
                return annotation
            annotation = present[0]
        elif type(annotation) is Literal and isinstance(annotation.value, str) and annotation.value.isidentifier():
            return Name(annotation.span, annotation.value)
        else:
            break
    return annotation


def _last(node: Expression) -> str:
    return node.name if type(node) is Attribute else getattr(node, "id", "")


def _is_nothing(node: Expression) -> bool:
    return (type(node) is Literal and node.value is None) or (type(node) is Name and node.id in ("undefined", "null"))


def _field_value(node: Attribute, scope: Scope) -> Value | None:
    """What ``self.name`` was bound to in the class, or None."""
    if scope.this is None or type(node.value) is not Name or node.value.id not in ("self", "this"):
        return None
    values = module_scope(scope).values.get(f"{scope.this}.{node.name}")
    return values[0] if values else None


def module_scope(scope: Scope) -> Scope:
    """The outermost scope."""
    while scope.parent is not None:
        scope = scope.parent
    return scope


def join(root: str, steps: "Iterator[str] | tuple[str, ...] | list[str]") -> str:
    """A qualified name with further steps after it."""
    path = ".".join(steps)
    if not path:
        return root
    return f"{root}{path}" if root.endswith("#") else f"{root}.{path}"


def _qualify_name(name: str, scope: Scope, hops: int, position: int) -> str | None:
    if scope.this is not None and name in ("self", "this", "cls"):
        return f"#{scope.this}"
    home = scope.find(name)
    if home is None:
        return name
    # Where a name has several values the position tells which of them it has.
    key = (name, home, hops, position if len(home.values.get(name, ())) > 1 else -1)
    qualified = home.answers.qualified
    if key not in qualified:
        qualified[key] = _named(name, home, hops, position)
    return qualified[key]


def _named(name: str, home: Scope, hops: int, position: int) -> str | None:
    if name in home.functions:
        return f"#{home.functions[name]}"
    if name in home.imports:
        entry = home.imports[name]
        return f"{entry.module}#" if entry.name == "*" else f"{entry.module}#{entry.name}"
    if name in home.values and hops > 0:
        for value in live(home.values[name], position):
            root = qualify(value.expression, value.scope, hops - 1)
            if root is not None and root not in ("null", "undefined", "None"):
                return join(root, value.path)
    if name in home.parameters:
        annotation = declared_type(home.parameters[name].annotation)
        typed = qualify(annotation, home.parent or home, hops - 1) if annotation is not None and hops > 0 else None
        return typed if typed is not None and "#" in typed else f"@{name}"
    return f"#{path_of(home, name)}" if name in home.values else None


def binding_of(node: Expression, scope: Scope) -> str | None:
    """The binding at the root of an expression, as written: ``#app``, ``@app`` or ``./server#app``; None for a global or a value without a name."""
    while type(node) is not Name:
        if type(node) is Attribute or type(node) is Subscript or type(node) is Await:
            node = node.value
        elif type(node) is Call:
            node = node.callee
        else:
            return None
    home = scope.find(node.id)
    if home is None:
        return None
    if node.id in home.imports:
        entry = home.imports[node.id]
        return f"{entry.module}#{'' if entry.name == '*' else entry.name}"
    if node.id in home.parameters:
        return f"@{home.owner}:{node.id}"
    return f"#{path_of(home, node.id)}"


def is_parameter(name: str, scope: Scope) -> bool:
    """The name is a parameter here, and is not bound to anything else as well."""
    home = scope.find(name)
    return home is not None and name in home.parameters and name not in home.values


def maker_of(node: Expression, scope: Scope, hops: int = MAX_HOPS) -> Span | None:
    """The call whose result an expression is built on, through names bound to it; None where there is none in this file."""
    found: Span | None = None
    while True:
        if type(node) is Name and hops > 0:
            home = scope.find(node.id)
            values = live(home.values.get(node.id, []), node.span.start) if home is not None else []
            if not values:
                return found
            node, scope, hops = values[0].expression, values[0].scope, hops - 1
        elif type(node) is Attribute or type(node) is Subscript or type(node) is Await:
            node = node.value
        elif type(node) is Call:
            found = node.span
            node = node.callee
        elif type(node) is Operation and node.operator in ("||", "??") and node.operands:
            node = node.operands[-1]
        else:
            return found


def text_of(node: Expression, scope: Scope, hops: int = MAX_HOPS) -> str | None:
    """The constant text of an expression: a string, number or boolean, also through names bound once and constant templates."""
    if type(node) is Literal:
        value = node.value
        if value is None:
            return "none"
        return str(value).lower() if isinstance(value, bool) else str(value)
    if type(node) is Template or (type(node) is Operation and node.operator == "+"):
        key = (id(node), scope, hops)
        texts = scope.answers.texts
        if key not in texts:
            texts[key] = _joined(node, scope, hops)
        return texts[key]
    if type(node) is Attribute and hops > 0:
        held = _held(node, scope)
        return text_of(held[0], held[1], hops - 1) if held is not None else None
    if type(node) is Name and hops > 0:
        home = scope.find(node.id)
        values = live(home.values.get(node.id, []), node.span.start) if home is not None else []
        if len(values) == 1 and not values[0].path:
            return text_of(values[0].expression, values[0].scope, hops - 1)
    return None


def _joined(node: Template | Operation, scope: Scope, hops: int) -> str | None:
    parts: list[str] = []
    if type(node) is Operation and not is_text(node):
        return None  # a sum of numbers
    for part in node.parts if type(node) is Template else expressions(node):
        text = text_of(part, scope, hops - 1) if hops > 0 else None
        if text is None:
            return None
        parts.append(text)
    found = "".join(parts)
    return found if len(found) <= _LONGEST_TEXT else None


def is_text(node: Operation) -> bool:
    """Whether one side of a ``+`` is written as a text, so that all of it is one."""
    return any(type(part) is Template or (type(part) is Literal and isinstance(part.value, str)) for part in node.operands[:2])


def _held(node: Attribute, scope: Scope) -> tuple[Expression, Scope] | None:
    """What ``TABLES.users`` is in a record of this file that is bound once."""
    path = [node.name]
    base = node.value
    while type(base) is Attribute and len(path) < MAX_HOPS:
        path.append(base.name)
        base = base.value
    home = scope.find(base.id) if type(base) is Name else None
    values = live(home.values.get(base.id, []), base.span.start) if home is not None and type(base) is Name else []
    if len(values) != 1 or values[0].path:
        return None
    found = values[0].expression
    while path and type(found) is Record:
        key = path.pop()
        found = next((entry.value for entry in reversed(found.entries) if entry.key == key), None) or Unknown(found.span, "missing")
    return None if path else (found, values[0].scope)


def condition_of(name: Name, scope: Scope) -> Value | None:
    """The condition that a name stands for: ``const isAdmin = user.role === "admin"``; None where it stands for anything else."""
    home = scope.find(name.id)
    values = live(home.values.get(name.id, []), name.span.start) if home is not None else []
    if len(values) != 1 or values[0].path:
        return None
    found = values[0].expression
    return values[0] if type(found) is Operation and found.operator in _CONDITIONS else None


def class_scope(module: Scope, value: Class) -> Scope:
    """The scope in which the methods of a class are bound."""
    return Scope(module, path_of(module, value.name), this=path_of(module, value.name))


def statement_expressions(statement: Statement) -> tuple[Expression, ...]:
    """The expressions that a statement evaluates itself, without those of the statements inside it."""
    if type(statement) is Assign:
        found = () if statement.value is None else (statement.value,)
        return (*found, statement.target) if isinstance(statement.target, (Attribute, Subscript)) else found
    if type(statement) is Return or type(statement) is Raise:
        return () if statement.value is None else (statement.value,)
    if type(statement) is Branch:
        return (statement.test,)
    if type(statement) is Evaluate:
        return (statement.value,)
    if type(statement) is Loop:
        return tuple([part for part in (statement.source, statement.test) if part is not None])
    return ()


def bound_parameters(function: Function) -> Iterator[tuple[str, Parameter]]:
    """Every name that the parameters of a function bind."""
    for parameter in function.parameters:
        for name, _ in targets(parameter.target):
            yield name, parameter
