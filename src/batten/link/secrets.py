"""Joins keys with what is around them: package, path class, git, and how the browser comes to their file; finds no keys."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath
from typing import Protocol

from msgspec.structs import replace

from batten.facts.project import FileFacts
from batten.facts.secret_names import public_prefix
from batten.facts.secrets import Caveat, Secret, SecretKind, Site
from batten.facts.services import Package
from batten.finding import Step

_SERVED_FOLDERS = frozenset(("public", "static", "assets"))
_SERVED_ENDS = frozenset((".js", ".mjs", ".cjs", ".css", ".json", ".txt", ".xml", ".svg", ".webmanifest"))
# Keys of this provider look alike whatever they open: one place that says so speaks for all.
_TELLS_ELSEWHERE = "google-api"
# Of values without a shape too little is kept to compare them.
_NOT_COMPARED = (SecretKind.PUBLIC, SecretKind.NAMED, SecretKind.ACCOUNT)
_KNOWN = (Caveat.PUBLISHED, Caveat.LOCAL, Caveat.WEAK, Caveat.TEST_MODE)
_MOST_STEPS = 20
_PAGE_ENDS = frozenset((".html", ".htm"))


class Graph(Protocol):
    """What this join asks of the module graph."""

    def in_browser(self, path: str, offset: int | None = None) -> bool | None:
        """Whether browsers get the module, or what stands at ``offset`` in it; None can't tell."""

    def reach(self, path: str) -> tuple[Step, ...]:
        """How the browser comes to the module, from an entry on."""

    def package_of(self, path: str) -> Package | None:
        """The package that the file belongs to."""


def secrets(
    files: Iterable[FileFacts], graph: Graph, tracked: Mapping[str, bool | None], path_class: Callable[[str], str]
) -> tuple[Secret, ...]:
    """All keys, by place; a key that stands in one file several times is one, with the other places in its trail.

    ``tracked`` says of each path whether git has it (None: there is no repository).
    """
    files = list(files)
    paying = {
        secret.digest for file in files for secret in file.secrets if secret.kind is SecretKind.AI and secret.provider == _TELLS_ELSEWHERE
    }
    found = []
    for file in files:
        by_value: dict[str, list[Secret]] = {}
        for secret in file.secrets:
            pays = secret.digest in paying and secret.kind is SecretKind.PUBLIC
            by_value.setdefault(secret.digest, []).append(replace(secret, kind=SecretKind.AI) if pays else secret)
        found += [_joined(file, same, graph, tracked, path_class) for same in by_value.values()]
    return _keyed(_reused(sorted(found, key=lambda secret: secret.place)))


def _reused(found: list[Secret]) -> Iterable[Secret]:
    """With a word on keys that open the same in several surroundings: rotated in one, they stay valid in the other."""
    places: dict[str, list[Secret]] = {}
    for secret in found:
        if secret.kind not in _NOT_COMPARED and secret.caveat not in _KNOWN and secret.path_class == "product":
            places.setdefault(secret.digest, []).append(secret)
    again = {}
    for same in places.values():
        files = {secret.place.path for secret in same if secret.site is Site.ENV_FILE}
        if len(files) > 1 or len({secret.package for secret in same}) > 1:
            again[same[0].place] = tuple(Step(other.place, "the same value serves here, too") for other in same[1:_MOST_STEPS])
    return [
        replace(secret, reused=True, trail=(*secret.trail, *again[secret.place])) if secret.place in again else secret for secret in found
    ]


def served(path: str) -> bool:
    """Whether a file is sent to browsers as it is, by its place and ending: a page, or a file in ``public/`` or ``static/``."""
    parts = PurePosixPath(path)
    suffix = parts.suffix.lower()
    return suffix in _PAGE_ENDS or (suffix in _SERVED_ENDS and not _SERVED_FOLDERS.isdisjoint(parts.parts[:-1]))


def _joined(
    file: FileFacts, same: list[Secret], graph: Graph, tracked: Mapping[str, bool | None], path_class: Callable[[str], str]
) -> Secret:
    package = graph.package_of(file.path)
    sent = {secret.place: _in_browser(secret, graph) for secret in same}
    same.sort(key=lambda secret: (sent[secret.place] is not True, secret.server_guard, secret.place))
    secret = same[0]
    in_browser = sent[secret.place]
    in_git = secret.site is Site.ENV_FILE and tracked.get(file.path) is not False and not public_prefix(secret.name or "")
    again = tuple(other.place for other in same[1:])
    return replace(
        secret,
        package=package.root if package is not None else "",
        path_class=path_class(file.path),
        tracked=tracked.get(file.path),
        in_browser=in_browser,
        # The secrets of an env file in git are one matter: that it is there.
        subject=f"env-file|{file.path}" if in_git else f"secret|{file.path}|{secret.digest}",
        again=again,
        trail=(graph.reach(file.path) if in_browser else ()) + tuple(Step(place, "the same key again") for place in again),
    )


def _in_browser(secret: Secret, graph: Graph) -> bool | None:
    path = secret.place.path
    known = graph.in_browser(path, secret.place.span.start)
    return True if known is None and served(path) else known


def _keyed(found: Iterable[Secret]) -> tuple[Secret, ...]:
    """Keys without a path, so that they survive moves; equal values in one package are told apart by their order."""
    counts: dict[str, int] = {}
    keyed = []
    for secret in found:
        key = f"{secret.package}|secret|{secret.provider}|{secret.digest}"
        counts[key] = counts.get(key, 0) + 1
        keyed.append(replace(secret, key=key if counts[key] == 1 else f"{key}#{counts[key]}"))
    return tuple(keyed)
