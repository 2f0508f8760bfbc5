"""Which columns say what somebody may do: roles, plans and balances, marks of trust; judged by names, types and the values they can take."""

from collections.abc import Iterable
from enum import StrEnum

from batten.link.schema.private_names import words
from batten.link.schema.state import ColumnState, Database, Relation
from batten.parse.postgres.expressions import Cast, Constant, Expression, Operation, Reference, Sequence
from batten.regex import regex


class Authority(StrEnum):
    """What a column gives."""

    ROLE = "role"
    PAID = "paid"
    TRUST = "trust"


_ROLE_FLAG = regex(r"^(?:is_)?(?:super_?)?(?:admin|administrator|superuser|staff|moderator)$|^is_super_admin$|^admin_level$")
_ROLE = regex(
    r"^(?:(?:user|app|account|org|organi[sz]ation|team|member|membership|system|site|platform|global|workspace)_)?(?:roles?|role_id)$"
    r"|^(?:user|account|member)_type$|^perfil$|^papel$|^rol$|^cargo$|^funcao$|^nivel(?:_acesso)?$|^tipo_(?:usuario|perfil|conta|cuenta)$"
)
_PERMISSIONS = regex(r"^(?:permissions?|permission_level|access_level|access_rights|privileges)$")
_PAID = regex(
    r"^(?:subscription_(?:status|tier|plan|type|level|active|expires_at|ends?_at|end_date)|is_(?:premium|pro|subscribed|paid|subscriber)|premium|premium_until|has_paid|payment_status"
    r"|(?:ai_|image_|chat_)?credits_(?:remaining|left|balance)|membership_(?:tier|level|status)|trial_ends?_at|stripe_(?:customer|subscription|price)_id|account_balance|wallet_balance|credit_balance)$"
)
_PAID_BY_PERSON = regex(
    r"^(?:plan|plan_id|plan_type|tier|credits?|balance|coins|points|tokens|quota|(?:usage|monthly|daily)_(?:limit|quota)|(?:tokens|messages|generations|requests)_(?:left|remaining|limit))$"
)
_TRUST = regex(
    r"^(?:is_)?(?:verified|approved|banned|suspended)$|^(?:kyc|verification|approval|moderation|account|membership)_status$|^(?:kyc|identity|seller|vendor|admin)_(?:verified|approved)$"
)
# What a purchase costs, or somebody owes.
_OWED = regex(
    r"^(?:total|sub_?total|grand_total|total_(?:amount|price|cost|charge|paid|due)|(?:final|agreed)_(?:price|amount)|price_per_\w+|amount_(?:paid|due|owed)|(?:arrears|outstanding|due|remaining)_balance"
    r"|balance_(?:due|owed)|credit_limit|discount(?:_(?:amount|percent|percentage|rate))?)$"
)
_STATUS = regex(r"^(?:status|state)$")
# Each of the above, as one look at the many columns that are none of them.
_NAMED = regex("|".join(each.pattern for each in (_ROLE_FLAG, _ROLE, _PERMISSIONS, _PAID, _PAID_BY_PERSON, _TRUST, _OWED, _STATUS)))
PRIVILEGED = frozenset(
    ["admin", "administrator", "owner", "moderator", "mod", "staff", "superadmin", "superuser", "manager", "root", "supervisor", "hr", "editor", "operator"]
)  # fmt: skip
# Someone else decides between these.
_JUDGED = frozenset({"approved", "rejected", "verified", "suspended", "banned", "unverified", "declined"})
ORDINARY = frozenset(
    ["user", "member", "customer", "client", "viewer", "basic", "free", "guest", "student", "employee", "buyer", "player", "participant"]
)
_TALK = frozenset({"message", "messages", "chat", "chats", "conversation", "conversations", "prompt", "prompts", "turns", "completions"})
_PEOPLE = frozenset(
    {"user", "users", "profile", "profiles", "organization", "organizations", "organisation", "organisations", "workspace", "workspaces"}
)
# One row a person where its key says so, or a list that a person keeps: customers of a shop, accounts at banks.
_PERHAPS_PEOPLE = frozenset(
    [
        "account", "accounts", "customer", "customers", "member", "members", "wallet", "wallets", "subscription", "subscriptions", "subscribers", "credit", "credits", "billing", "usage",
        "balances", "employee", "employees", "student", "students", "player", "players", "company", "companies", "team", "teams", "tenant", "tenants", "quota", "quotas", "limits",
    ]
)  # fmt: skip
_LISTED = frozenset({"name", "title", "label", "institution", "bank_name", "account_name", "description", "provider_name"})
_COUNTED = regex(r"^(?:credits?|balance|coins|points|tokens|quota|.*_(?:limit|quota|left|remaining|balance))$")
_NUMERIC = regex(r"^(?:numeric|decimal|money|int|integer|bigint|smallint|real|double|float)")
# Whose owner keeps the books, and marks what others have paid.
_BOOKS = frozenset(
    ["invoice", "invoices", "bill", "bills", "expense", "expenses", "debt", "debts", "loan", "loans", "receipt", "receipts", "estimate", "estimates", "quote", "quotes", "proposal",
     "proposals", "client", "clients", "project", "projects", "rent", "rents", "income", "budget", "budgets"]
)  # fmt: skip
_BOUGHT = frozenset(
    ["order", "orders", "booking", "bookings", "reservation", "reservations", "delivery", "deliveries", "purchase", "purchases", "payment", "payments", "rental", "rentals", "ride", "rides",
     "pedido", "pedidos", "reserva", "reservas", "compra", "compras", "pagamento", "pagamentos", "pago", "pagos"]
)  # fmt: skip
_BUYERS = regex(r"^(?:user|profile|usuario)_?id$|^id$")
_CUSTOMERS = frozenset(
    (each,)
    for each in (
        "customer",
        "customers",
        "client",
        "clients",
        "buyer",
        "guest",
        "rider",
        "passenger",
        "renter",
        "cliente",
        "clientes",
        "comprador",
    )
)
_ACTS = ("approved_by", "reviewed_by", "verified_by", "created_by", "updated_by", "assigned_by", "rejected_by", "processed_by", "banned_by")


