"""The objects of one database while its migrations are replayed; knows nothing of how statements change them."""

from collections.abc import Iterator

from msgspec import Struct, field

from batten.finding import Step
from batten.link.schema.privileges import Privileges
from batten.parse.postgres import answered
from batten.parse.postgres.expressions import Expression, Name, Query
from batten.parse.postgres.statements import CreateFunction
from batten.parse.postgres.table_statements import ForeignKey, Key
from batten.text import Place

# What PostgREST sets for every request, and what Supabase sets on the database.
_GIVEN = ("request.", "app.settings.", "pgrst.")
_BEFORE_REQUESTS = "pgrst.db_pre_request"
CLIENTS = ("anon", "authenticated")
MIGRATOR = "postgres"


class ColumnState(Struct):
    """One column."""

    name: str
    type: str
    required: bool = False
    default: Expression | None = None
    references: Name | None = None
    generated: bool = False
    inherited: bool = False
    """It comes from a table above."""


class PolicyState(Struct, eq=False):
    """One policy; ``reads`` binds the table names in its conditions to what they meant when it was made. ``sure`` False: it may not be in force.

    ``premature``: a server that runs the migrations from nothing refuses to make it, since something that it names is not there. The database in use may well have that, and the policy with it.
    """

    name: str
    place: Place
    permissive: bool
    command: str
    roles: tuple[str, ...]
    using: Expression | None
    check: Expression | None
    using_text: str | None
    check_text: str | None
    lead: str = ""
    comment: str = ""
    sure: bool = True
    premature: bool = False
    trail: list[Step] = field(default_factory=list)
    reads: dict[Name, "Relation"] = field(default_factory=dict)
    calls: dict[Name, "tuple[Routine, ...]"] = field(default_factory=dict)
    uses: list[ColumnState] = field(default_factory=list)
    """The columns it names, whatever they are called by now."""


class TriggerState(Struct):
    """One trigger of a relation."""

    name: str
    function: Name
    place: Place
    timing: str = ""
    events: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    """Those of UPDATE OF."""
    condition: Expression | None = None
    on: bool = True
    routine: "Routine | None" = None


class Relation(Struct, eq=False):
    """One table, view, materialized view or foreign table.

    ``ghost``: no migration creates it, so its columns are not known. ``platform``: Supabase owns it. ``complete``: all its columns are known.
    ``premature``: a server that runs the migrations from nothing refuses to make it, since a key of it leads to a table that is not there yet, to a column of another type, or to columns that are no key there, or since
    what a view reads is not there. The database in use may well have it, made in another order or by hand; what else depends on it is refused as on that server.
    ``in_place_of``: a premature one that was to be there before; where the database in use has that, this one was not made (IF NOT EXISTS).
    """

    schema: str
    name: str
    kind: str
    place: Place
    owner: str = MIGRATOR
    privileges: Privileges = field(default_factory=Privileges)
    columns: dict[str, ColumnState] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    primary_key: tuple[str, ...] = ()
    unique: dict[str, Key] = field(default_factory=dict)
    """Its keys and unique indexes by name, the first that was made first."""
    told: bool = True
    """Whether all of them are known."""
    keys: list[ForeignKey] = field(default_factory=list)
    checks: dict[str, Expression] = field(default_factory=dict)
    checked: dict[str, tuple[ColumnState, ...]] = field(default_factory=dict)
    """The columns that each check is about, whatever they are called by now."""
    rls: bool | None = False
    forced: bool = False
    policies: dict[str, PolicyState] = field(default_factory=dict)
    parents: list["Relation"] = field(default_factory=list)
    copied: list["Relation"] = field(default_factory=list)
    """What it was made as a copy of: LIKE, CREATE TABLE AS."""
    partition: bool = False
    partitioned_by: list[ColumnState] = field(default_factory=list)
    ghost: bool = False
    premature: bool = False
    in_place_of: "Relation | None" = None
    platform: bool = False
    complete: bool = True
    loose: bool = False
    query: Query | None = None
    reads: dict[Name, "Relation"] = field(default_factory=dict)
    """What the names in a view's query meant when it was made; ``calls`` and ``uses`` as in policies."""
    calls: dict[Name, "tuple[Routine, ...]"] = field(default_factory=dict)
    uses: list[ColumnState] = field(default_factory=list)
    invoker: bool | None = False
    was_invoker: bool = False
    barrier: bool = False
    triggers: dict[str, TriggerState] = field(default_factory=dict)
    comment: str = ""
    trail: list[Step] = field(default_factory=list)
    granted: Step | None = None

    @property
    def full(self) -> str:
        """``schema.name``."""
        return f"{self.schema}.{self.name}"

    def column(self, label: str) -> ColumnState | None:
        """A column by its name of now, or by one it had before."""
        found = self.columns.get(label)
        return found if found is not None else self.columns.get(self.renamed.get(label, ""))


