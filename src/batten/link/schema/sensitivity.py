"""Which columns hold private data, and how private; judged by names and types, never by content."""

import re
from collections.abc import Iterable
from functools import lru_cache

from batten.link.schema.state import ColumnState, Relation

CREDENTIALS, FINANCE, HEALTH, IDENTITY, PRIVATE, CONTACT, NETWORK = (
    "credentials",
    "finance",
    "health",
    "identity",
    "private",
    "contact",
    "network",
)
KINDS = (CREDENTIALS, IDENTITY, HEALTH, FINANCE, PRIVATE, CONTACT, NETWORK)
"""The strongest first."""

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_TEXTUAL = re.compile(
    r"^(?:text|json|jsonb|bytea|citext|varchar|character|char|string|name|bpchar|public\.citext|extensions\.citext)\b|\[\]$"
)
_DATED = re.compile(r"^(?:date|timestamp)")
_NUMERIC = re.compile(r"^(?:numeric|decimal|money|int|integer|bigint|smallint|real|double|float)")

# Token sequences; each stands for a run of whole words of a column's name.
_TEXT_COLUMNS: dict[str, tuple[str, ...]] = {
    CREDENTIALS: (
        "password", "passwd", "pwd", "pass hash", "password hash", "secret", "api key", "apikey", "access token", "refresh token", "auth token", "private key", "webhook secret", "otp", "totp",
        "recovery code", "recovery codes", "backup codes", "session token", "service key", "secret key", "client secret", "bearer token", "encryption key", "signing key", "reset token",
        "verification token", "invite token", "key hash", "raw key", "id token", "bot token", "pin hash", "magic link token",
    ),
    IDENTITY: ("ssn", "social security number", "national id", "passport", "passport number", "tax id", "cpf", "aadhaar", "aadhar", "pan number", "license number", "driver license", "id number", "id document"),
    HEALTH: ("diagnosis", "diagnoses", "prescription", "prescriptions", "medical", "medical history", "medical conditions", "allergies", "medications", "symptoms", "health", "health conditions", "blood type", "disability"),
    FINANCE: (
        "iban", "card number", "cvv", "bank account", "account number", "routing number", "salary", "stripe customer id", "stripe account id", "stripe subscription id", "bank details",
        "payment method", "payment details", "paypal email", "upi id",
    ),
    PRIVATE: ("journal", "private notes", "admin notes", "admin note", "internal notes", "dm", "transcript", "prompt", "chat history"),
    CONTACT: (
        "email", "email address", "phone", "phone number", "mobile", "mobile number", "whatsapp", "whatsapp number", "address", "home address", "shipping address", "billing address", "street", "street address",
        "postcode", "zip", "zip code", "postal code", "birth date", "date of birth", "dob", "birthday", "emergency contact", "contact number",
    ),
    NETWORK: ("ip", "ip address", "user agent", "geolocation", "device id"),
}  # fmt: skip
_RUNS = tuple((kind, f" {run} ") for kind in KINDS for run in _TEXT_COLUMNS.get(kind, ()))
_OTHER_COLUMNS = {
    CONTACT: ("birth date", "date of birth", "dob", "birthday", "birthdate"),
    FINANCE: ("salary", "annual salary", "base salary", "credit balance", "account balance", "wallet balance"),
    NETWORK: ("ip", "ip address"),
}
# ``password reset required``, ``email verified``: about it, not it.
_ABOUT = frozenset(
    [
        "required",
        "verified",
        "enabled",
        "count",
        "at",
        "id",
        "ids",
        "type",
        "status",
        "expires",
        "expiry",
        "sent",
        "confirmed",
        "template",
        "templates",
        "subject",
        "hint",
        "policy",
        "strength",
        "length",
        "set",
        "changed",
        "opt",
        "opted",
        "notifications",
        "notification",
        "preferences",
        "consent",
        "valid",
        "format",
        "label",
        "title",
        "name",
        "column",
        "field",
        "domain",
        "provider",
    ]
)
_PUBLIC_BEFORE = frozenset(
    {
        "public",
        "publishable",
        "anon",
        "support",
        "company",
        "store",
        "shop",
        "site",
        "business",
        "office",
        "contact",
        "website",
        "display",
        "mac",
        "contract",
        "wallet",
    }
)

