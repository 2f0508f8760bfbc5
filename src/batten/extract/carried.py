"""Which secrets of the environment a value carries as they are: not their length, not whether they are set, not what is made with them."""

from collections.abc import Iterator

from batten.code.model import (
    Attribute,
    Await,
    Call,
    Expression,
    Lambda,
    Name,
    Operation,
    Record,
    Return,
    Sequence,
    Subscript,
    Template,
    Unknown,
)
from batten.code.parts import expressions, last_step
from batten.code.scopes import Scope, live
from batten.extract.values import environment_name
from batten.facts.secret_names import public_prefix, secret_name
from batten.text import Span

# What gives back what it is given, in another form.
_PASSING = frozenset(
    {
        "stringify",
        "String",
        "str",
        "dumps",
        "json",
        "data",
        "defer",
        "dict",
        "assign",
        "serialize",
        "jsonify",
        "Promise",
        "resolve",
        "freeze",
    }
)
# Objects that apps keep the environment in: ``env.STRIPE_SECRET_KEY``, ``settings.SECRET_KEY``.
_KEPT_IN = frozenset({"env", "serverEnv", "ENV", "settings", "config"})
_MOST_STEPS = 300


def carried(node: Expression, scope: Scope) -> Iterator[tuple[str, Span]]:
    """The names of the secrets, each with where it is read; ``*`` is the whole environment."""
    pending: list[tuple[Expression, Scope, tuple[str, ...]]] = [(node, scope, ())]
    seen: set[tuple[int, tuple[str, ...]]] = set()
    for _ in range(_MOST_STEPS):
        if not pending:
            return
        part, inside, path = pending.pop()
        found = _read(part, inside)
        if found is not None:
            if not path and _is_secret(found):
                yield found, part.span
            elif found == "*" and len(path) == 1 and _is_secret(path[0]):  # const { KEY } = process.env
                yield path[0], part.span
            continue
        pending += reversed(list(_inner(part, inside, path, seen)))


def _inner(
    part: Expression, inside: Scope, path: tuple[str, ...], seen: set[tuple[int, tuple[str, ...]]]
) -> Iterator[tuple[Expression, Scope, tuple[str, ...]]]:
    """The parts whose values are in the value; of a record only the entry that ``path`` asks for."""
    match part:
        case Name():
            home = inside.find(part.id)
            for value in live(home.values[part.id], part.span.start) if home is not None and part.id in home.values else ():
                key = (id(value.expression), (*value.path, *path))
                if key not in seen:
                    seen.add(key)
                    yield value.expression, value.scope, key[1]
        case Attribute():
            yield part.value, inside, (part.name, *path)
        case Await():
            yield part.value, inside, path
        case Record():
            for entry in part.entries:
                if entry.key is None or not path:
                    yield entry.value, inside, path
                elif entry.key == path[0]:
                    yield entry.value, inside, path[1:]
        case Sequence() | Template():
            for item in expressions(part) if not path else ():
                yield item, inside, ()
        case Operation(operator="||" | "??" | "+" | "...") if part.operands:
            for operand in part.operands:
                yield operand, inside, path
        case Operation(operator="&&" | "?:") if part.operands:
            for operand in part.operands[1:]:
                yield operand, inside, path
        case Call(jsx=False) if last_step(part.callee) in _PASSING:
            for given in (*part.args, *(keyword.value for keyword in part.keywords)):
                yield given, inside, ()
        case Unknown(children=(only,)):  # ``x as string``, ``x!``
            yield only, inside, path
        case Lambda() if not path and len(part.function.body) == 1 and isinstance(part.function.body[0], Return):
            answer = part.function.body[0].value
            if answer is not None:
                yield answer, inside, ()


def _read(node: Expression, scope: Scope) -> str | None:
    """The variable that an expression reads, ``*`` for the whole environment."""
    match node:
        case Attribute(value=Name(id=holder), name=name) if holder in _KEPT_IN and name.isupper():
            home = scope.find(holder)
            if home is not None and holder in home.imports:
                return name
        case Name(id=local) if (home := scope.find(local)) is not None and local in home.imports:
            entry = home.imports[local]
            return entry.name if entry.module.startswith(("$env/static/private", "astro:env/server")) else None
        case Attribute(value=Name(id="process"), name="env") | Attribute(value=Name(id="os"), name="environ"):
            return "*"
    return environment_name(node, scope) if isinstance(node, (Attribute, Subscript, Call)) else None


def _is_secret(name: str) -> bool:
    return name == "*" or (secret_name(name) and not public_prefix(name))
