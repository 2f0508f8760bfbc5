"""Python's ``match`` lowered to a chain of tests; knows expressions, no other statement.

A value pattern tests ``subject == value``, a class pattern ``subject instanceof Class``, any other shape ``subject == shape``.
What an arm captures is assigned from the whole subject at the head of its body. A subject that may run something is evaluated
before the chain, and the tests have ``Unknown("subject")`` in its place, so that no call is seen twice.
"""

from typing import TYPE_CHECKING

from batten.code.model import (
    Assign,
    Attribute,
    Branch,
    Entry,
    Evaluate,
    Expression,
    Literal,
    Name,
    Operation,
    Record,
    Sequence,
    Statement,
    Unknown,
)
from batten.code.python_expressions import is_plain
from batten.code.python_reading import (
    DEPTH,
    STEP,
    TRIVIA,
    Reading,
    block,
    expression,
    expressions,
    too_deep,
)
from batten.text import Span

if TYPE_CHECKING:
    from tree_sitter import Node


def match_statement(reading: Reading, node: "Node", depth: int) -> list[Statement]:
    """The chain of branches that a ``match`` stands for, after what its subject runs."""
    found: list[Statement] = []
    subject = _subject(reading, node, depth)
    if not all(is_plain(part) for part in (subject.items if isinstance(subject, Sequence) else (subject,))):
        found.append(Evaluate(subject.span, subject))
        subject = Unknown(subject.span, "subject")
    body = node.child_by_field_name("body")
    arms = [child for child in body.named_children if child.type == "case_clause"] if body is not None else []
    chain: tuple[Statement, ...] = ()
    if len(arms) > DEPTH - depth:
        rest = too_deep(reading, arms[max(DEPTH - depth, 0)].start_byte, node.end_byte)
        chain = (Evaluate(rest.span, rest),)
        del arms[max(DEPTH - depth, 0) :]
    for level in range(len(arms) - 1, -1, -1):
        arm = arms[level]
        pattern = _arm_pattern(reading, arm, depth + level)
        test = _test(subject, pattern)
        guard = arm.child_by_field_name("guard")
        if guard is not None:
            conditions = expressions(reading, guard.named_children, depth + level)
            test = _both(test, conditions)
        captured = tuple(Assign(name.span, name, subject) for name in _captures(pattern))
        inner = (*captured, *block(reading, arm.child_by_field_name("consequence"), depth + level))
        if test is None and level == len(arms) - 1 > 0 and not chain:
            chain = inner
            continue
        always = Literal(pattern.span, True)
        chain = (Branch(Span(arm.start_byte, node.end_byte), test or always, inner, chain),)
    return [*found, *chain]


def _both(test: Expression | None, conditions: tuple[Expression, ...]) -> Expression | None:
    if test is None or not conditions:
        return test or next(iter(conditions), None)
    return Operation(Span(test.span.start, conditions[-1].span.end), "&&", (test, *conditions))


def _subject(reading: Reading, node: "Node", depth: int) -> Expression:
    nodes = node.children_by_field_name("subject")
    if not nodes:
        return Unknown(Span(node.start_byte, node.start_byte), "missing")
    after = nodes[-1].next_sibling
    if len(nodes) == 1 and (after is None or after.type != ","):
        return expression(reading, nodes[0], depth)
    items = expressions(reading, nodes, depth)
    return Sequence(Span(items[0].span.start, items[-1].span.end), items)


def _arm_pattern(reading: Reading, arm: "Node", depth: int) -> Expression:
    nodes = [child for child in arm.named_children if child.type == "case_pattern"]
    if not nodes:
        return Unknown(Span(arm.start_byte, arm.start_byte), "missing")
    after = nodes[-1].next_sibling
    if len(nodes) == 1 and (after is None or after.type != ","):
        return _pattern(reading, nodes[0], depth + STEP)
    return Sequence(Span(nodes[0].start_byte, nodes[-1].end_byte), _patterns(reading, nodes, depth + STEP))


def _patterns(reading: Reading, nodes: "list[Node]", depth: int) -> tuple[Expression, ...]:
    return tuple([_pattern(reading, node, depth) for node in nodes if node.type not in TRIVIA])


