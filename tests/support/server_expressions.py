"""Compares an expression of ours with what PostgreSQL's own grammar (libpg_query) makes of the same text."""

from typing import Any

import postgast

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
)

_ENUM = postgast.pg_query_pb2
_TESTS = {
    "IS_TRUE": "is true",
    "IS_NOT_TRUE": "is not true",
    "IS_FALSE": "is false",
    "IS_NOT_FALSE": "is not false",
    "IS_UNKNOWN": "is unknown",
    "IS_NOT_UNKNOWN": "is not unknown",
}
_WORDS = {
    "SVFOP_CURRENT_DATE": "current_date", "SVFOP_CURRENT_TIME": "current_time", "SVFOP_CURRENT_TIMESTAMP": "current_timestamp", "SVFOP_LOCALTIME": "localtime",
    "SVFOP_LOCALTIMESTAMP": "localtimestamp", "SVFOP_CURRENT_ROLE": "current_role", "SVFOP_CURRENT_USER": "current_user", "SVFOP_USER": "user",
    "SVFOP_SESSION_USER": "session_user", "SVFOP_CURRENT_CATALOG": "current_catalog", "SVFOP_CURRENT_SCHEMA": "current_schema",
}  # fmt: skip
_SPELLED = {
    "int4": ("int", "integer", "int4"),
    "int8": ("bigint", "int8"),
    "int2": ("smallint", "int2"),
    "bool": ("boolean", "bool"),
    "float8": ("float8", "double precision", "float"),
    "float4": ("real", "float4"),
    "numeric": ("numeric", "decimal", "dec"),
    "bpchar": ("char", "character", "bpchar"),
    "varchar": ("varchar", "character varying"),
    "timestamptz": ("timestamptz", "timestamp with time zone"),
    "timetz": ("timetz", "time with time zone"),
    "timestamp": ("timestamp", "timestamp without time zone"),
}
SPELLINGS = {spelled: name for name, all_of in _SPELLED.items() for spelled in all_of}
# What the server's grammar itself turns into calls.
_CALLED = {
    "extract",
    "overlay",
    "position",
    "substring",
    "trim",
    "btrim",
    "ltrim",
    "rtrim",
    "normalize",
    "treat",
    "xmlexists",
    "is_normalized",
}


_LONGEST = 19


class UnknownError(Exception):
    """The server's tree has something with no counterpart here."""


def expected(text: str) -> Expression:
    """The expression as the server's grammar reads it. Raises postgast.PgQueryError and UnknownError."""
    statement = postgast.parse(f"select ({text}\n)").stmts[0].stmt.select_stmt
    return _value(statement.target_list[0].res_target.val)


def expected_query(text: str) -> Query:
    return _query(postgast.parse(text).stmts[0].stmt.select_stmt)


def agrees(found: Expression | None, wanted: Expression | None) -> bool:
    """Whether they are the same; what we leave opaque agrees with anything."""
    if isinstance(found, Opaque):
        return True
    found, wanted = _plain_not(found), _plain_not(wanted)
    match found, wanted:
        case Operation(one, left), Operation(two, right):
            return one == two and _all_agree(left, right)
        case Invocation(one, left, plain), Invocation(two, right, other):
            same = one == two or (one.name in _CALLED and two.name in _CALLED and two.schema == "pg_catalog")
            return same and (one.name in _CALLED or (plain == other and _all_agree(left, right)))
        case Cast(left, one), Cast(right, two):
            return _type(one) == _type(two) and agrees(left, right)
        case Case(subject, branches, otherwise), Case(other, others, default):
            flat = [part for branch in branches for part in branch]
            return (
                agrees(subject, other) and agrees(otherwise, default) and _all_agree(flat, [part for branch in others for part in branch])
            )
        case Constant(str() as one, True), Constant(str() as two, True):
            return _number(one) == _number(two)
        case Sequence(left, row), Sequence(right, other):
            return row == other and _all_agree(left, right)
        case Subquery(use, query, operand, operator), Subquery(other_use, other, other_operand, other_operator):
            return (use, operator) == (other_use, other_operator) and agrees(operand, other_operand) and queries_agree(query, other)
        case _:
            return found == wanted


def _number(text: str) -> str:
    """``0.5`` and ``.5`` are one number."""
    return text.replace("-0.", "-.") if text.startswith("-") else text.removeprefix("0") if text.startswith("0.") else text


