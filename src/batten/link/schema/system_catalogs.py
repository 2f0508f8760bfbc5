"""The rows that PostgreSQL's own catalogs have of the replayed state, as far as migrations ask for them."""

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from batten.link.schema.state import Database, Relation, Routine
from batten.parse.postgres.expressions import Name


class Unset:
    """The type of ``UNSET``."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset()
"""What cannot be told."""
Row = dict[str, Any]
_KINDS = {"table": "r", "partitioned": "p", "foreign": "f", "view": "v", "matview": "m"}


class Catalog(NamedTuple):
    """One catalog: ``relation`` is the column that names a relation, "" where none does."""

    columns: frozenset[str]
    relation: str
    made: Callable[[Database, list[Relation]], Iterator[Row]]

    def rows(self, database: Database, relation: Any = None) -> Iterator[Row]:
        """Its rows; only those of relations of that name where one is given."""
        return self.made(database, [each for each in database.relations.values() if relation is None or each.name == relation])


def catalog_named(name: Name) -> Catalog | None:
    """The catalog that a name means; None where it is none that is known."""
    return _CATALOGS.get((name.schema or "pg_catalog", name.name))


def _pg_tables(_: Database, relations: list[Relation]) -> Iterator[Row]:
    for relation in relations:
        if relation.kind in ("table", "partitioned") and not relation.ghost:
            yield {
                "schemaname": relation.schema,
                "tablename": relation.name,
                "tableowner": relation.owner,
                "rowsecurity": UNSET if relation.rls is None else relation.rls,
            }


def _pg_policies(_: Database, relations: list[Relation]) -> Iterator[Row]:
    for relation in relations:
        for policy in relation.policies.values():
            if policy.premature:
                continue
            yield {
                "schemaname": relation.schema, "tablename": relation.name, "policyname": policy.name, "cmd": policy.command.upper(), "roles": list(policy.roles),
                "permissive": "PERMISSIVE" if policy.permissive else "RESTRICTIVE", "polname": policy.name, "polrelid": relation.full, "qual": UNSET, "with_check": UNSET,
            }  # fmt: skip


def _tables(_: Database, relations: list[Relation]) -> Iterator[Row]:
    for relation in relations:
        if not relation.ghost and relation.kind != "matview":
            kind = "VIEW" if relation.kind == "view" else "FOREIGN" if relation.kind == "foreign" else "BASE TABLE"
            yield {"table_schema": relation.schema, "table_name": relation.name, "table_type": kind}


def _columns(_: Database, relations: list[Relation]) -> Iterator[Row]:
    for relation in relations:
        for column in relation.columns.values():
            yield {
                "table_schema": relation.schema,
                "table_name": relation.name,
                "column_name": column.name,
                "data_type": column.type,
                "udt_name": column.type,
            }


def _pg_class(_: Database, relations: list[Relation]) -> Iterator[Row]:
    for relation in relations:
        if not relation.ghost:
            yield {
                "relname": relation.name, "relkind": _KINDS.get(relation.kind, "r"), "relnamespace": relation.schema, "relrowsecurity": UNSET if relation.rls is None else relation.rls,
                "oid": relation.full, "relispartition": relation.partition,
            }  # fmt: skip


def _pg_namespace(database: Database, _: list[Relation]) -> Iterator[Row]:
    return ({"nspname": name, "oid": name} for name in database.schemas)


def _pg_roles(database: Database, _: list[Relation]) -> Iterator[Row]:
    return ({"rolname": name} for name in database.roles)


def _pg_proc(database: Database, _: list[Relation]) -> Iterator[Row]:
    for routine in _routines(database):
        yield {
            "proname": routine.name, "pronamespace": routine.schema, "oid": f"{routine.full}({', '.join(routine.types)})", "prosecdef": routine.definer,
            "proconfig": [f"{label}={value}" for label, value in routine.settings.items()] or None, "prorettype": routine.made.returns,
            "prokind": "f" if routine.made.returns else UNSET,
        }  # fmt: skip


def _information_routines(database: Database, _: list[Relation]) -> Iterator[Row]:
    for routine in _routines(database):
        yield {
            "routine_schema": routine.schema, "routine_name": routine.name, "specific_schema": routine.schema, "data_type": routine.made.returns or UNSET,
            "routine_type": "FUNCTION" if routine.made.returns else UNSET, "security_type": "DEFINER" if routine.definer else "INVOKER",
        }  # fmt: skip


def _routines(database: Database) -> list[Routine]:
    return [routine for found in database.routines.values() for routine in found]


_POLICIES = Catalog(
    frozenset({"schemaname", "tablename", "policyname", "cmd", "roles", "permissive", "polname", "polrelid", "qual", "with_check"}),
    "tablename",
    _pg_policies,
)
_CATALOGS = {
    ("pg_catalog", "pg_tables"): Catalog(frozenset({"schemaname", "tablename", "tableowner", "rowsecurity"}), "tablename", _pg_tables),
    ("pg_catalog", "pg_policies"): _POLICIES,
    ("pg_catalog", "pg_policy"): _POLICIES,
    ("pg_catalog", "pg_class"): Catalog(
        frozenset({"relname", "relkind", "relnamespace", "relrowsecurity", "oid", "relispartition"}), "relname", _pg_class
    ),
    ("pg_catalog", "pg_namespace"): Catalog(frozenset({"nspname", "oid"}), "", _pg_namespace),
    ("pg_catalog", "pg_roles"): Catalog(frozenset({"rolname"}), "", _pg_roles),
    ("pg_catalog", "pg_proc"): Catalog(
        frozenset({"proname", "pronamespace", "oid", "prosecdef", "proconfig", "prorettype", "prokind"}), "", _pg_proc
    ),
    ("information_schema", "routines"): Catalog(
        frozenset({"routine_schema", "routine_name", "specific_schema", "data_type", "routine_type", "security_type"}),
        "",
        _information_routines,
    ),
    ("information_schema", "tables"): Catalog(frozenset({"table_schema", "table_name", "table_type"}), "table_name", _tables),
    ("information_schema", "columns"): Catalog(
        frozenset({"table_schema", "table_name", "column_name", "data_type", "udt_name"}), "table_name", _columns
    ),
}
