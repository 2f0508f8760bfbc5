"""Where the value of an expression comes from, as far as one file tells; knows nothing of control flow."""

from collections.abc import Iterator
from typing import NamedTuple

from batten.code.handed_out import asked_of_container
from batten.code.model import (
    Attribute,
    Await,
    Block,
    Branch,
    Call,
    Expression,
    Lambda,
    Literal,
    Loop,
    Name,
    Operation,
    Return,
    Subscript,
    Try,
)
from batten.code.names import MAX_ROOTS, is_parameter, qualify, text_of
from batten.code.parts import expressions, last_step
from batten.code.scopes import Scope, Value, live, module_scope
from batten.facts.calls import HOLE, Origin, Source, is_callers
from batten.regex import regex

OWN = ("#", "@/", "~/", "./", "../", "$lib/")
"""How names begin that lead into the app itself, as far as their module tells."""

# Literals are kept so that tables, paths and hosts can be joined on; anything that could be a key is not.
_KEY_SHAPED = regex(
    r"(?=[A-Za-z0-9_\-]*[0-9])(?=[A-Za-z0-9_\-]*[A-Za-z])[A-Za-z0-9_\-]{20,}"
    r"|(?=(?:[A-Za-z+/]*[0-9]){3})(?=(?:[a-z0-9+/]*[A-Z]){3})[A-Za-z0-9+/]{32,}"  # base64, but not the path of a route
    r"|(?=(?:[A-Za-z]*[0-9]){3})(?=(?:[a-z0-9]*[A-Z]){3})(?=(?:[A-Z0-9]*[a-z]){3})[A-Za-z0-9]{16,19}"  # nobody thinks that up
    r"|://[^/\s:@]*:[^/\s@]+@"
)
# What stands in a path where a key was.
_LEFT_OUT = "_"
_SHORTEST_KEY = 16
# A step of an address that somebody thought up, also where the steps together look like a key.
_WORDS = regex(r"(?:[A-Z]?[a-z]{2,}(?![a-z])[_-]?)*[0-9]{0,5}|v[0-9]{1,3}|[<{:*][^/]*|")
# No key is without one.
_DIGIT = regex(r"[0-9]")
_LONGEST_TEXT = 200
ASKS = regex(r"\s*(?i:select|insert|update|delete|with|replace|merge|truncate|call)\b")
"""How queries begin."""
_MOST_HOPS = 8
# A tested value that may stand for more names than this stands for anything.
_MOST_NAMES = 1000
# A value of more parts than this is data, not something to be followed.
_MOST_STEPS = 200

# Where Django and its kin put who calls, and what was sent.
_REQUESTS = frozenset(f"@request.{name}" for name in ("user", "session", "POST", "FILES", "body", "data"))
# Kinds of expressions that may read the environment; names are asked on their own.
_READERS = frozenset((Attribute, Subscript, Call))
# Ways to call a function on another thread: which argument it is. https://docs.python.org/3/library/asyncio-task.html#asyncio.to_thread
_CASTS = frozenset(("str", "int", "String", "Number", "parseInt", "BigInt"))
_ELSEWHERE = {"to_thread": 0, "run_in_threadpool": 0, "run_in_executor": 1, "run_sync": 0}
# Stands where no name was asked for yet; None is an answer.
_UNASKED = "\0"

_ENVIRONMENTS = frozenset(
    (
        "process.env",
        "import.meta.env",
        "Bun.env",
        "os#environ",
        "$env/static/private#",
        "$env/dynamic/private#env",
        "$env/dynamic/public#env",
    )
)
_READS = frozenset(("get", "getenv", "config"))
_ENVIRONMENT_CALLS = ("Deno.env.get", "os#getenv", "os#environ.get", "decouple#config", "environ#Env")


def plain(text: str | None) -> str | None:
    """A literal that is safe to keep, or None: nothing long, nothing that could be a key. Of a path the rest is kept: a route with a key in it is a route."""
    if text is None or len(text) > _LONGEST_TEXT:
        return None
    addressed = "://" in text
    if not addressed and (len(text) < _SHORTEST_KEY or _DIGIT.search(text) is None):
        return text
    if text.startswith("/") and not addressed:
        return "/".join(each if _WORDS.fullmatch(each) else _LEFT_OUT for each in text.split("/")) if _KEY_SHAPED.search(text) else text
    return None if _KEY_SHAPED.search(text) else text


