"""Tests for a row of the database that go before what a handler does: whether the policies of its table show it only to some, so that to get it is to be one of them."""

from collections.abc import Iterable
from typing import NamedTuple

from batten.facts.calls import Call, Function, Guard
from batten.facts.schema import Predicate, Table, Verdict
from batten.link.by_place import chain_of, giving
from batten.link.supabase_keys import SupabaseKeys
from batten.regex import regex

NAMING = (".from", ".from_", ".table")
_BOUND = frozenset((Predicate.CALLER_BOUND, Predicate.ROLE_BOUND, Predicate.NEVER))
_READS = regex(r"\.(?:from|from_|table)\.select(?:\.|$)")
# What an answer of the database has where there is such a row: https://supabase.com/docs/reference/javascript/select
_IS_THERE = regex(r"(?:\.(?:data|error|count)(?:\.(?:id|length|0))?)?$")


class AskedRow(NamedTuple):
    """A row that a test looks at: the calls that ask for it, its table, whether a key was used that no policy binds, and what of it is looked at."""

    calls: tuple[Call, ...]
    table: str | None
    privileged: bool | None
    looked_at: str

    @property
    def is_there(self) -> bool:
        """Only whether there is such a row is looked at."""
        return _IS_THERE.fullmatch(self.looked_at) is not None


class RowGates:
    """Answers which rows tests go by, and to whom these are shown."""

    def __init__(self, keys: SupabaseKeys, tables: Iterable[Table]) -> None:
        self._keys = keys
        self._tables: dict[str, list[Table]] = {}
        for table in tables:
            if table.dialect == "postgres":
                self._tables.setdefault(table.name.partition(".")[2], []).append(table)

    def row(self, path: str, function: Function, guard: Guard, name: str) -> AskedRow | None:
        """The row that a name of a test stands for, or something of it; None where it is none that a client of Supabase asks for."""
        asked = [call for call in giving(function, name, guard.place.span.end) if _READS.search(call.callee)]
        if not asked:
            return None
        # Of two clients that ask alike, the last before the test.
        last = max(asked, key=lambda call: (call.span.start, len(call.callee)))
        calls = tuple(chain_of(function, last))
        table = next((call.arguments[0].text for call in calls if call.callee.endswith(NAMING) and call.arguments), None)
        return AskedRow(calls, table, self._keys.privileged(path, function, last), name.removeprefix(last.callee))

    def shown_to_few(self, table: str | None) -> bool | None:
        """The policies of a table let callers have rows only by who they are; None can't tell."""
        found = self._tables.get(table or "")
        return None if not found else all(map(_binds, found))

    def keeps_out(self, path: str, function: Function, at: int) -> bool:
        """A place is reached only by those whom the policies have shown a row that was asked for in their name."""
        return any(self._asks_policies(path, function, guard) for guard in function.guards if at in guard.reach)

    def _asks_policies(self, path: str, function: Function, guard: Guard) -> bool:
        # Where one of several is enough, the others let in as well.
        rows = [self.row(path, function, guard, name) for name in guard.names]
        return bool(rows) and all(
            row is not None and row.privileged is False and row.is_there and self.shown_to_few(row.table) is True for row in rows
        )


def _binds(table: Table) -> bool:
    """Strangers get no row of it, and each policy by which accounts get one asks who they are."""
    cells = [cell for cell in table.access if cell.verb == "select"]
    told = [policy.using for policy in table.policies if policy.permissive and policy.command in ("select", "all")]
    return (
        table.rls is True
        and bool(cells)
        and all(cell.verdict is Verdict.NONE or (cell.role != "anon" and cell.verdict is Verdict.ROWS) for cell in cells)
        and all(predicate in _BOUND for predicate in told)
    )
