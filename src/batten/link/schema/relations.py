"""What statements that make and alter tables change."""

from collections.abc import Iterable, Mapping

from batten.finding import Step
from batten.link.schema import constraint_names, dependencies, given, unique_keys
from batten.link.schema.constraints import add_check, add_key, columns_in, drop_constraint, drop_constraints_on, full
from batten.link.schema.families import attach, children, with_children
from batten.link.schema.session import Session
from batten.link.schema.state import ColumnState, Database, EventTrigger, Relation
from batten.link.schema.supabase import SYSTEM
from batten.parse.postgres.expressions import Name, Query, Reference, Subquery
from batten.parse.postgres.statements import Statement
from batten.parse.postgres.table_statements import (
    AddCheck,
    AddColumn,
    AddKey,
    AddUnique,
    AlterTable,
    Attach,
    ChangeColumn,
    ChangeOwner,
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

_ENABLES = "enable row level security"


def create_table(session: Session, made: CreateTable) -> None:
    """CREATE TABLE."""
    if made.kind == "temporary":
        return
    schema, name = session.database.target(made.name)
    known = session.database.relations.get((schema, name))
    if known is not None and not known.ghost and not known.premature:
        return
    if session.database.lacks_schema(schema) or not _can_be_made(session, made):
        session.note(f"a server refuses to make table {schema}.{name} here: something that it is made of is not there", made.span)
        return
    relation = Relation(schema, name, made.kind, session.place(made.span), owner=session.database.role)
    relation.privileges = session.database.default_privileges(relation.owner, schema, "table")
    relation.trail.append(Step(relation.place, "created here"))
    shape(session, relation, made)
    wrong = _wrong_key(session, relation, made)
    if wrong is not None:
        relation.premature = True
        session.note(f"a server refuses to make table {schema}.{name} here: a key of it leads to {wrong}", made.span)
    if made.if_not_exists and known is not None and known.premature:
        relation.in_place_of = known
    if session.unsure:
        relation.complete = False
    if session.outlined:
        relation.rls = None
    session.database.relations[(schema, name)] = relation
    auto_protect(session, relation, "CREATE TABLE AS" if made.query is not None else "CREATE TABLE")


def _can_be_made(session: Session, made: CreateTable) -> bool:
    """Whether everything that a new table is made of is there, and of the right kind."""
    database = session.database
    if any(database.is_absent(each) for each in (*made.parents, *made.like)):
        return False
    schema, _ = database.target(made.name)
    if any(key.name and constraint_names.is_called(database, schema, key.name) for key in made.unique or ()):
        return False  # an index of that name is there
    if made.query is not None and dependencies.Terms(database, (Subquery("scalar", made.query),)).fail():
        return False
    parents = [parent for each in made.parents if (parent := database.relation(each)) is not None]
    if made.partition:
        return all(parent.kind == "partitioned" or parent.ghost for parent in parents)
    return all(parent.kind in ("table", "foreign") and not parent.partition for parent in parents)


def _wrong_key(session: Session, relation: Relation, made: CreateTable) -> str | None:
    """What is wrong with where the keys of a new table lead; None where nothing is."""
    database = session.database
    own = database.target(made.name)
    keys = [key for key in (*made.keys, *(each.references for each in made.columns)) if key is not None]
    others = [key for key in keys if database.target(key.to) != own]
    if any(database.is_absent(key.to) for key in others):
        return "a table that is made later"
    unmade = next((key.to for key in others if not session.loose and given.lacks_relation(database, key.to)), None)
    if unmade is not None:
        return f"table {unmade}, which no migration makes"
    types = {column.name: column.type for column in relation.columns.values()}
    targets = ((key, database.relation(key.to) if key in others else relation) for key in keys)
    return next((said for key, target in targets if (said := unique_keys.wrong(database, types, key, target)) is not None), None)


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
                source in made.parents,
            )
        relation.complete = relation.complete and parent.complete
        if source in made.parents:
            relation.parents.append(parent)
            relation.primary_key = parent.primary_key if made.partition else relation.primary_key
    sources = [*made.like, *(source.name for source in (made.query.sources if made.query is not None else ()) if source.name)]
    relation.copied = [origin for name in sources if (origin := session.database.relation(name)) is not None]
    for definition in made.columns:
        add_column(session, relation, definition)
    for key in (*(definition.references for definition in made.columns if definition.references), *made.keys):
        add_key(session, relation, key)
    relation.primary_key = made.primary_key or relation.primary_key
    relation.partition = made.partition
    relation.told = made.unique is not None and not made.like
    for own in made.unique or ():
        unique_keys.add(session, relation, own)
    for check in made.checks:
        add_check(session, relation, check)
    relation.partitioned_by = [relation.columns[each] for each in made.partitioned_by if each in relation.columns]
    if made.query is not None:
        columns_of(session, relation, made.query)


def describe(session: Session, found: Iterable[Statement]) -> None:
    """The columns of tables that statements name and none makes, as something tells of them that makes nothing."""
    for made in found:
        relation = session.database.relation(made.name) if isinstance(made, CreateTable) else None
        if isinstance(made, CreateTable) and relation is not None and relation.ghost:
            known = frozenset(relation.columns)
            for definition in made.columns:
                add_column(session, relation, definition)
            for key in made.keys:
                if known.isdisjoint(key.columns):
                    add_key(session, relation, key)
            if not relation.primary_key and "id" in relation.columns:
                relation.primary_key = ("id",)  # not said; what is called so is it


def trust_policies(database: Database) -> None:
    """Takes row level security to be on where policies are written for a table that no migration makes: what they open is open where it is off, too."""
    for relation in database.tables():
        if relation.ghost and relation.rls is None and relation.policies:
            relation.rls = True


