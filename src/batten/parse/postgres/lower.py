"""Turns one piece of SQL into typed statements."""

import re
from collections.abc import Callable

from tree_sitter import Node

from batten.parse.postgres import lower_access, lower_keys, lower_names, lower_objects, lower_routines, lower_tables
from batten.parse.postgres.expressions import Invocation
from batten.parse.postgres.lower_expressions import expression
from batten.parse.postgres.split import pieces, words
from batten.parse.postgres.statements import Broken, CallFunction, DoBlock, Other, Statement, Transaction
from batten.parse.postgres.templates import filled
from batten.parse.postgres.tree import Tree, child, first, folded, has
from batten.regex import regex
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
_WRITING = frozenset({"delete", "insert", "update", "with"})
_BUCKETS = regex(rb"storage\W{1,9}buckets", re.IGNORECASE)
_HEAD = 500
_TELLING = (b"into", b"search_path", b"set_config", b"create_bucket", b"pgmq.create")
# What these say is worth having even where a part of them is not understood.
_TOLERANT = frozenset(
    {
        "CreateStmt",
        "CreateForeignTableStmt",
        "CreateAsStmt",
        "CreatePolicyStmt",
        "CreateFunctionStmt",
        "ViewStmt",
        "CreateMatViewStmt",
        "SelectStmt",
    }
)
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
_CALLED = regex(
    rb"\s*(?:select|call|perform)\s+(?:\*\s+from\s+)?(?!(?:pg_|setval|nextval|now|count|set_config|cron\.|net\.|vault\.|pgmq\.|storage\.))[\w\".]+\s*\([^;]{0,400}\)\s*(?:as\s+\w+\s*)?$",
    re.IGNORECASE,
)

_ENUM = regex(rb"\benum\b", re.IGNORECASE)
_ENUM_VALUE = regex(rb"\bvalue\b", re.IGNORECASE)

# A line inside something else, such as prose or a template, that looks like a statement which decides who can do what.
_DECIDING_LINE = regex(
    rb"^[ \t+>|\x00]*(?:/\*[ \t]*)?(?:create\s+(?:or\s+replace\s+)?(?:table|policy|view|function|schema|role|materialized|event)|alter\s+(?:table|policy|view|function|default|role)|grant\s|revoke\s"
    rb"|drop\s+(?:table|policy|view|function|schema|role)|do\s+\$)",
    re.IGNORECASE | re.MULTILINE,
)

_MAKES = regex(
    rb"\bcreate\s+(?:or\s+replace\s+)?(?:(?:global|local|temp|temporary|unlogged|recursive|materialized|foreign)\s+)*(?:table|view|function|procedure|schema)\b"
    rb"(?:\s+(?:if\s+not\s+exists\s+)?(?:[\w$\"]+\s*\.\s*)?([\w$]+|\"[^\"]+\"))?",
    re.IGNORECASE,
)

Lowered = Statement | None


def _owner(tree: Tree, node: Node) -> Lowered:
    return lower_routines.alter_function(tree, node) or lower_objects.change_owner(tree, node)


def _schema(tree: Tree, node: Node) -> Lowered:
    return lower_objects.move_extension(tree, node) if has(node, "kw_extension") else lower_names.set_schema(tree, node)


