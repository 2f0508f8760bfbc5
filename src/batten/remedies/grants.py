"""Takes privileges back that were given too widely, or that an earlier statement failed to take."""

from collections.abc import Iterator

from batten.facts.database import DatabaseFunction
from batten.facts.exposures import IdleRevoke
from batten.finding import Finding, Fix, Safety
from batten.remedies import readers
from batten.remedies.app import App, fact
from batten.remedies.chain import migration
from batten.remedies.objects import for_accounts
from batten.remedies.sql import name, qualified, signature

_CLIENTS = "anon, authenticated"
_WRITES = "insert, update, delete, truncate"


def revoke_writes(app: App, finding: Finding) -> Iterator[Fix]:
    """Writing again belongs to whom policies or servers let write; nobody loses the right to read."""
    grant = fact(app.project.broad_grants, finding)
    if grant is None:
        return
    role = grant.role if grant.role == "public" else name(grant.role)
    schema = name(grant.object.partition(".")[0])
    texts = {
        "table": f"revoke {_WRITES} on {qualified(grant.object)} from {role};",
        "tables": f"revoke {_WRITES} on all tables in schema {schema} from {role};",
        "default": f"alter default privileges in schema {schema} revoke {_WRITES} on tables from {role};",
        "schema": f"revoke usage on schema {schema} from {role};",
    }
    text = texts.get(grant.kind)
    if text is None:
        return
    tables = (grant.object,) if grant.kind == "table" else grant.open_tables
    stops = tuple(
        step
        for table in tables
        for step in readers.stops(readers.uses(app, table, ("insert", "update", "delete")), table, f"refused where it asks as {grant.role}")
    )
    edits = migration(app, grant.origin, grant.database, "revoke_broad_grants", [text])
    yield Fix(f"Take back from {grant.role} what was granted on {grant.object}", Safety.UNSAFE, edits, stops)


def revoke_from_all(app: App, finding: Finding) -> Iterator[Fix]:
    """From all who hold it, and for what is to come from the defaults that count."""
    revoke = fact(app.project.idle_revokes, finding)
    if revoke is None:
        return
    called = revoke.kind == "function"
    if called and revoke.role == "anon":
        texts = [text for each in _named(app, revoke) for text in for_accounts(each)]
        if texts:
            edits = migration(app, revoke.origin, revoke.database, "revoke_from_all", texts)
            stops = readers.calls(app, revoke.object, "visitors who have not signed in are refused")
            yield Fix(f"Take from strangers what a statement wanted to take from {revoke.role}", Safety.UNSAFE, edits, stops)
    stops = readers.calls(app, revoke.object, "refused unless it asks with the service key") if called else ()
    for text in _effective(app, revoke):
        edits = migration(app, revoke.origin, revoke.database, "revoke_from_all", text)
        yield Fix(f"Take from everyone what a statement wanted to take from {revoke.role}", Safety.UNSAFE, edits, stops)


def _named(app: App, revoke: IdleRevoke) -> list[DatabaseFunction]:
    """The functions that a statement meant, where no policy calls them."""
    return [
        each
        for each in app.project.database_functions
        if (each.name, each.database) == (revoke.object, revoke.database) and not each.used_by_policies
    ]


def _effective(app: App, revoke: IdleRevoke) -> Iterator[list[str]]:
    schema = name(revoke.object.partition(".")[0])
    match revoke.kind:
        case "function":
            for function in _named(app, revoke):
                yield [f"revoke execute on function {signature(function.signature)} from public, {_CLIENTS};"]
        case "default":
            yield ["alter default privileges revoke execute on functions from public;"]
            yield [f"alter default privileges revoke execute on functions from public, {_CLIENTS};"]
        case "later":
            made = [f"revoke all on all tables in schema {schema} from {name(revoke.role)};"]
            yield [*made, f"alter default privileges in schema {schema} revoke all on tables from {name(revoke.role)};"]


def revoke_table_grant_columns(app: App, finding: Finding) -> Iterator[Fix]:
    """The privilege on the table goes, and comes back for the other columns."""
    revoke = fact(app.project.idle_revokes, finding)
    table = next(
        (each for each in app.project.tables if revoke is not None and (each.name, each.database) == (revoke.object, revoke.database)), None
    )
    if revoke is None or table is None:
        return
    hidden = set(revoke.columns)
    columns = [column.name for column in table.columns]
    left = [column for column in columns if column not in hidden]
    verbs = [verb for verb in ("select", "insert", "update") if verb in revoke.privileges]
    if not hidden <= set(columns) or not left or not verbs:
        return
    listed = ", ".join(map(name, left))
    given = ", ".join(f"{verb} ({listed})" for verb in verbs)
    texts = [
        f"revoke {', '.join(verbs)} on {qualified(table.name)} from {name(revoke.role)};",
        f"grant {given} on {qualified(table.name)} to {name(revoke.role)};",
    ]
    named = " or ".join(sorted(hidden))
    stops = readers.stops(readers.uses(app, table.name, verbs), table.name, f"refused where it asks for {named}, or for `*`")
    edits = migration(app, revoke.origin, revoke.database, "grant_columns", texts)
    yield Fix(f"Keep {named} of {table.name} from {revoke.role}", Safety.UNSAFE, edits, stops)
