"""Which columns hold private data, and how private; judged by names and types, never by content."""

from batten.link.schema.private_names import (
    BODIES,
    CONTACT,
    NETWORK,
    OTHER_COLUMNS,
    PRIVATE,
    PRIVATE_TABLES,
    PUBLIC_BEFORE,
    WRITTEN,
    names_content,
    names_people,
    names_recorded,
    text_kind,
    words,
)
from batten.link.schema.state import ColumnState, Relation
from batten.regex import regex

_TEXTUAL = regex(
    r"^(?:(?:tiny|medium|long)?text|json|jsonb|bytea|(?:tiny|medium|long)?blob|(?:var)?binary|citext|n?varchar|character|n?char|string|name|bpchar|public\.citext|extensions\.citext)\b|\[\]$"
)
_DATED = regex(r"^(?:date|timestamp)")
_NUMERIC = regex(r"^(?:numeric|decimal|money|int|integer|bigint|smallint|real|double|float)")


def column_kind(relation: Relation, column: ColumnState) -> str | None:
    """The kind of private data a column holds; None where none."""
    type_ = column.type.lower()
    found = words(column.name)
    if not found or column.references is not None:
        return None
    person = is_about_people(relation)
    if _TEXTUAL.search(type_) or type_ in {"inet", ""}:
        kind = text_kind(found)
        if kind == CONTACT and ((is_content(relation) and not person) or PUBLIC_BEFORE.intersection(found)):
            return None
        if kind == NETWORK and not any(
            words(label)[0] in ("user", "session", "profile", "visitor", "ip") for label in relation.columns if words(label)
        ):
            return None
        return kind or _body_kind(relation, found)
    if _DATED.match(type_) or _NUMERIC.match(type_):
        for kind, runs in OTHER_COLUMNS.items():
            if " ".join(found) in runs:
                return kind
        return _body_kind(relation, found) if found[-1] in ("amount", "total") else None
    return None


def _body_kind(relation: Relation, found: tuple[str, ...]) -> str | None:
    """The body of a private message, the sum of a payment: private by their table."""
    if found[2:] or not BODIES.intersection(found):
        return None
    for word in words(relation.name):
        kind = PRIVATE_TABLES.get(word)
        if kind is not None and (kind != PRIVATE or _between_people(relation)):
            return kind
    return PRIVATE if WRITTEN.intersection(found) and _is_kept_of_somebody(relation) else None


def _is_kept_of_somebody(relation: Relation) -> bool:
    """Whether a row hangs on one of a person of whom others keep records: ``documents.patient_id references patients``."""
    linked = (column.references for column in relation.columns.values() if column.references is not None)
    return not is_content(relation) and any(names_recorded(reference.name) for reference in linked)


def _between_people(relation: Relation) -> bool:
    labels = set(relation.columns)
    heads = {words(label)[0] for label in labels if words(label)}
    return bool(
        heads
        & {
            "sender",
            "recipient",
            "receiver",
            "user",
            "from",
            "to",
            "owner",
            "conversation",
            "session",
            "inviter",
            "invited",
            "profile",
            "author",
            "email",
        }
    )


def is_content(relation: Relation) -> bool:
    """Whether a table's name says that it holds what is published anyway."""
    return names_content(relation.name)


def is_about_people(relation: Relation) -> bool:
    """Whether a table's name says that its rows are persons or what they have ordered, paid or written."""
    return names_people(relation.name)


def sensitive(relation: Relation) -> dict[str, str]:
    """The columns that hold private data, with the kind of each."""
    kinds = {column.name: kind for column in relation.columns.values() if (kind := column_kind(relation, column)) is not None}
    # An address or a browser's name alone says little of anyone.
    return kinds if set(kinds.values()) != {NETWORK} or "user" in {words(label)[0] for label in relation.columns if words(label)} else {}


OWNERS = (
    "user_id",
    "owner_id",
    "owner",
    "created_by",
    "author_id",
    "profile_id",
    "account_id",
    "sender_id",
    "uid",
    "userid",
    "ownerid",
    "customer_id",
    "member_id",
    "employee_id",
    "student_id",
    "patient_id",
)
TENANTS = ("org_id", "organization_id", "organisation_id", "workspace_id", "team_id", "tenant_id", "company_id")
"""What columns are called that say whose a row is: one account's, or one group's."""
_PERSONS = frozenset({"users", "user", "profiles", "user_profiles", "accounts"})
_KEY_TYPES = frozenset(
    {
        "uuid", "text", "varchar", "bigint", "integer", "int", "character varying", "",
        "char", "binary", "tinytext", "mediumint", "int unsigned", "bigint unsigned", "mediumint unsigned", "blob",
    }
)  # fmt: skip


def owner_columns(relation: Relation) -> tuple[str, ...]:
    """The columns that tell whose row it is: keys to users first, then names that say so, then tenants."""
    linked = [
        column.name
        for column in relation.columns.values()
        if column.references is not None and (column.references.schema == "auth" or column.references.name.lower() in _PERSONS)
    ]
    plain = {"".join(words(column.name)): column.name for column in relation.columns.values() if column.type.split("(")[0] in _KEY_TYPES}
    for label in (*OWNERS, *TENANTS):
        found = plain.get(label.replace("_", ""))
        if found is not None and found not in linked:
            linked.append(found)
    return tuple(linked)
