"""Takes policies away that let too many through, and puts those of owners in their place."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from batten.facts.schema import Flaw, OpenPolicy, PolicyFlaw, Predicate, Table, TableUse
from batten.finding import Finding, Fix, Safety, Step
from batten.remedies import owners, readers
from batten.remedies.app import App, fact
from batten.remedies.chain import migration
from batten.remedies.enable_rls import restored
from batten.remedies.sql import literal, name, policy, qualified

_VERBS = ("select", "insert", "update", "delete")
# What asks for the right to do something with files.
_DEEDS = {"insert": "upload|createSignedUploadUrl", "update": "update|upload|move", "delete": "remove|move"}
_TITLES = {
    "select": "Owners read their {}",
    "insert": "Owners add their {}",
    "update": "Owners change their {}",
    "delete": "Owners delete their {}",
    "all": "Owners keep their {}",
}


def drop_policy(app: App, finding: Finding) -> Iterator[Fix]:
    """Servers with the service role pass without any policy, and stricter policies for clients take effect."""
    found = fact(app.project.policies, finding)
    if found is None:
        return
    users = readers.uses(app, found.table, found.verbs)
    others = _others(app, found)
    unserved = tuple(use for use in users if use.verb is None or not _serves(others, use.verb))
    safety = Safety.SAFE if found.claims_service and not unserved else Safety.UNSAFE
    stops = readers.stops(unserved, found.table, "no other policy lets it")
    if found.defeats:
        stops += readers.stops([use for use in users if use not in unserved], found.table, "the stricter policies decide from now on")
    yield _fix(app, found, f"Drop the policy {found.policy}", safety, [_drop(found.table, found.policy)], stops)


def owner_policies(app: App, finding: Finding) -> Iterator[Fix]:
    """Whoever may do it with every row may from now on do it with rows of their own."""
    found = fact(app.project.policies, finding) or _open(fact(app.project.policy_flaws, finding), app)
    if found is None:
        table = fact(app.project.tables, finding)
        if table is not None:
            yield from _for_unserved(app, table)
        return
    table = _table(app, found.table, found.database)
    drop = _drop(found.table, found.policy)
    users = readers.uses(app, found.table, found.verbs or _VERBS)
    if found.defeats:
        stops = readers.stops(users, found.table, "the stricter policies decide from now on")
        yield _fix(app, found, f"Drop the policy {found.policy}", Safety.UNSAFE, [drop], stops)
    owned = owners.condition(table, app.project.tables) if table is not None else None
    bare = found.table.rpartition(".")[2]
    if owned is not None:
        stops = readers.stops(users, found.table, "signed-in owners keep their rows, everyone else gets none")
        title = f"Let the policy {found.policy} through to owners alone"
        seen = owners.concerned(table, app.project.tables) if table is not None else None
        for commands in _commands(found):
            new = [
                _owned(each, found.table, bare, (seen or owned) if each == "select" else owned)
                for each in commands
                if not _is_there(app, found.table, found.database, _TITLES[each].format(bare))
            ]
            yield _fix(app, found, title, Safety.UNSAFE, [drop, *new], stops)
    elif not found.insert_only:
        yield from _without_owners(app, found, users, drop)


def _without_owners(app: App, found: OpenPolicy, users: Sequence[TableUse], drop: str) -> Iterator[Fix]:
    """Where no column says whose a row is: nobody from the browser where nobody needs it, and accounts read on where reading is all that is done."""
    reads = {*found.verbs} & {"select"} if found.verbs else {"select"}
    embedded = readers.embedded(app, found.table) if reads else ()
    if not users and not embedded:
        yield _fix(app, found, f"Drop the policy {found.policy}", Safety.UNSAFE, [drop], ())
    elif found.command == "all" and all(use.verb == "select" for use in users):
        bare = found.table.rpartition(".")[2]
        accounts = policy(f"Accounts read {bare}", found.table, "select", "(select auth.uid()) is not null", None)
        stops = (
            *readers.stops(users, found.table, "signed-in visitors read on, everyone else gets no rows"),
            *(Step(use.place, f"brings rows of {bare} along: signed-in visitors get them, everyone else does not") for use in embedded),
        )
        yield _fix(app, found, f"Let accounts read {bare}, and nobody change it", Safety.UNSAFE, [drop, accounts], stops)


def protect_columns(app: App, finding: Finding) -> Iterator[Fix]:
    """One may change one's row, but for the columns that say what one may do."""
    found = fact(app.project.policy_flaws, finding)
    table = _table(app, found.table, found.database) if found is not None else None
    if found is None or table is None or not found.columns:
        return
    verb = "insert" if found.insert_only else "update"
    users = readers.uses(app, found.table, (verb,))
    stops = readers.stops(users, found.table, f"refused where it sets {' or '.join(found.columns)}")
    listed = " and ".join(found.columns)
    if found.flaw is Flaw.RECEIVED:
        title = f"Keep {listed} as it was sent"
    else:
        title = f"Let nobody {'choose' if found.insert_only else 'change'} {listed} of their own row"
    for texts in kept(app, table, (verb,), found.columns, users):
        yield _fix(app, found, title, Safety.UNSAFE, texts, stops)


