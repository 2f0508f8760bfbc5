"""A new Supabase database, before the first migration."""

from batten.link.schema.privileges import PRIVILEGES, VERBS, Privileges
from batten.link.schema.state import CLIENTS, MIGRATOR, ColumnState, Database, Relation, RoleState
from batten.text import Place, Span

# Extensions that say themselves which schema they are made in.
OWN_SCHEMAS = {
    "pg_cron": "pg_catalog",
    "pg_graphql": "graphql",
    "pg_tle": "pgtle",
    "pgmq": "pgmq",
    "pgsodium": "pgsodium",
    "plpgsql": "pg_catalog",
    "plv8": "pg_catalog",
    "postgis_tiger_geocoder": "tiger",
    "postgis_topology": "topology",
    "supabase_vault": "vault",
}
SYSTEM = frozenset(
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
"""The schemas that are nobody's but Supabase's, its extensions' and PostgreSQL's."""
_INSTALLED = {"pg_stat_statements": "extensions", "pgcrypto": "extensions", "plpgsql": "pg_catalog", "uuid-ossp": "extensions"}


def on_supabase(legacy: bool) -> Database:
    """A new Supabase database: its roles, schemas, own tables and default privileges."""
    database = Database()
    database.search_path = ("public", "extensions")
    for role in (*CLIENTS, "authenticator", "dashboard_user", "supabase_auth_admin", "supabase_storage_admin", "supabase_realtime_admin"):
        database.roles[role] = RoleState()
    database.roles["service_role"] = RoleState(bypass_rls=True)
    database.roles[MIGRATOR] = RoleState(bypass_rls=True, member_of={*CLIENTS, "service_role"})
    database.roles["supabase_admin"] = RoleState(bypass_rls=True, superuser=True)
    for schema in ("public", "extensions", "auth", "storage", "realtime", "graphql_public", "graphql"):
        database.schemas[schema] = Privileges({role: {"usage"} for role in (*CLIENTS, "service_role")})
    database.schemas["public"].held["public"] = {"usage"}
    for schema in ("vault", "cron", "net", "supabase_functions", "supabase_migrations", "pgsodium", "_realtime"):
        database.schemas[schema] = Privileges({"service_role": {"usage"}})
    for kind in ("table", "function", "sequence"):
        privileges = Privileges({role: set(PRIVILEGES[kind]) for role in (*CLIENTS, "service_role")})
        for owner in (MIGRATOR, "supabase_admin"):
            database.defaults[(owner, "public", kind)] = privileges.copy()
    if not legacy:
        close_defaults(database)
    nowhere = Place("", _NOWHERE)
    database.extensions.update({name: (schema, nowhere) for name, schema in _INSTALLED.items()})
    for schema, name, granted, columns in _PLATFORM:
        relation = Relation(schema, name, "table", nowhere, owner=f"supabase_{schema}_admin", rls=True, platform=True, complete=False)
        # Supabase gives what its services own there to the role that runs migrations, too.
        relation.privileges = Privileges({MIGRATOR: set(VERBS), **{role: set(granted) for role in CLIENTS}})
        relation.columns = {label: ColumnState(label, type_, required=label == "id") for label, type_ in columns}
        database.relations[(schema, name)] = relation
    return database


def close_defaults(database: Database) -> None:
    """Supabase's change of 2026: new tables in ``public`` start without privileges for the API's roles. https://supabase.com/changelog/45329."""
    for kind, privileges in (("table", VERBS), ("sequence", ("usage", "select")), ("function", ("execute",))):
        held = database.defaults.setdefault((MIGRATOR, "public", kind), Privileges()).held
        for role in (*CLIENTS, "service_role"):
            held.get(role, set()).difference_update(privileges)


_NOWHERE = Span(0, 0)
_UUID = ("id", "uuid")
_PLATFORM: tuple[tuple[str, str, tuple[str, ...], tuple[tuple[str, str], ...]], ...] = (
    (
        "auth",
        "users",
        (),
        (_UUID, ("email", "text"), ("phone", "text"), ("raw_user_meta_data", "jsonb"), ("raw_app_meta_data", "jsonb"), ("role", "text")),
    ),
    ("auth", "sessions", (), (_UUID, ("user_id", "uuid"))),
    ("auth", "identities", (), (_UUID, ("user_id", "uuid"))),
    ("storage", "buckets", VERBS, (("id", "text"), ("name", "text"), ("owner", "uuid"), ("public", "boolean"))),
    (
        "storage",
        "objects",
        VERBS,
        (_UUID, ("bucket_id", "text"), ("name", "text"), ("owner", "uuid"), ("owner_id", "text"), ("metadata", "jsonb")),
    ),
    (
        "realtime",
        "messages",
        ("select", "insert", "update"),
        (("topic", "text"), ("extension", "text"), ("payload", "jsonb"), ("private", "boolean")),
    ),
)
