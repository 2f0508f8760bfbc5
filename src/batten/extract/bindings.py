"""What the names of a module stand for, and what it hands on; knows nothing of what functions do."""

import re
from collections.abc import Iterator

from batten.code import model
from batten.code.model import (
    Assign,
    Attribute,
    Define,
    Expression,
    Lambda,
    Literal,
    Name,
    Operation,
    Record,
    Sequence,
    Subscript,
    Template,
    Unknown,
)
from batten.code.names import declared_type, qualify, spelled_out, text_of
from batten.code.scopes import Scope, Value
from batten.extract.expressions import File, call_of, calls_inside, wrapper_of
from batten.extract.texts import pieces_of, texts_of
from batten.extract.values import plain, sources
from batten.facts.calls import Binding, Call, Origin, Source
from batten.regex import regex
from batten.text import Place

# Classes that are made of another one, with all or some of its fields: https://docs.nestjs.com/openapi/mapped-types
_MAPPED = regex(r"^@nestjs/(?:mapped-types|swagger|graphql)#(?:Partial|Pick|Omit|Intersection)Type$")
# Functions that make a value when they are asked for it first: https://github.com/epicweb-dev/remember
_REMEMBERS = regex(r"(?:get_?)?(?:global_?)?(?:singleton|remember)", re.IGNORECASE)
# Calls in the decorators of one class.
_MOST_DECLARED = 64
# More than these are of no use to anybody.
_MOST_VALUES = 8
# A longer list is none of what runs before a handler.
_MOST_STEPS = 16
_MOST_CALLS = 8
# https://docs.convex.dev/database/schemas
_SCHEMA_OF_TABLES, _MOST_TABLES = "convex/server#defineSchema", 256
_OF_SCHEMA = (_SCHEMA_OF_TABLES, "convex/server#defineTable")
# A table of addresses that is deeper than this is none.
_DEEPEST_TABLE = 4


def bindings(file: File, unit: model.Unit, scope: Scope) -> tuple[Binding, ...]:
    """The names of a module, with what they stand for."""
    found = []
    for name, values in scope.values.items():
        # What has nothing at first is given what it is for by the function that makes it.
        value = _standing_for(values)
        root = qualify(value.expression, value.scope)
        if root is not None and value.path:
            root = f"{root}.{'.'.join(value.path)}"
        inner = [call_of(file, value.scope, call, None) for call in _declaring(value, root)]
        found.append(
            Binding(
                local=name,
                name=root,
                place=Place(unit.path, value.expression.span),
                calls=tuple(call for call in inner if call is not None),
                text=plain(text_of(value.expression, value.scope)) if len(values) == 1 and not value.path else None,
                sources=(*sources(value.expression, value.scope), *_otherwise(name, value, values)),
                alias=value.expression.id if isinstance(value.expression, Name) and not value.path else None,
                pieces=pieces_of(value.expression, value.scope) if len(values) == 1 and not value.path else (),
                texts=texts_of(value.expression, value.scope) if isinstance(value.expression, Record) and len(values) == 1 else (),
                decorators=_marks(file, value),
                types=_types_given(value) if "." in name else (),
            )
        )
        if isinstance(value.expression, Record) and not value.path:
            found += _addresses(file, name, value.expression)
            found += _functions(file, name, value)
        elif isinstance(value.expression, Sequence) and not value.path:
            found += _rows(file, name, value)
            found += _steps(file, name, value)
    for statement in unit.body:
        match statement:
            case Define(value=model.Class() as made) if made.bases or made.decorators or made.implements:
                found.append(_class_binding(file, scope, made))
            case Assign(target=Attribute(value=Name(id="module"), name="exports"), value=Expression() as whole) if called := _making(whole):
                calls = _calls(file, scope, called)
                found.append(Binding("default", qualify(called, scope), Place(unit.path, called.span), calls))
            case Assign(target=Attribute(value=holder, name=name), value=Sequence() as chain) if is_exports(holder):
                own = [file.lambdas.get(item.function.span.start) for item in chain.items if isinstance(item, Lambda)]
                handlers = tuple(Source(Origin.NAME, f"#{each}") for each in own if each is not None)
                found.append(Binding(name, None, Place(unit.path, chain.span), sources=(*sources(chain, scope), *handlers)))
    found += _exported(file, unit, scope)
    return tuple(found)


def _declaring(value: Value, root: str | None) -> list[model.Call]:
    """The calls of a value that say what it is: the outermost, and of a schema those that make its tables, and not what each field holds."""
    found = calls_inside(value.expression)
    if root != _SCHEMA_OF_TABLES:
        return found[:_MOST_CALLS]
    return [call for call in found if qualify(call.callee, value.scope) in _OF_SCHEMA][:_MOST_TABLES]


