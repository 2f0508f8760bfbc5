"""Tells the open tables that an ORM makes in one database at once: the tool knows nothing of the API that serves them."""

from collections import defaultdict
from collections.abc import Sequence

from msgspec.structs import replace

from batten.facts.schema import OrmSchema, Table
from batten.finding import Step
from batten.link.schema import wording
from batten.link.schema.private_names import strongest

_TOOLS = {
    "prisma": "Prisma", "drizzle": "Drizzle", "typeorm": "TypeORM", "knex": "Knex", "sequelize": "Sequelize", "node-pg-migrate": "node-pg-migrate",
    "alembic": "Alembic", "sqlalchemy": "SQLAlchemy", "django": "Django",
}  # fmt: skip
# Tables that the tools keep for themselves in the schema that is served.
_OWN = {
    "prisma": ("_prisma_migrations",),
    "alembic": ("alembic_version",),
    "django": ("django_migrations", "django_session", "auth_user"),
    "knex": ("knex_migrations",),
    "typeorm": ("migrations",),
    "sequelize": ("SequelizeMeta",),
}
_MOST = 8
_MOST_STEPS = 3


def orm_schemas(tables: Sequence[Table]) -> tuple[tuple[Table, ...], tuple[OrmSchema, ...]]:
    """The tables with ``in_orm`` set on those that are told so, and what tells them."""
    groups: dict[tuple[str, str, str], list[Table]] = defaultdict(list)
    for table in tables:
        if _is_told(table):
            groups[table.package, table.database, table.origin].append(table)
    told = {id(table) for group in groups.values() for table in group}
    return (
        tuple(replace(table, in_orm=True) if id(table) in told else table for table in tables),
        tuple(_schema(group) for _, group in sorted(groups.items())),
    )


def _is_told(table: Table) -> bool:
    """Open, and for no other reason than that nobody has locked it."""
    return (
        table.origin in _TOOLS
        and table.rls is False
        and table.exposed is True
        and not table.revoked
        and table.open_parent is None
        and table.protected_parent is None
        and not (table.marked_public or table.used_in_browser or table.has_policies or table.protected_before)
    )


def _schema(tables: list[Table]) -> OrmSchema:
    first = min(tables, key=lambda table: table.place)
    made = [table.name.split(".", 1)[1] for table in tables]
    names = [*made, *(name for name in _OWN.get(first.origin, ()) if name not in made)]
    strong = strongest(table.sensitivity for table in tables if table.sensitivity is not None)
    columns = [column for table in tables if table.sensitivity == strong and strong for column in table.sensitive_columns]
    granted = [table.granted for table in tables]
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return OrmSchema(
        tool=_TOOLS[first.origin],
        tables=tuple(names),
        named=wording.listed(names) if not more else f"{', '.join(names[:_MOST])}{more}",
        database=first.database,
        package=first.package,
        place=first.place,
        sensitivity=strong,
        outsiders=wording.reach(("select", "insert", "update", "delete"), to_anon=True, sensitive=tuple(dict.fromkeys(columns))),
        granted=True if True in granted else None if None in granted else False,
        origin=first.origin,
        path_class=first.path_class,
        key=f"{first.package}|orm|{first.origin}|{first.database}",
        subject=f"orm|{first.origin}|{first.database}",
        trail=tuple(
            Step(table.place, f"{table.name} is created here") for table in sorted(tables, key=lambda table: table.place)[:_MOST_STEPS]
        ),
    )
