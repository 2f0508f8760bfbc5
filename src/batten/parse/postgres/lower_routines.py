"""Lowers functions, triggers, comments, extensions and buckets."""

from collections.abc import Iterator

from tree_sitter import Node

from batten.parse.postgres.expressions import Expression, Name, Query, Subquery
from batten.parse.postgres.lower_access import argument_types
from batten.parse.postgres.lower_expressions import expression, query
from batten.parse.postgres.lower_names import function_name
from batten.parse.postgres.plpgsql import Lower, actions
from batten.parse.postgres.statements import (
    AddEnumValue,
    AlterEventTrigger,
    AlterFunction,
    CreateEnum,
    CreateEventTrigger,
    CreateFunction,
    CreateTrigger,
    DoBlock,
    Drop,
    FunctionParameter,
    Statement,
)
from batten.parse.postgres.tree import Tree, by_kind, child, descend, first, has, identifier, items, leaves, name, string, words_written
from batten.text import Span

NO_ANSWER = frozenset({"trigger", "event_trigger", "void"})
"""What functions return that answer nothing."""
_QUERIES = ("select_with_parens", "select_no_parens", "simple_select", "SelectStmt")


def quoted_body(tree: Tree, literal: Node) -> tuple[str, int, Span | None]:
    """The text of a quoted body, its offset in the file, and the range to show where quoting has shifted it."""
    raw = tree.text(literal)
    text = string(raw)
    shift = raw.find(text) if text and raw.startswith("$") else -1
    if shift == -1 and text and text in raw:
        shift = raw.index(text)
    if shift == -1 or tree.whole is not None:
        return text, 0, tree.span(literal)
    return text, tree.base + literal.start_byte + len(raw[:shift].encode()), None


def create_function(tree: Tree, node: Node) -> Statement:
    """CREATE FUNCTION or PROCEDURE."""
    called = child(node, "func_name")
    options: dict[str, str] = {}
    settings: list[tuple[str, str]] = []
    body: Node | None = None
    for option in descend(node, "createfunc_opt_item", "FunctionSetResetClause"):
        if option.type == "FunctionSetResetClause" or first(option, "FunctionSetResetClause") is not None:
            settings += _setting(tree, option)
        elif has(option, "kw_language"):
            options["language"] = _word(tree, option.children[-1])
        elif has(option, "kw_as"):
            body = first(option, "Sconst")
        else:
            options[" ".join(tree.text(option).lower().split())] = ""
    returned = child(node, "func_return")
    returns = words_written(tree, returned) if returned is not None else "table" if has(node, "kw_table") else ""
    parameters = tuple(_parameters(tree, node))
    language = options.get("language", "sql" if has(node, "opt_routine_body") or child(node, "ReturnStmt") is not None else "")
    text: str | None = None
    span: Span | None = None
    result: Expression | None = None
    standard = child(node, "opt_routine_body", "ReturnStmt")
    if body is not None:
        text, base, whole = quoted_body(tree, body)
        span = whole or Span(base, base + len(text.encode()))
        result = _result(text, language) if returns not in NO_ANSWER else None
    elif standard is not None:
        text, span = tree.text(standard), tree.span(standard)
        result = _standard_result(tree, standard)
    return CreateFunction(
        tree.span(node),
        name(tree, called) if called is not None else Name(None, ""),
        parameters,
        returns,
        language,
        any("security definer" in option for option in options),
        has(node, "opt_or_replace", "kw_replace"),
        tuple(settings),
        text,
        span,
        result,
        any("strict" in option or "null on null" in option for option in options),
        tuple(_columns(tree, node)),
    )


def _word(tree: Tree, node: Node) -> str:
    text = tree.text(node)
    return (string(text) if text.endswith("'") else text).lower().strip('"')


