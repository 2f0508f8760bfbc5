"""Keys in the text of one file, whatever its language; does not know whether the file is tracked or reaches a browser."""

import re
from collections.abc import Iterable
from hashlib import blake2b

from batten.extract.secrets.providers import Providers, shipped
from batten.extract.secrets.search import Found, Hit, search
from batten.extract.secrets.structure import Verdict
from batten.extract.secrets.unicode import Utf8
from batten.facts.secrets import Caveat, Secret, SecretKind
from batten.skim import PAGES, SCRIPTS
from batten.text import Place

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
_SERVER_GUARD = re.compile(
    rb"""if\s{0,4}\(\s{0,4}(?:import\.meta\.env\.SSR|typeof\s{1,4}window\s{0,4}={2,3}\s{0,4}["'`]undefined["'`])[^{}\n]{0,200}\{"""
)
_GUARD_REACH = 5_000
_DEPLOYMENT = re.compile(r"^(?:docker-)?compose(?![.-](?:dev|development|local|override|test))[.\w-]*\.ya?ml$")


def secrets(path: str, data: bytes, hits: Iterable[Hit] | None = None, providers: Providers | None = None) -> tuple[Secret, ...]:
    """The keys in ``data``, by place.

    ``hits`` are (trigger word, offset) pairs of ``data``, others than those of ``providers`` too (None: the providers look for them);
    ``providers`` are the shipped ones unless given.
    """
    if machine_made(path):
        return ()
    known = providers or shipped()
    text = Utf8(data)
    if hits is None or text.converted:
        hits = known.hits(text.data)
    found = search(text.data, hits, known)
    if not found:
        return ()
    script = path[path.rfind(".") :].lower() in SCRIPTS | PAGES
    return tuple(_fact(path, one, text, guarded=script and _guarded(text.data, one.span.start)) for one in found)


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


def _fact(path: str, found: Found, text: Utf8, *, guarded: bool) -> Secret:
    verdict = found.verdict
    return Secret(
        provider=verdict.provider,
        kind=verdict.kind,
        place=Place(path, text.origin(found.span)),
        digest=blake2b(verdict.value.encode("utf-8", "replace"), digest_size=16, key=_DIGEST_KEY).hexdigest(),
        shown=found.provider.shown(verdict.value),
        certain=verdict.certain,
        live=_live(path, verdict),
        name=verdict.name,
        project=verdict.project,
        label=verdict.label,
        caveat=verdict.caveat,
        server_guard=guarded,
    )
