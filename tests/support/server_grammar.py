"""What PostgreSQL's own grammar (libpg_query) says of statements, and what ours says, in one plain form: kind, names, roles, commands."""

from typing import Any

import postgast

from batten.parse.postgres import statements
from batten.parse.postgres.access_statements import AlterPolicy, CreatePolicy, DefaultPrivileges, Grant, GrantRole, Role, RoleSetting
from batten.parse.postgres.expressions import Name
from batten.parse.postgres.object_statements import (
    ChangeObjectOwner,
    CommentOnObject,
    DropOwned,
    ImportForeignSchema,
    MoveExtension,
    Publication,
    ReassignOwned,
    Savepoint,
)
from batten.parse.postgres.statements import (
    AddEnumValue,
    AlterEventTrigger,
    AlterFunction,
    Bucket,
    CallFunction,
    Comment,
    CreateEnum,
    CreateEventTrigger,
    CreateExtension,
    CreateFunction,
    CreateSchema,
    CreateTrigger,
    CreateView,
    DoBlock,
    Drop,
    Rename,
    SetRole,
    SetSchema,
    SetSearchPath,
    Statement,
    Transaction,
)
from batten.parse.postgres.table_statements import AlterTable, Attach, ChangeOwner, CreateTable, ForceRowSecurity, RowSecurity, SetOptions

Essence = tuple[Any, ...]
PgQueryError = postgast.PgQueryError
# Said to be other statements, but nothing of them matters here.
QUIET: Essence = ("quiet",)
BROKEN: Essence = ("broken",)


def cut(sql: str) -> list[tuple[int, int]]:
    """Where the server's grammar cuts, without blanks and comments around. Raises PgQueryError."""
    data = sql.encode()
    found = []
    for raw in postgast.parse(sql).stmts:
        end = raw.stmt_location + raw.stmt_len if raw.stmt_len else len(data)
        found.append((raw.stmt_location, end))
    return found


def theirs(sql: str) -> list[Essence]:
    """Each statement in plain form. Raises PgQueryError."""
    return [_theirs(raw.stmt) for raw in postgast.parse(sql).stmts]


def ours(sql: str) -> list[Essence]:
    found = statements(sql.encode())
    rows = [isinstance(each, Bucket) and at > 0 and found[at - 1].span == each.span for at, each in enumerate(found)]
    return [_ours(each) for each, row in zip(found, rows, strict=True) if not row]


def _range(node: Any) -> Name:
    return Name(node.schemaname or None, node.relname)


def _strings(nodes: Any) -> tuple[str, ...]:
    return tuple(node.string.sval for node in nodes if node.WhichOneof("node") == "string")


def _named(nodes: Any) -> Name:
    found = _strings(nodes)
    return Name(found[-2] if found[1:] else None, found[-1]) if found else Name(None, "")


_ROLES = {1: None, 2: "current_role", 3: "current_user", 4: "session_user", 5: "public"}


def _role(node: Any) -> str:
    spec = node.role_spec if hasattr(node, "role_spec") and node.WhichOneof("node") == "role_spec" else node
    return _ROLES.get(spec.roletype) or spec.rolename


def _roles(nodes: Any) -> tuple[str, ...]:
    return tuple(_role(node) for node in nodes)


def _types(function: Any) -> int | None:
    return None if function.args_unspecified else len(function.objargs)