def outlined(text: str) -> str | None:
    """How a long query begins and ends, with a hole for what is between and wherever something could be a key; None for any other text."""
    if len(text) <= _LONGEST_TEXT or ASKS.match(text) is None:
        return None
    line = " ".join(text.split())
    line = f"{line} " if text[-1].isspace() else line
    half = _LONGEST_TEXT // 2
    return without_keys(line) if len(line) <= _LONGEST_TEXT else f"{without_keys(line[:half])}{HOLE}{without_keys(line[-half:])}"


def without_keys(text: str) -> str:
    """A text of any length with a hole wherever something could be a key."""
    return _KEY_SHAPED.sub(HOLE, text)


def environment_name(node: Expression, scope: Scope) -> str | None:
    """The environment variable that an expression reads, or None."""
    if type(node) is Attribute:
        if _may_be_environment(node.value) and qualify(node.value, scope, 2) in _ENVIRONMENTS:
            return node.name
    elif type(node) is Subscript:
        if _may_be_environment(node.value) and qualify(node.value, scope, 2) in _ENVIRONMENTS:
            return text_of(node.index, scope)
    elif type(node) is Call:
        last = last_step(node.callee)
        if node.args and last in _READS and qualify(node.callee, scope, 2) in _ENVIRONMENT_CALLS:
            return text_of(node.args[0], scope)
    elif type(node) is Name:
        home = scope.find(node.id)
        return None if home is None else _variable_of(node, home)
    return None


def _variable_of(name: Name, home: Scope) -> str | None:
    """The environment variable that a name stands for in the scope that binds it, or None."""
    entry = home.imports.get(name.id)
    if entry is not None and entry.module.startswith("$env/"):
        return entry.name
    values = home.values.get(name.id)
    if values:
        taken = live(values, name.span.start)
        if len(taken) == 1 and len(taken[0].path) == 1 and qualify(taken[0].expression, taken[0].scope, 2) in _ENVIRONMENTS:
            return taken[0].path[0]  # const { KEY } = process.env
    return None


def _may_be_environment(node: Expression) -> bool:
    """A quick look at the last name, before names are followed."""
    return last_step(node) in ("env", "environ", "private", "public")


class _Follow(NamedTuple):
    """A name in an expression, to be followed to the values that it may have; ``key`` tells which name it is."""

    key: tuple[int, str]
    values: tuple[tuple[Expression, Scope], ...]


def sources(node: Expression, scope: Scope) -> tuple[Source, ...]:
    """All roots of a value, in source order, without repeats; empty means can't tell."""
    if type(node) is Literal:
        return _of_literal(node)
    found: dict[Source, None] = {}
    seen: set[tuple[int, str]] = set()
    pending = _roots(node, scope)
    pending.reverse()
    budget = _MOST_STEPS
    while pending and len(found) < MAX_ROOTS and budget:
        budget -= 1
        root = pending.pop()
        if type(root) is Source:
            found[root] = None
        elif type(root) is _Follow and root.key not in seen:
            seen.add(root.key)
            for value, inside in reversed(root.values):
                pending += reversed(_known_roots(value, inside))
    return tuple(found)


def _known_roots(node: Expression, scope: Scope) -> "list[Source | _Follow]":
    """The roots of what a name is bound to: many names lead to one value."""
    key = (id(node), scope)
    known: dict[tuple[int, Scope], list[Source | _Follow]] = scope.answers.roots
    if key not in known:
        known[key] = []  # what is made of itself: ``node = node.next``
        known[key] = _roots(node, scope)
    return known[key]


