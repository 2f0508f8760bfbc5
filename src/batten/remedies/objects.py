"""Closes what views, functions, buckets and privileges of a database leave open."""

from collections.abc import Iterator

from batten.facts.database import DatabaseFunction, View
from batten.facts.modules import Side
from batten.facts.schema import Table
from batten.finding import Finding, Fix, Safety, Step
from batten.remedies import readers
from batten.remedies.app import App, fact
from batten.remedies.chain import migration
from batten.remedies.sql import literal, name, qualified, signature

_CLIENTS = "anon, authenticated"
# Extensions that PostgreSQL does not move.
_FIXED = frozenset(("pg_net", "pg_cron", "plpgsql", "pgsodium", "supabase_vault", "timescaledb", "postgis"))


def set_security_invoker(app: App, finding: Finding) -> Iterator[Fix]:
    """Who asks through the view sees what they may see below it."""
    view = fact(app.project.views, finding)
    if view is not None:
        text = f"alter view {qualified(view.name)} set (security_invoker = true);"
        stops = readers.stops(readers.uses(app, view.name), view.name, "it gets the rows that the policies of the tables below allow")
        yield Fix(
            f"Let the view {view.name} ask with the rights of the caller",
            Safety.UNSAFE,
            migration(app, view.origin, view.database, "security_invoker_views", [text]),
            stops,
        )


def invoke_views(app: App, finding: Finding) -> Iterator[Fix]:
    """The same for all views of a database in which nothing private was seen."""
    remark = fact(app.project.remarks, finding)
    if remark is not None:
        texts = [f"alter view {qualified(each)} set (security_invoker = true);" for each in remark.objects]
        stops = tuple(
            step
            for each in remark.objects
            for step in readers.stops(readers.uses(app, each), each, "it gets the rows that the policies of the tables below allow")
        )
        edits = migration(app, remark.origin, remark.database, "security_invoker_views", texts)
        yield Fix(f"Let {remark.shown} ask with the rights of the caller", Safety.UNSAFE, edits, stops)


def pin_search_paths(app: App, finding: Finding) -> Iterator[Fix]:
    """The same for all functions with their caller's rights."""
    remark = fact(app.project.remarks, finding)
    if remark is None:
        return
    wanted = [each for each in app.project.database_functions if each.database == remark.database and each.name in remark.objects]
    texts = [_pinned(each) for each in wanted if each.search_path is None and not each.definer]
    edits = migration(app, remark.origin, remark.database, "pin_search_paths", texts)
    yield Fix(f"Pin the search path of {remark.shown}", Safety.SAFE, edits)


def move_extension(app: App, finding: Finding) -> Iterator[Fix]:
    """What an extension brings is no address of the API any more; its names are still found, as Supabase has the schema on the search path."""
    extension = fact(app.project.extensions, finding)
    if extension is None or extension.name in _FIXED:
        return
    texts = ["create schema if not exists extensions;", f"alter extension {name(extension.name)} set schema extensions;"]
    edits = migration(app, extension.origin, extension.database, "move_extensions", texts)
    yield Fix(f"Move the extension {extension.name} out of {extension.schema}", Safety.UNSAFE, edits)


def stop_streaming(app: App, finding: Finding) -> Iterator[Fix]:
    """Changes of a table are no longer told to whoever listens."""
    publication = fact(app.project.publications, finding)
    if publication is None or "*" in publication.followed:
        return
    users = tuple(use for table in publication.followed for use in readers.uses(app, table))
    texts = [f"alter publication {name(publication.publication)} drop table {qualified(each)};" for each in publication.followed]
    stops = readers.stops(users, "them", "it is told of no change any more, where it listens")
    edits = migration(app, publication.origin, publication.database, "stop_streaming", texts)
    yield Fix(f"Stream no changes of {' and '.join(publication.followed)}", Safety.UNSAFE, edits, stops)


def revoke_select(app: App, finding: Finding) -> Iterator[Fix]:
    """Clients no longer reach a view that no policy can be put on."""
    exposure = fact(app.project.account_exposures, finding)
    view = fact(app.project.views, finding) or next(
        (each for each in app.project.views if exposure is not None and (each.name, each.database) == (exposure.name, exposure.database)),
        None,
    )
    if view is not None:
        yield _taken_away(app, view)


def revoke_all(app: App, finding: Finding) -> Iterator[Fix]:
    """The same for a foreign table."""
    table = fact(app.project.tables, finding)
    if table is not None:
        yield _taken_away(app, table)


def _taken_away(app: App, relation: View | Table) -> Fix:
    stops = readers.stops(readers.uses(app, relation.name), relation.name, "it is refused")
    text = f"revoke all on {qualified(relation.name)} from public, {_CLIENTS};"
    edits = migration(app, relation.origin, relation.database, "revoke_from_clients", [text])
    return Fix(f"Take {relation.name} away from clients", Safety.UNSAFE if stops else Safety.SAFE, edits, stops)


def pin_search_path(app: App, finding: Finding) -> Iterator[Fix]:
    """The names in a function mean what they meant when it was written."""
    function = fact(app.project.database_functions, finding)
    if function is not None:
        edits = migration(app, function.origin, function.database, "pin_search_paths", [_pinned(function)])
        yield Fix(f"Pin the search path of {function.name}", Safety.SAFE, edits)


