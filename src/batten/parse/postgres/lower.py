"""Turns one piece of SQL into typed statements."""

import re
from collections.abc import Callable

from tree_sitter import Node

from batten.parse.postgres import lower_access, lower_routines, lower_tables
from batten.parse.postgres.expressions import Invocation
from batten.parse.postgres.lower_expressions import expression
from batten.parse.postgres.split import pieces, words
from batten.parse.postgres.statements import Broken, CallFunction, DoBlock, Other, Statement, Transaction
from batten.parse.postgres.tree import Tree, first, leaves
from batten.text import Span

# What these begin never changes who may do what: they are not parsed. INSERT is looked at for storage.buckets alone.
_IDLE = frozenset(
    [
        "analyze",
        "call",
        "checkpoint",
        "close",
        "cluster",
        "copy",
        "deallocate",
        "declare",
        "delete",
        "discard",
        "execute",
        "explain",
        "fetch",
        "listen",
        "load",
        "lock",
        "merge",
        "move",
        "notify",
        "prepare",
        "refresh",
        "reindex",
        "release",
        "savepoint",
        "show",
        "truncate",
        "unlisten",
        "update",
        "vacuum",
        "values",
    ]
)
_IDLE_OBJECTS = frozenset(
    [
        "access",
        "aggregate",
        "cast",
        "collation",
        "conversion",
        "domain",
        "index",
        "language",
        "operator",
        "publication",
        "sequence",
        "server",
        "statistics",
        "subscription",
        "tablespace",
        "text",
        "transform",
        "type",
    ]
)
_MAKING = frozenset({"alter", "comment", "create", "drop"})
_ASKING = frozenset({"call", "perform", "select", "with"})
# A statement that begins so may decide who can do what, so it matters when it is not understood.
_MATTERS = frozenset({"alter", "create", "do", "drop", "grant", "revoke"})
_HARMLESS = frozenset(
    {
        "index",
        "unique",
        "type",
        "sequence",
        "extension",
        "trigger",
        "publication",
        "domain",
        "aggregate",
        "cast",
        "operator",
        "rule",
        "constraint",
    }
)

# A function called for what it does: not those of PostgreSQL and of its extensions that change no schema.
_CALLED = re.compile(
    rb"\s*(?:select|call|perform)\s+(?:\*\s+from\s+)?(?!(?:pg_|setval|nextval|now|count|set_config|cron\.|net\.|vault\.|pgmq\.|storage\.))[\w\".]+\s*\([^;]{0,400}\)\s*(?:as\s+\w+\s*)?$",
    re.IGNORECASE,
)

Lowered = Statement | None
_STATEMENTS: dict[str, Callable[[Tree, Node], Lowered]] = {
    "AlterTableStmt": lower_tables.alter_table,
    "RenameStmt": lower_tables.rename,
    "AlterObjectSchemaStmt": lower_tables.set_schema,
    "DropStmt": lower_tables.drop,
    "ViewStmt": lower_tables.create_view,
    "CreateMatViewStmt": lower_tables.create_view,
    "SelectStmt": lower_tables.select_into,
    "AlterPolicyStmt": lower_access.alter_policy,
    "GrantStmt": lower_access.grant,
    "RevokeStmt": lower_access.grant,
    "AlterDefaultPrivilegesStmt": lower_access.default_privileges,
    "GrantRoleStmt": lower_access.grant_role,
    "RevokeRoleStmt": lower_access.grant_role,
    "CreateRoleStmt": lower_access.role,
    "CreateUserStmt": lower_access.role,
    "CreateGroupStmt": lower_access.role,
    "AlterRoleStmt": lower_access.role,
    "DropRoleStmt": lower_access.drop_role,
    "AlterRoleSetStmt": lower_access.role_setting,
    "AlterDatabaseSetStmt": lower_access.role_setting,
    "VariableSetStmt": lower_access.setting,
    "VariableResetStmt": lower_access.setting,
    "CreateFunctionStmt": lower_routines.create_function,
    "AlterFunctionStmt": lower_routines.alter_function,
    "AlterOwnerStmt": lower_routines.alter_function,
    "RemoveFuncStmt": lower_routines.drop_function,
    "CreateTrigStmt": lower_routines.create_trigger,
    "CreateEventTrigStmt": lower_routines.create_event_trigger,
    "AlterEventTrigStmt": lower_routines.alter_event_trigger,
    "CreateSchemaStmt": lower_routines.create_schema,
    "CommentStmt": lower_routines.comment,
    "CreateExtensionStmt": lower_routines.create_extension,
}
_WITH_LEAD: dict[str, Callable[[Tree, Node, str], Statement]] = {
    "CreateStmt": lower_tables.create_table,
    "CreateForeignTableStmt": lower_tables.create_table,
    "CreateAsStmt": lower_tables.create_table_as,
    "CreatePolicyStmt": lower_access.create_policy,
}


