"""Takes keys out of the code of servers: the environment gives them, and the example of the env file names them. The value is written nowhere."""

import re
from collections.abc import Iterator, Sequence

from batten.code.model import Attribute, Call, Expression, Language, Literal, Operation, Unit
from batten.extract.environment import is_env_file, is_sample
from batten.facts.secret_names import public_prefix
from batten.facts.secrets import Secret, SecretKind, Site
from batten.finding import Edit, Finding, Fix, Safety, Step
from batten.remedies import sites
from batten.remedies.app import App, fact
from batten.remedies.ignoring import appended
from batten.text import Place, Span

_GENERIC = frozenset(
    ("api", "key", "token", "secret", "access", "auth", "password", "private", "client", "my", "the", "default", "service", "bearer")
)
_FOR_KEYS = re.compile(r"(?:^|_)(?:KEY|APIKEY|TOKEN|SECRET|PASSWORD|JWT|PAT)(?:_\d+)?$")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NAMES = {
    "supabase-jwt": "SUPABASE_SERVICE_ROLE_KEY",
    "supabase-secret": "SUPABASE_SECRET_KEY",
    "supabase-pat": "SUPABASE_ACCESS_TOKEN",
    "supabase-jwt-secret": "SUPABASE_JWT_SECRET",
}
# Shapes that say nothing of who gave the key.
_NOBODY = frozenset("ai generic jwt curl webhook".split())  # noqa: SIM905 - words
# Keys of two parts, of which the other would stay.
_PAIRS = frozenset(("aws", "twilio"))
_SCHEMES = re.compile(r"(?:Bearer|Basic|Bot|Key|Token|token) ")
_ENVIRONMENT = re.compile(r"process\.env\.(\w+)|Deno\.env\.get\(\s*[\"'](\w+)[\"']\s*\)")
_OF_WORKERS = ("wrangler.toml", "wrangler.json", "wrangler.jsonc")


def key_from_environment(app: App, finding: Finding) -> Iterator[Fix]:
    """All places of the key, or none of them."""
    secret = fact(app.project.secrets, finding)
    if (
        secret is None
        or secret.in_browser is not False
        or secret.site is not Site.CODE
        or secret.path_class not in ("product", "local-dev")
    ):
        return
    name = _name(secret)
    if secret.provider in _PAIRS or name is None or _is_taken(app, secret, name):
        return
    edits: dict[tuple[str, Span], Edit] = {}
    for place in (secret.place, *secret.again):
        found = _edits(app, place, name)
        if found is None:
            return
        name = found[0]
        edits.update({(edit.path, edit.span): edit for edit in found[1] if edit.span is not None})
    stop = f"works only where `{name}` is set; what stood here is in the history: revoke that key and make a new one"
    written = (*edits.values(), *_example(app, secret, name))
    yield Fix(f"Take the {secret.label or 'key'} from `{name}` of the environment", Safety.UNSAFE, written, (Step(secret.place, stop),))


def _name(secret: Secret) -> str | None:
    """A variable for it: that which holds it, where it says what for, or the provider's."""
    held = (secret.name or "").removeprefix(public_prefix(secret.name or ""))
    words = [word.lower() for part in re.split(r"\W|_", held) for word in _CAMEL.split(part) if word]
    upper = "_".join(words).upper()
    if words and upper.isascii() and not upper[0].isdigit() and _FOR_KEYS.search(upper) and not _GENERIC.issuperset(words):
        return upper
    if secret.provider in _NAMES:
        return _NAMES[secret.provider]
    base = secret.provider.partition("-")[0]
    if base not in _NOBODY:
        return f"{base.upper()}_{upper if words and _GENERIC.issuperset(words) else 'API_KEY'}"
    return upper if len(words) > 1 and _GENERIC.issuperset(words) else None


def _is_taken(app: App, secret: Secret, name: str) -> bool:
    """Whether another key would get the same variable."""
    return any(
        each.digest != secret.digest and each.site is Site.CODE and each.kind is not SecretKind.PUBLIC and _name(each) == name
        for each in app.project.secrets
    )