class Routine(Struct, eq=False):
    """One function; ``premature`` as of tables: its body in SQL names what is not there."""

    schema: str
    name: str
    made: CreateFunction
    place: Place
    definer: bool
    owner: str = MIGRATOR
    premature: bool = False
    privileges: Privileges = field(default_factory=Privileges)
    settings: dict[str, str] = field(default_factory=dict)
    comment: str = ""
    trail: list[Step] = field(default_factory=list)

    @property
    def full(self) -> str:
        """``schema.name``."""
        return f"{self.schema}.{self.name}"

    @property
    def result(self) -> Expression | None:
        """What it answers where that is one expression."""
        return answered(self.made)

    @property
    def types(self) -> tuple[str, ...]:
        """The types of its parameters."""
        return tuple(parameter.type for parameter in self.made.parameters)


class RoleState(Struct):
    """One role."""

    bypass_rls: bool = False
    superuser: bool = False
    inherit: bool = True
    member_of: set[str] = field(default_factory=set)
    login: bool = False
    create_role: bool = False
    place: Place | None = None
    made: bool = False
    row_security: bool = True


class EventTrigger(Struct):
    """One event trigger."""

    event: str
    function: Name
    tags: tuple[str, ...]
    on: bool = True
    place: Place | None = None


class BucketState(Struct):
    """One storage bucket; None is what cannot be told."""

    name: str
    place: Place
    public: bool | None = False
    size_limited: bool | None = None
    types_limited: bool | None = None
    trail: list[Step] = field(default_factory=list)


class ChangeOfPrivileges(Struct, eq=False):
    """One GRANT, REVOKE or ALTER DEFAULT PRIVILEGES for one role, and what it led to; ``on`` are the objects' privileges with their owners."""

    grant: bool
    object: str
    kind: str
    role: str
    place: Place
    privileges: tuple[str, ...]
    columns: tuple[str, ...] = ()
    default: bool = False
    owner: str = ""
    in_schema: bool = False
    changed: bool = True
    effective: bool | None = True
    kept_by: str | None = None
    on: tuple[tuple[Privileges, str], ...] = ()