def _theirs(stmt: Any) -> Essence:
    kind = stmt.WhichOneof("node")
    node = getattr(stmt, kind)
    enum = postgast.pg_query_pb2
    match kind:
        case "create_stmt":
            temporary = node.relation.relpersistence == "t" or node.relation.schemaname.startswith("pg_temp")
            columns = tuple(each.column_def.colname for each in node.table_elts if each.WhichOneof("node") == "column_def")
            return (
                "create-table",
                _range(node.relation),
                "temporary" if temporary else "table",
                node.if_not_exists,
                columns,
                tuple(_range(each.range_var) for each in node.inh_relations),
            )
        case "create_foreign_table_stmt":
            base = node.base_stmt
            columns = tuple(each.column_def.colname for each in base.table_elts if each.WhichOneof("node") == "column_def")
            return (
                "create-table",
                _range(base.relation),
                "table",
                base.if_not_exists,
                columns,
                tuple(_range(each.range_var) for each in base.inh_relations),
            )
        case "create_table_as_stmt":
            if node.objtype == enum.OBJECT_MATVIEW:
                return ("create-view", _range(node.into.rel), True, False, tuple(_strings(node.into.col_names)))
            temporary = node.into.rel.relpersistence == "t"
            return ("create-table", _range(node.into.rel), "temporary" if temporary else "table", node.if_not_exists, (), ())
        case "view_stmt":
            return ("create-view", _range(node.view), False, node.replace, _strings(node.aliases))
        case "alter_table_stmt":
            name = _range(node.relation)
            changes = []
            for each in node.cmds:
                command = each.alter_table_cmd
                word = enum.AlterTableType.Name(command.subtype)
                if word in ("AT_EnableRowSecurity", "AT_DisableRowSecurity"):
                    changes.append(("rls", word == "AT_EnableRowSecurity"))
                elif word in ("AT_ForceRowSecurity", "AT_NoForceRowSecurity"):
                    changes.append(("force", word == "AT_ForceRowSecurity"))
                elif word == "AT_ChangeOwner":
                    changes.append(("owner", _role(command.newowner)))
                elif word in ("AT_AttachPartition", "AT_DetachPartition"):
                    changes.append(
                        (
                            "attach",
                            word == "AT_AttachPartition",
                            _range(
                                command.def_.partition_cmd.name if hasattr(command, "def_") else getattr(command, "def").partition_cmd.name
                            ),
                        )
                    )
                elif word in ("AT_SetRelOptions", "AT_ResetRelOptions"):
                    changes.append(("options", tuple(item.def_elem.defname for item in getattr(command, "def").list.items)))
            return ("alter-table", name, node.missing_ok, len(node.cmds), tuple(changes))
        case "rename_stmt":
            what = enum.ObjectType.Name(node.rename_type)
            kinds = {
                "OBJECT_TABLE": "table",
                "OBJECT_VIEW": "view",
                "OBJECT_MATVIEW": "view",
                "OBJECT_FOREIGN_TABLE": "table",
                "OBJECT_COLUMN": "column",
                "OBJECT_POLICY": "policy",
                "OBJECT_SCHEMA": "schema",
                "OBJECT_ROLE": "role",
                "OBJECT_FUNCTION": "function",
                "OBJECT_PROCEDURE": "function",
                "OBJECT_ROUTINE": "function",
                "OBJECT_TABCONSTRAINT": "constraint",
            }
            if what not in kinds:
                return QUIET
            if kinds[what] == "function":
                name = _named(node.object.object_with_args.objname)
            elif kinds[what] in ("schema", "role"):
                name = Name(None, node.subname)
            else:
                name = _range(node.relation)
            member = node.subname if kinds[what] in ("column", "policy", "constraint") else None
            return ("rename", kinds[what], name, node.newname, member)
        case "alter_object_schema_stmt":
            what = enum.ObjectType.Name(node.object_type)
            if what in ("OBJECT_TABLE", "OBJECT_VIEW", "OBJECT_MATVIEW", "OBJECT_FOREIGN_TABLE"):
                return ("set-schema", _range(node.relation), node.newschema)
            if what in ("OBJECT_FUNCTION", "OBJECT_PROCEDURE", "OBJECT_ROUTINE"):
                return ("set-schema", _named(node.object.object_with_args.objname), node.newschema)
            return ("move-extension", node.object.string.sval, node.newschema) if what == "OBJECT_EXTENSION" else QUIET
        case "drop_stmt":
            return _dropped(node, enum.ObjectType.Name(node.remove_type), enum)
        case "create_policy_stmt":
            return (
                "create-policy",
                node.policy_name,
                _range(node.table),
                node.permissive,
                node.cmd_name,
                _roles(node.roles),
                node.HasField("qual"),
                node.HasField("with_check"),
            )
        case "alter_policy_stmt":
            return (
                "alter-policy",
                node.policy_name,
                _range(node.table),
                _roles(node.roles) or None,
                node.HasField("qual"),
                node.HasField("with_check"),
            )
        case "grant_stmt":
            return _granted(node, enum)
        case "grant_role_stmt":
            if any(each.def_elem.defname != "" and not node.is_grant for each in node.opt):
                return QUIET
            return (
                "grant-role",
                node.is_grant,
                tuple(each.access_priv.priv_name for each in node.granted_roles),
                _roles(node.grantee_roles),
            )
        case "alter_default_privileges_stmt":
            action = node.action
            if not action.is_grant and action.grant_option:
                return QUIET
            options = {each.def_elem.defname: each.def_elem.arg.list.items for each in node.options}
            return (
                "default-privileges",
                action.is_grant,
                _privileges(action.privileges),
                enum.ObjectType.Name(action.objtype),
                _roles(action.grantees),
                _roles(options.get("roles", ())),
                _strings(options.get("schemas", ())),
            )
        case "create_role_stmt":
            return ("role", node.role, True, *_attributes(node.options))
        case "alter_role_stmt":
            members = next((each.def_elem.arg.list.items for each in node.options if each.def_elem.defname == "rolemembers"), None)
            if members is not None and len(node.options) == 1:
                return ("grant-role", node.action == 1, (_role(node.role),), _roles(members))
            return ("role", _role(node.role), False, *_attributes(node.options))
        case "drop_role_stmt":
            return ("drop", "role", tuple(Name(None, _role(each)) for each in node.roles), node.missing_ok)
        case "alter_role_set_stmt" | "alter_database_set_stmt":
            role = _role(node.role) if kind == "alter_role_set_stmt" and node.HasField("role") else None
            return ("role-setting", role, node.setstmt.name)
        case "variable_set_stmt":
            return _variable(node, enum)
        case "create_function_stmt":
            modes = (enum.FUNC_PARAM_OUT, enum.FUNC_PARAM_TABLE)
            count = sum(each.function_parameter.mode not in modes for each in node.parameters)
            options = {each.def_elem.defname: each.def_elem.arg for each in node.options}
            definer = "security" in options and options["security"].boolean.boolval
            settings = tuple(each.def_elem.arg.variable_set_stmt.name for each in node.options if each.def_elem.defname == "set")
            language = options["language"].string.sval.lower() if "language" in options else "sql" if node.HasField("sql_body") else ""
            return ("create-function", _named(node.funcname), node.replace, count, definer, settings, language)
        case "alter_function_stmt":
            names = [each.def_elem.defname for each in node.actions]
            definer = next((each.def_elem.arg.boolean.boolval for each in node.actions if each.def_elem.defname == "security"), None)
            return ("alter-function", _named(node.func.objname), _types(node.func), definer, names.count("set"))
        case "alter_owner_stmt":
            what = enum.ObjectType.Name(node.object_type)
            if what in ("OBJECT_FUNCTION", "OBJECT_PROCEDURE", "OBJECT_ROUTINE"):
                return ("alter-function-owner", _named(node.object.object_with_args.objname), _role(node.newowner))
            return (
                ("owner", _role(node.newowner))
                if what in ("OBJECT_SCHEMA", "OBJECT_DATABASE", "OBJECT_EVENT_TRIGGER", "OBJECT_PUBLICATION")
                else QUIET
            )
        case "create_trig_stmt":
            return ("create-trigger", node.trigname, _range(node.relation), _named(node.funcname))
        case "create_event_trig_stmt":
            return ("create-event-trigger", node.trigname, node.eventname, _named(node.funcname))
        case "alter_event_trig_stmt":
            return ("alter-event-trigger", node.trigname, node.tgenabled != "D")
        case "create_schema_stmt":
            return ("create-schema", node.schemaname or _role(node.authrole), node.if_not_exists)
        case "comment_stmt":
            return _commented(node, enum.ObjectType.Name(node.objtype))
        case "create_extension_stmt":
            schema = next((each.def_elem.arg.string.sval for each in node.options if each.def_elem.defname == "schema"), None)
            return ("extension", node.extname, schema)
        case "transaction_stmt":
            word = enum.TransactionStmtKind.Name(node.kind)
            plain = {
                "TRANS_STMT_BEGIN": "begin",
                "TRANS_STMT_START": "begin",
                "TRANS_STMT_COMMIT": "commit",
                "TRANS_STMT_ROLLBACK": "rollback",
            }
            if word in plain:
                return ("transaction", plain[word])
            kept = {"TRANS_STMT_SAVEPOINT": "savepoint", "TRANS_STMT_RELEASE": "release", "TRANS_STMT_ROLLBACK_TO": "rollback"}
            return ("savepoint", kept[word], node.savepoint_name) if word in kept else QUIET
        case "create_enum_stmt":
            return ("enum", _named(node.type_name), _strings(node.vals))
        case "alter_enum_stmt" if not node.old_val:
            return ("enum-value", _named(node.type_name), node.new_val)
        case "do_stmt":
            return ("do",)
        case "select_stmt" if node.HasField("into_clause"):
            temporary = node.into_clause.rel.relpersistence == "t"
            return ("create-table", _range(node.into_clause.rel), "temporary" if temporary else "table", False, (), ())
        case "select_stmt" if queue := _queue(node):
            return ("create-table", Name("pgmq", f"q_{queue}"), "table", False, (), ())
        case "drop_owned_stmt":
            return ("drop-owned", _roles(node.roles))
        case "reassign_owned_stmt":
            return ("reassign-owned", _roles(node.roles), _role(node.newrole))
        case "create_publication_stmt":
            return ("publication", node.pubname, "create", node.for_all_tables, *_published(node.pubobjects, enum))
        case "alter_publication_stmt":
            if not node.pubobjects:
                return QUIET
            action = {"AP_AddObjects": "add", "AP_DropObjects": "drop", "AP_SetObjects": "set"}[
                enum.AlterPublicationAction.Name(node.action)
            ]
            return ("publication", node.pubname, action, False, *_published(node.pubobjects, enum))
        case "import_foreign_schema_stmt":
            only = tuple(each.range_var.relname for each in node.table_list) if node.list_type == enum.FDW_IMPORT_SCHEMA_LIMIT_TO else ()
            return ("import-foreign-schema", node.local_schema, only)
        case _:
            return QUIET


