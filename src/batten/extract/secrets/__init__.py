"""Keys in the text of one file, whatever its language; does not know whether the file is tracked or reaches a browser."""

import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from hashlib import blake2b, sha256

from batten.extract.secrets.key_pairs import WORD, is_bare
from batten.extract.secrets.providers import Providers, shipped
from batten.extract.secrets.search import Found, Hit, Memory, search
from batten.extract.secrets.sites import for_development, is_text, site
from batten.extract.secrets.unicode import Utf8
from batten.extract.secrets.verdict import Verdict
from batten.facts.placeholders import random
from batten.facts.secret_names import held_by, secret_name
from batten.facts.secrets import Caveat, Secret, SecretKind, Site, Use, Variable
from batten.regex import regex
from batten.skim import PAGES, SCRIPTS
from batten.text import Place, Span

_DIGEST_KEY = b"batten.secret.v1"
"""Public: it keeps digests from being equal to plain hashes that others publish, it hides nothing of a guessable value."""
_MACHINE_MADE = {
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lock",
    "bun.lockb",
    "deno.lock",
    "poetry.lock",
    "uv.lock",
    "pdm.lock",
    "Pipfile.lock",
    "Cargo.lock",
    "composer.lock",
    "Gemfile.lock",
    "flake.lock",
    "go.sum",
}
_MACHINE_MADE_ENDS = (".map", ".min.js", ".min.mjs", ".min.css", ".tsbuildinfo", ".integrity")
_SERVER_GUARD = regex(
    rb"""if\s{0,4}\(\s{0,4}(?:import\.meta\.env\.SSR|typeof\s{1,4}window\s{0,4}={2,3}\s{0,4}["'`]undefined["'`])[^{}\n]{0,200}\{"""
)
_GUARD_REACH = 5_000
_SETTINGS = frozenset((".json", ".jsonc", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".properties", ".xml", ".plist"))
# What each of its settings means is known where packages are read.
_READ_ELSEWHERE = "supabase/config.toml"
_CONFIGURED = (Site.ENV_FILE, Site.TOOL_CONFIG)
# Made unreadable before it was stored, an address, a public key.
_NO_SECRET = regex(
    r"^encrypted:|^ENC\[|^age1|://|^(?:file|sqlite3?):|^-----BEGIN (?:PUBLIC|CERT)|^\$2[aby]\$|^[\w.-]+\.[a-z]{2,}(?:[:/]|$)|\s|^[A-Z0-9_,]+$|,|1234567|(?i:abcdef)g?"
)
_PAIRED = ("aws", "twilio", "twilio-key", "alibaba")
_PARTNER_REACH = 600
_PLAIN_PAGES = (".html", ".htm")
_LINE_OF_ENV = regex(r"\s*(?:export )?[A-Z][A-Z0-9_]*")
# In Python, what a docstring says to type into a shell.
_EXPORTED = regex(r"\n\s*(?:\$\s*)?export \w*$")
_MAKES_ADMIN = regex(
    r"(?i:create|seed|make|setup|set-up|reset|init|initialize|add|default|bootstrap|first)[^/]{0,20}(?i:admin|superuser)[^/]*$|(?i:admin|superuser)[^/]{0,20}(?i:seed|setup|reset|create)[^/]*$"
)
_MAKES_ACCOUNTS = regex(rb"\.(?:createUser|create_user)\(|\bcreateUserWithEmailAndPassword\(")
_SAMPLE_DATA = regex(r"seed|fixture|mock|demo|sample|example|test|factor(?:y|ies)|faker|stories", re.IGNORECASE)
_BY_NAME = (SecretKind.NAMED, SecretKind.ACCOUNT)
_DEPLOYMENT = regex(r"^(?:docker-)?compose(?![.-](?:dev|development|local|override|test))[.\w-]*\.ya?ml$")


def secrets(
    path: str,
    data: bytes,
    hits: Iterable[Hit] | None = None,
    providers: Providers | None = None,
    variables: Iterable[Variable] = (),
    memory: Memory | None = None,
) -> tuple[Secret, ...]:
    """The keys in ``data``, by place.

    ``hits`` are (trigger word, offset) pairs of ``data``, others than those of ``providers`` too (None: the providers look for them);
    ``providers`` are the shipped ones unless given. ``variables`` are those that the file defines: random values of names for secrets are secrets, too.
    ``memory`` is of use where many versions of one file are read.
    """
    if machine_made(path):
        return ()
    known = providers or shipped()
    text = Utf8(data)
    if hits is None or text.converted:
        hits = known.hits(text.data)
    if is_bare(path, text.data):
        hits = [(WORD, 0)]
    found = search(text.data, hits, known, memory, texts=is_text(path))
    if not found and not variables:
        return ()
    where = site(path)
    script = path[path.rfind(".") :].lower() in SCRIPTS | PAGES
    kept = _said_once([one for one in found if one.verdict.kind not in _BY_NAME or _belongs(where, path, text.data, one)])
    facts = [_fact(path, where, one, text, guarded=script and _guarded(text.data, one.span.start)) for one in kept]
    if where in _CONFIGURED and not text.converted:
        facts += _configured(path, where, data, variables, [one.span for one in kept], known.published)
    return tuple(sorted(facts, key=lambda secret: secret.place))


def _said_once(found: list[Found]) -> list[Found]:
    """Without passwords that a text only repeats, and without second halves of keys."""
    elsewhere = {one.verdict.value for one in found if not _is_said(one.verdict)}
    pairs = [one.span.start for one in found if one.verdict.provider in _PAIRED]
    return [one for one in found if not (_is_said(one.verdict) and one.verdict.value in elsewhere) and not _is_partner(one, pairs)]