def _pinned(function: DatabaseFunction) -> str:
    schema = function.name.partition(".")[0]
    # Where Supabase keeps what extensions bring is on the path that functions have without a pin.
    more = ", extensions" if function.origin == "supabase" else ""
    path = f"public{more}, pg_temp" if schema == "public" else f"{schema}, public{more}, pg_temp"
    return f"alter function {signature(function.signature)} set search_path = {path};"


def revoke_execute(app: App, finding: Finding) -> Iterator[Fix]:
    """Servers alone may call a function; where pages call it, which does no more than policies let accounts do with their rows, it has the rights of its caller instead.

    None where policies call it in the name of clients.
    """
    function = fact(app.project.database_functions, finding)
    if function is None or function.used_by_policies:
        return
    stops = readers.calls(app, function.name, "gets at rows alone that policies let its caller reach")
    sides = {module.path: module.side for module in app.project.modules}
    asked = any(sides.get(step.place.path) not in (Side.SERVER, None) for step in stops)
    if asked and function.serves_callers and not function.used_by_triggers:
        text = f"alter function {signature(function.signature)} security invoker;"
        edits = migration(app, function.origin, function.database, "run_with_callers_rights", [text])
        yield Fix(f"Let {function.name} run with the rights of its caller", Safety.UNSAFE, edits, stops)
    edits = migration(app, function.origin, function.database, "revoke_execute", for_servers(function))
    stops = readers.calls(app, function.name, "refused unless it asks with the service key")
    yield Fix(f"Let no client call {function.name}", Safety.UNSAFE, edits, stops)


def for_servers(function: DatabaseFunction) -> list[str]:
    """The statements by which servers alone may call a function."""
    called = signature(function.signature)
    return [f"revoke execute on function {called} from public, {_CLIENTS};", f"grant execute on function {called} to service_role;"]


def for_accounts(function: DatabaseFunction) -> list[str]:
    """The statements by which accounts and servers alone may call a function."""
    called = signature(function.signature)
    return [
        f"revoke execute on function {called} from public, anon;",
        f"grant execute on function {called} to authenticated, service_role;",
    ]


def revoke_from_strangers(app: App, finding: Finding) -> Iterator[Fix]:
    """Accounts and servers alone may call functions; none where a policy that is for strangers, too, calls one of them: their reads would fail."""
    remark = fact(app.project.remarks, finding)
    if remark is None:
        return
    wanted = [each for each in app.project.database_functions if each.database == remark.database and each.name in remark.objects]
    asked = {called for each in app.project.row_policies if each.for_anon and each.database == remark.database for called in each.calls}
    wanted = [each for each in wanted if each.definer and each.anon_calls]
    if asked & {each.name for each in wanted}:
        return
    texts = ["\n".join(for_accounts(each)) for each in wanted]
    edits = migration(app, remark.origin, remark.database, "revoke_execute", texts)
    stops = tuple(Step(each.place, "visitors who have not signed in are refused") for each in wanted)
    yield Fix(f"Let accounts alone call {remark.shown}", Safety.UNSAFE, edits, stops)


def private_bucket(app: App, finding: Finding) -> Iterator[Fix]:
    """Files are no longer served to whoever has, or guesses, their address."""
    bucket = fact(app.project.buckets, finding)
    if bucket is not None and bucket.public:
        text = f"update storage.buckets set public = false where id = {literal(bucket.name)};"  # noqa: S608 - a migration is what this is
        edits = migration(app, bucket.origin, bucket.database, "private_buckets", [text])
        stops = readers.files(
            app,
            bucket.name,
            "getPublicUrl|get_public_url",
            "makes an address that serves no file any more: `createSignedUrl` makes one that does",
        )
        yield Fix(f"Make the bucket {bucket.name} private", Safety.UNSAFE, edits, stops)


def undo_role_change(app: App, finding: Finding) -> Iterator[Fix]:
    """A client role obeys row level security again."""
    role = fact(app.project.database_roles, finding)
    if role is not None and (role.bypasses_rls or role.superuser):
        words = [word for word, held in (("nobypassrls", role.bypasses_rls), ("nosuperuser", role.superuser)) if held]
        text = f"alter role {role.name} {' '.join(words)};"
        edits = migration(app, role.origin, role.database, "obey_row_level_security", [text])
        yield Fix(f"Let {role.name} obey row level security", Safety.UNSAFE, edits)


def enable_rls_everywhere(app: App, finding: Finding) -> Iterator[Fix]:
    """For the tables of an ORM: it owns them, so that no policy stops it."""
    schema = fact(app.project.orm_schemas, finding)
    if schema is None:
        return
    wanted = {name if "." in name else f"public.{name}" for name in schema.tables}
    tables = [table for table in app.project.tables if table.database == schema.database and table.name in wanted and not table.rls]
    # What the tool keeps for itself is not there where it tries migrations out.
    made = {table.name for table in tables}
    texts = [f"alter table {'' if name in made else 'if exists '}{qualified(name)} enable row level security;" for name in sorted(wanted)]
    users = tuple(use for table in tables for use in readers.uses(app, table.name))
    edits = migration(app, schema.origin, schema.database, "enable_row_level_security", texts)
    stops = tuple(
        step for table in tables for step in readers.stops(readers.uses(app, table.name), table.name, "it gets no rows without a policy")
    )
    title = f"Enable row level security on the {len(texts)} tables of {schema.tool}"
    yield Fix(title, Safety.UNSAFE if users else Safety.SAFE, edits, stops)
