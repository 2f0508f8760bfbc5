"""SQL expressions and queries as plain values; knows nothing of tables that exist or of who asks."""

from collections.abc import Iterable, Iterator
from typing import Union

from msgspec import Struct


class Name(Struct, frozen=True, gc=False, array_like=True, order=True):
    """The name of a table, function or type as written; ``schema`` is None where it is left to the search path."""

    schema: str | None
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


class Constant(Struct, frozen=True, gc=False, tag_field="node", tag="constant"):
    """A literal: ``value`` is None for null; a number that is no whole one stays its text with ``number`` set."""

    value: str | int | bool | None
    number: bool = False


class Reference(Struct, frozen=True, gc=False, tag_field="node", tag="reference"):
    """A column or variable, qualified as written: ``("m", "team_id")``; the last part is ``*`` for a whole row."""

    parts: tuple[str, ...]


class Parameter(Struct, frozen=True, gc=False, tag_field="node", tag="parameter"):
    """``$1``."""

    number: int


class Invocation(Struct, frozen=True, tag_field="node", tag="call"):
    """A function call; things that only look like one (``current_user``, ``coalesce``) come under their own name, lower case."""

    name: Name
    arguments: tuple["Expression", ...] = ()
    plain: bool = True
    """No DISTINCT, FILTER, OVER or WITHIN GROUP."""


class Operation(Struct, frozen=True, tag_field="node", tag="operation"):
    """An operator with its operands.

    ``and``, ``or``, ``not``, ``=``, ``<>``, ``is null``, ``is not null``, ``is true`` (and ``false``, ``unknown``, with ``not``), ``is distinct from``, ``is not distinct from``, ``in``, ``not in``
    (the first operand against the others), ``any =``, ``all <>`` (… against the elements of an array), ``between``, ``->>``, ``||``, ``[]`` and every other operator as written.
    """

    operator: str
    operands: tuple["Expression", ...]


class Cast(Struct, frozen=True, tag_field="node", tag="cast"):
    """A cast; the type is lower case, without modifiers."""

    operand: "Expression"
    type: str


class Case(Struct, frozen=True, tag_field="node", tag="case"):
    """``subject`` is None for a searched CASE; ``otherwise`` is a null constant where ELSE is missing."""

    subject: Union["Expression", None]
    branches: tuple[tuple["Expression", "Expression"], ...]
    otherwise: "Expression"


class Sequence(Struct, frozen=True, tag_field="node", tag="sequence"):
    """``ARRAY[…]`` or a row ``(a, b)``."""

    items: tuple["Expression", ...]
    row: bool = False


class Subquery(Struct, frozen=True, tag_field="node", tag="subquery"):
    """A query inside an expression. ``use``: ``scalar``, ``exists``, ``in``, ``not in``, ``array``, ``any`` or ``all``; ``operand`` is what is looked for, ``operator`` how."""

    use: str
    query: "Query"
    operand: Union["Expression", None] = None
    operator: str = "="


class Opaque(Struct, frozen=True, tag_field="node", tag="opaque"):
    """Something that is not understood, with the parts of it that are."""

    text: str
    parts: tuple["Expression", ...] = ()


Expression = Constant | Reference | Parameter | Invocation | Operation | Cast | Case | Sequence | Subquery | Opaque


class Target(Struct, frozen=True):
    """One result column."""

    value: Expression
    alias: str | None = None


class Source(Struct, frozen=True):
    """One relation a query reads: a table (``name``), a query, or a function; ``columns`` are those its alias renames. ``outer``: its side of an outer join may be missing."""

    alias: str | None
    name: Name | None = None
    query: Union["Query", None] = None
    function: Invocation | None = None
    columns: tuple[str, ...] = ()
    outer: bool = False


