"""Writes the conditions of policies anew: asks who calls once, and believes what only servers write."""

import re
from collections.abc import Callable, Iterator

from batten.facts.schema import Table
from batten.finding import Finding, Fix, Safety
from batten.regex import regex
from batten.remedies import readers
from batten.remedies.app import App, fact
from batten.remedies.chain import migration
from batten.remedies.policies import kept
from batten.remedies.sql import name, policy, qualified

_ASKS = regex(r"\bauth\.(?:uid|jwt|role|email)\(\s*\)", re.IGNORECASE)
_ONCE = regex(r"\(\s*select\s+$", re.IGNORECASE)
_WRITES = ("insert", "update", "delete")
_OF_USER = regex(r"(['\"])user_metadata\1")
# Kept where accounts are, they are called otherwise.
_STORED = regex(r"\braw_user_meta_data\b")


def ask_once(app: App, finding: Finding) -> Iterator[Fix]:
    """``(select auth.uid())`` for ``auth.uid()``, which a server evaluates once for a request, and not for each row."""
    remark = fact(app.project.remarks, finding)
    if remark is None:
        return
    texts = [
        text
        for table in app.project.tables
        if table.database == remark.database and table.name in remark.objects
        for text in _altered(table, _once)
    ]
    if texts:
        edits = migration(app, remark.origin, remark.database, "ask_once_who_calls", texts)
        yield Fix(f"Let the policies on {remark.shown} ask once who calls", Safety.SAFE, edits)


def _once(text: str) -> str:
    return _ASKS.sub(lambda found: found[0] if _ONCE.search(text[: found.start()]) else f"(select {found[0]})", text)


def app_metadata(app: App, finding: Finding) -> Iterator[Fix]:
    """What servers write of an account, in the place of what it writes of itself."""
    found = fact(app.project.policy_flaws, finding)
    table = next(
        (each for each in app.project.tables if found is not None and (each.name, each.database) == (found.table, found.database)), None
    )
    if found is None or table is None or not found.policy:
        return

    def trusted(text: str) -> str:
        return _STORED.sub("raw_app_meta_data", _OF_USER.sub(r"\1app_metadata\1", text))

    texts = list(_altered(table, trusted, found.policy))
    stops = readers.stops(
        readers.uses(app, table.name), table.name, "accounts have what a server writes into `app_metadata`, and nothing before"
    )
    if texts:
        edits = migration(app, found.origin, found.database, "trust_app_metadata", texts)
        yield Fix(f"Let the policy {found.policy} believe `app_metadata`", Safety.UNSAFE, edits, stops)


def servers_write(app: App, finding: Finding) -> Iterator[Fix]:
    """Where browsers write other columns they go on with those; else everyone keeps reading what they read, and rows are added and changed by servers alone."""
    found = fact(app.project.policy_flaws, finding)
    table = next(
        (each for each in app.project.tables if found is not None and (each.name, each.database) == (found.table, found.database)), None
    )
    written = (
        next((each for each in table.policies if found is not None and each.name == found.policy), None) if table is not None else None
    )
    if found is None or table is None or written is None:
        return
    users = readers.uses(app, table.name, found.verbs)
    by_default = {column.name for column in table.columns if column.filled or not column.required}
    if users and (by_default.issuperset(found.columns) or "insert" not in found.verbs):
        # Whoever writes the rest of the row goes on with it.
        title = f"Let nobody set {' and '.join(found.columns)} of their own row"
        stops = readers.stops(users, table.name, f"refused where it sets {' or '.join(found.columns)}")
        for texts in kept(app, table, found.verbs, found.columns, users):
            yield Fix(title, Safety.UNSAFE, migration(app, found.origin, found.database, "protect_columns", texts), stops)
    texts = [f"drop policy {name(written.name)} on {qualified(table.name)};"]
    if written.command == "all" and written.using_text is not None:
        roles = [role if role == "public" else name(role) for role in written.roles] or ["public"]
        texts.append(policy(written.name, table.name, "select", written.using_text, None, roles))
    stops = readers.stops(
        readers.uses(app, table.name, _WRITES if written.command == "all" else (written.command,)),
        table.name,
        "refused: servers write here from now on",
    )
    edits = migration(app, found.origin, found.database, "servers_write", texts)
    yield Fix(f"Let servers alone write to {table.name.rpartition('.')[2]}", Safety.UNSAFE, edits, stops)


def _altered(table: Table, rewrite: Callable[[str], str], only: str = "") -> Iterator[str]:
    """ALTER POLICY for each policy whose conditions read otherwise then."""
    for each in table.policies:
        if only in ("", each.name):
            clauses = [
                f"{word} ({rewrite(text)})"
                for word, text in (("using", each.using_text), ("with check", each.check_text))
                if text is not None and rewrite(text) != text
            ]
            if clauses:
                yield f"alter policy {name(each.name)} on {qualified(table.name)} {' '.join(clauses)};"