_CONTENT_TABLES = frozenset(
    [
        "post",
        "posts",
        "article",
        "articles",
        "product",
        "products",
        "category",
        "categories",
        "tag",
        "tags",
        "faq",
        "faqs",
        "page",
        "pages",
        "plan",
        "plans",
        "country",
        "countries",
        "city",
        "cities",
        "event",
        "events",
        "location",
        "locations",
        "leaderboard",
        "leaderboards",
        "setting",
        "settings",
        "feature",
        "features",
        "blog",
        "blogs",
        "review",
        "reviews",
        "testimonial",
        "testimonials",
        "service",
        "services",
        "listing",
        "listings",
        "property",
        "properties",
        "restaurant",
        "restaurants",
        "store",
        "stores",
        "shop",
        "shops",
        "venue",
        "venues",
        "course",
        "courses",
        "lesson",
        "lessons",
        "menu",
        "menus",
        "brand",
        "brands",
        "banner",
        "banners",
        "slide",
        "slides",
        "vehicle",
        "vehicles",
        "car",
        "cars",
        "job",
        "jobs",
        "agency",
        "agencies",
        "branch",
        "branches",
        "faculty",
        "gallery",
        "news",
        "announcement",
        "announcements",
        "department",
        "departments",
        "portfolio",
        "partner",
        "partners",
        "sponsor",
        "sponsors",
        "template",
        "templates",
    ]
)
_PERSON_TABLES = frozenset(
    [
        "user",
        "users",
        "customer",
        "customers",
        "client",
        "clients",
        "member",
        "members",
        "patient",
        "patients",
        "employee",
        "employees",
        "student",
        "students",
        "teacher",
        "teachers",
        "applicant",
        "applicants",
        "candidate",
        "candidates",
        "guest",
        "guests",
        "lead",
        "leads",
        "subscriber",
        "subscribers",
        "contact",
        "contacts",
        "visitor",
        "visitors",
        "attendee",
        "attendees",
        "participant",
        "participants",
        "tenant",
        "tenants",
        "parent",
        "parents",
        "donor",
        "donors",
        "booking",
        "bookings",
        "reservation",
        "reservations",
        "appointment",
        "appointments",
        "order",
        "orders",
        "payment",
        "payments",
        "invoice",
        "invoices",
        "subscription",
        "subscriptions",
        "transaction",
        "transactions",
        "invite",
        "invites",
        "invitation",
        "invitations",
        "enquiry",
        "inquiry",
        "inquiries",
        "submission",
        "submissions",
        "registration",
        "registrations",
        "account",
        "accounts",
    ]
)
_PRIVATE_TABLES: dict[str, str] = {
    "message": PRIVATE, "messages": PRIVATE, "chat": PRIVATE, "chats": PRIVATE, "conversation": PRIVATE, "conversations": PRIVATE, "dm": PRIVATE, "dms": PRIVATE, "journal": PRIVATE, "journals": PRIVATE,
    "payment": FINANCE, "payments": FINANCE, "invoice": FINANCE, "invoices": FINANCE, "payout": FINANCE, "payouts": FINANCE, "patient": HEALTH, "patients": HEALTH,
    "invite": PRIVATE, "invites": PRIVATE, "invitation": PRIVATE, "invitations": PRIVATE,
}  # fmt: skip
_BODIES = frozenset({"body", "content", "message", "text", "transcript", "prompt", "response", "amount", "total", "token", "code", "notes"})


@lru_cache(maxsize=10_000)
def words(name: str) -> tuple[str, ...]:
    """The words of a snake_case or camelCase name, lower case."""
    return tuple(match.group().lower() for match in _WORDS.finditer(name))


