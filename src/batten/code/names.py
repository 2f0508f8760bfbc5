"""What names stand for inside one file: qualified names, texts and the roots of values; knows nothing of other files.

Qualified names are ``module#path`` for what is imported, ``#path`` for what the file defines, ``@parameter.path`` for
what a caller hands in, and a bare dotted path for globals (``fetch``, ``process.env.KEY``). A chain of calls keeps every
step and drops the arguments. ``held:#shelf`` is what a container of services keeps under a token.
"""

from collections.abc import Iterable

from batten.code.handed_out import asked_of_container, held_under_class, setting_of_app, taken_of_container
from batten.code.model import (
    Attribute,
    Await,
    Call,
    Expression,
    Literal,
    Name,
    Operation,
    Record,
    Sequence,
    Subscript,
    Template,
    Unknown,
)
from batten.code.parts import expressions, last_step
from batten.code.scopes import Scope, Value, live, module_scope, path_of
from batten.regex import regex
from batten.text import Span

HELD = "held:"
"""In the place of a module: what comes after it is the token of something in a container of services."""

# What handlers are given, and its types: that says nothing of where what is in it comes from, and a request is one without a type as well.
_OF_HANDLERS = regex(r"_?(?:req|request|res|response|reply|rep|c|ctx|context|event|next|h)")
_HANDED_IN = regex(r"[#.]\w*(?:Request|Response|Reply|Context|Event|Next\w*|Toolkit)$")
# A name that takes more hops than this is a cycle or not worth following.
MAX_HOPS = 12
# Operators that give one of their operands.
CHOICES = frozenset(("||", "??", "&&", "?:"))
# A text that is put together of others and longer than this is not told.
_LONGEST_TEXT = 10_000
# A name of a chain that is longer than this says no more than its first part.
_LONGEST_NAME = 400
# Roots of one value beyond this number say no more than the first ones do.
MAX_ROOTS = 16
# Types that stand round the one that counts.
_WRAPPERS = frozenset(("Optional", "Annotated", "Readonly", "Required"))
# What these give is the function that they are given.
_FORMS = frozenset(("functools#partial", "util#promisify", "util#default.promisify", "node:util#promisify", "node:util#default.promisify"))
_CONDITIONS = frozenset(("==", "!=", "!", "&&", "in", "not in"))


_COMMON_JS = frozenset(("exports", "module"))


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
            held = taken_of_container(node)
            if held is not None:
                return join(f"{HELD}#{held}", reversed(tail))
            tail.append(node.name)
            node = node.value
        elif type(node) is Name:
            if tail and node.id in _COMMON_JS and (own := _of_exports(node.id, tail, scope)) is not None:
                return own
            root = _qualify_name(node.id, scope, hops, node.span.start)
            return root if root is None or not tail else join(root, reversed(tail))
        elif type(node) is Call:
            callee = node.callee
            if type(callee) is Name and callee.id in ("import", "require") and len(node.args) == 1:
                module = node.args[0]
                if isinstance(module, Literal) and isinstance(module.value, str):
                    return join(f"{module.value}#", reversed(tail))
                return None
            if last_step(callee) == "import_module" and (imported := _imported(node, callee, scope, hops)):
                return join(f"{imported}#", reversed(tail))
            setting = setting_of_app(node)
            if setting is not None and type(callee) is Attribute:
                tail.append(setting)
                node = callee.value
                continue
            asked = asked_of_container(node)
            if isinstance(asked, str):
                return join(f"{HELD}#{asked}", reversed(tail))
            node = asked or _prepared(node, callee, scope, hops) or callee
        elif type(node) is Await:
            node = node.value
        elif type(node) is Subscript:
            given = held_under_class(node)
            if given is None:
                tail.append("[]")
            node = given or node.value
        elif type(node) is Operation and node.operator in CHOICES:
            choices = node.operands[1:] if node.operator in ("&&", "?:") else node.operands
            names = [name for choice in choices if (name := qualify(choice, scope, hops - 1))] if hops > 0 else []
            best = next((name for name in names if "#" in name), names[0] if names else None)
            return None if best is None else join(best, reversed(tail))
        elif type(node) is Operation and node.operator == "|":
            piped = _piped(node, scope, hops)
            return None if piped is None else join(piped, reversed(tail))
        elif type(node) is Unknown and len(node.children) == 1:
            node = node.children[0]
        else:
            return None


def _of_exports(name: str, tail: list[str], scope: Scope) -> str | None:
    """``exports.find`` and ``module.exports.find`` inside of the file that exports it: the function of that name."""
    steps = tail[::-1] if name == "exports" else tail[-2::-1] if tail[-1] == "exports" else []
    return f"#{'.'.join(steps)}" if steps and scope.find(name) is None and scope.find(steps[0]) is None else None