def columns_of(session: Session, relation: Relation, query: Query) -> None:
    """The columns that a query's result has."""
    relation.complete = query.understood
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
        add_check(session, relation, check)


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
    if schema in SYSTEM or session.database.is_absent(name):
        return None
    relation = Relation(schema, label, "table", session.place(session.span), ghost=True, complete=False, rls=None)
    relation.privileges = session.database.default_privileges(relation.owner, schema, "table")
    session.database.relations[(schema, label)] = relation
    return relation


def alter_table(session: Session, changed: AlterTable) -> None:
    """ALTER TABLE: all of its changes, or none where one fails."""
    matters = any(isinstance(change, RowSecurity | ForceRowSecurity) for change in changed.changes)
    relation = ensured(session, changed.name) if matters and changed.kind == "table" else session.database.relation(changed.name)
    if relation is None or (changed.kind == "view" and relation.kind != "view"):
        return
    if any(_fails(session, relation, change) for change in changed.changes):
        return
    for change in changed.changes:
        make(session, relation, change, session.place(changed.span))


def _fails(session: Session, relation: Relation, change: TableChange) -> bool:
    """Whether a change cannot be made to such a relation."""
    match change:
        case RowSecurity() | ForceRowSecurity():
            return relation.kind not in ("table", "partitioned")
        case ChangeOwner(role):
            return session.database.lacks_role(role)
        case AddKey(_, ForeignKey() as key):
            types = {column.name: column.type for column in relation.columns.values()}
            return _lacks(relation, key.columns) or _leads_nowhere(session, relation, types, key)
        case AddUnique(own):
            return unique_keys.refuses(session.database, relation, own)
        case AddCheck(check):
            return _lacks(relation, columns_in(check)) or constraint_names.is_taken(relation, check.name)
        case AddColumn(column, True) if column.name in relation.columns:
            return relation.partition or relation.kind in ("view", "matview")
        case AddColumn(ColumnDefinition(references=ForeignKey() as key) as column, _) if _leads_nowhere(
            session, relation, {column.name: column.type}, key
        ):
            return True
        case AddColumn(column, _):
            if any(unique_keys.refuses(session.database, relation, own) for own in column.unique if own.name or own.primary):
                return True
            return column.name in relation.columns or relation.partition or relation.kind in ("view", "matview")
        case DropConstraint(label, False) if label in relation.unique:
            return bool(unique_keys.users(session.database, relation, relation.unique[label]))
        case DropColumn(label, cascade, if_exists):
            found = relation.columns.get(label)
            if found is None:
                return not if_exists and relation.complete and not relation.ghost and bool(relation.columns)
            return (
                found.inherited
                or relation.kind in ("view", "matview")
                or (not cascade and unique_keys.needed(session.database, relation, label))
                or any(column is key for each, column in with_children(session, relation, label) for key in each.partitioned_by)
            )
        case _:
            return False


def _leads_nowhere(session: Session, relation: Relation, types: Mapping[str, str], key: ForeignKey) -> bool:
    """Whether a table takes no such foreign key."""
    database = session.database
    if constraint_names.is_taken(relation, key.name) or database.is_absent(key.to):
        return True
    return unique_keys.wrong(database, types, key, database.relation(key.to)) is not None


def _lacks(relation: Relation, labels: Iterable[str]) -> bool:
    """Whether a table surely has no column of some name."""
    return relation.complete and not relation.ghost and any(label not in relation.columns for label in labels)


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
            for child in children(session, relation):
                make(session, child, change, place)
                child.columns[column.name].inherited = True
            for own in column.unique:
                unique_keys.add(session, relation, own)
            if column.references:
                add_key(session, relation, column.references)
        case DropColumn(label, cascade):
            drop_column(session, relation, label, cascade)
        case ChangeColumn():
            for each in (relation, *children(session, relation)):
                change_column(each, change)
        case AddKey(columns, key):
            relation.primary_key = columns or relation.primary_key
            if key is not None:
                add_key(session, relation, key)
        case AddUnique(own):
            unique_keys.add(session, relation, own)
        case AddCheck(check):
            add_check(session, relation, check)
        case DropConstraint(label):
            drop_constraint(session, relation, label)
        case ChangeOwner(role):
            relation.privileges.hand_over(relation.owner, role)
            relation.owner = role
        case Attach(other, on, child):
            attach(session, relation, other, on, child)
        case SetOptions(options):
            set_options(relation, options, place)
        case _:
            pass


def drop_column(session: Session, relation: Relation, label: str, cascade: bool) -> None:
    """DROP COLUMN, in the children that have it from here too."""
    going = with_children(session, relation, label)
    if not dependencies.drop_columns(session.database, [column for _, column in going], cascade):
        return
    for each, column in going:
        each.columns.pop(column.name, None)
        drop_constraints_on(session, each, column)
        each.privileges.drop_column(column.name)
        each.primary_key = tuple(key for key in each.primary_key if key != column.name)


def set_options(relation: Relation, options: tuple[tuple[str, str | None], ...], place: Place) -> None:
    """SET and RESET of what a view has."""
    for label, value in options:
        on = value in ("true", "on", "1", "yes")
        if label == "security_invoker" and relation.kind == "view":
            relation.was_invoker = relation.was_invoker or bool(relation.invoker)
            relation.invoker = on
            relation.trail.append(Step(place, f"security_invoker is {'switched on' if on else 'taken away'} here"))
        elif label == "security_barrier":
            relation.barrier = on


def change_column(relation: Relation, change: ChangeColumn) -> None:
    """ALTER COLUMN."""
    found = relation.column(change.name)
    if found is None:
        return
    found.type = found.type if change.type is None else change.type
    found.required = found.required if change.required is None else change.required
    found.default = found.default if change.default is None else change.default


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
