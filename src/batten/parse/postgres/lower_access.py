"""Lowers statements on policies, privileges and roles."""

from functools import lru_cache

from tree_sitter import Node

from batten.parse.postgres.access_statements import (
    AlterPolicy,
    CreatePolicy,
    DefaultPrivileges,
    Grant,
    GrantRole,
    Privilege,
    Role,
    RoleSetting,
)
from batten.parse.postgres.expressions import Expression, Name, Opaque, Subquery, walk
from batten.parse.postgres.lower_expressions import expression
from batten.parse.postgres.lower_keys import columns_listed
from batten.parse.postgres.lower_names import function_name
from batten.parse.postgres.lower_tables import table_name
from batten.parse.postgres.statements import Drop, SetBodyChecks, SetRole, SetSearchPath, Statement
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
    leaves,
    name,
    string,
    words_written,
)
from batten.text import Span

_LONGEST = 3000
_CHECKS = "check_function_bodies"
_SERVED = "pgrst.db_schemas"


def role_name(tree: Tree, node: Node) -> str:
    """A role; ``current_user`` and its like stay words of their own."""
    return identifier(tree, node)


def create_policy(tree: Tree, node: Node, lead: str) -> Statement:
    """CREATE POLICY."""
    found = by_kind(node)
    label, table = found.get("name"), found.get("qualified_name")
    mode, command = found.get("RowSecurityDefaultPermissive"), found.get("RowSecurityDefaultForCmd")
    using, using_span, using_text = _clause(tree, found.get("RowSecurityOptionalExpr"))
    check, check_span, check_text = _clause(tree, found.get("RowSecurityOptionalWithCheck"))
    return CreatePolicy(
        span=tree.span(node),
        name=identifier(tree, label) if label is not None else "",
        table=name(tree, table) if table is not None else Name(None, ""),
        permissive=mode is None or "restrictive" not in tree.text(mode).lower(),
        command=tree.text(command).split()[-1].lower() if command is not None else "all",
        roles=_roles(tree, found.get("RowSecurityDefaultToRole")) or ("public",),
        using=using,
        check=check,
        using_span=using_span,
        check_span=check_span,
        using_text=using_text,
        check_text=check_text,
        lead=lead,
    )


def alter_policy(tree: Tree, node: Node) -> Statement:
    """ALTER POLICY."""
    found = by_kind(node)
    label = found.get("name")
    using, _, using_text = _clause(tree, found.get("RowSecurityOptionalExpr"))
    check, _, check_text = _clause(tree, found.get("RowSecurityOptionalWithCheck"))
    roles = _roles(tree, found.get("RowSecurityOptionalToRole"))
    return AlterPolicy(
        tree.span(node),
        identifier(tree, label) if label is not None else "",
        table_name(tree, node),
        roles or None,
        using,
        check,
        using_text,
        check_text,
    )


def _clause(tree: Tree, clause: Node | None) -> tuple[Expression | None, Span | None, str | None]:
    if clause is None:
        return None, None, None
    for inner in clause.children[1:]:
        if inner.is_named and not inner.type.startswith("kw_"):
            text = tree.text(inner)
            if clause.has_error:
                found: Expression = Opaque(" ".join(tree.text(clause).split())[:200])
            else:
                found = _settled(expression(tree, inner), text) if len(text) > _LONGEST else _condition_of(Part(text, tree, inner))
            return found, tree.span(inner), " ".join(text.split())[:500]
    return None, None, None


@lru_cache(maxsize=1000)
def _condition_of(part: Part) -> Expression:
    """A condition: the same few stand in policy after policy."""
    return _settled(expression(*part.take()), str(part.text))


def _settled(found: Expression, text: str) -> Expression:
    """A condition of which a part is left open is read a second time."""
    if not any(isinstance(each, Opaque) or (isinstance(each, Subquery) and not each.query.understood) for each in walk(found)):
        return found
    from batten.parse.dialects.conditions import condition

    return condition(text) or found


def _roles(tree: Tree, node: Node | None) -> tuple[str, ...]:
    return tuple(role_name(tree, each) for each in descend(node, "RoleSpec")) if node is not None else ()


