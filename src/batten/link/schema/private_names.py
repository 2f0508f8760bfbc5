"""What names say of the data behind them, in English, Portuguese, Spanish and French: how private a column is, and whether a table holds people or what is published anyway."""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from batten.regex import regex

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

_WORDS = regex(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

# Token sequences; each stands for a run of whole words of a column's name.
_TEXT_COLUMNS: dict[str, tuple[str, ...]] = {
    CREDENTIALS: (
        "password", "passwd", "pwd", "pass hash", "password hash", "secret", "api key", "apikey", "access token", "refresh token", "auth token", "private key", "webhook secret", "otp", "totp",
        "recovery code", "recovery codes", "backup codes", "session token", "service key", "secret key", "client secret", "bearer token", "encryption key", "signing key", "reset token",
        "verification token", "invite token", "key hash", "raw key", "id token", "bot token", "pin hash", "magic link token",
        "senha", "contrasena", "mot de passe",
    ),
    IDENTITY: ("ssn", "social security number", "national id", "passport", "passport number", "tax id", "cpf", "aadhaar", "aadhar", "pan number", "license number", "driver license", "id number", "id document", "dni", "curp", "cedula"),
    HEALTH: ("diagnosis", "diagnoses", "prescription", "prescriptions", "medical", "medical history", "medical conditions", "allergies", "medications", "symptoms", "health", "health conditions", "blood type", "disability", "diagnostico", "historico saude", "historico medico", "historial medico", "queixa principal", "alergias", "medicamentos", "anamnese", "prontuario"),
    FINANCE: (
        "iban", "card number", "cvv", "bank account", "account number", "routing number", "salary", "stripe customer id", "stripe account id", "stripe subscription id", "bank details",
        "payment method", "payment details", "paypal email", "upi id", "salario", "chave pix", "conta bancaria",
    ),
    PRIVATE: ("journal", "private notes", "admin notes", "admin note", "internal notes", "dm", "transcript", "prompt", "chat history"),
    CONTACT: (
        "email", "email address", "phone", "phone number", "mobile", "mobile number", "whatsapp", "whatsapp number", "address", "home address", "shipping address", "billing address", "street", "street address",
        "postcode", "zip", "zip code", "postal code", "birth date", "date of birth", "dob", "birthday", "emergency contact", "contact number",
        "telefone", "celular", "telefono", "telephone", "endereco", "direccion", "adresse", "correo", "courriel", "data nascimento", "data de nascimento", "fecha nacimiento", "fecha de nacimiento",
    ),
    NETWORK: ("ip", "ip address", "user agent", "geolocation", "device id"),
}  # fmt: skip

_RUNS = tuple((kind, f" {run} ") for kind in KINDS for run in _TEXT_COLUMNS.get(kind, ()))

OTHER_COLUMNS = {
    CONTACT: (
        "birth date",
        "date of birth",
        "dob",
        "birthday",
        "birthdate",
        "data nascimento",
        "data de nascimento",
        "fecha nacimiento",
        "fecha de nacimiento",
    ),
    FINANCE: ("salary", "annual salary", "base salary", "salario", "credit balance", "account balance", "wallet balance"),
    NETWORK: ("ip", "ip address"),
}

# ``password reset required``, ``email verified``: about it, not it.
_ABOUT = frozenset(
    {
        "required", "verified", "enabled", "count", "at", "id", "ids", "type", "status", "expires", "expiry", "sent", "confirmed", "template", "templates", "subject",
        "hint", "policy", "strength", "length", "set", "changed", "opt", "opted", "notifications", "notification", "preferences", "consent", "valid", "format", "label",
        "title", "name", "column", "field", "domain", "provider",
    }
)  # fmt: skip

PUBLIC_BEFORE = frozenset(
    {
        "public", "publishable", "anon", "support", "company", "store", "shop", "site", "business", "office", "contact", "website", "display", "mac", "contract",
        "wallet",
    }
)  # fmt: skip

_CONTENT_TABLES = frozenset(
    {
        "post", "posts", "article", "articles", "product", "products", "category", "categories", "tag", "tags", "faq", "faqs", "page", "pages", "plan", "plans",
        "country", "countries", "city", "cities", "event", "events", "location", "locations", "leaderboard", "leaderboards", "setting", "settings", "feature",
        "features", "blog", "blogs", "review", "reviews", "testimonial", "testimonials", "service", "services", "listing", "listings", "property", "properties",
        "restaurant", "restaurants", "store", "stores", "shop", "shops", "venue", "venues", "course", "courses", "lesson", "lessons", "menu", "menus", "brand",
        "brands", "banner", "banners", "slide", "slides", "vehicle", "vehicles", "car", "cars", "job", "jobs", "agency", "agencies", "branch", "branches", "faculty",
        "gallery", "news", "announcement", "produto", "produtos", "producto", "productos", "categoria", "categorias", "loja", "lojas", "tienda", "tiendas", "empresa", "empresas",
        "restaurante", "restaurantes", "evento", "eventos", "curso", "cursos", "servico", "servicos", "servicio", "servicios", "imovel", "imoveis", "unidade", "unidades",
        "sites", "stations", "warehouses", "depots", "offices", "schools", "hospitals", "campuses",
        "clinica", "clinicas", "plano", "planos", "negocio", "negocios", "parceiro", "parceiros", "announcements", "department", "departments", "portfolio", "partner", "partners", "sponsor", "sponsors", "template",
        "templates",
    }
)  # fmt: skip

_PERSON_TABLES = frozenset(
    {
        "user", "users", "customer", "customers", "client", "clients", "member", "members", "patient", "patients", "employee", "employees", "student", "students",
        "teacher", "teachers", "applicant", "applicants", "candidate", "candidates", "guest", "guests", "lead", "leads", "subscriber", "subscribers", "contact",
        "contacts", "visitor", "visitors", "attendee", "attendees", "participant", "participants", "tenant", "tenants", "parent", "parents", "donor", "donors",
        "booking", "bookings", "reservation", "reservations", "appointment", "appointments", "order", "orders", "payment", "payments", "invoice", "invoices",
        "subscription", "subscriptions", "transaction", "transactions", "invite", "invites", "invitation", "invitations", "enquiry", "inquiry", "inquiries",
        "cliente", "clientes", "usuario", "usuarios", "paciente", "pacientes", "aluno", "alunos", "alumno", "alumnos", "funcionario", "funcionarios", "agendamento", "agendamentos",
        "pedido", "pedidos", "pagamento", "pagamentos", "submission", "submissions", "registration", "registrations", "account", "accounts",
    }
)  # fmt: skip

# Of these others keep records; who writes something is one of the users.
_RECORDED = frozenset(
    {
        "customer", "customers", "client", "clients", "patient", "patients", "employee", "employees", "student", "students", "applicant", "applicants", "candidate", "candidates",
        "lead", "leads", "contact", "contacts", "tenant", "tenants", "donor", "donors", "cliente", "clientes", "paciente", "pacientes", "aluno", "alunos", "alumno", "alumnos",
        "funcionario", "funcionarios",
    }
)  # fmt: skip

PRIVATE_TABLES: dict[str, str] = {
    "message": PRIVATE, "messages": PRIVATE, "chat": PRIVATE, "chats": PRIVATE, "conversation": PRIVATE, "conversations": PRIVATE, "dm": PRIVATE, "dms": PRIVATE, "journal": PRIVATE, "journals": PRIVATE,
    "payment": FINANCE, "payments": FINANCE, "invoice": FINANCE, "invoices": FINANCE, "payout": FINANCE, "payouts": FINANCE, "patient": HEALTH, "patients": HEALTH,
    "paciente": HEALTH, "pacientes": HEALTH, "anamnese": HEALTH, "prontuario": HEALTH, "prontuarios": HEALTH, "medical": HEALTH, "prescription": HEALTH, "prescriptions": HEALTH,
    "mensagem": PRIVATE, "mensagens": PRIVATE, "mensaje": PRIVATE, "mensajes": PRIVATE, "pagamento": FINANCE, "pagamentos": FINANCE,
    "invite": PRIVATE, "invites": PRIVATE, "invitation": PRIVATE, "invitations": PRIVATE,
}  # fmt: skip

RECEIVERS = frozenset({"receiver", "recipient", "addressee", "to"})
"""With which the column begins that names whom a row is for."""

BODIES = frozenset(
    {
        "body",
        "content",
        "message",
        "text",
        "transcript",
        "prompt",
        "response",
        "amount",
        "total",
        "token",
        "code",
        "notes",
        "mensagem",
        "mensaje",
        "conteudo",
        "valor",
        "notas",
        "transcription",
    }
)
WRITTEN = frozenset({"notes", "notas", "content", "conteudo", "transcript", "transcription"})
"""The bodies that are private of whatever hangs on a person."""


@lru_cache(maxsize=10_000)
def words(name: str) -> tuple[str, ...]:
    """The words of a snake_case or camelCase name, lower case and without accents."""
    plain = name if name.isascii() else unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return tuple(match.group().lower() for match in _WORDS.finditer(plain))


# What a secret is said to be; before any other word it says of what kind a thing is.
_OF_SECRETS = frozenset(
    ("key", "keys", "token", "hash", "hashed", "code", "codes", "answer", "question", "phrase", "access", "encrypted", "enc", "cipher", "ciphertext", "value", "text", "id", "salt", "base32",
     "ascii", "hex", "iv", "otp", "data")
)  # fmt: skip


@lru_cache(maxsize=10_000)
def text_kind(found: tuple[str, ...]) -> str | None:
    """The kind of private data that a column of text holds by the words of its name; None where none."""
    name = f" {' '.join(found)} "
    for kind, run in _RUNS:
        at = name.find(run)
        if at != -1:
            rest = name[at + len(run) - 1 :].split()
            before = name[:at].split()
            if run == " secret " and rest and rest[0] not in _OF_SECRETS:
                continue  # a tour that is secret
            if not _ABOUT.intersection(rest) and not (kind == CREDENTIALS and PUBLIC_BEFORE.intersection(before)):
                return kind
    return None


def names_content(name: str) -> bool:
    """Whether a name for a set of records says that it holds what is published anyway."""
    found = words(name)
    return bool(found) and not names_people(name) and bool(_CONTENT_TABLES.intersection(found))


def names_people(name: str) -> bool:
    """Whether a name for a set of records says that these are persons or what they have ordered, paid or written."""
    found = words(name)
    return bool(found) and (found[-1] in _PERSON_TABLES or (found[0] in _PERSON_TABLES and found[-1] not in _CONTENT_TABLES))


def names_recorded(name: str) -> bool:
    """Whether a name for a set of records says that these are persons of whom others keep records."""
    return words(name)[-1:] != () and words(name)[-1] in _RECORDED


def strongest(kinds: Iterable[str]) -> str | None:
    """The strongest of kinds; None where there is none."""
    found = set(kinds)
    return next((kind for kind in KINDS if kind in found), None)
