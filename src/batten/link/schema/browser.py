"""Joins tables and policies with their uses in code that browsers run."""

from collections.abc import Sequence
from typing import TypeVar

from msgspec.structs import replace

from batten.facts.schema import OpenPolicy, Table, TableUse
from batten.finding import Step

_MOST_STEPS = 3
_WORDS = {"select": "read", "insert": "added to", "update": "changed", "delete": "deleted from", "upsert": "written"}

Fact = TypeVar("Fact", Table, OpenPolicy)


def with_browser_uses(
    tables: Sequence[Table], policies: Sequence[OpenPolicy], uses: Sequence[TableUse]
) -> tuple[tuple[Table, ...], tuple[OpenPolicy, ...]]:
    """The facts with ``used_in_browser`` filled and a Step for each of the first uses."""
    seen = [use for use in uses if use.in_browser]
    if not seen:
        return tuple(tables), tuple(policies)
    databases = {(table.name, table.database, table.package) for table in tables} | {
        (policy.table, policy.database, policy.package) for policy in policies
    }
    return (
        tuple(_filled(table, table.name, table.database, table.package, seen, databases) for table in tables),
        tuple(_filled(policy, policy.table, policy.database, policy.package, seen, databases) for policy in policies),
    )


def _filled(fact: Fact, name: str, database: str, package: str, uses: Sequence[TableUse], databases: set[tuple[str, str, str]]) -> Fact:
    steps: list[Step] = []
    for use in uses:
        if use.table in (name, name.split(".", 1)[1]) and _is_for(use, name, database, package, databases):
            step = Step(use.place, f"{_WORDS.get(use.verb or '', 'used')} by the browser here")
            if step not in steps:
                steps.append(step)
    return replace(fact, used_in_browser=True, trail=(*fact.trail, *sorted(steps)[:_MOST_STEPS])) if steps else fact


def _is_for(use: TableUse, name: str, database: str, package: str, databases: set[tuple[str, str, str]]) -> bool:
    """Whether a use goes to this database: the one it names, else the nearest package that has such a table."""
    if use.database is not None:
        return use.database == database
    rivals = {(each[1], each[2]) for each in databases if each[0] == name}
    near = max(rivals, key=lambda rival: _nearness(use.package, rival[1]))
    return _nearness(use.package, package) == _nearness(use.package, near[1])


def _nearness(one: str, two: str) -> int:
    """How many folders two packages share, counted from the root; more for the same one."""
    if one == two:
        return 10_000
    shared = 0
    for left, right in zip(one.split("/"), two.split("/"), strict=False):
        if left != right or not left:
            break
        shared += 1
    return shared
