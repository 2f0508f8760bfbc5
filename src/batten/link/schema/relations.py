"""What statements on tables, views and schemas change."""

from batten.finding import Step
from batten.link.schema import dependencies
from batten.link.schema.session import Session
from batten.link.schema.state import ColumnState, Database, EventTrigger, Relation
from batten.parse.postgres.expressions import Name, Query, Reference
from batten.parse.postgres.statements import Comment, CreateView, Drop, Rename
from batten.parse.postgres.table_statements import (
    AddCheck,
    AddColumn,
    AddKey,
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
    RowSecurity,
    SetOptions,
    TableChange,
)
from batten.text import Place

_SYSTEM = frozenset(
    {
        "pg_catalog",
        "information_schema",
        "auth",
        "storage",
        "realtime",
        "vault",
        "cron",
        "net",
        "graphql",
        "graphql_public",
        "extensions",
        "supabase_functions",
        "supabase_migrations",
        "pgsodium",
    }
)
_ENABLES = "enable row level security"


def create_table(session: Session, made: CreateTable) -> None:
    """CREATE TABLE."""
    if made.kind == "temporary":
        return
    schema, name = session.database.target(made.name)
    known = session.database.relations.get((schema, name))
    if known is not None and not known.ghost:
        return
    needed = [*made.parents, *made.like, *(key.to for key in made.keys), *(each.references.to for each in made.columns if each.references)]
    needed += [source.name for source in made.query.sources if source.name] if made.query is not None else []
    if any(session.database.is_gone(each) for each in needed):
        return
    relation = Relation(schema, name, made.kind, session.place(made.span), owner=session.database.role)
    relation.privileges = session.database.default_privileges(relation.owner, schema, "table")
    relation.trail.append(Step(relation.place, "created here"))
    shape(session, relation, made)
    if session.unsure:
        relation.complete = False
    session.database.relations[(schema, name)] = relation
    auto_protect(session, relation, "CREATE TABLE AS" if made.query is not None else "CREATE TABLE")


def shape(session: Session, relation: Relation, made: CreateTable) -> None:
    """Columns, keys and parents of a new table."""
    for source in (*made.parents, *made.like):
        parent = session.database.relation(source)
        if parent is None:
            relation.complete = False
            continue
        for label, column in parent.columns.items():
            relation.columns[label] = ColumnState(
                column.name,
                column.type,
                column.required,
                column.default,
                column.references if source in made.parents else None,
                column.generated,
            )
        relation.complete = relation.complete and parent.complete
        if source in made.parents:
            relation.parents.append(parent)
            relation.primary_key = parent.primary_key
    sources = [*made.like, *(source.name for source in (made.query.sources if made.query is not None else ()) if source.name)]
    relation.copied = [origin for name in sources if (origin := session.database.relation(name)) is not None]
    relation.partition = made.partition
    for definition in made.columns:
        add_column(session, relation, definition)
    relation.keys = [*(definition.references for definition in made.columns if definition.references), *made.keys]
    for key in made.keys:
        bind_key(session, relation, key.columns, key.to)
    relation.primary_key = made.primary_key or relation.primary_key
    for check in made.checks:
        add_check(relation, check)
    if made.query is not None:
        columns_of(session, relation, made.query)


def columns_of(session: Session, relation: Relation, query: Query) -> None:
    """The columns that a query's result has."""
    relation.complete = query.understood and not query.others and not query.named
    for target in query.targets:
        label = target.alias or (target.value.parts[-1] if isinstance(target.value, Reference) else None)
        if label == "*":
            for source in query.sources:
                origin = session.database.relation(source.name) if source.name else None
                relation.complete = relation.complete and origin is not None and origin.complete
                for each in origin.columns.values() if origin else ():
                    relation.columns[each.name] = ColumnState(each.name, each.type)
        elif label is None:
            relation.complete = False
        else:
            origin_column = next(
                (
                    found
                    for source in query.sources
                    if source.name and (origin := session.database.relation(source.name)) and (found := origin.column(label))
                ),
                None,
            )
            relation.columns[label] = ColumnState(label, origin_column.type if origin_column else "")


def add_column(session: Session, relation: Relation, column: ColumnDefinition) -> None:
    """ADD COLUMN."""
    references = full(session, column.references.to) if column.references else None
    relation.columns.setdefault(
        column.name,
        ColumnState(column.name, column.type, column.required or column.primary, column.default, references, column.generated),
    )
    for check in column.checks:
        add_check(relation, check, column.name)


def add_check(relation: Relation, check: Check, column: str = "") -> None:
    """A CHECK constraint, under the name that PostgreSQL gives it where it has none: https://www.postgresql.org/docs/current/ddl-constraints.html."""
    label = check.name or "_".join(filter(None, (relation.name, column, "check")))
    while label in relation.checks:
        label += "1"
    relation.checks[label] = check.condition


