"""Takes a value out of the code of a server: the environment gives it, and the example of the env file names it. The value is written nowhere."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from batten.code.model import Assign, Attribute, Call, Class, Define, Expression, Language, Literal, Name, Operation, Record, Unit
from batten.code.model import Sequence as Items
from batten.extract.environment import is_env_file, is_sample
from batten.facts.modules import Side
from batten.facts.secret_names import public_prefix
from batten.facts.secrets import Secret, SecretKind, Site, Use
from batten.finding import Edit
from batten.regex import regex
from batten.remedies import sites
from batten.remedies.app import App
from batten.remedies.ignoring import appended
from batten.text import Place, Span

_GENERIC = frozenset(
    ("api", "key", "token", "secret", "access", "auth", "password", "private", "client", "my", "the", "default", "service", "bearer")
)
_FOR_KEYS = regex(r"(?:^|_)(?:KEY|APIKEY|TOKEN|SECRET|PASSWORD|JWT|PAT)(?:_\d+)?$")
ADDRESS = "db-url"
"""The password in the address of a database: the address as a whole comes from the environment."""
_FOR_ADDRESSES = regex(r"[A-Z]\w*_(?:URL|URI|DSN|CONNECTION|CONNECTION_STRING)")
_DATABASES = frozenset(("URL", "URI", "DSN", "DB", "DATABASE", "CONNECTION", "CONNECTION_STRING"))
_ACCOUNT = regex(r"[A-Za-z][A-Za-z0-9_]*")
_CAMEL = regex(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NAMES = {
    "supabase-jwt": "SUPABASE_SERVICE_ROLE_KEY",
    "supabase-secret": "SUPABASE_SECRET_KEY",
    "supabase-pat": "SUPABASE_ACCESS_TOKEN",
    "supabase-jwt-secret": "SUPABASE_JWT_SECRET",
}
# Shapes that say nothing of who gave the key.
_NOBODY = frozenset("ai generic described jwt curl webhook".split())  # noqa: SIM905 - words
_SCHEMES = regex(r"(?:Bearer|Basic|Bot|Key|Token|token) ")
_ENVIRONMENT = regex(r"process\.env\.(\w+)|Deno\.env\.get\(\s*[\"'](\w+)[\"']\s*\)")
_NODE = regex(rb"\brequire\(|\bprocess\.(?:env|argv|exit|stdout)\b|[\"'](?:node:[\w/]+|fs|path|dotenv|dotenv/config)[\"']|^#!")
_PAGES = (".html", ".htm")
_OF_WORKERS = ("wrangler.toml", "wrangler.json", "wrangler.jsonc")


def variable(secret: Secret) -> str | None:
    """A variable for it: that which holds it, where it says what for, or the provider's."""
    held = (secret.name or "").removeprefix(public_prefix(secret.name or ""))
    words = [word.lower() for part in re.split(r"\W|_", held) for word in _CAMEL.split(part) if word]
    upper = "_".join(words).upper()
    if secret.kind is SecretKind.ACCOUNT:
        if upper.endswith("_PASSWORD") and secret.use is not Use.HASHED:
            return upper
        whose = _ACCOUNT.match(secret.account)
        return f"{whose[0].upper() if whose is not None else 'ADMIN' if secret.admin else 'ACCOUNT'}_PASSWORD"
    if secret.provider == ADDRESS:
        whole = _FOR_ADDRESSES.fullmatch(upper) is not None
        return upper if whole else f"{upper}_URL" if _ACCOUNT.fullmatch(upper) and upper not in _DATABASES else "DATABASE_URL"
    if words and upper.isascii() and not upper[0].isdigit() and _FOR_KEYS.search(upper) and not _GENERIC.issuperset(words):
        return upper
    if secret.kind is SecretKind.NAMED:
        if secret.use is Use.SIGNING and not _FOR_KEYS.search(upper):
            return "SIGNING_SECRET"
        return upper if len(words) > 1 or secret.use is Use.FALLBACK else None
    if secret.provider in _NAMES:
        return _NAMES[secret.provider]
    base = secret.provider.partition("-")[0]
    if base not in _NOBODY:
        return f"{base.upper()}_{upper if words and _GENERIC.issuperset(words) else 'API_KEY'}"
    return upper if len(words) > 1 and _GENERIC.issuperset(words) else None


def is_taken(app: App, secret: Secret, name: str) -> bool:
    """Whether another key would get the same variable."""
    return any(
        each.digest != secret.digest
        and each.site is Site.CODE
        and (each.in_browser is False or (each.in_browser is None and is_run_by_node(app, each.place.path)))
        and each.kind is not SecretKind.PUBLIC
        and variable(each) == name
        for each in app.project.secrets
    )


def is_run_by_node(app: App, path: str) -> bool:
    """Whether a script that no other module leads to is one for Node, by its form, and no page names it."""
    sides = {module.path: module.side for module in app.project.modules}
    if sides.get(path) is not None:
        return sides[path] is Side.SERVER
    written = path.endswith((".mjs", ".cjs", ".mts", ".cts")) or (path.endswith((".js", ".ts")) and _NODE.search(app.text(path)))
    name = path.rpartition("/")[2].encode()
    return bool(written) and not any(each.endswith(_PAGES) and name in app.text(each) for each in app.paths)