def _roots(node: Expression, scope: Scope) -> "list[Source | _Follow]":
    """The roots of one expression in source order, its names not yet followed."""
    found: list[Source | _Follow] = []
    # The second is the qualified name where the node around has told it: in a chain it is that of the whole without the last step.
    pending: list[tuple[Expression, str | None]] = [(node, _UNASKED)]
    budget = _MOST_STEPS
    while pending and budget:
        budget -= 1
        expression, name = pending.pop()
        if type(expression) is Name:
            _of_name(found, expression, scope)
        elif type(expression) is Literal:
            found += _of_literal(expression)
        elif type(expression) in _READERS and (variable := environment_name(expression, scope)) is not None:
            found.append(Source(Origin.ENVIRONMENT, variable))
        elif type(expression) is Attribute:
            if scope.this is not None and type(expression.value) is Name and expression.value.id in ("self", "this"):
                _of_field(found, expression, scope)
                continue
            outermost = name is _UNASKED
            if outermost:
                name = qualify(expression, scope)
            if name is not None and "#" in name:
                found.append(Source(Origin.NAME, name))
            elif name in _REQUESTS:
                found.append(Source(Origin.REQUEST, name[1:]))
            if outermost and name is not None and is_callers(name):
                found.append(Source(Origin.PROPERTY, name))
            if outermost and name is not None and name.startswith(OWN) and _is_of_object(expression.value, scope):
                # A method of an object of the app's own: it does not come from what the object was made with, but for what that reads.
                found += (root for root in sources(expression.value, scope) if root.origin is Origin.ENVIRONMENT)
                continue
            pending.append((expression.value, _without_step(name, expression)))
        elif type(expression) is Call:
            callee = expression.callee
            if type(callee) is Name and callee.id in ("require", "import"):
                module = qualify(expression, scope)
                if module is not None:
                    found.append(Source(Origin.NAME, module))
                continue
            if type(callee) is Attribute and callee.name == "bind" and expression.args and type(callee.value) is Attribute:
                pending.append((callee.value, _UNASKED))  # the same function, with what it is called on
                continue
            if name is _UNASKED:
                name = qualify(callee, scope)
            if name is not None:
                found.append(Source(Origin.CALL, name))
            pending += [(keyword.value, _UNASKED) for keyword in reversed(expression.keywords)]
            pending += [(part, _UNASKED) for part in reversed(expression.args)]
            if type(callee) is Attribute:
                pending.append((callee.value, _without_step(name, callee)))
            elif type(callee) is Call:
                pending.append((callee, name))
        elif type(expression) is not Lambda:
            pending += [(part, _UNASKED) for part in reversed(expressions(expression))]
    return found


def _is_of_object(node: Expression, scope: Scope) -> bool:
    """Whether a name stands for an object that was made here, or asked of a container, or for one that the object at hand has."""
    if type(node) is Attribute:
        return scope.this is not None and type(node.value) is Name and node.value.id in ("self", "this")
    home = scope.find(node.id) if type(node) is Name else None
    values = live(home.values.get(node.id, []), node.span.start) if home is not None and type(node) is Name else []
    return any(
        type(value.expression) is Call and (value.expression.new or asked_of_container(value.expression) is not None) for value in values
    )


def _of_literal(node: Literal) -> tuple[Source, ...]:
    value = node.value
    if isinstance(value, str):
        text = plain(value)
        return (Source(Origin.LITERAL, text) if text is not None else Source(Origin.LITERAL, "", node.span.start),)
    return () if value is None else (Source(Origin.LITERAL, str(value)),)


def _of_field(found: "list[Source | _Follow]", node: Attribute, inside: Scope) -> None:
    field = f"{inside.this}.{node.name}"
    # What a constructor was given is the object's own here, and no caller's.
    given = [value for value in module_scope(inside).values.get(field, []) if not _is_handed_in(value)]
    if given:
        found.append(_follow((0, field), given))
    if not given or any(_is_function(value.expression) for value in given):
        found.append(Source(Origin.NAME, f"#{field}"))


def _is_function(node: Expression) -> bool:
    """A field is a function, or what a call makes of one: ``drop = wrap(async (req, res) => …)``."""
    return type(node) is Lambda or (type(node) is Call and any(type(part) is Lambda for part in node.args))


def _of_name(found: "list[Source | _Follow]", node: Name, inside: Scope) -> None:
    name = node.id
    home = inside.find(name)
    if home is None:
        found.append(Source(Origin.NAME, name))
    elif (variable := _variable_of(node, home)) is not None:
        found.append(Source(Origin.ENVIRONMENT, variable))
    elif name in home.functions:
        found.append(Source(Origin.NAME, f"#{home.functions[name]}"))
    elif name in home.imports:
        found.append(Source(Origin.NAME, qualify(node, inside) or name))
    else:
        bound = live(home.values[name], node.span.start) if name in home.values else []
        found += [taken for value in bound if value.path for taken in _taken(value)]
        if name in home.parameters:
            found.append(Source(Origin.PARAMETER, name))
        if bound:
            found.append(_follow((id(home), name), bound))


