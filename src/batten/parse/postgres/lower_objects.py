"""Lowers statements on schemas, comments, extensions, publications, owners and storage buckets."""

from collections.abc import Iterator

from tree_sitter import Node

from batten.parse.postgres.expressions import Cast, Constant, Expression, Invocation, Name, Operation, Reference
from batten.parse.postgres.lower_access import argument_types, role_name
from batten.parse.postgres.lower_expressions import expression, query
from batten.parse.postgres.lower_keys import columns_listed
from batten.parse.postgres.lower_names import function_name
from batten.parse.postgres.lower_tables import table_name
from batten.parse.postgres.object_statements import (
    ChangeBuckets,
    ChangeObjectOwner,
    CommentOnObject,
    DropBuckets,
    DropOwned,
    ImportForeignSchema,
    MoveExtension,
    Publication,
    PublishedTable,
    ReassignOwned,
    Savepoint,
)
from batten.parse.postgres.statements import Bucket, Comment, CreateExtension, CreateSchema, SetSearchPath, Statement
from batten.parse.postgres.table_statements import CreateTable
from batten.parse.postgres.tree import Tree, by_kind, child, descend, first, has, identifier, items, name, parts, string

_QUERIES = ("select_with_parens", "select_no_parens", "simple_select", "SelectStmt")
_BUCKETS = Name("storage", "buckets")
_QUEUES = frozenset({Name("pgmq", f"create{kind}") for kind in ("", "_unlogged", "_non_partitioned", "_partitioned")})
_BUCKET_COLUMNS = ("id", "name", "owner", "created_at", "updated_at", "public")


def create_schema(tree: Tree, node: Node) -> Statement:
    """CREATE SCHEMA; one without a name is its owner's."""
    owner = child(node, "RoleSpec")
    label = child(node, "opt_single_name", "ColId", "name") or owner
    return CreateSchema(
        tree.span(node),
        identifier(tree, label) if label is not None else "",
        has(node, "kw_exists"),
        role_name(tree, owner) if owner is not None else None,
    )


def comment(tree: Tree, node: Node) -> Statement | None:
    """COMMENT ON a relation, policy, function or schema."""
    text = child(node, "comment_text")
    value = string(tree.text(text)) if text is not None and tree.text(text).endswith(("'", "$")) else None
    words = tree.text(node).lower().split(None, 4)[2:4]
    kind = words[1] if words[:1] in (["materialized"], ["foreign"]) else next(iter(words), "")
    routine = child(node, "function_with_argtypes")
    if routine is not None:
        return CommentOnObject(tree.span(node), "function", function_name(tree, routine), value, argument_types(tree, routine))
    target, label = child(node, "any_name"), child(node, "name", "ColId")
    if kind == "schema" and label is not None:
        return CommentOnObject(tree.span(node), "schema", name(tree, label), value)
    if target is None or kind not in ("table", "view", "policy"):
        return None
    member = identifier(tree, label) if label is not None and kind == "policy" else None
    return Comment(tree.span(node), kind, name(tree, target), value, member)


def create_extension(tree: Tree, node: Node) -> Statement:
    """CREATE EXTENSION."""
    label = child(node, "name", "ColId")
    schema = next((each for each in descend(node, "create_extension_opt_item") if has(each, "kw_schema")), None)
    return CreateExtension(
        tree.span(node),
        identifier(tree, label) if label is not None else "",
        identifier(tree, schema.children[-1]) if schema is not None else None,
    )


def set_config(tree: Tree, node: Node) -> Statement | None:
    """The search path that a dump sets by a call of set_config; None for another setting."""
    call = first(node, "func_application")
    found = expression(tree, call) if call is not None else None
    if not isinstance(found, Invocation) or found.name.name != "set_config" or not found.arguments[1:]:
        return None
    what, value = (each.operand if isinstance(each, Cast) else each for each in found.arguments[:2])
    if not (isinstance(what, Constant) and what.value == "search_path" and isinstance(value, Constant)):
        return None
    schemas = tuple(part.strip().strip('"') for part in str(value.value or "").split(",") if part.strip())
    return SetSearchPath(tree.span(node), schemas)