def _queue(node: Any) -> str:
    """The queue that ``select pgmq.create('jobs')`` makes; "" for another query."""
    calls = [each.res_target.val.func_call for each in node.target_list[:1]]
    names = [[part.string.sval for part in call.funcname] for call in calls]
    if names != [["pgmq", "create"]] or not calls[0].args:
        return ""
    return str(calls[0].args[0].a_const.sval.sval).lower()


def _dropped(node: Any, what: str, enum: Any) -> Essence:
    cascade = node.behavior == enum.DROP_CASCADE
    kinds = {
        "OBJECT_TABLE": "table",
        "OBJECT_FOREIGN_TABLE": "table",
        "OBJECT_VIEW": "view",
        "OBJECT_MATVIEW": "view",
        "OBJECT_SCHEMA": "schema",
        "OBJECT_TYPE": "type",
        "OBJECT_EXTENSION": "extension",
        "OBJECT_EVENT_TRIGGER": "event-trigger",
        "OBJECT_PUBLICATION": "publication",
    }
    if what in ("OBJECT_POLICY", "OBJECT_TRIGGER"):
        found = _strings(node.objects[0].list.items)
        return ("drop-on", what[7:].lower(), found[-1], Name(found[-3] if found[2:] else None, found[-2]), node.missing_ok)
    if what in ("OBJECT_FUNCTION", "OBJECT_PROCEDURE", "OBJECT_ROUTINE"):
        functions = [each.object_with_args for each in node.objects]
        return ("drop", "function", tuple((_named(each.objname), _types(each)) for each in functions), node.missing_ok, cascade)
    if what not in kinds:
        return QUIET
    names = []
    for each in node.objects:
        match each.WhichOneof("node"):
            case "list":
                names.append(_named(each.list.items))
            case "type_name":
                names.append(_named(each.type_name.names))
            case _:
                names.append(Name(None, each.string.sval))
    return ("drop", kinds[what], tuple(names), node.missing_ok, cascade)