def is_owed(label: str) -> bool:
    """The column says what a purchase costs, or what somebody owes."""
    return _OWED.match("_".join(words(label))) is not None


def buys(relation: Relation, owners: Iterable[str]) -> bool:
    """By these columns a row is that of who buys, and not of who sells or brings it; where it names a customer besides, its user is who sells."""
    named = any(words(label)[:1] in _CUSTOMERS for label in relation.columns)
    return any(
        words(each)[:1] in _CUSTOMERS or (_BUYERS.match(each) and not (named and _BOUGHT.intersection(words(relation.name))))
        for each in owners
    )


def _is_bought(relation: Relation) -> bool:
    """What one buys of others, and what others keep of one who buys."""
    found = words(relation.name)
    return bool(_BOUGHT.intersection(found)) or (found[-1:] in _CUSTOMERS and _is_of_people(relation))


def authority_columns(database: Database, relation: Relation, deciding: frozenset[str]) -> dict[str, Authority]:
    """The columns that say what one may do. ``deciding``: those by which policies and functions decide."""
    found: dict[str, Authority] = {}
    for column in relation.columns.values():
        kind = None if column.generated else _kind(database, relation, column, column.name in deciding)
        if kind is not None:
            found[column.name] = kind
    return found


def _kind(database: Database, relation: Relation, column: ColumnState, decides: bool) -> Authority | None:
    label = "_".join(words(column.name))
    if _NAMED.match(label) is None:
        return None
    type_ = column.type.split("(")[0]
    values = allowed(database, relation, column)
    if _ROLE_FLAG.match(label) and type_ in ("boolean", "bool", "integer", "int", "smallint"):
        return Authority.ROLE
    if _ROLE.match(label):
        return Authority.ROLE if _is_role(relation, column, values, decides) else None
    if _PERMISSIONS.match(label):
        return Authority.ROLE if decides or _is_of_people(relation) else None
    if _PAID.match(label) or (_PAID_BY_PERSON.match(label) and _is_of_people(relation)):
        counts = _COUNTED.match(label) is None or _NUMERIC.match(type_) is not None
        return Authority.PAID if counts and not _BOOKS.intersection(words(relation.name)) else None
    if _OWED.match(label):
        return Authority.PAID if _NUMERIC.match(type_) and _is_bought(relation) else None
    if _TRUST.match(label) and (type_ in ("boolean", "bool") or values is None or _JUDGED & values):
        return Authority.TRUST
    if _STATUS.match(label) and values is not None and "pending" in values and _JUDGED & values and _parties(relation) <= 1:
        return Authority.TRUST
    return None