class Query(Struct, frozen=True, tag_field="node", tag="query"):
    """A SELECT. ``where`` holds the join conditions too.

    ``plain`` is False where it also groups, limits, skips or locks; ``others`` are the further branches of a set operation; ``named`` its WITH queries.
    ``understood`` is False where a part of it is not.
    """

    targets: tuple[Target, ...] = ()
    sources: tuple[Source, ...] = ()
    where: Expression | None = None
    plain: bool = True
    others: tuple["Query", ...] = ()
    named: tuple[tuple[str, "Query"], ...] = ()
    understood: bool = True
    distinct: bool = False


def replaced(value: Expression, bindings: dict[str, Expression]) -> Expression:
    """The expression with variables put in for the names they stand for."""
    if not bindings:
        return value

    def each(inner: Expression) -> Expression:
        return replaced(inner, bindings)

    def all_of(inner: tuple[Expression, ...]) -> tuple[Expression, ...]:
        return tuple(each(one) for one in inner)

    match value:
        case Reference((label,)):
            return bindings.get(label, value)
        case Invocation():
            return Invocation(value.name, all_of(value.arguments), value.plain)
        case Operation():
            return Operation(value.operator, all_of(value.operands))
        case Cast():
            return Cast(each(value.operand), value.type)
        case Case():
            branches = tuple((each(when), each(then)) for when, then in value.branches)
            return Case(None if value.subject is None else each(value.subject), branches, each(value.otherwise))
        case Sequence():
            return Sequence(all_of(value.items), value.row)
        case Subquery():
            operand = None if value.operand is None else each(value.operand)
            return Subquery(value.use, replaced_in_query(value.query, bindings), operand, value.operator)
        case Opaque():
            return Opaque(value.text, all_of(value.parts))
        case _:
            return value


def replaced_in_query(query: Query, bindings: dict[str, Expression]) -> Query:
    """``replaced`` for everything a query computes."""
    return Query(
        tuple(Target(replaced(target.value, bindings), target.alias) for target in query.targets),
        tuple(
            Source(
                source.alias,
                source.name,
                replaced_in_query(source.query, bindings) if source.query else None,
                source.function,
                source.columns,
                source.outer,
            )
            for source in query.sources
        ),
        None if query.where is None else replaced(query.where, bindings),
        query.plain,
        tuple(replaced_in_query(other, bindings) for other in query.others),
        tuple((label, replaced_in_query(inner, bindings)) for label, inner in query.named),
        query.understood,
        query.distinct,
    )


def walk(expression: Expression) -> Iterator[Expression]:
    """An expression and everything in it, queries' conditions and results too."""
    stack: list[Expression] = [expression]
    while stack:
        each = stack.pop()
        yield each
        if type(each) in _LEAVES:
            continue
        stack.extend(operands_of(each))
        if isinstance(each, Subquery):
            queries = [each.query]
            while queries:
                one = queries.pop()
                if one.where is not None:
                    stack.append(one.where)
                stack.extend(target.value for target in one.targets)
                stack.extend(source.function for source in one.sources if source.function is not None)
                queries.extend([*one.others, *(inner for _, inner in one.named), *(source.query for source in one.sources if source.query)])


_LEAVES = frozenset({Constant, Reference, Parameter})


def operands_of(expression: Expression) -> Iterable[Expression]:
    """What an expression is made of, but for what stands in a query."""
    match expression:
        case Operation(_, operands):
            return operands
        case Invocation(_, arguments):
            return arguments
        case Cast(operand, _):
            return (operand,)
        case Sequence(items):
            return items
        case Opaque(_, parts):
            return parts
        case Case(subject, branches, otherwise):
            found = [otherwise, *(part for branch in branches for part in branch)]
            return found if subject is None else [subject, *found]
        case Subquery(_, _, operand) if operand is not None:
            return (operand,)
        case _:
            return ()


def small(expression: Expression, most: int) -> bool:
    """Whether an expression has at most so many parts, and is not deep: a value put in for a name over and over grows without end."""
    return all(count <= most for count, _ in enumerate(walk(expression)))