def _standing_for(values: list[Value]) -> Value:
    """What a name is given that it is for: not nothing, nor what was kept from an earlier load of the module; of what is made once, and remembered, that."""
    known = [each for each in values if not (isinstance(each.expression, Literal) and each.expression.value is None)] or values
    value = next((each for each in known if not _is_kept(each.expression)), known[0])
    match value.expression:
        case model.Call(callee=Name(id=name) | Attribute(name=name), args=(*_, Lambda(function=made))) if (
            _REMEMBERS.fullmatch(name) and not made.parameters and len(made.body) == 1 and isinstance(made.body[0], model.Return)
        ):
            given = made.body[0].value
            return value._replace(expression=given) if isinstance(given, model.Call) and not value.path else value
    return value


def _is_kept(expression: Expression) -> bool:
    """What hangs on the object of all globals: ``global.__db``, ``globalThis.db``."""
    match expression:
        case Attribute(value=Name(id="global" | "globalThis")):
            return True
    return False


def _otherwise(name: str, value: Value, values: list[Value]) -> tuple[Source, ...]:
    """What else is made for a field of a class: ``self.desk = Desk()`` on one side of a test, ``Counter()`` on the other."""
    others = (
        [each for each in values[:_MOST_VALUES] if each is not value and isinstance(each.expression, model.Call)] if "." in name else []
    )
    roots = [qualify(each.expression, each.scope) for each in others]
    return tuple(Source(Origin.CALL, root) for root in dict.fromkeys(roots) if root is not None)


def _marks(file: File, value: Value) -> tuple[Call, ...]:
    """The decorators of a field."""
    found = (wrapper_of(file, value.scope, mark, listed=True) for mark in value.marks)
    return tuple(each for each in found if each is not None)


def _types_given(value: Value) -> tuple[str, ...]:
    """The types that the type of a field is given: its own, or that of the parameter which it is set to."""
    kind: Expression | None = value.expression
    if isinstance(kind, Name):
        home = value.scope.find(kind.id)
        parameter = home.parameters.get(kind.id) if home is not None else None
        kind = declared_type(parameter.annotation) if parameter is not None else None
    match kind:
        case Subscript(index=Sequence(items=given)) | Unknown(kind="array_type", children=given):
            pass
        case Subscript(index=index):
            given = (index,)
        case _:
            return ()
    named = (qualify(each, value.scope) for each in given if isinstance(each, (Name, Attribute)))
    return tuple(each for each in named if each is not None and "#" in each)


def _addresses(file: File, name: str, record: Record) -> list[Binding]:
    """The addresses that a table of routes holds: ``api.orders.list.path``."""
    found: list[Binding] = []
    pending = [(name, record)]
    while pending and len(found) < _MOST_DECLARED:
        prefix, part = pending.pop()
        for entry in part.entries:
            inner = entry.value.operands[0] if isinstance(entry.value, Operation) and entry.value.operands else entry.value
            if entry.key is not None and isinstance(inner, Record) and prefix.count(".") < _DEEPEST_TABLE:
                pending.append((f"{prefix}.{entry.key}", inner))
            elif entry.key is not None and isinstance(inner, Literal) and isinstance(inner.value, str) and inner.value.startswith("/"):
                text = plain(inner.value)
                found.append(Binding(f"{prefix}.{entry.key}", None, Place(file.path, inner.span), text=text))
    return found


def _functions(file: File, name: str, value: Value) -> Iterator[Binding]:
    """The functions that a record holds by their names: ``export const desk = { list, drop: remove, open: handled(async (req, res) => …) }``."""
    entries = value.expression.entries if isinstance(value.expression, Record) and not value.path else ()
    for entry in entries[:_MOST_DECLARED]:
        local, place = f"{name}.{entry.key}", Place(file.path, entry.span)
        if entry.key is None:
            continue
        if _holds_function(entry.value):
            yield Binding(local, qualify(entry.value, value.scope), place, calls=_calls(file, value.scope, entry.value))
        home = value.scope.find(entry.value.id) if isinstance(entry.value, Name) else None
        if home is not None and isinstance(entry.value, Name):
            if entry.value.id in home.functions or entry.value.id in home.imports:
                yield Binding(local, qualify(entry.value, value.scope), place)
            elif home.parent is None and any(_holds_function(each.expression) for each in home.values.get(entry.value.id, ())):
                yield Binding(local, f"#{entry.value.id}", place)


def _holds_function(value: Expression) -> bool:
    """A call of something by its name that is handed a function written there."""
    return (
        isinstance(value, model.Call)
        and isinstance(value.callee, Name | Attribute)
        and any(isinstance(each, Lambda) for each in value.args)
    )


def _rows(file: File, name: str, value: Value) -> Iterator[Binding]:
    """What each row of a table of routes says: ``routes.[0].path``, ``routes.[0].router``."""
    rows = value.expression.items[:_MOST_DECLARED] if isinstance(value.expression, Sequence) else ()
    for number, row in enumerate(rows):
        entries = row.entries if isinstance(row, Record) else ()
        texts = [text_of(entry.value, value.scope) or "" if isinstance(entry.value, Literal | Template) else "" for entry in entries]
        if not any(text.startswith("/") for text in texts):
            continue
        for entry, text in zip(entries, texts, strict=True):
            root = qualify(entry.value, value.scope) if not text else None
            if entry.key is not None and (text or root is not None):
                yield Binding(f"{name}.[{number}].{entry.key}", root, Place(file.path, entry.span), text=plain(text) if text else None)