def _edits(app: App, place: Place, name: str) -> tuple[str, list[Edit]] | None:
    """What takes one place of a key out of its file, and the variable that is read there; None where that is not certain."""
    unit = sites.code(app, place.path)
    if unit is None:
        return None
    data = app.text(place.path)
    around = sites.around(unit, place.span)
    literal = around[0] if around else None
    if not isinstance(literal, Literal) or not isinstance(literal.value, str):
        return None
    written = data[literal.span.start : literal.span.end].decode("utf-8", "replace")
    value = data[place.span.start : place.span.end].decode("utf-8", "replace")
    scheme = literal.value.removesuffix(value)
    if len(written) < 2 or written[0] not in "\"'" or written != f"{written[0]}{literal.value}{written[0]}":  # noqa: PLR2004 - quotes
        return None
    if not literal.value.endswith(value) or (scheme and not _SCHEMES.fullmatch(scheme)):
        return None
    parent = around[1] if len(around) > 1 else None
    if isinstance(parent, Call) and parent.jsx:
        return None
    build = _python if unit.language is Language.PYTHON else _javascript
    return build(app, unit, around, name, scheme)


_Around = Sequence[Expression]


def _python(app: App, unit: Unit, around: _Around, name: str, scheme: str) -> tuple[str, list[Edit]] | None:
    data = app.text(unit.path)
    for whole in around[1:3]:
        read = _read(unit, data, whole, around[0])
        if read is not None:
            return (read[1], [Edit(unit.path, whole.span, f'{read[0]}["{read[1]}"]')]) if not scheme else None
    parent = around[1] if len(around) > 1 else None
    if isinstance(parent, Operation) and parent.operator == "||":
        return None  # of something that may be the key already
    imports = sites.with_os(unit, data)
    if imports is None:
        return None
    text = f"f'{scheme}{{os.environ[\"{name}\"]}}'" if scheme else f'os.environ["{name}"]'
    return name, [*imports, Edit(unit.path, around[0].span, text)]


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


def _javascript(app: App, unit: Unit, around: _Around, name: str, scheme: str) -> tuple[str, list[Edit]] | None:
    path, data = unit.path, app.text(unit.path)
    if path.rpartition(".")[2] not in ("js", "mjs", "cjs", "ts", "mts", "cts"):
        return None
    after = data[around[0].span.end : around[0].span.end + 20].lstrip()
    folder = path.partition("/")[0]
    if after.startswith(b"as const") or any(
        each.rpartition("/")[2] in _OF_WORKERS and each.startswith(("wrangler", folder)) for each in app.paths
    ):
        return None
    sure = "!" if unit.language is Language.TYPESCRIPT else ""
    parent = around[1] if len(around) > 1 else None
    if isinstance(parent, Operation) and parent.operator in ("||", "??"):
        first = parent.operands[0]
        found = _ENVIRONMENT.fullmatch(data[first.span.start : first.span.end].decode("utf-8", "replace"))
        if found is None or scheme or len(parent.operands) != 2 or public_prefix(found[1] or found[2]):  # noqa: PLR2004
            return None
        return found[1] or found[2], [Edit(path, parent.span, found[0] + sure)]
    deno = "supabase/functions/" in path or b"Deno." in data
    read = f'Deno.env.get("{name}")' if deno else f"process.env.{name}"
    text = f"`{scheme}${{{read}}}`" if scheme else read + sure
    return name, [Edit(path, around[0].span, text)]


def _example(app: App, secret: Secret, name: str) -> list[Edit]:
    """The name in the example of the env file: that of the package, or the one at the top."""
    there = sorted(each for each in app.paths if is_env_file(each) and is_sample(each))
    own = [each for each in there if each.rpartition("/")[0] in (secret.package, "")]
    folder = f"{secret.package}/" if secret.package else ""
    path = max(own, key=len, default=f"{folder}.env.example")
    if path in app.paths and re.search(rb"(?m)^\s*(?:export\s+)?" + name.encode() + rb"\s*=", app.text(path)):
        return []
    return [appended(app, path, [f"{name}="])]