def _pattern(reading: Reading, node: "Node", depth: int) -> Expression:
    """One pattern as an expression: a capture is a Name, a class with its parts ``Unknown("class_pattern", (class, *parts))``."""
    span = Span(node.start_byte, node.end_byte)
    if depth > DEPTH:
        return too_deep(reading, span.start, span.end)
    children = [child for child in node.named_children if child.type not in TRIVIA]
    match node.type:
        case "case_pattern" if not children:
            return Name(span, "_")
        case "case_pattern":
            return _signed(reading, node, depth)[0]
        case "union_pattern":
            return Operation(span, "||", tuple(_signed(reading, node, depth + STEP)))
        case "list_pattern" | "tuple_pattern":
            return Sequence(span, _patterns(reading, children, depth + STEP))
        case "dict_pattern":
            return Record(span, _entries(reading, children, depth + STEP))
        case "splat_pattern":
            names = _patterns(reading, children, depth + STEP) or (Name(Span(span.end - 1, span.end), "_"),)
            return Operation(span, "...", names)
        case "as_pattern" if len(children) > 1:
            return Operation(span, "=", (_pattern(reading, children[-1], depth + STEP), _pattern(reading, children[0], depth + STEP)))
        case "class_pattern" | "keyword_pattern":
            return Unknown(span, node.type, _patterns(reading, children, depth + STEP))
        case "dotted_name":
            return _dotted(reading, children)
    return expression(reading, node, depth)


def _signed(reading: Reading, node: "Node", depth: int) -> list[Expression]:
    """The patterns in a node, a minus before a number put to it."""
    found: list[Expression] = []
    minus: int | None = None
    for child in node.children:
        if child.type == "-":
            minus = child.start_byte
        elif child.type == "_":
            found.append(Name(Span(child.start_byte, child.end_byte), "_"))
        elif child.is_named and child.type not in TRIVIA:
            value = _pattern(reading, child, depth)
            found.append(value if minus is None else Operation(Span(minus, value.span.end), "-", (value,)))
            minus = None
    return found or [Unknown(Span(node.start_byte, node.end_byte), node.type)]


def _entries(reading: Reading, children: "list[Node]", depth: int) -> tuple[Entry, ...]:
    """Keys and values stand in turn; a ``**rest`` alone."""
    entries: list[Entry] = []
    key: Expression | None = None
    for child in children:
        value = _pattern(reading, child, depth)
        if child.type == "splat_pattern":
            entries.append(Entry(value.span, None, value))
        elif key is None:
            key = value
        else:
            name = str(key.value) if isinstance(key, Literal) else None
            entries.append(Entry(Span(key.span.start, value.span.end), name, value))
            key = None
    return tuple(entries)


def _dotted(reading: Reading, names: "list[Node]") -> Expression:
    start = names[0].start_byte
    value: Expression = Name(Span(start, names[0].end_byte), reading.text(names[0]))
    for name in names[1 : DEPTH // 2]:
        value = Attribute(Span(start, name.end_byte), value, reading.text(name))
    return value


def _test(subject: Expression, pattern: Expression) -> Expression | None:
    """When an arm matches; None for always."""
    match pattern:
        case Name():
            return None
        case Operation(operator="="):
            return _test(subject, pattern.operands[-1])
        case Operation(operator="||"):
            tests = [_test(subject, each) or Literal(each.span, True) for each in pattern.operands]
            return Operation(pattern.span, "||", tuple(tests))
        case Unknown(kind="class_pattern") if pattern.children:
            is_instance = Operation(pattern.span, "instanceof", (subject, pattern.children[0]))
            if len(pattern.children) == 1:
                return is_instance
            return Operation(pattern.span, "&&", (is_instance, Operation(pattern.span, "==", (subject, pattern))))
    return Operation(pattern.span, "==", (subject, pattern))


def _captures(pattern: Expression) -> list[Name]:
    """The names that a pattern binds, in source order."""
    found: list[Name] = []
    pending = [pattern]
    while pending:
        match pending.pop():
            case Name() as name if name.id != "_":
                found.append(name)
            case Sequence(items=parts) | Operation(operator="..." | "=" | "||", operands=parts):
                pending += reversed(parts)
            case Record(entries=entries):
                pending += [entry.value for entry in reversed(entries)]
            case Unknown(kind="class_pattern" | "keyword_pattern", children=parts):
                pending += reversed(parts[1:])
    return found