def _is_partner(found: Found, pairs: list[int]) -> bool:
    """Whether a literal is the other half of a key that is found by its first."""
    return found.verdict.kind is SecretKind.NAMED and any(abs(found.span.start - start) < _PARTNER_REACH for start in pairs)


def _is_said(verdict: Verdict) -> bool:
    return verdict.use is Use.SHOWN and "<" not in verdict.between


def _configured(
    path: str, where: Site, data: bytes, variables: Iterable[Variable], taken: Iterable[Span], published: AbstractSet[str]
) -> Iterator[Secret]:
    """The random values of variables whose name denotes a secret, where no key was recognised."""
    taken = list(taken)
    for variable in variables:
        span, name = variable.value, variable.name
        if span is None or variable.empty or variable.harmless or not variable.strong or any(_overlap(span, other) for other in taken):
            continue
        value = data[span.start : span.end].decode("utf-8", "replace")
        known = _NO_SECRET.search(value) or sha256(value.encode()).hexdigest() in published
        if (secret_name(name) or held_by(name) is not None) and not known:
            yield Secret(
                provider="named",
                kind=SecretKind.NAMED,
                place=Place(path, span),
                digest=_hash(value, 2),
                shown="…",
                certain=False,
                name=name,
                label=f"value of {name}",
                use=Use.STORED,
                site=where,
            )


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def machine_made(path: str) -> bool:
    """Whether a tool wrote the file (lockfile, source map, minified bundle), so that hashes in it look like keys."""
    name = path.rpartition("/")[2]
    return name in _MACHINE_MADE or name.endswith(_MACHINE_MADE_ENDS)


def _guarded(data: bytes, offset: int) -> bool:
    """Whether ``offset`` is in a block that is entered only where there is no window."""
    guards = _SERVER_GUARD.finditer(data, max(0, offset - _GUARD_REACH), offset)
    return any(data.count(b"{", guard.end(), offset) >= data.count(b"}", guard.end(), offset) for guard in guards)


def _live(path: str, verdict: Verdict) -> bool | None:
    """A stack that is deployed with the keys that everybody knows is open; on a machine for development they open nothing of worth."""
    deployed = (
        verdict.caveat is Caveat.PUBLISHED and verdict.kind is SecretKind.SUPABASE_ADMIN and _DEPLOYMENT.match(path.rpartition("/")[2])
    )
    return True if deployed else verdict.live


def _belongs(where: Site, path: str, data: bytes, found: Found) -> bool:
    """Whether a literal without a shape counts in such a file: in code, or where a container gets it as a default."""
    verdict, suffix = found.verdict, path[path.rfind(".") :].lower()
    match where:
        case Site.CODE if suffix in SCRIPTS | PAGES:
            if suffix in _PLAIN_PAGES and verdict.use is not Use.SHOWN and not _in_script(data, found.span.start):
                return False
            # A line of an env file in the text of a script.
            return not (verdict.between == "=" and _LINE_OF_ENV.fullmatch(verdict.before.rpartition("\n")[2] + (verdict.name or "")))
        case Site.CODE:
            return verdict.use is not Use.SHOWN and not _EXPORTED.search(verdict.before)
        case Site.MIGRATION:
            return verdict.use is Use.HASHED
        case Site.TOOL_CONFIG | Site.OTHER:
            is_named = suffix in _SETTINGS and not path.endswith(_READ_ELSEWHERE) and _is_setting(verdict)
            return verdict.provider == "substituted-default" or is_named
        case Site.ENV_FILE:
            return False


def _is_setting(verdict: Verdict) -> bool:
    """In a file of settings only what nobody thinks up is more than a name or a sample."""
    return verdict.kind is SecretKind.NAMED and random(verdict.value) and _NO_SECRET.search(verdict.value) is None


def _in_script(data: bytes, offset: int) -> bool:
    opened = data.rfind(b"<script", 0, offset)
    return opened != -1 and data.find(b"</script", opened, offset) == -1


def _digest(verdict: Verdict) -> str:
    """The keyed hash of the value; of values that could be guessed, so little of it that a guess proves nothing."""
    if verdict.kind in _BY_NAME:
        return _hash(f"{verdict.value}|{verdict.account if verdict.admin else ''}|{verdict.use}", 2)
    return _hash(verdict.value, 16)


def _hash(text: str, size: int) -> str:
    return blake2b(text.encode("utf-8", "replace"), digest_size=size, key=_DIGEST_KEY).hexdigest()


def _makes_accounts(path: str, where: Site, verdict: Verdict, data: bytes) -> bool:
    """Whether the file makes the accounts whose passwords stand in it, and they are no made-up data."""
    named = verdict.kind is SecretKind.ACCOUNT and where is Site.CODE and verdict.use is not Use.SHOWN and bool(verdict.account)
    return named and _SAMPLE_DATA.search(path) is None and _MAKES_ACCOUNTS.search(data) is not None


def _fact(path: str, where: Site, found: Found, text: Utf8, *, guarded: bool) -> Secret:
    verdict = found.verdict
    return Secret(
        provider=verdict.provider,
        kind=verdict.kind,
        place=Place(path, text.origin(found.span)),
        digest=_digest(verdict),
        shown=found.provider.shown(verdict.value),
        certain=verdict.certain,
        live=_live(path, verdict),
        name=verdict.name,
        project=verdict.project,
        label=verdict.label,
        caveat=Caveat.GUARDED if verdict.kind in _BY_NAME and for_development(path) else verdict.caveat,
        server_guard=guarded,
        use=verdict.use,
        site=where,
        account=verdict.account,
        admin=verdict.admin or (verdict.kind is SecretKind.ACCOUNT and _MAKES_ADMIN.search(path) is not None),
        made=_makes_accounts(path, where, verdict, text.data),
    )