def _plain_not(value: Expression | None) -> Expression | None:
    """``not (a in (…))`` and ``a not in (…)`` are one tree to the server."""
    match value:
        case Operation("not", (Subquery("in", query, operand),)):
            return Subquery("not in", query, operand)
        case Operation("not", (Operation("in", operands),)):
            return Operation("not in", operands)
        case Operation("not", (Operation("~" | "~*" as word, operands),)):
            return Operation(f"!{word}", operands)
        case Operation("not", (Operation("is null" | "is true" | "is false" as word, operands),)):
            return Operation(f"is not {word[3:]}", operands)
        case _:
            return value


def queries_agree(found: Query, wanted: Query) -> bool:
    """As ``agrees``, of queries."""
    if not found.understood:
        return True
    return (
        found.plain == wanted.plain
        and _all_agree([target.value for target in found.targets], [target.value for target in wanted.targets])
        and [target.alias for target in found.targets] == [target.alias for target in wanted.targets]
        and len(found.sources) == len(wanted.sources)
        and all(_sources_agree(one, two) for one, two in zip(found.sources, wanted.sources, strict=True))
        and _all_agree(_conjuncts(found.where), _conjuncts(wanted.where))
        and len(found.others) == len(wanted.others)
        and all(queries_agree(one, two) for one, two in zip(found.others, wanted.others, strict=True))
        and [name for name, _ in found.named] == [name for name, _ in wanted.named]
        and all(queries_agree(one, two) for (_, one), (_, two) in zip(found.named, wanted.named, strict=True))
    )


def _sources_agree(found: Source, wanted: Source) -> bool:
    if found.function is not None or wanted.function is not None:
        return found.alias == wanted.alias and agrees(found.function, wanted.function)
    if found.query is not None and wanted.query is not None:
        return (found.alias, found.columns, found.outer) == (wanted.alias, wanted.columns, wanted.outer) and queries_agree(
            found.query, wanted.query
        )
    return found == wanted


def _conjuncts(value: Expression | None) -> list[Expression]:
    if value is None:
        return []
    return (
        [part for operand in value.operands for part in _conjuncts(operand)]
        if isinstance(value, Operation) and value.operator == "and"
        else [value]
    )


def _all_agree(left: Any, right: Any) -> bool:
    return len(left) == len(right) and all(agrees(one, two) for one, two in zip(left, right, strict=True))


def _type(written: str) -> str:
    bare = written.removeprefix("pg_catalog.")
    plain, brackets = bare.rstrip("[]"), "[]" if bare.endswith("]") else ""
    return SPELLINGS.get(plain, plain) + brackets


def _strings(nodes: Any) -> list[str]:
    return [node.string.sval for node in nodes]


def _name(nodes: Any) -> Name:
    found = _strings(nodes)
    return Name(found[-2] if found[1:] else None, found[-1])


def _value(node: Any) -> Expression:
    kind = node.WhichOneof("node")
    inner = getattr(node, kind)
    match kind:
        case "a_const":
            return _constant(inner)
        case "column_ref":
            return Reference(tuple("*" if each.WhichOneof("node") == "a_star" else each.string.sval for each in inner.fields))
        case "param_ref":
            return Parameter(inner.number)
        case "func_call":
            return _call(inner)
        case "bool_expr":
            word = {_ENUM.AND_EXPR: "and", _ENUM.OR_EXPR: "or", _ENUM.NOT_EXPR: "not"}[inner.boolop]
            return Operation(word, tuple(map(_value, inner.args)))
        case "a_expr":
            return _operation(inner)
        case "null_test":
            return Operation("is null" if inner.nulltesttype == _ENUM.IS_NULL else "is not null", (_value(inner.arg),))
        case "boolean_test":
            return Operation(_TESTS[_ENUM.BoolTestType.Name(inner.booltesttype)], (_value(inner.arg),))
        case "type_cast":
            names = _strings(inner.type_name.names)
            names = names[1:] if names[:1] == ["pg_catalog"] else names
            return Cast(_value(inner.arg), ".".join(names) + ("[]" if inner.type_name.array_bounds else ""))
        case "case_expr":
            branches = tuple((_value(each.case_when.expr), _value(each.case_when.result)) for each in inner.args)
            subject = _value(inner.arg) if inner.HasField("arg") else None
            return Case(subject, branches, _value(inner.defresult) if inner.HasField("defresult") else Constant(None))
        case "coalesce_expr":
            return Invocation(Name(None, "coalesce"), tuple(map(_value, inner.args)))
        case "min_max_expr":
            return Invocation(Name(None, "greatest" if inner.op == _ENUM.IS_GREATEST else "least"), tuple(map(_value, inner.args)))
        case "sqlvalue_function" if _ENUM.SQLValueFunctionOp.Name(inner.op) in _WORDS:
            return Invocation(Name(None, _WORDS[_ENUM.SQLValueFunctionOp.Name(inner.op)]))
        case "a_array_expr":
            return Sequence(tuple(map(_value, inner.elements)))
        case "row_expr":
            return Sequence(tuple(map(_value, inner.args)), row=True)
        case "sub_link":
            return _subquery(inner)
        case "collate_clause":
            return _value(inner.arg)
        case "a_indirection":
            found = _value(inner.arg)
            for each in inner.indirection:
                found = _indirected(found, each)
            return found
        case _:
            raise UnknownError(kind)