def _is_role(relation: Relation, column: ColumnState, values: frozenset[str] | None, decides: bool) -> bool:
    if values is not None:
        return any(PRIVILEGED.intersection(words(value)) for value in values)
    if _TALK.intersection(words(relation.name)):
        return False
    default = column.default
    while isinstance(default, Cast):
        default = default.operand
    return decides or (isinstance(default, Constant) and isinstance(default.value, str) and default.value.lower() in ORDINARY)


def _is_of_people(relation: Relation) -> bool:
    """Whether a row is what the app knows of one person or group."""
    found = words(relation.name)
    if _PEOPLE.intersection(found):
        return True
    key = relation.columns.get(relation.primary_key[0]) if len(relation.primary_key) == 1 else None
    own = key is not None and (key.name == "user_id" or (key.references is not None and key.references.schema == "auth"))
    return bool(_PERHAPS_PEOPLE.intersection(found)) and (own or not _LISTED.intersection(relation.columns))


def _parties(relation: Relation) -> int:
    """How many people a row names, besides those who only did something to it."""
    return sum(
        column.references is not None
        and (column.references.schema == "auth" or column.references.name in ("users", "profiles", "user_profiles"))
        and column.name not in _ACTS
        for column in relation.columns.values()
    )


def allowed(database: Database, relation: Relation, column: ColumnState) -> frozenset[str] | None:
    """The values a column can take, lower case; None where anything goes or that cannot be told."""
    type_ = column.type.replace('"', "").removesuffix("[]").strip()
    schema, _, name = type_.rpartition(".")
    for each in (schema,) if schema else database.search_path:
        values = database.enums.get((each, name))
        if values is not None:
            return frozenset(value.lower() for value in values)
    for check in relation.checks.values():
        listed = _listed(check, column.name)
        if listed is not None:
            return listed
    return None


def _listed(check: Expression, label: str) -> frozenset[str] | None:
    """The constants a check holds a column to."""
    match _bare(check):
        case Operation("in", (column, *values)) if _names(column, label):
            return _texts(values)
        case Operation("any =", (column, Sequence(items))) if _names(column, label):
            return _texts(list(items))
        case Operation("any =", (column, Cast(Sequence(items), _))) if _names(column, label):
            return _texts(list(items))
        case Operation("=", (column, value)) if _names(column, label):
            return _texts([value])
        case Operation("or", operands):
            each = [_listed(operand, label) for operand in operands if not _asks_null(operand, label)]
            known = [one for one in each if one is not None]
            return frozenset().union(*known) if known and len(known) == len(each) else None
        case Operation("and", operands):
            return next((listed for operand in operands if (listed := _listed(operand, label)) is not None), None)
        case _:
            return None


def _asks_null(expression: Expression, label: str) -> bool:
    match _bare(expression):
        case Operation("is null", (column,)):
            return _names(column, label)
        case _:
            return False


def _texts(values: list[Expression]) -> frozenset[str] | None:
    found = [each.value for value in values if isinstance(each := _bare(value), Constant) and isinstance(each.value, str)]
    return frozenset(value.lower() for value in found) if len(found) == len(values) else None


def _names(expression: Expression, label: str) -> bool:
    expression = _bare(expression)
    return isinstance(expression, Reference) and expression.parts[-1] == label


def _bare(expression: Expression) -> Expression:
    while isinstance(expression, Cast):
        expression = expression.operand
    return expression
