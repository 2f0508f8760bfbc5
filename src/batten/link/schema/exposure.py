"""Whether clients can reach a database at all, which of its schemas they reach, and what its tables are granted by default."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from batten.facts.project import FileFacts
from batten.facts.secrets import DatabaseService
from batten.facts.services import Package, SupabaseConfig
from batten.facts.sources import SCRIPT
from batten.link.schema.databases import Chain, stamp
from batten.link.schema.state import CLIENTS, Database
from batten.parse.postgres.access_statements import CreatePolicy, DefaultPrivileges, Grant
from batten.parse.postgres.expressions import Invocation, walk
from batten.parse.postgres.statements import Statement

# Days of Supabase's change of default grants: https://supabase.com/changelog/45329
NEW_PROJECTS, ALL_PROJECTS = "20260530", "20261030"
_DEFAULT_SCHEMAS = ("public", "graphql_public")
_NEVER = frozenset({"pg_catalog", "information_schema", "auth", "storage", "realtime", "vault", "extensions"})
_CLIENT_LIBRARIES = ("@supabase/", "supabase", "@neondatabase/neon-js", "@neondatabase/postgrest-js", "hasura", "postgrest", "@nhost/")


def behind_data_api(
    chain: Chain,
    statements: Sequence[Statement],
    files: Sequence[FileFacts],
    packages: Sequence[Package],
    configs: Sequence[SupabaseConfig],
) -> bool:
    """Whether anything says that clients reach the database directly: a Supabase folder or library, or the roles of its API in the SQL."""
    if chain.origin == "supabase":
        return True
    if _is_rented_elsewhere(chain, files):
        return False
    if any(config_of(chain, [config]) is not None for config in configs):
        return True
    if any(_near(package.root, chain.package) and any(_is_client(name) for name in package.dependencies) for package in packages):
        return True
    if any(_speaks_of_clients(statement) for statement in statements):
        return True
    return any(
        "supabase" in imported.module
        and _is_client(imported.module.split("://")[-1].split("/", 1)[-1] if "://" in imported.module else imported.module)
        for file in files
        if _within(file.path, chain.package)
        for imported in file.imports
    )


def reached(
    chain: Chain,
    statements: Sequence[Statement],
    files: Sequence[FileFacts],
    packages: Sequence[Package],
    configs: Sequence[SupabaseConfig],
) -> bool | None:
    """As ``behind_data_api``; None where a library speaks of a Supabase project, and nothing says that the tables of an ORM are in its database."""
    found = behind_data_api(chain, statements, files, packages, configs)
    if not any(file.source is not None for file in (*chain.files, *chain.foreign)) or _is_rented_elsewhere(chain, files):
        return found
    if DatabaseService.SUPABASE in _served_by(chain, files):
        return True
    if any(file.source is not None and file.source.clients and (file.source.unread or file.source.tool == SCRIPT) for file in chain.files):
        return True
    if any(_within(file.path, chain.package) for file in chain.protected_by) or any(_speaks_of_clients(each) for each in statements):
        return True
    if any(config_of(chain, [config]) is not None for config in configs):
        return True
    return None if found or chain.protected_by else False


def _is_rented_elsewhere(chain: Chain, files: Sequence[FileFacts]) -> bool:
    """The address of the app's database is that of another service: what Supabase serves is another one."""
    served = _served_by(chain, files)
    return DatabaseService.OTHER in served and DatabaseService.SUPABASE not in served


def _served_by(chain: Chain, files: Sequence[FileFacts]) -> set[DatabaseService]:
    """Who serves the databases whose addresses are written down in the app's package."""
    variables = (variable for file in files if _within(file.path, chain.package) for variable in file.variables)
    return {variable.served_by for variable in variables if variable.served_by is not None}


def _is_client(name: str) -> bool:
    return any(
        name.startswith(library)
        if library.endswith("/")
        else name == library or name.startswith((f"{library}-", f"{library}_", f"{library}."))
        for library in _CLIENT_LIBRARIES
    )


def _near(package: str, other: str) -> bool:
    """A library of the same package, or of one inside it or round it."""
    return package == other or not package or not other or package.startswith(f"{other}/") or other.startswith(f"{package}/")


def _within(path: str, package: str) -> bool:
    return not package or path.startswith(f"{package}/")


def _speaks_of_clients(statement: Statement) -> bool:
    match statement:
        case Grant(_, _, _, _, _, _, roles) | DefaultPrivileges(_, _, _, _, roles):
            return bool(set(CLIENTS) & set(roles))
        case CreatePolicy():
            if set(CLIENTS) & set(statement.roles):
                return True
            clauses = [clause for clause in (statement.using, statement.check) if clause is not None]
            return any(isinstance(each, Invocation) and each.name.schema == "auth" for clause in clauses for each in walk(clause))
        case _:
            return False


def config_of(chain: Chain, configs: Sequence[SupabaseConfig]) -> SupabaseConfig | None:
    """The supabase/config.toml of a database: that of its own folder, or of its package."""
    wanted = (chain.root, f"{chain.package}/supabase".lstrip("/"))
    return next((config for folder in wanted for config in configs if str(PurePosixPath(config.place.path).parent) == folder), None)


def exposed_schemas(database: Database, config: SupabaseConfig | None) -> frozenset[str]:
    """The schemas that the Data API serves."""
    if config is not None and config.api_enabled is False:
        return frozenset()
    said = (database.served, config.schemas if config is not None else None, database.served_here)
    named = next((each for each in said if each is not None), _DEFAULT_SCHEMAS)
    return frozenset(named) - _NEVER


def starts_closed(chain: Chain, config: SupabaseConfig | None, defaults: str, statements: Sequence[Sequence[Statement]]) -> list[bool]:
    """For each file of a chain, whether new tables start without privileges for clients when it runs.

    ``defaults``: ``legacy`` or ``revoked`` as the user says, or ``auto``: what config.toml says, else the dates in the files' names.
    A young chain that writes policies for clients and grants them nothing would be an app in which no client reads a row: its project
    is an older one, or its builder's, which grants by default.
    """
    if defaults in ("legacy", "revoked"):
        return [defaults == "revoked"] * len(chain.files)
    if config is not None and config.auto_expose_new_tables is not None:
        return [not config.auto_expose_new_tables] * len(chain.files)
    stamps = [stamp(file, chain.origin) for file in chain.files]
    first = min((day for day in stamps if day is not None), default="00000000")
    young = first >= NEW_PROJECTS and not _relies_on_defaults(statements)
    closed: list[bool] = []
    for day in stamps:
        closed.append((bool(closed) and closed[-1]) or young or (day is not None and day >= ALL_PROJECTS))
    return closed


def _relies_on_defaults(statements: Sequence[Sequence[Statement]]) -> bool:
    """Whether there are policies for the roles of clients, and no statement gives these a privilege on a table."""
    asks = False
    for statement in (each for found in statements for each in found):
        match statement:
            case Grant(_, True, _, "table", _, _, roles) | DefaultPrivileges(_, True, _, "table", roles):
                if {*CLIENTS, "public"}.intersection(roles):
                    return False
            case CreatePolicy(permissive=True, roles=roles) if statement.table.schema not in _NEVER:
                asks = asks or bool({*CLIENTS, "public"}.intersection(roles))
            case _:
                pass
    return asks