def _piped(node: Operation, scope: Scope, hops: int) -> str | None:
    """``a.__or__.b`` for ``a | b``, as libraries chain what they run; None for a type that may be missing, and where nothing has a name from outside."""
    if hops <= 0 or any(type(operand) is Literal and operand.value is None for operand in node.operands):
        return None
    # Half the hops for all but the first: else values that are piped with themselves would be looked up without end.
    found = [qualify(operand, scope, hops - 1 if not at else hops // 2) for at, operand in enumerate(node.operands)]
    names = [name for name in found if name is not None]
    if not names or names[0].startswith(("#", "@")) or "#" not in names[0]:
        return None
    more = [name.replace("#", ".").lstrip(".") for name in names[1:]]
    whole = join(names[0], ["__or__", *more])
    return whole if len(whole) <= _LONGEST_NAME else names[0]


def _prepared(node: Call, callee: Expression, scope: Scope, hops: int) -> Expression | None:
    """The function that ``partial(function, …)``, ``function.bind(…)`` and ``promisify(function)`` give in another form."""
    last = last_step(callee)
    if last in ("partial", "promisify") and node.args and qualify(callee, scope, hops - 1) in _FORMS:
        return node.args[0]
    if last == "bind" and type(callee) is Attribute and type(callee.value) in (Name, Attribute):
        return callee.value
    return None


def _imported(node: Call, callee: Expression, scope: Scope, hops: int) -> str | None:
    """The module of ``importlib.import_module("module")``; one that begins with a dot is relative to its package, this one unless another is named."""
    given = [arg.value if isinstance(arg, Literal) else None for arg in node.args[:2]] if node.args else []
    if not given or not isinstance(given[0], str) or qualify(callee, scope, hops - 1) != "importlib#import_module":
        return None
    package = next((keyword.value for keyword in node.keywords if keyword.name == "package"), node.args[1] if len(node.args) > 1 else None)
    named = package.value if isinstance(package, Literal) and isinstance(package.value, str) else ""
    return named + given[0] if given[0].startswith(".") else given[0]


def declared_type(annotation: Expression | None) -> Expression | None:
    """The one type that a value has where it is there: ``A`` for ``A | None``, ``Optional[A]``, ``Annotated[A, …]``, ``"A"`` and ``A | undefined``."""
    for _ in range(MAX_HOPS):
        if type(annotation) is Subscript and last_step(annotation.value) in _WRAPPERS:
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


def spelled_out(annotation: Expression | None, scope: Scope) -> Expression | None:
    """What a name stands for that this file gives a type: ``Annotated[Shelf, Depends(get_shelf)]`` for ``ShelfDep``; all else as it is."""
    home = scope.find(annotation.id) if type(annotation) is Name else None
    values = home.values.get(annotation.id, []) if home is not None and type(annotation) is Name else []
    if len(values) != 1 or type(values[0].expression) is not Subscript or last_step(values[0].expression.value) not in _WRAPPERS:
        return annotation
    return values[0].expression


def _is_nothing(node: Expression) -> bool:
    return (type(node) is Literal and node.value is None) or (type(node) is Name and node.id in ("undefined", "null"))


def _field_value(node: Attribute, scope: Scope) -> Value | None:
    """What ``self.name`` was bound to in the class, or None."""
    if scope.this is None or type(node.value) is not Name or node.value.id not in ("self", "this"):
        return None
    values = module_scope(scope).values.get(f"{scope.this}.{node.name}")
    return values[0] if values else None


def join(root: str, steps: Iterable[str]) -> str:
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
        annotation = declared_type(spelled_out(declared_type(home.parameters[name].annotation), home.parent or home))
        typed = qualify(annotation, home.parent or home, hops - 1) if annotation is not None and hops > 0 else None
        # ``request: FastifyRequest<{ Body: Order }>`` is one as much as ``request: FastifyRequest``.
        bare = typed.removesuffix(".[]") if typed is not None else ""
        handed = home.answers.is_script and _OF_HANDLERS.fullmatch(name) and _HANDED_IN.search(bare)
        return typed if typed is not None and "#" in typed and not handed else f"@{name}"
    return f"#{path_of(home, name)}" if name in home.values else None


def binding_of(node: Expression, scope: Scope) -> str | None:
    """The binding at the root of an expression, as written: ``#app``, ``@app``, ``./server#app``; None for a global or a value without a name.

    ``#Server.app`` is a field of the object whose method this is.
    """
    while type(node) is not Name:
        if type(node) is Attribute and _field_value(node, scope) is not None:
            return f"#{scope.this}.{node.name}"
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
    if type(base) is Name and base.id in ("this", "self") and scope.this is not None:
        # ``this.path`` is what the class says, where nothing else is put there.
        values = module_scope(scope).values.get(f"{scope.this}.{path.pop()}", [])
    else:
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
