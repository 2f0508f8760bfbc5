"""Families of types: PostgreSQL compares values, and lets a key lead to a column, only within one; knows nothing of expressions.

https://www.postgresql.org/docs/current/typeconv-oper.html
"""

from batten.link.schema.state import Database

_FAMILIES = {
    name: family
    for family, names in {
        "text": ("text", "varchar", "character varying", "char", "character", "bpchar", "name"),
        "uuid": ("uuid",),
        "number": (
            "smallint", "int2", "int", "integer", "int4", "bigint", "int8", "numeric", "decimal", "real", "double precision", "float", "float4", "float8", "serial", "bigserial", "smallserial", "serial2", "serial4", "serial8",
        ),
        "boolean": ("boolean", "bool"),
        "jsonb": ("jsonb",),
        "day": ("date", "timestamp", "timestamptz", "timestamp with time zone", "timestamp without time zone"),
        "bytes": ("bytea",),
    }.items()
    for name in names
}  # fmt: skip


def family(database: Database, type_: str) -> str | None:
    """The family of a type as written, with or without modifiers; None for one that is not known, and for arrays."""
    plain = type_.partition("(")[0].strip().removeprefix("pg_catalog.")
    if plain.endswith("[]"):
        return None
    known = _FAMILIES.get(plain)
    if known is not None:
        return known
    label = plain.rpartition(".")[2].strip('"')
    return f"enum {label}" if any(label == name for _, name in database.enums) else None


def differ(one: str | None, two: str | None) -> bool:
    """Whether two families are known, and not the same."""
    return one is not None and two is not None and one != two