def kept(app: App, table: Table, verbs: Sequence[str], columns: Sequence[str], users: Sequence[TableUse]) -> Iterator[list[str]]:
    """The statements after which clients add or change rows without saying anything of some columns, the best ones first."""
    # Whose row it is can be said as it is added, and is not changed afterwards; ``upsert`` says it again.
    if "update" in verbs and readers.upserts(app, users):
        yield [text for verb in verbs for text in _granted(table, verb, {*columns})]
    yield [
        text for verb in verbs for text in _granted(table, verb, {*columns} if verb == "insert" else {*columns, *table.owner_columns, "id"})
    ]


def _granted(table: Table, verb: str, fixed: AbstractSet[str]) -> list[str]:
    left = [column.name for column in table.columns if column.name not in fixed]
    texts = [f"revoke {verb} on {qualified(table.name)} from anon, authenticated;"]
    if left:
        texts.append(f"grant {verb} ({', '.join(name(each) for each in left)}) on {qualified(table.name)} to authenticated;")
    return texts


def own_folder(app: App, finding: Finding) -> Iterator[Fix]:
    """Files are changed and removed by the account that has uploaded them, and added where the first folder of their path names it."""
    found = fact(app.project.storage_policies, finding)
    if found is None:
        return
    row = next((each for each in app.project.row_policies if (each.policy, each.place) == (found.policy, found.place)), None)
    if row is None or not found.buckets:
        return
    buckets = ", ".join(literal(bucket) for bucket in found.buckets)
    listed = " and ".join(found.buckets)
    methods = _DEEDS.get(row.command, "|".join(_DEEDS.values()))
    own = "(storage.foldername(name))[1] = (select auth.uid()::text)", "where the path begins with the id of the account that is signed in"
    ways = [
        (f"Owners keep their files in {listed} ({row.command})", f"Let the policy {found.policy} through to one's own folder alone", *own)
    ]
    if row.command in ("update", "delete"):
        # The server of files writes down who has uploaded one, wherever it lies: https://supabase.com/docs/guides/storage/security/ownership
        uploaded = "owner_id = (select auth.uid()::text)", "for files that the account which is signed in has uploaded"
        title = f"Owners {'change' if row.command == 'update' else 'remove'} what they uploaded to {listed}"
        ways.insert(0, (title, f"Let the policy {found.policy} through to who has uploaded a file", *uploaded))
    for title, told, condition, whom in ways:
        mine = f"bucket_id in ({buckets}) and {condition}"
        using = None if row.command == "insert" else mine
        check = mine if row.command in ("insert", "update", "all") else None
        texts = [_drop("storage.objects", found.policy)]
        if not _is_there(app, "storage.objects", found.database, title):
            texts.append(policy(title, "storage.objects", row.command, using, check))
        edits = migration(app, found.origin, found.database, "own_folders", texts)
        stops = tuple(step for bucket in found.buckets for step in readers.files(app, bucket, methods, f"refused, but {whom}"))
        yield Fix(told, Safety.UNSAFE, edits, stops)