def bind_key(session: Session, relation: Relation, columns: tuple[str, ...], to: Name) -> None:
    """Notes on columns what a foreign key points to."""
    for label in columns:
        found = relation.columns.get(label)
        if found is not None:
            found.references = full(session, to)


def full(session: Session, name: Name) -> Name:
    """A name with its schema."""
    relation = session.database.relation(name)
    return Name(relation.schema, relation.name) if relation is not None else Name(name.schema or "public", name.name)


def auto_protect(session: Session, relation: Relation, tag: str) -> None:
    """An event trigger may switch RLS on for every table that is created."""
    for trigger in session.database.event_triggers.values():
        if not trigger.on or trigger.event != "ddl_command_end" or (trigger.tags and tag not in trigger.tags):
            continue
        if protects(session.database, trigger):
            protect(session, relation, relation.place, "an event trigger switches row level security on as it is created")


def protects(database: Database, trigger: EventTrigger) -> bool:
    """Whether an event trigger switches RLS on for every table that is created."""
    bodies = [(routine.made.body or "").lower() for routine in database.routines_named(trigger.function)]
    return trigger.event == "ddl_command_end" and any(_ENABLES in " ".join(body.split()) for body in bodies)


def ensured(session: Session, name: Name) -> Relation | None:
    """The table that a statement is about; one that no migration creates is taken to exist, unless it was dropped."""
    found = session.database.relation(name)
    if found is not None:
        return found
    schema, label = session.database.target(name)
    if schema in _SYSTEM or session.database.is_gone(name):
        return None
    relation = Relation(schema, label, "table", session.place(session.span), ghost=True, complete=False, rls=None)
    relation.privileges = session.database.default_privileges(relation.owner, schema, "table")
    session.database.relations[(schema, label)] = relation
    return relation


def alter_table(session: Session, changed: AlterTable) -> None:
    """ALTER TABLE."""
    matters = any(isinstance(change, RowSecurity | ForceRowSecurity) for change in changed.changes)
    relation = ensured(session, changed.name) if matters and changed.kind == "table" else session.database.relation(changed.name)
    if relation is None:
        return
    for change in changed.changes:
        make(session, relation, change, session.place(changed.span))


def make(session: Session, relation: Relation, change: TableChange, place: Place) -> None:
    """One change of ALTER TABLE."""
    match change:
        case RowSecurity(on):
            if relation.platform:
                return  # "must be owner of table"
            if on:
                protect(session, relation, place, "row level security is switched on here")
            else:
                unprotect(session, relation, place)
        case ForceRowSecurity(on):
            relation.forced = on
        case AddColumn(column):
            add_column(session, relation, column)
            if column.references:
                relation.keys.append(column.references)
        case DropColumn(label, cascade):
            found = relation.column(label)
            if found is not None and dependencies.drop_column(relation, found.name, cascade):
                relation.columns.pop(found.name, None)
                relation.primary_key = tuple(each for each in relation.primary_key if each != found.name)
        case ChangeColumn():
            change_column(relation, change)
        case AddKey(columns, key):
            relation.primary_key = columns or relation.primary_key
            if key is not None:
                relation.keys.append(key)
                bind_key(session, relation, key.columns, key.to)
        case AddCheck(check):
            add_check(relation, check)
        case DropConstraint(label):
            relation.checks.pop(label, None)
        case ChangeOwner(role):
            relation.owner = role
        case Attach(other, on, child):
            attach(session, relation, other, on, child)
        case SetOptions(options):
            for label, value in options:
                if label == "security_invoker":
                    relation.was_invoker = relation.was_invoker or bool(relation.invoker)
                    relation.invoker = value in ("true", "on", "1", "yes")
                    relation.trail.append(Step(place, f"security_invoker is {'switched on' if relation.invoker else 'taken away'} here"))
                elif label == "security_barrier":
                    relation.barrier = value in ("true", "on", "1", "yes")
        case _:
            pass


def change_column(relation: Relation, change: ChangeColumn) -> None:
    """ALTER COLUMN."""
    found = relation.column(change.name)
    if found is None:
        return
    found.type = found.type if change.type is None else change.type
    found.required = found.required if change.required is None else change.required
    found.default = found.default if change.default is None else change.default


def attach(session: Session, relation: Relation, other: Name, on: bool, child: bool) -> None:
    """ATTACH PARTITION, INHERIT and their opposites."""
    found = session.database.relation(other)
    if found is None:
        return
    parent, part = (found, relation) if child else (relation, found)
    part.partition = on and not child
    if on and parent not in part.parents:
        part.parents.append(parent)
    elif not on and parent in part.parents:
        part.parents.remove(parent)


def protect(session: Session, relation: Relation, place: Place, note: str) -> None:
    """ENABLE ROW LEVEL SECURITY."""
    relation.rls = relation.rls if session.unsure and relation.rls else None if session.unsure else True
    step = Step(place, note)
    if step not in relation.trail:
        relation.trail.append(step)
    session.database.protections[relation.full] = step


