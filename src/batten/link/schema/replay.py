"""Replays statements on a database, one by one, as PostgreSQL would: what would fail changes nothing; knows nothing of files' order."""

from collections.abc import Callable, Iterable

from batten.finding import Note, NoteKind, Step
from batten.link.schema import dependencies
from batten.link.schema.state import (
    PRIVILEGES,
    ColumnState,
    Database,
    EventTrigger,
    PolicyState,
    Privileges,
    Relation,
    RoleState,
    Routine,
)
from batten.parse.postgres.expressions import Name, Query, Reference
from batten.parse.postgres.statements import (
    AddColumn,
    AddKey,
    AlterEventTrigger,
    AlterFunction,
    AlterPolicy,
    AlterTable,
    Attach,
    Broken,
    ChangeColumn,
    ChangeOwner,
    ColumnDefinition,
    Comment,
    CreateEventTrigger,
    CreateFunction,
    CreatePolicy,
    CreateSchema,
    CreateTable,
    CreateView,
    DefaultPrivileges,
    DoBlock,
    Drop,
    DropColumn,
    ForceRowSecurity,
    Grant,
    GrantRole,
    Rename,
    Role,
    RoleSetting,
    RowSecurity,
    SetOptions,
    SetRole,
    SetSchema,
    SetSearchPath,
    Statement,
    TableChange,
    Transaction,
)
from batten.text import Place, Span

_SYSTEM = frozenset({"pg_catalog", "information_schema", "auth", "storage", "realtime", "vault", "cron", "net", "graphql", "graphql_public", "extensions", "supabase_functions", "supabase_migrations", "pgsodium"})
_ENABLES = "enable row level security"