def _privileges(nodes: Any) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found = tuple((each.access_priv.priv_name.lower() or "all", _strings(each.access_priv.cols)) for each in nodes)
    return found or (("all", ()),)


def _granted(node: Any, enum: Any) -> Essence:
    if not node.is_grant and node.grant_option:
        return QUIET
    what = enum.ObjectType.Name(node.objtype)
    kind = {
        "OBJECT_TABLE": "table",
        "OBJECT_SCHEMA": "schema",
        "OBJECT_SEQUENCE": "sequence",
        "OBJECT_FUNCTION": "function",
        "OBJECT_PROCEDURE": "function",
        "OBJECT_ROUTINE": "function",
    }.get(what, "other")
    objects: tuple[Any, ...] = ()
    schemas: tuple[str, ...] = ()
    if node.targtype == enum.ACL_TARGET_ALL_IN_SCHEMA:
        schemas = _strings(node.objects)
    elif kind == "function":
        objects = tuple(_named(each.object_with_args.objname) for each in node.objects)
    elif kind == "schema":
        objects = tuple(Name(None, each) for each in _strings(node.objects))
    elif kind != "other":
        objects = tuple(_range(each.range_var) for each in node.objects)
    return (
        "grant",
        node.is_grant,
        _privileges(node.privileges),
        kind,
        objects,
        schemas,
        _roles(node.grantees),
        node.is_grant and node.grant_option,
    )


