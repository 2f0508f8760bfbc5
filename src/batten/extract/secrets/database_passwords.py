"""Passwords of databases: whether a host and a password are ones that strangers get in with, and which record of settings names a database."""

import re
from ipaddress import IPv4Address
from string import ascii_lowercase

from msgspec.structs import replace

from batten.extract.secrets.verdict import Verdict
from batten.facts.placeholders import placeholder, template
from batten.facts.secrets import Caveat, SecretKind
from batten.regex import regex

_LOCAL_NAMES = regex(r"^(?:localhost|[\w-]+|\[?::1\]?|.*\.(?:local|localhost|internal|test|invalid|localdomain))$", re.IGNORECASE)
_SAMPLE_HOSTS = regex(
    r"(?:^|\.)(?:example\.(?:com|org|net)|example|domain\.com|yourdomain\.com|mydomain\.com|server\.com|host\.com)$", re.IGNORECASE
)
WEAK = {
    "postgres",
    "password",
    "root",
    "admin",
    "secret",
    "test",
    "changeme",
    "pass",
    "passwd",
    "user",
    "mysql",
    "mongo",
    "redis",
    "guest",
    "pwd",
    "pw",
}
NO_PASSWORD = regex(
    r"^[\[{<(%$#:].*|.*[{}<>\[\]|].*|^(?:x+|\*+|\.+|_+)$|^(?:your|my|db|the|user|new|some|user_?s?)?[-_]?(?:db)?[-_]?password$",
    re.IGNORECASE,
)
"""What is written where a password belongs, and is none."""
# As samples have it: ``shop_user:shop_pass``.
_STAND_IN = regex(r"[a-z]{1,20}_pass(?:word|wd)?")
_ALPHABET = tuple(ascii_lowercase[at : at + 8] for at in range(len(ascii_lowercase) - 7))
_HOST = regex(r"""(?<![A-Za-z])(?:host|hostname|server)["']?\s{0,4}[:=]\s{0,4}["'](?P<host>[\w.-]{1,255})["']""", re.IGNORECASE)
_DATABASE = regex(
    r"""(?<![A-Za-z])(?:database|db_?name|dialect|db)["']?\s{0,4}[:=]\s{0,4}["']|port["']?\s{0,4}[:=]\s{0,4}["']?(?:1433|3306|5432|5433|6379|6543|27017)\b""",
    re.IGNORECASE,
)


def database(verdict: Verdict) -> Verdict | None:
    """Host and password decide: local hosts and default passwords are not what strangers get in with."""
    host, password = verdict.host or "", verdict.value
    if template(password) or template(host) or _SAMPLE_HOSTS.search(host) or (NO_PASSWORD.match(password) and password.lower() not in WEAK):
        return None
    if _LOCAL_NAMES.match(host) or _private(host):
        return replace(verdict, caveat=Caveat.LOCAL, live=False)
    if (
        password.lower() in WEAK
        or _is_spelled_out(verdict, host)
        or _STAND_IN.fullmatch(password)
        or placeholder(password, verdict.name, distinct=4)
    ):
        return replace(verdict, caveat=Caveat.WEAK, live=None)
    return verdict


def _is_spelled_out(verdict: Verdict, host: str) -> bool:
    """The host, or who logs in there, is named by the alphabet, as in guides: ``postgres.abcdefghijklmnop:secret@…``."""
    return any(run in text.lower() for text in (verdict.before, host) for run in _ALPHABET)


def beside_host(verdict: Verdict, record: str) -> Verdict | None:
    """A password in a record of settings that names a database and where it is: it opens that, whatever the password looks like."""
    host = _HOST.search(record)
    if host is None or _DATABASE.search(record) is None:
        return None
    found = database(replace(verdict, host=host["host"]))
    if found is None or found.caveat is not Caveat.NONE:
        return None
    return replace(found, kind=SecretKind.DATABASE, label="database password", certain=False)


def _private(host: str) -> bool:
    try:
        address = IPv4Address(host)
    except ValueError:
        return False
    return address.is_private or address.is_loopback or address.is_unspecified