class Replay:
    """The database and what is noted while files are replayed on it. ``loose``: the files are in no order, so nothing is taken away."""

    def __init__(self, database: Database, block: "Callable[[Replay, DoBlock], None]", loose: bool = False) -> None:
        self.database = database
        self.notes: list[Note] = []
        self.path = ""
        self.loose = loose
        self.unsure = 0
        """How many conditions that could not be decided the replay stands in."""
        self._block = block
        self._span = Span(0, 0)

    def file(self, path: str, statements: Iterable[Statement]) -> None:
        """One file, in a session of its own."""
        self.path = path
        before = self.database.search_path
        for statement in _kept(statements):
            self.apply(statement)
        self.database.search_path, self.database.role = before, "postgres"

    def note(self, message: str, span: Span | None = None) -> None:
        """Something could not be settled."""
        self.notes.append(Note(NoteKind.NOT_UNDERSTOOD, message, Place(self.path, span or self._span)))

    def place(self, span: Span) -> Place:
        """A place in the file being replayed."""
        return Place(self.path, span)

    def apply(self, statement: Statement) -> None:
        """One statement."""
        self._span = statement.span
        match statement:
            case CreateTable():
                self._create_table(statement)
            case AlterTable():
                self._alter_table(statement)
            case CreatePolicy():
                self._create_policy(statement)
            case AlterPolicy():
                self._alter_policy(statement)
            case Drop():
                self._drop(statement)
            case Rename():
                self._rename(statement)
            case SetSchema():
                self._set_schema(statement)
            case Grant():
                self._grant(statement)
            case DefaultPrivileges():
                self._default_privileges(statement)
            case CreateView():
                self._create_view(statement)
            case CreateFunction():
                self._create_function(statement)
            case AlterFunction():
                self._alter_function(statement)
            case DoBlock():
                self._block(self, statement)
            case Comment():
                self._comment(statement)
            case _:
                self._settings(statement)

    def _settings(self, statement: Statement) -> None:
        """Roles, schemas, event triggers and the session."""
        database = self.database
        match statement:
            case CreateSchema(_, name):
                database.schemas.setdefault(name, Privileges())
            case SetSearchPath(_, schemas):
                database.search_path = schemas if schemas is not None else ("public", "extensions")
            case SetRole(_, role):
                database.role = role or "postgres"
            case GrantRole(_, on, roles, members):
                for member in members:
                    held = database.roles.setdefault(member, RoleState()).member_of
                    held.update(roles) if on else held.difference_update(roles)
            case Role():
                self._role(statement)
            case RoleSetting("", _, _, _) | RoleSetting(_, "authenticator", "pgrst.db_schemas", _):
                database.served = None if statement.values is None else tuple(part.strip() for value in statement.values for part in value.split(",") if part.strip())
            case CreateEventTrigger(_, name, event, function, tags):
                database.event_triggers.setdefault(name, EventTrigger(event, function, tags))
            case AlterEventTrigger(_, name, on):
                if name in database.event_triggers:
                    database.event_triggers[name].on = on
            case Broken(span, kind, True):
                self.note(f"a {kind} statement is not understood: what it changes is not known", span)
            case _:
                pass

    def _role(self, role: Role) -> None:
        if role.create and role.name in self.database.roles:
            return
        state = self.database.roles.setdefault(role.name, RoleState())
        state.bypass_rls = state.bypass_rls if role.bypass_rls is None else role.bypass_rls
        state.superuser = state.superuser if role.superuser is None else role.superuser
        state.inherit = state.inherit if role.inherit is None else role.inherit
        state.member_of.update(role.member_of)
        for member in role.members:
            self.database.roles.setdefault(member, RoleState()).member_of.add(role.name)

    # Tables

    def _create_table(self, made: CreateTable) -> None:
        if made.kind == "temporary":
            return
        schema, name = self.database.target(made.name)
        known = self.database.relations.get((schema, name))
        if known is not None and not known.ghost:
            return
        relation = Relation(schema, name, made.kind, self.place(made.span), owner=self.database.role)
        relation.privileges = self.database.default_privileges(relation.owner, schema, "table")
        relation.trail.append(Step(relation.place, "created here"))
        self._shape(relation, made)
        if self.unsure:
            relation.complete = False
        self.database.relations[(schema, name)] = relation
        self._auto_protect(relation, "CREATE TABLE AS" if made.query is not None else "CREATE TABLE")

    def _shape(self, relation: Relation, made: CreateTable) -> None:
        """Columns, keys and parents of a new table."""
        for source in (*made.parents, *made.like):
            parent = self.database.relation(source)
            if parent is None:
                relation.complete = False
                continue
            for label, column in parent.columns.items():
                relation.columns[label] = ColumnState(column.name, column.type, column.required, column.default, column.references if source in made.parents else None, column.generated)
            relation.complete = relation.complete and parent.complete
            if source in made.parents:
                relation.parents.append(parent)
                relation.primary_key = parent.primary_key
        relation.partition = made.partition
        for definition in made.columns:
            self._add_column(relation, definition)
        relation.keys = [*(definition.references for definition in made.columns if definition.references), *made.keys]
        for key in made.keys:
            self._bind_key(relation, key.columns, key.to)
        relation.primary_key = made.primary_key or relation.primary_key
        if made.query is not None:
            self._columns_of(relation, made.query)

    def _columns_of(self, relation: Relation, query: Query) -> None:
        """The columns that a query's result has."""
        relation.complete = query.understood and not query.others and not query.named
        for target in query.targets:
            label = target.alias or (target.value.parts[-1] if isinstance(target.value, Reference) else None)
            if label == "*":
                for source in query.sources:
                    origin = self.database.relation(source.name) if source.name else None
                    relation.complete = relation.complete and origin is not None and origin.complete
                    for each in origin.columns.values() if origin else ():
                        relation.columns[each.name] = ColumnState(each.name, each.type)
            elif label is None:
                relation.complete = False
            else:
                origin_column = next((found for source in query.sources if source.name and (origin := self.database.relation(source.name)) and (found := origin.column(label))), None)
                relation.columns[label] = ColumnState(label, origin_column.type if origin_column else "")

    def _add_column(self, relation: Relation, column: ColumnDefinition) -> None:
        references = self._full(column.references.to) if column.references else None
        relation.columns.setdefault(
            column.name,
            ColumnState(column.name, column.type, column.required or column.primary, column.default, references, column.generated),
        )

    def _bind_key(self, relation: Relation, columns: tuple[str, ...], to: Name) -> None:
        for label in columns:
            found = relation.columns.get(label)
            if found is not None:
                found.references = self._full(to)

    def _full(self, name: Name) -> Name:
        relation = self.database.relation(name)
        return Name(relation.schema, relation.name) if relation is not None else Name(name.schema or "public", name.name)

    def _auto_protect(self, relation: Relation, tag: str) -> None:
        """An event trigger may switch RLS on for every table that is created."""
        for trigger in self.database.event_triggers.values():
            if not trigger.on or trigger.event != "ddl_command_end" or (trigger.tags and tag not in trigger.tags):
                continue
            bodies = [(routine.made.body or "").lower() for routine in self.database.routines_named(trigger.function)]
            if any(_ENABLES in " ".join(body.split()) for body in bodies):
                self._protect(relation, relation.place, "an event trigger switches row level security on as it is created")

    def ensured(self, name: Name) -> Relation | None:
        """The table that a statement is about; one that no migration creates is taken to exist, unless it was dropped."""
        found = self.database.relation(name)
        if found is not None:
            return found
        schema, label = self.database.target(name)
        if schema in _SYSTEM or f"{schema}.{label}" in self.database.dropped:
            return None
        relation = Relation(schema, label, "table", self.place(self._span), ghost=True, complete=False, rls=None)
        relation.privileges = self.database.default_privileges(relation.owner, schema, "table")
        self.database.relations[(schema, label)] = relation
        return relation

    def _alter_table(self, changed: AlterTable) -> None:
        matters = any(isinstance(change, RowSecurity | ForceRowSecurity) for change in changed.changes)
        relation = self.ensured(changed.name) if matters and changed.kind == "table" else self.database.relation(changed.name)
        if relation is None:
            return
        for change in changed.changes:
            self._change(relation, change, self.place(changed.span))

    def _change(self, relation: Relation, change: TableChange, place: Place) -> None:
        match change:
            case RowSecurity(on):
                if relation.platform:
                    return  # "must be owner of table"
                if on:
                    self._protect(relation, place, "row level security is switched on here")
                else:
                    self._unprotect(relation, place)
            case ForceRowSecurity(on):
                relation.forced = on
            case AddColumn(column):
                self._add_column(relation, column)
                if column.references:
                    relation.keys.append(column.references)
            case DropColumn(label, cascade):
                found = relation.column(label)
                if found is not None and dependencies.drop_column(relation, found.name, cascade):
                    relation.columns.pop(found.name, None)
                    relation.primary_key = tuple(each for each in relation.primary_key if each != found.name)
            case ChangeColumn():
                self._change_column(relation, change)
            case AddKey(columns, key):
                relation.primary_key = columns or relation.primary_key
                if key is not None:
                    relation.keys.append(key)
                    self._bind_key(relation, key.columns, key.to)
            case ChangeOwner(role):
                relation.owner = role
            case Attach(other, on, child):
                self._attach(relation, other, on, child)
            case SetOptions(options):
                for label, value in options:
                    if label == "security_invoker":
                        relation.invoker = value in ("true", "on", "1", "yes")
            case _:
                pass

    def _change_column(self, relation: Relation, change: ChangeColumn) -> None:
        found = relation.column(change.name)
        if found is None:
            return
        found.type = found.type if change.type is None else change.type
        found.required = found.required if change.required is None else change.required
        found.default = found.default if change.default is None else change.default

    def _attach(self, relation: Relation, other: Name, on: bool, child: bool) -> None:
        found = self.database.relation(other)
        if found is None:
            return
        parent, part = (found, relation) if child else (relation, found)
        part.partition = on and not child
        if on and parent not in part.parents:
            part.parents.append(parent)
        elif not on and parent in part.parents:
            part.parents.remove(parent)

    def _protect(self, relation: Relation, place: Place, note: str) -> None:
        relation.rls = relation.rls if self.unsure and relation.rls else None if self.unsure else True
        step = Step(place, note)
        relation.trail.append(step)
        self.database.protections[relation.full] = step

    def _unprotect(self, relation: Relation, place: Place) -> None:
        if self.loose and relation.rls:
            return
        relation.rls = None if self.unsure and relation.rls is not False else False
        relation.trail.append(Step(place, "row level security is switched off here"))

    # Policies

    def _create_policy(self, made: CreatePolicy) -> None:
        relation = self.ensured(made.table)
        if relation is None or relation.kind in ("view", "matview") or made.name in relation.policies:
            return
        place = self.place(made.span)
        policy = PolicyState(
            made.name, place, made.permissive, made.command, made.roles, made.using, made.check, made.using_text, made.check_text, made.lead, sure=not self.unsure
        )  # fmt: skip
        dependencies.bind(policy, self.database)
        relation.policies[made.name] = policy
        if relation.ghost and relation.rls is None and not relation.trail:
            relation.place = place
        self.database.policied[relation.full] = (Step(place, "a policy is written for it here"), relation)

    def _alter_policy(self, changed: AlterPolicy) -> None:
        relation = self.database.relation(changed.table)
        policy = relation.policies.get(changed.name) if relation is not None else None
        if policy is None:
            return
        if self.unsure:
            policy.sure = False
            return
        policy.roles = changed.roles if changed.roles is not None else policy.roles
        if changed.using is not None:
            policy.using, policy.using_text = changed.using, changed.using_text
        if changed.check is not None:
            policy.check, policy.check_text = changed.check, changed.check_text
        policy.place = self.place(changed.span)
        dependencies.bind(policy, self.database)

    # Removal and renaming

    def _drop(self, dropped: Drop) -> None:
        if self.loose and dropped.kind in ("table", "schema"):
            return
        match dropped.kind:
            case "policy":
                relation = self.database.relation(dropped.table) if dropped.table else None
                if relation is not None and dropped.names:
                    self._drop_policy(relation, dropped.names[0].name)
            case "table" | "view":
                self._drop_relations(dropped)
            case "schema":
                for name in dropped.names:
                    if dropped.cascade or not any(key[0] == name.name for key in self.database.relations):
                        self._drop_schema(name.name)
            case "function":
                self._drop_functions(dropped)
            case "event-trigger":
                for name in dropped.names:
                    self.database.event_triggers.pop(name.name, None)
            case "role":
                for name in dropped.names:
                    self.database.roles.pop(name.name, None)
            case _:
                pass

    def _drop_policy(self, relation: Relation, label: str) -> None:
        policy = relation.policies.get(label)
        if policy is None or (self.loose and policy.sure and not policy.permissive):
            return
        if self.unsure:
            policy.sure = False
        else:
            del relation.policies[label]

    def _drop_relations(self, dropped: Drop) -> None:
        going = [relation for name in dropped.names if (relation := self.database.relation(name)) is not None]
        if len(going) < len(dropped.names) and not dropped.if_exists:
            if not any(self.database.relation(name) is None and f"{self.database.target(name)[0]}.{name.name}" in self.database.dropped for name in dropped.names):
                pass
            else:
                return
        if any(relation.platform for relation in going):
            return
        if not dropped.cascade and any(dependencies.blocked(self.database, relation, going) for relation in going):
            return
        for relation in going:
            self._remove(relation)

    def _remove(self, relation: Relation) -> None:
        if self.unsure:
            relation.rls = None
            return
        self.database.relations.pop((relation.schema, relation.name), None)
        self.database.dropped.add(relation.full)
        dependencies.drop_relation(self.database, relation)
        for other in list(self.database.relations.values()):
            if relation in other.parents:
                self._remove(other) if other.partition else other.parents.remove(relation)

    def _drop_schema(self, schema: str) -> None:
        if schema in _SYSTEM:
            return
        for relation in [relation for key, relation in self.database.relations.items() if key[0] == schema]:
            self._remove(relation)
        for key in [key for key in self.database.routines if key[0] == schema]:
            del self.database.routines[key]
        self.database.schemas.pop(schema, None)

    def _drop_functions(self, dropped: Drop) -> None:
        for at, name in enumerate(dropped.names):
            types = dropped.types[at] if at < len(dropped.types) else None
            for routine in self._routines(name, types):
                users = dependencies.policies_calling(self.database, routine)
                if users and not dropped.cascade:
                    continue
                for relation, label in users:
                    self._drop_policy(relation, label)
                found = self.database.routines[(routine.schema, routine.name)]
                found.remove(routine)

    def _routines(self, name: Name, types: tuple[str, ...] | None) -> list[Routine]:
        found = self.database.routines_named(name)
        if types is None or len(found) <= 1:
            return list(found)
        same = [routine for routine in found if len(routine.types) == len(types) and all(_alike(one, two) for one, two in zip(routine.types, types, strict=True))]
        return same or [routine for routine in found if len(routine.types) == len(types)]

    def _rename(self, renamed: Rename) -> None:
        match renamed.kind:
            case "schema":
                self._rename_schema(renamed.name.name, renamed.to)
            case "function":
                for routine in self.database.routines_named(renamed.name):
                    self.database.routines[(routine.schema, routine.name)].remove(routine)
                    routine.name = renamed.to
                    self.database.routines.setdefault((routine.schema, routine.name), []).append(routine)
            case "table" | "view" | "column" | "policy":
                relation = self.database.relation(renamed.name)
                if relation is not None:
                    self._rename_in(relation, renamed)
            case _:
                pass

    def _rename_in(self, relation: Relation, renamed: Rename) -> None:
        label = renamed.member or ""
        if renamed.kind == "policy":
            if label in relation.policies and renamed.to not in relation.policies:
                policy = relation.policies.pop(label)
                policy.name = renamed.to
                relation.policies[renamed.to] = policy
        elif renamed.kind == "column":
            if label in relation.columns and renamed.to not in relation.columns:
                relation.columns = {renamed.to if key == label else key: column for key, column in relation.columns.items()}
                relation.columns[renamed.to].name = renamed.to
                relation.renamed = {old: renamed.to if new == label else new for old, new in relation.renamed.items()} | {label: renamed.to}
                relation.primary_key = tuple(renamed.to if each == label else each for each in relation.primary_key)
        else:
            self._move(relation, relation.schema, renamed.to, f"renamed to {renamed.to} here")

    def _move(self, relation: Relation, schema: str, name: str, note: str) -> None:
        if (schema, name) in self.database.relations:
            return
        self.database.relations.pop((relation.schema, relation.name), None)
        relation.schema, relation.name = schema, name
        self.database.relations[(schema, name)] = relation
        relation.trail.append(Step(self.place(self._span), note))
        for other in self.database.relations.values():
            for column in other.columns.values():
                column.references = column.references if column.references != Name(schema, name) else column.references

    def _rename_schema(self, old: str, new: str) -> None:
        if old not in self.database.schemas or new in self.database.schemas:
            return
        self.database.schemas[new] = self.database.schemas.pop(old)
        for relation in [relation for key, relation in self.database.relations.items() if key[0] == old]:
            self._move(relation, new, relation.name, f"its schema is renamed to {new} here")
        for key in [key for key in self.database.routines if key[0] == old]:
            routines = self.database.routines.pop(key)
            for routine in routines:
                routine.schema = new
            self.database.routines[(new, key[1])] = routines

    def _set_schema(self, changed: SetSchema) -> None:
        if changed.kind == "function":
            for routine in self.database.routines_named(changed.name):
                self.database.routines[(routine.schema, routine.name)].remove(routine)
                routine.schema = changed.schema
                self.database.routines.setdefault((routine.schema, routine.name), []).append(routine)
            return
        relation = self.database.relation(changed.name)
        if relation is None or changed.schema not in self.database.schemas:
            return
        step = Step(self.place(changed.span), f"moved from schema {relation.schema} here")
        self.database.moves[f"{changed.schema}.{relation.name}"] = (relation.schema, step)
        self._move(relation, changed.schema, relation.name, step.note)

    # Privileges

    def _grant(self, grant: Grant) -> None:
        for privileges, kind in self._granted_on(grant):
            for privilege in grant.privileges:
                names = PRIVILEGES.get(kind, frozenset()) if privilege.name == "all" else {privilege.name}
                for role in grant.roles:
                    if self.unsure:
                        privileges.doubt(role, names)
                    elif grant.on:
                        privileges.give(role, names, privilege.columns)
                    else:
                        privileges.take(role, names, privilege.columns)
        if grant.on and grant.kind == "table" and {"anon", "authenticated", "public"}.intersection(grant.roles):
            for name in grant.objects:
                relation = self.database.relation(name)
                if relation is not None:
                    relation.granted = relation.granted or Step(self.place(grant.span), "granted to the roles of the API here")

    def _granted_on(self, grant: Grant) -> list[tuple[Privileges, str]]:
        database = self.database
        if grant.whole_schemas:
            if grant.kind == "function":
                return [(routine.privileges, "function") for key, found in database.routines.items() if key[0] in grant.whole_schemas for routine in found]
            if grant.kind == "table":
                return [(relation.privileges, "table") for relation in database.relations.values() if relation.schema in grant.whole_schemas and not relation.platform]
            return []
        if grant.kind == "schema":
            return [(database.schemas.setdefault(name.name, Privileges()), "schema") for name in grant.objects]
        if grant.kind == "function":
            found = []
            for at, name in enumerate(grant.objects):
                types = grant.types[at] if at < len(grant.types) else None
                found += [(routine.privileges, "function") for routine in self._routines(name, types)]
            return found
        if grant.kind == "table":
            return [(relation.privileges, "table") for name in grant.objects if (relation := database.relation(name)) is not None]
        return []

    def _default_privileges(self, changed: DefaultPrivileges) -> None:
        for owner in changed.owners or (self.database.role,):
            for schema in changed.schemas or (None,):
                held = self.database.defaults.setdefault((owner, schema, changed.kind), Privileges())
                for privilege in changed.privileges:
                    names = PRIVILEGES.get(changed.kind, frozenset()) if privilege.name == "all" else {privilege.name}
                    for role in changed.roles:
                        if self.unsure:
                            held.doubt(role, names)
                        elif changed.on:
                            held.give(role, names)
                        else:
                            held.take(role, names)

    # Views, functions, comments

    def _create_view(self, made: CreateView) -> None:
        schema, name = self.database.target(made.name)
        known = self.database.relations.get((schema, name))
        if known is not None and (not made.replace or known.kind != "view"):
            return
        view = Relation(schema, name, "matview" if made.materialized else "view", self.place(made.span), owner=self.database.role)
        view.invoker, view.query = bool(made.invoker), made.query
        view.privileges = known.privileges if known is not None else self.database.default_privileges(view.owner, schema, "table")
        if made.query is not None:
            self._columns_of(view, made.query)
        self.database.relations[(schema, name)] = view

    def _create_function(self, made: CreateFunction) -> None:
        schema, name = self.database.target(made.name)
        place = self.place(made.span)
        routine = Routine(schema, name, made, place, made.definer, self.database.role, settings=dict(made.settings))
        found = self.database.routines.setdefault((schema, name), [])
        for at, known in enumerate(found):
            if len(known.types) == len(routine.types) and all(_alike(one, two) for one, two in zip(known.types, routine.types, strict=True)):
                if made.replace:
                    routine.privileges, routine.owner = known.privileges, known.owner
                    found[at] = routine
                return
        routine.privileges = self.database.default_privileges(routine.owner, schema, "function")
        found.append(routine)

    def _alter_function(self, changed: AlterFunction) -> None:
        for routine in self._routines(changed.name, changed.types):
            routine.definer = routine.definer if changed.definer is None else changed.definer
            routine.owner = changed.owner or routine.owner
            routine.settings.update(changed.settings)

    def _comment(self, comment: Comment) -> None:
        relation = self.database.relation(comment.name)
        if relation is None:
            return
        if comment.kind == "policy":
            policy = relation.policies.get(comment.member or "")
            if policy is not None:
                policy.comment = comment.text or ""
        else:
            relation.comment = comment.text or ""


def _kept(statements: Iterable[Statement]) -> list[Statement]:
    """The statements without those of transactions that are rolled back."""
    kept: list[Statement] = []
    begun: int | None = None
    for statement in statements:
        if isinstance(statement, Transaction):
            if statement.kind == "rollback" and begun is not None:
                del kept[begun:]
            begun = len(kept) if statement.kind == "begin" else None
        else:
            kept.append(statement)
    return kept


_SYNONYMS = {
    "integer": "int", "int4": "int", "bigint": "int8", "boolean": "bool", "character varying": "varchar", "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp", "double precision": "float8",
}  # fmt: skip


def _alike(one: str, two: str) -> bool:
    """Whether two types as written are the same."""

    def plain(type_: str) -> str:
        bare = type_.split("(")[0].strip().removeprefix("public.").removeprefix("pg_catalog.")
        return _SYNONYMS.get(bare, bare)

    return plain(one) == plain(two)