def _setting(tree: Tree, node: Node) -> list[tuple[str, str]]:
    label = first(node, "var_name")
    listed = first(node, "var_list")
    if label is None:
        return [("role", "")] if "role" in tree.text(node).lower() else []
    return [(words_written(tree, label), tree.text(listed) if listed is not None else "")]


def _parameters(tree: Tree, node: Node) -> list[FunctionParameter]:
    return [_parameter(tree, argument, each) for way, argument, each in _arguments(tree, node) if way != "out"]


def _columns(tree: Tree, node: Node) -> Iterator[FunctionParameter]:
    """What each row has that a function answers with, as far as it is said there."""
    yield from (_parameter(tree, argument, each) for way, argument, each in _arguments(tree, node) if way in ("out", "inout", "in out"))
    listed = child(node, "table_func_column_list")
    yield from (_parameter(tree, each, each) for each in descend(listed, "table_func_column")) if listed is not None else ()


def _arguments(tree: Tree, node: Node) -> Iterator[tuple[str, Node, Node]]:
    """Each parameter with its direction, and with its default."""
    listed = child(node, "func_args_with_defaults")
    for each in descend(listed, "func_arg_with_default") if listed is not None else ():
        argument = child(each, "func_arg") or each
        way = child(argument, "arg_class")
        yield "" if way is None else " ".join(tree.text(way).lower().split()), argument, each


def _parameter(tree: Tree, argument: Node, whole: Node) -> FunctionParameter:
    label, type_ = child(argument, "param_name"), child(argument, "func_type")
    return FunctionParameter(
        identifier(tree, label) if label is not None else None,
        words_written(tree, type_),
        argument is not whole and len(whole.children) > 1,
    )


def _result(text: str, language: str) -> Expression | None:
    """What a function of SQL answers where its body is one query; that of PL/pgSQL is found out when it is asked for."""
    if language != "sql":
        return None
    inner = Tree(text.encode())
    found = [each for each in inner.root.children if each.is_named and each.type != "comment"]
    if not found or inner.root.has_error:
        return None
    if len(found) > 1:
        return None
    statement = first(found[0], "stmt")
    if statement is None or not has(statement, "SelectStmt"):
        return None
    select = first(statement, *_QUERIES)
    return _as_value(query(inner, select)) if select is not None else None


def _as_value(found: Query) -> Expression:
    """A query that is no more than a value is that value."""
    if (
        len(found.targets) == 1
        and not found.sources
        and found.where is None
        and found.plain
        and not found.named
        and not found.others
        and found.understood
    ):
        return found.targets[0].value
    return Subquery("scalar", found)


