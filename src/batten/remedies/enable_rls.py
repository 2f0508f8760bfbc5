"""Switches row level security on, and lets owners keep what is theirs."""

from collections.abc import Iterator

from batten.facts.schema import Policy, Table, TableUse
from batten.finding import Finding, Fix, Safety
from batten.remedies import owners, readers
from batten.remedies.app import App, fact
from batten.remedies.chain import migration
from batten.remedies.sql import name, policy, qualified

_OWNED = "signed-in owners keep their rows, everyone else gets none"
_NOBODY = "it gets no rows until a policy says whose they are"
_AS_MEANT = "from now on the policies that the table has decide"


def enable_rls(app: App, finding: Finding) -> Iterator[Fix]:
    """Where the table has no policies and a column tells whose row is whose: with a policy for each thing that owners do."""
    table = fact(app.project.tables, finding)
    if table is None:
        return
    parts = [
        each.name for each in app.project.tables if each.open_parent == table.name and each.database == table.database and not each.rls
    ]
    enable = "\n".join(f"alter table {qualified(each)} enable row level security;" for each in (table.name, *parts))
    users = readers.uses(app, table.name)
    bare = table.name.rpartition(".")[2]
    safety = Safety.UNSAFE if users else Safety.SAFE
    if table.policies:
        yield from _fixes(app, table, f"Enable row level security on {bare}", Safety.SAFE, [enable], users, _AS_MEANT)
        return
    for policies in owner_policies(app, table) if users else ():
        yield from _fixes(
            app, table, f"Enable row level security on {bare}, with policies for its owners", safety, [enable, *policies], users, _OWNED
        )
    yield from _fixes(app, table, f"Enable row level security on {bare}", safety, [enable], users, _NOBODY)


def restore_policies(app: App, finding: Finding) -> Iterator[Fix]:
    """With the policies that it had last, where they are gone with the protection; as for any other table then."""
    table = fact(app.project.tables, finding)
    if table is not None and table.lost_policies:
        texts = [restored(each, table.name) for each in table.lost_policies]
        enable = f"alter table {qualified(table.name)} enable row level security;"
        users = readers.uses(app, table.name)
        title = f"Enable row level security on {table.name.rpartition('.')[2]}, with the policies that it had"
        yield from _fixes(app, table, title, Safety.UNSAFE, [enable, *texts], users, _AS_MEANT)
    yield from enable_rls(app, finding)


def restored(lost: Policy, table: str) -> str:
    """The statement that makes a policy as it was."""
    return policy(
        lost.name, table, lost.command, lost.using_text, lost.check_text, [_role(each) for each in lost.roles], permissive=lost.permissive
    )


def _role(role: str) -> str:
    return role if role in ("public", "anon", "authenticated", "service_role") else name(role)


def owner_policies(app: App, table: Table) -> Iterator[list[str]]:
    """Policies by which owners read, add, change and delete their rows; then the same without changing, where that would let them change what they may do."""
    owned = owners.condition(table, app.project.tables)
    seen = owners.concerned(table, app.project.tables)
    if owned is None:
        return
    bare = table.name.rpartition(".")[2]
    by_verb = {
        "select": policy(f"Owners read their {bare}", table.name, "select", seen, None),
        "insert": policy(f"Owners add their {bare}", table.name, "insert", None, owned),
        "update": policy(f"Owners change their {bare}", table.name, "update", owned, owned),
        "delete": policy(f"Owners delete their {bare}", table.name, "delete", owned, None),
    }
    yield list(by_verb.values())
    yield [text for verb, text in by_verb.items() if verb != "update"]
    yield [by_verb["select"]]


def _fixes(
    app: App, table: Table, title: str, safety: Safety, statements: list[str], users: tuple[TableUse, ...], then: str
) -> Iterator[Fix]:
    """With these statements, and with the views mended too that would get round them."""
    views = [view for view in app.project.views if table.name in view.reads_below and view.database == table.database and not view.invoker]
    mended = [f"alter view {qualified(view.name)} set (security_invoker = true);" for view in views if view.kind == "view" and view.exposed]
    stops = readers.stops(users, table.name, then)
    yield Fix(title, safety, migration(app, table.origin, table.database, "enable_row_level_security", statements), stops)
    if mended:
        through = tuple(
            step
            for view in views
            for step in readers.stops(readers.uses(app, view.name), view.name, "it gets the rows that policies allow")
        )
        edits = migration(app, table.origin, table.database, "enable_row_level_security", [*statements, *mended])
        yield Fix(title, Safety.UNSAFE, edits, (*stops, *through))
