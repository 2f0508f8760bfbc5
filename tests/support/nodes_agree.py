"""What a syntax tree and the code model lowered from it must have in common, counted on either side by itself.

A key is a kind and a range of bytes. What the model says in its own words has its rule here:

- a constant that names a property (a record's key, ``a["b"]``, an enum's member) is a name, no literal; so are directives
  and the names of modules;
- an ``elif`` reaches to the end of its ladder, as an ``else if`` does;
- a declaration of one variable has the range of the whole declaration, its ``export`` included;
- a function is counted by the range of its body, a class from its decorators or ``export`` on;
- the rungs of a ``switch`` or ``match`` are counted by the values that they compare with, not as branches;
- what only types say is left out.
"""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple, cast

from keys_of_javascript import keys_of_javascript
from keys_of_python import keys_of_python
from msgspec import Struct
from node_keys import Asides, Key, Keys, Kind

from batten.code import lower_javascript, lower_python
from batten.code.dump import Node
from batten.code.model import (
    Assign,
    Await,
    Branch,
    Call,
    Class,
    Expression,
    Function,
    Language,
    Literal,
    Loop,
    Operation,
    Raise,
    Return,
    Template,
    Try,
    Unit,
    Unknown,
)
from batten.parse import javascript, python
from batten.skim import scripts_alone
from batten.text import Span


class Share(NamedTuple):
    """Bytes of expressions, those that stand in an ``Unknown`` and in no node inside it, and those that stand in one at all."""

    expressions: int
    unknown: int
    around: int


class Agreement(NamedTuple):
    """What the grammar of one file asks for, what of it the model lacks, and what the model has beyond it."""

    asked: Keys
    missing: Keys
    extra: Keys
    share: Share
    unknown: Counter[str]
    """Bytes of each kind of ``Unknown`` in no node inside it."""
    is_broken: bool


def agreement(path: str, data: bytes) -> Agreement:
    """The tree and the model of one file, held against each other."""
    if path.endswith((".py", ".pyi")):
        root, unit = python.parse(data).root_node, lower_python.lower(data, path)
        asked, asides = keys_of_python(root)
    else:
        data = scripts_alone(path, data)
        root, unit = javascript.parse(data, path).root_node, lower_javascript.lower(data, path)
        asked, asides = keys_of_javascript(root, data)
    found = of_unit(unit, data)
    extra = found - asked
    for key in list(extra):
        if _is_aside(key, asides) or (key[0] is Kind.CASE and key not in asked):
            del extra[key]
    unknown: Counter[str] = Counter()
    for node, _ in nodes(unit):
        if isinstance(node, Unknown):
            unknown[node.kind] += _own(node)
    return Agreement(asked, asked - found, extra, share(unit), unknown, root.has_error)


def _is_aside(key: Key, asides: Asides) -> bool:
    kind, start, end = key
    if kind is Kind.BRANCH:
        return start in asides.branches
    if kind is Kind.ASSIGNMENT:
        return any(Span(start, end) in span for span in asides.assignments)
    return kind is Kind.LITERAL and start in asides.texts


def nodes(unit: Unit) -> Iterator[tuple[Node, Node | None]]:
    """Every node of a unit but those of types, with what holds it."""
    typed = unit.language is not Language.PYTHON
    pending: list[tuple[Node, Node | None]] = [(statement, None) for statement in reversed(unit.body)]
    while pending:
        node, around = pending.pop()
        yield node, around
        for name in node.__struct_fields__:
            if typed and name in ("annotation", "returns", "types", "implements"):
                continue
            value = getattr(node, name)
            for part in value if type(value) is tuple else (value,):
                if isinstance(part, Struct) and type(part) is not Span:
                    pending.append((cast("Node", part), node))  # noqa: PERF401 - the condition would take the line


def of_unit(unit: Unit, data: bytes) -> Keys:
    """The keys that the model has; a value that goes to two targets counts once."""
    found: Keys = Counter({(Kind.IMPORT, entry.span.start, entry.span.end): 1 for entry in unit.imports})
    seen: set[int] = set()
    for node, around in nodes(unit):
        kind = None if id(node) in seen else _kind(node)
        seen.add(id(node))
        if kind is Kind.FUNCTION:
            block = cast("Function", node).block
            found[kind, block.start, block.end] += 1
        elif kind is Kind.LITERAL and _is_made_up(node, around, data):
            continue
        elif kind is not None:
            found[kind, node.span.start, node.span.end] += 1
        if isinstance(node, Operation) and node.operator in ("==", "instanceof"):
            right = node.operands[-1].span
            found[Kind.CASE, right.start, right.end] = 1
    return found


def _kind(node: Node) -> Kind | None:
    match node:
        case Call():
            return Kind.CALL
        case Assign():
            return Kind.ASSIGNMENT
        case Operation(operator="?:"):
            return Kind.BRANCH
        case Operation(operator=sign) if sign.endswith("=") and sign not in ("==", "!=", "<=", ">="):
            return Kind.ASSIGNMENT
        case Return():
            return Kind.RETURN
        case Raise():
            return Kind.RAISE
        case Branch():
            return Kind.BRANCH
        case Literal() | Template():
            return Kind.LITERAL
        case Loop():
            return Kind.LOOP
        case Try():
            return Kind.TRY
        case Await():
            return Kind.AWAIT
        case Function():
            return Kind.FUNCTION
        case Class():
            return Kind.CLASS
    return None


def _is_made_up(node: Node, around: Node | None, data: bytes) -> bool:
    """Text between the values of a template, and a truth that is not written."""
    if isinstance(around, Template) and isinstance(node, Literal):
        return True
    return isinstance(node, Literal) and node.value is True and data[node.span.start : node.span.end] not in (b"true", b"True")


def share(unit: Unit) -> Share:
    """How much of the expressions of a unit the model has no word for."""
    total = unknown = around = 0
    pending: list[tuple[Node, bool, bool]] = [(statement, False, False) for statement in unit.body]
    while pending:
        node, inside, inside_unknown = pending.pop()
        is_expression = isinstance(node, Expression)
        size = node.span.end - node.span.start
        if is_expression and not inside:
            total += size
        is_unknown = isinstance(node, Unknown)
        if isinstance(node, Unknown):
            unknown += _own(node)
            around += 0 if inside_unknown else size
        for name in node.__struct_fields__:
            value = getattr(node, name)
            for part in value if type(value) is tuple else (value,):
                if isinstance(part, Struct) and type(part) is not Span and name not in ("annotation", "returns"):
                    pending.append((cast("Node", part), inside or is_expression, inside_unknown or is_unknown))  # noqa: PERF401 - as above
    return Share(total, unknown, around)


def _own(node: Unknown) -> int:
    return max(0, node.span.end - node.span.start - sum(child.span.end - child.span.start for child in node.children))
