"""Lowers statements on tables, views and schemas; knows nothing of who may use them."""

from functools import lru_cache

from msgspec import Struct
from tree_sitter import Node

from batten.parse.postgres.expressions import Constant, Expression, Name, Query
from batten.parse.postgres.lower_expressions import expression, query
from batten.parse.postgres.lower_keys import columns_listed, constraint_name, foreign_key, on_delete_of, own_key
from batten.parse.postgres.statements import CreateView, Statement
from batten.parse.postgres.table_statements import (
    AddCheck,
    AddColumn,
    AddKey,
    AddUnique,
    AlterTable,
    Attach,
    ChangeColumn,
    ChangeOwner,
    Check,
    ColumnDefinition,
    CreateTable,
    DropColumn,
    DropConstraint,
    ForceRowSecurity,
    ForeignKey,
    Key,
    OtherChange,
    RowSecurity,
    SetOptions,
    TableChange,
)
from batten.parse.postgres.tree import (
    Part,
    Tree,
    by_kind,
    child,
    descend,
    first,
    has,
    identifier,
    items,
    name,
    words_written,
)

_TRUE = frozenset({"true", "on", "yes", "1", "t", "y"})
_LONGEST = 500
_QUERIES = ("select_with_parens", "select_no_parens", "simple_select", "SelectStmt", "values_clause")


def table_name(tree: Tree, node: Node) -> Name:
    """The table a statement is about: its first qualified name."""
    found = first(node, "qualified_name", "any_name")
    return name(tree, found) if found is not None else Name(None, "")


def create_table(tree: Tree, node: Node, lead: str) -> Statement:
    """CREATE TABLE, also FOREIGN and PARTITION OF."""
    found = by_kind(node)
    names = [each for each in node.children if each.type == "qualified_name"]
    columns: list[ColumnDefinition] = []
    keys: list[ForeignKey] = []
    unique: list[Key] = []
    like: list[Name] = []
    checks: list[Check] = []
    listed = found.get("OptTableElementList") or found.get("OptTypedTableElementList")
    for element in descend(listed, "columnDef", "TableConstraint", "TableLikeClause") if listed is not None else ():
        if element.type == "columnDef":
            columns.append(column(tree, element))
        elif element.type == "TableLikeClause":
            like.append(table_name(tree, element))
        elif (check := _check(tree, element)) is not None:
            checks.append(check)
        elif (own := own_key(tree, element)) is not None:
            unique.append(own)
        elif (key := foreign_key(tree, element)) is not None:
            keys.append(key)
    unique = [*(own for each in columns for own in each.unique), *unique]
    inherited, scope = found.get("OptInherit"), found.get("OptTemp")
    partition = "kw_partition" in found and len(names) > 1
    parents = (
        [name(tree, names[1])] if partition else [name(tree, each) for each in descend(inherited, "qualified_name")] if inherited else []
    )
    split = found.get("OptPartitionSpec")
    kind = "foreign" if "kw_foreign" in found else "partitioned" if split is not None else "table"
    made = name(tree, names[0])
    if (scope is not None and "temp" in tree.text(scope).lower()) or (made.schema or "").startswith("pg_temp"):
        kind = "temporary"
    primary = next((each.columns for each in reversed(unique) if each.primary), ())
    return CreateTable(
        tree.span(node), made, kind, "kw_exists" in found, tuple(columns), tuple(keys), primary, tuple(like), tuple(parents), partition, None, lead, tuple(checks),
        () if split is None else _partitioned_by(tree, split), None if node.has_error else tuple(unique),
    )  # fmt: skip


def _partitioned_by(tree: Tree, split: Node) -> tuple[str, ...]:
    found: list[Node] = []
    for element in descend(split, "part_elem"):
        own = child(element, "ColId")
        found += (
            [own] if own is not None else [inner for each in descend(element, "columnref") if (inner := child(each, "ColId")) is not None]
        )
    return tuple(identifier(tree, each) for each in found)


def create_table_as(tree: Tree, node: Node, lead: str) -> Statement:
    """CREATE TABLE … AS."""
    body = next((each for each in node.children if each.type in _QUERIES), None)
    scope = child(node, "OptTemp")
    kind = "temporary" if scope is not None and "temp" in tree.text(scope).lower() else "table"
    made = first(node, "create_as_target", "qualified_name")
    target = table_name(tree, node) if made is None or made.type == "qualified_name" else table_name(tree, made)
    return CreateTable(
        tree.span(node),
        target,
        kind,
        has(node, "kw_exists"),
        query=query(tree, body) if body is not None else Query(understood=False),
        lead=lead,
        unique=(),
    )


