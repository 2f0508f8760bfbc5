"""The functions and operators that conditions use: PostgreSQL's own and those of Supabase's ``auth`` schema."""

from collections.abc import Sequence

from batten.link.schema.callers import NOBODY, Caller, claim, claimed_role, claims, email, user_id
from batten.link.schema.values import NULL, UNKNOWN, Known, Need, Open, Value, first_known, mixed, needs, opened, same, text_of, truth
from batten.parse.postgres.expressions import Name

# Null where any argument is null, and nothing but their arguments decide.
_STRICT = frozenset(
    ["lower", "upper", "trim", "btrim", "ltrim", "rtrim", "length", "char_length", "split_part", "replace", "substring", "substr", "left", "right", "position", "strpos", "md5", "abs", "round", "floor", "ceil", "array_length", "cardinality", "string_to_array", "regexp_replace", "date_trunc", "date_part", "extract", "to_char", "to_timestamp", "jsonb_array_length", "jsonb_typeof", "foldername", "filename", "extension", "initcap", "reverse", "concat_ws", "starts_with", "array_position", "jsonb_exists", "age", "mod", "greatest", "least"]
)  # fmt: skip
_CLOCK = frozenset(
    [
        "now",
        "current_date",
        "current_timestamp",
        "localtimestamp",
        "clock_timestamp",
        "statement_timestamp",
        "transaction_timestamp",
        "current_time",
        "localtime",
        "timeofday",
    ]
)
_RANDOM = frozenset({"random", "gen_random_uuid", "uuid_generate_v4"})
_NUMBERS = frozenset(["int", "integer", "int2", "int4", "int8", "bigint", "smallint"])


def keyword(label: str, caller: Caller) -> Value:
    """A bare word that is no column: ``current_user``."""
    if label in ("current_user", "current_role", "user"):
        return Known(caller.role)
    return UNKNOWN


def call(name: Name, values: list[Value], caller: Caller) -> Value | None:
    """What a function of PostgreSQL or Supabase gives; None where it is neither."""
    label = name.name
    if name.schema == "auth" or (name.schema is None and label in ("uid", "jwt")):
        match label:
            case "uid":
                return user_id(caller)
            case "role":
                return claimed_role(caller)
            case "email":
                return email(caller)
            case "jwt":
                return NULL if caller.role == NOBODY.role else Known(claims(caller))
            case _:
                return None
    if name.schema == "storage":
        return (NULL if NULL in values else mixed(*values)) if label in ("foldername", "filename", "extension") else None
    match label:
        case "current_user" | "current_role" | "user":
            return Known(caller.role)
        case "session_user":
            return Known("authenticator")
        case "current_setting" if values:
            return _setting(values[0], caller)
        case "coalesce":
            return first_known(values)
        case "nullif" if values[1:]:
            return _nullif(values[0], values[1])
        case "jsonb_extract_path_text" | "json_extract_path_text" | "jsonb_extract_path" | "json_extract_path" if values:
            found = values[0]
            for step in values[1:]:
                found = member(caller, found, step)
            return found
        case "bool" | "text" if len(values) == 1:
            return cast(values[0], label)
        case _ if label in _CLOCK:
            return opened({Need.CLOCK}, required=True)
        case _ if label in _RANDOM:
            return opened({Need.CLOCK}, required=True)
        case "lower" | "upper" if len(values) == 1 and isinstance(values[0], Known) and isinstance(values[0].value, str):
            return Known(values[0].value.lower() if label == "lower" else values[0].value.upper())
        case _ if label in _STRICT:
            return NULL if NULL in values else mixed(*values)
        case _:
            return None


def _setting(name: Value, caller: Caller) -> Value:
    """``current_setting``: the request's claims; any other setting a server may have set."""
    text = text_of(name) if isinstance(name, Known) else None
    if text == "request.jwt.claims":
        return Known(claims(caller))
    if text == "role":
        return Known(caller.role)
    return opened({Need.UNKNOWN})


def _nullif(value: Value, other: Value) -> Value:
    equal = same(value, other)
    if isinstance(equal, Known):
        return NULL if truth(equal) else value
    return Open(value.on, value.can, source=value.source) if isinstance(value, Open) else mixed(value, other)


def member(caller: Caller, value: Value, key: Value) -> Value:
    """``->``, ``->>`` and ``#>>``: a claim, or a part of something open."""
    if NULL in (value, key):
        return NULL
    if isinstance(value, Known) and isinstance(value.value, dict) and isinstance(key, Known):
        path = [part.strip().strip('"') for part in str(key.value).strip("{}").split(",")]
        found = claim(caller, value.value, path[0]) if "role" in value.value else value.value.get(path[0], NULL)
        return member(caller, found, Known(",".join(path[1:]))) if len(path) > 1 else found
    if isinstance(value, Known):
        return UNKNOWN
    return opened(value.on | needs(key))


def cast(value: Value, type_: str) -> Value:
    """A cast keeps what is known of a value."""
    if isinstance(value, Open):
        return value
    plain = value.value
    if plain is None or isinstance(plain, dict):
        return value
    if type_ in ("bool", "boolean"):
        return Known(truth(value))
    if type_ in _NUMBERS and isinstance(plain, str):
        return Known(int(plain)) if plain.strip().lstrip("-").isdigit() else UNKNOWN
    if type_ in ("text", "varchar", "character varying", "uuid", "name", "citext"):
        return Known(text_of(value))
    return value


def ordered(operator: str, left: Value, right: Value) -> Value:
    """``<``, ``<=``, ``>``, ``>=``."""
    if NULL in (left, right):
        return NULL
    if isinstance(left, Known) and isinstance(right, Known):
        one, two = left.value, right.value
        if type(one) is int and type(two) is int:
            return Known({"<": one < two, "<=": one <= two, ">": one > two, ">=": one >= two}[operator])
        return UNKNOWN
    return mixed(left, right)


def joined(values: Sequence[Value]) -> Value:
    """``||``."""
    if NULL in values:
        return NULL
    known = [text_of(value) for value in values if isinstance(value, Known)]
    if len(known) == len(values):
        return Known("".join(text or "" for text in known))
    return mixed(*values, required=all(isinstance(value, Known) or value.required for value in values))