def _attributes(options: Any) -> Essence:
    found = {each.def_elem.defname: each.def_elem.arg for each in options}

    def flag(name: str) -> bool | None:
        return found[name].boolean.boolval if name in found else None

    return flag("bypassrls"), flag("superuser"), flag("inherit")


def _variable(node: Any, enum: Any) -> Essence:
    word = enum.VariableSetKind.Name(node.kind)
    reset = word in ("VAR_RESET", "VAR_SET_DEFAULT")
    first = node.args[0].a_const.sval.sval if node.args else ""
    if word == "VAR_RESET_ALL":
        return ("search-path", None)
    if node.name in ("role", "session_authorization"):
        return ("set-role", None if reset or first == "none" else first)
    if node.name == "search_path":
        return ("search-path", None if reset else tuple(filter(None, (each.a_const.sval.sval for each in node.args))))
    return QUIET


def _commented(node: Any, what: str) -> Essence:
    text = node.comment or None
    match what:
        case "OBJECT_TABLE" | "OBJECT_VIEW" | "OBJECT_MATVIEW" | "OBJECT_FOREIGN_TABLE":
            return ("comment", _named(node.object.list.items), text, None)
        case "OBJECT_POLICY":
            found = _strings(node.object.list.items)
            return ("comment", Name(found[-3] if found[2:] else None, found[-2]), text, found[-1])
        case "OBJECT_FUNCTION" | "OBJECT_PROCEDURE" | "OBJECT_ROUTINE":
            return ("comment-on-object", "function", _named(node.object.object_with_args.objname), text)
        case "OBJECT_SCHEMA":
            return ("comment-on-object", "schema", Name(None, node.object.string.sval), text)
        case _:
            return QUIET


def _published(objects: Any, enum: Any) -> Essence:
    tables: list[Essence] = []
    schemas: list[str] = []
    for each in objects:
        spec = each.publication_obj_spec
        if spec.pubobjtype == enum.PUBLICATIONOBJ_TABLE:
            tables.append((_range(spec.pubtable.relation), _strings(spec.pubtable.columns)))
        elif spec.pubobjtype == enum.PUBLICATIONOBJ_TABLES_IN_CUR_SCHEMA:
            schemas.append("current_schema")
        else:
            schemas.append(spec.name)
    return tuple(tables), tuple(schemas)