def select_into(tree: Tree, node: Node) -> Statement | None:
    """SELECT … INTO table; None for any other SELECT."""
    into = first(node, "into_clause")
    if into is None:
        return None
    scope = tree.text(into).lower()
    kind = "temporary" if " temp" in scope else "table"
    found = first(into, "qualified_name")
    return CreateTable(tree.span(node), name(tree, found), kind, query=query(tree, node)) if found is not None else None


class _Type(Struct, frozen=True):
    """What a column is, without its name and place."""

    written: str = ""
    required: bool = False
    primary: bool = False
    generated: bool = False
    default: Expression | None = None
    to: Name | None = None
    to_columns: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    on_delete: str = ""
    key: str = ""
    """The name of the foreign key."""
    unique: tuple[tuple[str, bool], ...] = ()
    """The name of each key, and whether it is the primary one."""


def column(tree: Tree, node: Node) -> ColumnDefinition:
    """One column definition."""
    head = node.children[0]
    text = tree.data[head.end_byte : node.end_byte]
    made = _type_of(tree, node) if node.has_error or len(text) > _LONGEST else _type_written(Part(text, tree, node))
    label = identifier(tree, head)
    references = ForeignKey((label,), made.to, made.to_columns, made.on_delete, made.key) if made.to is not None else None
    unique = tuple(Key((label,), called, primary) for called, primary in made.unique)
    return ColumnDefinition(
        label, made.written, tree.span(node), made.required, made.primary, made.default, references, made.generated, made.checks, unique
    )


@lru_cache(maxsize=1000)
def _type_written(part: Part) -> _Type:
    """What stands behind a column's name: the same few are written again and again."""
    return _type_of(*part.take())


def _type_of(tree: Tree, node: Node) -> _Type:
    found = by_kind(node)
    type_, constraints = found.get("Typename"), found.get("ColQualList")
    required = primary = generated = False
    default: Expression | None = None
    on_delete = key = ""
    checks: list[Check] = []
    unique: list[tuple[str, bool]] = []
    to: Name | None = None
    to_columns: tuple[str, ...] = ()
    for element in descend(constraints, "ColConstraintElem") if constraints is not None else ():
        kinds = [each.type for each in element.children]
        if kinds[:2] == ["kw_not", "kw_null"]:
            required = True
        elif kinds[0] == "kw_primary":
            primary = required = True
            unique.append((constraint_name(tree, element.parent), True))
        elif kinds[0] == "kw_unique":
            unique.append((constraint_name(tree, element.parent), False))
        elif kinds[0] == "kw_default":
            default = expression(tree, element.children[-1])
        elif kinds[0] == "kw_check" and (condition := child(element, "a_expr")) is not None:
            checks.append(Check("", expression(tree, condition)))
        elif kinds[0] == "kw_generated":
            generated = True
        elif kinds[0] == "kw_references":
            to = table_name(tree, element)
            to_columns = columns_listed(tree, child(element, "opt_column_list", "opt_column_and_period_list"))
            on_delete = on_delete_of(tree, element)
            key = constraint_name(tree, element.parent)
    written = words_written(tree, type_)
    if written.endswith("serial"):
        generated = required = True
    return _Type(written, required, primary, generated, default, to, to_columns, tuple(checks), on_delete, key, tuple(unique))


def _check(tree: Tree, node: Node) -> Check | None:
    """A constraint of a table, where it is a condition."""
    element = child(node, "ConstraintElem")
    condition = child(element, "a_expr") if element is not None and has(element, "kw_check") else None
    return Check(constraint_name(tree, node), expression(tree, condition)) if condition is not None else None


def alter_table(tree: Tree, node: Node) -> Statement:
    """ALTER TABLE, VIEW, MATERIALIZED VIEW or FOREIGN TABLE."""
    found = by_kind(node)
    kind = "view" if "kw_view" in found else "index" if "kw_index" in found or "kw_sequence" in found else "table"
    label = found.get("relation_expr") or found.get("qualified_name")
    label = first(label, "qualified_name") or label
    made = name(tree, label) if label is not None else Name(None, "")
    listed = found.get("alter_table_cmds") or found.get("partition_cmd")
    changes = tuple(_change(tree, each) for each in items(listed, "alter_table_cmds"))
    return AlterTable(tree.span(node), made, changes, "kw_exists" in found, kind)