def _steps(file: File, name: str, value: Value) -> Iterator[Binding]:
    """What a list of functions names, ``[withDatabase, requireUser, limiter({…})]``: each of them runs where the list is put to use."""
    items = value.expression.items if isinstance(value.expression, Sequence) and value.scope.parent is None else ()
    for number, item in enumerate(items if len(items) <= _MOST_STEPS else ()):
        named = item.callee if isinstance(item, model.Call) else item
        root = qualify(named, value.scope) if isinstance(named, (Name, Attribute)) else None
        if root is not None and "#" in root:
            yield Binding(f"{name}.[{number}]", root, Place(file.path, item.span))


def _making(value: Expression) -> model.Call | None:
    """The call that a value comes from, also where it is only made if it is not there yet: ``models.User || model("User", schema)``."""
    if isinstance(value, Operation) and value.operator in ("||", "??"):
        value = value.operands[-1]
    return value if isinstance(value, model.Call) else None


def _calls(file: File, scope: Scope, value: Expression) -> tuple[Call, ...]:
    """The calls that a value is made by, outermost first."""
    found = (call_of(file, scope, part, None) for part in calls_inside(value)[:_MOST_DECLARED])
    return tuple(call for call in found if call is not None)


def _exported(file: File, unit: model.Unit, scope: Scope) -> list[Binding]:
    """What CommonJS hands on under a name that nothing in the file has: ``exports.db = make()``, ``module.exports = {db: other.db}``."""
    found: dict[str, Binding] = {}
    for statement in unit.body:
        match statement:
            case Assign(target=Attribute(value=Name(id="module"), name="exports"), value=Record(entries=entries)):
                given = [(entry.key, entry.value) for entry in entries]
            case Assign(target=Attribute(value=holder, name=name), value=Expression() as value) if is_exports(holder):
                given = [(name, value)]
            case _:
                continue
        for key, each in given:
            called = _making(each)
            named = isinstance(each, (Name, Attribute, model.Await)) or called is not None
            root = qualify(called or each, scope) if key is not None and named and scope.find(key) is None else None
            if key is not None and root is not None:
                found[key] = Binding(key, root, Place(unit.path, each.span), () if called is None else _calls(file, scope, called))
    return list(found.values())


def _class_binding(file: File, scope: Scope, value: model.Class) -> Binding:
    bases = [qualify(base.value if isinstance(base, Subscript) else base, scope) for base in value.bases]
    given = [base.index for base in value.bases if isinstance(base, Subscript)]
    interfaces = [qualify(each, scope) for each in value.implements]
    decorators = [wrapper_of(file, scope, decorator, listed=True) for decorator in value.decorators]
    inner = [part for decorator in value.decorators for part in calls_inside(decorator) if part is not decorator]
    inner += [part for base, name in zip(value.bases, bases, strict=True) if _MAPPED.search(name or "") for part in calls_inside(base)]
    calls = [call_of(file, scope, call, None, listed=True) for call in inner[:_MOST_DECLARED]]
    return Binding(
        value.name,
        bases[0] if bases else None,
        Place(file.path, value.head),
        tuple(call for call in calls if call is not None),
        is_class=True,
        bases=tuple(base for base in bases if base is not None),
        decorators=tuple(each for each in decorators if each is not None),
        implements=tuple(each for each in interfaces if each is not None),
        types=tuple(name for index in given for each in _listed(index) if (name := qualify(each, scope)) is not None),
        fields=tuple(_fields(scope, value)) if file.path.endswith(".py") else (),
    )


def _listed(index: Expression) -> tuple[Expression, ...]:
    return index.items if isinstance(index, Sequence) else (index,)


def _fields(scope: Scope, value: model.Class) -> Iterator[tuple[str, str]]:
    """What ``size: int | None = 1`` says in the body of a class; a type that this file gives a name is named by it."""
    for member in value.body[:_MOST_DECLARED]:
        declared = declared_type(member.annotation) if isinstance(member, Assign) else None
        named = declared.value if isinstance(declared, Subscript) else declared
        if isinstance(member, Assign) and isinstance(member.target, Name) and named is not None:
            is_alias = isinstance(named, Name) and spelled_out(named, scope) is not named
            yield member.target.id, f"#{named.id}" if isinstance(named, Name) and is_alias else qualify(named, scope) or ""


def is_exports(value: Expression) -> bool:
    """``exports`` or ``module.exports``."""
    match value:
        case Name(id="exports") | Attribute(value=Name(id="module"), name="exports"):
            return True
    return False
