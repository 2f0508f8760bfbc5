"""Where the value of an expression comes from, as far as one file tells; knows nothing of control flow."""

import re
from collections.abc import Iterator

from batten.code.model import (
    Attribute,
    Await,
    Call,
    Expression,
    Lambda,
    Literal,
    Name,
    Operation,
    Record,
    Sequence,
    Subscript,
)
from batten.code.names import MAX_ROOTS, Scope, Value, expressions, is_parameter, live, module_scope, path_of, qualify, text_of
from batten.facts.calls import Argument, Origin, Source, is_callers

# Literals are kept so that tables, paths and hosts can be joined on; anything that could be a key is not.
_KEY_SHAPED = re.compile(
    r"(?=[A-Za-z0-9_\-]*[0-9])(?=[A-Za-z0-9_\-]*[A-Za-z])[A-Za-z0-9_\-]{20,}"
    r"|(?=(?:[A-Za-z+/]*[0-9]){3})(?=(?:[a-z0-9+/]*[A-Z]){3})[A-Za-z0-9+/]{32,}"  # base64, but not the path of a route
    r"|://[^/\s:@]*:[^/\s@]+@"
)
_SHORTEST_KEY = 20
_LONGEST_TEXT = 200
_DEEPEST_RECORD = 3
_MOST_HOPS = 8
# A tested value that may stand for more names than this stands for anything.
_MOST_NAMES = 1000
# A value of more parts than this is data, not something to be followed.
_MOST_STEPS = 200
# A module that is made of more than this is not written by hand.
_MOST_LISTED = 1000

# Where Django and its kin put who calls, and what was sent.
_REQUESTS = frozenset(f"@request.{name}" for name in ("user", "session", "POST", "FILES", "body", "data"))
# Kinds of expressions that may read the environment; names are asked on their own.
_READERS = frozenset((Attribute, Subscript, Call))
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
    """A literal that is safe to keep, or None: nothing long, nothing that could be a key."""
    if text is None or len(text) > _LONGEST_TEXT:
        return None
    if len(text) < _SHORTEST_KEY and "://" not in text:
        return text
    return None if _KEY_SHAPED.search(text) else text


def environment_name(node: Expression, scope: Scope) -> str | None:
    """The environment variable that an expression reads, or None."""
    if type(node) is Attribute:
        if _may_be_environment(node.value) and qualify(node.value, scope, 2) in _ENVIRONMENTS:
            return node.name
    elif type(node) is Subscript:
        if _may_be_environment(node.value) and qualify(node.value, scope, 2) in _ENVIRONMENTS:
            return text_of(node.index, scope)
    elif type(node) is Call:
        last = node.callee.name if type(node.callee) is Attribute else getattr(node.callee, "id", "")
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
    last = node.name if type(node) is Attribute else getattr(node, "id", "")
    return last in ("env", "environ", "private", "public")