def _follow(key: tuple[int, str], values: list[Value]) -> _Follow:
    return _Follow(key, tuple([(value.expression, value.scope) for value in values]))


def _taken(value: Value) -> Iterator[Source]:
    """What a name stands for that is taken out of something: ``const { id } = req.params``."""
    root = qualify(value.expression, value.scope)
    if root is not None and (is_callers(root) or "#" in root):
        yield Source(Origin.PROPERTY if is_callers(root) else Origin.NAME, ".".join((root, *value.path)))


def _without_step(name: str | None, node: Attribute) -> str | None:
    """The qualified name of what an attribute is taken from, of that of the whole."""
    if name is None:
        return None
    rest = name.removesuffix(node.name)
    return rest if rest.endswith("#") else rest.removesuffix(".")


def _is_handed_in(value: Value) -> bool:
    return isinstance(value.expression, Name) and is_parameter(value.expression.id, value.scope)


def names_of(node: Expression, scope: Scope, hops: int = _MOST_HOPS) -> tuple[str, ...]:
    """The qualified names that a tested value may stand for: every value its name was bound to, with the properties taken from it."""
    if hops == 0 or type(node) is Literal:
        return ()
    key = (id(node), scope, hops)
    known = scope.answers.names
    if key not in known:
        known[key] = _names_of(node, scope, hops)
    return known[key]


def _given_back(node: Lambda) -> Iterator[Expression]:
    """What a function that is written in place returns, wherever in it."""
    pending = list(node.function.body)
    while pending:
        statement = pending.pop()
        match statement:
            case Return(value=value) if value is not None:
                yield value
            case Branch() | Loop():
                pending += [*statement.body, *statement.orelse]
            case Block():
                pending += statement.body
            case Try():
                pending += [
                    *statement.body,
                    *statement.orelse,
                    *statement.final,
                    *(each for one in statement.handlers for each in one.body),
                ]


def _called_elsewhere(call: Call) -> Expression | None:
    """The function that is called on another thread, and whose result is waited for: ``await asyncio.to_thread(find, key)``."""
    last = last_step(call.callee)
    number = _ELSEWHERE.get(last)
    return call.args[number] if number is not None and len(call.args) > number else None


def _spelled_anew(call: Call, scope: Scope) -> Expression | None:
    """What is only written in another way: ``str(session["user_id"])``, ``Number(req.user.id)``."""
    if type(call.callee) is not Name or call.callee.id not in _CASTS or not call.args or scope.find(call.callee.id) is not None:
        return None
    return call.args[0]


def _names_of(node: Expression, scope: Scope, hops: int) -> tuple[str, ...]:
    found: dict[str, None] = {}
    tail = ""
    base = node
    while type(base) is Attribute or type(base) is Await:
        if type(base) is Attribute:
            tail = f".{base.name}{tail}"
        base = base.value
    if type(base) is Call and type(base.callee) is Lambda and not base.args:
        # ``(() => { try { return verify(token) } catch { return null } })()``
        given = [name for each in _given_back(base.callee) for name in names_of(each, scope, hops - 1)]
        return tuple(dict.fromkeys(f"{name}{tail}" for name in given))[:_MOST_NAMES]
    handed = _called_elsewhere(base) or _spelled_anew(base, scope) if type(base) is Call else None
    if handed is not None:
        return tuple(dict.fromkeys(f"{name}{tail}" for name in names_of(handed, scope, hops - 1)))
    if type(base) is Operation:
        parts = [part for operand in base.operands for part in names_of(operand, scope, hops - 1)]
        return tuple(dict.fromkeys(f"{part}{tail}" for part in parts))[:_MOST_NAMES]
    if type(base) is Name:
        home = scope.find(base.id)
        if home is not None and base.id in home.values:
            for value in live(home.values[base.id], base.span.start):
                path = "".join(f".{step}" for step in value.path)
                for root in names_of(value.expression, value.scope, hops - 1):
                    found[f"{root}{path}{tail}"] = None
                if len(found) > _MOST_NAMES:
                    break
        if home is not None and base.id in home.parameters:
            found[f"@{base.id}{tail}"] = None
    if not found:
        name = qualify(node, scope)
        if name is not None:
            found[name] = None
    return tuple(found)[:_MOST_NAMES]