def unprotect(session: Session, relation: Relation, place: Place) -> None:
    """DISABLE ROW LEVEL SECURITY."""
    if session.loose and relation.rls:
        return
    relation.rls = None if session.unsure and relation.rls is not False else False
    relation.trail.append(Step(place, "row level security is switched off here"))


def create_view(session: Session, made: CreateView) -> None:
    """CREATE VIEW."""
    schema, name = session.database.target(made.name)
    known = session.database.relations.get((schema, name))
    if known is not None and (not made.replace or known.kind != "view"):
        return
    view = Relation(schema, name, "matview" if made.materialized else "view", session.place(made.span), owner=session.database.role)
    view.invoker, view.query = bool(made.invoker), made.query
    view.was_invoker = known is not None and (known.was_invoker or bool(known.invoker))
    view.trail = [*known.trail, Step(view.place, "replaced here")] if known is not None else [Step(view.place, "created here")]
    view.reads = dependencies.bound(dependencies.queries_in(made.query), session.database) if made.query is not None else {}
    view.privileges = known.privileges if known is not None else session.database.default_privileges(view.owner, schema, "table")
    if made.query is not None:
        columns_of(session, view, made.query)
    session.database.relations[(schema, name)] = view


def drop_relations(session: Session, dropped: Drop) -> None:
    """DROP TABLE or VIEW."""
    going = [relation for name in dropped.names if (relation := session.database.relation(name)) is not None]
    if len(going) < len(dropped.names) and not dropped.if_exists:
        gone = [name for name in dropped.names if session.database.relation(name) is None]
        if any(session.database.is_gone(name) for name in gone):
            return
    if any(relation.platform for relation in going):
        return
    if not dropped.cascade and any(dependencies.blocked(session.database, relation, going) for relation in going):
        return
    for relation in going:
        remove(session, relation)


def remove(session: Session, relation: Relation) -> None:
    """Takes a relation away, and what CASCADE takes along."""
    if session.unsure:
        relation.rls = None
        return
    session.database.relations.pop((relation.schema, relation.name), None)
    session.database.gone.add(relation.full)
    dependencies.drop_relation(session.database, relation)
    for other in list(session.database.relations.values()):
        if relation in other.parents:
            remove(session, other) if other.partition else other.parents.remove(relation)


def drop_schema(session: Session, schema: str) -> None:
    """DROP SCHEMA."""
    if schema in _SYSTEM:
        return
    for relation in [relation for key, relation in session.database.relations.items() if key[0] == schema]:
        remove(session, relation)
    for key in [key for key in session.database.routines if key[0] == schema]:
        del session.database.routines[key]
    session.database.schemas.pop(schema, None)


def rename_in(session: Session, relation: Relation, renamed: Rename) -> None:
    """RENAME of a table, or of a column or policy of it."""
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
        move(session, relation, relation.schema, renamed.to, f"renamed to {renamed.to} here")


def move(session: Session, relation: Relation, schema: str, name: str, note: str) -> None:
    """Gives a relation another schema or name."""
    there = session.database.relations.get((schema, name))
    if there is not None and not there.ghost:
        return
    before, now = Name(relation.schema, relation.name), Name(schema, name)
    session.database.relations.pop((relation.schema, relation.name), None)
    session.database.gone.add(relation.full)
    relation.schema, relation.name = schema, name
    session.database.relations[(schema, name)] = relation
    relation.trail.append(Step(session.place(session.span), note))
    for other in session.database.relations.values():
        for column in other.columns.values():
            column.references = now if column.references == before else column.references
        other.keys = [ForeignKey(key.columns, now, key.to_columns) if _is(key.to, before) else key for key in other.keys]


def rename_schema(session: Session, old: str, new: str) -> None:
    """ALTER SCHEMA … RENAME."""
    if old not in session.database.schemas or new in session.database.schemas:
        return
    session.database.schemas[new] = session.database.schemas.pop(old)
    for relation in [relation for key, relation in session.database.relations.items() if key[0] == old]:
        move(session, relation, new, relation.name, f"its schema is renamed to {new} here")
    for key in [key for key in session.database.routines if key[0] == old]:
        routines = session.database.routines.pop(key)
        for routine in routines:
            routine.schema = new
        session.database.routines[(new, key[1])] = routines


def comment(session: Session, comment: Comment) -> None:
    """COMMENT ON."""
    relation = session.database.relation(comment.name)
    if relation is None:
        return
    if comment.kind == "policy":
        policy = relation.policies.get(comment.member or "")
        if policy is not None:
            policy.comment = comment.text or ""
    else:
        relation.comment = comment.text or ""


def _is(name: Name, full: Name) -> bool:
    return name.name == full.name and name.schema in (None, full.schema)