def _standard_result(tree: Tree, node: Node) -> Expression | None:
    if node.type == "ReturnStmt":
        return expression(tree, node.children[-1])
    statements = list(descend(node, "SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "ReturnStmt"))
    if len(statements) != 1:
        return None
    one = statements[0]
    if one.type == "ReturnStmt":
        return expression(tree, one.children[-1])
    return _as_value(query(tree, one)) if one.type == "SelectStmt" else None


def alter_function(tree: Tree, node: Node) -> Statement | None:
    """ALTER FUNCTION of security, settings or owner."""
    target = child(node, "function_with_argtypes")
    if target is None:
        return None
    text = " ".join(tree.text(node).lower().split())
    definer = True if "security definer" in text else False if "security invoker" in text else None
    clauses = [each.children[0] for each in descend(node, "FunctionSetResetClause")]
    settings = tuple(pair for clause in clauses if clause.type != "VariableResetStmt" for pair in _setting(tree, clause.parent or clause))
    reset = tuple(_reset(tree, clause) for clause in clauses if clause.type == "VariableResetStmt")
    owner = identifier(tree, node.children[-1]) if has(node, "kw_owner") else None
    return AlterFunction(tree.span(node), function_name(tree, target), argument_types(tree, target), definer, owner, settings, reset)


def _reset(tree: Tree, node: Node) -> str:
    label = first(node, "var_name")
    return words_written(tree, label) if label is not None else "all"


def drop_function(tree: Tree, node: Node) -> Statement:
    """DROP FUNCTION, PROCEDURE or ROUTINE."""
    found = list(descend(node, "function_with_argtypes"))
    return Drop(
        tree.span(node),
        "function",
        tuple(function_name(tree, each) for each in found),
        has(node, "kw_exists"),
        any(leaf.type == "kw_cascade" for leaf in leaves(node)),
        None,
        tuple(argument_types(tree, each) for each in found),
    )


def do_block(tree: Tree, node: Node, lower: Lower) -> Statement:
    """DO."""
    literal = first(node, "Sconst")
    if literal is None:
        return DoBlock(tree.span(node), ())
    text, base, whole = quoted_body(tree, literal)
    return DoBlock(tree.span(node), actions(text.encode(), base, whole, lower))


def create_enum(tree: Tree, node: Node) -> Statement | None:
    """CREATE TYPE … AS ENUM; None for any other type."""
    label = child(node, "any_name")
    if label is None or not has(node, "kw_enum"):
        return None
    return CreateEnum(tree.span(node), name(tree, label), tuple(string(tree.text(each)) for each in descend(node, "Sconst")))


def add_enum_value(tree: Tree, node: Node) -> Statement | None:
    """ALTER TYPE … ADD VALUE, and RENAME VALUE as one more."""
    label, values = child(node, "any_name"), [each for each in node.children if each.type == "Sconst"]
    if label is None or not values:
        return None
    return AddEnumValue(tree.span(node), name(tree, label), string(tree.text(values[-1] if has(node, "kw_rename") else values[0])))


def create_trigger(tree: Tree, node: Node) -> Statement:
    """CREATE TRIGGER."""
    found = by_kind(node)
    label, called, table = found.get("name"), found.get("func_name"), found.get("qualified_name")
    timing, events = found.get("TriggerActionTime"), found.get("TriggerEvents")
    nameless = Name(None, "")
    return CreateTrigger(
        tree.span(node),
        identifier(tree, label) if label is not None else "",
        name(tree, table) if table is not None else nameless,
        name(tree, called) if called is not None else nameless,
        " ".join(tree.text(timing).lower().split()) if timing is not None else "after",
        tuple(tree.text(each).split(None, 1)[0].lower() for each in descend(events, "TriggerOneEvent")) if events is not None else (),
        has(node, "opt_or_replace", "kw_replace"),
        *_occasion(tree, events, found.get("TriggerWhen")),
    )


def _occasion(tree: Tree, events: Node | None, when: Node | None) -> tuple[tuple[str, ...], Expression | None]:
    """The columns of UPDATE OF, and the condition of WHEN."""
    condition = child(when, "a_expr")
    return (
        tuple(identifier(tree, each) for each in descend(events, "columnElem")) if events is not None else (),
        expression(tree, condition) if condition is not None else None,
    )


def create_event_trigger(tree: Tree, node: Node) -> Statement:
    """CREATE EVENT TRIGGER."""
    label, event, called = child(node, "name", "ColId"), child(node, "ColLabel"), child(node, "func_name")
    tags = tuple(
        string(tree.text(each)).upper()
        for listed in descend(node, "event_trigger_value_list")
        for each in items(listed, "event_trigger_value_list")
    )
    return CreateEventTrigger(
        tree.span(node),
        identifier(tree, label) if label is not None else "",
        identifier(tree, event) if event is not None else "",
        name(tree, called) if called is not None else Name(None, ""),
        tags,
    )


def alter_event_trigger(tree: Tree, node: Node) -> Statement:
    """ALTER EVENT TRIGGER … ENABLE or DISABLE."""
    label, way = child(node, "name", "ColId"), child(node, "enable_trigger")
    return AlterEventTrigger(
        tree.span(node), identifier(tree, label) if label is not None else "", way is None or not has(way, "kw_disable")
    )