def move_extension(tree: Tree, node: Node) -> Statement:
    """ALTER EXTENSION … SET SCHEMA."""
    label = child(node, "name", "ColId")
    return MoveExtension(tree.span(node), identifier(tree, label) if label is not None else "", identifier(tree, node.children[-1]))


def publication(tree: Tree, node: Node) -> Statement | None:
    """CREATE PUBLICATION, or ALTER PUBLICATION that changes what it publishes."""
    found = by_kind(node)
    label = found.get("name")
    action = next((word for word in ("create", "add", "set", "drop") if f"kw_{word}" in found), None)
    if label is None or action is None:
        return None
    listed = found.get("pub_obj_list")
    if action == "set" and listed is None:
        return None  # WITH options alone
    tables: list[PublishedTable] = []
    schemas: list[str] = []
    whole = False
    for each in descend(node, "PublicationObjSpec"):
        kinds = by_kind(each)
        if "kw_current_schema" in kinds:
            schemas.append("current_schema")
            continue
        # A name without a word before it is of the kind that was said last.
        whole = "kw_schema" in kinds or (whole and "kw_table" not in kinds)
        if whole:
            schemas.append(identifier(tree, kinds.get("ColId") or each.children[-1]))
        else:
            tables.append(_published(tree, kinds))
    return Publication(tree.span(node), identifier(tree, label), action, tuple(tables), tuple(schemas), "kw_all" in found)


def _published(tree: Tree, kinds: dict[str, Node]) -> PublishedTable:
    relation = kinds.get("relation_expr") or kinds.get("extended_relation_expr")
    if relation is not None:
        made = table_name(tree, relation)
    else:
        dotted = [part for kind in ("ColId", "indirection") if kind in kinds for part in parts(tree, kinds[kind])]
        made = Name(dotted[-2] if dotted[1:] else None, dotted[-1] if dotted else "")
    where = kinds.get("OptWhereClause")
    condition = next((each for each in where.named_children if not each.type.startswith("kw_")), None) if where is not None else None
    return PublishedTable(
        made, columns_listed(tree, kinds.get("opt_column_list")), expression(tree, condition) if condition is not None else None
    )


def import_foreign_schema(tree: Tree, node: Node) -> Statement:
    """IMPORT FOREIGN SCHEMA."""
    limit = child(node, "import_qualification")
    only = (
        tuple(name(tree, each).name for each in descend(limit, "qualified_name"))
        if limit is not None and first(limit, "kw_limit") is not None
        else ()
    )
    return ImportForeignSchema(tree.span(node), identifier(tree, node.children[-1]), only)


def change_owner(tree: Tree, node: Node) -> Statement | None:
    """ALTER … OWNER TO of what is no table and no function."""
    label = child(node, "any_name", "name", "ColId", "function_with_argtypes")
    if label is None or label.type == "function_with_argtypes":
        return None
    kind = "-".join(
        each.type.removeprefix("kw_") for each in node.children[1:] if each.type.startswith("kw_") and each.end_byte < label.start_byte
    )
    return ChangeObjectOwner(tree.span(node), kind, name(tree, label), role_name(tree, node.children[-1]))


def owned(tree: Tree, node: Node) -> Statement:
    """DROP OWNED or REASSIGN OWNED."""
    roles = tuple(role_name(tree, each) for each in descend(child(node, "role_list") or node, "RoleSpec"))
    if node.type == "DropOwnedStmt":
        return DropOwned(tree.span(node), roles, first(node, "kw_cascade") is not None)
    return ReassignOwned(tree.span(node), roles, role_name(tree, node.children[-1]))


def savepoint(tree: Tree, node: Node) -> Statement | None:
    """SAVEPOINT, RELEASE and ROLLBACK TO; None for another statement of a transaction."""
    label = child(node, "ColId", "name")
    words = [each.type.removeprefix("kw_") for each in node.children]
    if label is None or words[0] not in ("savepoint", "release", "rollback"):
        return None
    return Savepoint(tree.span(node), words[0], identifier(tree, label))


