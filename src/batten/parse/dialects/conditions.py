"""A second reading of conditions: sqlglot's tree as the plain expressions of ours; knows nothing of statements.

It serves where our own reading leaves a part of a condition open, and tests compare both on every condition there is.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from batten.parse.dialects.reading import read
from batten.parse.postgres.expressions import (
    Case,
    Cast,
    Constant,
    Expression,
    Invocation,
    Name,
    Opaque,
    Operation,
    Parameter,
    Query,
    Reference,
    Sequence,
    Source,
    Subquery,
    Target,
    walk,
)

if TYPE_CHECKING:
    from sqlglot.expressions import Expr as Node

_DEEPEST = 60
_LONGEST_NUMBER = 19
_OPERATORS = {
    "EQ": "=", "NEQ": "<>", "LT": "<", "GT": ">", "LTE": "<=", "GTE": ">=", "Add": "+", "Sub": "-", "Mul": "*", "Div": "/", "IntDiv": "/", "Mod": "%", "Pow": "^", "DPipe": "||", "Like": "like",
    "ILike": "ilike", "SimilarTo": "similar", "RegexpLike": "~", "RegexpILike": "~*", "NullSafeNEQ": "is distinct from", "NullSafeEQ": "is not distinct from", "ArrayContainsAll": "@>",
    "ArrayContainedBy": "<@", "ArrayOverlaps": "&&", "JSONExtract": "->", "JSONExtractScalar": "->>", "JSONBExtract": "#>", "JSONBExtractScalar": "#>>", "JSONBContainsTopKey": "?",
    "AtTimeZone": "at time zone",
}  # fmt: skip
_WORDS = {
    "CurrentUser": "current_user", "CurrentDate": "current_date", "CurrentTime": "current_time", "CurrentTimestamp": "current_timestamp", "CurrentRole": "current_role",
    "CurrentSchema": "current_schema", "SessionUser": "session_user", "Localtime": "localtime", "Localtimestamp": "localtimestamp",
}  # fmt: skip
# sqlglot nests some operators otherwise than the server does. Only what nobody doubts is read: a comparison of what binds tighter, and chains of one kind. Parentheses help.
_COMPARISONS = frozenset({"=", "<>", "<", ">", "<=", ">=", "is distinct from", "is not distinct from"})
_CHAINS = ({"->", "->>"}, {"||"}, {"+"}, {"*"})
# Words that are no functions, where sqlglot takes them for such.
_SYNTAX = frozenset(
    {"all", "any", "array", "cast", "exists", "row", "some", "xmlelement", "xmlforest", "xmlparse", "xmlconcat", "xmlpi", "grouping", "values"}
)  # fmt: skip
_LOOSE = frozenset({*_OPERATORS, "And", "Or", "Not", "Is", "In", "Between", "Escape", "Collate", "Neg"})
# What of a node is read here: one that says anything else is opaque, so that no word of a later sqlglot is passed over.
_READ_OF_ALL = frozenset({"this", "expression", "expressions"})
_READ = {
    kind: _READ_OF_ALL | {*names.split()}
    for kind, names in {
        "Is": "negate", "Literal": "is_string", "Column": "table db catalog", "Identifier": "quoted", "Cast": "to", "In": "query", "Between": "low high", "Case": "ifs default",
        "JSONExtract": "only_json_types", "JSONExtractScalar": "only_json_types", "Interval": "unit", "AtTimeZone": "zone", "Subquery": "alias", "Select": "from_ joins where with_ distinct group having limit offset locks windows order",
        "Union": "distinct with_ order limit offset", "Array": "bracket_notation", "Table": "db alias catalog", "TableAlias": "columns", "Alias": "alias",
    }.items()
}  # fmt: skip
_NAMED_TYPES = {"TIMESTAMPTZ": "timestamptz", "DOUBLE": "double precision"}


@lru_cache(maxsize=1000)
def condition(text: str) -> Expression | None:
    """A condition of PostgreSQL; None where it is not understood in full."""
    if "unknown" in text.lower():  # IS UNKNOWN is IS NULL to sqlglot
        return None
    found = read(f"select 1 where ({text}\n)", "postgres")
    if found is None or len(found) != 1 or found[0].args.get("where") is None:
        return None
    value = _value(found[0].args["where"].this, 0)
    unclear = any(isinstance(each, Opaque) or (isinstance(each, Subquery) and not each.query.understood) for each in walk(value))
    return None if unclear else value


def _value(node: Any, depth: int) -> Expression:
    """One expression; what has no counterpart, and what nests too deep, is opaque."""
    if node is None or depth > _DEEPEST:
        return Opaque("")
    depth += 1
    kind = type(node).__name__
    if not _is_read(node):
        return Opaque(kind)
    if kind in _OPERATORS:
        return _binary(node, _OPERATORS[kind], depth)
    if kind in _WORDS and node.this is None:
        return Invocation(Name(None, _WORDS[kind]))
    match kind:
        case "Paren":
            return _value(node.this, depth)
        case "And" | "Or":
            return _chain(node, kind, depth)
        case "Not":
            return _negated(node.this, depth)
        case "Is":
            return _is(node, depth)
        case "Literal" | "Null" | "Boolean" | "Column" | "Identifier" | "Star" | "Dot" | "Parameter" | "Neg":
            return _plain(node, kind, depth)
        case "Anonymous":
            return _call(None, node, depth)
        case "Cast" if type(node.this).__name__ == "Cast" and type(node.this.this).__name__ == "Literal":
            return Opaque("two casts")  # ``date '…'::text`` comes in the wrong order
        case "Cast":
            return Cast(_operand(node.this, depth), _type(node.args["to"]))
        case "In" | "Between" | "Exists" | "Subquery" | "Select" | "SetOperation" | "Union":
            return _listed(node, kind, depth)
        case "Case":
            branches = tuple((_value(each.this, depth), _value(each.args["true"], depth)) for each in node.args["ifs"])
            default = node.args.get("default")
            subject = None if node.this is None else _value(node.this, depth)
            return Case(subject, branches, Constant(None) if default is None else _value(default, depth))
        case "Array" | "Tuple":
            return Sequence(tuple(_value(each, depth) for each in node.expressions), row=kind == "Tuple")
        case "Bracket" if len(node.expressions) == 1:
            return Operation("[]", (_value(node.this, depth), _value(node.expressions[0], depth)))
        case "Escape" if type(node.this).__name__ in ("Like", "ILike", "Not"):
            return _value(node.this, depth)
        case "Collate":
            return _operand(node.this, depth)
        case "Interval" if node.this is not None and node.args.get("unit") is not None:
            return Cast(Constant(f"{node.this.name} {node.args['unit'].name}".lower()), "interval")
        case "RawString":
            return Constant(str(node.this))
        case _:
            return Opaque(kind)


def _is_read(node: Any) -> bool:
    """Whether everything that a node says is read here."""
    known = _READ.get(type(node).__name__, _READ_OF_ALL)
    return all(name in known for name, given in node.args.items() if given)


def _plain(node: "Node", kind: str, depth: int) -> Expression:
    """A name or a literal."""
    match kind:
        case "Null":
            return Constant(None)
        case "Boolean":
            return Constant(bool(node.this))
        case "Star":
            return Reference(("*",))
        case "Identifier":
            return Reference((_label(node),))
        case "Column":
            if type(node.this).__name__ == "Star":
                return Opaque("a row")
            return Reference(tuple(_label(part) for part in node.parts))  # type: ignore[attr-defined]
        case "Parameter":
            digits = str(node.this.name) if node.this is not None else ""
            return Parameter(int(digits)) if digits.isdigit() else Opaque(kind)
        case "Dot":
            left, right = node.this, node.expression
            if type(right).__name__ == "Anonymous" and type(left).__name__ in ("Identifier", "Column"):
                return _call(_label(left if type(left).__name__ == "Identifier" else left.this), right, depth)
            return Operation(".", (_value(left, depth), Constant(_label(right)))) if type(right).__name__ == "Identifier" else Opaque(kind)
        case "Neg":
            return _minus(_operand(node.this, depth))
        case _:
            text = str(node.this)
            if node.args.get("is_string"):
                return Constant(text)
            return Constant(int(text)) if text.isdigit() and len(text) < _LONGEST_NUMBER else Constant(text, number=True)


def _minus(value: Expression) -> Expression:
    """As the server puts a sign before a number."""
    match value:
        case Constant(int() as number) if not isinstance(number, bool):
            return Constant(-number)
        case Constant(str() as text, True):
            return Constant(text[1:] if text.startswith("-") else f"-{text}", number=True)
        case _:
            return Operation("-", (value,))


def _label(node: Any) -> str:
    text = str(node.name)
    return text if node.args.get("quoted") else "".join(each.lower() if each.isascii() else each for each in text)


def _call(schema: str | None, node: "Node", depth: int) -> Expression:
    quoted = type(node.this).__name__ == "Identifier" and node.this.args.get("quoted")
    name = str(node.name) if quoted else str(node.name).lower()
    arguments = [] if [type(each).__name__ for each in node.expressions] == ["Star"] else node.expressions
    if schema is None and name in _SYNTAX and not (name == "array" and arguments):
        return Opaque(name)
    if schema is None and name == "array" and len(arguments) == 1 and type(arguments[0]).__name__ in ("Select", "Union"):
        return Subquery("array", _query(arguments[0], depth))
    return Invocation(Name(schema, name), tuple(_value(each, depth) for each in arguments))


def _operand(node: Any, depth: int) -> Expression:
    """What stands beside a word that binds: another one beside it without parentheses is opaque."""
    if type(node).__name__ == "Paren" and type(node.this).__name__ == "Not":
        return Opaque("unclear order")  # sqlglot puts parentheses round NOT BETWEEN where the server has none
    return Opaque("unclear order") if type(node).__name__ in _LOOSE and not _is_negative(node) else _value(node, depth)


def _is_negative(node: Any) -> bool:
    return type(node).__name__ == "Neg" and type(node.this).__name__ == "Literal"


def _side(node: Any, operator: str, depth: int, *, left: bool = False) -> Expression:
    """One side of an operator."""
    inner = _OPERATORS.get(type(node).__name__)
    tighter = inner is not None and operator in _COMPARISONS and inner not in _COMPARISONS and inner not in ("like", "ilike", "similar")
    chained = left and any(inner in chain and operator in chain for chain in _CHAINS)
    return _value(node, depth) if tighter or chained else _operand(node, depth)


def _binary(node: "Node", operator: str, depth: int) -> Expression:
    left, right = node.this, node.args.get("zone") or node.expression
    kind = type(right).__name__
    quantified = {"Any": "any", "All": "all"}.get(kind)
    if kind == "Anonymous" and str(right.name).lower() in ("any", "all", "some") and len(right.expressions) == 1:
        quantified, right = ("all" if str(right.name).lower() == "all" else "any"), right.expressions[0]
    elif quantified:
        right = right.this
    if quantified is None:
        if "Extract" in type(node).__name__:
            return Operation(operator, (_side(left, operator, depth, left=True), _path(right, depth)))
        return Operation(operator, (_side(left, operator, depth, left=True), _side(right, operator, depth)))
    if kind == "Any" and type(right).__name__ == "Cast":
        return Opaque("a cast of the comparison")
    while type(right).__name__ == "Paren":
        right = right.this
    if type(right).__name__ in ("Subquery", "Select", "Union"):
        use = {("any", "="): "in", ("all", "<>"): "not in"}.get((quantified, operator))
        query, operand = _query(right, depth), _side(left, operator, depth)
        return Subquery(use, query, operand) if use else Subquery(quantified, query, operand, operator)
    return Operation(f"{quantified} {operator}", (_side(left, operator, depth), _operand(right, depth)))


def _path(node: "Node", depth: int) -> Expression:
    """What follows an arrow: sqlglot makes a path of it."""
    if type(node).__name__ != "JSONPath":
        return _operand(node, depth)
    steps = node.expressions[1:]
    if len(steps) == 1 and type(steps[0]).__name__ in ("JSONPathKey", "JSONPathSubscript"):
        inner = steps[0].this
        return (
            Constant(int(inner) if type(steps[0]).__name__ == "JSONPathSubscript" else str(inner))
            if isinstance(inner, str | int)
            else Opaque("path")
        )
    return Opaque("path")


def _chain(node: "Node", kind: str, depth: int) -> Expression:
    """AND or OR with all the operands of a chain of it, which leans to the left."""
    found: list[Expression] = []
    each: Any = node
    while type(each).__name__ == kind:
        found.append(_value(each.expression, depth))
        each = each.this
        while type(each).__name__ == "Paren":
            each = each.this
    found.append(_value(each, depth))
    return Operation(kind.lower(), tuple(reversed(found)))


def _negated(node: Any, depth: int) -> Expression:
    inner = _value(node, depth)
    match inner:
        case Operation("is null", operands) if type(node).__name__ == "Is":
            return Operation("is not null", operands)
        case Operation("is true" | "is false" | "is unknown" as word, operands) if type(node).__name__ == "Is":
            return Operation(f"is not {word[3:]}", operands)
        case Operation("in", operands) if type(node).__name__ == "In":
            return Operation("not in", operands)
        case Subquery("in", query, operand) if type(node).__name__ == "In":
            return Subquery("not in", query, operand)
        case _:
            return Operation("not", (inner,))


def _is(node: "Node", depth: int) -> Expression:
    right, sign = node.expression, "is not" if node.args.get("negate") else "is"
    match type(right).__name__:
        case "Null":
            return Operation(f"{sign} null", (_operand(node.this, depth),))
        case "Boolean":
            return Operation(f"{sign} {'true' if right.this else 'false'}", (_operand(node.this, depth),))
        case _:
            return Opaque("is")


def _listed(node: "Node", kind: str, depth: int) -> Expression:
    match kind:
        case "Between" if not node.args.get("symmetric"):
            return Operation("between", tuple(_operand(each, depth) for each in (node.this, node.args["low"], node.args["high"])))
        case "In" if node.args.get("query") is not None:
            return Subquery("in", _query(node.args["query"], depth), _operand(node.this, depth))
        case "In" if node.expressions:
            return Operation("in", (_operand(node.this, depth), *(_value(each, depth) for each in node.expressions)))
        case "Exists":
            return Subquery("exists", _query(node.this, depth))
        case "Subquery" | "Select" | "SetOperation" | "Union":
            return Subquery("scalar", _query(node, depth))
        case _:
            return Opaque(kind)


def query_of(node: Any) -> Query:
    """A query that sqlglot has read."""
    return _query(node, 0)


def _query(node: Any, depth: int) -> Query:
    while type(node).__name__ in ("Subquery", "Paren") and not node.args.get("alias") and depth <= _DEEPEST:
        node = node.this
        depth += 1
    kind = type(node).__name__
    if depth > _DEEPEST or kind not in ("Select", "Union") or not _is_read(node):
        return Query(understood=False)
    named = tuple((_label(each.args["alias"].this), _query(each.this, depth + 1)) for each in _named(node))
    if kind == "Union":
        left, right = _query(node.this, depth + 1), _query(node.expression, depth + 1)
        return Query(
            left.targets, left.sources, left.where, False, (*left.others, right), named + left.named, left.understood and right.understood
        )
    sources: list[Source] = []
    conditions: list[Expression] = []
    understood = True
    tables = [(node.args["from_"].this, "", None)] if node.args.get("from_") is not None else []
    tables += [(each.this, f"{each.args.get('side') or ''}".upper(), each) for each in node.args.get("joins") or ()]
    for table, side, join in tables:
        if side in ("RIGHT", "FULL"):
            sources = [Source(one.alias, one.name, one.query, one.function, one.columns, outer=True) for one in sources]
        found = _source(table, side in ("LEFT", "FULL"), depth)
        understood = understood and found is not None
        sources += [found] if found is not None else []
        if join is not None and (join.args.get("using") or f"{join.args.get('method') or ''}".upper() == "NATURAL"):
            conditions.append(Opaque("using"))
        elif join is not None and join.args.get("on") is not None:
            conditions.append(_value(join.args["on"], depth + 1))
    if node.args.get("where") is not None:
        conditions.append(_value(node.args["where"].this, depth + 1))
    where = None if not conditions else conditions[0] if len(conditions) == 1 else Operation("and", tuple(conditions))
    plain = not any(node.args.get(key) for key in ("group", "having", "limit", "offset", "locks", "windows"))
    targets = tuple(_target(each, depth) for each in node.expressions)
    return Query(targets, tuple(sources), where, plain, (), named, understood, distinct=node.args.get("distinct") is not None)


def _named(node: "Node") -> list[Any]:
    return list(node.args["with_"].expressions) if node.args.get("with_") is not None else []


def _target(node: "Node", depth: int) -> Target:
    if type(node).__name__ == "Alias":
        return Target(_value(node.this, depth + 1), _label(node.args["alias"]))
    if type(node).__name__ == "Column" and type(node.this).__name__ == "Star":
        return Target(Reference((*(_label(part) for part in node.parts[:-1]), "*")))  # type: ignore[attr-defined]
    return Target(_value(node, depth + 1))


def _source(node: Any, outer: bool, depth: int) -> Source | None:
    """One element of FROM; None for one that is more than a table, a query or a function."""
    if not _is_read(node):
        return None
    alias = node.args.get("alias")
    called = _label(alias.this) if alias is not None and alias.this is not None else None
    columns = tuple(_label(each) for each in alias.args.get("columns") or ()) if alias is not None else ()
    match type(node).__name__:
        case "Table" if type(node.this).__name__ == "Identifier":
            name = Name(_label(node.args["db"]) if node.args.get("db") is not None else None, _label(node.this))
            return Source(called or name.name, name, columns=columns, outer=outer)
        case "Table" if type(node.this).__name__ == "Anonymous":
            schema = _label(node.args["db"]) if node.args.get("db") is not None else None
            call = _call(schema, node.this, depth)
            function = call if isinstance(call, Invocation) else None
            return Source(called or (function.name.name if function else None), function=function, columns=columns, outer=outer)
        case "Subquery":
            return Source(called, query=_query(node.this, depth + 1), columns=columns, outer=outer)
        case _:
            return None


def _type(node: Any) -> str:
    inner = node.args.get("expressions") or ()
    if node.this is not None and node.this.name == "ARRAY" and inner:
        return f"{_type(inner[0])}[]"
    if node.args.get("kind") is not None:
        kind = node.args["kind"]
        return str(kind if isinstance(kind, str) else kind.sql("postgres")).lower()
    name = str(node.this.name)
    return _NAMED_TYPES.get(name) or str(node.sql("postgres")).partition("(")[0].lower()