def grant(tree: Tree, node: Node) -> Statement | None:
    """GRANT or REVOKE of privileges; None for REVOKE GRANT OPTION FOR."""
    on = node.type == "GrantStmt"
    if not on and has(node, "kw_option"):
        return None
    target = child(node, "privilege_target")
    target = target if target is not None else node
    kinds = [each.type for each in target.children]
    whole = "kw_all" in kinds and "kw_schema" in kinds
    kind, objects, types = _objects(tree, target, kinds)
    schemas = tuple(identifier(tree, each) for each in items(child(target, "name_list"), "name_list")) if whole else ()
    return Grant(
        tree.span(node),
        on,
        _privileges(tree, node),
        kind,
        () if whole else objects,
        schemas,
        tuple(role_name(tree, each) for each in descend(child(node, "grantee_list") or node, "RoleSpec")),
        types,
        has(node, "opt_grant_grant_option"),
    )


def _objects(tree: Tree, target: Node, kinds: list[str]) -> tuple[str, tuple[Name, ...], tuple[tuple[str, ...] | None, ...]]:
    words = {kind.removeprefix("kw_") for kind in kinds}
    if words & {"function", "functions", "procedure", "procedures", "routine", "routines"}:
        found = list(descend(target, "function_with_argtypes"))
        return "function", tuple(function_name(tree, each) for each in found), tuple(argument_types(tree, each) for each in found)
    if "schema" in words and "all" not in words:
        return "schema", tuple(Name(None, identifier(tree, each)) for each in items(child(target, "name_list"), "name_list")), ()
    if words & {"sequence", "sequences"}:
        return "sequence", tuple(name(tree, each) for each in descend(target, "qualified_name")), ()
    if words & {"database", "domain", "type", "language", "tablespace", "large", "parameter", "server", "wrapper"}:
        return "other", (), ()
    listed = child(target, "qualified_name_list", "qualified_name")
    elements = items(listed, "qualified_name_list") if listed is not None else []
    return "table", tuple(name(tree, each) for each in elements), ()


def argument_types(tree: Tree, node: Node) -> tuple[str, ...] | None:
    """The parameter types of one ``function_with_argtypes``; None where it has no parentheses."""
    listed = child(node, "func_args")
    if listed is None:
        return None
    return tuple(
        words_written(tree, type_)
        for each in descend(listed, "func_arg")
        if (way := child(each, "arg_class")) is None or tree.text(way).lower() != "out"
        for type_ in descend(each, "func_type")
    )


def _privileges(tree: Tree, node: Node) -> tuple[Privilege, ...]:
    every = child(node, "privileges")
    if every is None:
        return ()
    if has(every, "kw_all"):
        return (Privilege("all", columns_listed(tree, every)),)
    listed = child(every, "privilege_list")
    found = []
    for each in items(listed, "privilege_list") if listed is not None else []:
        word = identifier(tree, next(leaves(each)))
        found.append(Privilege(word, columns_listed(tree, child(each, "opt_column_list"))))
    return tuple(found)


def default_privileges(tree: Tree, node: Node) -> Statement | None:
    """ALTER DEFAULT PRIVILEGES."""
    action = child(node, "DefACLAction")
    if action is None or has(action, "kw_option"):
        return None
    owners: list[str] = []
    schemas: list[str] = []
    for option in descend(node, "DefACLOption"):
        if has(option, "kw_schema"):
            listed = child(option, "name_list", "name", "ColId")
            schemas += [identifier(tree, each) for each in items(listed, "name_list")] if listed is not None else []
        else:
            owners += [role_name(tree, each) for each in descend(option, "RoleSpec")]
    target = child(action, "defacl_privilege_target")
    word = tree.text(target).lower() if target is not None else ""
    kind = {"tables": "table", "functions": "function", "routines": "function", "sequences": "sequence", "schemas": "schema"}.get(
        word, "other"
    )
    roles = tuple(role_name(tree, each) for each in descend(child(action, "grantee_list") or action, "RoleSpec"))
    return DefaultPrivileges(
        tree.span(node), has(action, "kw_grant"), _privileges(tree, action), kind, roles, tuple(owners), tuple(schemas)
    )