def buckets(tree: Tree, node: Node) -> tuple[Statement, ...]:
    """The rows an INSERT puts into storage.buckets; none for another table."""
    if table_name(tree, child(node, "insert_target") or node) != _BUCKETS:
        return ()
    listed = first(node, "insert_column_list")
    columns = [identifier(tree, each) for each in items(listed, "insert_column_list")] if listed is not None else _BUCKET_COLUMNS
    body = first(child(node, "insert_rest"), *_QUERIES, "values_clause")
    if body is None:
        return ()
    found = query(tree, body)
    rows: list[Statement] = []
    for branch in (found, *found.others):
        values = dict(zip(columns, (target.value for target in branch.targets), strict=False))
        rows.append(
            Bucket(
                tree.span(node),
                _text(values.get("id", values.get("name"))),
                _truth(values.get("public", Constant(False))),
                _conflict(tree, child(node, "opt_on_conflict")),
            )
        )
    return tuple(rows)


def _conflict(tree: Tree, node: Node | None) -> str:
    if node is None:
        return ""
    if has(node, "kw_nothing"):
        return "nothing"
    return "public" if any(label == "public" for label, _ in _assignments(tree, node)) else "update"


def _assignments(tree: Tree, node: Node) -> Iterator[tuple[str, Expression]]:
    for each in descend(node, "set_clause"):
        target = child(each, "set_target")
        if target is not None:
            yield identifier(tree, target), expression(tree, each.children[-1])


def changed_buckets(tree: Tree, node: Node) -> Statement | None:
    """UPDATE of ``public`` or DELETE of storage.buckets; None for another table."""
    if table_name(tree, node) != _BUCKETS:
        return None
    where = child(node, "where_or_current_clause")
    names = () if where is None else _chosen(expression(tree, where.children[-1]))
    if node.type == "DeleteStmt":
        return DropBuckets(tree.span(node), names)
    values = dict(_assignments(tree, node))
    return ChangeBuckets(tree.span(node), names, _truth(values["public"])) if "public" in values else None


def _chosen(condition: Expression) -> tuple[str, ...] | None:
    """The buckets that ``id = 'a'`` or ``name in ('a', 'b')`` means."""
    match condition:
        case Operation("=" | "in", (Reference(column), *values)) if column[-1] in ("id", "name"):
            names = tuple(each.value for each in values if isinstance(each, Constant) and isinstance(each.value, str))
            return names if len(names) == len(values) else None
        case _:
            return None


def created_bucket(tree: Tree, node: Node) -> Statement | None:
    """SELECT storage.create_bucket(…); None for another query."""
    call = next((each for each in descend(node, "func_application") if name(tree, each.children[0]).name == "create_bucket"), None)
    if call is None:
        return None
    named: dict[str, Expression] = {}
    listed = child(call, "func_arg_list")
    for at, each in enumerate(items(listed, "func_arg_list") if listed is not None else ()):
        label = child(each, "param_name")
        named[identifier(tree, label) if label is not None else ("id", "public")[at] if at < len(("id", "public")) else ""] = expression(
            tree, each.children[-1] if each.type == "func_arg_expr" else each
        )
    bucket = _text(named.get("id", named.get("name", named.get("bucket_id"))))
    return Bucket(tree.span(node), bucket, _truth(named.get("public", Constant(False))))


def created_queue(tree: Tree, node: Node) -> Statement | None:
    """SELECT pgmq.create(…) and its like: the table of a queue; None for another query."""
    call = next((each for each in descend(node, "func_application") if name(tree, each.children[0]) in _QUEUES), None)
    found = expression(tree, call) if call is not None else None
    queue = _text(found.arguments[0]) if isinstance(found, Invocation) and found.arguments else None
    return CreateTable(tree.span(node), Name("pgmq", f"q_{queue.lower()}")) if queue is not None else None


def _text(value: Expression | None) -> str | None:
    value = value.operand if isinstance(value, Cast) else value
    return value.value if isinstance(value, Constant) and isinstance(value.value, str) else None


def _truth(value: Expression) -> bool | None:
    value = value.operand if isinstance(value, Cast) else value
    return value.value if isinstance(value, Constant) and isinstance(value.value, bool) else None
