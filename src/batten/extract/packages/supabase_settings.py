"""The settings of supabase/config.toml that strangers can make use of: weak sign-in, open redirects, secrets in the file."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from batten.extract.packages.reading import strings_of, table_of
from batten.facts.placeholders import placeholder
from batten.facts.services import Setting, SettingKind
from batten.regex import regex
from batten.text import Place, Span

_LONGEST_SESSION = 86_400
_LONGEST_CODE = 3_600
_SHORTEST_PASSWORD = 8
_SHORTEST_SECRET = 8
_DEEPEST = 6
_HEADER = regex(rb"^[ \t]*+\[\[?([^\]\n]+)\]")
_KEY = regex(rb"^[ \t]*+((?:[\w-]++|\"[^\"\n]*+\"|'[^'\n]*+')(?:[ \t]*+\.[ \t]*+(?:[\w-]++|\"[^\"\n]*+\"|'[^'\n]*+')|(?!))*+)[ \t]*+=")
_PART = regex(r"\"[^\"]*\"|'[^']*'|[^.\s]+")
# Under these hosts anyone can have a name of their own.
_SHARED = (
    "amplifyapp.com", "appspot.com", "azurestaticapps.net", "azurewebsites.net", "bolt.host", "cloudfront.net", "codesandbox.io", "csb.app", "deno.dev",
    "firebaseapp.com", "fly.dev", "github.dev", "github.io", "gitlab.io", "gitpod.io", "glitch.me", "herokuapp.com", "loca.lt", "lovable.app",
    "lovableproject.com", "netlify.app", "ngrok.io", "ngrok-free.app", "ngrok.app", "now.sh", "onrender.com", "pages.dev", "railway.app", "repl.co", "replit.app",
    "replit.dev", "run.app", "stackblitz.io", "supabase.co", "surge.sh", "trycloudflare.com", "vercel.app", "web.app", "webcontainer.io", "workers.dev",
)  # fmt: skip
_SECRET_KEYS = frozenset(
    {"secret", "secrets", "auth_token", "pass", "access_token", "access_key", "api_secret", "client_secret", "openai_api_key", "s3_secret_key", "s3_access_key", "jwt_secret"}
)  # fmt: skip
_SECRET_TABLES = (("edge_runtime", "secrets"), ("db", "vault"))
_INTERNAL = frozenset(
    {
        "auth",
        "vault",
        "storage",
        "private",
        "internal",
        "extensions",
        "net",
        "cron",
        "pgsodium",
        "supabase_functions",
        "supabase_migrations",
    }
)
_READ_ELSEWHERE = regex(r"^\s*(?:env\(|encrypted:)", re.IGNORECASE)


class _File(Struct, frozen=True):
    path: str
    spots: Mapping[tuple[str, ...], Span]
    deployed: bool | None

    def place(self, *key: str) -> Place:
        """Where a key is set; the start of the file where it is written in a way that is not looked for."""
        return Place(self.path, self.spots.get(key, Span(0, 0)))


def settings(path: str, data: bytes, whole: Mapping[str, Any]) -> Iterator[Setting]:
    """The settings of one file, in the order of their kinds."""
    file = _File(path, _spots(data), True if table_of(whole.get("remotes")) else None)
    auth = table_of(whole.get("auth"))
    yield from _weak(file, auth)
    yield from _redirects(file, auth)
    yield from _schemas(file, table_of(whole.get("api")))
    yield from _secrets(file, whole, ())
    yield from _test_codes(file, auth)


def _spots(data: bytes) -> dict[tuple[str, ...], Span]:
    """The lines that set keys, by the path of the key."""
    found: dict[tuple[str, ...], Span] = {}
    table: tuple[str, ...] = ()
    start = 0
    for line in data.splitlines(keepends=True):
        header, key = _HEADER.match(line), _KEY.match(line)
        if header is not None and key is None:
            table = _parts(header[1])
        elif key is not None:
            indent = len(line) - len(line.lstrip(b" \t"))
            found.setdefault((*table, *_parts(key[1])), Span(start + indent, start + len(line.rstrip())))
        start += len(line)
    return found


def _parts(path: bytes) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(path.decode("utf-8", "replace")))


def _weak(file: _File, auth: Mapping[str, Any]) -> Iterator[Setting]:
    """All weak values of the sign-in service as one."""
    mail, captcha = table_of(auth.get("email")), table_of(auth.get("captcha"))
    signs_up = auth.get("enable_signup") is not False and mail.get("enable_signup") is not False
    weak: list[tuple[tuple[str, ...], object]] = []
    if signs_up and mail.get("enable_confirmations") is False:
        weak.append((("auth", "email", "enable_confirmations"), "false"))
    if _number(auth.get("minimum_password_length"), _SHORTEST_PASSWORD) < _SHORTEST_PASSWORD:
        weak.append((("auth", "minimum_password_length"), auth["minimum_password_length"]))
    if _number(auth.get("jwt_expiry"), 0) > _LONGEST_SESSION:
        weak.append((("auth", "jwt_expiry"), auth["jwt_expiry"]))
    if _number(mail.get("otp_expiry"), 0) > _LONGEST_CODE:
        weak.append((("auth", "email", "otp_expiry"), mail["otp_expiry"]))
    if auth.get("enable_refresh_token_rotation") is False:
        weak.append((("auth", "enable_refresh_token_rotation"), "false"))
    if mail.get("secure_password_change") is False:
        weak.append((("auth", "email", "secure_password_change"), "false"))
    if auth.get("enable_anonymous_sign_ins") is True and captcha.get("enabled") is not True:
        weak.append((("auth", "enable_anonymous_sign_ins"), "true without a captcha"))
    if weak and auth.get("enabled") is not False:
        yield Setting(
            kind=SettingKind.SIGN_IN,
            name="auth",
            place=min(file.place(*key) for key, _ in weak),
            shown=", ".join(f"{key[-1]} = {value}" for key, value in weak),
            names=tuple(key[-1] for key, _ in weak),
            deployed=file.deployed,
        )


def _number(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else otherwise


def _schemas(file: _File, api: Mapping[str, Any]) -> Iterator[Setting]:
    named = tuple(name for name in strings_of(api.get("schemas")) if name.lower() in _INTERNAL)
    if named and api.get("enabled") is not False:
        yield Setting(
            kind=SettingKind.API_SCHEMA,
            name="api.schemas",
            place=file.place("api", "schemas"),
            shown=", ".join(named),
            names=named,
            deployed=file.deployed,
            narrow=set(named) <= {"storage"},
        )


def _redirects(file: _File, auth: Mapping[str, Any]) -> Iterator[Setting]:
    for name in ("site_url", "additional_redirect_urls"):
        entries = strings_of(auth.get(name))
        opened = [(entry, narrow) for entry in entries if (narrow := _narrow(entry)) is not None]
        if opened:
            wide = [entry for entry, narrow in opened if not narrow]
            yield Setting(
                kind=SettingKind.REDIRECT,
                name=f"auth.{name}",
                place=file.place("auth", name),
                shown=", ".join(wide or [entry for entry, _ in opened]),
                deployed=file.deployed,
                narrow=not wide,
            )


def _narrow(entry: str) -> bool | None:
    """Whether a pattern lets only some strangers' sites in, or none; None where no stranger can have a site that fits.

    ``*`` stands for letters other than ``.`` and ``/``, ``**`` for anything: https://supabase.com/docs/guides/auth/redirect-urls
    """
    text = entry.strip().lower()
    scheme, mark, rest = text.partition("://")
    if not mark:
        scheme, rest = "https", text
    if not re.fullmatch(r"https?|\*+|http\*+|https?\?", scheme):
        return None  # an app's own scheme
    host = rest.partition("/")[0].partition(":")[0]
    if "**" in host:
        return not (not host.strip("*").strip(".") or host.strip("*").lstrip(".") in _SHARED)
    if "*" not in host:
        return None
    if host == "*":
        return True
    label, _, parent = host.partition(".")
    if parent not in _SHARED:
        return None
    return label != "*"


def _secrets(file: _File, table: Mapping[str, Any], at: tuple[str, ...]) -> Iterator[Setting]:
    """Values written out where a secret goes."""
    for name, value in table.items():
        key = (*at, name)
        inner = table_of(value)
        if inner and len(key) < _DEEPEST:
            yield from _secrets(file, inner, key)
        elif isinstance(value, str) and _is_secret(key, value):
            yield Setting(kind=SettingKind.SECRET, name=".".join(key), place=file.place(*key), deployed=file.deployed)


def _is_secret(key: tuple[str, ...], value: str) -> bool:
    if key[-1] not in _SECRET_KEYS and key[:-1] not in _SECRET_TABLES:
        return False
    return len(value) >= _SHORTEST_SECRET and not _READ_ELSEWHERE.match(value) and not placeholder(value, key[-1], distinct=5)


def _test_codes(file: _File, auth: Mapping[str, Any]) -> Iterator[Setting]:
    sms = table_of(auth.get("sms"))
    codes = table_of(sms.get("test_otp"))
    if codes:
        first = next(iter(codes))
        yield Setting(
            kind=SettingKind.TEST_CODE,
            name="auth.sms.test_otp",
            place=file.place("auth", "sms", "test_otp", first),
            deployed=file.deployed,
            sms=sms.get("enable_signup") is True,
        )