def sources(node: Expression, scope: Scope) -> tuple[Source, ...]:
    """All roots of a value, in source order, without repeats; empty means can't tell."""
    if type(node) is Literal:
        return _of_literal(node)
    found: dict[Source, None] = {}
    seen: set[tuple[int, str]] = set()
    # The third is the qualified name where the node around has told it: in a chain it is that of the whole without the last step.
    pending: list[tuple[Expression, Scope, str | None]] = [(node, scope, _UNASKED)]
    budget = _MOST_STEPS
    while pending and len(found) < MAX_ROOTS and budget:
        budget -= 1
        expression, inside, name = pending.pop()
        if type(expression) is Name:
            _of_name(found, seen, pending, expression, inside)
        elif type(expression) is Literal:
            found.update(dict.fromkeys(_of_literal(expression)))
        elif type(expression) in _READERS and (variable := environment_name(expression, inside)) is not None:
            found[Source(Origin.ENVIRONMENT, variable)] = None
        elif type(expression) is Attribute:
            if inside.this is not None and type(expression.value) is Name and expression.value.id in ("self", "this"):
                _of_field(found, seen, pending, expression, inside)
                continue
            outermost = name is _UNASKED
            if outermost:
                name = qualify(expression, inside)
            if name is not None and "#" in name:
                found[Source(Origin.NAME, name)] = None
            elif name in _REQUESTS:
                found[Source(Origin.REQUEST, name[1:])] = None
            if outermost and name is not None and is_callers(name):
                found[Source(Origin.PROPERTY, name)] = None
            pending.append((expression.value, inside, _without_step(name, expression)))
        elif type(expression) is Call:
            callee = expression.callee
            if type(callee) is Name and callee.id in ("require", "import"):
                module = qualify(expression, inside)
                if module is not None:
                    found[Source(Origin.NAME, module)] = None
                continue
            if name is _UNASKED:
                name = qualify(callee, inside)
            if name is not None:
                found[Source(Origin.CALL, name)] = None
            pending += [(keyword.value, inside, _UNASKED) for keyword in reversed(expression.keywords)]
            pending += [(part, inside, _UNASKED) for part in reversed(expression.args)]
            if type(callee) is Attribute:
                pending.append((callee.value, inside, _without_step(name, callee)))
            elif type(callee) is Call:
                pending.append((callee, inside, name))
        elif type(expression) is not Lambda:
            pending += [(part, inside, _UNASKED) for part in reversed(expressions(expression))]
    return tuple(found)


def _of_literal(node: Literal) -> tuple[Source, ...]:
    value = node.value
    if isinstance(value, str):
        text = plain(value)
        return (Source(Origin.LITERAL, text) if text is not None else Source(Origin.LITERAL, "", node.span.start),)
    return () if value is None else (Source(Origin.LITERAL, str(value)),)


def _of_field(
    found: dict[Source, None],
    seen: set[tuple[int, str]],
    pending: list[tuple[Expression, Scope, str | None]],
    node: Attribute,
    inside: Scope,
) -> None:
    field = f"{inside.this}.{node.name}"
    # What a constructor was given is the object's own here, and no caller's.
    given = [value for value in module_scope(inside).values.get(field, []) if not _is_handed_in(value)]
    if (0, field) not in seen:
        seen.add((0, field))
        pending += [(value.expression, value.scope, _UNASKED) for value in reversed(given)]
    if not given:
        found[Source(Origin.NAME, f"#{field}")] = None


def _of_name(
    found: dict[Source, None], seen: set[tuple[int, str]], pending: list[tuple[Expression, Scope, str | None]], node: Name, inside: Scope
) -> None:
    name = node.id
    home = inside.find(name)
    if home is None:
        found[Source(Origin.NAME, name)] = None
    elif (variable := _variable_of(node, home)) is not None:
        found[Source(Origin.ENVIRONMENT, variable)] = None
    elif (id(home), name) not in seen:
        seen.add((id(home), name))
        if name in home.functions:
            found[Source(Origin.NAME, f"#{home.functions[name]}")] = None
        elif name in home.imports:
            found[Source(Origin.NAME, qualify(node, inside) or name)] = None
        elif name in home.values:
            bound = live(home.values[name], node.span.start)
            pending += [(value.expression, value.scope, _UNASKED) for value in reversed(bound)]
            found.update(dict.fromkeys(taken for value in bound if value.path for taken in _taken(value)))
            if name in home.parameters:
                found[Source(Origin.PARAMETER, name)] = None
        elif name in home.parameters:
            found[Source(Origin.PARAMETER, name)] = None


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


def _names_of(node: Expression, scope: Scope, hops: int) -> tuple[str, ...]:
    found: dict[str, None] = {}
    tail = ""
    base = node
    while type(base) is Attribute or type(base) is Await:
        if type(base) is Attribute:
            tail = f".{base.name}{tail}"
        base = base.value
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


