"""Joins tables and policies with their uses in code that browsers run."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from msgspec.structs import replace

from batten.facts.schema import OpenPolicy, Table, TableUse
from batten.finding import Step
from batten.link.schema.judgements import NO_POLICY

_MOST_STEPS = 3
_NEEDS = ("select", "insert", "update", "delete")
_VERBS = {"upsert": ("insert", "update")}
_WORDS = {"select": "read", "insert": "added to", "update": "changed", "delete": "deleted from", "upsert": "written"}

Fact = TypeVar("Fact", Table, OpenPolicy)
_Uses = Mapping[str, Sequence[TableUse]]
"""The uses of tables, by the name that each says."""
_Rivals = dict[str, set[tuple[str, str]]]
"""The databases that have a table of a name, each with its package."""


def with_browser_uses(
    tables: Sequence[Table], policies: Sequence[OpenPolicy], uses: Sequence[TableUse]
) -> tuple[tuple[Table, ...], tuple[OpenPolicy, ...]]:
    """The facts with ``used_in_browser`` filled and a Step for each of the first uses."""
    seen = [use for use in uses if use.in_browser]
    bound = [use for use in uses if use.privileged is False or (use.in_browser and use.privileged is not True)]
    if not seen and not bound:
        return tuple(tables), tuple(policies)
    rivals: _Rivals = {}
    for table in tables:
        rivals.setdefault(table.name, set()).add((table.database, table.package))
    for policy in policies:
        rivals.setdefault(policy.table, set()).add((policy.database, policy.package))
    in_browser, by_clients = _by_table(seen), _by_table(bound)
    return (
        tuple(
            _filled(_asked(table, by_clients, rivals), table.name, table.database, table.package, in_browser, rivals) for table in tables
        ),
        tuple(_filled(policy, policy.table, policy.database, policy.package, in_browser, rivals) for policy in policies),
    )


def _by_table(uses: Sequence[TableUse]) -> _Uses:
    found: dict[str, list[TableUse]] = {}
    for use in uses:
        found.setdefault(use.table, []).append(use)
    return found


def _of(uses: _Uses, name: str) -> tuple[TableUse, ...]:
    """The uses of a table, by its name with the schema or without."""
    return (*uses.get(name, ()), *uses.get(name.split(".", 1)[1], ()))


def _filled(fact: Fact, name: str, database: str, package: str, uses: _Uses, rivals: _Rivals) -> Fact:
    steps: list[Step] = []
    for use in _of(uses, name):
        if _is_for(use, name, database, package, rivals):
            step = Step(use.place, f"{_WORDS.get(use.verb or '', 'used')} by the browser here")
            if step not in steps:
                steps.append(step)
    return replace(fact, used_in_browser=True, trail=(*fact.trail, *sorted(steps)[:_MOST_STEPS])) if steps else fact


def _asked(table: Table, uses: _Uses, rivals: _Rivals) -> Table:
    """The table with the verbs that clients use and no policy is for."""
    closed = {verb for verb in _NEEDS for cell in table.access if cell.verb == verb and cell.reason == NO_POLICY} - {
        cell.verb for cell in table.access if cell.reason != NO_POLICY
    }
    if table.rls is not True or not closed:
        return table
    found: list[tuple[Step, set[str]]] = []
    for use in _of(uses, table.name):
        missing = closed.intersection(_VERBS.get(use.verb or "", (use.verb or "",)))
        if missing and _is_for(use, table.name, table.database, table.package, rivals):
            found.append((Step(use.place, f"{_WORDS.get(use.verb or '', 'used')} by code of a client here"), missing))
    if not found:
        return table
    steps = sorted({step for step, _ in found})[:_MOST_STEPS]
    verbs = set().union(*(missing for _, missing in found))
    return replace(table, unserved=tuple(verb for verb in _NEEDS if verb in verbs), trail=(*table.trail, *steps))


def _is_for(use: TableUse, name: str, database: str, package: str, rivals: _Rivals) -> bool:
    """Whether a use goes to this database: the one it names, else the nearest package that has such a table."""
    if use.database is not None:
        return use.database == database
    near = max(rivals[name], key=lambda rival: _nearness(use.package, rival[1]))
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
