"""What the inside of a key tells: payloads, checksums, hosts; each check takes a verdict and gives it back, changed, or None to drop it."""

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping

from msgspec.structs import replace

from batten.extract.secrets.database_passwords import NO_PASSWORD, WEAK, database
from batten.extract.secrets.key_pairs import key_pair
from batten.extract.secrets.named import hashed, named, shown, signing, substituted
from batten.extract.secrets.verdict import Verdict
from batten.facts.placeholders import entropy, least_entropy, placeholder, random, template
from batten.facts.secret_names import harmless_name, held_by, secret_name
from batten.facts.secrets import Caveat, SecretKind
from batten.regex import regex

_DAY = 86_400
_MONTH = 31 * _DAY
_TOKEN_NAME = regex(r"jwt|token|bearer|authorization|secret|api_?key", re.IGNORECASE)
_SESSION = regex(r"(?:access|refresh|session|id)[-_]?token", re.IGNORECASE)
_SAMPLE_TEXT = regex(r"1234|abcd|xyz|qwer|changeme|super|secret|passw|key", re.IGNORECASE)
_ANY_TOKEN = regex(r"^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_TOKEN$")
_ADDRESS = regex(r"://|^[\w.-]+\.(?:com|net|org|io|dev|app|co|ai)(?:[:/]|$)|^/|^\.{1,2}/|@")
# What made-up passwords of letters alone are put together of.
_SPOKEN = regex(r"pass|word|secret|mail|user|code|here|test|admin|google|from|this|with|name|real|some|host")
# A word of sixteen letters has more vowels, and fewer different letters.
_MOST_VOWELS = 6
_LEAST_LETTERS = 9
_LEAST_DIGITS = 2
_LEAST_WORDS = 3
_LEAST_BASE64 = 64
_LEAST_VARIETY = 16
_ADMIN_ROLES = ("service_role", "supabase_admin", "postgres")
_LOWER_FIRST = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_UPPER_FIRST = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


Check = Callable[[Verdict], Verdict | None]


def _jwt(verdict: Verdict) -> Verdict | None:
    """A Supabase key, by the role its payload names."""
    head, payload, signature = verdict.value.split(".")
    header, claims = _decoded(head), _decoded(payload)
    if header is None or claims is None or _unsigned(header) or placeholder(signature):
        return None
    role, project = claims.get("role"), claims.get("ref")
    project = project if isinstance(project, str) and re.fullmatch(r"[a-z0-9]{4,40}", project) else None
    if role == "anon":
        found = replace(verdict, provider="supabase-anon", kind=SecretKind.PUBLIC, label="Supabase anon key", project=project)
    elif role in _ADMIN_ROLES:
        found = replace(verdict, label=f"Supabase {role} key", project=project)
    else:
        return None
    if claims.get("iss") == "supabase-demo":
        return replace(found, caveat=Caveat.PUBLISHED, live=False)
    lasts = _lifetime(claims)
    return replace(found, caveat=Caveat.SHORT_LIVED, live=None) if lasts is not None and lasts <= _DAY else found


def _lasting_token(verdict: Verdict) -> Verdict | None:
    """A token that is named like one and lasts: what it opens only its issuer knows. Those of sessions end too soon to be of use to a reader."""
    head, payload, signature = verdict.value.split(".")
    header, claims = _decoded(head), _decoded(payload)
    if header is None or claims is None or _unsigned(header) or placeholder(signature):
        return None
    lasts, name = _lifetime(claims), verdict.name or ""
    if _TOKEN_NAME.search(name) is None or harmless_name(name) or (lasts is not None and lasts <= _MONTH):
        return None
    if _SESSION.fullmatch(name) and "exp" in claims and lasts is None:
        return None  # when it was issued is not said, and such tokens end with the session
    shown = claims.get("sub") == "1234567890" or "John Doe" in str(claims.get("name"))
    return None if shown or claims.get("role") in ("anon", "authenticated") else verdict


def _lifetime(claims: Mapping[str, object]) -> int | None:
    """Seconds from issue to expiry; None where the token says one of them not, or never ends."""
    issued, expires = claims.get("iat"), claims.get("exp")
    return int(expires - issued) if isinstance(issued, int | float) and isinstance(expires, int | float) else None


def _unsigned(header: Mapping[str, object]) -> bool:
    return str(header.get("alg", "none")).lower() == "none"


def _decoded(part: str) -> Mapping[str, object] | None:
    try:
        found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _github(verdict: Verdict) -> Verdict:
    """The last six characters are a CRC-32 of the thirty before them, in base 62."""
    sums = (binascii.crc32(text.encode("ascii")) for text in (verdict.body[:-6], verdict.value[:-6]))
    if any(_base62(number, digits) == verdict.body[-6:] for number in sums for digits in (_LOWER_FIRST, _UPPER_FIRST)):
        return verdict
    return replace(verdict, certain=False, caveat=Caveat.CHECKSUM, live=None)


