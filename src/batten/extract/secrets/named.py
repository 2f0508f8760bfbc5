"""Literals that are secret by the name they are given to: which name means what, and which value is meant; knows no key by its shape."""

import re

from msgspec.structs import replace

from batten.extract.secrets.database_passwords import beside_host
from batten.extract.secrets.verdict import WORD, Verdict
from batten.facts.placeholders import placeholder, random, template
from batten.facts.secret_names import Holds, held_by
from batten.facts.secrets import Caveat, SecretKind, Use
from batten.regex import regex

_LETTER = regex(r"[A-Za-z]")
_WORDS_ONLY = regex(r"[A-Za-z]+(?:[-_ .:/@][A-Za-z]+)*[:.!?]?")
# Names of variables, addresses and paths, references to a store of secrets, algorithms, types.
_NO_VALUE = regex(
    r"\.{0,2}/.*|[\w-]+/[\w./-]*|"
    r"[#.$@%&].*|(?:HS|RS|ES|PS)\d{3}|EdDSA|(?:aes|sha|md|rsa|utf|base|hmac|pbkdf|argon|scrypt|bcrypt|oauth)[-_]?\d[\w-]*|"
    r"[\w$]+(?:\.[\w$]+)+|[\w.]+\[.*|[\w.]+\(.*|.*[<>{}|\\•●].*|[*x.•_-]+|\d{1,5}|(?:min|max|length|size|type|var|name|key|id)[:=-].*",
    re.IGNORECASE,
)
_REFERENCE = regex(
    r"(?:https?|file|arn|vault|op|ref|env|ssm|awssm|sm|gcp|secretsmanager|data|urn|projects)[:+/].*", re.IGNORECASE | re.DOTALL
)
_STRICT_CASE = regex(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_COMMON = frozenset(
    "admin administrator root password passwort passw0rd secret changeme letmein qwerty welcome test demo guest user master default pass 123456 12345678 123456789 1234567890 111111 000000 abc123".split()  # noqa: SIM905
)
_NOTHING = frozenset("undefined null none nil true false string text hidden required missing invalid redacted unset empty optional".split())  # noqa: SIM905
_BY_VARIABLE = regex(
    r"(?:^|[\s,{])[\"']?(?:e_?mail|user_?name|login)[\"']?\s{0,4}(?:,|:\s{0,4}[A-Za-z_][\w.]{2,60}\s{0,4}(?:,|\n|$))", re.IGNORECASE
)
_EMAIL = regex(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,4}")
_IDENTITY = regex(
    r"""(?i:user_?name|user|login|e_?mail|usuario|account)\w{0,12}["'`]?\]?\)?\s{0,4}(?:={1,3}|:|\(|,)\s{0,4}["'`](?P<one>[\w.@+-]{2,80})["'`]"""
)
_ADMIN = regex(
    r"(?<![a-z])(?:admin|administrator|root|super_?(?:user|admin)|staff|owner|moderator|is_?admin|is_?staff)(?![a-z])|[a-z]Admin(?![a-z])|Admin[A-Z]|ADMIN|[Aa]dmin_|_admin",
)
_ADMIN_NAME = regex(r"admin|root|superuser|staff|owner|master", re.IGNORECASE)
_READS = regex(
    r"(?:getenv|environ\.get|environ\.setdefault|environ\.pop|\benv(?:\.\w+)?|config(?:\.\w+)?|conf\.get|settings\.get|getEnv\w*)\(\s*[\"'`]$"
)
_HASH_CALL = regex(r"hash|crypt|make_password|pbkdf|argon|scrypt", re.IGNORECASE)
# What follows the word for a secret is text of a page, and the value an attribute of an element in it.
_OF_TAG = regex(r"<[A-Za-z][\w.-]*\s[^<>]*=\s*[\"'`]?$")
_BUILT = regex(r"\s*(?:\+(?!\+)|%\s*[\w(\"']|\.(?:format|replace|join|split|length|repeat)\b|\|(?!\|)\s*[\"'`])")
_QUOTED = regex(r"\"[^\"\n]*\"|'[^'\n]*'")
_STORED_FORM = regex(
    r"\$?(?:2[abxy]|argon2\w*|pbkdf2\w*|scrypt|sha\d+|bcrypt\w*|s0|[156y])\$.*|[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128}"
)
_GAP = regex(r"\.{3}|…|[<>\[\]{}]|\*{3}|x{4,}", re.IGNORECASE)
_COUNTING = regex(r"1234567|abcdefg|0123456|fedcba9|9876543", re.IGNORECASE)
_SERVICE = regex(r"""(?<![A-Za-z])(?:host|hostname|port|dialect|dbname|db_name)["']?\s{0,4}[:=]\s{0,4}["'\d]""", re.IGNORECASE)
_TO_CHANGE = regex(r"[^\n]{0,40}?(?:#|//|/\*|--)[^\n]{0,40}change[-_ ]?(?:me|this|it|in)", re.IGNORECASE)
_IN_DEBUG = regex(r"^DEBUG\s*=\s*True\b", re.MULTILINE)
# A remark above the value.
_NO_SECRET_AT_ALL = regex(
    r"(?://|#|\*)[^\n]{0,80}\bnot (?:actually |really |in fact )?(?:an? )?(?:real )?(?:secret|password|credential)\b", re.IGNORECASE
)
# The key by which every visitor searches a documentation: https://docusaurus.io/docs/search#using-algolia-docsearch
_SEARCHES = regex(r"algolia|docsearch", re.IGNORECASE)
_INDEX = regex(r"\bindex_?name\b", re.IGNORECASE)
_COMMENT = regex(r"^\s*(?://|#|\*|/\*|--|<!--|>>>)|(?:^|\s)(?://|#)\s")
_TERNARY = regex(r"\?[^:?.\n]*$")
_GUARD = regex(
    r"""(?:NODE_ENV["'\]]{0,2}\s{0,4}={2,3}\s{0,4}["'](?:test|development|dev|local)["']|NODE_ENV["'\]]{0,2}\s{0,4}!==?\s{0,4}["']production["']|import\.meta\.env\.DEV"""
    r"""|\bif\s+(?:not\s+)?(?:settings\.|self\.|app\.)?(?:DEBUG|debug|TESTING|testing|is_?[Dd]ev\w*|isTest)\b|\bif\s{0,4}\(\s{0,4}is(?:Dev|Test|Local)\w*)[^;}]{0,200}$"""
)
# What a literal lower-case "secret" is given to where it signs or encrypts.
_SIGNERS = regex(
    r"\b(?:session|cookieSession|cookie_session|expressjwt|jwt|JwtModule\.register|NextAuth|betterAuth|Auth|csurf|csrf|lusca|JwtStrategy|passport|hmac)\w*\(",
    re.IGNORECASE,
)
_TYPED_DEFAULT = regex(r"\s{0,4}:\s{0,4}[\w.\[\]| ]{1,40}=")
# ``"db-url" in found or "db-password" in found``: the word is looked for, and stands for nothing.
_LOOKED_FOR = regex(r"\s{1,4}(?:not\s{1,4})?in\b|\s{0,4}[!=]==?")
# ``MANAGED_SECRET: "x-worker-managed-secret"``: the name of the header that brings it.
_HEADER = regex(r"[Xx](?:-[A-Za-z0-9]+){2,}")
_SETTINGS = regex(r"settings|config|environment|\benv\b", re.IGNORECASE)
_LEAST_PASSWORD = 4
_SEARCH_REACH = 200
_LEAST_CREDENTIAL = 8
_LEAST_STRONG = 16


def named(verdict: Verdict) -> Verdict | None:
    """A literal beside a name with a word for a secret in it."""
    name = verdict.name or ""
    holds = held_by(name)
    use = _use(verdict)
    line = verdict.before.rpartition("\n")[2]
    # ``JWT_SECRET || "jwt-secret"``: what signs by default may be called as its name is.
    own = "" if use is Use.FALLBACK and holds is Holds.VERIFIER else name
    if holds is None or use is None or _COMMENT.search(line) or _BUILT.match(verdict.after) or not _meant(verdict.value, own):
        return None
    if _OF_TAG.search(verdict.between):
        return None
    if use is Use.STORED and verdict.between.strip().startswith(":") and _TERNARY.search(line):
        return None
    if _NO_SECRET_AT_ALL.search(_near(verdict.before, 3, last=True)):
        return None
    verdict = replace(verdict, use=use)
    return _judged(_with_caveat(verdict))


def signing(verdict: Verdict) -> Verdict | None:
    """A literal in the place of the key in a call that signs or checks."""
    line = verdict.before.rpartition("\n")[2]
    if _COMMENT.search(line) or _BUILT.match(verdict.after) or template(verdict.value) or _STRICT_CASE.fullmatch(verdict.value):
        return None
    if not _second(verdict.between):
        return None
    if re.fullmatch(r"(?:HS|RS|ES|PS)\d{3}|EdDSA|none|sha\d+|base64|hex|utf-?8", verdict.value):
        return None
    found = replace(verdict, use=Use.SIGNING, name=None)
    return _weakened(found) if placeholder(verdict.value, distinct=3) else found


def substituted(verdict: Verdict) -> Verdict | None:
    """What ``${NAME:-value}`` puts where the environment has no such name."""
    name = verdict.name or ""
    if _COMMENT.search(verdict.before.rpartition("\n")[2]) or not _meant(verdict.value, name):
        return None
    return _judged(_with_caveat(replace(verdict, use=Use.FALLBACK)))


def hashed(verdict: Verdict) -> Verdict | None:
    """A literal of which a call makes the stored form of a password."""
    line = verdict.before.rpartition("\n")[2]
    if _COMMENT.search(line) or not _meant(verdict.value, "password"):
        return None
    return _password(replace(verdict, use=Use.HASHED, name=None))


def _second(arguments: str) -> bool:
    """Whether what follows ``arguments``, from the opening bracket of a call on, is that call's second argument; or there were none."""
    depth = commas = 0
    for letter in _QUOTED.sub("", arguments):
        if letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
        elif letter == "," and depth == 1:
            commas += 1
    return depth == 1 and commas == 1 if arguments.strip() else True


def shown(verdict: Verdict) -> Verdict | None:
    """The password of an account in the text of a page."""
    if not _mixed(verdict.value) or placeholder(verdict.value, distinct=4) or not _meant(verdict.value, "password"):
        return None
    who = _account(verdict, name="")
    return replace(verdict, kind=SecretKind.ACCOUNT, use=Use.SHOWN, name=None, account=who[0], admin=who[1]) if who[0] or who[1] else None


def _with_caveat(verdict: Verdict) -> Verdict:
    if _GUARD.search(verdict.before):
        return replace(verdict, caveat=Caveat.GUARDED, live=None)
    return _weakened(verdict) if _TO_CHANGE.match(verdict.after) else verdict


def _judged(verdict: Verdict) -> Verdict | None:
    match held_by(verdict.name or ""):
        case Holds.VERIFIER:
            return _verifier(verdict)
        case Holds.CREDENTIAL:
            return _credential(verdict)
        case Holds.PASSWORD:
            return _password(verdict)
        case None:
            return None


def _use(verdict: Verdict) -> Use | None:
    """What is done with the literal, by what stands between the name and it."""
    between = verdict.between.strip()
    if "||" in between or "??" in between or re.search(r"\bor\b", between):
        tested = re.match(r"[\"'`](?![\])])", between) or _LOOKED_FOR.match(verdict.after)
        return None if tested else Use.FALLBACK
    if "==" in between or "!=" in between:
        return Use.COMPARED
    if "," in between:
        read, _, _ = between.partition(",")  # what stands behind the end of the read is given to another call
        return Use.FALLBACK if ")" not in read and _READS.search(verdict.before.rstrip(WORD)[-80:]) else None
    if between.startswith("("):
        return _called(verdict.name or "")
    if _HASH_CALL.search(between):
        return Use.HASHED
    if re.search(r"\bdefault\s*=", between) or re.match(r"[\"']?\]?\)?\s*\|\|", between):
        return Use.FALLBACK
    return Use.STORED


def _called(name: str) -> Use | None:
    """The use that a function of this name makes of its first argument."""
    if re.match(r"set_?(?:user_?)?password$", name, re.IGNORECASE):
        return Use.STORED if name[:1] == "s" and "_" not in name else Use.HASHED
    return Use.HASHED if re.search(r"hash|make_password|encrypt_?password|encode_?password", name, re.IGNORECASE) else None


def _meant(value: str, name: str) -> bool:
    """Whether the text may be a value at all, and not a label, a name, an address or a template."""
    if "\ufffd" in value or not value.strip() or value != value.strip() or template(value) or value.lower() in _NOTHING:
        return False
    if _STRICT_CASE.fullmatch(value) or _REFERENCE.fullmatch(value) or (_NO_VALUE.fullmatch(value) and not random(value)):
        return False
    if _HEADER.fullmatch(value) and _plain(value).endswith(_plain(name)):
        return False
    return _plain(value) != _plain(name) or value.lower() == "secret"


def _verifier(verdict: Verdict) -> Verdict | None:
    """What tells callers apart or signs: any value that is written down is known, a placeholder, too."""
    value, name = verdict.value, verdict.name or ""
    if verdict.use is Use.COMPARED:
        return verdict if _mixed(value) and not placeholder(value, name, distinct=4) else None
    if value.startswith("django-insecure-"):
        only_in_debug = _IN_DEBUG.search(verdict.after) or _IN_DEBUG.search(verdict.before)
        return replace(verdict, caveat=Caveat.GUARDED if only_in_debug else Caveat.GENERATED, live=None)
    if _GAP.search(value) and not random(value):
        return None
    stand_in = placeholder(value, name, distinct=3)
    if verdict.use is Use.FALLBACK:
        return _weakened(verdict) if stand_in else verdict
    bare = re.fullmatch(r"(?i:secrets?)", name) is not None
    if bare and (name.isupper() or not _SIGNERS.search(verdict.before[-200:])) and not random(value):
        return None
    if stand_in:
        in_force = name.upper() == name or _is_setting(verdict) or _is_put_on(verdict)
        return _weakened(verdict) if len(value) >= _LEAST_CREDENTIAL and in_force else None
    if " " in value and len(value) < _LEAST_STRONG:
        return None
    if _WORDS_ONLY.fullmatch(value) and not bare and name != name.upper() and "_" not in name:
        return None
    return verdict


def _is_setting(verdict: Verdict) -> bool:
    """It is the default of a field of a class of settings, which holds wherever the environment says nothing."""
    return _TYPED_DEFAULT.match(verdict.between) is not None and _SETTINGS.search(verdict.inside) is not None


def _is_put_on(verdict: Verdict) -> bool:
    """It is put on an object: ``app.secret_key = …``."""
    return verdict.between.strip() == "=" and verdict.before.rstrip(WORD).endswith(".")


def _credential(verdict: Verdict) -> Verdict | None:
    """What opens another service: only a value that may be real does harm."""
    if verdict.use is Use.COMPARED or " " in verdict.value or placeholder(verdict.value, verdict.name) or _COUNTING.search(verdict.value):
        return None
    if _INDEX.search(_record(verdict)) and _SEARCHES.search(verdict.before[-_SEARCH_REACH:]):
        return None
    return replace(verdict, certain=False) if random(verdict.value) and not _WORDS_ONLY.fullmatch(verdict.value) else None


def _password(verdict: Verdict) -> Verdict | None:
    value, name = verdict.value, verdict.name or ""
    if " " in value or len(value) < _LEAST_PASSWORD or _STORED_FORM.fullmatch(value):
        return None
    record = _record(verdict)
    if _SERVICE.search(record):
        return (beside_host(verdict, record) if verdict.use is Use.STORED else None) or _credential(verdict)
    account, admin = _account(verdict, name)
    common = value.lower() in _COMMON
    if common and not (admin and (verdict.use is not Use.STORED or account or _ADMIN_NAME.search(name) or _is_of_somebody(verdict))):
        return None
    # What is hashed for an administrator that is named beside it is their password, however plain: ``User("admin", hash_password("adminpass"))``.
    plain = common or verdict.use is Use.FALLBACK or (verdict.use is Use.HASHED and admin and bool(account))
    if not plain and (placeholder(value, name, distinct=4) or not _mixed(value)):
        return None
    if account or admin or verdict.use in (Use.COMPARED, Use.HASHED):
        found = replace(verdict, kind=SecretKind.ACCOUNT, account=account, admin=admin, label="password")
        return _weakened(found) if verdict.use is Use.FALLBACK and placeholder(value, name, distinct=3) else found
    if placeholder(value, name, distinct=5) or not _mixed(value) or len(value) < _LEAST_CREDENTIAL:
        return None
    return replace(verdict, kind=SecretKind.ACCOUNT, label="password", certain=False)


def _account(verdict: Verdict, name: str) -> tuple[str, bool]:
    """Whose password it is, and whether an administrator's: the nearest name of an account in the text around."""
    before, after = _around(verdict)
    found = [(len(before) - one.end(), one["one"]) for one in _IDENTITY.finditer(before)]
    found += [(len(before) - one.end(), one[0]) for one in _EMAIL.finditer(before)]
    found += [(one.start(), one["one"]) for one in _IDENTITY.finditer(after)]
    found += [(one.start(), one[0]) for one in _EMAIL.finditer(after)]
    account = min(found)[1] if found else ""
    if account:
        return account, _ADMIN_NAME.search(account) is not None or _ADMIN_NAME.search(name) is not None or _role(before, after)
    said = _ADMIN_NAME.search(name) or _ADMIN.search(_near(verdict.before, 2, last=True))
    return "", said is not None or ((verdict.use is Use.HASHED or _is_of_somebody(verdict)) and _role(before, after))


def _around(verdict: Verdict) -> tuple[str, str]:
    """The lines before and after; what stands in another record is another's."""
    return _near(verdict.before, 5, last=True).rpartition("}")[2], _near(verdict.after, 3, last=False).partition("}")[0]


def _record(verdict: Verdict) -> str:
    before, after = _around(verdict)
    return f"{before.rpartition('{')[2]} {after}"


def _is_of_somebody(verdict: Verdict) -> bool:
    """The record names an account by what a variable holds: ``{ email, password: "…", role: "admin" }``."""
    return verdict.use is Use.STORED and _BY_VARIABLE.search(_record(verdict)) is not None


def _role(before: str, after: str) -> bool:
    pattern = r"""(?:role|type|is_?(?:admin|staff|super\w*))["']?\s{0,4}[:=]\s{0,4}["']?(?i:\w*admin\w*|true|staff|owner|super\w*)"""
    return re.search(pattern, before[-200:]) is not None or re.search(pattern, after[:200]) is not None


def _near(text: str, lines: int, *, last: bool) -> str:
    parts = text.split("\n")
    return "\n".join(parts[-lines:] if last else parts[:lines])


def _weakened(verdict: Verdict) -> Verdict:
    return replace(verdict, caveat=Caveat.WEAK, live=None) if verdict.caveat is Caveat.NONE else verdict


def _mixed(value: str) -> bool:
    """Letters, and digits or signs among them: no word of a language."""
    if len(value) < _LEAST_PASSWORD or _WORDS_ONLY.fullmatch(value) or not _LETTER.search(value):
        return value.isdigit() and len(value) >= 6  # noqa: PLR2004
    return any(letter.isdigit() or letter in "!@#$%^&*?" for letter in value)


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())
