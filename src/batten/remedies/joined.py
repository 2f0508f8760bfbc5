"""Makes one policy of several that are for the same command and the same roles; what passed passes, and nothing else does."""

from collections.abc import Iterator, Sequence

from batten.facts.database import RowPolicy
from batten.finding import Finding, Fix, Safety
from batten.remedies.app import App, fact
from batten.remedies.chain import migration
from batten.remedies.sql import name, policy, qualified

_VERBS = ("select", "insert", "update", "delete")
_TITLES = {"select": "Read {}", "insert": "Add {}", "update": "Change {}", "delete": "Delete {}", "all": "Read and change {}"}
_LONGEST = 63
"""Bytes of a name; a server cuts what is longer."""


def joined_policies(app: App, finding: Finding) -> Iterator[Fix]:
    """On all tables that have several, or on none; none where they are for roles that only overlap: what each may do would have to be told apart anew."""
    remark = fact(app.project.remarks, finding)
    if remark is None:
        return
    texts: list[str] = []
    for table in remark.objects:
        own = [each for each in app.project.row_policies if (each.table, each.database) == (table, remark.database)]
        made = _joined(table, own)
        if made is None:
            return
        texts += made
    edits = migration(app, remark.origin, remark.database, "join_policies", texts)
    yield Fix(f"Make one policy for each command of those on {remark.shown}", Safety.SAFE, edits)


def _joined(table: str, own: Sequence[RowPolicy]) -> list[str] | None:
    """The statements for one table; None where it is not certain that they come to the same."""
    permissive = [each for each in own if each.permissive]
    if not all(each.sure for each in permissive):
        return None
    dropped: list[RowPolicy] = []
    made: list[str] = []
    taken = {each.policy for each in own}
    for group in _groups(permissive):
        if len({_roles(each) for each in group}) > 1 or any(_condition(each) is None for each in group):
            return None
        dropped += group
        commands = {each.command for each in group}
        for command in [*commands] if len(commands) == 1 else [verb for verb in _VERBS if "all" in commands or verb in commands]:
            title = _title(command, table, taken)
            taken.add(title)
            made.append(_one(title, table, command, [each for each in group if each.command in (command, "all")]))
    return [*(f"drop policy {name(each.policy)} on {qualified(table)};" for each in dropped), *made]


def _groups(policies: Sequence[RowPolicy]) -> Iterator[list[RowPolicy]]:
    """Those that meet in a command and in a role, directly or through others; a policy that meets none is not among them."""
    left = list(policies)
    while left:
        group = [left.pop(0)]
        for each in group:
            met = [other for other in left if _meet(each, other)]
            group += met
            left = [other for other in left if other not in met]
        if len(group) > 1:
            yield group


def _meet(one: RowPolicy, other: RowPolicy) -> bool:
    roles = (one.for_anon and other.for_anon) or (one.for_authenticated and other.for_authenticated)
    return roles and (one.command == other.command or "all" in (one.command, other.command))


def _roles(each: RowPolicy) -> tuple[str, ...]:
    return tuple(sorted(set(each.roles or ("public",))))


def _condition(each: RowPolicy) -> str | None:
    return each.check_text if each.command == "insert" else each.using_text


def _one(title: str, table: str, command: str, parts: Sequence[RowPolicy]) -> str:
    """One policy that lets through what one of its parts does. Where a part has no check of its own, new rows pass it by the other condition."""
    using = [each.using_text for each in parts if each.using_text is not None]
    check = [text for each in parts if (text := each.check_text if each.check_text is not None else each.using_text) is not None]
    roles = [role if role in ("public", "anon", "authenticated", "service_role") else name(role) for role in _roles(parts[0])]
    plain = check == using
    return policy(
        title,
        table,
        command,
        None if command == "insert" else _either(using),
        _either(check) if command == "insert" or (command in ("update", "all") and not plain) else None,
        roles,
    )


def _either(conditions: Sequence[str]) -> str:
    different = list(dict.fromkeys(conditions))
    return different[0] if len(different) == 1 else " or ".join(f"({each})" for each in different)


def _title(command: str, table: str, taken: set[str]) -> str:
    whole = _TITLES[command].format(table.rpartition(".")[2]).encode()
    title, number = _cut(whole, _LONGEST), 1
    while title in taken:
        number += 1
        title = f"{_cut(whole, _LONGEST - 4)} {number}"
    return title


def _cut(text: bytes, most: int) -> str:
    return text[:most].decode("utf-8", "ignore")