def _change(tree: Tree, node: Node) -> TableChange:
    kinds = [each.type for each in node.children]
    if "kw_security" in kinds:
        if "kw_force" in kinds:
            return ForceRowSecurity("kw_no" not in kinds)
        return RowSecurity("kw_enable" in kinds)
    definition = child(node, "columnDef")
    constraint = child(node, "TableConstraint")
    match kinds[0]:
        case "kw_add" if definition is not None:
            return AddColumn(column(tree, definition), "kw_exists" in kinds)
        case "kw_add" if constraint is not None:
            check = _check(tree, constraint)
            if check is not None:
                return AddCheck(check)
            own = own_key(tree, constraint)
            if own is not None:
                return AddUnique(own)
            key = foreign_key(tree, constraint)
            return AddKey(key=key) if key is not None else OtherChange()
        case "kw_drop" if "kw_constraint" not in kinds and (dropped := child(node, "ColId", "name")) is not None:
            return DropColumn(identifier(tree, dropped), _cascades(tree, node), "kw_if" in kinds)
        case "kw_drop" if (dropped := child(node, "name", "ColId")) is not None:
            return DropConstraint(identifier(tree, dropped), _cascades(tree, node))
        case "kw_alter" if (changed := child(node, "ColId", "name")) is not None:
            return _column_change(tree, node, identifier(tree, changed), kinds)
        case "kw_owner":
            return ChangeOwner(identifier(tree, node.children[-1]))
        case "kw_attach" | "kw_detach" | "kw_inherit" | "kw_no":
            other = child(node, "qualified_name")
            if other is not None:
                return Attach(name(tree, other), kinds[0] in ("kw_attach", "kw_inherit"), "kw_inherit" in kinds)
        case "kw_set" | "kw_reset" if (options := first(node, "reloptions")) is not None:
            return SetOptions(option_values(tree, options, reset=kinds[0] == "kw_reset"))
    return OtherChange()


def _cascades(tree: Tree, node: Node) -> bool:
    return has(node, "opt_drop_behavior") and "cascade" in tree.text(node).lower()[-9:]


def _column_change(tree: Tree, node: Node, label: str, kinds: list[str]) -> TableChange:
    if "kw_type" in kinds and (type_ := child(node, "Typename")) is not None:
        return ChangeColumn(label, type=words_written(tree, type_))
    if "kw_null" in kinds:
        return ChangeColumn(label, required="kw_set" in kinds)
    changed = child(node, "alter_column_default")
    if changed is not None:
        return ChangeColumn(label, default=Constant(None) if has(changed, "kw_drop") else expression(tree, changed.children[-1]))
    return OtherChange()


def option_values(tree: Tree, node: Node, reset: bool = False) -> tuple[tuple[str, str | None], ...]:
    """``(security_invoker = on)``; an option without a value is ``true``."""
    found: list[tuple[str, str | None]] = []
    for element in descend(node, "reloption_elem"):
        label = identifier(tree, element.children[0])
        value = tree.text(element.children[-1]).lower().strip("'") if has(element, "=") else "true"
        found.append((label, None if reset else value))
    return tuple(found)


def is_on(value: str | None) -> bool | None:
    """The truth of an option's value; None where it is not set."""
    return None if value is None else value in _TRUE


def create_view(tree: Tree, node: Node) -> Statement:
    """CREATE VIEW or MATERIALIZED VIEW."""
    parts_of = by_kind(node)
    target = parts_of.get("create_mv_target")
    parts_of |= by_kind(target) if target is not None else {}
    options = parts_of.get("opt_reloptions")
    values = dict(option_values(tree, options)) if options is not None else {}
    body = next((each for each in node.children if each.type in _QUERIES), None)
    made = parts_of.get("qualified_name")
    scope = parts_of.get("OptTemp")
    return CreateView(
        tree.span(node),
        name(tree, made) if made is not None else Name(None, ""),
        "kw_materialized" in parts_of,
        "kw_replace" in parts_of,
        is_on(values.get("security_invoker")),
        query(tree, body) if body is not None else None,
        columns_listed(tree, parts_of.get("opt_column_list") or parts_of.get("columnList")),
        scope is not None and "temp" in tree.text(scope).lower(),
    )
