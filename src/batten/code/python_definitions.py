"""Python's functions, classes and lambdas lowered to the code model, with parameters, arguments and decorators."""

from typing import TYPE_CHECKING

from batten.code.model import (
    Class,
    Define,
    Expression,
    Function,
    Keyword,
    Lambda,
    Parameter,
    Return,
    Statement,
)
from batten.code.python_names import skipped_imports
from batten.code.python_reading import (
    DEPTH,
    STEP,
    TRIVIA,
    Reading,
    StatementRule,
    block,
    expression,
    field,
    inside,
    operand,
    span_of,
)
from batten.text import Span

if TYPE_CHECKING:
    from tree_sitter import Node


def argument_list(reading: Reading, node: "Node", depth: int) -> tuple[tuple[Expression, ...], tuple[Keyword, ...]]:
    """The positional and the named arguments between a pair of parentheses."""
    args: list[Expression] = []
    keywords: list[Keyword] = []
    for child in node.named_children:
        kind = child.type
        if kind == "keyword_argument":
            name = child.child_by_field_name("name")
            value = field(reading, child, "value", depth)
            keywords.append(Keyword(span_of(child), reading.text(name) if name is not None else None, value))
        elif kind == "dictionary_splat":
            keywords.append(Keyword(span_of(child), None, operand(reading, child, depth)))
        elif kind not in TRIVIA:
            args.append(expression(reading, child, depth))
    return tuple(args), tuple(keywords)


def assigned(reading: Reading, node: "Node", name: str, depth: int) -> Expression:
    """The value that gets a name: a lambda is called by it."""
    if node.type == "lambda" and depth <= DEPTH:
        return lambda_expression(reading, node, depth + STEP, name)
    return expression(reading, node, depth)


def lambda_expression(reading: Reading, node: "Node", depth: int, name: str = "") -> Expression:
    """A lambda, with the name that it is assigned to."""
    parameters_node = node.child_by_field_name("parameters")
    body = node.child_by_field_name("body")
    start, end = node.start_byte, node.end_byte
    head_end = parameters_node.end_byte if parameters_node is not None else min(start + len("lambda"), end)
    result_span = span_of(body) if body is not None else Span(end, end)
    result = expression(reading, body, depth) if body is not None else None
    taken = parameters(reading, parameters_node, depth) if parameters_node is not None else ()
    function = Function(Span(start, end), Span(start, head_end), result_span, name, taken, (Return(result_span, result),))
    return Lambda(Span(start, end), function)


def parameters(reading: Reading, node: "Node", depth: int) -> tuple[Parameter, ...]:
    """The parameters of a function or lambda; those after ``*`` or ``*args`` are keyword-only."""
    found: list[Parameter] = []
    plain = "positional"
    for child in node.named_children:
        kind = child.type
        if kind in TRIVIA or kind == "positional_separator":
            continue
        if kind == "keyword_separator":
            plain = "keyword"
            continue
        target, annotation, default = child, None, None
        if kind == "typed_parameter":
            target = inside(child) or child
            annotation = child.child_by_field_name("type")
        elif kind in ("default_parameter", "typed_default_parameter"):
            target = child.child_by_field_name("name") or child
            annotation = child.child_by_field_name("type")
            default = child.child_by_field_name("value")
        role = plain
        if target.type == "list_splat_pattern":
            target, role, plain = inside(target) or target, "rest", "keyword"
        elif target.type == "dictionary_splat_pattern":
            target, role = inside(target) or target, "keywords"
        found.append(
            Parameter(
                span_of(child),
                expression(reading, target, depth),
                role,
                expression(reading, annotation, depth) if annotation is not None else None,
                expression(reading, default, depth) if default is not None else None,
            )
        )
    return tuple(found)


def _decorated(reading: Reading, node: "Node", depth: int, out: list[Statement]) -> None:
    decorators: list[Expression] = []
    for child in node.named_children:
        if child.type == "decorator":
            decorators.append(operand(reading, child, depth))
        elif child.type == "function_definition":
            out.append(_function(reading, child, depth, node.start_byte, tuple(decorators)))
        elif child.type == "class_definition":
            out.append(_class(reading, child, depth, node.start_byte, tuple(decorators)))


def _plain_function(reading: Reading, node: "Node", depth: int, out: list[Statement]) -> None:
    out.append(_function(reading, node, depth, node.start_byte, ()))


def _plain_class(reading: Reading, node: "Node", depth: int, out: list[Statement]) -> None:
    out.append(_class(reading, node, depth, node.start_byte, ()))


def _function(reading: Reading, node: "Node", depth: int, start: int, decorators: tuple[Expression, ...]) -> Define:
    span = Span(start, node.end_byte)
    name = node.child_by_field_name("name")
    taken = node.child_by_field_name("parameters")
    result = node.child_by_field_name("return_type")
    inner = node.child_by_field_name("body")
    signature = result or taken or name
    body: tuple[Statement, ...] = ()
    wanted = reading.wanted
    if wanted is None or wanted(span.start, span.end):
        reading.wanted = None
        body = block(reading, inner, depth)
        reading.wanted = wanted
    elif inner is not None:
        reading.imports += skipped_imports(reading, inner)
    function = Function(
        span,
        Span(start, signature.end_byte if signature is not None else span.end),
        span_of(inner) if inner is not None else Span(span.end, span.end),
        reading.text(name) if name is not None else "",
        parameters(reading, taken, depth) if taken is not None else (),
        body,
        decorators,
        is_async=node.children[0].type == "async",
        returns=expression(reading, result, depth) if result is not None else None,
    )
    return Define(span, function)


def _class(reading: Reading, node: "Node", depth: int, start: int, decorators: tuple[Expression, ...]) -> Define:
    span = Span(start, node.end_byte)
    name = node.child_by_field_name("name")
    listed = node.child_by_field_name("superclasses")
    signature = listed or node.child_by_field_name("type_parameters") or name
    bases, keywords = argument_list(reading, listed, depth) if listed is not None else ((), ())
    value = Class(
        span,
        Span(start, signature.end_byte if signature is not None else span.end),
        reading.text(name) if name is not None else "",
        bases,
        block(reading, node.child_by_field_name("body"), depth),
        decorators,
        keywords,
    )
    return Define(span, value)


DEFINITIONS: dict[str, StatementRule] = {
    "function_definition": _plain_function,
    "class_definition": _plain_class,
    "decorated_definition": _decorated,
}