def column_kind(relation: Relation, column: ColumnState) -> str | None:
    """The kind of private data a column holds; None where none."""
    type_ = column.type.lower()
    found = words(column.name)
    if not found or column.references is not None:
        return None
    person = is_about_people(relation)
    if _TEXTUAL.search(type_) or type_ in {"inet", ""}:
        kind = _text_kind(found)
        if kind == CONTACT and ((is_content(relation) and not person) or _PUBLIC_BEFORE.intersection(found)):
            return None
        if kind == NETWORK and not any(
            words(label)[0] in ("user", "session", "profile", "visitor", "ip") for label in relation.columns if words(label)
        ):
            return None
        return kind or _body_kind(relation, found)
    if _DATED.match(type_) or _NUMERIC.match(type_):
        for kind, runs in _OTHER_COLUMNS.items():
            if " ".join(found) in runs:
                return kind
        return _body_kind(relation, found) if found[-1] in ("amount", "total") else None
    return None


@lru_cache(maxsize=10_000)
def _text_kind(found: tuple[str, ...]) -> str | None:
    name = f" {' '.join(found)} "
    for kind, run in _RUNS:
        at = name.find(run)
        if at != -1:
            rest = name[at + len(run) - 1 :].split()
            before = name[:at].split()
            if not _ABOUT.intersection(rest) and not (kind == CREDENTIALS and _PUBLIC_BEFORE.intersection(before)):
                return kind
    return None


def _body_kind(relation: Relation, found: tuple[str, ...]) -> str | None:
    """The body of a private message, the sum of a payment: private by their table."""
    if found[2:] or not _BODIES.intersection(found):
        return None
    for word in words(relation.name):
        kind = _PRIVATE_TABLES.get(word)
        if kind is not None and (kind != PRIVATE or _between_people(relation)):
            return kind
    return None


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


def names_content(name: str) -> bool:
    """The same of any name for a set of records."""
    found = words(name)
    return bool(found) and not names_people(name) and bool(_CONTENT_TABLES.intersection(found))


def is_about_people(relation: Relation) -> bool:
    """Whether a table's name says that its rows are persons or what they have ordered, paid or written."""
    return names_people(relation.name)


def names_people(name: str) -> bool:
    """The same of any name for a set of records."""
    found = words(name)
    return bool(found) and (found[-1] in _PERSON_TABLES or (found[0] in _PERSON_TABLES and found[-1] not in _CONTENT_TABLES))


def sensitive(relation: Relation) -> dict[str, str]:
    """The columns that hold private data, with the kind of each."""
    kinds = {column.name: kind for column in relation.columns.values() if (kind := column_kind(relation, column)) is not None}
    # An address or a browser's name alone says little of anyone.
    return kinds if set(kinds.values()) != {NETWORK} or "user" in {words(label)[0] for label in relation.columns if words(label)} else {}


def strongest(kinds: Iterable[str]) -> str | None:
    """The strongest of kinds; None where there is none."""
    found = set(kinds)
    return next((kind for kind in KINDS if kind in found), None)


_OWNERS = (
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
_TENANTS = ("org_id", "organization_id", "organisation_id", "workspace_id", "team_id", "tenant_id", "company_id")
_PERSONS = frozenset({"users", "profiles", "user_profiles", "accounts"})


def owner_columns(relation: Relation) -> tuple[str, ...]:
    """The columns that tell whose row it is: keys to users first, then names that say so, then tenants."""
    linked = [
        column.name
        for column in relation.columns.values()
        if column.references is not None and (column.references.schema == "auth" or column.references.name in _PERSONS)
    ]
    plain = {
        "".join(words(column.name)): column.name
        for column in relation.columns.values()
        if column.type.split("(")[0] in ("uuid", "text", "varchar", "bigint", "integer", "int", "character varying", "")
    }
    for label in (*_OWNERS, *_TENANTS):
        found = plain.get(label.replace("_", ""))
        if found is not None and found not in linked:
            linked.append(found)
    return tuple(linked)