def _indirected(found: Expression, node: Any) -> Expression:
    match node.WhichOneof("node"):
        case "a_indices" if not node.a_indices.is_slice:
            index = _value(node.a_indices.uidx)
            return (
                Operation("[]", (*found.operands, index))
                if isinstance(found, Operation) and found.operator == "[]"
                else Operation("[]", (found, index))
            )
        case "string":
            return Operation(".", (found, Constant(node.string.sval)))
        case kind:
            raise UnknownError(kind)


def _constant(node: Any) -> Expression:
    if node.isnull:
        return Constant(None)
    match node.WhichOneof("val"):
        case "ival":
            return Constant(node.ival.ival)
        case "boolval":
            return Constant(node.boolval.boolval)
        case "sval":
            return Constant(node.sval.sval)
        case "fval":
            small = len(node.fval.fval) < _LONGEST and node.fval.fval.lstrip("-").isdigit()
            return Constant(int(node.fval.fval)) if small else Constant(node.fval.fval, number=True)
        case kind:
            raise UnknownError(kind)


def _call(node: Any) -> Expression:
    name = _name(node.funcname)
    arguments = tuple(_value(each.named_arg_expr.arg if each.WhichOneof("node") == "named_arg_expr" else each) for each in node.args)
    if node.funcformat == _ENUM.COERCE_SQL_SYNTAX and name == Name("pg_catalog", "timezone") and len(arguments) == 2:
        return Operation("at time zone", (arguments[1], arguments[0]))
    named = any(each.WhichOneof("node") == "named_arg_expr" for each in node.args)
    # WITHIN GROUP has an order too; that of the arguments of a call sorts what it is given, and gives it nothing else.
    special = node.agg_distinct or node.agg_within_group or node.func_variadic or node.HasField("agg_filter") or node.HasField("over")
    return Invocation(name, arguments, not (named or special))


def _operation(node: Any) -> Expression:
    kind = _ENUM.A_Expr_Kind.Name(node.kind)
    operator = _strings(node.name)[-1]
    match kind:
        case "AEXPR_IN":
            items = node.rexpr.list.items
            return Operation("in" if operator == "=" else "not in", (_value(node.lexpr), *map(_value, items)))
        case "AEXPR_BETWEEN" | "AEXPR_NOT_BETWEEN" | "AEXPR_BETWEEN_SYM" | "AEXPR_NOT_BETWEEN_SYM":
            found: Expression = Operation("between", (_value(node.lexpr), *map(_value, node.rexpr.list.items)))
            return Operation("not", (found,)) if "NOT" in kind else found
        case "AEXPR_DISTINCT" | "AEXPR_NOT_DISTINCT":
            return Operation(
                "is distinct from" if kind == "AEXPR_DISTINCT" else "is not distinct from", (_value(node.lexpr), _value(node.rexpr))
            )
        case "AEXPR_OP_ANY" | "AEXPR_OP_ALL":
            return Operation(f"{'any' if kind.endswith('ANY') else 'all'} {_plain(operator)}", (_value(node.lexpr), _value(node.rexpr)))
        case "AEXPR_LIKE" | "AEXPR_ILIKE" | "AEXPR_SIMILAR":
            right = node.rexpr
            if right.WhichOneof("node") == "func_call" and _strings(right.func_call.funcname)[-1] in ("like_escape", "similar_to_escape"):
                right = right.func_call.args[0]
            word = {"AEXPR_LIKE": "like", "AEXPR_ILIKE": "ilike", "AEXPR_SIMILAR": "similar"}[kind]
            found = Operation(word, (_value(node.lexpr), _value(right)))
            return Operation("not", (found,)) if operator.startswith("!") else found
        case "AEXPR_NULLIF":
            return Invocation(Name(None, "nullif"), (_value(node.lexpr), _value(node.rexpr)))
        case _:
            operands = (_value(node.lexpr), _value(node.rexpr)) if node.HasField("lexpr") else (_value(node.rexpr),)
            return Operation(_plain(operator), operands)