class Value(NamedTuple):
    """One value as a text of its own: the nodes round it, the innermost first, and the word of a scheme before it (``Bearer ``)."""

    unit: Unit
    around: Sequence[Expression]
    scheme: str

    @property
    def parent(self) -> Expression | None:
        """What the text is part of."""
        return self.around[1] if len(self.around) > 1 else None

    @property
    def span(self) -> Span:
        """The text with its quotes."""
        return self.around[0].span


def value_at(app: App, place: Place, *, address: bool = False) -> Value | None:
    """The value that is written at a place, or the address that it is in; None where that is not the whole of a plain text, or the code there can't be read."""
    unit = sites.code(app, place.path)
    if unit is None:
        return None
    data = app.text(place.path)
    around = sites.around(unit, place.span)
    literal = around[0] if around else None
    if not isinstance(literal, Literal) or not isinstance(literal.value, str):
        return None
    written = data[literal.span.start : literal.span.end].decode("utf-8", "replace")
    value = literal.value if address and "://" in literal.value else data[place.span.start : place.span.end].decode("utf-8", "replace")
    scheme = literal.value.removesuffix(value)
    if len(written) < 2 or written[0] not in "\"'" or written != f"{written[0]}{literal.value}{written[0]}":  # noqa: PLR2004 - quotes
        return None
    if not literal.value.endswith(value) or (scheme and not _SCHEMES.fullmatch(scheme)):
        return None
    found = Value(unit, around, scheme)
    return None if isinstance(found.parent, Call) and found.parent.jsx else found


def reading(app: App, value: Value, name: str, *, closed: bool = False) -> tuple[str, list[Edit]] | None:
    """What makes the environment give a value, and the variable that is read; None where that is not certain. ``closed``: where it gives nothing, the work stops."""
    if value.unit.language is Language.PYTHON:
        return _python(app, value, name)
    return _javascript(app, value, name, closed=closed)


def _python(app: App, value: Value, name: str) -> tuple[str, list[Edit]] | None:
    unit, around = value.unit, value.around
    data = app.text(unit.path)
    for whole in around[1:3]:
        read = _read(unit, data, whole, around[0])
        if read is not None:
            return (read[1], [Edit(unit.path, whole.span, f'{read[0]}["{read[1]}"]')]) if not value.scheme else None
    if (settled := _default(unit, data, value)) is not None:
        return settled
    if isinstance(value.parent, Operation) and value.parent.operator == "||":
        return None  # of something that may be the key already
    if (field := _field(unit, data, value)) is not None:
        return field if not value.scheme and field[1] and b"env_prefix" not in data else None
    imports = sites.with_os(unit, data)
    if imports is None:
        return None
    text = f"f'{value.scheme}{{os.environ[\"{name}\"]}}'" if value.scheme else f'os.environ["{name}"]'
    return name, [*imports, Edit(unit.path, value.span, text)]


def _read(unit: Unit, data: bytes, node: Expression, literal: Expression) -> tuple[str, str] | None:
    """``os.getenv("NAME", literal)`` or ``os.getenv("NAME") or literal``: the environment as it is written there, and the name."""
    call, rest = node, 1
    if isinstance(node, Operation) and node.operator == "||" and len(node.operands) == 2 and node.operands[1] is literal:  # noqa: PLR2004
        call, rest = node.operands[0], 0
    if not isinstance(call, Call) or call.keywords or not isinstance(call.callee, Attribute) or len(call.args) != 1 + rest:
        return None
    if sites.qualified(unit, call.callee) not in ("os.getenv", "os.environ.get") or (rest and call.args[1] is not literal):
        return None
    name = call.args[0]
    written = data[call.callee.span.start : call.callee.span.end].decode("utf-8", "replace")
    if not isinstance(name, Literal) or not isinstance(name.value, str) or not re.fullmatch(r"\w+", name.value):
        return None
    return f"{written.removesuffix('.getenv').removesuffix('.environ.get')}.environ", name.value


def _default(unit: Unit, data: bytes, value: Value) -> tuple[str, list[Edit]] | None:
    """``config("NAME", default="…")`` of readers that stop where nothing is said: without the default."""
    call = value.parent
    if not isinstance(call, Call) or value.scheme or len(call.args) != 1 or not isinstance(call.args[0], Literal):
        return None
    given = next((each for each in call.keywords if each.name == "default" and each.value is value.around[0]), None)
    root = sites.qualified(unit, call.callee) or _maker(unit, call.callee)
    name = call.args[0].value
    if given is None or not isinstance(name, str) or not root.startswith(("decouple.", "environ.", "environs.")):
        return None
    before = max([call.args[0].span.end, *[each.span.end for each in call.keywords if each.span.end <= given.span.start]])
    if data[before : given.span.start].strip() != b",":
        return None
    return name, [Edit(unit.path, Span(before, given.span.end), "")]