_STATEMENTS: dict[str, Callable[[Tree, Node], Lowered]] = {
    "AlterTableStmt": lower_tables.alter_table,
    "RenameStmt": lower_names.rename,
    "AlterObjectSchemaStmt": _schema,
    "DropStmt": lower_names.drop,
    "ViewStmt": lower_tables.create_view,
    "CreateMatViewStmt": lower_tables.create_view,
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
    "AlterOwnerStmt": _owner,
    "AlterGroupStmt": lower_access.alter_group,
    "CreatePublicationStmt": lower_objects.publication,
    "AlterPublicationStmt": lower_objects.publication,
    "ImportForeignSchemaStmt": lower_objects.import_foreign_schema,
    "DropOwnedStmt": lower_objects.owned,
    "ReassignOwnedStmt": lower_objects.owned,
    "UpdateStmt": lower_objects.changed_buckets,
    "DeleteStmt": lower_objects.changed_buckets,
    "RemoveFuncStmt": lower_routines.drop_function,
    "DefineStmt": lower_routines.create_enum,
    "AlterEnumStmt": lower_routines.add_enum_value,
    "CreateTrigStmt": lower_routines.create_trigger,
    "CreateEventTrigStmt": lower_routines.create_event_trigger,
    "AlterEventTrigStmt": lower_routines.alter_event_trigger,
    "CreateSchemaStmt": lower_objects.create_schema,
    "IndexStmt": lower_keys.create_index,
    "CommentStmt": lower_objects.comment,
    "CreateExtensionStmt": lower_objects.create_extension,
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
        return (unread(data, whole or Span(base, base + len(data))),)


def unread(data: bytes, span: Span) -> Statement:
    """A piece that is too long or too deep to be parsed."""
    start = words(data[:2000])
    return Other(span, start[0]) if start and (start[0] in _IDLE or start[0] == "insert") else _broken(data, start, span)


def _broken(data: bytes, start: tuple[str, ...], span: Span) -> Broken:
    kind = start[0] if start else ""
    matters = not _HARMLESS.intersection(start[1:3]) if kind in _MATTERS else _DECIDING_LINE.search(data) is not None
    return Broken(span, kind, matters, _made_by(data))


def _made_by(data: bytes) -> tuple[str, ...] | None:
    """The names of what a text that is not understood may make."""
    names = [match.group(1) for match in _MAKES.finditer(data)]
    if None in names:
        return None
    return tuple(sorted({folded(name) for name in names}))


def _lowered(data: bytes, base: int, whole: Span | None, lead: str) -> tuple[Statement, ...]:
    span = whole or Span(base, base + len(data))
    start = words(data)
    kind = start[0] if start else ""
    if data.startswith(b"\\"):
        return (Broken(span, data.split(None, 1)[0].decode("utf-8", "replace")),)
    if not kind:
        return (_broken(data, start, span),) if data.strip() else ()
    stored = kind in _WRITING and _BUCKETS.search(data, 0, _HEAD) is not None
    if not stored:
        if kind in _IDLE or kind == "insert" or (kind in _MAKING and _is_idle(start) and not _of_enum(start, data)):
            return (Other(span, kind),)
        if kind in _ASKING:
            if kind != "with" and _CALLED.match(data):
                return (_called(data, base, whole) or Other(span, kind),)
            lower = data.lower()
            if kind in ("select", "with") and not any(word in lower for word in _TELLING):
                return (Other(span, kind),)
    tree = Tree(data, base, whole)
    if tree.root.has_error and (plain := filled(data)) != data:
        found = _lowered(plain, base, whole, lead)
        return found if plain.count(b"_") == data.count(b"_") else (*found, Broken(span, "placeholder"))
    node = _statement(tree.root)
    if node is None:
        return (_broken(data, start, span),)
    if tree.root.has_error:
        if node.type not in _TOLERANT or (node.type == "CreatePolicyStmt" and any(each.is_error for each in node.children)):
            return (_broken(data, start, span),)
        return (*_typed(tree, node, span, kind, lead), _broken(data, start, span))
    return _typed(tree, node, span, kind, lead)


def _typed(tree: Tree, node: Node, span: Span, kind: str, lead: str) -> tuple[Statement, ...]:
    match node.type:
        case "DoStmt":
            return (lower_routines.do_block(tree, node, inside),)
        case "TransactionStmt" | "TransactionStmtLegacy":
            return (lower_objects.savepoint(tree, node) or _transaction(span, kind),)
        case "InsertStmt" | "SelectStmt" if inserted := _inserted(tree, node):
            return inserted
        case "SelectStmt":
            return (_selected(tree, node) or Other(span, kind),)
        case plain if plain in _WITH_LEAD:
            return (_WITH_LEAD[plain](tree, node, lead),)
        case plain if plain in _STATEMENTS:
            return (_STATEMENTS[plain](tree, node) or Other(span, kind),)
        case _:
            return (Other(span, kind),)


def _inserted(tree: Tree, node: Node) -> tuple[Statement, ...]:
    """Buckets that an INSERT makes, also one inside WITH."""
    inner = (
        node
        if node.type == "InsertStmt"
        else first(child(node, "with_clause") or child(first(node, "select_no_parens"), "with_clause"), "InsertStmt")
    )
    return lower_objects.buckets(tree, inner) if inner is not None else ()


def _selected(tree: Tree, node: Node) -> Lowered:
    text = tree.text(node).lower()
    if "create_bucket" in text:
        return lower_objects.created_bucket(tree, node)
    if "pgmq.create" in text:
        return lower_objects.created_queue(tree, node)
    return lower_objects.set_config(tree, node) if "set_config" in text else lower_tables.select_into(tree, node)


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
    if start[:3] == ("comment", "on", "column"):
        return True
    if "index" in start and ("unique" in start or start[0] == "drop"):
        return False
    rest = [word for word in start[1:] if word not in ("or", "replace", "if", "exists", "unique", "concurrently", "on")]
    return bool(rest) and rest[0] in _IDLE_OBJECTS and not (start[0] == "drop" and rest[0] == "type")


def _of_enum(start: tuple[str, ...], data: bytes) -> bool:
    """Whether a statement says which values an enumerated type has."""
    return start[1:2] == ("type",) and (_ENUM if start[0] == "create" else _ENUM_VALUE).search(data) is not None


def inside(data: bytes, base: int, whole: Span | None) -> tuple[Statement, ...]:
    """The statements of a text inside a block."""
    found: list[Statement] = []
    for piece in pieces(data):
        text = data[piece.span.start : piece.span.end]
        found.extend(lowered(text, base + piece.span.start, whole))
    return tuple(each for each in found if not isinstance(each, DoBlock))


def _transaction(span: Span, kind: str) -> Statement:
    match kind:
        case "begin" | "start":
            return Transaction(span, "begin")
        case "rollback" | "abort":
            return Transaction(span, "rollback")
        case _:
            return Transaction(span, "commit")