def lowered(data: bytes, base: int, whole: Span | None = None, lead: str = "") -> tuple[Statement, ...]:
    """The statements of one piece, which starts at ``base`` of the file; more than one only where an INSERT has several rows."""
    try:
        return _lowered(data, base, whole, lead)
    except RecursionError:  # ``not not not …``, thousands deep
        return (not_understood(data, whole or Span(base, base + len(data))),)


def not_understood(data: bytes, span: Span) -> Broken:
    """A piece that cannot be read."""
    return _broken(words(data[:2000]), span)


def _broken(start: tuple[str, ...], span: Span) -> Broken:
    return Broken(span, start[0] if start else "", bool(start) and start[0] in _MATTERS and not _HARMLESS.intersection(start[1:3]))


def _lowered(data: bytes, base: int, whole: Span | None, lead: str) -> tuple[Statement, ...]:
    span = whole or Span(base, base + len(data))
    start = words(data)
    kind = start[0] if start else ""
    if data.startswith(b"\\"):
        return (Broken(span, data.split(None, 1)[0].decode("utf-8", "replace")),)
    if not kind:
        return (Broken(span, "", matters=False),) if data.strip() else ()
    if kind in _IDLE or (kind in _MAKING and _is_idle(start)):
        return (Other(span, kind),)
    if kind == "insert":
        return _inserted(data, base, whole, span)
    if kind in _ASKING:
        if kind != "with" and _CALLED.match(data):
            return (_called(data, base, whole) or Other(span, kind),)
        lower = data.lower()
        if kind in ("select", "with") and not (b"into" in lower or b"search_path" in lower or b"set_config" in lower):
            return (Other(span, kind),)
    tree = Tree(data, base, whole)
    node = _statement(tree.root)
    if node is None:
        return (_broken(start, span),)
    lower_it = _STATEMENTS.get(node.type)
    if node.type == "DoStmt":
        return (lower_routines.do_block(tree, node, inside),)
    if node.type in ("TransactionStmt", "TransactionStmtLegacy"):
        return (_transaction(node, span, kind),)
    if node.type == "SelectStmt" and b"set_config" in data.lower():
        lower_it = lower_routines.set_config
    if node.type in _WITH_LEAD:
        if node.has_error and node.type == "CreatePolicyStmt" and any(each.is_error for each in node.children):
            return (_broken(start, span),)
        return (_WITH_LEAD[node.type](tree, node, lead),)
    if lower_it is None:
        return (Other(span, kind),)
    if node.has_error and node.type not in ("CreateFunctionStmt", "ViewStmt", "SelectStmt"):
        return (_broken(start, span),)
    return (lower_it(tree, node) or Other(span, kind),)


def _statement(root: Node) -> Node | None:
    """The node of the statement; None where there is none to speak of."""
    if root.has_error:
        if root.children and root.children[0].is_error:
            return None
        found = first(root, "stmt", "TransactionStmtLegacy")
    else:
        found = root
        while found is not None and found.type in ("source_file", "toplevel_stmt"):
            found = found.children[0] if found.child_count else None
    if found is not None and found.type == "stmt":
        found = found.children[0] if found.child_count else None
    return None if found is None or found.is_error else found


def _called(data: bytes, base: int, whole: Span | None) -> Statement | None:
    """The call in ``select f(…)``; None where there is more to it."""
    text = b"select " + data.lstrip().split(None, 1)[1]
    tree = Tree(text, base, whole)
    node = first(tree.root, "func_application")
    found = expression(tree, node) if node is not None and not tree.root.has_error else None
    if not isinstance(found, Invocation) or b"row_number" in data:
        return None
    return CallFunction(whole or Span(base, base + len(data)), found.name, found.arguments)


def _is_idle(start: tuple[str, ...]) -> bool:
    rest = [word for word in start[1:] if word not in ("or", "replace", "if", "exists", "unique", "concurrently", "on")]
    return bool(rest) and rest[0] in _IDLE_OBJECTS and not (start[0] == "drop" and rest[0] == "type")


def _inserted(data: bytes, base: int, whole: Span | None, span: Span) -> tuple[Statement, ...]:
    if b"buckets" not in data[:200].lower():
        return (Other(span, "insert"),)
    tree = Tree(data, base, whole)
    node = first(tree.root, "InsertStmt")
    return (lower_routines.buckets(tree, node) if node is not None else ()) or (Other(span, "insert"),)


def inside(data: bytes, base: int, whole: Span | None) -> tuple[Statement, ...]:
    """The statements of a text inside a block."""
    found: list[Statement] = []
    for piece in pieces(data):
        text = data[piece.span.start : piece.span.end]
        found.extend(lowered(text, base + piece.span.start, whole))
    return tuple(each for each in found if not isinstance(each, DoBlock))


def _transaction(node: Node, span: Span, kind: str) -> Statement:
    tokens = [leaf.type for leaf in leaves(node)]
    if "kw_savepoint" in tokens or "kw_to" in tokens or kind in ("savepoint", "release"):
        return Other(span, kind)
    match kind:
        case "begin" | "start":
            return Transaction(span, "begin")
        case "rollback" | "abort":
            return Transaction(span, "rollback")
        case _:
            return Transaction(span, "commit")