def check_owner(app: App, finding: Finding) -> Iterator[Fix]:
    """New rows are the caller's own, and stay so."""
    found = fact(app.project.policy_flaws, finding)
    if found is None or not found.policy:
        return
    table = _table(app, found.table, found.database)
    written = next((each for each in table.policies if each.name == found.policy), None) if table is not None else None
    if table is None or written is None:
        return
    users = readers.uses(app, found.table, ("insert", "update"))
    stops = readers.stops(users, found.table, "rows in the name of others are refused")
    if found.flaw is Flaw.WEAKER_CHECK and written.using_text is not None:
        check = written.using_text
    elif (owned := owners.condition(table, app.project.tables)) is not None:
        both = written.check_text is not None and written.check not in (None, Predicate.ALWAYS, Predicate.ANY_AUTHED)
        check = f"({written.check_text}) and {owned}" if both else owned
    else:
        return
    text = f"alter policy {name(found.policy)} on {qualified(found.table)} with check ({check});"
    yield _fix(app, found, f"Let the policy {found.policy} check whose row it is", Safety.UNSAFE if users else Safety.SAFE, [text], stops)


def _for_unserved(app: App, table: Table) -> Iterator[Fix]:
    if table.lost_policies:
        texts = [restored(each, table.name) for each in table.lost_policies]
        edits = migration(app, table.origin, table.database, "restore_policies", texts)
        yield Fix(f"Restore the policies that {table.name.rpartition('.')[2]} had", Safety.UNSAFE, edits)
    owned = owners.condition(table, app.project.tables)
    if owned is None:
        return
    bare = table.name.rpartition(".")[2]
    texts = [_owned(verb, table.name, bare, owned) for verb in _VERBS if verb in table.unserved]
    edits = migration(app, table.origin, table.database, "owner_policies", texts)
    yield Fix(f"Let owners {_listed(table.unserved)} their {bare}", Safety.UNSAFE, edits)


def _listed(verbs: Sequence[str]) -> str:
    return " and ".join({"select": "read", "insert": "add", "update": "change", "delete": "delete"}[verb] for verb in verbs)


def _open(flaw: PolicyFlaw | None, app: App) -> OpenPolicy | None:
    """The open policy that a flaw is about, or what one would say of it."""
    if flaw is None or not flaw.policy:
        return None
    return next(
        (each for each in app.project.policies if (each.database, each.table, each.policy) == (flaw.database, flaw.table, flaw.policy)),
        None,
    )


def _table(app: App, name: str, database: str) -> Table | None:
    return next((table for table in app.project.tables if (table.name, table.database) == (name, database)), None)


def _is_there(app: App, table: str, database: str, title: str) -> bool:
    """Whether a table has a policy of a name, as where the fix of another policy has made it: a server refuses a second one."""
    return any((each.table, each.database, each.policy) == (table, database, title) for each in app.project.row_policies)


def _others(app: App, found: OpenPolicy) -> list[str]:
    """The commands that the other policies of the table are for."""
    table = _table(app, found.table, found.database)
    return [each.command for each in table.policies if each.permissive and each.name != found.policy] if table is not None else []


def _serves(commands: Sequence[str], verb: str) -> bool:
    wanted = {"insert", "update"} if verb == "upsert" else {verb}
    return "all" in commands or wanted <= set(commands)


def _commands(found: OpenPolicy) -> Iterator[tuple[str, ...]]:
    """The commands of the new policies: those of the old one, and without changing rows where that would open something else."""
    if found.command != "all":
        yield (found.command,)
        return
    yield ("all",)
    yield ("select", "insert", "delete")
    yield ("select",)


def _owned(command: str, table: str, bare: str, owned: str) -> str:
    using = None if command == "insert" else owned
    check = owned if command in ("insert", "update", "all") else None
    return policy(_TITLES[command].format(bare), table, command, using, check)


def _drop(table: str, title: str) -> str:
    return f"drop policy {name(title)} on {qualified(table)};"


def _fix(app: App, found: OpenPolicy | PolicyFlaw, title: str, safety: Safety, statements: list[str], stops: tuple[Step, ...]) -> Fix:
    edits = migration(app, found.origin, found.database, "tighten_policies", statements)
    return Fix(title, safety, edits, stops)
