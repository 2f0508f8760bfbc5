"""The fields of classes, bound before anything is named; knows what frameworks make of a class by its base, its marks and its keywords."""

from batten.code.model import Assign, Attribute, Call, Class, Define, Evaluate, Expression, Function, Name, Statement, Subscript
from batten.code.names import declared_type, qualify
from batten.code.scopes import Scope, Value, bind, class_scope, function_scope, path_of
from batten.facts.flows import RIGHTS

# Decorators that make a constructor of the fields of a Python class.
_RECORDS = frozenset({"dataclass", "define", "frozen", "mutable", "attrs", "s"})
# What marks the columns of entities, and what says which values a field of what is sent may have: https://typeorm.io/docs/entity/entities, https://github.com/typestack/class-validator
_MARKING = frozenset(("typeorm", "class-validator", "@nestjs/mongoose"))
# The class in which classes of Django say what they are made of, and the word by which a class of SQLModel is a table.
_OPTIONS = "Meta"
_TABLE = "table"
# https://docs.sqlalchemy.org/en/20/orm/declarative_tables.html https://beanie-odm.dev/tutorial/defining-a-document/
_MAPPED = "Mapped"
_BY_TYPES = frozenset({"SQLModel", "Document"})


def enter_classes(statements: tuple[Statement, ...], module: Scope, *, typed: bool) -> None:
    """Bind the fields of the module's classes before anything is named, whatever the order of the methods; ``typed``: also those that only have a type."""
    for statement in statements:
        if isinstance(statement, Define) and isinstance(statement.value, Class):
            inner = class_scope(module, statement.value)
            for member in statement.value.body:
                if isinstance(member, Assign) and isinstance(member.target, Name) and member.value is not None:
                    value = Value(_injected(member.value), (), inner)
                    module.values.setdefault(f"{inner.this}.{member.target.id}", []).append(value)
                if isinstance(member, Define) and isinstance(member.value, Class) and member.value.name == _OPTIONS:
                    _bind_fields(module, class_scope(inner, member.value), member.value)
            if not typed and _is_row(statement.value):
                _bind_row(module, inner, statement.value)
            for member in statement.value.body:
                if isinstance(member, Define) and isinstance(member.value, Function):
                    method = function_scope(inner, path_of(inner, member.value.name), member.value)
                    bind(method, member.value.body)
            if typed or _is_record(statement.value):
                _bind_typed(module, inner, statement.value)


def _bind_typed(module: Scope, inner: Scope, value: Class) -> None:
    """What a container puts there is of its type: ``@Inject() private readonly users: UsersService``, and so are a field of a dataclass and a column of an entity."""
    marks: list[Expression] = []
    for member in value.body:
        if isinstance(member, Evaluate):
            marks.append(member.value)
            continue
        of_column, every, marks = tuple(mark for mark in marks if _is_of_column(mark, module)), tuple(marks), []
        if not isinstance(member, Assign) or not isinstance(member.target, Name) or member.value is not None or member.annotation is None:
            continue
        kind = declared_type(member.annotation) or member.annotation
        name = qualify(kind, inner)
        # What a class says that an account may do is there for whoever sends a record of it, whatever its type is.
        of_rights = member.target.id in RIGHTS
        if of_column or of_rights or (name is not None and "#" in name):
            module.values.setdefault(f"{inner.this}.{member.target.id}", [Value(kind, (), inner, marks=every if of_rights else of_column)])


def _is_of_column(mark: Expression, module: Scope) -> bool:
    """The decorator is one of those by which a class says what its table is made of, or what may be in its fields."""
    name = mark.callee if isinstance(mark, Call) else mark
    entry = module.imports.get(name.id) if isinstance(name, Name) else None
    return entry is not None and entry.module in _MARKING


def _bind_fields(module: Scope, inner: Scope, value: Class) -> None:
    """``Meta`` of Django's classes says in fields what the class around it is made of."""
    for member in value.body:
        if isinstance(member, Assign) and isinstance(member.target, Name) and member.value is not None:
            module.values.setdefault(f"{inner.this}.{member.target.id}", []).append(Value(member.value, (), inner))


def _is_row(value: Class) -> bool:
    """A class of which what only has a type is a column: of SQLModel, by its base or by ``table=True``, of SQLAlchemy with ``Mapped`` types, of Beanie."""
    bases = [each.name if isinstance(each, Attribute) else each.id if isinstance(each, Name) else "" for each in value.bases]
    return (
        not _BY_TYPES.isdisjoint(bases)
        or any(keyword.name == _TABLE for keyword in value.keywords)
        or any(isinstance(member, Assign) and _is_mapped(member.annotation) for member in value.body)
    )


def _is_mapped(annotation: Expression | None) -> bool:
    return isinstance(annotation, Subscript) and isinstance(annotation.value, Name) and annotation.value.id == _MAPPED


def _bind_row(module: Scope, inner: Scope, value: Class) -> None:
    for keyword in value.keywords:
        if keyword.name == _TABLE:
            module.values.setdefault(f"{inner.this}.{_TABLE}", []).append(Value(keyword.value, (), inner))
    for member in value.body:
        if isinstance(member, Assign) and isinstance(member.target, Name) and member.value is None and member.annotation is not None:
            module.values.setdefault(f"{inner.this}.{member.target.id}", [Value(member.annotation, (), inner)])


def _injected(value: Expression) -> Expression:
    """Angular's ``inject(Service)`` gives what the container has of that type: https://angular.dev/api/core/inject."""
    match value:
        case Call(callee=Name(id="inject"), args=(Name() as kind, *_)):
            return kind
    return value


def _is_record(value: Class) -> bool:
    """``@dataclass``, ``@attr.s``, ``@define``: its fields are what it is made of."""
    marks = [each.callee if isinstance(each, Call) else each for each in value.decorators]
    names = [each.name if isinstance(each, Attribute) else each.id if isinstance(each, Name) else "" for each in marks]
    return any(name in _RECORDS for name in names)