def grant_role(tree: Tree, node: Node) -> Statement | None:
    """GRANT role TO member, or REVOKE."""
    listed = child(node, "privilege_list")
    if has(node, "kw_option") and node.type == "RevokeRoleStmt":
        return None
    roles = tuple(identifier(tree, each) for each in items(listed, "privilege_list")) if listed is not None else ()
    members = tuple(role_name(tree, each) for each in descend(child(node, "role_list", "grantee_list") or node, "RoleSpec"))
    return GrantRole(tree.span(node), node.type == "GrantRoleStmt", roles, members)


def alter_group(tree: Tree, node: Node) -> Statement | None:
    """ALTER GROUP … ADD USER, which is a GRANT of a role."""
    spec, way = child(node, "RoleSpec"), child(node, "add_drop")
    if spec is None or way is None:
        return None
    members = tuple(role_name(tree, each) for each in descend(child(node, "role_list") or node, "RoleSpec"))
    return GrantRole(tree.span(node), first(way, "kw_add") is not None, (role_name(tree, spec),), members)


def role(tree: Tree, node: Node) -> Statement | None:
    """CREATE or ALTER ROLE, USER or GROUP."""
    spec = first(node, "RoleId", "RoleSpec")
    if spec is None:
        return None
    flags: dict[str, bool] = {}
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    for element in descend(node, "CreateOptRoleElem", "AlterOptRoleElem"):
        word = tree.text(element).lower()
        for flag in ("bypassrls", "superuser", "inherit"):
            if word in (flag, f"no{flag}"):
                flags[flag] = word == flag
        if has(element, "role_list"):
            listed = tuple(role_name(tree, each) for each in descend(element, "RoleSpec"))
            if has(element, "kw_in"):
                above += listed
            else:
                below += listed
    create = has(node, "kw_create")
    return Role(
        tree.span(node), identifier(tree, spec), create, flags.get("bypassrls"), flags.get("superuser"), flags.get("inherit"), above, below
    )


def drop_role(tree: Tree, node: Node) -> Statement:
    """DROP ROLE."""
    return Drop(
        tree.span(node), "role", tuple(Name(None, role_name(tree, each)) for each in descend(node, "RoleSpec")), has(node, "kw_exists")
    )


def role_setting(tree: Tree, node: Node) -> Statement | None:
    """ALTER ROLE or DATABASE … SET name = value."""
    spec = child(node, "RoleSpec") if node.type == "AlterRoleSetStmt" else None
    setting = first(node, "var_name")
    if setting is None:
        return None
    values = tuple(_value(tree, each) for each in descend(node, "var_value"))
    reset = first(node, "VariableResetStmt", "generic_reset") is not None
    return RoleSetting(
        tree.span(node),
        role_name(tree, spec) if spec is not None else None,
        ".".join(identifier(tree, leaf) for leaf in leaves(setting) if leaf.type != "."),
        None if reset else values,
    )


def _value(tree: Tree, node: Node) -> str:
    text = tree.text(node)
    return string(text) if text.endswith("'") else identifier(tree, node)


def setting(tree: Tree, node: Node) -> Statement | None:
    """SET or RESET of search_path, role, what the API serves, or whether bodies are checked; None for every other."""
    text = tree.text(node).lower()
    span = tree.span(node)
    if "role" in text.split("=")[0].split(" to ")[0].split() or "authorization" in text:
        if node.type == "VariableResetStmt" or text.split()[-1] in ("none", "default"):
            return SetRole(span, None, has(node, "kw_local"))
        spec = first(node, "NonReservedWord_or_Sconst", "NonReservedWord")
        return SetRole(span, _value(tree, spec), has(node, "kw_local")) if spec is not None else None
    if _CHECKS in text:
        return SetBodyChecks(span, not text.endswith(("off", "false", "no", "0", "off'", "false'")))
    if _SERVED in text:
        said = tuple(_value(tree, each) for each in descend(node, "var_value"))
        return RoleSetting(span, "", _SERVED, said or None)
    if "search_path" not in text:
        return SetSearchPath(span, None) if text.split()[-1:] == ["all"] and node.type == "VariableResetStmt" else None
    values = tuple(_value(tree, each) for each in descend(node, "var_value"))
    if node.type == "VariableResetStmt" or not values:
        return SetSearchPath(span, None)
    return SetSearchPath(span, tuple(value for value in values if value), has(node, "kw_local"))