def _maker(unit: Unit, node: Expression) -> str:
    """What the object was made of that a name, or a method of it, stands for: ``environ.Env`` for ``env`` and ``env.str``."""
    root = node.value if isinstance(node, Attribute) else node
    if not isinstance(root, Name):
        return ""
    for statement in unit.body:
        if isinstance(statement, Assign) and isinstance(statement.target, Name) and statement.target.id == root.id:
            return sites.qualified(unit, statement.value.callee) if isinstance(statement.value, Call) else ""
    return ""


def _field(unit: Unit, data: bytes, value: Value) -> tuple[str, list[Edit]] | None:
    """A field of settings, which has to be given where it has no default: its variable, and the edits that take the default away, none where that can't be done."""
    for statement in sites.statements(unit):
        if not isinstance(statement, Define) or not isinstance(statement.value, Class):
            continue
        if not any(sites.qualified(unit, base).endswith(".BaseSettings") for base in statement.value.bases):
            continue
        fields = [each for each in statement.value.body if isinstance(each, Assign) and each.annotation is not None]
        for each in fields:
            if each.value is value.around[0] and each.annotation is not None and isinstance(each.target, Name):
                name = each.target.id.upper()
                # Who checks types takes a field without a default for an argument that every call lacks: https://github.com/pydantic/pydantic-settings/issues/201
                imports = sites.with_module(unit, data, "pydantic", "Field")
                return name, [*imports, Edit(unit.path, value.span, "Field(default=...)")] if imports is not None else []
    return None


def _javascript(app: App, value: Value, name: str, *, closed: bool) -> tuple[str, list[Edit]] | None:
    unit, parent, scheme = value.unit, value.parent, value.scheme
    path, data = unit.path, app.text(unit.path)
    if path.rpartition(".")[2] not in ("js", "mjs", "cjs", "ts", "mts", "cts"):
        return None
    after = data[value.span.end : value.span.end + 20].lstrip()
    folder = path.partition("/")[0]
    if (after.startswith(b"as const") and not closed) or any(
        each.rpartition("/")[2] in _OF_WORKERS and each.startswith(("wrangler", folder)) for each in app.paths
    ):
        return None
    sure = "!" if unit.language is Language.TYPESCRIPT else ""
    if isinstance(parent, Operation) and parent.operator in ("||", "??"):
        first = parent.operands[0]
        found = _ENVIRONMENT.fullmatch(data[first.span.start : first.span.end].decode("utf-8", "replace"))
        if found is None or scheme or public_prefix(found[1] or found[2]):
            return None
        if closed:
            return _stopped(value, data, found[1] or found[2])
        if len(parent.operands) != 2:  # noqa: PLR2004 - the variable and the key
            return None
        return found[1] or found[2], [Edit(path, parent.span, found[0] + sure)]
    deno = "supabase/functions/" in path or b"Deno." in data
    read = f'Deno.env.get("{name}")' if deno else f"process.env.{name}"
    if closed:
        if scheme:
            return None
        whole = f"{read} || {_thrower(value, data, name)}"
        plain = parent is None or isinstance(parent, Call | Record | Items)
        return name, [Edit(path, _with_const(value, data), whole if plain else f"({whole})")]
    text = f"`{scheme}${{{read}}}`" if scheme else read + sure
    return name, [Edit(path, value.span, text)]


def _stopped(value: Value, data: bytes, name: str) -> tuple[str, list[Edit]] | None:
    """An error in the place of a value that is taken where the environment says nothing, or says it with an empty text."""
    parent = value.parent
    if not isinstance(parent, Operation) or parent.operands[-1] is not value.around[0]:
        return None
    span, text = _with_const(value, data), _thrower(value, data, name)
    if parent.operator == "||":
        return name, [Edit(value.unit.path, span, text)]
    before = parent.operands[0].span.end
    between = data[before : span.start]
    if between.strip() != b"??":
        return None  # one of several
    return name, [Edit(value.unit.path, Span(before, span.end), between.decode().replace("??", "||") + text)]


def _thrower(value: Value, data: bytes, name: str) -> str:
    quote = chr(data[value.span.start])
    return f"(() => {{ throw new Error({quote}{name} is not set{quote}) }})()"


def _with_const(value: Value, data: bytes) -> Span:
    """The value, with ``as const`` after it, which is for literals."""
    found = re.compile(rb"\s+as\s+const\b").match(data, value.span.end)
    return Span(value.span.start, found.end() if found is not None else value.span.end)


def example(app: App, secret: Secret, name: str) -> list[Edit]:
    """The name in the example of the env file: that of the package, or the one at the top."""
    there = sorted(each for each in app.paths if is_env_file(each) and is_sample(each))
    own = [each for each in there if each.rpartition("/")[0] in (secret.package, "")]
    folder = f"{secret.package}/" if secret.package else ""
    path = max(own, key=len, default=f"{folder}.env.example")
    if path in app.paths and re.search(rb"(?m)^\s*(?:export\s+)?" + name.encode() + rb"\s*=", app.text(path)):
        return []
    return [appended(app, path, [f"{name}="])]
