"""What is in a database that no migration makes: what PostgreSQL, its extensions and Supabase bring. A server refuses a statement that names anything else that nothing makes."""

from functools import cache
from pathlib import Path

from batten.link.schema.state import Database
from batten.link.schema.supabase import OWN_SCHEMAS, SYSTEM
from batten.link.schema.type_families import is_known
from batten.parse.postgres.expressions import Name

# https://supabase.com/docs/guides/database/postgres/row-level-security#helper-functions
_OF_ACCOUNTS = frozenset({"uid", "role", "email", "jwt"})
_OF_EXTENSIONS = frozenset({"spatial_ref_sys", "geometry_columns", "geography_columns", "raster_columns", "raster_overviews", "layer", "topology"})  # fmt: skip
# PostGIS has a thousand functions, nearly all of whose names begin so.
_STARTS = ("st_", "_st_", "postgis_", "geography", "geometry", "box2d", "box3d", "pg_", "pgr_", "pgroonga_")
# Those that a server or who runs it brings: https://www.postgresql.org/docs/current/predefined-roles.html
_OF_SERVERS = ("pg_", "pgsodium_", "pgbouncer", "supabase_", "rds_", "rds", "neon_", "cloudsql", "azure_")
_CALLERS = frozenset({"public", "current_user", "current_role", "session_user"})
# What the grammar has its own words for: https://www.postgresql.org/docs/current/sql-keywords-appendix.html
_WORDS = frozenset(
    {
        "coalesce", "greatest", "least", "nullif", "current_user", "session_user", "user", "current_role", "current_catalog", "current_schema", "current_date", "current_time", "current_timestamp",
        "localtime", "localtimestamp", "extract", "overlay", "position", "substring", "trim", "cast", "exists", "row", "array", "grouping", "collate", "normalize", "treat", "xmlelement", "xmlforest",
        "xmlconcat", "xmlparse", "xmlpi", "xmlroot", "xmlserialize", "xmltable", "xmlexists", "json", "json_object", "json_array", "json_objectagg", "json_arrayagg", "json_scalar", "json_serialize",
        "json_exists", "json_query", "json_value", "json_table", "merge_action", "some", "any", "all",
    }
)  # fmt: skip


def lacks_relation(database: Database, name: Name) -> bool:
    """Whether a server that runs nothing but the migrations has no such table or view at this point."""
    found = database.relation(name)
    if found is not None and not found.ghost:
        return found.premature
    return database.is_missing(name) or not _may_have_relation(database, name)


def lacks_routine(database: Database, name: Name) -> bool:
    """The same for a function."""
    found = database.routines_named(name)
    return all(routine.premature for routine in found) if found else database.knows_routine(name) or not _may_have_routine(database, name)


def lacks_role(database: Database, role: str) -> bool:
    """The same for a role."""
    return not (database.untold or role in database.roles or role.startswith(_OF_SERVERS) or role in _CALLERS)


def _may_have_relation(database: Database, name: Name) -> bool:
    """Whether a table or view that no migration makes may be there."""
    if database.untold or name.name in database.doubted or _is_brought(name.schema):
        return True
    return name.name.startswith("pg_") or name.name in _OF_EXTENSIONS or _brings_anything(database, name.schema)


def _may_have_routine(database: Database, name: Name) -> bool:
    """Whether a function that no migration makes may be there."""
    label = name.name
    if name.schema == "auth":
        return label in _OF_ACCOUNTS or database.untold
    if (
        database.untold
        or label in database.doubted
        or _is_brought(name.schema)
        or label.startswith(_STARTS)
        or label in _of_known_extensions()
    ):
        return True
    if name.schema is None and (label in _WORDS or label in _names()["postgresql"] or _is_type(database, label)):
        return True
    return _brings_anything(database, name.schema)


def _is_brought(schema: str | None) -> bool:
    return schema is not None and (schema in SYSTEM or schema.startswith("pg_") or schema in OWN_SCHEMAS.values())


def _is_type(database: Database, label: str) -> bool:
    """``text(total)`` is a cast."""
    return is_known(label) or any(name == label for _, name in database.enums)


def _brings_anything(database: Database, schema: str | None) -> bool:
    """Whether an extension of which nothing is known puts its things where a name is looked for."""
    return any(name not in _names() and schema in (None, at) for name, (at, _) in database.extensions.items())


@cache
def _names() -> dict[str, frozenset[str]]:
    """The functions of PostgreSQL, and of each extension that is known."""
    found: dict[str, list[str]] = {}
    label = ""
    for line in Path(__file__).with_name("given_functions.txt").read_text("utf-8").splitlines():
        if line.startswith(" "):
            found[label] += line.split()
        elif not line.startswith("#"):
            label, _, names = line.partition(":")
            found[label] = names.split()
    return {label: frozenset(names) for label, names in found.items()}


@cache
def _of_known_extensions() -> frozenset[str]:
    """Someone may have switched any of them on in the dashboard."""
    return frozenset(name for label, names in _names().items() if label != "postgresql" for name in names)
