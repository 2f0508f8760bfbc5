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

_SYNONYMS = {
    "integer": "int", "int4": "int", "serial": "int", "bigint": "int8", "bigserial": "int8", "smallint": "int2", "boolean": "bool", "character varying": "varchar", "character": "bpchar",
    "char": "bpchar", "timestamp with time zone": "timestamptz", "timestamp without time zone": "timestamp", "time with time zone": "timetz", "time without time zone": "time",
    "double precision": "float8", "float": "float8", "real": "float4", "decimal": "numeric",
}  # fmt: skip
_ENUM = "enum "
_FOUND = ("public.", "extensions.", "pg_catalog.")
"""The schemas whose types need no schema before them."""
_OTHERS = frozenset(
    {"void", "trigger", "event_trigger", "json", "interval", "inet", "time", "timetz", "oid", "regclass", "tsvector", "record", "xml"}
)


def alike(one: str, two: str) -> bool:
    """Whether two types as written are the same."""
    return _plain(one) == _plain(two)


def is_known(type_: str) -> bool:
    """Whether a type, or what an array of it holds, is PostgreSQL's own."""
    plain = _plain(type_).removesuffix("[]")
    return plain in _FAMILIES or plain in _OTHERS or plain in _SYNONYMS.values()


def _plain(type_: str) -> str:
    """A type without modifiers and schema, by one of its names."""
    bare, _, rest = type_.partition("(")
    rest = rest.partition(")")[2]
    words = f"{bare.strip()} {rest.strip()}".strip()
    for schema in _FOUND:
        words = words.removeprefix(schema)
    array = words.endswith(("[]", " array"))
    words = words.removesuffix("[]").removesuffix(" array").rstrip()
    return _SYNONYMS.get(words, words) + ("[]" if array else "")


def family(database: Database, type_: str) -> str | None:
    """The family of a type as written, with or without modifiers; None for one that is not known, and for arrays."""
    plain = type_.partition("(")[0].strip().removeprefix("pg_catalog.")
    if plain.endswith("[]"):
        return None
    known = _FAMILIES.get(plain)
    if known is not None:
        return known
    label = plain.rpartition(".")[2].strip('"')
    return f"{_ENUM}{label}" if any(label == name for _, name in database.enums) else None


def may_be(database: Database, kind: str | None, value: str) -> bool:
    """Whether a text can be a value of a family: an enumerated type has only its own."""
    if kind is None or not kind.startswith(_ENUM):
        return True
    return any(value in values for (_, name), values in database.enums.items() if name == kind.removeprefix(_ENUM))


def differ(one: str | None, two: str | None) -> bool:
    """Whether two families are known, and not the same."""
    return one is not None and two is not None and one != two