def _ours(statement: Statement) -> Essence:
    match statement:
        case CreateTable():
            kind = "temporary" if statement.kind == "temporary" else "table"
            return (
                "create-table",
                statement.name,
                kind,
                statement.if_not_exists,
                tuple(each.name for each in statement.columns),
                statement.parents,
            )
        case CreateView():
            return ("create-view", statement.name, statement.materialized, statement.replace, statement.columns)
        case AlterTable():
            changes: list[Essence] = []
            for change in statement.changes:
                match change:
                    case RowSecurity(on):
                        changes.append(("rls", on))
                    case ForceRowSecurity(on):
                        changes.append(("force", on))
                    case ChangeOwner(role):
                        changes.append(("owner", role))
                    case Attach(other, on, False):
                        changes.append(("attach", on, other))
                    case SetOptions(options):
                        changes.append(("options", tuple(name for name, _ in options)))
                    case _:
                        pass
            return ("alter-table", statement.name, statement.if_exists, len(statement.changes), tuple(changes))
        case Rename():
            return ("rename", statement.kind, statement.name, statement.to, statement.member)
        case SetSchema():
            return ("set-schema", statement.name, statement.schema)
        case MoveExtension():
            return ("move-extension", statement.name, statement.schema)
        case Drop(_, "policy" | "trigger", names, exists, _, table):
            return ("drop-on", statement.kind, names[0].name, table, exists)
        case Drop(_, "role", names, exists):
            return ("drop", "role", names, exists)
        case Drop(_, "function", names, exists, cascade, _, types):
            return (
                "drop",
                "function",
                tuple(zip(names, (None if each is None else len(each) for each in types), strict=True)),
                exists,
                cascade,
            )
        case Drop(_, "table" | "view" | "schema" | "type" | "extension" | "event-trigger" | "publication", names, exists, cascade):
            return ("drop", statement.kind, names, exists, cascade)
        case CreatePolicy():
            return (
                "create-policy",
                statement.name,
                statement.table,
                statement.permissive,
                statement.command,
                statement.roles,
                statement.using is not None,
                statement.check is not None,
            )
        case AlterPolicy():
            return (
                "alter-policy",
                statement.name,
                statement.table,
                statement.roles,
                statement.using is not None,
                statement.check is not None,
            )
        case Grant():
            return (
                "grant",
                statement.on,
                tuple((each.name, each.columns) for each in statement.privileges),
                statement.kind,
                statement.objects,
                statement.whole_schemas,
                statement.roles,
                statement.grantable,
            )
        case GrantRole():
            return ("grant-role", statement.on, statement.roles, statement.members)
        case DefaultPrivileges():
            kind = {"table": "OBJECT_TABLE", "function": "OBJECT_FUNCTION", "sequence": "OBJECT_SEQUENCE", "schema": "OBJECT_SCHEMA"}.get(
                statement.kind, "OBJECT_TYPE"
            )
            return (
                "default-privileges",
                statement.on,
                tuple((each.name, each.columns) for each in statement.privileges),
                kind,
                statement.roles,
                statement.owners,
                statement.schemas,
            )
        case Role():
            return ("role", statement.name, statement.create, statement.bypass_rls, statement.superuser, statement.inherit)
        case RoleSetting():
            return ("role-setting", statement.role, statement.name)
        case SetRole():
            return ("set-role", statement.role)
        case SetSearchPath():
            return ("search-path", statement.schemas)
        case CreateFunction():
            return (
                "create-function",
                statement.name,
                statement.replace,
                len(statement.parameters),
                statement.definer,
                tuple(name for name, _ in statement.settings),
                statement.language,
            )
        case AlterFunction(owner=str(owner)):
            return ("alter-function-owner", statement.name, owner)
        case AlterFunction():
            return (
                "alter-function",
                statement.name,
                None if statement.types is None else len(statement.types),
                statement.definer,
                len(statement.settings) + len(statement.reset),
            )
        case ChangeObjectOwner(kind="type" | "domain"):
            return QUIET
        case ChangeObjectOwner():
            return ("owner", statement.owner)
        case CreateTrigger():
            return ("create-trigger", statement.name, statement.table, statement.function)
        case CreateEventTrigger():
            return ("create-event-trigger", statement.name, statement.event, statement.function)
        case AlterEventTrigger():
            return ("alter-event-trigger", statement.name, statement.on)
        case CreateSchema():
            return ("create-schema", statement.name, statement.if_not_exists)
        case Comment():
            return ("comment", statement.name, statement.text or None, statement.member)
        case CommentOnObject():
            return ("comment-on-object", statement.kind, statement.name, statement.text or None)
        case CreateExtension():
            return ("extension", statement.name, statement.schema)
        case Transaction():
            return ("transaction", statement.kind)
        case Savepoint():
            return ("savepoint", statement.kind, statement.name)
        case DoBlock():
            return ("do",)
        case DropOwned():
            return ("drop-owned", statement.roles)
        case ReassignOwned():
            return ("reassign-owned", statement.roles, statement.owner)
        case Publication():
            return (
                "publication",
                statement.name,
                statement.action,
                statement.every,
                tuple((each.name, each.columns) for each in statement.tables),
                statement.schemas,
            )
        case ImportForeignSchema():
            return ("import-foreign-schema", statement.schema, statement.only)
        case CreateEnum():
            return ("enum", statement.name, statement.values)
        case AddEnumValue():
            return ("enum-value", statement.name, statement.value)
        case CallFunction():
            return QUIET
        case _:
            return QUIET if type(statement).__name__ in ("Other", "Bucket", "ChangeBuckets", "DropBuckets") else BROKEN