def _plain(operator: str) -> str:
    return {"~~": "like", "~~*": "ilike"}.get(operator, operator)


def _subquery(node: Any) -> Expression:
    query = _query(node.subselect.select_stmt)
    operand = _value(node.testexpr) if node.HasField("testexpr") else None
    match _ENUM.SubLinkType.Name(node.sub_link_type):
        case "EXISTS_SUBLINK":
            return Subquery("exists", query)
        case "EXPR_SUBLINK":
            return Subquery("scalar", query)
        case "ARRAY_SUBLINK":
            return Subquery("array", query)
        case "ANY_SUBLINK" if not node.oper_name or _strings(node.oper_name) == ["="]:
            return Subquery("in", query, operand)
        case "ALL_SUBLINK" if _strings(node.oper_name) == ["<>"]:
            return Subquery("not in", query, operand)
        case kind:
            return Subquery("any" if kind == "ANY_SUBLINK" else "all", query, operand, _plain(_strings(node.oper_name)[-1]))


def _query(node: Any) -> Query:
    plain = not (
        node.group_clause
        or node.HasField("having_clause")
        or node.HasField("limit_count")
        or node.HasField("limit_offset")
        or node.locking_clause
        or node.window_clause
    )
    named = (
        tuple((each.common_table_expr.ctename, _query(each.common_table_expr.ctequery.select_stmt)) for each in node.with_clause.ctes)
        if node.HasField("with_clause")
        else ()
    )
    if node.values_lists:
        rows = [tuple(Target(_value(one), f"column{at}") for at, one in enumerate(row.list.items, 1)) for row in node.values_lists]
        return Query(rows[0], others=tuple(Query(row) for row in rows[1:]), plain=len(rows) == 1)
    if node.op != _ENUM.SETOP_NONE:
        left, right = _query(node.larg), _query(node.rarg)
        return Query(left.targets, left.sources, left.where, False, (*left.others, right), named + left.named)
    sources: list[Source] = []
    conditions: list[Expression] = []
    for each in node.from_clause:
        _source(each, sources, conditions, outer=False)
    if node.HasField("where_clause"):
        conditions.append(_value(node.where_clause))
    targets = tuple(Target(_value(each.res_target.val), each.res_target.name or None) for each in node.target_list)
    where = None if not conditions else conditions[0] if len(conditions) == 1 else Operation("and", tuple(conditions))
    return Query(targets, tuple(sources), where, plain, (), named)


def _source(node: Any, sources: list[Source], conditions: list[Expression], outer: bool) -> None:
    kind = node.WhichOneof("node")
    inner = getattr(node, kind)
    match kind:
        case "range_var":
            columns = tuple(_strings(inner.alias.colnames))
            sources.append(
                Source(inner.alias.aliasname or inner.relname, Name(inner.schemaname or None, inner.relname), columns=columns, outer=outer)
            )
        case "range_subselect":
            sources.append(
                Source(
                    inner.alias.aliasname or None,
                    query=_query(inner.subquery.select_stmt),
                    columns=tuple(_strings(inner.alias.colnames)),
                    outer=outer,
                )
            )
        case "range_function":
            call = _value(inner.functions[0].list.items[0])
            function = call if isinstance(call, Invocation) else None
            sources.append(Source(inner.alias.aliasname or (function.name.name if function else None), function=function, outer=outer))
        case "join_expr":
            side = _ENUM.JoinType.Name(inner.jointype)
            _source(inner.larg, sources, conditions, outer or side in ("JOIN_RIGHT", "JOIN_FULL"))
            _source(inner.rarg, sources, conditions, outer or side in ("JOIN_LEFT", "JOIN_FULL"))
            if inner.HasField("quals"):
                conditions.append(_value(inner.quals))
            elif inner.using_clause or inner.is_natural:
                conditions.append(Opaque("using"))
        case _:
            raise UnknownError(kind)