def _base62(number: int, digits: str) -> str:
    found = ""
    while number:
        number, rest = divmod(number, 62)
        found = digits[rest] + found
    return found.rjust(6, "0")


def _webhook(verdict: Verdict) -> Verdict:
    """The secret is base64 of random bytes: what can be read was written for a test."""  # https://docs.svix.com/receiving/verifying-payloads/how-manual
    try:
        text = base64.b64decode(verdict.value.partition("_")[2], validate=True)
    except ValueError:
        return verdict
    return replace(verdict, caveat=Caveat.SAMPLE) if text.isascii() and text.decode("ascii").isprintable() else verdict


def _digit(verdict: Verdict) -> Verdict | None:
    """Words joined by lines are code; a key of this kind has digits too."""
    return verdict if sum(letter.isdigit() for letter in verdict.body) >= _LEAST_DIGITS else None


def _keyword(verdict: Verdict) -> Verdict | None:
    """A value known by the name it is given to: the name must mean a secret and the value must not read as code."""
    if verdict.name is not None and harmless_name(verdict.name):
        return None
    if _many_words(verdict.value):
        return None
    digits = sum(letter.isdigit() for letter in verdict.value)
    return verdict if digits >= _LEAST_DIGITS and entropy(verdict.value) >= least_entropy(verdict.value) else None


def _described(verdict: Verdict) -> Verdict | None:
    """A value that a text gives beside the words for a key: samples are seldom random."""
    return _keyword(verdict) if random(verdict.value) and not _SAMPLE_TEXT.search(verdict.value) else None


def _typed(verdict: Verdict) -> Verdict | None:
    """A value in a line of an env file, or in a command that sets it, under a name for secrets."""
    name = verdict.name or ""
    meant = secret_name(name) or held_by(name) is not None or _ANY_TOKEN.search(name)
    if not meant or harmless_name(name) or not random(verdict.value) or _SAMPLE_TEXT.search(verdict.value):
        return None
    return None if _ADDRESS.search(verdict.value) or _many_words(verdict.value) else verdict


def _app_password(verdict: Verdict) -> Verdict | None:
    """Sixteen letters that no words are made of."""
    letters = verdict.value.replace(" ", "")
    vowels = sum(letter in "aeiou" for letter in letters)
    made_up = _SPOKEN.search(letters) or placeholder(letters) or len(set(letters)) < _LEAST_LETTERS
    return None if made_up or vowels > _MOST_VOWELS else verdict


def _many_words(value: str) -> bool:
    words = re.split(r"[_-]", value)
    return len(words) >= _LEAST_WORDS and sum(word.isalpha() for word in words) * 2 > len(words)


def _slack(verdict: Verdict) -> Verdict | None:
    """Bot and user tokens carry the ids of the workspace and the bot."""
    needed = (
        r"xox[bp]-\d{6,}-\d{6,}-\w{10,}" if verdict.value[:4] in ("xoxb", "xoxp") else r"xox\w(?:\.xox[bp])?-(?=(?:[\w-]*?\d){6})[\w-]{20,}"
    )
    legacy = r"xoxb-\d{8,14}-(?=[A-Za-z]*\d)[A-Za-z0-9]{18,26}$"
    return verdict if re.match(needed, verdict.value) or re.match(legacy, verdict.value) else None


def _login(verdict: Verdict) -> Verdict | None:
    """The password in a request that is written down: one that people choose for others to replace is none."""
    password = verdict.value
    stand_in = template(password) or placeholder(password, distinct=4) or password.lower() in WEAK or NO_PASSWORD.match(password)
    return None if stand_in or (password.isalpha() and password.islower()) else verdict


def _private_key(verdict: Verdict) -> Verdict | None:
    """Enough of a body to be a key: 64 characters of base64 that are not one character repeated."""
    text = re.sub(r"\\+[nr]", "", verdict.value)
    encrypted = "ENCRYPTED" in text
    body = re.sub(r"[^A-Za-z0-9+/=]", "", re.sub(r"(?:Proc-Type|DEK-Info|Version|Comment):[^\n]*", "", text))
    if len(body) < _LEAST_BASE64 or len(set(body[:_LEAST_BASE64])) < _LEAST_VARIETY:
        return None
    return replace(verdict, caveat=Caveat.ENCRYPTED, live=None) if encrypted else verdict


CHECKS: Mapping[str, Check] = {
    "jwt": _jwt,
    "lasting-token": _lasting_token,
    "login": _login,
    "github": _github,
    "webhook": _webhook,
    "digit": _digit,
    "keyword": _keyword,
    "described": _described,
    "typed": _typed,
    "app-password": _app_password,
    "slack": _slack,
    "database": database,
    "private-key": _private_key,
    "key-pair": key_pair,
    "named": named,
    "signing": signing,
    "hashed": hashed,
    "shown": shown,
    "substituted": substituted,
}
