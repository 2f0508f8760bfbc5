"""Looks for secrets in everything that was ever committed: what was found, when it came, whether it is still there; scans no code.

Memory does not grow with the size of a repository, only with the number of versions that hold a key, and by what git itself keeps of each object while it lists them.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial

from msgspec import Struct, structs

from batten.config import Config
from batten.discover import PathClass, excluded
from batten.discover.classes import MANIFESTS, Classes, is_env, unread_kind
from batten.discover.git import Repository
from batten.discover.history import Change, Commit, History
from batten.discover.reading import as_text, largest
from batten.extract.secrets.providers import Providers, from_document
from batten.facts.project import Project
from batten.facts.secrets import EnvFile, Exposure, Secret, SecretKind, Site
from batten.finding import Finding, Note, NoteKind, Step
from batten.history.holders import Holders
from batten.history.reading import Reader
from batten.ignores import Ignored, Rules, accept, apply
from batten.ignores import parse as ignores
from batten.rules.registry import RuleSet
from batten.rules.rotation import Rotation, rotations
from batten.rules.run import run
from batten.scan import SECRETS
from batten.text import Place

_DAY = 86_400
_SHORT = 12
_MOST_STEPS = 20
_MOST_PACKAGES = 20_000
_ORDER = (PathClass.PRODUCT, PathClass.LOCAL_DEV, PathClass.DOCS, PathClass.TEST, PathClass.GENERATED)
# Of values without a shape too little is kept to tell them apart across files.
_BY_NAME = (SecretKind.NAMED, SecretKind.ACCOUNT)


class Past(Struct, frozen=True, kw_only=True):
    """What the history holds. Places are in ``commit:path``, as ``git show`` takes it; ``versions`` of files were read."""

    findings: tuple[Finding, ...]
    ignored: tuple[Ignored, ...]
    notes: tuple[Note, ...]
    places: tuple[Place, ...]
    versions: int
    sources: Callable[[str], bytes]


class _Value:
    """One key, and what the commits tell of it."""

    __slots__ = ("came", "left", "number", "secret", "still")

    def __init__(self, secret: Secret, number: int) -> None:
        self.secret = secret
        self.number = number
        self.came: dict[str, Change] = {}
        self.left: Commit | None = None
        self.still: str | None = None

    def arrives(self, change: Change) -> None:
        if len(self.came) < _MOST_STEPS:
            self.came.setdefault(change.path, change)


def read_history(
    where: Repository,
    inside: str,
    config: Config,
    rules: RuleSet,
    progress: Callable[[int, int], None] | None = None,
    jobs: int | None = None,
) -> Past:
    """Every key in the history of the files below ``inside`` ("" for all). Raises UsageError where there is no history to read."""
    history = History(where)
    found = _Search(history, _wanted(where, inside, config), from_document(rules.documents[SECRETS]), progress)
    found.run(jobs, progress)
    _trace(history, found)
    values = [value for value in found.values if value.came]
    lost = len(found.values) - len(values)
    if lost:
        history.notes.append(Note(NoteKind.SKIPPED, f"{lost:,} keys stand in objects that are in no commit: they are on this machine only"))
    return _told(values, history, found, config, rules)


def _wanted(where: Repository, inside: str, config: Config) -> Callable[[str, int], bool]:
    """Whether a version is read, by path and size: what ``check`` would read, and nothing of other folders."""
    unwanted = excluded(where.top, config)

    def wanted(path: str, size: int) -> bool:
        name = path.rpartition("/")[2]
        if (inside and not path.startswith(f"{inside}/")) or size > largest(path):
            return False
        if is_env(name) and "node_modules/" not in path:
            return True
        return unread_kind(name) is None and not (unwanted is not None and unwanted(path))

    return wanted


class _Search:
    """Goes through all versions once."""

    def __init__(
        self,
        history: History,
        wanted: Callable[[str, int], bool],
        providers: Providers,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self._packages: set[str] = set()
        self._by_value: dict[tuple[str, str], _Value] = {}
        self.values: list[_Value] = []
        self._versions = history.versions(partial(self._seen, wanted), progress)
        self.classes = Classes(frozenset(self._packages), frozenset())
        self._reader = Reader(history, self.classes, providers)
        self.holders = Holders()

    @property
    def number(self) -> int:
        """How many versions were read."""
        return self._reader.number

    def _seen(self, wanted: Callable[[str, int], bool], path: str, size: int) -> bool:
        folder, _, name = path.rpartition("/")
        if name in MANIFESTS and len(self._packages) < _MOST_PACKAGES:
            self._packages.add(folder)
        return wanted(path, size)

    def run(self, jobs: int | None, progress: Callable[[int, int], None] | None) -> None:
        for version, found in self._reader.read(self._versions, jobs, progress):
            for secret in found:
                self._keep(version, secret)

    def _keep(self, version: str, secret: Secret) -> None:
        if secret.kind is SecretKind.PUBLIC:
            return
        key = (secret.digest, secret.place.path if secret.kind in _BY_NAME else "")
        value = self._by_value.get(key)
        if value is None:
            value = self._by_value[key] = _Value(secret, len(self.values))
            self.values.append(value)
        self.holders.add(version, value.number, secret.place.span)

    def held(self, version: str) -> list[_Value]:
        """The keys that a version holds."""
        return [self.values[number] for number in self.holders.keys(version)]


def _trace(history: History, found: _Search) -> None:
    """Lets the commits tell when each key came and went, and the branches whether it is still there."""
    if not found.values:
        return
    for change in history.changes(found.holders):
        here = found.held(change.after)
        for value in here:
            value.arrives(change)
        for before in change.before:
            for value in found.held(before):
                if value not in here:
                    value.left = change.commit
    unsettled = {value.number for value in found.values}
    for commit, name in history.tips().items():
        for version in history.tree(commit) if unsettled else ():
            for value in found.held(version):
                if value.number in unsettled:
                    value.still = name
                    unsettled.discard(value.number)


class _Telling:
    """Turns keys into facts whose places are ``commit:path``, and knows which version each of these is."""

    def __init__(self, found: _Search, history: History, known: Mapping[str, Rotation]) -> None:
        self._found = found
        self._rotations = known
        self._history = history
        self._versions: dict[str, tuple[str, str]] = {}
        self._keys: dict[str, int] = {}

    def fact(self, value: _Value) -> Secret:
        """The key as rules see it, at the first place of those that matter most."""
        classes = self._found.classes
        changes = sorted(value.came.values(), key=lambda change: _ORDER.index(classes.of(change.path)))  # stable: the first stays first
        secret = value.secret
        key = f"|secret|{secret.provider}|{secret.digest}"
        number = self._keys[key] = self._keys.get(key, 0) + 1
        return structs.replace(
            secret,
            place=self._place(value, changes[0]),
            path_class=classes.of(changes[0].path),
            tracked=True,
            key=key if number == 1 else f"{key}#{number}",
            subject=f"secret|{changes[0].path}|{secret.digest}",
            trail=(
                *(Step(self._place(value, change), f"the same key, {_on(change.commit)}") for change in changes[1:]),
                *self._revoking(secret, self._place(value, changes[0])),
            ),
        )

    def _revoking(self, secret: Secret, place: Place) -> tuple[Step, ...]:
        rotation = self._rotations.get(secret.provider)
        return () if rotation is None else (Step(place, f"revoke it: {rotation}"),)

    def _place(self, value: _Value, change: Change) -> Place:
        path = f"{change.commit.id[:_SHORT]}:{change.path}"
        self._versions[path] = (change.path, change.after)
        return Place(path, self._found.holders.spans(change.after)[value.number])

    def real(self, path: str) -> str:
        """The path without the commit."""
        return self._versions[path][0]

    def source(self, path: str) -> bytes:
        """What stood there. Raises Unread."""
        real, version = self._versions[path]
        return as_text(real, self._history.content(version))

    def covered(self) -> tuple[Place, ...]:
        """All keys in the versions that may be shown."""
        return tuple(
            Place(path, span) for path, (_, version) in self._versions.items() for span in self._found.holders.spans(version).values()
        )


def _told(values: list[_Value], history: History, found: _Search, config: Config, rules: RuleSet) -> Past:
    telling = _Telling(found, history, rotations(rules.documents))
    facts = [telling.fact(value) for value in values]
    stories = {fact.place: _story(value) for value, fact in zip(values, facts, strict=True)}
    project = Project(secrets=tuple(sorted(facts, key=lambda fact: fact.place)), env_files=_env_files(facts, telling.real))
    findings, notes = run(rules, project)
    findings = [structs.replace(finding, message=f"{finding.message}; {stories[finding.place]}") for finding in findings]
    kept, ignored = _accepted(findings, telling, config, Rules(frozenset(page.id for page in rules.pages)))
    return Past(
        findings=tuple(kept),
        ignored=tuple(ignored),
        notes=(*history.notes, *notes),
        places=telling.covered(),
        versions=found.number,
        sources=telling.source,
    )


def _accepted(findings: list[Finding], telling: _Telling, config: Config, ran: Rules) -> tuple[list[Finding], list[Ignored]]:
    """What neither a comment beside the key nor the configuration accepts, and what one of them does."""
    spoken = {path: ignores(telling.real(path), telling.source(path)) for path in {finding.place.path for finding in findings}}
    heard = apply(findings, {path: found for path, found in spoken.items() if found}, telling.source, ran)
    kept: list[Finding] = []
    ignored = list(heard.ignored)
    for finding in heard.findings:
        today = structs.replace(finding, place=Place(telling.real(finding.place.path), finding.place.span))
        accepted = accept([today], config, config.folder, ran).ignored
        ignored += [structs.replace(one, finding=finding) for one in accepted]
        if not accepted:
            kept.append(finding)
    return kept, ignored


def _env_files(facts: list[Secret], real: Callable[[str], str]) -> tuple[EnvFile, ...]:
    """Env files with values that only their names make secret: these are told together."""
    held: dict[str, list[Secret]] = {}
    for fact in facts:
        if fact.site is Site.ENV_FILE and fact.kind is SecretKind.NAMED:
            held.setdefault(real(fact.place.path), []).append(fact)
    return tuple(
        EnvFile(
            path=path,
            exposure=Exposure.GIT,
            place=inside[0].place,
            names=tuple(dict.fromkeys(fact.name or fact.label for fact in inside)),
            tracked=True,
            path_class=inside[0].path_class,
            key=f"|env-file|{path}|{Exposure.GIT}",
            subject=f"env-file|{path}",
            places=tuple(Step(fact.place, fact.name or fact.label) for fact in inside),
        )
        for path, inside in sorted(held.items())
    )


def _story(value: _Value) -> str:
    """When it came, and whether it is still there."""
    first = next(iter(value.came.values())).commit
    if value.still is not None:
        return f"{_on(first)} and still in {value.still}"
    if value.left is None:
        return f"{_on(first)}, and in no branch today"
    days = (value.left.date - first.date) // _DAY
    lasted = {0: ", the same day"}.get(days, f" after {days:,} day{'s' * (days != 1)}") if days >= 0 else ""
    return f"{_on(first)}, removed {_on(value.left).removeprefix('committed ')}{lasted}: every clone still has it"


def _on(commit: Commit) -> str:
    return f"committed on {_day(commit)} in {commit.id[:_SHORT]}"


def _day(commit: Commit) -> str:
    try:
        return datetime.fromtimestamp(commit.date, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):  # anyone can write any date into a commit
        return "an unknown day"
