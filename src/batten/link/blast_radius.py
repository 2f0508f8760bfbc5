"""What somebody gets who has a key that no policy binds, and where code of clients uses what a policy should not have let them do: the ends of ways that begin elsewhere."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from msgspec import structs

from batten.facts.database import Bucket
from batten.facts.schema import Flaw, PolicyFlaw, Table, TableUse
from batten.facts.secrets import Caveat, Secret, SecretKind, Variable
from batten.facts.services import Client
from batten.finding import Step
from batten.link.connections import is_around

_MOST_TABLES, _MOST_COLUMNS, _MOST_USES = 3, 4, 3
_WRITES = frozenset(("insert", "update"))
_SERVICE_NAME = "SERVICE_ROLE"


class BlastRadius(NamedTuple):
    """The tables and buckets of the app's databases of Supabase."""

    tables: tuple[Table, ...]
    buckets: tuple[Bucket, ...]

    def clients(self, clients: Sequence[Client]) -> tuple[Client, ...]:
        """With what each opens that carries the service key into a browser."""
        told = (each.service == "supabase" and each.privileged is True and each.in_browser is True for each in clients)
        return tuple(
            structs.replace(each, trail=(*each.trail, *self._opened(each.package))) if is_told else each
            for each, is_told in zip(clients, told, strict=True)
        )

    def secrets(self, secrets: Sequence[Secret]) -> tuple[Secret, ...]:
        """With what each service key opens that is no example, and not of a test."""
        return tuple(
            structs.replace(each, trail=(*each.trail, *self._opened(each.package)))
            if each.kind is SecretKind.SUPABASE_ADMIN and each.live is not False and each.caveat is Caveat.NONE
            else each
            for each in secrets
        )

    def variables(self, variables: Sequence[Variable]) -> tuple[Variable, ...]:
        """With what each opens that publishes a service key by its name."""
        return tuple(
            structs.replace(each, trail=(*each.trail, *self._opened(each.package)))
            if each.public is True
            and each.secret
            and not each.harmless
            and (each.value_kind is SecretKind.SUPABASE_ADMIN or (each.value_kind is None and _SERVICE_NAME in each.name))
            else each
            for each in variables
        )

    def _opened(self, package: str) -> tuple[Step, ...]:
        near = [table for table in self.tables if is_around(table.package, package)]
        if not near:
            return ()
        worst = sorted(near, key=lambda table: (not table.plain_credentials, table.sensitivity is None, table.name))[:_MOST_TABLES]
        files = [bucket.name for bucket in self.buckets if is_around(bucket.package, package)]
        tables = f"{len(near)} tables" if len(near) > 1 else _named(near[0])
        beside = [f"the files of {', '.join(files[:_MOST_TABLES])}"] if files else []
        whole = f"who has the key reads and changes {' and '.join((tables, *beside))}, and all accounts, whatever policies say"
        first = f"{whole}, so {_named(worst[0])} here" if len(near) > 1 else whole
        return (Step(worst[0].place, first), *(Step(table.place, f"and {_named(table)} here") for table in worst[1:]))


def _named(table: Table) -> str:
    columns = ", ".join(table.sensitive_columns[:_MOST_COLUMNS])
    return f"{table.name} ({columns})" if columns else table.name


def radius(tables: Iterable[Table], buckets: Iterable[Bucket]) -> BlastRadius:
    """Of the tables that are in a database of Supabase."""
    known = [
        table for table in tables if table.dialect == "postgres" and table.path_class == "product" and table.name.startswith("public.")
    ]
    return BlastRadius(tuple(known), tuple(bucket for bucket in buckets if bucket.path_class == "product"))


def with_writers(flaws: Sequence[PolicyFlaw], uses: Iterable[TableUse]) -> tuple[PolicyFlaw, ...]:
    """Flaws by which people raise their own rights, with the code of clients that writes the columns in question."""
    if not any(flaw.flaw is Flaw.PRIVILEGES for flaw in flaws):
        return tuple(flaws)
    writers: dict[str, list[TableUse]] = {}
    for use in uses:
        if use.in_browser is True and use.privileged is not True and use.verb in _WRITES and use.columns:
            writers.setdefault(use.table, []).append(use)
    return tuple(_with_writers(flaw, writers.get(flaw.table, ())) for flaw in flaws)


def _with_writers(flaw: PolicyFlaw, uses: Sequence[TableUse]) -> PolicyFlaw:
    near = [use for use in uses if is_around(use.package, flaw.package)]
    told = [(use, [column for column in use.columns if column in flaw.columns]) for use in near]
    steps = [Step(use.place, f"code of the browser writes {', '.join(columns)} here") for use, columns in told if columns]
    if flaw.flaw is not Flaw.PRIVILEGES or not steps:
        return flaw
    return structs.replace(flaw, trail=(*flaw.trail, *steps[:_MOST_USES]))