class Database:
    """Everything a database holds at one point of its migrations."""

    def __init__(self) -> None:
        self.schemas: dict[str, Privileges] = {}
        self.relations: dict[tuple[str, str], Relation] = {}
        self.routines: dict[tuple[str, str], list[Routine]] = {}
        self.enums: dict[tuple[str, str], list[str]] = {}
        self.roles: dict[str, RoleState] = {}
        self.event_triggers: dict[str, EventTrigger] = {}
        self.defaults: dict[tuple[str, str | None, str], Privileges] = {}
        self.search_path: tuple[str, ...] = ("public",)
        self.role = MIGRATOR
        self.served: tuple[str, ...] | None = None
        """The schemas that ``pgrst.db_schemas`` of the API's role names."""
        self.served_here: tuple[str, ...] | None = None
        """Those that a session set for itself, which the API does not read: what the author takes for served."""
        self.gone: set[str] = set()
        """Full names that were dropped or renamed away: a statement on one fails, while one that no migration creates may exist all the same."""
        self.coming: set[str] = set()
        """Full names that the migrations make at some point: until then they are not there either."""
        self.known_routines: set[tuple[str, str]] = set()
        """Schema and name of every function that the migrations make at some point."""
        self.known_roles: set[str] = set()
        """Every role that the migrations make at some point."""
        self.known_schemas: set[str] = set()
        """Every schema that the migrations make at some point."""
        self.untold = False
        """Whether a statement that is not understood may have made any table or function."""
        self.doubted: set[str] = set()
        """The names, without schema, of those that such statements may have made."""
        self.protections: dict[str, Step] = {}
        """Where row level security was last switched on for a table of this name."""
        self.policied: dict[str, tuple[Step, Relation]] = {}
        """Where a policy was last written for a table of this name, and for which one."""
        self.taken: dict[str, dict[str, tuple[PolicyState, str]]] = {}
        """The policies that were taken from tables of a name, in that order, each with the file that did it; those that were made anew are not among them."""
        self.buckets: dict[str, BucketState] = {}
        self.publications: dict[str, dict[str, Step]] = {}
        """What each publication holds, by name: ``*`` for all tables, ``schema.*`` for those of a schema."""
        self.published: dict[str, dict[int, tuple[Relation, Step]]] = {}
        """The tables that publications name, which keep being published under new names."""
        self.extensions: dict[str, tuple[str | None, Place]] = {}
        self.made_schemas: dict[str, Place] = {}
        self.changes: list[ChangeOfPrivileges] = []
        self.default_places: dict[tuple[str, str | None, str], Place] = {}
        self.parameters: set[str] = set()
        """The settings of their own that ALTER DATABASE and ALTER ROLE give a value."""
        self.renamed: list[Relation] = []
        """What was called otherwise once: its keys and checks still are."""
        self.moves: dict[str, tuple[str, Step]] = {}
        """The schema from which a table of this name was moved, and where."""

    def relation(self, name: Name) -> Relation | None:
        """The relation that a name means now."""
        for schema in (name.schema,) if name.schema else self.search_path:
            found = self.relations.get((schema, name.name))
            if found is not None:
                return found
        return None

    def target(self, name: Name) -> tuple[str, str]:
        """Schema and name of something about to be made."""
        if name.schema:
            return name.schema, name.name
        first = next((schema for schema in self.search_path if schema in self.schemas), "")
        if not first:
            first = self.search_path[0] if self.search_path and self.lacks_schema(self.search_path[0]) else "public"
        return first, name.name

    def is_absent(self, name: Name) -> bool:
        """Whether a name means no relation now, but did so once or will."""
        found = self.relation(name)
        return self.is_missing(name) if found is None else found.premature

    def is_missing(self, name: Name) -> bool:
        """The same where not even a premature one is there."""
        full = ".".join(self.target(name))
        return self.relation(name) is None and (full in self.gone or full in self.coming)

    def knows_routine(self, name: Name) -> bool:
        """Whether the migrations make a function of that name at some point."""
        places = (name.schema,) if name.schema else self.search_path
        return any((schema, name.name) in self.known_routines for schema in places)

    def has_no_routine(self, name: Name) -> bool:
        """Whether a name means no function now, though the migrations make one of that name at some point."""
        return not self.routines_named(name) and self.knows_routine(name)

    def is_set(self, setting: str) -> bool:
        """Whether a setting may have a value in a request to the data API: all of PostgreSQL's own have, others where something gives them one."""
        if "." not in setting or setting.startswith(_GIVEN) or setting in self.parameters or _BEFORE_REQUESTS in self.parameters:
            return True
        bodies = (routine.made.body or "" for found in self.routines.values() for routine in found)
        return any("set_config" in body and setting in body for body in bodies)

    def lacks_role(self, role: str) -> bool:
        """Whether a role is not there, though the migrations make it at some point."""
        return role not in self.roles and role in self.known_roles

    def lacks_schema(self, schema: str) -> bool:
        """Whether a schema is not there, though the migrations make or drop it at some point."""
        return schema not in self.schemas and schema in self.known_schemas

    def routines_named(self, name: Name) -> tuple[Routine, ...]:
        """The functions that a name means now."""
        for schema in (name.schema,) if name.schema else self.search_path:
            found = self.routines.get((schema, name.name))
            if found:
                return tuple(found)
        return ()

    def tables(self) -> Iterator[Relation]:
        """Every ordinary, partitioned and foreign table."""
        return (relation for relation in self.relations.values() if relation.kind in ("table", "partitioned", "foreign"))

    def default_privileges(self, owner: str, schema: str, kind: str) -> Privileges:
        """What a new object starts with: PostgreSQL's own defaults, changed for the owner, then added to for the schema."""
        start = Privileges({"public": {"execute"}} if kind == "function" else {})
        for key in ((owner, None, kind), (owner, schema, kind)):
            changed = self.defaults.get(key)
            if changed is None:
                continue
            if key[1] is None and kind == "function" and ("public", "execute") in changed.revoked:
                start.held.pop("public", None)
            for role, privileges in changed.held.items():
                start.give(role, privileges)
            start.revoked |= changed.revoked
        start.revoked = {(role, privilege) for role, privilege in start.revoked if privilege not in start.held.get(role, ())}
        return start

    def closure(self, role: str) -> set[str]:
        """The role and every role whose privileges it inherits, with ``public``."""
        found, stack = {"public"}, [role]
        while stack:
            each = stack.pop()
            if each in found:
                continue
            found.add(each)
            state = self.roles.get(each)
            if state is not None and state.inherit:
                stack.extend(state.member_of)
        return found

    def applies(self, policy: PolicyState, role: str) -> bool:
        """Whether a policy is for a role."""
        return "public" in policy.roles or bool(self.closure(role).intersection(policy.roles))

    def holds(self, role: str, privilege: str, privileges: Privileges, owner: str = "") -> bool | None:
        """Whether a role holds a privilege on the whole object; None where that may have changed."""
        roles = self.closure(role)
        if owner in roles or any(self.roles[each].superuser for each in roles if each in self.roles):
            return True
        if privileges.unclear and any((each, privilege) in privileges.unclear for each in roles):
            return None
        held = privileges.held
        return any(privilege in held[each] for each in roles if each in held)

    def columns_held(self, role: str, privilege: str, privileges: Privileges) -> tuple[str, ...]:
        """The columns for which alone a role holds a privilege."""
        if not privileges.columns:
            return ()
        roles = self.closure(role)
        return tuple(sorted({column for each in roles for column in privileges.columns.get((each, privilege), ())}))
