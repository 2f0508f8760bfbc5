"""The parts of statements and expressions, and the names that targets bind; knows nothing of what they stand for."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from batten.code.model import (
    Assign,
    Attribute,
    Await,
    Block,
    Branch,
    Call,
    Evaluate,
    Expression,
    Function,
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


def last_step(node: Expression) -> str:
    """The last step of a name: ``get`` of ``session.get``; empty for what is none."""
    return node.name if type(node) is Attribute else node.id if type(node) is Name else ""


def walked(body: Iterable[Statement]) -> Iterator[Statement]:
    """The statements and all that are inside them, but for those of functions."""
    pending = list(reversed(tuple(body)))
    while pending:
        statement = pending.pop()
        yield statement
        match statement:
            case Branch() | Loop():
                pending += reversed((*statement.body, *statement.orelse))
            case Block():
                pending += reversed((*statement.items, *statement.body))
            case Try():
                handled = (each for one in statement.handlers for each in one.body)
                pending += reversed((*statement.body, *handled, *statement.orelse, *statement.final))


def bound_parameters(function: Function) -> Iterator[tuple[str, Parameter]]:
    """Every name that the parameters of a function bind."""
    for parameter in function.parameters:
        for name, _ in targets(parameter.target):
            yield name, parameter