def arguments(call: Call, scope: Scope, lambdas: dict[int, str], *, brief: bool = False, listed: bool = False) -> tuple[Argument, ...]:
    """The arguments of a call; ``lambdas`` gives the names of functions written in place, by their start.

    ``brief`` leaves out the entries of records: for calls into the app itself, where only what flows matters. ``listed``: the items of
    lists are arguments too (``0.providers.[2].useClass``), as where a decorator declares what a class is made of.
    """
    found: list[Argument] = []
    depth = 0 if brief else _DEEPEST_RECORD
    if listed:
        for number, value in enumerate(call.args):
            _listed(found, str(number), value, scope, lambdas)
        return tuple(found)
    for number, value in enumerate(call.args):
        _argument(found, str(number), value, scope, lambdas, depth)
    for keyword in call.keywords:
        _argument(found, keyword.name or "**", keyword.value, scope, lambdas, depth)
    return tuple(found)


def _argument(found: list[Argument], slot: str, value: Expression, scope: Scope, lambdas: dict[int, str], depth: int) -> tuple[Source, ...]:
    """Note one argument, and the entries of a record after it; the roots of the whole are returned."""
    if type(value) is Lambda:
        own = lambdas.get(value.function.span.start)
        roots: tuple[Source, ...] = (Source(Origin.NAME, f"#{own}"),) if own else ()
        found.append(Argument(slot, None, roots, value.span))
        return roots
    record: Expression = value
    inside = scope
    if depth > 0 and type(value) is Name:
        home = scope.find(value.id)
        bound = live(home.values.get(value.id, []), value.span.start) if home is not None else []
        if len(bound) == 1 and not bound[0].path and isinstance(bound[0].expression, Record):
            record, inside = bound[0].expression, bound[0].scope
    if depth > 0 and type(record) is Record:
        place = len(found)
        union: dict[Source, None] = {}
        for entry in record.entries:
            if entry.key is not None:
                union |= dict.fromkeys(_argument(found, f"{slot}.{entry.key}", entry.value, inside, lambdas, depth - 1))
            else:
                union |= dict.fromkeys(sources(entry.value, inside))
        roots = tuple(union)[:MAX_ROOTS]
        found.insert(place, Argument(slot, None, roots, value.span, _binding(value, scope)))
        return roots
    roots = sources(value, scope)
    if type(value) is not Name and type(value) is not Literal:
        inner = [lambdas.get(part.function.span.start) for part in lambdas_inside(value)]
        roots = (*roots, *(Source(Origin.NAME, f"#{name}") for name in inner if name))
    found.append(Argument(slot, plain(text_of(value, scope)), roots, value.span, _binding(value, scope)))
    return roots


def _listed(found: list[Argument], slot: str, value: Expression, scope: Scope, lambdas: dict[int, str]) -> None:
    """Note an argument, and what its records and lists hold, in source order."""
    pending: list[tuple[str, Expression]] = [(slot, value)]
    while pending and len(found) < _MOST_LISTED:
        place, part = pending.pop()
        if type(part) is Sequence and part.items:
            pending += reversed([(f"{place}.[{number}]", item) for number, item in enumerate(part.items)])
        elif type(part) is Record and part.entries:
            pending += reversed([(f"{place}.{entry.key}" if entry.key is not None else place, entry.value) for entry in part.entries])
        else:
            _argument(found, place, part, scope, lambdas, 0)


def _binding(value: Expression, scope: Scope) -> str | None:
    """The name of something that a call of this file made, or None."""
    if type(value) is not Name:
        return None
    home = scope.find(value.id)
    if home is None or value.id not in home.values or value.id in home.parameters or value.id in home.imports:
        return None
    return f"#{path_of(home, value.id)}"


def lambdas_inside(node: Expression) -> Iterator[Lambda]:
    """Functions written inside an expression, but not inside a call of it (``[a, (req) => …]``)."""
    pending = list(reversed(expressions(node)))
    while pending:
        part = pending.pop()
        if isinstance(part, Lambda):
            yield part
        elif not isinstance(part, Call):
            pending += reversed(expressions(part))
